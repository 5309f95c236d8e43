//! Questions: one message in, one out.

use std::collections::BTreeSet;
use std::sync::Arc;

use linkage_core::linker::{LinkerError, NetworkId};
use linkage_core::record::{Account, AccountDraft, AccountKey, FieldError, Intake, Listing, ListingDraft};
use linkage_proto::{proto, read_time};
use tonic::Status;

use super::{Service, account_key, note_request_id};
use crate::engine::Engine;
use crate::{answer, status};

/// Most accounts in one `Resolve`.
const ACCOUNTS_MAX: usize = 1000;
/// Most listings in one `Resolve`.
const LISTINGS_MAX: usize = 10_000;
/// Most members in one page of a network.
const PAGE_MEMBERS_MAX: usize = 1000;

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
        self.ask(move |engine| {
            engine.check(&account, as_of).map(answer::checked).map_err(|e| status::linker(&e, |_| "account"))
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
        let members_max = match usize::try_from(request.page_size) {
            Ok(0) => PAGE_MEMBERS_MAX,
            Ok(size) => size.min(PAGE_MEMBERS_MAX),
            Err(_) => return Err(status::invalid(&FieldError::new("page_size", "0 or more"))),
        };
        if !request.page_token.is_empty() && AccountKey::parse(&request.page_token).is_err() {
            return Err(status::invalid(&FieldError::new("page_token", "the next_page_token of the page before")));
        }
        self.ask(move |engine| {
            let network = engine.network(id);
            let page = network.map(|network| answer::network_page(&network, id, &request.page_token, members_max));
            page.map_err(|e| status::linker(&e, |_| "id"))
        })
        .await
    }

    async fn ask<T: Send + 'static>(
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
