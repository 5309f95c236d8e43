//! Telling of changes, from a place in the log on.
//!
//! ```text
//! log of changes ──pages──► channel of two messages ──► the caller
//!        ▲ head: looked at five times a second for all watchers together
//! ```
//!
//! The channel is the back-pressure: a caller that does not read is not read for, and after a while its stream ends.

use std::sync::Arc;
use std::time::Duration;

use linkage_core::ledger::ChangeNumber;
use linkage_core::linker::LinkerError;
use linkage_core::record::FieldError;
use linkage_proto::proto;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::Service;
use crate::engine::Engine;
use crate::{answer, status};

/// Most changes in one message.
const CHANGES_MAX: usize = 500;
/// Messages between the log and the caller.
const MESSAGES_WAITING: usize = 2;
/// How often the end of the log is looked at while somebody watches.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Digits of the store's name in a cursor.
const STORE_DIGITS: usize = 16;

/// What a `Watch` answers with.
pub(crate) type Changes = ReceiverStream<Result<proto::WatchResponse, Status>>;

/// One caller that watches.
struct Watcher<E> {
    service: Service<E>,
    next: ChangeNumber,
    sender: mpsc::Sender<Result<proto::WatchResponse, Status>>,
    _place: OwnedSemaphorePermit,
}

impl<E: Engine> Service<E> {
    pub(super) async fn watch_changes(&self, request: proto::WatchRequest) -> Result<Changes, Status> {
        let place = Arc::clone(&self.watching).try_acquire_owned().map_err(|_| status::overloaded())?;
        let next = match self.read_cursor(&request.cursor)? {
            Some(next) => next,
            None => self.ask(|engine| engine.last_change().map_err(|e| failed(&e))).await?,
        };
        // Refused at once, not in the stream, when the log does not reach back.
        let first = self.changes_behind(next).await?;
        let (sender, receiver) = mpsc::channel(MESSAGES_WAITING);
        let watcher = Watcher { service: self.clone(), next, sender, _place: place };
        tokio::spawn(watcher.run(first));
        Ok(ReceiverStream::new(receiver))
    }

    fn cursor(&self, number: ChangeNumber) -> String {
        format!("{}-{}", self.store_digits(), number.0)
    }

    fn read_cursor(&self, cursor: &str) -> Result<Option<ChangeNumber>, Status> {
        if cursor.is_empty() {
            return Ok(None);
        }
        let number = cursor.strip_prefix(self.store_digits()).and_then(|rest| rest.strip_prefix('-'));
        let number = number.and_then(|number| number.parse().ok());
        let expected = "the cursor of an earlier message, from this store";
        number
            .map(|number| Some(ChangeNumber(number)))
            .ok_or_else(|| status::invalid(&FieldError::new("cursor", expected)))
    }

    fn store_digits(&self) -> &str {
        let store = self.engine.store_id();
        store.get(..STORE_DIGITS).unwrap_or(store)
    }

    async fn changes_behind(&self, after: ChangeNumber) -> Result<(Vec<proto::Change>, ChangeNumber), Status> {
        self.ask(move |engine| {
            let changes = engine.changes(after, CHANGES_MAX).map_err(|e| failed(&e))?.ok_or_else(status::too_old)?;
            let last = changes.last().map_or(after, |change| change.number);
            Ok((changes.into_iter().map(answer::change).collect(), last))
        })
        .await
    }

    /// Looks at the end of the log for as long as the service runs, while somebody watches.
    pub(crate) async fn look_at_log(self) {
        let mut stopping = self.stopping.clone();
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if 0 < self.head.receiver_count() {
                let engine = Arc::clone(&self.engine);
                if let Ok(Ok(ChangeNumber(last))) = tokio::task::spawn_blocking(move || engine.last_change()).await {
                    self.head.send_if_modified(|head| std::mem::replace(head, last) != last);
                }
            }
        }
    }
}

fn failed(error: &LinkerError) -> Status {
    status::linker(error, |_| "account")
}

impl<E: Engine> Watcher<E> {
    async fn run(mut self, first: (Vec<proto::Change>, ChangeNumber)) {
        let mut head = self.service.head.subscribe();
        let mut stopping = self.service.stopping.clone();
        let mut page = first;
        loop {
            let is_full = CHANGES_MAX <= page.0.len();
            if !self.tell(page).await {
                return;
            }
            if !is_full && !self.wait(&mut head, &mut stopping).await {
                return;
            }
            page = match self.read().await {
                Ok(page) => page,
                Err(status) => {
                    // The caller may have gone as well.
                    let _ = self.sender.try_send(Err(status));
                    return;
                }
            };
        }
    }

    /// Sends a page; whether the caller has taken it in time.
    async fn tell(&mut self, (changes, last): (Vec<proto::Change>, ChangeNumber)) -> bool {
        self.next = last;
        let unread_max = self.service.config.unread_max();
        let message = proto::WatchResponse { cursor: self.service.cursor(last), changes };
        match self.sender.send_timeout(Ok(message), unread_max).await {
            Ok(()) => true,
            Err(_) => {
                let _ = self.sender.try_send(Err(status::stalled(unread_max)));
                false
            }
        }
    }

    /// Until there may be something to tell; not when the service stops or the caller has gone.
    async fn wait(&self, head: &mut watch::Receiver<u64>, stopping: &mut watch::Receiver<bool>) -> bool {
        let next = self.next.0;
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {
                let _ = self.sender.try_send(Err(status::stopping()));
                false
            }
            () = self.sender.closed() => false,
            _ = head.wait_for(|head| next < *head) => true,
            () = tokio::time::sleep(self.service.config.watch_quiet_max()) => true,
        }
    }

    /// The next page; waits its turn while too many other requests do.
    async fn read(&self) -> Result<(Vec<proto::Change>, ChangeNumber), Status> {
        loop {
            match self.service.changes_behind(self.next).await {
                Err(status) if status.code() == Code::ResourceExhausted => tokio::time::sleep(LOOK_EVERY).await,
                page => return page,
            }
        }
    }
}
