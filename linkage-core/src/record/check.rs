//! The rules that turn a draft into a record, for files and messages alike.
//!
//! ```text
//! AccountDraft ──check(&Intake)──► Account    (or FieldError: which field, what was expected)
//! ```
//!
//! - A blank string is absent. Schemes, services and country codes are upper-cased, hex digits lower-cased; all else
//!   stays as written.
//! - **Secrets stay out.** Document numbers and `CN-BANK` numbers become keyed digests ([`Intake`]). A full card number
//!   refuses the record in a `CARD` payment; in free text it becomes `[card …1111]`. In an identifier (mail, phone,
//!   handle, URL, registration, tracker, number of a right) it becomes `card-1111-` and sixteen letters of a keyed digest, so that
//!   equal values stay equal and different ones different; the value of another payment is kept like a `CN-BANK`
//!   number. Ids and GTINs are exempt.
//!   The path of an image stays as written while the file may have to be found; the draft made of a record, which is what is
//!   stored and sent, has `card-1111-` in its place.
//! - **Law:** a checked record turned back into a draft and checked again is the same record, such paths aside.
//!
//! An error never repeats the value.

use std::fmt;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::account::{PRINTABLE_ID, is_printable_id};
use super::card::{self, Strictness};
use super::draft::{
    AccountDraft, AddressDraft, AttributeDraft, DocumentDraft, EnforcementDraft, HandleDraft, ImageDraft,
    LIST_ITEMS_MAX, ListingDraft, PaymentDraft, PersonDraft, PriceDraft, RegistrationDraft, RightDraft, TrackerDraft,
};
use super::merchant_code;
use super::value::{Country, FieldError, PartialDate, Unexpected, parse_time};
use super::{
    Account, AccountKey, Address, Attribute, Document, Enforcement, Handle, Image, Listing, Payment, Person, Price,
    Registration, Right, Tracker,
};

/// What checking needs to know of the store that the records go to: the key of its digests.
///
/// Two stores with different keys give different digests for one number, so digests compare within a store only.
#[derive(Clone)]
pub struct Intake {
    key: [u8; 32],
}

/// Longest name, brand, role or other short text, in bytes.
pub const NAME_BYTES_MAX: usize = 512;
/// Longest title, category or address, in bytes.
pub const LINE_BYTES_MAX: usize = 2 * 1024;
/// Longest value of an attribute, in bytes.
pub const ATTRIBUTE_BYTES_MAX: usize = 4 * 1024;
/// Longest description of an account or listing, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 64 * 1024;
/// Longest web address, in bytes.
pub const URL_BYTES_MAX: usize = 2 * 1024;
/// Longest mail address, in bytes: 64 for the local part, 255 for the domain and the sign between (RFC 5321 §4.5.3.1).
pub const EMAIL_BYTES_MAX: usize = 320;
/// Longest telephone number, in bytes, with whatever is written around it.
pub const PHONE_BYTES_MAX: usize = 128;
/// Longest handle, registration, payment account or tracker, in bytes.
pub const IDENTIFIER_BYTES_MAX: usize = 256;
/// Longest scheme or service, in bytes.
pub const SCHEME_BYTES_MAX: usize = 64;
/// Longest text of a QR code, in bytes. The largest one holds 2,953 (ISO/IEC 18004, version 40-L), which may become half as many again in
/// Unicode.
pub const CODE_BYTES_MAX: usize = 8 * 1024;
/// Longest path of an image, in bytes.
pub const PATH_BYTES_MAX: usize = 1024;

/// What a document says of a digested number that fails the check of its scheme.
pub(super) const CHECK_FAILED: &str = "FAILED";

/// Payment schemes whose own digits are often as long as those of a card, with prefixes that collide.
const NOT_CARD_LIKE: [&str; 5] = ["IBAN", "GB-BANK", "BTC", "ETH", "USDT-TRC20"];

impl Intake {
    /// An intake for the store with this digest key.
    pub fn new(key: [u8; 32]) -> Intake {
        Intake { key }
    }

    /// Another secret of the same store, for a purpose that `context` names: neither can be had from the other.
    pub fn derived_key(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, &self.key)
    }

    /// Keyed BLAKE3 of `value` in a domain of its own, 64 lower-case hex digits.
    fn digest(&self, domain: &[&str], value: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in domain.iter().chain([&value]) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// What stands for a card number in an identifier: letters only, so that it never looks like a number itself.
    fn card_token(&self, digits: &str) -> String {
        let digest = self.digest(&["linkage.v1 card"], digits);
        let letters: String =
            digest.chars().filter_map(|c| c.to_digit(16)).filter_map(nibble_letter).take(16).collect();
        format!("card-{}-{letters}", last_four(digits))
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").finish_non_exhaustive()
    }
}

impl AccountDraft {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// The first field that breaks a rule.
    ///
    /// ```
    /// use linkage_core::record::{AccountDraft, Intake};
    ///
    /// let mut draft = AccountDraft {
    ///     platform: "ebay_uk".into(),
    ///     account_id: "shop1".into(),
    ///     observed_at: "2024-05-03T12:00:00Z".into(),
    ///     ..AccountDraft::default()
    /// };
    /// let intake = Intake::new([7; 32]);
    /// assert_eq!(draft.clone().check(&intake)?.key.to_string(), "ebay_uk/shop1");
    ///
    /// draft.opened_at = "2024-02-30T00:00:00Z".into();
    /// assert_eq!(
    ///     draft.check(&intake).unwrap_err().to_string(),
    ///     "opened_at: expected an RFC 3339 time, such as 2024-05-03T12:00:00Z, found an impossible one",
    /// );
    /// # Ok::<(), linkage_core::record::FieldError>(())
    /// ```
    pub fn check(self, intake: &Intake) -> Result<Account, FieldError> {
        let identifiers =
            |name, values, bytes_max| list(name, values, |value| identifier("", value, bytes_max, intake));
        Ok(Account {
            key: account_key(&self.platform, &self.account_id)?,
            kind: parsed("kind", &self.kind)?,
            observed_at: required("observed_at", time("observed_at", &self.observed_at)?)?,
            source: text("source", self.source, NAME_BYTES_MAX)?.unwrap_or_default(),
            opened_at: time("opened_at", &self.opened_at)?,
            closed_at: time("closed_at", &self.closed_at)?,
            display_name: text("display_name", self.display_name, NAME_BYTES_MAX)?,
            legal_name: text("legal_name", self.legal_name, NAME_BYTES_MAX)?,
            description: text("description", self.description, DESCRIPTION_BYTES_MAX)?,
            persons: list("persons", self.persons, |draft| draft.check().map(Some))?,
            registrations: list("registrations", self.registrations, |draft| draft.check(intake).map(Some))?,
            documents: list("documents", self.documents, |draft| draft.check(intake).map(Some))?,
            emails: identifiers("emails", self.emails, EMAIL_BYTES_MAX)?,
            phones: identifiers("phones", self.phones, PHONE_BYTES_MAX)?,
            urls: identifiers("urls", self.urls, URL_BYTES_MAX)?,
            addresses: list("addresses", self.addresses, AddressDraft::check)?,
            handles: list("handles", self.handles, |draft| draft.check(intake).map(Some))?,
            payments: list("payments", self.payments, |draft| draft.check(intake).map(Some))?,
            trackers: list("trackers", self.trackers, |draft| draft.check(intake).map(Some))?,
            images: list("images", self.images, |draft| draft.check().map(Some))?,
            attributes: list("attributes", self.attributes, |draft| draft.check().map(Some))?,
            verification: parsed("verification", &self.verification)?,
        })
    }
}

impl ListingDraft {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// The first field that breaks a rule.
    pub fn check(self, intake: &Intake) -> Result<Listing, FieldError> {
        Ok(Listing {
            account: account_key(&self.platform, &self.account_id)?,
            listing_id: required("listing_id", id("listing_id", self.listing_id)?)?,
            observed_at: required("observed_at", time("observed_at", &self.observed_at)?)?,
            source: text("source", self.source, NAME_BYTES_MAX)?.unwrap_or_default(),
            title: text("title", self.title, LINE_BYTES_MAX)?,
            description: text("description", self.description, DESCRIPTION_BYTES_MAX)?,
            brand: text("brand", self.brand, NAME_BYTES_MAX)?,
            category: text("category", self.category, LINE_BYTES_MAX)?,
            gtin: gtin("gtin", &self.gtin)?,
            price: self.price.map(PriceDraft::check).transpose().map_err(|e| e.within("price"))?.flatten(),
            url: identifier("url", self.url, URL_BYTES_MAX, intake)?,
            images: list("images", self.images, |draft| draft.check().map(Some))?,
            removed_at: time("removed_at", &self.removed_at)?,
        })
    }
}

impl EnforcementDraft {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// The first field that breaks a rule.
    pub fn check(self, intake: &Intake) -> Result<Enforcement, FieldError> {
        let account = account_key(&self.platform, &self.account_id)?;
        let enforcement_id = required("enforcement_id", id("enforcement_id", self.enforcement_id)?)?;
        let taken_at = required("taken_at", time("taken_at", &self.taken_at)?)?;
        let right = self.right.map(|draft| draft.check(intake)).transpose().map_err(|e| e.within("right"))?.flatten();
        Ok(Enforcement {
            account,
            enforcement_id,
            listing_id: id("listing_id", self.listing_id)?,
            source: text("source", self.source, NAME_BYTES_MAX)?.unwrap_or_default(),
            observed_at: time("observed_at", &self.observed_at)?.unwrap_or(taken_at),
            right,
            rights_holder: text("rights_holder", self.rights_holder, NAME_BYTES_MAX)?,
            action: parsed("action", &self.action)?,
            taken_at,
            outcome: parsed("outcome", &self.outcome)?,
            decided_at: time("decided_at", &self.decided_at)?,
            appeal: parsed("appeal", &self.appeal)?,
            harm: parsed("harm", &self.harm)?,
            expires_at: time("expires_at", &self.expires_at)?,
        })
    }
}

impl PersonDraft {
    fn check(self) -> Result<Person, FieldError> {
        let person = Person {
            name: text("name", self.name, NAME_BYTES_MAX)?,
            birth_date: parsed::<PartialDate>("birth_date", &self.birth_date)?,
            birth_place: text("birth_place", self.birth_place, NAME_BYTES_MAX)?,
            role: text("role", self.role, NAME_BYTES_MAX)?,
        };
        at_least_one(person, "name, birth_date, birth_place, role")
    }
}

impl RegistrationDraft {
    fn check(self, intake: &Intake) -> Result<Registration, FieldError> {
        Ok(Registration {
            scheme: scheme("scheme", &self.scheme)?,
            value: required("value", identifier("value", self.value, IDENTIFIER_BYTES_MAX, intake)?)?,
            country: parsed("country", &self.country)?,
        })
    }
}

impl DocumentDraft {
    fn check(self, intake: &Intake) -> Result<Document, FieldError> {
        let scheme = scheme("scheme", &self.scheme)?;
        let country: Option<Country> = parsed("country", &self.country)?;
        if is_blank(&self.value) {
            let digest =
                digest_as_given(&self.digest)?.ok_or_else(|| FieldError::new("value", "a value or a digest"))?;
            return Ok(Document { scheme, digest, country, fails_check: check_as_given(&self.check)? });
        }
        at_most("value", &self.value, IDENTIFIER_BYTES_MAX)?;
        let number: String = self.value.nfkc().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
        if number.is_empty() {
            return Err(FieldError::new("value", "a document number with letters or digits"));
        }
        let (number, fails_check) = if scheme == "CN-RESIDENT-ID" { resident_id(number) } else { (number, false) };
        let place = country.map(|country| country.to_string()).unwrap_or_else(|| country_of_scheme(&scheme));
        let digest = intake.digest(&["linkage.v1 document", &scheme, &place], &number);
        Ok(Document { scheme, digest, country, fails_check })
    }
}

impl AddressDraft {
    /// An address without any field is no address.
    fn check(self) -> Result<Option<Address>, FieldError> {
        let address = Address {
            text: text("text", self.text, LINE_BYTES_MAX)?,
            street: text("street", self.street, LINE_BYTES_MAX)?,
            locality: text("locality", self.locality, NAME_BYTES_MAX)?,
            region: text("region", self.region, NAME_BYTES_MAX)?,
            postcode: text("postcode", self.postcode, NAME_BYTES_MAX)?,
            country: parsed("country", &self.country)?,
        };
        Ok(Some(address).filter(|address| *address != Address::default()))
    }
}

impl HandleDraft {
    fn check(self, intake: &Intake) -> Result<Handle, FieldError> {
        Ok(Handle {
            service: scheme("service", &self.service)?,
            value: required("value", identifier("value", self.value, IDENTIFIER_BYTES_MAX, intake)?)?,
        })
    }
}

impl PaymentDraft {
    fn check(self, intake: &Intake) -> Result<Payment, FieldError> {
        let scheme = scheme("scheme", &self.scheme)?;
        let value = required("value", Some(self.value).filter(|value| !is_blank(value)))?;
        at_most("value", &value, IDENTIFIER_BYTES_MAX)?;
        let given = digest_as_given(&self.digest)?;
        let (value, digest) = payment_value(&scheme, value, given, intake)?;
        Ok(Payment { scheme, value, digest, holder_name: text("holder_name", self.holder_name, NAME_BYTES_MAX)? })
    }
}

impl TrackerDraft {
    fn check(self, intake: &Intake) -> Result<Tracker, FieldError> {
        Ok(Tracker {
            scheme: scheme("scheme", &self.scheme)?,
            value: required("value", identifier("value", self.value, IDENTIFIER_BYTES_MAX, intake)?)?,
        })
    }
}

impl ImageDraft {
    fn check(self) -> Result<Image, FieldError> {
        let image = Image {
            path: relative_path("path", self.path)?,
            blake3: hex("blake3", &self.blake3, 64..=64)?,
            pdq: hex("pdq", &self.pdq, 64..=64)?,
            pdq_quality: pdq_quality("pdq_quality", &self.pdq_quality)?,
            size: picture_size("size", &self.size)?,
            codes: list("codes", self.codes, code_text)?,
        };
        if image.path.is_none() && image.blake3.is_none() && image.pdq.is_none() {
            return Err(FieldError::new("", "at least one of path, blake3, pdq"));
        }
        Ok(image)
    }
}

impl AttributeDraft {
    fn check(self) -> Result<Attribute, FieldError> {
        Ok(Attribute {
            name: required("name", text("name", self.name, NAME_BYTES_MAX)?)?,
            value: required("value", text("value", self.value, ATTRIBUTE_BYTES_MAX)?)?,
        })
    }
}

impl PriceDraft {
    fn check(self) -> Result<Option<Price>, FieldError> {
        let price = Price { currency: currency("currency", &self.currency)?, amount: amount("amount", self.amount)? };
        Ok(Some(price).filter(|price| price.currency.is_some() || price.amount.is_some()))
    }
}

impl RightDraft {
    fn check(self, intake: &Intake) -> Result<Option<Right>, FieldError> {
        let right = Right {
            kind: parsed("kind", &self.kind)?,
            office: text("office", self.office, NAME_BYTES_MAX)?,
            number: identifier("number", self.number, IDENTIFIER_BYTES_MAX, intake)?,
        };
        Ok(Some(right).filter(|right| right.kind.is_some() || right.office.is_some() || right.number.is_some()))
    }
}

/// The kept value and digest of a payment account.
fn payment_value(
    scheme: &str,
    value: String,
    digest: Option<String>,
    intake: &Intake,
) -> Result<(String, Option<String>), FieldError> {
    let digest_of = |number: &str| Some(intake.digest(&["linkage.v1 payment", scheme], number));
    match scheme {
        "CARD" if digest.is_some() => Err(FieldError::new("digest", "no digest of a card")),
        "CARD" => card::truncate(&value).map(|value| (value, None)).map_err(|e| FieldError::new("value", e)),
        "CN-BANK" => match bank_digits(&value)? {
            number if number.len() == 4 => Ok((number, digest)),
            number => Ok((last_four(&number).to_owned(), digest_of(&number))),
        },
        _ if digest.is_some() => {
            let shown = value.len() == 4 && value.bytes().all(|byte| byte.is_ascii_digit());
            let expected = "the last four digits, since there is a digest";
            if shown { Ok((value, digest)) } else { Err(FieldError::new("value", expected)) }
        }
        _ if NOT_CARD_LIKE.contains(&scheme) => Ok((value, None)),
        _ => match card::whole_number(&value) {
            Some(number) => Ok((last_four(&number).to_owned(), digest_of(&number))),
            None => Ok((required("value", identifier("value", value, IDENTIFIER_BYTES_MAX, intake)?)?, None)),
        },
    }
}

/// The digits of a bank account: all of them, or the last four when the others are masked or left out.
fn bank_digits(value: &str) -> Result<String, FieldError> {
    let error = || FieldError::new("value", "a bank account number of 8 to 32 digits, or its last four");
    let (mut digits, mut masked) = (String::new(), false);
    for c in value.chars() {
        match card::digit(c) {
            Some(digit) => digits.push(char::from(b'0' + digit)),
            None if card::is_mask(c) => {
                masked = true;
                digits.clear();
            }
            None if card::is_separator(c) => {}
            None => return Err(error()),
        }
    }
    let fits = digits.len() == 4 || (!masked && (8..=32).contains(&digits.len()));
    if fits { Ok(digits) } else { Err(error()) }
}

/// The country that a scheme names in front, such as `CN` of `CN-RESIDENT-ID`; empty when it names none.
fn country_of_scheme(scheme: &str) -> String {
    let named = scheme.split_once('-').and_then(|(country, _)| country.parse::<Country>().ok());
    named.map(|country| country.to_string()).unwrap_or_default()
}

/// A Chinese resident's number of 18 characters and whether it fails its check. Of the 15 digits of an old card it is made: the century
/// of birth is put in, and the check character behind. What has another form is nobody's, and stays as it is.
///
/// Source: GB 11643-1999, whose check is ISO 7064 MOD 11-2.
fn resident_id(number: String) -> (String, bool) {
    const CHECKS: &[u8; 11] = b"10X98765432";
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let body = match number.split_at_checked(17) {
        Some((body, last)) if digits(body, 17) && last.len() == 1 => body.to_owned(),
        None if digits(&number, 15) => format!("{}19{}", &number[..6], &number[6..]),
        _ => return (number, true),
    };
    let places = body.bytes().rev().zip(1_u32..);
    let sum: u32 = places.map(|(byte, place)| u32::from(byte - b'0') * (2_u32.pow(place) % 11)).sum();
    let right = format!("{body}{}", char::from(CHECKS[sum as usize % 11]));
    if number.len() == 15 {
        return (right, false);
    }
    let fails_check = number != right;
    (number, fails_check)
}

fn account_key(platform: &str, account_id: &str) -> Result<AccountKey, FieldError> {
    required("platform", Some(platform).filter(|platform| !platform.is_empty()))?;
    required("account_id", Some(account_id).filter(|account_id| !account_id.is_empty()))?;
    AccountKey::new(platform, account_id)
}

/// Free text with every full card number in it replaced by `[card …1111]`: for notes and whatever else people write.
pub fn redact_cards(text: String) -> String {
    card::redact(text, Strictness::Text, &|digits| format!("[card …{}]", last_four(digits)))
}

/// What a QR code says, without card numbers and the numbers of card schemes.
pub fn redact_code(text: String) -> String {
    merchant_code::without_card_schemes(&text).unwrap_or_else(|| redact_cards(text))
}

/// A path with every full card number in it replaced by `card-1111-`.
pub(super) fn redact_cards_in_path(path: String) -> String {
    card::redact(path, Strictness::Identifier, &|digits| format!("card-{}-", last_four(digits)))
}

/// Free text, card numbers redacted; nothing when blank.
fn text(field: &str, value: String, bytes_max: usize) -> Result<Option<String>, FieldError> {
    if is_blank(&value) {
        return Ok(None);
    }
    let redacted = redact_cards(value);
    at_most(field, &redacted, bytes_max)?;
    Ok(Some(redacted))
}

/// What a QR code says; nothing when blank.
fn code_text(value: String) -> Result<Option<String>, FieldError> {
    if is_blank(&value) {
        return Ok(None);
    }
    let redacted = redact_code(value);
    at_most("", &redacted, CODE_BYTES_MAX)?;
    Ok(Some(redacted))
}

/// A typed identifier, a card number in it replaced by a token; nothing when blank.
fn identifier(field: &str, value: String, bytes_max: usize, intake: &Intake) -> Result<Option<String>, FieldError> {
    if is_blank(&value) {
        return Ok(None);
    }
    let redacted = card::redact(value, Strictness::Identifier, &|digits| intake.card_token(digits));
    at_most(field, &redacted, bytes_max)?;
    Ok(Some(redacted))
}

fn id(field: &str, value: String) -> Result<Option<String>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    if is_printable_id(&value) { Ok(Some(value)) } else { Err(FieldError::new(field, PRINTABLE_ID)) }
}

/// An upper-case name of an open vocabulary; required wherever there is one.
fn scheme(field: &str, value: &str) -> Result<String, FieldError> {
    required(field, Some(value).filter(|value| !value.is_empty()))?;
    let upper = value.to_ascii_uppercase();
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if upper.len() <= SCHEME_BYTES_MAX && upper.bytes().all(fits) {
        Ok(upper)
    } else {
        Err(FieldError::new(field, format!("1 to {SCHEME_BYTES_MAX} of A-Z, 0-9, _ and -")))
    }
}

fn hex(field: &str, value: &str, digits: std::ops::RangeInclusive<usize>) -> Result<Option<String>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    if digits.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Some(value.to_ascii_lowercase()));
    }
    let expected = match (digits.start(), digits.end()) {
        (least, most) if least == most => format!("{least} hex digits"),
        (least, most) => format!("{least} to {most} hex digits"),
    };
    Err(FieldError::new(field, expected))
}

/// Whether a record says that a digested number fails its check.
fn check_as_given(value: &str) -> Result<bool, FieldError> {
    match value {
        "" => Ok(false),
        CHECK_FAILED => Ok(true),
        _ => Err(FieldError::new("check", "FAILED or nothing")),
    }
}

fn digest_as_given(value: &str) -> Result<Option<String>, FieldError> {
    hex("digest", value, 32..=128)
}

fn gtin(field: &str, value: &str) -> Result<Option<String>, FieldError> {
    let digits: String = value.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if digits.is_empty() {
        return Ok(None);
    }
    let fits = (8..=14).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(Some(digits)) } else { Err(FieldError::new(field, "a GTIN of 8 to 14 digits")) }
}

/// Quality of a PDQ hash: a number from 0 to 100.
fn pdq_quality(field: &str, value: &str) -> Result<Option<u8>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    let quality = value.parse().ok().filter(|quality| *quality <= 100);
    quality.map(Some).ok_or_else(|| FieldError::new(field, "a number from 0 to 100"))
}

/// Columns and rows of a picture, such as `800x600`.
fn picture_size(field: &str, value: &str) -> Result<Option<(u32, u32)>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    let read = |side: &str| side.parse().ok().filter(|side| 0 < *side);
    let sides = value.split_once('x').and_then(|(columns, rows)| Some((read(columns)?, read(rows)?)));
    sides.map(Some).ok_or_else(|| FieldError::new(field, "columns and rows, such as 800x600"))
}

fn currency(field: &str, value: &str) -> Result<Option<String>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    let fits = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    if fits { Ok(Some(value.to_ascii_uppercase())) } else { Err(FieldError::new(field, "three letters, such as GBP")) }
}

fn amount(field: &str, value: String) -> Result<Option<String>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    let (whole, fraction) = value.split_once('.').unwrap_or((&value, "0"));
    let fits = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if fits(whole, 18) && fits(fraction, 9) {
        Ok(Some(value))
    } else {
        Err(FieldError::new(field, "a decimal string, such as 12.50, up to 18 digits before and 9 after the point"))
    }
}

/// A path that stays within the images' root on every system.
fn relative_path(field: &str, value: String) -> Result<Option<String>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    at_most(field, &value, PATH_BYTES_MAX)?;
    let leaves = value.starts_with('/') || value.split('/').any(|part| part == "..");
    let strange = value.contains(['\\', '\0']) || value.as_bytes().get(1) == Some(&b':');
    if leaves || strange || is_blank(&value) {
        return Err(FieldError::new(field, "a relative path with / between its parts and without .."));
    }
    Ok(Some(value))
}

fn time(field: &str, value: &str) -> Result<Option<Timestamp>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    parse_time(value).map(Some).map_err(|e| FieldError::new(field, e.expected))
}

fn parsed<T: std::str::FromStr<Err = Unexpected>>(field: &str, value: &str) -> Result<Option<T>, FieldError> {
    if value.is_empty() {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|e: Unexpected| FieldError::new(field, e.expected))
}

fn required<T>(field: &str, value: Option<T>) -> Result<T, FieldError> {
    value.ok_or_else(|| FieldError::new(field, "a value, it is required"))
}

fn at_least_one<T: Default + PartialEq>(value: T, fields: &str) -> Result<T, FieldError> {
    if value == T::default() { Err(FieldError::new("", format!("at least one of {fields}"))) } else { Ok(value) }
}

fn at_most(field: &str, value: &str, bytes_max: usize) -> Result<(), FieldError> {
    if value.len() <= bytes_max {
        return Ok(());
    }
    Err(FieldError::new(field, format!("at most {bytes_max} bytes")))
}

/// Checks the items of a list, each error with its place.
fn list<D, T>(
    name: &str,
    drafts: Vec<D>,
    check: impl Fn(D) -> Result<Option<T>, FieldError>,
) -> Result<Vec<T>, FieldError> {
    if drafts.len() > LIST_ITEMS_MAX {
        return Err(FieldError::new(name, format!("a list of at most {LIST_ITEMS_MAX} items")));
    }
    let mut records = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.into_iter().enumerate() {
        let record = check(draft).map_err(|e| e.within(&format!("{name}[{place}]")))?;
        records.extend(record);
    }
    Ok(records)
}

fn is_blank(value: &str) -> bool {
    value.trim().is_empty()
}

fn last_four(digits: &str) -> &str {
    &digits[digits.len().saturating_sub(4)..]
}

fn nibble_letter(nibble: u32) -> Option<char> {
    char::from_u32(u32::from('a') + nibble)
}

#[cfg(test)]
mod tests;
