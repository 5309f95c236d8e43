//! Telephone numbers: E.164 where country and number tell it.
//!
//! [`phone`] never loses a number: what no numbering plan knows is kept as digits.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

use crate::record::Country;

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// `+` and country code, if the number is valid in its numbering plan.
    pub e164: Option<String>,
    /// The national significant number if `e164` is known, else all digits as written, `00` in front removed.
    pub digits: String,
    /// The last seven digits, if there are so many: the same for most ways to write one number.
    pub last7: Option<String>,
    /// Whether a country's plan was asked for it and does not know it.
    pub fails_check: bool,
}

/// The most characters looked at; a longer text is cut.
const CHARS_MAX: usize = 64;

/// Takes a telephone number apart; a text without digits gives an empty one.
///
/// `region` is the country where the number would be dialled as written; without it only numbers in international
/// form get an `e164`.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::phone::phone;
///
/// let written = phone("+44 (0)20 7946 0958", None);
/// assert_eq!(written.e164.as_deref(), Some("+442079460958"));
/// assert_eq!(written.last7.as_deref(), Some("9460958"));
/// assert!(phone("+44 20 7946 09580", None).fails_check);
/// ```
pub fn phone(text: &str, region: Option<Country>) -> Phone {
    let text = plain(text);
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let region = region.and_then(|country| country.as_str().parse::<Region>().ok());
    let asked = region.is_some() || is_international(&text);
    let number = if asked { parse(&text, region) } else { None };
    if let Some(number) = &number {
        digits = number.get_national_significant_number();
    }
    let fails_check = asked && number.is_none() && !digits.is_empty();
    let last7 = digits.len().checked_sub(7).map(|at| digits[at..].to_owned());
    let e164 = number.map(|number| number.format_as(PhoneNumberFormat::E164).into_owned());
    Phone { e164, digits, last7, fails_check }
}

/// ASCII digits and signs, `00` in front as `+`, within the limit.
fn plain(text: &str) -> String {
    let mut plain: String = text
        .chars()
        .filter(|&c| !super::text::is_invisible(c))
        .take(CHARS_MAX)
        .flat_map(|c| {
            match c {
                '＋' => "+".chars(),
                _ if c.is_ascii() => "".chars(),
                _ => super::text::ascii_of(c).chars(),
            }
            .chain(c.is_ascii().then_some(c))
        })
        .collect();
    plain = plain.trim().trim_start_matches("tel:").trim_start().to_owned();
    match plain.strip_prefix("00") {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() && c != '0') => format!("+{rest}"),
        _ => plain,
    }
}

fn is_international(text: &str) -> bool {
    text.starts_with('+') || text.starts_with("(+")
}

/// The number, if its numbering plan has it.
fn parse(text: &str, region: Option<Region>) -> Option<PhoneNumber> {
    let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
    PHONE_NUMBER_UTIL.is_valid_number(&number).then_some(number)
}
