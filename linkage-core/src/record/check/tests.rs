//! The rules of the record files, one broken at a time. A line is JSON, as in a file.
//! Only `check` calls the code under test.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::Intake;
use crate::record::{Account, AccountDraft, AccountKey, DocumentDraft, Enforcement, ImageDraft, Listing, Record};

fn intake() -> Intake {
    Intake::new([7; 32])
}

/// A record read, checked and turned back into JSON, or the error.
fn kept<T: Record>(json: &str) -> String {
    let record = T::draft_from_json(json).and_then(|draft| T::check(draft, &intake()));
    match record {
        Ok(record) => serde_json::to_string(&T::Draft::from(&record)).unwrap(),
        Err(e) => format!("error: {e}"),
    }
}

/// A complete record of the kind with some fields set over it; shows only those fields.
#[track_caller]
fn check<T: Record>(fields: Json, expected: Expect) {
    let mut record = match T::NOUN {
        "account" => json!({"platform": "ebay_uk", "account_id": "shop1", "observed_at": "2024-05-03T12:00:00Z"}),
        "listing" => json!({"platform": "ebay_uk", "account_id": "shop1", "listing_id": "1",
            "observed_at": "2024-05-03T12:00:00Z"}),
        _ => json!({"platform": "ebay_uk", "account_id": "shop1", "enforcement_id": "9",
            "taken_at": "2024-05-03T12:00:00Z"}),
    };
    for (name, value) in fields.as_object().unwrap() {
        record[name] = value.clone();
    }
    let kept = kept::<T>(&record.to_string());
    let shown = match serde_json::from_str::<Json>(&kept) {
        Ok(Json::Object(all)) => {
            let named = all.into_iter().filter(|(name, _)| fields.get(name).is_some());
            Json::Object(named.collect()).to_string()
        }
        _ => kept,
    };
    expected.assert_eq(&shown);
}

#[test]
fn a_full_account_is_kept_as_written() {
    let line = r#"{"platform":"ebay_uk","account_id":"shop/1","kind":"MARKETPLACE_SELLER","observed_at":"2024-05-03T12:00:00Z","source":"ebay","opened_at":"2020-01-01T00:00:00Z","closed_at":"2019-01-01T00:00:00Z","display_name":"Nike Outlet","legal_name":"深圳市某某有限公司","description":"cheap","persons":[{"name":"Li Wei","birth_date":"1978-12","birth_place":"Leeds","role":"director"}],"registrations":[{"scheme":"CN-USCC","value":"91440300MA5DEUY31X","country":"CN"}],"documents":[{"scheme":"PASSPORT","digest":"00112233445566778899aabbccddeeff","country":"CN"}],"emails":["a@example.com"],"phones":["+44 7700 900123"],"urls":["https://example.com"],"addresses":[{"text":"1 High St","street":"1 High St","locality":"Leeds","region":"Yorkshire","postcode":"LS1 1AA","country":"GB"}],"handles":[{"service":"WECHAT","value":"liwei"}],"payments":[{"scheme":"IBAN","value":"GB82 WEST 1234 5698 7654 32","holder_name":"Li Wei"}],"trackers":[{"scheme":"META_PIXEL","value":"123"}],"images":[{"path":"a/b.jpg","blake3":"0000000000000000000000000000000000000000000000000000000000000000","pdq":"1111111111111111111111111111111111111111111111111111111111111111"}],"attributes":[{"name":"store template","value":"red"}],"verification":"REGISTER_CHECKED"}"#;
    assert_eq!(kept::<Account>(line), line);
}

#[test]
fn a_full_listing_is_kept_as_written() {
    let line = r#"{"platform":"ebay_uk","listing_id":"1","account_id":"shop1","observed_at":"2024-05-03T12:00:00Z","source":"ebay","title":"Trainers","description":"new","brand":"Nike","category":"Shoes > Men","gtin":"4006381333931","price":{"currency":"GBP","amount":"12.50"},"url":"https://ebay.co.uk/itm/1","images":[{"path":"1.jpg"}],"removed_at":"2024-06-01T00:00:00.5Z"}"#;
    assert_eq!(kept::<Listing>(line), line);
}

#[test]
fn a_full_enforcement_is_kept_as_written() {
    let line = r#"{"platform":"ebay_uk","enforcement_id":"9","account_id":"shop1","listing_id":"1","source":"ebay","observed_at":"2024-06-03T12:00:00Z","right":{"kind":"TRADE_MARK","office":"UKIPO","number":"UK00003123456"},"rights_holder":"Nike","action":"TAKEDOWN","taken_at":"2024-05-03T12:00:00Z","outcome":"UPHELD","decided_at":"2024-05-10T12:00:00Z","appeal":"NONE","harm":"ECONOMIC","expires_at":"2029-05-03T12:00:00Z"}"#;
    assert_eq!(kept::<Enforcement>(line), line);
}

#[test]
fn an_enforcement_is_observed_when_taken_unless_it_says_otherwise() {
    let line = r#"{"platform":"p","enforcement_id":"9","account_id":"a","taken_at":"2024-05-03T12:00:00Z"}"#;
    expect![[r#"{"platform":"p","enforcement_id":"9","account_id":"a","observed_at":"2024-05-03T12:00:00Z","taken_at":"2024-05-03T12:00:00Z"}"#]].assert_eq(&kept::<Enforcement>(line));
}

#[test]
fn required_fields_are_missed_by_name() {
    let lines = [
        kept::<Account>("{}"),
        kept::<Account>(r#"{"platform":"p","account_id":null}"#),
        kept::<Account>(r#"{"platform":"p","account_id":"a","observed_at":""}"#),
        kept::<Listing>(r#"{"platform":"p","account_id":"a"}"#),
        kept::<Enforcement>(r#"{"platform":"p","account_id":"a","enforcement_id":"1"}"#),
    ];
    expect![[r#"
        error: platform: expected a value, it is required
        error: account_id: expected a value, it is required
        error: observed_at: expected a value, it is required
        error: listing_id: expected a value, it is required
        error: taken_at: expected a value, it is required"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn empty_and_null_mean_absent() {
    check::<Account>(
        json!({"kind": "", "description": " ", "emails": ["", "a@b"], "phones": [], "persons": null,
            "addresses": [{}], "source": ""}),
        expect![[r#"{"emails":["a@b"]}"#]],
    );
    check::<Listing>(json!({"price": {}, "images": []}), expect!["{}"]);
    check::<Enforcement>(json!({"right": {"kind": ""}, "action": null}), expect!["{}"]);
}

#[test]
fn a_platform_has_no_slash_and_an_id_no_control_character() {
    check::<Account>(
        json!({"platform": "ebay/uk"}),
        expect!["error: platform: expected 1 to 64 of a-z, 0-9 and _, such as ebay_uk"],
    );
    check::<Account>(
        json!({"platform": "eBay"}),
        expect!["error: platform: expected 1 to 64 of a-z, 0-9 and _, such as ebay_uk"],
    );
    check::<Account>(
        json!({"platform": "a".repeat(65)}),
        expect!["error: platform: expected 1 to 64 of a-z, 0-9 and _, such as ebay_uk"],
    );
    check::<Account>(json!({"account_id": "a/b 店铺"}), expect![[r#"{"account_id":"a/b 店铺"}"#]]);
    check::<Account>(json!({"account_id": "a\nb"}), expect!["error: account_id: expected 1 to 256 printable bytes"]);
    check::<Account>(
        json!({"account_id": "a\u{202e}b"}),
        expect!["error: account_id: expected 1 to 256 printable bytes"],
    );
    check::<Account>(
        json!({"account_id": "a".repeat(257)}),
        expect!["error: account_id: expected 1 to 256 printable bytes"],
    );
    check::<Listing>(json!({"listing_id": "\u{7}"}), expect!["error: listing_id: expected 1 to 256 printable bytes"]);
}

#[test]
fn dates_and_times_must_be_possible() {
    check::<Account>(
        json!({"persons": [{"name": "A"}, {"birth_date": "2024-02-30"}]}),
        expect![
            "error: persons[1].birth_date: expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one"
        ],
    );
    check::<Account>(
        json!({"observed_at": "2024-02-30T00:00:00Z"}),
        expect!["error: observed_at: expected an RFC 3339 time, such as 2024-05-03T12:00:00Z, found an impossible one"],
    );
    check::<Enforcement>(
        json!({"decided_at": "yesterday"}),
        expect!["error: decided_at: expected an RFC 3339 time, such as 2024-05-03T12:00:00Z"],
    );
}

#[test]
fn unknown_names_and_wrong_types_are_refused_without_their_value() {
    check::<Account>(
        json!({"kind": "BANANA"}),
        expect!["error: kind: expected one of MARKETPLACE_SELLER, SOCIAL_PROFILE, WEBSITE, MERCHANT, APP, OTHER"],
    );
    check::<Enforcement>(
        json!({"right": {"kind": "BANANA"}}),
        expect!["error: right.kind: expected one of TRADE_MARK, COPYRIGHT, DESIGN, PATENT, GEOGRAPHICAL_INDICATION"],
    );
    check::<Account>(
        json!({"colour": "red"}),
        expect![
            "error: colour: expected a known field, one of `platform`, `account_id`, `kind`, `observed_at`, `source`, `opened_at`, `closed_at`, `display_name`, `legal_name`, `description`, `persons`, `registrations`, `documents`, `emails`, `phones`, `urls`, `addresses`, `handles`, `payments`, `trackers`, `images`, `attributes`, `verification`"
        ],
    );
    check::<Account>(
        json!({"persons": [{"nom": "secret"}]}),
        expect!["error: persons[0].nom: expected a known field, one of `name`, `birth_date`, `birth_place`, `role`"],
    );
    check::<Account>(
        json!({"emails": "secret@example.com"}),
        expect!["error: emails: expected a list of at most 256 items"],
    );
    check::<Account>(json!({"phones": [447700900123u64]}), expect!["error: phones[0]: expected a string"]);
    check::<Account>(json!({"persons": [["secret"]]}), expect!["error: persons[0]: expected an object"]);
    check::<Account>(
        json!({"persons": {"name": "secret"}}),
        expect!["error: persons: expected a list of at most 256 items"],
    );
    check::<Listing>(json!({"price": {"amount": 12.5}}), expect!["error: price.amount: expected a string"]);
    check::<Listing>(json!({"price": "secret"}), expect!["error: price: expected an object"]);
}

#[test]
fn lengths_have_limits() {
    check::<Account>(
        json!({"display_name": "a".repeat(513)}),
        expect!["error: display_name: expected at most 512 bytes"],
    );
    check::<Account>(json!({"emails": vec!["a"; 257]}), expect!["error: emails: expected a list of at most 256 items"]);
    check::<Account>(
        json!({"images": vec![json!({"path": "a"}); 257]}),
        expect!["error: images: expected a list of at most 256 items"],
    );
    check::<Account>(json!({"urls": ["ok", "a".repeat(3000)]}), expect!["error: urls[1]: expected at most 2048 bytes"]);
    check::<Listing>(
        json!({"description": "a".repeat(65537)}),
        expect!["error: description: expected at most 65536 bytes"],
    );
}

#[test]
fn some_parts_need_at_least_one_field() {
    check::<Account>(
        json!({"persons": [{}]}),
        expect!["error: persons[0]: expected at least one of name, birth_date, birth_place, role"],
    );
    check::<Account>(
        json!({"images": [{"path": "a"}, {"path": ""}]}),
        expect!["error: images[1]: expected at least one of path, blake3, pdq"],
    );
    check::<Account>(
        json!({"documents": [{"scheme": "PASSPORT"}]}),
        expect!["error: documents[0].value: expected a value or a digest"],
    );
    check::<Account>(
        json!({"handles": [{"service": "wechat"}]}),
        expect!["error: handles[0].value: expected a value, it is required"],
    );
    check::<Account>(
        json!({"handles": [{"value": "secret"}]}),
        expect!["error: handles[0].service: expected a value, it is required"],
    );
}

#[test]
fn schemes_countries_and_hex_take_any_case() {
    check::<Account>(
        json!({"registrations": [{"scheme": "cn-uscc", "value": "x", "country": "cn"}],
            "handles": [{"service": "WeChat", "value": "x"}],
            "images": [{"pdq": "AB".repeat(32)}]}),
        expect![[
            r#"{"handles":[{"service":"WECHAT","value":"x"}],"images":[{"pdq":"abababababababababababababababababababababababababababababababab"}],"registrations":[{"country":"CN","scheme":"CN-USCC","value":"x"}]}"#
        ]],
    );
    check::<Account>(
        json!({"handles": [{"service": "we chat", "value": "x"}]}),
        expect!["error: handles[0].service: expected 1 to 64 of A-Z, 0-9, _ and -"],
    );
    check::<Account>(
        json!({"addresses": [{"country": "UK"}]}),
        expect!["error: addresses[0].country: expected an ISO 3166-1 alpha-2 country code, such as GB"],
    );
    check::<Account>(
        json!({"images": [{"blake3": "abc"}]}),
        expect!["error: images[0].blake3: expected 64 hex digits"],
    );
}

#[test]
fn a_card_number_in_a_path_goes_when_the_record_is_kept() {
    let draft = AccountDraft {
        platform: "ebay_uk".into(),
        account_id: "shop1".into(),
        observed_at: "2024-05-03T12:00:00Z".into(),
        images: vec![ImageDraft { path: "scans/4111 1111 1111 1111.jpg".into(), ..ImageDraft::default() }],
        ..AccountDraft::default()
    };
    let account = draft.check(&intake()).unwrap();
    assert_eq!(account.images[0].path.as_deref(), Some("scans/4111 1111 1111 1111.jpg"), "the file can be found");
    let kept = AccountDraft::from(&account);
    assert_eq!(kept.images[0].path, "scans/card-1111-.jpg");
    assert_eq!(AccountDraft::from(&kept.clone().check(&intake()).unwrap()), kept);
}

#[test]
fn image_paths_stay_within_the_root() {
    for path in ["/etc/passwd", "../x", "a/../../x", "C:/x", "a\\b", " "] {
        check::<Account>(
            json!({"images": [{"path": path}]}),
            expect![[r#"error: images[0].path: expected a relative path with / between its parts and without .."#]],
        );
    }
}

#[test]
fn money_and_product_codes() {
    check::<Listing>(
        json!({"price": {"currency": "gbp", "amount": "12"}, "gtin": "4006381333930"}),
        expect![[r#"{"gtin":"4006381333930","price":{"amount":"12","currency":"GBP"}}"#]],
    );
    check::<Listing>(
        json!({"price": {"amount": "1e9"}}),
        expect![
            "error: price.amount: expected a decimal string, such as 12.50, up to 18 digits before and 9 after the point"
        ],
    );
    check::<Listing>(
        json!({"price": {"amount": "-1"}}),
        expect![
            "error: price.amount: expected a decimal string, such as 12.50, up to 18 digits before and 9 after the point"
        ],
    );
    check::<Listing>(
        json!({"price": {"currency": "£"}}),
        expect!["error: price.currency: expected three letters, such as GBP"],
    );
    check::<Listing>(json!({"gtin": "40063813339a1"}), expect!["error: gtin: expected a GTIN of 8 to 14 digits"]);
}

#[test]
fn a_residents_number_of_the_old_cards_is_the_new_one() {
    // GB 11643-1999, annex A: the worked example, and as the card of 15 digits had it.
    let digest = |value: &str| {
        let draft = DocumentDraft { scheme: "CN-RESIDENT-ID".into(), value: value.into(), ..DocumentDraft::default() };
        draft.check(&intake()).unwrap().digest
    };
    assert_eq!(digest("110105491231002"), digest("11010519491231002X"));
    assert_ne!(digest("110105491231003"), digest("11010519491231002X"));
}

#[test]
fn a_residents_number_that_fails_its_check_is_kept_and_says_so() {
    let document = |draft: DocumentDraft| draft.check(&intake()).unwrap();
    let fails = |value: &str| {
        let draft = DocumentDraft { scheme: "cn-resident-id".into(), value: value.into(), ..DocumentDraft::default() };
        let read = document(draft);
        // What is kept of it says the same when it is read again.
        assert_eq!(document(DocumentDraft::from(&read)), read);
        read.fails_check
    };
    // GB 11643-1999: the numbers of a man and a woman that it works out.
    assert_eq!(["11010519491231002X", "440524188001010014", "11010519491231002x"].map(fails), [false; 3]);
    assert_eq!(["110105194912310021", "440524188001010015", "12345", "99999999999999999"].map(fails), [true; 4]);
    check::<Account>(
        json!({"documents": [{"scheme": "PASSPORT", "digest": "00".repeat(32), "check": "PASSED"}]}),
        expect!["error: documents[0].check: expected FAILED or nothing"],
    );
}

#[test]
fn document_numbers_are_kept_as_digests_of_their_own_domain() {
    check::<Account>(
        json!({"documents": [
            {"scheme": "passport", "value": "ab 123-456", "country": "GB"},
            {"scheme": "PASSPORT", "value": "AB123456", "country": "GB"},
            {"scheme": "PASSPORT", "value": "AB123456", "country": "FR"},
            {"scheme": "CN-RESIDENT-ID", "value": "11010519491231002X"},
            {"scheme": "CN-RESIDENT-ID", "value": "１１０１０５１９４９１２３１００２ｘ", "country": "CN"}]}),
        expect![[
            r#"{"documents":[{"country":"GB","digest":"460e8ca58c056e81c0c930e97154b53e5765d4594fce53c095fc7d2b8fcf7a5b","scheme":"PASSPORT"},{"country":"GB","digest":"460e8ca58c056e81c0c930e97154b53e5765d4594fce53c095fc7d2b8fcf7a5b","scheme":"PASSPORT"},{"country":"FR","digest":"07440f07d779bd2447580f580a59ebe810653a3557d283d570697c1e41389482","scheme":"PASSPORT"},{"digest":"d138b0ec7c0faaa5aecdd8d7fc593111d7129972c6a31fd94176366fe1b4738b","scheme":"CN-RESIDENT-ID"},{"country":"CN","digest":"d138b0ec7c0faaa5aecdd8d7fc593111d7129972c6a31fd94176366fe1b4738b","scheme":"CN-RESIDENT-ID"}]}"#
        ]],
    );
    check::<Account>(
        json!({"documents": [{"scheme": "PASSPORT", "value": "--"}]}),
        expect!["error: documents[0].value: expected a document number with letters or digits"],
    );
    check::<Account>(
        json!({"documents": [{"scheme": "PASSPORT", "digest": "AB123456"}]}),
        expect!["error: documents[0].digest: expected 32 to 128 hex digits"],
    );
}

#[test]
fn bank_numbers_are_kept_as_last_four_and_digest() {
    check::<Account>(
        json!({"payments": [
            {"scheme": "CN-BANK", "value": "6222 0212 3456 7890 123"},
            {"scheme": "cn-bank", "value": "6222021234567890123", "holder_name": "Li"},
            {"scheme": "CN-BANK", "value": "6222 **** **** 0123"},
            {"scheme": "CN-BANK", "value": "0123"}]}),
        expect![[
            r#"{"payments":[{"digest":"725c02ffbfb3c54f9e3749c9e1ced1a5e2a019512a65268fed507530292cb496","scheme":"CN-BANK","value":"0123"},{"digest":"725c02ffbfb3c54f9e3749c9e1ced1a5e2a019512a65268fed507530292cb496","holder_name":"Li","scheme":"CN-BANK","value":"0123"},{"scheme":"CN-BANK","value":"0123"},{"scheme":"CN-BANK","value":"0123"}]}"#
        ]],
    );
    check::<Account>(
        json!({"payments": [{"scheme": "CN-BANK", "value": "12345"}]}),
        expect!["error: payments[0].value: expected a bank account number of 8 to 32 digits, or its last four"],
    );
    check::<Account>(
        json!({"payments": [{"scheme": "CN-BANK", "value": "ICBC"}]}),
        expect!["error: payments[0].value: expected a bank account number of 8 to 32 digits, or its last four"],
    );
}

#[test]
fn a_full_card_number_refuses_a_card_payment() {
    check::<Account>(
        json!({"payments": [{"scheme": "card", "value": "4111 1111 1111 1111"}]}),
        expect![
            "error: payments[0].value: expected BIN (6 to 8 digits) and last four, such as 411111******1111, never a full card number"
        ],
    );
    check::<Account>(
        json!({"payments": [{"scheme": "CARD", "value": "411111-1111"}]}),
        expect![[r#"{"payments":[{"scheme":"CARD","value":"411111******1111"}]}"#]],
    );
    check::<Account>(
        json!({"payments": [{"scheme": "CARD", "value": "411111-1111", "digest": "0".repeat(64)}]}),
        expect!["error: payments[0].digest: expected no digest of a card"],
    );
}

#[test]
fn another_payment_keeps_a_card_number_as_last_four_and_digest() {
    check::<Account>(
        json!({"payments": [
            {"scheme": "OTHER", "value": "4111111111111111"},
            {"scheme": "PAYPAL", "value": "card 4111111111111111"},
            {"scheme": "GB-BANK", "value": "30-56-93 09025904"}]}),
        expect![[
            r#"{"payments":[{"digest":"1aaa3c38ef556e676e4ff068b34e7dde6a10efb583c48981b022a1d1167471d4","scheme":"OTHER","value":"1111"},{"scheme":"PAYPAL","value":"card card-1111-gmamdkojpeciailp"},{"scheme":"GB-BANK","value":"30-56-93 09025904"}]}"#
        ]],
    );
    check::<Account>(
        json!({"payments": [{"scheme": "PAYPAL", "value": "a@b", "digest": "0".repeat(64)}]}),
        expect!["error: payments[0].value: expected the last four digits, since there is a digest"],
    );
}

#[test]
fn no_text_field_keeps_a_card_number_and_ids_are_exempt() {
    const CARD: &str = "4111111111111111";
    let account = json!({"platform": "p", "account_id": CARD, "observed_at": "2024-05-03T12:00:00Z",
        "source": CARD, "display_name": CARD, "legal_name": CARD, "description": CARD,
        "persons": [{"name": CARD, "birth_place": CARD, "role": CARD}],
        "registrations": [{"scheme": "OTHER", "value": CARD}], "documents": [{"scheme": "OTHER", "value": CARD}],
        "emails": [CARD, format!("{CARD}@example.com")], "phones": [CARD],
        "urls": [format!("https://example.com/{CARD}?c={CARD}#{CARD}")],
        "addresses": [{"text": CARD, "street": CARD, "locality": CARD, "region": CARD, "postcode": CARD}],
        "handles": [{"service": "qq", "value": CARD}],
        "payments": [{"scheme": "OTHER", "value": CARD, "holder_name": CARD}],
        "trackers": [{"scheme": "OTHER", "value": CARD}], "attributes": [{"name": CARD, "value": CARD}]});
    let listing = json!({"platform": "p", "account_id": CARD, "listing_id": CARD, "observed_at": "2024-05-03T12:00:00Z",
        "source": CARD, "title": CARD, "description": CARD, "brand": CARD, "category": CARD, "gtin": "4111111111111",
        "url": CARD});
    let enforcement = json!({"platform": "p", "account_id": CARD, "enforcement_id": CARD, "listing_id": CARD,
        "taken_at": "2024-05-03T12:00:00Z", "source": CARD, "rights_holder": CARD,
        "right": {"office": CARD, "number": CARD}});
    let kept = [
        kept::<Account>(&account.to_string()),
        kept::<Listing>(&listing.to_string()),
        kept::<Enforcement>(&enforcement.to_string()),
    ];
    let lines: Vec<String> = kept.iter().map(|line| line.replace(",\"", ",\n\"") + "\n\n").collect();
    expect![[r#"
        {"platform":"p",
        "account_id":"4111111111111111",
        "observed_at":"2024-05-03T12:00:00Z",
        "source":"[card …1111]",
        "display_name":"[card …1111]",
        "legal_name":"[card …1111]",
        "description":"[card …1111]",
        "persons":[{"name":"[card …1111]",
        "birth_place":"[card …1111]",
        "role":"[card …1111]"}],
        "registrations":[{"scheme":"OTHER",
        "value":"card-1111-gmamdkojpeciailp"}],
        "documents":[{"scheme":"OTHER",
        "digest":"ec77791d69a6f6fb9491b824feb32aed7d950c52029c153092fa3010625d8151"}],
        "emails":["card-1111-gmamdkojpeciailp",
        "card-1111-gmamdkojpeciailp@example.com"],
        "phones":["card-1111-gmamdkojpeciailp"],
        "urls":["https://example.com/card-1111-gmamdkojpeciailp?c=card-1111-gmamdkojpeciailp#card-1111-gmamdkojpeciailp"],
        "addresses":[{"text":"[card …1111]",
        "street":"[card …1111]",
        "locality":"[card …1111]",
        "region":"[card …1111]",
        "postcode":"[card …1111]"}],
        "handles":[{"service":"QQ",
        "value":"card-1111-gmamdkojpeciailp"}],
        "payments":[{"scheme":"OTHER",
        "value":"1111",
        "digest":"1aaa3c38ef556e676e4ff068b34e7dde6a10efb583c48981b022a1d1167471d4",
        "holder_name":"[card …1111]"}],
        "trackers":[{"scheme":"OTHER",
        "value":"card-1111-gmamdkojpeciailp"}],
        "attributes":[{"name":"[card …1111]",
        "value":"[card …1111]"}]}

        {"platform":"p",
        "listing_id":"4111111111111111",
        "account_id":"4111111111111111",
        "observed_at":"2024-05-03T12:00:00Z",
        "source":"[card …1111]",
        "title":"[card …1111]",
        "description":"[card …1111]",
        "brand":"[card …1111]",
        "category":"[card …1111]",
        "gtin":"4111111111111",
        "url":"card-1111-gmamdkojpeciailp"}

        {"platform":"p",
        "enforcement_id":"4111111111111111",
        "account_id":"4111111111111111",
        "listing_id":"4111111111111111",
        "source":"[card …1111]",
        "observed_at":"2024-05-03T12:00:00Z",
        "right":{"office":"[card …1111]",
        "number":"card-1111-gmamdkojpeciailp"},
        "rights_holder":"[card …1111]",
        "taken_at":"2024-05-03T12:00:00Z"}

    "#]].assert_eq(&lines.concat());
}

#[test]
fn a_digest_needs_the_key_of_its_store() {
    let line = r#"{"platform":"p","account_id":"a","observed_at":"2024-05-03T12:00:00Z",
        "documents":[{"scheme":"PASSPORT","value":"1"}]}"#;
    let digest =
        |key| Account::draft_from_json(line).unwrap().check(&Intake::new([key; 32])).unwrap().documents[0].clone();
    assert_ne!(digest(1), digest(2));
    assert_eq!(format!("{:?}", Intake::new([1; 32])), "Intake { .. }");
}

#[test]
fn debug_output_of_a_draft_shows_no_value() {
    let draft = AccountDraft { account_id: "secret".into(), emails: vec!["secret".into()], ..AccountDraft::default() };
    assert_eq!(format!("{draft:?}"), "AccountDraft { account_id: …, emails: … }");
}

#[test]
fn a_key_is_text_split_at_the_first_slash() {
    let key: AccountKey = serde_json::from_str(r#""ebay_uk/a/b""#).unwrap();
    assert_eq!((key.platform(), key.account_id()), ("ebay_uk", "a/b"));
    assert_eq!(serde_json::to_string(&key).unwrap(), r#""ebay_uk/a/b""#);
    for bad in ["", "ebay_uk", "ebay_uk/", "/a", "eBay/a"] {
        assert!(AccountKey::parse(bad).is_err(), "{bad}");
        assert!(serde_json::from_str::<AccountKey>(&format!("{bad:?}")).is_err(), "{bad}");
    }
}

/// Text that is often blank, often digits, sometimes a card.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        3 => "\\PC{1,30}",
        2 => "[0-9 +.-]{1,30}",
        1 => Just("pay 4111 1111 1111 1111, or 5555555555554444!".to_owned()),
    ]
}

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(values).prop_map(str::to_owned)
}

fn some(item: impl Strategy<Value = Json>) -> impl Strategy<Value = Json> {
    proptest::collection::vec(item, 0..3).prop_map(Json::Array)
}

fn time() -> impl Strategy<Value = String> {
    (-62_135_596_800i64..=253_402_200_000, 0i32..1_000_000_000)
        .prop_map(|(seconds, nanos)| jiff::Timestamp::new(seconds, nanos).map(|time| time.to_string()))
        .prop_filter_map("a time", Result::ok)
}

fn maybe_time() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), time()]
}

fn image() -> impl Strategy<Value = Json> {
    let path = one_of(&["", "a.jpg", "店/a b.png"]);
    (path, "([0-9a-fA-F]{64})?", "[0-9a-f]{64}").prop_map(|(a, b, c)| json!({"path": a, "blake3": b, "pdq": c}))
}

fn account() -> impl Strategy<Value = Json> {
    let country = || one_of(&["", "GB", "cn"]);
    let head = (one_of(&["ebay_uk", "p"]), "[!-~]{1,20}", one_of(&["", "WEBSITE"]), time(), words(), maybe_time())
        .prop_map(|(platform, account_id, kind, observed_at, source, opened_at)| {
            json!({"platform": platform, "account_id": account_id, "kind": kind, "observed_at": observed_at,
                "source": source, "opened_at": opened_at})
        });
    let person = (words(), one_of(&["1978", "1978-12", "2024-02-29"]))
        .prop_map(|(name, date)| json!({"name": name, "birth_date": date, "role": name}));
    let registration = (one_of(&["cn-uscc", "LEI"]), "[0-9A-Z]{1,20}", country())
        .prop_map(|(scheme, value, country)| json!({"scheme": scheme, "value": value, "country": country}));
    let document = (one_of(&["PASSPORT", "CN-RESIDENT-ID"]), "[0-9]{6,18}", country())
        .prop_map(|(scheme, value, country)| json!({"scheme": scheme, "value": value, "country": country}));
    let address = (words(), words(), country()).prop_map(|(a, b, c)| json!({"text": a, "region": b, "country": c}));
    let handle = "[0-9a-z ]{0,20}x".prop_map(|value| json!({"service": "QQ", "value": value}));
    let payment = prop_oneof![
        ("[0-9]{8,20}", words()).prop_map(|(v, name)| json!({"scheme": "CN-BANK", "value": v, "holder_name": name})),
        "[0-9]{6}-[0-9]{4}".prop_map(|v| json!({"scheme": "CARD", "value": v})),
        "[45][0-9]{15}".prop_map(|v| json!({"scheme": "OTHER", "value": v})),
        "[A-Z]{2}[0-9]{20}".prop_map(|v| json!({"scheme": "IBAN", "value": v})),
    ];
    let identifiers = || some(words().prop_map(Json::String));
    let lists =
        (some(person), some(registration), some(document), some(address), some(handle), some(payment), some(image()))
            .prop_map(|(persons, registrations, documents, addresses, handles, payments, images)| {
                json!({"persons": persons, "registrations": registrations, "documents": documents,
                "addresses": addresses, "handles": handles, "payments": payments, "images": images})
            });
    let texts = (words(), words(), identifiers(), identifiers(), identifiers()).prop_map(|(a, b, emails, phones, urls)| {
        json!({"display_name": a, "description": b, "emails": emails, "phones": phones, "urls": urls})
    });
    (head, lists, texts).prop_map(|(head, lists, texts)| merged(&[head, lists, texts]))
}

fn listing() -> impl Strategy<Value = Json> {
    let price = prop_oneof![
        Just(Json::Null),
        "[0-9]{1,9}(\\.[0-9]{1,2})?".prop_map(|amount| json!({"amount": amount, "currency": "eur"}))
    ];
    (("[!-~]{1,20}", time(), words(), words()), "([0-9]{8,14})?", price, words(), some(image()), maybe_time()).prop_map(
        |((id, observed_at, title, description), gtin, price, url, images, removed_at)| {
            json!({"platform": "p", "account_id": "a", "listing_id": id, "observed_at": observed_at, "title": title,
                "description": description, "gtin": gtin, "price": price, "url": url, "images": images,
                "removed_at": removed_at})
        },
    )
}

fn enforcement() -> impl Strategy<Value = Json> {
    let right = prop_oneof![
        Just(Json::Null),
        (one_of(&["", "PATENT"]), words()).prop_map(|(kind, number)| json!({"kind": kind, "number": number}))
    ];
    (time(), maybe_time(), right, words(), one_of(&["", "BAN"]), one_of(&["", "UPHELD"])).prop_map(
        |(taken_at, observed_at, right, rights_holder, action, outcome)| {
            json!({"platform": "p", "account_id": "a", "enforcement_id": "1", "taken_at": taken_at,
                "observed_at": observed_at, "right": right, "rights_holder": rights_holder, "action": action,
                "outcome": outcome, "appeal": "OPEN", "harm": "NONE"})
        },
    )
}

fn merged(objects: &[Json]) -> Json {
    Json::Object(objects.iter().filter_map(Json::as_object).flatten().map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Checked → draft → JSON → draft → checked changes nothing.
fn is_identity<T: Record + PartialEq + std::fmt::Debug>(written: &Json) -> Result<(), TestCaseError> {
    let read = |json: &str| T::draft_from_json(json).and_then(|draft| T::check(draft, &intake()));
    let Ok(record) = read(&written.to_string()) else { return Err(TestCaseError::reject("refused")) };
    let json = serde_json::to_string(&T::Draft::from(&record)).unwrap();
    prop_assert_eq!(read(&json).map_err(|e| TestCaseError::fail(e.to_string()))?, record);
    Ok(())
}

proptest! {
    #[test]
    fn a_checked_account_stays_as_it_is(account in account()) {
        is_identity::<Account>(&account)?;
    }

    #[test]
    fn a_checked_listing_stays_as_it_is(listing in listing()) {
        is_identity::<Listing>(&listing)?;
    }

    #[test]
    fn a_checked_enforcement_stays_as_it_is(enforcement in enforcement()) {
        is_identity::<Enforcement>(&enforcement)?;
    }
}
