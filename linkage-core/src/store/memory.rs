//! The store that tests use: a map in memory, with the promises of the real one.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::Operation;
use super::{
    Batch, Durability, Expectation, KeyRange, Page, Row, Sequence, Snapshot, Store, StoreError, check_ingested,
    page_from,
};

/// A store in memory, gone with its last clone.
///
/// Clones share the data, so a clone taken before a "crash" stands for the directory that is opened again.
/// A snapshot is O(1); the first commit beside a living snapshot copies the map, so this is for tests and small data.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    rows: Arc<Rows>,
    sequence: u64,
    /// The state after the last synced commit, while buffered ones came later.
    synced: Option<(Arc<Rows>, u64)>,
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Debug)]
struct MemorySnapshot {
    rows: Arc<Rows>,
    sequence: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Does what a power cut may do: every commit since the last synced one is gone.
    pub fn cut_power(&self) {
        let mut state = self.lock();
        if let Some((rows, sequence)) = state.synced.take() {
            state.rows = rows;
            state.sequence = sequence;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        let state = self.lock();
        Ok(Box::new(MemorySnapshot { rows: Arc::clone(&state.rows), sequence: state.sequence }))
    }

    fn commit(&self, batch: &Batch, expected: &[Expectation]) -> Result<Sequence, StoreError> {
        batch.check()?;
        let mut state = self.lock();
        for (index, expectation) in expected.iter().enumerate() {
            if !expectation.met_by(state.rows.get(expectation.key()).map(Vec::as_slice)) {
                return Err(StoreError::Conflict { index });
            }
        }
        match batch.durability {
            Durability::Synced => state.synced = None,
            Durability::Buffered if state.synced.is_none() => {
                state.synced = Some((Arc::clone(&state.rows), state.sequence));
            }
            Durability::Buffered => {}
        }
        let rows = Arc::make_mut(&mut state.rows);
        for operation in &batch.operations {
            apply(rows, operation);
        }
        state.sequence += 1;
        Ok(Sequence(state.sequence))
    }

    fn ingest(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError> {
        let mut found: Vec<Row> = Vec::new();
        for (key, value) in rows {
            check_ingested(found.last().map_or(&[], |(last, _)| last), &key, &value)?;
            found.push((key, value));
        }
        // As on disk: a power cut does not take it away.
        let mut state = self.lock();
        if let Some((synced, _)) = &mut state.synced {
            Arc::make_mut(synced).extend(found.iter().cloned());
        }
        Arc::make_mut(&mut state.rows).extend(found);
        Ok(())
    }

    fn reclaim(&self, _range: &KeyRange) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Snapshot for MemorySnapshot {
    fn sequence(&self) -> Sequence {
        Sequence(self.sequence)
    }

    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        Ok(keys.iter().map(|key| self.rows.get(*key).cloned()).collect())
    }

    fn scan(&self, range: &KeyRange, rows_max: usize) -> Result<Page, StoreError> {
        if range.is_empty() {
            return Ok(Page::default());
        }
        let rows = self.rows.range::<[u8], _>(bounds(range)).map(|(key, value)| Ok((key.clone(), value.clone())));
        page_from(rows, range, rows_max)
    }
}

fn apply(rows: &mut Rows, operation: &Operation) {
    match operation {
        Operation::Put { key, value } => {
            rows.insert(key.clone(), value.clone());
        }
        Operation::Delete { key } => {
            rows.remove(key);
        }
        Operation::DeleteRange { range } => {
            if range.is_empty() {
                return;
            }
            let gone: Vec<_> = rows.range::<[u8], _>(bounds(range)).map(|(key, _)| key.clone()).collect();
            for key in gone {
                rows.remove(&key);
            }
        }
    }
}

fn bounds(range: &KeyRange) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (Bound::Included(range.start()), range.end().map_or(Bound::Unbounded, Bound::Excluded))
}
