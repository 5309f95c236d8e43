//! Figures of yes-or-no answers with a weight, and how they are printed: a line of JSON for each set.

use std::io::Write;

use anyhow::{Context, Result};
use serde_json::Value;

/// F1 where all pairs from a threshold on count as found; a pair is its weight and whether it is a match. 0 where there is
/// neither a match nor anything found.
pub fn f1(pairs: &[(f64, bool)], threshold: f64) -> f64 {
    let found = pairs.iter().filter(|(bits, _)| threshold <= *bits).count();
    let right = pairs.iter().filter(|(bits, label)| threshold <= *bits && *label).count();
    let matches = pairs.iter().filter(|(_, label)| *label).count();
    2.0 * right as f64 / ((found + matches) as f64).max(1.0)
}

/// The threshold of the best F1: half way between the last pair that is in and the first that is out. Infinite for no pairs.
pub fn best_threshold(pairs: &[(f64, bool)]) -> f64 {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let matches = sorted.iter().filter(|(_, label)| *label).count() as f64;
    let (mut best, mut at, mut right) = ((-1.0, f64::INFINITY), 0, 0.0);
    // Pairs of one weight are in or out together.
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        at += tied.len();
        right += tied.iter().filter(|(_, label)| *label).count() as f64;
        let f1 = 2.0 * right / (at as f64 + matches).max(1.0);
        if best.0 < f1 {
            let next = sorted.get(at).map_or(tied[0].0, |(bits, _)| *bits);
            best = (f1, f64::midpoint(tied[0].0, next));
        }
    }
    best.1
}

/// To four decimals.
pub fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Writes a line to standard output.
///
/// # Errors
///
/// When nobody reads it.
pub fn print(line: &Value) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("write to standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_lies_between_in_and_out_and_never_parts_a_tie() {
        let pairs = [(3.0, true), (2.0, true), (2.0, true), (1.0, false), (0.0, false)];
        assert_eq!(best_threshold(&pairs), 1.5);
        assert_eq!(f1(&pairs, 1.5), 1.0);
        assert_eq!(best_threshold(&[(2.0, true), (2.0, false), (1.0, false)]), 1.5);
        // Where all should be in, the last is the threshold.
        assert_eq!(best_threshold(&[(2.0, true), (1.0, true)]), 1.0);
        assert_eq!((best_threshold(&[]), f1(&[], 0.0)), (f64::INFINITY, 0.0));
    }
}
