//! What lies in the folders of the parties, as JSON; and why they cannot be used.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use linkage_core::privacy::at_rest::{SealingKey, seal_to};
use linkage_core::privacy::oprf::{Element, SecretScalar};
use linkage_core::privacy::shares::{GroupKey, KeyShare, ServerIndex};
use linkage_core::privacy::token::{ClassCode, Classes};
use rand_core::OsRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hex;

/// A key server's shares.
pub(super) const SHARES: &str = "shares.json";
/// The hub's secrets.
pub(super) const HUB: &str = "hub.json";
/// Members' names and public keys.
pub(super) const MEMBERS: &str = "members.json";
/// Published keys of the epoch.
pub(super) const PUBLISHED: &str = "published.json";
/// A member's own name and key.
pub(super) const MEMBER: &str = "member.json";

/// A party's private key of its certificate.
pub(super) const TLS_KEY: &str = "tls.key";
/// A party's certificate.
pub(super) const CERTIFICATE: &str = "tls.pem";
/// The authority that all parties trust.
pub(super) const CA: &str = "ca.pem";
/// Which certificates no longer count.
pub(super) const REVOKED: &str = "revoked.pem";

/// Why a party of the exchange could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A file cannot be read or written.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{}: expected {expected}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What would have been right.
        expected: String,
    },
    /// One party holds what two must not.
    #[error("{}: holds the secrets of a key server and of the hub; one operator must never have both", folder.display())]
    BothRoles {
        /// The folder.
        folder: PathBuf,
    },
    /// Without certificates nothing leaves the machine.
    #[error("{}: expected a certificate; without one, only a test on loopback is allowed", folder.display())]
    Plaintext {
        /// The party's folder.
        folder: PathBuf,
    },
    /// A certificate, a request or a revocation list cannot be made or used.
    #[error("certificate")]
    Certificate(#[source] rcgen::Error),
    /// Cannot listen, or no runtime.
    #[error("start the service")]
    Start(#[source] std::io::Error),
    /// The transport failed.
    #[error("serve")]
    Transport(#[from] tonic::transport::Error),
    /// Another party refused.
    #[error("{who}: {} ({:?})", status.message(), status.code())]
    Refused {
        /// Which.
        who: String,
        /// What it said.
        status: Box<tonic::Status>,
    },
    /// Fewer than two key servers answer.
    #[error(
        "expected two of three key servers to answer, {answering} do ({why}); nothing is lost, run it again when they are back"
    )]
    NoQuorum {
        /// How many.
        answering: usize,
        /// What the last of the others failed with.
        why: String,
    },
    /// A key server answered wrongly; it is named.
    #[error(transparent)]
    Share(#[from] linkage_core::privacy::shares::ShareError),
    /// What came is no element.
    #[error(transparent)]
    Oprf(#[from] linkage_core::privacy::oprf::OprfError),
    /// A record file cannot be read.
    #[error(transparent)]
    Record(#[from] linkage_core::record::RecordError),
    /// Linking failed.
    #[error("link")]
    Link(#[from] linkage_core::linker::LinkerError),
    /// The token classes do not parse.
    #[error(transparent)]
    Classes(#[from] linkage_core::privacy::token::ClassesError),
    /// The member's own work was cut off.
    #[error("a worker ended early")]
    Worker,
}

pub(super) fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> ExchangeError + '_ {
    move |source| ExchangeError::File { path: path.to_owned(), source }
}

/// What is published of one key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishedKey {
    pub(super) class: u16,
    pub(super) secret: String,
    pub(super) slope: String,
}

/// What is published of an epoch.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    pub(super) epoch: u32,
    /// The epoch whose keys these are, carried over; none where they were dealt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rotated_from: Option<u32>,
    pub(super) keys: Vec<PublishedKey>,
}

/// A key server's shares of an epoch, sealed to it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedShares {
    pub(super) server: u32,
    pub(super) epoch: u32,
    pub(super) sealed: String,
}

/// Bytes of one share when they are open: class and scalar.
const SHARE_BYTES: usize = 2 + 32;

/// Seals the shares of one server to its public sealing key.
pub(super) fn seal_shares(
    server: ServerIndex,
    epoch: u32,
    public: &Element,
    shares: &[(ClassCode, KeyShare)],
) -> Result<SealedShares, ExchangeError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(SHARE_BYTES * shares.len()));
    for (class, share) in shares {
        plain.extend_from_slice(&class.0.to_be_bytes());
        plain.extend_from_slice(&*Zeroizing::new(share.secret.to_bytes()));
    }
    let sealed = seal_to(public, &shares_context(server, epoch), &plain, &mut OsRng).ok_or(ExchangeError::Worker)?;
    Ok(SealedShares { server: server.number(), epoch, sealed: hex::encode(&sealed) })
}

fn shares_context(server: ServerIndex, epoch: u32) -> Vec<u8> {
    format!("linkage exchange shares of {server} in epoch {epoch}").into_bytes()
}

/// Reads a key server's sealing key, which must not lie in the folder that it protects.
pub(super) fn sealing_key(folder: &Path, path: &Path) -> Result<SealingKey, ExchangeError> {
    apart(folder, path)?;
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(file_error(path))?);
    let bytes = Zeroizing::new(hex::decode(text.trim()).unwrap_or_default());
    SealingKey::parse(&bytes).map_err(|_| ExchangeError::Content {
        path: path.to_owned(),
        expected: "a sealing key of 64 hexadecimal digits".to_owned(),
    })
}

/// Makes a sealing key; one that is there already is kept, because shares may be sealed to it.
pub(super) fn make_sealing_key(folder: &Path, path: &Path) -> Result<SealingKey, ExchangeError> {
    if path.exists() {
        return sealing_key(folder, path);
    }
    apart(folder, path)?;
    let key = SealingKey::random(&mut OsRng);
    let text = Zeroizing::new(hex::encode(&*key.to_bytes()));
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(file_error(parent))?;
    }
    private_file(path, false).and_then(|mut file| file.write_all(text.as_bytes())).map_err(file_error(path))?;
    Ok(key)
}

fn apart(folder: &Path, path: &Path) -> Result<(), ExchangeError> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if real(parent).starts_with(real(folder)) || real(path).starts_with(real(folder)) {
        let expected = "a sealing key outside the key server's folder, so that a copy of one is not a copy of both";
        return Err(ExchangeError::Content { path: path.to_owned(), expected: expected.to_owned() });
    }
    Ok(())
}

/// The hub's secrets; erased when dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct HubSecrets {
    pub(super) index_key: String,
    /// Members whose pseudonyms nobody has a reason to open.
    #[serde(default)]
    pub(super) canary_members: Vec<String>,
}

/// A member's own; erased when dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberSecrets {
    pub(super) name: String,
    pub(super) key: String,
}

/// Members' public keys.
pub(super) type Members = BTreeMap<String, [u8; 32]>;

pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    hex::decode(text)?.try_into().ok()
}

/// The bytes of a file that need not be there yet.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, ExchangeError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(file_error(path)(error)),
    }
}

/// Reads a JSON file of this module.
pub(super) fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, ExchangeError> {
    read_at(&folder.join(name))
}

/// The same for a file that may lie anywhere.
pub(super) fn read_at<T: DeserializeOwned>(path: &Path) -> Result<T, ExchangeError> {
    let file = File::open(path).map_err(file_error(path))?;
    serde_json::from_reader(std::io::BufReader::new(file)).map_err(|error| {
        // The error's own text may repeat a secret; its place does not.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let expected = format!("the JSON of {name}, line {}", error.line());
        ExchangeError::Content { path: path.to_owned(), expected }
    })
}

/// A file of text, such as a certificate.
pub(super) fn read_text(folder: &Path, name: &str) -> Result<String, ExchangeError> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).map_err(file_error(&path))
}

/// Writes a file of text that only its owner may read, in a folder that is made if there is none.
pub(super) fn write_text(folder: &Path, name: &str, text: &str) -> Result<(), ExchangeError> {
    std::fs::create_dir_all(folder).map_err(file_error(folder))?;
    replace(&folder.join(name), text.as_bytes())
}

/// Writes a file that only its owner may read; readers see the old one or the new one, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ExchangeError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = private_file(&beside, false).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    written.map_err(file_error(path))
}

/// Writes a JSON file that only its owner may read.
pub(super) fn write<T: Serialize>(folder: &Path, name: &str, content: &T) -> Result<(), ExchangeError> {
    let expected = || "something that JSON can hold".to_owned();
    let text = serde_json::to_string_pretty(content)
        .map_err(|_| ExchangeError::Content { path: folder.join(name), expected: expected() })?;
    let text = Zeroizing::new(text);
    write_text(folder, name, &text)
}

/// Opens a file for writing that only its owner may read.
pub(super) fn private_file(path: &Path, append: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    if append {
        options.append(true)
    } else {
        options.truncate(true)
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Published keys by class. Those of a version that had other classes are refused: what lies beside them is of another form too.
pub(super) fn group_keys(folder: &Path) -> Result<(u32, BTreeMap<ClassCode, GroupKey>), ExchangeError> {
    let published: Published = read(folder, PUBLISHED)?;
    let wrong = |expected: &str| ExchangeError::Content { path: folder.join(PUBLISHED), expected: expected.to_owned() };
    let keys = published.group_keys().ok_or_else(|| wrong("commitments of every class"))?;
    if !Classes::shipped()?.iter().map(|class| class.code).eq(keys.keys().copied()) {
        return Err(wrong("keys of the classes of this version; deal keys anew (`linkage exchange ceremony`)"));
    }
    Ok((published.epoch, keys))
}

impl Published {
    /// Keys by class; `None` where one is no pair of elements.
    pub(super) fn group_keys(&self) -> Option<BTreeMap<ClassCode, GroupKey>> {
        let element = |text: &str| Element::parse(&unhex(text)?, 0).ok();
        let key = |key: &PublishedKey| {
            Some((ClassCode(key.class), GroupKey::new(element(&key.secret)?, element(&key.slope)?)))
        };
        self.keys.iter().map(key).collect()
    }
}

/// The key to which a rotation's number is sealed for the hub, derived from its index key.
pub(super) fn hub_sealing_key(secrets: &HubSecrets) -> Option<SealingKey> {
    let index_key = Zeroizing::new(unhex(&secrets.index_key)?);
    let mut bytes =
        Zeroizing::new(blake3::derive_key("linkage 2026-11-29 exchange: the hub's sealing key", &*index_key));
    // Below the order of the group, which is above 2²⁵².
    bytes[31] &= 0x0f;
    SealingKey::parse(&*bytes).ok()
}

/// A server's shares by class, unsealed and each checked against what is published.
pub(super) fn key_shares(
    folder: &Path,
    epoch: u32,
    keys: &BTreeMap<ClassCode, GroupKey>,
    sealing: &SealingKey,
) -> Result<(ServerIndex, BTreeMap<ClassCode, KeyShare>), ExchangeError> {
    let stored: SealedShares = read(folder, SHARES)?;
    let expected = |expected: &str| ExchangeError::Content { path: folder.join(SHARES), expected: expected.to_owned() };
    let wrong = || expected("a share of every published key");
    let server = ServerIndex::new(stored.server).ok_or_else(wrong)?;
    let sealed = hex::decode(&stored.sealed).ok_or_else(wrong)?;
    let plain = sealing
        .open(&shares_context(server, stored.epoch), &sealed)
        .ok_or_else(|| expected("shares sealed to this server's sealing key"))?;
    if stored.epoch != epoch {
        return Err(expected("shares of the epoch in published.json"));
    }
    let mut shares = BTreeMap::new();
    for row in plain.chunks(SHARE_BYTES) {
        let (class, secret) = row.split_at_checked(2).ok_or_else(wrong)?;
        let class = ClassCode(u16::from_be_bytes(class.try_into().map_err(|_| wrong())?));
        let share = KeyShare { server, secret: SecretScalar::parse(secret).map_err(|_| wrong())? };
        share.check(keys.get(&class).ok_or_else(wrong)?)?;
        shares.insert(class, share);
    }
    if shares.len() == keys.len() { Ok((server, shares)) } else { Err(wrong()) }
}

/// Members' public keys.
pub(super) fn members(folder: &Path) -> Result<Members, ExchangeError> {
    let stored: BTreeMap<String, String> = read(folder, MEMBERS)?;
    let member = |(name, key): (String, String)| {
        let wrong = || ExchangeError::Content { path: folder.join(MEMBERS), expected: "64 hexadecimal digits".into() };
        Ok((name, unhex(&key).ok_or_else(wrong)?))
    };
    stored.into_iter().map(member).collect()
}
