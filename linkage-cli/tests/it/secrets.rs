//! Full card numbers: refused where a card is asked for, and nowhere kept.

use std::fs;

use linkage_core::store::{KeyRange, RocksOptions, RocksStore, Store};

use crate::setup::Bench;

/// The usual test numbers of four issuers, as people write them.
const CARDS: [&str; 4] = ["4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011.1111.1111.1117"];

fn account(n: usize, card: &str) -> String {
    let json = r#"{"platform":"temu","account_id":"sN","observed_at":"2024-05-03T12:00:00Z","source":"S","display_name":"pay C now",
        "legal_name":"C Ltd","description":"card C","persons":[{"name":"A C","birth_place":"C","role":"C"}],
        "registrations":[{"scheme":"OTHER","value":"C"}],"documents":[{"scheme":"PASSPORT","value":"C"}],
        "emails":["C@post.example"],"phones":["C"],"urls":["https://shop.example/C"],
        "addresses":[{"text":"C Road","street":"C Road","locality":"C","region":"C","postcode":"C"}],
        "handles":[{"service":"wechat","value":"C"}],"payments":[{"scheme":"ALIPAY","value":"C","holder_name":"C"}],
        "trackers":[{"scheme":"ADSENSE","value":"C"}],"images":[{"path":"C.jpg"}],"attributes":[{"name":"note","value":"C"}]}"#;
    json.replace('\n', "").replace("sN", &format!("s{n}")).replace('C', card)
}

fn listing(n: usize, card: &str) -> String {
    let json = r#"{"platform":"temu","listing_id":"lN","account_id":"sN","observed_at":"2024-05-03T12:00:00Z","source":"S",
        "title":"bag C","description":"C","brand":"C","category":"C","url":"https://shop.example/C","images":[{"path":"C.jpg"}]}"#;
    json.replace('\n', "").replace('N', &n.to_string()).replace('C', card)
}

fn enforcement(n: usize, card: &str) -> String {
    let json = r#"{"platform":"temu","enforcement_id":"eN","account_id":"sN","taken_at":"2024-05-03T12:00:00Z","action":"BAN",
        "right":{"kind":"DESIGN","office":"C","number":"C"},"rights_holder":"C"}"#;
    json.replace('\n', "").replace('N', &n.to_string()).replace('C', card)
}

#[test]
fn no_store_file_and_no_output_holds_a_full_card_number() {
    let bench = Bench::empty();
    let lines = |line: fn(usize, &str) -> String| -> String {
        CARDS.iter().enumerate().map(|(n, card)| line(n, card) + "\n").collect()
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
        said.push(ran.stdout + &ran.stderr);
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
        let line = r#"{"platform":"temu","account_id":"s","observed_at":"2024-05-03T12:00:00Z","payments":[{"scheme":"CARD","value":"C"}]}"#;
        bench.write("a.jsonl", line.replace('C', card).replace(&format!("{card}ARD"), "CARD"));
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
