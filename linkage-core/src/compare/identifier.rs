//! Registrations, documents, payment accounts: numbers under one scheme.

use crate::fingerprint::Form;

use super::similar::is_within;
use super::{Finding, Part};

pub(super) fn registration(a: &Part, b: &Part) -> Finding {
    if let Some(bits) = a.same(b, Form::Whole) {
        return (0, Some(bits));
    }
    let (x, y) = (a.text(), b.text());
    let close = if x.is_empty() || y.is_empty() {
        a.shares(b, Form::Deletion).is_some()
    } else {
        6 <= x.len().min(y.len()) && is_within(x, y, 1)
    };
    if close { (1, None) } else { (2, None) }
}

pub(super) fn exact(a: &Part, b: &Part) -> Finding {
    match a.same(b, Form::Whole) {
        Some(bits) => (0, Some(bits)),
        None => (1, None),
    }
}
