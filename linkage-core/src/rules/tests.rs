//! Each test is a policy and somebody who comes close to it. Only `check` calls the code under test.
//!
//! A strike is written `day platform right holder`; `-` where nobody says. Days count from 2026-01-01, and all is asked on day 400.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::record::{EnforcementDraft, Intake};

const THREE_DAYS: &str = "strike_days = 3";

fn intake() -> Intake {
    Intake::new([7; 32])
}

fn at(day: i64) -> Timestamp {
    let first: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(24 * day)
}

fn strike(number: usize, text: &str) -> Enforcement {
    let [day, platform, right, holder] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
    let draft = EnforcementDraft {
        platform: platform.to_owned(),
        account_id: "shop".to_owned(),
        enforcement_id: format!("E{number}"),
        taken_at: at(day.parse().unwrap()).to_string(),
        outcome: "UPHELD".to_owned(),
        rights_holder: if holder == "-" { String::new() } else { holder.replace('_', " ") },
        ..EnforcementDraft::default()
    };
    let mut strike = draft.check(&intake()).unwrap();
    strike.right = right.parse().ok().map(|kind| crate::record::Right { kind: Some(kind), office: None, number: None });
    strike
}

fn rules(limits: &str) -> RuleSet {
    let text = format!("name = \"set\"\nversion = \"1\"\n[[rule]]\nname = \"rule\"\n{limits}\n");
    RuleSet::parse("rules.toml", &text).unwrap()
}

#[track_caller]
fn check(limits: &str, strikes: &[&str], expected: Expect) {
    let strikes: Vec<Enforcement> = strikes.iter().enumerate().map(|(number, text)| strike(number, text)).collect();
    let strikes: Vec<&Enforcement> = strikes.iter().collect();
    let rules = rules(limits);
    let (rule, missing) = rules.nearest(&strikes, at(400)).unwrap();
    let found = match rules.met(&strikes, at(400)) {
        Some(_) => "met".to_owned(),
        None => format!("lacks {missing}"),
    };
    expected.assert_eq(&format!("{}: {found}", rule.sentence()));
}

#[test]
fn three_strikes_on_one_day_are_one() {
    check(
        THREE_DAYS,
        &["1 ebay_uk - -", "1 temu - -", "1 temu - -"],
        expect!["3 separate days with a strike: lacks 2 more days with a strike"],
    );
    check(THREE_DAYS, &["1 ebay_uk - -", "2 temu - -", "9 temu - -"], expect!["3 separate days with a strike: met"]);
}

#[test]
fn only_trade_marks_count_where_the_rule_is_about_trade_marks() {
    let limits = "strike_days = 2\nrights = [\"TRADE_MARK\", \"DESIGN\"]";
    check(
        limits,
        &["1 ebay_uk TRADE_MARK -", "2 ebay_uk COPYRIGHT -", "3 ebay_uk - -"],
        expect!["2 separate days with a strike for TRADE_MARK or DESIGN: lacks 1 more day with a strike"],
    );
    check(
        limits,
        &["1 ebay_uk TRADE_MARK -", "2 ebay_uk DESIGN -"],
        expect!["2 separate days with a strike for TRADE_MARK or DESIGN: met"],
    );
}

#[test]
fn each_platform_counts_for_itself() {
    let limits = "strike_days = 2\nplatforms = \"ONE\"";
    check(
        limits,
        &["1 ebay_uk - -", "2 temu - -"],
        expect!["2 separate days with a strike, on one platform: lacks 1 more day with a strike"],
    );
    check(
        limits,
        &["1 ebay_uk - -", "2 temu - -", "3 temu - -"],
        expect!["2 separate days with a strike, on one platform: met"],
    );
}

#[test]
fn one_rights_holder_alone_is_not_several_however_it_is_written() {
    let limits = "strike_days = 2\nrights_holders = \"SEVERAL\"";
    check(
        limits,
        &["1 ebay_uk - Kestrel_Ltd", "2 temu - KESTREL_Limited"],
        expect!["2 separate days with a strike, of two rights holders or more: lacks another rights holder"],
    );
    check(
        limits,
        &["1 ebay_uk - Kestrel_Ltd", "2 temu - -"],
        expect!["2 separate days with a strike, of two rights holders or more: lacks another rights holder"],
    );
    check(
        limits,
        &["1 ebay_uk - Kestrel_Ltd", "2 temu - Harbour_plc"],
        expect!["2 separate days with a strike, of two rights holders or more: met"],
    );
}

#[test]
fn strikes_of_two_rights_holders_are_not_those_of_one() {
    let limits = "strike_days = 2\nrights_holders = \"ONE\"";
    check(
        limits,
        &["1 ebay_uk - Kestrel", "2 temu - Harbour", "3 temu - -"],
        expect!["2 separate days with a strike, of one rights holder: lacks 1 more day with a strike"],
    );
    check(
        limits,
        &["1 ebay_uk - Kestrel", "2 temu - Kestrel_Ltd"],
        expect!["2 separate days with a strike, of one rights holder: met"],
    );
}

#[test]
fn an_old_strike_is_outside_the_window() {
    let limits = "strike_days = 2\nwithin_days = 365";
    check(
        limits,
        &["35 ebay_uk - -", "390 temu - -"],
        expect!["2 separate days with a strike, within 365 days: lacks 1 more day with a strike"],
    );
    check(limits, &["36 ebay_uk - -", "390 temu - -"], expect!["2 separate days with a strike, within 365 days: met"]);
}

#[test]
fn danger_to_people_needs_one_strike() {
    let rules = rules("strike_days = 1\nharms = [\"HEALTH_AND_SAFETY\"]");
    let mut one = strike(0, "1 ebay_uk - -");
    assert_eq!(rules.met(&[&one], at(400)), None);
    one.harm = Some(Harm::HealthAndSafety);
    assert_eq!(rules.met(&[&one], at(400)).map(|rule| rule.name.as_str()), Some("rule"));
}

#[test]
fn what_ships_is_three_separate_days() {
    let sentences: Vec<String> = RuleSet::shipped().rules.iter().map(Rule::sentence).collect();
    assert_eq!(sentences, ["3 separate days with a strike"]);
}

#[track_caller]
fn refuse(text: &str, expected: Expect) {
    expected.assert_eq(&RuleSet::parse("rules.toml", text).unwrap_err().to_string());
}

const HEAD: &str = "name = \"set\"\nversion = \"1\"\n";

#[test]
fn a_file_that_cannot_be_used_says_line_field_and_what_was_expected() {
    refuse(
        "name = ",
        expect![
            "rules.toml, line 1: expected valid TOML, found: string values must be quoted, expected literal string"
        ],
    );
    refuse(HEAD, expect!["rules.toml, line 1: rule: expected this field, which is required"]);
    refuse("version = \"1\"\nrule = []", expect!["rules.toml, line 2: rule: expected 1 to 32 rules"]);
    refuse("name = \"Three Strikes\"\n", expect!["rules.toml, line 1: name: expected 1 to 64 of a-z, 0-9 and -"]);
    refuse(&format!("{HEAD}rule = []"), expect!["rules.toml, line 3: rule: expected 1 to 32 rules"]);
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = 0\n"),
        expect!["rules.toml, line 5: rule[0].strike_days: expected a number from 1 to 1000"],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = \"three\"\n"),
        expect!["rules.toml, line 5: rule[0].strike_days: expected a number from 1 to 1000"],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\n"),
        expect!["rules.toml, line 3: rule[0].strike_days: expected this field, which is required"],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = 3\nrights = [\"MARK\"]\n"),
        expect![
            "rules.toml, line 6: rule[0].rights: expected one of TRADE_MARK, COPYRIGHT, DESIGN, PATENT, GEOGRAPHICAL_INDICATION"
        ],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = 3\nrights = []\n"),
        expect!["rules.toml, line 6: rule[0].rights: expected at least one name, or no such field"],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = 3\nplatforms = \"ebay_uk\"\n"),
        expect!["rules.toml, line 6: rule[0].platforms: expected `ALL` or `ONE`"],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = 3\nwithin_days = -1\n"),
        expect!["rules.toml, line 6: rule[0].within_days: expected a number from 1 to 36500"],
    );
    refuse(
        &format!("{HEAD}[[rule]]\nname = \"a\"\nstrike_days = 3\nwithin = 1\n"),
        expect![
            "rules.toml, line 6: rule[0].within: expected a known field, one of `name`, `strike_days`, `rights`, `harms`, `platforms`, `rights_holders`, `within_days`"
        ],
    );
    let twice = "[[rule]]\nname = \"a\"\nstrike_days = 3\n";
    refuse(
        &format!("{HEAD}{twice}{twice}"),
        expect!["rules.toml, line 7: rule[1].name: expected a name that no rule before it has"],
    );
}

#[test]
fn an_expired_or_appealed_strike_counts_no_longer() {
    let whole = strike(0, "1 ebay_uk - -");
    assert!(is_strike(&whole, at(1)) && !is_strike(&whole, at(0)), "not before it was taken");
    let expired = Enforcement { expires_at: Some(at(9)), ..whole.clone() };
    assert!(is_strike(&expired, at(8)) && !is_strike(&expired, at(9)));
    let open = Enforcement { appeal: Some(Appeal::Open), ..whole.clone() };
    assert!(!is_strike(&open, at(2)) && may_become_strike(&open, at(2)));
    let allowed = Enforcement { appeal: Some(Appeal::Allowed), ..whole };
    assert!(!is_strike(&allowed, at(2)) && !may_become_strike(&allowed, at(2)));
}

fn any_strike() -> impl Strategy<Value = Enforcement> {
    let right = proptest::sample::select(vec!["TRADE_MARK", "COPYRIGHT", "-"]);
    let holder = proptest::sample::select(vec!["Kestrel", "Harbour", "-"]);
    let platform = proptest::sample::select(vec!["ebay_uk", "temu"]);
    (0..8_u32, platform, right, holder)
        .prop_map(|(day, platform, right, holder)| strike(0, &format!("{} {platform} {right} {holder}", 50 * day)))
}

fn any_limits() -> impl Strategy<Value = String> {
    let platforms = proptest::sample::select(vec!["ALL", "ONE"]);
    let holders = proptest::sample::select(vec!["ANY", "ONE", "SEVERAL"]);
    let more = proptest::sample::select(vec!["", "within_days = 200", "rights = [\"TRADE_MARK\"]"]);
    (1..5_u32, platforms, holders, more).prop_map(|(days, platforms, holders, more)| {
        format!("strike_days = {days}\nplatforms = \"{platforms}\"\nrights_holders = \"{holders}\"\n{more}")
    })
}

proptest! {
    #[test]
    fn one_more_strike_never_makes_a_rule_unmet(
        limits in any_limits(), strikes in proptest::collection::vec(any_strike(), 0..8), more in any_strike(),
    ) {
        let rule = rules(&limits).rules.remove(0);
        let mut all: Vec<&Enforcement> = strikes.iter().collect();
        let before = rule.missing(&all, at(400));
        all.push(&more);
        prop_assert!(rule.missing(&all, at(400)) <= before);
    }

    #[test]
    fn the_order_of_strikes_does_not_matter(
        limits in any_limits(), strikes in proptest::collection::vec(any_strike(), 0..8),
    ) {
        let rule = rules(&limits).rules.remove(0);
        let there: Vec<&Enforcement> = strikes.iter().collect();
        let back: Vec<&Enforcement> = strikes.iter().rev().collect();
        prop_assert_eq!(rule.missing(&there, at(400)), rule.missing(&back, at(400)));
    }
}
