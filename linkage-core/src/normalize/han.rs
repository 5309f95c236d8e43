//! Han characters read aloud and put into English words, for names of firms and brands.
//!
//! - [`readings`] are the ways in which one character is read: Mandarin and Cantonese.
//! - [`parts`] cuts a name into general words with their English and characters that are read.

use std::sync::LazyLock;

use pinyin::ToPinyin;
use rustc_hash::FxHashMap;

use super::table;
use super::text::simplified;

/// A part of a name in Han.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A general word; its characters, and the words of each of its translations.
    Word(Vec<char>, &'static [Vec<&'static str>]),
    /// A character that is read.
    Sound(char),
}

/// General words have up to so many characters.
const WORD_CHARS_MAX: usize = 4;

/// The ways to read a character, in ASCII letters without tones, the most common first; empty for what is not Han.
///
/// Cantonese is written so that it compares with the spellings of Hong Kong: `ts` for z and c, y for j.
pub fn readings(c: char) -> &'static [String] {
    static READINGS: LazyLock<FxHashMap<char, Vec<String>>> = LazyLock::new(read_readings);
    READINGS.get(&simplified(c)).map_or(&[], Vec::as_slice)
}

fn read_readings() -> FxHashMap<char, Vec<String>> {
    let mut all: FxHashMap<char, Vec<String>> = FxHashMap::default();
    let mut add = |c: char, reading: String| {
        let here = all.entry(simplified(c)).or_default();
        if !here.contains(&reading) {
            here.push(reading);
        }
    };
    for c in '\u{4E00}'..='\u{9FFF}' {
        if let Some(pinyin) = c.to_pinyin() {
            add(c, pinyin.plain().replace('ü', "u"));
        }
    }
    for row in table::rows(include_str!("data/han_readings.tsv")) {
        let [han, readings] = row[..] else { continue };
        let Some(c) = han.chars().next() else { continue };
        table::list(readings).for_each(|reading| add(c, reading.to_owned()));
    }
    for row in table::rows(include_str!("data/han_cantonese.tsv")) {
        let [reading, characters] = row[..] else { continue };
        let spelling = hong_kong(reading);
        characters.chars().for_each(|c| add(c, spelling.clone()));
    }
    all
}

/// Jyutping as it is heard by who writes English.
fn hong_kong(jyutping: &str) -> String {
    let begun = match jyutping.as_bytes().first() {
        Some(b'z') => format!("ts{}", &jyutping[1..]),
        Some(b'c') => format!("ch{}", &jyutping[1..]),
        Some(b'j') => format!("y{}", jyutping[1..].trim_start_matches('y')),
        _ => jyutping.to_owned(),
    };
    begun.replace("aa", "a").replace("eoi", "ui").replace("oe", "eu").replace("eo", "u")
}

/// Cuts a run of Han into general words, longest first, and characters that are read.
pub fn parts(run: &str) -> Vec<Part> {
    let chars: Vec<char> = run.chars().map(simplified).collect();
    let (mut parts, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let longest = WORD_CHARS_MAX.min(chars.len() - at);
        let word = (1..=longest).rev().find_map(|length| Some((length, translations(&chars[at..at + length])?)));
        match word {
            Some((length, english)) => {
                parts.push(Part::Word(chars[at..at + length].to_vec(), english));
                at += length;
            }
            None => {
                parts.push(Part::Sound(chars[at]));
                at += 1;
            }
        }
    }
    parts
}

/// What a general word is called in English, each translation as its words.
fn translations(word: &[char]) -> Option<&'static [Vec<&'static str>]> {
    static WORDS: LazyLock<FxHashMap<Vec<char>, Vec<Vec<&'static str>>>> = LazyLock::new(|| {
        let mut words: FxHashMap<Vec<char>, Vec<Vec<&'static str>>> = FxHashMap::default();
        let mut add = |han: &str, english: Vec<&'static str>| {
            let here = words.entry(han.chars().map(simplified).collect()).or_default();
            if !here.contains(&english) {
                here.push(english);
            }
        };
        for row in table::rows(include_str!("data/han_words.tsv")) {
            let [han, english] = row[..] else { continue };
            english.split(',').for_each(|english| add(han, table::list(english).collect()));
        }
        for row in table::rows(include_str!("data/company_forms.tsv")) {
            let [han, "trade", english, ..] = row[..] else { continue };
            add(han, table::list(english).collect());
        }
        for row in table::rows(include_str!("data/places.tsv")) {
            let [latin, han, _] = row[..] else { continue };
            if !han.is_empty() {
                add(han, table::list(latin).collect());
            }
        }
        words
    });
    WORDS.get(word).map(Vec::as_slice)
}
