//! The stored holders of keys: packed by `link`, with what changed since beside them.
//!
//! | key | value |
//! |---|---|
//! | `b`, bucket | version, then for each key in order: step of the rest, number of holders, and the steps of their numbers unless they are more than may hold it |
//! | `l`, bucket, rest, part | version, then the steps of the holders' numbers, where they are more |
//! | `+`, bucket, rest, account | an account that holds a key and is not packed |
//! | `-`, bucket, rest, account | an account that is packed and holds a key no longer |
//!
//! All numbers that are packed are LEB128. A store of a million accounts has forty million holdings, which would be as many
//! rows; packed they are some ten thousands.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::block::{Holders, Posting};
use crate::ledger::{Changes, Table, View};
use crate::store::Row;

use super::{LinkerError, rows};

const VERSION: u8 = 1;

/// Holders in one part of a long row.
const PART: usize = 1 << 20;

/// Accounts that a key gains and loses: those lost hold it as stored, those gained do not.
#[derive(Debug, Default)]
pub(super) struct Shift {
    pub(super) gained: BTreeSet<u32>,
    pub(super) lost: BTreeSet<u32>,
}

impl Shift {
    /// How many hold the key after it.
    pub(super) fn count(&self, held: &Held) -> usize {
        held.count.saturating_sub(self.lost.len()) + self.gained.len()
    }

    /// Who holds the key after it.
    pub(super) fn apply(&self, accounts: &mut Vec<u32>) {
        accounts.retain(|account| !self.lost.contains(account));
        accounts.extend(&self.gained);
    }
}

/// Who holds which key, as stored.
#[derive(Clone, Copy)]
pub(super) struct Stored<'v> {
    view: &'v View<'v>,
    any_more: bool,
    any_gone: bool,
}

/// The holders of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// How many there are, or more than may hold it and could be lost.
    pub(super) count: usize,
    /// Who they are, unless they are more than may hold it.
    pub(super) accounts: Option<Vec<u32>>,
}

/// What a bucket says of a key.
enum Packed {
    Few(Vec<u32>),
    Many(usize),
}

impl<'v> Stored<'v> {
    /// In a view.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Derived`] where another version of this program linked.
    pub(super) fn new(view: &'v View<'v>) -> Result<Stored<'v>, LinkerError> {
        let (layout, version) = rows::LAYOUT;
        let summary = view.derived_get_many(Table::Summary, &[rows::NEXT, layout])?;
        if summary[0].is_some() && summary[1].as_deref() != Some(&version) {
            return Err(LinkerError::Derived("written by another version"));
        }
        let any = |sign| Ok::<_, LinkerError>(!view.derived_scan_prefix(Table::Posting, &[sign], None, 1)?.is_empty());
        Ok(Stored { view, any_more: any(b'+')?, any_gone: any(b'-')? })
    }

    /// The holders of each of some keys; counted so far that a key is seen to be over its cap though it loses `spare` of them.
    pub(super) fn held(&self, postings: &[Posting], spare: usize) -> Result<Vec<Held>, LinkerError> {
        let buckets: Vec<[u8; 3]> = postings.iter().map(|posting| bucket_row(posting.bucket())).collect();
        let packed = self.view.derived_get_many(Table::Posting, &buckets)?;
        let packed = postings.iter().zip(packed).map(|(posting, value)| find(value.as_deref(), *posting));
        let most = |posting: &Posting| posting.holders_max().saturating_add(spare).saturating_add(1);
        let more = self.changed(b'+', self.any_more, postings, most)?;
        let gone = self.changed(b'-', self.any_gone, postings, |_| usize::MAX)?;
        let changed = more.into_iter().zip(gone);
        let all = postings.iter().zip(packed).zip(changed);
        all.map(|((posting, packed), (more, gone))| self.merged(*posting, packed?, more, &gone)).collect()
    }

    /// The holders of one key, however many.
    pub(super) fn all(&self, posting: Posting) -> Result<Vec<u32>, LinkerError> {
        let value = self.view.derived_get(Table::Posting, &bucket_row(posting.bucket()))?;
        let mut accounts = match find(value.as_deref(), posting)? {
            Packed::Few(accounts) => accounts,
            Packed::Many(_) => self.long(posting)?,
        };
        let scan = |sign, any| match any {
            true => scan(self.view, &row(sign, posting), usize::MAX),
            false => Ok(Vec::new()),
        };
        let gone = scan(b'-', self.any_gone)?;
        accounts.retain(|account| gone.binary_search(account).is_err());
        accounts.extend(scan(b'+', self.any_more)?);
        accounts.sort_unstable();
        Ok(accounts)
    }

    /// Writes who gained and who lost a key.
    pub(super) fn write(&self, changes: &mut Changes, posting: Posting, shift: &Shift) -> Result<(), LinkerError> {
        let with = |sign, account: &u32| [&row(sign, posting)[..], &account.to_be_bytes()].concat();
        let mut write = |accounts: &BTreeSet<u32>, sign, other, any_other| {
            let others: Vec<Vec<u8>> = accounts.iter().map(|account| with(other, account)).collect();
            // Taking back what was changed before leaves no row.
            let there =
                if any_other { self.view.derived_get_many(Table::Posting, &others)? } else { vec![None; others.len()] };
            for ((account, other), there) in accounts.iter().zip(others).zip(there) {
                match there {
                    Some(_) => changes.delete(Table::Posting, &other),
                    None => changes.put(Table::Posting, &with(sign, account), Vec::new()),
                }
            }
            Ok::<_, LinkerError>(())
        };
        write(&shift.gained, b'+', b'-', self.any_gone)?;
        write(&shift.lost, b'-', b'+', self.any_more)
    }

    /// Accounts of the changes of one sign, at most so many for each key.
    fn changed(
        &self,
        sign: u8,
        any: bool,
        postings: &[Posting],
        most: impl Fn(&Posting) -> usize,
    ) -> Result<Vec<Vec<u32>>, LinkerError> {
        if !any {
            return Ok(vec![Vec::new(); postings.len()]);
        }
        postings.iter().map(|posting| scan(self.view, &row(sign, *posting), most(posting))).collect()
    }

    fn merged(&self, posting: Posting, packed: Packed, more: Vec<u32>, gone: &[u32]) -> Result<Held, LinkerError> {
        let cap = posting.holders_max();
        let mut accounts = match packed {
            Packed::Few(accounts) => accounts,
            Packed::Many(count) => {
                let count = count + more.len() - gone.len().min(count);
                // So many left that the key comes under its cap again.
                let accounts = if count <= cap { Some(self.all(posting)?) } else { None };
                return Ok(Held { count, accounts });
            }
        };
        accounts.retain(|account| gone.binary_search(account).is_err());
        accounts.extend(more);
        accounts.sort_unstable();
        let count = accounts.len();
        Ok(Held { count, accounts: (count <= cap).then_some(accounts) })
    }

    fn long(&self, posting: Posting) -> Result<Vec<u32>, LinkerError> {
        let parts = self.view.derived_scan_prefix(Table::Posting, &row(b'l', posting), None, usize::MAX)?;
        let mut accounts = Vec::new();
        for (_, value) in &parts {
            let mut rest = unversioned(value)?;
            let mut last = 0;
            while !rest.is_empty() {
                last += read(&mut rest)?;
                accounts.push(account(last)?);
            }
        }
        Ok(accounts)
    }
}

/// The packed rows of some buckets in order; `id` says the number of the account at a place.
pub(super) fn packed(holders: &Holders, buckets: Range<usize>, id: impl Fn(u32) -> u32) -> impl Iterator<Item = Row> {
    buckets.filter_map(move |bucket| {
        let bucket = bucket as u16;
        let mut value = vec![VERSION];
        let (mut last, mut accounts) = (0, Vec::new());
        for (rest, rows) in holders.of_bucket(bucket) {
            write(&mut value, u64::from(rest - last));
            last = rest;
            write(&mut value, rows.len() as u64);
            if rows.len() <= Posting::new(bucket, rest).holders_max() {
                ids(rows, &id, &mut accounts);
                write_steps(&mut value, &accounts);
            }
        }
        (1 < value.len()).then(|| (bucket_row(bucket).to_vec(), value))
    })
}

/// The rows of keys of some buckets that more accounts hold than may, in order.
pub(super) fn long(holders: &Holders, buckets: Range<usize>, id: impl Fn(u32) -> u32) -> impl Iterator<Item = Row> {
    buckets.flat_map(move |bucket| {
        let mut found = Vec::new();
        let mut accounts = Vec::new();
        for (rest, rows) in holders.of_bucket(bucket as u16) {
            let posting = Posting::new(bucket as u16, rest);
            if posting.holders_max() < rows.len() {
                ids(rows, &id, &mut accounts);
                for (part, accounts) in (0_u32..).zip(accounts.chunks(PART)) {
                    let mut value = vec![VERSION];
                    write_steps(&mut value, accounts);
                    found.push(([&row(b'l', posting)[..], &part.to_be_bytes()].concat(), value));
                }
            }
        }
        found
    })
}

/// The numbers of the accounts at the places at the end of rows, sorted.
fn ids(rows: &[u64], id: &impl Fn(u32) -> u32, accounts: &mut Vec<u32>) {
    accounts.clear();
    accounts.extend(rows.iter().map(|row| id(*row as u32)));
    accounts.sort_unstable();
}

/// What a bucket says of a key; nobody holds one that is not there.
fn find(value: Option<&[u8]>, posting: Posting) -> Result<Packed, LinkerError> {
    let mut rest = match value {
        Some(value) => unversioned(value)?,
        None => &[],
    };
    let mut at = 0;
    while !rest.is_empty() {
        at += read(&mut rest)?;
        let key = account(at)?;
        let count = usize::try_from(read(&mut rest)?).map_err(|_| DAMAGED)?;
        if posting.rest() < key {
            break;
        }
        let few = count <= Posting::new(posting.bucket(), key).holders_max();
        if posting.rest() == key {
            return if few { Ok(Packed::Few(read_steps(&mut rest, count)?)) } else { Ok(Packed::Many(count)) };
        }
        for _ in 0..if few { count } else { 0 } {
            skip(&mut rest)?;
        }
    }
    Ok(Packed::Few(Vec::new()))
}

const DAMAGED: LinkerError = LinkerError::Derived("the holders of a key");

fn unversioned(value: &[u8]) -> Result<&[u8], LinkerError> {
    match value.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        _ => Err(DAMAGED),
    }
}

fn account(number: u64) -> Result<u32, LinkerError> {
    u32::try_from(number).map_err(|_| DAMAGED)
}

fn write_steps(value: &mut Vec<u8>, accounts: &[u32]) {
    let mut last = 0;
    for account in accounts {
        write(value, u64::from(account - last));
        last = *account;
    }
}

fn read_steps(rest: &mut &[u8], count: usize) -> Result<Vec<u32>, LinkerError> {
    let mut last = 0;
    let mut next = || {
        last += read(rest)?;
        account(last)
    };
    (0..count).map(|_| next()).collect()
}

/// LEB128.
fn write(value: &mut Vec<u8>, mut number: u64) {
    while 0x7f < number {
        value.push(number as u8 | 0x80);
        number >>= 7;
    }
    value.push(number as u8);
}

/// At most five bytes, as nothing written is longer than 32 bits.
fn read(rest: &mut &[u8]) -> Result<u64, LinkerError> {
    let mut number = 0;
    for at in 0..5 {
        let (byte, behind) = rest.split_first().ok_or(DAMAGED)?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(DAMAGED)
}

fn skip(rest: &mut &[u8]) -> Result<(), LinkerError> {
    read(rest).map(drop)
}

fn bucket_row(bucket: u16) -> [u8; 3] {
    let [high, low] = bucket.to_be_bytes();
    [b'b', high, low]
}

/// A key under a sign, without an account or part behind it.
fn row(sign: u8, posting: Posting) -> [u8; 7] {
    let [a, b] = posting.bucket().to_be_bytes();
    let [c, d, e, f] = posting.rest().to_be_bytes();
    [sign, a, b, c, d, e, f]
}

fn scan(view: &View<'_>, row: &[u8], most: usize) -> Result<Vec<u32>, LinkerError> {
    super::delta::scan(view, Table::Posting, row, most)
}

#[cfg(test)]
mod tests;
