//! What is offered: titles and texts without stock phrases, prices.
//!
//! *Free shipping* and *包邮* stand in half of all titles: two shops that both write them have nothing in common.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

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

/// A text, folded, without what sellers write around whatever they sell.
///
/// A text of stock phrases alone stays as it is: it is all there is.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::offer::substance;
///
/// assert_eq!(substance("Lumora face serum 30ml — FREE UK Delivery!"), "lumora face serum 30ml");
/// assert_eq!(substance("雅诗小棕瓶 全国包邮 正品保证"), "雅诗小棕瓶");
/// ```
pub fn substance(offer: &str) -> String {
    let folded = text::fold(offer);
    let mut kept = String::with_capacity(folded.len());
    let mut rest = folded.as_str();
    while !rest.is_empty() {
        let ends = rest.match_indices(' ').map(|(at, _)| at).chain([rest.len()]).take(PHRASE_WORDS_MAX);
        let stock = ends.filter(|end| PHRASES.spaced.contains(&rest[..*end])).last();
        let word = rest.find(' ').unwrap_or(rest.len());
        if stock.is_none() {
            push_word(&mut kept, &without_han_phrases(&rest[..word]));
        }
        rest = rest[stock.unwrap_or(word)..].trim_start_matches(' ');
    }
    if kept.is_empty() { folded } else { kept }
}

/// The words of a title in an order of their own, without numbers and stock phrases: what stays when a title is tweaked.
pub fn joined(title: &str) -> String {
    let substance = substance(title);
    let mut words: Vec<&str> = substance.split(' ').filter(|word| !word.bytes().all(|b| b.is_ascii_digit())).collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
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

fn push_word(text: &mut String, word: &str) {
    if !word.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
}

fn without_han_phrases(word: &str) -> String {
    let mut word = word.to_owned();
    if word.chars().any(text::is_han) {
        for phrase in &PHRASES.han {
            if word.contains(phrase) {
                word = word.replace(phrase, "");
            }
        }
    }
    word
}
