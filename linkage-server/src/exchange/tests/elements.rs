//! Strong identifiers come to the hub one by one, and are found by their boxes.

use std::collections::{BTreeSet, HashMap};

use super::*;

/// An account that shows a telephone number and nothing else of its own.
fn seller(id: usize, phone: usize) -> String {
    let phone = format!("+4420794{phone:05}");
    format!(
        r#"{{"platform": "a", "account_id": "{id}", "observed_at": "2026-01-01T00:00:00Z", "phones": ["{phone}"]}}"#
    )
}

fn file(live: &Live, member: usize, sellers: &[String]) -> PathBuf {
    live.file(member, "sellers.jsonl", &sellers.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What members have submitted, in the order in which it came.
fn submissions(live: &Live) -> Vec<wire::SubmitPayload> {
    journal_submissions(&live.world.ceremony.hub).unwrap()
}

/// The elements and tags of a member's tokens, by class.
fn tokens(live: &Live, member: usize) -> HashMap<Vec<u8>, ClassCode> {
    let bytes = std::fs::read(live.world.ceremony.members[member].join("epoch-1/tokens.bin")).unwrap();
    let token = |row: &[u8]| {
        let class = ClassCode(u16::from_be_bytes([row[0], row[1]]));
        let token = Token(row[18..].try_into().unwrap());
        let is_element = Classes::shipped().unwrap().tier(class) == Tier::Joinable;
        (if is_element { token.0.to_vec() } else { token.tag().0.to_vec() }, class)
    };
    bytes.chunks_exact(50).map(token).collect()
}

fn shown(handle: u8, element: &[u8]) -> wire::JoinableElement {
    wire::JoinableElement { handle: vec![handle; 16], element: element.to_vec() }
}

fn elements(elements: Vec<wire::JoinableElement>) -> wire::SubmitPayload {
    wire::SubmitPayload { elements, ..Default::default() }
}

fn joins(world: &World, hub: &Hub, member: usize) -> Vec<(Vec<u8>, String)> {
    let envelope = Some(world.envelope(member, "ListJoins", ()));
    let listed = run(hub.list_joins(Request::new(wire::ListJoinsRequest { envelope }))).unwrap().into_inner();
    listed.joins.into_iter().map(|join| (join.handle, join.member)).collect()
}

#[test]
fn an_identifier_comes_alone_under_a_handle_of_its_own_and_once_whatever_accounts_show_it() {
    let live = live([true, true, true]);
    // Two accounts with one telephone, and one of them with a payee besides.
    let both = seller(2, 1).replace("}", r#", "payments": [{"scheme": "PAYPAL", "value": "a@pay.example"}]}"#);
    live.member(0).submit(&file(&live, 0, &[seller(1, 1), both.clone()]), None).unwrap();
    let submitted = submissions(&live);
    let kinds = |of: &wire::SubmitPayload| [of.pseudonyms.len(), of.elements.len(), of.entries.len()];
    assert_eq!(submitted.iter().map(kinds).collect::<Vec<_>>(), [[2, 0, 0], [0, 1024, 0], [0, 0, 4096]]);
    let elements: Vec<&wire::JoinableElement> = submitted.iter().flat_map(|of| &of.elements).collect();
    assert_eq!(elements.iter().map(|shown| &shown.handle).collect::<BTreeSet<_>>().len(), 1024);
    assert_eq!(elements.iter().map(|shown| &shown.element).collect::<BTreeSet<_>>().len(), 1024);
    let own = tokens(&live, 0);
    assert_eq!(elements.iter().filter(|shown| own.contains_key(&shown.element)).count(), 2);
    // A third account brings nothing that is there already.
    live.member(0).submit(&file(&live, 0, &[seller(1, 1), both, seller(3, 1)]), None).unwrap();
    let again: Vec<wire::JoinableElement> = submissions(&live).into_iter().flat_map(|of| of.elements).collect();
    assert_eq!(again.len(), 2048);
    assert_eq!(again.iter().filter(|shown| own.contains_key(&shown.element)).count(), 2);
}

#[test]
fn that_an_account_shows_no_identifier_is_not_seen() {
    let live = live([true, true, true]);
    live.member(0).submit(&live.file(0, "export.jsonl", &[OTHER_SELLER]), None).unwrap();
    assert_eq!(submissions(&live).iter().map(|of| of.elements.len()).sum::<usize>(), 1024);
}

#[test]
fn elements_and_entries_are_in_no_order_of_accounts() {
    let live = live([true, true, true]);
    live.member(0).submit(&file(&live, 0, &(0..40).map(|at| seller(at, at)).collect::<Vec<_>>()), None).unwrap();
    let own = tokens(&live, 0);
    let submitted = submissions(&live);
    let elements = submitted.iter().flat_map(|of| &of.elements).map(|shown| &shown.element);
    let entries = submitted.iter().flat_map(|of| &of.entries).map(|entry| &entry.tag);
    // Real ones lie among the random ones: 40 in the first half or in the second come once in 2³⁸ runs.
    for (values, half) in [(elements.collect::<Vec<_>>(), 512), (entries.collect(), 2048)] {
        let places: Vec<usize> = (0..values.len()).filter(|at| own.contains_key(values[*at])).collect();
        assert!(40 <= places.len() && places[0] < half && half <= places[places.len() - 1], "{places:?}");
    }
    let kept = std::fs::read_to_string(live.world.ceremony.members[0].join("epoch-1/accounts.json")).unwrap();
    let pseudonyms: Vec<Vec<u8>> =
        submitted.iter().flat_map(|of| &of.pseudonyms).map(|new| new.pseudonym.clone()).collect();
    let place = |id: &Vec<u8>| {
        let digits: Vec<String> = id.iter().map(u8::to_string).collect();
        kept.split_whitespace().collect::<String>().find(&digits.join(",")).unwrap()
    };
    let places: Vec<usize> = pseudonyms.iter().map(place).collect();
    assert!(!places.is_sorted(), "{places:?}");
}

#[test]
fn what_may_be_of_one_account_is_not_taken_together() {
    let world = world();
    let hub = world.hub();
    let point = points(1).elements.remove(0);
    let send = |payload| submit(&hub, world.envelope(0, "Submit", payload));
    let key = OpeningKey::random(&mut OsRng);
    let with_pseudonym = wire::SubmitPayload { elements: vec![shown(1, &point)], ..pseudonym(1, &key) };
    refused(send(with_pseudonym), Code::InvalidArgument, "not together");
    let with_entries = wire::SubmitPayload { elements: vec![shown(1, &point)], ..entries(1) };
    refused(send(with_entries), Code::InvalidArgument, "not together");
    refused(send(elements(vec![shown(1, &[0; 32])])), Code::InvalidArgument, "element 0");
    refused(send(elements(vec![shown(1, &point); 1025])), Code::InvalidArgument, "at most 1024");
    let long = wire::JoinableElement { handle: vec![1; 17], element: point.clone() };
    refused(send(elements(vec![long])), Code::InvalidArgument, "16 bytes");
    assert!(journal_envelopes(&world.ceremony.hub).unwrap().is_empty());
    // A second element under a handle that is there is not kept: no handle has two, and none is taken over.
    let other = points(1).elements.remove(0);
    send(elements(vec![shown(1, &point), shown(1, &other)])).unwrap();
    submit(&hub, world.envelope(1, "Submit", elements(vec![shown(1, &other), shown(2, &other)]))).unwrap();
    assert_eq!(joins(&world, &hub, 1), []);
    submit(&hub, world.envelope(1, "Submit", elements(vec![shown(3, &point)]))).unwrap();
    assert_eq!(joins(&world, &hub, 1), [(vec![3; 16], "left".to_owned())]);
    assert_eq!(joins(&world, &hub, 0), [(vec![1; 16], "right".to_owned())]);
}

#[test]
fn a_join_with_a_canary_raises_an_alarm() {
    let world = world();
    let mut secrets: files::HubSecrets = files::read(&world.ceremony.hub, files::HUB).unwrap();
    secrets.canary_members = vec!["right".into()];
    files::write(&world.ceremony.hub, files::HUB, &secrets).unwrap();
    let hub = world.hub();
    let point = points(1).elements.remove(0);
    let audit = || std::fs::read_to_string(world.ceremony.hub.join("audit.jsonl")).unwrap();
    submit(&hub, world.envelope(1, "Submit", elements(vec![shown(1, &point)]))).unwrap();
    assert_eq!(joins(&world, &hub, 0), []);
    assert!(!audit().contains("CANARY_JOINED"));
    submit(&hub, world.envelope(0, "Submit", elements(vec![shown(2, &point)]))).unwrap();
    joins(&world, &hub, 0);
    assert!(audit().contains("CANARY_JOINED"));
}

#[test]
fn a_seller_is_looked_up_by_one_strong_identifier_alone() {
    let live = live([true, true, true]);
    let payee = |account: &str| {
        format!(
            r#"{{"platform": "b", "account_id": "{account}", "observed_at": "2026-01-01T00:00:00Z",
            "payments": [{{"scheme": "IBAN", "value": "GB33BUKB20201555555555"}}]}}"#
        )
    };
    live.member(1).submit(&file(&live, 1, &[payee("7"), seller(1, 1)]), None).unwrap();
    let before = submissions(&live).len();
    let found = live.member(0).lookup(&file(&live, 0, &[payee("8")]), None).unwrap();
    assert_eq!(found.iter().map(|link| (link.account.as_str(), link.opened)).collect::<Vec<_>>(), [("b/8", true)]);
    assert_eq!(submissions(&live).len(), before);
    assert_eq!(live.member(0).lookup(&file(&live, 0, &[seller(9, 9)]), None).unwrap(), []);
}

#[test]
fn an_identifier_of_too_many_own_accounts_joins_nobody() {
    let live = live([true, true, true]);
    let sellers = |count: usize| (0..count).map(|at| seller(at, 1)).collect::<Vec<_>>();
    live.member(1).submit(&file(&live, 1, &sellers(1)), None).unwrap();
    live.member(0).submit(&file(&live, 0, &sellers(32)), None).unwrap();
    assert_eq!(live.member(0).joins().unwrap().len(), 32);
    let one = Joined { account: "a/0".into(), identifier: "PHONE".into(), member: "left".into() };
    assert_eq!(live.member(1).joins().unwrap(), [one]);
    // One more, and it is an agent's.
    live.member(0).submit(&file(&live, 0, &sellers(33)), None).unwrap();
    assert_eq!(live.member(0).joins().unwrap(), []);
}

#[test]
fn an_element_does_not_open_the_box_of_the_same_identifier() {
    let live = live([true, true, true]);
    live.member(0).submit(&file(&live, 0, &[seller(1, 1)]), None).unwrap();
    let submitted = submissions(&live);
    let boxes: Vec<&Vec<u8>> = submitted.iter().flat_map(|of| &of.entries).map(|entry| &entry.sealed_box).collect();
    let tags: BTreeSet<&Vec<u8>> = submitted.iter().flat_map(|of| &of.entries).map(|entry| &entry.tag).collect();
    let own = tokens(&live, 0);
    let all: Vec<&Vec<u8>> = submitted.iter().flat_map(|of| &of.elements).map(|shown| &shown.element).collect();
    let element = all.into_iter().find(|element| own.contains_key(*element)).unwrap();
    let token = Token(element.as_slice().try_into().unwrap());
    assert!(!tags.contains(&token.tag().0.to_vec()));
    assert!(boxes.iter().all(|sealed| linkage_core::privacy::sealed::open(&token, sealed).is_none()));
}

#[test]
fn a_folder_of_a_version_with_other_classes_is_refused() {
    let world = world();
    let mut published: files::Published = files::read(&world.ceremony.hub, files::PUBLISHED).unwrap();
    published.keys.retain(|key| key.class < 47);
    files::write(&world.ceremony.hub, files::PUBLISHED, &published).unwrap();
    let error = Hub::open(&world.ceremony.hub).map(drop).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "published.json: expected keys of the classes of this version; deal keys anew (`linkage exchange ceremony`)"
        ),
        "{error}"
    );
}
