//! All fingerprints of one picture.

use super::decode::{DecodeError, Limits, Pixels, decode};
use super::keypoints::{Keypoint, keypoints};
use super::overlay::Miniature;
use super::pdq::{PdqForms, forms};
use super::plane::Plane;
use super::views::{Part, forms_of, parts};

/// Pictures are looked for keypoints at most at this size, in pixels.
const AREA_MAX: usize = 220_000;

/// Views are hashed at most at this size.
const VIEW_AREA_MAX: usize = 60_000;

/// What is kept of a picture: enough to know it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Columns, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
    /// BLAKE3 of the file, 64 lower-case hex digits: tells byte-for-byte copies.
    pub blake3: String,
    /// Perceptual hashes of the whole picture, turned and mirrored.
    pub forms: PdqForms,
    /// The whole first, then what may be a picture of its own in it.
    pub(super) views: Vec<View>,
    pub(super) keypoints: Vec<Keypoint>,
    pub(super) miniature: Miniature,
}

/// A rectangle of a picture and its hashes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    /// In pixels of the picture.
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) forms: PdqForms,
}

impl Picture {
    /// Reads a file and reduces it to its fingerprints.
    ///
    /// # Errors
    ///
    /// As [`decode`].
    ///
    /// # Examples
    ///
    /// A mirrored copy is the same picture:
    ///
    /// ```
    /// use linkage_core::fingerprint::image::{Limits, Picture, Verdict, compare};
    ///
    /// let read = |name: &str| std::fs::read(format!("../testdata/images/{name}"));
    /// let known = Picture::read(&read("indexed/bag.jpg")?, &Limits::default())?;
    /// let upload = Picture::read(&read("queries/bag-mirrored.jpg")?, &Limits::default())?;
    /// let sighting = compare(&upload, &known).ok_or("not found")?;
    /// assert_eq!(sighting.verdict, Verdict::Same);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Picture, DecodeError> {
        let pixels = decode(bytes, limits)?;
        Ok(Picture::new(&pixels, blake3::hash(bytes).to_hex().to_string()))
    }

    /// The fingerprints of pixels that are decoded already; `blake3` is the digest of their file.
    pub fn new(pixels: &Pixels, blake3: String) -> Picture {
        let forms = forms(pixels);
        let plane = Plane::of(pixels, AREA_MAX);
        let scale = pixels.width() as f32 / plane.width as f32;
        Picture {
            width: pixels.width(),
            height: pixels.height(),
            blake3,
            forms,
            views: views(&plane, scale, forms),
            keypoints: keypoints(&plane, scale),
            miniature: Miniature::of(&plane),
        }
    }
}

impl Picture {
    /// What it takes in memory, in bytes; at most about 35 kB.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Picture>()
            + self.blake3.capacity()
            + self.views.capacity() * size_of::<View>()
            + self.keypoints.capacity() * size_of::<Keypoint>()
            + self.miniature.values.capacity()
    }
}

/// The whole, its parts, and the whole without a banner at the bottom or the top.
fn views(plane: &Plane, scale: f32, whole: PdqForms) -> Vec<View> {
    let shrink = (VIEW_AREA_MAX as f32 / (plane.width * plane.height) as f32).sqrt().min(1.0);
    let side = |side: usize| ((side as f32 * shrink) as usize).max(1);
    let small = plane.shrunk(side(plane.width), side(plane.height));
    let parts = parts(plane);
    let along = small.width as f32 / plane.width as f32;
    let down = small.height as f32 / plane.height as f32;
    let view = |part: &Part| {
        let to_small = |at: usize, share: f32| (at as f32 * share).round() as usize;
        let (left, top) = (to_small(part.left, along), to_small(part.top, down));
        let part_of_small = Part {
            left,
            top,
            width: to_small(part.left + part.width, along) - left,
            height: to_small(part.top + part.height, down) - top,
        };
        view_of(part, scale, forms_of(&small, &part_of_small))
    };
    let mut views = vec![view_of(&Part::whole(plane), scale, whole)];
    views.extend(parts.iter().chain(&Part::whole(plane).without_banners()).map(view));
    views
}

fn view_of(part: &Part, scale: f32, forms: PdqForms) -> View {
    let pixels = |at: usize| at as f32 * scale;
    View {
        left: pixels(part.left),
        top: pixels(part.top),
        width: pixels(part.width),
        height: pixels(part.height),
        forms,
    }
}
