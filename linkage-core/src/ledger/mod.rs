//! Typed nouns over the bytes of a store: observations, judgements, history, epochs and what is derived from them.
//!
//! ```text
//! AnyRecord ──Import: stage, seal, apply──► Ledger ──View──► Dossier (all that is known of one account)
//!                                 │
//!                                 └─► OnChange: the linker adds its derived rows to the same commit
//! ```
//!
//! Records are only ever added. The same observation (account, source, time; for listings and enforcements also
//! their id) with the same content changes nothing, with other content it is refused, and a later one is history.
//! What [`Ledger::forget_account`] and [`Ledger::forget_source`] erase is the one exception.
//!
//! - [`Ledger`] opens a store; start there, then [`View`] for reading and [`Import`] for writing.
//! - [`OnChange`] and [`Changes`] are how the linker keeps derived rows in step, [`Rebuild`] how it makes all of them anew.
//! - [`View::changes`] is the log from which everything outside the store is kept in step.
//!
//! **Rows.** A key begins with one byte for the table. Texts in keys are ended so that order is kept; numbers are
//! big-endian; a time is 12 bytes that sort as it does. Every value begins with a version byte (1), except that of
//! derived rows, which are the linker's.
//!
//! | byte | key | value |
//! |---|---|---|
//! | `01` | | header: schema version, time of creation, store id, store key |
//! | `02` | | totals: counts, next account, judgement and history number |
//! | `03` | | the import or forget that is under way, if one is |
//! | `04` | | epoch in force and generation of derived rows |
//! | `10` | account | its serial number |
//! | `11` | serial number | its account |
//! | `12` | account, `01`, time, source | observation of the account |
//! | `12` | account, `02`, listing id, time, source | observation of a listing |
//! | `12` | account, `03`, enforcement id, time, source | observation of an enforcement |
//! | `13` | account that has not come | how many records are held for it |
//! | `14` | account | it waits for linking |
//! | `20` | key of a record | the record, staged by an import |
//! | `30` | number | judgement |
//! | `31` | number of a judgement | who undid it |
//! | `32` | account, number of a judgement | that the account has it |
//! | `33` | number | history |
//! | `34` | place behind its last change | which accounts a commit changed, by number |
//! | `40` | epoch | its length and digest |
//! | `41` | epoch, part | its bytes |
//! | `60` | generation, [`Table`], the linker's key | the linker's value |
//! | `61` | serial number | the linker's, of the account's records alone: no generation, no epoch |
//!
//! **Invariants:** a crash at any instant leaves an import, a forget or a rebuild as before or as after, once the ledger is open
//! again; no reader sees the ledger before that. Serial numbers are never used twice. The store key is in no
//! message and no log.
//!
//! **Not here:** what derived rows mean, networks, scores: `linker`.

mod change;
mod epoch;
mod error;
mod forget;
mod import;
mod judgement;
mod keys;
mod log;
mod row;
#[cfg(test)]
mod tests;
mod view;

pub use change::{Changes, Chunk, Lease, LeaveWaiting, OnChange, Progress, Rebuild, Table, Touch, Touched};
pub use epoch::EPOCH_BYTES_MAX;
pub use error::{ContradictoryObservation, LedgerError};
pub use forget::Forgotten;
pub use import::{Import, ImportCounts, ImportOptions, KindCounts, SealedImport};
pub use judgement::{HistoryRow, Judgement, JudgementId, NOTE_BYTES_MAX, NewJudgement, Undone, Verdict};
pub use log::{CHANGES_KEPT, Change, ChangeKind, ChangeNumber};
pub use row::{AnyRecord, Counts, Recorded};
pub use view::{AccountsPage, Dossier, EncodedDossier, View};

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::Intake;
use crate::store::{Batch, Durability, Expectation, KeyRange, Store};
use row::Totals;

/// Version of the layout of rows that this program writes, and the newest it reads.
pub const SCHEMA_VERSION: u32 = 1;

/// All records, judgements and epochs, and what was derived from them.
///
/// Reading is through [`view`](Ledger::view), from any number of threads. Imports, forgets and rebuilds happen one at a time;
/// a second one is told [`LedgerError::Busy`].
pub struct Ledger {
    store: Box<dyn Store>,
    header: Header,
    intake: Intake,
    busy: AtomicBool,
    commits: Mutex<()>,
}

/// The number of an account in this store: given with its first observation, never given again. Compact, but an accident
/// of the order of imports: nothing that a user sees may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u32);

/// The three kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An observation of an account.
    Account = 1,
    /// An observation of a listing.
    Listing = 2,
    /// An observation of an enforcement.
    Enforcement = 3,
}

/// The secret of a store: keyed digests of what is not kept in clear are made with it.
///
/// Its `Debug` output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreKey([u8; 32]);

/// What is written once, when a ledger is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Layout of the rows.
    pub schema_version: u32,
    /// When the ledger was made.
    pub created_at: Timestamp,
    /// Random name of the store, 32 lower-case hex digits; not secret.
    pub store_id: String,
    /// The store's secret.
    pub store_key: StoreKey,
}

impl Ledger {
    /// Opens the ledger in `store`, and brings an interrupted import or forget to its end: accounts that it changed
    /// wait for linking.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Empty`] for a store without a ledger, [`LedgerError::NewerSchema`] for one of a newer program,
    /// [`LedgerError::Corrupt`] and [`LedgerError::Store`].
    pub fn open(store: Box<dyn Store>) -> Result<Ledger, LedgerError> {
        Ledger::open_with(store, &mut LeaveWaiting)
    }

    /// As [`open`](Ledger::open), with the linker told of what an interrupted import or forget still changes.
    ///
    /// # Errors
    ///
    /// As [`open`](Ledger::open), and [`LedgerError::Hook`] from `on_change`.
    pub fn open_with(store: Box<dyn Store>, on_change: &mut dyn OnChange) -> Result<Ledger, LedgerError> {
        let header = store.snapshot()?.get(keys::HEADER)?;
        let header = Header::read(&header.ok_or(LedgerError::Empty)?)?;
        let ledger = Ledger::over(store, header);
        ledger.drop_leftovers()?;
        ledger.finish_pending(on_change)?;
        Ok(ledger)
    }

    /// Makes a ledger in an empty store, with a random key and the time of now.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Exists`] if there is one, [`LedgerError::Random`], [`LedgerError::Store`].
    pub fn create(store: Box<dyn Store>) -> Result<Ledger, LedgerError> {
        Ledger::create_with(store, Header::random()?)
    }

    /// Makes a ledger with a given header, for tests and shipped stores whose bytes should be the same every time.
    ///
    /// # Errors
    ///
    /// As [`create`](Ledger::create).
    pub fn create_with(store: Box<dyn Store>, header: Header) -> Result<Ledger, LedgerError> {
        let snapshot = store.snapshot()?;
        if !snapshot.scan(&KeyRange::all(), 1)?.rows.is_empty() {
            return Err(LedgerError::Exists);
        }
        drop(snapshot);
        let mut batch = Batch::new();
        batch.put(keys::HEADER, header.value()?);
        store.commit(&batch, &[Expectation::absent(keys::HEADER)])?;
        Ok(Ledger::over(store, header))
    }

    /// Opens the ledger in `store`, or makes it if the store is empty.
    ///
    /// # Errors
    ///
    /// As [`open`](Ledger::open) and [`create`](Ledger::create).
    pub fn open_or_create(store: Box<dyn Store>) -> Result<Ledger, LedgerError> {
        let is_new = store.snapshot()?.get(keys::HEADER)?.is_none();
        if is_new { Ledger::create(store) } else { Ledger::open(store) }
    }

    /// What was written when the ledger was made.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What checks drafts for this store, with its key.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The state as it is now, for reading.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`] and [`LedgerError::Corrupt`].
    pub fn view(&self) -> Result<View<'_>, LedgerError> {
        View::new(self.store.snapshot()?, self.intake.clone())
    }

    /// Gives the bytes of what was erased or replaced back to the system, as far as the backend can. Worth its minutes after
    /// a forget.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`].
    pub fn reclaim(&self) -> Result<(), LedgerError> {
        Ok(self.store.reclaim(&KeyRange::all())?)
    }

    fn over(store: Box<dyn Store>, header: Header) -> Ledger {
        let intake = Intake::new(header.store_key.0);
        Ledger { store, header, intake, busy: AtomicBool::new(false), commits: Mutex::new(()) }
    }

    /// One read-modify-write of the totals with whatever belongs to it: everything that is written goes through here
    /// or concerns rows that no total counts.
    fn update<T>(
        &self,
        durability: Durability,
        change: impl FnOnce(&View<'_>, &mut Totals, &mut Batch) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let _one_at_a_time = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let view = self.view()?;
        let stored = view.get(keys::TOTALS)?;
        let before: Totals = row::read_or_default(stored.as_deref(), "the totals")?;
        let mut totals = before.clone();
        let mut batch = Batch::new().with_durability(durability);
        let result = change(&view, &mut totals, &mut batch)?;
        if totals != before {
            batch.put(keys::TOTALS, row::value(&totals)?);
        }
        if !batch.is_empty() {
            self.store.commit(&batch, &[Expectation::unchanged(keys::TOTALS, stored.as_deref())])?;
        }
        Ok(result)
    }

    /// Removes what an import or a rebuild left behind that never came to its end.
    fn drop_leftovers(&self) -> Result<(), LedgerError> {
        let view = self.view()?;
        let mut ranges = keys::other_generations(view.generation()).to_vec();
        if view.get(keys::PENDING)?.is_none() {
            ranges.push(keys::all_staged());
        }
        let mut batch = Batch::new();
        for range in ranges {
            if !view.scan(&range, 1)?.rows.is_empty() {
                batch.delete_range(range);
            }
        }
        drop(view);
        if !batch.is_empty() {
            self.store.commit(&batch, &[])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        [Kind::Account, Kind::Listing, Kind::Enforcement].into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Account => "account",
            Kind::Listing => "listing",
            Kind::Enforcement => "enforcement",
        })
    }
}

impl StoreKey {
    /// A key with these bytes.
    pub fn new(bytes: [u8; 32]) -> StoreKey {
        StoreKey(bytes)
    }

    /// Its bytes. Keep them out of messages and logs.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

/// The header's row. Only the version is read first, so that a newer layout is refused with the right words.
#[derive(Serialize, Deserialize)]
struct HeaderRow {
    schema_version: u32,
    created_at: Timestamp,
    store_id: String,
    store_key: [u8; 32],
}

#[derive(Deserialize)]
struct HeaderVersion {
    schema_version: u32,
}

impl Header {
    /// A header of the current schema with a random id and key, made now.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Random`] if the system gives no random bytes.
    pub fn random() -> Result<Header, LedgerError> {
        let mut bytes = [0; 48];
        getrandom::fill(&mut bytes).map_err(|error| LedgerError::Random { detail: error.to_string() })?;
        let mut key = [0; 32];
        key.copy_from_slice(&bytes[..32]);
        let store_id = bytes[32..].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Header { schema_version: SCHEMA_VERSION, created_at: Timestamp::now(), store_id, store_key: StoreKey(key) })
    }

    fn value(&self) -> Result<Vec<u8>, LedgerError> {
        row::value(&HeaderRow {
            schema_version: self.schema_version,
            created_at: self.created_at,
            store_id: self.store_id.clone(),
            store_key: self.store_key.0,
        })
    }

    fn read(value: &[u8]) -> Result<Header, LedgerError> {
        let damaged = || LedgerError::corrupt("the header");
        let json = value.get(1..).ok_or_else(damaged)?;
        let version: HeaderVersion = serde_json::from_slice(json).map_err(|_| damaged())?;
        if version.schema_version > SCHEMA_VERSION {
            return Err(LedgerError::NewerSchema { found: version.schema_version, supported: SCHEMA_VERSION });
        }
        let row: HeaderRow = row::read(value, "the header")?;
        Ok(Header {
            schema_version: row.schema_version,
            created_at: row.created_at,
            store_id: row.store_id,
            store_key: StoreKey(row.store_key),
        })
    }
}
