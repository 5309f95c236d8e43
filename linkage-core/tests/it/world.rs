//! The world in `testdata` is well formed: every record passes the checks, and the truth labels every account.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use linkage_core::evaluate::Truth;
use linkage_core::record::{Account, Enforcement, Intake, Listing, Reader, Record};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/world").join(name)
}

/// All records of a file; the first refused line fails the test.
#[track_caller]
fn read<T: Record>(name: &str) -> Vec<T> {
    let intake = Intake::new([0; 32]);
    let reader = Reader::<T>::open(&path(name), &intake).unwrap();
    reader.map(|record| record.map(|(_, record)| record).unwrap_or_else(|error| panic!("{error}"))).collect()
}

fn labelled() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path("truth.csv")).unwrap();
    let row = |line: &str| line.split_once(',').map(|(account, entity)| (account.to_owned(), entity.to_owned()));
    text.lines().skip(1).filter_map(row).collect()
}

#[test]
fn every_record_passes_the_checks_and_every_account_is_labelled() {
    let accounts: BTreeSet<String> =
        read::<Account>("accounts.jsonl").iter().map(|account| account.key.as_str().to_owned()).collect();
    let labels: BTreeSet<String> = labelled().into_iter().map(|(account, _)| account).collect();
    assert_eq!(accounts, labels);

    let unknown = |key: &str| !accounts.contains(key);
    assert_eq!(read::<Listing>("listings.jsonl").iter().filter(|listing| unknown(listing.account.as_str())).count(), 0);
    let enforcements = read::<Enforcement>("enforcements.jsonl");
    assert_eq!(enforcements.iter().filter(|enforcement| unknown(enforcement.account.as_str())).count(), 0);
}

#[test]
fn the_world_is_as_large_as_its_description_says() {
    let truth = Truth::new(labelled()).unwrap();
    assert_eq!((truth.accounts(), truth.entities()), (321, 169));
    let rows = (read::<Account>("accounts.jsonl").len(), read::<Listing>("listings.jsonl").len());
    assert_eq!((rows, read::<Enforcement>("enforcements.jsonl").len()), ((354, 440), 101));
}

#[test]
fn the_three_sellers_to_ask_about_are_there() {
    let accounts: BTreeSet<String> = labelled().into_iter().map(|(account, _)| account).collect();
    for named in ["ebay_uk/mlbags_direct", "ebay_uk/willow_and_wren", "tiktok/tidewater_audio"] {
        assert!(accounts.contains(named), "{named}");
    }
}
