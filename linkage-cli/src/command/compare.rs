//! `linkage compare`: are these two the same? For pairs in a file, without a store.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use linkage_core::linker::pairs::{Comparer, Model};
use linkage_core::normalize::alias::Aliases;
use linkage_core::record::{Pair, PairReader};

use super::{Answer, bad_input};
use crate::render::{Cell, Output, Rows};

/// Compares the two sides of every line of a file: accounts, listings, names of people, names of firms. No store is
/// needed.
///
/// A line is {"kind": "account" | "listing" | "person_name" | "company_name", "left": {..}, "right": {..}}; sides are
/// written as in the record files, without who and when if you like, and names as {"name": ".."}. Answers come in the
/// order of the lines, as they are read: the probability that both are one operator, product or name, the same as log-odds
/// in bits, and the band. Names and listings by themselves are never above LEAD.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Compare {
    /// Pairs as JSON Lines, plain or compressed.
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// Weights from `linkage train`, for the kinds that it was trained for.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Names of brands and firms that are one: a line for each, its id and then its names between tabs. Those that ship
    /// are taken if nothing is said; `none` for none at all.
    #[arg(long, value_name = "FILE|none")]
    aliases: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage compare --pairs testdata/pairs/names.jsonl --format csv";

const COLUMNS: &[&str] = &["probability", "weight_bits", "band"];

/// Pairs in memory at once.
const PAIRS_AT_ONCE: usize = 4096;

impl Compare {
    pub(super) fn run(self) -> Result<Answer> {
        let model = self.model.as_deref().map_or(Ok(Model::default()), read_model)?;
        let comparer = Comparer::with_aliases(model, aliases(self.aliases.as_deref())?)?;
        let mut reader = PairReader::open(&self.pairs, comparer.intake())?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        let mut pairs: Vec<Pair> = Vec::with_capacity(PAIRS_AT_ONCE);
        let mut failed = None;
        while failed.is_none() {
            pairs.clear();
            for line in reader.by_ref().take(PAIRS_AT_ONCE) {
                match line {
                    Ok((_, pair, _)) => pairs.push(pair),
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            if pairs.is_empty() {
                break;
            }
            for answer in comparer.compare_all(&pairs) {
                rows.row(vec![
                    Cell::Probability(answer.probability),
                    Cell::Bits(answer.weight.get()),
                    Cell::text(answer.band.name()),
                ])?;
            }
        }
        rows.finish()?;
        failed.map_or(Ok(Answer::Done), |error| Err(error.into()))
    }
}

fn read_model(file: &Path) -> Result<Model> {
    let bytes = std::fs::read(file).map_err(|error| bad_input(format!("{}: open file: {error}", file.display())))?;
    Model::from_json(&bytes).map_err(|error| bad_input(format!("{}: {error}", file.display())))
}

/// The aliases of `--aliases`: those that ship, none, or those of a file.
pub(super) fn aliases(file: Option<&Path>) -> Result<Cow<'static, Aliases>> {
    let Some(file) = file else { return Ok(Cow::Borrowed(Aliases::shipped())) };
    if file == Path::new("none") {
        return Ok(Cow::Owned(Aliases::none()));
    }
    let bytes = std::fs::read(file).map_err(|error| bad_input(format!("{}: open file: {error}", file.display())))?;
    let aliases = Aliases::read(&bytes).map_err(|error| bad_input(format!("{}, {error}", file.display())))?;
    Ok(Cow::Owned(aliases))
}
