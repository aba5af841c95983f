//! Security: quoting, read-only access, least privilege, and where the password must not appear.

use std::fs;

use crate::support::{PASSWORD, Place, apply, on_both_servers};

/// Each would end, comment out or extend a statement that does not quote names.
const HOSTILE: &[&str] = &[
    "a`; DROP TABLE victim; -- ",
    "a``b",
    "`",
    "a' OR '1'='1",
    "a\"; DROP TABLE victim; #",
    "a -- b",
    "a/*b*/c",
    "a/*! DROP TABLE victim */",
    "a\n; DROP TABLE victim;\nb",
    "a\\",
    "a, (SELECT 1)",
    "a?b",
    "a%s{}",
    ";;",
];

#[apply(on_both_servers)]
fn names_that_contain_sql_are_quoted(place: Place) {
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    let mut sql = "CREATE TABLE victim (id INT PRIMARY KEY); INSERT INTO victim VALUES (1);".to_owned();
    let mut tables = Vec::new();
    for (at, name) in HOSTILE.iter().enumerate() {
        // Neither server allows a name that ends with a space.
        let name = name.trim_end();
        sql += &format!(
            "CREATE TABLE {0} (id INT PRIMARY KEY, {0} INT COMMENT '{1}'); INSERT INTO {0} VALUES ({at}, 1), (100, 2);",
            quoted(name),
            name.replace('\\', "\\\\").replace('\'', "\'\'")
        );
        // BigQuery allows no such names, so each has a destination. A name with * or ? is a pattern, which has no options.
        tables.push(match name.contains(['*', '?']) {
            true => serde_json::json!(name),
            false => serde_json::json!({"name": name, "destination": format!("hostile_{at}")}),
        });
    }
    let columns: Vec<String> = HOSTILE.iter().map(|name| format!("{} INT", quoted(name.trim_end()))).collect();
    sql += &format!("CREATE TABLE wide (id INT PRIMARY KEY, {});", columns.join(", "));
    let values: Vec<String> = (0..HOSTILE.len()).map(|at| at.to_string()).collect();
    sql += &format!("INSERT INTO wide VALUES (1, {});", values.join(", "));
    place.sql_raw(&sql);
    let hostile = serde_json::Value::Array(tables).to_string();
    let done = place.sync().tables(&hostile).run().succeeded();
    let synced = done.events("table_synced");
    assert_eq!(synced.len(), HOSTILE.len());
    for (at, name) in HOSTILE.iter().enumerate() {
        let synced = synced.iter().find(|line| line["table"] == name.trim_end()).unwrap();
        let destination = synced["destination"].as_str().unwrap();
        let rows = place.query(&format!("SELECT id FROM `{destination}` ORDER BY id"));
        assert_eq!(rows, [[Some(at.to_string())], [Some("100".to_owned())]], "{name}");
    }
    assert_eq!(place.sql("SELECT COUNT(*) FROM victim"), "1");
    place.sync().tables("wide").run().succeeded();
    let columns: Vec<String> =
        place.schema("wide").iter().skip(1).map(|column| column.replace(" INTEGER", "")).collect();
    assert_eq!(columns.len(), HOSTILE.len());
    let row = place.query(&format!("SELECT `{}` FROM wide", columns.join("`, `"))).remove(0);
    assert_eq!(row, (0..HOSTILE.len()).map(|at| Some(at.to_string())).collect::<Vec<_>>());
}

#[apply(on_both_servers)]
fn a_filter_cannot_write(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE written (id INT) ENGINE = InnoDB;
         CREATE TABLE written_at_once (id INT) ENGINE = MyISAM;
         DELIMITER //
         CREATE FUNCTION f() RETURNS INT DETERMINISTIC MODIFIES SQL DATA
         BEGIN INSERT INTO written VALUES (1); RETURN 1; END//
         CREATE FUNCTION g() RETURNS INT DETERMINISTIC MODIFIES SQL DATA
         BEGIN INSERT INTO written_at_once VALUES (1); RETURN 1; END//",
    );
    let filters = [
        "f() = 1",
        "g() = 1",
        "1); DELETE FROM t; SELECT (1",
        "1) INTO OUTFILE '/tmp/t' -- ",
        "1); COMMIT; DELETE FROM t -- ",
    ];
    for filter in filters {
        let tables = serde_json::json!([{"name": "t", "where": filter}]).to_string();
        let done = place.sync().tables(&tables).run().failed(1);
        assert_eq!(done.events("table_failed").len(), 1, "{filter}: {}", done.log);
        if filter.ends_with("() = 1") {
            assert!(done.message("table_failed").contains("READ ONLY"), "{filter}: {}", done.log);
        }
    }
    let counts =
        "SELECT (SELECT COUNT(*) FROM t), (SELECT COUNT(*) FROM written), (SELECT COUNT(*) FROM written_at_once)";
    assert_eq!(place.sql(counts), "1\t0\t0");
}

#[apply(on_both_servers)]
fn select_on_two_tables_is_enough(place: Place) {
    place.sql(
        "CREATE TABLE one (id INT PRIMARY KEY, at TIMESTAMP(6) NULL, j JSON); CREATE TABLE two (id INT PRIMARY KEY); \
         CREATE TABLE three (id INT PRIMARY KEY); INSERT INTO one VALUES (1, '2026-01-02 03:04:05.678901', '[1]'); \
         INSERT INTO two VALUES (1), (2)",
    );
    let user = place.user(&[("SELECT", "one"), ("SELECT", "two")]);
    let grants = place.sql(&format!("SHOW GRANTS FOR '{user}'@'%'"));
    assert_eq!(grants.lines().count(), 3, "USAGE and the two tables: {grants}");
    // By name, by pattern, several at a time, and filtered: none of it needs another privilege.
    let sync = || place.sync_as(&user);
    let filtered = r#"["one", {"name": "two", "where": "id > 1"}]"#;
    for (run, rows) in [
        (sync().tables("one,two"), 2),
        (sync().with("TABLE_CONCURRENCY", "2"), 2),
        (sync().with("MAX_SHRINK_PERCENT", "90").tables(filtered), 1),
    ] {
        let done = run.run().succeeded();
        assert_eq!(done.event("sync_finished")["synced"], 2, "{}", done.log);
        assert!(done.lines().iter().all(|line| line["severity"] == "INFO"), "{}", done.log);
        assert_eq!(place.count("two"), rows);
    }
    place.assert_equal(&["one"]);
    let done = sync().tables("three").run().failed(1);
    assert!(done.message("table_failed").contains("three"), "{}", done.log);
}

#[apply(on_both_servers)]
fn the_password_is_not_in_the_process_or_the_log(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 4);
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), format!("{PASSWORD}\n")).unwrap();
    let run = place
        .slow_sync("t", 0.2)
        .without("MYSQL_PASSWORD")
        .with("MYSQL_PASSWORD_FILE", secret.path().to_str().unwrap())
        .with("LOG_LEVEL", "trace");
    let running = run.start_until("table_started");
    let of = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", running.id())).unwrap();
    let limits = of("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    for file in ["cmdline", "environ"] {
        assert!(!of(file).contains(PASSWORD), "{file}");
    }
    // Every run asserts that no log line contains the password.
    running.finish().succeeded();
    assert_eq!(place.count("t"), 4);

    fs::write(secret.path(), "wrong-Pa55word\n").unwrap();
    let done = run.run().failed(1);
    let message = done.message("sync_failed");
    assert!(message.contains("MYSQL_USER and MYSQL_PASSWORD_FILE"), "{message}");
    assert!(!done.log.contains("wrong-Pa55word") && !done.errors.contains("wrong-Pa55word"), "{}", done.log);
}
