//! Names of networks: history, not part of the law.
//!
//! A network keeps its name while it grows. Where networks merge, the oldest name stays and the others lead to it; where one
//! splits, the name goes with the most members.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::NetworkId;
use super::rows::Member;

/// New names for some accounts.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Networks of each account, in the order of `clusters`' accounts.
    pub(super) members: BTreeMap<u32, Member>,
    /// Names that now lead to another.
    pub(super) redirects: Vec<(NetworkId, NetworkId)>,
    /// The next name to be given.
    pub(super) next: u64,
}

/// Names clusters of accounts.
///
/// `act` and `lead` list every account concerned, by serial number, as clusters in the order of their first account; `old` has
/// the memberships before.
pub(super) fn name(act: &[Vec<u32>], lead: &[Vec<u32>], old: &BTreeMap<u32, Member>, next: u64) -> Names {
    let mut names = Names { next, ..Names::default() };
    let mut won: Vec<BTreeSet<NetworkId>> = vec![BTreeSet::new(); act.len()];
    for (id, cluster) in winners(act, old) {
        won[cluster].insert(id);
    }
    let mut name_of: FxHashMap<u32, NetworkId> = FxHashMap::default();
    for (cluster, ids) in act.iter().zip(won) {
        let mut ids = ids.into_iter();
        let kept = ids.next().unwrap_or_else(|| {
            let fresh = NetworkId(names.next);
            names.next += 1;
            fresh
        });
        names.redirects.extend(ids.map(|merged| (merged, kept)));
        name_of.extend(cluster.iter().map(|account| (*account, kept)));
    }
    let mut members = Vec::with_capacity(name_of.len());
    for cluster in lead {
        let oldest = cluster.iter().filter_map(|account| name_of.get(account)).min().copied();
        for account in cluster {
            if let (Some(act), Some(lead)) = (name_of.get(account).copied(), oldest) {
                members.push((*account, Member { act, lead }));
            }
        }
    }
    names.members = members.into_iter().collect();
    names
}

/// Which cluster each old name goes to: the one with most of its members, of equals the first.
fn winners(act: &[Vec<u32>], old: &BTreeMap<u32, Member>) -> Vec<(NetworkId, usize)> {
    let mut share: FxHashMap<(NetworkId, usize), usize> = FxHashMap::default();
    for (at, cluster) in act.iter().enumerate() {
        for member in cluster.iter().filter_map(|account| old.get(account)) {
            *share.entry((member.act, at)).or_insert(0) += 1;
        }
    }
    let mut shares: Vec<(NetworkId, usize, usize)> =
        share.into_iter().map(|((id, at), count)| (id, at, count)).collect();
    shares.sort_unstable_by_key(|(id, at, count)| (*id, std::cmp::Reverse(*count), *at));
    shares.dedup_by_key(|(id, ..)| *id);
    shares.into_iter().map(|(id, at, _)| (id, at)).collect()
}
