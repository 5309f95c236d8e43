//! Small invented files through the shipped mappings, and the mapping language itself.

use expect_test::{Expect, expect};

use super::*;

const RECORD: &str = r#""observed_at": "2026-01-01T00:00:00Z", "kind": "OTHER", "account_id": "$id","#;

/// Loads `files` through `mapping` and prints every record without what all have in common, then what was left out.
#[track_caller]
fn check(mapping: &str, files: &[(&str, &str)], expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let loaded = Mapping::parse(mapping).and_then(|mapping| mapping.load(folder.path()));
    let refused = loaded.as_ref().ok().and_then(|set| set.accounts(&Intake::new([0; 32])).err());
    expected.assert_eq(&match loaded {
        Ok(set) => print(set, refused),
        Err(error) => format!("error: {error}\n").replace(&folder.path().display().to_string(), "DIR"),
    });
}

fn print(set: Set, refused: Option<anyhow::Error>) -> String {
    let mut lines = Vec::new();
    for mut record in set.records {
        let key = closure::key(&record);
        let members = record.as_object_mut().unwrap();
        members.retain(|name, _| !["platform", "account_id", "observed_at", "kind"].contains(&name.as_str()));
        lines.push(format!("{key} {record}"));
    }
    lines.push(format!("truth {:?}", set.truth));
    if !set.left_out.is_empty() {
        lines.push(format!("left out {:?}", set.left_out));
    }
    lines.extend(refused.map(|error| format!("refused: {error:#}")));
    lines.join("\n") + "\n"
}

fn shipped_text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn shipped_mappings_are_valid_and_named_apart() {
    let names: Vec<String> = shipped().unwrap().into_iter().map(|mapping| mapping.name).collect();
    expect![[r#"["senzing", "domains", "febrl1", "febrl1-noid", "febrl4", "febrl4-noid", "historical", "chicago"]"#]]
        .assert_eq(&format!("{names:?}"));
}

#[test]
fn labels_are_never_inputs() {
    for mapping in shipped().unwrap() {
        let record = serde_json::to_string(&(&mapping.record, &mapping.part)).unwrap();
        for label in
            ["$entity_id", "$family_id", "$site_id", "$CLUSTER_ID", "$TEST_GROUP", "$status", "$shared_proxy_provider"]
        {
            assert!(!record.contains(&format!("{label}\"")), "{}: {label}", mapping.name);
        }
    }
}

#[test]
fn features_of_a_row_become_one_person_and_lists() {
    let customers = r##"{"DATA_SOURCE": "CUSTOMERS", "RECORD_ID": "1", "FEATURES": [{"RECORD_TYPE": "PERSON"}, {"NAME_LAST": "Doe", "NAME_FIRST": "Jo "}, {"DATE_OF_BIRTH": "20/8/91"}, {"PHONE_TYPE": "HOME", "PHONE_NUMBER": "202-555-0100"}, {"PHONE_NUMBER": "202-555-0101"}, {"PHONE_TYPE": "MOBILE"}, {"PASSPORT_NUMBER": "X1", "PASSPORT_COUNTRY": "USA"}, {"FUTURE_KEY": "?"}], "AMOUNT": "100"}
"##;
    let reference = r##"{"DATA_SOURCE": "REFERENCE", "RECORD_ID": "2", "FEATURES": [{"RECORD_TYPE": "ORGANIZATION"}, {"NAME_ORG": "Doe Works "}, {"NAME_ORG": "Doe", "NAME_TYPE": "AKA"}, {"ADDR_FULL": "1 Main St", "ADDR_COUNTRY": "Germany"}, {"NATIONAL_ID_NUMBER": "77"}, {"TAX_ID_NUMBER": "DE1", "TAX_ID_TYPE": "VAT", "TAX_ID_COUNTRY": "DE"}]}
"##;
    let key = "TEST_GROUP,CLUSTER_ID,DATA_SOURCE,RECORD_ID\n1,9,CUSTOMERS,1\n1,8,REFERENCE,2\n";
    let folder = "domain/senzing-truthset";
    check(
        &shipped_text("senzing.json"),
        &[
            (&format!("{folder}/customers.jsonl"), customers),
            (&format!("{folder}/reference.jsonl"), reference),
            (&format!("{folder}/watchlist.jsonl"), ""),
            (&format!("{folder}/actual_truthset_key.csv"), key),
        ],
        expect![[r#"
            customers/1 {"documents":[{"country":"US","scheme":"PASSPORT","value":"X1"}],"persons":[{"birth_date":"1991-08-20","name":"Jo Doe"}],"phones":["202-555-0100","202-555-0101"]}
            reference/2 {"addresses":[{"country":"DE","text":"1 Main St"}],"display_name":"Doe","legal_name":"Doe Works","registrations":[{"scheme":"NATIONAL-ID","value":"77"},{"country":"DE","scheme":"VAT","value":"DE1"}]}
            truth [("customers/1", "9"), ("reference/2", "8")]
        "#]],
    );
}

#[test]
fn a_host_is_an_account_of_its_own() {
    let rows = "family_id,site_id,site_type,host,status,first_seen,retired,shared_proxy_provider\n\
                f,s,public,one.example,past,2020-05-10,2020-12-20,1\nf,s,public,two.example,current,2020-12-20,,0\n";
    check(
        &shipped_text("domains.json"),
        &[("domain/domain_families_dev.csv", rows)],
        expect![[r#"
        web/1 {"closed_at":"2020-12-20T00:00:00Z","opened_at":"2020-05-10T00:00:00Z","urls":["one.example"]}
        web/2 {"opened_at":"2020-12-20T00:00:00Z","urls":["two.example"]}
        truth [("web/1", "f"), ("web/2", "f")]
    "#]],
    );
}

const FEBRL: &str = "rec_id,entity_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,state,date_of_birth,soc_sec_id\n\
    r1,1,ann,,6,low street,the barn,st james,4011,wa,19081309,6988048\nr2,2,,,,,,,,,,\n";

#[test]
fn an_impossible_birth_date_is_cut_and_counted() {
    check(
        &shipped_text("febrl1.json"),
        &[("er/persons/febrl1.csv", FEBRL)],
        expect![[r#"
        febrl1/r1 {"addresses":[{"country":"AU","locality":"st james","postcode":"4011","region":"wa","street":"6 low street","text":"6 low street the barn st james wa 4011"}],"documents":[{"country":"AU","scheme":"SOCIAL-SECURITY","value":"6988048"}],"persons":[{"birth_date":"1908","name":"ann"}]}
        febrl1/r2 {}
        truth [("febrl1/r1", "1"), ("febrl1/r2", "2")]
        left out {"date cut to what is possible": 1}
    "#]],
    );
}

#[test]
fn without_number_and_birth_date_neither_is_in_the_record() {
    check(
        &shipped_text("febrl1-noid.json"),
        &[("er/persons/febrl1.csv", FEBRL)],
        expect![[r#"
        febrl1/r1 {"addresses":[{"country":"AU","locality":"st james","postcode":"4011","region":"wa","street":"6 low street","text":"6 low street the barn st james wa 4011"}],"persons":[{"name":"ann"}]}
        febrl1/r2 {}
        truth [("febrl1/r1", "1"), ("febrl1/r2", "2")]
    "#]],
    );
}

#[test]
fn a_column_that_holds_something_else_is_left_out_and_counted() {
    let rows = "rec_id,entity_id,source,site_name,address,zip,phone,agency,program_name,website,executive_director,email_address\n\
                1,7,x,Small School,1 Main St,60608,5550100,,,No,,08/31/13\n";
    check(
        &shipped_text("chicago.json"),
        &[("er/orgs/chicago-sites.csv", rows)],
        expect![[r#"
        chicago/1 {"addresses":[{"country":"US","postcode":"60608","text":"1 Main St"}],"display_name":"Small School","phones":["5550100"]}
        truth [("chicago/1", "7")]
        left out {"email unreadable": 1, "url unreadable": 1}
    "#]],
    );
}

#[test]
fn gzipped_files_are_found_under_their_plain_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("a.csv.gz")).unwrap();
    let mut zip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    std::io::Write::write_all(&mut zip, b"id,e\n1,x\n").unwrap();
    zip.finish().unwrap();
    let mapping = format!(
        r#"{{"name": "t", {RECORD} "files": [{{"path": "a.csv", "platform": "p"}}], "truth": {{"entity": "$e"}}, "record": {{}}}}"#
    );
    let mapping = Mapping::parse(&mapping).unwrap();
    assert!(mapping.is_in(folder.path()));
    assert_eq!(mapping.load(folder.path()).unwrap().truth, [("p/1".to_owned(), "x".to_owned())]);
}

#[test]
fn a_row_without_id_or_entity_is_an_error() {
    let mapping = format!(
        r#"{{"name": "t", {RECORD} "files": [{{"path": "a.csv", "platform": "p"}}], "truth": {{"entity": "$e"}}, "record": {{"phones": ["$t"]}}}}"#
    );
    check(
        &mapping,
        &[("a.csv", "id,e,t\n,x,1\n")],
        expect![[r#"
        error: a row without account_id
    "#]],
    );
    check(
        &mapping,
        &[("a.csv", "id,e,t\n1,,1\n")],
        expect![[r#"
        error: a row without entity
    "#]],
    );
    check(
        &mapping,
        &[],
        expect![[r#"
        error: no a.csv in DIR
    "#]],
    );
    check(
        &mapping.replace("\"phones\"", "\"phones\": [], \"phones2\""),
        &[("a.csv", "id,e,t\n1,x,1\n")],
        expect![[r#"
            p/1 {"phones2":["1"]}
            truth [("p/1", "x")]
            refused: p/1: unknown field `phones2`, expected one of `platform`, `account_id`, `kind`, `observed_at`, `source`, `opened_at`, `closed_at`, `display_name`, `legal_name`, `description`, `persons`, `registrations`, `documents`, `emails`, `phones`, `urls`, `addresses`, `handles`, `payments`, `trackers`, `images`, `attributes`, `verification`
        "#]],
    );
    check(
        &mapping.replace("\"name\"", "\"threshold\": 1, \"name\""),
        &[],
        expect![[r#"
        error: read mapping
    "#]],
    );
}
