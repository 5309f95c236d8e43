//! One offer of one account.

use jiff::Timestamp;

use super::account::{AccountKey, Image};

/// A listing as its platform saw it at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The account that offers it; the listing lives on the same platform.
    pub account: AccountKey,
    /// The platform's own id of the listing.
    pub listing_id: String,
    /// When the platform saw this state.
    pub observed_at: Timestamp,
    /// Who supplied it; empty when not said.
    pub source: String,
    /// Title as shown.
    pub title: Option<String>,
    /// Description as shown, card numbers redacted.
    pub description: Option<String>,
    /// Brand as stated by the seller.
    pub brand: Option<String>,
    /// The platform's category.
    pub category: Option<String>,
    /// GTIN: 8 to 14 digits, the check digit not verified.
    pub gtin: Option<String>,
    /// Asking price.
    pub price: Option<Price>,
    /// Address of the listing page.
    pub url: Option<String>,
    /// Photos.
    pub images: Vec<Image>,
    /// When it was taken down, by whomever.
    pub removed_at: Option<Timestamp>,
}

/// An amount of money; at least one field is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// ISO 4217 code, upper case.
    pub currency: Option<String>,
    /// Decimal string without exponent, such as `12.50`.
    pub amount: Option<String>,
}
