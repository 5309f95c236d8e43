//! Recognise a picture again, whatever was done to it between two uploads.
//!
//! ```text
//! bytes ──► decode ──► Pixels ──► pdq ──────► (Pdq, Quality)   one number for the whole picture, for records
//!                             └─► Picture ──► Gallery          everything: hashes of views, keypoints, a miniature
//!                                                └─► search ──► Sighting: where the query lies on which picture
//! ```
//!
//! - [`decode()`] is the only way in: it reads JPEG, PNG, WebP and GIF within [`Limits`] and never panics.
//! - [`Pdq`] is a perceptual hash: copies differ in few of its 256 bits. It is the published one, so hashes from other
//!   tools can be compared with ours; [`HammingIndex`] finds near ones among millions.
//! - [`qr_codes`] reads what the QR codes in a picture say.
//! - [`Quality`] says how much there is to hash: below [`Quality::LINKS_MIN`] a hash is never a reason to link.
//! - [`Gallery`] finds what a hash of the whole cannot: crops, collages, screenshots, other backgrounds. Its
//!   [`Sighting`]s say where the two pictures are the same, and [`draw()`] shows it.
//! - [`Pictures`] are what a gallery points to: a `Vec` in memory, or `gallery::StoredPictures` on disk, of which a query reads few.
//!
//! **Not here:** files and folders. The caller reads bytes; records say which picture belongs to whom.

mod decode;
mod pdq;
mod qr;

mod plane;

mod views;

mod keypoints;

mod geometry;

mod overlay;

mod picture;

mod index;

mod candidates;

mod pictures;

mod gallery;

mod drawing;

pub use candidates::PICTURES_MAX;
pub use decode::{DecodeError, Format, Limits, Pixels, decode};
pub use drawing::draw;
pub use gallery::{
    Gallery, Method, POSSIBLE_BITS_MIN, Placed, SAME_BITS_MIN, SIGHTINGS_MAX, Sighting, Verdict, compare,
};
pub use index::{BUCKET_MAX, HammingIndex, Near, Neighbours, RADIUS_MAX};
pub use pdq::{Pdq, PdqForms, PdqParseError, Quality, Turn, forms, pdq};
pub use picture::{NoPicture, Picture};
pub use pictures::{Outline, Pictures};
pub use qr::qr_codes;
