//! Which columns are copied: generated, invisible, very many, unreadable.

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn generated_and_invisible_columns_are_copied(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, hidden INT INVISIBLE, twice INT GENERATED ALWAYS AS (id * 2) VIRTUAL, \
         thrice INT GENERATED ALWAYS AS (id * 3) STORED); INSERT INTO t (id, hidden) VALUES (1, 5), (2, NULL)",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    assert_eq!(place.schema("t").len(), 4);
}

#[apply(on_both_servers)]
fn unreadable_columns_are_not_dropped_silently(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, secret INT)");
    let user = place.user(&[("SELECT (id)", "t")]);
    let sync = || place.sync_as(&user);
    let message = sync().run().failed(1).message("table_failed");
    assert!(message.contains("all columns of t") && message.contains("needs SELECT"), "{message}");
    sync().tables(r#"[{"name": "t", "columns": {"include": ["id"]}}]"#).run().succeeded();
    assert_eq!(place.schema("t"), ["id INTEGER"]);

    place.sql("ALTER TABLE t MODIFY secret INT INVISIBLE, ADD seen INT");
    place.grant(&user, "SELECT (seen)", "t");
    let message = sync().run().failed(1).message("table_failed");
    assert!(message.contains("columns of t may be read") && message.contains("needs SELECT"), "{message}");
    let done = sync().tables("other").argument("check").run().failed(1);
    let grant = format!("GRANT SELECT ON `{}`.`other` TO '{user}'@'%'", place.name);
    assert!(done.log.contains(&grant), "{}", done.log);
}

#[apply(on_both_servers)]
fn errors_name_the_primary_key_even_if_it_is_not_copied(place: Place) {
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
fn a_table_of_a_thousand_columns_arrives(place: Place) {
    let columns: Vec<String> = (0..1000).map(|number| format!("c{number} INT")).collect();
    let values: Vec<String> =
        (0..1000).map(|number| if number % 7 == 0 { "NULL".into() } else { number.to_string() }).collect();
    place.sql(&format!("CREATE TABLE wide ({}); INSERT INTO wide VALUES ({});", columns.join(", "), values.join(", ")));
    place.assert_uploads_equal(&["wide"]);
    place.sync().run().succeeded();
    assert_eq!(place.schema("wide").len(), 1000);
    assert_eq!(place.query("SELECT c7, c999 FROM wide")[0], [None, Some("999".to_owned())]);
}

#[apply(on_both_servers)]
fn a_table_of_one_column_without_a_key_arrives_with_its_duplicates(place: Place) {
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
