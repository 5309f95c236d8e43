//! Accounts as nodes, scored evidence as edges.
//!
//! ```text
//! [(left, right, Edge)] ──► Graph ──► components, bridges
//! ```
//!
//! A node is an account's place in account-key order, so every tie that breaks by node breaks by account key. The graph
//! holds the pairs that blocking found and scoring kept; a judgement is an edge like any other, and always wins.
//!
//! **Not here:** which of the connected accounts are one operator. That is `resolve`.

use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::unionfind::UnionFind;
use petgraph::visit::EdgeRef;

use crate::compare::Bits;
use crate::score::{Band, Tie};

/// What joins two accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Total weight, prior included.
    pub weight: Bits,
    /// The weight without the prior: negative where the evidence speaks against.
    pub evidence: Bits,
    /// The band the weight and its support allow.
    pub band: Band,
    /// A person's word, if there is one: `Some(true)` the same operator, `Some(false)` another.
    pub judged: Option<bool>,
    /// Log-odds of relatives, partners or a firm and its agent, against strangers.
    pub related: Bits,
    /// How the two belong together without being one operator; joins nothing.
    pub tie: Option<Tie>,
}

impl Edge {
    /// Whether the edge joins at a band, judgements first.
    pub fn joins(&self, band: Band) -> bool {
        self.judged.unwrap_or(band <= self.band)
    }

    /// Whether the edge can be part of what holds a network together: it joins, or one operator is at least as likely as not and
    /// other pairs may tell. A contested identity holds nothing.
    pub fn connects(&self) -> bool {
        let is_even = Bits::ZERO <= self.weight && self.tie != Some(Tie::Contested);
        self.joins(Band::Lead) || self.judged.is_none() && is_even
    }
}

/// The entity graph.
#[derive(Clone, Debug)]
pub struct Graph {
    inner: UnGraph<(), Edge, u32>,
}

impl Graph {
    /// A graph of `accounts` nodes with these edges, at most one a pair; neither their order nor which side of an edge is
    /// named first matters.
    pub fn new(accounts: usize, mut edges: Vec<(u32, u32, Edge)>) -> Graph {
        for (left, right, _) in &mut edges {
            (*left, *right) = (*left.min(right), *left.max(right));
        }
        edges.sort_unstable_by_key(|(left, right, _)| (*left, *right));
        let mut inner = UnGraph::with_capacity(accounts, edges.len());
        for _ in 0..accounts {
            inner.add_node(());
        }
        for (left, right, edge) in edges {
            inner.add_edge(NodeIndex::new(left as usize), NodeIndex::new(right as usize), edge);
        }
        Graph { inner }
    }

    /// Number of accounts.
    pub fn accounts(&self) -> usize {
        self.inner.node_count()
    }

    /// All edges as `(left, right, edge)`, smaller node first, sorted.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32, &Edge)> + '_ {
        self.inner.edge_references().map(|edge| {
            let (a, b) = (edge.source().index() as u32, edge.target().index() as u32);
            (a.min(b), a.max(b), edge.weight())
        })
    }

    /// The edge between two accounts.
    pub fn edge(&self, left: u32, right: u32) -> Option<&Edge> {
        let found = self.inner.find_edge(NodeIndex::new(left as usize), NodeIndex::new(right as usize))?;
        self.inner.edge_weight(found)
    }

    /// The neighbours of an account, in no particular order.
    pub fn neighbours(&self, account: u32) -> impl Iterator<Item = u32> + '_ {
        self.inner.neighbors(NodeIndex::new(account as usize)).map(|node| node.index() as u32)
    }

    /// The connected components over the edges that [connect](Edge::connects), each sorted, in order of their first account.
    pub fn components(&self) -> Vec<Vec<u32>> {
        let mut sets: UnionFind<u32> = UnionFind::new(self.accounts());
        for (left, right, edge) in self.edges() {
            if edge.connects() {
                sets.union(left, right);
            }
        }
        let mut first_of: Vec<Option<usize>> = vec![None; self.accounts()];
        let mut components: Vec<Vec<u32>> = Vec::new();
        for (account, root) in sets.into_labeling().into_iter().enumerate() {
            let slot = &mut first_of[root as usize];
            let at = *slot.get_or_insert_with(|| {
                components.push(Vec::new());
                components.len() - 1
            });
            components[at].push(account as u32);
        }
        components
    }
}

#[cfg(test)]
mod tests;
