//! Each test is one way in which a false link would chain strangers together, or a true network would fall apart.
//! Only `check` and `networks` call the code under test.
//!
//! A world is written as its pairs `left-right`: joined by `=` if ACT, `-` if LEAD, `x` if the evidence speaks against, `r` if they
//! are likely relatives, `p`, `i` and `m` if a telephone, a picture or mail speaks for them and is not enough for a link, `+` if a
//! person said the same, `!` if a person said different. A pair that is not written has nothing in common.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Affinity, COMPONENT_MAX, Joining, Partition, partition};
use crate::compare::{Bits, Level, Outcome};
use crate::fingerprint::Kind;
use crate::graph::{Edge, Graph};
use crate::score::{Band, Epoch, Term, Tie, Weighed, feature};

const PRIOR: f64 = -12.0;

/// Accounts and what is known of their pairs.
#[derive(Debug)]
struct World {
    accounts: usize,
    pairs: BTreeMap<(u32, u32), Edge>,
    /// What speaks for or against a pair where it is not the person's name and the address, half and half.
    kinds: BTreeMap<(u32, u32), Kind>,
    joining: Joining,
}

fn edge(sign: char) -> Edge {
    let (evidence, band, judged) = match sign {
        '=' => (22.0, Band::Act, None),
        '-' => (17.0, Band::Lead, None),
        'p' | 'i' | 'm' | 'n' => (14.0, Band::None, None),
        'x' => (-14.0, Band::None, None),
        'r' => (8.0, Band::None, None),
        '+' => (-9.0, Band::None, Some(true)),
        '!' => (22.0, Band::Act, Some(false)),
        other => panic!("no pair is written {other}"),
    };
    Edge { tie: (sign == 'r').then_some(Tie::Together), ..weighing(evidence, band, judged) }
}

fn weighing(evidence: f64, band: Band, judged: Option<bool>) -> Edge {
    Edge {
        weight: Bits::new(evidence + PRIOR),
        evidence: Bits::new(evidence),
        band,
        judged,
        related: Bits::ZERO,
        tie: None,
    }
}

/// A pair of which some kinds speak alike.
fn weighed(kinds: &[Kind], bits: Bits) -> Weighed {
    let each = Bits::new(bits.get() / kinds.len().max(1) as f64);
    let term = |kind: &Kind| {
        let outcome =
            Outcome { feature: feature(*kind), level: Level(0), surprisal: None, of_many: false, cites: (0, 0) };
        Term { outcome, bits: each, counted: true }
    };
    let mut weighed = Weighed::default();
    weighed.prior = Bits::new(PRIOR);
    weighed.terms = kinds.iter().map(term).collect();
    weighed.total = weighed.prior + bits;
    weighed
}

impl World {
    fn new(accounts: usize) -> World {
        World { accounts, pairs: BTreeMap::new(), kinds: BTreeMap::new(), joining: Joining::Together }
    }

    /// Two of as many accounts, each one operator's.
    fn crowds(size: u32) -> World {
        let mut world = World::new(2 * size as usize);
        world.all(0..size, '=');
        world.all(size..2 * size, '=');
        world
    }

    fn parse(accounts: usize, text: &str) -> World {
        let mut world = World::new(accounts);
        for pair in text.split_whitespace() {
            let at = pair.find(|c: char| !c.is_ascii_digit()).unwrap();
            let (left, right) = (pair[..at].parse().unwrap(), pair[at + 1..].parse().unwrap());
            let sign = pair[at..].chars().next().unwrap();
            world.pair(left, right, edge(sign));
            let kind = match sign {
                'p' => Some(Kind::Phone),
                'm' => Some(Kind::Email),
                'i' => Some(Kind::Image),
                'n' => Some(Kind::PersonName),
                _ => None,
            };
            world.kinds.extend(kind.map(|kind| ((left.min(right), left.max(right)), kind)));
        }
        world
    }

    fn pair(&mut self, left: u32, right: u32, edge: Edge) {
        self.pairs.insert((left.min(right), left.max(right)), edge);
    }

    /// Every pair of `accounts` alike.
    fn all(&mut self, accounts: std::ops::Range<u32>, sign: char) {
        for left in accounts.clone() {
            (left + 1..accounts.end).for_each(|right| self.pair(left, right, edge(sign)));
        }
    }

    /// Every pair across two groups alike.
    fn across(&mut self, left: std::ops::Range<u32>, right: std::ops::Range<u32>, sign: char) {
        for left in left {
            right.clone().for_each(|right| self.pair(left, right, edge(sign)));
        }
    }

    fn graph(&self) -> Graph {
        Graph::new(self.accounts, self.pairs.iter().map(|((left, right), edge)| (*left, *right, *edge)).collect())
    }

    fn affinity(&self, left: u32, right: u32) -> Affinity {
        let Some(edge) = self.pairs.get(&(left, right)) else { return Affinity::Scored(weighed(&[], Bits::ZERO)) };
        match edge.judged {
            Some(true) => Affinity::Same,
            Some(false) => Affinity::Different,
            None => {
                let one = self.kinds.get(&(left, right)).map(std::slice::from_ref);
                Affinity::Scored(weighed(one.unwrap_or(&[Kind::PersonName, Kind::Street]), edge.evidence))
            }
        }
    }

    fn resolve(&self, graph: &Graph) -> (Partition, Partition) {
        let affinity = |left, right| self.affinity(left, right);
        let epoch = Epoch::zero().unwrap();
        let act = partition(graph, Band::Act, &Partition::alone(self.accounts), self.joining, &epoch, &affinity);
        let lead = partition(graph, Band::Lead, &act, self.joining, &epoch, &affinity);
        (act, lead)
    }

    /// Networks at ACT and at LEAD.
    fn networks(&self) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
        let (act, lead) = self.resolve(&self.graph());
        (act.networks(), lead.networks())
    }
}

/// Networks of two accounts and more.
#[track_caller]
fn check(world: &World, expected: Expect) {
    let (act, lead) = world.networks();
    let several =
        |networks: Vec<Vec<u32>>| networks.into_iter().filter(|network| 1 < network.len()).collect::<Vec<_>>();
    expected.assert_eq(&format!("ACT {:?} LEAD {:?}", several(act), several(lead)));
}

#[test]
fn accounts_that_are_all_linked_are_one_network() {
    check(&World::parse(4, "0=1 1=2 0=2"), expect!["ACT [[0, 1, 2]] LEAD [[0, 1, 2]]"]);
    // Two leads to a network that is acted on, by person and place, are acted on with it.
    check(&World::parse(4, "0=1 1-2 0-2"), expect!["ACT [[0, 1, 2]] LEAD [[0, 1, 2]]"]);
}

#[test]
fn a_bridge_does_not_merge_two_networks_that_differ() {
    let mut world = World::new(8);
    world.across(0..4, 4..8, 'x');
    world.all(0..4, '=');
    world.all(4..8, '=');
    world.pair(3, 4, edge('='));
    check(&world, expect!["ACT [[0, 1, 2, 3], [4, 5, 6, 7]] LEAD [[0, 1, 2, 3], [4, 5, 6, 7]]"]);
}

#[test]
fn a_record_that_fits_two_relatives_equally_well_is_acted_on_with_neither() {
    check(&World::parse(3, "0=2 1=2 0r1"), expect!["ACT [] LEAD [[0, 2]]"]);
    check(&World::parse(3, "0=2 1=2"), expect!["ACT [[0, 1, 2]] LEAD [[0, 1, 2]]"]);
    check(&World::parse(3, "0+2 1=2 0r1"), expect!["ACT [[0, 2]] LEAD [[0, 2]]"]);
}

#[test]
fn likely_relatives_are_no_network_for_a_record_between_them() {
    check(&World::parse(3, "0-2 1-2 0r1"), expect!["ACT [] LEAD [[0, 2]]"]);
    check(&World::parse(4, "0-2 0-3 1-2 1-3 2=3 0r1"), expect!["ACT [[2, 3]] LEAD [[0, 2, 3]]"]);
    check(&World::parse(4, "0-2 0-3 1-2 1-3 2=3"), expect!["ACT [[0, 1, 2, 3]] LEAD [[0, 1, 2, 3]]"]);
    check(&World::parse(4, "0+2 0-3 1-2 1-3 2=3 0r1"), expect!["ACT [[0, 2, 3]] LEAD [[0, 2, 3]]"]);
}

#[test]
fn likely_relatives_are_one_operator_where_all_pairs_say_much_more() {
    check(&World::parse(4, "0=1 2=3 0=2 1r3"), expect!["ACT [[0, 1], [2, 3]] LEAD [[0, 1], [2, 3]]"]);
    check(&World::parse(4, "0=1 2=3 0=2 1r3 0i3"), expect!["ACT [[0, 1, 2, 3]] LEAD [[0, 1, 2, 3]]"]);
}

#[test]
fn who_fits_two_relatives_is_looked_at_anew_when_one_of_them_grows() {
    let mut world = World::parse(7, "1=2 0r1");
    world.across(2..3, 3..7, '=');
    world.all(3..7, '=');
    world.across(0..1, 2..7, '=');
    check(&world, expect!["ACT [[0, 1, 2, 3, 4, 5, 6]] LEAD [[0, 1, 2, 3, 4, 5, 6]]"]);
}

#[test]
fn at_act_the_average_joins_networks_for_which_it_clearly_speaks() {
    // One telephone is one source, so that what all pairs say together joins nobody at ACT.
    let by_phone = |pairs: &str| {
        let mut world = World::parse(3, pairs);
        world.kinds.insert((0, 2), Kind::Phone);
        world
    };
    check(&by_phone("0=1 0=2"), expect!["ACT [[0, 1, 2]] LEAD [[0, 1, 2]]"]);
    check(&by_phone("0=1 0=2 1x2"), expect!["ACT [[0, 1]] LEAD [[0, 1, 2]]"]);
}

#[test]
fn a_network_is_one_operators_by_what_its_accounts_say_together() {
    let leading = |pairs: &str| {
        let mut world = World::parse(3, pairs);
        world.pair(0, 2, weighing(16.0, Band::Lead, None));
        world
    };
    // A person's name with one of them and a picture with another, of which neither is a link: a lead.
    check(&World::parse(3, "0=1 0n2 1i2"), expect!["ACT [[0, 1]] LEAD [[0, 1, 2]]"]);
    // The same where one of them is a lead by itself.
    check(&leading("0=1 0n2 1i2"), expect!["ACT [[0, 1, 2]] LEAD [[0, 1, 2]]"]);
    // Whoever buys a shop may get its telephone along with its pictures, and seldom buys one of several; one source does for nobody.
    check(&leading("0=1 0p2 1i2"), expect!["ACT [[0, 1, 2]] LEAD [[0, 1, 2]]"]);
    check(&leading("0=1 0p2 1m2"), expect!["ACT [[0, 1]] LEAD [[0, 1, 2]]"]);
    check(&World::parse(3, "0=1 0p2 1i2"), expect!["ACT [[0, 1]] LEAD [[0, 1, 2]]"]);
    // The same telephone twice says no more than once, and mail may be the telephone's agent: a lead.
    check(&World::parse(3, "0=1 0p2 1p2"), expect!["ACT [[0, 1]] LEAD [[0, 1]]"]);
    check(&World::parse(3, "0=1 0p2 1m2"), expect!["ACT [[0, 1]] LEAD [[0, 1, 2]]"]);
    // Two accounts alone have nobody to say it together with.
    check(&World::parse(2, "0p1"), expect!["ACT [] LEAD []"]);
}

#[test]
fn what_speaks_against_a_network_counts_as_in_the_mean() {
    check(&World::parse(4, "0=1 0=3 1=3 0n2 1i2 2x3"), expect!["ACT [[0, 1, 3]] LEAD [[0, 1, 2, 3]]"]);
    check(
        &World::parse(6, "0=1 0=3 1=3 0=4 1=4 3=4 0=5 1=5 3=5 4=5 0n2 1i2 2x3 2x4 2x5"),
        expect!["ACT [[0, 1, 3, 4, 5]] LEAD [[0, 1, 2, 3, 4, 5]]"],
    );
}

#[test]
fn a_value_among_many_pairs_says_less_than_among_few() {
    let crowd = |size: u32| {
        let mut world = World::crowds(size);
        world.pair(0, size, weighing(12.0, Band::None, None));
        world.kinds.insert((0, size), Kind::Phone);
        world.pair(1, size + 1, weighing(8.0, Band::None, None));
        world.kinds.insert((1, size + 1), Kind::Image);
        world.networks().1.len()
    };
    assert_eq!([2, 8, 32, 64].map(crowd), [1, 1, 1, 2]);
}

#[test]
fn one_account_is_one_chance_at_lead_however_large_the_network() {
    let beside = |size: u32| {
        let mut world = World::new(size as usize + 1);
        world.all(0..size, '=');
        world.pair(0, size, weighing(12.0, Band::None, None));
        world.kinds.insert((0, size), Kind::Email);
        world.pair(1, size, weighing(4.5, Band::None, None));
        world.kinds.insert((1, size), Kind::Image);
        let (act, lead) = world.networks();
        (act.len(), lead.len())
    };
    assert_eq!([2, 8, 32, 64].map(beside), [(2, 1); 4]);
}

#[test]
fn one_lead_between_two_crowds_is_no_reason_to_act() {
    let beside = |size: u32| {
        let mut world = World::crowds(size);
        world.pair(0, size, weighing(17.0, Band::Lead, None));
        world.kinds.insert((0, size), Kind::PersonName);
        world.pair(1, size + 1, weighing(14.0, Band::None, None));
        world.kinds.insert((1, size + 1), Kind::Image);
        let (act, lead) = world.networks();
        (act.len(), lead.len())
    };
    assert_eq!([2, 16].map(beside), [(1, 1), (2, 1)]);
}

#[test]
fn networks_for_counting_join_by_the_average_alone() {
    let world = World { joining: Joining::Average, ..World::parse(3, "0=1 0p2 1i2") };
    check(&world, expect!["ACT [[0, 1]] LEAD [[0, 1]]"]);
}

#[test]
fn a_seller_who_moves_on_step_by_step_stays_one_network() {
    let chain = World::parse(6, "0=1 1=2 2=3 3=4 4=5");
    check(&chain, expect!["ACT [[0, 1, 2, 3, 4, 5]] LEAD [[0, 1, 2, 3, 4, 5]]"]);
}

#[test]
fn a_chain_breaks_where_its_ends_speak_against_each_other() {
    let (act, _) = World::parse(4, "0=1 1=2 2=3 0x2 0x3 1x3").networks();
    assert!(act.iter().all(|network| network.len() <= 2), "{act:?}");
}

#[test]
fn a_persons_same_joins_what_the_score_would_not() {
    check(&World::parse(3, "0+1"), expect!["ACT [[0, 1]] LEAD [[0, 1]]"]);
}

#[test]
fn a_persons_same_outweighs_all_that_speaks_against() {
    let mut world = World::new(6);
    world.across(0..5, 5..6, 'x');
    world.all(0..5, '=');
    world.pair(2, 5, edge('+'));
    check(&world, expect!["ACT [[0, 1, 2, 3, 4, 5]] LEAD [[0, 1, 2, 3, 4, 5]]"]);
}

#[test]
fn a_persons_different_parts_even_where_everything_else_is_linked() {
    let mut world = World::new(4);
    world.all(0..4, '=');
    world.pair(0, 3, edge('!'));
    let (act, lead) = world.networks();
    for networks in [act, lead] {
        assert!(networks.iter().all(|network| !(network.contains(&0) && network.contains(&3))), "{networks:?}");
        assert_eq!(networks.len(), 2, "{networks:?}");
    }
}

#[test]
fn a_persons_different_holds_across_others() {
    let (act, lead) = World::parse(3, "0=1 1=2 0!2").networks();
    for networks in [act, lead] {
        assert!(networks.iter().all(|network| !(network.contains(&0) && network.contains(&2))), "{networks:?}");
    }
    let (act, _) = World::parse(3, "0+1 1+2 0!2").networks();
    assert!(act.iter().all(|network| !(network.contains(&0) && network.contains(&2))), "{act:?}");
}

/// More accounts than are rebuilt pair by pair, a multiple of four.
const CROWD: u32 = COMPONENT_MAX as u32 / 4 * 4 + 100;

/// A ring of links and nothing else: as large as one likes, and of one weight.
fn ring(accounts: u32) -> World {
    let mut world = World::new(accounts as usize);
    (0..accounts).for_each(|at| world.pair(at, (at + 1) % accounts, edge('=')));
    world
}

#[test]
fn a_crowd_that_no_weight_divides_merges_nobody() {
    let (act, _) = ring(COMPONENT_MAX as u32 + 1).networks();
    assert!(act.iter().all(|network| network.len() == 1));
    let (_, lead) = ring(COMPONENT_MAX as u32).networks();
    assert_eq!(lead.len(), 1);
}

#[test]
fn a_crowd_held_together_by_weak_links_falls_into_its_strong_parts() {
    let mut world = World::new(CROWD as usize);
    for start in (0..CROWD).step_by(4) {
        world.all(start..start + 4, '=');
        world.pair(start + 3, (start + 4) % CROWD, weighing(13.0, Band::Act, None));
    }
    let (act, _) = world.networks();
    assert_eq!(act, (0..CROWD).step_by(4).map(|start| (start..start + 4).collect::<Vec<u32>>()).collect::<Vec<_>>());
}

#[test]
fn a_large_network_of_which_every_pair_is_linked_stands() {
    let mut world = World::new(COMPONENT_MAX + 20);
    world.all(0..COMPONENT_MAX as u32 + 20, '=');
    assert_eq!(world.networks().0.len(), 1);
}

#[test]
fn a_crowd_at_lead_does_not_break_up_what_is_safe_to_act_on() {
    let mut world = World::new(CROWD as usize);
    // One group of evidence, however strong, is a lead: such a link may weigh more than one to act on.
    (0..CROWD).for_each(|at| world.pair(at, (at + 1) % CROWD, weighing(40.0, Band::Lead, None)));
    world.all(10..15, '=');
    world.pair(20, 22, edge('='));
    let (act, lead) = world.networks();
    assert!(act.contains(&vec![10, 11, 12, 13, 14]) && act.contains(&vec![20, 22]));
    assert!(lead.contains(&vec![10, 11, 12, 13, 14]) && lead.contains(&vec![20, 22]), "{lead:?}");
}

#[test]
fn a_persons_same_holds_in_a_crowd() {
    let mut world = ring(COMPONENT_MAX as u32 + 50);
    world.pair(7, 90, edge('+'));
    let (act, _) = world.networks();
    assert!(act.contains(&vec![7, 90]), "{act:?}");
}

/// A small world, often doubtful.
fn world() -> impl Strategy<Value = World> {
    let signs = prop::sample::select(vec!['=', '=', '=', '-', '-', 'x', 'x', '+', '!']);
    let pairs = prop::collection::btree_map((0_u32..14, 0_u32..14), (signs, -4.0..4.0_f64), 0..60);
    pairs.prop_map(|pairs| {
        let mut world = World::new(14);
        for ((left, right), (sign, more)) in pairs.into_iter().filter(|((left, right), _)| left != right) {
            let plain = edge(sign);
            world.pair(left, right, weighing(plain.evidence.get() + more, plain.band, plain.judged));
        }
        world
    })
}

fn together(partition: &Partition, left: u32, right: u32) -> bool {
    partition.0[left as usize] == partition.0[right as usize]
}

proptest! {
    #[test]
    fn neither_the_order_of_edges_nor_the_number_of_threads_shows(world in world(), seed in any::<u64>()) {
        let expected = world.resolve(&world.graph());
        let mut edges: Vec<_> = world.pairs.iter().map(|((left, right), edge)| (*left, *right, *edge)).collect();
        edges.sort_by_key(|(left, right, _)| u64::from(left * 31 + right).wrapping_mul(seed | 1));
        let graph = Graph::new(world.accounts, edges);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(&pool.install(|| world.resolve(&graph)), &expected);
        }
    }

    #[test]
    fn networks_to_look_at_are_unions_of_networks_to_act_on(world in world()) {
        let (act, lead) = world.resolve(&world.graph());
        for left in 0..14 {
            // A network is named after its first account.
            prop_assert!(act.0[left as usize] <= left && act.0[act.0[left as usize] as usize] == act.0[left as usize]);
            for right in 0..left {
                prop_assert!(!together(&act, left, right) || together(&lead, left, right));
            }
        }
    }

    #[test]
    fn networks_hang_together_and_no_person_is_overruled(world in world()) {
        let graph = world.graph();
        let (act, lead) = world.resolve(&graph);
        for partition in [&act, &lead] {
            for component in graph.components() {
                for account in 0..14 {
                    let outside = !component.contains(&account);
                    prop_assert!(!outside || component.iter().all(|member| !together(partition, account, *member)));
                }
            }
            let judged = |word: bool| world.pairs.iter().filter(move |(_, edge)| edge.judged == Some(word)).map(|(pair, _)| *pair);
            for (left, right) in judged(false) {
                prop_assert!(!together(partition, left, right), "{} and {} are different", left, right);
            }
            if judged(false).next().is_none() {
                for (left, right) in judged(true) {
                    prop_assert!(together(partition, left, right), "{} and {} are the same", left, right);
                }
            }
        }
    }
}
