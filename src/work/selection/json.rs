//! The JSON form of `TABLES`: an array of names and of objects with options per table.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::Deserialize;

use crate::mapping::columns::ColumnOptions;
use crate::mapping::names;
use crate::mysql::settings::MAX_READ_CONNECTIONS;
use crate::work::request::{Granularity, PartitionBy, PartitionScheme, TableRequest};
use crate::work::selection::options::known_keys;

/// An entry of `TABLES`.
pub(super) enum Item {
    Text(String),
    Table(Box<TableRequest>),
}

/// The object of a table. Terraform writes `null` for an option that is not set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonTable {
    name: String,
    destination: Option<String>,
    columns: Option<JsonColumns>,
    types: Option<BTreeMap<String, Option<String>>>,
    mask: Option<BTreeMap<String, Option<String>>>,
    #[serde(rename = "where")]
    filter: Option<String>,
    read_connections: Option<usize>,
    max_shrink_percent: Option<u8>,
    partition_by: Option<JsonPartitionBy>,
    cluster_by: Option<Vec<String>>,
}

/// `partition_by` of a table's object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonPartitionBy {
    column: String,
    granularity: Option<String>,
    range: Option<JsonRange>,
}

/// `range` of a table's `partition_by`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRange {
    start: i64,
    end: i64,
    interval: i64,
}

impl TryFrom<JsonPartitionBy> for PartitionBy {
    type Error = String;

    fn try_from(json: JsonPartitionBy) -> Result<Self, String> {
        let scheme = match (json.granularity.as_deref().map(str::to_uppercase).as_deref(), json.range) {
            (Some(_), Some(_)) => {
                return Err("partition_by has both a granularity and a range; remove one of them".into());
            }
            (None | Some("DAY"), None) => PartitionScheme::Time(Granularity::Day),
            (Some("HOUR"), None) => PartitionScheme::Time(Granularity::Hour),
            (Some("MONTH"), None) => PartitionScheme::Time(Granularity::Month),
            (Some("YEAR"), None) => PartitionScheme::Time(Granularity::Year),
            (Some(other), None) => return Err(format!("granularity {other} is none of HOUR, DAY, MONTH, YEAR")),
            (None, Some(JsonRange { start, end, interval })) if start < end && interval > 0 => {
                let values = i128::from(end) - i128::from(start);
                if values > MOST_PARTITIONS * i128::from(interval) {
                    return Err(format!("range has more than the {MOST_PARTITIONS} partitions that BigQuery allows"));
                }
                PartitionScheme::Range { start, end, interval }
            }
            (None, Some(_)) => return Err("range needs a start below its end and an interval of at least 1".into()),
        };
        Ok(Self { column: json.column, scheme })
    }
}

/// BigQuery's limit ("Quotas and limits", partitioned tables).
const MOST_PARTITIONS: i128 = 10_000;
/// BigQuery's limit ("Introduction to clustered tables").
const MOST_CLUSTER_COLUMNS: usize = 4;

/// `columns` of a table's object.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct JsonColumns {
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    approve: Option<Vec<String>>,
}

/// Serde's message without its list of valid keys.
fn short(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(", expected one of").map_or(text.clone(), |(start, _)| start.to_owned())
}

/// Parses the values of an object whose keys are columns.
fn by_column<T: FromStr<Err = String>>(
    json: Option<BTreeMap<String, Option<String>>>,
) -> Result<Vec<(String, T)>, String> {
    let mut values: Vec<(String, T)> = Vec::new();
    for (column, text) in json.unwrap_or_default() {
        let Some(text) = text else { continue };
        let value = text.parse().map_err(|problem| format!("column {column}: {problem}"))?;
        // MySQL ignores the case of column names.
        if let Some((other, _)) = values.iter().find(|(other, _)| other.to_lowercase() == column.to_lowercase()) {
            return Err(format!("{other} and {column} are the same column"));
        }
        values.push((column, value));
    }
    Ok(values)
}

pub(super) fn item(position: usize, value: serde_json::Value) -> Result<Item, String> {
    match value {
        serde_json::Value::String(name) => Ok(Item::Text(name.trim().to_owned())),
        object @ serde_json::Value::Object(_) => {
            let name = object.get("name").and_then(|name| name.as_str()).unwrap_or("without a name").to_owned();
            let table: JsonTable = serde_json::from_value(object).map_err(|error| {
                format!("entry {position} ({name}): {}; the known keys are {}", short(&error), known_keys())
            })?;
            if table.name.contains(['*', '?']) {
                return Err(format!(
                    "entry {position} ({name}): a pattern takes no options; write it as a plain string"
                ));
            }
            if let Some(destination) = &table.destination
                && names::table(destination).as_ref() != Ok(destination)
            {
                return Err(format!(
                    "entry {position} ({name}): destination {destination:?} is not a table name: use letters, digits, _, - \
                     and spaces, without the dataset"
                ));
            }
            if table.max_shrink_percent.is_some_and(|percent| percent > 100) {
                return Err(format!("entry {position} ({name}): max_shrink_percent must be from 0 to 100"));
            }
            let read_connections = table.read_connections.map(NonZeroUsize::new);
            if read_connections.is_some_and(|number| number.is_none_or(|number| number.get() > MAX_READ_CONNECTIONS)) {
                return Err(format!(
                    "entry {position} ({name}): read_connections must be from 1 to {MAX_READ_CONNECTIONS}"
                ));
            }
            if table.name.trim().is_empty() {
                return Err(format!("entry {position}: \"name\" is empty"));
            }
            let cluster_by = table.cluster_by.unwrap_or_default();
            if cluster_by.len() > MOST_CLUSTER_COLUMNS {
                return Err(format!(
                    "entry {position} ({name}): cluster_by takes at most {MOST_CLUSTER_COLUMNS} columns"
                ));
            }
            let mut seen = HashSet::new();
            if let Some(twice) = cluster_by.iter().find(|column| !seen.insert(column.to_lowercase())) {
                return Err(format!("entry {position} ({name}): cluster_by names the column {twice} twice"));
            }
            let partition_by = table.partition_by.map(PartitionBy::try_from).transpose();
            let partition_by = partition_by.map_err(|problem| format!("entry {position} ({name}): {problem}"))?;
            let fault = |option, problem: String| format!("entry {position} ({name}): {option}: {problem}");
            let types = by_column(table.types).map_err(|problem| fault("types", problem))?;
            let masks = by_column(table.mask).map_err(|problem| fault("mask", problem))?;
            let columns = table.columns.unwrap_or_default();
            let filled = |option: Option<String>| option.filter(|text| !text.trim().is_empty());
            Ok(Item::Table(Box::new(TableRequest {
                name: table.name,
                destination: filled(table.destination),
                columns: ColumnOptions {
                    include: columns.include.unwrap_or_default(),
                    exclude: columns.exclude.unwrap_or_default(),
                    approve: columns.approve.unwrap_or_default(),
                    types,
                    masks,
                },
                filter: filled(table.filter),
                read_connections: read_connections.flatten(),
                max_shrink_percent: table.max_shrink_percent,
                partition_by,
                cluster_by,
            })))
        }
        other => {
            Err(format!("entry {position} is {other}; expected a name or an object with the keys {}", known_keys()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::selection::options::{Kind, OPTIONS, TableOption};

    /// The keys that serde accepts for a type, from its error about an unknown key.
    fn known<T: serde::de::DeserializeOwned>() -> Vec<String> {
        let error = serde_json::from_str::<T>(r#"{"no such key": 1}"#).err().unwrap().to_string();
        let (_, list) = error.split_once("expected").unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_declared_options_are_those_that_are_read() {
        let names = |options: &[TableOption]| options.iter().map(|option| option.name).collect::<Vec<_>>();
        let parts = |name: &str, of: &[TableOption]| names(of.iter().find(|option| option.name == name).unwrap().parts);
        let sorted = |mut names: Vec<String>| {
            names.sort_unstable();
            names
        };
        let declared = |names: Vec<&str>| sorted(names.into_iter().map(str::to_owned).collect());
        assert_eq!(declared(names(OPTIONS)), sorted(known::<JsonTable>()));
        assert_eq!(declared(parts("columns", OPTIONS)), sorted(known::<JsonColumns>()));
        assert_eq!(declared(parts("partition_by", OPTIONS)), sorted(known::<JsonPartitionBy>()));
        let partition_by = OPTIONS.iter().find(|option| option.name == "partition_by").unwrap();
        assert_eq!(declared(parts("range", partition_by.parts)), sorted(known::<JsonRange>()));
    }

    /// An example and the parts in it have the declared types.
    fn matches(value: &serde_json::Value, option: &TableOption) -> bool {
        match option.kind {
            Kind::Text => value.is_string(),
            Kind::Integer => value.is_i64(),
            Kind::List => value.as_array().is_some_and(|values| values.iter().all(serde_json::Value::is_string)),
            Kind::Columns => {
                value.as_object().is_some_and(|columns| columns.values().all(serde_json::Value::is_string))
            }
            Kind::Object => value.as_object().is_some_and(|object| {
                let part = |name: &String| option.parts.iter().find(|part| part.name == name);
                object.iter().all(|(name, value)| part(name).is_some_and(|part| matches(value, part)))
            }),
        }
    }

    fn check_declarations(options: &[TableOption]) {
        for option in options {
            assert!(!option.examples.is_empty() && !option.meaning.is_empty(), "{}", option.name);
            assert_eq!(option.kind == Kind::Object, !option.parts.is_empty(), "{}", option.name);
            for example in option.examples {
                assert!(matches(&serde_json::from_str(example).unwrap(), option), "{}: {example}", option.name);
            }
            check_declarations(option.parts);
        }
    }

    #[test]
    fn options_and_their_parts_are_declared_completely() {
        check_declarations(OPTIONS);
    }

    #[test]
    fn the_examples_of_the_options_are_accepted() {
        for option in OPTIONS {
            for example in option.examples {
                let name = if option.name == "name" { String::new() } else { r#""name": "t", "#.to_owned() };
                let table = format!(r#"{{{name}"{}": {example}}}"#, option.name);
                assert!(item(1, serde_json::from_str(&table).unwrap()).is_ok(), "{table}");
            }
        }
    }
}
