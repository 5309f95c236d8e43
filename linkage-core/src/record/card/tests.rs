//! Ways a card number gets into a field that is not for it, and numbers that only look like one.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Strictness, redact, truncate, whole_number};

fn rewrite(text: &str, strictness: Strictness) -> String {
    redact(text.to_owned(), strictness, &|digits| format!("[card …{}]", &digits[digits.len() - 4..]))
}

/// One line per text: as it is kept in free text, and, where it differs, in an identifier.
#[track_caller]
fn check(texts: &[&str], expected: Expect) {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| match (rewrite(text, Strictness::Text), rewrite(text, Strictness::Identifier)) {
            (free, identifier) if free == identifier => format!("{free}\n"),
            (free, identifier) => format!("{free} | {identifier}\n"),
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[track_caller]
fn check_truncated(values: &[&str], expected: Expect) {
    let lines: Vec<String> = values
        .iter()
        .map(|value| match truncate(value) {
            Ok(kept) => format!("{value} -> {kept}\n"),
            Err(expected) => format!("{value} -> expected {expected}\n"),
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn numbers_of_every_issuer_are_found() {
    check(
        &[
            "4111111111111111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "6011111111111117",
            "3566002020360505",
            "6221260000000000",
            "6205500000000000004",
            "4222222222222",
            "30569309025904",
            "6759649826438453",
        ],
        expect![[r#"
            [card …1111]
            [card …4444]
            [card …3222]
            [card …0005]
            [card …1117]
            [card …0505]
            [card …0000]
            [card …0004]
            [card …2222] | 4222222222222
            [card …5904] | 30569309025904
            [card …8453] | 6759649826438453
        "#]],
    );
}

#[test]
fn spacing_script_and_neighbours_do_not_hide_a_number() {
    check(
        &[
            "pay 4111 1111 1111 1111 now",
            "4111-1111-1111-1111",
            "4111 - 1111 - 1111 - 1111",
            "4111.1111.1111.1111",
            "3782 822463 10005",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "card:4111111111111111.",
            "ab4111111111111111cd",
            "0041111111111111110099",
            "id 12345 4111111111111111 67",
            "4111 1111 1111 1111 123",
            "４１１１１１１１１１１１１１１１",
            "٤١١١١١١١١١١١١١١١",
            "4111\u{200b}1111\u{200b}1111\u{200b}1111",
            "4111111111111111 and 5555555555554444",
            "4111111111111111/5555555555554444",
        ],
        expect![[r#"
            pay [card …1111] now
            [card …1111]
            [card …1111]
            [card …1111]
            [card …0005]
            [card …1111]
            card:[card …1111].
            ab[card …1111]cd
            [card …1111] | 0041111111111111110099
            id 12345 [card …1111] 67
            [card …1111] 123
            [card …1111]
            [card …1111]
            [card …1111]
            [card …1111] and [card …4444]
            [card …1111]/[card …4444]
        "#]],
    );
}

#[test]
fn numbers_that_only_look_like_a_card_stay() {
    check(
        &[
            "4111111111111112",
            "1234567890123456",
            "+49 1512 3456789",
            "+4915123456789",
            "4006381333931",
            "2088102175953034",
            "order 1005003912345678",
            "2024-05-03 12:00:00 and 2024-05-04 13:00:00",
            "+86 138 1234 5678 / +86 139 1234 5679",
            "GB82WEST12345698765432",
        ],
        expect![[r#"
            4111111111111112
            1234567890123456
            +49 1512 3456789
            +4915123456789
            4006381333931
            2088102175953034
            order 1005003912345678
            2024-05-03 12:00:00 and 2024-05-04 13:00:00
            +86 138 1234 5678 / +86 139 1234 5679
            GB82WEST12345698765432
        "#]],
    );
}

#[test]
fn a_phone_of_thirteen_digits_stays_in_an_identifier() {
    check(
        &["4915112345676", "49 151 1234 5676"],
        expect![[r#"
        4915112345676
        49 151 1234 5676
    "#]],
    );
}

#[test]
fn a_card_payment_keeps_bin_and_last_four() {
    check_truncated(
        &[
            "411111******1111",
            "411111-1111",
            "4111 11** **** 1111",
            "411111XXXXXX1111",
            "411111…1111",
            "41111111****1111",
            "4111111111",
            "411111 1111",
        ],
        expect![[r#"
            411111******1111 -> 411111******1111
            411111-1111 -> 411111******1111
            4111 11** **** 1111 -> 411111******1111
            411111XXXXXX1111 -> 411111******1111
            411111…1111 -> 411111******1111
            41111111****1111 -> 41111111****1111
            4111111111 -> 411111******1111
            411111 1111 -> 411111******1111
        "#]],
    );
}

#[test]
fn a_card_payment_with_more_or_less_is_refused() {
    check_truncated(
        &[
            "4111111111111111",
            "4111 1111 1111 1112",
            "4111111111111***",
            "****1111",
            "1111",
            "4111****11111111",
            "411111**11**1111",
            "visa 411111 1111",
            "",
        ],
        expect![[r#"
            4111111111111111 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111, never a full card number
            4111 1111 1111 1112 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111, never a full card number
            4111111111111*** -> expected BIN (6 to 8 digits) and last four, such as 411111******1111, never a full card number
            ****1111 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111
            1111 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111
            4111****11111111 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111
            411111**11**1111 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111
            visa 411111 1111 -> expected BIN (6 to 8 digits) and last four, such as 411111******1111
             -> expected BIN (6 to 8 digits) and last four, such as 411111******1111
        "#]],
    );
}

#[test]
fn a_value_that_is_nothing_but_a_number_is_told() {
    assert_eq!(whole_number(" 4111-1111 1111 1111 ").as_deref(), Some("4111111111111111"));
    assert_eq!(whole_number("x4111111111111111"), None);
    assert_eq!(whole_number("4111111111111112"), None);
}

/// Digits, separators and letters in a mixture that makes long runs likely.
fn digit_soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[0-9]{1,20}",
        3 => "[ ./-]{1,4}",
        1 => "[+a-z\\[]",
        1 => Just("4111111111111111".to_owned()),
        1 => Just("5555 5555 5555 4444".to_owned()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_redacted_once_stays_as_it_is(text in digit_soup()) {
        for strictness in [Strictness::Text, Strictness::Identifier] {
            let once = rewrite(&text, strictness);
            prop_assert_eq!(rewrite(&once, strictness), once);
        }
    }

    #[test]
    fn a_number_between_other_digits_never_survives(before in "[0-9]{0,12}", after in "[0-9]{0,12}") {
        let text = format!("{before}4111111111111111{after}");
        prop_assert!(!rewrite(&text, Strictness::Text).contains("4111111111111111"));
    }

    #[test]
    fn a_kept_card_is_kept_again(bin in "[0-9]{6,8}", last in "[0-9]{4}") {
        let kept = truncate(&format!("{bin}****{last}")).unwrap();
        prop_assert_eq!(truncate(&kept), Ok(kept));
    }

    #[test]
    fn no_text_is_too_strange(text in ".{0,200}") {
        let _ = (rewrite(&text, Strictness::Text), rewrite(&text, Strictness::Identifier), truncate(&text));
    }
}
