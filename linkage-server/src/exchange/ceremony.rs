//! The trusted dealer's ceremony: keys of an epoch dealt to three servers, members enrolled, the hub's own secret drawn.
//!
//! The dealer knows every key while it runs; its copy is gone with the process, and nothing of it but the shares is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linkage_core::privacy::sealed::MemberKey;
use linkage_core::privacy::shares::{ServerIndex, deal};
use linkage_core::privacy::token::Classes;
use rand_core::{OsRng, RngCore};

use super::files::{
    self, ExchangeError, HUB, HubSecrets, MEMBER, MEMBERS, MemberSecrets, PUBLISHED, Published, PublishedKey, SHARES,
    Shares, StoredShare,
};
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
    let mut public = BTreeMap::new();
    let mut members = Vec::new();
    for name in member_names {
        let key = MemberKey::random(&mut OsRng);
        public.insert((*name).to_owned(), hex::encode(&key.public()));
        let own = folder.join(name);
        files::write(&own, MEMBER, &MemberSecrets { name: (*name).to_owned(), key: hex::encode(&key.to_bytes()) })?;
        files::write(&own, PUBLISHED, &published)?;
        members.push(own);
    }
    let key_servers = [1, 2, 3].map(|number| folder.join(format!("keyserver-{number}")));
    for (own, shares) in key_servers.iter().zip(&shares) {
        files::write(own, SHARES, shares)?;
        files::write(own, PUBLISHED, &published)?;
        files::write(own, MEMBERS, &public)?;
    }
    let hub = folder.join("hub");
    let mut index_key = [0; 32];
    OsRng.fill_bytes(&mut index_key);
    files::write(&hub, HUB, &HubSecrets { epoch, index_key: hex::encode(&index_key), canary_members: Vec::new() })?;
    files::write(&hub, MEMBERS, &public)?;
    Ok(Ceremony { key_servers, hub, members })
}
