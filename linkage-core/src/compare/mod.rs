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
//! - [`Subject`] is a profile made ready once, so that a pair costs no look-up.
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
mod similar;
mod web;
mod words;

use crate::fingerprint::{Form, Group, Key, Kind, Profile, Value};

pub use bits::Bits;
pub use levels::{LEVELS_MAX, Level, LevelInfo, has_else, levels};
pub use similar::spelling_likeness;

/// What the model keeps a table for: a kind, and for attributes which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature {
    /// The kind compared.
    pub kind: Kind,
    /// The attribute's class; 0 for every other kind.
    pub class: u32,
}

impl Feature {
    /// The evidence group; attributes of different names are different groups.
    pub fn group(self) -> (Group, u32) {
        (self.kind.group(), self.class)
    }
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
    /// The items of the left and right profile that were found alike, for `explain`.
    pub cites: (u16, u16),
}

/// How common values are: frozen counts of an epoch, and live hubs.
pub trait Rarity {
    /// Minus log2 of the share of accounts that show this value, given what the value alone lets expect.
    fn surprisal(&self, kind: Kind, form: Form, key: Key, base_bits: u8) -> Bits;

    /// Whether more accounts hold the value than its kind allows, so that it is no reason to link.
    fn is_hub(&self, kind: Kind, key: Key) -> bool;
}

/// A profile with the rarity of each of its values looked up.
#[derive(Clone, Debug)]
pub struct Subject {
    items: Vec<Part>,
}

/// One item of a subject.
#[derive(Clone, Debug)]
struct Part {
    kind: Kind,
    class: u32,
    hub: bool,
    prints: Vec<Mark>,
    value: Option<Value>,
}

/// One print with its rarity.
#[derive(Clone, Copy, Debug)]
struct Mark {
    form: Form,
    key: Key,
    bits: Bits,
}

impl Part {
    fn marks(&self, form: Form) -> impl Iterator<Item = &Mark> + '_ {
        self.prints.iter().filter(move |mark| mark.form == form)
    }

    fn mark(&self, form: Form) -> Option<&Mark> {
        self.marks(form).next()
    }

    fn key(&self, form: Form) -> Option<Key> {
        self.mark(form).map(|mark| mark.key)
    }

    /// The rarity of the first value of a form if both sides have the same one.
    fn same(&self, other: &Part, form: Form) -> Option<Bits> {
        let (left, right) = (self.mark(form)?, other.mark(form)?);
        // One value read in several ways has several estimates; the least of them claims least.
        (left.key == right.key).then_some(left.bits.min(right.bits))
    }

    /// The rarity of any value of a form that both sides have.
    fn shares(&self, other: &Part, form: Form) -> Option<Bits> {
        let mut best = None;
        for left in self.marks(form) {
            let same = other.marks(form).filter(|right| left.key == right.key);
            best = best.max(same.map(|right| left.bits.min(right.bits)).max());
        }
        best
    }

    fn words(&self) -> &[String] {
        match &self.value {
            Some(Value::Words(words)) => words,
            _ => &[],
        }
    }

    fn word(&self, at: usize) -> &str {
        self.words().get(at).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        match &self.value {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }
}

impl Subject {
    /// Looks up the rarity of every value of a profile.
    pub fn new(profile: &Profile, rarity: &dyn Rarity) -> Subject {
        let items = profile
            .items
            .iter()
            .map(|item| Part {
                kind: item.kind,
                class: item.class,
                hub: item.whole().is_some_and(|key| rarity.is_hub(item.kind, key)),
                prints: item
                    .prints
                    .iter()
                    .map(|print| Mark {
                        form: print.form,
                        key: print.key,
                        bits: rarity.surprisal(item.kind, print.form, print.key, print.surprisal_bits),
                    })
                    .collect(),
                value: item.value.clone(),
            })
            .collect();
        Subject { items }
    }
}

/// What one pair of items says: how alike and, where it matters, how rare.
type Finding = (u8, Option<Bits>);

/// Compares two accounts: one outcome per feature that both show, in feature order.
///
/// O(items²) per kind; profiles cap the items of a kind.
pub fn compare(left: &Subject, right: &Subject) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(12);
    let mut behind = 0;
    for (left_at, a) in left.items.iter().enumerate() {
        // Items are in the order of their kinds.
        behind += right.items[behind..].iter().take_while(|b| b.kind < a.kind).count();
        let of_kind = right.items[behind..].iter().enumerate().take_while(|(_, b)| b.kind == a.kind);
        for (at, b) in of_kind.filter(|(_, b)| comparable(a, b)) {
            let Some((level, surprisal)) = find(a, b) else { continue };
            let class = if a.kind == Kind::Attribute { a.class } else { 0 };
            let outcome = Outcome {
                feature: Feature { kind: a.kind, class },
                // The best level of a kind with hubs is one value on both sides, so one side is enough to know.
                level: if (a.hub || b.hub) && level == 0 { Level::HUB } else { Level(level) },
                surprisal,
                cites: (left_at as u16, (behind + at) as u16),
            };
            keep_best(&mut outcomes, outcome);
        }
    }
    outcomes.sort_unstable_by_key(|outcome| outcome.feature);
    outcomes
}

/// Kinds of hubs that tie two accounts to one third party, the most telling first. A landlord's domain or a common title
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

/// The most telling kind of which both show one value that is a hub, whatever else they show.
///
/// It is enough that the hubs of the left side are known. O(items of the left side), as few of them are hubs.
pub fn shared_hub(left: &Subject, right: &Subject) -> Option<Kind> {
    let place = |kind: Kind| TYING.iter().position(|tying| *tying == kind);
    let shared = left.items.iter().filter(|a| a.hub).filter_map(|a| {
        let place = place(a.kind)?;
        right.items.iter().any(|b| a.kind == b.kind && a.key(Form::Whole) == b.key(Form::Whole)).then_some(place)
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

/// Best first: the level, of equals the rarer value. A shared hub ranks behind everything else: who shares a forwarder's
/// telephone and has another of one's own is judged by one's own.
fn rank(outcome: &Outcome) -> (Level, std::cmp::Reverse<Option<Bits>>) {
    (outcome.level, std::cmp::Reverse(outcome.surprisal))
}

/// Numbers under different schemes, and attributes of different names, say nothing about each other.
fn comparable(a: &Part, b: &Part) -> bool {
    match a.kind {
        Kind::Attribute | Kind::Registration | Kind::Document | Kind::Payment | Kind::Tracker | Kind::Gtin => {
            a.class == b.class
        }
        _ => true,
    }
}

fn find(a: &Part, b: &Part) -> Option<Finding> {
    match a.kind {
        Kind::PersonName => Some(name::person(a, b)),
        Kind::CompanyName | Kind::DisplayName => Some(name::trade(a, b)),
        Kind::BirthDate => date::birth(a, b),
        Kind::BirthPlace | Kind::Attribute => Some(words::words(a, b)),
        Kind::Email => Some(contact::email(a, b)),
        Kind::Phone => Some(contact::phone(a, b)),
        Kind::Handle => Some(contact::handle(a, b)),
        Kind::Registration => Some(identifier::registration(a, b)),
        Kind::Document | Kind::Payment => Some(identifier::exact(a, b)),
        Kind::Street => Some(address::street(a, b)),
        Kind::Area => Some(address::area(a, b)),
        Kind::Domain => Some(web::domain(a, b)),
        Kind::ListingText | Kind::Description => listing::text(a, b),
        Kind::ListingTitle => listing::title(a, b),
        Kind::Gtin => listing::article(a, b),
        Kind::Image => listing::image(a, b),
        Kind::Tracker | Kind::Price | Kind::Brand | Kind::Category | Kind::Account => listing::same(a, b),
    }
}

#[cfg(test)]
mod tests;
