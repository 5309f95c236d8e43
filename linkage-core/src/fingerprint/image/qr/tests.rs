//! Each test is one way a code stands in a listing's picture, or something that is none.
//! Only `check` calls the code under test; codes are drawn by the crate `qrcode`.

use qrcode::{Color, QrCode};

use super::*;

const SAYS: &str = "https://paypal.me/BestDeals";

/// A code of `module` pixels for each of its squares, drawn at a place of a picture of one grey.
fn drawn(
    text: &str,
    module: usize,
    (left, top): (usize, usize),
    (width, height): (usize, usize),
    ink: [u8; 2],
) -> Pixels {
    let code = QrCode::new(text).unwrap();
    let side = code.width();
    let colors = code.to_colors();
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let at = |place: usize, start: usize| place.checked_sub(start).map(|from| from / module);
            let square = at(x, left).zip(at(y, top)).filter(|(column, row)| *column < side && *row < side);
            let is_dark = square.is_some_and(|(column, row)| colors[row * side + column] == Color::Dark);
            rgb.extend([ink[usize::from(!is_dark)]; 3]);
        }
    }
    Pixels::new(width as u32, height as u32, rgb).unwrap()
}

#[track_caller]
fn check(pixels: &Pixels, expected: &[&str]) {
    assert_eq!(qr_codes(pixels), expected);
}

#[test]
fn a_code_in_every_corner_and_size() {
    for (module, place) in [(2, (20, 30)), (4, (250, 20)), (5, (40, 350)), (8, (100, 150)), (12, (30, 30))] {
        check(&drawn(SAYS, module, place, (400, 534), [0, 255]), &[SAYS]);
    }
}

#[test]
fn a_pale_code_on_grey() {
    check(&drawn(SAYS, 5, (120, 200), (400, 534), [90, 170]), &[SAYS]);
}

#[test]
fn a_light_code_on_a_dark_ground() {
    check(&drawn(SAYS, 5, (120, 200), (400, 534), [255, 0]), &[SAYS]);
    check(&drawn(SAYS, 4, (20, 30), (400, 534), [230, 60]), &[SAYS]);
}

#[test]
fn a_code_in_a_photo_of_a_telephone() {
    check(&drawn(SAYS, 24, (1200, 1500), (3000, 4000), [20, 240]), &[SAYS]);
}

#[test]
fn two_codes_in_one_picture() {
    let (left, right) =
        (drawn(SAYS, 4, (20, 60), (200, 300), [0, 255]), drawn("tel:+442079460958", 4, (20, 60), (200, 300), [0, 255]));
    let mut rgb = Vec::new();
    for (a, b) in left.rows().zip(right.rows()) {
        rgb.extend_from_slice(a);
        rgb.extend_from_slice(b);
    }
    let mut found = qr_codes(&Pixels::new(400, 300, rgb).unwrap());
    found.sort_unstable();
    assert_eq!(found, [SAYS, "tel:+442079460958"]);
}

#[test]
fn chinese_text_is_read() {
    check(&drawn("微信 bestdeals88", 5, (60, 60), (400, 400), [0, 255]), &["微信 bestdeals88"]);
}

#[test]
fn what_is_no_code_says_nothing() {
    for grey in [0, 128, 255] {
        check(&Pixels::new(400, 534, vec![grey; 3 * 400 * 534]).unwrap(), &[]);
    }
    for (width, height) in [(1, 1), (1, 5000), (5000, 1), (7, 7)] {
        check(&Pixels::new(width, height, vec![200; (3 * width * height) as usize]).unwrap(), &[]);
    }
    let stripes = (0..534 * 400).flat_map(|at| [if at % 400 / 4 % 2 == 0 { 0 } else { 255 }; 3]).collect();
    check(&Pixels::new(400, 534, stripes).unwrap(), &[]);
}

#[test]
fn a_picture_full_of_rings_costs_no_time() {
    // The ring of a finder pattern on every tenth pixel.
    let ring = |x: usize, y: usize| {
        let far = x.abs_diff(3).max(y.abs_diff(3));
        x < 7 && y < 7 && (far <= 1 || far == 3)
    };
    let pixel = |at: usize| [if ring(at % 1000 % 10, at / 1000 % 10) { 0_u8 } else { 255 }; 3];
    let pixels = Pixels::new(1000, 600, (0..600_000).flat_map(pixel).collect()).unwrap();
    let begin = std::time::Instant::now();
    check(&pixels, &[]);
    assert!(begin.elapsed().as_secs() < 5);
}

#[test]
fn a_code_torn_in_half_says_nothing() {
    let whole = drawn(SAYS, 5, (40, 40), (300, 300), [0, 255]);
    let half = whole.rgb()[..3 * 300 * 120].to_vec();
    check(&Pixels::new(300, 120, half).unwrap(), &[]);
}
