//! Hashes within a few bits of a query, out of millions, found exactly.
//!
//! A hash is cut into 16 pieces of 16 bits. If two hashes differ in at most 31 bits, they differ in at most one bit of
//! some piece; in at most 47 bits, in at most two. So the buckets of all pieces with one or two bits flipped hold every
//! neighbour.
//!
//! Source: Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012.

use super::pdq::{Pdq, ones};

/// The widest radius that is answered: with a wider one every bucket would have to be read.
pub const RADIUS_MAX: u32 = 47;

/// A bucket of more distinct hashes than this is passed over as a whole, and the answer says so.
pub const BUCKET_MAX: usize = 4_096;

const PIECES: usize = 16;
const BUCKETS: usize = 1 << 16;

/// Masks of no, one and two flipped bits, in this order; the first 17 flip at most one.
const MASKS: [u16; 137] = masks();

/// Hashes by number, searchable by distance. About 108 bytes a hash, 4 MiB at least.
#[derive(Debug)]
pub struct HammingIndex {
    /// The first half of each distinct hash, in ascending order of the whole: what tells most strangers, kept close together.
    heads: Vec<[u64; 2]>,
    /// The second half of each.
    tails: Vec<[u64; 2]>,
    /// Numbers of the hashes as given, those of equal hashes beside each other.
    numbers: Vec<u32>,
    /// First of `numbers` for each distinct hash, and the end.
    starts: Vec<u32>,
    pieces: Vec<Piece>,
}

/// The distinct hashes by the value of one piece.
#[derive(Debug)]
struct Piece {
    starts: Vec<u32>,
    entries: Vec<u32>,
}

/// A hash near a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// In how many bits it differs.
    pub distance_hamming: u32,
    /// Its number: the how-manieth it was when the index was made, from 0.
    pub number: u32,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Nearest first, then by number.
    pub near: Vec<Near>,
    /// Whether every bucket was read. False if one held more than [`BUCKET_MAX`] hashes; neighbours may be missing then.
    pub complete: bool,
}

impl HammingIndex {
    /// An index of these hashes, numbered from 0. Takes the first 2³² - 1.
    pub fn new(hashes: impl IntoIterator<Item = Pdq>) -> HammingIndex {
        let given: Vec<[u64; 4]> = hashes.into_iter().take(u32::MAX as usize).map(|hash| hash.words()).collect();
        let mut numbers: Vec<u32> = (0..given.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| (given[*number as usize], *number));
        let (mut hashes, mut starts) = (Vec::with_capacity(given.len()), Vec::with_capacity(given.len() + 1));
        for (place, number) in numbers.iter().enumerate() {
            let hash = given[*number as usize];
            if hashes.last() != Some(&hash) {
                hashes.push(hash);
                starts.push(place as u32);
            }
        }
        starts.push(numbers.len() as u32);
        starts.shrink_to_fit();
        let pieces = (0..PIECES).map(|piece| Piece::new(piece, &hashes)).collect();
        let half = |of: usize| hashes.iter().map(move |hash| [hash[of], hash[of + 1]]).collect();
        HammingIndex { heads: half(0), tails: half(2), numbers, starts, pieces }
    }

    /// How many hashes it holds.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// What it takes in memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let pieces: usize =
            self.pieces.iter().map(|piece| 4 * (piece.starts.capacity() + piece.entries.capacity())).sum();
        16 * (self.heads.capacity() + self.tails.capacity())
            + 4 * (self.numbers.capacity() + self.starts.capacity())
            + pieces
    }

    /// All hashes that differ from `query` in at most `radius` bits; a radius beyond [`RADIUS_MAX`] counts as that.
    ///
    /// A million random hashes: 4,000 are looked at with a radius of 31, 33,000 with 47.
    pub fn search(&self, query: &Pdq, radius: u32) -> Neighbours {
        let radius = radius.min(RADIUS_MAX);
        let masks = match radius / PIECES as u32 {
            0 => &MASKS[..1],
            1 => &MASKS[..17],
            _ => &MASKS[..],
        };
        let query = query.words();
        let mut complete = true;
        // Distance and place of distinct hashes; one that agrees in several pieces comes several times.
        let mut entries: Vec<(u32, u32)> = Vec::new();
        for (number, piece) in self.pieces.iter().enumerate() {
            let value = value_of(&query, number);
            for mask in masks {
                let bucket = piece.bucket(value ^ mask);
                if BUCKET_MAX < bucket.len() {
                    complete = false;
                    continue;
                }
                for entry in bucket {
                    let head = &self.heads[*entry as usize];
                    let first = ones(query[0] ^ head[0], query[1] ^ head[1]);
                    // Most strangers are told by half of the bits.
                    if radius < first {
                        continue;
                    }
                    let tail = &self.tails[*entry as usize];
                    let distance = first + ones(query[2] ^ tail[0], query[3] ^ tail[1]);
                    if distance <= radius {
                        entries.push((distance, *entry));
                    }
                }
            }
        }
        entries.sort_unstable();
        entries.dedup();
        let mut near = Vec::with_capacity(entries.len());
        for (distance_hamming, entry) in entries {
            let same = self.starts[entry as usize] as usize..self.starts[entry as usize + 1] as usize;
            near.extend(self.numbers[same].iter().map(|number| Near { distance_hamming, number: *number }));
        }
        near.sort_unstable();
        Neighbours { near, complete }
    }
}

impl Piece {
    fn new(number: usize, hashes: &[[u64; 4]]) -> Piece {
        let mut starts = vec![0_u32; BUCKETS + 1];
        for hash in hashes {
            starts[usize::from(value_of(hash, number)) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![0; hashes.len()];
        for (entry, hash) in hashes.iter().enumerate() {
            let slot = &mut next[usize::from(value_of(hash, number))];
            entries[*slot as usize] = entry as u32;
            *slot += 1;
        }
        Piece { starts, entries }
    }

    fn bucket(&self, value: u16) -> &[u32] {
        let value = usize::from(value);
        &self.entries[self.starts[value] as usize..self.starts[value + 1] as usize]
    }
}

fn value_of(hash: &[u64; 4], piece: usize) -> u16 {
    (hash[piece / 4] >> (16 * (piece % 4))) as u16
}

const fn masks() -> [u16; 137] {
    let mut masks = [0; 137];
    let (mut at, mut one) = (17, 0);
    while one < 16 {
        masks[one + 1] = 1 << one;
        let mut two = one + 1;
        while two < 16 {
            masks[at] = 1 << one | 1 << two;
            at += 1;
            two += 1;
        }
        one += 1;
    }
    masks
}

#[cfg(test)]
mod tests;
