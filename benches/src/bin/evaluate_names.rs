//! Compare labelled names of people, firms and brands, and print how right and how fast the answers are.
//!
//! ```text
//! evaluate_names DIR [--orgs DIR] [--model FILE] [--model-for-half FILE FILE] [--only-speed] [--errors]
//! ```
//!
//! DIR holds `name-pairs.csv`, `brand-pairs-han-latin.csv`, `un-list-variants.csv`, `distractor-persons.csv[.gz]`; beside it lies
//! `orgs/dbpedia-names`. A threshold is always fitted on one half of the pairs and reported on the other; a pair's half is the
//! lowest bit of the CRC-32 of its two names, sorted. The heads that ship have seen `name-pairs.csv`: for an honest figure
//! train two models without a half each (`testdata/make_name_pairs.py DIR --leave-out 0|1`, `linkage train`) and give them by
//! `--model-for-half`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;
use linkage_benches::figures::{best_threshold, f1, print, round};
use linkage_benches::sets::open;
use linkage_core::compare::names::{MEASURES, Sketch, Weights, measure};
use linkage_core::compare::{Bits, spelling_likeness};
use linkage_core::linker::pairs::{Comparer, Model};
use linkage_core::normalize::alias::Aliases;
use linkage_core::normalize::text::fold;
use linkage_core::record::PairKind;
use linkage_core::score::head::{FitError, Head, fit_linear};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

/// Compare labelled names of people, firms and brands, and print how right and how fast the answers are.
#[derive(Parser)]
#[command(after_help = "Example: evaluate_names ../shared/data/er/names")]
struct Args {
    /// Folder of the names.
    dir: PathBuf,
    /// Folder of `dbpedia-names`; beside DIR unless given.
    #[arg(long)]
    orgs: Option<PathBuf>,
    /// Weights from `linkage train`, in the place of those that ship.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Models trained without half 0 and without half 1 of `name-pairs.csv`, to measure those halves with.
    #[arg(long, num_args = 2, value_names = ["WITHOUT_0", "WITHOUT_1"])]
    model_for_half: Option<Vec<PathBuf>>,
    /// Only how many pairs are compared in a second, by kind, in the best of many short rounds.
    #[arg(long)]
    only_speed: bool,
    /// Also a line for each listed name and each organisation that is judged wrongly.
    #[arg(long)]
    errors: bool,
}

struct Row {
    kind: PairKind,
    left: String,
    right: String,
    label: bool,
}

struct Scored {
    names: [String; 2],
    bits: f64,
    label: bool,
    half: usize,
}

/// Comparisons are timed for at least so long.
const TIMED_SECONDS: f64 = 1.0;

/// Rounds of which the best is taken, and their length: other work on the machine only ever makes one slower, and leaves some alone.
const ROUNDS: usize = 100;
const ROUND_SECONDS: f64 = 0.03;

/// The nearest distractors of each listed name that are hard negatives.
const HARD_NEGATIVES: usize = 3;

fn main() -> Result<()> {
    let args = Args::parse();
    let model = args.model.as_deref().map_or(Ok(Model::default()), read_model)?;
    let none = Comparer::with_aliases(model.clone(), Cow::Owned(Aliases::none()))?;
    let shipped = Comparer::new(model)?;

    let pairs = read_pairs(&args.dir.join("name-pairs.csv"), "name1", "name2", |row| kind(row.get("schema")))?;
    if args.only_speed {
        return speed(&none, &pairs);
    }
    let mut line = json!({"scorer": "linkage"});
    if let Some(files) = &args.model_for_half {
        let mut scored = Vec::new();
        for (half, file) in files.iter().enumerate() {
            let comparer = Comparer::with_aliases(read_model(file)?, Cow::Owned(Aliases::none()))?;
            scored.extend(score(&comparer, &pairs).into_iter().filter(|pair| pair.half == half));
        }
        line["name_pairs_held_out"] = halves(&scored);
    }
    let scored = score(&none, &pairs);
    line["name_pairs_shipped"] = halves(&scored);
    for (name, kind) in [("person", PairKind::PersonName), ("company", PairKind::CompanyName)] {
        let part: Vec<&Row> = pairs.iter().filter(|row| row.kind == kind).collect();
        line[format!("name_pairs_shipped_{name}")] = json!({"auc": round(auc(&score(&none, part)))});
    }
    let compare = |(kind, left, right): &Ready| none.compare_names(*kind, left, right).probability;
    line["pairs_per_second"] = json!(per_second(&ready(&none, &pairs), TIMED_SECONDS, &compare).round());
    print(&line)?;

    let brands = read_pairs(&args.dir.join("brand-pairs-han-latin.csv"), "han_name", "latin_name", |_| {
        Some(PairKind::CompanyName)
    })?;
    let alone = score(&none, &brands);
    let known: Vec<&Row> = brands
        .iter()
        .filter(|row| [&row.left, &row.right].iter().all(|name| !Aliases::shipped().of(name).is_empty()))
        .collect();
    print(&json!({
        "scorer": "linkage", "set": "brand-pairs-han-latin", "pairs": brands.len(),
        "aliases_none": halves(&alone), "with_table": halves(&score(&shipped, &brands)),
        "known_pairs": known.len(), "known_with_table": halves(&score(&shipped, known)),
    }))?;

    let listed = listed(&args.dir, &none)?;
    let [spelt, own] = listed;
    print(&json!({
        "scorer": "linkage", "set": "un-list-variants", "pairs": spelt.len(),
        "against_nearest_spelt": halves(&spelt), "against_own_nearest": halves(&own),
    }))?;
    if args.errors {
        let least = best_threshold(&spelt.iter().map(|pair| (pair.bits, pair.label)).collect::<Vec<_>>());
        for pair in spelt.iter().filter(|pair| pair.label != (least <= pair.bits)) {
            print(&json!({"judged_wrongly": pair.names, "label": pair.label, "bits": pair.bits, "threshold": least}))?;
        }
    }

    let orgs = args.orgs.unwrap_or_else(|| args.dir.join("../orgs/dbpedia-names"));
    organisations(&orgs, args.errors)
}

fn kind(schema: Option<&str>) -> Option<PairKind> {
    Some(if schema == Some("Person") { PairKind::PersonName } else { PairKind::CompanyName })
}

fn read_model(file: &Path) -> Result<Model> {
    let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
    Model::from_json(&bytes).with_context(|| file.display().to_string())
}

/// A row as its columns by name.
struct Columns<'r> {
    head: &'r csv::StringRecord,
    row: &'r csv::StringRecord,
}

impl Columns<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.row.get(self.head.iter().position(|column| column == name)?)
    }
}

/// Reads a CSV file, plain or gzip, if that is what is there.
fn read_rows(file: &Path, each: &mut dyn FnMut(&Columns<'_>) -> Result<()>) -> Result<()> {
    let mut reader = csv::Reader::from_reader(open(file)?);
    let head = reader.headers().with_context(|| format!("read {}", file.display()))?.clone();
    for row in reader.records() {
        let row = row.with_context(|| format!("read {}", file.display()))?;
        each(&Columns { head: &head, row: &row })?;
    }
    Ok(())
}

fn read_pairs(
    file: &Path,
    left: &str,
    right: &str,
    kind: impl Fn(&Columns<'_>) -> Option<PairKind>,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    read_rows(file, &mut |row| {
        let (Some(a), Some(b), Some(label), Some(kind)) = (row.get(left), row.get(right), row.get("label"), kind(row))
        else {
            bail!("{}: expected columns {left}, {right} and label", file.display());
        };
        rows.push(Row { kind, left: a.to_owned(), right: b.to_owned(), label: label == "1" });
        Ok(())
    })?;
    Ok(rows)
}

fn score<'r>(comparer: &Comparer, rows: impl IntoIterator<Item = &'r Row>) -> Vec<Scored> {
    let rows: Vec<&Row> = rows.into_iter().collect();
    rows.par_iter()
        .map(|row| {
            let sides = [&row.left, &row.right].map(|name| comparer.sketch(row.kind, name));
            let bits = comparer.compare_names(row.kind, &sides[0], &sides[1]).weight.get();
            Scored {
                names: [row.left.clone(), row.right.clone()],
                bits,
                label: row.label,
                half: half(&row.left, &row.right),
            }
        })
        .collect()
}

fn half(left: &str, right: &str) -> usize {
    let mut names = [left, right];
    names.sort_unstable();
    let mut crc = flate2::Crc::new();
    crc.update(names.join("\t").as_bytes());
    (crc.sum() & 1) as usize
}

/// F1 on either half at the threshold that is best on the other, the F1 at even odds, and the area under the curve.
fn halves(scored: &[Scored]) -> Value {
    let weighed = |pair: &Scored| (pair.bits, pair.label);
    let of = |half: usize| scored.iter().filter(|pair| pair.half == half).map(weighed).collect::<Vec<_>>();
    let f1s: Vec<f64> = (0..2).map(|half| f1(&of(half), best_threshold(&of(1 - half)))).collect();
    let all: Vec<(f64, bool)> = scored.iter().map(weighed).collect();
    json!({
        "f1": round((f1s[0] + f1s[1]) / 2.0), "f1_of_halves": f1s.iter().map(|f1| round(*f1)).collect::<Vec<_>>(),
        "f1_at_even_odds": round(f1(&all, 0.0)), "auc": round(auc(scored)),
    })
}

/// Chance that a match outweighs another pair; ties count half.
fn auc(scored: &[Scored]) -> f64 {
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_unstable_by(|a, b| a.bits.total_cmp(&b.bits));
    let (mut below, mut wins, mut matches) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.bits == b.bits) {
        let same = tied.iter().filter(|pair| pair.label).count() as f64;
        let other = tied.len() as f64 - same;
        wins += same * (below + other / 2.0);
        below += other;
        matches += same;
    }
    wins / (matches * below).max(1.0)
}

/// Pairs compared in a second, of all kinds and of each, and what measuring alone would reach without weighing.
fn speed(comparer: &Comparer, rows: &[Row]) -> Result<()> {
    let all = ready(comparer, rows);
    let (people, firms): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|(kind, ..)| *kind == PairKind::PersonName);
    let best = |pairs: &[Ready], each: &dyn Fn(&Ready) -> f64| {
        (0..ROUNDS).map(|_| per_second(pairs, ROUND_SECONDS, each)).fold(0.0, f64::max).round()
    };
    let compare = |(kind, left, right): &Ready| comparer.compare_names(*kind, left, right).probability;
    print(&json!({
        "scorer": "linkage", "pairs_per_second": best(&all, &compare), "person": best(&people, &compare),
        "company": best(&firms, &compare), "measured_only": best(&all, &|(_, left, right)| measure(left, right)[0]),
    }))
}

/// Two names made ready.
type Ready = (PairKind, Sketch, Sketch);

fn ready(comparer: &Comparer, rows: &[Row]) -> Vec<Ready> {
    rows.iter()
        .map(|row| (row.kind, comparer.sketch(row.kind, &row.left), comparer.sketch(row.kind, &row.right)))
        .collect()
}

/// Pairs compared in a second on one core.
fn per_second(pairs: &[Ready], seconds: f64, each: &dyn Fn(&Ready) -> f64) -> f64 {
    let started = Instant::now();
    let (mut compared, mut sum) = (0, 0.0);
    while started.elapsed().as_secs_f64() < seconds {
        sum += pairs.iter().map(each).sum::<f64>();
        compared += pairs.len();
    }
    std::hint::black_box(sum);
    compared as f64 / started.elapsed().as_secs_f64()
}

/// Names of a list against their variants, and against the most similar of names that are not on it: by how their sorted words
/// are spelt, as other tools are measured, and by this engine's own answer, which is harder.
fn listed(dir: &Path, comparer: &Comparer) -> Result<[Vec<Scored>; 2]> {
    let mut names: Vec<(String, String)> = Vec::new();
    let file = dir.join("un-list-variants.csv");
    read_rows(&file, &mut |row| {
        let (Some(name), Some(variant)) = (row.get("name"), row.get("variant")) else {
            bail!("{}: expected columns name and variant", file.display());
        };
        names.push((name.to_owned(), variant.to_owned()));
        Ok(())
    })?;
    let mut strangers: Vec<(String, Sketch, String)> = Vec::new();
    read_rows(&dir.join("distractor-persons.csv"), &mut |row| {
        let name = row.get("full_name").unwrap_or_default();
        strangers.push((sorted_words(name), comparer.sketch(PairKind::PersonName, name), name.to_owned()));
        Ok(())
    })?;
    let scored = names.par_iter().enumerate().map(|(at, (name, variant))| {
        let sketch = comparer.sketch(PairKind::PersonName, name);
        let weigh = |other: &Sketch| comparer.compare_names(PairKind::PersonName, &sketch, other).weight.get();
        let same = weigh(&comparer.sketch(PairKind::PersonName, variant));
        let words = sorted_words(name);
        let mut own: Vec<(f64, &String)> = strangers.iter().map(|(_, other, name)| (weigh(other), name)).collect();
        own.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let mut spelt: Vec<(f64, usize)> =
            strangers.iter().enumerate().map(|(at, (other, ..))| (spelling_likeness(&words, other), at)).collect();
        spelt.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let nearest = spelt.into_iter().take(HARD_NEGATIVES).map(|(_, at)| &strangers[at]);
        let spelt: Vec<(f64, &String)> = nearest.map(|(_, other, name)| (weigh(other), name)).collect();
        own.truncate(HARD_NEGATIVES);
        let pair = |bits: f64, label: bool, other: &String| {
            let names = [name.clone(), other.clone()];
            Scored { names, bits, label, half: at % 2 }
        };
        [spelt, own].map(|against| {
            std::iter::once(pair(same, true, variant))
                .chain(against.into_iter().map(|(bits, other)| pair(bits, false, other)))
                .collect::<Vec<_>>()
        })
    });
    let mut both = [Vec::new(), Vec::new()];
    for [spelt, own] in scored.collect::<Vec<_>>() {
        both[0].extend(spelt);
        both[1].extend(own);
    }
    Ok(both)
}

fn sorted_words(name: &str) -> String {
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// What was measured of a find, whether it is right, and its name.
struct Find {
    values: Vec<f64>,
    label: bool,
    name: String,
}

/// Names of two lists that may be one, as a search would find them.
struct Finds {
    name: String,
    left: usize,
    right: usize,
    matches: usize,
    /// For each name of the right list: measures of its finds, and whether they are right.
    found: Vec<Vec<Find>>,
    /// The names of the right list, and of each the one it belongs to.
    sought: Vec<[String; 2]>,
    seconds: f64,
}

/// Finds of a search that are ranked.
const FINDS_MAX: usize = 25;

/// For every organisation of one list the most alike of the other: how often it is the right one. Rarity is counted over both
/// lists, as the linker counts it over a store. What ranks the finds was learned on the other sets.
fn organisations(dir: &Path, errors: bool) -> Result<()> {
    let mut sets: Vec<PathBuf> = std::fs::read_dir(dir)
        .with_context(|| format!("read {}", dir.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    sets.sort();
    let sets = sets.iter().map(|set| finds(set)).collect::<Result<Vec<Finds>>>()?;
    let mut recalls = Vec::new();
    for set in &sets {
        let rank = Ranking::learn(sets.iter().filter(|other| other.name != set.name))
            .with_context(|| format!("learn for {}", set.name))?;
        let first = |finds: &'_ [Find]| {
            let weighed = finds.iter().enumerate().map(|(at, find)| (rank.bits(&find.values), std::cmp::Reverse(at)));
            weighed.max().map(|(_, at)| at.0)
        };
        let mut right = 0;
        for (finds, [sought, expected]) in set.found.iter().zip(&set.sought) {
            let found = first(finds).map(|at| &finds[at]);
            right += usize::from(found.is_some_and(|find| find.label));
            if let Some(find) = found.filter(|find| errors && !find.label) {
                let among = finds.iter().position(|find| find.label);
                print(&json!({"sought": sought, "found": find.name, "expected": expected, "expected_at": among}))?;
            }
        }
        let among = set.found.iter().flatten().filter(|find| find.label).count();
        let share = |count: usize| round(count as f64 / set.matches as f64);
        recalls.push(right as f64 / set.matches as f64);
        print(&json!({
            "scorer": "linkage", "set": set.name, "left": set.left, "right": set.right, "matches": set.matches,
            "recall_at_1": recalls.last().map(|recall| round(*recall)), "recall_at_25": share(among),
            "seconds": round(set.seconds),
        }))?;
    }
    let mean = recalls.iter().sum::<f64>() / (recalls.len() as f64).max(1.0);
    print(&json!({"scorer": "linkage", "set": "dbpedia-names", "mean_recall_at_1": round(mean)}))
}

fn finds(set: &Path) -> Result<Finds> {
    let started = Instant::now();
    let side = |name: &str| -> Result<Vec<(String, String)>> {
        let mut all = Vec::new();
        read_rows(&set.join(format!("{name}.csv")), &mut |row| {
            let field = |column: &str| row.get(column).unwrap_or_default().to_owned();
            all.push((field("rec_id"), field("name")));
            Ok(())
        })?;
        Ok(all)
    };
    let (left, right) = (side("left")?, side("right")?);
    let mut matches: FxHashSet<(String, String)> = FxHashSet::default();
    read_rows(&set.join("matches.csv"), &mut |row| {
        let field = |column: &str| row.get(column).unwrap_or_default().to_owned();
        matches.insert((field("left_id"), field("right_id")));
        Ok(())
    })?;
    let weights = Weights::of(left.iter().chain(&right).map(|(_, name)| name.as_str()));
    let sketch = |all: &[(String, String)]| -> Vec<Sketch> {
        all.par_iter().map(|(_, name)| Sketch::company(name, &weights, &Aliases::none())).collect()
    };
    let (sketches, sketched) = (sketch(&left), sketch(&right));
    let found = right.par_iter().zip(&sketched).map(|((id, _), sketch)| {
        let near = sketches.iter().map(|other| measure(sketch, other).to_vec()).enumerate();
        let mut near: Vec<(f64, usize, Vec<f64>)> = near.map(|(at, values)| (roughly(&values), at, values)).collect();
        near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.truncate(FINDS_MAX);
        near.into_iter()
            .map(|(_, at, values)| {
                let (other, name) = &left[at];
                Find { values, label: matches.contains(&(other.clone(), id.clone())), name: name.clone() }
            })
            .collect()
    });
    let names: FxHashMap<&str, &str> = left.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let expected: FxHashMap<&str, &str> =
        matches.iter().filter_map(|(other, id)| Some((id.as_str(), *names.get(other.as_str())?))).collect();
    let sought = right.iter().map(|(id, name)| {
        let expected = expected.get(id.as_str()).copied().unwrap_or_default();
        [name.clone(), expected.to_owned()]
    });
    Ok(Finds {
        name: set.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        left: left.len(),
        right: right.len(),
        matches: matches.len(),
        found: found.collect(),
        sought: sought.collect(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Which find of a search comes first, learned from other searches.
///
/// Only that the right one of a search's finds outweighs each wrong one is asked, and the difference of the two is what is learned: a
/// search whose answer is not in the other list teaches nothing, where a label for every find would teach that what is alike is
/// wrong.
struct Ranking {
    head: Head,
    /// The mean of each measure, which stands for what a find does not show.
    means: Vec<f64>,
}

impl Ranking {
    fn learn<'f>(sets: impl Iterator<Item = &'f Finds>) -> Result<Ranking, FitError> {
        let searches: Vec<&[Find]> = sets.flat_map(|set| &set.found).map(Vec::as_slice).collect();
        let finds = || searches.iter().copied().flatten();
        let mean = |at: usize| {
            let shown = finds().map(|find| find.values[at]).filter(|value| !value.is_nan());
            let (count, sum) = shown.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
            sum / f64::from(count.max(1))
        };
        let means: Vec<f64> = (0..MEASURES.len()).map(mean).collect();
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for search in searches {
            for right in search.iter().filter(|find| find.label) {
                for wrong in search.iter().filter(|find| !find.label) {
                    let (right, wrong) = (filled(&right.values, &means), filled(&wrong.values, &means));
                    let more: Vec<f64> = right.iter().zip(&wrong).map(|(right, wrong)| right - wrong).collect();
                    rows.push(more.iter().map(|value| -value).collect());
                    rows.push(more);
                    labels.extend([false, true]);
                }
            }
        }
        let (head, _) = fit_linear(&MEASURES, &rows, &labels)?;
        Ok(Ranking { head, means })
    }

    fn bits(&self, values: &[f64]) -> Bits {
        self.head.bits(&filled(values, &self.means))
    }
}

/// Values with the mean where there is none.
fn filled(values: &[f64], means: &[f64]) -> Vec<f64> {
    values.iter().zip(means).map(|(value, mean)| if value.is_nan() { *mean } else { *value }).collect()
}

/// What a search goes by before anything was learned: the sum of what is covered, spelt alike and abbreviated.
fn roughly(values: &[f64]) -> f64 {
    const ROUGH: [&str; 5] = ["longer_share_covered", "shorter_share_covered", "spelling", "trigrams", "acronym"];
    let value = |name: &str| MEASURES.iter().position(|measure| *measure == name).and_then(|at| values.get(at));
    ROUGH.iter().filter_map(|name| value(name)).filter(|value| !value.is_nan()).sum()
}
