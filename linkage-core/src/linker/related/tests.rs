//! Each test is a way in which honest people belong together, or hide behind one agent.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use jiff::Timestamp;

use super::super::{Linker, Relation};
use crate::ledger::{AnyRecord, NewJudgement, Verdict};
use crate::record::{AccountDraft, AccountKey};
use crate::score::Band;

fn linked(accounts: &[String]) -> Linker {
    let linker = Linker::in_memory().unwrap();
    let check = |line: &String| -> AnyRecord {
        let draft: AccountDraft = serde_json::from_str(line).unwrap();
        draft.check(linker.intake()).unwrap().into()
    };
    let records: Vec<AnyRecord> = accounts.iter().map(check).collect();
    linker.add(&records, true).unwrap();
    linker
}

fn account(id: &str, fields: &str) -> String {
    format!(r#"{{"platform": "web", "account_id": "{id}", "observed_at": "2026-01-01T00:00:00Z", {fields}}}"#)
}

fn key(id: &str) -> AccountKey {
    AccountKey::new("web", id).unwrap()
}

/// Whom the network of an account is related to, and how; what `links` and `explain` say must agree.
#[track_caller]
fn check(linker: &Linker, id: &str, expected: Expect) {
    let network = linker.network(linker.network_of(&key(id)).unwrap().unwrap()).unwrap();
    let story = linker.network_story(network.id, Band::Act).unwrap();
    assert_eq!(network.members.len(), story.members.len());
    let mut told = format!("{} members\n", network.members.len());
    for related in &story.related {
        let link = &related.link;
        let sure = if link.probability < 1.0 { "likely" } else { "fact" };
        let tie = link.tie.unwrap_or_default();
        let (left, right) = (link.left.account_id(), link.right.account_id());
        writeln!(told, "{left} {right}: {tie}, {sure}, {} pairs", related.pairs).unwrap();
        assert_eq!((link.relation, link.band), (Relation::Related, Band::None));
        let why = linker.explain(&link.left, &link.right).unwrap();
        assert!(tie == "JUDGED" || why.relation == Some(Relation::Related) && why.tie == Some(related.sentence));
    }
    expected.assert_eq(&told);
}

fn person(name: &str, birth: &str) -> String {
    format!(
        r#""persons": [{{"name": "{name}", "birth_date": "{birth}"}}], "phones": ["+44 20 7946 0958"],
           "addresses": [{{"street": "12 Tanner Row", "locality": "Leeds", "postcode": "LS1 4AP", "country": "GB"}}]"#
    )
}

#[test]
fn father_and_son_are_related_and_not_one() {
    let linker = linked(&[
        account("father", &person("Aldous Fenwick-Moore", "1951-02-03")),
        account("son", &person("Barnaby Fenwick-Moore", "1984-11-30")),
    ]);
    check(
        &linker,
        "father",
        expect![[r#"
        1 members
        father son: TOGETHER, likely, 1 pairs
    "#]],
    );
    check(
        &linker,
        "son",
        expect![[r#"
        1 members
        father son: TOGETHER, likely, 1 pairs
    "#]],
    );
}

#[test]
fn thief_and_victim_are_no_link_and_both_are_told_that_the_identity_is_contested() {
    let papers = r#""persons": [{"name": "Theodora Winterbourne", "birth_date": "1977-08-19"}],
        "documents": [{"scheme": "PASSPORT", "value": "ZZ0000025", "country": "GB"}]"#;
    let own = |shop: &str, mail: &str, payee: &str| {
        format!(
            r#"{papers}, "display_name": "{shop}", "emails": ["{mail}"], "payments": [{{"scheme": "PAYPAL", "value": "{payee}"}}]"#
        )
    };
    let linker = linked(&[
        account("thief", &own("Crimson Falcon Luggage", "falcon@example.com", "falcon-pay@example.com")),
        account("victim", &own("Winterbourne Ceramics", "theodora@example.org", "ceramics@example.org")),
    ]);
    for side in ["thief", "victim"] {
        check(
            &linker,
            side,
            expect![[r#"
            1 members
            thief victim: IDENTITY_CONTESTED, fact, 1 pairs
        "#]],
        );
    }
}

/// Sellers of different names who all give one forwarder's address.
fn customers(count: usize) -> Vec<String> {
    let forwarder = r#""addresses": [{"street": "货运路88号 / 88 Freight Road", "locality": "Felixstowe", "postcode": "IP11 3SY", "country": "GB"}]"#;
    const NAMES: [&str; 12] = [
        "Aldous Fenwick",
        "王小明",
        "Carla Brunetti",
        "Dmitri Volkov",
        "Esther Okafor",
        "Fumiko Tanaka",
        "Gustav Lindqvist",
        "何丽华",
        "Ingrid Sorensen",
        "Joao Pereira",
        "Katarzyna Nowak",
        "Lachlan Muir",
    ];
    let one = |at: usize| {
        account(&format!("c{at:02}"), &format!(r#""persons": [{{"name": "{}"}}], {forwarder}"#, NAMES[at % 12]))
    };
    (0..count).map(one).collect()
}

#[test]
fn customers_of_one_forwarder_are_related_while_it_is_a_hub() {
    let linker = linked(&customers(12));
    let network = linker.network_of(&key("c00")).unwrap().unwrap();
    let network = linker.network_story(network, Band::Act).unwrap();
    assert_eq!((network.members.len(), network.related.len()), (1, 11));
    assert!(network.related.iter().all(|related| related.link.tie == Some("SHARED_ADDRESS")));
    for at in 3..12 {
        linker.forget_account(&key(&format!("c{at:02}"))).unwrap();
    }
    let network = linker.network_of(&key("c00")).unwrap().unwrap();
    let network = linker.network_story(network, Band::Act).unwrap();
    assert!(
        network.related.iter().all(|related| related.link.tie != Some("SHARED_ADDRESS")),
        "three may share a house"
    );
}

#[test]
fn a_purse_of_nine_is_worth_a_look_and_no_reason_to_act() {
    let payee = r#""payments": [{"scheme": "PAYPAL", "value": "pay@example.com"}]"#;
    let purse = |count: usize| (0..count).map(|at| account(&format!("p{at}"), payee)).collect::<Vec<_>>();
    let told = |linker: &Linker| {
        let why = linker.explain(&key("p0"), &key("p1")).unwrap();
        let network = linker.network(linker.network_of(&key("p0")).unwrap().unwrap()).unwrap();
        (why.band, why.groups, why.terms[0].sentence, network.members.len())
    };
    let eight = linked(&purse(8));
    assert_eq!(told(&eight), ("ACT", 1, "the same payment account", 8));
    let nine = linked(&purse(9));
    let many = "the same value, but one that many accounts show: worth a look, no reason to act";
    assert_eq!(told(&nine), ("LEAD", 0, many, 1));
    // One after the other comes to the same, in both directions.
    let draft: AccountDraft = serde_json::from_str(&account("p8", payee)).unwrap();
    eight.add(&[draft.check(eight.intake()).unwrap().into()], true).unwrap();
    assert_eq!(told(&eight), told(&nine));
    nine.forget_account(&key("p4")).unwrap();
    assert_eq!(told(&nine), ("ACT", 1, "the same payment account", 8));
}

#[test]
fn a_newcomer_is_told_whom_it_is_related_to() {
    let linker = linked(&customers(12));
    let draft: AccountDraft =
        serde_json::from_str(&customers(12)[4].replace("c04", "new").replace("Esther Okafor", "Ottoline Vance"))
            .unwrap();
    let new = draft.check(linker.intake()).unwrap();
    let answer = &linker.resolve(&[new], &[]).unwrap()[0];
    assert_eq!((answer.band, answer.network, answer.related.len()), ("NONE", None, 12));
    assert!(answer.related.iter().all(|related| related.tie == "SHARED_ADDRESS" && related.probability == 1.0));
}

#[test]
fn what_a_person_found_related_is_shown_so_and_keeps_apart() {
    let payee = r#""payments": [{"scheme": "PAYPAL", "value": "pay@example.com"}]"#;
    let linker = linked(&[account("agent", payee), account("firm", payee)]);
    check(
        &linker,
        "agent",
        expect![[r#"
        2 members
    "#]],
    );
    let judge = |verdict| {
        let (left, right) = (key("agent"), key("firm"));
        let judgement =
            NewJudgement { left, right, verdict, note: "seen".into(), by: "ann".into(), at: Timestamp::UNIX_EPOCH };
        linker.review(judgement).unwrap();
    };
    judge(Verdict::Related);
    check(
        &linker,
        "agent",
        expect![[r#"
        1 members
        agent firm: JUDGED, fact, 1 pairs
    "#]],
    );
    judge(Verdict::Different);
    check(
        &linker,
        "agent",
        expect![[r#"
        1 members
    "#]],
    );
}
