//! Fit the next epoch without labels.
//!
//! Pairs are reduced to *patterns* (which level each feature reached, how rare the value was, in whole bits) and
//! counted; expectation–maximisation then runs on the distinct patterns. Counts are integers, so neither the order
//! of pairs nor the number of threads shows in the result.
//!
//! - `m` comes from the candidate pairs, weighted by the probability that they match;
//! - `r` comes from the same pairs, weighted by the probability of each bond between different operators;
//! - `u` comes from pairs drawn at random (seeded), weighted by the probability that they do not;
//! - all are drawn towards epoch 0 by pseudo-counts, so that little data changes little.
//!
//! Source: Dempster, Laird and Rubin 1977 for the method; Winkler, "Using the EM Algorithm for Weight Computation in
//! the Fellegi–Sunter Model of Record Linkage", 1988, for its use here.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::compare::{Bits, Feature, LEVELS_MAX, Level, LevelInfo, Outcome, has_else, levels};
use crate::fingerprint::Kind;

use super::Weighed;
use super::epoch::{BONDS, Epoch, Found, PAIRS_0, RARITIES, Table};

/// Features that a pattern can hold; further attribute names share the table of all attributes.
pub const FEATURES_MAX: usize = 32;

/// Random pairs that epoch 0's `u` counts as.
const RANDOM_PAIRS_0: f64 = 100_000.0;

/// Rounds of expectation–maximisation; the development sets change by less than .01 bits after 12.
const ROUNDS: usize = 20;

/// Rows that are added up together.
const ROWS_TOGETHER: usize = 4096;

/// No fitted `m` or `r` of a level strays further from epoch 0 than this factor, which keeps a sample in which nothing (or
/// everything) matches from turning a feature upside down.
const STRAY_MAX: f64 = 6.0;

/// `[level + 1, surprisal in bits]` for each feature; 0 where there is no outcome.
type Pattern = [(u8, u8); FEATURES_MAX];

/// Counted comparison patterns.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    features: Vec<Feature>,
    counts: FxHashMap<Pattern, u64>,
}

impl Patterns {
    /// No pairs yet, over these features (at most [`FEATURES_MAX`]; the rest is left out).
    pub fn new(features: &[Feature]) -> Patterns {
        let mut features = features.to_vec();
        features.truncate(FEATURES_MAX);
        features.sort_unstable();
        features.dedup();
        Patterns { features, counts: FxHashMap::default() }
    }

    /// Counts one pair.
    pub fn add(&mut self, outcomes: &[Outcome]) {
        let mut pattern: Pattern = [(0, 0); FEATURES_MAX];
        for outcome in outcomes {
            if let Ok(at) = self.features.binary_search(&outcome.feature) {
                let bits = outcome.surprisal.map_or(0, |bits| bits.get().round().clamp(0.0, 60.0) as u8);
                pattern[at] = (outcome.level.0 + 1, bits);
            }
        }
        *self.counts.entry(pattern).or_insert(0) += 1;
    }

    /// Adds the pairs of another count over the same features.
    pub fn merge(mut self, other: Patterns) -> Patterns {
        for (pattern, count) in other.counts {
            *self.counts.entry(pattern).or_insert(0) += count;
        }
        self
    }

    /// Every pair counted so many times, for a sample that stands for more.
    #[must_use]
    pub fn times(mut self, times: u64) -> Patterns {
        self.counts.values_mut().for_each(|count| *count *= times);
        self
    }

    /// Distinct patterns in a fixed order.
    fn rows(self) -> Rows {
        let mut rows: Vec<(Pattern, u64)> = self.counts.into_iter().collect();
        rows.sort_unstable();
        Rows { features: self.features, rows }
    }
}

/// Distinct patterns and how many pairs show each; turned into outcomes one at a time, which take three times the memory.
struct Rows {
    features: Vec<Feature>,
    rows: Vec<(Pattern, u64)>,
}

impl Rows {
    fn outcomes_into(&self, pattern: &Pattern, outcomes: &mut Vec<Outcome>) {
        outcomes.clear();
        let seen = self.features.iter().zip(pattern).filter(|(_, (level, _))| 0 < *level);
        outcomes.extend(seen.map(|(feature, (level, bits))| {
            let level = Level(level - 1);
            let by_rarity = level.info(feature.kind).by_rarity;
            Outcome {
                feature: *feature,
                level,
                surprisal: by_rarity.then(|| Bits::new(f64::from(*bits))),
                of_many: false,
                cites: (0, 0),
            }
        }));
    }
}

/// Strangers that epoch 0's factor of a level by rarity counts as.
const STRANGERS_0: f64 = 50.0;

/// Rarer agreements between strangers than this are too few in a sample to learn a factor from, and count as this.
const SAMPLED_BITS_MAX: f64 = 14.0;

/// No fitted factor strays further from epoch 0 than this many bits.
const FACTOR_BITS_MAX: f64 = 6.0;

/// Related pairs that epoch 0's `r` counts as. Fewer than for `m`, because there are few of them: with 50 they never outgrow what is
/// assumed, see docs/decisions.md.
const RELATED_PAIRS_0: f64 = 20.0;

/// Pairs of which something else could say otherwise teach little of how many pairs of a level somebody else connects, and how often
/// strangers are called alike, while they are fewer than this. docs/decisions.md has the figures.
const TOLD_0: f64 = 600.0;

/// Pairs of strangers, and of one operator's accounts, of which it is assumed that their values are equally rare.
const RARITY_PAIRS_0: f64 = 20.0;

/// Expected counts of each level of a feature: how many pairs, how many that belong together by each bond, the sum over the pairs of
/// one over the value's share; how many reach it at all, of how many of these something else could say otherwise, and of the latter, by
/// rarity, how many are strangers whom neither chance nor one operator explains, and how many are one operator's.
#[derive(Clone, Copy, Default)]
struct Tally {
    pairs: [f64; LEVELS_MAX],
    related: [[f64; LEVELS_MAX]; BONDS],
    inverse_shares: [f64; LEVELS_MAX],
    reached: [f64; LEVELS_MAX],
    told: [f64; LEVELS_MAX],
    arranged: [[f64; RARITIES]; LEVELS_MAX],
    matched: [[f64; RARITIES]; LEVELS_MAX],
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        for at in 0..LEVELS_MAX {
            self.pairs[at] += other.pairs[at];
            for (own, other) in self.related.iter_mut().zip(&other.related) {
                own[at] += other[at];
            }
            self.inverse_shares[at] += other.inverse_shares[at];
            self.reached[at] += other.reached[at];
            self.told[at] += other.told[at];
            for rarity in 0..RARITIES {
                self.arranged[at][rarity] += other.arranged[at][rarity];
                self.matched[at][rarity] += other.matched[at][rarity];
            }
        }
    }
}

type Tallies = BTreeMap<Feature, Tally>;

/// Fits `m`, `u` and the prior, starting from `start`, whose counts stay.
///
/// `zero` is the epoch drawn towards; `candidates` are the patterns of the pairs that blocking found, `random` those
/// of pairs drawn at random among `accounts` accounts.
pub fn fit(zero: &Epoch, start: &Epoch, candidates: Patterns, random: Patterns, accounts: u64) -> Epoch {
    let (candidates, random) = (candidates.rows(), random.rows());
    let pairs = (accounts as f64 * accounts.saturating_sub(1) as f64 / 2.0).max(1.0);
    let mut epoch = start.doubting(&candidates, pairs);
    for _ in 0..ROUNDS {
        let (matched, found) = tally(&candidates, &epoch, |probability| probability);
        let (unmatched, _) = tally(&random, &epoch, |probability| 1.0 - probability);
        let mut tables = maximise(zero, &matched, &unmatched);
        arrange(&mut tables, &matched, pairs);
        epoch = start.fitted(accounts, found, tables);
    }
    epoch
}

impl Epoch {
    /// With every second pair that shares a value taken for strangers whom somebody else connects: expectation-maximisation finds
    /// from there what other evidence says of such pairs, and would never come to doubt them from the other end.
    fn doubting(&self, candidates: &Rows, pairs: f64) -> Epoch {
        let mut half = Tallies::new();
        let mut outcomes = Vec::new();
        for (pattern, count) in &candidates.rows {
            candidates.outcomes_into(pattern, &mut outcomes);
            let count = *count as f64;
            for outcome in outcomes.iter().filter(|outcome| usize::from(outcome.level.0) < LEVELS_MAX) {
                let (tally, at) = (half.entry(outcome.feature).or_default(), usize::from(outcome.level.0));
                tally.reached[at] += count;
                if is_told_otherwise(outcome, &outcomes) {
                    tally.told[at] += count;
                    let rarity = self.rarity_of(outcome);
                    tally.arranged[at][rarity] += count / 2.0;
                    tally.matched[at][rarity] += count / 2.0;
                }
            }
        }
        let mut tables = self.tables().clone();
        arrange(&mut tables, &half, pairs);
        self.with_tables(tables)
    }
}

/// The share of all pairs that are strangers connected by somebody else: a forwarder, an agent, a supplier, a family. A value that
/// two accounts alone show looks rare however it came to both, so its own share in the store cannot say so. Pairs of which nothing
/// else speaks are taken to be strangers as often as the others.
fn arrange(tables: &mut BTreeMap<(Kind, u32), Table>, tallies: &Tallies, pairs: f64) {
    for ((kind, class), table) in tables.iter_mut() {
        let tally = tallies.get(&Feature { kind: *kind, class: *class }).copied().unwrap_or_default();
        for ((at, info), c) in levels(*kind).iter().enumerate().zip(&mut table.c) {
            let strangers: f64 = tally.arranged[at].iter().sum();
            let share = strangers / (tally.told[at] + TOLD_0);
            let counted = if info.by_rarity { share * tally.reached[at] } else { 0.0 };
            let times = by_rarity(&tally.arranged[at], &tally.matched[at]);
            *c = times.map(|times| (counted / pairs * times).min(0.5));
        }
    }
}

/// How many times as often strangers whom somebody else connects show values of each rarity as one operator's accounts do: a supplier's
/// picture goes to many, one's own to none.
fn by_rarity(strangers: &[f64; RARITIES], operators: &[f64; RARITIES]) -> [f64; RARITIES] {
    let [of_strangers, of_operators] = [strangers, operators].map(|pairs| pairs.iter().sum::<f64>());
    std::array::from_fn(|rarity| {
        let expected = (strangers[rarity] + operators[rarity]) / (of_strangers + of_operators).max(1.0);
        let share = |pairs: f64, all: f64| (pairs + RARITY_PAIRS_0 * expected) / (all + RARITY_PAIRS_0);
        let [share_of_strangers, share_of_operators] =
            [share(strangers[rarity], of_strangers), share(operators[rarity], of_operators)];
        let times = if 0.0 < share_of_operators { share_of_strangers / share_of_operators } else { 1.0 };
        times.clamp((-FACTOR_BITS_MAX).exp2(), FACTOR_BITS_MAX.exp2())
    })
}

/// Expectation: how many pairs of each level, weighted by the share of them that `belongs` keeps.
///
/// Rows are added up some at a time, always the same ones together, so that the number of threads does not show in the sums.
fn tally(rows: &Rows, epoch: &Epoch, belongs: impl Fn(f64) -> f64 + Sync) -> (Tallies, Found) {
    let some = |some: &[(Pattern, u64)]| {
        let mut tallies = Tallies::new();
        let mut found = Found::default();
        let (mut outcomes, mut weighed) = (Vec::new(), Weighed::default());
        for (pattern, count) in some {
            rows.outcomes_into(pattern, &mut outcomes);
            weighed.weigh(&outcomes, epoch);
            let count = *count as f64;
            let probability = weighed.total.probability();
            let share = count * belongs(probability);
            found.matches += count * probability;
            // Of those who are not one operator; see `Weighed::relative`.
            let tied = count * (1.0 - probability) * (1.0 - weighed.relative.get().exp2());
            let related = weighed.bond_shares().map(|share| tied * share);
            found.related.iter_mut().zip(related).for_each(|(found, related)| *found += related);
            for outcome in outcomes.iter().filter(|outcome| usize::from(outcome.level.0) < LEVELS_MAX) {
                let tally = tallies.entry(outcome.feature).or_default();
                let at = usize::from(outcome.level.0);
                let surprisal = outcome.surprisal.map_or(0.0, Bits::get).min(SAMPLED_BITS_MAX);
                tally.pairs[at] += share;
                tally.related.iter_mut().zip(related).for_each(|(tally, related)| tally[at] += related);
                tally.inverse_shares[at] += share * surprisal.exp2();
                tally.reached[at] += count;
                if is_told_otherwise(outcome, &outcomes) {
                    tally.told[at] += count;
                    let rarity = epoch.rarity_of(outcome);
                    tally.arranged[at][rarity] += count * (1.0 - probability) * epoch.arranged(outcome);
                    tally.matched[at][rarity] += count * probability;
                }
            }
        }
        (tallies, found)
    };
    let parts: Vec<(Tallies, Found)> = rows.rows.par_chunks(ROWS_TOGETHER).map(some).collect();
    let mut all = (Tallies::new(), Found::default());
    for (tallies, found) in parts {
        all.1.matches += found.matches;
        all.1.related.iter_mut().zip(found.related).for_each(|(all, found)| *all += found);
        for (feature, tally) in tallies {
            all.0.entry(feature).or_default().add(&tally);
        }
    }
    all
}

/// Whether anything else that both show could say that a pair which reaches a level is none: where nothing could, nobody knows how
/// many of such pairs somebody else connects.
fn is_told_otherwise(outcome: &Outcome, outcomes: &[Outcome]) -> bool {
    let group = outcome.feature.kind.group();
    let other = |other: &&Outcome| other.feature.kind.group() != group;
    let mut kinds = outcomes.iter().filter(other).map(|other| other.feature.kind);
    kinds.any(|kind| has_else(kind) && kind.difference_counts() && !is_trait(kind))
}

/// Whether a kind says of what sort an account is and not whose. Expectation-maximisation would take the sorts for the operators: of web
/// domains it did, and hardly linked any. docs/decisions.md has the figures.
fn is_trait(kind: Kind) -> bool {
    kind == Kind::Lifespan
}

/// Maximisation: the share of each level, drawn towards epoch 0.
fn maximise(zero: &Epoch, matched: &Tallies, unmatched: &Tallies) -> BTreeMap<(Kind, u32), Table> {
    let mut tables = zero.tables().clone();
    let features: Vec<Feature> = matched.keys().chain(unmatched.keys()).copied().collect();
    for feature in features {
        let infos = levels(feature.kind);
        let Some(prior) = zero.table(feature) else { continue };
        let seen = matched.get(&feature).copied().unwrap_or_default();
        let left = |at: usize, info: &LevelInfo| yielded(feature.kind, info, &seen, at, prior.u[at]);
        // A kind whose levels do not end in ELSE is only seen when something is alike: its shares cannot be fitted.
        if !has_else(feature.kind) {
            let u = infos.iter().enumerate().map(|(at, info)| prior.u[at] * left(at, info)).collect();
            tables.insert((feature.kind, feature.class), Table { u, ..prior.clone() });
            continue;
        }
        let strangers = unmatched.get(&feature).copied().unwrap_or_default();
        let flat = shares(&strangers.pairs, &prior.u, RANDOM_PAIRS_0);
        let u = infos.iter().enumerate().map(|(at, info)| match (info.by_rarity, at) {
            // By chance exactly as often as the value is common: nothing to fit.
            (true, 0) => prior.u[at] * left(at, info),
            (true, _) => factor(&strangers, at, prior.u[at]) * left(at, info),
            (false, _) => flat[at].clamp(1e-9, 1.0),
        });
        let u = u.collect();
        if is_trait(feature.kind) {
            tables.insert((feature.kind, feature.class), Table { u, ..prior.clone() });
            continue;
        }
        let m = near(&shares(&seen.pairs, &prior.m, PAIRS_0), &prior.m);
        let r = std::array::from_fn(|bond| {
            near(&shares(&seen.related[bond], &prior.r[bond], RELATED_PAIRS_0), &prior.r[bond])
        });
        tables.insert((feature.kind, feature.class), Table { m, u, r, c: prior.c.clone() });
    }
    tables
}

fn shares(pairs: &[f64; LEVELS_MAX], expected: &[f64], weight: f64) -> Vec<f64> {
    let total: f64 = pairs.iter().sum::<f64>() + weight;
    expected.iter().zip(pairs).map(|(prior, pairs)| (pairs + weight * prior) / total).collect()
}

/// Shares that stray no further from epoch 0 than they may.
fn near(shares: &[f64], expected: &[f64]) -> Vec<f64> {
    let clamp = |(share, prior): (&f64, &f64)| share.clamp(prior / STRAY_MAX, (prior * STRAY_MAX).min(0.98));
    shares.iter().zip(expected).map(clamp).collect()
}

/// What is left of epoch 0's factor of a name, a picture, a code or a sentence. It stands for what is chosen or copied alike on purpose or by
/// fashion, which `c` counts as soon as there are pairs to count; both together would count them twice. Shops and firms that share a word
/// or two of their trade keep it, and so do texts and titles, which whoever imitates a shop copies first.
fn yielded(kind: Kind, info: &LevelInfo, seen: &Tally, at: usize, factor: f64) -> f64 {
    let is_counted = match kind {
        Kind::PersonName | Kind::Image | Kind::Phrase => true,
        Kind::CompanyName | Kind::DisplayName => matches!(info.name, "EXACT" | "JOINED" | "CLOSE"),
        _ => false,
    };
    if is_counted { factor.max(1.0).powf(-seen.told[at] / (seen.told[at] + TOLD_0)) } else { 1.0 }
}

/// How many times as often as the value's share says strangers reach a level: the mean over random pairs of one over
/// the share where they reach it, drawn towards epoch 0 on a logarithmic scale by how few reached it.
fn factor(strangers: &Tally, at: usize, expected: f64) -> f64 {
    let all: f64 = strangers.pairs.iter().sum();
    let reached = strangers.pairs[at];
    if all <= 0.0 || reached <= 0.0 {
        return expected;
    }
    let seen = strangers.inverse_shares[at] / all;
    let strayed = (seen / expected).log2() * reached / (reached + STRANGERS_0);
    expected * strayed.clamp(-FACTOR_BITS_MAX, FACTOR_BITS_MAX).exp2()
}
