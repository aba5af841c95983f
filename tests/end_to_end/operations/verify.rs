//! The command `verify`, which compares counts and writes nothing.

use serde_json::json;

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn counts_are_compared_without_copying(place: Place) {
    place.sql(
        "CREATE TABLE orders (id INT PRIMARY KEY, n INT); INSERT INTO orders VALUES (1, 1), (2, 2), (3, 3); \
         CREATE TABLE users (id INT PRIMARY KEY); CREATE TABLE spare (id INT PRIMARY KEY); INSERT INTO users VALUES (1), (2)",
    );
    let tables = r#"[{"name": "orders", "where": "n > 1", "destination": "sales"}, "users", "spare"]"#;
    let sync = place.sync().tables(tables);
    let verify = sync.clone().argument("verify");
    let done = verify.run().failed(1);
    assert!(done.log.contains("PROBLEM   orders: BigQuery has no table sales: run a sync first"), "{}", done.log);
    sync.run().succeeded();
    let done = verify.run().succeeded();
    let expected = format!("equal     orders → {}.sales: 2 rows in MySQL, 2 in BigQuery\n", place.name);
    assert!(done.log.starts_with(&expected), "{}", done.log);
    assert!(done.log.ends_with("3 tables have equal counts; nothing was written.\n"), "{}", done.log);

    place.query("DELETE FROM users WHERE id = 1");
    place.sql("INSERT INTO spare VALUES (1)");
    let done = verify.run().failed(1);
    for part in [
        "DIFFERENT users → ",
        ": 2 rows in MySQL, 1 in BigQuery",
        ": 1 rows in MySQL, 0 in BigQuery",
        "2 of 3 tables do not",
    ] {
        assert!(done.log.contains(part), "{part} in\n{}", done.log);
    }
    let json = verify.clone().argument("--json").argument("--table").argument("users").run().failed(1).json();
    let expected = json!([{"table": "users", "destination": "users", "mysql": 2, "bigquery": 1, "equal": false}]);
    assert_eq!((&json["different"], &json["tables"]), (&json!(1), &expected));
    let unreachable = verify.with("MYSQL_PORT", "1").run().failed(1);
    assert!(unreachable.errors.contains("verify_failed"), "{}", unreachable.errors);
    assert_eq!(place.count("users"), 1, "nothing was copied");
}
