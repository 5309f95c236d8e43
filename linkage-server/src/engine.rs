//! What the service asks of the linker: a small trait, so that the methods can be tested without a store.
//!
//! All calls block; the service makes them on its pool.

mod unlinked;

use std::path::Path;

use jiff::Timestamp;
use linkage_core::explain::Explanation;
use linkage_core::ledger::{AnyRecord, ImportCounts};
use linkage_core::linker::{LinkerError, Network, NetworkId, Resolution, Status};
use linkage_core::record::{Account, AccountKey, Intake, Listing};

use crate::ServeError;

/// The linker on its store.
pub(crate) trait Engine: Send + Sync + 'static {
    /// What records are checked with.
    fn intake(&self) -> &Intake;

    /// Adds all records that `records` gives, or none of them if it fails; with `link` links what is new.
    fn ingest(&self, records: Records<'_>, link: bool) -> Result<Ingested, IngestError>;

    /// Finds who each account belongs to, in order; with `store` also adds accounts and listings.
    fn resolve(
        &self,
        accounts: Vec<Account>,
        listings: Vec<Listing>,
        store: bool,
    ) -> Result<Vec<Resolution>, LinkerError>;

    /// Whether the operator of an account is a repeat infringer, as known at a time or now.
    fn check(&self, account: &AccountKey, as_of: Option<Timestamp>) -> Result<Status, LinkerError>;

    /// Why a pair is linked, or is not.
    fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError>;

    /// A network by its id, redirections followed.
    fn network(&self, id: NetworkId) -> Result<Network, LinkerError>;
}

/// Records on their way in: the next batch, nothing at the end, or word that the stream broke off.
pub(crate) type Records<'a> = &'a mut dyn FnMut() -> Result<Option<Vec<AnyRecord>>, Abandoned>;

/// The caller has gone, or sent something wrong: store nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream was given up before its end")]
pub(crate) struct Abandoned;

/// What a stream of records did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ingested {
    pub(crate) epoch: u32,
    pub(crate) counts: ImportCounts,
    pub(crate) accounts_waiting: u64,
}

/// Why nothing of a stream is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
    /// The record at this place of the stream, from 0, is stored with other content.
    #[error("record {index} is stored with other content")]
    Contradictory { index: u64 },
    #[error(transparent)]
    Linker(#[from] LinkerError),
}

/// Opens the store in a folder, made when there is none.
pub(crate) fn open(data: &Path) -> Result<impl Engine, ServeError> {
    unlinked::Unlinked::open(data).map_err(|e| ServeError::Store(Box::new(e)))
}
