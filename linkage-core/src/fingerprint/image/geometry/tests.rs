//! Keypoints of a drawn scene moved by a known map: the map is found, and strangers have none.

use proptest::prelude::*;

use super::*;
use crate::fingerprint::image::keypoints::Descriptor;

const SIDE: u32 = 400;

/// Numbers from 0 to 1 that look drawn by chance, always the same for a seed.
fn draws(seed: u64) -> impl FnMut() -> f32 {
    let mut reader = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
    move || {
        let mut bytes = [0; 4];
        reader.fill(&mut bytes);
        (u32::from_le_bytes(bytes) >> 8) as f32 / (1 << 24) as f32
    }
}

fn scene(seed: u64, count: usize) -> Vec<Keypoint> {
    let mut draw = draws(seed);
    (0..count)
        .map(|number| {
            let mut words = [0; 32];
            blake3::Hasher::new()
                .update(&seed.to_le_bytes())
                .update(&number.to_le_bytes())
                .finalize_xof()
                .fill(&mut words);
            let word = |at: usize| words[8 * at..][..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            Keypoint {
                x: draw() * SIDE as f32,
                y: draw() * SIDE as f32,
                size: 2.0 + 4.0 * draw(),
                angle: wrap(draw() * std::f32::consts::TAU),
                descriptor: Descriptor([word(0), word(1), word(2), word(3)]),
            }
        })
        .collect()
}

/// The keypoints after turning by `turn` radians, scaling and moving; those outside are lost.
fn moved(points: &[Keypoint], turn: f32, scale: f32, by: (f32, f32)) -> Vec<Keypoint> {
    let (sin, cos) = turn.sin_cos();
    let half = SIDE as f32 / 2.0;
    let mv = |point: &Keypoint| {
        let (x, y) = (scale * (point.x - half), scale * (point.y - half));
        Keypoint {
            x: cos * x - sin * y + half + by.0,
            y: sin * x + cos * y + half + by.1,
            size: point.size * scale,
            angle: wrap(point.angle + turn),
            descriptor: point.descriptor,
        }
    };
    let inside = |point: &Keypoint| (0.0..SIDE as f32).contains(&point.x) && (0.0..SIDE as f32).contains(&point.y);
    points.iter().map(mv).filter(inside).collect()
}

/// Every pair of keypoints whose descriptors are near.
fn pairs(query: &[Keypoint], other: &[Keypoint]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (a, point) in query.iter().enumerate() {
        for (b, near) in other.iter().enumerate() {
            if near.descriptor.distance_hamming(&point.descriptor) <= 60 {
                pairs.push(Pair { query: a as u32, other: b as u32 });
            }
        }
    }
    pairs
}

fn found(query: &[Keypoint], other: &[Keypoint]) -> Option<Alignment> {
    let (guess, _) = consensus(query, other, &pairs(query, other))?;
    align(&Scene::new(query, SIDE, SIDE), &Scene::new(other, SIDE, SIDE), &guess)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_map_is_found_again(
        seed: u64,
        turn in -3.1_f32..3.1,
        scale in 0.5_f32..2.0,
        x in -60.0_f32..60.0,
        y in -60.0_f32..60.0,
    ) {
        let query = scene(seed, 160);
        let other = moved(&query, turn, scale, (x, y));
        prop_assume!(20 <= other.len());
        let alignment = found(&query, &other).unwrap();
        prop_assert!((alignment.map.scale() / scale - 1.0).abs() < 0.02, "{}", alignment.map.scale());
        prop_assert!(alignment.evidence_bits() > 64.0);
        prop_assert!(alignment.loose_share() < 0.1);
        for pair in &alignment.pairs {
            let (a, b) = (&query[pair.query as usize], &other[pair.other as usize]);
            let (x, y) = alignment.map.apply(a.x, a.y);
            prop_assert!((x - b.x).hypot(y - b.y) < 2.0);
        }
        let mut taken: Vec<u32> = alignment.pairs.iter().map(|pair| pair.other).collect();
        taken.sort_unstable();
        taken.dedup();
        prop_assert_eq!(taken.len(), alignment.pairs.len());
    }

    #[test]
    fn a_map_and_its_inverse_lead_back(turn in -3.1_f32..3.1, scale in 0.2_f32..5.0, x in -9.0_f32..9.0) {
        let (sin, cos) = turn.sin_cos();
        let map = Affine([scale * cos, -scale * sin, x, scale * sin, scale * cos, -x]);
        let (u, v) = map.apply(30.0, 70.0);
        let (back_x, back_y) = map.inverse().unwrap().apply(u, v);
        prop_assert!((back_x - 30.0).hypot(back_y - 70.0) < 0.01);
        prop_assert!((map.scale() - scale).abs() < 1e-3 * scale);
    }
}

#[test]
fn strangers_have_no_map() {
    assert!(found(&scene(1, 300), &scene(2, 300)).is_none());
    assert!(found(&[], &[]).is_none());
}

#[test]
fn what_is_scaled_beyond_the_bound_is_refused() {
    let query = scene(3, 160);
    let tiny = moved(&query, 0.0, 0.05, (0.0, 0.0));
    assert!(found(&query, &tiny).is_none());
}

#[test]
fn all_keypoints_on_one_place_are_refused() {
    let points: Vec<Keypoint> = scene(4, 40).into_iter().map(|point| Keypoint { x: 9.0, y: 9.0, ..point }).collect();
    assert!(found(&points, &points).is_none());
}

#[test]
fn a_map_of_a_mirrored_picture_becomes_one_of_the_picture() {
    let map = Affine([2.0, 0.0, 5.0, 0.0, 2.0, 7.0]);
    let (x, y) = map.apply(SIDE as f32 - 30.0, 40.0);
    assert_eq!(map.after_mirroring(SIDE as f32).apply(30.0, 40.0), (x, y));
}

#[test]
fn neighbours_that_are_off_together_drift() {
    let grid = (0..100).map(|at| ((at % 10) as f32 * 20.0, (at / 10) as f32 * 20.0));
    let offsets = |off: &dyn Fn(usize, f32) -> (f32, f32)| -> Vec<Offset> {
        grid.clone().enumerate().map(|(at, (x, y))| Offset { x, y, size: 3.0, off: off(at, x) }).collect()
    };
    // Left and right halves lie at different depths.
    let parallax = drift(&offsets(&|_, x| if x < 100.0 { (0.4, 0.0) } else { (-0.4, 0.0) }));
    let mut draw = draws(5);
    let noise: Vec<(f32, f32)> = (0..100).map(|_| (draw() - 0.5, draw() - 0.5)).collect();
    let noise = drift(&offsets(&|at, _| noise[at]));
    assert!(0.7 < parallax, "{parallax}");
    assert!(noise.abs() < 0.3, "{noise}");
}
