//! Make the table of brand and company names that ships, from the npm package name-suggestion-index.
//!
//! ```text
//! npm pack name-suggestion-index && tar xzf name-suggestion-index-*.tgz
//! build_aliases package linkage-core/src/normalize/data/aliases.tsv.zst
//! ```
//!
//! A line for each brand, operator or network that has two names or more: its Wikidata id, then its names as folded, between
//! tabs. The same package always gives the same bytes. OUT is compressed if it ends in `.zst`, else plain text, which
//! `linkage compare --aliases` reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use linkage_core::normalize::text::fold;
use serde_json::Value;

/// Make the table of brand and company names that ships, from the npm package name-suggestion-index.
#[derive(Parser)]
#[command(after_help = "Example: build_aliases package linkage-core/src/normalize/data/aliases.tsv.zst")]
struct Args {
    /// The unpacked package.
    package: PathBuf,
    /// Where the table is written.
    out: PathBuf,
}

/// Compression level: the file is read at every start and written once a year.
const ZSTD_LEVEL: i32 = 21;

/// What a thing is called by: brand before operator before network.
const OWNERS: [&str; 3] = ["brand", "operator", "network"];

fn main() -> Result<()> {
    let args = Args::parse();
    let read = |name: &str| {
        let file = args.package.join(name);
        std::fs::read(&file).with_context(|| format!("read {}", file.display()))
    };
    let tree: Value = serde_json::from_slice(&read("dist/json/nsi.min.json")?).context("read the index as JSON")?;
    let version = tree["_meta"]["version"].as_str().unwrap_or("unknown").to_owned();
    let names = names(&tree);
    let mut table = String::new();
    let _ = writeln!(table, "# Names of brands and companies. Source: name-suggestion-index {version}, BSD-3-Clause;");
    table.push_str("# made by build_aliases. Id TAB names.\n");
    let mut kept = 0;
    for (id, names) in names.iter().filter(|(_, names)| 1 < names.len()) {
        kept += 1;
        table.push_str(id);
        for name in names {
            table.push('\t');
            table.push_str(name);
        }
        table.push('\n');
    }
    write(&args.out, &table)?;
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{kept} brands and companies, {} bytes as text", table.len())?;
    Ok(())
}

fn write(out: &Path, table: &str) -> Result<()> {
    let packed = out.extension().is_some_and(|end| end == "zst");
    let bytes = if packed { zstd::encode_all(table.as_bytes(), ZSTD_LEVEL)? } else { table.as_bytes().to_vec() };
    std::fs::write(out, bytes).with_context(|| format!("write {}", out.display()))
}

/// The folded names by Wikidata id.
fn names(tree: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let groups = tree["nsi"].as_object().into_iter().flatten();
    for item in groups.flat_map(|(_, group)| group["items"].as_array().into_iter().flatten()) {
        let Some(tags) = item["tags"].as_object() else { continue };
        let owners =
            OWNERS.iter().filter_map(|owner| Some((*owner, tags.get(&format!("{owner}:wikidata"))?.as_str()?)));
        for (at, (owner, id)) in owners.enumerate() {
            let own = names.entry(id.to_owned()).or_default();
            for (key, value) in tags {
                let base = key.split(':').next().unwrap_or_default();
                let is_name = base == owner || at == 0 && base.ends_with("name");
                let is_language =
                    key.split(':').skip(1).all(|part| !matches!(part, "wikidata" | "wikipedia" | "type" | "website"));
                if let Some(name) = value.as_str()
                    && is_name
                    && is_language
                {
                    add(own, name);
                }
            }
            let others = item["matchNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            if at == 0 {
                others.for_each(|name| add(own, name));
            }
        }
    }
    names
}

fn add(names: &mut BTreeSet<String>, name: &str) {
    let folded = fold(name);
    if 1 < folded.chars().count() {
        names.insert(folded);
    }
}
