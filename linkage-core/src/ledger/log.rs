//! The log of changes: which accounts changed, in the order of the commits that changed them.
//!
//! ```text
//! import, forget, judgement, link ──one row per commit──► log ──View::changes──► search index, watchers
//! ```
//!
//! A row names accounts by their numbers, which say nothing once an account is erased: the log outlives a forget and
//! holds nothing of what was forgotten. Every mention of an account is numbered; a [`ChangeNumber`] is a place between two
//! of them, from which a reader can go on.
//!
//! The log is bounded: the newest [`CHANGES_KEPT`] mentions are kept, and some more. A reader that comes later is told
//! that the log does not reach back, and reads everything anew.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::row::Totals;
use super::{AccountId, LedgerError, View, keys, row};
use crate::store::{Batch, KeyRange};

/// Mentions of accounts that are always kept. Few in unit tests, so that they see the end of the log.
pub const CHANGES_KEPT: u64 = if cfg!(test) { 40 } else { 1 << 20 };

/// Accounts that a link may mention; where it moved more, it says that all may have moved.
pub(super) const MOVED_MAX: usize = if cfg!(test) { 8 } else { 1 << 16 };

/// A place in the log: how many mentions lie before it. Grows with every change and survives a reopen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeNumber(pub u64);

/// One mention of an account, or of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place behind it.
    pub number: ChangeNumber,
    /// When it was committed, by the clock of the import, forget or judgement.
    pub at: Timestamp,
    /// What happened.
    pub kind: ChangeKind,
    /// The account; `None` where [all](ChangeKind::AllMoved) of them are meant.
    pub account: Option<AccountId>,
}

/// What happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was erased; its number will not be given again.
    Gone,
    /// It was not there before.
    New,
    /// It has other records, or lost a judgement with the account on its other side.
    Changed,
    /// A person judged it, or undid a judgement.
    Judged,
    /// It is in another network.
    Moved,
    /// Everything was linked anew, and too many accounts moved to name them.
    AllMoved,
}

/// What one commit did to accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gone: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) new: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changed: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) judged: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) moved: Vec<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) all_moved: bool,
}

impl Entry {
    pub(super) fn new(at: Timestamp) -> Entry {
        let none = Vec::new;
        Entry { at, gone: none(), new: none(), changed: none(), judged: none(), moved: none(), all_moved: false }
    }

    /// Every mention, in the order in which it is numbered.
    fn mentions(&self) -> Vec<(ChangeKind, Option<AccountId>)> {
        let lists = [
            (ChangeKind::Gone, &self.gone),
            (ChangeKind::New, &self.new),
            (ChangeKind::Changed, &self.changed),
            (ChangeKind::Judged, &self.judged),
            (ChangeKind::Moved, &self.moved),
        ];
        let named = lists.into_iter().flat_map(|(kind, ids)| ids.iter().map(move |id| (kind, Some(AccountId(*id)))));
        named.chain(self.all_moved.then_some((ChangeKind::AllMoved, None))).collect()
    }

    /// Adds the row, and drops the oldest ones once an eighth too many are kept.
    pub(super) fn write(&self, totals: &mut Totals, batch: &mut Batch) -> Result<(), LedgerError> {
        let mentions = self.mentions().len() as u64;
        if mentions == 0 {
            return Ok(());
        }
        totals.last_change += mentions;
        batch.put(keys::change(totals.last_change), row::value(self)?);
        if CHANGES_KEPT + CHANGES_KEPT / 8 < totals.last_change - totals.first_change {
            totals.first_change = totals.last_change - CHANGES_KEPT;
            batch.delete_range(KeyRange::between(keys::change(0), keys::change(totals.first_change + 1)));
        }
        Ok(())
    }
}

impl View<'_> {
    /// The place behind the last change. O(1).
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn last_change(&self) -> Result<ChangeNumber, LedgerError> {
        Ok(ChangeNumber(self.totals()?.last_change))
    }

    /// The place before the oldest change that is kept: [`changes`](View::changes) can begin there. O(1).
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn first_change(&self) -> Result<ChangeNumber, LedgerError> {
        Ok(ChangeNumber(self.totals()?.first_change))
    }

    /// The changes behind `after`, at least `changes_min` of them if there are as many, and as many more as their commit
    /// has; `None` if the log does not reach back to `after`, or not up to it.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn changes(&self, after: ChangeNumber, changes_min: usize) -> Result<Option<Vec<Change>>, LedgerError> {
        let totals = self.totals()?;
        if after.0 < totals.first_change || totals.last_change < after.0 {
            return Ok(None);
        }
        let mut found = Vec::new();
        let mut rest = Some(KeyRange::between(keys::change(after.0 + 1), keys::change(u64::MAX)));
        while let Some(range) = rest.filter(|_| found.len() < changes_min) {
            let page = self.scan(&range, 1)?;
            for (key, value) in &page.rows {
                let end = keys::number_at_end(key)?;
                let entry: Entry = row::read(value, "a row of the log of changes")?;
                let mentions = entry.mentions();
                let before = end.saturating_sub(mentions.len() as u64);
                found.extend((before + 1..).zip(mentions).filter(|(number, _)| after.0 < *number).map(
                    |(number, (kind, account))| Change { number: ChangeNumber(number), at: entry.at, kind, account },
                ));
            }
            rest = page.rest;
        }
        Ok(Some(found))
    }

    /// What tells this log from one that only has as many changes: a digest of the commit that ends at `number`.
    /// `None` if no commit ends there, or it is no longer kept.
    ///
    /// After a power cut a store may have lost its newest commits, and others may have taken their numbers since.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn change_stamp(&self, number: ChangeNumber) -> Result<Option<[u8; 32]>, LedgerError> {
        if number.0 == 0 {
            return Ok(Some([0; 32]));
        }
        Ok(self.get(&keys::change(number.0))?.map(|value| blake3::hash(&value).into()))
    }
}
