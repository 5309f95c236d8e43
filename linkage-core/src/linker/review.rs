//! People's judgements: adding one, undoing one, and what either did to the networks.
//!
//! ```text
//! NewJudgement ──review──► ReviewOutcome { Review: does it stand, and why; moved: who is in another network now }
//! ```
//!
//! - [`Linker::review`] and [`Linker::undo_review`] link what changed at once, under the epoch in force.
//! - [`Linker::reviews`] is the history, undone judgements included.
//!
//! **Not here:** when a judgement stands. That is `judged`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::ledger::{AccountId, Judgement, JudgementId, NewJudgement, Verdict, View};
use crate::record::{AccountKey, redact_cards};
use crate::score::Band;

use super::delta::{Delta, stored_edges};
use super::judged::{Said, Word};
use super::query::{member, named_accounts};
use super::{Linker, LinkerError, NetworkId};

/// Accounts whose networks are compared before and after a judgement; of a larger component only so many.
const ACCOUNTS_COMPARED_MAX: usize = 10_000;

/// A judgement, and whether it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// Its number.
    pub id: u64,
    /// The smaller account.
    pub left: AccountKey,
    /// The greater account.
    pub right: AccountKey,
    /// `SAME`, `DIFFERENT`, `RELATED` or `UNSURE`.
    pub verdict: Verdict,
    /// Why, card numbers redacted.
    pub note: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
    /// Whether it decides about the pair.
    pub stands: bool,
    /// Why it stands or not, in one sentence.
    pub effect: &'static str,
}

/// What a judgement, or undoing one, did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewOutcome {
    /// The judgement as it is now.
    pub review: Review,
    /// What the evidence alone says of the pair: `ACT`, `LEAD` or `NONE`.
    pub band: Band,
    /// Whether both accounts are in one network at `ACT` now.
    pub together: bool,
    /// Accounts that are in another network than before, at `ACT` or at `LEAD`, in account order.
    pub moved: Vec<Moved>,
}

/// An account that changed its network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The account.
    pub account: AccountKey,
    /// Its network at `ACT` before; `None` where it waited for linking.
    pub act_from: Option<NetworkId>,
    /// Its network at `ACT` now.
    pub act_to: Option<NetworkId>,
    /// Its network at `LEAD` before.
    pub lead_from: Option<NetworkId>,
    /// Its network at `LEAD` now.
    pub lead_to: Option<NetworkId>,
}

impl Linker {
    /// Adds a judgement and links both accounts anew under the epoch in force. Card numbers in the note are redacted.
    ///
    /// # Errors
    ///
    /// [`LinkerError::SameAccount`], [`LinkerError::Nameless`], [`LinkerError::UnknownAccount`], and
    /// [`LinkerError::Ledger`] for a note that is too long or while something else is written: nothing is added then.
    pub fn review(&self, judgement: NewJudgement) -> Result<ReviewOutcome, LinkerError> {
        if judgement.left == judgement.right {
            return Err(LinkerError::SameAccount);
        }
        if judgement.by.trim().is_empty() {
            return Err(LinkerError::Nameless);
        }
        let judgement =
            NewJudgement { note: redact_cards(judgement.note), by: redact_cards(judgement.by), ..judgement };
        let pair = [judgement.left.clone(), judgement.right.clone()];
        {
            let view = self.ledger.view()?;
            for account in &pair {
                self.id(&view, account)?;
            }
        }
        self.judge(&pair, || Ok(self.ledger.add_judgement(judgement)?))
    }

    /// Undoes a judgement, which stays to be seen, and links both accounts anew under the epoch in force.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`] for a judgement that is not there or undone already, and while something else is written.
    pub fn undo_review(&self, id: JudgementId, by: &str, at: Timestamp) -> Result<ReviewOutcome, LinkerError> {
        let found = self.ledger.view()?.judgement(id)?;
        let pair = found.map_or_else(Vec::new, |judgement| vec![judgement.left, judgement.right]);
        self.judge(&pair, || {
            self.ledger.undo_judgement(id, &redact_cards(by.to_owned()), at)?;
            Ok(id)
        })
    }

    /// At most `reviews_max` judgements behind number `after`, in order of time, undone ones included.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn reviews(&self, after: Option<JudgementId>, reviews_max: usize) -> Result<Vec<Review>, LinkerError> {
        let view = self.ledger.view()?;
        view.judgements(after, reviews_max)?.into_iter().map(|judgement| reviewed(&view, judgement)).collect()
    }

    /// All judgements on an account, in order of time, undone ones included.
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownAccount`], [`LinkerError::Ledger`].
    pub fn reviews_of(&self, account: &AccountKey) -> Result<Vec<Review>, LinkerError> {
        let view = self.ledger.view()?;
        self.id(&view, account)?;
        view.judgements_of(account)?.into_iter().map(|judgement| reviewed(&view, judgement)).collect()
    }

    /// Changes what is said of a pair, links it anew, and compares the networks around it before and after.
    fn judge(
        &self,
        pair: &[AccountKey],
        change: impl FnOnce() -> Result<JudgementId, LinkerError>,
    ) -> Result<ReviewOutcome, LinkerError> {
        let lease = self.ledger.lease()?;
        let before = self.ledger.view()?;
        let mut concerned = around(&before, pair)?;
        let id = change()?;
        lease.touch(pair, &mut Delta::default())?;
        let after = self.ledger.view()?;
        concerned.extend(around(&after, pair)?);
        let judgement = after.judgement(id)?.ok_or(LinkerError::Derived("a judgement that is gone"))?;
        let [left, right] = [&judgement.left, &judgement.right].map(|account| act_network(&after, account));
        Ok(ReviewOutcome {
            band: evidence_band(&after, &judgement)?,
            together: left? == right?,
            moved: moved(&before, &after, &concerned)?,
            review: reviewed(&after, judgement)?,
        })
    }
}

/// The accounts that hang together with a pair.
fn around(view: &View<'_>, pair: &[AccountKey]) -> Result<BTreeSet<u32>, LinkerError> {
    let mut next: Vec<u32> = view.account_ids(pair)?.into_iter().flatten().map(|AccountId(id)| id).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = next.pop() {
        if found.len() < ACCOUNTS_COMPARED_MAX && found.insert(id) {
            let joined = stored_edges(view, id)?.into_iter().filter(|(_, edge)| edge.connects());
            next.extend(joined.map(|(other, _)| other));
        }
    }
    Ok(found)
}

fn act_network(view: &View<'_>, account: &AccountKey) -> Result<Option<NetworkId>, LinkerError> {
    let Some(AccountId(id)) = view.account_id(account)? else { return Ok(None) };
    Ok(member(view, id)?.map(|member| member.act))
}

/// Which of the accounts concerned are in another network after than before.
fn moved(before: &View<'_>, after: &View<'_>, concerned: &BTreeSet<u32>) -> Result<Vec<Moved>, LinkerError> {
    let mut moved = Vec::new();
    for id in concerned {
        let (from, to) = (member(before, *id)?, member(after, *id)?);
        if from != to {
            moved.extend(named_accounts(after, &[*id])?.into_iter().map(|account| Moved {
                account,
                act_from: from.map(|member| member.act),
                act_to: to.map(|member| member.act),
                lead_from: from.map(|member| member.lead),
                lead_to: to.map(|member| member.lead),
            }));
        }
    }
    moved.sort_by(|a, b| a.account.cmp(&b.account));
    Ok(moved)
}

/// A judgement with what has become of it.
fn reviewed(view: &View<'_>, judgement: Judgement) -> Result<Review, LinkerError> {
    let band = evidence_band(view, &judgement)?;
    let mut said = Said::default();
    for other in view.judgements_of(&judgement.left)?.iter().filter(|other| other.right == judgement.right) {
        if other.left == judgement.left {
            said.hear(other);
        }
    }
    let (stands, effect) = effect(&judgement, said.word(), band);
    let Judgement { id, left, right, verdict, note, by, at, undone_by } = judgement;
    let (undone_by, undone_at) = undone_by.map(|undone| (undone.by, undone.at)).unzip();
    Ok(Review { id: id.0, left, right, verdict, note, by, at, undone_by, undone_at, stands, effect })
}

/// Whether a judgement decides about its pair, and why.
fn effect(judgement: &Judgement, word: Word, band: Band) -> (bool, &'static str) {
    let standing = word.standing(band);
    match judgement.verdict {
        _ if judgement.undone_by.is_some() => (false, "undone, so it counts no more"),
        Verdict::Unsure => (false, "noted; it joins and parts nothing"),
        Verdict::Same if standing == Some(true) => (true, "they count as one operator, whatever the score"),
        Verdict::Same if word.standing(Band::Act) == Some(false) => (false, "a later judgement says otherwise"),
        Verdict::Same => {
            (false, "the evidence alone is below LEAD, so a second person must say the same before it counts")
        }
        _ if standing == Some(true) => (false, "later judgements say otherwise"),
        Verdict::Different => (true, "they are kept apart, whatever the score"),
        Verdict::Related => (true, "they are kept apart as related, whatever the score"),
    }
}

/// What the evidence alone says of the pair, as last linked; `NONE` while it waits.
fn evidence_band(view: &View<'_>, judgement: &Judgement) -> Result<Band, LinkerError> {
    let ids = view.account_ids(&[judgement.left.clone(), judgement.right.clone()])?;
    let [Some(AccountId(left)), Some(AccountId(right))] = ids[..] else { return Ok(Band::None) };
    let edges = stored_edges(view, left)?;
    Ok(edges.iter().find(|(other, _)| *other == right).map_or(Band::None, |(_, edge)| edge.band))
}

#[cfg(test)]
mod tests;
