//! `linkage simulate`: a world of migrating infringers and honest sellers, with the truth about them.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkage_core::simulate::{ACCOUNTS_MAX, Counts, Request, Scenario, scenario, scenarios, simulate};

use super::Answer;
use crate::render::{self, Cell, Format, Output, Rows, Table};
use crate::terminal::{Progress, say};

/// Makes a world of infringers who come back and honest sellers who look alike, with the truth about who is who.
///
/// Writes accounts.jsonl, listings.jsonl and enforcements.jsonl to import, truth.csv to evaluate against, relations.csv (who came back
/// from which account, and how) and traps.csv (pairs that must not be linked, and why). The same scenario, number and seed give
/// the same bytes. Everybody and everything in it is invented.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE, after_long_help = long_help())]
pub(super) struct Simulate {
    /// What happens in the world: `mix`, or the number or name of one scenario.
    #[arg(long, value_name = "NAME", default_value = "mix", value_parser = read_scenario)]
    scenario: Scenario,
    /// How many accounts.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=ACCOUNTS_MAX))]
    accounts: u64,
    /// Another seed, another world.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Folder for the files; made if it is not there. Files of the same names are overwritten.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage simulate --scenario mix --accounts 2000 --seed 1 --out world";

const COLUMNS: &[&str] = &[
    "accounts",
    "observations",
    "listings",
    "enforcements",
    "entities",
    "infringing_accounts",
    "pairs",
    "pairs_ceiling",
    "returns",
    "returns_detectable",
    "relations",
    "traps",
    "pictures",
];

/// The scenarios, and the example.
fn long_help() -> String {
    let line = |scenario: Scenario| format!("  {:<4} {:<19} {}\n", scenario.code, scenario.name, scenario.about);
    let lines: String = scenarios().into_iter().map(line).collect();
    format!("Scenarios:\n{lines}\n{EXAMPLE}")
}

fn read_scenario(name: &str) -> Result<Scenario, String> {
    scenario(name).map_err(|error| error.to_string())
}

impl Simulate {
    pub(super) fn run(self) -> Result<Answer> {
        let mut progress = Progress::begin(format!("simulate {}", self.scenario.code));
        let request = Request { scenario: self.scenario, accounts: self.accounts, seed: self.seed };
        let counts = simulate(&request, &self.out, &mut |done| progress.count(done, self.accounts))?;
        drop(progress);
        match self.output.format {
            Format::Table => render::page(|out| {
                let mut table = Table::new(&mut *out, &["", "count"]);
                for (name, count) in COLUMNS.iter().zip(figures(&counts)) {
                    table.row(vec![Cell::text(name.replace('_', " ")), Cell::Count(count)])?;
                }
                table.finish().map(drop)
            })?,
            Format::Json => render::json(&counts)?,
            format => {
                let mut rows = Rows::to_stdout(format, COLUMNS)?;
                rows.row(figures(&counts).into_iter().map(Cell::Count).collect())?;
                rows.finish()?;
            }
        }
        say(format_args!(
            "note: an oracle finds {} of {} true pairs; no tool finds more",
            counts.pairs_ceiling, counts.pairs
        ));
        Ok(Answer::Done)
    }
}

/// In the order of [`COLUMNS`].
fn figures(counts: &Counts) -> Vec<u64> {
    vec![
        counts.accounts,
        counts.observations,
        counts.listings,
        counts.enforcements,
        counts.entities,
        counts.infringing_accounts,
        counts.pairs,
        counts.pairs_ceiling,
        counts.returns,
        counts.returns_detectable,
        counts.relations,
        counts.traps,
        counts.pictures,
    ]
}
