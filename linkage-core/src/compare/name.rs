//! Names of persons and of shops: words are aligned, then the picture of the alignment is the level.

use crate::fingerprint::{Form, KeyHead};
use crate::normalize::rarity::{is_common_name, is_known_name};

use super::similar::{is_near, is_within, slip};
use super::{Bits, Finding, Mark, Part};

const WORDS_MAX: usize = 8;

/// How one word of a name stands to one of the other name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Same,
    ShortForm,
    Close,
    Initial,
}

/// One word: its key and rarity, what it may be short for, and its sound.
#[derive(Clone, Copy)]
struct Word<'p> {
    key: KeyHead,
    bits: Bits,
    roots: &'p [Mark],
    sound: Option<KeyHead>,
}

impl Word<'_> {
    const NONE: Self = Word { key: KeyHead(0), bits: Bits::ZERO, roots: &[], sound: None };
}

/// The first words of a name.
struct Words<'p> {
    list: [Word<'p>; WORDS_MAX],
    len: usize,
}

impl<'p> std::ops::Deref for Words<'p> {
    type Target = [Word<'p>];
    fn deref(&self) -> &[Word<'p>] {
        &self.list[..self.len]
    }
}

/// What the alignment of two names found.
#[derive(Default)]
struct Alignment {
    same: usize,
    near: usize,
    bits: Bits,
    /// Of the rarest word that fits.
    rarest: Bits,
    left: usize,
    right: usize,
    /// Which words of either side fit one of the other.
    left_used: [bool; WORDS_MAX],
    right_used: [bool; WORDS_MAX],
}

impl Alignment {
    fn fitted(&self) -> usize {
        self.same + self.near
    }
}

pub(super) fn person(a: &Part, b: &Part) -> Finding {
    if let Some(bits) = a.shares(b, Form::Han) {
        return (0, Some(bits));
    }
    if generations_differ(a, b) {
        // Father and son share everything but this.
        return (8, None);
    }
    let several = 1 < a.marks(Form::Token).count() && 1 < b.marks(Form::Token).count();
    if several && let Some(bits) = a.same(b, Form::Whole).or_else(|| a.shares(b, Form::Joined)) {
        return (0, Some(bits.max(sum_of_words(a).min(sum_of_words(b)))));
    }
    let found = align(a, b);
    let (short, long) = (found.left.min(found.right), found.left.max(found.right));
    let level = match (found.same, found.near) {
        (0, 0) => return (8, None),
        (same, _) if found.fitted() == short && 1 < short => match (0 < same, short == long) {
            (true, true) => 1,
            (false, true) => 2,
            (true, false) => 3,
            (false, false) => 6,
        },
        (1.., _) if short == 1 => 4,
        // Mark and Marsha of one family name are two people, twins even, before they are a slip.
        (1.., _) if known_left_over(a, &found.left_used) && known_left_over(b, &found.right_used) => 7,
        (1.., _) => 5,
        _ => 6,
    };
    (level, Some(found.bits))
}

/// Junior against senior, or II against a lone I in the other name.
fn generations_differ(a: &Part, b: &Part) -> bool {
    let first = |part: &Part| part.words().any(|word| word == "i");
    match (a.key(Form::Suffix), b.key(Form::Suffix)) {
        (Some(left), Some(right)) => left != right,
        (Some(_), None) => first(b),
        (None, Some(_)) => first(a),
        (None, None) => false,
    }
}

fn sum_of_words(part: &Part) -> Bits {
    part.marks(Form::Token).map(|mark| mark.bits).sum()
}

pub(super) fn trade(a: &Part, b: &Part) -> Finding {
    let said = |part: &Part| sum_of_words(part).max(part.mark(Form::Joined).map_or(Bits::ZERO, |mark| mark.bits));
    let total = || said(a).min(said(b));
    if a.same(b, Form::Whole).is_some() || a.shares(b, Form::Han).is_some() {
        return (0, Some(total()));
    }
    if a.same(b, Form::Joined).is_some() {
        return (1, Some(total()));
    }
    let found = align(a, b);
    let joined = (a.words().collect::<String>(), b.words().collect::<String>());
    let long_enough = 6 <= joined.0.chars().count().min(joined.1.chars().count());
    if long_enough && (is_within(&joined.0, &joined.1, 1) || is_near(&joined.0, &joined.1, 0.95)) {
        return (2, Some(total().max(found.bits)));
    }
    if found.fitted() == 0 {
        return (5, None);
    }
    // By evidence, not by count: `acme` weighs more than `trading` in `acme trading`.
    let all = sum_of_words(a).max(sum_of_words(b));
    let share = found.bits.get() / all.get().max(1.0);
    let short = found.left.min(found.right);
    let level = match share {
        _ if 1 < short && found.fitted() == short => 3,
        s if 0.7 <= s => 3,
        s if 0.3 <= s => 4,
        _ => 5,
    };
    match level {
        3 => (3, Some(found.bits)),
        // A part of a name is often a phrase that many share, whose words come together: only the rarest counts.
        4 => (4, Some(found.rarest)),
        _ => (5, None),
    }
}

fn words<'s>(part: &Part<'s>) -> Words<'s> {
    let mut words = Words { list: [Word::NONE; WORDS_MAX], len: 0 };
    for (at, mark) in part.prints.iter().enumerate() {
        match mark.form {
            Form::Token if words.len < WORDS_MAX => {
                // What a word may be short for follows it.
                let rest = &part.prints[at + 1..];
                let roots = &rest[..rest.iter().take_while(|mark| mark.form == Form::Root).count()];
                words.list[words.len] = Word { key: mark.key, bits: mark.bits, roots, sound: None };
                words.len += 1;
            }
            Form::Phonetic if 0 < words.len => words.list[words.len - 1].sound = Some(mark.key),
            _ => {}
        }
    }
    words
}

/// Pairs the words of two names one to one, best fits first; ties by the order written.
fn align(a: &Part, b: &Part) -> Alignment {
    let (left, right) = (words(a), words(b));
    let mut found = Alignment { left: left.len(), right: right.len(), ..Alignment::default() };
    // Nothing fits better than the same word, and to see that takes no text.
    found.pair_up(&left, &right, |i, j| (left[i].key == right[j].key).then_some(Fit::Same));
    let (left_used, right_used) = (found.left_used, found.right_used);
    found.pair_up(&left, &right, |i, j| {
        let both_left = !left_used[i] && !right_used[j];
        both_left.then(|| fit(&left[i], &right[j], || (a.word(i), b.word(j)))).flatten()
    });
    found
}

impl Alignment {
    /// Takes the best of the fits that `fit` finds, then the best of those between the words that are left.
    fn pair_up(&mut self, left: &[Word<'_>], right: &[Word<'_>], fit: impl Fn(usize, usize) -> Option<Fit>) {
        let mut fits = [(Fit::Same, 0, 0); WORDS_MAX * WORDS_MAX];
        let mut count = 0;
        for i in 0..left.len() {
            for j in 0..right.len() {
                if let Some(fit) = fit(i, j) {
                    fits[count] = (fit, i, j);
                    count += 1;
                }
            }
        }
        let fits = &mut fits[..count];
        // Neither side comes first: of equal fits the earlier words, then those in like places.
        fits.sort_unstable_by_key(|(fit, i, j)| (*fit, i + j, i.abs_diff(*j)));
        for &mut (fit, i, j) in fits {
            if !self.left_used[i] && !self.right_used[j] {
                self.left_used[i] = true;
                self.right_used[j] = true;
                self.add(fit, left[i].bits.min(right[j].bits));
            }
        }
    }

    /// One fit more, of words of which the commoner is so rare.
    fn add(&mut self, fit: Fit, commoner: Bits) {
        let bits = match fit {
            Fit::Same | Fit::ShortForm => commoner,
            // A slip hides which word was meant; what is left of its rarity is learned per level.
            Fit::Close => commoner - Bits::new(1.0),
            Fit::Initial => Bits::new(4.0),
        };
        self.bits = self.bits + bits.max(Bits::ZERO);
        self.rarest = self.rarest.max(bits);
        if fit == Fit::Same {
            self.same += 1;
        } else {
            self.near += 1;
        }
    }
}

/// Whether a known name of one side fits no word of the other.
fn known_left_over(part: &Part, used: &[bool]) -> bool {
    let count = words(part).len();
    (0..count).zip(used).any(|(at, used)| !used && is_known_name(part.word(at)))
}

/// How two words that are not the same fit; `texts` are themselves, empty where values are not kept.
fn fit<'p>(x: &Word<'_>, y: &Word<'_>, texts: impl FnOnce() -> (&'p str, &'p str)) -> Option<Fit> {
    // A root is keyed under its own form, so a root meets a root; a full name is its own root.
    if x.roots.iter().any(|root| y.roots.iter().any(|other| root.key == other.key)) {
        return Some(Fit::ShortForm);
    }
    let (a, b) = texts();
    if a.is_empty() || b.is_empty() {
        // Without values, a word that sounds the same is as near as it gets.
        return (x.sound.is_some() && x.sound == y.sound).then_some(Fit::Close);
    }
    if a.len() == 1 || b.len() == 1 {
        return (a.as_bytes().first() == b.as_bytes().first()).then_some(Fit::Initial);
    }
    let sounds_alike = || x.sound.is_some() && x.sound == y.sound && is_near(a, b, 0.75);
    let is_close = slip(a, b) || sounds_alike();
    (is_close && !(is_common_name(a) && is_common_name(b))).then_some(Fit::Close)
}
