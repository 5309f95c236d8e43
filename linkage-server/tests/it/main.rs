//! The binary as a whole, from outside: it starts, answers a stranger, and stops in order.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that cannot run says so")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Set where a Python without grpcio is a failure and not a reason to skip.
const PYTHON_REQUIRED: &str = "LINKAGE_TESTS_PYTHON";

/// A service that is killed when the test ends, however it ends.
struct Running {
    process: Child,
    address: String,
    log: BufReader<std::process::ChildStderr>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linkage-server"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data).env("RUST_LOG", "warn").stderr(Stdio::piped());
    command
}

fn start(data: &Path) -> Running {
    let mut process = binary(data).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("listening on ") {
        said.clear();
        assert_ne!(log.read_line(&mut said).unwrap(), 0, "the service ended before it listened");
    }
    let address = said.trim().trim_start_matches("listening on ").to_owned();
    Running { process, address, log }
}

#[cfg(unix)]
fn tell_to_stop(process: &Child) {
    let told = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(told.success());
}

#[cfg(unix)]
#[test]
fn sigterm_stops_it_in_order_and_the_store_opens_again() {
    let data = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let mut running = start(&data.path().join("store"));
        tell_to_stop(&running.process);
        let start = Instant::now();
        let status = running.process.wait().unwrap();
        let mut rest = String::new();
        running.log.read_to_string(&mut rest).unwrap();
        assert!(status.success(), "{status}: {rest}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_store_that_is_in_use_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let _running = start(data.path());
    let second = binary(data.path()).output().unwrap();
    assert_eq!(second.status.code(), Some(3));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.starts_with("linkage-server: open store: "), "{said}");
}

#[test]
fn a_bad_configuration_is_a_usage_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "colour = 1\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_linkage-server")).arg("--config").arg(file.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("colour"));
}

/// A Python with grpcio and reflection; nothing, and a word about it, where there is none and none is required.
fn python() -> Option<Command> {
    let python = Command::new("python3").args(["-c", "import grpc, grpc_reflection"]).output();
    if python.is_ok_and(|output| output.status.success()) {
        return Some(Command::new("python3"));
    }
    assert!(std::env::var_os(PYTHON_REQUIRED).is_none(), "python3 lacks grpcio or grpcio-reflection");
    eprintln!("skipped: python3 lacks grpcio or grpcio-reflection; `make test` brings them");
    None
}

#[track_caller]
fn expect_success(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_stranger_who_knows_only_reflection_is_served() {
    let Some(mut python) = python() else { return };
    let data = tempfile::tempdir().unwrap();
    let running = start(data.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/client.py");
    expect_success(python.arg(script).arg(&running.address));
}

#[test]
fn the_program_in_the_documentation_works() {
    let Some(mut python) = python() else { return };
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md")).unwrap();
    let blocks = text.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<&str> = blocks.collect();
    assert!(5 <= blocks.len(), "docs/api.md was not understood");
    let data = tempfile::tempdir().unwrap();
    let running = start(data.path());
    let program = blocks.concat().replace("127.0.0.1:50051", &running.address);
    expect_success(python.args(["-c", &program]));
}

/// Callers who ask all the time, each counting what became of its calls, while the service is told to stop.
#[cfg(unix)]
#[test]
fn sigterm_under_load_ends_calls_and_refuses_new_ones() {
    use linkage_proto::proto;
    use linkage_proto::proto::linkage_service_client::LinkageServiceClient;
    use tonic::transport::Channel;

    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path());
    let address = format!("http://{}", running.address);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let account = |id: &str| proto::Account {
        platform: "p".into(),
        account_id: id.into(),
        observed_at: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        emails: vec!["one@example.com".into()],
        ..proto::Account::default()
    };
    let counts = runtime.block_on(async {
        let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
        let record = proto::IngestRequest {
            link: true,
            record: Some(proto::ingest_request::Record::Account(account("a"))),
            ..proto::IngestRequest::default()
        };
        LinkageServiceClient::new(channel.clone()).ingest(tokio_stream::iter([record])).await.unwrap();
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let mut client = LinkageServiceClient::new(channel.clone());
                let asked = proto::ResolveRequest { accounts: vec![account("b")], ..proto::ResolveRequest::default() };
                tokio::spawn(async move {
                    let mut answered = 0_u32;
                    loop {
                        match client.resolve(asked.clone()).await {
                            Ok(_) => answered += 1,
                            Err(status) => return (answered, format!("{status:?}")),
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        tell_to_stop(&running.process);
        let mut counts = Vec::new();
        for caller in callers {
            counts.push(tokio::time::timeout(Duration::from_secs(20), caller).await.unwrap().unwrap());
        }
        counts
    });
    let status = running.process.wait().unwrap();
    let mut rest = String::new();
    running.log.read_to_string(&mut rest).unwrap();
    assert!(status.success(), "{status}: {rest}");
    assert!(counts.iter().all(|(answered, ..)| 0 < *answered), "{counts:?}");
    // Calls under way are answered. What ends a caller is a call that was not taken: nobody listens any more, or it
    // crossed the server's word that no more are taken, which is not an error of the connection.
    let not_taken = |status: &String| {
        ["ConnectionRefused", "GoAway(b\"\", NO_ERROR, Remote)", "Canceled"].iter().any(|word| status.contains(word))
    };
    assert!(counts.iter().all(|(_, status)| not_taken(status)), "{counts:?}");
    drop(start(data.path()));
}
