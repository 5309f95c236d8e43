//! `linkage check`: is the operator of an account a repeat infringer?

use anyhow::Result;
use clap::Args;
use linkage_core::linker::{Status, StrikeCount};
use linkage_core::record::AccountKey;
use serde::Serialize;

use super::rules::RuleFile;
use super::{Answer, AsOf, Data};
use crate::render::{self, Cell, Format, Output, Rows};

/// Is the operator of this account a repeat infringer? YES (exit status 0), NO or CANNOT_SAY (exit status 1).
///
/// YES when one of the rules is met by the enforcements against the account's network at ACT that were upheld, have not expired and
/// are not under appeal. The rules that ship ask for three separate days; `linkage rules` prints those in force.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Check {
    /// The account, platform/account_id.
    #[arg(value_parser = super::account)]
    account: AccountKey,
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    rules: RuleFile,
    #[command(flatten)]
    output: Output,
}

/// The answer with what was asked.
#[derive(Serialize)]
struct Asked<'a> {
    account: &'a AccountKey,
    #[serde(flatten)]
    status: &'a Status,
}

const EXAMPLE: &str = "\
Example:
  linkage check ebay_uk/mlbags_direct
  linkage check ebay_uk/mlbags_direct --as-of 2025-12-31
  linkage check ebay_uk/mlbags_direct --rules rules.toml";

const COLUMNS: &[&str] = &[
    "account",
    "answer",
    "strikes",
    "strike_days",
    "accounts",
    "platforms",
    "first",
    "last",
    "network_id",
    "epoch",
    "reason",
    "rules",
    "rules_version",
    "rule",
    "days_missing",
    "rights_holders_missing",
    "strikes_by_right",
    "strikes_by_platform",
];

impl Check {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let rules = self.rules.read()?;
        let linker = self.as_of.open(data, &[&self.account])?;
        let status = linker.check(&self.account, None, &rules)?;
        match self.output.format {
            Format::Table => render::page(|out| write_status(out, &self.account, &status))?,
            Format::Json => render::json(&Asked { account: &self.account, status: &status })?,
            Format::Jsonl => render::json_lines(&[Asked { account: &self.account, status: &status }])?,
            Format::Csv => {
                let mut rows = Rows::to_stdout(Format::Csv, COLUMNS)?;
                rows.row(cells(&self.account, &status))?;
                rows.finish()?;
            }
        }
        Ok(if status.answer == "YES" { Answer::Done } else { Answer::No })
    }
}

/// Writes the answer for people.
pub(super) fn write_status(out: &mut dyn std::io::Write, account: &AccountKey, status: &Status) -> std::io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "{account}: {bold}{}{bold:#}", status.answer)?;
    writeln!(out, "  {}", status.reason)?;
    if let (Some(first), Some(last)) = (&status.first, &status.last) {
        writeln!(out, "  strikes on {}, first {first}, last {last}", counted(&status.strikes_by_platform, ", "))?;
        writeln!(out, "  for {}", counted(&status.strikes_by_right, ", "))?;
    }
    if let (Some(rule), Some(sentence)) = (&status.rule, &status.rule_sentence) {
        writeln!(out, "  rule {rule} of {}, version {}: {sentence}", status.rules, status.rules_version)?;
    }
    match status.network {
        Some(network) => writeln!(out, "  network {network} of {} accounts, epoch {}", status.accounts, status.epoch),
        None => writeln!(out, "  in no network, epoch {}", status.epoch),
    }
}

fn cells(account: &AccountKey, status: &Status) -> Vec<Cell> {
    vec![
        Cell::text(account),
        Cell::text(status.answer),
        Cell::Count(status.strikes),
        Cell::Count(status.strike_days),
        Cell::Count(status.accounts),
        Cell::text(status.platforms.join(";")),
        Cell::maybe(status.first.as_ref(), Cell::text),
        Cell::maybe(status.last.as_ref(), Cell::text),
        Cell::maybe(status.network, Cell::text),
        Cell::Count(status.epoch.into()),
        Cell::text(&status.reason),
        Cell::text(&status.rules),
        Cell::text(&status.rules_version),
        Cell::maybe(status.rule.as_ref(), Cell::text),
        Cell::Count(status.days_missing.into()),
        Cell::Count(status.rights_holders_missing.into()),
        Cell::text(counted(&status.strikes_by_right, ";")),
        Cell::text(counted(&status.strikes_by_platform, ";")),
    ]
}

/// `3 TRADE_MARK, 1 NOT_SAID`.
fn counted(counts: &[StrikeCount], between: &str) -> String {
    counts.iter().map(|count| format!("{} {}", count.strikes, count.of)).collect::<Vec<_>>().join(between)
}
