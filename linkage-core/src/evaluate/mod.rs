//! Measure networks, links and candidate pairs against a truth somebody labelled.
//!
//! ```text
//! account,entity rows ──► Truth ──┬─ partition(account,network) ──► measure_networks ──┐
//!                                 ├─ scored pairs ────────────────► measure_pairs ─────┼─► Report
//!                                 └─ candidate pairs ─────────────► measure_blocking ──┘
//! ```
//!
//! - [`Truth`] is the type to read first: everything is measured over the accounts it labels.
//! - [`NetworkMeasures`] is what `linkage evaluate` is about; its fields carry the definitions.
//! - [`Report`] puts the measures of several partitions beside each other, so that no figure stands without
//!   the row "link nobody".
//! - [`measure_strategy`] measures what all this is for: whether operators who are removed come back.
//!
//! What is measured and where the definition comes from:
//!
//! | measure | definition | source |
//! |---|---|---|
//! | pairwise | over unordered pairs of accounts: a pair is predicted if both share a network, true if both share an entity | Menestrina, Whang and Garcia-Molina, "Evaluating Entity Resolution Results", PVLDB 3(1), 2010, §3.1 |
//! | B-cubed | mean over accounts of the share of its network that is its entity (precision) and of its entity that is in its network (recall), the account itself included | Bagga and Baldwin, "Algorithms for Scoring Coreference Chains", LREC workshop on linguistic coreference, 1998, uniform weights |
//! | blocking recall, candidates per record | true pairs among the candidate pairs ÷ true pairs ("pairs completeness"); 2 · candidate pairs ÷ records | Christen, *Data Matching*, Springer 2012, §7.3 |
//! | expected calibration error | Σ over ten bins of share of pairs × distance between mean probability and share of true pairs | equal width: Naeini, Cooper and Hauskrecht, AAAI 2015; equal mass: Nixon et al., CVPR workshops 2019 |
//!
//! F1 is the harmonic mean of precision and recall, computed as 2 · tp ÷ (2 · tp + fp + fn) over pairs. A ratio without
//! anything to divide by is absent, not 0 and not 1: whoever links nobody has no pairwise precision.
//!
//! No figure depends on the order of the input: floating sums are taken in sorted order.
//!
//! **Not here:** anything about how links were made. This module knows account keys and nothing of the engine, so
//! that it can judge any tool's output.

mod networks;
mod pairs;
mod report;
mod strategy;
mod truth;

#[cfg(test)]
mod tests;

pub use networks::{
    NetworkMeasures, PairCounts, Share, measure_b_cubed_f1, measure_honest, measure_joined, measure_largest,
    measure_merged, measure_networks,
};
pub use pairs::{BlockingMeasures, CalibrationBin, PairMeasures, ScoredPair, measure_blocking, measure_pairs};
pub use report::{Report, ReportRow};
pub use strategy::{DaysToLink, RECURRENCE_DAYS, Recurrence, RemovalCount, Seller, StrategyMeasures, measure_strategy};
pub use truth::{Partition, Truth};

/// Why a measurement was refused.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The truth holds no account, so there is nothing to measure.
    #[error("the truth names no account")]
    EmptyTruth,
    /// The same account is labelled with two entities.
    #[error("account {account} belongs to two entities in the truth")]
    TwoEntities {
        /// The account's key.
        account: String,
    },
    /// The same account is in two networks of one partition.
    #[error("account {account} is in two networks of one partition")]
    TwoNetworks {
        /// The account's key.
        account: String,
    },
    /// A pair of one account with itself.
    #[error("account {account} is paired with itself")]
    SelfPair {
        /// The account's key.
        account: String,
    },
    /// The same pair was scored twice.
    #[error("pair {left} {right} is scored twice")]
    ScoredTwice {
        /// Key of the lesser account.
        left: String,
        /// Key of the greater account.
        right: String,
    },
    /// A probability that is none.
    #[error("probability of pair {left} {right}: expected 0 to 1")]
    NotAProbability {
        /// Left account's key.
        left: String,
        /// Right account's key.
        right: String,
    },
    /// More accounts than the 32-bit indices used here can count.
    #[error("more than 4,294,967,294 accounts")]
    TooManyAccounts,
}
