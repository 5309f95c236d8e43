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
    "explain",
    "network",
    "review",
    "compare",
    "train",
    "search",
    "evaluate",
    "forget",
    "images",
    "images fingerprint",
    "images match",
    "serve",
    "demo",
    "completions",
    "man",
];

#[test]
fn every_command_of_the_readme_works() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let bench = Bench::empty();
    bench.write("new_seller.jsonl", fenced(&readme, "json").join("\n"));
    let commands: Vec<String> = fenced(&readme, "sh").into_iter().filter(|line| line.starts_with("linkage ")).collect();
    assert!(10 <= commands.len(), "the README was not understood: {commands:?}");
    for command in commands {
        println!("{command}");
        bench.shell(&command).expect(0);
    }
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
}

/// Lines of the fenced blocks in a language, without their indent.
fn fenced(text: &str, language: &str) -> Vec<String> {
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
