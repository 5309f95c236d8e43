//! Judgements on pairs of accounts, and which of them stand.
//!
//! The last word on a pair counts, unless it is undone. That two accounts have different operators stands on one person's
//! word, whether they are related or not. That they have the same one stands on one person's word where the evidence alone
//! reaches `LEAD`; below that two people must say so, because no score would have joined them. A word that does not
//! stand changes nothing: what stood before it still does. That nobody can say joins and parts nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{AccountId, Judgement, Verdict, View};
use crate::record::AccountKey;
use crate::score::Band;

use super::LinkerError;

/// Judgements read at once.
const PAGE: usize = 4096;

/// How many people must say *same* of a pair whose evidence is below `LEAD`.
const PEOPLE_MIN: usize = 2;

/// What people have said of one pair: `Some(true)` the same operator, `Some(false)` another.
///
/// There are two answers, because how many people are needed depends on what the evidence alone says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// What stands where the evidence is below `LEAD`.
    below_lead: Option<bool>,
    /// What stands where it reaches `LEAD`.
    from_lead: Option<bool>,
    /// Whether who was found to be another was found to be related.
    related: bool,
}

impl Word {
    /// What stands on a pair that its evidence alone puts into `band`.
    pub fn standing(self, band: Band) -> Option<bool> {
        if Band::Lead <= band { self.from_lead } else { self.below_lead }
    }

    /// Whether what stands is that they are related: different operators that have to do with each other.
    pub fn ties(self, band: Band) -> bool {
        self.related && self.standing(band) == Some(false)
    }
}

/// What has been said of a pair so far, in the order it was said.
#[derive(Debug, Default)]
pub(super) struct Said {
    word: Word,
    /// Who said *same* since anybody last said otherwise.
    people: BTreeSet<String>,
}

impl Said {
    /// Hears one judgement more; undone ones are not heard.
    pub(super) fn hear(&mut self, judgement: &Judgement) {
        if judgement.undone_by.is_some() {
            return;
        }
        match judgement.verdict {
            Verdict::Same => {
                self.people.insert(person(&judgement.by));
                self.word.from_lead = Some(true);
                if PEOPLE_MIN <= self.people.len() {
                    self.word.below_lead = Some(true);
                }
            }
            Verdict::Different | Verdict::Related => {
                self.people.clear();
                let related = judgement.verdict == Verdict::Related;
                self.word = Word { below_lead: Some(false), from_lead: Some(false), related };
            }
            Verdict::Unsure => {}
        }
    }

    /// What it comes to.
    pub(super) fn word(&self) -> Word {
        self.word
    }
}

/// One person writes a name in one way or another.
fn person(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What people have said of pairs.
#[derive(Debug, Default)]
pub(super) struct Judged {
    said: BTreeMap<(AccountKey, AccountKey), Said>,
}

impl Judged {
    /// The words on pairs of which at least one account is among these.
    pub(super) fn of(view: &View<'_>, accounts: &[AccountKey]) -> Result<Judged, LinkerError> {
        // A judgement on two of the accounts is found twice; it is heard once, and in the order it was given.
        let mut judgements = BTreeMap::new();
        for account in accounts {
            judgements.extend(view.judgements_of(account)?.into_iter().map(|judgement| (judgement.id, judgement)));
        }
        let mut judged = Judged::default();
        judged.hear(judgements.into_values());
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
            judged.hear(page.into_iter());
        }
    }

    /// The word on a pair.
    pub(super) fn on(&self, left: &AccountKey, right: &AccountKey) -> Option<Word> {
        if self.said.is_empty() {
            return None;
        }
        let (left, right) = if left <= right { (left, right) } else { (right, left) };
        let word = self.said.get(&(left.clone(), right.clone()))?.word();
        (word != Word::default()).then_some(word)
    }

    /// The pairs there is a word on.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&AccountKey, &AccountKey, Word)> {
        let words = self.said.iter().map(|((left, right), said)| (left, right, said.word()));
        words.filter(|(_, _, word)| *word != Word::default())
    }

    /// The accounts there is a word on, by number.
    pub(super) fn accounts(&self, view: &View<'_>) -> Result<Vec<u32>, LinkerError> {
        let keys: Vec<AccountKey> = self.pairs().flat_map(|(left, right, _)| [left.clone(), right.clone()]).collect();
        Ok(view.account_ids(&keys)?.into_iter().flatten().map(|AccountId(id)| id).collect())
    }

    fn hear(&mut self, judgements: impl Iterator<Item = Judgement>) {
        for judgement in judgements {
            let pair = (judgement.left.clone(), judgement.right.clone());
            self.said.entry(pair).or_default().hear(&judgement);
        }
    }
}
