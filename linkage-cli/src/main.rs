//! The `linkage` command.
//!
//! ```text
//! arguments ──► command/*.rs ──► linkage_core::linker ──► render ──► stdout
//!                    └── talk, progress, errors ──► stderr
//! ```
//!
//! - [`command`] has a file for each command; start with `command/import.rs`.
//! - [`render`] turns answers into tables, CSV, JSON, JSON Lines and waterfalls.
//! - [`mapping`] reads a platform's own CSV as records.
//! - [`failure`] says which exit status an error has, and what may help.
//!
//! Exit status: 0 done, 1 the answer is NO or CANNOT_SAY, 2 usage or bad input, 3 the store or the system failed, or the run
//! was stopped.
//!
//! **Not here:** any rule about records, links or networks. That is `linkage-core`.

mod command;

mod render;

mod failure;
mod mapping;
mod stop;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use command::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match command::run(arguments) {
        Ok(answer) => answer.into(),
        Err(error) => failure::report(&error),
    }
}
