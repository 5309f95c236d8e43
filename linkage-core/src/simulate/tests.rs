//! Worlds are made in a temporary folder and looked at; what is small enough is tested by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tempfile::TempDir;

use super::ceiling::{Shown, ceiling};
use super::dials::{Dials, Platform};
use super::numbers;
use super::random::Random;
use super::*;
use crate::normalize::identifier::{Check, gtin, payment, registration};
use crate::record::{Account, Enforcement, Intake, Listing, Reader, Record};

/// A world in a folder of its own.
struct Made {
    folder: TempDir,
    counts: Counts,
}

fn make(name: &str, accounts: u64, seed: u64) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let request = Request { scenario: scenario(name).unwrap(), accounts, seed };
    let counts = simulate(&request, folder.path(), &mut |_| {}).unwrap();
    Made { folder, counts }
}

impl Made {
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Rows of a CSV file without its header.
    fn rows(&self, name: &str) -> Vec<Vec<String>> {
        self.text(name).lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    /// The records of a file; one that breaks a rule fails the test.
    fn read<T: Record>(&self, name: &str) -> Vec<T> {
        let intake = Intake::new([0; 32]);
        let reader = Reader::<T>::open(&self.folder.path().join(name), &intake).unwrap();
        reader.map(|record| record.unwrap_or_else(|error| panic!("{error}")).1).collect()
    }

    fn last_seen(&self) -> BTreeMap<String, Account> {
        self.read::<Account>("accounts.jsonl").into_iter().map(|account| (account.key.to_string(), account)).collect()
    }
}

#[test]
fn the_shipped_files_have_every_dial_with_its_source() {
    for scenario in scenarios() {
        let dials = Dials::of(&scenario).unwrap();
        assert!(0.0 < dials.takedown, "{scenario:?}");
        assert!(!Platform::of(&scenario).unwrap().is_empty());
        assert_eq!(scenario, super::scenario(&scenario.name.to_uppercase()).unwrap());
    }
    assert!(13 <= Platform::of(&scenario("mix").unwrap()).unwrap().len());
    let codes: Vec<&str> = scenarios().iter().map(|scenario| scenario.code).collect();
    assert!((1..=17).all(|number| codes.contains(&format!("S{number}").as_str())), "{codes:?}");
    assert!(scenario("S99").unwrap_err().to_string().contains("S17"));
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let names = ["accounts.jsonl", "listings.jsonl", "enforcements.jsonl", "truth.csv", "relations.csv", "traps.csv"];
    let (one, again, other) = (make("mix", 600, 5), make("mix", 600, 5), make("mix", 600, 6));
    for name in names {
        assert_eq!(one.text(name), again.text(name), "{name}");
        assert_ne!(one.text(name), other.text(name), "{name}");
    }
    assert_eq!(one.counts, again.counts);
}

#[test]
fn every_scenario_is_well_formed() {
    for scenario in scenarios() {
        let made = make(scenario.code, 400, 3);
        let accounts: BTreeSet<String> = made.last_seen().into_keys().collect();
        let labelled: Vec<String> = made.rows("truth.csv").into_iter().map(|row| row[0].clone()).collect();
        assert_eq!(labelled.len(), 400, "{}: each account has one line", scenario.code);
        assert_eq!(accounts, labelled.into_iter().collect(), "{}", scenario.code);
        let listings = made.read::<Listing>("listings.jsonl");
        let enforcements = made.read::<Enforcement>("enforcements.jsonl");
        assert_eq!(made.counts.listings, listings.len() as u64);
        assert_eq!(made.counts.enforcements, enforcements.len() as u64);
        assert!(listings.iter().all(|listing| accounts.contains(listing.account.as_str())));
        assert!(enforcements.iter().all(|enforcement| accounts.contains(enforcement.account.as_str())));
        for name in ["relations.csv", "traps.csv"] {
            for row in made.rows(name) {
                assert!(row[0] != row[1] && accounts.contains(&row[0]) && accounts.contains(&row[1]), "{row:?}");
            }
        }
    }
}

#[test]
fn traps_are_pairs_of_two_entities_and_returns_of_one() {
    let made = make("mix", 3000, 1);
    let entity: BTreeMap<String, String> =
        made.rows("truth.csv").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let traps = made.rows("traps.csv");
    assert!(traps.iter().all(|row| entity[&row[0]] != entity[&row[1]]));
    let reasons: BTreeSet<&str> = traps.iter().map(|row| row[2].as_str()).collect();
    for reason in ["stolen identity", "one family", "freight forwarder's address", "supplier's text", "account sold"] {
        assert!(reasons.contains(reason), "{reason} in {reasons:?}");
    }
    let returns = made.rows("relations.csv");
    for row in returns.iter().filter(|row| row[2] == "SAME_OPERATOR") {
        assert_eq!(entity[&row[0]], entity[&row[1]], "{row:?}");
    }
}

#[test]
fn operators_have_as_many_accounts_as_was_published() {
    let made = make("mix", 20_000, 2);
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for row in made.rows("truth.csv").iter().filter(|row| row[2] == "infringer") {
        *sizes.entry(row[1].clone()).or_default() += 1;
    }
    let single = sizes.values().filter(|size| **size == 1).count() as f64 / sizes.len() as f64;
    assert!((0.75..0.80).contains(&single), "{single}");
    let crews = sizes.values().filter(|size| 12 <= **size).count() as f64 / sizes.len() as f64;
    assert!((0.001..0.01).contains(&crews), "{crews}");
}

#[test]
fn payout_only_keeps_the_payout_and_nothing_else() {
    let made = make("S4", 1500, 4);
    let accounts = made.last_seen();
    let returns = made.rows("relations.csv");
    let mut both = 0;
    for row in returns.iter().filter(|row| row[3].starts_with("new name")) {
        let (left, right) = (&accounts[&row[0]], &accounts[&row[1]]);
        let common = |left: &[String], right: &[String]| left.iter().any(|value| right.contains(value));
        assert!(!common(&left.emails, &right.emails) && !common(&left.urls, &right.urls), "{row:?}");
        if let ([left], [right]) = (&left.payments[..], &right.payments[..]) {
            assert_eq!(left, right);
            both += 1;
        }
    }
    assert!(10 < both, "only {both} returns show a payout on both sides");
}

#[test]
fn whoever_leaves_a_crew_is_another_person_reached_and_paid_elsewhere() {
    let made = make("S8", 3000, 1);
    let (truth, accounts) = (made.rows("truth.csv"), made.last_seen());
    let entity: BTreeMap<&str, &str> = truth.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    let own = |account: &str| {
        let members =
            entity.iter().filter(|(_, other)| **other == entity[account]).map(|(member, _)| &accounts[*member]);
        let values = members.flat_map(|member| {
            let documents = member.documents.iter().map(|document| format!("{document:?}"));
            let handles = member.handles.iter().map(|handle| format!("{handle:?}"));
            let payments = member.payments.iter().map(|payment| format!("{payment:?}"));
            documents.chain(handles).chain(payments).chain(member.emails.iter().cloned())
        });
        values.collect::<BTreeSet<String>>()
    };
    let traps = made.rows("traps.csv");
    let splits: Vec<&Vec<String>> = traps.iter().filter(|row| row[2] == "a crew that split").collect();
    assert!(2 < splits.len(), "{} crews split", splits.len());
    for row in splits {
        let (stayed, left) = (own(&row[0]), own(&row[1]));
        assert!(!stayed.is_empty() && !left.is_empty());
        assert_eq!(stayed.intersection(&left).collect::<Vec<_>>(), Vec::<&String>::new(), "{row:?}");
    }
}

#[test]
fn a_published_world_has_only_telephone_numbers_of_drama() {
    let made = make("demo", 600, 1);
    let digits = |phone: &String| phone.replace([' ', '-', '+'], "").trim_start_matches("00").to_owned();
    let drama =
        ["4411", "4412", "4413", "4414", "4415", "4416", "4419", "4420794", "4428964", "442920180", "447700900"];
    for account in made.read::<Account>("accounts.jsonl") {
        for phone in account.phones.iter().map(digits) {
            let is_drama = drama.iter().any(|start| phone.starts_with(start)) || phone.starts_with("861990000");
            assert!(is_drama, "{phone}");
        }
        let hosts = account.emails.iter().filter_map(|email| email.split_once('@')).map(|(_, host)| host);
        assert!(hosts.into_iter().all(|host| host.ends_with(".example") || host.starts_with("example.")));
    }
    assert!(0 < made.counts.pictures);
    assert_eq!(made.counts.pictures as usize, fs::read_dir(made.folder.path().join("pictures")).unwrap().count());
}

#[test]
fn numbers_pass_their_own_checks() {
    let mut random = Random::stream(1, "numbers", 0);
    for _ in 0..200 {
        assert_eq!(registration("CN-USCC", &numbers::uscc(&mut random), None).check, Check::Passed);
        assert_eq!(payment("USDT-TRC20", &numbers::tron(&mut random)).check, Check::Passed);
        let iban = numbers::iban("GB", &format!("ZZZZ0000{}", random.digits(10)));
        assert_eq!(payment("IBAN", &iban).check, Check::Passed);
        assert_eq!(gtin(&numbers::gtin(&mut random)).check, Check::Passed);
    }
    // The examples of the standards.
    assert_eq!(numbers::iban("GB", "WEST12345698765432"), "GB82WEST12345698765432");
    assert_eq!(numbers::with_luhn("7992739871"), "79927398713");
    let numbers: BTreeSet<String> = (0..17_000).map(numbers::drama_phone_gb).collect();
    assert_eq!(numbers.len(), 17_000);
}

#[test]
fn the_oracle_joins_by_two_kinds_or_one_strong_one() {
    let check = |accounts: &[&[(Shown, u64)]], expected: &[(bool, usize)]| {
        let accounts: Vec<_> = accounts.iter().map(|traces| traces.to_vec()).collect();
        assert_eq!(ceiling(&accounts), expected);
    };
    check(&[&[(Shown::Phone, 1)], &[(Shown::Phone, 1)]], &[(false, 0), (true, 1)]);
    check(&[&[(Shown::Payment, 1)], &[(Shown::Payment, 1)]], &[(false, 0), (true, 0)]);
    let both: &[(Shown, u64)] = &[(Shown::Phone, 1), (Shown::Name, 2)];
    check(&[both, both, &[(Shown::Name, 2)]], &[(false, 0), (true, 0), (true, 2)]);
    // Through a third account.
    check(
        &[&[(Shown::Payment, 1)], &[(Shown::Company, 2)], &[(Shown::Payment, 1), (Shown::Company, 2)]],
        &[(false, 0), (false, 0), (true, 0)],
    );
}

#[test]
fn too_many_accounts_or_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for accounts in [0, ACCOUNTS_MAX + 1] {
        let request = Request { scenario: scenario("mix").unwrap(), accounts, seed: 1 };
        let error = simulate(&request, folder.path(), &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("expected 1 to"), "{error}");
    }
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let request = Request { scenario: scenario("mix").unwrap(), accounts: 1, seed: 1 };
    let error = simulate(&request, &blocked.join("world"), &mut |_| {}).unwrap_err();
    assert!(matches!(error, SimulateError::Write { .. }), "{error}");
}
