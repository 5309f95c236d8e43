//! How well a strategy of enforcement works: whether operators who are removed come back, and how soon that is noticed.
//!
//! ```text
//! accounts with their enforcements, who operates each ──measure_strategy──► StrategyMeasures
//! ```
//!
//! - [`StrategyMeasures`] is what one partition into operators says; its fields carry the definitions. Measured once over networks and once
//!   over the truth, the difference is what linking costs or feigns.
//! - [`Seller`] is one account with what happened to it.
//!
//! A **removal** is a take-down, a suspension or a ban that was not dismissed, reversed or overturned on appeal, as last known at
//! the end of what is looked at.
//!
//! **Censoring:** whoever was removed yesterday had no time to come back. A removal counts for recurrence within N days only if N days of
//! records follow it.
//!
//! **Not here:** who operates an account. That comes from networks or from a truth.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::networks::Share;
use crate::record::{Account, AccountKey, Action, Appeal, Enforcement, Outcome};
use crate::rules::{RuleSet, is_strike};

/// Days within which recurrence is measured.
pub const RECURRENCE_DAYS: [u32; 3] = [30, 90, 365];

/// One account with what happened to it.
#[derive(Clone, Debug)]
pub struct Seller {
    /// The account.
    pub account: AccountKey,
    /// When it was opened, by the earliest that anybody says; where nobody does, when it was first observed.
    pub began_at: Timestamp,
    /// The last observation of it.
    pub last_seen_at: Timestamp,
    /// Since when it is linked to those it is linked to now; `None` where nobody knows.
    pub linked_at: Option<Timestamp>,
    /// Every observed state of every enforcement against it, in any order.
    pub enforcements: Vec<Enforcement>,
}

impl Seller {
    /// An account from all its observations; `None` without one.
    pub fn new<'a>(
        observations: impl IntoIterator<Item = &'a Account>,
        enforcements: Vec<Enforcement>,
        linked_at: Option<Timestamp>,
    ) -> Option<Seller> {
        let observations: Vec<&Account> = observations.into_iter().collect();
        let seen_at = || observations.iter().map(|seen| seen.observed_at);
        Some(Seller {
            account: observations.first()?.key.clone(),
            began_at: observations.iter().filter_map(|seen| seen.opened_at).min().or_else(|| seen_at().min())?,
            last_seen_at: seen_at().max()?,
            linked_at,
            enforcements,
        })
    }
}

/// What one partition of accounts into operators says of a strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrategyMeasures {
    /// The end of what is looked at: the last time of which there is a record, at most the time asked about.
    pub until: Timestamp,
    /// Operators, those of one account included.
    pub operators: u64,
    /// Removals.
    pub removals: u64,
    /// Operators by their number of removals, those without any left out.
    pub operators_by_removals: Vec<RemovalCount>,
    /// Recurrence within each of [`RECURRENCE_DAYS`].
    pub recurrence: Vec<Recurrence>,
    /// Days from a reappearance to its link; `None` where no account reappeared, or nobody knows when it was linked.
    pub days_to_link: Option<DaysToLink>,
    /// Removals of accounts that were linked, before the action was taken, to an operator who met the rules by then. All that is asked is
    /// what was known then. `None` where nobody knows when accounts were linked.
    pub avoidable: Option<Share>,
    /// The same if every account had been linked when it began.
    pub avoidable_on_sight: Share,
}

/// Operators with a number of removals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RemovalCount {
    /// So many removals each.
    pub removals: u64,
    /// How many operators.
    pub operators: u64,
}

/// How many operators came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recurrence {
    /// Within so many days.
    pub days: u32,
    /// Operators of which another account began within these days after a removal, of all with a removal that so many days of
    /// records follow.
    pub operators: Share,
}

/// How long reappearances went unnoticed: an account that began after another one of its operator was removed reappears, and is linked
/// when both have been linked to those they are linked to now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DaysToLink {
    /// Accounts that reappeared and of which both times are known.
    pub accounts: u64,
    /// Half of them took at most so many days.
    pub median: f64,
    /// Nine in ten of them took at most so many days.
    pub ninth_decile: f64,
}

/// Measures a partition of accounts into operators as known at a time; `operator` has a number for each of `sellers`.
///
/// O(n log n) over accounts, and over the actions of one operator the square of their number.
pub fn measure_strategy(sellers: &[Seller], operator: &[u32], rules: &RuleSet, at: Timestamp) -> StrategyMeasures {
    let end = end_of_records(sellers).min(at);
    let mut of: BTreeMap<u32, Vec<&Seller>> = BTreeMap::new();
    for (seller, operator) in sellers.iter().zip(operator) {
        of.entry(*operator).or_default().push(seller);
    }
    let knows_links = sellers.iter().any(|seller| seller.linked_at.is_some());
    let mut strategy = StrategyMeasures {
        until: end,
        operators: of.len() as u64,
        removals: 0,
        operators_by_removals: Vec::new(),
        recurrence: RECURRENCE_DAYS.map(|days| Recurrence { days, operators: Share::default() }).to_vec(),
        days_to_link: None,
        avoidable: knows_links.then(Share::default),
        avoidable_on_sight: Share::default(),
    };
    let mut delays = Vec::new();
    let mut by_removals: BTreeMap<u64, u64> = BTreeMap::new();
    for accounts in of.values() {
        let operator = Operator::new(accounts, end);
        if !operator.removals.is_empty() {
            *by_removals.entry(operator.removals.len() as u64).or_default() += 1;
            strategy.add(&operator, rules, end);
            delays.extend(operator.delays());
        }
    }
    let by_removals = by_removals.into_iter();
    strategy.operators_by_removals =
        by_removals.map(|(removals, operators)| RemovalCount { removals, operators }).collect();
    strategy.days_to_link = DaysToLink::of(delays);
    strategy
}

impl StrategyMeasures {
    fn add(&mut self, operator: &Operator<'_>, rules: &RuleSet, end: Timestamp) {
        self.removals += operator.removals.len() as u64;
        for recurrence in &mut self.recurrence {
            let recurred = operator.recurred(recurrence.days, end);
            let share = recurred.map(|recurred| Share { part: u64::from(recurred), of: 1 });
            recurrence.operators = recurrence.operators + share.unwrap_or_default();
        }
        for (at, account) in &operator.removals {
            let on_sight = operator.met_rules(*account, *at, rules, |seller| Some(seller.began_at));
            let as_linked = operator.met_rules(*account, *at, rules, |seller| seller.linked_at);
            let share = |is_avoidable| Share { part: u64::from(is_avoidable), of: 1 };
            self.avoidable_on_sight = self.avoidable_on_sight + share(on_sight);
            self.avoidable = self.avoidable.map(|avoidable| avoidable + share(as_linked));
        }
    }

    /// Mean removals of the operators that have any; `None` without one.
    pub fn removals_mean(&self) -> Option<f64> {
        let operators: u64 = self.operators_by_removals.iter().map(|count| count.operators).sum();
        (0 < operators).then(|| self.removals as f64 / operators as f64)
    }
}

impl DaysToLink {
    fn of(mut delays: Vec<f64>) -> Option<DaysToLink> {
        delays.sort_by(f64::total_cmp);
        // Nearest rank: the smallest delay that so large a share does not exceed.
        let rank = |tenths: usize| delays.get((delays.len() * tenths).div_ceil(10).saturating_sub(1)).copied();
        Some(DaysToLink { accounts: delays.len() as u64, median: rank(5)?, ninth_decile: rank(9)? })
    }
}

fn end_of_records(sellers: &[Seller]) -> Timestamp {
    let of = |seller: &Seller| {
        let states = seller.enforcements.iter().map(|state| state.observed_at.max(state.taken_at));
        states.fold(seller.last_seen_at, Timestamp::max)
    };
    sellers.iter().map(of).max().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The accounts that one operator is taken to have.
struct Operator<'a> {
    accounts: &'a [&'a Seller],
    /// Times with the place of the account, in order of time.
    removals: Vec<(Timestamp, usize)>,
    begun: Vec<(Timestamp, usize)>,
}

impl<'a> Operator<'a> {
    fn new(accounts: &'a [&'a Seller], end: Timestamp) -> Operator<'a> {
        let places = || accounts.iter().enumerate();
        let removed = |(place, seller): (usize, &&Seller)| {
            let states = known(&seller.enforcements, end).into_iter().filter(|state| is_removal(state));
            states.map(|state| (state.taken_at, place)).filter(|(at, _)| *at <= end).collect::<Vec<_>>()
        };
        let mut removals: Vec<_> = places().flat_map(removed).collect();
        let mut begun: Vec<_> = places().map(|(place, seller)| (seller.began_at, place)).collect();
        removals.sort_unstable();
        begun.sort_unstable();
        Operator { accounts, removals, begun }
    }

    /// Whether another account began within so many days after a removal that so many days follow; `None` without such a removal.
    fn recurred(&self, days: u32, end: Timestamp) -> Option<bool> {
        let window = SignedDuration::from_hours(24 * i64::from(days));
        let until = |at: Timestamp| at.checked_add(window).ok().filter(|until| *until <= end);
        let mut followed = self.removals.iter().filter_map(|(at, place)| Some((*at, *place, until(*at)?))).peekable();
        followed.peek()?;
        Some(followed.any(|(at, place, until)| {
            let next = self.begun.partition_point(|(begun, _)| *begun <= at);
            let within = self.begun[next..].iter().take_while(|(begun, _)| *begun <= until);
            within.into_iter().any(|(_, other)| *other != place)
        }))
    }

    /// Days from the beginning to the link of every account that began after another one was removed.
    fn delays(&self) -> Vec<f64> {
        let delay = |(begun, place): &(Timestamp, usize)| {
            let own = self.accounts[*place].linked_at?;
            let before = self.removals.iter().take_while(|(at, _)| at < begun).filter(|(_, other)| other != place);
            let linked = before.filter_map(|(_, other)| self.accounts[*other].linked_at).min()?.max(own);
            Some(linked.duration_since(*begun).as_secs_f64().max(0.0) / 86_400.0)
        };
        self.begun.iter().filter_map(delay).collect()
    }

    /// Whether the accounts that were linked with one before a time, by what `since` says, met the rules then.
    fn met_rules(
        &self,
        account: usize,
        at: Timestamp,
        rules: &RuleSet,
        since: impl Fn(&Seller) -> Option<Timestamp>,
    ) -> bool {
        let is_linked = |seller: &Seller| since(seller).is_some_and(|since| since < at);
        if !is_linked(self.accounts[account]) {
            return false;
        }
        let linked = self.accounts.iter().filter(|seller| is_linked(seller));
        let strikes: Vec<&Enforcement> = linked
            .flat_map(|seller| known(&seller.enforcements, at))
            .filter(|state| state.taken_at < at && is_strike(state, at))
            .collect();
        rules.met(&strikes, at).is_some()
    }
}

/// The last state of each enforcement that was observed by then.
fn known(states: &[Enforcement], at: Timestamp) -> Vec<&Enforcement> {
    let mut last: BTreeMap<&str, &Enforcement> = BTreeMap::new();
    for state in states.iter().filter(|state| state.observed_at <= at) {
        let kept = last.entry(&state.enforcement_id).or_insert(state);
        if kept.observed_at < state.observed_at {
            *kept = state;
        }
    }
    last.into_values().collect()
}

fn is_removal(state: &Enforcement) -> bool {
    matches!(state.action, Some(Action::Takedown | Action::Suspension | Action::Ban))
        && !matches!(state.outcome, Some(Outcome::Dismissed | Outcome::Reversed))
        && state.appeal != Some(Appeal::Allowed)
}

#[cfg(test)]
mod tests;
