//! The hub: pseudonyms, elements, tags with boxes, joins, openings and published links. It has no key and no record.
//!
//! Nothing ties an element or an entry to a pseudonym: a pseudonym comes with its opening key alone, an element under a handle of its own, an entry
//! with nothing. Whoever sees several of one record side by side recognises the record by the pattern in which they are shared.
//!
//! What is accepted is appended to a journal, with a checksum, before it is answered; on start the journal is read again and a
//! last entry that was cut off is dropped, so a crash leaves the hub as before a submission or as after it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use linkage_core::privacy::oprf::{Element, OprfError, SecretScalar};
use linkage_core::privacy::sealed::{BOX_BYTES, ElementHandle, OpeningKey, PseudonymId, Tag};
use linkage_core::privacy::shares::carry_over;
use linkage_core::privacy::token::{ClassCode, Classes};
use linkage_proto::exchange::hub_service_server::HubService;
use linkage_proto::exchange::{
    Bucket, Entry, Envelope, FetchBucketsPayload, FetchBucketsRequest, FetchBucketsResponse, GetFilterPayload,
    GetFilterRequest, GetFilterResponse, Join, JoinableElement, ListJoinsRequest, ListJoinsResponse, ListLinksRequest,
    ListLinksResponse, OpenPayload, OpenRequest, OpenResponse, PublishLinksPayload, PublishLinksRequest,
    PublishLinksResponse, PublishedLink, SubmitPayload, SubmitRequest, SubmitResponse,
};
use prost::Message;
use rand_core::{OsRng, RngCore};
use tonic::{Request, Response, Status};

use super::files::{self, ExchangeError, HubSecrets, file_error, private_file, unhex};
use super::filter::{BUCKET_ENTRIES_MIN, Filter, HOLDERS_MAX as ENTRIES_OF_A_TAG_MAX, bucket, bucket_bits, served};
use super::gate::{Checked, Gate, payload};
use super::serve::MESSAGE_BYTES_MAX;
use super::tls::peer;

/// Entries in one submission.
pub(super) const ENTRIES_MAX: usize = 4096;
/// Pseudonyms in one submission.
pub(super) const PSEUDONYMS_MAX: usize = 512;
/// Elements in one submission.
pub(super) const ELEMENTS_MAX: usize = 1024;
/// Openings in one request.
pub(super) const OPENINGS_MAX: usize = 256;
/// Links in one request.
pub(super) const LINKS_MAX: usize = 1024;
/// Buckets in one request.
pub(super) const BUCKETS_MAX: usize = 256;
/// Bytes of a piece of the filter.
const PIECE_BYTES: usize = 4 << 20;
/// Bytes of an entry in a bucket.
pub(super) const ENTRY_BYTES: usize = 16 + BOX_BYTES;
/// Filters that a member may ask for in a day.
const FILTER_QUOTA: u64 = 1_000;
/// An element that more members show joins nobody.
const HOLDERS_MAX: usize = 32;
/// Openings of a member in a day.
const OPEN_QUOTA: u64 = 100_000;
/// Anything else of a member in a day, by what it counts.
const OTHER_QUOTA: u64 = 100_000_000;
/// What came over from the epoch before: nobody's message, so no member's envelope is of these methods.
const CARRIED: &str = "Carried";
const CARRIED_LINKS: &str = "CarriedLinks";
/// The journal's file.
const JOURNAL: &str = "hub.journal";

struct Owned {
    member: String,
    opening_key: OpeningKey,
}

/// Keyed index of an element.
type Index = [u8; 16];

struct Shown {
    member: String,
    index: Index,
}

#[derive(Default)]
struct Holdings {
    pseudonyms: BTreeMap<PseudonymId, Owned>,
    elements: BTreeMap<ElementHandle, Shown>,
    holders: HashMap<Index, Vec<ElementHandle>>,
    /// A box that is sent twice, because its sender did not hear of the first time, is one.
    entries: BTreeSet<(Tag, [u8; BOX_BYTES])>,
    opened: BTreeSet<(String, PseudonymId)>,
    links: Vec<PublishedLink>,
}

/// The filter that was built last.
struct Built {
    /// Of how many entries.
    entries: usize,
    digest: [u8; 32],
    bytes: Arc<Vec<u8>>,
}

/// The hub's state behind its gate.
pub(super) struct Hub {
    epoch: u32,
    classes: Classes,
    index_key: [u8; 32],
    canary_members: Vec<String>,
    journal: PathBuf,
    gate: Gate,
    holdings: Mutex<Holdings>,
    /// Held while one is built, so that no two are at the same time.
    filter: tokio::sync::Mutex<Option<Built>>,
}

impl Hub {
    /// From its folder; reads the journal.
    pub(super) fn open(folder: &Path) -> Result<Hub, ExchangeError> {
        if folder.join(files::SHARES).exists() {
            return Err(ExchangeError::BothRoles { folder: folder.to_owned() });
        }
        let secrets: HubSecrets = files::read(folder, files::HUB)?;
        let expected = "an index key of 64 hexadecimal digits".to_owned();
        let index_key =
            unhex(&secrets.index_key).ok_or(ExchangeError::Content { path: folder.join(files::HUB), expected })?;
        let (epoch, _) = files::group_keys(folder)?;
        let gate = Gate::open(epoch, folder)?;
        let journal = folder.join(JOURNAL);
        let hub = Hub {
            epoch,
            classes: Classes::shipped()?,
            index_key,
            canary_members: secrets.canary_members.clone(),
            journal,
            gate,
            holdings: Mutex::default(),
            filter: tokio::sync::Mutex::default(),
        };
        let mut holdings = Holdings::default();
        let whole = each_entry(&hub.journal, |envelope| {
            if envelope.epoch == hub.epoch {
                // What came before a restart must not come again after it.
                let _ = hub.gate.remember(&envelope, envelope.issued_at);
                hub.apply(&mut holdings, &envelope);
            }
        })?;
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(&hub.journal) {
            file.set_len(whole).map_err(file_error(&hub.journal))?;
        }
        Ok(Hub { holdings: Mutex::new(holdings), ..hub })
    }

    /// Appends to the journal; only called while the holdings are held, so that entries do not mix.
    fn keep(&self, envelope: &Envelope) -> Result<(), Status> {
        let entry = entry(envelope);
        let failed = |_| Status::internal("the journal cannot be written, so nothing is kept");
        private_file(&self.journal, true)
            .and_then(|mut file| file.write_all(&entry).and_then(|()| file.sync_data()))
            .map_err(failed)
    }

    /// Keeps what an envelope brings; it was checked before.
    fn apply(&self, holdings: &mut Holdings, envelope: &Envelope) {
        match envelope.method.as_str() {
            "Submit" | CARRIED => {
                if let Ok(payload) = SubmitPayload::decode(envelope.payload.as_slice()) {
                    self.add(holdings, &envelope.member, payload);
                }
            }
            "PublishLinks" | CARRIED_LINKS => {
                if let Ok(payload) = PublishLinksPayload::decode(envelope.payload.as_slice()) {
                    holdings.links.extend(payload.links);
                }
            }
            _ => {}
        }
    }

    fn add(&self, holdings: &mut Holdings, member: &str, payload: SubmitPayload) {
        for new in payload.pseudonyms {
            let (Ok(id), Ok(key)) = (new.pseudonym.try_into().map(PseudonymId), new.opening_key.try_into()) else {
                continue;
            };
            if holdings.pseudonyms.contains_key(&id) {
                continue;
            }
            let owned = Owned { member: member.to_owned(), opening_key: OpeningKey(key) };
            holdings.pseudonyms.insert(id, owned);
        }
        for JoinableElement { handle, element } in payload.elements {
            let Ok(handle) = handle.try_into().map(ElementHandle) else { continue };
            if holdings.elements.contains_key(&handle) {
                continue;
            }
            let index = self.index(&element);
            holdings.holders.entry(index).or_default().push(handle);
            holdings.elements.insert(handle, Shown { member: member.to_owned(), index });
        }
        for Entry { tag, sealed_box } in payload.entries {
            if let (Ok(tag), Ok(sealed_box)) = (tag.try_into().map(Tag), sealed_box.try_into()) {
                holdings.entries.insert((tag, sealed_box));
            }
        }
    }

    fn index(&self, element: &[u8]) -> Index {
        let mut index = [0; 16];
        index.copy_from_slice(&blake3::keyed_hash(&self.index_key, element).as_bytes()[..16]);
        index
    }

    /// Padding that is the same whenever it is asked for, so that two fetches do not tell it apart.
    fn padding(&self, first: u32, bits: u8, at: usize) -> [u8; ENTRY_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.index_key);
        hasher.update(b"padding");
        hasher.update(&[bits]);
        hasher.update(&first.to_be_bytes());
        hasher.update(&(at as u64).to_be_bytes());
        let mut bytes = [0; ENTRY_BYTES];
        hasher.finalize_xof().fill(&mut bytes);
        // The bits that choose the bucket, before those that are random.
        let [a, b, c, d, ..] = bytes;
        let random = u32::from_be_bytes([a, b, c, d]).checked_shr(u32::from(bits)).unwrap_or(0);
        bytes[..4].copy_from_slice(&(first | random).to_be_bytes());
        bytes
    }

    /// What is served of one bucket: entries of tags that are not common, and padding, by tag, which says nothing of who came when.
    fn bucket(&self, holdings: &Holdings, number: u32, bits: u8) -> Bucket {
        let first = number.checked_shl(32 - u32::from(bits)).unwrap_or(0);
        let mut from = [0; 16];
        from[..4].copy_from_slice(&first.to_be_bytes());
        let held = holdings.entries.range((Tag(from), [0; BOX_BYTES])..);
        let held: Vec<_> = held.take_while(|(tag, _)| bucket(tag, bits) == number).collect();
        let mut entries: Vec<[u8; ENTRY_BYTES]> = Vec::with_capacity(held.len().next_power_of_two());
        for of_tag in held.chunk_by(|a, b| a.0 == b.0).filter(|of_tag| of_tag.len() <= ENTRIES_OF_A_TAG_MAX) {
            entries.extend(of_tag.iter().map(|(tag, sealed_box)| {
                let mut bytes = [0; ENTRY_BYTES];
                bytes[..16].copy_from_slice(&tag.0);
                bytes[16..].copy_from_slice(sealed_box);
                bytes
            }));
        }
        let padded = entries.len().next_power_of_two().max(BUCKET_ENTRIES_MIN);
        entries.extend((entries.len()..padded).map(|at| self.padding(first, bits, at)));
        entries.sort_unstable();
        Bucket { entries: entries.concat() }
    }

    /// The newest filter, which is built if entries have come since the last one.
    async fn newest_filter(&self, checked: &Checked) -> Result<([u8; 32], Arc<Vec<u8>>), Status> {
        let mut built = self.filter.lock().await;
        // Entries are only ever added, so their number says whether there are others.
        let tags = {
            let holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
            let entries = holdings.entries.len();
            match &*built {
                Some(built) if built.entries == entries => return Ok((built.digest, Arc::clone(&built.bytes))),
                _ => (served(holdings.entries.iter().map(|(tag, _)| tag)), entries),
            }
        };
        let ((tags, of_tags), entries) = tags;
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        let building = tokio::task::spawn_blocking(move || {
            Filter::build(&tags, of_tags, seed)
                .map(|filter| filter.to_bytes())
                .map(|bytes| (blake3::hash(&bytes), bytes))
        });
        let made = building.await.map_err(|_| Status::internal("the filter was cut off"))?;
        let (digest, bytes) = made.ok_or_else(|| Status::internal("the filter cannot be built"))?;
        self.gate.note(checked, "GetFilter", of_tags as u64, &format!("FILTER {}", digest.to_hex()))?;
        let made = Built { entries, digest: *digest.as_bytes(), bytes: Arc::new(bytes) };
        let answer = (made.digest, Arc::clone(&made.bytes));
        *built = Some(made);
        Ok(answer)
    }

    /// The other members that show an element; nobody where too many do.
    fn joined<'h>(&self, holdings: &'h Holdings, index: &Index, member: &str) -> BTreeSet<&'h str> {
        let handles = holdings.holders.get(index).map_or(&[][..], Vec::as_slice);
        let shown = handles.iter().filter_map(|handle| holdings.elements.get(handle));
        let mut members: BTreeSet<&str> = shown.map(|shown| shown.member.as_str()).collect();
        if HOLDERS_MAX < members.len() {
            members.clear();
        }
        members.remove(member);
        members
    }
}

/// One envelope as it lies in the journal: length, checksum, bytes.
fn entry(envelope: &Envelope) -> Vec<u8> {
    let bytes = envelope.encode_to_vec();
    let mut entry = Vec::with_capacity(bytes.len() + 12);
    entry.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    entry.extend_from_slice(&blake3::hash(&bytes).as_bytes()[..8]);
    entry.extend_from_slice(&bytes);
    entry
}

/// Adds to the journal what the next epoch begins with: all pseudonyms, all elements carried over, padding included, and the
/// published links; entries of the blind tier are not among it. The old epoch's own stay until [`drop_retired`], and count as long as its keys are in
/// the folder. Returns how many elements were carried over.
pub(super) fn carry_journal(folder: &Path, old: u32, next: u32, delta: &SecretScalar) -> Result<usize, ExchangeError> {
    let path = folder.join(JOURNAL);
    let (bytes, count) = carried_journal(&files::read_file(&path)?, old, next, delta).map_err(|error| match error {
        NotCarried::Payload => ExchangeError::Content { path: path.clone(), expected: "what the hub wrote".to_owned() },
        NotCarried::Element(error) => ExchangeError::Oprf(error),
    })?;
    files::replace(&path, &bytes)?;
    Ok(count)
}

/// Why a journal cannot be carried over.
#[derive(Debug)]
pub(super) enum NotCarried {
    /// A submission is none.
    Payload,
    /// An element is none.
    Element(OprfError),
}

/// The bytes of a journal with those of the next epoch after its own, and how many elements were carried over.
pub(super) fn carried_journal(
    journal: &[u8],
    old: u32,
    next: u32,
    delta: &SecretScalar,
) -> Result<(Vec<u8>, usize), NotCarried> {
    let mut envelopes = Vec::new();
    // Reading from memory does not fail.
    let _ = each(journal, |envelope| envelopes.extend(Some(envelope).filter(|envelope| envelope.epoch == old)));
    let (mut carried, mut count) = (Vec::new(), 0);
    for envelope in &envelopes {
        let (method, payload) = match envelope.method.as_str() {
            "Submit" | CARRIED => {
                let payload = SubmitPayload::decode(envelope.payload.as_slice());
                let mut payload = payload.map_err(|_| NotCarried::Payload)?;
                payload.entries.clear();
                count += carry_elements(&mut payload, delta).map_err(NotCarried::Element)?;
                (CARRIED, payload.encode_to_vec())
            }
            "PublishLinks" | CARRIED_LINKS => (CARRIED_LINKS, envelope.payload.clone()),
            _ => continue,
        };
        if !payload.is_empty() {
            let (member, method) = (envelope.member.clone(), method.to_owned());
            carried.push(Envelope { member, method, epoch: next, payload, ..Envelope::default() });
        }
    }
    Ok((envelopes.iter().chain(&carried).flat_map(entry).collect(), count))
}

fn carry_elements(payload: &mut SubmitPayload, delta: &SecretScalar) -> Result<usize, OprfError> {
    let carried = carry_over(&parsed(payload)?, delta);
    for (shown, carried) in payload.elements.iter_mut().zip(&carried) {
        shown.element = carried.bytes().to_vec();
    }
    Ok(carried.len())
}

fn parsed(payload: &SubmitPayload) -> Result<Vec<Element>, OprfError> {
    payload.elements.iter().enumerate().map(|(at, shown)| Element::parse(&shown.element, at)).collect()
}

/// Takes out of the journal what is of no epoch but the one in force.
pub(super) fn drop_retired(folder: &Path, epoch: u32) -> Result<(), ExchangeError> {
    let path = folder.join(JOURNAL);
    let mut envelopes = Vec::new();
    each_entry(&path, |envelope| envelopes.push(envelope))?;
    if envelopes.iter().all(|envelope| envelope.epoch == epoch) {
        return Ok(());
    }
    let bytes: Vec<u8> = envelopes.iter().filter(|envelope| envelope.epoch == epoch).flat_map(entry).collect();
    files::replace(&path, &bytes)
}

/// Every envelope of a journal that need not be there yet, one at a time, because all of them together may be larger than memory. Says where the last
/// whole entry ends.
fn each_entry(path: &Path, take: impl FnMut(Envelope)) -> Result<u64, ExchangeError> {
    match File::open(path) {
        Ok(file) => each(BufReader::new(file), take).map_err(file_error(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(file_error(path)(error)),
    }
}

fn each(mut journal: impl Read, mut take: impl FnMut(Envelope)) -> std::io::Result<u64> {
    let (mut at, mut body) = (0, Vec::new());
    loop {
        let mut head = Vec::with_capacity(12);
        journal.by_ref().take(12).read_to_end(&mut head)?;
        let Some((length, checksum)) = head.split_at_checked(4).filter(|_| head.len() == 12) else { return Ok(at) };
        let length = length.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
        body.clear();
        journal.by_ref().take(length).read_to_end(&mut body)?;
        if body.len() as u64 != length || blake3::hash(&body).as_bytes()[..8] != *checksum {
            return Ok(at);
        }
        let Ok(envelope) = Envelope::decode(body.as_slice()) else { return Ok(at) };
        take(envelope);
        at += 12 + length;
    }
}

/// Writes submissions into the journal of a hub that is not running, as if a member had sent them and they had been accepted; for measurements of a full hub.
///
/// # Errors
///
/// [`ExchangeError::File`]; [`ExchangeError::Content`] for a folder without published keys.
pub fn fill_journal(
    folder: &Path,
    member: &str,
    payloads: impl Iterator<Item = SubmitPayload>,
) -> Result<(), ExchangeError> {
    let (epoch, _) = files::group_keys(folder)?;
    let path = folder.join(JOURNAL);
    let mut file = private_file(&path, true).map(BufWriter::new).map_err(file_error(&path))?;
    for payload in payloads {
        let mut nonce = vec![0; 16];
        OsRng.fill_bytes(&mut nonce);
        let (member, method, payload) = (member.to_owned(), "Submit".to_owned(), payload.encode_to_vec());
        let envelope = Envelope { member, epoch, method, nonce, payload, ..Envelope::default() };
        file.write_all(&entry(&envelope)).map_err(file_error(&path))?;
    }
    file.flush().map_err(file_error(&path))
}

/// Everything that a hub's folder has accepted, in order: what an attacker who took the hub would read.
///
/// # Errors
///
/// [`ExchangeError::File`].
pub fn journal_envelopes(folder: &Path) -> Result<Vec<Envelope>, ExchangeError> {
    let mut envelopes = Vec::new();
    each_entry(&folder.join(JOURNAL), |envelope| envelopes.push(envelope))?;
    Ok(envelopes)
}

/// What was submitted to a hub, in order.
///
/// # Errors
///
/// [`ExchangeError::File`].
pub fn journal_submissions(folder: &Path) -> Result<Vec<SubmitPayload>, ExchangeError> {
    let envelopes = journal_envelopes(folder)?.into_iter().filter(|envelope| envelope.method == "Submit");
    Ok(envelopes.filter_map(|envelope| SubmitPayload::decode(envelope.payload.as_slice()).ok()).collect())
}

fn well_formed(payload: &SubmitPayload) -> Result<(), Status> {
    let invalid = |text: &str| Err(Status::invalid_argument(text));
    if ENTRIES_MAX < payload.entries.len() {
        return invalid("entries: expected at most 4096");
    }
    if PSEUDONYMS_MAX < payload.pseudonyms.len() {
        return invalid("pseudonyms: expected at most 512");
    }
    if payload.entries.iter().any(|entry| entry.tag.len() != 16 || entry.sealed_box.len() != BOX_BYTES) {
        return invalid("entries: expected tags of 16 bytes and boxes of one length");
    }
    if payload.pseudonyms.iter().any(|new| new.pseudonym.len() != 16 || new.opening_key.len() != 32) {
        return invalid("pseudonyms: expected 16 bytes and an opening key of 32");
    }
    if ELEMENTS_MAX < payload.elements.len() {
        return invalid("elements: expected at most 1024");
    }
    if payload.elements.iter().any(|shown| shown.handle.len() != 16) {
        return invalid("elements: expected handles of 16 bytes");
    }
    // What comes together may be of one account.
    let kinds = [!payload.pseudonyms.is_empty(), !payload.entries.is_empty(), !payload.elements.is_empty()];
    if 1 < kinds.iter().filter(|is| **is).count() {
        return invalid("expected pseudonyms, entries or elements in one submission, not together");
    }
    parsed(payload).map(drop).map_err(|error| Status::invalid_argument(error.to_string()))
}

#[tonic::async_trait]
impl HubService for Hub {
    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let peer = peer(&request);
        let envelope = request.into_inner().envelope;
        let checked = self.gate.check(peer, envelope.clone(), "Submit")?;
        let submitted: SubmitPayload = payload(&checked)?;
        well_formed(&submitted)?;
        let [pseudonyms, entries, elements] =
            [submitted.pseudonyms.len(), submitted.entries.len(), submitted.elements.len()].map(|count| count as u32);
        let all = [pseudonyms, entries, elements].map(u64::from).iter().sum();
        self.gate.spend(&checked, "Submit", 0, all, OTHER_QUOTA)?;
        if let Some(envelope) = envelope {
            let mut holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
            self.keep(&envelope)?;
            self.apply(&mut holdings, &envelope);
        }
        Ok(Response::new(SubmitResponse { pseudonyms, entries, elements }))
    }

    async fn get_filter(&self, request: Request<GetFilterRequest>) -> Result<Response<GetFilterResponse>, Status> {
        let checked = self.gate.check(peer(&request), request.into_inner().envelope, "GetFilter")?;
        let GetFilterPayload { digest, offset } = payload(&checked)?;
        self.gate.spend(&checked, "GetFilter", 0, u64::from(digest.is_empty()), FILTER_QUOTA)?;
        let (newest, bytes) = if digest.is_empty() {
            self.newest_filter(&checked).await?
        } else {
            let built = self.filter.lock().await;
            let same = built.as_ref().filter(|built| built.digest.as_slice() == digest);
            let built =
                same.ok_or_else(|| Status::failed_precondition("digest: there is a newer filter; begin anew"))?;
            (built.digest, Arc::clone(&built.bytes))
        };
        let at = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let piece = bytes[at..bytes.len().min(at.saturating_add(PIECE_BYTES))].to_vec();
        Ok(Response::new(GetFilterResponse { digest: newest.to_vec(), total_bytes: bytes.len() as u64, piece }))
    }

    async fn fetch_buckets(
        &self,
        request: Request<FetchBucketsRequest>,
    ) -> Result<Response<FetchBucketsResponse>, Status> {
        let checked = self.gate.check(peer(&request), request.into_inner().envelope, "FetchBuckets")?;
        let FetchBucketsPayload { bits, buckets } = payload(&checked)?;
        if BUCKETS_MAX < buckets.len() {
            return Err(Status::invalid_argument("buckets: expected at most 256"));
        }
        self.gate.spend(&checked, "FetchBuckets", 0, buckets.len() as u64, OTHER_QUOTA)?;
        let holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
        // Smaller buckets than the newest filter's would hide less, and no filter said so.
        let bits = u8::try_from(bits).ok().filter(|bits| *bits <= bucket_bits(holdings.entries.len()));
        let bits = bits.ok_or_else(|| Status::invalid_argument("bits: expected what the filter says"))?;
        if buckets.iter().any(|number| number.checked_shr(u32::from(bits)).is_some_and(|above| above != 0)) {
            return Err(Status::invalid_argument("buckets: expected numbers of these bits"));
        }
        let mut response = FetchBucketsResponse::default();
        let mut bytes = 0;
        for number in buckets {
            let bucket = self.bucket(&holdings, number, bits);
            bytes += bucket.entries.len();
            if MESSAGE_BYTES_MAX / 2 < bytes {
                return Err(Status::resource_exhausted("buckets: too much for one answer; ask for fewer"));
            }
            response.buckets.push(bucket);
        }
        Ok(Response::new(response))
    }

    async fn list_joins(&self, request: Request<ListJoinsRequest>) -> Result<Response<ListJoinsResponse>, Status> {
        let checked = self.gate.check(peer(&request), request.into_inner().envelope, "ListJoins")?;
        self.gate.spend(&checked, "ListJoins", 0, 1, OTHER_QUOTA)?;
        let holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut joins, mut canaries) = (Vec::new(), 0);
        for (handle, shown) in holdings.elements.iter().filter(|(_, shown)| shown.member == checked.member) {
            for member in self.joined(&holdings, &shown.index, &checked.member) {
                canaries += usize::from(self.canary_members.iter().any(|canary| canary == member));
                joins.push(Join { handle: handle.0.to_vec(), member: member.to_owned() });
            }
        }
        if 0 < canaries {
            self.gate.alarm(&checked, "ListJoins", "CANARY_JOINED")?;
        }
        Ok(Response::new(ListJoinsResponse { joins }))
    }

    async fn open(&self, request: Request<OpenRequest>) -> Result<Response<OpenResponse>, Status> {
        let checked = self.gate.check(peer(&request), request.into_inner().envelope, "Open")?;
        let OpenPayload { openings } = payload(&checked)?;
        if OPENINGS_MAX < openings.len() {
            return Err(Status::invalid_argument("openings: expected at most 256"));
        }
        self.gate.spend(&checked, "Open", 0, openings.len() as u64, OPEN_QUOTA)?;
        let mut holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut opened = Vec::with_capacity(openings.len());
        for opening in openings {
            let openers: Vec<(ClassCode, [u8; 16])> = opening
                .openers
                .iter()
                .filter_map(|opener| {
                    Some((ClassCode(u16::try_from(opener.class_code).ok()?), opener.opener.as_slice().try_into().ok()?))
                })
                .collect();
            let id = opening.pseudonym.try_into().map(PseudonymId);
            let owned = id.as_ref().ok().and_then(|id| holdings.pseudonyms.get(id));
            let is_open = owned.is_some_and(|owned| owned.opening_key.opens(&openers, self.epoch, &self.classes));
            if let (Ok(id), true) = (id, is_open) {
                let owner = holdings.pseudonyms.get(&id).map(|owned| owned.member.clone()).unwrap_or_default();
                if self.canary_members.contains(&owner) {
                    self.gate.alarm(&checked, "Open", "CANARY_OPENED")?;
                }
                holdings.opened.insert((checked.member.clone(), id));
            }
            opened.push(is_open);
        }
        Ok(Response::new(OpenResponse { opened }))
    }

    async fn publish_links(
        &self,
        request: Request<PublishLinksRequest>,
    ) -> Result<Response<PublishLinksResponse>, Status> {
        let peer = peer(&request);
        let envelope = request.into_inner().envelope;
        let checked = self.gate.check(peer, envelope.clone(), "PublishLinks")?;
        let published: PublishLinksPayload = payload(&checked)?;
        if LINKS_MAX < published.links.len() {
            return Err(Status::invalid_argument("links: expected at most 1024"));
        }
        let count = published.links.len() as u32;
        self.gate.spend(&checked, "PublishLinks", 0, u64::from(count), OTHER_QUOTA)?;
        let mut holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
        for link in &published.links {
            let id = |bytes: &Vec<u8>| bytes.as_slice().try_into().map(PseudonymId).ok();
            let is_own =
                id(&link.own).and_then(|id| holdings.pseudonyms.get(&id)).is_some_and(|o| o.member == checked.member);
            let is_opened = id(&link.other).is_some_and(|id| holdings.opened.contains(&(checked.member.clone(), id)));
            if !is_own || !is_opened {
                return Err(Status::permission_denied("links: expected an own pseudonym and one that was opened"));
            }
        }
        if let Some(envelope) = envelope {
            self.keep(&envelope)?;
            self.apply(&mut holdings, &envelope);
        }
        Ok(Response::new(PublishLinksResponse { links: count }))
    }

    async fn list_links(&self, request: Request<ListLinksRequest>) -> Result<Response<ListLinksResponse>, Status> {
        let checked = self.gate.check(peer(&request), request.into_inner().envelope, "ListLinks")?;
        self.gate.spend(&checked, "ListLinks", 0, 1, OTHER_QUOTA)?;
        let holdings = self.holdings.lock().unwrap_or_else(PoisonError::into_inner);
        let to_caller = |link: &&PublishedLink| {
            let id = link.other.as_slice().try_into().map(PseudonymId).ok();
            id.and_then(|id| holdings.pseudonyms.get(&id)).is_some_and(|owned| owned.member == checked.member)
        };
        let links = holdings.links.iter().filter(to_caller).cloned().collect();
        Ok(Response::new(ListLinksResponse { links }))
    }
}
