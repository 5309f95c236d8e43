//! The immutable tables a weight is made under.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::compare::{Bits, Events, Feature, LEVELS_MAX, Level, LevelInfo, Outcome, has_else, levels};
use crate::fingerprint::{KeyHead, Kind};

use super::Band;

/// The population that epoch 0 stands for: small data are fitted as additions to it. Of 1,000, 3,000 and 10,000 the smallest
/// serves the labelled sets best; docs/decisions.md has the figures.
const POPULATION_0: f64 = 1_000.0;

/// Matches per account in the population of epoch 0: 22,163 accounts of 15,652 sellers make .42 further accounts a
/// seller (Tai et al. 2019); rounded down, because most stores hold fewer platforms.
const MATCHES_PER_ACCOUNT_0: f64 = 0.3;

/// Ways in which different operators belong together: as relatives and partners, by one building (a forwarder's, a formation
/// agent's), by one agent who answers mail and telephone for them. What goes together differs among the three, and one table for
/// all could not say so.
pub(super) const BONDS: usize = 3;

/// Accounts in the population of epoch 0 that belong together with an account without being its operator's, by each bond:
/// an assumption.
const RELATED_PER_ACCOUNT_0: [f64; BONDS] = [0.002, 0.0003, 0.001];

/// Classes of values by how many accounts or networks hold them: the two who are compared, one more, and doubled from there.
pub(super) const RARITIES: usize = 6;

/// Weight of epoch 0's `m` against fitted pairs.
pub(super) const PAIRS_0: f64 = 500.0;

/// Scale of the log-odds. The terms are added as if each were found independently of the others, and they are not: who keeps a shop's name
/// keeps its texts and pictures, so that the sum is too sure both ways. Platt scaling without an offset, fitted on development worlds;
/// docs/decisions.md has the figures.
const SLOPE: f64 = 0.85;

/// What both deal in says no more for a link than this, in bits: suppliers, towns and the names of shops follow the trade, so that it is
/// not independent of what else agrees. An assumption; docs/decisions.md has the figures.
const CATEGORY_BITS_MAX: f64 = 1.25;

/// Version of the bytes of a stored epoch.
const FORMAT: u8 = 15;

/// Numbered, immutable: every score names the epoch it was made under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// 0 is shipped; each `link` makes the next.
    pub number: u32,
    /// Accounts it was fitted on.
    pub accounts: u64,
    /// Log-odds that two accounts drawn at random have one operator.
    #[serde(with = "steps")]
    pub prior: Bits,
    /// Log-odds that two accounts drawn at random belong to different operators who belong together, by each bond.
    #[serde(with = "each_in_steps")]
    pub related_prior: [Bits; BONDS],
    /// Thresholds, printed with every answer.
    pub settings: Settings,
    /// Scale of the log-odds, below 1 where evidence overlaps; see [`Epoch::calibrate`].
    pub slope: f64,
    tables: BTreeMap<(Kind, u32), Table>,
    /// Holders in all: accounts, or networks.
    holders: u64,
    /// How surprising it is to be one of them, those of epoch 0 included.
    #[serde(skip)]
    population: Bits,
    /// Holders of each value that more than one holds; shared, because fitting makes many epochs with the same.
    #[serde(skip)]
    holders_of: Arc<FxHashMap<KeyHead, u32>>,
    /// How surprising it is that one network gained an account when another lost one, by the events of opening and closing.
    #[serde(skip)]
    successions: Arc<FxHashMap<(KeyHead, KeyHead), Bits>>,
    /// The logarithms of the tables, made with them.
    #[serde(skip)]
    weights: Weights,
}

/// How many holders each value has, and out of how many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Holders in all: accounts, or networks.
    pub holders: u64,
    /// Holders of each value that more than one holds.
    pub of: FxHashMap<KeyHead, u32>,
    /// How surprising it is that two networks meet, by the events of closing and opening in which they do.
    pub successions: FxHashMap<(KeyHead, KeyHead), Bits>,
}

/// Pairs that a fit expects among its candidates.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// Of one operator.
    pub(super) matches: f64,
    /// Of different operators who belong together, by each bond.
    pub(super) related: [f64; BONDS],
}

/// Thresholds of the bands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Least probability of `ACT`.
    pub act: f64,
    /// Least probability of `LEAD`.
    pub lead: f64,
    /// Bits from which an evidence group counts as support.
    #[serde(with = "steps")]
    pub support_bits_min: Bits,
    /// A guard that is left out for a measurement; no epoch that is stored leaves one out.
    #[serde(skip)]
    pub without: Option<Guard>,
}

/// What keeps strangers apart though evidence would link them; a measurement may leave one out to say what it brings and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guard {
    /// A component is rebuilt by the average over all of its pairs, in which evidence against counts: the test of bridges, density and
    /// negative edges in one. Left out, whatever hangs together by links is one network.
    Average,
    /// No pair counts for or against with more than a few bits in that average.
    Limit,
    /// Clusters of likely relatives or partners stay apart unless all their pairs say much more, and who fits two such is acted on with neither.
    Relatives,
    /// A component of too many accounts is cut at higher weights first.
    Size,
    /// An identity that may be stolen, or a shop that may be imitated or bought, links nobody where the rest contradicts it.
    StolenIdentity,
    /// `ACT` asks for two independent sources or a decisive identifier.
    TwoSources,
}

impl Guard {
    /// All guards.
    pub const ALL: [Guard; 6] =
        [Guard::Average, Guard::Limit, Guard::Relatives, Guard::Size, Guard::StolenIdentity, Guard::TwoSources];

    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Guard::Average => "average",
            Guard::Limit => "limit",
            Guard::Relatives => "relatives",
            Guard::Size => "size",
            Guard::StolenIdentity => "stolen identity",
            Guard::TwoSources => "two sources",
        }
    }
}

impl Settings {
    /// Least probability of a band; 0 of `NONE`.
    pub fn least(&self, band: Band) -> f64 {
        match band {
            Band::Act => self.act,
            Band::Lead => self.lead,
            Band::None => 0.0,
        }
    }

    /// The band of a probability; `ACT` only where the evidence supports it well.
    pub fn band(&self, probability: f64, is_well_supported: bool) -> Band {
        match probability {
            p if self.act <= p && is_well_supported => Band::Act,
            p if self.lead <= p => Band::Lead,
            _ => Band::None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings { act: 0.99, lead: 0.90, support_bits_min: Bits::new(1.0), without: None }
    }
}

/// `m` and `u` of each level of a feature, best first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// P(level | same operator), 0 < m <= 1.
    pub m: Vec<f64>,
    /// P(level | different operators), 0 < u <= 1; for levels by rarity the factor before the value's share.
    pub u: Vec<f64>,
    /// P(level | different operators who belong together), 0 < r <= 1, by each bond.
    pub r: [Vec<f64>; BONDS],
    /// P(strangers reach the level because somebody else stands between them), 0 <= c < 1, by how rare the value is, in units of how
    /// often one operator's accounts show one so rare; 0 until fitted.
    pub c: Vec<[f64; RARITIES]>,
}

/// An event of closing, one of opening, and steps of bits.
type Succession = (KeyHead, KeyHead, i32);

/// What is kept: an epoch, and its counts and successions sorted by key.
type Stored = (Epoch, Vec<(KeyHead, u32)>, Vec<Succession>);

impl Events for Epoch {
    fn surprisal(&self, closed: KeyHead, opened: KeyHead) -> Option<Bits> {
        self.successions.get(&(closed, opened)).copied()
    }
}

/// The bits of every level of every feature, found by the kind's code.
#[derive(Clone, Debug, Default, PartialEq)]
struct Weights {
    of_kind: Vec<[LevelWeights; LEVELS_MAX]>,
    /// Those of attributes fitted by name, sorted.
    of_class: Vec<((Kind, u32), [LevelWeights; LEVELS_MAX])>,
}

/// What a level weighs against strangers, for one operator and for each bond.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LevelWeights {
    operator: LevelWeight,
    related: [LevelWeight; BONDS],
}

/// `share / (u · 2^-surprisal)` in bits, without logarithms per pair.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LevelWeight {
    by_rarity: bool,
    /// The least it can be, however common the value; [`Bits::MIN`] where there is none.
    floor: Bits,
    /// `share / u`.
    ratio: Bits,
    /// `share` alone: chance is never more than 1, and a value may be commoner than `u` allows.
    least: Bits,
    /// The most it can be: `share / c`, by rarity; [`Bits::MAX`] where there is none.
    most: [Bits; RARITIES],
}

impl LevelWeights {
    const NOTHING: LevelWeights =
        LevelWeights { operator: LevelWeight::NOTHING, related: [LevelWeight::NOTHING; BONDS] };

    /// The same weights, never less than those of another level.
    fn at_least(self, other: LevelWeights) -> LevelWeights {
        let floored = |own: LevelWeight, other: LevelWeight| LevelWeight { floor: other.ratio, ..own };
        self.with(other, floored)
    }

    /// The same weights, of levels without rarity, with those of another level for nothing.
    fn against(self, other: LevelWeights) -> LevelWeights {
        let rest = |own: LevelWeight, other: LevelWeight| LevelWeight { ratio: own.ratio - other.ratio, ..own };
        self.with(other, rest)
    }

    /// Each weight together with the other's.
    fn with(self, other: LevelWeights, join: impl Fn(LevelWeight, LevelWeight) -> LevelWeight) -> LevelWeights {
        LevelWeights {
            operator: join(self.operator, other.operator),
            related: std::array::from_fn(|bond| join(self.related[bond], other.related[bond])),
        }
    }
}

/// Where a difference does not count, being alike is weighed against being different, which itself says nothing; and to agree
/// on what is common is never less than to be alike.
fn weigh_differences(infos: &[LevelInfo], row: &mut [LevelWeights]) {
    let Some(last) = infos.len().checked_sub(1).and_then(|last| row.get(last)).copied() else { return };
    for (_, weights) in infos.iter().zip(row.iter_mut()).filter(|(info, _)| info.differs) {
        *weights = weights.against(last);
    }
    let Some(alike) = infos.iter().position(|info| info.differs).and_then(|at| row.get(at)).copied() else { return };
    for (_, weights) in infos.iter().zip(row).filter(|(info, _)| info.by_rarity) {
        *weights = weights.at_least(alike);
    }
}

impl LevelWeight {
    const NOTHING: LevelWeight = LevelWeight {
        by_rarity: false,
        floor: Bits::MIN,
        ratio: Bits::ZERO,
        least: Bits::ZERO,
        most: [Bits::MAX; RARITIES],
    };

    fn new(share: f64, u: f64, c: [f64; RARITIES], by_rarity: bool) -> LevelWeight {
        let most = c.map(|c| if by_rarity && 0.0 < c { Bits::new((share / c).log2()) } else { Bits::MAX });
        LevelWeight {
            by_rarity,
            floor: Bits::MIN,
            ratio: Bits::new((share / u).log2()),
            least: Bits::new(share.log2()),
            most,
        }
    }

    fn bits(&self, surprisal: Option<Bits>, rarity: usize) -> Bits {
        let bits = match surprisal {
            Some(surprisal) if self.by_rarity => (self.ratio + surprisal).min(self.most[rarity]).max(self.least),
            _ => self.ratio,
        };
        bits.max(self.floor)
    }
}

impl Weights {
    fn of(tables: &BTreeMap<(Kind, u32), Table>) -> Weights {
        let mut weights = Weights::default();
        for ((kind, class), table) in tables {
            let mut row = [LevelWeights::NOTHING; LEVELS_MAX];
            for (at, info) in levels(*kind).iter().enumerate().take(LEVELS_MAX) {
                let Some((m, u, r, c)) = table.shares(at) else { continue };
                let weight = |share: f64| LevelWeight::new(share, u, c, info.by_rarity);
                row[at] = LevelWeights { operator: weight(m), related: r.map(weight) };
                if *kind == Kind::Category {
                    let most = Bits::new(CATEGORY_BITS_MAX);
                    row[at].operator.most.iter_mut().for_each(|own| *own = (*own).min(most));
                }
            }
            if !kind.difference_counts() {
                weigh_differences(levels(*kind), &mut row);
            } else if !has_else(*kind) {
                row.iter_mut().for_each(|weights| *weights = weights.at_least(LevelWeights::NOTHING));
            }
            if *class == 0 {
                let code = usize::from(*kind as u8);
                if weights.of_kind.len() <= code {
                    weights.of_kind.resize(code + 1, [LevelWeights::NOTHING; LEVELS_MAX]);
                }
                weights.of_kind[code] = row;
            } else {
                weights.of_class.push(((*kind, *class), row));
            }
        }
        weights
    }

    /// Nothing for a hub, a kind without table and a level without weight.
    fn get(&self, feature: Feature, level: Level) -> &LevelWeights {
        let row = match feature.class {
            0 => None,
            class => self.of_class.binary_search_by_key(&(feature.kind, class), |(key, _)| *key).ok(),
        };
        let row = match row {
            Some(at) => Some(&self.of_class[at].1),
            None => self.of_kind.get(usize::from(feature.kind as u8)),
        };
        row.and_then(|row| row.get(usize::from(level.0))).unwrap_or(&LevelWeights::NOTHING)
    }
}

impl Table {
    /// `m`, `u`, `r` and `c` of the level at a place.
    fn shares(&self, at: usize) -> Option<(f64, f64, [f64; BONDS], [f64; RARITIES])> {
        let mut r = [0.0; BONDS];
        for (share, of) in r.iter_mut().zip(&self.r) {
            *share = *of.get(at)?;
        }
        Some((*self.m.get(at)?, *self.u.get(at)?, r, *self.c.get(at)?))
    }

    /// Whether there is an `m`, a `u` and an `r` that can be weighed with for every level of the kind.
    fn fits(&self, kind: Kind) -> bool {
        let count = levels(kind).len();
        let shares = [&self.m, &self.u].into_iter().chain(&self.r);
        let whole = self.c.len() == count && shares.into_iter().all(|shares| shares.len() == count);
        let can_be = |share: &f64| share.is_finite() && 0.0 < *share;
        let share = |share: &f64| can_be(share) && *share <= 1.0;
        let arranged = self.c.iter().flatten().all(|share| (0.0..1.0).contains(share));
        whole && self.m.iter().all(share) && self.r.iter().flatten().all(share) && self.u.iter().all(can_be) && arranged
    }
}

/// An epoch that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// Epoch 0's data file has a line that is not `kind level m u r r r`.
    #[error("epoch data line {line}: expected kind, level, m, u and an r for each of three bonds, separated by tabs")]
    Data {
        /// Line number, from 1.
        line: usize,
    },
    /// A stored epoch does not decode, or another version of the program wrote it.
    #[error("the stored epoch cannot be read by this version; run `linkage link` to make a new one")]
    Decode,
    /// A stored epoch decodes to something that is none.
    #[error("the stored epoch is damaged, expected {expected}; run `linkage link` to make a new one")]
    Damaged {
        /// What would have been right.
        expected: &'static str,
    },
}

impl Epoch {
    /// The epoch that ships with the program.
    ///
    /// # Errors
    ///
    /// [`EpochError::Data`] if the shipped file is damaged.
    pub fn zero() -> Result<Epoch, EpochError> {
        let mut tables: BTreeMap<(Kind, u32), Table> = BTreeMap::new();
        for (at, line) in include_str!("data/epoch0.tsv").lines().enumerate() {
            if line.starts_with('#') {
                continue;
            }
            let (kind, m, u, r) = parse(line).ok_or(EpochError::Data { line: at + 1 })?;
            let table = tables.entry((kind, 0)).or_default();
            table.m.push(m);
            table.u.push(u);
            table.r.iter_mut().zip(r).for_each(|(table, r)| table.push(r));
            table.c.push([0.0; RARITIES]);
        }
        Ok(Epoch {
            number: 0,
            accounts: 0,
            prior: prior(0, 0.0),
            related_prior: related_priors(0, [0.0; BONDS]),
            settings: Settings::default(),
            slope: SLOPE,
            weights: Weights::of(&tables),
            tables,
            holders: 0,
            population: share_bits(1.0, 0),
            holders_of: Arc::default(),
            successions: Arc::default(),
        })
    }

    /// The same epoch under another number.
    pub fn numbered(&self, number: u32) -> Epoch {
        Epoch { number, ..self.clone() }
    }

    /// The epoch with fitted tables and prior.
    pub(super) fn fitted(&self, accounts: u64, found: Found, tables: BTreeMap<(Kind, u32), Table>) -> Epoch {
        Epoch {
            accounts,
            prior: prior(accounts, found.matches),
            related_prior: related_priors(accounts, found.related),
            weights: Weights::of(&tables),
            tables,
            ..self.clone()
        }
    }

    /// The same epoch with other tables.
    pub(super) fn with_tables(&self, tables: BTreeMap<(Kind, u32), Table>) -> Epoch {
        Epoch { weights: Weights::of(&tables), tables, ..self.clone() }
    }

    /// Of strangers who reach this level, the share that somebody else connects, 0 to 1; the others do by chance.
    pub(super) fn arranged(&self, outcome: &Outcome) -> f64 {
        let shares = self.table(outcome.feature).and_then(|table| table.shares(usize::from(outcome.level.0)));
        match (shares, outcome.surprisal) {
            (Some((_, u, _, c)), Some(surprisal)) => {
                let c = c[self.rarity(surprisal)];
                if 0.0 < c { c / (c + u * (-surprisal.get()).exp2()) } else { 0.0 }
            }
            _ => 0.0,
        }
    }

    /// The same epoch with other thresholds.
    pub fn with_settings(&self, settings: Settings) -> Epoch {
        Epoch { settings, ..self.clone() }
    }

    /// The same epoch with other frozen counts.
    pub fn with_counts(&self, counts: Counts) -> Epoch {
        Epoch {
            holders: counts.holders,
            population: share_bits(1.0, counts.holders),
            holders_of: Arc::new(counts.of),
            successions: Arc::new(counts.successions),
            ..self.clone()
        }
    }

    /// The table of a feature; an attribute never fitted has the one of all attributes.
    pub fn table(&self, feature: Feature) -> Option<&Table> {
        self.tables.get(&(feature.kind, feature.class)).or_else(|| self.tables.get(&(feature.kind, 0)))
    }

    /// Fitted features, in order.
    pub fn tables(&self) -> &BTreeMap<(Kind, u32), Table> {
        &self.tables
    }

    /// Minus log2 of the share of accounts that show a value: counted holders, added to what epoch 0 expects of a
    /// value that is `base_bits` rare.
    pub fn surprisal(&self, key: KeyHead, base_bits: u8) -> Bits {
        self.surprisal_of(self.holders_of.get(&key).copied().unwrap_or(0), base_bits)
    }

    /// As [`surprisal`](Epoch::surprisal), where the holders of the value are known.
    pub fn surprisal_of(&self, holders: u32, base_bits: u8) -> Bits {
        let expected = POPULATION_0 * (-f64::from(base_bits)).exp2();
        // Two holders are the accounts that are compared: that both show the value is what is to be explained.
        self.share_bits(f64::from(holders.saturating_sub(2)) + expected)
    }

    /// The class of a value, by how many hold it.
    fn rarity(&self, surprisal: Bits) -> usize {
        // Patterns know whole bits only.
        let doublings = self.population.get() - surprisal.get().round();
        (doublings + 1.5).clamp(0.0, RARITIES as f64 - 1.0) as usize
    }

    /// The same of what an outcome found; the rarest where rarity does not matter.
    pub(super) fn rarity_of(&self, outcome: &Outcome) -> usize {
        outcome.surprisal.map_or(0, |surprisal| self.rarity(surprisal))
    }

    /// Minus log2 of the share of all holders, those of epoch 0 included, that so many are.
    pub fn share_bits(&self, holders: f64) -> Bits {
        share_bits(holders, self.holders)
    }

    /// The bits one outcome adds for one operator against strangers.
    pub fn term_bits(&self, outcome: &Outcome) -> Bits {
        let weights = self.weights.get(outcome.feature, outcome.level);
        weights.operator.bits(outcome.surprisal, self.rarity_of(outcome))
    }

    /// The bits one outcome adds for those who belong together against strangers, by each bond.
    pub(super) fn related_bits(&self, outcome: &Outcome) -> [Bits; BONDS] {
        let (weights, rarity) = (self.weights.get(outcome.feature, outcome.level), self.rarity_of(outcome));
        weights.related.each_ref().map(|weight| weight.bits(outcome.surprisal, rarity))
    }

    /// The calibrated probability of a total weight.
    pub fn calibrate(&self, total: Bits) -> f64 {
        Bits::new(total.get() * self.slope).probability()
    }

    /// As bytes, to be kept.
    ///
    /// # Errors
    ///
    /// [`EpochError::Decode`] if it cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, EpochError> {
        // Sorted, because a hash map's order must not show in what is stored.
        let mut counts: Vec<(KeyHead, u32)> = self.holders_of.iter().map(|(key, count)| (*key, *count)).collect();
        counts.sort_unstable();
        let mut successions: Vec<Succession> =
            self.successions.iter().map(|((closed, opened), bits)| (*closed, *opened, bits.steps())).collect();
        successions.sort_unstable();
        let mut bytes = vec![FORMAT];
        bytes.extend(postcard::to_stdvec(&(self, counts, successions)).map_err(|_| EpochError::Decode)?);
        Ok(bytes)
    }

    /// From the bytes of [`encode`](Epoch::encode).
    ///
    /// # Errors
    ///
    /// [`EpochError::Decode`] or [`EpochError::Damaged`] for other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Epoch, EpochError> {
        let Some((&FORMAT, bytes)) = bytes.split_first() else { return Err(EpochError::Decode) };
        let (stored, rest): (Stored, &[u8]) = postcard::take_from_bytes(bytes).map_err(|_| EpochError::Decode)?;
        let (mut epoch, counts, successions) = stored;
        if !rest.is_empty() {
            return Err(EpochError::Damaged { expected: "nothing after the counts" });
        }
        if !epoch.tables.iter().all(|((kind, _), table)| table.fits(*kind)) {
            return Err(EpochError::Damaged { expected: "m, u and r of every level, above 0, and c below 1" });
        }
        if !(epoch.slope.is_finite() && 0.0 < epoch.slope) {
            return Err(EpochError::Damaged { expected: "a slope above 0" });
        }
        epoch.holders_of = Arc::new(counts.into_iter().collect());
        let pair = |(closed, opened, steps)| ((closed, opened), Bits::from_steps(steps));
        epoch.successions = Arc::new(successions.into_iter().map(pair).collect());
        epoch.population = share_bits(1.0, epoch.holders);
        epoch.weights = Weights::of(&epoch.tables);
        Ok(epoch)
    }
}

/// Minus log2 of the share of a store's holders and those of epoch 0 that so many are.
fn share_bits(holders: f64, all: u64) -> Bits {
    let share = holders / (all as f64 + POPULATION_0);
    Bits::new(-share.min(1.0).log2())
}

/// Log-odds of a match between two accounts of the population that epoch 0 and the store make up together.
fn prior(accounts: u64, matches: f64) -> Bits {
    let population = accounts as f64 + POPULATION_0;
    let expected = matches + POPULATION_0 * MATCHES_PER_ACCOUNT_0 / 2.0;
    log_odds(expected / (population * population / 2.0))
}

/// Log-odds that two accounts drawn at random belong to different operators who belong together, by each bond.
fn related_priors(accounts: u64, related: [f64; BONDS]) -> [Bits; BONDS] {
    let population = accounts as f64 + POPULATION_0;
    std::array::from_fn(|bond| {
        // An account's relatives are pairs with it, and each pair is of two accounts.
        let expected = related[bond] + population * RELATED_PER_ACCOUNT_0[bond] / 2.0;
        log_odds((expected / (population * population / 2.0)).min(0.1))
    })
}

fn log_odds(share: f64) -> Bits {
    Bits::new((share / (1.0 - share)).log2())
}

fn parse(line: &str) -> Option<(Kind, f64, f64, [f64; BONDS])> {
    let mut fields = line.split('\t');
    let kind = Kind::parse(fields.next()?)?;
    let level = fields.next()?;
    levels(kind).iter().find(|info| info.name == level)?;
    let mut number = || fields.next()?.parse().ok();
    Some((kind, number()?, number()?, [number()?, number()?, number()?]))
}

mod steps {
    //! Bits as their steps.

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::compare::Bits;

    pub(super) fn serialize<S: Serializer>(bits: &Bits, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(bits.steps())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bits, D::Error> {
        Ok(Bits::from_steps(i32::deserialize(deserializer)?))
    }
}

mod each_in_steps {
    //! The same of one for each bond.

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{BONDS, Bits};

    pub(super) fn serialize<S: Serializer>(bits: &[Bits; BONDS], serializer: S) -> Result<S::Ok, S::Error> {
        bits.map(Bits::steps).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[Bits; BONDS], D::Error> {
        <[i32; BONDS]>::deserialize(deserializer).map(|steps| steps.map(Bits::from_steps))
    }
}
