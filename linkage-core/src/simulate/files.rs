//! The files of a world, written as it is made.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Counts, SimulateError};
use crate::record::{AccountDraft, EnforcementDraft, ListingDraft};

/// Open files of a world.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    accounts: Output,
    listings: Output,
    enforcements: Output,
    truth: Output,
    relations: Output,
    traps: Output,
    pub(super) counts: Counts,
}

#[derive(Debug)]
struct Output {
    path: PathBuf,
    file: BufWriter<File>,
}

/// A line of `truth.csv`.
#[derive(Clone, Debug)]
pub(super) struct TruthRow<'a> {
    pub(super) account: &'a str,
    pub(super) entity: &'a str,
    pub(super) role: &'static str,
    pub(super) generation: usize,
    pub(super) detectable: bool,
    pub(super) ceiling: &'a str,
}

impl Files {
    /// Makes the folder and the files; what is there is overwritten.
    pub(super) fn create(folder: &Path) -> Result<Files, SimulateError> {
        fs::create_dir_all(folder).map_err(|source| SimulateError::write(folder, source))?;
        let open = |name: &str, head: &str| -> Result<Output, SimulateError> {
            let path = folder.join(name);
            let file = File::create(&path).map_err(|source| SimulateError::write(&path, source))?;
            let mut output = Output { path, file: BufWriter::with_capacity(1 << 16, file) };
            output.put(head.as_bytes())?;
            Ok(output)
        };
        Ok(Files {
            folder: folder.to_owned(),
            accounts: open("accounts.jsonl", "")?,
            listings: open("listings.jsonl", "")?,
            enforcements: open("enforcements.jsonl", "")?,
            truth: open("truth.csv", "account,entity,role,generation,detectable,ceiling\n")?,
            relations: open("relations.csv", "left,right,relation,how\n")?,
            traps: open("traps.csv", "left,right,reason\n")?,
            counts: Counts::default(),
        })
    }

    pub(super) fn account(&mut self, account: &AccountDraft) -> Result<(), SimulateError> {
        self.counts.observations += 1;
        self.accounts.line(account)
    }

    pub(super) fn listing(&mut self, listing: &ListingDraft) -> Result<(), SimulateError> {
        self.counts.listings += 1;
        self.listings.line(listing)
    }

    pub(super) fn enforcement(&mut self, enforcement: &EnforcementDraft) -> Result<(), SimulateError> {
        self.counts.enforcements += 1;
        self.enforcements.line(enforcement)
    }

    pub(super) fn truth(&mut self, row: &TruthRow<'_>) -> Result<(), SimulateError> {
        let TruthRow { account, entity, role, generation, detectable, ceiling } = row;
        let detectable = if *detectable { "yes" } else { "no" };
        self.truth.put(format!("{account},{entity},{role},{generation},{detectable},{ceiling}\n").as_bytes())
    }

    pub(super) fn relation(&mut self, left: &str, right: &str, relation: &str, how: &str) -> Result<(), SimulateError> {
        self.counts.relations += 1;
        self.relations.put(format!("{left},{right},{relation},{how}\n").as_bytes())
    }

    pub(super) fn trap(&mut self, left: &str, right: &str, reason: &str) -> Result<(), SimulateError> {
        self.counts.traps += 1;
        self.traps.put(format!("{left},{right},{reason}\n").as_bytes())
    }

    /// Writes a picture under `pictures` and gives its path as records name it.
    pub(super) fn picture(&mut self, name: &str, bytes: &[u8]) -> Result<String, SimulateError> {
        let relative = format!("pictures/{name}");
        let path = self.folder.join(&relative);
        if self.counts.pictures == 0 {
            let folder = self.folder.join("pictures");
            fs::create_dir_all(&folder).map_err(|source| SimulateError::write(&folder, source))?;
        }
        fs::write(&path, bytes).map_err(|source| SimulateError::write(&path, source))?;
        self.counts.pictures += 1;
        Ok(relative)
    }

    /// Appends records and truth that were written by hand, one to a line.
    pub(super) fn ready_made(
        &mut self,
        accounts: &str,
        listings: &str,
        enforcements: &str,
        truth: &str,
    ) -> Result<(), SimulateError> {
        let lines = |text: &str| text.lines().count() as u64;
        self.counts.observations += lines(accounts);
        self.counts.listings += lines(listings);
        self.counts.enforcements += lines(enforcements);
        self.accounts.put(accounts.as_bytes())?;
        self.listings.put(listings.as_bytes())?;
        self.enforcements.put(enforcements.as_bytes())?;
        self.truth.put(truth.as_bytes())?;
        let mut entities: BTreeMap<&str, u64> = BTreeMap::new();
        for row in truth.lines() {
            let mut cells = row.split(',').skip(1);
            *entities.entry(cells.next().unwrap_or_default()).or_default() += 1;
            self.counts.infringing_accounts += u64::from(cells.next() == Some("infringer"));
            self.counts.returns_detectable += u64::from(row.contains(",infringer,") && row.contains(",yes,"));
            self.counts.returns += u64::from(row.contains(",infringer,") && !row.contains(",infringer,0,"));
        }
        self.counts.entities += entities.len() as u64;
        let pairs: u64 = entities.values().map(|size| size * (size - 1) / 2).sum();
        self.counts.pairs += pairs;
        self.counts.pairs_ceiling += pairs;
        Ok(())
    }

    /// Writes a file that is not part of the world, such as a question to ask of it.
    pub(super) fn separate(&self, name: &str, text: &str) -> Result<(), SimulateError> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|source| SimulateError::write(&path, source))
    }

    /// Writes out what is held back.
    pub(super) fn finish(mut self) -> Result<Counts, SimulateError> {
        for output in [
            &mut self.accounts,
            &mut self.listings,
            &mut self.enforcements,
            &mut self.truth,
            &mut self.relations,
            &mut self.traps,
        ] {
            output.file.flush().map_err(|source| SimulateError::write(&output.path, source))?;
        }
        Ok(self.counts)
    }
}

impl Output {
    fn line(&mut self, record: &impl Serialize) -> Result<(), SimulateError> {
        let mut line = serde_json::to_vec(record).map_err(|source| SimulateError::write(&self.path, source.into()))?;
        line.push(b'\n');
        self.put(&line)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SimulateError> {
        self.file.write_all(bytes).map_err(|source| SimulateError::write(&self.path, source))
    }
}
