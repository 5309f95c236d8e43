//! Private matching with real processes: what comes out, and what the other parties are left with.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

#[path = "../../../linkage-server/src/exchange/tests/spellings.rs"]
mod spellings;

use crate::documents::fenced;
use crate::setup::{Bench, Ran, repository};
use spellings::{MARKERS, spellings};

const LEFT: &str = r#"{"platform":"ebay_uk","account_id":"l1","observed_at":"2026-01-05T00:00:00Z","persons":[{"name":"Zebediah Quillfeather","birth_date":"1971-11-23"}],"emails":["quillfeather.z@post.example"],"phones":["+442079460991"],"addresses":[{"street":"17 Marmalade Crescent","locality":"Wickershamville","postcode":"ZE9 9QF","country":"GB"}],"payments":[{"scheme":"PAYPAL","value":"zebquill@pay.example"}]}
{"platform":"ebay_uk","account_id":"l2","observed_at":"2026-01-05T00:00:00Z","persons":[{"name":"Anna Schmidt","birth_date":"1980-01-02"}],"addresses":[{"street":"3 High Street","locality":"Leeds","postcode":"LS1 1AA","country":"GB"}]}
"#;

const RIGHT: &str = r#"{"platform":"tiktok","account_id":"r1","observed_at":"2026-02-05T00:00:00Z","persons":[{"name":"Zebediah Quilfeather","birth_date":"1971-11-23"}],"phones":["+442079460991"],"addresses":[{"street":"17 Marmalade Crescent","locality":"Wickershamville","postcode":"ZE9 9QF","country":"GB"}],"payments":[{"scheme":"PAYPAL","value":"zebquill@pay.example"}]}
{"platform":"tiktok","account_id":"r2","observed_at":"2026-02-05T00:00:00Z","persons":[{"name":"Peter Jones","birth_date":"1955-07-09"}],"addresses":[{"street":"88 Mill Lane","locality":"York","postcode":"YO1 7HH","country":"GB"}]}
"#;

/// Matches both files and keeps what every party holds.
fn matched() -> (Bench, Ran) {
    let bench = Bench::empty();
    bench.write("left.jsonl", LEFT);
    bench.write("right.jsonl", RIGHT);
    let arguments =
        ["exchange", "match", "--left", "left.jsonl", "--right", "right.jsonl", "--format", "csv", "--keep", "kept"];
    let ran = bench.run(arguments).expect(0);
    (bench, ran)
}

#[test]
fn one_seller_on_two_platforms_is_found_and_nobody_else() {
    let (_bench, Ran { stdout: rows, .. }) = matched();
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 2, "{rows}");
    assert_eq!(lines[0], "left,right,probability,band,opened");
    assert!(
        lines[1].starts_with("ebay_uk/l1,tiktok/r1,0.99") || lines[1].starts_with("ebay_uk/l1,tiktok/r1,1"),
        "{rows}"
    );
    assert!(lines[1].ends_with(",ACT,true"), "{rows}");
}

#[test]
fn no_planted_value_reaches_a_key_server_or_the_hub() {
    let (bench, ran) = matched();
    // What the servers log goes where the command's talk goes.
    assert_eq!(leaks(ran.stderr.as_bytes()), Vec::<String>::new());
    let kept = bench.path("kept");
    let parties: Vec<PathBuf> =
        ["keyserver-1", "keyserver-2", "keyserver-3", "hub"].iter().map(|party| kept.join(party)).collect();
    let mut read = 0;
    for party in &parties {
        for file in files(party) {
            read += fs::metadata(&file).unwrap().len();
            assert_eq!(leaks(&fs::read(&file).unwrap()), Vec::<String>::new(), "{}", file.display());
        }
    }
    assert!(10_000 < read, "only {read} bytes were read");
    // The search itself works: a leak that is planted in every spelling is found.
    for (at, spelling) in spellings(MARKERS[0]).into_iter().enumerate() {
        let file = parties[3].join(format!("planted-{at}"));
        fs::write(&file, [b"xx".as_slice(), &spelling, b"yy"].concat()).unwrap();
        assert!(!leaks(&fs::read(&file).unwrap()).is_empty(), "spelling {at} was not found");
    }
}

/// A server of the pilot, ended with the test.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn serving(bench: &Bench, arguments: &[&str]) -> Server {
    let mut child = bench.command(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address =
        lines.by_ref().map(Result::unwrap).find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
    std::thread::spawn(move || lines.for_each(drop));
    Server(child, address.unwrap())
}

#[test]
fn a_pilot_set_up_by_the_documented_commands_matches_an_export_in_csv() {
    let bench = Bench::empty();
    let pilot = fs::read_to_string(repository().join("docs/privacy.md")).unwrap();
    bench.shell("linkage member init --folder tiktok --name tiktok").expect(0);
    for command in fenced(&pilot, "sh").iter().filter(|line| line.starts_with("linkage ")) {
        bench.shell(command).expect(0);
    }
    bench
        .shell("linkage exchange ca issue --folder ca --request tiktok/request.json --party tiktok --out post/tiktok")
        .expect(0);
    for party in ["keyserver-1", "keyserver-2", "keyserver-3", "hub"] {
        for entry in fs::read_dir(bench.path(&format!("post/{party}"))).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), bench.path(party).join(entry.file_name())).unwrap();
        }
    }
    // Without its sealing key a key server does not start, nor does a member talk before it enrolled.
    bench.run(["exchange", "keyserver", "--folder", "keyserver-1"]).expect(2).says("--seal-key");
    bench.run(["member", "links", "--folder", "ebay_uk"]).expect(3).says("linkage member enrol");
    let key_servers = [1, 2, 3].map(|number| {
        let (folder, key) = (format!("keyserver-{number}"), format!("seal/keyserver-{number}.key"));
        serving(&bench, &["exchange", "keyserver", "--folder", &folder, "--seal-key", &key])
    });
    let hub = serving(&bench, &["exchange", "hub", "--folder", "hub"]);
    let addresses = key_servers.each_ref().map(|server| server.1.as_str()).join(",");
    for member in ["ebay_uk", "tiktok"] {
        let received = format!("post/{member}");
        let arguments = ["member", "enrol", "--folder", member, "--received", &received];
        let all = [arguments.as_slice(), &["--key-servers", &addresses, "--hub", &hub.1]].concat();
        bench.run(all).expect(0).says("enrolled in epoch 1: 3 of 3 key servers");
    }
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    bench.write("mapping.toml", fenced(&readme, "toml").join("\n"));
    bench.write("sellers.csv", fenced(&readme, "csv").join("\n"));
    let table = ["--accounts", "sellers.csv", "--mapping", "mapping.toml"];
    let member = |verb: &str, name: &str, rest: &[&str]| {
        bench.run([["member", verb, "--folder", name].as_slice(), rest].concat())
    };
    member("submit", "ebay_uk", &table).expect(0).says("3 accounts, 3 of them new");
    member("submit", "ebay_uk", &table).expect(0).says("3 accounts, 0 of them new: 0 tokens evaluated, 0 entries sent");
    member("submit", "ebay_uk", &["--accounts", "sellers.csv"]).expect(2).says("--mapping");
    bench.write(
        "theirs.jsonl",
        r#"{"platform":"tiktok","account_id":"9","observed_at":"2026-02-01T00:00:00Z","persons":[{"name":"Lin Mei"}],"phones":["+447700900685"],"payments":[{"scheme":"IBAN","value":"GB02ZZZZ00001234567890"}]}"#,
    );
    member("submit", "tiktok", &["--accounts", "theirs.jsonl"]).expect(0);
    let rows = member("sync", "tiktok", &["--accounts", "theirs.jsonl", "--format", "csv"]).expect(0).stdout;
    assert!(rows.starts_with("account,own,other,probability,band,opened\ntiktok/9,"), "{rows}");
    let told = member("links", "ebay_uk", &["--format", "csv"]).expect(0).stdout;
    assert!(told.contains("\nebay_uk/1001,"), "{told}");
    assert!(!told.contains("ebay_uk/1003"), "{told}");
}

#[test]
fn the_demo_tells_what_each_party_saw() {
    let bench = Bench::empty();
    let story = bench.run(["exchange", "demo", "--keep", "kept"]).expect(0).stdout;
    for said in [
        "keyserver-1  saw ",
        "hub          saw 6 pseudonyms, 2048 elements and 8192 entries",
        "1 element came from both",
        "ebay_uk      sees ebay_uk/harrier_bags and pseudonym ",
        "hub          saw that ebay_uk opened 1 of the pseudonyms, and links that it published: 1",
        "tiktok       is told that its tiktok/harrierstyle is linked with pseudonym ",
        "ebay_uk      sees ebay_uk/quill_leather and pseudonym ",
        "found 0 times",
        "Its next request to the hub, on which the new list lies, is refused: certificate: it was revoked.",
    ] {
        assert!(story.contains(said), "expected {said:?} in\n{story}");
    }
    // What is shown is what the hub holds, and no honest seller is in any link.
    assert_eq!(story.matches("sees ebay_uk/").count(), 2, "{story}");
    let line = story.lines().find_map(|line| line.trim().strip_prefix("a tag")).unwrap().trim();
    let journal = fs::read(bench.path("kept/hub/hub.journal")).unwrap();
    let tag: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert!(journal.windows(16).any(|window| window == tag));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!entries.is_empty());
    entries
}

/// Markers found in any spelling.
fn leaks(bytes: &[u8]) -> Vec<String> {
    let has = |spelling: &Vec<u8>| bytes.windows(spelling.len()).any(|window| window == spelling);
    MARKERS.iter().filter(|marker| spellings(marker).iter().any(has)).map(|marker| (*marker).to_owned()).collect()
}
