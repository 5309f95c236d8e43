//! The invented world, compiled in; `testdata/README.md` says what is in it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use linkage_core::linker::RecordKind;

const ACCOUNTS: &str = include_str!("../../../../testdata/world/accounts.jsonl");
const LISTINGS: &str = include_str!("../../../../testdata/world/listings.jsonl");
const ENFORCEMENTS: &str = include_str!("../../../../testdata/world/enforcements.jsonl");

/// `account,entity` rows: who is really behind each account.
pub(super) const TRUTH: &str = include_str!("../../../../testdata/world/truth.csv");

/// What the rows are called in an error.
pub(super) const TRUTH_NAME: &str = "truth.csv";

/// Writes the record files and says what is in each.
///
/// # Errors
///
/// When the folder cannot be written.
pub(super) fn write(folder: &Path) -> Result<Vec<(RecordKind, PathBuf)>> {
    [
        (RecordKind::Accounts, "accounts.jsonl", ACCOUNTS),
        (RecordKind::Listings, "listings.jsonl", LISTINGS),
        (RecordKind::Enforcements, "enforcements.jsonl", ENFORCEMENTS),
    ]
    .into_iter()
    .map(|(kind, name, text)| {
        let file = folder.join(name);
        fs::write(&file, text).with_context(|| format!("{}: write file", file.display()))?;
        Ok((kind, file))
    })
    .collect()
}
