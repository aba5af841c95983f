//! Columns with a requested type, and the types that an error suggests.

use crate::support::avro::{decimal, records};
use crate::support::sink::captured;
use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn every_requested_type_arrives_exactly(place: Place) {
    place.sql(
        "SET sql_mode = '', time_zone = '+00:00';
         CREATE TABLE t (id INT PRIMARY KEY, flag TINYINT(1), bit1 BIT(1) NOT NULL, n BIGINT, i INT, z INT(6) ZEROFILL,
             u BIGINT UNSIGNED, us BIGINT UNSIGNED, y YEAR, b64 BIT(64), d DATE, dt DATETIME(3), ts TIMESTAMP(6) NULL, local DATETIME(6),
             utc TIMESTAMP(6) NULL, Duration TIME(2) NOT NULL, j JSON, document TEXT, bin VARBINARY(20), p POINT);
         INSERT INTO t VALUES (1, 1, b'1', -9223372036854775808, -5, 42, 9223372036854775807, 18446744073709551615, 2024, 7, '2020-02-00',
             '0000-00-00', '1970-01-01 00:00:01.000001', '2024-03-31 02:30:00.5', '2024-10-27 01:00:00.25', '-838:59:59', '[1, 2]',
             '{\"a\": [1.5, null]}', 'né', ST_GeomFromText('POINT(1.5 -2)'));
         INSERT INTO t (id, bit1, Duration) VALUES (2, b'0', '00:00:00.5')",
    );
    let tables = r#"[{"name": "t", "types": {"flag": "BOOL", "bit1": "boolean", "n": "STRING", "i": "NUMERIC", "z": "STRING", "u": "INT64",
        "us": "STRING", "y": "STRING", "b64": "INT64", "d": "STRING", "dt": "STRING", "ts": "STRING", "local": "TIMESTAMP", "utc": "DATETIME",
        "duration": "STRING", "j": "STRING", "document": "JSON", "bin": "STRING", "p": "BYTES"}}]"#;
    let done = place.sync().tables(tables).run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], 0);
    let expected = "id INTEGER, flag BOOLEAN, bit1 BOOLEAN, n STRING, i NUMERIC, z STRING, u INTEGER, us STRING, y STRING, b64 INTEGER, \
         d STRING, dt STRING, ts STRING, local TIMESTAMP, utc DATETIME, Duration STRING, j STRING, document JSON, bin STRING, p BYTES";
    assert_eq!(place.schema("t").join(", "), expected);
    let found = place.row("SELECT flag, bit1, n, i, z, u, us, y, b64, d, dt, ts, UNIX_MICROS(local), CAST(utc AS STRING), Duration, bin, TO_HEX(p), \
         TO_JSON_STRING(document) FROM t WHERE id = 1",
    );
    assert_eq!(
        found[..13],
        [
            "true",
            "true",
            "-9223372036854775808",
            "-5",
            "000042",
            "9223372036854775807",
            "18446744073709551615",
            "2024",
            "7",
            "2020-02-00",
            "0000-00-00 00:00:00.000",
            "1970-01-01 00:00:01.000001",
            "1711852200500000",
        ]
    );
    assert!(found[13].starts_with("2024-10-27 01:00:00.25"), "{found:?}");
    assert_eq!(found[14..17], ["-838:59:59.00", "né", "0101000000000000000000f83f00000000000000c0"]);
    assert_eq!(found[17].replace(' ', ""), r#"{"a":[1.5,null]}"#);
    let text: serde_json::Value = serde_json::from_str(&place.row("SELECT j FROM t WHERE id = 1")[0]).unwrap();
    assert_eq!(text, serde_json::json!([1, 2]));
    assert_eq!(
        place.row("SELECT flag, bit1, n, Duration, document, p FROM t WHERE id = 2"),
        ["NULL", "false", "NULL", "00:00:00.50", "NULL", "NULL"]
    );
}

#[apply(on_both_servers)]
fn decimals_arrive_in_the_requested_type(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, a DECIMAL(20,2), b DECIMAL(38,20), c DECIMAL(65,20), s DECIMAL(10,4));
         INSERT INTO t VALUES (1, -1.25, 12.5, 99.123456789, 1.5), (2, NULL, -123456789012345678.123456789, NULL, NULL)",
    );
    let tables = r#"[{"name": "t", "types": {"b": "NUMERIC", "c": "NUMERIC", "s": "STRING"}}]"#;
    place.sync().tables(tables).run().succeeded();
    assert_eq!(place.schema("t"), ["id INTEGER", "a NUMERIC", "b NUMERIC", "c NUMERIC", "s STRING"]);
    let found = place.row("SELECT CAST(b AS STRING), CAST(c AS STRING), s FROM t WHERE id = 1");
    assert_eq!((found[0].trim_end_matches('0'), &*found[1], &*found[2]), ("12.5", "99.123456789", "1.5000"));
    assert_eq!(place.row("SELECT CAST(b AS STRING) FROM t WHERE id = 2"), ["-123456789012345678.123456789"]);
    // The emulator cannot load BIGNUMERIC, so this reads the uploaded bytes.
    let tables = r#"[{"name": "t", "types": {"a": "BIGNUMERIC", "c": "BIGNUMERIC"}}]"#;
    let records = records(&captured(&place, tables, "t"));
    assert_eq!(decimal(&records[0], "a", 10), "-1.2500000000");
    assert_eq!(decimal(&records[0], "c", 38), format!("99.123456789{}", "0".repeat(29)));
}

#[apply(on_both_servers)]
fn a_value_that_the_requested_type_cannot_hold_is_named_or_counted(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, flag TINYINT(1) NOT NULL, u BIGINT UNSIGNED, d DECIMAL(38,20), j TEXT, b BLOB);
         INSERT INTO t VALUES (1, 2, 9223372036854775808, 0.0000000001, '{', 0xff), (2, 1, 1, 1, '1', 'a'), (3, -1, 2, 2, '2', '')",
    );
    let run = |types: &str| place.sync().tables(&format!(r#"[{{"name": "t", "types": {types}}}]"#));
    let cases = [
        (
            r#"{"flag": "BOOL"}"#,
            "column flag of the row with id 1: 2 is out of range, BOOL accepts only 0 and 1",
            r#"{"flag": "INT64"}"#,
        ),
        (
            r#"{"u": "INT64"}"#,
            "column u of the row with id 1: 9223372036854775808 is out of range",
            r#"{"u": "NUMERIC"}"#,
        ),
        (r#"{"d": "NUMERIC"}"#, "has more digits than the BigQuery type", r#"{"d": "BIGNUMERIC"}"#),
        (
            r#"{"j": "JSON"}"#,
            "column j of the row with id 1: \"{\" is not a JSON document (INVALID_VALUES=null would write NULL)",
            "",
        ),
        (r#"{"b": "STRING"}"#, "0xff is not valid UTF-8", r#"{"b": "BYTES"}"#),
    ];
    for (types, expected, way_out) in cases {
        let message = run(types).run().failed(1).message("table_failed");
        assert!(message.contains(expected) && message.contains("INVALID_VALUES=null"), "{message}");
        assert!(message.contains(way_out), "{way_out} in {message}");
    }
    let types = r#"{"flag": "BOOL", "u": "INT64", "d": "NUMERIC", "j": "JSON", "b": "STRING"}"#;
    let done = run(types).with("INVALID_VALUES", "null").run().succeeded();
    let synced = done.event("table_synced");
    assert_eq!(synced["valuesToNull"], 6, "{synced}");
    let counts: serde_json::Value = serde_json::from_str(synced["columnsToNull"].as_str().unwrap()).unwrap();
    assert_eq!(counts, serde_json::json!({"flag": 2, "u": 1, "d": 1, "j": 1, "b": 1}));
    assert!(done.message("sync_finished").contains("flag 2, u 1, d 1, j 1, b 1"), "{}", done.log);
    assert_eq!(
        place.row("SELECT COUNT(*), COUNT(flag), COUNT(u), COUNT(d), COUNT(j), COUNT(b) FROM t"),
        ["3", "1", "2", "2", "2", "2"]
    );
}

#[apply(on_both_servers)]
fn impossible_types_are_refused_before_anything_is_read(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, at DATE, f FLOAT); INSERT INTO t VALUES (1, NULL, 1)");
    let run = |options: &str| place.sync().tables(&format!(r#"[{{"name": "t", {options}}}]"#)).run();
    let cases = [
        (r#""types": {"at": "BOOL"}"#, "column at is of type date, which cannot become BOOL"),
        (r#""types": {"at": "BOOL"}"#, "it can become DATE, STRING"),
        (r#""types": {"nope": "STRING"}"#, "names nope, but the table has only id, at, f"),
        (r#""types": {"at": "STRING"}, "columns": {"exclude": ["at"]}"#, "names at, which \\\"columns\\\" leaves out"),
    ];
    for (options, expected) in cases {
        let done = run(options).failed(1);
        assert!(done.log.contains(expected), "{expected} in {}", done.log);
        assert_eq!(done.events("table_started").len(), 0, "{}", done.log);
    }
    let done = run(r#""types": {"at": "VARCHAR"}"#).failed(2);
    assert!(done.log.contains("VARCHAR") && done.log.contains("is not a BigQuery type"), "{}{}", done.log, done.errors);
}

#[apply(on_both_servers)]
fn an_error_suggests_the_type_that_holds_the_value(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, span TIME, c CHAR(2)); INSERT INTO t VALUES (7, '-838:59:59', 'a')");
    let message = place.sync().run().failed(1).message("table_failed");
    let way_out =
        r#"(INVALID_VALUES=null would write NULL, "types": {"span": "STRING"} in TABLES would keep the value)"#;
    assert!(message.contains(way_out), "{message}");
    place.sync().tables(r#"[{"name": "t", "types": {"span": "STRING"}}]"#).run().succeeded();
    assert_eq!(place.row("SELECT span FROM t"), ["-838:59:59"]);
}
