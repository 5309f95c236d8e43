//! Answers to pairs; that they do not depend on sides, and that models survive writing.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{Comparer, Model, Trainer, measures};
use crate::normalize::alias::Aliases;
use crate::record::{Pair, PairKind};
use crate::score::Band;
use crate::score::head::{Head, Shape};

fn comparer() -> Comparer {
    Comparer::new(Model::default()).unwrap()
}

fn persons(left: &str, right: &str) -> Pair {
    Pair::PersonNames([left.to_owned(), right.to_owned()])
}

fn companies(left: &str, right: &str) -> Pair {
    Pair::CompanyNames([left.to_owned(), right.to_owned()])
}

#[test]
fn names_alone_are_never_acted_on() {
    let answer = comparer().compare(&persons("Ignatius Quillfeather", "Ignatius Quillfeather"));
    assert_eq!(answer.band, Band::Lead);
}

#[test]
fn the_heads_that_ship_can_be_read() {
    for kind in [PairKind::PersonName, PairKind::CompanyName] {
        assert!(Model::shipped().head(kind).is_some(), "{}", kind.name());
    }
}

#[test]
fn names_across_scripts_are_told_from_strangers() {
    for (left, right, other) in [
        ("习近平", "Xi Jinping", "Yao Ming"),
        ("Дмитрий Волков", "Dmitry Volkov", "Dmitry Ivanov"),
        ("バラク・オバマ", "Barack Obama", "George Harrison"),
        ("Smith, John", "John Smith", "Joan Carter"),
    ] {
        let (same, stranger) = (comparer().compare(&persons(left, right)), comparer().compare(&persons(left, other)));
        assert!(0.5 < same.probability, "{left} and {right}: {same:?}");
        assert!(stranger.probability < 0.5, "{left} and {other}: {stranger:?}");
    }
}

#[test]
fn aliases_may_be_others_or_none() {
    let pair = companies("宜家", "IKEA");
    let none = Comparer::with_aliases(Model::default(), Cow::Owned(Aliases::none())).unwrap();
    assert!(0.99 < comparer().compare(&pair).probability);
    assert!(none.compare(&pair).probability < comparer().compare(&pair).probability);
}

#[test]
fn names_without_a_letter_say_nothing() {
    for pair in [persons("!!!", "???"), companies("🙂", "Acme Ltd"), persons("\u{202e}\u{200b}", "Ann Lee")] {
        let answer = comparer().compare(&pair);
        assert_eq!(answer.band, Band::None);
        assert!(answer.probability.is_finite());
    }
}

fn labelled() -> Vec<(Pair, bool)> {
    let names = [
        "Ann Lee",
        "王小明",
        "Bob Stone",
        "Дмитрий Волков",
        "Carla Diaz",
        "李娜",
        "Olaf Berg",
        "Mia Fox",
        "Ugo Re",
        "Tom Ash",
        "Eve Orr",
        "Ida Moe",
    ];
    let same = names.iter().map(|name| (persons(name, name), true));
    let other = names.iter().zip(names.iter().skip(1)).map(|(left, right)| (persons(left, right), false));
    same.chain(other).collect()
}

#[test]
fn a_trained_model_replaces_the_weights_of_its_kinds_only_and_survives_writing() {
    let mut trainer = Trainer::default();
    trainer.add(&comparer(), &labelled()).unwrap();
    let trained = trainer.fit().unwrap();
    let model = Model::from_json(trained.model.to_json().as_bytes()).unwrap();
    assert_eq!(model, trained.model);
    let with = Comparer::new(model).unwrap();
    let (firm, person) = (companies("Acme Ltd", "Acme"), persons("Ann Lee", "Anne Lee"));
    assert_eq!(with.compare(&firm), comparer().compare(&firm));
    assert_ne!(with.compare(&person), comparer().compare(&person));
}

#[test]
fn a_model_that_does_not_fit_is_refused() {
    let head = |width: usize| Head {
        measures: measures(PairKind::PersonName).iter().map(|name| (*name).to_owned()).collect(),
        shape: Shape::Linear { base_bits: 0.0, weights: vec![1.0; width], centres: vec![0.0; width] },
    };
    let mut model = Model::default();
    model.put(PairKind::PersonName, head(measures(PairKind::PersonName).len()));
    let json = model.to_json();
    assert!(Model::from_json(json.as_bytes()).is_ok());
    model.put(PairKind::PersonName, head(2));
    assert!(Model::from_json(model.to_json().as_bytes()).is_err());
    assert!(Model::from_json(json.replace("linkage-model-1", "linkage-model-2").as_bytes()).is_err());
    assert!(Model::from_json(json.replace("person_name", "shop").as_bytes()).is_err());
    assert!(Model::from_json(b"").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sides_may_be_exchanged(left in "\\PC{0,24}", right in "\\PC{0,24}") {
        let comparer = comparer();
        prop_assert_eq!(comparer.compare(&persons(&left, &right)), comparer.compare(&persons(&right, &left)));
        prop_assert_eq!(comparer.compare(&companies(&left, &right)), comparer.compare(&companies(&right, &left)));
    }
}
