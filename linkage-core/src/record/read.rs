//! Reads record files: JSON Lines, plain or compressed, one checked record at a time.
//!
//! ```text
//! accounts.jsonl[.gz|.zst] ──► Reader<Account> ──► Result<(line, Account), RecordError>
//! ```
//!
//! Compression is told by the first bytes, not by the name. Memory is constant: one line of at most
//! [`JSON_LINE_BYTES_MAX`] bytes at a time, of which JSON may nest as deep as serde_json allows (128). A longer line is an
//! error of that line only; the rest of it is skipped without being held.
//!
//! - [`Reader`] is the iterator; after a bad line it goes on, after a broken stream it ends.
//! - [`RecordError`] names file, line, field and what was expected, never the value.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use serde::de::DeserializeOwned;

use super::draft::{Item, Value};
use super::{Account, AccountDraft, Enforcement, EnforcementDraft, FieldError, Intake, Listing, ListingDraft};

/// Longest line, in bytes without its line break: 1 MiB.
pub const JSON_LINE_BYTES_MAX: usize = 1024 * 1024;

/// A checked record that comes from a draft: [`Account`], [`Listing`] or [`Enforcement`].
pub trait Record: Sized + sealed::Sealed {
    /// What somebody wrote.
    type Draft: DeserializeOwned + serde::Serialize + for<'a> From<&'a Self>;

    /// What one is called, such as `account`.
    const NOUN: &'static str;

    /// Checks a draft.
    ///
    /// # Errors
    ///
    /// The first field that breaks a rule.
    fn check(draft: Self::Draft, intake: &Intake) -> Result<Self, FieldError>;

    /// Reads a draft from JSON, the field in question named in the error.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for text that is not one JSON object with known fields of the right types.
    fn draft_from_json(json: &str) -> Result<Self::Draft, FieldError>;
}

/// Reads the records of one file in order.
///
/// Yields the number of the line, from 1, with each record; empty lines are skipped but counted.
#[derive(Debug)]
pub struct Reader<'a, T> {
    file: String,
    lines: Lines,
    intake: &'a Intake,
    bytes_read: Arc<AtomicU64>,
    bytes_total: Option<u64>,
    record: PhantomData<T>,
}

/// Why a file or one of its lines could not be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file could not be opened.
    #[error("{file}: open file")]
    Open {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The stream broke, as a truncated archive does; nothing after it can be read.
    #[error("{file}, line {line}: expected the stream to go on, it is truncated or damaged")]
    Stream {
        /// The file.
        file: String,
        /// The line that could not be completed, from 1.
        line: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line longer than [`JSON_LINE_BYTES_MAX`].
    #[error("{file}, line {line}: expected a line of at most {bytes_max} bytes")]
    LineTooLong {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The limit.
        bytes_max: usize,
    },
    /// A line that is not UTF-8.
    #[error("{file}, line {line}: expected UTF-8, byte {byte} of the line is not")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The first byte that is wrong, from 1.
        byte: usize,
    },
    /// A line that is not one object with known fields of the right types, or a field that breaks a rule.
    #[error("{file}, line {line}: {error}")]
    Field {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// Which field and what was expected.
        #[source]
        error: FieldError,
    },
}

impl RecordError {
    /// The line, from 1; nothing when the file could not be opened.
    pub fn line(&self) -> Option<u64> {
        match self {
            RecordError::Open { .. } => None,
            RecordError::Stream { line, .. }
            | RecordError::LineTooLong { line, .. }
            | RecordError::NotUtf8 { line, .. }
            | RecordError::Field { line, .. } => Some(*line),
        }
    }

    /// Whether nothing more can be read from the file.
    pub fn is_fatal(&self) -> bool {
        matches!(self, RecordError::Open { .. } | RecordError::Stream { .. })
    }
}

impl<'a, T: Record> Reader<'a, T> {
    /// Opens a file, plain, gzip or Zstandard.
    ///
    /// # Errors
    ///
    /// [`RecordError::Open`] when it cannot be opened or its first bytes cannot be read.
    pub fn open(path: &Path, intake: &'a Intake) -> Result<Reader<'a, T>, RecordError> {
        let name = path.display().to_string();
        let failed = |source| RecordError::Open { file: name.clone(), source };
        let file = File::open(path).map_err(failed)?;
        let bytes_total = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let reader = Reader::new(name.clone(), file, intake).map_err(failed)?;
        Ok(Reader { bytes_total, ..reader })
    }

    /// Reads from any source; `name` stands for the file in errors.
    ///
    /// # Errors
    ///
    /// When the first bytes cannot be read.
    pub fn new(name: String, source: impl Read + Send + 'static, intake: &'a Intake) -> io::Result<Reader<'a, T>> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counted = Counted { source, bytes_read: Arc::clone(&bytes_read) };
        Ok(Reader {
            file: name,
            lines: Lines::new(decompressed(counted)?),
            intake,
            bytes_read,
            bytes_total: None,
            record: PhantomData,
        })
    }

    /// Bytes taken from the file so far, compressed ones if it is compressed; for progress.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Size of the file in bytes; nothing for a pipe.
    pub fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// The line that the last item came from, as it stands in the file without its line break; of a line that was too
    /// long, the first [`JSON_LINE_BYTES_MAX`] bytes.
    pub fn line_bytes(&self) -> &[u8] {
        &self.lines.line
    }

    fn read_line(&self, line: u64) -> Result<T, RecordError> {
        let json = self.lines.text(&self.file)?;
        let record = T::draft_from_json(json).and_then(|draft| T::check(draft, self.intake));
        record.map_err(|error| RecordError::Field { file: self.file.clone(), line, error })
    }
}

impl<T: Record> Iterator for Reader<'_, T> {
    type Item = Result<(u64, T), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next_line(&self.file)?;
        Some(line.and_then(|line| Ok((line, self.read_line(line)?))))
    }
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! record {
    ($type:ident, $draft:ident, $noun:literal) => {
        impl sealed::Sealed for $type {}

        impl Record for $type {
            type Draft = $draft;

            const NOUN: &'static str = $noun;

            fn check(draft: $draft, intake: &Intake) -> Result<$type, FieldError> {
                draft.check(intake)
            }

            fn draft_from_json(json: &str) -> Result<$draft, FieldError> {
                from_json(json)
            }
        }
    };
}

record!(Account, AccountDraft, "account");
record!(Listing, ListingDraft, "listing");
record!(Enforcement, EnforcementDraft, "enforcement");

pub(super) fn from_json<T: Value>(json: &str) -> Result<T, FieldError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let Item(draft) = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let path = e.path().to_string();
        json_error(&path, e.inner())
    })?;
    deserializer.end().map_err(|e| json_error(".", &e))?;
    Ok(draft)
}

/// What serde_json objects to, without the value that its own message repeats.
fn json_error(path: &str, error: &serde_json::Error) -> FieldError {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    if error.is_syntax() || error.is_eof() {
        return FieldError::new(
            shown(path.trim_end_matches(['.', '?'])),
            format!("valid JSON, found at byte {}: {message}", error.column()),
        );
    }
    serde_error(path, message)
}

/// What serde objects to at a path, without the value that its own message repeats.
pub(crate) fn serde_error(path: &str, message: &str) -> FieldError {
    // serde_path_to_error writes `.` for the whole, and `?` for a part it has not reached.
    let place = path.trim_end_matches(['.', '?']);
    if let Some(rest) = message.strip_prefix("unknown field `") {
        // The name is the writer's own and may hold anything; the list after it is ours.
        let (name, known) = rest.rsplit_once("`, expected ").unwrap_or((rest, "none"));
        return FieldError::new(shown(&field_in(place, name)), format!("a known field, {known}"));
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        return FieldError::new(shown(&field_in(place, rest.trim_end_matches('`'))), "every field at most once");
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        return FieldError::new(shown(&field_in(place, rest.trim_end_matches('`'))), "this field, which is required");
    }
    let expected = message.rsplit_once(", expected ").map_or("another type", |(_, expected)| expected);
    FieldError::new(shown(place), expected)
}

/// The path of field `name`, given a path that ends with it or with the object that holds it.
fn field_in(path: &str, name: &str) -> String {
    let outer = path.strip_suffix(name).map_or(path, |outer| outer.trim_end_matches('.'));
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

/// A field's name as it may be printed: short, and without control characters.
fn shown(name: &str) -> String {
    const CHARS_MAX: usize = 80;
    let mut shown: String = name.chars().take(CHARS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect();
    if name.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// The lines of a stream, one at a time in one buffer.
pub(super) struct Lines {
    source: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    number: u64,
    too_long: bool,
    ended: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Lines {
    /// The lines of a source, plain or compressed.
    pub(super) fn of(source: impl Read + Send + 'static) -> io::Result<Lines> {
        Ok(Lines::new(decompressed(source)?))
    }

    fn new(source: Box<dyn BufRead + Send>) -> Lines {
        Lines { source, line: Vec::new(), number: 0, too_long: false, ended: false }
    }

    /// Goes to the next line that is not blank: its number, or nothing at the end; `file` is for the error. After an error
    /// there is no next one.
    pub(super) fn next_line(&mut self, file: &str) -> Option<Result<u64, RecordError>> {
        loop {
            match self.advance() {
                Ok(true) if self.is_blank() => {}
                Ok(true) => return Some(Ok(self.number)),
                Ok(false) => return None,
                Err(source) => {
                    return Some(Err(RecordError::Stream { file: file.to_owned(), line: self.number, source }));
                }
            }
        }
    }

    /// Reads the next line; false at the end. After an error there is no next one.
    fn advance(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.line.clear();
        self.too_long = false;
        self.number += 1;
        let mut read_any = false;
        loop {
            let available = match self.source.fill_buf() {
                Ok(available) => available,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    self.ended = true;
                    return Err(e);
                }
            };
            if available.is_empty() {
                self.ended = true;
                return Ok(read_any);
            }
            read_any = true;
            let line_break = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..line_break.unwrap_or(available.len())];
            let room = JSON_LINE_BYTES_MAX - self.line.len();
            self.too_long |= part.len() > room;
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(line_break.is_some());
            self.source.consume(used);
            if line_break.is_some() {
                return Ok(true);
            }
        }
    }

    /// The line as text; `file` is for the error.
    pub(super) fn text(&self, file: &str) -> Result<&str, RecordError> {
        let (file, line) = (|| file.to_owned(), self.number);
        if self.too_long {
            return Err(RecordError::LineTooLong { file: file(), line, bytes_max: JSON_LINE_BYTES_MAX });
        }
        std::str::from_utf8(self.content()).map_err(|e| RecordError::NotUtf8 {
            file: file(),
            line,
            byte: e.valid_up_to() + 1,
        })
    }

    /// The line without a byte order mark at the start of the file.
    fn content(&self) -> &[u8] {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        let mark = if self.number == 1 { self.line.strip_prefix(BYTE_ORDER_MARK) } else { None };
        mark.unwrap_or(&self.line)
    }

    fn is_blank(&self) -> bool {
        !self.too_long && self.content().iter().all(u8::is_ascii_whitespace)
    }
}

/// Counts what is taken from a source.
struct Counted<R> {
    source: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.source.read(buffer)?;
        self.bytes_read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// The plain bytes of a source that may be compressed, told by its first bytes.
///
/// A Zstandard frame may ask for a window of at most 128 MiB, the default of the `zstd` tool itself.
fn decompressed(source: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    const WINDOW_LOG_MAX: u32 = 27;
    const BUFFER_BYTES: usize = 128 * 1024;
    let mut source = source;
    let mut magic = Vec::with_capacity(ZSTANDARD.len());
    (&mut source).take(ZSTANDARD.len() as u64).read_to_end(&mut magic)?;
    let (gzip, zstandard) = (magic.starts_with(GZIP), magic.starts_with(ZSTANDARD));
    let whole = BufReader::with_capacity(BUFFER_BYTES, io::Cursor::new(magic).chain(source));
    Ok(if gzip {
        Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole)))
    } else if zstandard {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(whole)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
    } else {
        Box::new(whole)
    })
}

#[cfg(test)]
mod tests;
