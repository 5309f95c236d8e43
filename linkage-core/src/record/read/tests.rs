//! Files as they come: compressed, cut off, broken, hostile.
//! Only `check` and `read` call the code under test.

use std::io::Write;

use expect_test::{Expect, expect};

use super::{JSON_LINE_BYTES_MAX, Reader};
use crate::record::{Account, Intake, Record};

const GOOD: &str = r#"{"platform":"p","account_id":"a","observed_at":"2024-05-03T12:00:00Z"}"#;

/// What a file gives, a line each.
fn read<T: Record>(bytes: &[u8], shown: impl Fn(&T) -> String) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let intake = Intake::new([7; 32]);
    let mut reader = Reader::<T>::open(file.path(), &intake).unwrap();
    let mut lines = String::new();
    while let Some(item) = reader.next() {
        match item {
            Ok((line, record)) => lines.push_str(&format!("{line}: {}\n", shown(&record))),
            Err(e) => {
                let file = file.path().display().to_string();
                let raw = String::from_utf8_lossy(reader.line_bytes()).chars().take(20).collect::<String>();
                let said = e.to_string().replace(&file, "FILE");
                lines.push_str(&format!("{said}{} [{raw}]\n", if e.is_fatal() { "!" } else { "" }));
            }
        }
    }
    assert_eq!(reader.bytes_total(), Some(bytes.len() as u64));
    lines
}

#[track_caller]
fn check(bytes: impl AsRef<[u8]>, expected: Expect) {
    expected.assert_eq(&read::<Account>(bytes.as_ref(), |account| account.key.to_string()));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn accounts(count: usize) -> String {
    (0..count).map(|n| GOOD.replace("\"a\"", &format!("\"{n}-{}\"", blake3::hash(&n.to_le_bytes()))) + "\n").collect()
}

#[test]
fn lines_are_numbered_as_an_editor_does() {
    check(
        format!("\u{feff}{GOOD}\r\n\n  \n{GOOD}"),
        expect![[r#"
        1: p/a
        4: p/a
    "#]],
    );
    check("", expect![[""]]);
    check("\n", expect![[""]]);
}

#[test]
fn compression_is_told_by_content() {
    check(
        gzip(GOOD.as_bytes()),
        expect![[r#"
        1: p/a
    "#]],
    );
    check(
        [gzip(GOOD.as_bytes()), gzip(b"\n"), gzip(GOOD.as_bytes())].concat(),
        expect![[r#"
        1: p/a
        2: p/a
    "#]],
    );
    check(
        zstd::encode_all(GOOD.as_bytes(), 3).unwrap(),
        expect![[r#"
        1: p/a
    "#]],
    );
}

#[test]
fn a_truncated_archive_ends_with_an_error_after_its_whole_lines() {
    let bytes = accounts(2000);
    for whole in [gzip(bytes.as_bytes()), zstd::encode_all(bytes.as_bytes(), 3).unwrap()] {
        for cut in [5, whole.len() / 2, whole.len() - 1] {
            let lines = read::<Account>(&whole[..cut], |_| "ok".to_owned());
            let last = lines.lines().last().unwrap();
            assert!(last.contains("expected the stream to go on") && last.contains('!'), "{last}");
            assert!(lines.lines().rev().skip(1).all(|line| line.ends_with(": ok")));
        }
    }
}

#[test]
fn a_damaged_archive_is_an_error() {
    check(
        [gzip(GOOD.as_bytes()).as_slice(), b"rubbish at the end, long enough"].concat(),
        expect![[r#"
        FILE, line 1: expected the stream to go on, it is truncated or damaged! [{"platform":"p","acc]
    "#]],
    );
}

#[test]
fn a_bad_line_does_not_end_the_file() {
    check(
        [
            b"{\n".as_slice(),
            b"not json\n",
            b"{\"platform\":\"p\xff\"}\n",
            b"{\"platform\":\"p\",\"platform\":\"secret\"}\n",
            b"{\"platform\":\"p\"} {}\n",
            b"[]\n\"secret\"\n7\nnull\n",
            b"[\"p\",\"a\",\"\",\"2024-05-03T12:00:00Z\"]\n",
            b"{\"persons\":[{\"name\":\"a\",\"secret\\u0007\":1}]}\n",
            b"{\"persons\":[{\"name\":{\"x\":1}}]}\n",
            b"{\"platform\":true}\n",
            b"{\"platform\":\"secret, expected `x`\",\"kind\":[]}\n",
            GOOD.as_bytes(),
        ]
        .concat(),
        expect![[r#"
            FILE, line 1: expected valid JSON, found at byte 1: EOF while parsing an object [{]
            FILE, line 2: expected valid JSON, found at byte 2: expected ident [not json]
            FILE, line 3: expected UTF-8, byte 15 of the line is not [{"platform":"p�"}]
            FILE, line 4: platform: expected every field at most once [{"platform":"p","pla]
            FILE, line 5: expected valid JSON, found at byte 18: trailing characters [{"platform":"p"} {}]
            FILE, line 6: expected an object [[]]
            FILE, line 7: expected an object ["secret"]
            FILE, line 8: expected an object [7]
            FILE, line 9: expected an object [null]
            FILE, line 10: expected an object [["p","a","","2024-05]
            FILE, line 11: persons[0].secret?: expected a known field, one of `name`, `birth_date`, `birth_place`, `role` [{"persons":[{"name":]
            FILE, line 12: persons[0].name: expected a string [{"persons":[{"name":]
            FILE, line 13: platform: expected a string [{"platform":true}]
            FILE, line 14: kind: expected a string [{"platform":"secret,]
            15: p/a
        "#]],
    );
}

#[test]
fn nesting_and_arrays_cannot_grow_without_limit() {
    let deep = "[".repeat(100_000);
    let wide = format!("{{\"persons\":[{}{{}}]}}", "{},".repeat(300_000));
    let unknown = format!("{{\"x\":{deep}");
    check(
        format!("{deep}\n{{\"persons\":{deep}\n{unknown}\n{wide}\n{GOOD}\n"),
        expect![[r#"
            FILE, line 1: expected an object [[[[[[[[[[[[[[[[[[[[[]
            FILE, line 2: persons[0]: expected an object [{"persons":[[[[[[[[[]
            FILE, line 3: x: expected a known field, one of `platform`, `account_id`, `kind`, `observed_at`, `source`, `opened_at`, `closed_at`, `display_name`, `legal_name`, `description`, `persons`, `registrations`, `documents`, `emails`, `phones`, `urls`, `addresses`, `handles`, `payments`, `trackers`, `images`, `attributes`, `verification` [{"x":[[[[[[[[[[[[[[[]
            FILE, line 4: persons: expected a list of at most 256 items [{"persons":[{},{},{}]
            5: p/a
        "#]],
    );
}

#[test]
fn a_line_of_a_hundred_megabytes_is_skipped_without_being_held() {
    struct Long(u64);
    impl std::io::Read for Long {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let bytes = buffer.len().min(usize::try_from(self.0).unwrap());
            buffer[..bytes].fill(b' ');
            self.0 -= bytes as u64;
            Ok(bytes)
        }
    }
    let source = std::io::Read::chain(Long(100 << 20), std::io::Cursor::new(format!("\n{GOOD}\n")));
    let intake = Intake::new([7; 32]);
    let mut reader = Reader::<Account>::new("pipe".into(), source, &intake).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    expect!["pipe, line 1: expected a line of at most 1048576 bytes"].assert_eq(&error.to_string());
    assert_eq!(reader.line_bytes().len(), JSON_LINE_BYTES_MAX);
    assert_eq!(reader.next().unwrap().unwrap().0, 2);
    assert!(reader.next().is_none());
    assert_eq!(reader.bytes_read(), (100 << 20) + 2 + GOOD.len() as u64);
}

#[test]
fn a_line_of_exactly_the_limit_is_read() {
    let padding = " ".repeat(JSON_LINE_BYTES_MAX - GOOD.len());
    check(
        format!("{GOOD}{padding}\n{GOOD}{padding} \n"),
        expect![[r#"
        1: p/a
        FILE, line 2: expected a line of at most 1048576 bytes [{"platform":"p","acc]
    "#]],
    );
}

#[test]
fn a_missing_file_names_itself() {
    let intake = Intake::new([7; 32]);
    let error = Reader::<Account>::open("no/such/file.jsonl".as_ref(), &intake).unwrap_err();
    expect!["no/such/file.jsonl: open file"].assert_eq(&error.to_string());
    assert!(error.is_fatal() && error.line().is_none());
}
