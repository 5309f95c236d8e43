//! The story as a page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use linkage_core::explain::Explanation;
use linkage_core::linker::{Happening, NetworkStory, StoryMember};
use linkage_core::rules::{Rule, RuleSet};
use linkage_core::score::Settings;

use super::story::{CheckStory, QueryStory, Story};
use super::tell::{in_order, query_words, return_words};
use crate::render::report::{Check, Member, Network, Notice, Page, Query, Return, Step, Tie, Trust, Why};
use crate::render::rounded;

/// The page.
pub(super) fn of(story: &Story) -> Page {
    let linked = &story.linked;
    let seconds: f64 = linked.seconds.iter().map(|(_, seconds)| seconds).sum();
    let possible = linked.accounts * linked.accounts.saturating_sub(1) / 2;
    let merged = story.report.honest_merged.first().and_then(|(_, share)| share.fraction());
    Page {
        title: "Who is behind these accounts?".to_owned(),
        lead: "An invented world of seller accounts on eight platforms, English and Chinese. Some operators were banned and \
               came back under another name; most sellers are honest, and share forwarders, suppliers, families and names \
               with each other. This page shows what linkage makes of it, without having been told who is who."
            .to_owned(),
        figures: vec![
            (grouped(linked.accounts), "accounts".to_owned()),
            (grouped(possible), "possible pairs".to_owned()),
            (grouped(linked.candidate_pairs), "pairs worth comparing".to_owned()),
            (grouped(linked.networks_act), "networks safe to act on (ACT)".to_owned()),
            (format!("{:.2} %", 100.0 * merged.unwrap_or(0.0)), "honest accounts merged with an infringer at ACT".to_owned()),
            (format!("{seconds:.1} s"), "to link all of it".to_owned()),
        ],
        networks: story.networks.iter().map(network).collect(),
        explained: story.explained.as_ref().map(network),
        why: story.link.as_ref().map(|link| why(link.left.as_str(), link.right.as_str(), &link.why, story.settings)),
        checks: story.checks.iter().map(check).collect(),
        rules: RuleSet::shipped().rules.iter().map(Rule::sentence).collect::<Vec<_>>().join(" or "),
        query: Some(query(&story.query, story.settings)),
        trust: trust(story),
        origin: vec![
            format!(
                "Made by linkage {} under epoch {}; partition {}.",
                env!("CARGO_PKG_VERSION"),
                linked.epoch,
                linked.partition_digest
            ),
            "Everybody and everything in this report is invented: sellers, firms, brands, numbers and pictures.".to_owned(),
            "The answer is a band and its reasons, never a ban: what to do about it stays with people.".to_owned(),
        ],
    }
}

/// What a member calls itself.
pub(super) fn member_name(member: &StoryMember) -> &str {
    member.display_name.as_deref().unwrap_or_default()
}

/// `3 May 2024`.
pub(super) fn day_words(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string()
}

fn day(time: Timestamp) -> i64 {
    time.as_second().div_euclid(86_400)
}

fn network(network: &NetworkStory) -> Network {
    let members = in_order(network);
    let place: BTreeMap<_, usize> = members.iter().enumerate().map(|(at, member)| (&member.account, at)).collect();
    let at = |account| place.get(account).copied();
    let joined = network.links.iter().filter(|link| linkage_core::score::Band::Lead <= link.band);
    let ties = joined.filter_map(|link| {
        let is_act = link.band == linkage_core::score::Band::Act;
        Some(Tie { left: at(&link.left)?, right: at(&link.right)?, bits: link.weight_bits, is_act })
    });
    let returns = network.returns.iter().filter_map(|back| {
        Some(Return {
            closed: at(&back.closed)?,
            opened: at(&back.opened)?,
            days: back.days,
            words: return_words(back),
        })
    });
    Network {
        id: network.network_id.to_string(),
        title: members.iter().map(|member| member_name(member)).find(|name| !name.is_empty()).unwrap_or("?").to_owned(),
        ties: ties.collect(),
        returns: returns.collect(),
        strikes: members.iter().map(|member| member.strikes).sum(),
        seam: seam(network),
        members: members.into_iter().map(|one| member(network, one)).collect(),
    }
}

fn member(network: &NetworkStory, member: &StoryMember) -> Member {
    let from = day(member.opened_at.unwrap_or(member.first_seen_at));
    let to = day(member.closed_at.unwrap_or(member.last_seen_at)).max(from);
    let own =
        network.timeline.iter().filter(|event| event.account == member.account && event.what == Happening::Enforced);
    let notices = own.filter_map(|event| {
        let enforced = event.enforcement.as_ref()?;
        let parts = [enforced.action, enforced.outcome, enforced.appeal.filter(|appeal| *appeal != "NONE")];
        let words: Vec<String> =
            parts.into_iter().flatten().map(|part| part.to_lowercase().replace('_', " ")).collect();
        let by = enforced.rights_holder.as_ref().map(|holder| format!(" ({holder})")).unwrap_or_default();
        let appeal = if enforced.appeal.is_some_and(|appeal| appeal != "NONE") { " on appeal" } else { "" };
        Some(Notice {
            day: day(event.at),
            words: format!("{}{appeal}{by}", words.join(", ")),
            counts: enforced.is_strike,
        })
    });
    Member {
        account: member.account.to_string(),
        platform: member.platform.clone(),
        name: member_name(member).to_owned(),
        from,
        to,
        is_closed: member.closed_at.is_some(),
        notices: notices.collect(),
    }
}

fn seam(network: &NetworkStory) -> Option<String> {
    let seam = network.weakest.as_ref()?;
    let parts = seam.parts.each_ref().map(Vec::len);
    let (left, right) = (&seam.link.left, &seam.link.right);
    let bits = seam.link.weight_bits;
    Some(match seam.links_across {
        1 => format!(
            "All that joins {} and {} accounts is the link of {left} and {right} ({bits:+.1} bits): without it the network falls apart.",
            parts[0], parts[1]
        ),
        links => format!(
            "It would first come apart into {} and {} accounts, if all {links} links between them went; the strongest is that of {left} and {right} ({bits:+.1} bits).",
            parts[0], parts[1]
        ),
    })
}

fn why(left: &str, right: &str, why: &Explanation, settings: Settings) -> Why {
    let band = match why.band {
        "ACT" => "Linked, safe to act on",
        "LEAD" => "A lead, worth a look",
        _ => "Not linked",
    };
    let probability =
        if 0.9999 < why.probability { "over 0.9999".to_owned() } else { format!("{:.4}", why.probability) };
    let groups = if why.groups == 1 { "1 group speaks".to_owned() } else { format!("{} groups speak", why.groups) };
    let mut notes = vec![format!(
        "ACT asks for probability {} with two groups of evidence or one decisive identifier, LEAD for {}. Here {groups} for the link.",
        settings.act, settings.lead
    )];
    if !why.minimal.is_empty() {
        let kinds: Vec<String> = why.minimal.iter().map(|kind| kind.to_lowercase().replace('_', " ")).collect();
        notes.push(format!(
            "The smallest evidence that is enough alone, and without which the rest is not: {}.",
            kinds.join(" + ")
        ));
    }
    let step = |line: &linkage_core::explain::Line| {
        let rarity = line.one_in.map(|one_in| format!(" (1 in {})", rounded(one_in))).unwrap_or_default();
        Step {
            kind: line.kind.to_owned(),
            sentence: format!("{}{rarity}", line.sentence),
            bits: line.bits,
            counted: line.counted,
        }
    };
    Why {
        left: left.to_owned(),
        right: right.to_owned(),
        verdict: format!("{band}: probability {probability} of one operator, band {}", why.band),
        prior_bits: why.prior_bits,
        steps: why.terms.iter().map(step).collect(),
        total_bits: why.weight_bits,
        notes,
    }
}

fn check(check: &CheckStory) -> Check {
    let status = &check.status;
    let mut detail = match status.network {
        Some(network) => format!("Network {network} of {} accounts.", status.accounts),
        None => "In no network.".to_owned(),
    };
    if let (Some(first), Some(last)) = (&status.first, &status.last) {
        let platforms = status.platforms.join(", ");
        detail.push_str(&format!(" Strikes on {platforms}; first {first}, last {last}."));
    }
    Check {
        account: check.account.to_string(),
        name: check.name.clone(),
        answer: status.answer.to_owned(),
        reason: status.reason.clone(),
        detail,
    }
}

fn query(query: &QueryStory, settings: Settings) -> Query {
    let key = query.account.key.as_str();
    let nearest = query.resolution.nearest.as_deref();
    let explained = nearest.zip(query.resolution.reasons.as_ref());
    let photos = query.photos.clone().map(|[own, known]| {
        let of = nearest.unwrap_or_default();
        vec![(format!("A photo of {key}"), own), (format!("A photo of {of}"), known)]
    });
    Query {
        account: key.to_owned(),
        name: query.account.display_name.clone().unwrap_or_default(),
        answer: query_words(query),
        why: explained.map(|(nearest, reasons)| why(key, nearest, reasons, settings)),
        photos: photos.unwrap_or_default(),
    }
}

fn trust(story: &Story) -> Trust {
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let head = ["Networks at", "Pair precision", "Pair recall", "B-cubed F1", "Largest", "Merged with a stranger"];
    let rows = story.report.rows.iter().map(|row| {
        let measures = &row.measures;
        let name = if row.name == "ceiling" { "ceiling: what an oracle finds" } else { row.name.as_str() };
        vec![
            name.to_owned(),
            figure(measures.pairs.precision()),
            figure(measures.pairs.recall()),
            figure(Some(measures.b_cubed_f1)),
            grouped(measures.largest_network),
            format!(
                "{} of {}",
                grouped(measures.accounts_wrongly_merged.part),
                grouped(measures.accounts_wrongly_merged.of)
            ),
        ]
    });
    let honest = story.report.honest_merged.iter().map(|(band, share)| (band.clone(), share.part, share.of));
    let mut notes = vec![
        "ACT is safe to act on, LEAD is worth a look and includes ACT. The ceiling is what somebody finds who knows the truth and joins only accounts that show something in common."
            .to_owned(),
    ];
    if let Some(pairs) = &story.report.pairs {
        let error = figure(pairs.calibration_error_equal_mass);
        notes
            .push(format!("Probabilities are off by {error} in the mean, over ten bins of equally many scored pairs."));
    }
    notes.push(
        "A world made up by the authors flatters its authors; the README has figures on public labelled data."
            .to_owned(),
    );
    Trust { head: head.map(str::to_owned).to_vec(), rows: rows.collect(), honest: honest.collect(), notes }
}

/// `1999000` as `1,999,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
