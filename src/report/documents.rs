//! Generates documents from the declarations of events: tables in docs/operations.md, and terraform/tests/events.json, the
//! fields that the module's metrics may read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::documents::{is, path, shows, table};
use crate::report::event::{Event, Field, Kind};
use crate::report::events::EVENTS;

/// The fields of every line, whatever the event.
const COMMON_FIELDS: &[&str] = &["event", "message", "severity", "target", "time"];

fn code<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// A row per event.
fn events() -> String {
    let row = |event: &Event| {
        let (levels, fields): (Vec<&str>, _) =
            (event.severities().collect(), event.fields.iter().map(Field::json_name));
        vec![format!("`{}`", event.name), levels.join(", "), event.meaning.to_owned(), code(fields)]
    };
    table(&["event", "level", "meaning", "fields"], EVENTS.iter().map(row))
}

/// A row per field and meaning, with the events that have it.
fn fields() -> String {
    let mut rows: BTreeMap<(String, &str, String), Vec<&str>> = BTreeMap::new();
    for event in EVENTS {
        for field in event.fields {
            let kind = if field.kind == Kind::Text { "text" } else { "integer" };
            let kind = format!("{kind}{}", if field.optional { ", optional" } else { "" });
            rows.entry((field.json_name(), field.meaning, kind)).or_default().push(event.name);
        }
    }
    let row = |((field, meaning, kind), events): (&(String, &str, String), &Vec<&str>)| {
        vec![format!("`{field}`"), kind.clone(), (*meaning).to_owned(), code(events)]
    };
    table(&["field", "type", "meaning", "events"], rows.iter().map(row))
}

/// `{"table_failed": {"table": "string", …}, …}`, in the words of terraform/tests/contract.json.
fn json() -> serde_json::Value {
    let fields = |event: &Event| -> serde_json::Value {
        event.fields.iter().map(|field| (field.json_name(), contract_type(field))).collect()
    };
    EVENTS.iter().map(|event| (event.name, fields(event))).collect()
}

fn contract_type(field: &Field) -> String {
    let kind = if field.kind == Kind::Text { "string" } else { "integer" };
    format!("{kind}{}", if field.optional { " or absent" } else { "" })
}

#[test]
fn the_page_shows_the_events() {
    shows("docs/operations.md", &[("events", events()), ("event fields", fields())]);
}

#[test]
fn the_page_shows_the_events_to_terraform() {
    is("terraform/tests/events.json", &format!("{:#}\n", json()));
}

/// All events and fields that metrics, alerts and the dashboard read exist.
#[test]
fn the_contract_with_terraform_knows_declared_events_only() {
    let contract = std::fs::read_to_string(path("terraform/tests/contract.json")).unwrap();
    let contract: serde_json::Value = serde_json::from_str(&contract).unwrap();
    for (name, read) in contract["events"].as_object().unwrap() {
        let event =
            EVENTS.iter().find(|event| event.name == name).unwrap_or_else(|| panic!("there is no event {name}"));
        for (field, kind) in read.as_object().unwrap() {
            let declared = event.fields.iter().find(|declared| declared.json_name() == *field);
            let declared = declared.unwrap_or_else(|| panic!("event {name} has no field {field}"));
            assert_eq!(*kind, contract_type(declared), "{name}: {field}");
        }
    }
    for field in contract["fields_read_by_hand"].as_array().unwrap() {
        let field = field.as_str().unwrap();
        let declared = || EVENTS.iter().flat_map(|event| event.fields).any(|declared| declared.json_name() == field);
        assert!(COMMON_FIELDS.contains(&field) || declared(), "no event has the field {field}");
    }
}

#[test]
fn declarations_do_not_contradict_each_other() {
    let mut kinds = BTreeMap::new();
    for (at, event) in EVENTS.iter().enumerate() {
        assert!(EVENTS.iter().skip(at + 1).all(|other| other.name != event.name), "{} is declared twice", event.name);
        for field in event.fields {
            assert!(!COMMON_FIELDS.contains(&field.name), "{}: every line has a field {}", event.name, field.name);
            let kind = *kinds.entry(field.name).or_insert(field.kind);
            assert_eq!(kind, field.kind, "{}: {} has another type elsewhere", event.name, field.name);
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Only declared events can be logged: only the declaration calls tracing's macros, and nothing else imports them.
#[test]
fn only_declared_events_are_logged() {
    let macros = ["error", "warn", "info", "debug", "trace", "event", "span"];
    let folder = path("src");
    for file in sources(&folder) {
        let (name, text) = (file.strip_prefix(&folder).unwrap(), std::fs::read_to_string(&file).unwrap());
        if name == Path::new("report/event.rs") {
            continue;
        }
        let words: Vec<&str> = text.split_inclusive(|end: char| !end.is_alphanumeric() && end != '_').collect();
        for call in macros.map(|name| format!("{name}!")) {
            assert!(
                !words.contains(&&*call),
                "{}: declare an event in report/events.rs instead of {call}",
                name.display()
            );
        }
        // Split, so that the test does not find this file.
        let path = ["tracing", "::"].concat();
        let imports = text.split(&path).skip(1).filter(|import| !import.starts_with("Level"));
        assert!(name.starts_with("telemetry") || imports.count() == 0, "{} uses tracing itself", name.display());
    }
}
