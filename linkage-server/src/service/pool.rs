//! Blocking work with an upper bound: so many at a time, so many waiting, no more.
//!
//! A thread that has ended one request takes the next that waits. Under load nothing is handed from thread to thread but the request and
//! its answer: waking a thread for each request cost a third of the time of a short one.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tonic::Status;

use crate::status;

type Job = Box<dyn FnOnce() + Send>;

/// A bounded pool on top of the runtime's blocking threads.
#[derive(Clone)]
pub(super) struct Pool {
    queue: Arc<Mutex<Queue>>,
    working_max: usize,
    admitted_max: usize,
}

#[derive(Default)]
struct Queue {
    /// What waits, by ascending number.
    waiting: VecDeque<(u64, Job)>,
    /// Jobs that have begun.
    begun: usize,
    /// Threads that take jobs; one that was just called has not taken any yet.
    threads: usize,
    /// The number of the next job.
    next: u64,
}

/// A place among those that wait; given up with the caller.
struct Place<'a> {
    pool: &'a Pool,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.pool.locked();
        let at = queue.waiting.binary_search_by_key(&self.number, |(number, _)| *number);
        // Dropped behind the lock: what a job holds may take a while to free.
        let _job = at.ok().and_then(|at| queue.waiting.remove(at));
        drop(queue);
    }
}

impl Pool {
    pub(super) fn new(working_max: usize, waiting_max: usize) -> Pool {
        Pool { queue: Arc::default(), working_max, admitted_max: working_max + waiting_max }
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
        let span = tracing::Span::current();
        let (answer, answered) = oneshot::channel();
        let job = move || {
            let worked = catch_unwind(AssertUnwindSafe(|| span.in_scope(work)));
            // Nobody there: the caller gave up.
            let _ = answer.send(worked.unwrap_or_else(|_| Err(status::worker_panicked())));
        };
        let _place = self.enter(Box::new(job))?;
        let answered = tokio::time::timeout(limit, answered).await.map_err(|_| status::too_slow(limit))?;
        // The runtime drops what it has not begun when it goes down.
        answered.map_err(|_| status::stopping())?
    }

    /// Lines `job` up, and sees to it that a thread comes for it.
    fn enter(&self, job: Job) -> Result<Place<'_>, Status> {
        let mut queue = self.locked();
        if self.admitted_max <= queue.begun + queue.waiting.len() {
            return Err(status::overloaded());
        }
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push_back((number, job));
        if queue.threads < self.working_max {
            queue.threads += 1;
            drop(queue);
            let pool = self.clone();
            drop(tokio::task::spawn_blocking(move || pool.work()));
        }
        Ok(Place { pool: self, number })
    }

    /// Does what waits, until nothing does.
    fn work(&self) {
        let mut queue = self.locked();
        while let Some((_, job)) = queue.waiting.pop_front() {
            queue.begun += 1;
            drop(queue);
            job();
            queue = self.locked();
            queue.begun -= 1;
        }
        queue.threads -= 1;
    }

    /// No code that can panic runs under the lock.
    fn locked(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
