//! `linkage images match`: which query picture shows an indexed one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use linkage_core::fingerprint::image::{Pdq, Picture};

use super::{name_in, pictures_in, read};
use crate::command::{Answer, bad_input};
use crate::failure;
use crate::render::{Cell, Output, Rows};
use crate::terminal::say;

/// Which query picture shows an indexed picture, turned, mirrored or edited as it may be.
///
/// A query that shows none has no row. Files that cannot be read are told on stderr and passed over.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(in crate::command) struct Match {
    /// Folder of the pictures that are known.
    #[arg(long, value_name = "DIR")]
    index: PathBuf,
    /// Folder of the pictures that are asked about.
    #[arg(long, value_name = "DIR")]
    queries: PathBuf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage images match --index testdata/images/indexed --queries testdata/images/queries";

const COLUMNS: &[&str] = &["query", "match", "score", "method", "verdict"];

impl Match {
    pub(super) fn run(self) -> Result<Answer> {
        let indexed = read_all(&self.index)?;
        let queries = read_all(&self.queries)?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for (name, query) in &queries {
            for (other, distance) in nearest(query, &indexed) {
                rows.row(vec![
                    Cell::text(name),
                    Cell::text(other),
                    Cell::Probability(1.0 - f64::from(distance) / 128.0),
                    Cell::text("pdq"),
                    Cell::text("SAME"),
                ])?;
            }
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

/// The indexed pictures that are the query by their hash, nearest first.
fn nearest<'i>(query: &Picture, indexed: &'i [(String, Picture)]) -> Vec<(&'i str, u32)> {
    let usable = indexed.iter().filter(|(_, other)| query.forms.quality.links() && other.forms.quality.links());
    let distances = usable.map(|(name, other)| (name.as_str(), query.forms.nearest(&other.forms.upright()).1));
    let mut near: Vec<(&str, u32)> = distances.filter(|(_, distance)| *distance <= Pdq::SAME_MAX).collect();
    near.sort_unstable_by_key(|(name, distance)| (*distance, *name));
    near
}

fn read_all(folder: &Path) -> Result<Vec<(String, Picture)>> {
    let files = pictures_in(folder)?;
    if files.is_empty() {
        return Err(bad_input(format!("{}: expected picture files in this folder", folder.display())));
    }
    let mut pictures = Vec::with_capacity(files.len());
    for file in files {
        match read(&file) {
            Ok(picture) => pictures.push((name_in(folder, &file), picture)),
            Err(error) => say(format_args!("passed over: {}", failure::message(&error))),
        }
    }
    Ok(pictures)
}
