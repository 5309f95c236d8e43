//! How surprising a normalised text is before any record was counted, in whole bits.
//!
//! This is where epoch 0 gets the frequencies of values it has never seen: a common surname from published
//! shares, any other text from its length. What a store then counts is added to it (`score`).
//!
//! **Not here:** counted frequencies. Those belong to the epoch.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::table;

/// Bits per letter of a word that people choose among words they know. English text carries 2.3 bits a letter when words
/// of up to eight letters are known (Shannon, "Prediction and Entropy of Printed English", 1951); rounded down, because
/// sellers like dictionary words.
const BITS_PER_LETTER: f64 = 2.2;

/// What the first, the second and the third letter of a domain's label add to that: nothing stands before them to guess
/// them from (4.14, 3.56 and 3.3 bits; the same paper's table of 26 letters).
const BITS_OF_FIRST_LETTERS: [f64; 3] = [1.9, 1.3, 1.1];

/// Bits per digit: any of ten is as likely as the next, log2(10).
const BITS_PER_DIGIT: f64 = 3.3;

/// Bits per Chinese character in running text (about 9.6 at first order, 4 to 5 in context); rounded down.
const BITS_PER_HAN: f64 = 4.5;

/// A name is common up to this surprise.
const COMMON_NAME_BITS_MAX: u8 = 9;

/// No single word is taken to be rarer than this before it was counted: one bearer in 130,000.
const NAME_WORD_BITS_MAX: f64 = 17.0;

/// No word of a shop's name is taken to be rarer than this before it was counted: shops are called after words of the
/// dictionary, of which a few thousand are in daily use.
const WORD_BITS_MAX: f64 = 11.0;

/// A word that the counted names do not hold often is about as rare as one in 30,000.
const TRADE_WORD_BITS_MAX: f64 = 15.0;

/// Shares of names per 100,000 bearers, with their source in the file.
static NAME_SHARES: LazyLock<HashMap<&'static str, u8>> =
    LazyLock::new(|| surprise_by_share(include_str!("data/name_shares.tsv")));

/// The surprise of each word of a table, which has its share per 100,000 beside it.
fn surprise_by_share(text: &'static str) -> HashMap<&'static str, u8> {
    let share = |row: Vec<&'static str>| Some((*row.first()?, row.get(1)?.parse::<f64>().ok()?));
    table::rows(text).filter_map(share).map(|(word, share)| (word, (100_000.0 / share).log2().round() as u8)).collect()
}

/// The surprise of one word of a person's name.
pub fn name_word(word: &str) -> u8 {
    match NAME_SHARES.get(word) {
        Some(bits) => *bits,
        None => bits_of(word).min(NAME_WORD_BITS_MAX) as u8,
    }
}

/// Whether a word is one of the commonest names, of one bearer in 800 or more: two of them are two names, however alike
/// (Mary and Mark).
pub fn is_common_name(word: &str) -> bool {
    NAME_SHARES.get(word).is_some_and(|bits| *bits <= COMMON_NAME_BITS_MAX)
}

/// Whether a word is known to be a name.
pub fn is_known_name(word: &str) -> bool {
    NAME_SHARES.contains_key(word)
}

/// The surprise of one word of a shop's or firm's name.
pub fn word(word: &str) -> u8 {
    bits_of(word).min(WORD_BITS_MAX) as u8
}

/// The surprise of one word of a brand's or firm's name among such names: counted where it is common.
pub fn trade_word(word: &str) -> u8 {
    static SHARES: LazyLock<HashMap<&'static str, u8>> =
        LazyLock::new(|| surprise_by_share(include_str!("data/trade_word_shares.tsv")));
    match SHARES.get(word) {
        Some(bits) => *bits,
        None => bits_of(word).min(TRADE_WORD_BITS_MAX) as u8,
    }
}

/// Whether somebody somewhere is called so: a given name or surname of any country, romanised.
pub fn is_listed_name(word: &str) -> bool {
    static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let bytes = zstd::decode_all(&include_bytes!("data/known_names.txt.zst")[..]).unwrap_or_default();
        String::from_utf8_lossy(&bytes).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    });
    NAMES.contains(word)
}

/// The surprise of a whole text such as a handle or a mailbox.
pub fn text(text: &str) -> u8 {
    bits_of(text).clamp(1.0, 36.0) as u8
}

/// The surprise of the name in a web domain. It stands alone and is chosen to be unlike all others, where a handle or a
/// mailbox is made of names and numbers by the thousand.
pub fn label(label: &str) -> u8 {
    let letters = label.chars().filter(char::is_ascii_alphabetic);
    let first: f64 = letters.zip(BITS_OF_FIRST_LETTERS).map(|(_, bits)| bits).sum();
    (first + bits_of(label)).clamp(1.0, 36.0) as u8
}

fn bits_of(text: &str) -> f64 {
    let bits = |c: char| match c {
        c if c.is_ascii_digit() => BITS_PER_DIGIT,
        c if c.is_ascii() => BITS_PER_LETTER,
        _ => BITS_PER_HAN,
    };
    text.chars().map(bits).sum()
}
