//! Partitioning and clustering: those of the destination stay, a new table gets those that TABLES asks for.

use serde_json::{Map, Value, json};

use crate::bigquery::tables::Existing;
use crate::mapping::types::BigQueryType;
use crate::mapping::{MappedColumn, Mapping};
use crate::work::request::{Granularity, PartitionBy, PartitionScheme, TableRequest};

/// The layout's part of the load job, and what stays of the destination's.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) load: Map<String, Value>,
    pub(super) kept: Vec<String>,
}

pub(super) fn of(request: &TableRequest, mapping: &Mapping, existing: Option<&Existing>) -> Result<Layout, String> {
    let wanted_partitioning = request.partition_by.as_ref().map(|wanted| partitioning(wanted, mapping)).transpose()?;
    let wanted_clustering = match &*request.cluster_by {
        [] => None,
        columns => Some(json!({"fields": clustering(columns, mapping)?})),
    };
    let mut layout = Layout::default();
    let Some(existing) = existing else {
        layout.load.extend(wanted_partitioning.map(|(key, value)| (key.to_owned(), value)));
        layout.load.extend(wanted_clustering.map(|value| ("clustering".to_owned(), value)));
        return Ok(layout);
    };
    let is_partitioned = existing_partitioning(existing);
    if let Some(wanted) = &wanted_partitioning
        && is_partitioned.as_ref().is_none_or(|is| !same_partitioning(is, wanted))
    {
        return Err(format!(
            "\"partition_by\" in TABLES asks for {}, and the table in BigQuery is {}: BigQuery cannot change that of a \
             table. Take \"partition_by\" out, or delete the table (or rename it: ALTER TABLE … RENAME TO …) and the \
             next run makes it anew; keep what was set on it by hand",
            shown(Some(wanted)),
            shown(is_partitioned.as_ref())
        ));
    }
    if let Some(wanted) = &wanted_clustering
        && existing.clustering.as_ref().map(fields_of) != Some(fields_of(wanted))
    {
        let is = existing.clustering.as_ref().map(|clustering| fields_of(clustering).join(", "));
        let wanted = fields_of(wanted);
        return Err(format!(
            "\"cluster_by\" in TABLES asks for {}, and the table in BigQuery is {}: take \"cluster_by\" out, change the \
             table (bq update --clustering_fields={} …), or delete it and the next run makes it anew",
            wanted.join(", "),
            is.map_or("not clustered".to_owned(), |fields| format!("clustered by {fields}")),
            wanted.join(",")
        ));
    }
    if let Some((key, value)) = &is_partitioned {
        if let Some(field) = value["field"].as_str() {
            check_kept(field, "partitioned", mapping, existing)?;
        }
        layout.kept.push(shown(is_partitioned.as_ref()));
        layout.load.insert((*key).to_owned(), value.clone());
    }
    if let Some(clustering) = &existing.clustering {
        for field in fields_of(clustering) {
            check_kept(&field, "clustered", mapping, existing)?;
        }
        layout.kept.push(format!("clustered by {}", fields_of(clustering).join(", ")));
        layout.load.insert("clustering".to_owned(), clustering.clone());
    }
    Ok(layout)
}

fn existing_partitioning(existing: &Existing) -> Option<(&'static str, Value)> {
    let time = existing.time_partitioning.clone().map(|value| ("timePartitioning", value));
    time.or_else(|| existing.range_partitioning.clone().map(|value| ("rangePartitioning", value)))
}

/// The column that the destination's layout stands on has to be there still.
fn check_kept(field: &str, how: &str, mapping: &Mapping, existing: &Existing) -> Result<(), String> {
    let column = mapping.columns.iter().find(|column| column.field.eq_ignore_ascii_case(field));
    let way_out =
        "delete the table in BigQuery (or rename it: ALTER TABLE … RENAME TO …) and the next run makes it anew";
    let Some(column) = column else {
        return Err(format!(
            "the table in BigQuery is {how} by {field}, and there is no such column any more: {way_out}"
        ));
    };
    let was = existing.field(field).map(|field| super::drift::standard_name(&field.kind).to_owned());
    let is = standard(column);
    match was {
        Some(was) if was != is => {
            Err(format!("the table in BigQuery is {how} by {field}, which was {was} and is {is} now: {way_out}"))
        }
        _ => Ok(()),
    }
}

/// Key and value of the load configuration.
fn partitioning(wanted: &PartitionBy, mapping: &Mapping) -> Result<(&'static str, Value), String> {
    let column = find(&wanted.column, "partition_by", mapping)?;
    let kind = column.target.field_type;
    let field = &column.field;
    match (&wanted.scheme, kind) {
        (PartitionScheme::Time(granularity), BigQueryType::DateTime | BigQueryType::Timestamp) => {
            Ok(("timePartitioning", json!({"type": granularity.name(), "field": field})))
        }
        (PartitionScheme::Time(granularity), BigQueryType::Date) if *granularity != Granularity::Hour => {
            Ok(("timePartitioning", json!({"type": granularity.name(), "field": field})))
        }
        (PartitionScheme::Time(_), BigQueryType::Date) => {
            Err(format!("\"partition_by\" in TABLES: column {} is a DATE, which has no hours", wanted.column))
        }
        (PartitionScheme::Range { start, end, interval }, BigQueryType::Int64) => Ok((
            "rangePartitioning",
            json!({"field": field, "range":
                {"start": start.to_string(), "end": end.to_string(), "interval": interval.to_string()}}),
        )),
        (PartitionScheme::Time(_), _) => Err(format!(
            "\"partition_by\" in TABLES: column {} is {} in BigQuery; a granularity needs DATE, DATETIME or TIMESTAMP, and \
             an INT64 column takes \"range\"",
            wanted.column,
            standard(column)
        )),
        (PartitionScheme::Range { .. }, _) => Err(format!(
            "\"partition_by\" in TABLES: column {} is {} in BigQuery; \"range\" needs INT64",
            wanted.column,
            standard(column)
        )),
    }
}

/// Source: "Introduction to clustered tables", cluster column types and ordering.
fn clustering(columns: &[String], mapping: &Mapping) -> Result<Vec<String>, String> {
    columns
        .iter()
        .map(|name| {
            let column = find(name, "cluster_by", mapping)?;
            match column.target.field_type {
                BigQueryType::Float64 | BigQueryType::Bytes | BigQueryType::Time | BigQueryType::Json => Err(format!(
                    "\"cluster_by\" in TABLES: column {name} is {} in BigQuery, which cannot be clustered by",
                    standard(column)
                )),
                _ => Ok(column.field.clone()),
            }
        })
        .collect()
}

fn find<'a>(name: &str, option: &str, mapping: &'a Mapping) -> Result<&'a MappedColumn, String> {
    // MySQL ignores the case of column names.
    let same = |column: &&MappedColumn| column.source.to_lowercase() == name.to_lowercase();
    mapping.columns.iter().find(same).ok_or_else(|| {
        let names: Vec<&str> = mapping.columns.iter().map(|column| column.source.as_str()).collect();
        format!("\"{option}\" in TABLES names {name}, and the columns that are copied are {}", names.join(", "))
    })
}

fn standard(column: &MappedColumn) -> String {
    super::destination::standard_type(column)
}

fn fields_of(clustering: &Value) -> Vec<String> {
    let fields = clustering["fields"].as_array().cloned().unwrap_or_default();
    fields.iter().filter_map(|field| field.as_str().map(str::to_owned)).collect()
}

/// Partitions that are kept for a while or demanded of queries are partitioned alike.
fn same_partitioning((key, is): &(&str, Value), (wanted_key, wanted): &(&str, Value)) -> bool {
    let number = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let field = |value: &Value| value["field"].as_str().unwrap_or_default().to_ascii_lowercase();
    let part = |value: &Value, name: &str| value.pointer(&format!("/range/{name}")).map(number);
    key == wanted_key
        && field(is) == field(wanted)
        && is["type"] == wanted["type"]
        && ["start", "end", "interval"].iter().all(|name| part(is, name) == part(wanted, name))
}

fn shown(partitioning: Option<&(&str, Value)>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match partitioning {
        None => "not partitioned".to_owned(),
        Some(("timePartitioning", value)) => {
            let field = value["field"].as_str().unwrap_or("the time of loading");
            format!("partitioned by {field}, {}", text(&value["type"]))
        }
        Some((_, value)) => {
            let range = &value["range"];
            format!(
                "partitioned by {}, {} to {} in steps of {}",
                text(&value["field"]),
                text(&range["start"]),
                text(&range["end"]),
                text(&range["interval"])
            )
        }
    }
}
