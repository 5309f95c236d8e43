//! Each test is one way in which accounts hang together.
//! Only `check` calls the code under test; an edge is written `left-right`, joined by `=` if ACT, `-` if LEAD, `~` if it is no link but
//! more likely than not, `c` if it would be a link were it not contested, `.` if it is nothing, `+` if a person said the same, `!` if a person said
//! different.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Edge, Graph};
use crate::compare::Bits;
use crate::score::{Band, Tie};

fn edge(sign: char) -> Edge {
    let (weight, band, judged) = match sign {
        '=' => (12.0, Band::Act, None),
        '-' => (5.0, Band::Lead, None),
        '~' => (1.0, Band::None, None),
        'c' => (5.0, Band::None, None),
        '.' => (-3.0, Band::None, None),
        '+' => (-3.0, Band::None, Some(true)),
        '!' => (12.0, Band::Act, Some(false)),
        other => panic!("no edge is written {other}"),
    };
    let tie = (sign == 'c').then_some(Tie::Contested);
    Edge { weight: Bits::new(weight), evidence: Bits::new(weight + 10.0), band, judged, related: Bits::ZERO, tie }
}

fn graph(accounts: usize, edges: &str) -> Graph {
    let parse = |text: &str| {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap();
        (text[..at].parse().unwrap(), text[at + 1..].parse().unwrap(), edge(text[at..].chars().next().unwrap()))
    };
    Graph::new(accounts, edges.split_whitespace().map(parse).collect())
}

#[track_caller]
fn check(accounts: usize, edges: &str, expected: Expect) {
    expected.assert_eq(&format!("{:?}", graph(accounts, edges).components()));
}

#[test]
fn accounts_hang_together_over_what_is_more_likely_than_not() {
    check(8, "0=1 1-2 2~3 4.5 6c7", expect!["[[0, 1, 2, 3], [4], [5], [6], [7]]"]);
}

#[test]
fn a_persons_word_joins_and_parts() {
    check(4, "0+1 2!3", expect!["[[0, 1], [2], [3]]"]);
}

#[test]
fn accounts_without_links_are_alone() {
    check(3, "", expect!["[[0], [1], [2]]"]);
    check(0, "", expect!["[]"]);
}

#[test]
fn edges_are_the_same_from_both_sides() {
    let graph = graph(3, "2=0 1-2");
    assert_eq!(graph.accounts(), 3);
    assert_eq!(graph.edge(0, 2), Some(&edge('=')));
    assert_eq!(graph.edge(2, 0), Some(&edge('=')));
    assert_eq!(graph.edge(0, 1), None);
    let listed: Vec<(u32, u32)> = graph.edges().map(|(left, right, _)| (left, right)).collect();
    assert_eq!(listed, [(0, 2), (1, 2)]);
    let mut neighbours: Vec<u32> = graph.neighbours(2).collect();
    neighbours.sort_unstable();
    assert_eq!(neighbours, [0, 1]);
}

proptest! {
    #[test]
    fn the_order_and_direction_of_edges_do_not_matter(
        pairs in prop::collection::btree_map((0_u32..12, 0_u32..12), prop::sample::select(vec!['=', '-', '~', 'c', '.', '+', '!']), 0..30),
        seed in any::<u64>(),
    ) {
        let edges: Vec<_> =
            pairs.into_iter().filter(|((left, right), _)| left < right).map(|((left, right), sign)| (left, right, edge(sign))).collect();
        let mut other = edges.clone();
        other.sort_by_key(|(left, right, _)| u64::from(left * 31 + right).wrapping_mul(seed | 1));
        for (left, right, _) in other.iter_mut().step_by(2) {
            std::mem::swap(left, right);
        }
        let (one, other) = (Graph::new(12, edges), Graph::new(12, other));
        prop_assert!(one.edges().eq(other.edges()));
        prop_assert!(other.edges().is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        let components = one.components();
        prop_assert_eq!(&components, &other.components());
        prop_assert!(components.is_sorted_by(|a, b| a[0] < b[0]));
        prop_assert!(components.iter().all(|component| component.is_sorted()));
        prop_assert_eq!(components.iter().map(Vec::len).sum::<usize>(), 12);
    }
}
