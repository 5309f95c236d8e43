//! Which pictures are looked at more closely.

use super::*;
use crate::fingerprint::image::keypoints::Descriptor;

/// A keypoint whose descriptor depends on two numbers.
fn keypoint(picture: u64, number: u64) -> Keypoint {
    let mut bytes = [0; 40];
    blake3::Hasher::new().update(&picture.to_le_bytes()).update(&number.to_le_bytes()).finalize_xof().fill(&mut bytes);
    let word = |at: usize| bytes[8 * at..][..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let place = |byte: u8| f32::from(byte) + 0.5;
    Keypoint {
        x: place(bytes[32]),
        y: place(bytes[33]),
        size: 3.0,
        angle: 0.4,
        descriptor: Descriptor([word(0), word(1), word(2), word(3)]),
    }
}

fn picture(number: u64) -> Vec<Keypoint> {
    (0..60).map(|point| keypoint(number, point)).collect()
}

/// With `bits` bits of each descriptor flipped, spread over it.
fn worn(points: &[Keypoint], bits: usize) -> Vec<Keypoint> {
    let flip = |point: &Keypoint| {
        let mut words = point.descriptor.0;
        (0..bits).map(|bit| (bit * 101 + 17) % 256).for_each(|bit| words[bit / 64] ^= 1 << (bit % 64));
        Keypoint { descriptor: Descriptor(words), ..*point }
    };
    points.iter().map(flip).collect()
}

fn words(pictures: &[Vec<Keypoint>]) -> Words {
    let each = |visit: &mut dyn FnMut(u32, &Place)| -> Result<(), std::convert::Infallible> {
        for (number, points) in pictures.iter().enumerate() {
            points.iter().for_each(|point| visit(number as u32, &Place::of(point)));
        }
        Ok(())
    };
    let mut counts = WordCounts::default();
    let Ok(()) = each(&mut |_, place| counts.add(place));
    let Ok(words) = counts.filled(each);
    words
}

#[track_caller]
fn check(pictures: &[Vec<Keypoint>], query: &[Keypoint], expected: &[u32]) {
    let found = words(pictures).candidates(query, 3);
    assert_eq!(found.iter().map(|candidate| candidate.picture).collect::<Vec<_>>(), expected);
    for candidate in &found {
        let other = &pictures[candidate.picture as usize];
        let pairs = pairs(query, &candidate.query, other);
        assert!(3 <= pairs.len());
        for pair in pairs {
            let descriptor = &other[pair.other as usize].descriptor;
            assert!(descriptor.distance_hamming(&query[pair.query as usize].descriptor) <= DISTANCE_MAX);
        }
    }
}

#[test]
fn a_picture_is_found_by_worn_descriptors_and_strangers_are_not() {
    let pictures: Vec<_> = (0..30).map(picture).collect();
    check(&pictures, &pictures[7], &[7]);
    check(&pictures, &worn(&pictures[7], 12), &[7]);
    check(&pictures, &picture(1_000), &[]);
}

#[test]
fn nothing_is_found_in_nothing() {
    check(&[], &picture(1), &[]);
    check(&[vec![], vec![]], &picture(1), &[]);
    check(&[picture(1)], &[], &[]);
}

#[test]
fn a_place_that_very_many_pictures_share_says_nothing() {
    let crowd = vec![picture(1); BUCKET_FREE + 1];
    check(&crowd, &picture(1), &[]);
}

#[test]
fn places_that_are_turned_each_its_own_way_do_not_make_a_candidate() {
    let here = picture(1);
    let turn = |(number, point): (usize, &Keypoint)| Keypoint { angle: number as f32 * 2.399, ..*point };
    let turned: Vec<Keypoint> = here.iter().take(12).enumerate().map(turn).collect();
    assert_eq!(words(&[here]).candidates(&turned, 8), []);
}

#[test]
fn whoever_has_more_and_nearer_places_comes_first() {
    let query = picture(5);
    check(&[query[..20].to_vec(), query.clone()], &query, &[1, 0]);
    check(&[worn(&query, 60), query.clone()], &query, &[1, 0]);
}

#[test]
fn a_place_is_the_same_after_it_was_kept() {
    for point in picture(3) {
        let place = Place::of(&point);
        assert_eq!(Place::from_bytes(place.to_bytes()), place);
    }
}
