//! `linkage link`: fits a new epoch and links all that is stored.

use anyhow::Result;
use clap::Args;
use linkage_core::linker::{LinkSummary, Linker};

use super::{Answer, Data};
use crate::render::{self, Cell, Format, Output, Rows};
use crate::stop::Stop;
use crate::terminal::Progress;

/// Fits a new epoch to all that is stored, without labels, and links everything under it.
///
/// Ctrl-C stops before anything changes (exit status 3); a second one ends the process at once, and the store is then as
/// before or after.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Link {
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage link --format json";

const COLUMNS: &[&str] = &["what", "figure"];

impl Link {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let stop = Stop::on_signals()?;
        let linker = data.open_quietly()?;
        let summary = link(&linker, &stop)?;
        if self.output.format == Format::Json {
            render::json(&summary)?;
            return Ok(Answer::Done);
        }
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for (what, figure) in figures(&summary) {
            rows.row(vec![Cell::text(what), figure])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

/// Links with the stages told on stderr.
pub(super) fn link(linker: &Linker, stop: &Stop) -> Result<LinkSummary> {
    let mut progress = Progress::begin("link");
    Ok(linker.link(&mut |stage| progress.stage(stage), stop.flag())?)
}

fn figures(summary: &LinkSummary) -> Vec<(String, Cell)> {
    let counts = [
        ("accounts", summary.accounts),
        ("candidate pairs", summary.candidate_pairs),
        ("links at ACT", summary.links_act),
        ("links at LEAD", summary.links_lead),
        ("networks at ACT", summary.networks_act),
        ("networks at LEAD", summary.networks_lead),
        ("accounts moved", summary.accounts_moved),
        ("epoch", summary.epoch.into()),
    ];
    let counts = counts.into_iter().map(|(what, count)| (what.to_owned(), Cell::Count(count)));
    let digest = ("partition digest".to_owned(), Cell::text(&summary.partition_digest));
    let seconds =
        summary.seconds.iter().map(|(stage, seconds)| (format!("seconds in {stage}"), Cell::Seconds(*seconds)));
    counts.chain([digest]).chain(seconds).collect()
}
