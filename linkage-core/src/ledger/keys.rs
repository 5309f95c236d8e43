//! Keys of rows. The table in [the module's page](super) says what each of them is.
//!
//! Texts are ended by the bytes 0 and 1, a byte 0 within one is written as 0 and 255: order is kept, and no text is
//! the beginning of another.

use jiff::Timestamp;

use super::{AccountId, Kind, LedgerError, Table};
use crate::record::AccountKey;
use crate::store::KeyRange;

pub(super) const HEADER: &[u8] = &[0x01];
pub(super) const TOTALS: &[u8] = &[0x02];
pub(super) const PENDING: &[u8] = &[0x03];
pub(super) const CURRENT: &[u8] = &[0x04];

const SERIAL_OF: u8 = 0x10;
const ACCOUNT_OF: u8 = 0x11;
const RECORD: u8 = 0x12;
const HELD: u8 = 0x13;
const WAITING: u8 = 0x14;
const STAGED: u8 = 0x20;
const JUDGEMENT: u8 = 0x30;
const JUDGEMENT_UNDONE: u8 = 0x31;
const JUDGEMENT_OF: u8 = 0x32;
const HISTORY: u8 = 0x33;
const CHANGE: u8 = 0x34;
const EPOCH: u8 = 0x40;
const EPOCH_PART: u8 = 0x41;
const DERIVED: u8 = 0x60;
const REDUCED: u8 = 0x61;

const END: [u8; 2] = [0, 1];

/// Key of the serial number of an account.
pub(super) fn serial_of(account: &AccountKey) -> Vec<u8> {
    text(vec![SERIAL_OF], account.as_str())
}

/// Key of the account of a serial number.
pub(super) fn account_of(id: AccountId) -> Vec<u8> {
    with(ACCOUNT_OF, &id.0.to_be_bytes())
}

/// Key of one observation of an account, listing or enforcement. `id` is empty for an account.
pub(super) fn record(account: &AccountKey, kind: Kind, id: &str, observed_at: Timestamp, source: &str) -> Vec<u8> {
    let mut key = text(vec![RECORD], account.as_str());
    key.push(kind as u8);
    if kind != Kind::Account {
        key = text(key, id);
    }
    key.extend(time(observed_at));
    text(key, source)
}

/// All records of all accounts.
pub(super) fn records() -> KeyRange {
    KeyRange::prefix(&[RECORD])
}

/// All records of one account.
pub(super) fn records_of(account: &AccountKey) -> KeyRange {
    KeyRange::prefix(&text(vec![RECORD], account.as_str()))
}

/// The records of one kind of one account.
pub(super) fn records_of_kind(account: &AccountKey, kind: Kind) -> KeyRange {
    let mut key = text(vec![RECORD], account.as_str());
    key.push(kind as u8);
    KeyRange::prefix(&key)
}

/// The records of one listing of one account.
pub(super) fn records_of_listing(account: &AccountKey, listing_id: &str) -> KeyRange {
    let mut key = text(vec![RECORD], account.as_str());
    key.push(Kind::Listing as u8);
    KeyRange::prefix(&text(key, listing_id))
}

/// All records of the accounts behind `account`.
pub(super) fn records_after(account: &AccountKey) -> KeyRange {
    let end = records_of(account);
    records().starting_at(end.end().unwrap_or_default().to_vec())
}

/// Where the key of a record is staged.
pub(super) fn staged(record: &[u8]) -> Vec<u8> {
    with(STAGED, record)
}

/// All staged records.
pub(super) fn all_staged() -> KeyRange {
    KeyRange::prefix(&[STAGED])
}

/// The key of the record that is staged here.
pub(super) fn unstaged(key: &[u8]) -> &[u8] {
    key.get(1..).unwrap_or_default()
}

/// Counts of held records of an account that is not there.
pub(super) fn held(account: &AccountKey) -> Vec<u8> {
    text(vec![HELD], account.as_str())
}

/// Mark of an account that waits for linking.
pub(super) fn waiting(account: &AccountKey) -> Vec<u8> {
    text(vec![WAITING], account.as_str())
}

/// All marks of waiting accounts.
pub(super) fn all_waiting() -> KeyRange {
    KeyRange::prefix(&[WAITING])
}

/// A judgement by number.
pub(super) fn judgement(id: u64) -> Vec<u8> {
    with(JUDGEMENT, &id.to_be_bytes())
}

/// All judgements.
pub(super) fn judgements() -> KeyRange {
    KeyRange::prefix(&[JUDGEMENT])
}

/// That a judgement is undone.
pub(super) fn judgement_undone(id: u64) -> Vec<u8> {
    with(JUDGEMENT_UNDONE, &id.to_be_bytes())
}

/// That an account has a judgement.
pub(super) fn judgement_of(account: &AccountKey, id: u64) -> Vec<u8> {
    let mut key = text(vec![JUDGEMENT_OF], account.as_str());
    key.extend(id.to_be_bytes());
    key
}

/// The judgements of an account.
pub(super) fn judgements_of(account: &AccountKey) -> KeyRange {
    KeyRange::prefix(&text(vec![JUDGEMENT_OF], account.as_str()))
}

/// A row of the history.
pub(super) fn history(number: u64) -> Vec<u8> {
    with(HISTORY, &number.to_be_bytes())
}

/// The whole history.
pub(super) fn all_history() -> KeyRange {
    KeyRange::prefix(&[HISTORY])
}

/// The row of the log of changes that ends at this place.
pub(super) fn change(number: u64) -> Vec<u8> {
    with(CHANGE, &number.to_be_bytes())
}

/// An epoch's head.
pub(super) fn epoch(number: u32) -> Vec<u8> {
    with(EPOCH, &number.to_be_bytes())
}

/// All heads of epochs.
pub(super) fn epochs() -> KeyRange {
    KeyRange::prefix(&[EPOCH])
}

/// A part of an epoch.
pub(super) fn epoch_part(number: u32, part: u32) -> Vec<u8> {
    let mut key = with(EPOCH_PART, &number.to_be_bytes());
    key.extend(part.to_be_bytes());
    key
}

/// All parts of an epoch.
pub(super) fn epoch_parts(number: u32) -> KeyRange {
    KeyRange::prefix(&with(EPOCH_PART, &number.to_be_bytes()))
}

/// What an account was reduced to.
pub(super) fn reduced(id: AccountId) -> Vec<u8> {
    with(REDUCED, &id.0.to_be_bytes())
}

/// A derived row.
pub(super) fn derived(generation: u32, table: Table, key: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(DERIVED_HEAD_BYTES + key.len());
    whole.push(DERIVED);
    whole.extend(generation.to_be_bytes());
    whole.push(table as u8);
    whole.extend(key);
    whole
}

/// The caller's part of the key of a derived row.
pub(super) fn derived_tail(key: &[u8]) -> &[u8] {
    key.get(DERIVED_HEAD_BYTES..).unwrap_or_default()
}

/// All derived rows of one generation.
pub(super) fn generation(generation: u32) -> KeyRange {
    KeyRange::prefix(&with(DERIVED, &generation.to_be_bytes()))
}

/// The derived rows of earlier and of later generations.
pub(super) fn other_generations(generation: u32) -> [KeyRange; 2] {
    let all = KeyRange::prefix(&[DERIVED]);
    let this = self::generation(generation);
    let later = this.end().map_or_else(|| KeyRange::between("", ""), |end| all.starting_at(end.to_vec()));
    [KeyRange::between(all.start(), this.start()), later]
}

const DERIVED_HEAD_BYTES: usize = 6;

/// The account to which a record's key belongs.
pub(super) fn account_in_record(key: &[u8]) -> Result<AccountKey, LedgerError> {
    let (account, _) = split(key, RECORD)?;
    Ok(account)
}

/// The account to which a record's key belongs, and what the record is.
pub(super) fn account_and_kind(key: &[u8]) -> Result<(AccountKey, Kind), LedgerError> {
    let (account, rest) = split(key, RECORD)?;
    let kind = rest.first().copied().and_then(Kind::from_byte);
    Ok((account, kind.ok_or_else(|| LedgerError::corrupt("the key of a record of unknown kind"))?))
}

/// What a record is and who supplied it.
pub(super) fn source_in_record(key: &[u8]) -> Result<String, LedgerError> {
    let (_, rest) = split(key, RECORD)?;
    let damaged = || LedgerError::corrupt("the key of a record");
    let (kind, mut rest) = rest.split_first().ok_or_else(damaged)?;
    if *kind != Kind::Account as u8 {
        (_, rest) = read_text(rest).ok_or_else(damaged)?;
    }
    let rest = rest.get(TIME_BYTES..).ok_or_else(damaged)?;
    let (source, _) = read_text(rest).ok_or_else(damaged)?;
    Ok(source)
}

/// The bytes of a record's key that name its account.
pub(super) fn account_bytes(key: &[u8]) -> &[u8] {
    let end = key.windows(2).position(|two| two == END).unwrap_or(key.len());
    &key[..end]
}

/// The account of a waiting mark.
pub(super) fn account_in_waiting(key: &[u8]) -> Result<AccountKey, LedgerError> {
    split(key, WAITING).map(|(account, _)| account)
}

/// The account of a serial number's row.
pub(super) fn account_in_serial_of(key: &[u8]) -> Result<AccountKey, LedgerError> {
    split(key, SERIAL_OF).map(|(account, _)| account)
}

/// All accounts with a serial number.
pub(super) fn serials() -> KeyRange {
    KeyRange::prefix(&[SERIAL_OF])
}

/// A number at the end of a key.
pub(super) fn number_at_end(key: &[u8]) -> Result<u64, LedgerError> {
    let bytes = key.last_chunk().ok_or_else(|| LedgerError::corrupt("a key without its number"))?;
    Ok(u64::from_be_bytes(*bytes))
}

/// The number in the key of an epoch's head.
pub(super) fn epoch_in(key: &[u8]) -> Result<u32, LedgerError> {
    let bytes = key.last_chunk().ok_or_else(|| LedgerError::corrupt("the key of an epoch"))?;
    Ok(u32::from_be_bytes(*bytes))
}

/// Bytes of a time in a key or value.
pub(super) const TIME_BYTES: usize = 12;

const NANOSECONDS: i128 = 1_000_000_000;

/// A time, in bytes that sort as it does: seconds since 1970 with the sign turned, then nanoseconds.
pub(super) fn time(at: Timestamp) -> [u8; TIME_BYTES] {
    let nanoseconds = at.as_nanosecond();
    // Both fit: a timestamp lies within the years -9999 to 9999.
    let seconds = i64::try_from(nanoseconds.div_euclid(NANOSECONDS)).unwrap_or(i64::MAX);
    let rest = u32::try_from(nanoseconds.rem_euclid(NANOSECONDS)).unwrap_or(0);
    let mut bytes = [0; TIME_BYTES];
    bytes[..8].copy_from_slice(&(seconds.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    bytes[8..].copy_from_slice(&rest.to_be_bytes());
    bytes
}

/// The time that [`time`] wrote.
pub(super) fn read_time(bytes: &[u8]) -> Option<Timestamp> {
    let (seconds, rest) = bytes.split_first_chunk()?;
    let (nanoseconds, _) = rest.split_first_chunk()?;
    let seconds = (u64::from_be_bytes(*seconds) ^ (1 << 63)).cast_signed();
    let nanoseconds = u32::from_be_bytes(*nanoseconds);
    Timestamp::from_nanosecond(i128::from(seconds) * NANOSECONDS + i128::from(nanoseconds)).ok()
}

fn with(table: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + rest.len());
    key.push(table);
    key.extend(rest);
    key
}

fn text(mut key: Vec<u8>, text: &str) -> Vec<u8> {
    key.reserve(text.len() + 32);
    for byte in text.bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(u8::MAX);
        }
    }
    key.extend(END);
    key
}

/// Reads a text and returns what follows it.
fn read_text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    let mut rest = bytes;
    loop {
        rest = match rest {
            [0, 1, rest @ ..] => return Some((String::from_utf8(text).ok()?, rest)),
            [0, u8::MAX, rest @ ..] => {
                text.push(0);
                rest
            }
            [0, ..] | [] => return None,
            [byte, rest @ ..] => {
                text.push(*byte);
                rest
            }
        }
    }
}

fn split(key: &[u8], table: u8) -> Result<(AccountKey, &[u8]), LedgerError> {
    let damaged = || LedgerError::corrupt("the key of an account");
    let rest = key.strip_prefix(&[table]).ok_or_else(damaged)?;
    let (account, rest) = read_text(rest).ok_or_else(damaged)?;
    Ok((AccountKey::parse(&account).map_err(|_| damaged())?, rest))
}
