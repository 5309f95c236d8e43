//! Each test is one kind of file that strangers upload, honest or not.
//! Only `check` calls the code under test. Pictures are those of `testdata/images`.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/images").join(name)).unwrap()
}

#[track_caller]
fn check(bytes: &[u8], limits: &Limits, expected: Expect) {
    let actual = match decode(bytes, limits) {
        Ok(pixels) => {
            let middle = 3 * (pixels.height() / 2 * pixels.width() + pixels.width() / 2) as usize;
            let ends = [0, middle, pixels.rgb().len() - 3].map(|at| &pixels.rgb()[at..at + 3]);
            format!("{pixels:?} {ends:?}")
        }
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&actual);
}

#[track_caller]
fn check_file(name: &str, expected: Expect) {
    check(&file(name), &Limits::default(), expected);
}

#[test]
fn every_format_is_read() {
    check_file("formats/rgb.png", expect!["Pixels(240 x 320) [[187, 175, 181], [74, 131, 116], [82, 133, 67]]"]);
    check_file("formats/grey.png", expect!["Pixels(240 x 320) [[179, 179, 179], [112, 112, 112], [110, 110, 110]]"]);
    check_file("formats/palette.png", expect!["Pixels(240 x 320) [[187, 175, 181], [74, 131, 116], [82, 133, 67]]"]);
    check_file(
        "formats/progressive.jpg",
        expect!["Pixels(240 x 320) [[187, 174, 181], [76, 130, 116], [82, 133, 67]]"],
    );
    check_file("formats/lossy.webp", expect!["Pixels(240 x 320) [[187, 175, 181], [75, 130, 116], [82, 133, 68]]"]);
    check_file("formats/lossless.webp", expect!["Pixels(240 x 320) [[187, 175, 181], [74, 131, 116], [82, 133, 67]]"]);
}

#[test]
fn sixteen_bits_become_eight() {
    check_file("formats/grey16.png", expect!["Pixels(240 x 320) [[179, 179, 179], [112, 112, 112], [110, 110, 110]]"]);
}

#[test]
fn cmyk_is_not_a_negative() {
    check_file("formats/cmyk.jpg", expect!["Pixels(240 x 320) [[187, 175, 181], [74, 130, 116], [82, 133, 67]]"]);
}

#[test]
fn of_an_animation_the_first_frame_counts() {
    check_file("formats/animated.gif", expect!["Pixels(120 x 160) [[187, 175, 181], [75, 132, 117], [82, 133, 67]]"]);
    check_file("formats/animated.webp", expect!["Pixels(120 x 160) [[187, 175, 181], [73, 133, 113], [82, 133, 68]]"]);
}

#[test]
fn a_transparent_picture_lies_on_white() {
    check_file(
        "formats/transparent.png",
        expect!["Pixels(120 x 160) [[255, 255, 255], [163, 193, 185], [82, 132, 67]]"],
    );
}

#[test]
fn exif_says_which_way_is_up() {
    check_file(
        "formats/exif-turned.jpg",
        expect!["Pixels(240 x 320) [[187, 174, 181], [75, 129, 115], [82, 133, 67]]"],
    );
}

#[test]
fn the_extension_does_not_matter() {
    check_file(
        "formats/wrong-extension.gif",
        expect!["Pixels(240 x 320) [[187, 174, 181], [76, 130, 116], [82, 133, 67]]"],
    );
}

#[test]
fn one_pixel_is_a_picture() {
    check_file("formats/one-pixel.png", expect!["Pixels(1 x 1) [[9, 80, 200], [9, 80, 200], [9, 80, 200]]"]);
}

#[test]
fn half_a_file_is_damaged() {
    // Browsers show half a JPEG, so a seller could upload one; it is hashed as it is shown.
    check_file(
        "formats/truncated.jpg",
        expect!["Pixels(240 x 320) [[187, 174, 181], [78, 128, 119], [128, 128, 128]]"],
    );
    let png = file("formats/rgb.png");
    check(&png[..png.len() / 2], &Limits::default(), expect!["error: damaged Png file: unexpected end of file"]);
    let webp = file("formats/lossy.webp");
    check(
        &webp[..webp.len() / 2],
        &Limits::default(),
        expect!["error: damaged WebP file: Format error decoding WebP: Corrupt bitstream"],
    );
    let gif = file("formats/animated.gif");
    check(
        &gif[..600],
        &Limits::default(),
        expect!["error: damaged Gif file: Format error decoding Gif: Unexpected End of File"],
    );
}

#[test]
fn what_is_no_picture_is_refused() {
    check(b"", &Limits::default(), expect!["error: neither JPEG, PNG, WebP nor GIF"]);
    check(b"<html>404</html>", &Limits::default(), expect!["error: neither JPEG, PNG, WebP nor GIF"]);
    check(
        b"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
        &Limits::default(),
        expect!["error: neither JPEG, PNG, WebP nor GIF"],
    );
    check("店铺截图".as_bytes(), &Limits::default(), expect!["error: neither JPEG, PNG, WebP nor GIF"]);
}

#[test]
fn a_bomb_of_pixels_is_refused_before_it_goes_off() {
    check(
        &png_head(60_000, 10),
        &Limits::default(),
        expect!["error: the longer side in pixels is 60000, the limit is 30000"],
    );
    check(
        &png_head(29_000, 29_000),
        &Limits::default(),
        expect!["error: the area in pixels is 841000000, the limit is 50000000"],
    );
    check(
        &png_head(0, 29_000),
        &Limits::default(),
        expect!["error: damaged Png file: Format error decoding Png: Invalid image dimensions"],
    );
    check(
        &gif_head(65_535, 65_535),
        &Limits::default(),
        expect!["error: the longer side in pixels is 65535, the limit is 30000"],
    );
}

#[test]
fn limits_are_those_of_the_caller() {
    let picture = file("formats/rgb.png");
    check(
        &picture,
        &Limits { area_pixels_max: 1_000, ..Limits::default() },
        expect!["error: the area in pixels is 76800, the limit is 1000"],
    );
    check(
        &picture,
        &Limits { memory_bytes_max: 1_000, ..Limits::default() },
        expect!["error: decoding takes more than 1000 bytes of memory"],
    );
    check(
        &picture,
        &Limits { file_bytes_max: 1_000, ..Limits::default() },
        expect!["error: the file in bytes is 12629, the limit is 1000"],
    );
}

/// A PNG whose head promises a size, with a body of a few bytes.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    for chunk in [head, b"IDAT\x78\x9c\x63\x00\x00".to_vec(), b"IEND".to_vec()] {
        bytes.extend((chunk.len() as u32 - 4).to_be_bytes());
        bytes.extend(&chunk);
        bytes.extend(crc(&chunk).to_be_bytes());
    }
    bytes
}

fn gif_head(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255, b',', 0, 0, 0, 0]);
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0, 2, 2, 0x4c, 1, 0, b';']);
    bytes
}

/// CRC-32 of a PNG chunk (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

const EVERY_FORMAT: &[&str] = &[
    "formats/rgb.png",
    "formats/grey16.png",
    "formats/progressive.jpg",
    "formats/cmyk.jpg",
    "formats/exif-turned.jpg",
    "formats/lossy.webp",
    "formats/lossless.webp",
    "formats/animated.webp",
    "formats/animated.gif",
];

fn damaged_file() -> impl Strategy<Value = Vec<u8>> {
    let flips = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    (prop::sample::select(EVERY_FORMAT), any::<prop::sample::Index>(), any::<bool>(), flips).prop_map(
        |(name, end, cut, flips)| {
            let mut bytes = file(name);
            // Most of what a decoder trusts is in the first kilobyte.
            let head = bytes.len().min(1_000);
            for (at, value) in flips {
                let at = if value % 2 == 0 { at.index(head) } else { at.index(bytes.len()) };
                bytes[at] ^= value;
            }
            if cut {
                bytes.truncate(end.index(bytes.len()));
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damage_is_an_error_or_a_picture_within_limits(bytes in damaged_file()) {
        let limits = Limits { area_pixels_max: 2_000_000, ..Limits::default() };
        if let Ok(pixels) = decode(&bytes, &limits) {
            let area = u64::from(pixels.width()) * u64::from(pixels.height());
            prop_assert!(area <= limits.area_pixels_max);
            prop_assert_eq!(pixels.rgb().len() as u64, 3 * area);
        }
    }

    #[test]
    fn noise_is_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(decode(&bytes, &Limits::default()).is_err());
    }
}
