//! Pictures put together of noise on a flat ground, and what they are cut into.
//! Only `check` calls the code under test. A part is written `left top width height`.

use expect_test::{Expect, expect};

use super::*;

/// Noise in these rectangles, flat elsewhere.
fn plane(width: usize, height: usize, noisy: &[[usize; 4]]) -> Plane {
    let mut plane = Plane { width, height, values: vec![230.0; width * height] };
    let mut noise = vec![0; width * height];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    for [left, top, columns, rows] in noisy {
        for y in *top..top + rows {
            for x in *left..left + columns {
                plane.values[y * width + x] = noise[y * width + x].into();
            }
        }
    }
    plane
}

#[track_caller]
fn check(width: usize, height: usize, noisy: &[[usize; 4]], expected: Expect) {
    let plane = plane(width, height, noisy);
    let found = parts(&plane);
    let line = |part: &Part| format!("{} {} {} {}", part.left, part.top, part.width, part.height);
    expected.assert_eq(&found.iter().map(line).collect::<Vec<_>>().join(", "));
}

#[test]
fn a_picture_without_flat_bands_has_no_parts() {
    check(200, 300, &[[0, 0, 200, 300]], expect![[""]]);
}

#[test]
fn one_colour_has_no_parts() {
    check(200, 300, &[], expect![[""]]);
}

#[test]
fn a_border_is_trimmed() {
    check(200, 300, &[[20, 30, 160, 240]], expect![["20 30 160 240"]]);
}

#[test]
fn two_side_by_side() {
    check(206, 150, &[[0, 0, 100, 150], [106, 0, 100, 150]], expect![["0 0 100 150, 106 0 100 150"]]);
}

#[test]
fn four_in_a_square() {
    let quarters = [[0, 0, 100, 100], [104, 0, 100, 100], [0, 104, 100, 100], [104, 104, 100, 100]];
    check(204, 204, &quarters, expect![["0 0 100 100, 0 104 100 100, 104 0 100 100, 104 104 100 100"]]);
}

#[test]
fn a_photo_in_a_screenshot() {
    // A title, the photo, two lines of text and a button.
    let shown = [[10, 5, 40, 8], [40, 30, 160, 180], [10, 225, 120, 8], [10, 240, 90, 8], [80, 290, 80, 10]];
    check(240, 320, &shown, expect![["40 30 160 180"]]);
}

#[test]
fn crumbs_are_no_parts_and_of_many_the_largest_are_kept() {
    let tiles: Vec<[usize; 4]> = (0..6).map(|tile| [70 * tile, 0, 40 + 4 * tile, 60]).collect();
    check(420, 60, &tiles, expect![["350 0 60 60, 280 0 56 60, 210 0 52 60, 140 0 48 60"]]);
    check(420, 400, &[[5, 5, 30, 30], [50, 50, 20, 300]], expect![[""]]);
}

#[test]
fn a_part_is_hashed_as_the_picture_it_is() {
    let whole = plane(160, 240, &[[0, 0, 160, 240]]);
    let framed = {
        let mut framed = plane(200, 300, &[]);
        for y in 0..240 {
            framed.values[(30 + y) * 200 + 20..][..160].copy_from_slice(whole.row(y));
        }
        framed
    };
    let part = parts(&framed)[0];
    assert_eq!(forms_of(&framed, &part), forms_of(&whole, &Part::whole(&whole)));
}

#[test]
fn banners_are_cut_from_both_ends() {
    let whole = Part { left: 0, top: 0, width: 100, height: 200 };
    let cut = whole.without_banners().map(|part| (part.top, part.height));
    assert_eq!(cut, [(0, 170), (30, 170)]);
}
