//! Simulated worlds and what anybody made of them.
//!
//! ```text
//! scenario, accounts, seed ──make──► World ──measure(partition)──► Measures, of which many worlds give Means
//! ```
//!
//! - [`World`] has the records, the truth and the traps of one world; its files lie in a folder that goes with it.
//! - [`Measures`] is what issue and table ask of one partition.

use std::collections::BTreeMap;
use std::ops::Add;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use linkage_core::evaluate::{
    Partition, Recurrence, Seller, Share, Truth, measure_b_cubed_f1, measure_joined, measure_largest, measure_merged,
    measure_networks, measure_strategy,
};
use linkage_core::fingerprint::{Keyer, Profile};
use linkage_core::record::{Account, Enforcement, Intake, Listing, Reader, Record};
use linkage_core::rules::RuleSet;
use linkage_core::simulate::{Counts, Request, scenario, simulate};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// The role of those who infringe.
const INFRINGER: &str = "infringer";

/// The role of those whose identity is stolen.
const VICTIM: &str = "victim";

/// Why a victim must not be linked to the thief.
const STOLEN: &str = "stolen identity";

/// One simulated world.
pub struct World {
    folder: TempDir,
    /// What there is of everything.
    pub counts: Counts,
    /// Who is behind each account.
    pub truth: Truth,
    labels: FxHashMap<String, Label>,
    traps: Vec<Trap>,
}

#[derive(Clone, Debug, Deserialize)]
struct Label {
    account: String,
    entity: String,
    role: String,
    detectable: String,
    ceiling: String,
    /// Accounts of its entity.
    #[serde(skip)]
    siblings: u32,
}

#[derive(Clone, Debug, Deserialize)]
struct Trap {
    left: String,
    right: String,
    reason: String,
}

/// What a partition of one world is worth.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measures {
    /// Pairwise precision; absent if nobody is linked.
    pub precision: Option<f64>,
    /// Pairwise recall.
    pub recall: f64,
    /// B-cubed F1 over all accounts.
    pub b_cubed: f64,
    /// B-cubed F1 over infringers with two accounts or more.
    pub b_cubed_returning: f64,
    /// Honest accounts in a network with an infringer's, victims of identity theft apart.
    pub honest: Share,
    /// Victims of identity theft in a network with an infringer's account.
    pub victims: Share,
    /// Pairs that must not be linked and are, stolen identities apart.
    pub traps: Share,
    /// The largest network of mostly honest accounts, of the accounts of the largest entity in it.
    pub largest: Share,
}

impl World {
    /// Makes a world in a temporary folder.
    ///
    /// # Errors
    ///
    /// When the scenario is unknown or the disk full.
    pub fn make(code: &str, accounts: u64, seed: u64) -> Result<World> {
        let folder = tempfile::tempdir().context("make folder")?;
        let request = Request { scenario: scenario(code)?, accounts, seed };
        let counts = simulate(&request, folder.path(), &mut |_| {})?;
        let mut labels: Vec<Label> = rows(&folder.path().join("truth.csv"))?;
        let mut sizes: FxHashMap<String, u32> = FxHashMap::default();
        labels.iter().for_each(|label| *sizes.entry(label.entity.clone()).or_default() += 1);
        labels.iter_mut().for_each(|label| label.siblings = sizes.get(&label.entity).copied().unwrap_or_default());
        let truth = Truth::new(labels.iter().map(|label| (&label.account, &label.entity)))?;
        let traps = rows(&folder.path().join("traps.csv"))?;
        let labels = labels.into_iter().map(|label| (label.account.clone(), label)).collect();
        Ok(World { folder, counts, truth, labels, traps })
    }

    /// Every account reduced, with its listings, as `import` reduces it.
    ///
    /// # Errors
    ///
    /// When the simulator wrote a record that breaks a rule.
    pub fn profiles(&self, keyer: &dyn Keyer) -> Result<Vec<(String, Profile)>> {
        let mut seen: FxHashMap<String, (Vec<Account>, Vec<Listing>)> = FxHashMap::default();
        for account in self.accounts()? {
            seen.entry(account.key.to_string()).or_default().0.push(account);
        }
        for listing in self.listings()? {
            seen.entry(listing.account.to_string()).or_default().1.push(listing);
        }
        let profile = |(account, (observed, offers)): (String, (Vec<Account>, Vec<Listing>))| {
            (account, Profile::new(&observed, &offers, keyer))
        };
        Ok(seen.into_iter().map(profile).collect())
    }

    /// Every account with what was taken against it, in account order.
    ///
    /// # Errors
    ///
    /// When the simulator wrote a record that breaks a rule.
    pub fn sellers(&self) -> Result<Vec<Seller>> {
        let mut seen: BTreeMap<String, (Vec<Account>, Vec<Enforcement>)> = BTreeMap::new();
        for account in self.accounts()? {
            seen.entry(account.key.to_string()).or_default().0.push(account);
        }
        for enforcement in self.records::<Enforcement>("enforcements.jsonl")? {
            seen.entry(enforcement.account.to_string()).or_default().1.push(enforcement);
        }
        Ok(seen.into_values().filter_map(|(account, taken)| Seller::new(&account, taken, None)).collect())
    }

    /// Every account as it is written.
    ///
    /// # Errors
    ///
    /// When the simulator wrote a record that breaks a rule.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        self.records("accounts.jsonl")
    }

    /// Every listing as it is written.
    ///
    /// # Errors
    ///
    /// When the simulator wrote a record that breaks a rule.
    pub fn listings(&self) -> Result<Vec<Listing>> {
        self.records("listings.jsonl")
    }

    /// Whether an account is an infringer's who came back and shares something with an earlier account of the same operator.
    pub fn is_detectable_return(&self, account: &str) -> bool {
        self.labels.get(account).is_some_and(|label| label.role == INFRINGER && label.detectable == "yes")
    }

    /// Whether one operator is behind both accounts.
    pub fn is_one_operator(&self, left: &str, right: &str) -> bool {
        let entity = |account: &str| self.labels.get(account).map(|label| &label.entity);
        entity(left).is_some() && entity(left) == entity(right)
    }

    /// Who really operates each account.
    pub fn entities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.values().map(|label| (label.account.as_str(), label.entity.as_str()))
    }

    /// Which accounts an oracle could join.
    pub fn ceilings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.values().map(|label| (label.account.as_str(), label.ceiling.as_str()))
    }

    /// The accounts as they are written, for tools that read JSON.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn drafts(&self) -> Result<Vec<Value>> {
        self.lines("accounts.jsonl")
    }

    /// The listings as they are written.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn listing_drafts(&self) -> Result<Vec<Value>> {
        self.lines("listings.jsonl")
    }

    fn lines(&self, name: &str) -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).with_context(|| format!("read {name}"))?;
        text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("read {name}"))).collect()
    }

    /// What an oracle makes of the world, see [`linkage_core::simulate`].
    ///
    /// # Errors
    ///
    /// When the truth contradicts itself.
    pub fn ceiling(&self) -> Result<Partition> {
        Ok(self.truth.partition(self.labels.values().map(|label| (&label.account, &label.ceiling)))?)
    }

    /// What a script makes of the world: it gets the folder, a file to write account,network_id to, and a threshold.
    ///
    /// # Errors
    ///
    /// When the script fails.
    pub fn peer(&self, python: &Path, script: &Path, threshold: &str) -> Result<Partition> {
        let out = self.folder.path().join("peer.csv");
        let run = Command::new(python).arg(script).arg(self.folder.path()).arg(&out).arg(threshold).output();
        let run = run.with_context(|| format!("run {}", python.display()))?;
        let talk = String::from_utf8_lossy(&run.stderr);
        ensure!(run.status.success(), "the peer failed: {}", talk.lines().last().unwrap_or_default());
        Ok(self.truth.partition(rows::<(String, String)>(&out)?)?)
    }

    /// Measures a partition that [`World::truth`] made.
    pub fn measure(&self, partition: &Partition) -> Measures {
        let networks = measure_networks(&self.truth, partition);
        let is = |account: &str, wanted: &dyn Fn(&Label) -> bool| self.labels.get(account).is_some_and(wanted);
        let infringer = |account: &str| is(account, &|label| label.role == INFRINGER);
        let returning = |account: &str| is(account, &|label| label.role == INFRINGER && 1 < label.siblings);
        let victim = |account: &str| is(account, &|label| label.role == VICTIM);
        let honest = |account: &str| is(account, &|label| label.role != INFRINGER && label.role != VICTIM);
        Measures {
            precision: networks.pairs.precision(),
            recall: networks.pairs.recall().unwrap_or_default(),
            b_cubed: networks.b_cubed_f1,
            b_cubed_returning: measure_b_cubed_f1(&self.truth, partition, returning).unwrap_or_default(),
            honest: measure_merged(&self.truth, partition, honest, infringer),
            victims: measure_merged(&self.truth, partition, victim, infringer),
            traps: self.joined(partition, |trap| trap.reason != STOLEN),
            largest: measure_largest(&self.truth, partition, |account| !infringer(account)),
        }
    }

    /// The traps that a partition walks into, by reason: joined, of all.
    pub fn traps_by_reason(&self, partition: &Partition) -> Vec<(&str, Share)> {
        let mut reasons: Vec<&str> = self.traps.iter().map(|trap| trap.reason.as_str()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons.into_iter().map(|reason| (reason, self.joined(partition, |trap| trap.reason == reason))).collect()
    }

    fn joined(&self, partition: &Partition, is_asked: impl Fn(&Trap) -> bool) -> Share {
        let traps = self.traps.iter().filter(|trap| is_asked(trap));
        measure_joined(&self.truth, partition, traps.map(|trap| (trap.left.as_str(), trap.right.as_str())))
    }

    fn records<T: Record>(&self, name: &str) -> Result<Vec<T>> {
        let intake = Intake::new([7; 32]);
        let reader = Reader::<T>::open(&self.folder.path().join(name), &intake)?;
        reader.map(|row| Ok(row?.1)).collect()
    }
}

/// How many operators came back, by `account, operator` rows.
pub fn recurrence<'a>(sellers: &[Seller], operators: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Recurrence> {
    let operator_of: FxHashMap<&str, &str> = operators.into_iter().collect();
    let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
    let number = |seller: &Seller| {
        let account = seller.account.as_str();
        let next = numbers.len() as u32;
        *numbers.entry(operator_of.get(account).copied().unwrap_or_default()).or_insert(next)
    };
    let operators: Vec<u32> = sellers.iter().map(number).collect();
    measure_strategy(sellers, &operators, RuleSet::shipped(), Timestamp::MAX).recurrence
}

/// The mean of several worlds: ratios are averaged, shares pooled.
#[derive(Clone, Debug, Default)]
pub struct Means(Vec<Measures>);

impl Means {
    /// Adds one world.
    pub fn add(&mut self, measures: Measures) {
        self.0.push(measures);
    }

    /// One world after the other.
    pub fn each(&self) -> &[Measures] {
        &self.0
    }

    /// The mean over the worlds; of the largest networks the one that is largest against its entity.
    pub fn mean(&self) -> Measures {
        let mean = |of: &dyn Fn(&Measures) -> f64| self.0.iter().map(of).sum::<f64>() / self.0.len().max(1) as f64;
        let pooled = |of: &dyn Fn(&Measures) -> Share| self.0.iter().map(of).fold(Share::default(), Add::add);
        let ratio = |share: &Share| share.fraction().unwrap_or_default();
        let precision = self.0.iter().all(|one| one.precision.is_some());
        Measures {
            precision: precision.then(|| mean(&|one| one.precision.unwrap_or_default())),
            recall: mean(&|one| one.recall),
            b_cubed: mean(&|one| one.b_cubed),
            b_cubed_returning: mean(&|one| one.b_cubed_returning),
            honest: pooled(&|one| one.honest),
            victims: pooled(&|one| one.victims),
            traps: pooled(&|one| one.traps),
            largest: self
                .0
                .iter()
                .map(|one| one.largest)
                .max_by(|a, b| ratio(a).total_cmp(&ratio(b)))
                .unwrap_or_default(),
        }
    }
}

fn rows<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>> {
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("read {}", path.display()))?;
    reader.deserialize().map(|row| row.with_context(|| format!("read {}", path.display()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_is_never_wrong_and_nobody_is_the_floor() {
        let world = World::make("mix", 400, 3).unwrap();
        let oracle = world.measure(&world.ceiling().unwrap());
        assert_eq!(
            (oracle.precision, oracle.honest.part, oracle.victims.part, oracle.traps.part),
            (Some(1.0), 0, 0, 0)
        );
        assert_eq!(oracle.recall, world.counts.pairs_ceiling as f64 / world.counts.pairs as f64);
        let nobody = world.measure(&world.truth.link_nobody());
        assert_eq!((nobody.precision, nobody.recall), (None, 0.0));
        assert!(nobody.b_cubed_returning < oracle.b_cubed_returning);
        let all: Vec<(String, &str)> = world.labels.keys().map(|account| (account.clone(), "one")).collect();
        let one = world.measure(&world.truth.partition(all).unwrap());
        assert_eq!((one.recall, one.honest.fraction(), one.traps.fraction()), (1.0, Some(1.0), Some(1.0)));
    }
}
