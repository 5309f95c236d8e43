//! Who holds which key, in eight bytes a row.
//!
//! ```text
//! Profile ──postings──► [Posting]      all accounts' ──Holders──► Pairs, crowds, rows to be stored
//! ```
//!
//! A key is cut to 42 bits beside its rule and lies in one of 65,536 buckets, which are sorted and stored one by one. Of a
//! hundred million keys of one rule two or three in a hundred thousand then meet another by chance: a pair more is compared, or
//! two keys share a cap. Stored and linked alike, so the result is the same whichever way it came about.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::fingerprint::{Crowd, KeyHead, Kind, Profile};

use super::{BlockKey, Rule, unsorted};

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

    /// What so many holders make of it.
    pub fn crowd(self, holders: usize) -> Crowd {
        crowd(self.rest, holders)
    }
}

impl From<BlockKey> for Posting {
    fn from(BlockKey { rule, key }: BlockKey) -> Posting {
        Posting::tagged(rule as u8, key.head())
    }
}

fn holders_max(rest: u32) -> usize {
    let most = if is_value(rest) { kind(rest).and_then(Kind::holders_max) } else { rule(rest).map(Rule::holders_max) };
    most.unwrap_or(usize::MAX)
}

fn crowd(rest: u32, holders: usize) -> Crowd {
    match kind(rest) {
        Some(kind) => kind.crowd(holders),
        None if holders_max(rest) < holders => Crowd::Hub,
        None => Crowd::Few,
    }
}

fn kind(rest: u32) -> Option<Kind> {
    let code = tag(rest).checked_sub(KINDS)?;
    Kind::ALL.into_iter().find(|known| *known as u8 == code)
}

fn tag(rest: u32) -> u8 {
    (rest >> (32 - TAG_BITS)) as u8
}

fn rule(rest: u32) -> Option<Rule> {
    Rule::ALL.get(usize::from(tag(rest)).wrapping_sub(1)).copied()
}

fn is_value(rest: u32) -> bool {
    KINDS <= tag(rest)
}

/// The blocking keys of one account and its counted values, sorted, without duplicates.
pub fn postings(profile: &Profile) -> Vec<Posting> {
    let values = profile.capped().map(|(kind, key)| Posting::of_value(kind, key.head()));
    sorted(unsorted(profile).into_iter().map(Posting::from).chain(values).collect())
}

/// The blocking keys of one account, sorted, without duplicates.
pub fn blocking(profile: &Profile) -> Vec<Posting> {
    sorted(unsorted(profile).into_iter().map(Posting::from).collect())
}

fn sorted(mut postings: Vec<Posting>) -> Vec<Posting> {
    postings.sort_unstable();
    postings.dedup();
    postings
}

/// Who holds which key, of many accounts.
///
/// A row is the rest of a posting, then the account. Most lie in one piece of memory, which goes back to the system as one.
#[derive(Clone, Debug)]
pub struct Holders {
    /// As many for each bucket, of which the first are taken.
    slots: Vec<u64>,
    slots_each: usize,
    taken: Vec<u32>,
    /// All rows of a bucket that has more than its slots hold, once [sorted](Holders::sort).
    loose: Vec<Vec<u64>>,
}

impl Default for Holders {
    fn default() -> Holders {
        Holders { slots: Vec::new(), slots_each: 0, taken: vec![0; BUCKETS], loose: vec![Vec::new(); BUCKETS] }
    }
}

impl Holders {
    /// Makes room for so many rows, which spread evenly. To be called once.
    pub fn reserve(&mut self, rows: usize) {
        let even = (self.rows() + rows) / BUCKETS;
        // Buckets differ by chance, by some standard deviations of a Poisson distribution.
        self.slots_each = if even == 0 { 0 } else { even + 3 * even.isqrt() };
        self.slots = vec![0; BUCKETS * self.slots_each];
        for bucket in 0..BUCKETS {
            std::mem::take(&mut self.loose[bucket]).into_iter().for_each(|row| self.push(bucket, row));
        }
    }

    /// Adds one account; accounts are added in order.
    pub fn add(&mut self, account: u32, postings: &[Posting]) {
        for Posting { bucket, rest } in postings {
            self.push(usize::from(*bucket), u64::from(*rest) << 32 | u64::from(account));
        }
    }

    fn push(&mut self, bucket: usize, row: u64) {
        let taken = &mut self.taken[bucket];
        if (*taken as usize) < self.slots_each {
            self.slots[bucket * self.slots_each + *taken as usize] = row;
            *taken += 1;
        } else {
            self.loose[bucket].push(row);
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        let taken: usize = self.taken.iter().map(|taken| *taken as usize).sum();
        taken + self.loose.iter().map(Vec::len).sum::<usize>()
    }

    /// Puts all rows in order.
    pub fn sort(&mut self) {
        let slots = self.slots.par_chunks_mut(self.slots_each.max(1)).with_min_len(64);
        slots.zip(&mut self.taken).zip(&mut self.loose).for_each(|((slots, taken), loose)| {
            let rows = &mut slots[..*taken as usize];
            if loose.is_empty() {
                rows.sort_unstable();
            } else {
                loose.extend_from_slice(rows);
                *taken = 0;
            }
        });
        self.loose.par_iter_mut().with_min_len(64).for_each(|bucket| bucket.sort_unstable());
    }

    /// The holders of each key of a bucket, by the key's rest; in order, once sorted.
    pub fn of_bucket(&self, bucket: u16) -> impl Iterator<Item = (u32, &[u64])> {
        let at = usize::from(bucket);
        let slots = at * self.slots_each;
        by_key(match &self.loose[at][..] {
            [] => &self.slots[slots..slots + self.taken[at] as usize],
            loose => loose,
        })
    }

    /// The pairs of accounts that share a blocking key within its cap, each once.
    ///
    /// A key over its cap makes no pair at all. `accounts` is how many there are. O(rows + pairs log pairs).
    pub fn pairs(&self, accounts: usize) -> Pairs {
        // Some first accounts at a time: what several keys say of one pair is soon one again.
        let parts_of = |parts: std::ops::Range<usize>| self.parts_of(parts, accounts);
        let groups =
            (0..PARTS).into_par_iter().step_by(PARTS_TOGETHER).map(|first| parts_of(first..first + PARTS_TOGETHER));
        let (parts, closer) = groups.collect::<Vec<_>>().into_iter().flatten().unzip();
        Pairs { parts, closer, accounts }
    }

    /// The pairs of some parts, and the closer ones among them.
    fn parts_of(&self, parts: std::ops::Range<usize>, accounts: usize) -> Vec<(Vec<u64>, Vec<u64>)> {
        let first_of = |part: usize| (part * accounts).div_ceil(PARTS) as u64;
        let lefts = first_of(parts.start)..first_of(parts.end);
        let mut found = vec![Vec::new(); parts.len()];
        for (rest, holders) in (0..=u16::MAX).flat_map(|bucket| self.of_bucket(bucket)) {
            if is_value(rest) || !(2..=holders_max(rest)).contains(&holders.len()) {
                continue;
            }
            let times = if rule(rest).is_some_and(Rule::is_combined) { 1 } else { 2 };
            for (at, left) in
                holders.iter().map(|left| left & ACCOUNT).enumerate().filter(|(_, left)| lefts.contains(left))
            {
                let part = &mut found[part_of(left, accounts) - parts.start];
                for _ in 0..times {
                    part.extend(holders[at + 1..].iter().map(|right| left << 32 | right & ACCOUNT));
                }
            }
        }
        found.into_iter().map(split_closer).collect()
    }

    /// What their holders make of the values that more than a few hold.
    pub fn crowds(&self) -> FxHashMap<Posting, Crowd> {
        let of_bucket = |bucket: u16| -> Vec<(Posting, Crowd)> {
            let values = self.of_bucket(bucket).filter(|(rest, _)| is_value(*rest));
            let crowds = values.map(|(rest, holders)| (Posting { bucket, rest }, crowd(rest, holders.len())));
            crowds.filter(|(_, crowd)| Crowd::Few < *crowd).collect()
        };
        (0..=u16::MAX).into_par_iter().with_min_len(64).flat_map_iter(of_bucket).collect()
    }
}

fn by_key(rows: &[u64]) -> impl Iterator<Item = (u32, &[u64])> {
    rows.chunk_by(|a, b| a >> 32 == b >> 32).map(|holders| ((holders[0] >> 32) as u32, holders))
}

/// Each pair once, in order, and those that are there more often.
fn split_closer(mut pairs: Vec<u64>) -> (Vec<u64>, Vec<u64>) {
    pairs.sort_unstable();
    let mut closer: Vec<u64> = pairs.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    closer.dedup();
    closer.shrink_to_fit();
    pairs.dedup();
    pairs.shrink_to_fit();
    (pairs, closer)
}

/// Pairs of accounts to be compared, sorted, each once, smaller account first.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// By the first account.
    parts: Vec<Vec<u64>>,
    /// Those that share more than one key, or one that is not of two marks together, or were added one by one.
    closer: Vec<Vec<u64>>,
    accounts: usize,
}

/// Parts into which pairs are divided, for several threads.
const PARTS: usize = 256;

/// Parts that are found together: each time all keys are gone through.
const PARTS_TOGETHER: usize = 32;

/// The account in a row or a pair.
const ACCOUNT: u64 = u32::MAX as u64;

/// The part of the pairs with this first account, which is one of `accounts`.
fn part_of(left: u64, accounts: usize) -> usize {
    ((left * PARTS as u64 / accounts.max(1) as u64) as usize).min(PARTS - 1)
}

impl Pairs {
    /// Adds one more, if it is not there, also to the [closer](Pairs::take_closer) ones.
    pub fn insert(&mut self, left: u32, right: u32) {
        let pair = u64::from(left.min(right)) << 32 | u64::from(left.max(right));
        let part = part_of(pair >> 32, self.accounts);
        for pairs in [self.parts.get_mut(part), self.closer.get_mut(part)].into_iter().flatten() {
            if let Err(at) = pairs.binary_search(&pair) {
                pairs.insert(at, pair);
            }
        }
    }

    /// Takes away those that share more than one key, or one that is not of two marks together: few of all pairs, and most
    /// of those that belong together. They stay among the others as well.
    pub fn take_closer(&mut self) -> Pairs {
        Pairs { parts: std::mem::take(&mut self.closer), closer: Vec::new(), accounts: self.accounts }
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
