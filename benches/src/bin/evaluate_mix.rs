//! Link simulated worlds of migrating infringers and print how right the networks are, beside the floor, the ceiling and other tools.
//!
//! ```text
//! evaluate_mix [--accounts N] [--seed S|FROM..TO].. [--peer SCRIPT --python PROGRAM] [--traps] [--replay] [--ablation [kinds|guards]]
//! ```
//!
//! Every seed gives four worlds: `mix`; S11, whose victims of identity theft are pooled; S14, in which returning infringers keep nothing
//! but wording and the style of photos; and S9, in which everybody shares forwarders, agents and suppliers. All are linked under
//! the default configuration, and what `explain` calls the minimal evidence of a link of `mix` is held to its definition: exit status 1 if one
//! fails. Last come the numbers asked for ([`goals()`]): mean and spread over the seeds, beside everybody else's. The seeds of [`RESERVED`] are for the final table: nothing may be tuned on them.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use linkage_benches::engine::{Engine, Scored};
use linkage_benches::goals::{self, Asked, Goal, Peer, ROWS, Scenario, goals};
use linkage_benches::minimal::Minimal;
use linkage_benches::replay::{Returns, first_listings};
use linkage_benches::worlds::{Means, Measures, World, recurrence};
use linkage_core::evaluate::{RECURRENCE_DAYS, Share, measure_pairs};
use linkage_core::fingerprint::{ClearKeyer, Kind, Profile};
use linkage_core::score::{Band, Guard};

/// Seeds of the final table.
const RESERVED: [u64; 10] = [9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008, 9009, 9010];

/// The most seeds of one range.
const SEEDS_MAX: u64 = 1000;

/// Scenarios beside `mix`: stolen identities, nothing kept but wording and style of photos, everybody shares what is shared.
const OTHERS: [&str; 3] = ["S11", "S14", "S9"];

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
    /// Seeds of the worlds, one or from..to; the ten reserved ones, if none is named.
    #[arg(long = "seed", alias = "seeds", value_name = "S", value_parser = seeds)]
    seeds: Vec<RangeInclusive<u64>>,
    /// A script to run on every world as well: it gets a folder, a file to write account,network_id to, and a threshold.
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

/// One seed, or from the first to the last of them: `1`, `1..12`.
fn seeds(text: &str) -> Result<RangeInclusive<u64>> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let seed = |text: &str| text.parse().context("expected a seed such as 1, or seeds such as 1..12");
    let (first, last) = (seed(first)?, seed(last)?);
    ensure!(first <= last && last - first < SEEDS_MAX, "expected 1 to {SEEDS_MAX} seeds, the first not after the last");
    Ok(first..=last)
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

/// Figures of `mix` over all seeds.
#[derive(Default)]
struct Mix {
    scenario: Scenario,
    calibration: Vec<Calibration>,
    recurrence: Vec<Recurred>,
    /// The most points that recurrence is off the truth, by the networks at `ACT` and at `LEAD`, seed by seed.
    recurrence_off: [Vec<f64>; 2],
    pairs: u64,
    traps: Vec<(String, Share, Share)>,
    returns: Option<Returns>,
    /// Share of the returns found at `LEAD` at their first listing, seed by seed.
    found_at_first: Vec<f64>,
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
    let named: Vec<u64> = args.seeds.iter().cloned().flatten().collect();
    let seeds = if named.is_empty() { RESERVED.to_vec() } else { named };
    if let Some(of) = args.ablation {
        return print_ablation(&mut std::io::stdout().lock(), of, args.accounts, &seeds);
    }
    let peer = args.peer.as_ref().map(|script| Peer { script, python: &args.python });
    let (mut mix, mut others) = (Mix::default(), [(); OTHERS.len()].map(|()| Scenario::default()));
    for seed in &seeds {
        mix.add(&args, peer, *seed).with_context(|| format!("mix, seed {seed}"))?;
        for (code, scenario) in OTHERS.into_iter().zip(&mut others) {
            let world = World::make(code, args.accounts, *seed)?;
            scenario.add(&world, peer).with_context(|| format!("{code}, seed {seed}"))?;
        }
        writeln!(std::io::stderr(), "seed {seed} done")?;
    }
    let out = &mut std::io::stdout().lock();
    writeln!(out, "{} accounts, seeds {seeds:?}", args.accounts)?;
    mix.print(out)?;
    let [stolen, style, storm] = &others;
    print_scenarios(out, stolen, style, storm)?;
    writeln!(out)?;
    let mut asked = goals(&mix.scenario, stolen, style, storm);
    asked.extend(mix.goals());
    goals::print(out, &asked)?;
    ensure!(mix.not_minimal.is_empty(), "links whose minimal evidence is none");
    Ok(())
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
    fn add(&mut self, args: &Args, peer: Option<Peer<'_>>, seed: u64) -> Result<()> {
        let world = World::make("mix", args.accounts, seed)?;
        self.pairs += world.counts.pairs;
        let engine = self.scenario.add(&world, peer)?;
        self.calibration.push(Calibration::of(&world, &engine)?);
        self.add_minimal(&engine);
        self.add_recurrence(&world, &engine)?;
        if args.traps {
            self.add_traps(&world, &engine)?;
        }
        if args.replay {
            let Returns { act, lead } = first_listings(&world)?;
            self.found_at_first.push(lead.fraction().unwrap_or_default());
            let sum = self.returns.get_or_insert_default();
            (sum.act, sum.lead) = (sum.act + act, sum.lead + lead);
        }
        Ok(())
    }

    /// What is asked for of scores and of operators.
    fn goals(&self) -> Vec<Goal> {
        let calibrated = |of: fn(&Calibration) -> f64| self.calibration.iter().map(of).collect::<Vec<f64>>();
        let [act, lead] = self.recurrence_off.clone();
        vec![
            Goal::of_engine("LEAD: returns at first listing", Asked::Least(0.8), self.found_at_first.clone()),
            Goal::of_engine("calibration, ten bins", Asked::Most(0.03), calibrated(|one| one.bins)),
            Goal::of_engine("calibration, within ACT", Asked::Most(0.01), calibrated(|one| one.act.abs())),
            Goal::of_engine("calibration, within LEAD", Asked::Most(0.03), calibrated(|one| one.lead.abs())),
            Goal::of_engine("ACT: recurrence, points off", Asked::Most(2.0), act),
            Goal::of_engine("LEAD: recurrence, points off", Asked::Most(2.0), lead),
        ]
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
        let fraction = |by: usize, at: usize| found[by][at].operators.fraction().unwrap_or_default();
        for (by, off) in self.recurrence_off.iter_mut().enumerate() {
            let points = (0..RECURRENCE_DAYS.len()).map(|at| 100.0 * (fraction(by, at) - fraction(3, at)).abs());
            off.push(points.fold(0.0, f64::max));
        }
        Ok(())
    }

    fn add_traps(&mut self, world: &World, engine: &Engine) -> Result<()> {
        let [act, lead] = [Band::Act, Band::Lead].map(|band| world.truth.partition(engine.networks(band)));
        let (act, lead) = (act?, lead?);
        for ((reason, at_act), (_, at_lead)) in
            world.traps_by_reason(&act).into_iter().zip(world.traps_by_reason(&lead))
        {
            let place = self.traps.iter().position(|(known, ..)| known == reason).unwrap_or_else(|| {
                self.traps.push((reason.to_owned(), Share::default(), Share::default()));
                self.traps.len() - 1
            });
            let (_, act, lead) = &mut self.traps[place];
            (*act, *lead) = (*act + at_act, *lead + at_lead);
        }
        Ok(())
    }

    fn print(&self, out: &mut impl Write) -> Result<()> {
        let worlds = self.calibration.len().max(1) as f64;
        let Scenario { rows, seconds } = &self.scenario;
        let ceiling = rows[ROWS.len() - 1].mean().recall;
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
            if rows[at].each().is_empty() {
                continue;
            }
            let m = rows[at].mean();
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
                seconds[at] / worlds
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

fn print_scenarios(out: &mut impl Write, stolen: &Scenario, style: &Scenario, storm: &Scenario) -> Result<()> {
    for (at, band) in ROWS.into_iter().enumerate().filter(|(_, name)| matches!(*name, "ACT" | "LEAD")) {
        let [stolen, styled, storm]: [Measures; 3] = [stolen, style, storm].map(|scenario| scenario.rows[at].mean());
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
            style.rows[0].mean().b_cubed_returning,
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
