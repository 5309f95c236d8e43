//! The binary of the service; `linkage serve` does the same.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use linkage_core::normalize::sort_code::SortCodes;
use linkage_server::exchange::{QUOTA, Role, Transport, run_role};
use linkage_server::{Config, ConfigError, LogFormat, ServeError};

/// Serves the gRPC service linkage.v1 on one store.
///
/// Example: linkage-server --data ./linkage-data --listen 127.0.0.1:50051
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    party: Option<Party>,
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the store; overrides the configuration.
    #[arg(long, value_name = "DIR", env = "LINKAGE_DATA")]
    data: Option<PathBuf>,
    /// Address to listen on, port 0 for a free one; overrides the configuration.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Weights that British account numbers are checked with: Pay.UK's valacdos.txt with scsubtab.txt behind it.
    #[arg(long, value_name = "FILE", env = "LINKAGE_SORT_CODES", hide_env_values = true)]
    sort_codes: Option<PathBuf>,
}

/// The parties of private matching. One process is never both, and one operator must not be.
#[derive(Subcommand)]
enum Party {
    /// Evaluates blinded points with one share of every key.
    ///
    /// Example: linkage-server keyserver --folder keyserver-1 --seal-key keyserver-1.key --listen 127.0.0.1:50061
    Keyserver {
        #[command(flatten)]
        at: At,
        /// Evaluations of one class that a member may ask for in a day.
        #[arg(long, value_name = "N", default_value_t = QUOTA)]
        quota: u64,
        /// The file of its sealing key, outside the folder.
        #[arg(long, value_name = "FILE")]
        seal_key: PathBuf,
    },
    /// Keeps tags, boxes and group elements.
    ///
    /// Example: linkage-server hub --folder hub --listen 127.0.0.1:50064
    Hub {
        #[command(flatten)]
        at: At,
    },
}

/// Where a party lies and listens.
#[derive(Args)]
struct At {
    /// The party's folder, as the ceremony made it.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Address to listen on, port 0 for a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// For tests on loopback only: without TLS, whoever listens can read all.
    #[arg(long)]
    plaintext_loopback_test: bool,
}

impl At {
    fn transport(&self) -> Transport {
        if self.plaintext_loopback_test { Transport::PlaintextOnLoopback } else { Transport::Tls }
    }
}

impl Party {
    fn run(self) -> Result<(), linkage_server::exchange::ExchangeError> {
        match self {
            Party::Keyserver { at, quota, seal_key } => {
                run_role(Role::KeyServer { quota, seal_key }, &at.folder, at.listen, at.transport())
            }
            Party::Hub { at } => run_role(Role::Hub, &at.folder, at.listen, at.transport()),
        }
    }
}

impl Arguments {
    fn config(self) -> Result<Config, ConfigError> {
        let config = self.config.map_or_else(|| Ok(Config::default()), |path| Config::from_file(&path))?;
        Ok(Config { data: self.data.unwrap_or(config.data), listen: self.listen.unwrap_or(config.listen), ..config })
    }
}

/// Exit status 2 for a bad configuration, 3 when the store or the system fails.
fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if let Some(party) = arguments.party.take() {
        linkage_server::init_logging(LogFormat::Text);
        return match party.run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => failed(&anyhow::Error::from(e), 3),
        };
    }
    if let Some(Err(e)) = arguments.sort_codes.take().map(|file| SortCodes::install(&file)) {
        return failed(&anyhow::Error::from(e), 2);
    }
    let config = match arguments.config() {
        Ok(config) => config,
        Err(e) => return failed(&anyhow::Error::from(e), 2),
    };
    linkage_server::init_logging(config.log);
    match linkage_server::run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ServeError::Config(e)) => failed(&anyhow::Error::from(e), 2),
        Err(e) => failed(&anyhow::Error::from(e), 3),
    }
}

#[allow(clippy::print_stderr, reason = "talk goes to stderr")]
fn failed(error: &anyhow::Error, status: u8) -> ExitCode {
    eprintln!("linkage-server: {error:#}");
    ExitCode::from(status)
}
