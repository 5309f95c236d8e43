//! Fits a head to labelled rows: both shapes are tried on folds held out, the better one is kept.

use std::collections::HashMap;

use super::boost::{Binned, Forest};
use super::{Head, linear};

/// The most labelled pairs that are fitted to.
pub const FIT_ROWS_MAX: usize = 1_000_000;

/// Fewer pairs with the rarer label than this teach nothing.
const EACH_LABEL_MIN: usize = 10;

const FOLDS: usize = 5;
const ROUNDS_MAX: usize = 400;
/// The first round with no more than so many times the least loss is taken: twice the trees for half a percent are not worth it.
const LOSS_ENOUGH: f64 = 1.005;
/// Rounds without getting better before a fold is done.
const PATIENCE: usize = 30;

/// Why nothing could be fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// Too few pairs of a label.
    #[error(
        "expected at least {EACH_LABEL_MIN} pairs with label 1 and as many with label 0, found {matches} and {others}"
    )]
    TooFew {
        /// Pairs labelled 1.
        matches: usize,
        /// Pairs labelled 0.
        others: usize,
    },
    /// More pairs than [`FIT_ROWS_MAX`].
    #[error("expected at most {FIT_ROWS_MAX} pairs of a kind")]
    TooMany,
}

/// How well a fit went.
#[derive(Clone, Debug, PartialEq)]
pub struct FitSummary {
    /// Pairs.
    pub pairs: usize,
    /// Of them labelled 1.
    pub matches: usize,
    /// `linear` or `boosted`.
    pub shape: &'static str,
    /// Trees of a boosted head.
    pub trees: usize,
    /// Mean bits of surprise at a held-out label; the share of matches alone would give `log_loss_base_bits`.
    pub log_loss_bits: f64,
    /// The same for a head that knows the share of matches only.
    pub log_loss_base_bits: f64,
    /// Chance that a held-out match outweighs a held-out other pair, 0 to 1.
    pub auc: f64,
    /// Best F1 over all thresholds on held-out pairs.
    pub f1: f64,
}

/// Natural log-odds of held-out rows and the loss they have.
struct HeldOut {
    scores: Vec<f64>,
    loss: f64,
}

/// Fits a head to rows with one value per measure.
///
/// Which shape, and how many trees, is decided on five folds held out in turn; then all rows are fitted. Pairs of the
/// same values always give the same head.
///
/// # Errors
///
/// [`FitError`] for too few or too many rows.
pub fn fit(measures: &[&str], rows: &[Vec<f64>], labels: &[bool]) -> Result<(Head, FitSummary), FitError> {
    fit_shape(measures, rows, labels, true)
}

/// As [`fit`], a straight head whatever trees could do: it is small, fast, and goes on straight where nothing was taught.
///
/// # Errors
///
/// [`FitError`] for too few or too many rows.
pub fn fit_linear(measures: &[&str], rows: &[Vec<f64>], labels: &[bool]) -> Result<(Head, FitSummary), FitError> {
    fit_shape(measures, rows, labels, false)
}

fn fit_shape(
    measures: &[&str],
    rows: &[Vec<f64>],
    labels: &[bool],
    may_bend: bool,
) -> Result<(Head, FitSummary), FitError> {
    let matches = labels.iter().filter(|label| **label).count();
    let others = labels.len() - matches;
    if matches.min(others) < EACH_LABEL_MIN {
        return Err(FitError::TooFew { matches, others });
    }
    if FIT_ROWS_MAX < rows.len() {
        return Err(FitError::TooMany);
    }
    let all: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let folds = folds(&all, labels);
    let straight = held_out_linear(&all, labels, &folds);
    let binned = may_bend.then(|| Binned::new(&all));
    let bent = binned.as_ref().map(|binned| (binned, held_out_boosted(binned, labels, &folds)));
    let (shape, name, trees, held_out) = match bent.filter(|(_, (bent, _))| bent.loss < straight.loss) {
        Some((binned, (bent, rounds))) => {
            let every: Vec<usize> = (0..rows.len()).collect();
            let mut forest = Forest::new(binned, &every, labels);
            (0..rounds).for_each(|_| forest.grow());
            (forest.into_shape(), "boosted", rounds, bent)
        }
        None => (linear::fit(&all, labels), "linear", 0, straight),
    };
    let share = matches as f64 / labels.len() as f64;
    let head = Head { measures: measures.iter().map(|name| (*name).to_owned()).collect(), shape };
    let (auc, f1) = ranking(&held_out.scores, labels);
    let to_bits = std::f64::consts::LOG2_E;
    let summary = FitSummary {
        pairs: labels.len(),
        matches,
        shape: name,
        trees,
        log_loss_bits: held_out.loss * to_bits,
        log_loss_base_bits: -(share * share.log2() + (1.0 - share) * (1.0 - share).log2()),
        auc,
        f1,
    };
    Ok((head, summary))
}

/// Matches and others are dealt out in turn, so that every fold has its share of both. Rows of the same values are one: what
/// is asked must not have been taught.
fn folds(rows: &[&[f64]], labels: &[bool]) -> Vec<usize> {
    let mut dealt = [0_usize; 2];
    let mut seen: HashMap<Vec<u64>, usize> = HashMap::new();
    rows.iter()
        .zip(labels)
        .map(|(row, label)| {
            let values = row.iter().map(|value| value.to_bits()).collect();
            *seen.entry(values).or_insert_with(|| {
                let dealt = &mut dealt[usize::from(*label)];
                *dealt += 1;
                *dealt % FOLDS
            })
        })
        .collect()
}

fn held_out_linear(rows: &[&[f64]], labels: &[bool], folds: &[usize]) -> HeldOut {
    let mut scores = vec![0.0; rows.len()];
    for fold in 0..FOLDS {
        let inside = || (0..rows.len()).filter(|row| folds[*row] != fold);
        let some: Vec<&[f64]> = inside().map(|row| rows[row]).collect();
        let some_labels: Vec<bool> = inside().map(|row| labels[row]).collect();
        let head = Head { measures: Vec::new(), shape: linear::fit(&some, &some_labels) };
        for row in (0..rows.len()).filter(|row| folds[*row] == fold) {
            scores[row] = head.bits(rows[row]).get() / std::f64::consts::LOG2_E;
        }
    }
    HeldOut { loss: mean_loss((0..rows.len()).map(|row| (scores[row], labels[row]))), scores }
}

/// Scores of held-out rows after the number of rounds that is best for all folds together.
fn held_out_boosted(binned: &Binned, labels: &[bool], folds: &[usize]) -> (HeldOut, usize) {
    let (mut losses, mut histories) = (vec![0.0; ROUNDS_MAX], Vec::with_capacity(FOLDS));
    for fold in 0..FOLDS {
        let inside: Vec<usize> = (0..labels.len()).filter(|row| folds[*row] != fold).collect();
        let outside: Vec<usize> = (0..labels.len()).filter(|row| folds[*row] == fold).collect();
        let mut forest = Forest::new(binned, &inside, labels);
        let mut history: Vec<Vec<f64>> = Vec::new();
        let (mut best, mut best_at, mut last) = (f64::INFINITY, 0, 0.0);
        for (round, loss) in losses.iter_mut().enumerate() {
            if round < best_at + PATIENCE {
                forest.grow();
                history.push(outside.iter().map(|row| forest.score(*row)).collect());
                last = mean_loss(outside.iter().map(|row| (forest.score(*row), labels[*row])));
                if last < best {
                    (best, best_at) = (last, round);
                }
            }
            *loss += last;
        }
        histories.push((outside, history));
    }
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = losses.iter().position(|loss| *loss <= least * LOSS_ENOUGH).unwrap_or(0);
    let mut scores = vec![0.0; labels.len()];
    for (outside, history) in &histories {
        if let Some(round) = history.get(best).or(history.last()) {
            outside.iter().zip(round).for_each(|(row, score)| scores[*row] = *score);
        }
    }
    (HeldOut { loss: mean_loss(scores.iter().copied().zip(labels.iter().copied())), scores }, best + 1)
}

fn mean_loss(rows: impl Iterator<Item = (f64, bool)>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (score, label) in rows {
        let signed = if label { score } else { -score };
        // ln(1 + e^-x), without overflow.
        sum += if 0.0 < signed { (-signed).exp().ln_1p() } else { signed.exp().ln_1p() - signed };
        count += 1.0;
    }
    sum / f64::max(count, 1.0)
}

/// Area under the curve and the best F1.
fn ranking(scores: &[f64], labels: &[bool]) -> (f64, f64) {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let matches = labels.iter().filter(|label| **label).count() as f64;
    let others = labels.len() as f64 - matches;
    let (mut hits, mut misses, mut area, mut f1) = (0.0, 0.0, 0.0, 0.0_f64);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let tied_hits = tied.iter().filter(|row| labels[**row]).count() as f64;
        let tied_misses = tied.len() as f64 - tied_hits;
        area += tied_misses * (hits + tied_hits / 2.0);
        hits += tied_hits;
        misses += tied_misses;
        f1 = f1.max(2.0 * hits / (matches + hits + misses));
    }
    (area / (matches * others), f1)
}
