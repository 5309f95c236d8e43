//! `linkage export graphml`: the graph for charting tools such as Gephi, yEd and Cytoscape.
//!
//! A node for each account, an edge for each link. GraphML asks for identifiers that a slash is not allowed in, so nodes are
//! numbered in account order and the account is one of their data.

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::Args;
use linkage_core::linker::{Link, NetworkId, Node};
use linkage_core::record::AccountKey;
use linkage_core::score::Band;

use super::super::{Answer, AsOf, Data};
use super::{stop, streamed};
use crate::render;

/// GraphML: a node for each account, an edge for each link at LEAD or better, for charting tools.
///
/// Data of a node: account, platform, display_name, network_id, lead_network_id, opened_at, closed_at, strikes; of an edge:
/// relation, probability, weight_bits, band. Characters that XML does not allow are left out.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(in crate::command) struct GraphMl {
    /// Only the accounts of this network, such as N000123, and the links between them.
    #[arg(long, value_name = "ID")]
    network: Option<NetworkId>,
    /// Also pairs in band NONE that were compared and are worth keeping.
    #[arg(long)]
    all: bool,
    /// Leaves out accounts that are alone in their network, at LEAD as well.
    #[arg(long, conflicts_with = "network")]
    linked_only: bool,
    #[command(flatten)]
    as_of: AsOf,
}

const EXAMPLE: &str = "\
Example:
  linkage export graphml --linked-only > sellers.graphml";

/// Data of nodes and edges: id of the key, whose it is, name, type.
const KEYS: &[(&str, &str, &str, &str)] = &[
    ("d0", "node", "account", "string"),
    ("d1", "node", "platform", "string"),
    ("d2", "node", "display_name", "string"),
    ("d3", "node", "network_id", "string"),
    ("d4", "node", "lead_network_id", "string"),
    ("d5", "node", "opened_at", "string"),
    ("d6", "node", "closed_at", "string"),
    ("d7", "node", "strikes", "long"),
    ("e0", "edge", "relation", "string"),
    ("e1", "edge", "probability", "double"),
    ("e2", "edge", "weight_bits", "double"),
    ("e3", "edge", "band", "string"),
];

impl GraphMl {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        let linker = self.as_of.open(data, &[])?;
        let inside: Option<Vec<AccountKey>> = match self.network {
            Some(id) => Some(linker.network(id)?.members.into_iter().map(|member| member.account).collect()),
            None if self.linked_only => {
                let mut linked = Vec::new();
                linker.links(self.least(), &mut |link| {
                    linked.extend([link.left, link.right]);
                    Ok(())
                })?;
                linked.sort_unstable();
                linked.dedup();
                Some(linked)
            }
            None => None,
        };
        let mut graph = Graph::begin(render::stdout(), inside)?;
        let failure = |error| anyhow::Error::from(error).context("write to stdout");
        streamed(|failed| {
            linker.nodes(&mut |node| graph.node(&node).map_err(|error| stop(failed, failure(error))))?;
            linker.links(self.least(), &mut |link| graph.edge(&link).map_err(|error| stop(failed, failure(error))))
        })?;
        graph.finish().context("write to stdout")?;
        Ok(Answer::Done)
    }

    fn least(&self) -> Band {
        if self.all { Band::None } else { Band::Lead }
    }
}

/// A graph on its way out.
struct Graph<W: Write> {
    out: W,
    /// The accounts that are wanted, sorted; all where there is none.
    wanted: Option<Vec<AccountKey>>,
    /// Accounts written, in order, as nodes n0, n1 …
    nodes: Vec<AccountKey>,
    edges: u64,
}

impl<W: Write> Graph<W> {
    fn begin(mut out: W, wanted: Option<Vec<AccountKey>>) -> Result<Graph<W>> {
        begin(&mut out).context("write to stdout")?;
        Ok(Graph { out, wanted, nodes: Vec::new(), edges: 0 })
    }

    fn node(&mut self, node: &Node) -> io::Result<()> {
        if self.wanted.as_ref().is_some_and(|wanted| wanted.binary_search(&node.account).is_err()) {
            return Ok(());
        }
        let text = |value: Option<String>| value.unwrap_or_default();
        writeln!(self.out, r#"    <node id="n{}">"#, self.nodes.len())?;
        datum(&mut self.out, "d0", node.account.as_str())?;
        datum(&mut self.out, "d1", node.account.platform())?;
        datum(&mut self.out, "d2", node.display_name.as_deref().unwrap_or_default())?;
        datum(&mut self.out, "d3", &text(node.act.map(|id| id.to_string())))?;
        datum(&mut self.out, "d4", &text(node.lead.map(|id| id.to_string())))?;
        datum(&mut self.out, "d5", &text(node.opened_at.map(|at| at.to_string())))?;
        datum(&mut self.out, "d6", &text(node.closed_at.map(|at| at.to_string())))?;
        datum(&mut self.out, "d7", &node.strikes.to_string())?;
        self.nodes.push(node.account.clone());
        writeln!(self.out, "    </node>")
    }

    /// Accounts come in order, so the place of one is found by halving.
    fn edge(&mut self, link: &Link) -> io::Result<()> {
        let (Ok(left), Ok(right)) = (self.nodes.binary_search(&link.left), self.nodes.binary_search(&link.right))
        else {
            return Ok(());
        };
        writeln!(self.out, r#"    <edge id="e{}" source="n{left}" target="n{right}">"#, self.edges)?;
        datum(&mut self.out, "e0", link.relation.name())?;
        datum(&mut self.out, "e1", &link.probability.to_string())?;
        datum(&mut self.out, "e2", &link.weight_bits.to_string())?;
        datum(&mut self.out, "e3", link.band.name())?;
        self.edges += 1;
        writeln!(self.out, "    </edge>")
    }

    fn finish(mut self) -> io::Result<()> {
        writeln!(self.out, "  </graph>\n</graphml>")?;
        self.out.flush()
    }
}

fn begin(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns""#)?;
    writeln!(out, r#"    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#)?;
    writeln!(
        out,
        r#"    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">"#
    )?;
    for (id, whose, name, kind) in KEYS {
        writeln!(out, r#"  <key id="{id}" for="{whose}" attr.name="{name}" attr.type="{kind}"/>"#)?;
    }
    writeln!(out, r#"  <graph id="linkage" edgedefault="undirected">"#)
}

/// One datum; what is absent is left out.
fn datum(out: &mut impl Write, key: &str, value: &str) -> io::Result<()> {
    if value.is_empty() { Ok(()) } else { writeln!(out, r#"      <data key="{key}">{}</data>"#, escaped(value)) }
}

/// The text as XML shows it, without what XML 1.0 (§2.2) does not allow at all.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c < ' ' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
