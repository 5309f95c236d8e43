//! What the demo found, and how it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use linkage_core::evaluate::{Report, Share};
use linkage_core::explain::Explanation;
use linkage_core::linker::{ImportSummary, LinkSummary, Linker, NetworkId, Status};
use linkage_core::record::AccountKey;
use linkage_core::score::{Band, Settings};

use super::super::check::write_status;
use crate::render::{Cell, Table, waterfall};

/// Networks told in full.
const NETWORKS_TOLD: usize = 3;

/// The account whose network is explained.
const EXPLAINED: (&str, &str) = ("ebay_uk", "mlbags_direct");

/// The accounts asked about.
const CHECKED: [(&str, &str); 3] = [EXPLAINED, ("ebay_uk", "willow_and_wren"), ("tiktok", "tidewater_audio")];

/// Entities of honest sellers begin so in the truth of the invented world.
const HONEST: [&str; 2] = ["honest-", "family-"];

/// A network with what its members call themselves.
pub(super) struct NetworkStory {
    id: NetworkId,
    members: Vec<(AccountKey, String)>,
}

/// One link and why it is there.
pub(super) struct LinkStory {
    left: AccountKey,
    right: AccountKey,
    why: Explanation,
}

/// Honest sellers' accounts in a network with somebody else's, at each band.
pub(super) struct HonestMerged {
    act: Share,
    lead: Share,
}

/// The largest networks at ACT.
pub(super) fn networks(linker: &Linker) -> Result<Vec<NetworkStory>> {
    let mut members: BTreeMap<NetworkId, Vec<AccountKey>> = BTreeMap::new();
    linker.memberships(Band::Act, &mut |member| {
        members.entry(member.network).or_default().push(member.account);
        Ok(())
    })?;
    let mut networks: Vec<_> = members.into_iter().collect();
    networks.sort_by_key(|(id, members)| (std::cmp::Reverse(members.len()), *id));
    networks.truncate(NETWORKS_TOLD);
    let named = |account: AccountKey| Ok((account.clone(), display_name(linker, &account)?));
    networks
        .into_iter()
        .map(|(id, members)| Ok(NetworkStory { id, members: members.into_iter().map(named).collect::<Result<_>>()? }))
        .collect()
}

fn display_name(linker: &Linker, account: &AccountKey) -> Result<String> {
    let dossier = linker.ledger().view()?.dossier(account)?;
    Ok(dossier.observations.last().and_then(|seen| seen.record.display_name.clone()).unwrap_or_default())
}

/// A link of the explained account: of those at ACT the weakest, because the strongest needs no explanation.
pub(super) fn one_link(linker: &Linker) -> Result<Option<LinkStory>> {
    let account = AccountKey::new(EXPLAINED.0, EXPLAINED.1)?;
    let Some(network) = linker.network_of(&account)? else { return Ok(None) };
    let mut links = linker.network(network)?.links;
    links.retain(|link| link.band == Band::Act && (link.left == account || link.right == account));
    links.sort_by(|a, b| a.weight_bits.total_cmp(&b.weight_bits));
    let Some(link) = links.into_iter().next() else { return Ok(None) };
    let why = linker.explain(&link.left, &link.right)?;
    Ok(Some(LinkStory { left: link.left, right: link.right, why }))
}

/// The answers for the three accounts that the world's README names.
pub(super) fn checks(linker: &Linker) -> Result<Vec<(AccountKey, Status)>> {
    CHECKED
        .into_iter()
        .map(|(platform, id)| {
            let account = AccountKey::new(platform, id)?;
            let status = linker.check(&account, None)?;
            Ok((account, status))
        })
        .collect()
}

/// How many honest sellers' accounts share a network with an account of anybody else.
pub(super) fn honest_merged(linker: &Linker, labels: &[(AccountKey, String)]) -> Result<HonestMerged> {
    let share = |band| honest_merged_at(linker, labels, band);
    Ok(HonestMerged { act: share(Band::Act)?, lead: share(Band::Lead)? })
}

fn honest_merged_at(linker: &Linker, labels: &[(AccountKey, String)], band: Band) -> Result<Share> {
    let entity_of: BTreeMap<&AccountKey, &str> =
        labels.iter().map(|(account, entity)| (account, entity.as_str())).collect();
    let mut network_of: BTreeMap<AccountKey, NetworkId> = BTreeMap::new();
    linker.memberships(band, &mut |member| {
        network_of.insert(member.account, member.network);
        Ok(())
    })?;
    let mut entities: BTreeMap<NetworkId, BTreeSet<&str>> = BTreeMap::new();
    for (account, network) in &network_of {
        entities.entry(*network).or_default().extend(entity_of.get(account));
    }
    let is_honest = |entity: &str| HONEST.iter().any(|prefix| entity.starts_with(prefix));
    let is_merged = |account: &AccountKey| {
        network_of.get(account).and_then(|network| entities.get(network)).is_some_and(|inside| 1 < inside.len())
    };
    let honest: Vec<&AccountKey> =
        labels.iter().filter(|(_, entity)| is_honest(entity)).map(|(account, _)| account).collect();
    Ok(Share { part: honest.iter().filter(|account| is_merged(account)).count() as u64, of: honest.len() as u64 })
}

fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "\n{bold}{text}{bold:#}\n")
}

pub(super) fn tell_import(out: &mut dyn Write, imported: &[ImportSummary]) -> io::Result<()> {
    writeln!(
        out,
        "An invented world: sellers on seven platforms, English and Chinese. Some were banned and came back under"
    )?;
    writeln!(
        out,
        "another name; most are honest, and share forwarders, suppliers, families and names with each other."
    )?;
    heading(out, "1  Import")?;
    for summary in imported {
        let name = Path::new(&summary.file).file_name().unwrap_or_default().to_string_lossy();
        writeln!(out, "  {:>4} records from {name}", summary.counts.new_total())?;
    }
    Ok(())
}

pub(super) fn tell_link(out: &mut dyn Write, linked: &LinkSummary) -> io::Result<()> {
    let seconds: f64 = linked.seconds.iter().map(|(_, seconds)| seconds).sum();
    let possible = linked.accounts * linked.accounts.saturating_sub(1) / 2;
    heading(out, "2  Link, without labels")?;
    writeln!(out, "  {:>6} accounts, so {possible} possible pairs", linked.accounts)?;
    writeln!(out, "  {:>6} pairs worth comparing", linked.candidate_pairs)?;
    writeln!(out, "  {:>6} links at LEAD or better, {} of them at ACT", linked.links_lead, linked.links_act)?;
    writeln!(out, "  {:>6} networks at ACT, {} at LEAD", linked.networks_act, linked.networks_lead)?;
    writeln!(out, "  {seconds:>6.1} seconds, epoch {}, partition {}", linked.epoch, short(&linked.partition_digest))
}

/// The first letters of a digest are enough to compare two runs by eye.
fn short(digest: &str) -> String {
    digest.chars().take(16).collect()
}

pub(super) fn tell_networks(out: &mut dyn Write, networks: &[NetworkStory]) -> io::Result<()> {
    heading(out, "3  The largest networks at ACT")?;
    for NetworkStory { id, members } in networks {
        let platforms: BTreeSet<&str> = members.iter().map(|(account, _)| account.platform()).collect();
        writeln!(out, "{id}: {} accounts on {} platforms", members.len(), platforms.len())?;
        let mut table = Table::new(&mut *out, &["  account", "calls itself"]);
        for (account, name) in members {
            table.row(vec![Cell::Text(format!("  {account}")), Cell::text(name)])?;
        }
        table.finish()?;
        writeln!(out)?;
    }
    Ok(())
}

pub(super) fn tell_why(out: &mut dyn Write, link: Option<&LinkStory>, settings: Settings) -> io::Result<()> {
    heading(out, "4  Why: one link, term by term, in bits")?;
    match link {
        Some(LinkStory { left, right, why }) => waterfall(out, left.as_str(), right.as_str(), why, settings),
        None => writeln!(out, "  {}/{} has no link at ACT to explain.", EXPLAINED.0, EXPLAINED.1),
    }
}

pub(super) fn tell_checks(out: &mut dyn Write, checks: &[(AccountKey, Status)]) -> io::Result<()> {
    heading(out, "5  Is the operator a repeat infringer?")?;
    checks.iter().try_for_each(|(account, status)| write_status(out, account, status))
}

pub(super) fn tell_trust(out: &mut dyn Write, report: &Report, honest: &HonestMerged) -> io::Result<()> {
    heading(out, "6  How far to trust it: measured against who is really behind each account")?;
    write!(out, "{report}")?;
    writeln!(out)?;
    writeln!(out, "Honest sellers' accounts merged with anybody else's (the rate that must stay near nothing):")?;
    for (band, share) in [("ACT", honest.act), ("LEAD", honest.lead)] {
        let percent = 100.0 * share.fraction().unwrap_or(0.0);
        writeln!(out, "  {band:<4}  {} of {}, {percent:.1} %", share.part, share.of)?;
    }
    writeln!(out, "A world made up by the authors flatters its authors: `make bench` measures on public labelled data.")
}

pub(super) fn tell_next(out: &mut dyn Write) -> io::Result<()> {
    heading(out, "7  Where to look next")?;
    for (command, does) in [
        ("linkage import --help", "your own records: three fields are enough to begin"),
        ("linkage explain LEFT RIGHT", "why two accounts are linked, or why not"),
        ("linkage export networks", "every account with its network, as CSV"),
        ("linkage evaluate --truth FILE", "the figures above for accounts you are sure of"),
        ("linkage serve", "the same answers over gRPC"),
        ("README.md", "five minutes with this world in a store that stays"),
    ] {
        writeln!(out, "  {command:<31} {does}")?;
    }
    Ok(())
}
