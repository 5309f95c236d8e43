//! All fingerprints of one picture.

use std::f32::consts::{PI, TAU};

use serde::{Deserialize, Serialize};

use super::decode::{DecodeError, Limits, Pixels, decode};
use super::keypoints::{Descriptor, KEYPOINTS_MAX, Keypoint, QUERY_MAX, keypoints};
use super::overlay::Miniature;
use super::pdq::{Pdq, PdqForms, Quality, forms};
use super::plane::Plane;
use super::views::{PARTS_MAX, Part, forms_of, parts};

/// Pictures are looked for keypoints at most at this size, in pixels.
const AREA_MAX: usize = 220_000;

/// The whole, its parts, and the whole without a banner above or below.
const VIEWS_MAX: usize = 3 + PARTS_MAX;

/// Views are hashed at most at this size.
const VIEW_AREA_MAX: usize = 60_000;

/// What is kept of a picture: enough to know it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
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
    /// A picture that nobody took, for measuring galleries: patches of the keypoints of others, each moved, turned and scaled,
    /// one bit in sixteen of the descriptors flipped. The same number is always the same picture. Of its looks there is next
    /// to nothing, so it can be met and is never called the same.
    pub fn made_up(sources: &[Picture], number: u64) -> Picture {
        const PATCH: usize = 25;
        let mut random = blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof();
        let mut next = || {
            let mut bytes = [0; 8];
            random.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        let mut keypoints: Vec<Keypoint> = Vec::with_capacity(KEYPOINTS_MAX);
        let has_places = sources.iter().any(|source| !source.keypoints.is_empty());
        while has_places && keypoints.len() < KEYPOINTS_MAX {
            let source = sources[next() as usize % sources.len()].landmarks();
            let first = next() as usize % source.len().max(1);
            let mut share = || (next() % 1_000) as f32 / 1_000.0;
            let (x, y, turn, scale) = (300.0 * share(), 400.0 * share(), TAU * share() - PI, 0.5 + share());
            let (sin, cos) = (scale * turn.sin(), scale * turn.cos());
            let patch = source.iter().cycle().skip(first).take(PATCH.min(source.len()));
            keypoints.extend(patch.map(|point| {
                let worn = |word: u64| word ^ (next() & next() & next() & next());
                Keypoint {
                    x: x + cos * point.x - sin * point.y,
                    y: y + sin * point.x + cos * point.y,
                    size: point.size * scale,
                    angle: point.angle + turn,
                    descriptor: Descriptor(point.descriptor.0.map(worn)),
                }
            }));
        }
        keypoints.truncate(KEYPOINTS_MAX);
        let hash = |_| Pdq::from_bytes(std::array::from_fn(|_| next() as u8));
        let forms = PdqForms { hashes: [(); 8].map(hash), quality: Quality(100) };
        let (width, height) = (400, 534);
        let view = View { left: 0.0, top: 0.0, width: 400.0, height: 534.0, forms };
        let miniature = Miniature { width: 2, height: 2, values: vec![0; 4] };
        Picture { width, height, blake3: format!("{number:064x}"), forms, views: vec![view], keypoints, miniature }
    }

    /// What is kept of it for being known again: without the keypoints that only help to know others in it.
    pub fn kept(&self) -> Picture {
        Picture { keypoints: self.landmarks().to_vec(), ..self.clone() }
    }

    /// The keypoints by which it is known again.
    pub(super) fn landmarks(&self) -> &[Keypoint] {
        &self.keypoints[..self.keypoints.len().min(KEYPOINTS_MAX)]
    }
}

/// A picture as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    width: u32,
    height: u32,
    blake3: String,
    views: Vec<WrittenView>,
    keypoints: Vec<Keypoint>,
    miniature: Miniature,
}

#[derive(Serialize, Deserialize)]
struct WrittenView {
    /// Left, top, width and height.
    rectangle: [f32; 4],
    hashes: [[u8; 32]; 8],
    quality: u8,
}

/// What was read is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a picture with a view of the whole, sides, places and pixels in bounds")]
pub struct NoPicture;

impl From<Picture> for Written {
    fn from(picture: Picture) -> Written {
        let view = |view: &View| WrittenView {
            rectangle: [view.left, view.top, view.width, view.height],
            hashes: view.forms.hashes.map(|hash| *hash.as_bytes()),
            quality: view.forms.quality.0,
        };
        let views = picture.views.iter().map(view).collect();
        let Picture { width, height, blake3, keypoints, miniature, .. } = picture;
        Written { width, height, blake3, views, keypoints, miniature }
    }
}

impl TryFrom<Written> for Picture {
    type Error = NoPicture;

    /// A picture as one that was made of pixels: nothing empty or endless in it.
    fn try_from(written: Written) -> Result<Picture, NoPicture> {
        let view = |view: &WrittenView| {
            let [left, top, width, height] = view.rectangle;
            let forms = PdqForms { hashes: view.hashes.map(Pdq::from_bytes), quality: Quality(view.quality) };
            View { left, top, width, height, forms }
        };
        let views: Vec<View> = written.views.iter().map(view).collect();
        let Written { width, height, blake3, keypoints, miniature, .. } = written;
        let forms = views.first().ok_or(NoPicture)?.forms;
        let picture = Picture { width, height, blake3, forms, views, keypoints, miniature };
        let is_side = |side: f32| side.is_finite() && 0.0 < side;
        let is_view =
            |view: &View| is_side(view.width) && is_side(view.height) && view.left.is_finite() && view.top.is_finite();
        let is_place = |point: &Keypoint| {
            is_side(point.size) && point.x.is_finite() && point.y.is_finite() && point.angle.is_finite()
        };
        let is_picture = 0 < picture.width.min(picture.height)
            && picture.views.len() <= VIEWS_MAX
            && picture.views.iter().all(is_view)
            && picture.keypoints.len() <= QUERY_MAX
            && picture.keypoints.iter().all(is_place)
            && picture.miniature.is_whole();
        if is_picture { Ok(picture) } else { Err(NoPicture) }
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
