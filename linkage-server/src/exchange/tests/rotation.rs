//! Key servers and hub go to the next epoch together, and a break on the way leaves each in one of both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linkage_core::privacy::oprf::SecretScalar;
use linkage_proto::exchange as wire;
use linkage_proto::exchange::hub_service_server::HubService;
use prost::Message;
use rand_core::OsRng;
use tonic::Request;

use super::super::hub::{Hub, carry_journal};
use super::super::keyserver::KeyServer;
use super::super::*;
use super::{Live, Role, World, key_server, listening, live, sealed_by, world};

/// A rotation on its way, in a folder that all operators read and write.
struct Rotation {
    post: PathBuf,
    requests: Vec<PathBuf>,
    commitments: Vec<PathBuf>,
}

impl Rotation {
    /// After the first step.
    fn committed(world: &World) -> Rotation {
        let parties = world.ceremony.key_servers.iter().chain([&world.ceremony.hub]);
        let requests = parties.map(|folder| folder.join("request.json")).collect();
        let post = world.folder.path().join("post");
        let commitments = (0..3).map(|at| commit(world, at, &post)).collect();
        Rotation { post, requests, commitments }
    }

    fn reveal(&self, world: &World, at: usize) -> Result<Vec<PathBuf>, ExchangeError> {
        let (folder, key) = (&world.ceremony.key_servers[at], &world.ceremony.seal_keys[at]);
        reveal_rotation(folder, key, &self.commitments, &self.requests, &self.post)
    }

    fn take(&self, world: &World, at: usize) -> Result<u32, ExchangeError> {
        let (folder, key) = (&world.ceremony.key_servers[at], &world.ceremony.seal_keys[at]);
        take_rotation(folder, key, &self.post)
    }

    fn carry(&self, world: &World) -> Result<usize, ExchangeError> {
        let published = world.ceremony.key_servers[0].join(files::PUBLISHED);
        carry_hub(&world.ceremony.hub, &published, &self.commitments, &self.post)
    }
}

fn commit(world: &World, at: usize, post: &Path) -> PathBuf {
    commit_rotation(&world.ceremony.key_servers[at], &world.ceremony.seal_keys[at], post).unwrap()
}

fn rotated(world: &World) -> Rotation {
    let rotation = Rotation::committed(world);
    (0..3).for_each(|at| drop(rotation.reveal(world, at).unwrap()));
    (0..3).for_each(|at| assert_eq!(rotation.take(world, at).unwrap(), 2));
    rotation
}

fn epoch(folder: &Path) -> u32 {
    files::group_keys(folder).unwrap().0
}

/// How many joins the hub lists to a member in an epoch.
fn joins(world: &World, member: usize, epoch: u32) -> usize {
    let hub = Hub::open(&world.ceremony.hub).unwrap();
    let mut envelope = world.envelope(member, "ListJoins", ());
    envelope.epoch = epoch;
    let request = wire::ListJoinsRequest { envelope: Some(sealed_by(&world.key(member), envelope)) };
    super::run(hub.list_joins(Request::new(request))).unwrap().into_inner().joins.len()
}

fn enrol(live: &mut Live, member: usize) {
    for at in 0..3 {
        let (role, folder) = (key_server(&live.world, at), &live.world.ceremony.key_servers[at]);
        live.endpoints.key_servers[at] = live.runtime.block_on(listening(role, folder)).to_string();
    }
    live.endpoints.hub = live.runtime.block_on(listening(Role::Hub, &live.world.ceremony.hub)).to_string();
    let folder = &live.world.ceremony.members[member];
    std::fs::copy(live.world.ceremony.hub.join(files::PUBLISHED), folder.join(files::PUBLISHED)).unwrap();
    let enrolled = MemberFolder(folder.clone()).enrol(folder, &live.endpoints).unwrap();
    assert_eq!(enrolled, Enrolled { epoch: 2, key_servers: 3 });
}

#[test]
fn what_a_member_evaluates_after_a_rotation_joins_what_the_hub_carried_over() {
    let mut live = live([true, true, true]);
    live.submit().unwrap();
    let rotation = rotated(&live.world);
    assert_eq!(rotation.carry(&live.world).unwrap(), 1024);
    // Again, after a break that nobody noticed.
    assert_eq!(rotation.carry(&live.world).unwrap(), 0);
    assert_eq!(epoch(&live.world.ceremony.hub), 2);
    let kept = journal_submissions(&live.world.ceremony.hub).unwrap();
    assert!(kept.iter().all(|payload| payload.entries.is_empty()));
    // The first member is away; the second evaluates the same telephone number under the new keys.
    enrol(&mut live, 1);
    let right = live.world.ceremony.members[1].clone();
    live.submit_from(&right).unwrap();
    assert_eq!(joins(&live.world, 1, 2), 1);
    let joined = |account: &str, identifier: &str, member: &str| {
        vec![Joined { account: account.into(), identifier: identifier.into(), member: member.into() }]
    };
    assert_eq!(live.member(1).joins().unwrap(), joined("a/1", "PHONE", "left"));
    // The first one comes back under the names that were carried over, each of which is there once.
    enrol(&mut live, 0);
    live.submit().unwrap();
    assert_eq!(joins(&live.world, 1, 2), 1);
    assert_eq!(live.member(0).joins().unwrap(), joined("a/1", "PHONE", "right"));
    // What was carried over is not sent again: nothing tells it from padding.
    let envelopes = journal_envelopes(&live.world.ceremony.hub).unwrap();
    let payloads = envelopes.iter().map(|envelope| wire::SubmitPayload::decode(envelope.payload.as_slice()).unwrap());
    let handles: BTreeSet<Vec<u8>> = payloads.flat_map(|of| of.elements).map(|shown| shown.handle).collect();
    assert_eq!(handles.len(), 1024 + 1024 + 1024);
}

#[test]
fn a_key_server_that_broke_off_while_it_changed_its_keys_ends_what_it_began() {
    let world = world();
    let (folder, key) = (&world.ceremony.key_servers[0], &world.ceremony.seal_keys[0]);
    let before = files::read_text(folder, files::PUBLISHED).unwrap();
    let rotation = rotated(&world);
    // As it lies when new shares have taken their place and published keys have not.
    let new: serde_json::Value = files::read(folder, files::PUBLISHED).unwrap();
    let shares: serde_json::Value = files::read(folder, files::SHARES).unwrap();
    files::write_text(folder, files::PUBLISHED, &before).unwrap();
    files::write(folder, "rotated.json", &serde_json::json!({"shares": shares, "published": new})).unwrap();
    KeyServer::open(folder, 1, key).unwrap();
    assert_eq!(epoch(folder), 2);
    assert!(!folder.join("rotated.json").exists());
    // Its notes serve no other rotation.
    assert!(rotation.take(&world, 0).is_err());
    assert_eq!(epoch(folder), 2);
}

#[test]
fn a_hub_that_broke_off_while_it_carried_over_is_in_the_old_epoch_until_it_is_in_the_new_one() {
    let live = live([true, true, true]);
    live.submit().unwrap();
    let right = live.world.ceremony.members[1].clone();
    live.submit_from(&right).unwrap();
    let rotation = rotated(&live.world);
    // It wrote its journal and no more.
    let hub = &live.world.ceremony.hub;
    assert_eq!(carry_journal(hub, 1, 2, &SecretScalar::random(&mut OsRng)).unwrap(), 2048);
    assert_eq!((epoch(hub), joins(&live.world, 1, 1)), (1, 1));
    assert_eq!(rotation.carry(&live.world).unwrap(), 2048);
    assert_eq!((epoch(hub), joins(&live.world, 1, 2)), (2, 1));
    assert!(journal_envelopes(hub).unwrap().iter().all(|envelope| envelope.epoch == 2));
}

#[test]
fn a_server_that_commits_twice_gets_no_second_number() {
    let world = world();
    let mut rotation = Rotation::committed(&world);
    rotation.reveal(&world, 0).unwrap();
    // The third server forgets its part once it has seen the first one's, and commits to another.
    let third = &world.ceremony.key_servers[2];
    std::fs::remove_file(third.join("rotation.json")).unwrap();
    rotation.commitments[2] = commit(&world, 2, &world.folder.path().join("other"));
    let error = rotation.reveal(&world, 0).map(drop).unwrap_err().to_string();
    assert!(error.contains("this server reveals once"), "{error}");
    rotation.reveal(&world, 1).unwrap();
    rotation.reveal(&world, 2).unwrap();
    let error = rotation.take(&world, 0).unwrap_err().to_string();
    assert!(error.contains("somebody was shown others"), "{error}");
    assert_eq!(epoch(&world.ceremony.key_servers[0]), 1);
}

#[test]
fn the_hub_takes_no_keys_that_are_not_the_old_ones_carried_over() {
    let world = world();
    let rotation = rotated(&world);
    let path = world.ceremony.key_servers[0].join(files::PUBLISHED);
    let mut published: serde_json::Value = files::read_at(&path).unwrap();
    let other: serde_json::Value = files::read(&super::world().ceremony.hub, files::PUBLISHED).unwrap();
    published["keys"][0]["secret"] = other["keys"][0]["secret"].clone();
    files::write(&world.ceremony.key_servers[0], files::PUBLISHED, &published).unwrap();
    let error = rotation.carry(&world).unwrap_err().to_string();
    assert!(error.contains("carried over to the next"), "{error}");
    assert_eq!(epoch(&world.ceremony.hub), 1);
}

#[test]
fn no_number_of_a_rotation_leaves_a_server_unsealed() {
    let world = world();
    let rotation = Rotation::committed(&world);
    let own = world.ceremony.key_servers[0].join("rotation.json");
    let notes = rotation.reveal(&world, 0).unwrap();
    let sealed = |path: &Path| files::read_at::<serde_json::Value>(path).unwrap()["sealed"].as_str().unwrap().len();
    assert!(notes.iter().all(|note| 2 * 96 < sealed(note)) && 2 * 96 < sealed(&own));
    rotation.reveal(&world, 1).unwrap();
    rotation.reveal(&world, 2).unwrap();
    // Whoever a note is for opens it, and nobody else: here the second server's in the place of the third one's.
    std::fs::copy(rotation.post.join("note-1-to-keyserver-2.json"), rotation.post.join("note-1-to-keyserver-3.json"))
        .unwrap();
    let error = rotation.take(&world, 2).unwrap_err().to_string();
    assert!(error.contains("a note from key server 1 to keyserver-3"), "{error}");
}
