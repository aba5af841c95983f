//! TLS to MySQL: every mode with valid and invalid certificates, and the warning about an unencrypted connection.

use std::fs;
use std::time::Duration;

use super::failures::sentence;
use super::server::{OwnServer, authority, certificate};
use crate::support::{PASSWORD, Place, Run, Server, apply, on_both_servers, on_mariadb, on_mysql};

const YEARS: Duration = Duration::from_secs(5 * 365 * 24 * 3600);

/// Long enough for a slow server to load the certificate, short enough to wait for it to expire.
const SHORT: Duration = Duration::from_secs(10);

/// The outcome of a connection attempt.
#[derive(Clone, Copy)]
enum Comes {
    /// Encrypted; the user may not log in otherwise.
    Encrypted,
    Plain,
    /// Refused, with these words in the error.
    Refused(&'static [&'static str]),
}

use Comes::{Encrypted, Plain, Refused};
const UNKNOWN_CA: Comes = Refused(&["CA that is not trusted here", "set MYSQL_SSL_CA", "check MYSQL_SSL_MODE"]);
const EXPIRED: Comes = Refused(&["has expired", "renew it"]);
const OTHER_HOST: Comes = Refused(&["is for another host", "MYSQL_HOST", "VERIFY_CA"]);
const NO_TLS: Comes = Refused(&["does not support TLS", "MYSQL_SSL_MODE"]);
const MODES: [&str; 5] = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];

#[apply(on_mysql)]
fn each_ssl_mode_accepts_what_mysqls_client_accepts(place: Place) {
    // Only the place's dataset is used; the source is the test's own server.
    let server = OwnServer::start(Server::MySql, "tls", &[]);
    server
        .sql(&format!(
            "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); CREATE USER secure IDENTIFIED BY '{PASSWORD}' \
             REQUIRE SSL; GRANT SELECT ON d.* TO secure"
        ))
        .unwrap();
    let (ours, theirs) = (authority(), authority());
    // MYSQL_SSL_CA contains `ours`, as text.
    let cases = [
        ("right", certificate(&ours, "127.0.0.1", YEARS), [Plain, Encrypted, Encrypted, Encrypted, Encrypted]),
        ("another host", certificate(&ours, "db.example", YEARS), [Plain, Encrypted, Encrypted, Encrypted, OTHER_HOST]),
        ("unknown CA", certificate(&theirs, "127.0.0.1", YEARS), [Plain, Encrypted, Encrypted, UNKNOWN_CA, UNKNOWN_CA]),
    ];
    let base = place.sync().with("MYSQL_PORT", server.port.to_string()).with("MYSQL_DATABASE", "d");
    let trusting = base.clone().with("MYSQL_SSL_CA", ours.pem());
    for (name, certificate, expected) in &cases {
        server.show(name, certificate);
        check(name, &trusting, Some("secure"), *expected);
    }
    // The server refuses to load an expired certificate.
    let short = certificate(&ours, "127.0.0.1", SHORT);
    server.show("short", &short);
    std::thread::sleep(SHORT + Duration::from_secs(1));
    check("expired", &trusting, Some("secure"), [Plain, Encrypted, Encrypted, EXPIRED, EXPIRED]);
    // The CA in a file; then no CA, which means the system's CAs.
    server.show("right again", &cases[0].1);
    let file = server.folder.join("ca.pem");
    fs::write(&file, ours.pem()).unwrap();
    let with_file = base.clone().with("MYSQL_SSL_CA", file.to_str().unwrap());
    check("CA in a file", &with_file, Some("secure"), cases[0].2);
    check("no CA", &base, Some("secure"), cases[2].2);
}

#[apply(on_mariadb)]
fn tls_fails_where_the_server_has_none(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    check("no TLS", &place.sync(), None, [Plain, Plain, NO_TLS, NO_TLS, NO_TLS]);
}

/// `secure`: a user who may log in only over TLS.
fn check(name: &str, base: &Run, secure: Option<&str>, expected: [Comes; 5]) {
    // They run at the same time, so each has its own destination.
    let tables = |mode| serde_json::json!([{"name": "t", "destination": format!("t_{mode}")}]).to_string();
    let runs = MODES.map(|mode| base.clone().with("MYSQL_SSL_MODE", mode).tables(&tables(mode)));
    let started: Vec<_> = runs
        .into_iter()
        .zip(expected)
        .map(|(run, expected)| match (expected, secure) {
            (Encrypted, Some(user)) => run.with("MYSQL_USER", user).start(),
            _ => run.start(),
        })
        .collect();
    for ((mode, child), expected) in MODES.iter().zip(started).zip(expected) {
        let done = child.finish();
        let Refused(words) = expected else {
            assert_eq!(done.code, Some(0), "{name}, {mode}: {}", done.log);
            // There is no warning for the loopback interface.
            assert!(done.events("unencrypted").is_empty(), "{name}, {mode}: {}", done.log);
            continue;
        };
        assert_eq!(done.code, Some(1), "{name}, {mode}: {}", done.log);
        let message = sentence(&done);
        for word in words {
            assert!(message.contains(word), "{name}, {mode}: {word} in {message}");
        }
        assert!(done.events("retry").is_empty(), "{name}, {mode}: a certificate does not become better: {}", done.log);
    }
}

#[apply(on_both_servers)]
fn an_unencrypted_remote_connection_is_logged_once(place: Place) {
    place.sql("CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY)");
    // Not a loopback address, but Linux routes it to the loopback interface, where the servers listen.
    let run = |mode: &str| place.sync().with("MYSQL_HOST", "0.0.0.0").with("MYSQL_SSL_MODE", mode).run().succeeded();
    let why = |mode| {
        let line = run(mode).event("unencrypted");
        assert_eq!(line["severity"], "WARNING");
        line["message"].as_str().unwrap().to_owned()
    };
    let message = why("DISABLED");
    assert!(message.contains("0.0.0.0") && message.contains("MYSQL_SSL_MODE is DISABLED"), "{message}");
    if place.server == Server::MariaDb {
        assert!(why("PREFERRED").contains("the server has no TLS"));
    } else {
        assert!(run("PREFERRED").events("unencrypted").is_empty());
        assert!(run("REQUIRED").events("unencrypted").is_empty());
    }
    for local in ["localhost", "127.0.0.1"] {
        let run = place.sync().with("MYSQL_HOST", local).with("MYSQL_SSL_MODE", "DISABLED").run().succeeded();
        assert!(run.events("unencrypted").is_empty(), "{local}");
    }
}
