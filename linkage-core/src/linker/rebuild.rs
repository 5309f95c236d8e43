//! Everything linked anew under a new epoch.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::block::BUCKETS;
use crate::fingerprint::Profile;
use crate::graph::Edge;
use crate::ledger::{AccountId, Rebuild, Table, View};
use crate::record::AccountKey;
use crate::resolve::Partition;
use crate::score::{Band, Epoch};
use crate::store::Row;

use super::batch::{self, Clock, Linked, Material, Run, Stopped};
use super::delta::named;
use super::judged::Judged;
use super::naming::{Names, name};
use super::rows::{self, Member};
use super::{LinkSummary, Linker, LinkerError, NetworkId, postings, profile_of};

/// Accounts read at once.
const PAGE: usize = 16 << 10;

/// Accounts from which it is known how many keys an account has.
const KEYS_KNOWN: usize = 4096;

/// The live accounts in account order, with what linking needs of them.
#[derive(Default)]
struct Accounts {
    keys: Vec<AccountKey>,
    ids: Vec<u32>,
    material: Material,
}

/// A profile, and the value to be kept where it was made just now.
type Read = (Profile, Option<Vec<u8>>);

impl Linker {
    /// Fits a new epoch to all live records and links them under it.
    ///
    /// Written beside the links in force and put in their place with one commit: interrupted at any instant, the
    /// store is as before. `progress` is told the stage; `stop` is looked at again and again.
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
        let mut clock = Clock::default();
        // Taken first: nothing may change between reading and writing.
        let mut rebuild = self.ledger.rebuild()?;
        let view = self.ledger.view()?;
        progress("read");
        let mut accounts = self.accounts(&view, &mut rebuild, stop)?;
        let judged = judged_by_place(&view, &accounts.keys)?;
        clock.lap("read");

        progress("block");
        let run = Run::new(&judged, stop);
        let pairs = run.pairs(&accounts.material);
        let candidate_pairs = pairs.len() as u64;
        go_on()?;
        clock.lap("block");
        write_holders(&rebuild, &mut accounts)?;
        go_on()?;
        clock.lap("write");

        progress("link");
        let linked = match given {
            Some(epoch) => run.link_under(&mut accounts.material, pairs, epoch),
            None => {
                let number = view.epochs()?.last().map_or(1, |last| last + 1);
                run.fit_and_link(&mut accounts.material, pairs, &Epoch::zero()?, number)
            }
        };
        let mut linked = linked.map_err(|Stopped| LinkerError::Stopped)?;
        // Half of all memory, and writing needs some.
        drop(std::mem::take(&mut accounts.material));
        drop(std::mem::take(&mut linked.pairs));
        let number = linked.epoch.number;
        linked.stages.iter().for_each(|(stage, time)| clock.add(stage, *time));
        clock.skip();

        progress("write");
        self.ledger.put_epoch(number, &linked.epoch.encode()?)?;
        write_edges(&rebuild, &accounts, &linked)?;
        go_on()?;
        let moved = write_networks(&mut rebuild, &view, &accounts, &linked)?;
        go_on()?;
        rebuild.finish(number, &format!("{} accounts under epoch {number}", accounts.keys.len()))?;
        clock.lap("write");
        Ok(summary(&accounts, &linked, candidate_pairs, moved, clock))
    }

    /// Reads all accounts, a page at a time, both cores at work.
    fn accounts(&self, view: &View<'_>, rebuild: &mut Rebuild<'_>, stop: &AtomicBool) -> Result<Accounts, LinkerError> {
        let expected = view.counts()?.accounts as usize;
        let (mut all, mut reserved) = (Accounts::default(), false);
        loop {
            let page = view.account_keys(all.keys.last(), PAGE)?;
            if page.is_empty() {
                break;
            }
            if stop.load(Ordering::Relaxed) {
                return Err(LinkerError::Stopped);
            }
            let read: Vec<Vec<Read>> =
                page.par_chunks(PAGE / 16).map(|some| self.profiles(view, some)).collect::<Result<_, _>>()?;
            let mut profiles = Vec::with_capacity(page.len());
            for ((key, id), (profile, fresh)) in page.into_iter().zip(read.into_iter().flatten()) {
                if let Some(value) = fresh {
                    rebuild.put_reduced(id, value)?;
                }
                let AccountId(id) = id;
                all.keys.push(key);
                all.ids.push(id);
                profiles.push(profile);
            }
            all.material.push(profiles);
            if !reserved && KEYS_KNOWN <= all.keys.len() {
                all.material.reserve(expected);
                reserved = true;
            }
        }
        all.material.finish();
        Ok(all)
    }

    /// The profiles of some accounts, made from their records where they were not, or by another version of this program;
    /// those come with the value to be kept.
    fn profiles(&self, view: &View<'_>, accounts: &[(AccountKey, AccountId)]) -> Result<Vec<Read>, LinkerError> {
        let ids: Vec<AccountId> = accounts.iter().map(|(_, id)| *id).collect();
        let read = |((key, _), value): (&(AccountKey, AccountId), Option<Vec<u8>>)| {
            if let Some(profile) = value.and_then(|value| rows::read_profile(&value).ok()) {
                return Ok((profile, None));
            }
            let profile = profile_of(&view.dossier(key)?, &self.keyer);
            let value = rows::profile_value(&profile)?;
            Ok((profile, Some(value)))
        };
        accounts.iter().zip(view.reduced(&ids)?).map(read).collect()
    }
}

/// What people said, by the places of the accounts.
pub(super) fn judged_by_place(view: &View<'_>, keys: &[AccountKey]) -> Result<batch::Judged, LinkerError> {
    let place = |key: &AccountKey| keys.binary_search(key).ok().map(|at| at as u32);
    let judged = Judged::all(view)?;
    Ok(judged.pairs().filter_map(|(left, right, word)| Some(((place(left)?, place(right)?), word))).collect())
}

/// Writes who holds which key; their memory is free afterwards.
fn write_holders(rebuild: &Rebuild<'_>, accounts: &mut Accounts) -> Result<(), LinkerError> {
    let holders = accounts.material.take_holders();
    let id = |place: u32| accounts.ids[place as usize];
    let each = BUCKETS.div_ceil(rayon::current_num_threads());
    (0..BUCKETS).into_par_iter().step_by(each).try_for_each(|first| {
        let buckets = first..(first + each).min(BUCKETS);
        rebuild.load(Table::Posting, postings::packed(&holders, buckets.clone(), id))?;
        Ok(rebuild.load(Table::Posting, postings::long(&holders, buckets, id))?)
    })
}

/// Writes sorted rows, on all threads.
fn load_sorted<T: Sync>(
    rebuild: &Rebuild<'_>,
    table: Table,
    sorted: &[T],
    row: impl Fn(&T) -> Row + Sync,
) -> Result<(), LinkerError> {
    let each = sorted.len().div_ceil(rayon::current_num_threads()).max(1);
    Ok(sorted.par_chunks(each).try_for_each(|some| rebuild.load(table, some.iter().map(&row)))?)
}

/// Writes every edge under both of its accounts.
fn write_edges(rebuild: &Rebuild<'_>, accounts: &Accounts, linked: &Linked) -> Result<(), LinkerError> {
    let id = |place: u32| accounts.ids[place as usize];
    let mut edges: Vec<(u32, u32, &Edge)> = linked
        .graph
        .edges()
        .map(|(left, right, edge)| (id(left), id(right), edge))
        .flat_map(|(left, right, edge)| [(left, right, edge), (right, left, edge)])
        .collect();
    edges.par_sort_unstable_by_key(|(left, right, _)| (*left, *right));
    let row = |(left, right, edge): &(u32, u32, &Edge)| (rows::pair(*left, *right).to_vec(), rows::edge_value(edge));
    load_sorted(rebuild, Table::Edge, &edges, row)
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
    let (old, next) = named(view, &accounts.ids)?;
    let names = name(&by_id(&linked.act), &by_id(&linked.lead), &old, next);
    let members: Vec<(&u32, &Member)> = names.members.iter().collect();
    let row = |(id, member): &(&u32, &Member)| (rows::account(**id).to_vec(), rows::member_value(**member));
    load_sorted(rebuild, Table::Member, &members, row)?;
    let mut inside: Vec<(NetworkId, u32)> = names.members.iter().map(|(id, member)| (member.act, *id)).collect();
    inside.par_sort_unstable();
    let row = |(network, id): &(NetworkId, u32)| (rows::member_row(*network, *id), Vec::new());
    load_sorted(rebuild, Table::Network, &inside, row)?;
    for (key, value) in view.derived_scan_prefix(Table::Network, rows::REDIRECTS, None, usize::MAX)? {
        rebuild.put(Table::Network, &key, value)?;
    }
    for (from, to) in &names.redirects {
        rebuild.put(Table::Network, &rows::redirect(*from), rows::network_value(*to))?;
    }
    rebuild.put(Table::Summary, rows::LAYOUT.0, rows::LAYOUT.1)?;
    rebuild.put(Table::Summary, rows::NEXT, rows::network_value(NetworkId(names.next)))?;
    let moved = moved(&old, &names);
    moved.iter().for_each(|id| rebuild.moved(AccountId(*id)));
    Ok(moved.len() as u64)
}

/// Accounts, known before, whose company at `ACT` has changed; who came or went since does not count.
fn moved(old: &BTreeMap<u32, Member>, names: &Names) -> Vec<u32> {
    let mut before: FxHashMap<NetworkId, u32> = FxHashMap::default();
    let mut after: FxHashMap<NetworkId, u32> = FxHashMap::default();
    let mut both: FxHashMap<(NetworkId, NetworkId), u32> = FxHashMap::default();
    let now = |id: &u32| names.members.get(id).map(|member| member.act);
    for (id, member) in old {
        *before.entry(member.act).or_insert(0) += 1;
        if let Some(now) = now(id) {
            *after.entry(now).or_insert(0) += 1;
            *both.entry((member.act, now)).or_insert(0) += 1;
        }
    }
    let same = |id: &u32, member: &Member| {
        now(id).is_some_and(|now| {
            let together = both.get(&(member.act, now));
            together == before.get(&member.act) && together == after.get(&now)
        })
    };
    old.iter().filter(|(id, member)| !same(id, member)).map(|(id, _)| *id).collect()
}

fn summary(
    accounts: &Accounts,
    linked: &Linked,
    candidate_pairs: u64,
    accounts_moved: u64,
    clock: Clock,
) -> LinkSummary {
    let links = |band| linked.graph.edges().filter(|(_, _, edge)| edge.joins(band)).count() as u64;
    let networks =
        |partition: &Partition| partition.networks().iter().filter(|network| 1 < network.len()).count() as u64;
    LinkSummary {
        accounts: accounts.keys.len() as u64,
        candidate_pairs,
        links_act: links(Band::Act),
        links_lead: links(Band::Lead),
        networks_act: networks(&linked.act),
        networks_lead: networks(&linked.lead),
        epoch: linked.epoch.number,
        partition_digest: partition_digest(&accounts.keys, &linked.act, &linked.lead),
        accounts_moved,
        seconds: clock.laps.iter().map(|(stage, time)| (*stage, time.as_secs_f64())).collect(),
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
