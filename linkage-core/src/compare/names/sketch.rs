//! A name made ready for comparing.

use rustc_hash::FxHashMap;

use crate::normalize::alias::Aliases;
use crate::normalize::han::{self, Part};
use crate::normalize::{name, rarity, text};

use super::spelling::bones;

/// Words of a name that are looked at.
pub(super) const WORDS_MAX: usize = 12;

/// Ways to read one name that are looked at.
const READINGS_MAX: usize = 4;

/// Particles of names say little, in bits.
const PARTICLE_BITS: f32 = 1.5;

/// Shares of a word's weight that count in brackets, as a place beside the name, and as a shop word; assumptions, which the
/// heads were then trained with.
const ASIDE_SHARE: f32 = 0.7;
const PLACE_SHARE: f32 = 0.7;
const SHOP_SHARE: f32 = 0.2;

/// A name made ready once: romanised, cut into words with their rarity.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    readings: Vec<Reading>,
    /// The words as one text, by which two sketches are put in order.
    order: String,
    script: Script,
    form: Option<String>,
    numbers: Vec<String>,
    /// First letters of all words; of all but little words.
    initials: [String; 2],
    /// The Han part in general words and characters.
    pub(super) han: Vec<Part>,
    aliases: Vec<u32>,
    /// The characters of the Han part, simplified and sorted.
    characters: Vec<char>,
}

/// One way to read a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) words: Vec<Word>,
    /// The words written together, in order and sorted.
    pub(super) joined: [String; 2],
    /// Trigrams of the words with their weight, sorted, of length one together.
    pub(super) grams: Vec<(u32, f32)>,
    pub(super) bits: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Which letters it has.
    pub(super) letters: u32,
    pub(super) bits: f32,
    /// Double Metaphone, hashed by its letters; 0 for none.
    pub(super) sound: u64,
    pub(super) bones: String,
    pub(super) roots: &'static [&'static str],
    /// Somebody somewhere is called so.
    pub(super) known: bool,
    pub(super) particle: bool,
}

/// The script that most of a name is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Script {
    Latin,
    Han,
    Kana,
    Hangul,
    Cyrillic,
    Greek,
    Arabic,
    Thai,
    Other,
}

/// How rare words are among the names at hand, in bits; what it does not hold is taken from shares that ship.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    counted: FxHashMap<String, f32>,
}

impl Weights {
    /// Counts the words of a collection of names of firms: each word's weight becomes minus log2 of the share of names that
    /// hold it.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Weights {
        let mut counts: FxHashMap<String, f32> = FxHashMap::default();
        let mut total = 0.0_f32;
        for name in names {
            total += 1.0;
            let words = company_words(name).map(|(words, _)| words).unwrap_or_default();
            let mut words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
            words.sort_unstable();
            words.dedup();
            for word in words {
                *counts.entry(word).or_default() += 1.0;
            }
        }
        counts.values_mut().for_each(|count| *count = ((total + 1.0) / (*count + 0.5)).log2().max(0.3));
        Weights { counted: counts }
    }

    fn bits(&self, word: &str) -> f32 {
        self.counted.get(word).copied().unwrap_or_else(|| f32::from(rarity::trade_word(word)).max(0.5))
    }
}

impl Sketch {
    /// A person's name.
    pub fn person(text: &str) -> Sketch {
        let Some(name) = name::person(text) else { return Sketch::empty(text) };
        let ways = std::iter::once(&name.tokens).chain(&name.alternatives).take(READINGS_MAX);
        let mut readings: Vec<Reading> = ways.map(|tokens| Reading::new(person_words(tokens, false))).collect();
        // One of the two may be misspelt on the other side, and is then a word that needs its own.
        let repeated = Reading::new(person_words(&name.tokens, true));
        if readings.first().is_some_and(|first| first.words.len() < repeated.words.len()) {
            readings.push(repeated);
        }
        readings.retain(|way| !way.words.is_empty());
        let mut sketch = Sketch::new(text, readings, name.suffix);
        sketch.characters = sorted(name.han.as_deref().unwrap_or_default());
        sketch
    }

    /// A firm's, shop's or brand's name, with the aliases it may have.
    pub fn company(text: &str, weights: &Weights, aliases: &Aliases) -> Sketch {
        let Some((words, form)) = company_words(text) else { return Sketch::empty(text) };
        let word = |(text, share): (String, f32)| {
            let bits = weights.bits(&text) * share;
            Word::new(text, bits)
        };
        let reading = Reading::new(words.into_iter().take(WORDS_MAX).map(word).collect());
        let mut sketch = Sketch::new(text, vec![reading], form);
        let name = name::company(text);
        sketch.aliases = aliases.of(text).to_vec();
        if sketch.aliases.is_empty()
            && !aliases.is_empty()
            && let Some(name) = &name
        {
            let han_core = name.han_core.clone().filter(|_| name.core.len() <= 1);
            sketch.aliases = aliases.of(&han_core.unwrap_or_else(|| name.core.join(" "))).to_vec();
        }
        let han = name.and_then(|name| name.han_core.or(name.han));
        sketch.characters = sorted(han.as_deref().unwrap_or_default());
        sketch.han = han.map(|han| han::parts(&han)).unwrap_or_default();
        sketch
    }

    fn empty(text: &str) -> Sketch {
        Sketch::new(text, Vec::new(), None)
    }

    fn new(text: &str, readings: Vec<Reading>, form: Option<String>) -> Sketch {
        let first: &[Word] = readings.first().map_or(&[], |reading| &reading.words);
        let order: Vec<&str> = first.iter().map(|word| word.text.as_str()).collect();
        let initials =
            |all: bool| first.iter().filter(|w| all || 5.5 < w.bits).filter_map(|w| w.text.chars().next()).collect();
        let mut numbers: Vec<String> =
            first.iter().filter(|w| w.text.bytes().any(|b| b.is_ascii_digit())).map(|w| w.text.clone()).collect();
        numbers.sort_unstable();
        Sketch {
            order: format!("{}\t{}", order.join(" "), text::fold(text)),
            script: Script::of(text),
            form,
            numbers,
            initials: [initials(true), initials(false)],
            han: Vec::new(),
            characters: Vec::new(),
            aliases: Vec::new(),
            readings,
        }
    }

    pub(super) fn readings(&self) -> &[Reading] {
        &self.readings
    }

    pub(super) fn order(&self) -> &str {
        &self.order
    }

    pub(super) fn script(&self) -> Script {
        self.script
    }

    pub(super) fn form(&self) -> Option<&str> {
        self.form.as_deref()
    }

    pub(super) fn numbers(&self) -> &[String] {
        &self.numbers
    }

    /// Share of the characters that both have, 0 to 1; nothing unless both are written in Han.
    pub(super) fn characters_shared(&self, other: &Sketch) -> Option<f64> {
        if self.characters.is_empty() || other.characters.is_empty() {
            return None;
        }
        let (mut i, mut j, mut same) = (0, 0, 0);
        while let (Some(x), Some(y)) = (self.characters.get(i), other.characters.get(j)) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    same += 1;
                    i += 1;
                    j += 1;
                }
            }
        }
        Some(2.0 * f64::from(same) / (self.characters.len() + other.characters.len()) as f64)
    }

    pub(super) fn aliases(&self) -> &[u32] {
        &self.aliases
    }

    /// Whether one of its words is made of the first letters of the other name.
    pub(super) fn is_acronym_of(&self, other: &Sketch) -> bool {
        let words = self.readings.first().map_or(&[][..], |reading| &reading.words);
        words
            .iter()
            .filter(|word| (2..=7).contains(&word.text.len()) && 4.0 < word.bits)
            .any(|word| other.initials.iter().any(|initials| 2 <= initials.len() && *initials == word.text))
    }
}

fn sorted(han: &str) -> Vec<char> {
    let mut characters: Vec<char> = han.chars().map(text::simplified).collect();
    characters.sort_unstable();
    characters
}

/// The words of a person's name as they are compared; one that was there already only if asked for.
fn person_words(tokens: &[String], repeated: bool) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    for token in tokens.iter().take(WORDS_MAX) {
        let text = lettered(token);
        if !repeated
            && 2 < tokens.len()
            && 1 < text.len()
            && words.iter().any(|word| word.text == text && !word.particle)
        {
            // Sergey Sergey Shoigu.
            continue;
        }
        let bits = if is_particle(&text) { PARTICLE_BITS } else { person_bits(&text) };
        words.push(Word::new(text, bits));
    }
    words
}

fn person_bits(word: &str) -> f32 {
    match word.len() {
        1 => 3.0,
        _ => f32::from(rarity::name_word(word)).min(if rarity::is_listed_name(word) { 12.0 } else { 15.0 }),
    }
}

/// Digits within a person's name stand for letters: `Ig0r`.
fn lettered(token: &str) -> String {
    let (letters, digits) = (token.bytes().any(|b| b.is_ascii_alphabetic()), token.bytes().any(|b| b.is_ascii_digit()));
    if !letters || !digits {
        return token.to_owned();
    }
    let letter = |c: char| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    };
    token.chars().map(letter).collect()
}

fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "al" | "el"
            | "ul"
            | "ad"
            | "as"
            | "ar"
            | "az"
            | "bin"
            | "ben"
            | "ibn"
            | "bint"
            | "abu"
            | "abd"
            | "abdul"
            | "haji"
            | "de"
            | "del"
            | "della"
            | "di"
            | "da"
            | "do"
            | "dos"
            | "das"
            | "du"
            | "la"
            | "le"
            | "les"
            | "los"
            | "las"
            | "van"
            | "von"
            | "der"
            | "den"
            | "ter"
            | "ten"
            | "zu"
            | "zur"
            | "san"
            | "st"
            | "y"
            | "e"
            | "i"
            | "bey"
            | "ud"
            | "din"
    )
}

/// Words with the share of their weight that counts, and the legal form.
type Shares = (Vec<(String, f32)>, Option<String>);

/// The words of a firm's name with the share of their weight that counts, and its legal form.
///
/// What stands in brackets tells namesakes apart and is often left out.
fn company_words(text: &str) -> Option<Shares> {
    let (outside, inside) = brackets(text);
    let Some((mut words, form)) = plain_words(&outside) else { return plain_words(text) };
    if !inside.is_empty()
        && let Some((aside, _)) = plain_words(&inside)
    {
        words.extend(aside.into_iter().map(|(word, share)| (word, ASIDE_SHARE * share)));
    }
    Some((words, form))
}

/// What stands outside of brackets, and what inside.
fn brackets(text: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::with_capacity(text.len()), String::new(), 0_usize);
    for c in text.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(c),
            _ => inside.push(c),
        }
        if matches!(c, '(' | ')' | '（' | '）' | '[' | ']' | '【' | '】') {
            outside.push(' ');
            inside.push(' ');
        }
    }
    (outside, inside.trim().to_owned())
}

fn plain_words(text: &str) -> Option<Shares> {
    let name = name::company(text)?;
    let mut core = name.core.iter().peekable();
    let mut words = Vec::with_capacity(name.tokens.len());
    for token in &name.tokens {
        if core.peek() == Some(&token) {
            core.next();
            words.push((name::one_spelling(token).to_owned(), 1.0));
        } else if name::is_place(token) {
            words.push((name::one_spelling(token).to_owned(), PLACE_SHARE));
        } else if name::is_shop_word(token) {
            words.push((token.clone(), SHOP_SHARE));
        }
    }
    Some((words, name.legal_form))
}

impl Reading {
    fn new(words: Vec<Word>) -> Reading {
        let mut sorted: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let in_order = sorted.concat();
        sorted.sort_unstable();
        let joined = [in_order, sorted.concat()];
        Reading { joined, grams: grams(&words), bits: words.iter().map(|word| word.bits).sum(), words }
    }
}

/// The trigrams of every word with a mark at both ends; a word's rarity is divided among them.
fn grams(words: &[Word]) -> Vec<(u32, f32)> {
    let mut grams: Vec<(u32, f32)> = Vec::new();
    for word in words {
        let bytes: Vec<u8> = std::iter::once(b'<').chain(word.text.bytes()).chain([b'>']).collect();
        let weight = word.bits / (bytes.len() as f32 - 1.0).max(1.0).sqrt();
        for gram in bytes.windows(3.min(bytes.len())) {
            grams.push((gram.iter().fold(0, |hash, &byte| hash << 8 | u32::from(byte)), weight));
        }
    }
    grams.sort_unstable_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)));
    grams.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    let length = grams.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
    if 0.0 < length {
        grams.iter_mut().for_each(|(_, weight)| *weight /= length);
    }
    grams
}

impl Word {
    fn new(text: String, bits: f32) -> Word {
        let letters = text.bytes().fold(0, |seen, letter| seen | 1 << (letter & 31));
        let sound = name::phonetic(&text).bytes().fold(0, |hash, letter| hash << 8 | u64::from(letter));
        Word {
            letters,
            bits,
            sound,
            bones: bones(&text),
            roots: name::nickname_roots(&text),
            known: rarity::is_listed_name(&text),
            particle: is_particle(&text),
            text,
        }
    }
}

impl Script {
    /// The script of the first letter that is not Latin.
    fn of(text: &str) -> Script {
        let letters = text.chars().filter(|c| '\u{24F}' < *c && c.is_alphabetic());
        letters
            .map(|c| match c {
                '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
                '\u{400}'..='\u{52F}' => Script::Cyrillic,
                '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => {
                    Script::Arabic
                }
                '\u{E00}'..='\u{E7F}' => Script::Thai,
                '\u{1E00}'..='\u{1EFF}' | '\u{FF21}'..='\u{FF5A}' => Script::Latin,
                '\u{3040}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9D}' => Script::Kana,
                '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}' => Script::Hangul,
                c if text::is_han(c) => Script::Han,
                _ => Script::Other,
            })
            .find(|script| *script != Script::Latin)
            .unwrap_or(Script::Latin)
    }
}
