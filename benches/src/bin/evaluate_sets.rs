//! Link labelled data sets and print how right the links are, beside the baselines.
//!
//! ```text
//! evaluate_sets DIR [--set NAME].. [--format table|json]
//! ```
//!
//! One configuration for all sets: the same binary, flags, priors and thresholds; only the mapping of columns differs
//! (`benches/mappings`). Labels are read for measuring alone. Sets whose files are not under DIR are named and passed
//! over; exit status 1 if one could not be linked.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use linkage_benches::closure::exact_value_pairs;
use linkage_benches::engine::Engine;
use linkage_benches::machine::{forget_peak_memory, peak_memory_mib};
use linkage_benches::sets::{Mapping, Set, shipped};
use linkage_core::evaluate::{Report, Truth, measure_blocking, measure_pairs};
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::record::{Account, Intake};
use linkage_core::score::Band;
use serde_json::json;

/// An exact value held by more accounts than this joins nobody in the baseline.
const CLOSURE_HOLDERS_MAX: usize = 4;

/// Key of the digests of document numbers; any will do, for nothing is stored.
const INTAKE_KEY: [u8; 32] = [7; 32];

/// Link labelled data sets and print how right the links are.
#[derive(Parser)]
#[command(after_help = "Example: evaluate_sets ../shared/data --set febrl4 --set febrl4-noid")]
struct Args {
    /// Folder of the data; paths under it are those of the mappings.
    dir: PathBuf,
    /// Only these sets; all that are there, if none is named.
    #[arg(long = "set", value_name = "NAME")]
    sets: Vec<String>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match run(&args, &mut std::io::stdout().lock()) {
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

/// Links the records of one set under the default configuration. The only place that calls the engine.
fn link(accounts: &[Account]) -> Result<Engine> {
    let keyer = ClearKeyer::new(INTAKE_KEY);
    Engine::link(
        accounts.iter().map(|account| (account.key.to_string(), Profile::new([account], [], &keyer))).collect(),
    )
}

fn run(args: &Args, out: &mut impl Write) -> Result<()> {
    let mut unlinked = Vec::new();
    for mapping in chosen(args)? {
        if !mapping.is_in(&args.dir) {
            writeln!(std::io::stderr(), "set {} is not in {}", mapping.name, args.dir.display())?;
            continue;
        }
        if !evaluate(&mapping, args, out).with_context(|| format!("set {}", mapping.name))? {
            unlinked.push(mapping.name);
        }
    }
    if unlinked.is_empty() { Ok(()) } else { bail!("not linked: {}", unlinked.join(", ")) }
}

/// The reader of our output has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

fn chosen(args: &Args) -> Result<Vec<Mapping>> {
    let all = shipped()?;
    let names: Vec<&str> = all.iter().map(|mapping| mapping.name.as_str()).collect();
    if let Some(unknown) = args.sets.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("no set {unknown}; there are {}", names.join(", "));
    }
    Ok(all.into_iter().filter(|mapping| args.sets.is_empty() || args.sets.contains(&mapping.name)).collect())
}

/// Measures one set and prints it; says whether it could be linked.
fn evaluate(mapping: &Mapping, args: &Args, out: &mut impl Write) -> Result<bool> {
    let set = mapping.load(&args.dir)?;
    let accounts = set.accounts(&Intake::new(INTAKE_KEY))?;
    if let Err(error) = forget_peak_memory() {
        writeln!(std::io::stderr(), "peak memory is that of all sets so far: {error}")?;
    }
    let start = Instant::now();
    let linked = link(&accounts);
    let seconds = start.elapsed().as_secs_f64();
    let peak_mib = peak_memory_mib();

    let failed = linked.as_ref().err().map(|error| format!("{error:#}"));
    let report = measure(&set, linked.ok().as_ref())?;
    match args.format {
        Format::Json => {
            let line = json!({"set": mapping.name, "seconds": seconds, "peak_mib": peak_mib, "left_out": set.left_out, "error": failed, "report": report});
            writeln!(out, "{line}")?;
        }
        Format::Table => {
            writeln!(out, "== {}: {report}", mapping.name)?;
            let memory = peak_mib.map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
            writeln!(out, "cost                 {seconds:.2} s, peak memory {memory}")?;
            if !set.left_out.is_empty() {
                writeln!(out, "values left out      {:?}", set.left_out)?;
            }
            if let Some(failed) = &failed {
                writeln!(out, "not linked           {failed}")?;
            }
            writeln!(out)?;
        }
    }
    Ok(failed.is_none())
}

fn measure(set: &Set, linked: Option<&Engine>) -> Result<Report> {
    let truth = Truth::new(set.truth.iter().map(|(account, entity)| (account, entity)))?;
    let mut report = Report::new(&truth);
    if let Some(linked) = linked {
        for (name, band) in [("ACT", Band::Act), ("LEAD", Band::Lead)] {
            report.add(name, &truth, &truth.partition(linked.networks(band))?);
        }
        let scored = linked.scored();
        report.pairs = Some(measure_pairs(&truth, scored.iter().map(|pair| linked.measured(pair)))?);
        let candidates = scored.iter().map(|pair| (linked.key(pair.left), linked.key(pair.right)));
        report.blocking = Some(measure_blocking(&truth, candidates)?);
    }
    let baseline = truth.closure(exact_value_pairs(&set.records, CLOSURE_HOLDERS_MAX));
    report.add("exact-value closure", &truth, &baseline);
    Ok(report)
}
