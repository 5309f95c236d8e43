//! Every error as a gRPC status: the one place that knows which code is which, and what details go with it.
//!
//! A message names fields, limits and counts. It never repeats a value of a record.

use std::time::Duration;

use linkage_core::ledger::LedgerError;
use linkage_core::linker::LinkerError;
use linkage_core::record::{AccountKey, FieldError};
use linkage_core::search::{QUERY_CHARS_MAX, SearchError};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// How long a caller should wait before it tries again when the service is busy.
const RETRY: Duration = Duration::from_secs(1);

/// A field of a request that breaks a rule: `INVALID_ARGUMENT` with a violation.
pub(crate) fn invalid(error: &FieldError) -> Status {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(&error.field, format!("expected {}", error.expected));
    Status::with_error_details(Code::InvalidArgument, error.to_string(), details)
}

/// No room in a queue: `RESOURCE_EXHAUSTED` with the time to wait.
pub(crate) fn overloaded() -> Status {
    retry(Code::ResourceExhausted, "too many requests are waiting; try again")
}

/// Somebody else is writing for too long: `UNAVAILABLE` with the time to wait.
pub(crate) fn busy() -> Status {
    retry(Code::Unavailable, "another import, forget or link is under way; try again")
}

/// The service's own deadline has passed.
pub(crate) fn too_slow(limit: Duration) -> Status {
    Status::deadline_exceeded(format!("no answer within {} seconds", limit.as_secs()))
}

/// The caller's own deadline has passed.
pub(crate) fn past_deadline() -> Status {
    Status::deadline_exceeded("the caller's deadline has passed")
}

/// The caller does not read what it asked for.
pub(crate) fn stalled(limit: Duration) -> Status {
    Status::aborted(format!("nothing was read within {} seconds; go on from the last cursor", limit.as_secs()))
}

/// A page token that was made for another question, or by hand.
pub(crate) fn foreign_token() -> Status {
    invalid(&FieldError::new(
        "page_token",
        "the next_page_token of the page before, with the other fields as they were",
    ))
}

/// The log of changes does not reach back to a cursor: `OUT_OF_RANGE`.
pub(crate) fn too_old() -> Status {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("cursor", "expected one that the log of changes still reaches");
    let message = "cursor: the log of changes does not reach back; read everything anew and watch from now on";
    Status::with_error_details(Code::OutOfRange, message, details)
}

/// Another request had this name: `ALREADY_EXISTS` with a violation.
pub(crate) fn name_taken() -> Status {
    let expected = "a name that no other request had within the last hour";
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("request_id", format!("expected {expected}"));
    Status::with_error_details(Code::AlreadyExists, format!("request_id: expected {expected}"), details)
}

/// No message came for too long.
pub(crate) fn idle(limit: Duration) -> Status {
    Status::deadline_exceeded(format!("no message within {} seconds; nothing of the stream is stored", limit.as_secs()))
}

/// No question came for too long.
pub(crate) fn silent(limit: Duration) -> Status {
    Status::deadline_exceeded(format!("no message within {} seconds", limit.as_secs()))
}

/// The service is going down.
pub(crate) fn stopping() -> Status {
    retry(Code::Unavailable, "the service is stopping")
}

/// What the linker says. `account_field` names the field of the request that holds an account.
pub(crate) fn linker(error: &LinkerError, account_field: impl Fn(&AccountKey) -> &'static str) -> Status {
    match error {
        LinkerError::UnknownAccount(account) | LinkerError::Ledger(LedgerError::UnknownAccount { account }) => {
            not_found("account", account_field(account))
        }
        LinkerError::UnknownThen { account, .. } => not_found("account", account_field(account)),
        LinkerError::UnknownNetwork(_) => not_found("network", "id"),
        LinkerError::NetworkName => invalid(&FieldError::new("id", "the name of a network, such as N000123")),
        LinkerError::SameAccount => invalid(&FieldError::new("right", "another account than left")),
        LinkerError::Nameless => invalid(&FieldError::new("by", "the name of who judges")),
        LinkerError::Ledger(LedgerError::UnknownJudgement { .. }) => not_found("judgement", "id"),
        LinkerError::Ledger(LedgerError::AlreadyUndone { .. }) => {
            Status::failed_precondition("id: the judgement is undone already")
        }
        LinkerError::Ledger(LedgerError::TooLong { what, bytes_max, .. }) => {
            let field = if *what == "a note" { "note" } else { "by" };
            invalid(&FieldError::new(field, format!("at most {bytes_max} bytes")))
        }
        LinkerError::Contradiction { line, .. } => already_stored(&format!("records[{}]", line.saturating_sub(1))),
        LinkerError::Ledger(LedgerError::Busy | LedgerError::Unfinished | LedgerError::Stale) => busy(),
        LinkerError::Ledger(LedgerError::Empty) => Status::failed_precondition("the store is empty; ingest first"),
        LinkerError::Search(error @ (SearchError::TooLong { .. } | SearchError::Empty)) => {
            invalid(&FieldError::new("query", search_expectation(error)))
        }
        LinkerError::Stopped => Status::cancelled("the stream ended early; nothing of it is stored"),
        LinkerError::Ledger(_)
        | LinkerError::Store(_)
        | LinkerError::Record(_)
        | LinkerError::SkipBad(_)
        | LinkerError::Epoch(_)
        | LinkerError::Search(_)
        | LinkerError::Derived(_) => failed(error),
    }
}

/// What would have been a search text.
fn search_expectation(error: &SearchError) -> String {
    match error {
        SearchError::TooLong { .. } => format!("at most {QUERY_CHARS_MAX} characters"),
        _ => "at least one letter or digit".to_owned(),
    }
}

/// A failure that the caller can do nothing about: the operator is told why, the caller only that.
fn failed(error: &(dyn std::error::Error + 'static)) -> Status {
    tracing::error!(error = %chain(error), "the store failed");
    Status::internal("the store failed; the operator's log says why")
}

/// A record of the request is stored with other content: `ALREADY_EXISTS` with a violation.
pub(crate) fn already_stored(field: &str) -> Status {
    let expected = "the content stored for this observation; a change is a later observation";
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(field, format!("expected {expected}"));
    Status::with_error_details(Code::AlreadyExists, format!("{field}: expected {expected}"), details)
}

/// A worker thread died: a bug, or the end of the process.
pub(crate) fn worker_died(error: &tokio::task::JoinError) -> Status {
    if error.is_cancelled() { stopping() } else { worker_panicked() }
}

/// A worker panicked: a bug.
pub(crate) fn worker_panicked() -> Status {
    tracing::error!("a worker panicked");
    Status::internal("the request could not be worked on; the operator's log says why")
}

fn not_found(what: &str, field: &str) -> Status {
    let details = ErrorDetails::with_resource_info(what, field, "", format!("no such {what}"));
    Status::with_error_details(Code::NotFound, format!("{field}: no such {what}"), details)
}

fn retry(code: Code, message: &str) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_retry_info(Some(RETRY)))
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
