//! The ledger alone: takes records in, and has no networks to answer from yet.

use std::path::Path;

use jiff::Timestamp;
use linkage_core::explain::Explanation;
use linkage_core::ledger::{ImportOptions, Ledger, LedgerError};
use linkage_core::linker::{LinkerError, Network, NetworkId, Resolution, Status};
use linkage_core::record::{Account, AccountKey, Intake, Listing};
use linkage_core::store::{RocksOptions, RocksStore};

use super::{Engine, IngestError, Ingested, Records};

/// A store that has never been linked.
pub(super) struct Unlinked {
    ledger: Ledger,
}

impl Unlinked {
    pub(super) fn open(data: &Path) -> Result<Unlinked, LinkerError> {
        let store = RocksStore::open(data, RocksOptions::default())?;
        Ok(Unlinked { ledger: Ledger::open_or_create(Box::new(store))? })
    }

    fn known(&self, accounts: &[&AccountKey]) -> Result<(), LinkerError> {
        let view = self.ledger.view()?;
        for account in accounts {
            if view.account_id(account)?.is_none() {
                return Err(LinkerError::UnknownAccount((*account).clone()));
            }
        }
        Ok(())
    }
}

impl Engine for Unlinked {
    fn intake(&self) -> &Intake {
        self.ledger.intake()
    }

    fn ingest(&self, records: Records<'_>, _link: bool) -> Result<Ingested, IngestError> {
        let failed = |e: LedgerError| IngestError::Linker(e.into());
        let mut import = self.ledger.begin_import(ImportOptions::default()).map_err(failed)?;
        let mut index = 0;
        while let Some(batch) = records()? {
            if let Some(contradiction) = import.stage(&batch).map_err(failed)?.first() {
                return Err(IngestError::Contradictory { index: index + contradiction.index as u64 });
            }
            index += batch.len() as u64;
        }
        let counts = import.seal().and_then(|sealed| sealed.apply_unlinked()).map_err(failed)?;
        let accounts_waiting = self.ledger.view().and_then(|view| view.counts()).map_err(failed)?.waiting;
        Ok(Ingested { epoch: 0, counts, accounts_waiting })
    }

    fn resolve(
        &self,
        accounts: Vec<Account>,
        _listings: Vec<Listing>,
        _store: bool,
    ) -> Result<Vec<Resolution>, LinkerError> {
        let alone = |account: Account| Resolution {
            account: account.key.to_string(),
            band: "NONE",
            probability: 0.0,
            network: None,
            nearest: None,
            reasons: None,
            epoch: 0,
        };
        Ok(accounts.into_iter().map(alone).collect())
    }

    fn check(&self, account: &AccountKey, _as_of: Option<Timestamp>) -> Result<Status, LinkerError> {
        self.known(&[account])?;
        Ok(Status {
            answer: "CANNOT_SAY",
            reason: "The account waits for linking.".to_owned(),
            network: None,
            accounts: 1,
            strikes: 0,
            strike_days: 0,
            platforms: Vec::new(),
            first: None,
            last: None,
            epoch: 0,
        })
    }

    fn explain(&self, left: &AccountKey, right: &AccountKey) -> Result<Explanation, LinkerError> {
        self.known(&[left, right])?;
        Err(LinkerError::Stopped)
    }

    fn network(&self, id: NetworkId) -> Result<Network, LinkerError> {
        Err(LinkerError::UnknownNetwork(id))
    }
}
