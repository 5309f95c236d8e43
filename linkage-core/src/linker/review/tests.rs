//! Each test is a row of judgements on two accounts and what it came to.
//!
//! `strong` pays out to one place (ACT), `lead` shares a telephone and a name (LEAD or better), `weak` shares nothing.

use expect_test::{Expect, expect};

use super::*;
use crate::ledger::LedgerError;
use crate::record::AccountDraft;

/// The accounts `a/1` and `b/2`, which share something, and `c/3`, which shares a payee with `b/2`.
fn linker(shared: &str) -> Linker {
    let linker = Linker::in_memory().unwrap();
    let own = match shared {
        "strong" => [
            r#""payments":[{"scheme":"PAYPAL","value":"p@post.example"}]"#,
            r#""payments":[{"scheme":"PAYPAL","value":"p@post.example"},{"scheme":"PAYPAL","value":"q@post.example"}]"#,
        ],
        _ => [
            r#""emails":["anna@mail.example"]"#,
            r#""emails":["boris@post.example"],"payments":[{"scheme":"PAYPAL","value":"q@post.example"}]"#,
        ],
    };
    let accounts = [
        ("a", "1", own[0]),
        ("b", "2", own[1]),
        ("c", "3", r#""payments":[{"scheme":"PAYPAL","value":"q@post.example"}]"#),
    ];
    let records: Vec<_> = accounts
        .into_iter()
        .map(|(platform, id, shown)| {
            let json = format!(
                r#"{{"platform":"{platform}","account_id":"{id}","observed_at":"2026-01-05T00:00:00Z",{shown}}}"#
            );
            let draft: AccountDraft = serde_json::from_str(&json).unwrap();
            draft.check(linker.intake()).unwrap().into()
        })
        .collect();
    linker.add(&records, true).unwrap();
    linker
}

fn key(text: &str) -> AccountKey {
    AccountKey::parse(text).unwrap()
}

fn judgement(verdict: Verdict, by: &str) -> NewJudgement {
    NewJudgement {
        left: key("b/2"),
        right: key("a/1"),
        verdict,
        note: "seen".to_owned(),
        by: by.to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

/// Judges `a/1` and `b/2` step by step; a number undoes that judgement.
#[track_caller]
fn check(shared: &str, steps: &[(&str, &str)], expected: Expect) {
    let linker = linker(shared);
    let mut told = String::new();
    for (step, by) in steps {
        let outcome = match step.parse() {
            Ok(number) => linker.undo_review(JudgementId(number), by, Timestamp::UNIX_EPOCH),
            Err(_) => {
                let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.name() == *step).unwrap();
                linker.review(judgement(verdict, by))
            }
        };
        told.push_str(
            &outcome.map_or_else(|error| format!("{step} {by}: {error}\n"), |outcome| tell(step, by, &outcome)),
        );
    }
    expected.assert_eq(&told);
}

fn tell(step: &str, by: &str, ReviewOutcome { review, band, together, moved }: &ReviewOutcome) -> String {
    let moved: Vec<String> = moved
        .iter()
        .map(|moved| format!("{} {}>{}", moved.account, shown(moved.act_from), shown(moved.act_to)))
        .collect();
    let stands = if review.stands { "stands" } else { "does not stand" };
    let together = if *together { "together" } else { "apart" };
    format!("{step} {by}: {} {stands} ({}), {together} {moved:?}\n", band.name(), review.effect)
}

fn shown(network: Option<NetworkId>) -> String {
    network.map_or("-".to_owned(), |network| network.0.to_string())
}

#[test]
fn one_person_parts_what_the_score_joined_and_undoing_joins_it_again() {
    check(
        "strong",
        &[("DIFFERENT", "ann"), ("0", "ben"), ("0", "ben")],
        expect![[r#"
        DIFFERENT ann: ACT stands (they are kept apart, whatever the score), apart ["a/1 1>2"]
        0 ben: ACT does not stand (undone, so it counts no more), together ["a/1 2>1"]
        0 ben: judgement 0 is already undone
    "#]],
    );
}

#[test]
fn below_lead_two_people_must_say_the_same() {
    check(
        "weak",
        &[("SAME", "ann"), ("SAME", " Ann "), ("SAME", "ben"), ("2", "ann")],
        expect![[r#"
        SAME ann: NONE does not stand (the evidence alone is below LEAD, so a second person must say the same before it counts), apart []
        SAME  Ann : NONE does not stand (the evidence alone is below LEAD, so a second person must say the same before it counts), apart []
        SAME ben: NONE stands (they count as one operator, whatever the score), together ["b/2 2>1", "c/3 2>1"]
        2 ann: NONE does not stand (undone, so it counts no more), apart ["a/1 1>3"]
    "#]],
    );
}

#[test]
fn a_contrary_word_starts_the_count_anew() {
    check(
        "weak",
        &[("SAME", "ann"), ("DIFFERENT", "cy"), ("SAME", "ben"), ("SAME", "ann"), ("UNSURE", "dee")],
        expect![[r#"
            SAME ann: NONE does not stand (the evidence alone is below LEAD, so a second person must say the same before it counts), apart []
            DIFFERENT cy: NONE stands (they are kept apart, whatever the score), apart []
            SAME ben: NONE does not stand (the evidence alone is below LEAD, so a second person must say the same before it counts), apart []
            SAME ann: NONE stands (they count as one operator, whatever the score), together ["b/2 2>1", "c/3 2>1"]
            UNSURE dee: NONE does not stand (noted; it joins and parts nothing), together []
        "#]],
    );
}

#[test]
fn where_the_evidence_reaches_lead_one_person_is_enough() {
    check(
        "strong",
        &[("RELATED", "ann"), ("SAME", "ben")],
        expect![[r#"
        RELATED ann: ACT stands (they are kept apart as related, whatever the score), apart ["a/1 1>2"]
        SAME ben: ACT stands (they count as one operator, whatever the score), together ["a/1 2>1"]
    "#]],
    );
}

#[test]
fn what_cannot_be_judged() {
    let linker = linker("weak");
    let with = |left: &str, by: &str| linker.review(NewJudgement { left: key(left), ..judgement(Verdict::Same, by) });
    assert!(matches!(with("a/1", "ann"), Err(LinkerError::SameAccount)));
    assert!(matches!(with("b/2", " "), Err(LinkerError::Nameless)));
    assert!(matches!(with("b/9", "ann"), Err(LinkerError::UnknownAccount(_))));
    let undone = linker.undo_review(JudgementId(7), "ann", Timestamp::UNIX_EPOCH);
    assert!(matches!(undone, Err(LinkerError::Ledger(LedgerError::UnknownJudgement { id: 7 }))));
    assert_eq!(linker.reviews(None, 10).unwrap(), []);
}

#[test]
fn a_note_keeps_no_card_number_and_nothing_waits() {
    let linker = linker("strong");
    let note = "paid with 4111 1111 1111 1111".to_owned();
    linker.review(NewJudgement { note, ..judgement(Verdict::Unsure, "ann") }).unwrap();
    assert_eq!(linker.reviews_of(&key("a/1")).unwrap()[0].note, "paid with [card …1111]");
    assert_eq!(linker.waiting().unwrap(), 0);
}
