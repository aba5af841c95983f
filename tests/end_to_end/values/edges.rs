//! The edges of types and tables, one by one: what stands at the ends of what MySQL and MariaDB can hold.

use apache_avro::types::Value;

use crate::support::upload::{Sink, captured, decimal, records};
use crate::support::{Place, Server, apply, on_both_servers, on_mariadb};

/// Compares the uploaded files: the emulator cannot load all types, and is slower.
fn arrive(place: &Place, tables: &[&str]) {
    let sink = Sink::start();
    sink.run(place.sync().tables(&tables.join(","))).run().succeeded();
    place.assert_equal_to_uploads(sink.folder(), tables);
}

fn field<'a>(record: &'a [(String, Value)], name: &str) -> &'a Value {
    let (_, value) = record.iter().find(|(field, _)| field == name).unwrap();
    if let Value::Union(_, inner) = value { inner } else { value }
}

/// The place's one table fails with a message that has all of the parts.
fn refused(place: &Place, variable: &str, parts: &[&str]) {
    let message = place.sync().with(variable, "error").run().failed(1).message("table_failed");
    for part in parts {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[apply(on_both_servers)]
fn the_least_and_greatest_decimals_keep_every_digit(place: Place) {
    let (nines, least) = (format!("{}.{}", "9".repeat(35), "9".repeat(30)), format!("0.{:0>30}", 1));
    let whole = "9".repeat(65);
    place.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, big DECIMAL(65,30) NOT NULL, whole DECIMAL(65,0), fraction DECIMAL(30,30), \
         edge DECIMAL(38,9), unsigned_one DECIMAL(1,0) UNSIGNED, bu BIGINT UNSIGNED NOT NULL);
         INSERT INTO t VALUES (1, {nines}, {whole}, {fraction}, 99999999999999999999999999999.999999999, 9, 18446744073709551615),
             (2, -{nines}, -{whole}, -{fraction}, -99999999999999999999999999999.999999999, 0, 9223372036854775808),
             (3, {least}, 1, {least}, 0.000000001, 1, 0), (4, -{least}, -1, -{least}, -0.000000001, 1, 1),
             (5, 0, 0, 0, 0, 0, 255), (6, 1, NULL, NULL, NULL, NULL, 256)",
        fraction = format_args!("0.{}", "9".repeat(30)),
    ));
    arrive(&place, &["t"]);
    let rows = records(&captured(&place, "t", "t"));
    assert_eq!(decimal(&rows[0], "big", 30), nines);
    assert_eq!(decimal(&rows[1], "big", 30), format!("-{nines}"));
    assert_eq!(decimal(&rows[3], "big", 30), format!("-{least}"));
    assert_eq!(*field(&rows[1], "whole"), Value::String(format!("-{whole}")));
    assert_eq!(decimal(&rows[0], "bu", 0), "18446744073709551615.");
}

#[apply(on_both_servers)]
fn floats_are_the_same_numbers_bit_by_bit(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE);
         INSERT INTO t VALUES (0, 16777217, 1.7976931348623157e308), (1, 1.2345678, -1.7976931348623157e308),
             (2, '-0', '-0'), (3, 1e-45, 5e-324), (4, 1.17549435e-38, 2.2250738585072014e-308), (5, 3.402823466e38, 0.1),
             (6, 0e0, 0e0)",
    );
    let rows = records(&captured(&place, "t", "t"));
    // MariaDB keeps no sign of a zero.
    let negative_zero = if place.server == Server::MySql { -0.0 } else { 0.0 };
    let expected = [
        (16_777_216.0, f64::MAX),
        (f64::from(1.234_567_8f32), f64::MIN),
        (negative_zero, negative_zero),
        (f64::from(f32::from_bits(1)), f64::from_bits(1)),
        (f64::from(f32::MIN_POSITIVE), f64::MIN_POSITIVE),
        (f64::from(f32::MAX), 0.1),
        (0.0, 0.0),
    ];
    let bits = |value: &Value| if let Value::Double(number) = value { number.to_bits() } else { panic!("{value:?}") };
    for (id, (row, (f, d))) in rows.iter().zip(expected).enumerate() {
        assert_eq!((bits(field(row, "f")), bits(field(row, "d"))), (f.to_bits(), d.to_bits()), "row {id}: {row:?}");
    }
    assert_eq!(rows.len(), expected.len());
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
}

#[apply(on_both_servers)]
fn text_and_sets_are_whole_at_their_longest(place: Place) {
    let members: Vec<String> = (0..64).map(|member| format!("'m{member}'")).collect();
    let names: Vec<String> = (0..3000).map(|member| format!("'é{member}'")).collect();
    place.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, c CHAR(255), v VARCHAR(15000), tt TINYTEXT, tx TEXT, s SET({}), e ENUM({}));
         INSERT INTO t VALUES (1, REPEAT('🎈', 255), REPEAT('🎈', 15000), REPEAT('é', 127), REPEAT('x', 65535),
             18446744073709551615, 3000), (2, ' a ', ' a ', ' a ', ' a ', 9223372036854775808, 1)",
        members.join(","),
        names.join(","),
    ));
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
}

#[apply(on_both_servers)]
fn timestamps_do_not_move_across_daylight_saving(place: Place) {
    // MariaDB's machine is in Berlin, MySQL's own zone is +05:30. The hour that Berlin has twice is written as UTC.
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
fn each_zero_date_follows_the_policy(place: Place) {
    let columns = [("DATE", ""), ("DATETIME", " 00:00:00"), ("DATETIME(6)", " 10:11:12.5")];
    let mut script = "SET sql_mode = '';".to_owned();
    let mut tables = Vec::new();
    for (number, (declared, clock)) in columns.iter().enumerate() {
        for (nullness, null) in [("NULL", "n"), ("NOT NULL", "r")] {
            // With a clock other than midnight, the whole zero date is none that a server takes.
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
        assert!(synced["message"].as_str().unwrap().contains("NULL: d 2"), "{synced}");
    }
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    place.assert_equal_to_uploads(sink.folder(), &names);
    let done = sink.run(place.sync().with("ZERO_DATES", "error")).run().failed(1);
    let failed = done.events("table_failed");
    assert_eq!(failed.len(), tables.len(), "{}", done.log);
    for line in failed {
        let message = line["message"].as_str().unwrap();
        assert!(message.contains("column d of the row with id 2: "), "{message}");
        assert!(message.contains("is no date (ZERO_DATES=null"), "{message}");
    }
}

#[apply(on_both_servers)]
fn days_that_do_not_exist_follow_the_other_policy(place: Place) {
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

#[apply(on_both_servers)]
fn json_is_the_same_document(place: Place) {
    // The deepest that the server takes.
    let depth = if place.server == Server::MySql { 100 } else { 30 };
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    place.sql(&format!(
        r#"CREATE TABLE t (id INT PRIMARY KEY, j JSON);
         INSERT INTO t VALUES (1, '9007199254740993'), (2, '[18446744073709551615, -9223372036854775808]'), (3, '{deep}'),
             (4, '{{"a": 1, "b": 2, "a": 3}}'), (5, '"text"'), (6, 'true'), (7, '-1.5e-7'), (8, 'null'), (9, NULL),
             (10, '"🎈𝕏漢"'), (11, '{{"\\ud83c\\udf88": "\\u0000\\u001f"}}'), (12, '{{}}'), (13, '[]'), (14, '""'),
             (15, '{{"": {{"": [null, {{}}]}}}}'), (16, '[1.0, 0.1, 1e300]')"#
    ));
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    let rows = records(&captured(&place, "t", "t"));
    assert_eq!(*field(&rows[0], "j"), Value::String("9007199254740993".into()), "no digit is lost");
    assert_eq!(*field(&rows[7], "j"), Value::String("null".into()), "a document");
    assert_eq!(*field(&rows[8], "j"), Value::Null, "no document");
}

#[apply(on_both_servers)]
fn bytes_that_are_no_utf8_arrive_as_the_characters_they_are(place: Place) {
    let every_byte: String = (0..=255u8).map(|byte| format!("{byte:02x}")).collect();
    place.sql(&format!(
        "SET sql_mode = '';
         CREATE TABLE t (id INT PRIMARY KEY, l VARCHAR(300) CHARACTER SET latin1, k VARCHAR(300) CHARACTER SET koi8r COLLATE koi8r_bin,
             u VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, b VARBINARY(300), s VARCHAR(300) CHARACTER SET sjis);
         INSERT INTO t VALUES (1, X'{every_byte}', X'{every_byte}', _utf8mb4 X'6100620D0A09', X'{every_byte}', 'ａカ漢\\0');
         INSERT INTO t (id, u) SELECT 2, CONVERT(b USING utf8mb4) FROM t WHERE id = 1;
         INSERT INTO t (id, u) SELECT 3, CONVERT(l USING utf8mb4) FROM t WHERE id = 1"
    ));
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
}

#[apply(on_both_servers)]
fn text_that_unicode_does_not_have_follows_the_policy(place: Place) {
    // Half of a surrogate pair; and a code of sjis that no character has, where the server would write a question mark.
    let mut cases = vec![
        ("ucs2", "_ucs2 X'0061D83C0062'", "0x0061d83c0062 is not valid UTF-16"),
        ("sjis", "_sjis X'613FFA5C'", "\"a??\" is what the server makes of text"),
    ];
    if place.server == Server::MariaDb {
        cases.push(("utf8mb4", "_utf8mb4 X'61EDA080'", "0x61eda080 is not valid UTF-8"));
        cases.push(("utf8mb3", "_utf8mb3 X'61EDA080'", "0x61eda080 is not valid UTF-8"));
        cases.push(("utf32", "_utf32 X'000000610000D83C'", "0x000000610000d83c is not valid UTF-32"));
    }
    for (charset, literal, _) in &cases {
        place.sql(&format!(
            "CREATE TABLE in_{charset} (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET {charset} NOT NULL, t TEXT CHARACTER SET {charset});
             INSERT INTO in_{charset} VALUES (1, 'a?', NULL), (2, {literal}, '?'), (3, '', {literal})"
        ));
    }
    let done = place.sync().run().failed(1);
    for (charset, _, problem) in &cases {
        let failed = done.events("table_failed").into_iter().find(|line| line["table"] == format!("in_{charset}"));
        let message = failed.unwrap()["message"].as_str().unwrap().to_owned();
        let expected = format!("column v of the row with id 2: {problem}");
        assert!(message.contains(&expected) && message.contains("INVALID_VALUES=null"), "{message}");
    }
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    for synced in done.events("table_synced") {
        assert!(synced["message"].as_str().unwrap().contains("NULL: v 1, t 1"), "{synced}");
    }
    let tables: Vec<String> = cases.iter().map(|(charset, ..)| format!("in_{charset}")).collect();
    place.assert_equal(&tables.iter().map(String::as_str).collect::<Vec<_>>());
}

#[apply(on_mariadb)]
fn json_of_mariadb_that_is_none_follows_the_policy(place: Place) {
    // What json_valid takes, and what its check did not see.
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON); INSERT INTO t VALUES (1, '{}'), (2, '[1.]');
         SET check_constraint_checks = 0; INSERT INTO t VALUES (3, '{')",
    );
    refused(&place, "INVALID_VALUES", &["column j of the row with id 2: \"[1.]\" is no JSON document"]);
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], 2);
    assert_eq!(place.query("SELECT COUNT(*), COUNT(j) FROM t")[0], [Some("3".into()), Some("1".into())]);
}

#[apply(on_both_servers)]
fn the_primary_key_is_told_even_where_it_is_not_copied(place: Place) {
    place.sql(
        "CREATE TABLE t (code VARCHAR(9) CHARACTER SET sjis, part BINARY(2), day DATE, span TIME, n INT, PRIMARY KEY (part, code, day));
         INSERT INTO t VALUES ('漢', X'00FF', '2024-01-02', '-01:00:00', 5)",
    );
    let columns = |list: &str| format!(r#"[{{"name": "t", "columns": {list}}}]"#);
    for list in [r#"{"exclude": ["code", "part"]}"#, r#"{"include": ["span", "day"]}"#, r#"{"include": ["span"]}"#] {
        let message = place.sync().tables(&columns(list)).run().failed(1).message("table_failed");
        let expected =
            "column span of the row with code \"漢\", part 0x00ff, day 2024-01-02: -01:00:00 is out of range";
        assert!(message.contains(expected), "{message}");
    }
    place.sync().tables(&columns(r#"{"include": ["n"]}"#)).run().succeeded();
    assert_eq!(place.schema("t"), ["n INTEGER"]);
    assert_eq!(place.query("SELECT n FROM t")[0][0].as_deref(), Some("5"));
}

#[apply(on_both_servers)]
fn empty_text_is_not_null(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5), tx TEXT, b BLOB, c CHAR(3), bi BINARY(2), e ENUM('', 'x'), s SET('x'));
         INSERT INTO t VALUES (1, '', '', '', '', '', '', ''), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    let row = &place.query("SELECT COUNT(v), COUNT(tx), COUNT(b), COUNT(c), COUNT(bi), COUNT(e), COUNT(s) FROM t")[0];
    assert!(row.iter().all(|count| count.as_deref() == Some("1")), "{row:?}");
}

#[apply(on_both_servers)]
fn a_table_of_a_thousand_columns_arrives(place: Place) {
    let columns: Vec<String> = (0..1000).map(|number| format!("c{number} INT")).collect();
    let values: Vec<String> =
        (0..1000).map(|number| if number % 7 == 0 { "NULL".into() } else { number.to_string() }).collect();
    place.sql(&format!("CREATE TABLE wide ({}); INSERT INTO wide VALUES ({});", columns.join(", "), values.join(", ")));
    arrive(&place, &["wide"]);
    place.sync().run().succeeded();
    assert_eq!(place.schema("wide").len(), 1000);
    assert_eq!(place.query("SELECT c7, c999 FROM wide")[0], [None, Some("999".to_owned())]);
}

#[apply(on_both_servers)]
fn a_table_of_one_column_without_a_key_arrives_with_its_repetitions(place: Place) {
    place.sql(
        "CREATE TABLE one (v VARCHAR(5)); INSERT INTO one VALUES ('a'), ('a'), (NULL), (NULL), (''), ('a');
         CREATE TABLE span (t TIME); INSERT INTO span VALUES ('-01:00:00')",
    );
    let done = place.sync().run().failed(1);
    let message = done.message("table_failed");
    assert!(message.contains("table span") && message.contains("column t: -01:00:00"), "{message}");
    place.assert_equal(&["one"]);
    assert_eq!(place.count("one"), 6);
}

#[apply(on_both_servers)]
fn every_spatial_type_arrives_longitude_first(place: Place) {
    let shapes = [
        ("POINT", "POINT(13 52)"),
        ("LINESTRING", "LINESTRING(13 52,14 53)"),
        ("POLYGON", "POLYGON((0 0,10 0,10 10,0 0),(2 1,4 1,4 2,2 1))"),
        ("MULTIPOINT", "MULTIPOINT(13 52,-179.5 -89.5)"),
        ("MULTILINESTRING", "MULTILINESTRING((1 2,3 4),(5 6,7 8))"),
        ("MULTIPOLYGON", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))"),
        ("GEOMETRYCOLLECTION", "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))"),
    ];
    let systems: &[u32] = if place.server == Server::MySql { &[0, 4326, 3857] } else { &[0, 4326] };
    let mut columns: Vec<String> = shapes.iter().map(|(name, _)| format!("c_{name} {name}")).collect();
    columns.push("c_any GEOMETRY".into());
    let mut script = format!("CREATE TABLE t (id INT PRIMARY KEY, {});", columns.join(", "));
    for system in systems {
        let order = if place.server == Server::MySql && *system == 4326 { ", 'axis-order=long-lat'" } else { "" };
        let mut values: Vec<String> =
            shapes.iter().map(|(_, text)| format!("ST_GeomFromText('{text}', {system}{order})")).collect();
        values.push(values[0].clone());
        script += &format!("INSERT INTO t VALUES ({system}, {});", values.join(", "));
    }
    script += "INSERT INTO t (id) VALUES (1)";
    place.sql(&script);
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    for row in place.query("SELECT c_POINT, c_LINESTRING, c_POLYGON, c_any FROM t WHERE id <> 1") {
        let row: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap()).collect();
        assert_eq!(row, [shapes[0].1, shapes[1].1, shapes[2].1, shapes[0].1]);
    }
}
