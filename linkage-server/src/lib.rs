//! The gRPC service `linkage.v1` on one store.
//!
//! ```text
//! client ──► service (limits, checks) ──► pool of blocking threads ──► engine: the linker on its store
//!        ◄── status (errors, google.rpc details) ◄──────────────────┘
//! ```
//!
//! - [`run`] serves until SIGTERM or SIGINT; [`Config`] says where and within which limits. Start there.
//! - `service` holds the methods, one file each for bringing in and asking; `status` maps every error, and is the only
//!   file that does.
//!
//! **Invariant:** no raw value of a record is in a log, a span or an error: field names, counts and codes only.
//!
//! **Not here:** rules for records (`linkage_core::record`) and what a link is (`linkage_core::linker`).

mod config;
mod telemetry;

mod server;
mod service;
mod status;

mod answer;
mod engine;
mod hex;

pub mod exchange;

pub use config::{Config, ConfigError, LogFormat};
pub use server::{ServeError, run};
pub use service::PageTokens;
pub use telemetry::init_logging;
