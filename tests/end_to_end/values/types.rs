//! Every type: what MySQL's own client reads equals what Google's own client reads, for every column of every row.

use crate::support::{Place, Server, apply, on_both_servers, on_mariadb};

#[apply(on_both_servers)]
fn the_demo_arrives_exactly(place: Place) {
    let demo = include_str!("../../../scripts/demo.sql");
    let database = ["DROP DATABASE", "CREATE DATABASE", "USE "];
    let demo = demo.lines().filter(|line| !database.iter().any(|start| line.starts_with(start)));
    place.sql(&demo.collect::<Vec<_>>().join("\n"));
    let tables = ["users", "orders", "products", "transactions"];
    let tasks: Vec<_> = (0..4)
        .map(|index| {
            let run = place.sync().tables(&tables.join(",")).with("CLOUD_RUN_EXECUTION", &place.name);
            run.with("CLOUD_RUN_TASK_INDEX", index.to_string()).with("CLOUD_RUN_TASK_COUNT", "4").start()
        })
        .collect();
    for task in tasks {
        let done = task.finish().succeeded();
        assert_eq!(done.event("sync_finished")["rows"], 10_000);
    }
    place.assert_equal(&tables);
}

#[apply(on_both_servers)]
fn every_common_type_arrives_exactly_at_its_edges(place: Place) {
    place.sql(
        "CREATE TABLE edges (
            id INT PRIMARY KEY,
            t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT, mu MEDIUMINT UNSIGNED,
            i INT, iu INT UNSIGNED ZEROFILL, b BIGINT, bu BIGINT UNSIGNED, flag BOOL,
            d1 DECIMAL(1,0), d2 DECIMAL(38,9), d3 DECIMAL(10,2) UNSIGNED, d4 DECIMAL(65,0),
            f FLOAT, d DOUBLE, day DATE, dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP NULL, ts3 TIMESTAMP(3) NULL,
            tm TIME, tm6 TIME(6), y YEAR, b1 BIT(1), b12 BIT(12), b63 BIT(63), b64 BIT(64),
            c CHAR(10), v VARCHAR(300), tt TINYTEXT, tx TEXT, mt MEDIUMTEXT, lt LONGTEXT,
            bi BINARY(4), vb VARBINARY(300), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB,
            e ENUM('a','b é','') , st SET('x','y','z'), j JSON, g INT GENERATED ALWAYS AS (id * 2) VIRTUAL
        );
        SET sql_mode = '', time_zone = '+00:00';
        INSERT INTO edges (id) VALUES (0);
        INSERT INTO edges VALUES (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 0,
            -9, -99999999999999999999999999999.999999999, 0, -99999999999999999999999999999999999999999999999999999999999999999,
            -3.402823466e38, -1.7976931348623157e308, '0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00.000001',
            '1970-01-01 00:00:01', '1970-01-01 00:00:01.001', '00:00:00', '00:00:00.000001', 1901, b'0', b'0', b'0', b'0',
            '', '', '', '', '', '', '', '', '', '', '', '', '', '', '{}', DEFAULT);
        INSERT INTO edges VALUES (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295,
            9223372036854775807, 18446744073709551615, 1, 9, 99999999999999999999999999999.999999999, 99999999.99,
            99999999999999999999999999999999999999999999999999999999999999999,
            16777217, 1.7976931348623157e308, '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999',
            '2038-01-19 03:14:07', '2038-01-19 03:14:07.999', '23:59:59', '23:59:59.999999', 2155, b'1', b'111111111111',
            0x7fffffffffffffff, 0xffffffffffffffff,
            'zehn\\0zeich', REPEAT('ü🎈', 100), 'tab\\t nl\\n cr\\r bs\\\\ q\\'\\\"', REPEAT('x', 65000), REPEAT('y', 70000), REPEAT('é', 200000),
            0x00ff, 0x00010203, 0xff, REPEAT(0xfe00, 30000), REPEAT(0x00, 70000), REPEAT(0xdeadbeef, 50000),
            'b é', 'x,z', '{\"a\": [1, 2.5, \"🎈\", null, true], \"b\": {\"c\": \"\\\\u00e9\\\\n\"}}', DEFAULT);
        INSERT INTO edges (id, f, d, e, st, j, tm6) VALUES (3, 1.2345678, 5e-324, 1, 7, '[]', '12:34:56.5'),
            (4, -0.0, -0.0, 3, 0, '\"text\"', NULL), (5, 1e-45, 0.1, NULL, NULL, '1.5', NULL), (6, 1e-38, 1e15, 2, 2, 'true', NULL);",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["edges"]);
    assert_eq!(place.count("edges"), 7);
}

#[apply(on_both_servers)]
fn synonyms_engines_and_views_arrive_exactly(place: Place) {
    place.sql(
        "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';
         CREATE TABLE syn (s SERIAL PRIMARY KEY, b BOOLEAN, n NCHAR(5), nv NVARCHAR(20), d DEC(5,2), f FIXED(10,3), dp DOUBLE PRECISION,
             r REAL, fm FLOAT(7,4), fu FLOAT UNSIGNED ZEROFILL, dcz DECIMAL(12,4) ZEROFILL, bz BIGINT ZEROFILL, y YEAR, ch CHAR(0),
             bin BINARY(0), cb CHAR BYTE, i1 INT1, i8 INT8, mi MIDDLEINT, lv LONG VARCHAR, lvb LONG VARBINARY, f8 FLOAT8,
             e ENUM('a,b','c''d','é\"','(x)') COMMENT 'x, (y)', st SET('a','b c','d''') CHARACTER SET latin1,
             xe ENUM('ж') CHARACTER SET koi8r);
         INSERT INTO syn VALUES (18446744073709551614, 1, 'née', '漢字', -999.99, -9999999.999, 1e308, -1e-308, 123.4567, 1.5, 12345678.1234,
             18446744073709551615, 0000, '', '', 'a', -128, -9223372036854775808, -8388608, 'lv', X'FF00', 2.2, 'c''d', 'a,d''', 'ж');
         INSERT INTO syn (s) VALUES (5);
         CREATE TABLE part (id INT, d DATE NOT NULL, v VARCHAR(9) DEFAULT (CONCAT('a', 'b')), PRIMARY KEY (id, d))
             PARTITION BY RANGE (YEAR(d)) (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
         INSERT INTO part (id, d) VALUES (1, '1999-01-01'), (2, '2024-01-01'), (3, '0000-00-00'), (4, '2021-02-31');
         CREATE TABLE in_memory (id INT PRIMARY KEY, v VARCHAR(5)) ENGINE=MEMORY; INSERT INTO in_memory VALUES (1, 'a');
         CREATE TABLE myisam (id INT, v TEXT, FULLTEXT(v)) ENGINE=MyISAM; INSERT INTO myisam VALUES (1, 'a'), (1, 'a');
         CREATE TABLE packed (id INT PRIMARY KEY, v TEXT) ROW_FORMAT=COMPRESSED; INSERT INTO packed VALUES (1, REPEAT('a', 9999));
         CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, gc GEOMETRYCOLLECTION);
         INSERT INTO shapes VALUES (1, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'),
             ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(LINESTRING(0 0,1 1)))')),
             (2, ST_GeomFromText('POINT(1e-300 -1e300)'), NULL);
         CREATE TABLE zero (d DATETIME PRIMARY KEY, t TIMESTAMP NULL);
         INSERT INTO zero VALUES ('0000-00-00', '0000-00-00'), ('2020-00-00 10:00:00', '2020-01-01');
         CREATE VIEW seen AS SELECT d, t, DATE(d) AS dd, TIME(d) AS tt, NULL AS nothing, _latin1'é' AS l, 1.5 AS dec1, 1e0 AS dbl,
             UNIX_TIMESTAMP(t) AS u, b'101' AS bits, X'FF' AS hx, POINT(1, 2) AS p, YEAR(d) AS yy, CONVERT('漢' USING sjis) AS sj FROM zero",
    );
    let mut tables = vec!["syn", "part", "in_memory", "myisam", "packed", "shapes", "zero", "seen"];
    if place.server == Server::MariaDb {
        place.sql(
            "CREATE TABLE maria (id UUID PRIMARY KEY, i4 INET4 NOT NULL, i6 INET6, c VARCHAR(100) COMPRESSED, b BLOB COMPRESSED, j JSON,
                 jl LONGTEXT CHARACTER SET latin1 CHECK (json_valid(jl)), vc INT AS (1 + 1) PERSISTENT);
             INSERT INTO maria (id, i4, i6, c, b, j, jl) VALUES ('123e4567-e89b-12d3-a456-426655440000', '1.2.3.4', '::1', 'é', 'b',
                 '{\"é\": 1}', '{\"é\": 1}');
             CREATE TABLE aria (id INET6 PRIMARY KEY, d DATE) ENGINE=Aria; INSERT INTO aria VALUES ('fe80::1', '2020-01-01')",
        );
        tables.extend(["maria", "aria"]);
    }
    place.sync().tables("*,seen").with("INVALID_VALUES", "null").run().succeeded();
    place.assert_equal(&tables);
}

#[apply(on_mariadb)]
fn a_spatial_value_of_no_bytes_is_not_taken_for_null(place: Place) {
    for (table, null) in [("required", "NOT NULL"), ("optional", "NULL")] {
        place.sql(&format!(
            "CREATE TABLE {table} (id INT PRIMARY KEY); INSERT INTO {table} VALUES (1), (2); SET sql_mode = ''; \
             ALTER TABLE {table} ADD place POINT NOT NULL; ALTER TABLE {table} MODIFY place POINT {null}"
        ));
        for kind in ["STRING", "BYTES", "GEOGRAPHY"] {
            let tables = serde_json::json!([{"name": table, "types": {"place": kind}}]).to_string();
            let tables = if kind == "STRING" { table } else { &tables };
            let done = place.sync().tables(tables).run().failed(1);
            let message = done.message("table_failed");
            assert!(
                message.contains("column place of the row with id 1: the server cannot read the spatial value"),
                "{message}"
            );
            let done = place.sync().with("INVALID_VALUES", "null").tables(tables).run().succeeded();
            assert_eq!(done.event("table_synced")["valuesToNull"], 2, "{}", done.log);
        }
    }
}
