//! What is offered: titles and texts without stock phrases and brands, prices.
//!
//! *Free shipping* and *包邮* stand in half of all titles: two shops that both write them have nothing in common.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::brand::{Brands, Scan};
use super::table;
use super::text;

/// Words of the longest stock phrase.
const PHRASE_WORDS_MAX: usize = 4;

struct Phrases {
    /// Phrases of words between spaces.
    spaced: FxHashSet<&'static str>,
    /// Phrases in Han, longest first.
    han: Vec<&'static str>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let all = table::rows(include_str!("data/stock_phrases.tsv")).filter_map(|row| row.first().copied());
    let (mut han, spaced): (Vec<_>, Vec<_>) = all.partition(|phrase| phrase.chars().any(text::is_han));
    han.sort_unstable_by_key(|phrase| (std::cmp::Reverse(phrase.len()), *phrase));
    Phrases { spaced: spaced.into_iter().collect(), han }
});

/// A text, folded, without what sellers write around whatever they sell, and without brands and code words: those that
/// `scan` found in it and the one that the listing states.
///
/// A text of nothing else stays as it is: it is all there is.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::brand::Brands;
/// use linkage_core::normalize::offer;
///
/// let substance = |text: &str, brand: &str| offer::substance(text, &Brands::shipped().scan(text), brand);
/// assert_eq!(substance("Lumora face serum 30ml — FREE UK Delivery!", "LUMORA"), "face serum 30ml");
/// assert_eq!(substance("N1ke Аir shoes, 1:1", ""), substance("air shoes", ""));
/// assert_eq!(substance("雅诗小瓶 全国包邮 正品保证", ""), "雅诗小瓶");
/// ```
pub fn substance(offer: &str, scan: &Scan, brand: &str) -> String {
    let bare = text::fold(&scan.without(offer));
    let kept = without_phrases(&bare, &text::fold(brand));
    if kept.is_empty() { text::fold(offer) } else { kept }
}

/// The words of a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// In an order of their own, without numbers and stock phrases, brands under one name: what stays when a title is tweaked.
    pub joined: String,
    /// The same without brands: how rare a title is does not depend on them.
    pub own: String,
}

/// The words of a title, in which `scan` found names, of a listing that states this brand, or none.
pub fn title(title: &str, scan: &Scan, brand: &str) -> Title {
    let substance = substance(title, scan, brand);
    let mut words: Vec<&str> = substance.split(' ').filter(|word| !word.bytes().all(|b| b.is_ascii_digit())).collect();
    words.sort_unstable();
    words.dedup();
    let own = words.join(" ");
    let named = scan.brands.iter().map(|found| found.brand.to_string());
    let mut brands: Vec<String> = named.chain(self::brand(brand)).collect();
    brands.sort_unstable();
    brands.dedup();
    let joined = if brands.is_empty() { own.clone() } else { format!("{} {own}", brands.join(" ")) };
    Title { joined, own }
}

/// The one name of a stated brand: the id of a known one, whatever it is written in, or its folded spelling.
pub fn brand(stated: &str) -> Option<String> {
    let folded = text::fold(stated);
    if folded.is_empty() {
        return None;
    }
    let known = Brands::shipped().scan(stated).brands.first().map(|found| found.brand.to_string());
    Some(known.unwrap_or(folded))
}

/// A price in one spelling: `GBP 12.5` of `12.50`; without currency, the amount alone.
///
/// `None` for nothing and for zero.
pub fn price(currency: Option<&str>, amount: Option<&str>) -> Option<String> {
    let amount = amount?;
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{} {whole}{point}{fraction}", currency.unwrap_or_default()))
}

/// A folded text without stock phrases and without the words of a brand.
fn without_phrases(folded: &str, brand: &str) -> String {
    let mut kept = String::with_capacity(folded.len());
    let mut rest = folded;
    let brand_ends = |rest: &str| {
        let behind = rest.strip_prefix(brand).filter(|behind| behind.is_empty() || behind.starts_with(' '));
        behind.filter(|_| !brand.is_empty()).map(|_| brand.len())
    };
    while !rest.is_empty() {
        let ends = rest.match_indices(' ').map(|(at, _)| at).chain([rest.len()]).take(PHRASE_WORDS_MAX);
        let stock = ends.filter(|end| PHRASES.spaced.contains(&rest[..*end])).last().or_else(|| brand_ends(rest));
        let word = rest.find(' ').unwrap_or(rest.len());
        if stock.is_none() {
            push_word(&mut kept, &without_han_phrases(&rest[..word], brand));
        }
        rest = rest[stock.unwrap_or(word)..].trim_start_matches(' ');
    }
    kept
}

fn push_word(text: &mut String, word: &str) {
    if !word.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
}

fn without_han_phrases(word: &str, brand: &str) -> String {
    let mut word = word.to_owned();
    if word.chars().any(text::is_han) {
        if brand.chars().any(text::is_han) {
            word = word.replace(brand, "");
        }
        for phrase in &PHRASES.han {
            if word.contains(phrase) {
                word = word.replace(phrase, "");
            }
        }
    }
    word
}
