//! The words of two names, each with the one it stands for in the other.

use super::sketch::{Reading, WORDS_MAX, Word};
use super::spelling::{EDIT, LETTERS_MAX, distance, distance_within, likeness, share_alike};

/// Words less alike than this have nothing to do with each other.
const LIKENESS_MIN: f32 = 0.5;

/// Words of so few letters are alike by chance, and so must be more alike.
const SHORT_LETTERS_MAX: usize = 3;
const SHORT_LIKENESS_MIN: f32 = 0.8;

/// Fits that are kept for one pair of names.
const FITS_MAX: usize = 64;

/// How a word, or words written together, stands for words of the other name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Same,
    ShortForm,
    Initial,
    Altered,
}

#[derive(Clone, Copy)]
struct Fit {
    /// Likeness by weight; fits are taken in its order.
    score: f32,
    likeness: f32,
    weight: f32,
    how: How,
    edits: f32,
    /// Which words, one bit each.
    left: u16,
    right: u16,
}

/// What aligning two readings found. Pairs of values are left and right.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    pub(super) words: [usize; 2],
    /// Share of the weight of a side that is found on the other, as far as it is alike.
    pub(super) covered: [f32; 2],
    /// Bits of words that fit nothing.
    pub(super) unmatched: [f32; 2],
    pub(super) worst: f32,
    pub(super) worst_edits: f32,
    pub(super) altered: u8,
    pub(super) altered_known: u8,
    pub(super) altered_sound: u8,
    pub(super) altered_begin: u8,
    pub(super) altered_length: u8,
    pub(super) initials: u8,
    pub(super) short_forms: u8,
    pub(super) agreed: f32,
    /// How alike the first words are that stand for each other, 0 if they do not.
    pub(super) begins: f32,
    /// Every word is found on the other side as it is.
    pub(super) all_same: bool,
    pub(super) order_changed: bool,
    /// Both sides have a listed name that fits nothing.
    pub(super) known_apart: bool,
    pub(super) spelling: f32,
    pub(super) trigrams: f32,
}

impl Alignment {
    /// Which of several readings is taken: the one that agrees most.
    pub(super) fn rank(&self) -> f32 {
        self.covered[0] + self.covered[1] + self.spelling + self.worst - 0.05 * self.altered as f32
    }
}

/// Aligns two readings, best fits first.
pub(super) fn align(a: &Reading, b: &Reading, other_script: bool) -> Alignment {
    let mut fits = [Fit::NONE; FITS_MAX];
    let mut count = 0;
    let mut keep = |fit: Option<Fit>| {
        if let Some(fit) = fit
            && count < FITS_MAX
        {
            fits[count] = fit;
            count += 1;
        }
    };
    for (i, x) in a.words.iter().enumerate() {
        for (j, y) in b.words.iter().enumerate() {
            keep(fit(x, y, 1 << i, 1 << j, other_script));
        }
    }
    compounds(&a.words, &b.words, false, other_script, &mut keep);
    compounds(&b.words, &a.words, true, other_script, &mut keep);
    slipped_spaces(&a.words, &b.words, &mut keep);
    let fits = &mut fits[..count];
    // Of two that are alike, the one in the same place: who is called Jaber Abdallah Jaber has two of them.
    fits.sort_by(|x, y| y.score.total_cmp(&x.score).then_with(|| x.moved().cmp(&y.moved())));
    let mut found = take(a, b, fits.iter());
    found.trigrams = cosine(&a.grams, &b.grams);
    let promising = 0.25 < found.trigrams || 0.6 < found.covered[0].max(found.covered[1]);
    found.spelling = if promising { spelling(a, b) } else { 0.0 };
    found
}

impl Fit {
    const NONE: Fit = Fit { score: 0.0, likeness: 0.0, weight: 0.0, how: How::Altered, edits: 0.0, left: 0, right: 0 };

    fn new(how: How, likeness: f32, weight: f32, edits: f32, (left, right): (u16, u16)) -> Fit {
        let score = likeness * weight * if how == How::Same { 1.05 } else { 1.0 };
        Fit { score, likeness, weight, how, edits, left, right }
    }

    /// By how many places the words stand elsewhere.
    fn moved(&self) -> u32 {
        self.left.trailing_zeros().abs_diff(self.right.trailing_zeros())
    }
}

/// How one word stands to another, if it does.
fn fit(x: &Word, y: &Word, left: u16, right: u16, other_script: bool) -> Option<Fit> {
    let weight = x.bits.min(y.bits).max(0.1);
    let found = |how, likeness, edits| Some(Fit::new(how, likeness, weight, edits, (left, right)));
    if x.letters == y.letters && x.text == y.text {
        return found(How::Same, 1.0, 0.0);
    }
    let (short, long) = (x.text.len().min(y.text.len()), x.text.len().max(y.text.len()));
    if short == 1 {
        let begins = x.text.as_bytes().first() == y.text.as_bytes().first();
        return if begins { found(How::Initial, 0.8, 0.0) } else { None };
    }
    if x.roots.iter().any(|root| y.roots.contains(root)) {
        return found(How::ShortForm, 0.95, 0.0);
    }
    if x.particle != y.particle && x.letters == y.letters && is_particle_misspelt(x, y) {
        return found(How::Altered, SHORT_LIKENESS_MIN, 1.0);
    }
    let common = (x.letters & y.letters).count_ones();
    let most = x.letters.count_ones().max(y.letters.count_ones());
    let least = if short <= SHORT_LETTERS_MAX { SHORT_LIKENESS_MIN } else { LIKENESS_MIN };
    let mut best = 0.0_f32;
    let mut edits = 9.0_f32;
    if most <= 2 * common + 1 && long < 2 * short + 2 {
        let same_sound = x.sound != 0 && x.sound == y.sound;
        // Beyond this nothing but the sound or another script makes them a fit; one more for what is rounded.
        let enough = (EDIT as f32 * long as f32 * (1.0 - least)) as u32 + 1;
        let enough = if same_sound || other_script { u32::MAX } else { enough };
        let apart = distance_within(x.text.as_bytes(), y.text.as_bytes(), enough);
        edits = apart as f32 / EDIT as f32;
        best = 1.0 - (edits / long.min(LETTERS_MAX) as f32).min(1.0);
        if same_sound {
            best = best.max(0.5 + best / 2.0);
        }
    }
    if other_script && 2 <= x.bones.len().min(y.bones.len()) {
        let bones = likeness(x.bones.as_bytes(), y.bones.as_bytes());
        if best < 0.92 * bones {
            best = best.max(0.92 * bones);
            edits = edits.min((1.0 - bones) * x.bones.len().max(y.bones.len()) as f32 + 0.5);
        }
    }
    if best < least { None } else { found(How::Altered, best, edits) }
}

/// Whether one is a particle and the other, which nobody is called, the same with two neighbours that changed places: `adb` for `abd`.
///
/// Such short words stand for each other otherwise only if they sound the same: `nim` and `min` are two names.
fn is_particle_misspelt(x: &Word, y: &Word) -> bool {
    let other = if x.particle { y } else { x };
    other.text.len() == SHORT_LETTERS_MAX && !other.known && distance(x.text.as_bytes(), y.text.as_bytes()) <= EDIT
}

/// Words written together on one side and apart on the other; initials written together.
fn compounds(apart: &[Word], whole: &[Word], swapped: bool, other_script: bool, keep: &mut impl FnMut(Option<Fit>)) {
    const PARTS_MAX: usize = 3;
    for (j, whole) in whole.iter().enumerate() {
        let length = whole.text.len();
        // `JC` is two initials, `IL` a name.
        let consonants = !has_vowel(&whole.text);
        let begin = whole.text.as_bytes().first();
        for i in (0..apart.len()).filter(|&i| apart[i].text.as_bytes().first() == begin) {
            let mut joined = [0_u8; 2 * LETTERS_MAX];
            let (mut len, mut bits, mut initials) = (0, 0.0, consonants);
            for (parts, part) in apart[i..].iter().take(PARTS_MAX).enumerate() {
                let bytes = part.text.as_bytes();
                if joined.len() < len + bytes.len() || length + 2 < len + bytes.len() && !(parts < length && initials) {
                    break;
                }
                joined[len..len + bytes.len()].copy_from_slice(bytes);
                len += bytes.len();
                bits += part.bits;
                initials &= whole.text.as_bytes().get(parts) == bytes.first();
                if parts == 0 {
                    continue;
                }
                let mask = (1_u16 << (parts + 1)) - 1;
                let (left, right) = if swapped { (1 << j, mask << i) } else { (mask << i, 1 << j) };
                let weight = bits.min(whole.bits);
                if length == parts + 1 && initials && 1 < part.text.len() {
                    keep(Some(Fit::new(How::Initial, 0.75, weight, 0.0, (left, right))));
                } else if length <= len + 2 && len <= length + 2 && 4 <= length {
                    let joined = &joined[..len];
                    if joined == whole.text.as_bytes() {
                        keep(Some(Fit::new(How::Same, 0.99, weight, 0.0, (left, right))));
                    } else {
                        let apart = distance(joined, whole.text.as_bytes()) as f32 / EDIT as f32;
                        let near = 1.0 - apart / length.max(len) as f32;
                        let least = if other_script { 0.6 } else { 0.8 };
                        if least <= near {
                            keep(Some(Fit::new(How::Altered, near, weight, apart, (left, right))));
                        }
                    }
                }
            }
        }
    }
}

/// Two words whose space changed places with letters beside it: `Lauren Tnkunda` for `Laurent Nkunda`.
fn slipped_spaces(a: &[Word], b: &[Word], keep: &mut impl FnMut(Option<Fit>)) {
    const LETTERS_MIN: usize = 6;
    for (i, x) in a.windows(2).enumerate() {
        for (j, y) in b.windows(2).enumerate() {
            let letters = |pair: &[Word]| pair.iter().map(|word| word.text.len()).sum::<usize>();
            let [length, other] = [x, y].map(letters);
            if length != other || length < LETTERS_MIN || x[0].text.len() == y[0].text.len() {
                continue;
            }
            if x.iter().flat_map(|word| word.text.bytes()).eq(y.iter().flat_map(|word| word.text.bytes())) {
                let weight = (x[0].bits + x[1].bits).min(y[0].bits + y[1].bits);
                keep(Some(Fit::new(How::Same, 0.99, weight, 0.0, (0b11 << i, 0b11 << j))));
            }
        }
    }
}

fn has_vowel(word: &str) -> bool {
    word.bytes().any(|letter| matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u'))
}

/// Takes fits in their order as long as their words are free, and sums up.
fn take<'f>(a: &Reading, b: &Reading, fits: impl Iterator<Item = &'f Fit>) -> Alignment {
    let mut found = Alignment { words: [a.words.len(), b.words.len()], worst: 1.0, ..Alignment::default() };
    let (mut used, mut covered) = ([0_u16; 2], [0.0_f32; 2]);
    let mut worst_by_side = [1.0_f32; 2];
    let mut places = [(0_u16, 0_u16); WORDS_MAX];
    let mut taken = 0;
    for fit in fits {
        if used[0] & fit.left != 0 || used[1] & fit.right != 0 {
            continue;
        }
        used[0] |= fit.left;
        used[1] |= fit.right;
        if taken < WORDS_MAX {
            places[taken] = (fit.left, fit.right);
            taken += 1;
        }
        covered[0] += fit.likeness * bits(&a.words, fit.left);
        covered[1] += fit.likeness * bits(&b.words, fit.right);
        found.agreed += fit.weight * ((fit.likeness - LIKENESS_MIN) / (1.0 - LIKENESS_MIN)).max(0.0);
        match fit.how {
            How::Same => {}
            How::ShortForm => found.short_forms += 1,
            How::Initial => found.initials += 1,
            How::Altered => altered(&mut found, a, b, fit),
        }
        if fit.left & fit.right & 1 != 0 {
            found.begins = fit.likeness;
        }
        worst_by_side.iter_mut().for_each(|worst| *worst = worst.min(fit.likeness));
    }
    for (side, words) in [&a.words, &b.words].into_iter().enumerate() {
        let all = (1_u32 << words.len()) - 1;
        let free = all as u16 & !used[side];
        found.unmatched[side] = bits(words, free);
        if words.iter().enumerate().any(|(at, word)| free & (1 << at) != 0 && !word.particle) {
            worst_by_side[side] = 0.0;
        }
    }
    let total = [a.bits.max(0.1), b.bits.max(0.1)];
    found.covered = [covered[0] / total[0], covered[1] / total[1]];
    found.worst = worst_by_side[0].max(worst_by_side[1]);
    let free = |side: usize, words: &[Word]| {
        words.iter().enumerate().any(|(at, word)| used[side] & (1 << at) == 0 && word.known && !word.particle)
    };
    found.known_apart = free(0, &a.words) && free(1, &b.words);
    found.all_same = 0 < taken
        && found.altered + found.initials + found.short_forms == 0
        && found.unmatched[0] + found.unmatched[1] == 0.0;
    found.order_changed = turned(&mut places[..taken]);
    found
}

fn altered(found: &mut Alignment, a: &Reading, b: &Reading, fit: &Fit) {
    found.altered += 1;
    found.worst_edits = found.worst_edits.max(fit.edits);
    let (left, right) = (first(&a.words, fit.left), first(&b.words, fit.right));
    if let (Some(x), Some(y)) = (left, right) {
        found.altered_known += u8::from(x.known && y.known);
        found.altered_sound += u8::from(x.sound != 0 && x.sound == y.sound);
        found.altered_begin += u8::from(x.text.as_bytes().first() == y.text.as_bytes().first());
        let length = x.text.len().min(y.text.len()).min(LETTERS_MAX) as u8;
        found.altered_length = if found.altered_length == 0 { length } else { found.altered_length.min(length) };
    }
}

fn first(words: &[Word], mask: u16) -> Option<&Word> {
    words.get(mask.trailing_zeros() as usize)
}

fn bits(words: &[Word], mask: u16) -> f32 {
    words.iter().enumerate().filter(|(at, _)| mask & (1 << at) != 0).map(|(_, word)| word.bits).sum()
}

/// Whether the words stand in another order that is no mere turn, as of a surname put in front.
fn turned(places: &mut [(u16, u16)]) -> bool {
    places.sort_unstable();
    let falls = places.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
    let around = match (places.first(), places.last()) {
        (Some(first), Some(last)) => usize::from(first.1 < last.1),
        _ => 0,
    };
    1 < falls + around && 0 < falls
}

/// How alike the whole names are spelt, words written together, in the order written or sorted.
fn spelling(a: &Reading, b: &Reading) -> f32 {
    let joined = |way: usize| (a.joined[way].as_bytes(), b.joined[way].as_bytes());
    let (x, y) = joined(0);
    let in_order = distance(x, y);
    let is_sorted = [a, b].iter().all(|side| side.joined[0] == side.joined[1]);
    let apart = if is_sorted || in_order == 0 {
        in_order
    } else {
        let (x, y) = joined(1);
        in_order.min(distance_within(x, y, in_order))
    };
    share_alike(apart, x.len().max(y.len()))
}

fn cosine(a: &[(u32, f32)], b: &[(u32, f32)]) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.0.cmp(&y.0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += x.1 * y.1;
                i += 1;
                j += 1;
            }
        }
    }
    sum
}
