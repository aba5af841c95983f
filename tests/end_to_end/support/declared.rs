//! Checks that the log lines of a run match the declarations of their events.

use mysql_bigquery_sync::report::event::{Field, Kind};
use mysql_bigquery_sync::report::events::EVENTS;
use serde_json::{Map, Value};

/// Every line has these.
const COMMON_FIELDS: &[&str] = &["event", "message", "severity", "target", "time"];
/// Every error has these, for Error Reporting.
const ERROR_FIELDS: &[&str] = &["@type", "serviceContext"];

/// Fails at a line whose event, level, or field is not declared, or whose field has another type; other output is ignored.
pub fn assert_declared(output: &str) {
    for text in output.lines() {
        let Ok(Value::Object(line)) = serde_json::from_str(text) else { continue };
        if line.contains_key("severity") {
            check(&line).unwrap_or_else(|fault| panic!("{fault}: {text}"));
        }
    }
}

fn check(line: &Map<String, Value>) -> Result<(), String> {
    if let Some(field) =
        COMMON_FIELDS.iter().find(|field| **field != "event" && !line.get(**field).is_some_and(Value::is_string))
    {
        return Err(format!("no text {field}"));
    }
    let Some(name) = line.get("event") else {
        // Libraries have no events.
        let target = line["target"].as_str().unwrap_or_default();
        return if target.starts_with("mysql_bigquery_sync") { Err("no event".into()) } else { Ok(()) };
    };
    let event = EVENTS.iter().find(|event| event.name == name).ok_or("the event is not declared")?;
    if !event.severities().any(|severity| line["severity"] == severity) {
        return Err(format!("the event is declared as {:?}", event.severities().collect::<Vec<_>>()));
    }
    for field in event.fields {
        match line.get(&field.json_name()) {
            None if field.optional => {}
            None => return Err(format!("no field {}", field.json_name())),
            Some(value) if has_type(value, field) => {}
            Some(value) => return Err(format!("{} is {value}, not {:?}", field.json_name(), field.kind)),
        }
    }
    let is_error = line["severity"] == "ERROR";
    let known = |name: &str| {
        COMMON_FIELDS.contains(&name)
            || is_error && ERROR_FIELDS.contains(&name)
            || event.fields.iter().any(|field| field.json_name() == name)
    };
    line.keys().find(|name| !known(name)).map_or(Ok(()), |name| Err(format!("the field {name} is not declared")))
}

fn has_type(value: &Value, field: &Field) -> bool {
    match field.kind {
        Kind::Text => value.is_string(),
        Kind::Integer => value.is_u64(),
    }
}

#[test]
fn a_line_that_is_not_declared_is_noticed() {
    let line = |change: &[(&str, Value)]| {
        let mut line: Map<String, Value> = [
            ("time", "2026-01-01T00:00:00Z"),
            ("target", "mysql_bigquery_sync::report::events"),
            ("severity", "WARNING"),
            ("message", "t: again"),
            ("event", "table_restarted"),
            ("table", "t"),
        ]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into_iter()
        .collect();
        line.insert("restarts".into(), 1.into());
        line.extend(change.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        check(&line)
    };
    assert_eq!(line(&[]), Ok(()));
    for change in [
        ("event", "table_lost".into()),
        ("severity", "INFO".into()),
        ("restarts", "1".into()),
        ("restarts", (-1).into()),
        ("rows", 1.into()),
        ("@type", "x".into()),
        ("message", 1.into()),
    ] {
        assert!(line(std::slice::from_ref(&change)).is_err(), "{change:?}");
    }
}
