//! Where the pictures of a gallery lie: in memory, or in a store from which few are read.

use std::borrow::Cow;
use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::candidates::{PLACE_BYTES, Place};
use super::pdq::Pdq;
use super::picture::Picture;

/// What a gallery keeps in memory of each picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Written", from = "Written")]
pub struct Outline {
    /// Number of each view that has enough structure to be known by its hash, and that.
    pub(super) hashes: Vec<(u8, Pdq)>,
    pub(super) places: Vec<Place>,
}

/// An outline as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    hashes: Vec<(u8, [u8; 32])>,
    places: Vec<u8>,
}

impl From<Outline> for Written {
    fn from(outline: Outline) -> Written {
        Written {
            hashes: outline.hashes.iter().map(|(view, hash)| (*view, *hash.as_bytes())).collect(),
            places: outline.places.iter().flat_map(|place| place.to_bytes()).collect(),
        }
    }
}

impl From<Written> for Outline {
    fn from(written: Written) -> Outline {
        let (places, _) = written.places.as_chunks::<PLACE_BYTES>();
        Outline {
            hashes: written.hashes.iter().map(|(view, hash)| (*view, Pdq::from_bytes(*hash))).collect(),
            places: places.iter().map(|bytes| Place::from_bytes(*bytes)).collect(),
        }
    }
}

impl Outline {
    /// The outline of a picture.
    pub fn of(picture: &Picture) -> Outline {
        let views = picture.views.iter().enumerate().filter(|(_, view)| view.forms.quality.links());
        Outline {
            hashes: views.map(|(at, view)| (at as u8, view.forms.upright())).collect(),
            places: picture.landmarks().iter().map(Place::of).collect(),
        }
    }
}

/// Pictures, numbered from 0. Implemented here for `Vec<Picture>` and for `gallery::StoredPictures`.
pub trait Pictures: Sync {
    /// Why a picture cannot be read.
    type Error;

    /// The pictures of these numbers, in their order.
    ///
    /// # Errors
    ///
    /// Whatever keeps them from being read.
    fn get_many(&self, numbers: &[u32]) -> Result<Vec<Cow<'_, Picture>>, Self::Error>;

    /// The outlines of all, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// As for [`get_many`](Pictures::get_many).
    fn each_outline(&self, visit: &mut dyn FnMut(u32, Outline)) -> Result<(), Self::Error>;
}

impl Pictures for Vec<Picture> {
    type Error = Infallible;

    fn get_many(&self, numbers: &[u32]) -> Result<Vec<Cow<'_, Picture>>, Infallible> {
        Ok(numbers.iter().map(|number| Cow::Borrowed(&self[*number as usize])).collect())
    }

    fn each_outline(&self, visit: &mut dyn FnMut(u32, Outline)) -> Result<(), Infallible> {
        self.iter().enumerate().for_each(|(number, picture)| visit(number as u32, Outline::of(picture)));
        Ok(())
    }
}
