//! The codes are those that the specifications print, or made by their rules.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(code: &str, expected: Expect) {
    let say = |account: MerchantAccount| {
        let fields = account.fields.iter().map(|(id, value)| format!(" {id:02}={value}"));
        format!("{}{}", account.network, fields.collect::<String>())
    };
    let said = merchant_accounts(code).map(|all| all.into_iter().map(say).collect::<Vec<_>>().join("; "));
    expected.assert_eq(said.as_deref().unwrap_or("no code"));
}

/// The worked example of the EMV specification, Merchant-Presented Mode 1.1.
const PRINTED: &str = "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A";

#[test]
fn the_printed_example_names_two_networks() {
    check(PRINTED, expect!["D15600000000 05=A93FO3230Q; D15600000001 03=12345678"]);
}

#[test]
fn a_key_of_pix_as_its_manual_prints_it() {
    // Banco Central do Brasil, Manual de Padroes para Iniciacao do Pix, the static code.
    check(
        "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D",
        expect!["br.gov.bcb.pix 01=123e4567-e12b-12d1-a456-426655440000"],
    );
}

#[test]
fn what_fails_its_checksum_or_its_lengths_is_no_code() {
    check(&PRINTED.replace("A13A", "A13B"), expect!["no code"]);
    check(&PRINTED.replace("2930", "2931"), expect!["no code"]);
    for text in ["", "6304", "0002016304", "00020163", "000201630400", "https://shop.example"] {
        check(text, expect!["no code"]);
    }
}

#[test]
fn the_number_of_a_card_scheme_is_left_out_and_the_rest_stays() {
    let code =
        "0002010102120216411111111111111126270012hk.com.hkicl020712345675204000053033445802HK5904Shop6002HK63044B97";
    let kept = without_card_schemes(code).unwrap();
    assert!(!kept.contains("4111111111111111"));
    assert_eq!(merchant_accounts(&kept), merchant_accounts(code));
    assert_eq!(without_card_schemes(&kept).as_deref(), Some(kept.as_str()));
    assert_eq!(without_card_schemes("call 4111111111111111"), None);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(0002010[0-9]{0,40}.{0,20}6304[0-9A-F]{4})|.{0,60}") {
        if let Some(kept) = without_card_schemes(&text) {
            prop_assert_eq!(merchant_accounts(&kept), merchant_accounts(&text));
        }
    }
}
