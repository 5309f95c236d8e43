//! Drives the `linkage` binary as a user does: what the README and every `--help` promise, bad input of all sorts, and what is left
//! when it is stopped half way.
//!
//! Nothing here sleeps: tests wait for a line, for a full pipe or for the end of a process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod schema;
mod setup;

mod answers;
mod bad_input;
mod documents;
mod exchange;
mod images;
mod interrupted;
mod networks;
mod pairs;
mod schemas;
mod secrets;
mod terminal;
