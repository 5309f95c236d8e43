//! A world that grows day by day: looking back at any day must show what was there on that day.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::Verdict;
use crate::record::{AccountDraft, EnforcementDraft};
use crate::score::Band;
use crate::store::MemoryStore;

use super::super::NetworkId;
use super::*;

/// An account first seen on a day of January 2026, with a payee.
fn account(linker: &Linker, id: &str, day: u8, payee: &str) -> AnyRecord {
    let json = format!(
        r#"{{"platform":"a","account_id":"{id}","observed_at":"2026-01-{day:02}T12:00:00Z",
        "payments":[{{"scheme":"PAYPAL","value":"{payee}@post.example"}}]}}"#
    );
    let draft: AccountDraft = serde_json::from_str(&json).unwrap();
    draft.check(linker.intake()).unwrap().into()
}

fn key(id: &str) -> AccountKey {
    AccountKey::parse(&format!("a/{id}")).unwrap()
}

fn end_of(day: u8) -> Timestamp {
    format!("2026-01-{day:02}T23:59:59Z").parse().unwrap()
}

fn back_to(linker: &Linker, day: u8) -> Linker {
    linker.as_of(end_of(day), Box::new(MemoryStore::new()), &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

/// Networks at a band, each with its accounts.
fn networks(linker: &Linker, band: Band) -> BTreeMap<NetworkId, BTreeSet<String>> {
    let mut networks: BTreeMap<NetworkId, BTreeSet<String>> = BTreeMap::new();
    let each = &mut |member: super::super::Membership| {
        networks.entry(member.network).or_default().insert(member.account.to_string());
        Ok(())
    };
    linker.memberships(band, each).unwrap();
    networks
}

fn judge(linker: &Linker, left: &str, right: &str, verdict: Verdict, at: Timestamp) {
    let (left, right) = (key(left), key(right));
    linker.review(NewJudgement { left, right, verdict, note: String::new(), by: "ann".into(), at }).unwrap();
}

#[test]
fn today_looked_back_at_is_today() {
    let linker = Linker::in_memory().unwrap();
    let records: Vec<AnyRecord> =
        (1..9).map(|n| account(&linker, &n.to_string(), n, ["p", "q", "r"][usize::from(n) % 3])).collect();
    linker.add(&records, false).unwrap();
    linker.link(&mut |_| {}, &AtomicBool::new(false)).unwrap();
    judge(&linker, "1", "4", Verdict::Different, end_of(9));
    for band in [Band::Act, Band::Lead] {
        assert_eq!(networks(&back_to(&linker, 31), band), networks(&linker, band));
    }
}

#[test]
fn who_came_later_was_not_there_and_the_network_keeps_its_name() {
    let linker = Linker::in_memory().unwrap();
    let records: Vec<AnyRecord> = [("1", 1), ("2", 2), ("3", 5)].map(|(id, day)| account(&linker, id, day, "p")).into();
    linker.add(&records, true).unwrap();
    let now = networks(&linker, Band::Act);
    let then = networks(&back_to(&linker, 3), Band::Act);
    assert_eq!(now.keys().collect::<Vec<_>>(), then.keys().collect::<Vec<_>>());
    assert_eq!(then.into_values().collect::<Vec<_>>(), [BTreeSet::from(["a/1".to_owned(), "a/2".to_owned()])]);
}

#[test]
fn a_judgement_undone_later_stood_then() {
    let linker = Linker::in_memory().unwrap();
    linker.add(&[account(&linker, "1", 1, "p"), account(&linker, "2", 1, "p")], true).unwrap();
    judge(&linker, "1", "2", Verdict::Different, end_of(3));
    linker.undo_review(JudgementId(0), "ben", end_of(5)).unwrap();
    let sizes = [2, 4, 6].map(|day| networks(&back_to(&linker, day), Band::Act).len());
    assert_eq!(sizes, [1, 2, 1]);
}

#[test]
fn a_strike_that_has_run_out_since_was_one_then() {
    let linker = Linker::in_memory().unwrap();
    let draft: EnforcementDraft = serde_json::from_str(
        r#"{"platform":"a","enforcement_id":"E","account_id":"1","taken_at":"2026-01-02T00:00:00Z",
        "action":"TAKEDOWN","outcome":"UPHELD","expires_at":"2026-01-10T00:00:00Z"}"#,
    )
    .unwrap();
    let strike = draft.check(linker.intake()).unwrap();
    linker.add(&[account(&linker, "1", 1, "p"), strike.into()], true).unwrap();
    let strikes = |linker: &Linker| {
        let network = linker.network_of(&key("1")).unwrap().unwrap();
        linker.network_story(network, Band::Act).unwrap().members[0].strikes
    };
    assert_eq!((strikes(&back_to(&linker, 5)), strikes(&back_to(&linker, 20)), strikes(&linker)), (1, 0, 0));
}

#[test]
fn an_account_of_later_is_unknown_then_and_not_unknown_altogether() {
    let linker = Linker::in_memory().unwrap();
    linker.add(&[account(&linker, "1", 1, "p"), account(&linker, "2", 9, "p")], true).unwrap();
    let then = back_to(&linker, 4);
    assert!(matches!(then.network_of(&key("2")), Err(LinkerError::UnknownThen { .. })));
    assert!(then.network_of(&key("1")).unwrap().is_some());
    assert_eq!(then.stopped_at(), Some(end_of(4)));
}
