//! What must be refused, and what goes on when a party is down.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use linkage_core::privacy::oprf::{SecretScalar, Suite};
use linkage_core::privacy::sealed::{BOX_BYTES, MemberKey, OpeningKey, Tag, Token};
use linkage_core::privacy::token::{ClassCode, Classes, Tier};
use linkage_proto::exchange as wire;
use linkage_proto::exchange::hub_service_server::HubService;
use linkage_proto::exchange::key_server_service_server::KeyServerService;
use prost::Message;
use rand_core::{OsRng, RngCore};
use tempfile::TempDir;
use tonic::{Code, Request, Status};

use super::files::{self, MEMBER, MemberSecrets, unhex};
use super::filter::Filter;
use super::gate::signed;
use super::hub::{ENTRY_BYTES, Hub};
use super::keyserver::KeyServer;
use super::serve::router;
use super::*;

mod elements;
mod leaks;
mod rotation;
mod spellings;

const PHONE: u32 = 4;

struct World {
    folder: TempDir,
    ceremony: Ceremony,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let ceremony = hold_ceremony(folder.path(), 1, &["left", "right"]).unwrap();
    World { folder, ceremony }
}

impl World {
    fn key(&self, member: usize) -> MemberKey {
        let secrets: MemberSecrets = files::read(&self.ceremony.members[member], MEMBER).unwrap();
        MemberKey::parse(&unhex(&secrets.key).unwrap())
    }

    fn key_server(&self, quota: u64) -> KeyServer {
        KeyServer::open(&self.ceremony.key_servers[0], quota, &self.ceremony.seal_keys[0]).unwrap()
    }

    fn hub(&self) -> Hub {
        Hub::open(&self.ceremony.hub).unwrap()
    }

    fn envelope(&self, member: usize, method: &str, payload: impl Message) -> wire::Envelope {
        let mut nonce = [0; 16];
        OsRng.fill_bytes(&mut nonce);
        let name = ["left", "right"][member];
        sealed_by(
            &self.key(member),
            wire::Envelope {
                member: name.into(),
                epoch: 1,
                method: method.into(),
                purpose: "ENFORCEMENT".into(),
                issued_at: Timestamp::now().as_second(),
                nonce: nonce.to_vec(),
                payload: payload.encode_to_vec(),
                signature: Vec::new(),
            },
        )
    }
}

fn sealed_by(key: &MemberKey, mut envelope: wire::Envelope) -> wire::Envelope {
    envelope.signature = key.sign(&signed(&envelope)).to_vec();
    envelope
}

fn points(count: u32) -> wire::EvaluatePayload {
    let suite = Suite::of(ClassCode(PHONE as u16), Tier::Joinable, 1);
    let point = |at: u32| suite.blind(&at.to_be_bytes(), &SecretScalar::random(&mut OsRng)).unwrap().bytes().to_vec();
    wire::EvaluatePayload { class_code: PHONE, elements: (0..count).map(point).collect() }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn evaluate(server: &KeyServer, envelope: wire::Envelope) -> Result<usize, Status> {
    let request = Request::new(wire::EvaluateRequest { envelope: Some(envelope) });
    run(server.evaluate(request)).map(|reply| reply.into_inner().elements.len())
}

fn submit(hub: &Hub, envelope: wire::Envelope) -> Result<wire::SubmitResponse, Status> {
    run(hub.submit(Request::new(wire::SubmitRequest { envelope: Some(envelope) }))).map(tonic::Response::into_inner)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, text: &str) {
    let status = result.unwrap_err();
    assert_eq!(status.code(), code, "{status}");
    assert!(status.message().contains(text), "{status}");
}

#[test]
fn a_member_that_sweeps_telephone_numbers_meets_its_quota() {
    let world = world();
    let server = world.key_server(500);
    assert_eq!(evaluate(&server, world.envelope(0, "Evaluate", points(256))).unwrap(), 256);
    refused(evaluate(&server, world.envelope(0, "Evaluate", points(256))), Code::ResourceExhausted, "quota");
    assert_eq!(evaluate(&server, world.envelope(1, "Evaluate", points(256))).unwrap(), 256);
    // A restart does not forget what was spent.
    let server = world.key_server(500);
    refused(evaluate(&server, world.envelope(0, "Evaluate", points(256))), Code::ResourceExhausted, "quota");
}

#[test]
fn a_replayed_envelope_is_refused() {
    let world = world();
    let server = world.key_server(1000);
    let envelope = world.envelope(0, "Evaluate", points(1));
    evaluate(&server, envelope.clone()).unwrap();
    refused(evaluate(&server, envelope), Code::AlreadyExists, "before");
}

#[test]
fn an_altered_envelope_is_refused() {
    let world = world();
    let mut envelope = world.envelope(0, "Evaluate", points(1));
    envelope.payload[0] ^= 1;
    refused(evaluate(&world.key_server(10), envelope), Code::Unauthenticated, "signature");
}

#[test]
fn an_envelope_signed_by_another_member_is_refused() {
    let world = world();
    let envelope = sealed_by(&world.key(1), world.envelope(0, "Evaluate", points(1)));
    refused(evaluate(&world.key_server(10), envelope), Code::Unauthenticated, "signature");
    let mut stranger = world.envelope(0, "Evaluate", points(1));
    stranger.member = "nobody".into();
    refused(evaluate(&world.key_server(10), stranger), Code::Unauthenticated, "member");
}

#[test]
fn an_expired_envelope_is_refused_and_an_hour_of_skew_is_not() {
    let world = world();
    let server = world.key_server(10);
    let at = |seconds: i64| {
        let mut envelope = world.envelope(0, "Evaluate", points(1));
        envelope.issued_at += seconds;
        sealed_by(&world.key(0), envelope)
    };
    evaluate(&server, at(-3_600)).unwrap();
    evaluate(&server, at(3_600)).unwrap();
    refused(evaluate(&server, at(-6_000)), Code::Unauthenticated, "time");
}

#[test]
fn an_envelope_for_another_method_or_purpose_is_refused() {
    let world = world();
    let server = world.key_server(10);
    refused(evaluate(&server, world.envelope(0, "Submit", points(1))), Code::PermissionDenied, "method");
    let mut envelope = world.envelope(0, "Evaluate", points(1));
    envelope.purpose = "MARKETING".into();
    refused(evaluate(&server, sealed_by(&world.key(0), envelope)), Code::InvalidArgument, "purpose");
}

#[test]
fn a_retired_epoch_is_named() {
    let world = world();
    let mut envelope = world.envelope(0, "Evaluate", points(1));
    envelope.epoch = 0;
    let envelope = sealed_by(&world.key(0), envelope);
    refused(evaluate(&world.key_server(10), envelope), Code::FailedPrecondition, "EPOCH_RETIRED");
}

#[test]
fn identity_bad_spelling_and_oversize_batches_are_refused() {
    let world = world();
    let server = world.key_server(10_000);
    let send = |payload| evaluate(&server, world.envelope(0, "Evaluate", payload));
    for wrong in [vec![0; 32], vec![255; 32], vec![1; 31], vec![1; 64]] {
        let payload = wire::EvaluatePayload { class_code: PHONE, elements: vec![wrong] };
        refused(send(payload), Code::InvalidArgument, "element 0");
    }
    refused(send(points(257)), Code::InvalidArgument, "found 257");
    refused(send(points(0)), Code::InvalidArgument, "found 0");
    refused(send(wire::EvaluatePayload { class_code: 9999, ..points(1) }), Code::InvalidArgument, "class");
}

#[test]
fn the_hub_does_not_start_with_key_shares_nor_a_key_server_with_the_hubs_secrets() {
    let world = world();
    let copy = |from: &Path, to: &Path, name: &str| std::fs::copy(from.join(name), to.join(name)).unwrap();
    let server = &world.ceremony.key_servers[0];
    copy(server, &world.ceremony.hub, files::SHARES);
    assert!(matches!(Hub::open(&world.ceremony.hub), Err(ExchangeError::BothRoles { .. })));
    copy(&world.ceremony.hub, server, files::HUB);
    assert!(matches!(KeyServer::open(server, 1, &world.ceremony.seal_keys[0]), Err(ExchangeError::BothRoles { .. })));
}

#[test]
fn a_key_server_with_anothers_shares_does_not_start() {
    let (world, other) = (world(), world());
    let server = &world.ceremony.key_servers[0];
    std::fs::copy(other.ceremony.key_servers[0].join(files::SHARES), server.join(files::SHARES)).unwrap();
    let error = KeyServer::open(server, 1, &other.ceremony.seal_keys[0]).map(drop).unwrap_err().to_string();
    assert!(error.starts_with("key server 1: its share"), "{error}");
}

fn entries(count: usize) -> wire::SubmitPayload {
    let entry = |at: usize| wire::Entry { tag: vec![(at % 256) as u8; 16], sealed_box: vec![7; BOX_BYTES] };
    wire::SubmitPayload { entries: (0..count).map(entry).collect(), ..Default::default() }
}

/// Tags and boxes of a bucket, as they are served.
fn bucket(world: &World, hub: &Hub, bits: u32, bucket: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
    let entries = fetch(world, hub, bits, vec![bucket]).unwrap().buckets.remove(0).entries;
    assert_eq!(entries.len() % ENTRY_BYTES, 0);
    entries.chunks(ENTRY_BYTES).map(|entry| (entry[..16].to_vec(), entry[16..].to_vec())).collect()
}

fn fetch(world: &World, hub: &Hub, bits: u32, buckets: Vec<u32>) -> Result<wire::FetchBucketsResponse, Status> {
    let envelope = Some(world.envelope(0, "FetchBuckets", wire::FetchBucketsPayload { bits, buckets }));
    run(hub.fetch_buckets(Request::new(wire::FetchBucketsRequest { envelope }))).map(tonic::Response::into_inner)
}

fn filter(world: &World, hub: &Hub) -> wire::GetFilterResponse {
    let envelope = Some(world.envelope(0, "GetFilter", wire::GetFilterPayload::default()));
    run(hub.get_filter(Request::new(wire::GetFilterRequest { envelope }))).unwrap().into_inner()
}

#[test]
fn an_answer_to_a_submission_does_not_depend_on_the_store() {
    let world = world();
    let hub = world.hub();
    let first = submit(&hub, world.envelope(0, "Submit", entries(9))).unwrap();
    assert_eq!(submit(&hub, world.envelope(1, "Submit", entries(9))).unwrap(), first);
}

#[test]
fn a_bucket_is_padded_with_what_stays_the_same() {
    let world = world();
    let hub = world.hub();
    let empty = bucket(&world, &hub, 0, 0);
    assert_eq!(empty.len(), 32);
    assert_eq!(bucket(&world, &hub, 0, 0), empty);
    submit(&hub, world.envelope(0, "Submit", entries(256))).unwrap();
    // 256 entries are 16 buckets; tags begin with the number of their bucket. Two of these are one of half as many bits.
    let held = bucket(&world, &hub, 3, 5);
    assert_eq!((held.len(), bucket(&world, &hub, 4, 10).len()), (32, 32));
    assert!(held.iter().all(|(tag, _)| tag[0] >> 5 == 5));
    assert_eq!(held.iter().filter(|(tag, _)| tag.iter().all(|byte| *byte == tag[0])).count(), 32);
    assert_eq!(bucket(&world, &hub, 3, 5), held);
}

#[test]
fn buckets_are_those_of_the_filter_or_larger_and_never_smaller() {
    let world = world();
    let hub = world.hub();
    submit(&hub, world.envelope(0, "Submit", entries(256))).unwrap();
    assert_eq!(fetch(&world, &hub, 4, vec![0, 15]).unwrap().buckets.len(), 2);
    assert_eq!(bucket(&world, &hub, 0, 0).len(), 256);
    refused(fetch(&world, &hub, 5, vec![0]), Code::InvalidArgument, "bits");
    refused(fetch(&world, &hub, 3, vec![8]), Code::InvalidArgument, "numbers");
    refused(fetch(&world, &hub, 0, vec![1]), Code::InvalidArgument, "numbers");
    refused(fetch(&world, &hub, 3, vec![0; 257]), Code::InvalidArgument, "at most 256");
}

#[test]
fn the_filter_is_of_all_that_came_before_it_was_asked_for_and_its_digest_is_written_down() {
    let world = world();
    let hub = world.hub();
    let tag = |at: u8| Tag([at; 16]);
    let read = |got: &wire::GetFilterResponse| {
        assert_eq!(
            (got.piece.len() as u64, blake3::hash(&got.piece).as_bytes().as_slice()),
            (got.total_bytes, &got.digest[..])
        );
        Filter::parse(&got.piece).unwrap()
    };
    let empty = filter(&world, &hub);
    assert!(!read(&empty).contains(&tag(9)));
    assert_eq!(filter(&world, &hub), empty);
    submit(&hub, world.envelope(0, "Submit", entries(100))).unwrap();
    let full = filter(&world, &hub);
    assert!((0..100).all(|at| read(&full).contains(&tag(at))));
    let audit = std::fs::read_to_string(world.ceremony.hub.join("audit.jsonl")).unwrap();
    assert!(audit.contains(&format!("FILTER {}", crate::hex::encode(&full.digest))), "{audit}");
    // Pieces of an old one do not go with those of the new one.
    let rest = wire::GetFilterPayload { digest: empty.digest, offset: 1 };
    let envelope = Some(world.envelope(0, "GetFilter", rest));
    refused(run(hub.get_filter(Request::new(wire::GetFilterRequest { envelope }))), Code::FailedPrecondition, "newer");
}

#[test]
fn a_tag_that_too_many_show_is_neither_in_the_filter_nor_served() {
    let world = world();
    let hub = world.hub();
    let entry = |at: usize| wire::Entry { tag: vec![3; 16], sealed_box: vec![at as u8; BOX_BYTES] };
    let payload = |entries| wire::SubmitPayload { entries, ..Default::default() };
    submit(&hub, world.envelope(0, "Submit", payload((0..64).map(entry).collect()))).unwrap();
    let contains = || Filter::parse(&filter(&world, &hub).piece).unwrap().contains(&Tag([3; 16]));
    let served = || bucket(&world, &hub, 0, 0).iter().filter(|(tag, _)| *tag == [3; 16]).count();
    assert_eq!((contains(), served()), (true, 64));
    submit(&hub, world.envelope(1, "Submit", payload(vec![entry(64)]))).unwrap();
    assert_eq!((contains(), served()), (false, 0));
}

#[test]
fn malformed_entries_are_refused_whole() {
    let world = world();
    let hub = world.hub();
    let mut payload = entries(3);
    payload.entries[2].sealed_box.push(0);
    refused(submit(&hub, world.envelope(0, "Submit", payload)), Code::InvalidArgument, "one length");
    assert!(journal_envelopes(&world.ceremony.hub).unwrap().is_empty());
}

#[test]
fn a_crash_in_the_middle_of_a_batch_leaves_the_hub_as_before_it() {
    let world = world();
    let hub = world.hub();
    submit(&hub, world.envelope(0, "Submit", entries(5))).unwrap();
    let (before, replayed) = (bucket(&world, &hub, 0, 0), world.envelope(0, "Submit", entries(2)));
    submit(&hub, replayed.clone()).unwrap();
    let journal = world.ceremony.hub.join("hub.journal");
    let bytes = std::fs::read(&journal).unwrap();
    drop(hub);
    std::fs::write(&journal, &bytes[..bytes.len() - 1]).unwrap();
    let hub = world.hub();
    assert_eq!(bucket(&world, &hub, 0, 0), before);
    // What was cut off may come again; what was kept may not.
    submit(&hub, replayed.clone()).unwrap();
    refused(submit(&hub, replayed.clone()), Code::AlreadyExists, "before");
    refused(submit(&world.hub(), replayed), Code::AlreadyExists, "before");
}

fn pseudonym(id: u8, key: &OpeningKey) -> wire::SubmitPayload {
    let new = wire::Pseudonym { pseudonym: vec![id; 16], opening_key: key.0.to_vec() };
    wire::SubmitPayload { pseudonyms: vec![new], ..Default::default() }
}

fn open(world: &World, hub: &Hub, id: u8, openers: &[(ClassCode, [u8; 16])]) -> bool {
    let openers =
        openers.iter().map(|(class, opener)| wire::Opener { class_code: class.0.into(), opener: opener.to_vec() });
    let opening = wire::Opening { pseudonym: vec![id; 16], openers: openers.collect() };
    let envelope = Some(world.envelope(0, "Open", wire::OpenPayload { openings: vec![opening] }));
    run(hub.open(Request::new(wire::OpenRequest { envelope }))).unwrap().into_inner().opened[0]
}

#[test]
fn a_pseudonym_opens_with_two_evidence_groups_and_a_canary_raises_an_alarm() {
    let world = world();
    let mut secrets: files::HubSecrets = files::read(&world.ceremony.hub, files::HUB).unwrap();
    secrets.canary_members = vec!["right".into()];
    files::write(&world.ceremony.hub, files::HUB, &secrets).unwrap();
    let hub = world.hub();
    let key = OpeningKey::random(&mut OsRng);
    submit(&hub, world.envelope(1, "Submit", pseudonym(9, &key))).unwrap();
    let opener = |class: u16| (ClassCode(class), key.opener(ClassCode(class), 1));
    let audit = || std::fs::read_to_string(world.ceremony.hub.join("audit.jsonl")).unwrap();
    assert!(!open(&world, &hub, 9, &[opener(20)]));
    assert!(!audit().contains("CANARY_OPENED"));
    assert!(open(&world, &hub, 9, &[opener(20), opener(22)]));
    assert!(audit().contains("CANARY_OPENED"));
}

#[test]
fn one_box_of_a_strong_identifier_opens_a_pseudonym_and_a_forged_opener_does_not() {
    let world = world();
    let hub = world.hub();
    let key = OpeningKey::random(&mut OsRng);
    submit(&hub, world.envelope(1, "Submit", pseudonym(9, &key))).unwrap();
    let payee = Classes::shipped().unwrap().iter().find(|class| class.name == "PAYMENT_BOX").unwrap().code;
    let right = key.opener(payee, 1);
    let forged = [
        (payee, OpeningKey::random(&mut OsRng).opener(payee, 1)),
        (payee, key.opener(payee, 2)),
        // What lay in a box of another class.
        (payee, key.opener(ClassCode(20), 1)),
        (ClassCode(20), right),
    ];
    assert!(forged.iter().all(|opener| !open(&world, &hub, 9, &[*opener])));
    assert!(open(&world, &hub, 9, &[(payee, right)]));
}

#[test]
fn a_link_to_what_was_not_opened_is_refused() {
    let world = world();
    let hub = world.hub();
    let key = OpeningKey::random(&mut OsRng);
    submit(&hub, world.envelope(0, "Submit", pseudonym(1, &key))).unwrap();
    submit(&hub, world.envelope(1, "Submit", pseudonym(2, &key))).unwrap();
    let link = wire::PublishedLink {
        own: vec![1; 16],
        other: vec![2; 16],
        probability_millionths: 999_000,
        band: "ACT".into(),
    };
    let envelope = Some(world.envelope(0, "PublishLinks", wire::PublishLinksPayload { links: vec![link] }));
    let published = run(hub.publish_links(Request::new(wire::PublishLinksRequest { envelope })));
    refused(published.map(drop), Code::PermissionDenied, "opened");
}

/// A party of this process behind TLS on a free port; ends with the runtime.
async fn listening(role: Role, folder: &Path) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(router(role, folder, Transport::Tls).unwrap().serve_with_incoming(incoming));
    address
}

fn key_server(world: &World, at: usize) -> Role {
    Role::KeyServer { quota: 10_000, seal_key: world.ceremony.seal_keys[at].clone() }
}

const SELLER: &str = r#"{"platform": "a", "account_id": "1", "observed_at": "2026-01-01T00:00:00Z", "phones": ["+442079460123"],
    "persons": [{"name": "Jonathan Harker", "birth_date": "1970-05-03"}],
    "addresses": [{"street": "12 Crescent Road", "locality": "Exeter", "postcode": "EX1 1AA", "country": "GB"}]}"#;

struct Live {
    world: World,
    runtime: tokio::runtime::Runtime,
    endpoints: Endpoints,
}

/// The hub, and those key servers that are up; the others' ports are closed.
fn live(up: [bool; 3]) -> Live {
    let world = world();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = |at: usize| {
        let address = runtime.block_on(async {
            match up[at] {
                true => listening(key_server(&world, at), &world.ceremony.key_servers[at]).await,
                false => tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap(),
            }
        });
        address.to_string()
    };
    let key_servers = [server(0), server(1), server(2)];
    let hub = runtime.block_on(listening(Role::Hub, &world.ceremony.hub)).to_string();
    Live { world, runtime, endpoints: Endpoints { key_servers, hub, transport: Transport::Tls } }
}

impl Live {
    fn submit(&self) -> Result<usize, ExchangeError> {
        self.submit_from(&self.world.ceremony.members[0])
    }

    fn member(&self, at: usize) -> Member {
        Member::open(&MemberFolder(self.world.ceremony.members[at].clone()), &self.endpoints).unwrap()
    }

    /// A file of accounts of a member.
    fn file(&self, at: usize, name: &str, accounts: &[&str]) -> PathBuf {
        let file = self.world.ceremony.members[at].join(name);
        let lines: Vec<String> = accounts.iter().map(|account| account.replace('\n', " ")).collect();
        std::fs::write(&file, lines.join("\n")).unwrap();
        file
    }

    /// As the member whose folder it is.
    fn submit_from(&self, folder: &Path) -> Result<usize, ExchangeError> {
        let accounts = folder.join("accounts.jsonl");
        std::fs::write(&accounts, SELLER.replace('\n', " ")).unwrap();
        let member = Member::open(&MemberFolder(folder.to_owned()), &self.endpoints)?;
        member.submit(&accounts, None).map(|counts| counts.evaluated)
    }
}

#[test]
fn one_key_server_down_is_worked_around() {
    for down in 0..3 {
        let mut up = [true; 3];
        up[down] = false;
        assert!(20 < live(up).submit().unwrap());
    }
}

#[test]
fn two_key_servers_down_is_said_and_nothing_is_lost() {
    let mut live = live([true, false, false]);
    let error = live.submit().unwrap_err();
    assert!(matches!(error, ExchangeError::NoQuorum { answering: 1, .. }), "{error}");
    let second = &live.world.ceremony.key_servers[1];
    let role = key_server(&live.world, 1);
    live.endpoints.key_servers[1] = live.runtime.block_on(listening(role, second)).to_string();
    let evaluated = live.submit().unwrap();
    assert!(20 < evaluated);
    // All is kept: the next run evaluates nothing.
    assert_eq!(live.submit().unwrap(), 0);
}

#[test]
fn a_key_server_with_another_key_is_named() {
    let mut live = live([true, true, true]);
    let (other, own) = (world(), live.world.ceremony.key_servers[2].clone());
    // Its certificate is right, its shares are of another ceremony.
    for file in [files::MEMBERS, files::TLS_KEY, files::CERTIFICATE, files::CA, files::REVOKED] {
        std::fs::copy(own.join(file), other.ceremony.key_servers[2].join(file)).unwrap();
    }
    let foreign = listening(key_server(&other, 2), &other.ceremony.key_servers[2]);
    live.endpoints.key_servers[2] = live.runtime.block_on(foreign).to_string();
    let error = live.submit().unwrap_err().to_string();
    assert!(error.starts_with("key server 3: "), "{error}");
}

/// Pseudonyms and entries that the hub has taken.
fn taken(live: &Live) -> (usize, usize) {
    let (mut pseudonyms, mut entries) = (BTreeSet::new(), BTreeSet::new());
    for envelope in journal_envelopes(&live.world.ceremony.hub).unwrap() {
        let payload = wire::SubmitPayload::decode(envelope.payload.as_slice()).unwrap();
        pseudonyms.extend(payload.pseudonyms.into_iter().map(|new| new.pseudonym));
        entries.extend(payload.entries.into_iter().map(|entry| (entry.tag, entry.sealed_box)));
    }
    (pseudonyms.len(), entries.len())
}

const OTHER_SELLER: &str = r#"{"platform": "a", "account_id": "2", "observed_at": "2026-01-01T00:00:00Z",
    "persons": [{"name": "Mina Murray", "birth_date": "1980-11-23"}]}"#;

#[test]
fn what_is_submitted_is_not_submitted_again_and_new_accounts_are() {
    let live = live([true, true, true]);
    let file = live.file(0, "export.jsonl", &[SELLER]);
    let member = live.member(0);
    let counts = member.submit(&file, None).unwrap();
    assert_eq!((counts.accounts, counts.submitted, counts.entries), (1, 1, 4096));
    assert_eq!(member.submit(&file, None).unwrap(), Counts { accounts: 1, ..Counts::default() });
    let file = live.file(0, "export.jsonl", &[SELLER, OTHER_SELLER]);
    let counts = member.submit(&file, None).unwrap();
    assert_eq!((counts.accounts, counts.submitted, counts.entries), (2, 1, 4096));
    assert_eq!(taken(&live), (2, 8192));
}

#[test]
fn a_submission_that_broke_off_goes_on_with_the_same_boxes() {
    let mut live = live([true, true, true]);
    let file = live.file(0, "export.jsonl", &[SELLER]);
    let up = live.endpoints.hub.clone();
    live.endpoints.hub = live.runtime.block_on(async {
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
    });
    let error = live.member(0).submit(&file, None).unwrap_err().to_string();
    assert!(error.starts_with("hub: "), "{error}");
    assert_eq!(taken(&live), (0, 0));
    let outbox = live.world.ceremony.members[0].join("epoch-1/outbox.bin");
    let waiting = std::fs::read(&outbox).unwrap();
    live.endpoints.hub = up;
    // Nothing is evaluated anew, and the one account is new no more once the outbox is empty.
    assert_eq!(live.member(0).submit(&file, None).unwrap(), Counts { accounts: 1, ..Counts::default() });
    assert_eq!(taken(&live), (1, 4096));
    // It broke off before it heard of what was taken: the hub has all of it once.
    std::fs::write(&outbox, waiting).unwrap();
    let before = bucket(&live.world, &live.world.hub(), 7, 7);
    live.member(0).submit(&file, None).unwrap();
    assert_eq!(taken(&live), (1, 4096));
    assert_eq!(bucket(&live.world, &live.world.hub(), 7, 7), before);
}

#[test]
fn a_lookup_finds_a_seller_and_leaves_nothing_of_it_at_the_hub() {
    let live = live([true, true, true]);
    let theirs = live.file(1, "export.jsonl", &[SELLER, OTHER_SELLER]);
    live.member(1).submit(&theirs, None).unwrap();
    let before = taken(&live);
    // Without the telephone number, and under another name of the platform.
    let mine = SELLER.replace("\"a\"", "\"b\"").replace(r#""phones": ["+442079460123"],"#, "");
    let found = live.member(0).lookup(&live.file(0, "one.jsonl", &[&mine]), None).unwrap();
    assert_eq!(found.iter().map(|link| link.account.as_str()).collect::<Vec<_>>(), ["b/1"]);
    let stranger =
        SELLER.replace("Jonathan Harker", "Abraham Stoker").replace("1970", "1948").replace("12 Cres", "7 Gros");
    assert_eq!(live.member(0).lookup(&live.file(0, "two.jsonl", &[&stranger]), None).unwrap(), []);
    // Of whom nothing is in the filter that is at hand, the hub hears nothing.
    let nobody = r#"{"platform": "b", "account_id": "3", "observed_at": "2026-01-01T00:00:00Z",
        "persons": [{"name": "Renfield Seward", "birth_date": "1955-05-05"}]}"#;
    let audit = || std::fs::read_to_string(live.world.ceremony.hub.join("audit.jsonl")).unwrap();
    let heard = audit();
    assert_eq!(live.member(0).lookup(&live.file(0, "three.jsonl", &[nobody]), None).unwrap(), []);
    assert_eq!(audit(), heard);
    assert_eq!(taken(&live), before);
    assert_eq!(live.member(1).links().unwrap(), []);
    assert!(audit().lines().any(|line| line.contains("\"left\"") && line.contains("\"Open\"")), "{}", audit());
}

#[test]
fn one_seller_on_platforms_named_otherwise_is_found_by_both_members() {
    let live = live([true, true, true]);
    let mine = live.file(0, "export.jsonl", &[&SELLER.replace("\"a\"", "\"ebay_uk\"")]);
    let theirs = live.file(1, "export.jsonl", &[&SELLER.replace("\"a\"", "\"ebay\""), OTHER_SELLER]);
    live.member(0).submit(&mine, None).unwrap();
    live.member(1).submit(&theirs, None).unwrap();
    let found = live.member(0).sync(&mine, None).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let told = live.member(1).links().unwrap();
    assert_eq!(told.iter().map(|link| link.account.as_str()).collect::<Vec<_>>(), ["ebay/1"]);
}

#[test]
fn a_member_enrols_only_where_key_servers_publish_the_dealers_keys() {
    let live = live([true, true, false]);
    let folder = MemberFolder(live.world.ceremony.members[0].clone());
    assert_eq!(folder.enrol(&folder.0, &live.endpoints).unwrap(), Enrolled { epoch: 1, key_servers: 2 });
    assert_eq!(folder.endpoints(Transport::Tls).unwrap().hub, live.endpoints.hub);
    let other = world();
    let received = tempfile::tempdir().unwrap();
    std::fs::copy(other.ceremony.members[0].join(files::PUBLISHED), received.path().join(files::PUBLISHED)).unwrap();
    let error = folder.enrol(received.path(), &live.endpoints).unwrap_err().to_string();
    assert!(error.starts_with("key server 1: "), "{error}");
}

#[test]
fn a_copy_of_a_key_servers_folder_says_nothing_without_its_sealing_key() {
    let world = world();
    let (folder, seal_key) = (&world.ceremony.key_servers[0], &world.ceremony.seal_keys[0]);
    assert!(KeyServer::open(folder, 1, seal_key).is_ok());
    let error = KeyServer::open(folder, 1, &world.ceremony.seal_keys[1]).map(drop).unwrap_err().to_string();
    assert!(error.ends_with("expected shares sealed to this server's sealing key"), "{error}");
    // Nor may the key lie beside them.
    std::fs::copy(seal_key, folder.join("seal.key")).unwrap();
    let error = KeyServer::open(folder, 1, &folder.join("seal.key")).map(drop).unwrap_err().to_string();
    assert!(error.contains("outside the key server's folder"), "{error}");
    std::fs::remove_file(folder.join("seal.key")).unwrap();
    // No share is anywhere in the clear, raw or in digits.
    let (epoch, keys) = files::group_keys(folder).unwrap();
    let sealing = files::sealing_key(folder, seal_key).unwrap();
    let (_, shares) = files::key_shares(folder, epoch, &keys, &sealing).unwrap();
    let mut searched = 0;
    for file in files_below(world.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        searched += 1;
        for share in shares.values() {
            let raw = share.secret.to_bytes();
            for spelling in [raw.to_vec(), crate::hex::encode(&raw).into_bytes()] {
                assert!(!bytes.windows(spelling.len()).any(|window| window == spelling), "{}", file.display());
            }
        }
    }
    assert!(20 < searched, "{searched}");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files_below(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

#[test]
fn keys_are_dealt_to_all_three_servers_or_not_at_all() {
    let world = world();
    let request = |party: &Path| party.join("request.json");
    let [one, two, three] = world.ceremony.key_servers.each_ref().map(|server| request(server));
    let (hub, member) = (request(&world.ceremony.hub), request(&world.ceremony.members[0]));
    let out = world.folder.path().join("dealt");
    for too_few in [vec![], vec![one.clone(), two.clone(), hub.clone()], vec![one.clone(), one.clone(), two.clone()]] {
        assert!(matches!(deal_keys(&too_few, 2, &out), Err(ExchangeError::Content { .. })));
        assert!(!out.exists());
    }
    let dealt = deal_keys(&[one.clone(), two.clone(), three.clone(), hub.clone(), member], 2, &out).unwrap();
    assert_eq!(dealt.parties.len(), 5);
    // Once: another run would lose what was sent out.
    assert!(deal_keys(&[one, two, three, hub], 2, &out).is_err());
}

#[test]
fn a_member_that_joins_later_is_admitted_and_nobody_under_its_name() {
    let world = world();
    let late = world.folder.path().join("late");
    let request = init_party(&late, &Party::Member("late".into()), None).unwrap();
    let (hub, running) = (&world.ceremony.hub, world.hub());
    assert_eq!(admit(hub, &request).unwrap(), Party::Member("late".into()));
    assert!(files::members(hub).unwrap().contains_key("late"));
    let other = init_party(&world.folder.path().join("other"), &Party::Member("late".into()), None).unwrap();
    assert!(admit(hub, &other).is_err());
    // It is let in without a new start, and a stranger is not.
    let secrets: MemberSecrets = files::read(&late, MEMBER).unwrap();
    let mut envelope = world.envelope(0, "Submit", entries(1));
    envelope.member = "late".into();
    let envelope = sealed_by(&MemberKey::parse(&unhex(&secrets.key).unwrap()), envelope);
    submit(&running, envelope).unwrap();
    assert!(admit(hub, &hub.join("request.json")).is_err());
}

#[test]
fn a_member_that_was_away_at_a_change_of_epoch_is_told_and_evaluates_anew() {
    let mut live = live([true, true, true]);
    let first = live.submit().unwrap();
    assert!(20 < first);
    // The dealer deals the keys of epoch 2; servers and hub start anew, the member was away.
    let ceremony = live.world.ceremony.clone();
    let requests: Vec<PathBuf> = ceremony
        .key_servers
        .iter()
        .chain([&ceremony.hub])
        .chain(&ceremony.members)
        .map(|folder| folder.join("request.json"))
        .collect();
    let out = live.world.folder.path().join("epoch-2");
    let dealt = deal_keys(&requests, 2, &out).unwrap();
    for (party, own) in &dealt.parties {
        for file in files_below(own).iter().filter(|_| !matches!(party, Party::Member(_))) {
            let to = live.world.folder.path().join(party.to_string()).join(file.file_name().unwrap());
            std::fs::copy(file, to).unwrap();
        }
    }
    for at in 0..3 {
        let role = key_server(&live.world, at);
        live.endpoints.key_servers[at] = live.runtime.block_on(listening(role, &ceremony.key_servers[at])).to_string();
    }
    live.endpoints.hub = live.runtime.block_on(listening(Role::Hub, &ceremony.hub)).to_string();
    let told = hub_says(&live).unwrap_err();
    assert!(told.contains("EPOCH_RETIRED: epoch 2 is in force"), "{told}");
    let folder = MemberFolder(ceremony.members[0].clone());
    let error = folder.enrol(&folder.0, &live.endpoints).unwrap_err().to_string();
    assert!(error.contains("EPOCH_RETIRED"), "{error}");
    assert_eq!(folder.enrol(&out.join("left"), &live.endpoints).unwrap(), Enrolled { epoch: 2, key_servers: 3 });
    // Evaluated and submitted anew, under pseudonyms that are not those of before.
    assert_eq!(live.submit().unwrap(), first);
    assert_eq!(taken(&live), (2, 8192));
    assert_eq!(hub_says(&live), Ok(0));
}

/// Copies a party's certificates over those of another folder.
fn certificates(from: &Path, to: &Path) {
    for file in [files::TLS_KEY, files::CERTIFICATE] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// What the hub says to a member whose tokens are all evaluated.
fn hub_says(live: &Live) -> Result<usize, String> {
    let folder = &live.world.ceremony.members[0];
    let member = Member::open(&MemberFolder(folder.clone()), &live.endpoints).unwrap();
    member.links().map(|links| links.len()).map_err(|error| error.to_string())
}

/// A member that has submitted, so that it has something to ask.
fn submitted() -> Live {
    let live = live([true, true, true]);
    live.submit().unwrap();
    live
}

#[test]
fn a_member_with_a_certificate_is_let_in() {
    assert_eq!(hub_says(&submitted()), Ok(0));
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let (live, other) = (submitted(), world());
    let own = &live.world.ceremony.members[0];
    // It trusts the true hub, which does not trust it.
    certificates(&other.ceremony.members[0], own);
    let error = hub_says(&live).unwrap_err();
    assert!(error.starts_with("hub: "), "{error}");
    assert!(std::fs::read_to_string(live.world.ceremony.hub.join("audit.jsonl")).unwrap().lines().count() < 4);
    // And it trusts no hub of another authority.
    certificates(&world().ceremony.members[0], own);
    std::fs::copy(other.ceremony.members[0].join(files::CA), own.join(files::CA)).unwrap();
    assert!(hub_says(&live).is_err());
}

#[test]
fn without_a_certificate_nobody_talks() {
    let live = submitted();
    let own = &live.world.ceremony.members[0];
    // A party that has none does not begin, unless it is a test on loopback.
    let without = tempfile::tempdir().unwrap();
    for file in [MEMBER, files::PUBLISHED, files::CA, files::TLS_KEY] {
        std::fs::copy(own.join(file), without.path().join(file)).unwrap();
    }
    let folder = MemberFolder(without.path().to_owned());
    let refused = Member::open(&folder, &live.endpoints).unwrap_err();
    assert!(matches!(refused, ExchangeError::Plaintext { .. }), "{refused}");
    let plain = Endpoints { transport: Transport::PlaintextOnLoopback, ..live.endpoints.clone() };
    let away = Endpoints { hub: "192.0.2.1:50064".into(), ..plain.clone() };
    assert!(matches!(Member::open(&folder, &away), Err(ExchangeError::Plaintext { .. })));
    // Even there, a hub with TLS does not answer without a certificate.
    let error = Member::open(&folder, &plain).unwrap().links().unwrap_err();
    assert!(matches!(error, ExchangeError::Refused { .. }), "{error}");
    let anonymous = live.runtime.block_on(async {
        let authority = tonic::transport::Certificate::from_pem(files::read_text(own, files::CA).unwrap());
        let tls =
            tonic::transport::ClientTlsConfig::new().ca_certificate(authority).domain_name(Party::Hub.certified_name());
        let endpoint = tonic::transport::Endpoint::from_shared(format!("https://{}", live.endpoints.hub)).unwrap();
        let channel = endpoint.tls_config(tls).unwrap().connect_lazy();
        let mut client = wire::hub_service_client::HubServiceClient::new(channel);
        client.list_links(wire::ListLinksRequest { envelope: None }).await
    });
    // Told by the transport: no service saw the call.
    let code = anonymous.unwrap_err().code();
    assert!(matches!(code, Code::Unavailable | Code::Unknown), "{code:?}");
    let listen: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let served = run_role(Role::Hub, &live.world.ceremony.hub, listen, Transport::PlaintextOnLoopback);
    assert!(matches!(served, Err(ExchangeError::Plaintext { .. })));
}

#[test]
fn a_certificate_that_is_revoked_is_refused_on_an_open_connection_too() {
    let live = submitted();
    let folder = &live.world.ceremony.members[0];
    let member = Member::open(&MemberFolder(folder.clone()), &live.endpoints).unwrap();
    assert!(member.links().is_ok());
    let authority = Authority::open(&live.world.folder.path().join("ca")).unwrap();
    assert_eq!(authority.revoke(&Party::Member("left".into())).unwrap(), 1);
    // As long as the list has not come to the hub, it does not know.
    assert!(member.links().is_ok());
    let list = live.world.folder.path().join("ca").join(files::REVOKED);
    std::fs::copy(&list, live.world.ceremony.hub.join(files::REVOKED)).unwrap();
    let error = member.links().unwrap_err().to_string();
    assert_eq!(error, "hub: certificate: it was revoked (Unauthenticated)");
    assert!(hub_says(&live).is_err());
    // The key servers have not got it yet: each decides by its own list.
    for server in &live.world.ceremony.key_servers {
        std::fs::copy(&list, server.join(files::REVOKED)).unwrap();
    }
    std::fs::remove_file(folder.join("epoch-1/tokens.bin")).unwrap();
    let error = live.submit().unwrap_err().to_string();
    assert!(error.ends_with("certificate: it was revoked (Unauthenticated)"), "{error}");
    // Others go on, and a new certificate does too.
    assert!(live.submit_from(&live.world.ceremony.members[1]).is_ok());
    authority.issue(&folder.join("request.json"), &Party::Member("left".into()), folder).unwrap();
    assert!(hub_says(&live).is_ok());
}

#[test]
fn a_server_whose_certificate_is_revoked_is_refused_by_members() {
    let live = submitted();
    let authority = Authority::open(&live.world.folder.path().join("ca")).unwrap();
    authority.revoke(&Party::Hub).unwrap();
    // Until it has the new list, the member cannot know.
    assert_eq!(hub_says(&live), Ok(0));
    std::fs::copy(authority.list(), live.world.ceremony.members[0].join(files::REVOKED)).unwrap();
    let error = hub_says(&live).unwrap_err();
    assert!(error.starts_with("hub: "), "{error}");
    assert_eq!(taken(&live).0, 1);
}

#[test]
fn without_a_revocation_list_or_with_a_forged_one_nobody_is_let_in() {
    let live = submitted();
    let list = live.world.ceremony.hub.join(files::REVOKED);
    std::fs::copy(world().folder.path().join("ca").join(files::REVOKED), &list).unwrap();
    assert!(hub_says(&live).is_err());
    std::fs::remove_file(&list).unwrap();
    let error = hub_says(&live).unwrap_err();
    assert!(error.contains("the revocation list cannot be read"), "{error}");
}

#[test]
fn a_member_cannot_speak_under_another_members_certificate() {
    let live = submitted();
    let [left, right] = live.world.ceremony.members.as_slice() else { panic!("two members") };
    certificates(right, left);
    let error = hub_says(&live).unwrap_err();
    assert!(error.contains("whose certificate it came with"), "{error}");
}

#[test]
fn a_member_cannot_pose_as_the_hub() {
    let mut live = submitted();
    let right = live.world.ceremony.members[1].clone();
    certificates(&right, &live.world.ceremony.hub);
    let impostor = live.runtime.block_on(listening(Role::Hub, &live.world.ceremony.hub));
    live.endpoints.hub = impostor.to_string();
    let error = hub_says(&live).unwrap_err();
    assert!(error.starts_with("hub: "), "{error}");
}

#[test]
fn the_authority_signs_for_whom_its_operator_names_and_for_nobody_else() {
    let world = world();
    let authority = Authority::open(&world.folder.path().join("ca")).unwrap();
    let request = world.ceremony.members[0].join("request.json");
    let out = world.folder.path().join("out");
    let error = authority.issue(&request, &Party::Hub, &out).unwrap_err();
    assert!(error.to_string().ends_with("expected a request of hub"), "{error}");
    for name in ["", "-left", "Left", "a.b", "keyserver-4", "keyserver", &"a".repeat(64)] {
        assert_eq!(Party::parse(name), None, "{name}");
    }
    for name in ["ebay_uk", "left", "a", "keyserver-3", "hub"] {
        assert_eq!(Party::parse(name).unwrap().to_string(), name);
    }
}
