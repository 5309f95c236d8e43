//! Fit the next epoch without labels.
//!
//! Pairs are reduced to *patterns* (which level each feature reached, how rare the value was, in whole bits) and
//! counted; expectation–maximisation then runs on the distinct patterns. Counts are integers, so neither the order
//! of pairs nor the number of threads shows in the result.
//!
//! - `m` comes from the candidate pairs, weighted by the probability that they match;
//! - `u` comes from pairs drawn at random (seeded), weighted by the probability that they do not;
//! - both are drawn towards epoch 0 by pseudo-counts, so that little data changes little.
//!
//! Source: Dempster, Laird and Rubin 1977 for the method; Winkler, "Using the EM Algorithm for Weight Computation in
//! the Fellegi–Sunter Model of Record Linkage", 1988, for its use here.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::compare::{Bits, Feature, LEVELS_MAX, Level, Outcome, levels};
use crate::fingerprint::{Key, Kind};

use super::epoch::{Epoch, PAIRS_0, Table};
use super::weigh;

/// Features that a pattern can hold; further attribute names share the table of all attributes.
pub const FEATURES_MAX: usize = 32;

/// Random pairs that epoch 0's `u` counts as.
const RANDOM_PAIRS_0: f64 = 100_000.0;

/// Rounds of expectation–maximisation; the development sets change by less than .01 bits after 12.
const ROUNDS: usize = 20;

/// No fitted `m` of a level strays further from epoch 0 than this factor, which keeps a sample in which nothing (or
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

    /// Distinct patterns in a fixed order, as outcomes.
    fn rows(&self) -> Vec<(Vec<Outcome>, f64)> {
        let mut rows: Vec<(&Pattern, &u64)> = self.counts.iter().collect();
        rows.sort_unstable();
        rows.into_iter().map(|(pattern, count)| (self.outcomes(pattern), *count as f64)).collect()
    }

    fn outcomes(&self, pattern: &Pattern) -> Vec<Outcome> {
        let seen = self.features.iter().zip(pattern).filter(|(_, (level, _))| 0 < *level);
        seen.map(|(feature, (level, bits))| {
            let level = Level(level - 1);
            let by_rarity = level.info(feature.kind).by_rarity;
            Outcome {
                feature: *feature,
                level,
                surprisal: by_rarity.then(|| Bits::new(f64::from(*bits))),
                cites: (0, 0),
            }
        })
        .collect()
    }
}

/// Expected counts of each level of a feature.
type Tallies = BTreeMap<Feature, [f64; LEVELS_MAX]>;

/// Fits `m`, `u` and the prior, starting from `start`, and freezes `counts` with them.
///
/// `zero` is the epoch drawn towards; `candidates` are the patterns of the pairs that blocking found, `random` those
/// of pairs drawn at random among `accounts` accounts.
pub fn fit(
    zero: &Epoch,
    start: &Epoch,
    candidates: &Patterns,
    random: &Patterns,
    accounts: u64,
    counts: FxHashMap<Key, u32>,
) -> Epoch {
    let (candidates, random) = (candidates.rows(), random.rows());
    let mut epoch = start.with_counts(accounts, counts.clone());
    for _ in 0..ROUNDS {
        let (matched, matches) = tally(&candidates, &epoch, |probability| probability);
        let (unmatched, _) = tally(&random, &epoch, |probability| 1.0 - probability);
        let tables = maximise(zero, &matched, &unmatched);
        epoch = start.fitted(accounts, matches, tables, counts.clone());
    }
    epoch
}

/// Expectation: how many pairs of each level, weighted by the share of them that `belongs` keeps.
fn tally(rows: &[(Vec<Outcome>, f64)], epoch: &Epoch, belongs: impl Fn(f64) -> f64) -> (Tallies, f64) {
    let mut tallies = Tallies::new();
    let mut total = 0.0;
    for (outcomes, count) in rows {
        let share = count * belongs(weigh(outcomes, epoch).total.probability());
        total += share;
        for outcome in outcomes.iter().filter(|outcome| usize::from(outcome.level.0) < LEVELS_MAX) {
            tallies.entry(outcome.feature).or_default()[usize::from(outcome.level.0)] += share;
        }
    }
    (tallies, total)
}

/// Maximisation: the share of each level, drawn towards epoch 0.
fn maximise(zero: &Epoch, matched: &Tallies, unmatched: &Tallies) -> BTreeMap<(Kind, u32), Table> {
    let mut tables = zero.tables().clone();
    let features: Vec<Feature> = matched.keys().chain(unmatched.keys()).copied().collect();
    for feature in features {
        // A kind whose levels do not end in ELSE is only seen when something is alike: its shares cannot be fitted.
        let infos = levels(feature.kind);
        let Some(prior) = zero.table(feature).filter(|_| infos.last().is_some_and(|info| info.name == "ELSE")) else {
            continue;
        };
        let m = shares(matched.get(&feature), &prior.m, PAIRS_0);
        let m = m.iter().zip(&prior.m).map(|(m, m0)| m.clamp(m0 / STRAY_MAX, (m0 * STRAY_MAX).min(0.98))).collect();
        let fitted_u = shares(unmatched.get(&feature), &prior.u, RANDOM_PAIRS_0);
        let u = infos
            .iter()
            .zip(prior.u.iter().zip(fitted_u))
            .map(|(info, (u0, u))| if info.by_rarity { *u0 } else { u.clamp(1e-9, 1.0) })
            .collect();
        tables.insert((feature.kind, feature.class), Table { m, u });
    }
    tables
}

fn shares(tally: Option<&[f64; LEVELS_MAX]>, expected: &[f64], weight: f64) -> Vec<f64> {
    let none = [0.0; LEVELS_MAX];
    let tally = tally.unwrap_or(&none);
    let total: f64 = tally.iter().sum::<f64>() + weight;
    expected.iter().enumerate().map(|(at, prior)| (tally[at] + weight * prior) / total).collect()
}
