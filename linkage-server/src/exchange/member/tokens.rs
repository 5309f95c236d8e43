//! Tokens of a member's accounts: blinded, evaluated by two of three key servers, checked, combined, unblinded, kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use linkage_core::privacy::oprf::{BATCH_MAX, Element, Evaluated, Proof, SecretScalar, Suite};
use linkage_core::privacy::sealed::Token;
use linkage_core::privacy::shares::{Answer, GroupKey, ServerIndex, combine};
use linkage_core::privacy::token::{ClassCode, TokenInput};
use linkage_proto::exchange as wire;
use linkage_proto::exchange::key_server_service_client::KeyServerServiceClient;
use prost::Message;
use rand_core::OsRng;
use tokio::task::JoinSet;
use tonic::Code;

use super::super::files::{self, ExchangeError, file_error, private_file, read_file};
use super::{Member, refused};

/// Batches under way at the same time: enough to keep two servers and the own cores busy.
const BATCHES_UNDER_WAY: usize = 6;

/// Tokens already evaluated, so that a broken run goes on.
const TOKENS: &str = "tokens.bin";
/// Bytes of one of them: class, place, element.
const TOKEN_BYTES: usize = 2 + 16 + 32;

/// A batch evaluated: its class, what went in and what came out, in the same order.
type EvaluatedBatch = (ClassCode, Vec<TokenInput>, Vec<Element>);

pub(super) type Tokens = HashMap<(ClassCode, [u8; 16]), Token>;

/// Under which a token is kept.
pub(super) fn place(input: &TokenInput) -> (ClassCode, [u8; 16]) {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(&input.bytes()).as_bytes()[..16]);
    (input.class, short)
}

impl Member {
    /// The tokens of inputs: those that are kept already, and the rest from two of three key servers. Says how many were new.
    pub(super) fn tokens<'a>(
        &self,
        inputs: impl Iterator<Item = &'a TokenInput>,
    ) -> Result<(Tokens, usize), ExchangeError> {
        let path = self.kept.join(TOKENS);
        let mut tokens = self.kept(&path)?;
        let mut missing: BTreeMap<ClassCode, Vec<TokenInput>> = BTreeMap::new();
        let mut seen: HashSet<(ClassCode, [u8; 16])> = HashSet::new();
        for input in inputs {
            let place = place(input);
            if !tokens.contains_key(&place) && seen.insert(place) {
                missing.entry(input.class).or_default().push(input.clone());
            }
        }
        let evaluated = missing.values().map(Vec::len).sum();
        let mut file = private_file(&path, true).map_err(file_error(&path))?;
        let mut keep = |class: ClassCode, batch: &[TokenInput], made: Vec<Element>| -> Result<(), ExchangeError> {
            let mut bytes = Vec::with_capacity(TOKEN_BYTES * made.len());
            for (input, element) in batch.iter().zip(made) {
                let place = place(input);
                bytes.extend_from_slice(&class.0.to_be_bytes());
                bytes.extend_from_slice(&place.1);
                bytes.extend_from_slice(element.bytes());
                tokens.insert(place, Token(*element.bytes()));
            }
            file.write_all(&bytes).map_err(file_error(&path))
        };
        self.runtime.block_on(async {
            let mut under_way: JoinSet<Result<EvaluatedBatch, ExchangeError>> = JoinSet::new();
            let mut number = 0;
            for (class, inputs) in missing {
                let key = self.keys.get(&class).copied().ok_or_else(|| ExchangeError::Content {
                    path: self.folder.join(files::PUBLISHED),
                    expected: "a key of every class".into(),
                })?;
                for batch in inputs.chunks(BATCH_MAX) {
                    while BATCHES_UNDER_WAY <= under_way.len() {
                        let done = under_way.join_next().await;
                        let (class, batch, made) =
                            done.ok_or(ExchangeError::Worker)?.map_err(|_| ExchangeError::Worker)??;
                        keep(class, &batch, made)?;
                    }
                    number += 1;
                    let asked = self.evaluation(class, key, batch.to_vec(), number);
                    under_way.spawn(asked);
                }
            }
            while let Some(done) = under_way.join_next().await {
                let (class, batch, made) = done.map_err(|_| ExchangeError::Worker)??;
                keep(class, &batch, made)?;
            }
            Ok::<(), ExchangeError>(())
        })?;
        Ok((tokens, evaluated))
    }

    /// Tokens of an earlier run; a last one that was cut off is dropped.
    fn kept(&self, path: &Path) -> Result<Tokens, ExchangeError> {
        let bytes = read_file(path)?;
        let whole = bytes.len() / TOKEN_BYTES * TOKEN_BYTES;
        if whole != bytes.len() {
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(file_error(path))?;
            file.set_len(whole as u64).map_err(file_error(path))?;
        }
        let row = |row: &[u8]| {
            let class = ClassCode(u16::from_be_bytes(row.get(..2)?.try_into().ok()?));
            Some(((class, row.get(2..18)?.try_into().ok()?), Token(row.get(18..)?.try_into().ok()?)))
        };
        Ok(bytes[..whole].chunks_exact(TOKEN_BYTES).filter_map(row).collect())
    }

    /// One batch: blinded, evaluated by two servers, checked, combined, unblinded.
    fn evaluation(
        &self,
        class: ClassCode,
        key: GroupKey,
        batch: Vec<TokenInput>,
        number: usize,
    ) -> impl Future<Output = Result<EvaluatedBatch, ExchangeError>> + Send + use<> {
        let suite = Arc::new(Suite::of(class, self.classes.tier(class), self.signer.epoch));
        let signer = Arc::clone(&self.signer);
        let servers = self.key_servers.clone();
        async move {
            let hashing = Arc::clone(&suite);
            let blinding = tokio::task::spawn_blocking(move || {
                let blinds: Vec<SecretScalar> = batch.iter().map(|_| SecretScalar::random(&mut OsRng)).collect();
                let blinded: Result<Vec<Element>, _> =
                    batch.iter().zip(&blinds).map(|(input, blind)| hashing.blind(&input.bytes(), blind)).collect();
                blinded.map(|blinded| (batch, blinds, blinded))
            });
            let (batch, blinds, blinded) = blinding.await.map_err(|_| ExchangeError::Worker)??;
            let elements: Vec<Vec<u8>> = blinded.iter().map(|element| element.bytes().to_vec()).collect();
            let ask = |at: usize| {
                let payload = wire::EvaluatePayload { class_code: u32::from(class.0), elements: elements.clone() };
                let envelope = Some(signer.envelope("Evaluate", payload.encode_to_vec()));
                let mut client = KeyServerServiceClient::new(servers[at].clone());
                async move { (at, client.evaluate(wire::EvaluateRequest { envelope }).await) }
            };
            // Which two take turns; the third stands in for one that is down.
            let order = [number % 3, (number + 1) % 3, (number + 2) % 3];
            let (first, second) = tokio::join!(ask(order[0]), ask(order[1]));
            let mut answers = Vec::new();
            let mut replies = vec![first, second];
            if replies.iter().any(|(_, reply)| reply.as_ref().is_err_and(is_down)) {
                replies.push(ask(order[2]).await);
            }
            let mut why = String::new();
            for (at, reply) in replies {
                match reply {
                    Ok(reply) => answers.push(answer(ServerIndex::ALL[at], &reply.into_inner())?),
                    Err(status) if is_down(&status) => why = format!("{}: {}", ServerIndex::ALL[at], cause(&status)),
                    Err(status) => return Err(refused(ServerIndex::ALL[at].to_string())(status)),
                }
            }
            let answering = answers.len();
            let answers: [Answer; 2] = answers
                .into_iter()
                .take(2)
                .collect::<Vec<_>>()
                .try_into()
                .map_err(|_| ExchangeError::NoQuorum { answering, why })?;
            let combining = tokio::task::spawn_blocking(move || combine(&suite, &key, &blinded, &blinds, &answers));
            let made = combining.await.map_err(|_| ExchangeError::Worker)??;
            Ok((class, batch, made))
        }
    }
}

/// Whether another server should be asked.
pub(super) fn is_down(status: &tonic::Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled)
}

/// The innermost reason of a failed call: what the operating system or TLS said.
pub(super) fn cause(status: &tonic::Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}

fn answer(server: ServerIndex, reply: &wire::EvaluateResponse) -> Result<Answer, ExchangeError> {
    let named = |reason| linkage_core::privacy::shares::ShareError::Answer { server, reason };
    let elements = Element::parse_all(&reply.elements).map_err(named)?;
    let proof = Proof::parse(&reply.proof).map_err(named)?;
    Ok(Answer { server, evaluated: Evaluated { elements, proof } })
}
