//! What counts as a date, a time, a country and a name.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Country, PartialDate, parse_time};
use crate::record::{AccountKind, Action, Harm, RightKind};

/// Reads each text, and shows what became of it.
#[track_caller]
fn check<T: std::fmt::Display>(read: impl Fn(&str) -> Result<T, super::Unexpected>, texts: &[&str], expected: Expect) {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| match read(text) {
            Ok(value) => format!("{text} -> {value}\n"),
            Err(e) => format!("{text} -> {e}\n"),
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn a_date_may_lack_its_day_or_month() {
    check(
        str::parse::<PartialDate>,
        &["1978", "1978-12", "1978-12-11", "2024-02-29", "0001"],
        expect![[r#"
            1978 -> 1978
            1978-12 -> 1978-12
            1978-12-11 -> 1978-12-11
            2024-02-29 -> 2024-02-29
            0001 -> 0001
        "#]],
    );
}

#[test]
fn an_impossible_date_is_told_from_no_date() {
    check(
        str::parse::<PartialDate>,
        &[
            "2024-02-30",
            "2023-02-29",
            "1978-13",
            "0000",
            "1978-00-01",
            "78",
            "1978-1-1",
            "1978-12-11-",
            "+978",
            "today",
        ],
        expect![[r#"
            2024-02-30 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one
            2023-02-29 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one
            1978-13 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one
            0000 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one
            1978-00-01 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD), found an impossible one
            78 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD)
            1978-1-1 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD)
            1978-12-11- -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD)
            +978 -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD)
            today -> expected an ISO date (YYYY, YYYY-MM or YYYY-MM-DD)
        "#]],
    );
}

#[test]
fn a_time_is_rfc_3339_and_nothing_looser() {
    check(
        parse_time,
        &[
            "2024-05-03T12:00:00Z",
            "2024-05-03t12:00:00.123456789z",
            "2024-05-03T12:00:00+08:00",
            "2016-12-31T23:59:60Z",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "2024-02-30T00:00:00Z",
            "2024-05-03T24:00:00Z",
            "2024-05-03",
            "2024-05-03T12:00Z",
            "2024-05-03 12:00:00Z",
            "2024-05-03T12:00:00",
            "2024-05-03T12:00:00.Z",
            "2024-05-03T12:00:00+08:00[Asia/Shanghai]",
            "1714737600",
        ],
        expect![[r#"
            2024-05-03T12:00:00Z -> 2024-05-03T12:00:00Z
            2024-05-03t12:00:00.123456789z -> 2024-05-03T12:00:00.123456789Z
            2024-05-03T12:00:00+08:00 -> 2024-05-03T04:00:00Z
            2016-12-31T23:59:60Z -> 2016-12-31T23:59:59Z
            0001-01-01T00:00:00Z -> 0001-01-01T00:00:00Z
            0001-01-01T00:00:00+01:00 -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z, found an impossible one
            2024-02-30T00:00:00Z -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z, found an impossible one
            2024-05-03T24:00:00Z -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z, found an impossible one
            2024-05-03 -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
            2024-05-03T12:00Z -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
            2024-05-03 12:00:00Z -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
            2024-05-03T12:00:00 -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
            2024-05-03T12:00:00.Z -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
            2024-05-03T12:00:00+08:00[Asia/Shanghai] -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
            1714737600 -> expected an RFC 3339 time, such as 2024-05-03T12:00:00Z
        "#]],
    );
}

#[test]
fn a_country_is_one_that_iso_has_assigned() {
    check(
        str::parse::<Country>,
        &["GB", "cn", "UK", "XK", "ZZ", "A ", "GBR", "é"],
        expect![[r#"
            GB -> GB
            cn -> CN
            UK -> expected an ISO 3166-1 alpha-2 country code, such as GB
            XK -> expected an ISO 3166-1 alpha-2 country code, such as GB
            ZZ -> expected an ISO 3166-1 alpha-2 country code, such as GB
            A  -> expected an ISO 3166-1 alpha-2 country code, such as GB
            GBR -> expected an ISO 3166-1 alpha-2 country code, such as GB
            é -> expected an ISO 3166-1 alpha-2 country code, such as GB
        "#]],
    );
}

#[test]
fn iso_3166_has_249_codes_in_order() {
    let codes: Vec<&str> = super::COUNTRIES.split(' ').collect();
    assert_eq!(codes.len(), 249);
    assert!(codes.is_sorted());
    assert!(codes.iter().all(|code| code.parse::<Country>().unwrap().as_str() == *code));
}

#[test]
fn an_enum_is_named_as_in_the_contract() {
    check(
        str::parse::<AccountKind>,
        &["MARKETPLACE_SELLER", "APP", "BANANA", "app"],
        expect![[r#"
            MARKETPLACE_SELLER -> MARKETPLACE_SELLER
            APP -> APP
            BANANA -> expected one of MARKETPLACE_SELLER, SOCIAL_PROFILE, WEBSITE, MERCHANT, APP, OTHER
            app -> expected one of MARKETPLACE_SELLER, SOCIAL_PROFILE, WEBSITE, MERCHANT, APP, OTHER
        "#]],
    );
    check(str::parse::<Harm>, &["HEALTH_AND_SAFETY"], expect![["HEALTH_AND_SAFETY -> HEALTH_AND_SAFETY\n"]]);
    check(
        str::parse::<RightKind>,
        &["GEOGRAPHICAL_INDICATION"],
        expect![["GEOGRAPHICAL_INDICATION -> GEOGRAPHICAL_INDICATION\n"]],
    );
    assert!(Action::ALL.iter().all(|action| action.name().parse() == Ok(*action)));
}

proptest! {
    #[test]
    fn no_text_is_too_strange_to_be_refused(text in ".{0,40}") {
        let _ = (text.parse::<PartialDate>(), text.parse::<Country>(), text.parse::<AccountKind>(), parse_time(&text));
    }

    #[test]
    fn a_date_reads_as_it_shows(year in 1i16..=9999, month in 1u8..=12, day in 1u8..=28, parts in 1usize..=3) {
        let date = PartialDate::new(year, (parts > 1).then_some(month), (parts > 2).then_some(day)).unwrap();
        prop_assert_eq!(date.to_string().parse(), Ok(date));
    }
}
