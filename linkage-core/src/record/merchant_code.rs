//! Codes that a shop shows and a payer scans: which networks they name, and who is paid there.
//!
//! A code is a list of fields: two digits of id, two of length in characters, and the value. Fields 02 to 51 name the merchant's
//! accounts: up to 25 by numbers of card schemes, from 26 on by lists of fields again, the first of which says whose network it is.
//! The last field is a checksum.
//!
//! The numbers of card schemes look like those of cards and are never kept; the rest would be mistaken for card numbers where long
//! runs of digits are looked for, so these codes are read before that.
//!
//! Source: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, version 1.1, 2020.

/// The longest code, in bytes: 512 characters, each of at most four.
const BYTES_MAX: usize = 2_048;

/// Ids of the accounts that are lists of fields.
const TEMPLATES: std::ops::RangeInclusive<u8> = 26..=51;

/// Ids of the numbers of card schemes.
const CARD_SCHEMES: std::ops::RangeInclusive<u8> = 2..=25;

/// The last field and its length: what the checksum counts too.
const CHECKSUM: &str = "6304";

/// A merchant's account in a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantAccount {
    /// The network's identifier, such as `SG.PAYNOW`, as written.
    pub network: String,
    /// The network's own fields, by id.
    pub fields: Vec<(u8, String)>,
}

/// The accounts that a merchant-presented code names, if the text is one and its checksum agrees.
///
/// # Examples
///
/// ```
/// use linkage_core::record::merchant_accounts;
///
/// let code = "00020126410009sg.paynow010120214202012345X-001030105204000053037025802SG5904Shop6009Singapore6304D06C";
/// let accounts = merchant_accounts(code).ok_or("no code")?;
/// assert_eq!(accounts[0].network, "sg.paynow");
/// assert_eq!(accounts[0].fields[1], (2, "202012345X-001".to_owned()));
/// # Ok::<(), &str>(())
/// ```
pub fn merchant_accounts(text: &str) -> Option<Vec<MerchantAccount>> {
    let fields = checked_fields(text)?;
    let account = |(id, value): (u8, &str)| {
        let mut inner = TEMPLATES.contains(&id).then(|| fields_of(value))??.into_iter();
        let (_, network) = inner.next().filter(|(id, network)| *id == 0 && !network.is_empty())?;
        Some(MerchantAccount {
            network: network.to_owned(),
            fields: inner.map(|(id, value)| (id, value.to_owned())).collect(),
        })
    };
    Some(fields.into_iter().filter_map(account).collect())
}

/// A merchant-presented code without the numbers of card schemes, with a checksum of its own; `None` if the text is no such code.
pub(super) fn without_card_schemes(text: &str) -> Option<String> {
    let fields = checked_fields(text)?;
    let mut kept = String::with_capacity(text.len());
    for (id, value) in fields.into_iter().filter(|(id, _)| !CARD_SCHEMES.contains(id) && *id != 63) {
        kept.push_str(&format!("{id:02}{:02}{value}", value.chars().count()));
    }
    kept.push_str(CHECKSUM);
    let sum = checksum(&kept);
    kept.push_str(&format!("{sum:04X}"));
    Some(kept)
}

fn checked_fields(text: &str) -> Option<Vec<(u8, &str)>> {
    let text = text.trim();
    let (counted, sum) = text.split_at_checked(text.len().checked_sub(4)?)?;
    let is_code = text.len() <= BYTES_MAX && text.starts_with("000201") && counted.ends_with(CHECKSUM);
    let agrees = is_code && u16::from_str_radix(sum, 16) == Ok(checksum(counted));
    fields_of(text).filter(|_| agrees)
}

fn fields_of(text: &str) -> Option<Vec<(u8, &str)>> {
    let two_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u8>().ok())?;
    let mut fields = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (id, behind) = rest.split_at_checked(2)?;
        let (length, behind) = behind.split_at_checked(2)?;
        let length = usize::from(two_digits(length)?);
        let ends = behind.char_indices().map(|(at, _)| at).chain([behind.len()]).nth(length)?;
        let (value, behind) = behind.split_at(ends);
        fields.push((two_digits(id)?, value));
        rest = behind;
    }
    Some(fields)
}

/// Source: ISO/IEC 13239, with the polynomial 1021 and the initial value FFFF.
fn checksum(text: &str) -> u16 {
    text.bytes().fold(0xFFFF, |sum: u16, byte| {
        (0..8).fold(sum ^ u16::from(byte) << 8, |sum, _| if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 })
    })
}

#[cfg(test)]
mod tests;
