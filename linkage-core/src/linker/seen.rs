//! When and by whom a value of an account was seen: for explanations.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::explain::Seen;
use crate::fingerprint::{ClearKeyer, Profile};
use crate::ledger::Dossier;

/// The most records of an account that are searched for a value; of more the earliest.
const RECORDS_MAX: usize = 2_000;

/// What each record of one account shows.
pub(super) struct Sightings {
    whole: Profile,
    records: Vec<(Timestamp, String, Profile)>,
}

impl Sightings {
    /// Reduces every record of a dossier by itself; `whole` is what all of them show together.
    pub(super) fn new(dossier: &Dossier, whole: Profile, keyer: &ClearKeyer) -> Sightings {
        let accounts = dossier.observations.iter().map(|seen| {
            let record = &seen.record;
            (record.observed_at, record.source.clone(), Profile::new([record], [], keyer))
        });
        let listings = dossier.listings.iter().map(|seen| {
            let record = &seen.record;
            (record.observed_at, record.source.clone(), Profile::new([], [record], keyer))
        });
        Sightings { whole, records: accounts.chain(listings).take(RECORDS_MAX).collect() }
    }

    /// When and by whom the value at a place of the whole profile was seen.
    pub(super) fn of(&self, at: u16) -> Option<Seen> {
        let item = self.whole.items.get(usize::from(at))?;
        let shows = |profile: &Profile| {
            profile.of(item.kind).iter().any(|own| own.class == item.class && own.whole() == item.whole())
        };
        let seen: Vec<_> = self.records.iter().filter(|(_, _, profile)| shows(profile)).collect();
        let sources: BTreeSet<String> =
            seen.iter().map(|(_, source, _)| source.clone()).filter(|source| !source.is_empty()).collect();
        Some(Seen {
            first_at: seen.iter().map(|(at, ..)| *at).min()?,
            last_at: seen.iter().map(|(at, ..)| *at).max()?,
            sources: sources.into_iter().collect(),
        })
    }
}
