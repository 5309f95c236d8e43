//! `linkage demo`: the whole story on the invented world of `testdata`, in a temporary store.
//!
//! The world is compiled in, so the program needs no other file.

mod story;
mod world;

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::evaluate::Truth;
use linkage_core::linker::Linker;

use super::Answer;
use super::evaluate::{measure, read_truth};
use super::import::import;
use super::link::link;
use crate::render;
use crate::stop::Stop;

/// The whole story on an invented world: import, link, networks, one explanation, three checks, and who was wrongly merged.
///
/// Works in a temporary folder that is gone afterwards. Takes some seconds.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  linkage demo")]
pub(super) struct Demo {}

impl Demo {
    pub(super) fn run(self) -> Result<Answer> {
        let stop = Stop::on_signals()?;
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let linker = Linker::open_dir(&folder.path().join("store"))?;
        let mut imported = Vec::new();
        for (kind, file) in world::write(folder.path())? {
            imported.push(import(&linker, kind, &file, None, false, None, &stop)?);
        }
        let linked = link(&linker, &stop)?;
        let labels = read_truth(world::TRUTH.as_bytes(), world::TRUTH_NAME.as_ref())?;
        let truth = Truth::new(labels.iter().map(|(account, entity)| (account.as_str(), entity)))?;
        let report = measure(&linker, &truth)?;

        let networks = story::networks(&linker)?;
        let why = story::one_link(&linker)?;
        let checks = story::checks(&linker)?;
        let honest = story::honest_merged(&linker, &labels)?;
        let settings = linker.epoch()?.settings;
        render::page(|out| {
            story::tell_import(out, &imported)?;
            story::tell_link(out, &linked)?;
            story::tell_networks(out, &networks)?;
            story::tell_why(out, why.as_ref(), settings)?;
            story::tell_checks(out, &checks)?;
            story::tell_trust(out, &report, &honest)?;
            story::tell_next(out)
        })?;
        Ok(Answer::Done)
    }
}
