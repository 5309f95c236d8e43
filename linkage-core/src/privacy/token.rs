//! What of an account becomes a token, and what an opened token says about the account behind a pseudonym.
//!
//! ```text
//! Profile ──inputs──► [TokenInput { class, digests }] ──oprf──► tokens
//! [opened Evidence] + own Profile ──Known──► Profile of a pseudonym ──► the same block … resolve
//! ```
//!
//! - [`Classes`] is the configuration: which parts of an account make a token together, in which tier, and why.
//! - [`inputs`] makes the inputs of one account; they stay with the member and are hashed to the group there.
//! - [`Known`] collects what opened boxes say of one pseudonym. A member learns only that a pseudonym shows what its own accounts
//!   show; whatever else the pseudonym shows stays a blank that meets nothing.
//!
//! **Not here:** keys, proofs and messages (`oprf`, `shares`, `sealed`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::fingerprint::{ClearKeyer, Form, Group, Item, Key, Keyer, Kind, Print, Profile, Value};

/// The key under which members reduce values before they are hashed to the group. Public on purpose: both sides must get
/// the same digests, and what protects them is the oblivious evaluation.
pub const PUBLIC_KEY: [u8; 32] = *b"linkage exchange, public digests";

/// Letters of a name's beginning and end by which it is found in spite of a slip in the other half.
const END_LETTERS: usize = 3;

/// Shorter words have no beginning and end that say less than the word.
const WORD_LETTERS_MIN: usize = 4;

/// Postal codes whose spelling is keyed in spite of a slip.
const POSTCODE_LETTERS: std::ops::RangeInclusive<usize> = 4..=8;

/// A slip leaves this much less to be surprised at, in bits.
const NEAR_BITS_MAX: u8 = 8;

/// Most words of names that an account counts in its sketch.
const NAME_WORDS_MAX: u8 = 7;

/// Which tier a class is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Strong identifiers one by one; the hub holds the elements.
    Joinable,
    /// Composites, texts and pictures, and the strong identifiers once more; the hub holds tags and boxes.
    Blind,
}

/// A part of a token: one property in one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Part {
    /// One word of a person's name.
    Word = 1,
    /// How a word sounds, begins, ends, or what it is short for.
    Near = 2,
    /// How a word sounds; keyed as NEAR.
    Sound = 3,
    /// A full date of birth.
    Birth = 4,
    /// Two of day, month and year of birth.
    BirthPart = 5,
    /// A street without number.
    Street = 6,
    /// One word of a street.
    StreetWord = 7,
    /// A house number.
    Number = 8,
    /// A postal code.
    Postcode = 9,
    /// A town.
    Town = 10,
    /// A payment account.
    Payment = 11,
    /// A registration.
    Registration = 12,
    /// An identity document.
    Document = 13,
    /// A telephone number.
    Phone = 14,
    /// A mail address.
    Email = 15,
    /// A handle.
    Handle = 16,
    /// An account.
    Account = 17,
    /// Beginning or end of a word of a street.
    StreetNear = 18,
    /// Beginning or end of a town.
    TownNear = 19,
    /// A postal code without one of its characters.
    PostcodeNear = 20,
    /// The text of a listing.
    Text = 21,
    /// A picture, by its file or, where that is not known, its hash.
    Picture = 22,
}

impl Part {
    const NAMES: [(&'static str, Part); 22] = [
        ("WORD", Part::Word),
        ("NEAR", Part::Near),
        ("SOUND", Part::Sound),
        ("BIRTH", Part::Birth),
        ("BIRTH_PART", Part::BirthPart),
        ("STREET", Part::Street),
        ("STREET_WORD", Part::StreetWord),
        ("NUMBER", Part::Number),
        ("POSTCODE", Part::Postcode),
        ("TOWN", Part::Town),
        ("PAYMENT", Part::Payment),
        ("REGISTRATION", Part::Registration),
        ("DOCUMENT", Part::Document),
        ("PHONE", Part::Phone),
        ("EMAIL", Part::Email),
        ("HANDLE", Part::Handle),
        ("ACCOUNT", Part::Account),
        ("STREET_NEAR", Part::StreetNear),
        ("TOWN_NEAR", Part::TownNear),
        ("POSTCODE_NEAR", Part::PostcodeNear),
        ("TEXT", Part::Text),
        ("PICTURE", Part::Picture),
    ];

    fn parse(name: &str) -> Option<Part> {
        Part::NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
    }

    /// The kind of the item that a strong identifier is.
    fn identifier(self) -> Option<Kind> {
        match self {
            Part::Payment => Some(Kind::Payment),
            Part::Registration => Some(Kind::Registration),
            Part::Document => Some(Kind::Document),
            Part::Phone => Some(Kind::Phone),
            Part::Email => Some(Kind::Email),
            Part::Handle => Some(Kind::Handle),
            Part::Account => Some(Kind::Account),
            _ => None,
        }
    }

    /// The kind of the item that a text or picture is. No list names these, so one of them may be a token.
    fn copy(self) -> Option<Kind> {
        match self {
            Part::Text => Some(Kind::ListingText),
            Part::Picture => Some(Kind::Image),
            _ => None,
        }
    }

    /// The kind of the item whose whole value it is.
    fn whole(self) -> Option<Kind> {
        self.identifier().or(self.copy())
    }
}

/// Number of a class, part of every derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClassCode(pub u16);

/// One sort of token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its number.
    pub code: ClassCode,
    /// Its tier.
    pub tier: Tier,
    /// The name used in files and tables.
    pub name: String,
    /// What makes the token, together.
    pub parts: Vec<Part>,
    /// The evidence groups that it speaks for.
    pub groups: Vec<Group>,
    /// Most tokens of the class from one account.
    pub most: usize,
    /// Why it is there.
    pub reason: String,
}

/// The configuration of tokens, in the order of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(Vec<Class>);

/// A configuration that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("token classes line {line}: expected {expected}")]
pub struct ClassesError {
    /// Line number, from 1.
    pub line: usize,
    /// What would have been right.
    pub expected: &'static str,
}

impl Classes {
    /// The classes that ship with the program.
    ///
    /// # Errors
    ///
    /// [`ClassesError`] if the shipped file is damaged.
    pub fn shipped() -> Result<Classes, ClassesError> {
        Classes::parse(include_str!("data/classes.tsv"))
    }

    /// Reads classes: seven fields between tabs, `#` opens a comment.
    ///
    /// # Errors
    ///
    /// [`ClassesError`] for another shape, codes that do not rise, and a blind class of a single part that is no text, picture or strong
    /// identifier: that would be a name or a town by itself.
    pub fn parse(text: &str) -> Result<Classes, ClassesError> {
        let mut classes: Vec<Class> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let wrong = |expected| ClassesError { line: at + 1, expected };
            let class = Class::parse(line).map_err(wrong)?;
            if classes.last().is_some_and(|last| class.code <= last.code) {
                return Err(wrong("codes that rise"));
            }
            classes.push(class);
        }
        Ok(Classes(classes))
    }

    /// All classes, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Class> {
        self.0.iter()
    }

    /// The tier of a class; an unknown one is blind, which the hub can do less with.
    pub fn tier(&self, code: ClassCode) -> Tier {
        self.get(code).map_or(Tier::Blind, |class| class.tier)
    }

    /// Whether boxes of these classes are enough to open the pseudonym that lies in them: two evidence groups, or one strong identifier.
    pub fn suffice(&self, opened: impl IntoIterator<Item = ClassCode>) -> bool {
        let opened: Vec<&Class> = opened.into_iter().filter_map(|code| self.get(code)).collect();
        let groups: BTreeSet<u8> = opened.iter().flat_map(|class| &class.groups).map(|group| *group as u8).collect();
        2 <= groups.len() || opened.iter().any(|class| class.is_strong())
    }

    /// The class with a code.
    pub fn get(&self, code: ClassCode) -> Option<&Class> {
        self.0.binary_search_by_key(&code, |class| class.code).ok().and_then(|at| self.0.get(at))
    }
}

impl Class {
    /// Whether a token of it is a strong identifier, of which one is enough to open a pseudonym.
    pub fn is_strong(&self) -> bool {
        matches!(self.parts[..], [one] if one.identifier().is_some())
    }

    fn parse(line: &str) -> Result<Class, &'static str> {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [code, tier, name, parts, groups, most, reason] = fields[..] else {
            return Err("code, tier, name, parts, groups, most and reason between tabs");
        };
        let parts: Option<Vec<Part>> = parts.split(' ').map(Part::parse).collect();
        let group = |name: &str| Kind::ALL.iter().map(|kind| kind.group()).find(|group| group.name() == name);
        let groups: Option<Vec<Group>> = groups.split(' ').map(group).collect();
        let class = Class {
            code: ClassCode(code.parse().map_err(|_| "a number as code")?),
            tier: match tier {
                "JOINABLE" => Tier::Joinable,
                "BLIND" => Tier::Blind,
                _ => return Err("JOINABLE or BLIND"),
            },
            name: name.to_owned(),
            parts: parts.ok_or("known parts between spaces")?,
            groups: groups.ok_or("known evidence groups between spaces")?,
            most: most.parse().map_err(|_| "a number as most")?,
            reason: reason.to_owned(),
        };
        match class.tier {
            Tier::Joinable if class.parts.len() != 1 || class.parts[0].identifier().is_none() => {
                Err("one strong identifier for a joinable class")
            }
            Tier::Blind if class.parts.len() != 2 && !matches!(class.parts[..], [one] if one.whole().is_some()) => {
                Err("two parts for a blind class, or one text, picture or strong identifier")
            }
            _ if class.reason.is_empty() => Err("a reason"),
            _ => Ok(class),
        }
    }
}

/// One property of an account, by its public digest. Stays with the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom {
    /// Which property.
    pub part: Part,
    /// Its public digest.
    pub key: Key,
}

/// What one token is made of. Stays with the member; only its blinded point leaves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenInput {
    /// Its class.
    pub class: ClassCode,
    /// One or two properties.
    pub atoms: Vec<Atom>,
}

impl TokenInput {
    /// The bytes that are hashed to the group, under a suite that is separated by class and epoch. All parts have a fixed length.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(17 * self.atoms.len());
        for atom in &self.atoms {
            bytes.push(atom.part as u8);
            bytes.extend_from_slice(&atom.key.0);
        }
        bytes
    }

    /// By which the tokens of a class are drawn where there are too many; the same for every member.
    fn draw(&self) -> [u8; 32] {
        *blake3::hash(&self.bytes()).as_bytes()
    }
}

/// What an account shows beside the values: how many words its names have, and which kinds it shows. Lies in every box, so that a
/// difference counts as one: whoever opens a box learns that the other account has a date of birth, not which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sketch(pub u16);

const HAS_BIRTH: u16 = 1 << 3;
const HAS_STREET: u16 = 1 << 4;
const HAS_NUMBER: u16 = 1 << 5;
const HAS_TOWN: u16 = 1 << 6;
const HAS_POSTCODE: u16 = 1 << 7;

impl Sketch {
    /// Of an account.
    pub fn of(profile: &Profile) -> Sketch {
        let words = words(profile).len().min(usize::from(NAME_WORDS_MAX)) as u16;
        let mut bits = words;
        let mut set = |bit: u16, is: bool| bits |= if is { bit } else { 0 };
        set(HAS_BIRTH, !births(profile).is_empty());
        set(HAS_STREET, has(profile, Kind::Street, Form::StreetName));
        set(HAS_NUMBER, has(profile, Kind::Street, Form::Number));
        set(HAS_TOWN, has(profile, Kind::Area, Form::Locality));
        set(HAS_POSTCODE, has(profile, Kind::Area, Form::Postcode));
        Sketch(bits)
    }

    fn name_words(self) -> usize {
        usize::from(self.0 & u16::from(NAME_WORDS_MAX))
    }

    fn has(self, bit: u16) -> bool {
        self.0 & bit != 0
    }
}

fn has(profile: &Profile, kind: Kind, form: Form) -> bool {
    profile.of(kind).iter().any(|item| item.key(form).is_some())
}

/// One word of a person's name: its key, how rare it is, and under what it is found in spite of a slip.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    key: Key,
    bits: u8,
    sound: Option<Key>,
    near: Vec<Key>,
}

/// The different words of an account's persons.
fn words(profile: &Profile) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for item in profile.of(Kind::PersonName) {
        for word in words_of(item) {
            if words.iter().all(|known| known.key != word.key) {
                words.push(word);
            }
        }
    }
    words
}

fn words_of(item: &Item) -> Vec<Word> {
    let keyer = ClearKeyer::new(PUBLIC_KEY);
    let texts: &[String] = match &item.value {
        Some(Value::Words(texts)) => texts,
        _ => &[],
    };
    let mut texts = texts.iter();
    let mut words: Vec<Word> = Vec::new();
    for print in &item.prints {
        match print.form {
            Form::Token => {
                let text = texts.next().map(String::as_str).unwrap_or_default();
                let near = ends(text).iter().map(|end| keyer.key(Kind::PersonName, Form::Root, end)).collect();
                words.push(Word { key: print.key, bits: print.surprisal_bits, sound: None, near });
            }
            Form::Root => {
                if let Some(word) = words.last_mut() {
                    word.near.push(print.key);
                }
            }
            Form::Phonetic => {
                if let Some(word) = words.last_mut() {
                    word.sound = Some(print.key);
                    word.near.push(print.key);
                }
            }
            _ => {}
        }
    }
    words
}

/// Beginning and end of a word.
fn ends(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < WORD_LETTERS_MIN {
        return Vec::new();
    }
    let head: String = letters[..END_LETTERS].iter().collect();
    let tail: String = letters[letters.len() - END_LETTERS..].iter().collect();
    vec![format!("{head}-"), format!("-{tail}")]
}

/// A full date of birth.
struct Birth {
    whole: Print,
    year: Option<Key>,
    parts: [Key; 3],
}

fn births(profile: &Profile) -> Vec<Birth> {
    let keyer = ClearKeyer::new(PUBLIC_KEY);
    let part = |text: String| keyer.key(Kind::BirthDate, Form::MonthDay, &text);
    let births = profile.of(Kind::BirthDate).iter().filter_map(|item| match &item.value {
        Some(Value::Date { year, month: Some(month), day: Some(day) }) => Some(Birth {
            whole: *item.prints.first()?,
            year: item.key(Form::Year),
            parts: [part(format!("{year}-{month}-")), part(format!("{year}--{day}")), part(format!("-{month}-{day}"))],
        }),
        _ => None,
    });
    births.collect()
}

/// Word `at` of an item's value.
fn value_word(item: &Item, at: usize) -> &str {
    match &item.value {
        Some(Value::Words(words)) => words.get(at).map_or("", String::as_str),
        _ => "",
    }
}

/// Beginning and end of a street's longest word: a slip spoils one of them.
fn street_near(item: &Item) -> Vec<Key> {
    let keyer = ClearKeyer::new(PUBLIC_KEY);
    let longest = value_word(item, 1).split(' ').max_by_key(|word| word.len()).unwrap_or_default();
    ends(longest).iter().map(|end| keyer.key(Kind::Street, Form::Root, end)).collect()
}

/// Beginning and end of a town.
fn town_near(item: &Item) -> Vec<Key> {
    let keyer = ClearKeyer::new(PUBLIC_KEY);
    ends(value_word(item, 1)).iter().map(|end| keyer.key(Kind::Area, Form::Root, end)).collect()
}

/// A postal code with each of its characters left out once, the place marked.
fn postcode_near(item: &Item) -> Vec<Key> {
    let keyer = ClearKeyer::new(PUBLIC_KEY);
    let letters: Vec<char> = value_word(item, 0).chars().collect();
    if !POSTCODE_LETTERS.contains(&letters.len()) {
        return Vec::new();
    }
    let without = |skip: usize| -> String {
        letters.iter().enumerate().map(|(at, letter)| if at == skip { '_' } else { *letter }).collect()
    };
    (0..letters.len()).map(|skip| keyer.key(Kind::Area, Form::Deletion, &without(skip))).collect()
}

/// The keys of one part that an account shows.
fn keys_of(profile: &Profile, part: Part) -> Vec<Key> {
    let forms = |kind: Kind, form: Form| {
        profile.of(kind).iter().flat_map(move |item| item.keys(form).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let mut keys = match part {
        Part::Word => words(profile).iter().map(|word| word.key).collect(),
        Part::Near => words(profile).into_iter().flat_map(|word| word.near).collect(),
        Part::Sound => words(profile).iter().filter_map(|word| word.sound).collect(),
        Part::Birth => births(profile).iter().map(|birth| birth.whole.key).collect(),
        Part::BirthPart => births(profile).iter().flat_map(|birth| birth.parts).collect(),
        Part::Street => forms(Kind::Street, Form::StreetName),
        Part::StreetWord => forms(Kind::Street, Form::Token),
        Part::Number => forms(Kind::Street, Form::Number),
        Part::Postcode => forms(Kind::Area, Form::Postcode),
        Part::Town => forms(Kind::Area, Form::Locality),
        Part::StreetNear => profile.of(Kind::Street).iter().flat_map(street_near).collect(),
        Part::TownNear => profile.of(Kind::Area).iter().flat_map(town_near).collect(),
        Part::PostcodeNear => profile.of(Kind::Area).iter().flat_map(postcode_near).collect(),
        whole => whole.whole().map_or_else(Vec::new, |kind| forms(kind, Form::Whole)),
    };
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The tokens of one account, of every class no more than its cap.
///
/// The profile must be made with [`PUBLIC_KEY`] and values.
pub fn inputs(profile: &Profile, classes: &Classes) -> Vec<TokenInput> {
    let mut keys: BTreeMap<Part, Vec<Key>> = BTreeMap::new();
    let mut inputs = Vec::new();
    for class in classes.iter() {
        for part in &class.parts {
            keys.entry(*part).or_insert_with(|| keys_of(profile, *part));
        }
        let atoms = |part: Part| {
            // How a word sounds is one property, whatever class asks for it.
            let named = if part == Part::Sound { Part::Near } else { part };
            keys.get(&part).into_iter().flatten().map(move |key| Atom { part: named, key: *key })
        };
        let mut of_class: Vec<TokenInput> = match class.parts[..] {
            [one] => atoms(one).map(|atom| TokenInput { class: class.code, atoms: vec![atom] }).collect(),
            [one, other] => atoms(one)
                .flat_map(|a| atoms(other).map(move |b| (a, b)))
                .filter(|(a, b)| a.part != b.part || a.key < b.key)
                .map(|(a, b)| TokenInput { class: class.code, atoms: vec![a, b] })
                .collect(),
            _ => Vec::new(),
        };
        if class.most < of_class.len() {
            of_class.sort_by_cached_key(TokenInput::draw);
            of_class.truncate(class.most);
        }
        inputs.append(&mut of_class);
    }
    inputs
}

/// What a member knows of its own values by their public digests, to say what an opened token is about.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    words: BTreeMap<Key, Word>,
    births: BTreeMap<Key, (Option<Key>, [Key; 3])>,
    bits: BTreeMap<(Part, Key), u8>,
    wholes: BTreeMap<(Part, Key), (u32, u8)>,
}

/// What is scored as a whole: strong identifiers, texts and pictures.
const WHOLES: [Part; 9] = [
    Part::Payment,
    Part::Registration,
    Part::Document,
    Part::Phone,
    Part::Email,
    Part::Handle,
    Part::Account,
    Part::Text,
    Part::Picture,
];

impl Lexicon {
    /// Adds what an account shows.
    pub fn add(&mut self, profile: &Profile) {
        self.words.extend(words(profile).into_iter().map(|word| (word.key, word)));
        self.births.extend(births(profile).iter().map(|birth| (birth.whole.key, (birth.year, birth.parts))));
        let places = [
            (Part::Street, Kind::Street, Form::StreetName),
            (Part::StreetWord, Kind::Street, Form::Token),
            (Part::Number, Kind::Street, Form::Number),
            (Part::Postcode, Kind::Area, Form::Postcode),
            (Part::Town, Kind::Area, Form::Locality),
        ];
        for (part, kind, form) in places {
            let prints = profile.of(kind).iter().flat_map(|item| &item.prints).filter(|print| print.form == form);
            self.bits.extend(prints.map(|print| ((part, print.key), print.surprisal_bits)));
        }
        for part in WHOLES {
            let items = part.whole().map_or(&[][..], |kind| profile.of(kind));
            self.wholes.extend(items.iter().filter_map(|item| {
                let whole = item.prints.first()?;
                Some(((part, whole.key), (item.class, whole.surprisal_bits)))
            }));
        }
    }

    fn bits(&self, part: Part, key: Key) -> u8 {
        self.bits.get(&(part, key)).copied().unwrap_or(NEAR_BITS_MAX)
    }
}

/// What is known of the account behind a pseudonym.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Which kinds it shows.
    pub sketch: Sketch,
    atoms: BTreeSet<Atom>,
}

impl Known {
    /// Nothing but which kinds are shown.
    pub fn new(sketch: Sketch) -> Known {
        Known { sketch, atoms: BTreeSet::new() }
    }

    /// Adds one opened token.
    pub fn add(&mut self, input: &TokenInput) {
        self.atoms.extend(&input.atoms);
    }

    fn keys(&self, part: Part) -> impl Iterator<Item = Key> + '_ {
        self.atoms.iter().filter(move |atom| atom.part == part).map(|atom| atom.key)
    }

    /// The profile that scoring sees: what is known, and blanks for what is shown and not known.
    ///
    /// `blank` makes keys that nothing else has.
    pub fn profile(&self, lexicon: &Lexicon, mut blank: impl FnMut() -> Key) -> Profile {
        let mut items = Vec::new();
        items.extend(self.name(lexicon, &mut blank));
        items.extend(self.birth(lexicon, &mut blank));
        items.extend(self.street(lexicon, &mut blank));
        items.extend(self.area(lexicon, &mut blank));
        for part in WHOLES {
            for key in self.keys(part) {
                if let (Some((class, bits)), Some(kind)) = (lexicon.wholes.get(&(part, key)), part.whole()) {
                    items.push(item(kind, *class, vec![print(Form::Whole, key, *bits)]));
                }
            }
        }
        items.sort_unstable();
        Profile { items }
    }

    fn name(&self, lexicon: &Lexicon, blank: &mut impl FnMut() -> Key) -> Option<Item> {
        let words: Vec<&Word> = self.keys(Part::Word).filter_map(|key| lexicon.words.get(&key)).collect();
        // What is explained by a word that is known says nothing of another one.
        let mut near: Vec<Key> = self.keys(Part::Near).collect();
        near.retain(|key| words.iter().all(|word| !word.near.contains(key)));
        let unknown = self.sketch.name_words().saturating_sub(words.len());
        if words.is_empty() && unknown == 0 {
            return None;
        }
        let mut prints = name_prints(words.iter().copied(), unknown == 0, blank);
        for _ in 0..unknown {
            prints.push(print(Form::Token, blank(), NEAR_BITS_MAX));
            prints.extend(near.iter().map(|key| print(Form::Root, *key, NEAR_BITS_MAX)));
        }
        Some(item(Kind::PersonName, 0, prints))
    }

    fn birth(&self, lexicon: &Lexicon, blank: &mut impl FnMut() -> Key) -> Option<Item> {
        if let Some((key, (year, parts))) = self.keys(Part::Birth).find_map(|key| lexicon.births.get_key_value(&key)) {
            return Some(birth_item(*key, *year, parts));
        }
        let parts: Vec<Key> = self.keys(Part::BirthPart).collect();
        (self.sketch.has(HAS_BIRTH) || !parts.is_empty()).then(|| {
            let mut prints = vec![print(Form::Whole, blank(), 14)];
            prints.extend(parts.iter().map(|part| print(Form::MonthDay, *part, 8)));
            if parts.is_empty() {
                prints.push(print(Form::MonthDay, blank(), 8));
            }
            item(Kind::BirthDate, 0, prints)
        })
    }

    fn street(&self, lexicon: &Lexicon, blank: &mut impl FnMut() -> Key) -> Option<Item> {
        let street = self.keys(Part::Street).next();
        let number = self.keys(Part::Number).next();
        let words: Vec<Key> = self.keys(Part::StreetWord).chain(self.keys(Part::StreetNear)).collect();
        let shows = self.sketch.has(HAS_STREET) || street.is_some() || number.is_some() || !words.is_empty();
        shows.then(|| {
            let has_number = number.is_some() || self.sketch.has(HAS_NUMBER);
            let street = street.map_or_else(|| (blank(), 10), |key| (key, lexicon.bits(Part::Street, key)));
            let number = number.or_else(|| has_number.then(&mut *blank));
            let words = words.iter().map(|key| (*key, lexicon.bits(Part::StreetWord, *key)));
            street_item(street, number.map(|key| (key, 5)), words)
        })
    }

    fn area(&self, lexicon: &Lexicon, blank: &mut impl FnMut() -> Key) -> Option<Item> {
        let mut one = |part: Part, form: Form, shows: u16, bits: u8| {
            let known = self.keys(part).next().map(|key| print(form, key, lexicon.bits(part, key)));
            known.or_else(|| self.sketch.has(shows).then(|| print(form, blank(), bits)))
        };
        let town = one(Part::Town, Form::Locality, HAS_TOWN, 8);
        let postcode = one(Part::Postcode, Form::Postcode, HAS_POSTCODE, 10);
        let mut prints: Vec<Print> = town.into_iter().chain(postcode).collect();
        prints.extend(self.keys(Part::TownNear).map(|key| print(Form::Root, key, NEAR_BITS_MAX)));
        prints.extend(self.keys(Part::PostcodeNear).map(|key| print(Form::Deletion, key, NEAR_BITS_MAX)));
        (!prints.is_empty()).then(|| area_item(&prints))
    }
}

/// The own side as scoring sees it: the same kinds and spellings that a pseudonym can show, and no values.
pub fn own(profile: &Profile) -> Profile {
    let mut items: Vec<Item> = Vec::new();
    for name in profile.of(Kind::PersonName) {
        let words = words_of(name);
        items.push(item(Kind::PersonName, 0, name_prints(words.iter(), true, &mut || Key([0; 16]))));
    }
    items.extend(births(profile).iter().map(|birth| birth_item(birth.whole.key, birth.year, &birth.parts)));
    for street in profile.of(Kind::Street) {
        let mark = |form: Form| street.prints.iter().find(|print| print.form == form);
        let words = street.prints.iter().filter(|print| print.form == Form::Token);
        if let Some(name) = mark(Form::StreetName) {
            let number = mark(Form::Number).map(|number| (number.key, number.surprisal_bits));
            let words = words.map(|word| (word.key, word.surprisal_bits));
            let words = words.chain(street_near(street).into_iter().map(|key| (key, NEAR_BITS_MAX)));
            items.push(street_item((name.key, name.surprisal_bits), number, words));
        }
    }
    for area in profile.of(Kind::Area) {
        let mut prints: Vec<Print> = area.prints.iter().filter(|print| print.form != Form::Whole).copied().collect();
        prints.extend(town_near(area).into_iter().map(|key| print(Form::Root, key, NEAR_BITS_MAX)));
        prints.extend(postcode_near(area).into_iter().map(|key| print(Form::Deletion, key, NEAR_BITS_MAX)));
        if !prints.is_empty() {
            items.push(area_item(&prints));
        }
    }
    for part in WHOLES {
        let of_kind = part.whole().map_or(&[][..], |kind| profile.of(kind));
        items.extend(of_kind.iter().filter_map(|held| Some(item(held.kind, held.class, vec![*held.prints.first()?]))));
    }
    items.sort_unstable();
    items.dedup();
    Profile { items }
}

fn item(kind: Kind, class: u32, prints: Vec<Print>) -> Item {
    Item { kind, class, prints, value: None }
}

fn print(form: Form, key: Key, surprisal_bits: u8) -> Print {
    Print { form, key, surprisal_bits }
}

/// A name by its words; whole only where all of them are known.
fn name_prints<'w>(
    words: impl Iterator<Item = &'w Word>,
    is_whole: bool,
    blank: &mut impl FnMut() -> Key,
) -> Vec<Print> {
    let words: Vec<&Word> = words.collect();
    let mut sorted: Vec<Key> = words.iter().map(|word| word.key).collect();
    sorted.sort_unstable();
    let bits = words.iter().map(|word| word.bits).fold(0, u8::saturating_add).clamp(1, 40);
    let whole = if is_whole { Key::combine(0, &sorted) } else { blank() };
    let mut prints = vec![print(Form::Whole, whole, bits)];
    for word in words {
        prints.push(print(Form::Token, word.key, word.bits));
        prints.extend(word.near.iter().map(|key| print(Form::Root, *key, word.bits.min(NEAR_BITS_MAX))));
    }
    prints
}

fn birth_item(whole: Key, year: Option<Key>, parts: &[Key; 3]) -> Item {
    let mut prints = vec![print(Form::Whole, whole, 14)];
    prints.extend(year.map(|year| print(Form::Year, year, 6)));
    prints.extend(parts.iter().map(|part| print(Form::MonthDay, *part, 8)));
    item(Kind::BirthDate, 0, prints)
}

fn street_item(street: (Key, u8), number: Option<(Key, u8)>, words: impl Iterator<Item = (Key, u8)>) -> Item {
    let line: Vec<Key> = std::iter::once(street.0).chain(number.map(|(key, _)| key)).collect();
    let bits = if number.is_some() { 15 } else { 10 };
    let mut prints =
        vec![print(Form::Whole, Key::combine(0, &line), bits), print(Form::StreetName, street.0, street.1)];
    prints.extend(number.map(|(key, bits)| print(Form::Number, key, bits)));
    prints.extend(words.map(|(key, bits)| print(Form::Token, key, bits)));
    item(Kind::Street, 0, prints)
}

fn area_item(parts: &[Print]) -> Item {
    let keys: Vec<Key> = parts.iter().map(|part| part.key).collect();
    let mut prints = vec![print(Form::Whole, Key::combine(0, &keys), 11)];
    prints.extend(parts);
    item(Kind::Area, 0, prints)
}
