//! Whatever is near is found, and nothing else: checked against looking at every hash.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn everything_within(hashes: &[Pdq], query: &Pdq, radius: u32) -> Vec<Near> {
    let near =
        |(number, hash): (usize, &Pdq)| Near { distance_hamming: query.distance_hamming(hash), number: number as u32 };
    let mut all: Vec<Near> =
        hashes.iter().enumerate().map(near).filter(|near| near.distance_hamming <= radius).collect();
    all.sort_unstable();
    all
}

/// `bytes` with these bits flipped.
fn flipped(mut bytes: [u8; 32], bits: &[usize]) -> Pdq {
    for bit in bits {
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    Pdq::from_bytes(bytes)
}

#[track_caller]
fn check(hashes: Vec<Pdq>, query: Pdq, radius: u32, expected: Expect) {
    let found = HammingIndex::new(hashes).search(&query, radius);
    let near: Vec<String> =
        found.near.iter().map(|near| format!("{}@{}", near.number, near.distance_hamming)).collect();
    expected.assert_eq(&format!("{}{}", near.join(" "), if found.complete { "" } else { " (incomplete)" }));
}

#[test]
fn nothing_is_near_in_an_empty_index() {
    check(vec![], Pdq::from_bytes([0; 32]), 31, expect![[""]]);
}

#[test]
fn equal_hashes_are_all_found() {
    let hash = Pdq::from_bytes([7; 32]);
    check(vec![hash; 3], hash, 31, expect![["0@0 1@0 2@0"]]);
}

#[test]
fn a_radius_ends_where_it_says() {
    let spread =
        |count: usize| flipped([0; 32], &(0..count).map(|bit| 8 * bit % 256 + 8 * bit / 256).collect::<Vec<_>>());
    let hashes: Vec<Pdq> = [0, 15, 16, 31, 32, 47, 48].map(spread).to_vec();
    let query = Pdq::from_bytes([0; 32]);
    check(hashes.clone(), query, 15, expect![["0@0 1@15"]]);
    check(hashes.clone(), query, 31, expect![["0@0 1@15 2@16 3@31"]]);
    check(hashes.clone(), query, 47, expect![["0@0 1@15 2@16 3@31 4@32 5@47"]]);
    check(hashes, query, 256, expect![["0@0 1@15 2@16 3@31 4@32 5@47"]]);
}

#[test]
fn a_crowd_of_nearly_equal_hashes_is_passed_over_and_said_so() {
    let crowd = (0..=BUCKET_MAX).map(|number| {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&(number as u16).to_be_bytes());
        Pdq::from_bytes(bytes)
    });
    let found = HammingIndex::new(crowd).search(&Pdq::from_bytes([0; 32]), 31);
    assert!(!found.complete);
}

#[test]
fn a_hash_takes_little_memory() {
    let hash = |number: u64| {
        let digest = blake3::hash(&number.to_le_bytes());
        Pdq::from_bytes(*digest.as_bytes())
    };
    let index = HammingIndex::new((0..100_000).map(hash));
    // 4 MiB are for the buckets whatever is in them.
    assert!((index.memory_bytes() - (4 << 20)) / index.len() <= 105, "{}", index.memory_bytes());
}

proptest! {
    #[test]
    fn what_is_near_is_found_exactly(
        base in any::<[u8; 32]>(),
        edits in proptest::collection::vec(proptest::collection::vec(0_usize..256, 0..60), 1..40),
        strangers in proptest::collection::vec(any::<[u8; 32]>(), 0..20),
        radius in 0_u32..=RADIUS_MAX,
    ) {
        let near = edits.iter().map(|bits| flipped(base, bits));
        let hashes: Vec<Pdq> = near.chain(strangers.into_iter().map(Pdq::from_bytes)).collect();
        let query = Pdq::from_bytes(base);
        let found = HammingIndex::new(hashes.iter().copied()).search(&query, radius);
        prop_assert_eq!(found, Neighbours { near: everything_within(&hashes, &query, radius), complete: true });
    }
}
