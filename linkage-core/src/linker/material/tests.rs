//! Each test is a way in which one site follows another, or seems to.
//! A site is written `name opened closed`, with days as numbers and `-` for a site that is still there.

use expect_test::{Expect, expect};

use super::super::{Linker, NetworkId};
use crate::ledger::AnyRecord;
use crate::record::{AccountDraft, AccountKey};
use crate::score::Band;

fn day(number: u32) -> String {
    format!("{}-{:02}-{:02}T08:00:00Z", 2020 + number / 336, number / 28 % 12 + 1, number % 28 + 1)
}

fn site(linker: &Linker, text: &str) -> AnyRecord {
    let mut fields = text.split_whitespace();
    let mut field = || fields.next().unwrap();
    let name = field();
    let time = |text: &str| text.parse().map(day).unwrap_or_default();
    let draft = AccountDraft {
        platform: "web".into(),
        account_id: name.into(),
        observed_at: "2026-01-01T00:00:00Z".into(),
        kind: "WEBSITE".into(),
        urls: vec![format!("https://{name}")],
        opened_at: time(field()),
        closed_at: time(field()),
        ..AccountDraft::default()
    };
    draft.check(linker.intake()).unwrap().into()
}

/// Operators of twelve sites each, who have nothing to do with each other, nor with any that a test names.
fn others() -> impl Iterator<Item = String> {
    let letters = |mut number: u32| -> String {
        let letter = |rest: &mut u32| {
            let letter = char::from(b'a' + (*rest % 26) as u8);
            *rest = *rest / 26 + 7 * (*rest % 26);
            letter
        };
        (0..9).map(|_| letter(&mut number)).collect()
    };
    const ENDINGS: [&str; 12] =
        ["example", "test", "com", "net", "org", "info", "shop", "store", "online", "site", "club", "top"];
    let site = move |number: u32| {
        let ending = ENDINGS[number as usize % ENDINGS.len()];
        format!("{}.{ending} {} -", letters(7_919 * (number / 12 + 3)), 1_000 + 2 * number)
    };
    (0..600).map(site)
}

fn linked(sites: &[&str]) -> Linker {
    let linker = Linker::in_memory().unwrap();
    let others: Vec<String> = others().collect();
    let all = others.iter().map(String::as_str).chain(sites.iter().copied());
    let records: Vec<AnyRecord> = all.map(|text| site(&linker, text)).collect();
    linker.add(&records, false).unwrap();
    linker.link(&mut |_| {}, &std::sync::atomic::AtomicBool::new(false)).unwrap();
    linker
}

fn lead(linker: &Linker, name: &str) -> NetworkId {
    let mut found = None;
    let key = AccountKey::new("web", name).unwrap();
    linker
        .memberships(Band::Lead, &mut |member| {
            found = found.or((member.account == key).then_some(member.network));
            Ok(())
        })
        .unwrap();
    found.unwrap()
}

/// Whether the first two sites are one network at LEAD, and what their succession weighs.
#[track_caller]
fn check(sites: &[&str], expected: Expect) {
    let linker = linked(sites);
    let [left, right] = [0, 1].map(|at| sites[at].split(' ').next().unwrap());
    let [one, other] = [left, right].map(|name| AccountKey::new("web", name).unwrap());
    let why = linker.explain(&one, &other).unwrap();
    let found = why.terms.iter().find(|term| term.kind == "SUCCESSION");
    let weighs = found.map_or_else(|| "nothing".to_owned(), |term| format!("{:.0} bits", term.bits));
    let together = if lead(&linker, left) == lead(&linker, right) { "one network" } else { "two networks" };
    expected.assert_eq(&format!("succession: {weighs}, {together}"));
}

#[test]
fn a_site_that_opens_under_a_like_name_when_another_closes_is_a_lead() {
    check(&["tidewatershoes.example 5 40", "bluetidewater.example 40 -"], expect!["succession: 8 bits, one network"]);
}

#[test]
fn under_another_name_it_is_not_enough() {
    check(&["tidewatershoes.example 5 40", "gramophone.example 40 -"], expect!["succession: 8 bits, two networks"]);
}

#[test]
fn twice_is_enough_under_any_name() {
    check(
        &["tidewatershoes.example 5 40", "gramophone.example 40 60", "tidewatershoes.test 60 -"],
        expect!["succession: 18 bits, one network"],
    );
}

#[test]
fn what_its_own_network_explains_is_no_succession() {
    check(
        &["tidewatershoes.example 5 40", "gramophone.example 40 -", "tidewatershoes.test 40 -"],
        expect!["succession: nothing, two networks"],
    );
}

#[test]
fn on_a_day_on_which_many_come_and_go_it_means_nothing() {
    let names = ["quillon", "marzipan", "obelisk", "farthing", "juniper"];
    let crowd: Vec<String> =
        names.iter().flat_map(|name| [format!("{name}a.example 6 40"), format!("x{name}z.test 40 -")]).collect();
    let mut sites = vec!["tidewatershoes.example 5 40", "bluetidewater.example 40 -"];
    sites.extend(crowd.iter().map(String::as_str));
    check(&sites, expect!["succession: nothing, two networks"]);
}

#[test]
fn what_comes_after_the_epoch_waits_for_the_next() {
    let linker = linked(&["tidewatershoes.example 5 40"]);
    linker.add(&[site(&linker, "bluetidewater.example 40 -")], true).unwrap();
    assert_ne!(lead(&linker, "tidewatershoes.example"), lead(&linker, "bluetidewater.example"));
    linker.link(&mut |_| {}, &std::sync::atomic::AtomicBool::new(false)).unwrap();
    assert_eq!(lead(&linker, "tidewatershoes.example"), lead(&linker, "bluetidewater.example"));
}
