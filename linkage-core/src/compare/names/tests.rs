//! Names that are one under another spelling, script or order, and names that are not; that sides do not matter.

use proptest::prelude::*;

use super::spelling::{bones, distance, distance_within, likeness, read_distance};
use super::{MEASURES, Sketch, Weights, measure, same_alias};
use crate::normalize::alias::Aliases;
use crate::normalize::han;

fn value(measures: &[f64], name: &str) -> f64 {
    measures[MEASURES.iter().position(|measure| *measure == name).unwrap()]
}

fn persons(left: &str, right: &str, name: &str) -> f64 {
    value(&measure(&Sketch::person(left), &Sketch::person(right)), name)
}

fn company(name: &str) -> Sketch {
    Sketch::company(name, &Weights::default(), &Aliases::none())
}

fn companies(left: &str, right: &str, name: &str) -> f64 {
    value(&measure(&company(left), &company(right)), name)
}

#[test]
fn spellings_of_one_sound_are_near() {
    assert_eq!(distance(b"anna", b"anna"), 0);
    assert!(distance(b"mohamed", b"mohammed") < distance(b"mohamed", b"mohawmed"));
    assert_eq!(distance(b"carol", b"carlo"), 8);
    assert_eq!(distance(b"", b"bd"), 16);
    assert!(0.85 < likeness(b"sergei", b"sergey"));
    assert_eq!(likeness(b"", b""), 1.0);
}

#[test]
fn scripts_without_vowels_have_the_same_bones() {
    assert_eq!(bones("mohammad"), bones("mhmd"));
    assert_eq!(bones("barack"), bones("baraku"));
}

#[test]
fn every_syllable_is_read_as_fits_best() {
    let readings: Vec<&[String]> = "耐克".chars().map(han::readings).collect();
    let (near, _) = read_distance(&readings, b"nike");
    let (far, _) = read_distance(&readings, b"adidas");
    assert!(near < far);
    assert_eq!(read_distance(&[], b""), (0, 0));
}

#[test]
fn people_are_found_across_scripts() {
    for (left, right) in [
        ("Barack Obama", "バラク・オバマ"),
        ("Barack Obama", "Барак Обама"),
        ("Αλέξης Τσίπρας", "Alexis Tsipras"),
        ("이재명", "Lee Jae-myung"),
        ("محمد", "Mohammad"),
        ("王小明", "Wong Siu Ming"),
        ("สมชาย", "Somchai"),
    ] {
        let found = persons(left, right, "longer_share_covered");
        let other = persons(left, "Ferdinand Quist", "longer_share_covered");
        assert!(other < found, "{left} and {right}: {found}, by chance {other}");
    }
}

#[test]
fn initials_short_forms_and_compounds_stand_for_their_words() {
    assert_eq!(persons("J. C. Bonham", "Jean Claude Bonham", "initials"), 2.0);
    assert_eq!(persons("JC Bonham", "Jean-Claude Bonham", "initials"), 1.0);
    assert_eq!(persons("Ted Doe", "Theodore Doe", "short_forms"), 1.0);
    assert!(0.95 < persons("AnnaLindqvist", "Anna Lindqvist", "shorter_share_covered"));
    assert_eq!(persons("Smith, John", "John Smith", "all_words_same"), 1.0);
}

#[test]
fn a_space_among_other_letters_is_no_other_name() {
    assert_eq!(persons("Lauren Tnkunda", "Laurent Nkunda", "contradiction"), 0.0);
    assert!(0.95 < persons("Chang Myongc-hin", "Chang Myong-chin", "longer_share_covered"));
    assert!(persons("Ana Ruiz", "Anar Uis", "shorter_share_covered") < 0.95);
}

#[test]
fn a_name_said_twice_is_said_once_or_spelt_in_two_ways() {
    assert_eq!(persons("Sergey Sergey Shoigu", "Sergey Shoigu", "all_words_same"), 1.0);
    let twice = "Jaber Abdallah Jaber Ahmad";
    assert_eq!(persons(twice, "Jaaber Abdallah Jaber Ahmad", "left_over"), 0.0);
    assert_eq!(persons(twice, "Jaber Abdallah Jaaber Ahmad", "left_over"), 0.0);
}

#[test]
fn a_particle_with_letters_changed_is_the_particle() {
    assert_eq!(persons("Adb Al-Hamid Masli", "Abd Al-Hamid Masli", "contradiction"), 0.0);
    assert!(0.0 < persons("Nim Hamid Masli", "Min Hamid Masli", "contradiction"));
}

#[test]
fn a_country_is_the_same_as_an_adjective() {
    assert_eq!(companies("Egyptian Survey Authority", "Survey Authority (Egypt)", "left_over"), 0.0);
}

#[test]
fn what_is_left_over_on_both_sides_contradicts() {
    assert_eq!(persons("Ana Maria Ruiz", "Ana Ruiz", "contradiction"), 0.0);
    assert!(2.0 < persons("Sergey Ivanov", "Sergey Volkov", "contradiction"));
}

#[test]
fn firms_are_compared_without_form_and_by_their_first_letters() {
    assert_eq!(companies("Quillfeather GmbH", "Quillfeather Ltd", "longer_share_covered"), 1.0);
    assert_eq!(companies("Quillfeather GmbH", "Quillfeather Ltd", "form_same"), 0.0);
    assert_eq!(companies("Black Otter Television", "BOT", "acronym"), 1.0);
}

#[test]
fn han_is_translated_and_read_aloud() {
    assert!(0.0 < companies("和平银行", "Peace Bank", "translated_share"));
    assert_eq!(companies("和平银行", "Peace Motors", "translated_share"), 0.0);
    assert!(companies("耐克", "Adidas", "read_aloud") < companies("耐克", "Nike", "read_aloud"));
    assert!(companies("Nike", "Adidas", "read_aloud").is_nan());
}

#[test]
fn han_beside_han_is_compared_by_its_characters() {
    assert_eq!(companies("银枫贸易有限公司", "銀楓貿易公司", "characters_shared"), 1.0);
    assert_eq!(companies("银枫", "金枫", "characters_shared"), 0.5);
    assert!(companies("银枫", "Yinfeng", "characters_shared").is_nan());
}

#[test]
fn aliases_say_same_other_or_nothing() {
    let aliases = Aliases::read("a\tAcme\t艾可美\nb\tBolt\n".as_bytes()).unwrap();
    let sketch = |name: &str| Sketch::company(name, &Weights::default(), &aliases);
    assert_eq!(same_alias(&sketch("ACME Ltd"), &sketch("艾可美")), Some(true));
    assert_eq!(same_alias(&sketch("Acme"), &sketch("Bolt")), Some(false));
    assert_eq!(same_alias(&sketch("Acme"), &sketch("Quillfeather")), None);
}

#[test]
fn words_that_many_names_hold_weigh_little() {
    let names = ["Acme Hospital", "Bolt Hospital", "Cobb Hospital", "Dorn Hospital"];
    let weights = Weights::of(names);
    let sketch = |name: &str| Sketch::company(name, &weights, &Aliases::none());
    let same_kind = measure(&sketch("Acme Hospital"), &sketch("Bolt Hospital"));
    assert!(value(&same_kind, "longer_share_covered") < 0.3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn sides_do_not_matter(left in "\\PC{0,30}", right in "\\PC{0,30}") {
        let bits = |values: [f64; MEASURES.len()]| values.map(f64::to_bits);
        let (a, b) = (Sketch::person(&left), Sketch::person(&right));
        prop_assert_eq!(bits(measure(&a, &b)), bits(measure(&b, &a)));
        let (a, b) = (company(&left), company(&right));
        prop_assert_eq!(bits(measure(&a, &b)), bits(measure(&b, &a)));
    }

    #[test]
    fn alike_names_do_not_tell_sides_apart(left in "[a-d]{1,3}( [a-d]{1,4}){0,4}", right in "[a-d]{1,3}( [a-d]{1,4}){0,4}") {
        let bits = |values: [f64; MEASURES.len()]| values.map(f64::to_bits);
        let (a, b) = (Sketch::person(&left), Sketch::person(&right));
        prop_assert_eq!(bits(measure(&a, &b)), bits(measure(&b, &a)));
    }

    #[test]
    fn what_is_given_up_is_too_far_apart(a in "[a-z]{0,14}", b in "[a-z]{0,14}", most in 0..80_u32) {
        let (apart, found) = (distance(a.as_bytes(), b.as_bytes()), distance_within(a.as_bytes(), b.as_bytes(), most));
        let kept = if apart <= most { found == apart } else { most < found };
        prop_assert!(kept, "{} for {} of at most {}", found, apart, most);
    }

    #[test]
    fn a_distance_is_the_same_from_both_ends(a in "[a-z]{0,12}", b in "[a-z]{0,12}") {
        prop_assert_eq!(distance(a.as_bytes(), b.as_bytes()), distance(b.as_bytes(), a.as_bytes()));
        prop_assert_eq!(distance(a.as_bytes(), a.as_bytes()), 0);
    }
}
