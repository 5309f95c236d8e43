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
//!
//! **Not here:** one spelling per value. That is `normalize`; a record keeps what was written.

mod account;
mod enforcement;
mod listing;
mod value;

pub use account::{
    Account, AccountKey, AccountKind, Address, Attribute, Document, Handle, Image, Payment, Person, Registration,
    Tracker, Verification,
};
pub use enforcement::{Action, Appeal, Enforcement, Harm, Outcome, Right, RightKind};
pub use listing::{Listing, Price};
pub use value::{Country, PartialDate};
