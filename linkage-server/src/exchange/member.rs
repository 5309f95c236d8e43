//! A member: reduces its accounts, has their tokens evaluated, submits, looks up, scores at home and publishes what it found.
//!
//! Records and fingerprints stay here. What is sent is made of [`TokenInput`]s by blinding, or of [`Token`]s by derivation; nothing else has a way
//! into a message.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::linker::private::link_privately;
use linkage_core::privacy::sealed::{MemberKey, OpeningKey, PseudonymId, Sealed, Tag, Token, dummy, open, seal};
use linkage_core::privacy::shares::{GroupKey, ServerIndex};
use linkage_core::privacy::token::{Class, ClassCode, Classes, Known, PUBLIC_KEY, Sketch, Tier, TokenInput, inputs};
use linkage_core::record::{Account, Intake, Listing, Reader};
use linkage_core::score::Band;
use linkage_proto::exchange as wire;
use linkage_proto::exchange::hub_service_client::HubServiceClient;
use prost::Message;
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};
use tonic::transport::{Channel, Endpoint};
use zeroize::Zeroizing;

use super::files::{self, ExchangeError, MEMBER, MemberSecrets, unhex};
use super::gate::signed;
use super::hub::{ELEMENTS_MAX, ENTRIES_MAX, LINKS_MAX, OPENINGS_MAX, PSEUDONYMS_MAX};
use super::party::Party;
use super::serve::{MESSAGE_BYTES_MAX, runtime};
use super::tls::{Connector, Transport};
use crate::hex;

/// Which pseudonym is which own account.
const ACCOUNTS: &str = "accounts.json";

mod buckets;
mod elements;
mod enrol;
mod outbox;
mod tokens;

use buckets::{FILTER_SECONDS_MAX, HeldFilter};
pub use elements::Joined;
use elements::{HOLDERS_MAX, keep_handles};
pub use enrol::Enrolled;
use outbox::Outbox;
use tokens::{Tokens, place};

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
    /// Whether the hub opened the other pseudonym. What it did not open is known here alone: it is not published, its owner is not told, and no
    /// retraction reaches whoever relies on it.
    pub opened: bool,
}

/// What a submission or an evaluation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Own accounts.
    pub accounts: usize,
    /// Of these, submitted in this run.
    pub submitted: usize,
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
    /// Whether it lies in the outbox or at the hub.
    #[serde(default)]
    submitted: bool,
}

impl OwnAccount {
    /// Under a pseudonym and an opening key that nobody has seen.
    fn new(account: &str) -> OwnAccount {
        OwnAccount {
            account: account.to_owned(),
            pseudonym: PseudonymId::random(&mut OsRng),
            opening_key: OpeningKey::random(&mut OsRng),
            submitted: false,
        }
    }
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
    /// What is kept of the epoch: tokens, pseudonyms, handles, outbox. Another epoch begins with nothing.
    kept: PathBuf,
    signer: Arc<Signer>,
    keys: BTreeMap<ClassCode, GroupKey>,
    classes: Classes,
    key_servers: [Channel; 3],
    hub: HubServiceClient<Channel>,
    runtime: tokio::runtime::Runtime,
    filter: Mutex<Option<HeldFilter>>,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("name", &self.signer.name).finish_non_exhaustive()
    }
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
        let key = MemberKey::parse(&Zeroizing::new(unhex(&secrets.key).ok_or_else(wrong)?));
        let (epoch, keys) = files::group_keys(&folder)?;
        let rotated_from = files::read::<files::Published>(&folder, files::PUBLISHED)?.rotated_from;
        let runtime = runtime()?;
        let channel = |address: &String, party: Party| {
            endpoints.transport.allows(address, &folder)?;
            // The connector does what https would; the scheme is http so that nothing else does it again.
            let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
            // Made without a wait; it needs the runtime's reactor to be at hand.
            let _entered = runtime.enter();
            Ok::<_, ExchangeError>(match endpoints.transport {
                Transport::Tls => endpoint.connect_with_connector_lazy(Connector::new(&folder, address, &party)?),
                Transport::PlaintextOnLoopback => endpoint.connect_lazy(),
            })
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
        let signer = Arc::new(Signer { name: secrets.name.clone(), key, epoch, purpose: "ENFORCEMENT".to_owned() });
        let kept = folder.join(format!("epoch-{epoch}"));
        std::fs::create_dir_all(&kept).map_err(files::file_error(&kept))?;
        if let Some(before) = rotated_from {
            keep_pseudonyms(&folder.join(format!("epoch-{before}")), &kept)?;
        }
        Ok(Member { folder, kept, signer, keys, classes, key_servers, hub, runtime, filter: Mutex::default() })
    }

    /// Evaluates the tokens of all accounts of a file and submits those that were not submitted before, under fresh pseudonyms. A run
    /// that was broken goes on where it was: no token is evaluated twice, and what the hub has is not sent again. An account that changed
    /// since is submitted anew in the next epoch.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`]; what was evaluated and sent until then is kept.
    pub fn submit(&self, accounts: &Path, listings: Option<&Path>) -> Result<Counts, ExchangeError> {
        let reduced = self.reduce(accounts, listings)?;
        self.send_outbox()?;
        let (tokens, evaluated) = self.tokens(reduced.iter().flat_map(|account| &account.inputs))?;
        let own = self.own_accounts(&reduced)?;
        let new: Vec<(&Reduced, &OwnAccount)> = reduced.iter().zip(&own).filter(|(_, own)| !own.submitted).collect();
        let mut counts = Counts { accounts: reduced.len(), submitted: new.len(), evaluated, entries: 0 };
        if new.is_empty() {
            return Ok(counts);
        }
        let (pseudonyms, mut entries) = self.made(&new, &tokens)?;
        let elements = self.new_elements(new.iter().map(|(account, _)| *account), &tokens)?;
        // Padding to whole batches, so that the number of entries says less; all accounts' entries are mixed.
        let whole = entries.len().next_multiple_of(ENTRIES_MAX);
        entries.extend((entries.len()..whole).map(|_| {
            let (tag, sealed_box) = dummy(&mut OsRng);
            wire::Entry { tag: tag.0.to_vec(), sealed_box: sealed_box.to_vec() }
        }));
        shuffle(&mut entries);
        counts.entries = entries.len();
        let of = wire::SubmitPayload::default;
        let pseudonyms =
            pseudonyms.chunks(PSEUDONYMS_MAX).map(|some| wire::SubmitPayload { pseudonyms: some.to_vec(), ..of() });
        let elements =
            elements.chunks(ELEMENTS_MAX).map(|some| wire::SubmitPayload { elements: some.to_vec(), ..of() });
        let entries = entries.chunks(ENTRIES_MAX).map(|some| wire::SubmitPayload { entries: some.to_vec(), ..of() });
        Outbox::at(&self.kept).fill(pseudonyms.chain(elements).chain(entries))?;
        self.send_outbox()?;
        Ok(counts)
    }

    /// Sends what a run, this one or a broken one, has put out, and marks its accounts as submitted.
    fn send_outbox(&self) -> Result<(), ExchangeError> {
        let outbox = Outbox::at(&self.kept);
        let Some(waiting) = outbox.waiting()? else { return Ok(()) };
        for payload in waiting.rest {
            self.send_submission(payload)?;
            outbox.sent_one()?;
        }
        let mut own = self.all_own_accounts()?;
        own.iter_mut().filter(|own| waiting.pseudonyms.contains(&own.pseudonym)).for_each(|own| own.submitted = true);
        files::write(&self.kept, ACCOUNTS, &own)?;
        self.elements_sent(&waiting.handles)?;
        outbox.empty()
    }

    fn send_submission(&self, payload: wire::SubmitPayload) -> Result<(), ExchangeError> {
        let envelope = Some(self.signer.envelope("Submit", payload.encode_to_vec()));
        let mut hub = self.hub.clone();
        let sent = self.runtime.block_on(hub.submit(wire::SubmitRequest { envelope }));
        sent.map(drop).map_err(refused("hub"))
    }

    /// Finds other members' pseudonyms of all accounts of a file, scores them at home, opens those it links and publishes the links.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn sync(&self, accounts: &Path, listings: Option<&Path>) -> Result<Vec<Matched>, ExchangeError> {
        let reduced = self.reduce(accounts, listings)?;
        let own = self.own_accounts(&reduced)?;
        let (matched, others) = self.found(&reduced, &own, 0)?;
        let submitted: HashSet<String> =
            own.iter().filter(|own| own.submitted).map(|own| hex::encode(&own.pseudonym.0)).collect();
        let is_published = |link: &&Matched| link.opened && submitted.contains(&link.own);
        let published: Vec<&Matched> = matched.iter().filter(is_published).collect();
        self.publish(&published, &own, &others)?;
        Ok(matched)
    }

    /// The same for sellers that were not submitted: nothing of them is left anywhere but with the key servers' counts and, for those
    /// found, in the hub's log of openings. The joinable tier is not asked: strong identifiers find by their boxes, as composites do.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn lookup(&self, accounts: &Path, listings: Option<&Path>) -> Result<Vec<Matched>, ExchangeError> {
        let reduced = self.reduce(accounts, listings)?;
        let known: HashMap<String, OwnAccount> =
            self.all_own_accounts()?.into_iter().map(|own| (own.account.clone(), own)).collect();
        let own: Vec<OwnAccount> = reduced
            .iter()
            .map(|account| known.get(&account.key).cloned().unwrap_or_else(|| OwnAccount::new(&account.key)))
            .collect();
        Ok(self.found(&reduced, &own, FILTER_SECONDS_MAX)?.0)
    }

    /// What the hub's buckets say of accounts, scored at home, by a filter of that age at most; the hub is asked to open the pseudonyms
    /// linked. Beside them all pseudonyms met.
    fn found(
        &self,
        reduced: &[Reduced],
        own: &[OwnAccount],
        filter_seconds_max: u64,
    ) -> Result<(Vec<Matched>, Vec<PseudonymId>), ExchangeError> {
        let inputs = || {
            let all = reduced.iter().flat_map(|account| &account.inputs);
            all.filter(|input| self.classes.tier(input.class) == Tier::Blind)
        };
        let (tokens, _) = self.tokens(inputs())?;
        let own_ids: HashSet<PseudonymId> = self.all_own_accounts()?.iter().map(|own| own.pseudonym).collect();

        let mut by_tag: HashMap<Tag, (&TokenInput, &Token)> = HashMap::new();
        for input in inputs() {
            if let Some(token) = tokens.get(&place(input)) {
                by_tag.insert(token.tag(), (input, token));
            }
        }
        let mut boxes: BTreeMap<&TokenInput, Vec<Sealed>> = BTreeMap::new();
        self.entries_of(&by_tag, filter_seconds_max, |(input, token), sealed_box| {
            boxes.entry(*input).or_default().extend(open(token, sealed_box));
        })?;
        let mut found = Found::default();
        for (input, of_input) in boxes {
            let is_strong = self.classes.get(input.class).is_some_and(Class::is_strong);
            if is_strong && HOLDERS_MAX < of_input.len() {
                continue;
            }
            let foreign = of_input.iter().filter(|sealed| !own_ids.contains(&sealed.pseudonym));
            foreign.for_each(|sealed| found.opened(input, sealed));
        }
        let (others, knowns): (Vec<PseudonymId>, Vec<Known>) = found.known.into_iter().unzip();
        let profiles: Vec<Profile> = reduced.iter().map(|account| account.profile.clone()).collect();
        let links = link_privately(&profiles, &knowns, self.signer.epoch, &AtomicBool::new(false))?;
        let asked: BTreeSet<PseudonymId> = links.iter().filter_map(|link| others.get(link.other).copied()).collect();
        let opened = self.open_pseudonyms(&asked, &found.openers)?;
        let mut matched = Vec::new();
        for link in links {
            let (Some(mine), Some(other)) = (own.get(link.own), others.get(link.other)) else { continue };
            if link.band == Band::None {
                continue;
            }
            matched.push(Matched {
                account: mine.account.clone(),
                own: hex::encode(&mine.pseudonym.0),
                other: hex::encode(&other.0),
                probability: link.probability,
                band: link.band.name().to_owned(),
                opened: opened.contains(other),
            });
        }
        Ok((matched, others))
    }

    /// What others published of the own accounts.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`].
    pub fn links(&self) -> Result<Vec<Matched>, ExchangeError> {
        let own = self.all_own_accounts()?;
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
                opened: true,
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

    /// Pseudonyms of the accounts at hand, in their order; made once and kept with those of earlier runs.
    fn own_accounts(&self, reduced: &[Reduced]) -> Result<Vec<OwnAccount>, ExchangeError> {
        let mut kept: BTreeMap<String, OwnAccount> =
            self.all_own_accounts()?.into_iter().map(|own| (own.account.clone(), own)).collect();
        let own: Vec<OwnAccount> = reduced
            .iter()
            .map(|account| kept.entry(account.key.clone()).or_insert_with(|| OwnAccount::new(&account.key)).clone())
            .collect();
        files::write(&self.kept, ACCOUNTS, &kept.into_values().collect::<Vec<_>>())?;
        Ok(own)
    }

    fn all_own_accounts(&self) -> Result<Vec<OwnAccount>, ExchangeError> {
        if self.kept.join(ACCOUNTS).exists() { files::read(&self.kept, ACCOUNTS) } else { Ok(Vec::new()) }
    }

    /// Pseudonyms and entries of accounts.
    fn made(
        &self,
        new: &[(&Reduced, &OwnAccount)],
        tokens: &Tokens,
    ) -> Result<(Vec<wire::Pseudonym>, Vec<wire::Entry>), ExchangeError> {
        let (mut pseudonyms, mut entries) = (Vec::new(), Vec::new());
        for (account, own) in new {
            let sketch = Sketch::of(&account.profile);
            for input in account.inputs.iter().filter(|input| self.classes.tier(input.class) == Tier::Blind) {
                let Some(token) = tokens.get(&place(input)) else { continue };
                let opener = own.opening_key.opener(input.class, self.signer.epoch);
                let sealed = Sealed { pseudonym: own.pseudonym, class: input.class, sketch, opener };
                let sealed_box = seal(token, &sealed, &mut OsRng).ok_or(ExchangeError::Worker)?;
                entries.push(wire::Entry { tag: token.tag().0.to_vec(), sealed_box: sealed_box.to_vec() });
            }
            pseudonyms
                .push(wire::Pseudonym { pseudonym: own.pseudonym.0.to_vec(), opening_key: own.opening_key.0.to_vec() });
        }
        shuffle(&mut pseudonyms);
        Ok((pseudonyms, entries))
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

    fn publish(&self, matched: &[&Matched], own: &[OwnAccount], others: &[PseudonymId]) -> Result<(), ExchangeError> {
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

/// Links and carried elements stand under the names of the epoch before, so accounts and identifiers keep them; entries are submitted anew, because
/// those ended.
fn keep_pseudonyms(before: &Path, now: &Path) -> Result<(), ExchangeError> {
    if now.join(ACCOUNTS).exists() || !before.join(ACCOUNTS).exists() {
        return Ok(());
    }
    let mut own: Vec<OwnAccount> = files::read(before, ACCOUNTS)?;
    own.iter_mut().for_each(|own| own.submitted = false);
    keep_handles(before, now)?;
    files::write(now, ACCOUNTS, &own)
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

/// Fisher and Yates, with numbers of the system.
fn shuffle<T>(list: &mut [T]) {
    for at in (1..list.len()).rev() {
        // The bias of the remainder is below 2⁻³².
        let other = (OsRng.next_u64() % (at as u64 + 1)) as usize;
        list.swap(at, other);
    }
}
