//! How right private matching is, beside clear matching on the same records.
//!
//! ```text
//! measure_private DIR
//! measure_private --mix SEED
//! ```
//!
//! FEBRL 4, platform a against b, without the social-security number, then without the date of birth too. Tokens stand side by side
//! for their digests here: the oblivious evaluation adds secrecy, not equality. Beside that, what `linkage exchange match` can find: among the
//! pseudonyms of which something was opened, and of these the pairs that the hub opens (two evidence groups, or a strong identifier).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use clap::Parser;
use linkage_benches::engine::Engine;
use linkage_benches::sets::shipped;
use linkage_benches::worlds::{Measures, World};
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::linker::batch::{Material, Run};
use linkage_core::linker::private::{PrivateLink, link_privately};
use linkage_core::privacy::token::{ClassCode, Classes, Known, PUBLIC_KEY, Sketch, Tier, TokenInput, inputs};
use linkage_core::record::{Account, AccountDraft, Intake};
use linkage_core::score::{Band, Epoch};
use serde_json::Value;

/// An identifier that more accounts show joins nobody, as members do it.
const HOLDERS_MAX: usize = 32;

/// A token of more entries is in no filter and not served, as at the hub.
const ENTRIES_MAX: usize = 64;

/// How right private matching is, beside clear matching on the same records.
#[derive(Parser)]
#[command(after_help = "Example: measure_private ../shared/data")]
struct Args {
    /// Folder of the data.
    dir: Option<PathBuf>,
    /// Measure a simulated world of this seed instead, split by platform.
    #[arg(long, value_name = "SEED")]
    mix: Option<u64>,
    /// Accounts of the world.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    accounts: u64,
    /// Other token classes than those that ship, to try what they are worth.
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
    /// Write the records of both sides here as JSON Lines, for `linkage exchange match`. Of a world nothing is measured then, and the same
    /// records with mistakes are written too.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn main() -> Result<()> {
    let args = Args::parse();
    let classes = match &args.classes {
        Some(file) => Classes::parse(&std::fs::read_to_string(file)?)?,
        None => Classes::shipped()?,
    };
    if let Some(seed) = args.mix {
        if let Some(folder) = &args.write {
            return write_mix(seed, args.accounts, folder);
        }
        return mix(seed, args.accounts, &classes);
    }
    let dir = args.dir.as_ref().context("expected the folder of the data, or --mix")?;
    let sets = shipped()?;
    let set = sets.iter().find(|set| set.name == "febrl4").context("the mapping febrl4 is shipped")?;
    let set = set.load(dir)?;
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
        let Fitted { known, classes: fitted, tokens, distinct } = fit(&profiles, &classes);
        let links = link_privately(&profiles[0], &known, 1, &never)?;
        let found: Vec<(f64, Band, bool)> =
            links.iter().map(|l| (l.probability, l.band, truth(l.own, l.other))).collect();
        println!("tokens/record {:.1} distinct {distinct}", tokens as f64 / profiles[0].len() as f64);
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
        let opened: Vec<(f64, Band, bool)> = links
            .iter()
            .zip(&all)
            .filter(|(l, _)| classes.suffice(fitted[met[l.other]].iter().copied()))
            .map(|(_, f)| *f)
            .collect();
        report(&format!("private, those opened birth={with_birth}"), &opened, matches);
        entropies(&profiles[0], &classes);
    }
    Ok(())
}

/// What one side's tokens say of the other side's records.
struct Fitted {
    known: Vec<Known>,
    /// Of each record the classes of which a box was opened.
    classes: Vec<BTreeSet<ClassCode>>,
    /// Tokens of the first side, and how many different ones.
    tokens: usize,
    distinct: usize,
}

fn fit(profiles: &[Vec<Profile>; 2], classes: &Classes) -> Fitted {
    let tokens = profiles.each_ref().map(|side| side.iter().map(|p| inputs(p, classes)).collect::<Vec<_>>());
    let mut holders: HashMap<&TokenInput, usize> = HashMap::new();
    for input in tokens.iter().flatten().flatten() {
        *holders.entry(input).or_default() += 1;
    }
    // As the hub serves and members read it; elements of the joinable tier say nothing of an account.
    let is_served = |input: &TokenInput| {
        let class = classes.get(input.class).filter(|class| class.tier == Tier::Blind);
        class.is_some_and(|class| holders[input] <= if class.is_strong() { HOLDERS_MAX } else { ENTRIES_MAX })
    };
    let mut theirs: HashMap<&TokenInput, Vec<usize>> = HashMap::new();
    for (at, inputs) in tokens[1].iter().enumerate() {
        inputs.iter().filter(|input| is_served(input)).for_each(|input| theirs.entry(input).or_default().push(at));
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
    Fitted { known, classes: fitted, tokens: tokens[0].iter().map(Vec::len).sum(), distinct: mine.len() }
}

/// Min-entropy of each class: how many bits the best single guess is wrong by, among the accounts that show the class.
#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn entropies(profiles: &[Profile], classes: &Classes) {
    let mut holders: HashMap<ClassCode, HashMap<TokenInput, usize>> = HashMap::new();
    let mut showing: HashMap<ClassCode, usize> = HashMap::new();
    for profile in profiles {
        let inputs: HashSet<TokenInput> = inputs(profile, classes).into_iter().collect();
        let shown: HashSet<ClassCode> = inputs.iter().map(|input| input.class).collect();
        shown.into_iter().for_each(|class| *showing.entry(class).or_default() += 1);
        for input in inputs {
            *holders.entry(input.class).or_default().entry(input).or_default() += 1;
        }
    }
    println!(
        "class\taccounts\tdifferent tokens\tcommonest at\tmin-entropy, bits\tmost that this many accounts can show, bits"
    );
    for class in classes.iter() {
        let (Some(held), Some(accounts)) = (holders.get(&class.code), showing.get(&class.code)) else { continue };
        let most = held.values().max().copied().unwrap_or(1);
        let bits = |share: f64| share.log2();
        println!(
            "{}\t{accounts}\t{}\t{most}\t{:.1}\t{:.1}",
            class.name,
            held.len(),
            bits(*accounts as f64 / most as f64),
            bits(*accounts as f64)
        );
    }
}

/// A simulated world whose platforms take turns in belonging to one of two members. Each links its own accounts in the clear; what
/// is measured is what the exchange adds, beside all accounts in one store.
#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn mix(seed: u64, accounts: u64, classes: &Classes) -> Result<()> {
    let world = World::make("mix", accounts, seed)?;
    let mut rows = world.profiles(&ClearKeyer::new(PUBLIC_KEY))?;
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let platform = |key: &str| key.split('/').next().unwrap_or_default().to_owned();
    let platforms: BTreeSet<String> = rows.iter().map(|(key, _)| platform(key)).collect();
    let is_right: HashMap<&String, bool> = platforms.iter().zip([false, true].into_iter().cycle()).collect();
    let (right, left): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|(key, _)| is_right[&platform(key)]);
    println!("mix seed {seed}: {} platforms, {} and {} accounts", platforms.len(), left.len(), right.len());
    let profiles = [&left, &right].map(|side| side.iter().map(|(_, profile)| profile.clone()).collect::<Vec<_>>());
    entropies(&profiles[0], classes);
    let clear = Engine::link(rows)?;
    let Fitted { known, classes: fitted, tokens, .. } = fit(&profiles, classes);
    println!("tokens/record {:.1}", tokens as f64 / left.len() as f64);
    let met: Vec<usize> = (0..known.len()).filter(|at| !fitted[*at].is_empty()).collect();
    let known: Vec<Known> = met.iter().map(|at| known[*at].clone()).collect();
    let links = link_privately(&profiles[0], &known, 1, &AtomicBool::new(false))?;
    let names = [&left, &right].map(|side| side.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
    let own = [Engine::link(left)?, Engine::link(right)?];
    for band in [Band::Act, Band::Lead] {
        let within: Vec<(&str, &str)> = own.iter().flat_map(|side| side.networks(band)).collect();
        let across = |is: &dyn Fn(&PrivateLink) -> bool| {
            let pairs = links.iter().filter(|link| band <= link.band && is(link));
            pairs.map(|link| (names[0][link.own].as_str(), names[1][met[link.other]].as_str())).collect::<Vec<_>>()
        };
        let in_clear: Vec<_> = clear
            .scored()
            .iter()
            .filter(|pair| band <= pair.band)
            .map(|pair| (clear.key(pair.left).to_owned(), clear.key(pair.right).to_owned()))
            .filter(|(l, r)| is_right[&platform(l)] != is_right[&platform(r)])
            .collect();
        let in_clear: Vec<(&str, &str)> = in_clear.iter().map(|(l, r)| (l.as_str(), r.as_str())).collect();
        let opened = across(&|link| classes.suffice(fitted[met[link.other]].iter().copied()));
        let rows = [
            ("each by itself", Vec::new()),
            ("private, opened", opened),
            ("private, all", across(&|_| true)),
            ("clear pairs between both", in_clear),
        ];
        for (name, pairs) in rows {
            let closed = world.truth.closure(within.iter().chain(&pairs).copied());
            print_mix(band, name, pairs.len(), &world.measure(&closed));
        }
        print_mix(band, "clear, one store", 0, &world.measure(&world.truth.partition(clear.networks(band))?));
    }
    Ok(())
}

/// Writes accounts and listings of both members, `left.jsonl` with `left-listings.jsonl` and `right.jsonl` with `right-listings.jsonl`, and the same
/// with mistakes, `left-corrupted.jsonl` and so on: what members of an attacked hub hold of people whom the attacker's list has without.
fn write_mix(seed: u64, accounts: u64, folder: &Path) -> Result<()> {
    let world = World::make("mix", accounts, seed)?;
    std::fs::create_dir_all(folder)?;
    let rows = [("", world.drafts()?), ("-listings", world.listing_drafts()?)];
    let platform = |row: &Value| row["platform"].as_str().unwrap_or_default().to_owned();
    let platforms: BTreeSet<String> = rows[0].1.iter().map(platform).collect();
    let is_right: HashMap<&String, bool> = platforms.iter().zip([false, true].into_iter().cycle()).collect();
    for (what, rows) in &rows {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for row in rows {
            let side = if is_right.get(&platform(row)).copied().unwrap_or_default() { "right" } else { "left" };
            writeln!(files.entry(format!("{side}{what}.jsonl")).or_default(), "{row}")?;
            writeln!(files.entry(format!("{side}-corrupted{what}.jsonl")).or_default(), "{}", corrupted(row, ""))?;
        }
        files.iter().try_for_each(|(name, lines)| std::fs::write(folder.join(name), lines))?;
    }
    Ok(())
}

/// A record with mistakes, the same in every run. Three of ten names and addresses have two letters swapped, as many texts have lost every fifth word, one telephone, mail address or
/// identifier of ten has another last character, and every picture is stored anew: another file, and six of the 256 bits of its hash.
fn corrupted(value: &Value, field: &str) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), corrupted(value, name))).collect(),
        Value::Array(values) => values.iter().map(|value| corrupted(value, field)).collect(),
        Value::String(text) => Value::String(mistaken(text, field)),
        other => other.clone(),
    }
}

fn mistaken(text: &str, field: &str) -> String {
    let drawn = *blake3::Hasher::new().update(field.as_bytes()).update(text.as_bytes()).finalize().as_bytes();
    let (tenth, place) = (drawn[0] % 10, usize::from(drawn[1]));
    let mut letters: Vec<char> = text.chars().collect();
    match field {
        "name" | "display_name" | "legal_name" | "holder_name" | "text" if tenth < 3 && 3 < letters.len() => {
            let at = 1 + place % (letters.len() - 2);
            letters.swap(at, at + 1);
        }
        "title" | "description" if tenth < 3 => {
            let words = text.split(' ').enumerate().filter(|(at, _)| at % 5 != place % 5).map(|(_, word)| word);
            return words.collect::<Vec<_>>().join(" ");
        }
        "phones" | "emails" | "value" if tenth < 1 => {
            let other = if letters.last() == Some(&'7') { '3' } else { '7' };
            letters.pop();
            letters.push(other);
        }
        "blake3" => return blake3::Hash::from_bytes(drawn).to_hex().to_string(),
        "pdq" => {
            for byte in &drawn[2..8] {
                let at = usize::from(*byte) % letters.len().max(1);
                let digit = letters.get(at).and_then(|digit| digit.to_digit(16)).unwrap_or_default();
                if let (Some(letter), Some(other)) = (letters.get_mut(at), char::from_digit(digit ^ 1, 16)) {
                    *letter = other;
                }
            }
        }
        _ => {}
    }
    letters.into_iter().collect()
}

#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn print_mix(band: Band, name: &str, pairs: usize, measures: &Measures) {
    println!(
        "{} {name}: {pairs} pairs across, B-cubed F1 {:.4}, of returning infringers {:.4}, precision {:.4}, recall {:.4}",
        band.name(),
        measures.b_cubed,
        measures.b_cubed_returning,
        measures.precision.unwrap_or_default(),
        measures.recall
    );
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
