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

    #[test]
    fn short_cuts_lead_where_the_whole_way_leads(
        (a, b) in prop_oneof![("[a-d]{0,9}", "[a-d]{0,9}"), ("[a-z王明ё]{0,9}", "[a-z王明ё]{0,9}")],
        least in 0.0..1.0_f64,
        most in 0..4_usize,
    ) {
        prop_assert_eq!(is_near(&a, &b, least), least <= jaro(&a, &b), "{} {} {}", a, b, least);
        prop_assert_eq!(is_within(&a, &b, most), edits(&a, &b) <= most, "{} {} {}", a, b, most);
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
