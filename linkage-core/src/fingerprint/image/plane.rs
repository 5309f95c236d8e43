//! Luminance at the size at which pictures are looked at, smoothed and shrunk.

use super::decode::Pixels;

/// A grey picture: `width * height` values of 0 to 255, row by row.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Plane {
        Plane { width, height, values: vec![0.0; width * height] }
    }

    pub(super) fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..][..self.width]
    }

    /// The luminance of a picture, shrunk so that it has at most `area_max` pixels.
    ///
    /// Each value is the mean over the area that it stands for. O(pixels).
    pub(super) fn of(pixels: &Pixels, area_max: usize) -> Plane {
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let shrink = (area_max as f64 / (width as f64 * height as f64)).sqrt().min(1.0);
        let side = |side: usize| ((side as f64 * shrink) as usize).max(1);
        averaged((width, height), (side(width), side(height)), |y, weight, sums| {
            for (sum, pixel) in sums.iter_mut().zip(pixels.rgb()[3 * width * y..].chunks_exact(3)) {
                let luma = f32::from(pixel[0]) * 0.299 + f32::from(pixel[1]) * 0.587 + f32::from(pixel[2]) * 0.114;
                *sum += weight * luma;
            }
        })
    }

    /// Smoothed by a symmetrical kernel, of which `half` is the middle and one side; edges are repeated.
    pub(super) fn smoothed(&self, half: &[f32]) -> Plane {
        let radius = half.len() - 1;
        let mut out = Plane::new(self.width, self.height);
        let mut padded = vec![0.0_f32; self.width + 2 * radius];
        for (y, out) in out.values.chunks_exact_mut(self.width).enumerate() {
            let (body, rest) = padded[radius..].split_at_mut(self.width);
            let at = |offset: isize| self.row(y.saturating_add_signed(offset).min(self.height - 1));
            body.iter_mut().zip(at(0)).for_each(|(sum, value)| *sum = half[0] * value);
            for (offset, weight) in half.iter().enumerate().skip(1) {
                let (above, below) = (at(-(offset as isize)), at(offset as isize));
                for ((sum, above), below) in body.iter_mut().zip(above).zip(below) {
                    *sum += weight * (above + below);
                }
            }
            let (first, last) = (body[0], body[self.width - 1]);
            rest.fill(last);
            padded[..radius].fill(first);
            out.iter_mut().zip(&padded[radius..]).for_each(|(sum, value)| *sum = half[0] * value);
            for (offset, weight) in half.iter().enumerate().skip(1) {
                let (left, right) = (&padded[radius - offset..], &padded[radius + offset..]);
                for ((sum, left), right) in out.iter_mut().zip(left).zip(right) {
                    *sum += weight * (left + right);
                }
            }
        }
        out
    }

    /// Shrunk to another size; each value is the mean over the area that it stands for.
    pub(super) fn shrunk(&self, width: usize, height: usize) -> Plane {
        averaged((self.width, self.height), (width, height), |y, weight, sums| {
            sums.iter_mut().zip(self.row(y)).for_each(|(sum, value)| *sum += weight * value);
        })
    }

    /// Resampled to another size by linear interpolation; smooth it first when shrinking.
    pub(super) fn resampled(&self, width: usize, height: usize) -> Plane {
        let mut out = Plane::new(width, height);
        let (across, down) = (places(self.width, width), places(self.height, height));
        for ((y, part), out) in down.iter().zip(out.values.chunks_exact_mut(width)) {
            let (above, below) = (self.row(*y), self.row((y + 1).min(self.height - 1)));
            for ((x, along), value) in across.iter().zip(out) {
                let next = (x + 1).min(self.width - 1);
                let upper = above[*x] + along * (above[next] - above[*x]);
                let lower = below[*x] + along * (below[next] - below[*x]);
                *value = upper + part * (lower - upper);
            }
        }
        out
    }

    /// The value between pixels; outside, that of the nearest pixel.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as u32, y as u32);
        let (along, down) = (x - left as f32, y - top as f32);
        let start = top as usize * self.width + left as usize;
        // Beyond the last pixel there is nothing to add.
        let at = |offset: usize| self.values.get(start + offset).copied().unwrap_or_default();
        let (upper_left, lower_left) = (at(0), at(self.width));
        let upper = upper_left + along * (at(1) - upper_left);
        if down == 0.0 {
            return upper;
        }
        upper + down * (lower_left + along * (at(self.width + 1) - lower_left) - upper)
    }
}

/// A plane of another size, each value the mean over the area that it stands for; `add_row` adds a row of the original, times a
/// weight, to sums as wide as it.
fn averaged(from: (usize, usize), to: (usize, usize), add_row: impl Fn(usize, f32, &mut [f32])) -> Plane {
    let mut plane = Plane::new(to.0, to.1);
    let (across, down) = (shares(from.0, to.0), shares(from.1, to.1));
    let mut sums = vec![0.0_f32; from.0];
    for ((first, weights), out) in down.iter().zip(plane.values.chunks_exact_mut(to.0)) {
        sums.fill(0.0);
        weights.iter().zip(*first..).for_each(|(weight, y)| add_row(y, *weight, &mut sums));
        if to.0 == from.0 {
            out.copy_from_slice(&sums);
            continue;
        }
        for ((first, weights), value) in across.iter().zip(out) {
            *value = weights.iter().zip(&sums[*first..]).map(|(weight, sum)| weight * sum).sum();
        }
    }
    plane
}

/// For each of `to` values along an axis: the first of `from` pixels under it, and the share of each in it.
fn shares(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let step = from as f64 / to as f64;
    let share = |at: usize| {
        let (begin, end) = (at as f64 * step, (at + 1) as f64 * step);
        let first = (begin as usize).min(from - 1);
        let last = ((end - 1e-9) as usize).min(from - 1);
        let overlap = |pixel: usize| (end.min((pixel + 1) as f64) - begin.max(pixel as f64)) / step;
        (first, (first..=last).map(|pixel| overlap(pixel) as f32).collect())
    };
    (0..to).map(share).collect()
}

/// For each of `to` values along an axis: the pixel before it, and how far beyond that one it lies.
fn places(from: usize, to: usize) -> Vec<(usize, f32)> {
    let step = from as f64 / to as f64;
    let place = |at: usize| {
        let at = ((at as f64 + 0.5) * step - 0.5).clamp(0.0, (from - 1) as f64);
        (at as usize, at.fract() as f32)
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests;
