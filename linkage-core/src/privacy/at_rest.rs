//! Sealing of a key server's shares: by the dealer under the server's public sealing key, and so they lie on its disk.
//!
//! ```text
//! dealer: SealedTo::seal ──► bytes in the server's folder ──► SealingKey::open, in memory, when the server starts
//! ```
//!
//! A fresh Diffie-Hellman key for every message, ChaCha20-Poly1305 under a key derived from the exchange, both public keys and the
//! context. The sealing key lies elsewhere than the folder (a mounted secret, a token): a copy of the folder alone says nothing.
//!
//! **Not here:** where the key lies (the server crate).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use curve25519_dalek::ristretto::RistrettoPoint;
use rand_core::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

use super::oprf::{ELEMENT_BYTES, Element, OprfError, SecretScalar};

/// A key server's own key, under which shares come to it; erased when dropped.
#[derive(Clone, Debug)]
pub struct SealingKey(SecretScalar);

impl SealingKey {
    /// A random one.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> SealingKey {
        SealingKey(SecretScalar::random(rng))
    }

    /// From its bytes.
    ///
    /// # Errors
    ///
    /// [`OprfError::Scalar`].
    pub fn parse(bytes: &[u8]) -> Result<SealingKey, OprfError> {
        SecretScalar::parse(bytes).map(SealingKey)
    }

    /// Its bytes, to be kept secret.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// What the dealer seals to. `None` does not happen: the key is not zero.
    pub fn public(&self) -> Option<Element> {
        self.0.public()
    }

    /// Opens what was sealed to this key in this context; `None` for anything else.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (fresh, closed) = sealed.split_at_checked(ELEMENT_BYTES)?;
        let (fresh, own) = (Element::parse(fresh, 0).ok()?, self.public()?);
        let cipher = cipher(fresh.point() * self.0.scalar(), &fresh, &own, context);
        cipher.decrypt(&Nonce::default(), Payload { msg: closed, aad: context }).ok().map(Zeroizing::new)
    }
}

/// Seals to a server's public key; `None` only if the cipher fails, which it does not for messages of this size.
pub fn seal_to(
    public: &Element,
    context: &[u8],
    plain: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Option<Vec<u8>> {
    let secret = SecretScalar::random(rng);
    let fresh = secret.public()?;
    let cipher = cipher(public.point() * secret.scalar(), &fresh, public, context);
    // The key is used once, so the nonce may be fixed.
    let closed = cipher.encrypt(&Nonce::default(), Payload { msg: plain, aad: context }).ok()?;
    Some([fresh.bytes().as_slice(), &closed].concat())
}

fn cipher(shared: RistrettoPoint, fresh: &Element, public: &Element, context: &[u8]) -> ChaCha20Poly1305 {
    let mut input = Zeroizing::new(Vec::with_capacity(3 * ELEMENT_BYTES + context.len()));
    let mut bytes = shared.compress().to_bytes();
    for part in [bytes.as_slice(), fresh.bytes(), public.bytes(), context] {
        input.extend_from_slice(part);
    }
    bytes.zeroize();
    let mut key = blake3::derive_key("linkage 2026-11-29 exchange: shares sealed to a key server", &input);
    let cipher = ChaCha20Poly1305::new(&key.into());
    key.zeroize();
    cipher
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn only_the_server_sealed_to_opens_and_only_in_its_context() {
        let (key, other) = (SealingKey::random(&mut OsRng), SealingKey::random(&mut OsRng));
        let sealed = seal_to(&key.public().unwrap(), b"server 1, epoch 7", b"shares", &mut OsRng).unwrap();
        assert_eq!(key.open(b"server 1, epoch 7", &sealed).unwrap().as_slice(), b"shares");
        assert_eq!(SealingKey::parse(&*key.to_bytes()).unwrap().open(b"server 1, epoch 7", &sealed).unwrap().len(), 6);
        assert!(other.open(b"server 1, epoch 7", &sealed).is_none());
        assert!(key.open(b"server 2, epoch 7", &sealed).is_none());
    }

    #[test]
    fn what_is_altered_or_cut_does_not_open() {
        let key = SealingKey::random(&mut OsRng);
        let sealed = seal_to(&key.public().unwrap(), b"", b"shares", &mut OsRng).unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(b"", &altered).is_none(), "byte {at}");
            assert!(key.open(b"", &sealed[..at]).is_none());
        }
    }
}
