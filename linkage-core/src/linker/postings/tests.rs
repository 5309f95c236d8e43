//! Packed rows say what was packed, and what changed since is read over them.
//!
//! Only `pack` and `check_held` call the code under test.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::block::BUCKETS;
use crate::fingerprint::{KeyHead, Kind};
use crate::ledger::Ledger;
use crate::score::Epoch;
use crate::store::MemoryStore;

/// Few keys in two buckets, of kinds with caps of 8 and 64.
fn posting(number: u8) -> Posting {
    let kind = if number.is_multiple_of(2) { Kind::Phone } else { Kind::Domain };
    Posting::of_value(kind, KeyHead(u64::from(number % 3) << 48 | u64::from(number) << 24))
}

/// A ledger whose derived rows hold these, packed; account numbers are places in reverse.
fn pack(held: &BTreeMap<Posting, BTreeSet<u32>>) -> Ledger {
    let ledger = Ledger::open_or_create(Box::new(MemoryStore::new())).unwrap();
    ledger.put_epoch(0, &Epoch::zero().unwrap().encode().unwrap()).unwrap();
    let mut holders = Holders::default();
    for account in 0..=ACCOUNTS {
        let postings: Vec<Posting> =
            held.iter().filter(|(_, ids)| ids.contains(&(ACCOUNTS - account))).map(|(posting, _)| *posting).collect();
        holders.add(account, &postings);
    }
    holders.sort();
    let rebuild = ledger.rebuild().unwrap();
    rebuild.load(Table::Posting, packed(&holders, 0..BUCKETS, |place| ACCOUNTS - place)).unwrap();
    rebuild.load(Table::Posting, long(&holders, 0..BUCKETS, |place| ACCOUNTS - place)).unwrap();
    rebuild.finish(0, "packed").unwrap();
    ledger
}

fn check_held(ledger: &Ledger, expected: &BTreeMap<Posting, BTreeSet<u32>>) {
    let view = ledger.view().unwrap();
    let stored = Stored::new(&view).unwrap();
    let keys: Vec<Posting> = (0..KEYS).map(posting).collect();
    for (key, held) in keys.iter().zip(stored.held(&keys, ACCOUNTS as usize).unwrap()) {
        let accounts: Vec<u32> = expected.get(key).into_iter().flatten().copied().collect();
        assert_eq!(held.count, accounts.len());
        assert_eq!(held.accounts, (accounts.len() <= key.holders_max()).then(|| accounts.clone()));
        assert_eq!(stored.all(*key).unwrap(), accounts);
    }
}

const KEYS: u8 = 8;
const ACCOUNTS: u32 = 300;

fn holdings() -> impl Strategy<Value = BTreeMap<Posting, BTreeSet<u32>>> {
    let accounts = prop_oneof![
        prop::collection::btree_set(0..=ACCOUNTS, 1..12),
        prop::collection::btree_set(0..=ACCOUNTS, 50..90),
    ];
    prop::collection::btree_map((0..KEYS).prop_map(posting), accounts, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn holders_are_read_as_they_were_packed_and_as_they_changed(before in holdings(), steps in prop::collection::vec(holdings(), 0..3)) {
        let ledger = pack(&before);
        check_held(&ledger, &before);
        let mut now = before;
        for after in steps {
            let lease = ledger.lease().unwrap();
            let mut changes = lease.changes().unwrap();
            {
                let view = ledger.view().unwrap();
                let stored = Stored::new(&view).unwrap();
                for key in (0..KEYS).map(posting) {
                    let [old, new] = [&now, &after].map(|held| held.get(&key).cloned().unwrap_or_default());
                    let shift = Shift { gained: &new - &old, lost: &old - &new };
                    stored.write(&mut changes, key, &shift).unwrap();
                }
            }
            lease.commit(changes).unwrap();
            drop(lease);
            check_held(&ledger, &after);
            now = after;
        }
    }
}

#[test]
fn damaged_buckets_are_an_error() {
    let mut holders = Holders::default();
    for account in [1, 7, 300] {
        holders.add(account, &[posting(0)]);
    }
    holders.sort();
    let (_, value) = packed(&holders, 0..BUCKETS, |place| place).next().unwrap();
    for length in 0..value.len() {
        let found = find(Some(&value[..length]), posting(0));
        // Cut behind its version, a bucket is one without keys.
        assert_eq!(found.is_err(), length != 1, "{length} bytes");
    }
    assert!(find(Some(&[9, 0, 0]), posting(0)).is_err());
}
