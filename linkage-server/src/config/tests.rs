//! What a configuration file may say.

use expect_test::{Expect, expect};

use super::Config;

#[track_caller]
fn check(text: &str, expected: Expect) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let shown = match Config::from_file(file.path()) {
        Ok(config) => format!("{} {} {:?}", config.listen, config.data.display(), config.log),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|e| format!(": {e}")).unwrap_or_default();
            format!("{error}{cause}").replace(&file.path().display().to_string(), "FILE")
        }
    };
    expected.assert_eq(&shown);
}

#[test]
fn an_empty_file_is_the_default() {
    check("", expect!["127.0.0.1:50051 linkage-data Text"]);
}

#[test]
fn fields_replace_defaults() {
    check("data = \"store\"\nlisten = \"[::1]:0\"\nlog = \"json\"\n", expect!["[::1]:0 store Json"]);
}

#[test]
fn unknown_fields_and_limits_without_sense_are_refused() {
    check(
        "colour = 1",
        expect![[r#"
            parse configuration FILE: TOML parse error at line 1, column 1
              |
            1 | colour = 1
              | ^^^^^^
            unknown field `colour`, expected one of `data`, `listen`, `rules`, `log`, `message_bytes_max`, `ingest_records_max`, `ingest_bytes_max`, `ingest_idle_seconds_max`, `ingest_wait_seconds_max`, `answer_seconds_max`, `working_max`, `waiting_max`, `watchers_max`, `watch_quiet_seconds_max`, `unread_seconds_max`, `connection_streams_max`, `shutdown_seconds_max`
        "#]],
    );
    check("working_max = 0", expect!["working_max: expected 1 to 1024"]);
    check("answer_seconds_max = 100000", expect!["answer_seconds_max: expected 1 to 86400 seconds"]);
}

#[test]
fn rules_that_cannot_be_used_are_refused_with_their_place() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "name = \"set\"\nversion = \"1\"\n[[rule]]\nname = \"a\"\nstrike_days = 0\n").unwrap();
    let config = Config { rules: Some(file.path().into()), ..Config::default() };
    let said = config.rule_set().unwrap_err().to_string().replace(&file.path().display().to_string(), "FILE");
    expect!["FILE, line 5: rule[0].strike_days: expected a number from 1 to 1000"].assert_eq(&said);
    assert_eq!(Config::default().rule_set().unwrap().name, "three-strikes");
}
