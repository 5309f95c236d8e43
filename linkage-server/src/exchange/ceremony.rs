//! The trusted dealer's ceremony: keys of an epoch dealt to three servers, members enrolled, the hub's own secret drawn.
//!
//! The dealer knows every key while it runs; its copy is gone with the process, and nothing of it but the shares is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linkage_core::privacy::shares::{ServerIndex, deal};
use linkage_core::privacy::token::Classes;
use rand_core::OsRng;

use super::authority::Authority;
use super::files::{
    self, ExchangeError, HUB, HubSecrets, MEMBERS, PUBLISHED, Published, PublishedKey, SHARES, Shares, StoredShare,
};
use super::party::{Party, PartyRequest, init_party};
use crate::hex;

/// The folders that a ceremony made: each goes to its party, and to nobody else.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// One for each key server.
    pub key_servers: [PathBuf; 3],
    /// The hub's.
    pub hub: PathBuf,
    /// One for each member, in the order asked for.
    pub members: Vec<PathBuf>,
}

/// Deals the keys of an epoch for all classes that ship.
///
/// # Errors
///
/// [`ExchangeError`] when a file cannot be written, and for a folder in which a ceremony was held: its keys would be lost.
pub fn hold_ceremony(folder: &Path, epoch: u32, member_names: &[&str]) -> Result<Ceremony, ExchangeError> {
    if folder.join("hub").exists() {
        let expected = "a folder in which no ceremony was held".to_owned();
        return Err(ExchangeError::Content { path: folder.to_owned(), expected });
    }
    let mut published = Published { epoch, keys: Vec::new() };
    let mut shares = ServerIndex::ALL.map(|server| Shares { server: server.number(), shares: Vec::new() });
    for class in Classes::shipped()?.iter() {
        let (key, dealt) = deal(&mut OsRng)?;
        let [secret, slope] = key.commitments().map(|element| hex::encode(element.bytes()));
        published.keys.push(PublishedKey { class: class.code.0, secret, slope });
        for (of_server, share) in shares.iter_mut().zip(dealt) {
            of_server.shares.push(StoredShare { class: class.code.0, share: hex::encode(&share.secret.to_bytes()) });
        }
    }
    let authority = Authority::create(&folder.join("ca"))?;
    let join = |party: &Party| -> Result<(PathBuf, PartyRequest), ExchangeError> {
        let own = folder.join(party.to_string());
        let request = init_party(&own, party)?;
        authority.issue(&request, party, &own)?;
        Ok((own, files::read_at(&request)?))
    };
    let mut public = BTreeMap::new();
    let mut members = Vec::new();
    for name in member_names {
        let (own, request) = join(&Party::Member((*name).to_owned()))?;
        public.insert((*name).to_owned(), request.signing_key.unwrap_or_default());
        files::write(&own, PUBLISHED, &published)?;
        members.push(own);
    }
    let key_servers = [1, 2, 3].map(|number| folder.join(format!("keyserver-{number}")));
    for ((own, shares), server) in key_servers.iter().zip(&shares).zip(ServerIndex::ALL) {
        join(&Party::KeyServer(server))?;
        files::write(own, SHARES, shares)?;
        files::write(own, PUBLISHED, &published)?;
        files::write(own, MEMBERS, &public)?;
    }
    let (hub, _) = join(&Party::Hub)?;
    let secrets: HubSecrets = files::read(&hub, HUB)?;
    files::write(&hub, HUB, &HubSecrets { epoch, ..secrets })?;
    files::write(&hub, MEMBERS, &public)?;
    Ok(Ceremony { key_servers, hub, members })
}
