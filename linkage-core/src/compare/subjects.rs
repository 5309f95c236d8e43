//! Profiles made ready for comparing, in columns.
//!
//! A million accounts have some twenty million prints. Here they lie one behind the other, with their values' words in one
//! text, so that no account costs an allocation of its own and a pair is read from few places.

use crate::fingerprint::image::Pdq;
use crate::fingerprint::{Crowd, Form, Item, KeyHead, Kind, Print, Profile, Value, fails_check};

use super::{Bits, Rarity};

/// Some profiles, each print with its rarity.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    /// Where the items of each account end.
    ends: Vec<u32>,
    items: Vec<ItemRow>,
    marks: Vec<Mark>,
    /// Where each word begins; the next one's beginning is its end.
    words: Vec<u32>,
    text: String,
    pictures: Vec<Pdq>,
}

/// One of some subjects.
#[derive(Clone, Copy, Debug)]
pub struct View<'s> {
    of: &'s Subjects,
    first: u32,
    end: u32,
}

/// One profile with the rarity of each of its values looked up.
#[derive(Clone, Debug)]
pub struct Subject(Subjects);

/// An item's place in the columns; its prints end where those of the next item begin.
#[derive(Clone, Copy, Debug)]
struct ItemRow {
    kind: Kind,
    crowd: Crowd,
    class: u32,
    marks: u32,
    value: ValueRow,
}

#[derive(Clone, Copy, Debug)]
enum ValueRow {
    None,
    /// Place of the first word, and how many.
    Words(u32, u8),
    Date(i16, Option<u8>, Option<u8>),
    Span(u16, Option<u16>),
    /// Place of the picture.
    Picture(u32),
}

/// One print with its rarity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) key: KeyHead,
    pub(super) bits: Bits,
    pub(super) form: Form,
    base_bits: u8,
}

/// One item of a subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'s> {
    pub(super) kind: Kind,
    pub(super) class: u32,
    pub(super) crowd: Crowd,
    pub(super) prints: &'s [Mark],
    of: &'s Subjects,
    value: ValueRow,
}

/// Year, month and day, as far as they are known.
pub(super) type Date = (i16, Option<u8>, Option<u8>);

impl Subjects {
    /// Adds a profile, with nothing known of the rarity of its values; O(prints).
    ///
    /// At most 2³² prints and bytes of values fit: keep some thousand profiles in one of these.
    pub fn push(&mut self, profile: &Profile) {
        for Item { kind, class, prints, value } in &profile.items {
            let value = self.push_value(value.as_ref());
            let (kind, class, crowd, marks) = (*kind, *class, Crowd::Few, self.marks.len() as u32);
            self.items.push(ItemRow { kind, crowd, class, marks, value });
            self.marks.extend(prints.iter().map(|Print { form, key, surprisal_bits }| Mark {
                key: key.head(),
                bits: Bits::ZERO,
                form: *form,
                base_bits: *surprisal_bits,
            }));
        }
        self.ends.push(self.items.len() as u32);
    }

    fn push_value(&mut self, value: Option<&Value>) -> ValueRow {
        let first = self.words.len() as u32;
        match value {
            None => ValueRow::None,
            Some(Value::Date { year, month, day }) => ValueRow::Date(*year, *month, *day),
            Some(Value::Span { opened, closed }) => ValueRow::Span(*opened, *closed),
            Some(Value::Picture(hash)) => {
                self.pictures.push(*hash);
                ValueRow::Picture(self.pictures.len() as u32 - 1)
            }
            Some(Value::Text(text)) => {
                self.push_word(text);
                ValueRow::Words(first, 1)
            }
            Some(Value::Words(words)) => {
                // No name has more words that say anything.
                let words = &words[..words.len().min(usize::from(u8::MAX))];
                words.iter().for_each(|word| self.push_word(word));
                ValueRow::Words(first, words.len() as u8)
            }
        }
    }

    fn push_word(&mut self, word: &str) {
        self.words.push(self.text.len() as u32);
        self.text.push_str(word);
    }

    /// Gives back the memory that was held for more.
    pub fn shrink(&mut self) {
        self.ends.shrink_to_fit();
        self.items.shrink_to_fit();
        self.marks.shrink_to_fit();
        self.words.shrink_to_fit();
        self.text.shrink_to_fit();
        self.pictures.shrink_to_fit();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The subject at a place; an empty one behind the last.
    pub fn get(&self, at: usize) -> View<'_> {
        let end = self.ends.get(at).copied().unwrap_or(self.items.len() as u32);
        let first = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(end));
        View { of: self, first, end }
    }

    /// How many prints they have together.
    pub fn marks(&self) -> usize {
        self.marks.len()
    }

    /// Calls `each` with the place, kind and key of every print of a value, in order. An event is one account's own.
    pub fn for_each_key(&self, mut each: impl FnMut(usize, Kind, KeyHead)) {
        for at in 0..self.len() {
            for part in self.get(at).parts() {
                part.prints.iter().filter(|mark| mark.is_value()).for_each(|mark| each(at, part.kind, mark.key));
            }
        }
    }

    /// Calls `each` with the place, class, day and key of every opening and closing.
    pub fn for_each_event(&self, mut each: impl FnMut(usize, u32, KeyHead, KeyHead)) {
        for at in 0..self.len() {
            for part in self.get(at).parts().filter(|part| part.kind == Kind::Succession) {
                if let (Some(day), Some(event)) = (part.key(Form::Whole), part.key(Form::Event)) {
                    each(at, part.class, day, event);
                }
            }
        }
    }

    /// Names every value anew. Only equality counts in comparing, so equal names must stay equal and others different.
    pub fn rename(&mut self, name: impl Fn(KeyHead) -> KeyHead) {
        self.values().for_each(|mark| mark.key = name(mark.key));
    }

    /// Sets how rare each value is, given its key and what the value alone lets expect.
    pub fn set_rarity(&mut self, bits: impl Fn(KeyHead, u8) -> Bits) {
        self.values().for_each(|mark| mark.bits = bits(mark.key, mark.base_bits));
    }

    fn values(&mut self) -> impl Iterator<Item = &mut Mark> {
        self.marks.iter_mut().filter(|mark| mark.is_value())
    }

    /// Calls `each` with kind and class of every item.
    pub fn for_each_item(&self, mut each: impl FnMut(Kind, u32)) {
        self.items.iter().for_each(|item| each(item.kind, item.class));
    }

    /// Notes what the holders of each whole value make of it, which `crowd` says by kind and whole key.
    pub fn set_crowds(&mut self, crowd: impl Fn(Kind, KeyHead) -> Crowd) {
        for item in &mut self.items {
            let whole = self.marks.get(item.marks as usize);
            item.crowd = whole.map_or(Crowd::Few, |whole| crowd(item.kind, whole.key));
        }
    }

    fn word(&self, at: u32) -> &str {
        let end = self.words.get(at as usize + 1).map_or(self.text.len(), |end| *end as usize);
        self.words.get(at as usize).and_then(|begin| self.text.get(*begin as usize..end)).unwrap_or_default()
    }
}

impl Subject {
    /// Looks up the rarity of every value of a profile.
    pub fn new(profile: &Profile, rarity: &dyn Rarity) -> Subject {
        let mut subjects = Subjects::default();
        subjects.push(profile);
        let prints = profile.items.iter().flat_map(|item| &item.prints);
        for (mark, print) in subjects.marks.iter_mut().zip(prints) {
            mark.bits = rarity.surprisal(print.key, print.surprisal_bits);
        }
        for (row, item) in subjects.items.iter_mut().zip(&profile.items) {
            row.crowd = item.whole().map_or(Crowd::Few, |key| rarity.crowd(item.kind, key));
        }
        Subject(subjects)
    }

    /// It as one of many.
    pub fn view(&self) -> View<'_> {
        self.0.get(0)
    }
}

impl<'s> View<'s> {
    fn rows(self) -> &'s [ItemRow] {
        self.of.items.get(self.first as usize..self.end as usize).unwrap_or_default()
    }

    /// How many items it has.
    pub(super) fn len(self) -> usize {
        (self.end - self.first) as usize
    }

    /// Reads where its items lie: the first step of bringing all its columns into the processor's cache.
    ///
    /// Each step reads what the step before it found, so that each done for several accounts waits for all of them at once.
    pub fn fetch_items(self) {
        // Three items fit into a line of the cache.
        std::hint::black_box(self.rows().iter().step_by(3).fold(0, |all, row| all ^ row.marks));
    }

    /// Reads its prints, and where its words begin: the second step.
    pub fn fetch_prints(self) {
        let end = self.of.items.get(self.end as usize).map_or(self.of.marks.len(), |next| next.marks as usize);
        let first = self.rows().first().map_or(end, |row| row.marks as usize);
        // Four prints fit into a line of the cache.
        let marks = self.of.marks.get(first..end).unwrap_or_default().iter().step_by(4);
        std::hint::black_box((marks.fold(0, |all, mark| all ^ mark.key.0), self.text_begin()));
    }

    /// Reads its text: the last step.
    pub fn fetch_text(self) {
        let text = self.of.text.as_bytes().get(self.text_begin()..).unwrap_or_default();
        std::hint::black_box(text.iter().step_by(64).take(3).fold(0, |all, byte| all ^ byte));
    }

    fn text_begin(self) -> usize {
        let word = |row: &ItemRow| if let ValueRow::Words(word, _) = row.value { Some(word) } else { None };
        self.rows()
            .iter()
            .find_map(word)
            .and_then(|word| self.of.words.get(word as usize))
            .map_or(0, |begin| *begin as usize)
    }

    pub(super) fn kind(self, at: usize) -> Option<Kind> {
        let at = self.first as usize + at;
        (at < self.end as usize).then(|| self.of.items[at].kind)
    }

    pub(super) fn part(self, at: usize) -> Part<'s> {
        let at = self.first as usize + at;
        let ItemRow { kind, crowd, class, marks, value } = self.of.items[at];
        let end = self.of.items.get(at + 1).map_or(self.of.marks.len(), |next| next.marks as usize);
        Part { kind, class, crowd, prints: &self.of.marks[marks as usize..end], of: self.of, value }
    }

    pub(super) fn parts(self) -> impl Iterator<Item = Part<'s>> {
        (0..self.len()).map(move |at| self.part(at))
    }

    /// Items whose whole value is a crowd's.
    pub(super) fn of_many(self) -> impl Iterator<Item = Part<'s>> {
        self.rows().iter().enumerate().filter(|(_, row)| Crowd::Few < row.crowd).map(move |(at, _)| self.part(at))
    }
}

impl Mark {
    /// Whether it is of a value that others may show as well, and not of an event in the life of one account.
    fn is_value(&self) -> bool {
        self.form != Form::Event
    }
}

impl<'s> Part<'s> {
    /// Whether it is an identifier that fails its own check.
    pub(super) fn fails_check(&self) -> bool {
        fails_check(self.kind, self.class)
    }

    pub(super) fn marks(&self, form: Form) -> impl Iterator<Item = &'s Mark> + use<'s> {
        self.prints.iter().filter(move |mark| mark.form == form)
    }

    pub(super) fn mark(&self, form: Form) -> Option<&'s Mark> {
        self.marks(form).next()
    }

    pub(super) fn key(&self, form: Form) -> Option<KeyHead> {
        self.mark(form).map(|mark| mark.key)
    }

    /// The rarity of the first value of a form if both sides have the same one.
    pub(super) fn same(&self, other: &Part<'_>, form: Form) -> Option<Bits> {
        let (left, right) = (self.mark(form)?, other.mark(form)?);
        // One value read in several ways has several estimates; the least of them claims least.
        (left.key == right.key).then_some(left.bits.min(right.bits))
    }

    /// The rarity of any value of a form that both sides have.
    pub(super) fn shares(&self, other: &Part<'_>, form: Form) -> Option<Bits> {
        let mut best = None;
        for left in self.marks(form) {
            let same = other.marks(form).filter(|right| left.key == right.key);
            best = best.max(same.map(|right| left.bits.min(right.bits)).max());
        }
        best
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let (first, count) = match self.value {
            ValueRow::Words(first, count) => (first, u32::from(count)),
            _ => (0, 0),
        };
        let of = self.of;
        (first..first + count).map(move |at| of.word(at))
    }

    pub(super) fn word(&self, at: usize) -> &'s str {
        match self.value {
            ValueRow::Words(first, count) if at < usize::from(count) => self.of.word(first + at as u32),
            _ => "",
        }
    }

    pub(super) fn text(&self) -> &'s str {
        self.word(0)
    }

    pub(super) fn date(&self) -> Option<Date> {
        match self.value {
            ValueRow::Date(year, month, day) => Some((year, month, day)),
            _ => None,
        }
    }

    /// Day of opening and, if it has come, of closing.
    pub(super) fn span(&self) -> Option<(u16, Option<u16>)> {
        match self.value {
            ValueRow::Span(opened, closed) => Some((opened, closed)),
            _ => None,
        }
    }

    pub(super) fn picture(&self) -> Option<&'s Pdq> {
        match self.value {
            ValueRow::Picture(at) => self.of.pictures.get(at as usize),
            _ => None,
        }
    }
}
