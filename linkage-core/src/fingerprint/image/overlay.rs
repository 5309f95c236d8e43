//! One picture laid on another, to see where they differ.
//!
//! A logo or a template that two products share makes many keypoints agree. What tells them apart is what lies between
//! the agreeing places: in a copy it is the same, whatever was put around or over it.

use serde::{Deserialize, Serialize};

use super::geometry::Affine;
use super::plane::Plane;

/// Pixels of a miniature.
pub(super) const MINIATURE_AREA: usize = 9_216;

/// A picture small enough to be kept: luminance in steps of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Miniature {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) values: Vec<u8>,
}

/// What was seen where one picture lies on the other, in patches that have structure in both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Overlay {
    /// Structure of the patches that are alike in both.
    pub(super) alike: f32,
    /// Structure of the patches that differ and lie between patches that are alike.
    pub(super) different_within: f32,
    /// Structure of the patches that differ and lie elsewhere.
    pub(super) different_around: f32,
}

/// Points along each side of a patch.
const PATCH: usize = 5;

/// Less deviation than this, in steps of luminance, is no structure.
const DEVIATION_MIN: f32 = 5.0;

/// Patches that correlate less are different.
const ALIKE_MIN: f32 = 0.5;

/// How much structure both pictures have in a patch, and whether it is the same.
#[derive(Clone, Copy)]
struct Patch {
    structure: f32,
    correlation: f32,
}

impl Patch {
    const BLANK: Patch = Patch { structure: 0.0, correlation: 0.0 };

    fn is_alike(&self) -> bool {
        DEVIATION_MIN <= self.structure && ALIKE_MIN <= self.correlation
    }
}

impl Miniature {
    pub(super) fn of(plane: &Plane) -> Miniature {
        let shrink = (MINIATURE_AREA as f32 / (plane.width * plane.height) as f32).sqrt().min(1.0);
        let side = |side: usize| ((side as f32 * shrink) as usize).max(1);
        let small = plane.shrunk(side(plane.width), side(plane.height));
        let values = small.values.iter().map(|value| value.round().clamp(0.0, 255.0) as u8).collect();
        Miniature { width: small.width as u16, height: small.height as u16, values }
    }

    /// Whether it has as many pixels as its sides say, and any.
    pub(super) fn is_whole(&self) -> bool {
        let area = usize::from(self.width) * usize::from(self.height);
        0 < area && area == self.values.len() && area <= MINIATURE_AREA
    }

    fn plane(&self) -> Plane {
        let values = self.values.iter().map(|value| f32::from(*value)).collect();
        Plane { width: self.width.into(), height: self.height.into(), values }
    }
}

impl Overlay {
    /// The share of the structure that is alike, 0 to 1; 1 where there is none.
    pub(super) fn alike_share(&self) -> f32 {
        let all = self.alike + self.different_within + self.different_around;
        if all == 0.0 { 1.0 } else { self.alike / all }
    }

    /// The share of structure within what is alike that differs all the same, 0 to 1; 1 if nothing is alike.
    pub(super) fn different_share(&self) -> f32 {
        if self.alike == 0.0 { 1.0 } else { self.different_within / (self.alike + self.different_within) }
    }
}

/// Lays a picture on another: `map` takes pixels of the first, which is `width` wide, to pixels of the second, `other_width`.
pub(super) fn overlay(
    (small, width): (&Miniature, u32),
    (other, other_width): (&Miniature, u32),
    map: &Affine,
) -> Overlay {
    let (step, other_step) = (width as f32 / f32::from(small.width), other_width as f32 / f32::from(other.width));
    let Some(back) = map.inverse() else { return Overlay::default() };
    // As fine as the coarser of the two.
    let grid_step = other_step.max(step * map.scale());
    let (mut first, mut second) = (small.plane(), other.plane());
    if 1.3 * other_step < grid_step {
        second = second.smoothed(&[0.5, 0.25]);
    } else if 1.3 * step * map.scale() < grid_step {
        first = first.smoothed(&[0.5, 0.25]);
    }
    let (columns, rows) = (
        (f32::from(other.width) * other_step / grid_step) as usize,
        (f32::from(other.height) * other_step / grid_step) as usize,
    );
    let mut grid = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = ((column as f32 + 0.5) * grid_step, (row as f32 + 0.5) * grid_step);
            let (u, v) = back.apply(x, y);
            let (u, v) = (u / step - 0.5, v / step - 0.5);
            let inside = -0.5 <= u && -0.5 <= v && u <= first.width as f32 - 0.5 && v <= first.height as f32 - 0.5;
            grid.push(inside.then(|| (first.at(u, v), second.at(x / other_step - 0.5, y / other_step - 0.5))));
        }
    }
    count(&patches(&grid, columns, rows), columns / 2)
}

/// Patches half overlapping, row by row.
fn patches(grid: &[Option<(f32, f32)>], columns: usize, rows: usize) -> Vec<Patch> {
    let mut patches = Vec::new();
    for top in (0..rows / 2).map(|row| 2 * row) {
        for left in (0..columns / 2).map(|column| 2 * column) {
            patches.push(patch(grid, columns, rows, left, top));
        }
    }
    patches
}

fn patch(grid: &[Option<(f32, f32)>], columns: usize, rows: usize, left: usize, top: usize) -> Patch {
    if columns < left + PATCH || rows < top + PATCH {
        return Patch::BLANK;
    }
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for row in grid[top * columns..].chunks(columns).take(PATCH) {
        for point in &row[left..left + PATCH] {
            let Some((x, y)) = point else { return Patch::BLANK };
            (a, b, aa, bb, ab) = (a + x, b + y, aa + x * x, bb + y * y, ab + x * y);
        }
    }
    let n = (PATCH * PATCH) as f32;
    let (aa, bb, ab) = (aa / n - a * a / n / n, bb / n - b * b / n / n, ab / n - a * b / n / n);
    let (deviation_a, deviation_b) = (aa.max(0.0).sqrt(), bb.max(0.0).sqrt());
    // Where only one has structure something was put over the other, which is no contradiction.
    Patch { structure: deviation_a.min(deviation_b), correlation: ab / (deviation_a * deviation_b).max(1.0) }
}

fn count(patches: &[Patch], columns: usize) -> Overlay {
    let mut overlay = Overlay::default();
    let columns = columns.max(1);
    let rows = patches.len() / columns;
    let solid: Vec<bool> = (0..patches.len()).map(|at| is_solid(patches, columns, at)).collect();
    for (at, patch) in patches.iter().enumerate().filter(|(_, patch)| DEVIATION_MIN <= patch.structure) {
        let (row, column) = (at / columns, at % columns);
        if patch.is_alike() {
            overlay.alike += patch.structure;
            continue;
        }
        let in_row = solid[row * columns..at].contains(&true) && solid[at..(row + 1) * columns].contains(&true);
        let in_column = || {
            (0..row).any(|row| solid[row * columns + column]) && (row..rows).any(|row| solid[row * columns + column])
        };
        if in_row || in_column() {
            overlay.different_within += patch.structure;
        } else {
            overlay.different_around += patch.structure;
        }
    }
    overlay
}

/// Whether a patch is alike and most of its neighbours with structure are, so that it is not so by chance.
fn is_solid(patches: &[Patch], columns: usize, at: usize) -> bool {
    let (row, column) = (at / columns, at % columns);
    let around = (row.saturating_sub(1)..(row + 2).min(patches.len() / columns)).flat_map(|row| {
        (column.saturating_sub(1)..(column + 2).min(columns)).map(move |column| row * columns + column)
    });
    let (mut alike, mut different) = (0, 0);
    for patch in around.map(|at| &patches[at]).filter(|patch| DEVIATION_MIN <= patch.structure) {
        if patch.is_alike() { alike += 1 } else { different += 1 }
    }
    patches[at].is_alike() && 2 * different < alike && 3 <= alike
}

#[cfg(test)]
mod tests;
