//! Private matching with real processes: what comes out, and what the other parties are left with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::Bench;

const LEFT: &str = r#"{"platform":"ebay_uk","account_id":"l1","observed_at":"2026-01-05T00:00:00Z","persons":[{"name":"Zebediah Quillfeather","birth_date":"1971-11-23"}],"emails":["quillfeather.z@post.example"],"phones":["+442079460991"],"addresses":[{"street":"17 Marmalade Crescent","locality":"Wickershamville","postcode":"ZE9 9QF","country":"GB"}],"payments":[{"scheme":"PAYPAL","value":"zebquill@pay.example"}]}
{"platform":"ebay_uk","account_id":"l2","observed_at":"2026-01-05T00:00:00Z","persons":[{"name":"Anna Schmidt","birth_date":"1980-01-02"}],"addresses":[{"street":"3 High Street","locality":"Leeds","postcode":"LS1 1AA","country":"GB"}]}
"#;

const RIGHT: &str = r#"{"platform":"tiktok","account_id":"r1","observed_at":"2026-02-05T00:00:00Z","persons":[{"name":"Zebediah Quilfeather","birth_date":"1971-11-23"}],"phones":["+442079460991"],"addresses":[{"street":"17 Marmalade Crescent","locality":"Wickershamville","postcode":"ZE9 9QF","country":"GB"}],"payments":[{"scheme":"PAYPAL","value":"zebquill@pay.example"}]}
{"platform":"tiktok","account_id":"r2","observed_at":"2026-02-05T00:00:00Z","persons":[{"name":"Peter Jones","birth_date":"1955-07-09"}],"addresses":[{"street":"88 Mill Lane","locality":"York","postcode":"YO1 7HH","country":"GB"}]}
"#;

/// Parts of the records that nothing else has.
const MARKERS: [&str; 8] = [
    "quillfeather",
    "Quillfeather",
    "zebediah",
    "1971-11-23",
    "442079460991",
    "marmalade",
    "wickershamville",
    "zebquill@pay.example",
];

/// Matches both files and keeps what every party holds.
fn matched() -> (Bench, String) {
    let bench = Bench::empty();
    bench.write("left.jsonl", LEFT);
    bench.write("right.jsonl", RIGHT);
    let arguments =
        ["exchange", "match", "--left", "left.jsonl", "--right", "right.jsonl", "--format", "csv", "--keep", "kept"];
    let rows = bench.run(arguments).expect(0).stdout;
    (bench, rows)
}

#[test]
fn one_seller_on_two_platforms_is_found_and_nobody_else() {
    let (_bench, rows) = matched();
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 2, "{rows}");
    assert_eq!(lines[0], "left,right,probability,band");
    assert!(
        lines[1].starts_with("ebay_uk/l1,tiktok/r1,0.99") || lines[1].starts_with("ebay_uk/l1,tiktok/r1,1"),
        "{rows}"
    );
    assert!(lines[1].ends_with(",ACT"), "{rows}");
}

#[test]
fn no_planted_value_reaches_a_key_server_or_the_hub() {
    let (bench, _) = matched();
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

/// Raw, hexadecimal in both cases, UTF-16 in both orders, and base64 at each of three offsets without its uncertain ends.
fn spellings(marker: &str) -> Vec<Vec<u8>> {
    let raw = marker.as_bytes().to_vec();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let little: Vec<u8> = marker.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marker.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut all = vec![raw.clone(), hex.to_uppercase().into_bytes(), hex.into_bytes(), little, big];
    for offset in 0..3 {
        let shifted = [vec![0; offset], raw.clone()].concat();
        let whole = shifted.len() / 3 * 3;
        let skip = if offset == 0 { 0 } else { 4 };
        all.push(base64(&shifted[..whole])[skip..].to_vec());
    }
    all
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of_three = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| DIGITS[bits >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(of_three).collect()
}
