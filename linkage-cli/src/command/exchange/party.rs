//! A key server or the hub in a process of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkage_server::exchange::{QUOTA, Role, Transport, run_role};

use super::super::{Answer, bad_input};

/// Serves a party from its folder.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The party's folder, as the ceremony made it.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Address to listen on, port 0 for a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Of a key server: the file of its sealing key, outside the folder.
    #[arg(long, value_name = "FILE")]
    seal_key: Option<PathBuf>,
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
    pub(crate) fn transport(self) -> Transport {
        if self.plaintext_loopback_test { Transport::PlaintextOnLoopback } else { Transport::Tls }
    }
}

impl Serve {
    pub(super) fn key_server(self) -> Result<Answer> {
        linkage_server::init_logging(linkage_server::LogFormat::Text);
        let seal_key = self.seal_key.ok_or_else(|| bad_input("--seal-key: expected the file of the sealing key"))?;
        run_role(Role::KeyServer { quota: QUOTA, seal_key }, &self.folder, self.listen, self.plain.transport())?;
        Ok(Answer::Done)
    }

    pub(super) fn hub(self) -> Result<Answer> {
        linkage_server::init_logging(linkage_server::LogFormat::Text);
        run_role(Role::Hub, &self.folder, self.listen, self.plain.transport())?;
        Ok(Answer::Done)
    }
}
