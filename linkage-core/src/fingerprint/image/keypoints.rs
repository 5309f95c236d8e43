//! Places in a picture that are found again after editing, each with what it looks like around there.
//!
//! Blobs of any size are found as maxima of the determinant of the Hessian over a pyramid of three sizes an octave; around
//! each the gradients are gathered in 4 × 4 cells and 8 directions, turned to the blob's own direction, and 256 comparisons
//! between them make the descriptor. The comparisons are closed under mirroring, so the descriptor of the mirrored
//! picture is a permutation of its bits.
//!
//! Sources: Lindeberg, "Feature detection with automatic scale selection", IJCV 30(2), 1998 (determinant of the Hessian, scale
//! maxima); Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60(2), 2004 (direction and cells);
//! Calonder et al., "BRIEF", ECCV 2010 (comparisons as bits).

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::pdq::ones;
use super::plane::Plane;

/// The most keypoints of a picture by which it is known again.
pub(super) const KEYPOINTS_MAX: usize = 500;

/// The most keypoints of a picture that is asked about: it may show several pictures, each in a part of it.
pub(super) const QUERY_MAX: usize = 900;

/// Sizes of the pyramid an octave.
const STEPS_PER_OCTAVE: f32 = 3.0;

/// Smoothing of every level before blobs are sought, as a standard deviation in its own pixels.
const SIGMA: f32 = 1.64;

/// Half a kernel of deviation 1.56: takes a picture as it comes, deviation about .5, to [`SIGMA`].
const SMOOTH_FIRST: [f32; 6] = [0.255_9, 0.208_4, 0.112_5, 0.040_3, 0.009_57, 0.001_3];

/// Half a kernel of deviation 1: takes a level, which is the one before smoothed to [`SIGMA`] and shrunk, to it again.
const SMOOTH_NEXT: [f32; 4] = [0.399_05, 0.242_04, 0.054_01, 0.004_43];

/// A level with a shorter side is not made.
const SIDE_MIN: usize = 24;

/// No blob nearer to the edge of its level, in pixels.
const EDGE: usize = 6;

/// Weaker blobs are noise of the coder.
const RESPONSE_MIN: f32 = 1.2;

/// The picture is divided into this many cells along each axis, to spread the keypoints.
const SPREAD: usize = 6;

/// A place in a picture and how it looks there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Keypoint {
    /// Column in pixels of the picture as decoded.
    pub(super) x: f32,
    /// Row.
    pub(super) y: f32,
    /// Standard deviation of the blob in pixels of the picture.
    pub(super) size: f32,
    /// Direction in radians from the x axis towards the y axis, -π to π.
    pub(super) angle: f32,
    /// How it looks.
    pub(super) descriptor: Descriptor,
}

/// What a picture looks like around a keypoint; like places differ in few bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "[[u8; 8]; 4]", from = "[[u8; 8]; 4]")]
pub(super) struct Descriptor(pub(super) [u64; 4]);

impl From<Descriptor> for [[u8; 8]; 4] {
    fn from(descriptor: Descriptor) -> [[u8; 8]; 4] {
        descriptor.0.map(u64::to_le_bytes)
    }
}

impl From<[[u8; 8]; 4]> for Descriptor {
    fn from(bytes: [[u8; 8]; 4]) -> Descriptor {
        Descriptor(bytes.map(u64::from_le_bytes))
    }
}

impl Descriptor {
    /// In how many of 256 bits two differ.
    pub(super) fn distance_hamming(&self, other: &Descriptor) -> u32 {
        let (a, b) = (&self.0, &other.0);
        ones(a[0] ^ b[0], a[1] ^ b[1]) + ones(a[2] ^ b[2], a[3] ^ b[3])
    }

    /// The descriptor of the same place in the mirrored picture.
    pub(super) fn mirrored(&self) -> Descriptor {
        let mut words = [0; 4];
        for (bit, (from, inverted)) in MIRRORED_BITS.iter().enumerate() {
            let value = (self.0[from / 64] >> (from % 64) & 1) ^ u64::from(*inverted);
            words[bit / 64] |= value << (bit % 64);
        }
        Descriptor(words)
    }
}

struct Level {
    smooth: Plane,
    response: Plane,
    /// Pixels of the plane per pixel of this level.
    step_x: f32,
    step_y: f32,
}

/// A blob in a level, placed to a fraction of a pixel.
struct Blob {
    level: usize,
    x: f32,
    y: f32,
    /// Fraction of a level, -.5 to .5.
    level_offset: f32,
    response: f32,
}

/// The keypoints of a picture, strongest first, spread over it; coordinates are those of the plane times `scale`.
pub(super) fn keypoints(plane: &Plane, scale: f32) -> Vec<Keypoint> {
    let levels = pyramid(plane);
    let mut found = Vec::new();
    for blob in spread(blobs(&levels), &levels) {
        let level = &levels[blob.level];
        for angle in directions(&level.smooth, &blob) {
            if QUERY_MAX <= found.len() {
                return found;
            }
            let (x, y) = ((blob.x + 0.5) * level.step_x, (blob.y + 0.5) * level.step_y);
            let step = (level.step_x * level.step_y).sqrt() * (blob.level_offset / STEPS_PER_OCTAVE).exp2();
            let descriptor = describe(&level.smooth, &blob, angle);
            found.push(Keypoint { x: x * scale, y: y * scale, size: SIGMA * step * scale, angle, descriptor });
        }
    }
    found
}

fn pyramid(plane: &Plane) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    loop {
        let shrink = (-(levels.len() as f32) / STEPS_PER_OCTAVE).exp2();
        let side = |side: usize| (side as f32 * shrink).round() as usize;
        let (width, height) = (side(plane.width), side(plane.height));
        if width.min(height) < SIDE_MIN {
            return levels;
        }
        let smooth = match levels.last() {
            None => plane.smoothed(&SMOOTH_FIRST),
            Some(last) => last.smooth.resampled(width, height).smoothed(&SMOOTH_NEXT),
        };
        let response = hessian(&smooth);
        let (step_x, step_y) = (plane.width as f32 / width as f32, plane.height as f32 / height as f32);
        levels.push(Level { smooth, response, step_x, step_y });
    }
}

/// The determinant of the second derivatives at every pixel but those of the edge, where it is 0.
fn hessian(plane: &Plane) -> Plane {
    let mut out = Plane::new(plane.width, plane.height);
    let width = plane.width;
    for y in 1..plane.height - 1 {
        let (above, row, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        let out = &mut out.values[y * width..][1..width - 1];
        let rows = above.windows(3).zip(row.windows(3)).zip(below.windows(3));
        for (out, ((above, row), below)) in out.iter_mut().zip(rows) {
            let xx = row[0] - 2.0 * row[1] + row[2];
            let yy = above[1] - 2.0 * row[1] + below[1];
            let xy = 0.25 * (above[0] - above[2] - below[0] + below[2]);
            *out = xx * yy - xy * xy;
        }
    }
    out
}

/// Maxima of the response among their neighbours in the level and in those beside it.
fn blobs(levels: &[Level]) -> Vec<Blob> {
    let mut found = Vec::new();
    for (number, level) in levels.iter().enumerate() {
        let plane = &level.response;
        for y in EDGE..plane.height.saturating_sub(EDGE) {
            let (above, row, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
            let neighbours = above.windows(3).zip(row.windows(3)).zip(below.windows(3)).enumerate();
            let inner = neighbours.skip(EDGE - 1).take(plane.width.saturating_sub(2 * EDGE));
            for (x, ((above, row), below)) in inner {
                let value = row[1];
                if value < RESPONSE_MIN
                    || value <= row[0]
                    || value < row[2]
                    || value <= above[0].max(above[1]).max(above[2])
                    || value < below[0].max(below[1]).max(below[2])
                {
                    continue;
                }
                let x = x + 1;
                let beside = |other: Option<&Level>| other.map_or(0.0, |other| highest_near(level, other, x, y));
                let smaller = beside(number.checked_sub(1).and_then(|number| levels.get(number)));
                let larger = beside(levels.get(number + 1));
                if value < smaller.max(larger) {
                    continue;
                }
                found.push(Blob {
                    level: number,
                    x: x as f32 + peak(row[0], value, row[2]),
                    y: y as f32 + peak(above[1], value, below[1]),
                    level_offset: if smaller == 0.0 || larger == 0.0 { 0.0 } else { peak(smaller, value, larger) },
                    response: value,
                });
            }
        }
    }
    found
}

/// The highest response in another level around the place of a pixel.
fn highest_near(level: &Level, other: &Level, x: usize, y: usize) -> f32 {
    let place = |at: usize, from: f32, to: f32| ((at as f32 + 0.5) * from / to) as usize;
    let (x, y) = (place(x, level.step_x, other.step_x), place(y, level.step_y, other.step_y));
    let plane = &other.response;
    let columns = x.saturating_sub(1)..(x + 2).min(plane.width);
    let rows = y.saturating_sub(1)..(y + 2).min(plane.height);
    rows.flat_map(|y| &plane.row(y)[columns.clone()]).fold(0.0, |highest, value| highest.max(*value))
}

/// Where a parabola through three values has its top, from the middle one.
fn peak(before: f32, middle: f32, after: f32) -> f32 {
    let bend = before - 2.0 * middle + after;
    if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

/// The strongest blobs, those first that keep a bound for each cell of the picture, so that one busy corner does not take all.
fn spread(mut blobs: Vec<Blob>, levels: &[Level]) -> impl Iterator<Item = Blob> {
    let place = |blob: &Blob| (blob.level, blob.y.to_bits(), blob.x.to_bits());
    blobs.sort_unstable_by(|a, b| b.response.total_cmp(&a.response).then_with(|| place(a).cmp(&place(b))));
    let mut counts = [0_usize; SPREAD * SPREAD];
    let cell_max = 3 * KEYPOINTS_MAX / (SPREAD * SPREAD);
    let (first, rest): (Vec<Blob>, Vec<Blob>) = blobs.into_iter().partition(|blob| {
        let plane = &levels[blob.level].smooth;
        let cell = |at: f32, side: usize| ((at * SPREAD as f32 / side as f32) as usize).min(SPREAD - 1);
        let count = &mut counts[cell(blob.y, plane.height) * SPREAD + cell(blob.x, plane.width)];
        *count += 1;
        *count <= cell_max
    });
    first.into_iter().chain(rest)
}
const BINS: usize = 36;

/// One or two directions in which the gradients around a blob point.
fn directions(plane: &Plane, blob: &Blob) -> impl Iterator<Item = f32> + use<> {
    const RADIUS: isize = 6;
    const WEIGHTS: [f32; 7] = [1.0, 0.946, 0.801, 0.607, 0.411, 0.249, 0.135];
    let mut bins = [0.0_f32; BINS];
    let (x, y) = (blob.x.round() as isize, blob.y.round() as isize);
    for dy in -RADIUS..=RADIUS {
        let Some(row_at) = (y + dy).checked_sub(1).filter(|at| 0 <= *at && at + 2 < plane.height as isize) else {
            continue;
        };
        let (above, row, below) =
            (plane.row(row_at as usize), plane.row(row_at as usize + 1), plane.row(row_at as usize + 2));
        for dx in -RADIUS..=RADIUS {
            let at = x + dx;
            if at < 1 || plane.width as isize - 1 <= at || RADIUS * RADIUS < dx * dx + dy * dy {
                continue;
            }
            let at = at as usize;
            let (gx, gy) = (row[at + 1] - row[at - 1], below[at] - above[at]);
            let strength = (gx * gx + gy * gy).sqrt() * WEIGHTS[dx.unsigned_abs()] * WEIGHTS[dy.unsigned_abs()];
            let bin = (turn_of(gx, gy) * BINS as f32) as usize;
            bins[bin.min(BINS - 1)] += strength;
        }
    }
    let smooth = |bins: [f32; BINS]| -> [f32; BINS] {
        std::array::from_fn(|bin| {
            0.25 * bins[(bin + BINS - 1) % BINS] + 0.5 * bins[bin] + 0.25 * bins[(bin + 1) % BINS]
        })
    };
    let bins = smooth(smooth(bins));
    let highest = bins.iter().fold(0.0_f32, |highest, value| highest.max(*value));
    let mut peaks: Vec<(f32, f32)> = (0..BINS)
        .filter_map(|bin| {
            let (before, value, after) = (bins[(bin + BINS - 1) % BINS], bins[bin], bins[(bin + 1) % BINS]);
            let top = 0.85 * highest < value && before < value && after <= value;
            top.then(|| (value, (bin as f32 + 0.5 + peak(before, value, after)) / BINS as f32))
        })
        .collect();
    peaks.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    peaks.truncate(2);
    peaks.into_iter().map(|(_, turn)| {
        let angle = turn * std::f32::consts::TAU;
        if std::f32::consts::PI < angle { angle - std::f32::consts::TAU } else { angle }
    })
}

/// The direction of a vector as a share of a full turn, 0 to 1, to a thousandth.
fn turn_of(x: f32, y: f32) -> f32 {
    let (ax, ay) = (x.abs(), y.abs());
    let ratio = ax.min(ay) / ax.max(ay).max(1e-9);
    // atan(r) / 2π for 0 ≤ r ≤ 1, least squares.
    let square = ratio * ratio;
    let eighth = ratio * (0.158_9 + square * (-0.050_5 + square * 0.016_8));
    let quarter = if ay <= ax { eighth } else { 0.25 - eighth };
    let half = if x < 0.0 { 0.5 - quarter } else { quarter };
    if y < 0.0 { 1.0 - half } else { half }
}

/// Samples along each side of the patch that is described.
const PATCH: usize = 12;

/// Distance between samples, in pixels of the level.
const PATCH_STEP: f32 = 1.8;

const CELLS: usize = 4;
const CHANNELS: usize = 8;

/// Samples along each side of a cell.
const CELL_SIDE: usize = PATCH / CELLS;

/// What each sample along an axis gives to each cell: a triangle as wide as two cells, times the fading of the patch.
static CELL_WEIGHTS: LazyLock<[[f32; CELLS]; PATCH]> = LazyLock::new(|| {
    std::array::from_fn(|sample| {
        let from_middle = (sample as f32 - (PATCH - 1) as f32 / 2.0) / PATCH as f32;
        let fading = (-from_middle * from_middle * 2.6).exp();
        std::array::from_fn(|cell| {
            let distance = (sample as f32 - ((CELL_SIDE - 1) as f32 / 2.0 + (CELL_SIDE * cell) as f32)).abs();
            fading * (1.0 - distance / CELL_SIDE as f32).max(0.0)
        })
    })
});

type Cells = [[[f32; CHANNELS]; CELLS]; CELLS];

fn describe(plane: &Plane, blob: &Blob, angle: f32) -> Descriptor {
    descriptor_of(&gather(plane, blob, angle))
}

/// Gradients around a blob, by cell and direction.
fn gather(plane: &Plane, blob: &Blob, angle: f32) -> Cells {
    let step = PATCH_STEP * (blob.level_offset / STEPS_PER_OCTAVE).exp2();
    let (sin, cos) = angle.sin_cos();
    let patch = sample(plane, (blob.x, blob.y), (cos * step, sin * step));
    let weights = &*CELL_WEIGHTS;
    let mut cells: Cells = [[[0.0; CHANNELS]; CELLS]; CELLS];
    for v in 0..PATCH {
        let mut row_cells = [[0.0_f32; CHANNELS]; CELLS];
        for u in 0..PATCH {
            let gx = patch[v + 1][u + 2] - patch[v + 1][u];
            let gy = patch[v + 2][u + 1] - patch[v][u + 1];
            let (rising, falling) =
                ((gx + gy) * std::f32::consts::FRAC_1_SQRT_2, (gy - gx) * std::f32::consts::FRAC_1_SQRT_2);
            let channels = [gx, rising, gy, falling, -gx, -rising, -gy, -falling].map(|value| value.max(0.0));
            // Only the two nearest cells take something.
            let first = first_cell(u);
            for cell in first..(first + 2).min(CELLS) {
                let weight = weights[u][cell];
                row_cells[cell].iter_mut().zip(channels).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        let first = first_cell(v);
        for cell in first..(first + 2).min(CELLS) {
            let weight = weights[v][cell];
            for (sums, values) in cells[cell].iter_mut().zip(&row_cells) {
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
            }
        }
    }
    cells
}

/// The first of the two cells that a sample gives to.
fn first_cell(sample: usize) -> usize {
    (sample.saturating_sub(CELL_SIDE / 2) / CELL_SIDE).min(CELLS - 2)
}

/// Samples along each side of the patch and of one more around it, for gradients.
const SIDE: usize = PATCH + 2;

/// A square of samples around a place, its first axis along a step.
fn sample(plane: &Plane, (x, y): (f32, f32), (step_x, step_y): (f32, f32)) -> [[f32; SIDE]; SIDE] {
    let half = (SIDE - 1) as f32 / 2.0;
    let mut patch = [[0.0_f32; SIDE]; SIDE];
    for (v, row) in patch.iter_mut().enumerate() {
        let v = v as f32 - half;
        let (row_x, row_y) = (x - v * step_y - half * step_x, y + v * step_x - half * step_y);
        for (u, value) in row.iter_mut().enumerate() {
            *value = plane.at(row_x + u as f32 * step_x, row_y + u as f32 * step_y);
        }
    }
    patch
}

/// Which two numbers each bit compares: the same direction in cells beside each other, and opposite directions in a cell.
static COMPARISONS: LazyLock<[(usize, usize); 256]> = LazyLock::new(|| {
    let at = |row: usize, column: usize, channel: usize| (row * CELLS + column) * CHANNELS + channel;
    let mut pairs = Vec::with_capacity(256);
    for channel in 0..CHANNELS {
        for one in 0..CELLS {
            for other in 0..CELLS - 1 {
                pairs.push((at(one, other, channel), at(one, other + 1, channel)));
                pairs.push((at(other, one, channel), at(other + 1, one, channel)));
            }
        }
    }
    for cell in 0..CELLS * CELLS {
        for channel in 0..CHANNELS / 2 {
            pairs.push((cell * CHANNELS + channel, cell * CHANNELS + channel + CHANNELS / 2));
        }
    }
    std::array::from_fn(|bit| pairs[bit])
});

/// For each bit of a mirrored descriptor: the bit of the original it comes from, and whether it is inverted.
static MIRRORED_BITS: LazyLock<[(usize, bool); 256]> = LazyLock::new(|| {
    let mirror = |at: usize| {
        let (cell, channel) = (at / CHANNELS, at % CHANNELS);
        let (row, column) = (cell / CELLS, cell % CELLS);
        ((CELLS - 1 - row) * CELLS + column) * CHANNELS + (CHANNELS - channel) % CHANNELS
    };
    std::array::from_fn(|bit| {
        let (a, b) = COMPARISONS[bit];
        let (a, b) = (mirror(a), mirror(b));
        let same = COMPARISONS.iter().position(|pair| *pair == (a, b));
        let swapped = || COMPARISONS.iter().position(|pair| *pair == (b, a));
        same.map(|from| (from, false)).or_else(|| swapped().map(|from| (from, true))).unwrap_or((bit, false))
    })
});

fn descriptor_of(cells: &Cells) -> Descriptor {
    let flat: &[f32] = cells.as_flattened().as_flattened();
    let mut words = [0; 4];
    for (bit, (a, b)) in COMPARISONS.iter().enumerate() {
        words[bit / 64] |= u64::from(flat[*b] < flat[*a]) << (bit % 64);
    }
    Descriptor(words)
}

#[cfg(test)]
mod tests;
