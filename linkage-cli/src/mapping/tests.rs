//! What becomes of the rows of a table.

use expect_test::{Expect, expect};

use super::*;

const MAPPING: &str = r#"
split = ";"
[account]
platform = "=ebay_uk"
account_id = "Seller ID"
observed_at = "Exported"
phones = ["Phone", "Mobile"]
persons = [{ name = "Contact" }]
payments = [{ scheme = "=IBAN", value = "IBAN" }]
"#;

#[track_caller]
fn check(mapping: &str, table: &[u8], expected: Expect) {
    let mut out = Vec::new();
    let done = Mapping::parse(mapping)
        .map_err(|error| BadInput(error).into())
        .and_then(|mapping| mapping.rows(RecordKind::Accounts, Path::new("s.csv"), table, &mut out));
    let actual = match done {
        Ok(()) => String::from_utf8(out).unwrap(),
        Err(error) => format!("error: {error}\n"),
    };
    expected.assert_eq(&actual);
}

#[test]
fn a_row_becomes_a_record_at_its_line() {
    check(
        MAPPING,
        "Seller ID,Shop,Phone,Mobile,Contact,IBAN,Exported\n77,\"a\nshop\",1;2 ;,3,王伟,,2024-05-03\n78,b,,,,GB00,2024-05-03T10:00:00Z\n"
            .as_bytes(),
        expect![[r#"

            {"account_id":"77","observed_at":"2024-05-03T00:00:00Z","persons":[{"name":"王伟"}],"phones":["1","2","3"],"platform":"ebay_uk"}

            {"account_id":"78","observed_at":"2024-05-03T10:00:00Z","payments":[{"scheme":"IBAN","value":"GB00"}],"platform":"ebay_uk"}
        "#]],
    );
}

#[test]
fn a_row_without_anything_is_no_record() {
    let mut out = Vec::new();
    let table: &[u8] = b"\xef\xbb\xbfSeller ID,Phone,Mobile,Contact,IBAN,Exported\n,,,,,\n";
    let mapping = Mapping::parse(MAPPING).unwrap();
    mapping.rows(RecordKind::Accounts, Path::new("s.csv"), table, &mut out).unwrap();
    assert_eq!(out, b"\n\n");
}

#[test]
fn a_column_that_is_not_there_is_named_with_those_that_are() {
    check(
        MAPPING,
        b"Seller,Phone,Mobile,Contact,IBAN,Exported\n77\n",
        expect![[r#"
            error: s.csv: expected a column "Seller ID" for account_id; there are "Seller", "Phone", "Mobile", "Contact", "IBAN", "Exported"
        "#]],
    );
}

#[test]
fn what_is_no_mapping_or_no_table_is_refused() {
    check("[listing]\n", b"a\n1\n", expect!["error: s.csv: the mapping has no [account]\n"]);
    check(
        "[account]\nplatform = 7\n",
        b"a\n1\n",
        expect!["error: s.csv: expected for platform the name of a column, or a text that begins with =\n"],
    );
    check(
        "[account]\nplatform = \"a\"\n",
        b"a\n\xff\n",
        expect!["error: s.csv, line 2: expected UTF-8; a spreadsheet saves it as \"CSV UTF-8\"\n"],
    );
    let error = Mapping::parse("[accounts]\n").unwrap_err();
    assert!(error.contains("unknown field `accounts`"), "{error}");
}

#[test]
fn a_quotation_mark_that_is_not_closed_ends_in_an_error() {
    let mut table = b"a\n\"".to_vec();
    table.resize(3 * JSON_LINE_BYTES_MAX, b'x');
    check(
        "[account]\nplatform = \"a\"\n",
        &table,
        expect![[r#"
        error: s.csv, line 1: expected rows of at most 1048576 bytes; is a quotation mark not closed?
    "#]],
    );
}

#[test]
fn tabs_and_other_delimiters() {
    check(
        "delimiter = \"|\"\n[account]\nplatform = \"a\"\nsource = \"b\"\n",
        b"a|b\n1|2\n",
        expect![[r#"

        {"platform":"1","source":"2"}
    "#]],
    );
    assert!(is_table(Path::new("a.TSV")) && !is_table(Path::new("a.jsonl.gz")));
}
