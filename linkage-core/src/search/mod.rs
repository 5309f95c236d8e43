//! Finds accounts and listings by any text, tolerant of typing errors and scripts.
//!
//! ```text
//! text ──Query──► units: words, numbers, runs of Han, each in several ways
//!                   │
//! ledger ──log of changes──► index (tantivy) ──► candidates ──records read again──► hits with the field hit
//! ```
//!
//! The index is derived: it holds terms and numbers of accounts, no values, and can be thrown away. It lies beside the store
//! or in memory. Each of its commits says up to which change of the ledger it has come; before a search it reads on from
//! there, and where the log does not reach back it is made anew.
//!
//! The index only proposes. What is shown, which field was hit and how well is decided on the records as they are in the store
//! now, so that nothing is found that is not there.
//!
//! - [`SearchIndex`] is the index; start there.
//! - [`Query`] is what was asked, [`Hit`] what was found.
//!
//! **Invariants:** there is no query syntax, so nothing to inject. What was forgotten is in no file of the index once
//! [`SearchIndex::erase`] has returned.
//!
//! **Not here:** candidates of linking. What the index proposes changes with everything else in it; links must not.

mod field;
mod index;
mod query;
mod term;
#[cfg(test)]
mod tests;

pub use index::{HIT_LIMIT_MAX, Hit, SearchIndex};
pub use query::{QUERY_CHARS_MAX, Query, UNITS_MAX};

use crate::ledger::LedgerError;

/// What can go wrong in a search.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The text is too long.
    #[error("a search text of {chars} characters where at most {QUERY_CHARS_MAX} are allowed")]
    TooLong {
        /// Its length.
        chars: usize,
    },
    /// There is nothing in the text to search for.
    #[error("a search text needs at least one letter or digit")]
    Empty,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The index failed, and making it anew did not help.
    #[error("the search index failed: {detail}; remove its directory, it is made anew")]
    Index {
        /// The message of the index, which names files and no values.
        detail: String,
    },
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> SearchError {
        SearchError::Index { detail: error.to_string() }
    }
}
