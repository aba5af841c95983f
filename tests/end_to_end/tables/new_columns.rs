//! `NEW_COLUMNS=hold`: new columns wait until an option names them.

use serde_json::json;

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn a_new_column_is_held_until_it_is_named(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, `born on` DATE, span TIME); INSERT INTO t VALUES (1, NULL, '01:00:00')",
    );
    let sync = || place.sync().with("NEW_COLUMNS", "hold");
    let first = sync().run().succeeded();
    assert!(first.events("column_held").is_empty(), "the first copy has all columns");
    place.sql("ALTER TABLE t ADD email VARCHAR(50) DEFAULT 'secret-mail', ADD note INT, DROP PRIMARY KEY, ADD PRIMARY KEY (id, email)");
    for _ in 0..2 {
        let done = sync().run().succeeded();
        let held = done.events("column_held");
        let columns: Vec<&str> = held.iter().map(|line| line["column"].as_str().unwrap()).collect();
        assert_eq!(columns, ["email", "note"]);
        assert!(held[0]["message"].as_str().unwrap().contains(r#""columns": {"approve": ["email"]}"#), "{}", done.log);
        assert!(done.events("schema_drift").is_empty(), "{}", done.log);
    }
    assert_eq!(place.schema("t"), ["id INTEGER", "born_on DATE", "span TIME"]);
    let plan = sync().argument("plan").run().succeeded();
    for part in
        ["held      email, note (new, and NEW_COLUMNS=hold: not copied)", "SELECT `id`, `born on`, `span` FROM `t`"]
    {
        assert!(plan.log.contains(part), "{part} in\n{}", plan.log);
    }
    let json = sync().argument("plan").argument("--json").run().succeeded().json();
    assert_eq!(json["tables"][0]["held"], json!(["email", "note"]));

    place.sql("UPDATE t SET span = '-01:00:00'");
    let failed = sync().run().failed(1);
    assert!(
        failed.message("table_failed").contains("of the row with id 1, email (masked): -01:00:00"),
        "{}",
        failed.log
    );
    assert!(!failed.log.contains("secret-mail"), "{}", failed.log);
    place.sql("UPDATE t SET span = NULL");

    let named = r#"[{"name": "t", "columns": {"approve": ["NOTE"]}, "mask": {"email": "last4"}}]"#;
    let done = sync().tables(named).run().succeeded();
    assert!(done.events("column_held").is_empty(), "{}", done.log);
    assert_eq!(place.row("SELECT email, note FROM t"), ["mail", "NULL"]);
    let done = sync().run().succeeded();
    assert!(done.events("column_held").is_empty(), "the destination has all columns now");
    let unknown = r#"[{"name": "t", "columns": {"approve": ["nota"]}}]"#;
    let message = sync().tables(unknown).run().failed(1).message("table_failed");
    assert!(message.contains("\"columns\" names nota, but the table has only"), "{message}");
}
