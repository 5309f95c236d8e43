//! Rows in any format, written as they come.

use std::fmt::Display;
use std::io::Write;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Number, Value};

use super::{Format, Table, stdout};

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// A text.
    Text(String),
    /// A number of things.
    Count(u64),
    /// 0 to 1.
    Probability(f64),
    /// A weight in bits.
    Bits(f64),
    /// How many times one thing is another.
    Ratio(f64),
    /// A time in seconds.
    Seconds(f64),
    /// A time; people see its day (UTC).
    Time(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Absent,
}

/// Rows on their way to stdout.
pub(crate) struct Rows {
    columns: &'static [&'static str],
    sink: Sink,
}

type Out = Box<dyn Write>;

enum Sink {
    Table(Table<Out>),
    Csv(Box<csv::Writer<Out>>),
    Json { out: Out, any: bool },
    Jsonl(Out),
}

impl Cell {
    /// A text.
    pub(crate) fn text(value: impl Display) -> Cell {
        Cell::Text(value.to_string())
    }

    /// What is there, made by `cell`.
    pub(crate) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
        value.map_or(Cell::Absent, cell)
    }

    /// Whether it is aligned as a number.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Cell::Count(_) | Cell::Probability(_) | Cell::Bits(_) | Cell::Ratio(_) | Cell::Seconds(_))
    }

    fn csv(&self) -> String {
        match self {
            Cell::Text(text) => harmless(text),
            Cell::Count(count) => count.to_string(),
            Cell::Probability(value) | Cell::Bits(value) | Cell::Ratio(value) | Cell::Seconds(value) => {
                value.to_string()
            }
            Cell::Time(time) => time.to_string(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Absent => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Cell::Text(text) => Value::from(text.as_str()),
            Cell::Count(count) => Value::from(*count),
            Cell::Probability(value) | Cell::Bits(value) | Cell::Ratio(value) | Cell::Seconds(value) => {
                Number::from_f64(*value).map_or(Value::Null, Value::Number)
            }
            Cell::Time(time) => Value::from(time.to_string()),
            Cell::Flag(flag) => Value::from(*flag),
            Cell::Absent => Value::Null,
        }
    }
}

/// A text that a spreadsheet would take for a formula, with an apostrophe before it. Spreadsheets of East Asia read the wide
/// forms of the same signs as well (OWASP, CSV Injection).
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

impl Rows {
    /// Rows to stdout.
    ///
    /// # Errors
    ///
    /// When stdout cannot be written.
    pub(crate) fn to_stdout(format: Format, columns: &'static [&'static str]) -> Result<Rows> {
        Rows::new(Box::new(stdout()), format, columns)
    }

    /// Rows to any writer.
    ///
    /// # Errors
    ///
    /// When the head cannot be written.
    pub(crate) fn new(mut out: Out, format: Format, columns: &'static [&'static str]) -> Result<Rows> {
        let sink = match format {
            Format::Table => Sink::Table(Table::new(out, columns)),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(columns).map_err(csv_error)?;
                Sink::Csv(Box::new(writer))
            }
            Format::Json => {
                out.write_all(b"[").context("write to stdout")?;
                Sink::Json { out, any: false }
            }
            Format::Jsonl => Sink::Jsonl(out),
        };
        Ok(Rows { columns, sink })
    }

    /// Adds a row with a cell for each column.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        let columns = self.columns;
        match &mut self.sink {
            Sink::Table(table) => table.row(cells).context("write to stdout"),
            Sink::Csv(writer) => {
                writer.write_record(cells.iter().map(Cell::csv)).map_err(csv_error)?;
                Ok(())
            }
            Sink::Json { out, any } => {
                let before = if std::mem::replace(any, true) { "," } else { "" };
                write!(out, "{before}\n  {}", object(columns, &cells)).context("write to stdout")
            }
            Sink::Jsonl(out) => writeln!(out, "{}", object(columns, &cells)).context("write to stdout"),
        }
    }

    /// Writes the end.
    ///
    /// # Errors
    ///
    /// When writing fails; only after this is everything written.
    pub(crate) fn finish(self) -> Result<()> {
        let mut out = match self.sink {
            Sink::Table(table) => table.finish().context("write to stdout")?,
            Sink::Csv(writer) => writer.into_inner().map_err(|e| e.into_error()).context("write to stdout")?,
            Sink::Json { mut out, any } => {
                out.write_all(if any { b"\n]\n" } else { b"]\n" }).context("write to stdout")?;
                out
            }
            Sink::Jsonl(out) => out,
        };
        out.flush().context("write to stdout")
    }
}

/// One JSON object, its fields in the order of the columns.
fn object(columns: &[&str], cells: &[Cell]) -> String {
    let fields: Vec<String> =
        columns.iter().zip(cells).map(|(name, cell)| format!("{}:{}", Value::from(*name), cell.json())).collect();
    format!("{{{}}}", fields.join(","))
}

/// The failure to write as it was, so that a closed pipe stays one.
fn csv_error(error: csv::Error) -> anyhow::Error {
    let io = match error.into_kind() {
        csv::ErrorKind::Io(io) => io,
        _ => std::io::Error::other("rows of unequal length"),
    };
    anyhow::Error::from(io).context("write to stdout")
}
