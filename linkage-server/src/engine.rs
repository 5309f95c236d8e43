//! What the service asks of the linker: a small trait, so that the methods can be tested without a store.
//!
//! All calls block; the service makes them on its pool.

use jiff::Timestamp;
use linkage_core::explain::Explanation;
use linkage_core::ledger::{AnyRecord, ImportCounts};
use linkage_core::linker::{Linker, LinkerError, Network, NetworkId, Resolution, Status};
use linkage_core::record::{Account, AccountKey, Intake, Listing};

/// The linker on its store.
pub(crate) trait Engine: Send + Sync + 'static {
    /// What records are checked with.
    fn intake(&self) -> &Intake;

    /// Adds all records that `records` gives, or none of them if it fails; with `link` links what is new.
    fn ingest(&self, records: Records<'_>, link: bool) -> Result<Ingested, LinkerError>;

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

/// Records on their way in: the next batch, nothing at the end, or [`LinkerError::Stopped`] when the caller has gone or
/// sent something wrong.
pub(crate) type Records<'a> = &'a mut dyn FnMut() -> Result<Option<Vec<AnyRecord>>, LinkerError>;

/// What a stream of records did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ingested {
    pub(crate) epoch: u32,
    pub(crate) counts: ImportCounts,
    pub(crate) accounts_waiting: u64,
}

impl Engine for Linker {
    fn intake(&self) -> &Intake {
        self.intake()
    }

    fn ingest(&self, records: Records<'_>, link: bool) -> Result<Ingested, LinkerError> {
        let counts = self.add_stream(records, link)?;
        Ok(Ingested { epoch: self.epoch()?.number, counts, accounts_waiting: self.waiting()? })
    }

    fn resolve(
        &self,
        accounts: Vec<Account>,
        listings: Vec<Listing>,
        store: bool,
    ) -> Result<Vec<Resolution>, LinkerError> {
        let resolutions = self.resolve(&accounts, &listings)?;
        if store {
            let records: Vec<AnyRecord> =
                accounts.into_iter().map(AnyRecord::from).chain(listings.into_iter().map(AnyRecord::from)).collect();
            self.add(&records, true)?;
        }
        Ok(resolutions)
    }

    fn check(&self, account: &AccountKey, as_of: Option<Timestamp>) -> Result<Status, LinkerError> {
        self.check(account, as_of)
    }

    fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError> {
        self.explain(left, right)
    }

    fn network(&self, id: NetworkId) -> Result<Network, LinkerError> {
        self.network(id)
    }
}
