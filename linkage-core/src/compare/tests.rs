//! Each test is one way an infringer comes back, or one way in which honest people look alike.
//! Only `check` and `answers` call the code under test; a kind is named with the level it reached.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Bits, Feature, Level, LevelInfo, Outcome, Rarity, Subject, compare, has_else, levels};
use crate::fingerprint::{ClearKeyer, Crowd, Form, Key, Keyer, Kind, Profile};
use crate::record::{Account, AccountDraft, Intake, Listing, ListingDraft};

/// Every value is as rare as it looks; some are hubs.
#[derive(Default)]
struct AsItLooks {
    hubs: Vec<Key>,
}

impl Rarity for AsItLooks {
    fn surprisal(&self, _: Key, base_bits: u8) -> Bits {
        Bits::new(f64::from(base_bits))
    }

    fn crowd(&self, _: Kind, key: Key) -> Crowd {
        if self.hubs.contains(&key) { Crowd::Hub } else { Crowd::Few }
    }
}

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

fn account(fields: &str) -> Account {
    let line = format!(r#"{{"platform":"example","account_id":"shop","observed_at":"2024-05-03T12:00:00Z",{fields}}}"#);
    let draft: AccountDraft = serde_json::from_str(&line).unwrap();
    draft.check(&Intake::new([3; 32])).unwrap()
}

fn listing(fields: &str) -> Listing {
    let line = format!(
        r#"{{"platform":"example","listing_id":"1","account_id":"shop","observed_at":"2024-05-03T12:00:00Z",{fields}}}"#
    );
    let draft: ListingDraft = serde_json::from_str(&line).unwrap();
    draft.check(&Intake::new([3; 32])).unwrap()
}

fn profile(fields: &str) -> Profile {
    Profile::new([&account(fields)], [], &keyer())
}

/// `KIND LEVEL` of every outcome.
fn answers(left: &Profile, right: &Profile, rarity: &dyn Rarity) -> String {
    let outcomes = compare(&Subject::new(left, rarity), &Subject::new(right, rarity), &());
    let say = |outcome: &Outcome| {
        let kind = outcome.feature.kind;
        format!("{} {}", kind.name(), outcome.level.info(kind).name)
    };
    outcomes.iter().map(say).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(left: &str, right: &str, expected: Expect) {
    expected.assert_eq(&answers(&profile(left), &profile(right), &AsItLooks::default()));
}

/// The levels of a table of values written into one field, one line each.
#[track_caller]
fn check_table(field: impl Fn(&str) -> String, pairs: &[(&str, &str)], expected: Expect) {
    let mut table = String::new();
    for (left, right) in pairs {
        let answer = answers(&profile(&field(left)), &profile(&field(right)), &AsItLooks::default());
        let back = answers(&profile(&field(right)), &profile(&field(left)), &AsItLooks::default());
        assert_eq!(answer, back, "{left} | {right}");
        let level = answer.rsplit(' ').next().unwrap_or_default();
        table.push_str(&format!("{left} | {right} | {level}\n"));
    }
    expected.assert_eq(&table);
}

fn person(name: &str) -> String {
    format!(r#""persons":[{{"name":"{name}"}}]"#)
}

fn shop(name: &str) -> String {
    format!(r#""display_name":"{name}""#)
}

#[test]
fn a_person_who_writes_the_name_differently() {
    check_table(
        person,
        &[
            ("Robert Smith", "SMITH, Robert"),
            ("Bob Smith", "Robert Smith"),
            ("R Smith", "Robert Smith"),
            ("Robert Smyth", "Robert Smith"),
            ("Robert James Smith", "Robert Smith"),
            ("Robert James Smith", "Robert J. Smith"),
            ("Mary Ann Smith", "Maryann Smith"),
            ("Robrt Smyth", "Robert Smith"),
            ("Mei", "Mei Lindqvist"),
            ("王小明", "Wang Xiaoming"),
            ("王小明", "Xiao-Ming WANG"),
            ("王小明", "王曉明"),
            ("Wang Xiaomin", "王小明"),
        ],
        expect![[r#"
            Robert Smith | SMITH, Robert | EXACT
            Bob Smith | Robert Smith | CLOSE
            R Smith | Robert Smith | CLOSE
            Robert Smyth | Robert Smith | CLOSE
            Robert James Smith | Robert Smith | SUBSET
            Robert James Smith | Robert J. Smith | CLOSE
            Mary Ann Smith | Maryann Smith | EXACT
            Robrt Smyth | Robert Smith | ALL_CLOSE
            Mei | Mei Lindqvist | ONE_WORD
            王小明 | Wang Xiaoming | EXACT
            王小明 | Xiao-Ming WANG | EXACT
            王小明 | 王曉明 | EXACT
            Wang Xiaomin | 王小明 | CLOSE
        "#]],
    );
}

#[test]
fn other_people_with_names_alike() {
    check_table(
        person,
        &[
            ("Robert Smith Jr.", "Robert Smith Sr."),
            ("Robert Smith Jr.", "Robert Smith"),
            ("Robert Smith", "Robert Jones"),
            ("Anna Lindqvist", "Annabelle Lindqvist"),
            ("Anna", "Annabelle"),
            ("Anna Smith", "Hanna Smith"),
            ("Mei Lindqvist", "Jo Abernathy"),
            ("王小明", "王大明"),
            ("王小明", "李小明"),
        ],
        expect![[r#"
            Robert Smith Jr. | Robert Smith Sr. | ELSE
            Robert Smith Jr. | Robert Smith | EXACT
            Robert Smith | Robert Jones | OTHER_NAME
            Anna Lindqvist | Annabelle Lindqvist | PARTIAL
            Anna | Annabelle | ELSE
            Anna Smith | Hanna Smith | CLOSE
            Mei Lindqvist | Jo Abernathy | ELSE
            王小明 | 王大明 | PARTIAL
            王小明 | 李小明 | OTHER_NAME
        "#]],
    );
}

#[test]
fn a_shop_that_comes_back_under_a_tweaked_name() {
    check_table(
        shop,
        &[
            ("Tidewater Audio", "TIDEWATER  audio"),
            ("Tidewater Audio", "tide-water-audio 2"),
            ("Tidewater Audio", "Tidewatter Audio"),
            ("Tidewater Audio", "Tidewater Audio Outlet Leeds"),
            ("华强科技旗舰店", "深圳华强科技"),
        ],
        expect![[r#"
            Tidewater Audio | TIDEWATER  audio | EXACT
            Tidewater Audio | tide-water-audio 2 | JOINED
            Tidewater Audio | Tidewatter Audio | CLOSE
            Tidewater Audio | Tidewater Audio Outlet Leeds | MOST
            华强科技旗舰店 | 深圳华强科技 | EXACT
        "#]],
    );
}

#[test]
fn shops_of_the_same_trade_are_not_the_same_shop() {
    check_table(
        shop,
        &[("Tidewater Audio", "Willow & Wren"), ("Nike旗舰店", "Adidas旗舰店"), ("Nike 瑞丰鞋", "Adidas 瑞丰鞋")],
        expect![[r#"
            Tidewater Audio | Willow & Wren | ELSE
            Nike旗舰店 | Adidas旗舰店 | ELSE
            Nike 瑞丰鞋 | Adidas 瑞丰鞋 | SOME
        "#]],
    );
}

#[test]
fn dates_of_birth() {
    check_table(
        |date| format!(r#""persons":[{{"birth_date":"{date}"}}]"#),
        &[
            ("1978-12-11", "1978-12-11"),
            ("1978-12-11", "1978-11-12"),
            ("1978-12-11", "1978-12-17"),
            ("1978-12-11", "1987-12-11"),
            ("1978-12-11", "1978-12-25"),
            ("1978-12-11", "1978-03-25"),
            ("1978-12-11", "1978-12"),
            ("1978-12-11", "1978"),
            ("1978-12", "1978-12"),
            ("1978", "1978"),
            ("1978-12-11", "1964-05-29"),
            ("1978", "1979"),
        ],
        expect![[r#"
            1978-12-11 | 1978-12-11 | EXACT
            1978-12-11 | 1978-11-12 | SWAPPED
            1978-12-11 | 1978-12-17 | CLOSE
            1978-12-11 | 1987-12-11 | CLOSE
            1978-12-11 | 1978-12-25 | TWO_PARTS
            1978-12-11 | 1978-03-25 | YEAR
            1978-12-11 | 1978-12 | TWO_PARTS
            1978-12-11 | 1978 | YEAR
            1978-12 | 1978-12 | TWO_PARTS
            1978 | 1978 | YEAR
            1978-12-11 | 1964-05-29 | ELSE
            1978 | 1979 | ELSE
        "#]],
    );
}

#[test]
fn addresses_written_differently_and_next_door() {
    let street = |line: &str| format!(r#""addresses":[{{"street":"{line}"}}]"#);
    check_table(
        street,
        &[
            ("12 Mill Lane", "12, Mill Ln."),
            ("12 Mill Lane", "12 Mil Lane"),
            ("Mill Lane", "12 Mill Lane"),
            ("12 Mill Lane", "14 Mill Lane"),
            ("12 Abernathy Crescent", "14 Abernethy Crescent"),
            ("12 Mill Lane", "12 Church Road"),
            ("12 Mill Lane", "9 Church Road"),
        ],
        expect![[r#"
            12 Mill Lane | 12, Mill Ln. | EXACT
            12 Mill Lane | 12 Mil Lane | CLOSE
            Mill Lane | 12 Mill Lane | STREET
            12 Mill Lane | 14 Mill Lane | OTHER_NUMBER
            12 Abernathy Crescent | 14 Abernethy Crescent | STREET_CLOSE
            12 Mill Lane | 12 Church Road | NUMBER
            12 Mill Lane | 9 Church Road | ELSE
        "#]],
    );
    let area = |line: &str| {
        let (code, town) = line.split_once(' ').unwrap_or((line, ""));
        let code = code.trim_matches('-');
        format!(r#""addresses":[{{"postcode":"{code}","locality":"{town}","country":"US"}}]"#)
    };
    check_table(
        area,
        &[
            ("89132 Las Vegas", "89132 Las Vegas"),
            ("89132 Las Vegas", "89132 Henderson"),
            ("89132 Las Vegas", "89133 Las Vegas"),
            ("89132 Las Vegas", "89501 Las Vegas"),
            ("89132 Las Vegas", "89133 Henderson"),
            ("89132 Henderson", "10001 Hendersen"),
            ("89132 Las Vegas", "10001 New York"),
        ],
        expect![[r#"
            89132 Las Vegas | 89132 Las Vegas | EXACT
            89132 Las Vegas | 89132 Henderson | POSTCODE
            89132 Las Vegas | 89133 Las Vegas | TOWN_POSTCODE_CLOSE
            89132 Las Vegas | 89501 Las Vegas | TOWN
            89132 Las Vegas | 89133 Henderson | POSTCODE_CLOSE
            89132 Henderson | 10001 Hendersen | TOWN_CLOSE
            89132 Las Vegas | 10001 New York | ELSE
        "#]],
    );
}

#[test]
fn an_address_with_its_parts_exchanged_is_nearly_the_same_street() {
    check(
        r#""addresses":[{"street":"Unit 4, Brightwater Industrial Estate, Quarry Road","locality":"Leeds"}]"#,
        r#""addresses":[{"street":"Quarry Road, Brightwater Industrial Estate, Unit 4","locality":"Leeds"}]"#,
        expect!["STREET STREET_CLOSE, AREA TOWN"],
    );
}

#[test]
fn domains() {
    check_table(
        |url| format!(r#""urls":["{url}"]"#),
        &[
            ("tidewater-audio.com", "https://www.tidewater-audio.com/sale"),
            ("tidewater-audio.com", "tidewateraudio.co.uk"),
            ("tidewater-audio.com", "tidewateraudio2.shop"),
            ("tidewater-audio.com", "tidewateraudo.com"),
            ("tidewater-audio.com", "tidewateraudio.example-hosting.com"),
            ("tidewater.example-hosting.com", "willow.example-hosting.com"),
            ("tidewater.myshopify.com", "willow.myshopify.com"),
            ("tidewater-audio.com", "willow-and-wren.com"),
        ],
        expect![[r#"
            tidewater-audio.com | https://www.tidewater-audio.com/sale | EXACT
            tidewater-audio.com | tidewateraudio.co.uk | SAME_LABEL
            tidewater-audio.com | tidewateraudio2.shop | SAME_LABEL
            tidewater-audio.com | tidewateraudo.com | CLOSE
            tidewater-audio.com | tidewateraudio.example-hosting.com | SUBLABEL
            tidewater.example-hosting.com | willow.example-hosting.com | OTHER_PART
            tidewater.myshopify.com | willow.myshopify.com | ELSE
            tidewater-audio.com | willow-and-wren.com | ELSE
        "#]],
    );
}

#[test]
fn contact_and_numbers() {
    check_table(
        |mail| format!(r#""emails":["{mail}"]"#),
        &[
            ("mei.lind@gmail.com", "MeiLind+x@googlemail.com"),
            ("mei.lindqvist@gmail.com", "meilindqvist@outlook.com"),
            ("mei.lindqvist@example.com", "mei.lindkvist@example.com"),
            ("mei.lindqvist@example.com", "jo.abernathy@example.com"),
        ],
        expect![[r#"
            mei.lind@gmail.com | MeiLind+x@googlemail.com | EXACT
            mei.lindqvist@gmail.com | meilindqvist@outlook.com | SAME_LOCAL
            mei.lindqvist@example.com | mei.lindkvist@example.com | CLOSE
            mei.lindqvist@example.com | jo.abernathy@example.com | ELSE
        "#]],
    );
    check_table(
        |number| format!(r#""phones":["{number}"]"#),
        &[
            ("+44 20 7946 0958", "0044 (0)20 7946 0958"),
            ("+44 20 7946 0958", "7946 0958"),
            ("+44 20 7946 0958", "+44 20 7946 0953"),
            ("+44 20 7946 0958", "+44 161 496 0123"),
        ],
        expect![[r#"
            +44 20 7946 0958 | 0044 (0)20 7946 0958 | EXACT
            +44 20 7946 0958 | 7946 0958 | LAST7
            +44 20 7946 0958 | +44 20 7946 0953 | CLOSE
            +44 20 7946 0958 | +44 161 496 0123 | ELSE
        "#]],
    );
    check_table(
        |number| format!(r#""registrations":[{{"scheme":"GB-COH","value":"{number}"}}]"#),
        &[("09876543", "9876543"), ("09876543", "09876548"), ("09876543", "01234567")],
        expect![[r#"
            09876543 | 9876543 | EXACT
            09876543 | 09876548 | CLOSE
            09876543 | 01234567 | ELSE
        "#]],
    );
    check_table(
        |handle| {
            let (service, value) = handle.split_once(':').unwrap();
            format!(r#""handles":[{{"service":"{service}","value":"{value}"}}]"#)
        },
        &[
            ("WECHAT:tidewater99", "wechat:@TideWater99"),
            ("WECHAT:tidewater99", "TELEGRAM:tidewater99"),
            ("WECHAT:tidewater99", "WECHAT:tidewater98"),
            ("WECHAT:tidewater99", "WECHAT:willowwren"),
        ],
        expect![[r#"
            WECHAT:tidewater99 | wechat:@TideWater99 | EXACT
            WECHAT:tidewater99 | TELEGRAM:tidewater99 | SAME_NAME
            WECHAT:tidewater99 | WECHAT:tidewater98 | CLOSE
            WECHAT:tidewater99 | WECHAT:willowwren | ELSE
        "#]],
    );
}

#[test]
fn numbers_under_different_schemes_say_nothing_about_each_other() {
    check(
        r#""registrations":[{"scheme":"GB-COH","value":"09876543"}]"#,
        r#""registrations":[{"scheme":"LEI","value":"09876543"}]"#,
        expect![""],
    );
    check(
        r#""payments":[{"scheme":"PAYPAL","value":"pay@example.com"}],"attributes":[{"name":"hair","value":"brown"}]"#,
        r#""payments":[{"scheme":"ALIPAY","value":"pay@example.com"}],"attributes":[{"name":"eyes","value":"brown"}]"#,
        expect![""],
    );
    check(
        r#""payments":[{"scheme":"PAYPAL","value":"pay@example.com"}]"#,
        r#""payments":[{"scheme":"PAYPAL","value":"other@example.com"}]"#,
        expect!["PAYMENT ELSE"],
    );
}

#[test]
fn what_one_side_does_not_show_is_no_outcome() {
    check(
        r#""phones":["+442079460958"],"emails":["jo@example.com"]"#,
        r#""phones":["+442079460958"]"#,
        expect!["PHONE EXACT"],
    );
    check(r#""phones":["+442079460958"]"#, r#""emails":["jo@example.com"]"#, expect![""]);
    assert_eq!(answers(&Profile::default(), &profile(r#""emails":["jo@example.com"]"#), &AsItLooks::default()), "");
}

#[test]
fn other_goods_and_other_pictures_say_nothing() {
    let offer = |text: &str| Profile::new([], [&listing(text)], &keyer());
    let bag = r#""title":"Genuine leather handbag","description":"Hand made in small batches from full grain leather with brass fittings","images":[{"blake3":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}]"#;
    let pan = r#""title":"Cast iron pan","description":"Heavy pan for the oven and the hob, seasoned with oil","images":[{"blake3":"ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}]"#;
    let answer = |left: &str, right: &str| answers(&offer(left), &offer(right), &AsItLooks::default());
    assert_eq!(answer(bag, pan), "");
    assert_eq!(answer(bag, bag), "LISTING_TEXT EXACT, IMAGE EXACT, LISTING_TITLE EXACT");
}

/// What two offers have in common.
#[track_caller]
fn check_offers(left: &str, right: &str, expected: Expect) {
    let offer = |text: &str| Profile::new([], [&listing(text)], &keyer());
    let answer = answers(&offer(left), &offer(right), &AsItLooks::default());
    assert_eq!(answer, answers(&offer(right), &offer(left), &AsItLooks::default()));
    expected.assert_eq(&answer);
}

#[test]
fn a_title_tweaked_for_another_platform() {
    check_offers(
        r#""title":"Lumora face serum 30 ml - FREE UK delivery""#,
        r#""title":"BNIB Lumora Face Serum, fast dispatch""#,
        expect![""],
    );
    check_offers(
        r#""title":"Lumora face serum 30 - FREE UK delivery""#,
        r#""title":"BNIB Face Serum Lumora, fast dispatch 2""#,
        expect!["LISTING_TITLE JOINED"],
    );
    check_offers(
        r#""title":"雅诗小棕瓶 包邮""#,
        r#""title":"雅诗小棕瓶【正品保证】""#,
        expect!["LISTING_TITLE JOINED"],
    );
    check_offers(r#""title":"全国包邮""#, r#""title":"正品保证 现货""#, expect![""]);
}

#[test]
fn an_article_at_a_price_of_a_brand() {
    check_offers(
        r#""gtin":"4006381333931","price":{"currency":"GBP","amount":"12.50"},"brand":"LUMORA","category":"Beauty""#,
        r#""gtin":"04006381333931","price":{"currency":"gbp","amount":"12.5"},"brand":"Lumora","category":"beauty""#,
        expect!["GTIN EXACT, PRICE EXACT, BRAND EXACT, CATEGORY EXACT"],
    );
    check_offers(
        r#""gtin":"4006381333932","price":{"currency":"GBP","amount":"12.50"}"#,
        r#""gtin":"4006381333932","price":{"currency":"EUR","amount":"12.50"}"#,
        expect!["GTIN INVALID"],
    );
}

#[test]
fn a_text_with_another_ending_or_another_half() {
    let text = |ending: &str| {
        format!(
            r#""description":"Hand made in small batches from full grain leather with brass fittings and a cotton lining that lasts {ending}""#
        )
    };
    let other = "long, and then how it came about that nobody wrote before";
    check_offers(&text("long"), &text("for years"), expect!["LISTING_TEXT MOST"]);
    check_offers(&text("long"), &text(other), expect!["LISTING_TEXT SOME"]);
    let shop = |ending: &str| account(&format!("{},\"emails\":[]", text(ending)));
    let answer = |left: &str, right: &str| {
        let [left, right] = [left, right].map(|ending| Profile::new([&shop(ending)], [], &keyer()));
        answers(&left, &right, &AsItLooks::default())
    };
    assert_eq!(answer("long", "long"), "DESCRIPTION EXACT");
    assert_eq!(answer("long", "for years"), "DESCRIPTION MOST");
    assert_eq!(answer("long", other), "DESCRIPTION SOME");
}

#[test]
fn what_two_texts_share_is_as_rare_as_most_of_it() {
    /// The bands of a phrase that everybody writes are common.
    struct Common(Vec<Key>);
    impl Rarity for Common {
        fn surprisal(&self, key: Key, base_bits: u8) -> Bits {
            Bits::new(if self.0.contains(&key) { 2.0 } else { f64::from(base_bits) })
        }
        fn crowd(&self, _: Kind, _: Key) -> Crowd {
            Crowd::Few
        }
    }
    let text = |ending: &str| {
        profile(&format!(
            r#""description":"All our goods are shipped within one working day from our own warehouse by tracked post {ending}""#
        ))
    };
    let (left, right) = (text("bags"), text("shoes"));
    let bands = |profile: &Profile| profile.items[0].keys(Form::Band).collect::<Vec<_>>();
    let shared: Vec<Key> = bands(&left).into_iter().filter(|key| bands(&right).contains(key)).collect();
    let surprisal = |common: &[Key]| {
        let rarity = Common(common.to_vec());
        compare(&Subject::new(&left, &rarity), &Subject::new(&right, &rarity), &())[0].surprisal
    };
    assert_eq!(surprisal(&[]), Some(Bits::new(16.0)));
    assert_eq!(surprisal(&shared), Some(Bits::new(2.0)));
    assert_eq!(surprisal(&shared[..1]), Some(Bits::new(16.0)), "one common band of many changes nothing");
}

#[test]
fn a_picture_stored_anew_or_with_a_caption() {
    let shows = |pdq: &str, more: &str| format!(r#""images":[{{"pdq":"{pdq}"{more}}}]"#);
    let hash = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    let ten_off = "0000f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    let nineteen_off = "00000000e0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    let other = "0707f0ce1f0b57b0f9c8f5ddfc709c0f4c91d12a699de1e2cc194c63b16364dd";
    let answer = |left: &str, right: &str| answers(&profile(left), &profile(right), &AsItLooks::default());
    assert_eq!(answer(&shows(hash, ""), &shows(hash, "")), "IMAGE EXACT");
    assert_eq!(answer(&shows(hash, ""), &shows(ten_off, "")), "IMAGE SAME");
    assert_eq!(answer(&shows(hash, ""), &shows(nineteen_off, "")), "IMAGE SIMILAR");
    assert_eq!(answer(&shows(hash, ""), &shows(other, "")), "IMAGE ELSE");
    let plain = shows(hash, r#","pdq_quality":"49""#);
    assert_eq!(answer(&plain, &plain), "", "too little in it to be known again");
    let blank = shows(&"0".repeat(64), "");
    assert_eq!(answer(&blank, &blank), "", "so is a hash without structure");
}

#[test]
fn a_site_with_the_same_tracker() {
    let sites = |left: &str, right: &str| {
        let trackers = |value: &str| profile(&format!(r#""trackers":[{value}]"#));
        answers(&trackers(left), &trackers(right), &AsItLooks::default())
    };
    let analytics = r#"{"scheme":"GOOGLE_ANALYTICS","value":"UA-1234567-1"}"#;
    assert_eq!(sites(analytics, r#"{"scheme":"google_analytics","value":"ua-1234567-4"}"#), "TRACKER EXACT");
    assert_eq!(
        sites(analytics, r#"{"scheme":"GOOGLE_ANALYTICS","value":"UA-7654321-1"}"#),
        "",
        "another one says nothing"
    );
    assert_eq!(sites(analytics, r#"{"scheme":"OTHER","value":"UA-1234567"}"#), "", "another scheme is another number");
}

#[test]
fn an_account_that_another_one_names() {
    let on = |platform: &str, id: &str, fields: &str| {
        let line =
            format!(r#"{{"platform":"{platform}","account_id":"{id}","observed_at":"2024-05-03T12:00:00Z"{fields}}}"#);
        let draft: AccountDraft = serde_json::from_str(&line).unwrap();
        Profile::new([&draft.check(&Intake::new([3; 32])).unwrap()], [], &keyer())
    };
    let site = |url: &str| on("web", "nikesale.example", &format!(r#","urls":["{url}"]"#));
    let answer = |left: &Profile, right: &Profile| answers(left, right, &AsItLooks::default());
    let seller = on("ebay_uk", "NikeSale", "");
    assert_eq!(answer(&seller, &site("https://www.ebay.co.uk/usr/nikesale?x=1")), "ACCOUNT EXACT");
    assert_eq!(answer(&seller, &site("https://www.ebay.co.uk/itm/1234567")), "", "a listing is nobody's profile");
    assert_eq!(
        answer(&site("https://www.ebay.co.uk"), &site("https://www.ebay.co.uk/")),
        "",
        "the bare host is everybody's"
    );
    let profile = on("instagram", "nikesale_uk", "");
    assert_eq!(answer(&profile, &site("https://instagram.com/nikesale_uk/")), "ACCOUNT EXACT");
    let handle = on("tiktok", "7", r#","handles":[{"service":"instagram","value":"@NikeSale_UK"}]"#);
    assert_eq!(answer(&profile, &handle), "ACCOUNT EXACT");
    assert_eq!(answer(&handle, &site("https://instagram.com/nikesale_uk/")), "HANDLE EXACT, ACCOUNT EXACT");
    assert_eq!(answer(&on("ebay_uk", "77", ""), &on("ebay_de", "77", "")), "", "a short number names nobody");
    assert_eq!(answer(&seller, &on("ebay_de", "nikesale", "")), "ACCOUNT EXACT", "one user name on all its sites");
    assert_eq!(answer(&seller, &on("tiktok", "nikesale", "")), "");
}

#[test]
fn the_forwarders_phone_is_shown_as_a_hub() {
    let (left, right) = (profile(r#""phones":["+442079460958"]"#), profile(r#""phones":["+442079460958"]"#));
    let rarity = AsItLooks { hubs: left.items.iter().filter_map(|item| item.whole()).collect() };
    assert_eq!(answers(&left, &right, &rarity), "PHONE HUB");
    let hub = Level::HUB.info(Kind::Phone);
    assert_eq!((hub.name, hub.by_rarity), ("HUB", false));
}

#[test]
fn a_purse_of_many_is_found_and_known_as_such() {
    struct Purse;
    impl Rarity for Purse {
        fn surprisal(&self, _: Key, base_bits: u8) -> Bits {
            Bits::new(f64::from(base_bits))
        }
        fn crowd(&self, kind: Kind, _: Key) -> Crowd {
            kind.crowd(9)
        }
    }
    let one = profile(r#""payments":[{"scheme":"PAYPAL","value":"pay@example.com"}],"phones":["+442079460958"]"#);
    let subject = Subject::new(&one, &Purse);
    let found = compare(&subject, &subject, &());
    let said = |kind: Kind| found.iter().find(|outcome| outcome.feature.kind == kind).map(|o| (o.level, o.of_many));
    assert_eq!(said(Kind::Payment), Some((Level(0), true)));
    assert_eq!(said(Kind::Phone), Some((Level::HUB, false)));
}

#[test]
fn a_number_of_ones_own_is_preferred_to_the_forwarders() {
    let both = r#""phones":["+442079460958","+441614960123"]"#;
    let hub = profile(r#""phones":["+442079460958"]"#).items[0].whole();
    let rarity = AsItLooks { hubs: hub.into_iter().collect() };
    assert_eq!(answers(&profile(both), &profile(both), &rarity), "PHONE EXACT");
}

#[test]
fn without_values_the_same_engine_finds_what_keys_can_tell() {
    let private = |fields: &str| Profile::new([&account(fields)], [], &PrivateKeyer(keyer()));
    let answer = |left: &str, right: &str| answers(&private(left), &private(right), &AsItLooks::default());
    assert_eq!(answer(&person("王小明"), &person("Xiaoming WANG")), "PERSON_NAME EXACT");
    assert_eq!(answer(&person("Bob Smith"), &person("Robert Smith")), "PERSON_NAME CLOSE");
    assert_eq!(answer(&shop("Tidewater Audio"), &shop("tidewateraudio 2")), "DISPLAY_NAME JOINED");
    let number = |number: &str| format!(r#""registrations":[{{"scheme":"GB-COH","value":"{number}"}}]"#);
    assert_eq!(answer(&number("09876543"), &number("09876548")), "REGISTRATION CLOSE");
    let born = |date: &str| format!(r#""persons":[{{"birth_date":"{date}"}}]"#);
    assert_eq!(answer(&born("1978-12-11"), &born("1978-03-02")), "BIRTH_DATE YEAR");
    assert_eq!(answer(&lifespan("2025-01-01 2025-02-01"), &lifespan("2025-02-02 2025-03-01")), "");
}

/// Days of opening and closing.
fn lifespan(days: &str) -> String {
    match days.split_once(' ') {
        None => format!(r#""opened_at":"{days}T09:00:00Z""#),
        Some((opened, closed)) => format!(r#""opened_at":"{opened}T09:00:00Z","closed_at":"{closed}T18:00:00Z""#),
    }
}

#[test]
fn accounts_that_close_soon_and_follow_each_other() {
    let brief = "2025-01-01 2025-03-01";
    check_table(
        lifespan,
        &[
            (brief, "2025-03-31 2025-06-01"),
            (brief, "2025-03-01"),
            (brief, "2025-02-01 2025-03-10"),
            (brief, "2025-02-01"),
            (brief, "2025-04-01 2025-06-01"),
            (brief, "2025-04-01"),
            // Whoever stays is not the one who had to come back.
            (brief, "2025-03-02 2026-03-02"),
            ("2025-01-01 2025-07-02", "2024-01-01 2024-07-02"),
            ("2025-01-01 2025-07-03", "2024-01-01 2024-07-01"),
            ("2025-01-01 2025-07-03", "2025-07-04"),
        ],
        expect![[r#"
            2025-01-01 2025-03-01 | 2025-03-31 2025-06-01 | NEXT_BRIEF
            2025-01-01 2025-03-01 | 2025-03-01 | NEXT
            2025-01-01 2025-03-01 | 2025-02-01 2025-03-10 | DURING_BRIEF
            2025-01-01 2025-03-01 | 2025-02-01 | DURING
            2025-01-01 2025-03-01 | 2025-04-01 2025-06-01 | BRIEF
            2025-01-01 2025-03-01 | 2025-04-01 | ONE
            2025-01-01 2025-03-01 | 2025-03-02 2026-03-02 | ONE
            2025-01-01 2025-07-02 | 2024-01-01 2024-07-02 | ONE
            2025-01-01 2025-07-03 | 2024-01-01 2024-07-01 | ONE
            2025-01-01 2025-07-03 | 2025-07-04 | ELSE
        "#]],
    );
    // Seen open, and later closed: one life, not two.
    let seen = |days: &str| account(&lifespan(days));
    let twice = Profile::new([&seen("2025-03-02"), &seen("2025-03-02 2026-03-02")], [], &keyer());
    assert_eq!(answers(&profile(&lifespan(brief)), &twice, &AsItLooks::default()), "LIFESPAN ONE");
    for out_of_range in ["1969-12-31 1970-01-02", "2024-12-01 2999-01-01"] {
        check(&lifespan(brief), &lifespan(out_of_range), expect![""]);
    }
}

#[test]
fn every_kind_has_few_levels_and_the_first_depends_on_rarity() {
    for kind in Kind::ALL {
        let all: &[LevelInfo] = levels(kind);
        assert!((1..=super::LEVELS_MAX).contains(&all.len()), "{}", kind.name());
        let same = match kind {
            Kind::Phrase => "CODE",
            // How long two accounts lived is no value that both show.
            Kind::Lifespan => "NEXT_BRIEF",
            _ => "EXACT",
        };
        assert_eq!(all[0].by_rarity, kind != Kind::Lifespan, "{}", kind.name());
        assert!(all.iter().any(|info| info.name == same), "{}", kind.name());
        assert!(all.iter().all(|info| has_else(kind) || info.by_rarity), "{}: nothing to fit", kind.name());
        let rest = all.iter().skip_while(|info| info.name != "ELSE").count();
        assert!(rest <= 1, "{}: ELSE is the last", kind.name());
        assert!(all.iter().all(|info| !info.sentence.is_empty()));
        assert_eq!(Level(200).info(kind), all[all.len() - 1]);
    }
}

#[test]
fn attributes_of_different_names_are_features_of_their_own() {
    let fields = r#""attributes":[{"name":"hair","value":"brown"},{"name":"occupation","value":"watch maker"}]"#;
    let subject = Subject::new(&profile(fields), &AsItLooks::default());
    let features: Vec<Feature> = compare(&subject, &subject, &()).iter().map(|outcome| outcome.feature).collect();
    assert_eq!(features.len(), 2);
    assert_ne!(features[0], features[1]);
}

/// Fields of accounts that are all a little like each other.
fn fields() -> impl Strategy<Value = String> {
    let person = (
        prop::option::of(prop::sample::select(vec![
            "Robert Smith",
            "Bob Smyth",
            "SMITH, Rob",
            "R. J. Smith",
            "Mary Ann Lee",
            "Maryann Lee",
            "Anna Lee Jr",
            "Annabelle Lee",
            "王小明",
            "Wang Xiaoming",
            "单小明",
            "小明 (Adam Wang)",
            "Abab Baba",
            "abba baab",
            "aab aba baa",
            "aba",
        ])),
        prop::option::of(prop::sample::select(vec!["1978-12-11", "1978-11-12", "1978-12", "1978", "1987-12-11"])),
        prop::option::of(prop::sample::select(vec!["Leeds", "Leeds, England", "London"])),
    );
    let shop = prop::option::of(prop::sample::select(vec![
        "Tidewater Audio",
        "tidewateraudio 2",
        "Tidewatter Audio Leeds",
        "audio tide",
        "华强科技旗舰店",
        "Huaqiang Technology",
        "new new shop",
        "new york york",
        "aa bb cc dd",
        "dd aa",
    ]));
    let mails = prop::collection::vec("(mei|may|me)\\.?lind(qv|kv|q)ist@(gmail\\.com|example\\.org)", 0..2);
    let phones = prop::collection::vec("(\\+44)?20794609[0-5]{2}", 0..2);
    let urls = prop::collection::vec(
        "(tide\\.|water\\.|tidewater\\.)?(tide|water|tidewater|tidewate)\\.(com|co\\.uk|myshopify\\.com)",
        0..3,
    );
    let street = prop::option::of(prop::sample::select(vec![
        "12 Mill Lane",
        "12 Mil Lane",
        "Mill Lane",
        "Lane Mill Lane 14",
        "Unit 4, Quarry Estate, Mill Road",
        "Mill Road, Quarry Estate, Unit 4",
    ]));
    let area =
        (prop::option::of("8913[0-3]"), prop::option::of(prop::sample::select(vec!["Leeds", "Leedes", "Las Vegas"])));
    let more = (
        prop::collection::vec("[ab]{2}0987654[0-3]", 0..2),
        prop::collection::vec("(tide|tidewat|tidewater)9[0-2]{0,2}", 0..2),
        prop::option::of(prop::sample::select(vec![
            "watch maker",
            "watchmaker",
            "maker of watches and clocks",
            "maker",
        ])),
    );
    (person, shop, mails, phones, urls, street, area, more).prop_map(
        |(person, shop, mails, phones, urls, street, area, more)| {
            let list = |values: Vec<String>, scheme: &str, name: &str| -> serde_json::Value {
                values.iter().map(|value| serde_json::json!({ scheme: name, "value": value })).collect()
            };
            let mut fields = serde_json::json!({
                "display_name": shop, "legal_name": shop, "emails": mails, "phones": phones, "urls": urls,
                "addresses": [{ "street": street, "postcode": area.0, "locality": area.1 }],
                "registrations": list(more.0, "scheme", "OTHER"),
                "handles": list(more.1, "service", "WECHAT"),
            });
            if person != (None, None, None) {
                fields["persons"] =
                    serde_json::json!([{ "name": person.0, "birth_date": person.1, "birth_place": person.2 }]);
            }
            if let Some(work) = more.2 {
                fields["attributes"] = serde_json::json!([{ "name": "occupation", "value": work }]);
            }
            let text = fields.to_string();
            text[1..text.len() - 1].to_owned()
        },
    )
}

/// Feature, level and rarity: everything but which items were found alike.
fn without_cites(outcomes: &[Outcome]) -> Vec<(Feature, Level, Option<Bits>)> {
    outcomes.iter().map(|outcome| (outcome.feature, outcome.level, outcome.surprisal)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn left_and_right_may_be_exchanged(left in fields(), right in fields(), private in any::<bool>()) {
        let clear = keyer();
        let hidden = PrivateKeyer(keyer());
        let keyer: &dyn Keyer = if private { &hidden } else { &clear };
        let of = |fields: &str| Profile::new([&account(fields)], [], keyer);
        let (left, right) = (of(&left), of(&right));
        // Every third value is a hub.
        let hubs = left.items.iter().filter_map(|item| item.whole()).filter(|key| key.0[0] % 3 == 0).collect();
        let rarity = AsItLooks { hubs };
        let (left, right) = (Subject::new(&left, &rarity), Subject::new(&right, &rarity));
        let (there, back) = (compare(&left, &right, &()), compare(&right, &left, &()));
        prop_assert_eq!(without_cites(&there), without_cites(&back));
    }

    #[test]
    fn outcomes_are_one_a_feature_in_order_and_cite_what_was_compared(left in fields(), right in fields()) {
        let (left, right) = (profile(&left), profile(&right));
        let of = |profile: &Profile| Subject::new(profile, &AsItLooks::default());
        let found = compare(&of(&left), &of(&right), &());
        prop_assert_eq!(&found, &compare(&of(&left), &of(&right), &()));
        prop_assert!(found.is_sorted_by(|a, b| a.feature < b.feature));
        for outcome in &found {
            let kind = outcome.feature.kind;
            prop_assert_eq!(left.items[usize::from(outcome.cites.0)].kind, kind);
            prop_assert_eq!(right.items[usize::from(outcome.cites.1)].kind, kind);
            prop_assert!(usize::from(outcome.level.0) < levels(kind).len());
            // A level by rarity without a rarity would weigh as if the value were common to all.
            prop_assert!(!outcome.level.info(kind).by_rarity || outcome.surprisal.is_some(), "{:?}", outcome);
        }
    }

    #[test]
    fn an_account_agrees_with_itself(fields in fields()) {
        let subject = Subject::new(&profile(&fields), &AsItLooks::default());
        for outcome in compare(&subject, &subject, &()) {
            let name = outcome.level.info(outcome.feature.kind).name;
            let partial = ["YEAR", "TWO_PARTS", "STREET", "TOWN", "POSTCODE", "ONE_WORD"].contains(&name);
            prop_assert!(name == "EXACT" || partial, "{} {}", outcome.feature.kind.name(), name);
        }
    }

    #[test]
    fn bits_add_up_in_any_order(mut values in prop::collection::vec(-1e6..1e6_f64, 0..20)) {
        let there: Bits = values.iter().map(|bits| Bits::new(*bits / 100.0)).sum();
        values.reverse();
        let back: Bits = values.iter().map(|bits| Bits::new(*bits / 100.0)).sum();
        prop_assert_eq!(there, back);
        prop_assert_eq!(Bits::from_steps(there.steps()), there);
        prop_assert!((0.0..=1.0).contains(&there.probability()));
    }
}

#[test]
fn an_offer_that_a_profile_shows_is_its_sellers() {
    let seller = |fields: &str| Profile::new([], [&listing(fields)], &keyer());
    let shows = |url: &str| profile(&format!(r#""urls":["{url}"]"#));
    let answer = |left: &Profile, right: &Profile| answers(left, right, &AsItLooks::default());
    let offer = seller(r#""url":"https://item.taobao.com/item.htm?spm=1&id=612345678901""#);
    assert_eq!(answer(&offer, &shows("https://item.taobao.com/item.htm?id=612345678901")), "OFFER EXACT");
    assert_eq!(answer(&offer, &shows("https://item.taobao.com/item.htm?id=612345678902")), "");
    assert_eq!(answer(&offer, &shows("https://detail.1688.com/offer/612345678901.html")), "");
}

#[test]
fn the_name_of_whom_a_payment_account_belongs_to_is_no_second_reason() {
    let paid = |value: &str, more: &str| {
        format!(r#""payments":[{{"scheme":"PAYPAL","value":"{value}","holder_name":"Ewelina Kowalczyk"}}]{more}"#)
    };
    let shared = paid("pay@example.com", "");
    check(&shared, &shared, expect!["PAYMENT EXACT"]);
    // Paid into another account of the same person.
    check(&shared, &paid("other@example.com", ""), expect!["PERSON_NAME EXACT, PAYMENT ELSE"]);
    // Who is named as the seller is one more reason, whoever is paid.
    let named = paid("pay@example.com", r#","persons":[{"name":"Ewelina Kowalczyk"}]"#);
    check(&shared, &named, expect!["PERSON_NAME EXACT, PAYMENT EXACT"]);
    let firm = r#""payments":[{"scheme":"PAYPAL","value":"pay@example.com","holder_name":"Quillan Payments Ltd"}]"#;
    check(firm, firm, expect!["PAYMENT EXACT"]);
}

#[test]
fn an_identifier_that_fails_its_check_is_kept_and_says_less() {
    let registration = |value: &str| format!(r#""registrations":[{{"scheme":"CN-USCC","value":"{value}"}}]"#);
    let [good, bad, other_bad] = ["914403001922038216", "914403001922038217", "123456789012345679"].map(registration);
    check(&good, &good, expect!["REGISTRATION EXACT"]);
    check(&bad, &bad, expect!["REGISTRATION INVALID"]);
    // Mistyped once; and two numbers that are nobody's are no difference between two firms.
    check(&good, &bad, expect!["REGISTRATION CLOSE"]);
    check(&bad, &other_bad, expect![""]);
    check(&good, &other_bad, expect![""]);
    let payment = |value: &str| format!(r#""payments":[{{"scheme":"IBAN","value":"{value}"}}]"#);
    let [good, bad] = ["GB82WEST12345698765432", "GB82WEST12345698765433"].map(payment);
    check(&good, &good, expect!["PAYMENT EXACT"]);
    check(&bad, &bad, expect!["PAYMENT INVALID"]);
    check(&good, &bad, expect![""]);
    let document = |value: &str| format!(r#""documents":[{{"scheme":"CN-RESIDENT-ID","value":"{value}"}}]"#);
    let [good, bad] = ["11010519491231002X", "110105194912310020"].map(document);
    check(&good, &good, expect!["DOCUMENT EXACT"]);
    check(&bad, &bad, expect!["DOCUMENT INVALID"]);
    check(&good, &bad, expect![""]);
    let tracker = |value: &str| format!(r#""trackers":[{{"scheme":"ADSENSE","value":"{value}"}}]"#);
    check(&tracker("pub-1"), &tracker("ca-pub-1"), expect!["TRACKER INVALID"]);
    let phone = |value: &str| format!(r#""phones":["{value}"]"#);
    let [good, bad, other_bad] = ["+442079460958", "+4420794609580", "+99999999999"].map(phone);
    check(&good, &good, expect!["PHONE EXACT"]);
    check(&bad, &bad, expect!["PHONE INVALID"]);
    check(&good, &bad, expect!["PHONE ELSE"]);
    check(&good, &other_bad, expect!["PHONE ELSE"]);
}

#[test]
fn a_code_or_a_sentence_says_something_where_no_text_is_a_copy() {
    let about = |text: &str| format!(r#""description":"{text}""#);
    let first = about("Small batch 9C8B2 that will not be restocked, posted within 37 hours of your order");
    check(&first, &about("Returning buyers save with code 9c8b2, ask for gift wrap"), expect!["PHRASE CODE"]);
    check(&first, &about("Ask for gift wrap. Posted within 37 hours of your order."), expect!["PHRASE SENTENCE"]);
    check(&first, &about("Ask for gift wrap. Posted within 36 hours of your order."), expect![""]);
    // Across languages, and between a profile and an offer.
    check(&first, &about("小批9C8B2到货售完即止"), expect!["PHRASE CODE"]);
    let offer =
        Profile::new([], [&listing(r#""description":"From the factory, lot 9C8B2, in a plain box""#)], &keyer());
    assert_eq!(answers(&profile(&first), &offer, &AsItLooks::default()), "PHRASE CODE");
    // A copy has everything of what it is a copy of.
    check(&first, &first, expect!["DESCRIPTION EXACT"]);
}

#[test]
fn two_codes_or_sentences_say_more_than_one_unless_the_code_stands_in_the_sentence() {
    let about = |text: &str| format!(r#""description":"{text}""#);
    let first = about("Small batch 9C8B2 that will not be restocked, posted within 37 hours of your order");
    let both = about("Posted within 37 hours of your order. Old customers enter 9c8b2 and save.");
    check(&first, &both, expect!["PHRASE SEVERAL"]);
    let one = about("Small batch 9C8B2 that will not be restocked. Gift wrapping in plum on request.");
    check(&first, &one, expect!["PHRASE CODE"]);
}
