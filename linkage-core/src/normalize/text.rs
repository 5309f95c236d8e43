//! Free text: shop names, titles, descriptions.
//!
//! ```text
//! strip invisible ─► NFKD ─► drop accents ─► NFC ─► words ─► join n.i.k.e ─► confusables ─► lower case
//! ```
//!
//! - [`fold`] is the literal key, [`leet`] the key that sees through `N1K3`.
//! - [`words`] and [`shingles`] are what comparison and MinHash read.
//!
//! Confusables are replaced before lower-casing, and only in words that mix Latin letters with look-alikes of
//! another script, or in Cyrillic text made of look-alikes alone: `сара` spelt for `capa`. Names that are simply
//! written in another script are left in it. Han is brought to simplified characters.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

use super::table;

/// A run of letters and digits of one sort; `clean[start..end]` of the text it was cut from.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    end: usize,
    /// Han or kana: written without spaces between words.
    han: bool,
    /// Holds an ASCII letter.
    latin: bool,
    /// Holds a letter that is neither ASCII nor Han.
    other: bool,
    /// One letter alone, such as the `n` of `n.i.k.e`.
    single: bool,
    /// Only punctuation, no white space, stands before it.
    tight: bool,
}

/// Which key is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Literal,
    Leet,
}

/// Cuts text into pieces; the letters go to one buffer without anything between them.
struct Cutter {
    mode: Mode,
    clean: String,
    pieces: Vec<Piece>,
    open: bool,
    /// White space was seen since the last piece.
    white: bool,
}

/// The literal key of a text: same letters, one spelling.
///
/// Lower case, words separated by single spaces, accents dropped from Latin and Greek, look-alike letters of other
/// scripts replaced in words that mix them, single letters joined (`n.i.k.e` is `nike`), apostrophes dropped, Han
/// simplified and without spaces. Folding twice changes nothing. Linear; a title of 300 bytes takes microseconds.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::text::fold;
///
/// assert_eq!(fold("N.I.K.E  Official—Störe"), "nike official store");
/// assert_eq!(fold("раураl"), "paypal");
/// assert_eq!(fold("蘋果 手機殼Pro"), "苹果手机壳 pro");
/// ```
pub fn fold(text: &str) -> String {
    key(text, Mode::Literal)
}

/// The leet key of a text: as [`fold`], and digits and signs that stand for letters are read as letters.
///
/// In words with at least one letter: 0 is o, 3 e, 4 and @ a, 5 and $ s, 7 t, 8 b; 1, i and l become one letter,
/// because 1 stands for either. Numbers alone stay numbers. Compare it with other leet keys only.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::text::leet;
///
/// assert_eq!(leet("N1K3 Sh0p 2024"), leet("nike shop 2024"));
/// ```
pub fn leet(text: &str) -> String {
    key(text, Mode::Leet)
}

/// The words of a text: those of [`fold`], runs of Han cut into overlapping pairs of characters.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in fold(text).split(' ').filter(|word| !word.is_empty()) {
        if word.chars().next().is_some_and(is_han) {
            let chars: Vec<char> = word.chars().collect();
            if let [one] = chars[..] {
                words.push(one.to_string());
            }
            words.extend(chars.windows(2).map(String::from_iter));
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

/// Overlapping runs of `k` units of a text, for MinHash; a unit is a word, or one character of Han.
///
/// In the order of the text, repeated where the text repeats. A text of fewer than `k` units is one shingle, an
/// empty one has none; `k` of 0 is read as 1.
pub fn shingles(text: &str, k: usize) -> Vec<String> {
    let k = k.max(1);
    let folded = fold(text);
    let mut units: Vec<&str> = Vec::new();
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if word.chars().next().is_some_and(is_han) {
            units.extend(word.char_indices().map(|(at, c)| &word[at..at + c.len_utf8()]));
        } else {
            units.push(word);
        }
    }
    if units.is_empty() {
        return Vec::new();
    }
    if units.len() < k {
        return vec![units.join(" ")];
    }
    units.windows(k).map(|run| run.join(" ")).collect()
}

/// Whether a character is Han, kana or bopomofo: written without spaces.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309A}'
        | '\u{309D}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{3105}'..='\u{312F}'
        | '\u{31A0}'..='\u{31BF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// The simplified form of a Han character; any other character as it is.
pub fn simplified(c: char) -> char {
    static TABLE: LazyLock<FxHashMap<char, char>> = LazyLock::new(|| {
        table::rows(include_str!("data/traditional_simplified.tsv"))
            .filter_map(|row| Some((row.first()?.chars().next()?, row.get(1)?.chars().next()?)))
            .collect()
    });
    if c < '\u{3400}' { c } else { TABLE.get(&c).copied().unwrap_or(c) }
}

/// ASCII spelling of any text in lower case: other scripts romanised letter by letter, punctuation kept.
///
/// Han gives the most common pinyin of each character; for names use [`name::person`](super::name::person).
pub fn romanised(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c.to_ascii_lowercase());
        } else {
            ascii.extend(any_ascii::any_ascii_char(c).chars().map(|c| c.to_ascii_lowercase()));
        }
    }
    ascii
}

/// The ASCII digits or letters that a character stands for, such as those of full-width and Arabic digits.
pub(super) fn ascii_of(c: char) -> &'static str {
    any_ascii::any_ascii_char(c)
}

/// Whether a character is invisible: zero-width, bidi control, variation selector, filler, tag, control.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        || c.is_control() && !c.is_whitespace()
}

/// The words of a text as [`fold`] spells them, single letters left alone and other scripts kept as they are.
///
/// Han runs are cut where they were written with a gap. For names.
pub(super) fn separate_words(text: &str) -> Vec<String> {
    let cutter = Cutter::new(text, Mode::Literal);
    let mut words = Vec::with_capacity(cutter.pieces.len());
    for piece in &cutter.pieces {
        let mut word = String::new();
        cutter.write_piece(&mut word, *piece, cutter.cured(*piece).as_deref(), false);
        words.push(word);
    }
    words
}

fn key(text: &str, mode: Mode) -> String {
    let mut cutter = Cutter::new(text, mode);
    cutter.join();
    cutter.write()
}

impl Cutter {
    fn new(text: &str, mode: Mode) -> Cutter {
        let mut cutter = Cutter {
            mode,
            clean: String::with_capacity(text.len()),
            pieces: Vec::with_capacity(text.len() / 5 + 1),
            open: false,
            white: true,
        };
        if mode == Mode::Leet && !text.is_ascii() {
            cutter.take_all(visible(text).nfc());
            return cutter;
        }
        // ASCII needs no normalising, and nothing of it composes with what follows once accents are gone.
        let mut rest = text;
        while !rest.is_empty() {
            let ascii = rest.bytes().take_while(u8::is_ascii).count();
            cutter.take_ascii(&rest[..ascii]);
            rest = &rest[ascii..];
            let other =
                rest.find(|c: char| c.is_ascii() && !is_apostrophe(c) && !is_invisible(c)).unwrap_or(rest.len());
            if rest[..other].chars().all(is_its_own_normal_form) {
                cutter.take_all(rest[..other].chars().filter(|&c| !is_apostrophe(c)));
            } else {
                cutter.take_all(visible(&rest[..other]).nfc());
            }
            rest = &rest[other..];
        }
        cutter
    }

    fn take_all(&mut self, chars: impl Iterator<Item = char>) {
        let mut before = ' ';
        let mut chars = chars.peekable();
        while let Some(c) = chars.next() {
            self.take(before, c, chars.peek().copied().unwrap_or(' '));
            before = c;
        }
    }

    /// As [`Cutter::take_all`], for ASCII.
    fn take_ascii(&mut self, text: &str) {
        let bytes = text.as_bytes();
        for (at, &b) in bytes.iter().enumerate() {
            let letter = b.is_ascii_alphabetic();
            if letter || b.is_ascii_digit() {
                self.push_ascii(b.to_ascii_lowercase(), letter);
            } else if self.mode == Mode::Leet && matches!(b, b'@' | b'$') {
                let beside = |bytes: &[u8]| bytes.first().map_or(' ', |&b| char::from(b));
                let before = beside(&bytes[at.saturating_sub(1)..at]);
                self.take(before, char::from(b), beside(&bytes[at + 1..]));
            } else if b == b' ' || !is_apostrophe(char::from(b)) && !is_invisible(char::from(b)) {
                self.gap(b.is_ascii_whitespace() || b == 0x0B);
            }
        }
    }

    fn push_ascii(&mut self, b: u8, letter: bool) {
        let start = self.clean.len();
        match self.pieces.last_mut() {
            Some(piece) if self.open && !piece.han => {
                piece.end = start + 1;
                piece.latin |= letter;
                piece.single = false;
                self.clean.push(char::from(b));
            }
            _ => self.push(char::from(b), letter, false),
        }
    }

    /// Puts one character where it belongs.
    fn take(&mut self, before: char, c: char, after: char) {
        if c.is_ascii_alphanumeric() {
            self.push(c.to_ascii_lowercase(), c.is_ascii_alphabetic(), false);
        } else if c.is_ascii() {
            let in_word = self.open && self.pieces.last().is_some_and(|piece| piece.latin);
            if self.mode == Mode::Leet && sign_as_letter(in_word, before, c, after) {
                self.push(c, true, false);
            } else {
                self.gap(c.is_whitespace());
            }
        } else if is_combining_mark(c) {
            // A mark without a base of its own script has nothing to say.
            if self.open && self.clean.chars().next_back().is_some_and(|base| !base.is_ascii()) {
                self.push(c, false, true);
            }
        } else if is_han(c) {
            self.push(simplified(c), false, false);
        } else if is_latin(c) || c.is_numeric() {
            let ascii = any_ascii::any_ascii_char(c);
            if ascii.is_empty() || !ascii.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return self.gap(false);
            }
            for c in ascii.chars() {
                self.push(c.to_ascii_lowercase(), c.is_ascii_alphabetic(), false);
            }
        } else if let Some(letter) = enclosed(c) {
            self.push(letter, true, false);
        } else if c.is_alphabetic() {
            self.push(c, true, true);
        } else {
            self.gap(c.is_whitespace());
        }
    }

    fn push(&mut self, c: char, letter: bool, other: bool) {
        let han = is_han(c);
        if self.open && self.pieces.last().is_some_and(|piece| piece.han != han && (letter || !other)) {
            self.open = false;
            self.white = false;
        }
        let start = self.clean.len();
        self.clean.push(c);
        let end = self.clean.len();
        let latin = c.is_ascii_alphabetic() || matches!(c, '@' | '$');
        match self.pieces.last_mut() {
            Some(piece) if self.open => {
                piece.end = end;
                piece.latin |= latin;
                piece.other |= other;
                piece.single = false;
            }
            _ => {
                // Only letters that no other letter composes with may be joined later.
                let single = (letter || self.mode == Mode::Leet) && c < '\u{590}';
                self.pieces.push(Piece { start, end, han, latin, other, single, tight: !self.white });
                self.open = true;
                self.white = false;
            }
        }
    }

    fn gap(&mut self, white: bool) {
        self.white |= white;
        self.open = false;
    }

    /// Joins runs of single letters, and Han with Han.
    fn join(&mut self) {
        let mut joined: Vec<Piece> = Vec::with_capacity(self.pieces.len());
        let mut at = 0;
        while at < self.pieces.len() {
            let (end, one_word) = self.run(at);
            if !one_word {
                joined.extend_from_slice(&self.pieces[at..end]);
                at = end;
                continue;
            }
            let mut piece = self.pieces[at];
            for next in &self.pieces[at + 1..end] {
                piece.end = next.end;
                piece.latin |= next.latin;
                piece.other |= next.other;
            }
            joined.push(piece);
            at = end;
        }
        self.pieces = joined;
    }

    /// Where the run of pieces of one sort that starts at `at` ends, and whether it is one word.
    fn run(&self, at: usize) -> (usize, bool) {
        let rest = &self.pieces[at..];
        if rest[0].han {
            return (at + rest.iter().take_while(|piece| piece.han).count(), true);
        }
        if !rest[0].single {
            return (at + 1, true);
        }
        let run = rest.iter().take_while(|piece| piece.single).count();
        let tight = rest[1..run].iter().all(|piece| piece.tight);
        let lettered = rest[..run].iter().any(|piece| piece.latin || piece.other);
        // Two letters far apart may be two initials; three, or two with a dot between, are a word spelt out.
        (at + run, lettered && (3 <= run || tight))
    }

    /// Replaces look-alikes, lowers the rest, and puts single spaces between the pieces.
    fn write(&self) -> String {
        if self.mode == Mode::Literal && !self.pieces.iter().any(|piece| piece.other) {
            return self.write_plain();
        }
        let cured: Vec<Option<String>> = self.pieces.iter().map(|piece| self.cured(*piece)).collect();
        let disguised = self.all_left_is_disguise(&cured);
        let mut out = String::with_capacity(self.clean.len() + self.pieces.len());
        for (piece, cured) in self.pieces.iter().zip(&cured) {
            if !out.is_empty() {
                out.push(' ');
            }
            let start = out.len();
            self.write_piece(&mut out, *piece, cured.as_deref(), disguised);
            if self.mode == Mode::Leet {
                read_leet(&mut out, start);
            }
        }
        out
    }

    fn write_plain(&self) -> String {
        let mut out = String::with_capacity(self.clean.len() + self.pieces.len());
        for piece in &self.pieces {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&self.clean[piece.start..piece.end]);
        }
        out
    }

    fn write_piece(&self, out: &mut String, piece: Piece, cured: Option<&str>, disguised: bool) {
        match cured {
            Some(cured) => out.push_str(cured),
            None if !piece.other => out.push_str(&self.clean[piece.start..piece.end]),
            None => {
                for c in self.clean[piece.start..piece.end].chars() {
                    match if disguised { look_alike(c) } else { None } {
                        Some(ascii) => out.push(ascii),
                        None => out.extend(lowered(c)),
                    }
                }
            }
        }
    }

    /// The piece in Latin letters, if it mixes Latin with look-alikes of other scripts and nothing else.
    fn cured(&self, piece: Piece) -> Option<String> {
        if !piece.latin || !piece.other {
            return None;
        }
        self.clean[piece.start..piece.end].chars().map(look_alike).collect()
    }

    /// Whether all letters that are not Latin yet are Cyrillic look-alikes of Latin ones in either case.
    fn all_left_is_disguise(&self, cured: &[Option<String>]) -> bool {
        let mut seen = false;
        for (piece, cured) in self.pieces.iter().zip(cured) {
            if !piece.other || cured.is_some() {
                continue;
            }
            for c in self.clean[piece.start..piece.end].chars().filter(|c| !c.is_ascii()) {
                if !lowered(c).all(is_cyrillic_twin) {
                    return false;
                }
                seen = true;
            }
        }
        seen
    }
}

/// The text without invisible characters, apostrophes and accents, decomposed.
///
/// The breve of й and ў and the dots of ї make other letters and stay; the dots of ё are left out in print anyway.
fn visible(text: &str) -> impl Iterator<Item = char> {
    let mut base = ' ';
    text.chars().filter(|&c| c != '\u{B4}').nfkd().filter(move |&c| {
        if is_invisible(c) || is_apostrophe(c) {
            return false;
        }
        let keep = match c {
            '\u{306}' => matches!(base, 'и' | 'И' | 'у' | 'У'),
            '\u{308}' => matches!(base, 'і' | 'І'),
            _ => !is_accent(c),
        };
        // Other marks may stand between a letter and its breve; the letter takes one only.
        if keep && (is_accent(c) || canonical_combining_class(c) == 0) {
            base = c;
        }
        keep
    })
}

/// Common characters that [`visible`] and composing again leave alone.
pub(super) fn is_its_own_normal_form(c: char) -> bool {
    matches!(c, 'А'..='я' | '\u{2012}'..='\u{2016}' | '\u{2018}'..='\u{201F}' | '\u{2600}'..='\u{27BF}'
        | '\u{3001}' | '\u{3002}' | '\u{4E00}'..='\u{9FFF}' | '\u{1F300}'..='\u{1F64F}')
}

#[cfg(test)]
pub(super) fn is_its_own_normal_form_in_full(c: char) -> bool {
    is_apostrophe(c) || visible(&c.to_string()).nfc().eq([c])
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{2B9}'..='\u{2BD}' | '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2035}' | '\u{FF07}')
}

pub(super) fn is_latin(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, '\u{C0}'..='\u{2AF}' | '\u{1D00}'..='\u{1DBF}' | '\u{1E00}'..='\u{1EFF}'
            | '\u{2C60}'..='\u{2C7F}' | '\u{A722}'..='\u{A7FF}' | '\u{AB30}'..='\u{AB6F}')
}

/// Negative circled and squared letters, which NFKD leaves alone.
pub(super) fn enclosed(c: char) -> Option<char> {
    let offset = match c {
        '\u{1F150}'..='\u{1F169}' => u32::from(c) - 0x1F150,
        '\u{1F170}'..='\u{1F189}' => u32::from(c) - 0x1F170,
        _ => return None,
    };
    char::from_u32(u32::from('a') + offset)
}

/// Lower case, with one small sigma and one е.
fn lowered(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| match c {
        'ς' => 'σ',
        other => other,
    })
}

/// The ASCII letter or digit that a character looks like.
pub(super) fn look_alike(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    if matches!(c, 'ӏ' | 'Ӏ') {
        return Some('l');
    }
    let cured = |c: char| match decancer::cure_char!(c) {
        decancer::Translation::Character(ascii) if ascii.is_ascii_alphanumeric() => Some(ascii),
        _ => None,
    };
    cured(c).or_else(|| c.to_lowercase().next().and_then(cured))
}

/// Small Cyrillic letters that look like Latin ones. Source: Unicode confusables (UTS 39), those that most typefaces
/// draw alike.
fn is_cyrillic_twin(c: char) -> bool {
    matches!(c, 'а' | 'е' | 'о' | 'р' | 'с' | 'у' | 'х' | 'ѕ' | 'і' | 'ј' | 'һ' | 'ԁ' | 'ӏ' | 'ѵ' | 'ԛ' | 'ԝ' | 'к')
}

/// Whether `@` or `$` stands for a letter: inside or beside a word in Latin letters, of which `in_word` is the part
/// before it.
fn sign_as_letter(in_word: bool, before: char, c: char, after: char) -> bool {
    match c {
        // A leading @ marks a handle.
        '@' => {
            before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() && (in_word || after.is_ascii_alphabetic())
        }
        // `US$100` is an amount.
        '$' => after.is_ascii_alphabetic() || in_word && before.is_ascii_alphanumeric() && !after.is_ascii_digit(),
        _ => false,
    }
}

/// Reads digits as letters in the word that begins at `start`, if it has a letter.
fn read_leet(out: &mut String, start: usize) {
    if !out[start..].bytes().any(|b| b.is_ascii_alphabetic()) {
        return;
    }
    let word: String = out[start..]
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' => 'l',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            '8' => 'b',
            other => other,
        })
        .collect();
    out.truncate(start);
    out.push_str(&word);
}
