//! Who holds which key, in eight bytes a row.
//!
//! ```text
//! Profile ──postings──► [Posting]      all accounts' ──Holders──► Pairs, hubs, rows to be stored
//! ```
//!
//! A key is cut to 42 bits beside its rule and lies in one of 65,536 buckets, which are sorted and stored one by one. Of a
//! hundred million keys of one rule two or three in a hundred thousand then meet another by chance: a pair more is compared, or
//! two keys share a cap. Stored and linked alike, so the result is the same whichever way it came about.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::fingerprint::{KeyHead, Kind, Profile};

use super::{BlockKey, Rule, keys};

/// A blocking key, or a whole value whose holders are counted, without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Posting {
    bucket: u16,
    rest: u32,
}

/// Keys of how many buckets there are.
pub const BUCKETS: usize = 1 << 16;

/// Bits of the rest that say which rule, or which kind.
const TAG_BITS: u32 = 6;

/// Tags of kinds begin here; those below are of rules.
const KINDS: u8 = 32;

impl Posting {
    /// A whole value whose holders are counted.
    pub fn of_value(kind: Kind, key: KeyHead) -> Posting {
        Posting::tagged(KINDS + kind as u8, key)
    }

    fn tagged(tag: u8, KeyHead(key): KeyHead) -> Posting {
        let rest = (key >> 16) as u32 >> TAG_BITS;
        Posting { bucket: (key >> 48) as u16, rest: u32::from(tag) << (32 - TAG_BITS) | rest }
    }

    /// The one of these parts.
    pub fn new(bucket: u16, rest: u32) -> Posting {
        Posting { bucket, rest }
    }

    /// The bucket it lies in.
    pub fn bucket(self) -> u16 {
        self.bucket
    }

    /// What tells it from the others of its bucket.
    pub fn rest(self) -> u32 {
        self.rest
    }

    /// The most accounts that may hold it: before it stops being a reason to compare, or before it is a hub.
    pub fn holders_max(self) -> usize {
        holders_max(self.rest)
    }
}

impl From<BlockKey> for Posting {
    fn from(BlockKey { rule, key }: BlockKey) -> Posting {
        Posting::tagged(rule as u8, key.head())
    }
}

fn holders_max(rest: u32) -> usize {
    let tag = (rest >> (32 - TAG_BITS)) as u8;
    let most = match tag.checked_sub(KINDS) {
        Some(kind) => Kind::ALL.into_iter().find(|known| *known as u8 == kind).and_then(Kind::holders_max),
        None => Rule::ALL.get(usize::from(tag).wrapping_sub(1)).map(|rule| rule.holders_max()),
    };
    most.unwrap_or(usize::MAX)
}

fn is_value(rest: u32) -> bool {
    KINDS <= (rest >> (32 - TAG_BITS)) as u8
}

/// The blocking keys of one account and its counted values, sorted, without duplicates.
pub fn postings(profile: &Profile) -> Vec<Posting> {
    let values = profile.capped().map(|(kind, key)| Posting::of_value(kind, key.head()));
    let mut postings: Vec<Posting> = keys(profile).into_iter().map(Posting::from).chain(values).collect();
    postings.sort_unstable();
    postings.dedup();
    postings
}

/// The blocking keys of one account, sorted, without duplicates.
pub fn blocking(profile: &Profile) -> Vec<Posting> {
    let mut postings: Vec<Posting> = keys(profile).into_iter().map(Posting::from).collect();
    postings.sort_unstable();
    postings.dedup();
    postings
}

/// Who holds which key, of many accounts.
#[derive(Clone, Debug)]
pub struct Holders {
    /// Rest of the posting, then account; sorted by [`sort`](Holders::sort).
    buckets: Vec<Vec<u64>>,
}

impl Default for Holders {
    fn default() -> Holders {
        Holders { buckets: vec![Vec::new(); BUCKETS] }
    }
}

impl Holders {
    /// Makes room for so many rows, which spread evenly.
    pub fn reserve(&mut self, rows: usize) {
        // Buckets differ by chance, by some standard deviations of a Poisson distribution.
        let even = rows / BUCKETS;
        let most = if even == 0 { 0 } else { even + 3 * even.isqrt() };
        self.buckets.iter_mut().for_each(|bucket| bucket.reserve_exact(most));
    }

    /// Adds one account; accounts are added in order.
    pub fn add(&mut self, account: u32, postings: &[Posting]) {
        for Posting { bucket, rest } in postings {
            self.buckets[usize::from(*bucket)].push(u64::from(*rest) << 32 | u64::from(account));
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.buckets.iter().map(Vec::len).sum()
    }

    /// Puts all rows in order.
    pub fn sort(&mut self) {
        self.buckets.par_iter_mut().with_min_len(64).for_each(|bucket| bucket.sort_unstable());
    }

    /// The holders of each key of a bucket, by the key's rest; in order, once sorted.
    pub fn of_bucket(&self, bucket: u16) -> impl Iterator<Item = (u32, &[u64])> {
        by_key(&self.buckets[usize::from(bucket)])
    }

    /// The pairs of accounts that share a blocking key within its cap, each once.
    ///
    /// A key over its cap makes no pair at all. `accounts` is how many there are. O(rows + pairs log pairs).
    pub fn pairs(&self, accounts: usize) -> Pairs {
        let mut pairs = Pairs::new(accounts);
        // A part of the buckets at a time, so that what several keys say of one pair is soon one again.
        let parts: Vec<Vec<Vec<u64>>> = self
            .buckets
            .par_chunks(BUCKETS / 64)
            .map(|buckets| {
                let mut found = Pairs::new(accounts);
                for (rest, holders) in buckets.iter().flat_map(|bucket| by_key(bucket)) {
                    if !is_value(rest) && (2..=holders_max(rest)).contains(&holders.len()) {
                        found.push_all(holders);
                    }
                }
                found.parts.iter_mut().for_each(tidy);
                found.parts
            })
            .collect();
        pairs.parts.par_iter_mut().enumerate().for_each(|(at, part)| {
            part.reserve_exact(parts.iter().map(|found| found[at].len()).sum());
            parts.iter().for_each(|found| part.extend_from_slice(&found[at]));
            tidy(part);
        });
        pairs
    }

    /// The values that more accounts hold than their kind allows.
    pub fn hubs(&self) -> FxHashSet<Posting> {
        let of_bucket = |(bucket, rows): (usize, &Vec<u64>)| -> Vec<Posting> {
            let crowded = by_key(rows).filter(|(rest, holders)| is_value(*rest) && holders_max(*rest) < holders.len());
            crowded.map(|(rest, _)| Posting { bucket: bucket as u16, rest }).collect()
        };
        self.buckets.par_iter().enumerate().with_min_len(64).flat_map_iter(of_bucket).collect()
    }
}

fn by_key(rows: &[u64]) -> impl Iterator<Item = (u32, &[u64])> {
    rows.chunk_by(|a, b| a >> 32 == b >> 32).map(|holders| ((holders[0] >> 32) as u32, holders))
}

fn tidy(pairs: &mut Vec<u64>) {
    pairs.sort_unstable();
    pairs.dedup();
    pairs.shrink_to_fit();
}

/// Pairs of accounts to be compared, sorted, each once, smaller account first.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// By the first account.
    parts: Vec<Vec<u64>>,
    accounts: usize,
}

/// Parts into which pairs are divided, for several threads.
const PARTS: usize = 256;

impl Pairs {
    fn new(accounts: usize) -> Pairs {
        Pairs { parts: vec![Vec::new(); PARTS], accounts }
    }

    fn part_of(&self, left: u64) -> usize {
        ((left as u128 * PARTS as u128 / self.accounts.max(1) as u128) as usize).min(PARTS - 1)
    }

    fn push_all(&mut self, holders: &[u64]) {
        for (at, left) in holders.iter().enumerate() {
            let left = left & u64::from(u32::MAX);
            let part = self.part_of(left);
            let rights = holders[at + 1..].iter().map(|right| right & u64::from(u32::MAX));
            self.parts[part].extend(rights.map(|right| left << 32 | right));
        }
    }

    /// Adds one more, if it is not there.
    pub fn insert(&mut self, left: u32, right: u32) {
        let pair = u64::from(left.min(right)) << 32 | u64::from(left.max(right));
        let part = self.part_of(pair >> 32);
        if let Err(at) = self.parts[part].binary_search(&pair) {
            self.parts[part].insert(at, pair);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(Vec::is_empty)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        self.parts.iter().flat_map(|part| part.iter().map(|pair| split(*pair)))
    }

    /// Every `step`th of them, counted from the first.
    pub fn every(&self, step: usize) -> Vec<(u32, u32)> {
        self.iter().step_by(step.max(1)).collect()
    }

    /// What `each` makes of some pairs at a time, in the order of the pairs, on all threads.
    pub fn map_parts<T: Send>(&self, each: impl Fn(&mut dyn Iterator<Item = (u32, u32)>) -> T + Sync) -> Vec<T> {
        self.parts.par_iter().map(|part| each(&mut part.iter().map(|pair| split(*pair)))).collect()
    }
}

fn split(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}
