//! Private matching over the network: key servers, hub and members.
//!
//! ```text
//! member ──blinded points──► two of three key servers      member ──tags, boxes, elements──► hub
//!        ◄──evaluated, proven──┘                                  ◄──padded buckets, joins──┘
//! ```
//!
//! - `keyserver` evaluates and knows no token; `hub` keeps tokens' tags and knows no key. One process is never both: each
//!   refuses a folder that holds the other's secrets.
//! - [`Member`] is the other side of both; start there.
//! - [`hold_ceremony`] deals the keys, for pilots and tests.
//! - `gate` checks every envelope: signature, time, epoch, replay, purpose.
//!
//! **Not yet:** TLS. Envelopes are signed, so nobody can act for a member, but who listens sees tags and boxes: keep it on loopback or
//! behind something that encrypts.

mod ceremony;
mod files;
mod gate;
mod hub;
mod keyserver;
mod member;
mod serve;

pub use ceremony::{Ceremony, hold_ceremony};
pub use files::ExchangeError;
pub use hub::journal_envelopes;
pub use keyserver::QUOTA;
pub use member::{Endpoints, Matched, Member, MemberFolder};
pub use serve::{Role, run_role};

#[cfg(test)]
mod tests;
