//! Joining: what authority and dealer sent back is put in place and held against what the other parties say.

use std::collections::HashMap;
use std::path::Path;

use linkage_core::privacy::shares::ServerIndex;
use linkage_proto::exchange as wire;
use linkage_proto::exchange::key_server_service_client::KeyServerServiceClient;
use serde::{Deserialize, Serialize};

use crate::hex;

use super::super::files::{self, CA, CERTIFICATE, ExchangeError, MEMBER, PUBLISHED, REVOKED, read_text, write_text};
use super::tokens::cause;
use super::{Endpoints, Member, MemberFolder};

/// Where the other parties are, once they were found there.
const EXCHANGE: &str = "exchange.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEndpoints {
    key_servers: [String; 3],
    hub: String,
}

/// What a member that enrols was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The epoch in force.
    pub epoch: u32,
    /// How many key servers answered, and published the same keys.
    pub key_servers: usize,
}

impl MemberFolder {
    /// Puts what came back from authority and dealer (`tls.pem`, `ca.pem`, `revoked.pem`, `published.json`) into the member's folder, asks
    /// all parties and keeps where they are.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] when a file is missing, fewer than two key servers answer, one publishes other keys (it is named), or the hub does
    /// not know the member.
    pub fn enrol(&self, received: &Path, endpoints: &Endpoints) -> Result<Enrolled, ExchangeError> {
        // Nobody enrols in a folder without keys.
        let _: files::MemberSecrets = files::read(&self.0, MEMBER)?;
        for name in [CA, CERTIFICATE, REVOKED, PUBLISHED] {
            if received != self.0 && received.join(name).exists() {
                write_text(&self.0, name, &read_text(received, name)?)?;
            }
        }
        let member = Member::open(self, endpoints)?;
        let key_servers = member.compare_keys()?;
        member.links()?;
        let Endpoints { key_servers: servers, hub, .. } = endpoints.clone();
        files::write(&self.0, EXCHANGE, &StoredEndpoints { key_servers: servers, hub })?;
        Ok(Enrolled { epoch: member.signer.epoch, key_servers })
    }

    /// Where the parties are, as [`enrol`](MemberFolder::enrol) found them.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::File`] for a member that did not enrol.
    pub fn endpoints(&self, transport: super::Transport) -> Result<Endpoints, ExchangeError> {
        let StoredEndpoints { key_servers, hub } = files::read(&self.0, EXCHANGE)?;
        Ok(Endpoints { key_servers, hub, transport })
    }
}

impl MemberFolder {
    /// The own accounts of an epoch by pseudonym in hexadecimal.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::File`] for a member that submitted nothing in it.
    pub fn pseudonyms(&self, epoch: u32) -> Result<HashMap<String, String>, ExchangeError> {
        let own: Vec<super::OwnAccount> = files::read(&self.0.join(format!("epoch-{epoch}")), super::ACCOUNTS)?;
        Ok(own.into_iter().map(|own| (hex::encode(&own.pseudonym.0), own.account)).collect())
    }
}

impl Member {
    /// How many key servers publish the keys that the dealer published; one that publishes others is named.
    fn compare_keys(&self) -> Result<usize, ExchangeError> {
        let (mut same, mut why) = (0, String::new());
        for (server, channel) in ServerIndex::ALL.into_iter().zip(&self.key_servers) {
            let mut client = KeyServerServiceClient::new(channel.clone());
            let asked = wire::GetKeysRequest { epoch: self.signer.epoch };
            let published = match self.runtime.block_on(client.get_keys(asked)) {
                Ok(published) => published.into_inner(),
                Err(status) if super::tokens::is_down(&status) => {
                    why = format!("{server}: {}", cause(&status));
                    continue;
                }
                Err(status) => return Err(super::refused(server.to_string())(status)),
            };
            let is_same = |key: &wire::ClassKey| {
                let class = u16::try_from(key.class_code).map(super::ClassCode).ok();
                class.and_then(|class| self.keys.get(&class)).is_some_and(|own| {
                    own.commitments().map(|element| element.bytes().as_slice())
                        == [key.secret_commitment.as_slice(), key.slope_commitment.as_slice()]
                })
            };
            let fits = published.server == server.number() && published.keys.len() == self.keys.len();
            if !fits || !published.keys.iter().all(is_same) {
                return Err(linkage_core::privacy::shares::ShareError::Share { server }.into());
            }
            same += 1;
        }
        if same < 2 { Err(ExchangeError::NoQuorum { answering: same, why }) } else { Ok(same) }
    }
}
