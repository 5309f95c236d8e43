//! Each test is one question that an analyst or the seller asks about a link.
//! Only `check` and `explained` call the code under test.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Explanation, explanation, sets};
use crate::compare::{Bits, Feature, Level, Outcome, levels};
use crate::fingerprint::Kind;
use crate::score::{Band, Epoch, feature, weigh};

/// The outcome of a kind at the level of this name; an agreement is on a value that hardly anybody else shows.
fn outcome(kind: Kind, level: &str) -> Outcome {
    let hub = (level == "HUB").then_some(Level::HUB);
    let at = levels(kind).iter().position(|info| info.name == level);
    let level = hub.unwrap_or_else(|| Level(at.unwrap_or_else(|| panic!("{} has {level}", kind.name())) as u8));
    Outcome { feature: feature(kind), level, surprisal: Some(Bits::new(35.0)), of_many: false, cites: (0, 0) }
}

fn explained(outcomes: &[Outcome]) -> Explanation {
    let epoch = Epoch::zero().unwrap();
    explanation(&weigh(outcomes, &epoch), &epoch)
}

/// Says band, minimal set, and what the band is without each kind; each value is commoner than the one before.
#[track_caller]
fn check(outcomes: &[(Kind, &str)], expected: Expect) {
    let rarities = (0..).map(|at| Some(Bits::new(40.0 - 2.0 * f64::from(at))));
    let outcomes =
        outcomes.iter().zip(rarities).map(|((kind, level), surprisal)| Outcome { surprisal, ..outcome(*kind, level) });
    let outcomes: Vec<Outcome> = outcomes.collect();
    let found = explained(&outcomes);
    let mut text = format!("{}, minimal {}\n", found.band, found.minimal.join(" + "));
    for other in &found.without {
        text.push_str(&format!("without {}: {}\n", other.kind, other.band));
    }
    expected.assert_eq(&text);
}

fn sum(explanation: &Explanation) -> f64 {
    let counted = explanation.terms.iter().filter(|line| line.counted).map(|line| line.bits);
    explanation.prior_bits + counted.sum::<f64>()
}

#[test]
fn a_payee_alone_links_and_without_it_nothing_does() {
    check(
        &[(Kind::Payment, "EXACT"), (Kind::DisplayName, "ELSE")],
        expect![[r#"
            ACT, minimal PAYMENT
            without PAYMENT: NONE
        "#]],
    );
}

#[test]
fn a_phone_alone_is_a_lead() {
    check(
        &[(Kind::Phone, "EXACT")],
        expect![[r#"
            LEAD, minimal PHONE
            without PHONE: NONE
        "#]],
    );
}

#[test]
fn of_a_payee_and_a_phone_and_a_mail_address_each_pair_would_do() {
    check(
        &[(Kind::Payment, "EXACT"), (Kind::Phone, "EXACT"), (Kind::Email, "EXACT")],
        expect![[r#"
            ACT, minimal PAYMENT
            without PAYMENT: LEAD
            without PHONE: ACT
            without EMAIL: ACT
        "#]],
    );
}

#[test]
fn a_copy_of_the_registration_does_not_hide_in_the_minimal_set() {
    check(
        &[(Kind::Registration, "EXACT"), (Kind::Street, "EXACT"), (Kind::CompanyName, "EXACT")],
        expect![[r#"
            ACT, minimal REGISTRATION + STREET
            without REGISTRATION: ACT
            without STREET: ACT
        "#]],
    );
}

#[test]
fn a_street_does_not_link_alone_where_a_copy_of_the_name_helped() {
    check(
        &[(Kind::CompanyName, "EXACT"), (Kind::DisplayName, "JOINED"), (Kind::Street, "EXACT")],
        expect![[r#"
            ACT, minimal STREET + COMPANY_NAME
            without STREET: LEAD
            without COMPANY_NAME: ACT
        "#]],
    );
}

#[test]
fn the_sentence_says_what_the_level_means() {
    let found =
        explained(&[outcome(Kind::Phone, "EXACT"), outcome(Kind::Email, "HUB"), outcome(Kind::BirthDate, "ELSE")]);
    let lines: Vec<String> = found
        .terms
        .iter()
        .map(|line| {
            let sign = if line.bits > 0.0 {
                "for"
            } else if line.bits < 0.0 {
                "against"
            } else {
                "nothing"
            };
            format!("{sign}: {} ({} {}), 1 in {:?}", line.sentence, line.group, line.level, line.one_in)
        })
        .collect();
    expect![[r#"
        for: the same telephone number (PHONE EXACT), 1 in Some(34359738368.0)
        nothing: the same value, but held by too many accounts to mean anything (EMAIL HUB), 1 in None
        against: different dates of birth (BIRTH ELSE), 1 in None
        against: they may be relatives, partners or a firm and its agent instead (RELATED PERHAPS), 1 in None"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn nothing_in_common_is_explained_by_the_prior_alone() {
    let found = explained(&[]);
    assert_eq!((found.prior_bits, found.band), (found.weight_bits, "NONE"));
    assert!(found.minimal.is_empty() && found.without.is_empty() && found.terms.is_empty());
}

/// At most one outcome a kind, as `compare` gives them.
fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
    let chosen: Vec<_> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let level = prop_oneof![4 => (0..levels(kind).len() as u8).prop_map(Level), 1 => Just(Level::HUB), 6 => Just(Level(99))];
            (level, 0.0..30.0_f64).prop_map(move |(level, bits)| Outcome {
                feature: Feature { kind, class: 0 },
                level,
                surprisal: Some(Bits::new(bits)),
                of_many: false,
                cites: (0, 0),
            })
        })
        .collect();
    chosen.prop_map(|outcomes| outcomes.into_iter().filter(|outcome| outcome.level != Level(99)).collect())
}

#[test]
fn every_set_of_a_size_is_tried_once() {
    assert_eq!(sets(4, 2).collect::<Vec<_>>(), [0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100]);
    assert_eq!((sets(3, 3).count(), sets(1, 1).count(), sets(29, 3).count()), (1, 1, 3654));
}

proptest! {
    #[test]
    fn every_explanation_adds_up_to_its_total(outcomes in outcomes()) {
        let found = explained(&outcomes);
        // Exactly: bits are whole steps, which floating point holds without loss.
        prop_assert_eq!(sum(&found), found.weight_bits);
        let found: Vec<_> = found.terms.iter().filter(|line| line.kind != "RELATED").collect();
        prop_assert_eq!(found.len(), outcomes.len());
        prop_assert!(found.is_sorted_by(|a, b| a.bits >= b.bits));
    }

    #[test]
    fn the_minimal_set_links_alone_and_without_it_the_rest_does_not(outcomes in outcomes()) {
        let epoch = Epoch::zero().unwrap();
        let weighed = weigh(&outcomes, &epoch);
        let (band, found) = (weighed.band(&epoch), explanation(&weighed, &epoch));
        prop_assert_eq!(band == Band::None, found.minimal.is_empty());
        if band != Band::None {
            let in_set = |outcome: &Outcome| found.minimal.contains(&outcome.feature.kind.name());
            let speaks_for = |outcome: &Outcome| epoch.term_bits(outcome) > Bits::ZERO;
            let alone: Vec<Outcome> = outcomes.iter().filter(|outcome| in_set(outcome) || !speaks_for(outcome)).copied().collect();
            let rest: Vec<Outcome> = outcomes.iter().filter(|outcome| !in_set(outcome)).copied().collect();
            prop_assert!(band <= weigh(&alone, &epoch).band(&epoch), "{:?} is not sufficient", found.minimal);
            prop_assert!(weigh(&rest, &epoch).band(&epoch) < band, "{:?} is not necessary", found.minimal);
        }
    }

    #[test]
    fn each_counterfactual_is_the_pair_weighed_without_that_kind(outcomes in outcomes()) {
        let epoch = Epoch::zero().unwrap();
        for other in explained(&outcomes).without {
            let rest: Vec<Outcome> = outcomes.iter().filter(|outcome| outcome.feature.kind.name() != other.kind).copied().collect();
            let rest = weigh(&rest, &epoch);
            prop_assert_eq!((other.weight_bits, other.band), (rest.total.get(), rest.band(&epoch).name()));
        }
    }
}
