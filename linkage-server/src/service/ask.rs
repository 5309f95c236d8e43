//! Questions: one message in, one out.

use std::collections::BTreeSet;
use std::sync::Arc;

use linkage_core::linker::{FoundKind, LinkerError, NetworkFilter, NetworkId};
use linkage_core::record::{Account, AccountDraft, AccountKey, FieldError, Intake, Listing, ListingDraft};
use linkage_core::score::Band;
use linkage_proto::{proto, read_time};
use tonic::Status;

use super::page::{self, PageTokens};
use super::{Service, account_key, note_request_id};
use crate::engine::Engine;
use crate::{answer, status};

/// Most accounts in one `Resolve`.
const ACCOUNTS_MAX: usize = 1000;
/// Most listings in one `Resolve`.
const LISTINGS_MAX: usize = 10_000;
/// Most members in one page of a network.
const PAGE_MEMBERS_MAX: usize = 1000;
/// Networks on a page, and the most of them.
const PAGE_NETWORKS_USUAL: usize = 100;
const PAGE_NETWORKS_MAX: usize = 1000;
/// Hits on a page, the most of them, and how many can be reached page by page.
const PAGE_HITS_USUAL: usize = 20;
const PAGE_HITS_MAX: usize = 100;
const HITS_REACHED_MAX: usize = 250;

impl<E: Engine> Service<E> {
    pub(super) async fn resolve_accounts(
        &self,
        request: proto::ResolveRequest,
    ) -> Result<proto::ResolveResponse, Status> {
        note_request_id(&request.request_id)?;
        within("accounts", request.accounts.len(), 1..=ACCOUNTS_MAX)?;
        within("listings", request.listings.len(), 0..=LISTINGS_MAX)?;
        self.ask(move |engine| {
            let (accounts, listings) = checked_records(request.accounts, request.listings, engine.intake())?;
            let accounts_len = accounts.len() as u64;
            let resolutions = engine.resolve(accounts, listings, request.store);
            resolutions.map(answer::resolved).map_err(|e| match e {
                // Accounts and listings are stored one after the other.
                LinkerError::Contradiction { line, .. } => match line.saturating_sub(1) {
                    at if at < accounts_len => status::already_stored(&format!("accounts[{at}]")),
                    at => status::already_stored(&format!("listings[{}]", at - accounts_len)),
                },
                e => status::linker(&e, |_| "accounts"),
            })
        })
        .await
    }

    pub(super) async fn check_account(&self, request: proto::CheckRequest) -> Result<proto::CheckResponse, Status> {
        let account = account_key("account", &request.account)?;
        let as_of = read_time("as_of", request.as_of).map_err(|e| status::invalid(&e))?;
        let rules = Arc::clone(&self.rules);
        self.ask(move |engine| {
            let status = engine.check(&account, as_of, &rules);
            status.map(|status| answer::checked(status, &rules)).map_err(|e| status::linker(&e, |_| "account"))
        })
        .await
    }

    pub(super) async fn explain_pair(&self, request: proto::ExplainRequest) -> Result<proto::ExplainResponse, Status> {
        let (left, right) = (account_key("left", &request.left)?, account_key("right", &request.right)?);
        if left == right {
            return Err(status::invalid(&FieldError::new("right", "another account than left")));
        }
        self.ask(move |engine| {
            let explanation = engine.explain(&left, &right);
            let field = |unknown: &AccountKey| if *unknown == left { "left" } else { "right" };
            explanation.map(|explanation| answer::explained(&explanation)).map_err(|e| status::linker(&e, field))
        })
        .await
    }

    pub(super) async fn network_page(
        &self,
        request: proto::GetNetworkRequest,
    ) -> Result<proto::GetNetworkResponse, Status> {
        let id: NetworkId = request.id.parse().map_err(|e| status::linker(&e, |_| "id"))?;
        let size = page::size(request.page_size, PAGE_MEMBERS_MAX, PAGE_MEMBERS_MAX)?;
        let band = match proto::Band::try_from(request.band) {
            Ok(proto::Band::Unspecified | proto::Band::Act) => Band::Act,
            Ok(proto::Band::Lead) => Band::Lead,
            _ => return Err(status::invalid(&FieldError::new("band", "BAND_ACT or BAND_LEAD"))),
        };
        let pages = PageTokens::of(self.engine.intake(), "GetNetwork", &[&id.to_string(), band.name()]);
        let after = pages.place(&request.page_token)?.unwrap_or_default();
        self.ask(move |engine| {
            let story = engine.network(id, band).map_err(|e| status::linker(&e, |_| "id"))?;
            let (page, last) = answer::network_page(&story, &after, size);
            let next_page_token = last.map(|last| pages.token(last.as_str())).unwrap_or_default();
            Ok(proto::GetNetworkResponse { next_page_token, ..page })
        })
        .await
    }

    pub(super) async fn networks_page(
        &self,
        request: proto::ListNetworksRequest,
    ) -> Result<proto::ListNetworksResponse, Status> {
        let size = page::size(request.page_size, PAGE_NETWORKS_USUAL, PAGE_NETWORKS_MAX)?;
        let accounts_min = if request.accounts_min == 0 { 2 } else { request.accounts_min };
        let question = [accounts_min.to_string(), request.platform.clone()];
        let pages = PageTokens::of(self.engine.intake(), "ListNetworks", &question.each_ref().map(String::as_str));
        let after = pages.place(&request.page_token)?;
        let after = after.map(|after| after.parse().map_err(|_| status::foreign_token())).transpose()?;
        let platform = Some(request.platform).filter(|platform| !platform.is_empty());
        let filter = NetworkFilter { accounts_min: accounts_min as usize, platform };
        self.ask(move |engine| {
            let page = engine.networks(after, &filter, size).map_err(|e| status::linker(&e, |_| "id"))?;
            let token = page.next.map(|next| pages.token(&next.to_string())).unwrap_or_default();
            Ok(answer::networks(&page, token))
        })
        .await
    }

    pub(super) async fn search_page(&self, request: proto::SearchRequest) -> Result<proto::SearchResponse, Status> {
        let size = page::size(request.page_size, PAGE_HITS_USUAL, PAGE_HITS_MAX)?;
        let mut kinds = Vec::new();
        for (at, kind) in request.kinds.iter().enumerate() {
            kinds.push(match proto::HitKind::try_from(*kind) {
                Ok(proto::HitKind::Network) => FoundKind::Network,
                Ok(proto::HitKind::Account) => FoundKind::Account,
                Ok(proto::HitKind::Listing) => FoundKind::Listing,
                Ok(proto::HitKind::Unspecified) | Err(_) => {
                    let expected = "NETWORK, ACCOUNT or LISTING";
                    return Err(status::invalid(&FieldError::new(format!("kinds[{at}]"), expected)));
                }
            });
        }
        if kinds.is_empty() {
            kinds = FoundKind::ALL.to_vec();
        }
        kinds.sort();
        kinds.dedup();
        let named: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        let pages = PageTokens::of(self.engine.intake(), "Search", &[&request.query, &named.join(" ")]);
        let before = pages.place(&request.page_token)?;
        let before: usize = before.map_or(Ok(0), |before| before.parse()).map_err(|_| status::foreign_token())?;
        self.ask(move |engine| {
            let reach = (before + size + 1).min(HITS_REACHED_MAX);
            let found = engine.search(&request.query, &kinds, reach).map_err(|e| status::linker(&e, |_| "query"))?;
            let is_last = found.len() <= before + size;
            let hits = found.into_iter().skip(before).take(size).map(answer::hit).collect();
            let next_page_token = if is_last { String::new() } else { pages.token(&(before + size).to_string()) };
            Ok(proto::SearchResponse { hits, next_page_token })
        })
        .await
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&E) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let engine = Arc::clone(&self.engine);
        self.pool.run(self.config.answer_max(), move || question(&engine)).await
    }
}

fn within(field: &str, items: usize, allowed: std::ops::RangeInclusive<usize>) -> Result<(), Status> {
    if allowed.contains(&items) {
        return Ok(());
    }
    let expected = format!("{} to {} items", allowed.start(), allowed.end());
    Err(status::invalid(&FieldError::new(field, expected)))
}

/// Checks what is asked about: every record by the rules of records, and every listing to belong to one of the accounts.
fn checked_records(
    accounts: Vec<proto::Account>,
    listings: Vec<proto::Listing>,
    intake: &Intake,
) -> Result<(Vec<Account>, Vec<Listing>), Status> {
    let accounts = checked("accounts", accounts, |message| AccountDraft::try_from(message)?.check(intake))?;
    let listings = checked("listings", listings, |message| ListingDraft::try_from(message)?.check(intake))?;
    let keys: BTreeSet<&AccountKey> = accounts.iter().map(|account| &account.key).collect();
    if let Some(stray) = listings.iter().position(|listing| !keys.contains(&listing.account)) {
        let field = format!("listings[{stray}].account_id");
        return Err(status::invalid(&FieldError::new(field, "one of the accounts of the request")));
    }
    Ok((accounts, listings))
}

fn checked<M, T>(name: &str, messages: Vec<M>, check: impl Fn(M) -> Result<T, FieldError>) -> Result<Vec<T>, Status> {
    let numbered = messages.into_iter().enumerate();
    numbered
        .map(|(at, message)| check(message).map_err(|e| status::invalid(&e.within(&format!("{name}[{at}]")))))
        .collect()
}
