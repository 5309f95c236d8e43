//! The store on disk: RocksDB, embedded.
//!
//! One column family. The row with the key `[0]` holds the number of the last commit and belongs to this file; it
//! is written with every batch, so that it can never be behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, BottommostLevelCompaction, Cache, CompactOptions, DB, DBCompressionType,
    DBRecoveryMode, ErrorKind, FlushOptions, IngestExternalFileOptions, LogLevel, Options, ReadOptions, SstFileWriter,
    WriteBatch, WriteOptions,
};

use super::batch::Operation;
use super::{
    Batch, Durability, Expectation, KEY_BYTES_MAX, KeyRange, Page, Row, Sequence, Snapshot, Store, StoreError,
    check_ingested, page_from,
};

/// A store in a directory. One process at a time: the second is refused with [`StoreError::InUse`].
///
/// Dropping it closes the directory; a process that dies without that loses nothing.
pub struct RocksStore {
    db: DB,
    writer: Mutex<Writer>,
    /// How tables are made that are written outside and taken in.
    tables: Options,
    /// Tables taken in so far.
    ingested: AtomicU64,
}

/// How much memory a [`RocksStore`] may take, and what it does with a directory that holds no store.
///
/// The bounds are for the whole store: `block_cache_bytes` for what was read, with indexes and filters, plus
/// `write_buffer_bytes * write_buffers_max` for what was written and is not in a table yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RocksOptions {
    /// Make the directory and an empty store if there is none. Default yes.
    pub create: bool,
    /// Cache of blocks, indexes and filters. Default 128 MiB.
    pub block_cache_bytes: usize,
    /// One write buffer. Default 32 MiB.
    pub write_buffer_bytes: usize,
    /// Write buffers in memory before writers wait for the disk. Default 3.
    pub write_buffers_max: u8,
    /// Threads for flushing and compacting. Default 2.
    pub background_jobs: u8,
    /// Table files kept open. Default 256.
    pub open_files_max: u16,
}

struct Writer {
    sequence: u64,
    broken: bool,
}

struct RocksSnapshot<'a> {
    snapshot: rocksdb::Snapshot<'a>,
    sequence: u64,
}

/// The row that holds the number of the last commit, 8 bytes big-endian.
const SEQUENCE_KEY: [u8; 1] = [0];

/// Name of a table file that is written to be taken in, before its number.
const INGESTED: &str = "ingest-";

/// Log files together before the oldest write buffer is flushed, which bounds the time an open after a crash takes.
const WAL_BYTES_MAX: u64 = 256 << 20;

impl Default for RocksOptions {
    fn default() -> RocksOptions {
        RocksOptions {
            create: true,
            block_cache_bytes: 128 << 20,
            write_buffer_bytes: 32 << 20,
            write_buffers_max: 3,
            background_jobs: 2,
            open_files_max: 256,
        }
    }
}

impl RocksOptions {
    /// For a process that writes millions of rows in one go: 3 write buffers of 128 MiB, the rest as by default.
    pub fn bulk_load() -> RocksOptions {
        RocksOptions { write_buffer_bytes: 128 << 20, ..RocksOptions::default() }
    }

    /// For tests and small stores: 8 MiB of cache, 2 write buffers of 4 MiB.
    pub fn small() -> RocksOptions {
        RocksOptions {
            block_cache_bytes: 8 << 20,
            write_buffer_bytes: 4 << 20,
            write_buffers_max: 2,
            ..RocksOptions::default()
        }
    }
}

impl RocksStore {
    /// Opens the store in `directory`, and makes it first if `options` say so. The directory is made readable for
    /// its owner only.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] while another handle of any process has it open, [`StoreError::Missing`] without a store and
    /// without leave to create one, [`StoreError::Foreign`] for a directory full of other things,
    /// [`StoreError::Corrupt`] for damaged files, [`StoreError::Io`] and [`StoreError::DiskFull`].
    pub fn open(directory: &Path, options: RocksOptions) -> Result<RocksStore, StoreError> {
        prepare(directory, options.create)?;
        let tables = database_options(options);
        let db = DB::open(&tables, directory).map_err(|error| open_error(&error, directory))?;
        remove_ingested(directory).map_err(|error| io_error(&error))?;
        let sequence = sequence_from(db.get(SEQUENCE_KEY).map_err(|error| store_error(&error))?)?;
        Ok(RocksStore {
            db,
            writer: Mutex::new(Writer { sequence, broken: false }),
            tables,
            ingested: AtomicU64::new(0),
        })
    }

    fn check_expected(&self, expected: &[Expectation]) -> Result<(), StoreError> {
        let values = self.db.multi_get(expected.iter().map(Expectation::key));
        for (index, (expectation, value)) in expected.iter().zip(values).enumerate() {
            let value = value.map_err(|error| store_error(&error))?;
            if !expectation.met_by(value.as_deref()) {
                return Err(StoreError::Conflict { index });
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for RocksStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RocksStore").field("path", &self.db.path()).finish_non_exhaustive()
    }
}

impl Store for RocksStore {
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, StoreError> {
        let snapshot = self.db.snapshot();
        let sequence = sequence_from(snapshot.get(SEQUENCE_KEY).map_err(|error| store_error(&error))?)?;
        Ok(Box::new(RocksSnapshot { snapshot, sequence }))
    }

    fn commit(&self, batch: &Batch, expected: &[Expectation]) -> Result<Sequence, StoreError> {
        batch.check()?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.broken {
            return Err(StoreError::Broken);
        }
        self.check_expected(expected)?;
        let sequence = writer.sequence + 1;
        let mut how = WriteOptions::default();
        how.set_sync(batch.durability == Durability::Synced);
        if let Err(error) = self.db.write_opt(write_batch(batch, sequence), &how) {
            writer.broken = true;
            return Err(store_error(&error));
        }
        writer.sequence = sequence;
        Ok(Sequence(sequence))
    }

    fn ingest(&self, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let path = self.db.path().join(format!("{INGESTED}{}", self.ingested.fetch_add(1, Ordering::Relaxed)));
        let written = write_table(&self.tables, &path, &mut rows).and_then(|()| {
            let mut how = IngestExternalFileOptions::default();
            how.set_move_files(true);
            self.db.ingest_external_file_opts(&how, vec![&path]).map_err(|error| store_error(&error))
        });
        if written.is_err() {
            // What is left is removed by the next open.
            let _ = fs::remove_file(&path);
        }
        written
    }

    fn reclaim(&self, range: &KeyRange) -> Result<(), StoreError> {
        let mut flush = FlushOptions::default();
        flush.set_wait(true);
        self.db.flush_opt(&flush).map_err(|error| store_error(&error))?;
        let mut how = CompactOptions::default();
        how.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        self.db.compact_range_opt(Some(range.start()), range.end(), &how);
        Ok(())
    }
}

impl Snapshot for RocksSnapshot<'_> {
    fn sequence(&self) -> Sequence {
        Sequence(self.sequence)
    }

    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let values = match keys {
            [key] => vec![self.snapshot.get(key)],
            _ => self.snapshot.multi_get(keys),
        };
        values.into_iter().map(|value| value.map_err(|error| store_error(&error))).collect()
    }

    fn scan(&self, range: &KeyRange, rows_max: usize) -> Result<Page, StoreError> {
        if range.is_empty() {
            return Ok(Page::default());
        }
        let mut how = ReadOptions::default();
        if let Some(end) = range.end() {
            how.set_iterate_upper_bound(end);
        }
        let mut cursor = self.snapshot.raw_iterator_opt(how);
        cursor.seek(range.start());
        let rows = std::iter::from_fn(|| {
            let Some((key, value)) = cursor.item() else {
                return cursor.status().err().map(|error| Err(store_error(&error)));
            };
            let row = (key.to_vec(), value.to_vec());
            cursor.next();
            Some(Ok(row))
        });
        page_from(rows, range, rows_max)
    }
}

fn database_options(options: RocksOptions) -> Options {
    let mut tables = BlockBasedOptions::default();
    tables.set_block_cache(&Cache::new_lru_cache(options.block_cache_bytes));
    tables.set_block_size(16 << 10);
    tables.set_bloom_filter(10.0, false);
    // A whole filter is megabytes, more than a shard of the cache holds, and would be read and checked anew for every
    // look-up: seen in a profile of 1 M accounts, where partitions halve the time to import and to stream them.
    tables.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    tables.set_partition_filters(true);
    tables.set_metadata_block_size(16 << 10);
    tables.set_cache_index_and_filter_blocks(true);
    tables.set_pin_l0_filter_and_index_blocks_in_cache(true);
    tables.set_format_version(5);

    let mut database = Options::default();
    database.create_if_missing(options.create);
    database.set_block_based_table_factory(&tables);
    database.set_write_buffer_size(options.write_buffer_bytes);
    database.set_max_write_buffer_number(options.write_buffers_max.max(2).into());
    database.set_max_background_jobs(options.background_jobs.max(1).into());
    database.set_max_open_files(options.open_files_max.into());
    database.set_max_total_wal_size(WAL_BYTES_MAX);
    database.set_compression_type(DBCompressionType::Lz4);
    database.set_bottommost_compression_type(DBCompressionType::Zstd);
    database.set_bytes_per_sync(1 << 20);
    database.set_wal_bytes_per_sync(1 << 20);
    database.set_paranoid_checks(true);
    // A torn end of the log is what a crash leaves behind; everything before it is whole.
    database.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    database.set_log_level(LogLevel::Warn);
    database.set_max_log_file_size(1 << 20);
    database.set_keep_log_file_num(2);
    database
}

/// Writes rows in order into a table file of its own.
fn write_table(options: &Options, path: &Path, rows: &mut dyn Iterator<Item = Row>) -> Result<(), StoreError> {
    let mut table = SstFileWriter::create(options);
    table.open(path).map_err(|error| store_error(&error))?;
    let mut last = Vec::new();
    for (key, value) in rows {
        check_ingested(&last, &key, &value)?;
        table.put(&key, &value).map_err(|error| store_error(&error))?;
        last = key;
    }
    table.finish().map_err(|error| store_error(&error))
}

/// Removes table files that a process left behind that died before they were taken in.
fn remove_ingested(directory: &Path) -> Result<(), std::io::Error> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(INGESTED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn write_batch(batch: &Batch, sequence: u64) -> WriteBatch {
    let mut written = WriteBatch::with_capacity_bytes(batch.bytes() + 16 * batch.len() + 64);
    for operation in &batch.operations {
        match operation {
            Operation::Put { key, value } => written.put(key, value),
            Operation::Delete { key } => written.delete(key),
            Operation::DeleteRange { range } if range.is_empty() => {}
            Operation::DeleteRange { range } => match range.end() {
                Some(end) => written.delete_range(range.start(), end),
                None => written.delete_range(range.start(), &[u8::MAX; KEY_BYTES_MAX + 1][..]),
            },
        }
    }
    written.put(SEQUENCE_KEY, sequence.to_be_bytes());
    written
}

fn sequence_from(value: Option<Vec<u8>>) -> Result<u64, StoreError> {
    match value {
        None => Ok(0),
        Some(bytes) => match bytes.try_into() {
            Ok(bytes) => Ok(u64::from_be_bytes(bytes)),
            Err(_) => Err(StoreError::Corrupt { detail: "the number of the last commit is not 8 bytes".into() }),
        },
    }
}

/// Makes the directory, or sees that what is in it may be a store.
fn prepare(directory: &Path, create: bool) -> Result<(), StoreError> {
    let names = match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if !create {
                return Err(StoreError::Missing { path: directory.into() });
            }
            return make_directory(directory).map_err(|error| io_error(&error));
        }
        Err(error) => Err(error),
    };
    let names = names.map_err(|error| io_error(&error))?;
    if names.iter().any(|name| name == "CURRENT") {
        Ok(())
    } else if !names.iter().all(|name| is_ours(&name.to_string_lossy())) {
        Err(StoreError::Foreign { path: directory.into() })
    } else if create {
        Ok(())
    } else {
        Err(StoreError::Missing { path: directory.into() })
    }
}

/// What a store that was killed while it was made leaves behind.
fn is_ours(name: &str) -> bool {
    let begins = ["LOCK", "LOG", "IDENTITY", "MANIFEST-", "OPTIONS-"].iter().any(|known| name.starts_with(known));
    begins || name.ends_with(".dbtmp") || name.ends_with(".log")
}

fn make_directory(directory: &Path) -> Result<(), std::io::Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// RocksDB has one text for every reason not to open; these are the ones a user can act on.
fn open_error(error: &rocksdb::Error, directory: &Path) -> StoreError {
    let detail: &str = error.as_ref();
    let path = || PathBuf::from(directory);
    if detail.contains("lock hold by current process")
        || (detail.contains("While lock file") && detail.contains("temporarily unavailable"))
    {
        StoreError::InUse { path: path() }
    } else if detail.contains("does not exist (create_if_missing is false)") {
        StoreError::Missing { path: path() }
    } else {
        store_error(error)
    }
}

fn store_error(error: &rocksdb::Error) -> StoreError {
    classify(error.kind(), error.to_string())
}

/// RocksDB tells a full disk from other failures only in its text.
pub(super) fn classify(kind: ErrorKind, detail: String) -> StoreError {
    match kind {
        _ if detail.contains("No space left on device") || detail.contains("Disk quota exceeded") => {
            StoreError::DiskFull { detail }
        }
        ErrorKind::Corruption => StoreError::Corrupt { detail },
        _ => StoreError::Io { detail },
    }
}

fn io_error(error: &std::io::Error) -> StoreError {
    let detail = error.to_string();
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull { detail },
        _ => StoreError::Io { detail },
    }
}
