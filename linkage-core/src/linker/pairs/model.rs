//! A trained model as a file: JSON, a head for each kind of pair that was trained.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::record::PairKind;
use crate::score::head::Head;

use super::measures;

const FORMAT: &str = "linkage-model-1";

/// The most bytes a model file may have.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Trained heads by kind of pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    heads: BTreeMap<PairKind, Head>,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not JSON, or other fields than expected.
    #[error("expected a model written by `linkage train`, found other JSON at line {line}")]
    Json {
        /// The line, from 1.
        line: usize,
    },
    /// Another version.
    #[error("format: expected {FORMAT}, train the model again")]
    Format,
    /// A kind that nothing is known of, or weights that do not fit it.
    #[error("heads.{kind}: expected a kind of pair and weights of its measures, train the model again")]
    Head {
        /// The kind as written.
        kind: String,
    },
    /// More than 64 MiB.
    #[error("expected at most {BYTES_MAX} bytes")]
    TooLong,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<H> {
    format: String,
    heads: BTreeMap<String, H>,
}

impl Model {
    /// The heads that ship: for names of people and of firms.
    ///
    /// Made by `testdata/make_name_pairs.py` and `linkage train` from openly licensed pairs; docs/decisions.md has their
    /// measurements. Empty if the file in the program is not one of this version, which a test rules out.
    pub fn shipped() -> &'static Model {
        static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
            let json = zstd::decode_all(&include_bytes!("data/names.model.json.zst")[..]).unwrap_or_default();
            Model::from_json(&json).unwrap_or_default()
        });
        &SHIPPED
    }

    /// This model with the heads of another one in the place of its own.
    #[must_use]
    pub fn over(mut self, other: Model) -> Model {
        self.heads.extend(other.heads);
        self
    }

    /// The head of a kind, if it was trained.
    pub fn head(&self, kind: PairKind) -> Option<&Head> {
        self.heads.get(&kind)
    }

    /// All heads with their kinds.
    pub fn heads(&self) -> impl Iterator<Item = (PairKind, &Head)> {
        self.heads.iter().map(|(kind, head)| (*kind, head))
    }

    /// Puts a head in the place of what is there for the kind.
    pub fn put(&mut self, kind: PairKind, head: Head) {
        self.heads.insert(kind, head);
    }

    /// As JSON that ends with a line break; equal models give equal bytes.
    pub fn to_json(&self) -> String {
        let heads = self.heads.iter().map(|(kind, head)| (kind.name().to_owned(), head)).collect();
        let file = File { format: FORMAT.to_owned(), heads };
        let mut json = serde_json::to_string(&file).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads what [`to_json`](Model::to_json) wrote.
    ///
    /// # Errors
    ///
    /// [`ModelError`] for anything else.
    pub fn from_json(json: &[u8]) -> Result<Model, ModelError> {
        if BYTES_MAX < json.len() {
            return Err(ModelError::TooLong);
        }
        let file: File<Head> = serde_json::from_slice(json).map_err(|error| ModelError::Json { line: error.line() })?;
        if file.format != FORMAT {
            return Err(ModelError::Format);
        }
        let mut model = Model::default();
        for (name, head) in file.heads {
            match PairKind::parse(&name).filter(|kind| head.fits(measures(*kind))) {
                Some(kind) => model.put(kind, head),
                None => return Err(ModelError::Head { kind: name.chars().take(40).collect() }),
            }
        }
        Ok(model)
    }
}
