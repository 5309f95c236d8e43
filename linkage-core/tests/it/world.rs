//! The world in `testdata` is what the simulator writes, byte for byte, and has those whom the documents ask about.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use linkage_core::simulate::{Counts, Request, scenario, simulate};

/// Files of the world, pictures included: path and content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/world")
}

fn made(folder: &Path) -> Counts {
    let request = Request { scenario: scenario("demo").unwrap(), accounts: 2_000, seed: 1 };
    simulate(&request, folder, &mut |_| {}).unwrap()
}

#[test]
fn the_shipped_world_is_what_the_simulator_writes() {
    let folder = tempfile::tempdir().unwrap();
    let counts = made(folder.path());
    let (shipped, made) = (files(&shipped()), files(folder.path()));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&shipped), names(&made));
    // Of files that differ only the names: they are long.
    let differ: Vec<_> = made.iter().filter(|(name, bytes)| shipped[*name] != **bytes).map(|(name, _)| name).collect();
    let hint = "linkage simulate --scenario demo --accounts 2000 --seed 1 --out testdata/world writes it anew";
    assert!(differ.is_empty(), "{differ:?}: {hint}");
    assert_eq!(counts.accounts, 2_000);
    let size: usize = shipped.values().map(Vec::len).sum();
    assert!(size < 15_000_000, "{size} bytes");
}

#[test]
fn those_whom_the_documents_ask_about_are_there() {
    let truth = fs::read_to_string(shipped().join("truth.csv")).unwrap();
    for named in ["ebay_uk/mlbags_direct", "ebay_uk/willow_and_wren", "tiktok/tidewater_audio", "taobao/530061774208"] {
        assert!(truth.contains(&format!("\n{named},cast-")), "{named}");
    }
    assert!(!truth.contains("A5Q0TT3R77"), "the question is not part of the world");
}
