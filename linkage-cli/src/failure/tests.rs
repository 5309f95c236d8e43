//! Which exit status and words an error gets.

use std::io;

use anyhow::Context;
use expect_test::{Expect, expect};
use linkage_core::linker::LinkerError;
use linkage_core::record::{AccountKey, FieldError, RecordError};
use linkage_core::store::StoreError;

use super::{BadInput, hint, is_closed_pipe, message, status};

#[track_caller]
fn check(error: impl Into<anyhow::Error>, expected: Expect) {
    let error = error.into();
    let hint = hint(&error).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    expected.assert_eq(&format!("{} {}{hint}", status(&error), message(&error)));
}

#[test]
fn a_bad_line_names_file_line_field_and_what_was_expected() {
    let error = FieldError::new("persons[0].birth_date", "an ISO date");
    check(
        LinkerError::Record(RecordError::Field { file: "a.jsonl".into(), line: 7, error }),
        expect![[r#"
            2 a.jsonl, line 7: persons[0].birth_date: expected an ISO date
            hint: nothing of this file was stored. --skip-bad FILE leaves bad lines out and writes them there"#]],
    );
}

#[test]
fn a_broken_stream_says_what_broke() {
    let source = io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected end of file");
    check(
        LinkerError::Record(RecordError::Stream { file: "a.gz".into(), line: 3, source }),
        expect![[r#"
            2 a.gz, line 3: expected the stream to go on, it is truncated or damaged: unexpected end of file
            hint: nothing of this file was stored; fetch or write the file again"#]],
    );
}

#[test]
fn an_unknown_account_is_a_bad_question() {
    check(
        LinkerError::UnknownAccount(AccountKey::new("ebay_uk", "nobody").unwrap()),
        expect![[r#"
            2 no account ebay_uk/nobody in the store
            hint: `linkage export networks` lists the accounts, written platform/account_id, and `linkage search TEXT` finds them"#]],
    );
}

#[test]
fn a_store_that_fails_is_no_bad_input() {
    check(LinkerError::Store(StoreError::Broken), expect!["3 an earlier write failed; open the store again"]);
    check(
        StoreError::InUse { path: "data".into() },
        expect![[r#"
            3 the store "data" is in use by another process; end that process or choose another directory
            hint: one command at a time opens a store; `linkage serve` answers many at once, over gRPC"#]],
    );
    check(
        LinkerError::Stopped,
        expect![[r#"
        3 stopped before the end; nothing changed
        hint: start the command again when you like; it begins anew"#]],
    );
}

#[test]
fn a_missing_store_is_a_wrong_folder() {
    check(
        StoreError::Missing { path: "data".into() },
        expect![[r#"
            2 there is no store in "data"
            hint: name the store with --data DIR or $LINKAGE_DATA, or make one: linkage import --accounts FILE"#]],
    );
    check(BadInput("expected a file".into()), expect!["2 expected a file"]);
}

#[test]
fn a_closed_pipe_is_no_failure_and_a_full_disk_is_one() {
    let failed = |kind| Err::<(), _>(io::Error::from(kind)).context("write to stdout").unwrap_err();
    assert!(is_closed_pipe(&failed(io::ErrorKind::BrokenPipe)));
    assert!(!is_closed_pipe(&failed(io::ErrorKind::StorageFull)));
    assert_eq!(status(&failed(io::ErrorKind::StorageFull)), 3);
}
