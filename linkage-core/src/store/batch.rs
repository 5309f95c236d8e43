//! What a commit writes, and what it expects to find.

use super::{BATCH_BYTES_MAX, KEY_BYTES_MAX, StoreError, VALUE_BYTES_MAX};

/// Operations that are applied in their order, all or none.
///
/// At most [`BATCH_BYTES_MAX`] bytes of keys and values; [`bytes`](Batch::bytes) tells where it stands, and the commit refuses
/// what is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(super) operations: Vec<Operation>,
    pub(super) durability: Durability,
    bytes: usize,
}

/// One step of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Put { key: Vec<u8>, value: Vec<u8> },
    Delete { key: Vec<u8> },
    DeleteRange { range: KeyRange },
}

/// When a commit counts as safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// On disk before the commit returns: survives a power cut.
    #[default]
    Synced,
    /// With the operating system when the commit returns: survives the death of the process, and is on disk with
    /// the next synced commit at the latest. After a power cut the last buffered commits may be gone, newest
    /// first, each whole; never one in the middle. For the chunks of a bulk load that is void without its last,
    /// synced commit.
    Buffered,
}

/// A row that must still be as it was read, or the commit is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    key: Vec<u8>,
    digest: Option<[u8; 32]>,
}

/// The keys from `start`, included, to `end`, excluded; without `end`, all from `start` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

/// First key that a caller may use: the byte 0 belongs to the store.
const FIRST_KEY: [u8; 1] = [1];

impl Batch {
    /// An empty, synced batch.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Sets when the commit counts as safe.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Batch {
        self.durability = durability;
        self
    }

    /// Writes a row, over an earlier value if there is one.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let (key, value) = (key.into(), value.into());
        self.bytes += key.len() + value.len();
        self.operations.push(Operation::Put { key, value });
    }

    /// Removes a row, if it is there.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        let key = key.into();
        self.bytes += key.len();
        self.operations.push(Operation::Delete { key });
    }

    /// Removes all rows of a range: those of the store and those that this batch has put before.
    pub fn delete_range(&mut self, range: KeyRange) {
        self.bytes += range.start.len() + range.end.as_ref().map_or(0, Vec::len);
        self.operations.push(Operation::DeleteRange { range });
    }

    /// Adds the operations of `other` behind those of this batch; its durability is dropped.
    pub fn append(&mut self, other: Batch) {
        self.bytes += other.bytes;
        self.operations.extend(other.operations);
    }

    /// Number of operations.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds the batch to the limits.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        within("batch", self.bytes, BATCH_BYTES_MAX)?;
        for operation in &self.operations {
            match operation {
                Operation::Put { key, value } => check_row(key, value)?,
                Operation::Delete { key } => check_key(key)?,
                Operation::DeleteRange { range } => {
                    within("key", range.start.len(), KEY_BYTES_MAX)?;
                    within("key", range.end.as_ref().map_or(0, Vec::len), KEY_BYTES_MAX)?;
                }
            }
        }
        Ok(())
    }
}

impl Expectation {
    /// The row `key` holds `value`.
    pub fn holds(key: impl Into<Vec<u8>>, value: &[u8]) -> Expectation {
        Expectation { key: key.into(), digest: Some(blake3::hash(value).into()) }
    }

    /// There is no row `key`.
    pub fn absent(key: impl Into<Vec<u8>>) -> Expectation {
        Expectation { key: key.into(), digest: None }
    }

    /// The row `key` is as it was read.
    pub fn unchanged(key: impl Into<Vec<u8>>, value: Option<&[u8]>) -> Expectation {
        match value {
            Some(value) => Expectation::holds(key, value),
            None => Expectation::absent(key),
        }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) fn met_by(&self, value: Option<&[u8]>) -> bool {
        self.digest == value.map(|value| blake3::hash(value).into())
    }
}

impl KeyRange {
    /// Every key of the store.
    pub fn all() -> KeyRange {
        KeyRange { start: FIRST_KEY.to_vec(), end: None }
    }

    /// The keys that begin with `prefix`, itself included; every key for an empty one.
    pub fn prefix(prefix: &[u8]) -> KeyRange {
        KeyRange::all().starting_at(prefix.to_vec()).ending_before(after_prefix(prefix))
    }

    /// From `start`, included, to `end`, excluded. Nothing if `end <= start`.
    pub fn between(start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> KeyRange {
        KeyRange::all().starting_at(start.into()).ending_before(Some(end.into()))
    }

    /// The part of the range that begins with `key`.
    #[must_use]
    pub fn starting_at(&self, key: Vec<u8>) -> KeyRange {
        KeyRange { start: key.max(FIRST_KEY.to_vec()), end: self.end.clone() }
    }

    /// The part of the range behind `key`.
    #[must_use]
    pub fn after(&self, key: &[u8]) -> KeyRange {
        let mut next = key.to_vec();
        next.push(0);
        self.starting_at(next)
    }

    /// First key.
    pub fn start(&self) -> &[u8] {
        &self.start
    }

    /// The key behind the last one, if the range has an end.
    pub fn end(&self) -> Option<&[u8]> {
        self.end.as_deref()
    }

    /// Whether no key can be in it.
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }

    fn ending_before(self, end: Option<Vec<u8>>) -> KeyRange {
        KeyRange { start: self.start, end }
    }
}

/// The smallest key above all keys with this prefix; `None` if there is none.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

pub(super) fn check_row(key: &[u8], value: &[u8]) -> Result<(), StoreError> {
    check_key(key)?;
    within("value", value.len(), VALUE_BYTES_MAX)
}

fn check_key(key: &[u8]) -> Result<(), StoreError> {
    within("key", key.len(), KEY_BYTES_MAX)?;
    if key.first().is_none_or(|first| *first == 0) { Err(StoreError::Key) } else { Ok(()) }
}

fn within(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), StoreError> {
    if bytes <= bytes_max { Ok(()) } else { Err(StoreError::TooLarge { what, bytes, bytes_max }) }
}
