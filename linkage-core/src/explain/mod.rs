//! Why two accounts are linked, or are not: term by term, adding up.
//!
//! ```text
//! score::Weighed + Epoch ──explanation──► Explanation { prior, terms, total, what would change it }
//! ```
//!
//! - [`Explanation`] is what an analyst reads; every line of it is a term of the sum that linked the pair.
//! - [`explanation`] makes it.
//!
//! **Invariant:** the prior and the counted terms add up to the total exactly; a test holds every explanation to it.
//!
//! **Not here:** drawing it. Tables and waterfalls belong to the command line and the console.

use jiff::Timestamp;
use serde::Serialize;

use crate::compare::Bits;
use crate::fingerprint::Kind;
use crate::score::{Band, Epoch, Relation, Term, Tie, Weighed};

/// Why a pair has the weight it has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The epoch it was scored under.
    pub epoch: u32,
    /// Log-odds before any evidence, in bits.
    pub prior_bits: f64,
    /// Evidence for and against, strongest first.
    pub terms: Vec<Line>,
    /// Prior plus counted terms, in bits.
    pub weight_bits: f64,
    /// Calibrated probability that both have one operator, 0 to 1.
    pub probability: f64,
    /// `ACT`, `LEAD` or `NONE`.
    pub band: &'static str,
    /// Independent sources that support the link, as the ACT rule counts them: mail, telephone, address and tracker are one, as are a
    /// shop's name, what it writes and shows, mail and telephone.
    pub groups: u8,
    /// Whether nothing speaks for the link but what one may have taken from the other, an identity or a shop, while what it cannot have
    /// taken speaks against it.
    pub identity_contested: bool,
    /// The smallest set of kinds that reaches the band by itself and without which the rest does not; empty where the
    /// band is `NONE`.
    pub minimal: Vec<&'static str>,
    /// What the band would be without each kind that speaks for the link.
    pub without: Vec<Counterfactual>,
    /// `SAME_OPERATOR` in a band; `RELATED` where they belong together without being one operator; `None` else.
    pub relation: Option<Relation>,
    /// Probability that they are relatives, partners or a firm and its agent, 0 to 1.
    pub related_probability: f64,
    /// How they are related, in plain English, where they are.
    pub tie: Option<&'static str>,
}

/// One term of the sum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What was compared.
    pub kind: &'static str,
    /// The evidence group, of which copies count once.
    pub group: &'static str,
    /// How alike.
    pub level: &'static str,
    /// The same in plain English.
    pub sentence: &'static str,
    /// Evidence in bits; positive for, negative against.
    pub bits: f64,
    /// One account in so many shows the value by chance; absent where rarity plays no part.
    pub one_in: Option<f64>,
    /// Whether it is part of the sum; a weaker copy of the same evidence is shown and not counted.
    pub counted: bool,
    /// When and by whom the left account's value was seen, where that was looked up.
    pub left_seen: Option<Seen>,
    /// The same of the right account's value.
    pub right_seen: Option<Seen>,
    /// The values compared: their places in the profiles of the left and the right account.
    #[serde(skip)]
    pub cites: Option<(u16, u16)>,
}

/// When and by whom a value was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The first observation that shows it.
    pub first_at: Timestamp,
    /// The last one; a value that was given up has a last one before that of the account.
    pub last_at: Timestamp,
    /// Who supplied these observations, sorted; empty where nobody says.
    pub sources: Vec<String>,
}

/// A link with one kind of evidence taken away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counterfactual {
    /// The kind left out.
    pub kind: &'static str,
    /// The weight without it, in bits.
    pub weight_bits: f64,
    /// The band without it.
    pub band: &'static str,
}

impl Explanation {
    /// Fills in when and by whom the values compared were seen; `left` and `right` answer for a place in the profile.
    pub fn look_up_seen(&mut self, left: impl Fn(u16) -> Option<Seen>, right: impl Fn(u16) -> Option<Seen>) {
        for line in &mut self.terms {
            let Some((left_at, right_at)) = line.cites else { continue };
            line.left_seen = left(left_at);
            line.right_seen = right(right_at);
        }
    }
}

/// Explains a weighed pair.
pub fn explanation(weighed: &Weighed, epoch: &Epoch) -> Explanation {
    let mut terms: Vec<Term> = weighed.terms.clone();
    terms.sort_by_key(|term| (std::cmp::Reverse(term.bits), term.outcome.feature));
    let explained = Explanation {
        relation: (Band::Lead <= weighed.band(epoch)).then_some(Relation::SameOperator),
        related_probability: weighed.related_probability(epoch),
        tie: None,
        epoch: epoch.number,
        prior_bits: weighed.prior.get(),
        terms: terms.iter().map(line).chain(relative(weighed)).collect(),
        weight_bits: weighed.total.get(),
        probability: weighed.probability(epoch),
        band: weighed.band(epoch).name(),
        groups: weighed.groups,
        identity_contested: weighed.identity_contested,
        minimal: minimal(weighed, epoch),
        without: supporting(weighed, false)
            .into_iter()
            .map(|kind| {
                let rest = without(weighed, epoch, |other| other == kind);
                Counterfactual { kind: kind.name(), weight_bits: rest.total.get(), band: rest.band(epoch).name() }
            })
            .collect(),
    };
    explained.with_tie(weighed.tie(epoch, None))
}

impl Explanation {
    /// The same with how the two are related, for a pair in no band.
    pub fn with_tie(self, tie: Option<Tie>) -> Explanation {
        match tie {
            Some(tie) => Explanation { relation: Some(Relation::Related), tie: Some(tie.sentence()), ..self },
            None => self,
        }
    }
}

/// What an analyst is told of a value that only makes a lead.
const OF_MANY: &str = "the same value, but one that many accounts show: worth a look, no reason to act";

fn line(term: &Term) -> Line {
    let kind = term.outcome.feature.kind;
    let info = term.outcome.level.info(kind);
    Line {
        kind: kind.name(),
        group: kind.group().name(),
        level: info.name,
        sentence: if term.outcome.of_many { OF_MANY } else { info.sentence },
        bits: term.bits.get(),
        one_in: term.outcome.surprisal.filter(|_| info.by_rarity).map(|bits| bits.get().exp2()),
        counted: term.counted,
        left_seen: None,
        right_seen: None,
        cites: Some(term.outcome.cites),
    }
}

/// The other explanation as a line, where it takes something away.
fn relative(weighed: &Weighed) -> Option<Line> {
    (weighed.relative < Bits::ZERO).then(|| Line {
        kind: "RELATED",
        group: "RELATED",
        level: "PERHAPS",
        sentence: "they may be relatives, partners or a firm and its agent instead",
        bits: weighed.relative.get(),
        one_in: None,
        counted: true,
        left_seen: None,
        right_seen: None,
        cites: None,
    })
}

/// Kinds without which a link would not be in a band, or in a better one, strongest first; none where it is not in it anyway.
pub fn needed(weighed: &Weighed, epoch: &Epoch, band: Band) -> Vec<Kind> {
    let is_lost = |kind: &Kind| without(weighed, epoch, |other| other == *kind).band(epoch) < band;
    let kinds = if weighed.band(epoch) < band { Vec::new() } else { supporting(weighed, false) };
    kinds.into_iter().filter(is_lost).collect()
}

/// Kinds with a term that speaks for the link, each once, strongest first; copies only where asked for.
fn supporting(weighed: &Weighed, copies: bool) -> Vec<Kind> {
    let speaks_for = |term: &&Term| (copies || term.counted) && Bits::ZERO < term.bits;
    let mut terms: Vec<&Term> = weighed.terms.iter().filter(speaks_for).collect();
    terms.sort_by_key(|term| (std::cmp::Reverse(term.bits), term.outcome.feature));
    let mut kinds: Vec<Kind> = Vec::new();
    for term in terms {
        if !kinds.contains(&term.outcome.feature.kind) {
            kinds.push(term.outcome.feature.kind);
        }
    }
    kinds
}

/// The pair weighed again with some kinds left out.
fn without(weighed: &Weighed, epoch: &Epoch, leave_out: impl Fn(Kind) -> bool) -> Weighed {
    let outcomes: Vec<_> =
        weighed.terms.iter().map(|term| term.outcome).filter(|outcome| !leave_out(outcome.feature.kind)).collect();
    crate::score::weigh(&outcomes, epoch)
}

/// Sets of kinds that are tried out for one link: all of up to sixteen supporting kinds, and of more the smaller ones.
const SETS_MAX: usize = 1 << 16;

/// The smallest set of supporting kinds that reaches the link's band alone, and without which the rest does not; of several of one
/// size the one of stronger kinds.
///
/// The link is the pair itself, in the band that its own evidence gives it: joint levels are outcomes of one kind and go with it, and
/// a set that does not bear a contested identity out is in no band. A pair in no band has no set, though it may be in one
/// network: that rests on the links between it and others, each of which has its own. A pair that a person judged has the set of its
/// evidence; the word stands beside it.
///
/// Evidence against always stays in: a set is sufficient only if it outweighs it. A copy is evidence like any other
/// here: with the registration gone, the name made under it begins to count. Every link has a set, because all that supports it is
/// one. Where [`SETS_MAX`] sets did not do, what can go is taken from all, the weakest kind first; a smaller set may exist then.
fn minimal(weighed: &Weighed, epoch: &Epoch) -> Vec<&'static str> {
    let band = weighed.band(epoch);
    let kinds = supporting(weighed, true);
    if band == Band::None {
        return Vec::new();
    }
    let place = |kind: Kind| kinds.iter().position(|known| *known == kind);
    let has = |set: u32, kind: Kind| place(kind).is_some_and(|at| set >> at & 1 == 1);
    let is_minimal = |set: &u32| {
        band <= without(weighed, epoch, |kind| place(kind).is_some() && !has(*set, kind)).band(epoch)
            && without(weighed, epoch, |kind| has(*set, kind)).band(epoch) < band
    };
    let thinned = || {
        let all = (1 << kinds.len()) - 1;
        (0..kinds.len()).rev().fold(all, |set, at| Some(set & !(1 << at)).filter(is_minimal).unwrap_or(set))
    };
    let mut tried = (1..=kinds.len()).flat_map(|size| sets(kinds.len(), size)).take(SETS_MAX);
    let set = tried.find(is_minimal).unwrap_or_else(thinned);
    kinds.into_iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, kind)| kind.name()).collect()
}

/// All sets of `size` of `n` things, as bits in rising order; 1 <= size <= n < 32. Source: Beeler, Gosper and Schroeppel, HAKMEM,
/// 1972, item 175.
fn sets(n: usize, size: usize) -> impl Iterator<Item = u32> {
    std::iter::successors(Some((1_u64 << size) - 1), move |set| {
        let lowest = set & set.wrapping_neg();
        let next = set + lowest;
        Some(next | (((next ^ set) / lowest) >> 2)).filter(|next| next >> n == 0)
    })
    .map(|set| set as u32)
}

#[cfg(test)]
mod tests;
