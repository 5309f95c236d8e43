//! Standing judgements on pairs of accounts.

use std::collections::BTreeMap;

use crate::ledger::{AccountId, Judgement, Verdict, View};
use crate::record::AccountKey;

use super::LinkerError;

/// Judgements read at once.
const PAGE: usize = 4096;

/// What people have said of pairs: `true` the same operator, `false` another. The last word on a pair stands, unless it is
/// undone; that two accounts are related, or that nobody can say, joins and parts nothing.
#[derive(Debug, Default)]
pub(super) struct Judged {
    words: BTreeMap<(AccountKey, AccountKey), bool>,
}

impl Judged {
    /// The words on pairs of which at least one account is among these.
    pub(super) fn of(view: &View<'_>, accounts: &[AccountKey]) -> Result<Judged, LinkerError> {
        let mut judged = Judged::default();
        for account in accounts {
            judged.extend(view.judgements_of(account)?);
        }
        Ok(judged)
    }

    /// All words.
    pub(super) fn all(view: &View<'_>) -> Result<Judged, LinkerError> {
        let mut judged = Judged::default();
        let mut after = None;
        loop {
            let page = view.judgements(after, PAGE)?;
            let Some(last) = page.last() else { return Ok(judged) };
            after = Some(last.id);
            judged.extend(page);
        }
    }

    /// The word on a pair.
    pub(super) fn on(&self, left: &AccountKey, right: &AccountKey) -> Option<bool> {
        if self.words.is_empty() {
            return None;
        }
        let (left, right) = if left <= right { (left, right) } else { (right, left) };
        self.words.get(&(left.clone(), right.clone())).copied()
    }

    /// The pairs there is a word on.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&AccountKey, &AccountKey, bool)> {
        self.words.iter().map(|((left, right), word)| (left, right, *word))
    }

    /// The accounts there is a word on, by number.
    pub(super) fn accounts(&self, view: &View<'_>) -> Result<Vec<u32>, LinkerError> {
        let keys: Vec<AccountKey> = self.words.keys().flat_map(|(left, right)| [left.clone(), right.clone()]).collect();
        Ok(view.account_ids(&keys)?.into_iter().flatten().map(|AccountId(id)| id).collect())
    }

    /// Judgements come in the order they were given, so a later word replaces an earlier one.
    fn extend(&mut self, judgements: Vec<Judgement>) {
        for judgement in judgements.into_iter().filter(|judgement| judgement.undone_by.is_none()) {
            let pair = (judgement.left, judgement.right);
            match judgement.verdict {
                Verdict::Same => drop(self.words.insert(pair, true)),
                Verdict::Different => drop(self.words.insert(pair, false)),
                Verdict::Related | Verdict::Unsure => {}
            }
        }
    }
}
