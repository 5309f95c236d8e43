//! The small checked values that records are made of: dates, times, countries and named enums.
//!
//! In: text. Out: a value, or an [`Unexpected`] that says what was expected and never repeats what was found.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// A date of which the day, or the day and the month, may be unknown: `1978`, `1978-12`, `1978-12-11`.
///
/// Ordered by time, the less exact date first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartialDate {
    /// Year, 1 to 9999.
    pub year: i16,
    /// Month, 1 to 12.
    pub month: Option<u8>,
    /// Day of the month; only with a month.
    pub day: Option<u8>,
}

/// ISO 3166-1 alpha-2 code, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// A text that is not the value it should be; says what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct Unexpected {
    /// What would have been right, to follow the word "expected".
    pub expected: &'static str,
}

/// A field of a draft that breaks a rule; never repeats the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}", if field.is_empty() { String::new() } else { format!("{field}: ") })]
pub struct FieldError {
    /// Where: a path such as `persons[0].birth_date`; empty for the record as a whole.
    pub field: String,
    /// What would have been right, to follow the word "expected".
    pub expected: String,
}

/// The officially assigned ISO 3166-1 alpha-2 codes, sorted. Source: ISO 3166 Maintenance Agency, Online Browsing
/// Platform, 249 codes.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
     BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET \
     FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ \
     IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
     MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
     PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
     TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

const DATE: Unexpected = Unexpected { expected: "an ISO date (YYYY, YYYY-MM or YYYY-MM-DD)" };
const IMPOSSIBLE_DATE: Unexpected =
    Unexpected { expected: "an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one" };
const COUNTRY: Unexpected = Unexpected { expected: "an ISO 3166-1 alpha-2 country code, such as GB" };
const TIME: Unexpected = Unexpected { expected: "an RFC 3339 time, such as 2024-05-03T12:00:00Z" };
const IMPOSSIBLE_TIME: Unexpected =
    Unexpected { expected: "an RFC 3339 time, such as 2024-05-03T12:00:00Z, found an impossible one" };

impl FieldError {
    /// A broken rule at `field`.
    pub fn new(field: impl Into<String>, expected: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), expected: expected.into() }
    }

    /// The same error seen from the record that holds the field: `birth_date` within `persons[0]` is
    /// `persons[0].birth_date`.
    pub fn within(mut self, outer: &str) -> FieldError {
        self.field = if self.field.is_empty() { outer.to_owned() } else { format!("{outer}.{}", self.field) };
        self
    }
}

impl PartialDate {
    /// A date, or nothing when there is no such day.
    ///
    /// ```
    /// use linkage_core::record::PartialDate;
    ///
    /// assert!(PartialDate::new(2024, Some(2), Some(29)).is_some());
    /// assert!(PartialDate::new(2024, Some(2), Some(30)).is_none());
    /// assert!(PartialDate::new(2024, None, Some(1)).is_none());
    /// ```
    pub fn new(year: i16, month: Option<u8>, day: Option<u8>) -> Option<PartialDate> {
        if !(1..=9999).contains(&year) || (month.is_none() && day.is_some()) {
            return None;
        }
        let month_given = i8::try_from(month.unwrap_or(1)).ok()?;
        let day_given = i8::try_from(day.unwrap_or(1)).ok()?;
        jiff::civil::Date::new(year, month_given, day_given).ok()?;
        Some(PartialDate { year, month, day })
    }
}

impl FromStr for PartialDate {
    type Err = Unexpected;

    fn from_str(text: &str) -> Result<PartialDate, Unexpected> {
        let mut parts = text.split('-');
        let year = parts.next().and_then(|part| digits(part, 4)).ok_or(DATE)?;
        let mut two = || parts.next().map(|part| digits(part, 2).ok_or(DATE)).transpose();
        let (month, day) = (two()?, two()?);
        if parts.next().is_some() {
            return Err(DATE);
        }
        let small = |number: Option<u16>| number.and_then(|number| u8::try_from(number).ok());
        let year = i16::try_from(year).map_err(|_| DATE)?;
        PartialDate::new(year, small(month), small(day)).ok_or(IMPOSSIBLE_DATE)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].into_iter().flatten() {
            write!(f, "-{part:02}")?;
        }
        Ok(())
    }
}

impl Country {
    /// The code, two upper-case letters.
    pub fn as_str(&self) -> &str {
        // Built from ASCII letters only, so this never falls back.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = Unexpected;

    /// Any case is accepted; codes that ISO reserves but has not assigned, such as `UK` or `XK`, are not.
    fn from_str(text: &str) -> Result<Country, Unexpected> {
        let code: [u8; 2] = text.to_ascii_uppercase().into_bytes().try_into().map_err(|_| COUNTRY)?;
        let known = code.iter().all(u8::is_ascii_uppercase)
            && COUNTRIES.as_bytes().chunks(3).any(|listed| listed.starts_with(&code));
        if known { Ok(Country(code)) } else { Err(COUNTRY) }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads an RFC 3339 time, years 1 to 9999, up to nanoseconds.
///
/// Only the grammar of RFC 3339 §5.6: a date, `T`, a time with seconds, and `Z` or an offset. A leap second counts as
/// the second before it.
///
/// # Errors
///
/// [`Unexpected`] when the text has another shape, or when there is no such time.
pub fn parse_time(text: &str) -> Result<Timestamp, Unexpected> {
    if !has_rfc3339_shape(text.as_bytes()) {
        return Err(TIME);
    }
    let time: Timestamp = text.parse().map_err(|_| IMPOSSIBLE_TIME)?;
    if time < first_time() { Err(IMPOSSIBLE_TIME) } else { Ok(time) }
}

/// The first time a record may hold, 0001-01-01T00:00:00Z: protobuf knows none before it.
fn first_time() -> Timestamp {
    const SECONDS: i64 = -62_135_596_800;
    Timestamp::from_second(SECONDS).unwrap_or(Timestamp::MIN)
}

fn has_rfc3339_shape(text: &[u8]) -> bool {
    const DATE_TIME: &[u8] = b"0000-00-00T00:00:00";
    const OFFSET: &[u8] = b"+00:00";
    let Some((date_time, rest)) = text.split_at_checked(DATE_TIME.len()) else { return false };
    if !like(date_time, DATE_TIME) {
        return false;
    }
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    matches!(rest, b"Z" | b"z") || like(rest, OFFSET)
}

/// Whether `text` has a digit wherever `shape` has `0`, a sign for `+`, and else the same letter in any case.
fn like(text: &[u8], shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-'),
            other => byte.eq_ignore_ascii_case(other),
        })
}

fn digits(text: &str, len: usize) -> Option<u16> {
    let plain = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Gives an enum its names: `name`, `ALL`, `Display` and `FromStr`, all from one list.
macro_rules! named {
    ($type:ident { $first:ident = $first_name:literal $(, $variant:ident = $name:literal)* $(,)? }) => {
        impl $type {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [$type] = &[$type::$first $(, $type::$variant)*];

            /// The name used in JSON and, with a prefix, in protobuf.
            pub const fn name(self) -> &'static str {
                match self {
                    $type::$first => $first_name,
                    $($type::$variant => $name,)*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::record::Unexpected;

            fn from_str(text: &str) -> Result<$type, Self::Err> {
                const EXPECTED: &str = concat!("one of ", $first_name $(, ", ", $name)*);
                let found = $type::ALL.iter().find(|value| value.name() == text).copied();
                found.ok_or($crate::record::Unexpected { expected: EXPECTED })
            }
        }
    };
}

pub(super) use named;

#[cfg(test)]
mod tests;
