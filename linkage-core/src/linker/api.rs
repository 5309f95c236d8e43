//! What the façade answers.

use jiff::Timestamp;
use serde::Serialize;

use crate::explain::Explanation;
use crate::ledger::{Forgotten, ImportCounts, LedgerError};
use crate::record::{AccountKey, RecordError};
use crate::score::{Band, EpochError, Relation};
use crate::search::SearchError;
use crate::store::StoreError;

use super::pictures::PictureCounts;

/// The name of a network: stays while the network grows; where two merge, the older name stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetworkId(pub u64);

impl std::fmt::Display for NetworkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "N{:06}", self.0)
    }
}

impl std::str::FromStr for NetworkId {
    type Err = LinkerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(['N', 'n']).unwrap_or(text);
        digits.parse().map(NetworkId).map_err(|_| LinkerError::NetworkName)
    }
}

impl Serialize for NetworkId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What can go wrong above the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LinkerError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or one of its lines cannot be used; nothing of the file was stored.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An observation says something else than the one already stored for the same account, source and time.
    #[error(
        "{file}, line {line}: {account}: expected what is stored for the same source and time {observed_at}, or a later observed_at"
    )]
    Contradiction {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The account.
        account: AccountKey,
        /// The time of the observation.
        observed_at: Timestamp,
    },
    /// Lines that were left out could not be written down.
    #[error("write the lines left out")]
    SkipBad(#[source] std::io::Error),
    /// Nothing is known of the account.
    #[error("no account {0} in the store")]
    UnknownAccount(AccountKey),
    /// Nothing had been observed of the account by then.
    #[error("nothing was known of {account} by {}", as_of.strftime("%Y-%m-%dT%H:%M:%SZ"))]
    UnknownThen {
        /// The account.
        account: AccountKey,
        /// The time asked about.
        as_of: Timestamp,
    },
    /// No such network.
    #[error("no network {0} in the store")]
    UnknownNetwork(NetworkId),
    /// A judgement on an account and itself.
    #[error("expected two different accounts")]
    SameAccount,
    /// A judgement by nobody.
    #[error("expected the name of the person who judges")]
    Nameless,
    /// Not the name of a network.
    #[error("expected the name of a network, such as N000123")]
    NetworkName,
    /// An epoch does not decode.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// A derived row does not decode; `link` makes them all anew.
    #[error("derived rows are damaged ({0}); run `linkage link` to make them anew")]
    Derived(&'static str),
    /// A search text that cannot be used, or a search index that cannot be made.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The caller asked to stop.
    #[error("stopped before the end; nothing changed")]
    Stopped,
}

/// What a run over all accounts found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkSummary {
    /// Accounts linked.
    pub accounts: u64,
    /// Pairs compared.
    pub candidate_pairs: u64,
    /// Pairs at `ACT`.
    pub links_act: u64,
    /// Pairs at `LEAD`, those at `ACT` included.
    pub links_lead: u64,
    /// Networks of two accounts or more at `ACT`.
    pub networks_act: u64,
    /// Networks of two accounts or more at `LEAD`.
    pub networks_lead: u64,
    /// The epoch that is now in force.
    pub epoch: u32,
    /// Digest of the partitions at both bands: equal for equal records, judgements and epoch tables.
    pub partition_digest: String,
    /// Accounts whose network at `ACT` has other members than before.
    pub accounts_moved: u64,
    /// Seconds by stage.
    pub seconds: Vec<(&'static str, f64)>,
}

/// What importing a file did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// The file.
    pub file: String,
    /// What was stored.
    pub counts: ImportCounts,
    /// Lines left out.
    pub skipped: u64,
    /// What became of its pictures, where there is a folder of them.
    pub pictures: PictureCounts,
}

/// Where an account not in the store belongs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resolution {
    /// The account asked about.
    pub account: String,
    /// `ACT`, `LEAD` or `NONE`.
    pub band: &'static str,
    /// Probability that it belongs to the network, 0 to 1; 0 where nothing was found.
    pub probability: f64,
    /// The network at the band, where the band is not `NONE`.
    pub network: Option<NetworkId>,
    /// The account of the network that it is most like.
    pub nearest: Option<String>,
    /// Why, for the nearest account.
    pub reasons: Option<Explanation>,
    /// Accounts that it is related to without being the same operator's, in account order, at most [`RELATED_MAX`].
    pub related: Vec<RelatedAccount>,
    /// The epoch it was scored under.
    pub epoch: u32,
}

/// An account that another one is related to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelatedAccount {
    /// The account.
    pub account: AccountKey,
    /// How they are related: `TOGETHER`, `IDENTITY_CONTESTED`, or `SHARED_` and what they share.
    pub tie: &'static str,
    /// Probability of the relation, 0 to 1.
    pub probability: f64,
}

/// Most related accounts or networks in one answer.
pub const RELATED_MAX: usize = 50;

/// One account in its network.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// The account.
    pub account: AccountKey,
    /// Its network at the band asked for.
    pub network: NetworkId,
    /// Probability that it belongs there, 0 to 1: that of its strongest link into the network, the band's least where only several pairs
    /// together put it there; 1 for an account alone.
    pub probability: f64,
}

/// One scored pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The smaller account.
    pub left: AccountKey,
    /// The greater account.
    pub right: AccountKey,
    /// What is said of the two: one operator, or related.
    pub relation: Relation,
    /// How they are related, where they are.
    pub tie: Option<&'static str>,
    /// Calibrated probability of the relation, 0 to 1. That both show a value which many show, or that a person found them
    /// related, is a fact: 1.
    pub probability: f64,
    /// Weight in bits, prior included.
    pub weight_bits: f64,
    /// The band; a person's judgement, where there is one, has been applied.
    pub band: Band,
}

/// Another network that this one is related to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Related {
    /// The other network, at the same band.
    pub network_id: NetworkId,
    /// How many pairs of accounts tie the two, in whatever way.
    pub pairs: u64,
    /// The most telling of them.
    pub link: Link,
    /// What it means, in plain English.
    pub sentence: &'static str,
}

/// A network with its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The name in force; another than the one asked for where networks were merged.
    pub id: NetworkId,
    /// Members in account order.
    pub members: Vec<Membership>,
    /// Links between members, in account order.
    pub links: Vec<Link>,
    /// The epoch it was made under.
    pub epoch: u32,
}

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForgetSummary {
    /// What was erased.
    pub erased: Forgotten,
    /// Pairs that are no longer linked at `LEAD` or better.
    pub links_withdrawn: u64,
    /// Accounts left whose network at `ACT` changed.
    pub accounts_moved: u64,
}
