//! JSON: the same document arrives, and invalid JSON follows the policy.

use apache_avro::types::Value;

use super::refused;
use crate::support::avro::{field, records};
use crate::support::sink::captured;
use crate::support::{Place, Server, apply, on_both_servers, on_mariadb, on_mysql};

#[apply(on_both_servers)]
fn json_is_the_same_document(place: Place) {
    // The deepest nesting that the server accepts.
    let depth = if place.server == Server::MySql { 100 } else { 30 };
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    // MySQL keeps one member of each name.
    let repeated = if place.server == Server::MySql { ", \"a\": 3" } else { "" };
    place.sql(&format!(
        r#"CREATE TABLE t (id INT PRIMARY KEY, j JSON);
         INSERT INTO t VALUES (1, '9007199254740993'), (2, '[18446744073709551615, -9223372036854775808]'), (3, '{deep}'),
             (4, '{{"a": 1, "b": 2{repeated}}}'), (5, '"text"'), (6, 'true'), (7, '-1.5e-7'), (8, 'null'), (9, NULL),
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

/// Nulls the values of 1 to `count`, and keeps all of them as STRING.
fn changed_json(place: &Place, sentence: &str, count: u64) {
    let fitting = "\"types\": {\"j\": \"STRING\"} in TABLES would keep the value";
    refused(place, "INVALID_VALUES", &[sentence, fitting]);
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], count);
    place.sync().tables(r#"[{"name": "t", "types": {"j": "STRING"}}]"#).run().succeeded();
    assert_eq!(place.query("SELECT COUNT(*) FROM t WHERE j IS NULL")[0], [Some("0".into())]);
}

#[apply(on_mariadb)]
fn json_that_bigquery_would_change_follows_the_policy(place: Place) {
    place.sql(
        r#"CREATE TABLE t (id INT PRIMARY KEY, j JSON);
         INSERT INTO t VALUES (1, '{"a": 1, "b": {"c": 2, "c": 3}}'), (2, '[0.123456789012345678901234567890]'), (3, '1e400'),
             (4, '{"a": [{"a": 0.10000000000000001}]}')"#,
    );
    let sentence = "has more than one member \"c\" in an object, and BigQuery would keep only the first";
    changed_json(&place, sentence, 3);
}

#[apply(on_mysql)]
fn a_decimal_in_json_that_bigquery_would_round_follows_the_policy(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON);
         INSERT INTO t VALUES (1, JSON_OBJECT('a', 0.123456789012345678901234567890)), (2, JSON_OBJECT('a', 12.50)), (3, '[0.1, 1e300]')",
    );
    changed_json(&place, "has the number 0.12345678901234567890123456789", 1);
}

#[apply(on_mariadb)]
fn invalid_json_of_mariadb_follows_the_policy(place: Place) {
    // json_valid accepts `[1.]`, and `{` bypasses its check.
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON); INSERT INTO t VALUES (1, '{}'), (2, '[1.]');
         SET check_constraint_checks = 0; INSERT INTO t VALUES (3, '{')",
    );
    refused(&place, "INVALID_VALUES", &["column j of the row with id 2: \"[1.]\" is not a JSON document"]);
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], 2);
    assert_eq!(place.query("SELECT COUNT(*), COUNT(j) FROM t")[0], [Some("3".into()), Some("1".into())]);
}
