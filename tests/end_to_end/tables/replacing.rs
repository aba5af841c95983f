//! How a copy replaces its destination: with all rows of one snapshot, or not at all.

use crate::support::{Place, apply, on_both_servers, on_mariadb};

#[apply(on_mariadb)]
fn a_system_versioned_table_arrives_with_its_current_rows(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING; INSERT INTO t VALUES (1, 1), (2, 2); \
         UPDATE t SET n = 3 WHERE id = 1; DELETE FROM t WHERE id = 2",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    assert_eq!(place.count("t"), 1);
}

#[apply(on_both_servers)]
fn a_table_without_rows_becomes_an_empty_table_with_its_schema(place: Place) {
    place.sql("CREATE TABLE empty_one (id BIGINT PRIMARY KEY, price DECIMAL(10,2), at TIMESTAMP(6) NULL, j JSON)");
    let done = place.sync().run().succeeded();
    assert_eq!(done.event("table_synced")["rows"], 0);
    assert_eq!(place.count("empty_one"), 0);
    assert_eq!(place.schema("empty_one"), ["id INTEGER", "price NUMERIC", "at TIMESTAMP", "j JSON"]);
}

#[apply(on_both_servers)]
fn a_second_run_replaces_rows_and_schema(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1), (2, 2)");
    place.sync().run().succeeded();
    place.sql("DELETE FROM t WHERE id = 1; ALTER TABLE t MODIFY a VARCHAR(20), ADD b DATE; INSERT INTO t VALUES (3, 'x', '2020-02-02')");
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    assert_eq!(place.schema("t"), ["id INTEGER", "a STRING", "b DATE"]);
}

#[apply(on_both_servers)]
fn a_row_that_cannot_be_loaded_leaves_the_old_table(place: Place) {
    place.sql("CREATE TABLE t (a INT, b INT, span TIME, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1, '10:00:00')");
    place.sync().run().succeeded();
    place.sql("INSERT INTO t VALUES (7, 8, '-838:59:59')");
    let done = place.sync().run().failed(1);
    let message = done.message("table_failed");
    for part in ["table t", "column span", "a 7, b 8", "-838:59:59 is out of range", "INVALID_VALUES=null"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!(place.count("t"), 1);
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], 1);
    assert_eq!(place.count("t"), 2);
}

#[apply(on_both_servers)]
fn rows_written_while_a_table_is_read_are_not_seen(place: Place) {
    place.create("t", "id INT PRIMARY KEY, n INT", "n - 1, 0", 40);
    let running = place.slow_sync("t", 0.05).start_until("table_started");
    place.sql("UPDATE t SET n = 1; DELETE FROM t WHERE id >= 30; INSERT INTO t VALUES (100, 1)");
    running.finish().succeeded();
    let seen = place.query("SELECT COUNT(*), SUM(n), MAX(id) FROM t");
    assert_eq!(seen[0], [Some("40".into()), Some("0".into()), Some("39".into())]);
}

#[apply(on_both_servers)]
fn a_table_that_shrank_too_much_is_refused(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 10);
    let guarded = || place.sync().with("MAX_SHRINK_PERCENT", "20");
    assert!(guarded().run().succeeded().event("table_synced").get("previousRows").is_none());
    place.sql("DELETE FROM t WHERE id > 8");
    let done = guarded().run().succeeded();
    assert_eq!(done.event("table_synced")["previousRows"], 10);
    place.sql("DELETE FROM t WHERE id > 6");
    let message = guarded().run().failed(1).message("table_failed");
    assert!(message.contains("6 rows now, BigQuery has 8, and MAX_SHRINK_PERCENT allows a loss of 20%"), "{message}");
    assert_eq!(place.count("t"), 8);
    let own = r#"[{"name": "t", "max_shrink_percent": 25}]"#;
    guarded().tables(own).run().succeeded();
    assert_eq!(place.count("t"), 6);
}
