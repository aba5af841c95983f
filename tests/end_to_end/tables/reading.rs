//! How tables are read: over several connections by key ranges, and at a limited speed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::sink::Sink;
use crate::support::{Finished, Place, Server, apply, on_both_servers};

/// Enough rows for a table to be divided into several ranges.
const ROWS: u64 = 30_000;

/// Keys and their values, as expressions of n. They are skewed, sparse or composite, and of every type that can be divided.
const KEYS: &[(&str, &str, &str)] = &[
    ("even", "id INT PRIMARY KEY, v INT", "n, n"),
    ("least", "id BIGINT PRIMARY KEY, v INT", "IF(n = 1, -9223372036854775808, IF(n = 2, 9223372036854775807, n)), n"),
    ("most", "id BIGINT UNSIGNED PRIMARY KEY, v INT", "IF(n % 2, n, 18446744073709551616 - n), n"),
    ("skewed", "v INT, id INT PRIMARY KEY", "n, IF(n < 20000, n, 2147483647 - 3 * n)"),
    ("small", "id MEDIUMINT PRIMARY KEY, v INT", "n - 8388609, n"),
    ("last", "a VARCHAR(5) NOT NULL, v INT, id INT, PRIMARY KEY (id)", "'x', n, n"),
    ("text", "id VARCHAR(40) PRIMARY KEY, v INT", "CONCAT(HEX(n * 7919 % 30011), ' é🎈''\\\\', n), n"),
    (
        "latin",
        "id CHAR(20) CHARACTER SET latin1 COLLATE latin1_german1_ci PRIMARY KEY, v INT",
        "CONCAT(X'E4F6FC', n), n",
    ),
    ("kanji", "id VARCHAR(20) CHARACTER SET sjis COLLATE sjis_bin PRIMARY KEY, v INT", "CONCAT('漢', n), n"),
    ("wide", "id VARCHAR(20) CHARACTER SET utf16 PRIMARY KEY, v INT", "CONCAT('é', n), n"),
    ("bytes", "id VARBINARY(16) PRIMARY KEY, v INT", "UNHEX(SHA2(n, 224)), n"),
    ("fixed", "id BINARY(16) PRIMARY KEY, v INT", "UNHEX(LPAD(HEX(n * 65537), 32, '0')), n"),
    ("decimals", "id DECIMAL(20,5) PRIMARY KEY, v INT", "n / 3 - 5000, n"),
    (
        "days",
        "id DATETIME(6) PRIMARY KEY, v INT",
        "IF(n = 1, 0, TIMESTAMPADD(MINUTE, n, '2020-01-01 00:00:00.123456')), n",
    ),
    ("moments", "id TIMESTAMP(3) PRIMARY KEY, v INT", "FROM_UNIXTIME(1700000000 + n * 61), n"),
    ("one_tenant", "tenant INT, id INT, v INT, PRIMARY KEY (tenant, id)", "1, n, n"),
    (
        "tenants",
        "tenant VARCHAR(10), day DATE, id BIGINT, v INT, PRIMARY KEY (tenant, day, id)",
        "CONCAT('t', n % 3), DATE_ADD('2024-01-01', INTERVAL n % 50 DAY), -n, n",
    ),
    ("prefix", "a INT, b ENUM('x', 'y'), v INT, PRIMARY KEY (a, b)", "n DIV 2, 1 + n % 2, n"),
    ("uncased", "id VARCHAR(40) PRIMARY KEY, v INT", "CONCAT(IF(n % 2, 'a', 'A'), n), n"),
];

#[apply(on_both_servers)]
fn every_row_arrives_once_whatever_the_key(place: Place) {
    let mut tables: Vec<&str> = Vec::new();
    let of_mariadb = (
        "uuids",
        "id UUID PRIMARY KEY, v INT",
        "CONCAT(LPAD(HEX(n * 40503 % 65536), 8, '0'), '-0000-4000-8000-', LPAD(HEX(n), 12, '0')), n",
    );
    let here = KEYS.iter().chain((place.server == Server::MariaDb).then_some(&of_mariadb));
    for (table, columns, values) in here {
        place.create(table, columns, values, ROWS);
        tables.push(table);
    }
    let sink = Sink::start();
    let run = place.sync().with("READ_CONNECTIONS", "3").with("TABLE_CONCURRENCY", "2");
    let done = sink.run(run.tables(&tables.join(","))).run().succeeded();
    for line in done.events("table_synced") {
        assert_eq!((&line["rows"], &line["connections"]), (&ROWS.into(), &3.into()), "{line}");
    }
    assert_eq!(done.events("snapshots_shared").len(), tables.len());
    assert!(done.events("snapshots_shared").iter().all(|line| line["lockedMicroseconds"].is_u64()), "{}", done.log);
    place.assert_equal_to_uploads(sink.folder(), &tables);
    place.remove();
}

/// A lock keeps writers out while the snapshots start, so each transaction is in all of them or in none.
#[apply(on_both_servers)]
fn several_connections_read_one_snapshot(place: Place) {
    place.create("t", "id INT PRIMARY KEY, v INT NOT NULL", "n, 0", ROWS);
    // Every transaction makes the same change at both ends of the table.
    let over = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (stop, writer) = (Arc::clone(&over), &place);
        let writing = scope.spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let change = "START TRANSACTION; UPDATE t SET v = v + 1 WHERE id = 1; \
                    UPDATE t SET v = v + 1 WHERE id = 30000; UPDATE t SET v = v + 1 WHERE id = 15000; COMMIT;";
                writer.sql(&change.repeat(20));
            }
        });
        for _ in 0..3 {
            place.sync().with("READ_CONNECTIONS", "4").run().succeeded().event("snapshots_shared");
            let rows =
                place.query("SELECT COUNT(*), MAX(v) > 0, COUNT(DISTINCT v) FROM t WHERE id IN (1, 15000, 30000)");
            assert_eq!(rows[0][0].as_deref(), Some("3"));
            assert_eq!(rows[0][2].as_deref(), Some("1"), "the ranges saw different moments");
        }
        over.store(true, Ordering::Relaxed);
        writing.join().unwrap();
    });
}

#[apply(on_both_servers)]
fn a_table_that_cannot_be_locked_is_still_read(place: Place) {
    place.create("t", "id INT PRIMARY KEY, v INT", "n, n", ROWS);
    let user = place.user(&[("SELECT", "t")]);
    let run = place.sync().with("READ_CONNECTIONS", "3");
    let done = run.clone().with("MYSQL_USER", &user).run().succeeded();
    let line = done.event("snapshots_differ");
    assert_eq!(line["severity"], "WARNING");
    assert!(line["message"].as_str().unwrap().contains("GRANT LOCK TABLES ON"), "{line}");
    assert_eq!(place.count("t"), ROWS);

    let done = run.clone().with("SNAPSHOT", "per_connection").run().succeeded();
    assert_eq!(done.event("snapshots_differ")["severity"], "INFO");
    assert_eq!(done.event("table_synced")["connections"], 3);
    assert_eq!(place.count("t"), ROWS);

    // A writer does not finish: the table falls back to one snapshot, which needs no lock, and other writers do not wait.
    let (socket, database) = (place.client_path(), place.name.clone());
    let mut writer = std::process::Command::new(socket)
        .args(["--database", &database, "--unbuffered", "--skip-column-names", "--batch"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = writer.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"START TRANSACTION; UPDATE t SET v = 0 WHERE id = 1; SELECT 'written';\n")
        .unwrap();
    let mut said = [0; 7];
    std::io::Read::read_exact(writer.stdout.as_mut().unwrap(), &mut said).unwrap();
    let done = run.run().succeeded();
    drop(input);
    writer.wait().unwrap();
    assert_eq!(done.event("table_not_divided")["severity"], "WARNING");
    assert_eq!(done.event("table_synced")["connections"], 1);
    assert_eq!(place.query("SELECT SUM(v) FROM t")[0][0].as_deref(), Some("450015000"), "not committed, not seen");
}

#[apply(on_both_servers)]
fn some_tables_are_read_over_one_connection(place: Place) {
    place.create("keyless", "id INT, v INT", "n, n", ROWS);
    place.create("real_key", "id DOUBLE PRIMARY KEY, v INT", "n / 4, n", ROWS);
    place.create("filtered", "id INT PRIMARY KEY, v INT", "n, n", ROWS);
    place.create("asked", "id INT PRIMARY KEY, v INT", "n, n", ROWS);
    place.sql("CREATE TABLE small (id INT PRIMARY KEY); INSERT INTO small VALUES (1); CREATE VIEW seen AS SELECT * FROM asked");
    let tables = r#"["keyless", "real_key", {"name": "filtered", "where": "id > 0"}, {"name": "asked", "read_connections": 1}, "small", "seen"]"#;
    let run = place.sync().with("READ_CONNECTIONS", "3").tables(tables);
    let done = run.clone().run().succeeded();
    assert_eq!(done.events("table_synced").len(), 6);
    assert!(done.events("table_synced").iter().all(|line| line["connections"] == 1), "{}", done.log);
    assert!(done.events("snapshots_shared").is_empty());
    let plan = run.argument("plan").run().succeeded();
    for why in ["no primary key", "a \"where\"", "it is small", "a view"] {
        assert!(plan.log.contains(why), "{why} in {}", plan.log);
    }
    let divided =
        place.sync().tables(r#"[{"name": "asked", "read_connections": 2}]"#).argument("plan").run().succeeded();
    assert!(divided.log.contains("over 2 connections, by ranges of the primary key (id)"), "{}", divided.log);
}

/// Ranges are bounded by the key's values, some of which are not valid dates.
#[apply(on_both_servers)]
fn a_key_with_impossible_days_is_divided(place: Place) {
    let days = "ELT(1 + n MOD 3, '2023-02-28', '2023-03-01', '2023-03-02'), n";
    place.create("t", "d DATE, id INT, PRIMARY KEY (d, id)", days, ROWS);
    place.sql("SET sql_mode = 'ALLOW_INVALID_DATES'; UPDATE t SET d = '2023-02-30' WHERE d = '2023-03-01'");
    let tables = r#"[{"name": "t", "types": {"d": "STRING"}, "read_connections": 3}]"#;
    let done = place.sync().tables(tables).run().succeeded();
    assert_eq!(done.event("table_synced")["connections"], 3);
    let counts = place.query("SELECT COUNT(*), COUNTIF(d = '2023-02-30'), COUNT(DISTINCT id) FROM t");
    let counts: Vec<u64> = counts[0].iter().map(|count| count.as_ref().unwrap().parse().unwrap()).collect();
    assert_eq!(counts, [ROWS, ROWS / 3, ROWS]);
}

/// The user may read only the first column of the key, which has duplicates.
#[apply(on_both_servers)]
fn a_key_with_an_unreadable_column_loses_no_row(place: Place) {
    place.create("t", "a INT, b INT, v INT, PRIMARY KEY (a, b)", "n DIV 20000, n, n", ROWS);
    let user = place.user(&[("SELECT (a, v)", "t")]);
    let tables = r#"[{"name": "t", "columns": {"include": ["a", "v"]}, "read_connections": 3}]"#;
    place.sync_as(&user).tables(tables).run().succeeded();
    let sums = "SELECT COUNT(*), SUM(a), SUM(v) FROM t";
    let copied: Vec<String> = place.query(sums)[0].iter().flatten().cloned().collect();
    assert_eq!(copied.join("\t"), place.sql(sums));
}

/// Asserts only that the reader waited long enough; a busy machine makes it slower.
#[apply(on_both_servers)]
fn a_speed_limit_slows_the_reader(place: Place) {
    place.create("t", "id INT PRIMARY KEY, v VARCHAR(100)", "n, REPEAT('x', 100)", ROWS);
    let milliseconds = |done: &Finished| done.event("table_synced")["snapshotMilliseconds"].as_u64().unwrap();
    for (variable, value) in [("MAX_ROWS_PER_SECOND", "15000"), ("MAX_MB_PER_SECOND", "1.6")] {
        for connections in ["1", "3"] {
            let run = place.sync().with(variable, value).with("READ_CONNECTIONS", connections);
            let done = run.run().succeeded();
            assert!(milliseconds(&done) >= 1800, "{variable}, {connections} connections: {}", done.log);
            assert_eq!(place.count("t"), ROWS);
        }
    }
}
