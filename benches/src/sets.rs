//! A folder of somebody's data, read as our records through a mapping.
//!
//! ```text
//! one row: column ─► values ──template──► {"platform": …, "account_id": …, "persons": [{"name": …}], …}
//!                           ──truth─────► account key ─► entity
//! ```
//!
//! [`Mapping`] is the type to read first, then [`Mapping::load`]. A mapping is JSON whose `record` looks like the record
//! it makes. In it
//!
//! - `"$column other"` is text with the column's value put in; `$column#2` is its second value in the row, `$#` the
//!   number of the row in its file;
//! - `{"first": [..]}` is the first of several texts that is not absent;
//! - `{"date": ..}`, `{"time": ..}`, `{"country": ..}`, `{"url": ..}`, `{"email": ..}`, `{"scheme": ..}` read the text as that
//!   and leave out, and count, what is none;
//! - a text whose columns are all empty is absent, and so is an object or list in which no column is filled:
//!   constants alone keep nothing alive.
//!
//! A row may be a line of CSV or a JSON object, plain or gzipped. Where a JSON row holds a list of small objects
//! (`parts`), `record` sees the values of all of them together, and `part` is made once for each.
//!
//! **Not here:** checking. Records are as [`linkage_core::record`] wants them or it will say what is wrong.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use linkage_core::record::{Account, AccountDraft, Intake};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{closure, dates, values};

#[cfg(test)]
mod tests;

/// Which column is which field. Read from JSON; an unknown member is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name of the set.
    pub name: String,
    observed_at: String,
    kind: String,
    files: Vec<Source>,
    platform: Option<Value>,
    account_id: Value,
    truth: TruthColumns,
    parts: Option<String>,
    record: Map<String, Value>,
    #[serde(default)]
    part: Map<String, Value>,
}

/// Records and truth of one set.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Account records in the JSON of an account draft, in the order of the files.
    pub records: Vec<Value>,
    /// Account key and entity of every labelled account.
    pub truth: Vec<(String, String)>,
    /// How many values of each sort were unreadable and left out, or were dates cut to what is possible.
    pub left_out: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    path: PathBuf,
    platform: Option<String>,
}

/// Where the truth stands: in the rows themselves, or in a file of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TruthColumns {
    path: Option<PathBuf>,
    platform: Option<Value>,
    account_id: Option<Value>,
    entity: Value,
}

/// The values of one row by column.
#[derive(Clone, Debug, Default)]
struct Row {
    columns: FxHashMap<String, Vec<String>>,
    parts: Vec<Row>,
}

/// Fills templates and counts what could not be read.
struct Filler<'a> {
    this_year: u32,
    left_out: &'a mut BTreeMap<String, u64>,
}

/// A filled template, and whether a column had a part in it.
struct Filled {
    value: Value,
    from_column: bool,
}

/// The mappings shipped with the benches, in the order in which sets are measured.
///
/// # Errors
///
/// If a shipped mapping is not valid, which a test excludes.
pub fn shipped() -> Result<Vec<Mapping>> {
    [
        include_str!("../mappings/senzing.json"),
        include_str!("../mappings/domains.json"),
        include_str!("../mappings/febrl1.json"),
        include_str!("../mappings/febrl1-noid.json"),
        include_str!("../mappings/febrl4.json"),
        include_str!("../mappings/febrl4-noid.json"),
        include_str!("../mappings/historical.json"),
        include_str!("../mappings/chicago.json"),
    ]
    .iter()
    .map(|text| Mapping::parse(text))
    .collect()
}

impl Set {
    /// The records, checked: what the linker takes, in the order of [`Set::records`].
    ///
    /// # Errors
    ///
    /// The first record that [`linkage_core::record`] refuses, by its key and field. A mapping is then to be mended, not
    /// the record left out.
    pub fn accounts(&self, intake: &Intake) -> Result<Vec<Account>> {
        let checked = |record: &Value| -> Result<Account> {
            let draft: AccountDraft = serde_json::from_value(record.clone())?;
            Ok(draft.check(intake)?)
        };
        self.records.iter().map(|record| checked(record).with_context(|| closure::key(record))).collect()
    }
}

impl Mapping {
    /// Reads a mapping from its JSON.
    ///
    /// # Errors
    ///
    /// If it is no mapping.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("read mapping")
    }

    /// Whether all files of the set are under `folder`.
    pub fn is_in(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| existing(&folder.join(&file.path)).is_some())
    }

    /// Reads the set under `folder`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or a row has no account id, no platform or no entity.
    pub fn load(&self, folder: &Path) -> Result<Set> {
        let mut set = Set::default();
        for file in &self.files {
            for row in read_rows(folder, &file.path, self.parts.as_deref())? {
                let key = self.add_record(&mut set, file, &row)?;
                if self.truth.path.is_none() {
                    set.truth.push((key, needed(&self.truth.entity, &row, "entity")?));
                }
            }
        }
        if let Some(path) = &self.truth.path {
            set.truth = self.truth_file(folder, path)?;
        }
        Ok(set)
    }

    fn add_record(&self, set: &mut Set, file: &Source, row: &Row) -> Result<String> {
        let platform = match (&file.platform, &self.platform) {
            (Some(platform), _) => platform.clone(),
            (None, Some(template)) => needed(template, row, "platform")?.to_ascii_lowercase(),
            (None, None) => bail!("{}: no platform for {}", self.name, file.path.display()),
        };
        let account_id = needed(&self.account_id, row, "account_id")?;
        let key = format!("{platform}/{account_id}");

        let this_year = self.observed_at.get(..4).and_then(|year| year.parse().ok()).context("year of observed_at")?;
        let mut filler = Filler { this_year, left_out: &mut set.left_out };
        let mut record = filler.object(&self.record, row)?.map(|filled| into_object(filled.value)).unwrap_or_default();
        for part in &row.parts {
            if let Some(filled) = filler.object(&self.part, part)? {
                append(&mut record, into_object(filled.value));
            }
        }
        record.insert("platform".into(), platform.into());
        record.insert("account_id".into(), account_id.into());
        record.insert("observed_at".into(), self.observed_at.as_str().into());
        record.insert("kind".into(), self.kind.as_str().into());
        set.records.push(Value::Object(record));
        Ok(key)
    }

    fn truth_file(&self, folder: &Path, path: &Path) -> Result<Vec<(String, String)>> {
        let truth = &self.truth;
        let template =
            |template: &Option<Value>, name: &str| template.clone().ok_or_else(|| anyhow!("truth has no {name}"));
        let (platform, account_id) =
            (template(&truth.platform, "platform")?, template(&truth.account_id, "account_id")?);
        let labelled = |row: Row| {
            let platform = needed(&platform, &row, "platform")?.to_ascii_lowercase();
            let account_id = needed(&account_id, &row, "account_id")?;
            Ok((format!("{platform}/{account_id}"), needed(&truth.entity, &row, "entity")?))
        };
        read_rows(folder, path, None)?.into_iter().map(labelled).collect()
    }
}

impl Filler<'_> {
    fn fill(&mut self, template: &Value, row: &Row) -> Result<Option<Filled>> {
        match template {
            Value::String(text) => Ok(fill_text(text, row)),
            Value::Array(items) => self.list(items, row),
            Value::Object(members) => match members.iter().next() {
                Some((name, inner)) if members.len() == 1 && is_reader(name) => self.reader(name, inner, row),
                _ => self.object(members, row),
            },
            other => bail!("a template holds texts, lists and objects, not {other}"),
        }
    }

    fn list(&mut self, items: &[Value], row: &Row) -> Result<Option<Filled>> {
        let mut list = Vec::new();
        for item in items {
            let filled = self.fill(item, row)?.filter(|filled| filled.from_column);
            list.extend(filled.map(|filled| filled.value));
        }
        Ok((!list.is_empty()).then_some(Filled { value: Value::Array(list), from_column: true }))
    }

    fn object(&mut self, members: &Map<String, Value>, row: &Row) -> Result<Option<Filled>> {
        let mut object = Map::new();
        let mut from_column = false;
        for (name, template) in members {
            if let Some(filled) = self.fill(template, row)? {
                from_column |= filled.from_column;
                object.insert(name.clone(), filled.value);
            }
        }
        Ok(from_column.then_some(Filled { value: Value::Object(object), from_column }))
    }

    fn reader(&mut self, name: &str, inner: &Value, row: &Row) -> Result<Option<Filled>> {
        if name == "first" {
            return first_filled(inner, row);
        }
        let Some(filled) = self.fill(inner, row)? else { return Ok(None) };
        let text = filled.value.as_str().unwrap_or_default();
        let read = match name {
            "date" => self.date(text),
            "time" => values::time(text),
            "country" => values::country(text),
            "url" => values::url(text),
            "email" => values::email(text),
            _ => values::scheme(text),
        };
        if read.is_none() {
            *self.left_out.entry(format!("{name} unreadable")).or_default() += 1;
        }
        Ok(read.map(|text| Filled { value: text.into(), from_column: filled.from_column }))
    }

    fn date(&mut self, text: &str) -> Option<String> {
        match dates::read(text, self.this_year) {
            dates::Reading::Whole(date) => Some(date),
            dates::Reading::Cut(date) => {
                *self.left_out.entry("date cut to what is possible".into()).or_default() += 1;
                Some(date)
            }
            dates::Reading::Unreadable => None,
        }
    }
}

impl Row {
    fn add(&mut self, column: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            self.columns.entry(column.to_owned()).or_default().push(value.to_owned());
        }
    }

    /// `column` is a name, or a name and `#` and which of its values in this row, counted from 1.
    fn get(&self, column: &str) -> Option<&str> {
        let (name, which) = match column.rsplit_once('#') {
            Some((name, which)) if !name.is_empty() => (name, which.parse().unwrap_or(1)),
            _ => (column, 1_usize),
        };
        self.columns.get(name)?.get(which.saturating_sub(1)).map(String::as_str)
    }

    fn add_json(&mut self, column: &str, value: &Value) {
        match value {
            Value::String(text) => self.add(column, text),
            Value::Number(number) => self.add(column, &number.to_string()),
            _ => {}
        }
    }
}

fn is_reader(name: &str) -> bool {
    ["first", "date", "time", "country", "url", "email", "scheme"].contains(&name)
}

/// Puts columns into `text`; absent if it names columns and all are empty.
fn fill_text(text: &str, row: &Row) -> Option<Filled> {
    let (filled, named, found) = interpolate(text, row);
    (named == 0 || found > 0).then(|| Filled { value: filled.into(), from_column: found > 0 })
}

fn first_filled(texts: &Value, row: &Row) -> Result<Option<Filled>> {
    for text in texts.as_array().context("first: a list of texts")? {
        if let Some(filled) = fill_text(text.as_str().context("first: a list of texts")?, row) {
            return Ok(Some(filled));
        }
    }
    Ok(None)
}

/// The text with columns put in and blanks squeezed, how many columns it names, and how many of them are filled.
fn interpolate(text: &str, row: &Row) -> (String, usize, usize) {
    let (mut words, mut named, mut found) = (Vec::new(), 0, 0);
    for word in text.split_whitespace() {
        match word.strip_prefix('$') {
            None => words.push(word),
            Some(column) => {
                named += 1;
                if let Some(value) = row.get(column) {
                    found += 1;
                    words.push(value);
                }
            }
        }
    }
    (words.join(" "), named, found)
}

fn needed(template: &Value, row: &Row, what: &str) -> Result<String> {
    let text = template.as_str().with_context(|| format!("{what} is a text"))?;
    let (filled, named, found) = interpolate(text, row);
    if filled.is_empty() || found < named { bail!("a row without {what}") } else { Ok(filled) }
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Adds lists at the end of lists; a single value stays what it was first.
fn append(record: &mut Map<String, Value>, part: Map<String, Value>) {
    for (name, value) in part {
        match (record.get_mut(&name), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
            (Some(_), _) => {}
            (None, value) => {
                record.insert(name, value);
            }
        }
    }
}

/// A file, or the same with `.gz`.
fn existing(file: &Path) -> Option<PathBuf> {
    let zipped = PathBuf::from(format!("{}.gz", file.display()));
    [file.to_owned(), zipped].into_iter().find(|path| path.is_file())
}

/// Opens a file, or the same with `.gz`, which is read as if it were plain.
///
/// # Errors
///
/// When there is neither, or it cannot be opened.
pub fn open(file: &Path) -> Result<Box<dyn Read>> {
    let found = existing(file).with_context(|| format!("no {}", file.display()))?;
    let open = File::open(&found).with_context(|| format!("open {}", found.display()))?;
    Ok(match found.extension() {
        Some(extension) if extension == "gz" => Box::new(flate2::read::MultiGzDecoder::new(open)),
        _ => Box::new(open),
    })
}

fn read_rows(folder: &Path, path: &Path, parts: Option<&str>) -> Result<Vec<Row>> {
    let file = folder.join(path);
    ensure!(existing(&file).is_some(), "no {} in {}", path.display(), folder.display());
    let reader = open(&file)?;
    let rows = match path.extension() {
        Some(extension) if extension == "jsonl" => json_rows(reader, parts),
        _ => csv_rows(reader),
    };
    rows.with_context(|| format!("read {}", file.display()))
}

fn csv_rows(reader: impl Read) -> Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(reader);
    let header = reader.headers()?.clone();
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let mut row = Row::default();
        row.add("#", &(at + 1).to_string());
        record?.iter().zip(&header).for_each(|(value, column)| row.add(column, value));
        rows.push(row);
    }
    Ok(rows)
}

fn json_rows(reader: impl Read, parts: Option<&str>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (at, line) in BufReader::new(reader).lines().enumerate() {
        let object: Map<String, Value> = serde_json::from_str(&line?).with_context(|| format!("line {}", at + 1))?;
        let mut row = Row::default();
        row.add("#", &(at + 1).to_string());
        for (column, value) in &object {
            match value {
                Value::Array(list) if Some(column.as_str()) == parts => add_parts(&mut row, list),
                value => row.add_json(column, value),
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

fn add_parts(row: &mut Row, list: &[Value]) {
    for object in list.iter().filter_map(Value::as_object) {
        let mut part = Row::default();
        for (column, value) in object {
            row.add_json(column, value);
            part.add_json(column, value);
        }
        row.parts.push(part);
    }
}
