//! Each test is one way to show the same thing again, or a thing that must never be read off a fingerprint.
//! Only `check` and `profile` call the code under test; an account is written as its line in `accounts.jsonl`.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{ClearKeyer, Form, ITEMS_PER_KIND_MAX, Item, Key, Keyer, Kind, Profile};
use crate::record::{Account, AccountDraft, Intake, Listing, ListingDraft};

/// Keys that a private member would have: no value is kept beside them.
struct PrivateKeyer(ClearKeyer);

impl Keyer for PrivateKeyer {
    fn key(&self, kind: Kind, form: Form, normal: &str) -> Key {
        self.0.key(kind, form, normal)
    }

    fn keeps_values(&self) -> bool {
        false
    }
}

fn keyer() -> ClearKeyer {
    ClearKeyer::new([7; 32])
}

/// An account from the fields that matter to a test.
fn account(fields: &str) -> Account {
    let line = format!(r#"{{"platform":"example","account_id":"shop","observed_at":"2024-05-03T12:00:00Z",{fields}}}"#);
    let draft: AccountDraft = serde_json::from_str(&line).unwrap();
    draft.check(&Intake::new([3; 32])).unwrap()
}

fn listing(number: usize, fields: &str) -> Listing {
    let line = format!(
        r#"{{"platform":"example","listing_id":"{number}","account_id":"shop","observed_at":"2024-05-03T12:00:00Z",{fields}}}"#
    );
    let draft: ListingDraft = serde_json::from_str(&line).unwrap();
    draft.check(&Intake::new([3; 32])).unwrap()
}

fn profile(fields: &str) -> Profile {
    Profile::new([&account(fields)], [], &keyer())
}

/// Says which spellings of which kind two accounts have in common.
#[track_caller]
fn check(left: &str, right: &str, expected: Expect) {
    let (left, right) = (profile(left), profile(right));
    let of_left: BTreeSet<_> = left.fingerprints().collect();
    let of_right: BTreeSet<_> = right.fingerprints().collect();
    let shared: BTreeSet<String> =
        of_left.intersection(&of_right).map(|print| format!("{} {:?}", print.kind.name(), print.form)).collect();
    expected.assert_eq(&shared.into_iter().collect::<Vec<_>>().join(", "));
}

fn person(name: &str) -> String {
    format!(r#""persons":[{{"name":"{name}"}}]"#)
}

#[test]
fn a_chinese_name_in_characters_and_in_pinyin_is_one() {
    for written in ["Wang Xiaoming", "Xiao-Ming WANG", "WANG, Xiaoming", "Xiaoming Wang", "Wang Xiao Ming"] {
        check(
            &person("王小明"),
            &person(written),
            expect!["PERSON_NAME Joined, PERSON_NAME Phonetic, PERSON_NAME Token, PERSON_NAME Whole"],
        );
    }
    check(
        &person("王小明"),
        &person("王曉明"),
        expect!["PERSON_NAME Joined, PERSON_NAME Phonetic, PERSON_NAME Token, PERSON_NAME Whole"],
    );
}

#[test]
fn a_short_form_shares_the_root_of_the_full_name() {
    check(
        &person("Bob Smith"),
        &person("Robert Smith"),
        expect!["PERSON_NAME Phonetic, PERSON_NAME Root, PERSON_NAME Token"],
    );
    check(&person("Bob"), &person("Robert"), expect!["PERSON_NAME Root"]);
}

#[test]
fn a_name_written_surname_first_is_the_same_name() {
    check(
        &person("Smith, Robert James"),
        &person("Mr Robert James SMITH"),
        expect!["PERSON_NAME Joined, PERSON_NAME Phonetic, PERSON_NAME Root, PERSON_NAME Token, PERSON_NAME Whole"],
    );
}

#[test]
fn a_shop_keeps_its_key_under_another_counter_and_spacing() {
    check(
        r#""display_name":"Tidewater Audio""#,
        r#""display_name":"TideWaterAudio 2""#,
        expect!["DISPLAY_NAME Joined"],
    );
}

#[test]
fn two_shops_of_different_names_share_no_key_of_shop_words() {
    check(r#""display_name":"Nike旗舰店""#, r#""display_name":"Adidas旗舰店""#, expect![""]);
    check(r#""legal_name":"Nike 有限公司""#, r#""legal_name":"Adidas 有限公司""#, expect![""]);
    check(r#""display_name":"Nike 瑞丰鞋""#, r#""display_name":"Adidas 瑞丰鞋""#, expect!["DISPLAY_NAME Token"]);
}

#[test]
fn a_registered_name_in_characters_and_its_branch_share_the_characters_that_say_who() {
    check(
        r#""legal_name":"深圳市华强科技有限公司""#,
        r#""legal_name":"深圳市華強科技有限公司""#,
        expect!["COMPANY_NAME Han, COMPANY_NAME Joined, COMPANY_NAME Token, COMPANY_NAME Whole"],
    );
}

#[test]
fn contact_written_differently_is_the_same_contact() {
    check(
        r#""emails":["Jo.Smith+ebay@Gmail.com"]"#,
        r#""emails":["josmith@googlemail.com"]"#,
        expect!["EMAIL Local, EMAIL Whole"],
    );
    check(r#""emails":["jo.smith+ebay@gmail.com"]"#, r#""emails":["josmith@outlook.com"]"#, expect!["EMAIL Local"]);
    check(
        r#""phones":["+44 20 7946 0958"]"#,
        r#""phones":["0044 (0)20-7946-0958"]"#,
        expect!["PHONE Last7, PHONE Whole"],
    );
    check(
        r#""phones":["020 7946 0958"],"addresses":[{"locality":"Leeds","country":"GB"}]"#,
        r#""phones":["+442079460958"]"#,
        expect!["PHONE Last7, PHONE Whole"],
    );
    check(
        r#""payments":[{"scheme":"IBAN","value":"GB29 NWBK 6016 1331 9268 19"}]"#,
        r#""payments":[{"scheme":"iban","value":"gb29nwbk60161331926819"}]"#,
        expect!["PAYMENT Whole"],
    );
}

#[test]
fn a_number_on_a_messenger_is_the_telephone_number_and_counts_once() {
    for handle in [
        r#""handles":[{"service":"whatsapp","value":"+44 20 7946 0958"}]"#,
        r#""handles":[{"service":"WhatsApp","value":"https://wa.me/442079460958"}]"#,
        r#""urls":["https://wa.me/442079460958"]"#,
        r#""handles":[{"service":"wechat","value":"+44 2079460958"}]"#,
    ] {
        check(r#""phones":["+442079460958"]"#, handle, expect!["PHONE Last7, PHONE Whole"]);
        check(handle, handle, expect!["PHONE Last7, PHONE Whole"]);
    }
}

#[test]
fn one_number_means_different_things_in_different_places() {
    check(r#""phones":["07700900123"]"#, r#""registrations":[{"scheme":"OTHER","value":"07700900123"}]"#, expect![""]);
    check(
        r#""registrations":[{"scheme":"GB-COH","value":"01234567"}]"#,
        r#""registrations":[{"scheme":"LEI","value":"01234567"}]"#,
        expect!["REGISTRATION Deletion"],
    );
    check(
        r#""attributes":[{"name":"eye colour","value":"brown"}]"#,
        r#""attributes":[{"name":"nationality","value":"brown"}]"#,
        expect![""],
    );
}

#[test]
fn card_payments_are_never_keyed() {
    let card = profile(r#""payments":[{"scheme":"CARD","value":"411111******1111","holder_name":"Ann Lee"}]"#);
    assert!(card.of(Kind::Payment).is_empty());
    assert_eq!(card.of(Kind::PersonName).len(), 1, "the holder's name is a name like any other");
}

#[test]
fn a_document_is_known_by_its_digest_alone() {
    let shown = account(r#""documents":[{"scheme":"PASSPORT","value":"925 665-416","country":"GB"}]"#);
    let held = Profile::new([&shown], [], &keyer());
    let [item] = held.of(Kind::Document) else { panic!("one document") };
    assert_eq!(item.value, None);
    assert_eq!(item.prints.len(), 1);
    let digest = format!("PASSPORT {}", shown.documents[0].digest);
    assert_eq!(item.whole(), Some(keyer().key(Kind::Document, Form::Whole, &digest)));
    assert!(!format!("{held:?}").contains("925"));
}

#[test]
fn a_bank_account_kept_as_digest_shows_no_value() {
    let held = profile(r#""payments":[{"scheme":"CN-BANK","value":"6217 0000 1000 1234 567"}]"#);
    let [item] = held.of(Kind::Payment) else { panic!("one account") };
    assert_eq!(item.value, None);
}

#[test]
fn no_value_is_kept_where_the_keyer_keeps_none() {
    let everything = account(EVERYTHING);
    let clear = Profile::new([&everything], [], &keyer());
    let private = Profile::new([&everything], [], &PrivateKeyer(keyer()));
    assert!(clear.items.iter().any(|item| item.value.is_some()));
    assert!(private.items.iter().all(|item| item.value.is_none()));
    let keys = |profile: &Profile| profile.fingerprints().collect::<BTreeSet<_>>();
    assert_eq!(keys(&clear), keys(&private), "one engine, two modes: the same keys");
}

/// One of each that an account can show.
const EVERYTHING: &str = r#"
    "display_name": "Tidewater Audio", "legal_name": "Tidewater Trading Ltd",
    "persons": [{"name": "王小明", "birth_date": "1978-12-11", "birth_place": "Leeds"}],
    "registrations": [{"scheme": "GB-COH", "value": "01234567"}],
    "documents": [{"scheme": "PASSPORT", "value": "925665416"}],
    "emails": ["jo@example.com"], "phones": ["+447700900123"], "urls": ["https://tidewater-audio.co.uk", "https://www.ebay.co.uk/itm/256123456789"],
    "addresses": [{"street": "12 Mill Lane", "locality": "Leeds", "postcode": "LS1 4AP", "country": "GB"}],
    "handles": [{"service": "WECHAT", "value": "tidewater99"}, {"service": "INSTAGRAM", "value": "tidewater_audio"}],
    "payments": [{"scheme": "PAYPAL", "value": "pay@example.com"}],
    "images": [{"blake3": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "codes": ["tel:+447700900123"]}],
    "trackers": [{"scheme": "META_PIXEL", "value": "123456789012345"}],
    "description": "We have sold second-hand audio from a small workshop in Leeds since the spring of 1998",
    "attributes": [{"name": "occupation", "value": "watch maker"}], "opened_at": "2023-02-01T00:00:00Z""#;

/// One of each that a listing can show.
const OFFERED: &str = r#"
    "title": "Valve amplifier", "brand": "Tidewater", "category": "Hi-fi", "gtin": "4006381333931",
    "price": {"currency": "GBP", "amount": "249.00"}, "url": "https://tidewater-audio.co.uk/amplifier",
    "description": "Restored by hand in our wоrkshop with new valves and a year of warranty on every part""#;

#[test]
fn every_kind_of_an_account_is_fingerprinted() {
    let held = Profile::new([&account(EVERYTHING)], [&listing(1, OFFERED)], &keyer());
    let shown: BTreeSet<Kind> = held.items.iter().map(|item| item.kind).collect();
    let missing: Vec<&str> = Kind::ALL.iter().filter(|kind| !shown.contains(kind)).map(|kind| kind.name()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for kind in Kind::ALL {
        assert_eq!(
            held.of(kind).iter().collect::<Vec<_>>(),
            held.items.iter().filter(|item| item.kind == kind).collect::<Vec<_>>()
        );
        assert_eq!(Kind::parse(kind.name()), Some(kind));
    }
    assert!(held.items.iter().all(|item| item.prints[0].form == Form::Whole));
    assert!(
        held.fingerprints()
            .all(|print| print.form == Form::Whole || held.items.iter().any(|item| item.kind == print.kind))
    );
}

#[test]
fn the_key_of_a_store_is_not_shown() {
    assert_eq!(format!("{:?}", ClearKeyer::new([9; 32])), "ClearKeyer(secret)");
}

/// Two descriptions with most of their words in common, and one of other words.
const TEXTS: [&str; 3] = [
    r#""title":"Genuine leather handbag brown","description":"Hand made in small batches from full grain leather with brass fittings and a cotton lining that lasts for many years of daily use, shipped from our own workshop""#,
    r#""title":"Genuine leather handbag brown","description":"Hand made in small batches from full grain leather with brass fittings and a cotton lining that lasts for many years of daily use, shipped from our store""#,
    r#""title":"Cast iron pan","description":"Heavy pan for the oven and the hob, seasoned with oil and ready to cook with on the day that it arrives at your door, with a lid of glass""#,
];

fn bands_shared(left: &str, right: &str) -> usize {
    let bands = |text: &str| -> BTreeSet<Key> {
        let held = Profile::new([], [&listing(1, text)], &keyer());
        held.of(Kind::ListingText).iter().flat_map(|item| item.keys(Form::Band)).collect()
    };
    bands(left).intersection(&bands(right)).count()
}

#[test]
fn a_copied_listing_with_a_new_ending_shares_most_bands_and_another_one_none() {
    let (copy, stranger) = (bands_shared(TEXTS[0], TEXTS[1]), bands_shared(TEXTS[0], TEXTS[2]));
    assert!(2 * copy > super::MINHASH_BANDS, "{copy} bands");
    assert_eq!(stranger, 0);
}

#[test]
fn a_listing_of_a_few_words_is_no_fingerprint() {
    let held = Profile::new([], [&listing(1, r#""title":"Leather handbag brown new""#)], &keyer());
    assert!(held.of(Kind::ListingText).is_empty());
}

#[test]
fn the_page_of_a_listing_says_whose_site_it_is_only_on_ones_own() {
    let offer = listing(1, r#""url":"https://market.example/item/1""#);
    let on = |kind: &str| Profile::new([&account(&format!(r#""kind":"{kind}""#))], [&offer], &keyer());
    assert!(on("MARKETPLACE_SELLER").of(Kind::Domain).is_empty(), "everybody's listings are on the market's pages");
    assert_eq!(on("WEBSITE").of(Kind::Domain).len(), 1);
}

#[test]
fn one_attribute_however_its_name_is_written() {
    check(
        r#""attributes":[{"name":"shop_template","value":"Blue 3"}]"#,
        r#""attributes":[{"name":"Shop Template","value":"blue-3"}]"#,
        expect!["ATTRIBUTE Whole"],
    );
}

#[test]
fn a_profile_in_the_path_of_a_shared_host_is_a_site_or_an_account_of_its_own() {
    let url = |url: &str| format!(r#""urls":["{url}"]"#);
    check(
        &url("https://linktr.ee/nikesale"),
        &url("linktr.ee/NikeSale?x"),
        expect!["ACCOUNT Whole, HANDLE Local, HANDLE Whole"],
    );
    check(
        &url("https://gumroad.com/nikesale"),
        &url("gumroad.com/NikeSale?x"),
        expect!["DOMAIN Deletion, DOMAIN Label, DOMAIN Whole"],
    );
    check(&url("https://linktr.ee/nikesale"), &url("https://linktr.ee/tidewater"), expect![""]);
    check(
        &url("https://t.me/nikesale"),
        r#""handles":[{"service":"telegram","value":"@NikeSale"}]"#,
        expect!["ACCOUNT Whole, HANDLE Local, HANDLE Whole"],
    );
}

#[test]
fn a_shop_of_ten_thousand_listings_is_its_smallest_keys_whatever_the_order() {
    let texts: Vec<Listing> = (0..200)
        .map(|n| listing(n, &format!(r#""title":"item number {n} of a long row of things that differ in number""#)))
        .collect();
    let forward = Profile::new([], &texts, &keyer());
    let backward = Profile::new([], texts.iter().rev(), &keyer());
    assert_eq!(forward, backward);

    let whole = |listing: &Listing| Profile::new([], [listing], &keyer()).of(Kind::ListingText)[0].whole();
    let mut smallest: Vec<_> = texts.iter().map(whole).collect();
    smallest.sort_unstable();
    smallest.dedup();
    smallest.truncate(ITEMS_PER_KIND_MAX);
    let mut kept: Vec<_> = forward.of(Kind::ListingText).iter().map(Item::whole).collect();
    kept.sort_unstable();
    assert_eq!(kept, smallest);
}

#[test]
fn what_an_account_showed_last_year_still_counts() {
    let (old, new) = (account(r#""phones":["+447700900123"]"#), account(r#""phones":["+447700900456"]"#));
    assert_eq!(Profile::new([&old, &new], [], &keyer()).of(Kind::Phone).len(), 2);
}

/// Accounts of a small world, so that values repeat.
fn accounts() -> impl Strategy<Value = Vec<Account>> {
    let names =
        prop::sample::select(vec!["Bob Smith", "Robert Smith", "王小明", "单小明", "Ann Lee Jr", "O'Brien, Pat"]);
    let shops = prop::sample::select(vec!["Tidewater Audio", "tide water audio 2", "华强科技有限公司", "!!!"]);
    let phones = prop::collection::vec("\\+4477009001[0-9]{2}", 0..4);
    let mails = prop::collection::vec("[a-c]{1,3}@example\\.(com|org)", 0..3);
    let one = (names, shops, phones, mails).prop_map(|(name, shop, phones, emails)| {
        let lists = serde_json::json!({ "phones": phones, "emails": emails }).to_string();
        let lists = lists.trim_matches(['{', '}']).to_owned();
        account(&format!(r#""persons":[{{"name":"{name}"}}],"display_name":"{shop}",{lists}"#))
    });
    prop::collection::vec(one, 1..6)
}

proptest! {
    #[test]
    fn the_order_of_observations_does_not_matter(accounts in accounts(), turn in 0_usize..6) {
        let mut turned: Vec<&Account> = accounts.iter().rev().collect();
        turned.rotate_left(turn % accounts.len());
        // Seen twice is seen once.
        turned.push(&accounts[0]);
        prop_assert_eq!(Profile::new(&accounts, [], &keyer()), Profile::new(turned, [], &keyer()));
    }

    #[test]
    fn a_profile_is_sorted_without_duplicates_and_within_its_cap(accounts in accounts()) {
        let held = Profile::new(&accounts, [], &keyer());
        prop_assert!(held.items.is_sorted_by(|a, b| a < b));
        for kind in Kind::ALL {
            prop_assert!(held.of(kind).len() <= ITEMS_PER_KIND_MAX);
        }
        for print in held.items.iter().flat_map(|item| &item.prints) {
            prop_assert!((1..=40).contains(&print.surprisal_bits));
        }
    }

    #[test]
    fn two_stores_have_no_key_in_common(accounts in accounts(), left in any::<[u8; 32]>(), right in any::<[u8; 32]>()) {
        prop_assume!(left != right);
        let keys = |secret| -> BTreeSet<Key> {
            let held = Profile::new(&accounts, [], &ClearKeyer::new(secret));
            held.fingerprints().map(|print| print.key).collect()
        };
        prop_assert_eq!(keys(left).intersection(&keys(right)).count(), 0);
    }

    #[test]
    fn one_text_has_another_key_in_every_kind_and_form(text in ".{0,20}") {
        let mut keys = BTreeSet::new();
        for kind in Kind::ALL {
            for form in [Form::Whole, Form::Token, Form::Phonetic, Form::Root, Form::Joined, Form::Label] {
                prop_assert!(keys.insert(keyer().key(kind, form, &text)));
            }
        }
    }

    #[test]
    fn combined_keys_depend_on_rule_and_order(a in any::<[u8; 16]>(), b in any::<[u8; 16]>(), rule in 0_u8..20) {
        let (a, b) = (Key(a), Key(b));
        prop_assert_eq!(Key::combine(rule, &[a, b]), Key::combine(rule, &[a, b]));
        prop_assert_ne!(Key::combine(rule, &[a, b]), Key::combine(rule + 1, &[a, b]));
        prop_assert!(a == b || Key::combine(rule, &[a, b]) != Key::combine(rule, &[b, a]));
    }
}
