//! Which stored account somebody may have meant.

use crate::compare::spelling_likeness;
use crate::record::AccountKey;

use super::{Linker, LinkerError};

/// The most accounts that are looked at; of more the first in account order.
const ACCOUNTS_MAX: usize = 200_000;

/// Accounts read at once.
const PAGE: usize = 4096;

/// Keys less alike than this, 0 to 1, are no hint.
const LIKENESS_MIN: f64 = 0.75;

impl Linker {
    /// The stored account whose key is spelt most like `account`, if one comes near; of equals the first.
    ///
    /// O(accounts), of at most 200,000 accounts: for the words of an error, not for matching.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn nearest_account(&self, account: &AccountKey) -> Result<Option<AccountKey>, LinkerError> {
        let view = self.ledger.view()?;
        let sought = account.as_str().to_lowercase();
        let mut best: Option<(f64, AccountKey)> = None;
        let (mut after, mut looked_at) = (None, 0);
        while looked_at < ACCOUNTS_MAX {
            let page = view.account_keys(after.as_ref(), PAGE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            looked_at += page.len();
            for (key, _) in page {
                let likeness = spelling_likeness(&sought, &key.as_str().to_lowercase());
                let least = best.as_ref().map_or(LIKENESS_MIN, |(best, _)| best + f64::EPSILON);
                if least <= likeness {
                    best = Some((likeness, key));
                }
            }
        }
        Ok(best.map(|(_, key)| key))
    }
}
