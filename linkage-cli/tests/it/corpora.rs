//! Replays the corpora of the fuzz targets: what a fuzzer once found, and the seeds it begins with.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::targets::TARGETS;

fn fuzz() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}

/// The names in a folder, without what follows a dot.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.to_str().unwrap().split('.').next().unwrap().to_owned()).collect()
}

#[test]
fn every_input_of_every_corpus_is_stood() {
    let mut fallen = Vec::new();
    for (name, target) in TARGETS {
        let mut inputs: Vec<PathBuf> =
            fs::read_dir(fuzz().join("corpus").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{name} has no seeds");
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                fallen.push(input.display().to_string());
            }
        }
    }
    assert!(fallen.is_empty(), "these inputs end in a panic, which stands above:\n{}", fallen.join("\n"));
}

#[test]
fn every_target_has_a_binary_and_a_corpus() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("fuzz_targets"), targets);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let binaries = manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap().to_owned());
    assert_eq!(binaries.collect::<BTreeSet<String>>(), targets);
    // All of them say the same, so that none calls anything but the function that is replayed here.
    let texts = targets.iter().map(|name| fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap());
    assert_eq!(texts.collect::<BTreeSet<String>>().len(), 1);
}
