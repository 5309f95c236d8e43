//! Reading: one state of the ledger, whatever is written meanwhile.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::row::{Current, Held, Totals, read_record};
use super::{
    AccountId, Counts, HistoryRow, Judgement, JudgementId, Kind, LedgerError, Recorded, Table, judgement, keys, row,
};
use crate::record::{Account, AccountKey, Enforcement, Intake, Listing, Record};
use crate::store::{KeyRange, Page, Row, Sequence, Snapshot};

/// One state of a ledger.
///
/// Whatever takes a number of rows gives at most that many, and fewer when they reach the page size of the store.
pub struct View<'a> {
    snapshot: Box<dyn Snapshot + 'a>,
    intake: Intake,
    current: Current,
}

/// All that is known of one account, in order of time; listings and enforcements in order of their id, then of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// The account.
    pub key: AccountKey,
    /// Its number; `None` for an account that is not there, though there may be records held for it.
    pub id: Option<AccountId>,
    /// Its observations.
    pub observations: Vec<Recorded<Account>>,
    /// Observations of its listings.
    pub listings: Vec<Recorded<Listing>>,
    /// Observations of enforcements against it.
    pub enforcements: Vec<Recorded<Enforcement>>,
}

/// A dossier as it is stored, so that reading from the store and decoding can happen in different threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedDossier {
    /// The account.
    pub key: AccountKey,
    /// Its number, if it is there.
    pub id: Option<AccountId>,
    rows: Vec<(Kind, Vec<u8>)>,
}

/// All accounts in the order of their keys, page by page, in memory for one page and the largest account.
pub struct AccountsPage<'v> {
    view: &'v View<'v>,
    rest: Option<KeyRange>,
    /// Rows of the last account of the page before, of which there may be more.
    tail: Vec<Row>,
    ready: VecDeque<EncodedDossier>,
}

/// Rows read at once while streaming. Few in unit tests, so that they see many pages.
const PAGE_ROWS: usize = if cfg!(test) { 4 } else { 4096 };

impl<'a> View<'a> {
    pub(super) fn new(snapshot: Box<dyn Snapshot + 'a>, intake: Intake) -> Result<View<'a>, LedgerError> {
        let current = row::read_or_default(snapshot.get(keys::CURRENT)?.as_deref(), "the epoch in force")?;
        Ok(View { snapshot, intake, current })
    }

    /// Number of the last commit in this state.
    pub fn sequence(&self) -> Sequence {
        self.snapshot.sequence()
    }

    /// What the ledger holds, in numbers. O(1).
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`] and [`LedgerError::Corrupt`], as for everything here.
    pub fn counts(&self) -> Result<Counts, LedgerError> {
        Ok(self.totals()?.counts)
    }

    /// The numbers of `accounts`, in their order; `None` for one that is not there.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn account_ids(&self, accounts: &[AccountKey]) -> Result<Vec<Option<AccountId>>, LedgerError> {
        let keys: Vec<_> = accounts.iter().map(keys::serial_of).collect();
        self.get_many(&keys)?.iter().map(|value| value.as_deref().map(read_id).transpose()).collect()
    }

    /// The number of one account.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn account_id(&self, account: &AccountKey) -> Result<Option<AccountId>, LedgerError> {
        self.get(&keys::serial_of(account))?.as_deref().map(read_id).transpose()
    }

    /// The accounts with these numbers, in their order; `None` for a number that is retired or not yet given.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn accounts_of(&self, ids: &[AccountId]) -> Result<Vec<Option<AccountKey>>, LedgerError> {
        let keys: Vec<_> = ids.iter().map(|id| keys::account_of(*id)).collect();
        self.get_many(&keys)?.iter().map(|value| value.as_deref().map(read_account).transpose()).collect()
    }

    /// At most `accounts_max` accounts behind `after` in the order of their keys, without their records.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn account_keys(
        &self,
        after: Option<&AccountKey>,
        accounts_max: usize,
    ) -> Result<Vec<(AccountKey, AccountId)>, LedgerError> {
        let range = resume(keys::serials(), after.map(keys::serial_of));
        let page = self.scan(&range, accounts_max)?;
        page.rows.iter().map(|(key, value)| Ok((keys::account_in_serial_of(key)?, read_id(value)?))).collect()
    }

    /// All that is known of one account; empty lists if nothing is.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn dossier(&self, account: &AccountKey) -> Result<Dossier, LedgerError> {
        self.encoded_dossier(account)?.decode(&self.intake)
    }

    /// The observations of one account, without its listings and enforcements, in order of time.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn observations(&self, account: &AccountKey) -> Result<Vec<Recorded<Account>>, LedgerError> {
        self.records_in(keys::records_of_kind(account, Kind::Account))
    }

    /// The state of each enforcement against an account as last observed at `at` or before, by whomever, in the order of ids;
    /// what [`Dossier::enforcements_as_of`] says, without its other records.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn enforcements_as_of(&self, account: &AccountKey, at: Timestamp) -> Result<Vec<Enforcement>, LedgerError> {
        let records: Vec<Recorded<Enforcement>> = self.records_in(keys::records_of_kind(account, Kind::Enforcement))?;
        let known = records.iter().map(|one| &one.record).filter(|enforcement| enforcement.observed_at <= at);
        let latest = latest(known, |one| one.enforcement_id.as_str(), |one| one.observed_at);
        Ok(latest.into_iter().cloned().collect())
    }

    /// The observations of one listing of an account, in order of time.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn listing(&self, account: &AccountKey, listing_id: &str) -> Result<Vec<Recorded<Listing>>, LedgerError> {
        self.records_in(keys::records_of_listing(account, listing_id))
    }

    /// All accounts with all that is known of them, in the order of their keys.
    pub fn accounts(&self) -> AccountsPage<'_> {
        AccountsPage { view: self, rest: Some(keys::records()), tail: Vec::new(), ready: VecDeque::new() }
    }

    /// What decodes the records of this ledger.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// At most `accounts_max` accounts behind `after` that changed since they were linked, in the order of their keys.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn waiting(&self, after: Option<&AccountKey>, accounts_max: usize) -> Result<Vec<AccountKey>, LedgerError> {
        let range = resume(keys::all_waiting(), after.map(keys::waiting));
        self.scan(&range, accounts_max)?.rows.iter().map(|(key, _)| keys::account_in_waiting(key)).collect()
    }

    /// A judgement by number.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn judgement(&self, id: JudgementId) -> Result<Option<Judgement>, LedgerError> {
        let rows = self.get_many(&[keys::judgement(id.0), keys::judgement_undone(id.0)])?;
        judgement::read(id, rows[0].as_deref(), rows[1].as_deref())
    }

    /// All judgements of one account, undone ones included, in order of time.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn judgements_of(&self, account: &AccountKey) -> Result<Vec<Judgement>, LedgerError> {
        let mut ids = Vec::new();
        self.for_each(keys::judgements_of(account), |key, _| {
            ids.push(JudgementId(keys::number_at_end(key)?));
            Ok(())
        })?;
        ids.into_iter().filter_map(|id| self.judgement(id).transpose()).collect()
    }

    /// At most `judgements_max` judgements behind `after`, undone ones included, in order of time.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn judgements(&self, after: Option<JudgementId>, judgements_max: usize) -> Result<Vec<Judgement>, LedgerError> {
        let range = resume(keys::judgements(), after.map(|id| keys::judgement(id.0)));
        let rows = self.scan(&range, judgements_max)?.rows;
        let ids = rows.iter().map(|(key, _)| keys::number_at_end(key)).collect::<Result<Vec<_>, _>>()?;
        let undone = self.get_many(&ids.iter().map(|id| keys::judgement_undone(*id)).collect::<Vec<_>>())?;
        let rows = ids.into_iter().zip(rows).zip(undone);
        rows.filter_map(|((id, (_, value)), undone)| {
            judgement::read(JudgementId(id), Some(&value), undone.as_deref()).transpose()
        })
        .collect()
    }

    /// At most `rows_max` rows of the history behind row number `after`, in order of time.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn history(&self, after: Option<u64>, rows_max: usize) -> Result<Vec<HistoryRow>, LedgerError> {
        let range = resume(keys::all_history(), after.map(keys::history));
        let rows = self.scan(&range, rows_max)?.rows;
        rows.iter().map(|(key, value)| judgement::read_history(keys::number_at_end(key)?, value)).collect()
    }

    /// The number of the epoch in force, if there is one.
    pub fn current_epoch(&self) -> Option<u32> {
        self.current.epoch
    }

    /// Values of derived rows, in the order of `keys`; `None` for a row that is not there.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn derived_get_many<K: AsRef<[u8]>>(
        &self,
        table: Table,
        keys: &[K],
    ) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        let keys: Vec<_> = keys.iter().map(|key| self.derived_key(table, key.as_ref())).collect();
        self.get_many(&keys)
    }

    /// What each of some accounts was reduced to; `None` where nothing was written.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn reduced(&self, ids: &[AccountId]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        self.get_many(&ids.iter().map(|id| keys::reduced(*id)).collect::<Vec<_>>())
    }

    /// The value of one derived row.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn derived_get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        self.get(&self.derived_key(table, key))
    }

    /// At most `rows_max` derived rows whose keys begin with `prefix` and lie behind `after`, in order of their keys.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn derived_scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<Row>, LedgerError> {
        let range = KeyRange::prefix(&self.derived_key(table, prefix));
        let range = resume(range, after.map(|key| self.derived_key(table, key)));
        Ok(derived_rows(self.scan(&range, rows_max)?))
    }

    /// At most `rows_max` derived rows for each of `prefixes`.
    ///
    /// # Errors
    ///
    /// As [`counts`](View::counts).
    pub fn derived_scan_many<P: AsRef<[u8]>>(
        &self,
        table: Table,
        prefixes: &[P],
        rows_max: usize,
    ) -> Result<Vec<Vec<Row>>, LedgerError> {
        let range = |prefix: &P| KeyRange::prefix(&self.derived_key(table, prefix.as_ref()));
        let ranges: Vec<_> = prefixes.iter().map(range).collect();
        Ok(self.snapshot.scan_many(&ranges, rows_max)?.into_iter().map(derived_rows).collect())
    }

    pub(super) fn generation(&self) -> u32 {
        self.current.generation
    }

    pub(super) fn totals(&self) -> Result<Totals, LedgerError> {
        row::read_or_default(self.get(keys::TOTALS)?.as_deref(), "the totals")
    }

    pub(super) fn held(&self, accounts: &[AccountKey]) -> Result<Vec<Held>, LedgerError> {
        let keys: Vec<_> = accounts.iter().map(keys::held).collect();
        let rows = self.get_many(&keys)?;
        rows.iter().map(|value| row::read_or_default(value.as_deref(), "the count of held records")).collect()
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.snapshot.get(key)?)
    }

    pub(super) fn get_many(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        let keys: Vec<_> = keys.iter().map(Vec::as_slice).collect();
        Ok(self.snapshot.get_many(&keys)?)
    }

    pub(super) fn scan(&self, range: &KeyRange, rows_max: usize) -> Result<Page, LedgerError> {
        Ok(self.snapshot.scan(range, rows_max)?)
    }

    /// Every row of a range, page by page.
    pub(super) fn for_each(
        &self,
        range: KeyRange,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut rest = Some(range);
        while let Some(range) = rest {
            let page = self.scan(&range, PAGE_ROWS)?;
            for (key, value) in &page.rows {
                each(key, value)?;
            }
            rest = page.rest;
        }
        Ok(())
    }

    /// All stored rows of one account.
    pub(super) fn record_rows(&self, account: &AccountKey) -> Result<Vec<Row>, LedgerError> {
        let mut rows = Vec::new();
        self.for_each(keys::records_of(account), |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            Ok(())
        })?;
        Ok(rows)
    }

    fn records_in<T: Record>(&self, range: KeyRange) -> Result<Vec<Recorded<T>>, LedgerError> {
        let mut records = Vec::new();
        self.for_each(range, |_, value| {
            records.push(read_record(value, &self.intake)?);
            Ok(())
        })?;
        Ok(records)
    }

    fn encoded_dossier(&self, account: &AccountKey) -> Result<EncodedDossier, LedgerError> {
        let id = self.account_id(account)?;
        EncodedDossier::new(account.clone(), id, self.record_rows(account)?)
    }

    fn derived_key(&self, table: Table, key: &[u8]) -> Vec<u8> {
        keys::derived(self.current.generation, table, key)
    }
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("sequence", &self.sequence()).finish_non_exhaustive()
    }
}

impl Dossier {
    /// The account as it was last observed, by whomever.
    pub fn latest(&self) -> Option<&Account> {
        self.observations.last().map(|observation| &observation.record)
    }

    /// The account as it was last observed at `at` or before.
    pub fn as_of(&self, at: Timestamp) -> Option<&Account> {
        self.observations.iter().map(|observation| &observation.record).rfind(|account| account.observed_at <= at)
    }

    /// The last observation of each source, in the order of the sources.
    pub fn latest_by_source(&self) -> Vec<&Account> {
        let observations = self.observations.iter().map(|observation| &observation.record);
        latest(observations, |account| account.source.as_str(), |account| account.observed_at)
    }

    /// The last observation of each listing by each source, in the order of ids, then of sources.
    pub fn latest_listings(&self) -> Vec<&Listing> {
        self.listings_as_of(Timestamp::MAX)
    }

    /// As [`latest_listings`](Dossier::latest_listings), of those observed at `at` or before.
    pub fn listings_as_of(&self, at: Timestamp) -> Vec<&Listing> {
        let listings = self.listings.iter().map(|listing| &listing.record);
        let listings = listings.filter(|listing| listing.observed_at <= at);
        latest(
            listings,
            |listing| (listing.listing_id.as_str(), listing.source.as_str()),
            |listing| listing.observed_at,
        )
    }

    /// The state of each enforcement as last observed, by whomever, in the order of ids.
    pub fn latest_enforcements(&self) -> Vec<&Enforcement> {
        self.enforcements_as_of(Timestamp::MAX)
    }

    /// The state of each enforcement as last observed at `at` or before, by whomever, in the order of ids.
    pub fn enforcements_as_of(&self, at: Timestamp) -> Vec<&Enforcement> {
        let enforcements = self.enforcements.iter().map(|enforcement| &enforcement.record);
        let enforcements = enforcements.filter(|enforcement| enforcement.observed_at <= at);
        latest(enforcements, |enforcement| enforcement.enforcement_id.as_str(), |enforcement| enforcement.observed_at)
    }
}

impl EncodedDossier {
    /// Takes the rows of one account, in the order of their keys.
    pub(super) fn new(key: AccountKey, id: Option<AccountId>, rows: Vec<Row>) -> Result<EncodedDossier, LedgerError> {
        let kind = |(key, value): Row| Ok((keys::account_and_kind(&key)?.1, value));
        Ok(EncodedDossier { key, id, rows: rows.into_iter().map(kind).collect::<Result<_, LedgerError>>()? })
    }

    /// Reads its records; `intake` is that of the ledger.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Corrupt`] for a record that cannot be read.
    pub fn decode(&self, intake: &Intake) -> Result<Dossier, LedgerError> {
        let mut dossier = Dossier {
            key: self.key.clone(),
            id: self.id,
            observations: Vec::new(),
            listings: Vec::new(),
            enforcements: Vec::new(),
        };
        for (kind, value) in &self.rows {
            match kind {
                Kind::Account => dossier.observations.push(read_record(value, intake)?),
                Kind::Listing => dossier.listings.push(read_record(value, intake)?),
                Kind::Enforcement => dossier.enforcements.push(read_record(value, intake)?),
            }
        }
        Ok(dossier)
    }
}

impl AccountsPage<'_> {
    /// Some thousand accounts more, still encoded; `None` after the last.
    ///
    /// # Errors
    ///
    /// As [`View::counts`].
    pub fn next_page(&mut self) -> Result<Option<Vec<EncodedDossier>>, LedgerError> {
        if !self.ready.is_empty() {
            return Ok(Some(self.ready.drain(..).collect()));
        }
        while let Some(range) = self.rest.take() {
            let page = self.view.scan(&range, PAGE_ROWS)?;
            self.rest = page.rest;
            self.tail.extend(page.rows);
            let whole = if self.rest.is_some() { start_of_last(&self.tail) } else { self.tail.len() };
            let last = self.tail.split_off(whole);
            let rows = std::mem::replace(&mut self.tail, last);
            let dossiers = self.dossiers(rows)?;
            if !dossiers.is_empty() {
                return Ok(Some(dossiers));
            }
        }
        Ok(None)
    }

    /// Splits rows by account; those whose account is not there are left out.
    fn dossiers(&self, rows: Vec<Row>) -> Result<Vec<EncodedDossier>, LedgerError> {
        let groups = by_account(rows)?;
        let accounts: Vec<_> = groups.iter().map(|(account, _)| account.clone()).collect();
        let ids = self.view.account_ids(&accounts)?;
        let there = groups.into_iter().zip(ids).filter(|(_, id)| id.is_some());
        there.map(|((account, rows), id)| EncodedDossier::new(account, id, rows)).collect()
    }
}

impl Iterator for AccountsPage<'_> {
    type Item = Result<Dossier, LedgerError>;

    fn next(&mut self) -> Option<Result<Dossier, LedgerError>> {
        if self.ready.is_empty() {
            match self.next_page() {
                Ok(page) => self.ready.extend(page?),
                Err(error) => return Some(Err(error)),
            }
        }
        self.ready.pop_front().map(|dossier| dossier.decode(&self.view.intake))
    }
}

impl std::fmt::Debug for AccountsPage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountsPage").finish_non_exhaustive()
    }
}

/// Rows of records with the account they belong to, in order.
pub(super) type ByAccount = Vec<(AccountKey, Vec<Row>)>;

/// Splits rows of records, which are in the order of their keys, by account.
pub(super) fn by_account(rows: Vec<Row>) -> Result<ByAccount, LedgerError> {
    let mut groups: ByAccount = Vec::new();
    let mut last = Vec::new();
    for (key, value) in rows {
        let account = keys::account_bytes(&key);
        match groups.last_mut() {
            Some((_, group)) if account == last => group.push((key, value)),
            _ => {
                last = account.to_vec();
                groups.push((keys::account_in_record(&key)?, vec![(key, value)]));
            }
        }
    }
    Ok(groups)
}

/// Where the rows of the last account begin.
pub(super) fn start_of_last(rows: &[Row]) -> usize {
    let Some((last, _)) = rows.last() else { return 0 };
    let account = keys::account_bytes(last);
    rows.partition_point(|(key, _)| keys::account_bytes(key) < account)
}

pub(super) fn read_id(value: &[u8]) -> Result<AccountId, LedgerError> {
    Ok(AccountId(row::read(value, "the number of an account")?))
}

fn read_account(value: &[u8]) -> Result<AccountKey, LedgerError> {
    let text: String = row::read(value, "the account of a number")?;
    AccountKey::parse(&text).map_err(|_| LedgerError::corrupt("the account of a number"))
}

/// The range, or what of it lies behind `after`.
fn resume(range: KeyRange, after: Option<Vec<u8>>) -> KeyRange {
    after.map_or(range.clone(), |key| range.after(&key))
}

fn derived_rows(page: Page) -> Vec<Row> {
    page.rows.into_iter().map(|(key, value)| (keys::derived_tail(&key).to_vec(), value)).collect()
}

/// The latest of each name; of two at the same time, the later in order.
fn latest<'r, T, N: Ord>(
    records: impl Iterator<Item = &'r T>,
    name: impl Fn(&'r T) -> N,
    at: impl Fn(&T) -> Timestamp,
) -> Vec<&'r T> {
    let mut latest: BTreeMap<N, &T> = BTreeMap::new();
    for record in records {
        let entry = latest.entry(name(record)).or_insert(record);
        if at(entry) <= at(record) {
            *entry = record;
        }
    }
    latest.into_values().collect()
}
