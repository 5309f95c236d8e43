//! Files that cannot be used: each is refused whole, with the place and what was expected, and nothing of it is stored.

use std::fs::File;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::setup::{Bench, Ran};

const GOOD: &str = r#"{"platform":"temu","account_id":"good","observed_at":"2024-05-03T12:00:00Z"}"#;

/// Puts a bad line behind a good one, imports, and holds the refusal to `said`.
#[track_caller]
fn check(bad: impl AsRef<[u8]>, said: &[&str]) {
    let bench = Bench::empty();
    bench.write("a.jsonl", [GOOD.as_bytes(), b"\n", bad.as_ref(), b"\n"].concat());
    refused(&bench, "accounts", "a.jsonl", said);
}

#[track_caller]
fn refused(bench: &Bench, kind: &str, file: &str, said: &[&str]) {
    let ran = bench.run(["import", &format!("--{kind}"), file]).expect(2);
    for text in [&[file], said].concat() {
        assert!(ran.stderr.contains(text), "expected {text:?} in\n{}", ran.stderr);
    }
    assert!(ran.stderr.len() < 4000, "an error is short:\n{}", ran.stderr);
    nothing_stored(bench);
}

#[track_caller]
fn nothing_stored(bench: &Bench) {
    let Ran { stdout, stderr, .. } = bench.run(["export", "networks"]).expect(0);
    assert_eq!(
        (stdout.as_str(), stderr.as_str()),
        ("account,network_id,probability\n", ""),
        "no account, and none waits"
    );
}

fn account(fields: &str) -> String {
    format!(r#"{{"platform":"temu","account_id":"bad","observed_at":"2024-05-03T12:00:00Z",{fields}}}"#)
}

#[test]
fn impossible_date() {
    check(account(r#""opened_at":"2024-02-30T00:00:00Z""#), &["line 2", "opened_at", "impossible"]);
    check(account(r#""persons":[{"name":"A","birth_date":"2024-02-30"}]"#), &["line 2", "persons[0].birth_date"]);
}

#[test]
fn slash_in_platform() {
    check(GOOD.replace("temu", "te/mu"), &["line 2", "platform", "expected 1 to 64 of a-z, 0-9 and _"]);
}

#[test]
fn unknown_enum() {
    check(account(r#""kind":"MARKET_STALL""#), &["line 2", "kind", "MARKETPLACE_SELLER"]);
}

#[test]
fn unknown_field_wrong_type_and_missing_field() {
    check(account(r#""phone":"1""#), &["line 2", "phone", "expected a known field"]);
    check(account(r#""phones":7"#), &["line 2", "phones"]);
    check(r#"{"platform":"temu"}"#, &["line 2", "account_id"]);
}

#[test]
fn duplicate_keys() {
    check(account(r#""source":"a","source":"b""#), &["line 2", "source", "at most once"]);
}

#[test]
fn broken_utf8() {
    check(b"{\"platform\":\"te\xffmu\"}", &["line 2", "expected UTF-8"]);
}

#[test]
fn array_bombs() {
    check(account(&format!(r#""phones":{}{}"#, "[".repeat(100_000), "]".repeat(100_000))), &["line 2"]);
    let many = vec![r#""1""#; 200_000].join(",");
    check(account(&format!(r#""phones":[{many}]"#)), &["line 2", "phones"]);
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let bench = Bench::empty();
    let file = File::create(bench.path("long.jsonl")).unwrap();
    file.set_len(100_000_000).unwrap();
    refused(&bench, "accounts", "long.jsonl", &["line 1", "expected a line of at most"]);

    // The same, a bomb of 100 KB on the disk, and a good line behind it.
    let mut gzip = GzEncoder::new(File::create(bench.path("long.jsonl.gz")).unwrap(), Compression::best());
    (0..100).for_each(|_| gzip.write_all(&[b' '; 1_000_000]).unwrap());
    gzip.write_all(b"x\n").unwrap();
    writeln!(gzip, "{GOOD}").unwrap();
    gzip.finish().unwrap();
    refused(&bench, "accounts", "long.jsonl.gz", &["line 1", "expected a line of at most"]);
    let ran =
        bench.run(["import", "--accounts", "long.jsonl.gz", "--skip-bad", "bad.jsonl", "--format", "csv"]).expect(0);
    assert!(ran.stdout.contains("long.jsonl.gz,accounts,1,0,0,1,1"), "{}", ran.stdout);
}

#[test]
fn truncated_gzip() {
    let bench = Bench::empty();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bench.read("testdata/world/accounts.jsonl").as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    bench.write("cut.jsonl.gz", &whole[..whole.len() / 2]);
    refused(&bench, "accounts", "cut.jsonl.gz", &["truncated or damaged"]);
    bench.write("whole.jsonl.gz", whole);
    bench.run(["import", "--accounts", "whole.jsonl.gz"]).expect(0);
}

#[test]
fn no_such_file_and_no_file_at_all() {
    let bench = Bench::empty();
    refused(&bench, "accounts", "nowhere.jsonl", &["open file"]);
    bench.run(["import"]).expect(2).says("expected a file");
    bench.run(["import", "--accounts", "x", "--images-root", "nowhere"]).expect(2).says("expected a folder");
    bench.run(["improt"]).expect(2);
}

#[test]
fn another_content_for_the_same_observation() {
    check(GOOD.replace('}', r#","display_name":"Other"}"#), &["line 2", "temu/good", "observed_at"]);
}

#[test]
fn bad_lines_are_left_out_as_they_stand_and_counted() {
    let bench = Bench::empty();
    let bad = [account(r#""kind":"X""#), r#"{"platform":"#.to_owned()];
    bench.write("a.jsonl", [bad[0].as_str(), GOOD, &bad[1]].join("\n"));
    let ran = bench.run(["import", "--accounts", "a.jsonl", "--skip-bad", "bad.jsonl", "--format", "csv"]).expect(0);
    assert!(ran.stdout.contains("a.jsonl,accounts,1,0,0,1,2"), "{}", ran.stdout);
    assert_eq!(bench.read("bad.jsonl").lines().collect::<Vec<_>>(), bad);
}

#[test]
fn one_bad_file_leaves_the_files_before_it_stored() {
    let bench = Bench::empty();
    bench.write("good.jsonl", GOOD);
    bench.write("bad.jsonl", "[]");
    bench.run(["import", "--accounts", "good.jsonl", "bad.jsonl"]).expect(2).says("bad.jsonl");
    bench.run(["export", "networks"]).expect(0).says("1 account waits");
}

#[test]
fn a_folder_that_is_no_store_is_left_alone() {
    let bench = Bench::empty();
    let entries = || std::fs::read_dir(bench.path("testdata")).unwrap().count();
    let before = entries();
    bench.run(["export", "networks", "--data", "testdata"]).expect(2).says("not a store");
    bench.write("a.jsonl", GOOD);
    bench.run(["import", "--accounts", "a.jsonl", "--data", "testdata"]).expect(2).says("not a store");
    assert_eq!(entries(), before);
}

#[test]
fn a_truth_file_is_checked_too() {
    let bench = Bench::linked();
    bench.write("t.csv", "account,entity\nebay_uk/a,x\nebay_uk/a,y\n");
    bench.run(["evaluate", "--truth", "t.csv"]).expect(2).says("two entities");
    bench.write("t.csv", "account,entity\n");
    bench.run(["evaluate", "--truth", "t.csv"]).expect(2).says("t.csv");
    bench.write("t.csv", "nobody,x\n");
    bench.run(["evaluate", "--truth", "t.csv"]).expect(2).says("line 1, account");
}

/// Imports one listing of a known account and says what came of it.
fn listing(title: &str, description: &str) -> (Bench, Ran) {
    let bench = Bench::empty();
    bench.write("a.jsonl", GOOD);
    bench.run(["import", "--accounts", "a.jsonl"]).expect(0);
    let line = format!(
        r#"{{"platform":"temu","listing_id":"1","account_id":"good","observed_at":"2024-05-03T12:00:00Z","title":"{title}","description":"{description}"}}"#
    );
    bench.write("l.jsonl", line);
    let ran = bench.run(["import", "--listings", "l.jsonl", "--link", "--format", "csv"]);
    (bench, ran)
}

#[test]
fn a_title_of_a_megabyte() {
    let (_, ran) = listing(&"x".repeat(1 << 20), "");
    ran.expect(2).says("l.jsonl").says("line 1").says("expected a line of at most");
    let (bench, ran) = listing(&"x".repeat(1_000_000), "");
    ran.expect(2).says("l.jsonl").says("line 1").says("title").says("at most 2048 bytes");
    bench.run(["link"]).expect(0);
    bench.run(["search", "xxxx", "--format", "csv"]).expect(0);
}

#[test]
fn half_a_surrogate_pair() {
    let (_, ran) = listing(r"\ud83d", "");
    let ran = ran.expect(2);
    assert!(ran.stderr.contains("l.jsonl") && ran.stderr.contains("line 1"), "{}", ran.stderr);
    let (_, ran) = listing(r"\ude00\ud83d", "");
    ran.expect(2).says("line 1");
}

#[test]
fn texts_that_say_nothing_or_hide_what_they_say_are_kept() {
    let marks = "\u{301}".repeat(10_000);
    for (title, description) in [
        ("👟👟🔥🔥💯", "👜".repeat(4_000)),
        ("\u{202e}ekin\u{202c} shoes", "\u{2067}".repeat(10_000)),
        ("\u{200b}\u{200b}", "\u{200d}".repeat(10_000)),
        ("marks", marks),
    ] {
        let (bench, ran) = listing(title, &description);
        let ran = ran.expect(0);
        assert!(ran.stdout.contains("l.jsonl,listings,1,"), "{}", ran.stdout);
        bench.run(["network", "temu/good"]).expect(0);
    }
    // Beyond the limit of the field it is told.
    let (_, ran) = listing(&"e\u{301}".repeat(10_000), "");
    ran.expect(2).says("title").says("at most");
}

#[test]
fn pictures_of_every_bad_sort_are_counted_and_their_records_stay() {
    let bench = Bench::empty();
    std::fs::create_dir(bench.path("pictures")).unwrap();
    let formats = |name: &str| std::fs::read(bench.path("testdata/images/formats").join(name)).unwrap();
    let png = formats("rgb.png");
    bench.write("pictures/truncated.png", &png[..png.len() / 2]);
    bench.write("pictures/empty.png", "");
    bench.write("pictures/page.jpg", "<html>not found</html>");
    // The head of a PNG of 30,000 by 30,000 pixels.
    let mut bomb = png[..33].to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    bench.write("pictures/bomb.png", bomb);
    for name in ["cmyk.jpg", "grey16.png", "animated.gif", "animated.webp", "one-colour.png"] {
        bench.write(&format!("pictures/{name}"), formats(name));
    }
    bench.write("pictures/wrong.gif", &png);
    let names = [
        "truncated.png",
        "empty.png",
        "page.jpg",
        "bomb.png",
        "cmyk.jpg",
        "grey16.png",
        "animated.gif",
        "animated.webp",
        "one-colour.png",
        "wrong.gif",
    ];
    let images = names.map(|name| format!(r#"{{"path":"{name}"}}"#)).join(",");
    bench.write("a.jsonl", account(&format!(r#""images":[{images}]"#)));
    let ran = bench.run(["import", "--accounts", "a.jsonl", "--images-root", "pictures", "--link"]).expect(0);
    assert!(ran.stderr.contains("truncated.png"), "the first that was left out is named:\n{}", ran.stderr);
    bench.run(["network", "temu/bad"]).expect(0);
}
