//! Link labelled data sets and print how right the links are, beside the baselines.
//!
//! ```text
//! evaluate_sets DIR [--set NAME].. [--format table|json]
//! ```
//!
//! One configuration for all sets: the same binary, flags, priors and thresholds; only the mapping of columns differs
//! (`benches/mappings`). Labels are read for measuring alone. Sets whose files are not under DIR are named and passed
//! over; exit status 1 if one could not be linked.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use linkage_benches::closure::exact_value_pairs;
use linkage_benches::machine::{forget_peak_memory, peak_memory_mib};
use linkage_benches::sets::{Mapping, Set, shipped};
use linkage_core::compare::compare_into;
use linkage_core::evaluate::{Report, ScoredPair, Truth, measure_blocking, measure_pairs};
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::linker::batch::{Material, Run};
use linkage_core::record::{Account, Intake};
use linkage_core::resolve::Partition;
use linkage_core::score::{Band, Epoch, weigh};
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

/// What the linker makes of a set.
struct Linked {
    /// Account key and network at ACT.
    act: Vec<(String, String)>,
    /// Account key and network at LEAD.
    lead: Vec<(String, String)>,
    /// Every pair that was scored.
    scored: Vec<Scored>,
    /// Every pair that blocking let through.
    candidates: Vec<(String, String)>,
}

struct Scored {
    left: String,
    right: String,
    probability: f64,
    /// LEAD or better.
    linked: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match run(&args, &mut std::io::stdout().lock()) {
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

/// Links the records of one set under the default configuration. The only place that calls the engine.
///
/// Runs what `linkage link` runs, without a store around it.
fn link(accounts: &[Account]) -> Result<Linked> {
    let keyer = ClearKeyer::new(INTAKE_KEY);
    let mut rows: Vec<(String, Profile)> =
        accounts.iter().map(|account| (account.key.to_string(), Profile::new([account], [], &keyer))).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (keys, profiles): (Vec<String>, Vec<Profile>) = rows.into_iter().unzip();

    let (judged, never) = (BTreeMap::new(), AtomicBool::new(false));
    let run = Run::new(&judged, &never);
    let mut material = Material::new(&profiles);
    let pairs = run.pairs(&material);
    let linked = run.fit_and_link(&mut material, pairs, &Epoch::zero()?, 1)?;
    let key = |place: u32| keys[place as usize].clone();
    let networks = |partition: &Partition| {
        partition.0.iter().enumerate().map(|(account, network)| (keys[account].clone(), key(*network))).collect()
    };
    let mut outcomes = Vec::new();
    let scored = linked.pairs.iter().map(|(left, right)| {
        compare_into(material.subject(left), material.subject(right), &linked.epoch, &mut outcomes);
        let weighed = weigh(&outcomes, &linked.epoch);
        Scored {
            left: key(left),
            right: key(right),
            probability: weighed.probability(&linked.epoch),
            linked: Band::Lead <= weighed.band(&linked.epoch),
        }
    });
    Ok(Linked {
        act: networks(&linked.act),
        lead: networks(&linked.lead),
        scored: scored.collect(),
        candidates: linked.pairs.iter().map(|(left, right)| (key(left), key(right))).collect(),
    })
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

fn measure(set: &Set, linked: Option<&Linked>) -> Result<Report> {
    let truth = Truth::new(set.truth.iter().map(|(account, entity)| (account, entity)))?;
    let mut report = Report::new(&truth);
    if let Some(linked) = linked {
        for (name, rows) in [("ACT", &linked.act), ("LEAD", &linked.lead)] {
            report.add(name, &truth, &truth.partition(rows.iter().map(|(account, network)| (account, network)))?);
        }
        report.pairs = Some(measure_pairs(&truth, linked.scored.iter().map(as_scored_pair))?);
        report.blocking = Some(measure_blocking(&truth, linked.candidates.iter().map(|(left, right)| (left, right)))?);
    }
    let baseline = truth.closure(exact_value_pairs(&set.records, CLOSURE_HOLDERS_MAX));
    report.add("exact-value closure", &truth, &baseline);
    Ok(report)
}

fn as_scored_pair(pair: &Scored) -> ScoredPair<'_> {
    ScoredPair { left: &pair.left, right: &pair.right, probability: pair.probability, linked: pair.linked }
}
