//! How well a text that was changed is told from strangers: by the share of equal MinHash bands, as linking does, and by
//! the distance of 64-bit SimHashes, which linking does not use.
//!
//! ```text
//! measure_texts OFFERS [--world DIR]
//! ```
//!
//! OFFERS holds `abt-buy/a.csv`, `abt-buy/b.csv` and `amazon-google/b.csv`: titles and descriptions of real shops. Every text is
//! changed by a seeded generator. DIR is a world of `linkage simulate`: listings of one operator's accounts, changed as the world's
//! infringers change them, and listings of others. Everything is measured on what stays without brands and stock phrases.
//!
//! A threshold is the loosest that at most one in 100,000 pairs of strangers reaches; recall is of changed texts at it. *Either* is
//! the share that one of the two finds where each may err half as often.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use linkage_benches::figures::{print, round};
use linkage_benches::sets::open;
use linkage_core::normalize::brand::Brands;
use linkage_core::normalize::{offer, text};
use rayon::prelude::*;
use serde_json::{Value, json};

/// The largest share of pairs of strangers that may reach a threshold.
const STRANGER_SHARE_MAX: f64 = 1e-5;

/// The same in a world, where copies of suppliers' texts are many.
const WORLD_SHARE_MAX: f64 = 1e-3;

/// As `fingerprint::listing`: 24 bands of two rows over runs of three words, none for fewer than six.
const ROWS: usize = 2;
const BANDS: usize = 24;
const SHINGLES_MIN: usize = 6;

/// How well changed texts are told from strangers, by MinHash and by SimHash.
#[derive(Parser)]
#[command(after_help = "Example: measure_texts ../shared/data/er/offers --world /tmp/world")]
struct Args {
    /// Folder of sets of offers.
    offers: PathBuf,
    /// A simulated world.
    #[arg(long, value_name = "DIR")]
    world: Option<PathBuf>,
}

/// A text made ready for all measures.
struct Sketch {
    words: usize,
    /// What stays without brands and stock phrases.
    bare: String,
    bands: Option<[u64; BANDS]>,
    /// Of runs of three words, of words, and of four letters.
    simhashes: [u64; 3],
}

/// What tells two texts, the larger the more alike.
const MEASURES: [&str; 4] = ["minhash", "simhash_runs", "simhash_words", "simhash_letters"];

impl Sketch {
    fn of(full: &str) -> Sketch {
        let bare = offer::substance(full, &Brands::shipped().scan(full), "");
        let runs = text::shingles(&bare, 3);
        let words = text::words(&bare);
        let letters: Vec<char> = bare.chars().collect();
        let letters: Vec<String> = letters.windows(4).map(String::from_iter).collect();
        let bands = (SHINGLES_MIN <= runs.len()).then(|| bands(&runs));
        Sketch { words: words.len(), bands, simhashes: [simhash(&runs), simhash(&words), simhash(&letters)], bare }
    }

    fn alike(&self, other: &Sketch) -> [u32; MEASURES.len()] {
        let bands = self.bands.iter().zip(&other.bands).map(|(a, b)| a.iter().zip(b).filter(|(a, b)| a == b).count());
        let hash = |at: usize| 64 - (self.simhashes[at] ^ other.simhashes[at]).count_ones();
        [bands.sum::<usize>() as u32, hash(0), hash(1), hash(2)]
    }
}

fn hash(word: &str, slot: u64) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&slot.to_le_bytes()).update(word.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

fn bands(runs: &[String]) -> [u64; BANDS] {
    let least = |slot: usize| runs.iter().map(|run| hash(run, slot as u64 + 1)).min().unwrap_or_default();
    std::array::from_fn(|band| (0..ROWS).fold(0, |sum: u64, row| sum.rotate_left(17) ^ least(band * ROWS + row)))
}

/// Source: Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
fn simhash(features: &[String]) -> u64 {
    let mut sums = [0_i32; 64];
    for feature in features {
        let hash = hash(feature, 0);
        sums.iter_mut().enumerate().for_each(|(bit, sum)| *sum += 2 * (hash >> bit & 1) as i32 - 1);
    }
    sums.iter().enumerate().fold(0, |all, (bit, sum)| all | u64::from(0 < *sum) << bit)
}

/// For each measure, how many pairs of strangers reach each value.
struct Strangers {
    counts: [[usize; 65]; MEASURES.len()],
    pairs: usize,
}

impl Strangers {
    fn none() -> Strangers {
        Strangers { counts: [[0; 65]; MEASURES.len()], pairs: 0 }
    }

    fn add(mut self, alike: [u32; MEASURES.len()]) -> Strangers {
        self.pairs += 1;
        self.counts.iter_mut().zip(alike).for_each(|(counts, value)| counts[value as usize] += 1);
        self
    }

    fn and(mut self, other: &Strangers) -> Strangers {
        self.pairs += other.pairs;
        self.counts.as_flattened_mut().iter_mut().zip(other.counts.as_flattened()).for_each(|(a, b)| *a += b);
        self
    }

    /// The loosest threshold of each measure that at most a share of the strangers reaches; nothing in common is never enough.
    fn thresholds(&self, share: f64) -> [u32; MEASURES.len()] {
        let allowed = (self.pairs as f64 * share) as usize;
        self.counts.map(|counts| {
            let mut reach = 0;
            for value in (1..65).rev() {
                reach += counts[value];
                if allowed < reach {
                    return value as u32 + 1;
                }
            }
            1
        })
    }
}

fn strangers(sketches: &[Sketch], is_stranger: impl Fn(usize, usize) -> bool + Sync) -> Strangers {
    let of = |a: usize| {
        let others = (a + 1..sketches.len()).filter(|b| sketches[a].bare != sketches[*b].bare && is_stranger(a, *b));
        others.fold(Strangers::none(), |all, b| all.add(sketches[a].alike(&sketches[b])))
    };
    (0..sketches.len()).into_par_iter().map(of).reduce(Strangers::none, |a, b| a.and(&b))
}

/// Recall of each measure, and of MinHash with the best SimHash together, of pairs of one text.
fn report(
    set: &str,
    change: &str,
    share_max: f64,
    strangers: &Strangers,
    copies: &[[u32; MEASURES.len()]],
) -> Result<()> {
    if copies.len() < 20 {
        return Ok(());
    }
    let share = |is: &dyn Fn(&[u32; MEASURES.len()]) -> bool| {
        round(copies.iter().filter(|alike| is(alike)).count() as f64 / copies.len() as f64)
    };
    let (alone, half) = (strangers.thresholds(share_max), strangers.thresholds(share_max / 2.0));
    let mut line = json!({"set": set, "change": change, "texts": copies.len(), "thresholds": alone});
    for (at, name) in MEASURES.iter().enumerate() {
        line[name] = share(&|alike| alone[at] <= alike[at]).into();
    }
    let both = |at: usize| share(&|alike| half[0] <= alike[0] || half[at] <= alike[at]);
    line["either"] = (1..MEASURES.len()).map(both).fold(0.0, f64::max).into();
    print(&line)
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut texts = BTreeSet::new();
    for (file, columns) in [("abt-buy/a.csv", 2), ("abt-buy/b.csv", 2), ("amazon-google/b.csv", 2)] {
        read(&args.offers.join(file), columns, &mut texts)?;
    }
    let texts: Vec<String> = texts.into_iter().collect();
    let classes = [("4 to 8 words", 4..=8), ("9 to 20 words", 9..=20), ("more", 21..=usize::MAX)];
    let all: Vec<Sketch> = texts.par_iter().map(|text| Sketch::of(text)).collect();
    for (name, words) in classes {
        let (texts, sketches): (Vec<&String>, Vec<Sketch>) = texts
            .iter()
            .zip(&all)
            .filter(|(_, sketch)| words.contains(&sketch.words))
            .map(|(text, _)| (text, Sketch::of(text)))
            .unzip();
        let strangers = strangers(&sketches, |_, _| true);
        for change in Change::ALL {
            let copies: Vec<_> = (0..texts.len())
                .into_par_iter()
                .filter_map(|at| {
                    let changed = Sketch::of(&change.of(texts[at], texts[(at + 7) % texts.len()], at as u64));
                    (changed.bare != sketches[at].bare).then(|| changed.alike(&sketches[at]))
                })
                .collect();
            report(name, change.name(), STRANGER_SHARE_MAX, &strangers, &copies)?;
        }
    }
    if let Some(world) = &args.world { self::world(world) } else { Ok(()) }
}

fn read(file: &Path, columns: usize, texts: &mut BTreeSet<String>) -> Result<()> {
    let mut reader = csv::Reader::from_reader(open(file)?);
    for row in reader.records() {
        let row = row.with_context(|| format!("read {}", file.display()))?;
        texts.extend(row.iter().skip(1).take(columns).filter(|text| !text.trim().is_empty()).map(str::to_owned));
    }
    Ok(())
}

/// What is done to a text.
#[derive(Clone, Copy)]
enum Change {
    Dropped,
    Replaced,
    Reordered,
    Surrounded,
    HalfSwapped,
}

impl Change {
    const ALL: [Change; 5] =
        [Change::Dropped, Change::Replaced, Change::Reordered, Change::Surrounded, Change::HalfSwapped];

    fn name(self) -> &'static str {
        match self {
            Change::Dropped => "a fifth of the words dropped",
            Change::Replaced => "a fifth of the words replaced",
            Change::Reordered => "its thirds in another order",
            Change::Surrounded => "half as many words of another text behind it",
            Change::HalfSwapped => "its second half from another text",
        }
    }

    fn of(self, text: &str, other: &str, seed: u64) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let others: Vec<&str> = other.split_whitespace().cycle().take(words.len().max(1)).collect();
        let is_hit = |at: usize| hash(&at.to_string(), seed).is_multiple_of(5);
        let (half, third) = (words.len() / 2, words.len() / 3);
        let changed: Vec<&str> = match self {
            Change::Dropped => words.iter().enumerate().filter(|(at, _)| !is_hit(*at)).map(|(_, word)| *word).collect(),
            Change::Replaced => {
                words.iter().zip(&others).enumerate().map(|(at, (a, b))| if is_hit(at) { *b } else { *a }).collect()
            }
            Change::Reordered => [&words[2 * third..], &words[..third], &words[third..2 * third]].concat(),
            Change::Surrounded => [&words[..], &others[..half]].concat(),
            Change::HalfSwapped => [&words[..half], &others[half.min(others.len())..]].concat(),
        };
        changed.join(" ")
    }
}

/// Listings of a world: those of one operator on two accounts against those of others.
fn world(dir: &Path) -> Result<()> {
    let truth: BTreeMap<String, String> = csv::Reader::from_path(dir.join("truth.csv"))?
        .deserialize::<(String, String)>()
        .collect::<Result<_, _>>()
        .context("read truth.csv")?;
    let mut trapped = BTreeSet::new();
    for row in csv::Reader::from_path(dir.join("traps.csv"))?.records() {
        let row = row.context("read traps.csv")?;
        let [left, right] = [0, 1].map(|at| row.get(at).unwrap_or_default().to_owned());
        trapped.insert((left.clone(), right.clone()));
        trapped.insert((right, left));
    }
    let lines = std::fs::read_to_string(dir.join("listings.jsonl")).context("read listings.jsonl")?;
    let mut known = BTreeSet::new();
    let mut listings = Vec::new();
    for line in lines.lines() {
        let listing: Value = serde_json::from_str(line).context("read listings.jsonl")?;
        let of = |field: &str| listing[field].as_str().unwrap_or_default();
        let account = format!("{}/{}", of("platform"), of("account_id"));
        let Some(entity) = truth.get(&account) else { continue };
        for part in ["title", "description"] {
            if known.insert((account.clone(), of(part).to_owned())) {
                listings.push((part, account.clone(), entity.clone(), of(part).to_owned()));
            }
        }
    }
    for part in ["title", "description"] {
        let of_part: Vec<_> = listings.iter().filter(|(of, ..)| *of == part).collect();
        let sketches: Vec<Sketch> = of_part.par_iter().map(|(_, _, _, text)| Sketch::of(text)).collect();
        let is_trap = |a: usize, b: usize| trapped.contains(&(of_part[a].1.clone(), of_part[b].1.clone()));
        let strangers = strangers(&sketches, |a, b| of_part[a].2 != of_part[b].2 && !is_trap(a, b));
        let mut copies = Vec::new();
        for (a, (_, account, entity, _)) in of_part.iter().enumerate() {
            for (b, other) in of_part.iter().enumerate().skip(a + 1) {
                if *entity == other.2 && *account != other.1 && sketches[a].bare != sketches[b].bare {
                    copies.push(sketches[a].alike(&sketches[b]));
                }
            }
        }
        report(&format!("world, {part}"), "as infringers do", WORLD_SHARE_MAX, &strangers, &copies)?;
    }
    Ok(())
}
