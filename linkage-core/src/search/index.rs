//! The index: kept in step with the ledger, asked for candidates, wiped of what was forgotten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tantivy::collector::TopDocs;
use tantivy::directory::MmapDirectory;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, Query as IndexQuery, TermQuery,
};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};

use super::SearchError;
use super::field::{self, Value};
use super::query::{Probe, Query, Unit};
use super::term::Terms;
use crate::ledger::{AccountId, ChangeKind, ChangeNumber, Dossier, Ledger, View};
use crate::record::{Account, AccountKey, Listing};

/// Most hits of one search.
pub const HIT_LIMIT_MAX: usize = 1000;

/// Version of the terms and of the layout: an index of another version is made anew.
const VERSION: u32 = 1;

/// Memory of the writer while it collects.
const WRITER_BYTES: usize = 64 << 20;

/// Documents read again for each hit asked for, and at least.
const CANDIDATES_PER_HIT: usize = 4;
const CANDIDATES_MIN: usize = 200;

/// The least that a hit shows of a query, and of what the best one shows.
const SCORE_MIN: f64 = 0.25;
const SHARE_OF_BEST_MIN: f64 = 0.5;

/// How often, and after which pause, files are tried to be removed while a search still reads them.
const ERASE_TRIES: usize = 50;
const ERASE_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// What a near term is worth beside an exact one when candidates are ranked.
const NEAR_BOOST: f32 = 0.5;

/// The search index of one ledger.
pub struct SearchIndex {
    /// Its directory; without one it lies in memory.
    place: Option<PathBuf>,
    open: Mutex<Option<Open>>,
}

/// One account or listing that shows what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The account, or the one that the listing belongs to.
    pub account: AccountKey,
    /// The account's number.
    pub id: AccountId,
    /// Id of the listing; `None` for the account itself.
    pub listing: Option<String>,
    /// The field that shows most of it, such as `persons.name`.
    pub field: &'static str,
    /// Its value as written.
    pub value: String,
    /// How much of what was asked is there, and how exactly, 0 to 1.
    pub score: f64,
}

struct Open {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    progress: Progress,
}

#[derive(Clone, Copy)]
struct Fields {
    account: Field,
    listing: Field,
    terms: Field,
}

/// How far an index has come: the payload of its commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    version: u32,
    store: String,
    change: u64,
    stamp: Option<[u8; 32]>,
}

impl SearchIndex {
    /// The index in a directory, which is made when first needed.
    pub fn in_dir(directory: &Path) -> SearchIndex {
        SearchIndex { place: Some(directory.to_owned()), open: Mutex::new(None) }
    }

    /// An index that is gone with the process.
    pub fn in_memory() -> SearchIndex {
        SearchIndex { place: None, open: Mutex::new(None) }
    }

    /// The accounts and listings that show most of what was asked, best first; at most `limit`, and at most
    /// [`HIT_LIMIT_MAX`].
    ///
    /// Brings the index up to date first: after a large import the first search takes as long as that takes.
    ///
    /// # Errors
    ///
    /// [`SearchError::Ledger`] and [`SearchError::Index`].
    pub fn search(&self, ledger: &Ledger, query: &Query, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let limit = limit.clamp(1, HIT_LIMIT_MAX);
        let view = ledger.view()?;
        let (searcher, fields) = {
            let open = self.up_to_date(ledger, &view)?;
            let open = open.as_ref().ok_or_else(lost)?;
            (open.reader.searcher(), open.fields)
        };
        let candidates = candidates(&searcher, fields, query, CANDIDATES_MIN.max(CANDIDATES_PER_HIT * limit))?;
        let weights = Weights::new(&searcher, fields, query)?;
        let mut hits = Vec::new();
        for candidate in candidates {
            hits.extend(candidate.read_again(&view, query, &weights)?);
        }
        Ok(best(hits, limit))
    }

    /// Brings the index up to date; what a search does first.
    ///
    /// # Errors
    ///
    /// As [`search`](SearchIndex::search).
    pub fn catch_up(&self, ledger: &Ledger) -> Result<(), SearchError> {
        self.up_to_date(ledger, &ledger.view()?).map(drop)
    }

    /// After a forget: brings the index up to date and writes what is left of it anew, so that no file of it holds a term of what was
    /// erased. An index that was never made stays so.
    ///
    /// # Errors
    ///
    /// [`SearchError::Ledger`]; [`SearchError::Index`] where the index could neither be cleaned nor removed.
    pub fn erase(&self, ledger: &Ledger) -> Result<(), SearchError> {
        let is_made = self.lock().is_some() || self.place.as_ref().is_some_and(|place| place.exists());
        if !is_made {
            return Ok(());
        }
        let cleaned = self.catch_up(ledger).and_then(|()| {
            let mut open = self.lock();
            open.as_mut().ok_or_else(lost)?.rewrite()
        });
        match cleaned {
            Err(SearchError::Index { .. }) => self.remove(&mut self.lock()),
            cleaned => cleaned,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index at the state of `view` or a later one. One that fails is made anew, once.
    fn up_to_date(&self, ledger: &Ledger, view: &View<'_>) -> Result<MutexGuard<'_, Option<Open>>, SearchError> {
        let mut open = self.lock();
        if let Err(error) = self.try_catch_up(&mut open, ledger, view) {
            let SearchError::Index { .. } = error else { return Err(error) };
            self.remove(&mut open)?;
            self.try_catch_up(&mut open, ledger, view)?;
        }
        Ok(open)
    }

    fn try_catch_up(&self, open: &mut Option<Open>, ledger: &Ledger, view: &View<'_>) -> Result<(), SearchError> {
        let open = match open {
            Some(open) => open,
            None => open.insert(Open::new(self.place.as_deref())?),
        };
        open.catch_up(&ledger.header().store_id, view)
    }

    fn remove(&self, open: &mut Option<Open>) -> Result<(), SearchError> {
        *open = None;
        match self.place.as_ref().map(std::fs::remove_dir_all) {
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SearchError::Index { detail: error.to_string() })
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Cannot happen while the lock is held.
fn lost() -> SearchError {
    SearchError::Index { detail: "it is not open".to_owned() }
}

impl Open {
    fn new(place: Option<&Path>) -> Result<Open, SearchError> {
        let (schema, fields) = schema();
        let index = match place {
            None => Index::create_in_ram(schema),
            Some(place) => {
                make_directory(place).map_err(|error| SearchError::Index { detail: error.to_string() })?;
                let directory = MmapDirectory::open(place).map_err(tantivy::TantivyError::from)?;
                Index::open_or_create(directory, schema)?
            }
        };
        let payload = index.load_metas()?.payload;
        let progress = payload.and_then(|payload| serde_json::from_str(&payload).ok()).unwrap_or_default();
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Open { index, reader, fields, progress })
    }

    /// Reads on from where the index has come to, or everything.
    fn catch_up(&mut self, store: &str, view: &View<'_>) -> Result<(), SearchError> {
        let last = view.last_change()?;
        let at = ChangeNumber(self.progress.change);
        let is_same = self.progress.version == VERSION && self.progress.store == store;
        let is_same = is_same && self.progress.stamp.is_some() && self.progress.stamp == view.change_stamp(at)?;
        // A search that took its view a little earlier than another one finds the index ahead of it.
        let is_ahead = self.progress.store == store && last < at;
        if (is_same && at == last) || is_ahead {
            return Ok(());
        }
        let changes = if is_same { view.changes(at, usize::MAX)? } else { None };
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES)?;
        match changes {
            Some(changes) => {
                let concerned = |kind| matches!(kind, ChangeKind::Gone | ChangeKind::New | ChangeKind::Changed);
                let changed = changes.into_iter().filter(|change| concerned(change.kind));
                self.write(&writer, view, &changed.filter_map(|change| change.account).collect())?;
            }
            None => self.write_all(&writer, view)?,
        }
        let stamp = view.change_stamp(last)?;
        let progress = Progress { version: VERSION, store: store.to_owned(), change: last.0, stamp };
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&progress).unwrap_or_default());
        commit.commit()?;
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        self.progress = progress;
        Ok(())
    }

    /// Replaces the documents of some accounts.
    fn write(&self, writer: &IndexWriter, view: &View<'_>, ids: &BTreeSet<AccountId>) -> Result<(), SearchError> {
        let ids: Vec<AccountId> = ids.iter().copied().collect();
        for some in ids.chunks(1024) {
            for (id, key) in some.iter().zip(view.accounts_of(some)?) {
                writer.delete_term(Term::from_field_u64(self.fields.account, id.0.into()));
                let Some(key) = key else { continue };
                for document in self.documents(&view.dossier(&key)?) {
                    writer.add_document(document)?;
                }
            }
        }
        Ok(())
    }

    fn write_all(&self, writer: &IndexWriter, view: &View<'_>) -> Result<(), SearchError> {
        writer.delete_all_documents()?;
        let mut pages = view.accounts();
        while let Some(page) = pages.next_page()? {
            let documents: Vec<Result<Vec<TantivyDocument>, SearchError>> =
                page.into_par_iter().map(|encoded| Ok(self.documents(&encoded.decode(view.intake())?))).collect();
            for document in documents.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
                writer.add_document(document)?;
            }
        }
        Ok(())
    }

    /// The account, and each of its listings: all that was ever observed of it.
    fn documents(&self, dossier: &Dossier) -> Vec<TantivyDocument> {
        let Some(AccountId(id)) = dossier.id else { return Vec::new() };
        let accounts = dossier.observations.iter().flat_map(|one| field::of_account(&one.record));
        let mut documents = vec![self.document(id, None, accounts)];
        let by_listing = dossier.listings.chunk_by(|a, b| a.record.listing_id == b.record.listing_id);
        for listing in by_listing {
            let values = listing.iter().flat_map(|one| field::of_listing(&one.record));
            documents.push(self.document(id, Some(&listing[0].record.listing_id), values));
        }
        documents
    }

    fn document<'v>(
        &self,
        account: u32,
        listing: Option<&str>,
        values: impl Iterator<Item = Value<'v>>,
    ) -> TantivyDocument {
        let mut terms = Terms::default();
        values.for_each(|value| terms.add(&value));
        let mut document = TantivyDocument::new();
        document.add_u64(self.fields.account, account.into());
        if let Some(listing) = listing {
            document.add_text(self.fields.listing, listing);
        }
        document.add_text(self.fields.terms, terms.all().collect::<Vec<_>>().join(" "));
        document
    }

    /// Writes all documents that are left into new files and removes the old ones.
    fn rewrite(&mut self) -> Result<(), SearchError> {
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES)?;
        let holds_deleted = |segment: &tantivy::SegmentMeta| 0 < segment.num_deleted_docs();
        if self.index.searchable_segment_metas()?.iter().any(holds_deleted) {
            writer.merge(&self.index.searchable_segment_ids()?).wait()?;
        }
        self.reader.reload()?;
        // A search that has begun before still reads the old files.
        for _ in 0..ERASE_TRIES {
            writer.garbage_collect_files().wait()?;
            if self.has_only_files_in_use()? {
                writer.wait_merging_threads()?;
                return Ok(());
            }
            std::thread::sleep(ERASE_PAUSE);
        }
        Err(SearchError::Index { detail: "files of what was erased are still in use".to_owned() })
    }

    fn has_only_files_in_use(&self) -> Result<bool, SearchError> {
        let segments: BTreeSet<String> =
            self.index.searchable_segment_ids()?.iter().map(tantivy::index::SegmentId::uuid_string).collect();
        let files = self.index.directory().list_managed_files();
        let of_segment = |file: &PathBuf| file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let is_in_use = |name: &str| segments.iter().any(|segment| name.starts_with(segment.as_str()));
        let names = files.iter().filter(|file| file.extension().is_none_or(|it| it != "json" && it != "lock"));
        Ok(names.filter_map(of_segment).all(|name| is_in_use(&name)))
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let account = schema.add_u64_field("account", NumericOptions::default() | INDEXED | STORED | FAST);
    let listing = schema.add_text_field("listing", TextOptions::default().set_stored());
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let terms = schema.add_text_field("terms", TextOptions::default().set_indexing_options(indexing));
    (schema.build(), Fields { account, listing, terms })
}

/// Readable for its owner only, as the store is.
fn make_directory(place: &Path) -> Result<(), std::io::Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(place)
}

/// An account or listing that the index proposes.
struct Candidate {
    account: AccountId,
    listing: Option<String>,
}

fn candidates(searcher: &Searcher, fields: Fields, query: &Query, most: usize) -> Result<Vec<Candidate>, SearchError> {
    let probes: BTreeSet<&Probe> = query.probes().collect();
    let ways = probes.into_iter().flat_map(|probe| ways_of(fields, probe)).map(|way| (Occur::Should, way)).collect();
    let found = searcher.search(&BooleanQuery::new(ways), &TopDocs::with_limit(most).order_by_score())?;
    let mut candidates = Vec::with_capacity(found.len());
    for (_, address) in found {
        let document: TantivyDocument = searcher.doc(address)?;
        let account = document.get_first(fields.account).and_then(|value| value.as_u64());
        let account = account.and_then(|account| u32::try_from(account).ok());
        let listing = document.get_first(fields.listing).and_then(|value| value.as_str().map(str::to_owned));
        candidates.extend(account.map(|account| Candidate { account: AccountId(account), listing }));
    }
    Ok(candidates)
}

/// The exact term, terms near it, and terms that begin with it.
fn ways_of(fields: Fields, probe: &Probe) -> Vec<Box<dyn IndexQuery>> {
    let term = Term::from_field_text(fields.terms, &probe.term);
    let near =
        |query: FuzzyTermQuery| -> Box<dyn IndexQuery> { Box::new(ConstScoreQuery::new(Box::new(query), NEAR_BOOST)) };
    let exact = TermQuery::new(term.clone(), IndexRecordOption::Basic);
    let mut ways: Vec<Box<dyn IndexQuery>> = vec![Box::new(BoostQuery::new(Box::new(exact), 1.0))];
    if 0 < probe.errors_max {
        ways.push(near(FuzzyTermQuery::new(term.clone(), probe.errors_max, true)));
    }
    if probe.is_prefix {
        ways.push(near(FuzzyTermQuery::new_prefix(term, 0, true)));
    }
    ways
}

/// How much each unit of each reading counts: rare ones more.
struct Weights(Vec<Vec<f64>>);

impl Weights {
    fn new(searcher: &Searcher, fields: Fields, query: &Query) -> Result<Weights, SearchError> {
        let documents = searcher.num_docs() as f64;
        let weight = |unit: &Unit| -> Result<f64, SearchError> {
            let mut held = 0;
            for probe in unit.ways.iter().flat_map(|way| &way.probes) {
                held = held.max(searcher.doc_freq(&Term::from_field_text(fields.terms, &probe.term))?);
            }
            Ok((1.0 + documents / (1.0 + held as f64)).ln())
        };
        let of_reading = |units: &Vec<Unit>| units.iter().map(weight).collect();
        Ok(Weights(query.readings.iter().map(of_reading).collect::<Result<_, SearchError>>()?))
    }
}

impl Candidate {
    /// Compares the query with the records as they are now; nothing if they do not show enough of it.
    fn read_again(self, view: &View<'_>, query: &Query, weights: &Weights) -> Result<Option<Hit>, SearchError> {
        let Some(account) = view.accounts_of(&[self.account])?.pop().flatten() else { return Ok(None) };
        let found = match &self.listing {
            None => {
                let records: Vec<Account> = view.observations(&account)?.into_iter().map(|one| one.record).collect();
                found_in(records.iter().flat_map(field::of_account), query, weights)
            }
            Some(listing) => {
                let records: Vec<Listing> =
                    view.listing(&account, listing)?.into_iter().map(|one| one.record).collect();
                found_in(records.iter().flat_map(field::of_listing), query, weights)
            }
        };
        let hit = |(field, value, score)| Hit { account, id: self.account, listing: self.listing, field, value, score };
        Ok(found.map(hit))
    }
}

/// How much of the query some values show together, and the value that shows most.
fn found_in<'v>(
    values: impl Iterator<Item = Value<'v>>,
    query: &Query,
    weights: &Weights,
) -> Option<(&'static str, String, f64)> {
    let mut best_of: Vec<Vec<f64>> = weights.0.iter().map(|units| vec![0.0; units.len()]).collect();
    let mut shown: Option<(f64, Value<'v>)> = None;
    for value in values {
        let mut terms = Terms::default();
        terms.add(&value);
        let mut own = 0.0_f64;
        for ((units, weights), best) in query.readings.iter().zip(&weights.0).zip(&mut best_of) {
            let mut sum = 0.0;
            for ((unit, weight), best) in units.iter().zip(weights).zip(best) {
                let found = unit.found_in(&terms) * value.sort.weight();
                *best = best.max(found);
                sum += found * weight;
            }
            own = own.max(sum / weights.iter().sum::<f64>());
        }
        if shown.as_ref().is_none_or(|(score, _)| *score < own) {
            shown = Some((own, value));
        }
    }
    let score = |(found, weights): (&Vec<f64>, &Vec<f64>)| {
        found.iter().zip(weights).map(|(found, weight)| found * weight).sum::<f64>() / weights.iter().sum::<f64>()
    };
    let score = best_of.iter().zip(&weights.0).map(score).fold(0.0, f64::max);
    let (_, value) = shown.filter(|(own, _)| 0.0 < *own)?;
    Some((value.field, value.text.into_owned(), (score * 1000.0).round() / 1000.0))
}

/// The best hits, in an order that says why: score, then accounts before listings, then their names.
fn best(mut hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
    let top = hits.iter().map(|hit| hit.score).fold(0.0, f64::max);
    hits.retain(|hit| SCORE_MIN.max(SHARE_OF_BEST_MIN * top) <= hit.score);
    let place = |hit: &Hit| (hit.account.clone(), hit.listing.clone());
    hits.sort_by(|a, b| {
        let kind = a.listing.is_some().cmp(&b.listing.is_some());
        b.score.total_cmp(&a.score).then(kind).then_with(|| place(a).cmp(&place(b)))
    });
    hits.truncate(limit);
    hits
}
