//! The story in the terminal.

use std::io::{self, Write};
use std::path::Path;

use linkage_core::linker::{NetworkStory, Return, StoryMember};

use super::super::check::write_status;
use super::page::{day_words, member_name};
use super::story::{QueryStory, Story};
use crate::render::{Cell, Table, heading, waterfall};

/// Members and returns of a network that are listed; the page has all.
const LISTED: usize = 8;

/// Tells all of it.
pub(super) fn story(out: &mut dyn Write, story: &Story) -> io::Result<()> {
    import(out, story)?;
    link(out, story)?;
    networks(out, &story.networks)?;
    why(out, story)?;
    checks(out, story)?;
    query(out, &story.query, story)?;
    trust(out, story)?;
    next(out)
}

fn import(out: &mut dyn Write, story: &Story) -> io::Result<()> {
    writeln!(
        out,
        "An invented world: sellers on eight platforms, English and Chinese. Some were banned and came back under"
    )?;
    writeln!(
        out,
        "another name; most are honest, and share forwarders, suppliers, families and names with each other."
    )?;
    heading(out, "1  Import")?;
    for summary in &story.imported {
        let name = Path::new(&summary.file).file_name().unwrap_or_default().to_string_lossy();
        writeln!(out, "  {:>4} records from {name}", summary.counts.new_total())?;
    }
    Ok(())
}

fn link(out: &mut dyn Write, story: &Story) -> io::Result<()> {
    let linked = &story.linked;
    let seconds: f64 = linked.seconds.iter().map(|(_, seconds)| seconds).sum();
    let possible = linked.accounts * linked.accounts.saturating_sub(1) / 2;
    heading(out, "2  Link, without labels")?;
    writeln!(out, "  {:>7} accounts, so {possible} possible pairs", linked.accounts)?;
    writeln!(out, "  {:>7} pairs worth comparing", linked.candidate_pairs)?;
    writeln!(out, "  {:>7} links at LEAD or better, {} of them at ACT", linked.links_lead, linked.links_act)?;
    writeln!(out, "  {:>7} networks at ACT, {} at LEAD", linked.networks_act, linked.networks_lead)?;
    // The first letters of a digest are enough to compare two runs by eye.
    let digest: String = linked.partition_digest.chars().take(16).collect();
    writeln!(out, "  {seconds:>7.1} seconds, epoch {}, partition {digest}", linked.epoch)
}

fn networks(out: &mut dyn Write, networks: &[NetworkStory]) -> io::Result<()> {
    heading(out, "3  The five largest networks at ACT, and how they moved")?;
    for network in networks {
        let members = in_order(network);
        writeln!(out, "{}: {} accounts on {} platforms", network.network_id, members.len(), network.platforms.len())?;
        let mut table = Table::new(&mut *out, &["  account", "calls itself", "from", "to", "strikes"]);
        for member in members.iter().take(LISTED) {
            let from = member.opened_at.unwrap_or(member.first_seen_at);
            table.row(vec![
                Cell::Text(format!("  {}", member.account)),
                Cell::text(member_name(member)),
                Cell::Text(day_words(from)),
                Cell::Text(member.closed_at.map_or_else(|| "open".to_owned(), day_words)),
                Cell::Count(member.strikes),
            ])?;
        }
        table.finish()?;
        if LISTED < members.len() {
            writeln!(out, "  and {} more", members.len() - LISTED)?;
        }
        for back in network.returns.iter().take(LISTED) {
            writeln!(out, "  - {}", return_words(back))?;
        }
        if LISTED < network.returns.len() {
            writeln!(out, "  - and {} more returns", network.returns.len() - LISTED)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Members in the order of their opening.
pub(super) fn in_order(network: &NetworkStory) -> Vec<&StoryMember> {
    let mut members: Vec<&StoryMember> = network.members.iter().collect();
    members.sort_by_key(|member| (member.opened_at.unwrap_or(member.first_seen_at), &member.account));
    members
}

/// `closed 3 May 2024 on ebay_uk, back after 11 days on tiktok as tiktok/77`.
pub(super) fn return_words(back: &Return) -> String {
    format!(
        "closed {} on {}, back {} on {} ({} after {})",
        day_words(back.closed_at),
        back.closed.platform(),
        back.after(),
        back.opened.platform(),
        back.opened.account_id(),
        back.closed.account_id()
    )
}

fn why(out: &mut dyn Write, story: &Story) -> io::Result<()> {
    heading(out, "4  Why: one link, term by term, in bits")?;
    if let Some(network) = &story.explained {
        let name = in_order(network).first().map(|member| member_name(member)).unwrap_or_default();
        writeln!(out, "{name}, network {}:", network.network_id)?;
        for back in &network.returns {
            writeln!(out, "  - {}", return_words(back))?;
        }
        writeln!(out)?;
    }
    match &story.link {
        Some(link) => waterfall(out, link.left.as_str(), link.right.as_str(), &link.why, story.settings),
        None => writeln!(out, "  There is no link at ACT to explain."),
    }
}

fn checks(out: &mut dyn Write, story: &Story) -> io::Result<()> {
    heading(out, "5  Is the operator a repeat infringer?")?;
    story.checks.iter().try_for_each(|check| write_status(out, &check.account, &check.status))
}

fn query(out: &mut dyn Write, query: &QueryStory, story: &Story) -> io::Result<()> {
    heading(out, "6  A seller nobody has seen before: who is it?")?;
    let name = query.account.display_name.as_deref().unwrap_or_default();
    writeln!(out, "{} calls itself \"{name}\". {}", query.account.key, query_words(query))?;
    if let (Some(nearest), Some(why)) = (&query.resolution.nearest, &query.resolution.reasons) {
        writeln!(out)?;
        waterfall(out, query.account.key.as_str(), nearest, why, story.settings)?;
    }
    Ok(())
}

/// The answer in a sentence.
pub(super) fn query_words(query: &QueryStory) -> String {
    let resolution = &query.resolution;
    let milliseconds = query.took.as_secs_f64() * 1e3;
    match (&resolution.network, &resolution.nearest) {
        (Some(network), Some(nearest)) => format!(
            "Network {network}, at {}; most like {nearest} ({}). Answered in {milliseconds:.1} ms.",
            resolution.band,
            query.nearest_name.as_deref().unwrap_or_default()
        ),
        _ => format!("Nobody who is known. Answered in {milliseconds:.1} ms."),
    }
}

fn trust(out: &mut dyn Write, story: &Story) -> io::Result<()> {
    heading(out, "7  How far to trust it: measured against who is really behind each account")?;
    write!(out, "{}", story.report)?;
    writeln!(out)?;
    writeln!(out, "A world made up by the authors flatters its authors: `make bench` measures on public labelled data.")
}

fn next(out: &mut dyn Write) -> io::Result<()> {
    heading(out, "8  Where to look next")?;
    for (command, does) in [
        ("linkage import --help", "your own records: three fields are enough to begin"),
        ("linkage explain LEFT RIGHT", "why two accounts are linked, or why not"),
        ("linkage network ID", "a network: members, timeline, weakest link"),
        ("linkage evaluate --truth FILE", "the figures above for accounts you are sure of"),
        ("linkage simulate --out DIR", "another world, larger or harder"),
        ("linkage serve", "the same answers over gRPC"),
        ("docs/guide.md", "step by step, for whoever you are"),
    ] {
        writeln!(out, "  {command:<31} {does}")?;
    }
    Ok(())
}
