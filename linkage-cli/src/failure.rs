//! What a user is told of an error: one line that says what was expected, a hint where one helps, and an exit status.

use std::io::{self, Write};
use std::process::ExitCode;

use linkage_core::evaluate::EvaluateError;
use linkage_core::ledger::LedgerError;
use linkage_core::linker::LinkerError;
use linkage_core::normalize::sort_code::InstallError;
use linkage_core::record::{AccountKey, RecordError};
use linkage_core::rules::RulesError;
use linkage_core::search::SearchError;
use linkage_core::store::StoreError;
use linkage_server::exchange::ExchangeError;
use linkage_server::{ConfigError, ServeError};

/// Input that cannot be used; the text says where and what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadInput(pub(crate) String);

/// An account that is not in the store.
#[derive(Debug, thiserror::Error)]
#[error("no account {account} in the store")]
pub(crate) struct UnknownAccount {
    /// The account asked for.
    pub(crate) account: AccountKey,
    /// The stored account that is spelt most like it.
    pub(crate) nearest: Option<AccountKey>,
}

/// Exit status of bad input and wrong usage.
const BAD_INPUT: u8 = 2;

/// Exit status of a store or system that failed, and of a run that was stopped.
const FAILED: u8 = 3;

/// Prints the error with its hint and gives the exit status. A pipe that the reader closed is no error.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let mut stderr = anstream::stderr();
    // Where stderr is gone too, the exit status is all that can be said.
    let _ = writeln!(stderr, "error: {}", message(error));
    if let Some(hint) = hint(error) {
        let _ = writeln!(stderr, "hint: {hint}");
    }
    ExitCode::from(status(error))
}

/// The error and its causes in one line, a cause left out if the line says it already.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

fn status(error: &anyhow::Error) -> u8 {
    let is_input = error.chain().any(|cause| {
        cause.is::<BadInput>()
            || cause.is::<UnknownAccount>()
            || cause.is::<RecordError>()
            || cause.is::<EvaluateError>()
            || cause.is::<ConfigError>()
            || cause.is::<RulesError>()
            || cause.is::<InstallError>()
            || matches!(cause.downcast_ref(), Some(ServeError::Config(_)))
            || matches!(
                cause.downcast_ref(),
                Some(ExchangeError::Record(_) | ExchangeError::Content { .. } | ExchangeError::Plaintext { .. })
            )
            || cause.downcast_ref::<LinkerError>().is_some_and(is_bad_question)
            || cause.downcast_ref::<StoreError>().is_some_and(is_wrong_folder)
    });
    if is_input { BAD_INPUT } else { FAILED }
}

/// Whether the user can put it right by asking for, or giving, something else.
fn is_bad_question(error: &LinkerError) -> bool {
    match error {
        LinkerError::Record(_)
        | LinkerError::Contradiction { .. }
        | LinkerError::UnknownAccount(_)
        | LinkerError::UnknownThen { .. }
        | LinkerError::UnknownNetwork(_)
        | LinkerError::SameAccount
        | LinkerError::Nameless
        | LinkerError::NetworkName => true,
        LinkerError::Ledger(error) => {
            matches!(
                error,
                LedgerError::UnknownAccount { .. }
                    | LedgerError::UnknownSource
                    | LedgerError::UnknownJudgement { .. }
                    | LedgerError::AlreadyUndone { .. }
                    | LedgerError::TooLong { .. }
            ) || matches!(error, LedgerError::Store(error) if is_wrong_folder(error))
        }
        LinkerError::Store(error) => is_wrong_folder(error),
        LinkerError::Search(error) => matches!(error, SearchError::TooLong { .. } | SearchError::Empty),
        _ => false,
    }
}

fn is_wrong_folder(error: &StoreError) -> bool {
    matches!(error, StoreError::Missing { .. } | StoreError::Foreign { .. })
}

fn hint(error: &anyhow::Error) -> Option<String> {
    let nearest = error.chain().find_map(|cause| cause.downcast_ref::<UnknownAccount>());
    if let Some(UnknownAccount { nearest, .. }) = nearest {
        return Some(match nearest {
            Some(nearest) => format!("did you mean {nearest}? {LISTS_ACCOUNTS}"),
            None => LISTS_ACCOUNTS.to_owned(),
        });
    }
    let known = error.chain().find_map(|cause| {
        cause
            .downcast_ref::<LinkerError>()
            .and_then(linker_hint)
            .or_else(|| cause.downcast_ref::<RecordError>().and_then(record_hint))
            .or_else(|| cause.downcast_ref::<StoreError>().and_then(store_hint))
            .or_else(|| cause.downcast_ref::<ExchangeError>().and_then(exchange_hint))
    });
    known.map(str::to_owned)
}

const LISTS_ACCOUNTS: &str =
    "`linkage export networks` lists the accounts, written platform/account_id, and `linkage search TEXT` finds them";

fn exchange_hint(error: &ExchangeError) -> Option<&'static str> {
    matches!(error, ExchangeError::Plaintext { .. }).then_some(
        "send request.json to the exchange's authority and put what comes back (tls.pem, ca.pem, revoked.pem) into the folder",
    )
}

fn linker_hint(error: &LinkerError) -> Option<&'static str> {
    match error {
        LinkerError::Record(error) => record_hint(error),
        LinkerError::Contradiction { .. } => Some(
            "an observation is never overwritten; nothing of this file was stored. --skip-bad FILE leaves such lines out",
        ),
        LinkerError::UnknownAccount(_) | LinkerError::Ledger(LedgerError::UnknownAccount { .. }) => {
            Some(LISTS_ACCOUNTS)
        }
        LinkerError::UnknownThen { .. } => Some("name a later day with --as-of, or leave it out for what is known now"),
        LinkerError::UnknownNetwork(_) | LinkerError::NetworkName => {
            Some("`linkage export networks` lists accounts with their networks; an account names its network as well")
        }
        LinkerError::SameAccount => Some("name two accounts, each written platform/account_id"),
        LinkerError::Nameless => Some("say who judges with --by NAME"),
        LinkerError::Ledger(LedgerError::UnknownJudgement { .. } | LedgerError::AlreadyUndone { .. }) => {
            Some("`linkage review --list` shows all judgements with their numbers, undone ones included")
        }
        LinkerError::Ledger(LedgerError::Busy) => {
            Some("wait for the other command, or stop it with Ctrl-C; the store stays as it was")
        }
        LinkerError::Stopped => Some("start the command again when you like; it begins anew"),
        LinkerError::Store(error) | LinkerError::Ledger(LedgerError::Store(error)) => store_hint(error),
        _ => None,
    }
}

fn record_hint(error: &RecordError) -> Option<&'static str> {
    match error {
        RecordError::Open { .. } => None,
        RecordError::Stream { .. } => Some("nothing of this file was stored; fetch or write the file again"),
        RecordError::LineTooLong { .. } | RecordError::NotUtf8 { .. } | RecordError::Field { .. } => {
            Some("nothing of this file was stored. --skip-bad FILE leaves bad lines out and writes them there")
        }
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::InUse { .. } => {
            Some("one command at a time opens a store; `linkage serve` answers many at once, over gRPC")
        }
        StoreError::Foreign { .. } => Some("name an empty folder, or one that linkage made, with --data DIR"),
        StoreError::Missing { .. } => {
            Some("name the store with --data DIR or $LINKAGE_DATA, or make one: linkage import --accounts FILE")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
