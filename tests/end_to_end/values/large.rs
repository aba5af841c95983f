//! Values too large for an Avro block, of 16 MiB and 64 MiB: the table fails with an error that names the column and the row.

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn a_value_too_large_fails_its_table_alone(place: Place) {
    let cases = [("LONGTEXT", 16 << 20), ("LONGBLOB", 16 << 20), ("LONGTEXT", 64 << 20), ("LONGBLOB", 64 << 20)]
        .map(|(kind, bytes)| (format!("{}_{bytes}", kind.to_lowercase()), kind, bytes.to_string()));
    place.sql("CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO other VALUES (1), (2)");
    for (table, kind, _) in &cases {
        place.sql(&format!(
            "CREATE TABLE {table} (a INT, b VARCHAR(5), note TEXT, document {kind}, last TEXT, PRIMARY KEY (a, b));
             INSERT INTO {table} VALUES (1, 'x', 'n', 'small', 'l')"
        ));
    }
    place.sync().run().succeeded();
    place.sql("INSERT INTO other VALUES (3)");
    for (table, _, bytes) in &cases {
        place.sql(&format!("INSERT INTO {table} VALUES (2, 'y', 'n', REPEAT('z', {bytes}), 'l')"));
    }
    let done = place.sync().run().failed(1);
    let failed = done.events("table_failed");
    for (table, _, bytes) in &cases {
        let line =
            failed.iter().find(|line| line["table"] == **table).unwrap_or_else(|| panic!("{table} in {}", done.log));
        let message = line["message"].as_str().unwrap();
        for part in [table, "column document", "a 2, b \"y\"", &format!("its value of {bytes} bytes"), "16000000 bytes"]
        {
            assert!(message.contains(part), "{part} in {message}");
        }
        for part in ["note", "last"] {
            assert!(!message.contains(part), "{part} in {message}");
        }
        assert!(message.len() < 1000, "the value itself is not in the message");
        assert_eq!(place.count(table), 1, "the table is still the one before");
    }
    assert_eq!(place.count("other"), 3);

    let (table, _, _) = &cases[0];
    let without = format!(r#"[{{"name": "{table}", "columns": {{"exclude": ["document"]}}}}]"#);
    place.sync().tables(&without).run().succeeded();
    assert_eq!(place.count(table), 2);
    place.remove();
}

#[apply(on_both_servers)]
fn a_value_just_small_enough_arrives(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, document LONGTEXT);
         INSERT INTO t VALUES (1, 'first'), (2, REPEAT('é', 7900000)), (3, 'last'), (4, REPEAT('x', 15900000)), (5, NULL)",
    );
    place.sync().run().succeeded();
    let rows = place.query("SELECT BYTE_LENGTH(document) FROM t ORDER BY id");
    let lengths: Vec<Option<&str>> = rows.iter().map(|row| row[0].as_deref()).collect();
    assert_eq!(lengths, [Some("5"), Some("15800000"), Some("4"), Some("15900000"), None]);
}
