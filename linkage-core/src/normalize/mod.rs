//! One spelling per value: what two sellers wrote differently and mean the same becomes the same text.
//!
//! ```text
//! record::Account ──► text | name | email | phone | identifier | address | url | uri | offer | phrase ──► fingerprint
//! ```
//!
//! Every function is pure, takes what was written and gives its normal form; none refuses a record. A value that
//! fails its own check (a check digit, a checksum, an impossible number) is kept in a plain spelling *with a flag*,
//! because such values have been issued, and infringers reuse them.
//!
//! - [`text::fold`] is the spelling of free text that everything else builds on; read it first.
//! - [`name::person`] and [`name::company`] take names apart.
//! - [`identifier`] knows registrations, payment accounts, handles, article numbers and trackers.
//!
//! **Invariant:** linear in the length of the input, no panic on any text, and folding twice changes nothing.
//!
//! **Not here:** how alike two values are (that is `compare`), and which of them are worth a key (`fingerprint`).

pub mod text;

pub mod disguise;

pub mod alias;
pub mod han;
pub mod name;

pub mod address;
pub mod brand;
pub mod email;
pub mod identifier;
pub mod offer;
pub mod phone;
pub mod phrase;
pub mod platform;
pub mod sort_code;
pub mod uri;
pub mod url;
pub mod variant;

pub mod rarity;

mod table;
mod vat;

#[cfg(test)]
mod tests;
