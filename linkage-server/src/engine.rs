//! What the service asks of the linker: a small trait, so that the methods can be tested without a store.
//!
//! All calls block; the service makes them on its pool.

use jiff::Timestamp;
use linkage_core::explain::Explanation;
use linkage_core::ledger::{AnyRecord, ChangeNumber, ImportCounts, JudgementId, NewJudgement};
use linkage_core::linker::{
    AccountChange, Found, FoundKind, Linker, LinkerError, NetworkFilter, NetworkId, NetworkStory, NetworksPage,
    Resolution, Review, ReviewOutcome, Status,
};
use linkage_core::record::{Account, AccountKey, Intake, Listing};
use linkage_core::rules::RuleSet;
use linkage_core::score::Band;

/// The linker on its store.
pub(crate) trait Engine: Send + Sync + 'static {
    /// Makes ready what would make the first answers slow.
    fn prepare(&self) -> Result<(), LinkerError>;

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

    /// Whether the operator of an account is a repeat infringer under some rules, as known at a time or now.
    fn check(&self, account: &AccountKey, as_of: Option<Timestamp>, rules: &RuleSet) -> Result<Status, LinkerError>;

    /// Why a pair is linked, or is not.
    fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError>;

    /// A network by its id, redirections followed, with what happened in it.
    fn network(&self, id: NetworkId, band: Band) -> Result<NetworkStory, LinkerError>;

    /// Networks behind `after`.
    fn networks(
        &self,
        after: Option<NetworkId>,
        filter: &NetworkFilter,
        networks_max: usize,
    ) -> Result<NetworksPage, LinkerError>;

    /// Networks, accounts and listings by any text, best first.
    fn search(&self, text: &str, kinds: &[FoundKind], limit: usize) -> Result<Vec<Found>, LinkerError>;

    /// Adds a person's judgement and links its accounts anew.
    fn review(&self, judgement: NewJudgement) -> Result<ReviewOutcome, LinkerError>;

    /// Undoes a judgement.
    fn undo_review(&self, id: JudgementId, by: &str) -> Result<ReviewOutcome, LinkerError>;

    /// Judgements behind `after`, all or those on one account, in order of time.
    fn reviews(
        &self,
        account: Option<&AccountKey>,
        after: Option<JudgementId>,
        reviews_max: usize,
    ) -> Result<Vec<Review>, LinkerError>;

    /// The name of the store.
    fn store_id(&self) -> &str;

    /// The place behind the last change.
    fn last_change(&self) -> Result<ChangeNumber, LinkerError>;

    /// The changes behind `after`; nothing where the log does not reach back.
    fn changes(&self, after: ChangeNumber, changes_max: usize) -> Result<Option<Vec<AccountChange>>, LinkerError>;
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
    fn prepare(&self) -> Result<(), LinkerError> {
        self.index()
    }

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

    fn check(&self, account: &AccountKey, as_of: Option<Timestamp>, rules: &RuleSet) -> Result<Status, LinkerError> {
        self.check(account, as_of, rules)
    }

    fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError> {
        self.explain(left, right)
    }

    fn network(&self, id: NetworkId, band: Band) -> Result<NetworkStory, LinkerError> {
        self.network_story(id, band)
    }

    fn networks(
        &self,
        after: Option<NetworkId>,
        filter: &NetworkFilter,
        networks_max: usize,
    ) -> Result<NetworksPage, LinkerError> {
        self.networks(after, filter, networks_max)
    }

    fn search(&self, text: &str, kinds: &[FoundKind], limit: usize) -> Result<Vec<Found>, LinkerError> {
        self.search(text, kinds, limit)
    }

    fn review(&self, judgement: NewJudgement) -> Result<ReviewOutcome, LinkerError> {
        self.review(judgement)
    }

    fn undo_review(&self, id: JudgementId, by: &str) -> Result<ReviewOutcome, LinkerError> {
        self.undo_review(id, by, Timestamp::now())
    }

    fn reviews(
        &self,
        account: Option<&AccountKey>,
        after: Option<JudgementId>,
        reviews_max: usize,
    ) -> Result<Vec<Review>, LinkerError> {
        let Some(account) = account else { return self.reviews(after, reviews_max) };
        let mut reviews = self.reviews_of(account)?;
        reviews.retain(|review| after.is_none_or(|JudgementId(after)| after < review.id));
        reviews.truncate(reviews_max);
        Ok(reviews)
    }

    fn store_id(&self) -> &str {
        self.store_id()
    }

    fn last_change(&self) -> Result<ChangeNumber, LinkerError> {
        self.last_change()
    }

    fn changes(&self, after: ChangeNumber, changes_max: usize) -> Result<Option<Vec<AccountChange>>, LinkerError> {
        self.changes(after, changes_max)
    }
}
