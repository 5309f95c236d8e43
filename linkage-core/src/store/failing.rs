//! A store that fails when it is told to, so that tests can see what is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Batch, Expectation, KeyRange, Row, Sequence, Snapshot, Store, StoreError};

/// Wraps a store and fails one of its commits, and everything after it: to the caller, the process has died.
///
/// Put a clone of the inner store (or its directory) aside and open that again to see what a restart would find.
#[derive(Debug)]
pub struct FailingStore<S> {
    inner: S,
    when: FailWhen,
    failure: Failure,
    commits: Arc<AtomicU64>,
}

/// Which commit fails, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailWhen {
    /// None; only count.
    Never,
    /// This one and all after it.
    From(u64),
    /// This one alone, so that the caller may try again.
    Once(u64),
}

/// How a commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// [`StoreError::Io`], and nothing is written.
    Io,
    /// [`StoreError::DiskFull`], and nothing is written.
    DiskFull,
    /// [`StoreError::Io`], but the commit is written: the process dies before it hears of it.
    AfterWriting,
}

impl<S: Store> FailingStore<S> {
    /// Fails the commits that `when` names in the way of `failure`.
    pub fn new(inner: S, when: FailWhen, failure: Failure) -> FailingStore<S> {
        FailingStore { inner, when, failure, commits: Arc::default() }
    }

    /// Writes, and fails where it is told to; what is ingested counts as a commit.
    fn counted<T>(&self, write: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let (fails, first) = match self.when {
            FailWhen::Never => (false, false),
            FailWhen::From(first) => (first <= number, first == number),
            FailWhen::Once(only) => (only == number, only == number),
        };
        if !fails {
            return write();
        }
        let detail = format!("commit {number} was made to fail");
        match self.failure {
            Failure::DiskFull => Err(StoreError::DiskFull { detail }),
            Failure::AfterWriting if first => {
                write()?;
                Err(StoreError::Io { detail })
            }
            Failure::Io | Failure::AfterWriting => Err(StoreError::Io { detail }),
        }
    }

    /// The count of commits so far, shared with the store, so that it can be read when the store is given away.
    pub fn commits(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.commits)
    }
}

impl<S: Store> Store for FailingStore<S> {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        self.inner.snapshot()
    }

    fn commit(&self, batch: &Batch, expected: &[Expectation]) -> Result<Sequence, StoreError> {
        self.counted(|| self.inner.commit(batch, expected))
    }

    fn ingest(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError> {
        self.counted(|| self.inner.ingest(rows))
    }

    fn reclaim(&self, range: &KeyRange) -> Result<(), StoreError> {
        self.inner.reclaim(range)
    }
}
