//! The façade.

mod api;
pub mod batch;

pub use api::{
    ForgetSummary, ImportSummary, Link, LinkSummary, LinkerError, Membership, Network, NetworkId, Resolution, Status,
};
