//! The RFC's vectors, another implementation as oracle, and everything that must be refused.

use rand_core::{OsRng, RngCore};
use voprf::{BlindedElement, Ristretto255, VoprfClient, VoprfServer};

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn secret(hex: &str) -> SecretScalar {
    SecretScalar::parse(&bytes(hex)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 9497, appendix A.1.2: inputs, blinds, blinded and evaluated elements, proof, nonce of the proof, outputs.
#[track_caller]
fn check_vector(rows: &[[&str; 5]], proof: &str, nonce: &str) {
    let suite = Suite::rfc9497();
    let key = secret("e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909");
    let public = key.public().unwrap();
    assert_eq!(hex(public.bytes()), "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e");
    let blinded: Vec<Element> =
        rows.iter().map(|[input, blind, ..]| suite.blind(&bytes(input), &secret(blind)).unwrap()).collect();
    let evaluated = suite.evaluate_with(&key, &public, &blinded, &secret(nonce)).unwrap();
    suite.verify(&public, &blinded, &evaluated).unwrap();
    assert_eq!(hex(&evaluated.proof.to_bytes()), proof);
    for ((row, blinded), element) in rows.iter().zip(&blinded).zip(&evaluated.elements) {
        let [input, blind, blinded_hex, evaluated_hex, output] = row;
        assert_eq!(hex(blinded.bytes()), *blinded_hex);
        assert_eq!(hex(element.bytes()), *evaluated_hex);
        assert_eq!(hex(&suite.finalize(&bytes(input), &secret(blind), element)), *output);
    }
}

const FIRST: [&str; 5] = [
    "00",
    "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
    "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
    "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
];

const NONCE: &str = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e";

#[test]
fn rfc_9497_vector_1() {
    let proof = "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d";
    check_vector(&[FIRST], proof, NONCE);
}

#[test]
fn rfc_9497_vector_2() {
    let row = [
        "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
        "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
        "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
        "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
    ];
    let proof = "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02";
    check_vector(&[row], proof, NONCE);
}

#[test]
fn rfc_9497_vector_3_a_batch() {
    let second = [
        "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        NONCE,
        "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
        "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
        "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
    ];
    let proof = "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08";
    check_vector(&[FIRST, second], proof, "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c");
}

/// Another implementation's client and our server, and the other way round.
#[test]
fn agrees_with_another_implementation_in_both_roles() {
    let suite = Suite::rfc9497();
    let mut rng = OsRng;
    for round in 0..8_u8 {
        let input = [round; 11];
        let key = SecretScalar::random(&mut rng);
        let public = key.public().unwrap();

        let asked = VoprfClient::<Ristretto255>::blind(&input, &mut rng).unwrap();
        let blinded = [Element::parse(&asked.message.serialize(), 0).unwrap()];
        let ours = suite.evaluate(&key, &public, &blinded, &mut rng).unwrap();
        let server = VoprfServer::<Ristretto255>::new_with_key(&key.to_bytes()).unwrap();
        let element = voprf::EvaluationElement::<Ristretto255>::deserialize(ours.elements[0].bytes()).unwrap();
        let proof = voprf::Proof::<Ristretto255>::deserialize(&ours.proof.to_bytes()).unwrap();
        let theirs = asked.state.finalize(&input, &element, &proof, server.get_public_key()).unwrap();

        let blind = SecretScalar::random(&mut rng);
        let blinded = suite.blind(&input, &blind).unwrap();
        let message = BlindedElement::<Ristretto255>::deserialize(blinded.bytes()).unwrap();
        let answer = server.blind_evaluate(&mut rng, &message);
        let element = Element::parse(&answer.message.serialize(), 0).unwrap();
        let proof = Proof::parse(&answer.proof.serialize()).unwrap();
        suite.verify(&public, &[blinded], &Evaluated { elements: vec![element], proof }).unwrap();
        assert_eq!(suite.finalize(&input, &blind, &element)[..], theirs[..]);
    }
}

fn evaluated(count: usize) -> (Suite, Element, Vec<Element>, Evaluated) {
    let suite = Suite::of(ClassCode(1), Tier::Joinable, 1);
    let key = SecretScalar::random(&mut OsRng);
    let public = key.public().unwrap();
    let blinded: Vec<Element> = (0..count as u32)
        .map(|at| suite.blind(&at.to_be_bytes(), &SecretScalar::random(&mut OsRng)).unwrap())
        .collect();
    let answer = suite.evaluate(&key, &public, &blinded, &mut OsRng).unwrap();
    suite.verify(&public, &blinded, &answer).unwrap();
    (suite, public, blinded, answer)
}

#[test]
fn one_foreign_element_in_a_batch_is_noticed() {
    let (suite, public, blinded, mut answer) = evaluated(64);
    answer.elements[17] = answer.elements[18];
    assert_eq!(suite.verify(&public, &blinded, &answer), Err(OprfError::Unproven));
}

#[test]
fn an_answer_in_another_order_is_noticed() {
    let (suite, public, blinded, mut answer) = evaluated(2);
    answer.elements.swap(0, 1);
    assert_eq!(suite.verify(&public, &blinded, &answer), Err(OprfError::Unproven));
}

#[test]
fn an_answer_of_another_length_is_noticed() {
    let (suite, public, blinded, mut answer) = evaluated(3);
    answer.elements.pop();
    assert_eq!(suite.verify(&public, &blinded, &answer), Err(OprfError::Count));
}

#[test]
fn a_proof_under_another_class_or_epoch_does_not_hold() {
    let (_, public, blinded, answer) = evaluated(2);
    for suite in
        [Suite::of(ClassCode(2), Tier::Joinable, 1), Suite::of(ClassCode(1), Tier::Joinable, 2), Suite::rfc9497()]
    {
        assert_eq!(suite.verify(&public, &blinded, &answer), Err(OprfError::Unproven));
    }
}

#[test]
fn one_input_is_another_point_in_another_class_and_in_another_epoch_unless_it_is_carried_over() {
    let point = |suite: Suite| suite.hash_to_group(b"+442079460000").unwrap().compress();
    let here = point(Suite::of(ClassCode(1), Tier::Joinable, 1));
    assert_ne!(here, point(Suite::of(ClassCode(2), Tier::Joinable, 1)));
    assert_eq!(here, point(Suite::of(ClassCode(1), Tier::Joinable, 2)));
    let blind = point(Suite::of(ClassCode(20), Tier::Blind, 1));
    assert_ne!(blind, point(Suite::of(ClassCode(21), Tier::Blind, 1)));
    assert_ne!(blind, point(Suite::of(ClassCode(20), Tier::Blind, 2)));
}

#[test]
fn two_blinds_of_one_input_have_nothing_in_common() {
    let suite = Suite::of(ClassCode(1), Tier::Joinable, 1);
    let blind = || *suite.blind(b"same", &SecretScalar::random(&mut OsRng)).unwrap().bytes();
    assert_ne!(blind(), blind());
}

#[test]
fn the_identity_is_refused() {
    assert_eq!(Element::parse(&[0; 32], 4), Err(OprfError::Element { at: 4 }));
}

/// RFC 9496, appendix A.2: not canonical, negative, no square root.
#[test]
fn what_is_not_canonical_is_refused() {
    for wrong in [
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        assert_eq!(Element::parse(&bytes(wrong), 0), Err(OprfError::Element { at: 0 }), "{wrong}");
    }
}

#[test]
fn elements_of_another_length_are_refused() {
    let mut long = Suite::of(ClassCode(1), Tier::Joinable, 1)
        .blind(b"x", &SecretScalar::random(&mut OsRng))
        .unwrap()
        .bytes()
        .to_vec();
    long.push(0);
    assert_eq!(Element::parse(&long, 0), Err(OprfError::Element { at: 0 }));
    assert_eq!(Element::parse(&long[..31], 0), Err(OprfError::Element { at: 0 }));
    assert_eq!(Element::parse(&[], 0), Err(OprfError::Element { at: 0 }));
}

#[test]
fn a_batch_has_1_to_256_elements() {
    let (_, _, blinded, _) = evaluated(1);
    let list = |count: usize| vec![*blinded[0].bytes(); count];
    assert_eq!(Element::parse_all(&list(0)), Err(OprfError::Batch { found: 0 }));
    assert_eq!(Element::parse_all(&list(257)), Err(OprfError::Batch { found: 257 }));
    assert_eq!(Element::parse_all(&list(256)).unwrap().len(), 256);
}

#[test]
fn zero_and_unreduced_scalars_are_no_keys() {
    assert_eq!(SecretScalar::parse(&[0; 32]).err(), Some(OprfError::Scalar));
    assert_eq!(SecretScalar::parse(&[255; 32]).err(), Some(OprfError::Scalar));
    let mut bytes = [0; 64];
    OsRng.fill_bytes(&mut bytes);
    bytes[31] = 255;
    assert_eq!(Proof::parse(&bytes), Err(OprfError::Proof));
    assert_eq!(Proof::parse(&bytes[..63]), Err(OprfError::Proof));
}

#[test]
fn secrets_print_nothing() {
    let secret = SecretScalar::random(&mut OsRng);
    assert_eq!(format!("{secret:?}"), "SecretScalar(..)");
}
