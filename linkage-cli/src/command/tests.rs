//! How `--as-of` is read.

use expect_test::{Expect, expect};

use super::end_of_day;

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&end_of_day(text).map_or_else(|error| error, |time| time.to_string()));
}

#[test]
fn a_day_means_all_of_it() {
    check("2024-05-03", expect!["2024-05-03T23:59:59.999999999Z"]);
}

#[test]
fn a_time_is_that_instant() {
    check("2024-05-03T12:00:00+02:00", expect!["2024-05-03T10:00:00Z"]);
}

#[test]
fn an_impossible_day_is_refused() {
    check("2024-02-30", expect!["expected a date such as 2024-05-03, or an RFC 3339 time"]);
    check("yesterday", expect!["expected a date such as 2024-05-03, or an RFC 3339 time"]);
}
