//! Many questions in one stream: answered in their order while the stream goes on.

use std::time::Duration;

use linkage_core::record::{Account, AccountDraft, AccountKey, FieldError, Intake, Listing, ListingDraft};
use linkage_proto::proto;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::Service;
use crate::engine::Engine;
use crate::{answer, status};

/// Questions answered together, if so many have come.
const TOGETHER_MAX: usize = 64;
/// Listings of one account.
const LISTINGS_MAX: usize = 1000;
/// Answers between the engine and the caller.
const ANSWERS_WAITING: usize = TOGETHER_MAX;
/// Pause before a place in the pool is asked for again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// What a `BatchResolve` answers with.
pub(crate) type Answers = ReceiverStream<Result<proto::BatchResolveResponse, Status>>;

type Sender = mpsc::Sender<Result<proto::BatchResolveResponse, Status>>;

/// Questions that are answered together: no two of one account, so that listings stay with their own.
#[derive(Clone, Default)]
struct Together {
    accounts: Vec<Account>,
    listings: Vec<Listing>,
}

impl<E: Engine> Service<E> {
    pub(super) fn batch_resolve_stream(&self, stream: Streaming<proto::BatchResolveRequest>) -> Answers {
        let (sender, receiver) = mpsc::channel(ANSWERS_WAITING);
        let service = self.clone();
        let mut cut_off = self.cut_off.clone();
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = service.answer_all(stream, &sender) => ended,
                _ = cut_off.wait_for(|cut_off| *cut_off) => Err(status::stopping()),
                () = sender.closed() => return,
            };
            if let Err(status) = ended {
                // A caller that reads nothing does not read this either.
                let _ = sender.send_timeout(Err(status), service.config.unread_max()).await;
            }
        });
        ReceiverStream::new(receiver)
    }

    async fn answer_all(
        &self,
        mut stream: Streaming<proto::BatchResolveRequest>,
        sender: &Sender,
    ) -> Result<(), Status> {
        let mut index = 0;
        let mut together = Together::default();
        loop {
            // Whoever waits for an answer gets it before the next question is waited for.
            let wait = if together.accounts.is_empty() { self.config.ingest_idle_max() } else { Duration::ZERO };
            let message = match tokio::time::timeout(wait, stream.message()).await {
                Ok(message) => message?,
                Err(_) if together.accounts.is_empty() => return Err(status::silent(wait)),
                Err(_) => {
                    self.answer(std::mem::take(&mut together), sender).await?;
                    continue;
                }
            };
            let Some(message) = message else { return self.answer(together, sender).await };
            if self.config.ingest_records_max <= index {
                let expected = format!("at most {} requests in a stream", self.config.ingest_records_max);
                return Err(status::invalid(&FieldError::new("requests", expected)));
            }
            let named = |e: FieldError| status::invalid(&e.within(&format!("requests[{index}]")));
            let (account, listings) = match checked(message, self.engine.intake()) {
                Ok(checked) => checked,
                Err(e) => {
                    self.answer(together, sender).await?;
                    return Err(named(e));
                }
            };
            index += 1;
            if TOGETHER_MAX <= together.accounts.len() || together.holds(&account.key) {
                self.answer(std::mem::take(&mut together), sender).await?;
            }
            together.accounts.push(account);
            together.listings.extend(listings);
        }
    }

    async fn answer(&self, together: Together, sender: &Sender) -> Result<(), Status> {
        if together.accounts.is_empty() {
            return Ok(());
        }
        let resolutions = loop {
            let Together { accounts, listings } = together.clone();
            let resolve = move |engine: &E| {
                engine.resolve(accounts, listings, false).map_err(|e| status::linker(&e, |_| "account"))
            };
            match self.ask(resolve).await {
                Err(status) if status.code() == Code::ResourceExhausted => tokio::time::sleep(TRY_AGAIN).await,
                answered => break answered?,
            }
        };
        let unread_max = self.config.unread_max();
        for resolution in resolutions {
            let epoch = resolution.epoch;
            let resolution = Some(answer::resolution(resolution));
            let message = proto::BatchResolveResponse { epoch, resolution };
            sender.send_timeout(Ok(message), unread_max).await.map_err(|_| status::stalled(unread_max))?;
        }
        Ok(())
    }
}

impl Together {
    fn holds(&self, key: &AccountKey) -> bool {
        self.accounts.iter().any(|account| account.key == *key)
    }
}

fn checked(message: proto::BatchResolveRequest, intake: &Intake) -> Result<(Account, Vec<Listing>), FieldError> {
    let account = message.account.ok_or_else(|| FieldError::new("account", "a value, it is required"))?;
    let account = AccountDraft::try_from(account).and_then(|draft| draft.check(intake));
    let account = account.map_err(|e| e.within("account"))?;
    if LISTINGS_MAX < message.listings.len() {
        return Err(FieldError::new("listings", format!("at most {LISTINGS_MAX} items")));
    }
    let mut listings = Vec::with_capacity(message.listings.len());
    for (at, listing) in message.listings.into_iter().enumerate() {
        let listing = ListingDraft::try_from(listing).and_then(|draft| draft.check(intake));
        let listing = listing.map_err(|e| e.within(&format!("listings[{at}]")))?;
        if listing.account != account.key {
            return Err(FieldError::new(format!("listings[{at}].account_id"), "that of the account"));
        }
        listings.push(listing);
    }
    Ok((account, listings))
}
