//! Bytes on disk: ordered keys, values, snapshots and atomic batches.
//!
//! ```text
//! Batch + Expectation ──commit──► Store ──snapshot──► Snapshot ──get_many / scan──► bytes
//! ```
//!
//! The smallest thing a backend must do so that `ledger` can keep its promises on top of it. The traits are
//! synchronous and object-safe; keys and values are bytes and mean nothing here.
//!
//! - [`Store`] is the trait to read first, then [`Batch`] and [`Snapshot`].
//! - [`RocksStore`] is the embedded default, [`MemoryStore`] its twin for tests, [`FailingStore`] a wrapper
//!   that fails when told to.
//!
//! **Invariants:** a commit happens whole or not at all, also when the process dies or the power goes; a reader
//! sees one state, whatever is committed meanwhile; sequence numbers only grow, also over a reopen.
//!
//! **Not here:** what a key means, versions of values, schema: that is `ledger`.

mod batch;
mod failing;
mod memory;
mod rocks;
#[cfg(test)]
mod tests;

pub use batch::{Batch, Durability, Expectation, KeyRange};
pub use failing::{FailWhen, FailingStore, Failure};
pub use memory::MemoryStore;
pub use rocks::{RocksOptions, RocksStore};

use std::path::PathBuf;
use std::sync::Arc;

/// Longest key in bytes; keys are 1 to this many bytes and do not begin with the byte 0, which is the store's own.
pub const KEY_BYTES_MAX: usize = 4096;

/// Longest value in bytes: 16 MiB.
pub const VALUE_BYTES_MAX: usize = 16 << 20;

/// Most bytes of keys and values in one batch: 64 MiB.
pub const BATCH_BYTES_MAX: usize = 64 << 20;

/// A page of a scan ends once it holds this many bytes, whatever its limit of rows: 16 MiB.
pub const PAGE_BYTES_MAX: usize = 16 << 20;

/// An ordered map from bytes to bytes with snapshots and atomic commits.
///
/// Any number of readers and writers may share one store between threads; commits happen one after the other.
pub trait Store: Send + Sync {
    /// Opens a view of the state as it is now, which later commits do not change. Cheap; drop it soon, because
    /// the store keeps what it still shows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] and [`StoreError::Corrupt`] from the backend.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError>;

    /// Applies every operation of `batch` in its order, or none of them.
    ///
    /// `expected` names rows that must still be as the caller read them; nothing is written otherwise. When this
    /// returns, the batch is on disk, unless the batch asked for [`Durability::Buffered`].
    ///
    /// Returns the number of this commit, greater than that of every commit before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when an expectation does not hold, [`StoreError::TooLarge`] and
    /// [`StoreError::Key`] for a batch over a limit: the store goes on as before. [`StoreError::DiskFull`],
    /// [`StoreError::Io`] and [`StoreError::Corrupt`] when writing failed: the batch may or may not be found after
    /// the next open, and until then every commit is refused with [`StoreError::Broken`].
    fn commit(&self, batch: &Batch, expected: &[Expectation]) -> Result<Sequence, StoreError>;

    /// Adds rows beside everything that is read: many, fast, all of them or none. Keys come in order, each once, and none of
    /// them is in the store.
    ///
    /// It is no commit: nothing expects these rows before a commit says that they are there, and a process that dies in
    /// between leaves them to be deleted. On disk when this returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] and [`StoreError::Key`] for a row over a limit or out of order, and as for writing.
    fn ingest(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError>;

    /// Gives the bytes of overwritten and deleted rows in `range` back to the system, as far as the backend can, so that
    /// what was erased is also gone from its files. May take minutes on a large range; needs free space for a
    /// copy of it.
    ///
    /// # Errors
    ///
    /// As for writing.
    fn reclaim(&self, range: &KeyRange) -> Result<(), StoreError>;
}

/// One state of a store.
pub trait Snapshot: Send + Sync {
    /// The number of the last commit that this state holds; 0 for a new store.
    fn sequence(&self) -> Sequence;

    /// The values of `keys`, in their order; `None` for a key that is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] and [`StoreError::Corrupt`] from the backend.
    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// The first rows of `range` in key order: at most `rows_max`, and fewer when they reach [`PAGE_BYTES_MAX`],
    /// but at least one if there is one and `rows_max` is not 0.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] and [`StoreError::Corrupt`] from the backend.
    fn scan(&self, range: &KeyRange, rows_max: usize) -> Result<Page, StoreError>;

    /// One page for each of `ranges`, as by [`scan`](Snapshot::scan).
    ///
    /// # Errors
    ///
    /// As for [`scan`](Snapshot::scan).
    fn scan_many(&self, ranges: &[KeyRange], rows_max: usize) -> Result<Vec<Page>, StoreError> {
        ranges.iter().map(|range| self.scan(range, rows_max)).collect()
    }

    /// The value of one key.
    ///
    /// # Errors
    ///
    /// As for [`get_many`](Snapshot::get_many).
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get_many(&[key])?.pop().flatten())
    }
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Some rows of a scan, in key order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// What is left of the range, if there are more rows in it.
    pub rest: Option<KeyRange>,
}

/// The number of a commit. Grows with every commit of a store and survives a reopen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(pub u64);

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row is not as the caller read it. Nothing was written; read again and retry.
    #[error("the row at position {index} of the expectations has changed since it was read")]
    Conflict {
        /// Position in the expectations of the commit.
        index: usize,
    },
    /// Another process, or this one, has the store open.
    #[error("the store {path:?} is in use by another process; end that process or choose another directory")]
    InUse {
        /// Directory of the store.
        path: PathBuf,
    },
    /// There is no store in this directory.
    #[error("there is no store in {path:?}")]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds something else.
    #[error("{path:?} is not a store and not empty; choose an empty or new directory")]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk is full; make room and open the store again")]
    DiskFull {
        /// The message of the backend.
        detail: String,
    },
    /// Reading or writing failed.
    #[error("read or write the store: {detail}")]
    Io {
        /// The message of the backend.
        detail: String,
    },
    /// The files of the store do not hold what was written.
    #[error("the store is damaged: {detail}")]
    Corrupt {
        /// The message of the backend.
        detail: String,
    },
    /// An earlier write failed, so this handle writes no more.
    #[error("an earlier write failed; open the store again")]
    Broken,
    /// A key, a value or a batch is over its limit.
    #[error("{what} of {bytes} bytes where at most {bytes_max} are allowed")]
    TooLarge {
        /// `key`, `value` or `batch`.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A key is empty or begins with the byte 0, or comes out of order where rows are ingested.
    #[error("a key that is empty, begins with the byte 0 or is out of order")]
    Key,
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        (**self).snapshot()
    }

    fn commit(&self, batch: &Batch, expected: &[Expectation]) -> Result<Sequence, StoreError> {
        (**self).commit(batch, expected)
    }

    fn ingest(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError> {
        (**self).ingest(rows)
    }

    fn reclaim(&self, range: &KeyRange) -> Result<(), StoreError> {
        (**self).reclaim(range)
    }
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        (**self).snapshot()
    }

    fn commit(&self, batch: &Batch, expected: &[Expectation]) -> Result<Sequence, StoreError> {
        (**self).commit(batch, expected)
    }

    fn ingest(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError> {
        (**self).ingest(rows)
    }

    fn reclaim(&self, range: &KeyRange) -> Result<(), StoreError> {
        (**self).reclaim(range)
    }
}

/// Holds a row that is ingested to the limits, and to its place behind the one before.
fn check_ingested(last: &[u8], key: &[u8], value: &[u8]) -> Result<(), StoreError> {
    batch::check_row(key, value)?;
    if last < key { Ok(()) } else { Err(StoreError::Key) }
}

/// Fills a page up to its limits from rows in key order.
fn page_from<I>(rows: I, range: &KeyRange, rows_max: usize) -> Result<Page, StoreError>
where
    I: Iterator<Item = Result<Row, StoreError>>,
{
    let mut page = Page::default();
    let mut bytes = 0;
    for row in rows {
        let (key, value) = row?;
        if page.rows.len() >= rows_max || bytes >= PAGE_BYTES_MAX {
            page.rest = Some(range.starting_at(key));
            break;
        }
        bytes += key.len() + value.len();
        page.rows.push((key, value));
    }
    Ok(page)
}
