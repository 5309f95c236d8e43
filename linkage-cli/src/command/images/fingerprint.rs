//! `linkage images fingerprint`: what a picture is reduced to.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkage_core::fingerprint::image::qr_codes;
use linkage_core::record::redact_code;

use super::{pixels, read};
use crate::command::Answer;
use crate::render::{Cell, Output, Rows};

/// The digest and the perceptual hash of picture files.
///
/// pdq is the published PDQ hash, comparable with that of other tools. Below a pdq_quality of 50 there is too little in a
/// picture to know it again by its hash. qr_codes is what the QR codes in the picture say, each on a line, card numbers left out.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(in crate::command) struct Fingerprint {
    /// Picture files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage images fingerprint testdata/images/indexed/bag.jpg";

const COLUMNS: &[&str] = &["file", "width", "height", "blake3", "pdq", "pdq_quality", "qr_codes"];

impl Fingerprint {
    pub(super) fn run(self) -> Result<Answer> {
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for file in &self.files {
            let picture = read(file)?;
            let codes: Vec<String> = qr_codes(&pixels(file)?).into_iter().map(redact_code).collect();
            rows.row(vec![
                Cell::text(file.display()),
                Cell::Count(picture.width.into()),
                Cell::Count(picture.height.into()),
                Cell::text(&picture.blake3),
                Cell::text(picture.forms.upright()),
                Cell::Count(picture.forms.quality.0.into()),
                Cell::text(codes.join("\n")),
            ])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}
