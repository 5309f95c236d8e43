//! The fast comparators against strsim, the reference they must agree with.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn as_near_as_the_reference_says(a in "[a-c王明ё]{0,12}", b in "[a-c王明ё]{0,12}") {
        prop_assert!((jaro(&a, &b) - strsim::jaro_winkler(&a, &b)).abs() < 1e-9, "{a} {b}");
        prop_assert_eq!(edits(&a, &b), strsim::osa_distance(&a, &b));
    }

    #[test]
    fn as_near_in_bytes_as_in_characters(a in "[a-d]{0,12}", b in "[a-d]{0,12}") {
        prop_assert!((jaro(&a, &b) - strsim::jaro_winkler(&a, &b)).abs() < 1e-9, "{a} {b}");
        prop_assert_eq!(edits(&a, &b), strsim::osa_distance(&a, &b));
    }
}

#[test]
fn a_slip_is_an_edit_or_two_and_a_common_beginning_is_none() {
    for (a, b, expected) in [
        ("smith", "smyth", true),
        ("kertesz", "kertez", true),
        ("anna", "annabelle", false),
        ("ann", "amn", false),
        ("darla", "darletta", false),
        ("", "a", false),
    ] {
        assert_eq!((slip(a, b), slip(b, a)), (expected, expected), "{a} {b}");
    }
}
