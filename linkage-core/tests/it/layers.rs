//! Holds the direction of imports: a stage knows only the stages before it, and the core knows no network.
//!
//! Read from the source text: every `crate::module` outside comments counts as an import. Tests beside a module
//! (`tests.rs`) may look further.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules in reading order, each with those it must not import although they come before it.
const LAYERS: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("normalize", &[]),
    ("fingerprint", &[]),
    // These see keys, levels and frequencies, never a value.
    ("block", &["record", "normalize"]),
    ("compare", &["block"]),
    ("score", &["record", "normalize", "block"]),
    ("graph", &["record", "normalize", "block"]),
    ("resolve", &["record", "normalize", "block"]),
    ("explain", &["block"]),
    // What counts against an operator, not who that is.
    ("rules", &["fingerprint", "block", "compare", "score", "graph", "resolve", "explain"]),
    // Bytes only.
    (
        "store",
        &["record", "normalize", "fingerprint", "block", "compare", "score", "graph", "resolve", "explain", "rules"],
    ),
    // Pictures and bytes.
    ("gallery", &["record", "normalize", "block", "compare", "score", "graph", "resolve", "explain", "rules"]),
    ("ledger", &["gallery"]),
    ("search", &["gallery"]),
    ("privacy", &["gallery"]),
    // Judges any tool's output: what is measured is handed to it.
    (
        "evaluate",
        &[
            "normalize",
            "fingerprint",
            "block",
            "compare",
            "score",
            "graph",
            "resolve",
            "explain",
            "store",
            "gallery",
            "ledger",
            "search",
            "privacy",
        ],
    ),
    ("linker", &[]),
];

/// Beside the line of stages: it knows what a record is, and nothing of the engine.
const ASIDE: &[(&str, &[&str])] = &[("simulate", &["record"])];

/// No runtime, no wire: neither in the core's dependencies nor in theirs.
const NOT_IN_CORE: &[&str] = &["tokio", "tonic", "prost", "hyper", "async-std", "smol", "reqwest", "axum"];

/// The one way in which such a crate is reached all the same: the telephone library reads its own table of number
/// plans with it, and generates the code for that when it is built. Nothing of ours crosses it.
const ALLOWED_EDGES: &[(&str, &str)] =
    &[("rlibphonenumber", "prost"), ("rlibphonenumber", "prost-build"), ("rlibphonenumber", "protox")];

#[test]
fn a_stage_imports_only_stages_before_it() {
    let allowed = allowed_imports();
    let mut wrong = Vec::new();
    for (module, file, imported) in imports() {
        match allowed.get(module.as_str()) {
            None => wrong.push(format!("{file}: module {module} has no place in the layers")),
            Some(allowed) if module != imported && !allowed.contains(imported.as_str()) => {
                wrong.push(format!("{file}: {module} imports {imported}"));
            }
            Some(_) => {}
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "imports against the direction:\n{}", wrong.join("\n"));
}

#[test]
fn modules_are_listed_in_reading_order() {
    let lib = fs::read_to_string(source().join("lib.rs")).unwrap();
    let listed: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let order: Vec<&str> = LAYERS.iter().chain(ASIDE).map(|(name, _)| *name).collect();
    let expected: Vec<&str> = order.into_iter().filter(|name| listed.contains(name)).collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_core_opens_no_socket() {
    for (file, text) in sources() {
        for word in ["TcpListener", "TcpStream", "UdpSocket", "UnixStream"] {
            assert!(!text.contains(word), "{file} names {word}");
        }
    }
}

#[test]
fn the_core_depends_on_no_runtime_and_no_wire_format() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock")).unwrap();
    let dependencies = dependencies(&lock);
    let mut reached = BTreeSet::new();
    let mut open = vec!["linkage-core"];
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            let next = dependencies.get(name).into_iter().flatten();
            open.extend(next.filter(|next| !ALLOWED_EDGES.contains(&(name, next))));
        }
    }
    assert!(reached.contains("rocksdb"), "Cargo.lock was not understood");
    let wrong: Vec<&&str> = NOT_IN_CORE.iter().filter(|name| reached.contains(**name)).collect();
    assert!(wrong.is_empty(), "linkage-core reaches {wrong:?}");
}

fn allowed_imports() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut allowed = BTreeMap::new();
    for (name, hidden) in LAYERS {
        let seen: BTreeSet<&str> = before.iter().copied().filter(|other| !hidden.contains(other)).collect();
        allowed.insert(*name, seen);
        before.insert(*name);
    }
    allowed.extend(ASIDE.iter().map(|(name, only)| (*name, only.iter().copied().collect())));
    allowed
}

/// Module, file and module imported, for every import between modules of the crate.
fn imports() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let module = file.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        if module != "lib" {
            found.extend(imported_modules(&text).into_iter().map(|imported| (module.clone(), file.clone(), imported)));
        }
    }
    found
}

/// Names after `crate::` in `text`, those of a braced list included.
fn imported_modules(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let outer = text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        if outer {
            continue;
        }
        match text[at + "crate::".len()..].strip_prefix('{') {
            Some(list) => names.extend(top_level_names(list)),
            None => names.push(name_at_start(&text[at + "crate::".len()..])),
        }
    }
    names
}

/// First names of the items of a `{a::b, c::{d, e}}` list, given from behind its opening brace.
fn top_level_names(list: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && c.is_alphabetic() => {
                names.push(name_at_start(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn name_at_start(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Path under `src` and text without comments, of every file but the tests beside modules.
fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open = vec![source()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let name = path.strip_prefix(source()).unwrap().to_string_lossy().replace('\\', "/");
                files.push((name, without_comments(&fs::read_to_string(&path).unwrap())));
            }
        }
    }
    files.sort();
    files
}

fn without_comments(text: &str) -> String {
    let code = |line: &str| if line.trim_start().starts_with("//") { String::new() } else { format!("{line}\n") };
    text.lines().map(code).collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Names of packages and of what each depends on; versions of one name are taken together.
fn dependencies(lock: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        let names = package.lines().filter_map(|line| line.strip_prefix(" \"")?.split([' ', '"']).next());
        if let Some(name) = name {
            found.entry(name).or_default().extend(names);
        }
    }
    found
}

#[test]
fn imports_are_found_in_every_spelling() {
    let check =
        |text: &str, expected: &[&str]| assert_eq!(imported_modules(&without_comments(text)), expected, "{text}");
    check("use crate::record::Account;", &["record"]);
    check("use crate::{block::{A, b::C}, score, graph::Edge};", &["block", "score", "graph"]);
    check("let x = crate::resolve::run(crate::graph::new());", &["resolve", "graph"]);
    check("//! [`x`](crate::explain)\n    // crate::explain\nuse other_crate::block;", &[]);
}
