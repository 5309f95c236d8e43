//! Accounts with their networks and all that was taken against them, to measure a strategy of enforcement on.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::evaluate::Seller;
use crate::ledger::{AccountId, ChangeKind, ChangeNumber, Dossier, View};
use crate::score::Band;

use super::query::member;
use super::{Linker, LinkerError};

/// The ledger holds enforcements back until their account has come.
const NO_OBSERVATION: LinkerError = LinkerError::Derived("an account without observation");

/// Changes read at once.
const PAGE: usize = 1 << 14;

impl Linker {
    /// Every account in account order, each with the number of its network at a band; one that waits for linking is alone.
    ///
    /// When it was linked is when it last came into another network, else when it was stored: linking at once leaves no other trace, and
    /// where it waited for [`link`](Linker::link) the time is that much too early. Nobody knows it of a past state, which is
    /// linked anew, and of accounts from before what the log of changes keeps.
    ///
    /// O(all records), which are held in memory as far as they are enforcements.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn sellers(&self, band: Band) -> Result<(Vec<Seller>, Vec<u32>), LinkerError> {
        let view = self.ledger.view()?;
        let moves = if self.stopped_at.is_none() { Some(Moves::read(&view)?) } else { None };
        let (mut sellers, mut networks) = (Vec::new(), Vec::new());
        let mut numbers: FxHashMap<u64, u32> = FxHashMap::default();
        let mut next = 0_u32;
        for dossier in view.accounts() {
            let dossier = dossier?;
            let id = dossier.id.map(|AccountId(id)| id);
            let member = id.map(|id| member(&view, id)).transpose()?.flatten();
            let network = member.map(|member| if band == Band::Lead { member.lead } else { member.act });
            let number = network.and_then(|network| numbers.get(&network.0).copied()).unwrap_or(next);
            if number == next {
                network.map(|network| numbers.insert(network.0, number));
                next += 1;
            }
            networks.push(number);
            let linked_at = moves.as_ref().zip(member.and(id)).and_then(|(moves, id)| moves.linked_at(id, &dossier));
            let enforcements = dossier.enforcements.into_iter().map(|state| state.record).collect();
            let observations = dossier.observations.iter().map(|observation| &observation.record);
            sellers.push(Seller::new(observations, enforcements, linked_at).ok_or(NO_OBSERVATION)?);
        }
        Ok((sellers, networks))
    }
}

/// When accounts came into other networks, as far as the log of changes reaches back.
struct Moves {
    last: FxHashMap<u32, Timestamp>,
    /// When so many moved that none was named.
    all: Option<Timestamp>,
    /// Of what was before, nobody knows; `None` where the log is whole.
    since: Option<Timestamp>,
}

impl Moves {
    fn read(view: &View<'_>) -> Result<Moves, LinkerError> {
        let mut after = view.first_change()?;
        let mut moves = Moves { last: FxHashMap::default(), all: None, since: None };
        let is_whole = after == ChangeNumber(0);
        loop {
            let changes = view.changes(after, PAGE)?.unwrap_or_default();
            let Some(last) = changes.last() else { return Ok(moves) };
            after = last.number;
            for change in changes {
                if !is_whole && moves.since.is_none() {
                    moves.since = Some(change.at);
                }
                match (change.kind, change.account) {
                    (ChangeKind::Moved, Some(AccountId(id))) => {
                        moves.last.insert(id, change.at);
                    }
                    (ChangeKind::AllMoved, _) => moves.all = Some(change.at),
                    _ => {}
                }
            }
        }
    }

    fn linked_at(&self, id: u32, dossier: &Dossier) -> Option<Timestamp> {
        let stored_at = dossier.observations.iter().map(|observation| observation.recorded_at).min()?;
        // Where all moved, those moved too that were there.
        let moved = self.last.get(&id).copied().max(self.all.filter(|all| stored_at <= *all));
        moved.or_else(|| Some(stored_at).filter(|stored| self.since.is_none_or(|since| since <= *stored)))
    }
}

#[cfg(test)]
mod tests;
