//! What a platform knows: accounts, listings and the enforcements taken against them.
//!
//! ```text
//! JSON Lines ──► Draft (strings) ──check──► Account | Listing | Enforcement
//! protobuf   ──►
//! ```
//!
//! A draft is what somebody wrote; a checked record is what the engine may rely on. The rules are here and
//! nowhere else, so a line of a file and a message of the service are refused for the same reasons.
//!
//! - [`Account`] is the record to read first.
//! - [`AccountDraft`] is the same as written, and [`AccountDraft::check`] the way from one to the other; the
//!   constants next to it are the limits.
//! - [`Reader`] reads files of them.
//!
//! **Not here:** one spelling per value. That is `normalize`; a record keeps what was written.

mod value;

mod account;
mod enforcement;
mod listing;

mod card;
mod check;
mod draft;
mod merchant_code;
mod pair;
mod read;

pub use account::{
    Account, AccountKey, AccountKind, Address, Attribute, Document, Handle, Image, Payment, Person, Registration,
    Tracker, Verification,
};
pub(crate) use card::luhn_sum;
pub use check::{
    ATTRIBUTE_BYTES_MAX, CODE_BYTES_MAX, DESCRIPTION_BYTES_MAX, EMAIL_BYTES_MAX, IDENTIFIER_BYTES_MAX, Intake,
    LINE_BYTES_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX, PHONE_BYTES_MAX, SCHEME_BYTES_MAX, URL_BYTES_MAX, redact_cards,
    redact_code,
};
pub use draft::{
    AccountDraft, AddressDraft, AttributeDraft, DocumentDraft, EnforcementDraft, HandleDraft, ImageDraft,
    LIST_ITEMS_MAX, ListingDraft, NameDraft, PaymentDraft, PersonDraft, PriceDraft, RegistrationDraft, RightDraft,
    TrackerDraft,
};
pub use enforcement::{Action, Appeal, Enforcement, Harm, Outcome, Right, RightKind};
pub use listing::{Listing, Price};
pub use merchant_code::{MerchantAccount, merchant_accounts};
pub use pair::{Pair, PairKind, PairReader};
pub(crate) use read::serde_error;
pub use read::{JSON_LINE_BYTES_MAX, Reader, Record, RecordError};
pub use value::{Country, FieldError, PartialDate, Unexpected, parse_time};
