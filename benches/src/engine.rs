//! The engine under its default configuration, as the measurements run it: what `linkage link` runs, without a store around it.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use linkage_core::compare::compare_into;
use linkage_core::evaluate::ScoredPair;
use linkage_core::fingerprint::Profile;
use linkage_core::linker::batch::{Linked, Material, Run};
use linkage_core::resolve::Partition;
use linkage_core::score::{Band, Epoch, Guard, Settings, Weighed, weigh};

/// What the engine made of some accounts.
pub struct Engine {
    keys: Vec<String>,
    material: Material,
    linked: Linked,
}

/// A pair that was compared, as places of accounts in key order.
#[derive(Clone, Copy, Debug)]
pub struct Scored {
    /// Place of the lesser key.
    pub left: u32,
    /// Place of the greater key.
    pub right: u32,
    /// Probability that one operator is behind both, 0 to 1.
    pub probability: f64,
    /// The band of the pair by itself.
    pub band: Band,
}

impl Engine {
    /// Fits an epoch to these accounts and links them under it. Accounts may come in any order, each once.
    ///
    /// # Errors
    ///
    /// When the epoch that ships cannot be read.
    pub fn link(rows: Vec<(String, Profile)>) -> Result<Engine> {
        Engine::link_without(rows, None)
    }

    /// The same with a guard left out.
    ///
    /// # Errors
    ///
    /// When the epoch that ships cannot be read.
    pub fn link_without(mut rows: Vec<(String, Profile)>, without: Option<Guard>) -> Result<Engine> {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let (keys, profiles): (Vec<String>, Vec<Profile>) = rows.into_iter().unzip();
        let (judged, never) = (BTreeMap::new(), AtomicBool::new(false));
        let run = Run::new(&judged, &never);
        let mut material = Material::new(&profiles);
        let pairs = run.pairs(&material);
        let zero = Epoch::zero()?.with_settings(Settings { without, ..Settings::default() });
        let linked = run.fit_and_link(&mut material, pairs, &zero, 1)?;
        Ok(Engine { keys, material, linked })
    }

    /// Account key and network of every account at `ACT` or `LEAD`; a network is named by its first account.
    pub fn networks(&self, band: Band) -> Vec<(&str, &str)> {
        let Partition(network) = if band == Band::Act { &self.linked.act } else { &self.linked.lead };
        self.keys.iter().zip(network).map(|(account, first)| (account.as_str(), self.key(*first))).collect()
    }

    /// The epoch that was fitted.
    pub fn epoch(&self) -> &Epoch {
        &self.linked.epoch
    }

    /// Every pair that was compared, scored under the epoch that was fitted.
    pub fn scored(&self) -> Vec<Scored> {
        let epoch = &self.linked.epoch;
        let scored = self.linked.pairs.iter().map(|(left, right)| {
            let weighed = self.weighed(left, right);
            Scored { left, right, probability: weighed.probability(epoch), band: weighed.band(epoch) }
        });
        scored.collect()
    }

    /// What the accounts at two places show, weighed under the epoch that was fitted.
    pub fn weighed(&self, left: u32, right: u32) -> Weighed {
        let mut outcomes = Vec::new();
        compare_into(self.material.subject(left), self.material.subject(right), self.epoch(), &mut outcomes);
        weigh(&outcomes, self.epoch())
    }

    /// A scored pair as it is measured: linked from `LEAD` on.
    pub fn measured(&self, pair: &Scored) -> ScoredPair<'_> {
        let (left, right) = (self.key(pair.left), self.key(pair.right));
        ScoredPair { left, right, probability: pair.probability, linked: Band::Lead <= pair.band }
    }

    /// The key of the account at a place.
    pub fn key(&self, place: u32) -> &str {
        &self.keys[place as usize]
    }
}
