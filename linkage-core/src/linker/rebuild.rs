//! Everything linked anew under a new epoch.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::block;
use crate::fingerprint::Profile;
use crate::ledger::{AccountId, LedgerError, Rebuild, Table, View};
use crate::record::AccountKey;
use crate::resolve::Partition;
use crate::score::{Band, Epoch};

use super::batch::{self, Linked, fit_and_link, link_again};
use super::judged::Judged;
use super::naming::{Names, name};
use super::rows::{self, Member};
use super::{LinkSummary, Linker, LinkerError, profile_of};

/// The live accounts in account order, with what linking needs of them.
#[derive(Default)]
struct Accounts {
    keys: Vec<AccountKey>,
    ids: Vec<u32>,
    profiles: Vec<Profile>,
}

impl Linker {
    /// Fits a new epoch to all live records and links them under it.
    ///
    /// Written beside the links in force and put in their place with one commit: interrupted at any instant, the
    /// store is as before. `progress` is told the stage; `stop` is looked at between stages.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Stopped`], [`LinkerError::Ledger`]: the old links stay in force.
    pub fn link(&self, progress: &mut dyn FnMut(&str), stop: &AtomicBool) -> Result<LinkSummary, LinkerError> {
        self.link_under(None, progress, stop)
    }

    /// As [`link`](Linker::link), under a given epoch where there is one.
    pub(super) fn link_under(
        &self,
        given: Option<&Epoch>,
        progress: &mut dyn FnMut(&str),
        stop: &AtomicBool,
    ) -> Result<LinkSummary, LinkerError> {
        let go_on = || if stop.load(Ordering::Relaxed) { Err(LinkerError::Stopped) } else { Ok(()) };
        // Taken first: nothing may change between reading and writing.
        let mut rebuild = self.ledger.rebuild()?;
        let view = self.ledger.view()?;
        progress("read");
        let accounts = self.accounts(&view)?;
        go_on()?;

        progress("link");
        let judged = judged_by_place(&view, &accounts.keys)?;
        let linked = match given {
            Some(epoch) => link_again(&accounts.profiles, &judged, epoch),
            None => {
                let number = view.epochs()?.last().map_or(1, |last| last + 1);
                fit_and_link(&accounts.profiles, &judged, &Epoch::zero()?, number)
            }
        };
        let number = linked.epoch.number;
        go_on()?;

        progress("write");
        self.ledger.put_epoch(number, &linked.epoch.encode()?)?;
        write_accounts(&mut rebuild, &accounts)?;
        go_on()?;
        write_edges(&mut rebuild, &accounts, &linked)?;
        let moved = write_networks(&mut rebuild, &view, &accounts, &linked)?;
        go_on()?;
        rebuild.finish(number, &format!("{} accounts under epoch {number}", accounts.keys.len()))?;
        Ok(summary(&accounts, &linked, moved))
    }

    /// Reads and reduces all accounts, a page at a time, both cores at work.
    fn accounts(&self, view: &View<'_>) -> Result<Accounts, LinkerError> {
        let mut all = Accounts::default();
        let mut pages = view.accounts();
        while let Some(page) = pages.next_page()? {
            let reduced: Vec<Result<_, LedgerError>> = page
                .into_par_iter()
                .map(|encoded| {
                    let dossier = encoded.decode(view.intake())?;
                    let profile = profile_of(&dossier, &self.keyer);
                    Ok((dossier.key, dossier.id, profile))
                })
                .collect();
            for row in reduced {
                if let (key, Some(AccountId(id)), profile) = row? {
                    all.keys.push(key);
                    all.ids.push(id);
                    all.profiles.push(profile);
                }
            }
        }
        Ok(all)
    }
}

/// What people said, by the places of the accounts.
pub(super) fn judged_by_place(view: &View<'_>, keys: &[AccountKey]) -> Result<batch::Judged, LinkerError> {
    let place = |key: &AccountKey| keys.binary_search(key).ok().map(|at| at as u32);
    let judged = Judged::all(view)?;
    Ok(judged.pairs().filter_map(|(left, right, word)| Some(((place(left)?, place(right)?), word))).collect())
}

fn write_accounts(rebuild: &mut Rebuild<'_>, accounts: &Accounts) -> Result<(), LinkerError> {
    for (id, profile) in accounts.ids.iter().zip(&accounts.profiles) {
        rebuild.put(Table::Profile, &rows::account(*id), rows::profile_value(profile)?)?;
        for key in block::keys(profile) {
            rebuild.put(Table::Posting, &[rows::posting(&key), rows::account(*id).to_vec()].concat(), Vec::new())?;
        }
        for (kind, key) in profile.capped() {
            rebuild.put(
                Table::Holders,
                &[rows::holders(kind, key), rows::account(*id).to_vec()].concat(),
                Vec::new(),
            )?;
        }
    }
    Ok(())
}

fn write_edges(rebuild: &mut Rebuild<'_>, accounts: &Accounts, linked: &Linked) -> Result<(), LinkerError> {
    for (left, right, edge) in linked.graph.edges() {
        let (left, right) = (accounts.ids[left as usize], accounts.ids[right as usize]);
        rebuild.put(Table::Edge, &rows::pair(left, right), rows::edge_value(edge))?;
        rebuild.put(Table::Edge, &rows::pair(right, left), rows::edge_value(edge))?;
    }
    Ok(())
}

/// Names the networks and writes them; how many accounts have other company than before.
fn write_networks(
    rebuild: &mut Rebuild<'_>,
    view: &View<'_>,
    accounts: &Accounts,
    linked: &Linked,
) -> Result<u64, LinkerError> {
    let by_id = |partition: &Partition| -> Vec<Vec<u32>> {
        let networks = partition.networks().into_iter();
        networks.map(|network| network.into_iter().map(|at| accounts.ids[at as usize]).collect()).collect()
    };
    let keys: Vec<[u8; 4]> = accounts.ids.iter().map(|id| rows::account(*id)).collect();
    let mut old: BTreeMap<u32, Member> = BTreeMap::new();
    for (id, value) in accounts.ids.iter().zip(view.derived_get_many(Table::Member, &keys)?) {
        if let Some(value) = value {
            old.insert(*id, rows::read_member(&value)?);
        }
    }
    let next = match view.derived_get(Table::Summary, rows::NEXT)? {
        Some(value) => rows::read_network(&value)?.0,
        None => 1,
    };
    let names = name(&by_id(&linked.act), &by_id(&linked.lead), &old, next);
    for (key, value) in view.derived_scan_prefix(Table::Network, rows::REDIRECTS, None, usize::MAX)? {
        rebuild.put(Table::Network, &key, value)?;
    }
    for (id, member) in &names.members {
        rebuild.put(Table::Member, &rows::account(*id), rows::member_value(*member))?;
        rebuild.put(Table::Network, &rows::member_row(member.act, *id), Vec::new())?;
    }
    for (from, to) in &names.redirects {
        rebuild.put(Table::Network, &rows::redirect(*from), rows::network_value(*to))?;
    }
    rebuild.put(Table::Summary, rows::NEXT, rows::network_value(super::NetworkId(names.next)))?;
    let moved = moved(&old, &names);
    moved.iter().for_each(|id| rebuild.moved(AccountId(*id)));
    Ok(moved.len() as u64)
}

/// Accounts, known before, whose company at `ACT` has changed.
fn moved(old: &BTreeMap<u32, Member>, names: &Names) -> Vec<u32> {
    let company = |members: &BTreeMap<u32, Member>| {
        let mut company: HashMap<super::NetworkId, BTreeSet<u32>> = HashMap::new();
        for (id, member) in members.iter().filter(|(id, _)| old.contains_key(id)) {
            company.entry(member.act).or_default().insert(*id);
        }
        company
    };
    let (before, after) = (company(old), company(&names.members));
    let same = |id: &u32, member: &Member| {
        names.members.get(id).is_some_and(|now| before.get(&member.act) == after.get(&now.act))
    };
    old.iter().filter(|(id, member)| !same(id, member)).map(|(id, _)| *id).collect()
}

fn summary(accounts: &Accounts, linked: &Linked, accounts_moved: u64) -> LinkSummary {
    let links = |band| linked.graph.edges().filter(|(_, _, edge)| edge.joins(band)).count() as u64;
    let networks =
        |partition: &Partition| partition.networks().iter().filter(|network| 1 < network.len()).count() as u64;
    LinkSummary {
        accounts: accounts.keys.len() as u64,
        candidate_pairs: linked.candidates.len() as u64,
        links_act: links(Band::Act),
        links_lead: links(Band::Lead),
        networks_act: networks(&linked.act),
        networks_lead: networks(&linked.lead),
        epoch: linked.epoch.number,
        partition_digest: partition_digest(&accounts.keys, &linked.act, &linked.lead),
        accounts_moved,
        seconds: linked.stages.iter().map(|(stage, time)| (*stage, time.as_secs_f64())).collect(),
    }
}

/// BLAKE3 over every account, in order, with the first account of its networks at both bands.
pub(super) fn partition_digest(keys: &[AccountKey], act: &Partition, lead: &Partition) -> String {
    let mut hasher = blake3::Hasher::new();
    for ((key, act), lead) in keys.iter().zip(&act.0).zip(&lead.0) {
        for name in [key, &keys[*act as usize], &keys[*lead as usize]] {
            hasher.update(name.as_str().as_bytes());
            hasher.update(&[0]);
        }
    }
    hasher.finalize().to_hex().to_string()
}
