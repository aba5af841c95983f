//! Client certificates: users that may log in only with one, and what is said if it is missing or refused.

use std::time::Duration;

use super::failures::sentence;
use super::server::{OwnServer, authority, certificate};
use crate::support::{PASSWORD, Place, Run, apply, on_both_servers};

const HOUR: Duration = Duration::from_secs(3600);

#[apply(on_both_servers)]
fn a_user_with_a_client_certificate_logs_in(place: Place) {
    let (ours, theirs) = (authority(), authority());
    let folder = tempfile::tempdir().unwrap();
    let [cert, key, issuer] = certificate(&ours, "127.0.0.1", HOUR).write(folder.path());
    let options = [format!("--ssl-cert={cert}"), format!("--ssl-key={key}"), format!("--ssl-ca={issuer}")];
    let server = OwnServer::start(place.server, "x509", &options);
    server
        .sql(&format!(
            "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1), (2); \
             CREATE USER certified IDENTIFIED BY '{PASSWORD}' REQUIRE X509; \
             CREATE USER named IDENTIFIED BY '{PASSWORD}' REQUIRE SUBJECT '/CN=sync'; \
             GRANT SELECT ON d.* TO certified, named"
        ))
        .unwrap();
    let (mine, stranger) = (certificate(&ours, "sync", HOUR), certificate(&theirs, "sync", HOUR));
    let base = |user: &str, mode: &str| {
        let sync = place.sync_as(user).with("MYSQL_PORT", server.port.to_string()).with("MYSQL_DATABASE", "d");
        sync.with("MYSQL_SSL_CA", ours.pem()).with("MYSQL_SSL_MODE", mode).with("LOG_LEVEL", "trace")
    };
    let finish = |run: Run| {
        let done = run.run();
        for key in [&mine.key, &stranger.key] {
            let secret = key.lines().nth(1).unwrap();
            assert!(!done.log.contains(secret) && !done.errors.contains(secret), "a private key is in the log");
        }
        done
    };

    let files = tempfile::tempdir().unwrap();
    let [cert, key, _] = mine.write(files.path());
    for (user, mode) in [("certified", "PREFERRED"), ("certified", "VERIFY_IDENTITY"), ("named", "REQUIRED")] {
        for (cert, key) in [(&mine.pem, &mine.key), (&cert, &key)] {
            let done = finish(base(user, mode).with("MYSQL_SSL_CERT", cert).with("MYSQL_SSL_KEY", key)).succeeded();
            assert_eq!(done.event("sync_finished")["rows"], 2, "{user}, {mode}");
        }
    }

    let shown = |run: Run| run.with("MYSQL_SSL_CERT", &mine.pem).with("MYSQL_SSL_KEY", &mine.key);
    let refused = [
        (
            base("certified", "REQUIRED"),
            "no client certificate was shown, which a user with REQUIRE X509 needs (MYSQL_SSL_CERT)",
        ),
        (base("certified", "PREFERRED"), "no client certificate was shown"),
        (
            shown(base("certified", "REQUIRED").with("MYSQL_PASSWORD", "wrong")),
            "the client certificate of MYSQL_SSL_CERT was shown",
        ),
        (
            base("certified", "REQUIRED").with("MYSQL_SSL_CERT", &stranger.pem).with("MYSQL_SSL_KEY", &stranger.key),
            "the server refuses the client certificate",
        ),
    ];
    for (run, expected) in refused {
        let done = finish(run).failed(1);
        let message = sentence(&done);
        assert!(message.contains(expected), "{expected} in {message}");
        assert!(done.events("retry").is_empty(), "a certificate does not become better: {}", done.log);
    }
}
