//! What can go wrong in a ledger.

use jiff::Timestamp;

use super::Kind;
use crate::record::AccountKey;
use crate::store::StoreError;

/// What can go wrong in a ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is a store, but no ledger in it.
    #[error("the store is empty; import something first")]
    Empty,
    /// A ledger is already there.
    #[error("the store already holds a ledger")]
    Exists,
    /// The store was written by a newer version of this software.
    #[error("the store has schema version {found}, this program knows versions up to {supported}; use a newer program")]
    NewerSchema {
        /// Version of the store.
        found: u32,
        /// Newest version that this program reads.
        supported: u32,
    },
    /// A row cannot be read. The store is damaged, or written by something else.
    #[error("a row of the store cannot be read: {what}")]
    Corrupt {
        /// The sort of row, and what is wrong with it; never its content.
        what: String,
    },
    /// Somebody else is writing: one import, forget or link at a time.
    #[error("another import, forget or link is under way; try again when it is done")]
    Busy,
    /// An import or forget was interrupted and must be brought to its end first.
    #[error("an interrupted import or forget must be finished first; open the store again")]
    Unfinished,
    /// A record of this import could not be staged, so nothing of it can be stored.
    #[error("an earlier step of this import failed; start it again")]
    ImportFailed,
    /// What was derived belongs to an epoch that is no longer in force.
    #[error("another epoch has come into force meanwhile; derive again")]
    Stale,
    /// The account is not in the store.
    #[error("the store knows no account {account}")]
    UnknownAccount {
        /// The account asked for.
        account: AccountKey,
    },
    /// Nothing came from this source.
    #[error("the store holds nothing from this source")]
    UnknownSource,
    /// There is no such judgement.
    #[error("there is no judgement {id}")]
    UnknownJudgement {
        /// Its number.
        id: u64,
    },
    /// The judgement has been undone before.
    #[error("judgement {id} is already undone")]
    AlreadyUndone {
        /// Its number.
        id: u64,
    },
    /// Epochs are never changed; the number is taken by another one.
    #[error("epoch {epoch} is stored with other content")]
    EpochExists {
        /// Its number.
        epoch: u32,
    },
    /// There is no such epoch.
    #[error("there is no epoch {epoch}")]
    UnknownEpoch {
        /// Its number.
        epoch: u32,
    },
    /// A text or blob is too long.
    #[error("{what} of {bytes} bytes where at most {bytes_max} are allowed")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The store has no numbers left to give, after 2³² accounts.
    #[error("the store has given out all of its account numbers")]
    Full,
    /// The operating system gave no random bytes for the store key.
    #[error("the system gives no random bytes: {detail}")]
    Random {
        /// The message of the system.
        detail: String,
    },
    /// The caller's own step in an import or forget failed.
    #[error("link the imported records")]
    Hook(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The same observation with other content: an observation is never overwritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {account}{}{} observed at {observed_at} is stored with other content", if id.is_empty() { "" } else { " " }, id)]
pub struct ContradictoryObservation {
    /// Position among the records given.
    pub index: usize,
    /// What it is.
    pub kind: Kind,
    /// The account it belongs to.
    pub account: AccountKey,
    /// Id of the listing or enforcement; empty for an account.
    pub id: String,
    /// Who supplied it.
    pub supplied_by: String,
    /// When it was observed.
    pub observed_at: Timestamp,
}

impl LedgerError {
    pub(super) fn corrupt(what: impl Into<String>) -> LedgerError {
        LedgerError::Corrupt { what: what.into() }
    }
}
