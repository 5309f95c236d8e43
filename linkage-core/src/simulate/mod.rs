//! Worlds with truth: operators who are taken down and come back, honest sellers, and the coincidences between them.
//!
//! ```text
//! dials.tsv + scenario + seed ──simulate──► accounts, listings, enforcements (.jsonl)
//!                                           truth.csv, relations.csv, traps.csv, pictures/
//! ```
//!
//! [`simulate`] is the whole job; a [`Request`] says which world. The same request gives the same bytes. A world is written as it is made, a
//! group of sellers at a time; what is kept in memory is a few bytes for each account.
//!
//! **Hard on purpose.** No field identifies an operator by itself: platforms ask for different fields, sellers leave some out,
//! and names, texts, pictures, payouts and documents are copied, shared, reworded, stolen and dropped. Every number in it is a *dial* in
//! `data/dials.tsv`, with its source or the word assumption; a [`Scenario`] turns some of them.
//!
//! | file | columns |
//! |---|---|
//! | `truth.csv` | `account,entity,role,generation,detectable,ceiling`: who is behind each account; `role` is `infringer` or some honest one; `detectable` says whether it shows anything that an earlier account of its operator shows and that few others have; accounts of one `ceiling` are those that an oracle can join |
//! | `relations.csv` | `left,right,relation,how`: SAME_OPERATOR for an account and the one it came back from, RELATED for families, agencies and crews that split |
//! | `traps.csv` | `left,right,reason`: pairs of two entities that look alike and must not be linked |
//!
//! **Not here:** anything of the engine. Generator and engine have nothing in common but the record types, and a test says so.

mod random;

mod dials;
mod words;

mod numbers;
mod persona;
mod shared;

mod evade;

mod ceiling;
mod draw;
mod files;

mod account;
mod cast;
mod notices;
mod world;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use dials::{Dials, Platform};
use words::Words;
use world::World;

pub use dials::{Scenario, scenario, scenarios};

/// Which world.
#[derive(Clone, Debug)]
pub struct Request {
    /// What happens in it.
    pub scenario: Scenario,
    /// How many accounts, 1 to [`ACCOUNTS_MAX`].
    pub accounts: u64,
    /// Another seed, another world.
    pub seed: u64,
}

/// Most accounts of a world.
pub const ACCOUNTS_MAX: u64 = 10_000_000;

/// What a world has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Accounts.
    pub accounts: u64,
    /// Lines of `accounts.jsonl`; some accounts were seen twice.
    pub observations: u64,
    /// Listings.
    pub listings: u64,
    /// Lines of `enforcements.jsonl`; some were decided anew on appeal.
    pub enforcements: u64,
    /// Operators and honest sellers.
    pub entities: u64,
    /// Accounts of infringers.
    pub infringing_accounts: u64,
    /// Pairs of accounts of one entity.
    pub pairs: u64,
    /// Those of them that the oracle finds: the ceiling of pairwise recall.
    pub pairs_ceiling: u64,
    /// Accounts of infringers behind their first.
    pub returns: u64,
    /// Those of them that show anything that an earlier one shows and few others have.
    pub returns_detectable: u64,
    /// Lines of `relations.csv`.
    pub relations: u64,
    /// Lines of `traps.csv`.
    pub traps: u64,
    /// Picture files.
    pub pictures: u64,
}

/// Why a world was not made.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// No such scenario.
    #[error("expected a scenario: one of {known}")]
    Scenario {
        /// The numbers of those there are.
        known: String,
    },
    /// Too many accounts, or none.
    #[error("expected 1 to {ACCOUNTS_MAX} accounts")]
    Accounts,
    /// A file could not be written.
    #[error("{path}: write file", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// A file that ships with the program is not well formed.
    #[error("{0}, shipped with the program, is damaged")]
    Data(&'static str),
}

impl SimulateError {
    fn write(path: &Path, source: io::Error) -> SimulateError {
        SimulateError::Write { path: path.to_owned(), source }
    }
}

/// Makes a world and writes it into a folder, which is made if it is not there; files of the same names are overwritten.
///
/// `progress` hears now and then how many accounts are done. About 100,000 accounts a second and core, without pictures.
///
/// # Errors
///
/// [`SimulateError::Accounts`], and [`SimulateError::Write`] when the disk is full or the folder may not be written.
///
/// # Examples
///
/// ```
/// use linkage_core::simulate::{Request, scenario, simulate};
///
/// let folder = tempfile::tempdir()?;
/// let request = Request { scenario: scenario("S2")?, accounts: 200, seed: 7 };
/// let counts = simulate(&request, folder.path(), &mut |_| {})?;
/// assert_eq!(counts.accounts, 200);
/// assert!(counts.pairs_ceiling <= counts.pairs);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn simulate(request: &Request, folder: &Path, progress: &mut dyn FnMut(u64)) -> Result<Counts, SimulateError> {
    if !(1..=ACCOUNTS_MAX).contains(&request.accounts) {
        return Err(SimulateError::Accounts);
    }
    let dials = Dials::of(&request.scenario)?;
    let platforms = Platform::of(&request.scenario)?;
    let words = Words::read()?;
    World::create(request, &dials, &words, platforms, folder)?.run(progress)
}

#[cfg(test)]
mod tests;
