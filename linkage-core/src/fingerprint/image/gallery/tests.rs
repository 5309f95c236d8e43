//! Each test is one thing done to a picture between two uploads.
//! Only `check` calls the code under test. Pictures are those of `testdata/images`, edited here.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use expect_test::{Expect, expect};

use super::*;
use crate::fingerprint::image::{Limits, Pixels, decode};

const INDEXED: [&str; 6] = ["bag", "kettle", "lamp", "radio", "shoe", "watch"];

static GALLERY: LazyLock<Gallery> = LazyLock::new(|| {
    Gallery::new(INDEXED.iter().map(|name| picture(&pixels(&format!("indexed/{name}.jpg")))).collect())
});

fn pixels(name: &str) -> Pixels {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/images").join(name);
    decode(&fs::read(path).unwrap(), &Limits::default()).unwrap()
}

fn picture(pixels: &Pixels) -> Picture {
    Picture::new(pixels, String::new())
}

/// Draws a picture pixel by pixel.
fn drawn(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u8; 3]) -> Pixels {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    Pixels::new(width, height, places.flat_map(|(x, y)| colour(x, y)).collect()).unwrap()
}

fn at(pixels: &Pixels, x: u32, y: u32) -> [u8; 3] {
    let at = 3 * (y * pixels.width() + x) as usize;
    [pixels.rgb()[at], pixels.rgb()[at + 1], pixels.rgb()[at + 2]]
}

fn cropped(pixels: &Pixels, left: u32, top: u32, width: u32, height: u32) -> Pixels {
    drawn(width, height, |x, y| at(pixels, left + x, top + y))
}

#[track_caller]
fn check(query: &Pixels, expected: Expect) {
    let Ok(sightings) = GALLERY.search(&picture(query));
    let line = |sighting: &Sighting| {
        assert!((0.0..=1.0).contains(&sighting.score()));
        format!("{} {:?} {:?}\n", INDEXED[sighting.number as usize], sighting.verdict, sighting.method)
    };
    expected.assert_eq(&sightings.iter().map(line).collect::<String>());
}

#[test]
fn the_same_file_is_the_same() {
    check(
        &pixels("indexed/watch.jpg"),
        expect![[r#"
        watch Same Pdq
    "#]],
    );
}

#[test]
fn mirrored() {
    check(
        &pixels("queries/bag-mirrored.jpg"),
        expect![[r#"
        bag Same Pdq
    "#]],
    );
}

#[test]
fn cropped_on_all_sides() {
    check(
        &pixels("queries/watch-cropped.jpg"),
        expect![[r#"
        watch Same Keypoints
    "#]],
    );
}

#[test]
fn in_a_coloured_frame() {
    check(
        &pixels("queries/shoe-framed.jpg"),
        expect![[r#"
        shoe Same Pdq
    "#]],
    );
}

#[test]
fn beside_another_picture() {
    check(
        &pixels("queries/lamp-collage.jpg"),
        expect![[r#"
        lamp Same Keypoints
    "#]],
    );
}

#[test]
fn turned_by_a_quarter() {
    let radio = pixels("indexed/radio.jpg");
    check(
        &drawn(radio.height(), radio.width(), |x, y| at(&radio, y, radio.height() - 1 - x)),
        expect![[r#"
        radio Same Pdq
    "#]],
    );
}

#[test]
fn cut_to_a_third_of_its_area() {
    let lamp = pixels("indexed/lamp.jpg");
    let (width, height) = (lamp.width() * 3 / 5, lamp.height() * 3 / 5);
    check(
        &cropped(&lamp, lamp.width() / 5, lamp.height() / 4, width, height),
        expect![[r#"
        lamp Same Keypoints
    "#]],
    );
}

#[test]
fn never_seen_before() {
    check(
        &pixels("queries/umbrella-new.jpg"),
        expect![[r#"
            kettle Possible Keypoints
        "#]],
    );
}

#[test]
fn nothing_to_see() {
    check(&pixels("formats/one-pixel.png"), expect![[""]]);
    check(&pixels("formats/one-colour.png"), expect![[""]]);
    check(&drawn(600, 1, |x, _| [x as u8; 3]), expect![[""]]);
}

#[test]
fn another_product_in_the_same_template() {
    // The studio is that of the bag on all sides; in the middle stands something else.
    let (bag, other) = (pixels("indexed/bag.jpg"), pixels("queries/umbrella-new.jpg"));
    let (width, height) = (bag.width(), bag.height());
    let is_studio =
        |x: u32, y: u32| !(width / 5..width * 4 / 5).contains(&x) || !(height / 4..height * 9 / 10).contains(&y);
    let inside = |x: u32, y: u32| at(&other, x * other.width() / width, y * other.height() / height);
    check(
        &drawn(width, height, |x, y| if is_studio(x, y) { at(&bag, x, y) } else { inside(x, y) }),
        expect![[r#"
        bag Possible Keypoints
    "#]],
    );
}

#[test]
fn an_empty_gallery_shows_nothing() {
    let query = picture(&pixels("indexed/bag.jpg"));
    assert_eq!(Gallery::new(vec![]).search(&query), Ok(vec![]));
}

#[test]
fn an_answer_is_the_same_every_time_and_the_evidence_lies_in_both_pictures() {
    let collage = pixels("queries/lamp-collage.jpg");
    let query = picture(&collage);
    let Ok(sightings) = GALLERY.search(&query);
    assert_eq!(GALLERY.search(&query), Ok(sightings.clone()));
    let (placed, lamp) = (&sightings[0].placed, &GALLERY.pictures()[sightings[0].number as usize]);
    assert!(20 < placed.places.len());
    for [x, y, u, v] in &placed.places {
        assert!(0.0 <= *x && *x <= collage.width() as f32 && 0.0 <= *y && *y <= collage.height() as f32);
        assert!(0.0 <= *u && *u <= lamp.width as f32 && 0.0 <= *v && *v <= lamp.height as f32);
        let (mapped_x, mapped_y) = placed.place(*x, *y);
        assert!((mapped_x - u).hypot(mapped_y - v) < 6.0);
        let (back_x, back_y) = placed.turned_round().unwrap().place(mapped_x, mapped_y);
        assert!((back_x - x).hypot(back_y - y) < 0.1);
    }
}

#[test]
fn a_pair_is_compared_as_in_a_gallery() {
    let (query, lamp) = (picture(&pixels("queries/lamp-collage.jpg")), picture(&pixels("indexed/lamp.jpg")));
    assert_eq!(compare(&query, &lamp).map(|sighting| sighting.verdict), Some(Verdict::Same));
    assert_eq!(compare(&query, &picture(&pixels("indexed/bag.jpg"))), None);
}
