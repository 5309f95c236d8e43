//! Compare labelled offers of several shops, and print how often the same product is told: without labels, and with heads trained on
//! them.
//!
//! ```text
//! evaluate_offers DIR
//! ```
//!
//! Each folder of DIR holds `pairs_train.csv`, `pairs_valid.csv` and `pairs_test.csv`, plain or gzip, with `label` and the columns
//! `left_…` and `right_…` of `title` or `name`, `description`, `manufacturer` and `price`. Without labels the threshold is fitted on
//! train and valid; with a head, which is trained on train, on valid alone. F1 is reported on test.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use linkage_benches::figures::{best_threshold, f1, print, round};
use linkage_benches::sets::open;
use linkage_core::linker::pairs::{Comparer, Model, Trainer};
use linkage_core::record::Pair;
use serde_json::{Map, Value, json};

/// Compare labelled offers of several shops, and print how often the same product is told.
#[derive(Parser)]
#[command(after_help = "Example: evaluate_offers ../shared/data/er/offers")]
struct Args {
    /// Folder of the sets.
    dir: PathBuf,
}

type Labelled = Vec<(Pair, bool)>;

fn main() -> Result<()> {
    let args = Args::parse();
    let entries = std::fs::read_dir(&args.dir).with_context(|| format!("read {}", args.dir.display()))?;
    let mut sets: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    sets.sort();
    let plain = Comparer::new(Model::default())?;
    let (mut alone, mut trained) = (Vec::new(), Vec::new());
    for set in &sets {
        let [train, valid, test] = ["train", "valid", "test"].map(|split| read(set, split, &plain));
        let (train, valid, test) = (train?, valid?, test?);
        let threshold = best_threshold(&[score(&plain, &train), score(&plain, &valid)].concat());
        let without = f1(&score(&plain, &test), threshold);
        let mut trainer = Trainer::default();
        trainer.add(&plain, &train).context("add pairs")?;
        let fitted = trainer.fit().map_err(|(_, error)| error).context("fit a head")?;
        let summary = fitted.fits.first().map(|(_, summary)| (summary.shape, summary.trees));
        let head = Comparer::new(fitted.model)?;
        let with = f1(&score(&head, &test), best_threshold(&score(&head, &valid)));
        let name = set.file_name().map(|name| name.to_string_lossy().into_owned());
        print(&json!({
            "set": name, "test_pairs": test.len(), "f1_without_labels": round(without), "threshold_bits": round(threshold),
            "f1_with_head": round(with), "shape": summary.map(|(shape, _)| shape), "trees": summary.map(|(_, trees)| trees),
        }))?;
        alone.push(without);
        trained.push(with);
    }
    let mean = |all: &[f64]| round(all.iter().sum::<f64>() / all.len().max(1) as f64);
    print(&json!({"set": "mean", "f1_without_labels": mean(&alone), "f1_with_head": mean(&trained)}))
}

fn read(set: &Path, split: &str, comparer: &Comparer) -> Result<Labelled> {
    let plain = set.join(format!("pairs_{split}.csv"));
    let mut reader = csv::Reader::from_reader(open(&plain)?);
    let head = reader.headers().with_context(|| format!("read {}", plain.display()))?.clone();
    let mut pairs = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("read {}", plain.display()))?;
        let column =
            |name: &str| head.iter().position(|column| column == name).and_then(|at| row.get(at)).unwrap_or_default();
        let line = json!({"kind": "listing", "left": side(column, "left"), "right": side(column, "right")}).to_string();
        let (pair, _) =
            Pair::from_json(&line, comparer.intake()).with_context(|| format!("{}: {line}", plain.display()))?;
        pairs.push((pair, column("label") == "1"));
    }
    Ok(pairs)
}

/// A side as a listing; a price that is no amount is left out.
fn side<'r>(column: impl Fn(&str) -> &'r str, side: &str) -> Value {
    let of = |name: &str| column(&format!("{side}_{name}"));
    let mut listing = Map::new();
    let title = [of("title"), of("name")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    for (field, text) in [("title", title), ("description", of("description")), ("brand", of("manufacturer"))] {
        if !text.is_empty() {
            listing.insert(field.to_owned(), text.into());
        }
    }
    let price: String = of("price").chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    if let Ok(amount) = price.parse::<f64>() {
        listing.insert("price".to_owned(), json!({"amount": format!("{amount:.2}")}));
    }
    Value::Object(listing)
}

fn score(comparer: &Comparer, pairs: &Labelled) -> Vec<(f64, bool)> {
    pairs.iter().map(|(pair, label)| (comparer.compare(pair).weight.get(), *label)).collect()
}
