//! Which brands and firms a name is known to belong to: `耐克`, `Nike` and `ナイキ` are one.
//!
//! An alias file has a line for each brand or firm: its id, then its names, between tabs; `#` opens a comment. The one that
//! ships is made from name-suggestion-index (BSD-3-Clause) by the program `build_aliases` of the benches; see
//! `data/NOTICE.txt`.
//!
//! - [`Aliases::shipped`], [`Aliases::none`] and [`Aliases::read`] are the ways to come by one.
//! - [`Aliases::of`] is what they are asked.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHasher};

use super::text::{fold, is_han};

/// A name of more brands than this is nobody's name.
const HOLDERS_MAX: usize = 6;

/// The most brands and firms of a file.
const ENTITIES_MAX: usize = 4_000_000;

/// The most bytes of a file.
const BYTES_MAX: usize = 1 << 30;

/// Names and whose they are.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    /// By the hash of a folded name without spaces, sorted: which brands.
    holders: FxHashMap<u64, Vec<u32>>,
    entities: u32,
}

/// Why an alias file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AliasError {
    /// A line without a tab.
    #[error("line {line}: expected an id and at least one name, between tabs")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("line {line}: expected UTF-8")]
    Utf8 {
        /// The line, from 1.
        line: usize,
    },
    /// More than four million lines or 1 GiB.
    #[error("expected at most {ENTITIES_MAX} lines and {BYTES_MAX} bytes")]
    TooLong,
}

impl Aliases {
    /// No names at all: pairs are judged by how they are written alone.
    pub fn none() -> Aliases {
        Aliases::default()
    }

    /// The table that ships.
    pub fn shipped() -> &'static Aliases {
        static SHIPPED: LazyLock<Aliases> = LazyLock::new(|| {
            let file = zstd::decode_all(&include_bytes!("data/aliases.tsv.zst")[..]).unwrap_or_default();
            Aliases::read(&file).unwrap_or_default()
        });
        &SHIPPED
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`AliasError`] for the first line that is not an id and names.
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::normalize::alias::Aliases;
    ///
    /// let aliases = Aliases::read("acme\tAcme Ltd\t艾可美\n".as_bytes())?;
    /// assert_eq!(aliases.of("艾可美"), aliases.of("ACME LTD"));
    /// assert!(aliases.of("Other").is_empty());
    /// # Ok::<(), linkage_core::normalize::alias::AliasError>(())
    /// ```
    pub fn read(file: &[u8]) -> Result<Aliases, AliasError> {
        if BYTES_MAX < file.len() {
            return Err(AliasError::TooLong);
        }
        let mut aliases = Aliases::default();
        for (at, line) in file.split(|&byte| byte == b'\n').enumerate() {
            let line = std::str::from_utf8(line).map_err(|_| AliasError::Utf8 { line: at + 1 })?;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let mut names = line.split('\t');
            let id = names.next().unwrap_or_default();
            if !line.contains('\t') {
                return Err(AliasError::Line { line: at + 1 });
            }
            let entity = aliases.entities;
            if ENTITIES_MAX <= entity as usize {
                return Err(AliasError::TooLong);
            }
            aliases.entities += 1;
            std::iter::once(id).chain(names).for_each(|name| aliases.add(name, entity));
        }
        Ok(aliases)
    }

    fn add(&mut self, name: &str, entity: u32) {
        let Some(key) = key(name) else { return };
        let holders = self.holders.entry(key).or_default();
        // Entities come in order.
        if holders.last() != Some(&entity) {
            holders.push(entity);
        }
    }

    /// How many brands and firms it knows.
    pub fn len(&self) -> usize {
        self.entities as usize
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entities == 0
    }

    /// The brands and firms with this name, in ascending order; none if it is unknown or a name of many.
    pub fn of(&self, name: &str) -> &[u32] {
        if self.is_empty() {
            return &[];
        }
        let holders = key(name).and_then(|key| self.holders.get(&key)).map_or(&[][..], Vec::as_slice);
        if HOLDERS_MAX < holders.len() { &[] } else { holders }
    }
}

/// The hash of a name without its spaces; nothing for one of a single letter.
fn key(name: &str) -> Option<u64> {
    use std::hash::Hasher;
    let folded = fold(name);
    let mut hasher = FxHasher::default();
    let mut letters = 0;
    for c in folded.chars().filter(|c| *c != ' ') {
        hasher.write_u32(u32::from(c));
        letters += if is_han(c) { 2 } else { 1 };
    }
    (2 <= letters).then(|| hasher.finish())
}
