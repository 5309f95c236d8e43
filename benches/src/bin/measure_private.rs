//! How right private matching is, beside clear matching on the same records.
//!
//! ```text
//! measure_private DIR
//! ```
//!
//! FEBRL 4, platform a against b, without the social-security number, then without the date of birth too. Tokens stand side by side
//! for their digests here: the oblivious evaluation adds secrecy, not equality. Beside that, what `linkage exchange match` can find: among the
//! pseudonyms of which something was opened, and of these the pairs that the hub opens (two evidence groups, or a strong identifier).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use clap::Parser;
use linkage_benches::sets::shipped;
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::linker::batch::{Material, Run};
use linkage_core::linker::private::link_privately;
use linkage_core::privacy::token::{Class, ClassCode, Classes, Known, PUBLIC_KEY, Sketch, Tier, TokenInput, inputs};
use linkage_core::record::{Account, AccountDraft, Intake};
use linkage_core::score::{Band, Epoch};

/// How right private matching is, beside clear matching on the same records.
#[derive(Parser)]
#[command(after_help = "Example: measure_private ../shared/data")]
struct Args {
    /// Folder of the data.
    dir: PathBuf,
    /// Other token classes than those that ship, to try what they are worth.
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
    /// Write the records of both sides here as JSON Lines, for `linkage exchange match`.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn main() -> Result<()> {
    let args = Args::parse();
    let sets = shipped()?;
    let set = sets.iter().find(|set| set.name == "febrl4").context("the mapping febrl4 is shipped")?;
    let set = set.load(&args.dir)?;
    let entity: HashMap<String, String> = set.truth.iter().cloned().collect();
    for with_birth in [true, false] {
        let intake = Intake::new(PUBLIC_KEY);
        let mut sides: [Vec<Account>; 2] = [Vec::new(), Vec::new()];
        let mut lines: [Vec<u8>; 2] = [Vec::new(), Vec::new()];
        for record in &set.records {
            let mut record = record.clone();
            if let Some(fields) = record.as_object_mut() {
                fields.remove("documents");
                if !with_birth && let Some(person) = fields.get_mut("persons").and_then(|persons| persons.get_mut(0)) {
                    person.as_object_mut().map(|person| person.remove("birth_date"));
                }
                let empty = fields
                    .get("persons")
                    .is_some_and(|persons| persons.get(0).is_some_and(|p| p.as_object().is_some_and(|o| o.is_empty())));
                if empty {
                    fields.remove("persons");
                }
            }
            let line = record.to_string();
            let account = serde_json::from_value::<AccountDraft>(record)?.check(&intake)?;
            let side = usize::from(account.key.platform() == "febrl4b");
            sides[side].push(account);
            writeln!(lines[side], "{line}")?;
        }
        if let Some(folder) = &args.write {
            std::fs::create_dir_all(folder)?;
            let birth = if with_birth { "" } else { "-without-birth" };
            for (side, lines) in ["left", "right"].iter().zip(&lines) {
                std::fs::write(folder.join(format!("{side}{birth}.jsonl")), lines)?;
            }
        }
        let keyer = ClearKeyer::new(PUBLIC_KEY);
        let profiles =
            sides.each_ref().map(|side| side.iter().map(|a| Profile::new([a], [], &keyer)).collect::<Vec<_>>());
        let truth = |left: usize, right: usize| {
            entity.get(sides[0][left].key.as_str()) == entity.get(sides[1][right].key.as_str())
        };
        let matches = {
            let b: HashSet<_> = sides[1].iter().map(|a| &entity[a.key.as_str()]).collect();
            sides[0].iter().filter(|a| b.contains(&entity[a.key.as_str()])).count()
        };
        // clear
        let all: Vec<Profile> = profiles.concat();
        let (judged, never) = (BTreeMap::new(), AtomicBool::new(false));
        let run = Run::new(&judged, &never);
        let mut material = Material::new(&all);
        let pairs = run.pairs(&material);
        let linked = run.fit_and_link(&mut material, pairs, &Epoch::zero()?, 1)?;
        let n = sides[0].len();
        let found: Vec<(f64, Band, bool)> = linked
            .graph
            .edges()
            .filter(|(l, r, e)| (*l as usize) < n && n <= *r as usize && Band::Lead <= e.band)
            .map(|(l, r, e)| (linked.epoch.calibrate(e.weight), e.band, truth(l as usize, r as usize - n)))
            .collect();
        report(&format!("clear birth={with_birth}"), &found, matches);
        // private
        let classes = match &args.classes {
            Some(file) => Classes::parse(&std::fs::read_to_string(file)?)?,
            None => Classes::shipped()?,
        };
        let tokens = profiles.each_ref().map(|side| side.iter().map(|p| inputs(p, &classes)).collect::<Vec<_>>());
        let count: usize = tokens[0].iter().map(Vec::len).sum();
        let mut theirs: HashMap<&TokenInput, Vec<usize>> = HashMap::new();
        for (at, inputs) in tokens[1].iter().enumerate() {
            for input in inputs {
                theirs.entry(input).or_default().push(at);
            }
        }
        let mut known: Vec<Known> = profiles[1].iter().map(|p| Known::new(Sketch::of(p))).collect();
        let mine: HashSet<&TokenInput> = tokens[0].iter().flatten().collect();
        let mut fitted: Vec<BTreeSet<ClassCode>> = vec![BTreeSet::new(); known.len()];
        for input in &mine {
            for at in theirs.get(*input).into_iter().flatten() {
                known[*at].add(input);
                fitted[*at].insert(input.class);
            }
        }
        let links = link_privately(&profiles[0], &known, 1, &never)?;
        let found: Vec<(f64, Band, bool)> =
            links.iter().map(|l| (l.probability, l.band, truth(l.own, l.other))).collect();
        println!("tokens/record {:.1} distinct {}", count as f64 / profiles[0].len() as f64, mine.len());
        report(&format!("private birth={with_birth}"), &found, matches);
        // As the exchange does: pseudonyms of which nothing was opened are not there, and the hub opens for boxes that speak
        // for two groups, or for a strong identifier.
        let met: Vec<usize> = (0..known.len()).filter(|at| !fitted[*at].is_empty()).collect();
        let known: Vec<Known> = met.iter().map(|at| known[*at].clone()).collect();
        let links = link_privately(&profiles[0], &known, 1, &never)?;
        let all: Vec<(f64, Band, bool)> =
            links.iter().map(|l| (l.probability, l.band, truth(l.own, met[l.other]))).collect();
        println!("pseudonyms met {} of {}", met.len(), profiles[1].len());
        report(&format!("private, those met birth={with_birth}"), &all, matches);
        let opens = |at: usize| {
            let of: Vec<&Class> = fitted[at].iter().filter_map(|code| classes.get(*code)).collect();
            let groups: HashSet<u8> = of.iter().flat_map(|class| &class.groups).map(|group| *group as u8).collect();
            of.iter().any(|class| class.tier == Tier::Joinable) || 2 <= groups.len()
        };
        let opened: Vec<(f64, Band, bool)> =
            links.iter().zip(&all).filter(|(l, _)| opens(met[l.other])).map(|(_, f)| *f).collect();
        report(&format!("private, those opened birth={with_birth}"), &opened, matches);
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn report(name: &str, found: &[(f64, Band, bool)], matches: usize) {
    for band in [Band::Lead, Band::Act] {
        let of: Vec<_> = found.iter().filter(|f| band <= f.1).collect();
        let hits = of.iter().filter(|f| f.2).count() as f64;
        let (p, r) = (hits / of.len() as f64, hits / matches as f64);
        println!(
            "{name} {}: pairs {} precision {p:.4} recall {r:.4} F1 {:.4}",
            band.name(),
            of.len(),
            2.0 * p * r / (p + r)
        );
    }
}
