//! A key server: blind evaluation with one share of every class, under quotas, written down.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use linkage_core::privacy::oprf::{Element, Suite};
use linkage_core::privacy::shares::{GroupKey, KeyShare, ServerIndex};
use linkage_core::privacy::token::{ClassCode, Classes};
use linkage_proto::exchange::key_server_service_server::KeyServerService;
use linkage_proto::exchange::{
    ClassKey, EvaluatePayload, EvaluateRequest, EvaluateResponse, GetKeysRequest, GetKeysResponse,
};
use rand_core::OsRng;
use tonic::{Request, Response, Status};

use super::files::{self, ExchangeError};
use super::gate::{Gate, payload};
use super::rotation::finish_rotation;
use super::tls::peer;

/// Evaluations of one class that a member may ask for in a day: a platform of 100,000 accounts with a dozen tokens of the class
/// each. A sweep of 10⁹ telephone numbers takes two years.
pub const QUOTA: u64 = 1_200_000;

/// Its shares, and who may use them.
pub(super) struct KeyServer {
    server: ServerIndex,
    epoch: u32,
    classes: Classes,
    keys: BTreeMap<ClassCode, GroupKey>,
    shares: Arc<BTreeMap<ClassCode, (KeyShare, Element)>>,
    gate: Gate,
    quota: u64,
}

impl KeyServer {
    /// From its folder.
    pub(super) fn open(folder: &Path, quota: u64, seal_key: &Path) -> Result<KeyServer, ExchangeError> {
        if folder.join(files::HUB).exists() {
            return Err(ExchangeError::BothRoles { folder: folder.to_owned() });
        }
        finish_rotation(folder)?;
        let (epoch, keys) = files::group_keys(folder)?;
        let sealing = files::sealing_key(folder, seal_key)?;
        let (server, shares) = files::key_shares(folder, epoch, &keys, &sealing)?;
        let mut with_public = BTreeMap::new();
        for (class, share) in shares {
            let public = share.secret.public().ok_or(linkage_core::privacy::oprf::OprfError::Scalar)?;
            with_public.insert(class, (share, public));
        }
        let gate = Gate::open(epoch, folder)?;
        Ok(KeyServer { server, epoch, classes: Classes::shipped()?, keys, shares: Arc::new(with_public), gate, quota })
    }
}

#[tonic::async_trait]
impl KeyServerService for KeyServer {
    async fn get_keys(&self, request: Request<GetKeysRequest>) -> Result<Response<GetKeysResponse>, Status> {
        if request.get_ref().epoch != self.epoch {
            return Err(Status::failed_precondition(format!("EPOCH_RETIRED: epoch {} is in force", self.epoch)));
        }
        let key = |(class, key): (&ClassCode, &GroupKey)| {
            let [secret, slope] = key.commitments().map(|element| element.bytes().to_vec());
            ClassKey { class_code: u32::from(class.0), secret_commitment: secret, slope_commitment: slope }
        };
        let keys = self.keys.iter().map(key).collect();
        Ok(Response::new(GetKeysResponse { server: self.server.number(), epoch: self.epoch, keys }))
    }

    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Result<Response<EvaluateResponse>, Status> {
        let checked = self.gate.check(peer(&request), request.into_inner().envelope, "Evaluate")?;
        let EvaluatePayload { class_code, elements } = payload(&checked)?;
        let class = u16::try_from(class_code).map(ClassCode).ok().filter(|class| self.shares.contains_key(class));
        let Some(class) = class else { return Err(Status::invalid_argument("class_code: expected a known class")) };
        let invalid = |error: linkage_core::privacy::oprf::OprfError| Status::invalid_argument(error.to_string());
        let shares = Arc::clone(&self.shares);
        self.gate.spend(&checked, "Evaluate", class_code, elements.len() as u64, self.quota)?;
        let suite = Suite::of(class, self.classes.tier(class), self.epoch);
        let evaluated = tokio::task::spawn_blocking(move || {
            let blinded = Element::parse_all(&elements).map_err(invalid)?;
            let (share, public) = shares.get(&class).ok_or_else(|| Status::internal("no share"))?;
            share.evaluate(&suite, public, &blinded, &mut OsRng).map_err(invalid)
        });
        let evaluated = evaluated.await.map_err(|_| Status::internal("the evaluation was cut off"))??;
        Ok(Response::new(EvaluateResponse {
            elements: evaluated.elements.iter().map(|element| element.bytes().to_vec()).collect(),
            proof: evaluated.proof.to_bytes().to_vec(),
        }))
    }
}
