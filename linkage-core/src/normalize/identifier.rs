//! Identifiers that somebody issued: registrations, payment accounts, handles, article numbers, trackers.
//!
//! Each function gives the one spelling and says whether the identifier passes its own check. An identifier that
//! fails is kept: codes with bad check digits have been issued, and a mistyped one is still the same mistake twice.
//!
//! - [`registration`] for companies and taxes, [`payment`] for where money goes, [`handle`] for names on services,
//!   [`gtin`] for articles, [`tracker`] for analytics and certificates.

use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use iban::IbanLike;
use sha3::{Digest, Keccak256};

use super::email::email;
use super::phone::phone;
use super::platform::{self, Sort};
use super::sort_code::SortCodes;
use super::text;
use super::vat;
use crate::record::Country;

/// What an identifier's own check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The check digits or the checksum agree.
    Passed,
    /// They do not, or the form is not the scheme's.
    Failed,
    /// The scheme has no check, or is not known.
    Unknown,
}

/// An identifier in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The one spelling within its scheme; empty only if nothing was there to spell.
    pub normal: String,
    /// Whether it passes the check of its scheme.
    pub check: Check,
    /// Whether many may hold the same value, as with a card number of which four to eight digits are hidden.
    pub weak: bool,
}

impl Identifier {
    fn new(normal: impl Into<String>, check: Check) -> Identifier {
        Identifier { normal: normal.into(), check, weak: false }
    }

    fn checked(normal: impl Into<String>, passed: bool) -> Identifier {
        Identifier::new(normal, if passed { Check::Passed } else { Check::Failed })
    }
}

/// A company or tax registration in one spelling.
///
/// Known schemes: CN-USCC (GB 32100-2015), GB-COH, GB-VAT, EU-VAT, LEI (ISO 17442). Of any other scheme the letters
/// and digits count. `country` puts the prefix in front of a value-added-tax number that lacks it.
pub fn registration(scheme: &str, value: &str, country: Option<Country>) -> Identifier {
    let plain = letters_and_digits(value);
    match scheme {
        "CN-USCC" => Identifier::checked(plain.clone(), uscc_passes(&plain)),
        "GB-COH" => company_house(&plain),
        "GB-VAT" => gb_vat(&plain),
        "EU-VAT" => eu_vat(&plain, country),
        "LEI" => Identifier::checked(plain.clone(), plain.len() == 20 && mod97_passes(&plain)),
        _ => Identifier::new(plain, Check::Unknown),
    }
}

/// A payment account in one spelling.
///
/// Known schemes: IBAN, GB-BANK, CN-BANK (last four digits; the number itself is a digest), PAYPAL, ALIPAY,
/// WECHAT_PAY (mail, phone or the provider's id), CARD (first and last digits only: weak), BTC, ETH, USDT-TRC20.
pub fn payment(scheme: &str, value: &str) -> Identifier {
    match scheme {
        "IBAN" => iban(value),
        "GB-BANK" => gb_bank(value),
        "CN-BANK" => Identifier { weak: true, ..Identifier::new(letters_and_digits(value), Check::Unknown) },
        "CARD" => card(value),
        "PAYPAL" | "ALIPAY" | "WECHAT_PAY" => wallet_name(scheme, value),
        "BTC" => bitcoin(value),
        "ETH" => ethereum(value),
        "USDT-TRC20" => tron(value),
        _ => Identifier::new(letters_and_digits(value), Check::Unknown),
    }
}

/// A name on a messenger or social network in one spelling: without `@`, in lower case, out of a web address.
///
/// Telephone numbers on WHATSAPP, WECHAT, TELEGRAM, VIBER, SIGNAL and LINE become E.164 where they can be.
pub fn handle(service: &str, value: &str) -> Identifier {
    let value: String = value.trim().chars().filter(|&c| !text::is_invisible(c)).collect();
    let service = service.to_ascii_uppercase();
    let named = platform::named_in(&value).filter(|named| named.sort == Sort::Social);
    let name = named.map_or(value, |named| named.id);
    let name = name.trim().trim_start_matches(['@', '＠']).trim_end_matches('/').trim().to_lowercase();
    if is_by_phone(&service) && is_phone_like(&name) {
        return phone_or_digits(&service, &name);
    }
    if service == "QQ" {
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        return Identifier::checked(digits.clone(), (5..=12).contains(&digits.len()));
    }
    Identifier::new(name, Check::Unknown)
}

/// The telephone number in E.164 that a handle is, on services where people are known by theirs: the same node as a
/// telephone number given as such. Digits alone may be an id of the service's own on TELEGRAM and LINE, and a QQ number on
/// WECHAT: there they have to be in international form, or a Chinese mobile number.
pub fn handle_number(service: &str, value: &str) -> Option<String> {
    let service = service.to_ascii_uppercase();
    let read = is_by_phone(&service).then(|| handle(&service, value))?;
    let is_international = value.trim_start().starts_with(['+', '＋']);
    let is_number = match service.as_str() {
        "TELEGRAM" | "LINE" => is_international,
        "WECHAT" => is_international || (read.normal.starts_with("+861") && read.normal.len() == 14),
        _ => true,
    };
    (is_number && read.check == Check::Passed).then_some(read.normal).filter(|number| number.starts_with('+'))
}

fn is_by_phone(service: &str) -> bool {
    matches!(service, "WHATSAPP" | "WECHAT" | "TELEGRAM" | "VIBER" | "SIGNAL" | "LINE" | "ZALO")
}

/// A global trade item number as GTIN-14: zeros in front, so that UPC, EAN and GTIN of one article are one.
///
/// Source of the check digit: GS1 General Specifications, section 7.9.
pub fn gtin(value: &str) -> Identifier {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if !matches!(digits.len(), 8 | 12 | 13 | 14) {
        return Identifier::new(digits, Check::Failed);
    }
    let padded = format!("{digits:0>14}");
    let sum: u32 = padded.bytes().zip([3, 1].into_iter().cycle()).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    Identifier::checked(padded, sum.is_multiple_of(10))
}

/// An analytics, advertising or certificate identifier in one spelling.
///
/// A property number behind a Google Analytics account (`UA-12345-2`) is dropped: the account is whose it is.
pub fn tracker(scheme: &str, value: &str) -> Identifier {
    let value = value.trim();
    match scheme {
        "GOOGLE_ANALYTICS" => {
            let upper = value.to_ascii_uppercase();
            let mut parts = upper.split('-');
            match (parts.next(), parts.next()) {
                (Some("UA"), Some(account)) if !account.is_empty() && account.bytes().all(|b| b.is_ascii_digit()) => {
                    Identifier::new(format!("UA-{account}"), Check::Passed)
                }
                (Some("G"), Some(id)) if !id.is_empty() => Identifier::new(upper, Check::Passed),
                _ => Identifier::new(upper, Check::Unknown),
            }
        }
        "ADSENSE" => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            Identifier::checked(format!("PUB-{digits}"), digits.len() == 16)
        }
        "META_PIXEL" => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            Identifier::checked(digits.clone(), (14..=17).contains(&digits.len()))
        }
        "FAVICON" | "TLS_KEY" => digest(value),
        _ => Identifier::new(value.to_ascii_uppercase(), Check::Unknown),
    }
}

/// The digest of a file or a key: hexadecimal, a pin in base 64 (RFC 7469), or the signed number that search engines of
/// devices give small pictures (MurmurHash3 of 32 bits).
fn digest(value: &str) -> Identifier {
    let bare: String = value.chars().filter(|&c| c != ':' && !c.is_whitespace()).collect();
    let lower = bare.to_ascii_lowercase();
    let named = ["sha256/", "sha256", "sha1", "md5"].iter().find_map(|name| lower.strip_prefix(name));
    let hex = named.unwrap_or(&lower);
    if matches!(hex.len(), 32 | 40 | 64) && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Identifier::new(hex, Check::Passed);
    }
    if bare.parse::<i32>().is_ok() {
        return Identifier::new(bare, Check::Passed);
    }
    match base64_of_32(&bare[lower.len() - hex.len()..]) {
        Some(bytes) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            Identifier::new(hex, Check::Passed)
        }
        None => Identifier::new(lower, Check::Failed),
    }
}

/// The 32 bytes that 43 characters of base 64 and a sign of filling stand for, in either of its alphabets (RFC 4648, sections 4 and 5).
fn base64_of_32(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    LENIENT_BASE64.decode(body).ok().filter(|bytes| bytes.len() == 32)
}

/// Without filling, and whatever the two bits say that are left over.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Upper-case ASCII letters and digits; full-width ones are brought to ASCII, everything else is left out.
fn letters_and_digits(value: &str) -> String {
    value
        .chars()
        .filter_map(|c| match c {
            _ if c.is_ascii_alphanumeric() => Some(c.to_ascii_uppercase()),
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
                u8::try_from(u32::from(c) - 0xFEE0).ok().map(|b| char::from(b).to_ascii_uppercase())
            }
            _ if c.is_alphanumeric() && !c.is_ascii() => c.to_uppercase().next(),
            _ => None,
        })
        .collect()
}

// --- registrations ---

/// Source: GB 32100-2015, section 5 and annex A; weights are powers of 3 modulo 31.
fn uscc_passes(code: &str) -> bool {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let values: Option<Vec<u32>> = code
        .bytes()
        .map(|b| ALPHABET.iter().position(|&known| known == b).and_then(|at| u32::try_from(at).ok()))
        .collect();
    let Some(values) = values.filter(|values| values.len() == 18) else { return false };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31 == values[17]
}

/// Eight characters: two letters and six digits, or eight digits; zeros in front are often left out.
fn company_house(plain: &str) -> Identifier {
    let letters = plain.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (prefix, digits) = plain.split_at(letters);
    let fits = matches!(letters, 0 | 2)
        && !digits.is_empty()
        && digits.len() <= 8 - letters
        && digits.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        return Identifier::new(plain, Check::Failed);
    }
    let width = 8 - letters;
    Identifier::new(format!("{prefix}{digits:0>width$}"), Check::Unknown)
}

/// Nine digits; the last two check, modulo 97, with 55 added in newer numbers. A branch's three digits are dropped.
///
/// Source: HMRC, VAT registration number validation (VATREG reference data).
fn gb_vat(plain: &str) -> Identifier {
    let digits = plain.strip_prefix("GB").unwrap_or(plain);
    let body = if digits.len() == 12 && digits.is_ascii() { &digits[..9] } else { digits };
    let normal = format!("GB{body}");
    if body.len() != 9 || !body.bytes().all(|b| b.is_ascii_digit()) {
        return Identifier::new(normal, Check::Failed);
    }
    let digit = |at: usize| u32::from(body.as_bytes()[at] - b'0');
    let sum: u32 = (0..7).map(|at| digit(at) * u32::try_from(8 - at).unwrap_or(0)).sum();
    let check = digit(7) * 10 + digit(8);
    Identifier::checked(normal, (sum + check).is_multiple_of(97) || (sum + check + 55).is_multiple_of(97))
}

/// The member state's prefix (EL for Greece) and its number, with the check digits of the states that `vat` knows.
fn eu_vat(plain: &str, country: Option<Country>) -> Identifier {
    let code = country.as_ref().map(Country::as_str).map(|code| if code == "GR" { "EL" } else { code });
    let (first, behind) = plain.split_at_checked(2).unwrap_or((plain, ""));
    // Numbers of Austria, France and Spain may begin with letters themselves: U1…, AB1…, B5….
    let of_its_own = code.is_some_and(|code| code != first && vat::passes(code, plain) == Some(true));
    let prefixed = !behind.is_empty() && !of_its_own && first.bytes().all(|b| b.is_ascii_uppercase());
    let (state, number) = match code {
        _ if prefixed => (if first == "GR" { "EL" } else { first }, behind),
        Some(code) => (code, plain),
        None => return Identifier::new(plain, Check::Unknown),
    };
    // Belgium's numbers had nine digits and Greece's eight, until a zero was put in front of all of them.
    let older = matches!((state, number.len()), ("BE", 9) | ("EL", 8));
    let number = if older { format!("0{number}") } else { number.to_owned() };
    let check = match vat::passes(state, &number) {
        Some(true) => Check::Passed,
        Some(false) => Check::Failed,
        None => Check::Unknown,
    };
    Identifier::new(format!("{state}{number}"), check)
}

/// Source: ISO 7064 MOD 97-10, as ISO 17442 uses it.
pub(super) fn mod97_passes(code: &str) -> bool {
    let mut rest = 0u32;
    for b in code.bytes() {
        rest = match b {
            b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
            b'A'..=b'Z' => (rest * 100 + u32::from(b - b'A') + 10) % 97,
            _ => return false,
        };
    }
    rest == 1
}

// --- payment accounts ---

fn iban(value: &str) -> Identifier {
    let plain = letters_and_digits(value);
    let plain = plain.strip_prefix("IBAN").unwrap_or(&plain);
    match plain.parse::<iban::Iban>() {
        Ok(iban) => Identifier::new(iban.electronic_str(), Check::Passed),
        // Right checksum, but a country or a form the register of 2024 does not list.
        Err(iban::ParseIbanError::InvalidBban(_) | iban::ParseIbanError::UnknownCountry(_)) => {
            Identifier::new(plain, Check::Unknown)
        }
        Err(_) => Identifier::new(plain, Check::Failed),
    }
}

/// Sort code of six digits and account number of eight, as the standard behind [`SortCodes`] fills numbers up: zeros in front of six
/// or seven digits; of nine the first is the last of the sort code.
fn gb_bank(value: &str) -> Identifier {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let normal = match digits.len() {
        12..=14 => format!("{}{:0>8}", &digits[..6], &digits[6..]),
        15 => format!("{}{}", &digits[..5], &digits[6..]),
        _ => return Identifier::new(digits, Check::Failed),
    };
    let check = SortCodes::installed().map_or(Check::Unknown, |table| table.check(&normal));
    Identifier::new(normal, check)
}

/// The account in a British IBAN, spelt as GB-BANK spells it: one account has both numbers.
pub fn british_account(iban: &Identifier) -> Option<Identifier> {
    let bban = iban.normal.strip_prefix("GB").filter(|_| iban.check == Check::Passed)?;
    // Two check digits and four letters of the bank stand in front.
    let account = gb_bank(bban.get(6..)?);
    let check = if account.check == Check::Unknown { Check::Passed } else { account.check };
    Some(Identifier { check, ..account })
}

/// First digits, dots, last four digits; what stands for the hidden digits does not matter.
fn card(value: &str) -> Identifier {
    let parts: Vec<&str> = value.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let digits = parts.concat();
    let passed = matches!(digits.len(), 10 | 12);
    let normal = match digits.len().checked_sub(4) {
        Some(at) => format!("{}…{}", &digits[..at], &digits[at..]),
        None => digits,
    };
    Identifier { weak: true, ..Identifier::checked(normal, passed) }
}

/// Mail, phone, a payment link, or an id of the provider's own.
fn wallet_name(scheme: &str, value: &str) -> Identifier {
    let value = value.trim();
    if value.contains(['@', '＠'])
        && let Some(mail) = email(value)
    {
        return Identifier::new(mail.canonical, Check::Passed);
    }
    // Ids of links are kept apart from ids of accounts by their prefix.
    if let Some(named) = platform::named_in(value).filter(|named| named.sort == Sort::Payment) {
        let host = if named.family == "paypal" { "paypal.me" } else { "qr.alipay.com" };
        return Identifier::new(format!("{host}/{}", named.id), Check::Unknown);
    }
    if scheme == "PAYPAL" {
        // Merchant ids have 13 letters and digits.
        return Identifier::new(letters_and_digits(value), Check::Unknown);
    }
    if is_phone_like(value) {
        // Merchant ids of Alipay are 16 digits that begin with 2088.
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        if digits.len() == 16 && digits.starts_with("2088") {
            return Identifier::new(digits, Check::Passed);
        }
        return phone_or_digits("WECHAT", value);
    }
    Identifier::new(value.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect::<String>(), Check::Unknown)
}

/// Base58Check of versions 0 and 5, or a segregated-witness address. Sources: BIP 13, BIP 173, BIP 350.
fn bitcoin(value: &str) -> Identifier {
    let address = address_alone(value, "bitcoin:");
    let lower = address.to_ascii_lowercase();
    if lower.starts_with("bc1") {
        let passed = address.len() <= 90 && bech32::segwit::decode(&address).is_ok();
        return Identifier::checked(lower, passed);
    }
    let passed = base58_check(&address).is_some_and(|bytes| bytes.len() == 21 && matches!(bytes[0], 0 | 5));
    Identifier::checked(address, passed)
}

/// Forty hex digits in lower case; where the case mixes, it is a checksum. Source: EIP-55.
fn ethereum(value: &str) -> Identifier {
    let address = address_alone(value, "ethereum:");
    let hex = address.strip_prefix("0x").or_else(|| address.strip_prefix("0X")).unwrap_or(&address);
    let lower = hex.to_ascii_lowercase();
    let normal = format!("0x{lower}");
    if hex.len() != 40 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Identifier::new(normal, Check::Failed);
    }
    let mixed = hex.bytes().any(|b| b.is_ascii_uppercase()) && hex.bytes().any(|b| b.is_ascii_lowercase());
    if !mixed {
        return Identifier::new(normal, Check::Unknown);
    }
    let digest = Keccak256::digest(lower.as_bytes());
    let passed = hex.bytes().enumerate().all(|(at, b)| {
        let nibble = if at % 2 == 0 { digest[at / 2] >> 4 } else { digest[at / 2] & 15 };
        !b.is_ascii_alphabetic() || b.is_ascii_uppercase() == (8 <= nibble)
    });
    Identifier::checked(normal, passed)
}

/// Base58Check of version 0x41. Source: TRON developer documentation, account address format.
fn tron(value: &str) -> Identifier {
    let address = address_alone(value, "tron:");
    let passed = base58_check(&address).is_some_and(|bytes| bytes.len() == 21 && bytes[0] == 0x41);
    Identifier::checked(address, passed)
}

/// The address without scheme, query and white space.
fn address_alone(value: &str, scheme: &str) -> String {
    let value: String = value.chars().filter(|c| !c.is_whitespace() && !text::is_invisible(*c)).collect();
    let value = value
        .get(..scheme.len())
        .filter(|start| start.eq_ignore_ascii_case(scheme))
        .map_or_else(|| value.clone(), |_| value[scheme.len()..].to_owned());
    value.split(['?', '@']).next().unwrap_or_default().to_owned()
}

/// Payload with version byte, if the checksum agrees.
fn base58_check(address: &str) -> Option<Vec<u8>> {
    // Base 58 is quadratic: no address is longer.
    const CHARS_MAX: usize = 64;
    if CHARS_MAX < address.len() {
        return None;
    }
    bs58::decode(address).with_check(None).into_vec().ok()
}

// --- handles ---

/// Digits and the signs around them, at least seven digits.
fn is_phone_like(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    7 <= digits && value.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.'))
}

/// E.164, trying the country that the service is at home in and the international form without `+`.
fn phone_or_digits(service: &str, value: &str) -> Identifier {
    let home = if service == "WECHAT" { "CN".parse().ok() } else { None };
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let international = format!("+{digits}");
    let found = phone(value, home).e164.or_else(|| phone(&international, None).e164);
    match found {
        Some(e164) => Identifier::new(e164, Check::Passed),
        None => Identifier::new(digits, Check::Unknown),
    }
}
