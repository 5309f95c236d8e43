//! What is offered and how: texts by their MinHash bands, titles, articles, pictures. That two shops differ in their goods
//! says nothing.

use crate::fingerprint::{Form, GTIN_INVALID, MINHASH_BANDS};

use super::{Bits, Finding, Part};

/// Of 24 bands of two rows: 14 shared is a Jaccard similarity near .76, 6 near .5.
const MOST_BANDS: usize = 14;
const SOME_BANDS: usize = 6;

pub(super) fn text(a: &Part, b: &Part) -> Option<Finding> {
    if let Some(bits) = a.same(b, Form::Whole) {
        return Some((0, Some(bits)));
    }
    let mut shared = [Bits::ZERO; MINHASH_BANDS];
    let mut count = 0;
    for (x, y) in a.marks(Form::Band).zip(b.marks(Form::Band)).take(MINHASH_BANDS) {
        if x.key == y.key {
            shared[count] = x.bits.min(y.bits);
            count += 1;
        }
    }
    match count {
        n if MOST_BANDS <= n => Some((1, Some(median(&mut shared[..count])))),
        n if SOME_BANDS <= n => Some((2, Some(median(&mut shared[..count])))),
        _ => None,
    }
}

/// The rarity of what two texts share: that of the middle one of their shared bands, because a phrase that everybody
/// writes makes most of them common, and chance makes some of them rare.
fn median(bits: &mut [Bits]) -> Bits {
    bits.sort_unstable();
    bits.get(bits.len() / 2).copied().unwrap_or_default()
}

pub(super) fn title(a: &Part, b: &Part) -> Option<Finding> {
    let whole = a.same(b, Form::Whole).map(|bits| (0, Some(bits)));
    whole.or_else(|| a.same(b, Form::Joined).map(|bits| (1, Some(bits))))
}

/// An article number that fails its check is the better level: nobody else has it.
pub(super) fn article(a: &Part, b: &Part) -> Option<Finding> {
    same(a, b).map(|(_, bits)| (u8::from(a.class != GTIN_INVALID), bits))
}

pub(super) fn image(a: &Part, b: &Part) -> Option<Finding> {
    same(a, b)
}

/// Kinds that know one level only: the same value.
pub(super) fn same(a: &Part, b: &Part) -> Option<Finding> {
    a.same(b, Form::Whole).map(|bits| (0, Some(bits)))
}
