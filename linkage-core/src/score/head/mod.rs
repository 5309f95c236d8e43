//! A head: weighs what was measured on a pair, where a sum over levels is too coarse or labels are at hand.
//!
//! ```text
//! [measure values] + Head ──weigh──► bits, one share per measure
//! labelled rows ──fit──► Head
//! ```
//!
//! A head is either **linear** (a weight per unit of each measure; the shipped ones are) or **boosted** (small decision
//! trees; what [`fit()`] chooses where enough labels speak for it). Both give log-odds in bits as a base plus a share for
//! each measure, so a trained answer is explained like any other.
//!
//! - [`Head::bits`] is the whole job; start there.
//! - [`fit()`] makes one from labelled rows, deterministically.
//! - [`Compiled`] gives the same answers many times as fast.
//!
//! **Invariant:** nothing here sees a value, only numbers that `compare` measured. A measure that could not be taken
//! is [`MISSING`] and, in a linear head, adds nothing.

mod boost;
mod compiled;
mod fit;
mod linear;

use serde::{Deserialize, Serialize};

use crate::compare::Bits;

pub use compiled::Compiled;
pub use fit::{FIT_ROWS_MAX, FitError, FitSummary, fit, fit_linear};

/// The value of a measure that could not be taken, because one side does not show what it needs.
pub const MISSING: f64 = f64::NAN;

/// The most trees a head may have.
const TREES_MAX: usize = 1_000;

/// The most nodes a tree may have.
const NODES_MAX: usize = 127;

/// Weights of the measures of one kind of pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The measures it reads, in order.
    pub measures: Vec<String>,
    /// How it weighs them.
    pub shape: Shape,
}

/// How a head weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// `base_bits` plus, for each measure that is there, its weight times its distance from `centre`.
    Linear {
        /// Log-odds where every measure is missing or at its centre.
        base_bits: f64,
        /// Bits per unit, one for each measure.
        weights: Vec<f64>,
        /// The value of each measure that adds nothing.
        centres: Vec<f64>,
    },
    /// `base_bits` plus what the leaf of every tree says.
    Boosted {
        /// Log-odds before any measure is looked at.
        base_bits: f64,
        /// The trees.
        trees: Vec<Tree>,
    },
}

/// One small decision tree; node 0 is the root, children stand behind their parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// What the tree says of all pairs that come by, in bits; of a leaf, its answer.
    pub bits: f64,
    /// The question; nothing at a leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// A question at a node: is the measure at most this?
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Which measure.
    pub measure: usize,
    /// Up to this value a pair goes to `low`, beyond it to `high`.
    pub at: f64,
    /// Where a missing value goes.
    pub missing_low: bool,
    /// Node of lower values.
    pub low: usize,
    /// Node of higher values.
    pub high: usize,
}

impl Head {
    /// Log-odds of a match in bits, for one value per measure.
    ///
    /// O(measures), or O(trees) for a boosted head; no allocation.
    pub fn bits(&self, values: &[f64]) -> Bits {
        let mut total = self.base_bits();
        match &self.shape {
            Shape::Linear { .. } => self.each_share(values, &mut |_, bits| total += bits),
            // The shares along a path add up to its leaf less the root.
            Shape::Boosted { trees, .. } => trees.iter().for_each(|tree| total += tree.leaf_above_root(values)),
        }
        Bits::new(total)
    }

    /// Log-odds before anything was measured.
    pub fn base_bits(&self) -> f64 {
        match &self.shape {
            Shape::Linear { base_bits, .. } | Shape::Boosted { base_bits, .. } => *base_bits,
        }
    }

    /// What each measure adds to the base, in the order of the measures.
    ///
    /// In a boosted head the change of a node's mean on the way down belongs to the measure asked there (Saabas,
    /// "Interpreting random forests", 2014).
    pub fn shares(&self, values: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.measures.len()];
        self.each_share(values, &mut |measure, bits| {
            if let Some(share) = shares.get_mut(measure) {
                *share += bits;
            }
        });
        shares
    }

    /// Whether it is for these measures and can be weighed with: as many weights as measures, finite numbers, trees
    /// that end.
    pub fn fits(&self, measures: &[&str]) -> bool {
        let count = self.measures.len();
        self.measures.iter().map(String::as_str).eq(measures.iter().copied())
            && match &self.shape {
                Shape::Linear { base_bits, weights, centres } => {
                    base_bits.is_finite()
                        && [weights, centres].iter().all(|all| all.len() == count && all.iter().all(|x| x.is_finite()))
                }
                Shape::Boosted { base_bits, trees } => {
                    base_bits.is_finite() && trees.len() <= TREES_MAX && trees.iter().all(|tree| tree.fits(count))
                }
            }
    }

    fn each_share(&self, values: &[f64], each: &mut impl FnMut(usize, f64)) {
        match &self.shape {
            Shape::Linear { weights, centres, .. } => {
                for (at, value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                    if let (Some(weight), Some(centre)) = (weights.get(at), centres.get(at)) {
                        each(at, weight * (value - centre));
                    }
                }
            }
            Shape::Boosted { trees, .. } => trees.iter().for_each(|tree| tree.each_share(values, each)),
        }
    }
}

impl Tree {
    fn leaf_above_root(&self, values: &[f64]) -> f64 {
        let Some(root) = self.nodes.first() else { return 0.0 };
        let mut node = root;
        while let Some(split) = &node.split {
            let Some(next) = self.nodes.get(split.next(values)) else { break };
            node = next;
        }
        node.bits - root.bits
    }

    fn each_share(&self, values: &[f64], each: &mut impl FnMut(usize, f64)) {
        let Some(mut node) = self.nodes.first() else { return };
        while let Some(split) = node.split {
            let Some(next) = self.nodes.get(split.next(values)) else { return };
            each(split.measure, next.bits - node.bits);
            node = next;
        }
    }

    fn fits(&self, measures: usize) -> bool {
        let ends = |(at, node): (usize, &Node)| {
            let inside = |next: usize| at < next && next < self.nodes.len();
            node.bits.is_finite()
                && node.split.is_none_or(|split| {
                    split.measure < measures && split.at.is_finite() && inside(split.low) && inside(split.high)
                })
        };
        self.nodes.len() <= NODES_MAX && self.nodes.iter().enumerate().all(ends)
    }
}

impl Split {
    fn next(&self, values: &[f64]) -> usize {
        let value = values.get(self.measure).copied().unwrap_or(MISSING);
        let low = if value.is_nan() { self.missing_low } else { value <= self.at };
        if low { self.low } else { self.high }
    }
}

#[cfg(test)]
mod tests;
