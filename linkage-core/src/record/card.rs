//! Payment card numbers: finding full ones where they must not be, and the short form that may be kept.
//!
//! A full number has 13 to 19 digits, a plausible issuer prefix and a valid Luhn check digit. Digits may be of any
//! script and stand apart by spaces, dashes and dots. A run of digits that is longer than a card is searched too, so
//! that a number cannot hide between others.
//!
//! - [`redact`] rewrites what it finds;
//! - [`truncate`] is the only spelling accepted in a `CARD` payment.
//!
//! False alarms are bounded by [`Strictness`]: free text is searched widely, an identifier only for the lengths and
//! prefixes that are in common use, because a telephone number that is rewritten is a link that is lost.

use std::ops::Range;

/// How sure the finder must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Free text: any issuer, also inside longer runs of digits.
    Text,
    /// A typed identifier: common issuers at their own length, and nothing but whole groups of digits.
    Identifier,
}

/// A decimal digit in a text.
#[derive(Clone, Copy)]
struct Digit {
    value: u8,
    /// Where its bytes are.
    start: usize,
    end: usize,
    /// Whether it is the first of its run, or follows a separator.
    opens_group: bool,
}

/// A run of digits with at most [`GAP_CHARS_MAX`] separators between two of them.
#[derive(Default)]
struct Run {
    digits: Vec<Digit>,
    after_plus: bool,
}

/// Digits of a full number. Source: ISO/IEC 7812-1.
const DIGITS_MIN: usize = 13;
const DIGITS_MAX: usize = 19;

/// Longest gap within one number, as in `4111 - 1111`.
const GAP_CHARS_MAX: usize = 3;

/// Longest telephone number with its country code. Source: ITU-T E.164 §6.
const PHONE_DIGITS_MAX: usize = 15;

/// What a `CARD` value should be.
pub(super) const TRUNCATED: &str = "BIN (6 to 8 digits) and last four, such as 411111******1111";
/// The same, when the value is a full number.
pub(super) const TRUNCATED_NOT_FULL: &str =
    "BIN (6 to 8 digits) and last four, such as 411111******1111, never a full card number";

/// Replaces every full card number, with the digits that touch it, by `token`, called with the number's ASCII digits.
///
/// Idempotent as long as a token neither ends nor begins with a digit or separator. Linear in the text.
pub(super) fn redact(text: String, strictness: Strictness, token: &dyn Fn(&str) -> String) -> String {
    let mut redacted = String::new();
    let mut done = 0;
    for run in runs(&text) {
        let mut from = 0;
        while let Some(window) = find(&run, from, strictness) {
            let groups = run.whole_groups(&window);
            redacted.push_str(&text[done..run.digits[groups.start].start]);
            redacted.push_str(&token(&run.shown(window)));
            done = run.digits[groups.end - 1].end;
            from = groups.end;
        }
    }
    if done == 0 {
        return text;
    }
    redacted.push_str(&text[done..]);
    redacted
}

/// The digits of `value` when it is one full card number and nothing else but separators.
pub(super) fn whole_number(value: &str) -> Option<String> {
    let mut digits = String::new();
    for c in value.trim().chars() {
        match digit(c) {
            Some(value) => digits.push(char::from(b'0' + value)),
            None if is_separator(c) => {}
            None => return None,
        }
    }
    let values: Vec<u8> = digits.bytes().map(|byte| byte - b'0').collect();
    (is_card(&values, Strictness::Identifier)).then_some(digits)
}

/// The kept form of a card, `411111******1111`, from any spelling of BIN and last four.
///
/// # Errors
///
/// What was expected, when digits are missing or too many: 13 or more may be a full number.
pub(super) fn truncate(value: &str) -> Result<String, &'static str> {
    let mut digits = String::new();
    let mut digits_before_mask = None;
    for c in value.chars() {
        match digit(c) {
            Some(value) => digits.push(char::from(b'0' + value)),
            None if is_mask(c) => {
                digits_before_mask.get_or_insert(digits.len());
                if digits.len() != digits_before_mask.unwrap_or_default() {
                    return Err(if digits.len() < DIGITS_MIN { TRUNCATED } else { TRUNCATED_NOT_FULL });
                }
            }
            None if is_separator(c) => {}
            None => return Err(TRUNCATED),
        }
    }
    if digits.len() >= DIGITS_MIN {
        return Err(TRUNCATED_NOT_FULL);
    }
    let bin_len = digits.len().saturating_sub(4);
    if !(6..=8).contains(&bin_len) || digits_before_mask.is_some_and(|before| before != bin_len) {
        return Err(TRUNCATED);
    }
    let (bin, last_four) = digits.split_at(bin_len);
    Ok(format!("{bin}{}{last_four}", "*".repeat(16 - digits.len())))
}

/// The value of a decimal digit of any common script.
///
/// Source: Unicode Character Database, general category Nd: the code points of the zeros.
pub(super) fn digit(c: char) -> Option<u8> {
    const ZEROS: [u32; 21] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
        0xf20, 0x1040, 0x17e0, 0x1810, 0xff10,
    ];
    const MATHEMATICAL: std::ops::RangeInclusive<u32> = 0x1d7ce..=0x1d7ff;
    let code = u32::from(c);
    let value = if MATHEMATICAL.contains(&code) {
        Some((code - MATHEMATICAL.start()) % 10)
    } else {
        ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| code - zero)
    };
    value.and_then(|value| u8::try_from(value).ok())
}

/// Whether `c` may stand between the digits of one number.
pub(super) fn is_separator(c: char) -> bool {
    match c {
        '\n' | '\r' => false,
        '-' | '.' | '_' | '/' | '·' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => true,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => true,
        _ => c.is_whitespace(),
    }
}

/// Whether `c` stands for a digit that is not shown.
pub(super) fn is_mask(c: char) -> bool {
    matches!(c, '*' | 'x' | 'X' | '#' | '•' | '●' | '…' | '＊')
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run = Run::default();
    let mut gap_chars = 0;
    let mut before = None;
    for (start, c) in text.char_indices() {
        match digit(c) {
            Some(value) => {
                if run.digits.is_empty() {
                    run.after_plus = before == Some('+');
                }
                let opens_group = run.digits.is_empty() || gap_chars > 0;
                run.digits.push(Digit { value, start, end: start + c.len_utf8(), opens_group });
                gap_chars = 0;
            }
            None if is_separator(c) && gap_chars < GAP_CHARS_MAX => gap_chars += 1,
            None => {
                close(&mut run, &mut runs);
                gap_chars = 0;
            }
        }
        before = Some(c);
    }
    close(&mut run, &mut runs);
    runs
}

fn close(run: &mut Run, runs: &mut Vec<Run>) {
    let run = std::mem::take(run);
    if run.digits.len() >= DIGITS_MIN {
        runs.push(run);
    }
}

/// The next card number at or after `from`, longest first, as a window of digits.
fn find(run: &Run, from: usize, strictness: Strictness) -> Option<Range<usize>> {
    let digits = &run.digits;
    if run.after_plus && digits.len() <= PHONE_DIGITS_MAX {
        return None;
    }
    let mut values = [0; DIGITS_MAX];
    for start in from..digits.len() {
        for len in (DIGITS_MIN..=DIGITS_MAX.min(digits.len() - start)).rev() {
            let window = &digits[start..start + len];
            for (value, digit) in values.iter_mut().zip(window) {
                *value = digit.value;
            }
            let (opens, closes) = (run.is_boundary(start), run.is_boundary(start + len));
            let one_group = window.iter().skip(1).all(|digit| !digit.opens_group);
            let needed = match strictness {
                Strictness::Text if opens && closes && !(one_group && is_gtin_13(&values[..len])) => Strictness::Text,
                Strictness::Text if opens || closes || one_group => Strictness::Identifier,
                Strictness::Identifier if opens && closes => Strictness::Identifier,
                _ => continue,
            };
            if is_card(&values[..len], needed) {
                return Some(start..start + len);
            }
        }
    }
    None
}

impl Run {
    /// Whether a group of digits begins at this place, or the run ends there.
    fn is_boundary(&self, at: usize) -> bool {
        self.digits.get(at).is_none_or(|digit| digit.opens_group)
    }

    /// The window widened to whole groups, so that what is left on both sides has been searched as it stands.
    fn whole_groups(&self, window: &Range<usize>) -> Range<usize> {
        let start = (0..=window.start).rev().find(|at| self.is_boundary(*at)).unwrap_or(0);
        let end = (window.end..=self.digits.len()).find(|at| self.is_boundary(*at)).unwrap_or(self.digits.len());
        start..end
    }

    fn shown(&self, window: Range<usize>) -> String {
        self.digits[window].iter().map(|digit| char::from(b'0' + digit.value)).collect()
    }
}

fn is_card(digits: &[u8], strictness: Strictness) -> bool {
    (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && has_issuer(digits, strictness) && is_luhn_valid(digits)
}

/// Whether the prefix belongs to an issuer of numbers of this length.
///
/// Source: ISO/IEC 7812-1 and the ranges published by the networks (Visa, Mastercard, American Express, Diners,
/// Discover, JCB, UnionPay, Mir, RuPay, Troy; Maestro for the rest of 5 and 6).
fn has_issuer(digits: &[u8], strictness: Strictness) -> bool {
    let prefix = |len: usize| digits.iter().take(len).fold(0, |number, digit| number * 10 + u32::from(*digit));
    let (one, two, three, four) = (prefix(1), prefix(2), prefix(3), prefix(4));
    let maestro = two == 50 || (56..=69).contains(&two);
    let diners = matches!(three, 300..=305 | 309) || matches!(two, 36 | 38 | 39);
    let jcb = (3528..=3589).contains(&four);
    let common = match digits.len() {
        15 => matches!(two, 34 | 37),
        16 => {
            let mastercard = matches!(two, 51..=55) || (2221..=2720).contains(&four);
            let discover = four == 6011 || matches!(three, 644..=649) || two == 65;
            let others = matches!(two, 60 | 62 | 81 | 82) || matches!(four, 2200..=2204 | 9792);
            one == 4 || mastercard || discover || jcb || others
        }
        19 => two == 62,
        _ => false,
    };
    let rare = match digits.len() {
        13 => one == 4,
        14 => diners,
        16 => diners || maestro,
        17 | 18 => maestro || jcb,
        19 => one == 4 || maestro || jcb,
        _ => false,
    };
    common || (strictness == Strictness::Text && rare)
}

/// Whether the last digit is the Luhn check digit of the others.
fn is_luhn_valid(digits: &[u8]) -> bool {
    luhn_sum(digits.iter().map(|digit| u32::from(*digit))).is_multiple_of(10)
}

/// The sum of digits, every second one from the right doubled and its own digits added. Source: ISO/IEC 7812-1, annex B.
pub(crate) fn luhn_sum(digits: impl DoubleEndedIterator<Item = u32>) -> u32 {
    let counted = |(place, digit)| if place % 2 == 1 { digit / 5 + digit * 2 % 10 } else { digit };
    digits.rev().enumerate().map(counted).sum()
}

/// Whether 13 digits are a product code: German and Japanese ones begin like a Visa card.
///
/// Source: GS1 General Specifications §7.9, check digit.
fn is_gtin_13(digits: &[u8]) -> bool {
    let sum = |digits: &[u8]| -> u32 {
        digits.iter().enumerate().map(|(place, digit)| u32::from(*digit) * if place % 2 == 1 { 3 } else { 1 }).sum()
    };
    digits.len() == 13 && sum(digits).is_multiple_of(10)
}

#[cfg(test)]
mod tests;
