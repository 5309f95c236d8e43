//! The commands, a file for each: its arguments, and what it does with them.
//!
//! [`Arguments`] is what clap reads; [`run`] hands it to the command. Commands answer with an [`Answer`], errors are for
//! [`failure`](crate::failure).

mod check;
mod compare;
mod completions;
mod demo;
mod evaluate;
mod exchange;
mod explain;
mod export;
mod forget;
mod images;
mod import;
mod link;
mod man;
mod member;
mod metrics;
mod network;
mod resolve;
mod review;
mod rules;
mod search;
mod serve;
mod simulate;
mod train;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use linkage_core::linker::{Linker, LinkerError};
use linkage_core::normalize::sort_code::SortCodes;
use linkage_core::record::{AccountKey, parse_time};
use linkage_core::score::Band;
use linkage_core::store::{MemoryStore, RocksOptions, RocksStore, Store, StoreError};
use tempfile::TempDir;

use crate::failure::{BadInput, UnknownAccount};
use crate::stop::Stop;
use crate::terminal::{Progress, say};

/// Finds the seller accounts that one operator is behind, and says why, term by term.
#[derive(Debug, Parser)]
#[command(name = "linkage", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: Data,
    /// Weights that British account numbers are checked with: Pay.UK's valacdos.txt with scsubtab.txt behind it.
    #[arg(long, global = true, value_name = "FILE", env = "LINKAGE_SORT_CODES", hide_env_values = true)]
    sort_codes: Option<PathBuf>,
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
    Rules(rules::Rules),
    Explain(explain::Explain),
    Network(network::Network),
    Review(review::Review),
    Compare(compare::Compare),
    Train(train::Train),
    Search(search::Search),
    Evaluate(evaluate::Evaluate),
    Metrics(metrics::Metrics),
    Forget(forget::Forget),
    #[command(subcommand)]
    Images(images::Images),
    Simulate(simulate::Simulate),
    Serve(serve::Serve),
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    #[command(subcommand)]
    Member(member::MemberCommand),
    Demo(demo::Demo),
    Completions(completions::Completions),
    #[command(name = "man")]
    Manual(man::Manual),
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
pub(crate) fn run(Arguments { data, sort_codes, command }: Arguments) -> Result<Answer> {
    if let Some(file) = sort_codes {
        SortCodes::install(&file)?;
    }
    match command {
        Command::Import(import) => import.run(&data),
        Command::Link(link) => link.run(&data),
        Command::Export(export) => export.run(&data),
        Command::Resolve(resolve) => resolve.run(&data),
        Command::Check(check) => check.run(&data),
        Command::Rules(rules) => rules.run(),
        Command::Explain(explain) => explain.run(&data),
        Command::Network(network) => network.run(&data),
        Command::Review(review) => review.run(&data),
        Command::Compare(compare) => compare.run(),
        Command::Train(train) => train.run(),
        Command::Search(search) => search.run(&data),
        Command::Evaluate(evaluate) => evaluate.run(&data),
        Command::Metrics(metrics) => metrics.run(&data),
        Command::Forget(forget) => forget.run(&data),
        Command::Images(images) => images.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Serve(serve) => serve.run(&data),
        Command::Exchange(exchange) => exchange.run(),
        Command::Member(member) => member.run(),
        Command::Demo(demo) => demo.run(),
        Command::Completions(completions) => completions.run(),
        Command::Manual(manual) => manual.run(),
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

/// The band from which links join a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JoinBand {
    /// Safe to act on.
    Act,
    /// Worth a look; includes act.
    Lead,
}

impl From<JoinBand> for Band {
    fn from(band: JoinBand) -> Band {
        match band {
            JoinBand::Act => Band::Act,
            JoinBand::Lead => Band::Lead,
        }
    }
}

/// Which time a question is about.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct AsOf {
    /// What was known at the end of this day (UTC), or at this RFC 3339 time: observations and judgements of later are left
    /// out, and what remains is linked anew under the epoch in force. Networks bear the names of now.
    #[arg(long, value_name = "DATE", value_parser = end_of_day)]
    as_of: Option<Timestamp>,
}

/// A store as it is now, or as it was known then.
pub(crate) struct Opened {
    linker: Linker,
    /// Where a large past state lies; gone with it.
    _folder: Option<TempDir>,
}

/// Up to so many accounts a past state is kept in memory.
const ACCOUNTS_IN_MEMORY_MAX: u64 = 100_000;

impl Deref for Opened {
    type Target = Linker;

    fn deref(&self) -> &Linker {
        &self.linker
    }
}

impl AsOf {
    /// Opens the store in which the accounts must be, and goes back to the time asked about.
    ///
    /// # Errors
    ///
    /// As [`Data::open`], and when an account is not in the store now.
    pub(crate) fn open(self, data: &Data, accounts: &[&AccountKey]) -> Result<Opened> {
        let linker = data.open()?;
        known(&linker, accounts)?;
        let Some(at) = self.as_of else { return Ok(Opened { linker, _folder: None }) };
        let stop = Stop::on_signals()?;
        let all = linker.ledger().view().and_then(|view| view.counts()).context("count the accounts")?.accounts;
        let mut progress = Progress::begin(format!("as of {at}"));
        let (store, folder): (Box<dyn Store>, _) = if all <= ACCOUNTS_IN_MEMORY_MAX {
            (Box::new(MemoryStore::new()), None)
        } else {
            let folder = tempfile::tempdir().context("make a temporary folder")?;
            (Box::new(RocksStore::open(folder.path(), RocksOptions::default())?), Some(folder))
        };
        let past = linker.as_of(at, store, &mut |stage| progress.stage(stage), stop.flag())?;
        drop(progress);
        let then = past.ledger().view().and_then(|view| view.counts()).context("count the accounts")?.accounts;
        say(format_args!("note: as of {at} the store knew {then} of its {all} accounts"));
        Ok(Opened { linker: past, _folder: folder })
    }
}

/// A time, or the last instant of a day.
fn end_of_day(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = parse_time(text) {
        return Ok(time);
    }
    let expected = "expected a date such as 2024-05-03, or an RFC 3339 time";
    let date: Date = text.parse().map_err(|_| expected.to_owned())?;
    let end = date.at(23, 59, 59, 999_999_999).to_zoned(TimeZone::UTC).map_err(|_| expected.to_owned())?;
    Ok(end.timestamp())
}

/// Refuses accounts that are not in the store, with the one that may be meant.
///
/// # Errors
///
/// [`UnknownAccount`] for the first that is not there.
pub(crate) fn known(linker: &Linker, accounts: &[&AccountKey]) -> Result<()> {
    for account in accounts {
        match linker.network_of(account) {
            Err(LinkerError::UnknownAccount(account)) => {
                let nearest = linker.nearest_account(&account)?;
                return Err(UnknownAccount { account, nearest }.into());
            }
            other => drop(other?),
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests;
