//! One party of the exchange in a process of its own: a key server, the hub, or a member at work.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use linkage_server::exchange::{Endpoints, Member, MemberFolder, QUOTA, Role, Transport, run_role};

use super::super::{Answer, bad_input};
use crate::render;
use crate::terminal::say;

/// Serves a party from its folder.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The party's folder, as the ceremony made it.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Address to listen on, port 0 for a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[command(flatten)]
    plain: Plain,
}

/// Whether TLS is left out.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Plain {
    /// For tests on loopback only: without TLS, whoever listens can read all.
    #[arg(long)]
    plaintext_loopback_test: bool,
}

impl Plain {
    fn transport(self) -> Transport {
        if self.plaintext_loopback_test { Transport::PlaintextOnLoopback } else { Transport::Tls }
    }
}

impl Serve {
    pub(super) fn key_server(self) -> Result<Answer> {
        linkage_server::init_logging(linkage_server::LogFormat::Text);
        run_role(Role::KeyServer { quota: QUOTA }, &self.folder, self.listen, self.plain.transport())?;
        Ok(Answer::Done)
    }

    pub(super) fn hub(self) -> Result<Answer> {
        linkage_server::init_logging(linkage_server::LogFormat::Text);
        run_role(Role::Hub, &self.folder, self.listen, self.plain.transport())?;
        Ok(Answer::Done)
    }
}

/// What a member of the exchange does.
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// Has the tokens of all accounts evaluated and submits them under pseudonyms; goes on where a broken run was.
    Submit(AtWork),
    /// Finds other members' pseudonyms of the accounts, scores them here and publishes the links. One JSON object a line.
    Lookup(AtWork),
    /// What others published of the accounts that were submitted. One JSON object a line.
    Links(Where),
}

/// A member's files and the other parties.
#[derive(Args, Debug)]
pub(crate) struct AtWork {
    #[command(flatten)]
    parties: Where,
    /// Accounts as JSON Lines, plain or compressed.
    #[arg(long, value_name = "FILE")]
    accounts: PathBuf,
    /// Their listings.
    #[arg(long, value_name = "FILE")]
    listings: Option<PathBuf>,
}

/// The member's folder, and where the other parties listen.
#[derive(Args, Debug)]
pub(crate) struct Where {
    /// The member's folder, as the ceremony made it.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// The three key servers by number, as host:port between commas.
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    key_servers: Vec<String>,
    /// The hub, as host:port.
    #[arg(long, value_name = "ADDRESS")]
    hub: String,
    #[command(flatten)]
    plain: Plain,
}

impl Where {
    fn open(self) -> Result<Member> {
        let key_servers: [String; 3] = self
            .key_servers
            .try_into()
            .map_err(|_| bad_input("--key-servers: expected three addresses between commas"))?;
        Ok(Member::open(
            &MemberFolder(self.folder),
            &Endpoints { key_servers, hub: self.hub, transport: self.plain.transport() },
        )?)
    }
}

impl MemberCommand {
    pub(crate) fn run(self) -> Result<Answer> {
        match self {
            MemberCommand::Submit(AtWork { parties, accounts, listings }) => {
                let counts = parties.open()?.submit(&accounts, listings.as_deref())?;
                say(format_args!(
                    "submitted: {} accounts, {} tokens evaluated, {} entries",
                    counts.accounts, counts.evaluated, counts.entries
                ));
            }
            MemberCommand::Lookup(AtWork { parties, accounts, listings }) => {
                render::json_lines(&parties.open()?.lookup(&accounts, listings.as_deref())?)?;
            }
            MemberCommand::Links(parties) => render::json_lines(&parties.open()?.links()?)?,
        }
        Ok(Answer::Done)
    }
}
