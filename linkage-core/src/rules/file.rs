//! Reads files of rules.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::Spanned;

use crate::record::{FieldError, Harm, RightKind, Unexpected, serde_error};

use super::{Platforms, RightsHolders, Rule, RuleSet};

/// Longest file of rules, in bytes.
pub const RULES_BYTES_MAX: usize = 64 * 1024;

/// Most rules in a file.
pub const RULES_MAX: usize = 32;

/// Longest name and version, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// A file of rules that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// It could not be read.
    #[error("{file}: read rules")]
    Read {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is longer than [`RULES_BYTES_MAX`].
    #[error("{file}: expected rules of at most {RULES_BYTES_MAX} bytes")]
    TooLong {
        /// The file.
        file: String,
    },
    /// It is not UTF-8, not TOML, or a field breaks a rule.
    #[error("{file}, line {line}: {error}")]
    Field {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// Which field and what was expected.
        #[source]
        error: FieldError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSetDraft {
    #[serde(deserialize_with = "word")]
    name: String,
    #[serde(deserialize_with = "line_of_text")]
    version: String,
    #[serde(deserialize_with = "some_rules")]
    rule: Vec<RuleDraft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleDraft {
    name: Spanned<Word>,
    #[serde(deserialize_with = "strike_days")]
    strike_days: u32,
    #[serde(default, deserialize_with = "some_names")]
    rights: Vec<RightKind>,
    #[serde(default, deserialize_with = "some_names")]
    harms: Vec<Harm>,
    #[serde(default)]
    platforms: Platforms,
    #[serde(default)]
    rights_holders: RightsHolders,
    #[serde(default, deserialize_with = "within_days")]
    within_days: Option<u32>,
}

#[derive(Deserialize)]
struct Word(#[serde(deserialize_with = "word")] String);

impl RuleSet {
    /// Reads a file of rules: TOML with the fields that `shipped.toml` describes.
    ///
    /// # Errors
    ///
    /// [`RulesError`] with the line, the field and what was expected.
    pub fn open(path: &Path) -> Result<RuleSet, RulesError> {
        let file = path.display().to_string();
        let failed = |source| RulesError::Read { file: file.clone(), source };
        let mut bytes = Vec::new();
        let source = File::open(path).map_err(failed)?;
        source.take(RULES_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if RULES_BYTES_MAX < bytes.len() {
            return Err(RulesError::TooLong { file });
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => RuleSet::parse(&file, text),
            Err(error) => {
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                Err(RulesError::Field { file, line, error: FieldError::new("", "UTF-8") })
            }
        }
    }

    /// As [`open`](RuleSet::open), from text; `file` is for the error.
    ///
    /// # Errors
    ///
    /// As [`open`](RuleSet::open).
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::rules::RuleSet;
    ///
    /// let rules = RuleSet::parse(
    ///     "rules.toml",
    ///     r#"
    ///         name = "house-rules"
    ///         version = "2026-11"
    ///         [[rule]]
    ///         name = "danger"
    ///         strike_days = 1
    ///         harms = ["HEALTH_AND_SAFETY"]
    ///     "#,
    /// )?;
    /// assert_eq!(rules.rules[0].sentence(), "1 day with a strike with harm HEALTH_AND_SAFETY at stake");
    /// # Ok::<(), linkage_core::rules::RulesError>(())
    /// ```
    pub fn parse(file: &str, text: &str) -> Result<RuleSet, RulesError> {
        let failed = |span: Option<Range<usize>>, error| {
            let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
            RulesError::Field { file: file.to_owned(), line, error }
        };
        let toml = toml::Deserializer::parse(text).map_err(|error| {
            failed(error.span(), FieldError::new("", format!("valid TOML, found: {}", error.message())))
        })?;
        let draft: RuleSetDraft = serde_path_to_error::deserialize(toml).map_err(|error| {
            let path = error.path().to_string();
            failed(error.inner().span(), serde_error(&path, error.inner().message()))
        })?;
        let mut names = BTreeSet::new();
        for (at, rule) in draft.rule.iter().enumerate() {
            if !names.insert(rule.name.get_ref().0.as_str()) {
                let error = FieldError::new(format!("rule[{at}].name"), "a name that no rule before it has");
                return Err(failed(Some(rule.name.span()), error));
            }
        }
        let rules = draft.rule.into_iter().map(Rule::from).collect();
        Ok(RuleSet { name: draft.name, version: draft.version, rules })
    }
}

impl From<RuleDraft> for Rule {
    fn from(draft: RuleDraft) -> Rule {
        let Word(name) = draft.name.into_inner();
        Rule {
            name,
            strike_days: draft.strike_days,
            rights: draft.rights,
            harms: draft.harms,
            platforms: draft.platforms,
            rights_holders: draft.rights_holders,
            within_days: draft.within_days,
        }
    }
}

/// A broken rule, worded as serde words its own.
fn expected<E: Error>(expected: impl std::fmt::Display) -> E {
    E::custom(format_args!("invalid value, expected {expected}"))
}

/// A name that can stand in a sentence, a column and a log.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let fits = is_plain && (1..=NAME_BYTES_MAX).contains(&text.len());
    if fits { Ok(text) } else { Err(expected(format_args!("1 to {NAME_BYTES_MAX} of a-z, 0-9 and -"))) }
}

fn line_of_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let fits = is_plain && (1..=NAME_BYTES_MAX).contains(&text.len()) && text.trim() == text;
    if fits { Ok(text) } else { Err(expected(format_args!("1 to {NAME_BYTES_MAX} printable ASCII characters"))) }
}

fn some_rules<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RuleDraft>, D::Error> {
    let rules = Vec::<RuleDraft>::deserialize(deserializer)?;
    let fits = (1..=RULES_MAX).contains(&rules.len());
    if fits { Ok(rules) } else { Err(expected(format_args!("1 to {RULES_MAX} rules"))) }
}

fn strike_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    const STRIKE_DAYS_MAX: u32 = 1000;
    number(deserializer, STRIKE_DAYS_MAX)
}

fn within_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    // A century.
    const WITHIN_DAYS_MAX: u32 = 36_500;
    number(deserializer, WITHIN_DAYS_MAX).map(Some)
}

fn number<'de, D: Deserializer<'de>>(deserializer: D, max: u32) -> Result<u32, D::Error> {
    let number = toml::Value::deserialize(deserializer)?.as_integer();
    let number = number.and_then(|number| u32::try_from(number).ok()).filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| expected(format_args!("a number from 1 to {max}")))
}

/// A list of names, at least one: who wants no limit leaves the field out.
fn some_names<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Unexpected>,
{
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.is_empty() {
        return Err(expected("at least one name, or no such field"));
    }
    names.iter().map(|name| name.parse().map_err(|error: Unexpected| expected(error.expected))).collect()
}
