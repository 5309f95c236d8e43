//! QR codes in a picture: what they say.
//!
//! ```text
//! Pixels ──► black and white ──► finder patterns ──► rqrr, where there are three ──► texts
//! ```
//!
//! Most pictures hold no code, so they are asked first for what every code has in three corners: rings that a line through their
//! middle cuts into black, white, black, white, black of widths 1 : 1 : 3 : 1 : 1 (ISO/IEC 18004). Only where three are found is the
//! part of the picture around them searched.
//!
//! **Not here:** what a text means. That is [`uri`](crate::normalize::uri).

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::decode::Pixels;

/// The most codes read out of one picture.
const CODES_MAX: usize = 8;

/// Pictures are searched at most at this size, in pixels: a code that takes a fifth of a photo's width still has more than two pixels
/// for each of its modules.
const AREA_MAX: usize = 640_000;

/// Side of the blocks that have one threshold, in pixels.
const BLOCK: usize = 8;

/// A pixel is black that has less than this share of the light around it.
const BLACK_PERCENT: u32 = 92;

/// Finder patterns beyond which a picture is no listing's but one made to cost time: the search for codes takes the third power of
/// their number.
const FINDERS_MAX: usize = 64;

/// What the QR codes in a picture say, in the order found, each text once; at most 8.
///
/// Light codes on a dark ground are looked for where there are no dark ones. Bounded by the size at which pictures are searched and by the number of finder patterns. O(pixels).
pub fn qr_codes(pixels: &Pixels) -> Vec<String> {
    let (width, height, mut luma) = luma(pixels);
    let dark_on_light = Bits::of(width, height, &luma).texts();
    if !dark_on_light.is_empty() {
        return dark_on_light;
    }
    // Reversed codes are allowed (ISO/IEC 18004, section 5.1), and common on dark pages.
    luma.iter_mut().for_each(|value| *value = 255 - *value);
    Bits::of(width, height, &luma).texts()
}

/// A picture in black (1) and white (0).
struct Bits {
    width: usize,
    height: usize,
    black: Vec<u8>,
}

/// A ring seen on a line: its middle and its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Finder {
    x: usize,
    y: usize,
    width: usize,
}

/// Left, top, width and height.
type Part = (usize, usize, usize, usize);

impl Bits {
    fn of(width: usize, height: usize, luma: &[u8]) -> Bits {
        let thresholds = thresholds(luma, width);
        let across = width.div_ceil(BLOCK);
        let mut black = vec![0; luma.len()];
        for (y, (row, out)) in luma.chunks_exact(width).zip(black.chunks_exact_mut(width)).enumerate() {
            let limits = &thresholds[y / BLOCK * across..][..across];
            for ((values, out), limit) in row.chunks(BLOCK).zip(out.chunks_mut(BLOCK)).zip(limits) {
                out.iter_mut().zip(values).for_each(|(bit, value)| *bit = u8::from(value < limit));
            }
        }
        Bits { width, height, black }
    }

    fn texts(&self) -> Vec<String> {
        let finders = self.finders();
        let Some(part) = around(&finders, self.width, self.height) else { return Vec::new() };
        // The crate promises no more than the decoders of pictures do: damage must not end an import.
        catch_unwind(AssertUnwindSafe(|| read(self, part))).unwrap_or_default()
    }

    /// The rings that a row and, through the middle found, a column cut alike; none if there are too many.
    fn finders(&self) -> Vec<Finder> {
        let mut found: Vec<Finder> = Vec::new();
        for (y, row) in self.black.chunks_exact(self.width).enumerate() {
            let mut runs = Runs::default();
            for x in 0..=self.width {
                let bit = row.get(x).copied().unwrap_or_default();
                if !runs.push(bit) {
                    continue;
                }
                let width = runs.width();
                let finder = Finder { x: x - width + width / 2, y, width };
                if found.iter().any(|known| known.is_same(&finder)) || !self.is_cut_down(&finder) {
                    continue;
                }
                if found.len() == FINDERS_MAX {
                    return Vec::new();
                }
                found.push(finder);
            }
        }
        found
    }

    /// Whether the column through the middle meets the same five runs, the third of them there.
    fn is_cut_down(&self, finder: &Finder) -> bool {
        let reach = finder.width;
        let (first, last) = (finder.y.saturating_sub(reach), (finder.y + reach).min(self.height - 1));
        let mut runs = Runs::default();
        (first..=last + 1).any(|y| {
            let bit = if y <= last { self.black[y * self.width + finder.x] } else { 0 };
            runs.push(bit) && (y - runs.width()..y).contains(&finder.y) && runs.width() < 2 * finder.width
        })
    }
}

impl Finder {
    fn is_same(&self, other: &Finder) -> bool {
        let reach = self.width.max(other.width) / 2;
        self.x.abs_diff(other.x) <= reach && self.y.abs_diff(other.y) <= reach
    }
}

/// The last five runs of one colour along a line.
#[derive(Default)]
struct Runs {
    lengths: [usize; 5],
    bit: u8,
    length: usize,
    count: usize,
}

impl Runs {
    /// Adds a pixel; whether it ends five runs of a ring's widths. The tolerance is that of rqrr, so that no ring is missed that it
    /// would have seen.
    fn push(&mut self, bit: u8) -> bool {
        if bit == self.bit {
            self.length += 1;
            return false;
        }
        self.lengths.rotate_left(1);
        self.lengths[4] = self.length;
        (self.bit, self.length) = (bit, 1);
        self.count += 1;
        // The first run of all is white, so black ones end at even counts.
        self.count.is_multiple_of(2) && 6 <= self.count && self.is_ring()
    }

    fn is_ring(&self) -> bool {
        let [a, b, middle, c, d] = self.lengths;
        let module = (a + b + c + d) / 4;
        let slack = module * 3 / 4;
        let fits = |run: usize, modules: usize| (modules * module).abs_diff(run) <= slack;
        [a, b, c, d].into_iter().all(|run| fits(run, 1)) && fits(middle, 3)
    }

    fn width(&self) -> usize {
        self.lengths.iter().sum()
    }
}

/// The luminance of a picture, every so many pixels averaged where it is larger than [`AREA_MAX`].
fn luma(pixels: &Pixels) -> (usize, usize, Vec<u8>) {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let mut step = 1;
    while AREA_MAX < (width / step).max(1) * (height / step).max(1) {
        step += 1;
    }
    let grey = |pixel: &[u8]| (u32::from(pixel[0]) * 77 + u32::from(pixel[1]) * 150 + u32::from(pixel[2]) * 29) >> 8;
    if step == 1 {
        return (width, height, pixels.rgb().chunks_exact(3).map(|pixel| grey(pixel) as u8).collect());
    }
    let (columns, rows) = ((width / step).max(1), (height / step).max(1));
    let mut out = Vec::with_capacity(columns * rows);
    let mut sums = vec![0_u32; columns];
    let all: Vec<&[u8]> = pixels.rows().collect();
    for band in all.chunks(step).take(rows) {
        sums.fill(0);
        for row in band {
            for (sum, group) in sums.iter_mut().zip(row.chunks(3 * step)) {
                *sum += group.chunks_exact(3).map(grey).sum::<u32>();
            }
        }
        let count = (step.min(width) * band.len()) as u32;
        out.extend(sums.iter().map(|sum| (sum / count) as u8));
    }
    (columns, rows, out)
}

/// For each block, the least value that is white: a share of the mean over a window of a quarter of the picture's longer side.
fn thresholds(luma: &[u8], width: usize) -> Vec<u8> {
    let height = luma.len() / width;
    let (across, down) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
    // Sums over all blocks above and to the left, with a row and a column of zeros before them.
    let mut sums = vec![0_u32; (across + 1) * (down + 1)];
    for (y, band) in luma.chunks(BLOCK * width).enumerate() {
        let mut means = vec![(0_u32, 0_u32); across];
        for row in band.chunks_exact(width) {
            for ((sum, count), block) in means.iter_mut().zip(row.chunks(BLOCK)) {
                *sum += block.iter().map(|value| u32::from(*value)).sum::<u32>();
                *count += block.len() as u32;
            }
        }
        let mut row_sum = 0;
        for (x, (sum, count)) in means.into_iter().enumerate() {
            row_sum += sum / count.max(1);
            sums[(y + 1) * (across + 1) + x + 1] = row_sum + sums[y * (across + 1) + x + 1];
        }
    }
    let reach = (across.max(down) / 8).max(2);
    let mut limits = Vec::with_capacity(across * down);
    for y in 0..down {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(down));
        for x in 0..across {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(across));
            let at = |x: usize, y: usize| sums[y * (across + 1) + x];
            let sum = at(right, bottom) + at(left, top) - at(left, bottom) - at(right, top);
            let count = ((bottom - top) * (right - left)) as u32;
            limits.push((sum * BLACK_PERCENT / (100 * count)) as u8);
        }
    }
    limits
}

/// The part of the picture that three or more rings span, with room for the widest around it.
fn around(finders: &[Finder], width: usize, height: usize) -> Option<Part> {
    const LEAST: usize = 3;
    if finders.len() < LEAST {
        return None;
    }
    let room = finders.iter().map(|finder| finder.width).max()?;
    let left = finders.iter().map(|finder| finder.x).min()?.saturating_sub(room);
    let top = finders.iter().map(|finder| finder.y).min()?.saturating_sub(room);
    let right = (finders.iter().map(|finder| finder.x).max()? + room).min(width);
    let bottom = (finders.iter().map(|finder| finder.y).max()? + room).min(height);
    Some((left, top, right - left, bottom - top))
}

fn read(bits: &Bits, (left, top, width, height): Part) -> Vec<String> {
    let at = |x: usize, y: usize| bits.black[(top + y) * bits.width + left + x];
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(width, height, |x, y| at(x, y) == 1);
    let mut texts: Vec<String> = Vec::new();
    for grid in image.detect_grids() {
        let Ok((_, text)) = grid.decode() else { continue };
        if texts.len() < CODES_MAX && !text.trim().is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

#[cfg(test)]
mod tests;
