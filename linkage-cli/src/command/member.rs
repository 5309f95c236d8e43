//! `linkage member`: the part of a member in private matching.
//!
//! Records stay in this process; what is sent, the library makes of tokens.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use linkage_core::linker::RecordKind;
use linkage_core::record::RecordError;
use linkage_server::exchange::{Endpoints, ExchangeError, Joined, Matched, Member, MemberFolder, Party, init_party};
use tempfile::TempDir;

use super::exchange::Plain;
use super::{Answer, bad_input};
use crate::mapping::{Mapping, is_table};
use crate::render::{Cell, Output, Rows};
use crate::terminal::say;

/// The part of a member in private matching: joins, submits its accounts under pseudonyms, finds those of other members.
///
/// docs/privacy.md says who learns what, and shows a pilot step by step.
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// Makes a member's keys, and the request that goes to the authority and the dealer.
    #[command(after_help = INIT)]
    Init(Init),
    /// Takes what authority and dealer sent back (tls.pem, ca.pem, revoked.pem, published.json), asks all parties, compares
    /// the keys that they publish, and remembers where they are.
    #[command(after_help = ENROL)]
    Enrol(Enrol),
    /// Has the tokens of an export's accounts evaluated and submits the new ones under pseudonyms. Run it again after a
    /// break: it goes on where it was.
    #[command(after_help = SUBMIT)]
    Submit(AtWork),
    /// Finds other members' pseudonyms of all accounts of an export, scores them here and publishes the links.
    #[command(after_help = SYNC)]
    Sync(Asking),
    /// The same for sellers that were not submitted: nothing of them stays with anybody. The hub learns which pseudonyms are
    /// opened. Sellers are found by one strong identifier, or by what two parts of name, birth and address make together.
    #[command(after_help = LOOKUP)]
    Lookup(Asking),
    /// What other members published of the accounts that were submitted.
    #[command(after_help = LINKS)]
    Links(Listing),
    /// Which identifiers of the accounts that were submitted another member shows too. Holds after a rotation for members that have not
    /// submitted anew, of whom `sync` finds nothing until they do.
    #[command(after_help = JOINS)]
    Joins(Listing),
}

const INIT: &str = "\
Example:
  linkage member init --folder ebay_uk --name ebay_uk";

const ENROL: &str = "\
Example:
  linkage member enrol --folder ebay_uk --received post \\
      --key-servers 192.0.2.1:50061,192.0.2.2:50061,192.0.2.3:50061 --hub 192.0.2.4:50064";

const SUBMIT: &str = "\
Example:
  linkage member submit --folder ebay_uk --accounts sellers.csv --mapping mapping.toml";

const SYNC: &str = "\
Example:
  linkage member sync --folder ebay_uk --accounts sellers.csv --mapping mapping.toml --format csv";

const LOOKUP: &str = "\
Example:
  linkage member lookup --folder ebay_uk --accounts new_seller.jsonl";

const LINKS: &str = "\
Example:
  linkage member links --folder ebay_uk";

const JOINS: &str = "\
Example:
  linkage member joins --folder ebay_uk";

const COLUMNS: &[&str] = &["account", "own", "other", "probability", "band", "opened"];

/// A member that begins.
#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(flatten)]
    folder: Folder,
    /// The name that all parties know the member by: 1 to 63 of a-z, 0-9, _ and -.
    #[arg(long, value_name = "NAME", value_parser = super::exchange::party)]
    name: Party,
}

/// A member that joins.
#[derive(Args, Debug)]
pub(crate) struct Enrol {
    #[command(flatten)]
    folder: Folder,
    /// Folder of what came back; without it, it lies in the member's folder already.
    #[arg(long, value_name = "DIR")]
    received: Option<PathBuf>,
    /// The three key servers by number, as host:port between commas.
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',')]
    key_servers: Vec<String>,
    /// The hub, as host:port.
    #[arg(long, value_name = "ADDRESS")]
    hub: String,
    #[command(flatten)]
    plain: Plain,
}

/// An export to be worked on.
#[derive(Args, Debug)]
pub(crate) struct AtWork {
    #[command(flatten)]
    at: At,
    /// Accounts as JSON Lines, plain or compressed, or as a table with --mapping.
    #[arg(long, value_name = "FILE")]
    accounts: PathBuf,
    /// Their listings.
    #[arg(long, value_name = "FILE")]
    listings: Option<PathBuf>,
    /// Which column is which field (TOML): with it, files that end in .csv, .tsv or .txt are tables.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// An export that is asked about.
#[derive(Args, Debug)]
pub(crate) struct Asking {
    #[command(flatten)]
    work: AtWork,
    #[command(flatten)]
    output: Output,
}

/// What is listed.
#[derive(Args, Debug)]
pub(crate) struct Listing {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    output: Output,
}

/// A member's folder.
#[derive(Args, Debug)]
pub(crate) struct Folder {
    /// The member's folder: keys, tokens, and which pseudonym is which account. Only its owner may read it.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

/// A member that has enrolled.
#[derive(Args, Debug)]
pub(crate) struct At {
    #[command(flatten)]
    folder: Folder,
    #[command(flatten)]
    plain: Plain,
}

impl At {
    fn open(self) -> Result<Member> {
        let folder = MemberFolder(self.folder.folder);
        let endpoints =
            folder.endpoints(self.plain.transport()).context("find the other parties (`linkage member enrol`)")?;
        Ok(Member::open(&folder, &endpoints)?)
    }
}

/// Files as JSON Lines; those made from tables are gone with it.
struct Export {
    accounts: PathBuf,
    listings: Option<PathBuf>,
    temporary: TempDir,
}

impl Export {
    fn read(accounts: &Path, listings: Option<&Path>, mapping: Option<&Path>) -> Result<Export> {
        let mapping = mapping.map(Mapping::open).transpose()?;
        let temporary = tempfile::tempdir().context("make a temporary folder")?;
        let lines = |kind: RecordKind, name: &str, file: &Path| match &mapping {
            _ if !is_table(file) => Ok(file.to_owned()),
            None => Err(bad_input(format!("{}: expected JSON Lines; for a table say --mapping FILE", file.display()))),
            Some(mapping) => {
                let lines = temporary.path().join(name);
                mapping.convert(kind, file, &lines)?;
                Ok(lines)
            }
        };
        let listings = listings.map(|listings| lines(RecordKind::Listings, "listings.jsonl", listings)).transpose()?;
        let accounts = lines(RecordKind::Accounts, "accounts.jsonl", accounts)?;
        Ok(Export { accounts, listings, temporary })
    }

    /// The error, told of the table and not of the file that was made of it. Lines have the same numbers.
    fn about(&self, error: ExchangeError, table: &Path) -> ExchangeError {
        match error {
            ExchangeError::Record(RecordError::Field { file, line, error })
                if Path::new(&file).starts_with(self.temporary.path()) =>
            {
                RecordError::Field { file: table.display().to_string(), line, error }.into()
            }
            other => other,
        }
    }
}

impl AtWork {
    fn run<T>(self, work: impl FnOnce(&Member, &Path, Option<&Path>) -> Result<T, ExchangeError>) -> Result<T> {
        let export = Export::read(&self.accounts, self.listings.as_deref(), self.mapping.as_deref())?;
        let member = self.at.open()?;
        let done = work(&member, &export.accounts, export.listings.as_deref());
        Ok(done.map_err(|error| export.about(error, &self.accounts))?)
    }
}

impl MemberCommand {
    pub(crate) fn run(self) -> Result<Answer> {
        match self {
            MemberCommand::Init(init) => init.run()?,
            MemberCommand::Enrol(enrol) => enrol.run()?,
            MemberCommand::Submit(work) => {
                let counts = work.run(Member::submit)?;
                say(format_args!(
                    "{} accounts, {} of them new: {} tokens evaluated, {} entries sent",
                    counts.accounts, counts.submitted, counts.evaluated, counts.entries
                ));
            }
            MemberCommand::Sync(Asking { work, output }) => rows(&work.run(Member::sync)?, output)?,
            MemberCommand::Lookup(Asking { work, output }) => rows(&work.run(Member::lookup)?, output)?,
            MemberCommand::Links(Listing { at, output }) => rows(&at.open()?.links()?, output)?,
            MemberCommand::Joins(Listing { at, output }) => joins(&at.open()?.joins()?, output)?,
        }
        Ok(Answer::Done)
    }
}

impl Init {
    fn run(self) -> Result<()> {
        if !matches!(self.name, Party::Member(_)) {
            return Err(bad_input(format!("{}: the name of a server, expected a member's", self.name)));
        }
        let request = init_party(&self.folder.folder, &self.name, None)?;
        say(format_args!("keys made; send {} to the authority and the dealer", request.display()));
        Ok(())
    }
}

impl Enrol {
    fn run(self) -> Result<()> {
        let key_servers: [String; 3] = self
            .key_servers
            .try_into()
            .map_err(|_| bad_input("--key-servers: expected three addresses between commas"))?;
        let folder = MemberFolder(self.folder.folder);
        let endpoints = Endpoints { key_servers, hub: self.hub, transport: self.plain.transport() };
        let received = self.received.as_deref().unwrap_or(&folder.0);
        let enrolled = folder.enrol(received, &endpoints)?;
        say(format_args!(
            "enrolled in epoch {}: {} of 3 key servers publish the dealer's keys, the hub knows the member",
            enrolled.epoch, enrolled.key_servers
        ));
        Ok(())
    }
}

fn rows(matched: &[Matched], output: Output) -> Result<()> {
    let mut rows = Rows::to_stdout(output.format, COLUMNS)?;
    for link in matched {
        rows.row(vec![
            Cell::text(&link.account),
            Cell::text(&link.own),
            Cell::text(&link.other),
            Cell::Probability(link.probability),
            Cell::text(&link.band),
            Cell::Flag(link.opened),
        ])?;
    }
    rows.finish()
}

fn joins(joined: &[Joined], output: Output) -> Result<()> {
    let mut rows = Rows::to_stdout(output.format, &["account", "identifier", "member"])?;
    for Joined { account, identifier, member } in joined {
        rows.row(vec![Cell::text(account), Cell::text(identifier), Cell::text(member)])?;
    }
    rows.finish()
}
