//! The verifiable oblivious pseudorandom function: who evaluates sees nothing, who asks can check.
//!
//! ```text
//! member:     input ──hash_to_group──► P ──blind──► r·P
//! key server:                                r·P ──evaluate──► k·r·P + proof
//! member:     proof verified, then k·r·P ──unblind──► T = k·P
//! ```
//!
//! The construction is VOPRF of RFC 9497 over ristretto255 and SHA-512, and [`Suite::rfc9497`] gives its published vectors. Two
//! things leave the RFC, and with them its own claims: a [`Suite`] of ours puts class and epoch into the context string, and a token
//! is the group element itself, where the RFC hashes it ([`finalize`](Suite::finalize)), because a hash cannot be carried over
//! to the next epoch.
//!
//! - [`Suite`] is the function for one class and epoch; read it first.
//! - [`Element`] is a group element that was checked: canonical and not the identity.
//!
//! **Not here:** how several servers hold one key (`shares`).

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::token::{ClassCode, Tier};

/// Most elements in one evaluation: what a key server takes at once.
pub const BATCH_MAX: usize = 256;

/// Bytes of an element.
pub const ELEMENT_BYTES: usize = 32;

/// Bytes of a proof.
pub const PROOF_BYTES: usize = 64;

/// Why something that came from elsewhere is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OprfError {
    /// Not 32 bytes that spell a group element in the one canonical way, or the identity.
    #[error("element {at}: expected 32 bytes of a ristretto255 element that is not the identity")]
    Element {
        /// Its place in the list.
        at: usize,
    },
    /// A scalar that is not canonical, or zero.
    #[error("expected 32 bytes of a canonical scalar that is not zero")]
    Scalar,
    /// A proof of another length or with scalars that are not canonical.
    #[error("expected a proof of 64 bytes")]
    Proof,
    /// No elements, or too many.
    #[error("expected 1 to 256 elements, found {found}")]
    Batch {
        /// How many there are.
        found: usize,
    },
    /// Answers do not fit what was asked.
    #[error("expected as many elements in the answer as in the question")]
    Count,
    /// The proof does not hold: not evaluated under the key that was published.
    #[error("the proof does not hold: evaluated under another key than the published one")]
    Unproven,
    /// An input hashes to the identity, which nobody can find.
    #[error("the input hashes to the identity")]
    Input,
}

/// A group element, checked: canonical, and not the identity.
#[derive(Clone, Copy)]
pub struct Element {
    point: RistrettoPoint,
    bytes: [u8; ELEMENT_BYTES],
}

impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Element(..)")
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Element) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Element {}

impl Element {
    /// Reads an element.
    ///
    /// # Errors
    ///
    /// [`OprfError::Element`] for another length, a spelling that is not canonical and the identity.
    pub fn parse(bytes: &[u8], at: usize) -> Result<Element, OprfError> {
        let wrong = OprfError::Element { at };
        let bytes: [u8; ELEMENT_BYTES] = bytes.try_into().map_err(|_| wrong)?;
        let point = CompressedRistretto(bytes).decompress().ok_or(wrong)?;
        if point == RistrettoPoint::identity() { Err(wrong) } else { Ok(Element { point, bytes }) }
    }

    /// Reads a list of elements.
    ///
    /// # Errors
    ///
    /// [`OprfError::Batch`] for none and for more than [`BATCH_MAX`]; [`OprfError::Element`] for the first that is none.
    pub fn parse_all<B: AsRef<[u8]>>(list: &[B]) -> Result<Vec<Element>, OprfError> {
        if list.is_empty() || BATCH_MAX < list.len() {
            return Err(OprfError::Batch { found: list.len() });
        }
        list.iter().enumerate().map(|(at, bytes)| Element::parse(bytes.as_ref(), at)).collect()
    }

    /// Its canonical bytes.
    pub fn bytes(&self) -> &[u8; ELEMENT_BYTES] {
        &self.bytes
    }

    pub(super) fn point(&self) -> RistrettoPoint {
        self.point
    }

    /// Twice each point, with one inversion for the bytes of all of them: callers halve their scalar first.
    pub(super) fn doubled(halves: &[RistrettoPoint]) -> Vec<Element> {
        let bytes = RistrettoPoint::double_and_compress_batch(halves);
        let element = |(half, bytes): (&RistrettoPoint, CompressedRistretto)| Element {
            point: half + half,
            bytes: bytes.to_bytes(),
        };
        halves.iter().zip(bytes).map(element).collect()
    }

    /// `None` for the identity.
    pub(super) fn of(point: RistrettoPoint) -> Option<Element> {
        (point != RistrettoPoint::identity()).then(|| Element { point, bytes: point.compress().to_bytes() })
    }
}

/// One half, in the field of scalars.
pub(super) fn half() -> Scalar {
    Scalar::from(2_u8).invert()
}

/// A secret number, erased when it is dropped and never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretScalar(Scalar);

impl std::fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretScalar(..)")
    }
}

impl SecretScalar {
    /// A random one, not zero.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> SecretScalar {
        loop {
            let scalar = Scalar::random(rng);
            if scalar != Scalar::ZERO {
                return SecretScalar(scalar);
            }
        }
    }

    /// From canonical bytes.
    ///
    /// # Errors
    ///
    /// [`OprfError::Scalar`] for zero, another length and what is not canonical.
    pub fn parse(bytes: &[u8]) -> Result<SecretScalar, OprfError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| OprfError::Scalar)?;
        let scalar: Option<Scalar> = Scalar::from_canonical_bytes(bytes).into();
        scalar.filter(|scalar| *scalar != Scalar::ZERO).map(SecretScalar).ok_or(OprfError::Scalar)
    }

    /// The bytes, to be sealed.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public side: it times the generator.
    pub fn public(&self) -> Option<Element> {
        Element::of(&self.0 * RISTRETTO_BASEPOINT_TABLE)
    }

    pub(super) fn scalar(&self) -> &Scalar {
        &self.0
    }

    pub(super) fn of(scalar: Scalar) -> SecretScalar {
        SecretScalar(scalar)
    }
}

/// Proof that a batch was evaluated under one key: challenge and response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    challenge: Scalar,
    response: Scalar,
}

impl Proof {
    /// Reads a proof.
    ///
    /// # Errors
    ///
    /// [`OprfError::Proof`].
    pub fn parse(bytes: &[u8]) -> Result<Proof, OprfError> {
        let scalar = |bytes: &[u8]| -> Option<Scalar> { Scalar::from_canonical_bytes(bytes.try_into().ok()?).into() };
        let (challenge, response) = bytes.split_at_checked(32).ok_or(OprfError::Proof)?;
        match (scalar(challenge), scalar(response)) {
            (Some(challenge), Some(response)) => Ok(Proof { challenge, response }),
            _ => Err(OprfError::Proof),
        }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        bytes[..32].copy_from_slice(self.challenge.as_bytes());
        bytes[32..].copy_from_slice(self.response.as_bytes());
        bytes
    }
}

/// A batch evaluated under one key, with the proof of it.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// As many as were asked, in their order.
    pub elements: Vec<Element>,
    /// That all of them were evaluated under the published key.
    pub proof: Proof,
}

/// The function for one class in one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    context: Vec<u8>,
    /// What separates the points that inputs hash to.
    points: Vec<u8>,
}

/// Mode 1 (verifiable) of the RFC's context string.
const CONTEXT: &[u8] = b"OPRFV1-\x01-ristretto255-SHA512";

impl Suite {
    /// The RFC's own, for its vectors.
    pub fn rfc9497() -> Suite {
        Suite { context: CONTEXT.to_vec(), points: CONTEXT.to_vec() }
    }

    /// Ours: separated by class and epoch, so that neither points nor proofs of one are of use in another. But an input of a joinable
    /// class hashes to one point in all epochs, which only the key tells apart: with the epoch in it, an element carried over to a
    /// rotated key would not be the one that a member evaluates anew.
    pub fn of(class: ClassCode, tier: Tier, epoch: u32) -> Suite {
        let mut context = CONTEXT.to_vec();
        context.extend_from_slice(b"-linkage-exchange-v1");
        context.extend_from_slice(&class.0.to_be_bytes());
        let of_all_epochs = context.clone();
        context.extend_from_slice(&epoch.to_be_bytes());
        let points = match tier {
            Tier::Joinable => of_all_epochs,
            Tier::Blind => context.clone(),
        };
        Suite { context, points }
    }

    /// The element that an input hashes to; nobody knows its logarithm.
    ///
    /// # Errors
    ///
    /// [`OprfError::Input`] where it is the identity.
    pub fn hash_to_group(&self, input: &[u8]) -> Result<RistrettoPoint, OprfError> {
        let uniform = expand(&self.points, b"HashToGroup-", &[input]);
        let point = RistrettoPoint::from_uniform_bytes(&uniform);
        if point == RistrettoPoint::identity() { Err(OprfError::Input) } else { Ok(point) }
    }

    /// An input made unrecognisable: what is sent to key servers.
    ///
    /// # Errors
    ///
    /// As [`hash_to_group`](Suite::hash_to_group).
    pub fn blind(&self, input: &[u8], blind: &SecretScalar) -> Result<Element, OprfError> {
        Element::of(self.hash_to_group(input)? * blind.0).ok_or(OprfError::Input)
    }

    /// What a key server does: evaluates a batch and proves that it did so under its key.
    ///
    /// # Errors
    ///
    /// [`OprfError::Batch`] for an empty or oversized batch.
    pub fn evaluate(
        &self,
        key: &SecretScalar,
        public: &Element,
        blinded: &[Element],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Evaluated, OprfError> {
        let nonce = SecretScalar::random(rng);
        self.evaluate_with(key, public, blinded, &nonce)
    }

    /// As [`evaluate`](Suite::evaluate), with the nonce of the proof given, which must never be used twice.
    pub(super) fn evaluate_with(
        &self,
        key: &SecretScalar,
        public: &Element,
        blinded: &[Element],
        nonce: &SecretScalar,
    ) -> Result<Evaluated, OprfError> {
        if blinded.is_empty() || BATCH_MAX < blinded.len() {
            return Err(OprfError::Batch { found: blinded.len() });
        }
        let halved = SecretScalar(key.0 * half());
        let halves: Vec<RistrettoPoint> = blinded.iter().map(|element| element.point * halved.0).collect();
        let elements = Element::doubled(&halves);
        let weights = self.weights(public, blinded, &elements);
        let composite = RistrettoPoint::vartime_multiscalar_mul(&weights, blinded.iter().map(|element| element.point));
        let evaluated = composite * key.0;
        let commitments = [&nonce.0 * RISTRETTO_BASEPOINT_TABLE, composite * nonce.0];
        let challenge = self.challenge(public, composite, evaluated, commitments);
        let response = nonce.0 - challenge * key.0;
        Ok(Evaluated { elements, proof: Proof { challenge, response } })
    }

    /// Checks that a batch was evaluated under the key whose public side is given.
    ///
    /// # Errors
    ///
    /// [`OprfError::Count`] and [`OprfError::Unproven`].
    pub fn verify(&self, public: &Element, blinded: &[Element], evaluated: &Evaluated) -> Result<(), OprfError> {
        let Evaluated { elements, proof } = evaluated;
        if blinded.len() != elements.len() {
            return Err(OprfError::Count);
        }
        let weights = self.weights(public, blinded, elements);
        let composite = RistrettoPoint::vartime_multiscalar_mul(&weights, blinded.iter().map(|element| element.point));
        let result = RistrettoPoint::vartime_multiscalar_mul(&weights, elements.iter().map(|element| element.point));
        let Proof { challenge, response } = proof;
        let commitments = [
            RistrettoPoint::vartime_double_scalar_mul_basepoint(challenge, &public.point, response),
            RistrettoPoint::vartime_multiscalar_mul([response, challenge], [composite, result]),
        ];
        let expected = self.challenge(public, composite, result, commitments);
        if bool::from(expected.as_bytes().ct_eq(challenge.as_bytes())) { Ok(()) } else { Err(OprfError::Unproven) }
    }

    /// The RFC's output for one key. Not what a token is: see the module's first lines.
    pub fn finalize(&self, input: &[u8], blind: &SecretScalar, evaluated: &Element) -> [u8; 64] {
        let unblinded = evaluated.point * blind.0.invert();
        let mut hash = Sha512::new();
        hash.update((input.len() as u16).to_be_bytes());
        hash.update(input);
        hash.update((ELEMENT_BYTES as u16).to_be_bytes());
        hash.update(unblinded.compress().as_bytes());
        hash.update(b"Finalize");
        hash.finalize().into()
    }

    /// Random weights that tie a batch together (RFC 9497, section 2.2.1).
    fn weights(&self, public: &Element, blinded: &[Element], evaluated: &[Element]) -> Vec<Scalar> {
        let mut dst = b"Seed-".to_vec();
        dst.extend_from_slice(&self.context);
        let seed = Sha512::new()
            .chain_update((ELEMENT_BYTES as u16).to_be_bytes())
            .chain_update(public.bytes)
            .chain_update((dst.len() as u16).to_be_bytes())
            .chain_update(&dst)
            .finalize();
        let length = (ELEMENT_BYTES as u16).to_be_bytes();
        let weight = |(at, (c, d)): (usize, (&Element, &Element))| {
            let parts: [&[u8]; 8] = [
                &(seed.len() as u16).to_be_bytes(),
                &seed,
                &(at as u16).to_be_bytes(),
                &length,
                &c.bytes,
                &length,
                &d.bytes,
                b"Composite",
            ];
            self.hash_to_scalar(&parts)
        };
        blinded.iter().zip(evaluated).enumerate().map(weight).collect()
    }

    fn challenge(
        &self,
        public: &Element,
        composite: RistrettoPoint,
        result: RistrettoPoint,
        [first, second]: [RistrettoPoint; 2],
    ) -> Scalar {
        let length = (ELEMENT_BYTES as u16).to_be_bytes();
        let [composite, result, first, second] = [composite, result, first, second].map(|p| p.compress().to_bytes());
        let parts: [&[u8]; 11] = [
            &length,
            &public.bytes,
            &length,
            &composite,
            &length,
            &result,
            &length,
            &first,
            &length,
            &second,
            b"Challenge",
        ];
        self.hash_to_scalar(&parts)
    }

    pub(super) fn hash_to_scalar(&self, parts: &[&[u8]]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&expand(&self.context, b"HashToScalar-", parts))
    }
}

/// `expand_message_xmd` with SHA-512 to 64 bytes, one block of output (RFC 9380, section 5.3.1).
fn expand(context: &[u8], label: &[u8], message: &[&[u8]]) -> [u8; 64] {
    const BLOCK: [u8; 128] = [0; 128];
    let suffix = [(label.len() + context.len()) as u8];
    let mut first = Sha512::new();
    first.update(BLOCK);
    message.iter().for_each(|part| first.update(part));
    first.update([0, 64, 0]);
    first.update(label);
    first.update(context);
    first.update(suffix);
    let mut second = Sha512::new();
    second.update(first.finalize());
    second.update([1]);
    second.update(label);
    second.update(context);
    second.update(suffix);
    second.finalize().into()
}

#[cfg(test)]
mod tests;
