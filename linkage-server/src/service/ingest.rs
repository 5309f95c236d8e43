//! Bringing records in: a stream becomes batches, and one blocking thread takes them to the store.
//!
//! ```text
//! stream ──check──► batch ──► channel of two batches ──► engine.ingest on a blocking thread
//! ```
//!
//! The channel is the back-pressure: when the store is slower than the caller, the stream is not read. The batches end
//! with [`Piece::End`]; a channel that closes without it has been given up, and nothing of it is stored.

use std::sync::Arc;

use linkage_core::ledger::AnyRecord;
use linkage_core::linker::LinkerError;
use linkage_core::record::{AccountDraft, EnforcementDraft, FieldError, Intake, ListingDraft};
use linkage_proto::proto;
use linkage_proto::proto::ingest_request::Record;
use prost::Message;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::{Service, note_request_id};
use crate::engine::{Engine, Ingested};
use crate::{answer, status};

/// Records that travel together, unless they are large.
const BATCH_RECORDS: usize = 512;
/// Bytes on the wire after which a batch is full.
const BATCH_BYTES: usize = 1 << 20;
/// Batches between the stream and the store.
const BATCHES_WAITING: usize = 2;

/// What travels to the store.
enum Piece {
    Records(Vec<AnyRecord>),
    End,
}

/// The records of one stream that are not yet on their way.
#[derive(Default)]
struct Batch {
    records: Vec<AnyRecord>,
    bytes: usize,
}

impl<E: Engine> Service<E> {
    pub(super) async fn ingest_stream(
        &self,
        mut stream: Streaming<proto::IngestRequest>,
    ) -> Result<proto::IngestResponse, Status> {
        let first = self.next_message(&mut stream).await?;
        let (request_id, link) = first.as_ref().map(|first| (first.request_id.clone(), first.link)).unwrap_or_default();
        note_request_id(&request_id)?;

        let wait_max = self.config.ingest_wait_max();
        let turn = tokio::time::timeout(wait_max, Arc::clone(&self.ingesting).acquire_owned());
        let turn = turn.await.map_err(|_| status::busy())?.map_err(|_| status::stopping())?;

        let (sender, mut receiver) = mpsc::channel(BATCHES_WAITING);
        let (engine, span) = (Arc::clone(&self.engine), tracing::Span::current());
        let job = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut next = || match receiver.blocking_recv() {
                Some(Piece::Records(records)) => Ok(Some(records)),
                Some(Piece::End) => Ok(None),
                None => Err(LinkerError::Stopped),
            };
            span.in_scope(|| engine.ingest(&mut next, link))
        });

        // The sender is gone after this, so a stream that went wrong is given up at once.
        let sent = self.send_all(first, stream, sender).await;
        let done: Result<Ingested, LinkerError> = job.await.map_err(|e| status::worker_died(&e))?;
        match (sent, done) {
            (Err(status), Err(LinkerError::Stopped)) => Err(status),
            (_, Err(error)) => Err(status::linker(&error, |_| "records")),
            (Err(status), Ok(_)) => Err(status),
            (Ok(()), Ok(ingested)) => Ok(answer::ingested(request_id, &ingested)),
        }
    }

    /// Checks and sends every record, and the end.
    async fn send_all(
        &self,
        first: Option<proto::IngestRequest>,
        mut stream: Streaming<proto::IngestRequest>,
        sender: mpsc::Sender<Piece>,
    ) -> Result<(), Status> {
        let mut batch = Batch::default();
        let mut message = first;
        let mut index = 0;
        let mut bytes = 0;
        while let Some(current) = message {
            if self.config.ingest_records_max <= index {
                let expected = format!("at most {} records in a stream", self.config.ingest_records_max);
                return Err(status::invalid(&FieldError::new("records", expected)));
            }
            batch.bytes += current.encoded_len();
            bytes += current.encoded_len() as u64;
            if self.config.ingest_bytes_max < bytes {
                let expected = format!("at most {} bytes in a stream", self.config.ingest_bytes_max);
                return Err(status::invalid(&FieldError::new("records", expected)));
            }
            let record = checked(current, self.engine.intake());
            batch.records.push(record.map_err(|e| status::invalid(&e.within(&format!("records[{index}]"))))?);
            index += 1;
            if BATCH_RECORDS <= batch.records.len() || BATCH_BYTES <= batch.bytes {
                send(&sender, Piece::Records(std::mem::take(&mut batch).records)).await?;
            }
            message = self.next_message(&mut stream).await?;
        }
        send(&sender, Piece::Records(batch.records)).await?;
        // The transport shows a stream that was cancelled as one that has ended. It looks for the cancellation, and drops
        // this future, whenever the future is not ready; so be not ready once before the end counts.
        tokio::task::yield_now().await;
        send(&sender, Piece::End).await
    }

    async fn next_message(
        &self,
        stream: &mut Streaming<proto::IngestRequest>,
    ) -> Result<Option<proto::IngestRequest>, Status> {
        let idle_max = self.config.ingest_idle_max();
        tokio::time::timeout(idle_max, stream.message()).await.map_err(|_| status::idle(idle_max))?
    }
}

/// Sends a piece; the receiver is gone only when the engine has failed, and then its error counts.
async fn send(sender: &mpsc::Sender<Piece>, piece: Piece) -> Result<(), Status> {
    sender.send(piece).await.map_err(|_| status::stopping())
}

fn checked(message: proto::IngestRequest, intake: &Intake) -> Result<AnyRecord, FieldError> {
    let named = |name: &'static str| move |e: FieldError| e.within(name);
    match message.record {
        None => Err(FieldError::new("", "an account, a listing or an enforcement")),
        Some(Record::Account(message)) => AccountDraft::try_from(message)
            .and_then(|draft| draft.check(intake))
            .map(AnyRecord::Account)
            .map_err(named("account")),
        Some(Record::Listing(message)) => ListingDraft::try_from(message)
            .and_then(|draft| draft.check(intake))
            .map(AnyRecord::Listing)
            .map_err(named("listing")),
        Some(Record::Enforcement(message)) => EnforcementDraft::try_from(message)
            .and_then(|draft| draft.check(intake))
            .map(AnyRecord::Enforcement)
            .map_err(named("enforcement")),
    }
}
