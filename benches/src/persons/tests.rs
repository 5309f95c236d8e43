//! Only `check` calls the code under test; a person is written as a line of the CSV.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use linkage_core::record::{AccountDraft, Intake};

use super::{Draw, invented, read_csv};

const HEADER: &str = "rec_id,entity_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,state,date_of_birth,soc_sec_id";

#[track_caller]
fn check(row: &str, expected: Expect) {
    let person = read_csv(format!("{HEADER}\n{row}\n").as_bytes()).next().unwrap().unwrap();
    expected.assert_eq(&person.line("persons"));
}

#[test]
fn columns_become_the_fields_of_a_record() {
    check(
        "r0,0,georgia,rogal,6,scrivener street,fiveways,rosebud,5163,vic,19770123,8472357",
        expect![[
            r#"{"account_id":"r0","addresses":[{"country":"AU","locality":"rosebud","postcode":"5163","region":"vic","street":"6 scrivener street","text":"6 scrivener street fiveways rosebud vic 5163"}],"documents":[{"country":"AU","scheme":"SOCIAL-SECURITY","value":"8472357"}],"kind":"OTHER","observed_at":"2026-01-01T00:00:00Z","persons":[{"birth_date":"1977-01-23","name":"georgia rogal"}],"platform":"persons"}"#
        ]],
    );
}

#[test]
fn what_is_empty_is_absent_and_an_impossible_date_is_cut() {
    check(
        "r1,0,,rogal,,,,,,,19771323,",
        expect![[
            r#"{"account_id":"r1","addresses":[{"country":"AU","locality":"","postcode":"","region":"","street":"","text":""}],"kind":"OTHER","observed_at":"2026-01-01T00:00:00Z","persons":[{"birth_date":"1977","name":"rogal"}],"platform":"persons"}"#
        ]],
    );
}

#[test]
fn invented_records_are_valid_and_the_same_for_the_same_seed() {
    let records: Vec<_> = invented(500, 7).collect();
    assert!(records.iter().eq(&invented(500, 7).collect::<Vec<_>>()));
    assert!(!records.iter().eq(&invented(500, 8).collect::<Vec<_>>()));
    let intake = Intake::new([3; 32]);
    for person in &records {
        let draft: AccountDraft = serde_json::from_str(&person.line("persons")).unwrap();
        draft.check(&intake).unwrap();
    }
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    records.iter().for_each(|person| *sizes.entry(&person.entity_id).or_default() += 1);
    let alone = sizes.values().filter(|size| **size == 1).count() as f64 / sizes.len() as f64;
    assert!((0.4..0.6).contains(&alone), "{alone}");
    assert!(sizes.values().all(|size| *size <= 4));
}

#[test]
fn a_person_typed_again_differs_in_three_fields_at_most() {
    let mut draw = Draw(1);
    for person in invented(200, 1) {
        let mut copy = person.typed_again(&mut draw);
        let changed = person.clone().fields().iter().zip(copy.fields()).filter(|(a, b)| ***a != **b).count();
        assert!(changed <= 3, "{changed}");
    }
}
