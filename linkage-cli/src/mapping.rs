//! A platform's own export, read as our records: a CSV file and a mapping that says which column is which field.
//!
//! ```text
//! sellers.csv ──Mapping──► one JSON line for each row, at the same line number ──► import
//! ```
//!
//! A mapping is TOML and looks like the record it makes: `[account]`, `[listing]` or `[enforcement]`, in it fields, in them the names
//! of columns. A text that begins with `=` is taken as it stands.
//!
//! ```toml
//! split = ";"                       # several values in one cell
//! [account]
//! platform = "=ebay_uk"
//! account_id = "Seller ID"
//! observed_at = "Exported"          # a day alone is its beginning in UTC
//! display_name = "Shop name"
//! phones = ["Phone", "Mobile"]
//! persons = [{ name = "Contact" }]
//! payments = [{ scheme = "=IBAN", value = "IBAN", holder_name = "Account holder" }]
//! ```
//!
//! Where all columns of an object are empty, so is the object: constants alone keep nothing alive.
//!
//! **Not here:** any rule about records. Each line is checked as every other line is.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use linkage_core::linker::RecordKind;
use linkage_core::record::JSON_LINE_BYTES_MAX;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::failure::BadInput;

/// Longest mapping, in bytes.
const MAPPING_BYTES_MAX: u64 = 1 << 20;

/// Which column is which field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    /// What stands between two cells; without it a tab in files that end in `.tsv`, else a comma.
    delimiter: Option<char>,
    /// What stands between two values of one cell, in lists.
    split: Option<String>,
    account: Option<toml::Table>,
    listing: Option<toml::Table>,
    enforcement: Option<toml::Table>,
}

/// A template with its columns found in the header of a file.
#[derive(Clone, Debug)]
enum Template {
    Constant(String),
    Column(usize),
    /// A time: a day alone is its beginning.
    TimeColumn(usize),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// Stops a row that does not end: an unclosed quote would swallow the rest of the file.
struct RowLimit<R> {
    inner: R,
    row_bytes: Rc<Cell<usize>>,
}

/// Whether a file is read through a mapping, told by its name.
pub(crate) fn is_table(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["csv", "tsv", "txt"].contains(&extension.to_ascii_lowercase().as_str())
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    ///
    /// [`BadInput`] for what is no mapping, with the place.
    pub(crate) fn open(file: &Path) -> Result<Mapping> {
        let bad = |what: String| BadInput(format!("{}: {what}", file.display()));
        let size = fs::metadata(file).map_err(|error| bad(format!("open mapping: {error}")))?.len();
        if MAPPING_BYTES_MAX < size {
            return Err(bad(format!("expected a mapping of at most {MAPPING_BYTES_MAX} bytes")).into());
        }
        let text = fs::read_to_string(file).map_err(|error| bad(format!("read mapping: {error}")))?;
        Ok(Mapping::parse(&text).map_err(bad)?)
    }

    pub(crate) fn parse(text: &str) -> Result<Mapping, String> {
        toml::from_str(text).map_err(|error| format!("expected a mapping: {}", error.to_string().trim_end()))
    }

    /// Writes the rows of a table as JSON Lines: the record of a row at the line on which the row begins.
    ///
    /// # Errors
    ///
    /// [`BadInput`] for a column that is not there, a file that is not UTF-8 or no table, a row that is too long.
    pub(crate) fn convert(&self, kind: RecordKind, table: &Path, out: &Path) -> Result<()> {
        let source = File::open(table).map_err(|error| BadInput(format!("{}: open file: {error}", table.display())))?;
        let mut lines = BufWriter::new(File::create(out).context("create a temporary file")?);
        self.rows(kind, table, source, &mut lines)?;
        lines.flush().context("write a temporary file")
    }

    /// As [`convert`](Mapping::convert), from what is open already.
    pub(crate) fn rows(&self, kind: RecordKind, table: &Path, source: impl Read, out: &mut dyn Write) -> Result<()> {
        let bad = |what: String| BadInput(format!("{}{what}", table.display()));
        let row_bytes = Rc::new(Cell::new(0));
        let limited = RowLimit { inner: source, row_bytes: Rc::clone(&row_bytes) };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter_byte(table).map_err(bad)?)
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(limited);
        let failed = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            bad(format!(", line {line}: {}", expected(&error)))
        };
        let head: Vec<String> = reader
            .headers()
            .map_err(failed)?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let template = self.template(kind, &head).map_err(|what| bad(format!(": {what}")))?;
        let mut line = 1;
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(failed)? {
            row_bytes.set(0);
            let begins = row.position().map_or(line, csv::Position::line);
            while line < begins {
                out.write_all(b"\n").context("write a temporary file")?;
                line += 1;
            }
            if let Some(record) = self.fill(&template, &row) {
                serde_json::to_writer(&mut *out, &record).context("write a temporary file")?;
            }
        }
        out.write_all(b"\n").context("write a temporary file")
    }

    fn delimiter_byte(&self, table: &Path) -> Result<u8, String> {
        let is_tsv = table.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
        let delimiter = self.delimiter.unwrap_or(if is_tsv { '\t' } else { ',' });
        u8::try_from(delimiter).ok().filter(u8::is_ascii).ok_or_else(|| ": expected an ASCII delimiter".to_owned())
    }

    fn template(&self, kind: RecordKind, head: &[String]) -> Result<Template, String> {
        let (name, table) = match kind {
            RecordKind::Accounts => ("account", &self.account),
            RecordKind::Listings => ("listing", &self.listing),
            RecordKind::Enforcements => ("enforcement", &self.enforcement),
        };
        let table = table.as_ref().ok_or_else(|| format!("the mapping has no [{name}]"))?;
        Template::of("", &toml::Value::Table(table.clone()), head)
    }

    /// The record of a row; none where no column has anything in it.
    fn fill(&self, template: &Template, row: &csv::StringRecord) -> Option<Value> {
        let (value, from_column) = self.value(template, row)?;
        from_column.then_some(value)
    }

    /// A value, and whether a column had a part in it.
    fn value(&self, template: &Template, row: &csv::StringRecord) -> Option<(Value, bool)> {
        let cell = |at: &usize| row.get(*at).filter(|cell| !cell.is_empty());
        match template {
            Template::Constant(text) => Some((text.as_str().into(), false)),
            Template::Column(at) => Some((cell(at)?.into(), true)),
            Template::TimeColumn(at) => {
                let text = cell(at)?;
                let day: Option<jiff::civil::Date> = text.parse().ok().filter(|_| text.len() == "2024-05-03".len());
                Some((day.map_or_else(|| text.to_owned(), |day| format!("{day}T00:00:00Z")).into(), true))
            }
            Template::List(items) => {
                let filled =
                    items.iter().filter_map(|item| self.value(item, row).filter(|(_, from_column)| *from_column));
                let list: Vec<Value> = filled.flat_map(|(value, _)| self.apart(value)).collect();
                (!list.is_empty()).then_some((Value::Array(list), true))
            }
            Template::Object(members) => {
                let mut object = Map::new();
                let mut from_column = false;
                for (name, member) in members {
                    if let Some((value, by_column)) = self.value(member, row) {
                        from_column |= by_column;
                        object.insert(name.clone(), value);
                    }
                }
                from_column.then_some((Value::Object(object), true))
            }
        }
    }

    /// The values of one cell in a list.
    fn apart(&self, value: Value) -> Vec<Value> {
        match (value, self.split.as_deref().filter(|split| !split.is_empty())) {
            (Value::String(text), Some(split)) => {
                text.split(split).map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
            }
            (value, _) => vec![value],
        }
    }
}

impl Template {
    fn of(field: &str, value: &toml::Value, head: &[String]) -> Result<Template, String> {
        match value {
            toml::Value::String(text) => match text.strip_prefix('=') {
                Some(constant) => Ok(Template::Constant(constant.to_owned())),
                None => {
                    let at = head.iter().position(|name| name == text.trim());
                    let at = at
                        .ok_or_else(|| format!("expected a column {text:?} for {field}; there are {}", listed(head)))?;
                    Ok(if field.ends_with("_at") { Template::TimeColumn(at) } else { Template::Column(at) })
                }
            },
            toml::Value::Array(items) => {
                Ok(Template::List(items.iter().map(|item| Template::of(field, item, head)).collect::<Result<_, _>>()?))
            }
            toml::Value::Table(members) => {
                let member = |(name, value): (&String, &toml::Value)| {
                    let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                    Ok((name.clone(), Template::of(&path, value, head)?))
                };
                Ok(Template::Object(members.iter().map(member).collect::<Result<_, String>>()?))
            }
            _ => Err(format!("expected for {field} the name of a column, or a text that begins with =")),
        }
    }
}

/// The names of columns, not too many of them.
fn listed(head: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<String> = head.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let more = if SHOWN < head.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn expected(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "expected UTF-8; a spreadsheet saves it as \"CSV UTF-8\"".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "expected a table with a header".to_owned(),
    }
}

impl<R: Read> Read for RowLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if JSON_LINE_BYTES_MAX < self.row_bytes.get() {
            let what = format!("expected rows of at most {JSON_LINE_BYTES_MAX} bytes; is a quotation mark not closed?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let read = self.inner.read(buffer)?;
        self.row_bytes.set(self.row_bytes.get() + read);
        Ok(read)
    }
}

// The fuzz targets take this file as theirs, from another folder.
#[cfg(test)]
#[path = "mapping/tests.rs"]
mod tests;
