//! The linker's answers as messages.

use jiff::Timestamp;
use linkage_core::explain::{Explanation, Line};
use linkage_core::ledger::{ChangeKind, KindCounts, Verdict};
use linkage_core::linker::{
    AccountChange, Event, Found, FoundKind, Happening, Link, Neighbour, NetworkId, NetworkStory, NetworksPage, Related,
    Relation, Resolution, Return, Review, ReviewOutcome, Seam, Status, StoryMember, StrikeCount,
};
use linkage_core::record::AccountKey;
use linkage_core::rules::RuleSet;
use linkage_core::score::Band;
use linkage_proto::{proto, write_time};

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

pub(crate) fn resolution(resolution: Resolution) -> proto::Resolution {
    proto::Resolution {
        account: resolution.account,
        network_id: network_id(resolution.network),
        probability: resolution.probability,
        band: named_band(resolution.band).into(),
        best_account: resolution.nearest.unwrap_or_default(),
        identity_contested: resolution.reasons.as_ref().is_some_and(|reasons| reasons.identity_contested),
        reasons: resolution.reasons.as_ref().map(terms).unwrap_or_default(),
    }
}

pub(crate) fn checked(status: Status, rules: &RuleSet) -> proto::CheckResponse {
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
        rules: Some(rule_set(rules)),
        rule: status.rule.unwrap_or_default(),
        days_missing: status.days_missing,
        rights_holders_missing: status.rights_holders_missing,
        strikes_by_right: strike_counts(status.strikes_by_right),
        strikes_by_platform: strike_counts(status.strikes_by_platform),
    }
}

fn rule_set(rules: &RuleSet) -> proto::RuleSet {
    let rule = rules.rules.iter().map(|rule| proto::Rule {
        name: rule.name.clone(),
        sentence: rule.sentence(),
        strike_days: rule.strike_days,
    });
    proto::RuleSet { name: rules.name.clone(), version: rules.version.clone(), rules: rule.collect() }
}

fn strike_counts(counts: Vec<StrikeCount>) -> Vec<proto::StrikeCount> {
    counts.into_iter().map(|StrikeCount { of, strikes }| proto::StrikeCount { of, strikes }).collect()
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
        identity_contested: explanation.identity_contested,
        related_probability: explanation.related_probability,
        tie: explanation.tie.unwrap_or_default().to_owned(),
    }
}

/// Neighbours in an answer, and accounts named of the smaller part of a seam.
const SHOWN_MAX: usize = 100;

/// Accounts in the answer to a judgement that moved by it.
const MOVED_MAX: usize = 1000;

/// One page of a network: the members after `after`, at most `members_max`, and the last one if there are more.
pub(crate) fn network_page(
    story: &NetworkStory,
    after: &str,
    members_max: usize,
) -> (proto::GetNetworkResponse, Option<AccountKey>) {
    let start = story.members.partition_point(|member| member.account.as_str() <= after);
    let rest = &story.members[start..];
    let page = &rest[..members_max.min(rest.len())];
    let last = page.last().map(|member| member.account.clone());
    let last_text = last.as_ref().map(AccountKey::as_str).unwrap_or_default();
    let on_page = |account: &AccountKey| after < account.as_str() && account.as_str() <= last_text;
    let is_first = start == 0;
    let response = proto::GetNetworkResponse {
        epoch: story.epoch,
        id: story.network_id.to_string(),
        redirected_from: network_id(story.redirected_from),
        members: page.iter().map(member).collect(),
        links: story.links.iter().filter(|link| on_page(&link.left)).map(link).collect(),
        next_page_token: String::new(),
        band: band(story.band).into(),
        accounts: story.members.len() as u64,
        platforms: story.platforms.clone(),
        timeline: story.timeline.iter().filter(|event| on_page(&event.account)).map(event).collect(),
        returns: story.returns.iter().filter(|one| on_page(&one.closed)).map(returned).collect(),
        weakest: story.weakest.as_ref().filter(|_| is_first).map(seam),
        neighbours: story.neighbours.iter().filter(|_| is_first).take(SHOWN_MAX).map(neighbour).collect(),
        related: story.related.iter().filter(|_| is_first).map(related).collect(),
    };
    (response, last.filter(|_| page.len() < rest.len()))
}

fn member(member: &StoryMember) -> proto::Member {
    proto::Member {
        account: member.account.to_string(),
        probability: member.probability,
        display_name: member.display_name.clone().unwrap_or_default(),
        opened_at: time(member.opened_at),
        closed_at: time(member.closed_at),
        first_seen_at: time(Some(member.first_seen_at)),
        last_seen_at: time(Some(member.last_seen_at)),
        listings: member.listings,
        enforcements: member.enforcements,
        strikes: member.strikes,
    }
}

fn event(event: &Event) -> proto::Event {
    let what = match event.what {
        Happening::Opened => proto::Happening::Opened,
        Happening::FirstSeen => proto::Happening::FirstSeen,
        Happening::Enforced => proto::Happening::Enforced,
        Happening::Closed => proto::Happening::Closed,
    };
    let enforced = event.enforcement.as_ref();
    let action = enforced.and_then(|enforced| enforced.action);
    let action = action.and_then(|name| proto::EnforcementAction::from_str_name(&format!("ENFORCEMENT_ACTION_{name}")));
    let outcome = enforced.and_then(|enforced| enforced.outcome);
    let outcome =
        outcome.and_then(|name| proto::EnforcementOutcome::from_str_name(&format!("ENFORCEMENT_OUTCOME_{name}")));
    proto::Event {
        at: time(Some(event.at)),
        account: event.account.to_string(),
        what: what.into(),
        action: action.unwrap_or_default().into(),
        outcome: outcome.unwrap_or_default().into(),
        enforcement_id: enforced.map(|enforced| enforced.enforcement_id.clone()).unwrap_or_default(),
        is_strike: enforced.is_some_and(|enforced| enforced.is_strike),
    }
}

fn returned(one: &Return) -> proto::Return {
    proto::Return {
        closed: one.closed.to_string(),
        closed_at: time(Some(one.closed_at)),
        opened: one.opened.to_string(),
        opened_at: time(Some(one.opened_at)),
        days: one.days,
    }
}

fn seam(seam: &Seam) -> proto::Seam {
    let [smaller, greater] = &seam.parts;
    proto::Seam {
        link: Some(link(&seam.link)),
        links_across: seam.links_across,
        accounts_smaller: smaller.len() as u64,
        accounts_greater: greater.len() as u64,
        smaller: smaller.iter().take(SHOWN_MAX).map(ToString::to_string).collect(),
    }
}

fn neighbour(neighbour: &Neighbour) -> proto::Neighbour {
    proto::Neighbour {
        network_id: neighbour.network_id.to_string(),
        links: neighbour.links,
        strongest: Some(link(&neighbour.strongest)),
    }
}

fn related(related: &Related) -> proto::RelatedNetwork {
    proto::RelatedNetwork {
        network_id: related.network_id.to_string(),
        pairs: related.pairs,
        link: Some(link(&related.link)),
        sentence: related.sentence.to_owned(),
    }
}

pub(crate) fn networks(page: &NetworksPage, next_page_token: String) -> proto::ListNetworksResponse {
    let networks = page.networks.iter().map(|network| proto::NetworkSummary {
        id: network.id.to_string(),
        accounts: network.accounts as u64,
        platforms: network.platforms.clone(),
        first_account: network.first_account.to_string(),
    });
    proto::ListNetworksResponse { epoch: page.epoch, networks: networks.collect(), next_page_token }
}

pub(crate) fn hit(found: Found) -> proto::Hit {
    let kind = match found.kind {
        FoundKind::Network => proto::HitKind::Network,
        FoundKind::Account => proto::HitKind::Account,
        FoundKind::Listing => proto::HitKind::Listing,
    };
    proto::Hit {
        kind: kind.into(),
        id: found.id,
        account: found.account.unwrap_or_default(),
        network_id: network_id(found.network),
        field: found.field.to_owned(),
        value: found.value,
        score: found.score,
    }
}

pub(crate) fn reviewed(outcome: ReviewOutcome) -> proto::ReviewOutcome {
    let moved_total = outcome.moved.len() as u64;
    let moved = outcome.moved.into_iter().take(MOVED_MAX).map(|moved| proto::Move {
        account: moved.account.to_string(),
        act_from: network_id(moved.act_from),
        act_to: network_id(moved.act_to),
        lead_from: network_id(moved.lead_from),
        lead_to: network_id(moved.lead_to),
    });
    proto::ReviewOutcome {
        evidence_band: band(outcome.band).into(),
        together: outcome.together,
        moved: moved.collect(),
        moved_total,
        review: Some(review(outcome.review)),
    }
}

pub(crate) fn review(review: Review) -> proto::Judgement {
    let verdict = match review.verdict {
        Verdict::Same => proto::Verdict::Same,
        Verdict::Different => proto::Verdict::Different,
        Verdict::Related => proto::Verdict::Related,
        Verdict::Unsure => proto::Verdict::Unsure,
    };
    proto::Judgement {
        id: review.id,
        left: review.left.to_string(),
        right: review.right.to_string(),
        verdict: verdict.into(),
        note: review.note,
        by: review.by,
        at: time(Some(review.at)),
        undone_by: review.undone_by.unwrap_or_default(),
        undone_at: time(review.undone_at),
        stands: review.stands,
        effect: review.effect.to_owned(),
    }
}

pub(crate) fn change(change: AccountChange) -> proto::Change {
    let kind = match change.kind {
        ChangeKind::Gone => proto::ChangeKind::Erased,
        ChangeKind::New => proto::ChangeKind::New,
        ChangeKind::Changed => proto::ChangeKind::Changed,
        ChangeKind::Judged => proto::ChangeKind::Judged,
        ChangeKind::Moved => proto::ChangeKind::Moved,
        ChangeKind::AllMoved => proto::ChangeKind::AllMoved,
    };
    proto::Change {
        at: time(Some(change.at)),
        kind: kind.into(),
        account: change.account.map(|account| account.to_string()).unwrap_or_default(),
        account_ref: change.account_ref,
        network_id: network_id(change.network),
    }
}

fn time(time: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    time.map(write_time)
}

fn link(link: &Link) -> proto::Link {
    proto::Link {
        left: link.left.to_string(),
        right: link.right.to_string(),
        relation: relation(link).into(),
        probability: link.probability,
        weight_bits: link.weight_bits,
        band: band(link.band).into(),
        tie: link.tie.unwrap_or_default().to_owned(),
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
    let is_said = link.relation == Relation::Related || Band::Lead <= link.band;
    explained_relation(is_said.then_some(link.relation))
}

fn explained_relation(relation: Option<Relation>) -> proto::Relation {
    match relation {
        Some(Relation::SameOperator) => proto::Relation::SameOperator,
        Some(Relation::Related) => proto::Relation::Related,
        None => proto::Relation::Unspecified,
    }
}
