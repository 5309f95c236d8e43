//! The methods of `linkage.v1`: checks on the way in, the pool, answers on the way out.
//!
//! - [`Service`] implements the generated trait. `ingest` brings records in, `ask` answers questions.
//! - [`Pool`] is where blocking work happens: a fixed number of requests at a time, a fixed number waiting, the rest
//!   refused.
//!
//! Every request logs one line: method, request id, code, milliseconds.

mod ask;
mod ingest;
mod pool;

use std::sync::Arc;
use std::time::Instant;

use linkage_core::record::{AccountKey, FieldError};
use linkage_proto::proto;
use linkage_proto::proto::linkage_service_server::LinkageService;
use tokio::sync::{Semaphore, watch};
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

use crate::Config;
use crate::engine::Engine;
use crate::status;
use pool::Pool;

/// The service on one engine.
pub(crate) struct Service<E> {
    engine: Arc<E>,
    config: Arc<Config>,
    pool: Pool,
    /// One stream is brought in at a time, as the store has one writer.
    ingesting: Arc<Semaphore>,
    /// Turns true when requests that are still under way must end.
    cut_off: watch::Receiver<bool>,
}

impl<E: Engine> Service<E> {
    pub(crate) fn new(engine: Arc<E>, config: Arc<Config>, cut_off: watch::Receiver<bool>) -> Service<E> {
        let pool = Pool::new(config.working_max, config.waiting_max);
        Service { engine, config, pool, ingesting: Arc::new(Semaphore::new(1)), cut_off }
    }

    /// Answers in a span of its own, and logs how that went. The request id is recorded once it is known to be safe.
    async fn answered<T>(
        &self,
        method: &'static str,
        answer: impl Future<Output = Result<T, Status>>,
    ) -> Result<Response<T>, Status> {
        let span = tracing::info_span!("request", method, request_id = tracing::field::Empty);
        let mut cut_off = self.cut_off.clone();
        async move {
            let start = Instant::now();
            let answer = tokio::select! {
                answer = answer => answer,
                _ = cut_off.wait_for(|cut_off| *cut_off) => Err(status::stopping()),
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
    async fn ingest(
        &self,
        request: Request<Streaming<proto::IngestRequest>>,
    ) -> Result<Response<proto::IngestResponse>, Status> {
        self.answered("Ingest", self.ingest_stream(request.into_inner())).await
    }

    async fn resolve(
        &self,
        request: Request<proto::ResolveRequest>,
    ) -> Result<Response<proto::ResolveResponse>, Status> {
        self.answered("Resolve", self.resolve_accounts(request.into_inner())).await
    }

    async fn check(&self, request: Request<proto::CheckRequest>) -> Result<Response<proto::CheckResponse>, Status> {
        self.answered("Check", self.check_account(request.into_inner())).await
    }

    async fn explain(
        &self,
        request: Request<proto::ExplainRequest>,
    ) -> Result<Response<proto::ExplainResponse>, Status> {
        self.answered("Explain", self.explain_pair(request.into_inner())).await
    }

    async fn get_network(
        &self,
        request: Request<proto::GetNetworkRequest>,
    ) -> Result<Response<proto::GetNetworkResponse>, Status> {
        self.answered("GetNetwork", self.network_page(request.into_inner())).await
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
