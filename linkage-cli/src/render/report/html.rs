//! Text that stays text.

use jiff::civil::Date;

use super::super::width::shown;

/// A text in HTML or SVG, between tags or in a quoted attribute: markup is spelled out, and marks that are invisible or turn the
/// direction of writing become `?`.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A name or key within a sentence: its direction of writing is its own.
pub(super) fn name(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

/// At most so many columns, with `…` for the rest; a Han character takes two.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let text = shown(text);
    if super::super::width::width(&text) <= columns {
        return text;
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if columns < super::super::width::width(&short) + 1 {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

/// A day as people write it: `3 May 2024`.
pub(super) fn day(days: i64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    match date(days) {
        Some(date) => {
            let month = MONTHS.get(usize::from(date.month().unsigned_abs()).saturating_sub(1)).unwrap_or(&"");
            format!("{} {month} {}", date.day(), date.year())
        }
        None => "-".to_owned(),
    }
}

/// The day that is so many days after 1970-01-01.
pub(super) fn date(days: i64) -> Option<Date> {
    let second = days.checked_mul(86_400)?;
    Some(jiff::Timestamp::from_second(second).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// The first days of the quarters from one day to another, at most 64.
pub(super) fn quarters(from: i64, to: i64) -> Vec<(i64, Date)> {
    let Some(first) = date(from) else { return Vec::new() };
    let days_of =
        |date: Date| date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |at| at.timestamp().as_second() / 86_400);
    let starts = (0..64).filter_map(|nth: i16| Date::new(first.year() + nth / 4, (nth % 4 * 3 + 1) as i8, 1).ok());
    starts.map(|date| (days_of(date), date)).filter(|(day, _)| (from..=to).contains(day)).collect()
}

/// Bytes in base64, for a picture within the page. Source: RFC 4648, section 4.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
