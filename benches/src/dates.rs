//! Dates as people write them, to the partial ISO dates of a record.
//!
//! One reading for every set: a year stands alone or last or first; between two numbers the month comes first, the
//! American way, unless only the other order is possible. What is impossible is cut off, what remains is kept:
//! `1856-86-18` becomes `1856`.

/// What became of a text that should be a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Read whole: `1978-12-11`, `1978-12` or `1978`.
    Whole(String),
    /// An impossible month or day was cut off.
    Cut(String),
    /// Not even a year could be read.
    Unreadable,
}

/// Year, month and day as written; 0 for none.
#[derive(Clone, Copy)]
struct Written {
    year: u32,
    month: u32,
    day: u32,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads `text`. A year of two digits is the latest that is not after `this_year`: with 2026, `06` is 2006 and
/// `31` is 1931.
///
/// # Examples
///
/// ```
/// use linkage_benches::dates::{Reading, read};
///
/// assert_eq!(read("12/11/1978", 2026), Reading::Whole("1978-12-11".into()));
/// assert_eq!(read("20/8/1991", 2026), Reading::Whole("1991-08-20".into()));
/// assert_eq!(read("1856-86-18", 2026), Reading::Cut("1856".into()));
/// ```
pub fn read(text: &str, this_year: u32) -> Reading {
    match written(text.trim(), this_year) {
        Some(written) => possible(written),
        None => Reading::Unreadable,
    }
}

fn written(text: &str, this_year: u32) -> Option<Written> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Written { year: number(&text[..4])?, month: number(&text[4..6])?, day: number(&text[6..])? });
    }
    if text.starts_with(['-', '/', '.']) {
        return None;
    }
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let year = |part: &str| year(part, this_year);
    match parts[..] {
        [y] if y.len() == 4 => Some(Written { year: number(y)?, month: 0, day: 0 }),
        [y, m] if y.len() == 4 => Some(Written { year: number(y)?, month: month(m)?, day: 0 }),
        [m, y] if y.len() == 4 => Some(Written { year: number(y)?, month: month(m)?, day: 0 }),
        [y, m, d] if y.len() == 4 => Some(Written { year: number(y)?, month: month(m)?, day: number(d)? }),
        [a, b, y] => month_first(a, b, year(y)?),
        _ => None,
    }
}

/// Two parts before a year: a named month says itself which it is; of two numbers the first is the month, unless
/// only the second can be one.
fn month_first(a: &str, b: &str, year: u32) -> Option<Written> {
    match (number(a), number(b)) {
        (Some(day), None) => Some(Written { year, month: month(b)?, day }),
        (None, Some(day)) => Some(Written { year, month: month(a)?, day }),
        (Some(a), Some(b)) if a > 12 && (1..=12).contains(&b) => Some(Written { year, month: b, day: a }),
        (Some(a), Some(b)) => Some(Written { year, month: a, day: b }),
        (None, None) => None,
    }
}

fn possible(written: Written) -> Reading {
    let Written { year, month, day } = written;
    if !(1..=9999).contains(&year) {
        return Reading::Unreadable;
    }
    let whole_month = jiff::civil::Date::new(year as i16, month.min(99) as i8, 1);
    match (month, day, whole_month) {
        (0, 0, _) => Reading::Whole(format!("{year:04}")),
        (_, _, Err(_)) => Reading::Cut(format!("{year:04}")),
        (_, 0, Ok(_)) => Reading::Whole(format!("{year:04}-{month:02}")),
        (_, _, Ok(first)) if day <= first.days_in_month() as u32 => {
            Reading::Whole(format!("{year:04}-{month:02}-{day:02}"))
        }
        (_, _, Ok(_)) => Reading::Cut(format!("{year:04}-{month:02}")),
    }
}

fn year(part: &str, this_year: u32) -> Option<u32> {
    let year = number(part)?;
    match part.len() {
        4 => Some(year),
        2 if this_year / 100 * 100 + year <= this_year => Some(this_year / 100 * 100 + year),
        2 => Some((this_year / 100).saturating_sub(1) * 100 + year),
        _ => None,
    }
}

fn month(part: &str) -> Option<u32> {
    let named = |part: &str| {
        let start = part.get(..3)?.to_ascii_lowercase();
        MONTHS.iter().position(|month| *month == start).map(|at| at as u32 + 1)
    };
    number(part).or_else(|| named(part))
}

fn number(part: &str) -> Option<u32> {
    let digits = !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    if digits { part.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let actual = match read(text, 2026) {
            Reading::Whole(date) => date,
            Reading::Cut(date) => format!("{date} (cut)"),
            Reading::Unreadable => "unreadable".to_owned(),
        };
        assert_eq!(actual, expected, "{text}");
    }

    #[test]
    fn month_comes_first_unless_impossible() {
        check("12/11/1978", "1978-12-11");
        check("20/8/1991", "1991-08-20");
        check("3/1/70", "1970-03-01");
    }

    #[test]
    fn two_digits_are_the_latest_year_that_is_not_to_come() {
        check("8/2/06", "2006-08-02");
        check("2/4/31", "1931-02-04");
        check("24-May-11", "2011-05-24");
    }

    #[test]
    fn named_months() {
        check("Mar 1 1970", "1970-03-01");
        check("1 March 1970", "1970-03-01");
        check("March 1970", "1970-03");
        check("15-Mar-92", "1992-03-15");
    }

    #[test]
    fn numbers_that_begin_with_the_year() {
        check("1993-09-14", "1993-09-14");
        check("19930914", "1993-09-14");
        check("1993-09", "1993-09");
        check("1993", "1993");
    }

    #[test]
    fn what_is_possible_of_an_impossible_date_is_kept() {
        check("1856-86-18", "1856 (cut)");
        check("1862-01-71", "1862-01 (cut)");
        check("1900-02-29", "1900-02 (cut)");
        check("19651313", "1965 (cut)");
        check("1721-01-00", "1721-01");
        check("31/31/1990", "1990 (cut)");
    }

    #[test]
    fn what_holds_no_year_is_unreadable() {
        for text in ["", "-1850-01-0", "soon", "5/6", "0000-01-01", "1/2/3/4", "٣/١/٧٠", "2024-é", "é1"] {
            check(text, "unreadable");
        }
    }
}
