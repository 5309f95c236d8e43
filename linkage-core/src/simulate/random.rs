//! Chance that is the same everywhere: integers and exact operations of IEEE 754 alone, no library function that a platform may
//! round its own way.

/// A stream of chance. Streams of other names or numbers have nothing to do with each other.
///
/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream number `index` of a `name` in the world of a `seed`.
    pub(super) fn stream(seed: u64, name: &str, index: u64) -> Random {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(&index.to_le_bytes());
        hasher.update(name.as_bytes());
        let mut start = [0; 8];
        hasher.finalize_xof().fill(&mut start);
        Random(u64::from_le_bytes(start))
    }

    /// The next number.
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.number()) * end as u128) >> 64) as usize
    }

    /// A number from `first` to `last`, both included.
    pub(super) fn between(&mut self, first: i32, last: i32) -> i32 {
        first + self.below((last - first).max(0) as usize + 1) as i32
    }

    /// A number from 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of several, which are at least one.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// The place of one of several, drawn in proportion to these parts; the last where all are 0.
    pub(super) fn weighted(&mut self, parts: &[f64]) -> usize {
        let mut left = self.unit() * parts.iter().sum::<f64>();
        for (at, part) in parts.iter().enumerate() {
            if left < *part {
                return at;
            }
            left -= part;
        }
        parts.iter().rposition(|part| 0.0 < *part).unwrap_or(parts.len().saturating_sub(1))
    }

    /// How many, where each more follows with probability `ratio`, at most `most`.
    pub(super) fn runs(&mut self, ratio: f64, most: usize) -> usize {
        let mut count = 0;
        while count < most && self.chance(ratio) {
            count += 1;
        }
        count
    }

    /// So many decimal digits.
    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    /// So many letters and digits, in lower case.
    pub(super) fn code(&mut self, count: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..count).map(|_| char::from(*self.pick(LETTERS))).collect()
    }

    /// Random bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.number() as u8)
    }
}
