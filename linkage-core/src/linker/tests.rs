//! The law: under one epoch the edges, weights and networks are a function of the live records and judgements alone.
//!
//! Worlds are small and crowded on purpose: few names, few telephones, so that links form, keys cross their caps, and
//! components merge and split.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use proptest::prelude::*;

use super::rebuild::partition_digest;
use super::*;
use crate::ledger::{AnyRecord, JudgementId, NewJudgement, Verdict};
use crate::record::{
    Account, AccountDraft, AddressDraft, AttributeDraft, ImageDraft, Listing, ListingDraft, PaymentDraft, PersonDraft,
    PriceDraft, TrackerDraft,
};
use crate::resolve::Partition;
use crate::score::{Band, Tie};

const NAMES: [&str; 6] =
    ["Wang Xiaoming", "王小明", "John Smith", "Jon Smith", "Zsuzsanna Kertesz", "Kertész Zsuzsanna"];

/// Pictures of which each is a few bits from the one before: the same, or nearly so.
const PICTURES: [&str; 4] = [
    "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b25",
    "0000f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b25",
    "00000000e0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b25",
];

/// What one account shows, as small numbers; 0 is nothing.
#[derive(Clone, Copy, Debug)]
struct Shown {
    name: u8,
    phone: u8,
    mail: u8,
    payee: u8,
    street: u8,
    tracker: u8,
    text: u8,
    picture: u8,
    offer: u8,
}

fn shown() -> impl Strategy<Value = Shown> {
    let who = (0..6_u8, 0..3_u8, 0..5_u8, 0..9_u8);
    let what = (0..3_u8, 0..5_u8, 0..4_u8, 0..5_u8, 0..4_u8);
    (who, what).prop_map(|((name, phone, mail, payee), (street, tracker, text, picture, offer))| Shown {
        name,
        phone,
        mail,
        payee,
        street,
        tracker,
        text,
        picture,
        offer,
    })
}

/// What there is of a number that is not 0.
fn some<T>(number: u8, value: T) -> Vec<T> {
    if number == 0 { Vec::new() } else { vec![value] }
}

/// Texts that share more or less of their words.
fn text(number: u8) -> String {
    let ending =
        ["", "from our own workshop", "from a new warehouse", "and quite another story is told of it behind that"];
    let ending = ending[usize::from(number) % 4];
    format!("Hand made in small batches from full grain leather with brass fittings and a cotton lining {ending}")
}

fn images(picture: u8) -> Vec<ImageDraft> {
    let pdq = PICTURES[usize::from(picture) % 4].to_owned();
    some(picture, ImageDraft { pdq, ..ImageDraft::default() })
}

fn account(linker: &Linker, number: usize, shown: Shown) -> Account {
    let Shown { name, phone, mail, payee, street, tracker, text, picture, .. } = shown;
    let draft = AccountDraft {
        platform: ["ebay_uk", "tiktok"][number % 2].to_owned(),
        account_id: format!("a{number:03}"),
        observed_at: "2026-01-01T00:00:00Z".to_owned(),
        persons: vec![PersonDraft {
            name: NAMES[usize::from(name) % NAMES.len()].to_owned(),
            ..PersonDraft::default()
        }],
        phones: some(phone, format!("+44790012340{phone}")),
        emails: some(mail, format!("seller{mail}@example.com")),
        payments: some(
            payee,
            PaymentDraft { scheme: "PAYPAL".into(), value: format!("p{payee}@example.com"), ..PaymentDraft::default() },
        ),
        addresses: some(
            street,
            AddressDraft {
                street: format!("{street} Tanner Row"),
                postcode: "LS1 4AP".into(),
                ..AddressDraft::default()
            },
        ),
        trackers: some(
            tracker,
            TrackerDraft { scheme: "ADSENSE".into(), value: format!("pub-123456789012345{tracker}") },
        ),
        urls: some(tracker / 4, "https://www.ebay.co.uk/usr/a001".to_owned()),
        description: if text == 0 { String::new() } else { self::text(text) },
        images: images(picture / 2),
        opened_at: format!("2025-02-0{}T08:00:00Z", 1 + street + mail),
        closed_at: if phone == 0 { String::new() } else { format!("2025-02-0{}T08:00:00Z", 3 + name) },
        attributes: some(text, AttributeDraft { name: "template".into(), value: format!("blue {text}") }),
        ..AccountDraft::default()
    };
    draft.check(linker.intake()).unwrap()
}

/// What it offers, if anything.
fn offer(linker: &Linker, number: usize, Shown { offer, picture, text, .. }: Shown) -> Vec<Listing> {
    let draft = ListingDraft {
        platform: ["ebay_uk", "tiktok"][number % 2].to_owned(),
        listing_id: format!("l{number:03}"),
        account_id: format!("a{number:03}"),
        observed_at: "2026-01-01T00:00:00Z".to_owned(),
        title: format!("Leather bag {offer} free shipping"),
        description: self::text(offer + text),
        gtin: ["4006381333931", "4006381333932"][usize::from(offer) % 2].to_owned(),
        price: Some(PriceDraft { currency: "GBP".into(), amount: format!("12.{offer}") }),
        images: images(picture),
        ..ListingDraft::default()
    };
    some(offer, draft.check(linker.intake()).unwrap())
}

fn world() -> impl Strategy<Value = Vec<Shown>> {
    prop::collection::vec(shown(), 1..45)
}

/// Edges with their weights, bands and ties, and a digest of the partitions.
type Links = (Vec<(String, String, i64, &'static str, Option<&'static str>)>, String);

/// What the store says.
fn stored(linker: &Linker) -> Links {
    let mut edges = Vec::new();
    linker
        .links(Band::None, &mut |link| {
            let steps = (link.weight_bits * 4096.0).round() as i64;
            edges.push((link.left.to_string(), link.right.to_string(), steps, link.band.name(), link.tie));
            Ok(())
        })
        .unwrap();
    edges.sort();
    let mut keys = Vec::new();
    let mut partitions = [Vec::new(), Vec::new()];
    for (band, partition) in [Band::Act, Band::Lead].into_iter().zip(&mut partitions) {
        let mut first: BTreeMap<NetworkId, u32> = BTreeMap::new();
        keys.clear();
        linker
            .memberships(band, &mut |member| {
                let place = keys.len() as u32;
                partition.push(*first.entry(member.network).or_insert(place));
                keys.push(member.account);
                Ok(())
            })
            .unwrap();
    }
    let [act, lead] = partitions.map(Partition);
    (edges, partition_digest(&keys, &act, &lead))
}

/// What linking all live accounts anew under the epoch in force would say.
fn anew(linker: &Linker) -> Links {
    let view = linker.ledger().view().unwrap();
    let accounts: Vec<_> = view.accounts().map(Result::unwrap).collect();
    let keys: Vec<AccountKey> = accounts.iter().map(|dossier| dossier.key.clone()).collect();
    let profiles: Vec<Profile> = accounts.iter().map(|dossier| profile_of(dossier, &linker.keyer)).collect();
    let judged = rebuild::judged_by_place(&view, &keys).unwrap();
    let epoch = linker.epoch().unwrap();
    let never = AtomicBool::new(false);
    let run = batch::Run::new(&judged, &never);
    let mut material = batch::Material::new(&profiles);
    let pairs = run.pairs(&material);
    let batch::Linked { graph, act, lead, .. } = run.link_under(&mut material, pairs, &epoch).unwrap();
    let mut edges: Vec<_> = graph
        .edges()
        .map(|(left, right, edge)| {
            let band = match edge.judged {
                Some(true) => Band::Act,
                Some(false) => Band::None,
                None => edge.band,
            };
            let (left, right) = (keys[left as usize].to_string(), keys[right as usize].to_string());
            (left, right, i64::from(edge.weight.steps()), band.name(), related::tie(edge).map(Tie::name))
        })
        .collect();
    edges.sort();
    (edges, partition_digest(&keys, &act, &lead))
}

fn add(linker: &Linker, world: &[Shown], numbers: &[usize]) {
    let accounts = numbers.iter().map(|number| AnyRecord::from(account(linker, *number, world[*number])));
    let offers = numbers.iter().flat_map(|number| offer(linker, *number, world[*number])).map(AnyRecord::from);
    let records: Vec<AnyRecord> = accounts.chain(offers).collect();
    linker.add(&records, true).unwrap();
}

/// What ends half of all offers, whoever wrote them.
const TEMPLATE: &str = "All orders are sent within two working days by tracked post and arrive in three to five days. Returns are \
    accepted within thirty days if the item is unworn and in its original packing, and the buyer pays for the way back. Please \
    allow one to two centimetres of difference due to manual measurement. Colours may differ a little from screen to screen. If you have any \
    question send us a message and we answer within a day.";

/// Words of a shop's own, the same for the same seed.
fn own_words(seed: usize, count: usize) -> String {
    let word = |at: usize| blake3::hash(format!("{seed} {at}").as_bytes()).to_hex()[..6].to_owned();
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

/// What the texts of the first two of forty shops say, in bits, and how rare it is, as one in so many. The others end theirs with the
/// template.
fn explained(texts: [String; 2]) -> (f64, f64) {
    let linker = Linker::in_memory().unwrap();
    let mut records: Vec<AnyRecord> = Vec::new();
    let others = (2..40).map(|seed| format!("{} {TEMPLATE}", own_words(seed, 20)));
    for (number, description) in texts.into_iter().chain(others).enumerate() {
        let seller = AccountDraft {
            platform: "tiktok".into(),
            account_id: format!("a{number:03}"),
            observed_at: "2026-01-01T00:00:00Z".into(),
            ..AccountDraft::default()
        };
        let offer = ListingDraft {
            platform: "tiktok".into(),
            listing_id: format!("l{number:03}"),
            account_id: format!("a{number:03}"),
            observed_at: "2026-01-01T00:00:00Z".into(),
            description,
            ..ListingDraft::default()
        };
        records.push(seller.check(linker.intake()).unwrap().into());
        records.push(offer.check(linker.intake()).unwrap().into());
    }
    linker.add(&records, false).unwrap();
    linker.link(&mut |_| {}, &AtomicBool::new(false)).unwrap();
    let keys = linker.ledger().view().unwrap().account_keys(None, 2).unwrap();
    let told = linker.explain(&keys[0].0, &keys[1].0).unwrap();
    let term = told.terms.iter().find(|term| term.kind == "LISTING_TEXT").expect("a term that says why not");
    (term.bits, term.one_in.unwrap_or_default())
}

#[test]
fn a_text_shared_by_its_template_alone_is_no_reason() {
    let (bits, one_in) = explained([0, 1].map(|seed| format!("{} {TEMPLATE}", own_words(seed, 20))));
    assert!(bits <= 0.0 && one_in < 64.0, "{bits} bits, one in {one_in}");
}

#[test]
fn a_copied_text_is_as_rare_as_what_is_not_the_template() {
    let own = own_words(7_000, 20);
    let (bits, one_in) = explained([format!("{own} {TEMPLATE}"), format!("new {own} only {TEMPLATE} thanks")]);
    assert!(0.0 < bits && 500.0 < one_in, "{bits} bits, one in {one_in}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn order_and_chunks_do_not_matter(
        world in world(),
        chunk in 1..9_usize,
        order in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let all: Vec<usize> = (0..world.len()).collect();
        let one = Linker::in_memory().unwrap();
        add(&one, &world, &all);

        let other = Linker::in_memory().unwrap();
        let mut shuffled = all.clone();
        shuffled.rotate_left(order.index(world.len()));
        if seed % 2 == 0 {
            shuffled.reverse();
        }
        shuffled.chunks(chunk).for_each(|numbers| add(&other, &world, numbers));

        prop_assert_eq!(stored(&one), stored(&other));
        prop_assert_eq!(stored(&one), anew(&one));
    }

    #[test]
    fn forgetting_and_adding_again_leaves_no_trace(
        world in world(),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        back in any::<bool>(),
        fitted in any::<bool>(),
    ) {
        let linker = Linker::in_memory().unwrap();
        let all: Vec<usize> = (0..world.len()).collect();
        add(&linker, &world, &all);
        if fitted {
            linker.link(&mut |_| {}, &AtomicBool::new(false)).unwrap();
        }
        let before = stored(&linker);
        prop_assert_eq!(&before, &anew(&linker));
        let mut gone: Vec<usize> = gone.iter().map(|index| index.index(world.len())).collect();
        gone.sort_unstable();
        gone.dedup();
        for number in &gone {
            linker.forget_account(&account(&linker, *number, world[*number]).key).unwrap();
        }
        prop_assert_eq!(stored(&linker), anew(&linker));
        if back {
            add(&linker, &world, &gone);
            prop_assert_eq!(stored(&linker), before);
        }
    }

    #[test]
    fn a_new_observation_links_as_if_it_had_always_been_there(
        world in world(),
        which in any::<prop::sample::Index>(),
        shown in shown(),
    ) {
        let linker = Linker::in_memory().unwrap();
        let all: Vec<usize> = (0..world.len()).collect();
        add(&linker, &world, &all);
        let mut later = account(&linker, which.index(world.len()), shown);
        later.observed_at = "2026-02-01T00:00:00Z".parse().unwrap();
        linker.add(&[later.into()], true).unwrap();
        prop_assert_eq!(stored(&linker), anew(&linker));
    }

    #[test]
    fn a_judgement_wins_and_holds_through_every_change(
        world in world(),
        pairs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_usize, 0..2_usize), 1..6),
        undone in any::<bool>(),
        extra in shown(),
    ) {
        let linker = Linker::in_memory().unwrap();
        let mut world = world;
        let all: Vec<usize> = (0..world.len()).collect();
        add(&linker, &world, &all);
        for (left, right, verdict, by) in pairs {
            let (left, right) = (left.index(all.len()), right.index(all.len()));
            if left == right {
                continue;
            }
            // Few pairs and people, so that judgements contradict and confirm each other.
            let verdict = [Verdict::Same, Verdict::Different, Verdict::Same, Verdict::Related][verdict];
            let [left, right] = [left, right].map(|number| account(&linker, number, world[number]).key);
            let by = ["ann", "ben"][by].to_owned();
            let at = Timestamp::UNIX_EPOCH;
            linker.review(NewJudgement { left, right, verdict, note: "seen".into(), by, at }).unwrap();
            prop_assert_eq!(stored(&linker), anew(&linker));
        }
        if undone && linker.undo_review(JudgementId(0), "cy", Timestamp::UNIX_EPOCH).is_ok() {
            prop_assert_eq!(stored(&linker), anew(&linker));
        }
        prop_assert_eq!(linker.waiting().unwrap(), 0);
        linker.link(&mut |_| {}, &AtomicBool::new(false)).unwrap();
        prop_assert_eq!(stored(&linker), anew(&linker));
        world.push(extra);
        add(&linker, &world, &[world.len() - 1]);
        prop_assert_eq!(stored(&linker), anew(&linker));
    }

    #[test]
    fn threads_do_not_matter(world in world()) {
        let all: Vec<usize> = (0..world.len()).collect();
        let digests: Vec<(String, Links)> = [1, 2].into_iter().map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let linker = Linker::in_memory().unwrap();
                add(&linker, &world, &all);
                let summary = linker.link(&mut |_| {}, &AtomicBool::new(false)).unwrap();
                (summary.partition_digest, stored(&linker))
            })
        }).collect();
        prop_assert_eq!(&digests[0], &digests[1]);
        prop_assert_eq!(&digests[0].0, &digests[0].1.1);
    }

    #[test]
    fn what_waits_changes_nothing_until_it_is_linked(
        world in world(),
        waiting in prop::collection::vec((any::<prop::sample::Index>(), shown()), 1..5),
        fitted in any::<bool>(),
    ) {
        let linker = Linker::in_memory().unwrap();
        let half: Vec<usize> = (0..world.len() / 2).collect();
        let other: Vec<usize> = (world.len() / 2..world.len()).collect();
        add(&linker, &world, &half);
        if fitted {
            linker.link(&mut |_| {}, &AtomicBool::new(false)).unwrap();
        }
        // Some accounts are new and some show other things than they are linked with.
        for (at, (which, shown)) in waiting.iter().enumerate() {
            let mut later = account(&linker, which.index(world.len() + 2), *shown);
            later.observed_at = format!("2026-02-{:02}T00:00:00Z", at + 1).parse().unwrap();
            let (before, number) = (stored(&linker), linker.waiting().unwrap());
            linker.add(&[later.into()], false).unwrap();
            prop_assert_eq!(&before, &stored(&linker));
            prop_assert!(number <= linker.waiting().unwrap());
        }
        add(&linker, &world, &other);
        // All that waits, linked by a later observation.
        for (at, (which, shown)) in waiting.iter().enumerate() {
            let mut later = account(&linker, which.index(world.len() + 2), *shown);
            later.observed_at = format!("2026-03-{:02}T00:00:00Z", at + 1).parse().unwrap();
            linker.add(&[later.into()], true).unwrap();
        }
        prop_assert_eq!(linker.waiting().unwrap(), 0);
        prop_assert_eq!(stored(&linker), anew(&linker));
    }
}
