//! All accounts as linking needs them: columns of subjects, holders of keys, and which values more than one account shows.
//!
//! Accounts are their places in account-key order throughout.

use std::collections::BTreeSet;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::block::{Holders, Pairs, Posting, Rule, postings};
use crate::compare::{Bits, Feature, Subjects, View};
use crate::fingerprint::{CLOSED, Crowd, KeyHead, Kind, OPENED, Profile, Strength};
use crate::resolve::Partition;
use crate::score::{Counts, Epoch};

/// Accounts in one block of columns.
const BLOCK: usize = 1024;

/// Rounds in which the values are sorted, each a part of all keys, so that a round fits into little memory.
const ROUNDS: u64 = 16;

/// So many accounts that show a word are taken for one operator's at the most, whatever the networks say: operators
/// hold 2 to 11 accounts where they hold more than one (Tai et al. 2019).
const ACCOUNTS_PER_OPERATOR: usize = 12;

/// All accounts, reduced and blocked.
#[derive(Debug, Default)]
pub struct Material {
    blocks: Vec<Subjects>,
    holders: Holders,
    accounts: usize,
    /// Profiles that do not fill a block yet.
    rest: Vec<Profile>,
}

/// The values that more than one account shows; the place of a value is its new name.
#[derive(Debug, Default)]
pub(super) struct Values {
    keys: Vec<KeyHead>,
    /// Identifiers are counted once networks are known.
    identifiers: Vec<bool>,
    /// Where the accounts of each value end.
    ends: Vec<u32>,
    accounts: Vec<u32>,
    /// By day.
    events: Vec<Event>,
}

/// An account was opened or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    day: KeyHead,
    account: u32,
    class: u32,
    key: KeyHead,
}

impl Material {
    /// Of these accounts, in account-key order.
    pub fn new(profiles: &[Profile]) -> Material {
        let mut material = Material::default();
        profiles.chunks(8 * BLOCK).for_each(|some| material.push(some.to_vec()));
        material.finish();
        material
    }

    /// Adds some accounts, on all threads; in account-key order.
    pub fn push(&mut self, profiles: Vec<Profile>) {
        self.rest.extend(profiles);
        let whole = self.rest.len() / BLOCK * BLOCK;
        let rest = self.rest.split_off(whole);
        let full = std::mem::replace(&mut self.rest, rest);
        self.reduce(&full);
    }

    /// Makes room for so many accounts, judging by those that came.
    pub fn reserve(&mut self, accounts: usize) {
        let rows = self.holders.rows();
        let come = self.accounts.max(1);
        self.holders.reserve((rows as u128 * accounts.saturating_sub(come) as u128 / come as u128) as usize);
    }

    /// To be called after the last account.
    pub fn finish(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.reduce(&rest);
        self.holders.sort();
        let crowds = self.holders.crowds();
        let crowd = |kind: Kind, key: KeyHead| match kind.holders_max() {
            Some(_) => crowds.get(&Posting::of_value(kind, key)).copied().unwrap_or_default(),
            None => Crowd::Few,
        };
        self.blocks.par_iter_mut().for_each(|block| block.set_crowds(crowd));
    }

    fn reduce(&mut self, profiles: &[Profile]) {
        let reduced: Vec<(Subjects, Vec<Vec<Posting>>)> = profiles
            .par_chunks(BLOCK)
            .map(|block| {
                let mut subjects = Subjects::default();
                block.iter().for_each(|profile| subjects.push(profile));
                subjects.shrink();
                (subjects, block.iter().map(postings).collect())
            })
            .collect();
        for (subjects, held) in reduced {
            self.blocks.push(subjects);
            for postings in held {
                self.holders.add(self.accounts as u32, &postings);
                self.accounts += 1;
            }
        }
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.accounts
    }

    /// Who holds which key.
    pub fn holders(&self) -> &Holders {
        &self.holders
    }

    /// Takes the holders away, whose rows are a third of all memory.
    pub(super) fn take_holders(&mut self) -> Holders {
        std::mem::take(&mut self.holders)
    }

    /// The pairs worth comparing.
    pub fn pairs(&self) -> Pairs {
        self.holders.pairs(self.accounts)
    }

    /// The account at a place.
    pub fn subject(&self, place: u32) -> View<'_> {
        let place = place as usize;
        self.blocks[place / BLOCK].get(place % BLOCK)
    }

    /// The features that occur, commonest attributes first where there are too many.
    pub(super) fn features(&self, most: usize) -> Vec<Feature> {
        let count = |block: &Subjects| {
            let mut holders: FxHashMap<Feature, u64> = FxHashMap::default();
            block.for_each_item(|kind, class| {
                let class = if kind == Kind::Attribute { class } else { 0 };
                *holders.entry(Feature { kind, class }).or_insert(0) += 1;
            });
            holders
        };
        let merge = |mut all: FxHashMap<Feature, u64>, some: FxHashMap<Feature, u64>| {
            some.into_iter().for_each(|(feature, count)| *all.entry(feature).or_insert(0) += count);
            all
        };
        let holders = self.blocks.par_iter().map(count).reduce(FxHashMap::default, merge);
        let mut features: Vec<(Feature, u64)> = holders.into_iter().collect();
        features.sort_unstable_by_key(|(feature, count)| {
            (feature.kind == Kind::Attribute, std::cmp::Reverse(*count), *feature)
        });
        features.truncate(most);
        let mut features: Vec<Feature> = features.into_iter().map(|(feature, _)| feature).collect();
        features.sort_unstable();
        features
    }

    /// Looks up how rare every value is under an epoch.
    pub fn set_rarity(&mut self, epoch: &Epoch) {
        self.set_bits(|key, base_bits| epoch.surprisal(key, base_bits));
    }

    fn set_bits(&mut self, bits: impl Fn(KeyHead, u8) -> Bits + Sync) {
        self.blocks.par_iter_mut().for_each(|block| block.set_rarity(&bits));
    }

    /// Finds the values that more than one account shows and renames all values: these to their places, the others so that
    /// they meet none.
    pub(super) fn index(&mut self) -> Values {
        let mut values = Values { events: self.events(), ..Values::default() };
        for round in 0..ROUNDS {
            values.extend(self.shown(round));
        }
        let places: FxHashMap<KeyHead, u64> = (0..).zip(&values.keys).map(|(place, key)| (*key, place)).collect();
        let name = |key: KeyHead| KeyHead(places.get(&key).copied().unwrap_or(key.0 | ALONE));
        self.blocks.par_iter_mut().for_each(|block| block.rename(name));
        values
    }

    /// All openings and closings, by day.
    fn events(&self) -> Vec<Event> {
        let of_block = |(at, block): (usize, &Subjects)| {
            let mut events = Vec::new();
            block.for_each_event(|place, class, day, key| {
                events.push(Event { day, account: (at * BLOCK + place) as u32, class, key });
            });
            events
        };
        let blocks: Vec<Vec<Event>> = self.blocks.par_iter().enumerate().map(of_block).collect();
        let mut events = blocks.concat();
        events.sort_unstable();
        events
    }

    /// Every print of one round's keys with its account and whether it is an identifier's, sorted, each once.
    fn shown(&self, round: u64) -> Vec<(KeyHead, u32, bool)> {
        let of_block = |(at, block): (usize, &Subjects)| {
            let mut shown = Vec::with_capacity(block.marks() / ROUNDS as usize * 5 / 4);
            block.for_each_key(|place, kind, key| {
                if key.0 % ROUNDS == round {
                    let is_identifier = Strength::Strong <= kind.strength();
                    shown.push((key, (at * BLOCK + place) as u32, is_identifier));
                }
            });
            shown
        };
        let blocks: Vec<Vec<_>> = self.blocks.par_iter().enumerate().map(of_block).collect();
        let mut shown = blocks.concat();
        drop(blocks);
        shown.par_sort_unstable();
        shown.dedup();
        shown
    }

    /// How many accounts, or networks where they are given, hold each value, and how many there are of them in all.
    pub(super) fn count(&mut self, values: &Values, networks: Option<&Partition>, epoch: &Epoch) -> Epoch {
        let holders = match networks {
            Some(networks) => networks.networks().len(),
            None => self.accounts,
        } as u64;
        let counts = values.count(networks);
        let counted = epoch.with_counts(Counts { holders, ..Counts::default() });
        self.set_bits(|key, base_bits| {
            let count = if key.0 & ALONE == 0 { counts[key.0 as usize] } else { 0 };
            counted.surprisal_of(count, base_bits)
        });
        let of = values.keys.iter().copied().zip(counts).filter(|(_, count)| 1 < *count).collect();
        let successions = networks.map_or_else(FxHashMap::default, |networks| values.successions(networks, &counted));
        counted.with_counts(Counts { holders, of, successions })
    }
}

/// Pairs of networks of which one closed and one opened something on a day, from which on the day says nothing of any.
const FOLLOWERS_MAX: usize = 16;

/// Set in the name of a value that one account shows alone.
const ALONE: u64 = 1 << 63;

/// Of one day, the closings in networks that opened nothing and the openings in networks that closed nothing, each with its
/// network.
struct Day {
    closed: Vec<(u32, Event)>,
    opened: Vec<(u32, Event)>,
    /// Every network that lost an account with every one that gained one.
    networks: Vec<(u32, u32)>,
}

impl Day {
    /// `None` where there are none of either, or too many for any of them to mean something.
    fn of(events: &[Event], networks: &Partition) -> Option<Day> {
        if Rule::Day.holders_max() < events.len() {
            return None;
        }
        let of = |class: u32| -> Vec<(u32, Event)> {
            let of_class = events.iter().filter(|event| event.class == class);
            of_class.map(|event| (networks.0[event.account as usize], *event)).collect()
        };
        let (closed, opened) = (of(CLOSED), of(OPENED));
        let without = |events: &[(u32, Event)], others: &[(u32, Event)]| -> Vec<(u32, Event)> {
            events.iter().filter(|(network, _)| others.iter().all(|(other, _)| network != other)).copied().collect()
        };
        let (closed, opened) = (without(&closed, &opened), without(&opened, &closed));
        let networks: BTreeSet<(u32, u32)> =
            each_with_each(&closed, &opened).map(|((x, _), (y, _))| (*x, *y)).collect();
        let day = Day { closed, opened, networks: networks.into_iter().collect() };
        (1..=FOLLOWERS_MAX).contains(&day.networks.len()).then_some(day)
    }
}

fn each_with_each<'a, T>(left: &'a [T], right: &'a [T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    left.iter().flat_map(|x| right.iter().map(move |y| (x, y)))
}

impl Values {
    fn extend(&mut self, shown: Vec<(KeyHead, u32, bool)>) {
        for held in shown.chunk_by(|a, b| a.0 == b.0) {
            let (key, _, is_identifier) = held[0];
            if held.len() < 2 {
                continue;
            }
            self.keys.push(key);
            self.identifiers.push(is_identifier);
            self.accounts.extend(held.iter().map(|(_, account, _)| account));
            self.ends.push(self.accounts.len() as u32);
        }
    }

    /// How surprising it is that two networks meet, for each pair of events in which they do: one lost an account on a day on
    /// which the other gained one, few others did, and neither did both, which would explain one by the other.
    fn successions(&self, networks: &Partition, epoch: &Epoch) -> FxHashMap<(KeyHead, KeyHead), Bits> {
        let days: Vec<Day> =
            self.events.chunk_by(|a, b| a.day == b.day).filter_map(|day| Day::of(day, networks)).collect();
        let either_way = |x: u32, y: u32| (x.min(y), x.max(y));
        let mut met: FxHashMap<(u32, u32), Bits> = FxHashMap::default();
        for day in &days {
            let bits = epoch.share_bits(day.networks.len() as f64);
            for (closer, opener) in &day.networks {
                let met = met.entry(either_way(*closer, *opener)).or_default();
                *met = *met + bits;
            }
        }
        let events = days.iter().flat_map(|day| each_with_each(&day.closed, &day.opened));
        events
            .filter_map(|((x, closed), (y, opened))| Some(((closed.key, opened.key), *met.get(&either_way(*x, *y))?)))
            .collect()
    }

    fn count(&self, networks: Option<&Partition>) -> Vec<u32> {
        let count = |at: usize| {
            let begin = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
            let held = &self.accounts[begin..self.ends[at] as usize];
            // Before networks are known, eight holders of one handle are more likely one operator than a common handle.
            let Some(networks) = networks else {
                return if self.identifiers[at] { 0 } else { held.len() as u32 };
            };
            let mut of: Vec<u32> = held.iter().map(|account| networks.0[*account as usize]).collect();
            of.sort_unstable();
            of.dedup();
            // A network that is too large must not make a common word rare, and with it itself larger.
            let least = if self.identifiers[at] { 0 } else { held.len() / ACCOUNTS_PER_OPERATOR };
            of.len().max(least) as u32
        };
        (0..self.keys.len()).into_par_iter().with_min_len(1024).map(count).collect()
    }
}

#[cfg(test)]
mod tests;
