//! `linkage review`: a person's judgement on two accounts, undoing one, and all that were given.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use linkage_core::ledger::{JudgementId, NewJudgement, Verdict};
use linkage_core::linker::{Linker, Moved, NetworkId, Review as Reviewed, ReviewOutcome};
use linkage_core::record::AccountKey;

use super::{Answer, Data, known};
use crate::render::{self, Cell, Format, Output, Rows, Table};

/// A person's judgement on two accounts: it wins over the score once it stands, and can be undone.
///
/// Different and related keep apart on one person's word. Same joins on one person's word where the evidence alone reaches
/// LEAD; below that it stands once two people have said so. Unsure is noted and changes nothing. What stands is linked at
/// once, under the epoch in force.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Review {
    /// One account, platform/account_id.
    #[arg(value_parser = super::account, required_unless_present_any = ["undo", "list"])]
    left: Option<AccountKey>,
    /// The other; not with --list, which takes one account or none.
    #[arg(value_parser = super::account, required_unless_present_any = ["undo", "list"], conflicts_with = "list")]
    right: Option<AccountKey>,
    /// What you found.
    #[arg(long, value_enum, ignore_case = true, required_unless_present_any = ["undo", "list"])]
    verdict: Option<Judged>,
    /// Why; card numbers in it are redacted.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["undo", "list"])]
    note: Option<String>,
    /// Who judges, or undoes; two judgements under one name are one person's.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "list",
        env = "LINKAGE_REVIEWER",
        hide_env_values = true
    )]
    by: Option<String>,
    /// Undoes the judgement of this number; it stays to be seen.
    #[arg(long, value_name = "ID", conflicts_with_all = ["left", "right", "verdict", "note", "list"])]
    undo: Option<u64>,
    /// Lists all judgements, or those on one account, undone ones included.
    #[arg(long, conflicts_with_all = ["verdict", "note"])]
    list: bool,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage review ebay_uk/mlbags_direct ebay_uk/willow_and_wren --verdict same --note 同一人 --by ann
  linkage review --list
  linkage review --undo 0 --by ben";

/// A verdict as written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Judged {
    /// The same operator.
    Same,
    /// Different operators.
    Different,
    /// Different operators that have to do with each other.
    Related,
    /// Cannot say.
    Unsure,
}

/// Judgements read at once.
const PAGE: usize = 1000;

const COLUMNS: &[&str] =
    &["id", "left", "right", "verdict", "stands", "effect", "by", "at", "note", "undone_by", "undone_at"];

impl From<Judged> for Verdict {
    fn from(judged: Judged) -> Verdict {
        match judged {
            Judged::Same => Verdict::Same,
            Judged::Different => Verdict::Different,
            Judged::Related => Verdict::Related,
            Judged::Unsure => Verdict::Unsure,
        }
    }
}

impl Review {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let linker = data.open()?;
        let by = self.by.unwrap_or_default();
        let outcome = match (self.left, self.right, self.verdict) {
            (left, _, _) if self.list => return list(&linker, left.as_ref(), self.output.format),
            (Some(left), Some(right), Some(verdict)) => {
                known(&linker, &[&left, &right])?;
                let note = self.note.unwrap_or_default();
                linker.review(NewJudgement { left, right, verdict: verdict.into(), note, by, at: Timestamp::now() })?
            }
            _ => linker.undo_review(JudgementId(self.undo.unwrap_or_default()), &by, Timestamp::now())?,
        };
        match self.output.format {
            Format::Table => render::page(|out| write_outcome(out, &outcome))?,
            Format::Json => render::json(&outcome)?,
            Format::Jsonl => render::json_lines(&[&outcome])?,
            Format::Csv => {
                let mut rows = Rows::to_stdout(Format::Csv, COLUMNS)?;
                rows.row(cells(&outcome.review))?;
                rows.finish()?;
            }
        }
        Ok(Answer::Done)
    }
}

fn list(linker: &Linker, account: Option<&AccountKey>, format: Format) -> Result<Answer> {
    let mut rows = Rows::to_stdout(format, COLUMNS)?;
    if let Some(account) = account {
        known(linker, &[account])?;
        for review in linker.reviews_of(account)? {
            rows.row(cells(&review))?;
        }
    } else {
        let mut after = None;
        loop {
            let page = linker.reviews(after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(JudgementId(last.id));
            for review in &page {
                rows.row(cells(review))?;
            }
        }
    }
    rows.finish()?;
    Ok(Answer::Done)
}

fn write_outcome(out: &mut dyn Write, outcome: &ReviewOutcome) -> io::Result<()> {
    let ReviewOutcome { review, band, together, moved } = outcome;
    let bold = anstyle::Style::new().bold();
    let stands = match (review.stands, &review.undone_by) {
        (_, Some(_)) => "is undone",
        (true, None) => "stands",
        (false, None) => "does not stand",
    };
    writeln!(
        out,
        "Judgement {}: {} says {} of {} and {}",
        review.id,
        render::shown(&review.by),
        review.verdict.name(),
        review.left,
        review.right
    )?;
    writeln!(out, "  it {bold}{stands}{bold:#}: {}", review.effect)?;
    let now = if *together { "in one network" } else { "in two networks" };
    writeln!(out, "  the evidence alone says {}; at ACT both are {now} now", band.name())?;
    if moved.is_empty() {
        return writeln!(out, "  no account changed its network");
    }
    writeln!(out)?;
    write_moved(out, moved)
}

fn write_moved(out: &mut dyn Write, moved: &[Moved]) -> io::Result<()> {
    let mut table = Table::new(out, &["account", "network before", "now", "at LEAD before", "now"]);
    let network = |id: Option<NetworkId>| Cell::maybe(id, Cell::text);
    for Moved { account, act_from, act_to, lead_from, lead_to } in moved {
        let row = [*act_from, *act_to, *lead_from, *lead_to].map(network);
        table.row([Cell::text(account)].into_iter().chain(row).collect())?;
    }
    table.finish().map(drop)
}

fn cells(review: &Reviewed) -> Vec<Cell> {
    vec![
        Cell::Count(review.id),
        Cell::text(&review.left),
        Cell::text(&review.right),
        Cell::text(review.verdict.name()),
        Cell::Flag(review.stands),
        Cell::text(review.effect),
        Cell::text(&review.by),
        Cell::Time(review.at),
        Cell::text(&review.note),
        Cell::maybe(review.undone_by.as_ref(), Cell::text),
        Cell::maybe(review.undone_at, Cell::Time),
    ]
}
