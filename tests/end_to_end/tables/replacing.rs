//! Which tables are copied, and what becomes of their destinations.

use crate::support::{Place, apply, on_both_servers, on_mariadb};

#[apply(on_mariadb)]
fn of_a_system_versioned_table_the_current_rows_are_copied(place: Place) {
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
fn patterns_take_tables_and_never_views(place: Place) {
    place.sql(
        "CREATE TABLE shop_a (id INT PRIMARY KEY); CREATE TABLE shop_b (id INT); CREATE TABLE tmp_c (id INT);
         CREATE TABLE other (id INT); CREATE VIEW shop_view AS SELECT * FROM shop_a; INSERT INTO shop_a VALUES (1)",
    );
    let mut synced = Vec::new();
    for index in ["0", "1", "2"] {
        let run = place.sync().tables("shop_*,other,!tmp_*").with("CLOUD_RUN_TASK_COUNT", "3");
        let done = run.with("CLOUD_RUN_TASK_INDEX", index).run().succeeded();
        synced.extend(done.events("table_synced").iter().map(|line| line["table"].as_str().unwrap().to_owned()));
    }
    synced.sort();
    assert_eq!(synced, ["other", "shop_a", "shop_b"]);
}

#[apply(on_both_servers)]
fn a_view_named_explicitly_is_read_like_a_table(place: Place) {
    place.sql(
        "CREATE TABLE base (id INT PRIMARY KEY, n INT NOT NULL); INSERT INTO base VALUES (1, 10), (2, 20);
         CREATE VIEW doubled AS SELECT id, n * 2 AS twice, CONCAT('n', n) AS label, 1 AS one, -1 AS minus, n IN (1, 10) AS yes, \
         CASE WHEN id = 1 THEN 1 ELSE 2.5 END AS mixed, HOUR('12:00') AS h, n / 3 AS third FROM base",
    );
    place.sync().tables("doubled").run().succeeded();
    place.assert_equal(&["doubled"]);
    assert_eq!(place.count("doubled"), 2);
}

#[apply(on_both_servers)]
fn a_missing_table_fails_alone_and_the_nearest_name_is_offered(place: Place) {
    place.sql("CREATE TABLE orders (id INT PRIMARY KEY); CREATE TABLE users (id INT PRIMARY KEY); INSERT INTO users VALUES (1)");
    let done = place.sync().tables("order,users").run().failed(1);
    let message = done.message("table_failed");
    assert!(message.starts_with("table order: no such table in database"), "{message}");
    assert!(message.contains("the nearest name is orders") && message.contains("TABLES"), "{message}");
    assert_eq!(place.count("users"), 1);
    let summary = done.event("sync_finished");
    assert_eq!((&summary["synced"], &summary["failed"]), (&1.into(), &1.into()));
    assert_eq!(summary["severity"], "ERROR");
    let text = summary["message"].as_str().unwrap();
    assert!(text.contains("order  FAILED  no such table") && text.contains("users"), "{text}");
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
fn a_row_that_cannot_be_loaded_leaves_the_old_table_whole(place: Place) {
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
fn options_choose_columns_rows_and_destination(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, card VARCHAR(20), n INT); INSERT INTO t VALUES (1, 'c', 1), (2, 'd', 2), (3, 'e', 3)");
    let tables =
        r#"[{"name": "t", "destination": "chosen", "columns": {"exclude": ["card"]}, "where": "id > 1 -- newer"}]"#;
    place.sync().tables(tables).run().succeeded();
    assert_eq!(place.schema("chosen"), ["id INTEGER", "n INTEGER"]);
    assert_eq!(place.count("chosen"), 2);
    let done = place.sync().tables(r#"[{"name": "t", "where": "nonsense > 1"}]"#).run().failed(1);
    assert!(done.message("table_failed").contains("\"where\" in TABLES"), "{}", done.log);
    let done = place.sync().tables(r#"[{"name": "t", "columns": {"include": ["id", "x"]}}]"#).run().failed(1);
    assert!(done.message("table_failed").contains("names x, and the table has id, card, n"), "{}", done.log);
}

#[apply(on_both_servers)]
fn generated_and_invisible_columns_are_copied(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, hidden INT INVISIBLE, twice INT GENERATED ALWAYS AS (id * 2) VIRTUAL, \
         thrice INT GENERATED ALWAYS AS (id * 3) STORED); INSERT INTO t (id, hidden) VALUES (1, 5), (2, NULL)",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    assert_eq!(place.schema("t").len(), 4);
}

#[apply(on_both_servers)]
fn names_of_every_kind_are_quoted(place: Place) {
    place.sql(
        "CREATE TABLE `select` (`from` INT PRIMARY KEY, `a``b` INT, `x y` INT, `größe` INT, `1st` INT); \
         INSERT INTO `select` VALUES (1, 2, 3, 4, 5); CREATE TABLE `we``ird; DROP TABLE x` (id INT); \
         INSERT INTO `we``ird; DROP TABLE x` VALUES (1)",
    );
    place.sync().run().succeeded();
    let columns = place.schema("select");
    assert_eq!(columns, ["from INTEGER", "a_b INTEGER", "x_y INTEGER", "gr_u00f6__u00df_e INTEGER", "_1st INTEGER"]);
    assert_eq!(place.count("we_ird_ DROP TABLE x"), 1);
}

#[apply(on_both_servers)]
fn one_task_of_twelve_works_on_the_only_table(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    let task = |index: &str| {
        let run = place.sync().tables("t").with("CLOUD_RUN_TASK_COUNT", "12");
        run.with("CLOUD_RUN_TASK_INDEX", index).run().succeeded()
    };
    assert_eq!(task("0").event("sync_finished")["synced"], 1);
    let idle = task("7");
    assert_eq!(idle.event("sync_finished")["synced"], 0);
    assert!(idle.message("no_tables").contains("is task 7's: nothing to do"));
}

#[apply(on_both_servers)]
fn rows_written_while_a_table_is_read_are_not_seen(place: Place) {
    let values: Vec<String> = (0..40).map(|id| format!("({id}, 0)")).collect();
    place.sql(&format!("CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES {}", values.join(",")));
    let slow = place.sync().tables(r#"[{"name": "t", "where": "SLEEP(0.05) = 0"}]"#);
    let running = slow.start_until("table_started");
    place.sql("UPDATE t SET n = 1; DELETE FROM t WHERE id >= 30; INSERT INTO t VALUES (100, 1)");
    running.finish().succeeded();
    let seen = place.query("SELECT COUNT(*), SUM(n), MAX(id) FROM t");
    assert_eq!(seen[0], [Some("40".into()), Some("0".into()), Some("39".into())]);
}

#[apply(on_both_servers)]
fn several_tables_at_a_time(place: Place) {
    for table in 0..6 {
        place.sql(&format!("CREATE TABLE t{table} (id INT PRIMARY KEY); INSERT INTO t{table} VALUES (1), (2)"));
    }
    let done = place.sync().with("TABLE_CONCURRENCY", "3").run().succeeded();
    assert_eq!(done.events("table_synced").len(), 6);
    assert_eq!(done.event("sync_finished")["rows"], 12);
}

#[apply(on_both_servers)]
fn a_table_that_shrank_too_much_is_refused(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)",
    );
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

#[apply(on_both_servers)]
fn of_two_executions_one_works_and_the_other_says_so(place: Place) {
    let values: Vec<String> = (0..150).map(|id| format!("({id})")).collect();
    place.sql(&format!("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES {}", values.join(",")));
    let slow = place.sync().tables(r#"[{"name": "t", "where": "SLEEP(0.1) = 0"}]"#);
    let first = slow.start_until("table_started");
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

#[apply(on_both_servers)]
fn two_tables_never_share_a_destination(place: Place) {
    place.sql("CREATE TABLE `x.y` (id INT PRIMARY KEY); CREATE TABLE x_y (id INT PRIMARY KEY); CREATE TABLE xz (id INT PRIMARY KEY)");
    let done = place.sync().tables("x*").run().failed(1);
    assert_eq!(done.events("table_failed").len(), 2);
    let text = done.message("sync_finished");
    assert!(text.contains("x.y and x_y would all become the table x_y"), "{text}");
    assert_eq!(place.count("xz"), 0);
    assert!(place.sync().tables("x.y,x_y").run().failed(2).log.contains("two entries for the destination"));
}

#[apply(on_both_servers)]
fn columns_that_may_not_be_read_are_not_dropped_silently(place: Place) {
    let user = format!("c{}", place.name.trim_start_matches("test_"));
    place.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, secret INT); CREATE USER '{user}'@'%' IDENTIFIED BY '{}'; \
         GRANT SELECT (id) ON `{}`.t TO '{user}'@'%'",
        crate::support::PASSWORD,
        place.name
    ));
    let sync = || place.sync().with("MYSQL_USER", &user);
    let message = sync().run().failed(1).message("table_failed");
    assert!(message.contains("all columns of t") && message.contains("needs SELECT"), "{message}");
    sync().tables(r#"[{"name": "t", "columns": {"include": ["id"]}}]"#).run().succeeded();
    assert_eq!(place.schema("t"), ["id INTEGER"]);

    place.sql(&format!(
        "ALTER TABLE t MODIFY secret INT INVISIBLE, ADD seen INT; GRANT SELECT (seen) ON `{}`.t TO '{user}'@'%'",
        place.name
    ));
    let message = sync().run().failed(1).message("table_failed");
    assert!(message.contains("columns of t may be read") && message.contains("needs SELECT"), "{message}");
    let done = sync().tables("other").argument("check").run().failed(1);
    let grant = format!("GRANT SELECT ON `{}`.`other` TO {user}", place.name);
    assert!(done.log.contains(&grant), "{}", done.log);
}
