//! Words that tell the variants of one line of products apart: colours, editions, platforms, who wears it.
//!
//! **Not here:** what it means that two offers name different ones (`compare::offers`).

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::table;

/// Classes of such words: colour, edition, platform, wearer.
pub const CLASSES: usize = 4;

const NAMES: [&str; CLASSES] = ["colour", "edition", "platform", "wearer"];

/// The classes that a folded word belongs to: bit `i` for the class in place `i`.
///
/// ```
/// use linkage_core::normalize::variant::classes_of;
///
/// assert_eq!(classes_of("black"), 1);
/// assert_eq!(classes_of("turbine"), 0);
/// ```
pub fn classes_of(word: &str) -> u8 {
    static WORDS: LazyLock<FxHashMap<&str, u8>> = LazyLock::new(|| {
        let mut words: FxHashMap<&str, u8> = FxHashMap::default();
        for row in table::rows(include_str!("data/offer_words.tsv")) {
            let [class, _, list] = row[..] else { continue };
            let Some(at) = NAMES.iter().position(|name| *name == class) else { continue };
            table::list(list).for_each(|word| *words.entry(word).or_default() |= 1 << at);
        }
        words
    });
    WORDS.get(word).copied().unwrap_or(0)
}
