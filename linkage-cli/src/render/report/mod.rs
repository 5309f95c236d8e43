//! A report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.
//!
//! ```text
//! Page (plain figures and texts) ──write──► HTML with inline SVG: lanes, graph, steps
//! ```
//!
//! - [`Page`] is what a report says; [`write()`] writes it down.
//! - `lanes` draws the life of a network's accounts, `graph` what holds them together, `steps` the sum behind one link. Each
//!   drawing has the same in words or as a table beside it, and says nothing by colour alone.
//! - `html` escapes: a name may hold markup, invisible marks or another direction of writing, and stays a name.
//!
//! **Not here:** where the figures come from.

mod graph;
mod html;
mod lanes;
mod sections;
mod steps;

use std::io::{self, Write};

use html::escape;

/// What a report says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// Heading of the page.
    pub(crate) title: String,
    /// What was looked at, in a sentence or two.
    pub(crate) lead: String,
    /// Figures to begin with: the figure, what it counts.
    pub(crate) figures: Vec<(String, String)>,
    /// The networks told, largest first.
    pub(crate) networks: Vec<Network>,
    /// The network that the link and the query are about.
    pub(crate) explained: Option<Network>,
    /// One link, term by term.
    pub(crate) why: Option<Why>,
    /// Repeat infringer or not.
    pub(crate) checks: Vec<Check>,
    /// What a repeat infringer has, by the rules in force.
    pub(crate) rules: String,
    /// Somebody who came back.
    pub(crate) query: Option<Query>,
    /// How far to trust it.
    pub(crate) trust: Trust,
    /// Where it comes from: epoch, digest, program.
    pub(crate) origin: Vec<String>,
}

/// A network and what happened in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    /// Its id.
    pub(crate) id: String,
    /// What it calls itself most.
    pub(crate) title: String,
    /// In order of their opening; drawings number them from 1.
    pub(crate) members: Vec<Member>,
    /// Links between them, by place.
    pub(crate) ties: Vec<Tie>,
    /// Who came back, by place.
    pub(crate) returns: Vec<Return>,
    /// Upheld strikes in all.
    pub(crate) strikes: u64,
    /// Where it would come apart first, in a sentence.
    pub(crate) seam: Option<String>,
}

/// One account. Days count from 1970-01-01.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub(crate) account: String,
    pub(crate) platform: String,
    pub(crate) name: String,
    /// First day on which it is known to have been there.
    pub(crate) from: i64,
    /// Last day on which it is known to have been there.
    pub(crate) to: i64,
    /// Whether it was closed on that last day.
    pub(crate) is_closed: bool,
    pub(crate) notices: Vec<Notice>,
}

/// Something taken against an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notice {
    pub(crate) day: i64,
    pub(crate) words: String,
    /// Whether it counts towards repeat infringer.
    pub(crate) counts: bool,
}

/// A link between two members.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tie {
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) bits: f64,
    pub(crate) is_act: bool,
}

/// A closing and the opening that followed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Return {
    pub(crate) closed: usize,
    pub(crate) opened: usize,
    pub(crate) days: i64,
    pub(crate) words: String,
}

/// Why two accounts are linked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Why {
    pub(crate) left: String,
    pub(crate) right: String,
    /// The verdict in words.
    pub(crate) verdict: String,
    pub(crate) prior_bits: f64,
    pub(crate) steps: Vec<Step>,
    pub(crate) total_bits: f64,
    /// What the link hangs on.
    pub(crate) notes: Vec<String>,
}

/// One term of the sum.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    pub(crate) kind: String,
    pub(crate) sentence: String,
    pub(crate) bits: f64,
    pub(crate) counted: bool,
}

/// The answer about one seller.
#[derive(Clone, Debug, Default)]
pub(crate) struct Check {
    pub(crate) account: String,
    pub(crate) name: String,
    /// `YES`, `NO` or `CANNOT_SAY`.
    pub(crate) answer: String,
    pub(crate) reason: String,
    pub(crate) detail: String,
}

/// A seller who was not in the store, and where it belongs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) answer: String,
    pub(crate) why: Option<Why>,
    /// PNG of a photo that the seller shows, and of the one it comes from, with what each is.
    pub(crate) photos: Vec<(String, Vec<u8>)>,
}

/// Measured against who is really behind each account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// Column heads, then rows; the first cell of each is its name.
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Honest accounts merged: band, how many, of how many.
    pub(crate) honest: Vec<(String, u64, u64)>,
    pub(crate) notes: Vec<String>,
}

/// Writes the page.
///
/// # Errors
///
/// When writing fails.
pub(crate) fn write(out: &mut dyn Write, page: &Page) -> io::Result<()> {
    writeln!(out, "<!DOCTYPE html>")?;
    writeln!(out, "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    // Nothing is fetched and nothing is run, whatever a name may hold.
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    )?;
    writeln!(out, "<title>{}</title>", escape(&page.title))?;
    writeln!(out, "<style>\n{}</style>\n</head>\n<body>", include_str!("style.css"))?;
    writeln!(out, "<a class=\"skip\" href=\"#main\">Skip to the report</a>")?;
    sections::header(out, page)?;
    writeln!(out, "<main id=\"main\">")?;
    sections::networks(out, &page.networks)?;
    sections::why(out, page.why.as_ref())?;
    sections::checks(out, &page.checks, &page.rules)?;
    sections::query(out, page.query.as_ref(), page.explained.as_ref())?;
    sections::trust(out, &page.trust)?;
    writeln!(out, "</main>")?;
    sections::footer(out, &page.origin)?;
    writeln!(out, "</body>\n</html>")
}

/// Writes the timeline of one network as a picture of its own.
///
/// # Errors
///
/// When writing fails.
pub(crate) fn picture(out: &mut dyn Write, network: &Network) -> io::Result<()> {
    // The colours, and what is said about drawings; the rest of the style is about pages.
    let wanted = |line: &&str| line.starts_with(":root") || (line.starts_with('.') || line.starts_with("svg text"));
    let style: String = include_str!("style.css")
        .lines()
        .filter(wanted)
        .filter(|line| !line.contains("display: none"))
        .fold(String::new(), |style, line| style + line + "\n");
    lanes::alone(out, network, &style)
}

#[cfg(test)]
mod tests;
