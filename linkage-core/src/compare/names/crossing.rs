//! A name in Han against one in letters: general words are translated, the rest is read aloud.

use crate::normalize::han::{self, Part};

use super::sketch::{Sketch, Word};
use super::spelling::{EDIT, mass, read_distance};

/// What a name in Han and one in letters have in common.
pub(super) struct Crossed {
    /// Share of the weight of the words in letters that translate words in Han.
    pub(super) translated: f32,
    /// Bits of those words, and of the others.
    pub(super) hit: f32,
    pub(super) missed: f32,
    /// How alike the best stretch in letters is to what is read, 0 to 1.
    pub(super) read_aloud: f32,
    /// How much was found alike when read, in letters.
    pub(super) size: f32,
}

/// More characters than this are not read.
const SYLLABLES_MAX: usize = 12;

/// Compares a name in Han with one in letters; nothing if that is not what the two are.
pub(super) fn cross(a: &Sketch, b: &Sketch) -> Option<Crossed> {
    let (han, latin) = match (a.han.is_empty(), b.han.is_empty()) {
        (false, true) => (a, b),
        (true, false) => (b, a),
        _ => return None,
    };
    let words = &latin.readings().first()?.words;
    if words.is_empty() || SYLLABLES_MAX < han.han.len() || words.iter().all(|word| word.text.len() < 2) {
        return None;
    }
    let mut used = 0_u16;
    // Left over are those that no word in letters translates: they are read.
    let mut rest: Vec<char> = Vec::new();
    for part in &han.han {
        match part {
            Part::Sound(c) => rest.push(*c),
            Part::Word(chars, english) => match english.iter().find_map(|english| found(words, english, used)) {
                Some(mask) => used |= mask,
                None => rest.extend(chars),
            },
        }
    }
    let bits = |mask: u16, free: bool| -> f32 {
        words.iter().enumerate().filter(|(at, _)| (mask & (1 << at) != 0) != free).map(|(_, word)| word.bits).sum()
    };
    let (hit, missed) = (bits(used, false), bits(used, true));
    let all: Vec<char> = han
        .han
        .iter()
        .flat_map(|part| match part {
            Part::Sound(c) => vec![*c],
            Part::Word(chars, _) => chars.clone(),
        })
        .collect();
    let (mut read_aloud, mut size) = (0.0_f32, 0.0_f32);
    for (chars, taken) in [(&rest, used), (&all, 0)] {
        let (near, much) = best_stretch(chars, words, taken);
        if read_aloud < near {
            (read_aloud, size) = (near, much);
        }
    }
    Some(Crossed { translated: hit / (hit + missed).max(0.1), hit, missed, read_aloud, size })
}

/// Where the words of a translation stand, if all are there and free.
fn found(words: &[Word], english: &[&str], used: u16) -> Option<u16> {
    let mut mask = 0_u16;
    for sought in english {
        let at = words.iter().enumerate().position(|(at, word)| {
            (used | mask) & (1 << at) == 0 && (word.text == *sought || word.text.strip_suffix('s') == Some(sought))
        })?;
        mask |= 1 << at;
    }
    (mask != 0).then_some(mask)
}

/// The run of free words that sounds most like the characters, and how much is alike.
fn best_stretch(chars: &[char], words: &[Word], used: u16) -> (f32, f32) {
    const RUN_MAX: usize = 4;
    let readings: Vec<&[String]> = chars.iter().map(|c| han::readings(*c)).filter(|r| !r.is_empty()).collect();
    let mut best = (0.0_f32, 0.0_f32);
    if readings.is_empty() {
        return best;
    }
    for from in 0..words.len() {
        let mut run = String::new();
        for (at, word) in words.iter().enumerate().skip(from).take(RUN_MAX) {
            if used & (1 << at) != 0 {
                break;
            }
            run.push_str(&word.text);
            let (apart, read) = read_distance(&readings, run.as_bytes());
            let both = (read + mass(run.as_bytes())) as f32;
            let near = 1.0 - (apart as f32 / both.max(1.0)).min(1.0);
            let much = (both - apart as f32).max(0.0) / (2.0 * EDIT as f32);
            // Of equal likeness the longer stretch says more.
            if best.0 * best.1.sqrt() < near * much.sqrt() {
                best = (near, much);
            }
        }
    }
    best
}
