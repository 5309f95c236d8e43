//! Clusters and judgements to networks.
//!
//! ```text
//! Graph + affinity of any pair ──partition──► Partition (one network number per account)
//! ```
//!
//! Not plain connected components: one false edge would chain strangers together. A component in which every pair is
//! joined stands. Any other is *doubtful* and rebuilt by average linkage over **all** its pairs, so that one good
//! edge must outweigh what speaks against it; a person's word is a constraint.
//!
//! - [`partition`] is the whole job; start there.
//!
//! Everything here is a function of the graph alone: ties break by account order, weights are in fixed point.

use crate::compare::Bits;
use crate::graph::Graph;
use crate::score::{Band, Guard, Tie};

/// The most accounts of one component that are rebuilt pair by pair; a larger one is first cut at a higher weight.
pub const COMPONENT_MAX: usize = 600;

/// What one pair contributes to the average is held within these bits, so that no single pair decides for all.
const AFFINITY_MAX: f64 = 8.0;

/// Two clusters are joined while the average over their pairs is at least this many bits.
const LINKAGE_MIN: f64 = 0.0;

/// Two clusters that a third could join about equally well, within so many bits: where they stand apart from each other, it joins
/// neither.
const AMBIGUOUS_BITS: f64 = 3.0;

/// How one pair of a doubtful component stands to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Affinity {
    /// Total weight and the weight without the prior.
    Scored {
        /// With the prior.
        weight: Bits,
        /// Without it.
        evidence: Bits,
        /// Whether something that both show speaks against it, whatever else speaks for it.
        contrary: bool,
    },
    /// A person said: the same.
    Same,
    /// A person said: different.
    Different,
}

impl Affinity {
    /// Bits for the average: what speaks for a pair is its whole weight, what speaks against it is its evidence
    /// alone. Two accounts that show nothing in common do not speak against each other.
    fn bits(self, without: Option<Guard>) -> Bits {
        let limit = if without == Some(Guard::Limit) { Bits::from_steps(i32::MAX) } else { Bits::new(AFFINITY_MAX) };
        match self {
            Affinity::Scored { weight, .. } if without == Some(Guard::Average) => weight.clamp(Bits::ZERO, limit),
            Affinity::Scored { weight, .. } if Bits::ZERO < weight => weight.min(limit),
            Affinity::Scored { evidence, .. } => evidence.clamp(-limit, Bits::ZERO),
            Affinity::Same => limit,
            Affinity::Different => -limit,
        }
    }

    fn is_contrary(self) -> bool {
        matches!(self, Affinity::Scored { contrary: true, .. })
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

/// Resolves the graph into networks at a band.
///
/// `seeds` are networks already found at a stricter band, which stay together. `without` is `None` but for a measurement of what a
/// guard is worth. `affinity` scores any two accounts of one component. O(edges) for clean components, O(n²) comparisons and O(n³) additions for a doubtful one of n.
pub fn partition(
    graph: &Graph,
    band: Band,
    seeds: &Partition,
    without: Option<Guard>,
    affinity: &(dyn Fn(u32, u32) -> Affinity + Sync),
) -> Partition {
    use rayon::prelude::*;
    let mut network: Vec<u32> = seeds.0.clone();
    let found: Vec<Vec<Vec<u32>>> = graph
        .components(band)
        .into_par_iter()
        .filter(|component| 1 < component.len())
        .map(|component| split(graph, band, component, seeds, without, affinity))
        .collect();
    for cluster in found.into_iter().flatten() {
        for account in &cluster {
            network[*account as usize] = cluster[0];
        }
    }
    Partition(network)
}

/// The networks of one component.
fn split(
    graph: &Graph,
    band: Band,
    component: Vec<u32>,
    seeds: &Partition,
    without: Option<Guard>,
    affinity: &(dyn Fn(u32, u32) -> Affinity + Sync),
) -> Vec<Vec<u32>> {
    if is_complete(graph, band, &component) {
        return vec![component];
    }
    let parts = if without == Some(Guard::Size) { vec![component] } else { cut_to_size(graph, band, component, seeds) };
    parts.into_iter().flat_map(|part| average_linkage(graph, band, &part, seeds, without, affinity)).collect()
}

fn is_complete(graph: &Graph, band: Band, component: &[u32]) -> bool {
    component.iter().enumerate().all(|(at, left)| {
        component[at + 1..].iter().all(|right| graph.edge(*left, *right).is_some_and(|edge| edge.joins(band)))
    })
}

/// Cuts a component that is too large to rebuild at ever higher weights.
///
/// Neither a seed nor what a person joined is ever cut.
fn cut_to_size(graph: &Graph, band: Band, component: Vec<u32>, seeds: &Partition) -> Vec<Vec<u32>> {
    let cut = |parts: Vec<Vec<u32>>, least: Bits| -> Vec<Vec<u32>> {
        let cut_one = |part: Vec<u32>| {
            if COMPONENT_MAX < part.len() { connected(graph, band, &part, seeds, least) } else { vec![part] }
        };
        parts.into_iter().flat_map(cut_one).collect()
    };
    let mut parts = vec![component];
    let mut least = Bits::ZERO;
    while parts.iter().any(|part| COMPONENT_MAX < part.len()) && least < Bits::new(60.0) {
        least = least + Bits::new(1.0);
        parts = cut(parts, least);
    }
    // What no weight divides is one operator's crowd or a planted one: nobody is merged on it.
    cut(parts, Bits::from_steps(i32::MAX))
}

/// The parts of a component that hang together by edges of at least this weight, by a seed or by a person's word.
fn connected(graph: &Graph, band: Band, component: &[u32], seeds: &Partition, least: Bits) -> Vec<Vec<u32>> {
    let mut members: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
    for account in component {
        members.entry(seeds.0[*account as usize]).or_default().push(*account);
    }
    let mut parts = Vec::new();
    let mut seen: std::collections::BTreeSet<u32> = std::collections::BTreeSet::new();
    for start in component {
        if !seen.insert(*start) {
            continue;
        }
        let (mut part, mut next) = (vec![*start], vec![*start]);
        while let Some(account) = next.pop() {
            let holds = |other: &u32| {
                let edge = graph.edge(account, *other);
                edge.is_some_and(|edge| edge.joins(band) && (least <= edge.weight || edge.judged == Some(true)))
            };
            // All of a seed at its first account; the others find nothing left.
            let seed = members.remove(&seeds.0[account as usize]).unwrap_or_default();
            for other in graph.neighbours(account).filter(holds).chain(seed) {
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

/// Two clusters of a component and what joins them.
#[derive(Clone, Copy, Default)]
struct Linkage {
    bits: i64,
    pairs: i64,
    joined: bool,
    said_same: bool,
    forbidden: bool,
    /// Likely relatives; at `ACT` also two of whom something speaks strongly against one operator.
    apart: bool,
    /// One of the two might as well join a third that stands apart from the other.
    ambiguous: bool,
}

impl Linkage {
    fn add(&mut self, other: Linkage) {
        self.bits += other.bits;
        self.pairs += other.pairs;
        self.joined |= other.joined;
        self.said_same |= other.said_same;
        self.forbidden |= other.forbidden;
        self.ambiguous |= other.ambiguous;
        self.apart |= other.apart;
    }

    /// The average in steps, where the clusters may be joined at all. A person's word comes first and needs no average;
    /// of two words that contradict each other, the one that keeps apart wins.
    fn average(&self) -> Option<i64> {
        if self.said_same {
            return (!self.forbidden).then_some(i64::MAX);
        }
        let average = self.bits / self.pairs.max(1);
        let least = i64::from(Bits::new(LINKAGE_MIN).steps());
        (self.joined && !self.forbidden && !self.ambiguous && least <= average).then_some(average)
    }
}

/// Joins the two clusters with the highest average until none is high enough.
fn average_linkage(
    graph: &Graph,
    band: Band,
    component: &[u32],
    seeds: &Partition,
    without: Option<Guard>,
    affinity: &(dyn Fn(u32, u32) -> Affinity + Sync),
) -> Vec<Vec<u32>> {
    let mut clusters: Vec<Vec<u32>> = seeded(component, seeds);
    let mut table: Vec<Vec<Linkage>> = clusters
        .iter()
        .enumerate()
        .map(|(at, left)| {
            clusters[..at].iter().map(|right| linkage(graph, band, left, right, without, affinity)).collect()
        })
        .collect();
    loop {
        let mut best: Option<(i64, usize, usize)> = None;
        for (at, row) in table.iter().enumerate() {
            for (other, linkage) in row.iter().enumerate() {
                if let Some(average) = linkage.average()
                    && best.is_none_or(|(highest, ..)| highest < average)
                {
                    best = Some((average, at, other));
                }
            }
        }
        let Some((highest, at, other)) = best else { break };
        let rivals = rivals(&table, highest, at, other);
        if rivals.is_empty() {
            merge(&mut clusters, &mut table, other, at);
        } else {
            rivals.into_iter().for_each(|(row, column)| table[row][column].ambiguous = true);
        }
    }
    for cluster in &mut clusters {
        cluster.sort_unstable();
    }
    clusters
}

/// The linkages that are ambiguous because of the one found best: one of its two clusters could join a third about as well,
/// which stands apart from the other. Father and son of one name at one address are told apart by their dates of birth; a
/// record without one is neither's. That they are not known as relatives but are a lead of each other makes no difference to who
/// may be acted on.
fn rivals(table: &[Vec<Linkage>], highest: i64, at: usize, other: usize) -> Vec<(usize, usize)> {
    if highest == i64::MAX {
        return Vec::new();
    }
    let near = highest - i64::from(Bits::new(AMBIGUOUS_BITS).steps());
    let of = |a: usize, b: usize| (a.max(b), a.min(b));
    let linkage = |(row, column): (usize, usize)| &table[row][column];
    let mut found = Vec::new();
    for third in (0..table.len()).filter(|third| *third != at && *third != other) {
        for (shared, rest) in [(at, other), (other, at)] {
            let rival = linkage(of(third, shared));
            if rival.average().is_some_and(|average| near <= average) && linkage(of(third, rest)).apart {
                found.push(of(third, shared));
            }
        }
    }
    if !found.is_empty() {
        found.push(of(at, other));
    }
    found
}

/// The seeds' clusters within a component, in order of their first account.
fn seeded(component: &[u32], seeds: &Partition) -> Vec<Vec<u32>> {
    let mut clusters: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
    for account in component {
        clusters.entry(seeds.0[*account as usize]).or_default().push(*account);
    }
    clusters.into_values().collect()
}

fn linkage(
    graph: &Graph,
    band: Band,
    left: &[u32],
    right: &[u32],
    without: Option<Guard>,
    affinity: &(dyn Fn(u32, u32) -> Affinity + Sync),
) -> Linkage {
    let mut sum = Linkage::default();
    for a in left {
        for b in right {
            let pair = affinity(*a.min(b), *a.max(b));
            let edge = graph.edge(*a, *b);
            let joined = edge.is_some_and(|edge| edge.joins(band));
            sum.add(Linkage {
                bits: i64::from(pair.bits(without).steps()),
                pairs: 1,
                joined,
                said_same: pair == Affinity::Same,
                forbidden: pair == Affinity::Different,
                apart: without != Some(Guard::FitsTwo)
                    && (edge.is_some_and(|edge| edge.tie == Some(Tie::Together))
                        || (band == Band::Act && !joined && pair.is_contrary())),
                ambiguous: false,
            });
        }
    }
    sum
}

/// Moves cluster `from` into `into` (`into` < `from`) and adds up what joins them to the rest.
fn merge(clusters: &mut Vec<Vec<u32>>, table: &mut Vec<Vec<Linkage>>, into: usize, from: usize) {
    let moved = clusters.remove(from);
    clusters[into].extend(moved);
    let row = table.remove(from);
    for (other, linkage) in row.into_iter().enumerate() {
        match other.cmp(&into) {
            std::cmp::Ordering::Less => table[into][other].add(linkage),
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => table[other][into].add(linkage),
        }
    }
    for (later, row) in table.iter_mut().enumerate().skip(from) {
        let linkage = row.remove(from);
        debug_assert!(into < later);
        row[into].add(linkage);
    }
}

#[cfg(test)]
mod tests;
