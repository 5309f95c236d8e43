//! What may become a token of private matching, and that each strong identifier is one in both tiers.

use linkage_core::privacy::token::{Class, Classes, Tier};

#[track_caller]
fn refused(line: &str, expected: &str) {
    assert_eq!(Classes::parse(&format!("# a comment\n{line}")).unwrap_err().to_string(), expected);
}

#[test]
fn a_single_name_town_or_postal_code_is_no_token() {
    let expected =
        "token classes line 2: expected two parts for a blind class, or one text, picture or strong identifier";
    for part in ["WORD", "NEAR", "SOUND", "BIRTH", "STREET", "NUMBER", "POSTCODE", "TOWN"] {
        refused(&format!("90\tBLIND\tX\t{part}\tADDRESS\t2\ta reason"), expected);
    }
    refused(
        "90\tJOINABLE\tX\tTOWN\tADDRESS\t2\ta reason",
        "token classes line 2: expected one strong identifier for a joinable class",
    );
    refused(
        "90\tJOINABLE\tX\tTEXT\tLISTING\t2\ta reason",
        "token classes line 2: expected one strong identifier for a joinable class",
    );
}

#[test]
fn every_strong_identifier_is_an_element_and_a_box() {
    let classes = Classes::shipped().unwrap();
    let strong = |tier: Tier| classes.iter().filter(move |class| class.tier == tier && class.is_strong());
    // Capped alike, so that two members draw the same of too many.
    let shape = |class: &Class| (class.parts.clone(), class.groups.clone(), class.most);
    assert_eq!(
        strong(Tier::Joinable).map(shape).collect::<Vec<_>>(),
        strong(Tier::Blind).map(shape).collect::<Vec<_>>()
    );
    assert!(classes.iter().filter(|class| class.tier == Tier::Joinable).all(Class::is_strong));
    assert!(
        strong(Tier::Joinable)
            .zip(strong(Tier::Blind))
            .all(|(element, sealed)| sealed.name == format!("{}_BOX", element.name))
    );
}
