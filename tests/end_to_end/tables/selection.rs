//! Which tables are copied, by which task, and with which options.

use crate::support::{Place, apply, on_both_servers};

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
fn a_missing_table_fails_alone_and_the_nearest_name_is_suggested(place: Place) {
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
    assert!(done.message("table_failed").contains("names x, but the table has only id, card, n"), "{}", done.log);
}

#[apply(on_both_servers)]
fn one_of_twelve_tasks_copies_the_only_table(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    let task = |index: &str| {
        let run = place.sync().tables("t").with("CLOUD_RUN_TASK_COUNT", "12");
        run.with("CLOUD_RUN_TASK_INDEX", index).run().succeeded()
    };
    assert_eq!(task("0").event("sync_finished")["synced"], 1);
    let idle = task("7");
    assert_eq!(idle.event("sync_finished")["synced"], 0);
    assert!(idle.message("no_tables").contains("task 7 has nothing to do"));
}

#[apply(on_both_servers)]
fn several_tables_at_a_time(place: Place) {
    for table in 0..6 {
        place.create(&format!("t{table}"), "id INT PRIMARY KEY", "n", 2);
    }
    let done = place.sync().with("TABLE_CONCURRENCY", "3").run().succeeded();
    assert_eq!(done.events("table_synced").len(), 6);
    assert_eq!(done.event("sync_finished")["rows"], 12);
}
