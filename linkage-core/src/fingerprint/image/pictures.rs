//! Where the pictures of a gallery lie: in memory, or in a store from which few are read.

use std::borrow::Cow;
use std::convert::Infallible;

use super::candidates::Place;
use super::pdq::Pdq;
use super::picture::Picture;

/// What a gallery keeps in memory of each picture.
pub struct Outline {
    /// Number of each view that has enough structure to be known by its hash, and that.
    pub(super) hashes: Vec<(u8, Pdq)>,
    pub(super) places: Vec<Place>,
}

impl Outline {
    pub(super) fn of(picture: &Picture) -> Outline {
        let views = picture.views.iter().enumerate().filter(|(_, view)| view.forms.quality.links());
        Outline {
            hashes: views.map(|(at, view)| (at as u8, view.forms.upright())).collect(),
            places: picture.landmarks().iter().map(Place::of).collect(),
        }
    }
}

/// Pictures, numbered from 0. Implemented here for `Vec<Picture>` and for [`StoredPictures`](super::StoredPictures).
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
