//! Networks, judgements, the past and the graph, as a user sees them.

use std::collections::BTreeSet;

use expect_test::expect;
use roxmltree::{Document, Node};
use serde_json::Value;

use crate::setup::Bench;

const LEFT: &str = "ebay_uk/mlbags_direct";
const RIGHT: &str = "ebay_uk/moorland_leather";

/// Four accounts of one payee, of which the last comes in later, and one that shares nothing.
const ACCOUNTS: &str = r#"
{"platform":"ebay_uk","account_id":"bags","source":"ebay","observed_at":"2025-01-02T00:00:00Z","opened_at":"2025-01-01T00:00:00Z","display_name":"Moorland Bags","payments":[{"scheme":"PAYPAL","value":"p@post.example"}]}
{"platform":"ebay_uk","account_id":"bags","source":"ebay","observed_at":"2025-05-04T00:00:00Z","opened_at":"2025-01-01T00:00:00Z","closed_at":"2025-05-03T12:00:00Z","display_name":"Moorland Bags","payments":[{"scheme":"PAYPAL","value":"p@post.example"}]}
{"platform":"tiktok","account_id":"77","source":"tiktok","observed_at":"2025-05-15T00:00:00Z","opened_at":"2025-05-14T00:00:00Z","display_name":"金龙箱包","payments":[{"scheme":"PAYPAL","value":"p@post.example"}]}
{"platform":"temu","account_id":"a b","observed_at":"2025-08-01T00:00:00Z","display_name":"<Bags> & \"more\"","payments":[{"scheme":"PAYPAL","value":"p@post.example"}]}
{"platform":"web","account_id":"other","observed_at":"2025-01-02T00:00:00Z","display_name":"=1+1"}
"#;

const ENFORCEMENTS: &str = r#"
{"platform":"ebay_uk","enforcement_id":"E1","account_id":"bags","taken_at":"2025-05-03T12:00:00Z","action":"BAN","outcome":"UPHELD","right":{"kind":"TRADE_MARK"},"rights_holder":"Kestrel plc"}
"#;

/// A store with the accounts above.
fn small() -> Bench {
    let bench = Bench::empty();
    bench.write("a.jsonl", ACCOUNTS.trim());
    bench.write("e.jsonl", ENFORCEMENTS.trim());
    bench.run(["import", "--accounts", "a.jsonl", "--enforcements", "e.jsonl", "--link"]).expect(0);
    bench
}

#[test]
fn a_network_tells_its_story() {
    expect![[r#"
        N000001: 3 accounts on 3 platforms, joined at ACT, epoch 0

        account       calls itself     opened      closed      listings  strikes  probability
        ebay_uk/bags  Moorland Bags    2025-01-01  2025-05-03         0        1       0.9971
        temu/a b      <Bags> & "more"  -           -                  0        0       0.9960
        tiktok/77     金龙箱包         2025-05-14  -                  0        0       0.9971

        What happened
        day         what        account       more
        2025-01-01  opened      ebay_uk/bags  
        2025-05-03  BAN         ebay_uk/bags  upheld, a strike, trade mark, Kestrel plc
        2025-05-03  closed      ebay_uk/bags  back after 11 days as tiktok/77
        2025-05-14  opened      tiktok/77     
        2025-08-01  first seen  temu/a b      

        How well it holds together
        It would come apart first between temu/a b from 2 accounts: 2 links join the two, the strongest of
        them ebay_uk/bags and temu/a b, +9.4 bits, probability 0.9960.

        Why the weakest link is there: linkage explain ebay_uk/bags 'temu/a b'
    "#]]
    .assert_eq(&small().run(["network", "tiktok/77"]).expect(0).stdout);
}

#[test]
fn whom_a_person_found_related_stands_beside_the_network_and_not_in_it() {
    let bench = Bench::linked();
    let pair = ["ebay_uk/mlbags_direct", "ebay_uk/willow_and_wren"];
    bench.run(["review", pair[0], pair[1], "--verdict", "related", "--note", "一家人", "--by", "ann"]).expect(0);
    let told = bench.run(["network", pair[1]]).expect(0).stdout;
    let (story, beside) = told.split_once("Related to it, and another operator's").unwrap();
    assert!(!story.contains(pair[0]), "{told}");
    assert!(beside.contains(pair[0]) && beside.contains("a person found"), "{told}");
}

#[test]
fn the_rows_of_neighbours_have_a_cell_for_each_column() {
    let bench = Bench::linked();
    let rows = |arguments: &[&str]| -> Vec<Vec<String>> {
        let csv = bench.run(arguments.iter().copied().chain(["--format", "csv"])).expect(0).stdout;
        csv.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let networks = rows(&["export", "networks"]);
    let network_of = |account: &str| networks.iter().find(|row| row[0] == account).map(|row| row[1].clone()).unwrap();
    let links = rows(&["export", "links"]);
    let lead = links.iter().find(|row| row[5] == "LEAD" && network_of(&row[0]) != network_of(&row[1])).unwrap();
    let neighbours = rows(&["network", &lead[0], "--part", "neighbours"]);
    assert!(neighbours[1..].iter().any(|row| row[1] == network_of(&lead[1])), "{neighbours:?}");
    assert!(neighbours.iter().all(|row| row.len() == neighbours[0].len()), "{neighbours:?}");
}

#[test]
fn a_network_as_json_is_one_document() {
    let json = small().run(["network", "tiktok/77", "--format", "json"]).expect(0).stdout;
    let story: Value = serde_json::from_str(&json).unwrap();
    expect![[r#"
        [
          {
            "closed": "ebay_uk/bags",
            "closed_at": "2025-05-03T12:00:00Z",
            "days": 11,
            "opened": "tiktok/77",
            "opened_at": "2025-05-14T00:00:00Z"
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&story["returns"]).unwrap());
    assert_eq!(story["timeline"].as_array().unwrap().len(), 5);
}

#[test]
fn an_account_alone_is_a_network_of_its_own() {
    let stdout = small().run(["network", "web/other"]).expect(0).stdout;
    assert!(stdout.contains("1 account on 1 platform") && stdout.contains("An account alone"), "{stdout}");
}

#[test]
fn the_name_of_a_merged_network_leads_to_the_one_it_became() {
    let bench = small();
    let id = |account| {
        let json = bench.run(["network", account, "--format", "json"]).expect(0).stdout;
        serde_json::from_str::<Value>(&json).unwrap()["network_id"].as_str().unwrap().to_owned()
    };
    let [one, other] = [id("tiktok/77"), id("web/other")];
    for person in ["ann", "ben"] {
        let say = ["review", "tiktok/77", "web/other", "--verdict", "same", "--note", "一个人", "--by", person];
        bench.run(say).expect(0);
    }
    let kept = id("web/other");
    let gone = if kept == one { other } else { one };
    let ran = bench.run(["network", &gone]).expect(0).says(&format!("note: {gone} was merged into {kept}"));
    assert!(ran.stdout.contains("web/other") && ran.stdout.contains("tiktok/77"), "{}", ran.stdout);
}

#[test]
fn networks_and_accounts_that_are_not_there_are_refused_with_a_hint() {
    let bench = small();
    bench.run(["network", "N999999"]).expect(2).says("no network N999999 in the store").says("hint: ");
    bench.run(["network", "bags"]).expect(2).says("expected the name of a network, such as N000123, or an account");
    bench.run(["network", "ebay/bags"]).expect(2).says("hint: did you mean ebay_uk/bags?");
    bench.run(["network", "tiktok/77", "--band", "sure"]).expect(2).says("[possible values: act, lead]");
    bench.run(["network", "tiktok/77", "--part", "all"]).expect(2).says("possible values: members");
    for command in ["check", "explain", "review"] {
        let mut arguments = vec![command, "tiktok/78"];
        match command {
            "explain" => arguments.push("ebay_uk/bags"),
            "review" => arguments.extend(["ebay_uk/bags", "--verdict", "same", "--note", "", "--by", "ann"]),
            _ => {}
        }
        bench.run(arguments).expect(2).says("no account tiktok/78").says("did you mean tiktok/77?");
    }
}

#[test]
fn one_word_parts_and_undoing_it_joins_again() {
    let bench = small();
    let say = [
        "review",
        "ebay_uk/bags",
        "tiktok/77",
        "--verdict",
        "different",
        "--note",
        "另一个人, other stock",
        "--by",
        "ann",
    ];
    expect![[r#"
        Judgement 0: ann says DIFFERENT of ebay_uk/bags and tiktok/77
          it stands: they are kept apart, whatever the score
          the evidence alone says ACT; at ACT both are in two networks now

        account    network before  now      at LEAD before  now
        tiktok/77  N000001         N000003  N000001         N000003
    "#]]
    .assert_eq(&bench.run(say).expect(0).stdout);
    let networks = || bench.run(["export", "networks"]).expect(0).stdout;
    let parted = networks();
    bench.run(["review", "--undo", "0"]).expect(2).says("--by <NAME>");
    expect![[r#"
        Judgement 0: ann says DIFFERENT of ebay_uk/bags and tiktok/77
          it is undone: undone, so it counts no more
          the evidence alone says ACT; at ACT both are in one network now

        account    network before  now      at LEAD before  now
        tiktok/77  N000003         N000001  N000003         N000001
    "#]]
    .assert_eq(&bench.run(["review", "--undo", "0", "--by", "ben"]).expect(0).stdout);
    assert_ne!(networks(), parted);
    bench.run(["review", "--undo", "0", "--by", "ben"]).expect(2).says("already undone").says("review --list");
    bench.run(["review", "--undo", "7", "--by", "ben"]).expect(2).says("there is no judgement 7");
    let list = bench.run(["review", "--list", "--format", "csv"]).expect(0).stdout;
    assert!(list.contains("0,ebay_uk/bags,tiktok/77,DIFFERENT,false,") && list.contains(",ben,"), "{list}");
    assert_eq!(bench.run(["review", "--list", "web/other", "--format", "csv"]).expect(0).stdout.lines().count(), 1);
}

#[test]
fn where_the_evidence_is_weak_two_people_must_say_the_same() {
    let bench = small();
    let same = |by| {
        let say = ["review", "tiktok/77", "web/other", "--verdict", "SAME", "--note", "x", "--by", by];
        bench.run(say).expect(0).stdout
    };
    assert!(same("ann").contains("does not stand"));
    assert!(same("Ann ").contains("does not stand"), "one person under another spelling");
    assert!(same("ben").contains("it stands: they count as one operator"));
}

#[test]
fn judgements_that_make_no_sense_are_refused() {
    let bench = small();
    let say = |left: &'static str, more: &[&'static str]| {
        bench.run(["review", left, "web/other", "--note", "x"].into_iter().chain(more.iter().copied()))
    };
    say("web/other", &["--verdict", "same", "--by", "ann"]).expect(2).says("expected two different accounts");
    say("tiktok/77", &["--verdict", "same", "--by", " "]).expect(2).says("expected the name of the person");
    say("tiktok/77", &["--verdict", "maybe", "--by", "ann"]).expect(2).says("possible values: same, different");
    say("tiktok/77", &["--by", "ann"]).expect(2).says("--verdict");
    let long = "x".repeat(20_000);
    let judged = ["review", "tiktok/77", "web/other", "--verdict", "same", "--by", "ann", "--note", &long];
    bench.run(judged).expect(2).says("a note of 20000 bytes");
    assert_eq!(bench.run(["review", "--list", "--format", "csv"]).expect(0).stdout.lines().count(), 1);
}

#[test]
fn as_of_shows_what_was_known_then() {
    let bench = small();
    let networks = |day| bench.run(["export", "networks", "--as-of", day]).expect(0).stdout;
    let rows = |text: &str| text.lines().count() - 1;
    assert_eq!(
        [networks("2024-12-31"), networks("2025-03-01"), networks("2025-06-01"), networks("2025-12-31")]
            .map(|text| rows(&text)),
        [0, 2, 3, 4]
    );
    let story = bench.run(["network", "ebay_uk/bags", "--as-of", "2025-03-01"]).expect(0);
    assert!(story.stdout.contains("1 account on 1 platform") && !story.stdout.contains("BAN"), "{}", story.stdout);
    assert!(story.stderr.contains("knew 2 of its 4 accounts"), "{}", story.stderr);
    bench.run(["explain", "ebay_uk/bags", "tiktok/77", "--as-of", "2025-05-15"]).expect(0);
    let early = bench.run(["explain", "ebay_uk/bags", "tiktok/77", "--as-of", "2025-05-14"]).expect(2);
    early.says("nothing was known of tiktok/77 by 2025-05-14T23:59:59Z").says("hint: name a later day");
    let check = bench.run(["check", "tiktok/77", "--as-of", "2025-05-14"]).expect(1);
    assert!(check.stdout.contains("CANNOT_SAY") && check.stdout.contains("nothing was known"), "{}", check.stdout);
    bench.run(["export", "graphml", "--as-of", "2025-13-01"]).expect(2).says("expected a date such as 2024-05-03");
    bench.run(["network", "ebay_uk/nobody", "--as-of", "2025-05-14"]).expect(2).says("no account ebay_uk/nobody");
}

#[test]
fn the_past_leaves_the_store_as_it_is() {
    let bench = Bench::linked();
    let before = bench.seen();
    bench.run(["export", "links", "--as-of", "2025-01-01"]).expect(0);
    assert_eq!(bench.seen(), before);
    let (now, later) = (["export", "networks"], ["export", "networks", "--as-of", "9000-01-01"]);
    assert_eq!(bench.run(now).expect(0).stdout, bench.run(later).expect(0).stdout, "all that is known");
}

#[test]
fn graphml_is_well_formed_and_every_edge_has_its_ends() {
    let bench = Bench::linked();
    let text = bench.run(["export", "graphml", "--all"]).expect(0).stdout;
    let document = Document::parse(&text).unwrap();
    let all = |name| {
        document
            .descendants()
            .filter(move |node: &Node<'_, '_>| node.has_tag_name(("http://graphml.graphdrawing.org/xmlns", name)))
    };
    let nodes: BTreeSet<&str> = all("node").map(|node| node.attribute("id").unwrap()).collect();
    assert_eq!(nodes.len(), bench.run(["export", "networks"]).expect(0).stdout.lines().count() - 1);
    let links = bench.run(["export", "links", "--all"]).expect(0).stdout.lines().count() - 1;
    assert_eq!(all("edge").count(), links);
    for edge in all("edge") {
        assert!(["source", "target"].iter().all(|end| nodes.contains(edge.attribute(*end).unwrap())));
    }
    let keys: BTreeSet<&str> = all("key").map(|key| key.attribute("id").unwrap()).collect();
    assert!(all("data").all(|datum| keys.contains(datum.attribute("key").unwrap())));
}

#[test]
fn graphml_of_one_network_has_its_names_as_they_are() {
    let bench = small();
    let json = bench.run(["network", "tiktok/77", "--format", "json"]).expect(0).stdout;
    let story: Value = serde_json::from_str(&json).unwrap();
    let id = story["network_id"].as_str().unwrap();
    let text = bench.run(["export", "graphml", "--network", id]).expect(0).stdout;
    let document = Document::parse(&text).unwrap();
    let names: Vec<&str> = document
        .descendants()
        .filter(|node| node.attribute("key") == Some("d2"))
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(names, ["Moorland Bags", "<Bags> & \"more\"", "金龙箱包"]);
    bench.run(["export", "graphml", "--network", "N999999"]).expect(2).says("no network N999999");
}

#[test]
fn explain_says_when_and_by_whom_a_value_was_seen() {
    let bench = small();
    let text = bench.run(["explain", "ebay_uk/bags", "tiktok/77"]).expect(0).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("seen 2025-01-02 to 2025-05-04 by ebay, and 2025-05-15 by tiktok"), "{text}");
    let world = Bench::linked().run(["explain", LEFT, RIGHT, "--format", "json"]).expect(0).stdout;
    let why: Value = serde_json::from_str(&world).unwrap();
    let terms = why["terms"].as_array().unwrap();
    let cited = terms.iter().filter(|term| term["kind"] != "RELATED");
    assert!(
        cited.clone().count() > 2 && cited.clone().all(|term| term["left_seen"]["first_at"].is_string()),
        "{world}"
    );
}
