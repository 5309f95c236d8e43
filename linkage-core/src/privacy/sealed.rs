//! What leaves a member: tags, boxes, openers and signed envelopes.
//!
//! ```text
//! token ──KDF "tag"──► Tag         token ──KDF "key"──► seal(Sealed { pseudonym, class, sketch, opener }) ──► box
//! ```
//!
//! Whoever holds the token finds the tag and opens the box; whoever holds neither sees random bytes, and a dummy is as good. All keys are
//! derived with BLAKE3 under a label of their own; boxes are ChaCha20-Poly1305 with the tag as associated data; openers are keyed
//! BLAKE3 under a key that the owner registers for the pseudonym.
//!
//! **Not here:** messages. Envelopes sign bytes.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::token::{ClassCode, Classes, Sketch};

/// Bytes of an opened box: pseudonym, class, sketch, opener.
const PLAIN_BYTES: usize = 16 + 2 + 2 + 16;

/// Bytes of a box: nonce, what is sealed, authenticator. All boxes have this length.
pub const BOX_BYTES: usize = 12 + PLAIN_BYTES + 16;

/// How far an envelope's time may be from that of who reads it, in seconds: an hour of skew, and half an hour under way.
pub const ENVELOPE_SECONDS_MAX: i64 = 90 * 60;

/// A name for an account that says nothing; random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PseudonymId(pub [u8; 16]);

impl PseudonymId {
    /// A random one.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> PseudonymId {
        PseudonymId(random(rng))
    }
}

/// A name for one joinable element of one member, of whatever accounts; random, so that no two elements are known to be of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ElementHandle(pub [u8; 16]);

impl ElementHandle {
    /// A random one.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> ElementHandle {
        ElementHandle(random(rng))
    }
}

/// Under which a box is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag(pub [u8; 16]);

/// A pseudorandom function of an input that nobody computes alone: the bytes of a group element. Whoever holds it knows that an account shows the input
/// it was made of, so it is a secret of its member.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Token(pub [u8; 32]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// Its tag.
    pub fn tag(&self) -> Tag {
        let derived = blake3::derive_key("linkage 2026-11-28 exchange: tag of a token", &self.0);
        let mut tag = [0; 16];
        tag.copy_from_slice(&derived[..16]);
        Tag(tag)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        let mut key = blake3::derive_key("linkage 2026-11-28 exchange: key of a box", &self.0);
        let cipher = ChaCha20Poly1305::new(&key.into());
        key.zeroize();
        cipher
    }
}

/// The key by which the hub checks openers of one pseudonym; known to its owner and the hub.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct OpeningKey(pub [u8; 32]);

impl std::fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpeningKey(..)")
    }
}

impl OpeningKey {
    /// A random one.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> OpeningKey {
        OpeningKey(random(rng))
    }

    /// The proof that a box of this class was opened.
    pub fn opener(&self, class: ClassCode, epoch: u32) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(b"linkage exchange opener");
        hasher.update(&class.0.to_be_bytes());
        hasher.update(&epoch.to_be_bytes());
        let mut opener = [0; 16];
        opener.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        opener
    }

    /// Whether openers are right and speak for two evidence groups together, or one of them for a strong identifier. A composite of two groups
    /// is found by nobody who does not hold a value of each, so the opener of its box alone speaks for both.
    pub fn opens(&self, openers: &[(ClassCode, [u8; 16])], epoch: u32, classes: &Classes) -> bool {
        let right = openers.iter().filter(|(class, opener)| self.opener(*class, epoch).ct_eq(opener).into());
        classes.suffice(right.map(|(class, _)| *class))
    }
}

/// What lies in a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Whose.
    pub pseudonym: PseudonymId,
    /// The class of the token.
    pub class: ClassCode,
    /// Which kinds the account shows.
    pub sketch: Sketch,
    /// The proof of having opened it.
    pub opener: [u8; 16],
}

/// Seals under a token; `None` only if the cipher fails, which it does not for so few bytes.
pub fn seal(token: &Token, sealed: &Sealed, rng: &mut (impl RngCore + CryptoRng)) -> Option<[u8; BOX_BYTES]> {
    let mut plain = [0; PLAIN_BYTES];
    plain[..16].copy_from_slice(&sealed.pseudonym.0);
    plain[16..18].copy_from_slice(&sealed.class.0.to_be_bytes());
    plain[18..20].copy_from_slice(&sealed.sketch.0.to_be_bytes());
    plain[20..].copy_from_slice(&sealed.opener);
    let nonce: [u8; 12] = random(rng);
    let payload = Payload { msg: &plain, aad: &token.tag().0 };
    let closed = token.cipher().encrypt(Nonce::from_slice(&nonce), payload).ok()?;
    let mut bytes = [0; BOX_BYTES];
    bytes[..12].copy_from_slice(&nonce);
    bytes[12..].copy_from_slice(&closed);
    Some(bytes)
}

/// Opens a box; `None` where it was sealed under another token, or is a dummy.
pub fn open(token: &Token, sealed: &[u8]) -> Option<Sealed> {
    if sealed.len() != BOX_BYTES {
        return None;
    }
    let (nonce, closed) = sealed.split_at(12);
    let plain = token.cipher().decrypt(Nonce::from_slice(nonce), Payload { msg: closed, aad: &token.tag().0 }).ok()?;
    let number = |at: usize| Some(u16::from_be_bytes(plain.get(at..at + 2)?.try_into().ok()?));
    Some(Sealed {
        pseudonym: PseudonymId(plain.get(..16)?.try_into().ok()?),
        class: ClassCode(number(16)?),
        sketch: Sketch(number(18)?),
        opener: plain.get(20..36)?.try_into().ok()?,
    })
}

/// An entry that nobody can open and nobody can tell from another.
pub fn dummy(rng: &mut (impl RngCore + CryptoRng)) -> (Tag, [u8; BOX_BYTES]) {
    (Tag(random(rng)), random(rng))
}

fn random<const N: usize>(rng: &mut (impl RngCore + CryptoRng)) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// What a member signs.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The member's name.
    pub member: &'a str,
    /// The epoch.
    pub epoch: u32,
    /// What it asks for.
    pub method: &'a str,
    /// Why.
    pub purpose: &'a str,
    /// When, in seconds since 1970.
    pub issued_at: i64,
    /// Random, never twice.
    pub nonce: &'a [u8],
    /// The message.
    pub payload: &'a [u8],
}

impl Signed<'_> {
    /// One spelling of all fields, lengths included, so that nothing can be moved from one to the next.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"linkage exchange envelope 1".to_vec();
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.issued_at.to_be_bytes());
        let parts = [self.member.as_bytes(), self.method.as_bytes(), self.purpose.as_bytes(), self.nonce, self.payload];
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// Why an envelope is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not signed by the member it names, or altered.
    #[error("envelope: the signature is not its member's")]
    Signature,
    /// Too old, or of the future.
    #[error("envelope: expected a time within 90 minutes of now")]
    Time,
}

/// A member's signing key; erased when dropped.
pub struct MemberKey(SigningKey);

impl std::fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberKey(..)")
    }
}

impl MemberKey {
    /// A random one.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> MemberKey {
        MemberKey(SigningKey::generate(rng))
    }

    /// From its bytes.
    pub fn parse(bytes: &[u8; 32]) -> MemberKey {
        MemberKey(SigningKey::from_bytes(bytes))
    }

    /// The bytes, to be kept secret.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// By which others check it.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs.
    pub fn sign(&self, signed: &Signed<'_>) -> [u8; 64] {
        self.0.sign(&signed.bytes()).to_bytes()
    }
}

/// Checks an envelope against its member's public key and the time.
///
/// # Errors
///
/// [`EnvelopeError`].
pub fn verify(public: &[u8; 32], signed: &Signed<'_>, signature: &[u8], now: i64) -> Result<(), EnvelopeError> {
    let key = VerifyingKey::from_bytes(public).map_err(|_| EnvelopeError::Signature)?;
    let signature = Signature::from_slice(signature).map_err(|_| EnvelopeError::Signature)?;
    key.verify_strict(&signed.bytes(), &signature).map_err(|_| EnvelopeError::Signature)?;
    let apart = now.saturating_sub(signed.issued_at).unsigned_abs();
    if apart <= ENVELOPE_SECONDS_MAX.unsigned_abs() { Ok(()) } else { Err(EnvelopeError::Time) }
}

#[cfg(test)]
mod tests;
