//! The baseline that any script of ten lines gives: whoever shares an exact value is the same operator, and so are
//! the friends of friends.
//!
//! Values are telephone numbers, mail addresses, registrations, documents, payment accounts, handles and the
//! registrable domains of web addresses, compared as written but for case, blanks and, except in mail and web
//! addresses, punctuation.

use rustc_hash::FxHashMap;
use serde_json::Value;

/// Pairs of account keys that hang together by a shared exact value, for
/// [`Truth::closure`](linkage_core::evaluate::Truth::closure).
///
/// A value held by more than `holders_max` accounts joins nobody. Of the holders of a value each is paired with the
/// next only, which gives the same closure as all pairs. `records` are account drafts in JSON; keys come out in the order
/// of the records.
pub fn exact_value_pairs(records: &[Value], holders_max: usize) -> Vec<(String, String)> {
    let mut holders: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, record) in records.iter().enumerate() {
        let mut values = exact_values(record);
        values.sort_unstable();
        values.dedup();
        values.into_iter().for_each(|value| holders.entry(value).or_default().push(at));
    }
    let mut pairs: Vec<(usize, usize)> = holders
        .into_values()
        .filter(|holders| holders.len() <= holders_max)
        .flat_map(|holders| holders.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>())
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.into_iter().map(|(left, right)| (key(&records[left]), key(&records[right]))).collect()
}

/// The key of an account draft in JSON; empty parts for what is missing.
pub fn key(record: &Value) -> String {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    format!("{}/{}", text("platform"), text("account_id"))
}

fn exact_values(record: &Value) -> Vec<String> {
    let list = |name: &str| record[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut values = Vec::new();
    for name in ["phones", "emails"] {
        values.extend(list(name).iter().filter_map(Value::as_str).map(|value| tagged(name, "", value)));
    }
    for (name, scheme) in
        [("registrations", "scheme"), ("documents", "scheme"), ("payments", "scheme"), ("handles", "service")]
    {
        let pair = |item: &Value| Some(tagged(name, item[scheme].as_str()?, item["value"].as_str()?));
        values.extend(list(name).iter().filter_map(pair));
    }
    values.extend(
        list("urls").iter().filter_map(Value::as_str).filter_map(domain).map(|value| tagged("urls", "", &value)),
    );
    values
}

fn tagged(field: &str, scheme: &str, value: &str) -> String {
    let counts = |c: &char| if matches!(field, "emails" | "urls") { !c.is_whitespace() } else { c.is_alphanumeric() };
    let squeezed: String = value.chars().filter(counts).flat_map(char::to_lowercase).collect();
    format!("{field} {scheme} {squeezed}")
}

/// The registrable domain of a web address, or the host itself if it has none.
fn domain(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().filter(|host| !host.is_empty())?.to_lowercase();
    Some(psl::domain_str(&host).unwrap_or(&host).to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(records: &[(&str, Value)], expected: Expect) {
        let full = |(id, fields): &(&str, Value)| {
            let mut record = fields.clone();
            record["platform"] = "p".into();
            record["account_id"] = (*id).into();
            record
        };
        let records: Vec<Value> = records.iter().map(full).collect();
        let pairs = exact_value_pairs(&records, 2);
        expected.assert_eq(&pairs.iter().map(|(left, right)| format!("{left}={right}")).collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn equal_values_join_whatever_their_case_and_punctuation() {
        let mail = |text: &str| json!({"emails": [text]});
        check(
            &[("a", mail("x@example.org")), ("b", mail("X@Example.org ")), ("c", mail("y@example.org"))],
            expect!["p/a=p/b"],
        );
        let phone = |text: &str| json!({"phones": [text]});
        check(&[("a", phone("202-555-0100")), ("b", phone("(202) 5550100"))], expect!["p/a=p/b"]);
    }

    #[test]
    fn the_same_digits_in_another_field_or_scheme_are_another_value() {
        let id = |scheme: &str| json!({"documents": [{"scheme": scheme, "value": "1"}]});
        check(&[("a", id("SSN")), ("b", id("PASSPORT")), ("c", json!({"phones": ["1"]}))], expect![""]);
    }

    #[test]
    fn a_value_of_too_many_holders_joins_nobody() {
        let phone = json!({"phones": ["1", "1"]});
        check(&[("a", phone.clone()), ("b", phone.clone()), ("c", phone)], expect![""]);
    }

    #[test]
    fn web_addresses_of_one_registrable_domain_join() {
        let url = |text: &str| json!({"urls": [text]});
        check(
            &[("a", url("https://shop.one.example/x")), ("b", url("one.example")), ("c", url("two.example"))],
            expect!["p/a=p/b"],
        );
    }
}
