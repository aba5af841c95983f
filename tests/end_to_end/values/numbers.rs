//! The smallest and largest numbers: no digit and no bit is lost.

use apache_avro::types::Value;

use crate::support::avro::{decimal, field, records};
use crate::support::sink::captured;
use crate::support::{Place, Server, apply, on_both_servers};

#[apply(on_both_servers)]
fn the_smallest_and_largest_decimals_keep_every_digit(place: Place) {
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
    place.assert_uploads_equal(&["t"]);
    let rows = records(&captured(&place, "t", "t"));
    assert_eq!(decimal(&rows[0], "big", 30), nines);
    assert_eq!(decimal(&rows[1], "big", 30), format!("-{nines}"));
    assert_eq!(decimal(&rows[3], "big", 30), format!("-{least}"));
    assert_eq!(*field(&rows[1], "whole"), Value::String(format!("-{whole}")));
    assert_eq!(decimal(&rows[0], "bu", 0), "18446744073709551615.");
}

#[apply(on_both_servers)]
fn decimals_beyond_numeric_keep_every_digit(place: Place) {
    let nines = format!("{}.{}", "9".repeat(35), "9".repeat(30));
    place.sql(&format!(
        "CREATE TABLE wide (id INT PRIMARY KEY, d DECIMAL(65,30), e DECIMAL(65,20), f DECIMAL(40,10));
         INSERT INTO wide VALUES (1, {nines}, 1.5, 123456789012345678901234567890.0123456789), (2, -{nines}, NULL, -0.0000000001)"
    ));
    let file = captured(&place, "wide", "wide");
    let rows = records(&file);
    assert_eq!(decimal(&rows[0], "d", 30), nines);
    assert_eq!(decimal(&rows[1], "d", 30), format!("-{nines}"));
    assert_eq!(decimal(&rows[0], "f", 10), "123456789012345678901234567890.0123456789");
    assert_eq!(decimal(&rows[1], "f", 10), "-0.0000000001");
}

#[apply(on_both_servers)]
fn floats_arrive_bit_for_bit(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE);
         INSERT INTO t VALUES (0, 16777217, 1.7976931348623157e308), (1, 1.2345678, -1.7976931348623157e308),
             (2, '-0', '-0'), (3, 1e-45, 5e-324), (4, 1.17549435e-38, 2.2250738585072014e-308), (5, 3.402823466e38, 0.1),
             (6, 0e0, 0e0)",
    );
    let rows = records(&captured(&place, "t", "t"));
    // MariaDB drops the sign of a zero.
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
