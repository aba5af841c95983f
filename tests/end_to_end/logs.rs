//! The lines themselves: what Cloud Logging, Error Reporting and people read.

use crate::support::{Kind, Place, on_both_servers};

on_both_servers! {
    lines_are_json_with_integer_fields,
    text_is_for_people,
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
