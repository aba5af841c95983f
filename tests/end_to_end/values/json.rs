//! JSON: the same document arrives, and invalid JSON follows the policy.

use apache_avro::types::Value;

use super::refused;
use crate::support::avro::{field, records};
use crate::support::sink::captured;
use crate::support::{Place, Server, apply, on_both_servers, on_mariadb};

#[apply(on_both_servers)]
fn json_is_the_same_document(place: Place) {
    // The deepest nesting that the server accepts.
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
