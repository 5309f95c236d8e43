//! How derived rows keep in step with the records.
//!
//! Derived rows belong to a *generation*. An import or forget tells an [`OnChange`] about each chunk of changed
//! accounts, whose [`Changes`] go into the commit of that chunk. A [`Rebuild`] writes a whole new generation beside the one in
//! force and puts it in force with one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::log::{Entry, MOVED_MAX};
use super::row::{Current, Totals};
use super::view::EncodedDossier;
use super::{AccountId, Dossier, Ledger, LedgerError, View, judgement, keys, row};
use crate::record::AccountKey;
use crate::store::{Batch, Durability, KeyRange, Row};

/// The tables of derived rows. What their keys and values mean is the linker's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// What linking needs of one account.
    Profile = 1,
    /// Which accounts hold a key.
    Posting = 2,
    /// Scored pairs.
    Edge = 4,
    /// Which network an account belongs to.
    Member = 5,
    /// Networks.
    Network = 6,
    /// Anything said of the whole: digests, figures.
    Summary = 7,
}

/// What the linker does about changed accounts.
pub trait OnChange {
    /// Adds to `changes` what follows from `chunk`; both are committed together. Accounts of the chunk wait for linking unless
    /// they are [settled](Changes::settle) here.
    ///
    /// # Errors
    ///
    /// Whatever it likes: the chunk is not committed then, and the import or forget stays to be finished.
    fn on_change(
        &mut self,
        chunk: &Chunk<'_>,
        changes: &mut Changes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Told after each committed chunk.
    fn on_progress(&mut self, progress: Progress) {
        let _ = progress;
    }
}

/// Does nothing about changed accounts: all of them wait for linking.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeaveWaiting;

/// How far an import or forget has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows done.
    pub rows_done: u64,
    /// Rows to do, if known.
    pub rows_total: Option<u64>,
}

/// Some changed accounts, in the order of their keys.
///
/// An account is in one chunk with all its new records, unless they are more than fit in a chunk.
pub struct Chunk<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) touched: Vec<Touched>,
    /// Records that this chunk adds, by key, or takes away.
    pub(super) overlay: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Accounts of which nothing is left.
    pub(super) erased: Vec<AccountKey>,
    /// Nothing is stored of accounts that are new.
    pub(super) none_held: bool,
}

/// A changed account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The account.
    pub key: AccountKey,
    /// Its number, also when it is gone; `None` if it has not come.
    pub id: Option<AccountId>,
    /// What happened to it.
    pub touch: Touch,
}

/// What happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It was not there before.
    New,
    /// It has other records or judgements than before.
    Changed,
    /// Records came, or are left, for an account that is not there.
    Held,
    /// It was there and is no longer.
    Gone,
}

/// What the linker writes, and for which accounts it is done. At most [`Changes::BYTES_MAX`].
#[derive(Debug)]
pub struct Changes {
    generation: u32,
    batch: Batch,
    marks: BTreeMap<AccountKey, Mark>,
    history: Vec<(String, String)>,
    moved: BTreeSet<u32>,
}

/// Whether an account waits from now on.
#[derive(Clone, Copy, Debug)]
struct Mark {
    waits: bool,
    /// It cannot wait now, because it is new: spares a look.
    is_new: bool,
}

/// The right to write: one import, forget or rebuild at a time. Ends when dropped.
#[derive(Debug)]
pub struct Lease<'a> {
    pub(super) ledger: &'a Ledger,
}

/// A new generation of derived rows, written beside the one in force.
///
/// Dropped without [`finish`](Rebuild::finish), or interrupted, it leaves nothing behind.
#[derive(Debug)]
pub struct Rebuild<'a> {
    lease: Lease<'a>,
    generation: u32,
    batch: Batch,
    moved: BTreeSet<u32>,
    all_moved: bool,
    finished: bool,
}

/// Bytes of a rebuild that are written at once. Few in unit tests, so that they see many commits.
const REBUILD_BATCH_BYTES: usize = if cfg!(test) { 50 } else { 8 << 20 };

impl OnChange for LeaveWaiting {
    fn on_change(
        &mut self,
        _chunk: &Chunk<'_>,
        _changes: &mut Changes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }
}

impl<F> OnChange for F
where
    F: FnMut(&Chunk<'_>, &mut Changes) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
{
    fn on_change(
        &mut self,
        chunk: &Chunk<'_>,
        changes: &mut Changes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self(chunk, changes)
    }
}

impl Chunk<'_> {
    /// The changed accounts.
    pub fn touched(&self) -> &[Touched] {
        &self.touched
    }

    /// The state before this chunk.
    pub fn view(&self) -> &View<'_> {
        self.view
    }

    /// All that is known of an account after this chunk, changed or not.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`] and [`LedgerError::Corrupt`].
    pub fn dossier(&self, account: &AccountKey) -> Result<Dossier, LedgerError> {
        let touched =
            self.touched.binary_search_by(|touched| touched.key.cmp(account)).ok().map(|at| &self.touched[at]);
        let id = match touched {
            Some(Touched { touch: Touch::Gone, .. }) => None,
            Some(touched) => touched.id,
            None => self.view.account_id(account)?,
        };
        let mut rows = BTreeMap::new();
        let is_fresh = self.none_held && touched.is_some_and(|touched| touched.touch == Touch::New);
        if !is_fresh && !self.erased.contains(account) {
            rows.extend(self.view.record_rows(account)?);
        }
        let range = keys::records_of(account);
        let added = self.overlay.range::<[u8], _>((Bound::Included(range.start()), Bound::Unbounded));
        for (key, value) in added.take_while(|(key, _)| range.end().is_none_or(|end| key.as_slice() < end)) {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        EncodedDossier::new(account.clone(), id, rows.into_iter().collect())?.decode(self.view.intake())
    }
}

impl Chunk<'_> {
    /// What the log says of this chunk.
    pub(super) fn entry(&self, at: Timestamp) -> Entry {
        let mut entry = Entry::new(at);
        for touched in &self.touched {
            let Some(AccountId(id)) = touched.id else { continue };
            match touched.touch {
                Touch::New => entry.new.push(id),
                Touch::Changed => entry.changed.push(id),
                Touch::Gone => entry.gone.push(id),
                Touch::Held => {}
            }
        }
        entry
    }
}

impl std::fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunk").field("touched", &self.touched.len()).finish_non_exhaustive()
    }
}

impl Changes {
    /// Most bytes of derived rows in one set of changes: 32 MiB.
    pub const BYTES_MAX: usize = 32 << 20;

    pub(super) fn new(generation: u32) -> Changes {
        Changes { generation, batch: Batch::new(), marks: BTreeMap::new(), history: Vec::new(), moved: BTreeSet::new() }
    }

    /// Writes a derived row, over an earlier value if there is one.
    pub fn put(&mut self, table: Table, key: &[u8], value: impl Into<Vec<u8>>) {
        self.batch.put(keys::derived(self.generation, table, key), value);
    }

    /// Removes a derived row, if it is there.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.batch.delete(keys::derived(self.generation, table, key));
    }

    /// Writes what an account's records, and nothing else, were reduced to.
    pub fn put_reduced(&mut self, id: AccountId, value: impl Into<Vec<u8>>) {
        self.batch.put(keys::reduced(id), value);
    }

    /// Removes what an account was reduced to.
    pub fn delete_reduced(&mut self, id: AccountId) {
        self.batch.delete(keys::reduced(id));
    }

    /// Removes the derived rows whose keys begin with `prefix`.
    pub fn delete_prefix(&mut self, table: Table, prefix: &[u8]) {
        self.batch.delete_range(KeyRange::prefix(&keys::derived(self.generation, table, prefix)));
    }

    /// The account is linked and waits no longer.
    pub fn settle(&mut self, account: &AccountKey) {
        self.mark(account, false, false);
    }

    /// The account must be linked again.
    pub fn wait(&mut self, account: &AccountKey) {
        self.mark(account, true, false);
    }

    /// Adds a row to the history: what happened, without personal data, as it outlives a forget.
    pub fn tell(&mut self, kind: &str, text: &str) {
        self.history.push((kind.to_owned(), text.to_owned()));
    }

    /// The account is in another network than before: a line in the log of changes.
    pub fn moved(&mut self, account: AccountId) {
        self.moved.insert(account.0);
    }

    /// Bytes of derived rows so far.
    pub fn bytes(&self) -> usize {
        self.batch.bytes()
    }

    pub(super) fn wait_new(&mut self, account: &AccountKey) {
        self.mark(account, true, true);
    }

    fn mark(&mut self, account: &AccountKey, waits: bool, is_new: bool) {
        match self.marks.get_mut(account) {
            Some(mark) => mark.waits = waits,
            None => {
                self.marks.insert(account.clone(), Mark { waits, is_new });
            }
        }
    }

    /// Moves everything into a commit, keeps the count of waiting accounts, and logs what `entry` says beside the moved
    /// accounts.
    pub(super) fn write(
        self,
        view: &View<'_>,
        totals: &mut Totals,
        batch: &mut Batch,
        mut entry: Entry,
    ) -> Result<(), LedgerError> {
        if self.generation != view.generation() {
            return Err(LedgerError::Stale);
        }
        if self.bytes() > Changes::BYTES_MAX {
            return Err(LedgerError::TooLong {
                what: "derived rows of one commit",
                bytes: self.bytes(),
                bytes_max: Changes::BYTES_MAX,
            });
        }
        batch.append(self.batch);
        let known: Vec<_> = self.marks.iter().filter(|(_, mark)| !mark.is_new).map(|(key, _)| key).collect();
        let known = if totals.counts.waiting == 0 { Vec::new() } else { known };
        let rows = view.get_many(&known.iter().map(|key| keys::waiting(key)).collect::<Vec<_>>())?;
        let mut waited = known.into_iter().zip(rows).filter(|(_, row)| row.is_some()).map(|(key, _)| key).peekable();
        for (account, mark) in &self.marks {
            let waits_now = waited.next_if(|key| *key == account).is_some();
            if mark.waits && !waits_now {
                batch.put(keys::waiting(account), row::value(&())?);
                totals.counts.waiting += 1;
            } else if !mark.waits && waits_now {
                batch.delete(keys::waiting(account));
                totals.counts.waiting = totals.counts.waiting.saturating_sub(1);
            }
        }
        for (kind, text) in &self.history {
            judgement::write_history(totals, batch, Timestamp::now(), kind, text)?;
        }
        entry.moved = self.moved.into_iter().collect();
        entry.write(totals, batch)
    }
}

impl Ledger {
    /// Takes the right to write, for as long as the lease lives.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Busy`] while somebody else has it, [`LedgerError::Unfinished`] while an import or forget that failed half
    /// way must be finished.
    pub fn lease(&self) -> Result<Lease<'_>, LedgerError> {
        let lease = self.lease_unchecked()?;
        if self.view()?.get(keys::PENDING)?.is_some() {
            return Err(LedgerError::Unfinished);
        }
        Ok(lease)
    }

    pub(super) fn lease_unchecked(&self) -> Result<Lease<'_>, LedgerError> {
        if self.busy.swap(true, Ordering::SeqCst) { Err(LedgerError::Busy) } else { Ok(Lease { ledger: self }) }
    }

    /// Starts a new generation of derived rows.
    ///
    /// # Errors
    ///
    /// As [`lease`](Ledger::lease), and [`LedgerError::Store`].
    pub fn rebuild(&self) -> Result<Rebuild<'_>, LedgerError> {
        let lease = self.lease()?;
        self.drop_leftovers()?;
        let generation = self.view()?.generation().wrapping_add(1);
        let batch = Batch::new().with_durability(Durability::Buffered);
        Ok(Rebuild { lease, generation, batch, moved: BTreeSet::new(), all_moved: false, finished: false })
    }
}

impl Lease<'_> {
    /// Empty changes to the derived rows that are in force.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`] and [`LedgerError::Corrupt`].
    pub fn changes(&self) -> Result<Changes, LedgerError> {
        Ok(Changes::new(self.ledger.view()?.generation()))
    }

    /// Writes `changes` in one commit.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Stale`] when another generation has come into force, [`LedgerError::TooLong`], [`LedgerError::Store`].
    pub fn commit(&self, changes: Changes) -> Result<(), LedgerError> {
        self.ledger.update(Durability::Synced, |view, totals, batch| {
            changes.write(view, totals, batch, Entry::new(Timestamp::now()))
        })
    }

    /// Tells `on_change` of accounts whose judgements changed, as if their records had, and writes what follows in one commit.
    /// Accounts that are not there are left out.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Hook`], [`LedgerError::TooLong`], [`LedgerError::Store`]: nothing is written then.
    pub fn touch(&self, accounts: &[AccountKey], on_change: &mut dyn OnChange) -> Result<(), LedgerError> {
        self.ledger.update(Durability::Synced, |view, totals, batch| {
            let mut keys = accounts.to_vec();
            keys.sort_unstable();
            keys.dedup();
            let ids = view.account_ids(&keys)?;
            let there = keys.into_iter().zip(ids).filter(|(_, id)| id.is_some());
            let touched = there.map(|(key, id)| Touched { key, id, touch: Touch::Changed }).collect();
            let chunk = Chunk { view, touched, overlay: BTreeMap::new(), erased: Vec::new(), none_held: false };
            let mut changes = Changes::new(view.generation());
            on_change.on_change(&chunk, &mut changes).map_err(LedgerError::Hook)?;
            changes.write(view, totals, batch, Entry::new(Timestamp::now()))
        })
    }

    /// Puts an epoch in force and leaves the derived rows as they are: for a store in which nothing is linked yet.
    ///
    /// # Errors
    ///
    /// [`LedgerError::UnknownEpoch`], [`LedgerError::Store`].
    pub fn adopt_epoch(&self, epoch: u32) -> Result<(), LedgerError> {
        self.ledger.update(Durability::Synced, |view, _, batch| put_in_force(view, batch, epoch, view.generation()))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.ledger.busy.store(false, Ordering::SeqCst);
    }
}

impl Rebuild<'_> {
    /// Writes a derived row of the new generation.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`].
    pub fn put(&mut self, table: Table, key: &[u8], value: impl Into<Vec<u8>>) -> Result<(), LedgerError> {
        self.batch.put(keys::derived(self.generation, table, key), value);
        if self.batch.bytes() >= REBUILD_BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// The account is in another network than before: a line in the log of changes, unless there are too many of them.
    pub fn moved(&mut self, account: AccountId) {
        self.all_moved |= MOVED_MAX <= self.moved.len();
        if !self.all_moved {
            self.moved.insert(account.0);
        }
    }

    /// Writes what an account's records were reduced to. It belongs to no generation and stays whatever becomes of this one.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`].
    pub fn put_reduced(&mut self, id: AccountId, value: impl Into<Vec<u8>>) -> Result<(), LedgerError> {
        self.batch.put(keys::reduced(id), value);
        if self.batch.bytes() >= REBUILD_BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes many derived rows of the new generation at once, in the order of their keys; none of them may be written
    /// elsewhere. Several tables may be written at a time.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`].
    pub fn load(&self, table: Table, rows: impl Iterator<Item = Row>) -> Result<(), LedgerError> {
        let mut rows = rows.map(|(key, value)| (keys::derived(self.generation, table, &key), value));
        Ok(self.lease.ledger.store.ingest(&mut rows)?)
    }

    /// Puts the new generation in force under `epoch`, with one commit: no account waits any more, and the rows of the old generation are
    /// gone. `text` goes into the history.
    ///
    /// # Errors
    ///
    /// [`LedgerError::UnknownEpoch`], [`LedgerError::Store`]: the old generation stays in force.
    pub fn finish(self, epoch: u32, text: &str) -> Result<(), LedgerError> {
        self.finish_at(epoch, text, Timestamp::now())
    }

    /// As [`finish`](Rebuild::finish), with the time that the history says.
    ///
    /// # Errors
    ///
    /// As [`finish`](Rebuild::finish).
    pub fn finish_at(mut self, epoch: u32, text: &str, at: Timestamp) -> Result<(), LedgerError> {
        self.flush()?;
        let generation = self.generation;
        let moved = std::mem::take(&mut self.moved).into_iter();
        let moved = moved.filter(|_| !self.all_moved).collect();
        let entry = Entry { moved, all_moved: self.all_moved, ..Entry::new(at) };
        self.lease.ledger.update(Durability::Synced, |view, totals, batch| {
            put_in_force(view, batch, epoch, generation)?;
            batch.delete_range(keys::generation(view.generation()));
            batch.delete_range(keys::all_waiting());
            totals.counts.waiting = 0;
            entry.write(totals, batch)?;
            judgement::write_history(totals, batch, at, "LINK", text)
        })?;
        self.finished = true;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        let empty = Batch::new().with_durability(Durability::Buffered);
        let batch = std::mem::replace(&mut self.batch, empty);
        if !batch.is_empty() {
            self.lease.ledger.store.commit(&batch, &[])?;
        }
        Ok(())
    }
}

impl Drop for Rebuild<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // If this fails, the next rebuild or open does it.
            let _ = self.lease.ledger.drop_leftovers();
        }
    }
}

fn put_in_force(view: &View<'_>, batch: &mut Batch, epoch: u32, generation: u32) -> Result<(), LedgerError> {
    if view.get(&keys::epoch(epoch))?.is_none() {
        return Err(LedgerError::UnknownEpoch { epoch });
    }
    batch.put(keys::CURRENT, row::value(&Current { epoch: Some(epoch), generation })?);
    Ok(())
}
