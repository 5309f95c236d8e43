//! Messages to drafts, and checked records to messages.
//!
//! A message becomes a draft field by field. It can fail only where protobuf has values that a draft cannot spell: an
//! enum number that the schema does not know, a time outside the years 1 to 9999. Everything else is for `check`.

use jiff::Timestamp;
use linkage_core::record::{self, FieldError};

use crate::proto;

/// A time of a message; nothing when absent.
///
/// # Errors
///
/// [`FieldError`] for nanos that are not 0 to 999999999, and for a time outside the years 1 to 9999.
pub fn read_time(field: &str, time: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, FieldError> {
    let Some(time) = time else { return Ok(None) };
    let known = (0..1_000_000_000).contains(&time.nanos).then(|| Timestamp::new(time.seconds, time.nanos).ok());
    let expected = "a time within the years 1 to 9999, with 0 to 999999999 nanos";
    known.flatten().map(Some).ok_or_else(|| FieldError::new(field, expected))
}

/// A time as a message holds it.
pub fn write_time(time: Timestamp) -> prost_types::Timestamp {
    // jiff counts the part of a second backwards before 1970, protobuf always forwards.
    let nanos = time.as_nanosecond().rem_euclid(1_000_000_000);
    let seconds = time.as_nanosecond().div_euclid(1_000_000_000);
    prost_types::Timestamp {
        seconds: i64::try_from(seconds).unwrap_or_default(),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// The draft's spelling of a time; empty when absent.
fn time_draft(field: &str, time: Option<prost_types::Timestamp>) -> Result<String, FieldError> {
    Ok(read_time(field, time)?.map(|time| time.to_string()).unwrap_or_default())
}

fn maybe_time(value: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    value.map(write_time)
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

/// Both directions of an enum whose wire names have a prefix.
macro_rules! enums {
    ($($proto:ident $prefix:literal, $draft:ident, $wire:ident, $core:ty;)*) => {$(
        /// The draft's spelling of an enum; empty when unspecified.
        fn $draft(field: &str, value: i32) -> Result<String, FieldError> {
            let value = proto::$proto::try_from(value).map_err(|_| FieldError::new(field, "a number of the schema"))?;
            let name = value.as_str_name().trim_start_matches($prefix);
            Ok(if name == "UNSPECIFIED" { String::new() } else { name.to_owned() })
        }

        fn $wire(value: Option<$core>) -> i32 {
            let name = value.map(|value| format!("{}{}", $prefix, value.name()));
            name.and_then(|name| proto::$proto::from_str_name(&name)).unwrap_or_default().into()
        }
    )*};
}

enums! {
    AccountKind "ACCOUNT_KIND_", account_kind_draft, account_kind, record::AccountKind;
    Verification "VERIFICATION_", verification_draft, verification, record::Verification;
    RightKind "RIGHT_KIND_", right_kind_draft, right_kind, record::RightKind;
    EnforcementAction "ENFORCEMENT_ACTION_", action_draft, action, record::Action;
    EnforcementOutcome "ENFORCEMENT_OUTCOME_", outcome_draft, outcome, record::Outcome;
    Appeal "APPEAL_", appeal_draft, appeal, record::Appeal;
    Harm "HARM_", harm_draft, harm, record::Harm;
}

/// Sub-messages whose draft has the same fields, strings and lists of them, and the way back from the checked record.
macro_rules! same_fields {
    ($($message:ident => $draft:ident { $($field:ident),* };)*) => {$(
        impl From<proto::$message> for record::$draft {
            fn from(message: proto::$message) -> record::$draft {
                record::$draft { $($field: message.$field),* }
            }
        }

        impl From<&record::$message> for proto::$message {
            fn from(record: &record::$message) -> proto::$message {
                let draft = record::$draft::from(record);
                proto::$message { $($field: draft.$field),* }
            }
        }
    )*};
}

same_fields! {
    Person => PersonDraft { name, birth_date, birth_place, role };
    Registration => RegistrationDraft { scheme, value, country };
    Document => DocumentDraft { scheme, value, digest, country, check };
    Address => AddressDraft { text, street, locality, region, postcode, country };
    Handle => HandleDraft { service, value };
    Payment => PaymentDraft { scheme, value, digest, holder_name };
    Tracker => TrackerDraft { scheme, value };
    Image => ImageDraft { path, blake3, pdq, pdq_quality, size, codes };
    Attribute => AttributeDraft { name, value };
    Price => PriceDraft { currency, amount };
}

fn all<A, B: From<A>>(values: impl IntoIterator<Item = A>) -> Vec<B> {
    values.into_iter().map(B::from).collect()
}

impl TryFrom<proto::Account> for record::AccountDraft {
    type Error = FieldError;

    fn try_from(message: proto::Account) -> Result<record::AccountDraft, FieldError> {
        Ok(record::AccountDraft {
            platform: message.platform,
            account_id: message.account_id,
            kind: account_kind_draft("kind", message.kind)?,
            observed_at: time_draft("observed_at", message.observed_at)?,
            source: message.source,
            opened_at: time_draft("opened_at", message.opened_at)?,
            closed_at: time_draft("closed_at", message.closed_at)?,
            display_name: message.display_name,
            legal_name: message.legal_name,
            description: message.description,
            persons: all(message.persons),
            registrations: all(message.registrations),
            documents: all(message.documents),
            emails: message.emails,
            phones: message.phones,
            urls: message.urls,
            addresses: all(message.addresses),
            handles: all(message.handles),
            payments: all(message.payments),
            trackers: all(message.trackers),
            images: all(message.images),
            attributes: all(message.attributes),
            verification: verification_draft("verification", message.verification)?,
        })
    }
}

impl From<&record::Account> for proto::Account {
    fn from(account: &record::Account) -> proto::Account {
        proto::Account {
            platform: account.key.platform().to_owned(),
            account_id: account.key.account_id().to_owned(),
            kind: account_kind(account.kind),
            observed_at: Some(write_time(account.observed_at)),
            source: account.source.clone(),
            opened_at: maybe_time(account.opened_at),
            closed_at: maybe_time(account.closed_at),
            display_name: text(&account.display_name),
            legal_name: text(&account.legal_name),
            description: text(&account.description),
            persons: all(&account.persons),
            registrations: all(&account.registrations),
            documents: all(&account.documents),
            emails: account.emails.clone(),
            phones: account.phones.clone(),
            urls: account.urls.clone(),
            addresses: all(&account.addresses),
            handles: all(&account.handles),
            payments: all(&account.payments),
            trackers: all(&account.trackers),
            images: all(&account.images),
            attributes: all(&account.attributes),
            verification: verification(account.verification),
        }
    }
}

impl TryFrom<proto::Listing> for record::ListingDraft {
    type Error = FieldError;

    fn try_from(message: proto::Listing) -> Result<record::ListingDraft, FieldError> {
        Ok(record::ListingDraft {
            platform: message.platform,
            listing_id: message.listing_id,
            account_id: message.account_id,
            observed_at: time_draft("observed_at", message.observed_at)?,
            source: message.source,
            title: message.title,
            description: message.description,
            brand: message.brand,
            category: message.category,
            gtin: message.gtin,
            price: message.price.map(record::PriceDraft::from),
            url: message.url,
            images: all(message.images),
            removed_at: time_draft("removed_at", message.removed_at)?,
        })
    }
}

impl From<&record::Listing> for proto::Listing {
    fn from(listing: &record::Listing) -> proto::Listing {
        proto::Listing {
            platform: listing.account.platform().to_owned(),
            listing_id: listing.listing_id.clone(),
            account_id: listing.account.account_id().to_owned(),
            observed_at: Some(write_time(listing.observed_at)),
            source: listing.source.clone(),
            title: text(&listing.title),
            description: text(&listing.description),
            brand: text(&listing.brand),
            category: text(&listing.category),
            gtin: text(&listing.gtin),
            price: listing.price.as_ref().map(proto::Price::from),
            url: text(&listing.url),
            images: all(&listing.images),
            removed_at: maybe_time(listing.removed_at),
        }
    }
}

impl TryFrom<proto::Enforcement> for record::EnforcementDraft {
    type Error = FieldError;

    fn try_from(message: proto::Enforcement) -> Result<record::EnforcementDraft, FieldError> {
        let right = message.right.map(record::RightDraft::try_from).transpose().map_err(|e| e.within("right"))?;
        Ok(record::EnforcementDraft {
            platform: message.platform,
            enforcement_id: message.enforcement_id,
            account_id: message.account_id,
            listing_id: message.listing_id,
            source: message.source,
            observed_at: time_draft("observed_at", message.observed_at)?,
            right,
            rights_holder: message.rights_holder,
            action: action_draft("action", message.action)?,
            taken_at: time_draft("taken_at", message.taken_at)?,
            outcome: outcome_draft("outcome", message.outcome)?,
            decided_at: time_draft("decided_at", message.decided_at)?,
            appeal: appeal_draft("appeal", message.appeal)?,
            harm: harm_draft("harm", message.harm)?,
            expires_at: time_draft("expires_at", message.expires_at)?,
        })
    }
}

impl From<&record::Enforcement> for proto::Enforcement {
    fn from(enforcement: &record::Enforcement) -> proto::Enforcement {
        proto::Enforcement {
            platform: enforcement.account.platform().to_owned(),
            enforcement_id: enforcement.enforcement_id.clone(),
            account_id: enforcement.account.account_id().to_owned(),
            listing_id: text(&enforcement.listing_id),
            source: enforcement.source.clone(),
            observed_at: Some(write_time(enforcement.observed_at)),
            right: enforcement.right.as_ref().map(proto::Right::from),
            rights_holder: text(&enforcement.rights_holder),
            action: action(enforcement.action),
            taken_at: Some(write_time(enforcement.taken_at)),
            outcome: outcome(enforcement.outcome),
            decided_at: maybe_time(enforcement.decided_at),
            appeal: appeal(enforcement.appeal),
            harm: harm(enforcement.harm),
            expires_at: maybe_time(enforcement.expires_at),
        }
    }
}

impl TryFrom<proto::Right> for record::RightDraft {
    type Error = FieldError;

    fn try_from(message: proto::Right) -> Result<record::RightDraft, FieldError> {
        Ok(record::RightDraft {
            kind: right_kind_draft("kind", message.kind)?,
            office: message.office,
            number: message.number,
        })
    }
}

impl From<&record::Right> for proto::Right {
    fn from(right: &record::Right) -> proto::Right {
        proto::Right { kind: right_kind(right.kind), office: text(&right.office), number: text(&right.number) }
    }
}

#[cfg(test)]
mod tests;
