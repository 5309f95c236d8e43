//! How truth files are read.

use std::path::Path;

use expect_test::{Expect, expect};

use super::{Labels, read_truth};

#[track_caller]
fn check(file: &[u8], expected: Expect) {
    let read = read_truth(file, Path::new("truth.csv"));
    let actual = match read {
        Ok(Labels(labels)) => labels
            .iter()
            .map(|label| {
                let rest = [&label.role, &label.ceiling]
                    .into_iter()
                    .flatten()
                    .fold(String::new(), |rest, text| format!("{rest}, {text}"));
                format!("{} is {}{rest}\n", label.account, label.entity)
            })
            .collect(),
        Err(error) => format!("error: {error}\n"),
    };
    expected.assert_eq(&actual);
}

#[test]
fn a_header_is_allowed_and_may_order_the_columns() {
    let rows = expect![[r#"
        ebay_uk/a is wang
        temu/b is li
    "#]];
    check(b"ebay_uk/a,wang\ntemu/b,li\n", rows);
    let rows = expect![[r#"
        ebay_uk/a is wang
    "#]];
    check("\u{feff}entity,note,account\nwang,sure,ebay_uk/a\n".as_bytes(), rows);
}

#[test]
fn role_and_ceiling_are_read_where_the_header_names_them() {
    let rows = expect![[r#"
        ebay_uk/a is wang, infringer, wang.0
        temu/b is li, honest
    "#]];
    check(b"account,entity,role,generation,ceiling\nebay_uk/a,wang,infringer,0,wang.0\ntemu/b,li,honest,0,\n", rows);
}

#[test]
fn a_bad_row_is_named() {
    check(
        b"account,entity\nebay_uk,wang\n",
        expect!["error: truth.csv, line 2, account: expected platform/account_id\n"],
    );
    check(b"ebay_uk/a\n", expect!["error: truth.csv, line 1, entity: expected the name of an entity\n"]);
    check(b"ebay_uk/a,\xff\n", expect!["error: truth.csv, line 1: expected UTF-8 rows of account,entity\n"]);
}

#[test]
fn an_empty_file_has_no_rows() {
    check(b"", expect![""]);
}
