//! Web domains: the name that the owner chose matters, not the ending or the host it is rented on.

use rapidfuzz::distance::indel;

use crate::fingerprint::Form;

use super::similar::is_within;
use super::{Bits, Finding, Part};

/// Share of the letters of two names that are in common from which they are alike.
const ALIKE_MIN: f64 = 0.6;

pub(super) fn domain(a: &Part, b: &Part) -> Finding {
    // A label print each for the domain's own name and, after it, a name in front of it.
    let (left, right): (Vec<_>, Vec<_>) = (a.marks(Form::Label).collect(), b.marks(Form::Label).collect());
    let (Some(label), Some(other)) = (left.first(), right.first()) else { return (6, None) };
    let fronts = (left.get(1), right.get(1));
    let fronts_differ = matches!(fronts, (Some(x), Some(y)) if x.key != y.key);
    // Under another ending, a name in front of one alone may be a tenant's of a landlord with many domains.
    let fronts_match = fronts.0.map(|mark| mark.key) == fronts.1.map(|mark| mark.key);
    let same_whole = a.same(b, Form::Whole);
    if let Some(bits) = same_whole
        && !fronts_differ
    {
        let front = fronts.0.filter(|_| fronts.1.is_some()).map_or(Bits::ZERO, |mark| mark.bits);
        return (0, Some(bits.max(front)));
    }
    if label.key == other.key && fronts_match {
        // The same tenant with the same landlord: both names agree.
        let front = fronts.0.map_or(Bits::ZERO, |mark| mark.bits);
        return (1, Some(label.bits + front));
    }
    let across = left.iter().enumerate().flat_map(|(i, x)| right.iter().enumerate().map(move |(j, y)| (i + j, x, y)));
    let named = across.filter(|(places, x, y)| 0 < *places && x.key == y.key).map(|(_, x, _)| x.bits).max();
    if named.is_some() {
        return (2, named);
    }
    if same_whole.is_some() || label.key == other.key {
        return (4, Some(label.bits));
    }
    if left.len() == 1 && right.len() == 1 && close(a.word(0), b.word(0)) {
        return (3, Some(label.bits.min(other.bits)));
    }
    if alike(a.word(0), b.word(0)) { (5, None) } else { (6, None) }
}

/// Most letters in common, in their order: a name that was changed and is meant to be recognised.
fn alike(x: &str, y: &str) -> bool {
    ALIKE_MIN <= indel::normalized_similarity(x.chars(), y.chars())
}

/// One letter apart, or one the other with something short in front or behind.
fn close(x: &str, y: &str) -> bool {
    let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
    let letters = short.chars().count();
    if 6 <= letters && is_within(x, y, 1) {
        return true;
    }
    5 <= letters && (long.starts_with(short) || long.ends_with(short)) && long.len() - short.len() <= 4
}
