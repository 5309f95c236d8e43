//! `linkage forget`: erases records and all that was derived from them.

use anyhow::Result;
use clap::Args;
use linkage_core::linker::ForgetSummary;
use linkage_core::record::AccountKey;

use super::{Answer, Data};
use crate::render::{Cell, Output, Rows};
use crate::terminal::Progress;

/// Erases one account, or all that came from one source, with everything derived from it.
///
/// At once and for good: there is no undo. What an erased record gave to the frequencies of the epoch in force goes with the
/// next `linkage link`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Forget {
    /// The account, platform/account_id.
    #[arg(value_parser = super::account, required_unless_present = "source", conflicts_with = "source")]
    account: Option<AccountKey>,
    /// Everything that has this in its field `source`.
    #[arg(long, value_name = "S")]
    source: Option<String>,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage forget ebay_uk/willow_and_wren";

const COLUMNS: &[&str] = &["what", "count"];

impl Forget {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let linker = data.open_quietly()?;
        let progress = Progress::begin("forget, and give the bytes back to the disk");
        let summary = match (&self.account, &self.source) {
            (Some(account), _) => linker.forget_account(account)?,
            (None, source) => linker.forget_source(source.as_deref().unwrap_or_default())?,
        };
        drop(progress);
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for (what, count) in figures(&summary) {
            rows.row(vec![Cell::text(what), Cell::Count(count)])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

fn figures(summary: &ForgetSummary) -> [(&'static str, u64); 8] {
    let erased = &summary.erased;
    [
        ("accounts erased", erased.accounts),
        ("accounts that lost records", erased.accounts_changed),
        ("account observations erased", erased.observations),
        ("listing observations erased", erased.listings),
        ("enforcement observations erased", erased.enforcements),
        ("judgements erased", erased.judgements),
        ("links withdrawn", summary.links_withdrawn),
        ("accounts moved", summary.accounts_moved),
    ]
}
