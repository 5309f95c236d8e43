//! Brands and code words in the text of an offer, however they are disguised.
//!
//! ```text
//! text ──disguise──► letters ──Aho–Corasick over all names──► checks of edges and gaps ──► Scan { brands, codes, disguised }
//! ```
//!
//! - [`Brands::scan`] is the whole job; [`Brands::shipped`] knows the names to ask for.
//! - [`Scan::without`] is the text without what was found, for comparing texts.
//!
//! A name is found where its letters stand as a word: as they are, with look-alikes, digits or stars in their place, spelt
//! out, or, if it is Chinese, by its sound. A name that is also a word of its own (`supreme`, `苹果`) counts where it is
//! disguised or something else beside it says that a brand is meant.
//!
//! **Not here:** what it means that two accounts name one brand (`compare`, `score`).

use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashSet;

use super::disguise::{self, Gap, MASKED, Row, Ways, Written};
use super::{han, table, text};

/// A name below this weight needs something beside it; one of no weight is a word that holds a name and means none.
const ALONE_WEIGHT_MIN: f32 = 0.5;

/// Letters of the shortest name in Latin letters. Two letters are a size, a model or a country.
const LATIN_LETTERS_MIN: usize = 3;

/// Letters of the longest name: breaks are bits of a word.
const LETTERS_MAX: usize = 64;

/// Letters of the shortest name that is looked for by its sound, with a star in it, or spelt by other letters than its own.
const SOUND_LETTERS_MIN: usize = 5;
const MASKED_LETTERS_MIN: usize = 4;
const LEET_LETTERS_MIN: usize = 4;

/// Letters of the shortest name in the plural.
const PLURAL_LETTERS_MIN: usize = 4;

/// Letters of a name that no model's code spells by chance, even if it begins with a digit.
const SURE_LETTERS_MIN: usize = 6;

/// Letters left beside digits that make a name out of what else would be a model's code.
const CODE_LETTERS_MIN: usize = 4;

/// Names in a list, at the most.
const NAMES_MAX: usize = 50_000;

/// What a code word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sense {
    /// That it is a copy.
    Copy,
    /// How close a copy it is.
    Exact,
    /// How good a copy it is.
    Grade,
    /// Where it comes from.
    Source,
    /// To ask in private.
    Hint,
}

impl Sense {
    fn parse(name: &str) -> Option<Sense> {
        Some(match name {
            "COPY" => Sense::Copy,
            "EXACT" => Sense::Exact,
            "GRADE" => Sense::Grade,
            "SOURCE" => Sense::Source,
            "HINT" => Sense::Hint,
            _ => return None,
        })
    }
}

/// A brand found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The brand's id in its list.
    pub brand: Arc<str>,
    /// Where its first byte stands in the text.
    pub start: usize,
    /// Where the byte behind it stands.
    pub end: usize,
    /// How it is disguised.
    pub ways: Ways,
}

/// A code word found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The word in the list.
    pub word: Arc<str>,
    /// What it says.
    pub sense: Sense,
    /// Where its first byte stands in the text.
    pub start: usize,
    /// Where the byte behind it stands.
    pub end: usize,
    /// How it is disguised.
    pub ways: Ways,
}

/// A word that filters would miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disguised {
    /// Where its first byte stands in the text.
    pub start: usize,
    /// Where the byte behind it stands.
    pub end: usize,
    /// How it is disguised.
    pub ways: Ways,
}

/// What was found in a text, each list in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Brands.
    pub brands: Vec<Mention>,
    /// Code words.
    pub codes: Vec<Code>,
    /// Disguised words, brands or not.
    pub disguised: Vec<Disguised>,
}

impl Scan {
    /// The text without the brands and code words found in it.
    pub fn without(&self, text: &str) -> String {
        let brands = self.brands.iter().map(|mention| (mention.start, mention.end));
        let mut spans: Vec<(usize, usize)> =
            brands.chain(self.codes.iter().map(|code| (code.start, code.end))).collect();
        spans.sort_unstable();
        let (mut rest, mut at) = (String::with_capacity(text.len()), 0);
        for (start, end) in spans {
            if at < start {
                rest.push_str(text.get(at..start).unwrap_or_default());
            }
            rest.push(' ');
            at = at.max(end);
        }
        rest.push_str(text.get(at..).unwrap_or_default());
        rest
    }
}

/// A list of brands is not one.
#[derive(Debug, thiserror::Error)]
pub enum BrandError {
    /// A line without brand, name, locale and weight.
    #[error("line {line}: expected brand, name, locale and a weight from 0 to 1, between tabs")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// More than 50,000 names, or too many letters to look for at once.
    #[error("expected at most {NAMES_MAX} names")]
    TooLong,
}

/// Whose a name is.
#[derive(Clone, Debug)]
enum Owner {
    Brand,
    Code(Sense),
}

/// A name that is looked for.
#[derive(Debug)]
struct Name {
    id: Arc<str>,
    owner: Owner,
    weight: f32,
    /// Words beside which it means something else.
    unless: FxHashSet<String>,
}

/// One spelling of a name.
#[derive(Debug)]
struct Pattern {
    name: usize,
    literal: Vec<u8>,
    letters: usize,
    /// Bit `i`: a gap may stand before letter `i`.
    breaks: u64,
    /// The sign that must stand in such a gap; for names of digits, which mean nothing without it.
    between: Option<char>,
    ways: Ways,
    is_han: bool,
    /// Whether the letters must stand as written.
    is_strict: bool,
}

/// Names of brands and code words, ready to be looked for.
#[derive(Debug)]
pub struct Brands {
    names: Vec<Name>,
    patterns: Vec<Pattern>,
    automaton: Option<AhoCorasick>,
}

/// A name that may be meant.
#[derive(Clone, Copy)]
struct Hit {
    /// Letters of the row.
    from: usize,
    to: usize,
    pattern: usize,
    ways: Ways,
}

impl Brands {
    /// The names and code words that ship.
    pub fn shipped() -> &'static Brands {
        static SHIPPED: LazyLock<Brands> = LazyLock::new(|| {
            Brands::build(brand_rows(include_str!("data/brands.tsv")).flatten().chain(code_rows()))
                .unwrap_or_else(|_| Brands::none())
        });
        &SHIPPED
    }

    /// No names: nothing but disguised words is found.
    pub fn none() -> Brands {
        Brands { names: Vec::new(), patterns: Vec::new(), automaton: None }
    }

    /// Reads names of brands from lines of brand, name, locale and weight between tabs; `#` opens a comment. The code words that
    /// ship are looked for as well.
    ///
    /// # Errors
    ///
    /// [`BrandError`] for the first line that is not one.
    pub fn read(file: &str) -> Result<Brands, BrandError> {
        let rows: Vec<(Name, String)> = brand_rows(file).collect::<Result<_, _>>()?;
        Brands::build(rows.into_iter().chain(code_rows()))
    }

    fn build(rows: impl Iterator<Item = (Name, String)>) -> Result<Brands, BrandError> {
        let mut brands = Brands::none();
        for (name, spelling) in rows {
            if NAMES_MAX == brands.names.len() {
                return Err(BrandError::TooLong);
            }
            brands.patterns.extend(patterns(brands.names.len(), &name, &spelling));
            brands.names.push(name);
        }
        let leet = brands
            .patterns
            .iter()
            .map(|pattern| pattern.literal.iter().map(|b| disguise::as_letter(*b)).collect::<Vec<u8>>());
        brands.automaton = Some(AhoCorasick::new(leet).map_err(|_| BrandError::TooLong)?);
        Ok(brands)
    }

    /// Brands, code words and disguised words of a text. Linear in its length.
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::normalize::brand::Brands;
    ///
    /// let scan = Brands::shipped().scan("N1K3 Аіr trainers, 1:1 qualíty");
    /// assert_eq!(scan.brands[0].brand.as_ref(), "nike");
    /// assert_eq!(scan.brands[0].ways.to_string(), "leet");
    /// assert_eq!(scan.codes[0].word.as_ref(), "1:1");
    /// ```
    pub fn scan(&self, text: &str) -> Scan {
        let row = Row::of(text);
        let mut hits: Vec<Hit> = Vec::new();
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(&row.leet) {
                let pattern = found.pattern().as_usize();
                hits.extend(self.patterns[pattern].hit(&row, found.start(), pattern));
            }
        }
        let mut scan = self.told_apart(text, &row, hits);
        scan.disguised = disguised(&row, &scan);
        scan
    }

    /// Of names that overlap the longest, as plain as possible; names that are words of their own where something speaks for them.
    fn told_apart(&self, text: &str, row: &Row, mut hits: Vec<Hit>) -> Scan {
        hits.sort_by_key(|hit| (hit.from, std::cmp::Reverse(hit.to), hit.ways.len(), hit.pattern));
        let mut kept: Vec<Hit> = Vec::new();
        for hit in hits {
            match kept.last() {
                // A longer one that begins later, as in `tag heuer` behind `x tag`, is rarer than the cost of looking for it.
                Some(last) if hit.from < last.to => {}
                _ => kept.push(hit),
            }
        }
        let name = |hit: &Hit| &self.names[self.patterns[hit.pattern].name];
        self.drop_other_meanings(text, &mut kept);
        // Longer words that hold a name have done their work.
        kept.retain(|hit| 0.0 < name(hit).weight);
        let is_sure = |hit: &Hit| ALONE_WEIGHT_MIN <= name(hit).weight || is_strong(hit.ways);
        let is_brand = |hit: &Hit| matches!(name(hit).owner, Owner::Brand);
        let sure: Vec<(bool, Arc<str>)> =
            kept.iter().filter(|hit| is_sure(hit)).map(|hit| (is_brand(hit), name(hit).id.clone())).collect();
        let mut scan = Scan::default();
        for hit in &kept {
            let name = name(hit);
            // A word that may be a code word needs a brand beside it; one that may be a brand, the brand's other name or a code word.
            let beside = || match name.owner {
                Owner::Brand => sure.iter().any(|(is_brand, id)| !is_brand || *id == name.id),
                Owner::Code(_) => sure.iter().any(|(is_brand, _)| *is_brand),
            };
            if !is_sure(hit) && !beside() {
                continue;
            }
            let (start, end, ways) = (row.letters[hit.from].start, row.letters[hit.to - 1].end, hit.ways);
            match name.owner {
                Owner::Brand => scan.brands.push(Mention { brand: name.id.clone(), start, end, ways }),
                Owner::Code(sense) => scan.codes.push(Code { word: name.id.clone(), sense, start, end, ways }),
            }
        }
        scan
    }
}

impl Brands {
    /// Drops names beside which a word stands that gives them another meaning.
    fn drop_other_meanings(&self, text: &str, hits: &mut Vec<Hit>) {
        let name = |hit: &Hit| self.patterns[hit.pattern].name;
        let mut asked: Vec<usize> = hits.iter().map(name).filter(|name| !self.names[*name].unless.is_empty()).collect();
        asked.sort_unstable();
        asked.dedup();
        if asked.is_empty() {
            return;
        }
        let folded = text::fold(text);
        let words: FxHashSet<&str> = folded.split(' ').collect();
        asked.retain(|name| self.names[*name].unless.iter().any(|word| words.contains(word.as_str())));
        hits.retain(|hit| !asked.contains(&name(hit)));
    }
}

/// Whether nobody disguises a word so by chance or for looks.
fn is_strong(ways: Ways) -> bool {
    !ways.without(Ways::WIDE | Ways::MARKS | Ways::SPELT | Ways::PINYIN | Ways::DIGRAPH | Ways::PICTURES).is_empty()
}

impl Pattern {
    /// The name at a byte of the keys, if it stands there as a word.
    fn hit(&self, row: &Row, start: usize, pattern: usize) -> Option<Hit> {
        let from = row.letter_at(start)?;
        let to = from + self.letters;
        let letters = row.letters.get(from..to)?;
        let literal = row.literal.get(start..start + self.literal.len())?;
        let is_plain = literal == self.literal;
        if !is_plain && (self.is_strict || !self.is_leet(literal, letters)) {
            return None;
        }
        let is_edge = |at: usize| if is_plain { row.is_edge_of_number(at) } else { row.is_edge(at) };
        // Han has no words between spaces.
        let is_han = |letter: Option<&disguise::Letter>| letter.is_some_and(|letter| letter.written == Written::Han);
        let is_plural = || {
            !self.is_han
                && PLURAL_LETTERS_MIN <= self.letters
                && row.literal.get(start + self.literal.len()) == Some(&b's')
                && is_edge(to + 1)
        };
        if !is_han(letters.first()) && !is_edge(from) || !is_han(letters.last()) && !is_edge(to) && !is_plural() {
            return None;
        }
        let gaps = self.gaps(letters)?;
        let mut ways = letters.iter().fold(self.ways | gaps, |ways, letter| ways | letter.ways);
        if !is_plain {
            ways |= Ways::LEET;
        }
        // One accent is how a foreigner spells it.
        if letters.iter().filter(|letter| letter.ways.has(Ways::MARKS)).count() < 2 {
            ways = ways.without(Ways::MARKS);
        }
        Some(Hit { from, to, pattern, ways })
    }

    /// Whether other letters than the name's own stand for them, and not by chance as in a model's code (`CAS10`, `8O5E`).
    fn is_leet(&self, literal: &[u8], letters: &[disguise::Letter]) -> bool {
        let is_changed = |letter: &&disguise::Letter| matches!(letter.written, Written::Digit | Written::Sign);
        let changed = letters.iter().filter(is_changed).count();
        let left = self.letters - changed;
        let digits_behind = letters.iter().rev().take_while(|letter| letter.written == Written::Digit).count();
        let is_code = left < CODE_LETTERS_MIN
            && (2 <= digits_behind && digits_behind == changed
                || 1 < changed
                    && self.letters < SURE_LETTERS_MIN
                    && letters.first().is_some_and(|first| first.written == Written::Digit));
        let is_own_digit = self.literal.iter().any(u8::is_ascii_digit);
        // A star hides what it stands for: it is looked for by patterns of its own.
        let has_star = literal.contains(&MASKED);
        LEET_LETTERS_MIN <= self.letters && changed * 3 <= self.letters * 2 && !is_code && !is_own_digit && !has_star
    }

    /// What the gaps between the letters mean; nothing if they part words that do not belong together.
    fn gaps(&self, letters: &[disguise::Letter]) -> Option<Ways> {
        let inner = || letters.iter().enumerate().skip(1).filter(|(_, letter)| letter.gap != Gap::None);
        let is_break = |at: usize| self.breaks >> at & 1 == 1;
        if let Some(between) = self.between {
            let fits = |(at, letter): (usize, &disguise::Letter)| is_break(at) && is_same_sign(letter.between, between);
            return (inner().count() == self.breaks.count_ones() as usize && inner().all(fits)).then_some(Ways::NONE);
        }
        if inner().all(|(at, _)| is_break(at)) {
            return Some(Ways::NONE);
        }
        let mut pieces: Vec<usize> = Vec::new();
        let mut begun = 0;
        for (at, _) in inner() {
            pieces.push(at - begun);
            begun = at;
        }
        pieces.push(letters.len() - begun);
        let singles = pieces.iter().filter(|piece| **piece == 1).count();
        let is_tight = inner().all(|(at, letter)| letter.gap == Gap::Tight || is_break(at));
        let is_spelt = self.is_han || singles == pieces.len() || 2 <= singles && pieces.iter().all(|piece| *piece <= 2);
        let fits = is_spelt || is_tight && MASKED_LETTERS_MIN <= self.letters;
        let pictures = if inner().any(|(_, letter)| letter.picture) { Ways::PICTURES } else { Ways::NONE };
        fits.then_some(Ways::SPELT | pictures)
    }
}

fn is_same_sign(found: char, wanted: char) -> bool {
    found == wanted || wanted == ':' && matches!(found, '：' | '∶' | '﹕' | '︰' | '꞉')
}

/// Words that filters would miss: those found, and any other that mixes letters of several sorts.
fn disguised(row: &Row, scan: &Scan) -> Vec<Disguised> {
    let brands = scan.brands.iter().map(|found| (found.start, found.end, found.ways));
    let found = brands.chain(scan.codes.iter().map(|found| (found.start, found.end, found.ways)));
    let plain = Ways::PINYIN | Ways::WIDE;
    let mut all: Vec<Disguised> = found
        .filter(|(_, _, ways)| !ways.without(plain).is_empty())
        .map(|(start, end, ways)| Disguised { start, end, ways })
        .collect();
    let known = all.len();
    for word in row.letters.chunk_by(|_, after| after.gap == Gap::None) {
        let (Some(first), Some(last)) = (word.first(), word.last()) else { continue };
        let ways = mixed_ways(word);
        let is_known = all[..known].iter().any(|known| known.start < last.end && first.start < known.end);
        if !ways.is_empty() && !is_known {
            all.push(Disguised { start: first.start, end: last.end, ways });
        }
    }
    all.sort_unstable_by_key(|disguised| (disguised.start, disguised.end));
    all
}

/// How a word is disguised that is no known name: plain Latin letters beside others that imitate them, or what nobody sees.
fn mixed_ways(word: &[disguise::Letter]) -> Ways {
    let latin = word.iter().filter(|letter| letter.written == Written::Letter);
    let (mut plain, mut ways) = (false, Ways::NONE);
    for letter in latin {
        plain |= letter.ways.without(Ways::MARKS | Ways::INVISIBLE | Ways::BIDI).is_empty();
        ways |= letter.ways;
    }
    let hidden = word.iter().fold(Ways::NONE, |all, letter| all | letter.ways);
    let hidden = hidden.without(hidden.without(Ways::INVISIBLE | Ways::BIDI));
    let mixed = ways.without(Ways::MARKS | Ways::INVISIBLE | Ways::BIDI);
    let is_word = LATIN_LETTERS_MIN <= word.len();
    if is_word && plain && !mixed.is_empty() {
        mixed | hidden
    } else if 1 < word.len() {
        hidden
    } else {
        Ways::NONE
    }
}

// --- names ---

fn brand_rows(file: &str) -> impl Iterator<Item = Result<(Name, String), BrandError>> {
    let lines = file.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|(at, line)| {
        let mut fields = line.split('\t').map(str::trim);
        let error = || BrandError::Line { line: at + 1 };
        let (id, name) = (fields.next().ok_or_else(error)?, fields.next().ok_or_else(error)?);
        let weight =
            fields.nth(1).and_then(|weight| weight.parse::<f32>().ok()).filter(|weight| (0.0..=1.0).contains(weight));
        let name_of = Name {
            id: id.into(),
            owner: Owner::Brand,
            weight: weight.ok_or_else(error)?,
            unless: FxHashSet::default(),
        };
        Ok((name_of, name.to_owned()))
    })
}

fn code_rows() -> impl Iterator<Item = (Name, String)> {
    table::rows(include_str!("data/code_words.tsv")).filter_map(|row| {
        let [word, sense, _, weight, ..] = row[..] else { return None };
        let unless = row.get(5).map(|words| table::list(words).map(str::to_owned).collect()).unwrap_or_default();
        let owner = Owner::Code(Sense::parse(sense)?);
        Some((Name { id: word.into(), owner, weight: weight.parse().ok()?, unless }, word.to_owned()))
    })
}

/// The spellings by which a name is looked for.
fn patterns(at: usize, name: &Name, spelling: &str) -> Vec<Pattern> {
    let row = Row::of(spelling);
    let count = row.letters.len();
    let is_han = row.letters.iter().any(|letter| letter.written == Written::Han);
    let is_number = row.letters.iter().all(|letter| letter.written == Written::Digit);
    let least = if is_han || is_number { 2 } else { LATIN_LETTERS_MIN };
    if !(least..=LETTERS_MAX).contains(&count) {
        return Vec::new();
    }
    let breaks = (1..count).filter(|at| row.letters[*at].gap != Gap::None).fold(0, |bits, at| bits | 1 << at);
    let between =
        row.letters.iter().skip(1).find(|letter| is_number && letter.gap != Gap::None).map(|letter| letter.between);
    let is_strict = is_number || matches!(name.owner, Owner::Code(_)) && count <= LATIN_LETTERS_MIN;
    let own = Pattern {
        name: at,
        literal: row.literal,
        letters: count,
        breaks,
        between,
        ways: Ways::NONE,
        is_han,
        is_strict,
    };
    let mut all = Vec::new();
    if !is_number {
        all.extend(masked(&own));
        all.extend(double_letters(&own));
        if is_han {
            all.extend(by_sound(&own, spelling, ALONE_WEIGHT_MIN <= name.weight));
        }
    }
    all.push(own);
    all
}

impl Pattern {
    fn spelt(&self, literal: Vec<u8>, letters: usize, breaks: u64, ways: Ways) -> Pattern {
        Pattern {
            name: self.name,
            literal,
            letters,
            breaks,
            between: None,
            ways,
            is_han: self.is_han,
            is_strict: self.is_strict,
        }
    }
}

/// The name with one letter behind a star, or two beside each other where six and more are left.
fn masked(own: &Pattern) -> Vec<Pattern> {
    let text = String::from_utf8_lossy(&own.literal).into_owned();
    let chars: Vec<char> = text.chars().collect();
    let least = if own.is_han { LATIN_LETTERS_MIN } else { MASKED_LETTERS_MIN };
    if chars.len() < least || own.is_strict {
        return Vec::new();
    }
    let hide = |from: usize, to: usize| {
        let hidden: String =
            chars.iter().enumerate().map(|(at, c)| if (from..to).contains(&at) { '*' } else { *c }).collect();
        let mut pattern = own.spelt(hidden.into_bytes(), own.letters, own.breaks, Ways::MASK);
        pattern.is_strict = true;
        pattern
    };
    let inner = 1..chars.len() - 1;
    let mut all: Vec<Pattern> = inner.map(|at| hide(at, at + 1)).collect();
    if SOUND_LETTERS_MIN < chars.len() {
        all.extend((1..chars.len() - 2).map(|at| hide(at, at + 2)));
    }
    all
}

/// The name with `rn` for m or `vv` for w.
fn double_letters(own: &Pattern) -> Vec<Pattern> {
    if own.is_han || own.letters < SOUND_LETTERS_MIN || own.is_strict {
        return Vec::new();
    }
    let double = |letter: u8, pair: [u8; 2]| {
        let (mut literal, mut breaks) = (Vec::with_capacity(own.literal.len() + 2), 0_u64);
        for (at, byte) in own.literal.iter().enumerate() {
            if own.breaks >> at & 1 == 1 {
                breaks |= 1 << literal.len().min(LETTERS_MAX - 1);
            }
            if *byte == letter { literal.extend(pair) } else { literal.push(*byte) }
        }
        let letters = literal.len();
        let fits = letters <= LETTERS_MAX && letters != own.letters;
        fits.then(|| Pattern { is_strict: true, ..own.spelt(literal, letters, breaks, Ways::DIGRAPH) })
    };
    [double(b'm', *b"rn"), double(b'w', *b"vv")].into_iter().flatten().collect()
}

/// A Chinese name with some or all of its characters written by their sound. Not where the name is a word of its own.
fn by_sound(own: &Pattern, spelling: &str, is_sure: bool) -> Vec<Pattern> {
    const CHARS_MAX: usize = 5;
    let chars: Vec<char> = spelling.chars().filter(|c| text::is_han(*c)).collect();
    if CHARS_MAX < chars.len() || chars.len() != own.letters || !is_sure {
        return Vec::new();
    }
    let sounds: Option<Vec<&String>> = chars.iter().map(|c| han::readings(*c).first()).collect();
    let Some(sounds) = sounds else { return Vec::new() };
    let all = (1 << chars.len()) - 1;
    (1..=all)
        .filter_map(|by_sound: u32| {
            let (mut literal, mut letters, mut breaks) = (String::new(), 0, 0_u64);
            for (at, c) in chars.iter().enumerate() {
                breaks |= 1 << letters;
                if by_sound >> at & 1 == 1 {
                    literal.push_str(sounds[at]);
                    letters += sounds[at].len();
                } else {
                    literal.push(text::simplified(*c));
                    letters += 1;
                }
            }
            let fits = if by_sound == all { SOUND_LETTERS_MIN <= letters } else { LATIN_LETTERS_MIN <= chars.len() };
            let is_han = by_sound != all;
            (fits && letters <= LETTERS_MAX).then(|| Pattern {
                is_han,
                is_strict: true,
                ..own.spelt(literal.into_bytes(), letters, breaks & !1, Ways::PINYIN)
            })
        })
        .collect()
}
