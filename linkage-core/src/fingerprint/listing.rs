//! What is offered: the text by MinHash, the pictures by exact digest.

use crate::normalize;
use crate::record::{Image, Listing};

use super::kind::{Form, Kind};
use super::{Builder, class_of};

/// Bands of a listing's MinHash signature; two texts of Jaccard similarity `s` share any one band with
/// probability `s^ROWS`, so the share of equal bands estimates `s`.
///
/// Source: Broder, "On the resemblance and containment of documents", 1997; banding as in Leskovec, Rajaraman and
/// Ullman, "Mining of Massive Datasets", chapter 3.
pub const MINHASH_BANDS: usize = 24;

/// Signature rows per band: with 2, a pair at `s` = .5 shares about 6 of 24 bands, one at .1 none or one.
const ROWS: usize = 2;

/// Texts with fewer shingles say too little to tell a copy from chance.
const SHINGLES_MIN: usize = 6;

/// Words per shingle.
const SHINGLE_WORDS: usize = 3;

pub(super) fn listing(builder: &mut Builder<'_>, listing: &Listing) {
    let text = [&listing.title, &listing.description].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let shingles = normalize::text::shingles(&text, SHINGLE_WORDS);
    if SHINGLES_MIN <= shingles.len() {
        let bands = min_hash(&shingles);
        let more: Vec<(Form, &str, u8)> = bands.iter().map(|band| (Form::Band, band.as_str(), 16)).collect();
        builder.push(Kind::ListingText, 0, (&normalize::text::fold(&text), 24), &more, None);
    }
    for entry in &listing.images {
        image(builder, entry);
    }
}

pub(super) fn image(builder: &mut Builder<'_>, image: &Image) {
    if let Some(digest) = &image.blake3 {
        builder.push(Kind::Image, class_of("blake3"), (digest, 24), &[], None);
    }
}

/// The bands of a signature, each as text that names its number.
fn min_hash(shingles: &[String]) -> Vec<String> {
    let mut signature = [u64::MAX; MINHASH_BANDS * ROWS];
    for shingle in shingles {
        let mut stream = blake3::Hasher::new().update(shingle.as_bytes()).finalize_xof();
        for slot in &mut signature {
            let mut bytes = [0; 8];
            stream.fill(&mut bytes);
            *slot = (*slot).min(u64::from_le_bytes(bytes));
        }
    }
    signature
        .chunks(ROWS)
        .enumerate()
        .map(|(band, rows)| {
            let rows: Vec<String> = rows.iter().map(|row| format!("{row:016x}")).collect();
            format!("{band}:{}", rows.join(":"))
        })
        .collect()
}
