//! Compares two accounts, listings or names without a store, and learns from labelled pairs how to weigh them.
//!
//! ```text
//! record::Pair ──profile──► compare ──measures──► Head or Epoch ──► Answer { probability, weight, band }
//! record::Pair + label ──► Trainer ──► Model
//! ```
//!
//! Accounts go through the same fingerprint → compare → score as everything else and are weighed under the epoch that ships, names
//! by the heads that ship, listings as offers of one product without any; a [`Model`] replaces each. What the alias table knows of two names is added.
//!
//! - [`Comparer`] is the whole job; start there.
//! - [`Trainer`] makes a [`Model`].
//!
//! **Law:** an answer depends on its pair, the model and the aliases alone, and not on which side is called left.

mod model;
mod train;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rayon::prelude::*;

use crate::compare::names::{MEASURES, Sketch, Weights, measure, same_alias};
use crate::compare::offers::{self, Offer};
use crate::compare::{Bits, Subject, compare};
use crate::fingerprint::{ClearKeyer, Kind, Profile};
use crate::normalize::alias::Aliases;
use crate::record::{Intake, Pair, PairKind};
use crate::score::head::{Compiled, MISSING};
use crate::score::{Band, Epoch, EpochError, Weighed, weigh};

use super::batch::LiveRarity;

pub use model::{Model, ModelError};
pub use train::{Trained, Trainer};

/// What comparing a pair says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// Probability that both sides are one, 0 to 1.
    pub probability: f64,
    /// The same as log-odds, in bits.
    pub weight: Bits,
    /// How far it may be relied on. Names alone and listings alone are one evidence group, and so never above `LEAD`.
    pub band: Band,
}

/// Compares pairs; may be shared between threads.
#[derive(Debug)]
pub struct Comparer {
    epoch: Epoch,
    keyer: ClearKeyer,
    intake: Intake,
    model: Model,
    /// Heads of the model that can be laid out for answering fast.
    compiled: BTreeMap<PairKind, Compiled>,
    aliases: Cow<'static, Aliases>,
    weights: Weights,
}

/// What it is worth that the alias table knows two names as those of one brand, in bits. A table errs in one of some
/// thousand names; assumption.
const SAME_ALIAS_BITS: f64 = 12.0;

/// What it is worth that it knows them as those of different brands. A firm may trade under the names of several, so this is
/// less.
const OTHER_ALIAS_BITS: f64 = -6.0;

/// Key of digests and fingerprints: nothing is kept, so any will do, as long as it is the same for both sides.
const KEY: [u8; 32] = *b"linkage pairs, nothing is stored";

impl Comparer {
    /// A comparer with a trained model; [`Model::default`] has no trained head for any kind.
    ///
    /// # Errors
    ///
    /// [`EpochError`] if the epoch that ships cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::linker::pairs::{Comparer, Model};
    /// use linkage_core::record::Pair;
    ///
    /// let comparer = Comparer::new(Model::default())?;
    /// let same = comparer.compare(&Pair::PersonNames(["王小明".into(), "Xiaoming Wang".into()]));
    /// let other = comparer.compare(&Pair::PersonNames(["王小明".into(), "John Smith".into()]));
    /// assert!(0.9 < same.probability && other.probability < 0.1);
    /// # Ok::<(), linkage_core::score::EpochError>(())
    /// ```
    pub fn new(model: Model) -> Result<Comparer, EpochError> {
        Comparer::with_aliases(model, Cow::Borrowed(Aliases::shipped()))
    }

    /// As [`new`](Comparer::new) with other aliases than those that ship; [`Aliases::none`] judges names by themselves.
    ///
    /// # Errors
    ///
    /// [`EpochError`] if the epoch that ships cannot be read.
    pub fn with_aliases(model: Model, aliases: Cow<'static, Aliases>) -> Result<Comparer, EpochError> {
        let model = Model::shipped().clone().over(model);
        Ok(Comparer {
            epoch: Epoch::zero()?,
            keyer: ClearKeyer::new(KEY),
            intake: Intake::new(KEY),
            compiled: model.heads().filter_map(|(kind, head)| Some((kind, Compiled::new(head)?))).collect(),
            model,
            aliases,
            weights: Weights::default(),
        })
    }

    /// What lines of pairs must be read with.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Compares pairs in parallel; answers in their order.
    pub fn compare_all(&self, pairs: &[Pair]) -> Vec<Answer> {
        pairs.par_iter().map(|pair| self.compare(pair)).collect()
    }

    /// Compares one pair.
    pub fn compare(&self, pair: &Pair) -> Answer {
        let profiles = match self.ready(pair) {
            Ready::Names(sides) => return self.compare_names(pair.kind(), &sides[0], &sides[1]),
            Ready::Offers(sides) => return self.compare_offers(&sides[0], &sides[1]),
            Ready::Profiles(profiles) => profiles,
        };
        let weighed = self.weighed(profiles);
        let (weight, probability) = match self.learned(pair.kind(), || terms(&weighed)) {
            Some(bits) => (bits, bits.probability()),
            None => (weighed.total, weighed.probability(&self.epoch)),
        };
        let band = weighed.band_of(probability, &self.epoch);
        Answer { probability, weight, band }
    }

    /// Compares two names that were made ready, so that many comparisons of one name cost its romanisation once.
    pub fn compare_names(&self, kind: PairKind, left: &Sketch, right: &Sketch) -> Answer {
        let learned = self.learned(kind, || measure(left, right)).unwrap_or(Bits::ZERO);
        let known = match same_alias(left, right) {
            Some(true) => SAME_ALIAS_BITS,
            Some(false) => OTHER_ALIAS_BITS,
            None => 0.0,
        };
        let weight = learned + Bits::new(known);
        let probability = weight.probability();
        Answer { probability, weight, band: self.epoch.settings.band(probability, false) }
    }

    /// Whether two listings offer one product.
    fn compare_offers(&self, left: &Offer, right: &Offer) -> Answer {
        let values = offers::measure(left, right);
        let weight = self.learned(PairKind::Listing, || values).unwrap_or_else(|| Bits::new(offers::likeness(&values)));
        let probability = weight.probability();
        Answer { probability, weight, band: self.epoch.settings.band(probability, false) }
    }

    /// What the head of a kind makes of the measures, if there is one.
    fn learned<V: AsRef<[f64]>>(&self, kind: PairKind, values: impl FnOnce() -> V) -> Option<Bits> {
        match self.compiled.get(&kind) {
            Some(compiled) => Some(compiled.bits(values().as_ref())),
            None => self.model.head(kind).map(|head| head.bits(values().as_ref())),
        }
    }

    /// A name made ready for [`compare_names`](Comparer::compare_names): of a person, or else of a firm or brand.
    pub fn sketch(&self, kind: PairKind, name: &str) -> Sketch {
        match kind {
            PairKind::PersonName => Sketch::person(name),
            _ => Sketch::company(name, &self.weights, &self.aliases),
        }
    }

    /// What a head reads of a pair: one value for each of [`measures`], [`MISSING`] where a side shows nothing.
    fn measure(&self, pair: &Pair) -> Vec<f64> {
        match self.ready(pair) {
            Ready::Names(sides) => measure(&sides[0], &sides[1]).to_vec(),
            Ready::Offers(sides) => offers::measure(&sides[0], &sides[1]).to_vec(),
            Ready::Profiles(profiles) => terms(&self.weighed(profiles)),
        }
    }

    fn ready(&self, pair: &Pair) -> Ready {
        match pair {
            Pair::Accounts(sides) => Ready::Profiles([0, 1].map(|at| Profile::new([&sides[at]], [], &self.keyer))),
            Pair::Listings(sides) => Ready::Offers(Box::new([0, 1].map(|at| Offer::new(&sides[at])))),
            Pair::PersonNames(sides) | Pair::CompanyNames(sides) => {
                Ready::Names(Box::new([0, 1].map(|at| self.sketch(pair.kind(), &sides[at]))))
            }
        }
    }

    fn weighed(&self, profiles: [Profile; 2]) -> Weighed {
        let rarity = LiveRarity::without_crowds(&self.epoch);
        let [left, right] = profiles.map(|profile| Subject::new(&profile, &rarity));
        weigh(&compare(&left, &right, &self.epoch), &self.epoch)
    }
}

/// Both sides of a pair, ready to be compared.
enum Ready {
    /// Names by themselves are measured.
    Names(Box<[Sketch; 2]>),
    /// Listings are measured as offers of a product.
    Offers(Box<[Offer; 2]>),
    /// Records are weighed kind by kind.
    Profiles([Profile; 2]),
}

/// The measures of a kind of pair, in the order in which a head reads them.
pub fn measures(kind: PairKind) -> &'static [&'static str] {
    static TERMS: LazyLock<Vec<&str>> = LazyLock::new(|| Kind::ALL.iter().map(|kind| kind.name()).collect());
    match kind {
        PairKind::Account => &TERMS,
        PairKind::Listing => &offers::MEASURES,
        PairKind::PersonName | PairKind::CompanyName => &MEASURES,
    }
}

/// The bits of every kind that both sides show, copies included.
fn terms(weighed: &Weighed) -> Vec<f64> {
    let mut values = vec![MISSING; Kind::ALL.len()];
    for term in &weighed.terms {
        if let Some(at) = Kind::ALL.iter().position(|kind| *kind == term.outcome.feature.kind) {
            // Attributes of different names add up.
            values[at] = term.bits.get() + if values[at].is_nan() { 0.0 } else { values[at] };
        }
    }
    values
}

#[cfg(test)]
mod tests;
