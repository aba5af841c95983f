//! SIGTERM and Ctrl-C: reading stops, the upload is abandoned, and the destination does not change.

use std::time::{Duration, Instant};

use crate::support::{Place, Run, apply, on_both_servers};

/// Cloud Run kills ten seconds after SIGTERM; the promise is half of that.
const PROMISED: Duration = Duration::from_secs(5);

/// Sends the signal once a line with `event` has come, and returns the whole log.
fn stop_after(run: &Run, event: &str, signal: &str) -> String {
    let running = run.start_until(event);
    std::thread::sleep(Duration::from_millis(300));
    running.signal(signal);
    let sent = Instant::now();
    let done = running.finish().failed(1);
    assert!(sent.elapsed() < PROMISED, "took {:?}", sent.elapsed());
    done.log
}

#[apply(on_both_servers)]
fn a_signal_while_rows_are_read_leaves_the_old_table(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 1);
    place.sync().run().succeeded();
    place.insert("t", "n + 1", 2000);
    for signal in ["TERM", "INT"] {
        let log = stop_after(&place.slow_sync("t", 0.1), "table_started", signal);
        assert!(log.contains(&format!("SIG{signal}: stopping")), "{log}");
        assert!(log.contains("stopped by a signal while reading its rows"), "{log}");
        assert!(log.contains("sync_finished"), "{log}");
        assert_eq!(place.count("t"), 1);
        // The server does not keep working for a client that is gone.
        assert_eq!(place.slow_statements(), "");
    }
}

#[apply(on_both_servers)]
fn a_signal_while_connecting_ends_the_run(place: Place) {
    // Accepts connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let log = stop_after(&place.sync().with("MYSQL_PORT", port), "sync_started", "TERM");
    assert!(log.contains("stopped by a signal before any table was read"), "{log}");
}

#[apply(on_both_servers)]
fn a_killed_connection_restarts_the_table(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 40);
    let running = place.slow_sync("t", 0.1).start_until("table_started");
    let id = place.slow_statement();
    place.sql(&format!("KILL CONNECTION {id}; INSERT INTO t VALUES (100)"));
    let done = running.finish().succeeded();
    assert_eq!(done.event("table_restarted")["restarts"], 1);
    // All rows are from the second snapshot.
    assert_eq!(done.event("table_synced")["rows"], 41);
    assert_eq!(place.count("t"), 41);
}
