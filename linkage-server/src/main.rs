//! The binary of the service; `linkage serve` does the same.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use linkage_server::{Config, ConfigError};

/// Serves the gRPC service linkage.v1 on one store.
///
/// Example: linkage-server --data ./linkage-data --listen 127.0.0.1:50051
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration in TOML.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the store; overrides the configuration.
    #[arg(long, value_name = "DIR", env = "LINKAGE_DATA")]
    data: Option<PathBuf>,
    /// Address to listen on, port 0 for a free one; overrides the configuration.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Arguments {
    fn config(self) -> Result<Config, ConfigError> {
        let config = self.config.map_or_else(|| Ok(Config::default()), |path| Config::from_file(&path))?;
        Ok(Config { data: self.data.unwrap_or(config.data), listen: self.listen.unwrap_or(config.listen), ..config })
    }
}

/// Exit status 2 for a bad configuration, 3 when the store or the system fails.
fn main() -> ExitCode {
    let config = match Arguments::parse().config() {
        Ok(config) => config,
        Err(e) => return failed(&anyhow::Error::from(e), 2),
    };
    linkage_server::init_logging(config.log);
    match linkage_server::run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => failed(&anyhow::Error::from(e), 3),
    }
}

#[allow(clippy::print_stderr, reason = "talk goes to stderr")]
fn failed(error: &anyhow::Error, status: u8) -> ExitCode {
    eprintln!("linkage-server: {error:#}");
    ExitCode::from(status)
}
