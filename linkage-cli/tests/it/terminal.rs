//! What a terminal, a spreadsheet and a shell are given.

use std::fs;

use expect_test::expect;

use crate::setup::{Bench, import_world};

/// Accounts whose names do what they can to spoil a row.
fn hostile() -> Bench {
    let names = [
        "\u{202e}drab eslaf",
        "sh\u{200b}op\u{feff}",
        "متجر 12",
        "חנות (1)",
        "=HYPERLINK(\\\"http://evil.example\\\")",
        "＋44",
        "@SUM(A1)",
        "\u{1b}]0;title\u{7}",
    ];
    let lines: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let name = name.replace('\u{1b}', "\\u001b").replace('\u{7}', "\\u0007");
            format!(
                r#"{{"platform":"temu","account_id":"s{at}","observed_at":"2024-05-03T12:00:00Z","display_name":"{name}","payments":[{{"scheme":"PAYPAL","value":"p@post.example"}}]}}"#
            )
        })
        .collect();
    let bench = Bench::empty();
    bench.write("a.jsonl", lines.join("\n"));
    bench.run(["import", "--accounts", "a.jsonl", "--link"]).expect(0);
    bench
}

#[test]
fn no_name_reorders_its_row_or_hides_in_it() {
    let table = hostile().run(["network", "temu/s0"]).expect(0).stdout;
    let members: Vec<String> = table
        .lines()
        .filter(|line| line.starts_with("temu/"))
        .map(|line| line.split("  ").filter(|cell| !cell.is_empty()).take(2).collect::<Vec<_>>().join(" | "))
        .map(|line| line.escape_unicode_marks())
        .collect();
    expect![[r#"
        temu/s0 | ?drab eslaf
        temu/s1 | sh?op?
        temu/s2 | \u{2068}متجر 12\u{2069}
        temu/s3 | \u{2068}חנות (1)\u{2069}
        temu/s4 | =HYPERLINK("http://evil.example")
        temu/s5 | ＋44
        temu/s6 | @SUM(A1)
        temu/s7 | ?]0;title?"#]]
    .assert_eq(&members.join("\n"));
}

#[test]
fn no_name_is_a_formula_in_a_spreadsheet() {
    let csv = hostile().run(["network", "temu/s0", "--format", "csv"]).expect(0).stdout;
    let names: Vec<&str> = csv.lines().skip(5).map(|line| line.split(",").nth(2).unwrap()).collect();
    expect![[r#"
        "'=HYPERLINK(""http://evil.example"")"
        '＋44
        '@SUM(A1)
    "#]]
    .assert_eq(&names.join("\n"));
}

/// Marks that are not seen, as escapes.
trait EscapeMarks {
    fn escape_unicode_marks(&self) -> String;
}

impl EscapeMarks for String {
    fn escape_unicode_marks(&self) -> String {
        let mark = |c: char| matches!(c, '\u{2066}'..='\u{2069}');
        self.chars().map(|c| if mark(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
    }
}

#[test]
fn no_color_wins_over_a_wish_for_colour() {
    let bench = Bench::linked();
    let stdout = |no_color: bool| {
        let mut command = bench.command(["check", "ebay_uk/mlbags_direct"]);
        command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(stdout(false).contains('\u{1b}'), "colour where it is asked for");
    assert!(!stdout(true).contains('\u{1b}'), "none with NO_COLOR");
}

#[test]
fn where_nobody_looks_there_are_no_bars() {
    let bench = Bench::empty();
    for arguments in [import_world(), vec!["link".to_owned()]] {
        let ran = bench.run(arguments).expect(0);
        assert!(!ran.stderr.contains(['\r', '\u{1b}']), "{:?}", ran.stderr);
    }
}

#[test]
fn completions_know_every_command() {
    let bench = Bench::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = bench.run(["completions", shell]).expect(0).stdout;
        for command in ["network", "review", "graphml", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    bench.run(["completions", "tcsh"]).expect(2).says("[possible values: bash, zsh, fish]");
    let completed = "linkage completions bash > c.bash && bash -n c.bash && bash -c '. ./c.bash; \
        COMP_WORDS=(linkage netw); COMP_CWORD=1; _linkage linkage netw linkage; echo ${COMPREPLY[@]}'";
    assert_eq!(bench.shell(completed).expect(0).stdout, "network\n");
}

#[test]
fn every_command_has_a_manual_page() {
    let bench = Bench::empty();
    bench.run(["man", "--out", "man1"]).expect(0);
    let mut pages: Vec<String> = fs::read_dir(bench.path("man1"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    for page in ["linkage.1", "linkage-export-graphml.1", "linkage-network.1", "linkage-review.1"] {
        assert!(pages.iter().any(|name| name == page), "{page} is not among {pages:?}");
        assert!(bench.read(&format!("man1/{page}")).contains(".TH linkage"), "{page}");
    }
    let page = bench.run(["man", "export", "graphml"]).expect(0).stdout;
    assert_eq!(page, bench.read("man1/linkage-export-graphml.1"));
    assert!(page.contains("linkage export graphml \\-\\-linked\\-only"), "the example is shown:\n{page}");
    bench.run(["man", "exprot"]).expect(2).says("linkage --help");
}
