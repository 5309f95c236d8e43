//! `linkage rules`: what makes a repeat infringer, for everybody to read.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkage_core::rules::{Rule, RuleSet, RulesError};
use serde::Serialize;

use super::Answer;
use crate::render::{self, Cell, Format, Output, Rows};

/// Prints the rules that make a repeat infringer: those that ship, or those of a file, which is checked thereby.
///
/// Whoever meets one of the rules is a repeat infringer. A strike is an enforcement that was upheld, has not expired and is not
/// under open appeal, against any account of the network at ACT.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Rules {
    #[command(flatten)]
    rules: RuleFile,
    /// Prints the file that ships, which also says what a file may hold: to write one's own.
    #[arg(long, conflicts_with_all = ["rules", "format"])]
    template: bool,
    #[command(flatten)]
    output: Output,
}

/// Which rules.
#[derive(Args, Debug)]
pub(super) struct RuleFile {
    /// Rules that make a repeat infringer, as TOML; without it those that ship.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example:
  linkage rules
  linkage rules --template > rules.toml";

const COLUMNS: &[&str] = &["rules", "version", "rule", "strike_days", "sentence"];

/// The rules with what they say.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    version: &'a str,
    rules: Vec<ToldRule<'a>>,
}

#[derive(Serialize)]
struct ToldRule<'a> {
    #[serde(flatten)]
    rule: &'a Rule,
    sentence: String,
}

impl RuleFile {
    /// # Errors
    ///
    /// [`RulesError`] for a file that cannot be used.
    pub(super) fn read(&self) -> Result<Cow<'static, RuleSet>, RulesError> {
        Ok(match &self.rules {
            Some(file) => Cow::Owned(RuleSet::open(file)?),
            None => Cow::Borrowed(RuleSet::shipped()),
        })
    }
}

impl Rules {
    pub(super) fn run(self) -> Result<Answer> {
        if self.template {
            render::page(|out| out.write_all(RuleSet::SHIPPED_TEXT.as_bytes()))?;
            return Ok(Answer::Done);
        }
        let rules = self.rules.read()?;
        if self.output.format == Format::Json {
            render::json(&told(&rules))?;
            return Ok(Answer::Done);
        }
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for rule in &rules.rules {
            rows.row(vec![
                Cell::text(&rules.name),
                Cell::text(&rules.version),
                Cell::text(&rule.name),
                Cell::Count(rule.strike_days.into()),
                Cell::text(rule.sentence()),
            ])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

fn told(rules: &RuleSet) -> Told<'_> {
    let rule = |rule| ToldRule { rule, sentence: Rule::sentence(rule) };
    Told { name: &rules.name, version: &rules.version, rules: rules.rules.iter().map(rule).collect() }
}
