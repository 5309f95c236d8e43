//! Profiles as they are kept: what an account shows now, and what it showed when it was linked.
//!
//! A profile depends on the account's records alone, so it is made when they come and stays through every `link`. Where the
//! records of a linked account change and it waits, the profile it was linked with is kept aside until it is linked again.

use rayon::prelude::*;

use crate::fingerprint::Profile;
use crate::ledger::{AccountId, Changes, Chunk, OnChange, Table, Touch, Touched, View};

use super::{LinkerError, keyer_of, profile_of, rows};

/// The linker's part in the commits of an import after which its accounts wait.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reduce;

impl OnChange for Reduce {
    fn on_change(
        &mut self,
        chunk: &Chunk<'_>,
        changes: &mut Changes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let view = chunk.view();
        let keyer = keyer_of(view.intake());
        let reduced = |touched: &Touched| {
            let Some(id) = touched.id else { return Ok(None) };
            let value = match touched.touch {
                Touch::Held => return Ok(None),
                Touch::Gone => None,
                Touch::New | Touch::Changed => {
                    Some(rows::profile_value(&profile_of(&chunk.dossier(&touched.key)?, &keyer))?)
                }
            };
            Ok::<_, LinkerError>(Some((id, touched.touch, value)))
        };
        let all: Vec<_> = chunk.touched().par_iter().map(reduced).collect::<Result<_, _>>()?;
        for (id, touch, value) in all.into_iter().flatten() {
            if touch == Touch::Changed {
                keep_linked(view, changes, id)?;
            }
            match value {
                Some(value) => changes.put_reduced(id, value),
                None => changes.delete_reduced(id),
            }
        }
        Ok(())
    }
}

/// Keeps the profile that an account is linked with, before another takes its place.
fn keep_linked(view: &View<'_>, changes: &mut Changes, AccountId(id): AccountId) -> Result<(), LinkerError> {
    let key = rows::account(id);
    let is_linked = view.derived_get(Table::Member, &key)?.is_some();
    if is_linked
        && view.derived_get(Table::Profile, &key)?.is_none()
        && let Some(value) = view.reduced(&[AccountId(id)])?.pop().flatten()
    {
        changes.put(Table::Profile, &key, value);
    }
    Ok(())
}

/// Writes the profile that an account is linked with from now on; `None` where it is gone.
pub(super) fn write_linked(changes: &mut Changes, id: u32, profile: Option<&Profile>) -> Result<(), LinkerError> {
    match profile {
        Some(profile) => changes.put_reduced(AccountId(id), rows::profile_value(profile)?),
        None => changes.delete_reduced(AccountId(id)),
    }
    changes.delete(Table::Profile, &rows::account(id));
    Ok(())
}

/// The profiles that accounts are linked with; `None` for one that is not linked.
pub(super) fn linked(view: &View<'_>, ids: &[u32]) -> Result<Vec<Option<Profile>>, LinkerError> {
    let keys: Vec<[u8; 4]> = ids.iter().map(|id| rows::account(*id)).collect();
    let members = view.derived_get_many(Table::Member, &keys)?;
    let kept = view.derived_get_many(Table::Profile, &keys)?;
    let now = view.reduced(&ids.iter().map(|id| AccountId(*id)).collect::<Vec<_>>())?;
    let linked = members.into_iter().zip(kept.into_iter().zip(now));
    linked
        .map(|(member, (kept, now))| member.and(kept.or(now)).map(|value| rows::read_profile(&value)).transpose())
        .collect()
}
