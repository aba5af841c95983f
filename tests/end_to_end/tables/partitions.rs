//! Partitioning and clustering of new and existing tables.

use serde_json::json;

use crate::support::{Place, apply, on_both_servers};

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
