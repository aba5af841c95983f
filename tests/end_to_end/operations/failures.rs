//! Failures before any row is read: each ends soon, with one sentence that names the cause and the variable.

use crate::support::{Finished, PASSWORD, Place, Run, USER, apply, free_port, on_both_servers, on_mysql};

/// The message of the only ERROR line.
pub fn sentence(done: &Finished) -> String {
    let errors: Vec<_> = done.lines().into_iter().filter(|line| line["severity"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{}", done.log);
    let message = errors[0]["message"].as_str().unwrap().to_owned();
    for rust in ["Error {", "Some(", "Os {", "::"] {
        assert!(!message.contains(rust), "{rust} in {message}");
    }
    message
}

#[apply(on_both_servers)]
fn each_cause_is_one_sentence_that_names_its_variable(place: Place) {
    let closed = free_port().to_string();
    let base = || place.sync();
    let emulator_closed = format!("127.0.0.1:{closed}");
    let cases: Vec<(&str, Run, &[&str])> = vec![
        ("wrong password", base().with("MYSQL_PASSWORD", "wrong-Pa55"), &["refused user sync", "MYSQL_PASSWORD"]),
        ("line break", base().with("MYSQL_PASSWORD", format!("{PASSWORD}\n")), &["ends with a line break"]),
        ("closed port", base().with("MYSQL_PORT", closed.as_str()), &["Connection refused", "MYSQL_HOST, MYSQL_PORT"]),
        ("unknown host", base().with("MYSQL_HOST", "no-such-host.invalid"), &["no-such-host.invalid", "MYSQL_HOST"]),
        ("no such socket", base().with("MYSQL_HOST", "/nonexistent.sock"), &["/nonexistent.sock", "MYSQL_HOST"]),
        ("no such database", base().with("MYSQL_DATABASE", "nowhere"), &["nowhere", "MYSQL_DATABASE"]),
        (
            "no such dataset",
            base().with("BIGQUERY_DATASET", "nowhere"),
            &["the dataset does not exist", "Terraform", "BIGQUERY_DATASET"],
        ),
        (
            "no BigQuery",
            base().with("BIGQUERY_EMULATOR_HOST", &emulator_closed),
            &["cannot be reached", "BIGQUERY_EMULATOR_HOST"],
        ),
        (
            "not BigQuery",
            base().with("BIGQUERY_EMULATOR_HOST", format!("127.0.0.1:{}", place.port())),
            &["BIGQUERY_EMULATOR_HOST"],
        ),
    ];
    let runs: Vec<_> = cases.into_iter().map(|(name, run, parts)| (name, run.start(), parts)).collect();
    for (name, child, parts) in runs {
        let done = child.finish().failed(1);
        let message = sentence(&done);
        assert!(!done.log.contains("wrong-Pa55"));
        for part in parts {
            assert!(message.contains(part), "{name}: {part} in {message}");
        }
    }
}

#[apply(on_both_servers)]
fn missing_privileges_fail_only_their_table(place: Place) {
    place.sql("CREATE TABLE open_one (id INT PRIMARY KEY); CREATE TABLE closed (id INT PRIMARY KEY, secret INT)");
    let user = place.user(&[("SELECT", "open_one"), ("INSERT", "closed")]);
    let done = place.sync_as(&user).tables("open_one,closed").run().failed(1);
    let message = done.message("table_failed");
    assert!(message.contains("table closed") && message.contains("needs SELECT"), "{message}");
    assert_eq!(place.count("open_one"), 0);

    let done = place.sync_as(&place.user(&[])).run().failed(1);
    let message = sentence(&done);
    assert!(message.contains("MYSQL_DATABASE") && message.contains("GRANT SELECT"), "{message}");
}

#[apply(on_both_servers)]
fn the_socket_works_like_tcp(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 1);
    place.sync().with("MYSQL_HOST", place.socket()).without("MYSQL_PORT").run().succeeded();
    assert_eq!(place.count("t"), 1);
}

#[apply(on_mysql)]
fn a_user_missing_from_the_password_cache_can_log_in(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    // A user's first login is not in the cache of caching_sha2_password, so the password itself is sent, over TLS or
    // encrypted with the server's RSA key.
    let by = format!("WITH caching_sha2_password BY '{PASSWORD}'");
    for mode in ["DISABLED", "PREFERRED", "REQUIRED"] {
        let user = place.user_identified(&by, &[("SELECT", "*")]);
        place.sync_as(&user).with("MYSQL_SSL_MODE", mode).run().succeeded();
    }
}

#[test]
fn an_invalid_configuration_is_reported_at_once_and_exits_2() {
    let done = Run::default().with("MYSQL_PORT", "x").with("MYSQL_PASSWORD", PASSWORD).run().failed(2);
    let message = sentence(&done);
    for name in ["MYSQL_HOST", "MYSQL_PORT", "MYSQL_USER", "MYSQL_DATABASE", "BIGQUERY_PROJECT", "BIGQUERY_DATASET"] {
        assert!(message.contains(name), "{name} in {message}");
    }
    let done = Run::default().with("LOG_FORMAT", "text").with("LOG_LEVEL", "loud").run().failed(2);
    assert!(done.log.contains("LOG_LEVEL is \"loud\""), "{}", done.log);
    assert!(Run::default().argument("--nonsense").run().failed(2).errors.contains("--nonsense"));
}

#[test]
fn help_and_version_need_no_configuration() {
    let help = Run::default().argument("--help").run().succeeded();
    assert!(help.log.contains("MYSQL_HOST") && help.log.contains("--table"));
    let version = Run::default().argument("--version").run().succeeded();
    assert_eq!(version.log.trim(), format!("mysql-bigquery-sync {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_empty_task_needs_no_server() {
    let run = Run::default()
        .with("MYSQL_HOST", "192.0.2.1")
        .with("MYSQL_USER", USER)
        .with("MYSQL_PASSWORD", PASSWORD)
        .with("MYSQL_DATABASE", "d")
        .with("BIGQUERY_PROJECT", "p")
        .with("BIGQUERY_DATASET", "d")
        .with("TABLES", "a,b")
        .with("CLOUD_RUN_TASK_INDEX", "2")
        .with("CLOUD_RUN_TASK_COUNT", "3");
    let done = run.run().succeeded();
    assert!(done.message("no_tables").contains("task 2 has nothing to do: TABLES=a,b assigns it no table"));
}
