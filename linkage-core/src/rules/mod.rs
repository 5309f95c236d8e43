//! What makes a repeat infringer: rules that are data, so that they can be published.
//!
//! ```text
//! rule file ──RuleSet::open──► RuleSet ──met, nearest──► which rule the strikes of an operator meet, or what is missing
//! ```
//!
//! - [`RuleSet`] is a file of rules; [`RuleSet::shipped`] the one that ships, which also says what a file may hold.
//! - [`is_strike`] says what counts, for every rule alike; [`may_become_strike`] what may yet.
//!
//! **Law:** one more strike never makes a rule unmet, and their order does not matter.
//!
//! **Not here:** whose strikes they are, and how sure that is: that is `linker`.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};

use crate::normalize::{name, text};
use crate::record::{Appeal, Enforcement, Harm, Outcome, RightKind};

pub use file::{RULES_BYTES_MAX, RULES_MAX, RulesError};

/// A published set of rules; who meets any of them is a repeat infringer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleSet {
    /// Its name, named in every answer.
    pub name: String,
    /// Its version, likewise.
    pub version: String,
    /// At least one, in the order of the file.
    pub rules: Vec<Rule>,
}

/// One rule: so many separate days with strikes of a certain sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name, unique in its set.
    pub name: String,
    /// Separate days (UTC) on which strikes must have been taken.
    pub strike_days: u32,
    /// Only strikes for one of these rights; empty for all, also those of which nobody says for what.
    #[serde(serialize_with = "names")]
    pub rights: Vec<RightKind>,
    /// Only strikes with one of these harms at stake; empty for all.
    #[serde(serialize_with = "names")]
    pub harms: Vec<Harm>,
    /// Whether the strikes on one platform must be enough.
    pub platforms: Platforms,
    /// Whose strikes must be enough.
    pub rights_holders: RightsHolders,
    /// Only strikes taken in so many days up to the time asked about.
    pub within_days: Option<u32>,
}

/// On which platforms the strikes must have been taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Platforms {
    /// Those on all platforms count together.
    #[default]
    All,
    /// Those on some one platform must be enough.
    One,
}

/// Whose rights the strikes must be for. Names are compared as those of companies: "Kestrel plc" is "KESTREL".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RightsHolders {
    /// Anybody's, also where nobody says.
    #[default]
    Any,
    /// Those of some one rights holder must be enough.
    One,
    /// Those of at least two rights holders.
    Several,
}

/// Strikes that a rule counts together.
#[derive(Default)]
struct Together {
    days: BTreeSet<Date>,
    holders: BTreeSet<String>,
}

/// How far strikes are from meeting a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missing {
    /// Further days with a strike.
    pub days: u32,
    /// Further rights holders.
    pub rights_holders: u32,
}

/// Upheld, unexpired, and not under open appeal.
pub fn is_strike(enforcement: &Enforcement, at: Timestamp) -> bool {
    enforcement.outcome == Some(Outcome::Upheld) && is_live(enforcement, at) && enforcement.appeal != Some(Appeal::Open)
}

/// Not decided yet, or under open appeal.
pub fn may_become_strike(enforcement: &Enforcement, at: Timestamp) -> bool {
    let undecided = matches!(enforcement.outcome, None | Some(Outcome::Pending));
    let appealed = enforcement.outcome == Some(Outcome::Upheld) && enforcement.appeal == Some(Appeal::Open);
    is_live(enforcement, at) && (undecided || appealed)
}

fn is_live(enforcement: &Enforcement, at: Timestamp) -> bool {
    enforcement.taken_at <= at
        && enforcement.appeal != Some(Appeal::Allowed)
        && enforcement.expires_at.is_none_or(|expires| at < expires)
}

/// The day (UTC) on which an action was taken.
pub(crate) fn day(enforcement: &Enforcement) -> Date {
    enforcement.taken_at.to_zoned(TimeZone::UTC).date()
}

impl RuleSet {
    /// The file that ships.
    pub const SHIPPED_TEXT: &str = include_str!("shipped.toml");

    /// The rules that ship: three strikes on separate days.
    pub fn shipped() -> &'static RuleSet {
        // A test reads them, so that they are never the empty set, which nobody meets.
        static SHIPPED: LazyLock<RuleSet> =
            LazyLock::new(|| RuleSet::parse("shipped.toml", RuleSet::SHIPPED_TEXT).unwrap_or_default());
        &SHIPPED
    }

    /// The first rule that these strikes meet at a time.
    pub fn met(&self, strikes: &[&Enforcement], at: Timestamp) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.missing(strikes, at) == Missing::default())
    }

    /// The rule of whose days the smallest share is missing at a time, the first of equals, and what is missing.
    pub fn nearest(&self, strikes: &[&Enforcement], at: Timestamp) -> Option<(&Rule, Missing)> {
        let parts = |days: u32, of: &Rule| u64::from(days) * u64::from(of.strike_days);
        self.rules.iter().map(|rule| (rule, rule.missing(strikes, at))).min_by(|(a, a_lacks), (b, b_lacks)| {
            let days = parts(a_lacks.days, b).cmp(&parts(b_lacks.days, a));
            days.then(a_lacks.rights_holders.cmp(&b_lacks.rights_holders))
        })
    }
}

impl Rule {
    /// What is missing until these strikes meet the rule at a time. O(n log n).
    pub fn missing(&self, strikes: &[&Enforcement], at: Timestamp) -> Missing {
        let mut groups: BTreeMap<(Option<&str>, Option<String>), Together> = BTreeMap::new();
        for strike in strikes.iter().filter(|strike| self.is_about(strike, at)) {
            let platform = (self.platforms == Platforms::One).then(|| strike.account.platform());
            let holder = strike.rights_holder.as_deref().map(holder_key);
            let own_holder = holder.clone().filter(|_| self.rights_holders == RightsHolders::One);
            if self.rights_holders == RightsHolders::One && holder.is_none() {
                // A strike for nobody knows whom is not one more of somebody's.
                continue;
            }
            let together = groups.entry((platform, own_holder)).or_default();
            together.days.insert(day(strike));
            together.holders.extend(holder);
        }
        groups.values().map(|group| self.lacks(group)).min().unwrap_or_else(|| self.lacks(&Together::default()))
    }

    fn lacks(&self, together: &Together) -> Missing {
        let holders_min: u32 = if self.rights_holders == RightsHolders::Several { 2 } else { 0 };
        let less = |min: u32, there: usize| min.saturating_sub(u32::try_from(there).unwrap_or(u32::MAX));
        Missing {
            days: less(self.strike_days, together.days.len()),
            rights_holders: less(holders_min, together.holders.len()),
        }
    }

    /// Whether the rule is limited in no way that leaves this strike out.
    fn is_about(&self, strike: &Enforcement, at: Timestamp) -> bool {
        let right = strike.right.as_ref().and_then(|right| right.kind);
        let is_one_of_rights = self.rights.is_empty() || right.is_some_and(|right| self.rights.contains(&right));
        let is_one_of_harms = self.harms.is_empty() || strike.harm.is_some_and(|harm| self.harms.contains(&harm));
        let is_recent = self.within_days.is_none_or(|days| {
            let window = SignedDuration::from_hours(24 * i64::from(days));
            at.checked_sub(window).ok().is_none_or(|begin| begin < strike.taken_at)
        });
        is_one_of_rights && is_one_of_harms && is_recent
    }

    /// The rule in words, such as `2 separate days with a strike for TRADE_MARK or DESIGN, on one platform, within 365 days`.
    pub fn sentence(&self) -> String {
        let days = if self.strike_days == 1 { "1 day" } else { &format!("{} separate days", self.strike_days) };
        let mut sentence = format!("{days} with a strike");
        if !self.rights.is_empty() {
            sentence.push_str(&format!(" for {}", listed(self.rights.iter().map(|right| right.name()))));
        }
        if !self.harms.is_empty() {
            sentence.push_str(&format!(" with harm {} at stake", listed(self.harms.iter().map(|harm| harm.name()))));
        }
        if self.platforms == Platforms::One {
            sentence.push_str(", on one platform");
        }
        match self.rights_holders {
            RightsHolders::Any => {}
            RightsHolders::One => sentence.push_str(", of one rights holder"),
            RightsHolders::Several => sentence.push_str(", of two rights holders or more"),
        }
        if let Some(days) = self.within_days {
            sentence.push_str(&format!(", within {days} {}", if days == 1 { "day" } else { "days" }));
        }
        sentence
    }
}

impl fmt::Display for RuleSet {
    /// The name with the version, as answers show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, version {}", self.name, self.version)
    }
}

impl fmt::Display for Missing {
    /// `2 days with a strike, a strike of another rights holder`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            0 => {}
            1 => f.write_str("1 more day with a strike")?,
            days => write!(f, "{days} more days with a strike")?,
        }
        let between = if self.days == 0 { "" } else { " and " };
        match self.rights_holders {
            0 => Ok(()),
            1 => write!(f, "{between}another rights holder"),
            holders => write!(f, "{between}{holders} rights holders"),
        }
    }
}

/// One spelling per rights holder.
fn holder_key(holder: &str) -> String {
    name::company(holder).map_or_else(|| text::fold(holder), |company| company.joined)
}

/// `A`, `A or B`, `A, B or C`.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn names<T: fmt::Display, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests;
