//! One key in three hands, of which any two evaluate: shares, their commitments, and the combination of answers.
//!
//! ```text
//! deal ──► GroupKey (published) + 3 KeyShares (one to each server)
//! two servers' Evaluated ──combine──► tokens, or the name of the server whose answer is wrong
//! ```
//!
//! Shamir's scheme with threshold 2 over a polynomial `s + a·x`; Feldman's commitments `s·G` and `a·G` let everybody compute every
//! server's public share, against which its proofs are checked.
//!
//! Source: Shamir, "How to share a secret", 1979; Feldman, "A practical scheme for non-interactive verifiable secret sharing", 1987.
//!
//! **Rotation** multiplies the key by a number δ that the servers agree on by commit and reveal, and adds a share of zero, so that a share of the
//! old epoch and one of the new do not make a quorum. The hub carries its elements over with δ. It ages a stolen snapshot of
//! elements; it does not heal a leaked quorum, because whoever holds a key and learns δ holds the next one.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use rand_core::{CryptoRng, RngCore};
use subtle::ConstantTimeEq;

use super::oprf::{Element, Evaluated, OprfError, SecretScalar, Suite, half};

/// How many servers hold shares.
pub const SERVERS: u8 = 3;

/// How many of them evaluate together.
pub const THRESHOLD: usize = 2;

/// Which server: 1, 2 or 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerIndex(u8);

impl ServerIndex {
    /// All of them.
    pub const ALL: [ServerIndex; 3] = [ServerIndex(1), ServerIndex(2), ServerIndex(3)];

    /// The server with this number.
    pub fn new(number: u32) -> Option<ServerIndex> {
        ServerIndex::ALL.into_iter().find(|index| u32::from(index.0) == number)
    }

    /// Its number, 1 to 3.
    pub fn number(self) -> u32 {
        u32::from(self.0)
    }

    fn scalar(self) -> Scalar {
        Scalar::from(self.0)
    }
}

impl std::fmt::Display for ServerIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "key server {}", self.0)
    }
}

/// Why shares or answers are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// A share does not fit the commitments.
    #[error("{server}: its share does not fit the published commitments")]
    Share {
        /// Whose.
        server: ServerIndex,
    },
    /// An answer is wrong: another key, other elements, or a proof that does not hold.
    #[error("{server}: {reason}")]
    Answer {
        /// Whose.
        server: ServerIndex,
        /// What is wrong with it.
        #[source]
        reason: OprfError,
    },
    /// Not two answers of two different servers.
    #[error("expected answers of two different key servers")]
    Quorum,
    /// The number of a rotation is zero, or a contribution is not what was committed to.
    #[error("{server}: its contribution to the rotation is not what it committed to")]
    Contribution {
        /// Whose.
        server: ServerIndex,
    },
    /// A commitment is the identity: nobody deals that by chance.
    #[error("expected commitments that are not the identity")]
    Commitments,
}

/// What is published of a key: commitments to its polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupKey {
    secret: Element,
    slope: Element,
}

impl GroupKey {
    /// From the two commitments, `s·G` and `a·G`.
    pub fn new(secret: Element, slope: Element) -> GroupKey {
        GroupKey { secret, slope }
    }

    /// The commitments.
    pub fn commitments(&self) -> [&Element; 2] {
        [&self.secret, &self.slope]
    }

    /// The key's public side.
    pub fn public(&self) -> &Element {
        &self.secret
    }

    /// The public side of one server's share.
    ///
    /// # Errors
    ///
    /// [`ShareError::Commitments`] where it is the identity.
    pub fn share(&self, server: ServerIndex) -> Result<Element, ShareError> {
        let point = self.secret.point() + self.slope.point() * server.scalar();
        Element::of(point).ok_or(ShareError::Commitments)
    }
}

/// One server's share of one key; erased when dropped.
#[derive(Clone, Debug)]
pub struct KeyShare {
    /// Whose.
    pub server: ServerIndex,
    /// The share.
    pub secret: SecretScalar,
}

impl KeyShare {
    /// Refuses a share that does not fit what was published.
    ///
    /// # Errors
    ///
    /// [`ShareError::Share`].
    pub fn check(&self, key: &GroupKey) -> Result<(), ShareError> {
        let fits = self.secret.public() == Some(key.share(self.server)?);
        if fits { Ok(()) } else { Err(ShareError::Share { server: self.server }) }
    }

    /// Evaluates a batch with this share.
    ///
    /// # Errors
    ///
    /// [`OprfError::Batch`].
    pub fn evaluate(
        &self,
        suite: &Suite,
        public: &Element,
        blinded: &[Element],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Evaluated, OprfError> {
        suite.evaluate(&self.secret, public, blinded, rng)
    }
}

/// Makes a key and its shares. Whoever calls it knows the key: the trusted dealer of the ceremony, whose memory is erased.
pub fn deal(rng: &mut (impl RngCore + CryptoRng)) -> Result<(GroupKey, [KeyShare; 3]), ShareError> {
    let (secret, slope) = (SecretScalar::random(rng), SecretScalar::random(rng));
    let public = |scalar: &SecretScalar| scalar.public().ok_or(ShareError::Commitments);
    let key = GroupKey::new(public(&secret)?, public(&slope)?);
    let share = |server: ServerIndex| KeyShare {
        server,
        secret: SecretScalar::of(secret.scalar() + slope.scalar() * server.scalar()),
    };
    Ok((key, ServerIndex::ALL.map(share)))
}

/// What the answer of one server counts in the combination of two: `j / (j − i)` at zero.
fn lagrange(of: ServerIndex, other: ServerIndex) -> Scalar {
    other.scalar() * (other.scalar() - of.scalar()).invert()
}

/// One server's answer to a batch.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whose.
    pub server: ServerIndex,
    /// The elements and their proof.
    pub evaluated: Evaluated,
}

/// Checks the answers of two servers against the published key, combines them and takes the blinds away. A wrong answer names its server.
///
/// `blinds` are those that `blinded` were made with, in the same order.
///
/// # Errors
///
/// [`ShareError::Quorum`] unless there are two answers of different servers; [`ShareError::Answer`] for the first whose proof does not hold.
pub fn combine(
    suite: &Suite,
    key: &GroupKey,
    blinded: &[Element],
    blinds: &[SecretScalar],
    answers: &[Answer; THRESHOLD],
) -> Result<Vec<Element>, ShareError> {
    let [one, other] = answers;
    if one.server == other.server || blinded.len() != blinds.len() {
        return Err(ShareError::Quorum);
    }
    for Answer { server, evaluated } in answers {
        let verified = suite.verify(&key.share(*server)?, blinded, evaluated);
        verified.map_err(|reason| ShareError::Answer { server: *server, reason })?;
    }
    let (first, second) = (lagrange(one.server, other.server), lagrange(other.server, one.server));
    let mut inverses: Vec<Scalar> = blinds.iter().map(|blind| *blind.scalar()).collect();
    Scalar::batch_invert(&mut inverses);
    let half = half();
    // Weights are public, so both answers meet in variable time; the blind is taken away in constant time.
    let unblinded = one.evaluated.elements.iter().zip(&other.evaluated.elements).zip(&inverses);
    let halves: Vec<RistrettoPoint> = unblinded
        .map(|((a, b), inverse)| {
            RistrettoPoint::vartime_multiscalar_mul([&first, &second], [a.point(), b.point()]) * (inverse * half)
        })
        .collect();
    inverses.iter_mut().for_each(zeroize::Zeroize::zeroize);
    // Neither factor is zero and no answer is the identity, so no token is, unless two servers conspire.
    let tokens = Element::doubled(&halves);
    let is_none = tokens.iter().any(|token| token.point() == RistrettoPoint::identity());
    if is_none { Err(ShareError::Commitments) } else { Ok(tokens) }
}

/// A server's part in a rotation, published in two steps: first the commitment of all, then the number.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// Whose.
    pub server: ServerIndex,
    /// A factor of δ.
    pub factor: SecretScalar,
    /// Hides the factor until all have committed.
    pub salt: [u8; 32],
}

impl Contribution {
    /// A random one.
    pub fn random(server: ServerIndex, rng: &mut (impl RngCore + CryptoRng)) -> Contribution {
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        Contribution { server, factor: SecretScalar::random(rng), salt }
    }

    /// What is published first.
    pub fn commitment(&self, epoch: u32) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("linkage 2026-11-28 commitment to a rotation");
        hasher.update(&epoch.to_be_bytes());
        hasher.update(&[self.server.0]);
        hasher.update(&self.salt);
        hasher.update(&self.factor.to_bytes());
        *hasher.finalize().as_bytes()
    }
}

/// The number that carries one epoch to the next: the product of what the servers revealed.
///
/// # Errors
///
/// [`ShareError::Contribution`] names the first server whose number is not what it committed to; [`ShareError::Quorum`] unless
/// there is one of each server.
pub fn delta(epoch: u32, revealed: &[Contribution], commitments: &[[u8; 32]]) -> Result<SecretScalar, ShareError> {
    let servers: Vec<ServerIndex> = revealed.iter().map(|part| part.server).collect();
    if servers != ServerIndex::ALL || commitments.len() != revealed.len() {
        return Err(ShareError::Quorum);
    }
    for (part, commitment) in revealed.iter().zip(commitments) {
        if !bool::from(part.commitment(epoch).ct_eq(commitment)) {
            return Err(ShareError::Contribution { server: part.server });
        }
    }
    Ok(SecretScalar::of(revealed.iter().map(|part| *part.factor.scalar()).product()))
}

/// A polynomial with zero at zero: what makes new shares of an old key.
#[derive(Clone, Debug)]
pub struct ZeroShares {
    slope: SecretScalar,
}

impl ZeroShares {
    /// A random one.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> ZeroShares {
        ZeroShares { slope: SecretScalar::random(rng) }
    }

    /// The one with this slope.
    pub fn of(slope: SecretScalar) -> ZeroShares {
        ZeroShares { slope }
    }

    /// Its slope, to be kept secret.
    pub fn slope(&self) -> &SecretScalar {
        &self.slope
    }

    /// Whether what one server was given is what was committed to.
    pub fn fits(share: &SecretScalar, server: ServerIndex, commitment: &Element) -> bool {
        share.public() == Element::of(commitment.point() * server.scalar())
    }

    /// What one server adds.
    pub fn share(&self, server: ServerIndex) -> SecretScalar {
        SecretScalar::of(self.slope.scalar() * server.scalar())
    }

    /// The commitment by which everybody checks it.
    ///
    /// # Errors
    ///
    /// [`ShareError::Commitments`].
    pub fn commitment(&self) -> Result<Element, ShareError> {
        self.slope.public().ok_or(ShareError::Commitments)
    }
}

impl KeyShare {
    /// The share in the next epoch: times δ, plus what the zero shares add.
    #[must_use]
    pub fn rotated(&self, delta: &SecretScalar, zeros: &[SecretScalar]) -> KeyShare {
        let added: Scalar = zeros.iter().map(|zero| *zero.scalar()).sum();
        KeyShare { server: self.server, secret: SecretScalar::of(self.secret.scalar() * delta.scalar() + added) }
    }
}

impl GroupKey {
    /// Whether another key is this one times δ.
    pub fn carries_over_to(&self, delta: &SecretScalar, next: &GroupKey) -> bool {
        Element::of(self.secret.point() * delta.scalar()).is_some_and(|secret| secret == next.secret)
    }

    /// The commitments in the next epoch.
    ///
    /// # Errors
    ///
    /// [`ShareError::Commitments`].
    pub fn rotated(&self, delta: &SecretScalar, zeros: &[Element]) -> Result<GroupKey, ShareError> {
        let added: RistrettoPoint = zeros.iter().map(Element::point).sum();
        let secret = Element::of(self.secret.point() * delta.scalar()).ok_or(ShareError::Commitments)?;
        let slope = Element::of(self.slope.point() * delta.scalar() + added).ok_or(ShareError::Commitments)?;
        Ok(GroupKey { secret, slope })
    }
}

/// Carries elements over to the next epoch.
pub fn carry_over(elements: &[Element], delta: &SecretScalar) -> Vec<Element> {
    let halved = delta.scalar() * half();
    let halves: Vec<RistrettoPoint> = elements.iter().map(|element| element.point() * halved).collect();
    Element::doubled(&halves)
}

#[cfg(test)]
mod tests;
