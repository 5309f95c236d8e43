//! A ledger on memory and on disk, told in small words.
//!
//! Records are written `platform/id@day` with, in this order and each optional but the day: `:listing` or `!enforcement`
//! before the `@`, `#source` and `=text` (display name, title or outcome) behind the day. So `p/a:l1@2#s=Bag` is
//! listing l1 of account p/a, seen on day 2 by source s, titled Bag.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::record::{Account, AccountDraft, AccountKey, EnforcementDraft, ListingDraft};
use crate::store::{FailWhen, FailingStore, Failure, MemoryStore, RocksOptions, RocksStore};

fn on_both(test: impl Fn(&Place)) {
    test(&Place::Memory(MemoryStore::new()));
    let directory = tempfile::tempdir().unwrap();
    test(&Place::Disk(directory.path().to_owned()));
}

/// Where a store is kept while no handle to it is open.
enum Place {
    Memory(MemoryStore),
    Disk(PathBuf),
}

impl Place {
    fn store(&self) -> Box<dyn Store> {
        match self {
            Place::Memory(store) => Box::new(store.clone()),
            Place::Disk(directory) => Box::new(RocksStore::open(directory, RocksOptions::small()).unwrap()),
        }
    }

    fn create(&self) -> Ledger {
        Ledger::create_with(self.store(), header()).unwrap()
    }

    fn open(&self) -> Ledger {
        Ledger::open(self.store()).unwrap()
    }

    /// Every row of the store, and that no staged one is among them.
    fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.store().snapshot().unwrap().scan(&KeyRange::all(), usize::MAX).unwrap().rows
    }
}

fn header() -> Header {
    Header {
        schema_version: SCHEMA_VERSION,
        created_at: day("0"),
        store_id: "00000000000000000000000000000001".into(),
        store_key: StoreKey::new([7; 32]),
    }
}

fn day(number: &str) -> Timestamp {
    let days: i64 = number.parse().unwrap();
    Timestamp::from_second(1_700_000_000 + days * 86_400).unwrap()
}

fn options() -> ImportOptions {
    ImportOptions { recorded_at: day("1000"), digest: None }
}

fn key(text: &str) -> AccountKey {
    AccountKey::parse(text).unwrap()
}

fn record(text: &str) -> AnyRecord {
    let intake = Intake::new([7; 32]);
    let (subject, rest) = text.split_once('@').unwrap();
    let (rest, said) = rest.split_once('=').unwrap_or((rest, ""));
    let (at, source) = rest.split_once('#').unwrap_or((rest, ""));
    let (observed_at, source, said) = (day(at).to_string(), source.to_owned(), said.to_owned());
    let owned = |(a, b): (&str, &str)| (a.to_owned(), b.to_owned());
    if let Some((account, listing_id)) = subject.split_once(':').map(owned) {
        let (platform, account_id) = account.split_once('/').map(owned).unwrap();
        let draft = ListingDraft {
            platform,
            listing_id,
            account_id,
            observed_at,
            source,
            title: said,
            ..ListingDraft::default()
        };
        draft.check(&intake).unwrap().into()
    } else if let Some((account, enforcement_id)) = subject.split_once('!').map(owned) {
        let (platform, account_id) = account.split_once('/').map(owned).unwrap();
        let taken_at = day("0").to_string();
        let draft = EnforcementDraft {
            platform,
            enforcement_id,
            account_id,
            observed_at,
            source,
            taken_at,
            outcome: said,
            ..EnforcementDraft::default()
        };
        draft.check(&intake).unwrap().into()
    } else {
        let (platform, account_id) = subject.split_once('/').map(owned).unwrap();
        let draft =
            AccountDraft { platform, account_id, observed_at, source, display_name: said, ..AccountDraft::default() };
        draft.check(&intake).unwrap().into()
    }
}

fn records(text: &str) -> Vec<AnyRecord> {
    text.split_whitespace().map(record).collect()
}

fn add(ledger: &Ledger, text: &str) -> ImportCounts {
    ledger.add(&records(text), options(), &mut LeaveWaiting).unwrap().unwrap()
}

fn days_since(at: Timestamp) -> i64 {
    (at.as_second() - 1_700_000_000) / 86_400
}

fn said(record: &AnyRecord) -> String {
    let source = record.source();
    let (id, said) = match record {
        AnyRecord::Account(account) => (String::new(), account.display_name.clone()),
        AnyRecord::Listing(listing) => (format!(":{}", listing.listing_id), listing.title.clone()),
        AnyRecord::Enforcement(enforcement) => {
            (format!("!{}", enforcement.enforcement_id), enforcement.outcome.map(|outcome| outcome.to_string()))
        }
    };
    let source = if source.is_empty() { String::new() } else { format!("#{source}") };
    let said = said.map(|said| format!("={said}")).unwrap_or_default();
    format!("{}{id}@{}{source}{said}", record.account(), days_since(record.observed_at()))
}

fn all_said(dossier: Dossier) -> Vec<String> {
    let observations = dossier.observations.into_iter().map(|row| AnyRecord::from(row.record));
    let listings = dossier.listings.into_iter().map(|row| AnyRecord::from(row.record));
    let enforcements = dossier.enforcements.into_iter().map(|row| AnyRecord::from(row.record));
    observations.chain(listings).chain(enforcements).map(|record| said(&record)).collect()
}

/// Everything a reader can see but for numbers and history: counts that are not 0, accounts, what waits, judgements.
fn dump(ledger: &Ledger) -> String {
    let view = ledger.view().unwrap();
    let counts = serde_json::to_value(view.counts().unwrap()).unwrap();
    let counts = counts.as_object().unwrap().iter().filter(|(_, count)| **count != 0);
    let mut lines = vec![counts.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")];
    for dossier in view.accounts() {
        lines.push(all_said(dossier.unwrap()).join(" "));
    }
    let waiting = view.waiting(None, 99).unwrap();
    if !waiting.is_empty() {
        lines.push(format!("waiting: {}", waiting.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")));
    }
    for judgement in view.judgements(None, 99).unwrap() {
        let Judgement { id, left, right, verdict, note, by, undone_by, .. } = judgement;
        let undone = undone_by.map(|undone| format!(", undone by {}", undone.by)).unwrap_or_default();
        lines.push(format!("judgement {}: {left} {right} {verdict:?} {note:?} by {by}{undone}", id.0));
    }
    lines.join("\n")
}

#[track_caller]
fn check(ledger: &Ledger, expected: Expect) {
    expected.assert_eq(&dump(ledger));
}

fn history(ledger: &Ledger) -> Vec<String> {
    let rows = ledger.view().unwrap().history(None, 99).unwrap();
    rows.iter().map(|row| format!("{} {} {}", row.number, row.kind, row.text)).collect()
}

#[test]
fn records_are_read_back_in_order() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/b@1#s=Bob p/a@2#t=Ann2 p/a@1#s=Ann p/a:l2@1=Hat p/a:l1@3=Bag3 p/a:l1@2=Bag p/a!e1@4=UPHELD");
        let expected = expect![[r#"
            accounts 2, enforcements 1, listings 3, observations 3, waiting 2
            p/a@1#s=Ann p/a@2#t=Ann2 p/a:l1@2=Bag p/a:l1@3=Bag3 p/a:l2@1=Hat p/a!e1@4=UPHELD
            p/b@1#s=Bob
            waiting: p/a p/b"#]];
        expected.assert_eq(&dump(&ledger));
        drop(ledger);
        let ledger = place.open();
        expected.assert_eq(&dump(&ledger));
        let view = ledger.view().unwrap();
        assert_eq!(view.dossier(&key("p/a")).unwrap().observations[0].recorded_at, day("1000"));
        assert_eq!(all_said(view.dossier(&key("p/none")).unwrap()), Vec::<String>::new());
    });
}

#[test]
fn the_same_again_changes_nothing() {
    on_both(|place| {
        let ledger = place.create();
        let file = "p/a@1=Ann p/a:l1@1=Bag p/c:l1@1=Held p/a!e1@1=PENDING";
        let first = add(&ledger, file);
        assert_eq!((first.new_total(), first.unchanged_total(), first.held, first.accounts_new), (4, 0, 1, 1));
        let (before, told) = (dump(&ledger), history(&ledger));
        let sequence = ledger.view().unwrap().sequence();
        let again = add(&ledger, &format!("{file} p/a@1=Ann"));
        assert_eq!((again.new_total(), again.unchanged_total(), again.held, again.accounts_new), (0, 5, 0, 0));
        assert_eq!((dump(&ledger), history(&ledger)), (before, told));
        assert_eq!(ledger.view().unwrap().sequence(), sequence);
        expect!["0 IMPORT 1 account, 2 listing and 1 enforcement observations, 1 held"]
            .assert_eq(&history(&ledger).join("\n"));
        assert_eq!(add(&ledger, "p/b@1=Bob p/b@1=Bob").accounts, KindCounts { new: 1, unchanged: 1 });
    });
}

#[test]
fn contradictions_are_named_and_left_out() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/a@1#s=Ann p/a:l1@1=Bag");
        let mut import = ledger.begin_import(options()).unwrap();
        let first = import.stage(&records("p/b@1=Bob p/a@1#s=Eve p/a@1#t=Eve p/a:l1@1=Hat p/b@1=Bill")).unwrap();
        let second = import.stage(&records("p/b@1=Ben p/b@1=Bob p/b!e1@1=UPHELD")).unwrap();
        let told = |found: &[ContradictoryObservation]| {
            found.iter().map(|found| format!("{} {found}", found.index)).collect::<Vec<_>>().join("\n")
        };
        expect![[r#"
            1 account p/a observed at 2023-11-15T22:13:20Z is stored with other content
            3 listing p/a l1 observed at 2023-11-15T22:13:20Z is stored with other content
            4 account p/b observed at 2023-11-15T22:13:20Z is stored with other content"#]]
        .assert_eq(&told(&first));
        expect!["0 account p/b observed at 2023-11-15T22:13:20Z is stored with other content"]
            .assert_eq(&told(&second));
        import.seal().unwrap().apply_unlinked().unwrap();
        check(
            &ledger,
            expect![[r#"
                accounts 2, enforcements 1, listings 1, observations 3, waiting 2
                p/a@1#s=Ann p/a@1#t=Eve p/a:l1@1=Bag
                p/b@1=Bob p/b!e1@1=UPHELD
                waiting: p/a p/b"#]],
        );

        let refused = ledger.add(&records("p/c@1=Cat p/a@1#s=Eve"), options(), &mut LeaveWaiting).unwrap();
        assert_eq!(refused.unwrap_err().index, 1);
        assert_eq!(ledger.view().unwrap().account_id(&key("p/c")).unwrap(), None);
    });
}

#[test]
fn what_was_known_on_a_day_is_a_question() {
    on_both(|place| {
        let ledger = place.create();
        add(
            &ledger,
            "p/a@1#s=Ann p/a@3#t=Anna p/a@5#s=Annabel p/a:l1@2#s=Bag p/a:l1@4#s=Bag4 p/a:l1@3#t=Sack \
             p/a:l2@9=Hat p/a!e1@2=PENDING p/a!e1@6#s=UPHELD p/a!e1@8#t=REVERSED p/a!e2@7=UPHELD",
        );
        let dossier = ledger.view().unwrap().dossier(&key("p/a")).unwrap();
        let name = |account: Option<&Account>| account.and_then(|account| account.display_name.clone());
        let name_on = |at: &str| name(dossier.as_of(day(at)));
        assert_eq!(name(dossier.latest()).as_deref(), Some("Annabel"));
        assert_eq!(
            ["0", "1", "2", "3", "4", "99"].map(name_on).map(Option::unwrap_or_default),
            ["", "Ann", "Ann", "Anna", "Anna", "Annabel"]
        );
        let by_source = dossier.latest_by_source();
        assert_eq!(
            by_source.iter().map(|account| name(Some(account)).unwrap()).collect::<Vec<_>>(),
            ["Annabel", "Anna"]
        );
        let titles = |listings: Vec<&crate::record::Listing>| {
            listings.iter().map(|listing| listing.title.clone().unwrap()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(titles(dossier.latest_listings()), "Bag4 Sack Hat");
        assert_eq!(titles(dossier.listings_as_of(day("3"))), "Bag Sack");
        let states = |at: &str| {
            let states = dossier.enforcements_as_of(day(at));
            states.iter().map(|state| said(&AnyRecord::from((*state).clone()))).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(states("1"), "");
        assert_eq!(states("5"), "p/a!e1@2=PENDING");
        assert_eq!(states("7"), "p/a!e1@6#s=UPHELD p/a!e2@7=UPHELD");
        assert_eq!(states("9"), "p/a!e1@8#t=REVERSED p/a!e2@7=UPHELD");
        assert_eq!(dossier.latest_enforcements().len(), 2);
    });
}

#[test]
fn records_are_held_until_their_account_comes() {
    on_both(|place| {
        let ledger = place.create();
        let counts = add(&ledger, "p/a:l1@1=Bag p/a!e1@1=UPHELD p/b@1=Bob");
        assert_eq!(counts.held, 2);
        add(&ledger, "p/a:l1@2=Bag2");
        check(
            &ledger,
            expect![[r#"
                accounts 1, enforcements 1, held_enforcements 1, held_listings 2, listings 2, observations 1, waiting 1
                p/b@1=Bob
                waiting: p/b"#]],
        );
        assert_eq!(add(&ledger, "p/a@1=Ann").accounts_new, 1);
        check(
            &ledger,
            expect![[r#"
                accounts 2, enforcements 1, listings 2, observations 2, waiting 2
                p/a@1=Ann p/a:l1@1=Bag p/a:l1@2=Bag2 p/a!e1@1=UPHELD
                p/b@1=Bob
                waiting: p/a p/b"#]],
        );
    });
}

#[test]
fn numbers_of_accounts_go_both_ways_and_are_never_reused() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/b@1=Bob p/a@1=Ann");
        add(&ledger, "p/c@1=Cat");
        let ids = |ledger: &Ledger| {
            ledger.view().unwrap().account_ids(&[key("p/a"), key("p/b"), key("p/c"), key("p/x")]).unwrap()
        };
        assert_eq!(ids(&ledger), [Some(AccountId(0)), Some(AccountId(1)), Some(AccountId(2)), None]);
        ledger.forget_account(&key("p/c"), day("0"), &mut LeaveWaiting).unwrap();
        drop(ledger);
        let ledger = place.open();
        add(&ledger, "p/c@1=Cat");
        assert_eq!(ids(&ledger), [Some(AccountId(0)), Some(AccountId(1)), Some(AccountId(3)), None]);
        let view = ledger.view().unwrap();
        let accounts = view.accounts_of(&[AccountId(3), AccountId(2), AccountId(0)]).unwrap();
        assert_eq!(accounts, [Some(key("p/c")), None, Some(key("p/a"))]);
        let page = view.account_keys(Some(&key("p/a")), 1).unwrap();
        assert_eq!(page, [(key("p/b"), AccountId(1))]);
    });
}

#[test]
fn accounts_with_many_records_stream_whole() {
    on_both(|place| {
        let ledger = place.create();
        let mut file: Vec<String> = (0..23).map(|n| format!("p/big:l{n:02}@1=Bag")).collect();
        file.extend((0..9).map(|n| format!("p/a{n}@1=Ann")));
        file.extend((0..7).map(|n| format!("p/big@{n}=Big")));
        add(&ledger, &file.join(" "));
        let view = ledger.view().unwrap();
        let sizes: Vec<_> = view.accounts().map(|dossier| all_said(dossier.unwrap()).len()).collect();
        assert_eq!(sizes, [1, 1, 1, 1, 1, 1, 1, 1, 1, 30]);
        let mut pages = view.accounts();
        let mut accounts = 0;
        while let Some(page) = pages.next_page().unwrap() {
            accounts += page.len();
        }
        assert_eq!(accounts, 10);
        assert_eq!(view.counts().unwrap().waiting, 10);
        let mut waiting = Vec::new();
        while let Some(last) = view.waiting(waiting.last(), 4).unwrap().into_iter().reduce(|_, last| last) {
            waiting.push(last);
        }
        assert_eq!(waiting, [key("p/a3"), key("p/a7"), key("p/big")]);
    });
}

#[test]
fn one_writer_at_a_time() {
    let ledger = Place::Memory(MemoryStore::new()).create();
    add(&ledger, "p/a@1=Ann");
    let import = ledger.begin_import(options()).unwrap();
    assert!(matches!(ledger.begin_import(options()), Err(LedgerError::Busy)));
    assert!(matches!(ledger.rebuild(), Err(LedgerError::Busy)));
    let forgotten = ledger.forget_account(&key("p/a"), day("0"), &mut LeaveWaiting);
    assert!(matches!(forgotten, Err(LedgerError::Busy)));
    let sealed = import.seal().unwrap();
    assert!(matches!(ledger.lease(), Err(LedgerError::Busy)));
    sealed.apply_unlinked().unwrap();
    drop(ledger.lease().unwrap());
    drop(ledger.begin_import(options()).unwrap());
    ledger.begin_import(options()).unwrap().abort().unwrap();
}

#[test]
fn an_import_that_is_dropped_leaves_nothing() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/a@1=Ann");
        drop(ledger);
        let before = place.rows();
        let ledger = place.open();
        let mut import = ledger.begin_import(options()).unwrap();
        import.stage(&records("p/b@1=Bob p/c@1=Cat")).unwrap();
        drop(import);
        let mut import = ledger.begin_import(options()).unwrap();
        import.stage(&records("p/b@1=Bob p/c@1=Cat")).unwrap();
        import.abort().unwrap();
        drop(ledger);
        assert!(place.rows() == before);

        let ledger = place.open();
        let mut import = ledger.begin_import(options()).unwrap();
        import.stage(&records("p/b@1=Bob p/c@1=Cat")).unwrap();
        std::mem::forget(import);
        // The handle is leaked with the import, as if the process had died; only a copy can be opened on disk.
        if let Place::Memory(_) = place {
            std::mem::forget(ledger);
            drop(place.open());
            assert!(place.rows() == before);
        }
    });
}

/// Forgets and links in the words of the tests: what the hook was told.
struct Told(Vec<String>);

impl OnChange for Told {
    fn on_change(
        &mut self,
        chunk: &Chunk<'_>,
        changes: &mut Changes,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        for Touched { key, id, touch } in chunk.touched() {
            let records = all_said(chunk.dossier(key)?).join(" ");
            self.0.push(format!("{touch:?} {:?} {key} now {records}", id.map(|id| id.0)));
            if key.account_id() != "a" {
                changes.settle(key);
            }
            changes.put(Table::Profile, key.as_str().as_bytes(), records);
            if *touch == Touch::Gone {
                changes.delete(Table::Profile, key.as_str().as_bytes());
            }
        }
        Ok(())
    }

    fn on_progress(&mut self, progress: Progress) {
        self.0.push(format!("{} of {:?}", progress.rows_done, progress.rows_total));
    }
}

fn profiles(ledger: &Ledger) -> String {
    let rows = ledger.view().unwrap().derived_scan_prefix(Table::Profile, b"", None, 99).unwrap();
    let rows = rows.iter().map(|(key, value)| format!("{} {}", from_bytes(key), from_bytes(value)));
    rows.collect::<Vec<_>>().join("\n")
}

fn from_bytes(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_linker_is_told_and_writes_in_the_same_commit() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/a@1=Ann p/c:l0@1=Early");
        let mut told = Told(Vec::new());
        let file = "p/a@2=Ann2 p/b@1=Bob p/b:l1@1=Bag p/c@1=Cat p/c!e1@1=UPHELD p/d:l1@1=Hat";
        ledger.add(&records(file), options(), &mut told).unwrap().unwrap();
        expect![[r#"
            Changed Some(0) p/a now p/a@1=Ann p/a@2=Ann2
            New Some(1) p/b now p/b@1=Bob p/b:l1@1=Bag
            3 of Some(6)
            New Some(2) p/c now p/c@1=Cat p/c:l0@1=Early p/c!e1@1=UPHELD
            Held None p/d now p/d:l1@1=Hat
            6 of Some(6)"#]]
        .assert_eq(&told.0.join("\n"));
        expect![[r#"
            p/a p/a@1=Ann p/a@2=Ann2
            p/b p/b@1=Bob p/b:l1@1=Bag
            p/c p/c@1=Cat p/c:l0@1=Early p/c!e1@1=UPHELD
            p/d p/d:l1@1=Hat"#]]
        .assert_eq(&profiles(&ledger));
        check(
            &ledger,
            expect![[r#"
                accounts 3, enforcements 1, held_listings 1, listings 3, observations 4, waiting 1
                p/a@1=Ann p/a@2=Ann2
                p/b@1=Bob p/b:l1@1=Bag
                p/c@1=Cat p/c:l0@1=Early p/c!e1@1=UPHELD
                waiting: p/a"#]],
        );

        let mut told = Told(Vec::new());
        let forgotten = ledger.forget_account(&key("p/b"), day("0"), &mut told).unwrap();
        assert_eq!((forgotten.accounts, forgotten.observations, forgotten.listings), (1, 1, 1));
        assert_eq!(told.0.join("\n"), "Gone Some(1) p/b now ");
        assert!(!profiles(&ledger).contains("p/b"));
    });
}

#[test]
fn a_hook_that_fails_leaves_the_import_to_be_finished() {
    on_both(|place| {
        let ledger = place.create();
        let file = records("p/a@1 p/b@1 p/c@1 p/d@1 p/e@1 p/f@1 p/g@1 p/h@1");
        let mut calls = 0;
        let mut fail_second = |_: &Chunk<'_>, _: &mut Changes| {
            calls += 1;
            if calls == 2 { Err("no more".into()) } else { Ok(()) }
        };
        let error = ledger.add(&file, options(), &mut fail_second).unwrap_err();
        assert_eq!(error.to_string(), "link the imported records");
        assert!(matches!(ledger.begin_import(options()), Err(LedgerError::Unfinished)));
        assert_eq!(ledger.view().unwrap().counts().unwrap().accounts, 4);
        ledger.finish_pending(&mut LeaveWaiting).unwrap();
        assert_eq!(ledger.view().unwrap().counts().unwrap().accounts, 8);
        assert_eq!(add(&ledger, "p/a@1").unchanged_total(), 1);
    });
}

#[test]
fn forgetting_an_account_takes_all_of_it() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/a@1=Ann p/b@1=Bob");
        add(&ledger, "p/ab@1=Abe p/a@2=Ann2 p/a:l1@1=Bag p/a!e1@1=UPHELD p/x:l1@1=Held");
        judge(&ledger, "p/b", "p/a", Verdict::Same);
        judge(&ledger, "p/b", "p/ab", Verdict::Different);
        let forgotten = ledger.forget_account(&key("p/a"), day("0"), &mut LeaveWaiting).unwrap();
        let expected = Forgotten {
            accounts: 1,
            accounts_changed: 0,
            observations: 2,
            listings: 1,
            enforcements: 1,
            judgements: 1,
        };
        assert_eq!(forgotten, expected);
        check(
            &ledger,
            expect![[r#"
                accounts 2, held_listings 1, listings 1, observations 2, waiting 2
                p/ab@1=Abe
                p/b@1=Bob
                waiting: p/ab p/b
                judgement 1: p/ab p/b Different "seen" by kim"#]],
        );
        let again = ledger.forget_account(&key("p/a"), day("0"), &mut LeaveWaiting);
        assert_eq!(again.unwrap_err().to_string(), "the store knows no account p/a");
        assert_eq!(ledger.forget_account(&key("p/x"), day("0"), &mut LeaveWaiting).unwrap().listings, 1);
        assert_eq!(ledger.view().unwrap().counts().unwrap().held_listings, 0);
        assert_eq!(
            history(&ledger).last().unwrap(),
            "3 FORGET one account: 0 accounts gone, 0 changed; \
            0 account, 1 listing and 0 enforcement observations, 0 judgements"
        );
        add(&ledger, "p/a@1=Ann");
        assert_eq!(all_said(ledger.view().unwrap().dossier(&key("p/a")).unwrap()), ["p/a@1=Ann"]);
    });
}

#[test]
fn forgetting_a_source_leaves_what_others_said() {
    on_both(|place| {
        let ledger = place.create();
        add(
            &ledger,
            "p/a@1#s=Ann p/a@2#t=Ann p/b@1#s=Bob p/b:l1@1#t=Bag p/b:l2@1#s=Hat p/b!e1@1#t=UPHELD p/c@1#t=Cat \
             p/x:l1@1#s=Held p/x:l1@2#t=Held p/y!e1@1#s=UPHELD",
        );
        let many: Vec<_> = (0..90).map(|n| format!("p/big:l{n:02}@1#s=Bag")).collect();
        add(&ledger, &format!("p/big@1#s=Big p/big:z@1#t=Last {}", many.join(" ")));
        judge(&ledger, "p/b", "p/c", Verdict::Same);
        let mut told = Told(Vec::new());
        let forgotten = ledger.forget_source("s", day("0"), &mut told).unwrap();
        let expected = Forgotten {
            accounts: 2,
            accounts_changed: 1,
            observations: 3,
            listings: 92,
            enforcements: 1,
            judgements: 1,
        };
        assert_eq!(forgotten, expected);
        told.0.retain(|line| !line.contains(" of "));
        expect![[r#"
            Changed Some(0) p/a now p/a@2#t=Ann
            Gone Some(1) p/b now p/b:l1@1#t=Bag p/b!e1@1#t=UPHELD
            Changed Some(2) p/c now p/c@1#t=Cat
            Gone Some(3) p/big now p/big:z@1#t=Last
            Held None p/x now p/x:l1@2#t=Held
            Held None p/y now "#]]
        .assert_eq(&told.0.join("\n"));
        let expected = expect![[r#"
            accounts 2, enforcements 1, held_enforcements 1, held_listings 3, listings 3, observations 2, waiting 1
            p/a@2#t=Ann
            p/c@1#t=Cat
            waiting: p/a"#]];
        expected.assert_eq(&dump(&ledger));
        let error = ledger.forget_source("s", day("0"), &mut LeaveWaiting).unwrap_err();
        assert_eq!(error.to_string(), "the store holds nothing from this source");
        drop(ledger);
        let ledger = place.open();
        expected.assert_eq(&dump(&ledger));
        ledger.reclaim().unwrap();
        add(&ledger, "p/b@1#s=Bob");
        let dossier = ledger.view().unwrap().dossier(&key("p/b")).unwrap();
        assert_eq!(all_said(dossier), ["p/b@1#s=Bob", "p/b:l1@1#t=Bag", "p/b!e1@1#t=UPHELD"]);
    });
}

fn judge(ledger: &Ledger, left: &str, right: &str, verdict: Verdict) -> JudgementId {
    let new = NewJudgement {
        left: key(left),
        right: key(right),
        verdict,
        note: "seen".into(),
        by: "kim".into(),
        at: day("1"),
    };
    ledger.add_judgement(new).unwrap()
}

/// The log behind a place, as `number kind account`.
fn log(ledger: &Ledger, after: u64, least: usize) -> String {
    let view = ledger.view().unwrap();
    let Some(changes) = view.changes(ChangeNumber(after), least).unwrap() else { return "does not reach back".into() };
    let said = |change: &Change| {
        let account = change.account.map_or("all".to_owned(), |id| id.0.to_string());
        format!("{} {:?} {account}", change.number.0, change.kind)
    };
    changes.iter().map(said).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_log_says_which_accounts_every_commit_changed() {
    on_both(|place| {
        let ledger = place.create();
        assert_eq!(log(&ledger, 0, 99), "");
        add(&ledger, "p/a@1#s=Ann p/b@1=Bob p/x:l1@1=Held");
        add(&ledger, "p/a@1#s=Ann");
        add(&ledger, "p/a:l1@1=Bag p/c@1#s=Cat");
        let first = judge(&ledger, "p/a", "p/b", Verdict::Same);
        let mut changes = ledger.lease().unwrap().changes().unwrap();
        changes.moved(AccountId(1));
        ledger.lease().unwrap().commit(changes).unwrap();
        ledger.undo_judgement(first, "lee", day("2")).unwrap();
        judge(&ledger, "p/c", "p/b", Verdict::Different);
        ledger.forget_source("s", day("3"), &mut LeaveWaiting).unwrap();
        let whole = expect![[r#"
            1 New 0
            2 New 1
            3 New 2
            4 Changed 0
            5 Judged 0
            6 Judged 1
            7 Moved 1
            8 Judged 0
            9 Judged 1
            10 Judged 1
            11 Judged 2
            12 Gone 0
            13 Gone 2
            14 Changed 1"#]];
        whole.assert_eq(&log(&ledger, 0, 99));
        drop(ledger);
        let ledger = place.open();
        whole.assert_eq(&log(&ledger, 0, 99));
        assert_eq!(ledger.view().unwrap().last_change().unwrap(), ChangeNumber(14));
    });
}

#[test]
fn the_log_is_read_on_from_any_place() {
    let ledger = Place::Memory(MemoryStore::new()).create();
    add(&ledger, "p/a@1=Ann p/b@1=Bob p/c@1=Cat");
    add(&ledger, "p/d@1=Dan");
    assert_eq!(log(&ledger, 1, 1), "2 New 1\n3 New 2");
    assert_eq!(log(&ledger, 1, 3), "2 New 1\n3 New 2\n4 New 3");
    assert_eq!(log(&ledger, 4, 1), "");
    assert_eq!(log(&ledger, 5, 1), "does not reach back");
    let view = ledger.view().unwrap();
    let stamps = [0, 2, 3, 4, 5].map(|number| view.change_stamp(ChangeNumber(number)).unwrap());
    assert_eq!(stamps.map(|stamp| stamp.is_some()), [true, false, true, true, false]);
    assert_ne!(stamps[2], stamps[3]);
}

#[test]
fn the_log_is_bounded_and_says_when_it_does_not_reach_back() {
    on_both(|place| {
        let ledger = place.create();
        for n in 0..60 {
            add(&ledger, &format!("p/a{n}@1=Ann"));
            let first = ledger.view().unwrap().totals().unwrap().first_change;
            assert!((n + 1 - first) <= CHANGES_KEPT + CHANGES_KEPT / 8);
            assert!(n + 1 < CHANGES_KEPT || CHANGES_KEPT <= n + 1 - first);
        }
        assert_eq!(log(&ledger, 0, 1), "does not reach back");
        let first = ledger.view().unwrap().totals().unwrap().first_change;
        assert_eq!(log(&ledger, first - 1, 1), "does not reach back");
        assert_eq!(log(&ledger, first, 99).lines().count() as u64, 60 - first);
    });
}

#[test]
fn the_log_names_moved_accounts_or_says_that_all_moved() {
    let ledger = Place::Memory(MemoryStore::new()).create();
    ledger.put_epoch(1, b"one").unwrap();
    let link = |accounts: u32| {
        let mut rebuild = ledger.rebuild().unwrap();
        (0..accounts).for_each(|id| rebuild.moved(AccountId(id)));
        rebuild.finish_at(1, "linked", day("0")).unwrap();
    };
    link(0);
    link(2);
    link(9);
    assert_eq!(log(&ledger, 0, 99), "1 Moved 0\n2 Moved 1\n3 AllMoved all");
}

#[test]
fn nothing_in_the_store_names_what_was_forgotten() {
    let place = Place::Memory(MemoryStore::new());
    let ledger = place.create();
    add(&ledger, "p/secret@1#s=Hidden p/b@1=Bob p/secret:l1@1=Concealed");
    judge(&ledger, "p/b", "p/secret", Verdict::Same);
    ledger.forget_account(&key("p/secret"), day("0"), &mut LeaveWaiting).unwrap();
    for (key, value) in place.rows() {
        let row = format!("{} {}", String::from_utf8_lossy(&key), String::from_utf8_lossy(&value));
        for word in ["secret", "Hidden", "Concealed"] {
            assert!(!row.contains(word), "{row:?}");
        }
    }
}

#[test]
fn judgements_are_added_and_undone_but_never_lost() {
    on_both(|place| {
        let ledger = place.create();
        add(&ledger, "p/a@1=Ann p/b@1=Bob p/c@1=Cat");
        let mut changes = ledger.lease().unwrap().changes().unwrap();
        for account in ["p/a", "p/b", "p/c"] {
            changes.settle(&key(account));
        }
        ledger.lease().unwrap().commit(changes).unwrap();
        let first = judge(&ledger, "p/b", "p/a", Verdict::Same);
        judge(&ledger, "p/a", "p/b", Verdict::Unsure);
        ledger.undo_judgement(first, "lee", day("2")).unwrap();
        check(
            &ledger,
            expect![[r#"
                accounts 3, observations 3, waiting 2
                p/a@1=Ann
                p/b@1=Bob
                p/c@1=Cat
                waiting: p/a p/b
                judgement 0: p/a p/b Same "seen" by kim, undone by lee
                judgement 1: p/a p/b Unsure "seen" by kim"#]],
        );
        let undo = |id| ledger.undo_judgement(JudgementId(id), "lee", day("2")).unwrap_err().to_string();
        assert_eq!(undo(0), "judgement 0 is already undone");
        assert_eq!(undo(7), "there is no judgement 7");
        let unknown = NewJudgement {
            left: key("p/a"),
            right: key("p/z"),
            verdict: Verdict::Same,
            note: String::new(),
            by: "kim".into(),
            at: day("1"),
        };
        let too_long = NewJudgement { note: "x".repeat(NOTE_BYTES_MAX + 1), ..unknown.clone() };
        assert_eq!(ledger.add_judgement(unknown).unwrap_err().to_string(), "the store knows no account p/z");
        let told = "a note of 16385 bytes where at most 16384 are allowed";
        assert_eq!(ledger.add_judgement(too_long).unwrap_err().to_string(), told);
        let view = ledger.view().unwrap();
        assert_eq!(view.judgements_of(&key("p/a")).unwrap().len(), 2);
        assert_eq!(view.judgements(Some(first), 9).unwrap().len(), 1);
        assert_eq!(view.judgements_of(&key("p/c")).unwrap().len(), 0);
    });
}

#[test]
fn epochs_never_change() {
    on_both(|place| {
        let ledger = place.create();
        let big = vec![5; (4 << 20) + 10];
        ledger.put_epoch(0, b"zero").unwrap();
        ledger.put_epoch(1, &big).unwrap();
        ledger.put_epoch(2, b"").unwrap();
        ledger.put_epoch(0, b"zero").unwrap();
        let other = ledger.put_epoch(0, b"other").unwrap_err();
        assert_eq!(other.to_string(), "epoch 0 is stored with other content");
        let view = ledger.view().unwrap();
        assert_eq!(view.epochs().unwrap(), [0, 1, 2]);
        assert_eq!(view.epoch(0).unwrap().as_deref(), Some(&b"zero"[..]));
        assert!(view.epoch(1).unwrap() == Some(big));
        assert_eq!(view.epoch(2).unwrap(), Some(Vec::new()));
        assert_eq!(view.epoch(3).unwrap(), None);
        assert_eq!(view.current_epoch(), None);
        let lease = ledger.lease().unwrap();
        assert_eq!(lease.adopt_epoch(3).unwrap_err().to_string(), "there is no epoch 3");
        lease.adopt_epoch(0).unwrap();
        assert_eq!(ledger.view().unwrap().current_epoch(), Some(0));
    });
}

#[test]
fn a_rebuild_comes_into_force_at_once_or_not_at_all() {
    on_both(|place| {
        let ledger = place.create();
        ledger.put_epoch(1, b"one").unwrap();
        let mut told = Told(Vec::new());
        ledger.add(&records("p/a@1=Ann p/b@1=Bob"), options(), &mut told).unwrap().unwrap();
        let before = profiles(&ledger);
        let stale = ledger.lease().unwrap().changes().unwrap();

        let mut rebuild = ledger.rebuild().unwrap();
        rebuild.put(Table::Profile, b"lost", "x".repeat(60)).unwrap();
        drop(rebuild);
        assert_eq!(profiles(&ledger), before);

        let mut rebuild = ledger.rebuild().unwrap();
        for name in ["one", "two", "three"] {
            rebuild.put(Table::Profile, name.as_bytes(), "new".repeat(20)).unwrap();
        }
        assert_eq!(profiles(&ledger), before);
        assert_eq!(ledger.view().unwrap().counts().unwrap().waiting, 1);
        rebuild.finish(1, "2 accounts").unwrap();
        assert_eq!(profiles(&ledger).replace("new", ""), "one \nthree \ntwo ");
        let view = ledger.view().unwrap();
        assert_eq!((view.counts().unwrap().waiting, view.current_epoch()), (0, Some(1)));
        assert_eq!(history(&ledger).last().unwrap(), "1 LINK 2 accounts");

        let error = ledger.lease().unwrap().commit(stale).unwrap_err();
        assert!(matches!(error, LedgerError::Stale));
        assert!(matches!(ledger.rebuild().unwrap().finish(9, ""), Err(LedgerError::UnknownEpoch { epoch: 9 })));
        drop(view);
        drop(ledger);
        assert_eq!(profiles(&place.open()).replace("new", ""), "one \nthree \ntwo ");
    });
}

#[test]
fn derived_rows_are_read_by_table_and_prefix() {
    on_both(|place| {
        let ledger = place.create();
        let lease = ledger.lease().unwrap();
        let mut changes = lease.changes().unwrap();
        for (table, key) in
            [(Table::Posting, "k1/a"), (Table::Posting, "k1/b"), (Table::Posting, "k2/a"), (Table::Edge, "k1/z")]
        {
            changes.put(table, key.as_bytes(), key.to_uppercase());
        }
        changes.tell("NOTE", "something");
        lease.commit(changes).unwrap();
        let view = ledger.view().unwrap();
        let words = |rows: Vec<(Vec<u8>, Vec<u8>)>| {
            rows.iter().map(|(key, value)| format!("{}={}", from_bytes(key), from_bytes(value))).collect::<Vec<_>>()
        };
        let scan = |prefix: &str, after: Option<&str>| {
            let after = after.map(str::as_bytes);
            words(view.derived_scan_prefix(Table::Posting, prefix.as_bytes(), after, 9).unwrap())
        };
        assert_eq!(scan("k1/", None), ["k1/a=K1/A", "k1/b=K1/B"]);
        assert_eq!(scan("k1/", Some("k1/a")), ["k1/b=K1/B"]);
        assert_eq!(scan("", None).len(), 3);
        let many = view.derived_scan_many(Table::Posting, &["k2", "k3", "k1"], 1).unwrap();
        assert_eq!(
            many.into_iter().map(words).collect::<Vec<_>>(),
            [vec!["k2/a=K2/A".to_owned()], vec![], vec!["k1/a=K1/A".to_owned()]]
        );
        let values = view.derived_get_many(Table::Edge, &["k1/z", "k1/a"]).unwrap();
        assert_eq!(values, [Some(b"K1/Z".to_vec()), None]);
        assert_eq!(view.derived_get(Table::Edge, b"k1/z").unwrap(), Some(b"K1/Z".to_vec()));

        let mut changes = lease.changes().unwrap();
        changes.delete_prefix(Table::Posting, b"k1/");
        changes.delete(Table::Edge, b"k1/z");
        lease.commit(changes).unwrap();
        let left = ledger.view().unwrap().derived_scan_prefix(Table::Posting, b"", None, 9).unwrap();
        assert_eq!(words(left), ["k2/a=K2/A"]);
        let mut too_much = lease.changes().unwrap();
        too_much.put(Table::Edge, b"1", vec![0; 12 << 20]);
        too_much.put(Table::Edge, b"2", vec![0; 12 << 20]);
        too_much.put(Table::Edge, b"3", vec![0; 12 << 20]);
        assert!(matches!(lease.commit(too_much), Err(LedgerError::TooLong { .. })));
    });
}

#[test]
fn a_store_without_or_with_a_ledger_is_told_apart() {
    on_both(|place| {
        assert!(matches!(Ledger::open(place.store()), Err(LedgerError::Empty)));
        let ledger = Ledger::open_or_create(place.store()).unwrap();
        let created = ledger.header().clone();
        drop(ledger);
        assert!(matches!(Ledger::create(place.store()), Err(LedgerError::Exists)));
        assert_eq!(*Ledger::open_or_create(place.store()).unwrap().header(), created);
        assert_eq!(created.store_id.len(), 32);
        assert_ne!(created.store_key, Header::random().unwrap().store_key);
    });
}

#[test]
fn a_newer_schema_is_refused_with_both_versions() {
    on_both(|place| {
        let store = place.store();
        let mut batch = Batch::new();
        batch.put(keys::HEADER, b"\x09{\"schema_version\":7,\"something\":\"new\"}".to_vec());
        store.commit(&batch, &[]).unwrap();
        let error = Ledger::open_or_create(store).unwrap_err();
        expect![["the store has schema version 7, this program knows versions up to 1; use a newer program"]]
            .assert_eq(&error.to_string());
    });
}

#[test]
fn damaged_rows_are_errors() {
    let place = Place::Memory(MemoryStore::new());
    let ledger = place.create();
    add(&ledger, "p/a@1=Ann");
    let rows = place.rows();
    for (key, value) in &rows {
        for damage in [&b""[..], b"\x01", b"\x02{}", b"\x01{\"no", b"\x01[1,2]", b"\x01zzzzzzzzzzzz{}"] {
            let mut batch = Batch::new();
            batch.put(key.clone(), damage);
            ledger.store.commit(&batch, &[]).unwrap();
            // No panic is what matters; some rows have no content to be damaged.
            let _ = Ledger::open(place.store());
            let _ = ledger.view().and_then(|view| view.counts());
            let _ = ledger.view().and_then(|view| view.accounts().collect::<Result<Vec<_>, _>>());
            let _ = ledger.view().and_then(|view| view.history(None, 9));
            let _ = ledger.forget_source("s", day("0"), &mut LeaveWaiting);
            let mut batch = Batch::new();
            batch.delete_range(KeyRange::all());
            rows.iter().for_each(|(key, value)| batch.put(key.clone(), value.clone()));
            ledger.store.commit(&batch, &[]).unwrap();
        }
        let _ = value;
    }
    for table in 1..=0x60 {
        let mut batch = Batch::new();
        batch.put([table, 1, 2, 3], *b"zz");
        ledger.store.commit(&batch, &[]).unwrap();
    }
    let damaged = ledger.view().unwrap().accounts().collect::<Result<Vec<_>, _>>().unwrap_err();
    expect!["a row of the store cannot be read: the key of an account"].assert_eq(&damaged.to_string());
}

#[test]
fn the_store_key_is_not_shown() {
    let ledger = Place::Memory(MemoryStore::new()).create();
    assert!(format!("{ledger:?}").contains("StoreKey(..)"));
    assert_eq!(format!("{:?}", ledger.header().store_key), "StoreKey(..)");
}

#[test]
fn a_power_cut_while_applying_loses_nothing() {
    let store = MemoryStore::new();
    let place = Place::Memory(store.clone());
    let ledger = place.create();
    let file: Vec<_> = (0..30).map(|n| format!("p/a{n:02}@1=Ann")).collect();
    let mut import = ledger.begin_import(options()).unwrap();
    import.stage(&records(&file.join(" "))).unwrap();
    let sealed = import.seal().unwrap();
    let mut chunks = 0;
    let mut stop = |_: &Chunk<'_>, _: &mut Changes| {
        chunks += 1;
        if chunks == 3 { Err("stop".into()) } else { Ok(()) }
    };
    sealed.apply(&mut stop).unwrap_err();
    assert_eq!(ledger.view().unwrap().counts().unwrap().accounts, 8);
    drop(ledger);
    store.cut_power();
    assert_eq!(place.open().view().unwrap().counts().unwrap().accounts, 30);
}

/// Runs `work` on a copy of the same ledger again and again, with the first, the second … commit failing in each way,
/// and checks that what is found after the next open is the state before or the state after.
fn crash_everywhere(prepare: impl Fn(&Ledger), work: impl Fn(&Ledger) -> Result<(), LedgerError>, seals: &[&str]) {
    let run = |place: &Place, when: FailWhen, failure: Failure| {
        prepare(&place.create());
        let store = FailingStore::new(place.store(), when, failure);
        let commits = store.commits();
        let outcome = Ledger::open(Box::new(store)).and_then(|ledger| work(&ledger));
        (outcome, commits.load(Ordering::SeqCst))
    };
    let clean = Place::Memory(MemoryStore::new());
    prepare(&clean.create());
    let before = clean.rows();
    let clean = Place::Memory(MemoryStore::new());
    let (outcome, commits) = run(&clean, FailWhen::Never, Failure::Io);
    outcome.unwrap();
    let after = clean.rows();
    assert!(before != after);

    let mut found = BTreeSet::new();
    for failure in [Failure::Io, Failure::DiskFull, Failure::AfterWriting] {
        for number in 1..=commits {
            on_both(|place| {
                let (outcome, _) = run(place, FailWhen::From(number), failure);
                let last_written = failure == Failure::AfterWriting && number == commits;
                assert!(outcome.is_err() || last_written, "commit {number} of {commits} failed unseen");
                for number in 1..3 {
                    // Recovery may be cut short as well.
                    drop(Ledger::open(Box::new(FailingStore::new(place.store(), FailWhen::From(number), failure))));
                }
                drop(place.open());
                let rows = place.rows();
                assert!(rows == before || rows == after, "commit {number} of {commits}, {failure:?}");
            });
            let place = Place::Memory(MemoryStore::new());
            let _ = run(&place, FailWhen::From(number), failure);
            if let Place::Memory(store) = &place {
                store.cut_power();
            }
            drop(place.open());
            let rows = place.rows();
            assert!(rows == before || rows == after, "power cut after {number} of {commits}, {failure:?}");
            found.insert(if rows == after { "after" } else { "before" });
        }
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), seals);
}

#[test]
fn an_import_that_dies_anywhere_is_whole_or_not_there() {
    crash_everywhere(
        |ledger| {
            add(ledger, "p/c@1=Cat p/b:l0@1=Held p/x:l1@1=Held");
        },
        |ledger| {
            let file: Vec<_> =
                (0..12).map(|n| format!("p/{}@{n}=New p/b:l{n}@1=Bag", ["a", "b", "c"][n % 3])).collect();
            let records = records(&file.join(" "));
            let mut import = ledger.begin_import(options())?;
            import.stage(&records[..11])?;
            import.stage(&records[11..])?;
            import.seal()?.apply_unlinked().map(drop)
        },
        &["after", "before"],
    );
}

#[test]
fn a_forget_that_dies_anywhere_is_whole_or_not_begun() {
    let prepare = |ledger: &Ledger| {
        let file: Vec<_> = (0..9).map(|n| format!("p/a{n}@1#s=Ann p/a{n}:l1@1#t=Bag p/a{n}@{n}#t=Ann")).collect();
        add(ledger, &file.join(" "));
        add(ledger, "p/b@1#s=Bob p/b:l1@1#t=Bag p/b:l2@1#s=Bag p/c!e1@1#s=UPHELD");
        judge(ledger, "p/a1", "p/b", Verdict::Same);
    };
    crash_everywhere(
        prepare,
        |ledger| ledger.forget_source("s", day("0"), &mut LeaveWaiting).map(drop),
        &["after", "before"],
    );
    crash_everywhere(
        prepare,
        |ledger| ledger.forget_account(&key("p/b"), day("0"), &mut LeaveWaiting).map(drop),
        &["after", "before"],
    );
}

#[test]
fn a_rebuild_that_dies_anywhere_leaves_the_old_rows_or_the_new() {
    crash_everywhere(
        |ledger| {
            ledger.put_epoch(1, b"one").unwrap();
            ledger.add(&records("p/a@1=Ann p/b@1=Bob"), options(), &mut Told(Vec::new())).unwrap().unwrap();
        },
        |ledger| {
            let mut rebuild = ledger.rebuild()?;
            for name in ["one", "two", "three"] {
                rebuild.put(Table::Profile, name.as_bytes(), "new".repeat(20))?;
            }
            rebuild.finish_at(1, "2 accounts", day("0"))
        },
        &["after", "before"],
    );
}

#[test]
fn a_failed_write_leaves_an_import_that_cannot_be_sealed() {
    let inner = MemoryStore::new();
    let place = Place::Memory(inner.clone());
    drop(place.create());
    let ledger = Ledger::open(Box::new(FailingStore::new(inner, FailWhen::Once(1), Failure::DiskFull))).unwrap();
    let mut import = ledger.begin_import(options()).unwrap();
    assert!(matches!(import.stage(&records("p/a@1")), Err(LedgerError::Store(_))));
    assert!(matches!(import.stage(&records("p/b@1")), Err(LedgerError::ImportFailed)));
    assert!(matches!(import.seal(), Err(LedgerError::ImportFailed)));
    add(&ledger, "p/a@1=Ann");
    assert_eq!(ledger.view().unwrap().counts().unwrap().accounts, 1);
}

#[test]
fn times_sort_in_keys_as_they_do() {
    let nanoseconds = [i128::MIN, -1_500_000_001, -1, 0, 1, 1_000_000_000, 1_700_000_000_000_000_001];
    let times: Vec<_> = nanoseconds.iter().map(|n| Timestamp::from_nanosecond(*n).unwrap_or(Timestamp::MIN)).collect();
    let keys: Vec<_> = times.iter().map(|at| keys::time(*at)).collect();
    assert!(keys.is_sorted());
    for (time, key) in times.iter().zip(&keys) {
        assert_eq!(keys::read_time(key), Some(*time));
    }
    assert_eq!(keys::read_time(&keys::time(Timestamp::MAX)), Some(Timestamp::MAX));
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/golden/store-v1");

/// Files that every version must read. The others hold paths or are made anew.
fn is_golden(name: &str) -> bool {
    name == "CURRENT" || name.starts_with("MANIFEST-") || name.ends_with(".log")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if is_golden(&entry.file_name().to_string_lossy()) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// `UPDATE=1` writes the store anew; do that only for a new schema version, in a directory of its own.
#[test]
fn a_store_of_version_1_is_still_read() {
    if std::env::var_os("UPDATE").is_some() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Place::Disk(directory.path().to_owned()).create();
        add(&ledger, "p/a@1#s=Ann p/a@2#t=Anna p/b@1=Bob p/a:l1@1=Bag p/a!e1@3=UPHELD p/x:l9@1=Held");
        let first = judge(&ledger, "p/a", "p/b", Verdict::Same);
        judge(&ledger, "p/a", "p/b", Verdict::Unsure);
        ledger.undo_judgement(first, "lee", day("2")).unwrap();
        ledger.put_epoch(0, b"the first epoch").unwrap();
        let mut rebuild = ledger.rebuild().unwrap();
        rebuild.put(Table::Profile, b"p/a", "a profile").unwrap();
        rebuild.finish_at(0, "2 accounts", day("2")).unwrap();
        add(&ledger, "p/c@1=Cat");
        drop(ledger);
        let _ = std::fs::remove_dir_all(GOLDEN);
        copy(directory.path(), Path::new(GOLDEN));
    }
    let directory = tempfile::tempdir().unwrap();
    copy(Path::new(GOLDEN), directory.path());
    let ledger = Place::Disk(directory.path().to_owned()).open();
    assert_eq!(*ledger.header(), header());
    check(
        &ledger,
        expect![[r#"
            accounts 3, enforcements 1, held_listings 1, listings 2, observations 4, waiting 1
            p/a@1#s=Ann p/a@2#t=Anna p/a:l1@1=Bag p/a!e1@3=UPHELD
            p/b@1=Bob
            p/c@1=Cat
            waiting: p/c
            judgement 0: p/a p/b Same "seen" by kim, undone by lee
            judgement 1: p/a p/b Unsure "seen" by kim"#]],
    );
    assert_eq!(profiles(&ledger), "p/a a profile");
    let view = ledger.view().unwrap();
    assert_eq!((view.current_epoch(), view.epoch(0).unwrap()), (Some(0), Some(b"the first epoch".to_vec())));
    expect![[r#"
        0 IMPORT 3 account, 2 listing and 1 enforcement observations, 1 held
        1 LINK 2 accounts
        2 IMPORT 1 account, 0 listing and 0 enforcement observations, 0 held"#]]
    .assert_eq(&history(&ledger).join("\n"));
}

fn any_record() -> impl Strategy<Value = String> {
    let subject = (0..5_u8, 0..3_u8, 0..3_u8).prop_map(|(account, kind, id)| match kind {
        0 => format!("p/a{account}"),
        1 => format!("p/a{account}:l{id}"),
        _ => format!("p/a{account}!e{id}"),
    });
    // The text follows from the rest, so that no two records contradict one another.
    (subject, 0..3_u8, prop_oneof![Just("s"), Just("t")])
        .prop_map(|(subject, day, source)| format!("{subject}@{day}#{source}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_and_chunks_of_an_import_do_not_matter(
        (file, shuffled) in proptest::collection::vec(any_record(), 0..40)
            .prop_flat_map(|file| (Just(file.clone()), Just(file).prop_shuffle())),
        (stage_size, import_size) in (1..12_usize, 1..40_usize),
        again in 0..40_usize,
        forget in any::<bool>(),
        on_disk in proptest::bool::weighted(0.1),
    ) {
        let one = Place::Memory(MemoryStore::new()).create();
        add(&one, &file.join(" "));

        let directory = tempfile::tempdir().unwrap();
        let place =
            if on_disk { Place::Disk(directory.path().to_owned()) } else { Place::Memory(MemoryStore::new()) };
        let other = place.create();
        for part in shuffled.chunks(import_size) {
            let mut import = other.begin_import(options()).unwrap();
            for chunk in part.chunks(stage_size) {
                prop_assert_eq!(import.stage(&records(&chunk.join(" "))).unwrap(), []);
            }
            import.seal().unwrap().apply_unlinked().unwrap();
        }
        add(&other, &shuffled[again.min(shuffled.len())..].join(" "));
        prop_assert_eq!(dump(&one), dump(&other));

        if forget {
            for ledger in [&one, &other] {
                let _ = ledger.forget_source("s", day("0"), &mut LeaveWaiting);
            }
            prop_assert_eq!(dump(&one), dump(&other));
            let of_t: Vec<_> = file.iter().filter(|record| record.ends_with("#t")).cloned().collect();
            let fresh = Place::Memory(MemoryStore::new()).create();
            add(&fresh, &of_t.join(" "));
            let without_waiting = |ledger: &Ledger| {
                let mut changes = ledger.lease().unwrap().changes().unwrap();
                for account in ledger.view().unwrap().waiting(None, 99).unwrap() {
                    changes.settle(&account);
                }
                ledger.lease().unwrap().commit(changes).unwrap();
                dump(ledger)
            };
            prop_assert_eq!(without_waiting(&other), without_waiting(&fresh));
            add(&other, &file.join(" "));
            prop_assert_eq!(without_waiting(&other), without_waiting(&one_again(&file)));
        }
    }
}

fn one_again(file: &[String]) -> Ledger {
    let ledger = Place::Memory(MemoryStore::new()).create();
    add(&ledger, &file.join(" "));
    ledger
}
