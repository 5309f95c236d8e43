//! Evidence in bits, in fixed point.

use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

/// An amount of evidence in bits, in steps of 1/4096.
///
/// Fixed point, because a sum of floating-point terms depends on the order of adding, and the same records must give
/// the same weights whatever the order they came in. Saturates at ±524,288 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits(i32);

const STEPS_PER_BIT: f64 = 4096.0;

impl Bits {
    /// No evidence either way.
    pub const ZERO: Bits = Bits(0);

    /// The least there is.
    pub const MIN: Bits = Bits(i32::MIN);

    /// The most there is.
    pub const MAX: Bits = Bits(i32::MAX);

    /// The nearest step; not a number counts as none.
    pub fn new(bits: f64) -> Bits {
        // `as` saturates, and turns NaN into 0.
        Bits((bits * STEPS_PER_BIT).round() as i32)
    }

    /// Bits as a number.
    pub fn get(self) -> f64 {
        f64::from(self.0) / STEPS_PER_BIT
    }

    /// The raw step count, for storing.
    pub fn steps(self) -> i32 {
        self.0
    }

    /// From a stored step count.
    pub fn from_steps(steps: i32) -> Bits {
        Bits(steps)
    }

    /// The probability with these log-odds: `2^w / (1 + 2^w)`.
    pub fn probability(self) -> f64 {
        1.0 / (1.0 + (-self.get()).exp2())
    }
}

impl Add for Bits {
    type Output = Bits;
    fn add(self, other: Bits) -> Bits {
        Bits(self.0.saturating_add(other.0))
    }
}

impl Sub for Bits {
    type Output = Bits;
    fn sub(self, other: Bits) -> Bits {
        Bits(self.0.saturating_sub(other.0))
    }
}

impl Neg for Bits {
    type Output = Bits;
    fn neg(self) -> Bits {
        Bits(self.0.saturating_neg())
    }
}

impl Sum for Bits {
    fn sum<I: Iterator<Item = Bits>>(iter: I) -> Bits {
        iter.fold(Bits::ZERO, Add::add)
    }
}
