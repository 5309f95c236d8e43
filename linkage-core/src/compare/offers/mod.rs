//! Two offers: do they offer the same product?
//!
//! ```text
//! title, description, price, article number ──Offer──► measure ──► [f64; 33] ──likeness or a trained head──► bits
//! ```
//!
//! - [`Offer`] is a listing made ready; [`measure`] compares two of them.
//! - [`likeness`] weighs the measures where nobody has trained a head.
//!
//! A product is told by its model's code, by numbers with their units and by the rest of the words, in this order; what one shop
//! alone writes (its own name, `free delivery`) says little, so the shorter of two titles decides. Nothing is counted over a
//! corpus: an answer depends on its pair alone.
//!
//! **Not here:** whether two *accounts* are one because they offer the same (that is the kinds of `fingerprint::listing`).

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::fingerprint::image::Pdq;
use crate::normalize::brand::Brands;
use crate::normalize::identifier::{Check, gtin};
use crate::normalize::offer;
use crate::normalize::text;
use crate::normalize::variant::{CLASSES, classes_of};
use crate::record::{Image, Listing};

/// What is measured, in the order of [`measure`].
pub const MEASURES: [&str; 33] = [
    "shared_of_shorter",
    "shared_of_longer",
    "shared_weight",
    "only_one_least",
    "only_one_most",
    "code_shared",
    "code_conflict",
    "numbers_shared",
    "number_conflict",
    "unit_conflict",
    "price_log2",
    "brand_same",
    "first_word_same",
    "trigrams",
    "description_shared",
    "only_words_least",
    "only_words_most",
    "only_codes_least",
    "only_numbers_least",
    "heaviest_only_least",
    "heaviest_only_most",
    "longest_run",
    "words_least",
    "words_most",
    "title_described",
    "colour_conflict",
    "edition_conflict",
    "platform_conflict",
    "wearer_conflict",
    "brand_in_title",
    "article_same",
    "picture_same",
    "likeness",
];

/// Words of a title that are looked at.
const WORDS_MAX: usize = 64;

/// Words of a description that are looked at.
const DESCRIBED_MAX: usize = 400;

/// Letters and digits of a model's code.
const CODE_CHARS_MIN: usize = 4;
const CODE_CHARS_MAX: usize = 24;

/// How much a word tells, in arbitrary units: a code most, a number with its unit, a number, a word by its length.
///
/// These and the constants of [`likeness`] are assumptions in round numbers, looked at on the train and valid splits of four public
/// sets of offers (docs/decisions.md).
const LONG_CODE: f64 = 2.6;
const SHORT_CODE: f64 = 1.6;
const NUMBER: f64 = 1.5;
const DIGIT: f64 = 1.0;
const SHORT_WORD: f64 = 0.15;
const WORD_MAX: f64 = 1.4;

/// One word of a title.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    text: String,
    weight: f64,
    is_code: bool,
    is_number: bool,
    /// Number and unit of `16gb`.
    unit: Option<(String, String)>,
}

/// A listing made ready to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    words: Vec<Word>,
    described: FxHashSet<String>,
    trigrams: FxHashSet<[char; 3]>,
    brands: BTreeSet<String>,
    price: Option<f64>,
    currency: Option<String>,
    article: Option<String>,
    pictures: Vec<(Option<String>, Option<Pdq>)>,
}

impl Offer {
    /// Makes a listing ready. Linear in its texts; of very long ones only the beginning counts.
    pub fn new(listing: &Listing) -> Offer {
        let title = listing.title.as_deref().unwrap_or_default();
        let stated = listing.brand.as_deref().unwrap_or_default();
        let named = Brands::shipped().scan(title).brands;
        let mut words: Vec<Word> = Vec::new();
        for text in tokens(stated, WORDS_MAX).into_iter().chain(tokens(title, WORDS_MAX)) {
            if words.len() < WORDS_MAX && words.iter().all(|word| word.text != text) {
                words.push(Word::of(text));
            }
        }
        let described = tokens(listing.description.as_deref().unwrap_or_default(), DESCRIBED_MAX).into_iter().collect();
        let spelt: Vec<char> = words.iter().flat_map(|word| word.text.chars().chain([' '])).collect();
        let price = listing.price.as_ref();
        let article = listing.gtin.as_deref().map(gtin).filter(|number| number.check == Check::Passed);
        Offer {
            trigrams: spelt.windows(3).map(|run| [run[0], run[1], run[2]]).collect(),
            words,
            described,
            brands: named.iter().map(|found| found.brand.to_string()).chain(offer::brand(stated)).collect(),
            price: price.and_then(|price| price.amount.as_deref()?.parse().ok()).filter(|amount| 0.0 < *amount),
            currency: price.and_then(|price| price.currency.clone()),
            article: article.map(|number| number.normal),
            pictures: listing.images.iter().map(picture).collect(),
        }
    }
}

impl Word {
    fn of(text: String) -> Word {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let length = text.chars().count();
        let is_number = 0 < digits && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let is_mixed = 0 < digits && !is_number;
        let weight = match () {
            () if is_mixed => {
                if 5 <= length {
                    LONG_CODE
                } else {
                    SHORT_CODE
                }
            }
            () if is_number => {
                if 2 <= length {
                    NUMBER
                } else {
                    DIGIT
                }
            }
            () if text.chars().any(text::is_han) => WORD_MAX.min(0.35 * length as f64),
            () if length <= 2 || is_small(&text) => SHORT_WORD,
            () => (0.35 + 0.15 * length as f64).min(WORD_MAX),
        };
        let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let is_unit =
            is_mixed && !number.is_empty() && unit.len() <= 4 && unit.bytes().all(|b| b.is_ascii_alphabetic());
        let unit = is_unit.then(|| (number.to_owned(), unit.to_owned()));
        Word { is_code: is_mixed && CODE_CHARS_MIN <= length, is_number, weight, unit, text }
    }
}

/// A picture by its digest and its hash.
fn picture(image: &Image) -> (Option<String>, Option<Pdq>) {
    (image.blake3.clone(), image.pdq.as_ref().and_then(|hash| hash.parse().ok()))
}

/// Words that join others.
fn is_small(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "and"
            | "for"
            | "with"
            | "from"
            | "your"
            | "new"
            | "von"
            | "und"
            | "mit"
            | "der"
            | "die"
            | "les"
            | "des"
            | "pour"
    )
}

/// The words of a text as products are told by: codes whole whatever is between their parts, numbers with their point.
fn tokens(text: &str, most: usize) -> Vec<String> {
    let mut all = Vec::new();
    for chunk in text.split_whitespace() {
        if most <= all.len() {
            break;
        }
        if !chunk.is_ascii() {
            let folded = text::fold(chunk);
            if !folded.is_ascii() {
                all.extend(text::words(&folded));
                continue;
            }
            ascii_tokens(&folded, &mut all);
        } else {
            ascii_tokens(&chunk.to_ascii_lowercase(), &mut all);
        }
    }
    all.truncate(most);
    all
}

fn ascii_tokens(chunk: &str, all: &mut Vec<String>) {
    let kept: String = chunk.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.')).collect();
    let code: String = kept.chars().filter(char::is_ascii_alphanumeric).collect();
    let has = |of: fn(&char) -> bool| code.chars().any(|c| of(&c));
    let is_decimal =
        kept.as_bytes().windows(3).any(|run| run[1] == b'.' && run[0].is_ascii_digit() && run[2].is_ascii_digit());
    let is_parted = kept.contains(['-', '/']);
    let is_code = (CODE_CHARS_MIN..=CODE_CHARS_MAX).contains(&code.len());
    if is_parted && is_code && !is_decimal && has(char::is_ascii_alphabetic) && has(char::is_ascii_digit) {
        all.push(code);
        return;
    }
    let bytes = chunk.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_inside =
        |at: usize| bytes[at].is_ascii_alphanumeric() || bytes[at] == b'.' && 0 < at && digit(at - 1) && digit(at + 1);
    let mut begun = None;
    for at in 0..=bytes.len() {
        let inside = at < bytes.len() && is_inside(at);
        match (begun, inside) {
            (None, true) => begun = Some(at),
            (Some(from), false) => {
                all.push(chunk[from..at].to_owned());
                begun = None;
            }
            _ => {}
        }
    }
}

/// How alike two words are, 0 to 1: codes and numbers are the same or one goes on where the other ends, words may be spelt a
/// little differently.
fn alike(a: &Word, b: &Word) -> f64 {
    if a.text == b.text {
        return 1.0;
    }
    let (x, y) = (a.text.as_str(), b.text.as_str());
    let least = x.len().min(y.len());
    let begins = x.starts_with(y) || y.starts_with(x);
    if a.is_number || b.is_number || a.is_code || b.is_code || a.unit.is_some() || b.unit.is_some() {
        return if 5 <= least && (begins || x.ends_with(y) || y.ends_with(x)) { 0.85 } else { 0.0 };
    }
    match least {
        4.. if begins => 0.8,
        3 if begins => 0.6,
        5.. => {
            let pairs = bigram_likeness(x, y);
            if pairs < 0.75 { 0.0 } else { 0.8 * pairs }
        }
        _ => 0.0,
    }
}

/// Twice the shared pairs of letters by all pairs (Dice).
fn bigram_likeness(x: &str, y: &str) -> f64 {
    let pairs = |word: &str| word.as_bytes().windows(2).map(|pair| [pair[0], pair[1]]).collect::<FxHashSet<[u8; 2]>>();
    let (x, y) = (pairs(x), pairs(y));
    2.0 * x.intersection(&y).count() as f64 / ((x.len() + y.len()) as f64).max(1.0)
}

/// For each word of one offer the best that the other one has for it, 0 to 1.
fn matched(a: &Offer, b: &Offer) -> Vec<f64> {
    let joined: FxHashSet<String> =
        b.words.windows(2).map(|pair| [pair[0].text.as_str(), &pair[1].text].concat()).collect();
    let mut best: Vec<f64> = a
        .words
        .iter()
        .map(|word| {
            let there = b.words.iter().map(|other| alike(word, other)).fold(0.0, f64::max);
            let described = word.is_code && b.described.contains(&word.text);
            if described || joined.contains(&word.text) { 1.0 } else { there }
        })
        .collect();
    // Two words of one that are one word of the other.
    for (at, pair) in a.words.windows(2).enumerate() {
        let both = [pair[0].text.as_str(), &pair[1].text].concat();
        if b.words.iter().any(|word| word.text == both) {
            best[at] = 1.0;
            best[at + 1] = 1.0;
        }
    }
    best
}

/// One side of a comparison.
struct Side {
    all: f64,
    shared: f64,
    /// Length of the longest code that the other side has.
    code: f64,
    codes: usize,
    numbers: usize,
    numbers_shared: usize,
    only: Only,
}

/// What one side alone shows.
#[derive(Default)]
struct Only {
    words: usize,
    codes: usize,
    numbers: usize,
    heaviest: f64,
}

impl Side {
    fn of(offer: &Offer, matched: &[f64]) -> Side {
        let mut side =
            Side { all: 0.0, shared: 0.0, code: 0.0, codes: 0, numbers: 0, numbers_shared: 0, only: Only::default() };
        for (word, found) in offer.words.iter().zip(matched) {
            side.all += word.weight;
            side.shared += word.weight * found;
            if *found < 0.5 {
                side.only.words += usize::from(!word.is_code && !word.is_number && SHORT_WORD < word.weight);
                side.only.codes += usize::from(word.is_code);
                side.only.numbers += usize::from(word.is_number);
                side.only.heaviest = side.only.heaviest.max(word.weight);
            }
            if word.is_code {
                side.codes += 1;
                side.code = side.code.max(word.text.len() as f64 * found);
            }
            if word.is_number {
                side.numbers += 1;
                side.numbers_shared += usize::from(0.0 < *found);
            }
        }
        side
    }
}

/// Measures two offers; the sides may be exchanged. [`f64::NAN`] where a side does not show what it takes. O(words²).
pub fn measure(a: &Offer, b: &Offer) -> [f64; MEASURES.len()] {
    let sides = [Side::of(a, &matched(a, b)), Side::of(b, &matched(b, a))];
    let [x, y] = &sides;
    let flag = |known: bool, is: bool| if known { f64::from(u8::from(is)) } else { f64::NAN };
    let shared = f64::midpoint(x.shared, y.shared);
    let only = [x.all - x.shared, y.all - y.shared];
    let (least, most) = (only[0].min(only[1]), only[0].max(only[1]));
    let share = |other: f64| if 0.0 < shared { shared / (shared + other) } else { 0.0 };
    let code = x.code.max(y.code);
    let code_conflict = 0 < x.codes && 0 < y.codes && code == 0.0;
    let numbers = 0 < x.numbers && 0 < y.numbers;
    let numbers_shared = x.numbers_shared.max(y.numbers_shared);
    let number_conflict = numbers && numbers_shared == 0;
    let price = price_log2(a, b);
    let variants = variant_conflicts(a, b);
    let union = a.trigrams.len() + b.trigrams.len();
    let trigrams = 2.0 * a.trigrams.intersection(&b.trigrams).count() as f64 / (union as f64).max(1.0);
    let first = |offer: &Offer| offer.words.first().map(|word| word.text.clone());
    [
        share(least),
        share(most),
        shared,
        least,
        most,
        code,
        flag(0 < x.codes && 0 < y.codes, code_conflict),
        if numbers { numbers_shared as f64 / x.numbers.min(y.numbers) as f64 } else { f64::NAN },
        flag(numbers, number_conflict),
        unit_conflict(a, b),
        price,
        flag(!a.brands.is_empty() && !b.brands.is_empty(), !a.brands.is_disjoint(&b.brands)),
        flag(first(a).is_some() && first(b).is_some(), first(a) == first(b)),
        trigrams,
        described(a, b),
        x.only.words.min(y.only.words) as f64,
        x.only.words.max(y.only.words) as f64,
        x.only.codes.min(y.only.codes) as f64,
        x.only.numbers.min(y.only.numbers) as f64,
        x.only.heaviest.min(y.only.heaviest),
        x.only.heaviest.max(y.only.heaviest),
        longest_run(a, b),
        a.words.len().min(b.words.len()) as f64,
        a.words.len().max(b.words.len()) as f64,
        title_described(a, b).max(title_described(b, a)),
        variants[0],
        variants[1],
        variants[2],
        variants[3],
        stated_in_title(a, b),
        flag(a.article.is_some() && b.article.is_some(), a.article == b.article),
        picture_same(a, b),
        if a.words.is_empty() || b.words.is_empty() {
            f64::NAN
        } else {
            unlabelled(shared, least, most, code, [code_conflict, number_conflict], price)
        },
    ]
}

/// The likeness of two offers without labels, about 0 to 1.25: shared words by all, where what only the longer title has counts a
/// fifth; a quarter more for a long code that both have; less for other codes, other numbers, another price.
fn unlabelled(
    shared: f64,
    least: f64,
    most: f64,
    code: f64,
    [code_conflict, number_conflict]: [bool; 2],
    price: f64,
) -> f64 {
    let share = if 0.0 < shared { shared / (shared + least + 0.2 * most) } else { 0.0 };
    let price = if price.is_nan() { 0.0 } else { 0.14 * price.min(3.0) };
    let conflicts = 0.4 * f64::from(u8::from(code_conflict)) + 0.2 * f64::from(u8::from(number_conflict));
    share + 0.25 * code.min(10.0) / 10.0 - conflicts - price
}

/// Log-odds in bits that two offers are of one product, of measures and without labels.
///
/// Even odds lie where F1 is best on average over the train and valid splits of four public sets (docs/decisions.md). An article
/// number decides where both show a valid one.
pub fn likeness(measures: &[f64; MEASURES.len()]) -> f64 {
    const EVEN: f64 = 0.65;
    const BITS_PER_UNIT: f64 = 14.0;
    const ARTICLE_BITS: f64 = 8.0;
    const PICTURE_BITS: f64 = 6.0;
    let [.., article, picture, likeness] = *measures;
    let or_nothing = |bits: f64| if bits.is_nan() { 0.0 } else { bits };
    or_nothing(BITS_PER_UNIT * (likeness - EVEN))
        + or_nothing(ARTICLE_BITS * (2.0 * article - 1.0))
        + or_nothing(PICTURE_BITS * picture)
}

/// Whether one picture stands on both sides: the same file or nearly the same hash.
fn picture_same(a: &Offer, b: &Offer) -> f64 {
    let is_same = |x: &(Option<String>, Option<Pdq>), y: &(Option<String>, Option<Pdq>)| {
        let is_near = |x: &Pdq, y: &Pdq| x.distance_hamming(y) <= Pdq::SAME_MAX;
        x.0.is_some() && x.0 == y.0 || x.1.as_ref().zip(y.1.as_ref()).is_some_and(|(x, y)| is_near(x, y))
    };
    if a.pictures.is_empty() || b.pictures.is_empty() {
        return f64::NAN;
    }
    f64::from(u8::from(a.pictures.iter().any(|x| b.pictures.iter().any(|y| is_same(x, y)))))
}

/// How far the prices are apart, in doublings.
fn price_log2(a: &Offer, b: &Offer) -> f64 {
    let is_comparable = a.currency.is_none() || b.currency.is_none() || a.currency == b.currency;
    match (a.price, b.price) {
        (Some(x), Some(y)) if is_comparable => (x / y).log2().abs(),
        _ => f64::NAN,
    }
}

/// Whether one unit has other numbers on either side, and no number in common: `16gb` and `32gb`.
fn unit_conflict(a: &Offer, b: &Offer) -> f64 {
    let units = |offer: &Offer| {
        let mut by_unit: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
        for (number, unit) in offer.words.iter().filter_map(|word| word.unit.clone()) {
            by_unit.entry(unit).or_default().insert(number);
        }
        by_unit
    };
    let (x, y) = (units(a), units(b));
    let both: Vec<bool> = x.iter().filter_map(|(unit, numbers)| Some(numbers.is_disjoint(y.get(unit)?))).collect();
    if both.is_empty() { f64::NAN } else { f64::from(u8::from(both.contains(&true))) }
}

/// For each class of words for variants: -1 where one side alone names one, 1 where both do and share none, 0 where they share one.
fn variant_conflicts(a: &Offer, b: &Offer) -> [f64; CLASSES] {
    let named = |offer: &Offer, class: usize| -> BTreeSet<String> {
        let words = offer.words.iter().filter(|word| classes_of(&word.text) >> class & 1 == 1);
        words.map(|word| word.text.clone()).collect()
    };
    std::array::from_fn(|class| {
        let (x, y) = (named(a, class), named(b, class));
        match (x.is_empty(), y.is_empty()) {
            (true, true) => f64::NAN,
            (false, false) => f64::from(u8::from(x.is_disjoint(&y))),
            _ => -1.0,
        }
    })
}

/// The longest run of words that both have in one order, by the words of the shorter title.
fn longest_run(a: &Offer, b: &Offer) -> f64 {
    let mut longest = 0;
    let mut before = vec![0; b.words.len() + 1];
    for x in &a.words {
        let mut now = vec![0; b.words.len() + 1];
        for (at, y) in b.words.iter().enumerate() {
            if x.text == y.text {
                now[at + 1] = before[at] + 1;
                longest = longest.max(now[at + 1]);
            }
        }
        before = now;
    }
    let least = a.words.len().min(b.words.len());
    if least == 0 { f64::NAN } else { f64::from(longest) / least as f64 }
}

/// How much of one title the other offer's title or description has, by weight.
fn title_described(a: &Offer, b: &Offer) -> f64 {
    if a.words.is_empty() || b.described.is_empty() {
        return f64::NAN;
    }
    let has = |word: &Word| b.described.contains(&word.text) || b.words.iter().any(|other| other.text == word.text);
    let all: f64 = a.words.iter().map(|word| word.weight).sum();
    a.words.iter().filter(|word| has(word)).map(|word| word.weight).sum::<f64>() / all.max(f64::MIN_POSITIVE)
}

/// Whether a brand of one side stands among the words of the other.
fn stated_in_title(a: &Offer, b: &Offer) -> f64 {
    let first = |offer: &Offer| offer.brands.iter().next().map(|brand| tokens(brand, WORDS_MAX));
    let stands = |brand: Option<Vec<String>>, offer: &Offer| {
        let words = brand.filter(|words| !words.is_empty())?;
        Some(words.iter().any(|word| offer.words.iter().any(|other| other.text == *word)))
    };
    match (stands(first(a), b), stands(first(b), a)) {
        (None, None) => f64::NAN,
        (x, y) => f64::from(u8::from(x.unwrap_or(true) && y.unwrap_or(true))),
    }
}

/// How much of the shorter description the other one has.
fn described(a: &Offer, b: &Offer) -> f64 {
    let least = a.described.len().min(b.described.len());
    if least == 0 { f64::NAN } else { a.described.intersection(&b.described).count() as f64 / least as f64 }
}

#[cfg(test)]
mod tests;
