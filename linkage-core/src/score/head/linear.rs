//! Logistic regression with a ridge, by Newton's method.

use super::Shape;

/// Pull of every standardised weight towards 0: as if one more pair spoke against it.
const RIDGE: f64 = 1.0;

const STEPS_MAX: usize = 50;

/// Fits rows of equal length; `NaN` stands for missing.
///
/// Source: Hosmer and Lemeshow, "Applied Logistic Regression", chapter 1; le Cessie and van Houwelingen, "Ridge
/// Estimators in Logistic Regression", 1992.
pub(super) fn fit(rows: &[&[f64]], labels: &[bool]) -> Shape {
    let measures = rows.first().map_or(0, |row| row.len());
    let spreads: Vec<(f64, f64)> = (0..measures).map(|at| spread(rows, at)).collect();
    let standard = |row: &[f64], at: usize| {
        let (centre, scale) = spreads[at];
        if row[at].is_nan() { 0.0 } else { (row[at] - centre) / scale }
    };
    // The last coefficient is the intercept, which is not pulled.
    let width = measures + 1;
    let mut coefficients = vec![0.0; width];
    let mut features = vec![1.0; width];
    for _ in 0..STEPS_MAX {
        let mut gradient = vec![0.0; width];
        let mut hessian = vec![vec![0.0; width]; width];
        for (row, label) in rows.iter().zip(labels) {
            (0..measures).for_each(|at| features[at] = standard(row, at));
            let score: f64 = features.iter().zip(&coefficients).map(|(x, w)| x * w).sum();
            let share = 1.0 / (1.0 + (-score).exp());
            let (miss, weight) = (f64::from(u8::from(*label)) - share, (share * (1.0 - share)).max(1e-9));
            for i in 0..width {
                gradient[i] += miss * features[i];
                for j in 0..=i {
                    hessian[i][j] += weight * features[i] * features[j];
                }
            }
        }
        for at in 0..measures {
            gradient[at] -= RIDGE * coefficients[at];
            hessian[at][at] += RIDGE;
        }
        hessian[measures][measures] += 1e-6;
        let step = solve(hessian, gradient);
        let largest = step.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        // A long step on nearly separable labels overshoots.
        let damping = (4.0 / largest).min(1.0);
        coefficients.iter_mut().zip(&step).for_each(|(w, x)| *w += damping * x);
        if largest < 1e-8 {
            break;
        }
    }
    let to_bits = std::f64::consts::LOG2_E;
    Shape::Linear {
        base_bits: coefficients[measures] * to_bits,
        weights: (0..measures).map(|at| coefficients[at] / spreads[at].1 * to_bits).collect(),
        centres: spreads.iter().map(|(centre, _)| *centre).collect(),
    }
}

/// Mean and standard deviation of a measure where it is there; a constant has the deviation 1.
fn spread(rows: &[&[f64]], at: usize) -> (f64, f64) {
    let there = || rows.iter().map(|row| row[at]).filter(|value| !value.is_nan());
    let count = there().count().max(1) as f64;
    let mean = there().sum::<f64>() / count;
    let deviation = (there().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    (mean, if deviation < 1e-9 { 1.0 } else { deviation })
}

/// Solves a symmetric positive definite system of which the lower half is filled, by Cholesky's decomposition.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for i in 0..size {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            matrix[i][j] =
                if i == j { (matrix[i][i] - sum).max(1e-12).sqrt() } else { (matrix[i][j] - sum) / matrix[j][j] };
        }
    }
    for i in 0..size {
        let sum: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    for i in (0..size).rev() {
        let sum: f64 = (i + 1..size).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - sum) / matrix[i][i];
    }
    right
}
