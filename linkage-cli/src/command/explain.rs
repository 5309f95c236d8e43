//! `linkage explain`: why two accounts are, or are not, linked.

use anyhow::Result;
use clap::Args;
use linkage_core::explain::Explanation;
use linkage_core::record::AccountKey;

use super::{Answer, AsOf, Data, bad_input};
use crate::render::{self, Cell, Format, Output, Rows, sighting, waterfall};

/// Why are these two accounts linked, or not? Term by term, in bits that add up, with when and by whom each value was seen.
///
/// As rows: PRIOR first, then a row for each term, then TOTAL; the bits of the counted rows before it add up to TOTAL.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Explain {
    /// One account, platform/account_id.
    #[arg(value_parser = super::account)]
    left: AccountKey,
    /// The other.
    #[arg(value_parser = super::account)]
    right: AccountKey,
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage explain ebay_uk/mlbags_direct ebay_uk/moorland_leather
  linkage explain ebay_uk/mlbags_direct ebay_uk/moorland_leather --as-of 2025-12-31";

const COLUMNS: &[&str] =
    &["term", "group", "level", "bits", "one_in", "counted", "sentence", "left_seen", "right_seen"];

impl Explain {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        if self.left == self.right {
            return Err(bad_input("expected two different accounts"));
        }
        let linker = self.as_of.open(data, &[&self.left, &self.right])?;
        let why = linker.explain(&self.left, &self.right)?;
        match self.output.format {
            Format::Table => {
                let settings = linker.epoch()?.settings;
                render::page(|out| waterfall(out, self.left.as_str(), self.right.as_str(), &why, settings))?;
            }
            Format::Json => render::json(&why)?,
            format => write_terms(&why, format)?,
        }
        Ok(Answer::Done)
    }
}

fn write_terms(why: &Explanation, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, COLUMNS)?;
    let end = |term: &str, bits, counted, sentence: &str| {
        let nothing = || Cell::Absent;
        vec![
            Cell::text(term),
            nothing(),
            nothing(),
            Cell::Bits(bits),
            nothing(),
            counted,
            Cell::text(sentence),
            nothing(),
            nothing(),
        ]
    };
    rows.row(end("PRIOR", why.prior_bits, Cell::Flag(true), "before anything is compared"))?;
    for line in &why.terms {
        rows.row(vec![
            Cell::text(line.kind),
            Cell::text(line.group),
            Cell::text(line.level),
            Cell::Bits(line.bits),
            Cell::maybe(line.one_in, Cell::Ratio),
            Cell::Flag(line.counted),
            Cell::text(line.sentence),
            Cell::maybe(line.left_seen.as_ref(), |seen| Cell::Text(sighting(seen))),
            Cell::maybe(line.right_seen.as_ref(), |seen| Cell::Text(sighting(seen))),
        ])?;
    }
    rows.row(end("TOTAL", why.weight_bits, Cell::Absent, why.band))?;
    rows.finish()
}
