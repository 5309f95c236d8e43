//! What is found in a small world, however it is written, and that the index keeps in step.

use std::path::Path;

use expect_test::{Expect, expect};
use jiff::Timestamp;

use super::*;
use crate::ledger::{AnyRecord, ImportOptions, LeaveWaiting, Ledger};
use crate::record::{AccountDraft, AccountKey, ListingDraft};
use crate::store::MemoryStore;

const WORLD: &[&str] = &[
    r#"{"platform": "taobao", "account_id": "xm8403", "display_name": "小明运动专营店", "legal_name": "深圳市华强科技有限公司",
        "persons": [{"name": "王小明"}], "phones": ["+86 138 0013 8000"], "addresses": [{"text": "深圳市福田区华强北路1002号"}]}"#,
    r#"{"platform": "ebay_uk", "account_id": "sportzone88", "display_name": "Sport Zone 88", "legal_name": "Huaqiang Technology Ltd",
        "persons": [{"name": "Wang Xiaoming", "birth_place": "Shenzhen"}], "emails": ["wang.xm@sport-zone.example"],
        "urls": ["https://www.sport-zone.example/shop"], "payments": [{"scheme": "PAYPAL", "value": "pay@sport-zone.example"}]}"#,
    r#"{"platform": "etsy", "account_id": "gardenjoy", "display_name": "Garden Joy", "description": "The best tools for the garden.",
        "persons": [{"name": "Mary Pembroke"}], "registrations": [{"scheme": "GB-COH", "value": "0123 4567"}]}"#,
    r#"{"platform": "tiktok", "account_id": "n1", "display_name": "N1K3 0utlet", "persons": [{"name": "Иван Петров"}],
        "handles": [{"service": "wechat", "value": "wx_ivan77"}], "attributes": [{"name": "hint", "value": "ships from Łódź"}]}"#,
];

const LISTINGS: &[&str] = &[
    r#"{"platform": "taobao", "account_id": "xm8403", "listing_id": "t1", "title": "耐克 Air Max 运动鞋 男款", "brand": "Nike"}"#,
    r#"{"platform": "ebay_uk", "account_id": "sportzone88", "listing_id": "e1", "title": "Running shoes Air Maxx", "gtin": "4006381333931"}"#,
];

fn records(ledger: &Ledger, accounts: &[&str], listings: &[&str]) -> Vec<AnyRecord> {
    let at = |text: &str| text.replacen('{', r#"{"observed_at": "2026-01-05T00:00:00Z", "source": "s", "#, 1);
    let account = |text: &&str| {
        let draft: AccountDraft = serde_json::from_str(&at(text)).unwrap();
        AnyRecord::from(draft.check(ledger.intake()).unwrap())
    };
    let listing = |text: &&str| {
        let draft: ListingDraft = serde_json::from_str(&at(text)).unwrap();
        AnyRecord::from(draft.check(ledger.intake()).unwrap())
    };
    accounts.iter().map(account).chain(listings.iter().map(listing)).collect()
}

fn add(ledger: &Ledger, accounts: &[&str], listings: &[&str]) {
    let records = records(ledger, accounts, listings);
    ledger.add(&records, ImportOptions::default(), &mut LeaveWaiting).unwrap().unwrap();
}

fn world() -> Ledger {
    let ledger = Ledger::create(Box::new(MemoryStore::new())).unwrap();
    add(&ledger, WORLD, LISTINGS);
    ledger
}

/// One line a hit: score, account and listing, field and value.
fn found(index: &SearchIndex, ledger: &Ledger, text: &str) -> String {
    let query = match Query::new(text) {
        Ok(query) => query,
        Err(error) => return format!("error: {error}"),
    };
    let line = |hit: &Hit| {
        let listing = hit.listing.as_ref().map(|listing| format!(":{listing}")).unwrap_or_default();
        format!("{:.2} {}{listing} {}: {}", hit.score, hit.account, hit.field, hit.value)
    };
    index.search(ledger, &query, 10).unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&found(&SearchIndex::in_memory(), &world(), text));
}

#[test]
fn a_name_is_found_in_either_script() {
    check(
        "王小明",
        expect![[r#"
        1.00 taobao/xm8403 persons.name: 王小明
        0.95 ebay_uk/sportzone88 persons.name: Wang Xiaoming"#]],
    );
    check(
        "wang xiaoming",
        expect![[r#"
        1.00 ebay_uk/sportzone88 persons.name: Wang Xiaoming
        0.95 taobao/xm8403 persons.name: 王小明"#]],
    );
    check(
        "XiaoMing Wang",
        expect![[r#"
        1.00 ebay_uk/sportzone88 persons.name: Wang Xiaoming
        0.95 taobao/xm8403 persons.name: 王小明"#]],
    );
    check(
        "華強",
        expect![[r#"
        0.95 taobao/xm8403 legal_name: 深圳市华强科技有限公司
        0.90 ebay_uk/sportzone88 legal_name: Huaqiang Technology Ltd"#]],
    );
    check(
        "huaqiang",
        expect![[r#"
        0.95 ebay_uk/sportzone88 legal_name: Huaqiang Technology Ltd
        0.90 taobao/xm8403 legal_name: 深圳市华强科技有限公司"#]],
    );
    check("Ivan Petrov", expect!["0.95 tiktok/n1 persons.name: Иван Петров"]);
}

#[test]
fn typing_errors_are_forgiven() {
    check("sprot zone", expect!["0.91 ebay_uk/sportzone88 emails: wang.xm@sport-zone.example"]);
    check("pembrok", expect!["0.85 etsy/gardenjoy persons.name: Mary Pembroke"]);
    check("gardn", expect!["0.81 etsy/gardenjoy display_name: Garden Joy"]);
    check("Lodz", expect!["0.70 tiktok/n1 attributes.value: ships from Łódź"]);
}

#[test]
fn a_disguised_name_is_seen_through() {
    check("nike outlet", expect!["0.86 tiktok/n1 display_name: N1K3 0utlet"]);
    check(
        "Ｎｉｋｅ",
        expect![[r#"
        0.95 taobao/xm8403:t1 brand: Nike
        0.86 tiktok/n1 display_name: N1K3 0utlet"#]],
    );
    check(
        "n\u{200b}i\u{200b}ke",
        expect![[r#"
        0.95 taobao/xm8403:t1 brand: Nike
        0.86 tiktok/n1 display_name: N1K3 0utlet"#]],
    );
}

#[test]
fn numbers_and_addresses_are_found_however_they_are_spaced() {
    check("138 0013 8000", expect!["1.00 taobao/xm8403 phones: +86 138 0013 8000"]);
    check("0086-13800138000", expect!["1.00 taobao/xm8403 phones: +86 138 0013 8000"]);
    check("01234567", expect!["1.00 etsy/gardenjoy registrations.value: 0123 4567"]);
    check("wang.xm@sport-zone.example", expect!["1.00 ebay_uk/sportzone88 emails: wang.xm@sport-zone.example"]);
    check("sport-zone.example", expect!["0.95 ebay_uk/sportzone88 emails: wang.xm@sport-zone.example"]);
    check("ebay_uk/sportzone88", expect!["1.00 ebay_uk/sportzone88 account_id: ebay_uk/sportzone88"]);
    check("WX_IVAN77", expect!["1.00 tiktok/n1 handles.value: wx_ivan77"]);
    check("4006381333931", expect!["1.00 ebay_uk/sportzone88:e1 gtin: 4006381333931"]);
}

#[test]
fn listings_are_found_by_words_and_pairs_of_characters() {
    check(
        "运动鞋",
        expect![[r#"
        0.95 taobao/xm8403:t1 title: 耐克 Air Max 运动鞋 男款
        0.47 taobao/xm8403 display_name: 小明运动专营店"#]],
    );
    check("naike", expect!["0.90 taobao/xm8403:t1 title: 耐克 Air Max 运动鞋 男款"]);
    check(
        "air max",
        expect![[r#"
        0.95 taobao/xm8403:t1 title: 耐克 Air Max 运动鞋 男款
        0.82 ebay_uk/sportzone88:e1 title: Running shoes Air Maxx"#]],
    );
}

#[test]
fn rare_words_count_more_and_half_of_the_best_is_the_least() {
    check(
        "the pembroke shop",
        expect![[r#"
        0.57 etsy/gardenjoy persons.name: Mary Pembroke
        0.33 ebay_uk/sportzone88 urls: https://www.sport-zone.example/shop"#]],
    );
}

#[test]
fn syntax_means_nothing() {
    for text in ["*", "\"", "a:*", "-", "()", "~", "\\", "%_"] {
        let said = found(&SearchIndex::in_memory(), &world(), text);
        assert!(said.is_empty() || said.starts_with("error: "), "{text}: {said}");
    }
    check("field:* OR account_id:[* TO *] \"unclosed (", expect![[""]]);
    check("mary AND NOT garden^9", expect!["0.38 etsy/gardenjoy persons.name: Mary Pembroke"]);
}

#[test]
fn a_text_has_limits() {
    check(&"x".repeat(10_000), expect!["error: a search text of 10000 characters where at most 1000 are allowed"]);
    check(" \u{200b}\t", expect!["error: a search text needs at least one letter or digit"]);
    // A thousand words, and a long run of Han, are looked at as far as the limit goes.
    let words: String = (0..333).map(|n| format!("{} ", n % 10)).collect();
    assert_eq!(Query::new(&words).unwrap().readings[0].len(), UNITS_MAX);
    let probes = Query::new(&"鞋子".repeat(500)).unwrap().probes().count();
    assert!(probes <= 3 * UNITS_MAX, "{probes}");
}

#[test]
fn the_index_keeps_in_step_with_the_records() {
    let directory = tempfile::tempdir().unwrap();
    for index in [SearchIndex::in_memory(), SearchIndex::in_dir(directory.path())] {
        let ledger = world();
        let names = |text: &str| found(&index, &ledger, text);
        assert_eq!(names("zanzibar"), "");
        add(&ledger, &[r#"{"platform": "etsy", "account_id": "z", "display_name": "Zanzibar Spices"}"#], &[]);
        assert_eq!(names("zanzibar"), "0.95 etsy/z display_name: Zanzibar Spices");
        ledger.forget_account(&AccountKey::parse("etsy/z").unwrap(), Timestamp::now(), &mut LeaveWaiting).unwrap();
        assert_eq!(names("zanzibar"), "");
    }
}

#[test]
fn an_index_on_disk_is_read_on_from_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = world();
    SearchIndex::in_dir(directory.path()).catch_up(&ledger).unwrap();
    add(&ledger, &[r#"{"platform": "etsy", "account_id": "z", "display_name": "Zanzibar Spices"}"#], &[]);
    let index = SearchIndex::in_dir(directory.path());
    assert_ne!(found(&index, &ledger, "zanzibar"), "");
    assert_ne!(found(&index, &ledger, "pembroke"), "");
}

#[test]
fn an_index_of_another_store_or_beyond_the_log_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    SearchIndex::in_dir(directory.path()).catch_up(&world()).unwrap();
    let other = Ledger::create(Box::new(MemoryStore::new())).unwrap();
    add(&other, &[r#"{"platform": "etsy", "account_id": "z", "display_name": "Zanzibar Spices"}"#], &[]);
    let index = SearchIndex::in_dir(directory.path());
    assert_eq!(found(&index, &other, "pembroke"), "");
    assert_ne!(found(&index, &other, "zanzibar"), "");
    // More changes than the log keeps in tests.
    for n in 0..60 {
        add(&other, &[&format!(r#"{{"platform": "p", "account_id": "a{n}", "display_name": "Shop{n}"}}"#)], &[]);
    }
    assert_ne!(found(&index, &other, "shop7"), "");
    assert_ne!(found(&index, &other, "zanzibar"), "");
}

#[test]
fn a_damaged_index_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = world();
    SearchIndex::in_dir(directory.path()).catch_up(&ledger).unwrap();
    std::fs::write(directory.path().join("meta.json"), "not what it was").unwrap();
    assert_ne!(found(&SearchIndex::in_dir(directory.path()), &ledger, "pembroke"), "");
}

#[test]
fn a_power_cut_that_gives_numbers_to_others_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let (left, right) = (MemoryStore::new(), MemoryStore::new());
    let header = crate::ledger::Header::random().unwrap();
    let left = Ledger::create_with(Box::new(left), header.clone()).unwrap();
    let right = Ledger::create_with(Box::new(right), header).unwrap();
    add(&left, &[r#"{"platform": "p", "account_id": "a", "display_name": "Lost"}"#], &[]);
    add(&right, &[r#"{"platform": "p", "account_id": "b", "display_name": "Found"}"#], &[]);
    SearchIndex::in_dir(directory.path()).catch_up(&left).unwrap();
    let index = SearchIndex::in_dir(directory.path());
    assert_eq!(found(&index, &right, "lost"), "");
    assert_ne!(found(&index, &right, "found"), "");
}

/// Every term in the files of an index, and that it has no files but those in use.
fn terms(place: &Path) -> Vec<String> {
    let index = tantivy::Index::open_in_dir(place).unwrap();
    let field = index.schema().get_field("terms").unwrap();
    let reader = index.reader().unwrap();
    let mut terms = Vec::new();
    for segment in reader.searcher().segment_readers() {
        let inverted = segment.inverted_index(field).unwrap();
        let mut stream = inverted.terms().stream().unwrap();
        while stream.advance() {
            terms.push(String::from_utf8(stream.key().to_vec()).unwrap());
        }
    }
    let names = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let dictionaries = names.filter(|name| name.ends_with(".term")).count();
    assert_eq!(dictionaries, index.searchable_segments().unwrap().len());
    terms
}

#[test]
fn what_was_forgotten_is_in_no_file_of_the_index() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("search");
    let ledger = world();
    let index = SearchIndex::in_dir(&place);
    index.erase(&ledger).unwrap();
    assert!(!place.exists());
    index.catch_up(&ledger).unwrap();
    let holds = |word: &str| terms(&place).iter().any(|term| term.contains(word));
    assert!(holds("pembroke") && holds("wang"));
    ledger.forget_account(&AccountKey::parse("etsy/gardenjoy").unwrap(), Timestamp::now(), &mut LeaveWaiting).unwrap();
    index.erase(&ledger).unwrap();
    assert!(!holds("pembroke") && !holds("gardenjoy") && holds("wang"));
    assert_ne!(found(&index, &ledger, "wang xiaoming"), "");
    assert_eq!(found(&index, &ledger, "pembroke"), "");
    ledger.forget_source("s", Timestamp::now(), &mut LeaveWaiting).unwrap();
    index.erase(&ledger).unwrap();
    assert_eq!(terms(&place), Vec::<String>::new());
}
