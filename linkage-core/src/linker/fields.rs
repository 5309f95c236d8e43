//! Which field a platform does not ask for, and what that costs: the map of differences between platforms.
//!
//! ```text
//! profiles ──► kinds that each platform shows ──┐
//! links ──► kinds without which each is lost ───┴──► FieldGap, one for each platform and kind that it does not show
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::{Subject, compare};
use crate::evaluate::Share;
use crate::explain::needed;
use crate::fingerprint::{Kind, Profile};
use crate::ledger::View;
use crate::record::AccountKey;
use crate::score::{Band, Epoch, weigh};

use super::batch::LiveRarity;
use super::delta::stored_edges;
use super::query::{for_each_account, named_accounts, subject};
use super::{Linker, LinkerError, profiles};

/// A kind of evidence that no account of a platform shows, and what it is worth elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldGap {
    /// The platform.
    pub platform: String,
    /// Its accounts.
    pub accounts: u64,
    /// The kind.
    pub kind: Kind,
    /// Of the links between accounts of platforms that show the kind, those that would not be in the band without it.
    pub links: Share,
}

/// What is known of one platform.
#[derive(Default)]
struct Platform {
    accounts: u64,
    shows: BTreeSet<Kind>,
}

impl Linker {
    /// For each platform and each kind that none of its accounts shows: the share of links between accounts of platforms that show it
    /// which rest on it, so that without it they would not reach the band. That part of its own recall a platform must expect to
    /// lose, as far as its sellers are like those elsewhere. Links that a person judged rest on the word and are left out, and so
    /// is a kind that no link could show.
    ///
    /// By platform, what costs most first. O(accounts + links), one after the other; holds one account at a time.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn field_gaps(&self, band: Band) -> Result<Vec<FieldGap>, LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        let platforms = platforms(&view)?;
        let links = links(&view, &epoch, band, &platforms)?;
        let mut gaps = Vec::new();
        for (platform, Platform { accounts, shows }) in platforms {
            let missing = links.iter().filter(|(kind, _)| !shows.contains(kind));
            let gap = |(kind, links): (&Kind, &Share)| FieldGap {
                platform: platform.clone(),
                accounts,
                kind: *kind,
                links: *links,
            };
            let start = gaps.len();
            gaps.extend(missing.map(gap));
            let fraction = |gap: &FieldGap| gap.links.fraction().unwrap_or_default();
            gaps[start..].sort_by(|a, b| fraction(b).total_cmp(&fraction(a)));
        }
        Ok(gaps)
    }
}

fn platforms(view: &View<'_>) -> Result<BTreeMap<String, Platform>, LinkerError> {
    let mut platforms: BTreeMap<String, Platform> = BTreeMap::new();
    for_each_account(view, &mut |key, id| {
        let Some(profile) = profiles::linked(view, &[id])?.pop().flatten() else { return Ok(()) };
        let platform = platforms.entry(key.platform().to_owned()).or_default();
        platform.accounts += 1;
        platform.shows.extend(profile.items.iter().map(|item| item.kind));
        Ok(())
    })?;
    Ok(platforms)
}

/// For each kind the links between accounts of platforms that show it, and those of them that rest on it.
fn links(
    view: &View<'_>,
    epoch: &Epoch,
    band: Band,
    platforms: &BTreeMap<String, Platform>,
) -> Result<BTreeMap<Kind, Share>, LinkerError> {
    let mut links: BTreeMap<Kind, Share> = BTreeMap::new();
    let shows = |key: &AccountKey| platforms.get(key.platform()).into_iter().flat_map(|platform| &platform.shows);
    for_each_account(view, &mut |key, id| {
        let edges = stored_edges(view, id)?;
        let linked = edges.iter().filter(|(other, edge)| id < *other && edge.judged.is_none() && band <= edge.band);
        let others: Vec<u32> = linked.map(|(other, _)| *other).collect();
        let Some(profile) = profiles::linked(view, &[id])?.pop().flatten().filter(|_| !others.is_empty()) else {
            return Ok(());
        };
        let own = subject(view, epoch, &profile)?;
        let profiles = profiles::linked(view, &others)?;
        for (other, profile) in named_accounts(view, &others)?.iter().zip(profiles) {
            let needed = needed_between(&own, &profile.unwrap_or_default(), epoch, band);
            let also: BTreeSet<&Kind> = shows(other).collect();
            for kind in shows(&key).filter(|kind| also.contains(kind)) {
                let share = links.entry(*kind).or_default();
                *share = *share + Share { part: u64::from(needed.contains(kind)), of: 1 };
            }
        }
        Ok(())
    })?;
    Ok(links)
}

/// Kinds without which two accounts are not linked at a band.
fn needed_between(left: &Subject, right: &Profile, epoch: &Epoch, band: Band) -> Vec<Kind> {
    // A value that both show is one value, so it is enough to know which of the left one's own are hubs.
    let right = Subject::new(right, &LiveRarity::without_crowds(epoch));
    needed(&weigh(&compare(left, &right, epoch), epoch), epoch, band)
}

#[cfg(test)]
mod tests;
