//! All stages over all accounts at once: what `link` runs.
//!
//! Everything here is a function of the profiles and judgements, in account-key order. Rarity is counted twice: first
//! over accounts, then, with the networks of the first pass, over networks, because twenty accounts of one operator
//! do not make their surname common.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::block::{Pairs, Posting};
use crate::compare::{Bits, Outcome, Rarity, Subject, View, compare_into, shared_with_many};
use crate::fingerprint::{Crowd, Key, Kind, Profile};
use crate::graph::{Edge, Graph};
use crate::resolve::{Affinity, Joining, Partition, networks, partition};
use crate::score::fit::{FEATURES_MAX, Patterns, fit};
use crate::score::{Band, Epoch, Settings, Tie, Weighed};

use super::LinkerError;
pub use super::judged::Word;
pub use super::material::Material;
use super::material::Values;

/// Pairs drawn at random to learn how often strangers agree.
const RANDOM_PAIRS: u64 = 400_000;

/// Seed of the draw; part of the epoch's definition.
const SEED: u64 = 0x6c69_6e6b_6167_6531;

/// Candidate pairs that a fit looks at; of more, one out of so many in their order. None of the labelled sets has more.
const FITTED_PAIRS_MAX: usize = 1 << 19;

/// Pairs whose patterns one thread counts at a time.
const PATTERN_PAIRS: usize = 1 << 14;

/// Pairs whose accounts are brought into the cache together, so that waiting for one is waiting for all.
const PAIRS_AT_ONCE: usize = 16;

/// Edges below these bits are not kept: they join nothing and would only make `export links --all` longer.
const EDGE_BITS_MIN: f64 = -6.0;

/// People's words on pairs of accounts, by place, smaller first.
pub type Judged = BTreeMap<(u32, u32), Word>;

/// What linking all accounts found.
pub struct Linked {
    /// The epoch fitted.
    pub epoch: Epoch,
    /// Pairs worth keeping, scored.
    pub graph: Graph,
    /// Networks at `ACT`.
    pub act: Partition,
    /// Networks at `LEAD`; each is a union of networks at `ACT`.
    pub lead: Partition,
    /// All pairs that were compared.
    pub pairs: Pairs,
    /// Time spent, by stage.
    pub stages: Vec<(&'static str, Duration)>,
}

/// Counts of an epoch with the crowds of this moment.
pub struct LiveRarity<'e> {
    /// The frozen counts.
    pub epoch: &'e Epoch,
    /// What their holders make of whole values that more than a few hold.
    pub crowds: FxHashMap<Key, Crowd>,
}

impl<'e> LiveRarity<'e> {
    /// With the crowds that hold values of a profile: `holding` says who holds each of some keys, and nobody where they are too many.
    pub(super) fn of(
        profile: &Profile,
        epoch: &'e Epoch,
        holding: impl FnOnce(&[Posting]) -> Result<Vec<Option<Vec<u32>>>, LinkerError>,
    ) -> Result<LiveRarity<'e>, LinkerError> {
        let values: Vec<(Kind, Key)> = profile.capped().collect();
        let keys: Vec<Posting> = values.iter().map(|(kind, key)| Posting::of_value(*kind, key.head())).collect();
        let crowd = |((kind, key), holders): (&(Kind, Key), Option<Vec<u32>>)| {
            (*key, holders.map_or(Crowd::Hub, |holders| kind.crowd(holders.len())))
        };
        let crowds = values.iter().zip(holding(&keys)?).map(crowd).filter(|(_, crowd)| Crowd::Few < *crowd);
        Ok(LiveRarity { epoch, crowds: crowds.collect() })
    }

    /// For a side whose crowds do not matter, because those of the other side are known.
    pub fn without_crowds(epoch: &'e Epoch) -> LiveRarity<'e> {
        LiveRarity { epoch, crowds: FxHashMap::default() }
    }
}

impl Rarity for LiveRarity<'_> {
    fn surprisal(&self, key: Key, base_bits: u8) -> Bits {
        self.epoch.surprisal(key.head(), base_bits)
    }

    fn crowd(&self, _kind: Kind, key: Key) -> Crowd {
        self.crowds.get(&key).copied().unwrap_or_default()
    }
}

/// Links all accounts, looking now and then whether it should stop.
pub struct Run<'s> {
    judged: &'s Judged,
    stop: &'s AtomicBool,
}

/// The caller asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped before the end")]
pub struct Stopped;

impl<'s> Run<'s> {
    /// One that heeds these judgements and looks at `stop`.
    pub fn new(judged: &'s Judged, stop: &'s AtomicBool) -> Run<'s> {
        Run { judged, stop }
    }

    /// The pairs to be compared: those that blocking lets through, and those with a person's word on them.
    pub fn pairs(&self, material: &Material) -> Pairs {
        let mut pairs = material.pairs();
        self.judged.keys().for_each(|(left, right)| pairs.insert(*left, *right));
        pairs
    }

    /// Fits a new epoch from `zero` and links under it. The material is of no use afterwards: its values are renamed.
    ///
    /// # Errors
    ///
    /// [`Stopped`], soon after it was asked for.
    pub fn fit_and_link(
        &self,
        material: &mut Material,
        mut pairs: Pairs,
        zero: &Epoch,
        number: u32,
    ) -> Result<Linked, Stopped> {
        let mut clock = Clock::default();
        let zero = zero.numbered(number);
        let values = material.index();
        clock.lap("index");
        let first = self.fitted(material, &values, &pairs, None, &zero)?;
        clock.lap("fit");
        let networks = self.even_odds(material, &pairs.take_closer(), &first)?;
        clock.lap("score");
        let epoch = self.fitted(material, &values, &pairs, Some(&networks), &zero)?;
        drop(values);
        clock.lap("fit");
        self.linked(material, pairs, epoch, clock)
    }

    /// Links under an epoch that is there already: nothing but the accounts and judgements decides the result.
    ///
    /// # Errors
    ///
    /// [`Stopped`], soon after it was asked for.
    pub fn link_under(&self, material: &mut Material, pairs: Pairs, epoch: &Epoch) -> Result<Linked, Stopped> {
        let mut clock = Clock::default();
        material.set_rarity(epoch);
        self.go_on()?;
        clock.lap("index");
        self.linked(material, pairs, epoch.clone(), clock)
    }

    /// Scores and resolves, with the rarities that the material has.
    fn linked(&self, material: &Material, pairs: Pairs, epoch: Epoch, mut clock: Clock) -> Result<Linked, Stopped> {
        let graph = self.score(material, &pairs, &epoch)?;
        clock.lap("score");
        let affinity = |left, right| affinity(&graph, |place| material.subject(place), &epoch, left, right);
        let (act, lead) = networks(&graph, &epoch, &affinity);
        self.go_on()?;
        clock.lap("resolve");
        Ok(Linked { epoch, graph, act, lead, pairs, stages: clock.laps })
    }

    /// An epoch fitted with values counted over accounts, or over networks where they are given.
    fn fitted(
        &self,
        material: &mut Material,
        values: &Values,
        pairs: &Pairs,
        networks: Option<&Partition>,
        zero: &Epoch,
    ) -> Result<Epoch, Stopped> {
        let counted = material.count(values, networks, zero);
        self.go_on()?;
        let step = pairs.len().div_ceil(FITTED_PAIRS_MAX).max(1);
        let found = patterns(material, &pairs.every(step), &counted).times(step as u64);
        let random = patterns(material, &random_pairs(material.accounts()), &counted);
        self.go_on()?;
        Ok(fit(zero, &counted, found, random, material.accounts() as u64))
    }

    /// Networks for counting: more likely than not is enough, for a name is no commoner for being held by one operator's
    /// accounts. The [closer](Pairs::take_closer) pairs are enough for that. What pairs say together joins nobody here: the values
    /// that join would look rarer for it, and join more.
    fn even_odds(&self, material: &Material, pairs: &Pairs, epoch: &Epoch) -> Result<Partition, Stopped> {
        let loose = epoch.with_settings(Settings { lead: 0.5, ..epoch.settings });
        let graph = self.score(material, pairs, &loose)?;
        let alone = Partition::alone(material.accounts());
        let affinity = |left, right| affinity(&graph, |place| material.subject(place), &loose, left, right);
        Ok(partition(&graph, Band::Lead, &alone, Joining::Average, &loose, &affinity))
    }

    fn score(&self, material: &Material, pairs: &Pairs, epoch: &Epoch) -> Result<Graph, Stopped> {
        let edges = pairs.map_parts(|pairs| {
            let mut scratch = Scratch::default();
            let mut edges = Vec::new();
            if self.go_on().is_err() {
                return edges;
            }
            let mut some = Vec::with_capacity(PAIRS_AT_ONCE);
            loop {
                some.clear();
                some.extend((&mut *pairs).take(PAIRS_AT_ONCE));
                if some.is_empty() {
                    break edges;
                }
                // The first accounts come one after the other and are there already.
                fetch(material, some.iter().map(|(_, right)| *right));
                for (left, right) in some.iter().copied() {
                    let word = if self.judged.is_empty() { None } else { self.judged.get(&(left, right)).copied() };
                    let found = scratch.edge(material.subject(left), material.subject(right), epoch, word);
                    edges.extend(found.map(|edge| (left, right, edge)));
                }
            }
        });
        self.go_on()?;
        Ok(Graph::new(material.accounts(), edges.concat()))
    }

    fn go_on(&self) -> Result<(), Stopped> {
        if self.stop.load(Ordering::Relaxed) { Err(Stopped) } else { Ok(()) }
    }
}

/// What comparing one pair needs, kept for the next.
#[derive(Default)]
struct Scratch {
    outcomes: Vec<Outcome>,
    weighed: Weighed,
}

impl Scratch {
    fn weigh(&mut self, left: View<'_>, right: View<'_>, epoch: &Epoch) -> &Weighed {
        compare_into(left, right, epoch, &mut self.outcomes);
        self.weighed.weigh(&self.outcomes, epoch);
        &self.weighed
    }

    fn edge(&mut self, left: View<'_>, right: View<'_>, epoch: &Epoch, word: Option<Word>) -> Option<Edge> {
        let weighed = self.weigh(left, right, epoch);
        let band = weighed.band(epoch);
        let tie = match word {
            Some(word) if word.ties(band) => Some(Tie::Judged),
            _ => weighed.tie(epoch, shared_with_many(left, right)),
        };
        let keep = word.is_some() || tie.is_some() || Bits::new(EDGE_BITS_MIN) <= weighed.total;
        keep.then(|| Edge {
            weight: weighed.total,
            evidence: weighed.total - weighed.prior,
            band,
            judged: word.and_then(|word| word.standing(band)),
            related: weighed.related,
            tie,
        })
    }
}

/// Brings some accounts into the processor's cache.
fn fetch(material: &Material, places: impl Iterator<Item = u32> + Clone) {
    for step in [View::fetch_items, View::fetch_prints, View::fetch_text] {
        places.clone().for_each(|place| step(material.subject(place)));
    }
}

fn patterns(material: &Material, pairs: &[(u32, u32)], epoch: &Epoch) -> Patterns {
    let none = Patterns::new(&material.features(FEATURES_MAX));
    let count = |pairs: &[(u32, u32)]| {
        let (mut patterns, mut outcomes) = (none.clone(), Vec::new());
        for some in pairs.chunks(PAIRS_AT_ONCE) {
            fetch(material, some.iter().flat_map(|(left, right)| [*left, *right]));
            for (left, right) in some {
                compare_into(material.subject(*left), material.subject(*right), epoch, &mut outcomes);
                patterns.add(&outcomes);
            }
        }
        patterns
    };
    pairs.par_chunks(PATTERN_PAIRS).map(count).reduce(|| none.clone(), Patterns::merge)
}

/// Pairs drawn at random with a fixed seed; all pairs where there are few.
fn random_pairs(accounts: usize) -> Vec<(u32, u32)> {
    let count = accounts as u64;
    let all = count * count.saturating_sub(1) / 2;
    if all <= RANDOM_PAIRS {
        return (0..accounts as u32)
            .flat_map(|left| (left + 1..accounts as u32).map(move |right| (left, right)))
            .collect();
    }
    let mut state = SEED;
    std::iter::repeat_with(|| ((split_mix(&mut state) % count) as u32, (split_mix(&mut state) % count) as u32))
        .filter(|(left, right)| left != right)
        .take(RANDOM_PAIRS as usize)
        .collect()
}

/// SplitMix64 (Steele, Lea and Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The edge of one pair under an epoch; `None` where there is nothing worth keeping.
pub fn edge(left: &Subject, right: &Subject, epoch: &Epoch, word: Option<Word>) -> Option<Edge> {
    Scratch::default().edge(left.view(), right.view(), epoch, word)
}

/// How two accounts of one component stand to each other; a pair there is a word on always has an edge.
pub(super) fn affinity<'s>(
    graph: &Graph,
    subject: impl Fn(u32) -> View<'s>,
    epoch: &Epoch,
    left: u32,
    right: u32,
) -> Affinity {
    match graph.edge(left, right) {
        Some(Edge { judged: Some(true), .. }) => Affinity::Same,
        Some(Edge { judged: Some(false), .. }) => Affinity::Different,
        _ => {
            let mut scratch = Scratch::default();
            scratch.weigh(subject(left), subject(right), epoch);
            Affinity::Scored(scratch.weighed)
        }
    }
}

/// Seconds per stage.
pub(super) struct Clock {
    last: Instant,
    pub(super) laps: Vec<(&'static str, Duration)>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { last: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    /// What was spent since the last lap belongs to a stage.
    pub(super) fn lap(&mut self, stage: &'static str) {
        let spent = self.last.elapsed();
        self.skip();
        self.add(stage, spent);
    }

    /// What was spent since the last lap is known otherwise.
    pub(super) fn skip(&mut self) {
        self.last = Instant::now();
    }

    pub(super) fn add(&mut self, stage: &'static str, spent: Duration) {
        match self.laps.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, total)) => *total += spent,
            None => self.laps.push((stage, spent)),
        }
    }
}
