//! Drives the `linkage` binary as a user does: what the README and every `--help` promise, bad input of all sorts, and what is left
//! when it is stopped half way.
//!
//! Nothing here sleeps: tests wait for a line, for a full pipe or for the end of a process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod schema;
mod setup;

mod failure {
    //! The error that `mapping` names, without the rest of the command line.

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    pub(crate) struct BadInput(pub(crate) String);
}

#[allow(dead_code, reason = "files are opened by the command line alone")]
#[path = "../../src/mapping.rs"]
mod mapping;

#[allow(dead_code, unreachable_pub, reason = "shared with the fuzz targets")]
#[path = "../../../fuzz/src/targets.rs"]
mod targets;

mod answers;
mod bad_input;
mod corpora;
mod documents;
mod exchange;
mod images;
mod interrupted;
mod networks;
mod pairs;
mod schemas;
mod secrets;
mod terminal;
