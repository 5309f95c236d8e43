//! `linkage import`: record files into the store, each whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::linker::{ImportHow, ImportSummary, Linker, LinkerError, PictureCounts, RecordKind};
use linkage_core::record::RecordError;

use super::{Answer, Data, bad_input, tell_waiting};
use crate::mapping::{Mapping, is_table};
use crate::render::{Cell, Output, Rows};
use crate::stop::Stop;
use crate::terminal::{Progress, say};

/// Adds records from JSON Lines files, plain or compressed with gzip or Zstandard, or through a mapping from tables (CSV).
///
/// Every file is stored whole or not at all: a bad line refuses its file, unless --skip-bad says where such lines go.
/// The same file again changes nothing. A listing or enforcement whose account has not come is held until it comes.
/// Ctrl-C stops before the file at hand is stored (exit status 3; files before it are in); a second one ends the process at
/// once, and the store is then as before or after that file.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Import {
    /// Files of accounts.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    accounts: Vec<PathBuf>,
    /// Files of listings.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    listings: Vec<PathBuf>,
    /// Files of enforcements.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    enforcements: Vec<PathBuf>,
    /// Which column is which field (TOML): with it, files that end in .csv, .tsv or .txt are tables. docs/guide.md shows one.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Folder that image paths in the records start from. The files are read, and digest, perceptual hash and size of each
    /// picture are kept with its record. Files that are missing or no pictures are counted. Without it pictures are compared by
    /// the digests and hashes in the records alone; a record that is stored already stays as it is.
    #[arg(long, value_name = "DIR")]
    images_root: Option<PathBuf>,
    /// Leaves bad lines out and writes them to this file as they stand, secrets included.
    #[arg(long, value_name = "OUT")]
    skip_bad: Option<PathBuf>,
    /// Links the new records at once, under the epoch in force; without it they wait for `linkage link`.
    #[arg(long)]
    link: bool,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage import --accounts testdata/world/accounts.jsonl --listings testdata/world/listings.jsonl";

const COLUMNS: &[&str] = &["file", "kind", "new", "unchanged", "held", "accounts_new", "skipped"];

impl Import {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let files = self.files();
        if files.is_empty() {
            return Err(bad_input("expected a file: --accounts, --listings or --enforcements"));
        }
        self.check_images_root()?;
        let mapping = self.mapping.as_deref().map(Mapping::open).transpose()?;
        if let Some((_, table)) = files.iter().find(|(_, file)| mapping.is_none() && is_table(file)) {
            return Err(bad_input(format!("{}: expected JSON Lines; for a table say --mapping FILE", table.display())));
        }
        let stop = Stop::on_signals()?;
        let linker = data.open_or_create()?;
        let importing =
            Importing { linker: &linker, images_root: self.images_root.as_deref(), link: self.link, stop: &stop };
        let mut skipped = self.skip_bad.as_deref().map(create).transpose()?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for (kind, file) in files {
            let summary = match &mapping {
                Some(mapping) if is_table(file) => importing.table(mapping, kind, file, skipped.as_mut())?,
                _ => importing.file(kind, file, skipped.as_mut())?,
            };
            if let Some(root) = &self.images_root {
                tell_pictures(&summary.pictures, root);
            }
            rows.row(cells(kind, &summary))?;
        }
        if let Some(mut out) = skipped {
            out.flush().context("write the lines left out")?;
        }
        rows.finish()?;
        tell_held(&linker)?;
        tell_waiting(&linker)?;
        Ok(Answer::Done)
    }

    /// The files in the order they are read: what belongs to an account comes behind it.
    fn files(&self) -> Vec<(RecordKind, &Path)> {
        let kinds = [
            (RecordKind::Accounts, &self.accounts),
            (RecordKind::Listings, &self.listings),
            (RecordKind::Enforcements, &self.enforcements),
        ];
        kinds.into_iter().flat_map(|(kind, files)| files.iter().map(move |file| (kind, file.as_path()))).collect()
    }

    fn check_images_root(&self) -> Result<()> {
        match &self.images_root {
            Some(folder) if !folder.is_dir() => {
                Err(bad_input(format!("{}: expected a folder for --images-root", folder.display())))
            }
            _ => Ok(()),
        }
    }
}

/// What holds for every file of one command.
pub(super) struct Importing<'a> {
    pub(super) linker: &'a Linker,
    pub(super) images_root: Option<&'a Path>,
    /// Whether each file is linked before the next is read.
    pub(super) link: bool,
    pub(super) stop: &'a Stop,
}

impl Importing<'_> {
    /// Imports one file of JSON Lines with progress on stderr.
    pub(super) fn file(
        &self,
        kind: RecordKind,
        file: &Path,
        skip_bad: Option<&mut BufWriter<File>>,
    ) -> Result<ImportSummary> {
        let name = file.file_name().unwrap_or(file.as_os_str());
        let mut progress = Progress::begin(format!("import {}", name.display()));
        let mut tell = |done, total| progress.bytes(done, total);
        let mut how = ImportHow {
            link: self.link,
            images_root: self.images_root,
            skip_bad: skip_bad.map(|out| out as &mut dyn Write),
            progress: &mut tell,
            stop: self.stop.flag(),
        };
        Ok(self.linker.import_file(kind, file, &mut how)?)
    }

    /// Imports a table through a mapping. Lines of the two have the same numbers, so that errors point at the table.
    fn table(
        &self,
        mapping: &Mapping,
        kind: RecordKind,
        table: &Path,
        skip_bad: Option<&mut BufWriter<File>>,
    ) -> Result<ImportSummary> {
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let lines = folder.path().join(table.file_name().unwrap_or(table.as_os_str()));
        mapping.convert(kind, table, &lines)?;
        let name = table.display().to_string();
        match self.file(kind, &lines, skip_bad) {
            Ok(summary) => Ok(ImportSummary { file: name, ..summary }),
            Err(error) => Err(about(error, &name)),
        }
    }
}

/// The error, told of another file than the one that was read.
fn about(error: anyhow::Error, name: &str) -> anyhow::Error {
    match error.downcast::<LinkerError>() {
        Ok(LinkerError::Record(RecordError::Field { line, error, .. })) => {
            LinkerError::Record(RecordError::Field { file: name.to_owned(), line, error }).into()
        }
        Ok(LinkerError::Record(RecordError::LineTooLong { line, bytes_max, .. })) => {
            LinkerError::Record(RecordError::LineTooLong { file: name.to_owned(), line, bytes_max }).into()
        }
        Ok(LinkerError::Contradiction { line, account, observed_at, .. }) => {
            LinkerError::Contradiction { file: name.to_owned(), line, account, observed_at }.into()
        }
        Ok(other) => other.into(),
        Err(other) => other,
    }
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("{}: create the file for lines left out", path.display()))?;
    Ok(BufWriter::new(file))
}

fn cells(kind: RecordKind, summary: &ImportSummary) -> Vec<Cell> {
    let counts = &summary.counts;
    let name = match kind {
        RecordKind::Accounts => "accounts",
        RecordKind::Listings => "listings",
        RecordKind::Enforcements => "enforcements",
    };
    vec![
        Cell::text(&summary.file),
        Cell::text(name),
        Cell::Count(counts.new_total()),
        Cell::Count(counts.unchanged_total()),
        Cell::Count(counts.held),
        Cell::Count(counts.accounts_new),
        Cell::Count(summary.skipped),
    ]
}

/// Says what became of the picture files; nothing where no record names one.
pub(super) fn tell_pictures(pictures: &PictureCounts, root: &Path) {
    if 0 < pictures.read + pictures.left_out() {
        say(format_args!("{} pictures read from {}", pictures.read, root.display()));
    }
    if let Some(first) = &pictures.first_left_out {
        say(format_args!(
            "note: {} pictures left out: {} not found, {} no readable pictures, {} not the file that the record means; the first: {first}",
            pictures.left_out(),
            pictures.missing,
            pictures.unreadable,
            pictures.other,
        ));
    }
}

/// Says what is held for accounts that have not come.
fn tell_held(linker: &Linker) -> Result<()> {
    let counts = linker.ledger().view().and_then(|view| view.counts()).context("count what is held")?;
    if 0 < counts.held_listings + counts.held_enforcements {
        say(format_args!(
            "note: {} listings and {} enforcements are held for accounts that have not come",
            counts.held_listings, counts.held_enforcements
        ));
    }
    Ok(())
}
