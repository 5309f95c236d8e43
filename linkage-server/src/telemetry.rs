//! Logs: where they go and how much is said. Never a raw value of a record.

use tracing_subscriber::EnvFilter;

use crate::LogFormat;

/// Sends logs to stderr, at level `info` unless `RUST_LOG` says otherwise.
///
/// For the binary; an embedding program that has set up its own logging keeps it.
pub fn init_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // An error says that somebody was first.
    drop(set);
}
