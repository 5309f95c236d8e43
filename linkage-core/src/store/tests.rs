//! One suite for every backend, then what only a directory can do.
//!
//! `on_both` runs a test on a [`MemoryStore`] and on a [`RocksStore`]; the functions it is given see only the trait.

use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::expect;
use proptest::prelude::*;

use super::*;

/// Runs a test on every backend. `reopen` in [`Backend`] closes the store, without any farewell, and opens it again.
fn on_both(test: impl Fn(&mut dyn Backend)) {
    test(&mut InMemory(MemoryStore::new()));
    let directory = tempfile::tempdir().unwrap();
    test(&mut OnDisk::new(directory.path()));
}

trait Backend {
    fn store(&self) -> &dyn Store;
    fn reopen(&mut self);
}

struct InMemory(MemoryStore);

struct OnDisk<'a> {
    directory: &'a Path,
    store: Option<RocksStore>,
}

impl<'a> OnDisk<'a> {
    fn new(directory: &'a Path) -> OnDisk<'a> {
        OnDisk { directory, store: Some(RocksStore::open(directory, RocksOptions::small()).unwrap()) }
    }
}

impl Backend for InMemory {
    fn store(&self) -> &dyn Store {
        &self.0
    }

    fn reopen(&mut self) {
        self.0 = self.0.clone();
    }
}

impl Backend for OnDisk<'_> {
    fn store(&self) -> &dyn Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(RocksStore::open(self.directory, RocksOptions::small()).unwrap());
    }
}

/// Writes rows given as `key=value`, and removes those given as `-key`.
#[track_caller]
fn write(store: &dyn Store, rows: &str) -> Sequence {
    store.commit(&batch(rows), &[]).unwrap()
}

fn batch(rows: &str) -> Batch {
    let mut batch = Batch::new();
    for row in rows.split_whitespace() {
        match (row.strip_prefix('-'), row.split_once('=')) {
            (Some(key), _) => batch.delete(key),
            (None, Some((key, value))) => batch.put(key, value),
            (None, None) => panic!("neither key=value nor -key: {row}"),
        }
    }
    batch
}

fn text((key, value): &(Vec<u8>, Vec<u8>)) -> String {
    format!("{}={}", String::from_utf8_lossy(key), String::from_utf8_lossy(value))
}

fn read(store: &dyn Store) -> String {
    read_range(store, &KeyRange::all())
}

fn read_range(store: &dyn Store, range: &KeyRange) -> String {
    let page = store.snapshot().unwrap().scan(range, usize::MAX).unwrap();
    page.rows.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn rows_of(store: &dyn Store) -> Vec<(Vec<u8>, Vec<u8>)> {
    let snapshot = store.snapshot().unwrap();
    let (mut rows, mut rest) = (Vec::new(), Some(KeyRange::all()));
    while let Some(range) = rest {
        let page = snapshot.scan(&range, 3).unwrap();
        rows.extend(page.rows);
        rest = page.rest;
    }
    rows
}

#[test]
fn a_batch_applies_in_its_order() {
    on_both(|backend| {
        let mut batch = batch("a=1 b=2 c=3 d=4 a=5");
        batch.delete_range(KeyRange::between("b", "d"));
        batch.put("c", "6");
        batch.delete("d");
        backend.store().commit(&batch, &[]).unwrap();
        assert_eq!(read(backend.store()), "a=5 c=6");
    });
}

#[test]
fn reads_come_in_the_order_asked_for() {
    on_both(|backend| {
        write(backend.store(), "a=1 b=2");
        let values = backend.store().snapshot().unwrap().get_many(&[b"b", b"x", b"a", b"b"]).unwrap();
        let values: Vec<_> = values.into_iter().map(|v| v.map(|v| String::from_utf8(v).unwrap())).collect();
        assert_eq!(values, [Some("2".into()), None, Some("1".into()), Some("2".into())]);
        assert_eq!(backend.store().snapshot().unwrap().get(b"a").unwrap(), Some(b"1".to_vec()));
        assert!(backend.store().snapshot().unwrap().get_many(&[]).unwrap().is_empty());
    });
}

#[test]
fn scans_stop_and_go_on() {
    on_both(|backend| {
        write(backend.store(), "a=1 b1=2 b2=3 b3=4 c=5");
        let snapshot = backend.store().snapshot().unwrap();
        let first = snapshot.scan(&KeyRange::prefix(b"b"), 2).unwrap();
        assert_eq!(first.rows.iter().map(text).collect::<Vec<_>>(), ["b1=2", "b2=3"]);
        let second = snapshot.scan(&first.rest.unwrap(), 2).unwrap();
        assert_eq!(second.rows.iter().map(text).collect::<Vec<_>>(), ["b3=4"]);
        assert_eq!(second.rest, None);

        let none = snapshot.scan(&KeyRange::prefix(b"b"), 0).unwrap();
        assert!(none.rows.is_empty());
        assert_eq!(none.rest, Some(KeyRange::between("b1", "c")));
        let pages = snapshot.scan_many(&[KeyRange::prefix(b"c"), KeyRange::prefix(b"a")], 9).unwrap();
        assert_eq!(pages.iter().map(|page| text(&page.rows[0])).collect::<Vec<_>>(), ["c=5", "a=1"]);
    });
}

#[test]
fn a_page_ends_at_its_bytes() {
    on_both(|backend| {
        for key in ["a", "b", "c"] {
            let mut batch = Batch::new();
            batch.put(key, vec![7; PAGE_BYTES_MAX / 2]);
            backend.store().commit(&batch, &[]).unwrap();
        }
        let page = backend.store().snapshot().unwrap().scan(&KeyRange::all(), 9).unwrap();
        assert_eq!((page.rows.len(), page.rest.is_some()), (2, true));
    });
}

#[test]
fn ranges_know_their_ends() {
    on_both(|backend| {
        let mut batch = batch("a=1");
        for key in [&[0xfe, 0xff][..], &[0xff], &[0xff, 0xff], &[0xff, 0xff, 0]] {
            batch.put(key, "x");
        }
        backend.store().commit(&batch, &[]).unwrap();
        let count = |range| backend.store().snapshot().unwrap().scan(&range, 9).unwrap().rows.len();
        assert_eq!(count(KeyRange::prefix(&[0xff])), 3);
        assert_eq!(count(KeyRange::prefix(&[0xfe, 0xff])), 1);
        assert_eq!(count(KeyRange::prefix(&[])), 5);
        assert_eq!(count(KeyRange::between("b", "a")), 0);
        assert_eq!(count(KeyRange::all().after(&[0xff])), 2);

        let mut rest = Batch::new();
        rest.delete_range(KeyRange::prefix(&[0xff]));
        rest.delete_range(KeyRange::between("b", "a"));
        backend.store().commit(&rest, &[]).unwrap();
        assert_eq!(count(KeyRange::all()), 2);
        let mut all = Batch::new();
        all.delete_range(KeyRange::all());
        let sequence = backend.store().commit(&all, &[]).unwrap();
        backend.reopen();
        assert_eq!(read(backend.store()), "");
        assert_eq!(backend.store().snapshot().unwrap().sequence(), sequence);
    });
}

#[test]
fn a_snapshot_stays_as_it_was() {
    on_both(|backend| {
        write(backend.store(), "a=1 b=2");
        let before = backend.store().snapshot().unwrap();
        let later = write(backend.store(), "a=9 c=3 -b");
        assert_eq!(before.get(b"a").unwrap(), Some(b"1".to_vec()));
        let page = before.scan(&KeyRange::all(), 9).unwrap();
        assert_eq!(page.rows.iter().map(text).collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert!(before.sequence() < later);
        assert_eq!(read(backend.store()), "a=9 c=3");
    });
}

#[test]
fn a_commit_upon_something_else_is_refused() {
    on_both(|backend| {
        write(backend.store(), "a=1");
        let commit = |expected: &[Expectation]| match backend.store().commit(&batch("b=2"), expected) {
            Ok(_) => "done".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(commit(&[Expectation::holds("a", b"1"), Expectation::absent("b")]), "done");
        let changed = "the row at position 1 of the expectations has changed since it was read";
        assert_eq!(commit(&[Expectation::holds("a", b"1"), Expectation::absent("b")]), changed);
        assert_eq!(commit(&[Expectation::unchanged("x", None), Expectation::unchanged("a", Some(b"2"))]), changed);
        assert_eq!(commit(&[Expectation::holds("b", b"2")]), "done");
    });
}

#[test]
fn what_is_over_a_limit_is_refused_and_nothing_written() {
    on_both(|backend| {
        let refuse = |key: Vec<u8>, value: Vec<u8>, more: usize| {
            let mut batch = batch("fine=1");
            batch.put(key, value.clone());
            for n in 0..more {
                batch.put(format!("more{n}"), value.clone());
            }
            backend.store().commit(&batch, &[]).unwrap_err().to_string()
        };
        expect!["a key that is empty, begins with the byte 0 or is out of order"].assert_eq(&refuse(vec![], vec![], 0));
        expect!["a key that is empty, begins with the byte 0 or is out of order"].assert_eq(&refuse(
            vec![0],
            vec![],
            0,
        ));
        expect!["key of 4097 bytes where at most 4096 are allowed"].assert_eq(&refuse(vec![1; 4097], vec![], 0));
        expect!["value of 16777217 bytes where at most 16777216 are allowed"].assert_eq(&refuse(
            vec![1],
            vec![1; VALUE_BYTES_MAX + 1],
            0,
        ));
        expect!["batch of 83886106 bytes where at most 67108864 are allowed"].assert_eq(&refuse(
            vec![1],
            vec![1; VALUE_BYTES_MAX],
            4,
        ));
        assert_eq!(read(backend.store()), "");
        write(backend.store(), "fine=1");
    });
}

#[test]
fn sequence_numbers_grow_over_a_reopen() {
    on_both(|backend| {
        assert_eq!(backend.store().snapshot().unwrap().sequence(), Sequence(0));
        let first = write(backend.store(), "a=1");
        let second = write(backend.store(), "");
        backend.reopen();
        assert_eq!(backend.store().snapshot().unwrap().sequence(), second);
        let third = write(backend.store(), "b=1");
        assert!(first < second && second < third);
        assert_eq!(read(backend.store()), "a=1 b=1");
    });
}

#[test]
fn buffered_commits_survive_the_process() {
    on_both(|backend| {
        let store = backend.store();
        store.commit(&batch("a=1").with_durability(Durability::Buffered), &[]).unwrap();
        store.commit(&batch("b=1").with_durability(Durability::Buffered), &[]).unwrap();
        backend.reopen();
        assert_eq!(read(backend.store()), "a=1 b=1");
    });
}

#[test]
fn a_power_cut_takes_buffered_commits_up_to_the_last_synced_one() {
    let store = MemoryStore::new();
    store.commit(&batch("a=1").with_durability(Durability::Buffered), &[]).unwrap();
    let synced = write(&store, "b=1");
    store.commit(&batch("c=1 -a").with_durability(Durability::Buffered), &[]).unwrap();
    store.commit(&batch("d=1").with_durability(Durability::Buffered), &[]).unwrap();
    store.cut_power();
    assert_eq!(read(&store), "a=1 b=1");
    assert_eq!(store.snapshot().unwrap().sequence(), synced);
    store.cut_power();
    assert_eq!(read(&store), "a=1 b=1");
}

#[test]
fn reclaiming_changes_no_row() {
    on_both(|backend| {
        write(backend.store(), "a=1 b=2 c=3");
        write(backend.store(), "-b");
        backend.store().reclaim(&KeyRange::all()).unwrap();
        assert_eq!(read(backend.store()), "a=1 c=3");
        backend.reopen();
        assert_eq!(read(backend.store()), "a=1 c=3");
    });
}

#[test]
fn what_was_erased_and_reclaimed_is_in_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
    write(&store, "a=one b=personal-data-to-erase c=three");
    let found = || {
        let files = std::fs::read_dir(directory.path()).unwrap();
        files.into_iter().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
            bytes.windows(16).any(|window| window == b"personal-data-to")
        })
    };
    assert!(found());
    write(&store, "-b");
    store.reclaim(&KeyRange::all()).unwrap();
    assert!(!found());
}

#[test]
fn two_handles_on_one_directory_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
    let error = RocksStore::open(directory.path(), RocksOptions::small()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    drop(store);
    RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
}

#[test]
fn a_directory_without_a_store_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let open = |path: &Path, create| {
        let error = RocksStore::open(path, RocksOptions { create, ..RocksOptions::small() }).unwrap_err();
        error.to_string().replace(&path.display().to_string(), "DIR")
    };
    expect![[r#"there is no store in "DIR""#]].assert_eq(&open(directory.path(), false));
    expect![[r#"there is no store in "DIR""#]].assert_eq(&open(&directory.path().join("none"), false));
    std::fs::write(directory.path().join("thesis.tex"), "").unwrap();
    expect![[r#""DIR" is not a store and not empty; choose an empty or new directory"#]]
        .assert_eq(&open(directory.path(), true));
    let inside = directory.path().join("thesis.tex").join("store");
    assert!(matches!(RocksStore::open(&inside, RocksOptions::small()), Err(StoreError::Io { .. })));
}

#[test]
fn damaged_files_are_an_error() {
    for (suffix, damage) in [(".sst", 40), ("MANIFEST", 20)] {
        let directory = tempfile::tempdir().unwrap();
        let store = RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
        write(&store, "a=1 b=2 c=3 d=4 e=5");
        store.reclaim(&KeyRange::all()).unwrap();
        drop(store);
        for file in std::fs::read_dir(directory.path()).unwrap() {
            let path = file.unwrap().path();
            if path.to_string_lossy().contains(suffix) {
                let mut bytes = std::fs::read(&path).unwrap();
                let end = damage.min(bytes.len());
                bytes[10..end].fill(0x5a);
                std::fs::write(&path, bytes).unwrap();
            }
        }
        let outcome = RocksStore::open(directory.path(), RocksOptions::small())
            .and_then(|store| store.snapshot()?.scan(&KeyRange::all(), 9).map(drop));
        assert!(matches!(outcome, Err(StoreError::Corrupt { .. } | StoreError::Io { .. })), "{suffix}: {outcome:?}");
    }
}

#[test]
fn errors_of_the_system_are_told_apart() {
    use rocksdb::ErrorKind::{Corruption, IOError};

    let full = "IO error: No space left on device: While appending to file: x/000004.log";
    assert!(matches!(rocks::classify(IOError, full.into()), StoreError::DiskFull { .. }));
    let quota = "IO error: Disk quota exceeded: While appending to file";
    assert!(matches!(rocks::classify(IOError, quota.into()), StoreError::DiskFull { .. }));
    assert!(matches!(rocks::classify(IOError, "IO error: While pread".into()), StoreError::Io { .. }));
    let damaged = "Corruption: block checksum mismatch";
    assert!(matches!(rocks::classify(Corruption, damaged.into()), StoreError::Corrupt { .. }));
}

#[test]
fn the_commit_that_should_fail_fails() {
    let inner = MemoryStore::new();
    let store = FailingStore::new(inner.clone(), FailWhen::From(2), Failure::Io);
    write(&store, "a=1");
    assert!(matches!(store.commit(&batch("b=1"), &[]), Err(StoreError::Io { .. })));
    assert!(matches!(store.commit(&batch("c=1"), &[]), Err(StoreError::Io { .. })));
    assert_eq!(read(&inner), "a=1");

    let store = FailingStore::new(inner.clone(), FailWhen::From(1), Failure::AfterWriting);
    assert!(matches!(store.commit(&batch("b=1"), &[]), Err(StoreError::Io { .. })));
    assert!(matches!(store.commit(&batch("c=1"), &[]), Err(StoreError::Io { .. })));
    assert_eq!(read(&inner), "a=1 b=1");

    let store = FailingStore::new(inner.clone(), FailWhen::Once(1), Failure::DiskFull);
    assert!(matches!(store.commit(&batch("c=1"), &[]), Err(StoreError::DiskFull { .. })));
    write(&store, "c=1");
    assert_eq!(read(&store), "a=1 b=1 c=1");
    assert_eq!(store.commits().load(std::sync::atomic::Ordering::SeqCst), 2);
}

/// Not a test by itself: what the tests below run in a process of its own, told by the environment.
#[test]
fn child() {
    let (Ok(task), Ok(directory)) = (std::env::var("STORE_TEST_CHILD"), std::env::var("STORE_TEST_DIR")) else {
        return;
    };
    let directory = Path::new(&directory);
    match (task.as_str(), RocksStore::open(directory, RocksOptions::small())) {
        ("open", outcome) => println!("outcome: {}", outcome.map_or_else(|error| error.to_string(), |_| "open".into())),
        ("write for ever", Ok(store)) => {
            for number in 0_u64.. {
                let mut batch = Batch::new();
                for part in 0..3 {
                    batch.put(format!("{number:08}/{part}"), vec![b'x'; 2000]);
                }
                store.commit(&batch, &[]).unwrap();
                println!("outcome: {number}");
            }
        }
        ("write until it fails", Ok(store)) => {
            let failed = (0_u64..10_000).find_map(|number| {
                let mut batch = Batch::new();
                batch.put(format!("{number:08}"), vec![b'x'; 5000]);
                store.commit(&batch, &[]).err()
            });
            let then = store.commit(&batch("z=1"), &[]).err();
            println!("outcome: {failed:?} then {then:?}");
        }
        (task, outcome) => panic!("{task}: {outcome:?}"),
    }
}

fn child_command(task: &str, directory: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "store::tests::child", "--nocapture"]);
    command.env("STORE_TEST_CHILD", task).env("STORE_TEST_DIR", directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let store = RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
    let outcome = || {
        let output = child_command("open", directory.path()).output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).replace(&directory.path().display().to_string(), "DIR");
        output.lines().find_map(|line| line.split_once("outcome: ")).map(|(_, outcome)| outcome.to_owned()).unwrap()
    };
    expect![[r#"the store "DIR" is in use by another process; end that process or choose another directory"#]]
        .assert_eq(&outcome());
    drop(store);
    assert_eq!(outcome(), "open");
}

#[test]
fn a_killed_process_loses_no_commit_and_halves_none() {
    use std::io::BufRead;

    let directory = tempfile::tempdir().unwrap();
    let mut child = child_command("write for ever", directory.path()).spawn().unwrap();
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut reported = 0_u64;
    for line in output.lines() {
        if let Some((_, number)) = line.unwrap().split_once("outcome: ") {
            reported = number.parse().unwrap();
            if reported == 50 {
                break;
            }
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(reported, 50);
    let store = RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
    let rows = rows_of(&store);
    assert_eq!(rows.len() % 3, 0);
    assert!(rows.len() / 3 > 50);
    assert_eq!(store.snapshot().unwrap().sequence(), Sequence(rows.len() as u64 / 3));
}

/// A limit on the size of a file is the full disk that a test can have without being root.
#[test]
#[cfg(target_os = "linux")]
fn a_write_that_fails_is_an_error_and_what_was_written_stays() {
    let directory = tempfile::tempdir().unwrap();
    let child = child_command("write until it fails", directory.path());
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\"")
        .arg(child.get_program())
        .args(child.get_args());
    shell.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(output.contains("outcome: Some(Io"), "{output}");
    assert!(output.contains("then Some(Broken)"), "{output}");

    let store = RocksStore::open(directory.path(), RocksOptions::small()).unwrap();
    let written = rows_of(&store).len();
    assert!((50..300).contains(&written), "{written}");
    write(&store, "z=1");
}

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    DeleteRange(Vec<u8>, Vec<u8>),
    DeletePrefix(Vec<u8>),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![1_u8..4, Just(u8::MAX)];
    proptest::collection::vec(byte, 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (key(), proptest::collection::vec(any::<u8>(), 0..4)).prop_map(|(key, value)| Step::Put(key, value)),
        2 => key().prop_map(Step::Delete),
        1 => (key(), key()).prop_map(|(start, end)| Step::DeleteRange(start, end)),
        1 => key().prop_map(Step::DeletePrefix),
    ]
}

fn steps_batch(steps: &[Step]) -> Batch {
    let mut batch = Batch::new().with_durability(Durability::Buffered);
    for step in steps.iter().cloned() {
        match step {
            Step::Put(key, value) => batch.put(key, value),
            Step::Delete(key) => batch.delete(key),
            Step::DeleteRange(start, end) => batch.delete_range(KeyRange::between(start, end)),
            Step::DeletePrefix(prefix) => batch.delete_range(KeyRange::prefix(&prefix)),
        }
    }
    batch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn memory_and_disk_agree(
        batches in proptest::collection::vec(proptest::collection::vec(step(), 0..12), 1..6),
        probe in key(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut disk = OnDisk::new(directory.path());
        let memory = MemoryStore::new();
        for steps in &batches {
            let batch = steps_batch(steps);
            prop_assert_eq!(memory.commit(&batch, &[]).unwrap(), disk.store().commit(&batch, &[]).unwrap());
            prop_assert_eq!(rows_of(&memory), rows_of(disk.store()));
        }
        disk.reopen();
        prop_assert_eq!(rows_of(&memory), rows_of(disk.store()));
        let page = |store: &dyn Store| {
            let snapshot = store.snapshot().unwrap();
            (
                snapshot.sequence(),
                snapshot.get(&probe).unwrap(),
                snapshot.scan(&KeyRange::prefix(&probe), 2).unwrap(),
                snapshot.scan(&KeyRange::all().after(&probe), 2).unwrap(),
            )
        };
        prop_assert_eq!(page(&memory), page(disk.store()));
    }
}
