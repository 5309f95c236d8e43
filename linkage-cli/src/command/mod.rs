//! The commands, a file for each: its arguments, and what it does with them.
//!
//! [`Arguments`] is what clap reads; [`run`] hands it to the command. Commands answer with an [`Answer`], errors are for
//! [`failure`](crate::failure).

mod check;
mod compare;
mod demo;
mod evaluate;
mod explain;
mod export;
mod forget;
mod images;
mod import;
mod link;
mod resolve;
mod search;
mod serve;
mod train;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use linkage_core::linker::Linker;
use linkage_core::record::AccountKey;
use linkage_core::store::{RocksOptions, RocksStore, StoreError};

use crate::failure::BadInput;
use crate::terminal::say;

/// Finds the seller accounts that one operator is behind, and says why, term by term.
#[derive(Debug, Parser)]
#[command(name = "linkage", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Data goes to stdout, talk and progress to stderr.
Exit status: 0 done; 1 the answer is NO or CANNOT_SAY; 2 wrong usage or bad input;
3 the store or the system failed, or the run was stopped.

Example:
  linkage demo";

/// Which store.
#[derive(Args, Clone, Debug)]
pub(crate) struct Data {
    /// Folder of the store; without it ./linkage-data.
    #[arg(long, global = true, value_name = "DIR", env = "LINKAGE_DATA", hide_env_values = true)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Import(import::Import),
    Link(link::Link),
    #[command(subcommand)]
    Export(export::Export),
    Resolve(resolve::Resolve),
    Check(check::Check),
    Explain(explain::Explain),
    Compare(compare::Compare),
    Train(train::Train),
    Search(search::Search),
    Evaluate(evaluate::Evaluate),
    Forget(forget::Forget),
    #[command(subcommand)]
    Images(images::Images),
    Serve(serve::Serve),
    Demo(demo::Demo),
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done.
    Done,
    /// The answer is NO or CANNOT_SAY.
    No,
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> ExitCode {
        match answer {
            Answer::Done => ExitCode::SUCCESS,
            Answer::No => ExitCode::from(1),
        }
    }
}

/// Runs one command.
///
/// # Errors
///
/// Whatever the command could not do.
pub(crate) fn run(Arguments { data, command }: Arguments) -> Result<Answer> {
    match command {
        Command::Import(import) => import.run(&data),
        Command::Link(link) => link.run(&data),
        Command::Export(export) => export.run(&data),
        Command::Resolve(resolve) => resolve.run(&data),
        Command::Check(check) => check.run(&data),
        Command::Explain(explain) => explain.run(&data),
        Command::Compare(compare) => compare.run(),
        Command::Train(train) => train.run(),
        Command::Search(search) => search.run(&data),
        Command::Evaluate(evaluate) => evaluate.run(&data),
        Command::Forget(forget) => forget.run(&data),
        Command::Images(images) => images.run(),
        Command::Serve(serve) => serve.run(&data),
        Command::Demo(demo) => demo.run(),
    }
}

impl Data {
    /// The folder, if the user named one.
    pub(crate) fn named(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    fn folder(&self) -> &Path {
        self.named().unwrap_or(Path::new("linkage-data"))
    }

    /// Opens the store, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When the folder is in use, holds something else, or cannot be read or written.
    pub(crate) fn open_or_create(&self) -> Result<Linker> {
        Ok(Linker::open_dir(self.folder())?)
    }

    /// Opens a store that is there already, and tells how many accounts wait for `link`.
    ///
    /// # Errors
    ///
    /// As [`open_or_create`](Data::open_or_create), and when there is no store.
    pub(crate) fn open(&self) -> Result<Linker> {
        let linker = self.open_quietly()?;
        tell_waiting(&linker)?;
        Ok(linker)
    }

    /// As [`open`](Data::open), for commands that link themselves.
    ///
    /// # Errors
    ///
    /// As [`open`](Data::open).
    pub(crate) fn open_quietly(&self) -> Result<Linker> {
        Ok(Linker::open_beside(Box::new(self.existing()?), self.folder())?)
    }

    /// Opens the store if there is one, else an empty one in memory: for questions that make sense without a store.
    ///
    /// # Errors
    ///
    /// As [`open_or_create`](Data::open_or_create).
    pub(crate) fn open_or_empty(&self) -> Result<Linker> {
        match self.existing() {
            Ok(store) => Ok(Linker::open_beside(Box::new(store), self.folder())?),
            Err(StoreError::Missing { .. }) => Ok(Linker::in_memory()?),
            Err(error) => Err(error.into()),
        }
    }

    fn existing(&self) -> Result<RocksStore, StoreError> {
        RocksStore::open(self.folder(), RocksOptions { create: false, ..RocksOptions::default() })
    }
}

/// Says how many accounts an answer does not know of yet.
pub(crate) fn tell_waiting(linker: &Linker) -> Result<()> {
    match linker.waiting()? {
        0 => {}
        1 => say("note: 1 account waits for `linkage link`"),
        waiting => say(format_args!("note: {waiting} accounts wait for `linkage link`")),
    }
    Ok(())
}

/// Reads an account from the command line.
fn account(text: &str) -> Result<AccountKey, String> {
    AccountKey::parse(text).map_err(|error| match error.field.as_str() {
        "account" => format!("expected {}, such as ebay_uk/shop1", error.expected),
        _ => error.to_string(),
    })
}

/// Bad input, to be returned.
fn bad_input(text: impl Into<String>) -> anyhow::Error {
    BadInput(text.into()).into()
}
