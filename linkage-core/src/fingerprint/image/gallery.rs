//! Which of many pictures a query shows.
//!
//! ```text
//! Picture ──► hashes of its views ──► HammingIndex ──► pictures within 31 bits ──┐
//!         └─► keypoints ──► Words ──► pictures with like places ──► alignment ───┴─► overlay ──► Sighting
//! ```
//!
//! The index of hashes and the words are in memory; the pictures they point to are [`Pictures`], in memory or in a store.
//!
//! Either way ends with one picture laid on the other: a sighting is only called the same if nothing within what agrees
//! contradicts it. So a shared logo, a studio's template or another photo of the same scene is at most *possible*.

use serde::Serialize;

use super::candidates::{WordCounts, Words, pairs};
use super::geometry::{Affine, Alignment, Scene, align, consensus, mirrored};
use super::index::{HammingIndex, RADIUS_MAX};
use super::overlay::{Overlay, overlay};
use super::pdq::{Pdq, Turn};
use super::picture::{Picture, View};
use super::pictures::Pictures;

/// The most sightings of one query.
pub const SIGHTINGS_MAX: usize = 100;

/// The most pictures, nearest first, that are laid on each other because of their hashes for one query.
const HASHED_MAX: usize = 200;

/// The most pictures that are aligned by keypoints for one query, upright and mirrored each.
const ALIGNED_MAX: usize = 16;

/// Fewer agreeing places are chance.
const AGREEING_MIN: usize = 3;

/// Evidence from which a sighting is the same: above what any two different pictures of `measure_images` reach, but for one
/// in a million.
pub const SAME_BITS_MIN: f64 = 62.0;

/// Evidence from which a sighting is possible.
pub const POSSIBLE_BITS_MIN: f64 = 32.0;

/// What speaks for a copy, doubts left aside, from which a sighting is possible whatever the doubt: two pictures that share
/// this much have a template, a pack or a scene in common.
const SHARED_BITS_MIN: f64 = 160.0;

/// What a bit of a hash is worth: a distance of 31, which the publishers of PDQ call the same, just makes a sighting the same.
const BITS_PER_HASH_BIT: f64 = 4.0;

/// However many places agree, they are worth no more bits than this, half of it when they are this many themselves: places of
/// one thing come together, so a large poster in the background would else outweigh any doubt.
const PLACES_BITS_MAX: f64 = 128.0;

// The numbers below, [`PLACES_BITS_MAX`] and [`SAME_BITS_MIN`] were chosen for recall at one impostor in a million on half 0 of
// `measure_images`; half 1 is what benches/RESULTS.md reports.

/// Beyond this doubt nothing is left of the evidence.
const DOUBT_MAX: f32 = 0.27;

/// How much the share of keypoints beside their place adds to the doubt, and their drifting together.
const LOOSE_WEIGHT: f32 = 0.15;
const DRIFT_WEIGHT: f32 = 0.4;

/// What may differ within before a near hash is doubted: a small logo leaves the hash as it is.
const HASH_DIFFERENT_FREE: f32 = 0.1;

/// Less of the structure alike than this, where one picture lies on the other, adds to the doubt with this weight.
const ALIKE_MIN: f32 = 0.75;
const ALIKE_WEIGHT: f32 = 0.4;

/// The most places of a sighting that are kept as evidence.
const PLACES_MAX: usize = 200;

/// What a sighting is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// Much agrees, and something speaks against a copy: the same template, the same scene, or too little to tell.
    Possible,
    /// The query is a copy of the picture, or shows it whole or in part.
    Same,
}

/// What found a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The hash of the whole picture or of a view of it.
    Pdq,
    /// Keypoints that lie alike.
    Keypoints,
}

/// A picture that a query shows, and the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The picture's number in the gallery.
    pub number: u32,
    /// What it is good for.
    pub verdict: Verdict,
    /// What speaks for a copy less what casts doubt on it, in bits; [`SAME_BITS_MIN`] makes it the same. Never negative.
    pub evidence_bits: f64,
    /// What found it.
    pub method: Method,
    /// Where the query lies on the picture.
    pub placed: Placed,
}

/// Where one picture lies on another.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    map: Affine,
    /// Places that are the same: column and row in the query, column and row in the other picture. Empty for a hash.
    pub places: Vec<[f32; 4]>,
}

impl Sighting {
    /// The evidence as a number from 0 to 1, .5 where a sighting begins to be the same.
    pub fn score(&self) -> f64 {
        self.evidence_bits / (self.evidence_bits + SAME_BITS_MIN)
    }
}

impl Placed {
    /// Where a place of the query, in pixels from the top left, lies in the other picture.
    pub fn place(&self, x: f32, y: f32) -> (f32, f32) {
        self.map.apply(x, y)
    }

    /// The same, from the other picture to the query.
    pub fn turned_round(&self) -> Option<Placed> {
        let places = self.places.iter().map(|[a, b, c, d]| [*c, *d, *a, *b]).collect();
        Some(Placed { map: self.map.inverse()?, places })
    }
}

/// Pictures that queries are held against.
pub struct Gallery<P = Vec<Picture>> {
    pictures: P,
    hashes: HammingIndex,
    /// Picture and view of each hash.
    hashed: Vec<(u32, u8)>,
    words: Words,
}

impl<P> std::fmt::Debug for Gallery<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gallery({} hashes)", self.hashed.len())
    }
}

impl Gallery {
    /// A gallery of these pictures in memory, numbered from 0.
    pub fn new(pictures: Vec<Picture>) -> Gallery {
        let Ok(gallery) = Gallery::over(pictures);
        gallery
    }
}

impl<P: Pictures> Gallery<P> {
    /// A gallery of pictures wherever they lie. Takes about 24 bytes a keypoint and 115 a hash, 13 kB a picture, besides
    /// the pictures themselves.
    ///
    /// # Errors
    ///
    /// If a picture cannot be read.
    pub fn over(pictures: P) -> Result<Gallery<P>, P::Error> {
        let (mut hashes, mut hashed, mut counts) = (Vec::new(), Vec::new(), WordCounts::default());
        pictures.each_outline(&mut |number, outline| {
            for (view, hash) in outline.hashes {
                hashes.push(hash);
                hashed.push((number, view));
            }
            outline.places.iter().for_each(|place| counts.add(place));
        })?;
        let words = counts.filled(|put| {
            pictures.each_outline(&mut |number, outline| outline.places.iter().for_each(|place| put(number, place)))
        })?;
        Ok(Gallery { hashes: HammingIndex::new(hashes), hashed, words, pictures })
    }

    /// The pictures.
    pub fn pictures(&self) -> &P {
        &self.pictures
    }

    /// What it takes in memory besides the pictures, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.hashes.memory_bytes() + self.hashed.capacity() * size_of::<(u32, u8)>() + self.words.memory_bytes()
    }

    /// The pictures that a query shows: the same first, each kind best first, at most [`SIGHTINGS_MAX`].
    ///
    /// The same query in the same gallery always gives the same answer.
    ///
    /// # Errors
    ///
    /// If a picture cannot be read.
    pub fn search(&self, query: &Picture) -> Result<Vec<Sighting>, P::Error> {
        let mut found = self.by_hash(query)?;
        found.extend(self.by_keypoints(query)?);
        let rank = |a: &Sighting, b: &Sighting| {
            b.verdict.cmp(&a.verdict).then(b.evidence_bits.total_cmp(&a.evidence_bits)).then(a.method.cmp(&b.method))
        };
        found.sort_by(|a, b| a.number.cmp(&b.number).then_with(|| rank(a, b)));
        found.dedup_by_key(|sighting| sighting.number);
        found.sort_by(|a, b| rank(a, b).then(a.number.cmp(&b.number)));
        found.truncate(SIGHTINGS_MAX);
        Ok(found)
    }

    fn by_hash(&self, query: &Picture) -> Result<Vec<Sighting>, P::Error> {
        let mut nearest: Vec<(u32, u32, u8, u8, u8)> = Vec::new();
        for (part, view) in query.views.iter().enumerate().filter(|(_, view)| view.forms.quality.links()) {
            for (turn, hash) in view.forms.hashes.iter().enumerate() {
                nearest.extend(self.hashes.search(hash, Pdq::SAME_MAX).near.into_iter().map(|near| {
                    let (number, at) = self.hashed[near.number as usize];
                    (number, near.distance_hamming, part as u8, at, turn as u8)
                }));
            }
        }
        nearest.sort_unstable();
        nearest.dedup_by_key(|(number, ..)| *number);
        nearest.sort_unstable_by_key(|(number, distance, ..)| (*distance, *number));
        nearest.truncate(HASHED_MAX);
        let numbers: Vec<u32> = nearest.iter().map(|(number, ..)| *number).collect();
        let pictures = self.pictures.get_many(&numbers)?;
        let sighted = nearest.into_iter().zip(&pictures).filter_map(|((number, distance, part, at, turn), picture)| {
            let (part, view) = (query.views.get(usize::from(part))?, picture.views.get(usize::from(at))?);
            let placed = Placed { map: lay(part, view, Turn::ALL[usize::from(turn)]), places: Vec::new() };
            Some(hash_sighting(query, picture, number, distance, placed))
        });
        Ok(sighted.collect())
    }

    fn by_keypoints(&self, query: &Picture) -> Result<Vec<Sighting>, P::Error> {
        let flipped = mirrored(&query.keypoints, query.width);
        let mut found = Vec::new();
        for (points, is_mirrored) in [(&query.keypoints, false), (&flipped, true)] {
            let candidates = self.words.candidates(points, AGREEING_MIN);
            let numbers: Vec<u32> = candidates.iter().map(|candidate| candidate.picture).collect();
            let mut guesses: Vec<_> = candidates
                .iter()
                .zip(self.pictures.get_many(&numbers)?)
                .filter_map(|(candidate, picture)| {
                    let pairs = pairs(points, &candidate.query, picture.landmarks());
                    let (pairs, count) = consensus(points, picture.landmarks(), &pairs)?;
                    (AGREEING_MIN <= count).then_some((count, candidate.picture, pairs, picture))
                })
                .collect();
            guesses.sort_by_key(|(count, number, ..)| (std::cmp::Reverse(*count), *number));
            guesses.truncate(ALIGNED_MAX);
            let scene = Scene::new(points, query.width, query.height);
            for (_, number, pairs, picture) in guesses {
                let other = Scene::new(picture.landmarks(), picture.width, picture.height);
                let Some(mut alignment) = align(&scene, &other, &pairs) else { continue };
                let mut places = places(points, picture.landmarks(), &alignment);
                if is_mirrored {
                    alignment.map = alignment.map.after_mirroring(query.width as f32);
                    places.iter_mut().for_each(|place| place[0] = query.width as f32 - place[0]);
                }
                let placed = Placed { map: alignment.map, places };
                found.extend(keypoint_sighting(query, &picture, number, &alignment, placed));
            }
        }
        Ok(found)
    }
}

/// How a query shows another picture, if it does: [`Gallery::search`] for two.
pub fn compare(query: &Picture, other: &Picture) -> Option<Sighting> {
    let Ok(sightings) = Gallery::new(vec![other.clone()]).search(query);
    sightings.into_iter().next()
}

fn places(
    query: &[super::keypoints::Keypoint],
    other: &[super::keypoints::Keypoint],
    alignment: &Alignment,
) -> Vec<[f32; 4]> {
    let step = alignment.pairs.len().div_ceil(PLACES_MAX).max(1);
    let place = |pair: &super::geometry::Pair| {
        let (a, b) = (&query[pair.query as usize], &other[pair.other as usize]);
        [a.x, a.y, b.x, b.y]
    };
    alignment.pairs.iter().step_by(step).map(place).collect()
}

/// The map that lays a view of a query, turned, on a view of a picture.
fn lay(part: &View, view: &View, turn: Turn) -> Affine {
    // In shares of the sides: first to shares of the part, then turned, then to pixels of the other.
    let (transposed, mirrored, flipped) = turn.steps();
    let (a, b) = (1.0 / part.width, 1.0 / part.height);
    let (u, v) = ([a, 0.0, -a * part.left], [0.0, b, -b * part.top]);
    let (u, v) = if transposed { (v, u) } else { (u, v) };
    let reverse = |row: [f32; 3]| [-row[0], -row[1], 1.0 - row[2]];
    let (u, v) = (if mirrored { reverse(u) } else { u }, if flipped { reverse(v) } else { v });
    let (w, h) = (view.width, view.height);
    Affine([u[0] * w, u[1] * w, u[2] * w + view.left, v[0] * h, v[1] * h, v[2] * h + view.top])
}

fn seen(query: &Picture, picture: &Picture, map: &Affine) -> Overlay {
    overlay((&query.miniature, query.width), (&picture.miniature, picture.width), map)
}

fn hash_sighting(query: &Picture, picture: &Picture, number: u32, distance: u32, placed: Placed) -> Sighting {
    let bits = BITS_PER_HASH_BIT * f64::from((RADIUS_MAX + 1).saturating_sub(distance));
    // A hash of the whole is made of the whole: what is alike need not be asked.
    let doubt = seen(query, picture, &placed.map).different_share();
    sighting(number, Method::Pdq, bits, (doubt - HASH_DIFFERENT_FREE).max(0.0), placed)
}

fn keypoint_sighting(
    query: &Picture,
    picture: &Picture,
    number: u32,
    alignment: &Alignment,
    placed: Placed,
) -> Option<Sighting> {
    let bits = f64::from(alignment.evidence_bits());
    if bits < POSSIBLE_BITS_MIN {
        return None;
    }
    let overlay = seen(query, picture, &placed.map);
    let loose = alignment.loose_share();
    // Where nearly all lies on its place, what is left is noise and has no direction.
    let drift = alignment.drift.max(0.0) * (4.0 * loose).min(1.0);
    let doubt = overlay.different_share()
        + LOOSE_WEIGHT * loose
        + DRIFT_WEIGHT * drift
        + ALIKE_WEIGHT * (ALIKE_MIN - overlay.alike_share()).max(0.0);
    let worth = bits * PLACES_BITS_MAX / (bits + PLACES_BITS_MAX);
    let sighting = sighting(number, Method::Keypoints, worth, doubt, placed);
    (POSSIBLE_BITS_MIN <= sighting.evidence_bits || SHARED_BITS_MIN <= bits).then_some(sighting)
}

fn sighting(number: u32, method: Method, bits: f64, doubt: f32, placed: Placed) -> Sighting {
    let evidence_bits = bits * f64::from((1.0 - doubt / DOUBT_MAX).max(0.0));
    let verdict = if SAME_BITS_MIN <= evidence_bits { Verdict::Same } else { Verdict::Possible };
    Sighting { number, verdict, evidence_bits, method, placed }
}

#[cfg(test)]
mod tests;
