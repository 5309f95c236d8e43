//! What `--format json` and `--format jsonl` write is held to the schemas in `docs/schema`.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::documents::write_examples;
use crate::schema::faults;
use crate::setup::{Bench, import_world, repository};

const LEFT: &str = "ebay_uk/mlbags_direct";
const RIGHT: &str = "ebay_uk/moorland_leather";

/// Runs a command with `--format json` and `--format jsonl` in copies of a linked store; every answer must be as the schema says.
#[track_caller]
fn check(schema: &str, bench: &dyn Fn() -> Bench, arguments: &[&str]) {
    let schema = read(schema);
    let with = |format| bench().run(arguments.iter().copied().chain(["--format", format])).done();
    let document: Value = serde_json::from_str(&with("json")).unwrap();
    valid(&schema, &document);

    let of_line = match schema.get("items") {
        Some(items) => with_definitions(items, &schema),
        None => schema.clone(),
    };
    if document.is_array() || LINES_ARE_DOCUMENTS.contains(&arguments[0]) {
        let lines = with("jsonl");
        assert!(document.as_array().is_none_or(|rows| rows.len() == lines.lines().count()), "{arguments:?}");
        lines.lines().for_each(|line| valid(&of_line, &serde_json::from_str(line).unwrap()));
    }
}

/// Commands that write the one document of `--format json` as a line.
const LINES_ARE_DOCUMENTS: &[&str] = &["check"];

fn read(schema: &str) -> Value {
    let file = repository().join("docs/schema").join(format!("{schema}.json"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn with_definitions(items: &Value, schema: &Value) -> Value {
    let mut items = items.clone();
    if let (Value::Object(items), Some(definitions)) = (&mut items, schema.get("$defs")) {
        items.insert("$defs".to_owned(), definitions.clone());
    }
    items
}

#[track_caller]
fn valid(schema: &Value, document: &Value) {
    let faults = faults(schema, document);
    assert!(faults.is_empty(), "{}", faults[..faults.len().min(5)].join("\n"));
}

#[test]
fn what_changes_the_store() {
    let import = import_world();
    let import: Vec<&str> = import.iter().map(String::as_str).collect();
    check("import", &Bench::empty, &import);
    check("link", &Bench::imported, &["link"]);
    check("forget", &Bench::linked, &["forget", RIGHT]);
    let review = ["review", LEFT, RIGHT, "--verdict", "different", "--note", "另一个人", "--by", "ann"];
    check("review", &Bench::linked, &review);
    let reviewed = || {
        let bench = Bench::linked();
        bench.run(review).expect(0);
        bench.run(["review", "--undo", "0", "--by", "ben"]).expect(0);
        bench
    };
    check("review-list", &reviewed, &["review", "--list"]);
}

#[test]
fn what_asks_the_store() {
    check("export-networks", &Bench::linked, &["export", "networks"]);
    check("export-links", &Bench::linked, &["export", "links", "--all"]);
    check("explain", &Bench::linked, &["explain", LEFT, RIGHT]);
    check("evaluate", &Bench::linked, &["evaluate", "--truth", "testdata/world/truth.csv"]);
    check("metrics", &Bench::linked, &["metrics"]);
    check("metrics", &Bench::linked, &["metrics", "--truth", "testdata/world/truth.csv", "--band", "lead"]);
    check("metrics-fields", &Bench::linked, &["metrics", "--fields", "--band", "lead"]);
    check("search", &Bench::linked, &["search", "李春生"]);
    for account in [LEFT, "ebay_uk/willow_and_wren", "tiktok/tidewater_audio"] {
        check("check", &Bench::linked, &["check", account]);
    }
    check("check", &Bench::linked, &["check", LEFT, "--as-of", "2000-01-01"]);
    check("rules", &Bench::empty, &["rules"]);
    let resolve = ["resolve", "--account", "testdata/world/accounts.jsonl"];
    check("resolve", &Bench::linked, &resolve);
    check("resolve", &Bench::empty, &resolve);
}

#[test]
fn what_tells_of_a_network() {
    for account in [LEFT, "ebay_uk/willow_and_wren"] {
        for band in ["act", "lead"] {
            check("network", &Bench::linked, &["network", account, "--band", band]);
        }
    }
    for (schema, part) in [
        ("network-members", "members"),
        ("network-timeline", "timeline"),
        ("network-returns", "returns"),
        ("export-links", "links"),
        ("network-neighbours", "neighbours"),
    ] {
        check(schema, &Bench::linked, &["network", LEFT, "--part", part]);
    }
}

#[test]
fn what_needs_no_store() {
    let bench = || {
        let bench = Bench::linked();
        write_examples(&bench);
        bench
    };
    for command in ["compare", "train", "images explain", "images fingerprint", "images index", "images match"] {
        let example = example(command);
        // The format is chosen by the check.
        let words = example.split(" --format ").next().unwrap();
        let words: Vec<&str> = words.split(' ').skip(1).collect();
        check(&command.replace(' ', "-"), &bench, &words);
    }
}

/// The first example of a command's help.
fn example(command: &str) -> String {
    let help = Bench::empty().run(command.split(' ').chain(["--help"])).expect(0).stdout;
    let example = help.lines().skip_while(|line| *line != "Example:").nth(1);
    example.unwrap().trim().to_owned()
}

#[test]
fn every_schema_is_listed_and_says_which_command_it_is_of() {
    let folder = repository().join("docs/schema");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let names: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert!(20 <= names.len(), "{names:?}");
    for name in names {
        assert!(readme.contains(&format!("`{name}`")), "docs/schema/README.md does not list {name}");
        let schema = read(name.trim_end_matches(".json"));
        assert!(schema["title"].as_str().unwrap().starts_with("linkage "), "{name}");
    }
}
