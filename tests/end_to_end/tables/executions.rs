//! Overlapping executions and repeated attempts: each table is loaded once.

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn of_two_overlapping_executions_one_copies_and_the_other_fails(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 150);
    let first = place.slow_sync("t", 0.1).start_until("table_started");
    let second = place.sync().run().failed(1);
    let message = second.message("table_failed");
    assert!(message.contains("another execution is copying this table right now"), "{message}");
    first.finish().succeeded();
    assert_eq!(place.count("t"), 150);
    place.sync().run().succeeded();
}

#[apply(on_both_servers)]
fn a_second_attempt_skips_what_the_first_one_loaded(place: Place) {
    place.sql("CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1), (2); CREATE TABLE b (id INT PRIMARY KEY, t TIME); INSERT INTO b VALUES (1, '-10:00:00')");
    let attempt = |number: &str| {
        let run = place.sync().tables("a,b").with("CLOUD_RUN_EXECUTION", &place.name);
        run.with("CLOUD_RUN_TASK_ATTEMPT", number).run()
    };
    let first = attempt("0").failed(1);
    assert_eq!(first.event("table_failed")["table"], "b");
    place.sql("UPDATE b SET t = '10:00:00'; INSERT INTO a VALUES (3)");
    let second = attempt("1").succeeded();
    assert_eq!(second.event("table_skipped")["rows"], 2);
    assert_eq!(second.event("table_synced")["table"], "b");
    let summary = second.event("sync_finished");
    assert_eq!((&summary["synced"], &summary["skipped"], &summary["failed"]), (&1.into(), &1.into(), &0.into()));
    assert_eq!((place.count("a"), place.count("b")), (2, 1));
    assert_eq!(attempt("2").succeeded().events("table_skipped").len(), 2);
}
