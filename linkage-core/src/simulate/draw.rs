//! Pictures: product drawings from a seed, edited as copies are, as PNG; and digests for worlds without picture files.
//!
//! Only exact operations of IEEE 754 are used, so that a seed gives the same pixels everywhere. [`picture`] draws;
//! [`digests`] stands in for it, with a perceptual hash that moves as far as that of an edited photo does.

use std::io::{self, Write};

use super::persona::{Edit, Photo};
use super::random::Random;

/// Width and height in pixels.
const SIDE: usize = 192;

/// Samples of a pixel in each direction.
const SAMPLES: usize = 2;

type Colour = [f32; 3];

/// Something drawn, in a square from 0 to 1.
enum Shape {
    /// Middle and half axes.
    Ellipse([f32; 2], [f32; 2]),
    /// Two corners and the radius of the rounding.
    Box([f32; 2], [f32; 2], f32),
    /// Corners in order.
    Polygon(Vec<[f32; 2]>),
    /// Middle, outer radius, inner radius.
    Ring([f32; 2], f32, f32),
}

/// Pixels in rows.
struct Canvas(Vec<Colour>);

/// The name of a picture's file: equal for equal pictures only.
pub(super) fn file_name(photo: &Photo) -> String {
    let mut hasher = blake3::Hasher::new();
    for number in [photo.seed, photo.style, photo.product.map_or(u64::MAX, |product| product as u64)] {
        hasher.update(&number.to_le_bytes());
    }
    for (edit, number) in &photo.edits {
        hasher.update(&[*edit as u8]);
        hasher.update(&number.to_le_bytes());
    }
    let hex = hasher.finalize().to_hex();
    format!("{}.png", &hex[..16])
}

/// BLAKE3 and PDQ of a photo that was not drawn.
///
/// Of the 256 bits half are set, as the median demands; an edit swaps some of each. How many is an assumption in the order of
/// the distances that Facebook's "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm" (2019) reports; a mirrored
/// photo has nothing in common with its original.
pub(super) fn digests(photo: &Photo, name: &str) -> (String, String) {
    let mut bits = [false; 256];
    let mut random = Random::stream(photo.seed, "pdq", photo.product.map_or(0, |product| product as u64 + 1));
    scatter(&mut bits, &mut random);
    for (edit, number) in &photo.edits {
        let mut random = Random::stream(*number, "edit", 0);
        let swaps = match edit {
            Edit::Recompress => random.between(1, 5),
            Edit::Tint => random.between(2, 8),
            Edit::Caption => random.between(4, 18),
            Edit::Border => random.between(20, 60),
            Edit::Crop => random.between(12, 45),
            Edit::Mirror => {
                scatter(&mut bits, &mut random);
                0
            }
        };
        for _ in 0..swaps {
            swap_bits(&mut bits, &mut random);
        }
    }
    let hex: String = bits
        .chunks(4)
        .filter_map(|four| char::from_digit(four.iter().fold(0, |digit, bit| digit * 2 + u32::from(*bit)), 16))
        .collect();
    (blake3::hash(name.as_bytes()).to_hex().to_string(), hex)
}

fn scatter(bits: &mut [bool; 256], random: &mut Random) {
    for (at, bit) in bits.iter_mut().enumerate() {
        *bit = at % 2 == 0;
    }
    for at in (1..bits.len()).rev() {
        bits.swap(at, random.below(at + 1));
    }
}

/// Clears one set bit and sets one clear one.
fn swap_bits(bits: &mut [bool; 256], random: &mut Random) {
    for wanted in [true, false] {
        let from = random.below(bits.len());
        let found = (0..bits.len()).map(|step| (from + step) % bits.len()).find(|at| bits[*at] == wanted);
        if let Some(at) = found {
            bits[at] = !wanted;
        }
    }
}

/// Draws a photo of a product of this shape, or an avatar, and writes it as PNG.
pub(super) fn picture(photo: &Photo, shape: Option<&str>) -> io::Result<Vec<u8>> {
    let mut canvas = Canvas::background(photo.style);
    let mut random = Random::stream(photo.seed, "drawing", 0);
    for (shape, colour) in drawing(shape.unwrap_or("logo"), &mut random) {
        canvas.paint(&shape, colour);
    }
    for (edit, number) in &photo.edits {
        canvas.edit(*edit, &mut Random::stream(*number, "edit", 0));
    }
    canvas.png()
}

fn colour(random: &mut Random, least: i32, most: i32) -> Colour {
    std::array::from_fn(|_| random.between(least, most) as f32)
}

fn darker(colour: Colour, factor: f32) -> Colour {
    colour.map(|part| (part * factor).clamp(0.0, 255.0))
}

/// Half way to grey, as rooms are.
fn muted(colour: Colour) -> Colour {
    let grey = colour.iter().sum::<f32>() / 3.0;
    colour.map(|part| 0.4 * part + 0.6 * grey)
}

/// A product in front of nothing: shapes with their colours, from back to front, moved and scaled a little.
fn drawing(shape: &str, random: &mut Random) -> Vec<(Shape, Colour)> {
    let main = colour(random, 30, 220);
    let (dark, light, metal) = (darker(main, 0.6), darker(main, 1.35), [196.0, 190.0, 176.0]);
    let (black, white) = ([36.0, 34.0, 40.0], [240.0, 238.0, 232.0]);
    let ellipse = Shape::Ellipse;
    let square = Shape::Box;
    let parts = match shape {
        "bag" => vec![
            (Shape::Ring([0.5, 0.36], 0.17, 0.135), dark),
            (Shape::Polygon(vec![[0.27, 0.4], [0.73, 0.4], [0.82, 0.82], [0.18, 0.82]]), main),
            (Shape::Polygon(vec![[0.27, 0.4], [0.73, 0.4], [0.745, 0.48], [0.255, 0.48]]), light),
            (square([0.44, 0.5], [0.56, 0.6], 0.02), metal),
            (square([0.2, 0.76], [0.8, 0.79], 0.0), dark),
        ],
        "jacket" => vec![
            (Shape::Polygon(vec![[0.3, 0.3], [0.16, 0.72], [0.27, 0.76], [0.38, 0.42]]), dark),
            (Shape::Polygon(vec![[0.7, 0.3], [0.84, 0.72], [0.73, 0.76], [0.62, 0.42]]), dark),
            (Shape::Polygon(vec![[0.32, 0.26], [0.68, 0.26], [0.7, 0.82], [0.3, 0.82]]), main),
            (ellipse([0.5, 0.25], [0.12, 0.07]), light),
            (square([0.305, 0.42], [0.695, 0.435], 0.0), dark),
            (square([0.3, 0.56], [0.7, 0.575], 0.0), dark),
            (square([0.3, 0.7], [0.7, 0.715], 0.0), dark),
            (square([0.49, 0.28], [0.51, 0.82], 0.0), metal),
        ],
        "watch" => vec![
            (square([0.42, 0.1], [0.58, 0.9], 0.03), main),
            (ellipse([0.5, 0.5], [0.25, 0.25]), metal),
            (ellipse([0.5, 0.5], [0.21, 0.21]), white),
            (square([0.49, 0.35], [0.51, 0.51], 0.0), black),
            (Shape::Polygon(vec![[0.5, 0.49], [0.63, 0.58], [0.62, 0.6], [0.49, 0.51]]), black),
            (ellipse([0.5, 0.5], [0.02, 0.02]), dark),
            (square([0.74, 0.47], [0.79, 0.53], 0.01), metal),
        ],
        "bottle" => vec![
            (square([0.4, 0.14], [0.6, 0.32], 0.02), black),
            (square([0.36, 0.3], [0.64, 0.86], 0.06), main),
            (square([0.39, 0.48], [0.61, 0.72], 0.01), white),
            (square([0.42, 0.54], [0.58, 0.57], 0.0), dark),
            (square([0.42, 0.61], [0.54, 0.63], 0.0), dark),
            (square([0.38, 0.34], [0.41, 0.8], 0.01), light),
        ],
        "charger" => vec![
            (square([0.4, 0.16], [0.44, 0.32], 0.0), metal),
            (square([0.56, 0.16], [0.6, 0.32], 0.0), metal),
            (square([0.3, 0.3], [0.7, 0.8], 0.06), main),
            (square([0.34, 0.34], [0.66, 0.5], 0.03), light),
            (square([0.42, 0.66], [0.58, 0.71], 0.02), black),
            (ellipse([0.62, 0.42], [0.02, 0.02]), white),
        ],
        "toy" => vec![
            (Shape::Polygon(vec![[0.28, 0.36], [0.26, 0.12], [0.44, 0.24]]), main),
            (Shape::Polygon(vec![[0.72, 0.36], [0.74, 0.12], [0.56, 0.24]]), main),
            (ellipse([0.5, 0.72], [0.2, 0.2]), dark),
            (ellipse([0.5, 0.4], [0.25, 0.21]), main),
            (ellipse([0.5, 0.49], [0.13, 0.1]), white),
            (ellipse([0.41, 0.37], [0.025, 0.03]), black),
            (ellipse([0.59, 0.37], [0.025, 0.03]), black),
            (ellipse([0.5, 0.46], [0.03, 0.02]), black),
            (ellipse([0.5, 0.74], [0.1, 0.12]), light),
        ],
        "shoe" => vec![
            (Shape::Polygon(vec![[0.14, 0.4], [0.36, 0.36], [0.5, 0.52], [0.84, 0.6], [0.88, 0.7], [0.14, 0.7]]), main),
            (square([0.12, 0.68], [0.9, 0.77], 0.03), white),
            (Shape::Polygon(vec![[0.14, 0.4], [0.24, 0.38], [0.24, 0.7], [0.14, 0.7]]), dark),
            (Shape::Polygon(vec![[0.3, 0.62], [0.62, 0.58], [0.6, 0.62], [0.3, 0.68]]), light),
            (square([0.38, 0.42], [0.5, 0.44], 0.0), white),
            (square([0.42, 0.47], [0.54, 0.49], 0.0), white),
        ],
        "earbuds" => vec![
            (square([0.22, 0.42], [0.78, 0.86], 0.1), main),
            (square([0.22, 0.6], [0.78, 0.62], 0.0), dark),
            (ellipse([0.36, 0.3], [0.09, 0.09]), white),
            (square([0.33, 0.32], [0.38, 0.52], 0.02), white),
            (ellipse([0.64, 0.3], [0.09, 0.09]), white),
            (square([0.62, 0.32], [0.67, 0.52], 0.02), white),
            (ellipse([0.36, 0.3], [0.04, 0.04]), dark),
            (ellipse([0.64, 0.3], [0.04, 0.04]), dark),
        ],
        "glasses" => vec![
            (Shape::Ring([0.31, 0.5], 0.19, 0.155), dark),
            (Shape::Ring([0.69, 0.5], 0.19, 0.155), dark),
            (ellipse([0.31, 0.5], [0.16, 0.16]), main),
            (ellipse([0.69, 0.5], [0.16, 0.16]), main),
            (square([0.46, 0.46], [0.54, 0.49], 0.01), dark),
            (Shape::Polygon(vec![[0.22, 0.44], [0.32, 0.38], [0.34, 0.4], [0.24, 0.47]]), light),
            (Shape::Polygon(vec![[0.6, 0.44], [0.7, 0.38], [0.72, 0.4], [0.62, 0.47]]), light),
        ],
        "ring" => vec![
            (Shape::Ring([0.5, 0.58], 0.27, 0.21), metal),
            (Shape::Polygon(vec![[0.5, 0.1], [0.63, 0.22], [0.5, 0.4], [0.37, 0.22]]), main),
            (Shape::Polygon(vec![[0.5, 0.1], [0.57, 0.22], [0.5, 0.4], [0.43, 0.22]]), light),
        ],
        "cup" => vec![
            (Shape::Polygon(vec![[0.3, 0.24], [0.7, 0.24], [0.64, 0.86], [0.36, 0.86]]), main),
            (square([0.27, 0.16], [0.73, 0.26], 0.03), dark),
            (Shape::Polygon(vec![[0.315, 0.42], [0.685, 0.42], [0.665, 0.62], [0.335, 0.62]]), white),
            (ellipse([0.5, 0.52], [0.07, 0.07]), dark),
        ],
        "shirt" => vec![
            (Shape::Polygon(vec![[0.34, 0.2], [0.12, 0.36], [0.2, 0.5], [0.34, 0.42]]), dark),
            (Shape::Polygon(vec![[0.66, 0.2], [0.88, 0.36], [0.8, 0.5], [0.66, 0.42]]), dark),
            (Shape::Polygon(vec![[0.33, 0.2], [0.67, 0.2], [0.69, 0.84], [0.31, 0.84]]), main),
            (ellipse([0.5, 0.2], [0.1, 0.06]), white),
            (ellipse([0.5, 0.48], [0.09, 0.09]), light),
            (Shape::Ring([0.5, 0.48], 0.12, 0.105), white),
        ],
        _ => vec![
            (ellipse([0.5, 0.5], [0.36, 0.36]), main),
            (Shape::Ring([0.5, 0.5], 0.32, 0.29), white),
            (Shape::Polygon(vec![[0.5, 0.26], [0.68, 0.62], [0.32, 0.62]]), light),
            (square([0.32, 0.66], [0.68, 0.7], 0.01), white),
        ],
    };
    // Seen from another side and distance in each photo.
    let scale = 0.6 + random.between(0, 45) as f32 / 100.0;
    let shift = [random.between(-14, 14) as f32 / 100.0, random.between(-8, 8) as f32 / 100.0];
    let lean = random.between(-22, 22) as f32 / 100.0;
    let place =
        |[x, y]: [f32; 2]| [(x - 0.5 + lean * (0.8 - y)) * scale + 0.5 + shift[0], (y - 0.5) * scale + 0.5 + shift[1]];
    let mut placed: Vec<(Shape, Colour)> = vec![(ellipse(place([0.5, 0.87]), [0.33 * scale, 0.05]), [110.0; 3])];
    placed.extend(parts.into_iter().map(|(shape, colour)| (moved(shape, &place, scale), colour)));
    // What tells two photos of one product apart: labels and prints.
    for _ in 0..random.between(1, 3) {
        let at = place([random.between(32, 68) as f32 / 100.0, random.between(40, 80) as f32 / 100.0]);
        let size = [random.between(2, 6) as f32 / 100.0, random.between(1, 3) as f32 / 100.0];
        placed.push((ellipse(at, size), if random.chance(0.5) { light } else { dark }));
    }
    // And what else lies on the table.
    for _ in 0..random.between(0, 2) {
        let left = if random.chance(0.5) { 0.05 } else { 0.8 };
        let (x, y) = (left + random.between(0, 8) as f32 / 100.0, random.between(70, 86) as f32 / 100.0);
        let size = random.between(4, 10) as f32 / 100.0;
        let thing = if random.chance(0.5) {
            square([x, y - size], [x + size, y], 0.01)
        } else {
            ellipse([x, y], [size, size * 0.7])
        };
        placed.insert(0, (thing, muted(colour(random, 40, 220))));
    }
    placed
}

fn moved(shape: Shape, place: &dyn Fn([f32; 2]) -> [f32; 2], scale: f32) -> Shape {
    match shape {
        Shape::Ellipse(middle, axes) => Shape::Ellipse(place(middle), axes.map(|axis| axis * scale)),
        Shape::Box([left, top], [right, bottom], round) => {
            let [x, y] = place([(left + right) / 2.0, (top + bottom) / 2.0]);
            let half = [(right - left) / 2.0 * scale, (bottom - top) / 2.0 * scale];
            Shape::Box([x - half[0], y - half[1]], [x + half[0], y + half[1]], round * scale)
        }
        Shape::Polygon(corners) => Shape::Polygon(corners.into_iter().map(place).collect()),
        Shape::Ring(middle, outer, inner) => Shape::Ring(place(middle), outer * scale, inner * scale),
    }
}

impl Shape {
    /// A rectangle around it.
    fn bounds(&self) -> ([f32; 2], [f32; 2]) {
        match self {
            Shape::Ellipse([x, y], [rx, ry]) => ([x - rx, y - ry], [x + rx, y + ry]),
            Shape::Box(from, to, _) => (*from, *to),
            Shape::Ring([x, y], outer, _) => ([x - outer, y - outer], [x + outer, y + outer]),
            Shape::Polygon(corners) => {
                let ends = |part: usize| {
                    let parts = || corners.iter().map(|corner| corner[part]);
                    (parts().fold(1.0, f32::min), parts().fold(0.0, f32::max))
                };
                let ((left, right), (top, bottom)) = (ends(0), ends(1));
                ([left, top], [right, bottom])
            }
        }
    }

    fn holds(&self, x: f32, y: f32) -> bool {
        match self {
            Shape::Ellipse([mx, my], [rx, ry]) => {
                let (dx, dy) = ((x - mx) / rx, (y - my) / ry);
                dx * dx + dy * dy <= 1.0
            }
            Shape::Box([left, top], [right, bottom], round) => {
                let outside = |at: f32, from: f32, to: f32| (from + round - at).max(at - to + round).max(0.0);
                let (dx, dy) = (outside(x, *left, *right), outside(y, *top, *bottom));
                (left..=right).contains(&&x)
                    && (top..=bottom).contains(&&y)
                    && dx * dx + dy * dy <= round * round + 1e-9
            }
            Shape::Polygon(corners) => {
                let next = corners.iter().cycle().skip(1);
                let crosses = |([ax, ay], [bx, by]): (&[f32; 2], &[f32; 2])| {
                    (*ay <= y) != (*by <= y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
                };
                corners.iter().zip(next).filter(|edge| crosses(*edge)).count() % 2 == 1
            }
            Shape::Ring([mx, my], outer, inner) => {
                let squared = (x - mx) * (x - mx) + (y - my) * (y - my);
                inner * inner <= squared && squared <= outer * outer
            }
        }
    }
}

impl Canvas {
    /// A wall and a table, of the colours and the pattern of a seller's place.
    fn background(style: u64) -> Canvas {
        let mut random = Random::stream(style, "background", 0);
        let (wall, table) = (muted(colour(&mut random, 140, 240)), muted(colour(&mut random, 90, 210)));
        let horizon = random.between(110, 150) as usize;
        let (pattern, step) = (random.below(4), random.between(14, 30) as usize);
        let pixel = |at: usize| {
            let (x, y) = (at % SIDE, at / SIDE);
            let base = if y < horizon { wall } else { table };
            let shade = if y < horizon { 0.8 + 0.2 * y as f32 / horizon as f32 } else { 1.0 };
            let marked = match pattern {
                0 => x % step < 2,
                1 => (x + y) % step < 3,
                2 => x % step < 4 && y % step < 4,
                _ => false,
            };
            darker(base, if marked { shade * 0.82 } else { shade })
        };
        Canvas((0..SIDE * SIDE).map(pixel).collect())
    }

    fn paint(&mut self, shape: &Shape, colour: Colour) {
        let unit = (SIDE * SAMPLES) as f32;
        let ([left, top], [right, bottom]) = shape.bounds();
        let pixels = |from: f32, to: f32| {
            ((from * SIDE as f32 - 1.0).max(0.0) as usize)..((to * SIDE as f32 + 2.0).clamp(0.0, SIDE as f32) as usize)
        };
        let columns = pixels(left, right);
        for at in pixels(top, bottom).flat_map(|y| columns.clone().map(move |x| y * SIDE + x)) {
            let pixel = &mut self.0[at];
            let (x, y) = ((at % SIDE) * SAMPLES, (at / SIDE) * SAMPLES);
            let sample = |nth: usize| ((x + nth % SAMPLES) as f32 + 0.5, (y + nth / SAMPLES) as f32 + 0.5);
            let inside = (0..SAMPLES * SAMPLES).map(sample).filter(|(x, y)| shape.holds(x / unit, y / unit)).count();
            let part = inside as f32 / (SAMPLES * SAMPLES) as f32;
            // Light falls from above.
            let lit = darker(colour, 1.08 - 0.16 * (at / SIDE) as f32 / SIDE as f32);
            *pixel = std::array::from_fn(|channel| pixel[channel] * (1.0 - part) + lit[channel] * part);
        }
    }

    fn edit(&mut self, edit: Edit, random: &mut Random) {
        match edit {
            Edit::Recompress => {
                let lift = random.between(-8, 8) as f32;
                self.each(|pixel| pixel.map(|part| ((part + lift) / 6.0).floor() * 6.0 + 3.0));
            }
            Edit::Tint => {
                let factors: Colour = std::array::from_fn(|_| 0.82 + random.between(0, 36) as f32 / 100.0);
                self.each(|pixel| std::array::from_fn(|channel| pixel[channel] * factors[channel]));
            }
            Edit::Mirror => self.resample(|x, y| Some((1.0 - x, y)), [0.0; 3]),
            Edit::Crop => {
                let [left, top, right, bottom]: [f32; 4] = std::array::from_fn(|_| random.between(2, 9) as f32 / 100.0);
                self.resample(|x, y| Some((left + x * (1.0 - left - right), top + y * (1.0 - top - bottom))), [0.0; 3]);
            }
            Edit::Border => {
                let width = random.between(3, 8) as f32 / 100.0;
                let frame = colour(random, 0, 255);
                let inside = |at: f32| (at - width) / (1.0 - 2.0 * width);
                let shown = |at: f32| (0.0..1.0).contains(&at);
                self.resample(|x, y| Some((inside(x), inside(y))).filter(|(x, y)| shown(*x) && shown(*y)), frame);
            }
            Edit::Caption => self.caption(random),
        }
    }

    /// Letters as blocks: a line of text on a strip.
    fn caption(&mut self, random: &mut Random) {
        let top = random.between(4, 86) as f32 / 100.0;
        let (strip, ink) = (colour(random, 200, 255), colour(random, 0, 90));
        self.paint(&Shape::Box([0.04, top], [0.72, top + 0.1], 0.01), strip);
        for letter in 0..random.between(6, 11) {
            let x = 0.07 + letter as f32 * 0.055;
            self.paint(&Shape::Box([x, top + 0.025], [x + 0.012, top + 0.075], 0.0), ink);
            let bar = top + 0.025 + 0.02 * random.below(3) as f32;
            self.paint(&Shape::Box([x, bar], [x + 0.035, bar + 0.01], 0.0), ink);
        }
    }

    fn each(&mut self, change: impl Fn(Colour) -> Colour) {
        self.0.iter_mut().for_each(|pixel| *pixel = change(*pixel).map(|part| part.clamp(0.0, 255.0)));
    }

    /// Takes each pixel from where `from` says, or `else_colour`.
    fn resample(&mut self, from: impl Fn(f32, f32) -> Option<(f32, f32)>, else_colour: Colour) {
        let unit = SIDE as f32;
        let pixel = |at: usize| {
            let (x, y) = (((at % SIDE) as f32 + 0.5) / unit, ((at / SIDE) as f32 + 0.5) / unit);
            from(x, y).map_or(else_colour, |(x, y)| self.between(x * unit - 0.5, y * unit - 0.5))
        };
        self.0 = (0..SIDE * SIDE).map(pixel).collect();
    }

    /// The colour between four pixels.
    fn between(&self, x: f32, y: f32) -> Colour {
        let last = (SIDE - 1) as f32;
        let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
        let (left, top) = (x.floor(), y.floor());
        let (dx, dy) = (x - left, y - top);
        let at = |x: f32, y: f32| self.0[y.min(last) as usize * SIDE + x.min(last) as usize];
        let (a, b) = (at(left, top), at(left + 1.0, top));
        let (c, d) = (at(left, top + 1.0), at(left + 1.0, top + 1.0));
        std::array::from_fn(|channel| {
            let upper = a[channel] * (1.0 - dx) + b[channel] * dx;
            let lower = c[channel] * (1.0 - dx) + d[channel] * dx;
            upper * (1.0 - dy) + lower * dy
        })
    }

    /// As PNG, 8 bits a channel, every row as the difference from the one above. Source: W3C, "Portable Network Graphics".
    fn png(&self) -> io::Result<Vec<u8>> {
        let mut rows = Vec::with_capacity(SIDE * (1 + SIDE * 3));
        let mut above = vec![0_u8; SIDE * 3];
        for row in self.0.chunks(SIDE) {
            // To the nearest even value: half the bytes, and nobody sees it.
            let bytes: Vec<u8> = row.iter().flatten().map(|part| part.clamp(0.0, 255.0) as u8 & 0xfe).collect();
            rows.push(2);
            rows.extend(bytes.iter().zip(&above).map(|(byte, above)| byte.wrapping_sub(*above)));
            above = bytes;
        }
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&rows)?;
        let mut head = Vec::new();
        for number in [SIDE as u32, SIDE as u32] {
            head.extend_from_slice(&number.to_be_bytes());
        }
        head.extend_from_slice(&[8, 2, 0, 0, 0]);
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in [(b"IHDR", &head), (b"IDAT", &packed.finish()?), (b"IEND", &Vec::new())] {
            png.extend_from_slice(&(data.len() as u32).to_be_bytes());
            let mut crc = flate2::Crc::new();
            crc.update(name);
            crc.update(data);
            png.extend_from_slice(name);
            png.extend_from_slice(data);
            png.extend_from_slice(&crc.sum().to_be_bytes());
        }
        Ok(png)
    }
}
