//! The numbers that are asked for, beside what the engine and others reach.
//!
//! ```text
//! Scenario (what anybody made of the worlds of one scenario, by seed) ──goals──► Goal ──print──► a line each: asked, mean, spread, others
//! ```
//!
//! - [`Scenario`] measures every tool on every world; [`ROWS`] names them.
//! - [`Goal`] is one number asked for.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use linkage_core::evaluate::Partition;
use linkage_core::fingerprint::ClearKeyer;
use linkage_core::score::Band;

use crate::closure::exact_value_pairs;
use crate::engine::Engine;
use crate::worlds::{Means, Measures, World};

/// Whose networks are measured, in the order of the table.
pub const ROWS: [&str; 7] = ["link nobody", "exact values", "exact, capped", "peer", "LEAD", "ACT", "ceiling"];

/// Places in [`ROWS`].
const NOBODY: usize = 0;
const EXACT: usize = 1;
const CAPPED: usize = 2;
const PEER: usize = 3;
const LEAD: usize = 4;
const ACT: usize = 5;
const CEILING: usize = 6;

/// The rows printed beside the engine's.
const OTHERS: [usize; 5] = [CEILING, NOBODY, EXACT, CAPPED, PEER];

/// An exact value held by more accounts than this joins nobody in the capped closure.
const CLOSURE_HOLDERS_MAX: usize = 4;

/// The threshold at which the peer is measured.
const PEER_THRESHOLD: &str = ".95";

/// A script of another tool, and what to run it with.
#[derive(Clone, Copy)]
pub struct Peer<'a> {
    /// It gets a folder, a file to write account,network_id to, and a threshold.
    pub script: &'a Path,
    /// The Python to run it with.
    pub python: &'a Path,
}

/// What everybody made of the worlds of one scenario.
#[derive(Default)]
pub struct Scenario {
    /// By [`ROWS`], each seed by seed; nothing where there is no peer.
    pub rows: [Means; ROWS.len()],
    /// Seconds that each took for all worlds.
    pub seconds: [f64; ROWS.len()],
}

impl Scenario {
    /// Adds what everybody makes of a world; gives back the engine.
    ///
    /// # Errors
    ///
    /// When the world breaks a rule of records, or the peer fails.
    pub fn add(&mut self, world: &World, peer: Option<Peer<'_>>) -> Result<Engine> {
        let mut add = |row: usize, since: Instant, networks: &Partition| {
            self.seconds[row] += since.elapsed().as_secs_f64();
            self.rows[row].add(world.measure(networks));
        };
        add(NOBODY, Instant::now(), &world.truth.link_nobody());
        let drafts = world.drafts()?;
        for (row, most) in [(EXACT, usize::MAX), (CAPPED, CLOSURE_HOLDERS_MAX)] {
            let start = Instant::now();
            add(row, start, &world.truth.closure(exact_value_pairs(&drafts, most)));
        }
        if let Some(Peer { script, python }) = peer {
            let start = Instant::now();
            add(PEER, start, &world.peer(python, script, PEER_THRESHOLD)?);
        }
        add(CEILING, Instant::now(), &world.ceiling()?);
        let profiles = world.profiles(&ClearKeyer::new([7; 32]))?;
        let start = Instant::now();
        let engine = Engine::link(profiles)?;
        for (row, band) in [(ACT, Band::Act), (LEAD, Band::Lead)] {
            add(row, start, &world.truth.partition(engine.networks(band))?);
        }
        Ok(engine)
    }

    /// A goal for the networks at a band; `of` gets what the row and what all rows are worth on one world.
    fn goal(&self, name: &str, asked: Asked, row: usize, of: impl Fn(&Measures, &OneWorld<'_>) -> Option<f64>) -> Goal {
        let by_seed = |row: usize| -> Vec<f64> {
            let worlds = self.rows[row].each().iter().enumerate();
            worlds.filter_map(|(seed, measures)| of(measures, &OneWorld { rows: &self.rows, seed })).collect()
        };
        Goal { name: name.to_owned(), asked, found: by_seed(row), others: OTHERS.map(|other| mean(&by_seed(other))) }
    }
}

/// What all made of one world.
struct OneWorld<'a> {
    rows: &'a [Means; ROWS.len()],
    seed: usize,
}

impl OneWorld<'_> {
    fn row(&self, row: usize) -> Measures {
        self.rows[row].each()[self.seed]
    }
}

/// How much of something is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// No less on average.
    Least(f64),
    /// No more on average.
    Most(f64),
    /// No more on any world.
    MostOfAny(f64),
}

/// One number asked for, and what was reached.
#[derive(Clone, Debug)]
pub struct Goal {
    /// What is measured.
    pub name: String,
    /// How much of it.
    pub asked: Asked,
    /// What the engine reaches, seed by seed.
    pub found: Vec<f64>,
    /// What others reach on average: ceiling, link nobody, exact values, these capped, peer.
    pub others: [Option<f64>; OTHERS.len()],
}

impl Goal {
    /// One that only the engine has.
    pub fn of_engine(name: impl Into<String>, asked: Asked, found: Vec<f64>) -> Goal {
        Goal { name: name.into(), asked, found, others: [None; OTHERS.len()] }
    }

    fn is_met(&self) -> Option<bool> {
        let mean = mean(&self.found)?;
        Some(match self.asked {
            Asked::Least(least) => least <= mean,
            Asked::Most(most) => mean <= most,
            Asked::MostOfAny(most) => self.found.iter().all(|found| *found <= most),
        })
    }
}

/// The goals for networks, of the four scenarios.
pub fn goals(mix: &Scenario, stolen: &Scenario, style: &Scenario, storm: &Scenario) -> Vec<Goal> {
    let recall = |m: &Measures, world: &OneWorld<'_>| ratio(m.recall, world.row(CEILING).recall);
    let returning =
        |m: &Measures, world: &OneWorld<'_>| Some(m.b_cubed_returning - world.row(NOBODY).b_cubed_returning);
    let honest = |m: &Measures, _: &OneWorld<'_>| m.honest.fraction();
    let largest = |m: &Measures, _: &OneWorld<'_>| m.largest.fraction();
    let mut goals = Vec::new();
    for (band, row, precision, recall_least) in [("ACT", ACT, 0.99, 0.85), ("LEAD", LEAD, 0.90, 0.93)] {
        let named = |name: &str| format!("{band}: {name}");
        goals.push(mix.goal(&named("precision"), Asked::Least(precision), row, |m, _| m.precision));
        goals.push(mix.goal(&named("recall, of the ceiling"), Asked::Least(recall_least), row, recall));
    }
    for (band, row) in [("ACT", ACT), ("LEAD", LEAD)] {
        let named = |name: &str| format!("{band}: {name}");
        goals.push(mix.goal(&named("B-cubed F1"), Asked::Least(0.95), row, |m, _| Some(m.b_cubed)));
        goals.push(mix.goal(&named("returning, over nobody"), Asked::Least(0.25), row, returning));
    }
    goals.push(style.goal("LEAD: returning in S14, over nobody", Asked::Least(0.15), LEAD, returning));
    goals.push(mix.goal("ACT: honest merged", Asked::Most(0.001), ACT, honest));
    goals.push(mix.goal("LEAD: honest merged", Asked::Most(0.01), LEAD, honest));
    goals.push(stolen.goal("ACT: victims merged in S11", Asked::MostOfAny(0.0), ACT, |m, _| m.victims.fraction()));
    goals.push(mix.goal("ACT: other traps", Asked::Most(0.01), ACT, |m, _| m.traps.fraction()));
    goals.push(storm.goal("ACT: largest honest in S9", Asked::MostOfAny(3.0), ACT, largest));
    goals.push(storm.goal("LEAD: largest honest in S9", Asked::MostOfAny(3.0), LEAD, largest));
    goals
}

/// Prints goals, a line each.
///
/// # Errors
///
/// When nobody reads them.
pub fn print(out: &mut impl Write, goals: &[Goal]) -> std::io::Result<()> {
    write!(out, "{:<36} {:>9} {:>8} {:>17}  {:<4}", "asked for", "", "mean", "least .. most", "met")?;
    OTHERS.iter().try_for_each(|row| write!(out, " {:>13}", ROWS[*row]))?;
    writeln!(out)?;
    for goal in goals {
        let asked = match goal.asked {
            Asked::Least(least) => format!(">= {least}"),
            Asked::Most(most) | Asked::MostOfAny(most) => format!("<= {most}"),
        };
        let spread = goal.found.iter().copied().reduce(f64::min).zip(goal.found.iter().copied().reduce(f64::max));
        let spread = spread.map_or_else(|| "-".to_owned(), |(least, most)| format!("{least:.4} .. {most:.4}"));
        let met = goal.is_met().map_or("-", |met| if met { "yes" } else { "no" });
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        write!(out, "{:<36} {asked:>9} {:>8} {spread:>17}  {met:<4}", goal.name, shown(mean(&goal.found)))?;
        goal.others.iter().try_for_each(|other| write!(out, " {:>13}", shown(*other)))?;
        writeln!(out)?;
    }
    Ok(())
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn ratio(part: f64, of: f64) -> Option<f64> {
    (0.0 < of).then(|| part / of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_average_or_on_every_world() {
        let met = |asked: Asked, found: &[f64]| Goal::of_engine("", asked, found.to_vec()).is_met();
        assert_eq!(met(Asked::Least(0.9), &[0.8, 1.0]), Some(true));
        assert_eq!(met(Asked::Most(0.9), &[0.9, 1.0]), Some(false));
        assert_eq!(met(Asked::MostOfAny(3.0), &[1.0, 4.0]), Some(false));
        assert_eq!(met(Asked::MostOfAny(3.0), &[]), None);
    }

    #[test]
    fn floor_and_ceiling_stand_beside_what_the_engine_reaches() {
        let mut mix = Scenario::default();
        mix.add(&World::make("mix", 400, 3).unwrap(), None).unwrap();
        let goal = mix.goal("recall", Asked::Least(0.85), ACT, |m, world| ratio(m.recall, world.row(CEILING).recall));
        assert_eq!((goal.others[0], goal.others[1], goal.others[4]), (Some(1.0), Some(0.0), None));
        assert!(goal.found.len() == 1 && 0.0 < goal.found[0]);
    }
}
