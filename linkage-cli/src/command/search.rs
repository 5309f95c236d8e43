//! `linkage search`: networks, accounts and listings by any text.

use anyhow::Result;
use clap::{Args, ValueEnum};
use linkage_core::linker::{Found, FoundKind};

use super::{Answer, Data};
use crate::render::{Cell, Output, Rows};

/// Finds networks, accounts and listings by any text, and says which field was hit.
///
/// Names in other scripts are found (王小明 and Wang Xiaoming), typing errors forgiven, disguises seen through (N1K3), and
/// numbers found however they are spaced. Every character stands for itself: there is no search syntax.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Search {
    /// What to look for; of more than 32 words the first 32.
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// Only hits of this kind; may be given again.
    #[arg(long = "kind", value_enum)]
    kinds: Vec<Kind>,
    /// Most hits shown, best first.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=250))]
    limit: u16,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Network,
    Account,
    Listing,
}

const EXAMPLE: &str = "\
Example:
  linkage search 赵丽娜
  linkage search --kind account --limit 5 moorland lether";

const COLUMNS: &[&str] = &["kind", "id", "score", "field", "value", "account", "network_id"];

impl Search {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let linker = data.open()?;
        let kind = |kind: &Kind| match kind {
            Kind::Network => FoundKind::Network,
            Kind::Account => FoundKind::Account,
            Kind::Listing => FoundKind::Listing,
        };
        let mut kinds: Vec<FoundKind> = self.kinds.iter().map(kind).collect();
        if kinds.is_empty() {
            kinds = FoundKind::ALL.to_vec();
        }
        let found = linker.search(&self.text.join(" "), &kinds, self.limit.into())?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for found in found {
            rows.row(cells(found))?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

fn cells(found: Found) -> Vec<Cell> {
    vec![
        Cell::text(found.kind.name()),
        Cell::Text(found.id),
        Cell::Probability(found.score),
        Cell::text(found.field),
        Cell::Text(found.value),
        Cell::maybe(found.account, Cell::Text),
        Cell::maybe(found.network, Cell::text),
    ]
}
