//! Checks every envelope before its content is looked at, and writes down who asked for what.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use linkage_core::privacy::sealed::{ENVELOPE_SECONDS_MAX, Signed, verify};
use linkage_proto::exchange::Envelope;
use prost::Message;
use serde::{Deserialize, Serialize};
use tonic::Status;

use super::files::{self, ExchangeError, Members, private_file, read_file};
use super::tls::Peer;

/// What a member may want something for.
pub(super) const PURPOSES: [&str; 3] = ["ENFORCEMENT", "ONBOARDING_CHECK", "APPEAL"];

/// Envelopes remembered at most; within their time this many requests of all members are possible.
const NONCES_MAX: usize = 4_000_000;

const DAY_SECONDS: i64 = 86_400;

/// An envelope that was checked.
pub(super) struct Checked {
    pub(super) member: String,
    pub(super) purpose: String,
    pub(super) payload: Vec<u8>,
}

/// One line of the audit log. Counts and names of parties only.
#[derive(Serialize, Deserialize)]
struct Line {
    at: String,
    day: i64,
    member: String,
    method: String,
    purpose: String,
    class: u32,
    count: u64,
    outcome: String,
}

/// The gate of one party.
pub(super) struct Gate {
    epoch: u32,
    folder: PathBuf,
    members: Mutex<Members>,
    audit: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    nonces: HashMap<(String, Vec<u8>), i64>,
    /// Spent by member, method, class and day.
    spent: HashMap<(String, String, u32, i64), u64>,
}

impl Gate {
    /// Opens the gate; what was spent today is read back from the audit log.
    pub(super) fn open(epoch: u32, folder: &Path) -> Result<Gate, ExchangeError> {
        let members = Mutex::new(files::members(folder)?);
        let audit = folder.join("audit.jsonl");
        let mut state = State::default();
        // A last line that was cut off was never answered.
        for line in read_file(&audit)?.split(|byte| *byte == b'\n') {
            if let Ok(line) = serde_json::from_slice::<Line>(line)
                && line.outcome == "OK"
            {
                *state.spent.entry((line.member, line.method, line.class, line.day)).or_insert(0) += line.count;
            }
        }
        Ok(Gate { epoch, folder: folder.to_owned(), members, audit, state: Mutex::new(state) })
    }

    /// The sender and payload of an envelope, which must be whoever the connection's certificate is of.
    pub(super) fn check(
        &self,
        peer: Option<Peer>,
        envelope: Option<Envelope>,
        method: &str,
    ) -> Result<Checked, Status> {
        let Some(envelope) = envelope else { return Err(Status::invalid_argument("envelope: expected one")) };
        let now = Timestamp::now().as_second();
        let signed = signed(&envelope);
        let unknown = || Status::unauthenticated("envelope: expected the name of a member");
        let public = self.public_key(&envelope.member).ok_or_else(unknown)?;
        verify(&public, &signed, &envelope.signature, now)
            .map_err(|error| Status::unauthenticated(error.to_string()))?;
        if peer.is_some_and(|Peer(name)| name != envelope.member) {
            return Err(Status::permission_denied(
                "envelope: expected one of the member whose certificate it came with",
            ));
        }
        if envelope.epoch != self.epoch {
            let text = format!("EPOCH_RETIRED: epoch {} is in force; evaluate anew under its keys", self.epoch);
            return Err(Status::failed_precondition(text));
        }
        if envelope.method != method {
            return Err(Status::permission_denied("envelope: expected one for this method"));
        }
        if !PURPOSES.contains(&envelope.purpose.as_str()) {
            return Err(Status::invalid_argument(format!("purpose: expected one of {}", PURPOSES.join(", "))));
        }
        if envelope.nonce.len() != 16 {
            return Err(Status::invalid_argument("nonce: expected 16 bytes"));
        }
        self.remember(&envelope, now)?;
        Ok(Checked { member: envelope.member, purpose: envelope.purpose, payload: envelope.payload })
    }

    /// A member's key. A name that is not known is looked up in the folder again: who was admitted since need not wait for a new start.
    fn public_key(&self, member: &str) -> Option<[u8; 32]> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if !members.contains_key(member)
            && let Ok(now) = files::members(&self.folder)
        {
            *members = now;
        }
        members.get(member).copied()
    }

    /// Refuses an envelope that came before.
    pub(super) fn remember(&self, envelope: &Envelope, now: i64) -> Result<(), Status> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if NONCES_MAX <= state.nonces.len() {
            state.nonces.retain(|_, issued| now - *issued <= 2 * ENVELOPE_SECONDS_MAX);
            if NONCES_MAX <= state.nonces.len() {
                return Err(Status::resource_exhausted("too many requests within the hour; try again later"));
            }
        }
        let key = (envelope.member.clone(), envelope.nonce.clone());
        match state.nonces.insert(key, envelope.issued_at) {
            None => Ok(()),
            Some(_) => Err(Status::already_exists("envelope: it came before")),
        }
    }

    /// Counts what a member asks for against its quota of the day, and writes it down before it is answered.
    pub(super) fn spend(
        &self,
        checked: &Checked,
        method: &str,
        class: u32,
        count: u64,
        most: u64,
    ) -> Result<(), Status> {
        let day = Timestamp::now().as_second().div_euclid(DAY_SECONDS);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = state.spent.entry((checked.member.clone(), method.to_owned(), class, day)).or_insert(0);
        let fits = *spent + count <= most;
        if fits {
            *spent += count;
        }
        let outcome = if fits { "OK" } else { "OVER_QUOTA" };
        self.write(checked, method, class, count, day, outcome)?;
        if fits { Ok(()) } else { Err(Status::resource_exhausted(format!("quota: {most} a day, {count} more asked"))) }
    }

    /// Writes down what nobody should have done.
    pub(super) fn alarm(&self, checked: &Checked, method: &str, what: &str) -> Result<(), Status> {
        tracing::error!(member = %checked.member, method, what, "alarm");
        self.note(checked, method, 0, what)
    }

    /// Writes down what was made.
    pub(super) fn note(&self, checked: &Checked, method: &str, count: u64, what: &str) -> Result<(), Status> {
        let day = Timestamp::now().as_second().div_euclid(DAY_SECONDS);
        let _held = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(checked, method, 0, count, day, what)
    }

    /// Only called while the state is held, so that lines do not mix.
    fn write(
        &self,
        checked: &Checked,
        method: &str,
        class: u32,
        count: u64,
        day: i64,
        outcome: &str,
    ) -> Result<(), Status> {
        let line = Line {
            at: Timestamp::now().to_string(),
            day,
            member: checked.member.clone(),
            method: method.to_owned(),
            purpose: checked.purpose.clone(),
            class,
            count,
            outcome: outcome.to_owned(),
        };
        let failed = |_| Status::internal("the audit log cannot be written, so nothing is answered");
        let mut text = serde_json::to_string(&line).map_err(|_| Status::internal("the audit log cannot be written"))?;
        text.push('\n');
        private_file(&self.audit, true).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
    }
}

/// What an envelope's signature is over.
pub(super) fn signed(envelope: &Envelope) -> Signed<'_> {
    Signed {
        member: &envelope.member,
        epoch: envelope.epoch,
        method: &envelope.method,
        purpose: &envelope.purpose,
        issued_at: envelope.issued_at,
        nonce: &envelope.nonce,
        payload: &envelope.payload,
    }
}

/// The message within.
pub(super) fn payload<M: Message + Default>(checked: &Checked) -> Result<M, Status> {
    M::decode(checked.payload.as_slice())
        .map_err(|_| Status::invalid_argument("payload: expected the message of the method"))
}
