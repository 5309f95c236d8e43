//! The sellers with a name, whom the demo, the README and the guide ask about: written by hand, in `data/cast_*`, and part of the
//! scenario `demo` alone.
//!
//! | seller | who |
//! |---|---|
//! | Moorland Leather | banned three times on three platforms, back as `ebay_uk/mlbags_direct`, against which nothing is known: a repeat infringer |
//! | Willow & Wren | honest; of three complaints one dismissed, one reversed on appeal, one upheld: no repeat infringer |
//! | Tidewater Audio 潮水音频 | two upheld strikes, a third under open appeal, a fourth not decided: nobody can say |
//! | Golden Otter 金獭箱包 | from eBay to TikTok to Taobao to Instagram; comes back once more in `query_account.jsonl` |
//! | Fisher & Sons | honest, with a name that hurts careless pages |

use super::SimulateError;
use super::draw;
use super::persona::{Edit, Photo};
use super::world::World;

const ACCOUNTS: &str = include_str!("data/cast_accounts.jsonl");
const LISTINGS: &str = include_str!("data/cast_listings.jsonl");
const ENFORCEMENTS: &str = include_str!("data/cast_enforcements.jsonl");
const TRUTH: &str = include_str!("data/cast_truth.csv");
const QUERY_ACCOUNT: &str = include_str!("data/cast_query_account.jsonl");
const QUERY_LISTINGS: &str = include_str!("data/cast_query_listings.jsonl");

/// Pictures of the cast: file, what they are drawn from, and what was done to them.
const PICTURES: [(&str, u64, &[Edit]); 8] = [
    ("cast-moorland-1.png", 41, &[]),
    ("cast-moorland-2.png", 41, &[Edit::Tint]),
    ("cast-moorland-3.png", 41, &[Edit::Caption]),
    ("cast-moorland-4.png", 41, &[Edit::Recompress]),
    ("cast-otter-1.png", 77, &[]),
    ("cast-otter-2.png", 77, &[Edit::Crop]),
    ("cast-otter-3.png", 77, &[Edit::Caption]),
    ("cast-otter-4.png", 77, &[Edit::Mirror, Edit::Recompress]),
];

/// How many accounts the cast has.
pub(super) fn accounts() -> u64 {
    TRUTH.lines().count() as u64
}

impl World<'_> {
    /// Writes the cast behind the others.
    pub(super) fn cast(&mut self) -> Result<(), SimulateError> {
        self.files.ready_made(ACCOUNTS, LISTINGS, ENFORCEMENTS, TRUTH)?;
        self.files.separate("query_account.jsonl", QUERY_ACCOUNT)?;
        self.files.separate("query_listings.jsonl", QUERY_LISTINGS)?;
        let shape = self.maker.words.products.first().map(|product| product.shape);
        for (name, seed, edits) in PICTURES {
            let edits = edits.iter().map(|edit| (*edit, seed)).collect();
            let photo = Photo { trace: None, seed, product: Some(0), style: seed, edits, drawn: true };
            let bytes = draw::picture(&photo, shape).map_err(|source| SimulateError::write(name.as_ref(), source))?;
            self.files.picture(name, &bytes)?;
        }
        Ok(())
    }
}
