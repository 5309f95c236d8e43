//! Erasing: one account, or all that came from one source.
//!
//! What is erased is gone for readers at once, and from the files after [`Ledger::reclaim`]. The number of an erased account
//! is never given again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Touch;
use super::import::{Pending, RowCounts, count, hold, whole_accounts};
use super::row::{Held, Totals};
use super::view::by_account;
use super::{
    AccountId, Changes, Chunk, JudgementId, Ledger, LedgerError, OnChange, Progress, Touched, View, judgement, keys,
    row,
};
use crate::record::AccountKey;
use crate::store::{Batch, Durability, KeyRange, Row};

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Accounts of which no observation is left.
    pub accounts: u64,
    /// Accounts that lost records and are still there.
    pub accounts_changed: u64,
    /// Observations of accounts.
    pub observations: u64,
    /// Observations of listings.
    pub listings: u64,
    /// Observations of enforcements.
    pub enforcements: u64,
    /// Judgements about erased accounts.
    pub judgements: u64,
}

/// A source that is being erased, and how far that has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PendingForget {
    source: String,
    at: Timestamp,
    /// Key of the next record to look at.
    next: Vec<u8>,
    forgotten: Forgotten,
    rows_done: u64,
}

/// Neighbouring rows that are removed one by one; more are removed as a range.
const SINGLE_DELETES_MAX: usize = 64;

impl Ledger {
    /// Erases an account: its observations, listings, enforcements, also held ones, and the judgements about it.
    ///
    /// `on_change` is told of it, and of the accounts that lose a judgement, and adds to the same commit what follows.
    ///
    /// # Errors
    ///
    /// [`LedgerError::UnknownAccount`] when nothing is known of it, [`LedgerError::Busy`], [`LedgerError::Hook`],
    /// [`LedgerError::Store`]: nothing is erased then.
    pub fn forget_account(
        &self,
        account: &AccountKey,
        at: Timestamp,
        on_change: &mut dyn OnChange,
    ) -> Result<Forgotten, LedgerError> {
        let _lease = self.lease()?;
        self.update(Durability::Synced, |view, totals, batch| {
            let id = view.account_id(account)?;
            let counted = count_all(view, account)?;
            if id.is_none() && counted == RowCounts::default() {
                return Err(LedgerError::UnknownAccount { account: account.clone() });
            }
            let mut erasing = Erasing::new(view, Forgotten::default());
            batch.delete_range(keys::records_of(account));
            erasing.chunk.erased.push(account.clone());
            erasing.removed(counted, totals);
            match id {
                Some(id) => erasing.account_gone(account, id, Held::default(), totals, batch)?,
                None => erasing.no_longer_held(account, counted.held, totals, batch)?,
            }
            let forgotten = erasing.finish(totals, batch, at, on_change)?;
            judgement::write_history(totals, batch, at, "FORGET", &summary("one account", &forgotten))?;
            Ok(forgotten)
        })
    }

    /// Erases all records that came from `source`, and the accounts that no other source has observed, with the judgements about them.
    ///
    /// A first commit says so; from there on it is done, whatever happens, chunk by chunk as an import is applied.
    ///
    /// # Errors
    ///
    /// [`LedgerError::UnknownSource`] when nothing came from it, [`LedgerError::Busy`]; [`LedgerError::Hook`] and
    /// [`LedgerError::Store`]: after the first commit, [`finish_pending`](Ledger::finish_pending) or opening
    /// the ledger again brings it to its end.
    pub fn forget_source(
        &self,
        source: &str,
        at: Timestamp,
        on_change: &mut dyn OnChange,
    ) -> Result<Forgotten, LedgerError> {
        let _lease = self.lease()?;
        let pending = PendingForget {
            source: source.to_owned(),
            at,
            next: keys::records().start().to_vec(),
            forgotten: Forgotten::default(),
            rows_done: 0,
        };
        let mut batch = Batch::new();
        batch.put(keys::PENDING, row::value(&Pending::Forget(pending.clone()))?);
        self.store.commit(&batch, &[])?;
        let forgotten = self.apply_forget(pending, on_change)?;
        if forgotten == Forgotten::default() { Err(LedgerError::UnknownSource) } else { Ok(forgotten) }
    }

    pub(super) fn apply_forget(
        &self,
        mut pending: PendingForget,
        on_change: &mut dyn OnChange,
    ) -> Result<Forgotten, LedgerError> {
        let mut rest = Some(keys::records().starting_at(pending.next.clone()));
        while let Some(range) = rest {
            rest = self.update(Durability::Buffered, |view, totals, batch| {
                forget_chunk(view, totals, batch, &range, &mut pending, on_change)
            })?;
            on_change.on_progress(Progress { rows_done: pending.rows_done, rows_total: None });
        }
        Ok(pending.forgotten)
    }
}

/// Erases the rows of a source from the first accounts of `range`, and returns what is left of it.
fn forget_chunk(
    view: &View<'_>,
    totals: &mut Totals,
    batch: &mut Batch,
    range: &KeyRange,
    pending: &mut PendingForget,
    on_change: &mut dyn OnChange,
) -> Result<Option<KeyRange>, LedgerError> {
    let (rows, mut rest) = whole_accounts(view, range)?;
    pending.rows_done += rows.len() as u64;
    let mut groups = by_account(rows)?;
    if let (Some(_), [(account, rows)]) = (&rest, groups.as_mut_slice()) {
        // One account may be more than a page. It is erased whole, so that it never is half there.
        *rows = view.record_rows(account)?;
        let behind = keys::records_after(account);
        rest = Some(range.starting_at(behind.start().to_vec()));
    }
    let mut erasing = Erasing::new(view, pending.forgotten);
    for (account, rows) in groups {
        erasing.source_of_account(&account, rows, &pending.source, totals, batch)?;
    }
    pending.forgotten = erasing.finish(totals, batch, pending.at, on_change)?;

    if let Some(rest) = &rest {
        let value = PendingForget { source: pending.source.clone(), next: rest.start().to_vec(), ..*pending };
        batch.put(keys::PENDING, row::value(&Pending::Forget(value))?);
    } else {
        batch.delete(keys::PENDING);
        *batch = std::mem::take(batch).with_durability(Durability::Synced);
        if pending.forgotten != Forgotten::default() {
            let text = summary("one source", &pending.forgotten);
            judgement::write_history(totals, batch, pending.at, "FORGET", &text)?;
        }
    }
    Ok(rest)
}

/// One commit that erases.
struct Erasing<'a> {
    view: &'a View<'a>,
    chunk: Chunk<'a>,
    changes: Changes,
    forgotten: Forgotten,
    judgements: BTreeSet<JudgementId>,
    /// Accounts that lose a judgement.
    unjudged: BTreeSet<AccountKey>,
}

impl<'a> Erasing<'a> {
    fn new(view: &'a View<'a>, forgotten: Forgotten) -> Erasing<'a> {
        Erasing {
            view,
            chunk: Chunk { view, touched: Vec::new(), overlay: BTreeMap::new(), erased: Vec::new(), none_held: false },
            changes: Changes::new(view.generation()),
            forgotten,
            judgements: BTreeSet::new(),
            unjudged: BTreeSet::new(),
        }
    }

    /// Erases what `source` supplied of one account, whose rows are given whole.
    fn source_of_account(
        &mut self,
        account: &AccountKey,
        rows: Vec<Row>,
        source: &str,
        totals: &mut Totals,
        batch: &mut Batch,
    ) -> Result<(), LedgerError> {
        let mut is_of = Vec::with_capacity(rows.len());
        for (key, _) in &rows {
            is_of.push(keys::source_in_record(key)? == source);
        }
        if !is_of.contains(&true) {
            return Ok(());
        }
        delete_rows(&rows, &is_of, batch);
        let split = |gone: bool| {
            let rows = rows.iter().zip(&is_of).filter(|(_, is_of)| **is_of == gone).map(|(row, _)| row);
            rows.map(|(key, _)| (key.clone(), Vec::new())).collect::<Vec<_>>()
        };
        let (gone, left) = (split(true), split(false));
        let (gone_counts, left_counts) = (count(&gone)?, count(&left)?);
        self.chunk.overlay.extend(gone.into_iter().map(|(key, _)| (key, None)));
        self.removed(gone_counts, totals);
        match self.view.account_id(account)? {
            Some(id) if left_counts.observations == 0 => {
                self.account_gone(account, id, left_counts.held, totals, batch)
            }
            Some(id) => {
                self.forgotten.accounts_changed += 1;
                self.changes.wait(account);
                self.touch(account, Some(id), Touch::Changed);
                Ok(())
            }
            None => self.no_longer_held(account, gone_counts.held, totals, batch),
        }
    }

    /// Takes erased rows off the books.
    fn removed(&mut self, rows: RowCounts, totals: &mut Totals) {
        self.forgotten.observations += rows.observations;
        self.forgotten.listings += rows.held.listings;
        self.forgotten.enforcements += rows.held.enforcements;
        let counts = &mut totals.counts;
        counts.observations = counts.observations.saturating_sub(rows.observations);
        counts.listings = counts.listings.saturating_sub(rows.held.listings);
        counts.enforcements = counts.enforcements.saturating_sub(rows.held.enforcements);
    }

    /// The last observation of an account is erased; records of other sources may be left, and are held.
    fn account_gone(
        &mut self,
        account: &AccountKey,
        id: AccountId,
        left: Held,
        totals: &mut Totals,
        batch: &mut Batch,
    ) -> Result<(), LedgerError> {
        self.forgotten.accounts += 1;
        totals.counts.accounts = totals.counts.accounts.saturating_sub(1);
        batch.delete(keys::serial_of(account));
        batch.delete(keys::account_of(id));
        hold(account, Held::default(), left, totals, batch)?;
        self.changes.settle(account);
        self.touch(account, Some(id), Touch::Gone);
        for judgement in self.view.judgements_of(account)? {
            if self.judgements.insert(judgement.id) {
                self.forgotten.judgements += 1;
                batch.delete(keys::judgement(judgement.id.0));
                batch.delete(keys::judgement_undone(judgement.id.0));
                batch.delete(keys::judgement_of(&judgement.left, judgement.id.0));
                batch.delete(keys::judgement_of(&judgement.right, judgement.id.0));
                self.unjudged.extend([judgement.left, judgement.right]);
            }
        }
        Ok(())
    }

    /// Erased rows were held for an account that had not come.
    fn no_longer_held(
        &mut self,
        account: &AccountKey,
        erased: Held,
        totals: &mut Totals,
        batch: &mut Batch,
    ) -> Result<(), LedgerError> {
        let held = self.view.held(std::slice::from_ref(account))?.pop().unwrap_or_default();
        let left = Held {
            listings: held.listings.saturating_sub(erased.listings),
            enforcements: held.enforcements.saturating_sub(erased.enforcements),
        };
        let counts = &mut totals.counts;
        counts.held_listings = counts.held_listings.saturating_sub(held.listings);
        counts.held_enforcements = counts.held_enforcements.saturating_sub(held.enforcements);
        batch.delete(keys::held(account));
        hold(account, Held::default(), left, totals, batch)?;
        self.touch(account, None, Touch::Held);
        Ok(())
    }

    fn touch(&mut self, key: &AccountKey, id: Option<AccountId>, touch: Touch) {
        self.chunk.touched.push(Touched { key: key.clone(), id, touch });
    }

    /// Tells the linker and closes the books of this commit.
    fn finish(
        mut self,
        totals: &mut Totals,
        batch: &mut Batch,
        at: Timestamp,
        on_change: &mut dyn OnChange,
    ) -> Result<Forgotten, LedgerError> {
        let touched: BTreeSet<_> = self.chunk.touched.iter().map(|touched| touched.key.clone()).collect();
        for account in std::mem::take(&mut self.unjudged) {
            if let (false, Some(id)) = (touched.contains(&account), self.view.account_id(&account)?) {
                self.changes.wait(&account);
                self.touch(&account, Some(id), Touch::Changed);
            }
        }
        self.chunk.touched.sort_by(|a, b| a.key.cmp(&b.key));
        if !self.chunk.touched.is_empty() {
            on_change.on_change(&self.chunk, &mut self.changes).map_err(LedgerError::Hook)?;
        }
        self.changes.write(self.view, totals, batch, self.chunk.entry(at))?;
        Ok(self.forgotten)
    }
}

/// Removes the marked rows, long runs of them as a range.
fn delete_rows(rows: &[Row], is_gone: &[bool], batch: &mut Batch) {
    let marked: Vec<_> = rows.iter().map(|(key, _)| key).zip(is_gone).collect();
    for run in marked.chunk_by(|a, b| a.1 == b.1).filter(|run| *run[0].1) {
        if let ([(first, _), .., (last, _)], true) = (run, run.len() > SINGLE_DELETES_MAX) {
            batch.delete_range(KeyRange::between(first.as_slice(), KeyRange::all().after(last).start()));
        } else {
            for (key, _) in run {
                batch.delete(key.as_slice());
            }
        }
    }
}

fn count_all(view: &View<'_>, account: &AccountKey) -> Result<RowCounts, LedgerError> {
    let mut counts = RowCounts::default();
    view.for_each(keys::records_of(account), |key, _| {
        let one = count(&[(key.to_vec(), Vec::new())])?;
        counts.observations += one.observations;
        counts.held.listings += one.held.listings;
        counts.held.enforcements += one.held.enforcements;
        Ok(())
    })?;
    Ok(counts)
}

fn summary(what: &str, forgotten: &Forgotten) -> String {
    format!(
        "{what}: {} accounts gone, {} changed; {} account, {} listing and {} enforcement observations, {} judgements",
        forgotten.accounts,
        forgotten.accounts_changed,
        forgotten.observations,
        forgotten.listings,
        forgotten.enforcements,
        forgotten.judgements
    )
}
