//! JSON, protobuf and Rust agree: the same record by any way round.

use std::fmt::Debug;

use expect_test::{Expect, expect};
use linkage_core::record::{
    Account, AccountDraft, AccountKind, Action, Appeal, Enforcement, EnforcementDraft, FieldError, Harm, Intake,
    Listing, ListingDraft, Outcome, Record, RightKind, Verification,
};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value as Json, json};

use crate::proto;

fn intake() -> Intake {
    Intake::new([7; 32])
}

/// JSON → record → message → bytes → message → draft → record → JSON.
fn round_trip<T, M>(json: &Json) -> Result<(), TestCaseError>
where
    T: Record + PartialEq + Debug,
    M: Message + Default + for<'a> From<&'a T>,
    T::Draft: TryFrom<M, Error = FieldError>,
{
    let fail = |e: FieldError| TestCaseError::fail(format!("{e}: {json}"));
    let record = T::draft_from_json(&json.to_string()).and_then(|draft| T::check(draft, &intake())).map_err(fail)?;
    let bytes = M::from(&record).encode_to_vec();
    let message = M::decode(bytes.as_slice()).map_err(|e| TestCaseError::fail(e.to_string()))?;
    let again = T::check(T::Draft::try_from(message).map_err(fail)?, &intake()).map_err(fail)?;
    prop_assert_eq!(&again, &record);
    let write = |record: &T| serde_json::to_string(&T::Draft::from(record)).unwrap();
    prop_assert_eq!(write(&again), write(&record));
    Ok(())
}

#[track_caller]
fn check<M, T: Record>(message: M, expected: Expect)
where
    T::Draft: TryFrom<M, Error = FieldError>,
{
    let record = T::Draft::try_from(message).and_then(|draft| T::check(draft, &intake()));
    let shown = match record {
        Ok(record) => serde_json::to_string(&T::Draft::from(&record)).unwrap(),
        Err(e) => e.to_string(),
    };
    expected.assert_eq(&shown);
}

fn account() -> proto::Account {
    proto::Account {
        platform: "p".into(),
        account_id: "a".into(),
        observed_at: Some(prost_types::Timestamp { seconds: -1, nanos: 500_000_000 }),
        ..proto::Account::default()
    }
}

#[test]
fn a_message_is_checked_by_the_same_rules_as_a_line() {
    check::<_, Account>(
        account(),
        expect![[r#"{"platform":"p","account_id":"a","observed_at":"1969-12-31T23:59:59.5Z"}"#]],
    );
    check::<_, Account>(proto::Account::default(), expect!["platform: expected a value, it is required"]);
    let persons = vec![proto::Person { birth_date: "2024-02-30".into(), ..proto::Person::default() }];
    check::<_, Account>(
        proto::Account { persons, ..account() },
        expect!["persons[0].birth_date: expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one"],
    );
}

#[test]
fn numbers_and_times_that_the_schema_does_not_know_are_refused() {
    check::<_, Account>(proto::Account { kind: 99, ..account() }, expect!["kind: expected a number of the schema"]);
    let opened_at = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
    check::<_, Account>(
        proto::Account { opened_at, ..account() },
        expect!["opened_at: expected a time within the years 1 to 9999, with 0 to 999999999 nanos"],
    );
    let opened_at = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    check::<_, Account>(
        proto::Account { opened_at, ..account() },
        expect!["opened_at: expected a time within the years 1 to 9999, with 0 to 999999999 nanos"],
    );
    let opened_at = Some(prost_types::Timestamp { seconds: -70_000_000_000, nanos: 0 });
    check::<_, Account>(
        proto::Account { opened_at, ..account() },
        expect!["opened_at: expected an RFC 3339 time, such as 2024-05-03T12:00:00Z"],
    );
    let right = Some(proto::Right { kind: -1, ..proto::Right::default() });
    check::<_, Enforcement>(
        proto::Enforcement { right, ..proto::Enforcement::default() },
        expect!["right.kind: expected a number of the schema"],
    );
}

#[test]
fn no_message_with_raw_values_shows_them() {
    let request = proto::IngestRequest {
        request_id: "r".into(),
        link: false,
        record: Some(proto::ingest_request::Record::Account(proto::Account { source: "secret".into(), ..account() })),
    };
    assert_eq!(format!("{request:?}"), "IngestRequest { .. }");
    expect!["Some(Record { .. }) Account { .. }"].assert_eq(&format!("{:?} {:?}", request.record, account()));
}

/// Every field of a draft reaches the message: a record with all of them comes back whole.
#[test]
fn a_full_record_comes_back_whole() {
    let hex = "ab".repeat(32);
    let images = json!([{"path": "a.jpg", "blake3": hex, "pdq": hex}]);
    let time = "2024-05-03T12:00:00.25Z";
    let account = json!({"platform": "p", "account_id": "a/b", "kind": "APP", "observed_at": time, "source": "s",
        "opened_at": "0001-01-01T00:00:00Z", "closed_at": "1969-12-31T23:59:59.999999999Z", "display_name": "d",
        "legal_name": "l", "description": "t", "persons": [{"name": "n", "birth_date": "1978", "birth_place": "b",
        "role": "r"}], "registrations": [{"scheme": "LEI", "value": "v", "country": "GB"}],
        "documents": [{"scheme": "PASSPORT", "value": "1", "country": "GB"}], "emails": ["e"], "phones": ["1"],
        "urls": ["u"], "addresses": [{"text": "t", "street": "s", "locality": "l", "region": "r", "postcode": "p",
        "country": "FR"}], "handles": [{"service": "QQ", "value": "1"}],
        "payments": [{"scheme": "CN-BANK", "value": "6222021234567890", "holder_name": "h"}],
        "trackers": [{"scheme": "FAVICON", "value": "1"}], "images": images, "attributes": [{"name": "n", "value": "v"}],
        "verification": "NONE"});
    let listing = json!({"platform": "p", "account_id": "a", "listing_id": "1", "observed_at": time, "source": "s",
        "title": "t", "description": "d", "brand": "b", "category": "c", "gtin": "12345678",
        "price": {"currency": "GBP", "amount": "1.50"}, "url": "u", "images": images, "removed_at": time});
    let enforcement = json!({"platform": "p", "account_id": "a", "enforcement_id": "1", "listing_id": "2",
        "source": "s", "observed_at": time, "right": {"kind": "PATENT", "office": "o", "number": "n"},
        "rights_holder": "r", "action": "BAN", "taken_at": time, "outcome": "REVERSED", "decided_at": time,
        "appeal": "NONE", "harm": "NONE", "expires_at": time});
    let every_field = [(23, &account), (14, &listing), (15, &enforcement)];
    assert!(every_field.iter().all(|(fields, json)| json.as_object().unwrap().len() == *fields));
    round_trip::<Account, proto::Account>(&account).unwrap();
    round_trip::<Listing, proto::Listing>(&listing).unwrap();
    round_trip::<Enforcement, proto::Enforcement>(&enforcement).unwrap();
}

/// Every value of an enum has its number.
#[test]
fn every_enum_value_comes_back() {
    let account = |kind: &str, verification: &str| {
        json!({"platform": "p", "account_id": "a", "observed_at": "2024-05-03T12:00:00Z", "kind": kind,
            "verification": verification})
    };
    let enforcement = |field: &str, value: Json| {
        let mut json = json!({"platform": "p", "account_id": "a", "enforcement_id": "1",
            "taken_at": "2024-05-03T12:00:00Z"});
        json[field] = value;
        round_trip::<Enforcement, proto::Enforcement>(&json).unwrap();
    };
    AccountKind::ALL.iter().for_each(|kind| {
        round_trip::<Account, proto::Account>(&account(kind.name(), "")).unwrap();
    });
    Verification::ALL.iter().for_each(|level| {
        round_trip::<Account, proto::Account>(&account("", level.name())).unwrap();
    });
    RightKind::ALL.iter().for_each(|value| enforcement("right", json!({"kind": value.name()})));
    Action::ALL.iter().for_each(|value| enforcement("action", json!(value.name())));
    Outcome::ALL.iter().for_each(|value| enforcement("outcome", json!(value.name())));
    Appeal::ALL.iter().for_each(|value| enforcement("appeal", json!(value.name())));
    Harm::ALL.iter().for_each(|value| enforcement("harm", json!(value.name())));
}

/// The field names of a draft and of its message are the same, in the same order.
#[test]
fn fields_have_one_name() {
    let descriptors = prost_types::FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
    let record = descriptors.file.iter().find(|file| file.name() == "linkage/v1/record.proto").unwrap();
    let fields = |name: &str| {
        let message = record.message_type.iter().find(|message| message.name() == name).unwrap();
        message.field.iter().map(|field| format!("`{}`", field.name())).collect::<Vec<_>>().join(", ")
    };
    let known = |error: FieldError| error.expected.trim_start_matches("a known field, one of ").to_owned();
    let unknown = r#"{"?":1}"#;
    assert_eq!(known(Account::draft_from_json(unknown).unwrap_err()), fields("Account"));
    assert_eq!(known(Listing::draft_from_json(unknown).unwrap_err()), fields("Listing"));
    assert_eq!(known(Enforcement::draft_from_json(unknown).unwrap_err()), fields("Enforcement"));
}

fn time() -> impl Strategy<Value = String> {
    (-62_135_596_800i64..=253_402_200_000, 0i32..1_000_000_000)
        .prop_filter_map("a time", |(seconds, nanos)| jiff::Timestamp::new(seconds, nanos).ok())
        .prop_map(|time| time.to_string())
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "\\PC{1,20}", Just("4111 1111 1111 1111".to_owned())]
}

fn present() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 ]{0,12}x"
}

proptest! {
    #[test]
    fn any_account_comes_back(
        id in "[!-~]{1,20}", observed_at in time(), words in proptest::collection::vec(word(), 6),
        values in proptest::collection::vec(present(), 0..4), number in "[0-9]{8,20}",
    ) {
        let list = |make: &dyn Fn(&String) -> Json| Json::Array(values.iter().map(make).collect());
        round_trip::<Account, proto::Account>(&json!({
            "platform": "p", "account_id": id, "observed_at": observed_at, "source": words[0],
            "display_name": words[1], "legal_name": words[2], "description": words[3], "emails": &words[4..],
            "phones": values, "persons": list(&|value| json!({"name": value})),
            "registrations": list(&|value| json!({"scheme": "other", "value": value})),
            "documents": list(&|value| json!({"scheme": "OTHER", "value": value})),
            "addresses": [{"text": words[4], "country": "gb"}], "handles": list(&|value| json!({"service": "Q", "value": value})),
            "payments": [{"scheme": "CN-BANK", "value": number}, {"scheme": "OTHER", "value": number}],
            "attributes": list(&|value| json!({"name": value, "value": words[3].clone() + "x"})),
        }))?;
    }

    #[test]
    fn any_listing_comes_back(
        id in "[!-~]{1,20}", observed_at in time(), title in word(), description in word(), gtin in "([0-9]{8,14})?",
        amount in "[0-9]{0,6}", removed_at in time(),
    ) {
        round_trip::<Listing, proto::Listing>(&json!({
            "platform": "p", "account_id": "a", "listing_id": id, "observed_at": observed_at, "title": title,
            "description": description, "gtin": gtin, "price": {"amount": amount}, "removed_at": removed_at,
        }))?;
    }

    #[test]
    fn any_enforcement_comes_back(
        id in "[!-~]{1,20}", taken_at in time(), decided_at in time(), number in word(), rights_holder in word(),
    ) {
        round_trip::<Enforcement, proto::Enforcement>(&json!({
            "platform": "p", "account_id": "a", "enforcement_id": id, "taken_at": taken_at, "decided_at": decided_at,
            "right": {"number": number}, "rights_holder": rights_holder,
        }))?;
    }

    /// Whatever bytes arrive, there is a record or an error.
    #[test]
    fn no_message_is_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = proto::Account::decode(bytes.as_slice()) {
            let _ = AccountDraft::try_from(message).and_then(|draft| draft.check(&intake()));
        }
        if let Ok(message) = proto::Listing::decode(bytes.as_slice()) {
            let _ = ListingDraft::try_from(message).and_then(|draft| draft.check(&intake()));
        }
        if let Ok(message) = proto::Enforcement::decode(bytes.as_slice()) {
            let _ = EnforcementDraft::try_from(message).and_then(|draft| draft.check(&intake()));
        }
    }
}
