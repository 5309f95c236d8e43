//! An explanation as a waterfall: from the prior, term by term, to the total.
//!
//! Every bar begins where the one before ended. Marks, not colours, say which way it goes: `█` for the link, `░` against it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use linkage_core::explain::{Counterfactual, Explanation, Line, Seen};
use linkage_core::score::Settings;

use super::width::{padded, probability, shown, width, wrapped};

/// Widest line, in cells.
const COLUMNS_MAX: usize = 100;

/// Cells of the bars.
const BAR_CELLS: usize = 30;

/// Cells before the text: sign and figure, a gap, the bar, a gap.
const TEXT_FROM: usize = 8 + 2 + BAR_CELLS + 2;

/// Where the bars run: which bits the first and the last cell stand for.
struct Scale {
    least: f64,
    greatest: f64,
}

/// Draws why `left` and `right` are, or are not, linked; at most 100 cells wide, unless a key is longer.
///
/// # Errors
///
/// When writing fails.
pub(crate) fn waterfall(
    out: &mut dyn Write,
    left: &str,
    right: &str,
    why: &Explanation,
    settings: Settings,
) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{} and {}{bold:#}", shown(left), shown(right))?;
    writeln!(
        out,
        "{}: probability {} of one operator, band {}",
        band_words(why.band),
        at_least(why.probability),
        why.band
    )?;
    if let Some(tie) = why.tie {
        writeln!(out, "RELATED: {tie}")?;
    }
    writeln!(out)?;

    let scale = Scale::of(why);
    let mut at = why.prior_bits;
    bar_line(out, &scale, 0.0, why.prior_bits, &format!("{:+.1}", why.prior_bits), PRIOR)?;
    for line in &why.terms {
        let figure = if line.counted { format!("{:+.1}", line.bits) } else { format!("({:+.1})", line.bits) };
        let to = if line.counted { at + line.bits } else { at };
        bar_line(out, &scale, at, to, &figure, &term_words(line))?;
        at = to;
    }
    writeln!(out, "{}", "─".repeat(8 + 2 + BAR_CELLS))?;
    bar_line(out, &scale, 0.0, why.weight_bits, &format!("{:+.1}", why.weight_bits), "bits in all; 0 is even odds")?;
    writeln!(out)?;
    write_meaning(out, why, settings)
}

const PRIOR: &str = "PRIOR: what two accounts have before anything is compared";

fn band_words(band: &str) -> &'static str {
    match band {
        "ACT" => "Linked, safe to act on",
        "LEAD" => "A lead, worth a look",
        _ => "Not linked",
    }
}

/// No score is certain, whatever its last digits say.
fn at_least(value: f64) -> String {
    if 0.9999 < value { "over 0.9999".to_owned() } else { probability(value) }
}

/// A term in words: kind, sentence, rarity, and why it may not count.
fn term_words(line: &Line) -> String {
    let mut words = format!("{}: {}", line.kind, line.sentence);
    if let Some(one_in) = line.one_in {
        words.push_str(&format!(" (1 in {})", rounded(one_in)));
    }
    if !line.counted {
        words.push_str(&format!("; not counted, {} speaks already", line.group));
    }
    if 0.0 < line.bits
        && let (Some(left), Some(right)) = (&line.left_seen, &line.right_seen)
    {
        words.push_str(&format!("; seen {}, and {}", sighting(left), sighting(right)));
    }
    words
}

/// When and by whom a value was seen: `2024-05-03 to 2025-01-09 by ebay_uk, paygate`.
pub(crate) fn sighting(seen: &Seen) -> String {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let (first, last) = (day(seen.first_at), day(seen.last_at));
    let mut words = if first == last { first.to_string() } else { format!("{first} to {last}") };
    if !seen.sources.is_empty() {
        words.push_str(&format!(" by {}", seen.sources.join(", ")));
    }
    words
}

/// Two digits are enough for a rarity: `1 in 340`, `1 in 1,200`.
pub(crate) fn rounded(value: f64) -> String {
    let step = 10_f64.powf(value.max(1.0).log10().floor() - 1.0).max(1.0);
    let digits = format!("{:.0}", (value / step).round() * step);
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn bar_line(out: &mut dyn Write, scale: &Scale, from: f64, to: f64, figure: &str, words: &str) -> io::Result<()> {
    let style = match to.total_cmp(&from) {
        std::cmp::Ordering::Greater => Style::new().fg_color(Some(AnsiColor::Green.into())),
        std::cmp::Ordering::Less => Style::new().fg_color(Some(AnsiColor::Red.into())),
        std::cmp::Ordering::Equal => Style::new(),
    };
    let mut lines = wrapped(&shown(words), COLUMNS_MAX - TEXT_FROM).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "{figure:>8}  {style}{}{style:#}  {first}", scale.bar(from, to))?;
    for more in lines {
        writeln!(out, "{:TEXT_FROM$}{more}", "")?;
    }
    Ok(())
}

impl Scale {
    /// A scale that holds 0 and every step of the sum.
    fn of(why: &Explanation) -> Scale {
        let mut scale = Scale { least: 0.0, greatest: 0.0 };
        let mut at = 0.0;
        let counted = why.terms.iter().filter(|line| line.counted).map(|line| line.bits);
        for bits in std::iter::once(why.prior_bits).chain(counted) {
            at += bits;
            scale.least = scale.least.min(at);
            scale.greatest = scale.greatest.max(at);
        }
        scale
    }

    /// The bar between two points of the sum, with a mark at 0.
    fn bar(&self, from: f64, to: f64) -> String {
        let (begin, end) = (self.cell(from.min(to)), self.cell(from.max(to)));
        let zero = self.cell(0.0);
        let fill = if from < to { '█' } else { '░' };
        let cell = |at: usize| match at {
            _ if from != to && (begin..end.max(begin + 1)).contains(&at) => fill,
            _ if at == zero => '│',
            _ => ' ',
        };
        (0..BAR_CELLS).map(cell).collect()
    }

    fn cell(&self, bits: f64) -> usize {
        let span = (self.greatest - self.least).max(f64::MIN_POSITIVE);
        let cell = ((bits - self.least) / span * (BAR_CELLS - 1) as f64).round();
        // In range by construction; the cast of anything else saturates.
        (cell as usize).min(BAR_CELLS - 1)
    }
}

/// What the total means, what would suffice, and what the link hangs on.
fn write_meaning(out: &mut dyn Write, why: &Explanation, settings: Settings) -> io::Result<()> {
    let kinds = |names: &[&str]| names.join(" + ");
    let groups = match why.groups {
        1 => "1 source speaks".to_owned(),
        groups => format!("{groups} independent sources speak"),
    };
    paragraph(
        out,
        &format!(
            "Epoch {}: ACT from probability {} with two independent sources or one decisive identifier, LEAD from {}. Here {groups} for it.",
            why.epoch, settings.act, settings.lead
        ),
    )?;
    if why.identity_contested {
        paragraph(
            out,
            "Identity contested: all that speaks for the link can be taken from one by the other, such as an identity that is stolen or a shop that is imitated or bought, and payout, contact, place, person or style say otherwise. So nobody is linked by it.",
        )?;
    }
    if !why.minimal.is_empty() {
        paragraph(
            out,
            &format!(
                "The smallest evidence that is enough alone, and without which the rest is not: {}.",
                kinds(&why.minimal)
            ),
        )?;
    }
    let name_cells = why.without.iter().map(|other| width(other.kind)).max().unwrap_or(0);
    for Counterfactual { kind, weight_bits, band } in &why.without {
        writeln!(out, "Without {}  {weight_bits:>+6.1} bits  {band}", padded(kind, name_cells))?;
    }
    Ok(())
}

/// Writes a text broken into lines of at most 100 cells.
///
/// # Errors
///
/// When writing fails.
pub(crate) fn paragraph(out: &mut dyn Write, text: &str) -> io::Result<()> {
    wrapped(&shown(text), COLUMNS_MAX).into_iter().try_for_each(|line| writeln!(out, "{line}"))
}
