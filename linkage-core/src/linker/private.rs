//! Private mode: a member scores its own accounts against pseudonyms of which it knows what opened tokens said.
//!
//! ```text
//! own Profile ──token::own──► ┐
//!                             ├─ block → compare → score → graph → resolve, under an epoch of its own ──► [PrivateLink]
//! Known ──Known::profile──► ──┘
//! ```
//!
//! The stages are those of clear mode. Without values they do not reach the *close* levels by spelling; what private mode keys
//! instead (parts of dates, beginnings and ends of words) reaches some of them by key.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use crate::compare::Bits;
use crate::fingerprint::{Key, Profile};
use crate::privacy::token::{self, Known, Lexicon};
use crate::score::{Band, Epoch};

use super::LinkerError;
use super::batch::{Material, Run, Stopped};

/// An own account and a pseudonym that are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrivateLink {
    /// Place of the own account.
    pub own: usize,
    /// Place of the pseudonym.
    pub other: usize,
    /// Calibrated probability that one operator is behind both, 0 to 1.
    pub probability: f64,
    /// The same as log-odds, prior included.
    pub weight: Bits,
    /// How far it may be relied on.
    pub band: Band,
}

/// Links own accounts with pseudonyms and gives back the pairs of both sides, best first; `NONE` is left out.
///
/// `own` are profiles with values made with [`token::PUBLIC_KEY`]. The epoch is fitted on both sides, without labels, as `link`
/// does, and numbered `epoch`.
///
/// # Errors
///
/// [`LinkerError::Stopped`] soon after `stop` is set, [`LinkerError::Epoch`] if the epoch that ships is damaged.
pub fn link_privately(
    own: &[Profile],
    others: &[Known],
    epoch: u32,
    stop: &AtomicBool,
) -> Result<Vec<PrivateLink>, LinkerError> {
    let mut lexicon = Lexicon::default();
    own.iter().for_each(|profile| lexicon.add(profile));
    let mut profiles: Vec<Profile> = own.iter().map(token::own).collect();
    let mut blanks = 0_u64;
    profiles.extend(others.iter().map(|known| {
        known.profile(&lexicon, || {
            blanks += 1;
            blank(blanks)
        })
    }));
    let judged = BTreeMap::new();
    let run = Run::new(&judged, stop);
    let mut material = Material::new(&profiles);
    let pairs = run.pairs(&material);
    let linked =
        run.fit_and_link(&mut material, pairs, &Epoch::zero()?, epoch).map_err(|Stopped| LinkerError::Stopped)?;
    let first_other = own.len();
    let across = linked.graph.edges().filter(|(left, right, edge)| {
        (*left as usize) < first_other && first_other <= *right as usize && Band::Lead <= edge.band
    });
    let mut links: Vec<PrivateLink> = across
        .map(|(left, right, edge)| PrivateLink {
            own: left as usize,
            other: right as usize - first_other,
            probability: linked.epoch.calibrate(edge.weight),
            weight: edge.weight,
            band: edge.band,
        })
        .collect();
    links.sort_by_key(|link| (std::cmp::Reverse(link.weight), link.own, link.other));
    Ok(links)
}

/// A key that no value has: digests are 128 bits, and these are counted.
fn blank(count: u64) -> Key {
    let digest = blake3::derive_key("linkage 2026-11-28 blanks of private matching", &count.to_le_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    Key(key)
}
