//! The binary as a whole, from outside: it starts, answers a stranger, and stops in order.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

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

#[test]
fn a_stranger_who_knows_only_reflection_is_served() {
    let python = Command::new("python3").args(["-c", "import grpc, grpc_reflection"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os(PYTHON_REQUIRED).is_none(), "python3 lacks grpcio or grpcio-reflection");
        eprintln!("skipped: python3 lacks grpcio or grpcio-reflection; `make test` brings them");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let running = start(data.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/client.py");
    let output = Command::new("python3").arg(script).arg(&running.address).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
