//! A page is well formed and says the same without its drawings; no name gets out of its place.

use super::html::{base64, cut, day, escape};
use super::*;

fn page(name: &str) -> String {
    let member = |account: &str, from: i64, is_closed| Member {
        account: account.to_owned(),
        platform: "ebay_uk".to_owned(),
        name: name.to_owned(),
        from,
        to: from + 40,
        is_closed,
        notices: vec![Notice { day: from + 40, words: name.to_owned(), counts: is_closed }],
    };
    let why = Why {
        left: "ebay_uk/a".to_owned(),
        right: name.to_owned(),
        verdict: name.to_owned(),
        prior_bits: -10.0,
        steps: vec![
            Step { kind: "PHONE".to_owned(), sentence: name.to_owned(), bits: 15.0, counted: true },
            Step { kind: "IMAGE".to_owned(), sentence: name.to_owned(), bits: -3.0, counted: false },
        ],
        total_bits: 5.0,
        notes: vec![name.to_owned()],
    };
    let page = Page {
        title: name.to_owned(),
        lead: name.to_owned(),
        figures: vec![(name.to_owned(), name.to_owned())],
        networks: vec![Network {
            id: "N000001".to_owned(),
            title: name.to_owned(),
            members: vec![member("ebay_uk/a", 19_800, true), member(name, 19_850, false)],
            ties: vec![Tie { left: 0, right: 1, bits: 12.0, is_act: true }],
            returns: vec![Return { closed: 0, opened: 1, days: 10, words: name.to_owned() }],
            strikes: 1,
            seam: Some(name.to_owned()),
        }],
        explained: None,
        why: Some(why.clone()),
        checks: vec![Check { answer: "CANNOT_SAY".to_owned(), name: name.to_owned(), ..Check::default() }],
        rules: name.to_owned(),
        query: Some(Query {
            name: name.to_owned(),
            why: Some(why),
            photos: vec![(name.to_owned(), vec![1, 2, 3, 4])],
            ..Query::default()
        }),
        trust: Trust {
            head: vec![name.to_owned()],
            rows: vec![vec![name.to_owned()]],
            honest: vec![(name.to_owned(), 1, 200)],
            notes: vec![name.to_owned()],
        },
        origin: vec![name.to_owned()],
    };
    let mut bytes = Vec::new();
    write(&mut bytes, &page).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Tags in order, without their attributes.
fn tags(html: &str) -> Vec<&str> {
    let inside = html.split("</style>").nth(1).unwrap();
    inside.split('<').skip(1).filter_map(|part| part.split([' ', '>', '\n']).next()).collect()
}

#[test]
fn a_hostile_name_stays_a_name() {
    let plain = page("Shop");
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onload='alert(1)",
        "</title></style></svg><b>",
        "a\u{202e}gnp\u{200b}\u{2066}\0\n",
        "&lt;b&gt;",
        "商店\u{200f}שלום مرحبا",
    ] {
        let html = page(name);
        assert_eq!(tags(&html), tags(&plain), "{name}");
        assert!(!html.contains("<script") && !html.contains("onerror=alert(1)>"), "{name}");
        assert!(!html.contains(['\u{202e}', '\u{200b}', '\u{2066}', '\u{200f}', '\0']), "{name}");
    }
}

#[test]
fn every_element_is_closed() {
    const VOID: [&str; 7] = ["meta", "img", "path", "rect", "circle", "br", "!DOCTYPE"];
    let html = page("Shop");
    let mut open = Vec::new();
    for tag in tags(&html) {
        let tag = tag.trim_end_matches('/');
        match tag.strip_prefix('/') {
            Some(closed) if ["head", "body", "html", "style"].contains(&closed) => {}
            // A shape may have a tooltip inside; then it is closed by name.
            Some(closed) if VOID.contains(&closed) => {}
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None if VOID.contains(&tag) || tag == "body" => {}
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_page_needs_nothing_else_and_runs_nothing() {
    let html = page("Shop");
    for word in ["http://", "https://", "<script", "<link", "@import", "url(http"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn drawings_have_a_title_a_description_and_a_table() {
    let html = page("Shop");
    let drawings = html.matches("<svg").count();
    assert_eq!(html.matches("role=\"img\" aria-labelledby=").count(), drawings);
    assert_eq!(html.matches("<desc id=").count(), drawings);
    for id in html.split("aria-labelledby=\"").skip(1).filter_map(|part| part.split('"').next()) {
        for one in id.split(' ') {
            assert_eq!(html.matches(&format!("id=\"{one}\"")).count(), 1, "{one}");
        }
    }
    assert!(html.contains("The same as a table: 2 accounts") && html.contains("The same as a table: 2 terms"));
}

#[test]
fn a_picture_stands_alone() {
    let network = Network { members: vec![Member { to: 30, ..Member::default() }], ..Network::default() };
    let mut bytes = Vec::new();
    picture(&mut bytes, &network).unwrap();
    let svg = String::from_utf8(bytes).unwrap();
    assert!(svg.starts_with("<svg class=\"lanes wide\"") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("xmlns=\"http://www.w3.org/2000/svg\"") && !svg.contains("display: none"), "{svg}");
}

#[test]
fn an_empty_page_is_still_a_page() {
    let mut bytes = Vec::new();
    write(&mut bytes, &Page::default()).unwrap();
    assert!(String::from_utf8(bytes).unwrap().ends_with("</html>\n"));
}

#[test]
fn small_things_are_written_as_expected() {
    assert_eq!(day(19_846), "3 May 2024");
    assert_eq!(day(i64::MAX), "-");
    assert_eq!(cut("金獭箱包旗舰店", 9), "金獭箱包…");
    assert_eq!(cut("short", 9), "short");
    assert_eq!(escape("a<b>&'\""), "a&lt;b&gt;&amp;&#39;&quot;");
    // RFC 4648, section 10.
    for (text, code) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
        assert_eq!(base64(text.as_bytes()), code);
    }
}
