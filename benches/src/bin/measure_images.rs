//! Measure how well edited pictures are found again, and at what price.
//!
//! ```text
//! measure_images DIR --edits DIR [--tool SCRIPT] [--step N] [--hashes N] [--reference CSV] [--gallery DIR [--pictures N]]
//! ```
//!
//! DIR holds `originals/`, `distractors/` and `same_scene_pairs.tsv`. The originals are dealt into two halves. Each half is edited by
//! the script into EDITS/0 and EDITS/1 (left as they are if they are there), its collage and background partners drawn
//! from the same half. Every edit is held against all originals and distractors.
//!
//! The threshold is fitted on half 0: the least evidence that at most one in a million pairs of different pictures reaches.
//! Recall is reported on half 1. A pair of different pictures counts unless `same_scene_pairs.tsv` lists it; what a
//! collage or a swapped background shows of other originals of its half is not scored, for it may really be in it.
//! Beside it stands what the published hash finds, as it is and in eight forms. Nothing is left out because it is hard.
//!
//! With `--gallery` the same pictures are put into a gallery on disk and pictures that nobody took beside them until there are N: made
//! of the keypoints of the distractors, so that they are met like real ones. The edits of half 1 are searched in it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use linkage_benches::machine::thread_seconds;
use linkage_core::fingerprint::image::{
    Gallery, HammingIndex, Limits, Pdq, Picture, SAME_BITS_MIN, Sighting, Verdict, decode, forms, qr_codes,
};
use linkage_core::gallery::StoredPictures;
use rayon::prelude::*;

/// The largest share of pairs of different pictures that may reach the threshold.
const IMPOSTOR_SHARE_MAX: f64 = 1e-6;

/// Edits that mix in a second picture.
const MIXED: &[&str] = &["bgswap", "collage2", "collage4"];

/// Measure how well edited pictures are found again, and at what price.
#[derive(Parser)]
#[command(
    after_help = "Example: measure_images ../shared/data/images --edits /tmp/edits --tool ../shared/tools/make_image_variants.py"
)]
struct Args {
    /// Folder with originals/, distractors/ and same_scene_pairs.tsv.
    dir: PathBuf,
    /// Folder of the edited pictures, made by the script if they are not there.
    #[arg(long, value_name = "DIR")]
    edits: PathBuf,
    /// Python script that edits all pictures of a folder into another.
    #[arg(long, value_name = "SCRIPT")]
    tool: Option<PathBuf>,
    /// Python with the script's packages.
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// Takes every Nth original of each half only.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    step: u32,
    /// What the published implementation says of the originals: lines of file,pdq,quality.
    #[arg(long, value_name = "CSV")]
    reference: Option<PathBuf>,
    /// How many random hashes the index is measured with.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    hashes: u32,
    /// Folder of a gallery on disk, filled and searched, too.
    #[arg(long, value_name = "DIR")]
    gallery: Option<PathBuf>,
    /// How many pictures the gallery on disk is filled up to: about 33 kB of disk and 12 kB of memory each.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, requires = "gallery")]
    pictures: u32,
}

/// The pictures that edits are held against.
struct World {
    names: Vec<String>,
    gallery: Gallery,
    /// How many of them are originals; they come first.
    originals: usize,
    /// Numbers of pairs that are neither copies nor safely different, both ways round.
    same_scene: BTreeSet<(usize, usize)>,
}

/// What was found for one edit.
struct Found {
    edit: String,
    /// Evidence for the picture that was edited, in bits; 0 if it was not found.
    genuine: f64,
    /// Evidence for other pictures, in bits, with their numbers.
    others: Vec<(f64, usize)>,
    original: usize,
    /// Distance of the published hash, and of the nearest of its eight forms, 256 if there is too little to hash.
    pdq: u32,
    pdq_forms: u32,
    seconds: f64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut out = std::io::stdout().lock();
    let originals = pictures_in(&args.dir.join("originals"))?;
    if let Some(reference) = &args.reference {
        conformance(&mut out, &originals, reference)?;
    }
    prices(&mut out, &originals, args.hashes)?;
    for half in 0..2 {
        make_edits(&args, &originals, half)?;
    }
    let world = World::read(&args.dir, &originals)?;
    templates(&mut out, &world, &originals)?;
    let fitted = search(&args, &world, 0)?;
    let reported = search(&args, &world, 1)?;
    report(&mut out, &world, &fitted, &reported)?;
    match &args.gallery {
        Some(folder) => large(&mut out, &args, &world, folder),
        None => Ok(()),
    }
}

/// Pictures that are made and written at a time.
const ADDED: usize = 2_000;

/// Fills a gallery on disk and searches it.
fn large(out: &mut dyn Write, args: &Args, world: &World, folder: &Path) -> Result<()> {
    let begin = Instant::now();
    let mut stored = StoredPictures::open(folder, true)?;
    let pictures = world.gallery.pictures();
    let (here, wanted) = (stored.len(), args.pictures as usize);
    if here == 0 {
        stored.add(&world.names.iter().cloned().zip(pictures.iter().cloned()).collect::<Vec<_>>())?;
    }
    while stored.len() < wanted {
        let numbers = stored.len()..wanted.min(stored.len() + ADDED);
        let made = numbers
            .into_par_iter()
            .map(|number| (format!("made up {number}"), Picture::made_up(&pictures[world.originals..], number as u64)));
        stored.add(&made.collect::<Vec<_>>())?;
    }
    let filled = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    let gallery = Gallery::over(stored)?;
    writeln!(
        out,
        "\ngallery on disk, {} pictures: filled from {here} in {filled:.0} s, indexed in {:.0} s, {:.0} bytes of memory a picture",
        gallery.pictures().len(),
        begin.elapsed().as_secs_f64(),
        gallery.memory_bytes() as f64 / gallery.pictures().len() as f64,
    )?;
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut milliseconds = Vec::new();
    for (file, edit, original) in edits(args, world, 1)? {
        let query = read(&file)?;
        let begin = Instant::now();
        let sightings = gallery.search(&query)?;
        milliseconds.push(1e3 * begin.elapsed().as_secs_f64());
        let known = |sighting: &Sighting| sighting.number as usize == original && sighting.verdict == Verdict::Same;
        let of_edit = found.entry(edit).or_default();
        of_edit.0 += usize::from(sightings.iter().any(known));
        of_edit.1 += 1;
    }
    let mut sum = 0.0;
    for (edit, (same, all)) in &found {
        sum += *same as f64 / *all as f64;
        writeln!(out, "{edit:<12} {:>7.3}", *same as f64 / *all as f64)?;
    }
    writeln!(out, "{:<12} {:>7.4}", "mean", sum / found.len().max(1) as f64)?;
    milliseconds.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| milliseconds.get((share * milliseconds.len() as f64) as usize).copied().unwrap_or_default();
    writeln!(
        out,
        "{} searches, one after the other: p50 {:.0} ms, p99 {:.0} ms",
        milliseconds.len(),
        at(0.5),
        at(0.99)
    )?;
    Ok(())
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("open folder {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    files.retain(|file| {
        file.extension().is_some_and(|ending| ["jpg", "jpeg", "png"].iter().any(|known| ending == *known))
    });
    files.sort();
    ensure!(!files.is_empty(), "{}: no pictures", folder.display());
    Ok(files)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(file: &Path) -> Result<Picture> {
    let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    Picture::read(&bytes, &Limits::default()).with_context(|| format!("decode {}", file.display()))
}

/// Edits one half of the originals, unless that was done before.
fn make_edits(args: &Args, originals: &[PathBuf], half: usize) -> Result<()> {
    let folder = args.edits.join(half.to_string());
    if folder.is_dir() {
        return Ok(());
    }
    let Some(tool) = &args.tool else { bail!("{}: not there, and no --tool to make it", folder.display()) };
    let source = args.edits.join(format!("originals-{half}"));
    fs::create_dir_all(&source)?;
    for original in originals.iter().skip(half).step_by(2) {
        fs::copy(original, source.join(name_of(original)))?;
    }
    let made = Command::new(&args.python).arg(tool).arg(&source).arg(&folder).status().context("run the script")?;
    ensure!(made.success(), "the script failed");
    Ok(())
}

impl World {
    fn read(dir: &Path, originals: &[PathBuf]) -> Result<World> {
        let distractors = pictures_in(&dir.join("distractors"))?;
        let files: Vec<&PathBuf> = originals.iter().chain(&distractors).collect();
        let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
        let pictures = files.par_iter().map(|file| read(file)).collect::<Result<Vec<Picture>>>()?;
        let pairs = fs::read_to_string(dir.join("same_scene_pairs.tsv")).context("read same_scene_pairs.tsv")?;
        let number = |name: &str| names.iter().position(|other| other == name);
        let pair = |line: &str| {
            let (left, right) = line.split_once('\t')?;
            Some((number(left)?, number(right)?))
        };
        let listed: Vec<(usize, usize)> = pairs.lines().filter_map(pair).collect();
        let same_scene = listed.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
        Ok(World { gallery: Gallery::new(pictures), originals: originals.len(), same_scene, names })
    }

    /// Whether a picture other than the original speaks about impostors.
    fn is_scored(&self, edit: &str, original: usize, other: usize) -> bool {
        let partner = MIXED.contains(&edit) && other < self.originals && other % 2 == original % 2;
        other != original && !partner && !self.same_scene.contains(&(original, other))
    }
}

/// The edits of one half: file, edit and number of the original.
fn edits(args: &Args, world: &World, half: usize) -> Result<Vec<(PathBuf, String, usize)>> {
    let files = pictures_in(&args.edits.join(half.to_string()))?;
    let mut numbers = BTreeMap::new();
    for (number, name) in world.names[..world.originals].iter().enumerate().skip(half).step_by(2 * args.step as usize) {
        numbers.insert(name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem), number);
    }
    let one = |file: PathBuf| {
        let name = name_of(&file);
        let (stem, edit) = name.rsplit_once('.')?.0.split_once('@')?;
        Some((file, edit.to_owned(), *numbers.get(stem)?))
    };
    Ok(files.into_iter().filter_map(one).collect())
}

/// Holds the edits of one half against the world.
fn search(args: &Args, world: &World, half: usize) -> Result<Vec<Found>> {
    let edits = edits(args, world, half)?;
    edits.par_iter().map(|(file, edit, original)| Ok(found(world, &read(file)?, *original, edit))).collect()
}

fn found(world: &World, query: &Picture, original: usize, edit: &str) -> Found {
    let begin = thread_seconds();
    let Ok(sightings) = world.gallery.search(query);
    let seconds = thread_seconds() - begin;
    let known = &world.gallery.pictures()[original].forms;
    let usable = known.quality.links() && query.forms.quality.links();
    let distance = |distance: u32| if usable { distance } else { 256 };
    let mut found = Found {
        edit: edit.to_owned(),
        genuine: 0.0,
        others: Vec::new(),
        original,
        pdq: distance(query.forms.upright().distance_hamming(&known.upright())),
        pdq_forms: distance(query.forms.nearest(&known.upright()).1),
        seconds,
    };
    for sighting in sightings {
        let number = sighting.number as usize;
        if number == original {
            found.genuine = sighting.evidence_bits;
        } else if world.is_scored(edit, original, number) {
            found.others.push((sighting.evidence_bits, number));
        }
    }
    found
}

/// The least evidence that at most the allowed share of pairs of different pictures reaches.
fn threshold(world: &World, found: &[Found]) -> f64 {
    let mut others: Vec<f64> = found.iter().flat_map(|found| found.others.iter().map(|(bits, _)| *bits)).collect();
    others.sort_unstable_by(|a, b| b.total_cmp(a));
    let allowed = (pairs(world, found) as f64 * IMPOSTOR_SHARE_MAX) as usize;
    others.get(allowed).copied().unwrap_or_default().max(1.0) + 1e-6
}

fn pairs(world: &World, found: &[Found]) -> usize {
    let scored = |found: &Found| {
        (0..world.names.len()).filter(|other| world.is_scored(&found.edit, found.original, *other)).count()
    };
    found.iter().map(scored).sum()
}

fn reaching(found: &[Found], bits: f64) -> usize {
    found.iter().flat_map(|found| &found.others).filter(|(other, _)| bits <= *other).count()
}

fn report(out: &mut dyn Write, world: &World, fitted: &[Found], reported: &[Found]) -> Result<()> {
    let bits = threshold(world, fitted);
    let count = pairs(world, reported);
    writeln!(
        out,
        "\nhalf 0: {} edits, threshold {bits:.1} bits (the engine's own is {SAME_BITS_MIN:.0}, {} reach it)",
        fitted.len(),
        reaching(fitted, SAME_BITS_MIN),
    )?;
    writeln!(
        out,
        "half 1: {} edits, {count} pairs of different pictures, {} reach it ({:.1e}), {} the engine's own",
        reported.len(),
        reaching(reported, bits),
        reaching(reported, bits) as f64 / count as f64,
        reaching(reported, SAME_BITS_MIN),
    )?;
    writeln!(out, "\nnearest impostors of half 0, then of half 1:")?;
    impostors(out, world, fitted)?;
    writeln!(out)?;
    impostors(out, world, reported)?;
    writeln!(out, "\n{:<12} {:>7} {:>9} {:>7} {:>9}", "edit", "recall", "engine's", "PDQ", "PDQ x 8")?;
    let mut by_edit: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for found in reported {
        by_edit.entry(&found.edit).or_default().push(found);
    }
    let mut sums = [0.0; 4];
    for (edit, found) in &by_edit {
        let share =
            |is: &dyn Fn(&Found) -> bool| found.iter().filter(|found| is(found)).count() as f64 / found.len() as f64;
        let row = [
            share(&|found| bits <= found.genuine),
            share(&|found| SAME_BITS_MIN <= found.genuine),
            share(&|found| found.pdq <= Pdq::SAME_MAX),
            share(&|found| found.pdq_forms <= Pdq::SAME_MAX),
        ];
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        writeln!(out, "{edit:<12} {:>7.3} {:>9.3} {:>7.3} {:>9.3}", row[0], row[1], row[2], row[3])?;
    }
    let mean = sums.map(|sum| sum / by_edit.len().max(1) as f64);
    writeln!(out, "{:<12} {:>7.4} {:>9.4} {:>7.4} {:>9.4}", "mean", mean[0], mean[1], mean[2], mean[3])?;
    let seconds: f64 = reported.iter().map(|found| found.seconds).sum();
    let each = 1e3 * seconds / reported.len().max(1) as f64;
    let bytes = world.gallery.memory_bytes() as f64 / world.names.len() as f64;
    writeln!(
        out,
        "search among {} pictures, {bytes:.0} bytes of memory each besides the pictures: {each:.1} ms of one core",
        world.names.len()
    )?;
    Ok(())
}

/// The different pictures that come nearest to being called the same, each pair once with how many edits of it come near.
fn impostors(out: &mut dyn Write, world: &World, found: &[Found]) -> Result<()> {
    let mut pairs: BTreeMap<(usize, usize), (f64, &str, usize)> = BTreeMap::new();
    for found in found {
        for (bits, other) in &found.others {
            let pair = pairs.entry((found.original, *other)).or_insert((0.0, "", 0));
            pair.2 += usize::from(SAME_BITS_MIN <= *bits);
            if pair.0 < *bits {
                (pair.0, pair.1) = (*bits, &found.edit);
            }
        }
    }
    let mut worst: Vec<_> = pairs.into_iter().collect();
    worst.sort_by(|a, b| b.1.0.total_cmp(&a.1.0));
    for ((original, other), (bits, edit, same)) in worst.iter().take(12) {
        let (left, right) = (&world.names[*original], &world.names[*other]);
        writeln!(out, "  {bits:.0} bits ({edit}; {same} edits called the same): {left} and {right}")?;
    }
    Ok(())
}

/// Unedited pictures that are alike and not the same.
fn templates(out: &mut dyn Write, world: &World, originals: &[PathBuf]) -> Result<()> {
    let is_packshot: Vec<bool> = world.names.iter().map(|name| name.starts_with("ic__")).collect();
    let count = is_packshot.iter().filter(|is| **is).count();
    let pictures = world.gallery.pictures();
    let same: BTreeSet<(usize, usize)> = (0..originals.len())
        .into_par_iter()
        .flat_map_iter(|number| {
            let Ok(sightings) = world.gallery.search(&pictures[number]);
            let same = sightings.into_iter().filter(|sighting| sighting.verdict == Verdict::Same);
            same.map(move |sighting| (number.min(sighting.number as usize), number.max(sighting.number as usize)))
        })
        .filter(|(a, b)| a != b)
        .collect();
    let packshots = same.iter().filter(|(a, b)| is_packshot[*a] && is_packshot[*b]).count();
    let pairs = count * count.saturating_sub(1) / 2;
    let scenes = same.iter().filter(|pair| world.same_scene.contains(pair)).count();
    let listed = world.same_scene.len() / 2;
    writeln!(
        out,
        "\nunedited: {packshots} of {pairs} pairs of packshots called the same ({:.2} %)",
        100.0 * packshots as f64 / pairs.max(1) as f64
    )?;
    writeln!(out, "unedited: {scenes} of {listed} listed pairs of one scene called the same")?;
    for (a, b) in &same {
        writeln!(out, "  {} and {}", world.names[*a], world.names[*b])?;
    }
    Ok(())
}

/// How far our hash is from the published one, where that has the quality of 80 or more.
fn conformance(out: &mut dyn Write, originals: &[PathBuf], reference: &Path) -> Result<()> {
    let table = fs::read_to_string(reference).with_context(|| format!("read {}", reference.display()))?;
    let published = |line: &str| -> Option<(String, Pdq, u32)> {
        let mut cells = line.rsplitn(3, ',');
        let (quality, hash) = (cells.next()?.trim().parse().ok()?, cells.next()?.parse().ok()?);
        Some((cells.next()?.to_owned(), hash, quality))
    };
    let published: Vec<(String, Pdq, u32)> = table.lines().filter_map(published).collect();
    let mut distances = Vec::new();
    for (name, hash, _) in published.iter().filter(|(.., quality)| 80 <= *quality) {
        let Some(file) = originals.iter().find(|file| name_of(file) == *name) else { continue };
        distances.push(read(file)?.forms.upright().distance_hamming(hash));
    }
    ensure!(!distances.is_empty(), "{}: expected lines of file,pdq,quality", reference.display());
    let within = distances.iter().filter(|distance| **distance <= 10).count();
    writeln!(
        out,
        "PDQ: {within} of {} within 10 bits of the published hash at quality 80 or more, the furthest {}\n",
        distances.len(),
        distances.iter().max().copied().unwrap_or_default()
    )?;
    Ok(())
}

/// What one core takes for the fingerprints of a picture, and for looking up hashes.
fn prices(out: &mut dyn Write, originals: &[PathBuf], hashes: u32) -> Result<()> {
    let (mut count, mut hash, mut all, mut codes) = (0, 0.0, 0.0, 0.0);
    for file in originals {
        let bytes = fs::read(file)?;
        let begin = thread_seconds();
        let picture = Picture::read(&bytes, &Limits::default())?;
        let seconds = thread_seconds() - begin;
        // Of the sizes near 400 × 534 only.
        if !(200_000..230_000).contains(&(picture.width * picture.height)) {
            continue;
        }
        let pixels = decode(&bytes, &Limits::default())?;
        let begin = thread_seconds();
        std::hint::black_box(forms(&pixels));
        hash += thread_seconds() - begin;
        let begin = thread_seconds();
        std::hint::black_box(qr_codes(&pixels));
        codes += thread_seconds() - begin;
        all += seconds;
        count += 1;
    }
    let each = |seconds: f64| 1e3 * seconds / f64::from(count.max(1));
    writeln!(out, "{count} pictures of about 400 x 534, one core:")?;
    writeln!(out, "  PDQ and its eight forms, after decoding {:.2} ms", each(hash))?;
    writeln!(out, "  looking for QR codes, after decoding {:.2} ms", each(codes))?;
    writeln!(out, "  decoding and all fingerprints {:.2} ms", each(all + codes))?;
    let random = |number: u32| Pdq::from_bytes(*blake3::hash(&number.to_le_bytes()).as_bytes());
    let index = HammingIndex::new((0..hashes).map(random));
    writeln!(out, "{hashes} random hashes: {:.1} bytes each", index.memory_bytes() as f64 / f64::from(hashes.max(1)))?;
    for (radius, queries) in [(31, 20_000), (47, 2_000)] {
        let begin = thread_seconds();
        let found: usize = (0..queries).map(|number| index.search(&random(number / 2 * 3), radius).near.len()).sum();
        let seconds = thread_seconds() - begin;
        writeln!(
            out,
            "  radius {radius}: {:.0} queries a second, {found} found for {queries}",
            f64::from(queries) / seconds
        )?;
    }
    Ok(())
}
