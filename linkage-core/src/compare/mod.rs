//! How alike two accounts are: one [`Outcome`] per kind.
//!
//! ```text
//! Profile + Rarity ──► Subject ┐
//!                              ├─ compare ──► [Outcome { feature, level, surprisal, cites }]
//! Profile + Rarity ──► Subject ┘
//! ```
//!
//! - [`compare`] is the whole job; start there.
//! - [`levels`] lists what each kind can answer, best first, each with the sentence `explain` prints.
//! - [`Subject`] is a profile made ready once, so that a pair costs no look-up; [`Subjects`] are many of them in columns.
//!
//! A kind that one side does not show yields no outcome: missing is not evidence. Without values (private mode) the
//! same functions answer from keys alone and simply never reach the *close* levels.
//!
//! **Not here:** what a level weighs. That is `score`.

mod address;
mod bits;
mod contact;
mod date;
mod identifier;
mod levels;
mod listing;
mod name;
pub mod names;
pub mod offers;
mod similar;
mod subjects;
mod succession;
mod web;
mod words;

use crate::fingerprint::{Crowd, Form, Key, Kind, SENTENCE, SENTENCE_AROUND_CODE, is_payee, is_pictured, scheme_class};

pub use bits::Bits;
pub use levels::{LEVELS_MAX, Level, LevelInfo, has_else, levels};
pub use similar::spelling_likeness;
pub use subjects::{Subject, Subjects, View};
pub use succession::Events;

use subjects::{Mark, Part};

/// What the model keeps a table for: a kind, and for attributes which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature {
    /// The kind compared.
    pub kind: Kind,
    /// The attribute's class; 0 for every other kind.
    pub class: u32,
}

/// What comparing one feature of two accounts found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was compared.
    pub feature: Feature,
    /// How alike, best found.
    pub level: Level,
    /// How rare the agreeing value is: minus log2 of the share of accounts that would show it by chance. `None` where
    /// the level's weight does not depend on the value.
    pub surprisal: Option<Bits>,
    /// Whether so many accounts hold the agreeing value that it is worth a look and no reason to act.
    pub of_many: bool,
    /// The items of the left and right profile that were found alike, for `explain`.
    pub cites: (u16, u16),
}

/// How common values are: frozen counts of an epoch, and live hubs.
pub trait Rarity {
    /// Minus log2 of the share of accounts that show this value, given what the value alone lets expect.
    fn surprisal(&self, key: Key, base_bits: u8) -> Bits;

    /// What the number of accounts that hold the value makes of it.
    fn crowd(&self, kind: Kind, key: Key) -> Crowd;
}

/// What one pair of items says: how alike and, where it matters, how rare.
type Finding = (u8, Option<Bits>);

/// Compares two accounts: one outcome per feature that both show, in feature order.
///
/// `events` knows which closings and openings follow each other; `()` knows nothing. O(items²) per kind; profiles cap the items of a kind.
pub fn compare(left: &Subject, right: &Subject, events: &impl Events) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(12);
    compare_into(left.view(), right.view(), events, &mut outcomes);
    outcomes
}

/// As [`compare`], into a list that is emptied first, so that many pairs cost no allocation.
pub fn compare_into(left: View<'_>, right: View<'_>, events: &impl Events, outcomes: &mut Vec<Outcome>) {
    outcomes.clear();
    let mut behind = 0;
    // Looked for once, and only where both name a payee.
    let mut one_payee = None;
    let mut phrases = Phrases::default();
    for left_at in 0..left.len() {
        let a = left.part(left_at);
        // Items are in the order of their kinds.
        while right.kind(behind).is_some_and(|kind| kind < a.kind) {
            behind += 1;
        }
        let mut right_at = behind;
        while right.kind(right_at) == Some(a.kind) {
            let b = right.part(right_at);
            let cites = (left_at as u16, right_at as u16);
            right_at += 1;
            if !comparable(&a, &b) {
                continue;
            }
            // Whoever is paid into one account writes the same name beside it: that is one reason, the account.
            let both_payees = is_payee(a.kind, a.class) && is_payee(b.kind, b.class);
            if both_payees && *one_payee.get_or_insert_with(|| share_payment(left, right)) {
                continue;
            }
            let Some((level, surprisal)) = find(&a, &b, events) else { continue };
            if a.kind == Kind::Phrase {
                phrases.add(&a, surprisal);
            }
            let class = if a.kind == Kind::Attribute { a.class } else { 0 };
            // The same value of a kind with hubs is on both sides, so one side is enough to know.
            let crowd = if is_same_value(&a, level) { a.crowd.max(b.crowd) } else { Crowd::Few };
            let outcome = Outcome {
                feature: Feature { kind: a.kind, class },
                level: if crowd == Crowd::Hub { Level::HUB } else { Level(level) },
                surprisal,
                of_many: crowd == Crowd::Many,
                cites,
            };
            keep_best(outcomes, outcome);
        }
    }
    phrases.raise(outcomes);
    drop_phrases_of_copies(outcomes);
    outcomes.sort_unstable_by_key(|outcome| outcome.feature);
}

/// The codes and sentences that two accounts share.
#[derive(Default)]
struct Phrases {
    codes: u32,
    /// Sentences with a code in them, which are no second reason beside it.
    around_codes: u32,
    sentences: u32,
    /// Of all.
    rarest: Bits,
}

impl Phrases {
    fn add(&mut self, phrase: &Part, surprisal: Option<Bits>) {
        match phrase.class {
            SENTENCE => self.sentences += 1,
            SENTENCE_AROUND_CODE => self.around_codes += 1,
            _ => self.codes += 1,
        }
        self.rarest = self.rarest.max(surprisal.unwrap_or_default());
    }

    /// Two of them say more than one.
    fn raise(&self, outcomes: &mut [Outcome]) {
        if 2 <= self.sentences + self.codes.max(self.around_codes) {
            let phrase = outcomes.iter_mut().find(|outcome| outcome.feature.kind == Kind::Phrase);
            if let Some(outcome) = phrase {
                (outcome.level, outcome.surprisal) = (Level(0), Some(self.rarest));
            }
        }
    }
}

/// Whoever copies a text copies the codes and sentences in it, so that these say something only where no text is a copy.
fn drop_phrases_of_copies(outcomes: &mut Vec<Outcome>) {
    let is_text = |outcome: &Outcome| matches!(outcome.feature.kind, Kind::ListingText | Kind::Description);
    if outcomes.iter().any(is_text) {
        outcomes.retain(|outcome| outcome.feature.kind != Kind::Phrase);
    }
}

/// Whether both name one payment account.
fn share_payment(left: View<'_>, right: View<'_>) -> bool {
    let payments = left.parts().filter(|part| part.kind == Kind::Payment);
    payments.filter_map(|a| a.key(Form::Whole)).any(|key| right.parts().any(|b| b.key(Form::Whole) == Some(key)))
}

/// Kinds of values of a crowd that tie two accounts to one third party, the most telling first. A landlord's domain or a common title
/// ties nobody.
const TYING: [Kind; 12] = [
    Kind::Payment,
    Kind::Registration,
    Kind::Document,
    Kind::Phone,
    Kind::Email,
    Kind::Account,
    Kind::Handle,
    Kind::Street,
    Kind::Tracker,
    Kind::Image,
    Kind::Description,
    Kind::ListingText,
];

/// The most telling kind of which both show one value of a crowd, whatever else they show.
///
/// It is enough that the crowds of the left side are known. O(items of the left side), as few of them are a crowd's.
pub fn shared_with_many(left: View<'_>, right: View<'_>) -> Option<Kind> {
    let place = |kind: Kind| TYING.iter().position(|tying| *tying == kind);
    let shared = left.of_many().filter_map(|a| {
        let place = place(a.kind)?;
        right.parts().any(|b| a.kind == b.kind && a.key(Form::Whole) == b.key(Form::Whole)).then_some(place)
    });
    shared.min().map(|place| TYING[place])
}

fn keep_best(outcomes: &mut Vec<Outcome>, found: Outcome) {
    match outcomes.iter_mut().find(|outcome| outcome.feature == found.feature) {
        Some(best) => {
            if rank(&found) < rank(best) {
                *best = found;
            }
        }
        None => outcomes.push(found),
    }
}

/// Best first: the level, of equals what fewer hold, of these the rarer value. A shared hub ranks behind everything else: who shares a forwarder's
/// telephone and has another of one's own is judged by one's own.
fn rank(outcome: &Outcome) -> (Level, bool, std::cmp::Reverse<Option<Bits>>) {
    (outcome.level, outcome.of_many, std::cmp::Reverse(outcome.surprisal))
}

/// Whether a level says that both show one value: the best one of any kind with hubs, and the one for identifiers that fail their check.
fn is_same_value(a: &Part, level: u8) -> bool {
    level == 0 || (level == 1 && a.fails_check())
}

/// Numbers under different schemes, and attributes of different names, say nothing about each other.
fn comparable(a: &Part, b: &Part) -> bool {
    match a.kind {
        // Two pictures that say the same are compared as pictures.
        kind if is_pictured(kind, a.class) && is_pictured(kind, b.class) => false,
        Kind::Attribute | Kind::Gtin | Kind::Disguise | Kind::Phrase => a.class == b.class,
        // A mistyped number is close to the right one.
        Kind::Registration | Kind::Document | Kind::Payment | Kind::Tracker => {
            scheme_class(a.class) == scheme_class(b.class)
        }
        Kind::Succession => a.class != b.class,
        _ => true,
    }
}

fn find(a: &Part, b: &Part, events: &impl Events) -> Option<Finding> {
    match a.kind {
        Kind::PersonName => Some(name::person(a, b)),
        Kind::CompanyName | Kind::DisplayName => Some(name::trade(a, b)),
        Kind::BirthDate => date::birth(a, b),
        Kind::BirthPlace | Kind::Attribute => Some(words::words(a, b)),
        Kind::Email => Some(contact::email(a, b)),
        Kind::Phone => Some(contact::phone(a, b)),
        Kind::Handle => Some(contact::handle(a, b)),
        Kind::Registration => identifier::registration(a, b),
        Kind::Document | Kind::Payment => identifier::exact(a, b),
        Kind::Street => Some(address::street(a, b)),
        Kind::Area => Some(address::area(a, b)),
        Kind::Domain => Some(web::domain(a, b)),
        Kind::ListingText | Kind::Description => listing::text(a, b),
        Kind::ListingTitle => listing::title(a, b),
        Kind::Gtin => listing::article(a, b),
        Kind::Disguise => listing::disguise(a, b),
        Kind::Phrase => listing::phrase(a, b),
        Kind::Image => listing::image(a, b),
        Kind::Tracker => identifier::same(a, b),
        Kind::Price | Kind::Brand | Kind::Account | Kind::QrCode | Kind::Offer => listing::same(a, b),
        Kind::Category => Some(listing::category(a, b)),
        Kind::Succession => succession::same_day(a, b, events),
        Kind::Lifespan => succession::lifespans(a, b),
    }
}

#[cfg(test)]
mod tests;
