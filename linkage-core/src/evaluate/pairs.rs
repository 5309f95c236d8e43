//! How good scored pairs and candidate pairs are.

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::EvaluateError;
use super::networks::{PairCounts, Share};
use super::truth::Truth;

/// Number of calibration bins, as is usual in print.
const BINS: usize = 10;

/// A pair of accounts with the probability that one operator is behind both.
#[derive(Clone, Copy, Debug)]
pub struct ScoredPair<'a> {
    /// Key of one account.
    pub left: &'a str,
    /// Key of the other.
    pub right: &'a str,
    /// Probability that both belong to one entity, 0 to 1.
    pub probability: f64,
    /// Whether the tool links the two.
    pub linked: bool,
}

/// How good scored pairs are, before they become networks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairMeasures {
    /// Scored pairs of labelled accounts.
    pub scored: u64,
    /// Linked pairs against all true pairs, scored or not.
    pub links: PairCounts,
    /// Expected calibration error over ten bins of equal width, 0 to 1; absent without a scored pair.
    pub calibration_error_equal_width: Option<f64>,
    /// The same over ten bins of equally many pairs; pairs of equal probability stay in one bin.
    pub calibration_error_equal_mass: Option<f64>,
    /// The equal-width bins that hold a pair, least probability first: the calibration curve.
    pub calibration: Vec<CalibrationBin>,
    /// Pairs with an account that is not labelled, left out.
    pub unlabelled: u64,
}

/// Pairs whose probabilities lie together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// How many, at least 1.
    pub pairs: u64,
    /// What was said of them on average.
    pub mean_probability: f64,
    /// Share of them that is true.
    pub true_share: f64,
}

/// How many true pairs the candidate pairs keep, and at what cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BlockingMeasures {
    /// Distinct candidate pairs of labelled accounts.
    pub candidates: u64,
    /// True pairs among them, of all true pairs.
    pub recall: Share,
    /// 2 · candidates ÷ labelled accounts: with how many others a record is compared on average.
    pub candidates_per_record: f64,
    /// Candidate pairs with an account that is not labelled, left out.
    pub unlabelled: u64,
}

/// One scored pair by dense index, with its label.
#[derive(Clone, Copy)]
struct Labelled {
    probability: f64,
    same: bool,
}

/// Measures scored pairs; a pair may be given in either order, but only once. O(n log n).
///
/// # Errors
///
/// [`EvaluateError::NotAProbability`], [`EvaluateError::SelfPair`] or [`EvaluateError::ScoredTwice`] for the first
/// pair that is none.
pub fn measure_pairs<'a>(
    truth: &Truth,
    pairs: impl IntoIterator<Item = ScoredPair<'a>>,
) -> Result<PairMeasures, EvaluateError> {
    let mut seen = FxHashSet::default();
    let mut labelled = Vec::new();
    let mut links = PairCounts::default();
    let mut unlabelled = 0;
    for pair in pairs {
        let Some((left, right)) = positions(truth, pair.left, pair.right)? else {
            unlabelled += 1;
            continue;
        };
        if !(0.0..=1.0).contains(&pair.probability) {
            return Err(EvaluateError::NotAProbability { left: pair.left.into(), right: pair.right.into() });
        }
        if !seen.insert((left, right)) {
            return Err(EvaluateError::ScoredTwice { left: truth.key(left).into(), right: truth.key(right).into() });
        }
        let same = same_entity(truth, left, right);
        links.true_positives += u64::from(pair.linked && same);
        links.false_positives += u64::from(pair.linked && !same);
        labelled.push(Labelled { probability: pair.probability, same });
    }
    links.false_negatives = truth.true_pairs() - links.true_positives;

    labelled.sort_unstable_by(|a, b| a.probability.total_cmp(&b.probability).then(a.same.cmp(&b.same)));
    let calibration = bins(&labelled, equal_width);
    Ok(PairMeasures {
        scored: labelled.len() as u64,
        links,
        calibration_error_equal_width: calibration_error(&calibration),
        calibration_error_equal_mass: calibration_error(&bins(&labelled, equal_mass)),
        calibration,
        unlabelled,
    })
}

/// Measures candidate pairs; repeated pairs, in either order, count once. O(n log n), 8 bytes per pair.
///
/// # Errors
///
/// [`EvaluateError::SelfPair`] for an account that is its own candidate.
pub fn measure_blocking<A, B>(
    truth: &Truth,
    candidates: impl IntoIterator<Item = (A, B)>,
) -> Result<BlockingMeasures, EvaluateError>
where
    A: AsRef<str>,
    B: AsRef<str>,
{
    let mut distinct: Vec<(u32, u32)> = Vec::new();
    let mut unlabelled = 0;
    for (left, right) in candidates {
        match positions(truth, left.as_ref(), right.as_ref())? {
            Some(pair) => distinct.push(pair),
            None => unlabelled += 1,
        }
    }
    distinct.sort_unstable();
    distinct.dedup();
    let kept = distinct.iter().filter(|&&(left, right)| same_entity(truth, left, right)).count() as u64;
    Ok(BlockingMeasures {
        candidates: distinct.len() as u64,
        recall: Share { part: kept, of: truth.true_pairs() },
        candidates_per_record: 2.0 * distinct.len() as f64 / truth.accounts() as f64,
        unlabelled,
    })
}

/// Dense indices of a pair, the lesser key first; absent if one of them has no label.
fn positions(truth: &Truth, left: &str, right: &str) -> Result<Option<(u32, u32)>, EvaluateError> {
    if left == right {
        return Err(EvaluateError::SelfPair { account: left.to_owned() });
    }
    let (lesser, greater) = if left < right { (left, right) } else { (right, left) };
    Ok(truth.position(lesser).zip(truth.position(greater)))
}

fn same_entity(truth: &Truth, left: u32, right: u32) -> bool {
    truth.entity()[left as usize] == truth.entity()[right as usize]
}

/// Puts `sorted` pairs into bins. `place` says the bin of a run of equal probabilities from its probability and
/// its first and last rank, and never falls along the runs.
fn bins(sorted: &[Labelled], place: impl Fn(f64, usize, usize, usize) -> usize) -> Vec<CalibrationBin> {
    let mut found: Vec<(usize, u64, f64, u64)> = Vec::new();
    let mut first = 0;
    for run in sorted.chunk_by(|a, b| a.probability == b.probability) {
        let last = first + run.len() - 1;
        let bin = place(run[0].probability, first, last, sorted.len());
        first = last + 1;
        if found.last().is_none_or(|&(open, ..)| open != bin) {
            found.push((bin, 0, 0.0, 0));
        }
        if let Some((_, pairs, probability, same)) = found.last_mut() {
            *pairs += run.len() as u64;
            *probability += run.iter().map(|pair| pair.probability).sum::<f64>();
            *same += run.iter().filter(|pair| pair.same).count() as u64;
        }
    }
    let close = |(_, pairs, probability, same): (usize, u64, f64, u64)| CalibrationBin {
        pairs,
        mean_probability: probability / pairs as f64,
        true_share: same as f64 / pairs as f64,
    };
    found.into_iter().map(close).collect()
}

fn equal_width(probability: f64, _first: usize, _last: usize, _pairs: usize) -> usize {
    ((probability * BINS as f64) as usize).min(BINS - 1)
}

/// The bin in which the middle of the run falls.
fn equal_mass(_probability: f64, first: usize, last: usize, pairs: usize) -> usize {
    (first + last) * BINS / (2 * pairs)
}

fn calibration_error(bins: &[CalibrationBin]) -> Option<f64> {
    let pairs: u64 = bins.iter().map(|bin| bin.pairs).sum();
    let off = |bin: &CalibrationBin| (bin.mean_probability - bin.true_share).abs() * bin.pairs as f64;
    (pairs > 0).then(|| bins.iter().map(off).sum::<f64>() / pairs as f64)
}
