//! Gradient-boosted trees on histograms.
//!
//! Source: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29(5), 2001;
//! second-order gain and leaf values as in Chen and Guestrin, "XGBoost", 2016. No sampling, so equal rows give equal
//! trees.

use super::{Node, Shape, Split, Tree};

const DEPTH_MAX: usize = 4;
const LEARNING_RATE: f64 = 0.06;
/// Pull of leaf values towards 0.
const RIDGE: f64 = 2.0;
/// Least sum of second derivatives on either side of a split: about eight undecided pairs.
const LEAF_HESSIAN_MIN: f64 = 2.0;
const GAIN_MIN: f64 = 1e-3;
/// Cuts of one measure, at quantiles.
const CUTS_MAX: usize = 63;

/// Rows as bin numbers: 0 is missing, others count up with the value.
pub(super) struct Binned {
    cuts: Vec<Vec<f64>>,
    bins: Vec<u8>,
    width: usize,
}

/// Trees as they grow.
pub(super) struct Forest<'a> {
    binned: &'a Binned,
    rows: &'a [usize],
    labels: &'a [bool],
    base: f64,
    /// Log-odds of every row of `binned`, natural.
    scores: Vec<f64>,
    trees: Vec<Tree>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    hessian: f64,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
    }

    fn minus(self, other: Sums) -> Sums {
        Sums { gradient: self.gradient - other.gradient, hessian: self.hessian - other.hessian }
    }

    fn gain(self) -> f64 {
        self.gradient * self.gradient / (self.hessian + RIDGE)
    }

    fn leaf(self) -> f64 {
        LEARNING_RATE * self.gradient / (self.hessian + RIDGE)
    }
}

impl Binned {
    pub(super) fn new(rows: &[&[f64]]) -> Binned {
        let width = rows.first().map_or(0, |row| row.len());
        let cuts: Vec<Vec<f64>> = (0..width).map(|at| cuts(rows, at)).collect();
        let mut bins = Vec::with_capacity(rows.len() * width);
        for row in rows {
            bins.extend(row.iter().zip(&cuts).map(|(value, cuts)| {
                if value.is_nan() { 0 } else { 1 + cuts.partition_point(|cut| cut < value) as u8 }
            }));
        }
        Binned { cuts, bins, width }
    }

    fn bin(&self, row: usize, measure: usize) -> usize {
        usize::from(self.bins[row * self.width + measure])
    }
}

/// Values between which bins are divided: a value up to the cut is below it.
fn cuts(rows: &[&[f64]], at: usize) -> Vec<f64> {
    let mut values: Vec<f64> = rows.iter().map(|row| row[at]).filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let between = |pair: &[f64]| f64::midpoint(pair[0], pair[1]);
    if distinct.len() <= CUTS_MAX {
        return distinct.windows(2).map(between).collect();
    }
    let mut cuts: Vec<f64> = (1..=CUTS_MAX).map(|step| values[step * (values.len() - 1) / (CUTS_MAX + 1)]).collect();
    cuts.dedup();
    cuts
}

impl<'a> Forest<'a> {
    /// A forest to grow on some of the rows.
    pub(super) fn new(binned: &'a Binned, rows: &'a [usize], labels: &'a [bool]) -> Forest<'a> {
        let matches = rows.iter().filter(|row| labels[**row]).count() as f64;
        let base = ((matches + 0.5) / (rows.len() as f64 - matches + 0.5)).ln();
        Forest { binned, rows, labels, base, scores: vec![base; labels.len()], trees: Vec::new() }
    }

    /// Adds a tree.
    pub(super) fn grow(&mut self) {
        let mut gradients = vec![Sums::default(); self.labels.len()];
        for &row in self.rows {
            let share = 1.0 / (1.0 + (-self.scores[row]).exp());
            let label = f64::from(u8::from(self.labels[row]));
            gradients[row] = Sums { gradient: label - share, hessian: (share * (1.0 - share)).max(1e-9) };
        }
        let mut tree = Tree { nodes: Vec::new() };
        self.node(&mut tree, self.rows.to_vec(), &gradients, 0);
        let places: Vec<f64> = (0..self.labels.len()).map(|row| self.leaf(&tree, row)).collect();
        self.scores.iter_mut().zip(places).for_each(|(score, leaf)| *score += leaf);
        self.trees.push(tree);
    }

    /// Natural log-odds of a row, one that it was not grown on included.
    pub(super) fn score(&self, row: usize) -> f64 {
        self.scores[row]
    }

    pub(super) fn into_shape(self) -> Shape {
        let to_bits = std::f64::consts::LOG2_E;
        let mut trees = self.trees;
        for node in trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
            node.bits *= to_bits;
        }
        // The mean of every tree belongs to the base, so that shares begin at 0.
        let means: f64 = trees.iter().filter_map(|tree| tree.nodes.first()).map(|root| root.bits).sum();
        Shape::Boosted { base_bits: self.base * to_bits + means, trees }
    }

    fn node(&self, tree: &mut Tree, rows: Vec<usize>, gradients: &[Sums], depth: usize) -> usize {
        let mut total = Sums::default();
        rows.iter().for_each(|row| total.add(gradients[*row]));
        let place = tree.nodes.len();
        tree.nodes.push(Node { bits: total.leaf(), split: None });
        let split = if depth < DEPTH_MAX { self.best_split(&rows, gradients, total) } else { None };
        if let Some(split) = split {
            let (low, high): (Vec<usize>, Vec<usize>) = rows.into_iter().partition(|row| self.goes_low(&split, *row));
            let low = self.node(tree, low, gradients, depth + 1);
            let high = self.node(tree, high, gradients, depth + 1);
            let at = self.binned.cuts[split.measure][split.bin - 1];
            let missing_low = split.missing_low;
            tree.nodes[place].split = Some(Split { measure: split.measure, at, missing_low, low, high });
        }
        place
    }

    fn best_split(&self, rows: &[usize], gradients: &[Sums], total: Sums) -> Option<BinSplit> {
        let mut best: Option<(f64, BinSplit)> = None;
        for (measure, cuts) in self.binned.cuts.iter().enumerate() {
            let mut histogram = [Sums::default(); CUTS_MAX + 2];
            rows.iter().for_each(|row| histogram[self.binned.bin(*row, measure)].add(gradients[*row]));
            let missing = histogram[0];
            for missing_low in [false, true] {
                if missing_low && missing.hessian == 0.0 {
                    continue;
                }
                let mut low = if missing_low { missing } else { Sums::default() };
                for (bin, sums) in histogram.iter().enumerate().take(cuts.len() + 1).skip(1) {
                    low.add(*sums);
                    let high = total.minus(low);
                    if low.hessian < LEAF_HESSIAN_MIN || high.hessian < LEAF_HESSIAN_MIN {
                        continue;
                    }
                    let gain = low.gain() + high.gain() - total.gain();
                    if GAIN_MIN < gain && best.is_none_or(|(most, _)| most < gain) {
                        best = Some((gain, BinSplit { measure, bin, missing_low }));
                    }
                }
            }
        }
        best.map(|(_, split)| split)
    }

    fn goes_low(&self, split: &BinSplit, row: usize) -> bool {
        match self.binned.bin(row, split.measure) {
            0 => split.missing_low,
            bin => bin <= split.bin,
        }
    }

    fn leaf(&self, tree: &Tree, row: usize) -> f64 {
        let mut node = &tree.nodes[0];
        while let Some(split) = node.split {
            let cuts = &self.binned.cuts[split.measure];
            let bin = 1 + cuts.partition_point(|cut| *cut < split.at);
            let low = self.goes_low(&BinSplit { measure: split.measure, bin, missing_low: split.missing_low }, row);
            node = &tree.nodes[if low { split.low } else { split.high }];
        }
        node.bits
    }
}

#[derive(Clone, Copy)]
struct BinSplit {
    measure: usize,
    /// Bins up to this one are low.
    bin: usize,
    missing_low: bool,
}
