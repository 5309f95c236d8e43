//! When two accounts opened and closed: one when the other did, or both soon.
//!
//! On most days accounts open and close without having to do with each other. Where on some day one network lost an account,
//! another one gained one, and hardly any more of either happened that no network explains by itself, the second may be the
//! first under a new name. Only who has seen all networks knows that, so it is asked of [`Events`].
//!
//! How long each of two accounts lived, and how soon the second opened, can be seen of these two alone, and says less.

use crate::fingerprint::{CLOSED, Form, KeyHead};

use super::{Bits, Finding, Part};

/// An account that was closed in fewer days from its opening was short-lived: half a year; assumption.
const BRIEF_DAYS: i32 = 183;

/// Whoever comes back after a closing is back within so many days: a month; assumption.
const SOON_DAYS: i32 = 30;

/// What is known of pairs of events.
pub trait Events {
    /// How surprising it is that two networks, one of which lost an account with the event `closed` and one of which gained one
    /// with the event `opened`, meet on so many days; `None` where it says nothing.
    fn surprisal(&self, closed: KeyHead, opened: KeyHead) -> Option<Bits>;
}

/// Nothing is known.
impl Events for () {
    fn surprisal(&self, _: KeyHead, _: KeyHead) -> Option<Bits> {
        None
    }
}

/// One closed on the day the other opened, and it means something.
pub(super) fn same_day(a: &Part, b: &Part, events: &impl Events) -> Option<Finding> {
    a.same(b, Form::Whole)?;
    let (closed, opened) = if a.class == CLOSED { (a, b) } else { (b, a) };
    Some((0, Some(events.surprisal(closed.key(Form::Event)?, opened.key(Form::Event)?)?)))
}

/// Whoever infringes is closed soon, and is back before long: how long two accounts lived, and when the one opened after the other.
pub(super) fn lifespans(a: &Part, b: &Part) -> Option<Finding> {
    let (a, b) = (Lifespan::of(a)?, Lifespan::of(b)?);
    let level = match (a.is_brief(), b.is_brief()) {
        (true, true) if a.is_before(&b) || b.is_before(&a) => 0,
        (true, true) if a.is_during(&b) || b.is_during(&a) => 2,
        (true, true) => 4,
        (false, false) => 6,
        (true, false) => a.beside(&b),
        (false, true) => b.beside(&a),
    };
    Some((level, None))
}

/// From opening to closing, in days since 1970.
struct Lifespan {
    opened: i32,
    closed: Option<i32>,
}

impl Lifespan {
    fn of(part: &Part) -> Option<Lifespan> {
        let (opened, closed) = part.span()?;
        Some(Lifespan { opened: opened.into(), closed: closed.map(i32::from) })
    }

    fn is_brief(&self) -> bool {
        self.closed.is_some_and(|closed| (0..BRIEF_DAYS).contains(&(closed - self.opened)))
    }

    /// Whether it ended not long before another began.
    fn is_before(&self, other: &Lifespan) -> bool {
        self.closed.is_some_and(|closed| (0..=SOON_DAYS).contains(&(other.opened - closed)))
    }

    /// Whether another began while it lasted.
    fn is_during(&self, other: &Lifespan) -> bool {
        self.closed.is_some_and(|closed| (self.opened..closed).contains(&other.opened))
    }

    /// The level of a brief one with one that is not. How long an open one will last is not known.
    fn beside(&self, other: &Lifespan) -> u8 {
        match other.closed {
            None if self.is_before(other) => 1,
            None if self.is_during(other) => 3,
            _ => 5,
        }
    }
}
