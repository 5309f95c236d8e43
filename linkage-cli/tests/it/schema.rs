//! Reads a JSON Schema and holds a document to it: the keywords that `docs/schema` uses, and no other.
//!
//! A keyword it does not know fails the test, so nothing in a schema is passed over. Written here because the crates that know all of
//! JSON Schema bring forty others, and features of shared ones that make every build compile the search engine twice.

use serde_json::{Map, Value};

/// Keywords that say nothing about a document.
const NOTES: &[&str] = &["$schema", "$defs", "title", "description"];

/// What is wrong with a document, one line a fault, with its place; empty where it is as the schema says.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Check { root: schema, faults: &mut faults }.value(schema, document, "");
    faults
}

struct Check<'c> {
    root: &'c Value,
    faults: &'c mut Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, document: &Value, place: &str) {
        let Value::Object(schema) = schema else {
            assert_eq!(schema, &Value::Bool(false), "a schema is an object or false");
            return self.fault(place, "not allowed here");
        };
        for (keyword, rule) in schema {
            self.keyword(schema, keyword, rule, document, place);
        }
    }

    fn keyword(&mut self, schema: &Map<String, Value>, keyword: &str, rule: &Value, document: &Value, place: &str) {
        match keyword {
            "type" => self.require(names(rule).iter().any(|name| is_a(document, name)), place, "another type"),
            "enum" => self.require(rule.as_array().unwrap().contains(document), place, "none of the enum"),
            "minimum" => self.compare(document, |number| rule.as_f64().unwrap() <= number, place, "too small"),
            "maximum" => self.compare(document, |number| number <= rule.as_f64().unwrap(), place, "too great"),
            "pattern" => {
                self.require(document.as_str().is_none_or(|text| matches(rule, text)), place, "another pattern")
            }
            "minItems" => self.require(length(document).is_none_or(|n| number(rule) <= n), place, "too few items"),
            "maxItems" => self.require(length(document).is_none_or(|n| n <= number(rule)), place, "too many items"),
            "required" => {
                for name in rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
                    let is_there = document.as_object().is_none_or(|fields| fields.contains_key(name));
                    self.require(is_there, place, &format!("{name} is missing"));
                }
            }
            "properties" => {
                for (name, value) in document.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(rule) => self.value(rule, value, &format!("{place}/{name}")),
                        None => self.require(
                            schema.get("additionalProperties") != Some(&Value::Bool(false)),
                            place,
                            &format!("{name} is not in the schema"),
                        ),
                    }
                }
            }
            "additionalProperties" => assert!(schema.contains_key("properties"), "it needs properties beside it"),
            "prefixItems" => {
                for (at, (rule, item)) in rule.as_array().unwrap().iter().zip(items(document)).enumerate() {
                    self.value(rule, item, &format!("{place}/{at}"));
                }
            }
            "items" => {
                let before = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (at, item) in items(document).iter().enumerate().skip(before) {
                    self.value(rule, item, &format!("{place}/{at}"));
                }
            }
            "anyOf" => {
                let fits = rule.as_array().unwrap().iter().any(|rule| {
                    let mut faults = Vec::new();
                    Check { root: self.root, faults: &mut faults }.value(rule, document, place);
                    faults.is_empty()
                });
                self.require(fits, place, "none of anyOf");
            }
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                let target = self.root.pointer(pointer).expect("a reference leads to a definition");
                self.value(target, document, place);
            }
            note => assert!(NOTES.contains(&note), "the keyword {note} is not known here"),
        }
    }

    fn compare(&mut self, document: &Value, holds: impl Fn(f64) -> bool, place: &str, fault: &str) {
        self.require(document.as_f64().is_none_or(holds), place, fault);
    }

    fn require(&mut self, holds: bool, place: &str, fault: &str) {
        if !holds {
            self.fault(place, fault);
        }
    }

    fn fault(&mut self, place: &str, fault: &str) {
        self.faults.push(format!("{}: {fault}", if place.is_empty() { "/" } else { place }));
    }
}

fn names(rule: &Value) -> Vec<&str> {
    rule.as_array()
        .map_or_else(|| vec![rule.as_str().unwrap()], |all| all.iter().map(|n| n.as_str().unwrap()).collect())
}

fn is_a(document: &Value, name: &str) -> bool {
    match name {
        "null" => document.is_null(),
        "boolean" => document.is_boolean(),
        "string" => document.is_string(),
        "number" => document.is_number(),
        "integer" => document.is_i64() || document.is_u64(),
        "array" => document.is_array(),
        "object" => document.is_object(),
        other => panic!("no type is called {other}"),
    }
}

fn items(document: &Value) -> &[Value] {
    document.as_array().map_or(&[], Vec::as_slice)
}

fn length(document: &Value) -> Option<u64> {
    document.as_array().map(|items| items.len() as u64)
}

fn number(rule: &Value) -> u64 {
    rule.as_u64().unwrap()
}

fn matches(rule: &Value, text: &str) -> bool {
    regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(document: Value, expected: Expect) {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "additionalProperties": false,
            "properties": {
                "id": { "$ref": "#/$defs/id" },
                "share": { "type": ["number", "null"], "minimum": 0, "maximum": 1 },
                "pair": { "prefixItems": [{ "type": "string" }], "items": false, "minItems": 1 },
                "either": { "anyOf": [{ "enum": ["A"] }, { "type": "integer" }] },
            },
            "$defs": { "id": { "type": "string", "pattern": "^N[0-9]+$" } },
        });
        expected.assert_eq(&faults(&schema, &document).join("\n"));
    }

    #[test]
    fn a_document_as_it_should_be_has_no_fault() {
        check(json!({ "id": "N1", "share": null, "pair": ["x"], "either": 3 }), expect![[""]]);
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        check(
            json!({ "id": "M1", "share": 1.5, "pair": ["x", 2], "either": "B", "more": 1 }),
            expect![[r#"
            /either: none of anyOf
            /id: another pattern
            /: more is not in the schema
            /pair/1: not allowed here
            /share: too great"#]],
        );
        check(
            json!({ "share": "x", "pair": [] }),
            expect![[r#"
            /pair: too few items
            /share: another type
            /: id is missing"#]],
        );
    }
}
