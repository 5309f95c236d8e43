//! Who is related without being the same operator: shown beside a network, never part of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::graph::Edge;
use crate::ledger::View;
use crate::record::AccountKey;
use crate::score::{Band, Epoch, Tie};

use super::api::{RELATED_MAX, Related};
use super::delta::stored_edges;
use super::query::{link, member, named_accounts};
use super::{LinkerError, NetworkId};

/// How two accounts are related, if that is what is said of them: not where the score or a person joins them.
pub(super) fn tie(edge: &Edge) -> Option<Tie> {
    if edge.joins(Band::Lead) { None } else { edge.tie }
}

/// The most telling tie between two networks so far.
struct Best {
    pairs: u64,
    rank: (Tie, Reverse<i32>),
    inside: u32,
    outside: u32,
    edge: Edge,
}

/// Networks that are related to the one with these members, at the same band: the most telling tie first, at most
/// [`RELATED_MAX`], and how many more there are. O(edges of the members).
pub(super) fn related(
    view: &View<'_>,
    epoch: &Epoch,
    inside: &BTreeMap<u32, AccountKey>,
    band: Band,
) -> Result<(Vec<Related>, u64), LinkerError> {
    let mut networks: BTreeMap<NetworkId, Best> = BTreeMap::new();
    for id in inside.keys() {
        for (other, edge) in stored_edges(view, *id)? {
            let Some(tie) = tie(&edge).filter(|_| !inside.contains_key(&other)) else { continue };
            let Some(its) = member(view, other)? else { continue };
            let network = if band == Band::Act { its.act } else { its.lead };
            let found =
                Best { pairs: 1, rank: (tie, Reverse(edge.related.steps())), inside: *id, outside: other, edge };
            match networks.get_mut(&network) {
                Some(best) => {
                    let pairs = best.pairs + 1;
                    if found.rank < best.rank {
                        *best = found;
                    }
                    best.pairs = pairs;
                }
                None => drop(networks.insert(network, found)),
            }
        }
    }
    let total = networks.len();
    let mut networks: Vec<(NetworkId, Best)> = networks.into_iter().collect();
    networks.sort_by_key(|(network, best)| (best.rank, *network));
    networks.truncate(RELATED_MAX);
    let mut related = Vec::with_capacity(networks.len());
    for (network_id, Best { pairs, rank: (tie, _), inside: own, outside, edge }) in networks {
        let [other] = &named_accounts(view, &[outside])?[..] else { continue };
        let Some(own) = inside.get(&own) else { continue };
        related.push(Related { network_id, pairs, link: link(own, other, &edge, epoch), sentence: tie.sentence() });
    }
    let left_out = (total - related.len()) as u64;
    Ok((related, left_out))
}

#[cfg(test)]
mod tests;
