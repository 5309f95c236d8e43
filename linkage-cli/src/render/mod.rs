//! Answers on stdout: the same rows as a table, CSV, JSON or JSON Lines, and the waterfall of one explanation.
//!
//! - [`Rows`] writes rows as they come, in constant memory; start there.
//! - [`waterfall()`] draws an explanation for a terminal.
//! - [`report`] writes one page of HTML with drawings.
//!
//! **CSV and spreadsheets:** a text cell that begins with `=`, `+`, `-`, `@`, the wide form of one of them, a tab or a line break gets a leading
//! apostrophe, so that no spreadsheet runs it as a formula. Numbers stay as they are. JSON is never changed.

pub(crate) mod report;
mod rows;
mod table;
mod waterfall;
mod width;

pub(crate) use rows::{Cell, Rows};
pub(crate) use table::Table;
pub(crate) use waterfall::{paragraph, rounded, sighting, waterfall};
pub(crate) use width::{probability, shown};

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde::Serialize;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people.
    Table,
    /// One JSON document.
    Json,
    /// A JSON object per line.
    Jsonl,
    /// Comma-separated, a header first; a text that begins with = + - @ gets a leading apostrophe.
    Csv,
}

/// The option of every command that answers with rows.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Output {
    /// How the answer is written to stdout.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Stdout, coloured where that is wanted: never with `NO_COLOR`, never into a file or pipe.
pub(crate) fn stdout() -> impl Write {
    io::BufWriter::with_capacity(1 << 16, anstream::stdout())
}

/// Writes one document as JSON, ended by a line break.
///
/// # Errors
///
/// When stdout cannot be written.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    page(|out| {
        serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
        out.write_all(b"\n")
    })
}

/// Writes documents as JSON Lines.
///
/// # Errors
///
/// When stdout cannot be written.
pub(crate) fn json_lines(values: &[impl Serialize]) -> Result<()> {
    page(|out| {
        values.iter().try_for_each(|value| {
            serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
            out.write_all(b"\n")
        })
    })
}

/// Writes a page for people.
///
/// # Errors
///
/// When stdout cannot be written.
pub(crate) fn page(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = stdout();
    write(&mut out).and_then(|()| out.flush()).context("write to stdout")
}

/// A heading with an empty line on both sides, for stories told in steps.
pub(crate) fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "\n{bold}{text}{bold:#}\n")
}

#[cfg(test)]
mod tests;
