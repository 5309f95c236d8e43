//! Parts of a picture that may be a picture of their own: without its frame, one of a collage, the photo in a screenshot.
//!
//! Each is a rectangle between flat bands: rows or columns in which nothing happens. A hash of the part is the hash of
//! the picture that was framed or pasted.
//!
//! Source of the cutting: Nagy and Seth, "Hierarchical representation of optically scanned documents", ICPR 1984 (recursive
//! X-Y cuts).

use super::pdq::{PdqForms, Rows, Transform};
use super::plane::Plane;

/// The most parts of a picture that are looked at besides the whole.
pub(super) const PARTS_MAX: usize = 4;

/// Rows and columns of less deviation, in steps of luminance, are flat.
const FLAT_DEVIATION_MAX: f32 = 6.0;

/// A smaller share of the picture is no part of it.
const SHARE_MIN: f32 = 0.06;

/// No part is cut out of a part more often than this.
const CUTS_MAX: usize = 5;

/// A part with a shorter side, in pixels of the plane, is not cut further and not kept.
const SIDE_MIN: usize = 24;

/// The share of the height that a banner across the top or the bottom covers.
const BANNER_SHARE: f32 = 0.15;

/// A rectangle of a plane, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Part {
    pub(super) fn whole(plane: &Plane) -> Part {
        Part { left: 0, top: 0, width: plane.width, height: plane.height }
    }

    fn area(&self) -> usize {
        self.width * self.height
    }

    /// Without a banner at the bottom, and without one at the top.
    pub(super) fn without_banners(&self) -> [Part; 2] {
        let banner = (self.height as f32 * BANNER_SHARE) as usize;
        let height = self.height - banner;
        [Part { height, ..*self }, Part { height, top: self.top + banner, ..*self }]
    }
}

/// The hashes of a part in all eight forms.
pub(super) fn forms_of(plane: &Plane, part: &Part) -> PdqForms {
    Transform::of(&mut PartRows { plane, part, next: 0 }).forms()
}

struct PartRows<'p> {
    plane: &'p Plane,
    part: &'p Part,
    next: usize,
}

impl Rows for PartRows<'_> {
    fn width(&self) -> usize {
        self.part.width
    }

    fn height(&self) -> usize {
        self.part.height
    }

    fn next(&mut self, row: &mut [f32]) {
        row.copy_from_slice(&self.plane.row(self.part.top + self.next)[self.part.left..][..self.part.width]);
        self.next += 1;
    }
}

/// The parts of a picture, largest first: the picture without its flat border, or what flat bands divide it into.
///
/// A picture without either has none.
pub(super) fn parts(plane: &Plane) -> Vec<Part> {
    let whole = Part::whole(plane);
    let mut found = Vec::new();
    cut(plane, whole, CUTS_MAX, &mut found);
    found.retain(|part| *part != whole && SHARE_MIN * whole.area() as f32 <= part.area() as f32);
    found.sort_unstable_by_key(|part| (std::cmp::Reverse(part.area()), *part));
    found.truncate(PARTS_MAX);
    found
}

/// Cuts along rows or columns, whichever divides, until nothing does.
fn cut(plane: &Plane, part: Part, cuts_left: usize, found: &mut Vec<Part>) {
    if part.width < SIDE_MIN || part.height < SIDE_MIN {
        return;
    }
    if 0 < cuts_left {
        for by_rows in [true, false] {
            let pieces = pieces(plane, &part, by_rows);
            if pieces != [part] {
                pieces.into_iter().for_each(|piece| cut(plane, piece, cuts_left - 1, found));
                return;
            }
        }
    }
    found.push(part);
}

/// What lies between the flat rows or columns of a part.
fn pieces(plane: &Plane, part: &Part, by_rows: bool) -> Vec<Part> {
    let flat = if by_rows { flat_rows(plane, part) } else { flat_columns(plane, part) };
    let mut pieces = Vec::new();
    let mut begin = None;
    for (at, flat) in flat.iter().chain([&true]).enumerate() {
        match (begin, flat) {
            (None, false) => begin = Some(at),
            (Some(first), true) => {
                let (offset, len) = (first, at - first);
                pieces.push(if by_rows {
                    Part { top: part.top + offset, height: len, ..*part }
                } else {
                    Part { left: part.left + offset, width: len, ..*part }
                });
                begin = None;
            }
            _ => {}
        }
    }
    pieces
}

fn flat_rows(plane: &Plane, part: &Part) -> Vec<bool> {
    let rows = (part.top..part.top + part.height).map(|y| &plane.row(y)[part.left..part.left + part.width]);
    rows.map(|row| {
        let (sum, squares) =
            row.iter().fold((0.0, 0.0), |(sum, squares), value| (sum + value, squares + value * value));
        is_flat(sum, squares, row.len())
    })
    .collect()
}

fn flat_columns(plane: &Plane, part: &Part) -> Vec<bool> {
    let (mut sums, mut squares) = (vec![0.0_f32; part.width], vec![0.0_f32; part.width]);
    for y in part.top..part.top + part.height {
        let row = &plane.row(y)[part.left..part.left + part.width];
        for ((sum, squares), value) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += value;
            *squares += value * value;
        }
    }
    sums.iter().zip(&squares).map(|(sum, squares)| is_flat(*sum, *squares, part.height)).collect()
}

fn is_flat(sum: f32, squares: f32, count: usize) -> bool {
    let mean = sum / count as f32;
    squares / count as f32 - mean * mean < FLAT_DEVIATION_MAX * FLAT_DEVIATION_MAX
}

#[cfg(test)]
mod tests;
