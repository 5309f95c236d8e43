//! Hashes are those of the reference; turning and mirroring follows from one transform.
//! `testdata/images/pdq.csv` holds what the published implementation says of the pictures beside it.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::fingerprint::image::{Limits, decode};

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/images")
}

fn read(name: &str) -> Pixels {
    decode(&fs::read(pictures().join(name)).unwrap(), &Limits::default()).unwrap()
}

#[track_caller]
fn check(name: &str, expected: Expect) {
    let (hash, quality) = pdq(&read(name));
    expected.assert_eq(&format!("{hash} {}", quality.0));
}

fn reference() -> Vec<(String, Pdq, Quality)> {
    let table = fs::read_to_string(pictures().join("pdq.csv")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_owned(), cells[1].parse().unwrap(), Quality(cells[2].parse().unwrap()))
    };
    table.lines().skip(1).map(row).collect()
}

#[test]
fn on_identical_pixels_the_hash_is_the_references() {
    let exact: Vec<_> = reference().into_iter().filter(|(name, ..)| name.ends_with(".png")).collect();
    assert!(4 <= exact.len());
    for (name, expected, quality) in exact {
        let (hash, ours) = pdq(&read(&name));
        assert_eq!(ours, quality, "{name}");
        // Without structure the bits are rounding noise.
        if quality.links() {
            assert_eq!(hash, expected, "{name}");
        }
    }
}

#[test]
fn other_decoders_differ_by_less_than_what_matters() {
    for (name, expected, quality) in reference().into_iter().filter(|(.., quality)| quality.links()) {
        let (hash, ours) = pdq(&read(&name));
        assert!(hash.distance_hamming(&expected) <= 10, "{name}: {}", hash.distance_hamming(&expected));
        assert!(ours.0.abs_diff(quality.0) <= 3, "{name}: {} and {}", ours.0, quality.0);
    }
}

#[test]
fn a_picture_without_structure_has_no_quality() {
    check("formats/one-pixel.png", expect!["0000000000000000000000000000000000000000000000000000000000000000 0"]);
    assert!(!pdq(&read("formats/one-colour.png")).1.links());
}

#[test]
fn every_form_is_the_hash_of_the_turned_picture() {
    let pixels = read("formats/rgb.png");
    let all = forms(&pixels);
    assert_eq!(all.upright(), pdq(&pixels).0);
    for (turn, form) in Turn::ALL.into_iter().zip(all.hashes) {
        let (hash, _) = pdq(&turned(&pixels, turn));
        // The grid of 64 samples is not symmetrical to the last pixel.
        assert!(hash.distance_hamming(&form) <= 24, "{turn:?}: {}", hash.distance_hamming(&form));
        assert_eq!(all.nearest(&hash).0, turn);
    }
}

#[test]
fn nearest_of_a_stranger_is_far() {
    let (_, distance) = forms(&read("indexed/bag.jpg")).nearest(&pdq(&read("indexed/watch.jpg")).0);
    assert!(Pdq::SAME_MAX + 30 < distance, "{distance}");
}

#[test]
fn text_and_hash_are_one() {
    let parse = |text: &str| text.parse::<Pdq>().map_err(|error| error.to_string());
    let text = "c3b4cef3cc5b4c952c9a39cd34d93e4af2ccd3584b3a4c350d2be5a4d2a50647";
    assert_eq!(parse(text).unwrap().to_string(), text);
    assert_eq!(parse(&text.to_uppercase()).unwrap().to_string(), text);
    for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
        assert_eq!(parse(wrong), Err("expected 64 hex digits".to_owned()));
    }
}

/// The picture turned, pixel by pixel.
fn turned(pixels: &Pixels, turn: Turn) -> Pixels {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let (transposed, mirrored, flipped) = turn.steps();
    let (w, h) = if transposed { (height, width) } else { (width, height) };
    let mut rgb = Vec::with_capacity(pixels.rgb().len());
    for y in 0..h {
        for x in 0..w {
            let (x, y) = (if mirrored { w - 1 - x } else { x }, if flipped { h - 1 - y } else { y });
            let (x, y) = if transposed { (y, x) } else { (x, y) };
            rgb.extend_from_slice(&pixels.rgb()[3 * (y * width + x)..][..3]);
        }
    }
    Pixels::new(w as u32, h as u32, rgb).unwrap()
}

fn any_pixels() -> impl Strategy<Value = Pixels> {
    (1_u32..40, 1_u32..40).prop_flat_map(|(width, height)| {
        let bytes = proptest::collection::vec(any::<u8>(), 3 * (width * height) as usize);
        bytes.prop_map(move |rgb| Pixels::new(width, height, rgb).unwrap())
    })
}

proptest! {
    #[test]
    fn any_size_has_a_hash_with_half_its_bits(pixels in any_pixels()) {
        let (hash, quality) = pdq(&pixels);
        prop_assert!(quality.0 <= 100);
        prop_assert!(hash.words().iter().map(|word| word.count_ones()).sum::<u32>() <= 128);
    }

    #[test]
    fn distance_is_symmetric_and_zero_for_equals(a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
        let (a, b) = (Pdq::from_bytes(a), Pdq::from_bytes(b));
        prop_assert_eq!(a.distance_hamming(&b), b.distance_hamming(&a));
        prop_assert_eq!(a.distance_hamming(&b) == 0, a == b);
        prop_assert_eq!(a.to_string().parse::<Pdq>(), Ok(a));
    }
}

proptest! {
    #[test]
    fn bits_are_counted_right(a in any::<u64>(), b in any::<u64>()) {
        prop_assert_eq!(ones(a, b), a.count_ones() + b.count_ones());
        prop_assert_eq!(ones(u64::MAX, b | 1), 64 + (b | 1).count_ones());
    }
}
