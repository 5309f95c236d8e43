//! `linkage exchange match`: the whole private protocol between two members, each party a process of its own on loopback.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use linkage_core::record::{Account, Intake, Listing, Reader, Record};
use linkage_server::exchange::{Ceremony, Endpoints, Matched, MemberFolder, Transport, hold_ceremony};

use super::super::Answer;
use crate::render::{Cell, Output, Rows};
use crate::terminal::say;

/// Matches the accounts of two members by the real private protocol: three key servers, a hub and both members run as processes
/// of their own on loopback, under keys that are dealt for this run.
///
/// Neither side's records leave its process: what the key servers see is blinded, and what the hub keeps is tags, boxes and group
/// elements. Rows are the pairs in LEAD or better, scored by the left member at home.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Match {
    /// Accounts of one member as JSON Lines, plain or compressed.
    #[arg(long, value_name = "FILE")]
    left: PathBuf,
    /// Accounts of the other member.
    #[arg(long, value_name = "FILE")]
    right: PathBuf,
    /// Listings of the left accounts.
    #[arg(long, value_name = "FILE")]
    left_listings: Option<PathBuf>,
    /// Listings of the right accounts.
    #[arg(long, value_name = "FILE")]
    right_listings: Option<PathBuf>,
    /// Keep what every party holds in this folder, to be looked at; without it everything is gone afterwards.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage exchange match --left testdata/world/accounts.jsonl --right new_seller.jsonl";

const COLUMNS: &[&str] = &["left", "right", "probability", "band"];

/// The epoch of a run that begins and ends with it.
const EPOCH: u32 = 1;

impl Match {
    pub(super) fn run(self) -> Result<Answer> {
        // A bad line is told before anything is started.
        [&self.left, &self.right].into_iter().try_for_each(|file| readable::<Account>(file))?;
        let listings = self.left_listings.iter().chain(&self.right_listings);
        listings.into_iter().try_for_each(|file| readable::<Listing>(file))?;
        let temporary = tempfile::tempdir().context("make a temporary folder")?;
        let folder = self.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
        let begun = Instant::now();
        let ceremony = hold_ceremony(&folder, EPOCH, &["left", "right"])?;
        let parties = Parties::start(&ceremony)?;
        let told = |stage: &str| say(format_args!("{stage}: {:.1} s", begun.elapsed().as_secs_f64()));
        told("keys dealt, three key servers and the hub listening");
        let [left_folder, right_folder] = ceremony.members.as_slice() else { bail!("expected two members") };
        let endpoints =
            Endpoints { key_servers: parties.key_servers.clone(), hub: parties.hub.clone(), transport: Transport::Tls };
        for folder in [left_folder, right_folder] {
            MemberFolder(folder.clone()).enrol(folder, &endpoints)?;
        }

        let mut left = parties.member("submit", left_folder, Some((&self.left, self.left_listings.as_deref())))?;
        let mut right = parties.member("submit", right_folder, Some((&self.right, self.right_listings.as_deref())))?;
        let (left, right) = (left.0.wait().context("wait for left")?, right.0.wait().context("wait for right")?);
        succeeded("left member", left)?;
        succeeded("right member", right)?;
        told("both members have submitted");

        let found = parties.member("sync", left_folder, Some((&self.left, self.left_listings.as_deref())))?;
        let found: Vec<Matched> = answers("left member", found)?;
        let received: Vec<Matched> = answers("right member", parties.member("links", right_folder, None)?)?;
        told("looked up, scored and published");
        let right: HashMap<(&str, &str), &str> =
            received.iter().map(|link| ((link.other.as_str(), link.own.as_str()), link.account.as_str())).collect();
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for link in &found {
            let Some(account) = right.get(&(link.own.as_str(), link.other.as_str())) else {
                bail!("a link that the left member published did not reach the right one");
            };
            rows.row(vec![
                Cell::text(&link.account),
                Cell::text(account),
                Cell::Probability(link.probability),
                Cell::text(&link.band),
            ])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

/// Reads a file to its end, for its errors alone; nothing is kept, so any key of digests will do.
fn readable<T: Record>(file: &Path) -> Result<()> {
    let intake = Intake::new([0; 32]);
    for line in Reader::<T>::open(file, &intake)? {
        line?;
    }
    Ok(())
}

/// Ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Key servers and hub, listening.
struct Parties {
    _processes: Vec<Process>,
    key_servers: [String; 3],
    hub: String,
}

impl Parties {
    fn start(ceremony: &Ceremony) -> Result<Parties> {
        let mut processes = Vec::new();
        let mut key_servers = <[String; 3]>::default();
        for (folder, place) in ceremony.key_servers.iter().zip(&mut key_servers) {
            let (process, address) = serve("keyserver", folder)?;
            processes.push(process);
            *place = address;
        }
        let (process, hub) = serve("hub", &ceremony.hub)?;
        processes.push(process);
        Ok(Parties { _processes: processes, key_servers, hub })
    }

    /// Starts a member at work; its answer comes on its stdout.
    fn member(&self, verb: &str, folder: &Path, files: Option<(&PathBuf, Option<&Path>)>) -> Result<Process> {
        let mut command = this_program()?;
        command.args(["member", verb, "--folder"]).arg(folder);
        if verb != "submit" {
            command.args(["--format", "jsonl"]);
        }
        if let Some((accounts, listings)) = files {
            command.arg("--accounts").arg(accounts);
            if let Some(listings) = listings {
                command.arg("--listings").arg(listings);
            }
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("start a member")?;
        Ok(Process(child))
    }
}

fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe().context("find this program")?))
}

/// Starts a server and waits until it says where it listens.
fn serve(role: &str, folder: &Path) -> Result<(Process, String)> {
    let mut command = this_program()?;
    command.args(["exchange", role, "--listen", "127.0.0.1:0", "--folder"]).arg(folder);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut process = Process(child.with_context(|| format!("start {role}"))?);
    let Some(stderr) = process.0.stderr.take() else { bail!("{role} has no stderr") };
    let mut lines = BufReader::new(stderr).lines();
    for line in lines.by_ref() {
        let line = line.with_context(|| format!("read what {role} says"))?;
        if let Some(address) = line.strip_prefix("listening on ") {
            let address = address.to_owned();
            // What it says later goes where our own talk goes, so that its pipe does not fill.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| say(format_args!("{line}"))));
            return Ok((process, address));
        }
        say(format_args!("{role}: {line}"));
    }
    bail!("{role} ended before it listened")
}

fn succeeded(who: &str, status: std::process::ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { bail!("{who} ended with {status}") }
}

/// The JSON Lines that a member answered.
fn answers(who: &str, mut process: Process) -> Result<Vec<Matched>> {
    let Some(stdout) = process.0.stdout.take() else { bail!("{who} has no stdout") };
    let mut matched = Vec::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.with_context(|| format!("read the answer of {who}"))?;
        matched.push(serde_json::from_str(&line).with_context(|| format!("read the answer of {who}"))?);
    }
    succeeded(who, process.0.wait().with_context(|| format!("wait for {who}"))?)?;
    Ok(matched)
}
