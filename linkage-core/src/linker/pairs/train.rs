//! Collects labelled pairs and fits a head for each kind among them.

use std::collections::BTreeMap;

use crate::record::{Pair, PairKind};
use crate::score::head::{FIT_ROWS_MAX, FitError, FitSummary, fit, fit_linear};

use super::{Comparer, Model, measures};

/// Collects what was measured on labelled pairs.
#[derive(Debug, Default)]
pub struct Trainer {
    rows: BTreeMap<PairKind, Rows>,
    linear_only: bool,
}

#[derive(Debug, Default)]
struct Rows {
    values: Vec<Vec<f64>>,
    labels: Vec<bool>,
}

/// A fitted model, and how well it fits each kind.
#[derive(Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// By kind, what the fit found.
    pub fits: Vec<(PairKind, FitSummary)>,
}

impl Trainer {
    /// Fits straight heads only, whatever trees could do.
    #[must_use]
    pub fn linear_only(mut self, linear_only: bool) -> Trainer {
        self.linear_only = linear_only;
        self
    }

    /// Adds labelled pairs, measured in parallel, in order.
    ///
    /// # Errors
    ///
    /// [`FitError::TooMany`] beyond what a fit takes; the pairs up to there stay.
    pub fn add(&mut self, comparer: &Comparer, pairs: &[(Pair, bool)]) -> Result<(), FitError> {
        use rayon::prelude::*;
        let measured: Vec<Vec<f64>> = pairs.par_iter().map(|(pair, _)| comparer.measure(pair)).collect();
        for ((pair, label), values) in pairs.iter().zip(measured) {
            let rows = self.rows.entry(pair.kind()).or_default();
            if rows.labels.len() == FIT_ROWS_MAX {
                return Err(FitError::TooMany);
            }
            rows.values.push(values);
            rows.labels.push(*label);
        }
        Ok(())
    }

    /// Fits a head for every kind of which there were pairs.
    ///
    /// # Errors
    ///
    /// The kind and the [`FitError`] of the first kind that cannot be fitted.
    pub fn fit(self) -> Result<Trained, (PairKind, FitError)> {
        let mut trained = Trained { model: Model::default(), fits: Vec::new() };
        for (kind, rows) in self.rows {
            let fit = if self.linear_only { fit_linear } else { fit };
            let (head, summary) = fit(measures(kind), &rows.values, &rows.labels).map_err(|error| (kind, error))?;
            trained.model.put(kind, head);
            trained.fits.push((kind, summary));
        }
        Ok(trained)
    }
}
