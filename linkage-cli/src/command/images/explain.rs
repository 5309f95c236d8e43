//! `linkage images explain`: where two pictures are the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::fingerprint::image::{Sighting, compare, draw};

use super::matching::{method, verdict};
use super::{pixels, read};
use crate::command::{Answer, bad_input};
use crate::render::{Cell, Output, Rows};

/// Whether one picture shows another, with the evidence drawn. Exit status 1 if it does not.
///
/// The drawing has both pictures side by side: in yellow where each lies on the other, in green places that are the same, in
/// blue which belong together. Without a sighting there are no marks.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(in crate::command) struct Explain {
    /// The picture that is asked about.
    #[arg(value_name = "A")]
    query: PathBuf,
    /// The picture that it may show.
    #[arg(value_name = "B")]
    other: PathBuf,
    /// Draws the evidence into this PNG file.
    #[arg(long, value_name = "PNG")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage images explain testdata/images/queries/lamp-collage.jpg testdata/images/indexed/lamp.jpg";

const COLUMNS: &[&str] = &["query", "match", "score", "method", "verdict", "evidence_bits", "places"];

impl Explain {
    pub(in crate::command) fn run(self) -> Result<Answer> {
        if let Some(out) = self.out.as_deref().filter(|out| !is_png(out)) {
            return Err(bad_input(format!("--out {}: expected a name that ends in .png", out.display())));
        }
        let sighting = compare(&read(&self.query)?, &read(&self.other)?);
        if let Some(out) = &self.out {
            let [query, other] = [pixels(&self.query)?, pixels(&self.other)?];
            let drawing = draw(&query, &other, sighting.as_ref().map(|sighting| &sighting.placed));
            let drawing = drawing.context("draw the evidence")?;
            fs::write(out, drawing).with_context(|| format!("write {}", out.display()))?;
        }
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        if let Some(sighting) = &sighting {
            rows.row(self.cells(sighting))?;
        }
        rows.finish()?;
        Ok(if sighting.is_some() { Answer::Done } else { Answer::No })
    }

    fn cells(&self, sighting: &Sighting) -> Vec<Cell> {
        vec![
            Cell::text(self.query.display()),
            Cell::text(self.other.display()),
            Cell::Probability(sighting.score()),
            Cell::text(method(sighting.method)),
            Cell::text(verdict(sighting.verdict)),
            Cell::Bits(sighting.evidence_bits),
            Cell::Count(sighting.placed.places.len() as u64),
        ]
    }
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
}
