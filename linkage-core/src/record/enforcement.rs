//! An action taken against an account or one of its listings.

use jiff::Timestamp;

use super::account::AccountKey;
use super::value::named;

/// An enforcement as known at one time; a later observation of the same id changes its state from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// The account it was taken against.
    pub account: AccountKey,
    /// The platform's own id of the action.
    pub enforcement_id: String,
    /// The listing concerned, if one.
    pub listing_id: Option<String>,
    /// Who supplied it; empty when not said.
    pub source: String,
    /// When this state became known; `taken_at` when not said.
    pub observed_at: Timestamp,
    /// The right that was infringed.
    pub right: Option<Right>,
    /// Who holds the right.
    pub rights_holder: Option<String>,
    /// What was done.
    pub action: Option<Action>,
    /// When it was done.
    pub taken_at: Timestamp,
    /// How the complaint ended.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub decided_at: Option<Timestamp>,
    /// Where an appeal stands.
    pub appeal: Option<Appeal>,
    /// What harm was at stake.
    pub harm: Option<Harm>,
    /// When it stops counting.
    pub expires_at: Option<Timestamp>,
}

/// An intellectual-property right; at least one field is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Trade mark, copyright, design …
    pub kind: Option<RightKind>,
    /// The office that registered it.
    pub office: Option<String>,
    /// Its number there.
    pub number: Option<String>,
}

/// The sort of right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RightKind {
    /// A trade mark.
    TradeMark,
    /// Copyright.
    Copyright,
    /// A registered or unregistered design.
    Design,
    /// A patent.
    Patent,
    /// A geographical indication.
    GeographicalIndication,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A warning.
    Warning,
    /// A listing was taken down.
    Takedown,
    /// The account was suspended.
    Suspension,
    /// The account was banned.
    Ban,
    /// Goods were seized.
    Seizure,
    /// A civil action was brought.
    CivilAction,
    /// A prosecution was brought.
    Prosecution,
}

/// How a complaint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Not yet.
    Pending,
    /// The complaint was right.
    Upheld,
    /// The complaint was wrong.
    Dismissed,
    /// First upheld, then overturned.
    Reversed,
}

/// Where an appeal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Appeal {
    /// Nobody appealed.
    None,
    /// Not decided yet.
    Open,
    /// The seller was right.
    Allowed,
    /// The seller was wrong.
    Refused,
}

/// What harm was at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Harm {
    /// None.
    None,
    /// Money.
    Economic,
    /// Health and safety.
    HealthAndSafety,
}

named!(RightKind {
    TradeMark = "TRADE_MARK",
    Copyright = "COPYRIGHT",
    Design = "DESIGN",
    Patent = "PATENT",
    GeographicalIndication = "GEOGRAPHICAL_INDICATION",
});

named!(Action {
    Warning = "WARNING",
    Takedown = "TAKEDOWN",
    Suspension = "SUSPENSION",
    Ban = "BAN",
    Seizure = "SEIZURE",
    CivilAction = "CIVIL_ACTION",
    Prosecution = "PROSECUTION",
});

named!(Outcome {
    Pending = "PENDING",
    Upheld = "UPHELD",
    Dismissed = "DISMISSED",
    Reversed = "REVERSED",
});

named!(Appeal {
    None = "NONE",
    Open = "OPEN",
    Allowed = "ALLOWED",
    Refused = "REFUSED",
});

named!(Harm {
    None = "NONE",
    Economic = "ECONOMIC",
    HealthAndSafety = "HEALTH_AND_SAFETY",
});
