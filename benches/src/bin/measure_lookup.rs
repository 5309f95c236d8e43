//! What it costs to look up one seller among a million that are enrolled.
//!
//! ```text
//! measure_lookup [--enrolled 1000000] [--lookups 200] [--seed 1]
//! ```
//!
//! Three key servers and a hub run as processes of their own on loopback, under mutual TLS. The hub's journal is filled beforehand with
//! synthetic accounts: the tokens that accounts of `simulate mix` have, class by class, each account again and again. A value that more than one of 500
//! accounts of the world shows is common, and as common in all copies; any other is another value in each copy. Tags, boxes and elements are random bytes of the
//! right length: the hub looks into none of them once they are accepted. A few hundred accounts are enrolled besides by the real protocol, so that
//! there is something to find.
//!
//! Sellers are looked up by a member that enrolled none: those enrolled by the real protocol, under the name of another platform, so that every token of
//! theirs is found (`enrolled`), and accounts of the same world that nobody enrolled (`others`). *Cold* is a process that begins, reads its folder with the filter,
//! connects to all parties and ends, with the files in the memory of the operating system; *warm* is a process that has looked up others before. No
//! seller is looked up twice by one member's folder, because tokens are kept. Bytes are those of all four connections, both ways, TLS included, as relays see them
//! that stand between member and parties.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use linkage_benches::machine::peak_memory_mib_of;
use linkage_benches::worlds::World;
use linkage_core::fingerprint::ClearKeyer;
use linkage_core::privacy::sealed::BOX_BYTES;
use linkage_core::privacy::token::{Classes, PUBLIC_KEY, Tier, TokenInput, inputs};
use linkage_proto::exchange::{Entry, JoinableElement, Pseudonym, SubmitPayload};
use linkage_server::exchange::{
    Endpoints, Member, MemberFolder, QUOTA, Role, Transport, fill_journal, hold_ceremony, run_role,
};
use serde_json::Value;

/// Accounts of the world whose tokens are copied.
const WORLD_ACCOUNTS: u64 = 20_000;
/// Accounts that are enrolled by the real protocol.
const REAL: usize = 300;
/// A value that more than one of so many accounts shows is common.
const COMMON: usize = 500;
/// Entries and pseudonyms of one submission, as members send them.
const ENTRIES: usize = 4096;
const PSEUDONYMS: usize = 512;

/// What it costs to look up one seller among a million.
#[derive(Parser)]
#[command(after_help = "Example: measure_lookup --enrolled 1000000")]
struct Arguments {
    /// Accounts that are enrolled.
    #[arg(long, default_value_t = 1_000_000)]
    enrolled: usize,
    /// Lookups of each sort.
    #[arg(long, default_value_t = 200)]
    lookups: usize,
    /// Seed of the world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Serves a party; what this program starts by itself.
    #[arg(long, hide = true, num_args = 1..=2)]
    serve: Vec<PathBuf>,
    /// Looks up a seller; what this program starts by itself.
    #[arg(long, hide = true, num_args = 2)]
    look: Vec<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let any: SocketAddr = "127.0.0.1:0".parse()?;
    match (arguments.serve.as_slice(), arguments.look.as_slice()) {
        ([folder], _) => Ok(run_role(Role::Hub, folder, any, Transport::Tls)?),
        ([folder, seal_key], _) => {
            let role = Role::KeyServer { quota: QUOTA, seal_key: seal_key.clone() };
            Ok(run_role(role, folder, any, Transport::Tls)?)
        }
        (_, [folder, file]) => member(folder)?.lookup(file, None).map(drop).context("look up"),
        _ => measure(&arguments),
    }
}

fn member(folder: &Path) -> Result<Member> {
    let folder = MemberFolder(folder.to_owned());
    let endpoints = folder.endpoints(Transport::Tls)?;
    Ok(Member::open(&folder, &endpoints)?)
}

#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn measure(arguments: &Arguments) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let ceremony = hold_ceremony(temporary.path(), 1, &["enroller", "asker"])?;
    let accounts = WORLD_ACCOUNTS.min(10 * arguments.enrolled as u64 + 2_000);
    let world = World::make("mix", accounts, arguments.seed)?;
    let begun = Instant::now();
    let filled = fill(&world, arguments.enrolled, &ceremony.hub)?;
    println!("{} accounts enrolled, {:.1} entries each", arguments.enrolled, filled as f64 / arguments.enrolled as f64);
    println!("journal written in {:.1} s", begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    let mut relays = Vec::new();
    let mut parties = Vec::new();
    for (folder, seal_key) in ceremony.key_servers.iter().zip(&ceremony.seal_keys) {
        parties.push(Running::start(&[folder, seal_key])?);
    }
    parties.push(Running::start(&[&ceremony.hub])?);
    println!("hub started in {:.1} s", begun.elapsed().as_secs_f64());
    let bytes = Arc::new(Bytes::default());
    for party in &parties {
        relays.push(relay(&party.address, Arc::clone(&bytes))?.to_string());
    }
    let [one, two, three, hub] = relays.try_into().ok().context("four relays")?;
    let endpoints = Endpoints { key_servers: [one, two, three], hub, transport: Transport::Tls };
    for folder in &ceremony.members {
        MemberFolder(folder.clone()).enrol(folder, &endpoints)?;
    }
    let [enroller, asker] = ceremony.members.as_slice() else { bail!("expected two members") };

    let drafts = drafts(&world)?;
    let enrolled: Vec<&Value> = drafts.iter().take(REAL).collect();
    let others: Vec<&Value> = drafts.iter().skip(REAL).collect();
    let file = temporary.path().join("enrolled.jsonl");
    write(&file, &enrolled)?;
    member(enroller)?.submit(&file, None)?;

    // The filter is there before anything is counted; it comes with the first lookup, of a seller that nobody asks for again.
    bytes.take();
    let begun = Instant::now();
    let first = temporary.path().join("first.jsonl");
    write(&first, &others[..1])?;
    let warm = member(asker)?;
    warm.lookup(&first, None)?;
    let filter = std::fs::metadata(asker.join("epoch-1/filter.bin"))?.len();
    println!(
        "filter {:.1} MB, {:.2} bits an entry; built, fetched and a seller looked up in {:.1} s",
        filter as f64 / 1e6,
        8.0 * filter as f64 / filled as f64,
        begun.elapsed().as_secs_f64()
    );

    let enrolled: Vec<Value> = enrolled.into_iter().map(elsewhere).collect();
    let enrolled: Vec<&Value> = enrolled.iter().collect();
    println!(
        "{:10} {:5} {:>8} {:>9} {:>9} {:>9} {:>11} {:>11}",
        "sellers", "", "lookups", "found", "p50 ms", "p99 ms", "bytes mean", "bytes max"
    );
    for (name, sellers) in [("enrolled", &enrolled), ("others", &others[1..].to_vec())] {
        // A seller is looked up cold or warm, never both.
        for (state, of) in [("cold", 0), ("warm", 1)] {
            let mut row = Row::default();
            for (at, seller) in sellers.iter().skip(of).step_by(2).take(arguments.lookups).enumerate() {
                let file = temporary.path().join("one.jsonl");
                write(&file, &[*seller])?;
                bytes.take();
                let begun = Instant::now();
                if state == "cold" {
                    let status = Command::new(std::env::current_exe()?).arg("--look").arg(asker).arg(&file).status();
                    ensure!(status.context("start a member")?.success(), "lookup {at} failed");
                } else {
                    row.found += usize::from(!warm.lookup(&file, None)?.is_empty());
                }
                row.spent.push(begun.elapsed());
                row.bytes.push(bytes.settled());
            }
            row.print(name, state);
        }
    }
    if let Some(mib) = parties.last().and_then(|hub| peak_memory_mib_of(hub.process.id())) {
        println!("peak memory of the hub {mib} MiB");
    }
    Ok(())
}

#[derive(Default)]
struct Row {
    spent: Vec<Duration>,
    bytes: Vec<u64>,
    found: usize,
}

impl Row {
    #[allow(clippy::print_stdout, reason = "figures go to stdout")]
    fn print(mut self, name: &str, state: &str) {
        self.spent.sort_unstable();
        let count = self.spent.len();
        let at = |share: f64| self.spent.get((count as f64 * share) as usize).map_or(0.0, |s| s.as_secs_f64() * 1e3);
        let (mean, max) = (self.bytes.iter().sum::<u64>() / count.max(1) as u64, self.bytes.iter().max().unwrap_or(&0));
        let found = if state == "warm" { self.found.to_string() } else { "-".to_owned() };
        println!("{name:10} {state:5} {count:8} {found:>9} {:9.1} {:9.1} {mean:11} {max:11}", at(0.5), at(0.99));
    }
}

/// The last observation of every account, listings left out.
fn drafts(world: &World) -> Result<Vec<Value>> {
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for draft in world.drafts()? {
        let key = format!("{}/{}", draft["platform"], draft["account_id"]);
        last.insert(blake3::hash(key.as_bytes()).to_hex().to_string(), draft);
    }
    Ok(last.into_values().collect())
}

/// The same seller on another platform.
fn elsewhere(draft: &Value) -> Value {
    let mut draft = draft.clone();
    draft["platform"] = Value::from("elsewhere");
    draft
}

fn write(path: &Path, drafts: &[&Value]) -> Result<()> {
    let lines: String = drafts.iter().map(|draft| format!("{draft}\n")).collect();
    std::fs::write(path, lines).context("write accounts")
}

/// Fills the hub's journal and says with how many entries.
fn fill(world: &World, enrolled: usize, hub: &Path) -> Result<usize> {
    let classes = Classes::shipped()?;
    let profiles = world.profiles(&ClearKeyer::new(PUBLIC_KEY))?;
    let is_blind = |input: &TokenInput| classes.tier(input.class) == Tier::Blind;
    // Tokens of the blind tier, and how many identifiers there are in the other one.
    let (tokens, identifiers): (Vec<Vec<[u8; 32]>>, Vec<usize>) = profiles
        .iter()
        .map(|(_, profile)| {
            let (blind, joinable): (Vec<_>, Vec<_>) = inputs(profile, &classes).into_iter().partition(is_blind);
            (blind.iter().map(digest).collect(), joinable.len())
        })
        .unzip();
    let mut holders: HashMap<[u8; 32], usize> = HashMap::new();
    tokens.iter().flatten().for_each(|token| *holders.entry(*token).or_default() += 1);
    let common = tokens.len() / COMMON;
    let mut random = blake3::Hasher::new().update(b"measure_lookup").finalize_xof();
    let mut count = 0;
    let accounts = (0..enrolled).map(|at| {
        let copy = at / tokens.len();
        let of = &tokens[at % tokens.len()];
        let tags = of.iter().map(|token| if common < holders[token] { *token } else { salted(token, copy) });
        (tags.map(|tag| tag[..16].to_vec()).collect::<Vec<_>>(), identifiers[at % tokens.len()])
    });
    let mut bytes = |length: usize| {
        let mut some = vec![0; length];
        random.fill(&mut some);
        some
    };
    let mut payloads = Vec::new();
    let mut waiting = SubmitPayload::default();
    let write = |payloads: &mut Vec<SubmitPayload>| fill_journal(hub, "enroller", payloads.drain(..));
    for (tags, identifiers) in accounts {
        waiting.pseudonyms.push(Pseudonym { pseudonym: bytes(16), opening_key: bytes(32) });
        let elements = (0..identifiers).map(|_| JoinableElement { handle: bytes(16), element: bytes(32) });
        waiting.elements.extend(elements);
        count += tags.len();
        waiting.entries.extend(tags.into_iter().map(|tag| Entry { tag, sealed_box: bytes(BOX_BYTES) }));
        if PSEUDONYMS <= waiting.pseudonyms.len() || ENTRIES <= waiting.entries.len() {
            payloads.push(std::mem::take(&mut waiting));
        }
        if 256 <= payloads.len() {
            write(&mut payloads)?;
        }
    }
    payloads.push(waiting);
    write(&mut payloads)?;
    Ok(count)
}

fn digest(input: &TokenInput) -> [u8; 32] {
    *blake3::Hasher::new().update(&input.class.0.to_be_bytes()).update(&input.bytes()).finalize().as_bytes()
}

fn salted(token: &[u8; 32], copy: usize) -> [u8; 32] {
    *blake3::keyed_hash(token, &(copy as u64).to_be_bytes()).as_bytes()
}

/// A party that is ended with the measurement.
struct Running {
    process: Child,
    address: String,
}

impl Running {
    fn start(folders: &[&PathBuf]) -> Result<Running> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve").args(folders).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running { process: command.spawn().context("start a party")?, address: String::new() };
        let mut lines = BufReader::new(running.process.stderr.take().context("a party has no stderr")?).lines();
        for line in lines.by_ref() {
            if let Some(address) = line?.strip_prefix("listening on ") {
                running.address = address.to_owned();
                // Read on, so that its pipe does not fill.
                std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
                return Ok(running);
            }
        }
        bail!("a party ended before it listened")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Bytes that relays have passed on, both ways.
#[derive(Default)]
struct Bytes(AtomicU64);

impl Bytes {
    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }

    /// Once nothing has come for a while: what ends a connection comes after the answer.
    fn settled(&self) -> u64 {
        loop {
            let before = self.0.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(5));
            if self.0.load(Ordering::Relaxed) == before {
                return before;
            }
        }
    }
}

/// Listens and passes on to a party; ends with the process.
fn relay(party: &str, bytes: Arc<Bytes>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let party = party.to_owned();
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let Ok(far) = TcpStream::connect(&party) else { continue };
            let pairs = [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))];
            for (from, to) in pairs {
                if let (Ok(from), Ok(to)) = (from, to) {
                    let bytes = Arc::clone(&bytes);
                    std::thread::spawn(move || pass_on(from, to, &bytes));
                }
            }
        }
    });
    Ok(address)
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, bytes: &Bytes) {
    // What is small goes at once, as between the parties themselves.
    let _ = to.set_nodelay(true);
    let mut some = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut some) {
        bytes.0.fetch_add(count as u64, Ordering::Relaxed);
        if to.write_all(&some[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
