//! What the README and `--help` show is run as it stands.

use std::fs;

use crate::setup::{Bench, repository};

const COMMANDS: &[&str] = &[
    "import",
    "link",
    "export",
    "export networks",
    "export links",
    "export graphml",
    "resolve",
    "check",
    "rules",
    "explain",
    "network",
    "review",
    "compare",
    "train",
    "search",
    "evaluate",
    "metrics",
    "forget",
    "images",
    "images explain",
    "images fingerprint",
    "images index",
    "images match",
    "simulate",
    "serve",
    "exchange match",
    "exchange demo",
    "exchange join",
    "exchange ceremony",
    "exchange admit",
    "exchange rotate commit",
    "member init",
    "exchange ca new",
    "exchange ca issue",
    "exchange ca revoke",
    "exchange ca list",
    "demo",
    "completions",
    "man",
];

/// Runs the commands of a document in their order, with the files that it shows.
#[track_caller]
fn every_command_works(document: &str) {
    let text = fs::read_to_string(repository().join(document)).unwrap();
    let bench = Bench::empty();
    for (language, file) in [
        ("json", "new_seller.jsonl"),
        ("toml", "mapping.toml"),
        ("toml rules.toml", "rules.toml"),
        ("csv", "sellers.csv"),
    ] {
        bench.write(file, fenced(&text, language).join("\n"));
    }
    let commands: Vec<String> = fenced(&text, "sh").into_iter().filter(|line| line.starts_with("linkage ")).collect();
    assert!(10 <= commands.len(), "{document} was not understood: {commands:?}");
    for command in commands {
        let ran = bench.shell(&command);
        assert_eq!(ran.status, Some(0), "{command}\n--- stdout\n{}\n--- stderr\n{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn every_command_of_the_readme_works() {
    every_command_works("README.md");
}

#[test]
fn every_command_of_the_guide_works() {
    every_command_works("docs/guide.md");
}

#[test]
fn every_command_of_the_pilot_of_private_matching_works() {
    every_command_works("docs/privacy.md");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    for document in ["README.md", "docs/guide.md"] {
        let text = fs::read_to_string(repository().join(document)).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !link.starts_with("https://")) {
            assert!(repository().join(link).exists(), "{document} names {link}");
        }
    }
}

#[test]
fn the_example_record_of_the_readme_is_understood() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let bench = Bench::linked();
    bench.write("new_seller.jsonl", fenced(&readme, "json").join("\n"));
    let answer = bench.run(["resolve", "--account", "new_seller.jsonl", "--format", "csv"]).expect(0).stdout;
    assert!(answer.contains("\ntemu/dc_leather,ACT,"), "{answer}");
}

#[test]
fn every_help_has_an_example_that_works() {
    for command in COMMANDS {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = Bench::empty().run(arguments).expect(0).stdout;
        let examples: Vec<&str> = help.lines().skip_while(|line| *line != "Example:").skip(1).map(str::trim).collect();
        assert!(!examples.is_empty(), "no example in the help of {command}");
        let bench = Bench::linked();
        write_examples(&bench);
        for example in examples {
            assert!(example.starts_with("linkage "), "{command}: {example}");
            // `serve` does not come back by itself; see answers.rs.
            if *command != "serve" {
                bench.shell(example).expect(0);
            }
        }
    }
}

/// Writes the files that examples name and that are not shipped.
pub(crate) fn write_examples(bench: &Bench) {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    bench.write("new_seller.jsonl", fenced(&readme, "json").join("\n"));
    let guide = fs::read_to_string(repository().join("docs/guide.md")).unwrap();
    bench.write("rules.toml", fenced(&guide, "toml rules.toml").join("\n"));
}

/// Lines of the fenced blocks in a language, without their indent.
pub(crate) fn fenced(text: &str, language: &str) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("```") {
            Some(begins) => inside = begins == language,
            None if inside => lines.push(line.to_owned()),
            None => {}
        }
    }
    lines
}
