//! What was asked: plain text, taken apart into units that are each looked for in several ways.

use rapidfuzz::distance::osa;

use super::SearchError;
use super::term::{LEET, Terms, bare_address, compact, cut, is_han_word, is_leet_key, syllables};
use crate::normalize::name::person;
use crate::normalize::text::{fold, leet, romanised};

/// Longest search text, in characters.
pub const QUERY_CHARS_MAX: usize = 1000;

/// Units of a text that are looked for; what stands behind them is not.
pub const UNITS_MAX: usize = 32;

/// A search text taken apart.
///
/// Every character stands for itself: there are no operators, no field names and no wildcards.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The text word by word, and where it is short also as one piece, so that the spaces in a number do not matter.
    pub(super) readings: Vec<Vec<Unit>>,
}

/// Something that a hit should show.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    pub(super) ways: Vec<Way>,
}

/// One way to find a unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Way {
    /// All of these.
    pub(super) probes: Vec<Probe>,
    /// What that is worth, up to 1.
    pub(super) worth: f64,
}

/// One term to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Probe {
    pub(super) term: String,
    /// Typing errors allowed.
    pub(super) errors_max: u8,
    /// Whether a term that begins with it will do.
    pub(super) is_prefix: bool,
}

/// What a term in another script is worth.
const OTHER_SCRIPT: f64 = 0.95;
/// What a term beginning with the one asked for is worth.
const PREFIX: f64 = 0.75;
/// What each typing error takes away.
const ERROR: f64 = 0.15;

impl Query {
    /// Takes a text apart.
    ///
    /// # Errors
    ///
    /// [`SearchError::TooLong`] over [`QUERY_CHARS_MAX`] characters, [`SearchError::Empty`] without a letter or digit.
    pub fn new(text: &str) -> Result<Query, SearchError> {
        let chars = text.chars().count();
        if QUERY_CHARS_MAX < chars {
            return Err(SearchError::TooLong { chars });
        }
        let chunks: Vec<&str> = text.split_whitespace().collect();
        let mut units: Vec<Unit> = chunks.iter().flat_map(|chunk| units_of(chunk)).collect();
        units.truncate(UNITS_MAX);
        let mut readings: Vec<Vec<Unit>> = vec![units];
        if 1 < chunks.len() && text.is_ascii() {
            readings.extend(whole(&chunks.concat()).map(|unit| vec![unit]));
        }
        readings.retain(|units| !units.is_empty());
        if readings.is_empty() { Err(SearchError::Empty) } else { Ok(Query { readings }) }
    }

    /// Every term to look for, each once.
    pub(super) fn probes(&self) -> impl Iterator<Item = &Probe> {
        let units = self.readings.iter().flatten();
        units.flat_map(|unit| &unit.ways).flat_map(|way| &way.probes)
    }
}

impl Unit {
    /// How well some terms show it, 0 to 1.
    pub(super) fn found_in(&self, terms: &Terms) -> f64 {
        let found = |way: &Way| {
            let sum: f64 = way.probes.iter().map(|probe| probe.found_in(terms)).sum();
            sum / way.probes.len() as f64 * way.worth
        };
        self.ways.iter().map(found).fold(0.0, f64::max)
    }
}

impl Probe {
    fn new(term: String) -> Option<Probe> {
        let term = cut(term)?;
        let length = term.chars().count();
        let is_han = is_han_word(&term);
        let is_number = term.bytes().all(|byte| byte.is_ascii_digit());
        let errors_max = match length {
            _ if is_han || term.starts_with(LEET) => 0,
            8.. if !is_number => 2,
            8.. => 1,
            4.. if !is_number => 1,
            _ => 0,
        };
        let is_prefix = 3 <= length && !is_han && !term.starts_with(LEET);
        Some(Probe { term, errors_max, is_prefix })
    }

    fn found_in(&self, terms: &Terms) -> f64 {
        if terms.literal.contains(&self.term) {
            return 1.0;
        }
        if terms.loose.contains(&self.term) {
            return OTHER_SCRIPT;
        }
        let near = |term: &str| match self.errors_to(term) {
            Some(errors) => 1.0 - ERROR * f64::from(errors),
            None if self.is_prefix && term.starts_with(&self.term) => PREFIX,
            None => 0.0,
        };
        if self.errors_max == 0 && !self.is_prefix { 0.0 } else { terms.all().map(near).fold(0.0, f64::max) }
    }

    /// Typing errors between the terms, if they are few enough: a letter more, less or another, or two exchanged.
    fn errors_to(&self, term: &str) -> Option<u8> {
        let most = usize::from(self.errors_max);
        let (own, other) = (self.term.chars().count(), term.chars().count());
        if most == 0 || most < own.abs_diff(other) || term.starts_with(LEET) {
            return None;
        }
        let cutoff = osa::Args::default().score_cutoff(most);
        let errors = osa::distance_with_args(self.term.chars(), term.chars(), &cutoff)?;
        u8::try_from(errors).ok()
    }
}

/// The units of a text without spaces.
fn units_of(chunk: &str) -> Vec<Unit> {
    let folded = fold(bare_address(chunk));
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    if 1 < words.len() && words.iter().all(|word| !is_han_word(word)) {
        // Punctuation holds it together: a mail address, a domain, a number.
        let apart = Way::of(words.iter().map(|word| (*word).to_owned()), OTHER_SCRIPT);
        let ways = whole(chunk).into_iter().flat_map(|unit| unit.ways).chain(apart);
        return Unit::of(ways).into_iter().collect();
    }
    words.into_iter().filter_map(|word| if is_han_word(word) { han(word) } else { plain(word) }).collect()
}

/// A text as one piece; of a number also without the zeros in front.
fn whole(text: &str) -> Option<Unit> {
    let piece = compact(bare_address(text));
    let is_number = piece.bytes().all(|byte| byte.is_ascii_digit());
    let bare = Some(piece.trim_start_matches('0')).filter(|bare| is_number && bare.len() < piece.len());
    let bare = bare.and_then(|bare| Way::of([bare.to_owned()], 1.0));
    Unit::of(Way::of([piece.clone()], 1.0).into_iter().chain(bare))
}

fn plain(word: &str) -> Option<Unit> {
    let key = leet(word);
    let leet = is_leet_key(&key).then(|| Way::of([format!("{LEET}{key}")], OTHER_SCRIPT)).flatten();
    let other = (!word.is_ascii()).then(|| Way::of([compact(&romanised(word))], OTHER_SCRIPT)).flatten();
    Unit::of(whole(word).into_iter().flat_map(|unit| unit.ways).chain(leet).chain(other))
}

/// A run of Han: as written, aloud in pairs of syllables, and as a person's name.
fn han(run: &str) -> Option<Unit> {
    let chars: Vec<char> = run.chars().take(UNITS_MAX).collect();
    let aloud = syllables(&chars.iter().collect::<String>());
    let pairs: Vec<String> = match chars[..] {
        [one] => vec![one.to_string()],
        _ => chars.windows(2).map(String::from_iter).collect(),
    };
    let pairs_aloud: Vec<String> = match &aloud[..] {
        [one] => vec![one.clone()],
        _ => aloud.windows(2).map(<[String]>::concat).collect(),
    };
    let name = (2..=4).contains(&chars.len()).then(|| person(run)).flatten();
    let name =
        name.into_iter().flat_map(|name| [name.tokens.concat()].into_iter().map(|one| vec![one]).chain([name.tokens]));
    let mut ways = vec![Way::of(pairs, 1.0), Way::of(pairs_aloud, OTHER_SCRIPT)];
    ways.extend(name.map(|tokens| Way::of(tokens, OTHER_SCRIPT)));
    Unit::of(ways.into_iter().flatten())
}

impl Unit {
    fn of(ways: impl IntoIterator<Item = Way>) -> Option<Unit> {
        let mut kept: Vec<Way> = Vec::new();
        for way in ways {
            if kept.iter().all(|other| other.probes != way.probes) {
                kept.push(way);
            }
        }
        (!kept.is_empty()).then_some(Unit { ways: kept })
    }
}

impl Way {
    fn of(terms: impl IntoIterator<Item = String>, worth: f64) -> Option<Way> {
        let probes: Vec<Probe> = terms.into_iter().filter_map(Probe::new).collect();
        (!probes.is_empty()).then_some(Way { probes, worth })
    }
}
