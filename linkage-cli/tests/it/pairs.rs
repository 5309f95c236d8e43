//! `compare` and `train`: pairs in, answers out, without a store.

use crate::setup::Bench;

#[test]
fn pairs_are_answered_in_their_order_and_without_a_store() {
    let bench = Bench::empty();
    bench.write(
        "pairs.jsonl",
        r#"{"kind": "person_name", "left": {"name": "王小明"}, "right": {"name": "Xiaoming WANG"}}
{"kind": "person_name", "left": {"name": "王小明"}, "right": {"name": "John Smith"}}

{"kind": "company_name", "left": {"name": "银枫贸易有限公司"}, "right": {"name": "Yinfeng Trading Co., Ltd."}}
{"kind": "account", "left": {"payments": [{"scheme": "PAYPAL", "value": "a@example.com"}], "phones": ["+44 20 7946 0991"]}, "right": {"payments": [{"scheme": "paypal", "value": "A@example.com"}], "phones": ["020 7946 0991"], "addresses": [{"country": "GB"}]}}
{"kind": "listing", "left": {"title": "Canon EOS 5D Mark III body"}, "right": {"title": "Canon EOS 5D Mark III body"}}
"#,
    );
    let csv = bench.run(["compare", "--pairs", "pairs.jsonl", "--format", "csv"]).expect(0).stdout;
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["probability", "weight_bits", "band"]);
    assert_eq!(rows.len(), 6);
    let probability = |row: usize| rows[row][0].parse::<f64>().unwrap();
    assert!(0.9 < probability(1) && probability(2) < 0.1, "{csv}");
    assert!(0.9 < probability(3), "{csv}");
    assert_eq!((rows[1][2], rows[2][2], rows[4][2]), ("LEAD", "NONE", "ACT"));
    assert!(!bench.path("linkage-data").exists());
}

#[test]
fn a_british_account_and_its_iban_are_one_and_say_less_where_the_sort_code_rules_them_out() {
    let bench = Bench::empty();
    // Sort code 00-00-20, which no bank has.
    bench.write(
        "pairs.jsonl",
        r#"{"kind": "account", "left": {"payments": [{"scheme": "GB-BANK", "value": "00-00-20 00000010"}]}, "right": {"payments": [{"scheme": "IBAN", "value": "GB84 ZZZZ 0000 2000 0000 10"}]}}"#,
    );
    let bits = |more: &[&str]| -> f64 {
        let arguments = [&["compare", "--pairs", "pairs.jsonl", "--format", "csv"], more].concat();
        let csv = bench.run(arguments).expect(0).stdout;
        csv.lines().nth(1).and_then(|row| row.split(',').nth(1)).unwrap().parse().unwrap()
    };
    bench.write("passes.txt", "000020 000020 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 0 1\n");
    bench.write("fails.txt", "000020 000020 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 1 0\n");
    let unchecked = bits(&[]);
    assert!(0.0 < unchecked, "{unchecked}");
    assert_eq!(bits(&["--sort-codes", "passes.txt"]), unchecked);
    assert!(bits(&["--sort-codes", "fails.txt"]) < unchecked);
    bench.write("bad.txt", "000020 000020 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 1 x\n");
    let refused = |file| bench.run(["compare", "--pairs", "pairs.jsonl", "--sort-codes", file]).expect(2);
    refused("bad.txt").says("bad.txt, line 1, column 17: expected a weight from -999 to 999");
    refused("none.txt").says("none.txt: open file");
}

#[test]
fn a_bad_line_is_named_by_file_line_and_field() {
    let bench = Bench::empty();
    for (line, said) in [
        (
            r#"{"kind": "shop", "left": {}, "right": {}}"#,
            "kind: expected account, listing, person_name or company_name",
        ),
        (r#"{"kind": "person_name", "left": {"name": "A"}}"#, "right: expected an object"),
        (r#"{"kind": "person_name", "left": {"name": " "}, "right": {"name": "B"}}"#, "left.name: expected a name"),
        (
            r#"{"kind": "person_name", "left": {"nome": "A"}, "right": {"name": "B"}}"#,
            "left.nome: expected a known field",
        ),
        (r#"{"kind": "listing", "left": {"title": 7}, "right": {}}"#, "left.title: expected"),
        (r#"{"kind": "listing", "left": {}, "right": {}, "label": 2}"#, "label: expected 0 or 1"),
        (r#"{"kind": "listing", "#, "expected valid JSON"),
        (r#"{"kind": "person_name", "left": {"name": "\ud800"}, "right": {"name": "B"}}"#, "expected valid JSON"),
    ] {
        bench.write("pairs.jsonl", format!("\n{line}\n"));
        let ran = bench.run(["compare", "--pairs", "pairs.jsonl"]).expect(2);
        ran.says("pairs.jsonl, line 2: ").says(said);
    }
    bench.run(["compare", "--pairs", "none.jsonl"]).expect(2).says("none.jsonl: open file");
    bench.write("model.json", "{}");
    bench
        .run(["compare", "--pairs", "pairs.jsonl", "--model", "model.json"])
        .expect(2)
        .says("model.json: expected a model");
}

#[test]
fn what_is_trained_is_used_and_is_the_same_again() {
    let bench = Bench::empty();
    let train = |model: &str| {
        bench.run(["train", "--pairs", "testdata/pairs/names.jsonl", "--model", model, "--format", "csv"]).expect(0)
    };
    let summary = train("one.json").stdout;
    assert!(summary.lines().any(|line| line.starts_with("person_name,21,11,")), "{summary}");
    train("two.json");
    assert_eq!(bench.read("one.json"), bench.read("two.json"));
    let compare = |more: &[&str]| {
        let arguments = ["compare", "--pairs", "testdata/pairs/names.jsonl", "--format", "csv"];
        bench.run(arguments.iter().chain(more)).expect(0).stdout
    };
    assert_ne!(compare(&[]), compare(&["--model", "one.json"]));
}

#[test]
fn nothing_is_learned_from_pairs_without_labels_or_of_one_kind_only() {
    let bench = Bench::empty();
    let pair = |label: &str| {
        format!(r#"{{"kind": "person_name", "left": {{"name": "Ann Lee"}}, "right": {{"name": "Ann Li"}}{label}}}"#)
    };
    let train = |lines: String| {
        bench.write("pairs.jsonl", lines);
        bench.run(["train", "--pairs", "pairs.jsonl", "--model", "model.json"]).expect(2)
    };
    train(pair("")).says("pairs.jsonl, line 1: label: expected 0 or 1");
    train(format!("{}\n", pair(r#", "label": 1"#)).repeat(30)).says("expected at least 10 pairs with label 1");
    train(String::new()).says("expected labelled pairs");
    assert!(!bench.path("model.json").exists());
}
