//! What a text says in so many words, and still says when the rest is worded anew: codes and sentences.

use super::identifier::{Check, gtin};
use super::text;

/// The most of one text; of more, the first.
pub const PHRASES_MAX: usize = 24;

/// Letters and digits of a code. Shorter ones are sizes and models.
const CODE_LEN: std::ops::RangeInclusive<usize> = 5..=24;

/// A number without letters is somebody's own from this many digits on: not a price, a year or a quantity.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 6..=15;

/// Letters of a unit behind a number: `5000mah`, `100pcs`, `24hrs`.
const UNIT_LEN_MAX: usize = 3;

/// Words of a sentence that says something; two characters of Han are a word.
const SENTENCE_WORDS_MIN: usize = 4;

/// A part of a text that can be found again in another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Folded.
    pub text: String,
    /// What it is.
    pub sort: Sort,
}

/// What a phrase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A word of letters and digits, or a long number: a lot, a coupon, an account somewhere.
    Code,
    /// What stands between punctuation.
    Sentence,
    /// The same with a code in it.
    SentenceAroundCode,
}

/// The codes and sentences of a text, in the order in which they stand there, each once, at most [`PHRASES_MAX`].
///
/// A code has 5 to 24 letters and digits, some of each, or is a number of 6 to 15 digits; quantities (`5000mah`) and article numbers, which
/// are everybody's, are none. A sentence ends at punctuation and has four words, or eight characters of Han. Linear.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::phrase::{Sort, phrases};
///
/// let codes = |text: &str| -> Vec<String> {
///     phrases(text).into_iter().filter(|phrase| phrase.sort == Sort::Code).map(|phrase| phrase.text).collect()
/// };
/// assert_eq!(codes("Small batch 9C8B2, no restock."), ["9c8b2"]);
/// assert_eq!(codes("附盒子卡片9C8B2，加微信 83620175"), ["9c8b2", "83620175"]);
/// assert!(codes("Power bank, 5000mAh, 1080p, since 2019, 4006381333931").is_empty());
/// ```
pub fn phrases(text: &str) -> Vec<Phrase> {
    let mut found: Vec<Phrase> = Vec::new();
    for sentence in sentences(text) {
        let folded = text::fold(sentence);
        let codes: Vec<&str> = folded.split(' ').filter(|word| is_code(word)).collect();
        let sort = if codes.is_empty() { Sort::Sentence } else { Sort::SentenceAroundCode };
        let whole = (SENTENCE_WORDS_MIN <= words(&folded)).then_some((folded.as_str(), sort));
        for (text, sort) in codes.into_iter().map(|word| (word, Sort::Code)).chain(whole) {
            if found.len() == PHRASES_MAX {
                return found;
            }
            if !found.iter().any(|known| known.text == text) {
                found.push(Phrase { text: text.to_owned(), sort });
            }
        }
    }
    found
}

/// What stands between punctuation. A point or comma within a number or an address ends nothing.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sentence, behind) = match rest.char_indices().find(|(at, c)| ends_sentence(rest, *at, *c)) {
            Some((at, c)) => (&rest[..at], &rest[at + c.len_utf8()..]),
            None => (rest, ""),
        };
        rest = behind;
        Some(sentence)
    })
}

fn ends_sentence(text: &str, at: usize, c: char) -> bool {
    match c {
        '\n' | ';' | '!' | '?' | '|' | '。' | '，' | '、' | '！' | '？' | '；' | '：' | '•' => true,
        '.' | ',' | ':' => text[at + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => false,
    }
}

/// Words between spaces, and half of the characters of Han.
fn words(folded: &str) -> usize {
    let halves = folded.split(' ').filter(|word| !word.is_empty()).map(|word| match word.chars().next() {
        Some(c) if text::is_han(c) => word.chars().count(),
        _ => 2,
    });
    halves.sum::<usize>() / 2
}

fn is_code(word: &str) -> bool {
    if !word.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == word.len() {
        return NUMBER_DIGITS.contains(&digits) && gtin(word).check != Check::Passed;
    }
    let is_quantity = || {
        let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() <= UNIT_LEN_MAX && unit.bytes().all(|b| b.is_ascii_alphabetic())
    };
    0 < digits && CODE_LEN.contains(&word.len()) && !is_quantity()
}
