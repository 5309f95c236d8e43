//! Names of people and of companies.
//!
//! - [`person`] drops titles, brings `Surname, Given` and pinyin into one order, and reads Han names aloud.
//! - [`company`] splits who a company is from its legal form, its shop words and its town.
//! - [`nickname_roots`] and [`phonetic`] are what comparison uses on single words of a name.
//!
//! Han names become pinyin without tones, surname first, the given name as one word: 王小明, `Wang Xiao Ming` and
//! `Xiaoming WANG` all have the words `wang xiaoming`.

use std::sync::LazyLock;

use pinyin::ToPinyin;
use rphonetic::DoubleMetaphone;
use rustc_hash::{FxHashMap, FxHashSet};

use super::table;
use super::text::{self, simplified};

/// A person's name taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Romanised words in lower case, never empty: given names then surname as written in the West, surname then
    /// given name for Chinese names.
    pub tokens: Vec<String>,
    /// The words sorted and written without spaces; the same for any order of the words.
    pub joined: String,
    /// The name in simplified Han, if it was written in Han.
    pub han: Option<String>,
    /// The surname, where the spelling tells: a comma, Han, or pinyin with one surname in it.
    pub surname: Option<String>,
    /// Whether the surname stood first as written; `None` where nothing tells.
    pub surname_first: Option<bool>,
    /// `jr`, `sr`, `ii`, `iii` …
    pub suffix: Option<String>,
    /// Other readings of the same name, at most [`ALTERNATIVES_MAX`], each in the form of `tokens`.
    pub alternatives: Vec<Vec<String>>,
}

/// A company's or shop's name taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyName {
    /// All words, romanised, in lower case, legal form included.
    pub tokens: Vec<String>,
    /// The words that say who: without legal form, shop words and places, unless nothing else is there.
    pub core: Vec<String>,
    /// The core written without spaces: `Sun Shine` and `Sunshine` are one.
    pub joined: String,
    /// One spelling of the legal form, such as `ltd`, `gmbh`, `有限公司`.
    pub legal_form: Option<String>,
    /// The Han part of the name, simplified.
    pub han: Option<String>,
    /// The Han part without legal form, shop words and place.
    pub han_core: Option<String>,
}

/// The most other readings kept of one name.
pub const ALTERNATIVES_MAX: usize = 8;

/// Han names longer than this many characters are read in one way only.
const HAN_NAME_CHARS_MAX: usize = 6;

/// Takes a person's name apart; `None` if it has no letter or digit.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::name::person;
///
/// let written = person("O’Brien-Smith, Dr. Robert (Jr.)").ok_or("no name")?;
/// assert_eq!(written.tokens, ["robert", "obrien", "smith"]);
/// assert_eq!(written.suffix.as_deref(), Some("jr"));
///
/// assert_eq!(person("王小明").ok_or("no name")?.joined, person("Xiao Ming Wang").ok_or("no name")?.joined);
/// # Ok::<(), &str>(())
/// ```
pub fn person(text: &str) -> Option<PersonName> {
    let han: String = text.chars().filter(|&c| is_hanzi(c)).map(simplified).collect();
    let mut name = if han.is_empty() { spelt(text)? } else { read_aloud(text, &han)? };
    name.joined = joined(&name.tokens);
    name.alternatives.retain(|other| !other.is_empty() && *other != name.tokens);
    name.alternatives.dedup();
    name.alternatives.truncate(ALTERNATIVES_MAX);
    Some(name)
}

/// Takes a company's or shop's name apart; `None` if it has no letter or digit.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::name::company;
///
/// let han = company("深圳市华强科技有限公司").ok_or("no name")?;
/// let latin = company("Shenzhen Huaqiang Technology Co., Ltd.").ok_or("no name")?;
/// assert_eq!(han.core, ["huaqiang", "technology"]);
/// assert_eq!(han.core, latin.core);
/// assert_eq!(latin.legal_form.as_deref(), Some("ltd"));
/// # Ok::<(), &str>(())
/// ```
pub fn company(text: &str) -> Option<CompanyName> {
    let forms = Forms::get();
    let mut name = CompanyName::default();
    let mut words: Vec<Word> = Vec::new();
    let (mut han, mut han_core) = (String::new(), String::new());
    for word in text::separate_words(text) {
        if word.chars().any(is_hanzi) {
            han.push_str(&word);
            forms.take_han_apart(&word, &mut words, &mut name.legal_form, &mut han_core);
        } else if word != "and" && word != "und" && word != "the" {
            words.push(Word { text: romanised_word(&word), who: true });
        }
    }
    join_initials(&mut words);
    name.tokens = words.iter().map(|word| word.text.clone()).filter(|word| !word.is_empty()).collect();
    if name.tokens.is_empty() {
        return None;
    }
    forms.mark_latin(&mut words, &mut name.legal_form);
    name.core = words.into_iter().filter(|word| word.who && !word.text.is_empty()).map(|word| word.text).collect();
    if name.core.is_empty() {
        name.core = name.tokens.clone();
    }
    name.joined = name.core.concat();
    name.han = Some(han).filter(|han| !han.is_empty());
    name.han_core = Some(han_core).filter(|core| !core.is_empty());
    Some(name)
}

/// Whether a name carries a legal form, so that it names a company rather than a person.
pub fn is_company_like(text: &str) -> bool {
    company(text).is_some_and(|name| name.legal_form.is_some())
}

/// The formal names that an English familiar name may stand for, sorted; the name itself if it is one of them.
///
/// Empty for names the table does not know. `bob` gives `robert`, `alex` gives `alexander` and `alexandra`.
pub fn nickname_roots(token: &str) -> &'static [&'static str] {
    static ROOTS: LazyLock<FxHashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
        let mut roots: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for row in table::rows(include_str!("data/nicknames.tsv")) {
            let [root, forms] = row[..] else { continue };
            for form in table::list(forms).chain([root]) {
                roots.entry(form).or_default().push(root);
            }
        }
        for roots in roots.values_mut() {
            roots.sort_unstable();
            roots.dedup();
        }
        roots
    });
    ROOTS.get(token).map_or(&[], Vec::as_slice)
}

/// One spelling of a word of firms' names that is written in several ways: `intl` is `international`; others as they are.
pub fn one_spelling(token: &str) -> &str {
    static WORDS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
        table::rows(include_str!("data/name_words.tsv")).filter_map(|row| Some((*row.first()?, *row.get(1)?))).collect()
    });
    WORDS.get(token).copied().unwrap_or(token)
}

/// Whether a word, or Chinese place read aloud, is a place that stands in names of firms.
pub fn is_place(token: &str) -> bool {
    let forms = Forms::get();
    forms.place.contains(token) || forms.country.contains(token)
}

/// Whether a word says that it is a shop, not which.
pub fn is_shop_word(token: &str) -> bool {
    Forms::get().shop.contains(token)
}

/// The primary Double Metaphone code of a word, at most eight letters; empty if it has no Latin letter.
///
/// Source: L. Philips, "The double metaphone search algorithm", C/C++ Users Journal 18(6), 2000.
pub fn phonetic(token: &str) -> String {
    const LETTERS_MAX: usize = 32;
    let letters: String = text::romanised(token).chars().filter(char::is_ascii_alphabetic).take(LETTERS_MAX).collect();
    if letters.is_empty() { letters } else { DoubleMetaphone::new(Some(8)).double_metaphone(&letters).primary() }
}

/// The words sorted and written without spaces.
pub fn joined(tokens: &[String]) -> String {
    let mut sorted: Vec<&str> = tokens.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.concat()
}

/// Whether a character is a Han character that is read, not a kana or a sign.
fn is_hanzi(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

// --- people in letters ---

/// A Korean name written together, surname first: 이재명.
fn korean(text: &str) -> Option<PersonName> {
    static SURNAMES: LazyLock<FxHashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
        table::rows(include_str!("data/hangul_surnames.tsv"))
            .filter_map(|row| Some((*row.first()?, table::list(row.get(1)?).collect())))
            .collect()
    });
    const SYLLABLES: std::ops::RangeInclusive<usize> = 2..=4;
    let letters: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_syllable = |c: char| ('\u{AC00}'..='\u{D7A3}').contains(&c);
    if !SYLLABLES.contains(&letters.chars().count()) || !letters.chars().all(is_syllable) {
        return None;
    }
    let ends = letters.char_indices().map(|(at, _)| at).skip(1).take(2).collect::<Vec<_>>();
    let (surnames, end) = ends.iter().rev().find_map(|&end| Some((SURNAMES.get(&letters[..end])?, end)))?;
    let given = romanised_word(&letters[end..]);
    let mut ways = surnames.iter().map(|surname| vec![(*surname).to_owned(), given.clone()]);
    let tokens = ways.next()?;
    Some(PersonName {
        surname: tokens.first().cloned(),
        surname_first: Some(true),
        tokens,
        alternatives: ways.collect(),
        ..PersonName::default()
    })
}

/// A name in any script but Han.
fn spelt(text: &str) -> Option<PersonName> {
    if let Some(name) = korean(text) {
        return Some(name);
    }
    let mut name = PersonName::default();
    let (head, tail) = match text.split_once([',', '，']) {
        Some((head, tail)) => (head, Some(tail)),
        None => (text, None),
    };
    let mut surname = person_words(head, &mut name.suffix, 1);
    let given = tail.map(|tail| person_words(&tail.replace(',', " "), &mut name.suffix, 0)).unwrap_or_default();
    if given.is_empty() || surname.is_empty() {
        let mut tokens = if surname.is_empty() { given } else { surname };
        if tokens.is_empty() {
            tokens = text::separate_words(text).iter().map(|word| romanised_word(word)).collect();
            tokens.retain(|word| !word.is_empty());
        }
        if tokens.is_empty() {
            return None;
        }
        order_pinyin(&mut name, tokens);
    } else {
        name.surname_first = Some(true);
        name.surname = Some(surname.concat());
        let chinese = Pinyin::get().is_surname(&surname.concat()) && Pinyin::get().is_given(&given);
        if chinese {
            name.tokens = vec![pinyin_spelling(&surname.concat()), pinyin_spelling(&given.concat())];
        } else {
            name.tokens = given;
            name.tokens.append(&mut surname);
        }
    }
    if let Some(spelt_out) = umlauts_spelt_out(text) {
        name.alternatives.extend(spelt(&spelt_out).map(|other| other.tokens));
    }
    Some(name)
}

/// The words of a part of a name without titles and letters, of which at least `keep` stay; a generation goes to
/// `suffix`.
fn person_words(text: &str, suffix: &mut Option<String>, keep: usize) -> Vec<String> {
    let kinds = PersonWords::get();
    let mut words: Vec<String> = Vec::new();
    for word in text::separate_words(text) {
        // The article is written together with its word in Arabic and apart in letters.
        match word.strip_prefix("\u{627}\u{644}").filter(|rest| 2 < rest.chars().count()) {
            Some(rest) => words.extend(["al".to_owned(), romanised_word(rest)]),
            None => words.push(romanised_word(&word)),
        }
    }
    words.retain(|word| !word.is_empty());
    while keep < words.len()
        && let Some(last) = words.last()
    {
        if let Some(generation) = kinds.generations.get(last.as_str()) {
            *suffix = Some((*generation).to_owned());
        } else if !kinds.letters.contains(last.as_str()) {
            break;
        }
        words.pop();
    }
    // A numeral in the middle is one as well: Morris II Klein.
    if let Some(at) = words.iter().skip(1).position(|word| matches!(word.as_str(), "ii" | "iii" | "iv")) {
        *suffix = Some(words.remove(at + 1));
    }
    let titles = words.iter().take_while(|word| kinds.titles.contains(word.as_str())).count();
    // A name that is nothing but titles is a name.
    words.drain(..titles.min(words.len().saturating_sub(keep)));
    join_mac(words)
}

/// `mc donald` is `mcdonald`.
fn join_mac(words: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match out.last_mut() {
            Some(last) if last == "mc" => last.push_str(&word),
            _ => out.push(word),
        }
    }
    out
}

/// Puts a Chinese name in letters into the order surname, given name.
fn order_pinyin(name: &mut PersonName, tokens: Vec<String>) {
    const TOKENS_MAX: usize = 4;
    const RANKS_APART_MIN: usize = 10;
    let pinyin = Pinyin::get();
    if 2 <= tokens.len() && tokens.len() <= TOKENS_MAX {
        let last = tokens.len() - 1;
        let first_fits = pinyin.is_surname(&tokens[0]) && pinyin.is_given(&tokens[1..]);
        let last_fits = pinyin.is_surname(&tokens[last]) && pinyin.is_given(&tokens[..last]);
        if first_fits || last_fits {
            // Of two possible surnames the first is it, unless the last is far more common.
            let ranks = (pinyin.rank(&tokens[0]), pinyin.rank(&tokens[last]));
            let last_is = last_fits && (!first_fits || ranks.1 + RANKS_APART_MIN <= ranks.0);
            let clear = first_fits != last_fits || RANKS_APART_MIN <= ranks.0.abs_diff(ranks.1);
            let (surname, given) = if last_is { (&tokens[last], &tokens[..last]) } else { (&tokens[0], &tokens[1..]) };
            let surname = pinyin_spelling(surname);
            if clear {
                name.surname = Some(surname.clone());
                name.surname_first = Some(!last_is);
            }
            name.tokens = vec![surname, pinyin_spelling(&given.concat())];
            return;
        }
    }
    name.tokens = tokens;
}

/// `lv`, `lyu` and `lü` are written `lu`; so for n.
fn pinyin_spelling(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut before = ' ';
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        if matches!(before, 'l' | 'n') && (c == 'v' || c == 'y' && chars.peek() == Some(&'u')) {
            if c == 'y' {
                chars.next();
            }
            out.push('u');
            before = 'u';
        } else {
            out.push(c);
            before = c;
        }
    }
    out
}

/// `Müller` as `Mueller`, where a letter has such a spelling.
fn umlauts_spelt_out(text: &str) -> Option<String> {
    let pair = |c: char| match c {
        'ä' | 'æ' => Some("ae"),
        'Ä' | 'Æ' => Some("Ae"),
        'ö' | 'ø' => Some("oe"),
        'Ö' | 'Ø' => Some("Oe"),
        'ü' => Some("ue"),
        'Ü' => Some("Ue"),
        'å' => Some("aa"),
        'Å' => Some("Aa"),
        _ => None,
    };
    if !text.chars().any(|c| pair(c).is_some()) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        match pair(c) {
            Some(spelling) => out.push_str(spelling),
            None => out.push(c),
        }
    }
    Some(out)
}

/// A folded word in ASCII letters and digits.
fn romanised_word(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    text::romanised(word).chars().filter(char::is_ascii_alphanumeric).collect()
}

struct PersonWords {
    titles: FxHashSet<&'static str>,
    letters: FxHashSet<&'static str>,
    generations: FxHashMap<&'static str, &'static str>,
    honorifics: Vec<&'static str>,
}

impl PersonWords {
    fn get() -> &'static PersonWords {
        static WORDS: LazyLock<PersonWords> = LazyLock::new(PersonWords::read);
        &WORDS
    }

    fn read() -> PersonWords {
        let mut words = PersonWords {
            titles: FxHashSet::default(),
            letters: FxHashSet::default(),
            generations: FxHashMap::default(),
            honorifics: Vec::new(),
        };
        for row in table::rows(include_str!("data/person_words.tsv")) {
            let [word, kind, _locale] = row[..] else { continue };
            match kind {
                "title" => drop(words.titles.insert(word)),
                "letters" => drop(words.letters.insert(word)),
                "generation" => {
                    let one = match word {
                        "junior" => "jr",
                        "senior" => "sr",
                        "2nd" => "ii",
                        "3rd" => "iii",
                        "4th" => "iv",
                        other => other,
                    };
                    words.generations.insert(word, one);
                }
                _ => words.honorifics.push(word),
            }
        }
        words
    }
}

// --- people in Han ---

/// A name with Han in it; `han` is that part, simplified.
fn read_aloud(text: &str, han: &str) -> Option<PersonName> {
    let honorifics = &PersonWords::get().honorifics;
    let bare = honorifics.iter().find_map(|end| han.strip_suffix(end)).filter(|bare| !bare.is_empty()).unwrap_or(han);
    let latin: String = text.chars().map(|c| if is_hanzi(c) { ' ' } else { c }).collect();
    let mut name = PersonName { han: Some(bare.to_owned()), ..PersonName::default() };
    let chars: Vec<char> = bare.chars().collect();
    let parts: Vec<&str> = text.split(['·', '•', '・', '‧']).collect();
    if 1 < parts.len() && parts.iter().all(|part| part.chars().any(is_hanzi)) {
        // A foreign name written in Han: 约翰·史密斯.
        name.tokens = parts.iter().map(|part| syllables(&part.chars().map(simplified).collect::<Vec<_>>())).collect();
    } else {
        let (surname, given, other_surnames) = split_han(&chars);
        let reading: String = given.iter().filter_map(|&c| reading_in_name(c)).collect();
        if let Some(surname) = surname {
            name.surname = Some(surname.clone());
            name.surname_first = Some(true);
            name.tokens.push(surname);
        }
        if !reading.is_empty() {
            name.tokens.push(reading);
        }
        if chars.len() <= HAN_NAME_CHARS_MAX {
            name.alternatives = other_readings(&name, given, &other_surnames);
        }
    }
    name.tokens.retain(|token| !token.is_empty());
    if let Some(latin) = spelt(&latin) {
        if name.tokens.is_empty() {
            name.tokens = latin.tokens;
        } else {
            name.suffix = latin.suffix;
            name.alternatives.insert(0, latin.tokens);
        }
    }
    (!name.tokens.is_empty()).then_some(name)
}

/// The surname's reading, the characters of the given name, and other readings of the surname.
fn split_han(chars: &[char]) -> (Option<String>, &[char], Vec<&'static str>) {
    let surnames = &Pinyin::get().han_surnames;
    if chars.len() < 2 || HAN_NAME_CHARS_MAX < chars.len() {
        return (None, chars, Vec::new());
    }
    for length in [2, 1] {
        let surname: String = chars[..length].iter().collect();
        if let Some((reading, others)) = surnames.get(surname.as_str())
            && length < chars.len()
        {
            return (Some(reading.clone()), &chars[length..], others.clone());
        }
    }
    // Not in the table: the first character is the surname of a name of two or three.
    if chars.len() <= 3 {
        return (Some(syllables(&chars[..1])).filter(|reading| !reading.is_empty()), &chars[1..], Vec::new());
    }
    (None, chars, Vec::new())
}

/// The most common readings of characters, written together.
fn syllables(chars: &[char]) -> String {
    chars.iter().filter_map(|&c| reading(c)).collect()
}

/// The reading of a character of a given name.
fn reading_in_name(c: char) -> Option<String> {
    match Pinyin::get().han_readings.get(&c).and_then(|readings| readings.first()) {
        Some(reading) => Some((*reading).to_owned()),
        None => reading(c),
    }
}

fn reading(c: char) -> Option<String> {
    match c.to_pinyin() {
        Some(pinyin) => Some(plain(pinyin.plain())),
        None => Some(romanised_word(&c.to_string())).filter(|word| !word.is_empty()),
    }
}

/// `ü` is written u.
fn plain(syllable: &str) -> String {
    syllable.replace('ü', "u")
}

/// The name with one syllable read differently.
fn other_readings(name: &PersonName, given: &[char], other_surnames: &[&str]) -> Vec<Vec<String>> {
    let mut others = Vec::new();
    if let Some(surname) = &name.surname {
        for other in other_surnames {
            let mut tokens = name.tokens.clone();
            if tokens.first() == Some(surname) {
                tokens[0] = (*other).to_owned();
                others.push(tokens);
            }
        }
    }
    for (at, c) in given.iter().enumerate() {
        for other in Pinyin::get().han_readings.get(c).into_iter().flatten().skip(1) {
            let syllable = |(i, &c)| if i == at { Some((*other).to_owned()) } else { reading_in_name(c) };
            let word: String = given.iter().enumerate().filter_map(syllable).collect();
            let mut tokens = name.tokens.clone();
            if let Some(last) = tokens.last_mut() {
                *last = word;
                others.push(tokens);
            }
        }
    }
    others
}

/// What is known of pinyin.
struct Pinyin {
    syllables: FxHashSet<String>,
    /// Surnames in letters.
    surnames: FxHashSet<String>,
    /// Those of most bearers, with their rank by number of bearers.
    ranks: FxHashMap<String, usize>,
    /// Surnames in Han with their reading and other readings.
    han_surnames: FxHashMap<String, (String, Vec<&'static str>)>,
    /// Characters of given names that are read in several ways, the most common first.
    han_readings: FxHashMap<char, Vec<&'static str>>,
}

impl Pinyin {
    fn get() -> &'static Pinyin {
        static PINYIN: LazyLock<Pinyin> = LazyLock::new(Pinyin::read);
        &PINYIN
    }

    fn read() -> Pinyin {
        let mut all = Pinyin {
            syllables: ('\u{4E00}'..='\u{9FFF}').filter_map(|c| Some(plain(c.to_pinyin()?.plain()))).collect(),
            surnames: FxHashSet::default(),
            ranks: FxHashMap::default(),
            han_surnames: FxHashMap::default(),
            han_readings: table::rows(include_str!("data/han_readings.tsv"))
                .filter_map(|row| Some((row.first()?.chars().next()?, table::list(row.get(1)?).collect())))
                .collect(),
        };
        for row in table::rows(include_str!("data/han_surnames.tsv")) {
            match row[..] {
                ["common", chars] => {
                    for (rank, reading) in chars.chars().filter_map(reading).enumerate() {
                        all.ranks.entry(reading).or_insert(rank);
                    }
                }
                ["plain", chars] => {
                    for c in chars.chars().map(simplified) {
                        if let Some(reading) = reading(c) {
                            all.han_surnames.entry(c.to_string()).or_insert((reading, Vec::new()));
                        }
                    }
                }
                [_, han, reading] => all.add(han, reading, Vec::new()),
                [_, han, reading, others] => all.add(han, reading, others.split(',').collect()),
                _ => {}
            }
        }
        all.surnames = all.han_surnames.values().map(|(reading, _)| reading.clone()).collect();
        all
    }

    fn add(&mut self, han: &str, reading: &str, others: Vec<&'static str>) {
        self.han_surnames.insert(han.chars().map(simplified).collect(), (pinyin_spelling(reading), others));
    }

    fn is_surname(&self, word: &str) -> bool {
        self.surnames.contains(pinyin_spelling(word).as_str())
    }

    /// The rank of a surname among the common ones, or one behind them all.
    fn rank(&self, word: &str) -> usize {
        self.ranks.get(pinyin_spelling(word).as_str()).copied().unwrap_or(200)
    }

    /// Whether words are one or two syllables of pinyin together.
    fn is_given(&self, words: &[String]) -> bool {
        const LETTERS_MAX: usize = 12;
        let word = pinyin_spelling(&words.concat());
        if LETTERS_MAX < word.len() || !word.is_ascii() {
            return false;
        }
        if 1 < words.len() {
            return words.len() == 2 && words.iter().all(|word| self.syllables.contains(&pinyin_spelling(word)));
        }
        self.syllables.contains(&word)
            || (1..word.len()).any(|at| self.syllables.contains(&word[..at]) && self.syllables.contains(&word[at..]))
    }
}

// --- companies ---

/// A word of a company's name.
struct Word {
    text: String,
    /// Says who; legal forms, shop words and places do not.
    who: bool,
}

/// Two or more initials in a row are one word: `j k trading` and `J.K. Trading` are `jk trading`.
fn join_initials(words: &mut Vec<Word>) {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut open = false;
    for word in words.drain(..) {
        let initial = word.text.len() == 1 && word.text.bytes().all(|b| b.is_ascii_alphabetic());
        match out.last_mut() {
            Some(last) if initial && open => last.text.push_str(&word.text),
            _ => out.push(word),
        }
        open = initial;
    }
    *words = out;
}

/// The words that do not say who.
struct Forms {
    /// Latin legal forms at the end, as words joined by spaces.
    form: FxHashMap<&'static str, &'static str>,
    front: FxHashMap<&'static str, &'static str>,
    shop: FxHashSet<&'static str>,
    place: FxHashSet<&'static str>,
    country: FxHashSet<&'static str>,
    /// The same in Han, longest first.
    han_form: Vec<(&'static str, &'static str)>,
    han_shop: Vec<&'static str>,
    han_trade: Vec<(&'static str, &'static str)>,
    han_place: Vec<&'static str>,
}

/// The most words in a legal form, shop word or place.
const FORM_WORDS_MAX: usize = 4;

impl Forms {
    fn get() -> &'static Forms {
        static FORMS: LazyLock<Forms> = LazyLock::new(Forms::read);
        &FORMS
    }

    fn read() -> Forms {
        let mut forms = Forms {
            form: FxHashMap::default(),
            front: FxHashMap::default(),
            shop: FxHashSet::default(),
            place: FxHashSet::default(),
            country: FxHashSet::default(),
            han_form: Vec::new(),
            han_shop: Vec::new(),
            han_trade: Vec::new(),
            han_place: Vec::new(),
        };
        for row in table::rows(include_str!("data/company_forms.tsv")) {
            let [words, kind, one, ..] = row[..] else { continue };
            match (kind, words.chars().any(is_hanzi)) {
                ("form", true) => forms.han_form.push((words, one)),
                ("form", false) => drop(forms.form.insert(words, one)),
                ("front", _) => drop(forms.front.insert(words, one)),
                ("shop", true) => forms.han_shop.push(words),
                ("shop", false) => drop(forms.shop.insert(words)),
                _ => forms.han_trade.push((words, one)),
            }
        }
        for row in table::rows(include_str!("data/places.tsv")) {
            let [latin, han, kind] = row[..] else { continue };
            if kind == "country" {
                forms.country.insert(latin)
            } else {
                forms.place.insert(latin)
            };
            if !han.is_empty() {
                forms.han_place.push(han);
            }
        }
        forms.han_form.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        forms.han_shop.sort_by_key(|words| std::cmp::Reverse(words.len()));
        forms.han_trade.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        forms.han_place.sort_by_key(|words| std::cmp::Reverse(words.len()));
        forms
    }

    /// A run of Han: place, who, line of business, legal form or shop word.
    fn take_han_apart(&self, run: &str, words: &mut Vec<Word>, form: &mut Option<String>, core: &mut String) {
        let mut rest = run;
        let mut tail = Vec::new();
        // Forms stack: 旗舰店 behind 有限公司 behind 分公司.
        while let Some((before, one)) = self
            .han_form
            .iter()
            .map(|&(end, one)| (end, Some(one)))
            .chain(self.han_shop.iter().map(|&end| (end, None)))
            .filter_map(|(end, one)| Some((rest.strip_suffix(end)?, one)))
            .min_by_key(|(before, _)| before.len())
        {
            if let Some(one) = one {
                form.get_or_insert_with(|| one.to_owned());
            }
            tail.push(Word { text: syllables(&rest[before.len()..].chars().collect::<Vec<_>>()), who: false });
            rest = before;
        }
        let mut trade = Vec::new();
        while let Some(&(end, english)) = self.han_trade.iter().find(|(end, _)| rest.ends_with(end) && rest != *end) {
            trade.push(english);
            rest = &rest[..rest.len() - end.len()];
        }
        let (place, who) = self.split_place(rest);
        core.push_str(&run[place.len()..place.len() + who.len()]);
        for (part, who) in [(place, false), (who, true)] {
            let text = syllables(&part.chars().collect::<Vec<_>>());
            if !text.is_empty() {
                words.push(Word { text, who });
            }
        }
        for english in trade.into_iter().rev() {
            words.extend(english.split(' ').map(|word| Word { text: word.to_owned(), who: true }));
        }
        words.extend(tail.into_iter().rev());
    }

    /// The province, city and district in front, and the rest, which is not empty.
    fn split_place<'a>(&self, run: &'a str) -> (&'a str, &'a str) {
        let mut at = 0;
        while let Some(place) = self.han_place.iter().find(|place| run[at..].starts_with(**place)) {
            let mut next = at + place.len();
            if let Some(mark) = run[next..].chars().next().filter(|c| matches!(c, '省' | '市' | '区' | '县')) {
                next += mark.len_utf8();
            }
            if next == run.len() {
                break;
            }
            at = next;
        }
        (&run[..at], &run[at..])
    }

    /// Marks legal forms, shop words and places among the words as not saying who.
    fn mark_latin(&self, words: &mut [Word], form: &mut Option<String>) {
        if let Some((length, one)) = leading(words, |run| self.front.get(run).copied())
            && length < words.len()
        {
            form.get_or_insert_with(|| one.to_owned());
            words[..length].iter_mut().for_each(|word| word.who = false);
        }
        let mut end = words.len();
        loop {
            // Han words that do not say who stand between Latin ones now and then.
            while 0 < end && !words[end - 1].who {
                end -= 1;
            }
            let found = trailing(&words[..end], |run| match self.form.get(run) {
                Some(one) => Some(Some(*one)),
                None => (self.shop.contains(run) || self.country.contains(run)).then_some(None),
            });
            let Some((length, one)) = found else { break };
            if end <= length {
                break;
            }
            if let Some(one) = one {
                form.get_or_insert_with(|| one.to_owned());
            }
            end -= length;
            words[end..end + length].iter_mut().for_each(|word| word.who = false);
        }
        while let Some(start) = words[..end].iter().position(|word| word.who)
            && let Some((length, _)) = leading(&words[start..end], |run| self.place.contains(run).then_some(""))
            && start + length < end
        {
            words[start..start + length].iter_mut().for_each(|word| word.who = false);
        }
    }
}

/// The longest run of words at the beginning that `look_up` knows, and what it says.
fn leading<T>(words: &[Word], look_up: impl Fn(&str) -> Option<T>) -> Option<(usize, T)> {
    (1..=FORM_WORDS_MAX.min(words.len())).rev().find_map(|length| Some((length, look_up(&run(&words[..length]))?)))
}

/// The longest run of words at the end that `look_up` knows, and what it says.
fn trailing<T>(words: &[Word], look_up: impl Fn(&str) -> Option<T>) -> Option<(usize, T)> {
    (1..=FORM_WORDS_MAX.min(words.len()))
        .rev()
        .find_map(|length| Some((length, look_up(&run(&words[words.len() - length..]))?)))
}

fn run(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
