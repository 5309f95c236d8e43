//! A member: reduces its accounts, has their tokens evaluated, submits, looks up, scores at home and publishes what it found.
//!
//! Records and fingerprints stay here. What is sent is made of [`TokenInput`]s by blinding, or of [`Token`]s by derivation; nothing else has a way
//! into a message.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::linker::private::link_privately;
use linkage_core::privacy::oprf::{BATCH_MAX, Element, Evaluated, Proof, SecretScalar, Suite};
use linkage_core::privacy::sealed::{MemberKey, OpeningKey, PseudonymId, Sealed, Tag, Token, dummy, open, seal};
use linkage_core::privacy::shares::{Answer, GroupKey, ServerIndex, combine};
use linkage_core::privacy::token::{ClassCode, Classes, Known, PUBLIC_KEY, Sketch, Tier, TokenInput, inputs};
use linkage_core::record::{Account, Intake, Listing, Reader};
use linkage_core::score::Band;
use linkage_proto::exchange as wire;
use linkage_proto::exchange::hub_service_client::HubServiceClient;
use linkage_proto::exchange::key_server_service_client::KeyServerServiceClient;
use prost::Message;
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use super::files::{self, ExchangeError, MEMBER, MemberSecrets, file_error, private_file, read_file, unhex};
use super::gate::signed;
use super::hub::{ELEMENTS, ENTRIES_MAX, LINKS_MAX, OPENINGS_MAX, PSEUDONYMS_MAX};
use super::party::Party;
use super::serve::{MESSAGE_BYTES_MAX, runtime};
use super::tls::{Credentials, Transport};
use crate::hex;

/// Batches under way at the same time: enough to keep two servers and the own cores busy.
const BATCHES_UNDER_WAY: usize = 6;

/// Tokens already evaluated, so that a broken run goes on.
const TOKENS: &str = "tokens.bin";
/// Bytes of one of them: class, place, element.
const TOKEN_BYTES: usize = 2 + 16 + 32;
/// Which pseudonym is which own account.
const ACCOUNTS: &str = "accounts.json";
/// That all was submitted.
const SUBMITTED: &str = "submitted";

/// Where the other parties listen, as `host:port`.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The three key servers, in the order of their numbers.
    pub key_servers: [String; 3],
    /// The hub.
    pub hub: String,
    /// How to talk to them.
    pub transport: Transport,
}

/// A member's folder, as the ceremony made it.
#[derive(Clone, Debug)]
pub struct MemberFolder(pub PathBuf);

/// An own account matched with another member's pseudonym.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matched {
    /// The own account's key.
    pub account: String,
    /// Its pseudonym, in hexadecimal.
    pub own: String,
    /// The other pseudonym, in hexadecimal.
    pub other: String,
    /// Probability that one operator is behind both.
    pub probability: f64,
    /// ACT or LEAD.
    pub band: String,
}

/// What a submission or an evaluation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Own accounts.
    pub accounts: usize,
    /// Different tokens evaluated in this run.
    pub evaluated: usize,
    /// Entries submitted, padding included.
    pub entries: usize,
}

#[derive(Clone, Serialize, Deserialize)]
struct OwnAccount {
    account: String,
    pseudonym: PseudonymId,
    opening_key: OpeningKey,
}

/// An account reduced, at home.
struct Reduced {
    key: String,
    profile: Profile,
    inputs: Vec<TokenInput>,
}

/// A member with its keys and connections.
pub struct Member {
    folder: PathBuf,
    signer: Arc<Signer>,
    keys: BTreeMap<ClassCode, GroupKey>,
    classes: Classes,
    key_servers: [Channel; 3],
    hub: HubServiceClient<Channel>,
    runtime: tokio::runtime::Runtime,
}

/// A batch evaluated: its class, what went in and what came out, in the same order.
type EvaluatedBatch = (ClassCode, Vec<TokenInput>, Vec<Element>);

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("name", &self.signer.name).finish_non_exhaustive()
    }
}

type Tokens = HashMap<(ClassCode, [u8; 16]), Token>;

fn place(input: &TokenInput) -> (ClassCode, [u8; 16]) {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(&input.bytes()).as_bytes()[..16]);
    (input.class, short)
}

fn refused(who: impl Into<String>) -> impl FnOnce(tonic::Status) -> ExchangeError {
    let who = who.into();
    |status| ExchangeError::Refused { who, status: Box::new(status) }
}

impl Member {
    /// Opens a member's folder; connects when something is sent.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] for a folder or an address that cannot be used.
    pub fn open(folder: &MemberFolder, endpoints: &Endpoints) -> Result<Member, ExchangeError> {
        let folder = folder.0.clone();
        let secrets: MemberSecrets = files::read(&folder, MEMBER)?;
        let wrong =
            || ExchangeError::Content { path: folder.join(MEMBER), expected: "a key of 64 hexadecimal digits".into() };
        let key = MemberKey::parse(&unhex(&secrets.key).ok_or_else(wrong)?);
        let (epoch, keys) = files::group_keys(&folder)?;
        let runtime = runtime()?;
        let credentials = match endpoints.transport {
            Transport::Tls => Some(Credentials::read(&folder)?),
            Transport::PlaintextOnLoopback => None,
        };
        let channel = |address: &String, party: Party| {
            endpoints.transport.allows(address, &folder)?;
            let scheme = if credentials.is_some() { "https" } else { "http" };
            let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))?.tcp_nodelay(true);
            if let Some(credentials) = &credentials {
                endpoint = endpoint.tls_config(credentials.towards(&party))?;
            }
            // Made without a wait; it needs the runtime's reactor to be at hand.
            let _entered = runtime.enter();
            Ok::<_, ExchangeError>(endpoint.connect_lazy())
        };
        let [one, two, three] = ServerIndex::ALL;
        let [first, second, third] = &endpoints.key_servers;
        let key_servers = [
            channel(first, Party::KeyServer(one))?,
            channel(second, Party::KeyServer(two))?,
            channel(third, Party::KeyServer(three))?,
        ];
        let hub = HubServiceClient::new(channel(&endpoints.hub, Party::Hub)?)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX);
        let classes = Classes::shipped()?;
        let signer = Arc::new(Signer { name: secrets.name, key, epoch, purpose: "ENFORCEMENT".to_owned() });
        Ok(Member { folder, signer, keys, classes, key_servers, hub, runtime })
    }

    /// Evaluates the tokens of all accounts of a file and submits them under fresh pseudonyms. A run that was broken goes on where it was: no
    /// token is evaluated twice, and what was submitted is not submitted again.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`]; what was evaluated until then is kept.
    pub fn submit(&self, accounts: &Path, listings: Option<&Path>) -> Result<Counts, ExchangeError> {
        let reduced = self.reduce(accounts, listings)?;
        let (tokens, evaluated) = self.tokens(&reduced)?;
        let own = self.own_accounts(&reduced)?;
        let mut counts = Counts { accounts: reduced.len(), evaluated, entries: 0 };
        if self.folder.join(SUBMITTED).exists() {
            return Ok(counts);
        }
        let (pseudonyms, mut entries) = self.made(&reduced, &own, &tokens)?;
        // Padding to whole batches, so that the number of entries says less; all accounts' entries are mixed.
        let whole = entries.len().next_multiple_of(ENTRIES_MAX);
        entries.extend((entries.len()..whole).map(|_| {
            let (tag, sealed_box) = dummy(&mut OsRng);
            wire::Entry { tag: tag.0.to_vec(), sealed_box: sealed_box.to_vec() }
        }));
        shuffle(&mut entries);
        counts.entries = entries.len();
        for some in pseudonyms.chunks(PSEUDONYMS_MAX) {
            self.send_submission(wire::SubmitPayload { pseudonyms: some.to_vec(), entries: Vec::new() })?;
        }
        for some in entries.chunks(ENTRIES_MAX) {
            self.send_submission(wire::SubmitPayload { pseudonyms: Vec::new(), entries: some.to_vec() })?;
        }
        let marker = self.folder.join(SUBMITTED);
        private_file(&marker, false).map_err(file_error(&marker))?;
        Ok(counts)
    }

    fn send_submission(&self, payload: wire::SubmitPayload) -> Result<(), ExchangeError> {
        let envelope = Some(self.signer.envelope("Submit", payload.encode_to_vec()));
        let mut hub = self.hub.clone();
        let sent = self.runtime.block_on(hub.submit(wire::SubmitRequest { envelope }));
        sent.map(drop).map_err(refused("hub"))
    }

    /// Finds other members' pseudonyms of the accounts of a file, scores them at home, opens those it links and publishes the links.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn lookup(&self, accounts: &Path, listings: Option<&Path>) -> Result<Vec<Matched>, ExchangeError> {
        let reduced = self.reduce(accounts, listings)?;
        let (tokens, _) = self.tokens(&reduced)?;
        let own = self.own_accounts(&reduced)?;
        let own_ids: HashSet<PseudonymId> = own.iter().map(|own| own.pseudonym).collect();

        let mut by_tag: HashMap<Tag, (&TokenInput, &Token)> = HashMap::new();
        let mut by_element: HashMap<&[u8], &TokenInput> = HashMap::new();
        for input in reduced.iter().flat_map(|account| &account.inputs) {
            let Some(token) = tokens.get(&place(input)) else { continue };
            match self.classes.get(input.class).map(|class| class.tier) {
                Some(Tier::Blind) => drop(by_tag.insert(token.tag(), (input, token))),
                _ => drop(by_element.insert(&token.0, input)),
            }
        }
        let mut found = Found::default();
        let buckets: BTreeSet<u8> = by_tag.keys().map(|tag| tag.0[0]).collect();
        for bucket in buckets {
            for entry in self.fetch(bucket)? {
                let tag = entry.tag.as_slice().try_into().map(Tag).ok();
                let Some((input, token)) = tag.and_then(|tag| by_tag.get(&tag)) else { continue };
                if let Some(sealed) =
                    open(token, &entry.sealed_box).filter(|sealed| !own_ids.contains(&sealed.pseudonym))
                {
                    found.opened(input, &sealed);
                }
            }
        }
        for wire::Join { other, element, .. } in self.joins()? {
            if let (Ok(other), Some(input)) = (other.try_into().map(PseudonymId), by_element.get(element.as_slice())) {
                found.joined(input, other);
            }
        }
        let (others, knowns): (Vec<PseudonymId>, Vec<Known>) = found.known.into_iter().unzip();
        let profiles: Vec<Profile> = reduced.iter().map(|account| account.profile.clone()).collect();
        let links = link_privately(&profiles, &knowns, self.signer.epoch, &AtomicBool::new(false))?;
        let asked: BTreeSet<PseudonymId> = links.iter().filter_map(|link| others.get(link.other).copied()).collect();
        let opened = self.open_pseudonyms(&asked, &found.openers)?;
        let mut matched = Vec::new();
        for link in links {
            let (Some(mine), Some(other)) = (own.get(link.own), others.get(link.other)) else { continue };
            // What the hub does not open has too little in common to be told.
            if !opened.contains(other) || link.band == Band::None {
                continue;
            }
            matched.push(Matched {
                account: mine.account.clone(),
                own: hex::encode(&mine.pseudonym.0),
                other: hex::encode(&other.0),
                probability: link.probability,
                band: link.band.name().to_owned(),
            });
        }
        self.publish(&matched, &own, &others)?;
        Ok(matched)
    }

    /// What others published of the own accounts.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn links(&self) -> Result<Vec<Matched>, ExchangeError> {
        let own: Vec<OwnAccount> = files::read(&self.folder, ACCOUNTS)?;
        let by_id: HashMap<PseudonymId, &OwnAccount> = own.iter().map(|own| (own.pseudonym, own)).collect();
        let envelope = Some(self.signer.envelope("ListLinks", Vec::new()));
        let mut hub = self.hub.clone();
        let listed =
            self.runtime.block_on(hub.list_links(wire::ListLinksRequest { envelope })).map_err(refused("hub"))?;
        let link = |link: wire::PublishedLink| {
            let own = by_id.get(&link.other.as_slice().try_into().map(PseudonymId).ok()?)?;
            Some(Matched {
                account: own.account.clone(),
                own: hex::encode(&link.other),
                other: hex::encode(&link.own),
                probability: f64::from(link.probability_millionths) / 1e6,
                band: link.band,
            })
        };
        Ok(listed.into_inner().links.into_iter().filter_map(link).collect())
    }

    /// Reads a file and reduces its accounts; several observations of one account are one.
    fn reduce(&self, accounts: &Path, listings: Option<&Path>) -> Result<Vec<Reduced>, ExchangeError> {
        let intake = Intake::new(PUBLIC_KEY);
        let mut by_key: BTreeMap<String, (Vec<Account>, Vec<Listing>)> = BTreeMap::new();
        for line in Reader::<Account>::open(accounts, &intake)? {
            let (_, account) = line?;
            by_key.entry(account.key.to_string()).or_default().0.push(account);
        }
        if let Some(listings) = listings {
            for line in Reader::<Listing>::open(listings, &intake)? {
                let (_, listing) = line?;
                if let Some((_, of_account)) = by_key.get_mut(listing.account.as_str()) {
                    of_account.push(listing);
                }
            }
        }
        let keyer = ClearKeyer::new(PUBLIC_KEY);
        let reduce = |(key, (accounts, listings)): (String, (Vec<Account>, Vec<Listing>))| {
            let profile = Profile::new(&accounts, &listings, &keyer);
            let inputs = inputs(&profile, &self.classes);
            Reduced { key, profile, inputs }
        };
        Ok(by_key.into_iter().map(reduce).collect())
    }

    /// The tokens of all accounts: those that are kept already, and the rest from two of three key servers. Says how many were new.
    fn tokens(&self, reduced: &[Reduced]) -> Result<(Tokens, usize), ExchangeError> {
        let path = self.folder.join(TOKENS);
        let mut tokens = self.kept(&path)?;
        let mut missing: BTreeMap<ClassCode, Vec<TokenInput>> = BTreeMap::new();
        let mut seen: HashSet<(ClassCode, [u8; 16])> = HashSet::new();
        for input in reduced.iter().flat_map(|account| &account.inputs) {
            let place = place(input);
            if !tokens.contains_key(&place) && seen.insert(place) {
                missing.entry(input.class).or_default().push(input.clone());
            }
        }
        let evaluated = missing.values().map(Vec::len).sum();
        let mut file = private_file(&path, true).map_err(file_error(&path))?;
        let mut keep = |class: ClassCode, batch: &[TokenInput], made: Vec<Element>| -> Result<(), ExchangeError> {
            let mut bytes = Vec::with_capacity(TOKEN_BYTES * made.len());
            for (input, element) in batch.iter().zip(made) {
                let place = place(input);
                bytes.extend_from_slice(&class.0.to_be_bytes());
                bytes.extend_from_slice(&place.1);
                bytes.extend_from_slice(element.bytes());
                tokens.insert(place, Token(*element.bytes()));
            }
            file.write_all(&bytes).map_err(file_error(&path))
        };
        self.runtime.block_on(async {
            let mut under_way: JoinSet<Result<EvaluatedBatch, ExchangeError>> = JoinSet::new();
            let mut number = 0;
            for (class, inputs) in missing {
                let key = self.keys.get(&class).copied().ok_or_else(|| ExchangeError::Content {
                    path: self.folder.join(files::PUBLISHED),
                    expected: "a key of every class".into(),
                })?;
                for batch in inputs.chunks(BATCH_MAX) {
                    while BATCHES_UNDER_WAY <= under_way.len() {
                        let done = under_way.join_next().await;
                        let (class, batch, made) =
                            done.ok_or(ExchangeError::Worker)?.map_err(|_| ExchangeError::Worker)??;
                        keep(class, &batch, made)?;
                    }
                    number += 1;
                    let asked = self.evaluation(class, key, batch.to_vec(), number);
                    under_way.spawn(asked);
                }
            }
            while let Some(done) = under_way.join_next().await {
                let (class, batch, made) = done.map_err(|_| ExchangeError::Worker)??;
                keep(class, &batch, made)?;
            }
            Ok::<(), ExchangeError>(())
        })?;
        Ok((tokens, evaluated))
    }

    /// Tokens of an earlier run; a last one that was cut off is dropped.
    fn kept(&self, path: &Path) -> Result<Tokens, ExchangeError> {
        let bytes = read_file(path)?;
        let whole = bytes.len() / TOKEN_BYTES * TOKEN_BYTES;
        if whole != bytes.len() {
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(file_error(path))?;
            file.set_len(whole as u64).map_err(file_error(path))?;
        }
        let row = |row: &[u8]| {
            let class = ClassCode(u16::from_be_bytes(row.get(..2)?.try_into().ok()?));
            Some(((class, row.get(2..18)?.try_into().ok()?), Token(row.get(18..)?.try_into().ok()?)))
        };
        Ok(bytes[..whole].chunks_exact(TOKEN_BYTES).filter_map(row).collect())
    }

    /// One batch: blinded, evaluated by two servers, checked, combined, unblinded.
    fn evaluation(
        &self,
        class: ClassCode,
        key: GroupKey,
        batch: Vec<TokenInput>,
        number: usize,
    ) -> impl Future<Output = Result<EvaluatedBatch, ExchangeError>> + Send + use<> {
        let suite = Arc::new(Suite::of(class, self.signer.epoch));
        let signer = Arc::clone(&self.signer);
        let servers = self.key_servers.clone();
        async move {
            let hashing = Arc::clone(&suite);
            let blinding = tokio::task::spawn_blocking(move || {
                let blinds: Vec<SecretScalar> = batch.iter().map(|_| SecretScalar::random(&mut OsRng)).collect();
                let blinded: Result<Vec<Element>, _> =
                    batch.iter().zip(&blinds).map(|(input, blind)| hashing.blind(&input.bytes(), blind)).collect();
                blinded.map(|blinded| (batch, blinds, blinded))
            });
            let (batch, blinds, blinded) = blinding.await.map_err(|_| ExchangeError::Worker)??;
            let elements: Vec<Vec<u8>> = blinded.iter().map(|element| element.bytes().to_vec()).collect();
            let ask = |at: usize| {
                let payload = wire::EvaluatePayload { class_code: u32::from(class.0), elements: elements.clone() };
                let envelope = Some(signer.envelope("Evaluate", payload.encode_to_vec()));
                let mut client = KeyServerServiceClient::new(servers[at].clone());
                async move { (at, client.evaluate(wire::EvaluateRequest { envelope }).await) }
            };
            // Which two take turns; the third stands in for one that is down.
            let order = [number % 3, (number + 1) % 3, (number + 2) % 3];
            let (first, second) = tokio::join!(ask(order[0]), ask(order[1]));
            let mut answers = Vec::new();
            let mut replies = vec![first, second];
            if replies.iter().any(|(_, reply)| reply.as_ref().is_err_and(is_down)) {
                replies.push(ask(order[2]).await);
            }
            let mut why = String::new();
            for (at, reply) in replies {
                match reply {
                    Ok(reply) => answers.push(answer(ServerIndex::ALL[at], &reply.into_inner())?),
                    Err(status) if is_down(&status) => why = format!("{}: {}", ServerIndex::ALL[at], cause(&status)),
                    Err(status) => return Err(refused(ServerIndex::ALL[at].to_string())(status)),
                }
            }
            let answering = answers.len();
            let answers: [Answer; 2] = answers
                .into_iter()
                .take(2)
                .collect::<Vec<_>>()
                .try_into()
                .map_err(|_| ExchangeError::NoQuorum { answering, why })?;
            let combining = tokio::task::spawn_blocking(move || combine(&suite, &key, &blinded, &blinds, &answers));
            let made = combining.await.map_err(|_| ExchangeError::Worker)??;
            Ok((class, batch, made))
        }
    }

    /// Pseudonyms of the own accounts, made once.
    fn own_accounts(&self, reduced: &[Reduced]) -> Result<Vec<OwnAccount>, ExchangeError> {
        let kept: Vec<OwnAccount> =
            if self.folder.join(ACCOUNTS).exists() { files::read(&self.folder, ACCOUNTS)? } else { Vec::new() };
        let kept: HashMap<String, OwnAccount> = kept.into_iter().map(|own| (own.account.clone(), own)).collect();
        let own: Vec<OwnAccount> = reduced
            .iter()
            .map(|account| {
                kept.get(&account.key).cloned().unwrap_or_else(|| OwnAccount {
                    account: account.key.clone(),
                    pseudonym: PseudonymId::random(&mut OsRng),
                    opening_key: OpeningKey::random(&mut OsRng),
                })
            })
            .collect();
        files::write(&self.folder, ACCOUNTS, &own)?;
        Ok(own)
    }

    /// What is submitted: pseudonyms with a fixed number of elements, and entries.
    fn made(
        &self,
        reduced: &[Reduced],
        own: &[OwnAccount],
        tokens: &Tokens,
    ) -> Result<(Vec<wire::Pseudonym>, Vec<wire::Entry>), ExchangeError> {
        let (mut pseudonyms, mut entries) = (Vec::new(), Vec::new());
        for (account, own) in reduced.iter().zip(own) {
            let sketch = Sketch::of(&account.profile);
            let mut elements: Vec<Vec<u8>> = Vec::new();
            for input in &account.inputs {
                let (Some(token), Some(class)) = (tokens.get(&place(input)), self.classes.get(input.class)) else {
                    continue;
                };
                if class.tier == Tier::Joinable {
                    elements.push(token.0.to_vec());
                    continue;
                }
                let opener = own.opening_key.opener(class.code, self.signer.epoch);
                let sealed = Sealed { pseudonym: own.pseudonym, class: class.code, sketch, opener };
                let sealed_box = seal(token, &sealed, &mut OsRng).ok_or(ExchangeError::Worker)?;
                entries.push(wire::Entry { tag: token.tag().0.to_vec(), sealed_box: sealed_box.to_vec() });
            }
            elements.sort_unstable();
            elements.dedup();
            elements.truncate(ELEMENTS);
            while elements.len() < ELEMENTS {
                elements.push(random_element()?);
            }
            shuffle(&mut elements);
            pseudonyms.push(wire::Pseudonym {
                pseudonym: own.pseudonym.0.to_vec(),
                opening_key: own.opening_key.0.to_vec(),
                elements,
            });
        }
        shuffle(&mut pseudonyms);
        Ok((pseudonyms, entries))
    }

    fn fetch(&self, bucket: u8) -> Result<Vec<wire::Entry>, ExchangeError> {
        let payload = wire::FetchBucketPayload { bucket: u32::from(bucket) };
        let envelope = Some(self.signer.envelope("FetchBucket", payload.encode_to_vec()));
        let mut hub = self.hub.clone();
        let fetched = self.runtime.block_on(hub.fetch_bucket(wire::FetchBucketRequest { envelope }));
        Ok(fetched.map_err(refused("hub"))?.into_inner().entries)
    }

    fn joins(&self) -> Result<Vec<wire::Join>, ExchangeError> {
        let envelope = Some(self.signer.envelope("ListJoins", Vec::new()));
        let mut hub = self.hub.clone();
        let listed = self.runtime.block_on(hub.list_joins(wire::ListJoinsRequest { envelope }));
        Ok(listed.map_err(refused("hub"))?.into_inner().joins)
    }

    fn open_pseudonyms(
        &self,
        asked: &BTreeSet<PseudonymId>,
        openers: &BTreeMap<PseudonymId, BTreeMap<ClassCode, [u8; 16]>>,
    ) -> Result<HashSet<PseudonymId>, ExchangeError> {
        let asked: Vec<PseudonymId> = asked.iter().copied().collect();
        let mut opened = HashSet::new();
        for some in asked.chunks(OPENINGS_MAX) {
            let opening = |id: &PseudonymId| wire::Opening {
                pseudonym: id.0.to_vec(),
                openers: openers
                    .get(id)
                    .into_iter()
                    .flatten()
                    .map(|(class, opener)| wire::Opener { class_code: u32::from(class.0), opener: opener.to_vec() })
                    .collect(),
            };
            let payload = wire::OpenPayload { openings: some.iter().map(opening).collect() };
            let envelope = Some(self.signer.envelope("Open", payload.encode_to_vec()));
            let mut hub = self.hub.clone();
            let answer = self.runtime.block_on(hub.open(wire::OpenRequest { envelope })).map_err(refused("hub"))?;
            opened.extend(some.iter().zip(answer.into_inner().opened).filter(|(_, is)| *is).map(|(id, _)| *id));
        }
        Ok(opened)
    }

    fn publish(&self, matched: &[Matched], own: &[OwnAccount], others: &[PseudonymId]) -> Result<(), ExchangeError> {
        let by_name: HashMap<String, [u8; 16]> = own
            .iter()
            .map(|own| own.pseudonym.0)
            .chain(others.iter().map(|id| id.0))
            .map(|id| (hex::encode(&id), id))
            .collect();
        let bytes = |name: &String| by_name.get(name).map(|id| id.to_vec()).unwrap_or_default();
        let links: Vec<wire::PublishedLink> = matched
            .iter()
            .map(|link| wire::PublishedLink {
                own: bytes(&link.own),
                other: bytes(&link.other),
                probability_millionths: (link.probability * 1e6).round() as u32,
                band: link.band.clone(),
            })
            .collect();
        for some in links.chunks(LINKS_MAX) {
            let payload = wire::PublishLinksPayload { links: some.to_vec() };
            let envelope = Some(self.signer.envelope("PublishLinks", payload.encode_to_vec()));
            let mut hub = self.hub.clone();
            let sent = self.runtime.block_on(hub.publish_links(wire::PublishLinksRequest { envelope }));
            sent.map_err(refused("hub"))?;
        }
        Ok(())
    }
}

/// What the lookups found, by pseudonym.
#[derive(Default)]
struct Found {
    known: BTreeMap<PseudonymId, Known>,
    openers: BTreeMap<PseudonymId, BTreeMap<ClassCode, [u8; 16]>>,
}

impl Found {
    fn opened(&mut self, input: &TokenInput, sealed: &Sealed) {
        let known = self.known.entry(sealed.pseudonym).or_default();
        known.sketch = sealed.sketch;
        known.add(input);
        self.openers.entry(sealed.pseudonym).or_default().insert(sealed.class, sealed.opener);
    }

    fn joined(&mut self, input: &TokenInput, other: PseudonymId) {
        self.known.entry(other).or_default().add(input);
    }
}

/// Signs for a member.
struct Signer {
    name: String,
    key: MemberKey,
    epoch: u32,
    purpose: String,
}

impl Signer {
    fn envelope(&self, method: &str, payload: Vec<u8>) -> wire::Envelope {
        let mut nonce = [0; 16];
        OsRng.fill_bytes(&mut nonce);
        let mut envelope = wire::Envelope {
            member: self.name.clone(),
            epoch: self.epoch,
            method: method.to_owned(),
            purpose: self.purpose.clone(),
            issued_at: Timestamp::now().as_second(),
            nonce: nonce.to_vec(),
            payload,
            signature: Vec::new(),
        };
        envelope.signature = self.key.sign(&signed(&envelope)).to_vec();
        envelope
    }
}

/// Whether another server should be asked.
fn is_down(status: &tonic::Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled)
}

/// The innermost reason of a failed call: what the operating system or TLS said.
fn cause(status: &tonic::Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}

fn answer(server: ServerIndex, reply: &wire::EvaluateResponse) -> Result<Answer, ExchangeError> {
    let named = |reason| linkage_core::privacy::shares::ShareError::Answer { server, reason };
    let elements = Element::parse_all(&reply.elements).map_err(named)?;
    let proof = Proof::parse(&reply.proof).map_err(named)?;
    Ok(Answer { server, evaluated: Evaluated { elements, proof } })
}

/// An element that nobody's identifier is behind.
fn random_element() -> Result<Vec<u8>, ExchangeError> {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    let suite = Suite::of(ClassCode(0), 0);
    Ok(suite.blind(&bytes, &SecretScalar::random(&mut OsRng))?.bytes().to_vec())
}

/// Fisher and Yates, with numbers of the system.
fn shuffle<T>(list: &mut [T]) {
    for at in (1..list.len()).rev() {
        // The bias of the remainder is below 2⁻³².
        let other = (OsRng.next_u64() % (at as u64 + 1)) as usize;
        list.swap(at, other);
    }
}
