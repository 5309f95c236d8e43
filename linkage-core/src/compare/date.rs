//! Dates of birth.

use crate::fingerprint::Form;

use super::subjects::Date;
use super::{Finding, Part};

pub(super) fn birth(a: &Part, b: &Part) -> Option<Finding> {
    if a.key(Form::MonthDay).is_some()
        && let Some(bits) = a.same(b, Form::Whole)
    {
        return Some((0, Some(bits)));
    }
    let level = match (a.date(), b.date()) {
        (Some(left), Some(right)) => level(left, right),
        // Without values: any two of the three parts, which private mode keys one by one.
        _ if a.shares(b, Form::MonthDay).is_some() => 3,
        _ if a.same(b, Form::Year).is_some() => 4,
        _ => 5,
    };
    Some((level, None))
}

fn level(left: Date, right: Date) -> u8 {
    let (Some(left_month), Some(right_month)) = (left.1, right.1) else {
        return if left.0 == right.0 { 4 } else { 5 };
    };
    let (Some(left_day), Some(right_day)) = (left.2, right.2) else {
        return match (left.0 == right.0, left_month == right_month) {
            (true, true) => 3,
            (true, false) => 4,
            _ => 5,
        };
    };
    if left.0 == right.0 && left_month == right_day && left_day == right_month {
        return 1;
    }
    if is_slip(digits(left.0, left_month, left_day), digits(right.0, right_month, right_day)) {
        return 2;
    }
    let same = [left.0 == right.0, left_month == right_month, left_day == right_day];
    match same.iter().filter(|same| **same).count() {
        2 => 3,
        _ if left.0 == right.0 => 4,
        _ => 5,
    }
}

/// A date as eight digits.
fn digits(year: i16, month: u8, day: u8) -> [u8; 8] {
    let year = year.unsigned_abs();
    let parts = [year / 1000 % 10, year / 100 % 10, year / 10 % 10, year % 10];
    let [a, b, c, d] = parts.map(|digit| digit as u8);
    [a, b, c, d, month / 10, month % 10, day / 10, day % 10]
}

/// One digit another, or two neighbours exchanged; between numbers of one length there is no other single edit.
fn is_slip(left: [u8; 8], right: [u8; 8]) -> bool {
    let mut differing = (0..8).filter(|at| left[*at] != right[*at]);
    match (differing.next(), differing.next(), differing.next()) {
        (_, None, _) => true,
        (Some(at), Some(next), None) => next == at + 1 && left[at] == right[next] && left[next] == right[at],
        _ => false,
    }
}
