//! The parts of the page, in their order.

use std::io::{self, Write};

use super::html::{base64, day, escape, name};
use super::{Check, Network, Page, Query, Trust, Why, graph, lanes, steps};

pub(super) fn header(out: &mut dyn Write, page: &Page) -> io::Result<()> {
    writeln!(out, "<header>\n<h1>{}</h1>\n<p class=\"intro\">{}</p>", escape(&page.title), escape(&page.lead))?;
    writeln!(out, "<dl class=\"figures\">")?;
    for (figure, what) in &page.figures {
        writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(what), escape(figure))?;
    }
    writeln!(out, "</dl>\n<nav aria-label=\"Parts of the report\"><ol>")?;
    for (id, title) in [
        ("networks", "The largest networks"),
        ("why", "Why: one link"),
        ("checks", "Repeat infringer?"),
        ("query", "A seller who came back"),
        ("trust", "How far to trust it"),
    ] {
        writeln!(out, "<li><a href=\"#{id}\">{title}</a></li>")?;
    }
    writeln!(out, "</ol></nav>\n</header>")
}

pub(super) fn networks(out: &mut dyn Write, networks: &[Network]) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"networks\" aria-labelledby=\"networks-h\">\n<h2 id=\"networks-h\">The largest networks, and how they moved</h2>"
    )?;
    writeln!(
        out,
        "<p>A bar is the life of an account. <span class=\"sign hatched\"></span> hatched: it was closed. <span class=\"sign plain\"></span> plain, with a tip: open when last seen. <span class=\"sign tri\">▼</span> a notice against it; filled when it was upheld and counts, hollow when it does not. An arrow leads from a closing to the next opening, with the days between.</p>"
    )?;
    for (at, network) in networks.iter().enumerate() {
        one_network(out, network, &format!("n{at}"))?;
    }
    writeln!(out, "</section>")
}

fn one_network(out: &mut dyn Write, network: &Network, id: &str) -> io::Result<()> {
    let mut platforms: Vec<&str> = network.members.iter().map(|member| member.platform.as_str()).collect();
    platforms.sort_unstable();
    platforms.dedup();
    writeln!(out, "<article class=\"network\" aria-labelledby=\"{id}-h\">")?;
    writeln!(out, "<h3 id=\"{id}-h\">{} <span class=\"id\">{}</span></h3>", name(&network.title), escape(&network.id))?;
    writeln!(
        out,
        "<p>{} accounts on {} platforms ({}); {} upheld {}.</p>",
        network.members.len(),
        platforms.len(),
        escape(&platforms.join(", ")),
        network.strikes,
        if network.strikes == 1 { "strike" } else { "strikes" }
    )?;
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline of {}\">",
        escape(&network.id)
    )?;
    lanes::draw(out, network, &format!("{id}-lanes"))?;
    writeln!(out, "</div>")?;
    if lanes::LANES_MAX < network.members.len() {
        writeln!(
            out,
            "<p class=\"small\">The first {} accounts are drawn; the table has all {}.</p>",
            lanes::LANES_MAX,
            network.members.len()
        )?;
    }
    writeln!(out, "<div class=\"beside\">\n<figure>")?;
    graph::draw(out, network, &format!("{id}-graph"))?;
    writeln!(
        out,
        "<figcaption>What holds it together: solid lines are safe to act on, dashed ones are leads; the thicker, the more evidence.</figcaption>\n</figure>\n<div>"
    )?;
    returns(out, network)?;
    if let Some(seam) = &network.seam {
        writeln!(out, "<p class=\"seam\"><strong>Weakest point.</strong> {}</p>", escape(seam))?;
    }
    writeln!(out, "</div>\n</div>")?;
    members(out, network)?;
    writeln!(out, "</article>")
}

fn returns(out: &mut dyn Write, network: &Network) -> io::Result<()> {
    /// Returns told at most; the drawing shows all.
    const TOLD: usize = 7;
    writeln!(out, "<h4>Who came back</h4>")?;
    if network.returns.is_empty() {
        return writeln!(out, "<p>No account was opened after another was closed.</p>");
    }
    writeln!(out, "<ul class=\"returns\">")?;
    for back in network.returns.iter().take(TOLD) {
        writeln!(out, "<li>{}</li>", escape(&back.words))?;
    }
    writeln!(out, "</ul>")?;
    if TOLD < network.returns.len() {
        writeln!(out, "<p class=\"small\">and {} more</p>", network.returns.len() - TOLD)?;
    }
    Ok(())
}

fn members(out: &mut dyn Write, network: &Network) -> io::Result<()> {
    writeln!(out, "<details><summary>The same as a table: {} accounts</summary>", network.members.len())?;
    writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Accounts of {}\"><table>",
        escape(&network.id)
    )?;
    writeln!(
        out,
        "<thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Account</th><th scope=\"col\">Calls itself</th><th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\">Notices</th></tr></thead><tbody>"
    )?;
    for (at, member) in network.members.iter().enumerate() {
        let (from, to) = lanes::span(member.from, member.to, member.is_closed);
        let notices: Vec<String> =
            member.notices.iter().map(|notice| format!("{}, {}", notice.words, day(notice.day))).collect();
        writeln!(
            out,
            "<tr><td>{}</td><th scope=\"row\">{}</th><td>{}</td><td>{from}</td><td>{to}</td><td>{}</td></tr>",
            at + 1,
            name(&member.account),
            name(&member.name),
            escape(&notices.join("; "))
        )?;
    }
    writeln!(out, "</tbody></table></div></details>")
}

pub(super) fn why(out: &mut dyn Write, why: Option<&Why>) -> io::Result<()> {
    writeln!(out, "<section id=\"why\" aria-labelledby=\"why-h\">\n<h2 id=\"why-h\">Why: one link, term by term</h2>")?;
    match why {
        Some(why) => one_why(out, why, "w0")?,
        None => writeln!(out, "<p>There is no link to explain.</p>")?,
    }
    writeln!(out, "</section>")
}

fn one_why(out: &mut dyn Write, why: &Why, id: &str) -> io::Result<()> {
    writeln!(out, "<p class=\"pair\">{} <span class=\"and\">and</span> {}</p>", name(&why.left), name(&why.right))?;
    writeln!(out, "<p><strong>{}</strong></p>", escape(&why.verdict))?;
    writeln!(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The sum, drawn\">")?;
    steps::draw(out, why, id)?;
    writeln!(out, "</div>")?;
    for note in &why.notes {
        writeln!(out, "<p class=\"small\">{}</p>", escape(note))?;
    }
    writeln!(out, "<details><summary>The same as a table: {} terms</summary><table>", why.steps.len())?;
    writeln!(
        out,
        "<thead><tr><th scope=\"col\">Evidence</th><th scope=\"col\">What was found</th><th scope=\"col\" class=\"num\">Bits</th></tr></thead><tbody>"
    )?;
    writeln!(
        out,
        "<tr><th scope=\"row\">Prior</th><td>before anything is compared</td><td class=\"num\">{:+.1}</td></tr>",
        why.prior_bits
    )?;
    for step in &why.steps {
        let bits = if step.counted { format!("{:+.1}", step.bits) } else { format!("({:+.1}) not counted", step.bits) };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"num\">{bits}</td></tr>",
            escape(&steps::words(&step.kind)),
            escape(&step.sentence)
        )?;
    }
    writeln!(
        out,
        "<tr class=\"total\"><th scope=\"row\">Total</th><td>0 is even odds</td><td class=\"num\">{:+.1}</td></tr>",
        why.total_bits
    )?;
    writeln!(out, "</tbody></table></details>")
}

pub(super) fn checks(out: &mut dyn Write, checks: &[Check], rules: &str) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"checks\" aria-labelledby=\"checks-h\">\n<h2 id=\"checks-h\">Is the operator a repeat infringer?</h2>\n<div class=\"cards\">"
    )?;
    for check in checks {
        let (class, sign, words) = match check.answer.as_str() {
            "YES" => ("yes", "■", "Yes"),
            "NO" => ("no", "□", "No"),
            _ => ("unsure", "◧", "Cannot say"),
        };
        writeln!(out, "<article class=\"card {class}\">")?;
        writeln!(out, "<h3>{}</h3><p class=\"key\">{}</p>", name(&check.name), name(&check.account))?;
        writeln!(out, "<p class=\"answer\"><span aria-hidden=\"true\">{sign}</span> {words}</p>")?;
        writeln!(out, "<p>{}</p><p class=\"small\">{}</p>\n</article>", escape(&check.reason), escape(&check.detail))?;
    }
    writeln!(
        out,
        "</div>\n<p class=\"small\">A repeat infringer has {}. What was dismissed, reversed, is under appeal or has expired does not count.</p>\n</section>",
        escape(rules)
    )
}

pub(super) fn query(out: &mut dyn Write, query: Option<&Query>, network: Option<&Network>) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"query\" aria-labelledby=\"query-h\">\n<h2 id=\"query-h\">A seller who came back</h2>"
    )?;
    let Some(query) = query else { return writeln!(out, "<p>Nobody was asked about.</p>\n</section>") };
    writeln!(
        out,
        "<p>{} calls itself {} and was not in the store. Who is it? <strong>{}</strong></p>",
        name(&query.account),
        name(&query.name),
        escape(&query.answer)
    )?;
    if !query.photos.is_empty() {
        writeln!(out, "<div class=\"photos\">")?;
        for (what, bytes) in &query.photos {
            writeln!(
                out,
                "<figure><img width=\"192\" height=\"192\" alt=\"{}\" src=\"data:image/png;base64,{}\"><figcaption>{}</figcaption></figure>",
                escape(what),
                base64(bytes),
                escape(what)
            )?;
        }
        writeln!(out, "</div>")?;
    }
    if let Some(network) = network {
        writeln!(out, "<h3>{} <span class=\"id\">{}</span></h3>", name(&network.title), escape(&network.id))?;
        lanes::draw(out, network, "back-lanes")?;
        returns(out, network)?;
    }
    if let Some(why) = &query.why {
        writeln!(out, "<h3>Why</h3>")?;
        one_why(out, why, "w1")?;
    }
    writeln!(out, "</section>")
}

pub(super) fn trust(out: &mut dyn Write, trust: &Trust) -> io::Result<()> {
    writeln!(out, "<section id=\"trust\" aria-labelledby=\"trust-h\">\n<h2 id=\"trust-h\">How far to trust it</h2>")?;
    writeln!(out, "<p>Measured against who is really behind each account, which the engine was never told.</p>")?;
    writeln!(out, "<div class=\"cards\">")?;
    for (band, part, of) in &trust.honest {
        let share = if *of == 0 { 0.0 } else { 100.0 * *part as f64 / *of as f64 };
        writeln!(
            out,
            "<article class=\"card\"><h3>{}</h3><p class=\"answer\">{share:.2} %</p><p>{part} of {of} accounts of honest sellers are in one network with an infringer.</p></article>",
            escape(band)
        )?;
    }
    writeln!(
        out,
        "</div>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Measures\"><table>\n<thead><tr>"
    )?;
    for head in &trust.head {
        writeln!(
            out,
            "<th scope=\"col\"{}>{}</th>",
            if head.is_empty() || head == "Networks" { "" } else { " class=\"num\"" },
            escape(head)
        )?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    for row in &trust.rows {
        let mut cells = row.iter();
        let first = cells.next().map(|cell| escape(cell)).unwrap_or_default();
        write!(out, "<tr><th scope=\"row\">{first}</th>")?;
        for cell in cells {
            write!(out, "<td class=\"num\">{}</td>", escape(cell))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")?;
    for note in &trust.notes {
        writeln!(out, "<p class=\"small\">{}</p>", escape(note))?;
    }
    writeln!(out, "</section>")
}

pub(super) fn footer(out: &mut dyn Write, origin: &[String]) -> io::Result<()> {
    writeln!(out, "<footer>")?;
    for line in origin {
        writeln!(out, "<p>{}</p>", escape(line))?;
    }
    writeln!(out, "</footer>")
}
