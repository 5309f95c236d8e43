//! The trusted dealer's ceremony: keys of an epoch dealt to three servers, each share sealed to its server.
//!
//! The dealer knows every key while it runs. Its copy is erased as soon as the shares are sealed, and nothing else of it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linkage_core::privacy::oprf::Element;
use linkage_core::privacy::shares::{KeyShare, ServerIndex, deal};
use linkage_core::privacy::token::{ClassCode, Classes};
use rand_core::OsRng;

use super::authority::Authority;
use super::files::{
    self, ExchangeError, MEMBERS, PUBLISHED, Published, PublishedKey, SHARES, SealedShares, seal_shares, unhex,
};
use super::party::{Party, PartyRequest, init_party};
use crate::hex;

/// What the dealer made, a folder for each party that asked. None holds a secret in the clear.
#[derive(Clone, Debug)]
pub struct Dealt {
    /// The parties, and the folder of what goes to each.
    pub parties: Vec<(Party, PathBuf)>,
    /// How many keys were dealt, one for each class of token.
    pub keys: usize,
}

/// Deals the keys of an epoch for all classes that ship, and writes to `out` what goes to each party: sealed shares, published keys,
/// and members' names and public keys.
///
/// `requests` are the `request.json` of three key servers, the hub and the members.
///
/// # Errors
///
/// [`ExchangeError::Content`] unless there is one request of each server, and where keys were dealt to `out` before;
/// [`ExchangeError::File`].
pub fn deal_keys(requests: &[PathBuf], epoch: u32, out: &Path) -> Result<Dealt, ExchangeError> {
    if out.join(PUBLISHED).exists() {
        let expected = "a folder to which no keys were dealt".to_owned();
        return Err(ExchangeError::Content { path: out.to_owned(), expected });
    }
    let mut asked: BTreeMap<Party, PartyRequest> = BTreeMap::new();
    for path in requests {
        let wrong = |expected: &str| ExchangeError::Content { path: path.clone(), expected: expected.to_owned() };
        let request: PartyRequest = files::read_at(path)?;
        let party = Party::parse(&request.party).ok_or_else(|| wrong("a request of a party"))?;
        let key = match party {
            Party::Member(_) => &request.signing_key,
            Party::KeyServer(_) => &request.sealing_key,
            Party::Hub => &None,
        };
        if party != Party::Hub && key.as_ref().and_then(|key| unhex(key)).is_none() {
            return Err(wrong("a request with the party's public key"));
        }
        if asked.insert(party, request).is_some() {
            return Err(wrong("one request of each party"));
        }
    }
    let servers = ServerIndex::ALL.map(|server| asked.get(&Party::KeyServer(server)).cloned());
    let [Some(one), Some(two), Some(three)] = servers else {
        let expected = "requests of all three key servers".to_owned();
        return Err(ExchangeError::Content { path: out.to_owned(), expected });
    };
    let (published, sealed) = deal_to([one, two, three], epoch)?;
    let members: BTreeMap<String, String> =
        asked.iter().filter_map(|(party, request)| Some((party.to_string(), request.signing_key.clone()?))).collect();
    let mut parties = Vec::new();
    for party in asked.into_keys() {
        let own = out.join(party.to_string());
        files::write(&own, PUBLISHED, &published)?;
        if let Party::KeyServer(server) = &party {
            let shares = sealed.iter().find(|sealed| sealed.server == server.number());
            files::write(&own, SHARES, &shares)?;
        }
        if !matches!(party, Party::Member(_)) {
            files::write(&own, MEMBERS, &members)?;
        }
        parties.push((party, own));
    }
    files::write(out, PUBLISHED, &published)?;
    Ok(Dealt { parties, keys: published.keys.len() })
}

/// The keys, and each server's shares sealed to it; the shares in the clear are erased here.
fn deal_to(servers: [PartyRequest; 3], epoch: u32) -> Result<(Published, Vec<SealedShares>), ExchangeError> {
    let mut published = Published { epoch, rotated_from: None, keys: Vec::new() };
    let mut shares: [Vec<(ClassCode, KeyShare)>; 3] = Default::default();
    for class in Classes::shipped()?.iter() {
        let (key, dealt) = deal(&mut OsRng)?;
        let [secret, slope] = key.commitments().map(|element| hex::encode(element.bytes()));
        published.keys.push(PublishedKey { class: class.code.0, secret, slope });
        for (of_server, share) in shares.iter_mut().zip(dealt) {
            of_server.push((class.code, share));
        }
    }
    let mut sealed = Vec::new();
    for ((server, request), shares) in ServerIndex::ALL.into_iter().zip(servers).zip(&shares) {
        let public = request.sealing_key.as_ref().and_then(|key| unhex(key)).unwrap_or_default();
        sealed.push(seal_shares(server, epoch, &Element::parse(&public, 0)?, shares)?);
    }
    Ok((published, sealed))
}

/// Enters a member that joins later into the list of a key server or the hub, which may be running.
///
/// # Errors
///
/// [`ExchangeError::Content`] for a request that is no member's, and for a member that is known under another key.
pub fn admit(folder: &Path, request: &Path) -> Result<Party, ExchangeError> {
    let wrong = |expected: &str| ExchangeError::Content { path: request.to_owned(), expected: expected.to_owned() };
    let asked: PartyRequest = files::read_at(request)?;
    let party = Party::parse(&asked.party).filter(|party| matches!(party, Party::Member(_)));
    let (Some(party), Some(key)) = (party, asked.signing_key) else {
        return Err(wrong("a request of a member"));
    };
    unhex(&key).ok_or_else(|| wrong("a request with the member's public key"))?;
    let mut members: BTreeMap<String, String> = files::read(folder, MEMBERS)?;
    if members.insert(party.to_string(), key.clone()).is_some_and(|known| known != key) {
        return Err(wrong("a member that is not known under another key"));
    }
    files::write(folder, MEMBERS, &members)?;
    Ok(party)
}

/// The folders of a whole exchange on one machine: each is of one party.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// One for each key server.
    pub key_servers: [PathBuf; 3],
    /// Their sealing keys.
    pub seal_keys: [PathBuf; 3],
    /// The hub's.
    pub hub: PathBuf,
    /// One for each member, in the order asked for.
    pub members: Vec<PathBuf>,
}

/// All of it on one machine, for tests and `exchange match`: keys of all parties, certificates, shares.
///
/// # Errors
///
/// [`ExchangeError`] when a file cannot be written, and for a folder in which a ceremony was held: its keys would be lost.
pub fn hold_ceremony(folder: &Path, epoch: u32, member_names: &[&str]) -> Result<Ceremony, ExchangeError> {
    if folder.join("hub").exists() {
        let expected = "a folder in which no ceremony was held".to_owned();
        return Err(ExchangeError::Content { path: folder.to_owned(), expected });
    }
    let seal_keys = [1, 2, 3].map(|number| folder.join("seal").join(format!("keyserver-{number}.key")));
    let authority = Authority::create(&folder.join("ca"))?;
    let servers =
        ServerIndex::ALL.into_iter().zip(&seal_keys).map(|(server, key)| (Party::KeyServer(server), Some(key)));
    let members = member_names.iter().map(|name| (Party::Member((*name).to_owned()), None));
    let mut requests = Vec::new();
    for (party, seal_key) in servers.chain([(Party::Hub, None)]).chain(members) {
        let own = folder.join(party.to_string());
        let request = init_party(&own, &party, seal_key.map(PathBuf::as_path))?;
        authority.issue(&request, &party, &own)?;
        requests.push(request);
    }
    let out = folder.join("dealt");
    for (party, dealt) in deal_keys(&requests, epoch, &out)?.parties {
        for name in [SHARES, PUBLISHED, MEMBERS] {
            if dealt.join(name).exists() {
                files::write_text(&folder.join(party.to_string()), name, &files::read_text(&dealt, name)?)?;
            }
        }
    }
    std::fs::remove_dir_all(&out).map_err(files::file_error(&out))?;
    Ok(Ceremony {
        key_servers: [1, 2, 3].map(|number| folder.join(format!("keyserver-{number}"))),
        seal_keys,
        hub: folder.join("hub"),
        members: member_names.iter().map(|name| folder.join(name)).collect(),
    })
}
