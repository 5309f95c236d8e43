//! Changed accounts, linked under the epoch in force: what import, resolve, forget and review run.
//!
//! **Law:** the result is the one that linking all accounts anew under the same epoch would have. Only what can have changed
//! is looked at:
//!
//! 1. the changed accounts themselves;
//! 2. the holders of a key that crossed its cap, whose pairs appear or vanish with it;
//! 3. the components that hold, or held, any of these.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::block::{Posting, blocking, postings};
use crate::compare::Subject;
use crate::fingerprint::Profile;
use crate::graph::{Edge, Graph};
use crate::ledger::{AccountId, Changes, Chunk, OnChange, Table, Touch, View};
use crate::record::AccountKey;
use crate::resolve::{Partition, networks};
use crate::score::{Band, Epoch};

use super::batch::{self, LiveRarity};
use super::judged::Judged;
use super::naming::{Names, name};
use super::postings::{Held, Shift, Stored};
use super::rows::{self, Member};
use super::{LinkerError, keyer_of, load_epoch, profile_of, profiles};

/// The linker's part in each commit of the ledger.
#[derive(Debug, Default)]
pub(super) struct Delta {
    epoch: Option<Arc<Epoch>>,
    /// Pairs that joined at `LEAD` and no longer do.
    pub(super) links_withdrawn: u64,
    /// Accounts whose network at `ACT` has another name.
    pub(super) accounts_moved: u64,
}

impl OnChange for Delta {
    fn on_change(
        &mut self,
        chunk: &Chunk<'_>,
        changes: &mut Changes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let view = chunk.view();
        let epoch = match &self.epoch {
            Some(epoch) => Arc::clone(epoch),
            None => Arc::clone(self.epoch.insert(load_epoch(view)?)),
        };
        let keyer = keyer_of(view.intake());
        let mut state = State::new(view, &epoch)?;
        for touched in chunk.touched() {
            let Some(AccountId(id)) = touched.id else { continue };
            match touched.touch {
                Touch::Held => {}
                Touch::Gone => state.set(id, &touched.key, None)?,
                Touch::New | Touch::Changed => {
                    let profile = profile_of(&chunk.dossier(&touched.key)?, &keyer);
                    state.set(id, &touched.key, Some(profile))?;
                    changes.settle(&touched.key);
                }
            }
        }
        let done = state.run(changes)?;
        self.links_withdrawn += done.links_withdrawn;
        self.accounts_moved += done.accounts_moved;
        Ok(())
    }
}

/// What a run changed.
struct Done {
    links_withdrawn: u64,
    accounts_moved: u64,
}

/// Networks as the serial numbers of their accounts.
type Clusters = Vec<Vec<u32>>;

/// One change on its way: the state before, and over it what is new.
struct State<'v> {
    view: &'v View<'v>,
    epoch: &'v Epoch,
    names: HashMap<u32, AccountKey>,
    changed: BTreeMap<u32, Option<Profile>>,
    stored: Stored<'v>,
    shifts: BTreeMap<Posting, Shift>,
}

/// Keys whose holders are read at once.
const KEYS_AT_ONCE: usize = 4096;

impl<'v> State<'v> {
    fn new(view: &'v View<'v>, epoch: &'v Epoch) -> Result<State<'v>, LinkerError> {
        Ok(State {
            view,
            epoch,
            names: HashMap::new(),
            changed: BTreeMap::new(),
            stored: Stored::new(view)?,
            shifts: BTreeMap::new(),
        })
    }

    /// Notes what an account shows now; `None` when it is gone.
    fn set(&mut self, id: u32, key: &AccountKey, profile: Option<Profile>) -> Result<(), LinkerError> {
        self.names.insert(id, key.clone());
        let before = stored_profile(self.view, id)?.map_or_else(Vec::new, |profile| postings(&profile));
        let after = profile.as_ref().map_or_else(Vec::new, postings);
        shift(&mut self.shifts, id, &before, &after);
        self.changed.insert(id, profile);
        Ok(())
    }

    fn run(&self, changes: &mut Changes) -> Result<Done, LinkerError> {
        let dirty = self.dirty()?;
        self.write_profiles(changes)?;
        let edges = self.edges(&dirty)?;
        let withdrawn = self.write_edges(&dirty, &edges, changes)?;
        let moved = self.write_networks(&dirty, &edges, changes)?;
        Ok(Done { links_withdrawn: withdrawn, accounts_moved: moved })
    }

    /// The changed accounts, and the holders of keys that came to be a crowd's or ceased to be.
    fn dirty(&self) -> Result<BTreeSet<u32>, LinkerError> {
        let mut dirty: BTreeSet<u32> = self.changed.keys().copied().collect();
        let shifts: Vec<(&Posting, &Shift)> = self.shifts.iter().collect();
        for shifts in shifts.chunks(KEYS_AT_ONCE) {
            let keys: Vec<Posting> = shifts.iter().map(|(posting, _)| **posting).collect();
            for ((posting, shift), held) in shifts.iter().zip(self.stored.held(&keys, self.changed.len())?) {
                if posting.crowd(held.count) != posting.crowd(shift.count(&held)) {
                    // All holders, before and after: their pairs appear or vanish.
                    let holders = self.stored.all(**posting)?;
                    dirty.extend(holders.into_iter().filter(|id| !shift.lost.contains(id)));
                }
            }
        }
        Ok(dirty)
    }

    /// The holders of each of some keys after the change; `None` where they are more than may hold it.
    fn holding(&self, keys: &[Posting]) -> Result<Vec<Option<Vec<u32>>>, LinkerError> {
        let held = self.stored.held(keys, self.changed.len())?;
        let after = |(posting, held): (&Posting, Held)| {
            let Some(shift) = self.shifts.get(posting) else { return Ok(held.accounts) };
            if posting.holders_max() < shift.count(&held) {
                return Ok(None);
            }
            let mut accounts = match held.accounts {
                Some(accounts) => accounts,
                None => self.stored.all(*posting)?,
            };
            shift.apply(&mut accounts);
            Ok(Some(accounts))
        };
        keys.iter().zip(held).map(after).collect()
    }

    fn profile(&self, id: u32) -> Result<Option<Profile>, LinkerError> {
        match self.changed.get(&id) {
            Some(profile) => Ok(profile.clone()),
            None => stored_profile(self.view, id),
        }
    }

    /// The profile with its rarities and hubs as they are after the change.
    fn subject(&self, profile: &Profile) -> Result<Subject, LinkerError> {
        let rarity = LiveRarity::of(profile, self.epoch, |keys| self.holding(keys))?;
        Ok(Subject::new(profile, &rarity))
    }

    /// The accounts that blocking pairs an account with.
    fn candidates(&self, id: u32, profile: &Profile) -> Result<BTreeSet<u32>, LinkerError> {
        let holding = self.holding(&blocking(profile))?;
        let mut found: BTreeSet<u32> = holding.into_iter().flatten().flatten().collect();
        found.remove(&id);
        Ok(found)
    }

    /// All edges of the dirty accounts after the change, smaller number first.
    fn edges(&self, dirty: &BTreeSet<u32>) -> Result<BTreeMap<(u32, u32), Edge>, LinkerError> {
        let mut subjects: HashMap<u32, Arc<Subject>> = HashMap::new();
        let mut edges = BTreeMap::new();
        for id in dirty {
            let Some(profile) = self.profile(*id)? else { continue };
            let judged = Judged::of(self.view, &[self.name(*id)?])?;
            let mut others = self.candidates(*id, &profile)?;
            others.extend(judged.accounts(self.view)?);
            others.retain(|other| other != id && !matches!(self.changed.get(other), Some(None)));
            for other in others {
                let pair = (*id.min(&other), *id.max(&other));
                if edges.contains_key(&pair) {
                    continue;
                }
                let (Some(left), Some(right)) =
                    (self.subject_in(&mut subjects, *id)?, self.subject_in(&mut subjects, other)?)
                else {
                    continue;
                };
                let word = judged.on(&self.name(*id)?, &self.name(other)?);
                if let Some(edge) = batch::edge(&left, &right, self.epoch, word) {
                    edges.insert(pair, edge);
                }
            }
        }
        Ok(edges)
    }

    /// As [`subject`](State::subject), made once for an account; `None` for one that is gone.
    fn subject_in(&self, made: &mut HashMap<u32, Arc<Subject>>, id: u32) -> Result<Option<Arc<Subject>>, LinkerError> {
        if let Some(subject) = made.get(&id) {
            return Ok(Some(Arc::clone(subject)));
        }
        let Some(profile) = self.profile(id)? else { return Ok(None) };
        let subject = Arc::new(self.subject(&profile)?);
        made.insert(id, Arc::clone(&subject));
        Ok(Some(subject))
    }

    fn name(&self, id: u32) -> Result<AccountKey, LinkerError> {
        if let Some(name) = self.names.get(&id) {
            return Ok(name.clone());
        }
        let found = self.view.accounts_of(&[AccountId(id)])?.pop().flatten();
        found.ok_or(LinkerError::Derived("a number without account"))
    }

    fn write_profiles(&self, changes: &mut Changes) -> Result<(), LinkerError> {
        for (id, profile) in &self.changed {
            profiles::write_linked(changes, *id, profile.as_ref())?;
        }
        for (posting, shift) in &self.shifts {
            self.stored.write(changes, *posting, shift)?;
        }
        Ok(())
    }

    /// Replaces the edges of the dirty accounts; how many that joined at `LEAD` are gone.
    fn write_edges(
        &self,
        dirty: &BTreeSet<u32>,
        edges: &BTreeMap<(u32, u32), Edge>,
        changes: &mut Changes,
    ) -> Result<u64, LinkerError> {
        let mut withdrawn = BTreeSet::new();
        for id in dirty {
            for (other, before) in stored_edges(self.view, *id)? {
                let pair = (*id.min(&other), *id.max(&other));
                let after = edges.get(&pair);
                if after.is_none() {
                    changes.delete(Table::Edge, &rows::pair(*id, other));
                    changes.delete(Table::Edge, &rows::pair(other, *id));
                }
                if before.joins(Band::Lead) && !after.is_some_and(|edge| edge.joins(Band::Lead)) {
                    withdrawn.insert(pair);
                }
            }
        }
        for ((left, right), edge) in edges {
            changes.put(Table::Edge, &rows::pair(*left, *right), rows::edge_value(edge));
            changes.put(Table::Edge, &rows::pair(*right, *left), rows::edge_value(edge));
        }
        Ok(withdrawn.len() as u64)
    }

    /// Edges of an account after the change.
    fn edges_after(
        &self,
        id: u32,
        dirty: &BTreeSet<u32>,
        edges: &BTreeMap<(u32, u32), Edge>,
        of: &BTreeMap<u32, Vec<u32>>,
    ) -> Result<Vec<(u32, Edge)>, LinkerError> {
        let fresh = of.get(&id).into_iter().flatten();
        let mut all: Vec<(u32, Edge)> =
            fresh.filter_map(|other| Some((*other, *edges.get(&(id.min(*other), id.max(*other)))?))).collect();
        if !dirty.contains(&id) {
            all.extend(stored_edges(self.view, id)?.into_iter().filter(|(other, _)| !dirty.contains(other)));
        }
        Ok(all)
    }

    /// Resolves every component that holds or held a dirty account; how many accounts have another network.
    fn write_networks(
        &self,
        dirty: &BTreeSet<u32>,
        edges: &BTreeMap<(u32, u32), Edge>,
        changes: &mut Changes,
    ) -> Result<u64, LinkerError> {
        let mut of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (left, right) in edges.keys() {
            of.entry(*left).or_default().push(*right);
            of.entry(*right).or_default().push(*left);
        }
        let mut next: Vec<u32> = dirty.iter().copied().collect();
        for id in dirty {
            let before = stored_edges(self.view, *id)?.into_iter();
            next.extend(before.filter(|(_, edge)| edge.connects()).map(|(other, _)| other));
        }
        let mut members: BTreeSet<u32> = BTreeSet::new();
        let mut found: BTreeMap<(u32, u32), Edge> = BTreeMap::new();
        while let Some(id) = next.pop() {
            if matches!(self.changed.get(&id), Some(None)) || !members.insert(id) {
                continue;
            }
            for (other, edge) in self.edges_after(id, dirty, edges, &of)? {
                found.insert((id.min(other), id.max(other)), edge);
                if edge.connects() {
                    next.push(other);
                }
            }
        }
        let [act, lead] = self.resolve(&members, found)?;
        self.write_members(&members, &act, &lead, changes)
    }

    /// Networks of some whole components at `ACT` and at `LEAD`.
    fn resolve(
        &self,
        members: &BTreeSet<u32>,
        edges: BTreeMap<(u32, u32), Edge>,
    ) -> Result<[Clusters; 2], LinkerError> {
        let mut order: Vec<(AccountKey, u32)> = Vec::with_capacity(members.len());
        for id in members {
            order.push((self.name(*id)?, *id));
        }
        order.sort_unstable();
        let place: HashMap<u32, u32> = order.iter().enumerate().map(|(at, (_, id))| (*id, at as u32)).collect();
        let edges = edges
            .into_iter()
            .filter_map(|((a, b), edge)| {
                let (a, b) = (*place.get(&a)?, *place.get(&b)?);
                Some((a.min(b), a.max(b), edge))
            })
            .collect();
        let graph = Graph::new(order.len(), edges);
        let mut subjects = Vec::with_capacity(order.len());
        for (_, id) in &order {
            subjects.push(self.subject(&self.profile(*id)?.unwrap_or_default())?);
        }
        let affinity =
            |left, right| batch::affinity(&graph, |at| subjects[at as usize].view(), self.epoch, left, right);
        let (act, lead) = networks(&graph, self.epoch, &affinity);
        let by_id = |partition: &Partition| {
            let clusters = partition.networks().into_iter();
            clusters.map(|cluster| cluster.into_iter().map(|at| order[at as usize].1).collect()).collect()
        };
        Ok([by_id(&act), by_id(&lead)])
    }

    fn write_members(
        &self,
        members: &BTreeSet<u32>,
        act: &[Vec<u32>],
        lead: &[Vec<u32>],
        changes: &mut Changes,
    ) -> Result<u64, LinkerError> {
        let gone = self.changed.iter().filter(|(_, profile)| profile.is_none()).map(|(id, _)| *id);
        let concerned: Vec<u32> = members.iter().copied().chain(gone).collect();
        let (old, next) = named(self.view, &concerned)?;
        let names = name(act, lead, &old, next);
        let moved = |(id, new): &(&u32, &Member)| old.get(id).is_some_and(|old| old.act != new.act);
        let moved: Vec<u32> = names.members.iter().filter(moved).map(|(id, _)| *id).collect();
        moved.iter().for_each(|id| changes.moved(AccountId(*id)));
        write_names(&names, &old, changes);
        Ok(moved.len() as u64)
    }
}

fn write_names(names: &Names, old: &BTreeMap<u32, Member>, changes: &mut Changes) {
    for (id, before) in old {
        if names.members.get(id).is_none_or(|after| after.act != before.act) {
            changes.delete(Table::Network, &rows::member_row(before.act, *id));
        }
        if !names.members.contains_key(id) {
            changes.delete(Table::Member, &rows::account(*id));
        }
    }
    for (id, member) in &names.members {
        if old.get(id) != Some(member) {
            changes.put(Table::Member, &rows::account(*id), rows::member_value(*member));
            changes.put(Table::Network, &rows::member_row(member.act, *id), Vec::new());
        }
    }
    for (from, to) in &names.redirects {
        changes.put(Table::Network, &rows::redirect(*from), rows::network_value(*to));
    }
    changes.put(Table::Summary, rows::NEXT, rows::network_value(super::NetworkId(names.next)));
    changes.put(Table::Summary, rows::LAYOUT.0, rows::LAYOUT.1);
}

/// Notes which keys an account gains and loses; both lists are sorted.
fn shift(shifts: &mut BTreeMap<Posting, Shift>, id: u32, before: &[Posting], after: &[Posting]) {
    let mut note = |of: &[Posting], other: &[Posting], side: fn(&mut Shift) -> &mut BTreeSet<u32>| {
        for posting in of.iter().filter(|posting| other.binary_search(posting).is_err()) {
            side(shifts.entry(*posting).or_default()).insert(id);
        }
    };
    note(before, after, |shift| &mut shift.lost);
    note(after, before, |shift| &mut shift.gained);
}

/// The profile that an account is linked with.
pub(super) fn stored_profile(view: &View<'_>, id: u32) -> Result<Option<Profile>, LinkerError> {
    Ok(profiles::linked(view, &[id])?.pop().flatten())
}

/// The edges of an account as stored.
pub(super) fn stored_edges(view: &View<'_>, id: u32) -> Result<Vec<(u32, Edge)>, LinkerError> {
    let found = view.derived_scan_prefix(Table::Edge, &rows::account(id), None, usize::MAX)?;
    found.iter().map(|(key, value)| Ok((rows::last_account(key)?, rows::read_edge(value)?))).collect()
}

/// Memberships of some accounts as stored, and the number the next network gets.
pub(super) fn named(view: &View<'_>, ids: &[u32]) -> Result<(BTreeMap<u32, Member>, u64), LinkerError> {
    let keys: Vec<[u8; 4]> = ids.iter().map(|id| rows::account(*id)).collect();
    let mut members = Vec::with_capacity(ids.len());
    for (id, value) in ids.iter().zip(view.derived_get_many(Table::Member, &keys)?) {
        if let Some(value) = value {
            members.push((*id, rows::read_member(&value)?));
        }
    }
    let next = match view.derived_get(Table::Summary, rows::NEXT)? {
        Some(value) => rows::read_network(&value)?.0,
        None => 1,
    };
    Ok((members.into_iter().collect(), next))
}

/// The accounts behind a row, at most so many.
pub(super) fn scan(view: &View<'_>, table: Table, row: &[u8], most: usize) -> Result<Vec<u32>, LinkerError> {
    let found = view.derived_scan_prefix(table, row, None, most)?;
    found.iter().map(|(key, _)| rows::last_account(key)).collect()
}
