//! Each test is one way in which two shops write one product, or two products alike.

use proptest::prelude::*;

use super::{MEASURES, Offer, likeness, measure};
use crate::record::{Listing, Pair};

fn listing(json: &str) -> Listing {
    let line = format!(r#"{{"kind":"listing","left":{json},"right":{{"title":"x"}}}}"#);
    match Pair::from_json(&line, &crate::record::Intake::new([7; 32])).unwrap().0 {
        Pair::Listings(sides) => sides[0].clone(),
        other => panic!("expected listings, found {other:?}"),
    }
}

fn bits(left: &str, right: &str) -> f64 {
    let [left, right] = [left, right].map(|json| Offer::new(&listing(json)));
    likeness(&measure(&left, &right))
}

/// The first is more alike than the second, and they lie on either side of even odds.
#[track_caller]
fn check(offer: &str, same: &str, other: &str) {
    let title = |title: &str| format!(r#"{{"title":"{title}"}}"#);
    let (same, other) = (bits(&title(offer), &title(same)), bits(&title(offer), &title(other)));
    assert!(other < 0.0 && 0.0 < same, "same {same:.1} bits, other {other:.1} bits");
}

#[test]
fn a_code_tells_products_apart() {
    check("Sony DSC-W120/P digital camera", "sony cyber-shot dscw120p pink", "Sony DSC-W130/B digital camera");
    check("Seiko SKX007K1 divers watch", "SEIKO watch SKX007K1 automatic", "Seiko SKX009K1 divers watch");
}

#[test]
fn numbers_and_units_tell_products_apart() {
    check(
        "Kingston microSD card 64 class 10",
        "Kingston micro SD card 64 class 10 retail",
        "Kingston microSD card 128 pack 25",
    );
}

#[test]
fn what_one_shop_adds_says_little() {
    check(
        "GoPro Wi-Fi Remote",
        "GoPro Wi-Fi Remote accessories and mounts from Unique Photo store",
        "GoPro Head Strap accessories and mounts from Unique Photo store",
    );
}

#[test]
fn an_article_number_or_a_picture_decides() {
    let with = |gtin: &str| format!(r#"{{"title":"Valve amplifier","gtin":"{gtin}"}}"#);
    assert!(
        bits(&with("4006381333931"), &with("5901234123457")) < bits(&with("4006381333931"), &with("4006381333931"))
    );
    let photo = format!(r#"{{"images":[{{"blake3":"{}"}}]}}"#, "ab".repeat(32));
    assert!(0.0 < bits(&photo, &photo));
}

#[test]
fn chinese_titles_are_compared_by_pairs_of_characters() {
    check("轻便跑步鞋 透气网面", "透气网面轻便跑步鞋", "真皮手提包 大容量");
}

proptest! {
    #[test]
    fn sides_may_be_exchanged(left in "[ a-e1-3./-]{0,40}", right in "[ a-e1-3./-]{0,40}") {
        let offer = |title: &str| Offer::new(&listing(&format!(r#"{{"title":"{title}","brand":"b"}}"#)));
        let (left, right) = (offer(&left), offer(&right));
        let (there, back) = (measure(&left, &right), measure(&right, &left));
        for at in 0..MEASURES.len() {
            prop_assert!(there[at].is_nan() && back[at].is_nan() || (there[at] - back[at]).abs() < 1e-9, "{}", MEASURES[at]);
        }
        prop_assert!(likeness(&there).is_finite());
    }
}
