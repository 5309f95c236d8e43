//! What was known at an earlier time, as a store of its own.
//!
//! Records and judgements are only ever added, so the past is what remains of them when the later ones are left out:
//! observations by `observed_at`, judgements and their undoing by when they were given. It is linked anew under the epoch in
//! force, because an answer of then must be comparable with one of now; so every question to a [`Linker`] is one to the past
//! as well, and there is no second way to answer any.
//!
//! **Names.** Networks bear the names of now, so that one can be followed back: a name goes with most of those of its members
//! that were there. A network of then that is a smaller part of one of now gets a number that is not in use now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::ledger::{
    AnyRecord, Changes, Chunk, Dossier, ImportOptions, JudgementId, Ledger, LedgerError, NewJudgement, Table, Touch,
    View,
};
use crate::record::AccountKey;
use crate::search::SearchIndex;
use crate::store::Store;

use super::query::member;
use super::{Linker, LinkerError, keyer_of, rows};

/// Judgements read at once.
const PAGE: usize = 4096;

impl Linker {
    /// What was known at `at`, linked under the epoch in force, in `store`, which must be empty.
    ///
    /// The result holds what was observed, judged and undone by then, and judges deadlines by then. O(all records), as
    /// long as [`link`](Linker::link) takes without its fitting. Records erased since are gone from the past as well.
    /// `progress` is told the stage; `stop` is looked at between stages.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Stopped`], [`LinkerError::Ledger`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::AtomicBool;
    ///
    /// use linkage_core::linker::Linker;
    /// use linkage_core::record::AccountDraft;
    /// use linkage_core::store::MemoryStore;
    ///
    /// let linker = Linker::in_memory()?;
    /// for day in ["2026-01-05", "2026-02-05"] {
    ///     let line = format!(r#"{{"platform": "web", "account_id": "{day}", "observed_at": "{day}T00:00:00Z"}}"#);
    ///     let draft: AccountDraft = serde_json::from_str(&line)?;
    ///     linker.add(&[draft.check(linker.intake())?.into()], true)?;
    /// }
    /// let january = "2026-01-31T00:00:00Z".parse()?;
    /// let then = linker.as_of(january, Box::new(MemoryStore::new()), &mut |_| {}, &AtomicBool::new(false))?;
    /// assert_eq!(then.ledger().view()?.counts()?.accounts, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_of(
        &self,
        at: Timestamp,
        store: Box<dyn Store>,
        progress: &mut dyn FnMut(&str),
        stop: &AtomicBool,
    ) -> Result<Linker, LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?;
        let ledger = Ledger::create_with(store, self.ledger.header().clone())?;
        progress("go back");
        copy_records(&view, &ledger, at, stop)?;
        copy_judgements(&view, &ledger, at)?;
        ledger.put_epoch(epoch.number, &epoch.encode()?)?;
        ledger.lease()?.adopt_epoch(epoch.number)?;
        let past = Linker {
            keyer: keyer_of(ledger.intake()),
            ledger,
            epoch: std::sync::Mutex::new(Some(Arc::clone(&epoch))),
            search: SearchIndex::in_memory(),
            stopped_at: Some(at),
        };
        past.link_under(Some(&epoch), progress, stop)?;
        Ok(past)
    }

    /// The time that this state stands still at, where it is a past one.
    pub fn stopped_at(&self) -> Option<Timestamp> {
        self.stopped_at
    }
}

/// Copies what was observed by then, and names the accounts' networks as they are now.
fn copy_records(view: &View<'_>, past: &Ledger, at: Timestamp, stop: &AtomicBool) -> Result<(), LinkerError> {
    let mut import = past.begin_import(ImportOptions { recorded_at: at, digest: None })?;
    let mut pages = view.accounts();
    while let Some(page) = pages.next_page()? {
        let mut known = Vec::new();
        for encoded in page {
            known.extend(known_by(encoded.decode(view.intake())?, at));
        }
        // All from one store, so nothing contradicts anything.
        import.stage(&known)?;
        if stop.load(Ordering::Relaxed) {
            import.abort()?;
            return Err(LinkerError::Stopped);
        }
    }
    let mut is_first = true;
    let mut name = |chunk: &Chunk<'_>, changes: &mut Changes| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if std::mem::take(&mut is_first) {
            keep_names(view, changes)?;
        }
        Ok(name_as_now(view, chunk, changes)?)
    };
    import.seal()?.apply(&mut name)?;
    Ok(())
}

fn known_by(dossier: Dossier, at: Timestamp) -> impl Iterator<Item = AnyRecord> {
    let accounts = dossier.observations.into_iter().map(|seen| AnyRecord::Account(seen.record));
    let listings = dossier.listings.into_iter().map(|seen| AnyRecord::Listing(seen.record));
    let enforcements = dossier.enforcements.into_iter().map(|seen| AnyRecord::Enforcement(seen.record));
    accounts.chain(listings).chain(enforcements).filter(move |record| record.observed_at() <= at)
}

/// No name that is in use now is given again, and a name that leads to another still does.
fn keep_names(view: &View<'_>, changes: &mut Changes) -> Result<(), LinkerError> {
    if let Some(next) = view.derived_get(Table::Summary, rows::NEXT)? {
        changes.put(Table::Summary, rows::NEXT, next);
    }
    for (key, value) in view.derived_scan_prefix(Table::Network, rows::REDIRECTS, None, usize::MAX)? {
        changes.put(Table::Network, &key, value);
    }
    Ok(())
}

/// Writes the memberships of now as if they were those before linking, which keeps their names.
fn name_as_now(view: &View<'_>, chunk: &Chunk<'_>, changes: &mut Changes) -> Result<(), LinkerError> {
    for touched in chunk.touched().iter().filter(|touched| touched.touch == Touch::New) {
        let now = view.account_id(&touched.key)?.map(|id| member(view, id.0)).transpose()?.flatten();
        if let (Some(id), Some(member)) = (touched.id, now) {
            changes.put(Table::Member, &rows::account(id.0), rows::member_value(member));
        }
    }
    Ok(())
}

/// Copies the judgements given by then on accounts that were there; an undoing that came later has not happened yet.
fn copy_judgements(view: &View<'_>, past: &Ledger, at: Timestamp) -> Result<(), LinkerError> {
    let mut after: Option<JudgementId> = None;
    loop {
        let page = view.judgements(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for judgement in page.into_iter().filter(|judgement| judgement.at <= at) {
            let undone = judgement.undone_by.filter(|undone| undone.at <= at);
            let copy = NewJudgement {
                left: judgement.left,
                right: judgement.right,
                verdict: judgement.verdict,
                note: judgement.note,
                by: judgement.by,
                at: judgement.at,
            };
            match past.add_judgement(copy) {
                Ok(id) => undone.map_or(Ok(()), |undone| past.undo_judgement(id, &undone.by, undone.at))?,
                Err(LedgerError::UnknownAccount { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Says of a past state that it did not know the account yet, rather than that nobody does.
pub(super) fn unknown(linker: &Linker, account: &AccountKey) -> LinkerError {
    match linker.stopped_at {
        Some(as_of) => LinkerError::UnknownThen { account: account.clone(), as_of },
        None => LinkerError::UnknownAccount(account.clone()),
    }
}

#[cfg(test)]
mod tests;
