//! Finding accounts, listings and networks by any text.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ledger::{Table, View};
use crate::search::{HIT_LIMIT_MAX, Hit, Query};

use super::query::{follow, members};
use super::rows;
use super::{Linker, LinkerError, NetworkId};

/// What a search finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FoundKind {
    /// A network of two accounts or more, by its id or through a member.
    Network,
    /// An account.
    Account,
    /// A listing.
    Listing,
}

/// One thing that a search found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// What it is.
    pub kind: FoundKind,
    /// The network's id, the account's key or the listing's id on its platform.
    pub id: String,
    /// The account that shows what was asked for; none for a network found by its id.
    pub account: Option<String>,
    /// The network of the account at `ACT`; none while it waits for linking.
    pub network: Option<NetworkId>,
    /// The field that shows most of it, such as `persons.name`.
    pub field: &'static str,
    /// Its value as written: a raw value, not for logs.
    pub value: String,
    /// How much of what was asked is there, and how exactly, 0 to 1.
    pub score: f64,
}

impl FoundKind {
    /// All of them.
    pub const ALL: [FoundKind; 3] = [FoundKind::Network, FoundKind::Account, FoundKind::Listing];

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            FoundKind::Network => "NETWORK",
            FoundKind::Account => "ACCOUNT",
            FoundKind::Listing => "LISTING",
        }
    }
}

impl Linker {
    /// Finds networks, accounts and listings by any text, best first, at most `limit`; `kinds` says which are wanted.
    ///
    /// Typing errors, scripts and disguised spellings do not matter. The first search after a large import takes as long as
    /// bringing the index up to date does.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Search`] for a text that is too long or has nothing in it, [`LinkerError::Ledger`].
    pub fn search(&self, text: &str, kinds: &[FoundKind], limit: usize) -> Result<Vec<Found>, LinkerError> {
        let query = Query::new(text)?;
        // Members of one network share a row, so more hits than rows are looked at.
        let most = limit.saturating_mul(4).clamp(1, HIT_LIMIT_MAX);
        let hits = self.search.search(&self.ledger, &query, most)?;
        let view = self.ledger.view()?;
        let networks = networks_of(&view, &hits)?;
        let mut found: Vec<Found> = hits.iter().zip(&networks).map(|(hit, network)| of_hit(hit, *network)).collect();
        found.extend(networks_among(&view, &hits, &networks)?);
        if let Ok(id) = text.trim().parse::<NetworkId>() {
            found.extend(network_by_id(&view, id)?);
        }
        found.retain(|found| kinds.contains(&found.kind));
        // A stable sort: the search has put equals in order.
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.kind.cmp(&b.kind)));
        found.truncate(limit);
        Ok(found)
    }

    /// Brings the search index up to date; what the first search would do.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Search`], [`LinkerError::Ledger`].
    pub fn index(&self) -> Result<(), LinkerError> {
        Ok(self.search.catch_up(&self.ledger)?)
    }
}

fn network_by_id(view: &View<'_>, id: NetworkId) -> Result<Option<Found>, LinkerError> {
    let named = follow(view, id)?;
    if members(view, named)?.is_empty() {
        return Ok(None);
    }
    let kind = FoundKind::Network;
    let (field, value) = ("network_id", id.to_string());
    Ok(Some(Found { kind, id: named.to_string(), account: None, network: Some(named), field, value, score: 1.0 }))
}

fn networks_of(view: &View<'_>, hits: &[Hit]) -> Result<Vec<Option<NetworkId>>, LinkerError> {
    let keys: Vec<[u8; 4]> = hits.iter().map(|hit| rows::account(hit.id.0)).collect();
    let members = view.derived_get_many(Table::Member, &keys)?;
    members.into_iter().map(|row| Ok(row.map(|row| rows::read_member(&row)).transpose()?.map(|it| it.act))).collect()
}

/// The networks of two or more of which a member was hit, each with its best member.
fn networks_among(view: &View<'_>, hits: &[Hit], networks: &[Option<NetworkId>]) -> Result<Vec<Found>, LinkerError> {
    let mut best: BTreeMap<NetworkId, &Hit> = BTreeMap::new();
    for (hit, network) in hits.iter().zip(networks) {
        if let Some(network) = network {
            best.entry(*network).or_insert(hit);
        }
    }
    let ids: Vec<NetworkId> = best.keys().copied().collect();
    let prefixes: Vec<Vec<u8>> = ids.iter().map(|id| rows::members(*id)).collect();
    let members = view.derived_scan_many(Table::Network, &prefixes, 2)?;
    let shared = ids.into_iter().zip(members).filter(|(_, members)| 1 < members.len());
    Ok(shared
        .filter_map(|(id, _)| {
            let hit = best.get(&id)?;
            Some(Found { kind: FoundKind::Network, id: id.to_string(), ..of_hit(hit, Some(id)) })
        })
        .collect())
}

fn of_hit(hit: &Hit, network: Option<NetworkId>) -> Found {
    let account = hit.account.to_string();
    let (kind, id) = match &hit.listing {
        Some(listing) => (FoundKind::Listing, format!("{}/{listing}", hit.account.platform())),
        None => (FoundKind::Account, account.clone()),
    };
    Found { kind, id, account: Some(account), network, field: hit.field, value: hit.value.clone(), score: hit.score }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::AccountDraft;

    #[test]
    fn networks_are_found_by_their_members_and_by_their_id() {
        let linker = Linker::in_memory().unwrap();
        let account = |line: &str| {
            let draft: AccountDraft = serde_json::from_str(line).unwrap();
            draft.check(linker.intake()).unwrap().into()
        };
        let records = [
            account(
                r#"{"platform": "p", "account_id": "a", "observed_at": "2026-01-05T00:00:00Z", "display_name": "耐克专营",
                    "payments": [{"scheme": "PAYPAL", "value": "pay@example.com"}], "phones": ["+447900123401"]}"#,
            ),
            account(
                r#"{"platform": "p", "account_id": "b", "observed_at": "2026-01-05T00:00:00Z", "display_name": "Naike Shop",
                    "payments": [{"scheme": "PAYPAL", "value": "pay@example.com"}], "phones": ["+447900123401"]}"#,
            ),
            account(
                r#"{"platform": "p", "account_id": "c", "observed_at": "2026-01-05T00:00:00Z", "display_name": "Naike"}"#,
            ),
        ];
        linker.add(&records, true).unwrap();
        let found = |text: &str, kinds: &[FoundKind]| -> Vec<String> {
            let found = linker.search(text, kinds, 10).unwrap();
            found.iter().map(|it| format!("{} {} {} {}", it.kind.name(), it.id, it.field, it.value)).collect()
        };
        let network =
            linker.network_of(&crate::record::AccountKey::parse("p/a").unwrap()).unwrap().unwrap().to_string();
        assert_eq!(
            found("naike", &FoundKind::ALL),
            [
                format!("NETWORK {network} display_name Naike Shop"),
                "ACCOUNT p/b display_name Naike Shop".to_owned(),
                "ACCOUNT p/c display_name Naike".to_owned(),
                "ACCOUNT p/a display_name 耐克专营".to_owned(),
            ]
        );
        assert_eq!(found("naike", &[FoundKind::Network]), [format!("NETWORK {network} display_name Naike Shop")]);
        assert_eq!(
            found(&network.to_lowercase(), &FoundKind::ALL),
            [format!("NETWORK {network} network_id {}", network)]
        );
        assert_eq!(found("N999999", &FoundKind::ALL), Vec::<String>::new());
    }
}
