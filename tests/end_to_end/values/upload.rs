//! The uploaded bytes: the schema they declare, and every codec.

use crate::support::avro::fastavro;
use crate::support::sink::Sink;
use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn the_uploaded_bytes_decode_with_fastavro_under_the_declared_schema(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, price DECIMAL(12,2) NOT NULL, d DATE, dt DATETIME(6), ts TIMESTAMP(6) NULL, \
         tm TIME(6), j JSON, b VARBINARY(10), bu BIGINT UNSIGNED NOT NULL, big DECIMAL(60,30));
         SET time_zone = '+00:00';
         INSERT INTO t VALUES (1, -12.30, '2024-02-29', '2024-02-29 12:00:00.5', '2024-02-29 12:00:00.000001', \
         '23:59:59.999999', '{\"a\": 1}', 0x00ff, 18446744073709551615, 1.000000000000000000000000000001),
         (2, 0, NULL, NULL, NULL, NULL, 'null', NULL, 0, NULL), (3, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL)",
    );
    let sink = Sink::start();
    sink.run(place.sync()).run().succeeded();
    let lines = fastavro(&sink.file("t"));
    let fields = lines[0]["schema"]["fields"].as_array().unwrap();
    let logical = |at: usize| fields[at]["type"][1]["logicalType"].as_str().unwrap().to_owned();
    assert_eq!(fields[0]["type"], "long");
    assert_eq!(fields[1]["type"]["logicalType"], "decimal");
    assert_eq!(
        [logical(2), logical(3), logical(4), logical(5)],
        ["date", "local-timestamp-micros", "timestamp-micros", "time-micros"]
    );
    assert_eq!(fields[6]["type"][1]["sqlType"], "JSON");
    assert_eq!(lines[1]["codec"], "zstandard");
    assert_eq!(lines[1]["records"], 3);
    let first = lines[2].to_string();
    for part in [
        "-12.30",
        "2024-02-29",
        "23:59:59.999999",
        "18446744073709551615",
        "1.000000000000000000000000000001",
        "0x00ff",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert!(lines[3]["d"].is_null() && lines[3]["big"].is_null());
    assert_eq!(lines[3]["j"], "null", "JSON's null is a value");
    assert!(lines[4]["j"].is_null(), "SQL's is none");
}

#[apply(on_both_servers)]
fn every_codec_is_read_back(place: Place) {
    place.create("t", "id INT PRIMARY KEY, v VARCHAR(100)", "n, CONCAT('value ', n * 7)", 30_000);
    let mut sizes = Vec::new();
    for codec in ["zstd", "zstd:-5", "snappy", "deflate", "null"] {
        let done = place.sync().with("AVRO_CODEC", codec).run().succeeded();
        sizes.push(done.event("table_synced")["bytesSent"].as_u64().unwrap());
        place.assert_equal(&["t"]);
    }
    assert!(sizes[..4].iter().all(|size| *size < sizes[4]), "{sizes:?}");
}
