//! Full card numbers: refused where a card is asked for, and kept in no text, nor in the path of an image, which need not be found again once
//! its record is in. Ids and GTINs are exempt.

use std::fs;

use linkage_core::store::{KeyRange, RocksOptions, RocksStore, Store};

use crate::setup::Bench;

/// The usual test numbers of four issuers, as people write them.
const CARDS: [&str; 4] = ["4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011.1111.1111.1117"];

fn account(n: usize, card: &str) -> String {
    let json = r#"{"platform":"temu","account_id":"s<n>","observed_at":"2024-05-03T12:00:00Z","source":"S","display_name":"pay <c> now",
        "legal_name":"<c> Ltd","description":"card <c>","persons":[{"name":"A <c>","birth_place":"<c>","role":"<c>"}],
        "registrations":[{"scheme":"OTHER","value":"<c>"}],"documents":[{"scheme":"PASSPORT","value":"<c>"}],
        "emails":["<c>@post.example"],"phones":["<c>"],"urls":["https://shop.example/<c>"],
        "addresses":[{"text":"<c> Road","street":"<c> Road","locality":"<c>","region":"<c>","postcode":"<c>"}],
        "handles":[{"service":"wechat","value":"<c>"}],"payments":[{"scheme":"ALIPAY","value":"<c>","holder_name":"<c>"}],
        "trackers":[{"scheme":"ADSENSE","value":"<c>"}],"images":[{"path":"<c>.jpg"}],"attributes":[{"name":"note","value":"<c>"}]}"#;
    json.replace('\n', "").replace("<n>", &n.to_string()).replace("<c>", card)
}

fn listing(n: usize, card: &str) -> String {
    let json = r#"{"platform":"temu","listing_id":"l<n>","account_id":"s<n>","observed_at":"2024-05-03T12:00:00Z","source":"S",
        "title":"bag <c>","description":"<c>","brand":"<c>","category":"<c>","url":"https://shop.example/<c>","images":[{"path":"<c>.jpg"}]}"#;
    json.replace('\n', "").replace("<n>", &n.to_string()).replace("<c>", card)
}

fn enforcement(n: usize, card: &str) -> String {
    let json = r#"{"platform":"temu","enforcement_id":"e<n>","account_id":"s<n>","taken_at":"2024-05-03T12:00:00Z","action":"BAN",
        "right":{"kind":"DESIGN","office":"<c>","number":"<c>"},"rights_holder":"<c>"}"#;
    json.replace('\n', "").replace("<n>", &n.to_string()).replace("<c>", card)
}

#[test]
fn no_store_file_and_no_output_holds_a_full_card_number() {
    let bench = Bench::empty();
    let lines = |line: fn(usize, &str) -> String| -> String {
        CARDS.iter().enumerate().map(|(n, card)| format!("{}\n", line(n, card))).collect()
    };
    bench.write("a.jsonl", lines(account));
    bench.write("l.jsonl", lines(listing));
    bench.write("e.jsonl", lines(enforcement));
    let import = ["import", "--accounts", "a.jsonl", "--listings", "l.jsonl", "--enforcements", "e.jsonl"];
    let mut said = Vec::new();
    let resolve = ["resolve", "--account", "a.jsonl", "--listings", "l.jsonl", "--format", "json"];
    for arguments in
        [&import[..], &["link"], &["export", "links", "--all"], &resolve, &["explain", "temu/s0", "temu/s1"]]
    {
        let ran = bench.run(arguments).expect(0);
        said.extend([ran.stdout, ran.stderr]);
    }
    holds_no_card("the output", said.join("\n").as_bytes());
    for entry in fs::read_dir(bench.path("linkage-data")).unwrap() {
        let path = entry.unwrap().path();
        holds_no_card(&path.display().to_string(), &fs::read(&path).unwrap());
    }
    // Tables are compressed, so the rows are read as well.
    let store = RocksStore::open(&bench.path("linkage-data"), RocksOptions::small()).unwrap();
    let mut rest = Some(KeyRange::all());
    while let Some(range) = rest {
        let page = store.snapshot().unwrap().scan(&range, 1000).unwrap();
        for (key, value) in &page.rows {
            holds_no_card("a row", &[key.as_slice(), b" ", value].concat());
        }
        rest = page.rest;
    }
}

#[test]
fn a_full_number_refuses_a_card_payment_and_is_not_repeated() {
    for card in CARDS {
        let bench = Bench::empty();
        let line = r#"{"platform":"temu","account_id":"s","observed_at":"2024-05-03T12:00:00Z","payments":[{"scheme":"CARD","value":"<c>"}]}"#;
        bench.write("a.jsonl", line.replace("<c>", card));
        let ran = bench.run(["import", "--accounts", "a.jsonl"]).expect(2).says("payments[0].value: expected BIN");
        holds_no_card("stderr", ran.stderr.as_bytes());
    }
}

/// As written, and as bare digits.
#[track_caller]
fn holds_no_card(place: &str, bytes: &[u8]) {
    for card in CARDS {
        let digits: String = card.chars().filter(char::is_ascii_digit).collect();
        for text in [card, &digits] {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{place} holds {text}");
        }
    }
}
