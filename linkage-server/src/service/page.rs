//! Page tokens: where a list goes on, sealed together with the question it belongs to.

use tonic::Status;

use linkage_core::record::{FieldError, Intake};

use crate::{hex, status};

/// Bytes of the seal.
const SEAL_BYTES: usize = 16;

/// Hands out tokens for one question, and takes back those it has handed out.
pub struct PageTokens {
    key: [u8; 32],
    question: blake3::Hash,
}

impl PageTokens {
    /// For a method and the fields of its request, save for `page_size` and `page_token`.
    pub fn of(intake: &Intake, method: &str, fields: &[&str]) -> PageTokens {
        let key = intake.derived_key("linkage 2026-11-24 page tokens");
        let mut hasher = blake3::Hasher::new_keyed(&key);
        for part in [method].iter().chain(fields) {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        PageTokens { key, question: hasher.finalize() }
    }

    /// The token for a place.
    pub fn token(&self, place: &str) -> String {
        hex::encode(&[place.as_bytes(), &self.seal(place)].concat())
    }

    /// The place of a token; none for an empty one.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for a token of another question, another store, or made by hand.
    pub fn place(&self, token: &str) -> Result<Option<String>, Status> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = hex::decode(token).ok_or_else(status::foreign_token)?;
        let (place, seal) = bytes.split_last_chunk::<SEAL_BYTES>().ok_or_else(status::foreign_token)?;
        let place = String::from_utf8(place.to_vec()).map_err(|_| status::foreign_token())?;
        if self.seal(&place) == *seal { Ok(Some(place)) } else { Err(status::foreign_token()) }
    }

    fn seal(&self, place: &str) -> [u8; SEAL_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(self.question.as_bytes());
        hasher.update(place.as_bytes());
        let mut seal = [0; SEAL_BYTES];
        hasher.finalize_xof().fill(&mut seal);
        seal
    }
}

/// The size of a page: `most` at most, `usual` for 0.
pub(super) fn size(asked: i32, usual: usize, most: usize) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Ok(0) => Ok(usual),
        Ok(size) => Ok(size.min(most)),
        Err(_) => Err(status::invalid(&FieldError::new("page_size", "0 or more"))),
    }
}
