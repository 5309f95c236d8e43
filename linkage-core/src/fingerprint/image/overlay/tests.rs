//! A picture laid on itself, on itself with something over it, and on another in the same template.

use super::*;

const WIDTH: usize = 160;
const HEIGHT: usize = 120;

const IDENTITY: Affine = Affine([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

/// A plane of soft blobs that depend on `seed`.
fn blobs(seed: u64) -> Plane {
    let mut bytes = vec![0; WIDTH / 4 * HEIGHT / 4];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    let coarse = Plane { width: WIDTH / 4, height: HEIGHT / 4, values: bytes.into_iter().map(f32::from).collect() };
    coarse.resampled(WIDTH, HEIGHT)
}

/// `plane` with `other` where `is_other` says so.
fn mixed(plane: &Plane, other: &Plane, is_other: impl Fn(usize, usize) -> bool) -> Plane {
    let value = |at: usize| if is_other(at % WIDTH, at / WIDTH) { other.values[at] } else { plane.values[at] };
    Plane { width: WIDTH, height: HEIGHT, values: (0..WIDTH * HEIGHT).map(value).collect() }
}

fn laid(query: &Plane, other: &Plane, map: &Affine) -> Overlay {
    let width = WIDTH as u32;
    overlay((&Miniature::of(query), width), (&Miniature::of(other), width), map)
}

#[test]
fn on_itself_everything_is_alike() {
    let overlay = laid(&blobs(1), &blobs(1), &IDENTITY);
    assert!(0.0 < overlay.alike);
    assert_eq!((overlay.alike_share(), overlay.different_share()), (1.0, 0.0));
}

#[test]
fn strangers_have_little_alike() {
    let overlay = laid(&blobs(1), &blobs(2), &IDENTITY);
    assert!(overlay.alike_share() < 0.25, "{overlay:?}");
}

#[test]
fn another_product_in_one_template_differs_within() {
    let (template, other) = (blobs(1), blobs(2));
    let middle = |x: usize, y: usize| (50..110).contains(&x) && (35..85).contains(&y);
    let overlay = laid(&mixed(&template, &other, middle), &template, &IDENTITY);
    assert!(0.1 < overlay.different_share(), "{overlay:?}");
    assert!(0.6 < overlay.alike_share(), "{overlay:?}");
}

#[test]
fn another_background_differs_around() {
    let (product, background) = (blobs(1), blobs(2));
    let outside = |x: usize, y: usize| !(40..120).contains(&x) || !(30..90).contains(&y);
    let overlay = laid(&mixed(&product, &background, outside), &product, &IDENTITY);
    assert!(overlay.different_within < 0.2 * overlay.different_around, "{overlay:?}");
    assert!(overlay.different_share() < 0.1, "{overlay:?}");
}

#[test]
fn a_flat_sticker_is_no_contradiction() {
    let picture = blobs(1);
    let flat = Plane { width: WIDTH, height: HEIGHT, values: vec![255.0; WIDTH * HEIGHT] };
    let sticker = |x: usize, y: usize| (60..90).contains(&x) && (40..70).contains(&y);
    let overlay = laid(&mixed(&picture, &flat, sticker), &picture, &IDENTITY);
    assert!(overlay.different_share() < 0.08, "{overlay:?}");
}

#[test]
fn a_map_that_leads_out_of_the_picture_or_nowhere_shows_nothing() {
    let picture = blobs(1);
    for map in [Affine([1.0, 0.0, 1e6, 0.0, 1.0, 1e6]), Affine([0.0; 6]), Affine([f32::NAN; 6])] {
        let overlay = laid(&picture, &picture, &map);
        assert_eq!((overlay.alike, overlay.different_share()), (0.0, 1.0), "{map:?}");
    }
}

#[test]
fn a_pixel_can_be_laid_on_a_line() {
    let (dot, line) = (Plane::new(1, 1), Plane::new(9_000, 1));
    let overlay = overlay((&Miniature::of(&dot), 1), (&Miniature::of(&line), 9_000), &IDENTITY);
    assert_eq!(overlay, Overlay::default());
}
