//! Dates, times and timestamps: time zones, zero dates, and days that do not exist.

use super::refused;
use crate::support::sink::Sink;
use crate::support::{Place, Server, apply, on_both_servers};

#[apply(on_both_servers)]
fn timestamps_do_not_move_with_the_servers_time_zone(place: Place) {
    place.sql(
        "CREATE TABLE moments (id INT PRIMARY KEY, at TIMESTAMP(6) NULL, local DATETIME(6));
         SET time_zone = '+00:00';
         INSERT INTO moments VALUES (1, '2024-03-31 00:59:59.999999', '2024-03-31 02:30:00'),
             (2, '2024-03-31 01:00:00', '2024-10-27 02:30:00.5'), (3, '1970-01-01 00:00:01', '1000-01-01')",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["moments"]);
    let rows = place.query("SELECT UNIX_MICROS(at), CAST(local AS STRING) FROM moments ORDER BY id");
    let values: Vec<&str> = rows.iter().flatten().map(|value| value.as_deref().unwrap()).collect();
    assert_eq!(values[0], "1711846799999999");
    assert!(values[1].starts_with("2024-03-31"), "{values:?}");
    assert_eq!(values[2], "1711846800000000");
}

#[apply(on_both_servers)]
fn timestamps_do_not_move_across_daylight_saving(place: Place) {
    // MariaDB runs in Berlin's time zone and MySQL in +05:30. The hour that occurs twice in Berlin is written in UTC.
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP(3) NOT NULL);
         SET time_zone = '+00:00';
         INSERT INTO t VALUES (1, '2024-10-27 00:30:00'), (2, '2024-10-27 01:30:00'), (3, '2024-03-31 00:59:59.999'),
             (4, '2024-03-31 01:00:00');
         SET time_zone = '-02:00';
         INSERT INTO t VALUES (5, '2024-10-26 22:30:00'), (6, '2038-01-19 01:14:07.999');
         SET time_zone = '+02:00';
         INSERT INTO t VALUES (7, '1970-01-01 02:00:01')",
    );
    if place.server == Server::MariaDb {
        place.sql(
            "SET time_zone = SYSTEM;
             INSERT INTO t VALUES (8, '2024-10-27 01:59:59'), (9, '2024-10-27 03:00:00'), (10, '2024-07-01 12:00:00')",
        );
    }
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    let rows = place.query("SELECT UNIX_MILLIS(at) FROM t WHERE id <= 7 ORDER BY id");
    let expected =
        ["1729989000000", "1729992600000", "1711846799999", "1711846800000", "1729989000000", "2147483647999", "1000"];
    let found: Vec<&str> = rows.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(found, expected);
}

#[apply(on_both_servers)]
fn times_outside_a_day_follow_the_policy(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, n TIME NULL, r TIME(6) NOT NULL);
         INSERT INTO t VALUES (1, '00:00:00', '23:59:59.999999'), (2, '838:59:59', '00:00:00'), (3, '-838:59:59', '24:00:00'),
             (4, '-00:00:01', '-00:00:00.000001'), (5, NULL, '00:00:00.000001')",
    );
    refused(
        &place,
        "INVALID_VALUES",
        &["table t", "column n", "id 2", "838:59:59 is out of range", "INVALID_VALUES=null"],
    );
    place.sql("DELETE FROM t WHERE id = 2");
    refused(&place, "INVALID_VALUES", &["column n", "id 3", "-838:59:59"]);
    place.sql("UPDATE t SET n = NULL WHERE id = 3");
    refused(&place, "INVALID_VALUES", &["column r", "id 3", "24:00:00"]);
    place.sql("INSERT INTO t VALUES (2, '838:59:59', '00:00:00'); UPDATE t SET n = '-838:59:59' WHERE id = 3");
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    let synced = done.event("table_synced");
    assert_eq!(synced["valuesToNull"], 5, "{synced}");
    assert!(synced["message"].as_str().unwrap().contains("n 3, r 2"), "{synced}");
    place.assert_equal(&["t"]);
}

#[apply(on_both_servers)]
fn zero_dates_are_nulled_and_counted(place: Place) {
    place.sql(
        "SET sql_mode = '';
         CREATE TABLE zero (id INT PRIMARY KEY, d DATE NOT NULL, n DATE, dt DATETIME, ts TIMESTAMP NULL);
         INSERT INTO zero VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'),
             (2, '2020-00-00', '2020-02-00', '2020-01-00 10:00:00', NULL), (3, '2020-01-01', NULL, NULL, NULL)",
    );
    let done = place.sync().run().succeeded();
    let synced = done.event("table_synced");
    assert_eq!(synced["valuesToNull"], 7, "{synced}");
    assert!(synced["message"].as_str().unwrap().contains("d 2, n 2, dt 2, ts 1"), "{synced}");
    assert_eq!(place.query("SELECT COUNT(*) FROM zero WHERE d IS NULL")[0][0].as_deref(), Some("2"));

    let refused = place.sync().with("ZERO_DATES", "error").run().failed(1);
    let message = refused.message("table_failed");
    assert!(message.contains("column d of the row with id 1: 0000-00-00 is not a date (ZERO_DATES=null"), "{message}");
    assert_eq!(place.count("zero"), 3, "the table is still the one before");
}

#[apply(on_both_servers)]
fn each_zero_date_follows_the_policy(place: Place) {
    let columns = [("DATE", ""), ("DATETIME", " 00:00:00"), ("DATETIME(6)", " 10:11:12.5")];
    let mut script = "SET sql_mode = '';".to_owned();
    let mut tables = Vec::new();
    for (number, (declared, clock)) in columns.iter().enumerate() {
        for (nullness, null) in [("NULL", "n"), ("NOT NULL", "r")] {
            // The servers accept a zero date only at midnight.
            let (whole, month, day) =
                ("0000-00-00".to_owned(), format!("2020-00-00{clock}"), format!("2020-02-00{clock}"));
            for (day, (value, other)) in [(&whole, &whole), (&month, &day), (&day, &whole)].iter().enumerate() {
                let name = format!("z{number}{null}{day}");
                script += &format!(
                    "CREATE TABLE {name} (id INT PRIMARY KEY, d {declared} {nullness});
                     INSERT INTO {name} VALUES (1, '2020-01-01'), (2, '{value}'), (3, '{other}');"
                );
                tables.push(name);
            }
        }
    }
    for nullness in ["NULL", "NOT NULL"] {
        let name = format!("ts{}", nullness.len());
        script += &format!(
            "CREATE TABLE {name} (id INT PRIMARY KEY, d TIMESTAMP {nullness});
             INSERT INTO {name} VALUES (1, '2020-01-01'), (2, 0), (3, '0000-00-00 00:00:00');"
        );
        tables.push(name);
    }
    place.sql(&script);
    let sink = Sink::start();
    let done = sink.run(place.sync().with("ZERO_DATES", "null")).run().succeeded();
    for synced in done.events("table_synced") {
        assert_eq!(synced["valuesToNull"], 2, "{synced}");
        assert!(synced["message"].as_str().unwrap().contains("nulled values: d 2"), "{synced}");
    }
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    place.assert_equal_to_uploads(sink.folder(), &names);
    let done = sink.run(place.sync().with("ZERO_DATES", "error")).run().failed(1);
    let failed = done.events("table_failed");
    assert_eq!(failed.len(), tables.len(), "{}", done.log);
    for line in failed {
        let message = line["message"].as_str().unwrap();
        assert!(message.contains("column d of the row with id 2: "), "{message}");
        assert!(message.contains("is not a date (ZERO_DATES=null"), "{message}");
    }
}

#[apply(on_both_servers)]
fn days_that_do_not_exist_follow_the_policy_for_invalid_values(place: Place) {
    place.sql(
        "SET sql_mode = 'ALLOW_INVALID_DATES';
         CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, dt DATETIME(6));
         INSERT INTO t VALUES (1, '0001-01-01', '9999-12-31 23:59:59.999999'), (2, '2021-02-31', '2023-04-31 01:02:03')",
    );
    refused(&place, "INVALID_VALUES", &["table t", "column d", "id 2", "2021-02-31", "INVALID_VALUES=null"]);
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], 2);
    place.assert_equal(&["t"]);
}
