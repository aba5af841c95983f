//! While a run waits for BigQuery, its snapshot is closed and its lock is held. The next attempt finishes what a run left undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::bigquery_proxy::{Action, Proxy};
use crate::support::rows::noise;
use crate::support::statements::until;
use crate::support::{Place, apply, on_both_servers};

/// The connection that is idle after its last row.
const IDLE: &str = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND COMMAND = 'Sleep'";

#[apply(on_both_servers)]
fn a_slow_upload_holds_no_snapshot_and_replaces_nothing_without_its_lock(place: Place) {
    // More than one chunk, so that the last one comes later.
    place.create("t", "id INT PRIMARY KEY, noise LONGBLOB", &format!("n, {}", noise(280)), 60);
    let (arrived, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (seen, may) = (Arc::clone(&arrived), Arc::clone(&go_on));
    let proxy = Proxy::start(move |request| {
        if request.is_put() {
            seen.store(true, Ordering::Relaxed);
            until(|| may.load(Ordering::Relaxed));
        }
        Action::Pass
    });
    let run = proxy.run(place.sync()).with("CLOUD_RUN_EXECUTION", &place.name);
    let running = run.start_until("table_started");
    until(|| arrived.load(Ordering::Relaxed) && !place.sql(IDLE).is_empty());
    let holder = place.sql(IDLE);
    let transactions =
        format!("SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE TRX_MYSQL_THREAD_ID = {holder}");
    assert_eq!(place.sql(&transactions), "0");
    // The lock is free for another execution now.
    place.sql(&format!("ALTER TABLE t ADD COLUMN more INT; KILL {holder}"));
    go_on.store(true, Ordering::Relaxed);
    let done = running.finish().succeeded();
    let message = done.message("table_restarted");
    assert!(message.contains("checking the lock of local."), "{message}");
    assert_eq!((place.count("t"), place.loads(&place.name)), (60, 1));
    assert_eq!(place.schema("t"), ["id INTEGER", "noise BYTES", "more INTEGER"]);
}

#[apply(on_both_servers)]
fn a_second_attempt_sets_the_properties_that_the_first_did_not(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY) COMMENT 'of the source'; INSERT INTO t VALUES (1)");
    let arrived = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&arrived);
    let proxy = Proxy::start(move |request| {
        if request.line.starts_with("PATCH ") {
            seen.store(true, Ordering::Relaxed);
            return Action::CutBefore;
        }
        Action::Pass
    });
    let run = place.sync().with("CLOUD_RUN_EXECUTION", &place.name);
    let running = proxy.run(run.clone()).start();
    until(|| arrived.load(Ordering::Relaxed));
    running.kill();
    assert!(place.destination("t")["description"].is_null());
    let done = run.with("CLOUD_RUN_TASK_ATTEMPT", "1").run().succeeded();
    assert_eq!(done.events("table_skipped").len(), 1);
    assert_eq!(place.destination("t")["description"], "of the source");
    assert_eq!(place.loads(&place.name), 1);
}
