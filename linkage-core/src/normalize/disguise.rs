//! The letters that a reader sees in a text, however they were written, and how they were disguised.
//!
//! ```text
//! text ──one table of characters──► Row { letters in ASCII and simplified Han, the same with digits read as letters }
//! ```
//!
//! - [`Ways`] says how a word was disguised; it is what stays when a seller changes the word.
//! - `Row` is what `brand` looks for names in.
//!
//! Other than [`fold`](super::text::fold), which leaves words of other scripts in peace, this reads every letter as the Latin one it
//! looks like: its answers are for finding known names, not for comparing texts.
//!
//! **Invariant:** linear, no panic on any text; every letter knows the bytes it was read from.

use std::fmt;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::text;

/// How a word was disguised: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ways(u16);

impl Ways {
    /// Nothing.
    pub const NONE: Ways = Ways(0);
    /// Zero-width and other invisible characters inside.
    pub const INVISIBLE: Ways = Ways(1);
    /// Controls of the direction of writing.
    pub const BIDI: Ways = Ways(1 << 1);
    /// Full-width letters.
    pub const WIDE: Ways = Ways(1 << 2);
    /// Mathematical, circled, squared, raised letters.
    pub const STYLED: Ways = Ways(1 << 3);
    /// Small capitals and phonetic letters.
    pub const SMALL: Ways = Ways(1 << 4);
    /// Cyrillic letters.
    pub const CYRILLIC: Ways = Ways(1 << 5);
    /// Greek letters.
    pub const GREEK: Ways = Ways(1 << 6);
    /// Letters of another script.
    pub const SCRIPT: Ways = Ways(1 << 7);
    /// Accents and other marks.
    pub const MARKS: Ways = Ways(1 << 8);
    /// Spelt out: dots, spaces or signs between the letters.
    pub const SPELT: Ways = Ways(1 << 9);
    /// Pictures between the letters or in the place of one.
    pub const PICTURES: Ways = Ways(1 << 10);
    /// Digits and signs in the place of letters.
    pub const LEET: Ways = Ways(1 << 11);
    /// A letter hidden behind a star or a circle.
    pub const MASK: Ways = Ways(1 << 12);
    /// Chinese written by its sound.
    pub const PINYIN: Ways = Ways(1 << 13);
    /// Two letters that look like one.
    pub const DIGRAPH: Ways = Ways(1 << 14);

    const NAMES: [&str; 15] = [
        "invisible",
        "bidi",
        "wide",
        "styled",
        "small",
        "cyrillic",
        "greek",
        "script",
        "marks",
        "spelt",
        "pictures",
        "leet",
        "mask",
        "pinyin",
        "digraph",
    ];

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether all of `other` are among them.
    pub fn has(self, other: Ways) -> bool {
        self.0 & other.0 == other.0
    }

    /// These without `other`.
    #[must_use]
    pub fn without(self, other: Ways) -> Ways {
        Ways(self.0 & !other.0)
    }
}

impl std::ops::BitOr for Ways {
    type Output = Ways;

    fn bitor(self, other: Ways) -> Ways {
        Ways(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Ways {
    fn bitor_assign(&mut self, other: Ways) {
        self.0 |= other.0;
    }
}

/// Their names, joined by `+`.
impl fmt::Display for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Ways::NAMES.iter().enumerate().filter(|(at, _)| self.0 >> at & 1 == 1);
        for (place, (_, name)) in names.enumerate() {
            write!(f, "{}{name}", if place == 0 { "" } else { "+" })?;
        }
        Ok(())
    }
}

/// What stands before a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Another letter.
    None,
    /// Punctuation, signs, pictures.
    Tight,
    /// White space, or the beginning.
    White,
}

/// As what a letter was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// A Latin letter, or one that looks like it.
    Letter,
    /// A digit.
    Digit,
    /// A sign that may stand for a letter, such as `$`, or hide one.
    Sign,
    /// Han or kana.
    Han,
    /// A letter of a flag.
    Flag,
    /// A letter that looks like no Latin one.
    Other,
}

/// One letter of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    /// The bytes of the text it was read from.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its first byte in the row's keys.
    pub(super) at: usize,
    pub(super) ways: Ways,
    pub(super) gap: Gap,
    /// The last character of the gap.
    pub(super) between: char,
    /// Whether a picture stands in the gap.
    pub(super) picture: bool,
    pub(super) written: Written,
    pub(super) upper: bool,
}

/// The letters of a text.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) letters: Vec<Letter>,
    /// The letters as read: ASCII in lower case, simplified Han in UTF-8, [`UNKNOWN`] for others.
    pub(super) literal: Vec<u8>,
    /// The same, of the same length, with digits and signs read as letters; i and l are one.
    pub(super) leet: Vec<u8>,
}

/// Stands for a letter that looks like no Latin one.
const UNKNOWN: u8 = 1;

/// A hidden letter.
pub(super) const MASKED: u8 = b'*';

/// Bytes that one character is read as, at the most.
const BYTES_MAX: usize = 8;

/// How a character is read.
#[derive(Clone, Copy)]
enum Sort {
    /// Separates words, perhaps a picture.
    Tight,
    Picture,
    White,
    /// Seen by nobody.
    Skip,
    /// One or more letters.
    Letters,
    /// May stand for a letter.
    Sign,
    /// May hide a letter.
    Mask,
}

#[derive(Clone, Copy)]
struct Entry {
    sort: Sort,
    written: Written,
    ways: Ways,
    len: u8,
    bytes: [u8; BYTES_MAX],
}

impl Entry {
    const fn of(sort: Sort) -> Entry {
        Entry { sort, written: Written::Other, ways: Ways::NONE, len: 0, bytes: [0; BYTES_MAX] }
    }

    fn letters(written: Written, ways: Ways, text: &str) -> Entry {
        let mut entry = Entry { written, ways, ..Entry::of(Sort::Letters) };
        // What does not fit is a letter that no name has.
        let text = if text.len() <= BYTES_MAX { text.as_bytes() } else { &[UNKNOWN] };
        entry.bytes[..text.len()].copy_from_slice(text);
        entry.len = text.len() as u8;
        entry
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// What may still come into the next letter.
#[derive(Clone, Copy)]
struct Pending {
    gap: Gap,
    between: char,
    picture: bool,
    ways: Ways,
}

impl Row {
    /// Reads a text.
    pub(super) fn of(text: &str) -> Row {
        let mut row = Row {
            letters: Vec::with_capacity(text.len()),
            literal: Vec::with_capacity(text.len()),
            leet: Vec::with_capacity(text.len()),
        };
        let begun = Pending { gap: Gap::White, between: ' ', picture: false, ways: Ways::NONE };
        let mut before = begun;
        let mut chars = text.char_indices().peekable();
        while let Some((start, c)) = chars.next() {
            let mut entry = entry(c);
            let follows = || chars.clone().next().map(|(_, next)| self::entry(next));
            // The small capital q is an o with a hook; small capitals beside it tell which is meant.
            if c == 'ǫ'
                && (row.letters.last().is_some_and(is_small)
                    || follows().is_some_and(|next| next.ways.has(Ways::SMALL)))
            {
                entry = Entry::letters(Written::Letter, Ways::SMALL, "q");
            }
            let is_letters = match entry.sort {
                Sort::Letters => true,
                // `$9`, a `!` between words: a sign reads as a letter beside letters alone.
                Sort::Sign => {
                    let after =
                        follows().is_some_and(|next| is_word(next.written) && matches!(next.sort, Sort::Letters));
                    after || before.gap == Gap::None && row.letters.last().is_some_and(|last| is_word(last.written))
                }
                Sort::Mask => {
                    before.gap == Gap::None
                        && follows().is_some_and(|next| matches!(next.sort, Sort::Letters | Sort::Mask))
                }
                // A picture of a word reads as that word inside Han.
                Sort::Picture if entry.len != 0 => {
                    before.gap == Gap::None && row.letters.last().is_some_and(|last| last.written == Written::Han)
                        || follows().is_some_and(|next| next.written == Written::Han)
                }
                _ => false,
            };
            if is_letters {
                row.push(start, c, &entry, before);
                before = Pending { gap: Gap::None, ..begun };
                continue;
            }
            match entry.sort {
                Sort::Skip if !entry.ways.is_empty() && is_combining_mark(c) => {
                    if let Some(last) = row.letters.last_mut().filter(|_| before.gap == Gap::None) {
                        last.ways |= entry.ways;
                    }
                }
                Sort::Skip => before.ways |= entry.ways,
                Sort::White => before.gap = Gap::White,
                _ => {
                    before.gap = before.gap.max(Gap::Tight);
                    before.picture |= matches!(entry.sort, Sort::Picture);
                    before.between = c;
                }
            }
        }
        row
    }

    fn push(&mut self, start: usize, c: char, entry: &Entry, before: Pending) {
        let inside = if before.gap == Gap::None { before.ways } else { Ways::NONE };
        for (place, &byte) in entry.bytes().iter().enumerate() {
            // The second byte of a Han character is no letter of its own.
            if byte & 0xC0 != 0x80 {
                self.letters.push(Letter {
                    start,
                    end: start + c.len_utf8(),
                    at: self.literal.len(),
                    ways: entry.ways | if place == 0 { inside } else { Ways::NONE },
                    gap: if place == 0 { before.gap } else { Gap::None },
                    between: before.between,
                    picture: before.picture && place == 0,
                    written: entry.written,
                    upper: c.is_ascii_uppercase(),
                });
            }
            self.literal.push(if matches!(entry.sort, Sort::Sign) { UNKNOWN + 1 } else { byte });
            self.leet.push(as_letter(byte));
        }
    }

    /// Whether a name may begin or end before letter `at`.
    pub(super) fn is_edge(&self, at: usize) -> bool {
        let (Some(before), Some(after)) = (at.checked_sub(1).and_then(|at| self.letters.get(at)), self.letters.get(at))
        else {
            return true;
        };
        after.gap != Gap::None
            || before.written != after.written
                && [before, after].iter().any(|letter| matches!(letter.written, Written::Han | Written::Flag))
            || before.written == Written::Han
            || before.written == Written::Sign
            || after.written == Written::Sign
            || after.upper && !before.upper && before.written == Written::Letter && before.ways.is_empty()
    }

    /// As [`is_edge`](Row::is_edge), also between a letter and a number: `nike90`.
    pub(super) fn is_edge_of_number(&self, at: usize) -> bool {
        self.is_edge(at)
            || matches!(
                (self.letters[at - 1].written, self.letters[at].written),
                (Written::Letter, Written::Digit) | (Written::Digit, Written::Letter)
            )
    }

    /// The letter that begins at a byte of the keys.
    pub(super) fn letter_at(&self, byte: usize) -> Option<usize> {
        self.letters.binary_search_by_key(&byte, |letter| letter.at).ok()
    }
}

fn is_small(letter: &Letter) -> bool {
    letter.ways.has(Ways::SMALL)
}

fn is_word(written: Written) -> bool {
    matches!(written, Written::Letter | Written::Digit)
}

/// A byte with digits and signs read as the letters they stand for.
pub(super) fn as_letter(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'l' | b'!' | b'|' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'6' | b'9' => b'g',
        b'7' | b'+' => b't',
        b'8' => b'b',
        other => other,
    }
}

/// Characters in one page of the table.
const PAGE: usize = 256;

/// Looks a character up; its page is made when first asked for.
fn entry(c: char) -> Entry {
    static PAGES: [OnceLock<Box<[Entry]>>; 0x11_0000 / PAGE] = [const { OnceLock::new() }; 0x11_0000 / PAGE];
    let code = c as usize;
    let page = PAGES[code / PAGE].get_or_init(|| {
        let first = (code / PAGE * PAGE) as u32;
        (first..first + PAGE as u32).map(|code| char::from_u32(code).map_or(Entry::of(Sort::Tight), read)).collect()
    });
    page[code % PAGE]
}

fn read(c: char) -> Entry {
    match c {
        'a'..='z' | 'A'..='Z' => Entry::letters(Written::Letter, Ways::NONE, &c.to_ascii_lowercase().to_string()),
        '0'..='9' => Entry::letters(Written::Digit, Ways::NONE, &c.to_string()),
        '@' | '$' | '!' | '|' | '+' => sign(c),
        '€' => sign('e'),
        '£' => sign('l'),
        '¥' => sign('y'),
        '¢' => sign('c'),
        '*' | '＊' | '∗' | '✱' | '✲' | '●' | '○' | '◯' | '□' | '■' | '〇' => {
            Entry { sort: Sort::Mask, ..Entry::letters(Written::Sign, Ways::MASK, "*") }
        }
        // They belong to the pictures that they stand behind.
        '\u{FE0E}' | '\u{FE0F}' | '\u{200D}' | '\u{1F3FB}'..='\u{1F3FF}' => Entry::of(Sort::Skip),
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{61C}' => {
            Entry { ways: Ways::BIDI, ..Entry::of(Sort::Skip) }
        }
        _ if text::is_invisible(c) => Entry { ways: Ways::INVISIBLE, ..Entry::of(Sort::Skip) },
        _ if text::is_apostrophe(c) => Entry::of(Sort::Skip),
        _ if c.is_whitespace() => Entry::of(Sort::White),
        _ if c.is_ascii() => Entry::of(Sort::Tight),
        _ if is_combining_mark(c) => Entry { ways: Ways::MARKS, ..Entry::of(Sort::Skip) },
        '\u{1F1E6}'..='\u{1F1FF}' => {
            let letter = char::from(b'a' + (u32::from(c) - 0x1F1E6) as u8);
            Entry::letters(Written::Flag, Ways::STYLED, &letter.to_string())
        }
        // Before any table of look-alikes, some of which know hearts and flames.
        '\u{2190}'..='\u{245F}'
        | '\u{2500}'..='\u{2775}'
        | '\u{2794}'..='\u{2BFF}'
        | '\u{1F000}'..='\u{1F0FF}'
        | '\u{1F200}'..='\u{1FAFF}'
            if picture(c).is_none() =>
        {
            Entry::of(Sort::Picture)
        }
        _ => match picture(c) {
            Some(han) => Entry { sort: Sort::Picture, ..Entry::letters(Written::Han, Ways::PICTURES, han) },
            None => letters(c),
        },
    }
}

fn sign(letter: char) -> Entry {
    Entry { sort: Sort::Sign, ..Entry::letters(Written::Sign, Ways::LEET, &letter.to_string()) }
}

/// Pictures that are put in the place of a Chinese word. Assumption: usage in titles of Chinese shops.
fn picture(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{1F40E}' | '\u{1F434}' => "马",
        '\u{1F34E}' | '\u{1F34F}' => "苹果",
        '\u{1FACF}' => "驴",
        '\u{1F42E}' | '\u{1F404}' => "牛",
        '\u{1F986}' => "鸭",
        '\u{1F33E}' => "米",
        '\u{1F98C}' => "鹿",
        '\u{1F40A}' => "鳄鱼",
        '\u{1F426}' => "鸟",
        _ => return None,
    })
}

/// A character that is read as letters, or separates words.
fn letters(c: char) -> Entry {
    if text::is_han(c) {
        return Entry::letters(Written::Han, Ways::NONE, &text::simplified(c).to_string());
    }
    let mut found = String::new();
    let (mut marks, mut unknown) = (false, false);
    for part in c.nfkd() {
        if is_combining_mark(part) {
            marks = true;
        } else if part.is_ascii_alphanumeric() {
            found.push(part.to_ascii_lowercase());
        } else if text::is_han(part) {
            found.push(text::simplified(part));
        } else if !part.is_ascii() {
            match looks_like(part) {
                Some(ascii) => found.push_str(&ascii),
                None => unknown |= part.is_alphanumeric(),
            }
        }
    }
    if unknown {
        return Entry { bytes: [UNKNOWN; BYTES_MAX], len: 1, ..Entry::letters(Written::Other, Ways::NONE, "") };
    }
    if found.is_empty() {
        return Entry::of(Sort::Tight);
    }
    let written = match found.chars().next() {
        Some(first) if first.is_ascii_digit() => Written::Digit,
        Some(first) if first.is_ascii() => Written::Letter,
        _ => Written::Han,
    };
    let ways = if written == Written::Han { Ways::NONE } else { way_of(c) };
    Entry::letters(written, if marks { ways | Ways::MARKS } else { ways }, &found)
}

/// The Latin letters that a letter looks like.
fn looks_like(c: char) -> Option<String> {
    // Syllables and abjads are read by who writes them so, whatever their strokes are like.
    if matches!(c, '\u{600}'..='\u{8FF}' | '\u{900}'..='\u{139F}' | '\u{1400}'..='\u{1BFF}' | '\u{3130}'..='\u{318F}'
        | '\u{A960}'..='\u{AAFF}' | '\u{AC00}'..='\u{D7FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')
    {
        return None;
    }
    if let Some(letter) = text::enclosed(c) {
        return Some(letter.to_string());
    }
    if text::is_latin(c) || c.is_numeric() {
        let ascii = text::ascii_of(c);
        if !ascii.is_empty() && ascii.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Some(ascii.to_ascii_lowercase());
        }
    }
    text::look_alike(c).map(|ascii| ascii.to_ascii_lowercase().to_string())
}

/// What writing with this character does to a word in Latin letters.
fn way_of(c: char) -> Ways {
    match c {
        '\u{FF01}'..='\u{FF5E}' => Ways::WIDE,
        '\u{250}'..='\u{2AF}' | '\u{1D00}'..='\u{1D2B}' | '\u{A730}'..='\u{A731}' | '\u{1D6B}'..='\u{1DBF}' => {
            Ways::SMALL
        }
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Ways::GREEK,
        '\u{400}'..='\u{52F}' => Ways::CYRILLIC,
        // A ligature or a letter of a European alphabet; its marks say more.
        '\u{AA}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{FB00}'..='\u{FB06}' => Ways::NONE,
        '\u{1D2C}'..='\u{1D6A}'
        | '\u{2070}'..='\u{209F}'
        | '\u{2100}'..='\u{214F}'
        | '\u{2460}'..='\u{24FF}'
        | '\u{1D400}'..='\u{1D7FF}'
        | '\u{1F100}'..='\u{1F1FF}' => Ways::STYLED,
        _ => Ways::SCRIPT,
    }
}
