//! What is drawn can be read again and has marks where the pictures agree.

use std::fs;
use std::path::Path;

use super::*;
use crate::fingerprint::image::{Limits, Picture, compare, decode};

fn read(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/images").join(name)).unwrap()
}

fn coloured(drawing: &Pixels, colour: [u8; 3]) -> usize {
    drawing.rgb().chunks(3).filter(|pixel| *pixel == colour).count()
}

/// The drawing of a sighting, as pixels.
fn check(query: &str, other: &str) -> Pixels {
    let limits = Limits::default();
    let [query, other] = [read(query), read(other)];
    let sighting = compare(&Picture::read(&query, &limits).unwrap(), &Picture::read(&other, &limits).unwrap());
    let [query, other] = [query, other].map(|bytes| decode(&bytes, &limits).unwrap());
    let drawing = draw(&query, &other, sighting.map(|sighting| sighting.placed).as_ref()).unwrap();
    decode(&drawing, &limits).unwrap()
}

#[test]
fn what_agrees_is_outlined_and_joined() {
    let drawing = check("queries/lamp-collage.jpg", "indexed/lamp.jpg");
    assert_eq!(drawing.height(), HEIGHT);
    for colour in [OUTLINE, PLACE, LINE] {
        assert!(100 < coloured(&drawing, colour), "{colour:?}");
    }
}

#[test]
fn strangers_are_drawn_without_marks() {
    let drawing = check("queries/umbrella-new.jpg", "indexed/lamp.jpg");
    assert_eq!([OUTLINE, PLACE, LINE].map(|colour| coloured(&drawing, colour)), [0, 0, 0]);
}

#[test]
fn the_thinnest_pictures_can_be_drawn() {
    for (width, height) in [(1, 1), (1, 3_000), (3_000, 1)] {
        let thin = Pixels::new(width, height, vec![9; 3 * (width * height) as usize]).unwrap();
        assert!(draw(&thin, &thin, None).is_ok());
    }
}
