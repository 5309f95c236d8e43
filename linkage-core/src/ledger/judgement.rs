//! Judgements of people, and the history of what happened. Both are only added to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::log::Entry;
use super::row::Totals;
use super::{AccountId, Changes, Ledger, LedgerError, keys, row};
use crate::record::AccountKey;
use crate::store::{Batch, Durability};

/// Longest note of a judgement and longest text of a row of the history, in bytes.
pub const NOTE_BYTES_MAX: usize = 16 << 10;

/// Longest name of a person, in bytes.
const NAME_BYTES_MAX: usize = 512;

/// The number of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JudgementId(pub u64);

/// What a person found about two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The same operator.
    Same,
    /// Different operators.
    Different,
    /// Different operators that have to do with each other.
    Related,
    /// Cannot say.
    Unsure,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 4] = [Verdict::Same, Verdict::Different, Verdict::Related, Verdict::Unsure];

    /// The name used in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Same => "SAME",
            Verdict::Different => "DIFFERENT",
            Verdict::Related => "RELATED",
            Verdict::Unsure => "UNSURE",
        }
    }
}

/// A judgement to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJudgement {
    /// One account.
    pub left: AccountKey,
    /// The other.
    pub right: AccountKey,
    /// What was found.
    pub verdict: Verdict,
    /// Why; at most [`NOTE_BYTES_MAX`] bytes.
    pub note: String,
    /// By whom; at most 512 bytes.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A judgement as stored; `left` is the smaller of the two accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its number.
    pub id: JudgementId,
    /// The smaller account.
    pub left: AccountKey,
    /// The greater account.
    pub right: AccountKey,
    /// What was found.
    pub verdict: Verdict,
    /// Why.
    pub note: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Who undid it, if anybody did: it counts no more then.
    pub undone_by: Option<Undone>,
}

/// That a judgement was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its number; they grow with time.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What sort of thing: `IMPORT`, `FORGET`, `LINK`, …
    pub kind: String,
    /// What happened, without personal data.
    pub text: String,
}

#[derive(Serialize, Deserialize)]
struct JudgementRow {
    left: String,
    right: String,
    verdict: Verdict,
    note: String,
    by: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct HistoryValue {
    at: Timestamp,
    kind: String,
    text: String,
}

impl Ledger {
    /// Adds a judgement; both accounts wait for linking.
    ///
    /// # Errors
    ///
    /// [`LedgerError::UnknownAccount`] for an account that is not there, [`LedgerError::TooLong`], [`LedgerError::Store`].
    pub fn add_judgement(&self, judgement: NewJudgement) -> Result<JudgementId, LedgerError> {
        within("a note", &judgement.note, NOTE_BYTES_MAX)?;
        within("a name", &judgement.by, NAME_BYTES_MAX)?;
        let NewJudgement { left, right, verdict, note, by, at } = judgement;
        let (left, right) = if left <= right { (left, right) } else { (right, left) };
        self.update(Durability::Synced, |view, totals, batch| {
            let mut changes = Changes::new(view.generation());
            let mut entry = Entry::new(at);
            for account in [&left, &right] {
                let Some(AccountId(id)) = view.account_id(account)? else {
                    return Err(LedgerError::UnknownAccount { account: account.clone() });
                };
                entry.judged.push(id);
                changes.wait(account);
            }
            let id = totals.next_judgement;
            totals.next_judgement += 1;
            let row = JudgementRow { left: left.to_string(), right: right.to_string(), verdict, note, by, at };
            batch.put(keys::judgement(id), row::value(&row)?);
            batch.put(keys::judgement_of(&left, id), row::value(&())?);
            batch.put(keys::judgement_of(&right, id), row::value(&())?);
            changes.write(view, totals, batch, entry)?;
            Ok(JudgementId(id))
        })
    }

    /// Undoes a judgement, which stays to be seen; both accounts wait for linking.
    ///
    /// # Errors
    ///
    /// [`LedgerError::UnknownJudgement`], [`LedgerError::AlreadyUndone`], [`LedgerError::TooLong`], [`LedgerError::Store`].
    pub fn undo_judgement(&self, id: JudgementId, by: &str, at: Timestamp) -> Result<(), LedgerError> {
        within("a name", by, NAME_BYTES_MAX)?;
        self.update(Durability::Synced, |view, totals, batch| {
            let judgement = view.judgement(id)?.ok_or(LedgerError::UnknownJudgement { id: id.0 })?;
            if judgement.undone_by.is_some() {
                return Err(LedgerError::AlreadyUndone { id: id.0 });
            }
            batch.put(keys::judgement_undone(id.0), row::value(&Undone { by: by.to_owned(), at })?);
            let mut changes = Changes::new(view.generation());
            changes.wait(&judgement.left);
            changes.wait(&judgement.right);
            let ids = view.account_ids(&[judgement.left, judgement.right])?;
            let judged = ids.into_iter().flatten().map(|AccountId(id)| id).collect();
            changes.write(view, totals, batch, Entry { judged, ..Entry::new(at) })
        })
    }
}

/// Reads a judgement from its two rows.
pub(super) fn read(
    id: JudgementId,
    value: Option<&[u8]>,
    undone: Option<&[u8]>,
) -> Result<Option<Judgement>, LedgerError> {
    let Some(value) = value else { return Ok(None) };
    let JudgementRow { left, right, verdict, note, by, at } = row::read(value, "a judgement")?;
    let account = |text: &str| AccountKey::parse(text).map_err(|_| LedgerError::corrupt("a judgement"));
    let undone_by = undone.map(|value| row::read(value, "an undone judgement")).transpose()?;
    Ok(Some(Judgement { id, left: account(&left)?, right: account(&right)?, verdict, note, by, at, undone_by }))
}

/// Reads a row of the history.
pub(super) fn read_history(number: u64, value: &[u8]) -> Result<HistoryRow, LedgerError> {
    let HistoryValue { at, kind, text } = row::read(value, "a row of the history")?;
    Ok(HistoryRow { number, at, kind, text })
}

/// Adds a row to the history; what is too long is cut.
pub(super) fn write_history(
    totals: &mut Totals,
    batch: &mut Batch,
    at: Timestamp,
    kind: &str,
    text: &str,
) -> Result<(), LedgerError> {
    let end = (0..=text.len().min(NOTE_BYTES_MAX)).rfind(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let row = HistoryValue { at, kind: kind.to_owned(), text: text[..end].to_owned() };
    batch.put(keys::history(totals.next_history), row::value(&row)?);
    totals.next_history += 1;
    Ok(())
}

fn within(what: &'static str, text: &str, bytes_max: usize) -> Result<(), LedgerError> {
    if text.len() <= bytes_max { Ok(()) } else { Err(LedgerError::TooLong { what, bytes: text.len(), bytes_max }) }
}
