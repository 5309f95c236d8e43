//! How many `Check` calls a second the service answers, beside an empty echo of the same messages.
//!
//! ```text
//! check_load testdata/world
//! ```
//!
//! Both servers run as processes of their own on loopback, without TLS, and are asked in turns by the same client: 64 calls in flight over
//! four connections, over the accounts of the data in a fixed order. The echo decodes the request and encodes an answer with the
//! account in it, and does nothing else: what tonic alone costs. Prints calls a second, median and 99th percentile, and the ratio of
//! the medians of the rounds; exit status 1 where that is below `--ratio-min`. Ends by itself after `rounds * 2 * seconds`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use linkage_core::linker::{ImportHow, Linker, RecordKind};
use linkage_proto::proto::linkage_service_client::LinkageServiceClient;
use linkage_proto::proto::{CheckRequest, CheckResponse};
use tonic::codegen::{Body, BoxFuture, Context as Polling, Poll, Service, StdError, http};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};

/// Calls in flight.
const IN_FLIGHT: usize = 64;
/// Connections they are spread over.
const CONNECTIONS: usize = 4;
/// Calls before the clock starts.
const WARM_UP: Duration = Duration::from_secs(1);

/// Measures `Check` against an empty echo.
#[derive(Parser)]
struct Arguments {
    /// Folder with accounts.jsonl, listings.jsonl and enforcements.jsonl.
    #[arg(default_value = "testdata/world")]
    data: PathBuf,
    /// Seconds of each round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds of each server.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The least ratio that counts as reached.
    #[arg(long, default_value_t = 0.20)]
    ratio_min: f64,
    /// Serves the echo; what this program starts by itself.
    #[arg(long, hide = true)]
    serve_echo: bool,
}

/// A server that is ended with the measurement.
struct Running {
    process: Child,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What one round gave.
#[derive(Clone, Copy, Debug)]
struct Round {
    calls_per_second: f64,
    p50: Duration,
    p99: Duration,
}

#[allow(clippy::print_stdout, reason = "figures go to stdout")]
fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if arguments.serve_echo {
        runtime.block_on(serve_echo())?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let accounts = make_store(&arguments.data, folder.path())?;
    let beside = std::env::current_exe()?;
    let server = beside.with_file_name("linkage-server");
    let mut serve = Command::new(&server);
    serve.args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).env("RUST_LOG", "warn");
    let service = start(serve).with_context(|| format!("start {}", server.display()))?;
    let mut echo = Command::new(&beside);
    echo.arg("--serve-echo");
    let echo = start(echo).context("start the echo")?;

    println!("{} accounts, {IN_FLIGHT} calls in flight over {CONNECTIONS} connections, no TLS", accounts.len());
    println!("{:8} {:>12} {:>10} {:>10}", "server", "calls/s", "p50 ms", "p99 ms");
    let accounts: Arc<[String]> = accounts.into();
    let (mut echoed, mut checked) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        for (name, running, rounds) in [("echo", &echo, &mut echoed), ("Check", &service, &mut checked)] {
            let round = runtime.block_on(measure(&running.address, &accounts, arguments.seconds))?;
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            println!("{name:8} {:12.0} {:10.2} {:10.2}", round.calls_per_second, ms(round.p50), ms(round.p99));
            rounds.push(round.calls_per_second);
        }
    }
    let ratio = median(&mut checked) / median(&mut echoed);
    println!("ratio    {ratio:12.3}   (reach {:.2})", arguments.ratio_min);
    Ok(if arguments.ratio_min <= ratio { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Imports and links the data, and lists its accounts in an order that jumps about.
fn make_store(data: &Path, folder: &Path) -> Result<Vec<String>> {
    let linker = Linker::open_dir(folder)?;
    let stop = AtomicBool::new(false);
    for (kind, name) in [
        (RecordKind::Accounts, "accounts.jsonl"),
        (RecordKind::Listings, "listings.jsonl"),
        (RecordKind::Enforcements, "enforcements.jsonl"),
    ] {
        let mut how =
            ImportHow { link: false, images_root: None, skip_bad: None, progress: &mut |_, _| {}, stop: &stop };
        linker.import_file(kind, &data.join(name), &mut how)?;
    }
    linker.link(&mut |_| {}, &stop)?;
    let mut accounts = Vec::new();
    linker.memberships(linkage_core::score::Band::Act, &mut |member| {
        accounts.push(member.account.to_string());
        Ok(())
    })?;
    if accounts.is_empty() {
        bail!("no account in {}", data.display());
    }
    // A step that shares no factor with any small number of accounts: every account, far from the one before.
    let step = 7919;
    Ok((0..accounts.len()).map(|n| accounts[n * step % accounts.len()].clone()).collect())
}

/// Starts a server and waits for the line that says where it listens.
fn start(mut command: Command) -> Result<Running> {
    let mut process = command.stderr(Stdio::piped()).spawn()?;
    let stderr = process.stderr.take().context("take stderr")?;
    let mut running = Running { process, address: String::new() };
    let mut lines = BufReader::new(stderr).lines();
    for line in lines.by_ref() {
        if let Some(address) = line?.strip_prefix("listening on ") {
            running.address = format!("http://{address}");
            // A server whose log nobody reads cannot write to it; what it says is worth seeing, too.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| tell(&line)));
            return Ok(running);
        }
    }
    bail!("it ended before it listened")
}

#[allow(clippy::print_stderr, reason = "what the server says goes on to stderr")]
fn tell(line: &str) {
    eprintln!("{line}");
}

async fn measure(address: &str, accounts: &Arc<[String]>, seconds: u64) -> Result<Round> {
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        channels.push(Channel::from_shared(address.to_owned())?.connect().await?);
    }
    let counting = Arc::new(AtomicBool::new(false));
    let ended = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..IN_FLIGHT)
        .map(|n| {
            let client = LinkageServiceClient::new(channels[n % CONNECTIONS].clone());
            tokio::spawn(call_on(client, n, Arc::clone(accounts), Arc::clone(&counting), Arc::clone(&ended)))
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    counting.store(true, Ordering::Relaxed);
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    counting.store(false, Ordering::Relaxed);
    let elapsed = start.elapsed();
    ended.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Round { calls_per_second: times.len() as f64 / elapsed.as_secs_f64(), p50: at(0.5), p99: at(0.99) })
}

/// One call after the other until told to end; the times of those that count.
async fn call_on(
    mut client: LinkageServiceClient<Channel>,
    first: usize,
    accounts: Arc<[String]>,
    counting: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for account in accounts.iter().cycle().skip(first * accounts.len() / IN_FLIGHT) {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        let start = Instant::now();
        client.check(CheckRequest { account: account.clone(), as_of: None }).await?;
        if counting.load(Ordering::Relaxed) {
            times.push(start.elapsed());
        }
    }
    Ok(times)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// `Check` that answers with the account it was asked about.
#[derive(Clone, Copy, Debug)]
struct Echo;

impl tonic::server::NamedService for Echo {
    const NAME: &'static str = "linkage.v1.LinkageService";
}

impl tonic::server::UnaryService<CheckRequest> for Echo {
    type Response = CheckResponse;
    type Future = std::future::Ready<Result<tonic::Response<CheckResponse>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<CheckRequest>) -> Self::Future {
        let reason = request.into_inner().account;
        std::future::ready(Ok(tonic::Response::new(CheckResponse { reason, ..CheckResponse::default() })))
    }
}

impl<B> Service<http::Request<B>> for Echo
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _polling: &mut Polling<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(tonic_prost::ProstCodec::default());
            Ok(grpc.unary(Echo, request).await)
        })
    }
}

#[allow(clippy::print_stderr, reason = "the starter waits for this line")]
async fn serve_echo() -> Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Ok(Server::builder().tcp_nodelay(true).add_service(Echo).serve_with_incoming(incoming).await?)
}
