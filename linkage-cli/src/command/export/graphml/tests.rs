//! How values become XML.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&escaped(text));
}

#[test]
fn markup_in_a_name_stays_text() {
    check("<b>金龙 & \"co\"</b>]]>", expect![[r#"&lt;b&gt;金龙 &amp; "co"&lt;/b&gt;]]&gt;"#]]);
}

#[test]
fn what_xml_does_not_allow_is_left_out() {
    check("a\u{0}\u{8}\u{1b}b\u{ffff}\r\n", expect!["ab&#13;\n"]);
}
