//! Adding records: a whole file or nothing of it, in constant memory.
//!
//! ```text
//! begin_import ─► stage … stage ─► seal ─► apply ─► ImportCounts
//!                       │            └ one small commit: from here on the import is in, whatever happens
//!                       └ records are checked against the store and one another, and put aside
//! ```
//!
//! `apply` moves the staged records to their places, chunk by chunk; one commit has the records of a chunk, what the linker
//! derives from them, and the removal of their staged copies, so that no chunk can count twice. Opening the ledger finishes a
//! sealed import and drops an unsealed one.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Touch;
use super::row::{Encoded, Held, Totals};
use super::view::{ByAccount, by_account, start_of_last};
use super::{
    AccountId, AnyRecord, Changes, Chunk, ContradictoryObservation, Kind, Lease, LeaveWaiting, Ledger, LedgerError,
    OnChange, Progress, Touched, View, judgement, keys, row,
};
use crate::record::AccountKey;
use crate::store::{Batch, Durability, KeyRange, Row};

/// Records of one import, on their way in.
///
/// Dropped before [`seal`](Import::seal), nothing of them is stored.
#[derive(Debug)]
pub struct Import<'a> {
    ledger: &'a Ledger,
    lease: Option<Lease<'a>>,
    options: ImportOptions,
    counts: ImportCounts,
    state: State,
}

/// An import that is in the store, and whose records must still be moved to their places.
#[derive(Debug)]
pub struct SealedImport<'a> {
    lease: Lease<'a>,
    /// Without new records there is nothing to move.
    pending: Option<PendingImport>,
    counts: ImportCounts,
}

/// What an import says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// The time its records are recorded at.
    pub recorded_at: Timestamp,
    /// BLAKE3 of the file, for the history.
    pub digest: Option<[u8; 32]>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Observations of accounts.
    pub accounts: KindCounts,
    /// Observations of listings.
    pub listings: KindCounts,
    /// Observations of enforcements.
    pub enforcements: KindCounts,
    /// New listings and enforcements whose account has not come.
    pub held: u64,
    /// Accounts that were not there before.
    pub accounts_new: u64,
}

/// What an import did with records of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCounts {
    /// Stored.
    pub new: u64,
    /// Known before, or twice in the import.
    pub unchanged: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Staging,
    Failed,
    Sealed,
}

/// What is under way and must be finished.
#[derive(Serialize, Deserialize)]
pub(super) enum Pending {
    Import(PendingImport),
    Forget(super::forget::PendingForget),
}

/// A sealed import and how far it has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PendingImport {
    recorded_at: Timestamp,
    digest: Option<[u8; 32]>,
    counts: ImportCounts,
    rows_done: u64,
}

/// Bytes that are staged with one commit. Few in unit tests, so that they see many commits.
const STAGE_BATCH_BYTES: usize = if cfg!(test) { 1000 } else { 8 << 20 };

/// Records that are moved with one commit, unless one account has more. Few in unit tests, as above.
const CHUNK_ROWS: usize = if cfg!(test) { 5 } else { 4096 };

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions { recorded_at: Timestamp::now(), digest: None }
    }
}

impl ImportCounts {
    /// Records stored, of all kinds.
    pub fn new_total(&self) -> u64 {
        self.accounts.new + self.listings.new + self.enforcements.new
    }

    /// Records known before, of all kinds.
    pub fn unchanged_total(&self) -> u64 {
        self.accounts.unchanged + self.listings.unchanged + self.enforcements.unchanged
    }

    fn of(&mut self, kind: Kind) -> &mut KindCounts {
        match kind {
            Kind::Account => &mut self.accounts,
            Kind::Listing => &mut self.listings,
            Kind::Enforcement => &mut self.enforcements,
        }
    }
}

impl Ledger {
    /// Starts an import.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Busy`], [`LedgerError::Unfinished`] and [`LedgerError::Store`].
    pub fn begin_import(&self, options: ImportOptions) -> Result<Import<'_>, LedgerError> {
        let lease = self.lease()?;
        self.drop_leftovers()?;
        Ok(Import { ledger: self, lease: Some(lease), options, counts: ImportCounts::default(), state: State::Staging })
    }

    /// Adds some records in one go: an import of its own.
    ///
    /// # Errors
    ///
    /// As for the steps of an import. The inner error is the first record that contradicts the store; nothing is
    /// stored then.
    pub fn add(
        &self,
        records: &[AnyRecord],
        options: ImportOptions,
        on_change: &mut dyn OnChange,
    ) -> Result<Result<ImportCounts, ContradictoryObservation>, LedgerError> {
        let mut import = self.begin_import(options)?;
        match import.stage(records)?.into_iter().next() {
            Some(contradiction) => Ok(Err(contradiction)),
            None => Ok(Ok(import.seal()?.apply(on_change)?)),
        }
    }

    /// Brings an interrupted import or forget to its end, if there is one. Opening a ledger does this; a process that goes on
    /// after an error may do it too.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Busy`], [`LedgerError::Hook`], [`LedgerError::Store`] and [`LedgerError::Corrupt`].
    pub fn finish_pending(&self, on_change: &mut dyn OnChange) -> Result<(), LedgerError> {
        let _lease = self.lease_unchecked()?;
        let pending = self.view()?.get(keys::PENDING)?;
        match pending.map(|value| row::read(&value, "the import under way")).transpose()? {
            None => Ok(()),
            Some(Pending::Import(pending)) => self.apply_import(pending, on_change).map(drop),
            Some(Pending::Forget(pending)) => self.apply_forget(pending, on_change).map(drop),
        }
    }

    fn apply_import(
        &self,
        mut pending: PendingImport,
        on_change: &mut dyn OnChange,
    ) -> Result<ImportCounts, LedgerError> {
        let rows_total = Some(pending.counts.new_total());
        let mut rest = Some(keys::all_staged());
        while let Some(range) = rest {
            rest = self.update(Durability::Buffered, |view, totals, batch| {
                apply_chunk(view, totals, batch, &range, &mut pending, on_change)
            })?;
            on_change.on_progress(Progress { rows_done: pending.rows_done, rows_total });
        }
        Ok(pending.counts)
    }
}

impl<'a> Import<'a> {
    /// Checks records against the store and this import, and puts them aside. Some thousand at a time is a good number.
    ///
    /// Returns the records that are stored, here or before, with other content: these are left out, and it is for the caller
    /// to go on without them or to drop the import.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`]; the import is lost then.
    pub fn stage(&mut self, records: &[AnyRecord]) -> Result<Vec<ContradictoryObservation>, LedgerError> {
        if self.state != State::Staging {
            return Err(LedgerError::ImportFailed);
        }
        self.state = State::Failed;
        let contradictions = self.try_stage(records)?;
        self.state = State::Staging;
        Ok(contradictions)
    }

    /// What was staged so far.
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }

    /// Puts the import into the store, with one commit. From here on it is in, whatever happens; call
    /// [`apply`](SealedImport::apply) next.
    ///
    /// # Errors
    ///
    /// [`LedgerError::ImportFailed`] after an error in staging; [`LedgerError::Store`]: whether the import is in is known when
    /// the ledger is open again.
    pub fn seal(mut self) -> Result<SealedImport<'a>, LedgerError> {
        if self.state != State::Staging {
            return Err(LedgerError::ImportFailed);
        }
        let counts = self.counts;
        // What is sealed must not be dropped, and after an error nobody knows whether it is.
        self.state = State::Sealed;
        let lease = self.lease.take().ok_or(LedgerError::ImportFailed)?;
        let mut pending = None;
        if counts.new_total() > 0 {
            let ImportOptions { recorded_at, digest } = self.options;
            let import = PendingImport { recorded_at, digest, counts, rows_done: 0 };
            let mut batch = Batch::new();
            batch.put(keys::PENDING, row::value(&Pending::Import(import.clone()))?);
            self.ledger.store.commit(&batch, &[])?;
            pending = Some(import);
        }
        Ok(SealedImport { lease, pending, counts })
    }

    /// Drops the import; nothing of it is stored.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`]; what is left is dropped by the next import or open.
    pub fn abort(mut self) -> Result<(), LedgerError> {
        self.state = State::Sealed;
        self.ledger.drop_leftovers()
    }

    fn try_stage(&mut self, records: &[AnyRecord]) -> Result<Vec<ContradictoryObservation>, LedgerError> {
        let encoded = records.iter().map(AnyRecord::encode).collect::<Result<Vec<_>, _>>()?;
        let stored = self.stored(&encoded)?;
        let mut first: HashMap<&[u8], &[u8]> = HashMap::with_capacity(records.len());
        let mut contradictions = Vec::new();
        let mut batch = Batch::new().with_durability(Durability::Buffered);
        for (index, (record, Encoded { key, json })) in records.iter().zip(&encoded).enumerate() {
            let same = match (&stored[index], first.get(key.as_slice())) {
                (Some(value), _) => {
                    Some(row::same_record(value, json) || row::same_but_found(value, record, self.ledger.intake()))
                }
                (None, Some(earlier)) => Some(*earlier == json.as_slice()),
                (None, None) => None,
            };
            let counts = self.counts.of(record.kind());
            match same {
                Some(true) => counts.unchanged += 1,
                Some(false) => contradictions.push(contradiction(index, record)),
                None => {
                    counts.new += 1;
                    first.insert(key, json);
                    batch.put(keys::staged(key), row::record_value(self.options.recorded_at, json));
                    self.commit_if_over(&mut batch, STAGE_BATCH_BYTES)?;
                }
            }
        }
        self.commit_if_over(&mut batch, 0)?;
        Ok(contradictions)
    }

    /// What is stored under the keys of the records, in the store or in this import.
    fn stored(&self, encoded: &[Encoded]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        let view = self.ledger.view()?;
        let counts = view.counts()?;
        let is_empty = counts.observations + counts.listings + counts.enforcements == 0;
        let live: Vec<_> = encoded.iter().map(|record| record.key.clone()).collect();
        let live = if is_empty { vec![None; encoded.len()] } else { view.get_many(&live)? };
        if self.counts.new_total() == 0 {
            return Ok(live);
        }
        let staged = view.get_many(&encoded.iter().map(|record| keys::staged(&record.key)).collect::<Vec<_>>())?;
        Ok(live.into_iter().zip(staged).map(|(live, staged)| live.or(staged)).collect())
    }

    fn commit_if_over(&self, batch: &mut Batch, bytes: usize) -> Result<(), LedgerError> {
        if batch.bytes() > bytes {
            self.ledger.store.commit(batch, &[])?;
            *batch = Batch::new().with_durability(Durability::Buffered);
        }
        Ok(())
    }
}

impl Drop for Import<'_> {
    fn drop(&mut self) {
        if self.state != State::Sealed {
            // If this fails, the next import or open does it.
            let _ = self.ledger.drop_leftovers();
        }
    }
}

impl SealedImport<'_> {
    /// Moves the records to their places. `on_change` is told of the changed accounts, chunk by chunk, in the order of their keys.
    ///
    /// Readers see the chunks come in one after the other.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Hook`] and [`LedgerError::Store`]: the import stays in, and
    /// [`finish_pending`](Ledger::finish_pending) or opening the ledger again brings it to its end.
    pub fn apply(self, on_change: &mut dyn OnChange) -> Result<ImportCounts, LedgerError> {
        match self.pending {
            Some(pending) => self.lease.ledger.apply_import(pending, on_change),
            None => Ok(self.counts),
        }
    }

    /// As [`apply`](SealedImport::apply), with all changed accounts left waiting.
    ///
    /// # Errors
    ///
    /// As [`apply`](SealedImport::apply).
    pub fn apply_unlinked(self) -> Result<ImportCounts, LedgerError> {
        self.apply(&mut LeaveWaiting)
    }
}

/// Moves the first staged rows of `range` and returns what is left of it.
fn apply_chunk(
    view: &View<'_>,
    totals: &mut Totals,
    batch: &mut Batch,
    range: &KeyRange,
    pending: &mut PendingImport,
    on_change: &mut dyn OnChange,
) -> Result<Option<KeyRange>, LedgerError> {
    let (rows, rest) = whole_accounts(view, range)?;
    if let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) {
        batch.delete_range(KeyRange::between(first.as_slice(), KeyRange::all().after(last).start()));
    }
    pending.rows_done += rows.len() as u64;
    let rows = rows.into_iter().map(|(key, value)| (keys::unstaged(&key).to_vec(), value)).collect();

    let none_held = totals.counts.held_listings + totals.counts.held_enforcements == 0;
    let mut chunk = Chunk { view, touched: Vec::new(), overlay: Default::default(), erased: Vec::new(), none_held };
    let mut changes = Changes::new(view.generation());
    place(view, totals, batch, by_account(rows)?, &mut chunk, &mut changes, &mut pending.counts)?;
    on_change.on_change(&chunk, &mut changes).map_err(LedgerError::Hook)?;
    changes.write(view, totals, batch, chunk.entry(pending.recorded_at))?;

    if rest.is_some() {
        let value = PendingImport { counts: pending.counts, ..*pending };
        batch.put(keys::PENDING, row::value(&Pending::Import(value))?);
    } else {
        batch.delete(keys::PENDING);
        judgement::write_history(totals, batch, pending.recorded_at, "IMPORT", &summary(pending))?;
        *batch = std::mem::take(batch).with_durability(Durability::Synced);
    }
    Ok(rest)
}

/// Puts records to their accounts, and accounts to the books.
fn place(
    view: &View<'_>,
    totals: &mut Totals,
    batch: &mut Batch,
    groups: ByAccount,
    chunk: &mut Chunk<'_>,
    changes: &mut Changes,
    counts: &mut ImportCounts,
) -> Result<(), LedgerError> {
    let accounts: Vec<_> = groups.iter().map(|(account, _)| account.clone()).collect();
    let ids = view.account_ids(&accounts)?;
    let any_held = totals.counts.held_listings + totals.counts.held_enforcements > 0;
    let held = if any_held { view.held(&accounts)? } else { vec![Held::default(); accounts.len()] };
    for (((account, rows), id), held) in groups.into_iter().zip(ids).zip(held) {
        let came = count(&rows)?;
        totals.counts.observations += came.observations;
        totals.counts.listings += came.held.listings;
        totals.counts.enforcements += came.held.enforcements;
        let (id, touch) = match id {
            Some(id) => (Some(id), Touch::Changed),
            None if came.observations > 0 => (Some(arrive(&account, held, totals, batch)?), Touch::New),
            None => {
                hold(&account, held, came.held, totals, batch)?;
                counts.held += came.held.listings + came.held.enforcements;
                (None, Touch::Held)
            }
        };
        match touch {
            Touch::New => {
                counts.accounts_new += 1;
                changes.wait_new(&account);
            }
            Touch::Changed => changes.wait(&account),
            Touch::Held | Touch::Gone => {}
        }
        chunk.touched.push(Touched { key: account, id, touch });
        for (key, value) in rows {
            batch.put(key.clone(), value.clone());
            chunk.overlay.insert(key, Some(value));
        }
    }
    Ok(())
}

/// Gives an account its number, and the records that were held for it.
fn arrive(account: &AccountKey, held: Held, totals: &mut Totals, batch: &mut Batch) -> Result<AccountId, LedgerError> {
    let id = AccountId(totals.next_account);
    totals.next_account = totals.next_account.checked_add(1).ok_or(LedgerError::Full)?;
    totals.counts.accounts += 1;
    batch.put(keys::serial_of(account), row::value(&id.0)?);
    batch.put(keys::account_of(id), row::value(&account.as_str())?);
    if held != Held::default() {
        totals.counts.held_listings = totals.counts.held_listings.saturating_sub(held.listings);
        totals.counts.held_enforcements = totals.counts.held_enforcements.saturating_sub(held.enforcements);
        batch.delete(keys::held(account));
    }
    Ok(id)
}

/// Counts records for an account that has not come.
pub(super) fn hold(
    account: &AccountKey,
    held: Held,
    more: Held,
    totals: &mut Totals,
    batch: &mut Batch,
) -> Result<(), LedgerError> {
    if more == Held::default() {
        return Ok(());
    }
    totals.counts.held_listings += more.listings;
    totals.counts.held_enforcements += more.enforcements;
    let held = Held { listings: held.listings + more.listings, enforcements: held.enforcements + more.enforcements };
    batch.put(keys::held(account), row::value(&held)?);
    Ok(())
}

/// How many rows of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowCounts {
    pub(super) observations: u64,
    pub(super) held: Held,
}

pub(super) fn count(rows: &[Row]) -> Result<RowCounts, LedgerError> {
    let mut counts = RowCounts::default();
    for (key, _) in rows {
        match keys::account_and_kind(key)?.1 {
            Kind::Account => counts.observations += 1,
            Kind::Listing => counts.held.listings += 1,
            Kind::Enforcement => counts.held.enforcements += 1,
        }
    }
    Ok(counts)
}

/// The first rows of `range`, up to the end of an account if one page holds that, and the rest of the range.
pub(super) fn whole_accounts(view: &View<'_>, range: &KeyRange) -> Result<(Vec<Row>, Option<KeyRange>), LedgerError> {
    let page = view.scan(range, CHUNK_ROWS)?;
    let mut rows = page.rows;
    let mut rest = page.rest;
    let cut = start_of_last(&rows);
    if rest.is_some() && cut > 0 {
        rest = Some(range.starting_at(rows[cut].0.clone()));
        rows.truncate(cut);
    }
    Ok((rows, rest))
}

fn summary(pending: &PendingImport) -> String {
    let counts = &pending.counts;
    let mut text = format!(
        "{} account, {} listing and {} enforcement observations, {} held",
        counts.accounts.new, counts.listings.new, counts.enforcements.new, counts.held
    );
    if let Some(digest) = pending.digest {
        text.push_str(", file ");
        text.push_str(blake3::Hash::from(digest).to_hex().as_str());
    }
    text
}

fn contradiction(index: usize, record: &AnyRecord) -> ContradictoryObservation {
    ContradictoryObservation {
        index,
        kind: record.kind(),
        account: record.account().clone(),
        id: record.id().to_owned(),
        supplied_by: record.source().to_owned(),
        observed_at: record.observed_at(),
    }
}
