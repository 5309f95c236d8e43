//! The evidence of a sighting as a picture: both side by side, with what agrees marked.

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::decode::Pixels;
use super::gallery::Placed;

/// Height of the drawing in pixels.
const HEIGHT: u32 = 480;

/// The widest that one of the two is drawn.
const WIDTH_MAX: u32 = 960;

/// Pixels between the two.
const GAP: u32 = 8;

/// Lines between places; more would hide the pictures.
const LINES_MAX: usize = 24;

const OUTLINE: [u8; 3] = [255, 200, 0];
const PLACE: [u8; 3] = [0, 230, 118];
const LINE: [u8; 3] = [0, 176, 255];

/// Draws two pictures side by side as a PNG file, what lies on each other outlined, places that agree marked and joined.
///
/// Without `placed` they are drawn without marks. At most 480 pixels high and 1,928 wide.
///
/// # Errors
///
/// When the PNG encoder fails, which it does for no picture of this size.
pub fn draw(query: &Pixels, other: &Pixels, placed: Option<&Placed>) -> std::io::Result<Vec<u8>> {
    let (left, right) = (Fitted::new(query, 0), Fitted::new(other, 0));
    let right = Fitted { offset: left.width + GAP, ..right };
    let mut canvas = Canvas::new(left.width + GAP + right.width);
    canvas.paste(query, &left);
    canvas.paste(other, &right);
    if let Some(placed) = placed {
        canvas.mark(placed, (query, &left), (other, &right));
    }
    let mut file = Cursor::new(Vec::new());
    PngEncoder::new(&mut file)
        .write_image(&canvas.rgb, canvas.width, HEIGHT, ExtendedColorType::Rgb8)
        .map_err(std::io::Error::other)?;
    Ok(file.into_inner())
}

/// Where on the canvas a picture is drawn, and how large.
struct Fitted {
    offset: u32,
    width: u32,
    height: u32,
    scale: f32,
}

impl Fitted {
    fn new(pixels: &Pixels, offset: u32) -> Fitted {
        let scale = (HEIGHT as f32 / pixels.height() as f32).min(WIDTH_MAX as f32 / pixels.width() as f32);
        let side = |side: u32, max: u32| ((side as f32 * scale) as u32).clamp(1, max);
        Fitted { offset, width: side(pixels.width(), WIDTH_MAX), height: side(pixels.height(), HEIGHT), scale }
    }

    fn on_canvas(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (x.clamp(-1e6, 1e6) * self.scale, y.clamp(-1e6, 1e6) * self.scale);
        (self.offset as f32 + x.clamp(0.0, self.width as f32 - 1.0), y.clamp(0.0, self.height as f32 - 1.0))
    }
}

struct Canvas {
    width: u32,
    rgb: Vec<u8>,
}

impl Canvas {
    fn new(width: u32) -> Canvas {
        Canvas { width, rgb: vec![255; 3 * (width * HEIGHT) as usize] }
    }

    fn paste(&mut self, pixels: &Pixels, fitted: &Fitted) {
        for y in 0..fitted.height {
            let row = (y as f32 / fitted.scale) as usize;
            let from = &pixels.rgb()[3 * row.min(pixels.height() as usize - 1) * pixels.width() as usize..];
            for x in 0..fitted.width {
                let column = ((x as f32 / fitted.scale) as usize).min(pixels.width() as usize - 1);
                let at = 3 * (y * self.width + fitted.offset + x) as usize;
                self.rgb[at..at + 3].copy_from_slice(&from[3 * column..3 * column + 3]);
            }
        }
    }

    fn mark(&mut self, placed: &Placed, (query, left): (&Pixels, &Fitted), (other, right): (&Pixels, &Fitted)) {
        let step = placed.places.len().div_ceil(LINES_MAX).max(1);
        for [x, y, u, v] in placed.places.iter().step_by(step) {
            self.line(left.on_canvas(*x, *y), right.on_canvas(*u, *v), LINE, 1);
        }
        for [x, y, u, v] in &placed.places {
            for (x, y) in [left.on_canvas(*x, *y), right.on_canvas(*u, *v)] {
                self.line((x - 2.0, y), (x + 2.0, y), PLACE, 3);
            }
        }
        self.outline(corners(query).map(|(x, y)| placed.place(x, y)), right);
        if let Some(back) = placed.turned_round() {
            self.outline(corners(other).map(|(x, y)| back.place(x, y)), left);
        }
    }

    fn outline(&mut self, corners: [(f32, f32); 4], fitted: &Fitted) {
        let corners = corners.map(|(x, y)| fitted.on_canvas(x, y));
        for (at, corner) in corners.iter().enumerate() {
            self.line(*corner, corners[(at + 1) % 4], OUTLINE, 3);
        }
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), colour: [u8; 3], thickness: i64) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0) as u32;
        for step in 0..=steps {
            let share = step as f32 / steps as f32;
            let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            for dy in -thickness / 2..=thickness / 2 {
                for dx in -thickness / 2..=thickness / 2 {
                    self.dot(x as i64 + dx, y as i64 + dy, colour);
                }
            }
        }
    }

    fn dot(&mut self, x: i64, y: i64, colour: [u8; 3]) {
        if (0..i64::from(self.width)).contains(&x) && (0..i64::from(HEIGHT)).contains(&y) {
            let at = 3 * (y * i64::from(self.width) + x) as usize;
            self.rgb[at..at + 3].copy_from_slice(&colour);
        }
    }
}

fn corners(pixels: &Pixels) -> [(f32, f32); 4] {
    let (w, h) = (pixels.width() as f32, pixels.height() as f32);
    [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)]
}

#[cfg(test)]
mod tests;
