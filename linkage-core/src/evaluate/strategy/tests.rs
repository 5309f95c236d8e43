//! Each test is a few accounts and what was taken against them. Only `measure` and `check` call the code under test.
//!
//! An account is written `id began: actions`, an action `day` with `!` where it was dismissed; days count from 2026-01-01.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::record::{AccountDraft, EnforcementDraft, Intake};

fn day(day: i64) -> Timestamp {
    let first: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(24 * day)
}

fn seller(text: &str) -> Seller {
    let (account, actions) = text.split_once(':').unwrap();
    let [id, began] = account.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    let intake = Intake::new([7; 32]);
    let began = day(began.parse().unwrap());
    let account = AccountDraft {
        platform: "web".to_owned(),
        account_id: id.to_owned(),
        observed_at: began.to_string(),
        opened_at: began.to_string(),
        ..AccountDraft::default()
    };
    let enforcement = |(number, text): (usize, &str)| {
        let draft = EnforcementDraft {
            platform: "web".to_owned(),
            account_id: id.to_owned(),
            enforcement_id: format!("{id}-{number}"),
            action: "TAKEDOWN".to_owned(),
            taken_at: day(text.trim_end_matches('!').parse().unwrap()).to_string(),
            outcome: if text.ends_with('!') { "DISMISSED" } else { "UPHELD" }.to_owned(),
            ..EnforcementDraft::default()
        };
        draft.check(&intake).unwrap()
    };
    let enforcements = actions.split_whitespace().enumerate().map(enforcement).collect();
    Seller::new([&account.check(&intake).unwrap()], enforcements, None).unwrap()
}

/// The accounts, all of one operator, until a day.
fn measure(accounts: &[&str], until: i64) -> StrategyMeasures {
    let mut sellers: Vec<Seller> = accounts.iter().map(|account| seller(account)).collect();
    // Somebody else, seen at the end.
    sellers.push(seller(&format!("z {until}:")));
    let mut operators = vec![0; accounts.len()];
    operators.push(1);
    measure_strategy(&sellers, &operators, RuleSet::shipped(), day(until))
}

#[track_caller]
fn check(accounts: &[&str], until: i64, expected: Expect) {
    let found = measure(accounts, until);
    let shares =
        found.recurrence.iter().map(|one| format!("{}: {}/{}", one.days, one.operators.part, one.operators.of));
    let on_sight = found.avoidable_on_sight;
    expected.assert_eq(&format!(
        "{} removals; within {}; avoidable {}/{}",
        found.removals,
        shares.collect::<Vec<_>>().join(", "),
        on_sight.part,
        on_sight.of
    ));
}

#[test]
fn an_operator_who_opens_another_account_after_a_removal_came_back() {
    check(&["a 0: 10", "b 15:"], 1000, expect!["1 removals; within 30: 1/1, 90: 1/1, 365: 1/1; avoidable 0/1"]);
    check(&["a 0: 10", "b 60:"], 1000, expect!["1 removals; within 30: 0/1, 90: 1/1, 365: 1/1; avoidable 0/1"]);
    check(&["a 0: 10", "b 5:"], 1000, expect!["1 removals; within 30: 0/1, 90: 0/1, 365: 0/1; avoidable 0/1"]);
}

#[test]
fn a_removal_without_enough_days_behind_it_says_nothing() {
    check(&["a 0: 10"], 45, expect!["1 removals; within 30: 0/1, 90: 0/0, 365: 0/0; avoidable 0/1"]);
    check(&["a 0: 10", "b 30:"], 35, expect!["1 removals; within 30: 0/0, 90: 0/0, 365: 0/0; avoidable 0/1"]);
}

#[test]
fn a_dismissed_complaint_is_no_removal() {
    check(&["a 0: 10!", "b 15:"], 1000, expect!["0 removals; within 30: 0/0, 90: 0/0, 365: 0/0; avoidable 0/0"]);
}

#[test]
fn an_account_first_seen_after_its_own_removal_is_not_back() {
    check(&["a 20: 10"], 1000, expect!["1 removals; within 30: 0/1, 90: 0/1, 365: 0/1; avoidable 0/1"]);
}

#[test]
fn a_fourth_removal_of_one_operator_could_have_been_spared() {
    check(
        &["a 0: 10", "b 15: 20", "c 25: 30", "d 35: 40"],
        1000,
        expect!["4 removals; within 30: 1/1, 90: 1/1, 365: 1/1; avoidable 1/4"],
    );
    check(&["a 0: 10 20", "d 35: 40"], 1000, expect!["3 removals; within 30: 1/1, 90: 1/1, 365: 1/1; avoidable 0/3"]);
}

#[test]
fn an_account_that_was_linked_too_late_spares_nothing() {
    let linked = |text: &str, at: i64| Seller { linked_at: Some(day(at)), ..seller(text) };
    let measure = |last: i64| {
        let sellers = [linked("a 0: 10 20 30", 1), linked("b 35: 50", last), seller("z 900:")];
        measure_strategy(&sellers, &[0, 0, 1], RuleSet::shipped(), day(900))
    };
    let (soon, late) = (measure(40), measure(60));
    assert_eq!((soon.avoidable, late.avoidable), (Some(Share { part: 1, of: 4 }), Some(Share { part: 0, of: 4 })));
    assert_eq!(soon.days_to_link, Some(DaysToLink { accounts: 1, median: 5.0, ninth_decile: 5.0 }));
    assert_eq!(late.days_to_link.map(|days| days.median), Some(25.0));
}

#[test]
fn nobody_at_all_is_no_error() {
    let nobody = measure_strategy(&[], &[], RuleSet::shipped(), day(0));
    assert_eq!((nobody.operators, nobody.removals_mean(), nobody.days_to_link), (0, None, None));
}

proptest! {
    #[test]
    fn the_order_of_accounts_does_not_matter(
        accounts in proptest::collection::vec((0..300_i64, proptest::collection::vec(0..300_i64, 0..4), 0..3_u32), 0..8),
    ) {
        let text = |(at, (began, actions, _)): (usize, &(i64, Vec<i64>, u32))| {
            let actions: Vec<String> = actions.iter().map(ToString::to_string).collect();
            seller(&format!("a{at} {began}: {}", actions.join(" ")))
        };
        let mut sellers: Vec<Seller> = accounts.iter().enumerate().map(text).collect();
        let mut operators: Vec<u32> = accounts.iter().map(|(_, _, operator)| *operator).collect();
        let there = measure_strategy(&sellers, &operators, RuleSet::shipped(), day(400));
        sellers.reverse();
        operators.reverse();
        prop_assert_eq!(measure_strategy(&sellers, &operators, RuleSet::shipped(), day(400)), there);
    }
}
