//! Mail, telephone, handles.

use crate::fingerprint::Form;

use super::similar::{is_within, slip};
use super::{Bits, Finding, Part};

pub(super) fn email(a: &Part, b: &Part) -> Finding {
    if let Some(bits) = a.same(b, Form::Whole) {
        return (0, Some(bits));
    }
    if let Some(bits) = a.same(b, Form::Local) {
        return (1, Some(bits));
    }
    let same_domain = !a.word(1).is_empty() && a.word(1) == b.word(1);
    if same_domain && slip(a.word(0), b.word(0)) {
        return (2, of_commoner(a, b));
    }
    (3, None)
}

pub(super) fn phone(a: &Part, b: &Part) -> Finding {
    if let Some(bits) = a.same(b, Form::Whole) {
        return (u8::from(a.fails_check()), Some(bits));
    }
    if let Some(bits) = a.same(b, Form::Last7) {
        return (2, Some(bits));
    }
    let (x, y) = (a.text(), b.text());
    if 7 <= x.len().min(y.len()) && is_within(x, y, 1) {
        return (3, None);
    }
    // Plans grow faster than their tables: a number that none knows is mostly one all the same, and differs from others.
    (4, None)
}

pub(super) fn handle(a: &Part, b: &Part) -> Finding {
    if let Some(bits) = a.same(b, Form::Whole) {
        return (0, Some(bits));
    }
    if let Some(bits) = a.same(b, Form::Local) {
        return (1, Some(bits));
    }
    if 6 <= a.text().len().min(b.text().len()) && is_within(a.text(), b.text(), 1) {
        return (2, of_commoner(a, b));
    }
    (3, None)
}

/// What two names that are not quite the same say together: as much as the commoner one.
fn of_commoner(a: &Part, b: &Part) -> Option<Bits> {
    [a, b].into_iter().filter_map(|part| part.mark(Form::Local)).map(|mark| mark.bits).min()
}
