//! `linkage images match`: which query picture shows an indexed one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use linkage_core::fingerprint::image::{Gallery, Method, Picture, Sighting, Verdict};
use rayon::prelude::*;

use super::{name_in, pictures_in, read};
use crate::command::{Answer, bad_input};
use crate::failure;
use crate::render::{Cell, Output, Rows};
use crate::terminal::{Progress, say};

/// Queries that are read and searched at a time.
const BATCH: usize = 64;

/// Which query picture shows an indexed one: turned, mirrored, cropped, in a collage or a screenshot, before another background.
///
/// SAME: the query is a copy of the picture or shows it. POSSIBLE: much agrees and something speaks against a copy, as in the
/// same template, the same pack or another photo of the same things. The score is .5 where SAME begins. A query that shows none has
/// no row. Files that cannot be read are told on stderr and passed over.
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
    pub(in crate::command) fn run(self) -> Result<Answer> {
        let queries = files_in(&self.queries)?;
        let (names, gallery) = gallery(&self.index)?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        let mut progress = Progress::begin(format!("search {} pictures", queries.len()));
        for (number, batch) in queries.chunks(BATCH).enumerate() {
            for (name, sightings) in search(&gallery, &self.queries, batch) {
                for sighting in sightings {
                    rows.row(cells(&name, &names[sighting.number as usize], &sighting))?;
                }
            }
            progress.count((BATCH * (number + 1)).min(queries.len()) as u64, queries.len() as u64);
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

fn cells(query: &str, name: &str, sighting: &Sighting) -> Vec<Cell> {
    vec![
        Cell::text(query),
        Cell::text(name),
        Cell::Probability(sighting.score()),
        Cell::text(method(sighting.method)),
        Cell::text(verdict(sighting.verdict)),
    ]
}

pub(super) fn method(method: Method) -> &'static str {
    match method {
        Method::Pdq => "pdq",
        Method::Keypoints => "keypoints",
    }
}

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "SAME",
        Verdict::Possible => "POSSIBLE",
    }
}

/// What each readable file of a batch shows, in their order.
fn search(gallery: &Gallery, folder: &Path, batch: &[PathBuf]) -> Vec<(String, Vec<Sighting>)> {
    let one = |file: &PathBuf| read(file).map(|query| (name_in(folder, file), gallery.search(&query)));
    readable(batch.par_iter().map(one).collect())
}

/// The pictures of a folder that can be read, with their names.
fn gallery(folder: &Path) -> Result<(Vec<String>, Gallery)> {
    let files = files_in(folder)?;
    let mut progress = Progress::begin(format!("read {} pictures", files.len()));
    let (mut names, mut pictures): (Vec<String>, Vec<Picture>) = Default::default();
    for (number, batch) in files.chunks(BATCH).enumerate() {
        let one = |file: &PathBuf| read(file).map(|picture| (name_in(folder, file), picture));
        for (name, picture) in readable(batch.par_iter().map(one).collect()) {
            names.push(name);
            pictures.push(picture);
        }
        progress.count((BATCH * (number + 1)).min(files.len()) as u64, files.len() as u64);
    }
    Ok((names, Gallery::new(pictures)))
}

/// What could be read; of the rest it is said why not.
fn readable<T>(results: Vec<Result<T>>) -> Vec<T> {
    let told = |result: Result<T>| {
        result.inspect_err(|error| say(format_args!("passed over: {}", failure::message(error)))).ok()
    };
    results.into_iter().filter_map(told).collect()
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = pictures_in(folder)?;
    if files.is_empty() {
        return Err(bad_input(format!("{}: expected picture files in this folder", folder.display())));
    }
    Ok(files)
}
