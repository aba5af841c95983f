//! Log lines: what Cloud Logging, Error Reporting and people read.

use std::path::{Path, PathBuf};

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn lines_are_json_with_integer_fields(place: Place) {
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

#[apply(on_both_servers)]
fn text_logs_are_for_people(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 1);
    let done = place.sync().tables("t,gone").with("LOG_FORMAT", "text").run().failed(1);
    assert!(!done.log.contains('{') && !done.log.contains('\u{1b}'), "{}", done.log);
    assert!(done.log.contains("t: 1 rows loaded into t"), "{}", done.log);
    assert!(done.log.contains("ERROR table gone: no such table"), "{}", done.log);
    assert!(done.log.contains("1 of 2 tables synced"), "{}", done.log);
}

/// Checks the fields that the Terraform module's metrics, alerts and dashboard use on lines from a real run.
#[apply(on_both_servers)]
fn every_field_that_a_metric_or_an_alert_reads_is_logged(place: Place) {
    place.create("t", "id INT PRIMARY KEY", "n", 1);
    place.sync().run().succeeded();
    let lines = place.sync().tables("t,gone").run().failed(1).lines();
    let contract = include_str!("../../../terraform/tests/contract.json");
    let contract: serde_json::Value = serde_json::from_str(contract).unwrap();
    for (event, fields) in contract["events"].as_object().unwrap() {
        let line = lines.iter().find(|line| line["event"] == event.as_str()).unwrap();
        for (field, expected) in fields.as_object().unwrap() {
            // "or absent" applies to new tables; this one is replaced.
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

/// The program's source, with strings joined that span several lines.
fn source(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        if path.is_dir() { source(&path) } else { std::fs::read_to_string(path).unwrap() }
    };
    let text: String = entries.map(read).collect();
    text.split("\\\n").map(str::trim_start).collect()
}

/// Errors of the system and of the driver.
const OTHERS_SENTENCES: &[&str] = &["Connection refused", "does not support TLS"];

/// The parts of a line in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_guide_has_every_event_and_quotes_only_real_errors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (source, guide) =
        (source(&root.join("src")), std::fs::read_to_string(root.join("docs/operations.md")).unwrap());
    for event in mysql_bigquery_sync::report::events::EVENTS {
        assert!(guide.contains(&format!("`{}`", event.name)), "docs/operations.md has nothing about {}", event.name);
    }
    let (_, table) = guide.split_once("| what the error says |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    for sentence in rows.flat_map(|row| quoted(row.split('|').nth(1).unwrap())) {
        for part in sentence.split('…').map(str::trim).filter(|part| !OTHERS_SENTENCES.contains(part)) {
            // A status and a reason of BigQuery follow.
            let part = part.split(" 4").next().unwrap();
            assert!(source.contains(part), "no error of the program says {part:?}");
        }
    }
}
