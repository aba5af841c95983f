//! Partitioning and clustering of new and existing tables.

use serde_json::json;

use crate::support::{Place, apply, emulator_call, on_both_servers, on_mariadb};

#[apply(on_both_servers)]
fn a_new_table_is_partitioned_as_requested_and_an_existing_one_is_unchanged(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, at DATETIME, kind VARCHAR(9), x DOUBLE); INSERT INTO t VALUES (1, '2024-01-01', 'a', 1)");
    let run = |options: &str| place.sync().tables(&format!("[{{\"name\": \"t\", {options}}}]"));
    let by_month = r#""partition_by": {"column": "AT", "granularity": "month"}, "cluster_by": ["kind"]"#;
    run(by_month).run().succeeded();
    let table = place.destination("t");
    assert_eq!(table["timePartitioning"], json!({"type": "MONTH", "field": "at"}));
    assert_eq!(table["clustering"]["fields"], json!(["kind"]));
    run(by_month).run().succeeded();
    let refused = [
        (
            r#""partition_by": {"column": "at"}"#,
            "partitioned by at, DAY, but the table in BigQuery is partitioned by at, MONTH",
        ),
        (
            r#""partition_by": {"column": "id", "range": {"start": 0, "end": 9, "interval": 3}}"#,
            "cannot change the partitioning of a table",
        ),
        (r#""cluster_by": ["id"]"#, "bq update --clustering_fields=id"),
        (r#""partition_by": {"column": "nope"}"#, "the copied columns are id, at, kind, x"),
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

#[apply(on_mariadb)]
fn a_dataset_with_a_collation_has_clustered_tables(place: Place) {
    let dataset = format!("datasets/{}", place.name);
    emulator_call(reqwest::Method::PATCH, &dataset, Some(json!({"defaultCollation": "und:ci"})));
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, kind VARCHAR(9), other VARCHAR(9)); INSERT INTO t VALUES (1, 'a', 'b')",
    );
    let tables = r#"[{"name": "t", "cluster_by": ["kind", "id"]}]"#;
    let plan = place.sync().tables(tables).argument("plan").argument("--json").run().succeeded().json();
    let fields = &plan["tables"][0]["load"]["schema"]["fields"];
    assert_eq!((&fields[1]["collation"], &fields[2]["collation"]), (&json!(""), &json!(null)));
    for _ in 0..2 {
        place.sync().tables(tables).run().succeeded();
    }
    place.assert_equal(&["t"]);
}

#[apply(on_mariadb)]
fn rows_that_bigquery_deletes_are_warned_about(place: Place) {
    let dataset = format!("datasets/{}", place.name);
    let defaults = json!({"defaultTableExpirationMs": "5184000000", "defaultPartitionExpirationMs": "864000000"});
    emulator_call(reqwest::Method::PATCH, &dataset, Some(defaults));
    place.sql("CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE p (id INT PRIMARY KEY, day DATE)");
    let tables = r#"["t", {"name": "p", "partition_by": {"column": "day"}}]"#;
    let warnings = || {
        let done = place.sync().tables(tables).run().succeeded();
        let mut warnings = done.events("rows_expire");
        warnings.sort_by_key(|event| event["table"].to_string());
        assert!(warnings.iter().all(|event| event["severity"] == "WARNING"), "{}", done.log);
        warnings.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let discarded = "BigQuery discards older rows as soon as they are loaded";
    let of_partitions = format!("its partitions expire after 10 days (the dataset's default): {discarded}");
    let of_table = "BigQuery deletes the new table 60 days after its creation (the dataset's default)";
    let plan = place.sync().tables(tables).argument("plan").run().succeeded().log;
    for warning in [&of_partitions, of_table] {
        assert!(plan.contains(&format!("  WARNING   {warning}")), "{plan}");
    }
    assert_eq!(warnings(), [format!("p: {of_partitions}"), format!("t: {of_table}")]);
    // The emulator gives new tables only the expiration of tables.
    let layout = json!({"timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "86400000"}, "expirationTime": null});
    emulator_call(reqwest::Method::PATCH, &format!("{dataset}/tables/p"), Some(layout));
    let expiration = json!({"expirationTime": "4000000000000"});
    emulator_call(reqwest::Method::PATCH, &format!("{dataset}/tables/t"), Some(expiration));
    let of_partitions = format!("p: its partitions expire after 1 day: {discarded}");
    assert_eq!(warnings(), [of_partitions, "t: BigQuery deletes the table on 2096-10-02".into()]);
}

#[apply(on_both_servers)]
fn a_plan_warns_about_too_many_partitions(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, day DATE, at DATETIME, plain DATE, KEY (day), KEY (at, id));
         SET sql_mode = ''; INSERT INTO t VALUES (1, '2010-01-01', '2024-01-01', '2010-01-01'), (2, '0000-00-00', NULL, NULL),
             (3, '2020-12-14', '2024-06-15 16:00', '2030-01-01')",
    );
    let planned = |options: &str| {
        let tables = format!("[{{\"name\": \"t\", {options}}}]");
        let plan = place.sync().tables(&tables).argument("plan").argument("--json").run().succeeded().json();
        plan["tables"][0]["warnings"].clone()
    };
    let by = |column: &str, granularity: &str| {
        planned(&format!(r#""partition_by": {{"column": "{column}", "granularity": "{granularity}"}}"#))
    };
    let warning = |partitions: u32, unit: &str| {
        json!([format!(
            "the rows may need about {partitions} partitions by {unit}, and BigQuery refuses a load into more than 4000: use \
             a longer \"granularity\" in \"partition_by\""
        )])
    };
    assert_eq!(by("day", "DAY"), warning(4001, "DAY"));
    assert_eq!(by("DAY", "MONTH"), json!([]));
    assert_eq!(by("at", "DAY"), json!([]));
    assert_eq!(by("at", "HOUR"), warning(4001, "HOUR"));
    assert_eq!(by("plain", "DAY"), json!([]), "without an index, the server would read every row");
    let filtered = r#""where": "id = 1", "partition_by": {"column": "day"}"#;
    assert_eq!(planned(filtered), json!([]));
}
