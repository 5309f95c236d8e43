//! Reduce an account to fingerprints: what it shows, as opaque keys.
//!
//! ```text
//! record::Account + its listings ──► profile() ──► Profile { items: [Item { kind, prints, value }] }
//! ```
//!
//! Everything downstream (blocking, frequency, scoring, graph, resolution) works on [`Key`]s. A [`Value`] lies beside
//! the keys in **clear** mode only, where `compare` uses it to refine a level; in **private** mode it is absent
//! and the engine is the same.
//!
//! - [`Profile`] is what comes out; read it first.
//! - [`Kind`] says what a value is, [`Form`] in which spelling it was keyed, [`Group`] which kinds speak with one voice.
//! - [`Keyer`] is the one seam between the two modes.
//!
//! **Not here:** which pairs to compare (`block`) and how alike two items are (`compare`).

pub mod image;

mod identity;
mod kind;
mod listing;
mod payment;

use serde::{Deserialize, Serialize};

use crate::normalize::brand::Brands;
use crate::normalize::identifier::Check;
use crate::record::{Account, AccountKind, Listing, PartialDate};

use image::Pdq;

pub use identity::{CLOSED, OPENED};
pub use kind::{Crowd, Form, Group, Kind, Strength};
pub use listing::{CODE_WORDS, MINHASH_BANDS, PDQ_BANDS, SENTENCE, SENTENCE_AROUND_CODE};

use identity::PHONE_INVALID;
use listing::GTIN_INVALID;

/// The most items of one kind that a profile keeps: a shop with 10,000 listings is represented by those whose
/// keys are smallest, which is a uniform sample that two accounts draw alike (bottom-k sampling, Cohen 1997).
pub const ITEMS_PER_KIND_MAX: usize = 64;

/// An opaque 128-bit name of one normalised value.
///
/// In clear mode a BLAKE3 keyed with the store's own key, so a copied store cannot be joined with another one;
/// in private mode derived from an oblivious token. Equal keys mean equal values; nothing else can be read off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// A key for several values together, such as a surname with a birth year. Order matters.
    ///
    /// Keys are as good as random, so mixing them needs no cryptography: it is done some forty times an account.
    pub fn combine(rule: u8, parts: &[Key]) -> Key {
        let halves = |key: &Key| {
            let whole = u128::from_le_bytes(key.0);
            (whole as u64, (whole >> 64) as u64)
        };
        let (mut low, mut high) = (u64::from(rule), parts.len() as u64);
        for (a, b) in parts.iter().map(halves) {
            (low, high) = (mixed(low ^ a, high ^ MIX[0]), mixed(high ^ b, low ^ MIX[1]));
        }
        let (low, high) = (mixed(low ^ MIX[1], high ^ MIX[2]), mixed(high ^ MIX[0], low ^ MIX[2]));
        Key((u128::from(low) | u128::from(high) << 64).to_le_bytes())
    }

    /// Its first 64 bits.
    pub fn head(self) -> KeyHead {
        KeyHead(u128::from_le_bytes(self.0) as u64)
    }

    fn from_digest(digest: &blake3::Hash) -> Key {
        let mut key = [0; 16];
        key.copy_from_slice(&digest.as_bytes()[..16]);
        Key(key)
    }
}

/// The first half of a [`Key`], where many lie in memory: two values of a store share one with a chance of 2⁻⁶⁴.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyHead(pub u64);

/// Odd constants without structure: the first hexadecimal digits of π.
const MIX: [u64; 3] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1];

/// Both halves of the product, folded (as wyhash does, Wang Yi 2019).
fn mixed(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// One value in one spelling, named by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fingerprint {
    /// What the value is.
    pub kind: Kind,
    /// In which spelling it was keyed.
    pub form: Form,
    /// The opaque name of the value in that spelling.
    pub key: Key,
}

/// Turns a normalised value into its key: the seam between clear and private mode.
pub trait Keyer {
    /// The key of `normal`, separated by kind and form, so that a phone never meets a registration by chance.
    fn key(&self, kind: Kind, form: Form, normal: &str) -> Key;

    /// Whether values may be kept beside the keys.
    fn keeps_values(&self) -> bool;
}

/// Keys of a platform or the office over its own data: BLAKE3 keyed with the store's secret.
#[derive(Clone)]
pub struct ClearKeyer {
    key: [u8; 32],
}

impl ClearKeyer {
    /// A keyer for a store with this secret.
    pub fn new(key: [u8; 32]) -> Self {
        ClearKeyer { key }
    }
}

impl std::fmt::Debug for ClearKeyer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClearKeyer(secret)")
    }
}

impl Keyer for ClearKeyer {
    fn key(&self, kind: Kind, form: Form, normal: &str) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[kind as u8, form as u8]);
        hasher.update(normal.as_bytes());
        Key::from_digest(&hasher.finalize())
    }

    fn keeps_values(&self) -> bool {
        true
    }
}

/// The clear side of an item: what `compare` needs to tell *close* from *else*.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Value {
    /// Normalised text, compared as a whole.
    Text(String),
    /// Normalised words in the order written, one per `Token` print and in the same order.
    Words(Vec<String>),
    /// A date, perhaps partial.
    Date {
        /// Year.
        year: i16,
        /// Month, 1 to 12.
        month: Option<u8>,
        /// Day of the month.
        day: Option<u8>,
    },
    /// The perceptual hash of a picture.
    Picture(Pdq),
    /// From when to when, in days since 1970.
    Span {
        /// The first day.
        opened: u16,
        /// The last day, if it has come.
        closed: Option<u16>,
    },
}

impl From<PartialDate> for Value {
    fn from(date: PartialDate) -> Self {
        Value::Date { year: date.year, month: date.month, day: date.day }
    }
}

/// One thing an account shows, such as one telephone number or one person's name, in all its spellings.
///
/// The first print is always the [`Form::Whole`] one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Tells attributes of different names apart, registrations of different schemes, identifiers that fail their check (see
    /// [`fails_check`]), contacts out of pictures (see [`is_pictured`]), names of payees (see [`is_payee`]), code words from
    /// disguised ones, and sentences from codes; 0 elsewhere.
    pub class: u32,
    /// Its spellings, each with the surprise that the value alone lets expect (see [`Print`]).
    pub prints: Vec<Print>,
    /// The value itself, in clear mode.
    pub value: Option<Value>,
}

/// One spelling of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Print {
    /// Which spelling.
    pub form: Form,
    /// Its key.
    pub key: Key,
    /// How surprising the value is before any data was counted, in whole bits, 1 to 40: a common surname says
    /// little, a long invented word says much. Computed where the value is known, so that scoring needs no value.
    pub surprisal_bits: u8,
}

impl Item {
    /// The fingerprint of the whole value.
    pub fn whole(&self) -> Option<Key> {
        self.prints.first().map(|print| print.key)
    }

    /// The keys of one spelling, in order.
    pub fn keys(&self, form: Form) -> impl Iterator<Item = Key> + '_ {
        self.prints.iter().filter(move |print| print.form == form).map(|print| print.key)
    }

    /// The first key of one spelling.
    pub fn key(&self, form: Form) -> Option<Key> {
        self.keys(form).next()
    }
}

/// Everything that one account shows, reduced: the only thing the engine sees of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Sorted by kind, then content; no duplicates; at most [`ITEMS_PER_KIND_MAX`] of a kind.
    pub items: Vec<Item>,
}

impl Profile {
    /// Reduces all that is known of one account: every live observation of it and its listings.
    ///
    /// Old observations count as well: a number that a seller gave up last year still ties the accounts together.
    pub fn new<'a>(
        observations: impl IntoIterator<Item = &'a Account>,
        listings: impl IntoIterator<Item = &'a Listing>,
        keyer: &dyn Keyer,
    ) -> Profile {
        let mut builder = Builder { keyer, items: Vec::new(), is_pictured: false };
        let mut is_own_site = false;
        let (mut opened, mut closed) = (None, None);
        for account in observations {
            opened = opened.into_iter().chain(account.opened_at).min();
            // One that was seen open has closed since.
            closed = closed.max(account.closed_at);
            is_own_site |= account.kind == Some(AccountKind::Website);
            identity::account(&mut builder, account);
            payment::account(&mut builder, account);
            if let Some(text) = &account.description {
                let scan = Brands::shipped().scan(text);
                listing::text(&mut builder, Kind::Description, text, &scan, "");
                listing::phrases(&mut builder, text, &scan);
            }
            for image in &account.images {
                listing::image(&mut builder, image);
            }
        }
        identity::lifespan(&mut builder, opened, closed);
        for offer in listings {
            listing::listing(&mut builder, offer, is_own_site);
        }
        builder.finish()
    }

    /// The items of one kind.
    pub fn of(&self, kind: Kind) -> &[Item] {
        let start = self.items.partition_point(|item| item.kind < kind);
        let len = self.items[start..].partition_point(|item| item.kind == kind);
        &self.items[start..start + len]
    }

    /// The whole values whose holders are counted, because too many make them a crowd's.
    pub fn capped(&self) -> impl Iterator<Item = (Kind, Key)> + '_ {
        let items = self.items.iter().filter(|item| item.kind.holders_max().is_some());
        items.filter_map(|item| Some((item.kind, item.whole()?)))
    }

    /// All fingerprints of the profile.
    pub fn fingerprints(&self) -> impl Iterator<Item = Fingerprint> + '_ {
        self.items.iter().flat_map(|item| {
            item.prints.iter().map(|print| Fingerprint { kind: item.kind, form: print.form, key: print.key })
        })
    }
}

/// Collects items while a record is walked.
struct Builder<'k> {
    keyer: &'k dyn Keyer,
    items: Vec<Item>,
    /// Whether what comes now stands in a picture.
    is_pictured: bool,
}

/// One spelling on its way into an item: form, normalised text, surprise in bits.
type Spelling<'t> = (Form, &'t str, u8);

impl Builder<'_> {
    /// A contact out of a picture is two things: a contact, to be met with by those that accounts give in their fields; and what the
    /// picture says, for another picture that says the same may be a copy of it.
    fn push(&mut self, kind: Kind, class: u32, whole: (&str, u8), more: &[Spelling<'_>], value: Option<Value>) {
        let is_pictured = self.is_pictured && is_contact(kind);
        if is_pictured {
            let says = format!("{} {}", kind.name(), whole.0);
            self.push(Kind::QrCode, 0, (&says, whole.1), &[], None);
        }
        let class = if is_pictured { class | PICTURED } else { class };
        let mut prints = Vec::with_capacity(1 + more.len());
        prints.push(self.print(kind, (Form::Whole, whole.0, whole.1)));
        prints.extend(more.iter().map(|spelling| self.print(kind, *spelling)));
        let value = value.filter(|_| self.keyer.keeps_values());
        self.items.push(Item { kind, class, prints, value });
    }

    fn print(&self, kind: Kind, (form, text, surprisal_bits): Spelling<'_>) -> Print {
        Print { form, key: self.keyer.key(kind, form, text), surprisal_bits: surprisal_bits.clamp(1, 40) }
    }

    fn finish(mut self) -> Profile {
        self.items.sort_unstable();
        self.items.dedup();
        let mut kept: Vec<Item> = Vec::with_capacity(self.items.len());
        for of_kind in self.items.chunk_by(|a, b| a.kind == b.kind) {
            if of_kind.len() <= ITEMS_PER_KIND_MAX {
                kept.extend_from_slice(of_kind);
            } else {
                let mut sample: Vec<&Item> = of_kind.iter().collect();
                sample.sort_unstable_by_key(|item| item.whole());
                let mut sample: Vec<Item> = sample.into_iter().take(ITEMS_PER_KIND_MAX).cloned().collect();
                sample.sort_unstable();
                kept.append(&mut sample);
            }
        }
        Profile { items: kept }
    }
}

/// Whether an item of this kind and class is an identifier that fails its own check: a check digit, a checksum, a form. It is kept,
/// because such codes have been issued and whoever makes one up uses it again, and says less than one that passes.
pub fn fails_check(kind: Kind, class: u32) -> bool {
    match kind {
        Kind::Gtin => class == GTIN_INVALID,
        Kind::Phone => class & PHONE_INVALID != 0,
        Kind::Registration | Kind::Document | Kind::Payment | Kind::Tracker => class & PASSES == 0,
        _ => false,
    }
}

/// The class of a scheme without whether the value fails its check.
pub fn scheme_class(class: u32) -> u32 {
    class | PASSES
}

/// Whether an item of this kind and class is a contact that a QR code in a picture gives, and no field of the account.
pub fn is_pictured(kind: Kind, class: u32) -> bool {
    is_contact(kind) && class & PICTURED != 0
}

/// Whether an item of this kind and class is the name of whom a payment account belongs to: it comes with the account.
pub fn is_payee(kind: Kind, class: u32) -> bool {
    matches!(kind, Kind::PersonName | Kind::CompanyName) && class == PAYEE
}

fn is_contact(kind: Kind) -> bool {
    matches!(kind, Kind::Phone | Kind::Email | Kind::Handle | Kind::Account)
}

/// The bit of a scheme's class that a value failing its check lacks.
const PASSES: u32 = 1;

/// The bit of a contact's class that one out of a picture has.
const PICTURED: u32 = 2;

/// The class of a payee's name; other names have 0.
const PAYEE: u32 = 1;

/// The class of an identifier under a scheme.
fn class_checked(scheme: &str, check: Check) -> u32 {
    let class = class_of(scheme);
    if check == Check::Failed { class & !PASSES } else { class }
}

/// A small stable number for an open name such as an attribute's or a scheme's.
fn class_of(name: &str) -> u32 {
    let digest = blake3::hash(name.as_bytes());
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&digest.as_bytes()[..4]);
    u32::from_le_bytes(bytes) & !PICTURED | PASSES
}

#[cfg(test)]
mod tests;
