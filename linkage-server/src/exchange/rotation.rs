//! Rotation: key servers carry their keys over to the next epoch, and the hub its elements, without a dealer.
//!
//! ```text
//! each server: commit ──► three commitments ──reveal──► notes sealed to each server and to the hub ──take──► keys of the next epoch
//!                                                                               the hub ──carry──► elements of the next epoch
//! ```
//!
//! The key of every class is multiplied by a number δ that no server chooses alone: each commits to a factor before any is revealed. There are
//! two: one for the joinable classes, which the hub is told, and one for the blind classes, which it is not, because blind entries end with
//! their epoch. Each server adds a share of zero to every key besides, so that a share of the old epoch is of no use beside one of the new.
//!
//! Operators carry the files, as in the dealer's ceremony; what is secret in them is sealed to whom it is for. Each step may be run again
//! after a break, and a party is in the old epoch or in the new one, never between.
//!
//! **Not here:** healing. Whoever holds two shares of the old epoch and learns δ holds the new keys; then a ceremony is what helps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linkage_core::privacy::at_rest::{SealingKey, seal_to};
use linkage_core::privacy::oprf::{Element, SecretScalar};
use linkage_core::privacy::shares::{Contribution, GroupKey, KeyShare, ServerIndex, ShareError, ZeroShares, delta};
use linkage_core::privacy::token::{ClassCode, Classes, Tier};
use rand_core::OsRng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::files::{self, ExchangeError, PUBLISHED, Published, PublishedKey, SHARES, SealedShares, seal_shares, unhex};
use super::hub;
use super::party::{Party, PartyRequest};
use crate::hex;

/// A server's own part, sealed to itself, until it is done.
const OWN_PART: &str = "rotation.json";
/// The commitments that a server has revealed its part for; it reveals for no others.
const AGREED: &str = "rotation-agreed.json";
/// New shares and published keys together, before they take the place of the old ones.
const ROTATED: &str = "rotated.json";

/// Bytes of a contribution: factor and salt.
const CONTRIBUTION_BYTES: usize = 32 + 32;
/// Bytes of a class's zero share or slope: class and scalar.
const ZERO_BYTES: usize = 2 + 32;

/// What a server publishes first.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commitment {
    server: u32,
    /// The epoch that will be.
    epoch: u32,
    joinable: String,
    blind: String,
    zeros: Vec<ZeroCommitment>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZeroCommitment {
    class: u16,
    slope: String,
}

/// Bytes sealed to one party.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    from: u32,
    to: String,
    epoch: u32,
    /// Digest of the three commitments it is for.
    agreed: String,
    sealed: String,
}

/// Both files of a key server in its new epoch.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotated {
    shares: SealedShares,
    published: Published,
}

fn content(path: &Path, expected: &str) -> ExchangeError {
    ExchangeError::Content { path: path.to_owned(), expected: expected.to_owned() }
}

/// A server's factors and slopes.
struct OwnPart {
    server: ServerIndex,
    epoch: u32,
    joinable: Contribution,
    blind: Contribution,
    zeros: BTreeMap<ClassCode, ZeroShares>,
}

impl OwnPart {
    fn context(server: ServerIndex, epoch: u32) -> Vec<u8> {
        format!("linkage exchange rotation of {server} to epoch {epoch}").into_bytes()
    }

    /// The part that lies in the folder, or a new one that is written there first.
    fn read_or_make(
        folder: &Path,
        sealing: &SealingKey,
        server: ServerIndex,
        epoch: u32,
        keys: &BTreeMap<ClassCode, GroupKey>,
    ) -> Result<OwnPart, ExchangeError> {
        if folder.join(OWN_PART).exists() {
            return OwnPart::read(folder, sealing, server, epoch);
        }
        let part = OwnPart {
            server,
            epoch,
            joinable: Contribution::random(server, &mut OsRng),
            blind: Contribution::random(server, &mut OsRng),
            zeros: keys.keys().map(|class| (*class, ZeroShares::random(&mut OsRng))).collect(),
        };
        let plain = part.plain(|zero| zero.slope().clone());
        let public = sealing.public().ok_or(ExchangeError::Worker)?;
        let sealed = seal_to(&public, &OwnPart::context(server, epoch), &plain, &mut OsRng);
        let sealed = hex::encode(&sealed.ok_or(ExchangeError::Worker)?);
        files::write(folder, OWN_PART, &SealedShares { server: server.number(), epoch, sealed })?;
        Ok(part)
    }

    fn read(folder: &Path, sealing: &SealingKey, server: ServerIndex, epoch: u32) -> Result<OwnPart, ExchangeError> {
        let wrong = || content(&folder.join(OWN_PART), "this server's part in the rotation to the next epoch");
        let stored: SealedShares = files::read(folder, OWN_PART)?;
        let sealed = hex::decode(&stored.sealed).ok_or_else(wrong)?;
        let plain = sealing.open(&OwnPart::context(server, epoch), &sealed).ok_or_else(wrong)?;
        let Opened { joinable, blind, zeros } = Opened::parse(server, &plain).ok_or_else(wrong)?;
        let zeros = zeros.into_iter().map(|(class, slope)| (class, ZeroShares::of(slope))).collect();
        Ok(OwnPart { server, epoch, joinable, blind, zeros })
    }

    /// The bytes that [`Opened::parse`] reads, with a scalar of every class.
    fn plain(&self, scalar: impl Fn(&ZeroShares) -> SecretScalar) -> Zeroizing<Vec<u8>> {
        let mut plain = Zeroizing::new(Vec::with_capacity(2 * CONTRIBUTION_BYTES + ZERO_BYTES * self.zeros.len()));
        put_contribution(&mut plain, &self.joinable);
        put_contribution(&mut plain, &self.blind);
        for (class, zero) in &self.zeros {
            put_zero(&mut plain, *class, &scalar(zero));
        }
        plain
    }

    fn commitment(&self) -> Result<Commitment, ExchangeError> {
        let zero = |(class, zero): (&ClassCode, &ZeroShares)| {
            let slope = hex::encode(zero.commitment()?.bytes());
            Ok::<_, ExchangeError>(ZeroCommitment { class: class.0, slope })
        };
        Ok(Commitment {
            server: self.server.number(),
            epoch: self.epoch,
            joinable: hex::encode(&self.joinable.commitment(self.epoch)),
            blind: hex::encode(&self.blind.commitment(self.epoch)),
            zeros: self.zeros.iter().map(zero).collect::<Result<_, _>>()?,
        })
    }
}

/// What is sealed to a key server, by another one or by itself: both factors, and of every class a zero share or, to itself, a slope.
struct Opened {
    joinable: Contribution,
    blind: Contribution,
    zeros: BTreeMap<ClassCode, SecretScalar>,
}

impl Opened {
    fn parse(from: ServerIndex, plain: &[u8]) -> Option<Opened> {
        let (joinable, rest) = contribution(from, plain)?;
        let (blind, rest) = contribution(from, rest)?;
        Some(Opened { joinable, blind, zeros: zeros(rest)? })
    }
}

/// What is sealed to the hub: the factor of the joinable classes and nothing else.
fn to_hub(from: ServerIndex, plain: &[u8]) -> Option<Contribution> {
    contribution(from, plain).filter(|(_, rest)| rest.is_empty()).map(|(joinable, _)| joinable)
}

fn put_contribution(plain: &mut Vec<u8>, part: &Contribution) {
    plain.extend_from_slice(&*Zeroizing::new(part.factor.to_bytes()));
    plain.extend_from_slice(&part.salt);
}

fn put_zero(plain: &mut Vec<u8>, class: ClassCode, scalar: &SecretScalar) {
    plain.extend_from_slice(&class.0.to_be_bytes());
    plain.extend_from_slice(&*Zeroizing::new(scalar.to_bytes()));
}

fn contribution(server: ServerIndex, plain: &[u8]) -> Option<(Contribution, &[u8])> {
    let (own, rest) = plain.split_at_checked(CONTRIBUTION_BYTES)?;
    let (factor, salt) = own.split_at_checked(32)?;
    let factor = SecretScalar::parse(factor).ok()?;
    Some((Contribution { server, factor, salt: salt.try_into().ok()? }, rest))
}

fn zeros(plain: &[u8]) -> Option<BTreeMap<ClassCode, SecretScalar>> {
    let row = |row: &[u8]| {
        let (class, scalar) = row.split_at_checked(2)?;
        Some((ClassCode(u16::from_be_bytes(class.try_into().ok()?)), SecretScalar::parse(scalar).ok()?))
    };
    plain.chunks(ZERO_BYTES).map(row).collect()
}

/// The three commitments of a rotation, in the order of servers, and their digest.
struct Agreed {
    of: Vec<Commitment>,
    digest: String,
}

impl Agreed {
    fn of(paths: &[PathBuf], epoch: u32) -> Result<Agreed, ExchangeError> {
        let of = paths.iter().map(|path| files::read_at(path)).collect::<Result<Vec<Commitment>, _>>()?;
        let about = paths.first().cloned().unwrap_or_default();
        Agreed::from(of, epoch).ok_or_else(|| content(&about, "a commitment of each key server to the next epoch"))
    }

    fn from(mut of: Vec<Commitment>, epoch: u32) -> Option<Agreed> {
        of.sort_by_key(|one| one.server);
        let is_whole = of.len() == ServerIndex::ALL.len()
            && of.iter().zip(ServerIndex::ALL).all(|(one, server)| one.server == server.number() && one.epoch == epoch);
        let digest = blake3::hash(&serde_json::to_vec(&of).ok()?).to_hex().to_string();
        is_whole.then_some(Agreed { of, digest })
    }

    fn factors(&self, tier: Tier) -> Option<Vec<[u8; 32]>> {
        let text = |one: &Commitment| unhex(if tier == Tier::Joinable { &one.joinable } else { &one.blind });
        self.of.iter().map(text).collect()
    }

    /// The zero commitments of a class, in the order of servers.
    fn zeros(&self, class: ClassCode) -> Option<Vec<Element>> {
        let slope = |one: &Commitment| {
            let zero = one.zeros.iter().find(|zero| zero.class == class.0)?;
            Element::parse(&unhex(&zero.slope)?, 0).ok()
        };
        self.of.iter().map(slope).collect()
    }
}

/// A note that was opened, and whose it is.
type OpenedNote = (ServerIndex, Zeroizing<Vec<u8>>);

/// What three servers wrote to one party, in their order and opened; a folder holds all notes of a rotation.
fn notes(
    post: &Path,
    to: &Party,
    epoch: u32,
    agreed: &Agreed,
    key: &SealingKey,
) -> Result<Vec<OpenedNote>, ExchangeError> {
    let open = |from: ServerIndex| {
        let path = post.join(note_name(from, to));
        let note: Note = files::read_at(&path)?;
        let wrong = |expected: &str| content(&path, expected);
        if note.from != from.number() || note.to != to.to_string() || note.epoch != epoch {
            return Err(wrong(&format!("a note from {from} to {to} for epoch {epoch}")));
        }
        if note.agreed != agreed.digest {
            return Err(wrong("a note for the commitments that are at hand: somebody was shown others"));
        }
        let sealed = hex::decode(&note.sealed).ok_or_else(|| wrong("hexadecimal digits"))?;
        let plain = key.open(&note_context(from, to, epoch), &sealed);
        Ok((from, plain.ok_or_else(|| wrong("a note sealed to this party"))?))
    };
    ServerIndex::ALL.into_iter().map(open).collect()
}

fn note_name(from: ServerIndex, to: &Party) -> String {
    format!("note-{}-to-{to}.json", from.number())
}

fn note_context(from: ServerIndex, to: &Party, epoch: u32) -> Vec<u8> {
    format!("linkage exchange rotation, {from} to {to}, epoch {epoch}").into_bytes()
}

/// A key server with its folder open for a rotation.
struct Rotating {
    folder: PathBuf,
    sealing: SealingKey,
    server: ServerIndex,
    epoch: u32,
    keys: BTreeMap<ClassCode, GroupKey>,
    shares: BTreeMap<ClassCode, KeyShare>,
}

impl Rotating {
    fn open(folder: &Path, seal_key: &Path) -> Result<Rotating, ExchangeError> {
        finish_rotation(folder)?;
        let sealing = files::sealing_key(folder, seal_key)?;
        let (epoch, keys) = files::group_keys(folder)?;
        let (server, shares) = files::key_shares(folder, epoch, &keys, &sealing)?;
        Ok(Rotating { folder: folder.to_owned(), sealing, server, epoch, keys, shares })
    }

    fn next(&self) -> Result<u32, ExchangeError> {
        self.epoch.checked_add(1).ok_or_else(|| content(&self.folder.join(PUBLISHED), "an epoch that has a next one"))
    }
}

/// First step of a key server: makes its part, seals it into its folder, and writes its commitment to `out`, where the others look.
/// Run again, it writes the same commitment.
///
/// # Errors
///
/// [`ExchangeError`] for a folder that cannot be used.
pub fn commit_rotation(folder: &Path, seal_key: &Path, out: &Path) -> Result<PathBuf, ExchangeError> {
    let own = Rotating::open(folder, seal_key)?;
    let part = OwnPart::read_or_make(folder, &own.sealing, own.server, own.next()?, &own.keys)?;
    let name = format!("commitment-{}.json", own.server.number());
    files::write(out, &name, &part.commitment()?)?;
    Ok(out.join(name))
}

/// Second step, once all three commitments are there: writes to `out` a note to each key server and to the hub, each sealed to it.
/// `requests` are the `request.json` that three key servers and the hub made when they joined.
///
/// # Errors
///
/// [`ExchangeError::Content`] unless there is one commitment of each server, the own one among them, and for other
/// commitments than those revealed for before: then another server has changed its mind.
pub fn reveal_rotation(
    folder: &Path,
    seal_key: &Path,
    commitments: &[PathBuf],
    requests: &[PathBuf],
    out: &Path,
) -> Result<Vec<PathBuf>, ExchangeError> {
    let own = Rotating::open(folder, seal_key)?;
    let epoch = own.next()?;
    let part = OwnPart::read(folder, &own.sealing, own.server, epoch)?;
    let agreed = Agreed::of(commitments, epoch)?;
    if !agreed.of.contains(&part.commitment()?) {
        return Err(content(&folder.join(OWN_PART), "this server's own commitment among the three"));
    }
    if folder.join(AGREED).exists() && agreed_before(folder, epoch)?.digest != agreed.digest {
        return Err(content(&folder.join(AGREED), "the same commitments as before: this server reveals once"));
    }
    // Written down before anything is revealed.
    files::write(folder, AGREED, &agreed.of)?;
    let mut written = Vec::new();
    for (party, public) in sealing_keys(requests)? {
        let plain = match &party {
            Party::KeyServer(server) => part.plain(|zero| zero.share(*server)),
            _ => {
                let mut plain = Zeroizing::new(Vec::with_capacity(CONTRIBUTION_BYTES));
                put_contribution(&mut plain, &part.joinable);
                plain
            }
        };
        let sealed = seal_to(&public, &note_context(own.server, &party, epoch), &plain, &mut OsRng);
        let note = Note {
            from: own.server.number(),
            to: party.to_string(),
            epoch,
            agreed: agreed.digest.clone(),
            sealed: hex::encode(&sealed.ok_or(ExchangeError::Worker)?),
        };
        let name = note_name(own.server, &party);
        files::write(out, &name, &note)?;
        written.push(out.join(name));
    }
    Ok(written)
}

fn agreed_before(folder: &Path, epoch: u32) -> Result<Agreed, ExchangeError> {
    let of: Vec<Commitment> = files::read(folder, AGREED)?;
    Agreed::from(of, epoch).ok_or_else(|| content(&folder.join(AGREED), "three commitments to the next epoch"))
}

/// To whom notes are sealed: three key servers and the hub.
fn sealing_keys(requests: &[PathBuf]) -> Result<BTreeMap<Party, Element>, ExchangeError> {
    let mut keys = BTreeMap::new();
    for path in requests {
        let wrong = || content(path, "a request of a key server or the hub, with its sealing key");
        let (party, key) = sealed_to(&files::read_at(path)?).ok_or_else(wrong)?;
        keys.insert(party, key);
    }
    if keys.len() == ServerIndex::ALL.len() + 1 {
        Ok(keys)
    } else {
        let about = requests.first().map_or(Path::new(""), PathBuf::as_path);
        Err(content(about, "requests of three key servers and the hub"))
    }
}

fn sealed_to(request: &PartyRequest) -> Option<(Party, Element)> {
    let party = Party::parse(&request.party).filter(|party| !matches!(party, Party::Member(_)))?;
    Some((party, Element::parse(&unhex(request.sealing_key.as_ref()?)?, 0).ok()?))
}

/// Last step of a key server, which must not be running: takes the notes to it from the folder `post` and is in the next epoch, under the `published.json` that is in its
/// folder then. Run again after a break, it ends what was begun. Returns the epoch in force.
///
/// # Errors
///
/// [`ExchangeError::Share`] names the server whose number or zero share is not what it committed to; nothing has changed then.
pub fn take_rotation(folder: &Path, seal_key: &Path, post: &Path) -> Result<u32, ExchangeError> {
    let had_begun = folder.join(ROTATED).exists();
    let own = Rotating::open(folder, seal_key)?;
    if had_begun {
        return Ok(own.epoch);
    }
    let epoch = own.next()?;
    let agreed = agreed_before(folder, epoch)?;
    let wrong = || content(&folder.join(AGREED), "commitments of every class");
    let mut revealed: [Vec<Contribution>; 2] = Default::default();
    let mut added: Vec<BTreeMap<ClassCode, SecretScalar>> = Vec::new();
    for (from, plain) in notes(post, &Party::KeyServer(own.server), epoch, &agreed, &own.sealing)? {
        let opened = Opened::parse(from, &plain).ok_or(ShareError::Contribution { server: from })?;
        revealed[0].push(opened.joinable);
        revealed[1].push(opened.blind);
        added.push(opened.zeros);
    }
    let factor = |tier: Tier, revealed: &[Contribution]| -> Result<SecretScalar, ExchangeError> {
        Ok(delta(epoch, revealed, &agreed.factors(tier).ok_or_else(wrong)?)?)
    };
    let (joinable, blind) = (factor(Tier::Joinable, &revealed[0])?, factor(Tier::Blind, &revealed[1])?);
    let classes = Classes::shipped()?;
    let mut published = Published { epoch, rotated_from: Some(own.epoch), keys: Vec::new() };
    let mut shares = Vec::new();
    for (class, share) in &own.shares {
        let committed = agreed.zeros(*class).ok_or_else(wrong)?;
        let mut of_class = Vec::new();
        for ((from, zeros), commitment) in ServerIndex::ALL.into_iter().zip(&added).zip(&committed) {
            let zero = zeros.get(class).filter(|zero| ZeroShares::fits(zero, own.server, commitment));
            of_class.push(zero.ok_or(ShareError::Contribution { server: from })?.clone());
        }
        let factor = match classes.tier(*class) {
            Tier::Joinable => &joinable,
            Tier::Blind => &blind,
        };
        let key = own.keys.get(class).ok_or_else(wrong)?.rotated(factor, &committed)?;
        let share = share.rotated(factor, &of_class);
        share.check(&key)?;
        let [secret, slope] = key.commitments().map(|element| hex::encode(element.bytes()));
        published.keys.push(PublishedKey { class: class.0, secret, slope });
        shares.push((*class, share));
    }
    let public = own.sealing.public().ok_or(ExchangeError::Worker)?;
    let shares = seal_shares(own.server, epoch, &public, &shares)?;
    files::write(folder, ROTATED, &Rotated { shares, published })?;
    finish_rotation(folder)?;
    Ok(epoch)
}

/// Puts shares and published keys of a rotation that was decided in the place of the old ones, in as many attempts as it takes.
pub(super) fn finish_rotation(folder: &Path) -> Result<(), ExchangeError> {
    if !folder.join(ROTATED).exists() {
        return Ok(());
    }
    let Rotated { shares, published } = files::read(folder, ROTATED)?;
    files::write(folder, SHARES, &shares)?;
    files::write(folder, PUBLISHED, &published)?;
    // The file by which it would be done again goes last.
    for name in [OWN_PART, AGREED, ROTATED] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(files::file_error(&path))?;
        }
    }
    Ok(())
}

/// The hub's step, while it is not running: carries its elements and the published links over, indexes them anew on the next
/// start, and is in the epoch of `published`. Blind entries end with the old epoch. Run again after a break, it ends what was begun.
/// Returns how many elements were carried over.
///
/// # Errors
///
/// [`ExchangeError::Share`] names the server whose number is not what it committed to; [`ExchangeError::Content`] where the published keys
/// are not the old ones carried over. Nothing has changed then.
pub fn carry_hub(
    folder: &Path,
    published: &Path,
    commitments: &[PathBuf],
    post: &Path,
) -> Result<usize, ExchangeError> {
    let (old, keys) = files::group_keys(folder)?;
    let next: Published = files::read_at(published)?;
    if next.epoch == old {
        // The journal was written before the keys took their place.
        return hub::drop_retired(folder, old).map(|()| 0);
    }
    let agreed = Agreed::of(commitments, next.epoch)?;
    let wrong = |expected: &str| content(published, expected);
    let sealing = files::hub_sealing_key(&files::read(folder, files::HUB)?)
        .ok_or_else(|| content(&folder.join(files::HUB), "an index key of 64 hexadecimal digits"))?;
    let mut revealed = Vec::new();
    for (from, plain) in notes(post, &Party::Hub, next.epoch, &agreed, &sealing)? {
        revealed.push(to_hub(from, &plain).ok_or(ShareError::Contribution { server: from })?);
    }
    let factors = agreed.factors(Tier::Joinable).ok_or_else(|| wrong("commitments in hexadecimal digits"))?;
    let delta = delta(next.epoch, &revealed, &factors)?;
    let next_keys = next.group_keys().ok_or_else(|| wrong("commitments of every class"))?;
    let classes = Classes::shipped()?;
    let mut joinable = keys.iter().filter(|(class, _)| classes.tier(**class) == Tier::Joinable);
    let is_carried = |(class, key): (&ClassCode, &GroupKey)| {
        next_keys.get(class).is_some_and(|next| key.carries_over_to(&delta, next))
    };
    if next.rotated_from != Some(old) || !joinable.all(is_carried) {
        return Err(wrong("the keys of this epoch carried over to the next"));
    }
    let carried = hub::carry_journal(folder, old, next.epoch, &delta)?;
    files::write(folder, PUBLISHED, &next)?;
    hub::drop_retired(folder, next.epoch)?;
    Ok(carried)
}

/// What is read in the course of a rotation, each by a parser of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationFile {
    /// A server's commitment.
    Commitment,
    /// Three of them, as a server keeps what it revealed for.
    Agreed,
    /// A note, sealed.
    Note,
    /// What a note to a key server says once it is opened.
    ToKeyServer,
    /// What a note to the hub says once it is opened.
    ToHub,
    /// New shares and published keys.
    Rotated,
    /// A party's request, which says to whom a note is sealed.
    Request,
    /// The hub's journal, carried over from epoch 1 to 2 by the number 1.
    Journal,
}

impl RotationFile {
    /// All of them.
    pub const ALL: [RotationFile; 8] = [
        RotationFile::Commitment,
        RotationFile::Agreed,
        RotationFile::Note,
        RotationFile::ToKeyServer,
        RotationFile::ToHub,
        RotationFile::Rotated,
        RotationFile::Request,
        RotationFile::Journal,
    ];

    /// Reads a file and writes what was read; `None` where it cannot be read. For the fuzz target: what is written reads as itself.
    pub fn rewritten(self, bytes: &[u8]) -> Option<Vec<u8>> {
        fn json<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<Vec<u8>> {
            serde_json::to_vec(&serde_json::from_slice::<T>(bytes).ok()?).ok()
        }
        let [server, ..] = ServerIndex::ALL;
        match self {
            RotationFile::Commitment => json::<Commitment>(bytes),
            RotationFile::Agreed => {
                let agreed = Agreed::from(serde_json::from_slice(bytes).ok()?, 2)?;
                let classes = agreed.of.first()?.zeros.iter().map(|zero| ClassCode(zero.class));
                let has_all = classes.into_iter().all(|class| agreed.zeros(class).is_some());
                let has_factors = [Tier::Joinable, Tier::Blind].iter().all(|tier| agreed.factors(*tier).is_some());
                (has_all && has_factors).then(|| serde_json::to_vec(&agreed.of).ok())?
            }
            RotationFile::Note => json::<Note>(bytes),
            RotationFile::ToKeyServer => {
                let Opened { joinable, blind, zeros } = Opened::parse(server, bytes)?;
                let mut plain = Vec::new();
                put_contribution(&mut plain, &joinable);
                put_contribution(&mut plain, &blind);
                zeros.iter().for_each(|(class, scalar)| put_zero(&mut plain, *class, scalar));
                Some(plain)
            }
            RotationFile::ToHub => {
                let mut plain = Vec::new();
                put_contribution(&mut plain, &to_hub(server, bytes)?);
                Some(plain)
            }
            RotationFile::Rotated => {
                let rotated: Rotated = serde_json::from_slice(bytes).ok()?;
                rotated.published.group_keys()?;
                serde_json::to_vec(&rotated).ok()
            }
            RotationFile::Request => {
                let request: PartyRequest = serde_json::from_slice(bytes).ok()?;
                sealed_to(&request)?;
                serde_json::to_vec(&request).ok()
            }
            RotationFile::Journal => {
                let one: [u8; 32] = std::array::from_fn(|at| u8::from(at == 0));
                hub::carried_journal(bytes, 1, 2, &SecretScalar::parse(&one).ok()?).ok().map(|(bytes, _)| bytes)
            }
        }
    }
}
