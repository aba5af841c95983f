//! The command `plan`, which shows what a sync would do and writes nothing.

use crate::support::{Place, Run, apply, emulator_call, on_both_servers};

fn plan(run: &Run) -> crate::support::Finished {
    run.clone().argument("plan").run()
}

#[apply(on_both_servers)]
fn a_plan_writes_nothing_and_exits_1_when_a_table_would_fail(place: Place) {
    place.sql("CREATE TABLE orders (id INT PRIMARY KEY, `born on` DATE, n INT NOT NULL); INSERT INTO orders VALUES (1, NULL, 2)");
    let done = plan(&place.sync().tables("orders")).succeeded();
    for part in [
        "orders → ",
        "; new",
        "born_on",
        "DATE NULLABLE",
        "renamed from \"born on\"",
        "n        INT64 REQUIRED",
        "zero dates are nulled (ZERO_DATES=null): born on",
        "SELECT `id`, `born on`, `n` FROM `orders`",
        "WRITE_TRUNCATE",
        "1 tables would be synced; nothing was written.",
    ] {
        assert!(done.log.contains(part), "{part} in\n{}", done.log);
    }
    let tables = emulator_call(reqwest::Method::GET, &format!("datasets/{}/tables", place.name), None);
    assert!(tables["tables"].as_array().is_none_or(Vec::is_empty), "{tables}");

    place.sql("CREATE TABLE `two names` (`a b` INT, `a.b` INT)");
    let own = r#"[{"name": "orders", "max_shrink_percent": 7}]"#;
    let done = plan(&place.sync().tables(own).with("MAX_SHRINK_PERCENT", "50")).succeeded();
    assert!(done.log.contains("more than 7% of the rows is refused (max_shrink_percent in TABLES)"), "{}", done.log);
    assert!(!done.log.contains("50%"), "{}", done.log);
    let done = plan(&place.sync().tables("orders,two names,missing")).failed(1);
    for part in ["columns a b and a.b would both be a_b", "no such table in database", "2 of 3 tables would fail"] {
        assert!(done.log.contains(part), "{part} in\n{}", done.log);
    }
    let json = place.sync().tables("orders,missing").argument("plan").argument("--json").run().failed(1);
    let json = json.json();
    assert_eq!(json["failing"], 1);
    assert_eq!(json["tables"][0]["columns"][2]["mode"], "REQUIRED");
}

#[apply(on_both_servers)]
fn three_hundred_tables_are_planned(place: Place) {
    let tables: Vec<String> =
        (0..300).map(|at| format!("CREATE TABLE t{at} (id INT PRIMARY KEY, a VARCHAR(9), b DATETIME)")).collect();
    place.sql(&tables.join(";"));
    let done = plan(&place.sync()).succeeded();
    assert!(done.log.contains("300 tables would be synced"), "{}", done.log);
}
