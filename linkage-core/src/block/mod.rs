//! Which pairs are worth comparing: the union of many cheap keys, each capped.
//!
//! ```text
//! Profile ──keys──► [BlockKey]      all accounts' ──Holders──► candidate pairs
//! ```
//!
//! Two accounts are compared if they share at least one key that is held by no more accounts than its rule's cap. A
//! key over its cap is dropped whole, never "the first k": so the pairs are a function of the live records alone.
//!
//! - [`keys`] derives an account's blocking keys from its fingerprints; it never sees a value.
//! - [`Holders`] joins them in batch; a [`Posting`] is a key in few bytes, as it is stored.
//!
//! **Not here:** how alike a pair is.

mod holders;

use crate::fingerprint::{Form, Item, Key, Kind, Profile, fails_check};

pub use holders::{BUCKETS, Holders, Pairs, Posting, blocking, postings};

/// One reason to compare two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockKey {
    /// Which rule made it.
    pub rule: Rule,
    /// The value or values that both must share.
    pub key: Key,
}

/// The blocking rules. Codes are stored; add at the end, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    /// The same whole identifier, such as a telephone number.
    Exact = 1,
    /// The same two words of a name.
    NamePair = 2,
    /// Two words of a name that sound alike.
    SoundPair = 3,
    /// One word of a name and the date or year of birth.
    NameBirth = 4,
    /// One word of a name and the town, postal code, street or birth place.
    NamePlace = 5,
    /// The date of birth, alone or with another attribute, or its year or its day and month with the birth place or a postal code.
    BirthPlace = 6,
    /// Two parts of an address.
    AddressPair = 7,
    /// One rare word of a name.
    RareWord = 8,
    /// A name or domain label without its separators and counters, perhaps one letter off.
    Tweaked = 9,
    /// One band of a text, the words of a listing's title, or a code or sentence.
    Band = 10,
    /// The part of a mail address before the @, or a handle on another service.
    Local = 11,
    /// A word that sounds alike and the date or year of birth.
    SoundBirth = 12,
    /// A word that sounds alike and a part of the address.
    SoundPlace = 13,
    /// The name in a web domain, under whatever ending.
    Label = 14,
    /// A day on which one account was closed and another one opened.
    Day = 15,
    /// A person's name without its separators, perhaps one letter off.
    TweakedName = 16,
    /// A postal code, which is a few houses in some countries and a town in others.
    Postcode = 17,
    /// An attribute, such as an occupation, and a word of a person's name, a part of the date of birth or a place.
    AttributePair = 18,
}

impl Rule {
    /// All rules, in the order of their codes.
    pub const ALL: [Rule; 18] = [
        Rule::Exact,
        Rule::NamePair,
        Rule::SoundPair,
        Rule::NameBirth,
        Rule::NamePlace,
        Rule::BirthPlace,
        Rule::AddressPair,
        Rule::RareWord,
        Rule::Tweaked,
        Rule::Band,
        Rule::Local,
        Rule::SoundBirth,
        Rule::SoundPlace,
        Rule::Label,
        Rule::Day,
        Rule::TweakedName,
        Rule::Postcode,
        Rule::AttributePair,
    ];

    /// The most accounts that may hold a key before it stops being a reason to compare.
    ///
    /// Chosen on the development sets by blocking recall at no more than 50 candidates a record; docs/decisions.md
    /// has the table.
    pub fn holders_max(self) -> usize {
        match self {
            Rule::Exact => 64,
            Rule::NamePair | Rule::SoundPair | Rule::TweakedName => 16,
            Rule::NameBirth | Rule::SoundBirth => 16,
            Rule::NamePlace | Rule::SoundPlace => 16,
            Rule::BirthPlace | Rule::AddressPair => 16,
            Rule::AttributePair => 40,
            Rule::Postcode => 64,
            Rule::RareWord => 24,
            Rule::Tweaked => 64,
            Rule::Label => 512,
            Rule::Band => 32,
            Rule::Local => 48,
            Rule::Day => 32,
        }
    }

    /// Whether it takes two marks together, neither of which is rare: strangers mostly meet in one of these alone.
    fn is_combined(self) -> bool {
        match self {
            Rule::NamePair
            | Rule::SoundPair
            | Rule::TweakedName
            | Rule::NameBirth
            | Rule::SoundBirth
            | Rule::NamePlace
            | Rule::SoundPlace
            | Rule::BirthPlace
            | Rule::AddressPair
            | Rule::Postcode
            | Rule::AttributePair => true,
            Rule::Exact | Rule::RareWord | Rule::Tweaked | Rule::Label | Rule::Band | Rule::Local | Rule::Day => false,
        }
    }
}

/// The blocking keys of one account, sorted, without duplicates.
pub fn keys(profile: &Profile) -> Vec<BlockKey> {
    let mut keys = unsorted(profile);
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The blocking keys of one account as they are found.
fn unsorted(profile: &Profile) -> Vec<BlockKey> {
    let mut keys = Vec::with_capacity(64);
    for item in &profile.items {
        exact(item, &mut keys);
        tweaked(item, &mut keys);
    }
    names(profile, &mut keys);
    births(profile, &mut keys);
    attribute_pairs(profile, &mut keys);
    addresses(profile, &mut keys);
    keys
}

fn push(keys: &mut Vec<BlockKey>, rule: Rule, parts: &[Key]) {
    keys.push(BlockKey { rule, key: Key::combine(rule as u8, parts) });
}

/// Whole identifiers, bands and phrases of texts, pictures.
fn exact(item: &Item, keys: &mut Vec<BlockKey>) {
    match item.kind {
        Kind::Email
        | Kind::Phone
        | Kind::Registration
        | Kind::Document
        | Kind::Payment
        | Kind::Handle
        | Kind::Domain
        | Kind::Image
        | Kind::Tracker
        | Kind::Account
        | Kind::Offer
        | Kind::Description
        | Kind::ListingText => keys.extend(item.whole().map(|key| BlockKey { rule: Rule::Exact, key })),
        // Two shops that sell one article are competitors; two that made up one number are not.
        Kind::Gtin if fails_check(item.kind, item.class) => {
            keys.extend(item.whole().map(|key| BlockKey { rule: Rule::Exact, key }));
        }
        Kind::Phrase => keys.extend(item.whole().map(|key| BlockKey { rule: Rule::Band, key })),
        _ => {}
    }
    keys.extend(item.keys(Form::Band).map(|key| BlockKey { rule: Rule::Band, key }));
    keys.extend(item.keys(Form::Last7).map(|key| BlockKey { rule: Rule::Exact, key }));
    keys.extend(item.keys(Form::Han).map(|key| BlockKey { rule: Rule::Exact, key }));
    if matches!(item.kind, Kind::Email | Kind::Handle | Kind::Domain) {
        keys.extend(item.keys(Form::Local).map(|key| BlockKey { rule: Rule::Local, key }));
    }
}

fn tweaked(item: &Item, keys: &mut Vec<BlockKey>) {
    // A title is many shops': only few enough of them are worth comparing.
    let rule = match item.kind {
        Kind::ListingTitle => Rule::Band,
        Kind::PersonName => Rule::TweakedName,
        _ => Rule::Tweaked,
    };
    for form in [Form::Joined, Form::Deletion] {
        keys.extend(item.keys(form).map(|key| BlockKey { rule, key }));
    }
    keys.extend(item.keys(Form::Label).map(|key| BlockKey { rule: Rule::Label, key }));
    if item.kind == Kind::Succession {
        keys.extend(item.whole().map(|key| BlockKey { rule: Rule::Day, key }));
    }
}

/// Words of a name: in pairs, alone if rare, with birth and with place.
fn names(profile: &Profile, keys: &mut Vec<BlockKey>) {
    let births: Vec<Key> = profile
        .of(Kind::BirthDate)
        .iter()
        .flat_map(|item| item.whole().into_iter().chain(item.key(Form::Year)))
        .collect();
    let places: Vec<Key> = places(profile);
    for kind in [Kind::PersonName, Kind::CompanyName, Kind::DisplayName] {
        for item in profile.of(kind) {
            let words: Vec<Key> = item.keys(Form::Token).chain(item.keys(Form::Root)).collect();
            let sounds: Vec<Key> = item.keys(Form::Phonetic).collect();
            pairwise(keys, Rule::NamePair, &words);
            pairwise(keys, Rule::SoundPair, &sounds);
            for word in &words {
                push(keys, Rule::RareWord, &[*word]);
                births.iter().for_each(|birth| push(keys, Rule::NameBirth, &[*word, *birth]));
                places.iter().for_each(|place| push(keys, Rule::NamePlace, &[*word, *place]));
            }
            for sound in &sounds {
                births.iter().for_each(|birth| push(keys, Rule::SoundBirth, &[*sound, *birth]));
                places.iter().for_each(|place| push(keys, Rule::SoundPlace, &[*sound, *place]));
            }
        }
    }
}

/// What a name is combined with to say where.
fn places(profile: &Profile) -> Vec<Key> {
    let mut places: Vec<Key> = Vec::new();
    for item in profile.of(Kind::Area) {
        places.extend(item.key(Form::Postcode));
        places.extend(item.key(Form::Locality));
    }
    places.extend(profile.of(Kind::Street).iter().filter_map(|item| item.key(Form::StreetName)));
    places.extend(profile.of(Kind::BirthPlace).iter().filter_map(Item::whole));
    places.truncate(8);
    places
}

fn births(profile: &Profile, keys: &mut Vec<BlockKey>) {
    let postcodes = profile.of(Kind::Area).iter().filter_map(|item| item.key(Form::Postcode));
    let birth_places = profile.of(Kind::BirthPlace).iter().filter_map(Item::whole);
    // A town or a street has too many people born in one year.
    for place in postcodes.chain(birth_places).take(8) {
        parts_of_birth(profile).for_each(|part| push(keys, Rule::BirthPlace, &[part, place]));
    }
    // A full date alone is a reason while few share it; a year alone never is.
    let others: Vec<Key> = places(profile).into_iter().chain(attributes(profile)).collect();
    let full = profile.of(Kind::BirthDate).iter().filter(|item| item.key(Form::MonthDay).is_some());
    for date in full.filter_map(Item::whole) {
        keys.push(BlockKey { rule: Rule::BirthPlace, key: date });
        others.iter().for_each(|other| push(keys, Rule::BirthPlace, &[date, *other]));
    }
}

/// Year, and day and month: one of them is often written wrong.
fn parts_of_birth(profile: &Profile) -> impl Iterator<Item = Key> + '_ {
    let dates = profile.of(Kind::BirthDate).iter();
    dates.flat_map(|item| [Form::Year, Form::MonthDay].into_iter().filter_map(|form| item.key(form)))
}

/// What an attribute is combined with: alone it is many people's.
fn attribute_pairs(profile: &Profile, keys: &mut Vec<BlockKey>) {
    if profile.of(Kind::Attribute).is_empty() {
        return;
    }
    let mut others = places(profile);
    others.extend(parts_of_birth(profile));
    for item in profile.of(Kind::PersonName) {
        others.extend([Form::Token, Form::Root, Form::Phonetic].into_iter().flat_map(|form| item.keys(form)));
    }
    for attribute in attributes(profile) {
        others.iter().for_each(|other| push(keys, Rule::AttributePair, &[attribute, *other]));
    }
}

fn attributes(profile: &Profile) -> impl Iterator<Item = Key> + '_ {
    profile.of(Kind::Attribute).iter().filter_map(Item::whole).take(8)
}

fn addresses(profile: &Profile, keys: &mut Vec<BlockKey>) {
    let areas: Vec<Key> = profile
        .of(Kind::Area)
        .iter()
        .flat_map(|item| item.key(Form::Postcode).into_iter().chain(item.key(Form::Locality)))
        .take(8)
        .collect();
    for item in profile.of(Kind::Area) {
        keys.extend(item.key(Form::Postcode).map(|key| BlockKey { rule: Rule::Postcode, key }));
    }
    for item in profile.of(Kind::Street) {
        if item.key(Form::Number).is_some() {
            item.whole().into_iter().for_each(|line| push(keys, Rule::AddressPair, &[line]));
        }
        for area in &areas {
            for part in item.key(Form::StreetName).into_iter().chain(item.key(Form::Number)) {
                push(keys, Rule::AddressPair, &[part, *area]);
            }
        }
    }
}

fn pairwise(keys: &mut Vec<BlockKey>, rule: Rule, words: &[Key]) {
    for (at, left) in words.iter().enumerate() {
        for right in &words[at + 1..] {
            // The order in which a name is written is not part of it.
            let (low, high) = if left <= right { (left, right) } else { (right, left) };
            push(keys, rule, &[*low, *high]);
        }
    }
}

#[cfg(test)]
mod tests;
