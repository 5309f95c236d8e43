//! Whether keypoints of two pictures that look alike also lie alike.
//!
//! A single pair of keypoints says how one picture would have to be moved, turned and scaled to lie on the other. The pair with
//! which most others agree is refined to an affine map, along which all keypoints are matched one to one. Everything
//! is tried, nothing drawn by chance, so the same pictures give the same answer.

use super::keypoints::Keypoint;

/// Descriptors further apart are not the same place.
const DISTANCE_MAX: u32 = 84;

/// How many times larger or smaller one picture may show what the other shows.
const SCALE_MAX: f32 = 10.0;

/// How much more one direction may be stretched than the other.
const STRETCH_MAX: f32 = 1.5;

/// Agreement of single pairs: in direction (radians) and size (octaves).
const TURN_APART_MAX: f32 = 0.45;
const OCTAVES_APART_MAX: f32 = 0.5;

/// Cosine of [`TURN_APART_MAX`].
const TURN_APART_COSINE_MIN: f32 = 0.900_4;

/// A map of the plane: `x' = m[0] x + m[1] y + m[2]`, `y' = m[3] x + m[4] y + m[5]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine(pub(super) [f32; 6]);

/// Two keypoints that may be the same place: index in the query, index in the other picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) query: u32,
    pub(super) other: u32,
}

/// How two pictures lie on each other.
#[derive(Clone, Debug)]
pub(super) struct Alignment {
    pub(super) map: Affine,
    /// One to one, in the order of the query.
    pub(super) pairs: Vec<Pair>,
    /// Surprise of the pairs that lie on the place, in bits.
    pub(super) tight_bits: f32,
    /// Surprise of those that lie beside it.
    pub(super) loose_bits: f32,
    /// How many lie on the place.
    pub(super) tight: usize,
    /// How much neighbouring pairs are off in the same direction, -1 to 1.
    pub(super) drift: f32,
}

impl Alignment {
    /// How much speaks for a copy: what lies on the place, less half of what lies beside it. In another photo of the
    /// same things the places are near, and not the same.
    pub(super) fn evidence_bits(&self) -> f32 {
        self.tight_bits - 0.5 * self.loose_bits
    }

    /// The share of pairs that lie beside the place, 0 to 1.
    pub(super) fn loose_share(&self) -> f32 {
        1.0 - self.tight as f32 / self.pairs.len().max(1) as f32
    }
}

impl Affine {
    pub(super) fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let m = &self.0;
        (m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5])
    }

    /// By how much it stretches, at most and at least.
    fn stretches(&self) -> (f32, f32) {
        let m = &self.0;
        let (e, f) = ((m[0] + m[4]) / 2.0, (m[0] - m[4]) / 2.0);
        let (g, h) = ((m[3] + m[1]) / 2.0, (m[3] - m[1]) / 2.0);
        let (q, r) = (e.hypot(h), f.hypot(g));
        (q + r, (q - r).abs())
    }

    /// Whether it keeps the sense of turning and stretches within bounds.
    fn is_plausible(&self) -> bool {
        let m = &self.0;
        let (most, least) = self.stretches();
        0.0 < m[0] * m[4] - m[1] * m[3] && most < SCALE_MAX && 1.0 / SCALE_MAX < least && most < STRETCH_MAX * least
    }

    /// This map of a mirrored picture as one of the picture itself, which is `width` wide.
    pub(super) fn after_mirroring(&self, width: f32) -> Affine {
        let [a, b, c, d, e, f] = self.0;
        Affine([-a, b, c + a * width, -d, e, f + d * width])
    }

    pub(super) fn scale(&self) -> f32 {
        let (most, least) = self.stretches();
        (most * least).sqrt()
    }

    /// The map back.
    pub(super) fn inverse(&self) -> Option<Affine> {
        let m = &self.0;
        let det = m[0] * m[4] - m[1] * m[3];
        if det.abs() < 1e-9 {
            return None;
        }
        let (a, b, c, d) = (m[4] / det, -m[1] / det, -m[3] / det, m[0] / det);
        Some(Affine([a, b, -a * m[2] - b * m[5], c, d, -c * m[2] - d * m[5]]))
    }
}

/// Keypoints of one picture with their sides, laid out for looking up what lies near a place.
pub(super) struct Scene<'k> {
    pub(super) points: &'k [Keypoint],
    pub(super) width: f32,
    pub(super) height: f32,
    cells: Vec<Vec<u32>>,
}

const GRID: usize = 24;

impl<'k> Scene<'k> {
    pub(super) fn new(points: &'k [Keypoint], width: u32, height: u32) -> Scene<'k> {
        let (width, height) = (width as f32, height as f32);
        let mut scene = Scene { points, width, height, cells: vec![Vec::new(); GRID * GRID] };
        for (number, point) in points.iter().enumerate() {
            let cell = scene.cell(point.y, height) * GRID + scene.cell(point.x, width);
            scene.cells[cell].push(number as u32);
        }
        scene
    }

    fn cell(&self, at: f32, side: f32) -> usize {
        ((at * GRID as f32 / side) as usize).min(GRID - 1)
    }

    fn near(&self, x: f32, y: f32, radius: f32) -> impl Iterator<Item = u32> + '_ {
        let columns = self.cell(x - radius, self.width)..=self.cell(x + radius, self.width);
        let rows = self.cell(y - radius, self.height)..=self.cell(y + radius, self.height);
        rows.flat_map(move |row| columns.clone().flat_map(move |column| &self.cells[row * GRID + column]).copied())
    }

    fn contains(&self, (x, y): (f32, f32)) -> bool {
        0.0 <= x && x < self.width && 0.0 <= y && y < self.height
    }

    fn diagonal(&self) -> f32 {
        self.width.hypot(self.height)
    }
}

/// The keypoints of the picture mirrored left to right.
pub(super) fn mirrored(points: &[Keypoint], width: u32) -> Vec<Keypoint> {
    let mirror = |point: &Keypoint| Keypoint {
        x: width as f32 - point.x,
        angle: wrap(std::f32::consts::PI - point.angle),
        descriptor: point.descriptor.mirrored(),
        ..*point
    };
    points.iter().map(mirror).collect()
}

fn wrap(angle: f32) -> f32 {
    let turns = (angle / std::f32::consts::TAU).round();
    angle - turns * std::f32::consts::TAU
}

/// The pair with which most others agree, and how many places do, its own included.
pub(super) fn consensus(query: &[Keypoint], other: &[Keypoint], pairs: &[Pair]) -> Option<(Vec<Pair>, usize)> {
    let moves: Vec<(Pair, Move)> = pairs
        .iter()
        .take(PAIRS_MAX)
        .map(|pair| (*pair, Move::new(&query[pair.query as usize], &other[pair.other as usize])))
        .filter(|(_, step)| step.octaves.abs() < SCALE_MAX.log2())
        .collect();
    let agreeing = |anchor: &Move| moves.iter().filter(|(_, step)| anchor.agrees(step)).count();
    let (_, best) = moves.iter().max_by_key(|(_, anchor)| agreeing(anchor))?;
    let agreeing: Vec<&(Pair, Move)> = moves.iter().filter(|(_, step)| best.agrees(step)).collect();
    // Keypoints of two directions or sizes at one place are one witness.
    let mut places: Vec<(u32, u32)> = agreeing.iter().map(|(_, step)| step.place()).collect();
    places.sort_unstable();
    places.dedup();
    Some((agreeing.iter().map(|(pair, _)| *pair).collect(), places.len()))
}

/// The most pairs of two pictures that are looked at for a first guess.
const PAIRS_MAX: usize = 150;

/// How a keypoint would have to be moved to lie on another.
struct Move {
    from: (f32, f32),
    to: (f32, f32),
    size: f32,
    octaves: f32,
    /// Cosine and sine of the turn.
    turn: (f32, f32),
    scale: f32,
}

impl Move {
    fn new(from: &Keypoint, to: &Keypoint) -> Move {
        let (scale, (sin, cos)) = (to.size / from.size, (to.angle - from.angle).sin_cos());
        let (from, size) = ((from.x, from.y), to.size);
        Move { from, to: (to.x, to.y), size, octaves: scale.log2(), turn: (cos, sin), scale }
    }

    fn agrees(&self, other: &Move) -> bool {
        let (cos, sin) = self.turn;
        if cos * other.turn.0 + sin * other.turn.1 < TURN_APART_COSINE_MIN
            || OCTAVES_APART_MAX < (self.octaves - other.octaves).abs()
        {
            return false;
        }
        let (dx, dy) = (self.scale * (other.from.0 - self.from.0), self.scale * (other.from.1 - self.from.1));
        let (x, y) = (other.to.0 - self.to.0, other.to.1 - self.to.1);
        let (off_x, off_y) = (cos * dx - sin * dy - x, sin * dx + cos * dy - y);
        let slack = 0.25 * (x * x + y * y).sqrt() + 3.0 * other.size;
        off_x * off_x + off_y * off_y < slack * slack
    }

    fn place(&self) -> (u32, u32) {
        ((self.from.0 / 3.0) as u32, (self.from.1 / 3.0) as u32)
    }
}

/// Refines a first guess, matching along it one to one.
pub(super) fn align(query: &Scene<'_>, other: &Scene<'_>, guess: &[Pair]) -> Option<Alignment> {
    let mut map = settle(query, other, guess)?;
    let mut pairs = Vec::new();
    for slack in [0.03, 0.02, 0.014, 0.010] {
        pairs = along(query, other, &map, slack * other.diagonal());
        map = settle(query, other, &pairs)?;
    }
    Some(measure(query, other, map, pairs))
}

/// The map on which most pairs lie: least squares, again and again without the worst.
fn settle(query: &Scene<'_>, other: &Scene<'_>, pairs: &[Pair]) -> Option<Affine> {
    const PAIRS_MIN: usize = 3;
    const ROUNDS: usize = 5;
    if pairs.len() < PAIRS_MIN {
        return None;
    }
    let mut kept = pairs.to_vec();
    let mut map = fit(query, other, &kept, false)?;
    for round in 0..ROUNDS {
        let off = |pair: &Pair| {
            let (a, b) = (&query.points[pair.query as usize], &other.points[pair.other as usize]);
            let (x, y) = map.apply(a.x, a.y);
            (x - b.x).hypot(y - b.y) / b.size.max(1.0)
        };
        let mut sorted: Vec<f32> = pairs.iter().map(off).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let bound = 2.5 * sorted[sorted.len() / 2].max(0.1);
        kept.clear();
        kept.extend(pairs.iter().filter(|pair| off(pair) <= bound));
        map = fit(query, other, &kept, 2 <= round && 12 <= kept.len())?;
    }
    Some(map).filter(Affine::is_plausible)
}

/// Matches along a map, one to one, the most alike first.
fn along(query: &Scene<'_>, other: &Scene<'_>, map: &Affine, slack: f32) -> Vec<Pair> {
    let scale_octaves = map.scale().log2();
    let turn = map.0[3].atan2(map.0[0]);
    let mut found: Vec<(u32, Pair)> = Vec::new();
    for (number, point) in query.points.iter().enumerate() {
        let place = map.apply(point.x, point.y);
        if !other.contains(place) {
            continue;
        }
        for near in other.near(place.0, place.1, slack) {
            let candidate = &other.points[near as usize];
            if slack < (candidate.x - place.0).hypot(candidate.y - place.1)
                || TURN_APART_MAX < wrap(candidate.angle - point.angle - turn).abs()
                || OCTAVES_APART_MAX < ((candidate.size / point.size).log2() - scale_octaves).abs()
            {
                continue;
            }
            let distance = candidate.descriptor.distance_hamming(&point.descriptor);
            if distance <= DISTANCE_MAX {
                found.push((distance, Pair { query: number as u32, other: near }));
            }
        }
    }
    found.sort_unstable();
    let (mut query_taken, mut other_taken) = (vec![false; query.points.len()], vec![false; other.points.len()]);
    let mut pairs: Vec<Pair> = Vec::new();
    for (_, pair) in found {
        if !query_taken[pair.query as usize] && !other_taken[pair.other as usize] {
            query_taken[pair.query as usize] = true;
            other_taken[pair.other as usize] = true;
            pairs.push(pair);
        }
    }
    pairs.sort_unstable();
    pairs
}

/// The map that brings the pairs closest in the sense of least squares: affine, or a similarity where pairs are few.
fn fit(query: &Scene<'_>, other: &Scene<'_>, pairs: &[Pair], affine: bool) -> Option<Affine> {
    let points = pairs.iter().map(|pair| {
        let (a, b) = (&query.points[pair.query as usize], &other.points[pair.other as usize]);
        [f64::from(a.x), f64::from(a.y), f64::from(b.x), f64::from(b.y)]
    });
    let count = pairs.len() as f64;
    let mean = points.clone().fold([0.0; 4], |sum, p| std::array::from_fn(|at| sum[at] + p[at] / count));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    let (mut xu, mut yu, mut xv, mut yv) = (0.0, 0.0, 0.0, 0.0);
    for p in points {
        let [x, y, u, v]: [f64; 4] = std::array::from_fn(|at| p[at] - mean[at]);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        (xu, yu, xv, yv) = (xu + x * u, yu + y * u, xv + x * v, yv + y * v);
    }
    let det = xx * yy - xy * xy;
    let [a, b, c, d] = if affine && 1e-3 * (xx + yy) * (xx + yy) < det {
        [(xu * yy - yu * xy) / det, (yu * xx - xu * xy) / det, (xv * yy - yv * xy) / det, (yv * xx - xv * xy) / det]
    } else {
        let spread = xx + yy;
        if spread < 1e-6 {
            return None;
        }
        let (cos, sin) = ((xu + yv) / spread, (xv - yu) / spread);
        [cos, -sin, sin, cos]
    };
    let map = [a, b, mean[2] - a * mean[0] - b * mean[1], c, d, mean[3] - c * mean[0] - d * mean[1]];
    Some(Affine(map.map(|value| value as f32)))
}

/// A pair lies on the place if it is off by less than this share of the blob's size.
const TIGHT: f32 = 0.35;

fn measure(query: &Scene<'_>, other: &Scene<'_>, map: Affine, pairs: Vec<Pair>) -> Alignment {
    let scale = map.scale();
    let mut alignment = Alignment { map, pairs: Vec::new(), tight_bits: 0.0, loose_bits: 0.0, tight: 0, drift: 0.0 };
    let mut offsets = Vec::with_capacity(pairs.len());
    for pair in &pairs {
        let (a, b) = (&query.points[pair.query as usize], &other.points[pair.other as usize]);
        let (x, y) = map.apply(a.x, a.y);
        let bits = surprise_bits(a.descriptor.distance_hamming(&b.descriptor));
        let size = b.size.max(a.size * scale);
        offsets.push(Offset { x: b.x, y: b.y, size, off: ((x - b.x) / size, (y - b.y) / size) });
        if (x - b.x).hypot(y - b.y) < TIGHT * size {
            alignment.tight_bits += bits;
            alignment.tight += 1;
        } else {
            alignment.loose_bits += bits;
        }
    }
    alignment.drift = drift(&offsets);
    Alignment { pairs, ..alignment }
}

/// How far a pair is off, in sizes of its blob.
struct Offset {
    x: f32,
    y: f32,
    size: f32,
    off: (f32, f32),
}

/// The correlation between how far neighbouring pairs are off.
///
/// In a copy that is noise. Another photo of the same things was taken from elsewhere, so what lies at another depth has moved,
/// and its neighbours with it.
fn drift(offsets: &[Offset]) -> f32 {
    const NEIGHBOURS: usize = 3;
    const OFFSETS_MAX: usize = 240;
    let step = offsets.len().div_ceil(OFFSETS_MAX).max(1);
    let sample: Vec<&Offset> = offsets.iter().step_by(step).collect();
    let (mut together, mut alone) = (0.0, 0.0);
    let mut near: Vec<(f32, usize)> = Vec::new();
    for (at, offset) in sample.iter().enumerate() {
        near.clear();
        near.extend(sample.iter().enumerate().filter(|(other, _)| *other != at).filter_map(|(at, other)| {
            let distance = (other.x - offset.x).hypot(other.y - offset.y);
            // The same blob in another size or direction is no neighbour.
            (offset.size.max(other.size) < distance).then_some((distance, at))
        }));
        let count = NEIGHBOURS.min(near.len());
        if count == 0 {
            continue;
        }
        near.select_nth_unstable_by(count - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (_, other) in &near[..count] {
            let other = sample[*other].off;
            together += offset.off.0 * other.0 + offset.off.1 * other.1;
        }
        alone += count as f32 * (offset.off.0 * offset.off.0 + offset.off.1 * offset.off.1);
    }
    if 0.0 < alone { together / alone } else { 0.0 }
}

/// How surprising it is that two descriptors are this near by chance, at most 12 bits.
fn surprise_bits(distance: u32) -> f32 {
    ((DISTANCE_MAX as f32 + 6.0 - distance as f32) / 6.0).clamp(0.0, 12.0)
}

#[cfg(test)]
mod tests;
