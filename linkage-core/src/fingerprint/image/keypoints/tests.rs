//! Where places are found, and that mirroring a picture permutes what is found in it.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::fingerprint::image::{Limits, decode};

fn plane(name: &str) -> Plane {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/images").join(name);
    Plane::of(&decode(&fs::read(path).unwrap(), &Limits::default()).unwrap(), 220_000)
}

fn mirrored(plane: &Plane) -> Plane {
    let values = (0..plane.height).flat_map(|y| plane.row(y).iter().rev().copied()).collect();
    Plane { values, ..*plane }
}

#[test]
fn a_flat_picture_and_a_line_have_none() {
    for (width, height) in [(1, 1), (300, 300), (400, 1), (1, 400), (30, 24)] {
        let flat = Plane { width, height, values: vec![90.0; width * height] };
        assert_eq!(keypoints(&flat, 1.0), []);
    }
}

#[test]
fn places_are_many_bounded_inside_the_picture_and_always_the_same() {
    let plane = plane("indexed/watch.jpg");
    let found = keypoints(&plane, 2.0);
    assert!((50..=QUERY_MAX).contains(&found.len()), "{}", found.len());
    for point in &found {
        assert!(0.0 < point.x && point.x < 2.0 * plane.width as f32, "{point:?}");
        assert!(0.0 < point.y && point.y < 2.0 * plane.height as f32, "{point:?}");
        assert!(0.0 < point.size && point.angle.abs() <= std::f32::consts::PI, "{point:?}");
    }
    assert_eq!(keypoints(&plane, 2.0), found);
}

#[test]
fn noise_has_no_more_than_the_bound() {
    let mut bytes = vec![0; 400 * 500];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    let noise = Plane { width: 400, height: 500, values: bytes.into_iter().map(f32::from).collect() };
    assert_eq!(keypoints(&noise, 1.0).len(), QUERY_MAX);
}

#[test]
fn in_the_mirrored_picture_most_are_found_again_with_mirrored_descriptors() {
    let plane = plane("indexed/radio.jpg");
    let width = plane.width as f32;
    let (here, there) = (keypoints(&plane, 1.0), keypoints(&mirrored(&plane), 1.0));
    let again = here.iter().filter(|point| {
        let expected = point.descriptor.mirrored();
        there.iter().any(|other| {
            (other.x + point.x - width).abs() < 2.0
                && (other.y - point.y).abs() < 2.0
                && other.descriptor.distance_hamming(&expected) <= 40
        })
    });
    let count = again.count();
    assert!(here.len() * 7 <= count * 10, "{count} of {}", here.len());
}

#[test]
fn the_direction_of_a_vector_is_right_to_half_a_hundredth() {
    for step in 0..1_000 {
        let turn = step as f32 / 1_000.0;
        let (sin, cos) = (turn * std::f32::consts::TAU).sin_cos();
        let off = (turn_of(3.0 * cos, 3.0 * sin) - turn).abs();
        assert!(off.min(1.0 - off) < 0.005, "{turn}: {off}");
    }
}

proptest! {
    #[test]
    fn mirroring_twice_changes_nothing_and_mirroring_keeps_distances(a: [u64; 4], b: [u64; 4]) {
        let (a, b) = (Descriptor(a), Descriptor(b));
        prop_assert_eq!(a.mirrored().mirrored(), a);
        prop_assert_eq!(a.mirrored().distance_hamming(&b.mirrored()), a.distance_hamming(&b));
    }
}
