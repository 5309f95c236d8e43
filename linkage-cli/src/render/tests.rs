//! What people and programs read on stdout.

use std::io::Write;
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use linkage_core::explain::{Counterfactual, Explanation, Line};
use linkage_core::score::{Relation, Settings};

use super::width::{padded, probability, shown, width, wrapped};
use super::{Cell, Format, Rows, waterfall};

/// A writer that the test can look into afterwards.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[track_caller]
fn check(format: Format, rows: Vec<Vec<Cell>>, expected: Expect) {
    let page = Page::default();
    let mut written = Rows::new(Box::new(page.clone()), format, &["account", "probability", "note"]).unwrap();
    for row in rows {
        written.row(row).unwrap();
    }
    written.finish().unwrap();
    expected.assert_eq(&plain(&page.0.lock().unwrap()));
}

/// Text as a terminal without colour shows it.
fn plain(bytes: &[u8]) -> String {
    anstream::adapter::strip_str(std::str::from_utf8(bytes).unwrap()).to_string()
}

fn two_rows() -> Vec<Vec<Cell>> {
    vec![
        vec![Cell::text("ebay_uk/shop1"), Cell::Probability(0.99996), Cell::text("a, \"b\"")],
        vec![Cell::text("taobao/金龙箱包"), Cell::Probability(1.0), Cell::Absent],
    ]
}

#[test]
fn table_aligns_what_is_wide() {
    check(
        Format::Table,
        two_rows(),
        expect![[r#"
            account          probability  note
            ebay_uk/shop1         0.9999  a, "b"
            taobao/金龙箱包       1.0000  -
        "#]],
    );
}

#[test]
fn csv_quotes_and_keeps_figures_whole() {
    check(
        Format::Csv,
        two_rows(),
        expect![[r#"
            account,probability,note
            ebay_uk/shop1,0.99996,"a, ""b"""
            taobao/金龙箱包,1,
        "#]],
    );
}

#[test]
fn json_is_one_document_and_jsonl_one_per_line() {
    check(
        Format::Json,
        two_rows(),
        expect![[r#"
            [
              {"account":"ebay_uk/shop1","probability":0.99996,"note":"a, \"b\""},
              {"account":"taobao/金龙箱包","probability":1.0,"note":null}
            ]
        "#]],
    );
    check(
        Format::Jsonl,
        two_rows(),
        expect![[r#"
            {"account":"ebay_uk/shop1","probability":0.99996,"note":"a, \"b\""}
            {"account":"taobao/金龙箱包","probability":1.0,"note":null}
        "#]],
    );
    check(Format::Json, Vec::new(), expect!["[]\n"]);
    check(Format::Jsonl, Vec::new(), expect![""]);
}

#[test]
fn csv_text_is_no_formula_and_numbers_stay_numbers() {
    let texts = ["=1+1", "+44", "-1", "@x", "\tx", "a=1"];
    let rows = texts.iter().map(|text| vec![Cell::text(text), Cell::Bits(-3.5), Cell::Absent]).collect();
    check(
        Format::Csv,
        rows,
        expect![[r#"
            account,probability,note
            '=1+1,-3.5,
            '+44,-3.5,
            '-1,-3.5,
            '@x,-3.5,
            '	x,-3.5,
            a=1,-3.5,
        "#]],
    );
}

#[test]
fn rows_beyond_those_measured_are_written_too() {
    let page = Page::default();
    let mut rows = Rows::new(Box::new(page.clone()), Format::Table, &["n"]).unwrap();
    (0..2500).for_each(|n| rows.row(vec![Cell::Count(n)]).unwrap());
    rows.finish().unwrap();
    assert_eq!(plain(&page.0.lock().unwrap()).lines().count(), 2501);
}

#[test]
fn only_what_is_certain_is_shown_as_one() {
    assert_eq!(probability(0.999_999), "0.9999");
    assert_eq!(probability(1.0), "1.0000");
}

#[test]
fn nothing_in_a_value_steers_the_terminal() {
    assert_eq!(shown("a\u{1b}[31mb\u{202e}c"), "a?[31mb?c");
}

#[test]
fn text_is_measured_and_broken_in_cells() {
    assert_eq!(width("金龙"), 4);
    assert_eq!(padded("金", 4), "金  ");
    assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    assert_eq!(wrapped("金龙箱包", 4), ["金龙", "箱包"]);
    assert_eq!(wrapped("", 4), [""]);
}

fn term(kind: &'static str, sentence: &'static str, bits: f64, one_in: Option<f64>, counted: bool) -> Line {
    Line {
        kind,
        group: kind,
        level: "EXACT",
        sentence,
        bits,
        one_in,
        counted,
        left_seen: None,
        right_seen: None,
        cites: None,
    }
}

#[test]
fn waterfall_adds_up_within_a_hundred_columns() {
    let why = Explanation {
        epoch: 1,
        prior_bits: -8.0,
        terms: vec![
            term("PAYMENT", "the same payment account", 14.0, Some(15_923.0), true),
            term("PHONE", "the same telephone number", 9.0, Some(512.0), true),
            term("DISPLAY_NAME", "the same trading name but for spaces, counters or shop words", 4.0, None, false),
            term("PERSON_NAME", "different person's names", -3.0, None, true),
        ],
        weight_bits: 12.0,
        probability: 0.999_755,
        band: "ACT",
        groups: 2,
        identity_contested: false,
        minimal: vec!["PAYMENT"],
        without: vec![
            Counterfactual { kind: "PAYMENT", weight_bits: -2.0, band: "NONE" },
            Counterfactual { kind: "PHONE", weight_bits: 3.0, band: "LEAD" },
        ],
        relation: Some(Relation::SameOperator),
        related_probability: 0.000_1,
        tie: None,
    };
    let mut page = Vec::new();
    waterfall(&mut page, "ebay_uk/a", "taobao/金龙", &why, Settings::default()).unwrap();
    let text = plain(&page);
    assert!(text.lines().all(|line| width(line) <= 100), "{text}");
    expect![[r#"
        ebay_uk/a and taobao/金龙
        Linked, safe to act on: probability 0.9997 of one operator, band ACT

            -8.0  ░░░░░░░░░░│                     PRIOR: what two accounts have before anything is compared
           +14.0  ██████████████████              PAYMENT: the same payment account (1 in 16,000)
            +9.0            │       ███████████   PHONE: the same telephone number (1 in 510)
          (+4.0)            │                     DISPLAY_NAME: the same trading name but for spaces,
                                                  counters or shop words; not counted, DISPLAY_NAME speaks
                                                  already
            -3.0            │              ░░░░   PERSON_NAME: different person's names
        ────────────────────────────────────────
           +12.0            ███████████████       bits in all; 0 is even odds

        Epoch 1: ACT from probability 0.99 with two independent sources or one decisive identifier, LEAD
        from 0.9. Here 2 independent sources speak for it.
        The smallest evidence that is enough alone, and without which the rest is not: PAYMENT.
        Without PAYMENT    -2.0 bits  NONE
        Without PHONE      +3.0 bits  LEAD
    "#]]
    .assert_eq(&text);
}
