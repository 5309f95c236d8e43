//! Heads learn what there is to learn, explain what they say, and refuse what they cannot weigh with.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Compiled, FitError, Head, MISSING, Node, Shape, Split, Tree, fit};
use crate::score::tests::Draw;

const MEASURES: &[&str] = &["x", "y", "noise"];

/// Rows whose label has the odds that `log_odds` says.
fn world(count: usize, log_odds: impl Fn(f64, f64) -> f64) -> (Vec<Vec<f64>>, Vec<bool>) {
    let mut draw = Draw(42);
    (0..count)
        .map(|_| {
            let (x, y, noise) = (draw.share(), draw.share(), draw.share());
            let share = 1.0 / (1.0 + (-log_odds(x, y)).exp());
            (vec![x, if noise < 0.1 { MISSING } else { y }, noise], draw.share() < share)
        })
        .unzip()
}

#[test]
fn a_straight_relation_gets_weights_near_the_true_ones() {
    let (rows, labels) = world(4_000, |x, _| 6.0 * x - 3.0);
    let (head, summary) = fit(MEASURES, &rows, &labels).unwrap();
    assert_eq!(summary.shape, "linear");
    let step = head.bits(&[0.8, 0.5, 0.5]).get() - head.bits(&[0.3, 0.5, 0.5]).get();
    let expected = 0.5 * 6.0 * std::f64::consts::LOG2_E;
    assert!((step - expected).abs() < 0.5, "{step} bits for {expected}");
    assert!(summary.log_loss_bits < summary.log_loss_base_bits);
}

#[test]
fn what_is_not_straight_gets_trees() {
    let (rows, labels) = world(4_000, |x, y| if (x < 0.5) == (y < 0.5) { 3.0 } else { -3.0 });
    let (head, summary) = fit(MEASURES, &rows, &labels).unwrap();
    assert_eq!(summary.shape, "boosted");
    assert!(0.9 < summary.auc, "{summary:?}");
    assert!(0.0 < head.bits(&[0.2, 0.2, 0.5]).get() && head.bits(&[0.2, 0.8, 0.5]).get() < 0.0);
    assert!(head.fits(MEASURES));
}

#[test]
fn pure_chance_is_not_learned() {
    let (rows, labels) = world(2_000, |_, _| 0.0);
    let (_, summary) = fit(MEASURES, &rows, &labels).unwrap();
    assert!((summary.auc - 0.5).abs() < 0.05, "{summary:?}");
    assert!((summary.log_loss_bits - 1.0).abs() < 0.03, "{summary:?}");
}

#[test]
fn separable_labels_give_finite_weights() {
    let rows: Vec<Vec<f64>> = (0..40).map(|at| vec![f64::from(at), 0.0, MISSING]).collect();
    let labels: Vec<bool> = (0..40).map(|at| 20 <= at).collect();
    let (head, summary) = fit(MEASURES, &rows, &labels).unwrap();
    assert!(head.fits(MEASURES));
    assert!(0.99 < summary.auc);
}

#[test]
fn too_few_labels_are_an_error() {
    let (rows, _) = world(30, |_, _| 0.0);
    assert!(matches!(fit(MEASURES, &rows, &[true; 30]), Err(FitError::TooFew { matches: 30, others: 0 })));
    assert!(matches!(fit(MEASURES, &[], &[]), Err(FitError::TooFew { .. })));
}

fn leaf(bits: f64) -> Node {
    Node { bits, split: None }
}

#[test]
fn trees_that_do_not_end_are_refused() {
    let tree = |low: usize, high: usize| Head {
        measures: vec!["x".to_owned()],
        shape: Shape::Boosted {
            base_bits: 0.0,
            trees: vec![Tree {
                nodes: vec![
                    Node { bits: 0.0, split: Some(Split { measure: 0, at: 0.5, missing_low: true, low, high }) },
                    leaf(-1.0),
                    leaf(1.0),
                ],
            }],
        },
    };
    assert!(tree(1, 2).fits(&["x"]));
    assert!(!tree(0, 2).fits(&["x"]) && !tree(1, 3).fits(&["x"]) && !tree(1, 2).fits(&["y"]));
    assert_eq!(tree(1, 2).bits(&[MISSING]).get(), -1.0);
}

#[test]
fn trees_too_deep_to_lay_out_are_left_to_the_head() {
    let split = |at: usize| Some(Split { measure: 0, at: at as f64, missing_low: true, low: at + 1, high: 6 });
    let nodes = (0..7).map(|at| Node { bits: at as f64, split: if at < 5 { split(at) } else { None } }).collect();
    let shape = Shape::Boosted { base_bits: 0.0, trees: vec![Tree { nodes }] };
    let head = Head { measures: vec!["x".to_owned()], shape };
    assert!(head.fits(&["x"]) && Compiled::new(&head).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn laid_out_trees_answer_as_the_head_does(
        values in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 0..4_u8), 60),
    ) {
        static HEAD: LazyLock<Head> = LazyLock::new(|| {
            let (rows, labels) = world(1_500, |x, y| if (x < 0.5) == (y < 0.5) { 3.0 } else { -3.0 });
            fit(MEASURES, &rows, &labels).unwrap().0
        });
        let head = &*HEAD;
        let compiled = Compiled::new(head).unwrap();
        let Shape::Boosted { trees, .. } = &head.shape else { panic!("trees were to be fitted") };
        let cuts = trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| node.split).map(|split| split.at);
        // On a cut and beside one, as well as anywhere.
        for ((x, y, missing), cut) in values.into_iter().zip(cuts) {
            for x in [x, cut, cut.next_down(), cut.next_up(), MISSING] {
                let row = [x, if missing == 0 { MISSING } else { y }, cut];
                prop_assert_eq!(compiled.bits(&row), head.bits(&row));
            }
        }
    }

    #[test]
    fn base_and_shares_add_up(x in -1.0..2.0_f64, y in -1.0..2.0_f64, bent: bool, missing: bool) {
        let (rows, labels) = world(600, |x, y| if bent && x < 0.5 { 4.0 * y - 2.0 } else { 3.0 * x - 1.5 });
        let (head, _) = fit(MEASURES, &rows, &labels).unwrap();
        let values = [x, y, if missing { MISSING } else { 0.5 }];
        let sum = head.base_bits() + head.shares(&values).iter().sum::<f64>();
        prop_assert!((sum - head.bits(&values).get()).abs() < 1e-3);
    }
}
