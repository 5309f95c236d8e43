//! Clusters and judgements to networks.
//!
//! ```text
//! Graph + affinity of any pair ──partition──► Partition (one network number per account)
//! ```
//!
//! Not plain connected components: one false edge would chain strangers together. A component in which every pair is
//! joined stands. Any other is *doubtful* and rebuilt from its accounts, the surest join first:
//!
//! - by average linkage over **all** pairs of two clusters, so that one good edge must outweigh what speaks against it, at `ACT` by more;
//! - where that is not enough, by what all these pairs say [together](crate::score::Joint): whoever changes everything now and then
//!   looks like nobody on average;
//! - a person's word is a constraint.
//!
//! [`networks`] is the whole job; start there.
//!
//! Everything here is a function of the graph alone: ties break by account order, weights are in fixed point.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Bits;
use crate::graph::{Edge, Graph};
use crate::score::{Band, Epoch, Guard, Joint, Tie, Weighed};

/// The most accounts of one component that are rebuilt pair by pair; a larger one is first cut at a higher weight.
pub const COMPONENT_MAX: usize = 600;

/// What one pair contributes to the average is held within these bits, so that no single pair decides for all.
const AFFINITY_MAX: f64 = 8.0;

/// Two clusters are joined while the average over their pairs is at least this many bits.
const LINKAGE_MIN: f64 = 0.0;

/// The same at `ACT`: that one pair is acted on says more of two accounts than of two networks. Measured in docs/decisions.md.
const ACT_LINKAGE_MIN: f64 = 2.0;

/// Two clusters are joined by what all their pairs say together from so many bits on. Of those just above, four of five pairs were one
/// operator's in development worlds; docs/decisions.md has the figures.
const TOGETHER_MIN: f64 = 3.0;

/// The same at `ACT`. Measured in docs/decisions.md.
const ACT_TOGETHER_MIN: f64 = 4.0;

/// Two clusters are different operators who belong together where one of so many pairs across are likely relatives or partners.
const RELATED_PAIRS: i64 = 4;

/// What all pairs together must say, in bits, to join clusters of likely relatives: odds of a thousand to one, an assumption.
const OUTWEIGHS_RELATIVES: f64 = 10.0;

/// Two clusters that a third could join about equally well, within so many bits: where they are likely relatives of each other, nobody is
/// acted on with either.
const AMBIGUOUS_BITS: f64 = 3.0;

/// What joins two clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// The average over all pairs.
    Average,
    /// That, or what all pairs say together.
    Together,
}

/// How one pair of a doubtful component stands to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Affinity {
    /// What the comparison found.
    Scored(Weighed),
    /// A person said: the same.
    Same,
    /// A person said: different.
    Different,
}

impl Affinity {
    /// Bits for the average: what speaks for a pair is its whole weight, what speaks against it is its evidence
    /// alone. Two accounts that show nothing in common do not speak against each other.
    fn bits(&self, without: Option<Guard>) -> Bits {
        let limit = if without == Some(Guard::Limit) { Bits::from_steps(i32::MAX) } else { Bits::new(AFFINITY_MAX) };
        match self {
            Affinity::Scored(weighed) if without == Some(Guard::Average) => weighed.total.clamp(Bits::ZERO, limit),
            Affinity::Scored(weighed) if Bits::ZERO < weighed.total => weighed.total.min(limit),
            Affinity::Scored(weighed) => (weighed.total - weighed.prior).clamp(-limit, Bits::ZERO),
            Affinity::Same => limit,
            Affinity::Different => -limit,
        }
    }
}

/// Which network each account is in: the number of the network's first account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition(pub Vec<u32>);

impl Partition {
    /// Every account alone.
    pub fn alone(accounts: usize) -> Partition {
        Partition((0..accounts as u32).collect())
    }

    /// The networks, each sorted, in order of their first account.
    pub fn networks(&self) -> Vec<Vec<u32>> {
        let mut at: Vec<Option<usize>> = vec![None; self.0.len()];
        let mut networks: Vec<Vec<u32>> = Vec::new();
        for (account, network) in self.0.iter().enumerate() {
            let slot = &mut at[*network as usize];
            let place = *slot.get_or_insert_with(|| {
                networks.push(Vec::new());
                networks.len() - 1
            });
            networks[place].push(account as u32);
        }
        networks
    }
}

/// Scores any two accounts of one component.
type Affine<'a> = &'a (dyn Fn(u32, u32) -> Affinity + Sync);

/// Resolves the graph into its networks: at `ACT`, and unions of these at `LEAD`.
pub fn networks(graph: &Graph, epoch: &Epoch, affinity: Affine<'_>) -> (Partition, Partition) {
    let alone = Partition::alone(graph.accounts());
    let act = partition(graph, Band::Act, &alone, Joining::Together, epoch, affinity);
    let lead = partition(graph, Band::Lead, &act, Joining::Together, epoch, affinity);
    (act, lead)
}

/// Resolves the graph into networks at a band.
///
/// `seeds` are networks already found at a stricter band, which stay together. O(edges) for clean components, O(n²) comparisons and
/// O(n³) steps for a doubtful one of n.
pub fn partition(
    graph: &Graph,
    band: Band,
    seeds: &Partition,
    joining: Joining,
    epoch: &Epoch,
    affinity: Affine<'_>,
) -> Partition {
    use rayon::prelude::*;
    let mut network: Vec<u32> = seeds.0.clone();
    let resolving = Resolving { graph, band, seeds, joining, epoch, affinity };
    let found: Vec<Vec<Vec<u32>>> = graph
        .components()
        .into_par_iter()
        .filter(|component| 1 < component.len())
        .map(|component| resolving.split(component))
        .collect();
    for cluster in found.into_iter().flatten() {
        for account in &cluster {
            network[*account as usize] = cluster[0];
        }
    }
    Partition(network)
}

/// What every component is resolved by.
#[derive(Clone, Copy)]
struct Resolving<'a> {
    graph: &'a Graph,
    band: Band,
    seeds: &'a Partition,
    joining: Joining,
    epoch: &'a Epoch,
    affinity: Affine<'a>,
}

impl Resolving<'_> {
    /// The networks of one component.
    fn split(&self, component: Vec<u32>) -> Vec<Vec<u32>> {
        if self.is_complete(&component) {
            return vec![component];
        }
        let is_cut = self.epoch.settings.without != Some(Guard::Size);
        let parts = if is_cut { self.cut_to_size(component) } else { vec![component] };
        parts.into_iter().flat_map(|part| Building::new(*self, &part).networks()).collect()
    }

    fn is_complete(&self, component: &[u32]) -> bool {
        component.iter().enumerate().all(|(at, left)| component[at + 1..].iter().all(|right| self.joins(*left, *right)))
    }

    /// Whether the pair is in the band by itself or by a person's word.
    fn joins(&self, left: u32, right: u32) -> bool {
        self.graph.edge(left, right).is_some_and(|edge| edge.joins(self.band))
    }

    /// Cuts a component that is too large to rebuild: first from what only may hold it together, then at ever higher weights of what joins.
    ///
    /// Neither a seed nor what a person joined is ever cut.
    fn cut_to_size(&self, component: Vec<u32>) -> Vec<Vec<u32>> {
        let joins = |edge: &Edge| edge.joins(self.band);
        let hopes = (1..=3).map(|least| (Bits::new(f64::from(least)), &Edge::connects as &dyn Fn(&Edge) -> bool));
        // What no weight divides is one operator's crowd or a planted one: nobody is merged on it.
        let links = (0..=60).map(|least| Bits::new(f64::from(least))).chain([Bits::MAX]);
        let cuts = hopes.chain(links.map(|least| (least, &joins as &dyn Fn(&Edge) -> bool)));
        let cut = |parts: Vec<Vec<u32>>, (least, is_of): (Bits, &dyn Fn(&Edge) -> bool)| -> Vec<Vec<u32>> {
            let cut_one = |part: Vec<u32>| {
                if COMPONENT_MAX < part.len() { self.connected(&part, least, is_of) } else { vec![part] }
            };
            parts.into_iter().flat_map(cut_one).collect()
        };
        cuts.fold(vec![component], cut)
    }

    /// The parts of a component that hang together by edges of a sort and of at least this weight, by a seed or by a person's word.
    fn connected(&self, component: &[u32], least: Bits, is_of: &dyn Fn(&Edge) -> bool) -> Vec<Vec<u32>> {
        let mut members = self.by_seed(component);
        let mut parts = Vec::new();
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        for start in component {
            if !seen.insert(*start) {
                continue;
            }
            let (mut part, mut next) = (vec![*start], vec![*start]);
            while let Some(account) = next.pop() {
                let holds = |other: &u32| {
                    let edge = self.graph.edge(account, *other);
                    edge.is_some_and(|edge| is_of(edge) && (least <= edge.weight || edge.judged == Some(true)))
                };
                // All of a seed at its first account; the others find nothing left.
                let seed = members.remove(&self.seeds.0[account as usize]).unwrap_or_default();
                for other in self.graph.neighbours(account).filter(holds).chain(seed) {
                    if seen.insert(other) {
                        part.push(other);
                        next.push(other);
                    }
                }
            }
            part.sort_unstable();
            parts.push(part);
        }
        parts
    }

    /// The seeds' clusters within a component, in order of their first account.
    fn by_seed(&self, component: &[u32]) -> BTreeMap<u32, Vec<u32>> {
        let mut clusters: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for account in component {
            clusters.entry(self.seeds.0[*account as usize]).or_default().push(*account);
        }
        clusters
    }
}

/// All pairs across two clusters of a component.
#[derive(Clone, Debug, Default)]
struct Linkage {
    bits: i64,
    pairs: i64,
    joined: bool,
    /// Some pair is a lead by itself.
    is_lead: bool,
    said_same: bool,
    forbidden: bool,
    /// A person joined some account of either with another.
    vouched: bool,
    /// Pairs that are likely relatives or partners.
    related: i64,
    /// One of the two might as well join a relative of the other; looked at anew when either grows.
    ambiguous: bool,
    joint: Joint,
}

/// How sure it is that two clusters are one network; the surest is joined first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// By all pairs together, in bits.
    Together(Bits),
    /// By the average over all pairs, in steps.
    Average(i64),
    /// By a person's word.
    Said,
}

impl Fit {
    /// Whether another fit of the same sort is hardly less sure.
    fn is_close(self, other: Fit) -> bool {
        let close = Bits::new(AMBIGUOUS_BITS);
        match (self, other) {
            (Fit::Together(own), Fit::Together(other)) => own - close <= other,
            (Fit::Average(own), Fit::Average(other)) => own - i64::from(close.steps()) <= other,
            _ => false,
        }
    }
}

impl Linkage {
    fn add(&mut self, other: &Linkage) {
        self.bits += other.bits;
        self.pairs += other.pairs;
        self.joined |= other.joined;
        self.is_lead |= other.is_lead;
        self.said_same |= other.said_same;
        self.forbidden |= other.forbidden;
        self.vouched |= other.vouched;
        self.related += other.related;
        self.joint.add(&other.joint);
    }

    /// How well the clusters fit, where they may be joined at all; `smaller` counts the accounts of the smaller one. A person's word comes
    /// first and needs no evidence; of two words that contradict each other, the one that keeps apart wins.
    fn fit(&self, by: &Resolving<'_>, smaller: usize) -> Option<Fit> {
        if self.forbidden {
            return None;
        }
        if self.said_same {
            return Some(Fit::Said);
        }
        // What all pairs say together, and whether it is supported as `ACT` asks for; most are decided without it.
        let are_networks = by.joining == Joining::Together && 1 < self.pairs;
        let together = LazyCell::new(|| are_networks.then(|| self.joint.weigh(by.epoch)));
        let outweighs =
            || together.is_some_and(|(weight, _)| Bits::new(OUTWEIGHS_RELATIVES) <= weight - self.chances());
        if by.epoch.settings.without != Some(Guard::Relatives) && self.are_relatives() && !outweighs() {
            return None;
        }
        let average = self.bits / self.pairs.max(1);
        // A person's word on one account must not part it from those it is with, whatever speaks against the other.
        let is_cautious = by.band == Band::Act && are_networks && !self.vouched;
        let least = if is_cautious { ACT_LINKAGE_MIN } else { LINKAGE_MIN };
        if self.joined && i64::from(Bits::new(least).steps()) <= average {
            return Some(Fit::Average(average));
        }
        let (weight, is_well_supported) = (*together)?;
        // An operator of many accounts is likelier to have one more, about as many times as it has (Ewens' sampling formula), which leaves
        // the accounts of the smaller as chances. Large crews that part look like it as well, and then no pair across is a lead but by
        // one of these chances.
        let chances = Bits::new((smaller as f64).log2());
        let weight = weight - chances;
        let is_lead = || self.is_lead && by.epoch.settings.lead <= by.epoch.calibrate(self.joint.strongest() - chances);
        let (least, may) = match by.band {
            Band::Act => (ACT_TOGETHER_MIN, is_well_supported && is_lead()),
            Band::Lead | Band::None => (TOGETHER_MIN, true),
        };
        (may && Bits::new(least) <= weight).then_some(Fit::Together(weight))
    }

    /// What the strongest agreement of many pairs is worth less than that of one, in bits: something agrees by chance in one of many sooner,
    /// so the odds are divided by the number of chances (Bonferroni's correction, as for any hypothesis that was picked because it looked
    /// best). Accounts of one network show the same values, so these are about as many as accounts, the geometric mean of both, and not as
    /// many as pairs.
    fn chances(&self) -> Bits {
        Bits::new((self.pairs as f64).sqrt().log2())
    }

    /// Whether so many pairs across are likely relatives that the clusters are taken for two operators who belong together.
    fn are_relatives(&self) -> bool {
        self.pairs <= self.related * RELATED_PAIRS
    }
}

/// A component on its way from its seeds to its networks.
struct Building<'a> {
    by: Resolving<'a>,
    /// Members of each cluster; none of one that was merged.
    clusters: Vec<Vec<u32>>,
    /// The cluster of each account.
    cluster_of: BTreeMap<u32, usize>,
    /// Clusters with an edge between them that connects, the greater first. `None` while a single pair is in no band, and so joins nothing.
    beside: BTreeMap<(usize, usize), Option<Fitted>>,
}

/// All pairs across two clusters, and how well these fit, if at all.
type Fitted = (Linkage, Option<Fit>);

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.max(b), a.min(b))
}

impl<'a> Building<'a> {
    fn new(by: Resolving<'a>, component: &[u32]) -> Building<'a> {
        let clusters: Vec<Vec<u32>> = by.by_seed(component).into_values().collect();
        let mut cluster_of = BTreeMap::new();
        for (at, cluster) in clusters.iter().enumerate() {
            cluster_of.extend(cluster.iter().map(|account| (*account, at)));
        }
        let mut building = Building { by, clusters, cluster_of, beside: BTreeMap::new() };
        for at in 0..building.clusters.len() {
            for other in building.adjacent(at, Edge::connects) {
                if other < at {
                    let linked = building.first_link(at, other);
                    building.beside.insert((at, other), linked);
                }
            }
        }
        building
    }

    /// Joins the two clusters that fit best until none do.
    fn networks(mut self) -> Vec<Vec<u32>> {
        while let Some((fit, at, other)) = self.best() {
            let rivals = if self.by.band == Band::Act { self.rivals(fit, at, other) } else { Vec::new() };
            if rivals.is_empty() {
                self.merge(at, other);
            }
            for pair in rivals {
                if let Some(Some((linkage, _))) = self.beside.get_mut(&pair) {
                    linkage.ambiguous = true;
                }
            }
        }
        let mut clusters = self.clusters;
        clusters.retain(|cluster| !cluster.is_empty());
        clusters.iter_mut().for_each(|cluster| cluster.sort_unstable());
        clusters
    }

    /// The best fit that is not ambiguous; of equals the first in account order.
    fn best(&self) -> Option<(Fit, usize, usize)> {
        let mut best: Option<(Fit, usize, usize)> = None;
        for ((at, other), linked) in &self.beside {
            if let Some((linkage, Some(fit))) = linked
                && !linkage.ambiguous
                && best.is_none_or(|(highest, ..)| highest < *fit)
            {
                best = Some((*fit, *at, *other));
            }
        }
        best
    }

    /// The linkages that are ambiguous because of the one found best: one of its two clusters could join a third about as well, and
    /// the third is kept apart from the other as a relative. Father and son of one name at one address are told apart by their dates of
    /// birth; a record without one is neither's.
    fn rivals(&self, highest: Fit, at: usize, other: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        if self.by.epoch.settings.without == Some(Guard::Relatives) {
            return found;
        }
        for (shared, rest) in [(at, other), (other, at)] {
            for third in self.adjacent(rest, |edge| edge.tie == Some(Tie::Together)) {
                let rival = self.beside.get(&pair(third, shared)).and_then(Option::as_ref);
                let is_close = rival.and_then(|(_, fit)| *fit).is_some_and(|fit| highest.is_close(fit));
                if third != shared && is_close && self.keeps_apart(third, rest) {
                    found.push(pair(third, shared));
                }
            }
        }
        if !found.is_empty() {
            found.push(pair(at, other));
        }
        found
    }

    /// Whether two clusters are likely relatives and not one operator.
    fn keeps_apart(&self, at: usize, other: usize) -> bool {
        let linkage = self.linkage(at, other);
        linkage.are_relatives() && linkage.fit(&self.by, self.smaller(at, other)).is_none()
    }

    /// Other clusters that an edge of this sort leads to.
    fn adjacent(&self, at: usize, is_of: impl Fn(&Edge) -> bool) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for account in &self.clusters[at] {
            let leads = |other: &u32| self.by.graph.edge(*account, *other).is_some_and(&is_of);
            let others = self.by.graph.neighbours(*account).filter(leads);
            found.extend(others.filter_map(|other| self.cluster_of.get(&other)).copied().filter(|other| *other != at));
        }
        found
    }

    fn first_link(&self, at: usize, other: usize) -> Option<Fitted> {
        match (&self.clusters[at][..], &self.clusters[other][..]) {
            ([left], [right]) if !self.by.joins(*left, *right) => None,
            _ => Some(self.fitted(self.linkage(at, other), self.smaller(at, other))),
        }
    }

    fn fitted(&self, linkage: Linkage, smaller: usize) -> Fitted {
        let fit = linkage.fit(&self.by, smaller);
        (linkage, fit)
    }

    /// Accounts of the smaller of two clusters.
    fn smaller(&self, at: usize, other: usize) -> usize {
        self.clusters[at].len().min(self.clusters[other].len())
    }

    fn linkage(&self, at: usize, other: usize) -> Linkage {
        let without = self.by.epoch.settings.without;
        let mut sum = Linkage { vouched: self.is_vouched(at) || self.is_vouched(other), ..Linkage::default() };
        for a in &self.clusters[at] {
            for b in &self.clusters[other] {
                let affinity = (self.by.affinity)(*a.min(b), *a.max(b));
                let edge = self.by.graph.edge(*a, *b);
                let joins = |band: Band| edge.is_some_and(|edge| edge.joins(band));
                sum.add(&Linkage {
                    bits: i64::from(affinity.bits(without).steps()),
                    pairs: 1,
                    joined: joins(self.by.band),
                    is_lead: joins(Band::Lead),
                    said_same: affinity == Affinity::Same,
                    forbidden: affinity == Affinity::Different,
                    related: i64::from(edge.is_some_and(|edge| edge.tie == Some(Tie::Together))),
                    joint: match &affinity {
                        Affinity::Scored(weighed) if self.by.joining == Joining::Together => {
                            Joint::of(weighed, self.by.band)
                        }
                        _ => Joint::default(),
                    },
                    ..Linkage::default()
                });
            }
        }
        sum
    }

    /// Whether a person joined an account of the cluster with any other.
    fn is_vouched(&self, at: usize) -> bool {
        self.clusters[at].iter().any(|account| {
            let joined = |other: u32| self.by.graph.edge(*account, other).is_some_and(|edge| edge.judged == Some(true));
            self.by.graph.neighbours(*account).any(joined)
        })
    }

    /// Moves one cluster into another and adds up what links them to the rest.
    fn merge(&mut self, from: usize, into: usize) {
        self.beside.remove(&pair(from, into));
        let beside = self.beside.keys().filter(|(a, b)| [from, into].contains(a) || [from, into].contains(b));
        let others: BTreeSet<usize> =
            beside.flat_map(|(a, b)| [*a, *b]).filter(|at| ![from, into].contains(at)).collect();
        for other in others {
            let [mut sum, rest] = [into, from].map(|at| match self.beside.remove(&pair(at, other)).flatten() {
                Some((linkage, _)) => Linkage { ambiguous: false, ..linkage },
                None => self.linkage(at, other),
            });
            sum.add(&rest);
            let merged = self.clusters[into].len() + self.clusters[from].len();
            let fitted = self.fitted(sum, merged.min(self.clusters[other].len()));
            self.beside.insert(pair(into, other), Some(fitted));
        }
        let moved = std::mem::take(&mut self.clusters[from]);
        self.cluster_of.extend(moved.iter().map(|account| (*account, into)));
        self.clusters[into].extend(moved);
    }
}

#[cfg(test)]
mod tests;
