//! Pairs of records to be compared without a store: the lines of `linkage compare` and `linkage train`.
//!
//! ```text
//! {"kind": "company_name", "left": {"name": "…"}, "right": {"name": "…"}, "label": 1} ──► (line, Pair, label)
//! ```
//!
//! The sides are what the record files hold, checked by the same rules, save that who and when may be left out: a pair
//! is about what is shown. [`PairReader`] is the iterator; errors name file, line and field, never the value.

use std::fs::File;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::check::NAME_BYTES_MAX;
use super::draft::{AccountDraft, ListingDraft, NameDraft, Object, Value};
use super::read::{Lines, RecordError, from_json};
use super::{Account, FieldError, Intake, Listing};

/// What the two sides of a pair are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PairKind {
    /// Two accounts: one operator?
    Account,
    /// Two listings: one product?
    Listing,
    /// Two names of people: one person's name?
    PersonName,
    /// Two names of firms, shops or brands: one firm's name?
    CompanyName,
}

/// Two things to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Two accounts.
    Accounts(Box<[Account; 2]>),
    /// Two listings.
    Listings(Box<[Listing; 2]>),
    /// Two names of people.
    PersonNames([String; 2]),
    /// Two names of firms, shops or brands.
    CompanyNames([String; 2]),
}

impl PairKind {
    /// All of them.
    pub const ALL: [PairKind; 4] = [PairKind::Account, PairKind::Listing, PairKind::PersonName, PairKind::CompanyName];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            PairKind::Account => "account",
            PairKind::Listing => "listing",
            PairKind::PersonName => "person_name",
            PairKind::CompanyName => "company_name",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<PairKind> {
        PairKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Pair {
    /// What the two sides are.
    pub fn kind(&self) -> PairKind {
        match self {
            Pair::Accounts(_) => PairKind::Account,
            Pair::Listings(_) => PairKind::Listing,
            Pair::PersonNames(_) => PairKind::PersonName,
            Pair::CompanyNames(_) => PairKind::CompanyName,
        }
    }

    /// Reads and checks one line; the label too, where there is one.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first field that breaks a rule.
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::record::{Intake, Pair, PairKind};
    ///
    /// let line = r#"{"kind": "person_name", "left": {"name": "王小明"}, "right": {"name": "Xiaoming WANG"}, "label": 1}"#;
    /// let (pair, label) = Pair::from_json(line, &Intake::new([7; 32]))?;
    /// assert_eq!((pair.kind(), label), (PairKind::PersonName, Some(true)));
    /// # Ok::<(), linkage_core::record::FieldError>(())
    /// ```
    pub fn from_json(json: &str, intake: &Intake) -> Result<(Pair, Option<bool>), FieldError> {
        let KindOf(kind) = from_json(json)?;
        let kind = PairKind::parse(&kind)
            .ok_or_else(|| FieldError::new("kind", "account, listing, person_name or company_name"))?;
        Ok(match kind {
            PairKind::Account => {
                let (sides, label) = sides(json, |draft, side| account(draft, side, intake))?;
                (Pair::Accounts(Box::new(sides)), label)
            }
            PairKind::Listing => {
                let (sides, label) = sides(json, |draft, side| listing(draft, side, intake))?;
                (Pair::Listings(Box::new(sides)), label)
            }
            PairKind::PersonName => {
                let (sides, label) = sides(json, name)?;
                (Pair::PersonNames(sides), label)
            }
            PairKind::CompanyName => {
                let (sides, label) = sides(json, name)?;
                (Pair::CompanyNames(sides), label)
            }
        })
    }
}

/// Reads the pairs of one file in order, in constant memory.
///
/// Yields the number of the line, from 1, with each pair and its label; empty lines are skipped but counted. After a
/// bad line it goes on, after a broken stream it ends.
#[derive(Debug)]
pub struct PairReader<'a> {
    file: String,
    lines: Lines,
    intake: &'a Intake,
}

impl<'a> PairReader<'a> {
    /// Opens a file, plain, gzip or Zstandard.
    ///
    /// # Errors
    ///
    /// [`RecordError::Open`] when it cannot be opened or its first bytes cannot be read.
    pub fn open(path: &Path, intake: &'a Intake) -> Result<PairReader<'a>, RecordError> {
        let name = path.display().to_string();
        let opened = File::open(path).and_then(|file| PairReader::new(name.clone(), file, intake));
        opened.map_err(|source| RecordError::Open { file: name, source })
    }

    /// Reads from any source; `name` stands for the file in errors.
    ///
    /// # Errors
    ///
    /// When the first bytes cannot be read.
    pub fn new(name: String, source: impl Read + Send + 'static, intake: &'a Intake) -> io::Result<PairReader<'a>> {
        Ok(PairReader { file: name, lines: Lines::of(source)?, intake })
    }
}

impl Iterator for PairReader<'_> {
    type Item = Result<(u64, Pair, Option<bool>), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next_line(&self.file)?;
        Some(line.and_then(|line| {
            let pair = Pair::from_json(self.lines.text(&self.file)?, self.intake);
            let (pair, label) = pair.map_err(|error| RecordError::Field { file: self.file.clone(), line, error })?;
            Ok((line, pair, label))
        }))
    }
}

/// The kind of a line, whatever else it holds.
struct KindOf(String);

impl Value for KindOf {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KindOf, D::Error> {
        /// Other fields are read later.
        #[derive(serde::Deserialize)]
        struct Fields {
            #[serde(default, deserialize_with = "Value::read")]
            kind: String,
        }
        deserializer.deserialize_map(Object(PhantomData)).map(|fields: Fields| KindOf(fields.kind))
    }
}

/// A line whose sides are of one sort.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "S: Value"))]
struct Line<S> {
    #[serde(rename = "kind")]
    _kind: serde::de::IgnoredAny,
    #[serde(default = "none", deserialize_with = "Value::read")]
    left: Option<S>,
    #[serde(default = "none", deserialize_with = "Value::read")]
    right: Option<S>,
    #[serde(default)]
    label: Label,
}

fn none<S>() -> Option<S> {
    None
}

impl<S: Value> Value for Line<S> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Line<S>, D::Error> {
        deserializer.deserialize_map(Object(PhantomData))
    }
}

#[derive(Default)]
struct Label(Option<bool>);

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Label, D::Error> {
        deserializer.deserialize_any(LabelVisitor)
    }
}

struct LabelVisitor;

impl Visitor<'_> for LabelVisitor {
    type Value = Label;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("0 or 1")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Label, E> {
        Ok(Label(None))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Label, E> {
        match value {
            0 | 1 => Ok(Label(Some(value == 1))),
            _ => Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self)),
        }
    }
}

/// Both sides of a line, checked.
fn sides<S: Value, T>(
    json: &str,
    check: impl Fn(S, &str) -> Result<T, FieldError>,
) -> Result<([T; 2], Option<bool>), FieldError> {
    let line: Line<S> = from_json(json)?;
    let one = |side: Option<S>, place: &str| {
        let draft = side.ok_or_else(|| FieldError::new(place, "an object"))?;
        check(draft, place).map_err(|error| error.within(place))
    };
    Ok(([one(line.left, "left")?, one(line.right, "right")?], line.label.0))
}

/// Who and when are no part of what is compared.
const PLATFORM: &str = "pair";
const OBSERVED_AT: &str = "1970-01-01T00:00:00Z";

fn account(mut draft: AccountDraft, side: &str, intake: &Intake) -> Result<Account, FieldError> {
    fill(&mut draft.platform, PLATFORM);
    fill(&mut draft.account_id, side);
    fill(&mut draft.observed_at, OBSERVED_AT);
    draft.check(intake)
}

fn listing(mut draft: ListingDraft, side: &str, intake: &Intake) -> Result<Listing, FieldError> {
    fill(&mut draft.platform, PLATFORM);
    fill(&mut draft.account_id, side);
    fill(&mut draft.listing_id, side);
    fill(&mut draft.observed_at, OBSERVED_AT);
    draft.check(intake)
}

fn name(draft: NameDraft, _: &str) -> Result<String, FieldError> {
    if draft.name.trim().is_empty() {
        return Err(FieldError::new("name", "a name"));
    }
    if NAME_BYTES_MAX < draft.name.len() {
        return Err(FieldError::new("name", format!("at most {NAME_BYTES_MAX} bytes")));
    }
    Ok(draft.name)
}

fn fill(field: &mut String, default: &str) {
    if field.trim().is_empty() {
        default.clone_into(field);
    }
}

#[cfg(test)]
mod tests;
