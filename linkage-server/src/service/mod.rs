//! The methods of `linkage.v1`: checks on the way in, the pool, answers on the way out.
//!
//! - [`Service`] implements the generated trait. `ingest` brings records in, `ask` and `batch` answer questions, `review` takes
//!   judgements, `watch` tells of changes.
//! - [`Pool`] is where blocking work happens: a fixed number of requests at a time, a fixed number waiting, the rest
//!   refused.
//!
//! Every request logs one line: method, request id, code, milliseconds.

mod ask;
mod batch;
mod ingest;
mod once;
mod page;
mod pool;
mod review;
mod watch;

pub use page::PageTokens;

use std::sync::Arc;
use std::time::{Duration, Instant};

use linkage_core::record::{AccountKey, FieldError};
use linkage_core::rules::RuleSet;
use linkage_proto::proto;
use linkage_proto::proto::linkage_service_server::LinkageService;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

use crate::Config;
use crate::engine::Engine;
use crate::status;
use once::Once;
use pool::Pool;

/// The service on one engine. Cheap to clone; all clones are one.
pub(crate) struct Service<E> {
    engine: Arc<E>,
    config: Arc<Config>,
    /// What makes a repeat infringer, for every caller.
    rules: Arc<RuleSet>,
    pool: Pool,
    /// One stream is brought in at a time, as the store has one writer.
    ingesting: Arc<Semaphore>,
    /// Places for those who watch.
    watching: Arc<Semaphore>,
    /// The end of the log of changes, as last seen.
    head: Arc<tokio::sync::watch::Sender<u64>>,
    /// Judgements by the names of their requests.
    reviewed: Arc<Once<proto::ReviewOutcome>>,
    /// Turns true when the service is told to stop.
    stopping: tokio::sync::watch::Receiver<bool>,
    /// Turns true when requests that are still under way must end.
    cut_off: tokio::sync::watch::Receiver<bool>,
}

impl<E> Clone for Service<E> {
    fn clone(&self) -> Service<E> {
        Service {
            engine: Arc::clone(&self.engine),
            config: Arc::clone(&self.config),
            rules: Arc::clone(&self.rules),
            pool: self.pool.clone(),
            ingesting: Arc::clone(&self.ingesting),
            watching: Arc::clone(&self.watching),
            head: Arc::clone(&self.head),
            reviewed: Arc::clone(&self.reviewed),
            stopping: self.stopping.clone(),
            cut_off: self.cut_off.clone(),
        }
    }
}

impl<E: Engine> Service<E> {
    pub(crate) fn new(
        engine: Arc<E>,
        config: Arc<Config>,
        rules: RuleSet,
        stopping: tokio::sync::watch::Receiver<bool>,
        cut_off: tokio::sync::watch::Receiver<bool>,
    ) -> Service<E> {
        let pool = Pool::new(config.working_max, config.waiting_max);
        Service {
            engine,
            pool,
            ingesting: Arc::new(Semaphore::new(1)),
            watching: Arc::new(Semaphore::new(config.watchers_max)),
            head: Arc::new(tokio::sync::watch::Sender::new(0)),
            reviewed: Arc::new(Once::new()),
            config,
            rules: Arc::new(rules),
            stopping,
            cut_off,
        }
    }

    /// Answers in a span of its own, and logs how that went. The request id is recorded once it is known to be safe.
    async fn answered<T>(
        &self,
        method: &'static str,
        deadline: Option<Duration>,
        answer: impl Future<Output = Result<T, Status>>,
    ) -> Result<Response<T>, Status> {
        let span = tracing::info_span!("request", method, request_id = tracing::field::Empty);
        let mut cut_off = self.cut_off.clone();
        async move {
            let start = Instant::now();
            let answer = tokio::select! {
                answer = answer => answer,
                _ = cut_off.wait_for(|cut_off| *cut_off) => Err(status::stopping()),
                () = passed(deadline) => Err(status::past_deadline()),
            };
            let code = answer.as_ref().err().map_or(tonic::Code::Ok, Status::code);
            let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(?code, millis, "answered");
            answer.map(Response::new)
        }
        .instrument(span)
        .await
    }
}

#[tonic::async_trait]
impl<E: Engine> LinkageService for Service<E> {
    type BatchResolveStream = batch::Answers;
    type WatchStream = watch::Changes;

    async fn ingest(
        &self,
        request: Request<Streaming<proto::IngestRequest>>,
    ) -> Result<Response<proto::IngestResponse>, Status> {
        self.answered("Ingest", deadline(&request), self.ingest_stream(request.into_inner())).await
    }

    async fn batch_resolve(
        &self,
        request: Request<Streaming<proto::BatchResolveRequest>>,
    ) -> Result<Response<Self::BatchResolveStream>, Status> {
        let answers = async { Ok(self.batch_resolve_stream(request.into_inner())) };
        self.answered("BatchResolve", None, answers).await
    }

    async fn watch(&self, request: Request<proto::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.answered("Watch", deadline(&request), self.watch_changes(request.into_inner())).await
    }

    async fn resolve(
        &self,
        request: Request<proto::ResolveRequest>,
    ) -> Result<Response<proto::ResolveResponse>, Status> {
        self.answered("Resolve", deadline(&request), self.resolve_accounts(request.into_inner())).await
    }

    async fn check(&self, request: Request<proto::CheckRequest>) -> Result<Response<proto::CheckResponse>, Status> {
        self.answered("Check", deadline(&request), self.check_account(request.into_inner())).await
    }

    async fn explain(
        &self,
        request: Request<proto::ExplainRequest>,
    ) -> Result<Response<proto::ExplainResponse>, Status> {
        self.answered("Explain", deadline(&request), self.explain_pair(request.into_inner())).await
    }

    async fn get_network(
        &self,
        request: Request<proto::GetNetworkRequest>,
    ) -> Result<Response<proto::GetNetworkResponse>, Status> {
        self.answered("GetNetwork", deadline(&request), self.network_page(request.into_inner())).await
    }

    async fn list_networks(
        &self,
        request: Request<proto::ListNetworksRequest>,
    ) -> Result<Response<proto::ListNetworksResponse>, Status> {
        self.answered("ListNetworks", deadline(&request), self.networks_page(request.into_inner())).await
    }

    async fn search(&self, request: Request<proto::SearchRequest>) -> Result<Response<proto::SearchResponse>, Status> {
        self.answered("Search", deadline(&request), self.search_page(request.into_inner())).await
    }

    async fn review(&self, request: Request<proto::ReviewRequest>) -> Result<Response<proto::ReviewResponse>, Status> {
        self.answered("Review", deadline(&request), self.add_review(request.into_inner())).await
    }

    async fn undo_review(
        &self,
        request: Request<proto::UndoReviewRequest>,
    ) -> Result<Response<proto::UndoReviewResponse>, Status> {
        self.answered("UndoReview", deadline(&request), self.undo(request.into_inner())).await
    }

    async fn list_reviews(
        &self,
        request: Request<proto::ListReviewsRequest>,
    ) -> Result<Response<proto::ListReviewsResponse>, Status> {
        self.answered("ListReviews", deadline(&request), self.reviews_page(request.into_inner())).await
    }
}

/// How long before its deadline a caller is told that there will be no answer, so that the word comes in time.
const SAID_BEFORE: Duration = Duration::from_millis(5);

/// Ready when a deadline has all but passed; never without one.
async fn passed(deadline: Option<Duration>) {
    match deadline {
        Some(deadline) => tokio::time::sleep(deadline.saturating_sub(SAID_BEFORE)).await,
        None => std::future::pending().await,
    }
}

/// How long the caller waits for its answer, if it says so.
///
/// At most 8 digits and a unit: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
fn deadline<T>(request: &Request<T>) -> Option<Duration> {
    let text = request.metadata().get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// Notes the caller's name for a request in the log.
///
/// Only characters that cannot hold a raw value by accident: no spaces, no `@`, no `+`.
fn note_request_id(request_id: &str) -> Result<(), Status> {
    const BYTES_MAX: usize = 64;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    if BYTES_MAX < request_id.len() || !request_id.bytes().all(fits) {
        let expected = "at most 64 letters, digits and . _ : -";
        return Err(status::invalid(&FieldError::new("request_id", expected)));
    }
    if !request_id.is_empty() {
        tracing::Span::current().record("request_id", request_id);
    }
    Ok(())
}

/// The account that a field of a request names.
fn account_key(field: &str, key: &str) -> Result<AccountKey, Status> {
    AccountKey::parse(key).map_err(|e| {
        let expected = format!("platform/account_id: {} is {}", e.field, e.expected);
        status::invalid(&FieldError::new(field, if e.field == "account" { e.expected } else { expected }))
    })
}

#[cfg(test)]
mod tests;
