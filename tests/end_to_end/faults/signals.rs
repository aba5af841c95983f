//! SIGTERM and Ctrl-C: reading stops, the upload is given up, the destination stays as it was.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::{Place, apply, on_both_servers};

/// Cloud Run kills ten seconds after SIGTERM; the promise is half of that.
const PROMISED: Duration = Duration::from_secs(5);

/// Sends the signal once a line with `event` has come, and returns the rest of the log.
fn stop_after(child: &mut Child, event: &str, signal: &str) -> String {
    let mut log = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    while !seen.contains(event) {
        assert!(log.read_line(&mut seen).unwrap() > 0, "ended before {event}: {seen}");
    }
    std::thread::sleep(Duration::from_millis(300));
    let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let sent = Instant::now();
    log.read_to_string(&mut seen).unwrap();
    let code = child.wait().unwrap().code();
    assert!(sent.elapsed() < PROMISED, "took {:?}", sent.elapsed());
    assert_eq!(code, Some(1), "{seen}");
    seen
}

#[apply(on_both_servers)]
fn a_signal_while_rows_are_read_leaves_the_old_table(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    place.sync().run().succeeded();
    let values: Vec<String> = (2..2000).map(|id| format!("({id})")).collect();
    place.sql(&format!("INSERT INTO t VALUES {}", values.join(",")));
    for signal in ["TERM", "INT"] {
        let mut child = place.sync().tables(r#"[{"name": "t", "where": "SLEEP(0.1) = 0"}]"#).start();
        let log = stop_after(&mut child, "table_started", signal);
        assert!(log.contains(&format!("SIG{signal}: stopping")), "{log}");
        assert!(log.contains("stopped by a signal while its rows were read"), "{log}");
        assert!(log.contains("sync_finished"), "{log}");
        assert_eq!(place.count("t"), 1);
        // The server does not go on working for a client that is gone.
        let running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '%SLEEP(0.1)%' \
            AND ID <> CONNECTION_ID()";
        assert_eq!(place.sql(running), "0");
    }
}

#[apply(on_both_servers)]
fn a_signal_while_connecting_ends_the_run(place: Place) {
    // Takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let mut child = place.sync().with("MYSQL_PORT", port).start();
    let log = stop_after(&mut child, "sync_started", "TERM");
    assert!(log.contains("stopped by a signal before any table was read"), "{log}");
}

#[apply(on_both_servers)]
fn a_connection_that_is_killed_starts_the_table_again(place: Place) {
    let values: Vec<String> = (0..40).map(|id| format!("({id})")).collect();
    place.sql(&format!("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES {}", values.join(",")));
    let slow = place.sync().tables(r#"[{"name": "t", "where": "SLEEP(0.1) = 0"}]"#);
    let running = slow.start_until("table_started");
    let find = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '%SLEEP(0.1)%' \
        AND ID <> CONNECTION_ID()";
    // The statement follows the line by a few milliseconds.
    let id = (0..40).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        Some(place.sql(find)).filter(|id| !id.is_empty())
    });
    let id = id.unwrap();
    place.sql(&format!("KILL CONNECTION {id}; INSERT INTO t VALUES (100)"));
    let done = running.finish().succeeded();
    assert_eq!(done.event("table_restarted")["restarts"], 1);
    // All of one snapshot, the second one.
    assert_eq!(done.event("table_synced")["rows"], 41);
    assert_eq!(place.count("t"), 41);
}
