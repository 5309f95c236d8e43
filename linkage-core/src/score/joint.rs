//! The evidence of two networks: what all pairs across them say together.
//!
//! ```text
//! Weighed of each pair across ──add──► Joint ──weigh──► total bits, as of one pair
//! ```
//!
//! Whoever changes everything between two accounts may share a telephone with one and photos with another. Of each feature the
//! strongest agreement of any pair counts, once; what speaks against counts as it does in the mean over the pairs that show the
//! feature. Something agrees by chance in one of many pairs sooner than in one of few: `resolve` takes the number of chances off.

use crate::compare::{Bits, Feature, Level, Outcome};
use crate::fingerprint::{Group, Kind};

use super::{AGENT, Band, Epoch, ONE_EVENT, Papers, Term, Weighed, drop_copies, support};

/// What all pairs across two networks say. Pairs may be added in any order and in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joint {
    /// In the order of their features.
    shares: Vec<Share>,
    /// Weight of the strongest pair, and what likely relatives take away from it.
    strongest: Option<(Bits, Bits)>,
}

/// What the pairs say of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    feature: Feature,
    /// The strongest agreement.
    agreed: Option<(Bits, Level)>,
    /// The strongest difference, its bits made positive.
    differed: Option<(Bits, Level)>,
    /// Bits of all differences, in steps.
    against: i64,
    /// Pairs that show the feature.
    shown: i64,
}

impl Joint {
    /// What one pair says at a band. A contested identity never speaks for it, nor at `ACT` a value of many.
    pub fn of(weighed: &Weighed, band: Band) -> Joint {
        let share = |term: &Term| {
            let is_silent = weighed.identity_contested || band == Band::Act && term.is_of_many();
            let speaks_for = term.counted && Bits::ZERO < term.bits && !is_silent;
            let speaks_against = term.counted && term.bits < Bits::ZERO;
            let Outcome { feature, level, .. } = term.outcome;
            Share {
                feature,
                agreed: speaks_for.then_some((term.bits, level)),
                differed: speaks_against.then_some((-term.bits, level)),
                against: if speaks_against { i64::from(term.bits.steps()) } else { 0 },
                shown: 1,
            }
        };
        let mut shares: Vec<Share> = weighed.terms.iter().map(share).collect();
        shares.sort_unstable_by_key(|share| share.feature);
        Joint { shares, strongest: Some((weighed.total, weighed.relative)) }
    }

    /// Adds what other pairs say.
    pub fn add(&mut self, other: &Joint) {
        self.strongest = self.strongest.max(other.strongest);
        for share in &other.shares {
            match self.shares.binary_search_by_key(&share.feature, |own| own.feature) {
                Ok(at) => self.shares[at].add(share),
                Err(at) => self.shares.insert(at, *share),
            }
        }
    }

    /// Log-odds that one operator is behind both networks, as if they had had one chance to agree, and whether two groups of evidence or a
    /// decisive identifier say so. O(features).
    pub fn weigh(&self, epoch: &Epoch) -> (Bits, bool) {
        let mut terms: Vec<Term> = self.shares.iter().flat_map(Share::terms).collect();
        drop_copies(&mut terms);
        let counted: Bits = terms.iter().filter(|term| term.counted).map(|term| term.bits).sum();
        let relative = self.strongest.map_or(Bits::ZERO, |(_, relative)| relative);
        let papers = Papers::of(&terms, epoch.settings.support_bits_min);
        let (groups, is_decisive) = support(&terms, &papers, &epoch.settings, self.events());
        (epoch.prior + counted + relative, is_decisive || 2 <= groups)
    }

    /// The weight of the strongest pair, in bits.
    pub fn strongest(&self) -> Bits {
        self.strongest.map_or(Bits::ZERO, |(total, _)| total)
    }

    /// What explains several groups at once. A shop that is imitated or bought, name and mailbox and all, is one source of a pair and not of
    /// networks: whoever has several accounts already rarely sells one. But where accounts that were closed soon meet none but such as were not,
    /// these may have been imitated or sold. docs/decisions.md has the figures.
    fn events(&self) -> &'static [&'static [Group]] {
        let is_lifespan = |share: &&Share| share.feature.kind == Kind::Lifespan;
        let one_was_brief = |(_, level): (Bits, Level)| level.info(Kind::Lifespan).name == "ONE";
        let are_two_sorts = |share: &Share| share.agreed.is_none() && share.differed.is_some_and(one_was_brief);
        if self.shares.iter().find(is_lifespan).is_some_and(are_two_sorts) { &ONE_EVENT } else { &[&AGENT] }
    }
}

impl Share {
    fn add(&mut self, other: &Share) {
        self.agreed = self.agreed.max(other.agreed);
        self.differed = self.differed.max(other.differed);
        self.against += other.against;
        self.shown += other.shown;
    }

    /// What speaks for the two networks, and what speaks against them.
    fn terms(&self) -> impl Iterator<Item = Term> {
        let term = |(bits, level)| {
            let outcome = Outcome { feature: self.feature, level, surprisal: None, of_many: false, cites: (0, 0) };
            Term { outcome, bits, counted: true }
        };
        let mean = Bits::from_steps((self.against / self.shown.max(1)) as i32);
        [self.agreed, self.differed.map(|(_, level)| (mean, level))].into_iter().flatten().map(term)
    }
}
