//! Reads the data files of this module: lines of fields between tabs, `#` opens a comment.

/// The rows of a data file, without comments and empty lines.
pub(super) fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').map(str::trim).collect())
}

/// The words of one field.
pub(super) fn list(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split_whitespace()
}
