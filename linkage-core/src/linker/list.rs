//! Lists: the networks by their ids, and what changed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ledger::{AccountId, ChangeKind, ChangeNumber, Table, View};
use crate::record::AccountKey;

use super::query::{member, named_accounts};
use super::rows;
use super::{Linker, LinkerError, NetworkId};

/// Rows of members read for one page of a list; a page may be short, or empty, because it has come to so many.
const ROWS_PER_PAGE: usize = if cfg!(test) { 5 } else { 100_000 };

/// Which networks are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkFilter {
    /// Only networks of so many accounts.
    pub accounts_min: usize,
    /// Only networks with an account on this platform.
    pub platform: Option<String>,
}

/// A network in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSummary {
    /// Its name.
    pub id: NetworkId,
    /// Accounts in it.
    pub accounts: usize,
    /// Platforms of its accounts, sorted.
    pub platforms: Vec<String>,
    /// The first of its accounts.
    pub first_account: AccountKey,
}

/// Some networks, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworksPage {
    /// The networks; fewer than asked for, even none, where a page ended early.
    pub networks: Vec<NetworkSummary>,
    /// The last network looked at, if there are more behind it.
    pub next: Option<NetworkId>,
    /// The epoch they were made under.
    pub epoch: u32,
}

/// One change of one account, as told to those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// The place behind it in the log.
    pub number: ChangeNumber,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: ChangeKind,
    /// The account; `None` once it is erased, and where all are meant.
    pub account: Option<AccountKey>,
    /// A name of the account that says nothing about it and outlives it, 32 hex digits; empty where all are meant.
    pub account_ref: String,
    /// Its network at `ACT` now.
    pub network: Option<NetworkId>,
}

impl Linker {
    /// The networks at `ACT` behind `after`, in the order of their names, at most `networks_max`.
    ///
    /// Looks at no more than 100,000 memberships, and at whole networks, so a page may be short though there are more.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn networks(
        &self,
        after: Option<NetworkId>,
        filter: &NetworkFilter,
        networks_max: usize,
    ) -> Result<NetworksPage, LinkerError> {
        let view = self.ledger.view()?;
        let mut page = NetworksPage { epoch: self.epoch_in(&view)?.number, ..NetworksPage::default() };
        let mut behind: Option<Vec<u8>> = after.map(|id| rows::member_row(id, u32::MAX));
        let mut looked_at = 0;
        while page.networks.len() < networks_max && looked_at < ROWS_PER_PAGE {
            let some = view.derived_scan_prefix(Table::Network, rows::MEMBERS, behind.as_deref(), 1)?;
            let Some((row, _)) = some.first() else {
                page.next = None;
                return Ok(page);
            };
            let id = rows::network_in_member(row)?;
            let ids: Vec<u32> = super::delta::scan(&view, Table::Network, &rows::members(id), usize::MAX)?;
            looked_at += ids.len();
            if filter.accounts_min <= ids.len() {
                page.networks.extend(summary(&view, id, &ids, filter)?);
            }
            behind = Some(rows::member_row(id, u32::MAX));
            page.next = Some(id);
        }
        Ok(page)
    }

    /// The name of this store, which its cursors carry; 32 hex digits.
    pub fn store_id(&self) -> &str {
        &self.ledger.header().store_id
    }

    /// The place behind the last change.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn last_change(&self) -> Result<ChangeNumber, LinkerError> {
        Ok(self.ledger.view()?.last_change()?)
    }

    /// The changes behind `after`, in order, at most `changes_max`; `None` where the log does not reach back.
    ///
    /// # Errors
    ///
    /// [`LinkerError::Ledger`].
    pub fn changes(&self, after: ChangeNumber, changes_max: usize) -> Result<Option<Vec<AccountChange>>, LinkerError> {
        let view = self.ledger.view()?;
        let Some(mut changes) = view.changes(after, changes_max)? else { return Ok(None) };
        changes.truncate(changes_max);
        let ids: Vec<AccountId> = changes.iter().map(|change| change.account.unwrap_or(AccountId(u32::MAX))).collect();
        let keys = view.accounts_of(&ids)?;
        let secret = self.intake().derived_key("linkage 2026-11-24 references of accounts");
        let told = changes.into_iter().zip(keys).map(|(change, account)| {
            let network = match (&account, change.account) {
                (Some(_), Some(AccountId(id))) => member(&view, id)?.map(|member| member.act),
                _ => None,
            };
            let account_ref = change.account.map(|id| reference(&secret, id)).unwrap_or_default();
            Ok(AccountChange { number: change.number, at: change.at, kind: change.kind, account, account_ref, network })
        });
        told.collect::<Result<Vec<_>, LinkerError>>().map(Some)
    }
}

fn summary(
    view: &View<'_>,
    id: NetworkId,
    ids: &[u32],
    filter: &NetworkFilter,
) -> Result<Option<NetworkSummary>, LinkerError> {
    let keys = named_accounts(view, ids)?;
    let platforms: BTreeSet<&str> = keys.iter().map(AccountKey::platform).collect();
    if filter.platform.as_ref().is_some_and(|platform| !platforms.contains(platform.as_str())) {
        return Ok(None);
    }
    let platforms = platforms.into_iter().map(str::to_owned).collect();
    let first = keys.into_iter().min();
    Ok(first.map(|first_account| NetworkSummary { id, accounts: ids.len(), platforms, first_account }))
}

/// An account's number under a secret of the store.
fn reference(secret: &[u8; 32], AccountId(id): AccountId) -> String {
    let digest = blake3::keyed_hash(secret, &id.to_be_bytes());
    digest.to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests;
