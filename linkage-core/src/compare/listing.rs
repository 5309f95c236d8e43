//! What is offered and how: texts by their MinHash bands, titles, articles, pictures. That two shops differ in their goods
//! says nothing; that they deal in different things does.

use crate::fingerprint::image::Pdq;
use crate::fingerprint::{CODE_WORDS, Form, MINHASH_BANDS, SENTENCE, SENTENCE_AROUND_CODE};

use super::{Bits, Finding, Part};

/// Of 24 bands of two rows: 14 shared is a Jaccard similarity near .76, 6 near .5.
const MOST_BANDS: usize = 14;
const SOME_BANDS: usize = 6;

/// Bits apart up to which two pictures are one, stored in another size or quality. Source: the examples of the publishers,
/// "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019; 31 is their bound for *similar*.
const SAME_DISTANCE_MAX: u32 = 10;

/// What two texts share beside a template is rarer than the middle of all they share by more than this, in bits: eight times as many
/// show the template, as many as make a whole text a hub.
const TEMPLATE_BITS: f64 = 3.0;

pub(super) fn text(a: &Part, b: &Part) -> Option<Finding> {
    if let Some(bits) = a.same(b, Form::Whole) {
        return Some((0, Some(bits)));
    }
    let mut shared = [Bits::ZERO; MINHASH_BANDS];
    let shared = bands(a, b, &mut shared);
    // Enough for a level of their own, were nothing else shared.
    let own = shared.len().checked_sub(SOME_BANDS).map(|at| shared[at])?;
    let middle = median(shared)?;
    match shared.len() {
        _ if middle + Bits::new(TEMPLATE_BITS) < own => Some((2, Some(own))),
        MOST_BANDS.. => Some((1, Some(middle))),
        _ => Some((2, Some(middle))),
    }
}

/// How rare the bands are that two items have in common, ascending.
fn bands<'s>(a: &Part, b: &Part, shared: &'s mut [Bits; MINHASH_BANDS]) -> &'s [Bits] {
    let mut count = 0;
    for (x, y) in a.marks(Form::Band).zip(b.marks(Form::Band)).take(MINHASH_BANDS) {
        if x.key == y.key {
            shared[count] = x.bits.min(y.bits);
            count += 1;
        }
    }
    shared[..count].sort_unstable();
    &shared[..count]
}

/// The rarity of what two texts share: that of the middle one of their shared bands, because a phrase that everybody
/// writes makes most of them common, and chance makes some of them rare.
fn median(ascending: &[Bits]) -> Option<Bits> {
    ascending.get(ascending.len() / 2).copied()
}

pub(super) fn title(a: &Part, b: &Part) -> Option<Finding> {
    let whole = a.same(b, Form::Whole).map(|bits| (0, Some(bits)));
    whole.or_else(|| a.same(b, Form::Joined).map(|bits| (1, Some(bits))))
}

/// An article number that fails its check is the better level: nobody else has it.
pub(super) fn article(a: &Part, b: &Part) -> Option<Finding> {
    same(a, b).map(|(_, bits)| (u8::from(!a.fails_check()), bits))
}

/// The same disguise is better than the same way to disguise, and that than the same code words.
pub(super) fn disguise(a: &Part, b: &Part) -> Option<Finding> {
    let whole = a.same(b, Form::Whole).map(|bits| (if a.class == CODE_WORDS { 2 } else { 0 }, Some(bits)));
    whole.or_else(|| a.same(b, Form::Habit).map(|bits| (1, Some(bits))))
}

/// A code is better than a sentence.
pub(super) fn phrase(a: &Part, b: &Part) -> Option<Finding> {
    same(a, b).map(|(_, bits)| (if matches!(a.class, SENTENCE | SENTENCE_AROUND_CODE) { 2 } else { 1 }, bits))
}

/// The same file, hashes few bits apart, or others. Two hashes without a band in common are as rare as any band.
pub(super) fn image(a: &Part, b: &Part) -> Option<Finding> {
    if let Some(found) = same(a, b) {
        return Some(found);
    }
    let (x, y) = (a.picture()?, b.picture()?);
    let level = match x.distance_hamming(y) {
        0..=SAME_DISTANCE_MAX => 1,
        distance if distance <= Pdq::SAME_MAX => 2,
        _ => return Some((3, None)),
    };
    let any_band = || a.mark(Form::Band).map(|mark| mark.bits);
    Some((level, median(bands(a, b, &mut [Bits::ZERO; MINHASH_BANDS])).or_else(any_band)))
}

/// Kinds that know one level only: the same value.
pub(super) fn same(a: &Part, b: &Part) -> Option<Finding> {
    a.same(b, Form::Whole).map(|bits| (0, Some(bits)))
}

/// Who deals in handbags and comes back deals in handbags.
pub(super) fn category(a: &Part, b: &Part) -> Finding {
    same(a, b).unwrap_or((1, None))
}
