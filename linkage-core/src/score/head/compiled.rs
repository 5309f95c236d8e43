//! A boosted head laid out for answering many pairs.
//!
//! Every value becomes its place among the cuts of its measure once, so that a node is two bytes and a question to it no
//! branch; the trees of a head then fit into the first cache. Answers are those of [`Head::bits`], bit by bit: the same leaves
//! are added in the same order.

use crate::compare::Bits;

use super::{Head, Node, Shape};

/// Questions on the way to a leaf. Shallower trees are filled up with leaves that say the same.
const DEPTH: u32 = 4;

/// Leaves of a tree, and places of its nodes: the root is at 1, below `n` are `2n` and `2n + 1`.
const LEAVES: usize = 1 << DEPTH;

/// The most measures of a head. A measure has two slots: in one of them what is missing is below all cuts, in the other above.
const MEASURES_MAX: usize = 64;

/// Where in the places of values what is missing counts as high.
const MISSING_HIGH: usize = MEASURES_MAX;

/// The place of a missing value that counts as high, and so more than a measure may have cuts.
const ABOVE_ALL: u8 = u8::MAX;

/// A boosted head as columns.
#[derive(Clone, Debug)]
pub struct Compiled {
    base_bits: f64,
    /// The cuts of every measure, rising.
    cuts: Vec<Vec<f64>>,
    trees: Vec<Flat>,
}

/// A tree whose leaves are all at one depth.
#[derive(Clone, Debug)]
struct Flat {
    /// Slot of the measure, and the last place that goes low.
    nodes: [(u8, u8); LEAVES],
    /// What each leaf adds to the root.
    leaves: [f64; LEAVES],
}

impl Compiled {
    /// Lays out a head; nothing if it is linear, or larger than those that are fitted here.
    pub fn new(head: &Head) -> Option<Compiled> {
        let Shape::Boosted { base_bits, trees } = &head.shape else { return None };
        if MEASURES_MAX < head.measures.len() {
            return None;
        }
        let mut cuts = vec![Vec::new(); head.measures.len()];
        for split in trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| node.split) {
            cuts.get_mut(split.measure)?.push(split.at);
        }
        for cuts in &mut cuts {
            cuts.sort_unstable_by(f64::total_cmp);
            cuts.dedup();
            if usize::from(ABOVE_ALL) <= cuts.len() {
                return None;
            }
        }
        let trees = trees.iter().map(|tree| Flat::new(&tree.nodes, &cuts)).collect::<Option<Vec<Flat>>>()?;
        Some(Compiled { base_bits: *base_bits, cuts, trees })
    }

    /// Log-odds of a match in bits, for one value per measure.
    ///
    /// O(trees), no allocation.
    pub fn bits(&self, values: &[f64]) -> Bits {
        let mut places = [0_u8; 2 * MEASURES_MAX];
        places[MISSING_HIGH..].fill(ABOVE_ALL);
        for (at, (cuts, value)) in self.cuts.iter().zip(values).enumerate().filter(|(_, (_, value))| !value.is_nan()) {
            let place = cuts.partition_point(|cut| cut < value) as u8;
            places[at] = place;
            places[at + MISSING_HIGH] = place;
        }
        Bits::new(self.trees.iter().fold(self.base_bits, |total, tree| total + tree.answer(&places)))
    }
}

impl Flat {
    fn new(nodes: &[Node], cuts: &[Vec<f64>]) -> Option<Flat> {
        let mut flat = Flat { nodes: [(0, 0); LEAVES], leaves: [0.0; LEAVES] };
        let root = nodes.first()?;
        flat.put(nodes, cuts, root, 1, root.bits)?;
        Some(flat)
    }

    fn put(&mut self, nodes: &[Node], cuts: &[Vec<f64>], node: &Node, at: usize, root_bits: f64) -> Option<()> {
        if LEAVES <= at {
            // Deeper trees are not for this layout.
            *self.leaves.get_mut(at - LEAVES)? = node.bits - root_bits;
            return node.split.is_none().then_some(());
        }
        let (low, high) = match &node.split {
            Some(split) => {
                let place = cuts.get(split.measure)?.iter().position(|cut| *cut == split.at)?;
                let slot = split.measure + if split.missing_low { 0 } else { MISSING_HIGH };
                *self.nodes.get_mut(at)? = (u8::try_from(slot).ok()?, u8::try_from(place).ok()?);
                (nodes.get(split.low)?, nodes.get(split.high)?)
            }
            // Whatever is asked, both ways lead to the same leaf.
            None => (node, node),
        };
        self.put(nodes, cuts, low, 2 * at, root_bits)?;
        self.put(nodes, cuts, high, 2 * at + 1, root_bits)
    }

    fn answer(&self, places: &[u8; 2 * MEASURES_MAX]) -> f64 {
        let mut at = 1;
        for _ in 0..DEPTH {
            let (slot, last_low) = self.nodes[at % LEAVES];
            at = at << 1 | usize::from(last_low < places[usize::from(slot) % places.len()]);
        }
        self.leaves[at % LEAVES]
    }
}
