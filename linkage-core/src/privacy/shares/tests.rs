//! Any two of three make the same token; who answers wrongly is named.

use rand_core::OsRng;

use super::super::token::{ClassCode, Tier};
use super::*;

struct World {
    suite: Suite,
    key: GroupKey,
    shares: [KeyShare; 3],
    blinds: Vec<SecretScalar>,
    blinded: Vec<Element>,
}

fn world() -> World {
    let suite = Suite::of(ClassCode(4), Tier::Joinable, 7);
    let (key, shares) = deal(&mut OsRng).unwrap();
    let (blinds, blinded) = asked(&suite);
    World { suite, key, shares, blinds, blinded }
}

fn asked(suite: &Suite) -> (Vec<SecretScalar>, Vec<Element>) {
    let blinds: Vec<SecretScalar> = (0..5).map(|_| SecretScalar::random(&mut OsRng)).collect();
    let blinded = blinds.iter().enumerate().map(|(at, blind)| suite.blind(&[at as u8], blind).unwrap()).collect();
    (blinds, blinded)
}

impl World {
    fn answer(&self, at: usize) -> Answer {
        let share = &self.shares[at];
        let public = self.key.share(share.server).unwrap();
        let evaluated = share.evaluate(&self.suite, &public, &self.blinded, &mut OsRng).unwrap();
        Answer { server: share.server, evaluated }
    }

    fn combine(&self, answers: [Answer; 2]) -> Result<Vec<Element>, ShareError> {
        combine(&self.suite, &self.key, &self.blinded, &self.blinds, &answers)
    }

    fn tokens(&self, at: usize, other: usize) -> Vec<Element> {
        self.combine([self.answer(at), self.answer(other)]).unwrap()
    }
}

#[test]
fn all_quorums_give_the_same_token() {
    let world = world();
    let tokens = world.tokens(0, 1);
    for (one, other) in [(0, 2), (1, 2), (1, 0), (2, 0), (2, 1)] {
        assert_eq!(world.tokens(one, other), tokens);
    }
}

#[test]
fn a_token_is_the_key_times_the_input_whatever_the_blind() {
    let mut world = world();
    let tokens = world.tokens(0, 1);
    (world.blinds, world.blinded) = asked(&world.suite);
    assert_eq!(world.tokens(1, 2), tokens);
    let secret = lagrange(ServerIndex(1), ServerIndex(2)) * world.shares[0].secret.scalar()
        + lagrange(ServerIndex(2), ServerIndex(1)) * world.shares[1].secret.scalar();
    let direct = world.suite.hash_to_group(&[0]).unwrap() * secret;
    assert_eq!(tokens[0].bytes(), &direct.compress().to_bytes());
}

#[test]
fn a_server_that_answers_with_another_key_is_named() {
    let mut world = world();
    let good = world.answer(0);
    world.shares[1].secret = SecretScalar::random(&mut OsRng);
    let wrong = world.answer(1);
    let named = ShareError::Answer { server: ServerIndex(2), reason: OprfError::Unproven };
    assert_eq!(world.combine([good.clone(), wrong.clone()]), Err(named));
    assert_eq!(world.combine([wrong, good]), Err(named));
}

#[test]
fn a_server_that_proves_with_its_own_public_key_is_named() {
    let world = world();
    let secret = SecretScalar::random(&mut OsRng);
    let own = secret.public().unwrap();
    let evaluated = world.suite.evaluate(&secret, &own, &world.blinded, &mut OsRng).unwrap();
    let wrong = Answer { server: ServerIndex(3), evaluated };
    let named = ShareError::Answer { server: ServerIndex(3), reason: OprfError::Unproven };
    assert_eq!(world.combine([world.answer(0), wrong]), Err(named));
}

#[test]
fn one_server_twice_is_no_quorum() {
    let world = world();
    assert_eq!(world.combine([world.answer(0), world.answer(0)]), Err(ShareError::Quorum));
}

#[test]
fn a_share_that_does_not_fit_the_commitments_is_named() {
    let mut world = world();
    for share in &world.shares {
        share.check(&world.key).unwrap();
    }
    world.shares[2].server = ServerIndex(1);
    assert_eq!(world.shares[2].check(&world.key), Err(ShareError::Share { server: ServerIndex(1) }));
}

#[test]
fn one_share_alone_is_not_the_key() {
    let world = world();
    let direct = world.suite.hash_to_group(&[0]).unwrap() * world.shares[0].secret.scalar();
    assert_ne!(world.tokens(0, 1)[0].bytes(), &direct.compress().to_bytes());
}

fn rotate(world: &World) -> (SecretScalar, GroupKey, [KeyShare; 3]) {
    let parts: Vec<Contribution> =
        ServerIndex::ALL.iter().map(|server| Contribution::random(*server, &mut OsRng)).collect();
    let commitments: Vec<[u8; 32]> = parts.iter().map(|part| part.commitment(8)).collect();
    let delta = delta(8, &parts, &commitments).unwrap();
    let zeros: Vec<ZeroShares> = (0..3).map(|_| ZeroShares::random(&mut OsRng)).collect();
    let published: Vec<Element> = zeros.iter().map(|zero| zero.commitment().unwrap()).collect();
    let key = world.key.rotated(&delta, &published).unwrap();
    let shares = world.shares.clone().map(|share| {
        let added: Vec<SecretScalar> = zeros.iter().map(|zero| zero.share(share.server)).collect();
        share.rotated(&delta, &added)
    });
    (delta, key, shares)
}

#[test]
fn rotated_shares_give_what_the_hub_carried_over() {
    let mut world = world();
    let before = world.tokens(0, 1);
    let (delta, key, shares) = rotate(&world);
    for share in &shares {
        share.check(&key).unwrap();
    }
    (world.key, world.shares) = (key, shares);
    // What a member evaluates under the new key, in the new epoch's suite, is what the hub carried over.
    world.suite = Suite::of(ClassCode(4), Tier::Joinable, 8);
    assert_eq!(world.tokens(1, 2), carry_over(&before, &delta));
    assert_ne!(world.tokens(1, 2), before);
}

#[test]
fn an_old_share_and_a_new_one_are_no_quorum() {
    let mut world = world();
    let (_, key, shares) = rotate(&world);
    let old = world.shares[0].clone();
    (world.key, world.shares) = (key, shares);
    world.shares[0] = old;
    let named = ShareError::Answer { server: ServerIndex(1), reason: OprfError::Unproven };
    assert_eq!(world.combine([world.answer(0), world.answer(1)]), Err(named));
}

#[test]
fn who_reveals_another_number_than_committed_is_named() {
    let mut parts: Vec<Contribution> =
        ServerIndex::ALL.iter().map(|server| Contribution::random(*server, &mut OsRng)).collect();
    let commitments: Vec<[u8; 32]> = parts.iter().map(|part| part.commitment(8)).collect();
    parts[1].factor = SecretScalar::random(&mut OsRng);
    let error = delta(8, &parts, &commitments).map(drop);
    assert_eq!(error, Err(ShareError::Contribution { server: ServerIndex(2) }));
    assert_eq!(delta(8, &parts[..2], &commitments[..2]).map(drop), Err(ShareError::Quorum));
}
