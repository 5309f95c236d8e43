//! Values of rows: a version byte, then what the row holds.
//!
//! Version 1 of every row is JSON, save for records, which begin with the time they were recorded at. A record's JSON
//! is that of its draft: the names and spelling of the files users write.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Kind, LedgerError, keys};
use crate::record::{
    Account, AccountDraft, AccountKey, Enforcement, EnforcementDraft, Image, Intake, Listing, ListingDraft, Record,
};

/// Version of the values that this program writes.
pub(super) const VALUE_VERSION: u8 = 1;

/// Bytes of a record's value before its JSON.
const RECORD_HEAD_BYTES: usize = 1 + keys::TIME_BYTES;

/// How many records and accounts there are, and the next number of everything that is numbered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    pub(super) next_account: u32,
    pub(super) next_judgement: u64,
    pub(super) next_history: u64,
    /// The place behind the last change, and the one from which on the log is kept.
    #[serde(default)]
    pub(super) last_change: u64,
    #[serde(default)]
    pub(super) first_change: u64,
}

/// What a ledger holds, in numbers of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Accounts with at least one observation.
    pub accounts: u64,
    /// Observations of accounts.
    pub observations: u64,
    /// Observations of listings, held ones included.
    pub listings: u64,
    /// Observations of enforcements, held ones included.
    pub enforcements: u64,
    /// Observations of listings whose account has not come.
    pub held_listings: u64,
    /// Observations of enforcements whose account has not come.
    pub held_enforcements: u64,
    /// Accounts that changed since they were linked.
    pub waiting: u64,
}

/// Records held for one account that has not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) listings: u64,
    pub(super) enforcements: u64,
}

/// What is in force: the epoch, and the generation of derived rows made under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Current {
    pub(super) epoch: Option<u32>,
    pub(super) generation: u32,
}

/// A record and when the store came to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<T> {
    /// The record as it was supplied.
    pub record: T,
    /// When it was stored.
    pub recorded_at: Timestamp,
}

/// A record of any of the three kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyRecord {
    /// An observation of an account.
    Account(Account),
    /// An observation of a listing.
    Listing(Listing),
    /// An observation of an enforcement.
    Enforcement(Enforcement),
}

/// Where a record is stored, and its JSON.
pub(super) struct Encoded {
    pub(super) key: Vec<u8>,
    pub(super) json: Vec<u8>,
}

impl AnyRecord {
    /// The account it belongs to.
    pub fn account(&self) -> &AccountKey {
        match self {
            AnyRecord::Account(account) => &account.key,
            AnyRecord::Listing(listing) => &listing.account,
            AnyRecord::Enforcement(enforcement) => &enforcement.account,
        }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            AnyRecord::Account(_) => Kind::Account,
            AnyRecord::Listing(_) => Kind::Listing,
            AnyRecord::Enforcement(_) => Kind::Enforcement,
        }
    }

    /// Id of the listing or enforcement; empty for an account.
    pub fn id(&self) -> &str {
        match self {
            AnyRecord::Account(_) => "",
            AnyRecord::Listing(listing) => &listing.listing_id,
            AnyRecord::Enforcement(enforcement) => &enforcement.enforcement_id,
        }
    }

    /// When it was observed.
    pub fn observed_at(&self) -> Timestamp {
        match self {
            AnyRecord::Account(account) => account.observed_at,
            AnyRecord::Listing(listing) => listing.observed_at,
            AnyRecord::Enforcement(enforcement) => enforcement.observed_at,
        }
    }

    /// Who supplied it; empty when not said.
    pub fn source(&self) -> &str {
        match self {
            AnyRecord::Account(account) => &account.source,
            AnyRecord::Listing(listing) => &listing.source,
            AnyRecord::Enforcement(enforcement) => &enforcement.source,
        }
    }

    /// Its pictures; an enforcement has none.
    pub fn images(&self) -> &[Image] {
        match self {
            AnyRecord::Account(account) => &account.images,
            AnyRecord::Listing(listing) => &listing.images,
            AnyRecord::Enforcement(_) => &[],
        }
    }

    /// As [`images`](AnyRecord::images), to be completed.
    pub fn images_mut(&mut self) -> &mut [Image] {
        match self {
            AnyRecord::Account(account) => &mut account.images,
            AnyRecord::Listing(listing) => &mut listing.images,
            AnyRecord::Enforcement(_) => &mut [],
        }
    }

    pub(super) fn encode(&self) -> Result<Encoded, LedgerError> {
        let json = match self {
            AnyRecord::Account(account) => serde_json::to_vec(&AccountDraft::from(account)),
            AnyRecord::Listing(listing) => serde_json::to_vec(&ListingDraft::from(listing)),
            AnyRecord::Enforcement(enforcement) => serde_json::to_vec(&EnforcementDraft::from(enforcement)),
        };
        let json = json.map_err(|_| LedgerError::corrupt("a record that has no JSON"))?;
        let key = keys::record(self.account(), self.kind(), self.id(), self.observed_at(), self.source());
        Ok(Encoded { key, json })
    }
}

impl From<Account> for AnyRecord {
    fn from(account: Account) -> AnyRecord {
        AnyRecord::Account(account)
    }
}

impl From<Listing> for AnyRecord {
    fn from(listing: Listing) -> AnyRecord {
        AnyRecord::Listing(listing)
    }
}

impl From<Enforcement> for AnyRecord {
    fn from(enforcement: Enforcement) -> AnyRecord {
        AnyRecord::Enforcement(enforcement)
    }
}

/// The value of a record's row.
pub(super) fn record_value(recorded_at: Timestamp, json: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(RECORD_HEAD_BYTES + json.len());
    value.push(VALUE_VERSION);
    value.extend(keys::time(recorded_at));
    value.extend(json);
    value
}

/// Whether a record's row holds this JSON, whenever it was recorded.
pub(super) fn same_record(value: &[u8], json: &[u8]) -> bool {
    value.first() == Some(&VALUE_VERSION) && value.get(RECORD_HEAD_BYTES..) == Some(json)
}

/// Whether a record's row holds the same observation but for what was found in its picture files: digest, hash and size of a
/// picture that has a path may be there once and not the next time.
pub(super) fn same_but_found(value: &[u8], record: &AnyRecord, intake: &Intake) -> bool {
    let stored = |value| match record {
        AnyRecord::Account(_) => read_record::<Account>(value, intake).map(|stored| stored.record.into()),
        AnyRecord::Listing(_) => read_record::<Listing>(value, intake).map(|stored| stored.record.into()),
        AnyRecord::Enforcement(_) => read_record::<Enforcement>(value, intake).map(|stored| stored.record.into()),
    };
    let has_files = record.images().iter().any(|image| image.path.is_some());
    has_files && stored(value).is_ok_and(|stored: AnyRecord| without_found(stored) == without_found(record.clone()))
}

fn without_found(mut record: AnyRecord) -> AnyRecord {
    for image in record.images_mut().iter_mut().filter(|image| image.path.is_some()) {
        *image = Image { path: image.path.take(), ..Image::default() };
    }
    record
}

/// Reads the value of a record's row. Checked records are checked again, which changes nothing in them.
pub(super) fn read_record<T: Record>(value: &[u8], intake: &Intake) -> Result<Recorded<T>, LedgerError> {
    let content = checked(value, T::NOUN)?;
    let damaged = || LedgerError::corrupt(T::NOUN);
    let recorded_at = keys::read_time(content).ok_or_else(damaged)?;
    let json = content.get(keys::TIME_BYTES..).ok_or_else(damaged)?;
    let draft: T::Draft = serde_json::from_slice(json).map_err(|_| damaged())?;
    let record = T::check(draft, intake)
        .map_err(|error| LedgerError::corrupt(format!("{} with a bad field {}", T::NOUN, error.field)))?;
    Ok(Recorded { record, recorded_at })
}

/// The value of any other row.
pub(super) fn value<T: Serialize>(content: &T) -> Result<Vec<u8>, LedgerError> {
    let mut value = vec![VALUE_VERSION];
    serde_json::to_writer(&mut value, content).map_err(|_| LedgerError::corrupt("a row that has no JSON"))?;
    Ok(value)
}

/// Reads the value of any other row; `what` names it in an error.
pub(super) fn read<T: DeserializeOwned>(value: &[u8], what: &str) -> Result<T, LedgerError> {
    serde_json::from_slice(checked(value, what)?).map_err(|_| LedgerError::corrupt(what))
}

/// As [`read`], with the default for a row that is not there.
pub(super) fn read_or_default<T: DeserializeOwned + Default>(
    value: Option<&[u8]>,
    what: &str,
) -> Result<T, LedgerError> {
    value.map_or_else(|| Ok(T::default()), |value| read(value, what))
}

/// A version that no program of this schema writes is damage.
fn checked<'a>(value: &'a [u8], what: &str) -> Result<&'a [u8], LedgerError> {
    match value.split_first() {
        Some((&VALUE_VERSION, rest)) => Ok(rest),
        Some((version, _)) => Err(LedgerError::corrupt(format!("{what} of value version {version}"))),
        None => Err(LedgerError::corrupt(format!("{what} without content"))),
    }
}
