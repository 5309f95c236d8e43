//! `linkage images match`: which query picture shows an indexed one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::fingerprint::image::{Gallery, Method, Picture, Pictures, Sighting, Verdict};
use linkage_core::gallery::StoredPictures;
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
    /// Folder of the pictures that are known, or a gallery that `linkage images index` made of it.
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
        if StoredPictures::is_in(&self.index) {
            let progress = Progress::begin("open the gallery".to_owned());
            let gallery = Gallery::over(open_gallery(&self.index, false)?)?;
            drop(progress);
            let name = |number| gallery.pictures().name(number).unwrap_or_default();
            return self.search(&gallery, name);
        }
        let (names, gallery) = gallery(&self.index)?;
        self.search(&gallery, |number| names.get(number as usize).map_or("", String::as_str))
    }

    fn search<'n, P>(&self, gallery: &Gallery<P>, name: impl Fn(u32) -> &'n str) -> Result<Answer>
    where
        P: Pictures,
        P::Error: std::error::Error + Send + Sync + 'static,
    {
        let queries = files_in(&self.queries)?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        let mut progress = Progress::begin(format!("search {} pictures", queries.len()));
        for (number, batch) in queries.chunks(BATCH).enumerate() {
            let one = |file: &PathBuf| read(file).map(|query| (name_in(&self.queries, file), query));
            let pictures = readable(batch.par_iter().map(one).collect()).into_par_iter();
            let search = |(name, query): (String, Picture)| Ok::<_, P::Error>((name, gallery.search(&query)?));
            let found = pictures.map(search).collect::<Result<Vec<_>, _>>()?;
            for (query, sightings) in found {
                for sighting in sightings {
                    rows.row(cells(&query, name(sighting.number), &sighting))?;
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
pub(super) fn readable<T>(results: Vec<Result<T>>) -> Vec<T> {
    let told = |result: Result<T>| {
        result.inspect_err(|error| say(format_args!("passed over: {}", failure::message(error)))).ok()
    };
    results.into_iter().filter_map(told).collect()
}

pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = pictures_in(folder)?;
    if files.is_empty() {
        return Err(bad_input(format!("{}: expected picture files in this folder", folder.display())));
    }
    Ok(files)
}

/// A gallery on disk; an error names its folder.
pub(super) fn open_gallery(folder: &Path, create: bool) -> Result<StoredPictures> {
    StoredPictures::open(folder, create).with_context(|| format!("open the gallery {}", folder.display()))
}
