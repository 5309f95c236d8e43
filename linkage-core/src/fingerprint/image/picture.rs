//! All fingerprints of one picture.

use super::decode::{DecodeError, Limits, decode};
use super::pdq::{PdqForms, forms};

/// What is kept of a picture: enough to know it again, not enough to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Columns, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
    /// BLAKE3 of the file, 64 lower-case hex digits: tells byte-for-byte copies.
    pub blake3: String,
    /// Perceptual hashes of the whole picture, turned and mirrored.
    pub forms: PdqForms,
}

impl Picture {
    /// Reads a file and reduces it to its fingerprints.
    ///
    /// # Errors
    ///
    /// As [`decode`].
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Picture, DecodeError> {
        let pixels = decode(bytes, limits)?;
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        Ok(Picture { width: pixels.width(), height: pixels.height(), blake3, forms: forms(&pixels) })
    }
}
