//! Private matching: two members find the same infringer, and nobody learns what they did not hold.
//!
//! ```text
//! Profile ──token::inputs──► inputs ──oprf (two of three key servers)──► tokens ──sealed──► tags and boxes for the hub
//! tags found at the hub ──sealed──► openings ──token::Known──► profile of a pseudonym ──► linker::private
//! ```
//!
//! - [`token`] says what becomes a token and why, and what an opened token means; read it first.
//! - [`oprf`] is the verifiable oblivious function, [`shares`] its key in three hands.
//! - [`at_rest`] seals the shares to their servers.
//! - [`sealed`] makes tags, boxes, openers and envelopes.
//!
//! **Invariant:** nothing here turns a record or a fingerprint into something that is sent. What leaves a member is a blinded element, a token,
//! a tag or a box.
//!
//! **Not here:** connections and stores of key servers and hub (the server crate).

pub mod token;

pub mod oprf;

pub mod shares;

pub mod at_rest;

pub mod sealed;
