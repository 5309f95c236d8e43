//! How well a partition agrees with the truth.

use rustc_hash::FxHashMap;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::truth::{Partition, Truth, pairs_of};

/// How well a partition agrees with the truth; all figures are over labelled accounts.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct NetworkMeasures {
    /// Number of networks, those of one account included.
    pub networks: u64,
    /// Accounts of the largest network.
    pub largest_network: u64,
    /// Pairs of accounts that share a network, against pairs that share an entity.
    pub pairs: PairCounts,
    /// B-cubed precision, 0 to 1: how much of the network around an account is its own entity, on average.
    pub b_cubed_precision: f64,
    /// B-cubed recall, 0 to 1: how much of an account's entity is in its network, on average.
    pub b_cubed_recall: f64,
    /// Harmonic mean of both.
    pub b_cubed_f1: f64,
    /// Accounts whose network holds an account of another entity: the innocent and guilty alike.
    pub accounts_wrongly_merged: Share,
    /// Entities with a single account whose network holds anybody else. Such an entity has nothing to gain from
    /// linking, so each of these is a stranger drawn into somebody's network.
    pub singletons_wrongly_merged: Share,
    /// Accounts of the partition without a label, left out.
    pub unlabelled: u64,
    /// Labelled accounts that the partition does not name, taken as alone.
    pub unplaced: u64,
}

/// Right and wrong pairs. Serialised with the three ratios beside the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCounts {
    /// Predicted and true.
    pub true_positives: u64,
    /// Predicted, not true.
    pub false_positives: u64,
    /// True, not predicted.
    pub false_negatives: u64,
}

/// `part` of `of`. Serialised with the fraction beside both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl std::ops::Add for Share {
    type Output = Share;

    /// Both together, as of several worlds.
    fn add(self, other: Share) -> Share {
        Share { part: self.part + other.part, of: self.of + other.of }
    }
}

/// Accounts of one network that belong to one entity.
struct Cell {
    network: u32,
    entity: u32,
    accounts: u64,
}

impl PairCounts {
    /// Share of the predicted pairs that are true; absent if none is predicted.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the true pairs that are predicted; absent if there is none.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// Harmonic mean of both; absent if nothing is predicted and nothing is true.
    pub fn f1(&self) -> Option<f64> {
        ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)
    }
}

impl Share {
    /// As a fraction, 0 to 1; absent if there is nothing to divide by.
    pub fn fraction(&self) -> Option<f64> {
        ratio(self.part, self.of)
    }
}

impl Serialize for PairCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("PairCounts", 6)?;
        out.serialize_field("true_positives", &self.true_positives)?;
        out.serialize_field("false_positives", &self.false_positives)?;
        out.serialize_field("false_negatives", &self.false_negatives)?;
        out.serialize_field("precision", &self.precision())?;
        out.serialize_field("recall", &self.recall())?;
        out.serialize_field("f1", &self.f1())?;
        out.end()
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Share", 3)?;
        out.serialize_field("part", &self.part)?;
        out.serialize_field("of", &self.of)?;
        out.serialize_field("fraction", &self.fraction())?;
        out.end()
    }
}

/// Measures `partition`, which `truth` itself must have made. O(n log n) for n labelled accounts.
pub fn measure_networks(truth: &Truth, partition: &Partition) -> NetworkMeasures {
    let cells = cells(truth, partition);
    let sizes = network_sizes(&partition.network);
    let size_of = |cell: &Cell| u64::from(sizes[cell.network as usize]);
    let entity_of = |cell: &Cell| u64::from(truth.entity_size()[cell.entity as usize]);

    let both: u64 = cells.iter().map(|cell| pairs_of(cell.accounts)).sum();
    let predicted: u64 = sizes.iter().map(|&size| pairs_of(u64::from(size))).sum();
    let mixed = |cell: &&Cell| cell.accounts < size_of(cell);
    let single = |cell: &&Cell| entity_of(cell) == 1;

    let b_cubed_precision = mean_overlap(&cells, size_of, truth.accounts());
    let b_cubed_recall = mean_overlap(&cells, entity_of, truth.accounts());

    NetworkMeasures {
        networks: sizes.len() as u64,
        largest_network: sizes.iter().copied().max().unwrap_or(0).into(),
        pairs: PairCounts {
            true_positives: both,
            false_positives: predicted - both,
            false_negatives: truth.true_pairs() - both,
        },
        b_cubed_precision,
        b_cubed_recall,
        b_cubed_f1: 2.0 * b_cubed_precision * b_cubed_recall / (b_cubed_precision + b_cubed_recall),
        accounts_wrongly_merged: Share {
            part: cells.iter().filter(mixed).map(|cell| cell.accounts).sum(),
            of: truth.accounts(),
        },
        singletons_wrongly_merged: Share {
            part: cells.iter().filter(single).filter(mixed).count() as u64,
            of: cells.iter().filter(single).count() as u64,
        },
        unlabelled: partition.unlabelled,
        unplaced: partition.unplaced,
    }
}

/// Of the accounts that are no infringer's, those in one network with an infringer's: the innocent who are accused. O(n).
///
/// # Examples
///
/// ```
/// use linkage_core::evaluate::{Truth, measure_honest};
///
/// let truth = Truth::new([("ebay_uk/bad", "wang"), ("temu/good", "li"), ("temu/other", "chen")])?;
/// let found = truth.partition([("ebay_uk/bad", "n1"), ("temu/good", "n1"), ("temu/other", "n2")])?;
/// let merged = measure_honest(&truth, &found, |account| account == "ebay_uk/bad");
/// assert_eq!((merged.part, merged.of), (1, 2));
/// # Ok::<(), linkage_core::evaluate::EvaluateError>(())
/// ```
pub fn measure_honest(truth: &Truth, partition: &Partition, is_infringer: impl Fn(&str) -> bool) -> Share {
    measure_merged(truth, partition, |account| !is_infringer(account), &is_infringer)
}

/// Of the accounts for which `who` holds, those in one network with an account for which `with` holds. Where both hold for
/// an account it is in a network with itself. O(n).
pub fn measure_merged(
    truth: &Truth,
    partition: &Partition,
    who: impl Fn(&str) -> bool,
    with: impl Fn(&str) -> bool,
) -> Share {
    let mut accused = vec![false; network_sizes(&partition.network).len()];
    for (at, &network) in partition.network.iter().enumerate() {
        accused[network as usize] |= with(truth.key(at as u32));
    }
    let mut merged = Share::default();
    for (at, &network) in partition.network.iter().enumerate().filter(|(at, _)| who(truth.key(*at as u32))) {
        debug_assert!(at < truth.entity().len(), "partition of another truth");
        merged.of += 1;
        merged.part += u64::from(accused[network as usize]);
    }
    merged
}

/// Of some pairs of accounts, those in one network: how many traps were walked into. Pairs with an account without a label are
/// left out. O(pairs).
pub fn measure_joined<'a>(
    truth: &Truth,
    partition: &Partition,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Share {
    let mut joined = Share::default();
    for (left, right) in pairs {
        let (Some(left), Some(right)) = (truth.position(left), truth.position(right)) else { continue };
        joined.of += 1;
        joined.part += u64::from(partition.network[left as usize] == partition.network[right as usize]);
    }
    joined
}

/// The largest network in which `who` holds for more than half of the accounts: how many of them there are, of how many the
/// largest entity in it has, in all of the truth. Nothing of nothing if there is no such network. O(n log n).
pub fn measure_largest(truth: &Truth, partition: &Partition, who: impl Fn(&str) -> bool) -> Share {
    let sizes = network_sizes(&partition.network);
    let (mut held, mut entity) = (vec![0_u64; sizes.len()], vec![0_u32; sizes.len()]);
    for (at, (&network, &of)) in partition.network.iter().zip(truth.entity()).enumerate() {
        held[network as usize] += u64::from(who(truth.key(at as u32)));
        let largest = &mut entity[network as usize];
        *largest = (*largest).max(truth.entity_size()[of as usize]);
    }
    let shares = sizes.iter().zip(&held).zip(&entity).filter(|((size, held), _)| u64::from(**size) < 2 * **held);
    let shares = shares.map(|((size, _), entity)| Share { part: u64::from(*size), of: u64::from(*entity) });
    shares.max_by_key(|share| (share.part, std::cmp::Reverse(share.of))).unwrap_or_default()
}

/// B-cubed F1 averaged over the accounts for which `who` holds alone, 0 to 1; their networks and entities count whole. Absent if it
/// holds for none. O(n log n).
///
/// # Examples
///
/// ```
/// use linkage_core::evaluate::{Partition, Truth, measure_b_cubed_f1};
///
/// let truth = Truth::new([("temu/a", "wang"), ("temu/b", "wang"), ("temu/c", "li")])?;
/// let of_wang = |partition: &Partition| measure_b_cubed_f1(&truth, partition, |account| account != "temu/c");
/// // Alone, each finds itself, all of its network and half of its entity: 2 · 1 · .5 / 1.5.
/// assert_eq!(of_wang(&truth.link_nobody()), Some(2.0 / 3.0));
/// assert_eq!(of_wang(&truth.closure([("temu/a", "temu/b")])), Some(1.0));
/// # Ok::<(), linkage_core::evaluate::EvaluateError>(())
/// ```
pub fn measure_b_cubed_f1(truth: &Truth, partition: &Partition, who: impl Fn(&str) -> bool) -> Option<f64> {
    let sizes = network_sizes(&partition.network);
    let both: FxHashMap<(u32, u32), u64> =
        cells(truth, partition).into_iter().map(|cell| ((cell.network, cell.entity), cell.accounts)).collect();
    let (mut precision, mut recall) = (Vec::new(), Vec::new());
    let placed = partition.network.iter().zip(truth.entity()).enumerate();
    for (_, (&network, &entity)) in placed.filter(|(at, _)| who(truth.key(*at as u32))) {
        let shared = both.get(&(network, entity)).copied().unwrap_or_default() as f64;
        precision.push(shared / f64::from(sizes[network as usize]));
        recall.push(shared / f64::from(truth.entity_size()[entity as usize]));
    }
    let mean = |mut terms: Vec<f64>| {
        terms.sort_unstable_by(f64::total_cmp);
        terms.iter().sum::<f64>() / terms.len() as f64
    };
    if precision.is_empty() {
        return None;
    }
    let (precision, recall) = (mean(precision), mean(recall));
    Some(2.0 * precision * recall / (precision + recall))
}

fn cells(truth: &Truth, partition: &Partition) -> Vec<Cell> {
    debug_assert_eq!(truth.entity().len(), partition.network.len(), "partition of another truth");
    let mut count: FxHashMap<(u32, u32), u64> = FxHashMap::default();
    for (&network, &entity) in partition.network.iter().zip(truth.entity()) {
        *count.entry((network, entity)).or_default() += 1;
    }
    count.into_iter().map(|((network, entity), accounts)| Cell { network, entity, accounts }).collect()
}

fn network_sizes(network: &[u32]) -> Vec<u32> {
    let mut sizes = vec![0; network.iter().max().map_or(0, |&last| last as usize + 1)];
    for &id in network {
        sizes[id as usize] += 1;
    }
    sizes
}

/// Mean over accounts of (accounts of its cell ÷ `whole` of its cell), summed from the least term up, so that
/// the result does not depend on the order of the cells.
fn mean_overlap(cells: &[Cell], whole: impl Fn(&Cell) -> u64, accounts: u64) -> f64 {
    let overlap = |cell: &Cell| (cell.accounts * cell.accounts) as f64 / whole(cell) as f64;
    let mut terms: Vec<f64> = cells.iter().map(overlap).collect();
    terms.sort_unstable_by(f64::total_cmp);
    terms.iter().sum::<f64>() / accounts as f64
}

fn ratio(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
