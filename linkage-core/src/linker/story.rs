//! A network told: who is in it, what happened when, what holds it together and what lies beside it.
//!
//! ```text
//! NetworkId ──network_story──► NetworkStory { members, timeline, returns, links, weakest, neighbours }
//! ```
//!
//! - [`NetworkStory`] is what a table, a report and a message are made of; read it first.
//! - [`Linker::network_story`] makes it.
//!
//! **Not here:** drawing it, and why two members are linked: that is [`Linker::explain`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use petgraph::unionfind::UnionFind;
use serde::Serialize;

use crate::compare::{Bits, Subject, compare};
use crate::fingerprint::Kind;
use crate::graph::Edge;
use crate::ledger::{AccountId, Dossier, View};
use crate::record::{AccountKey, Action, Appeal, Enforcement, Outcome};
use crate::rules::is_strike;
use crate::score::{Band, Epoch, weigh};

use super::delta::stored_edges;
use super::query::{belonging, follow, lead_members, link, member, members, named_accounts, subject};
use super::related::related;
use super::{Link, Linker, LinkerError, NetworkId, Related, profile_of};

/// A network with all that happened in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkStory {
    /// The name in force.
    pub network_id: NetworkId,
    /// The name asked for, where that network was merged into this one.
    pub redirected_from: Option<NetworkId>,
    /// How sure a link had to be to count as one of the network: `ACT` or `LEAD`.
    pub band: Band,
    /// The epoch it was made under.
    pub epoch: u32,
    /// Platforms of the members, sorted, each once.
    pub platforms: Vec<String>,
    /// Members in account order.
    pub members: Vec<StoryMember>,
    /// What happened, in order of time; of one time openings first, closings last.
    pub timeline: Vec<Event>,
    /// For each closing that another member's opening followed, the first that did, in order of the closings.
    pub returns: Vec<Return>,
    /// Scored pairs of members, in account order, those that join nothing included.
    pub links: Vec<Link>,
    /// Where the network would come apart first; `None` for an account alone.
    pub weakest: Option<Seam>,
    /// Networks that a member is linked to at `LEAD` or better and that are not part of this one, best first.
    pub neighbours: Vec<Neighbour>,
    /// Networks that are related to this one without being the same operator's, the most telling tie first, at most
    /// [`RELATED_MAX`](super::RELATED_MAX).
    pub related: Vec<Related>,
    /// How many more there are.
    pub related_left_out: u64,
}

/// One account of a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoryMember {
    /// The account.
    pub account: AccountKey,
    /// Where it lives.
    pub platform: String,
    /// What it last called itself.
    pub display_name: Option<String>,
    /// Probability that it belongs here, 0 to 1: that of its strongest link into the network, the band's least where only several pairs
    /// together put it here; 1 for an account alone.
    pub probability: f64,
    /// When it was opened: the earliest that anybody says.
    pub opened_at: Option<Timestamp>,
    /// When it was closed: what its sources last say, or a ban that stands; `None` while it is open or nobody says.
    pub closed_at: Option<Timestamp>,
    /// When it was first observed.
    pub first_seen_at: Timestamp,
    /// When it was last observed.
    pub last_seen_at: Timestamp,
    /// Who supplied its observations, sorted; empty names left out.
    pub sources: Vec<String>,
    /// Its listings.
    pub listings: u64,
    /// Enforcements against it, whatever became of them.
    pub enforcements: u64,
    /// Those that count towards *repeat infringer*.
    pub strikes: u64,
}

/// What sort of thing happened to an account. In the order in which things of one instant are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Happening {
    /// It was opened.
    Opened,
    /// It was first observed; told of accounts whose opening nobody knows.
    FirstSeen,
    /// An action was taken against it or one of its listings.
    Enforced,
    /// It was closed, by whomever.
    Closed,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// To which account.
    pub account: AccountKey,
    /// What.
    pub what: Happening,
    /// The action, where one was taken.
    pub enforcement: Option<Enforced>,
}

/// An enforcement as last known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enforced {
    /// The platform's own id of it.
    pub enforcement_id: String,
    /// `WARNING`, `TAKEDOWN` …
    pub action: Option<&'static str>,
    /// `PENDING`, `UPHELD`, `DISMISSED` or `REVERSED`.
    pub outcome: Option<&'static str>,
    /// `NONE`, `OPEN`, `ALLOWED` or `REFUSED`.
    pub appeal: Option<&'static str>,
    /// `TRADE_MARK`, `COPYRIGHT` …
    pub right: Option<&'static str>,
    /// Who holds the right.
    pub rights_holder: Option<String>,
    /// Whether it counts towards *repeat infringer*: upheld, unexpired and not under open appeal.
    pub is_strike: bool,
}

/// A closing, and the opening of another account of the network that followed first.
///
/// Shown as a sentence: `ebay_uk/shop1 closed on 2024-05-03, back after 11 days as tiktok/77`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Return {
    /// The account that was closed.
    pub closed: AccountKey,
    /// When.
    pub closed_at: Timestamp,
    /// The account that was opened.
    pub opened: AccountKey,
    /// When.
    pub opened_at: Timestamp,
    /// Days of the calendar (UTC) between the two; 0 for the same day.
    pub days: i64,
}

/// Where a network hangs together least: leave out the links across, and it falls into two parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seam {
    /// The strongest link across.
    pub link: Link,
    /// How many links join the parts. With one, the network falls apart without it; with more, only without all of them.
    pub links_across: u64,
    /// The two parts, the smaller first, each in account order.
    pub parts: [Vec<AccountKey>; 2],
    /// What joins the parts where no link across is in the network's band: the strongest agreement of each kind, the strongest first.
    /// Empty where a link is, and where more than [`SEAM_PAIRS_MAX`] pairs would have to be compared.
    pub together: Vec<Agreement>,
}

/// A kind of evidence and the pair across a seam that agrees on it most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The kind, such as `PHONE`.
    pub kind: &'static str,
    /// What it says for one operator, in bits.
    pub bits: f64,
    /// The account in the smaller part.
    pub smaller: AccountKey,
    /// The account in the greater part.
    pub greater: AccountKey,
}

/// The most pairs across a seam that are compared to say what joins it.
pub const SEAM_PAIRS_MAX: usize = 10_000;

/// Another network that somebody in this one is linked to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Neighbour {
    /// The other network, at the same band.
    pub network_id: NetworkId,
    /// How many pairs link the two at `LEAD` or better.
    pub links: u64,
    /// The strongest of them.
    pub strongest: Link,
}

impl Return {
    /// How soon somebody was back: `on the same day`, `after 1 day`, `after 11 days`.
    pub fn after(&self) -> String {
        match self.days {
            0 => "on the same day".to_owned(),
            1 => "after 1 day".to_owned(),
            days => format!("after {days} days"),
        }
    }
}

impl std::fmt::Display for Return {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} closed on {}, back {} as {}", self.closed, day(self.closed_at), self.after(), self.opened)
    }
}

impl Linker {
    /// Tells the story of a network at a band; follows it to where it was merged.
    ///
    /// A network at `LEAD` bears the name of the oldest of the networks at `ACT` that it is made of, and is found under the names
    /// of all of them. O(records and links of the members).
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownNetwork`], [`LinkerError::Ledger`].
    pub fn network_story(&self, id: NetworkId, band: Band) -> Result<NetworkStory, LinkerError> {
        let view = self.ledger.view()?;
        let named = follow(&view, id)?;
        let act = members(&view, named)?;
        let first = *act.first().ok_or(LinkerError::UnknownNetwork(id))?;
        let (name, ids) = match band {
            Band::Act => (named, act),
            Band::Lead | Band::None => {
                let lead = member(&view, first)?.ok_or(LinkerError::Derived("a member without network"))?.lead;
                (lead, lead_members(&view, first)?)
            }
        };
        let epoch = self.epoch_in(&view)?;
        let keys = named_accounts(&view, &ids)?;
        let inside: BTreeMap<u32, AccountKey> = ids.into_iter().zip(keys).collect();
        let (related, related_left_out) = related(&view, &epoch, &inside, band)?;
        let mut story = NetworkStory {
            network_id: name,
            redirected_from: Some(id).filter(|asked| *asked != named),
            band: if band == Band::None { Band::Lead } else { band },
            epoch: epoch.number,
            platforms: inside
                .values()
                .map(|key| key.platform().to_owned())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            members: Vec::with_capacity(inside.len()),
            timeline: Vec::new(),
            returns: Vec::new(),
            links: Vec::new(),
            weakest: None,
            neighbours: Vec::new(),
            related,
            related_left_out,
        };
        let joined = story.tie(&view, &epoch, &inside)?;
        let mut edges_of: BTreeMap<u32, Vec<&Edge>> = BTreeMap::new();
        for (left, right, edge) in &joined {
            edges_of.entry(*left).or_default().push(edge);
            edges_of.entry(*right).or_default().push(edge);
        }
        let now = self.now();
        for (id, key) in &inside {
            let probability = belonging(edges_of.get(id).into_iter().flatten().copied(), story.band, &epoch);
            story.enter(&view.dossier(key)?, probability, now);
        }
        story.members.sort_by(|a, b| a.account.cmp(&b.account));
        story.timeline.sort_by(|a, b| (a.at, a.what, &a.account).cmp(&(b.at, b.what, &b.account)));
        story.returns = returns(&story.members);
        story.weakest = seam(&inside, &joined, &epoch);
        if let Some(seam) = story.weakest.as_mut().filter(|seam| seam.link.band < story.band) {
            seam.together = self.agreements(&view, &epoch, &seam.parts)?;
        }
        Ok(story)
    }

    /// What the pairs across two parts of a network agree on.
    fn agreements(
        &self,
        view: &View<'_>,
        epoch: &Epoch,
        parts: &[Vec<AccountKey>; 2],
    ) -> Result<Vec<Agreement>, LinkerError> {
        if SEAM_PAIRS_MAX < parts[0].len() * parts[1].len() {
            return Ok(Vec::new());
        }
        let ready = |part: &Vec<AccountKey>| -> Result<Vec<Subject>, LinkerError> {
            part.iter().map(|key| subject(view, epoch, &profile_of(&view.dossier(key)?, &self.keyer))).collect()
        };
        let sides = [ready(&parts[0])?, ready(&parts[1])?];
        let mut best: BTreeMap<Kind, (Bits, &AccountKey, &AccountKey)> = BTreeMap::new();
        for (smaller, left) in parts[0].iter().zip(&sides[0]) {
            for (greater, right) in parts[1].iter().zip(&sides[1]) {
                let weighed = weigh(&compare(left, right, epoch), epoch);
                for term in weighed.terms.iter().filter(|term| term.counted && Bits::ZERO < term.bits) {
                    let found = best.entry(term.outcome.feature.kind).or_insert((Bits::ZERO, smaller, greater));
                    if found.0 < term.bits {
                        *found = (term.bits, smaller, greater);
                    }
                }
            }
        }
        let mut found: Vec<(Kind, (Bits, &AccountKey, &AccountKey))> = best.into_iter().collect();
        found.sort_by_key(|(kind, (bits, ..))| (std::cmp::Reverse(*bits), *kind));
        let agreement = |(kind, (bits, smaller, greater)): (Kind, (Bits, &AccountKey, &AccountKey))| Agreement {
            kind: kind.name(),
            bits: bits.get(),
            smaller: smaller.clone(),
            greater: greater.clone(),
        };
        Ok(found.into_iter().map(agreement).collect())
    }
}

/// An account as a node of the graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// The account.
    pub account: AccountKey,
    /// What it last called itself.
    pub display_name: Option<String>,
    /// Its network at `ACT`; `None` while it waits for linking.
    pub act: Option<NetworkId>,
    /// Its network at `LEAD`.
    pub lead: Option<NetworkId>,
    /// When it was opened: the earliest that anybody says.
    pub opened_at: Option<Timestamp>,
    /// When it was closed, as in [`StoryMember`].
    pub closed_at: Option<Timestamp>,
    /// Enforcements that count towards *repeat infringer*.
    pub strikes: u64,
}

impl Linker {
    /// Every account as a node of the graph, in account order, one at a time; the edges are [`links`](Linker::links).
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`], or what `each` returns.
    pub fn nodes(&self, each: &mut dyn FnMut(Node) -> Result<(), LinkerError>) -> Result<(), LinkerError> {
        let view = self.ledger.view()?;
        let now = self.now();
        for dossier in view.accounts() {
            let dossier = dossier?;
            let networks = dossier.id.map(|AccountId(id)| member(&view, id)).transpose()?.flatten();
            let enforcements = dossier.latest_enforcements();
            let seen = || dossier.observations.iter().map(|observation| &observation.record);
            each(Node {
                display_name: seen().filter_map(|seen| seen.display_name.clone()).next_back(),
                act: networks.map(|networks| networks.act),
                lead: networks.map(|networks| networks.lead),
                opened_at: seen().filter_map(|seen| seen.opened_at).min(),
                closed_at: closed_at(&dossier, &enforcements),
                strikes: enforcements.iter().filter(|enforcement| is_strike(enforcement, now)).count() as u64,
                account: dossier.key.clone(),
            })?;
        }
        Ok(())
    }
}

/// Links that can hold a network together, smaller number first.
type Joined = Vec<(u32, u32, Edge)>;

impl NetworkStory {
    /// Fills in links and neighbours; gives back the links that can hold the network together.
    fn tie(
        &mut self,
        view: &View<'_>,
        epoch: &Epoch,
        inside: &BTreeMap<u32, AccountKey>,
    ) -> Result<Joined, LinkerError> {
        let mut joined = Vec::new();
        let mut beside: BTreeMap<NetworkId, Neighbour> = BTreeMap::new();
        for (id, key) in inside {
            for (other, edge) in stored_edges(view, *id)? {
                match inside.get(&other) {
                    Some(other_key) if *id < other => {
                        self.links.push(link(key, other_key, &edge, epoch));
                        if edge.connects() {
                            joined.push((*id, other, edge));
                        }
                    }
                    None if edge.joins(Band::Lead) => {
                        let Some(its) = member(view, other)? else { continue };
                        let network = if self.band == Band::Act { its.act } else { its.lead };
                        let [other_key] = &named_accounts(view, &[other])?[..] else { continue };
                        add_neighbour(&mut beside, network, link(key, other_key, &edge, epoch));
                    }
                    _ => {}
                }
            }
        }
        self.links.sort_by(|a, b| (&a.left, &a.right).cmp(&(&b.left, &b.right)));
        self.neighbours = beside.into_values().collect();
        self.neighbours.sort_by(|a, b| {
            let weight = |neighbour: &Neighbour| neighbour.strongest.weight_bits;
            weight(b).total_cmp(&weight(a)).then(a.network_id.cmp(&b.network_id))
        });
        Ok(joined)
    }

    /// Adds a member and what happened to it.
    fn enter(&mut self, dossier: &Dossier, probability: f64, now: Timestamp) {
        let account = &dossier.key;
        let seen = || dossier.observations.iter().map(|observation| &observation.record);
        let enforcements = dossier.latest_enforcements();
        let opened_at = seen().filter_map(|seen| seen.opened_at).min();
        let closed_at = closed_at(dossier, &enforcements);
        let first_seen_at = seen().map(|seen| seen.observed_at).min().unwrap_or(Timestamp::UNIX_EPOCH);
        let mut happen = |at, what, enforcement| {
            self.timeline.push(Event { at, account: account.clone(), what, enforcement });
        };
        match opened_at {
            Some(at) => happen(at, Happening::Opened, None),
            None => happen(first_seen_at, Happening::FirstSeen, None),
        }
        if let Some(at) = closed_at {
            happen(at, Happening::Closed, None);
        }
        for enforcement in &enforcements {
            happen(enforcement.taken_at, Happening::Enforced, Some(enforced(enforcement, now)));
        }
        self.members.push(StoryMember {
            account: account.clone(),
            platform: account.platform().to_owned(),
            display_name: seen().filter_map(|seen| seen.display_name.clone()).next_back(),
            probability,
            opened_at,
            closed_at,
            first_seen_at,
            last_seen_at: seen().map(|seen| seen.observed_at).max().unwrap_or(first_seen_at),
            sources: seen()
                .map(|seen| seen.source.clone())
                .filter(|source| !source.is_empty())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            listings: dossier.listings.iter().map(|seen| &seen.record.listing_id).collect::<BTreeSet<_>>().len() as u64,
            enforcements: enforcements.len() as u64,
            strikes: enforcements.iter().filter(|enforcement| is_strike(enforcement, now)).count() as u64,
        });
    }
}

/// Counts a link to another network.
fn add_neighbour(beside: &mut BTreeMap<NetworkId, Neighbour>, network_id: NetworkId, found: Link) {
    match beside.get_mut(&network_id) {
        Some(neighbour) => {
            neighbour.links += 1;
            if neighbour.strongest.weight_bits < found.weight_bits {
                neighbour.strongest = found;
            }
        }
        None => {
            beside.insert(network_id, Neighbour { network_id, links: 1, strongest: found });
        }
    }
}

/// When an account was closed: as its sources last say, and where none says so, by a ban that was not overturned.
fn closed_at(dossier: &Dossier, enforcements: &[&Enforcement]) -> Option<Timestamp> {
    let said = dossier.latest_by_source().into_iter().filter_map(|account| account.closed_at).min();
    let is_standing_ban = |enforcement: &&&Enforcement| {
        enforcement.action == Some(Action::Ban)
            && !matches!(enforcement.outcome, Some(Outcome::Dismissed | Outcome::Reversed))
            && enforcement.appeal != Some(Appeal::Allowed)
    };
    said.or_else(|| enforcements.iter().filter(is_standing_ban).map(|ban| ban.taken_at).min())
}

fn enforced(enforcement: &Enforcement, now: Timestamp) -> Enforced {
    Enforced {
        enforcement_id: enforcement.enforcement_id.clone(),
        action: enforcement.action.map(|action| action.name()),
        outcome: enforcement.outcome.map(|outcome| outcome.name()),
        appeal: enforcement.appeal.map(|appeal| appeal.name()),
        right: enforcement.right.as_ref().and_then(|right| right.kind).map(|kind| kind.name()),
        rights_holder: enforcement.rights_holder.clone(),
        is_strike: is_strike(enforcement, now),
    }
}

/// For each closing the first opening of another member at or after it. An opening nobody dated is no opening here: that an
/// account was first observed then says nothing of when it began.
fn returns(members: &[StoryMember]) -> Vec<Return> {
    let mut opened: Vec<(Timestamp, &AccountKey)> =
        members.iter().filter_map(|member| Some((member.opened_at?, &member.account))).collect();
    opened.sort_unstable();
    let mut returns: Vec<Return> = members
        .iter()
        .filter_map(|member| {
            let closed_at = member.closed_at?;
            let next = opened.iter().find(|(at, account)| closed_at <= *at && **account != member.account);
            let (opened_at, opened) = next?;
            Some(Return {
                closed: member.account.clone(),
                closed_at,
                opened: (*opened).clone(),
                opened_at: *opened_at,
                days: days_between(closed_at, *opened_at),
            })
        })
        .collect();
    returns.sort_by(|a, b| (a.closed_at, &a.closed).cmp(&(b.closed_at, &b.closed)));
    returns
}

fn day(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    // Dates of the calendar are never too far apart to count.
    day(from).until(day(to)).map_or(0, |span| i64::from(span.get_days()))
}

/// The seam of a network: the last link of its maximum spanning tree (Kruskal 1956), and what lies on either side.
///
/// A link by a person's word is stronger than any score. Of equals the first pair in account order goes first.
fn seam(inside: &BTreeMap<u32, AccountKey>, joined: &Joined, epoch: &Epoch) -> Option<Seam> {
    let mut keys: Vec<&AccountKey> = inside.values().collect();
    keys.sort_unstable();
    let place = |id: &u32| keys.binary_search(&inside.get(id)?).ok();
    let mut links: Vec<(usize, usize, &Edge)> = joined
        .iter()
        .filter_map(|(left, right, edge)| {
            let (left, right) = (place(left)?, place(right)?);
            Some((left.min(right), left.max(right), edge))
        })
        .collect();
    let strength = |edge: &Edge| (edge.judged == Some(true), edge.weight);
    links.sort_by(|a, b| strength(b.2).cmp(&strength(a.2)).then((a.0, a.1).cmp(&(b.0, b.1))));

    let mut whole: UnionFind<usize> = UnionFind::new(keys.len());
    let mut tree: Vec<(usize, usize, &Edge)> =
        links.iter().filter(|(left, right, _)| whole.union(*left, *right)).copied().collect();
    let (left, right, edge) = tree.pop()?;
    let mut halves: UnionFind<usize> = UnionFind::new(keys.len());
    for (a, b, _) in tree {
        halves.union(a, b);
    }
    let on_left = |at: usize| halves.equiv(at, left);
    let part = |side: bool| (0..keys.len()).filter(|at| on_left(*at) == side).map(|at| keys[at].clone()).collect();
    let mut parts: [Vec<AccountKey>; 2] = [part(true), part(false)];
    parts.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    Some(Seam {
        link: link(keys[left], keys[right], edge, epoch),
        links_across: links.iter().filter(|(a, b, _)| on_left(*a) != on_left(*b)).count() as u64,
        parts,
        together: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
