//! The best that anybody could do: who of one operator's accounts shows something in common at all.
//!
//! An oracle joins accounts of one entity, and of no two, that show equal values of two kinds, or one payout, registration or
//! document; values that many share do not count. What it cannot join shares nothing that could be seen.

use std::collections::{BTreeMap, BTreeSet};

/// What an account shows, by where it came from.
pub(super) type Traces = Vec<(Shown, u64)>;

/// A kind of trace: what the oracle counts as one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    Name,
    Person,
    Document,
    Company,
    Phone,
    Email,
    Handle,
    Payment,
    Address,
    Tracker,
    Domain,
    Text,
    Photo,
}

impl Shown {
    /// Whether one equal value is enough.
    fn is_strong(self) -> bool {
        matches!(self, Shown::Payment | Shown::Company | Shown::Document)
    }
}

/// For each account of an entity, in the order in which they were opened: whether it shares anything with an earlier one, and the
/// number of the first account that the oracle joins it to.
pub(super) fn ceiling(accounts: &[Traces]) -> Vec<(bool, usize)> {
    let mut group: Vec<usize> = (0..accounts.len()).collect();
    let mut holders: BTreeMap<(Shown, u64), Vec<usize>> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, traces) in accounts.iter().enumerate() {
        let mut common: BTreeMap<usize, BTreeSet<Shown>> = BTreeMap::new();
        for trace in traces.iter().copied().collect::<BTreeSet<_>>() {
            let before = holders.entry(trace).or_default();
            for other in before.iter() {
                common.entry(*other).or_default().insert(trace.0);
            }
            before.push(at);
        }
        found.push(!common.is_empty());
        for (other, kinds) in common {
            if 2 <= kinds.len() || kinds.iter().any(|kind| kind.is_strong()) {
                join(&mut group, at, other);
            }
        }
    }
    found.into_iter().enumerate().map(|(at, is_found)| (is_found, first(&group, at))).collect()
}

fn first(group: &[usize], at: usize) -> usize {
    let mut at = at;
    while group[at] != at {
        at = group[at];
    }
    at
}

fn join(group: &mut [usize], left: usize, right: usize) {
    let (left, right) = (first(group, left), first(group, right));
    group[left.max(right)] = left.min(right);
}
