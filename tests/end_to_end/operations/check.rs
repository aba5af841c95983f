//! The command `check`, which names what is missing.

use serde_json::json;

use crate::support::bigquery_proxy::{Action, Proxy};
use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn check_reports_what_is_missing(place: Place) {
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

#[apply(on_both_servers)]
fn check_names_missing_roles(place: Place) {
    const DENIED: &str =
        r#"{"error": {"code": 403, "message": "Access Denied", "errors": [{"reason": "accessDenied"}]}}"#;
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    let denying = |path: &'static str, status: u16, answer: &'static str| {
        let proxy = Proxy::start(move |request| match request.line.contains(path) {
            true => Action::Answer(status, answer),
            false => Action::Pass,
        });
        proxy.run(place.sync()).tables("t").argument("check").run().failed(1).log
    };
    let log = denying("/jobs", 403, DENIED);
    assert!(log.contains("FAILED  jobs: ") && log.contains("roles/bigquery.jobUser on project local"), "{log}");
    assert!(log.contains("FAILED  new tables: cannot be checked"), "{log}");
    let log = denying("/datasets/", 403, DENIED);
    assert!(log.contains("FAILED  BigQuery: ") && log.contains("roles/bigquery.dataEditor on the dataset"), "{log}");
    let log = denying("testIamPermissions", 200, r#"{"permissions": ["bigquery.tables.get"]}"#);
    let missing = "bigquery.tables.update, bigquery.tables.updateData missing: roles/bigquery.dataEditor";
    assert!(log.contains("ok      jobs") && log.contains(missing), "{log}");
    assert!(!log.contains("bigquery.rowAccessPolicies.list"), "{log}");
}

#[apply(on_both_servers)]
fn check_says_what_a_change_of_columns_will_need(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE u (id INT PRIMARY KEY)");
    place.sync().tables("t").run().succeeded();
    place.rules(json!({"roles": ["roles/bigquery.dataEditor", "roles/bigquery.jobUser"]}));
    let log = place.sync().tables("t,u").argument("check").run().succeeded().log;
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("bigquery.rowAccessPolicies.list")).collect();
    assert!(lines.len() == 1 && lines[0].starts_with("ok      table t: may be read"), "{log}");
    assert!(log.contains("u will be created"), "{log}");
}
