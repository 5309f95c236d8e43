//! Figures worked out by hand, and laws that hold for every partition.
//!
//! A partition is written as words: letters are accounts, words are networks or entities: `ab c` has a and b
//! together and c alone.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn rows(words: &str) -> Vec<(String, String)> {
    words.split_whitespace().flat_map(|word| word.chars().map(|c| (c.to_string(), word.to_owned()))).collect()
}

#[track_caller]
fn check(truth: &str, found: &str, expected: Expect) {
    let truth = Truth::new(rows(truth)).unwrap();
    let m = measure_networks(&truth, &truth.partition(rows(found)).unwrap());
    let number = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.4}"));
    expected.assert_eq(&format!(
        "pairs {} {} {}; b3 {:.4} {:.4} {:.4}; {} networks, largest {}; merged {}/{}, singletons {}/{}",
        number(m.pairs.precision()),
        number(m.pairs.recall()),
        number(m.pairs.f1()),
        m.b_cubed_precision,
        m.b_cubed_recall,
        m.b_cubed_f1,
        m.networks,
        m.largest_network,
        m.accounts_wrongly_merged.part,
        m.accounts_wrongly_merged.of,
        m.singletons_wrongly_merged.part,
        m.singletons_wrongly_merged.of,
    ));
}

#[track_caller]
fn check_pairs(truth: &str, pairs: &[(&str, f64)], expected: Expect) {
    let truth = Truth::new(rows(truth)).unwrap();
    let pairs = pairs.iter().map(|&(pair, probability)| ScoredPair {
        left: &pair[..1],
        right: &pair[1..],
        probability,
        linked: probability >= 0.5,
    });
    let text = match measure_pairs(&truth, pairs) {
        Ok(m) => format!(
            "{} scored, links {}+ {}- {} missed; calibration error {:.4} by width, {:.4} by mass",
            m.scored,
            m.links.true_positives,
            m.links.false_positives,
            m.links.false_negatives,
            m.calibration_error_equal_width.unwrap_or(f64::NAN),
            m.calibration_error_equal_mass.unwrap_or(f64::NAN)
        ),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&text);
}

#[test]
fn the_truth_itself_is_perfect() {
    check(
        "abc de f",
        "abc de f",
        expect![
            "pairs 1.0000 1.0000 1.0000; b3 1.0000 1.0000 1.0000; 3 networks, largest 3; merged 0/6, singletons 0/1"
        ],
    );
}

/// Bagga and Baldwin's own example: twelve mentions in chains of 5, 2 and 5. Joining the two long chains
/// gives precision .5833 (7/12 by the formula 1/12 · (10 · 5/10 + 2)), joining a long and the short one .7619.
#[test]
fn published_example_of_b_cubed() {
    check(
        "abcde fg hijkl",
        "abcde fghijkl",
        expect![
            "pairs 0.6774 1.0000 0.8077; b3 0.7619 1.0000 0.8649; 2 networks, largest 7; merged 7/12, singletons 0/0"
        ],
    );
    check(
        "abcde fg hijkl",
        "abcdehijkl fg",
        expect![
            "pairs 0.4565 1.0000 0.6269; b3 0.5833 1.0000 0.7368; 2 networks, largest 10; merged 10/12, singletons 0/0"
        ],
    );
}

#[test]
fn a_split_entity_costs_recall_alone() {
    check(
        "abcd",
        "ab cd",
        expect![
            "pairs 1.0000 0.3333 0.5000; b3 1.0000 0.5000 0.6667; 2 networks, largest 2; merged 0/4, singletons 0/0"
        ],
    );
}

#[test]
fn a_stranger_drawn_in_is_counted_with_those_who_drew_him_in() {
    check(
        "ab c d",
        "abc d",
        expect![
            "pairs 0.3333 1.0000 0.5000; b3 0.6667 1.0000 0.8000; 2 networks, largest 3; merged 3/4, singletons 1/2"
        ],
    );
}

#[test]
fn linking_nobody_has_no_pairwise_precision() {
    check(
        "ab c",
        "a b c",
        expect!["pairs - 0.0000 0.0000; b3 1.0000 0.6667 0.8000; 3 networks, largest 1; merged 0/3, singletons 0/1"],
    );
}

#[test]
fn nothing_to_link_and_nothing_linked_has_no_pairwise_figure() {
    check(
        "a b",
        "a b",
        expect!["pairs - - -; b3 1.0000 1.0000 1.0000; 2 networks, largest 1; merged 0/2, singletons 0/2"],
    );
}

#[test]
fn accounts_without_label_or_network_are_counted_and_change_nothing() {
    let truth = Truth::new(rows("ab c")).unwrap();
    let found = truth.partition(rows("axby z")).unwrap();
    let m = measure_networks(&truth, &found);
    assert_eq!((m.unlabelled, m.unplaced, m.networks, m.largest_network), (3, 1, 2, 2));
    assert_eq!(m.pairs.f1(), Some(1.0));
}

#[test]
fn contradictions_are_refused() {
    let text = |result: Result<(), EvaluateError>| result.unwrap_err().to_string();
    let truth = Truth::new(rows("ab c")).unwrap();
    expect!["the truth names no account"].assert_eq(&text(Truth::new(rows("")).map(drop)));
    expect!["account a belongs to two entities in the truth"].assert_eq(&text(Truth::new(rows("ab ac")).map(drop)));
    expect!["account a is in two networks of one partition"].assert_eq(&text(truth.partition(rows("ab ac")).map(drop)));
    expect!["account a is paired with itself"].assert_eq(&text(measure_blocking(&truth, [("a", "a")]).map(drop)));
}

#[test]
fn a_row_may_be_repeated() {
    let truth = Truth::new(rows("ab ab c")).unwrap();
    assert_eq!((truth.accounts(), truth.entities(), truth.true_pairs()), (3, 2, 1));
}

#[test]
fn links_are_held_against_all_true_pairs() {
    check_pairs(
        "abc d",
        &[("ab", 0.9), ("ad", 0.8), ("bc", 0.1)],
        expect!["3 scored, links 1+ 1- 2 missed; calibration error 0.6000 by width, 0.6000 by mass"],
    );
}

/// One bin of width .1 holds .95, .95, .95 and .91, of which three are true: |.94 - .75|.
#[test]
fn calibration_error_of_one_bin() {
    check_pairs(
        "abc d",
        &[("ab", 0.95), ("ac", 0.95), ("bc", 0.95), ("ad", 0.91)],
        expect!["4 scored, links 3+ 1- 0 missed; calibration error 0.1900 by width, 0.2650 by mass"],
    );
}

#[test]
fn certain_and_right_is_calibrated() {
    check_pairs(
        "ab c",
        &[("ab", 1.0), ("ac", 0.0), ("bc", 0.0)],
        expect!["3 scored, links 1+ 0- 0 missed; calibration error 0.0000 by width, 0.0000 by mass"],
    );
}

#[test]
fn wrong_probabilities_and_repeated_pairs_are_refused() {
    check_pairs("ab c", &[("ab", 1.1)], expect!["error: probability of pair a b: expected 0 to 1"]);
    check_pairs("ab c", &[("ab", f64::NAN)], expect!["error: probability of pair a b: expected 0 to 1"]);
    check_pairs("ab c", &[("ab", 0.5), ("ba", 0.5)], expect!["error: pair a b is scored twice"]);
}

#[test]
fn candidates_count_once_in_either_order() {
    let truth = Truth::new(rows("abc d")).unwrap();
    let m = measure_blocking(&truth, [("a", "b"), ("b", "a"), ("a", "d"), ("a", "x")]).unwrap();
    assert_eq!((m.candidates, m.recall, m.unlabelled), (2, Share { part: 1, of: 3 }, 1));
    assert_eq!(m.candidates_per_record, 1.0);
}

#[test]
fn closure_joins_friends_of_friends() {
    let truth = Truth::new(rows("ab c d")).unwrap();
    let m = measure_networks(&truth, &truth.closure([("a", "b"), ("b", "c"), ("a", "x")]));
    assert_eq!((m.networks, m.largest_network, m.unlabelled), (2, 3, 1));
}

/// `ab c d` in the truth, `abc d` found: c is drawn in, and the pair b c is a trap walked into.
#[test]
fn who_is_merged_with_whom_and_which_traps_are_joined() {
    let truth = Truth::new(rows("ab c d")).unwrap();
    let found = truth.partition(rows("abc d")).unwrap();
    let bad = |account: &str| account == "a" || account == "b";
    assert_eq!(measure_merged(&truth, &found, |account| !bad(account), bad), Share { part: 1, of: 2 });
    assert_eq!(measure_merged(&truth, &found, |account| account == "d", bad), Share { part: 0, of: 1 });
    assert_eq!(measure_joined(&truth, &found, [("b", "c"), ("a", "d"), ("a", "x")]), Share { part: 1, of: 2 });
    // Precision 2/3, recall 1 for a and b; over nobody there is no mean.
    assert_eq!(measure_b_cubed_f1(&truth, &found, bad).map(|f1| (f1 * 1e4).round()), Some(8000.0));
    assert_eq!(measure_largest(&truth, &found, |account| !bad(account)), Share { part: 1, of: 1 });
    assert_eq!(measure_largest(&truth, &found, bad), Share { part: 3, of: 2 });
    assert_eq!(measure_b_cubed_f1(&truth, &found, |_| false), None);
    let whole = measure_b_cubed_f1(&truth, &found, |_| true).unwrap();
    assert!((whole - measure_networks(&truth, &found).b_cubed_f1).abs() < 1e-12);
}

#[test]
fn report_prints_every_partition_beside_link_nobody() {
    let truth = Truth::new(rows("ab c d")).unwrap();
    let mut report = Report::new(&truth);
    report.add("ACT", &truth, &truth.partition(rows("ab c d")).unwrap());
    report.add("LEAD", &truth, &truth.partition(rows("abc d")).unwrap());
    report.blocking = Some(measure_blocking(&truth, [("a", "b"), ("a", "c")]).unwrap());
    let pair = ScoredPair { left: "a", right: "b", probability: 0.9, linked: true };
    report.pairs = Some(measure_pairs(&truth, [pair]).unwrap());
    expect![[r#"
        4 accounts, 3 entities, 1 true pairs

                            pairwise                  B-cubed                                accounts merged  singletons merged
        networks of    prec.  recall      F1    prec.  recall      F1  networks   largest    with a stranger       with anybody
        ACT           1.0000  1.0000  1.0000   1.0000  1.0000  1.0000         3         2        0 of 4 0.0%        0 of 2 0.0%
        LEAD          0.3333  1.0000  0.5000   0.6667  1.0000  0.8000         2         3       3 of 4 75.0%       1 of 2 50.0%
        link nobody        -  0.0000  0.0000   1.0000  0.7500  0.8571         4         1        0 of 4 0.0%        0 of 2 0.0%

        links as pairs       precision 1.0000, recall 1.0000, F1 1.0000; 1 pairs scored
        calibration error    0.1000 in bins of equal width, 0.1000 in bins of equal mass
        blocking             1 of 1 true pairs kept (1.0000), 1.0 candidates per record
    "#]].assert_eq(&report.to_string());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["rows"][0]["pairs"]["f1"], 1.0);
    assert_eq!(json["rows"][1]["b_cubed_f1"].as_f64().map(|f1| (f1 * 1e4).round()), Some(8000.0));
    assert_eq!(json["rows"][2]["pairs"]["precision"], serde_json::Value::Null);
}

/// Up to 40 accounts with an entity and a network each.
fn labelled() -> impl Strategy<Value = Vec<(String, String, String)>> {
    prop::collection::vec((0..8u8, 0..8u8), 1..40).prop_map(|drawn| {
        let name =
            |(at, (entity, network)): (usize, (u8, u8))| (format!("p/{at}"), entity.to_string(), network.to_string());
        drawn.into_iter().enumerate().map(name).collect()
    })
}

fn measures(all: &[(String, String, String)]) -> NetworkMeasures {
    let truth = Truth::new(all.iter().map(|(account, entity, _)| (account, entity))).unwrap();
    let found = truth.partition(all.iter().map(|(account, _, network)| (account, network))).unwrap();
    measure_networks(&truth, &found)
}

/// The definitions word by word, quadratic.
fn by_definition(all: &[(String, String, String)]) -> (PairCounts, f64, f64) {
    let (mut counts, mut precision, mut recall) = (PairCounts::default(), 0.0, 0.0);
    for (i, a) in all.iter().enumerate() {
        let with = |same: &dyn Fn(&(String, String, String)) -> bool| all.iter().filter(|b| same(b)).count() as f64;
        let both = with(&|b| a.1 == b.1 && a.2 == b.2);
        precision += both / with(&|b| a.2 == b.2);
        recall += both / with(&|b| a.1 == b.1);
        for b in &all[..i] {
            match (a.2 == b.2, a.1 == b.1) {
                (true, true) => counts.true_positives += 1,
                (true, false) => counts.false_positives += 1,
                (false, true) => counts.false_negatives += 1,
                (false, false) => {}
            }
        }
    }
    (counts, precision / all.len() as f64, recall / all.len() as f64)
}

proptest! {
    #[test]
    fn order_of_rows_does_not_matter((all, shuffled) in labelled().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))) {
        prop_assert_eq!(measures(&all), measures(&shuffled));
    }

    #[test]
    fn figures_follow_the_definitions(all in labelled()) {
        let m = measures(&all);
        let (counts, precision, recall) = by_definition(&all);
        prop_assert_eq!(m.pairs, counts);
        prop_assert!((m.b_cubed_precision - precision).abs() < 1e-9);
        prop_assert!((m.b_cubed_recall - recall).abs() < 1e-9);
    }

    #[test]
    fn a_perfect_partition_scores_one(all in labelled()) {
        let perfect: Vec<_> = all.into_iter().map(|(account, entity, _)| (account, entity.clone(), entity)).collect();
        let m = measures(&perfect);
        prop_assert_eq!((m.b_cubed_precision, m.b_cubed_recall), (1.0, 1.0));
        prop_assert!(m.pairs.f1().is_none_or(|f1| f1 == 1.0));
        prop_assert_eq!((m.accounts_wrongly_merged.part, m.singletons_wrongly_merged.part), (0, 0));
    }

    #[test]
    fn order_of_pairs_does_not_matter(
        (pairs, shuffled) in prop::collection::btree_map((0..9u8, 10..19u8), 0.0..=1.0f64, 0..40)
            .prop_map(|pairs| pairs.into_iter().collect::<Vec<_>>())
            .prop_flat_map(|pairs| (Just(pairs.clone()), Just(pairs).prop_shuffle()))
    ) {
        let truth = Truth::new((0..19u8).map(|i| (i.to_string(), (i % 5).to_string()))).unwrap();
        let measure = |pairs: &[((u8, u8), f64)], turn: bool| {
            let keys: Vec<_> = pairs.iter().map(|((l, r), p)| (l.to_string(), r.to_string(), *p)).collect();
            let scored = keys.iter().map(|(l, r, p)| {
                let (left, right) = if turn { (r.as_str(), l.as_str()) } else { (l.as_str(), r.as_str()) };
                ScoredPair { left, right, probability: *p, linked: *p > 0.5 }
            });
            let measured = measure_pairs(&truth, scored).unwrap();
            (measured, measure_blocking(&truth, keys.iter().map(|(l, r, _)| (l, r))).unwrap())
        };
        prop_assert_eq!(measure(&pairs, false), measure(&shuffled, true));
    }
}
