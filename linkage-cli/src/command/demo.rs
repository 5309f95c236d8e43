//! `linkage demo`: the whole story on an invented world, in a temporary store, and as a page to look at.
//!
//! The world is simulated on the spot, the same each time, so the program needs no other file; `testdata/world` is the same world.
//!
//! - `story` asks the linker what is told.
//! - `tell` tells it in the terminal, `page` turns it into a report.

mod page;
mod story;
mod tell;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::linker::{Linker, RecordKind};
use linkage_core::simulate::{Request, scenario, simulate};

use super::Answer;
use super::evaluate::{measure, read_truth};
use super::import::Importing;
use super::link::link;
use crate::render;
use crate::stop::Stop;
use crate::terminal::{Progress, say};
use story::Story;

/// The whole story on an invented world: import, link, networks and how they moved, one explanation, three checks, a seller who comes
/// back, and who was wrongly merged.
///
/// Works in a temporary folder that is gone afterwards, and writes one page of HTML to look at. Takes some seconds.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  linkage demo")]
pub(super) struct Demo {
    /// Where the report is written.
    #[arg(long, value_name = "FILE", default_value = "linkage-demo.html")]
    report: PathBuf,
    /// Writes the timeline of one network as a picture, too (SVG).
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

/// The world of the demo and of `testdata/world`.
const ACCOUNTS: u64 = 2_000;
const SEED: u64 = 1;

impl Demo {
    pub(super) fn run(self) -> Result<Answer> {
        let stop = Stop::on_signals()?;
        // Said now, not after the work is done.
        let file = File::create(&self.report).with_context(|| format!("{}: create file", self.report.display()))?;
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let world = folder.path().join("world");
        make_world(&world)?;
        let linker = Linker::open_dir(&folder.path().join("store"))?;
        let importing = Importing { linker: &linker, images_root: None, link: false, stop: &stop };
        let mut imported = Vec::new();
        for (kind, name) in [
            (RecordKind::Accounts, "accounts.jsonl"),
            (RecordKind::Listings, "listings.jsonl"),
            (RecordKind::Enforcements, "enforcements.jsonl"),
        ] {
            imported.push(importing.file(kind, &world.join(name), None)?);
        }
        let linked = link(&linker, &stop)?;
        let labels =
            read_truth(fs::read(world.join("truth.csv")).context("read truth")?.as_slice(), "truth.csv".as_ref())?;
        let report = measure(&linker, &labels.truth()?, &labels)?;
        let story = Story::of(&linker, &world, imported, linked, report)?;
        render::page(|out| tell::story(out, &story))?;
        let page = page::of(&story);
        write_page(file, &self.report, &page)?;
        if let (Some(picture), Some(network)) = (&self.picture, &page.explained) {
            let mut svg = Vec::new();
            render::report::picture(&mut svg, network).context("draw the picture")?;
            fs::write(picture, svg).with_context(|| format!("{}: write file", picture.display()))?;
        }
        say(format_args!("the same as a page to look at: {}", self.report.display()));
        Ok(Answer::Done)
    }
}

fn make_world(folder: &Path) -> Result<()> {
    let mut progress = Progress::begin("make the invented world");
    let request = Request { scenario: scenario("demo")?, accounts: ACCOUNTS, seed: SEED };
    simulate(&request, folder, &mut |done| progress.count(done, ACCOUNTS))?;
    Ok(())
}

fn write_page(file: File, name: &Path, page: &render::report::Page) -> Result<()> {
    let mut out = BufWriter::new(file);
    render::report::write(&mut out, page)
        .and_then(|()| out.flush())
        .with_context(|| format!("{}: write file", name.display()))
}
