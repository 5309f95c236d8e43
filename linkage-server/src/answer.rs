//! The linker's answers as messages.

use linkage_core::explain::{Explanation, Line};
use linkage_core::ledger::KindCounts;
use linkage_core::linker::{Link, Network, NetworkId, Relation, Resolution, Status};
use linkage_core::score::Band;
use linkage_proto::proto;

use crate::engine::Ingested;

/// The kind and group of the term that stands for the odds before any evidence.
const PRIOR: &str = "PRIOR";

pub(crate) fn ingested(request_id: String, ingested: &Ingested) -> proto::IngestResponse {
    let counts = |counts: KindCounts| Some(proto::RecordCounts { added: counts.new, unchanged: counts.unchanged });
    proto::IngestResponse {
        request_id,
        epoch: ingested.epoch,
        accounts: counts(ingested.counts.accounts),
        listings: counts(ingested.counts.listings),
        enforcements: counts(ingested.counts.enforcements),
        held: ingested.counts.held,
        accounts_waiting: ingested.accounts_waiting,
    }
}

pub(crate) fn resolved(resolutions: Vec<Resolution>) -> proto::ResolveResponse {
    let epoch = resolutions.first().map(|resolution| resolution.epoch).unwrap_or_default();
    proto::ResolveResponse { epoch, resolutions: resolutions.into_iter().map(resolution).collect() }
}

fn resolution(resolution: Resolution) -> proto::Resolution {
    proto::Resolution {
        account: resolution.account,
        network_id: network_id(resolution.network),
        probability: resolution.probability,
        band: named_band(resolution.band).into(),
        best_account: resolution.nearest.unwrap_or_default(),
        reasons: resolution.reasons.as_ref().map(terms).unwrap_or_default(),
    }
}

pub(crate) fn checked(status: Status) -> proto::CheckResponse {
    let answer = match status.answer {
        "YES" => proto::CheckStatus::Yes,
        "NO" => proto::CheckStatus::No,
        "CANNOT_SAY" => proto::CheckStatus::CannotSay,
        _ => proto::CheckStatus::Unspecified,
    };
    proto::CheckResponse {
        epoch: status.epoch,
        status: answer.into(),
        reason: status.reason,
        network_id: network_id(status.network),
        strikes: status.strikes,
        strike_days: status.strike_days,
        platforms: status.platforms,
        first_on: status.first.unwrap_or_default(),
        last_on: status.last.unwrap_or_default(),
        accounts: status.accounts,
    }
}

pub(crate) fn explained(explanation: &Explanation) -> proto::ExplainResponse {
    let without = explanation.without.iter().map(|without| proto::Counterfactual {
        kind: without.kind.to_owned(),
        weight_bits: without.weight_bits,
        band: named_band(without.band).into(),
    });
    proto::ExplainResponse {
        epoch: explanation.epoch,
        terms: terms(explanation),
        weight_bits: explanation.weight_bits,
        probability: explanation.probability,
        band: named_band(explanation.band).into(),
        relation: explained_relation(explanation.relation).into(),
        evidence_groups: explanation.groups.into(),
        minimal_kinds: explanation.minimal.iter().map(|kind| (*kind).to_owned()).collect(),
        without: without.collect(),
    }
}

/// One page of a network: the members after `after`, at most `members_max`.
pub(crate) fn network_page(
    network: &Network,
    asked: NetworkId,
    after: &str,
    members_max: usize,
) -> proto::GetNetworkResponse {
    let rest = network.members.iter().filter(|member| after < member.account.as_str());
    let page: Vec<_> = rest.clone().take(members_max).collect();
    let last = page.last().map(|member| member.account.as_str()).unwrap_or_default();
    let on_page = |link: &&Link| after < link.left.as_str() && link.left.as_str() <= last;
    let members = page
        .iter()
        .map(|member| proto::Member { account: member.account.to_string(), probability: member.probability });
    proto::GetNetworkResponse {
        epoch: network.epoch,
        id: network.id.to_string(),
        redirected_from: network_id(Some(asked).filter(|asked| *asked != network.id)),
        members: members.collect(),
        links: network.links.iter().filter(on_page).map(link).collect(),
        next_page_token: if page.len() < rest.count() { last.to_owned() } else { String::new() },
    }
}

fn link(link: &Link) -> proto::Link {
    proto::Link {
        left: link.left.to_string(),
        right: link.right.to_string(),
        relation: relation(link).into(),
        probability: link.probability,
        weight_bits: link.weight_bits,
        band: band(link.band).into(),
    }
}

fn network_id(id: Option<NetworkId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// The prior first, then the evidence as explained.
fn terms(explanation: &Explanation) -> Vec<proto::Term> {
    let prior = proto::Term {
        kind: PRIOR.to_owned(),
        evidence_group: PRIOR.to_owned(),
        level: String::new(),
        sentence: "Odds that two accounts taken at random have one operator.".to_owned(),
        bits: explanation.prior_bits,
        frequency: None,
        counted: true,
    };
    std::iter::once(prior).chain(explanation.terms.iter().map(term)).collect()
}

fn term(line: &Line) -> proto::Term {
    proto::Term {
        kind: line.kind.to_owned(),
        evidence_group: line.group.to_owned(),
        level: line.level.to_owned(),
        sentence: line.sentence.to_owned(),
        bits: line.bits,
        frequency: line.one_in.filter(|one_in| 1.0 <= *one_in).map(|one_in| 1.0 / one_in),
        counted: line.counted,
    }
}

fn named_band(name: &str) -> proto::Band {
    Band::parse(name).map_or(proto::Band::Unspecified, band)
}

fn band(band: Band) -> proto::Band {
    match band {
        Band::None => proto::Band::None,
        Band::Lead => proto::Band::Lead,
        Band::Act => proto::Band::Act,
    }
}

/// A pair in no band that is not related either is nothing to each other.
fn relation(link: &Link) -> proto::Relation {
    match link.relation {
        Relation::Related => proto::Relation::Related,
        Relation::SameOperator if Band::Lead <= link.band => proto::Relation::SameOperator,
        Relation::SameOperator => proto::Relation::Unspecified,
    }
}

fn explained_relation(name: Option<&str>) -> proto::Relation {
    match name {
        Some("SAME_OPERATOR") => proto::Relation::SameOperator,
        Some("RELATED") => proto::Relation::Related,
        _ => proto::Relation::Unspecified,
    }
}
