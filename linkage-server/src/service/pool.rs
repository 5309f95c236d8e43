//! Blocking work with an upper bound: so many at a time, so many waiting, no more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use crate::status;

/// A bounded pool on top of the runtime's blocking threads.
#[derive(Clone)]
pub(super) struct Pool {
    /// One permit for each request that works or waits.
    admitted: Arc<Semaphore>,
    /// One permit for each request that works.
    working: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(working_max: usize, waiting_max: usize) -> Pool {
        Pool {
            admitted: Arc::new(Semaphore::new(working_max + waiting_max)),
            working: Arc::new(Semaphore::new(working_max)),
        }
    }

    /// Runs `work` on a blocking thread, and gives up waiting for it after `limit`.
    ///
    /// Work that has begun is finished even if nobody waits for it, and keeps its place in the pool until then: that is
    /// what bounds the pool.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| status::overloaded())?;
        tokio::time::timeout(limit, self.run_admitted(admitted, work)).await.map_err(|_| status::too_slow(limit))?
    }

    async fn run_admitted<T: Send + 'static>(
        &self,
        admitted: OwnedSemaphorePermit,
        work: impl FnOnce() -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let working = Arc::clone(&self.working).acquire_owned().await.map_err(|_| status::stopping())?;
        let span = tracing::Span::current();
        let job = tokio::task::spawn_blocking(move || {
            let _places = (admitted, working);
            span.in_scope(work)
        });
        job.await.map_err(|e| status::worker_died(&e))?
    }
}
