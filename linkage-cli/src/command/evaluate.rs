//! `linkage evaluate`: the stored networks and links against accounts somebody is sure of.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::evaluate::{
    EvaluateError, Partition, Report, ReportRow, ScoredPair, Truth, measure_honest, measure_pairs,
};
use linkage_core::linker::{Linker, Relation};
use linkage_core::record::AccountKey;
use linkage_core::score::Band;

use super::{Answer, Data, bad_input};
use crate::render::{self, Cell, Format, Output, Rows};

/// Measures the stored networks and links against accounts whose entity is known.
///
/// Prints, for networks at ACT, at LEAD and for "link nobody": pairwise and B-cubed precision, recall and F1, the share
/// of accounts and of single accounts merged with a stranger, the largest network; and how far the probabilities of the stored
/// links can be believed.
///
/// The truth of a simulated world says more: whom an oracle could find at all (the ceiling), and who infringes (honest accounts
/// merged with an infringer).
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Evaluate {
    /// account,entity rows as CSV, with or without a header; a header may name role and ceiling, as `linkage simulate` does.
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage evaluate --truth testdata/world/truth.csv";

const COLUMNS: &[&str] = &[
    "networks_of",
    "pair_precision",
    "pair_recall",
    "pair_f1",
    "b_cubed_precision",
    "b_cubed_recall",
    "b_cubed_f1",
    "networks",
    "largest_network",
    "accounts_wrongly_merged",
    "accounts",
    "singletons_wrongly_merged",
    "singletons",
    "honest_merged",
    "honest",
];

impl Evaluate {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let file = File::open(&self.truth)
            .map_err(|error| bad_input(format!("{}: open file: {error}", self.truth.display())))?;
        let labels = read_truth(file, &self.truth)?;
        let truth = labels.truth().with_context(|| self.truth.display().to_string())?;
        let report = measure(&data.open()?, &truth, &labels)?;
        match self.output.format {
            Format::Table => render::page(|out| write!(out, "{report}"))?,
            Format::Json => render::json(&report)?,
            format => write_rows(&report, format)?,
        }
        Ok(Answer::Done)
    }
}

/// What is known of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) account: AccountKey,
    pub(super) entity: String,
    /// `infringer` or some honest role, where the file says so.
    pub(super) role: Option<String>,
    /// Accounts of one ceiling are those that an oracle could join.
    pub(super) ceiling: Option<String>,
}

/// What is known of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(pub(super) Vec<Label>);

impl Labels {
    /// The truth to measure against.
    ///
    /// # Errors
    ///
    /// As [`Truth::new`].
    pub(super) fn truth(&self) -> Result<Truth, EvaluateError> {
        Truth::new(self.0.iter().map(|label| (label.account.as_str(), &label.entity)))
    }

    /// The accounts of infringers, where the file has roles.
    pub(super) fn infringers(&self) -> Option<HashSet<&str>> {
        let has_roles = self.0.iter().any(|label| label.role.is_some());
        let infringers = self.0.iter().filter(|label| label.role.as_deref() == Some(INFRINGER));
        has_roles.then(|| infringers.map(|label| label.account.as_str()).collect())
    }

    fn ceiling(&self, truth: &Truth) -> Result<Option<Partition>, EvaluateError> {
        let rows: Vec<(&str, &str)> =
            self.0.iter().filter_map(|label| Some((label.account.as_str(), label.ceiling.as_deref()?))).collect();
        if rows.is_empty() { Ok(None) } else { truth.partition(rows).map(Some) }
    }
}

/// The role of those who infringe in the truth of a simulated world.
const INFRINGER: &str = "infringer";

/// Reads `account,entity` rows; a header may name the columns, in any order and among others.
///
/// # Errors
///
/// For a row that has not both, an account that is none, and a file that is no CSV.
pub(super) fn read_truth(source: impl std::io::Read, name: &Path) -> Result<Labels> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).flexible(true).from_reader(source);
    let (mut account_at, mut entity_at) = (0, 1);
    let (mut role_at, mut ceiling_at) = (None, None);
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let place = |line: u64, text: &str| bad_input(format!("{}, line {line}{text}", name.display()));
        let record = record.map_err(|error| {
            let line = error.position().map_or(at as u64 + 1, csv::Position::line);
            place(line, ": expected UTF-8 rows of account,entity")
        })?;
        let line = record.position().map_or(at as u64 + 1, csv::Position::line);
        let column = |wanted: &str| record.iter().position(|cell| cell.trim_start_matches('\u{feff}') == wanted);
        if let (0, Some(account), Some(entity)) = (at, column("account"), column("entity")) {
            (account_at, entity_at) = (account, entity);
            (role_at, ceiling_at) = (column("role"), column("ceiling"));
            continue;
        }
        let cell = |at: usize| record.get(at).filter(|cell| !cell.is_empty());
        let account = cell(account_at).and_then(|text| AccountKey::parse(text).ok());
        let account = account.ok_or_else(|| place(line, ", account: expected platform/account_id"))?;
        let entity = cell(entity_at).ok_or_else(|| place(line, ", entity: expected the name of an entity"))?;
        let other = |at: Option<usize>| at.and_then(cell).map(str::to_owned);
        let (role, ceiling) = (other(role_at), other(ceiling_at));
        rows.push(Label { account, entity: entity.to_owned(), role, ceiling });
    }
    Ok(Labels(rows))
}

/// Measures what a store holds.
///
/// # Errors
///
/// When the store cannot be read.
pub(super) fn measure(linker: &Linker, truth: &Truth, labels: &Labels) -> Result<Report> {
    let mut report = Report::new(truth);
    let infringers = labels.infringers();
    for (name, band) in [("ACT", Band::Act), ("LEAD", Band::Lead)] {
        let mut rows = Vec::new();
        linker.memberships(band, &mut |member| {
            rows.push((member.account, member.network.to_string()));
            Ok(())
        })?;
        let rows = rows.iter().map(|(account, network)| (account.as_str(), network.as_str()));
        let partition = truth.partition(rows)?;
        report.add(name, truth, &partition);
        if let Some(infringers) = &infringers {
            let merged = measure_honest(truth, &partition, |account| infringers.contains(account));
            report.honest_merged.push((name.to_owned(), merged));
        }
    }
    if let Some(ceiling) = labels.ceiling(truth)? {
        report.add("ceiling", truth, &ceiling);
    }
    let mut links = Vec::new();
    linker.links(Band::None, &mut |link| {
        // The probability of a related pair is that of being related, which these labels do not know.
        if link.relation == Relation::SameOperator {
            links.push(link);
        }
        Ok(())
    })?;
    let pairs = links.iter().map(|link| ScoredPair {
        left: link.left.as_str(),
        right: link.right.as_str(),
        probability: link.probability,
        linked: Band::Lead <= link.band,
    });
    report.pairs = Some(measure_pairs(truth, pairs)?);
    Ok(report)
}

fn write_rows(report: &Report, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, COLUMNS)?;
    for ReportRow { name, measures } in &report.rows {
        let merged = report.honest_merged.iter().find(|(of, _)| of == name).map(|(_, share)| *share);
        let share = |value: Option<f64>| Cell::maybe(value, Cell::Probability);
        rows.row(vec![
            Cell::text(name),
            share(measures.pairs.precision()),
            share(measures.pairs.recall()),
            share(measures.pairs.f1()),
            Cell::Probability(measures.b_cubed_precision),
            Cell::Probability(measures.b_cubed_recall),
            Cell::Probability(measures.b_cubed_f1),
            Cell::Count(measures.networks),
            Cell::Count(measures.largest_network),
            Cell::Count(measures.accounts_wrongly_merged.part),
            Cell::Count(measures.accounts_wrongly_merged.of),
            Cell::Count(measures.singletons_wrongly_merged.part),
            Cell::Count(measures.singletons_wrongly_merged.of),
            Cell::maybe(merged.map(|share| share.part), Cell::Count),
            Cell::maybe(merged.map(|share| share.of), Cell::Count),
        ])?;
    }
    rows.finish()
}

#[cfg(test)]
mod tests;
