//! Places of birth and other attributes in words.

use crate::fingerprint::Form;

use super::similar::is_near;
use super::{Finding, Part};

pub(super) fn words(a: &Part, b: &Part) -> Finding {
    if let Some(bits) = a.same(b, Form::Whole) {
        return (0, Some(bits));
    }
    let (x, y) = (a.text(), b.text());
    if is_near(x, y, 0.92) || contains(x, y) || contains(y, x) {
        let bits = [a, b].into_iter().filter_map(|part| part.mark(Form::Whole)).map(|mark| mark.bits).min();
        return (1, bits);
    }
    (2, None)
}

/// Whether every word of `part` is a word of `whole`.
fn contains(whole: &str, part: &str) -> bool {
    !part.is_empty() && part.split(' ').all(|word| 2 < word.len() && whole.split(' ').any(|other| other == word))
}
