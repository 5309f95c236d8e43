//! All stages over all accounts at once: what `link` runs.
//!
//! Everything here is a function of the profiles and judgements, in account-key order. Rarity is counted twice: first
//! over accounts, then, with the networks of the first pass, over networks, because twenty accounts of one operator
//! do not make their surname common.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::block;
use crate::compare::{Bits, Feature, Rarity, Subject, compare, shared_hub};
use crate::fingerprint::{Form, Key, Kind, Profile, Strength};
use crate::graph::{Edge, Graph};
use crate::resolve::{Affinity, Partition, partition};
use crate::score::fit::{Patterns, fit};
use crate::score::{Band, Counts, Epoch, Settings, Tie, weigh};

pub use super::judged::Word;

/// Pairs drawn at random to learn how often strangers agree.
const RANDOM_PAIRS: u64 = 400_000;

/// Seed of the draw; part of the epoch's definition.
const SEED: u64 = 0x6c69_6e6b_6167_6531;

/// So many accounts that show a word are taken for one operator's at the most, whatever the networks say: operators
/// hold 2 to 11 accounts where they hold more than one (Tai et al. 2019).
const ACCOUNTS_PER_OPERATOR: usize = 12;

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
    /// All pairs that were compared, sorted.
    pub candidates: Vec<(u32, u32)>,
    /// Time spent, by stage.
    pub stages: Vec<(&'static str, Duration)>,
}

/// Counts of an epoch with the hubs of this moment.
pub struct LiveRarity<'e> {
    /// The frozen counts.
    pub epoch: &'e Epoch,
    /// Whole values held by too many.
    pub hubs: FxHashSet<Key>,
}

impl<'e> LiveRarity<'e> {
    /// For a side whose hubs do not matter, because those of the other side are known.
    pub fn without_hubs(epoch: &'e Epoch) -> LiveRarity<'e> {
        LiveRarity { epoch, hubs: FxHashSet::default() }
    }
}

impl Rarity for LiveRarity<'_> {
    fn surprisal(&self, kind: Kind, form: Form, key: Key, base_bits: u8) -> Bits {
        self.epoch.surprisal(kind, form, key, base_bits)
    }

    fn is_hub(&self, _kind: Kind, key: Key) -> bool {
        self.hubs.contains(&key)
    }
}

/// Fits a new epoch from `zero` and links under it.
pub fn fit_and_link(profiles: &[Profile], judged: &Judged, zero: &Epoch, number: u32) -> Linked {
    let mut clock = Clock::new();
    let candidates = with_judged(candidates(profiles), judged);
    clock.lap("block");
    let hubs = hubs(profiles);

    let first = fitted(profiles, &candidates, &hubs, None, zero, number);
    clock.lap("fit");
    let networks = even_odds(profiles, &candidates, &hubs, &first, judged);
    clock.lap("score");
    let epoch = fitted(profiles, &candidates, &hubs, Some(&networks), zero, number);
    clock.lap("fit");
    let (graph, act, lead) = link_under(profiles, &candidates, &hubs, &epoch, judged);
    clock.lap("resolve");
    Linked { epoch, graph, act, lead, candidates, stages: clock.laps }
}

/// An epoch fitted with values counted over accounts, or over networks where they are given.
fn fitted(
    profiles: &[Profile],
    candidates: &[(u32, u32)],
    hubs: &FxHashSet<Key>,
    networks: Option<&Partition>,
    zero: &Epoch,
    number: u32,
) -> Epoch {
    let counted = zero.numbered(number).with_counts(counts(profiles, networks));
    let subjects = subjects(profiles, &counted, hubs);
    let found = patterns(profiles, &subjects, candidates);
    let random = random_patterns(profiles, &subjects);
    fit(zero, &counted, &found, &random, profiles.len() as u64)
}

/// Networks for counting: more likely than not is enough, for a name is no commoner for being held by one operator's accounts.
fn even_odds(
    profiles: &[Profile],
    candidates: &[(u32, u32)],
    hubs: &FxHashSet<Key>,
    epoch: &Epoch,
    judged: &Judged,
) -> Partition {
    let loose = epoch.with_settings(Settings { lead: 0.5, ..epoch.settings });
    let subjects = subjects(profiles, &loose, hubs);
    let graph = score(&subjects, candidates, &loose, judged);
    resolve(&graph, &subjects, &loose, Band::Lead, &Partition::alone(profiles.len()))
}

/// Links everything under an epoch that is there already.
pub(super) fn link_again(profiles: &[Profile], judged: &Judged, epoch: &Epoch) -> Linked {
    let mut clock = Clock::new();
    let candidates = with_judged(candidates(profiles), judged);
    clock.lap("block");
    let (graph, act, lead) = link_under(profiles, &candidates, &hubs(profiles), epoch, judged);
    clock.lap("resolve");
    Linked { epoch: epoch.clone(), graph, act, lead, candidates, stages: clock.laps }
}

/// Links under a given epoch: nothing but the profiles and judgements decides the result.
pub fn link_under(
    profiles: &[Profile],
    candidates: &[(u32, u32)],
    hubs: &FxHashSet<Key>,
    epoch: &Epoch,
    judged: &Judged,
) -> (Graph, Partition, Partition) {
    let subjects = subjects(profiles, epoch, hubs);
    let graph = score(&subjects, candidates, epoch, judged);
    let act = resolve(&graph, &subjects, epoch, Band::Act, &Partition::alone(profiles.len()));
    let lead = resolve(&graph, &subjects, epoch, Band::Lead, &act);
    (graph, act, lead)
}

/// The pairs worth comparing.
pub fn candidates(profiles: &[Profile]) -> Vec<(u32, u32)> {
    let rows: Vec<_> = profiles
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, profile)| block::keys(profile).into_iter().map(move |key| (key, at as u32)))
        .collect();
    block::pairs(rows)
}

/// Pairs with a person's word on them are looked at, whatever blocking says.
pub(super) fn with_judged(mut pairs: Vec<(u32, u32)>, judged: &Judged) -> Vec<(u32, u32)> {
    if !judged.is_empty() {
        pairs.extend(judged.keys());
        pairs.sort_unstable();
        pairs.dedup();
    }
    pairs
}

/// Whole values held by more accounts than their kind allows.
pub fn hubs(profiles: &[Profile]) -> FxHashSet<Key> {
    let mut holders: FxHashMap<(Kind, Key), usize> = FxHashMap::default();
    for profile in profiles {
        let wholes: BTreeSet<(Kind, Key)> = profile.capped().collect();
        for whole in wholes {
            *holders.entry(whole).or_insert(0) += 1;
        }
    }
    let is_hub = |kind: Kind, count: usize| kind.holders_max().is_some_and(|cap| cap < count);
    holders.into_iter().filter(|((kind, _), count)| is_hub(*kind, *count)).map(|((_, key), _)| key).collect()
}

/// How many accounts, or networks where they are given, hold each value that more than one holds.
fn counts(profiles: &[Profile], networks: Option<&Partition>) -> Counts {
    // Before networks are known, eight holders of one handle are more likely one operator than a common handle.
    let counts_identifiers = networks.is_some();
    let mut rows: Vec<(Key, bool, u32, u32)> = profiles
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, profile)| {
            let network = networks.map_or(at as u32, |networks| networks.0[at]);
            profile
                .fingerprints()
                .map(|print| (print.key, Strength::Strong <= print.kind.strength()))
                .filter(move |(_, is_identifier)| counts_identifiers || !is_identifier)
                .map(move |(key, is_identifier)| (key, is_identifier, network, at as u32))
        })
        .collect();
    rows.par_sort_unstable();
    rows.dedup();
    let of = rows
        .chunk_by(|a, b| a.0 == b.0)
        .map(|held| {
            let networks = held.chunk_by(|a, b| a.2 == b.2).count();
            // A network that is too large must not make a common word rare, and with it itself larger.
            let least = if held[0].1 { 0 } else { held.len() / ACCOUNTS_PER_OPERATOR };
            (held[0].0, u32::try_from(networks.max(least)).unwrap_or(u32::MAX))
        })
        .filter(|(_, holders)| 1 < *holders)
        .collect();
    let holders = networks.map_or(profiles.len(), |networks| networks.networks().len()) as u64;
    Counts { holders, of }
}

/// Profiles with the rarity of each value looked up.
pub fn subjects(profiles: &[Profile], epoch: &Epoch, hubs: &FxHashSet<Key>) -> Vec<Subject> {
    let rarity = LiveRarity { epoch, hubs: hubs.clone() };
    profiles.par_iter().map(|profile| Subject::new(profile, &rarity)).collect()
}

/// The features that occur, commonest attributes first where there are too many.
fn features(profiles: &[Profile]) -> Vec<Feature> {
    let mut holders: FxHashMap<Feature, u64> = FxHashMap::default();
    for item in profiles.iter().flat_map(|profile| &profile.items) {
        let class = if item.kind == Kind::Attribute { item.class } else { 0 };
        *holders.entry(Feature { kind: item.kind, class }).or_insert(0) += 1;
    }
    let mut features: Vec<(Feature, u64)> = holders.into_iter().collect();
    features.sort_unstable_by_key(|(feature, count)| {
        (feature.kind == Kind::Attribute, std::cmp::Reverse(*count), *feature)
    });
    features.truncate(crate::score::fit::FEATURES_MAX);
    let mut features: Vec<Feature> = features.into_iter().map(|(feature, _)| feature).collect();
    features.sort_unstable();
    features
}

fn patterns(profiles: &[Profile], subjects: &[Subject], pairs: &[(u32, u32)]) -> Patterns {
    let none = Patterns::new(&features(profiles));
    pairs
        .par_iter()
        .fold(
            || none.clone(),
            |mut patterns, (left, right)| {
                patterns.add(&compare(&subjects[*left as usize], &subjects[*right as usize]));
                patterns
            },
        )
        .reduce(|| none.clone(), Patterns::merge)
}

/// Pairs drawn at random with a fixed seed; all pairs where there are few.
fn random_patterns(profiles: &[Profile], subjects: &[Subject]) -> Patterns {
    let accounts = subjects.len() as u64;
    let all = accounts * accounts.saturating_sub(1) / 2;
    let pairs: Vec<(u32, u32)> = if all <= RANDOM_PAIRS {
        (0..subjects.len() as u32)
            .flat_map(|left| (left + 1..subjects.len() as u32).map(move |right| (left, right)))
            .collect()
    } else {
        let mut state = SEED;
        std::iter::repeat_with(|| {
            ((split_mix(&mut state) % accounts) as u32, (split_mix(&mut state) % accounts) as u32)
        })
        .filter(|(left, right)| left != right)
        .take(RANDOM_PAIRS as usize)
        .collect()
    };
    patterns(profiles, subjects, &pairs)
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
    let weighed = weigh(&compare(left, right), epoch);
    let band = weighed.band(epoch);
    let tie = match word {
        Some(word) if word.ties(band) => Some(Tie::Judged),
        _ => weighed.tie(epoch, shared_hub(left, right)),
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

fn score(subjects: &[Subject], candidates: &[(u32, u32)], epoch: &Epoch, judged: &Judged) -> Graph {
    let edges = candidates
        .par_iter()
        .filter_map(|(left, right)| {
            let edge = edge(
                &subjects[*left as usize],
                &subjects[*right as usize],
                epoch,
                judged.get(&(*left, *right)).copied(),
            )?;
            Some((*left, *right, edge))
        })
        .collect();
    Graph::new(subjects.len(), edges)
}

fn resolve(graph: &Graph, subjects: &[Subject], epoch: &Epoch, band: Band, seeds: &Partition) -> Partition {
    partition(graph, band, seeds, &|left, right| affinity(graph, subjects, epoch, left, right))
}

/// How two accounts of one component stand to each other; a pair there is a word on always has an edge.
pub(super) fn affinity(graph: &Graph, subjects: &[Subject], epoch: &Epoch, left: u32, right: u32) -> Affinity {
    match graph.edge(left, right) {
        Some(Edge { judged: Some(true), .. }) => Affinity::Same,
        Some(Edge { judged: Some(false), .. }) => Affinity::Different,
        Some(edge) => Affinity::Scored { weight: edge.weight, evidence: edge.evidence },
        None => {
            let weighed = weigh(&compare(&subjects[left as usize], &subjects[right as usize]), epoch);
            Affinity::Scored { weight: weighed.total, evidence: weighed.total - weighed.prior }
        }
    }
}

/// Seconds per stage.
struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn new() -> Clock {
        Clock { last: Instant::now(), laps: Vec::new() }
    }

    fn lap(&mut self, stage: &'static str) {
        let spent = self.last.elapsed();
        self.last = Instant::now();
        match self.laps.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, total)) => *total += spent,
            None => self.laps.push((stage, spent)),
        }
    }
}
