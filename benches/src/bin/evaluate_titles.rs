//! Look for brands in disguised titles and in honest ones, and print what was found and how fast.
//!
//! ```text
//! evaluate_titles [--seed N] [--rounds N]
//! ```
//!
//! Titles are drawn by the generator of this crate, which knows nothing of the engine's tables: every kind of disguise × every
//! brand × rounds, and as many honest titles with words that are nearly a brand. Recall is the share of titles in which the
//! brand was found; precision the share of found brands that were right. Twice: with the list that ships, and with coined names
//! as a list, which no table can be made for.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use linkage_benches::figures::{print, round};
use linkage_benches::titles::{Brand, Draw, Kind, Title, coined, honest, known, title};
use linkage_core::normalize::brand::Brands;
use linkage_core::normalize::text::{fold, leet};
use serde_json::json;

/// Look for brands in disguised titles and in honest ones, and print what was found and how fast.
#[derive(Parser)]
#[command(after_help = "Example: evaluate_titles --rounds 20")]
struct Args {
    /// Seed of the titles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Titles of each kind for each brand.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Print so many titles of each kind in which the brand was not found, and honest ones in which one was.
    #[arg(long, default_value_t = 0)]
    show: usize,
}

/// Coined brands.
const COINED: usize = 200;

/// Characters of the title that is timed.
const TIMED_CHARS: usize = 316;

/// Timed calls; their median is the figure.
const TIMED_CALLS: usize = 20_000;

fn main() -> Result<()> {
    let args = Args::parse();
    let mut draw = Draw::new(args.seed);
    let known = known();
    evaluate("brands that ship", Brands::shipped(), &known, &args, &mut draw)?;
    let coined = coined(COINED, &mut draw);
    let list: String = coined.iter().map(|brand| format!("{}\t{}\ten\t1\n", brand.id, brand.latin)).collect();
    let brands = Brands::read(&list).context("read the coined brands")?;
    evaluate("coined brands", &brands, &coined, &args, &mut draw)?;
    time(&mut draw)
}

/// Found, and to be found.
#[derive(Default)]
struct Count {
    titles: usize,
    found: usize,
}

fn evaluate(name: &str, brands: &Brands, list: &[Brand], args: &Args, draw: &mut Draw) -> Result<()> {
    let mut kinds: BTreeMap<Kind, Count> = BTreeMap::new();
    let (mut right, mut wrong, mut titles) = (0, 0, 0);
    for kind in Kind::ALL {
        let mut missed = Vec::new();
        for brand in list {
            for _ in 0..args.rounds {
                let Some(Title { text, brand, .. }) = title(brand, kind, draw) else { continue };
                let found = brands.scan(&text).brands;
                let is_found = found.iter().any(|found| *found.brand == brand);
                let count = kinds.entry(kind).or_default();
                count.titles += 1;
                count.found += usize::from(is_found);
                titles += 1;
                right += usize::from(is_found);
                wrong += usize::from(found.iter().any(|found| *found.brand != brand));
                if !is_found {
                    missed.push(text);
                }
            }
        }
        for text in missed.iter().step_by(missed.len() / args.show.max(1) + 1).take(args.show) {
            writeln!(std::io::stderr(), "{kind:?} missed: {text}")?;
        }
    }
    let (mut honest_found, mut shown) = (0, 0);
    for _ in 0..titles {
        let text = honest(draw);
        let found = brands.scan(&text).brands;
        honest_found += usize::from(!found.is_empty());
        if !found.is_empty() && shown < args.show * 10 {
            shown += 1;
            writeln!(std::io::stderr(), "found {} in: {text}", found[0].brand)?;
        }
    }
    let disguises = || kinds.iter().filter(|(kind, _)| **kind != Kind::Plain);
    let recall = |count: &Count| count.found as f64 / count.titles.max(1) as f64;
    let mean = disguises().map(|(_, count)| recall(count)).sum::<f64>() / disguises().count().max(1) as f64;
    let by_kind: BTreeMap<String, f64> =
        kinds.iter().map(|(kind, count)| (format!("{kind:?}"), round(recall(count)))).collect();
    print(&json!({
        "set": name, "titles": titles, "honest_titles": titles, "kinds": disguises().count(),
        "recall": round(mean), "precision": round(right as f64 / (right + wrong + honest_found).max(1) as f64),
        "wrong_brand": wrong, "honest_with_brand": honest_found, "recall_by_kind": by_kind,
    }))
}

fn time(draw: &mut Draw) -> Result<()> {
    let brands = known();
    let mut of = |kinds: &[Kind]| {
        let mut text = String::new();
        while text.chars().count() < TIMED_CHARS {
            let kind = kinds[draw.below(kinds.len())];
            let brand = &brands[draw.below(brands.len())];
            if let Some(title) = title(brand, kind, draw) {
                text.push_str(&title.text);
                text.push(' ');
            }
        }
        text.chars().take(TIMED_CHARS).collect::<String>()
    };
    let texts = [
        ("plain", of(&[Kind::Plain])),
        ("disguised", of(&Kind::ALL)),
        ("chinese", of(&[Kind::Traditional, Kind::HanDotted])),
    ];
    for (name, text) in texts {
        print(&json!({
            "title": name, "chars": TIMED_CHARS, "bytes": text.len(),
            "fold_us": micros(|| fold(black_box(&text)).len()), "leet_us": micros(|| leet(black_box(&text)).len()),
            "scan_us": micros(|| Brands::shipped().scan(black_box(&text)).brands.len()),
        }))?;
    }
    Ok(())
}

fn micros(mut call: impl FnMut() -> usize) -> f64 {
    let mut times: Vec<f64> = (0..TIMED_CALLS)
        .map(|_| {
            let started = Instant::now();
            black_box(call());
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    (times[TIMED_CALLS / 2] * 100.0).round() / 100.0
}
