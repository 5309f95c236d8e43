//! `linkage images`: pictures as files, without a store.

mod explain;
mod fingerprint;
mod index;
mod matching;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Subcommand;
use linkage_core::fingerprint::image::{DecodeError, Limits, Picture, Pixels, decode};

use super::{Answer, bad_input};

/// Fingerprints of pictures, and which picture shows which.
///
/// JPEG, PNG, WebP and GIF are read, whatever the name of the file ends in.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLE)]
pub(super) enum Images {
    Explain(explain::Explain),
    Fingerprint(fingerprint::Fingerprint),
    Index(index::Index),
    Match(matching::Match),
}

const EXAMPLE: &str = "\
Example:
  linkage images fingerprint testdata/images/indexed/bag.jpg";

/// Endings of files that are taken from a folder.
const ENDINGS: &[&str] = &["gif", "jfif", "jpe", "jpeg", "jpg", "png", "webp"];

impl Images {
    pub(super) fn run(self) -> Result<Answer> {
        match self {
            Images::Explain(explain) => explain.run(),
            Images::Fingerprint(fingerprint) => fingerprint.run(),
            Images::Index(index) => index.run(),
            Images::Match(matching) => matching.run(),
        }
    }
}

/// Reads a picture; an error names the file.
fn read(path: &Path) -> Result<Picture> {
    picture_of(path, &read_bytes(path)?)
}

/// The picture in the bytes of a file; an error names the file.
fn picture_of(path: &Path, bytes: &[u8]) -> Result<Picture> {
    Picture::read(bytes, &Limits::default()).map_err(|error| unreadable(path, &error))
}

/// The pixels of a picture; an error names the file.
fn pixels(path: &Path) -> Result<Pixels> {
    decode(&read_bytes(path)?, &Limits::default()).map_err(|error| unreadable(path, &error))
}

/// What is wrong with a file.
fn unreadable(path: &Path, error: &DecodeError) -> anyhow::Error {
    bad_input(format!("{}: {error}", path.display()))
}

/// At most as many bytes of a file as a picture may have, and one.
fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = Limits::default().file_bytes_max as u64 + 1;
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    file.take(limit).read_to_end(&mut bytes).with_context(|| format!("read {}", path.display()))?;
    Ok(bytes)
}

/// The pictures in a folder and the folders in it, in the order of their names.
fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("open folder {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("read folder {}", folder.display()))?;
            let path = entry.path();
            // A link to a folder could lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if is_picture(&path) {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file()
}

/// How a file is called in an answer: its path under the folder it was found in.
fn name_in(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}
