//! Stopped, killed, out of disk, or in somebody else's way: the store is as before or as after.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use linkage_core::ledger::{Header, Ledger, SCHEMA_VERSION};
use linkage_core::store::{RocksOptions, RocksStore};

use crate::setup::{Bench, Ran};

/// Starts an import that reads what the test writes, and returns once it has read some of it and waits for more.
fn import_under_way(bench: &Bench) -> Child {
    let mut command = bench.command(["import", "--accounts", "/dev/stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // More than a pipe holds: when all is written, the import has begun to read.
    let stdin = child.stdin.as_mut().unwrap();
    for n in 0..20_000 {
        writeln!(stdin, r#"{{"platform":"temu","account_id":"s{n}","observed_at":"2024-05-03T12:00:00Z"}}"#).unwrap();
    }
    child
}

/// Ends the input and waits for the end.
fn finish(mut child: Child) -> Ran {
    drop(child.stdin.take());
    Ran::from(child.wait_with_output().unwrap())
}

fn interrupt(child: &Child) {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(status.success());
}

#[test]
fn an_import_stopped_by_ctrl_c_changes_nothing() {
    let bench = Bench::linked();
    let before = bench.seen();
    let child = import_under_way(&bench);
    interrupt(&child);
    finish(child).expect(3).says("stopped before the end");
    assert_eq!(bench.seen(), before);
}

#[test]
fn a_second_ctrl_c_ends_an_import_at_once() {
    let bench = Bench::linked();
    let before = bench.seen();
    let mut child = import_under_way(&bench);
    // Two at once may be seen as one, so ask until the process is gone; its input stays open all the while.
    let status = loop {
        interrupt(&child);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::yield_now();
    };
    assert_eq!(status.code(), None, "ended by the signal");
    assert_eq!(bench.seen(), before);
}

#[test]
fn an_import_that_is_killed_changes_nothing() {
    let bench = Bench::linked();
    let before = bench.seen();
    let mut child = import_under_way(&bench);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(bench.seen(), before);
    finish(import_under_way(&bench)).expect(0);
}

/// Starts `link`, and at its `n`-th line does something to it. Returns how it ended, and whether it got so far.
fn link_until(bench: &Bench, n: usize, then: impl FnOnce(&mut Child)) -> (Option<i32>, bool) {
    let mut child = bench.command(["link"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let reached = lines.by_ref().take(n).count() == n;
    if reached {
        then(&mut child);
    }
    lines.for_each(drop);
    (child.wait().unwrap().code(), reached)
}

#[test]
fn a_link_that_is_killed_or_stopped_leaves_the_store_as_before_or_after() {
    let before = Bench::imported().seen();
    let after = Bench::linked().seen();
    assert_ne!(before, after);
    for kill in [true, false] {
        for n in 1.. {
            let bench = Bench::imported();
            let (code, reached) =
                link_until(&bench, n, |child| if kill { child.kill().unwrap() } else { interrupt(child) });
            let seen = bench.seen();
            match code {
                // Killed: before, or the last step was done already.
                None => assert!(seen == before || seen == after, "killed at line {n}"),
                Some(0) => assert_eq!(seen, after, "stopped too late, at line {n}"),
                Some(code) => assert_eq!((code, seen == before), (3, true), "stopped at line {n}"),
            }
            bench.run(["link"]).expect(0);
            assert_eq!(partition(&bench), partition(&Bench::linked()), "linked after line {n}");
            if !reached {
                break;
            }
        }
    }
}

/// Who is with whom, whatever the networks are called.
fn partition(bench: &Bench) -> Vec<(String, String)> {
    let stdout = bench.run(["export", "networks"]).expect(0).stdout;
    let mut first = std::collections::HashMap::new();
    let rows = stdout.lines().skip(1).map(|row| row.split_once(',').unwrap());
    rows.map(|(account, rest)| {
        let network = rest.split_once(',').unwrap().0.to_owned();
        (account.to_owned(), first.entry(network).or_insert_with(|| account.to_owned()).clone())
    })
    .collect()
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let bench = Bench::linked();
    let child = import_under_way(&bench);
    bench.run(["export", "networks"]).expect(3).says("in use by another process");
    bench.run(["import", "--accounts", "testdata/world/accounts.jsonl"]).expect(3).says("in use");
    finish(child).expect(0);
    bench.run(["export", "networks"]).expect(0);
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_as_it_is() {
    let bench = Bench::empty();
    let store = RocksStore::open(&bench.path("linkage-data"), RocksOptions::small()).unwrap();
    let header = Header { schema_version: SCHEMA_VERSION + 1, ..Header::random().unwrap() };
    drop(Ledger::create_with(Box::new(store), header).unwrap());
    for _ in 0..2 {
        bench.run(["export", "networks"]).expect(3).says("use a newer program");
        bench.run(["import", "--accounts", "testdata/world/accounts.jsonl"]).expect(3).says("use a newer program");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_output_is_told() {
    let bench = Bench::linked();
    bench.shell("linkage export networks > /dev/full").expect(3).says("No space left");
    bench
        .shell("linkage explain ebay_uk/mlbags_direct ebay_uk/moorland_leather > /dev/full")
        .expect(3)
        .says("No space left");
    bench.write("bad.jsonl", "[]\n");
    bench.shell("linkage import --accounts bad.jsonl --skip-bad /dev/full").expect(3).says("lines left out");
}

/// The system refuses to let files grow, as a full disk does; what was there before stays.
#[test]
fn a_store_that_cannot_grow_is_as_before() {
    let bench = Bench::linked();
    let before = bench.seen();
    let rows = (0..20_000)
        .map(|n| format!(r#"{{"platform":"temu","account_id":"s{n}","observed_at":"2024-05-03T12:00:00Z"}}"#));
    bench.write("many.jsonl", rows.collect::<Vec<_>>().join("\n"));
    let ran = bench.shell("trap '' XFSZ; ulimit -f 512; linkage import --accounts many.jsonl");
    ran.expect(3).says("store");
    assert_eq!(bench.seen(), before);
    bench.run(["import", "--accounts", "many.jsonl"]).expect(0);
}
