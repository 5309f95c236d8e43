//! Each test is a small network and what is told of it.

use expect_test::{Expect, expect};

use super::*;
use crate::ledger::AnyRecord;
use crate::record::{AccountDraft, EnforcementDraft};

/// Adds accounts and enforcements and tells the network of the first account.
#[track_caller]
fn check(accounts: &[String], enforcements: &[String], band: Band, expected: Expect) {
    let linker = linked(accounts, enforcements);
    let first = linker.ledger().view().unwrap().account_keys(None, 1).unwrap().remove(0).0;
    let story = linker.network_story(linker.network_of(&first).unwrap().unwrap(), band).unwrap();
    expected.assert_eq(&told(&story));
}

fn linked(accounts: &[String], enforcements: &[String]) -> Linker {
    let linker = Linker::in_memory().unwrap();
    let mut records: Vec<AnyRecord> = Vec::new();
    for line in accounts {
        let draft: AccountDraft = serde_json::from_str(line).unwrap();
        records.push(draft.check(linker.intake()).unwrap().into());
    }
    for line in enforcements {
        let draft: EnforcementDraft = serde_json::from_str(line).unwrap();
        records.push(draft.check(linker.intake()).unwrap().into());
    }
    linker.add(&records, true).unwrap();
    linker
}

fn told(story: &NetworkStory) -> String {
    let mut text = format!("{} {} of {}\n", story.band.name(), story.members.len(), story.platforms.join(" "));
    for member in &story.members {
        text.push_str(&format!("{} strikes {} of {}\n", member.account, member.strikes, member.enforcements));
    }
    for event in &story.timeline {
        let action = event.enforcement.as_ref().and_then(|enforced| enforced.action).unwrap_or_default();
        text.push_str(format!("{} {:?} {} {action}", day(event.at), event.what, event.account).trim_end());
        text.push('\n');
    }
    for back in &story.returns {
        text.push_str(&format!("{back}\n"));
    }
    if let Some(Seam { link, links_across, parts, together }) = &story.weakest {
        let parts = parts.each_ref().map(|part| part.iter().map(AccountKey::as_str).collect::<Vec<_>>().join(" "));
        text.push_str(&format!(
            "seam {}-{} {} across: {} | {}\n",
            link.left, link.right, links_across, parts[0], parts[1]
        ));
        for Agreement { kind, smaller, greater, .. } in together {
            text.push_str(&format!("together: {kind} of {smaller} and {greater}\n"));
        }
    }
    for neighbour in &story.neighbours {
        text.push_str(&format!("beside: {} link to {}\n", neighbour.links, neighbour.strongest.right));
    }
    text
}

/// An account with a payee, and whatever else.
fn account(platform: &str, id: &str, payees: &[&str], more: &str) -> String {
    let payees: Vec<String> =
        payees.iter().map(|payee| format!(r#"{{"scheme":"PAYPAL","value":"{payee}@post.example"}}"#)).collect();
    format!(
        r#"{{"platform":"{platform}","account_id":"{id}","observed_at":"2026-01-05T00:00:00Z","payments":[{}]{more}}}"#,
        payees.join(",")
    )
}

fn ban(platform: &str, account: &str, day: &str, outcome: &str) -> String {
    format!(
        r#"{{"platform":"{platform}","enforcement_id":"{platform}-{account}","account_id":"{account}","taken_at":"{day}T12:00:00Z","action":"BAN","outcome":"{outcome}"}}"#
    )
}

#[test]
fn back_after_eleven_days_on_another_platform() {
    let accounts = [
        account("ebay_uk", "bags", &["p"], r#","opened_at":"2025-01-01T00:00:00Z""#),
        account("tiktok", "77", &["p"], r#","opened_at":"2025-05-14T23:00:00Z""#),
    ];
    check(
        &accounts,
        &[ban("ebay_uk", "bags", "2025-05-03", "UPHELD")],
        Band::Act,
        expect![[r#"
            ACT 2 of ebay_uk tiktok
            ebay_uk/bags strikes 1 of 1
            tiktok/77 strikes 0 of 0
            2025-01-01 Opened ebay_uk/bags
            2025-05-03 Enforced ebay_uk/bags BAN
            2025-05-03 Closed ebay_uk/bags
            2025-05-14 Opened tiktok/77
            ebay_uk/bags closed on 2025-05-03, back after 11 days as tiktok/77
            seam ebay_uk/bags-tiktok/77 1 across: ebay_uk/bags | tiktok/77
        "#]],
    );
}

#[test]
fn an_overturned_ban_closes_nothing_and_an_undated_opening_is_no_return() {
    let accounts = [account("ebay_uk", "bags", &["p"], ""), account("tiktok", "77", &["p"], "")];
    check(
        &accounts,
        &[ban("ebay_uk", "bags", "2025-05-03", "REVERSED"), ban("tiktok", "77", "2025-06-01", "UPHELD")],
        Band::Act,
        expect![[r#"
            ACT 2 of ebay_uk tiktok
            ebay_uk/bags strikes 0 of 1
            tiktok/77 strikes 1 of 1
            2025-05-03 Enforced ebay_uk/bags BAN
            2025-06-01 Enforced tiktok/77 BAN
            2025-06-01 Closed tiktok/77
            2026-01-05 FirstSeen ebay_uk/bags
            2026-01-05 FirstSeen tiktok/77
            seam ebay_uk/bags-tiktok/77 1 across: ebay_uk/bags | tiktok/77
        "#]],
    );
}

#[test]
fn the_seam_is_where_a_chain_comes_apart() {
    let accounts = [
        account("a", "1", &["p"], r#","phones":["+447900123401"]"#),
        account("b", "2", &["p"], r#","phones":["+447900123401"]"#),
        account("c", "3", &["p", "q"], ""),
        account("d", "4", &["q"], ""),
    ];
    check(
        &accounts,
        &[],
        Band::Lead,
        expect![[r#"
            LEAD 4 of a b c d
            a/1 strikes 0 of 0
            b/2 strikes 0 of 0
            c/3 strikes 0 of 0
            d/4 strikes 0 of 0
            2026-01-05 FirstSeen a/1
            2026-01-05 FirstSeen b/2
            2026-01-05 FirstSeen c/3
            2026-01-05 FirstSeen d/4
            seam c/3-d/4 1 across: d/4 | a/1 b/2 c/3
        "#]],
    );
}

#[test]
fn an_account_alone_has_no_seam() {
    check(
        &[account("a", "1", &["p"], "")],
        &[],
        Band::Lead,
        expect![[r#"
        LEAD 1 of a
        a/1 strikes 0 of 0
        2026-01-05 FirstSeen a/1
    "#]],
    );
}

#[test]
fn a_network_that_nobody_knows_is_refused() {
    let linker = linked(&[account("a", "1", &["p"], "")], &[]);
    assert!(matches!(linker.network_story(NetworkId(99), Band::Act), Err(LinkerError::UnknownNetwork(NetworkId(99)))));
}

#[test]
fn what_several_pairs_say_together_is_told_kind_by_kind() {
    let name = r#","display_name":"Anna Shop Bags""#;
    let person = r#","persons":[{"name":"Anna Fairweather"}]"#;
    let accounts = [
        account("ebay_uk", "name", &["p"], name),
        account("ebay_uk", "person", &["p"], person),
        account("tiktok", "both", &[], &format!("{name}{person}")),
    ];
    check(
        &accounts,
        &[],
        Band::Act,
        expect![[r#"
        ACT 3 of ebay_uk tiktok
        ebay_uk/name strikes 0 of 0
        ebay_uk/person strikes 0 of 0
        tiktok/both strikes 0 of 0
        2026-01-05 FirstSeen ebay_uk/name
        2026-01-05 FirstSeen ebay_uk/person
        2026-01-05 FirstSeen tiktok/both
        seam ebay_uk/person-tiktok/both 2 across: tiktok/both | ebay_uk/name ebay_uk/person
        together: PERSON_NAME of tiktok/both and ebay_uk/person
        together: DISPLAY_NAME of tiktok/both and ebay_uk/name
    "#]],
    );
}
