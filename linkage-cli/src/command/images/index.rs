//! `linkage images index`: a gallery on disk, of which a search reads few pictures.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use rayon::prelude::*;

use super::matching::{files_in, open_gallery, readable};
use super::{name_in, picture_of, read_bytes};
use crate::command::Answer;
use crate::render::{Cell, Output, Rows};
use crate::terminal::Progress;

/// Pictures that are read and written at a time: 256 take about 9 MB.
const BATCH: usize = 256;

/// Adds the pictures of a folder to a gallery on disk, which `linkage images match --index` searches without reading them all again.
///
/// A file that is in the gallery under the same name is passed over, so the same command goes on where it was broken. A file that changed
/// is added, and what was there before stays. Files that cannot be read are told on stderr and passed over.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(in crate::command) struct Index {
    /// Folder of the pictures.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folder of the gallery; made if it is not there. About 30 kB a picture.
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage images index testdata/images/indexed --gallery gallery
  linkage images match --index gallery --queries testdata/images/queries";

const COLUMNS: &[&str] = &["added", "known", "unreadable", "pictures"];

impl Index {
    pub(super) fn run(self) -> Result<Answer> {
        let files = files_in(&self.folder)?;
        let mut gallery = open_gallery(&self.gallery, true)?;
        let mut progress = Progress::begin(format!("read {} pictures", files.len()));
        let (mut added, mut known) = (0, 0);
        for (number, batch) in files.chunks(BATCH).enumerate() {
            let one = |file: &PathBuf| {
                let (name, bytes) = (name_in(&self.folder, file), read_bytes(file)?);
                let is_known = gallery.holds(&name, &bytes);
                Ok(if is_known { None } else { Some((name, picture_of(file, &bytes)?)) })
            };
            let read = readable(batch.par_iter().map(one).collect());
            known += read.iter().filter(|read| read.is_none()).count();
            let new: Vec<_> = read.into_iter().flatten().collect();
            added += new.len();
            if !new.is_empty() {
                gallery.add(&new)?;
            }
            progress.count((BATCH * (number + 1)).min(files.len()) as u64, files.len() as u64);
        }
        let counts = [added, known, files.len() - added - known, gallery.len()];
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        rows.row(counts.map(|count| Cell::Count(count as u64)).to_vec())?;
        rows.finish()?;
        Ok(Answer::Done)
    }
}
