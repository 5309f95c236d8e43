//! Where the service listens, which store it serves and what it allows.
//!
//! A file is TOML with the field names of [`Config`]; every field has a default.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use linkage_core::rules::{RuleSet, RulesError};
use serde::Deserialize;

/// Settings of the service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the store; made when there is none.
    pub data: PathBuf,
    /// Address to listen on; port 0 takes a free one. There is no authentication yet: keep it on loopback, or behind
    /// something that has.
    pub listen: SocketAddr,
    /// File of the rules that make a repeat infringer, the same for every caller; those that ship when there is none.
    pub rules: Option<PathBuf>,
    /// How logs look on stderr.
    pub log: LogFormat,
    /// Largest message in either direction, in bytes.
    pub message_bytes_max: usize,
    /// Most records in one `Ingest` stream.
    pub ingest_records_max: u64,
    /// Most bytes of records in one `Ingest` stream.
    pub ingest_bytes_max: u64,
    /// Longest pause between two messages of a stream from the caller, in seconds.
    pub ingest_idle_seconds_max: u64,
    /// Longest wait of an `Ingest` stream for the one before it, in seconds.
    pub ingest_wait_seconds_max: u64,
    /// Longest time for an answer to anything but `Ingest`, in seconds; a caller's shorter deadline is kept.
    pub answer_seconds_max: u64,
    /// Requests worked on at the same time.
    pub working_max: usize,
    /// Requests that may wait for that; one more is refused with `RESOURCE_EXHAUSTED`.
    pub waiting_max: usize,
    /// `Watch` streams at the same time; one more is refused with `RESOURCE_EXHAUSTED`.
    pub watchers_max: usize,
    /// Pause after which a `Watch` stream without changes says where it is, in seconds.
    pub watch_quiet_seconds_max: u64,
    /// How long a caller may leave what a stream sends unread before the stream is ended, in seconds.
    pub unread_seconds_max: u64,
    /// Streams per connection.
    pub connection_streams_max: u32,
    /// How long requests may take to end once the service is told to stop, in seconds.
    pub shutdown_seconds_max: u64,
}

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line of text for people.
    #[default]
    Text,
    /// A JSON object per line for machines.
    Json,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("read configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML with the fields of [`Config`].
    #[error("parse configuration {}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The rules that make a repeat infringer cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A limit is outside what makes sense.
    #[error("{field}: expected {expected}")]
    Limit {
        /// Name of the field.
        field: &'static str,
        /// What would have been right.
        expected: &'static str,
    },
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("linkage-data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            rules: None,
            log: LogFormat::Text,
            message_bytes_max: 4 << 20,
            ingest_records_max: 10_000_000,
            ingest_bytes_max: 4 << 30,
            ingest_idle_seconds_max: 60,
            ingest_wait_seconds_max: 30,
            answer_seconds_max: 60,
            working_max: std::thread::available_parallelism().map_or(2, usize::from),
            waiting_max: 256,
            watchers_max: 64,
            watch_quiet_seconds_max: 30,
            unread_seconds_max: 60,
            connection_streams_max: 128,
            shutdown_seconds_max: 30,
        }
    }
}

impl Config {
    /// Reads a TOML file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a file that cannot be read, is not TOML, has an unknown field, or a limit without sense.
    pub fn from_file(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
        let config: Config = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })?;
        config.checked()
    }

    /// The same configuration, its limits checked.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Limit`].
    pub fn checked(self) -> Result<Config, ConfigError> {
        let within =
            |field, fits: bool, expected| if fits { Ok(()) } else { Err(ConfigError::Limit { field, expected }) };
        let seconds = "1 to 86400 seconds";
        within("message_bytes_max", (1024..=1 << 30).contains(&self.message_bytes_max), "1 KiB to 1 GiB")?;
        within("ingest_records_max", 0 < self.ingest_records_max, "at least 1")?;
        within("working_max", (1..=1024).contains(&self.working_max), "1 to 1024")?;
        within("waiting_max", self.waiting_max <= 65_536, "at most 65536")?;
        within("ingest_bytes_max", 0 < self.ingest_bytes_max, "at least 1")?;
        within("watchers_max", (1..=4096).contains(&self.watchers_max), "1 to 4096")?;
        within("connection_streams_max", 0 < self.connection_streams_max, "at least 1")?;
        for (field, value) in [
            ("ingest_idle_seconds_max", self.ingest_idle_seconds_max),
            ("ingest_wait_seconds_max", self.ingest_wait_seconds_max),
            ("answer_seconds_max", self.answer_seconds_max),
            ("shutdown_seconds_max", self.shutdown_seconds_max),
            ("watch_quiet_seconds_max", self.watch_quiet_seconds_max),
            ("unread_seconds_max", self.unread_seconds_max),
        ] {
            within(field, (1..=86_400).contains(&value), seconds)?;
        }
        Ok(self)
    }

    /// The rules that make a repeat infringer.
    pub(crate) fn rule_set(&self) -> Result<RuleSet, ConfigError> {
        Ok(self.rules.as_deref().map_or_else(|| Ok(RuleSet::shipped().clone()), RuleSet::open)?)
    }

    pub(crate) fn ingest_idle_max(&self) -> Duration {
        Duration::from_secs(self.ingest_idle_seconds_max)
    }

    pub(crate) fn ingest_wait_max(&self) -> Duration {
        Duration::from_secs(self.ingest_wait_seconds_max)
    }

    pub(crate) fn answer_max(&self) -> Duration {
        Duration::from_secs(self.answer_seconds_max)
    }

    pub(crate) fn watch_quiet_max(&self) -> Duration {
        Duration::from_secs(self.watch_quiet_seconds_max)
    }

    pub(crate) fn unread_max(&self) -> Duration {
        Duration::from_secs(self.unread_seconds_max)
    }

    pub(crate) fn shutdown_max(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds_max)
    }
}

#[cfg(test)]
mod tests;
