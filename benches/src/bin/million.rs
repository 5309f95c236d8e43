//! Import, link and ask a store of a million persons, and print what it cost and how right it is.
//!
//! ```text
//! million [--persons N | --csv FILE] [--queries N] [--peer SCRIPT] [--store DIR]
//! ```
//!
//! Runs what `linkage import`, `linkage link` and `linkage resolve` run, on a store on disk, and prints each apart: wall and
//! processor seconds, peak memory, and the networks against the truth. With `--peer` a script gets the same CSV in the same
//! run, so that both are measured on one machine in one hour.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use linkage_benches::machine::{Spent, Watch, forget_peak_memory, peak_memory_mib};
use linkage_benches::persons::{Draw, PLATFORM, Person, invented, read_csv};
use linkage_core::evaluate::{Truth, measure_networks};
use linkage_core::linker::{ImportHow, Linker, RecordKind};
use linkage_core::record::{Account, AccountDraft};
use linkage_core::score::Band;

/// Import, link and ask a store of a million persons.
#[derive(Parser)]
#[command(after_help = "Example: million --persons 100000")]
struct Args {
    /// How many records to invent.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    persons: usize,
    /// Seed of what is invented, and of the queries.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Take the records from this CSV instead; the columns are those of FEBRL, with rec_id and entity_id.
    #[arg(long, value_name = "FILE", conflicts_with = "persons")]
    csv: Option<PathBuf>,
    /// Accounts to resolve, half of them persons of the store typed again, half strangers.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    queries: usize,
    /// Keep store and records in this new folder; they take about a gigabyte, and are else removed at the end.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// A script to run on the same records with `python3`: its output is printed as it is.
    #[arg(long, value_name = "SCRIPT")]
    peer: Option<PathBuf>,
    /// The Python to run the script with.
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let folder = Folder::new(args.store.as_deref())?;
    let mut out = std::io::stdout().lock();
    let records = write_records(&args, &folder.0)?;

    forget_peak_memory().context("reset peak memory")?;
    let linker = Linker::open_dir(&folder.0.join("store"))?;
    import(&linker, &folder.0, &mut out)?;
    forget_peak_memory().context("reset peak memory")?;
    link(&linker, &mut out)?;
    let sample = records.truth_and_sample(&linker, &mut out)?;
    resolve(&linker, &sample, args.seed, &mut out)?;
    drop(linker);
    if let Some(script) = &args.peer {
        let status = Command::new(&args.python)
            .arg(script)
            .arg(&records.csv)
            .status()
            .with_context(|| format!("run {}", args.python.display()))?;
        ensure!(status.success(), "the peer failed: {status}");
    }
    Ok(())
}

/// A folder that goes with the run, unless the user named it.
struct Folder(PathBuf, bool);

impl Folder {
    fn new(named: Option<&Path>) -> Result<Folder> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("linkage-million-{}", std::process::id())),
        };
        std::fs::create_dir(&path).with_context(|| format!("make {}", path.display()))?;
        Ok(Folder(path, named.is_some()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.1 {
            // Nothing can be done about a folder that will not go.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Where the records lie, and how many.
struct Records {
    csv: PathBuf,
    count: usize,
    queries: usize,
}

/// Writes `accounts.jsonl`, and the CSV where they are invented.
fn write_records(args: &Args, folder: &Path) -> Result<Records> {
    let csv = match &args.csv {
        Some(csv) => csv.clone(),
        None => {
            let path = folder.join("persons.csv");
            let mut out = csv_writer(&path)?;
            invented(args.persons, args.seed).try_for_each(|person| out.serialize(person))?;
            out.flush()?;
            path
        }
    };
    let mut out = BufWriter::new(File::create(folder.join("accounts.jsonl"))?);
    let mut count = 0;
    for person in persons(&csv)? {
        writeln!(out, "{}", person?.line(PLATFORM))?;
        count += 1;
    }
    out.flush()?;
    Ok(Records { csv, count, queries: args.queries })
}

fn csv_writer(path: &Path) -> Result<csv::Writer<File>> {
    Ok(csv::Writer::from_writer(File::create(path)?))
}

fn persons(csv: &Path) -> Result<impl Iterator<Item = Result<Person>> + use<>> {
    Ok(read_csv(File::open(csv).with_context(|| format!("open {}", csv.display()))?))
}

fn import(linker: &Linker, folder: &Path, out: &mut impl Write) -> Result<()> {
    let watch = Watch::start();
    let summary = linker.import_file(
        RecordKind::Accounts,
        &folder.join("accounts.jsonl"),
        &mut ImportHow {
            link: false,
            images_root: None,
            skip_bad: None,
            progress: &mut |_, _| {},
            stop: &AtomicBool::new(false),
        },
    )?;
    writeln!(out, "import    {}, {} accounts", cost(watch.read()), summary.counts.accounts_new)?;
    Ok(())
}

fn link(linker: &Linker, out: &mut impl Write) -> Result<()> {
    let mut stage: (String, Watch) = ("begin".to_owned(), Watch::start());
    let mut stages = Vec::new();
    let watch = Watch::start();
    let summary = linker.link(
        &mut |next| {
            let (name, spent) = std::mem::replace(&mut stage, (next.to_owned(), Watch::start()));
            stages.push((name, spent.read(), peak_memory_mib()));
        },
        &AtomicBool::new(false),
    )?;
    stages.push((stage.0, stage.1.read(), peak_memory_mib()));
    writeln!(
        out,
        "link      {}, {} candidate pairs, {} links at LEAD, digest {}",
        cost(watch.read()),
        summary.candidate_pairs,
        summary.links_lead,
        &summary.partition_digest[..16]
    )?;
    for (name, spent, peak_mib) in stages {
        let peak = peak_mib.map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
        writeln!(out, "  told    {}, {name}, peak memory so far {peak}", time(spent))?;
    }
    for (name, seconds) in &summary.seconds {
        writeln!(out, "  stage   {seconds:6.2} s, {name}")?;
    }
    Ok(())
}

fn cost(spent: Spent) -> String {
    let memory = peak_memory_mib().map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
    format!("{}, peak memory {memory}", time(spent))
}

fn time(spent: Spent) -> String {
    let processor = spent.processor_s.map_or(String::new(), |seconds| format!(" ({seconds:.1} s of processors)"));
    format!("{:6.2} s{processor}", spent.wall.as_secs_f64())
}

impl Records {
    /// Holds the networks against the truth, and returns some records to ask for.
    fn truth_and_sample(&self, linker: &Linker, out: &mut impl Write) -> Result<Vec<Person>> {
        let every = (self.count / self.queries.max(1)).max(1);
        let (mut truth, mut sample) = (Vec::with_capacity(self.count), Vec::new());
        for (at, person) in persons(&self.csv)?.enumerate() {
            let person = person?;
            truth.push((person.account(), person.entity_id.clone()));
            if at % every == 0 && sample.len() < self.queries {
                sample.push(person);
            }
        }
        let truth = Truth::new(truth)?;
        for band in [Band::Act, Band::Lead] {
            let mut rows = Vec::with_capacity(self.count);
            linker.memberships(band, &mut |member| {
                rows.push((member.account.to_string(), member.network.to_string()));
                Ok(())
            })?;
            let found = measure_networks(&truth, &truth.partition(rows)?).pairs;
            let figure = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.4}"));
            writeln!(
                out,
                "networks  {:4} precision {}, recall {}, F1 {}",
                band.name(),
                figure(found.precision()),
                figure(found.recall()),
                figure(found.f1())
            )?;
        }
        Ok(sample)
    }
}

/// Resolves the sample one by one: each second person typed again, the others mixed to people that nobody is.
fn resolve(linker: &Linker, sample: &[Person], seed: u64, out: &mut impl Write) -> Result<()> {
    let mut draw = Draw(seed);
    let mut latencies_ms = Vec::with_capacity(sample.len());
    let (mut asked, mut found, mut wrong) = (0, 0, 0);
    for (at, person) in sample.iter().enumerate() {
        let back = at % 2 == 0;
        let query = if back { person.typed_again(&mut draw) } else { stranger(sample, &mut draw) };
        let draft: AccountDraft = serde_json::from_str(&query.line("elsewhere"))?;
        let account: Account = draft.check(linker.intake())?;
        let start = Instant::now();
        let answers = linker.resolve(&[account], &[])?;
        latencies_ms.push(start.elapsed().as_secs_f64() * 1e3);
        let linked = answers.first().is_some_and(|answer| answer.band != Band::None.name());
        match (back, linked) {
            (true, true) => found += 1,
            (false, true) => wrong += 1,
            _ => {}
        }
        asked += usize::from(back);
    }
    latencies_ms.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| latencies_ms.get((latencies_ms.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    writeln!(
        out,
        "resolve   p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms; {found} of {asked} persons found, {wrong} of {} strangers linked",
        at(0.50),
        at(0.99),
        latencies_ms.last().copied().unwrap_or(f64::NAN),
        sample.len() - asked,
    )?;
    Ok(())
}

/// Every field of another person.
fn stranger(sample: &[Person], draw: &mut Draw) -> Person {
    let mut any = || &sample[draw.below(sample.len())];
    Person {
        rec_id: any().rec_id.clone(),
        entity_id: String::new(),
        given_name: any().given_name.clone(),
        surname: any().surname.clone(),
        street_number: any().street_number.clone(),
        address_1: any().address_1.clone(),
        address_2: any().address_2.clone(),
        suburb: any().suburb.clone(),
        postcode: any().postcode.clone(),
        state: any().state.clone(),
        date_of_birth: any().date_of_birth.clone(),
        soc_sec_id: any().soc_sec_id.clone(),
    }
}
