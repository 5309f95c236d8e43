//! How close two strings are.
//!
//! Byte-wise comparators where both strings are ASCII (measured five times as fast as the general ones), by character
//! otherwise.

use rapidfuzz::distance::{jaro_winkler, osa};

/// Jaro–Winkler similarity, 0 to 1 (Winkler 1990; prefix weight .1 on up to four characters).
pub(super) fn jaro(a: &str, b: &str) -> f64 {
    if a.is_ascii() && b.is_ascii() {
        jaro_winkler::similarity(a.bytes(), b.bytes())
    } else {
        jaro_winkler::similarity(a.chars(), b.chars())
    }
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
pub(super) fn edits(a: &str, b: &str) -> usize {
    if a.is_ascii() && b.is_ascii() { osa::distance(a.bytes(), b.bytes()) } else { osa::distance(a.chars(), b.chars()) }
}

/// Whether [`jaro`] is at least so much. Most pairs of words have too few letters in common, which takes no alignment to see.
pub(super) fn is_near(a: &str, b: &str, least: f64) -> bool {
    let (left, right) = (letters(a), letters(b));
    let (long_a, long_b) = (length(a) as u32, length(b) as u32);
    // A letter that the other word lacks finds no match.
    let unmatched = |own: u64, other: u64| (own & !other).count_ones();
    let matched = (long_a - unmatched(left, right)).min(long_b - unmatched(right, left));
    if matched == 0 {
        return least <= jaro(a, b);
    }
    let share = |of: u32| f64::from(matched) / f64::from(of);
    let most = (share(long_a) + share(long_b) + 1.0) / 3.0;
    let begins_alike = a.chars().zip(b.chars()).take(4).take_while(|(x, y)| x == y).count() as f64;
    // The slack is for rounding: what is refused here must be refused by the whole computation.
    least <= most + 0.1 * begins_alike * (1.0 - most) + 1e-9 && least <= jaro(a, b)
}

/// Whether [`edits`] is at most so many.
pub(super) fn is_within(a: &str, b: &str, most: usize) -> bool {
    if a.len().abs_diff(b.len()) > 4 * most {
        return false;
    }
    if most == 1 && a.is_ascii() && b.is_ascii() {
        return one_edit(a.as_bytes(), b.as_bytes());
    }
    // One edit takes a letter away and brings another at the most.
    (letters(a) ^ letters(b)).count_ones() as usize <= 2 * most && edits(a, b) <= most
}

/// What is left between the common beginning and the common end is one edit or nothing.
fn one_edit(a: &[u8], b: &[u8]) -> bool {
    let begin = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[begin..], &b[begin..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (&a[..a.len() - end], &b[..b.len() - end]) {
        ([] | [_], [] | [_]) => true,
        ([x, y], [z, w]) => x == w && y == z,
        _ => false,
    }
}

/// Which letters a word has, as far as 64 bits tell them apart.
fn letters(text: &str) -> u64 {
    if text.is_ascii() {
        text.bytes().fold(0, |seen, letter| seen | 1 << (letter & 63))
    } else {
        text.chars().fold(0, |seen, letter| seen | 1 << (u32::from(letter) & 63))
    }
}

/// How many characters a word has.
fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// How alike two texts are spelt, 0 to 1: one minus the share of characters to be edited in the longer one.
pub fn spelling_likeness(a: &str, b: &str) -> f64 {
    let longer = a.chars().count().max(b.chars().count());
    if longer == 0 { 1.0 } else { 1.0 - edits(a, b) as f64 / longer as f64 }
}

/// Whether two words are the same but for a slip: one edit from four letters on, two from seven.
///
/// Not by Jaro–Winkler, whose bonus for a common beginning makes `anna` and `annabelle` one name.
pub(super) fn slip(a: &str, b: &str) -> bool {
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let shorter = length(a).min(length(b));
    if shorter < 3 || 3 < a.len().abs_diff(b.len()) {
        return false;
    }
    let allowed = match shorter {
        3 => return a == b,
        4..=6 => 1,
        _ => 2,
    };
    is_within(a, b, allowed)
}

#[cfg(test)]
mod tests;
