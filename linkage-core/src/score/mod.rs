//! Turn what a comparison found into a match weight.
//!
//! ```text
//! [compare::Outcome] + Epoch ──weigh──► Weighed { prior + terms = total bits, probability, band }
//! ```
//!
//! One pair in, one number out. The number is a sum with one term per feature, so `explain` can tell an analyst how
//! much of a link came from the payee account and how much from the shop name.
//!
//! - [`weigh`] is the whole job; start there.
//! - [`Epoch`] is the immutable table it reads; [`fit`] makes the next one without labels.
//! - [`Joint`] is what many pairs say of two networks.
//! - [`head`] weighs measures instead of levels, with labels where there are any.
//!
//! **Invariant:** nothing here sees a raw value, only levels and rarities.
//!
//! **Not here:** which accounts belong together. That is `resolve`, where a judgement can override a weight.

mod epoch;
pub mod fit;
pub mod head;
mod joint;

use std::cmp::Reverse;

use crate::compare::{Bits, Feature, Level, Outcome};
use crate::fingerprint::{Group, Kind, Strength};

use self::epoch::BONDS;
pub use self::epoch::{Counts, Epoch, EpochError, Guard, Settings, Table};
pub use self::joint::Joint;

/// Least probability from which two accounts are related: more likely than all else together.
const RELATED_MIN: f64 = 0.5;

/// One feature's share of a match weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What was compared and what was found.
    pub outcome: Outcome,
    /// The evidence, positive for, negative against.
    pub bits: Bits,
    /// Whether it is part of the sum. A copy of stronger evidence of its own group is not.
    pub counted: bool,
}

impl Term {
    /// Whether it speaks for a link with a value of so many that it is no reason to act.
    fn is_of_many(&self) -> bool {
        self.counted && self.outcome.of_many && Bits::ZERO < self.bits
    }
}

/// The weight of a pair, term by term.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weighed {
    /// Log-odds that two accounts drawn at random have one operator.
    pub prior: Bits,
    /// One term per feature that both show.
    pub terms: Vec<Term>,
    /// What the other explanation takes away: that both are relatives, partners or a firm and its agent. Never positive.
    pub relative: Bits,
    /// Log-odds that both are relatives, partners or a firm and its agent, against strangers.
    pub related: Bits,
    /// The same by each bond.
    bonds: [Bits; BONDS],
    /// Prior plus the counted terms plus `relative`.
    pub total: Bits,
    /// The same without values of many, which make leads and are no reason to act.
    pub total_of_few: Bits,
    /// Independent sources whose terms add up to at least [`Settings::support_bits_min`]: mail, telephone, address and tracker are one
    /// source, because an agent lends them all; so are a shop's name, what it writes and shows, mail and telephone, which change hands
    /// with it; and all attributes. An identity that nothing bears out, while payout, contact, place or style differ, is one source.
    pub groups: u8,
    /// Whether an identifier of [`Strength::Decisive`] agrees that is no crowd's, not contested, and no such identity.
    pub decisive: bool,
    /// Whether all that speaks for the link can have been taken from one by the other, while two of what cannot say otherwise: an identity
    /// that may be stolen, or a shop that may be imitated or bought. No link.
    pub identity_contested: bool,
}

/// What two accounts may be to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// One operator is behind both; the band says how sure that is.
    SameOperator,
    /// Different operators who belong together; never merged on it, and always in band NONE.
    Related,
}

impl Relation {
    /// The name used in files, tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Relation::SameOperator => "SAME_OPERATOR",
            Relation::Related => "RELATED",
        }
    }
}

impl serde::Serialize for Relation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How the accounts of two operators belong together, who are shown as related and never merged on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tie {
    /// A person said so.
    Judged,
    /// They are more likely relatives, partners or a firm and its agent than strangers or one operator.
    Together,
    /// One may have taken the identity or the shop of the other, which would make them one operator's if it were not contested.
    Contested,
    /// Both show a value that too many accounts hold for it to say who they are: a forwarder's address, an agent's
    /// telephone, a supplier's picture.
    Shared(Kind),
}

impl Tie {
    /// The name used in files, tables and messages: the kind of a shared value with `SHARED_` in front.
    pub fn name(self) -> &'static str {
        match self {
            Tie::Judged => "JUDGED",
            Tie::Together => "TOGETHER",
            Tie::Contested => "IDENTITY_CONTESTED",
            Tie::Shared(Kind::Payment) => "SHARED_PAYMENT",
            Tie::Shared(Kind::Registration) => "SHARED_REGISTRATION",
            Tie::Shared(Kind::Document) => "SHARED_DOCUMENT",
            Tie::Shared(Kind::Phone) => "SHARED_PHONE",
            Tie::Shared(Kind::Email) => "SHARED_EMAIL",
            Tie::Shared(Kind::Handle | Kind::Account) => "SHARED_HANDLE",
            Tie::Shared(Kind::Street) => "SHARED_ADDRESS",
            Tie::Shared(Kind::Tracker) => "SHARED_TRACKER",
            Tie::Shared(Kind::Image) => "SHARED_IMAGE",
            Tie::Shared(Kind::ListingText | Kind::Description) => "SHARED_TEXT",
            Tie::Shared(_) => "SHARED_VALUE",
        }
    }

    /// The probability of the tie, 0 to 1, of a pair with this weight and these log-odds of being related. What one operator
    /// leaves is divided between relatives and strangers; that a person said so, that both show a value, or that their identity is
    /// contested, is a fact.
    pub fn probability(self, weight: Bits, related: Bits, epoch: &Epoch) -> f64 {
        match self {
            Tie::Together => (1.0 - epoch.calibrate(weight)) * related.probability(),
            Tie::Judged | Tie::Contested | Tie::Shared(_) => 1.0,
        }
    }

    /// What an analyst is told.
    pub fn sentence(self) -> &'static str {
        match self {
            Tie::Judged => "a person found that they are different operators who have to do with each other",
            Tie::Contested => "one may have taken the identity or the shop of the other: nothing but that agrees",
            Tie::Together => "more likely relatives, partners or a firm and its agent than strangers or one operator",
            Tie::Shared(Kind::Payment) => "they are paid through one account that many use, such as a payment agent's",
            Tie::Shared(Kind::Registration) => "they name one registration that many name, such as an agent's",
            Tie::Shared(Kind::Document) => "they show one identity document that many show",
            Tie::Shared(Kind::Phone) => "they give one telephone number that many give, such as an agent's",
            Tie::Shared(Kind::Email) => "they give one mail address that many give, such as a formation agent's",
            Tie::Shared(Kind::Handle | Kind::Account) => "they name one profile that many name",
            Tie::Shared(Kind::Street) => {
                "they give one address that many give, such as a freight forwarder's or formation agent's"
            }
            Tie::Shared(Kind::Tracker) => "their sites embed one identifier that many embed, such as an agency's",
            Tie::Shared(Kind::Image) => "they show one picture that many show, such as a supplier's",
            Tie::Shared(Kind::ListingText | Kind::Description) => {
                "they show one text that many show, such as a supplier's"
            }
            Tie::Shared(_) => "they show one value that many show",
        }
    }
}

/// How far a link may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// Neither.
    None,
    /// Worth a look.
    Lead,
    /// Safe to act on.
    Act,
}

impl Band {
    /// The name used in files, tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Band::None => "NONE",
            Band::Lead => "LEAD",
            Band::Act => "ACT",
        }
    }

    /// The band with this name, in any case.
    pub fn parse(name: &str) -> Option<Band> {
        [Band::None, Band::Lead, Band::Act].into_iter().find(|band| band.name().eq_ignore_ascii_case(name))
    }
}

impl serde::Serialize for Band {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Weighed {
    /// Weighs anew, as [`weigh`] does, so that many pairs cost no allocation.
    pub fn weigh(&mut self, outcomes: &[Outcome], epoch: &Epoch) {
        let term = |outcome: &Outcome| Term { outcome: *outcome, bits: epoch.term_bits(outcome), counted: true };
        self.terms.clear();
        self.terms.extend(outcomes.iter().map(term));
        drop_behind_hubs(&mut self.terms);
        drop_copies(&mut self.terms);
        self.prior = epoch.prior;
        self.bonds = bonds(&self.terms, epoch, |_| true);
        self.related = any(self.bonds);
        self.relative = relative(self.related);
        self.total = epoch.prior + counted(&self.terms, |_| true) + self.relative;
        self.total_of_few = if self.terms.iter().any(Term::is_of_many) {
            let of_few = |term: &Term| !term.is_of_many();
            epoch.prior + counted(&self.terms, of_few) + relative(any(bonds(&self.terms, epoch, of_few)))
        } else {
            self.total
        };
        let Settings { support_bits_min: least, without, .. } = epoch.settings;
        let papers = Papers::of(&self.terms, least);
        (self.groups, self.decisive) = support(&self.terms, &papers, &epoch.settings, events(&self.terms));
        let is_contested = papers.are_contested() || is_shop_contested(&self.terms, least);
        self.identity_contested = without != Some(Guard::StolenIdentity) && is_contested;
    }

    /// Of the chance that they belong together, the share of each bond, 0 to 1.
    fn bond_shares(&self) -> [f64; BONDS] {
        self.bonds.map(|bond| (bond - self.related).get().exp2().min(1.0))
    }

    /// The calibrated probability that both accounts have one operator, 0 to 1.
    pub fn probability(&self, epoch: &Epoch) -> f64 {
        epoch.calibrate(self.total)
    }

    /// The probability that they are relatives, partners or a firm and its agent, 0 to 1.
    pub fn related_probability(&self, epoch: &Epoch) -> f64 {
        Tie::Together.probability(self.total, self.related, epoch)
    }

    /// Whether the pair belongs together without being one operator, and how. `shared` is a value of a crowd that both show.
    ///
    /// A pair in a band is one operator's and has no tie. Of the others, those that only a contested identity keeps out of it are
    /// [`Contested`](Tie::Contested), and those that are at least as likely related as not belong [`Together`](Tie::Together); that both show
    /// a hub is a fact, and enough. docs/decisions.md has the reasons.
    pub fn tie(&self, epoch: &Epoch, shared: Option<Kind>) -> Option<Tie> {
        if Band::Lead <= self.band(epoch) {
            None
        } else if self.identity_contested && epoch.settings.lead <= self.probability(epoch) {
            Some(Tie::Contested)
        } else if RELATED_MIN <= self.related_probability(epoch) {
            Some(Tie::Together)
        } else {
            shared.map(Tie::Shared)
        }
    }

    /// The band that the weight and its evidence allow: `ACT` asks for two independent sources or one decisive
    /// identifier, however high the probability, and for its probability without what many hold; a contested identity links nobody.
    pub fn band(&self, epoch: &Epoch) -> Band {
        self.band_of(self.probability(epoch), epoch)
    }

    /// As [`band`](Weighed::band), where something else than the sum says how probable one operator is.
    pub fn band_of(&self, probability: f64, epoch: &Epoch) -> Band {
        let is_of_few = || self.total_of_few == self.total || epoch.settings.act <= epoch.calibrate(self.total_of_few);
        let is_well_supported = (self.decisive || 2 <= self.groups) && is_of_few();
        if self.identity_contested { Band::None } else { epoch.settings.band(probability, is_well_supported) }
    }
}

/// Weighs the evidence that two accounts have the same operator.
///
/// `outcomes` is what [`compare`](crate::compare::compare) found, at most one per feature. The weight is in bits and
/// includes the prior: 0 is even odds, and each +1 doubles the odds. So does the chance that both are relatives. A feature without an outcome adds nothing; a
/// hub adds nothing and is shown. Within a group of copies only the strongest term counts. O(outcomes).
///
/// Source: Fellegi and Sunter, "A Theory for Record Linkage", JASA 64(328), 1969, pp. 1183–1210; the adjustment for
/// rare values follows Winkler, "Frequency-Based Matching in the Fellegi–Sunter Model", 2000.
pub fn weigh(outcomes: &[Outcome], epoch: &Epoch) -> Weighed {
    let mut weighed = Weighed::default();
    weighed.weigh(outcomes, epoch);
    weighed
}

/// Bits of those terms that count.
fn counted(terms: &[Term], is_of: impl Fn(&Term) -> bool) -> Bits {
    terms.iter().filter(|term| term.counted && is_of(term)).map(|term| term.bits).sum()
}

/// Log-odds of those who belong together against strangers, by each bond, as those terms say that count.
fn bonds(terms: &[Term], epoch: &Epoch, is_of: impl Fn(&Term) -> bool) -> [Bits; BONDS] {
    let mut bonds = epoch.related_prior;
    for term in terms.iter().filter(|term| term.counted && is_of(term)) {
        let added = epoch.related_bits(&term.outcome);
        bonds.iter_mut().zip(added).for_each(|(bond, bits)| *bond = *bond + bits);
    }
    bonds
}

/// Log-odds of one or another, of which one at most is true.
fn any(odds: [Bits; BONDS]) -> Bits {
    let most = odds.iter().copied().fold(odds[0], Bits::max);
    // Where nothing is likely nothing depends on the sum, and what is so much less likely adds less than half a step.
    if most.get() < NEGLIGIBLE {
        return most;
    }
    let rest = odds.iter().map(|odds| (*odds - most).get()).filter(|less| NEGLIGIBLE < *less);
    most + Bits::new(rest.map(f64::exp2).sum::<f64>().log2())
}

/// Bits of odds so low that one added to them is one, to half a step.
const NEGLIGIBLE: f64 = -14.0;

/// Families and partners share addresses and telephones without being one operator. With three explanations the odds
/// of *one operator* against *strangers or relatives* are those against strangers, divided by one plus the odds of
/// relatives against strangers (Bayes' rule).
fn relative(related: Bits) -> Bits {
    // Where the power of two would overflow, the one added to it no longer matters.
    if Bits::new(60.0) < related {
        -related
    } else if related.get() < NEGLIGIBLE {
        Bits::ZERO
    } else {
        Bits::new(-(related.get().exp2()).ln_1p() / std::f64::consts::LN_2)
    }
}

/// The group that an outcome is evidence of. A domain that is not the same but much like another says the shop's name once more, as an
/// imitator's does.
fn said_by(outcome: &Outcome) -> Group {
    match outcome.feature.kind.group() {
        Group::Domain if ![Level(0), Level::HUB].contains(&outcome.level) => Group::Business,
        group => group,
    }
}

/// The same; attributes of different names are different groups.
fn group_of(outcome: &Outcome) -> (Group, u32) {
    (said_by(outcome), outcome.feature.class)
}

/// Leaves two of the terms of each group of copies that count: the strongest for and the strongest against, of equals the first feature's.
fn drop_copies(terms: &mut [Term]) {
    for at in 1..terms.len() {
        let (before, rest) = terms.split_at_mut(at);
        let Some(term) = rest.first_mut() else { continue };
        let group = said_by(&term.outcome);
        if !term.counted || !group.is_copied() {
            continue;
        }
        let speaks_for = |bits: Bits| Bits::ZERO < bits;
        let rival = before.iter_mut().find(|other| {
            other.counted && said_by(&other.outcome) == group && speaks_for(other.bits) == speaks_for(term.bits)
        });
        if let Some(rival) = rival {
            let says = |term: &Term| if speaks_for(term.bits) { term.bits } else { -term.bits };
            let rank = |term: &Term| (says(term), Reverse(term.outcome.feature));
            let stronger = rank(rival) < rank(term);
            rival.counted = !stronger;
            term.counted = stronger;
        }
    }
}

/// A forwarder's street is a hub, and so are the town and postal code it lies in: what else a group says for a link goes
/// with its hub.
fn drop_behind_hubs(terms: &mut [Term]) {
    let hubs: Vec<Outcome> =
        terms.iter().filter(|term| term.outcome.level == Level::HUB).map(|term| term.outcome).collect();
    for term in terms.iter_mut().filter(|term| hubs.iter().any(|hub| goes_with(hub, &term.outcome))) {
        term.counted &= term.bits <= Bits::ZERO;
    }
}

/// Whether what an outcome says goes with a hub. Of listings, words go with words and pictures with pictures: that many give an article
/// one title says nothing of a picture that two alone show, nor of a code in their texts.
fn goes_with(hub: &Outcome, outcome: &Outcome) -> bool {
    let sort = |outcome: &Outcome| {
        let kind = outcome.feature.kind;
        (is_picture(kind), is_words(kind) && kind != Kind::Phrase)
    };
    group_of(hub) == group_of(outcome) && sort(hub) == sort(outcome)
}

/// How many independent sources speak for a link, and whether a decisive identifier does; those that one of the `events` explains are one.
fn support(terms: &[Term], papers: &Papers, settings: &Settings, events: &[&[Group]]) -> (u8, bool) {
    let Settings { support_bits_min: least, without, .. } = *settings;
    let groups = supporting_groups(terms, least, events);
    let needs_two = without != Some(Guard::TwoSources);
    if without != Some(Guard::StolenIdentity) && papers.are_alone() {
        (groups.min(1), !needs_two)
    } else {
        (groups, !needs_two || has_decisive(terms))
    }
}

/// How many independent sources speak for a link. No allocation: every pair is counted.
fn supporting_groups(terms: &[Term], least: Bits, events: &[&[Group]]) -> u8 {
    let mut sums = [Bits::ZERO; Group::CODES];
    // That one closed when another opened is seen from outside, and a rival can arrange it; many accounts are closed soon, and many deal in
    // one thing: leads, no support.
    let supports = |term: &&Term| {
        let is_weak = matches!(
            term.outcome.feature.kind,
            Kind::Succession | Kind::Lifespan | Kind::Price | Kind::Brand | Kind::Category
        );
        term.counted && !term.outcome.of_many && !is_weak
    };
    for term in terms.iter().filter(supports) {
        let sum = &mut sums[said_by(&term.outcome) as usize];
        *sum = *sum + term.bits;
    }
    let is_support = |sum: &Bits| least <= *sum;
    let all = sums.iter().filter(|sum| is_support(sum)).count();
    // Those that one event explains count once.
    let repeated = |groups: &[Group]| {
        let explained = groups.iter().filter(|group| is_support(&sums[**group as usize])).count();
        explained.saturating_sub(1)
    };
    (all - events.iter().map(|groups| repeated(groups)).max().unwrap_or_default()) as u8
}

/// Groups that one event can make agree between strangers, and that are one source for that.
///
/// An agent who lends a client a mail address lends the telephone and the street as well and builds the site, with its own identifiers in it.
/// Whoever imitates a shop takes its name with its texts and pictures; whoever buys one gets its mailbox and its number as well.
const ONE_EVENT: [&[Group]; 2] = [&AGENT, &SHOP];

/// As [`ONE_EVENT`], for two accounts: who lives by selling shops, or is imitated, is not closed within half a year of opening, as whoever
/// bought or imitated is. Where both were, nobody has sold or imitated anything. docs/decisions.md has the figures.
fn events(terms: &[Term]) -> &'static [&'static [Group]] {
    if terms.iter().any(is_brief) { &[&AGENT] } else { &ONE_EVENT }
}

/// Whether a term says that both accounts were closed soon.
fn is_brief(term: &Term) -> bool {
    let Outcome { feature: Feature { kind, .. }, level, .. } = term.outcome;
    kind == Kind::Lifespan && matches!(level.info(kind).name, "NEXT_BRIEF" | "DURING_BRIEF" | "BRIEF")
}

/// What an agent lends.
const AGENT: [Group; 4] = [Group::Email, Group::Phone, Group::Address, Group::Tracker];

/// What changes hands with a shop.
const SHOP: [Group; 4] = [Group::Business, Group::Listing, Group::Email, Group::Phone];

/// Whether the holders of what they share show that they are two: different registrations under one scheme, or different
/// documents of one type. Whatever they share then, such as a payment account, does not decide alone. Another payment
/// account contests nothing: sellers have several, and infringers go from one to the next.
fn is_contested(terms: &[Term]) -> bool {
    terms.iter().any(|term| {
        let Outcome { feature: Feature { kind, .. }, level, .. } = term.outcome;
        matches!(kind, Kind::Registration | Kind::Document) && level.info(kind).name == "ELSE"
    })
}

/// What an identity says for a link, and what else bears it out or speaks against it. Whoever steals a document takes the name, the birth
/// date, the registration and the firm's name with it, so that these are one source however many they are; what a thief cannot take
/// along is the victim's account, telephone, mailbox, street and shop. A town or a kind of goods bears nobody out.
struct Papers {
    /// Whether an identity speaks for the link.
    agree: bool,
    /// Whether anything else does.
    are_borne_out: bool,
    /// What else speaks for it, less what payout, contact, place and style say against it.
    rest: Bits,
    /// Whether any of these is another.
    differ: bool,
    /// How many of these are, where two houses of one town do not count.
    others: usize,
}

impl Papers {
    fn of(terms: &[Term], least: Bits) -> Papers {
        let supports = |term: &Term| least <= term.bits;
        let bears_out = |term: &Term| supports(term) && bears_out_identity(term.outcome.feature.kind);
        let is_else = |term: &Term| term.outcome.level.info(term.outcome.feature.kind).name == "ELSE";
        let contradicts = |term: &Term, kinds: &[Kind]| kinds.contains(&term.outcome.feature.kind) && is_else(term);
        let contradicts_any = |term: &Term| HANDS.iter().any(|kinds| contradicts(term, kinds));
        let in_one_area = terms.iter().any(|term| term.outcome.feature.kind == Kind::Area && supports(term));
        let counts = |kinds: &&&[Kind]| !(in_one_area && kinds.contains(&Kind::Street));
        let is_contradicted = |kinds: &&&[Kind]| terms.iter().any(|term| contradicts(term, kinds));
        let rest = terms.iter().filter(|term| bears_out(term) || contradicts_any(term));
        Papers {
            agree: terms.iter().any(|term| supports(term) && is_identity(term.outcome.feature.kind)),
            are_borne_out: terms.iter().any(bears_out),
            rest: rest.map(|term| term.bits).sum(),
            differ: terms.iter().any(contradicts_any),
            others: HANDS.iter().filter(counts).filter(is_contradicted).count(),
        }
    }

    /// Whether two of payout, contact, place and style say that it is other hands, and the rest does not outweigh them: no link.
    fn are_contested(&self) -> bool {
        self.agree && (!self.are_borne_out || self.rest < Bits::ZERO) && 2 <= self.others
    }

    /// Whether one of them does, and next to nothing bears the identity out: no reason to act.
    fn are_alone(&self) -> bool {
        self.agree && self.differ && self.rest < Bits::new(BORNE_OUT_MIN)
    }
}

/// Whether nothing speaks for a link but what goes with a shop, its name among it, while two of payout, contact, place and person are
/// others: whoever buys a shop has its name, pictures, mailbox and number, and is paid and lives elsewhere. Where it is name and words
/// alone, which anybody can copy, one other is enough. A firm's name and registration are its owner's.
fn is_shop_contested(terms: &[Term], least: Bits) -> bool {
    let supports = || terms.iter().filter(|term| term.counted && least <= term.bits).map(|term| term.outcome);
    let any_of = |group: Group| supports().any(|outcome| said_by(&outcome) == group);
    let goes_with_a_shop = |outcome: Outcome| {
        let (kind, group) = (outcome.feature.kind, said_by(&outcome));
        kind == Kind::Lifespan || (group == Group::Domain || SHOP.contains(&group)) && !is_identity(kind)
    };
    if !any_of(Group::Business) || !supports().all(goes_with_a_shop) {
        return false;
    }
    let any_kind = |is: fn(Kind) -> bool| supports().any(|outcome| is(outcome.feature.kind));
    let is_copied = any_kind(is_words) && !any_kind(is_picture) && !any_of(Group::Email) && !any_of(Group::Phone);
    let differs =
        |kinds: &&[Kind]| terms.iter().any(|term| kinds.contains(&term.outcome.feature.kind) && term.bits < Bits::ZERO);
    let others = SELLERS_HANDS.iter().filter(|kinds| differs(kinds)).count();
    if is_copied { 1 <= others } else { 2 <= others }
}

fn is_picture(kind: Kind) -> bool {
    matches!(kind, Kind::Image | Kind::QrCode)
}

/// Whether a kind is what somebody wrote of an offer.
fn is_words(kind: Kind) -> bool {
    matches!(kind, Kind::ListingText | Kind::Description | Kind::ListingTitle | Kind::Offer | Kind::Phrase)
}

/// What bears an identity out says at least so much more than what speaks against it before anybody is acted on, in bits: an assumption, odds
/// of a thousand to one. A thief who sells the same kind of goods shares a sentence of the supplier's, or the street.
const BORNE_OUT_MIN: f64 = 10.0;

/// Payout, contact, place and person: what does not go with a shop.
const SELLERS_HANDS: [&[Kind]; 4] =
    [&[Kind::Payment], &[Kind::Phone, Kind::Email], &[Kind::Street], &[Kind::PersonName]];

/// Payout, contact, place and style: to differ on one says that it is other hands.
const HANDS: [&[Kind]; 4] = [&[Kind::Payment], &[Kind::Phone, Kind::Email], &[Kind::Street], &[Kind::DisplayName]];

/// Whether a kind stands in an identity document or in the register of firms.
fn is_identity(kind: Kind) -> bool {
    let of_a_person = matches!(kind, Kind::PersonName | Kind::BirthDate | Kind::BirthPlace | Kind::Document);
    of_a_person || matches!(kind, Kind::Registration | Kind::CompanyName)
}

/// Whether agreeing on a kind says that it is the same hands, not only the same papers.
fn bears_out_identity(kind: Kind) -> bool {
    let says_little =
        matches!(kind, Kind::Area | Kind::Attribute | Kind::Gtin | Kind::Price | Kind::Brand | Kind::Category);
    !is_identity(kind) && !says_little && kind.group() != Group::Succession
}

/// Whether a decisive identifier agrees that nothing contests.
fn has_decisive(terms: &[Term]) -> bool {
    !is_contested(terms) && terms.iter().any(|term| is_decisive(&term.outcome))
}

fn is_decisive(outcome: &Outcome) -> bool {
    outcome.level == Level(0) && !outcome.of_many && outcome.feature.kind.strength() == Strength::Decisive
}

/// The feature of a kind that is not an attribute.
pub fn feature(kind: Kind) -> Feature {
    Feature { kind, class: 0 }
}

#[cfg(test)]
mod tests;
