//! Postal addresses, best effort: number, street, unit, town, region, postcode.
//!
//! [`address`] reads the separate fields where they are given and takes one line of text apart where they are not.
//! Street words, directions and units have one spelling each (`Street`, `Str.` and `st` are `st`); towns and streets
//! are folded. What cannot be told apart stays in [`PostalAddress::tokens`], which holds every word.
//!
//! **Not here:** gazetteers. Where no comma says which words are the town, the words after the last street word are.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{table, text};
use crate::record::{Address, Country};

/// An address taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostalAddress {
    /// House number with its letter, such as `27`, `12a`, `14/2` as `14-2`.
    pub number: Option<String>,
    /// Words of the street without the number, each in its one spelling.
    pub street: Vec<String>,
    /// Flat, suite, room, post-office box: `apt 4`, `ste 200`, `box 12`.
    pub unit: Option<String>,
    /// Town, folded, its words in the spelling of street words: `Saint` and `St.` are `st`.
    pub locality: Option<String>,
    /// State or province: the two-letter code in lower case for the United States, else folded.
    pub region: Option<String>,
    /// Postcode, upper case without spaces; five digits of a ZIP.
    pub postcode: Option<String>,
    /// Country as given.
    pub country: Option<Country>,
    /// Every word of the address in its one spelling, sorted, each once.
    pub tokens: Vec<String>,
}

/// The most words of one address that are looked at.
const WORDS_MAX: usize = 64;

/// Takes an address apart; `None` if it has no letter or digit.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::address::address;
/// use linkage_core::record::Address;
///
/// let text = Some("123 Main Street, Las Vegas NV 89132".to_owned());
/// let read = address(&Address { text, ..Address::default() }).ok_or("nothing there")?;
/// assert_eq!(read.number.as_deref(), Some("123"));
/// assert_eq!(read.street, ["main", "st"]);
/// assert_eq!(read.locality.as_deref(), Some("las vegas"));
/// assert_eq!((read.region.as_deref(), read.postcode.as_deref()), (Some("nv"), Some("89132")));
/// # Ok::<(), &str>(())
/// ```
pub fn address(record: &Address) -> Option<PostalAddress> {
    let mut read = PostalAddress { country: record.country, ..PostalAddress::default() };
    if let Some(postcode) = &record.postcode {
        read.postcode = some(postcode_spelling(postcode));
    }
    if let Some(region) = &record.region {
        read.region = some(region_spelling(&text::fold(region)));
    }
    if let Some(locality) = &record.locality {
        read.locality = some(words(locality).join(" "));
    }
    if let Some(street) = &record.street {
        read.take_street(words(street));
    }
    if let Some(line) = &record.text {
        read.take_text(line, record.street.is_none());
    }
    read.collect_tokens(record);
    (!read.tokens.is_empty()).then_some(read)
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Upper case, letters and digits alone; the four digits behind a ZIP are left out.
fn postcode_spelling(postcode: &str) -> String {
    let plain: String = text::fold(postcode).to_uppercase();
    let first = plain.split(' ').next().unwrap_or_default();
    if first.len() == 5 && first.bytes().all(|b| b.is_ascii_digit()) && plain.len() <= 10 {
        return first.to_owned();
    }
    plain.chars().filter(|&c| c != ' ').collect()
}

/// The code of a state of the United States for its name; any other folded text as it is.
fn region_spelling(folded: &str) -> String {
    states().get(folded).map_or_else(|| folded.to_owned(), |code| (*code).to_owned())
}

/// The words of a part of an address; number and letter, number and unit sign stay together.
fn words(part: &str) -> Vec<String> {
    // `#4` is a unit; a slash or hyphen between digits joins them.
    let mut marked = String::with_capacity(part.len() + 8);
    let mut before = ' ';
    let mut chars = part.chars().peekable();
    while let Some(c) = chars.next() {
        let between_digits = before.is_ascii_digit() && chars.peek().is_some_and(char::is_ascii_digit);
        match c {
            '#' => marked.push_str(" apt "),
            '№' => marked.push_str(" no "),
            '/' | '-' | '–' if between_digits => marked.push_str("xdashx"),
            _ => marked.push(c),
        }
        before = c;
    }
    let mut words = Vec::new();
    for word in text::separate_words(&marked) {
        if word.chars().next().is_some_and(text::is_han) {
            words.extend(han_words(&word));
        } else {
            words.push(spelling(&word.replace("xdashx", "-")));
        }
        if WORDS_MAX <= words.len() {
            break;
        }
    }
    words
}

/// A run of Han cut behind each administrative or street word: 广东省 深圳市 南山区 科技路.
fn han_words(run: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in run.chars() {
        word.push(c);
        let ends = matches!(
            c,
            '省' | '市'
                | '区'
                | '县'
                | '镇'
                | '乡'
                | '村'
                | '路'
                | '街'
                | '道'
                | '巷'
                | '弄'
                | '号'
                | '楼'
                | '栋'
                | '座'
                | '室'
                | '层'
                | '园'
        );
        if ends && 2 <= word.chars().count() || matches!(c, '号' | '楼' | '栋' | '座' | '室' | '层') {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// One spelling of a word of a street.
fn spelling(word: &str) -> String {
    street_words().get(word).map_or_else(|| word.to_owned(), |known| known.one.to_owned())
}

/// Digits with at most a letter or two behind, or joined by hyphens.
fn is_number(word: &str) -> bool {
    const CHARS_MAX: usize = 10;
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &word.as_bytes()[digits..];
    let ordinal = matches!(rest, b"st" | b"nd" | b"rd" | b"th");
    1 <= digits
        && word.len() <= CHARS_MAX
        && !ordinal
        && (rest.len() <= 1 || rest[0] == b'-' && rest[1..].iter().all(|&b| b.is_ascii_digit() || b == b'-'))
}

impl PostalAddress {
    /// Number, unit and street out of the words of a street line.
    fn take_street(&mut self, mut words: Vec<String>) {
        self.take_unit(&mut words);
        if words.iter().any(|word| word.chars().next().is_some_and(text::is_han)) {
            self.take_han(words);
            return;
        }
        let first = words.iter().position(|word| is_number(word));
        // The number stands in front, or behind as on the Continent; `no 5` is 5.
        match first {
            Some(at) if at == 0 || at == 1 && words[0] == "no" => {
                self.number = Some(words.remove(at));
                if at == 1 {
                    words.remove(0);
                }
                self.join_letter(&mut words);
            }
            _ => {
                if 1 < words.len()
                    && let Some(last) = words.pop_if(|last| is_number(last))
                {
                    self.number = Some(last);
                } else if let Some(at) = first.filter(|&at| 0 < at && at + 1 < words.len()) {
                    // A house name stands in front: `Rose Cottage 4 Mill Lane`.
                    self.number = Some(words.remove(at));
                }
            }
        }
        if words.len() > 1 && words.last().is_some_and(|word| word == "no") {
            words.pop();
        }
        self.street = words;
    }

    /// `12 a` is `12a`.
    fn join_letter(&mut self, words: &mut Vec<String>) {
        let lettered =
            words.first().is_some_and(|word| word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic()));
        let direction = words.first().and_then(|word| street_words().get(word.as_str())).is_some();
        if lettered && !direction && 2 < words.len() {
            let letter = words.remove(0);
            if let Some(number) = &mut self.number {
                number.push_str(&letter);
            }
        }
    }

    /// Removes `apt 4` and the like.
    fn take_unit(&mut self, words: &mut Vec<String>) {
        let Some(at) = words.iter().position(|word| is_kind(word, Kind::Unit) && word != "no") else { return };
        let mut end = at + 1;
        if words[at] == "po" && words.get(end).is_some_and(|word| word == "box") {
            end += 1;
        }
        let valued = words.get(end).is_some_and(|word| is_number(word) || word.len() <= 2);
        let ordinal_before = words[at] == "fl" && 0 < at && !is_number(&words[at - 1]);
        let alone = ordinal_before || words[at] == "bsmt" || words[at] == "ph";
        if !valued && !alone {
            return;
        }
        if valued {
            end += 1;
        }
        let unit: Vec<String> = words.drain(at..end.min(words.len())).collect();
        let unit = unit.join(" ");
        self.unit = Some(match self.unit.take() {
            Some(before) => format!("{before} {unit}"),
            None => unit.replace("po box", "box"),
        });
        if words.iter().filter(|word| is_kind(word, Kind::Unit)).count() < 4 {
            self.take_unit(words);
        }
    }

    /// A Chinese address: province, city, district, street, number.
    fn take_han(&mut self, words: Vec<String>) {
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let Some(last) = word.chars().last() else { continue };
            if word.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
                match words.peek().and_then(|next| next.chars().next()) {
                    Some('号') if self.number.is_none() => {
                        self.number = Some(word);
                        words.next();
                    }
                    Some('室' | '楼' | '层' | '栋' | '座') => {
                        let unit = format!("{word}{}", words.next().unwrap_or_default());
                        self.unit = Some(self.unit.take().map_or(unit.clone(), |before| format!("{before} {unit}")));
                    }
                    _ => self.street.push(word),
                }
                continue;
            }
            match last {
                '省' if self.region.is_none() => self.region = Some(word),
                '市' if self.locality.is_none() => self.locality = Some(word),
                _ => self.street.push(word),
            }
        }
    }

    /// One line: what the separate fields did not give is looked for.
    fn take_text(&mut self, line: &str, with_street: bool) {
        if !with_street && self.locality.is_some() && self.postcode.is_some() {
            return;
        }
        let mut parts: Vec<Vec<String>> =
            line.split([',', '，', ';', '\n']).map(words).filter(|words| !words.is_empty()).take(WORDS_MAX).collect();
        drop_country(&mut parts);
        self.find_postcode(&mut parts);
        parts.retain(|words| !words.is_empty());
        if !with_street && 1 < parts.len() {
            parts.remove(0);
        }
        if parts.iter().flatten().any(|word| word.chars().next().is_some_and(text::is_han)) {
            return self.take_han(parts.concat());
        }
        self.find_region(&mut parts);
        parts.retain(|words| !words.is_empty());
        self.find_locality(&mut parts);
        if with_street && !parts.is_empty() {
            self.take_street(parts.concat());
        }
    }

    /// The last word, or two, that have the form of a postcode.
    fn find_postcode(&mut self, parts: &mut [Vec<String>]) {
        let han = parts.iter().flatten().any(|word| word.chars().next().is_some_and(text::is_han));
        let several = 1 < parts.iter().map(Vec::len).sum::<usize>();
        for words in parts.iter_mut().rev() {
            for at in (0..words.len()).rev() {
                let next = words.get(at + 1).filter(|next| next.len() == 3);
                let pair = next.map(|next| format!("{}{next}", words[at]).to_uppercase());
                let word = words[at].to_uppercase();
                let (code, length) = match pair {
                    Some(pair) if is_uk_postcode(&pair) || is_canadian_postcode(&pair) => (pair, 2),
                    _ if is_uk_postcode(&word) || is_canadian_postcode(&word) => (word, 1),
                    _ if several && is_zip(&word) => (word[..5].to_owned(), 1),
                    _ if han && word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()) => (word, 1),
                    _ => continue,
                };
                // A number of five digits in front of a street is a house number.
                let first = at == 0 && words.len() > length && words.iter().any(|word| is_kind(word, Kind::Street));
                if first {
                    continue;
                }
                words.drain(at..at + length);
                self.postcode.get_or_insert(code);
                return;
            }
        }
    }

    /// A state of the United States at the end of the line.
    fn find_region(&mut self, parts: &mut [Vec<String>]) {
        let Some(words) = parts.last_mut() else { return };
        for length in (1..=3.min(words.len())).rev() {
            let tail = words[words.len() - length..].join(" ");
            let known = states().get(tail.as_str());
            // `la` and `de` are also words; a code counts with a ZIP behind it or words before it.
            if let Some(code) = known
                && (1 < words.len() || self.postcode.is_some())
                && (self.postcode.is_some()
                    || self.country.is_some_and(|country| country.as_str() == "US")
                    || tail.len() > 2)
            {
                words.truncate(words.len() - length);
                self.region.get_or_insert_with(|| (*code).to_owned());
                return;
            }
        }
    }

    /// The part behind the last comma, or the words behind the last street word.
    fn find_locality(&mut self, parts: &mut Vec<Vec<String>>) {
        let town = match parts.len() {
            0 => return,
            1 => {
                let words = &mut parts[0];
                let street_end =
                    words.iter().rposition(|word| is_kind(word, Kind::Street) || is_kind(word, Kind::Unit));
                let Some(mut at) = street_end.map(|at| at + 1).filter(|&at| 1 < at && at < words.len()) else { return };
                // What a unit is called, and the direction behind a street, are not the town.
                while at < words.len() && (is_number(&words[at]) || is_kind(&words[at], Kind::Direction)) {
                    at += 1;
                }
                words.split_off(at)
            }
            _ => {
                let at = parts.iter().rposition(|words| !words.iter().any(|word| is_number(word))).filter(|&at| 0 < at);
                let Some(at) = at else { return };
                parts.remove(at)
            }
        };
        if self.locality.is_none() {
            self.locality = some(town.join(" "));
        }
    }

    fn collect_tokens(&mut self, record: &Address) {
        let mut tokens: BTreeSet<String> = self.street.iter().cloned().collect();
        tokens.extend(self.number.clone());
        for field in [&self.unit, &self.locality, &self.region] {
            tokens.extend(field.iter().flat_map(|field| field.split(' ').map(str::to_owned)));
        }
        tokens.extend(self.postcode.as_ref().map(|code| code.to_lowercase()));
        if self.street.is_empty() && self.locality.is_none() {
            tokens.extend(record.text.iter().chain(&record.street).flat_map(|text| words(text)));
        }
        self.tokens = tokens.into_iter().filter(|token| !token.is_empty()).collect();
    }
}

/// Drops the country's name at the end.
fn drop_country(parts: &mut Vec<Vec<String>>) {
    const COUNTRIES: [&str; 16] = [
        "usa",
        "us",
        "united states",
        "united states of is",
        "united states of america",
        "uk",
        "gb",
        "united kingdom",
        "great britain",
        "england",
        "scotland",
        "wales",
        "china",
        "中国",
        "canada",
        "australia",
    ];
    if 1 < parts.len() && parts.last().is_some_and(|words| COUNTRIES.contains(&words.join(" ").as_str())) {
        parts.pop();
    } else if let Some(words) = parts.last_mut().filter(|words| 2 < words.len())
        && let Some("usa" | "uk") = words.last().map(String::as_str)
    {
        words.pop();
    }
}

/// Five digits, or five and four.
fn is_zip(word: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match word.split_once('-') {
        Some((five, four)) => five.len() == 5 && four.len() == 4 && digits(five) && digits(four),
        None => word.len() == 5 && digits(word),
    }
}

/// Source: BS 7666, form of the outward and inward code.
fn is_uk_postcode(word: &str) -> bool {
    let bytes = word.as_bytes();
    if !word.is_ascii() || !(5..=7).contains(&bytes.len()) {
        return false;
    }
    let (outward, inward) = bytes.split_at(bytes.len() - 3);
    let letters = outward.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let rest = &outward[letters..];
    inward[0].is_ascii_digit()
        && inward[1..].iter().all(u8::is_ascii_alphabetic)
        && matches!(letters, 1 | 2)
        && matches!(rest.len(), 1 | 2)
        && rest[0].is_ascii_digit()
        && rest.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// Letter and digit in turn, six of them.
fn is_canadian_postcode(word: &str) -> bool {
    word.len() == 6
        && word
            .bytes()
            .enumerate()
            .all(|(at, b)| if at % 2 == 0 { b.is_ascii_alphabetic() } else { b.is_ascii_digit() })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Street,
    Direction,
    Unit,
    Building,
}

struct StreetWord {
    one: &'static str,
    kind: Kind,
}

fn is_kind(word: &str, kind: Kind) -> bool {
    street_words().get(word).is_some_and(|known| known.kind == kind)
}

fn street_words() -> &'static FxHashMap<&'static str, StreetWord> {
    static WORDS: LazyLock<FxHashMap<&'static str, StreetWord>> = LazyLock::new(|| {
        let mut words = FxHashMap::default();
        for row in table::rows(include_str!("data/street_words.tsv")) {
            let [word, one, kind, _locale] = row[..] else { continue };
            let kind = match kind {
                "street" => Kind::Street,
                "direction" => Kind::Direction,
                "unit" => Kind::Unit,
                _ => Kind::Building,
            };
            words.entry(word).or_insert(StreetWord { one, kind });
        }
        words
    });
    &WORDS
}

/// Names and codes of the states of the United States to their codes.
fn states() -> &'static FxHashMap<&'static str, &'static str> {
    static STATES: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
        let mut states = FxHashMap::default();
        for row in table::rows(include_str!("data/us_states.tsv")) {
            let [code, name] = row[..] else { continue };
            states.insert(code, code);
            states.insert(name, code);
        }
        states
    });
    &STATES
}
