//! Lines of pairs, good and bad; only `check` calls the code under test.

use expect_test::{Expect, expect};

use super::{Pair, PairReader};
use crate::record::Intake;

#[track_caller]
fn check(json: &str, expected: Expect) {
    let actual = match Pair::from_json(json, &Intake::new([7; 32])) {
        Ok((Pair::PersonNames(names) | Pair::CompanyNames(names), label)) => format!("{names:?} {label:?}"),
        Ok((Pair::Accounts(sides), label)) => format!("{} {} {label:?}", sides[0].key, sides[1].key),
        Ok((Pair::Listings(sides), label)) => format!("{:?} {:?} {label:?}", sides[0].title, sides[1].title),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&actual);
}

#[test]
fn names_are_kept_as_written() {
    check(
        r#"{"left": {"name": " 王 小明"}, "right": {"name": "Wang"}, "label": 0, "kind": "person_name"}"#,
        expect![[r#"[" 王 小明", "Wang"] Some(false)"#]],
    );
}

#[test]
fn who_and_when_may_be_left_out() {
    check(
        r#"{"kind": "account", "left": {}, "right": {"platform": "x", "account_id": "7"}}"#,
        expect!["pair/left x/7 None"],
    );
    check(
        r#"{"kind": "listing", "left": {"title": "茶壶"}, "right": {}, "label": null}"#,
        expect![[r#"Some("茶壶") None None"#]],
    );
}

#[test]
fn sides_are_checked_as_records_are() {
    check(
        r#"{"kind": "account", "left": {}, "right": {"platform": "X Y"}}"#,
        expect!["error: right.platform: expected 1 to 64 of a-z, 0-9 and _, such as ebay_uk"],
    );
    check(
        r#"{"kind": "listing", "left": {"price": {"amount": "1e9"}}, "right": {}}"#,
        expect![
            "error: left.price.amount: expected a decimal string, such as 12.50, up to 18 digits before and 9 after the point"
        ],
    );
}

#[test]
fn other_fields_and_sorts_are_refused() {
    check(
        r#"{"kind": "person_name", "left": {"name": "A"}, "right": {"name": "B"}, "weight": 3}"#,
        expect!["error: weight: expected a known field, one of `kind`, `left`, `right`, `label`"],
    );
    check(
        r#"{"kind": "name", "left": {"name": "A"}, "right": {"name": "B"}}"#,
        expect!["error: kind: expected account, listing, person_name or company_name"],
    );
    check(
        r#"{"left": {"name": "A"}, "right": {"name": "B"}}"#,
        expect!["error: kind: expected account, listing, person_name or company_name"],
    );
    check(
        r#"{"kind": "person_name", "left": ["A"], "right": {"name": "B"}}"#,
        expect!["error: left: expected an object"],
    );
    check(
        r#"{"kind": "person_name", "left": {"name": "A"}, "right": {"name": "B"}, "label": "1"}"#,
        expect!["error: label: expected 0 or 1"],
    );
    check(r#"["person_name", {"name": "A"}, {"name": "B"}]"#, expect!["error: expected an object"]);
}

#[test]
fn a_bad_line_does_not_end_the_file() {
    let text = "\u{feff}{\"kind\": \"person_name\", \"left\": {\"name\": \"A\"}, \"right\": {\"name\": \"B\"}}\n\nnonsense\n{\"kind\": \"company_name\", \"left\": {\"name\": \"A\"}, \"right\": {\"name\": \"B\"}}";
    let intake = Intake::new([7; 32]);
    let reader = PairReader::new("pairs".to_owned(), text.as_bytes(), &intake).unwrap();
    let read: Vec<String> = reader
        .map(|line| match line {
            Ok((line, pair, _)) => format!("{line} {}", pair.kind().name()),
            Err(error) => format!("error: {error}"),
        })
        .collect();
    expect![[r#"
        1 person_name
        error: pairs, line 3: expected valid JSON, found at byte 2: expected ident
        4 company_name"#]]
    .assert_eq(&read.join("\n"));
}
