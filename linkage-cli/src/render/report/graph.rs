//! What holds a network together: accounts as numbered circles, links as lines, the thicker the more they weigh.

use std::io::{self, Write};

use super::Network;
use super::html::escape;

/// Accounts drawn at most.
const NODES_MAX: usize = 60;

const SIDE: f64 = 420.0;

/// Draws the network.
pub(super) fn draw(out: &mut dyn Write, network: &Network, id: &str) -> io::Result<()> {
    let count = network.members.len().min(NODES_MAX);
    let ties: Vec<_> = network.ties.iter().filter(|tie| tie.left < count && tie.right < count).collect();
    let (places, height) = layout(count, &ties.iter().map(|tie| (tie.left, tie.right)).collect::<Vec<_>>());
    let radius = if count <= 12 { 15.0 } else { 11.0 };
    writeln!(
        out,
        "<svg class=\"graph\" viewBox=\"0 0 {SIDE:.0} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">"
    )?;
    writeln!(out, "<title id=\"{id}-t\">Links of network {}</title>", escape(&network.id))?;
    let act = ties.iter().filter(|tie| tie.is_act).count();
    writeln!(
        out,
        "<desc id=\"{id}-d\">{count} accounts, numbered as in the timeline, and {} links between them: {act} at ACT, drawn solid, and {} at LEAD, drawn dashed.</desc>",
        ties.len(),
        ties.len() - act
    )?;
    for tie in &ties {
        let ((x1, y1), (x2, y2)) = (places[tie.left], places[tie.right]);
        let class = if tie.is_act { "act" } else { "lead" };
        let width = (tie.bits / 6.0).clamp(0.8, 5.0);
        writeln!(
            out,
            "<path class=\"{class}\" stroke-width=\"{width:.1}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"><title>{} and {}: {:+.1} bits</title></path>",
            tie.left + 1,
            tie.right + 1,
            tie.bits
        )?;
    }
    for (at, (member, (x, y))) in network.members.iter().zip(&places).enumerate() {
        writeln!(
            out,
            "<g><title>{}</title><circle class=\"node\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/><text class=\"digit\" x=\"{x:.1}\" y=\"{:.1}\">{}</text></g>",
            escape(&member.account),
            y + 4.5,
            at + 1
        )?;
    }
    writeln!(out, "</svg>")
}

/// Places and the height they need: springs along the links, and everybody keeps a distance. The same input, the same places.
///
/// Source of the forces: Fruchterman and Reingold, "Graph drawing by force-directed placement", Software: Practice and
/// Experience 21(11), 1991.
fn layout(count: usize, ties: &[(usize, usize)]) -> (Vec<(f64, f64)>, f64) {
    let angle = |at: usize| at as f64 / count.max(1) as f64 * std::f64::consts::TAU;
    let mut places: Vec<(f64, f64)> = (0..count).map(|at| (angle(at).cos(), angle(at).sin())).collect();
    let ideal = 1.6 / (count.max(1) as f64).sqrt();
    for round in 0..240 {
        let step = 0.12 * (1.0 - f64::from(round) / 240.0);
        let mut pull = vec![(0.0, 0.0); count];
        for a in 0..count {
            for b in 0..count {
                let (dx, dy) = (places[a].0 - places[b].0, places[a].1 - places[b].1);
                let distance = (dx * dx + dy * dy).sqrt().max(1e-3);
                if a != b {
                    let force = ideal * ideal / distance / distance;
                    pull[a].0 += dx * force;
                    pull[a].1 += dy * force;
                }
            }
        }
        for (a, b) in ties {
            let (dx, dy) = (places[*a].0 - places[*b].0, places[*a].1 - places[*b].1);
            let force = (dx * dx + dy * dy).sqrt() / ideal;
            for (at, sign) in [(*a, -1.0), (*b, 1.0)] {
                pull[at].0 += sign * dx * force;
                pull[at].1 += sign * dy * force;
            }
        }
        for (place, (px, py)) in places.iter_mut().zip(&pull) {
            let length = (px * px + py * py).sqrt().max(1e-9);
            place.0 += px / length * length.min(step);
            place.1 += py / length * length.min(step);
        }
    }
    fitted(places)
}

/// Stretched to fill the width or the height, but for a margin; and the height they need.
fn fitted(places: Vec<(f64, f64)>) -> (Vec<(f64, f64)>, f64) {
    const MARGIN: f64 = 24.0;
    let range = |part: fn(&(f64, f64)) -> f64| {
        let least = places.iter().map(part).fold(f64::INFINITY, f64::min);
        let most = places.iter().map(part).fold(f64::NEG_INFINITY, f64::max);
        (least, (most - least).max(1e-9))
    };
    let ((left, wide), (top, high)) = (range(|place| place.0), range(|place| place.1));
    let scale = (SIDE - 2.0 * MARGIN) / wide.max(high);
    let dx = (SIDE - wide * scale) / 2.0;
    let places = places.into_iter().map(|(x, y)| ((x - left) * scale + dx, (y - top) * scale + MARGIN)).collect();
    (places, high * scale + 2.0 * MARGIN)
}
