//! What is to be sent, written down before it is sent: a run that breaks off sends the rest, and the same boxes, not new ones.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use linkage_core::privacy::sealed::{ElementHandle, PseudonymId};
use linkage_proto::exchange::SubmitPayload;
use prost::Message;

use super::super::files::{ExchangeError, file_error, private_file, read_file, replace};

/// Payloads, each after its length in four bytes.
const OUTBOX: &str = "outbox.bin";
/// A byte for each that the hub has taken.
const SENT: &str = "outbox.sent";

pub(super) struct Outbox {
    payloads: PathBuf,
    sent: PathBuf,
}

/// What lies in it.
pub(super) struct Waiting {
    /// What was not sent.
    pub(super) rest: Vec<SubmitPayload>,
    /// All pseudonyms in it, sent or not.
    pub(super) pseudonyms: HashSet<PseudonymId>,
    /// All handles in it, sent or not.
    pub(super) handles: BTreeSet<ElementHandle>,
}

impl Outbox {
    pub(super) fn at(folder: &Path) -> Outbox {
        Outbox { payloads: folder.join(OUTBOX), sent: folder.join(SENT) }
    }

    /// Fills an empty one; it is there as a whole or not at all.
    pub(super) fn fill(&self, payloads: impl Iterator<Item = SubmitPayload>) -> Result<(), ExchangeError> {
        let mut bytes = Vec::new();
        for payload in payloads {
            bytes.extend_from_slice(&(payload.encoded_len() as u32).to_be_bytes());
            payload.encode_raw(&mut bytes);
        }
        // A count of payloads that are gone says nothing of these.
        if self.sent.exists() {
            std::fs::remove_file(&self.sent).map_err(file_error(&self.sent))?;
        }
        replace(&self.payloads, &bytes)
    }

    /// `None` if there is nothing to send.
    pub(super) fn waiting(&self) -> Result<Option<Waiting>, ExchangeError> {
        if !self.payloads.exists() {
            return Ok(None);
        }
        let bytes = read_file(&self.payloads)?;
        let expected =
            || ExchangeError::Content { path: self.payloads.clone(), expected: "what submit wrote".to_owned() };
        let (mut payloads, mut at) = (Vec::new(), 0);
        while let Some(head) = bytes.get(at..at + 4) {
            let length = head.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
            let body = bytes.get(at + 4..at + 4 + length).ok_or_else(expected)?;
            payloads.push(SubmitPayload::decode(body).map_err(|_| expected())?);
            at += 4 + length;
        }
        let ids = payloads.iter().flat_map(|payload| &payload.pseudonyms);
        let pseudonyms = ids.filter_map(|new| new.pseudonym.as_slice().try_into().map(PseudonymId).ok()).collect();
        let shown = payloads.iter().flat_map(|payload| &payload.elements);
        let handles = shown.filter_map(|shown| shown.handle.as_slice().try_into().map(ElementHandle).ok()).collect();
        let sent = read_file(&self.sent)?.len();
        Ok(Some(Waiting { rest: payloads.into_iter().skip(sent).collect(), pseudonyms, handles }))
    }

    /// The hub has taken one more.
    pub(super) fn sent_one(&self) -> Result<(), ExchangeError> {
        private_file(&self.sent, true).and_then(|mut file| file.write_all(b"+")).map_err(file_error(&self.sent))
    }

    /// All is sent.
    pub(super) fn empty(&self) -> Result<(), ExchangeError> {
        std::fs::remove_file(&self.payloads).map_err(file_error(&self.payloads))?;
        std::fs::remove_file(&self.sent).map_err(file_error(&self.sent))
    }
}
