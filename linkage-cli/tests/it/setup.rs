//! Folders with a store, and running the binary in them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A temporary folder with the store in `linkage-data` and the invented world in `testdata`.
pub(crate) struct Bench {
    folder: TempDir,
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    /// Without a store.
    pub(crate) fn empty() -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        for folder in ["testdata/world", "testdata/images", "testdata/pairs"] {
            copy(&repository().join(folder), &bench.path(folder));
        }
        bench
    }

    /// With the world imported and linked; made once and copied.
    pub(crate) fn linked() -> Bench {
        static LINKED: OnceLock<Bench> = OnceLock::new();
        let linked = LINKED.get_or_init(|| {
            let bench = Bench::imported();
            bench.run(["link"]).expect(0);
            bench
        });
        let bench = Bench::empty();
        copy(&linked.path("linkage-data"), &bench.path("linkage-data"));
        bench
    }

    /// With the world imported and not linked.
    pub(crate) fn imported() -> Bench {
        let bench = Bench::empty();
        bench.run(import_world()).expect(0);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the binary in the folder.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ran {
        Ran::of(self.command(arguments))
    }

    /// The binary in the folder, not started yet.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linkage"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("LINKAGE_DATA").stdin(Stdio::null());
        command
    }

    /// Runs one line of shell in the folder, with the binary on the PATH.
    pub(crate) fn shell(&self, line: &str) -> Ran {
        let folder = Path::new(env!("CARGO_BIN_EXE_linkage")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([folder.into()].into_iter().chain(std::env::split_paths(&path))).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.path()).env("PATH", path).env_remove("LINKAGE_DATA");
        command.stdin(Stdio::null());
        Ran::of(command)
    }

    /// All that can be seen of the networks and links of the store, and how many accounts wait.
    pub(crate) fn seen(&self) -> String {
        let networks = self.run(["export", "networks", "--band", "lead"]).expect(0);
        let links = self.run(["export", "links", "--all"]).expect(0).stdout;
        format!("{}\n{}\n{links}", networks.stderr, networks.stdout)
    }
}

impl Ran {
    fn of(mut command: Command) -> Ran {
        Ran::from(command.output().unwrap())
    }

    /// Asserts the exit status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Ran {
        assert_eq!(self.status, Some(status), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that there is an answer, be it YES or NO, and gives it.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert!(matches!(self.status, Some(0 | 1)), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Asserts that stderr says something.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Ran {
        assert!(self.stderr.contains(text), "expected {text:?} in\n{}", self.stderr);
        self
    }
}

impl From<std::process::Output> for Ran {
    fn from(output: std::process::Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Imports the three files of the world.
pub(crate) fn import_world() -> Vec<String> {
    let mut arguments = vec!["import".to_owned()];
    for kind in ["accounts", "listings", "enforcements"] {
        arguments.extend([format!("--{kind}"), format!("testdata/world/{kind}.jsonl")]);
    }
    arguments
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
