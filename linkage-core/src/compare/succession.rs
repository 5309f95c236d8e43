//! One account closed when another one opened.
//!
//! On most days accounts open and close without having to do with each other. Where on some day one network lost an account,
//! another one gained one, and hardly any more of either happened that no network explains by itself, the second may be the
//! first under a new name. Only who has seen all networks knows that, so it is asked of [`Events`].

use crate::fingerprint::{CLOSED, Form, KeyHead};

use super::{Bits, Finding, Part};

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
