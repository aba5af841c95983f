//! What protects a destination, such as policy tags and row access policies, survives with no more rights than the job has.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::support::bigquery_proxy::{Action, Proxy, Request};
use crate::support::{Place, apply, emulator_call, on_both_servers, on_mariadb};

/// What README and Terraform give the job, without what lets it see row access policies.
const ROLES: [&str; 2] = ["roles/bigquery.dataEditor", "roles/bigquery.jobUser"];

/// A table as somebody made it: tagged, described, with keys and a row access policy.
fn protected(place: &Place) {
    place.sql(
        "CREATE TABLE other (id INT PRIMARY KEY);
         CREATE TABLE t (id INT PRIMARY KEY COMMENT 'the key', other INT, mail VARCHAR(50)) COMMENT 'ours';
         INSERT INTO t VALUES (1, 2, 'a@b')",
    );
    place.sync().run().succeeded();
    let key = json!({"name": "to_other", "columnReferences": [{"referencingColumn": "other", "referencedColumn": "id"}],
        "referencedTable": {"projectId": "local", "datasetId": place.name, "tableId": "other"}});
    let mut fields = place.destination("t")["schema"]["fields"].clone();
    fields[2]["policyTags"] = json!({"names": ["projects/p/locations/eu/taxonomies/1/policyTags/2"]});
    let constraints = json!({"primaryKey": {"columns": ["id"]}, "foreignKeys": [key]});
    let patch = json!({"schema": {"fields": fields}, "tableConstraints": constraints});
    emulator_call(reqwest::Method::PATCH, &format!("datasets/{}/tables/t", place.name), Some(patch));
    place.query("CREATE ROW ACCESS POLICY nobody ON t GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)");
}

fn policies(place: &Place) -> usize {
    let path = format!("datasets/{}/tables/t/rowAccessPolicies", place.name);
    let listed = emulator_call(reqwest::Method::GET, &path, None);
    listed["rowAccessPolicies"].as_array().map_or(0, Vec::len)
}

/// What somebody made of the table.
fn protections(place: &Place) -> (Value, Value, usize) {
    let table = place.destination("t");
    (table["schema"]["fields"][2]["policyTags"].clone(), table["tableConstraints"].clone(), policies(place))
}

#[apply(on_both_servers)]
fn new_rows_touch_no_protection_and_need_no_right_to_it(place: Place) {
    protected(&place);
    place.rules(json!({"roles": ROLES}));
    let before = protections(&place);
    // The same columns, then one more.
    for change in ["INSERT INTO t VALUES (2, 3, 'c@d')", "ALTER TABLE t ADD more INT NOT NULL COMMENT 'm'"] {
        place.sql(change);
        let done = place.sync().tables("t").run().succeeded();
        assert!(done.events("properties_not_set").is_empty(), "{}", done.log);
        assert_eq!(protections(&place), before, "{change}");
    }
    assert_eq!(place.count("t"), 2);
    place.assert_equal(&["t"]);
    let more = &place.destination("t")["schema"]["fields"][3];
    assert_eq!((&more["name"], &more["description"]), (&json!("more"), &json!("m")));
}

#[apply(on_both_servers)]
fn columns_that_change_are_refused_while_policies_may_be_there(place: Place) {
    protected(&place);
    place.rules(json!({"roles": ROLES}));
    let before = protections(&place);
    place.sql("ALTER TABLE t DROP COLUMN other; INSERT INTO t VALUES (2, 'c@d')");
    let message = place.sync().tables("t").run().failed(1).message("table_failed");
    for part in ["dropped other", "403 accessDenied", "bigquery.rowAccessPolicies.list"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!((place.count("t"), protections(&place)), (1, before.clone()));

    // With the right to list them, and without any, the columns are replaced.
    place.query("DROP ALL ROW ACCESS POLICIES ON t");
    let rights = ["bigquery.rowAccessPolicies.list", "bigquery.tables.setCategory", "datacatalog.taxonomies.get"];
    place.rules(json!({"roles": ROLES, "permissions": rights}));
    place.sync().tables("t").run().succeeded();
    assert_eq!((place.count("t"), place.schema("t").len()), (2, 2));
    assert_eq!(place.destination("t")["schema"]["fields"][1]["policyTags"], before.0);
}

/// Answers that say neither that there are policies nor that there are none.
const UNCLEAR: [(u16, &str); 4] = [
    (400, r#"{"error":{"code":400,"message":"odd","errors":[{"reason":"invalid","message":"odd"}]}}"#),
    (403, r#"{"error":{"code":403,"message":"odd","status":"PERMISSION_DENIED"}}"#),
    (404, ""),
    (501, ""),
];

#[apply(on_mariadb)]
fn policies_that_cannot_be_listed_are_treated_as_there(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, other INT); INSERT INTO t VALUES (1, 2)");
    place.sync().run().succeeded();
    place.sql("ALTER TABLE t DROP COLUMN other; INSERT INTO t VALUES (2)");
    for (status, body) in UNCLEAR {
        let lists = |request: &Request| request.line.contains("/rowAccessPolicies");
        let proxy =
            Proxy::start(move |request| if lists(request) { Action::Answer(status, body) } else { Action::Pass });
        let message = proxy.run(place.sync()).run().failed(1).message("table_failed");
        for part in ["dropped other", &format!("BigQuery answered {status}"), "bigquery.rowAccessPolicies.list"] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert_eq!(place.count("t"), 1);
    }
}

#[apply(on_both_servers)]
fn foreign_keys_that_are_refused_keep_nothing_else_from_being_set(place: Place) {
    protected(&place);
    place.query("DROP ALL ROW ACCESS POLICIES ON t");
    place.rules(json!({"refuse_patches_of": ["tableConstraints.foreignKeys"]}));
    place.sql("ALTER TABLE t MODIFY mail TEXT, ADD more INT, MODIFY id BIGINT UNSIGNED, COMMENT 'newer'");
    let done = place.sync().tables("t").run().succeeded();
    let message = done.message("properties_not_set");
    assert!(message.contains("foreign keys could not be set"), "{message}");
    let table = place.destination("t");
    assert_eq!(table["description"], "newer");
    assert_eq!(table["tableConstraints"]["primaryKey"]["columns"], json!(["id"]));
}

#[apply(on_both_servers)]
fn policy_tags_that_a_load_does_not_set_are_an_error(place: Place) {
    protected(&place);
    place.query("DROP ALL ROW ACCESS POLICIES ON t");
    let before = protections(&place).0;
    let tags = || place.destination("t")["schema"]["fields"][1]["policyTags"].clone();
    let ignoring = ["policyTags", "description"];
    place.rules(json!({"ignore_in_loads": ignoring}));
    place.sql("ALTER TABLE t DROP COLUMN other");
    let done = place.sync().tables("t").run().succeeded();
    let error = done.event("protections_missing");
    assert_eq!(error["severity"], "ERROR");
    let message = error["message"].as_str().unwrap();
    let tag = r#"policyTags of mail ({"names":["projects/p/locations/eu/taxonomies/1/policyTags/2"]})"#;
    assert!(message.contains(&format!("did not set {tag}. They are set again now")), "{message}");
    assert!(done.events("properties_not_set").is_empty(), "{}", done.log);
    assert_eq!(tags(), before);
    assert_eq!(place.destination("t")["schema"]["fields"][0]["description"], "the key");

    place.rules(json!({"ignore_in_loads": ignoring, "refuse_patches_of": ["schema"]}));
    place.sql("ALTER TABLE t ADD n INT, MODIFY id BIGINT UNSIGNED COMMENT 'the key'");
    let done = place.sync().tables("t").run().succeeded();
    let message = done.message("protections_missing");
    assert!(message.contains(&format!("did not set {tag}, and they could not be set again")), "{message}");
    assert!(done.message("properties_not_set").contains("column settings could not be set"), "{}", done.log);
}

/// The foreign keys, and how many labels remember them.
fn foreign_keys(place: &Place) -> (Value, usize) {
    let table = place.destination("t");
    let labels = table["labels"].as_object().cloned().unwrap_or_default();
    let remember = labels.keys().filter(|label| label.starts_with("mysql_foreign_keys_")).count();
    (table["tableConstraints"]["foreignKeys"].clone(), remember)
}

#[apply(on_both_servers)]
fn foreign_keys_survive_until_they_can_be_set(place: Place) {
    protected(&place);
    place.query("DROP ALL ROW ACCESS POLICIES ON t");
    let before = foreign_keys(&place);
    assert_eq!((before.0.as_array().map(Vec::len), before.1), (Some(1), 0));
    place.rules(json!({"refuse_patches_of": ["tableConstraints.foreignKeys"]}));
    // Columns that change, the same columns, and again others.
    let changes = ["ALTER TABLE t MODIFY mail INT UNSIGNED", "SELECT 1", "ALTER TABLE t MODIFY mail VARCHAR(9)"];
    place.sql("UPDATE t SET mail = '5'");
    for change in changes {
        place.sql(change);
        let done = place.sync().tables("t").run().succeeded();
        assert!(done.message("properties_not_set").contains("foreign keys could not be set"), "{change}: {}", done.log);
        let (keys, labels) = foreign_keys(&place);
        assert!(keys.is_null() && labels > 0, "{change}: {keys}, {labels}");
    }
    place.rules(json!({}));
    let plan = place.sync().tables("t").argument("plan").argument("--json").run().succeeded().json();
    let tables = &plan["tables"][0];
    assert!(tables["preserved"].as_array().unwrap().contains(&json!("foreign keys")), "{tables}");
    place.sync().tables("t").run().succeeded();
    assert_eq!(foreign_keys(&place), before);
}

#[apply(on_mariadb)]
fn foreign_keys_survive_if_nothing_can_be_set_after_the_load(place: Place) {
    protected(&place);
    place.query("DROP ALL ROW ACCESS POLICIES ON t");
    let before = foreign_keys(&place);
    place.sql("ALTER TABLE t MODIFY mail TEXT, MODIFY id BIGINT UNSIGNED");
    // The first patch comes before the load.
    let patches = AtomicU32::new(0);
    let proxy = Proxy::start(move |request| {
        let refuses = request.line.starts_with("PATCH") && patches.fetch_add(1, Ordering::Relaxed) > 0;
        if refuses { Action::Answer(400, UNCLEAR[0].1) } else { Action::Pass }
    });
    let done = proxy.run(place.sync().tables("t")).run().succeeded();
    assert!(!done.events("properties_not_set").is_empty(), "{}", done.log);
    assert!(foreign_keys(&place).0.is_null());
    place.sync().tables("t").run().succeeded();
    assert_eq!(foreign_keys(&place), before);
}
