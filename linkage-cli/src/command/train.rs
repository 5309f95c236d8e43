//! `linkage train`: learns from labelled pairs how to weigh what `compare` measures.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::linker::pairs::{Comparer, Model, Trained, Trainer};
use linkage_core::record::{Pair, PairReader};

use super::{Answer, bad_input};
use crate::render::{Cell, Output, Rows};

/// Fits weights for `linkage compare` to labelled pairs, a head for every kind among them.
///
/// Lines are those of `compare` with "label": 1 for the same and 0 for different; at least ten of each are needed, a few
/// hundred are worth having. Prints how well labels held out were foretold. The same pairs always give the same model.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Train {
    /// Labelled pairs as JSON Lines, plain or compressed.
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// Where the model is written.
    #[arg(long, value_name = "OUT")]
    model: PathBuf,
    /// Only sums of weighted measures, no trees: small, fast, and steady on pairs unlike those of the file.
    #[arg(long)]
    linear: bool,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage train --pairs testdata/pairs/names.jsonl --model names.model.json";

const COLUMNS: &[&str] =
    &["kind", "pairs", "matches", "shape", "trees", "log_loss_bits", "log_loss_base_bits", "auc", "f1"];

/// Pairs in memory at once.
const PAIRS_AT_ONCE: usize = 4096;

impl Train {
    pub(super) fn run(self) -> Result<Answer> {
        let trained = self.fit()?;
        // Beside its place and then moved there, so that no half a model is ever read.
        let part = self.model.with_extension("part");
        std::fs::write(&part, trained.model.to_json())
            .and_then(|()| std::fs::rename(&part, &self.model))
            .with_context(|| format!("write {}", self.model.display()))?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for (kind, fit) in &trained.fits {
            rows.row(vec![
                Cell::text(kind.name()),
                Cell::Count(fit.pairs as u64),
                Cell::Count(fit.matches as u64),
                Cell::text(fit.shape),
                Cell::Count(fit.trees as u64),
                Cell::Bits(fit.log_loss_bits),
                Cell::Bits(fit.log_loss_base_bits),
                Cell::Ratio(fit.auc),
                Cell::Ratio(fit.f1),
            ])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }

    fn fit(&self) -> Result<Trained> {
        let comparer = Comparer::new(Model::default())?;
        let mut trainer = Trainer::default().linear_only(self.linear);
        let mut pairs: Vec<(Pair, bool)> = Vec::with_capacity(PAIRS_AT_ONCE);
        let name = self.pairs.display();
        for line in PairReader::open(&self.pairs, comparer.intake())? {
            let (line, pair, label) = line?;
            let label = label.ok_or_else(|| bad_input(format!("{name}, line {line}: label: expected 0 or 1")))?;
            pairs.push((pair, label));
            if pairs.len() == PAIRS_AT_ONCE {
                trainer.add(&comparer, &pairs).map_err(|error| bad_input(format!("{name}: {error}")))?;
                pairs.clear();
            }
        }
        trainer.add(&comparer, &pairs).map_err(|error| bad_input(format!("{name}: {error}")))?;
        let trained = trainer.fit().map_err(|(kind, error)| bad_input(format!("{name}, {}: {error}", kind.name())))?;
        if trained.fits.is_empty() {
            return Err(bad_input(format!("{name}: expected labelled pairs, found none")));
        }
        Ok(trained)
    }
}
