//! Registrations, documents, payment accounts, trackers: numbers under one scheme.
//!
//! A number that fails its own check is nobody's. That two show the same one says something, if little: it was made up, or mistyped,
//! or a form was filled with nines. That another number differs from it says nothing.

use crate::fingerprint::Form;

use super::similar::is_within;
use super::{Finding, Part};

/// Places of the levels; see `levels`.
const EXACT: u8 = 0;
const INVALID: u8 = 1;

pub(super) fn registration(a: &Part, b: &Part) -> Option<Finding> {
    if let Some(found) = same(a, b) {
        return Some(found);
    }
    if a.fails_check() && b.fails_check() {
        return None;
    }
    let (x, y) = (a.text(), b.text());
    let close = if x.is_empty() || y.is_empty() {
        a.shares(b, Form::Deletion).is_some()
    } else {
        6 <= x.len().min(y.len()) && is_within(x, y, 1)
    };
    if close { Some((2, None)) } else { differing(a, b, 3) }
}

pub(super) fn exact(a: &Part, b: &Part) -> Option<Finding> {
    same(a, b).or_else(|| differing(a, b, 2))
}

/// The same number, at the lesser level where it fails its check; all that trackers know.
pub(super) fn same(a: &Part, b: &Part) -> Option<Finding> {
    a.same(b, Form::Whole).map(|bits| (if a.fails_check() { INVALID } else { EXACT }, Some(bits)))
}

fn differing(a: &Part, b: &Part, level: u8) -> Option<Finding> {
    (!a.fails_check() && !b.fails_check()).then_some((level, None))
}
