//! Private matching over the network: key servers, hub and members.
//!
//! ```text
//! member ──blinded points──► two of three key servers      member ──tags, boxes, elements──► hub
//!        ◄──evaluated, proven──┘                                  ◄─filter, padded buckets, joins─┘
//! ```
//!
//! - `keyserver` evaluates and knows no token; `hub` keeps tokens' tags and knows no key. One process is never both: each
//!   refuses a folder that holds the other's secrets.
//! - [`Member`] is the other side of both; start there.
//! - [`deal_keys`] is the dealer's ceremony; [`hold_ceremony`] makes a whole exchange on one machine, for tests.
//! - `gate` checks every envelope: signature, time, epoch, replay, purpose.
//! - `tls` lets in who shows a certificate that counts now; [`Authority`] issues and revokes them, for pilots and tests.

mod authority;
mod ceremony;
mod files;
mod filter;
mod gate;
mod hub;
mod keyserver;
mod member;
mod party;
mod rotation;
mod serve;
mod tls;

pub use authority::Authority;
pub use ceremony::{Ceremony, Dealt, admit, deal_keys, hold_ceremony};
pub use files::ExchangeError;
pub use filter::filter_rewritten;
pub use hub::{fill_journal, journal_envelopes, journal_submissions};
pub use keyserver::QUOTA;
pub use member::{Counts, Endpoints, Enrolled, Joined, Matched, Member, MemberFolder};
pub use party::{Party, init_party};
pub use rotation::{RotationFile, carry_hub, commit_rotation, reveal_rotation, take_rotation};
pub use serve::{Role, run_role};
pub use tls::Transport;

#[cfg(test)]
mod tests;
