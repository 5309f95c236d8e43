//! What each kind can answer, best first.
//!
//! The last level of most kinds is ELSE, see [`has_else`]. A level's code is its place in the list; codes are stored in
//! epochs, so a change here is a new epoch format.

use crate::fingerprint::Kind;

/// The most levels that a kind may have.
pub const LEVELS_MAX: usize = 10;

/// How alike two values are: a place in [`levels`] of the kind, 0 the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level(pub u8);

impl Level {
    /// The same value, but one that too many accounts hold: shown, never a reason.
    pub const HUB: Level = Level(15);
}

/// What a level means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelInfo {
    /// The name used in files and tables.
    pub name: &'static str,
    /// What an analyst is told.
    pub sentence: &'static str,
    /// Whether the weight depends on how rare the value is.
    pub by_rarity: bool,
    /// Whether it is a way to differ. Where a difference does not count, such levels are weighed against ELSE.
    pub differs: bool,
}

const fn rare(name: &'static str, sentence: &'static str) -> LevelInfo {
    LevelInfo { name, sentence, by_rarity: true, differs: false }
}

const fn flat(name: &'static str, sentence: &'static str) -> LevelInfo {
    LevelInfo { name, sentence, by_rarity: false, differs: false }
}

const fn other(name: &'static str, sentence: &'static str) -> LevelInfo {
    LevelInfo { name, sentence, by_rarity: false, differs: true }
}

const HUB: LevelInfo = flat("HUB", "the same value, but held by too many accounts to mean anything");

const PERSON_NAME: &[LevelInfo] = &[
    rare("EXACT", "the same person's name"),
    rare("CLOSE", "the same person's name but for a spelling, a short form or an initial"),
    rare("ALL_CLOSE", "every word of the person's name is close, none the same"),
    rare("SUBSET", "one person's name contains all words of the other"),
    rare("ONE_WORD", "a single name that the other one contains"),
    rare("PARTIAL", "one word of the person's name is the same, another differs"),
    rare("PARTIAL_CLOSE", "one word of the person's name is close, another differs"),
    rare("OTHER_NAME", "one word of the person's name is the same, and two common names stand beside it"),
    other("ELSE", "different person's names"),
];

const TRADE_NAME: &[LevelInfo] = &[
    rare("EXACT", "the same trading name"),
    rare("JOINED", "the same trading name but for spaces, counters or shop words"),
    rare("CLOSE", "nearly the same trading name"),
    rare("MOST", "most of the trading name is the same"),
    rare("SOME", "a part of the trading name is the same"),
    other("ELSE", "different trading names"),
];

const BIRTH_DATE: &[LevelInfo] = &[
    rare("EXACT", "the same date of birth"),
    flat("SWAPPED", "the same date of birth with day and month exchanged"),
    flat("CLOSE", "a date of birth one digit apart"),
    flat("TWO_PARTS", "two of day, month and year of birth are the same"),
    flat("YEAR", "the same year of birth"),
    other("ELSE", "different dates of birth"),
];

const WORDS: &[LevelInfo] = &[
    rare("EXACT", "the same"),
    rare("CLOSE", "nearly the same, or one contains the other"),
    other("ELSE", "different"),
];

const EMAIL: &[LevelInfo] = &[
    rare("EXACT", "the same mail address"),
    rare("SAME_LOCAL", "the same name at another mail provider"),
    rare("CLOSE", "a mail address one or two letters apart"),
    other("ELSE", "different mail addresses"),
];

const PHONE: &[LevelInfo] = &[
    rare("EXACT", "the same telephone number"),
    rare("INVALID", "the same telephone number, which its country's numbering plan does not know"),
    rare("LAST7", "the same last seven digits of the telephone number"),
    flat("CLOSE", "a telephone number one digit apart"),
    other("ELSE", "different telephone numbers"),
];

const HANDLE: &[LevelInfo] = &[
    rare("EXACT", "the same handle"),
    rare("SAME_NAME", "the same handle on another service"),
    rare("CLOSE", "a handle one letter apart"),
    other("ELSE", "different handles"),
];

const REGISTRATION: &[LevelInfo] = &[
    rare("EXACT", "the same registration"),
    rare("INVALID", "the same registration number, which fails its own check"),
    flat("CLOSE", "a registration number one character apart"),
    other("ELSE", "different registrations under one scheme"),
];

const DOCUMENT: &[LevelInfo] = &[
    rare("EXACT", "the same identity document"),
    rare("INVALID", "the same number of an identity document, which fails its own check"),
    other("ELSE", "different identity documents of one type"),
];

const PAYMENT: &[LevelInfo] = &[
    rare("EXACT", "the same payment account"),
    rare("INVALID", "the same number of a payment account, which fails its own check"),
    other("ELSE", "different payment accounts of one type"),
];

const STREET: &[LevelInfo] = &[
    rare("EXACT", "the same street and house number"),
    rare("CLOSE", "the same house number in nearly the same street"),
    rare("STREET", "the same street, a house number missing"),
    rare("OTHER_NUMBER", "the same street, another house number"),
    rare("STREET_CLOSE", "nearly the same street, another house number or none"),
    rare("NUMBER", "the same house number in another street"),
    other("ELSE", "different streets"),
];

const AREA: &[LevelInfo] = &[
    rare("EXACT", "the same town and postal code"),
    rare("POSTCODE", "the same postal code"),
    rare("TOWN_POSTCODE_CLOSE", "the same town, a postal code one character apart"),
    rare("TOWN", "the same town"),
    flat("POSTCODE_CLOSE", "a postal code one character apart"),
    flat("TOWN_CLOSE", "nearly the same town"),
    other("ELSE", "different towns and postal codes"),
];

const DOMAIN: &[LevelInfo] = &[
    rare("EXACT", "the same web domain"),
    rare("SAME_LABEL", "the same domain name under another ending"),
    rare("SUBLABEL", "the same name in front of another domain"),
    rare("CLOSE", "a domain name one letter or a counter apart"),
    flat("OTHER_PART", "another part of the same domain"),
    other("ALIKE", "domain names with more than half of their letters in common"),
    other("ELSE", "different web domains"),
];

const LISTING_TEXT: &[LevelInfo] = &[
    rare("EXACT", "a listing with the same text"),
    rare("MOST", "a listing with most of the same text"),
    rare("SOME", "a listing with some of the same text"),
];

const IMAGE: &[LevelInfo] = &[
    rare("EXACT", "the same picture file"),
    rare("SAME", "the same picture, stored anew or in another size"),
    rare("SIMILAR", "nearly the same picture, such as one with a caption or another edge"),
    other("ELSE", "different pictures"),
];

const TRACKER: &[LevelInfo] = &[
    rare("EXACT", "the same analytics, advertising or certificate identifier"),
    rare("INVALID", "the same analytics, advertising or certificate identifier, in a form that none has"),
];

const DESCRIPTION: &[LevelInfo] = &[
    rare("EXACT", "the same profile or shop text"),
    rare("MOST", "most of the same profile or shop text"),
    rare("SOME", "some of the same profile or shop text"),
];

const LISTING_TITLE: &[LevelInfo] = &[
    rare("EXACT", "a listing with the same title"),
    rare("JOINED", "a listing title of the same words but for their order, numbers and stock phrases"),
];

const GTIN: &[LevelInfo] = &[
    rare("INVALID", "a listing with the same article number, which nobody issued: its check digit is wrong"),
    rare("EXACT", "a listing with the same article number"),
];

const PRICE: &[LevelInfo] = &[rare("EXACT", "a listing at the same price")];

const BRAND: &[LevelInfo] = &[rare("EXACT", "a listing of the same brand")];

const CATEGORY: &[LevelInfo] =
    &[rare("EXACT", "a listing in the same category"), other("ELSE", "listings in different categories")];

const ACCOUNT: &[LevelInfo] = &[rare("EXACT", "one names the other's account, or both name the same one")];

const DISGUISE: &[LevelInfo] = &[
    rare("EXACT", "a listing with the same word disguised by the same letters"),
    rare("HABIT", "listings with words disguised in the same ways"),
    rare("CODE", "a listing with the same words for a copy"),
];

const QR_CODE: &[LevelInfo] = &[rare("EXACT", "pictures with QR codes that reach the same contact")];

const OFFER: &[LevelInfo] = &[rare("EXACT", "one shows an offer of the other's, or both show the same one")];

const PHRASE: &[LevelInfo] = &[
    rare("SEVERAL", "texts worded differently with several of the same codes and sentences in them"),
    rare("CODE", "texts worded differently with the same code in them"),
    rare("SENTENCE", "texts worded differently with the same sentence in them"),
];

const SUCCESSION: &[LevelInfo] =
    &[rare("EXACT", "one closed on a day on which the other opened, and few others did without explanation")];

const LIFESPAN: &[LevelInfo] = &[
    flat("NEXT_BRIEF", "both closed within half a year, and one opened within a month after the other had closed"),
    flat("NEXT", "one opened within a month after the other had closed, which it did within half a year"),
    flat("DURING_BRIEF", "both closed within half a year, and one opened while the other was open"),
    flat("DURING", "one opened while the other was open, which closed within half a year"),
    flat("BRIEF", "both closed within half a year"),
    other("ONE", "one closed within half a year, the other did not"),
    other("ELSE", "neither closed within half a year"),
];

/// Whether the levels of a kind end in ELSE, so that two different values are an answer. Of the other kinds nobody has one
/// value only, such as the listings of a shop: that two shops offer different things says nothing.
pub fn has_else(kind: Kind) -> bool {
    levels(kind).last().is_some_and(|info| info.name == "ELSE")
}

/// The levels of a kind, best first.
pub fn levels(kind: Kind) -> &'static [LevelInfo] {
    match kind {
        Kind::PersonName => PERSON_NAME,
        Kind::CompanyName | Kind::DisplayName => TRADE_NAME,
        Kind::BirthDate => BIRTH_DATE,
        Kind::BirthPlace | Kind::Attribute => WORDS,
        Kind::Email => EMAIL,
        Kind::Phone => PHONE,
        Kind::Handle => HANDLE,
        Kind::Registration => REGISTRATION,
        Kind::Document => DOCUMENT,
        Kind::Payment => PAYMENT,
        Kind::Street => STREET,
        Kind::Area => AREA,
        Kind::Domain => DOMAIN,
        Kind::ListingText => LISTING_TEXT,
        Kind::Image => IMAGE,
        Kind::Tracker => TRACKER,
        Kind::Description => DESCRIPTION,
        Kind::ListingTitle => LISTING_TITLE,
        Kind::Gtin => GTIN,
        Kind::Price => PRICE,
        Kind::Brand => BRAND,
        Kind::Category => CATEGORY,
        Kind::Account => ACCOUNT,
        Kind::Succession => SUCCESSION,
        Kind::Disguise => DISGUISE,
        Kind::QrCode => QR_CODE,
        Kind::Offer => OFFER,
        Kind::Phrase => PHRASE,
        Kind::Lifespan => LIFESPAN,
    }
}

impl Level {
    /// What the level means for a kind; ELSE for a code the kind does not have.
    pub fn info(self, kind: Kind) -> LevelInfo {
        if self == Level::HUB {
            return HUB;
        }
        let all = levels(kind);
        all[usize::from(self.0).min(all.len() - 1)]
    }
}
