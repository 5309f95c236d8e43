//! Addresses: the street, and the area it lies in.

use crate::fingerprint::Form;

use super::similar::{is_near, is_within, slip};
use super::{Bits, Finding, Part};

/// Least rarity of the words that two streets share before they are nearly the same, and least share of what the
/// shorter one says.
const SHARED_BITS_MIN: f64 = 6.0;
const SHARED_SHARE_MIN: f64 = 0.6;

pub(super) fn street(a: &Part, b: &Part) -> Finding {
    let numbers = (a.key(Form::Number), b.key(Form::Number));
    let same_number = numbers.0.is_some() && numbers.0 == numbers.1;
    let number_bits = a.mark(Form::Number).map_or(Bits::ZERO, |mark| mark.bits);
    if same_number && let Some(bits) = a.same(b, Form::Whole) {
        return (0, Some(bits));
    }
    if let Some(bits) = a.same(b, Form::StreetName) {
        return if numbers.0.is_none() || numbers.1.is_none() { (2, Some(bits)) } else { (3, Some(bits)) };
    }
    if close_street(a, b) {
        let bits = [a, b].into_iter().filter_map(|part| part.mark(Form::StreetName)).map(|mark| mark.bits).min();
        let bits = bits.unwrap_or(Bits::ZERO);
        return if same_number { (1, Some(bits + number_bits)) } else { (4, Some(bits)) };
    }
    if same_number { (5, Some(number_bits)) } else { (6, None) }
}

/// Nearly the same words: a slip in the whole, or more than half of what the words say is the same.
fn close_street(a: &Part, b: &Part) -> bool {
    let (x, y) = (a.word(1), b.word(1));
    // Without values only the words can be told alike.
    let has_values = !x.is_empty() && !y.is_empty();
    if has_values && (is_near(x, y, 0.9) || 7 <= x.len().min(y.len()) && is_within(x, y, 2)) {
        return true;
    }
    let shared = a.marks(Form::Token).filter(|left| b.marks(Form::Token).any(|right| left.key == right.key));
    let shared: f64 = shared.map(|mark| mark.bits.get()).sum();
    let total = |part: &Part| part.marks(Form::Token).map(|mark| mark.bits.get()).sum::<f64>();
    SHARED_BITS_MIN <= shared && SHARED_SHARE_MIN * total(a).min(total(b)) <= shared
}

pub(super) fn area(a: &Part, b: &Part) -> Finding {
    let postcode = a.same(b, Form::Postcode);
    let town = a.same(b, Form::Locality);
    let (x, y) = (a.word(0), b.word(0));
    // Without values, what private mode keys in spite of a slip: a code less one character, a town's beginning and end.
    let near = |form: Form, x: &str, y: &str| (x.is_empty() || y.is_empty()) && a.shares(b, form).is_some();
    let close = || 4 <= x.len().min(y.len()) && is_within(x, y, 1) || near(Form::Deletion, x, y);
    let postcode_close = postcode.is_none() && close();
    let town_close = || slip(a.word(1), b.word(1)) || near(Form::Root, a.word(1), b.word(1));
    match (postcode, town) {
        (Some(code), Some(town)) => (0, Some(code.max(town))),
        (Some(code), None) => (1, Some(code)),
        (None, Some(town)) if postcode_close => (2, Some(town)),
        (None, Some(town)) => (3, Some(town)),
        (None, None) if postcode_close => (4, None),
        (None, None) if town_close() => (5, None),
        (None, None) => (6, None),
    }
}
