//! Listings: texts by their MinHash bands, pictures by digest. That two shops differ in their goods says nothing.

use crate::fingerprint::Form;

use super::{Finding, Part};

/// Of 24 bands of two rows: 14 shared is a Jaccard similarity near .76, 6 near .5.
const MOST_BANDS: usize = 14;
const SOME_BANDS: usize = 6;

pub(super) fn text(a: &Part, b: &Part) -> Option<Finding> {
    if let Some(bits) = a.same(b, Form::Whole) {
        return Some((0, Some(bits)));
    }
    let shared = a.marks(Form::Band).zip(b.marks(Form::Band)).filter(|(x, y)| x.key == y.key).count();
    match shared {
        n if MOST_BANDS <= n => Some((1, None)),
        n if SOME_BANDS <= n => Some((2, None)),
        _ => None,
    }
}

pub(super) fn image(a: &Part, b: &Part) -> Option<Finding> {
    a.same(b, Form::Whole).map(|bits| (0, Some(bits)))
}
