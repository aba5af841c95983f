//! What becomes of a table: its columns' BigQuery fields, its Avro schema, and the conversion of its rows.

pub mod convert;
mod decimal;
pub mod names;
pub mod row;
mod temporal;
pub mod types;
pub mod unrepresentable;

use gcp_bigquery_client::model::table_field_schema::TableFieldSchema;
use gcp_bigquery_client::model::table_schema::TableSchema;

use crate::avro::schema::{AvroField, record_schema};
use crate::config::{Policies, Policy};
use crate::mysql::catalog::{Column, Flavor, Table};
use crate::mysql::rows::quoted;
use crate::selection::ColumnFilter;

/// BigQuery's limit on columns of a table ("Quotas and limits", tables).
const MOST_COLUMNS: usize = 10_000;
/// BigQuery's limit on a column's description, in characters.
const LONGEST_DESCRIPTION: usize = 1024;
/// Begins the list of an ENUM's or SET's values in a description.
pub const VALUES: &str = "Values: ";

/// A source column and what it becomes.
#[derive(Debug, Clone)]
pub struct MappedColumn {
    /// Its name in MySQL.
    pub source: String,
    /// Its name in BigQuery and in the Avro file.
    pub field: String,
    /// Its type's row in the mapping table.
    pub target: types::Target,
    /// True when no NULL can come out of it.
    pub required: bool,
    /// Whether it belongs to the source's primary key.
    pub in_primary_key: bool,
    /// MySQL's column comment.
    pub description: Option<String>,
}

/// Everything that is decided about a table before its first row is read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// In the order of the source's columns.
    pub columns: Vec<MappedColumn>,
    /// What happens to values without a counterpart.
    pub policies: Policies,
}

impl Mapping {
    /// Maps the table's columns, as far as the filter lets them through. An error names the column.
    pub fn new(table: &Table, flavor: Flavor, filter: &ColumnFilter, policies: Policies) -> Result<Self, String> {
        let columns = chosen(&table.columns, filter)?
            .into_iter()
            .map(|column| map(column, table, flavor, policies))
            .collect::<Result<Vec<_>, _>>()?;
        let names = columns.iter().map(|column| (column.source.as_str(), column.field.as_str()));
        if let Some((first, second, field)) = names::collision(names) {
            return Err(format!(
                "columns {first} and {second} would both be {field} in BigQuery: rename one, or leave one out with \
                 \"columns\": {{\"exclude\": [{second:?}]}} in TABLES"
            ));
        }
        match columns.len() {
            0 => Err("no column is left: see \"columns\" in TABLES".into()),
            count if count > MOST_COLUMNS => Err(format!("{count} columns, BigQuery allows {MOST_COLUMNS}")),
            _ => Ok(Self { columns, policies }),
        }
    }

    /// The schema in the Avro file.
    pub fn avro_schema(&self) -> String {
        record_schema(self.columns.iter().map(|column| AvroField {
            name: column.field.clone(),
            kind: column.target.avro,
            nullable: !column.required,
        }))
    }

    /// The schema of the destination table.
    pub fn bigquery_schema(&self) -> TableSchema {
        TableSchema::new(
            self.columns
                .iter()
                .map(|column| TableFieldSchema {
                    mode: Some(if column.required { "REQUIRED" } else { "NULLABLE" }.into()),
                    description: column.description.clone(),
                    ..TableFieldSchema::new(&column.field, column.target.field_type.into())
                })
                .collect(),
        )
    }

    /// What the statement selects, in the order of the columns.
    pub fn select_list(&self) -> String {
        let expressions: Vec<String> =
            self.columns.iter().map(|column| column.target.select.replace("{}", &quoted(&column.source))).collect();
        expressions.join(", ")
    }
}

fn chosen<'a>(columns: &'a [Column], filter: &ColumnFilter) -> Result<Vec<&'a Column>, String> {
    // MySQL ignores the case of column names.
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    for name in filter.include.iter().chain(&filter.exclude) {
        if !columns.iter().any(|column| same(&column.name, name)) {
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            return Err(format!("\"columns\" in TABLES names {name}, and the table has {}", names.join(", ")));
        }
    }
    let listed = |list: &[String], column: &Column| list.iter().any(|name| same(name, &column.name));
    Ok(columns
        .iter()
        .filter(|column| filter.include.is_empty() || listed(&filter.include, column))
        .filter(|column| !listed(&filter.exclude, column))
        .collect())
}

fn map(column: &Column, table: &Table, flavor: Flavor, policies: Policies) -> Result<MappedColumn, String> {
    let target = types::target(column, flavor).ok_or_else(|| {
        format!(
            "column {0} is of type {1}, which has no mapping: leave it out with \"columns\": {{\"exclude\": [{0:?}]}} in TABLES",
            column.name, column.column_type
        )
    })?;
    let policy_gives_null = (target.zero_dates && policies.zero_dates == Policy::Null)
        || (target.invalid_values && policies.invalid_values == Policy::Null);
    Ok(MappedColumn {
        source: column.name.clone(),
        field: names::column(&column.name)?,
        // What a view says of NULL is derived from its query; the rows are believed instead.
        required: !column.nullable && !table.is_view && !policy_gives_null,
        in_primary_key: column.in_primary_key,
        description: description(column),
        target,
    })
}

/// The column's comment, and for ENUM and SET the values it may have, as MySQL writes them.
fn description(column: &Column) -> Option<String> {
    let list = column.column_type.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let values = list.filter(|_| matches!(&*column.data_type, "enum" | "set")).map(|list| format!("{VALUES}{list}"));
    let comment = Some(column.comment.clone()).filter(|comment| !comment.is_empty());
    let parts: Vec<String> = comment.into_iter().chain(values).collect();
    (!parts.is_empty()).then(|| parts.join("\n").chars().take(LONGEST_DESCRIPTION).collect())
}

#[cfg(test)]
mod tests;
