//! PDQ: a perceptual hash of 256 bits, as published.
//!
//! Luminance is smoothed and sampled to 64 × 64, its cosine transform is cut to the 16 × 16 lowest frequencies without the
//! mean, and each bit says whether a coefficient lies above their median.
//!
//! Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019
//! (`hashing.pdf` of the ThreatExchange project), and for equality to the last bit the behaviour of the reference
//! implementation. This is an implementation of its own: the two box filters along each axis are linear, so their weights are
//! computed once per sampled row and column and only what is sampled is ever filtered.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::decode::Pixels;

/// Side of the picture that is transformed.
const SAMPLES: usize = 64;

/// Side of the block of coefficients that is kept.
const COEFFICIENTS: usize = 16;

/// Pictures with a shorter side have no hash (the reference's own bound).
const SIDE_PIXELS_MIN: usize = 5;

/// A perceptual hash of 256 bits, written as 64 lower-case hex digits like the reference writes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Pdq([u8; 32]);

impl Pdq {
    /// The bits apart up to which the publishers call two pictures the same: 31 of 256.
    pub const SAME_MAX: u32 = 31;

    /// The hash with these bytes, most significant first.
    pub fn from_bytes(bytes: [u8; 32]) -> Pdq {
        Pdq(bytes)
    }

    /// Its bytes, most significant first.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// In how many of 256 bits two hashes differ. Unrelated pictures differ in about 128.
    ///
    /// ```
    /// use linkage_core::fingerprint::image::Pdq;
    ///
    /// let one: Pdq = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22".parse()?;
    /// let two: Pdq = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b25".parse()?;
    /// assert_eq!(one.distance_hamming(&two), 3);
    /// # Ok::<(), linkage_core::fingerprint::image::PdqParseError>(())
    /// ```
    pub fn distance_hamming(&self, other: &Pdq) -> u32 {
        let (a, b) = (self.words(), other.words());
        ones(a[0] ^ b[0], a[1] ^ b[1]) + ones(a[2] ^ b[2], a[3] ^ b[3])
    }

    /// The hash as four numbers, the most significant first.
    pub fn words(&self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.0.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        words
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pdq({self})")
    }
}

/// A text is not 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hex digits")]
pub struct PdqParseError;

impl FromStr for Pdq {
    type Err = PdqParseError;

    fn from_str(text: &str) -> Result<Self, PdqParseError> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(PdqParseError);
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8).ok_or(PdqParseError);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Pdq(bytes))
    }
}

impl From<Pdq> for String {
    fn from(pdq: Pdq) -> String {
        pdq.to_string()
    }
}

impl TryFrom<String> for Pdq {
    type Error = PdqParseError;

    fn try_from(text: String) -> Result<Self, PdqParseError> {
        text.parse()
    }
}

/// How much structure a picture has to be hashed, 0 to 100: a blank wall has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quality(pub u8);

impl Quality {
    /// Below this a hash is never a reason to link: such pictures are alike because there is nothing in them
    /// (the publishers' own advice is to drop hashes below 50).
    pub const LINKS_MIN: Quality = Quality(50);

    /// Whether an equal hash may be a reason to link.
    pub fn links(self) -> bool {
        Quality::LINKS_MIN <= self
    }
}

/// One of the eight ways in which a picture can be turned and mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turn {
    /// As it is.
    Upright,
    /// Mirrored left to right.
    Mirrored,
    /// Turned by 180 degrees.
    Half,
    /// Mirrored top to bottom.
    Flipped,
    /// Mirrored on the diagonal from top left: rows become columns.
    Transposed,
    /// Turned by 90 degrees anticlockwise.
    Left,
    /// Turned by 90 degrees clockwise.
    Right,
    /// Mirrored on the diagonal from top right.
    Transversed,
}

impl Turn {
    /// All eight, in the order in which [`PdqForms`] holds them.
    pub const ALL: [Turn; 8] = [
        Turn::Upright,
        Turn::Mirrored,
        Turn::Half,
        Turn::Flipped,
        Turn::Transposed,
        Turn::Left,
        Turn::Right,
        Turn::Transversed,
    ];

    /// Whether rows become columns (first), then the result is mirrored left to right, then top to bottom.
    pub(super) fn steps(self) -> (bool, bool, bool) {
        match self {
            Turn::Upright => (false, false, false),
            Turn::Mirrored => (false, true, false),
            Turn::Half => (false, true, true),
            Turn::Flipped => (false, false, true),
            Turn::Transposed => (true, false, false),
            Turn::Left => (true, false, true),
            Turn::Right => (true, true, false),
            Turn::Transversed => (true, true, true),
        }
    }
}

/// The hashes of a picture in all eight forms, computed from one transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdqForms {
    /// In the order of [`Turn::ALL`].
    pub hashes: [Pdq; 8],
    /// Of the picture; turning does not change it.
    pub quality: Quality,
}

impl PdqForms {
    /// The hash of the picture as it is.
    pub fn upright(&self) -> Pdq {
        self.hashes[0]
    }

    /// The form that is nearest to `other`, and how far it is.
    pub fn nearest(&self, other: &Pdq) -> (Turn, u32) {
        let distances = Turn::ALL.iter().zip(&self.hashes).map(|(turn, hash)| (*turn, hash.distance_hamming(other)));
        distances.min_by_key(|(_, distance)| *distance).unwrap_or((Turn::Upright, 256))
    }
}

/// The hash of a picture and how much there was to hash.
///
/// On identical pixels it is the reference's hash; a coefficient that equals the median to the last bits of
/// a float may fall on the other side. A picture with a side under five pixels has the hash 0 and quality 0.
/// O(pixels); half a millisecond for 400 × 534.
pub fn pdq(pixels: &Pixels) -> (Pdq, Quality) {
    let transform = Transform::of(&mut LumaRows::of(pixels));
    (transform.hash(Turn::Upright), transform.quality)
}

/// The hashes of a picture turned and mirrored in all eight ways, at the price of one.
pub fn forms(pixels: &Pixels) -> PdqForms {
    Transform::of(&mut LumaRows::of(pixels)).forms()
}

/// Rows of luminance, 0 to 255, handed out one after another from the top.
pub(super) trait Rows {
    fn width(&self) -> usize;
    fn height(&self) -> usize;
    /// Writes the next row into `row`, which has the width's length.
    fn next(&mut self, row: &mut [f32]);
}

/// Luminance of coloured pixels.
struct LumaRows<'p> {
    pixels: &'p Pixels,
    next: usize,
}

impl<'p> LumaRows<'p> {
    fn of(pixels: &'p Pixels) -> Self {
        LumaRows { pixels, next: 0 }
    }
}

impl Rows for LumaRows<'_> {
    fn width(&self) -> usize {
        self.pixels.width() as usize
    }

    fn height(&self) -> usize {
        self.pixels.height() as usize
    }

    fn next(&mut self, row: &mut [f32]) {
        let stride = 3 * row.len();
        let rgb = &self.pixels.rgb()[self.next * stride..][..stride];
        self.next += 1;
        for (luma, pixel) in row.iter_mut().zip(rgb.chunks_exact(3)) {
            // ITU-R BT.601, as in the reference.
            *luma = f32::from(pixel[0]) * 0.299 + f32::from(pixel[1]) * 0.587 + f32::from(pixel[2]) * 0.114;
        }
    }
}

/// The lowest frequencies of a picture, from which all eight hashes follow.
pub(super) struct Transform {
    /// Row: vertical frequency 1 to 16, column: horizontal.
    coefficients: [[f32; COEFFICIENTS]; COEFFICIENTS],
    pub(super) quality: Quality,
}

impl Transform {
    pub(super) fn of(rows: &mut dyn Rows) -> Transform {
        if rows.width().min(rows.height()) < SIDE_PIXELS_MIN {
            return Transform { coefficients: [[0.0; COEFFICIENTS]; COEFFICIENTS], quality: Quality(0) };
        }
        let samples = sample(rows);
        Transform { coefficients: cosine_transform(&samples), quality: quality(&samples) }
    }

    pub(super) fn forms(&self) -> PdqForms {
        PdqForms { hashes: Turn::ALL.map(|turn| self.hash(turn)), quality: self.quality }
    }

    /// Mirroring changes the sign of the odd frequencies along its axis, turning on the diagonal swaps the axes.
    pub(super) fn hash(&self, turn: Turn) -> Pdq {
        let (transposed, mirrored, flipped) = turn.steps();
        let mut turned = [0.0; COEFFICIENTS * COEFFICIENTS];
        for (at, slot) in turned.iter_mut().enumerate() {
            let (row, column) = (at / COEFFICIENTS, at % COEFFICIENTS);
            let value = if transposed { self.coefficients[column][row] } else { self.coefficients[row][column] };
            // Index 0 holds frequency 1.
            let negative = (mirrored && column % 2 == 0) != (flipped && row % 2 == 0);
            *slot = if negative { -value } else { value };
        }
        bits_above_median(&turned)
    }
}

fn bits_above_median(values: &[f32; COEFFICIENTS * COEFFICIENTS]) -> Pdq {
    let mut order = *values;
    // The lower of the two middle values, as the reference takes it.
    let (_, median, _) = order.select_nth_unstable_by(values.len() / 2 - 1, f32::total_cmp);
    let mut bytes = [0; 32];
    for (bit, _) in values.iter().enumerate().filter(|(_, value)| *median < **value) {
        bytes[31 - bit / 8] |= 1 << (bit % 8);
    }
    Pdq(bytes)
}

/// What one of the 64 samples along an axis takes from which pixels.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// The weights of two box filters in a row, as wide as a sample is apart, at the 64 sampled places of an axis.
fn taps(len: usize) -> Vec<Taps> {
    let box_width = len.div_ceil(2 * SAMPLES);
    let ahead = box_width / 2 + 1;
    // At the ends the window is cut, not padded.
    let window = |at: usize| (at + ahead).saturating_sub(box_width)..(at + ahead).min(len);
    let sampled = (0..SAMPLES).map(|sample| (2 * sample + 1) * len / (2 * SAMPLES));
    sampled
        .map(|at| {
            let outer = window(at);
            let first = window(outer.start).start;
            let mut weights = vec![0.0; window(outer.end - 1).end - first];
            for middle in outer.clone() {
                let inner = window(middle);
                let weight = 1.0 / (outer.len() * inner.len()) as f32;
                weights[inner.start - first..inner.end - first].iter_mut().for_each(|slot| *slot += weight);
            }
            Taps { first, weights }
        })
        .collect()
}

type Samples = [[f32; SAMPLES]; SAMPLES];

/// Smooths and samples: down first, a whole row at a time, then along the 64 rows that are left.
fn sample(rows: &mut dyn Rows) -> Samples {
    let (width, height) = (rows.width(), rows.height());
    let (down, along) = (taps(height), taps(width));
    let mut samples = [[0.0; SAMPLES]; SAMPLES];
    let mut sums = vec![vec![0.0_f32; width]; SAMPLES];
    let mut row = vec![0.0; width];
    let mut open = 0;
    for y in 0..height {
        rows.next(&mut row);
        let reached = (open..SAMPLES).take_while(|sample| down[*sample].first <= y);
        for sample in reached {
            if let Some(weight) = down[sample].weights.get(y - down[sample].first) {
                sums[sample].iter_mut().zip(&row).for_each(|(sum, value)| *sum += value * weight);
            }
        }
        while open < SAMPLES && down[open].first + down[open].weights.len() <= y + 1 {
            for (slot, taps) in samples[open].iter_mut().zip(&along) {
                *slot = taps.weights.iter().zip(&sums[open][taps.first..]).map(|(weight, value)| weight * value).sum();
            }
            sums[open] = Vec::new();
            open += 1;
        }
    }
    samples
}

/// Rows 1 to 16 of the cosine transform of length 64.
static COSINES: LazyLock<[[f32; SAMPLES]; COEFFICIENTS]> = LazyLock::new(|| {
    let scale = (2.0 / SAMPLES as f64).sqrt();
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let angle = std::f64::consts::PI / (2 * SAMPLES) as f64 * (row + 1) as f64 * (2 * column + 1) as f64;
            (scale * angle.cos()) as f32
        })
    })
});

fn cosine_transform(samples: &Samples) -> [[f32; COEFFICIENTS]; COEFFICIENTS] {
    let cosines = &*COSINES;
    let mut half = [[0.0_f32; SAMPLES]; COEFFICIENTS];
    for (out, row) in half.iter_mut().zip(cosines) {
        for (weight, sample) in row.iter().zip(samples) {
            out.iter_mut().zip(sample).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    half.map(|half| {
        std::array::from_fn(|column| half.iter().zip(&cosines[column]).map(|(value, weight)| value * weight).sum())
    })
}

/// The sum of steps between neighbouring samples, in whole hundredths of the range, scaled as in the reference.
fn quality(samples: &Samples) -> Quality {
    let step = |a: f32, b: f32| ((a - b) * 100.0 / 255.0).trunc().abs();
    let down: f32 = samples.windows(2).flat_map(|two| two[0].iter().zip(&two[1]).map(|(a, b)| step(*a, *b))).sum();
    let along: f32 = samples.iter().flat_map(|row| row.windows(2).map(|two| step(two[0], two[1]))).sum();
    Quality((((down + along) / 90.0) as u32).min(100) as u8)
}

/// The bits set in two words, summed in parallel: processors without an instruction for it take two thirds of the time of
/// two `count_ones` (Warren, "Hacker's Delight", 2nd edition, section 5-1).
pub(super) fn ones(a: u64, b: u64) -> u32 {
    const PAIRS: u64 = 0x5555_5555_5555_5555;
    const FOURS: u64 = 0x3333_3333_3333_3333;
    const BYTES: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let by_two = |word: u64| word.wrapping_sub(word >> 1 & PAIRS);
    let by_four = |word: u64| (word & FOURS).wrapping_add(word >> 2 & FOURS);
    // At most 8 in each four bits.
    let fours = by_four(by_two(a)).wrapping_add(by_four(by_two(b)));
    let bytes = (fours & BYTES).wrapping_add(fours >> 4 & BYTES);
    (bytes.wrapping_mul(0x0101_0101_0101_0101) >> 56) as u32
}

#[cfg(test)]
mod tests;
