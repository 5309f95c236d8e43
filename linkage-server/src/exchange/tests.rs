//! What must be refused, and what goes on when a party is down.

use std::net::SocketAddr;
use std::path::Path;

use jiff::Timestamp;
use linkage_core::privacy::oprf::{SecretScalar, Suite};
use linkage_core::privacy::sealed::{BOX_BYTES, MemberKey, OpeningKey};
use linkage_core::privacy::token::ClassCode;
use linkage_proto::exchange as wire;
use linkage_proto::exchange::hub_service_server::{HubService, HubServiceServer};
use linkage_proto::exchange::key_server_service_server::{KeyServerService, KeyServerServiceServer};
use prost::Message;
use rand_core::{OsRng, RngCore};
use tempfile::TempDir;
use tonic::transport::Server;
use tonic::{Code, Request, Status};

use super::files::{self, MEMBER, MemberSecrets, unhex};
use super::gate::signed;
use super::hub::Hub;
use super::keyserver::KeyServer;
use super::*;

const PHONE: u32 = 4;

struct World {
    _folder: TempDir,
    ceremony: Ceremony,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let ceremony = hold_ceremony(folder.path(), 1, &["left", "right"]).unwrap();
    World { _folder: folder, ceremony }
}

impl World {
    fn key(&self, member: usize) -> MemberKey {
        let secrets: MemberSecrets = files::read(&self.ceremony.members[member], MEMBER).unwrap();
        MemberKey::parse(&unhex(&secrets.key).unwrap())
    }

    fn key_server(&self, quota: u64) -> KeyServer {
        KeyServer::open(&self.ceremony.key_servers[0], quota).unwrap()
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
    let suite = Suite::of(ClassCode(PHONE as u16), 1);
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
    assert!(matches!(KeyServer::open(server, 1), Err(ExchangeError::BothRoles { .. })));
}

#[test]
fn a_key_server_with_anothers_shares_does_not_start() {
    let (world, other) = (world(), world());
    let server = &world.ceremony.key_servers[0];
    std::fs::copy(other.ceremony.key_servers[0].join(files::SHARES), server.join(files::SHARES)).unwrap();
    let error = KeyServer::open(server, 1).map(drop).unwrap_err().to_string();
    assert!(error.starts_with("key server 1: its share"), "{error}");
}

fn entries(count: usize) -> wire::SubmitPayload {
    let entry = |at: usize| wire::Entry { tag: vec![(at % 256) as u8; 16], sealed_box: vec![7; BOX_BYTES] };
    wire::SubmitPayload { pseudonyms: Vec::new(), entries: (0..count).map(entry).collect() }
}

fn bucket(world: &World, hub: &Hub, bucket: u32) -> Vec<wire::Entry> {
    let envelope = Some(world.envelope(0, "FetchBucket", wire::FetchBucketPayload { bucket }));
    run(hub.fetch_bucket(Request::new(wire::FetchBucketRequest { envelope }))).unwrap().into_inner().entries
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
    let empty = bucket(&world, &hub, 3);
    assert_eq!(empty.len(), 64);
    assert!(empty.iter().all(|entry| entry.tag[0] == 3 && entry.sealed_box.len() == BOX_BYTES));
    assert_eq!(bucket(&world, &hub, 3), empty);
    submit(&hub, world.envelope(0, "Submit", entries(256))).unwrap();
    assert_eq!(bucket(&world, &hub, 3).len(), 64);
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
    let (before, replayed) = (bucket(&world, &hub, 1), world.envelope(0, "Submit", entries(2)));
    submit(&hub, replayed.clone()).unwrap();
    let journal = world.ceremony.hub.join("hub.journal");
    let bytes = std::fs::read(&journal).unwrap();
    drop(hub);
    std::fs::write(&journal, &bytes[..bytes.len() - 1]).unwrap();
    let hub = world.hub();
    assert_eq!(bucket(&world, &hub, 1), before);
    // What was cut off may come again; what was kept may not.
    submit(&hub, replayed.clone()).unwrap();
    refused(submit(&hub, replayed.clone()), Code::AlreadyExists, "before");
    refused(submit(&world.hub(), replayed), Code::AlreadyExists, "before");
}

fn pseudonym(id: u8, key: &OpeningKey) -> wire::SubmitPayload {
    let elements = points(8).elements;
    let new = wire::Pseudonym { pseudonym: vec![id; 16], opening_key: key.0.to_vec(), elements };
    wire::SubmitPayload { pseudonyms: vec![new], entries: Vec::new() }
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

/// A server of this process on a free port; ends with the runtime.
async fn listening(service: ServiceOf) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let mut server = Server::builder();
    let router = match service {
        ServiceOf::Key(service) => server.add_service(KeyServerServiceServer::new(*service)),
        ServiceOf::Hub(service) => server.add_service(HubServiceServer::new(*service)),
    };
    tokio::spawn(router.serve_with_incoming(incoming));
    address
}

enum ServiceOf {
    Key(Box<KeyServer>),
    Hub(Box<Hub>),
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
                true => {
                    listening(ServiceOf::Key(Box::new(
                        KeyServer::open(&world.ceremony.key_servers[at], 10_000).unwrap(),
                    )))
                    .await
                }
                false => tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap(),
            }
        });
        address.to_string()
    };
    let key_servers = [server(0), server(1), server(2)];
    let hub = runtime.block_on(listening(ServiceOf::Hub(Box::new(world.hub())))).to_string();
    Live { world, runtime, endpoints: Endpoints { key_servers, hub } }
}

impl Live {
    fn submit(&self) -> Result<usize, ExchangeError> {
        let folder = &self.world.ceremony.members[0];
        let accounts = folder.join("accounts.jsonl");
        std::fs::write(&accounts, SELLER.replace('\n', " ")).unwrap();
        let member = Member::open(&MemberFolder(folder.clone()), &self.endpoints)?;
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
    assert!(matches!(error, ExchangeError::NoQuorum { answering: 1 }), "{error}");
    let second = KeyServer::open(&live.world.ceremony.key_servers[1], 10_000).unwrap();
    live.endpoints.key_servers[1] = live.runtime.block_on(listening(ServiceOf::Key(Box::new(second)))).to_string();
    let evaluated = live.submit().unwrap();
    assert!(20 < evaluated);
    // All is kept: the next run evaluates nothing.
    assert_eq!(live.submit().unwrap(), 0);
}

#[test]
fn a_key_server_with_another_key_is_named() {
    let mut live = live([true, true, true]);
    let other = world();
    std::fs::copy(
        live.world.ceremony.key_servers[2].join(files::MEMBERS),
        other.ceremony.key_servers[2].join(files::MEMBERS),
    )
    .unwrap();
    let foreign = KeyServer::open(&other.ceremony.key_servers[2], 10_000).unwrap();
    live.endpoints.key_servers[2] = live.runtime.block_on(listening(ServiceOf::Key(Box::new(foreign)))).to_string();
    let error = live.submit().unwrap_err().to_string();
    assert!(error.starts_with("key server 3: "), "{error}");
}
