//! The measures of several partitions beside each other.

use std::fmt;

use serde::Serialize;

use super::networks::{NetworkMeasures, PairCounts, Share, measure_networks};
use super::pairs::{BlockingMeasures, PairMeasures};
use super::truth::{Partition, Truth};

/// Name of the row that every report ends with.
const LINK_NOBODY: &str = "link nobody";

/// Figures over one truth. Prints as a table, serialises as JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Labelled accounts.
    pub accounts: u64,
    /// Entities among them.
    pub entities: u64,
    /// Pairs of accounts of one entity.
    pub true_pairs: u64,
    /// One row per partition, in the order added; "link nobody" is always the last.
    pub rows: Vec<ReportRow>,
    /// Honest accounts in a network with an infringer's, by the name of the partition; empty where nobody knows who infringes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub honest_merged: Vec<(String, Share)>,
    /// How good the scored pairs are, if there were any to measure.
    pub pairs: Option<PairMeasures>,
    /// How good the candidate pairs are, if there were any to measure.
    pub blocking: Option<BlockingMeasures>,
}

/// One partition's name and measures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportRow {
    /// What made the partition.
    pub name: String,
    /// Its measures.
    #[serde(flatten)]
    pub measures: NetworkMeasures,
}

impl Report {
    /// A report with the row "link nobody" alone.
    pub fn new(truth: &Truth) -> Self {
        let nobody = measure_networks(truth, &truth.link_nobody());
        Self {
            accounts: truth.accounts(),
            entities: truth.entities(),
            true_pairs: truth.true_pairs(),
            rows: vec![ReportRow { name: LINK_NOBODY.to_owned(), measures: nobody }],
            honest_merged: Vec::new(),
            pairs: None,
            blocking: None,
        }
    }

    /// Measures `partition` and adds it before "link nobody".
    pub fn add(&mut self, name: &str, truth: &Truth, partition: &Partition) {
        let row = ReportRow { name: name.to_owned(), measures: measure_networks(truth, partition) };
        self.rows.insert(self.rows.len().saturating_sub(1), row);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} accounts, {} entities, {} true pairs", self.accounts, self.entities, self.true_pairs)?;
        writeln!(f)?;
        write_networks(f, &self.rows)?;
        if !self.honest_merged.is_empty() {
            writeln!(f)?;
            writeln!(f, "honest accounts merged with an infringer:")?;
        }
        for (name, merged) in &self.honest_merged {
            writeln!(
                f,
                "  {name}  {} of {}, {:.2} %",
                merged.part,
                merged.of,
                100.0 * merged.fraction().unwrap_or(0.0)
            )?;
        }
        if let Some(pairs) = &self.pairs {
            write_pairs(f, pairs)?;
        }
        if let Some(blocking) = &self.blocking {
            write_blocking(f, blocking)?;
        }
        Ok(())
    }
}

fn write_networks(f: &mut fmt::Formatter<'_>, rows: &[ReportRow]) -> fmt::Result {
    let name_width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(8);
    writeln!(
        f,
        "{:name_width$}  {:^23}  {:^23}  {:>8}  {:>8}  {:>17}  {:>17}",
        "", "pairwise", "B-cubed", "", "", "accounts merged", "singletons merged"
    )?;
    writeln!(
        f,
        "{:name_width$}  {:>7} {:>7} {:>7}  {:>7} {:>7} {:>7}  {:>8}  {:>8}  {:>17}  {:>17}",
        "networks of",
        "prec.",
        "recall",
        "F1",
        "prec.",
        "recall",
        "F1",
        "networks",
        "largest",
        "with a stranger",
        "with anybody"
    )?;
    for row in rows {
        write_row(f, row, name_width)?;
    }
    Ok(())
}

fn write_row(f: &mut fmt::Formatter<'_>, row: &ReportRow, name_width: usize) -> fmt::Result {
    let m = &row.measures;
    write!(f, "{:name_width$}  {}  ", row.name, scores(&m.pairs))?;
    write!(f, "{:>7.4} {:>7.4} {:>7.4}  ", m.b_cubed_precision, m.b_cubed_recall, m.b_cubed_f1)?;
    write!(f, "{:>8}  {:>8}  ", m.networks, m.largest_network)?;
    write!(f, "{:>17}  {:>17}", share(m.accounts_wrongly_merged), share(m.singletons_wrongly_merged))?;
    if m.unlabelled + m.unplaced > 0 {
        write!(f, "  ({} without label left out, {} not named taken as alone)", m.unlabelled, m.unplaced)?;
    }
    writeln!(f)
}

fn write_pairs(f: &mut fmt::Formatter<'_>, pairs: &PairMeasures) -> fmt::Result {
    writeln!(f)?;
    writeln!(
        f,
        "links as pairs       precision {}, recall {}, F1 {}; {} pairs scored",
        figure(pairs.links.precision()).trim_start(),
        figure(pairs.links.recall()).trim_start(),
        figure(pairs.links.f1()).trim_start(),
        pairs.scored
    )?;
    writeln!(
        f,
        "calibration error    {} in bins of equal width, {} in bins of equal mass",
        figure(pairs.calibration_error_equal_width).trim_start(),
        figure(pairs.calibration_error_equal_mass).trim_start()
    )
}

fn write_blocking(f: &mut fmt::Formatter<'_>, blocking: &BlockingMeasures) -> fmt::Result {
    writeln!(
        f,
        "blocking             {} of {} true pairs kept ({}), {:.1} candidates per record",
        blocking.recall.part,
        blocking.recall.of,
        figure(blocking.recall.fraction()).trim_start(),
        blocking.candidates_per_record
    )
}

fn scores(pairs: &PairCounts) -> String {
    format!("{} {} {}", figure(pairs.precision()), figure(pairs.recall()), figure(pairs.f1()))
}

fn share(share: Share) -> String {
    match share.fraction() {
        Some(fraction) => format!("{} of {} {:.1}%", share.part, share.of, 100.0 * fraction),
        None => "-".to_owned(),
    }
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| format!("{:>7}", "-"), |value| format!("{value:>7.4}"))
}
