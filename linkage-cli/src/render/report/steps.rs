//! The sum behind one link: a bar for each term, beginning where the one before ended.

use std::io::{self, Write};

use super::Why;
use super::html::{cut, escape};

/// Draws the steps from the prior to the total, twice: words beside the bars for a wide page, above them for a narrow one.
pub(super) fn draw(out: &mut dyn Write, why: &Why, id: &str) -> io::Result<()> {
    draw_as(out, why, &format!("{id}-w"), &WIDE)?;
    draw_as(out, why, &format!("{id}-n"), &NARROW)
}

/// Where things are.
struct Layout {
    class: &'static str,
    width: f64,
    /// Where the bars begin, and where the figures end.
    left: f64,
    figure: f64,
    row: f64,
    /// Top of a bar below the top of its row.
    bar: f64,
    columns: usize,
}

const WIDE: Layout =
    Layout { class: "wide", width: 940.0, left: 462.0, figure: 450.0, row: 30.0, bar: 8.0, columns: 58 };

const NARROW: Layout =
    Layout { class: "narrow", width: 400.0, left: 4.0, figure: 396.0, row: 50.0, bar: 26.0, columns: 48 };

fn draw_as(out: &mut dyn Write, why: &Why, id: &str, layout: &Layout) -> io::Result<()> {
    let counted: Vec<f64> = why.steps.iter().map(|step| if step.counted { step.bits } else { 0.0 }).collect();
    let (mut least, mut most, mut at) = (why.prior_bits.min(0.0), 0.0_f64, why.prior_bits);
    for bits in &counted {
        at += bits;
        (least, most) = (least.min(at), most.max(at));
    }
    let span = (most - least).max(1.0);
    let (width, high) = (layout.width, layout.row);
    let x = |bits: f64| layout.left + (bits - least) / span * (width - layout.left - 16.0);
    let rows = why.steps.len() + 2;
    let height = high * rows as f64 + 30.0;
    writeln!(
        out,
        "<svg class=\"steps {}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">",
        layout.class
    )?;
    writeln!(out, "<title id=\"{id}-t\">Why {} and {} are linked</title>", escape(&why.left), escape(&why.right))?;
    writeln!(
        out,
        "<desc id=\"{id}-d\">From {:+.1} bits before any evidence to {:+.1} bits in all; the table below has every term.</desc>",
        why.prior_bits, why.total_bits
    )?;
    writeln!(
        out,
        "<defs><pattern id=\"{id}-against\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" class=\"pale\"/><path d=\"M0 0V6\" class=\"dark\"/></pattern></defs>"
    )?;
    writeln!(out, "<path class=\"zero\" d=\"M{0:.1} 4V{1:.0}\"/>", x(0.0), height - 22.0)?;
    writeln!(
        out,
        "<text class=\"axis\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.0}\">even odds</text>",
        x(0.0),
        height - 6.0
    )?;
    let mut from = 0.0;
    row(
        out,
        (id, layout),
        0,
        ("PRIOR", "before anything is compared", why.prior_bits, true),
        (x(0.0), x(why.prior_bits)),
    )?;
    from += why.prior_bits;
    for (at, step) in why.steps.iter().enumerate() {
        let to = if step.counted { from + step.bits } else { from };
        row(out, (id, layout), at + 1, (&step.kind, &step.sentence, step.bits, step.counted), (x(from), x(to)))?;
        if step.counted {
            let y = high * (at + 2) as f64 + layout.bar;
            writeln!(out, "<path class=\"join\" d=\"M{:.1} {:.1}V{y:.1}\"/>", x(to), y - high + 18.0)?;
        }
        from = to;
    }
    let last = rows - 1;
    writeln!(out, "<path class=\"sum\" d=\"M0 {0:.1}H{width:.0}\"/>", high * last as f64 + 3.0)?;
    row(out, (id, layout), last, ("TOTAL", "0 is even odds", why.total_bits, true), (x(0.0), x(why.total_bits)))?;
    writeln!(out, "</svg>")
}

fn row(
    out: &mut dyn Write,
    (id, layout): (&str, &Layout),
    at: usize,
    (kind, sentence, bits, counted): (&str, &str, f64, bool),
    (from, to): (f64, f64),
) -> io::Result<()> {
    let y = layout.row * at as f64 + layout.bar;
    let text = layout.row * at as f64 + 22.0;
    let class = if counted { "term" } else { "term aside" };
    writeln!(
        out,
        "<text class=\"{class}\" x=\"0\" y=\"{text:.1}\"><tspan class=\"kind\">{}</tspan> {}</text>",
        escape(&words(kind)),
        escape(&cut(sentence, layout.columns.saturating_sub(kind.len())))
    )?;
    let figure = if counted { format!("{bits:+.1}") } else { format!("({bits:+.1})") };
    writeln!(
        out,
        "<text class=\"figure\" text-anchor=\"end\" x=\"{:.0}\" y=\"{text:.1}\">{figure}</text>",
        layout.figure
    )?;
    if counted {
        let (left, wide) = (from.min(to), (from - to).abs().max(1.5));
        let fill = if bits < 0.0 { format!(" fill=\"url(#{id}-against)\"") } else { String::new() };
        let class = if bits < 0.0 { "against" } else { "for" };
        writeln!(
            out,
            "<rect class=\"{class}\"{fill} x=\"{left:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"18\"/>"
        )?;
    }
    Ok(())
}

/// `PERSON_NAME` as `Person name`.
pub(super) fn words(kind: &str) -> String {
    let lower = kind.to_lowercase().replace('_', " ");
    let mut chars = lower.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
