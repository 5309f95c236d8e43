//! Each test is one way in which evidence adds up, or must not.
//! Only `check`, `weight` and `fitted` call the code under test. No test names a number of the tables: they are data.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::fit::{FEATURES_MAX, Patterns, fit};
use super::{
    Band, Counts, Epoch, EpochError, Joint, Papers, Tie, Weighed, feature, goes_with, is_shop_contested, said_by, weigh,
};
use crate::compare::{Bits, Feature, Level, Outcome, Rarity, Subject, compare, has_else, levels};
use crate::fingerprint::{ClearKeyer, Crowd, Key, Kind, Profile};
use crate::record::{AccountDraft, Intake};

fn zero() -> Epoch {
    Epoch::zero().unwrap()
}

/// The outcome of a kind at the level of this name, on a value that one account in `2^bits` shows.
fn rare(kind: Kind, level: &str, bits: f64) -> Outcome {
    let place = levels(kind).iter().position(|info| info.name == level).map(|at| Level(at as u8));
    let level = if level == "HUB" { Some(Level::HUB) } else { place };
    let level = level.unwrap_or_else(|| panic!("{} has that level", kind.name()));
    Outcome { feature: feature(kind), level, surprisal: Some(Bits::new(bits)), of_many: false, cites: (0, 0) }
}

/// The level at which two show the same value.
fn same(kind: Kind) -> &'static str {
    match kind {
        Kind::Phrase => "CODE",
        Kind::Lifespan => "NEXT_BRIEF",
        _ => "EXACT",
    }
}

fn outcome((kind, level): &(Kind, &str)) -> Outcome {
    // So rare that no change of the tables decides a band.
    rare(*kind, level, 38.0)
}

fn weight(outcomes: &[(Kind, &str)]) -> Weighed {
    weigh(&outcomes.iter().map(outcome).collect::<Vec<_>>(), &zero())
}

/// Says band and groups, and which terms count for (`+`), against (`-`), nothing (`0`) or are copies (`=`).
#[track_caller]
fn check(outcomes: &[(Kind, &str)], expected: Expect) {
    let weighed = weight(outcomes);
    let sign = |bits: Bits, counted: bool| match (bits.cmp(&Bits::ZERO), counted) {
        (_, false) => "=",
        (Ordering::Greater, _) => "+",
        (Ordering::Less, _) => "-",
        _ => "0",
    };
    let terms = weighed.terms.iter().map(|term| {
        let kind = term.outcome.feature.kind;
        format!("{}{} {}", sign(term.bits, term.counted), kind.name(), term.outcome.level.info(kind).name)
    });
    let band = weighed.band(&zero()).name();
    expected.assert_eq(&format!("{band} by {}: {}", weighed.groups, terms.collect::<Vec<_>>().join(", ")));
}

mod weighing {
    use super::*;

    #[test]
    fn the_same_payee_under_a_new_shop_name() {
        check(
            &[(Kind::DisplayName, "ELSE"), (Kind::Payment, "EXACT")],
            expect!["ACT by 1: -DISPLAY_NAME ELSE, +PAYMENT EXACT"],
        );
    }

    #[test]
    fn a_domain_much_like_the_shop_s_says_its_name_once_more() {
        let shop = (Kind::DisplayName, "EXACT");
        for level in ["SAME_LABEL", "CLOSE"] {
            assert_eq!(weight(&[shop, (Kind::Domain, level)]).band(&zero()), Band::Lead, "{level}");
            assert_eq!(weight(&[shop, (Kind::Domain, level)]).groups, 1, "{level}");
            assert_eq!(weight(&[(Kind::Street, "EXACT"), (Kind::Domain, level)]).groups, 2, "{level}");
        }
        assert_eq!(weight(&[shop, (Kind::Domain, "EXACT")]).band(&zero()), Band::Act);
    }

    #[test]
    fn what_changes_hands_with_a_shop_is_one_source() {
        let shop =
            [(Kind::DisplayName, "EXACT"), (Kind::Email, "EXACT"), (Kind::Phone, "EXACT"), (Kind::Image, "EXACT")];
        let offered = [
            (Kind::ListingText, "EXACT"),
            (Kind::Description, "EXACT"),
            (Kind::ListingTitle, "EXACT"),
            (Kind::Gtin, "EXACT"),
        ];
        for words in offered {
            for with in shop {
                assert_eq!(weight(&[words, with]).groups, 1, "{} {}", words.0.name(), with.0.name());
            }
            assert_eq!(weight(&[&shop[..], &[words]].concat()).groups, 1, "{}", words.0.name());
            for own in [(Kind::PersonName, "EXACT"), (Kind::Street, "EXACT"), (Kind::Handle, "EXACT")] {
                assert_eq!(weight(&[words, shop[0], own]).groups, 2, "{} {}", words.0.name(), own.0.name());
            }
        }
    }

    #[test]
    fn of_two_accounts_that_closed_soon_nobody_has_bought_or_imitated_the_shop() {
        let shop = [(Kind::DisplayName, "EXACT"), (Kind::Email, "EXACT")];
        let with = |level: &'static str| [shop[0], shop[1], (Kind::Lifespan, level)];
        let both_may_be_acted_on = |level| {
            let weighed = weight(&with(level));
            let joint = Joint::of(&weighed, Band::Act).weigh(&zero()).1;
            assert_eq!(weighed.groups == 2, weighed.band(&zero()) == Band::Act);
            (weighed.groups == 2, joint)
        };
        for level in ["NEXT_BRIEF", "DURING_BRIEF", "BRIEF"] {
            assert_eq!(both_may_be_acted_on(level), (true, true), "{level}");
            assert_eq!(weight(&[(Kind::Lifespan, level)]).groups, 0, "no source itself");
        }
        // Networks sell no shop, unless one side closed soon and the other did not.
        for level in ["NEXT", "ELSE"] {
            assert_eq!(both_may_be_acted_on(level), (false, true), "{level}");
        }
        assert_eq!(both_may_be_acted_on("ONE"), (false, false));
    }

    #[test]
    fn a_shop_in_other_hands_links_nobody() {
        let hands =
            [(Kind::Payment, "ELSE"), (Kind::Phone, "ELSE"), (Kind::Street, "ELSE"), (Kind::PersonName, "ELSE")];
        let contested = |shop: &[(Kind, &str)], with: &[(Kind, &str)]| {
            let weighed = weight(&[shop, with].concat());
            assert_eq!(weighed.identity_contested, weighed.band(&zero()) == Band::None);
            weighed.identity_contested
        };
        // Whoever buys it gets its pictures, mailbox and number; anybody can copy name and words.
        let bought = [(Kind::DisplayName, "EXACT"), (Kind::Image, "EXACT"), (Kind::Email, "EXACT")];
        let copied = [(Kind::DisplayName, "EXACT"), (Kind::ListingText, "EXACT")];
        for (at, one) in hands.iter().enumerate() {
            assert!(!contested(&bought, &[*one]) && contested(&copied, &[*one]), "{}", one.0.name());
            for other in &hands[..at] {
                assert!(contested(&bought, &[*one, *other]), "{} {}", one.0.name(), other.0.name());
            }
        }
        assert!(!contested(&copied, &[]), "nothing says otherwise");
        // A street of their own bears the shop out.
        assert!(!contested(&bought, &[hands[0], hands[1], (Kind::Street, "EXACT")]));
        // That both closed soon does not.
        assert!(contested(&bought, &[hands[0], hands[1], (Kind::Lifespan, "BRIEF")]));
        // Nor is a firm's registration copied, or its name.
        for firm in [Kind::Registration, Kind::CompanyName] {
            assert!(!is_shop_contested(&weight(&[(firm, "EXACT"), copied[1], hands[0]]).terms, Bits::new(1.0)));
        }
        // Who has another name and kept the pictures has imitated nobody.
        let renamed = [(Kind::DisplayName, "ELSE"), (Kind::Image, "EXACT"), (Kind::Email, "EXACT")];
        assert!(!contested(&renamed, &hands[..1]));
    }

    #[test]
    fn a_title_that_many_give_says_nothing_of_a_picture_or_a_code() {
        let counted = |kind: Kind, level: &str| {
            let weighed = weight(&[(Kind::ListingTitle, "HUB"), (kind, level)]);
            weighed.terms.iter().any(|term| term.outcome.feature.kind == kind && term.counted)
        };
        assert!(counted(Kind::Image, "EXACT") && counted(Kind::Phrase, "CODE"));
        assert!(!counted(Kind::ListingText, "EXACT") && !counted(Kind::Description, "EXACT"));
    }

    #[test]
    fn to_deal_in_one_thing_says_little_for_a_link_and_to_deal_in_others_much_against() {
        let bits = |level: &str| weight(&[(Kind::Category, level)]).terms[0].bits.get();
        assert!((0.0..=1.25).contains(&bits("EXACT")) && bits("ELSE") < -1.0, "{} {}", bits("EXACT"), bits("ELSE"));
        assert_eq!(weight(&[(Kind::Payment, "EXACT"), (Kind::Category, "EXACT")]).groups, 1);
    }

    #[test]
    fn who_builds_the_site_may_answer_its_mail() {
        check(&[(Kind::Email, "EXACT"), (Kind::Tracker, "EXACT")], expect!["LEAD by 1: +EMAIL EXACT, +TRACKER EXACT"]);
    }

    #[test]
    fn what_an_agent_lends_is_a_lead_until_something_of_their_own_agrees() {
        let lent = [(Kind::Email, "EXACT"), (Kind::Phone, "EXACT"), (Kind::Street, "EXACT")];
        check(&lent[..2], expect!["LEAD by 1: +EMAIL EXACT, +PHONE EXACT"]);
        check(&lent, expect!["LEAD by 1: +EMAIL EXACT, +PHONE EXACT, +STREET EXACT"]);
        // Unless it is what changes hands with mail and telephone.
        check(
            &[lent[0], lent[1], (Kind::DisplayName, "EXACT")],
            expect!["LEAD by 1: +EMAIL EXACT, +PHONE EXACT, +DISPLAY_NAME EXACT"],
        );
        check(
            &[lent[0], lent[1], (Kind::PersonName, "EXACT")],
            expect!["ACT by 2: +EMAIL EXACT, +PHONE EXACT, +PERSON_NAME EXACT"],
        );
    }

    #[test]
    fn a_stolen_identity_links_nobody_and_both_sides_say_so() {
        let papers = [(Kind::PersonName, "EXACT"), (Kind::BirthDate, "EXACT"), (Kind::Document, "EXACT")];
        let contested = |more: &[(Kind, &str)]| {
            let weighed = weight(&[&papers[..], more].concat());
            (weighed.band(&zero()), weighed.identity_contested)
        };
        assert_eq!(contested(&[]), (Band::Act, false));
        let own = [(Kind::Payment, "ELSE"), (Kind::Phone, "ELSE"), (Kind::Street, "ELSE"), (Kind::DisplayName, "ELSE")];
        for (at, one) in own.iter().enumerate() {
            // One of them is no reason to act until something beside the papers agrees as well.
            assert_eq!(contested(&[*one]), (Band::Lead, false), "{}", one.0.name());
            let borne_out = (Kind::Tracker, "EXACT");
            assert_eq!(contested(&[*one, borne_out]), (Band::Act, false), "{}", one.0.name());
            for other in &own[..at] {
                assert_eq!(contested(&[*one, *other]), (Band::None, true), "{} {}", one.0.name(), other.0.name());
            }
        }
        // Telephone and mail are one contact; in one town the street may be a slip.
        assert_eq!(contested(&[own[1], (Kind::Email, "ELSE")]), (Band::Lead, false));
        assert_eq!(contested(&[own[0], own[2], (Kind::Area, "EXACT")]), (Band::Lead, false));
        // The registration goes with the papers; a telephone or a text that were theirs all along do not.
        assert_eq!(contested(&[own[0], own[3], (Kind::Registration, "EXACT")]), (Band::None, true));
        // So does the nationality.
        assert_eq!(contested(&[own[0], own[3], (Kind::Attribute, "EXACT")]), (Band::None, true));
        assert_eq!(contested(&[own[0], own[3], (Kind::Phone, "EXACT")]), (Band::Act, false));
        assert_eq!(contested(&[own[0], own[3], (Kind::ListingText, "EXACT")]), (Band::Act, false));
        let stolen = weight(&[&papers[..], &own[..2]].concat());
        assert_eq!(stolen.tie(&zero(), None), Some(Tie::Contested));
        let namesakes = weigh(&[rare(Kind::PersonName, "EXACT", 8.0), outcome(&own[0]), outcome(&own[1])], &zero());
        assert_eq!((namesakes.identity_contested, namesakes.tie(&zero(), None)), (true, None), "nothing to contest");
    }

    #[test]
    fn what_is_a_little_alike_bears_no_identity_out_where_more_differs() {
        let papers = [(Kind::PersonName, "EXACT"), (Kind::Document, "EXACT")];
        let own = [(Kind::Payment, "ELSE"), (Kind::Phone, "ELSE"), (Kind::Street, "ELSE"), (Kind::DisplayName, "ELSE")];
        let with_handle = |bits: u32| {
            let outcomes = papers.iter().chain(&own).map(outcome).chain([rare(Kind::Handle, "EXACT", f64::from(bits))]);
            weigh(&outcomes.collect::<Vec<_>>(), &zero())
        };
        let handle = |weighed: &Weighed| {
            let term = weighed.terms.iter().find(|term| term.outcome.feature.kind == Kind::Handle);
            term.map_or(Bits::ZERO, |term| term.bits)
        };
        let least = zero().settings.support_bits_min;
        let little = (0..38).map(with_handle).find(|weighed| least <= handle(weighed)).unwrap();
        assert!(little.identity_contested && !with_handle(38).identity_contested);
    }

    #[test]
    fn nothing_is_said_by_a_shared_town_alone() {
        let town = rare(Kind::Area, "TOWN", 6.0);
        assert_eq!(weigh(&[town], &zero()).band(&zero()), Band::None);
    }

    #[test]
    fn a_registration_and_the_names_made_under_it_count_once() {
        let weighed =
            weight(&[(Kind::CompanyName, "EXACT"), (Kind::DisplayName, "EXACT"), (Kind::Registration, "EXACT")]);
        assert_eq!(weighed.terms.iter().filter(|term| term.counted).count(), 1);
        assert_eq!((weighed.groups, weighed.band(&zero())), (1, Band::Act));
    }

    #[test]
    fn a_copied_listing_and_its_picture_count_once() {
        let weighed = weight(&[(Kind::ListingText, "EXACT"), (Kind::Image, "EXACT")]);
        assert_eq!(weighed.terms.iter().filter(|term| term.counted).count(), 1);
        assert_eq!(weighed.groups, 1);
    }

    #[test]
    fn another_registration_speaks_against_the_same_shop_name_and_both_count() {
        check(
            &[(Kind::DisplayName, "EXACT"), (Kind::Registration, "ELSE")],
            expect!["LEAD by 1: +DISPLAY_NAME EXACT, -REGISTRATION ELSE"],
        );
        let weighed = weight(&[(Kind::CompanyName, "ELSE"), (Kind::DisplayName, "ELSE"), (Kind::Registration, "ELSE")]);
        assert_eq!(weighed.terms.iter().filter(|term| term.counted).count(), 1);
        assert!(weighed.total < weighed.prior);
    }

    #[test]
    fn street_and_town_are_two_things_said_by_one_address() {
        check(&[(Kind::Street, "EXACT"), (Kind::Area, "EXACT")], expect!["LEAD by 1: +STREET EXACT, +AREA EXACT"]);
    }

    #[test]
    fn the_forwarders_payee_is_no_reason() {
        check(
            &[(Kind::Payment, "HUB"), (Kind::Phone, "HUB"), (Kind::Street, "HUB")],
            expect!["NONE by 0: 0PAYMENT HUB, 0PHONE HUB, 0STREET HUB"],
        );
        let none = weigh(&[], &zero());
        assert_eq!(weight(&[(Kind::Payment, "HUB"), (Kind::Registration, "HUB")]).total, none.total);
    }

    #[test]
    fn what_two_registered_firms_share_does_not_decide_alone() {
        check(
            &[(Kind::Payment, "EXACT"), (Kind::Registration, "ELSE")],
            expect!["LEAD by 1: +PAYMENT EXACT, -REGISTRATION ELSE"],
        );
        check(
            &[(Kind::Payment, "EXACT"), (Kind::Document, "ELSE")],
            expect!["LEAD by 1: +PAYMENT EXACT, -DOCUMENT ELSE"],
        );
        check(
            &[(Kind::Registration, "EXACT"), (Kind::Payment, "ELSE")],
            expect!["LEAD by 1: +REGISTRATION EXACT, -PAYMENT ELSE"],
        );
        check(
            &[(Kind::Payment, "EXACT"), (Kind::Registration, "ELSE"), (Kind::Phone, "EXACT")],
            expect!["LEAD by 2: +PAYMENT EXACT, -REGISTRATION ELSE, +PHONE EXACT"],
        );
    }

    #[test]
    fn an_identifier_that_fails_its_check_does_not_decide_alone() {
        for kind in [Kind::Payment, Kind::Registration, Kind::Document] {
            // As rare as what two accounts of a thousand, or of a million, show.
            for bits in [10.0, 20.0] {
                let [passes, fails] = ["EXACT", "INVALID"].map(|level| weigh(&[rare(kind, level, bits)], &zero()));
                assert_eq!(fails.band(&zero()), Band::None, "{}", kind.name());
                assert!(fails.total < passes.total, "{}", kind.name());
            }
            assert!(weight(&[(kind, "INVALID")]).band(&zero()) < Band::Act, "{}", kind.name());
        }
    }

    #[test]
    fn an_agreement_on_what_everybody_offers_is_no_reason_either_way() {
        // A profile has one holder by its service's rules; one that everybody names is a hub before it is common.
        for kind in Kind::ALL.into_iter().filter(|kind| !has_else(*kind) && *kind != Kind::Account) {
            let common = weigh(&[rare(kind, same(kind), 0.0)], &zero());
            assert_eq!(common.terms[0].bits, Bits::ZERO, "{}", kind.name());
        }
    }

    #[test]
    fn a_profile_and_all_it_offers_are_one_group_however_much_is_copied() {
        let copied = [
            (Kind::ListingText, "EXACT"),
            (Kind::Image, "SAME"),
            (Kind::Description, "MOST"),
            (Kind::ListingTitle, "JOINED"),
            (Kind::Gtin, "INVALID"),
            (Kind::Price, "EXACT"),
            (Kind::Brand, "EXACT"),
            (Kind::Category, "EXACT"),
            (Kind::Disguise, "EXACT"),
            (Kind::Phrase, "CODE"),
        ];
        let weighed = weight(&copied);
        assert_eq!((weighed.groups, weighed.terms.iter().filter(|term| term.counted).count()), (1, 1));
        assert!(weighed.band(&zero()) <= Band::Lead);
    }

    #[test]
    fn a_family_is_related_and_a_hub_ties_who_is_not() {
        let family =
            [(Kind::PersonName, "PARTIAL"), (Kind::BirthDate, "ELSE"), (Kind::Street, "EXACT"), (Kind::Area, "EXACT")];
        let weighed = weight(&family);
        assert_eq!(weighed.tie(&zero(), Some(Kind::Phone)), Some(Tie::Together));
        let nothing = weigh(&[], &zero());
        assert_eq!(nothing.tie(&zero(), None), None);
        assert_eq!(nothing.tie(&zero(), Some(Kind::Street)), Some(Tie::Shared(Kind::Street)));
        let one = weight(&[(Kind::Payment, "EXACT"), (Kind::PersonName, "EXACT")]);
        assert_eq!(one.tie(&zero(), Some(Kind::Street)), None, "one operator is no relative of its own");
    }

    #[test]
    fn the_three_explanations_share_what_is_certain() {
        for outcomes in [&[(Kind::Phone, "EXACT")][..], &[(Kind::Street, "EXACT"), (Kind::PersonName, "PARTIAL")], &[]]
        {
            let weighed = weight(outcomes);
            let (same, related) = (weighed.probability(&zero()), weighed.related_probability(&zero()));
            assert!(0.0 <= same && 0.0 <= related && same + related <= 1.0 + 1e-9);
        }
    }

    #[test]
    fn a_value_missing_on_one_side_changes_nothing() {
        let none = weigh(&[], &zero());
        assert_eq!((none.total, none.groups, none.decisive), (none.prior, 0, false));
        assert!(none.prior < Bits::ZERO, "two accounts drawn at random are hardly ever one operator's");
    }

    #[test]
    fn what_differs_speaks_against() {
        for kind in Kind::ALL {
            if let Some(last) = levels(kind).last().filter(|info| info.name == "ELSE") {
                let term = zero().term_bits(&outcome(&(kind, last.name)));
                assert_eq!(
                    term.cmp(&Bits::ZERO),
                    if kind.difference_counts() { Ordering::Less } else { Ordering::Equal }
                );
            }
            assert!(Bits::ZERO < zero().term_bits(&outcome(&(kind, same(kind)))), "{}", kind.name());
        }
    }

    #[test]
    fn one_group_however_rare_is_a_lead_unless_it_decides() {
        for kind in Kind::ALL {
            let weighed = weigh(&[rare(kind, same(kind), 40.0)], &zero());
            let decides = matches!(kind, Kind::Registration | Kind::Document | Kind::Payment);
            let expected = if decides { Band::Act } else { Band::Lead };
            assert!(weighed.band(&zero()) <= expected, "{}", kind.name());
            assert_eq!(weighed.decisive, decides, "{}", kind.name());
        }
    }

    #[test]
    fn what_rests_on_a_value_of_many_is_a_lead() {
        let purse = Outcome { of_many: true, ..outcome(&(Kind::Payment, "EXACT")) };
        let alone = weigh(&[purse], &zero());
        assert_eq!((alone.band(&zero()), alone.groups, alone.decisive), (Band::Lead, 0, false));
        // What may be acted on without it may be acted on with it, and nothing else.
        let [document, site] = [rare(Kind::Document, "EXACT", 30.0), rare(Kind::Domain, "EXACT", 16.0)];
        let band = |outcomes: &[Outcome]| weigh(outcomes, &zero()).band(&zero());
        assert_eq!((band(&[document, site]), band(&[document, site, purse])), (Band::Act, Band::Act));
        assert_eq!((band(&[site]), band(&[site, purse])), (Band::None, Band::Lead));
    }

    #[test]
    fn of_two_networks_a_value_of_many_is_silent_at_act() {
        let purse = Outcome { of_many: true, ..outcome(&(Kind::Payment, "EXACT")) };
        let joint = |band: Band| {
            let mut joint = Joint::of(&weigh(&[purse], &zero()), band);
            joint.add(&Joint::of(&weight(&[(Kind::PersonName, "EXACT")]), band));
            joint.weigh(&zero()).0
        };
        assert_eq!(joint(Band::Lead) - joint(Band::Act), zero().term_bits(&purse));
    }

    #[test]
    fn a_code_that_two_texts_share_is_no_lead_alone() {
        // However long the code: two shops that sell one article name one model.
        struct Unseen(Epoch);
        impl Rarity for Unseen {
            fn surprisal(&self, key: Key, base_bits: u8) -> Bits {
                self.0.surprisal(key.head(), base_bits)
            }
            fn crowd(&self, _kind: Kind, _key: Key) -> Crowd {
                Crowd::Few
            }
        }
        let shows = |text: &str| {
            let json = serde_json::json!({
                "platform": "a", "account_id": "b", "observed_at": "2024-05-03T12:00:00Z", "description": text,
            });
            let draft: AccountDraft = serde_json::from_value(json).unwrap();
            let account = draft.check(&Intake::new([3; 32])).unwrap();
            Subject::new(&Profile::new([&account], [], &ClearKeyer::new([7; 32])), &Unseen(zero()))
        };
        let found = compare(&shows("fits WH1000XM5EARPADS"), &shows("new pads, wh1000xm5earpads"), &zero());
        let weighed = weigh(&found, &zero());
        assert_eq!((weighed.terms.len(), weighed.band(&zero())), (1, Band::None));
    }

    #[test]
    fn bands_have_names_and_an_order() {
        assert!(Band::None < Band::Lead && Band::Lead < Band::Act);
        for band in [Band::None, Band::Lead, Band::Act] {
            assert_eq!(Band::parse(&band.name().to_lowercase()), Some(band));
        }
        assert_eq!(Band::parse("MAYBE"), None);
    }
}

mod tables {
    use super::*;

    #[test]
    fn epoch_0_has_every_level_of_every_kind_in_their_order() {
        let listed: Vec<(&str, &str)> = include_str!("data/epoch0.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let mut fields = line.split('\t');
                (fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
            })
            .collect();
        for kind in Kind::ALL {
            let listed: Vec<&str> =
                listed.iter().filter(|(name, _)| *name == kind.name()).map(|(_, level)| *level).collect();
            let expected: Vec<&str> = levels(kind).iter().map(|info| info.name).collect();
            assert_eq!(listed, expected, "{}", kind.name());
            let table = zero().table(feature(kind)).unwrap().clone();
            assert_eq!((table.m.len(), table.u.len()), (expected.len(), expected.len()));
        }
    }

    #[test]
    fn epoch_0_is_made_of_probabilities() {
        for kind in Kind::ALL {
            let table = zero().table(feature(kind)).unwrap().clone();
            assert!(
                table.m.iter().chain(table.r.iter().flatten()).all(|share| 0.0 < *share && *share <= 1.0),
                "{}",
                kind.name()
            );
            for (info, u) in levels(kind).iter().zip(&table.u) {
                assert!(0.0 < *u && (info.by_rarity || *u <= 1.0), "{} {}", kind.name(), info.name);
            }
            if levels(kind).last().is_some_and(|info| info.name == "ELSE") {
                for shares in [&table.m].into_iter().chain(&table.r) {
                    let sum: f64 = shares.iter().sum();
                    assert!((sum - 1.0).abs() <= 0.001, "{}: {shares:?} adds up to {sum}", kind.name());
                }
            }
        }
    }

    #[test]
    fn an_attribute_never_fitted_has_the_table_of_all_attributes() {
        let hair = Feature { kind: Kind::Attribute, class: 77 };
        assert_eq!(zero().table(hair), zero().table(feature(Kind::Attribute)));
    }

    #[test]
    fn a_value_that_more_accounts_hold_is_less_surprising() {
        let key = Key([1; 16]);
        let held_by = |count: u32| {
            let epoch = zero().with_counts(Counts {
                holders: 10_000,
                of: [(key.head(), count)].into_iter().collect(),
                ..Counts::default()
            });
            epoch.surprisal(key.head(), 20)
        };
        assert!((1..12).map(|count| held_by(1 << count)).is_sorted_by(|a, b| a > b));
        let uncounted = zero();
        assert!(uncounted.surprisal(key.head(), 20) > uncounted.surprisal(key.head(), 5));
        assert!(held_by(u32::MAX) >= Bits::ZERO);
    }

    fn counted() -> Epoch {
        let of = (0..=255).map(|n| (Key([n; 16]).head(), u32::from(n) + 2)).collect();
        let event = |n| Key([n; 16]).head();
        let successions = (0..9).map(|n| ((event(n), event(n + 1)), Bits::new(f64::from(n)))).collect();
        zero().numbered(7).with_counts(Counts { holders: 1_234, of, successions })
    }

    #[test]
    fn an_epoch_is_read_as_it_was_written_counts_included() {
        let bytes = counted().encode().unwrap();
        assert_eq!(Epoch::decode(&bytes).unwrap(), counted());
        assert_eq!(Epoch::decode(&zero().encode().unwrap()).unwrap(), zero());
        assert_eq!(Epoch::decode(&bytes).unwrap().encode().unwrap(), bytes);
    }

    #[test]
    fn damaged_bytes_are_an_error_and_no_epoch() {
        let bytes = counted().encode().unwrap();
        for length in 0..bytes.len() {
            assert!(Epoch::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Epoch::decode(&longer).is_err());
        assert!(Epoch::decode(&[0xff; 4096]).is_err());
        assert!(matches!(Epoch::decode(&[]), Err(EpochError::Decode)));
    }

    #[test]
    fn tables_that_are_no_probabilities_are_refused() {
        let damaged = |change: fn(&mut super::super::Table)| {
            let mut tables = zero().tables().clone();
            tables.get_mut(&(Kind::Phone, 0)).into_iter().for_each(change);
            let bytes = zero()
                .fitted(10, crate::score::epoch::Found { matches: 1.0, related: [0.0; 3] }, tables)
                .encode()
                .unwrap();
            Epoch::decode(&bytes)
        };
        assert!(damaged(|_| {}).is_ok());
        assert!(damaged(|table| table.m[0] = f64::NAN).is_err());
        assert!(damaged(|table| table.m[0] = 0.0).is_err());
        assert!(damaged(|table| table.u[1] = -1.0).is_err());
        assert!(damaged(|table| table.u.truncate(1)).is_err());
        assert!(damaged(|table| table.r[1].clear()).is_err());
    }
}

/// SplitMix64, as everywhere; a share from 0 to 1.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

mod fitting {
    use super::*;

    const ACCOUNTS: u64 = 100_000;

    /// Kinds of the made-up pairs.
    const KINDS: [Kind; 4] = [Kind::PersonName, Kind::BirthDate, Kind::Email, Kind::Phone];

    fn patterns() -> Patterns {
        Patterns::new(&KINDS.map(feature))
    }

    /// Two who differ on a kind.
    fn apart(kind: Kind) -> Outcome {
        Outcome { level: Level(levels(kind).len() as u8 - 1), ..rare(kind, "EXACT", 18.0) }
    }

    impl Draw {
        /// A place in `shares`, the last one where they do not add up to 1.
        fn level(&mut self, shares: &[f64]) -> Level {
            let mut left = self.share();
            let at = shares.iter().position(|share| {
                left -= share;
                left < 0.0
            });
            Level(at.unwrap_or(shares.len() - 1) as u8)
        }
    }

    /// The truth of the made-up world: the best level of `agree` of the matches, the last one of the others.
    fn truth() -> BTreeMap<Kind, Vec<f64>> {
        let of = |kind: Kind, best: f64| {
            let mut m = vec![0.0; levels(kind).len()];
            m[0] = best;
            let last = m.len() - 1;
            m[last] = 1.0 - best;
            (kind, m)
        };
        [(Kind::PersonName, 0.8), (Kind::BirthDate, 0.9), (Kind::Email, 0.7), (Kind::Phone, 0.75)]
            .into_iter()
            .map(|(kind, best)| of(kind, best))
            .collect()
    }

    /// Pairs of one operator, with the levels of `truth`, and of strangers, who agree on nothing.
    fn world(matches: usize, strangers: usize) -> Vec<Vec<Outcome>> {
        let mut draw = Draw(42);
        let truth = truth();
        let agreeing = |kind: Kind, level: Level| Outcome {
            feature: feature(kind),
            level,
            surprisal: Some(Bits::new(18.0)),
            of_many: false,
            cites: (0, 0),
        };
        let mut pairs: Vec<Vec<Outcome>> =
            (0..matches).map(|_| truth.iter().map(|(kind, m)| agreeing(*kind, draw.level(m))).collect()).collect();
        pairs.extend(
            (0..strangers)
                .map(|_| truth.iter().map(|(kind, m)| agreeing(*kind, Level(m.len() as u8 - 1))).collect::<Vec<_>>()),
        );
        pairs
    }

    fn count(pairs: &[Vec<Outcome>]) -> Patterns {
        count_with(&[], pairs)
    }

    /// Counted over further kinds as well.
    fn count_with(further: &[Kind], pairs: &[Vec<Outcome>]) -> Patterns {
        let mut patterns = Patterns::new(&KINDS.iter().chain(further).copied().map(feature).collect::<Vec<_>>());
        pairs.iter().for_each(|pair| patterns.add(pair));
        patterns
    }

    fn fitted(candidates: &Patterns, random: &Patterns) -> Epoch {
        fit(&zero(), &zero().numbered(1), candidates.clone(), random.clone(), ACCOUNTS)
    }

    #[test]
    fn what_an_operator_keeps_is_learned_from_enough_pairs() {
        let epoch = fitted(&count(&world(60_000, 60_000)), &count(&world(0, 60_000)));
        for (kind, m) in truth() {
            let table = epoch.table(feature(kind)).unwrap();
            let near = (table.m[0] - m[0]).abs() < 0.05;
            assert!(near, "{}: fitted {:?}, true {m:?}", kind.name(), table.m);
        }
    }

    #[test]
    fn without_candidates_little_changes() {
        let before = zero();
        for random in [patterns(), count(&world(0, 10_000))] {
            let epoch = fitted(&patterns(), &random);
            for (key, table) in epoch.tables() {
                let known = &before.tables()[key];
                let near = |a: &f64, b: &f64| (a - b).abs() <= 0.02 * b.max(0.05);
                assert!(
                    table.m.iter().zip(&known.m).all(|(a, b)| near(a, b)),
                    "{key:?}: {:?} from {:?}",
                    table.m,
                    known.m
                );
            }
        }
        assert_eq!(fitted(&patterns(), &patterns()).tables(), before.tables());
    }

    #[test]
    fn strangers_alone_do_not_make_a_feature_worthless() {
        let epoch = fitted(&count(&world(0, 50_000)), &count(&world(0, 50_000)));
        for kind in KINDS {
            let exact = rare(kind, "EXACT", 20.0);
            assert!(Bits::ZERO < epoch.term_bits(&exact), "{}", kind.name());
            let last = levels(kind).len() as u8 - 1;
            let other = Outcome { level: Level(last), ..exact };
            assert!(epoch.term_bits(&other) < Bits::ZERO, "{}", kind.name());
        }
    }

    #[test]
    fn a_number_that_strangers_often_share_says_no_more_the_rarer_it_is() {
        // A thousandth of these pairs would be chance.
        let shared = rare(Kind::Phone, "EXACT", 28.0);
        let told = vec![apart(Kind::PersonName), apart(Kind::BirthDate), shared];
        let bits = |candidates: &[Vec<Outcome>], rarity: f64| {
            fitted(&count(candidates), &patterns()).term_bits(&rare(Kind::Phone, "EXACT", rarity))
        };
        let told = [vec![told; 20_000], world(2_000, 0)].concat();
        assert_eq!(bits(&told, 35.0), bits(&told, 40.0));
        assert!(bits(&told, 40.0) + Bits::new(5.0) < zero().term_bits(&rare(Kind::Phone, "EXACT", 40.0)));
        // Where nothing else could say that they are strangers, nobody knows.
        let untold = [vec![vec![shared]; 20_000], world(2_000, 0)].concat();
        assert!(bits(&untold, 30.0) < bits(&untold, 40.0));
    }

    #[test]
    fn pictures_that_suppliers_hand_out_leave_one_s_own_its_weight() {
        let shows = |kind: Kind, rarity: f64| rare(kind, "EXACT", rarity);
        let own = vec![shows(Kind::PersonName, 14.0), shows(Kind::Phone, 22.0), shows(Kind::Image, 28.0)];
        let bits = |handed_out: f64| {
            let strangers = vec![apart(Kind::PersonName), apart(Kind::Phone), shows(Kind::Image, handed_out)];
            let candidates = [vec![strangers; 20_000], vec![own.clone(); 2_000], world(2_000, 0)].concat();
            let counted = count_with(&[Kind::Image], &candidates);
            fitted(&counted, &patterns()).term_bits(&shows(Kind::Image, 28.0))
        };
        // Of a thousand and some accounts, eight bits are four holders and twenty-eight nobody else.
        assert!(bits(28.0) + Bits::new(3.0) < bits(8.0), "{} {}", bits(28.0).get(), bits(8.0).get());
    }

    #[test]
    fn what_people_who_belong_together_share_is_learned() {
        let family =
            vec![apart(Kind::PersonName), apart(Kind::BirthDate), rare(Kind::Phone, "EXACT", 22.0), apart(Kind::Email)];
        let candidates = [vec![family; 2_000], world(2_000, 0)].concat();
        let epoch = fitted(&count(&candidates), &patterns());
        let related = |epoch: &Epoch| epoch.table(feature(Kind::Phone)).unwrap().r[0][0];
        assert!(2.0 * related(&zero()) < related(&epoch), "{} from {}", related(&epoch), related(&zero()));
    }

    #[test]
    fn each_pair_of_relatives_found_counts_as_one_pair() {
        let family = vec![
            rare(Kind::PersonName, "PARTIAL", 10.0),
            apart(Kind::BirthDate),
            rare(Kind::Phone, "EXACT", 22.0),
            rare(Kind::Street, "EXACT", 14.0),
        ];
        let pairs = |count: usize| {
            let candidates = [vec![family.clone(); count], world(20_000, 0)].concat();
            let epoch = fitted(&count_with(&[Kind::Street], &candidates), &patterns());
            let population = ACCOUNTS as f64 + 1_000.0;
            let share: f64 = epoch.related_prior.iter().map(|prior| prior.probability()).sum();
            share * population * population / 2.0
        };
        let more = pairs(30_000) - pairs(10_000);
        assert!((19_000.0..=21_000.0).contains(&more), "20,000 pairs more counted as {more:.0}");
    }

    #[test]
    fn a_value_is_as_rare_as_without_the_two_who_are_compared() {
        let bits = |holders: u32| zero().surprisal_of(holders, 20);
        assert_eq!((bits(1), bits(2)), (bits(0), bits(0)));
        assert!(bits(4) < bits(3) && bits(3) < bits(2));
    }

    #[test]
    fn clients_whose_agent_answers_for_them_are_no_family() {
        let alike = |kind: Kind| rare(kind, "EXACT", 22.0);
        let clients = vec![apart(Kind::PersonName), apart(Kind::Street), alike(Kind::Phone), alike(Kind::Email)];
        let family = vec![
            rare(Kind::PersonName, "PARTIAL", 10.0),
            rare(Kind::Street, "EXACT", 14.0),
            apart(Kind::Phone),
            apart(Kind::Email),
        ];
        let candidates = [vec![clients.clone(); 2_000], vec![family; 2_000], world(2_000, 0)].concat();
        let epoch = fitted(&count_with(&[Kind::Street], &candidates), &patterns());
        let of = |kind: Kind, bond: usize| epoch.table(feature(kind)).unwrap().r[bond][0];
        let apart =
            |bond: usize| of(Kind::Street, bond) < 0.3 && 0.6 < of(Kind::Phone, bond).min(of(Kind::Email, bond));
        assert!((0..3).any(apart));
        let weighed = weigh(&clients, &epoch);
        assert_eq!(weighed.tie(&epoch, None), Some(Tie::Together), "{}", weighed.probability(&epoch));
    }

    #[test]
    fn what_is_assumed_of_fashionable_names_gives_way_to_pairs_that_were_counted() {
        let named = |other: Outcome| vec![rare(Kind::DisplayName, "EXACT", 14.0), other];
        let factor = |other: Outcome| {
            let candidates = [vec![named(other); 2_000], world(2_000, 0)].concat();
            let counted = count_with(&[Kind::DisplayName, Kind::Brand], &candidates);
            fitted(&counted, &patterns()).table(feature(Kind::DisplayName)).unwrap().u[0]
        };
        assert!(factor(apart(Kind::Phone)) < 8.0);
        // Another listing says nothing of who the seller is, so nothing was learned.
        assert_eq!(factor(rare(Kind::Brand, "EXACT", 4.0)), 64.0);
    }

    #[test]
    fn a_rarer_match_lowers_the_prior() {
        let few = fitted(&count(&world(100, 10_000)), &patterns());
        let many = fitted(&count(&world(10_000, 10_000)), &patterns());
        assert!(few.prior < many.prior);
    }

    #[test]
    fn features_beyond_the_limit_are_left_out_not_mixed_up() {
        let classes = |count: u32| (0..count).map(|class| Feature { kind: Kind::Attribute, class }).collect::<Vec<_>>();
        let all = classes(FEATURES_MAX as u32 + 8);
        let mut patterns = Patterns::new(&all);
        let one = |class: u32| Outcome {
            feature: Feature { kind: Kind::Attribute, class },
            level: Level(0),
            surprisal: Some(Bits::new(10.0)),
            of_many: false,
            cites: (0, 0),
        };
        patterns.add(&[one(0), one(FEATURES_MAX as u32 + 1)]);
        let epoch = fit(&zero(), &zero(), patterns.clone(), patterns, 10);
        assert!(epoch.tables().contains_key(&(Kind::Attribute, 0)));
        assert!(!epoch.tables().contains_key(&(Kind::Attribute, FEATURES_MAX as u32 + 1)));
    }

    #[test]
    fn the_order_of_features_does_not_matter() {
        let mut backwards = KINDS.map(feature);
        backwards.reverse();
        let pairs = world(200, 200);
        let mut counted = Patterns::new(&backwards);
        pairs.iter().for_each(|pair| counted.add(pair));
        assert_eq!(fitted(&counted, &patterns()), fitted(&count(&pairs), &patterns()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn neither_the_order_of_pairs_nor_of_merging_shows(
            pairs in Just(world(300, 300)).prop_shuffle(),
            parts in prop::collection::vec(0_usize..600, 0..5),
        ) {
            let whole = fitted(&count(&world(300, 300)), &count(&world(0, 300)));
            let mut cuts = parts;
            cuts.sort_unstable();
            let mut chunks: Vec<Patterns> = Vec::new();
            let mut start = 0;
            for cut in cuts.into_iter().chain([pairs.len()]) {
                chunks.push(count(&pairs[start..cut]));
                start = cut;
            }
            let forward = chunks.iter().cloned().fold(patterns(), Patterns::merge);
            let backward = chunks.into_iter().rev().fold(patterns(), Patterns::merge);
            let strangers = count(&world(0, 300));
            let bytes = whole.encode().unwrap();
            prop_assert_eq!(&fitted(&forward, &strangers).encode().unwrap(), &bytes);
            prop_assert_eq!(&fitted(&backward, &strangers).encode().unwrap(), &bytes);
        }
    }
}

/// At most one outcome a kind, as `compare` gives them.
fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
    let chosen: Vec<_> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let level = prop_oneof![(0..levels(kind).len() as u8).prop_map(Some), Just(Some(Level::HUB.0)), Just(None)];
            (level, prop::option::of(0.0..40.0_f64)).prop_map(move |(level, bits)| {
                let surprisal = bits.map(Bits::new);
                level.map(|level| Outcome {
                    feature: feature(kind),
                    level: Level(level),
                    surprisal,
                    of_many: false,
                    cites: (0, 0),
                })
            })
        })
        .collect();
    chosen.prop_map(|outcomes| outcomes.into_iter().flatten().collect())
}

proptest! {
    #[test]
    fn prior_and_counted_terms_add_up_to_the_total(outcomes in outcomes(), turn in 0_usize..17) {
        let weighed = weigh(&outcomes, &zero());
        let counted: Bits = weighed.terms.iter().filter(|term| term.counted).map(|term| term.bits).sum();
        prop_assert_eq!(weighed.prior + counted + weighed.relative, weighed.total);
        prop_assert!(weighed.relative <= Bits::ZERO, "that they are relatives is no evidence for one operator");
        prop_assert_eq!(weighed.terms.len(), outcomes.len());

        let mut turned = outcomes;
        let turn = turn % turned.len().max(1);
        turned.rotate_left(turn);
        let turned = weigh(&turned, &zero());
        prop_assert_eq!((turned.total, turned.groups, turned.decisive), (weighed.total, weighed.groups, weighed.decisive));
    }

    #[test]
    fn of_copies_the_strongest_for_and_the_strongest_against_count(outcomes in outcomes()) {
        let weighed = weigh(&outcomes, &zero());
        for term in &weighed.terms {
            let group = said_by(&term.outcome);
            let is_hub = |other: &crate::score::Term| {
                other.outcome.level == Level::HUB && goes_with(&other.outcome, &term.outcome)
            };
            if Bits::ZERO < term.bits && weighed.terms.iter().any(is_hub) {
                prop_assert!(!term.counted, "a hub takes what goes with it");
                continue;
            }
            let rivals = || weighed.terms.iter().filter(|other| {
                other.counted && said_by(&other.outcome) == group && (Bits::ZERO < other.bits) == (Bits::ZERO < term.bits)
            });
            prop_assert!(term.counted || group.is_copied());
            prop_assert!(!group.is_copied() || rivals().count() == 1);
            let size = |bits: Bits| bits.get().abs();
            prop_assert!(!group.is_copied() || rivals().all(|rival| size(term.bits) <= size(rival.bits)));
        }
    }

    #[test]
    fn the_rarer_an_agreement_the_more_it_weighs(kind in prop::sample::select(Kind::ALL.to_vec()), at in 0_u8..8, low in 0.0..60.0_f64, more in 0.0..60.0_f64) {
        prop_assume!(usize::from(at) < levels(kind).len());
        let bits = |surprisal: f64| {
            let surprisal = Some(Bits::new(surprisal));
            zero().term_bits(&Outcome { feature: feature(kind), level: Level(at), surprisal, of_many: false, cites: (0, 0) })
        };
        prop_assert!(bits(low) <= bits(low + more));
    }

    #[test]
    fn act_asks_for_two_groups_or_a_decisive_identifier(outcomes in outcomes()) {
        let weighed = weigh(&outcomes, &zero());
        let (band, probability) = (weighed.band(&zero()), weighed.probability(&zero()));
        let settings = zero().settings;
        prop_assert!((0.0..=1.0).contains(&probability));
        prop_assert!(band != Band::Act || settings.act <= probability && (weighed.decisive || 2 <= weighed.groups));
        prop_assert_eq!(band == Band::None, probability < settings.lead || weighed.identity_contested);
        let agreed = outcomes.iter().any(|outcome| {
            outcome.level == Level(0) && matches!(outcome.feature.kind, Kind::Registration | Kind::Document | Kind::Payment)
        });
        let contested = outcomes.iter().any(|outcome| {
            matches!(outcome.feature.kind, Kind::Registration | Kind::Document)
                && outcome.level.info(outcome.feature.kind).name == "ELSE"
        });
        // Papers that next to nothing bears out decide nothing either.
        let alone = Papers::of(&weighed.terms, settings.support_bits_min).are_alone();
        prop_assert_eq!(weighed.decisive, agreed && !contested && !alone);
    }

    #[test]
    fn any_bytes_are_an_epoch_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..4000, bit in 0_u8..8) {
        let _ = Epoch::decode(&bytes);
        let mut damaged = zero().encode().unwrap();
        let at = at % damaged.len();
        damaged[at] ^= 1 << bit;
        if let Ok(epoch) = Epoch::decode(&damaged) {
            // What is read can be weighed with.
            let _ = weigh(&[rare(Kind::Phone, "EXACT", 20.0)], &epoch);
        }
    }
}
