//! `linkage export`: networks, links or the whole graph, streamed.

mod graphml;

use anyhow::Result;
use clap::{Args, Subcommand};
use linkage_core::linker::{Link, LinkerError, Membership, Relation};
use linkage_core::score::Band;

use super::{Answer, AsOf, Data, JoinBand};
use crate::render::{Cell, Format, Rows};

/// Writes networks, links or the graph, in account order.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  linkage export networks")]
pub(super) enum Export {
    Networks(Networks),
    Links(Links),
    #[command(name = "graphml")]
    GraphMl(graphml::GraphMl),
}

/// account,network_id,probability: every account with its network, a lone one with its own.
///
/// The probability is that of belonging to the network.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  linkage export networks --band lead")]
pub(super) struct Networks {
    /// How sure a link must be to join a network; lead includes act.
    #[arg(long, value_enum, ignore_case = true, default_value_t = JoinBand::Act)]
    band: JoinBand,
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    output: ExportOutput,
}

/// left,right,relation,probability,weight_bits,band,tie: every link at LEAD or better, a pair once.
///
/// RELATED are accounts of different operators who belong together, such as a family, a firm and its agent, or customers of one
/// freight forwarder; tie says how. Their band is NONE: nobody is merged on it.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  linkage export links --all --format jsonl")]
pub(super) struct Links {
    /// Also pairs in band NONE that were compared and are worth keeping, related ones included.
    #[arg(long)]
    all: bool,
    /// Also pairs that are RELATED.
    #[arg(long)]
    related: bool,
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    output: ExportOutput,
}

/// As for other commands, but CSV unless told otherwise.
#[derive(Args, Clone, Copy, Debug)]
struct ExportOutput {
    /// How rows are written to stdout.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
}

const NETWORK_COLUMNS: &[&str] = &["account", "network_id", "probability"];

pub(super) const LINK_COLUMNS: &[&str] = &["left", "right", "relation", "probability", "weight_bits", "band", "tie"];

impl Export {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        match self {
            Export::Networks(networks) => networks.run(data),
            Export::Links(links) => links.run(data),
            Export::GraphMl(graph) => graph.run(data),
        }
    }
}

impl Networks {
    fn run(self, data: &Data) -> Result<Answer> {
        let band = self.band.into();
        let linker = self.as_of.open(data, &[])?;
        write_rows(self.output, NETWORK_COLUMNS, |write| {
            linker.memberships(band, &mut |Membership { account, network, probability }| {
                write(vec![Cell::text(account), Cell::text(network), Cell::Probability(probability)])
            })
        })
    }
}

impl Links {
    fn run(self, data: &Data) -> Result<Answer> {
        let least = if self.all || self.related { Band::None } else { Band::Lead };
        let wanted = |link: &Link| self.all || Band::Lead <= link.band || link.relation == Relation::Related;
        let linker = self.as_of.open(data, &[])?;
        write_rows(self.output, LINK_COLUMNS, |write| {
            linker.links(least, &mut |link| if wanted(&link) { write(link_cells(&link)) } else { Ok(()) })
        })
    }
}

/// A row of [`LINK_COLUMNS`].
pub(super) fn link_cells(link: &Link) -> Vec<Cell> {
    vec![
        Cell::text(&link.left),
        Cell::text(&link.right),
        Cell::text(link.relation.name()),
        Cell::Probability(link.probability),
        Cell::Bits(link.weight_bits),
        Cell::text(link.band.name()),
        Cell::maybe(link.tie, Cell::text),
    ]
}

/// Where rows are taken.
type Write<'w> = dyn FnMut(Vec<Cell>) -> Result<(), LinkerError> + 'w;

/// Writes what `stream` gives as rows.
fn write_rows(
    output: ExportOutput,
    columns: &'static [&'static str],
    stream: impl FnOnce(&mut Write<'_>) -> Result<(), LinkerError>,
) -> Result<Answer> {
    let mut rows = Rows::to_stdout(output.format, columns)?;
    streamed(|failed| stream(&mut |cells| rows.row(cells).map_err(|error| stop(failed, error))))?;
    rows.finish()?;
    Ok(Answer::Done)
}

/// Runs a stream. The linker knows no failure of a reader of its own: where writing fails, it is [stopped](stop), and what
/// failed is told instead.
fn streamed(stream: impl FnOnce(&mut Option<anyhow::Error>) -> Result<(), LinkerError>) -> Result<()> {
    let mut failed = None;
    let streamed = stream(&mut failed);
    match failed {
        Some(error) => Err(error),
        None => Ok(streamed?),
    }
}

/// Notes what failed and stops the linker.
fn stop(failed: &mut Option<anyhow::Error>, error: anyhow::Error) -> LinkerError {
    *failed = Some(error);
    LinkerError::Stopped
}
