//! MySQL's VECTOR.

use crate::support::{Place, apply, on_mysql};

#[apply(on_mysql)]
fn vectors_arrive_bit_for_bit_or_as_json(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, v VECTOR(3) NOT NULL, w VECTOR(16383));
         INSERT INTO t VALUES (1, STRING_TO_VECTOR('[1.2345678,-2.25,16777217]'), NULL),
             (2, UNHEX('01000000FFFF7FFFCDCCCC3D'), UNHEX(REPEAT('0000803F', 16383)))",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    assert_eq!(place.schema("t"), ["id INTEGER", "v BYTES", "w BYTES"]);
    place.sync().tables(r#"[{"name": "t", "types": {"v": "JSON"}}]"#).run().succeeded();
    assert_eq!(place.schema("t"), ["id INTEGER", "v JSON", "w BYTES"]);
    let json = place.row("SELECT TO_JSON_STRING(v) FROM t WHERE id = 1");
    let numbers: Vec<f64> = serde_json::from_str(&json[0]).unwrap();
    assert_eq!(numbers, [f64::from(1.234_567_8_f32), -2.25, 16_777_216.0]);

    // In a table with vectors, an unreadable column is not dropped silently either.
    let user = place.user(&[("SELECT (id, v)", "t")]);
    let message = place.sync_as(&user).run().failed(1).message("table_failed");
    assert!(message.contains("all columns of t") && message.contains("needs SELECT"), "{message}");
}
