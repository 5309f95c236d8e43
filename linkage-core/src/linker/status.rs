//! Repeat-infringer status: the strikes of an operator, held against published rules.
//!
//! ```text
//! AccountKey ──its network──► enforcements as known then ──rules──► Status { YES | NO | CANNOT_SAY, which rule, what is missing }
//! ```
//!
//! - [`Linker::check`] is the whole job; [`Status`] what it answers.
//!
//! **Not here:** what counts and what makes a repeat infringer: that is [`rules`](crate::rules).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::ledger::View;
use crate::record::{AccountKey, Enforcement};
use crate::rules::{Missing, Rule, RuleSet, day, is_strike, may_become_strike};

use super::query::{lead_members, member, members, named_accounts};
use super::{Linker, LinkerError, NetworkId};

/// Whether the operator of an account is a repeat infringer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// `YES`, `NO` or `CANNOT_SAY`.
    pub answer: &'static str,
    /// Why, in one sentence.
    pub reason: String,
    /// The network at `ACT`.
    pub network: Option<NetworkId>,
    /// Accounts of the network.
    pub accounts: u64,
    /// Upheld, unexpired enforcements not under appeal.
    pub strikes: u64,
    /// Separate days on which they were taken.
    pub strike_days: u64,
    /// Platforms on which they were taken.
    pub platforms: Vec<String>,
    /// The first.
    pub first: Option<String>,
    /// The last.
    pub last: Option<String>,
    /// The epoch the network was made under.
    pub epoch: u32,
    /// Name of the rules in force.
    pub rules: String,
    /// Their version.
    pub rules_version: String,
    /// The rule that is met, or would be; with `NO` the one of which least is missing; `None` where nothing is known.
    pub rule: Option<String>,
    /// What that rule says.
    pub rule_sentence: Option<String>,
    /// Further days with a strike until the network at `ACT` meets it.
    pub days_missing: u32,
    /// Further rights holders until then.
    pub rights_holders_missing: u32,
    /// Strikes by the sort of right; [`NOT_SAID`] where nobody says.
    pub strikes_by_right: Vec<StrikeCount>,
    /// Strikes by platform.
    pub strikes_by_platform: Vec<StrikeCount>,
}

/// Strikes of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StrikeCount {
    /// The sort.
    pub of: String,
    /// How many.
    pub strikes: u64,
}

/// The right of a strike where nobody says which.
pub const NOT_SAID: &str = "NOT_SAID";

impl Linker {
    /// Says whether the operator of an account is a repeat infringer under some rules, as known now, or with the enforcements
    /// known at an earlier time against the network of now.
    ///
    /// For the network of then as well, ask the [past state](Linker::as_of).
    ///
    /// # Errors
    ///
    /// [`LinkerError::UnknownAccount`], [`LinkerError::Ledger`].
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::linker::Linker;
    /// use linkage_core::record::{AccountDraft, AccountKey};
    /// use linkage_core::rules::RuleSet;
    ///
    /// let linker = Linker::in_memory()?;
    /// let line = r#"{"platform": "ebay_uk", "account_id": "bags", "observed_at": "2026-01-05T00:00:00Z"}"#;
    /// let draft: AccountDraft = serde_json::from_str(line)?;
    /// linker.add(&[draft.check(linker.intake())?.into()], true)?;
    /// let status = linker.check(&AccountKey::parse("ebay_uk/bags")?, None, RuleSet::shipped())?;
    /// assert_eq!((status.answer, status.days_missing), ("NO", 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(
        &self,
        account: &AccountKey,
        as_of: Option<Timestamp>,
        rules: &RuleSet,
    ) -> Result<Status, LinkerError> {
        let view = self.ledger.view()?;
        let epoch = self.epoch_in(&view)?.number;
        let at = as_of.unwrap_or_else(|| self.now());
        let unknown = |reason: &str, accounts| {
            let strikes = Status::of(&[], rules, epoch);
            Status { answer: "CANNOT_SAY", reason: reason.to_owned(), accounts, ..strikes }
        };
        let id = match self.id(&view, account) {
            Err(LinkerError::UnknownThen { .. }) => {
                return Ok(unknown("nothing was known of the account by then", 0));
            }
            id => id?,
        };
        let Some(member) = member(&view, id)? else { return Ok(unknown("the account waits for linking", 1)) };
        let sure = members(&view, member.act)?;
        let known = enforcements(&view, &sure, at)?;
        let strikes: Vec<&Enforcement> = known.iter().filter(|one| is_strike(one, at)).collect();
        let perhaps = || enforcements_at_lead(&view, id, &sure, at);
        let (answer, reason, rule) = answer(rules, &known, &strikes, perhaps, at)?;
        let status = Status {
            answer,
            reason,
            network: Some(member.act),
            accounts: sure.len() as u64,
            ..Status::of(&strikes, rules, epoch)
        };
        Ok(match rule {
            Some(rule) => status.under(rule, rule.missing(&strikes, at)),
            None => status,
        })
    }
}

/// The answer, why, and the rule that it is about. `perhaps` gives the enforcements against the network at `LEAD`, where it is larger.
fn answer<'r>(
    rules: &'r RuleSet,
    known: &[Enforcement],
    strikes: &[&Enforcement],
    perhaps: impl FnOnce() -> Result<Option<Vec<Enforcement>>, LinkerError>,
    at: Timestamp,
) -> Result<(&'static str, String, Option<&'r Rule>), LinkerError> {
    if let Some(rule) = rules.met(strikes, at) {
        return Ok(("YES", format!("{}, which meets rule {}", upheld(strikes), rule.name), Some(rule)));
    }
    if let Some(perhaps) = perhaps()? {
        let strikes: Vec<&Enforcement> = perhaps.iter().filter(|one| is_strike(one, at)).collect();
        if let Some(rule) = rules.met(&strikes, at) {
            let reason = format!("rule {} is met only with accounts linked as LEAD, not ACT", rule.name);
            return Ok(("CANNOT_SAY", reason, Some(rule)));
        }
    }
    let if_upheld: Vec<&Enforcement> =
        known.iter().filter(|one| is_strike(one, at) || may_become_strike(one, at)).collect();
    if let Some(rule) = rules.met(&if_upheld, at) {
        let reason = format!("rule {} depends on complaints or appeals that are still open", rule.name);
        return Ok(("CANNOT_SAY", reason, Some(rule)));
    }
    let Some((rule, missing)) = rules.nearest(strikes, at) else {
        return Ok(("NO", upheld(strikes), None));
    };
    Ok(("NO", format!("{}; rule {} lacks {missing}", upheld(strikes), rule.name), Some(rule)))
}

impl Status {
    /// What the strikes say by themselves, whatever the answer.
    fn of(strikes: &[&Enforcement], rules: &RuleSet, epoch: u32) -> Status {
        let days: BTreeSet<_> = strikes.iter().map(|strike| day(strike)).collect();
        let right = |strike: &&Enforcement| {
            strike.right.as_ref().and_then(|right| right.kind).map_or(NOT_SAID, |kind| kind.name())
        };
        let by_platform = counted(strikes.iter().map(|strike| strike.account.platform()));
        Status {
            answer: "",
            reason: String::new(),
            network: None,
            accounts: 0,
            strikes: strikes.len() as u64,
            strike_days: days.len() as u64,
            platforms: by_platform.iter().map(|count| count.of.clone()).collect(),
            first: days.first().map(ToString::to_string),
            last: days.last().map(ToString::to_string),
            epoch,
            rules: rules.name.clone(),
            rules_version: rules.version.clone(),
            rule: None,
            rule_sentence: None,
            days_missing: 0,
            rights_holders_missing: 0,
            strikes_by_right: counted(strikes.iter().map(right)),
            strikes_by_platform: by_platform,
        }
    }

    fn under(self, rule: &Rule, missing: Missing) -> Status {
        Status {
            rule: Some(rule.name.clone()),
            rule_sentence: Some(rule.sentence()),
            days_missing: missing.days,
            rights_holders_missing: missing.rights_holders,
            ..self
        }
    }
}

/// How often each sort occurs, sorted.
fn counted<'s>(sorts: impl Iterator<Item = &'s str>) -> Vec<StrikeCount> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    sorts.for_each(|sort| *counts.entry(sort).or_default() += 1);
    counts.into_iter().map(|(of, strikes)| StrikeCount { of: of.to_owned(), strikes }).collect()
}

/// `upheld on 3 separate days`.
fn upheld(strikes: &[&Enforcement]) -> String {
    match strikes.iter().map(|strike| day(strike)).collect::<BTreeSet<_>>().len() {
        0 => "never upheld".to_owned(),
        1 => "upheld on 1 day".to_owned(),
        days => format!("upheld on {days} separate days"),
    }
}

/// Enforcements against some accounts as known at a time.
fn enforcements(view: &View<'_>, accounts: &[u32], at: Timestamp) -> Result<Vec<Enforcement>, LinkerError> {
    let mut known = Vec::new();
    for key in named_accounts(view, accounts)? {
        // Of a network most accounts have none, and their other records need not be read.
        known.extend(view.enforcements_as_of(&key, at)?);
    }
    Ok(known)
}

/// Those against an account's network at `LEAD`, where it is larger than that at `ACT`.
fn enforcements_at_lead(
    view: &View<'_>,
    id: u32,
    sure: &[u32],
    at: Timestamp,
) -> Result<Option<Vec<Enforcement>>, LinkerError> {
    let perhaps = lead_members(view, id)?;
    if perhaps == sure { Ok(None) } else { enforcements(view, &perhaps, at).map(Some) }
}

#[cfg(test)]
mod tests;
