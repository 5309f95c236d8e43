//! Link simulated worlds of migrating infringers and print how right the networks are, beside the floor, the ceiling and other tools.
//!
//! ```text
//! evaluate_mix [--accounts N] [--seed S].. [--peer SCRIPT --python PROGRAM] [--traps] [--replay] [--ablation [kinds|guards]]
//! ```
//!
//! Every seed gives four worlds: `mix`; S11, whose victims of identity theft are pooled; S14, in which returning infringers keep nothing
//! but wording and the style of photos; and S9, in which everybody shares forwarders, agents and suppliers. All are linked under
//! the default configuration, and what `explain` calls the minimal evidence of a link of `mix` is held to its definition: exit status 1 if one
//! fails. The seeds of [`RESERVED`] are for the final table: nothing may be tuned on them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use linkage_benches::closure::exact_value_pairs;
use linkage_benches::engine::{Engine, Scored};
use linkage_benches::minimal::Minimal;
use linkage_benches::replay::{Returns, first_listings};
use linkage_benches::worlds::{Means, Measures, World, recurrence};
use linkage_core::evaluate::{RECURRENCE_DAYS, Share, measure_pairs};
use linkage_core::fingerprint::{ClearKeyer, Kind, Profile};
use linkage_core::score::{Band, Guard};

/// Seeds of the final table.
const RESERVED: [u64; 10] = [9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008, 9009, 9010];

/// An exact value held by more accounts than this joins nobody in the capped closure.
const CLOSURE_HOLDERS_MAX: usize = 4;

/// The threshold at which the issue quotes the peer.
const PEER_THRESHOLD: &str = ".95";

/// Least probability of the pairs whose calibration is measured.
const CALIBRATED_MIN: f64 = 0.01;

/// Links that are named whose minimal evidence fails its definition.
const NAMED_MAX: usize = 20;

/// Link simulated worlds and print how right the networks are.
#[derive(Parser)]
#[command(after_help = "Example: evaluate_mix --accounts 4000 --seed 1")]
struct Args {
    /// Accounts of each world.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    accounts: u64,
    /// Seeds of the worlds; the ten reserved ones, if none is named.
    #[arg(long = "seed", value_name = "S")]
    seeds: Vec<u64>,
    /// A script to run on `mix` as well: it gets a folder, a file to write account,network_id to, and a threshold.
    #[arg(long, value_name = "SCRIPT")]
    peer: Option<PathBuf>,
    /// The Python to run the script with.
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    python: PathBuf,
    /// Print too which traps of `mix` were walked into.
    #[arg(long)]
    traps: bool,
    /// Live through `mix` in order of time too, and print how many returns are found at their first listing.
    #[arg(long)]
    replay: bool,
    /// Print instead what `mix` loses without each kind of evidence, or each guard against false links, one after the other; both, if
    /// neither is named.
    #[arg(long, value_enum, value_name = "OF", num_args = 0..=1, default_missing_value = "all")]
    ablation: Option<Ablation>,
}

/// Of what one thing after the other is left out.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Ablation {
    Kinds,
    Guards,
    All,
}

/// What is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LeftOut {
    Nothing,
    Kind(Kind),
    Guard(Guard),
}

/// The rows of the table, in its order.
const ROWS: [&str; 7] = ["link nobody", "exact values", "exact, capped", "peer", "LEAD", "ACT", "ceiling"];

/// Figures of `mix` over all seeds.
#[derive(Default)]
struct Mix {
    rows: [Means; ROWS.len()],
    seconds: [f64; ROWS.len()],
    calibration: Vec<Calibration>,
    recurrence: Vec<Recurred>,
    pairs: u64,
    traps: Vec<(String, Share, Share)>,
    returns: Option<Returns>,
    minimal: Minimal,
    /// Links whose minimal evidence is not what it should be, the first [`NAMED_MAX`] of them.
    not_minimal: Vec<String>,
}

/// Operators that came back within so many days, pooled over all worlds.
struct Recurred {
    days: u32,
    /// By the networks at `ACT` and at `LEAD`, by what an oracle could join, and in truth.
    shares: [Share; 4],
}

/// How far the probabilities of one world can be believed.
#[derive(Clone, Copy, Default)]
struct Calibration {
    /// Expected error in ten bins of equally many pairs.
    bins: f64,
    /// Mean probability less precision of the pairs in ACT.
    act: f64,
    /// The same from LEAD on.
    lead: f64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let seeds = if args.seeds.is_empty() { RESERVED.to_vec() } else { args.seeds.clone() };
    if let Some(of) = args.ablation {
        return print_ablation(&mut std::io::stdout().lock(), of, args.accounts, &seeds);
    }
    let (mut mix, mut stolen, mut style, mut storm) =
        (Mix::default(), [(); 2].map(|()| Means::default()), Style::default(), [(); 2].map(|()| Means::default()));
    for seed in &seeds {
        mix.add(&args, *seed).with_context(|| format!("mix, seed {seed}"))?;
        let add = |code: &str, means: &mut [Means; 2]| -> Result<World> {
            let world = World::make(code, args.accounts, *seed)?;
            let engine = link(&world)?;
            add_bands(&world, &engine, means)?;
            Ok(world)
        };
        add("S11", &mut stolen)?;
        let world = add("S14", &mut style.linked)?;
        style.nobody.add(world.measure(&world.truth.link_nobody()));
        add("S9", &mut storm)?;
        writeln!(std::io::stderr(), "seed {seed} done")?;
    }
    let out = &mut std::io::stdout().lock();
    writeln!(out, "{} accounts, seeds {seeds:?}", args.accounts)?;
    mix.print(out)?;
    print_scenarios(out, &stolen, &style, &storm)?;
    ensure!(mix.not_minimal.is_empty(), "links whose minimal evidence is none");
    Ok(())
}

/// S14, and what linking nobody is worth there.
#[derive(Default)]
struct Style {
    linked: [Means; 2],
    nobody: Means,
}

fn link(world: &World) -> Result<Engine> {
    Engine::link(world.profiles(&ClearKeyer::new([7; 32]))?)
}

/// Adds what the networks at `ACT` and at `LEAD` are worth.
fn add_bands(world: &World, engine: &Engine, means: &mut [Means; 2]) -> Result<()> {
    for (band, means) in [Band::Act, Band::Lead].into_iter().zip(means) {
        means.add(world.measure(&world.truth.partition(engine.networks(band))?));
    }
    Ok(())
}

/// What is found without each kind of evidence and each guard, in means over the seeds, beside what is found with all of them. A kind that
/// carries more than half of what is found would make the engine depend on one field.
fn print_ablation(out: &mut impl Write, of: Ablation, accounts: u64, seeds: &[u64]) -> Result<()> {
    let mut found: BTreeMap<LeftOut, [Means; 2]> = BTreeMap::new();
    for seed in seeds {
        let world = World::make("mix", accounts, *seed)?;
        let profiles = world.profiles(&ClearKeyer::new([7; 32]))?;
        let kinds = Kind::ALL.into_iter().map(LeftOut::Kind).filter(|_| of != Ablation::Guards);
        let guards = Guard::ALL.into_iter().map(LeftOut::Guard).filter(|_| of != Ablation::Kinds);
        for left_out in std::iter::once(LeftOut::Nothing).chain(kinds).chain(guards) {
            if let Some(engine) = left_out.link(&profiles)? {
                add_bands(&world, &engine, found.entry(left_out).or_default())?;
            }
        }
        writeln!(std::io::stderr(), "seed {seed} done")?;
    }
    writeln!(
        out,
        "{accounts} accounts, seeds {seeds:?}; carried: the part of the recall that is gone; honest, victims: merged with an infringer"
    )?;
    writeln!(out, "{:<16} {:^48} {:^48}", "", "ACT", "LEAD")?;
    let columns =
        format!("{:>7} {:>7} {:>8} {:>8} {:>7} {:>8}", "prec.", "recall", "carried", "B-cubed", "honest", "victims");
    writeln!(out, "{:<16} {columns} {columns}", "without")?;
    let with_all = found.get(&LeftOut::Nothing).map(|means| means.each_ref().map(|means| means.mean().recall));
    for (left_out, means) in &found {
        write!(out, "{:<16}", left_out.name())?;
        for (means, with_all) in means.iter().zip(with_all.unwrap_or_default()) {
            let m = means.mean();
            let carried = if with_all > 0.0 { 1.0 - m.recall / with_all } else { 0.0 };
            let [honest, victims] = [m.honest, m.victims].map(|share| 100.0 * share.fraction().unwrap_or_default());
            write!(
                out,
                " {} {:>7.4} {carried:>8.3} {:>8.4} {honest:>6.2}% {victims:>7.2}%",
                maybe(m.precision),
                m.recall,
                m.b_cubed
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

impl LeftOut {
    fn name(self) -> &'static str {
        match self {
            LeftOut::Nothing => "-",
            LeftOut::Kind(kind) => kind.name(),
            LeftOut::Guard(guard) => guard.name(),
        }
    }

    /// What the engine makes of a world without it; `None` where nobody shows anything of the kind.
    fn link(self, profiles: &[(String, Profile)]) -> Result<Option<Engine>> {
        let mut rows = profiles.to_vec();
        match self {
            LeftOut::Nothing => {}
            LeftOut::Guard(guard) => return Engine::link_without(rows, Some(guard)).map(Some),
            LeftOut::Kind(kind) => {
                let items =
                    |rows: &[(String, Profile)]| rows.iter().map(|(_, profile)| profile.items.len()).sum::<usize>();
                let before = items(&rows);
                rows.iter_mut().for_each(|(_, profile)| profile.items.retain(|item| item.kind != kind));
                if items(&rows) == before {
                    return Ok(None);
                }
            }
        }
        Engine::link(rows).map(Some)
    }
}

impl Mix {
    fn add(&mut self, args: &Args, seed: u64) -> Result<()> {
        let world = World::make("mix", args.accounts, seed)?;
        self.pairs += world.counts.pairs;
        self.rows[0].add(world.measure(&world.truth.link_nobody()));
        let drafts = world.drafts()?;
        for (row, most) in [(1, usize::MAX), (2, CLOSURE_HOLDERS_MAX)] {
            let start = Instant::now();
            let pairs = exact_value_pairs(&drafts, most);
            self.seconds[row] += start.elapsed().as_secs_f64();
            self.rows[row].add(world.measure(&world.truth.closure(pairs)));
        }
        if let Some(script) = &args.peer {
            let start = Instant::now();
            let found = world.peer(&args.python, script, PEER_THRESHOLD)?;
            self.seconds[3] += start.elapsed().as_secs_f64();
            self.rows[3].add(world.measure(&found));
        }
        self.rows[6].add(world.measure(&world.ceiling()?));
        let profiles = world.profiles(&ClearKeyer::new([7; 32]))?;
        let start = Instant::now();
        let engine = Engine::link(profiles)?;
        self.seconds[5] += start.elapsed().as_secs_f64();
        let [lead, act] = [Band::Lead, Band::Act].map(|band| world.truth.partition(engine.networks(band)));
        let (lead, act) = (lead?, act?);
        self.rows[4].add(world.measure(&lead));
        self.rows[5].add(world.measure(&act));
        self.calibration.push(Calibration::of(&world, &engine)?);
        self.add_minimal(&engine);
        self.add_recurrence(&world, &engine)?;
        if args.traps {
            self.add_traps(&world, &act, &lead);
        }
        if args.replay {
            let Returns { act, lead } = first_listings(&world)?;
            let sum = self.returns.get_or_insert_default();
            (sum.act, sum.lead) = (sum.act + act, sum.lead + lead);
        }
        Ok(())
    }

    fn add_minimal(&mut self, engine: &Engine) {
        for pair in engine.scored().iter().filter(|pair| Band::Lead <= pair.band) {
            let holds = self.minimal.add(&engine.weighed(pair.left, pair.right), engine.epoch());
            if !holds && self.not_minimal.len() < NAMED_MAX {
                self.not_minimal.push(format!("{} {}", engine.key(pair.left), engine.key(pair.right)));
            }
        }
    }

    fn add_recurrence(&mut self, world: &World, engine: &Engine) -> Result<()> {
        let sellers = world.sellers()?;
        let found = [
            recurrence(&sellers, engine.networks(Band::Act)),
            recurrence(&sellers, engine.networks(Band::Lead)),
            recurrence(&sellers, world.ceilings()),
            recurrence(&sellers, world.entities()),
        ];
        for (at, days) in RECURRENCE_DAYS.into_iter().enumerate() {
            if self.recurrence.len() <= at {
                self.recurrence.push(Recurred { days, shares: [Share::default(); 4] });
            }
            for (sum, found) in self.recurrence[at].shares.iter_mut().zip(&found) {
                *sum = *sum + found[at].operators;
            }
        }
        Ok(())
    }

    fn add_traps(
        &mut self,
        world: &World,
        act: &linkage_core::evaluate::Partition,
        lead: &linkage_core::evaluate::Partition,
    ) {
        for ((reason, at_act), (_, at_lead)) in world.traps_by_reason(act).into_iter().zip(world.traps_by_reason(lead))
        {
            let place = self.traps.iter().position(|(known, ..)| known == reason).unwrap_or_else(|| {
                self.traps.push((reason.to_owned(), Share::default(), Share::default()));
                self.traps.len() - 1
            });
            let (_, act, lead) = &mut self.traps[place];
            (*act, *lead) = (*act + at_act, *lead + at_lead);
        }
    }

    fn print(&self, out: &mut impl Write) -> Result<()> {
        let worlds = self.calibration.len().max(1) as f64;
        let ceiling = self.rows[6].mean().recall;
        writeln!(out, "mix: {} true pairs a world, of which an oracle finds {ceiling:.4}", self.pairs as f64 / worlds)?;
        writeln!(
            out,
            "{:<14} {:>7} {:>7} {:>8} {:>8} {:>9}  {:>22} {:>20} {:>18} {:>9} {:>7}",
            "",
            "prec.",
            "recall",
            "/ceiling",
            "B-cubed",
            "returning",
            "honest, infringer",
            "traps",
            "victims",
            "largest",
            "seconds"
        )?;
        for (at, name) in ROWS.iter().enumerate() {
            if *name == "peer" && self.seconds[at] == 0.0 {
                continue;
            }
            let m = self.rows[at].mean();
            writeln!(
                out,
                "{name:<14} {} {:>7.4} {:>8.3} {:>8.4} {:>9.4}  {:>22} {:>20} {:>18} {:>9} {:>7.1}",
                maybe(m.precision),
                m.recall,
                m.recall / ceiling,
                m.b_cubed,
                m.b_cubed_returning,
                share(m.honest),
                share(m.traps),
                share(m.victims),
                format!("{} of {}", m.largest.part, m.largest.of),
                self.seconds[at] / worlds
            )?;
        }
        let mean = |of: &dyn Fn(&Calibration) -> f64| self.calibration.iter().map(of).sum::<f64>() / worlds;
        writeln!(
            out,
            "calibration    {:.4} in ten bins of equal mass from p {CALIBRATED_MIN}; mean p less precision in ACT {:+.4}, in LEAD {:+.4}",
            mean(&|one| one.bins),
            mean(&|one| one.act),
            mean(&|one| one.lead)
        )?;
        for Recurred { days, shares: [act, lead, ceiling, truth] } in &self.recurrence {
            let off =
                |found: &Share| 100.0 * (found.fraction().unwrap_or_default() - truth.fraction().unwrap_or_default());
            writeln!(
                out,
                "recurrence     within {days:>3} days {}; points off: ACT {:+.1}, LEAD {:+.1}, ceiling {:+.1}",
                share(*truth),
                off(act),
                off(lead),
                off(ceiling)
            )?;
        }
        let Minimal { links, alone, needed, smallest, cut_short, sizes } = &self.minimal;
        writeln!(
            out,
            "minimal        evidence of {links} links: {alone} reach the band by it alone, {needed} do not without it, {smallest} have no smaller \
             ({cut_short} not tried out); of one kind, two and so on: {}",
            sizes.iter().skip(1).map(u64::to_string).collect::<Vec<_>>().join(", ")
        )?;
        for pair in &self.not_minimal {
            writeln!(out, "not minimal    {pair}")?;
        }
        if let Some(Returns { act, lead }) = self.returns {
            writeln!(out, "returns        found at their first listing: ACT {}, LEAD {}", share(act), share(lead))?;
        }
        for (reason, act, lead) in &self.traps {
            writeln!(out, "trap           {reason:<32} ACT {:>18} LEAD {:>18}", share(*act), share(*lead))?;
        }
        Ok(())
    }
}

impl Calibration {
    fn of(world: &World, engine: &Engine) -> Result<Calibration> {
        let scored = engine.scored();
        let likely = scored.iter().filter(|pair| CALIBRATED_MIN <= pair.probability);
        let bins = measure_pairs(&world.truth, likely.map(|pair| engine.measured(pair)))?;
        let off = |band: Band| -> Result<f64> {
            let linked: Vec<&Scored> = scored.iter().filter(|pair| band <= pair.band).collect();
            let mean = linked.iter().map(|pair| pair.probability).sum::<f64>() / linked.len().max(1) as f64;
            let found = measure_pairs(&world.truth, linked.iter().map(|pair| engine.measured(pair)))?;
            Ok(found.links.precision().map_or(0.0, |precision| mean - precision))
        };
        let bins = bins.calibration_error_equal_mass.unwrap_or_default();
        Ok(Calibration { bins, act: off(Band::Act)?, lead: off(Band::Lead)? })
    }
}

fn print_scenarios(out: &mut impl Write, stolen: &[Means; 2], style: &Style, storm: &[Means; 2]) -> Result<()> {
    for (at, band) in ["ACT", "LEAD"].into_iter().enumerate() {
        let [stolen, styled, storm]: [Measures; 3] = [&stolen[at], &style.linked[at], &storm[at]].map(Means::mean);
        writeln!(
            out,
            "S11, {band:<4}      victims merged {}; other honest merged {}",
            share(stolen.victims),
            share(stolen.honest)
        )?;
        writeln!(
            out,
            "S14, {band:<4}      B-cubed F1 of returning infringers {:.4}, link nobody {:.4}; precision {}, recall {:.4}",
            styled.b_cubed_returning,
            style.nobody.mean().b_cubed_returning,
            maybe(styled.precision).trim(),
            styled.recall
        )?;
        writeln!(
            out,
            "S9, {band:<4}       largest honest network {} accounts, its largest entity {}; honest merged {}",
            storm.largest.part,
            storm.largest.of,
            share(storm.honest)
        )?;
    }
    Ok(())
}

fn share(share: Share) -> String {
    format!("{} of {} {:.2}%", share.part, share.of, 100.0 * share.fraction().unwrap_or_default())
}

fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| format!("{:>7}", "-"), |value| format!("{value:>7.4}"))
}
