//! Each test is an operator and its notices. `a/1` and `b/2` are one operator at ACT; `c/3` belongs to them at LEAD only.

use expect_test::{Expect, expect};

use super::*;
use crate::ledger::AnyRecord;
use crate::record::{AccountDraft, EnforcementDraft};

const RULES: &str = r#"
name = "house-rules"
version = "7"
[[rule]]
name = "three-days"
strike_days = 3
[[rule]]
name = "danger"
strike_days = 1
harms = ["HEALTH_AND_SAFETY"]
[[rule]]
name = "marks"
strike_days = 2
rights = ["TRADE_MARK"]
"#;

/// Notices are written `account day more`; `more` is fields of JSON beside an upheld outcome.
fn linker(notices: &[(&str, u8, &str)]) -> Linker {
    let linker = Linker::in_memory().unwrap();
    let shown = [
        ("a", "1", r#""payments":[{"scheme":"PAYPAL","value":"p@post.example"}],"phones":["+442079460011"]"#),
        ("b", "2", r#""payments":[{"scheme":"PAYPAL","value":"p@post.example"}],"emails":["anna@mail.example"]"#),
        ("c", "3", r#""emails":["anna@mail.example"],"phones":["+442079460011"]"#),
    ];
    let mut records: Vec<AnyRecord> = Vec::new();
    for (platform, id, fields) in shown {
        let line =
            format!(r#"{{"platform":"{platform}","account_id":"{id}","observed_at":"2026-01-01T00:00:00Z",{fields}}}"#);
        let draft: AccountDraft = serde_json::from_str(&line).unwrap();
        records.push(draft.check(linker.intake()).unwrap().into());
    }
    for (number, (account, day, more)) in notices.iter().enumerate() {
        let (platform, id) = account.split_once('/').unwrap();
        let outcome = if more.contains("outcome") { "" } else { r#","outcome":"UPHELD""# };
        let more = if more.is_empty() { String::new() } else { format!(",{more}") };
        let line = format!(
            r#"{{"platform":"{platform}","account_id":"{id}","enforcement_id":"E{number}","taken_at":"2026-02-{day:02}T12:00:00Z"{outcome}{more}}}"#
        );
        let draft: EnforcementDraft = serde_json::from_str(&line).unwrap();
        records.push(draft.check(linker.intake()).unwrap().into());
    }
    linker.add(&records, true).unwrap();
    linker
}

#[track_caller]
fn check(rules: &RuleSet, account: &str, notices: &[(&str, u8, &str)], expected: Expect) {
    let status = linker(notices).check(&AccountKey::parse(account).unwrap(), None, rules).unwrap();
    let rule = status.rule.as_deref().unwrap_or("no rule");
    let counts = |counts: &[StrikeCount]| {
        counts.iter().map(|count| format!("{} {}", count.strikes, count.of)).collect::<Vec<_>>().join(" ")
    };
    expected.assert_eq(&format!(
        "{}: {}; {} of {} {}, {} missing; {}; {}",
        status.answer,
        status.reason,
        rule,
        status.rules,
        status.rules_version,
        status.days_missing,
        counts(&status.strikes_by_right),
        counts(&status.strikes_by_platform)
    ));
}

fn house_rules() -> RuleSet {
    RuleSet::parse("rules.toml", RULES).unwrap()
}

#[test]
fn three_strikes_on_separate_days_of_the_whole_network() {
    let notices = [("a/1", 1, ""), ("b/2", 2, ""), ("b/2", 3, "")];
    check(
        RuleSet::shipped(),
        "a/1",
        &notices,
        expect![
            "YES: upheld on 3 separate days, which meets rule three-days; three-days of three-strikes 1, 0 missing; 3 NOT_SAID; 1 a 2 b"
        ],
    );
    check(
        RuleSet::shipped(),
        "a/1",
        &notices[..2],
        expect![
            "NO: upheld on 2 separate days; rule three-days lacks 1 more day with a strike; three-days of three-strikes 1, 1 missing; 2 NOT_SAID; 1 a 1 b"
        ],
    );
    check(
        RuleSet::shipped(),
        "a/1",
        &[],
        expect![
            "NO: never upheld; rule three-days lacks 3 more days with a strike; three-days of three-strikes 1, 3 missing; ; "
        ],
    );
}

#[test]
fn the_rule_that_is_met_is_named() {
    check(
        &house_rules(),
        "b/2",
        &[("a/1", 1, r#""harm":"HEALTH_AND_SAFETY""#)],
        expect!["YES: upheld on 1 day, which meets rule danger; danger of house-rules 7, 0 missing; 1 NOT_SAID; 1 a"],
    );
    let mark = r#""right":{"kind":"TRADE_MARK"}"#;
    check(
        &house_rules(),
        "b/2",
        &[("a/1", 1, mark), ("b/2", 2, mark)],
        expect![
            "YES: upheld on 2 separate days, which meets rule marks; marks of house-rules 7, 0 missing; 2 TRADE_MARK; 1 a 1 b"
        ],
    );
}

#[test]
fn the_nearest_rule_says_what_is_missing() {
    check(
        &house_rules(),
        "b/2",
        &[("a/1", 1, ""), ("b/2", 2, "")],
        expect![
            "NO: upheld on 2 separate days; rule three-days lacks 1 more day with a strike; three-days of house-rules 7, 1 missing; 2 NOT_SAID; 1 a 1 b"
        ],
    );
    let mark = r#""right":{"kind":"TRADE_MARK"}"#;
    check(
        &house_rules(),
        "b/2",
        &[("a/1", 1, mark)],
        expect![
            "NO: upheld on 1 day; rule marks lacks 1 more day with a strike; marks of house-rules 7, 1 missing; 1 TRADE_MARK; 1 a"
        ],
    );
}

#[test]
fn with_accounts_at_lead_nobody_can_say() {
    let notices = [("a/1", 1, ""), ("b/2", 2, ""), ("c/3", 3, "")];
    check(
        RuleSet::shipped(),
        "a/1",
        &notices,
        expect![
            "CANNOT_SAY: rule three-days is met only with accounts linked as LEAD, not ACT; three-days of three-strikes 1, 1 missing; 2 NOT_SAID; 1 a 1 b"
        ],
    );
}

#[test]
fn with_open_complaints_nobody_can_say_whatever_the_rule() {
    let open = r#""outcome":"UPHELD","appeal":"OPEN""#;
    check(
        RuleSet::shipped(),
        "a/1",
        &[("a/1", 1, ""), ("a/1", 2, ""), ("a/1", 3, open)],
        expect![
            "CANNOT_SAY: rule three-days depends on complaints or appeals that are still open; three-days of three-strikes 1, 1 missing; 2 NOT_SAID; 2 a"
        ],
    );
    let danger = r#""outcome":"PENDING","harm":"HEALTH_AND_SAFETY""#;
    check(
        &house_rules(),
        "a/1",
        &[("a/1", 1, danger)],
        expect![
            "CANNOT_SAY: rule danger depends on complaints or appeals that are still open; danger of house-rules 7, 1 missing; ; "
        ],
    );
}
