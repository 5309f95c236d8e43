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
pub(crate) fn probability(value: f64) -> String {
    format!("{:.4}", (value * 1e4).floor() / 1e4)
}

/// The text as it may be shown beside others.
///
/// Control characters, marks that change the direction of writing and characters without width become `?`: none of them may
/// steer the terminal, and two names that differ in one must not look the same. Text that is written from right to left is
/// set between isolates (UAX 9), so that it cannot reorder the row around it.
pub(crate) fn shown(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_hidden(c) { '?' } else { c }).collect();
    if shown.chars().any(is_right_to_left) { format!("\u{2068}{shown}\u{2069}") } else { shown }
}

/// Characters that are not seen and change what is: controls, format characters and separators of lines.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Letters of the scripts that are written from right to left, by block.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
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
