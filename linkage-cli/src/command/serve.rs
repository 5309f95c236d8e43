//! `linkage serve`: the gRPC service on this store.
//!
//! The service runs in this program executed anew with `--here`, so that a long-lived process begins clean: without the signal handling
//! and the terminal of a command. The process id stays the same, so whoever watches or stops it need not know. Where a
//! program cannot replace itself, the service runs right here.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkage_server::Config;

use super::{Answer, Data};

/// Serves the gRPC service linkage.v1 on this store until Ctrl-C or SIGTERM.
///
/// Says `listening on ADDRESS` on stderr once requests are taken. There is no authentication: keep it on loopback.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Serve {
    /// Settings as TOML; what the command line says goes before them.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Serve in this very process.
    #[arg(long, hide = true)]
    here: bool,
}

const EXAMPLE: &str = "\
Example:
  linkage serve --listen 127.0.0.1:50051";

impl Serve {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        if !self.here {
            replace_this_process();
        }
        let config = self.config(data)?;
        linkage_server::init_logging(config.log);
        linkage_server::run(config)?;
        Ok(Answer::Done)
    }

    /// The file's settings under those of the command line.
    fn config(self, data: &Data) -> Result<Config> {
        let config = self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::from_file)?;
        let data = data.named().map_or(config.data, PathBuf::from);
        Ok(Config { data, listen: self.listen.unwrap_or(config.listen), ..config })
    }
}

/// Executes this program anew with the same arguments and `--here`; comes back only where that is not possible.
#[cfg(unix)]
fn replace_this_process() {
    use std::os::unix::process::CommandExt;

    if let Ok(program) = std::env::current_exe() {
        // It comes back only if it failed, and then the service runs in this process, which serves as well.
        let _ = std::process::Command::new(program).args(std::env::args_os().skip(1)).arg("--here").exec();
    }
}

#[cfg(not(unix))]
fn replace_this_process() {}
