//! Questions: where a new account belongs, why a pair is linked, who is in a network.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::block::{self, Posting};
use crate::compare::{Bits, Subject, compare, shared_with_many};
use crate::explain::{Explanation, explanation};
use crate::fingerprint::Profile;
use crate::graph::Edge;
use crate::ledger::{AccountId, Table, View};
use crate::record::{Account, AccountKey, Listing};
use crate::score::{Band, Epoch, Tie, Weighed, weigh};

use super::batch::LiveRarity;
use super::delta::{scan, stored_edges};
use super::postings::Stored;
use super::related::tie;
use super::rows::{self, Member};
use super::seen::Sightings;
use super::{
    Link, Linker, LinkerError, Membership, Network, NetworkId, RELATED_MAX, RelatedAccount, Relation, Resolution,
    profile_of, profiles,
};

/// Accounts read at once while streaming.
const PAGE: usize = 4096;

impl Linker {
    /// Says where accounts that are not in the store belong; nothing is stored.
    ///
    /// Each account is asked for by itself, with those of `listings` that are its own.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn resolve(&self, accounts: &[Account], listings: &[Listing]) -> Result<Vec<Resolution>, LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        accounts
            .iter()
            .map(|account| {
                let own = listings.iter().filter(|listing| listing.account == account.key);
                let profile = Profile::new([account], own, &self.keyer);
                resolve_one(&view, &epoch, &account.key, &profile)
            })
            .collect()
    }

    /// Says why two accounts are linked, or are not.
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownAccount`], [`LinkerError::Ledger`].
    pub fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        let mut sides = Vec::with_capacity(2);
        for key in [left, right] {
            self.id(&view, key)?;
            // From the records, so that an account that still waits for linking can be explained as well.
            let dossier = view.dossier(key)?;
            let profile = profile_of(&dossier, &self.keyer);
            sides.push((subject(&view, &epoch, &profile)?, Sightings::new(&dossier, profile, &self.keyer)));
        }
        let [(left, left_seen), (right, right_seen)] = &sides[..] else { return Err(LinkerError::SameAccount) };
        let weighed = weigh(&compare(left, right, &*epoch), &epoch);
        let tie = weighed.tie(&epoch, shared_with_many(left.view(), right.view()));
        let mut why = explanation(&weighed, &epoch).with_tie(tie);
        why.look_up_seen(|at| left_seen.of(at), |at| right_seen.of(at));
        Ok(why)
    }

    /// The members and links of a network; follows it to where it was merged.
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownNetwork`], [`LinkerError::Ledger`].
    pub fn network(&self, id: NetworkId) -> Result<Network, LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        let named = follow(&view, id)?;
        let ids = members(&view, named)?;
        if ids.is_empty() {
            return Err(LinkerError::UnknownNetwork(id));
        }
        let inside: BTreeMap<u32, AccountKey> = ids.iter().copied().zip(named_accounts(&view, &ids)?).collect();
        let mut network = Network { id: named, members: Vec::new(), links: Vec::new(), epoch: epoch.number };
        for (id, key) in &inside {
            let edges = stored_edges(&view, *id)?;
            let within: Vec<&(u32, Edge)> = edges.iter().filter(|(other, _)| inside.contains_key(other)).collect();
            network.members.push(Membership {
                account: key.clone(),
                network: named,
                probability: belonging(within.iter().map(|(_, edge)| edge), Band::Act, &epoch),
            });
            for (other, edge) in within.into_iter().filter(|(other, _)| id < other) {
                network.links.push(link(key, &inside[other], edge, &epoch));
            }
        }
        network.members.sort_by(|a, b| a.account.cmp(&b.account));
        network.links.sort_by(|a, b| (&a.left, &a.right).cmp(&(&b.left, &b.right)));
        Ok(network)
    }

    /// The network of an account at `ACT`; `None` while it waits for linking.
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownAccount`], [`LinkerError::Ledger`].
    pub fn network_of(&self, account: &AccountKey) -> Result<Option<NetworkId>, LinkerError> {
        let view = self.ledger.view()?;
        Ok(member(&view, self.id(&view, account)?)?.map(|member| member.act))
    }

    /// Every linked account with its network at a band, in account order, one at a time.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`], or what `each` returns.
    pub fn memberships(
        &self,
        band: Band,
        each: &mut dyn FnMut(Membership) -> Result<(), LinkerError>,
    ) -> Result<(), LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        let at_band = |member: Member| if band == Band::Lead { member.lead } else { member.act };
        for_each_account(&view, &mut |key, id| {
            let Some(own) = member(&view, id)?.map(at_band) else { return Ok(()) };
            let mut within = Vec::new();
            for (other, edge) in stored_edges(&view, id)? {
                if edge.connects() && member(&view, other)?.map(at_band) == Some(own) {
                    within.push(edge);
                }
            }
            each(Membership { account: key, network: own, probability: belonging(within.iter(), band, &epoch) })
        })
    }

    /// Every scored pair from a band up, in account order, one at a time; from [`Band::None`] also those that are kept and
    /// join nothing.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`], or what `each` returns.
    pub fn links(&self, least: Band, each: &mut dyn FnMut(Link) -> Result<(), LinkerError>) -> Result<(), LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        for_each_account(&view, &mut |key, id| {
            let edges = stored_edges(&view, id)?;
            let others = named_accounts(&view, &edges.iter().map(|(other, _)| *other).collect::<Vec<_>>())?;
            let mut links: Vec<Link> = edges
                .iter()
                .zip(&others)
                .filter(|(_, other)| key < **other)
                .map(|((_, edge), other)| link(&key, other, edge, &epoch))
                .filter(|link| least <= link.band)
                .collect();
            links.sort_by(|a, b| a.right.cmp(&b.right));
            links.into_iter().try_for_each(&mut *each)
        })
    }
}

/// Calls `each` for every account, in account order.
pub(super) fn for_each_account(
    view: &View<'_>,
    each: &mut dyn FnMut(AccountKey, u32) -> Result<(), LinkerError>,
) -> Result<(), LinkerError> {
    let mut after: Option<AccountKey> = None;
    loop {
        let page = view.account_keys(after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (key, AccountId(id)) in page {
            each(key, id)?;
        }
    }
}

fn resolve_one(view: &View<'_>, epoch: &Epoch, key: &AccountKey, profile: &Profile) -> Result<Resolution, LinkerError> {
    let query = subject(view, epoch, profile)?;
    let held = Stored::new(view)?.held(&block::blocking(profile), 0)?;
    let mut candidates: BTreeSet<u32> = held.into_iter().filter_map(|held| held.accounts).flatten().collect();
    if let Some(AccountId(own)) = view.account_id(key)? {
        candidates.remove(&own);
    }
    let mut best: Option<Nearest> = None;
    let mut related: Vec<RelatedAccount> = Vec::new();
    let ids: Vec<u32> = candidates.into_iter().collect();
    for ((id, other), profile) in ids.iter().zip(named_accounts(view, &ids)?).zip(profiles::linked(view, &ids)?) {
        let Some(profile) = profile else { continue };
        // A value that both show is one value, so it is enough to know which of the query's own are hubs.
        let subject = Subject::new(&profile, &LiveRarity::without_crowds(epoch));
        let weighed = weigh(&compare(&query, &subject, epoch), epoch);
        if let Some(tie) = weighed.tie(epoch, shared_with_many(query.view(), subject.view())) {
            let probability = tie.probability(weighed.total, weighed.related, epoch);
            related.push(RelatedAccount { account: other.clone(), tie: tie.name(), probability });
        }
        let found = Nearest { band: weighed.band(epoch), weighed, key: other, id: *id };
        if best.as_ref().is_none_or(|best| best.rank() < found.rank()) {
            best = Some(found);
        }
    }
    related.sort_by(|a, b| a.account.cmp(&b.account));
    related.truncate(RELATED_MAX);
    let Some(Nearest { band, weighed, key: nearest, id }) = best else {
        return Ok(Resolution {
            account: key.to_string(),
            band: Band::None.name(),
            probability: 0.0,
            network: None,
            nearest: None,
            reasons: None,
            related,
            epoch: epoch.number,
        });
    };
    let network = member(view, id)?.map(|member| if band == Band::Act { member.act } else { member.lead });
    Ok(Resolution {
        account: key.to_string(),
        band: band.name(),
        probability: weighed.probability(epoch),
        network: network.filter(|_| band != Band::None),
        nearest: Some(nearest.to_string()),
        reasons: Some(explanation(&weighed, epoch)),
        related,
        epoch: epoch.number,
    })
}

/// The stored account that a query is most like.
struct Nearest {
    band: Band,
    weighed: Weighed,
    key: AccountKey,
    id: u32,
}

impl Nearest {
    /// By band, then weight; of equals the first account.
    fn rank(&self) -> (Band, Bits, Reverse<&AccountKey>) {
        (self.band, self.weighed.total, Reverse(&self.key))
    }
}

/// A profile with its rarities and hubs as they are in the store.
pub(super) fn subject(view: &View<'_>, epoch: &Epoch, profile: &Profile) -> Result<Subject, LinkerError> {
    let holding =
        |keys: &[Posting]| Ok(Stored::new(view)?.held(keys, 0)?.into_iter().map(|held| held.accounts).collect());
    Ok(Subject::new(profile, &LiveRarity::of(profile, epoch, holding)?))
}

/// The network that a name stands for now: where networks were merged, the one they became.
pub(super) fn follow(view: &View<'_>, id: NetworkId) -> Result<NetworkId, LinkerError> {
    let mut named = id;
    let mut seen = BTreeSet::new();
    while let Some(value) = view.derived_get(Table::Network, &rows::redirect(named))? {
        if !seen.insert(named) {
            return Err(LinkerError::Derived("networks that lead to each other"));
        }
        named = rows::read_network(&value)?;
    }
    Ok(named)
}

pub(super) fn member(view: &View<'_>, id: u32) -> Result<Option<Member>, LinkerError> {
    view.derived_get(Table::Member, &rows::account(id))?.map(|value| rows::read_member(&value)).transpose()
}

/// The members of a network at `ACT`.
pub(super) fn members(view: &View<'_>, network: NetworkId) -> Result<Vec<u32>, LinkerError> {
    scan(view, Table::Network, &rows::members(network), usize::MAX)
}

/// The accounts that share an account's network at `LEAD`.
pub(super) fn lead_members(view: &View<'_>, id: u32) -> Result<Vec<u32>, LinkerError> {
    let own = member(view, id)?.map(|member| member.lead);
    let (mut found, mut next) = (BTreeSet::new(), vec![id]);
    while let Some(id) = next.pop() {
        if member(view, id)?.map(|member| member.lead) == own && found.insert(id) {
            let edges = stored_edges(view, id)?;
            next.extend(edges.into_iter().filter(|(_, edge)| edge.connects()).map(|(other, _)| other));
        }
    }
    Ok(found.into_iter().collect())
}

pub(super) fn named_accounts(view: &View<'_>, ids: &[u32]) -> Result<Vec<AccountKey>, LinkerError> {
    let ids: Vec<AccountId> = ids.iter().map(|id| AccountId(*id)).collect();
    let named: Option<Vec<AccountKey>> = view.accounts_of(&ids)?.into_iter().collect();
    named.ok_or(LinkerError::Derived("a number without account"))
}

/// The probability that an account belongs to a network, by its edges within it: that of the strongest, and where all pairs together
/// put it there, no less than the band asks for. An account alone belongs where it is.
pub(super) fn belonging<'e>(edges: impl Iterator<Item = &'e Edge>, band: Band, epoch: &Epoch) -> f64 {
    let connecting = edges.filter(|edge| edge.connects());
    let strongest = connecting.map(|edge| probability(edge, epoch)).reduce(f64::max);
    strongest.map_or(1.0, |strongest| strongest.max(epoch.settings.least(band)))
}

fn probability(edge: &Edge, epoch: &Epoch) -> f64 {
    match edge.judged {
        Some(true) => 1.0,
        Some(false) => 0.0,
        None => epoch.calibrate(edge.weight),
    }
}

pub(super) fn link(left: &AccountKey, right: &AccountKey, edge: &Edge, epoch: &Epoch) -> Link {
    let band = match edge.judged {
        Some(true) => Band::Act,
        Some(false) => Band::None,
        None => edge.band,
    };
    let (left, right) = if left <= right { (left, right) } else { (right, left) };
    let tie = tie(edge);
    Link {
        left: left.clone(),
        right: right.clone(),
        relation: if tie.is_some() { Relation::Related } else { Relation::SameOperator },
        tie: tie.map(Tie::name),
        probability: match tie {
            None => probability(edge, epoch),
            Some(tie) => tie.probability(edge.weight, edge.related, epoch),
        },
        weight_bits: edge.weight.get(),
        band,
    }
}
