//! How alike two names stand to each other, measure by measure, across scripts.
//!
//! ```text
//! text ──► Sketch ┐
//!                 ├─ measure ──► one value for each of MEASURES ──► a head weighs them
//! text ──► Sketch ┘
//! ```
//!
//! - [`Sketch`] is a name made ready once: romanised, cut into words with their rarity. Comparing costs no look-up.
//! - [`measure`] is the whole job; start there. It does not depend on which name is called left.
//!
//! **Not here:** what a measure weighs; that is learned (`score::head`). Levels of names within records are in `compare`.

mod align;
mod crossing;
mod sketch;
mod spelling;

pub use sketch::{Sketch, Weights};

use align::{Alignment, align};

/// What [`measure`] returns, in order. A share is 0 to 1; a measure that a pair cannot have is [`f64::NAN`].
pub const MEASURES: [&str; 34] = [
    "longer_share_covered",
    "shorter_share_covered",
    "worst_fit",
    "contradiction",
    "left_over",
    "spelling",
    "worst_edits",
    "altered_words",
    "altered_known_names",
    "initials",
    "short_forms",
    "altered_sound_same",
    "altered_begin_same",
    "altered_length",
    "agreed_rarity",
    "words_of_shorter",
    "words_more",
    "order_changed",
    "trigrams",
    "form_same",
    "numbers_same",
    "acronym",
    "other_script",
    "translated_share",
    "read_aloud",
    "read_aloud_size",
    "read_aloud_clear",
    "read_aloud_long",
    "translated_rarity",
    "not_translated",
    "known_names_apart",
    "all_words_same",
    "first_words_same",
    "characters_shared",
];

/// Beyond this nobody is called the same by chance, however many words a name has.
const AGREED_BITS_MAX: f32 = 40.0;

/// Stretches of other names are alike so much when read aloud: the mean over brands that have nothing to do with each other.
const CHANCE_LIKENESS: f32 = 0.55;

/// From here on hardly any other name is alike when read aloud.
const CLEAR_LIKENESS: f32 = 0.75;

/// Measures how alike two names are. The values do not depend on the order of the two.
///
/// O(words²) with a small constant: one or two microseconds for names of three words in Latin letters.
pub fn measure(left: &Sketch, right: &Sketch) -> [f64; MEASURES.len()] {
    // One of the two orders is always taken, so that no tie can tell left from right.
    let (a, b) = if right.order() < left.order() { (right, left) } else { (left, right) };
    let mut best: Option<(f32, [f64; MEASURES.len()])> = None;
    for x in a.readings() {
        for y in b.readings() {
            let found = align(x, y, a.script() != b.script());
            let rank = found.rank();
            if best.as_ref().is_none_or(|(most, _)| *most < rank) {
                best = Some((rank, values(&found, a, b)));
            }
        }
    }
    let mut values = best.map_or([f64::NAN; MEASURES.len()], |(_, values)| values);
    between(&mut values, a, b);
    values
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// What the alignment of one reading with another says.
fn values(found: &Alignment, a: &Sketch, b: &Sketch) -> [f64; MEASURES.len()] {
    let mut values = [f64::NAN; MEASURES.len()];
    let altered = |value: f64| if found.altered == 0 { f64::NAN } else { value };
    let list = [
        f64::from(found.covered[0].max(found.covered[1])),
        f64::from(found.covered[0].min(found.covered[1])),
        f64::from(found.worst),
        f64::from(found.unmatched[0].min(found.unmatched[1])).ln_1p(),
        f64::from(found.unmatched[0].max(found.unmatched[1])).ln_1p(),
        f64::from(found.spelling),
        f64::from(found.worst_edits),
        f64::from(found.altered),
        f64::from(found.altered_known),
        f64::from(found.initials),
        f64::from(found.short_forms),
        altered(f64::from(found.altered_sound) / f64::from(found.altered.max(1))),
        altered(f64::from(found.altered_begin) / f64::from(found.altered.max(1))),
        altered(f64::from(found.altered_length)),
        f64::from(found.agreed.min(AGREED_BITS_MAX)).ln_1p(),
        found.words[0].min(found.words[1]).min(6) as f64,
        found.words[0].abs_diff(found.words[1]).min(6) as f64,
        flag(found.order_changed),
        f64::from(found.trigrams),
    ];
    values[..list.len()].copy_from_slice(&list);
    values[30] = flag(found.known_apart);
    values[31] = flag(found.all_same);
    values[32] = f64::from(found.begins);
    values[22] = flag(a.script() != b.script());
    values
}

/// What the two names say besides their words.
fn between(values: &mut [f64; MEASURES.len()], a: &Sketch, b: &Sketch) {
    values[19] = match (a.form(), b.form()) {
        (Some(x), Some(y)) => flag(x == y),
        _ => f64::NAN,
    };
    values[20] = match (a.numbers(), b.numbers()) {
        ([], []) => f64::NAN,
        (x, y) => flag(x == y),
    };
    values[21] = flag(a.is_acronym_of(b) || b.is_acronym_of(a));
    values[33] = a.characters_shared(b).unwrap_or(f64::NAN);
    if let Some(crossed) = crossing::cross(a, b) {
        values[23] = f64::from(crossed.translated);
        values[24] = f64::from(crossed.read_aloud);
        values[25] = f64::from(crossed.size).ln_1p();
        // What is half alike by chance says nothing, what is alike for long says most.
        values[26] = f64::from((crossed.read_aloud - CHANCE_LIKENESS).max(0.0) * crossed.size);
        values[27] = f64::from((crossed.read_aloud - CLEAR_LIKENESS).max(0.0) * crossed.size);
        values[28] = f64::from(crossed.hit).ln_1p();
        values[29] = f64::from(crossed.missed).ln_1p();
        // Their words are in two languages: what is read aloud and translated stands for all that words say.
        for at in (0..19).chain([20, 21, 30, 31, 32]) {
            values[at] = f64::NAN;
        }
    }
}

/// What the alias table says of two names: whether they are known to belong to one brand or firm, or to different ones;
/// nothing if one of them is unknown.
pub fn same_alias(left: &Sketch, right: &Sketch) -> Option<bool> {
    if left.aliases().is_empty() || right.aliases().is_empty() {
        return None;
    }
    Some(left.aliases().iter().any(|entity| right.aliases().binary_search(entity).is_ok()))
}

#[cfg(test)]
mod tests;
