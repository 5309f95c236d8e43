//! Persons with typing errors, as many as wanted: what throughput is measured on.
//!
//! ```text
//! a CSV of persons ──┐
//! seed ──► invented ─┴─► Person ──line──► one line of accounts.jsonl
//! ```
//!
//! Both sources have the same shape: a person is one to four records, each copy with one to three fields mistyped or
//! empty. Values are drawn independently, so nothing but the errors makes linking hard; it is the number of records that
//! counts here. The columns are those of the FEBRL sets, the records those of `mappings/febrl4.json`.

use std::io::Read;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::dates;

#[cfg(test)]
mod tests;

/// The platform of all records.
pub const PLATFORM: &str = "persons";

/// One record of a person; an empty text is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the columns, whose names say what they are")]
pub struct Person {
    pub rec_id: String,
    pub entity_id: String,
    pub given_name: String,
    pub surname: String,
    pub street_number: String,
    pub address_1: String,
    pub address_2: String,
    pub suburb: String,
    pub postcode: String,
    pub state: String,
    pub date_of_birth: String,
    pub soc_sec_id: String,
}

impl Person {
    /// The key of the account that the record becomes.
    pub fn account(&self) -> String {
        format!("{PLATFORM}/{}", self.rec_id)
    }

    /// The record as a line of `accounts.jsonl`, on some platform, without the line's end.
    pub fn line(&self, platform: &str) -> String {
        let birth = match dates::read(&self.date_of_birth, 2026) {
            dates::Reading::Whole(date) | dates::Reading::Cut(date) => Some(date),
            dates::Reading::Unreadable => None,
        };
        let mut person = json!({"name": words(&[&self.given_name, &self.surname])});
        if let Some(date) = birth {
            person["birth_date"] = date.into();
        }
        let street = words(&[&self.street_number, &self.address_1]);
        let text = [&street, &self.address_2, &self.suburb, &self.state, &self.postcode];
        let mut record = json!({
            "platform": platform,
            "account_id": self.rec_id,
            "kind": "OTHER",
            "observed_at": "2026-01-01T00:00:00Z",
            "addresses": [{
                "text": words(&text.map(String::as_str)),
                "street": street,
                "locality": self.suburb,
                "region": self.state,
                "postcode": self.postcode,
                "country": "AU",
            }],
        });
        if person["birth_date"].is_string() || person["name"] != "" {
            record["persons"] = json!([person]);
        }
        if !self.soc_sec_id.is_empty() {
            record["documents"] = json!([{"scheme": "SOCIAL-SECURITY", "value": self.soc_sec_id, "country": "AU"}]);
        }
        record.to_string()
    }

    /// The same person typed again: one to three fields mistyped or left empty.
    pub fn typed_again(&self, draw: &mut Draw) -> Person {
        let mut copy = self.clone();
        let mut fields = copy.fields();
        for done in 0..1 + draw.below(3) {
            let at = done + draw.below(fields.len() - done);
            fields.swap(done, at);
            let field = &mut *fields[done];
            *field = if draw.below(5) == 0 { String::new() } else { mistyped(field, draw) };
        }
        copy
    }

    fn fields(&mut self) -> [&mut String; 10] {
        [
            &mut self.given_name,
            &mut self.surname,
            &mut self.street_number,
            &mut self.address_1,
            &mut self.address_2,
            &mut self.suburb,
            &mut self.postcode,
            &mut self.state,
            &mut self.date_of_birth,
            &mut self.soc_sec_id,
        ]
    }
}

/// Reads persons from CSV with a header, one at a time.
pub fn read_csv(source: impl Read) -> impl Iterator<Item = Result<Person>> {
    csv::Reader::from_reader(source).into_deserialize().map(|row| Ok(row?))
}

/// `records` invented persons, the same for the same seed.
pub fn invented(records: usize, seed: u64) -> impl Iterator<Item = Person> {
    let mut draw = Draw(seed);
    let (mut entity, mut copies, mut original) = (0_usize, 0, Person::default());
    (0..records).map(move |at| {
        let mut person = if copies == 0 {
            // Half of the persons alone, then 30, 15 and 5 of a hundred with one, two and three copies.
            copies = 1 + [50, 80, 95].iter().filter(|share| **share <= draw.below(100)).count();
            original = person(&mut draw, entity);
            entity += 1;
            original.clone()
        } else {
            original.typed_again(&mut draw)
        };
        copies -= 1;
        person.rec_id = format!("r{at}");
        person
    })
}

const SYLLABLES: [&str; 24] = [
    "ba", "den", "kor", "li", "mar", "ston", "ver", "win", "zel", "han", "pe", "tri", "ro", "gal", "mi", "dow", "fen",
    "ash", "cor", "lu", "tao", "wei", "xin", "yu",
];
const STREETS: [&str; 6] = ["street", "place", "crescent", "circuit", "road", "close"];
const STATES: [&str; 6] = ["nsw", "vic", "qld", "wa", "sa", "tas"];

fn person(draw: &mut Draw, entity: usize) -> Person {
    // Low numbers are common.
    let houses = 1 + draw.below(300);
    Person {
        rec_id: String::new(),
        entity_id: entity.to_string(),
        given_name: syllables(2, &SYLLABLES[..15], draw),
        surname: syllables(2 + draw.below(2), &SYLLABLES, draw),
        street_number: (1 + draw.below(houses)).to_string(),
        address_1: format!("{} {}", syllables(2, &SYLLABLES, draw), STREETS[draw.below(STREETS.len())]),
        address_2: if draw.below(3) == 0 { syllables(3, &SYLLABLES[..10], draw) } else { String::new() },
        suburb: syllables(3, &SYLLABLES[10..], draw),
        postcode: (800 + draw.below(8_200)).to_string(),
        state: STATES[draw.below(STATES.len())].to_owned(),
        date_of_birth: format!("19{:02}{:02}{:02}", draw.below(100), 1 + draw.below(12), 1 + draw.below(28)),
        soc_sec_id: (1_000_000 + draw.below(9_000_000)).to_string(),
    }
}

fn syllables(count: usize, of: &[&str], draw: &mut Draw) -> String {
    (0..count).map(|_| of[draw.below(of.len())]).collect()
}

/// Two letters exchanged, one left out, one replaced or one doubled.
fn mistyped(text: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 2 {
        return text.to_owned();
    }
    let at = draw.below(letters.len() - 1);
    match draw.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters[at] = char::from(b'a' + draw.below(26) as u8),
        _ => letters.insert(at, letters[at]),
    }
    letters.into_iter().collect()
}

fn words(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// SplitMix64 (Steele, Lea and Flood 2014), for data that must be the same every time.
#[derive(Clone, Debug)]
pub struct Draw(pub u64);

impl Draw {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, excluded; 0 for an end of 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }
}
