//! Files and batches into the ledger.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ledger::{AnyRecord, ContradictoryObservation, ImportCounts, ImportOptions, OnChange};
use crate::record::{Account, Enforcement, Listing, Reader, Record};

use super::delta::Delta;
use super::pictures::{PictureCounts, read_pictures};
use super::profiles::Reduce;
use super::{ImportSummary, Linker, LinkerError};

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// `accounts.jsonl`
    Accounts,
    /// `listings.jsonl`
    Listings,
    /// `enforcements.jsonl`
    Enforcements,
}

/// How to import a file.
pub struct ImportHow<'h> {
    /// Link the accounts under the epoch in force; otherwise they wait for `link`.
    pub link: bool,
    /// Where the paths of pictures start: their files are read, and digest, perceptual hash and size kept with the record.
    /// Without it only what the records say themselves is kept.
    pub images_root: Option<&'h Path>,
    /// Leave bad lines out and write them here; without it one bad line refuses the whole file.
    pub skip_bad: Option<&'h mut dyn Write>,
    /// Told now and then of the bytes read, and of how many there are if that is known.
    pub progress: &'h mut dyn FnMut(u64, Option<u64>),
    /// Set by the caller to stop before anything is stored.
    pub stop: &'h AtomicBool,
}

impl std::fmt::Debug for ImportHow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportHow").field("link", &self.link).finish_non_exhaustive()
    }
}

/// Records checked against the store at once.
const BATCH: usize = 2048;

impl Linker {
    /// Imports one file of JSON Lines, plain, gzip or Zstandard, as a whole or not at all, in constant memory.
    ///
    /// The same file again changes nothing.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Record`] and [`LinkerError::Contradiction`] name the first bad line, [`LinkerError::Stopped`]:
    /// nothing of the file is stored then.
    pub fn import_file(
        &self,
        kind: RecordKind,
        path: &Path,
        how: &mut ImportHow<'_>,
    ) -> Result<ImportSummary, LinkerError> {
        match kind {
            RecordKind::Accounts => self.import::<Account>(path, how),
            RecordKind::Listings => self.import::<Listing>(path, how),
            RecordKind::Enforcements => self.import::<Enforcement>(path, how),
        }
    }

    /// Adds some records at once, as an import of its own.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Contradiction`] with the place of the record as its line; nothing is stored then.
    pub fn add(&self, records: &[AnyRecord], link: bool) -> Result<ImportCounts, LinkerError> {
        let (mut delta, mut reduce) = (Delta::default(), Reduce);
        let hook: &mut dyn OnChange = if link { &mut delta } else { &mut reduce };
        self.ledger
            .add(records, ImportOptions::default(), hook)?
            .map_err(|found| contradiction("records", found.index as u64 + 1, &found))
    }

    /// Adds what a stream brings, as an import of its own: all of it, or nothing when `next` fails. `next` gives some
    /// records at a time, and nothing at the end.
    ///
    /// # Errors
    ///
    /// What `next` returns; [`LinkerError::Contradiction`] with the place of the record in the stream, from 1, as its line.
    pub fn add_stream(
        &self,
        next: &mut dyn FnMut() -> Result<Option<Vec<AnyRecord>>, LinkerError>,
        link: bool,
    ) -> Result<ImportCounts, LinkerError> {
        let mut import = self.ledger.begin_import(ImportOptions::default())?;
        let mut before = 0;
        while let Some(records) = next()? {
            if let Some(found) = import.stage(&records)?.first() {
                return Err(contradiction("records", before + found.index as u64 + 1, found));
            }
            before += records.len() as u64;
        }
        let sealed = import.seal()?;
        Ok(if link { sealed.apply(&mut Delta::default())? } else { sealed.apply(&mut Reduce)? })
    }

    fn import<T: Record + Into<AnyRecord>>(
        &self,
        path: &Path,
        how: &mut ImportHow<'_>,
    ) -> Result<ImportSummary, LinkerError> {
        let file = path.display().to_string();
        let mut reader: Reader<'_, T> = Reader::open(path, self.intake())?;
        let mut import = self.ledger.begin_import(ImportOptions::default())?;
        let mut skipped = 0;
        let mut pictures = PictureCounts::default();
        loop {
            let mut batch = Batch::read(&mut reader, how, &mut skipped)?;
            if let Some(root) = how.images_root {
                let images = batch.records.iter_mut().flat_map(AnyRecord::images_mut);
                pictures.add(read_pictures(images, root));
            }
            for found in import.stage(&batch.records)? {
                let Some(out) = how.skip_bad.as_deref_mut() else {
                    return Err(contradiction(&file, batch.line(found.index), &found));
                };
                write_line(out, batch.raw(found.index))?;
                skipped += 1;
            }
            (how.progress)(reader.bytes_read(), reader.bytes_total());
            if how.stop.load(Ordering::Relaxed) {
                import.abort()?;
                return Err(LinkerError::Stopped);
            }
            if batch.is_last {
                break;
            }
        }
        let sealed = import.seal()?;
        let counts = if how.link { sealed.apply(&mut Delta::default())? } else { sealed.apply(&mut Reduce)? };
        Ok(ImportSummary { file, counts, skipped, pictures })
    }
}

/// Some records of a file, with what is needed to point at them.
#[derive(Default)]
struct Batch {
    records: Vec<AnyRecord>,
    lines: Vec<u64>,
    /// The lines themselves, where bad ones are to be written down.
    raw: Vec<Vec<u8>>,
    is_last: bool,
}

impl Batch {
    fn read<T: Record + Into<AnyRecord>>(
        reader: &mut Reader<'_, T>,
        how: &mut ImportHow<'_>,
        skipped: &mut u64,
    ) -> Result<Batch, LinkerError> {
        let mut batch = Batch::default();
        while batch.records.len() < BATCH {
            match reader.next() {
                Some(Ok((line, record))) => {
                    batch.records.push(record.into());
                    batch.lines.push(line);
                    if how.skip_bad.is_some() {
                        batch.raw.push(reader.line_bytes().to_vec());
                    }
                }
                Some(Err(error)) => {
                    let Some(out) = how.skip_bad.as_deref_mut().filter(|_| !error.is_fatal()) else {
                        return Err(error.into());
                    };
                    write_line(out, reader.line_bytes())?;
                    *skipped += 1;
                }
                None => {
                    batch.is_last = true;
                    break;
                }
            }
        }
        Ok(batch)
    }

    fn line(&self, index: usize) -> u64 {
        self.lines.get(index).copied().unwrap_or_default()
    }

    fn raw(&self, index: usize) -> &[u8] {
        self.raw.get(index).map_or(&[], Vec::as_slice)
    }
}

fn write_line(out: &mut dyn Write, line: &[u8]) -> Result<(), LinkerError> {
    out.write_all(line).and_then(|()| out.write_all(b"\n")).map_err(LinkerError::SkipBad)
}

fn contradiction(file: &str, line: u64, found: &ContradictoryObservation) -> LinkerError {
    LinkerError::Contradiction {
        file: file.to_owned(),
        line,
        account: found.account.clone(),
        observed_at: found.observed_at,
    }
}
