//! Each test is one way an infringer comes back, and whether the two accounts are compared at all.
//! Only `check` and `compared` call the code under test; an account is written as its line in `accounts.jsonl`.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{BlockKey, Holders, Pairs, Posting, Rule, keys};
use crate::fingerprint::{ClearKeyer, Key, Kind, Profile};
use crate::record::{AccountDraft, Intake, ListingDraft};

fn profile(fields: &str) -> Profile {
    let line = format!(r#"{{"platform":"example","account_id":"shop","observed_at":"2024-05-03T12:00:00Z",{fields}}}"#);
    let draft: AccountDraft = serde_json::from_str(&line).unwrap();
    Profile::new([&draft.check(&Intake::new([3; 32])).unwrap()], [], &ClearKeyer::new([7; 32]))
}

/// Says by which rules two accounts are compared.
#[track_caller]
fn check(left: &str, right: &str, expected: Expect) {
    let (left, right) = (keys(&profile(left)), keys(&profile(right)));
    let rules: BTreeSet<Rule> = left.iter().filter(|key| right.contains(key)).map(|key| key.rule).collect();
    expected.assert_eq(&rules.iter().map(|rule| format!("{rule:?}")).collect::<Vec<_>>().join(", "));
}

/// The pairs among accounts that hold keys, as batch linking finds them.
fn pairs(rows: Vec<(BlockKey, u32)>) -> Vec<(u32, u32)> {
    holding(rows, None).iter().collect()
}

/// The same, with room made for so many rows after the first account.
fn holding(rows: Vec<(BlockKey, u32)>, room: Option<usize>) -> Pairs {
    let mut held: BTreeMap<u32, BTreeSet<Posting>> = BTreeMap::new();
    for (key, account) in rows {
        held.entry(account).or_default().insert(key.into());
    }
    let mut holders = Holders::default();
    for (account, postings) in &held {
        holders.add(*account, &postings.iter().copied().collect::<Vec<_>>());
        if let Some(rows) = room.filter(|_| Some(account) == held.keys().next()) {
            holders.reserve(rows);
        }
    }
    assert_eq!(holders.rows(), held.values().map(BTreeSet::len).sum::<usize>());
    holders.sort();
    holders.pairs(held.last_key_value().map_or(0, |(last, _)| *last as usize + 1))
}

/// The pairs among accounts that all hold the one key.
fn compared(rule: Rule, holders: usize) -> usize {
    let key = BlockKey { rule, key: Key([1; 16]) };
    pairs((0..holders as u32).map(|account| (key, account)).collect()).len()
}

fn shop(name: &str) -> String {
    format!(r#""display_name":"{name}""#)
}

fn site(url: &str) -> String {
    format!(r#""urls":["{url}"]"#)
}

fn person(name: &str) -> String {
    format!(r#""persons":[{{"name":"{name}"}}]"#)
}

#[test]
fn a_shop_name_with_other_spaces_or_a_counter_is_compared() {
    check(&shop("Tidewater Audio"), &shop("TIDE-WATER AUDIO 7"), expect!["RareWord, Tweaked"]);
    check(&shop("Tidewater Audio"), &shop("tidewateraudio2"), expect!["Tweaked"]);
}

#[test]
fn a_domain_one_letter_off_or_under_another_ending_is_compared() {
    check(&site("tidewater-audio.com"), &site("https://tidewateraudo.shop/sale"), expect!["Tweaked"]);
    check(&site("tidewater-audio.com"), &site("tidewaterraudio.com"), expect!["Tweaked"]);
    check(&site("tidewater-audio.com"), &site("tidewaterXaudio.com"), expect!["Tweaked"]);
    check(&site("tidewater-audio.com"), &site("www.tidewateraudio.co.uk"), expect!["Tweaked, Label"]);
}

#[test]
fn a_tracker_or_a_text_of_the_profile_is_compared_and_a_price_is_not() {
    let tracker = r#""trackers":[{"scheme":"ADSENSE","value":"pub-1234567890123456"}]"#;
    check(tracker, tracker, expect!["Exact"]);
    let text = r#""description":"Hand made in small batches from full grain leather with brass fittings and lining""#;
    check(text, text, expect!["Exact, Band"]);
    let rules = |offer: &str| -> BTreeSet<Rule> {
        let line = format!(
            r#"{{"platform":"example","listing_id":"1","account_id":"shop","observed_at":"2024-05-03T12:00:00Z",{offer}}}"#
        );
        let draft: ListingDraft = serde_json::from_str(&line).unwrap();
        let listing = draft.check(&Intake::new([3; 32])).unwrap();
        keys(&Profile::new([], [&listing], &ClearKeyer::new([7; 32]))).iter().map(|key| key.rule).collect()
    };
    assert!(rules(r#""price":{"currency":"GBP","amount":"9.99"},"brand":"Lumora","category":"Beauty""#).is_empty());
    assert!(rules(r#""gtin":"4006381333931""#).is_empty(), "who sells one article competes");
    assert_eq!(rules(r#""gtin":"4006381333932""#), BTreeSet::from([Rule::Exact]), "nobody issued it");
    assert_eq!(rules(r#""title":"Lumora face serum""#), BTreeSet::from([Rule::Band]));
}

#[test]
fn a_registration_one_digit_off_is_compared() {
    let registered = |number: &str| format!(r#""registrations":[{{"scheme":"GB-COH","value":"{number}"}}]"#);
    check(&registered("09876543"), &registered("09876548"), expect!["Tweaked"]);
}

#[test]
fn swapped_and_shortened_names_are_compared() {
    check(&person("Mei Lindqvist"), &person("LINDQVIST, Mei"), expect!["NamePair, SoundPair, RareWord, TweakedName"]);
    check(&person("王小明"), &person("Xiaoming Wang"), expect!["NamePair, SoundPair, RareWord, TweakedName"]);
    check(&person("Bob Lindqvist"), &person("Robert Lindqvist"), expect!["NamePair, RareWord"]);
    check(&person("Mai Lindkvist"), &person("Mei Lindqvist"), expect!["SoundPair"]);
}

#[test]
fn a_changed_name_is_compared_by_birth_and_place() {
    let born = |name: &str, date: &str| format!(r#""persons":[{{"name":"{name}","birth_date":"{date}"}}]"#);
    check(&born("Mei Lindqvist", "1978-12-11"), &born("May Xu", "1978-12-11"), expect!["BirthPlace, SoundBirth"]);
    check(&born("Mei Lindqvist", "1978"), &born("Ann Xu", "1978"), expect![""]);
    check(
        r#""persons":[{"name":"Mei Lindqvist"}],"addresses":[{"street":"12 Mill Lane","locality":"Leeds"}]"#,
        r#""persons":[{"name":"Mei Xu"}],"addresses":[{"street":"14 Mill Lane","locality":"Leeds"}]"#,
        expect!["NamePlace, AddressPair, RareWord, SoundPlace"],
    );
}

#[test]
fn a_mistyped_date_an_occupation_or_a_postal_code_is_enough_to_be_compared() {
    let born = |date: &str, place: &str| format!(r#""persons":[{{"birth_date":"{date}","birth_place":"{place}"}}]"#);
    check(&born("1856-06-18", "Bristol"), &born("1856-08-18", "Bristol"), expect!["BirthPlace"]);
    check(&born("1856-06-18", "Bristol"), &born("1865-06-18", "Bristol"), expect!["BirthPlace"]);
    check(&born("1856-06-18", "Bristol"), &born("1865-08-16", "Bristol"), expect![""]);
    let works = |name: &str| {
        format!(r#""persons":[{{"name":"{name}"}}],"attributes":[{{"name":"occupation","value":"liturgist"}}]"#)
    };
    check(&works("Frank Brightman"), &works("Frank Bell"), expect!["NamePair, RareWord, AttributePair"]);
    check(&works("Frank Brightman"), &works("Ann Xu"), expect![""]);
    let at = |code: &str| format!(r#""addresses":[{{"postcode":"{code}","country":"GB"}}]"#);
    check(&at("BS2 0EL"), &at("bs20el"), expect!["Postcode"]);
}

#[test]
fn strangers_in_one_town_are_not_compared() {
    check(
        r#""display_name":"Tidewater Audio","emails":["jo@example.com"],"addresses":[{"locality":"Leeds"}]"#,
        r#""display_name":"Willow & Wren","emails":["wren@example.com"],"addresses":[{"locality":"Leeds"}]"#,
        expect![""],
    );
}

#[test]
fn the_same_mailbox_at_another_provider_is_compared() {
    check(r#""emails":["mei.lind+1@gmail.com"]"#, r#""emails":["meilind@outlook.com"]"#, expect!["Local"]);
}

#[test]
fn a_key_over_its_cap_makes_no_pair_at_all() {
    for rule in Rule::ALL {
        let cap = rule.holders_max();
        assert_eq!(compared(rule, cap), cap * (cap - 1) / 2, "{rule:?}");
        assert_eq!(compared(rule, cap + 1), 0, "{rule:?}");
    }
}

#[test]
fn an_account_alone_is_compared_with_nobody() {
    assert_eq!(compared(Rule::Exact, 0), 0);
    assert_eq!(compared(Rule::Exact, 1), 0);
    assert!(keys(&Profile::default()).is_empty());
}

#[test]
fn one_key_under_two_rules_is_two_keys() {
    let of = |rule| BlockKey { rule, key: Key([1; 16]) };
    assert_eq!(pairs(vec![(of(Rule::Exact), 0), (of(Rule::Tweaked), 1)]), []);
}

#[test]
fn closer_pairs_share_two_keys_or_one_that_strangers_seldom_share() {
    let closer = |rules: &[Rule]| {
        let key = |rule| BlockKey { rule, key: Key([1; 16]) };
        let rows = rules.iter().flat_map(|rule| [(key(*rule), 0), (key(*rule), 1)]).collect();
        let mut pairs = holding(rows, None);
        assert_eq!(pairs.len(), 1);
        pairs.take_closer().len()
    };
    assert_eq!(closer(&[Rule::NamePair]), 0);
    assert_eq!(closer(&[Rule::NamePair, Rule::AddressPair]), 1);
    assert_eq!(closer(&[Rule::Exact]), 1);
}

#[test]
fn a_pair_that_a_person_judged_is_one_of_the_closer() {
    let mut pairs = holding(vec![(BlockKey { rule: Rule::Exact, key: Key([1; 16]) }, 3)], None);
    pairs.insert(2, 0);
    pairs.insert(2, 0);
    assert_eq!(pairs.iter().collect::<Vec<_>>(), [(0, 2)]);
    assert_eq!(pairs.take_closer().iter().collect::<Vec<_>>(), [(0, 2)]);
}

/// Rows of few keys and accounts, each once.
fn rows() -> impl Strategy<Value = Vec<(BlockKey, u32)>> {
    let key = (prop::sample::select(vec![Rule::Exact, Rule::RareWord, Rule::Band]), 0_u8..4)
        .prop_map(|(rule, key)| BlockKey { rule, key: Key([key; 16]) });
    prop::collection::btree_set((key, 0_u32..60), 0..300).prop_map(|rows| rows.into_iter().collect())
}

/// What `pairs` should find, the slow way.
fn expected(rows: &[(BlockKey, u32)]) -> BTreeSet<(u32, u32)> {
    let mut holders: BTreeMap<BlockKey, BTreeSet<u32>> = BTreeMap::new();
    for (key, account) in rows {
        holders.entry(*key).or_default().insert(*account);
    }
    holders.retain(|key, holders| holders.len() <= key.rule.holders_max());
    let pairs_of = |holders: &BTreeSet<u32>| -> Vec<(u32, u32)> {
        holders.iter().flat_map(|left| holders.range(left + 1..).map(|right| (*left, *right))).collect()
    };
    holders.values().flat_map(pairs_of).collect()
}

proptest! {
    #[test]
    fn pairs_are_those_that_share_a_key_within_its_cap_sorted_and_once(rows in rows()) {
        let found = pairs(rows.clone());
        prop_assert!(found.is_sorted_by(|a, b| a < b));
        prop_assert!(found.iter().all(|(left, right)| left < right));
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected(&rows));
    }

    #[test]
    fn room_made_too_large_or_too_small_does_not_show(rows in rows(), room in 0_usize..(8 << 16)) {
        prop_assert_eq!(holding(rows.clone(), Some(room)).iter().collect::<Vec<_>>(), pairs(rows));
    }

    #[test]
    fn the_order_of_rows_and_rows_twice_do_not_matter(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        again in 0_usize..40,
    ) {
        let twice = shuffled.iter().chain(shuffled.iter().take(again)).copied().collect();
        prop_assert_eq!(pairs(rows), pairs(twice));
    }
}

#[test]
fn every_rule_and_every_kind_has_its_cap_in_a_posting() {
    for (at, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!(rule as usize, at + 1, "codes are without gaps");
        let posting = Posting::from(BlockKey { rule, key: Key([9; 16]) });
        assert_eq!(posting.holders_max(), rule.holders_max(), "{rule:?}");
    }
    for kind in Kind::ALL {
        let posting = Posting::of_value(kind, Key([9; 16]).head());
        assert_eq!(posting.holders_max(), kind.holders_max().unwrap_or(usize::MAX), "{kind:?}");
    }
}

#[test]
fn keys_that_begin_alike_are_told_apart() {
    let of = |byte: usize| {
        let mut key = [1; 16];
        key[byte] = 2;
        Posting::from(BlockKey { rule: Rule::Exact, key: Key(key) })
    };
    let differing: BTreeSet<Posting> = (0..8).map(of).collect();
    assert!(6 <= differing.len(), "bits 22 to 63 of the key count");
}
