//! The destination's schema and layout: what people made of it stays, what differs is said, `plan` and `check` show it.

use serde_json::{Value, json};

use crate::support::bigquery_proxy::{Action, Proxy};
use crate::support::{Place, Run, apply, emulator_call, on_both_servers};

fn get(place: &Place, table: &str) -> Value {
    emulator_call(reqwest::Method::GET, &format!("datasets/{}/tables/{table}", place.name), None)
}

fn field(table: &Value, name: &str) -> Value {
    let fields = table["schema"]["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("no {name} in {table}")).clone()
}

#[apply(on_both_servers)]
fn comments_keys_and_values_of_an_enum_arrive(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT COMMENT 'the key', part BIGINT UNSIGNED, state ENUM('New','it''s') COMMENT 'its state',
             plain VARCHAR(5), PRIMARY KEY (id, part)) COMMENT 'All of them';
         CREATE TABLE f (x FLOAT PRIMARY KEY, y INT)",
    );
    place.sync().run().succeeded();
    let table = get(&place, "t");
    assert_eq!(table["description"], "All of them");
    assert_eq!(table["tableConstraints"]["primaryKey"]["columns"], json!(["id", "part"]));
    assert_eq!(field(&table, "id")["description"], "the key");
    assert_eq!(field(&table, "state")["description"], "its state\nValues: 'New','it''s'");
    assert_eq!(field(&table, "plain")["description"], Value::Null);
    assert_eq!(get(&place, "f")["tableConstraints"], Value::Null, "FLOAT64 cannot be a key");
}

#[apply(on_both_servers)]
fn what_people_made_of_the_table_stays(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'ours', day DATE, mail VARCHAR(50)) COMMENT 'ours';
         INSERT INTO t VALUES (1, '2024-01-02', 'a@b')",
    );
    let tags = json!({"names": ["projects/p/locations/eu/taxonomies/1/policyTags/2"]});
    let table = json!({
        "tableReference": {"projectId": "local", "datasetId": place.name, "tableId": "t"},
        "schema": {"fields": [
            {"name": "id", "type": "INTEGER", "description": "by hand"},
            {"name": "day", "type": "DATE"},
            {"name": "mail", "type": "STRING", "policyTags": tags},
        ]},
        "timePartitioning": {"type": "MONTH", "field": "day"},
        "clustering": {"fields": ["mail"]},
        "labels": {"team": "shop"}, "description": "by hand", "expirationTime": "4000000000000",
    });
    emulator_call(reqwest::Method::POST, &format!("datasets/{}/tables", place.name), Some(table));
    for _ in 0..2 {
        place.sync().run().succeeded();
        let table = get(&place, "t");
        assert_eq!(field(&table, "id")["description"], "by hand");
        assert_eq!(field(&table, "mail")["policyTags"], tags);
        assert_eq!(table["timePartitioning"]["type"], "MONTH");
        assert_eq!(table["clustering"]["fields"], json!(["mail"]));
        assert_eq!(table["labels"]["team"], "shop");
        assert_eq!(table["description"], "by hand");
        assert_eq!(table["expirationTime"], "4000000000000");
        assert_eq!(place.count("t"), 1);
    }
    // A renamed column is the same column to whoever tagged it.
    place.sql("ALTER TABLE t CHANGE mail address VARCHAR(50)");
    let message = place.sync().run().failed(1).message("table_failed");
    assert!(message.contains("clustered by mail, and there is no such column any more"), "{message}");
}

#[apply(on_both_servers)]
fn a_comment_that_changes_arrives_until_somebody_writes_another(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'first', n INT COMMENT 'second', e ENUM('a')) COMMENT 'third'",
    );
    // What is sent: the emulator keeps the descriptions of columns that do not change their types.
    let described = || {
        let done = place.sync().argument("plan").argument("--json").run().succeeded();
        let plan: Value = serde_json::from_str(&done.log).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let columns = ["id", "n", "e"].map(|name| text(&field(&plan["tables"][0]["load"], name)["description"]));
        (columns.join(", "), plan["tables"][0]["afterwards"].clone())
    };
    place.sync().run().succeeded();
    let table = get(&place, "t");
    assert_eq!((&table["description"], &field(&table, "n")["description"]), (&json!("third"), &json!("second")));
    place.sql(
        "ALTER TABLE t MODIFY id INT COMMENT 'new', MODIFY n INT, MODIFY e ENUM('a', 'b') COMMENT 'e', COMMENT ''",
    );
    let (columns, afterwards) = described();
    assert_eq!(columns, "new, -, e\nValues: 'a','b'");
    assert_eq!(afterwards["description"], Value::Null);

    let path = format!("datasets/{}/tables/t", place.name);
    emulator_call(reqwest::Method::PATCH, &path, Some(json!({"description": "by hand"})));
    let (columns, afterwards) = described();
    assert_eq!(columns, "first, second, e\nValues: 'a','b'", "any of them may be by hand now");
    assert_eq!(afterwards["description"], "by hand");
    place.sync().run().succeeded();
    let table = get(&place, "t");
    assert_eq!(table["description"], "by hand");
    assert!(
        table["labels"].as_object().is_none_or(|labels| labels.is_empty()),
        "nothing says that these are ours: {table}"
    );
}

#[apply(on_both_servers)]
fn drift_is_said_once(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(5), c INT)");
    let first = place.sync().run().succeeded();
    assert!(first.events("schema_drift").is_empty());
    place.sql("ALTER TABLE t DROP COLUMN c, MODIFY a VARCHAR(9), CHANGE b name VARCHAR(5), ADD d DATE");
    let drift = place.sync().run().succeeded().event("schema_drift");
    let message = drift["message"].as_str().unwrap();
    assert!(message.contains("added d; dropped c; retyped a (INT64 to STRING); renamed b to name"), "{message}");
    assert_eq!(drift["severity"], "WARNING");
    assert!(place.sync().run().succeeded().events("schema_drift").is_empty());
}

#[apply(on_both_servers)]
fn row_access_policies_survive_or_nothing_is_written(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, region VARCHAR(5)); INSERT INTO t VALUES (1, 'eu'), (2, 'us')");
    place.sync().run().succeeded();
    place.query("CREATE ROW ACCESS POLICY only_eu ON t GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)");
    place.sql("INSERT INTO t VALUES (3, 'eu')");
    let plan = place.sync().argument("plan").argument("--json").run();
    let plan: Value = serde_json::from_str(&plan.log).unwrap();
    assert_eq!(plan["tables"][0]["load"]["writeDisposition"], "WRITE_TRUNCATE_DATA");
    place.sync().run().succeeded();
    let policies = format!("datasets/{}/tables/t/rowAccessPolicies", place.name);
    let policies = emulator_call(reqwest::Method::GET, &policies, None);
    assert_eq!(policies["rowAccessPolicies"].as_array().unwrap().len(), 1);

    place.sql("ALTER TABLE t DROP COLUMN region; INSERT INTO t VALUES (4)");
    let message = place.sync().run().failed(1).message("table_failed");
    assert!(message.contains("row access policies") && message.contains("dropped region"), "{message}");
    assert_eq!(place.schema("t").len(), 2);
}

#[apply(on_both_servers)]
fn a_new_table_is_partitioned_as_asked_and_an_old_one_is_not_changed(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, at DATETIME, kind VARCHAR(9), x DOUBLE); INSERT INTO t VALUES (1, '2024-01-01', 'a', 1)");
    let run = |options: &str| place.sync().tables(&format!("[{{\"name\": \"t\", {options}}}]"));
    let by_month = r#""partition_by": {"column": "AT", "granularity": "month"}, "cluster_by": ["kind"]"#;
    run(by_month).run().succeeded();
    let table = get(&place, "t");
    assert_eq!(table["timePartitioning"], json!({"type": "MONTH", "field": "at"}));
    assert_eq!(table["clustering"]["fields"], json!(["kind"]));
    run(by_month).run().succeeded();
    let refused = [
        (
            r#""partition_by": {"column": "at"}"#,
            "partitioned by at, DAY, and the table in BigQuery is partitioned by at, MONTH",
        ),
        (
            r#""partition_by": {"column": "id", "range": {"start": 0, "end": 9, "interval": 3}}"#,
            "cannot change that of a table",
        ),
        (r#""cluster_by": ["id"]"#, "bq update --clustering_fields=id"),
        (r#""partition_by": {"column": "nope"}"#, "the columns that are copied are id, at, kind, x"),
        (r#""partition_by": {"column": "kind"}"#, "needs DATE, DATETIME or TIMESTAMP"),
        (r#""cluster_by": ["x"]"#, "cannot be clustered by"),
    ];
    for (options, sentence) in refused {
        let message = run(options).run().failed(1).message("table_failed");
        assert!(message.contains(sentence), "{options}: {message}");
    }
    let message = run(r#""partition_by": {"column": "at", "granularity": "WEEK"}"#).run().failed(2).log;
    assert!(message.contains("WEEK is none of HOUR, DAY, MONTH, YEAR"), "{message}");
}

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
        "zero dates become NULL (ZERO_DATES=null): born on",
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
    let json: Value = serde_json::from_str(&json.log).unwrap();
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

#[apply(on_both_servers)]
fn check_names_the_roles_that_are_missing(place: Place) {
    const DENIED: &str =
        r#"{"error": {"code": 403, "message": "Access Denied", "errors": [{"reason": "accessDenied"}]}}"#;
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    let denying = |path: &'static str, status: u16, answer: &'static str| {
        let emulator = std::env::var("TEST_EMULATOR_HOST").unwrap();
        let proxy = Proxy::start(emulator, move |request| match request.line.contains(path) {
            true => Action::Answer(status, answer),
            false => Action::Pass,
        });
        place.sync().tables("t").with("BIGQUERY_EMULATOR_HOST", &proxy.address).argument("check").run().failed(1).log
    };
    let log = denying("/jobs", 403, DENIED);
    assert!(log.contains("FAILED  jobs: ") && log.contains("roles/bigquery.jobUser on project local"), "{log}");
    assert!(log.contains("FAILED  new tables: cannot be asked about"), "{log}");
    let log = denying("/datasets/", 403, DENIED);
    assert!(log.contains("FAILED  BigQuery: ") && log.contains("roles/bigquery.dataEditor on the dataset"), "{log}");
    let log = denying("testIamPermissions", 200, r#"{"permissions": ["bigquery.tables.get"]}"#);
    let missing = "bigquery.tables.update, bigquery.tables.updateData missing: roles/bigquery.dataEditor";
    assert!(log.contains("ok      jobs") && log.contains(missing), "{log}");
}

#[apply(on_both_servers)]
fn check_says_what_is_missing(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    let done = place.sync().tables("t").argument("check").run().succeeded();
    for part in [
        "ok      MySQL at 127.0.0.1",
        "sync@",
        "ok      encryption",
        "ok      BigQuery",
        "ok      jobs",
        "ok      table t",
    ] {
        assert!(done.log.contains(part), "{part} in\n{}", done.log);
    }
    let done = place.sync().tables("t,u").argument("check").run().failed(1);
    assert!(done.log.contains("FAILED  table u: no such table"), "{}", done.log);
    let done = place.sync().with("BIGQUERY_DATASET", "nowhere").argument("check").run().failed(1);
    assert!(done.log.contains("FAILED  BigQuery: ") && done.log.contains("the dataset does not exist"), "{}", done.log);
}
