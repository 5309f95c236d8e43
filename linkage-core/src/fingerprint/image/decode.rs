//! Bytes of a file to pixels, within limits.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

/// What a picture may cost. The defaults admit any photo of a telephone or a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file in bytes; 64 MiB by default. Bounds the time too: every decoder's work is bounded by the size of its
    /// input and its output.
    pub file_bytes_max: usize,
    /// Width and height each; 30,000 by default.
    pub side_pixels_max: u32,
    /// Width times height, read from the head before anything is decoded; 50 million by default.
    pub area_pixels_max: u64,
    /// What a decoder may allocate, its output included; 512 MiB by default.
    pub memory_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            file_bytes_max: 64 << 20,
            side_pixels_max: 30_000,
            area_pixels_max: 50_000_000,
            memory_bytes_max: 512 << 20,
        }
    }
}

/// The formats that [`decode`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG, also progressive, greyscale and CMYK.
    Jpeg,
    /// PNG, up to 16 bits a channel.
    Png,
    /// WebP, with and without loss; of an animation the first frame.
    WebP,
    /// GIF; of an animation the first frame.
    Gif,
}

/// A picture as it is shown: upright, 8 bits a channel, over white where it was transparent.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} x {})", self.width, self.height)
    }
}

/// Why bytes are no picture to us.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The first bytes are those of no format that is read here. The name of the file never matters.
    #[error("neither JPEG, PNG, WebP nor GIF")]
    UnknownFormat,
    /// Larger than [`Limits`] allow; nothing was decoded.
    #[error("{what} is {actual}, the limit is {limit}")]
    TooLarge {
        /// Which limit.
        what: &'static str,
        /// How much it is, as the head of the file says.
        actual: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// The decoder would need more memory than [`Limits`] allow.
    #[error("decoding takes more than {limit} bytes of memory")]
    Memory {
        /// How much is allowed.
        limit: u64,
    },
    /// Truncated, corrupt, or of a kind that the decoder does not know.
    #[error("damaged {format:?} file: {reason}")]
    Damaged {
        /// What the first bytes say it is.
        format: Format,
        /// What the decoder says. It tells of structure, never of content.
        reason: String,
    },
}

impl Pixels {
    /// A picture from rows of red, green and blue bytes, top to bottom; none if the length is not `width * height * 3` or
    /// there are no pixels.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Option<Pixels> {
        let expected = (width as usize).checked_mul(height as usize)?.checked_mul(3)?;
        (0 < expected && rgb.len() == expected).then_some(Pixels { width, height, rgb })
    }

    /// Columns, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Red, green and blue bytes, row by row from the top.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The rows from the top, each of `3 * width` bytes.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> + '_ {
        self.rgb.chunks_exact(3 * self.width as usize)
    }
}

/// Reads a picture, turned upright as its EXIF says.
///
/// The format is told from the first bytes. Of an animation the first frame is taken.
///
/// # Errors
///
/// [`DecodeError`]; bytes from strangers never make it panic.
///
/// # Examples
///
/// ```
/// use linkage_core::fingerprint::image::{DecodeError, Limits, decode};
///
/// let error = decode(b"<html>not found</html>", &Limits::default()).unwrap_err();
/// assert!(matches!(error, DecodeError::UnknownFormat));
/// ```
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Pixels, DecodeError> {
    if limits.file_bytes_max < bytes.len() {
        return Err(too_large("the file in bytes", bytes.len() as u64, limits.file_bytes_max as u64));
    }
    let (format, decoder_format) = sniff(bytes).ok_or(DecodeError::UnknownFormat)?;
    // The decoders promise not to panic; if one does all the same, it is a damaged file to us and not the end of an import.
    catch_unwind(AssertUnwindSafe(|| decode_as(bytes, format, decoder_format, limits)))
        .unwrap_or_else(|_| Err(DecodeError::Damaged { format, reason: "the decoder gave up".to_owned() }))
}

fn sniff(bytes: &[u8]) -> Option<(Format, ImageFormat)> {
    let decoder_format = image::guess_format(bytes).ok()?;
    let format = match decoder_format {
        ImageFormat::Jpeg => Format::Jpeg,
        ImageFormat::Png => Format::Png,
        ImageFormat::WebP => Format::WebP,
        ImageFormat::Gif => Format::Gif,
        _ => return None,
    };
    Some((format, decoder_format))
}

fn decode_as(
    bytes: &[u8],
    format: Format,
    decoder_format: ImageFormat,
    limits: &Limits,
) -> Result<Pixels, DecodeError> {
    let failed = |error: ImageError| match error {
        ImageError::Limits(error) if matches!(error.kind(), LimitErrorKind::InsufficientMemory) => {
            DecodeError::Memory { limit: limits.memory_bytes_max }
        }
        error => DecodeError::Damaged { format, reason: error.to_string() },
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), decoder_format);
    let mut decoder_limits = image::Limits::no_limits();
    decoder_limits.max_alloc = Some(limits.memory_bytes_max);
    reader.limits(decoder_limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    if limits.memory_bytes_max < decoder.total_bytes() {
        return Err(DecodeError::Memory { limit: limits.memory_bytes_max });
    }
    // A damaged EXIF block leaves the picture as it lies.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let empty = || DecodeError::Damaged { format, reason: "no pixels".to_owned() };
    Pixels::new(width, height, over_white(picture)).ok_or_else(empty)
}

fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), DecodeError> {
    let side = width.max(height);
    if limits.side_pixels_max < side {
        return Err(too_large("the longer side in pixels", side.into(), limits.side_pixels_max.into()));
    }
    let area = u64::from(width) * u64::from(height);
    if limits.area_pixels_max < area {
        return Err(too_large("the area in pixels", area, limits.area_pixels_max));
    }
    Ok(())
}

fn too_large(what: &'static str, actual: u64, limit: u64) -> DecodeError {
    DecodeError::TooLarge { what, actual, limit }
}

/// Red, green and blue of a picture laid over white, which is what a shop page shows behind a cut-out product.
fn over_white(picture: DynamicImage) -> Vec<u8> {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into_raw();
    }
    let rgba = picture.into_rgba8().into_raw();
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        rgb.extend(
            pixel[..3].iter().map(|value| ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8),
        );
    }
    rgb
}

#[cfg(test)]
mod tests;
