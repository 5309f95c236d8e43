//! Picture files of records: read once, when a record comes, and reduced to digest, perceptual hash, quality, size and what the QR codes
//! in it say.
//!
//! Nothing else of a picture is kept. A file that is missing or is no picture does not refuse the record: it is counted, and the
//! first of them is named.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use crate::fingerprint::image::{Limits, decode, pdq, qr_codes};
use crate::record::{CODE_BYTES_MAX, Image, redact_code};

/// What became of the pictures that records name by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PictureCounts {
    /// Read, and reduced.
    pub read: u64,
    /// Not found.
    pub missing: u64,
    /// Found, but no picture that can be read within the limits.
    pub unreadable: u64,
    /// Found, but another file than the record's digest says: nothing of it is taken.
    pub other: u64,
    /// The path of the first that was not taken, as the record has it.
    pub first_left_out: Option<String>,
}

impl PictureCounts {
    /// Pictures that were not taken.
    pub fn left_out(&self) -> u64 {
        self.missing + self.unreadable + self.other
    }

    /// Adds the counts of later pictures.
    pub fn add(&mut self, later: PictureCounts) {
        self.read += later.read;
        self.missing += later.missing;
        self.unreadable += later.unreadable;
        self.other += later.other;
        self.first_left_out = self.first_left_out.take().or(later.first_left_out);
    }
}

/// What became of one picture.
enum Found {
    Read,
    Missing,
    Unreadable,
    Other,
}

/// Completes pictures that have a path with what their files under `root` show. What a record says itself stays.
///
/// As many pictures at once as there are threads, each within [`Limits`].
pub fn read_pictures<'i>(images: impl Iterator<Item = &'i mut Image>, root: &Path) -> PictureCounts {
    let mut named: Vec<&mut Image> = images.filter(|image| image.path.is_some()).collect();
    let found: Vec<Found> = named.par_iter_mut().map(|image| complete(image, root)).collect();
    let mut counts = PictureCounts::default();
    for (image, found) in named.iter().zip(found) {
        let count = match found {
            Found::Read => &mut counts.read,
            Found::Missing => &mut counts.missing,
            Found::Unreadable => &mut counts.unreadable,
            Found::Other => &mut counts.other,
        };
        *count += 1;
        if !matches!(found, Found::Read) && counts.first_left_out.is_none() {
            counts.first_left_out.clone_from(&image.path);
        }
    }
    counts
}

fn complete(image: &mut Image, root: &Path) -> Found {
    let Some(path) = image.path.as_ref().map(|path| root.join(path)) else { return Found::Missing };
    let limits = Limits::default();
    let Ok(about) = path.metadata() else { return Found::Missing };
    if !about.is_file() || limits.file_bytes_max as u64 <= about.len() {
        return Found::Unreadable;
    }
    let Ok(bytes) = std::fs::read(&path) else { return Found::Unreadable };
    let digest = blake3::hash(&bytes).to_hex().to_string();
    if image.blake3.as_ref().is_some_and(|said| *said != digest) {
        return Found::Other;
    }
    let Ok(pixels) = decode(&bytes, &limits) else { return Found::Unreadable };
    let (hash, quality) = pdq(&pixels);
    image.blake3 = Some(digest);
    if image.pdq.is_none() {
        image.pdq = Some(hash.to_string());
        image.pdq_quality = Some(quality.0);
    }
    if image.codes.is_empty() {
        let texts = qr_codes(&pixels).into_iter().map(redact_code);
        image.codes = texts.filter(|text| text.len() <= CODE_BYTES_MAX).collect();
    }
    image.size = image.size.or(Some((pixels.width(), pixels.height())));
    Found::Read
}

#[cfg(test)]
mod tests;
