//! Each test is a store and what it says of when accounts were linked.

use super::*;
use crate::ledger::AnyRecord;
use crate::record::AccountDraft;

fn account(linker: &Linker, id: &str, shown: &str) -> AnyRecord {
    let line = format!(r#"{{"platform":"web","account_id":"{id}","observed_at":"2026-01-05T00:00:00Z",{shown}}}"#);
    let draft: AccountDraft = serde_json::from_str(&line).unwrap();
    draft.check(linker.intake()).unwrap().into()
}

const P: &str = r#"{"scheme":"PAYPAL","value":"p@post.example"}"#;
const Q: &str = r#"{"scheme":"PAYPAL","value":"q@post.example"}"#;

#[test]
fn accounts_of_one_network_have_one_number_and_those_that_wait_are_alone() {
    let linker = Linker::in_memory().unwrap();
    let payee = |payee: &str| format!(r#""payments":[{payee}]"#);
    let records = [("a", P), ("b", P), ("c", Q)].map(|(id, value)| account(&linker, id, &payee(value)));
    linker.add(&records, true).unwrap();
    linker.add(&[account(&linker, "d", &payee(P))], false).unwrap();
    let (sellers, networks) = linker.sellers(Band::Act).unwrap();
    assert_eq!(networks, [0, 0, 1, 2]);
    let linked: Vec<bool> = sellers.iter().map(|seller| seller.linked_at.is_some()).collect();
    assert_eq!(linked, [true, true, true, false]);
}

#[test]
fn an_account_is_linked_since_it_last_came_into_another_network() {
    let linker = Linker::in_memory().unwrap();
    let records = [("a", P), ("b", Q)].map(|(id, value)| account(&linker, id, &format!(r#""payments":[{value}]"#)));
    linker.add(&records, true).unwrap();
    let linked_at = |linker: &Linker| -> Vec<Timestamp> {
        linker.sellers(Band::Act).unwrap().0.iter().filter_map(|seller| seller.linked_at).collect()
    };
    let before = linked_at(&linker);
    linker.add(&[account(&linker, "c", &format!(r#""payments":[{P},{Q}]"#))], true).unwrap();
    let after = linked_at(&linker);
    assert_eq!(after[0], before[0], "its network kept its name");
    assert!(before[1] < after[1] && after[1] <= Timestamp::now());
}
