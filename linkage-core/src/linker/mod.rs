//! The façade: runs the stages in order over what the ledger keeps. The one place that knows clear from private.
//!
//! ```text
//! files, messages ──import──► ledger ──link──► epoch, edges, networks ──► resolve, check, explain, export, forget
//! ```
//!
//! - [`Linker`] is the whole product as a library; start there.
//! - [`batch`] links all accounts at once, without a store: what `link` runs and the benchmarks measure.
//! - [`pairs`] compares two things without a store.
//! - `delta` links what changed, with the same result; a property test holds the two together.
//!
//! **Not here:** how anything is shown, sent or parsed from a command line.

mod api;
pub mod batch;
mod delta;
mod fields;
mod import;
mod judged;
mod list;
mod material;
mod metrics;
mod naming;
mod nearest;
pub mod pairs;
mod past;
mod pictures;
mod postings;
pub mod private;
mod profiles;
mod query;
mod rebuild;
mod related;
mod review;
mod rows;
mod search;
mod seen;
mod status;
mod story;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::fingerprint::{ClearKeyer, Profile};
use crate::ledger::{AccountId, Dossier, Ledger, View};
use crate::record::{AccountKey, Intake};
use crate::score::Epoch;
use crate::search::SearchIndex;
use crate::store::{MemoryStore, RocksOptions, RocksStore, Store};

pub use api::{
    ForgetSummary, ImportSummary, Link, LinkSummary, LinkerError, Membership, Network, NetworkId, RELATED_MAX, Related,
    RelatedAccount, Resolution,
};
pub use fields::FieldGap;
pub use import::{ImportHow, RecordKind};
pub use list::{AccountChange, NetworkFilter, NetworkSummary, NetworksPage};
pub use pictures::{PictureCounts, read_pictures};
pub use review::{Moved, Review, ReviewOutcome};
pub use search::{Found, FoundKind};
pub use status::{NOT_SAID, Status, StrikeCount};
pub use story::{
    Agreement, Enforced, Event, Happening, Neighbour, NetworkStory, Node, Return, SEAM_PAIRS_MAX, Seam, StoryMember,
};

pub use crate::score::Relation;

use delta::Delta;

/// A store, and everything that can be done with it.
///
/// Any number of threads may ask; changes happen one after the other, and a second one is told
/// [`Busy`](crate::ledger::LedgerError::Busy).
///
/// # Examples
///
/// Two accounts that pay out to one place are one operator:
///
/// ```
/// use linkage_core::linker::Linker;
/// use linkage_core::record::AccountDraft;
///
/// let linker = Linker::in_memory()?;
/// let account = |line: &str| {
///     let draft: AccountDraft = serde_json::from_str(line)?;
///     Ok::<_, Box<dyn std::error::Error>>(draft.check(linker.intake())?)
/// };
/// let banned = account(
///     r#"{"platform": "ebay_uk", "account_id": "nikesale", "observed_at": "2026-01-05T00:00:00Z",
///         "payments": [{"scheme": "PAYPAL", "value": "pay@example.com"}]}"#,
/// )?;
/// let back = account(
///     r#"{"platform": "tiktok", "account_id": "77", "observed_at": "2026-02-01T00:00:00Z",
///         "payments": [{"scheme": "PAYPAL", "value": "Pay@Example.com"}]}"#,
/// )?;
/// linker.add(&[banned.into()], true)?;
/// let found = linker.resolve(&[back], &[])?;
/// assert_eq!(found[0].nearest.as_deref(), Some("ebay_uk/nikesale"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Linker {
    ledger: Ledger,
    keyer: ClearKeyer,
    epoch: Mutex<Option<Arc<Epoch>>>,
    search: SearchIndex,
    /// The time that a past state stands still at.
    stopped_at: Option<Timestamp>,
}

/// Where the search index lies within the store's directory.
const SEARCH_DIRECTORY: &str = "search";

impl std::fmt::Debug for Linker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linker").finish_non_exhaustive()
    }
}

impl Linker {
    /// Opens a store, or makes one; finishes what was interrupted.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`] for a store of a newer schema, in use by another process, or damaged.
    pub fn open(store: Box<dyn Store>) -> Result<Linker, LinkerError> {
        Linker::open_with(store, SearchIndex::in_memory())
    }

    /// As [`open`](Linker::open), with the search index in `directory/search`, where it lies for [`open_dir`](Linker::open_dir).
    ///
    /// # Errors
    ///
    /// As [`open`](Linker::open).
    pub fn open_beside(store: Box<dyn Store>, directory: &Path) -> Result<Linker, LinkerError> {
        Linker::open_with(store, SearchIndex::in_dir(&directory.join(SEARCH_DIRECTORY)))
    }

    fn open_with(store: Box<dyn Store>, search: SearchIndex) -> Result<Linker, LinkerError> {
        let is_new = store.snapshot()?.sequence().0 == 0;
        let ledger = if is_new { Ledger::create(store)? } else { Ledger::open_with(store, &mut Delta::default())? };
        let keyer = keyer_of(ledger.intake());
        let linker = Linker { keyer, ledger, epoch: Mutex::new(None), search, stopped_at: None };
        linker.adopt_epoch_zero()?;
        Ok(linker)
    }

    /// Opens the RocksDB store in a directory, or makes one; the search index is kept in a directory within it.
    ///
    /// # Errors
    ///
    /// As [`open`](Linker::open).
    pub fn open_dir(directory: &Path) -> Result<Linker, LinkerError> {
        Linker::open_beside(Box::new(RocksStore::open(directory, RocksOptions::default())?), directory)
    }

    /// A store that is gone with the process.
    ///
    /// # Errors
    ///
    /// As [`open`](Linker::open).
    pub fn in_memory() -> Result<Linker, LinkerError> {
        Linker::open(Box::new(MemoryStore::new()))
    }

    /// What records must be checked with before they come here.
    pub fn intake(&self) -> &Intake {
        self.ledger.intake()
    }

    /// The records underneath.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many accounts changed since they were last linked.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn waiting(&self) -> Result<u64, LinkerError> {
        Ok(self.ledger.view()?.counts()?.waiting)
    }

    /// The epoch in force.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`] and [`LinkerError::Epoch`].
    pub fn epoch(&self) -> Result<Arc<Epoch>, LinkerError> {
        self.epoch_in(&self.ledger.view()?)
    }

    /// Erases an account and all derived from it.
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownAccount`], [`LinkerError::Ledger`]: nothing is erased then.
    pub fn forget_account(&self, account: &AccountKey) -> Result<ForgetSummary, LinkerError> {
        let mut delta = Delta::default();
        let erased = self.ledger.forget_account(account, Timestamp::now(), &mut delta)?;
        self.forgotten(erased, &delta)
    }

    /// Erases all that a source supplied and all derived from it.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`]; once begun, the next open brings it to its end.
    pub fn forget_source(&self, source: &str) -> Result<ForgetSummary, LinkerError> {
        let mut delta = Delta::default();
        let erased = self.ledger.forget_source(source, Timestamp::now(), &mut delta)?;
        self.forgotten(erased, &delta)
    }

    fn forgotten(&self, erased: crate::ledger::Forgotten, delta: &Delta) -> Result<ForgetSummary, LinkerError> {
        // What was erased shall also be gone from the files.
        self.ledger.reclaim()?;
        self.search.erase(&self.ledger)?;
        Ok(ForgetSummary { erased, links_withdrawn: delta.links_withdrawn, accounts_moved: delta.accounts_moved })
    }

    /// A store in which nothing was linked yet scores under the epoch that ships.
    fn adopt_epoch_zero(&self) -> Result<(), LinkerError> {
        if self.ledger.view()?.current_epoch().is_none() {
            let zero = Epoch::zero()?;
            self.ledger.put_epoch(zero.number, &zero.encode()?)?;
            self.ledger.lease()?.adopt_epoch(zero.number)?;
        }
        Ok(())
    }

    /// The time by which deadlines are judged.
    fn now(&self) -> Timestamp {
        self.stopped_at.unwrap_or_else(Timestamp::now)
    }

    fn epoch_in(&self, view: &View<'_>) -> Result<Arc<Epoch>, LinkerError> {
        let mut held = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        let current = view.current_epoch().unwrap_or_default();
        match held.as_ref().filter(|epoch| epoch.number == current) {
            Some(epoch) => Ok(Arc::clone(epoch)),
            None => Ok(Arc::clone(held.insert(load_epoch(view)?))),
        }
    }

    fn id(&self, view: &View<'_>, account: &AccountKey) -> Result<u32, LinkerError> {
        let id = view.account_id(account)?.ok_or_else(|| past::unknown(self, account))?;
        let AccountId(id) = id;
        Ok(id)
    }
}

/// The epoch in force in a view.
fn load_epoch(view: &View<'_>) -> Result<Arc<Epoch>, LinkerError> {
    let epoch = match view.current_epoch() {
        Some(number) => {
            let bytes = view.epoch(number)?.ok_or(LinkerError::Derived("the epoch in force"))?;
            Epoch::decode(&bytes)?
        }
        None => Epoch::zero()?,
    };
    Ok(Arc::new(epoch))
}

/// The key of fingerprints: another secret than that of digests.
fn keyer_of(intake: &Intake) -> ClearKeyer {
    ClearKeyer::new(intake.derived_key("linkage 2026-11-24 fingerprints"))
}

/// Reduces all that is known of an account.
fn profile_of(dossier: &Dossier, keyer: &ClearKeyer) -> Profile {
    let accounts = dossier.observations.iter().map(|observation| &observation.record);
    let listings = dossier.listings.iter().map(|listing| &listing.record);
    Profile::new(accounts, listings, keyer)
}

#[cfg(test)]
mod tests;
