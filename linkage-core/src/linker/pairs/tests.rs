//! Answers to pairs; that they do not depend on sides, and that models survive writing.

use proptest::prelude::*;

use super::{Comparer, Model, Trainer, measures};
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
