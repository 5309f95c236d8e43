//! Links the accounts of one operator into networks, with reasons.
//!
//! Read the modules in this order and you have followed one record from a file to an explained network:
//!
//! ```text
//! record → normalize → fingerprint → block → compare → score → graph → resolve → explain
//! ```
//!
//! [`linker`] runs them in that order over what `ledger` keeps. This crate touches no network, no wire type and no async
//! runtime.

pub mod record;

pub mod normalize;

pub mod fingerprint;

pub mod block;

pub mod compare;

pub mod score;

pub mod graph;

pub mod resolve;

pub mod explain;

pub mod rules;

pub mod store;

pub mod gallery;

pub mod ledger;

pub mod search;

pub mod privacy;

pub mod evaluate;

pub mod linker;

pub mod simulate;
