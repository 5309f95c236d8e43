//! The terms of a value: what the index holds of it, and what a query is compared with.

use std::collections::BTreeSet;

use super::field::{Sort, Value};
use crate::normalize::name::{company, person};
use crate::normalize::phone::phone;
use crate::normalize::text::{fold, is_han, leet, romanised};

/// Longest term in characters; a longer one is cut, in the index and in a query alike.
pub(super) const TERM_CHARS_MAX: usize = 48;

/// Stands before a leet key, which is to be compared with leet keys only.
pub(super) const LEET: char = '~';

/// Longest run of Han that is also one romanised term.
const HAN_WHOLE_CHARS_MAX: usize = 6;

/// The terms of some values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// As written, folded.
    pub(super) literal: BTreeSet<String>,
    /// In another script, joined, or with look-alike digits read as letters.
    pub(super) loose: BTreeSet<String>,
}

impl Terms {
    /// Adds the terms of a value.
    pub(super) fn add(&mut self, value: &Value<'_>) {
        let text: &str = &value.text;
        match value.sort {
            Sort::Key => {
                let id = text.split_once('/').map_or(text, |(_, id)| id);
                self.add_words(id, true);
                self.add_literal(compact(id));
                self.add_literal(compact(text));
            }
            Sort::Person => {
                self.add_words(text, true);
                self.add_person(text);
            }
            Sort::Name => {
                self.add_words(text, true);
                self.add_company(text);
            }
            Sort::Text => self.add_words(text, false),
            Sort::Identifier => {
                let bare = bare_address(text);
                self.add_words(bare, false);
                self.add_literal(compact(bare));
            }
            Sort::Phone => self.add_phone(text),
        }
    }

    /// Everything, for the index.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.literal.union(&self.loose).map(String::as_str)
    }

    fn add_literal(&mut self, term: String) {
        if let Some(term) = cut(term) {
            self.literal.insert(term);
        }
    }

    fn add_loose(&mut self, term: String) {
        if let Some(term) = cut(term) {
            self.loose.insert(term);
        }
    }

    /// Words of free text; those of a name also joined to their neighbours and as leet keys.
    fn add_words(&mut self, text: &str, is_name: bool) {
        let folded = fold(text);
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        for word in &words {
            if is_han_word(word) {
                self.add_han(word);
            } else {
                self.add_literal((*word).to_owned());
                if !word.is_ascii() {
                    self.add_loose(compact(&romanised(word)));
                }
            }
        }
        if is_name {
            for pair in words.windows(2).filter(|pair| pair.iter().all(|word| !is_han_word(word))) {
                self.add_loose(compact(&romanised(&pair.concat())));
            }
        }
        for key in leet(text).split(' ').filter(|key| is_leet_key(key)) {
            if is_name || key.chars().any(|c| c.is_ascii_digit()) {
                self.add_loose(format!("{LEET}{key}"));
            }
        }
    }

    /// Characters and pairs of them as written; syllables, pairs of them and short runs aloud.
    fn add_han(&mut self, run: &str) {
        let chars: Vec<char> = run.chars().collect();
        let aloud = syllables(run);
        chars.iter().for_each(|c| self.add_literal(c.to_string()));
        chars.windows(2).for_each(|pair| self.add_literal(pair.iter().collect()));
        aloud.iter().for_each(|syllable| self.add_loose(syllable.clone()));
        aloud.windows(2).for_each(|pair| self.add_loose(pair.concat()));
        if (3..=HAN_WHOLE_CHARS_MAX).contains(&chars.len()) {
            self.add_loose(aloud.concat());
        }
    }

    fn add_person(&mut self, text: &str) {
        let Some(name) = person(text) else { return };
        for tokens in std::iter::once(&name.tokens).chain(&name.alternatives) {
            tokens.iter().for_each(|token| self.add_loose(token.clone()));
            self.add_loose(tokens.concat());
            self.add_loose(tokens.iter().rev().map(String::as_str).collect());
        }
    }

    fn add_company(&mut self, text: &str) {
        let Some(name) = company(text) else { return };
        name.tokens.iter().chain(&name.core).for_each(|token| self.add_loose(token.clone()));
        self.add_loose(name.joined);
    }

    /// Digits with and without country code, and the last seven.
    fn add_phone(&mut self, text: &str) {
        let number = phone(text, None);
        self.add_literal(compact(text));
        self.add_literal(number.digits);
        self.add_literal(number.e164.map(|e164| compact(&e164)).unwrap_or_default());
        self.add_loose(number.last7.unwrap_or_default());
    }
}

/// Letters and digits of a text in lower case, in one piece.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A web address without what all of them begin with.
pub(super) fn bare_address(text: &str) -> &str {
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    text.strip_prefix("www.").unwrap_or(text)
}

/// Whether a folded word is a run of Han.
pub(super) fn is_han_word(word: &str) -> bool {
    word.chars().next().is_some_and(is_han)
}

/// The characters of a run of Han read aloud, one by one.
pub(super) fn syllables(run: &str) -> Vec<String> {
    run.chars().map(|c| compact(&romanised(c.encode_utf8(&mut [0; 4])))).collect()
}

/// Whether a leet key is a word of its own: three characters or more, one of them a letter, none of them Han.
pub(super) fn is_leet_key(key: &str) -> bool {
    3 <= key.len() && key.is_ascii() && key.chars().any(|c| c.is_ascii_alphabetic())
}

/// The term within its limit; nothing for an empty one.
pub(super) fn cut(term: String) -> Option<String> {
    if term.is_empty() {
        return None;
    }
    Some(term.char_indices().nth(TERM_CHARS_MAX).map_or(term.clone(), |(end, _)| term[..end].to_owned()))
}
