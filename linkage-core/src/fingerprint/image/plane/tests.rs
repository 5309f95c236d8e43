//! What happens to the mean and to flat places when a plane is made smaller or smoother.

use proptest::prelude::*;

use super::*;

fn mean(plane: &Plane) -> f32 {
    plane.values.iter().sum::<f32>() / plane.values.len() as f32
}

fn noise(width: usize, height: usize, seed: u64) -> Plane {
    let mut bytes = vec![0; width * height];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    Plane { width, height, values: bytes.into_iter().map(f32::from).collect() }
}

proptest! {
    #[test]
    fn shrinking_keeps_the_mean(width in 1_usize..60, height in 1_usize..60, seed: u64, share in 0.05_f64..1.0) {
        let plane = noise(width, height, seed);
        let side = |side: usize| ((side as f64 * share) as usize).max(1);
        let small = plane.shrunk(side(width), side(height));
        prop_assert!((mean(&small) - mean(&plane)).abs() < 0.05, "{} and {}", mean(&small), mean(&plane));
    }

    #[test]
    fn flat_stays_flat(width in 1_usize..60, height in 1_usize..60, value in 0_u8..=255) {
        let flat = Plane { width, height, values: vec![value.into(); width * height] };
        // The kernel's weights add up to one to a few thousandths.
        for plane in [flat.smoothed(&[0.5, 0.25]), flat.resampled(width.div_ceil(2), height.div_ceil(3)), flat.shrunk(1, 1)] {
            prop_assert!(plane.values.iter().all(|other| (other - f32::from(value)).abs() < 0.01));
        }
    }

    #[test]
    fn between_pixels_lies_between_their_values(x in -5.0_f32..20.0, y in -5.0_f32..20.0, seed: u64) {
        let plane = noise(9, 7, seed);
        let value = plane.at(x, y);
        prop_assert!((0.0..=255.0).contains(&value));
        let pixel = |at: f32, side: usize| (at.round().max(0.0) as usize).min(side - 1);
        let (x, y) = (pixel(x, 9), pixel(y, 7));
        prop_assert_eq!(plane.at(x as f32, y as f32), plane.row(y)[x]);
    }
}

#[test]
fn a_picture_is_shrunk_to_its_luminance() {
    let rows = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]].concat();
    let pixels = Pixels::new(2, 2, rows).unwrap();
    let plane = Plane::of(&pixels, 1);
    assert_eq!((plane.width, plane.height), (1, 1));
    assert!((plane.values[0] - 127.5).abs() < 0.01, "{}", plane.values[0]);
}
