//! `linkage network`: who is in a network, what happened when, and where it would come apart.

use std::io::{self, Write};
use std::str::FromStr;

use anyhow::Result;
use clap::{Args, ValueEnum};
use linkage_core::linker::{
    Agreement, Event, Happening, Linker, LinkerError, NetworkId, NetworkStory, Related, Return, Seam,
};
use linkage_core::record::AccountKey;

use super::{Answer, AsOf, Data, JoinBand, bad_input, known};
use crate::render::{self, Cell, Format, Output, Rows, Table, probability};
use crate::terminal::say;

/// Who is in a network, what happened when, how long after a closing somebody was back, and where it would come apart.
///
/// The id of a network that was merged into another leads to that one. As CSV or JSON Lines the rows are the members, or what
/// --part says; as JSON without --part everything is one document.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Network {
    /// The network, such as N000123, or one of its accounts, platform/account_id.
    #[arg(value_name = "ID", value_parser = named)]
    named: Named,
    /// How sure a link must be to join a network; lead includes act.
    #[arg(long, value_enum, ignore_case = true, default_value_t = JoinBand::Act)]
    band: JoinBand,
    /// Only these rows.
    #[arg(long, value_enum)]
    part: Option<Part>,
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage network ebay_uk/mlbags_direct
  linkage network ebay_uk/mlbags_direct --as-of 2025-06-30
  linkage network ebay_uk/mlbags_direct --part timeline --format csv";

/// What the user names a network by.
#[derive(Clone, Debug)]
enum Named {
    Id(NetworkId),
    Account(AccountKey),
}

/// A set of rows of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// An account each.
    Members,
    /// Openings, closings and enforcements in order of time.
    Timeline,
    /// A closing each, with the opening that followed.
    Returns,
    /// A scored pair of members each.
    Links,
    /// A network each that is linked to this one and no part of it.
    Neighbours,
}

/// Lists of accounts are told up to so many.
const ACCOUNTS_TOLD: usize = 6;

impl Network {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let accounts: Vec<&AccountKey> = match &self.named {
            Named::Id(_) => Vec::new(),
            Named::Account(account) => vec![account],
        };
        let linker = self.as_of.open(data, &accounts)?;
        let id = self.id(&linker)?;
        let story = linker.network_story(id, self.band.into())?;
        if let Some(asked) = story.redirected_from {
            say(format_args!("note: {asked} was merged into {}", story.network_id));
        }
        match (self.output.format, self.part) {
            (Format::Table, None) => render::page(|out| write_story(out, &story))?,
            (Format::Json, None) => render::json(&story)?,
            (format, part) => write_part(&story, part.unwrap_or(Part::Members), format)?,
        }
        Ok(Answer::Done)
    }

    fn id(&self, linker: &Linker) -> Result<NetworkId> {
        match &self.named {
            Named::Id(id) => Ok(*id),
            Named::Account(account) => {
                known(linker, &[account])?;
                linker
                    .network_of(account)?
                    .ok_or_else(|| bad_input(format!("{account} is in no network yet: it waits for `linkage link`")))
            }
        }
    }
}

/// Reads an account where there is a slash, else the id of a network.
fn named(text: &str) -> Result<Named, String> {
    if text.contains('/') {
        return super::account(text).map(Named::Account);
    }
    NetworkId::from_str(text)
        .map(Named::Id)
        .map_err(|error: LinkerError| format!("{error}, or an account such as ebay_uk/shop1"))
}

fn write_story(out: &mut dyn Write, story: &NetworkStory) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(
        out,
        "{bold}{}{bold:#}: {} on {}, joined at {}, epoch {}",
        story.network_id,
        counted(story.members.len(), "account"),
        counted(story.platforms.len(), "platform"),
        story.band.name(),
        story.epoch
    )?;
    writeln!(out)?;
    write_members(out, story)?;
    heading(out, "What happened")?;
    write_timeline(out, story)?;
    heading(out, "How well it holds together")?;
    match &story.weakest {
        Some(seam) => write_seam(out, seam)?,
        None => writeln!(out, "An account alone: there is nothing to come apart.")?,
    }
    if !story.neighbours.is_empty() {
        heading(out, "Linked to it, and no part of it")?;
        write_neighbours(out, story)?;
    }
    if !story.related.is_empty() {
        heading(out, "Related to it, and another operator's")?;
        write_related(out, story)?;
    }
    if let Some(Seam { link, .. }) = &story.weakest {
        writeln!(out)?;
        writeln!(out, "Why the weakest link is there: linkage explain {} {}", shell(&link.left), shell(&link.right))?;
    }
    Ok(())
}

fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "\n{bold}{text}{bold:#}")
}

fn write_members(out: &mut dyn Write, story: &NetworkStory) -> io::Result<()> {
    let mut table =
        Table::new(out, &["account", "calls itself", "opened", "closed", "listings", "strikes", "probability"]);
    for member in &story.members {
        table.row(vec![
            Cell::text(&member.account),
            Cell::maybe(member.display_name.as_ref(), Cell::text),
            Cell::maybe(member.opened_at, Cell::Time),
            Cell::maybe(member.closed_at, Cell::Time),
            Cell::Count(member.listings),
            Cell::Count(member.strikes),
            Cell::Probability(member.probability),
        ])?;
    }
    table.finish().map(drop)
}

fn write_timeline(out: &mut dyn Write, story: &NetworkStory) -> io::Result<()> {
    let mut table = Table::new(out, &["day", "what", "account", "more"]);
    for event in &story.timeline {
        table.row(vec![
            Cell::Time(event.at),
            Cell::text(what(event)),
            Cell::text(&event.account),
            Cell::Text(more(event, &story.returns)),
        ])?;
    }
    table.finish().map(drop)
}

fn what(event: &Event) -> &'static str {
    match event.what {
        Happening::Opened => "opened",
        Happening::FirstSeen => "first seen",
        Happening::Enforced => event.enforcement.as_ref().and_then(|action| action.action).unwrap_or("enforced"),
        Happening::Closed => "closed",
    }
}

/// What became of an enforcement, and of a closing how soon somebody was back.
fn more(event: &Event, returns: &[Return]) -> String {
    if let Some(action) = &event.enforcement {
        let strike = if action.is_strike { Some("a strike") } else { None };
        let outcome = match (action.outcome, action.appeal) {
            (outcome, Some("OPEN")) => Some(format!("{}, appeal open", outcome.unwrap_or("undecided").to_lowercase())),
            (outcome, Some("ALLOWED")) => {
                Some(format!("{}, appeal allowed", outcome.unwrap_or("decided").to_lowercase()))
            }
            (outcome, _) => outcome.map(str::to_lowercase),
        };
        let said = [
            outcome,
            strike.map(str::to_owned),
            action.right.map(|right| right.to_lowercase().replace('_', " ")),
            action.rights_holder.clone(),
        ];
        return said.into_iter().flatten().collect::<Vec<_>>().join(", ");
    }
    let back = returns.iter().find(|back| event.what == Happening::Closed && back.closed == event.account);
    back.map(|back| format!("back {} as {}", back.after(), back.opened)).unwrap_or_default()
}

fn write_seam(out: &mut dyn Write, Seam { link, links_across, parts, together }: &Seam) -> io::Result<()> {
    let pair = format!(
        "{} and {}, {:+.1} bits, probability {}",
        link.left,
        link.right,
        link.weight_bits,
        probability(link.probability)
    );
    let [small, large] = parts;
    let split = format!("{} from {}", told(small), counted(large.len(), "account"));
    let words = match links_across {
        1 => format!("The weakest link is that of {pair}. Without it {split} would be apart."),
        across => format!(
            "It would come apart first between {split}: {across} links join the two, the strongest of them {pair}."
        ),
    };
    render::paragraph(out, &words)?;
    if together.is_empty() {
        return Ok(());
    }
    render::paragraph(out, "No pair of the two parts is enough by itself. What all of them say together joins them:")?;
    let mut table = Table::new(out, &["kind", "bits", "agrees most"]);
    for Agreement { kind, bits, smaller, greater } in together {
        table.row(vec![Cell::text(kind), Cell::Bits(*bits), Cell::Text(format!("{smaller} and {greater}"))])?;
    }
    table.finish().map(drop)
}

fn write_neighbours(out: &mut dyn Write, story: &NetworkStory) -> io::Result<()> {
    let mut table = Table::new(out, &["network", "links", "strongest", "band", "bits", "probability"]);
    for neighbour in &story.neighbours {
        let link = &neighbour.strongest;
        table.row(vec![
            Cell::text(neighbour.network_id),
            Cell::Count(neighbour.links),
            Cell::Text(format!("{} and {}", link.left, link.right)),
            Cell::text(link.band.name()),
            Cell::Bits(link.weight_bits),
            Cell::Probability(link.probability),
        ])?;
    }
    table.finish().map(drop)
}

fn write_related(out: &mut dyn Write, story: &NetworkStory) -> io::Result<()> {
    let mut table = Table::new(&mut *out, &["network", "pairs", "most telling", "how"]);
    for Related { network_id, pairs, link, sentence } in &story.related {
        table.row(vec![
            Cell::text(network_id),
            Cell::Count(*pairs),
            Cell::Text(format!("{} and {}", link.left, link.right)),
            Cell::text(sentence),
        ])?;
    }
    table.finish()?;
    if 0 < story.related_left_out {
        writeln!(out, "and {} more", story.related_left_out)?;
    }
    Ok(())
}

fn told(accounts: &[AccountKey]) -> String {
    let mut names: Vec<String> = accounts.iter().take(ACCOUNTS_TOLD).map(ToString::to_string).collect();
    if ACCOUNTS_TOLD < accounts.len() {
        names.push(format!("{} more", accounts.len() - ACCOUNTS_TOLD));
    }
    names.join(", ")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// An account as one word of a shell.
fn shell(account: &AccountKey) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/_-.:@+,".contains(c);
    if account.as_str().chars().all(plain) {
        account.to_string()
    } else {
        format!("'{}'", account.as_str().replace('\'', "'\\''"))
    }
}

fn write_part(story: &NetworkStory, part: Part, format: Format) -> Result<()> {
    match part {
        Part::Members => members(story, format),
        Part::Timeline => timeline(story, format),
        Part::Returns => returns(story, format),
        Part::Links => links(story, format),
        Part::Neighbours => neighbours(story, format),
    }
}

const MEMBER_COLUMNS: &[&str] = &[
    "network_id",
    "account",
    "display_name",
    "probability",
    "opened_at",
    "closed_at",
    "first_seen_at",
    "last_seen_at",
    "sources",
    "listings",
    "enforcements",
    "strikes",
];

fn members(story: &NetworkStory, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, MEMBER_COLUMNS)?;
    for member in &story.members {
        rows.row(vec![
            Cell::text(story.network_id),
            Cell::text(&member.account),
            Cell::maybe(member.display_name.as_ref(), Cell::text),
            Cell::Probability(member.probability),
            Cell::maybe(member.opened_at, Cell::Time),
            Cell::maybe(member.closed_at, Cell::Time),
            Cell::Time(member.first_seen_at),
            Cell::Time(member.last_seen_at),
            Cell::text(member.sources.join(";")),
            Cell::Count(member.listings),
            Cell::Count(member.enforcements),
            Cell::Count(member.strikes),
        ])?;
    }
    rows.finish()
}

const EVENT_COLUMNS: &[&str] = &[
    "network_id",
    "at",
    "account",
    "what",
    "enforcement_id",
    "action",
    "outcome",
    "appeal",
    "right",
    "rights_holder",
    "is_strike",
];

fn timeline(story: &NetworkStory, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, EVENT_COLUMNS)?;
    for event in &story.timeline {
        let action = event.enforcement.as_ref();
        let what = match event.what {
            Happening::Opened => "OPENED",
            Happening::FirstSeen => "FIRST_SEEN",
            Happening::Enforced => "ENFORCED",
            Happening::Closed => "CLOSED",
        };
        rows.row(vec![
            Cell::text(story.network_id),
            Cell::Time(event.at),
            Cell::text(&event.account),
            Cell::text(what),
            Cell::maybe(action, |action| Cell::text(&action.enforcement_id)),
            Cell::maybe(action.and_then(|action| action.action), Cell::text),
            Cell::maybe(action.and_then(|action| action.outcome), Cell::text),
            Cell::maybe(action.and_then(|action| action.appeal), Cell::text),
            Cell::maybe(action.and_then(|action| action.right), Cell::text),
            Cell::maybe(action.and_then(|action| action.rights_holder.as_ref()), Cell::text),
            Cell::maybe(action.map(|action| action.is_strike), Cell::Flag),
        ])?;
    }
    rows.finish()
}

fn returns(story: &NetworkStory, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, &["network_id", "closed", "closed_at", "opened", "opened_at", "days"])?;
    for back in &story.returns {
        rows.row(vec![
            Cell::text(story.network_id),
            Cell::text(&back.closed),
            Cell::Time(back.closed_at),
            Cell::text(&back.opened),
            Cell::Time(back.opened_at),
            Cell::Count(back.days.unsigned_abs()),
        ])?;
    }
    rows.finish()
}

fn links(story: &NetworkStory, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, super::export::LINK_COLUMNS)?;
    for link in &story.links {
        rows.row(super::export::link_cells(link))?;
    }
    rows.finish()
}

/// Beside the first three, those of a link.
const NEIGHBOUR_COLUMNS: &[&str] =
    &["network_id", "neighbour_id", "links", "left", "right", "relation", "probability", "weight_bits", "band", "tie"];

fn neighbours(story: &NetworkStory, format: Format) -> Result<()> {
    let mut rows = Rows::to_stdout(format, NEIGHBOUR_COLUMNS)?;
    for neighbour in &story.neighbours {
        let mut row =
            vec![Cell::text(story.network_id), Cell::text(neighbour.network_id), Cell::Count(neighbour.links)];
        row.extend(super::export::link_cells(&neighbour.strongest));
        rows.row(row)?;
    }
    rows.finish()
}
