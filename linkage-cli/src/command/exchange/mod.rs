//! `linkage exchange`: private matching between members.

mod ca;
mod demo;
mod loopback;
mod matching;
mod party;
mod rotate;

use anyhow::Result;
use clap::Subcommand;

use super::Answer;

pub(super) use ca::party;
pub(super) use party::Plain;

/// Finds the same infringer in two members' records, and neither learns what it did not hold.
#[derive(Debug, Subcommand)]
pub(super) enum Exchange {
    Match(matching::Match),
    Demo(demo::Demo),
    #[command(subcommand)]
    Ca(ca::Ca),
    Join(ca::Join),
    Ceremony(ca::HoldCeremony),
    Admit(ca::Admit),
    #[command(subcommand)]
    Rotate(rotate::Rotate),
    #[command(hide = true)]
    Keyserver(party::Serve),
    #[command(hide = true)]
    Hub(party::Serve),
}

impl Exchange {
    pub(super) fn run(self) -> Result<Answer> {
        match self {
            Exchange::Match(matching) => matching.run(),
            Exchange::Demo(demo) => demo.run(),
            Exchange::Ca(ca) => ca.run(),
            Exchange::Join(join) => join.run(),
            Exchange::Ceremony(ceremony) => ceremony.run(),
            Exchange::Admit(admit) => admit.run(),
            Exchange::Rotate(rotate) => rotate.run(),
            Exchange::Keyserver(serve) => serve.key_server(),
            Exchange::Hub(serve) => serve.hub(),
        }
    }
}
