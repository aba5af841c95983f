//! The destination's settings: manual changes are preserved, and schema drift is logged.

use serde_json::{Value, json};

use crate::support::{Place, apply, emulator_call, on_both_servers};

fn field(table: &Value, name: &str) -> Value {
    let fields = table["schema"]["fields"].as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).unwrap_or_else(|| panic!("no {name} in {table}")).clone()
}

#[apply(on_both_servers)]
fn comments_keys_and_enum_values_arrive(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT COMMENT 'the key', part BIGINT UNSIGNED, state ENUM('New','it''s') COMMENT 'its state',
             plain VARCHAR(5), PRIMARY KEY (id, part)) COMMENT 'All of them';
         CREATE TABLE f (x FLOAT PRIMARY KEY, y INT)",
    );
    place.sync().run().succeeded();
    let table = place.destination("t");
    assert_eq!(table["description"], "All of them");
    assert_eq!(table["tableConstraints"]["primaryKey"]["columns"], json!(["id", "part"]));
    assert_eq!(field(&table, "id")["description"], "the key");
    assert_eq!(field(&table, "state")["description"], "its state\nValues: 'New','it''s'");
    assert_eq!(field(&table, "plain")["description"], Value::Null);
    assert_eq!(place.destination("f")["tableConstraints"], Value::Null, "FLOAT64 cannot be a key");
}

#[apply(on_both_servers)]
fn manual_changes_to_a_table_are_preserved(place: Place) {
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
        let table = place.destination("t");
        assert_eq!(field(&table, "id")["description"], "by hand");
        assert_eq!(field(&table, "mail")["policyTags"], tags);
        assert_eq!(table["timePartitioning"]["type"], "MONTH");
        assert_eq!(table["clustering"]["fields"], json!(["mail"]));
        assert_eq!(table["labels"]["team"], "shop");
        assert_eq!(table["description"], "by hand");
        assert_eq!(table["expirationTime"], "4000000000000");
        assert_eq!(place.count("t"), 1);
    }
    // To the person who tagged it, a renamed column is the same column.
    place.sql("ALTER TABLE t CHANGE mail address VARCHAR(50)");
    let message = place.sync().run().failed(1).message("table_failed");
    assert!(message.contains("clustered by mail, but that column no longer exists"), "{message}");
}

#[apply(on_both_servers)]
fn a_changed_comment_arrives_until_somebody_edits_the_description(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'first', n INT COMMENT 'second', e ENUM('a')) COMMENT 'third'",
    );
    let planned = || {
        let plan = place.sync().argument("plan").argument("--json").run().succeeded().json();
        plan["tables"][0]["postLoadPatch"][0].clone()
    };
    let described = || {
        let table = place.destination("t");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        ["id", "n", "e"].map(|name| text(&field(&table, name)["description"])).join(", ")
    };
    place.sync().run().succeeded();
    let table = place.destination("t");
    assert_eq!((&table["description"], &field(&table, "n")["description"]), (&json!("third"), &json!("second")));
    assert_eq!(planned(), Value::Null, "all of it is there");
    place.sql(
        "ALTER TABLE t MODIFY id INT COMMENT 'new', MODIFY n INT, MODIFY e ENUM('a', 'b') COMMENT 'e', COMMENT ''",
    );
    let patch = planned();
    assert_eq!(patch["columnDescriptions"], json!({"id": "new", "n": "", "e": "e\nValues: 'a','b'"}));
    assert!(patch["description"].is_null() && patch.as_object().unwrap().contains_key("description"), "{patch}");
    place.sync().run().succeeded();
    assert_eq!(described(), "new, , e\nValues: 'a','b'");
    assert_eq!(place.destination("t")["description"].as_str().unwrap_or_default(), "");

    let path = format!("datasets/{}/tables/t", place.name);
    emulator_call(reqwest::Method::PATCH, &path, Some(json!({"description": "by hand"})));
    place.sql("ALTER TABLE t MODIFY id INT COMMENT 'newer', MODIFY n INT COMMENT 'n', MODIFY e ENUM('c') COMMENT 'e'");
    let patch = planned();
    assert_eq!(
        patch["columnDescriptions"],
        json!({"n": "n", "e": "e\nValues: 'c'"}),
        "any of the others may be by hand now"
    );
    place.sync().run().succeeded();
    let table = place.destination("t");
    assert_eq!(described(), "new, n, e\nValues: 'c'");
    assert_eq!(table["description"], "by hand");
    assert!(
        table["labels"].as_object().is_none_or(|labels| labels.is_empty()),
        "nothing says that these are ours: {table}"
    );
}

#[apply(on_both_servers)]
fn schema_drift_is_logged_once(place: Place) {
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
    let plan = place.sync().argument("plan").argument("--json").run().json();
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
