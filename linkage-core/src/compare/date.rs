//! Dates of birth.

use crate::fingerprint::{Form, Value};

use super::{Finding, Part};

type Date = (i16, Option<u8>, Option<u8>);

pub(super) fn birth(a: &Part, b: &Part) -> Option<Finding> {
    if a.key(Form::MonthDay).is_some()
        && let Some(bits) = a.same(b, Form::Whole)
    {
        return Some((0, Some(bits)));
    }
    let level = match (date(a), date(b)) {
        (Some(left), Some(right)) => level(left, right),
        _ if a.same(b, Form::Year).is_some() => 4,
        _ => 5,
    };
    Some((level, None))
}

fn date(part: &Part) -> Option<Date> {
    match part.value {
        Some(Value::Date { year, month, day }) => Some((year, month, day)),
        _ => None,
    }
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
    let digits = |year: i16, month: u8, day: u8| format!("{year:04}{month:02}{day:02}");
    let (x, y) = (digits(left.0, left_month, left_day), digits(right.0, right_month, right_day));
    if rapidfuzz::distance::osa::distance(x.bytes(), y.bytes()) <= 1 {
        return 2;
    }
    let same = [left.0 == right.0, left_month == right_month, left_day == right_day];
    match same.iter().filter(|same| **same).count() {
        2 => 3,
        _ if left.0 == right.0 => 4,
        _ => 5,
    }
}
