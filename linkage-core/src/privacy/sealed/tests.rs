//! A box opens with its token alone; an envelope holds for what it was signed for.

use rand_core::OsRng;

use super::*;

fn sealed() -> Sealed {
    Sealed { pseudonym: PseudonymId([7; 16]), class: ClassCode(6), sketch: Sketch(9), opener: [3; 16] }
}

#[test]
fn a_box_opens_with_its_token_and_no_other() {
    let closed = seal(&Token([1; 32]), &sealed(), &mut OsRng).unwrap();
    assert_eq!(open(&Token([1; 32]), &closed), Some(sealed()));
    assert_eq!(open(&Token([2; 32]), &closed), None);
}

#[test]
fn an_altered_box_does_not_open() {
    let mut closed = seal(&Token([1; 32]), &sealed(), &mut OsRng).unwrap();
    closed[20] ^= 1;
    assert_eq!(open(&Token([1; 32]), &closed), None);
    assert_eq!(open(&Token([1; 32]), &closed[1..]), None);
}

#[test]
fn two_boxes_of_one_token_differ() {
    let seal = || seal(&Token([1; 32]), &sealed(), &mut OsRng).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn a_dummy_is_as_long_as_a_box_and_opens_for_nobody() {
    let (_, closed) = dummy(&mut OsRng);
    assert_eq!(closed.len(), BOX_BYTES);
    assert_eq!(open(&Token([1; 32]), &closed), None);
}

#[test]
fn one_group_does_not_open_a_pseudonym_and_a_composite_of_two_does() {
    let (key, classes) = (OpeningKey::random(&mut OsRng), Classes::shipped().unwrap());
    let opener = |class: u16| (ClassCode(class), key.opener(ClassCode(class), 1));
    let opens = |openers: &[(ClassCode, [u8; 16])], epoch: u32| key.opens(openers, epoch, &classes);
    // Two words of a name, and how they sound: one group.
    assert!(!opens(&[opener(20), opener(21)], 1));
    // A street with its town, and with its postal code: one group again, however many boxes.
    assert!(!opens(&[opener(33), opener(34), opener(34)], 1));
    // A copied listing and its picture: copies of one thing.
    assert!(!opens(&[opener(45), opener(46)], 1));
    assert!(opens(&[opener(45), opener(33)], 1));
    // A word with the date of birth: two groups.
    assert!(opens(&[opener(22)], 1));
    assert!(opens(&[opener(20), opener(22)], 1));
    assert!(!opens(&[opener(20), opener(22)], 2));
    assert!(!opens(&[opener(20), (ClassCode(22), [0; 16])], 1));
}

#[test]
fn one_strong_identifier_opens_a_pseudonym() {
    let (key, classes) = (OpeningKey::random(&mut OsRng), Classes::shipped().unwrap());
    let strong: Vec<ClassCode> = classes.iter().filter(|class| class.name.ends_with("_BOX")).map(|c| c.code).collect();
    assert_eq!(strong.len(), 7);
    for class in strong {
        assert!(key.opens(&[(class, key.opener(class, 1))], 1, &classes));
        assert!(!key.opens(&[(class, key.opener(class, 2))], 1, &classes));
        assert!(!key.opens(&[(class, OpeningKey::random(&mut OsRng).opener(class, 1))], 1, &classes));
        // A right opener of one group does not make a forged one right.
        assert!(!key.opens(&[(ClassCode(20), key.opener(ClassCode(20), 1)), (class, [0; 16])], 1, &classes));
    }
}

fn envelope(payload: &[u8]) -> Signed<'_> {
    Signed {
        member: "a",
        epoch: 1,
        method: "Submit",
        purpose: "ENFORCEMENT",
        issued_at: 1_000_000,
        nonce: &[1; 16],
        payload,
    }
}

#[test]
fn an_envelope_holds_for_its_member_its_content_and_its_time() {
    let key = MemberKey::random(&mut OsRng);
    let signature = key.sign(&envelope(b"x"));
    let check = |public: &[u8; 32], signed: &Signed<'_>, now: i64| verify(public, signed, &signature, now);
    assert_eq!(check(&key.public(), &envelope(b"x"), 1_000_000), Ok(()));
    assert_eq!(check(&key.public(), &envelope(b"y"), 1_000_000), Err(EnvelopeError::Signature));
    let other = MemberKey::random(&mut OsRng).public();
    assert_eq!(check(&other, &envelope(b"x"), 1_000_000), Err(EnvelopeError::Signature));
    let moved = Signed { method: "Open", ..envelope(b"x") };
    assert_eq!(check(&key.public(), &moved, 1_000_000), Err(EnvelopeError::Signature));
    assert_eq!(check(&key.public(), &envelope(b"x"), 1_000_000 + 3_600), Ok(()));
    assert_eq!(check(&key.public(), &envelope(b"x"), 1_000_000 - 3_600), Ok(()));
    assert_eq!(check(&key.public(), &envelope(b"x"), 1_000_000 + 5_401), Err(EnvelopeError::Time));
}
