//! The lines themselves: what Cloud Logging, Error Reporting and people read.

use crate::support::{Kind, Place, on_both_servers};

on_both_servers! {
    lines_are_json_with_integer_fields,
    text_is_for_people,
    every_field_that_a_metric_or_an_alert_reads_is_logged,
}

fn lines_are_json_with_integer_fields(kind: Kind) {
    let place = Place::new(kind);
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    let done = place.sync().tables("t,gone").with("CLOUD_RUN_JOB", "nightly").run().failed(1);
    for line in done.lines() {
        for field in ["severity", "message", "time", "event"] {
            assert!(line[field].is_string(), "{field} in {line}");
        }
        let severity = line["severity"].as_str().unwrap();
        assert!(["DEBUG", "INFO", "WARNING", "ERROR"].contains(&severity), "{line}");
    }
    let synced = done.event("table_synced");
    assert_eq!((&synced["table"], &synced["destination"]), (&"t".into(), &"t".into()));
    for field in ["rows", "bytesRead", "bytesSent", "milliseconds", "rowsPerSecond", "valuesToNull"] {
        assert!(synced[field].is_u64(), "{field} in {synced}");
    }
    assert_eq!(synced["rows"], 2);
    assert_eq!(synced["bytesRead"], 14);

    let failed = done.event("table_failed");
    assert_eq!(failed["severity"], "ERROR");
    assert_eq!(failed["table"], "gone");
    assert!(failed["@type"].as_str().unwrap().ends_with("ReportedErrorEvent"));
    assert_eq!(failed["serviceContext"]["service"], "nightly");
    assert!(failed["error"].is_string());

    assert_eq!(done.event("sync_started")["taskCount"], 1);
    assert!(done.event("sync_finished")["milliseconds"].is_u64());
    assert_eq!(done.events("table_started").len(), 1);
}

fn text_is_for_people(kind: Kind) {
    let place = Place::new(kind);
    place.sql("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    let done = place.sync().tables("t,gone").with("LOG_FORMAT", "text").run().failed(1);
    assert!(!done.log.contains('{') && !done.log.contains('\u{1b}'), "{}", done.log);
    assert!(done.log.contains("t: 1 rows loaded into t"), "{}", done.log);
    assert!(done.log.contains("ERROR table gone: no such table"), "{}", done.log);
    assert!(done.log.contains("1 of 2 tables synced"), "{}", done.log);
}

/// What the Terraform module's metrics, alerts and dashboard filter on, evaluated on lines that were really logged.
fn every_field_that_a_metric_or_an_alert_reads_is_logged(kind: Kind) {
    let place = Place::new(kind);
    place.sql("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    place.sync().run().succeeded();
    let lines = place.sync().tables("t,gone").run().failed(1).lines();
    let contract = include_str!("../../terraform/tests/contract.json");
    let contract: serde_json::Value = serde_json::from_str(contract).unwrap();
    for (event, fields) in contract["events"].as_object().unwrap() {
        let line = lines.iter().find(|line| line["event"] == event.as_str()).unwrap();
        for (field, expected) in fields.as_object().unwrap() {
            // "or absent" is for a table that is new; this one is replaced.
            match expected.as_str().unwrap().trim_end_matches(" or absent") {
                "string" => assert!(line[field].is_string(), "{field} in {line}"),
                "integer" => assert!(line[field].is_u64(), "{field} in {line}"),
                other => panic!("{other}"),
            }
        }
    }
    for field in contract["fields_read_by_hand"].as_array().unwrap() {
        assert!(lines.iter().any(|line| line.get(field.as_str().unwrap()).is_some()), "{field}");
    }
}
