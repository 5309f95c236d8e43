//! Each test is a field that some platforms ask for and others do not.

use expect_test::{Expect, expect};

use super::*;
use crate::ledger::AnyRecord;
use crate::record::AccountDraft;

/// Accounts `platform/id` with fields; says each gap as `platform kind resting/links`.
#[track_caller]
fn check(accounts: &[(&str, &str)], expected: Expect) {
    let linker = Linker::in_memory().unwrap();
    let record = |(key, fields): &(&str, &str)| -> AnyRecord {
        let (platform, id) = key.split_once('/').unwrap();
        let line =
            format!(r#"{{"platform":"{platform}","account_id":"{id}","observed_at":"2026-01-05T00:00:00Z",{fields}}}"#);
        let draft: AccountDraft = serde_json::from_str(&line).unwrap();
        draft.check(linker.intake()).unwrap().into()
    };
    linker.add(&accounts.iter().map(record).collect::<Vec<_>>(), true).unwrap();
    let gaps = linker.field_gaps(Band::Act).unwrap();
    let asked = |gap: &&FieldGap| matches!(gap.kind, Kind::Payment | Kind::Phone | Kind::Email);
    let line = |gap: &FieldGap| format!("{} {} {}/{}", gap.platform, gap.kind.name(), gap.links.part, gap.links.of);
    expected.assert_eq(&gaps.iter().filter(asked).map(line).collect::<Vec<_>>().join("\n"));
}

const PAYEE: &str = r#""payments":[{"scheme":"PAYPAL","value":"p@post.example"}]"#;

#[test]
fn what_rests_on_payees_elsewhere_is_what_a_platform_without_them_loses() {
    let phone = r#""phones":["+44 20 7946 0958"]"#;
    check(
        &[("web/a", PAYEE), ("tiktok/b", PAYEE), ("ebay_uk/c", phone)],
        expect![[r#"
            ebay_uk PAYMENT 1/1"#]],
    );
}

#[test]
fn a_link_that_stands_without_the_field_is_no_loss() {
    let both = r#""registrations":[{"scheme":"GB-COH","value":"01234567"}],"payments":[{"scheme":"PAYPAL","value":"p@post.example"}]"#;
    check(
        &[("web/a", both), ("tiktok/b", both), ("ebay_uk/c", r#""phones":["+44 20 7946 0958"]"#)],
        expect![[r#"
            ebay_uk PAYMENT 0/1"#]],
    );
}

#[test]
fn where_nobody_is_linked_nothing_is_lost() {
    check(&[("web/a", PAYEE), ("ebay_uk/c", r#""phones":["+44 20 7946 0958"]"#)], expect![[""]]);
}
