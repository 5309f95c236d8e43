//! The life of a network's accounts: a lane for each, bars from opening to closing, marks for notices, arrows for returns.

use std::io::{self, Write};

use super::Network;
use super::html::{cut, date, day, escape, quarters};

/// Accounts drawn at most; the table beside the drawing has all.
pub(super) const LANES_MAX: usize = 18;

const RIGHT: f64 = 24.0;
const TOP: f64 = 34.0;

/// Draws the lanes twice: names beside the bars for a wide page, above them for a narrow one. The style shows one of the two.
pub(super) fn draw(out: &mut dyn Write, network: &Network, id: &str) -> io::Result<()> {
    draw_as(out, network, &format!("{id}-w"), &WIDE)?;
    draw_as(out, network, &format!("{id}-n"), &NARROW)
}

/// Draws the wide lanes as a picture of its own, with its style inside.
pub(super) fn alone(out: &mut dyn Write, network: &Network, style: &str) -> io::Result<()> {
    let mut drawn = Vec::new();
    draw_as(&mut drawn, network, "lanes", &WIDE)?;
    let drawn = String::from_utf8_lossy(&drawn);
    let (tag, rest) = drawn.split_once('>').unwrap_or_default();
    let width = WIDE.width;
    writeln!(out, "{tag} xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" font-family=\"sans-serif\">")?;
    writeln!(out, "<style>\n{style}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>")?;
    write!(out, "{}", rest.trim_start())
}

/// Where things are.
struct Layout {
    class: &'static str,
    width: f64,
    /// Where the bars begin.
    left: f64,
    lane: f64,
    /// Middle of a bar below the top of its lane, and how far above it the name stands.
    bar: f64,
    name_above: f64,
    name_columns: usize,
    key_columns: usize,
}

const WIDE: Layout = Layout {
    class: "wide",
    width: 940.0,
    left: 268.0,
    lane: 36.0,
    bar: 18.0,
    name_above: 2.0,
    name_columns: 30,
    key_columns: 36,
};

const NARROW: Layout = Layout {
    class: "narrow",
    width: 400.0,
    left: 6.0,
    lane: 66.0,
    bar: 52.0,
    name_above: 33.0,
    name_columns: 44,
    key_columns: 52,
};

fn draw_as(out: &mut dyn Write, network: &Network, id: &str, layout: &Layout) -> io::Result<()> {
    let shown = &network.members[..network.members.len().min(LANES_MAX)];
    let (Some(first), Some(last)) =
        (shown.iter().map(|member| member.from).min(), shown.iter().map(|member| member.to).max())
    else {
        return Ok(());
    };
    let (first, last) = (first - 10, last.max(first + 30) + 10);
    let width = layout.width;
    let x = |day: i64| layout.left + (day - first) as f64 / (last - first) as f64 * (width - layout.left - RIGHT);
    let y = |lane: usize| TOP + layout.lane * lane as f64 + layout.bar;
    let height = TOP + layout.lane * shown.len() as f64 + 8.0;

    writeln!(
        out,
        "<svg class=\"lanes {}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">",
        layout.class
    )?;
    writeln!(out, "<title id=\"{id}-t\">Timeline of network {}</title>", escape(&network.id))?;
    writeln!(
        out,
        "<desc id=\"{id}-d\">A lane for each account in the order of opening, from {} to {}. The list of returns and the table below say the same in words.</desc>",
        day(first),
        day(last)
    )?;
    write_defs(out, id)?;
    for (at, date) in quarters(first, last) {
        let is_year = date.month() == 1;
        let class = if is_year { "year" } else { "quarter" };
        writeln!(out, "<path class=\"{class}\" d=\"M{0:.1} {1:.0}V{2:.0}\"/>", x(at), TOP - 6.0, height - 4.0)?;
        let label = if is_year { date.year().to_string() } else { month(date.month()).to_owned() };
        writeln!(out, "<text class=\"axis\" x=\"{:.1}\" y=\"{:.0}\">{label}</text>", x(at) + 3.0, TOP - 12.0)?;
    }
    for back in &network.returns {
        if back.closed < shown.len() && back.opened < shown.len() {
            arrow(out, id, (x(shown[back.closed].to), y(back.closed)), (x(shown[back.opened].from), y(back.opened)))?;
        }
    }
    for (lane, member) in shown.iter().enumerate() {
        let middle = y(lane);
        writeln!(out, "<path class=\"rule\" d=\"M0 {0:.1}H{width:.0}\"/>", TOP + layout.lane * (lane + 1) as f64)?;
        writeln!(out, "<circle class=\"number\" cx=\"13\" cy=\"{:.1}\" r=\"11\"/>", middle + 2.0 - layout.name_above)?;
        writeln!(
            out,
            "<text class=\"digit\" x=\"13\" y=\"{:.1}\">{}</text>",
            middle + 6.5 - layout.name_above,
            lane + 1
        )?;
        writeln!(
            out,
            "<text class=\"who\" x=\"32\" y=\"{:.1}\">{}</text>",
            middle - layout.name_above,
            escape(&cut(&member.name, layout.name_columns))
        )?;
        writeln!(
            out,
            "<text class=\"key\" x=\"32\" y=\"{:.1}\">{}</text>",
            middle + 14.0 - layout.name_above,
            escape(&cut(&member.account, layout.key_columns))
        )?;
        let (from, to) = (x(member.from), x(member.to).max(x(member.from) + 3.0));
        let class = if member.is_closed { "closed" } else { "open" };
        let fill = if member.is_closed { format!(" fill=\"url(#{id}-hatch)\"") } else { String::new() };
        writeln!(
            out,
            "<rect class=\"{class}\"{fill} x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\" rx=\"2\"><title>{}: {} to {}</title></rect>",
            middle - 7.0,
            to - from,
            escape(&member.account),
            day(member.from),
            if member.is_closed { day(member.to) } else { "still open when last seen".to_owned() }
        )?;
        if member.is_closed {
            writeln!(out, "<path class=\"end\" d=\"M{to:.1} {:.1}V{:.1}\"/>", middle - 11.0, middle + 11.0)?;
        } else {
            writeln!(out, "<path class=\"on\" d=\"M{0:.1} {1:.1}l7 7l-7 7z\"/>", to, middle - 7.0)?;
        }
        for notice in &member.notices {
            let at = x(notice.day.clamp(first, last));
            let class = if notice.counts { "strike" } else { "notice" };
            writeln!(
                out,
                "<path class=\"{class}\" d=\"M{at:.1} {:.1}l5.5 -9h-11z\"><title>{}, {}</title></path>",
                middle - 6.0,
                escape(&notice.words),
                day(notice.day)
            )?;
        }
    }
    // Above everything else; where several closings lead to one opening, the shortest wait is told.
    for (opened, member) in shown.iter().enumerate() {
        let waits = network.returns.iter().filter(|back| back.opened == opened && back.closed < shown.len());
        if let Some(back) = waits.min_by_key(|back| back.days) {
            let down = if back.closed < opened { 1.0 } else { -1.0 };
            days(out, width, x(member.from), y(opened) - 11.0 * down, back.days)?;
        }
    }
    writeln!(out, "</svg>")
}

fn write_defs(out: &mut dyn Write, id: &str) -> io::Result<()> {
    writeln!(
        out,
        "<defs><pattern id=\"{id}-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" class=\"ground\"/><path d=\"M0 0V6\" class=\"stroke\"/></pattern><marker id=\"{id}-tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" class=\"tip\"/></marker></defs>"
    )
}

/// From the end of one bar to the beginning of another.
fn arrow(out: &mut dyn Write, id: &str, from: (f64, f64), to: (f64, f64)) -> io::Result<()> {
    let ((x1, y1), (x2, y2)) = (from, to);
    let down = if y1 < y2 { 1.0 } else { -1.0 };
    let (start, end) = (y1 + 11.0 * down, y2 - 8.0 * down);
    let bend = ((end - start) / 2.0).abs().min(26.0) * down;
    writeln!(
        out,
        "<path class=\"back\" marker-end=\"url(#{id}-tip)\" d=\"M{x1:.1} {start:.1}C{x1:.1} {:.1} {x2:.1} {:.1} {x2:.1} {end:.1}\"/>",
        start + bend,
        end - bend
    )
}

/// How long it took, beside the tip of an arrow.
fn days(out: &mut dyn Write, width: f64, x: f64, y: f64, days: i64) -> io::Result<()> {
    let (side, anchor) = if x + 44.0 < width { (6.0, "start") } else { (-6.0, "end") };
    writeln!(out, "<text class=\"days\" text-anchor=\"{anchor}\" x=\"{:.1}\" y=\"{y:.1}\">{days} d</text>", x + side)
}

fn month(month: i8) -> &'static str {
    match month {
        4 => "Apr",
        7 => "Jul",
        10 => "Oct",
        _ => "Jan",
    }
}

/// First and last day as words, for tables.
pub(super) fn span(from: i64, to: i64, is_closed: bool) -> (String, String) {
    let end = if is_closed { day(to) } else { "open".to_owned() };
    (date(from).map_or_else(String::new, |_| day(from)), end)
}
