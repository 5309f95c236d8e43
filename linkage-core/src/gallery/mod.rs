//! Pictures in a store: for galleries that are larger than memory, and that are made once.
//!
//! [`StoredPictures`] are what `fingerprint::image::Gallery` points to instead of pictures in memory. It reads all outlines when it
//! is made, and of the pictures those that a query may show.
//!
//! **Not here:** what a picture is reduced to and how that is written as bytes: that is `fingerprint::image`.
//!
//! ```text
//! m ++ number   version, name and digest of the file; all of them are read when the folder opens
//! o ++ number   version, outline: hashes and places; all of them are read when a gallery is made
//! p ++ number   version, picture: read when a query may show it
//! n             how many pictures there are; written after they are, so that a run that broke leaves none half there
//! ```

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fingerprint::image::{Outline, PICTURES_MAX, Picture, Pictures};
use crate::store::{Batch, KeyRange, RocksOptions, RocksStore, Row, Store, StoreError};

/// Version of both kinds of rows: raised with every change of the fingerprints or of how they are written.
const VERSION: u8 = 1;

const COUNT: &[u8] = b"n";
const NAMES: u8 = b'm';
const OUTLINES: u8 = b'o';
const PICTURES: u8 = b'p';

/// Rows of a scan.
const PAGE: usize = 1_024;

/// The most bytes of a name.
const NAME_BYTES_MAX: usize = 4_096;

/// What can go wrong with stored pictures.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row is not what this version writes.
    #[error(
        "picture {number} of the gallery is damaged or of another version; expected version {VERSION}: make the gallery anew"
    )]
    Row {
        /// The picture's number.
        number: u32,
    },
    /// A name is over its limit.
    #[error("a picture's name of {bytes} bytes where at most {NAME_BYTES_MAX} are allowed")]
    Name {
        /// Its size.
        bytes: usize,
    },
    /// There is no room for more pictures.
    #[error("a gallery holds at most {PICTURES_MAX} pictures")]
    Full,
}

/// Pictures in a folder of their own, each with a name. They are added and never changed.
pub struct StoredPictures {
    store: Box<dyn Store>,
    names: Vec<String>,
    /// Digests of name and file together.
    known: HashSet<[u8; 16]>,
    /// Whether what a run that broke left behind the last picture is gone.
    is_clean: bool,
}

/// How a picture is called, and the BLAKE3 of its file in hexadecimal.
type Named = (String, String);

impl std::fmt::Debug for StoredPictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredPictures({})", self.names.len())
    }
}

impl StoredPictures {
    /// Whether a folder looks like one that [`StoredPictures::open`] made.
    pub fn is_in(folder: &Path) -> bool {
        folder.join("CURRENT").is_file()
    }

    /// Opens the pictures in a folder; with `create` an empty one is made of a folder that is new or empty.
    ///
    /// # Errors
    ///
    /// [`StoredError::Store`] for a folder that cannot be used, [`StoredError::Row`] for one of another version.
    pub fn open(folder: &Path, create: bool) -> Result<StoredPictures, StoredError> {
        let store = RocksStore::open(folder, RocksOptions { create, ..RocksOptions::default() })?;
        StoredPictures::over(Box::new(store))
    }

    /// The pictures in a store that holds nothing else.
    ///
    /// # Errors
    ///
    /// As [`StoredPictures::open`].
    pub fn over(store: Box<dyn Store>) -> Result<StoredPictures, StoredError> {
        let count = match store.snapshot()?.get(COUNT)? {
            None => 0,
            Some(bytes) => u32::from_be_bytes(bytes.try_into().map_err(|_| StoredError::Row { number: 0 })?),
        };
        let (mut names, mut known) = (Vec::new(), HashSet::new());
        each_row(&*store, NAMES, count, &mut |_, (name, blake3): Named| {
            known.insert(digest(&name, &blake3));
            names.push(name);
        })?;
        Ok(StoredPictures { store, names, known, is_clean: false })
    }

    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a picture.
    pub fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(String::as_str)
    }

    /// Whether a file with these bytes is here under this name.
    pub fn holds(&self, name: &str, file: &[u8]) -> bool {
        self.known.contains(&digest(name, &blake3::hash(file).to_hex()))
    }

    /// Adds pictures, all of them or none. Some hundreds at a time are best: they are in memory together.
    ///
    /// # Errors
    ///
    /// [`StoredError::Full`], [`StoredError::Name`], and [`StoredError::Store`] for writing.
    pub fn add(&mut self, pictures: &[(String, Picture)]) -> Result<(), StoredError> {
        let from = self.names.len();
        if PICTURES_MAX < from + pictures.len() {
            return Err(StoredError::Full);
        }
        let [mut names, mut outlines, mut rows] = [(); 3].map(|()| Vec::with_capacity(pictures.len()));
        for ((name, picture), number) in pictures.iter().zip(from as u32..) {
            if NAME_BYTES_MAX < name.len() {
                return Err(StoredError::Name { bytes: name.len() });
            }
            names.push(row(NAMES, number, &(name, &picture.blake3))?);
            outlines.push(row(OUTLINES, number, &Outline::of(picture))?);
            rows.push(row(PICTURES, number, &picture.kept())?);
        }
        self.clean()?;
        for table in [names, outlines, rows] {
            self.store.ingest(&mut table.into_iter())?;
        }
        let mut batch = Batch::new();
        batch.put(COUNT, ((from + pictures.len()) as u32).to_be_bytes());
        self.store.commit(&batch, &[])?;
        for (name, picture) in pictures {
            self.known.insert(digest(name, &picture.blake3));
            self.names.push(name.clone());
        }
        Ok(())
    }

    /// Rows behind the last picture that is counted would be in the way of new ones.
    fn clean(&mut self) -> Result<(), StoredError> {
        if !self.is_clean {
            let from = self.names.len() as u32;
            let mut batch = Batch::new();
            for table in [NAMES, OUTLINES, PICTURES] {
                batch.delete_range(KeyRange::between(key(table, from), vec![table + 1]));
            }
            self.store.commit(&batch, &[])?;
            self.is_clean = true;
        }
        Ok(())
    }
}

impl Pictures for StoredPictures {
    type Error = StoredError;

    fn get_many(&self, numbers: &[u32]) -> Result<Vec<Cow<'_, Picture>>, StoredError> {
        let keys: Vec<Vec<u8>> = numbers.iter().map(|number| key(PICTURES, *number)).collect();
        let values = self.store.snapshot()?.get_many(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let picture = |(value, number): (Option<Vec<u8>>, &u32)| {
            let picture = value.as_deref().and_then(read).ok_or(StoredError::Row { number: *number })?;
            Ok(Cow::Owned(picture))
        };
        values.into_iter().zip(numbers).map(picture).collect()
    }

    fn each_outline(&self, visit: &mut dyn FnMut(u32, Outline)) -> Result<(), StoredError> {
        each_row(&*self.store, OUTLINES, self.names.len() as u32, visit)
    }
}

/// The first `count` rows of a table, each with its number; it is damaged if it has fewer.
fn each_row<T: DeserializeOwned>(
    store: &dyn Store,
    table: u8,
    count: u32,
    visit: &mut dyn FnMut(u32, T),
) -> Result<(), StoredError> {
    let snapshot = store.snapshot()?;
    let mut next = Some(KeyRange::between(key(table, 0), key(table, count)));
    let mut number = 0;
    while let Some(range) = next {
        let page = snapshot.scan(&range, PAGE)?;
        for (at, value) in page.rows {
            if at != key(table, number) {
                return Err(StoredError::Row { number });
            }
            visit(number, read(&value).ok_or(StoredError::Row { number })?);
            number += 1;
        }
        next = page.rest;
    }
    if number == count { Ok(()) } else { Err(StoredError::Row { number }) }
}

fn key(table: u8, number: u32) -> Vec<u8> {
    [&[table][..], &number.to_be_bytes()].concat()
}

fn digest(name: &str, blake3: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    let both = blake3::Hasher::new().update(blake3.as_bytes()).update(name.as_bytes()).finalize();
    digest.copy_from_slice(&both.as_bytes()[..16]);
    digest
}

fn row<T: Serialize>(table: u8, number: u32, value: &T) -> Result<Row, StoredError> {
    let value = postcard::to_extend(value, vec![VERSION]).map_err(|_| StoredError::Row { number })?;
    Ok((key(table, number), value))
}

fn read<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    postcard::from_bytes(value.strip_prefix(&[VERSION])?).ok()
}

#[cfg(test)]
mod tests;
