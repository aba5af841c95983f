//! Partitioning and clustering: preserved for an existing table, taken from TABLES for a new one.

use crate::bigquery::tables::Existing;
use crate::bigquery::types::partitioning::{Clustering, Range, RangePartitioning, TimePartitioning};
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::{MappedColumn, Mapping};
use crate::plan::drift::standard_name;
use crate::work::request::{Granularity, PartitionBy, PartitionScheme, TableRequest};

/// How to rename a table. One with a primary key cannot be renamed ("Use primary and foreign keys"), and most tables have one.
const RENAMING: &str = "ALTER TABLE … DROP PRIMARY KEY, then ALTER TABLE … RENAME TO …";

/// The partitioning and clustering of the load job, and the preserved settings.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) time_partitioning: Option<TimePartitioning>,
    pub(super) range_partitioning: Option<RangePartitioning>,
    pub(super) clustering: Option<Clustering>,
    pub(super) preserved: Vec<String>,
}

/// How a table is partitioned.
#[derive(Debug, Clone, PartialEq)]
enum Partitioning {
    Time(TimePartitioning),
    Range(RangePartitioning),
}

pub(super) fn of(request: &TableRequest, mapping: &Mapping, existing: Option<&Existing>) -> Result<Layout, String> {
    let wanted_partitioning = request.partition_by.as_ref().map(|wanted| partitioning(wanted, mapping)).transpose()?;
    let wanted_clustering = match &*request.cluster_by {
        [] => None,
        columns => Some(clustering(columns, mapping)?),
    };
    let Some(existing) = existing else {
        return Ok(Layout::new(wanted_partitioning, wanted_clustering.map(of_columns)));
    };
    let partitioning = Partitioning::of(existing);
    if let Some(wanted) = &wanted_partitioning
        && partitioning.as_ref().is_none_or(|current| !current.is_same(wanted))
    {
        return Err(format!(
            "\"partition_by\" in TABLES asks for a table {}, but the table in BigQuery is {}: BigQuery cannot change the \
             partitioning of a table. Remove \"partition_by\", or delete the table (or rename it: {RENAMING}); the next \
             run creates it again, without the settings that were made by hand",
            describe(Some(wanted)),
            describe(partitioning.as_ref())
        ));
    }
    let clustering = &existing.table.clustering;
    if let Some(wanted) = &wanted_clustering
        && clustering.as_ref().map(|clustering| &clustering.fields) != Some(wanted)
    {
        let current = clustering.as_ref().map(|clustering| clustering.fields.join(", "));
        return Err(format!(
            "\"cluster_by\" in TABLES asks for a table clustered by {}, but the table in BigQuery is {}: remove \"cluster_by\", change the \
             table (bq update --clustering_fields={} …), or delete it; the next run creates it again",
            wanted.join(", "),
            current.map_or("not clustered".to_owned(), |fields| format!("clustered by {fields}")),
            wanted.join(",")
        ));
    }
    let mut layout = Layout::new(partitioning.clone(), clustering.clone());
    if let Some(partitioning) = &partitioning {
        if let Some(field) = partitioning.field() {
            check_layout_column(field, "partitioned", mapping, existing)?;
        }
        layout.preserved.push(describe(Some(partitioning)));
    }
    if let Some(Clustering { fields, .. }) = clustering {
        for field in fields {
            check_layout_column(field, "clustered", mapping, existing)?;
        }
        layout.preserved.push(format!("clustered by {}", fields.join(", ")));
    }
    Ok(layout)
}

impl Layout {
    fn new(partitioning: Option<Partitioning>, clustering: Option<Clustering>) -> Self {
        let layout = Self { clustering, ..Self::default() };
        match partitioning {
            None => layout,
            Some(Partitioning::Time(time)) => Self { time_partitioning: Some(time), ..layout },
            Some(Partitioning::Range(range)) => Self { range_partitioning: Some(range), ..layout },
        }
    }
}

impl Partitioning {
    fn of(existing: &Existing) -> Option<Self> {
        let time = existing.table.time_partitioning.clone().map(Self::Time);
        time.or_else(|| existing.table.range_partitioning.clone().map(Self::Range))
    }

    /// The column; `None` for partitions by load time.
    fn field(&self) -> Option<&str> {
        match self {
            Self::Time(time) => time.field.as_deref(),
            Self::Range(range) => Some(&range.field),
        }
    }

    /// Compares only the column and the boundaries, not settings such as the expiration of partitions.
    fn is_same(&self, wanted: &Self) -> bool {
        let field = |partitioning: &Self| partitioning.field().unwrap_or_default().to_ascii_lowercase();
        field(self) == field(wanted)
            && match (self, wanted) {
                (Self::Time(current), Self::Time(wanted)) => current.granularity == wanted.granularity,
                (Self::Range(current), Self::Range(wanted)) => current.range == wanted.range,
                _ => false,
            }
    }
}

/// Checks that a column of the destination's layout still exists with the same type.
fn check_layout_column(field: &str, how: &str, mapping: &Mapping, existing: &Existing) -> Result<(), String> {
    let column = mapping.columns.iter().find(|column| column.field.eq_ignore_ascii_case(field));
    let remedy = format!("delete the table in BigQuery (or rename it: {RENAMING}); the next run creates it again");
    let Some(column) = column else {
        return Err(format!("the table in BigQuery is {how} by {field}, but that column no longer exists: {remedy}"));
    };
    let was = existing.table.field(field).map(|field| standard_name(&field.kind).to_owned());
    let new = column.target.field_type.to_string();
    match was {
        Some(was) if was != new => {
            Err(format!("the table in BigQuery is {how} by {field}, whose type changes from {was} to {new}: {remedy}"))
        }
        _ => Ok(()),
    }
}

fn partitioning(wanted: &PartitionBy, mapping: &Mapping) -> Result<Partitioning, String> {
    let column = find(&wanted.column, "partition_by", mapping)?;
    let kind = column.target.field_type;
    let field = column.field.clone();
    let time = |granularity: Granularity, field| {
        let granularity = granularity.name().to_owned();
        Partitioning::Time(TimePartitioning { granularity, field: Some(field), ..TimePartitioning::default() })
    };
    match (wanted.scheme, kind) {
        (PartitionScheme::Time(granularity), BigQueryType::DateTime | BigQueryType::Timestamp) => {
            Ok(time(granularity, field))
        }
        (PartitionScheme::Time(granularity), BigQueryType::Date) if granularity != Granularity::Hour => {
            Ok(time(granularity, field))
        }
        (PartitionScheme::Time(_), BigQueryType::Date) => Err(format!(
            "\"partition_by\" in TABLES: column {} is a DATE, which cannot be partitioned by hour",
            wanted.column
        )),
        (PartitionScheme::Range { start, end, interval }, BigQueryType::Int64) => {
            let range = Range { start, end, interval };
            Ok(Partitioning::Range(RangePartitioning { field, range, ..RangePartitioning::default() }))
        }
        (PartitionScheme::Time(_), _) => Err(format!(
            "\"partition_by\" in TABLES: column {} is {} in BigQuery; a granularity needs DATE, DATETIME or TIMESTAMP; \
             for INT64 use \"range\"",
            wanted.column, kind
        )),
        (PartitionScheme::Range { .. }, _) => Err(format!(
            "\"partition_by\" in TABLES: column {} is {} in BigQuery; \"range\" needs INT64",
            wanted.column, kind
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
                    "\"cluster_by\" in TABLES: column {name} is {} in BigQuery, and tables cannot be clustered by that type",
                    column.target.field_type
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
        format!("\"{option}\" in TABLES names {name}, but the copied columns are {}", names.join(", "))
    })
}

fn of_columns(fields: Vec<String>) -> Clustering {
    Clustering { fields, ..Clustering::default() }
}

fn describe(partitioning: Option<&Partitioning>) -> String {
    match partitioning {
        None => "not partitioned".to_owned(),
        Some(Partitioning::Time(TimePartitioning { granularity, field, .. })) => {
            format!("partitioned by {}, {granularity}", field.as_deref().unwrap_or("load time"))
        }
        Some(Partitioning::Range(RangePartitioning { field, range: Range { start, end, interval }, .. })) => {
            format!("partitioned by {field}, {start} to {end} in steps of {interval}")
        }
    }
}
