//! A simulated world as a platform lives through it: in order of time, and asked who a seller is when its first listing is put up.
//!
//! ```text
//! accounts, listings ──events by time──► first half: stored, linked under a new epoch
//!                                        second half: stored under that epoch ──a return's first listing──► resolve
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use jiff::Timestamp;
use linkage_core::evaluate::Share;
use linkage_core::ledger::AnyRecord;
use linkage_core::linker::Linker;
use linkage_core::record::{Account, AccountKey, Listing};

use crate::worlds::World;

/// Infringers who came back in the second half and share something with what was there before, and how many of them were found, with
/// an account of their own, at their first listing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returns {
    /// At `ACT`.
    pub act: Share,
    /// At `LEAD` or better.
    pub lead: Share,
}

/// What becomes known at one time.
#[derive(Default)]
struct Event {
    records: Vec<AnyRecord>,
    /// The account that is asked about before the records are stored.
    asked: Option<(Account, Option<Listing>)>,
}

/// Lives through a world. The epoch is fitted on what is known when half of the accounts have opened.
///
/// # Errors
///
/// When the simulator wrote a record that breaks a rule, or the engine fails.
pub fn first_listings(world: &World) -> Result<Returns> {
    let accounts = world.accounts()?;
    let mut opened: Vec<Timestamp> = accounts.iter().map(began).collect();
    opened.sort_unstable();
    let half = opened.get(opened.len() / 2).copied().context("a world of nobody")?;
    let linker = Linker::in_memory()?;
    let (mut pending, mut is_fitted) = (Vec::new(), false);
    let mut returns = Returns::default();
    for ((time, _), event) in events(world, accounts)? {
        if half <= time && !is_fitted {
            linker.add(&std::mem::take(&mut pending), false)?;
            linker.link(&mut |_| {}, &AtomicBool::new(false))?;
            is_fitted = true;
        }
        if let Some((account, listing)) = event.asked.filter(|_| is_fitted) {
            linker.add(&std::mem::take(&mut pending), true)?;
            let answer = linker.resolve(std::slice::from_ref(&account), listing.as_slice())?;
            let answer = answer.into_iter().next().context("an answer for the account asked about")?;
            let is_right =
                answer.nearest.is_some_and(|nearest| world.is_one_operator(&nearest, &account.key.to_string()));
            let found = |is_found: bool| Share { part: u64::from(is_found && is_right), of: 1 };
            returns.act = returns.act + found(answer.band == "ACT");
            returns.lead = returns.lead + found(answer.band != "NONE");
        }
        pending.extend(event.records);
    }
    Ok(returns)
}

fn began(account: &Account) -> Timestamp {
    account.opened_at.unwrap_or(account.observed_at)
}

/// All that becomes known, in order. An account is seen with its first listing, without what its closing will show, and again when it closes.
fn events(world: &World, accounts: Vec<Account>) -> Result<BTreeMap<(Timestamp, AccountKey), Event>> {
    let mut first: BTreeMap<AccountKey, Listing> = BTreeMap::new();
    let mut events: BTreeMap<(Timestamp, AccountKey), Event> = BTreeMap::new();
    for listing in world.listings()? {
        let earlier = first.get(&listing.account).is_some_and(|first| first.observed_at <= listing.observed_at);
        if !earlier {
            first.insert(listing.account.clone(), listing.clone());
        }
        let event = events.entry((listing.observed_at, listing.account.clone())).or_default();
        event.records.push(AnyRecord::Listing(listing));
    }
    for account in accounts {
        let listing = first.remove(&account.key);
        let shown = listing.as_ref().map_or(began(&account), |listing| listing.observed_at.max(began(&account)));
        let seen = Account { observed_at: shown, closed_at: None, ..account.clone() };
        let closed = account.closed_at.filter(|closed| shown < *closed);
        let event = events.entry((shown, account.key.clone())).or_default();
        event.records.push(AnyRecord::Account(seen.clone()));
        if world.is_detectable_return(&account.key.to_string()) {
            event.asked = Some((seen, listing));
        }
        if let Some(closed) = closed {
            let event = events.entry((closed, account.key.clone())).or_default();
            event.records.push(AnyRecord::Account(Account { observed_at: closed, ..account }));
        }
    }
    Ok(events)
}
