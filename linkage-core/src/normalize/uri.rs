//! Links that open a contact or a payment: what a QR code says, and what stands among an account's web addresses.
//!
//! [`targets`] reads one text and says whom it reaches, in the words of a record, so that `https://wa.me/447700900123` in a picture
//! and a telephone number typed into a form become one value. [`payment`] does so for payment links alone.
//!
//! Codes that shops show for scanning are read in `record`; whose network is whose is data: `payment_networks.tsv`.
//!
//! Sources: RFC 3966 (tel), RFC 6068 (mailto), RFC 6350 (vCard), BIP 21 (bitcoin), EIP-681 (ethereum), EPC069-12 (credit transfers).
//! Which hosts are whose is data: `platforms.tsv`.

use std::borrow::Cow;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::identifier::{self, Check};
use super::platform::{self, Sort};
use super::{table, text};
use crate::record::{MerchantAccount, merchant_accounts};

/// Whom a link reaches; values as somebody would have written them into a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A telephone number.
    Phone(String),
    /// A mail address.
    Email(String),
    /// An account on a messenger.
    Handle {
        /// The messenger, upper case.
        service: &'static str,
        /// The name there.
        value: String,
    },
    /// A payment account.
    Payment {
        /// The scheme, upper case.
        scheme: Cow<'static, str>,
        /// The account.
        value: String,
    },
    /// A web address that names an account of a platform. Any other one in a picture is the maker's more often than the seller's, and
    /// reaches nobody.
    Site(String),
}

/// The most targets of one text: a card holds a few numbers and addresses.
const TARGETS_MAX: usize = 8;

/// Whom the text of a QR code reaches; nobody where it is free text.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::uri::{Target, targets};
///
/// assert_eq!(targets("tel:+442079460958"), [Target::Phone("+442079460958".to_owned())]);
/// assert_eq!(targets("Buy one, get one free"), []);
/// ```
pub fn targets(text: &str) -> Vec<Target> {
    let text: String = text.trim().chars().filter(|c| !text::is_invisible(*c)).collect();
    let mut found = if let Some(payment) = payment(&text) {
        vec![payment]
    } else if let Some(transfer) = credit_transfer(&text) {
        vec![transfer]
    } else if let Some(accounts) = merchant_accounts(&text) {
        accounts.iter().filter_map(merchant).collect()
    } else if starts_with(&text, "BEGIN:VCARD") || starts_with(&text, "MECARD:") || starts_with(&text, "MATMSG:") {
        card(&text)
    } else {
        contact(&text).into_iter().collect()
    };
    found.dedup();
    found.truncate(TARGETS_MAX);
    found
}

/// The payment account that a link opens: a coin's, PayPal's, Alipay's or WeChat Pay's.
pub fn payment(text: &str) -> Option<Target> {
    let text = text.trim();
    let pay = |scheme: &'static str, value: &str| {
        Some(Target::Payment { scheme: Cow::Borrowed(scheme), value: value.to_owned() })
    };
    if starts_with(text, "bitcoin:") {
        return pay("BTC", text);
    }
    if starts_with(text, "tron:") {
        return pay("USDT-TRC20", text);
    }
    if starts_with(text, "ethereum:") {
        return pay("ETH", ethereum(text));
    }
    if starts_with(text, "wxp://") {
        return pay("WECHAT_PAY", text);
    }
    if let Some(named) = platform::named_in(text).filter(|named| named.sort == Sort::Payment) {
        let scheme = if named.family == "paypal" { "PAYPAL" } else { "ALIPAY" };
        return pay(scheme, text);
    }
    // An address alone tells what it is only if its checksum does.
    let coins = ["BTC", "ETH", "USDT-TRC20"];
    let scheme = coins.into_iter().find(|scheme| identifier::payment(scheme, text).check == Check::Passed)?;
    pay(scheme, text)
}

/// Of a token's transfer the one who receives it, else the address itself.
fn ethereum(text: &str) -> &str {
    let body = &text["ethereum:".len()..];
    let body = body.strip_prefix("pay-").unwrap_or(body);
    let receiver = body.split_once("/transfer").and_then(|(_, rest)| rest.split_once("address="));
    let address = receiver.map_or(body, |(_, rest)| rest);
    address.split(['?', '&', '@', '/']).next().unwrap_or_default()
}

/// A mail address, telephone number, messenger or web address.
fn contact(text: &str) -> Option<Target> {
    for scheme in ["tel:", "sms:", "smsto:", "callto:"] {
        if starts_with(text, scheme) {
            let number = text[scheme.len()..].split([';', '?', ':', ',']).next().unwrap_or_default();
            return has_digits(number).then(|| Target::Phone(number.to_owned()));
        }
    }
    if starts_with(text, "mailto:") {
        let address = text["mailto:".len()..].split('?').next().unwrap_or_default().replace("%40", "@");
        return address.contains('@').then_some(Target::Email(address));
    }
    let messengers =
        [("weixin://contacts/profile/", "WECHAT"), ("whatsapp://send", "WHATSAPP"), ("tg://resolve", "TELEGRAM")];
    if let Some((start, service)) = messengers.into_iter().find(|(start, _)| starts_with(text, start)) {
        let rest = &text[start.len()..];
        let parameter = |name: &str| rest.split(['?', '&']).find_map(|pair| pair.strip_prefix(name));
        let value = parameter("phone=").or_else(|| parameter("domain=")).unwrap_or(rest);
        let value = value.split(['?', '&', '/']).next().unwrap_or_default();
        return (!value.is_empty()).then(|| Target::Handle { service, value: value.replace("%2B", "+") });
    }
    platform::named_in(text).map(|_| Target::Site(text.to_owned()))
}

/// Numbers and addresses of a visiting card: lines of `TEL;TYPE=CELL:…`, or fields between semicolons.
fn card(text: &str) -> Vec<Target> {
    let is_lines = starts_with(text, "BEGIN:VCARD");
    let body = if is_lines { text } else { text.split_once(':').map_or("", |(_, body)| body) };
    let separator = if is_lines { '\n' } else { ';' };
    let fields = body.split(separator).filter_map(|field| field.trim().split_once(':'));
    fields
        .filter_map(|(name, value)| {
            let name = name.split(';').next().unwrap_or_default().to_ascii_uppercase();
            let value = value.trim().trim_end_matches(';');
            match name.rsplit('.').next().unwrap_or_default() {
                "TEL" if has_digits(value) => Some(Target::Phone(value.trim_start_matches("tel:").to_owned())),
                "EMAIL" | "TO" if value.contains('@') => Some(Target::Email(value.to_owned())),
                "URL" => payment(value).or_else(|| contact(value)),
                _ => None,
            }
        })
        .take(TARGETS_MAX)
        .collect()
}

/// The account of a credit transfer: the seventh line behind the mark `BCD`.
fn credit_transfer(text: &str) -> Option<Target> {
    let mut lines = text.lines().map(str::trim);
    if lines.next() != Some("BCD") {
        return None;
    }
    let value = lines.nth(5).filter(|line| !line.is_empty())?;
    Some(Target::Payment { scheme: Cow::Borrowed("IBAN"), value: value.to_owned() })
}

/// A network of merchant-presented codes: its scheme and the ids of its fields that say who is paid.
struct Network {
    scheme: &'static str,
    fields: Vec<u8>,
}

static NETWORKS: LazyLock<FxHashMap<&'static str, Network>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("data/payment_networks.tsv"));
    rows.filter_map(|row| {
        let fields = table::list(row.get(1)?).filter_map(|id| id.parse().ok()).collect();
        Some((*row.first()?, Network { scheme: row.get(2)?, fields }))
    })
    .collect()
});

/// The account of a merchant in a network. One that is not listed gives its identifier as the scheme, and all of its fields as the
/// account: too much of it at times, and never another's.
fn merchant(account: &MerchantAccount) -> Option<Target> {
    /// Shorter ones are the ids of banks and the kinds of accounts.
    const CHARS_MIN: usize = 5;
    let network = NETWORKS.get(account.network.to_ascii_lowercase().as_str());
    let is_payee = |id: u8| network.is_none_or(|network| network.fields.contains(&id));
    let values: Vec<&str> =
        account.fields.iter().filter(|(id, _)| is_payee(*id)).map(|(_, value)| value.as_str()).collect();
    let value = values.join(" ");
    let scheme = match network {
        Some(network) => Cow::Borrowed(network.scheme),
        None => Cow::Owned(scheme_of(&account.network)),
    };
    (CHARS_MIN <= value.chars().count()).then_some(Target::Payment { scheme, value })
}

/// A network's identifier in the letters of a scheme.
fn scheme_of(network: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '-' };
    network.chars().map(letter).collect()
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

fn has_digits(text: &str) -> bool {
    5 <= text.chars().filter(char::is_ascii_digit).count()
}
