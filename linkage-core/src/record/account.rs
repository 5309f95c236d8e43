//! One seller account, social profile, website or merchant account on one platform.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::{Country, FieldError, PartialDate, named};

/// The key of an account everywhere: `platform/account_id`, split at the first slash.
///
/// Ordered as text; ties in every result break by this order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey(String);

/// An account as one platform saw it at one time: an *observation*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where the account lives and its id there.
    pub key: AccountKey,
    /// What sort of presence it is.
    pub kind: Option<AccountKind>,
    /// When the platform saw this state.
    pub observed_at: Timestamp,
    /// Who supplied it; empty when not said.
    pub source: String,
    /// When the account was opened.
    pub opened_at: Option<Timestamp>,
    /// When it was closed, by whomever.
    pub closed_at: Option<Timestamp>,
    /// The name buyers see.
    pub display_name: Option<String>,
    /// The name of the business behind it.
    pub legal_name: Option<String>,
    /// Profile or shop text, card numbers redacted.
    pub description: Option<String>,
    /// People named on the account.
    pub persons: Vec<Person>,
    /// Company and tax registrations.
    pub registrations: Vec<Registration>,
    /// Identity documents, as keyed digests.
    pub documents: Vec<Document>,
    /// Mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Web addresses.
    pub urls: Vec<String>,
    /// Postal addresses.
    pub addresses: Vec<Address>,
    /// Names on messengers and social networks.
    pub handles: Vec<Handle>,
    /// Where the money goes.
    pub payments: Vec<Payment>,
    /// Analytics, advertising and certificate identifiers.
    pub trackers: Vec<Tracker>,
    /// Avatar, logo, licence photo.
    pub images: Vec<Image>,
    /// Anything else worth comparing, by name.
    pub attributes: Vec<Attribute>,
    /// How far the platform checked the identity.
    pub verification: Option<Verification>,
}

/// A person named on an account; at least one field is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Full name as written.
    pub name: Option<String>,
    /// Birth date; a year or a month alone is allowed.
    pub birth_date: Option<PartialDate>,
    /// Place of birth.
    pub birth_place: Option<String>,
    /// Role on the account, such as director.
    pub role: Option<String>,
}

/// A company or tax registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Upper-case scheme, such as `CN-USCC`.
    pub scheme: String,
    /// The number as written.
    pub value: String,
    /// Country of the register.
    pub country: Option<Country>,
}

/// An identity document: the number is never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Upper-case scheme, such as `PASSPORT`.
    pub scheme: String,
    /// Keyed digest, lower-case hex.
    pub digest: String,
    /// Issuing country.
    pub country: Option<Country>,
    /// Whether the number fails the check of its scheme; false where the scheme has none or only a digest came.
    pub fails_check: bool,
}

/// A postal address; at least one field is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The whole address in one line.
    pub text: Option<String>,
    /// Street and house number.
    pub street: Option<String>,
    /// Town.
    pub locality: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postcode: Option<String>,
    /// Country.
    pub country: Option<Country>,
}

/// A name on a messenger or social network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Upper-case service, such as `WECHAT`.
    pub service: String,
    /// The handle as written.
    pub value: String,
}

/// A payment account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Upper-case scheme, such as `IBAN`.
    pub scheme: String,
    /// The identifier as written; for `CN-BANK` the last four digits, for `CARD` first six or eight and last four.
    pub value: String,
    /// Keyed digest of a number that is not kept in clear (`CN-BANK`), lower-case hex.
    pub digest: Option<String>,
    /// Name of the account holder.
    pub holder_name: Option<String>,
}

/// An analytics, advertising or certificate identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracker {
    /// Upper-case scheme, such as `GOOGLE_ANALYTICS`.
    pub scheme: String,
    /// The identifier.
    pub value: String,
}

/// A picture, known by path, digest or perceptual hash; at least one is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Relative to `--images-root`.
    pub path: Option<String>,
    /// BLAKE3 of the file, 64 lower-case hex digits.
    pub blake3: Option<String>,
    /// PDQ hash, 64 lower-case hex digits.
    pub pdq: Option<String>,
    /// Quality of the PDQ hash, 0 to 100: below 50 there is too little in the picture to know it again.
    pub pdq_quality: Option<u8>,
    /// Columns and rows, upright.
    pub size: Option<(u32, u32)>,
    /// What the QR codes in it say, full card numbers redacted.
    pub codes: Vec<String>,
}

/// Anything else worth comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What it is, such as `occupation`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What sort of presence an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// Sells on a marketplace.
    MarketplaceSeller,
    /// A profile on a social network.
    SocialProfile,
    /// A web site of its own.
    Website,
    /// An account with a payment provider.
    Merchant,
    /// A publisher in an app store.
    App,
    /// None of these.
    Other,
}

/// How far the platform checked the identity behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verification {
    /// Not at all.
    None,
    /// The seller's own word.
    SelfDeclared,
    /// A document was seen.
    DocumentChecked,
    /// Checked against the public register.
    RegisterChecked,
}

impl AccountKey {
    /// Longest id in bytes.
    pub const ID_BYTES_MAX: usize = 256;

    /// The key of account `account_id` on `platform`.
    ///
    /// # Errors
    ///
    /// [`FieldError`] when the platform is not `[a-z0-9_]{1,64}`, or the id is not 1 to 256 bytes of printable UTF-8.
    ///
    /// ```
    /// use linkage_core::record::AccountKey;
    ///
    /// let key = AccountKey::new("ebay_uk", "shop/1")?;
    /// assert_eq!(key.to_string(), "ebay_uk/shop/1");
    /// assert_eq!((key.platform(), key.account_id()), ("ebay_uk", "shop/1"));
    /// # Ok::<(), linkage_core::record::FieldError>(())
    /// ```
    pub fn new(platform: &str, account_id: &str) -> Result<AccountKey, FieldError> {
        let is_platform = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=64).contains(&platform.len()) || !platform.bytes().all(is_platform) {
            return Err(FieldError::new("platform", "1 to 64 of a-z, 0-9 and _, such as ebay_uk"));
        }
        if !is_printable_id(account_id) {
            return Err(FieldError::new("account_id", PRINTABLE_ID));
        }
        Ok(AccountKey(format!("{platform}/{account_id}")))
    }

    /// Reads `platform/account_id`, split at the first slash.
    ///
    /// # Errors
    ///
    /// As [`AccountKey::new`]; a text without a slash lacks its id.
    pub fn parse(text: &str) -> Result<AccountKey, FieldError> {
        let (platform, account_id) =
            text.split_once('/').ok_or_else(|| FieldError::new("account", "platform/account_id"))?;
        AccountKey::new(platform, account_id)
    }

    /// The platform, such as `ebay_uk`.
    pub fn platform(&self) -> &str {
        self.0.split_once('/').map_or("", |(platform, _)| platform)
    }

    /// The platform's own id of the account.
    pub fn account_id(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, account_id)| account_id)
    }

    /// The whole key, `platform/account_id`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As `platform/account_id`.
impl Serialize for AccountKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AccountKey, D::Error> {
        let text = String::deserialize(deserializer)?;
        AccountKey::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What [`is_printable_id`] asks for.
pub(super) const PRINTABLE_ID: &str = "1 to 256 printable bytes";

/// Whether `id` may be a platform's own id: 1 to 256 bytes, neither blank nor with control, bidi or line characters.
pub(super) fn is_printable_id(id: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    (1..=AccountKey::ID_BYTES_MAX).contains(&id.len()) && !id.trim().is_empty() && !id.chars().any(hidden)
}

named!(AccountKind {
    MarketplaceSeller = "MARKETPLACE_SELLER",
    SocialProfile = "SOCIAL_PROFILE",
    Website = "WEBSITE",
    Merchant = "MERCHANT",
    App = "APP",
    Other = "OTHER",
});

named!(Verification {
    None = "NONE",
    SelfDeclared = "SELF_DECLARED",
    DocumentChecked = "DOCUMENT_CHECKED",
    RegisterChecked = "REGISTER_CHECKED",
});
