//! Text in cells of a terminal: Han characters take two, and nothing in a value may steer the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells that a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text with spaces behind it, `cells` wide; longer text stays whole.
pub(super) fn padded(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

/// The text with spaces before it.
pub(super) fn right_aligned(text: &str, cells: usize) -> String {
    format!("{}{text}", " ".repeat(cells.saturating_sub(width(text))))
}

/// Four decimals, rounded down: only what is certain is shown as 1.
pub(super) fn probability(value: f64) -> String {
    format!("{:.4}", (value * 1e4).floor() / 1e4)
}

/// The text without what would steer the terminal: control characters and marks that change the direction of writing
/// become `?`.
pub(super) fn shown(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '?' } else { c }).collect()
}

/// Breaks a text between words into lines of at most `cells`; a longer word is broken where it must.
pub(super) fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let open = lines.last().map_or(0, |line| width(line));
        if 0 < open && cells < open + 1 + width(word) {
            lines.push(String::new());
        } else if 0 < open {
            push(&mut lines, ' ', usize::MAX);
        }
        word.chars().for_each(|c| push(&mut lines, c, cells));
    }
    lines
}

fn push(lines: &mut Vec<String>, c: char, cells: usize) {
    let is_full = lines.last().is_none_or(|line| !line.is_empty() && cells < width(line) + c.width().unwrap_or(0));
    if is_full {
        lines.push(String::new());
    }
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}
