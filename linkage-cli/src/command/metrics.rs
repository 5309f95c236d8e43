//! `linkage metrics`: does the strategy of enforcement work?

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use linkage_core::evaluate::{Seller, Share, StrategyMeasures, measure_strategy};
use linkage_core::score::Band;
use serde::Serialize;

use super::evaluate::{Labels, read_truth};
use super::rules::RuleFile;
use super::{Answer, AsOf, Data, JoinBand, bad_input};
use crate::render::{self, Cell, Format, Output, Rows};

/// Measures the strategy of enforcement: removals per operator, who came back, how soon that was linked, what could have been spared.
///
/// A removal is a take-down, a suspension or a ban that was not dismissed or overturned. Recurrence within N days is the share of operators,
/// of all with a removal that N days of records follow, of which another account began (was opened, else first observed) within N days
/// after one. A removal was avoidable if its account had been linked to an operator before it who met the rules by then.
///
/// With `--fields` it prints a row for each platform and each kind of evidence that none of its accounts shows: of the links between
/// accounts of platforms that show it, those that would not be in the band without it. That part of its own returns a platform must expect
/// to miss.
///
/// With a truth the same is measured over the true operators of the accounts it names, and the difference printed in points.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Metrics {
    /// How sure a link must be for two accounts to be one operator's.
    #[arg(long, value_enum, default_value_t = JoinBand::Act)]
    band: JoinBand,
    /// Print instead which fields platforms do not ask for, and what share of the links elsewhere rests on each.
    #[arg(long, conflicts_with_all = ["truth", "rules"])]
    fields: bool,
    /// account,entity rows as CSV, as for `linkage evaluate`; only accounts that it names are measured then.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    rules: RuleFile,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage metrics
  linkage metrics --truth testdata/world/truth.csv
  linkage metrics --fields";

const FIELD_COLUMNS: &[&str] = &["platform", "accounts", "kind", "links", "links_resting", "share"];

const COLUMNS: &[&str] = &["measure", "networks", "networks_of", "truth", "truth_of", "difference_points"];

/// All that was measured.
#[derive(Serialize)]
struct Measured {
    band: Band,
    epoch: u32,
    rules: String,
    rules_version: String,
    networks: StrategyMeasures,
    truth: Option<StrategyMeasures>,
    /// Recurrence of networks less that of the truth, in percentage points, in the order of `recurrence`.
    recurrence_difference_points: Option<Vec<Option<f64>>>,
}

impl Metrics {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        if self.fields {
            return self.print_fields(data);
        }
        let rules = self.rules.read()?;
        let labels = self.truth.as_ref().map(|path| {
            let file =
                File::open(path).map_err(|error| bad_input(format!("{}: open file: {error}", path.display())))?;
            let labels = read_truth(file, path)?;
            labels.truth()?;
            Ok::<Labels, anyhow::Error>(labels)
        });
        let labels = labels.transpose()?;
        let linker = self.as_of.open(data, &[])?;
        let at = linker.stopped_at().unwrap_or_else(Timestamp::now);
        let band = Band::from(self.band);
        let (mut sellers, mut networks) = linker.sellers(band)?;
        let entities = labels.map(|labels| keep_labelled(&labels, &mut sellers, &mut networks));
        let networks = measure_strategy(&sellers, &networks, &rules, at);
        // When accounts were linked says something of networks, and nothing of the truth.
        sellers.iter_mut().for_each(|seller| seller.linked_at = None);
        let truth = entities.map(|entities| measure_strategy(&sellers, &entities, &rules, at));
        let measured = Measured {
            band,
            epoch: linker.epoch()?.number,
            rules: rules.name.clone(),
            rules_version: rules.version.clone(),
            recurrence_difference_points: truth.as_ref().map(|truth| {
                let pairs = networks.recurrence.iter().zip(&truth.recurrence);
                pairs.map(|(found, true_)| points(found.operators, true_.operators)).collect()
            }),
            networks,
            truth,
        };
        match self.output.format {
            Format::Json => render::json(&measured)?,
            format => write_rows(&measured, format)?,
        }
        Ok(Answer::Done)
    }
}

impl Metrics {
    fn print_fields(self, data: &Data) -> Result<Answer> {
        let linker = self.as_of.open(data, &[])?;
        let mut rows = Rows::to_stdout(self.output.format, FIELD_COLUMNS)?;
        for gap in linker.field_gaps(Band::from(self.band))? {
            rows.row(vec![
                Cell::text(gap.platform),
                Cell::Count(gap.accounts),
                Cell::text(gap.kind.name()),
                Cell::Count(gap.links.of),
                Cell::Count(gap.links.part),
                Cell::maybe(gap.links.fraction(), Cell::Probability),
            ])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

/// Leaves the accounts that are labelled, and numbers their entities.
fn keep_labelled(labels: &Labels, sellers: &mut Vec<Seller>, networks: &mut Vec<u32>) -> Vec<u32> {
    let entity_of: HashMap<&str, &str> =
        labels.0.iter().map(|label| (label.account.as_str(), label.entity.as_str())).collect();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut entities = Vec::new();
    let (mut kept_sellers, mut kept_networks) = (Vec::new(), Vec::new());
    for (seller, network) in sellers.drain(..).zip(networks.drain(..)) {
        let Some(entity) = entity_of.get(seller.account.as_str()) else { continue };
        let next = numbers.len() as u32;
        entities.push(*numbers.entry(entity).or_insert(next));
        kept_sellers.push(seller);
        kept_networks.push(network);
    }
    (*sellers, *networks) = (kept_sellers, kept_networks);
    entities
}

/// Percentage points by which one share exceeds another.
fn points(found: Share, expected: Share) -> Option<f64> {
    Some(100.0 * (found.fraction()? - expected.fraction()?))
}

/// One figure of a strategy.
#[derive(Clone, Copy)]
enum Figure {
    Count(u64),
    Share(Share),
    Days(f64),
    Mean(f64),
    Absent,
}

impl Figure {
    fn cell(self) -> Cell {
        match self {
            Figure::Count(count) => Cell::Count(count),
            Figure::Share(share) => Cell::maybe(share.fraction(), Cell::Probability),
            // Two decimals, as of seconds.
            Figure::Days(value) | Figure::Mean(value) => Cell::Seconds(value),
            Figure::Absent => Cell::Absent,
        }
    }

    fn of(self) -> Cell {
        match self {
            Figure::Share(share) => Cell::Count(share.of),
            _ => Cell::Absent,
        }
    }
}

/// Operators are told by their number of removals up to each of these.
const REMOVALS_UP_TO: [(u64, &str); 5] = [
    (1, "operators with 1 removal"),
    (2, "operators with 2"),
    (5, "operators with 3 to 5"),
    (10, "operators with 6 to 10"),
    (u64::MAX, "operators with more"),
];

fn figures(strategy: &StrategyMeasures) -> Vec<(String, Figure)> {
    let maybe = |value: Option<f64>, figure: fn(f64) -> Figure| value.map_or(Figure::Absent, figure);
    let mut figures = vec![
        ("operators".to_owned(), Figure::Count(strategy.operators)),
        ("removals".to_owned(), Figure::Count(strategy.removals)),
        ("removals per operator with any".to_owned(), maybe(strategy.removals_mean(), Figure::Mean)),
    ];
    let mut above = 0;
    for (up_to, name) in REMOVALS_UP_TO {
        let within =
            strategy.operators_by_removals.iter().filter(|count| above < count.removals && count.removals <= up_to);
        figures.push((name.to_owned(), Figure::Count(within.map(|count| count.operators).sum())));
        above = up_to;
    }
    for recurrence in &strategy.recurrence {
        figures.push((format!("recurrence within {} days", recurrence.days), Figure::Share(recurrence.operators)));
    }
    let days = strategy.days_to_link;
    figures.extend([
        ("reappearances linked".to_owned(), days.map_or(Figure::Absent, |days| Figure::Count(days.accounts))),
        ("days to link, median".to_owned(), maybe(days.map(|days| days.median), Figure::Days)),
        ("days to link, nine in ten".to_owned(), maybe(days.map(|days| days.ninth_decile), Figure::Days)),
        ("removals avoidable as linked".to_owned(), strategy.avoidable.map_or(Figure::Absent, Figure::Share)),
        ("removals avoidable on sight".to_owned(), Figure::Share(strategy.avoidable_on_sight)),
    ]);
    figures
}

fn write_rows(measured: &Measured, format: Format) -> Result<()> {
    let truth = measured.truth.as_ref().map(figures);
    let mut rows = Rows::to_stdout(format, COLUMNS)?;
    for (at, (measure, found)) in figures(&measured.networks).into_iter().enumerate() {
        let expected = truth.as_ref().and_then(|truth| truth.get(at)).map_or(Figure::Absent, |(_, figure)| *figure);
        let difference = match (found, expected) {
            (Figure::Share(found), Figure::Share(expected)) => points(found, expected),
            _ => None,
        };
        rows.row(vec![
            Cell::text(measure),
            found.cell(),
            found.of(),
            expected.cell(),
            expected.of(),
            Cell::maybe(difference, Cell::Bits),
        ])?;
    }
    rows.finish()
}
