//! Recognise a picture again, whatever was done to it between two uploads.
//!
//! ```text
//! bytes ──► decode ──► Pixels ──► pdq ──► (Pdq, Quality)      one number for the whole picture
//!                             └─► forms ──► PdqForms          the same, turned and mirrored
//! ```
//!
//! - [`decode()`] is the only way in: it reads JPEG, PNG, WebP and GIF within [`Limits`] and never panics.
//! - [`Pdq`] is a perceptual hash: copies differ in few of its 256 bits. It is the published one, so hashes from other
//!   tools can be compared with ours.
//! - [`Quality`] says how much there is to hash: below [`Quality::LINKS_MIN`] a hash is never a reason to link.
//!
//! **Not here:** files and folders. The caller reads bytes; records say which picture belongs to whom.

mod decode;
mod pdq;
mod picture;

pub use decode::{DecodeError, Format, Limits, Pixels, decode};
pub use pdq::{Pdq, PdqForms, PdqParseError, Quality, Turn, forms, pdq};
pub use picture::Picture;
