//! All parties of an exchange as processes of this program on loopback.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use linkage_server::exchange::{Ceremony, Endpoints, Matched, MemberFolder, Transport};

use crate::terminal::say;

/// Ends with its owner.
pub(super) struct Process(Child);

impl Process {
    /// Waits for its end.
    pub(super) fn wait(&mut self) -> Result<ExitStatus> {
        self.0.wait().context("wait for a member")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Key servers and hub, listening.
pub(super) struct Parties {
    _processes: Vec<Process>,
    key_servers: [String; 3],
    hub: String,
}

impl Parties {
    pub(super) fn start(ceremony: &Ceremony) -> Result<Parties> {
        let mut processes = Vec::new();
        let mut key_servers = <[String; 3]>::default();
        let folders = ceremony.key_servers.iter().zip(&ceremony.seal_keys);
        for ((folder, seal_key), place) in folders.zip(&mut key_servers) {
            let (process, address) = serve("keyserver", folder, Some(seal_key))?;
            processes.push(process);
            *place = address;
        }
        let (process, hub) = serve("hub", &ceremony.hub, None)?;
        processes.push(process);
        Ok(Parties { _processes: processes, key_servers, hub })
    }

    /// Tells members where the parties listen.
    pub(super) fn enrol(&self, members: &[PathBuf]) -> Result<()> {
        let (key_servers, hub) = (self.key_servers.clone(), self.hub.clone());
        let endpoints = Endpoints { key_servers, hub, transport: Transport::Tls };
        for folder in members {
            MemberFolder(folder.clone()).enrol(folder, &endpoints)?;
        }
        Ok(())
    }

    /// How a member's work ends, with what it said.
    pub(super) fn ended(&self, verb: &str, folder: &Path) -> Result<std::process::Output> {
        let mut command = this_program()?;
        command.args(["member", verb, "--folder"]).arg(folder);
        command.stdin(Stdio::null()).output().context("start a member")
    }

    /// Starts a member at work; its answer comes on its stdout.
    pub(super) fn member(
        &self,
        verb: &str,
        folder: &Path,
        files: Option<(&PathBuf, Option<&Path>)>,
    ) -> Result<Process> {
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
fn serve(role: &str, folder: &Path, seal_key: Option<&PathBuf>) -> Result<(Process, String)> {
    let mut command = this_program()?;
    command.args(["exchange", role, "--listen", "127.0.0.1:0", "--folder"]).arg(folder);
    if let Some(seal_key) = seal_key {
        command.arg("--seal-key").arg(seal_key);
    }
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

/// Whether a process did what it should.
///
/// # Errors
///
/// When it did not.
pub(super) fn succeeded(who: &str, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { bail!("{who} ended with {status}") }
}

/// The JSON Lines that a member answered.
pub(super) fn answers(who: &str, mut process: Process) -> Result<Vec<Matched>> {
    let Some(stdout) = process.0.stdout.take() else { bail!("{who} has no stdout") };
    let mut matched = Vec::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.with_context(|| format!("read the answer of {who}"))?;
        matched.push(serde_json::from_str(&line).with_context(|| format!("read the answer of {who}"))?);
    }
    succeeded(who, process.0.wait().with_context(|| format!("wait for {who}"))?)?;
    Ok(matched)
}
