//! Whether a British account number can exist at its sort code: the modulus check of the UK's payment schemes.
//!
//! The weights of each bank are a table of Pay.UK (Vocalink), free to fetch and to use but not ours to pass on. Whoever has it
//! hands it over once for the process, for it is the same for every store; without it an account has its form and no check.
//!
//! - [`SortCodes::install`] makes a file the table of the process, [`SortCodes::installed`] is what `identifier` asks.
//! - [`SortCodes::read`] reads a table, [`SortCodes::check`] holds an account against it.
//!
//! Source: Vocalink, Validating account numbers: UK modulus checking, version 6.40. Positions are named as there: `u v w x y z` are
//! the sort code, `a b c d e f g h` the account number.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::identifier::Check;

/// A sort code and an account number, digit by digit.
type Number = [i32; DIGITS];

const DIGITS: usize = 14;

/// Where letters of the standard stand in a [`Number`].
const A: usize = 6;
const B: usize = 7;
const C: usize = 8;
const G: usize = 12;
const H: usize = 13;

/// The most bytes of a table: 50 times what the whole one has.
const BYTES_MAX: usize = 5 << 20;

/// The weights of the banks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortCodes {
    /// In the order of the file: of two checks for one sort code the first comes first.
    rows: Vec<Row>,
    /// Sort codes that are checked as if they were others (exception 5).
    substitutes: FxHashMap<i32, i32>,
}

/// One check of the accounts at a range of sort codes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    first: i32,
    last: i32,
    method: Method,
    weights: Number,
    /// Its number in the standard; 0 for none.
    exception: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// The products add up to a multiple of ten.
    Mod10,
    /// The products add up to a multiple of eleven.
    Mod11,
    /// The digits of the products add up to a multiple of ten.
    DoubleAlternate,
}

/// Why a table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SortCodeError {
    /// A line that is neither weights nor a substitute.
    #[error(
        "line {line}: expected two sort codes, MOD10, MOD11 or DBLAL, 14 weights and perhaps an exception, or two sort codes"
    )]
    Columns {
        /// The line, from 1.
        line: usize,
    },
    /// A column that is not what stands there.
    #[error("line {line}, column {column}: expected {expected}")]
    Column {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What stands there.
        expected: &'static str,
    },
    /// Bytes that are not UTF-8.
    #[error("line {line}: expected UTF-8")]
    Utf8 {
        /// The line, from 1.
        line: usize,
    },
    /// No weights at all.
    #[error("expected at least one line of weights")]
    Empty,
    /// More than 5 MiB.
    #[error("expected at most {BYTES_MAX} bytes")]
    TooLong,
}

/// Why a file cannot be the table of the process.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// It could not be read.
    #[error("{}: open file", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not a table.
    #[error("{}, {problem}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Where and why.
        problem: SortCodeError,
    },
    /// There is a table already.
    #[error("{}: this process has a table of sort codes already", path.display())]
    Second {
        /// The file.
        path: PathBuf,
    },
}

static INSTALLED: OnceLock<SortCodes> = OnceLock::new();

impl SortCodes {
    /// Reads the table of weights (`valacdos.txt`), alone or with the table of substitutes (`scsubtab.txt`) in the same file.
    ///
    /// # Errors
    ///
    /// [`SortCodeError`] for the first line that is of neither, and for a file without weights.
    ///
    /// # Examples
    ///
    /// ```
    /// use linkage_core::normalize::identifier::Check;
    /// use linkage_core::normalize::sort_code::SortCodes;
    ///
    /// let table = SortCodes::read(b"000000 000099 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 3 1\n")?;
    /// assert_eq!(table.check("00000012345637"), Check::Failed);
    /// assert_eq!(table.check("00000012345631"), Check::Passed);
    /// assert_eq!(table.check("20000012345637"), Check::Unknown);
    /// # Ok::<(), linkage_core::normalize::sort_code::SortCodeError>(())
    /// ```
    pub fn read(file: &[u8]) -> Result<SortCodes, SortCodeError> {
        if BYTES_MAX < file.len() {
            return Err(SortCodeError::TooLong);
        }
        let mut table = SortCodes::default();
        for (line, text) in (1..).zip(file.split(|&byte| byte == b'\n')) {
            let text = std::str::from_utf8(text).map_err(|_| SortCodeError::Utf8 { line })?;
            let columns: Vec<&str> = text.split_whitespace().collect();
            match columns[..] {
                [] => {}
                [from, to] => {
                    table.substitutes.insert(sort_code(from, line, 1)?, sort_code(to, line, 2)?);
                }
                [first, last, method, ref rest @ ..] if matches!(rest.len(), DIGITS | 15) => {
                    table.rows.push(Row::read(first, last, method, rest, line)?);
                }
                _ => return Err(SortCodeError::Columns { line }),
            }
        }
        if table.rows.is_empty() { Err(SortCodeError::Empty) } else { Ok(table) }
    }

    /// Makes a file the table of the process, before the first record is read: what was read earlier keeps its answer.
    ///
    /// # Errors
    ///
    /// [`InstallError`]; a table that is there already stays.
    pub fn install(file: &Path) -> Result<(), InstallError> {
        let path = || file.to_owned();
        let bytes = std::fs::read(file).map_err(|source| InstallError::Read { path: path(), source })?;
        let table = SortCodes::read(&bytes).map_err(|problem| InstallError::Table { path: path(), problem })?;
        INSTALLED.set(table).map_err(|_| InstallError::Second { path: path() })
    }

    /// The table of the process, if somebody gave one.
    pub fn installed() -> Option<&'static SortCodes> {
        INSTALLED.get()
    }

    /// Whether an account number of eight digits fits the sort code of six in front of it; unknown where the table has no check for
    /// it, and for anything but 14 digits.
    pub fn check(&self, account: &str) -> Check {
        let digits: Option<Vec<i32>> =
            account.chars().map(|c| c.to_digit(10).and_then(|digit| digit.try_into().ok())).collect();
        let Some(Ok(number)) = digits.map(Number::try_from) else { return Check::Unknown };
        self.check_number(&number)
    }

    fn check_number(&self, number: &Number) -> Check {
        let sort_code = value(&number[..A]);
        let mut rows = self.rows.iter().filter(|row| (row.first..=row.last).contains(&sort_code));
        let Some(first) = rows.next() else { return Check::Unknown };
        let is_foreign_currency = (4..=8).contains(&number[A]) && number[G] == number[H];
        let lacks_substitutes = first.exception == 5 && self.substitutes.is_empty();
        if lacks_substitutes || (first.exception == 6 && is_foreign_currency) {
            return Check::Unknown;
        }
        let passes = |row: &Row| row.passes(number, &self.substitutes);
        let passed = match (first.exception, rows.next()) {
            (14, _) => passes(first) || branch_left_out(number).is_some_and(|it| first.passes(&it, &self.substitutes)),
            (2 | 10 | 12, Some(second)) => passes(first) || passes(second),
            (_, Some(second)) if second.exception == 3 && matches!(number[C], 6 | 9) => passes(first),
            (_, Some(second)) => passes(first) && passes(second),
            (_, None) => passes(first),
        };
        if passed { Check::Passed } else { Check::Failed }
    }
}

impl Row {
    fn read(first: &str, last: &str, method: &str, rest: &[&str], line: usize) -> Result<Row, SortCodeError> {
        let (first, last) = (sort_code(first, line, 1)?, sort_code(last, line, 2)?);
        if last < first {
            return Err(SortCodeError::Column { line, column: 2, expected: "the last sort code of the range" });
        }
        let method = match method {
            "MOD10" => Method::Mod10,
            "MOD11" => Method::Mod11,
            "DBLAL" => Method::DoubleAlternate,
            _ => return Err(SortCodeError::Column { line, column: 3, expected: "MOD10, MOD11 or DBLAL" }),
        };
        let within = |at: usize, range: RangeInclusive<i32>, expected: &'static str| {
            let read = rest.get(at).copied().unwrap_or("0").parse().ok().filter(|number| range.contains(number));
            read.ok_or(SortCodeError::Column { line, column: at + 4, expected })
        };
        let mut weights = [0; DIGITS];
        for (at, weight) in weights.iter_mut().enumerate() {
            *weight = within(at, -999..=999, "a weight from -999 to 999")?;
        }
        Ok(Row { first, last, method, weights, exception: within(DIGITS, 0..=14, "an exception from 1 to 14")? })
    }

    fn passes(&self, number: &Number, substitutes: &FxHashMap<i32, i32>) -> bool {
        let mut number = *number;
        match self.exception {
            5 => {
                if let Some(&other) = substitutes.get(&value(&number[..A])) {
                    put_sort_code(&mut number, other);
                }
            }
            8 => put_sort_code(&mut number, 90_126),
            9 => put_sort_code(&mut number, 309_634),
            _ => {}
        }
        let weights = self.weights_for(&number);
        let products = number.iter().zip(weights).map(|(digit, weight)| digit * weight);
        let (sum, modulus) = match self.method {
            Method::Mod10 => (products.sum::<i32>(), 10),
            Method::Mod11 => (products.sum(), 11),
            Method::DoubleAlternate => (products.map(digit_sum).sum(), 10),
        };
        // 27 is what the digits of the institution's number 580149 add up to under alternate doubling.
        let sum = if self.exception == 1 { sum + 27 } else { sum };
        let rest = sum.rem_euclid(modulus);
        match (self.exception, self.method) {
            (4, _) => rest == value(&number[G..]),
            // The check digit is 0 for a rest of 0; a rest of 1 asks for 10, which no digit is.
            (5, Method::Mod11) => (modulus - rest) % modulus == number[G],
            (5, _) => (modulus - rest) % modulus == number[H],
            _ => rest == 0,
        }
    }

    fn weights_for(&self, number: &Number) -> Number {
        const LLOYDS_EURO: Number = [0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1];
        let mut weights = if self.exception == 2 && number[A] != 0 { LLOYDS_EURO } else { self.weights };
        let account_alone = number[G] == 9
            && match self.exception {
                2 => number[A] != 0,
                7 => true,
                10 => matches!(number[A], 0 | 9) && number[B] == 9,
                _ => false,
            };
        if account_alone {
            weights[..C].fill(0);
        }
        weights
    }
}

/// The account number with its last digit, which says the branch, left out and a zero in front (exception 14).
fn branch_left_out(number: &Number) -> Option<Number> {
    matches!(number[H], 0 | 1 | 9).then(|| {
        let mut shifted = *number;
        shifted.copy_within(A..H, B);
        shifted[A] = 0;
        shifted
    })
}

fn sort_code(text: &str, line: usize, column: usize) -> Result<i32, SortCodeError> {
    let read = (text.len() == A && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten();
    read.ok_or(SortCodeError::Column { line, column, expected: "a sort code of six digits" })
}

/// Of a product of a digit and a weight: at most 9 times 999.
fn digit_sum(product: i32) -> i32 {
    [1, 10, 100, 1000].map(|place| product.abs() / place % 10).iter().sum()
}

fn value(digits: &[i32]) -> i32 {
    digits.iter().fold(0, |number, digit| number * 10 + digit)
}

fn put_sort_code(number: &mut Number, mut sort_code: i32) {
    for digit in number[..A].iter_mut().rev() {
        *digit = sort_code % 10;
        sort_code /= 10;
    }
}
