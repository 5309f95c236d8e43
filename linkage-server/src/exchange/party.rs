//! Who takes part, under which name a certificate knows it, and the request by which it joins.

use std::path::{Path, PathBuf};

use linkage_core::privacy::sealed::MemberKey;
use linkage_core::privacy::shares::ServerIndex;
use rand_core::{OsRng, RngCore};
use rcgen::{CertificateParams, KeyPair};
use serde::{Deserialize, Serialize};

use super::files::{self, ExchangeError, HUB, HubSecrets, MEMBER, MemberSecrets, TLS_KEY};
use crate::hex;

/// What a party asks for when it joins: nothing in it is secret.
pub(super) const REQUEST: &str = "request.json";

/// The names of members in certificates end so.
const MEMBERS_DOMAIN: &str = ".member.linkage.internal";

/// Longest name of a member, a label of a domain name.
const NAME_BYTES_MAX: usize = 63;

/// A party of the exchange.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A member, by its name.
    Member(String),
    /// One of the key servers.
    KeyServer(ServerIndex),
    /// The hub.
    Hub,
}

impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Party::Member(name) => f.write_str(name),
            Party::KeyServer(server) => write!(f, "keyserver-{}", server.number()),
            Party::Hub => f.write_str("hub"),
        }
    }
}

impl Party {
    /// `hub`, `keyserver-1` to `keyserver-3`, or the name of a member: 1 to 63 of `a-z0-9_-`, the first and last a letter or digit.
    /// `None` for anything else.
    pub fn parse(text: &str) -> Option<Party> {
        if text == "hub" {
            return Some(Party::Hub);
        }
        if text.starts_with("keyserver") {
            return ServerIndex::ALL.into_iter().map(Party::KeyServer).find(|party| party.to_string() == text);
        }
        let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let ends = bytes.first().is_some_and(is_plain) && bytes.last().is_some_and(is_plain);
        let fits = bytes.len() <= NAME_BYTES_MAX && bytes.iter().all(|byte| is_plain(byte) || b"_-".contains(byte));
        (ends && fits).then(|| Party::Member(text.to_owned()))
    }

    /// The one name in its certificate. Members have a domain of their own, so that no name of a member is that of a server.
    pub(super) fn certified_name(&self) -> String {
        match self {
            Party::Member(name) => format!("{name}{MEMBERS_DOMAIN}"),
            server => format!("{server}.linkage.internal"),
        }
    }

    /// The member that a certificate's name stands for.
    pub(super) fn member_of(certified_name: &str) -> Option<&str> {
        certified_name.strip_suffix(MEMBERS_DOMAIN)
    }
}

/// What a party sends to the authority and to the dealer. Nothing in it is secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyRequest {
    pub(super) party: String,
    /// PKCS #10, in PEM.
    pub(super) certificate_request: String,
    /// Of a member: by which its envelopes are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signing_key: Option<String>,
    /// Of a key server: to which its shares are sealed. Of the hub: to which the number of a rotation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealing_key: Option<String>,
}

/// Makes a party's keys in a folder that has none, and returns the request that goes to the authority and the dealer.
///
/// # Errors
///
/// [`ExchangeError::Content`] for a folder in which keys lie, and for a key server without `seal_key`, a file outside the folder in which
/// its sealing key lies or is made; [`ExchangeError::File`].
pub fn init_party(folder: &Path, party: &Party, seal_key: Option<&Path>) -> Result<PathBuf, ExchangeError> {
    if folder.join(TLS_KEY).exists() {
        let expected = "a folder without keys: a party's keys are made once".to_owned();
        return Err(ExchangeError::Content { path: folder.to_owned(), expected });
    }
    let (mut signing_key, mut sealing_key) = (None, None);
    match party {
        Party::Member(name) => {
            let key = MemberKey::random(&mut OsRng);
            signing_key = Some(hex::encode(&key.public()));
            files::write(folder, MEMBER, &MemberSecrets { name: name.clone(), key: hex::encode(&key.to_bytes()) })?;
        }
        Party::Hub => {
            let mut index_key = [0; 32];
            OsRng.fill_bytes(&mut index_key);
            let secrets = HubSecrets { index_key: hex::encode(&index_key), canary_members: Vec::new() };
            files::write(folder, HUB, &secrets)?;
            let key = files::hub_sealing_key(&secrets).and_then(|key| key.public());
            sealing_key = key.map(|public| hex::encode(public.bytes()));
        }
        Party::KeyServer(_) => {
            let expected = "a file for the sealing key, outside this folder".to_owned();
            let wanted = || ExchangeError::Content { path: folder.to_owned(), expected };
            std::fs::create_dir_all(folder).map_err(files::file_error(folder))?;
            let key = files::make_sealing_key(folder, seal_key.ok_or_else(wanted)?)?;
            sealing_key = key.public().map(|public| hex::encode(public.bytes()));
        }
    }
    let key = KeyPair::generate().map_err(ExchangeError::Certificate)?;
    let params = CertificateParams::new(vec![party.certified_name()]).map_err(ExchangeError::Certificate)?;
    let request =
        params.serialize_request(&key).and_then(|request| request.pem()).map_err(ExchangeError::Certificate)?;
    files::write_text(folder, TLS_KEY, &key.serialize_pem())?;
    files::write(
        folder,
        REQUEST,
        &PartyRequest { party: party.to_string(), certificate_request: request, signing_key, sealing_key },
    )?;
    Ok(folder.join(REQUEST))
}
