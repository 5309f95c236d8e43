//! Whether the minimal evidence that `explain` names is what it is defined to be.
//!
//! ```text
//! link, weighed ──check──► alone, needed, smallest ──add──► Minimal, counts over all links of a world
//! ```
//!
//! The search here is the definition, tried out: nothing of `explain` is used but its answer.

use linkage_core::explain::explanation;
use linkage_core::fingerprint::Kind;
use linkage_core::score::{Band, Epoch, Weighed, weigh};

/// The most supporting kinds of a link of which every smaller set is tried; 2^20 sets.
const KINDS_MAX: usize = 20;

/// Of how many links the minimal evidence is what it should be.
#[derive(Clone, Debug, Default)]
pub struct Minimal {
    /// All links.
    pub links: u64,
    /// The set reaches the link's band alone, what speaks against the link included.
    pub alone: u64,
    /// Without the set, the rest does not reach the band.
    pub needed: u64,
    /// No smaller set does both.
    pub smallest: u64,
    /// Links with more supporting kinds than are tried in full, of which not every smaller set was tried.
    pub cut_short: u64,
    /// How many sets have so many kinds, from none on.
    pub sizes: Vec<u64>,
}

impl Minimal {
    /// Checks one link; says whether all three hold. A pair that is in no band by itself is no link and has no set: what two accounts
    /// of one network that no edge joins rest on is the edges between them and others.
    pub fn add(&mut self, weighed: &Weighed, epoch: &Epoch) -> bool {
        let link = Link { weighed, epoch, band: weighed.band(epoch) };
        let named = explanation(weighed, epoch).minimal;
        let set: Vec<Kind> = named.iter().filter_map(|name| Kind::parse(name)).collect();
        let (alone, needed) = (link.is_enough(&set), link.is_needed(&set));
        let smallest = link.has_no_smaller(set.len());
        self.links += 1;
        self.alone += u64::from(alone);
        self.needed += u64::from(needed);
        self.smallest += u64::from(smallest);
        self.cut_short += u64::from(KINDS_MAX < link.supporting().len());
        if self.sizes.len() <= set.len() {
            self.sizes.resize(set.len() + 1, 0);
        }
        self.sizes[set.len()] += 1;
        !set.is_empty() && alone && needed && smallest
    }
}

/// A link whose evidence is tried out.
struct Link<'a> {
    weighed: &'a Weighed,
    epoch: &'a Epoch,
    band: Band,
}

impl Link<'_> {
    /// Kinds of which something speaks for the link, copies included: with what they copy gone, they begin to count.
    fn supporting(&self) -> Vec<Kind> {
        let terms = self.weighed.terms.iter().filter(|term| 0.0 < term.bits.get());
        let mut kinds: Vec<Kind> = terms.map(|term| term.outcome.feature.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The band with these kinds left out.
    fn band_without(&self, left_out: impl Fn(Kind) -> bool) -> Band {
        let outcomes = self.weighed.terms.iter().map(|term| term.outcome);
        let rest: Vec<_> = outcomes.filter(|outcome| !left_out(outcome.feature.kind)).collect();
        weigh(&rest, self.epoch).band(self.epoch)
    }

    fn is_enough(&self, set: &[Kind]) -> bool {
        let supporting = self.supporting();
        self.band <= self.band_without(|kind| supporting.contains(&kind) && !set.contains(&kind))
    }

    fn is_needed(&self, set: &[Kind]) -> bool {
        self.band_without(|kind| set.contains(&kind)) < self.band
    }

    /// Whether no set of fewer kinds is enough and needed; of the first [`KINDS_MAX`] kinds.
    fn has_no_smaller(&self, size: usize) -> bool {
        let kinds = self.supporting();
        let kinds = &kinds[..kinds.len().min(KINDS_MAX)];
        let smaller = (1..1_u32 << kinds.len()).filter(|set| (set.count_ones() as usize) < size);
        let chosen =
            |set: u32| kinds.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1).map(|(_, kind)| *kind);
        !smaller.map(|set| chosen(set).collect::<Vec<Kind>>()).any(|set| self.is_enough(&set) && self.is_needed(&set))
    }
}
