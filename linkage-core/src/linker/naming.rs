//! Names of networks: history, not part of the law.
//!
//! A network keeps its name while it grows. Where networks merge, the oldest name stays and the others lead to it; where one
//! splits, the name goes with the most members.

use std::collections::{BTreeMap, BTreeSet};

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
    let mut name_of: BTreeMap<u32, NetworkId> = BTreeMap::new();
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
    for cluster in lead {
        let oldest = cluster.iter().filter_map(|account| name_of.get(account)).min().copied();
        for account in cluster {
            if let (Some(act), Some(lead)) = (name_of.get(account).copied(), oldest) {
                names.members.insert(*account, Member { act, lead });
            }
        }
    }
    names
}

/// Which cluster each old name goes to: the one with most of its members, of equals the first.
fn winners(act: &[Vec<u32>], old: &BTreeMap<u32, Member>) -> BTreeMap<NetworkId, usize> {
    let mut share: BTreeMap<(NetworkId, usize), usize> = BTreeMap::new();
    for (at, cluster) in act.iter().enumerate() {
        for member in cluster.iter().filter_map(|account| old.get(account)) {
            *share.entry((member.act, at)).or_insert(0) += 1;
        }
    }
    let mut winners: BTreeMap<NetworkId, (usize, usize)> = BTreeMap::new();
    for ((id, at), count) in share {
        let best = winners.entry(id).or_insert((count, at));
        if best.0 < count {
            *best = (count, at);
        }
    }
    winners.into_iter().map(|(id, (_, at))| (id, at)).collect()
}
