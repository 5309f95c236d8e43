//! Epochs: numbered blobs that never change.

use serde::{Deserialize, Serialize};

use super::{Ledger, LedgerError, View, keys, row};
use crate::store::{Batch, Durability};

/// Longest epoch in bytes: 1 GiB.
pub const EPOCH_BYTES_MAX: usize = 1 << 30;

/// Bytes of one part.
const PART_BYTES: usize = 4 << 20;

/// What is written last: an epoch without it is not there.
#[derive(Serialize, Deserialize)]
struct Head {
    bytes: usize,
    /// BLAKE3, hex.
    digest: String,
}

impl Ledger {
    /// Stores epoch number `epoch`. The same again changes nothing.
    ///
    /// # Errors
    ///
    /// [`LedgerError::EpochExists`] when the number is taken by other content, [`LedgerError::TooLong`],
    /// [`LedgerError::Store`]: nothing is stored then.
    pub fn put_epoch(&self, epoch: u32, content: &[u8]) -> Result<(), LedgerError> {
        if content.len() > EPOCH_BYTES_MAX {
            let bytes = content.len();
            return Err(LedgerError::TooLong { what: "an epoch", bytes, bytes_max: EPOCH_BYTES_MAX });
        }
        let head = Head { bytes: content.len(), digest: blake3::hash(content).to_hex().to_string() };
        if let Some(stored) = head_of(&self.view()?, epoch)? {
            let same = stored.digest == head.digest && stored.bytes == head.bytes;
            return if same { Ok(()) } else { Err(LedgerError::EpochExists { epoch }) };
        }
        for (part, bytes) in (0_u32..).zip(content.chunks(PART_BYTES)) {
            let mut batch = Batch::new().with_durability(Durability::Buffered);
            if part == 0 {
                batch.delete_range(keys::epoch_parts(epoch));
            }
            let mut value = vec![row::VALUE_VERSION];
            value.extend(bytes);
            batch.put(keys::epoch_part(epoch, part), value);
            self.store.commit(&batch, &[])?;
        }
        let mut batch = Batch::new();
        batch.put(keys::epoch(epoch), row::value(&head)?);
        self.store.commit(&batch, &[])?;
        Ok(())
    }
}

impl View<'_> {
    /// The content of an epoch, checked against its digest; `None` if there is no such epoch.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Corrupt`] when it is not what was stored, [`LedgerError::Store`].
    pub fn epoch(&self, epoch: u32) -> Result<Option<Vec<u8>>, LedgerError> {
        let Some(head) = head_of(self, epoch)? else { return Ok(None) };
        let mut content = Vec::with_capacity(head.bytes.min(EPOCH_BYTES_MAX));
        self.for_each(keys::epoch_parts(epoch), |_, value| {
            content.extend(value.get(1..).unwrap_or_default());
            Ok(())
        })?;
        if content.len() != head.bytes || blake3::hash(&content).to_hex().as_str() != head.digest {
            return Err(LedgerError::corrupt("an epoch that is not what was stored"));
        }
        Ok(Some(content))
    }

    /// The numbers of all epochs, ascending.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Store`] and [`LedgerError::Corrupt`].
    pub fn epochs(&self) -> Result<Vec<u32>, LedgerError> {
        let mut epochs = Vec::new();
        self.for_each(keys::epochs(), |key, _| {
            epochs.push(keys::epoch_in(key)?);
            Ok(())
        })?;
        Ok(epochs)
    }
}

fn head_of(view: &View<'_>, epoch: u32) -> Result<Option<Head>, LedgerError> {
    view.get(&keys::epoch(epoch))?.map(|value| row::read(&value, "the head of an epoch")).transpose()
}
