//! Pages of networks, and changes as they are told.

use super::*;
use crate::ledger::{NewJudgement, Verdict};
use crate::record::AccountDraft;

/// Accounts written `platform/id=payee`, linked; one payee is one operator.
fn add(linker: &Linker, accounts: &str) {
    let record = |text: &str| {
        let (key, payee) = text.split_once('=').unwrap();
        let (platform, id) = key.split_once('/').unwrap();
        let line = format!(
            r#"{{"platform": "{platform}", "account_id": "{id}", "observed_at": "2026-01-05T00:00:00Z",
                "payments": [{{"scheme": "PAYPAL", "value": "{payee}@example.com"}}]}}"#
        );
        serde_json::from_str::<AccountDraft>(&line).unwrap().check(linker.intake()).unwrap().into()
    };
    linker.add(&accounts.split(' ').map(record).collect::<Vec<_>>(), true).unwrap();
}

/// All pages as `accounts platforms first`, and how many pages there were.
fn listed(linker: &Linker, filter: &NetworkFilter, page: usize) -> (Vec<String>, usize) {
    let (mut lines, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = linker.networks(after, filter, page).unwrap();
        pages += 1;
        let said = |one: &NetworkSummary| format!("{} {} {}", one.accounts, one.platforms.join("+"), one.first_account);
        lines.extend(page.networks.iter().map(said));
        match page.next {
            Some(next) => after = Some(next),
            None => return (lines, pages),
        }
    }
}

#[test]
fn networks_are_listed_page_by_page() {
    let linker = Linker::in_memory().unwrap();
    add(&linker, "p/a=one q/b=one p/c=two p/d=three p/e=three p/f=four q/g=five q/h=five q/i=five");
    let all = NetworkFilter { accounts_min: 1, platform: None };
    let expected = ["2 p+q p/a", "1 p p/c", "2 p p/d", "1 p p/f", "3 q q/g"];
    for page in [1, 2, 100] {
        assert_eq!(listed(&linker, &all, page).0, expected);
    }
    let shared = NetworkFilter { accounts_min: 2, platform: None };
    assert_eq!(listed(&linker, &shared, 100).0, ["2 p+q p/a", "2 p p/d", "3 q q/g"]);
    let on_q = NetworkFilter { accounts_min: 2, platform: Some("q".into()) };
    // Nine members, and five rows a page in tests: a page ends early.
    assert_eq!(listed(&linker, &on_q, 100), (vec!["2 p+q p/a".to_owned(), "3 q q/g".to_owned()], 2));
}

#[test]
fn changes_are_told_with_the_account_and_its_network() {
    let linker = Linker::in_memory().unwrap();
    add(&linker, "p/a=one p/b=two");
    let told = |after: u64, most: usize| -> Vec<String> {
        let changes = linker.changes(ChangeNumber(after), most).unwrap().unwrap();
        let said = |change: &AccountChange| {
            let account = change.account.as_ref().map_or("-".to_owned(), ToString::to_string);
            let network = change.network.map_or("-".to_owned(), |network| network.to_string());
            format!("{} {:?} {account} {network}", change.number.0, change.kind)
        };
        changes.iter().map(said).collect()
    };
    assert_eq!(told(0, 10), ["1 New p/a N000001", "2 New p/b N000002"]);
    assert_eq!(told(0, 1), ["1 New p/a N000001"]);
    assert_eq!(told(1, 10), ["2 New p/b N000002"]);
    let key = |text: &str| AccountKey::parse(text).unwrap();
    for by in ["kim", "lee"] {
        let (left, right) = (key("p/a"), key("p/b"));
        let note = String::new();
        let judgement = NewJudgement { left, right, verdict: Verdict::Same, note, by: by.into(), at: Timestamp::now() };
        linker.review(judgement).unwrap();
    }
    let moved: Vec<String> = told(2, 10).into_iter().filter(|line| line.contains("Moved")).collect();
    assert_eq!(moved.len(), 1);
    assert!(moved[0].ends_with("Moved p/b N000001"), "{moved:?}");

    let reference = |after: u64| linker.changes(ChangeNumber(after), 1).unwrap().unwrap()[0].account_ref.clone();
    let known = reference(1);
    let end = linker.last_change().unwrap();
    linker.forget_account(&key("p/b")).unwrap();
    assert_eq!(told(end.0, 1), [format!("{} Gone - -", end.0 + 1)]);
    assert_eq!(reference(end.0), known);
    assert_ne!(reference(0), known);
    assert!(linker.changes(ChangeNumber(999), 1).unwrap().is_none());
}
