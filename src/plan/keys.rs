//! The destination's primary and foreign keys.

use crate::bigquery::types::table::{ForeignKey, PrimaryKey, TableConstraints};
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::{MappedColumn, Mapping};
use crate::mysql::catalog::Table;

/// BigQuery's limit ("Use primary and foreign keys").
const MOST_KEY_COLUMNS: usize = 16;

/// The primary key of the source, or else of the destination, and the destination's foreign keys. Keys with columns that are not
/// copied are left out.
pub(super) fn of(table: &Table, mapping: &Mapping, existing: &TableConstraints) -> TableConstraints {
    let copied = |name: &str| mapping.columns.iter().any(|column| column.field == name);
    let own_key = existing.primary_key.clone().filter(|key| key.columns.iter().all(|name| copied(name)));
    let source_key = primary_key(table, mapping).map(|columns| match own_key.clone() {
        Some(own) if own.columns == columns => own,
        _ => PrimaryKey { columns, ..PrimaryKey::default() },
    });
    let all_copied = |key: &&ForeignKey| key.column_references.iter().all(|column| copied(&column.referencing_column));
    TableConstraints {
        primary_key: source_key.or(own_key),
        foreign_keys: existing.foreign_keys.iter().filter(all_copied).cloned().collect(),
    }
}

/// The source's primary key, if BigQuery supports it: all columns are copied, not nullable and of an allowed type.
/// Source: "Use primary and foreign keys".
fn primary_key(table: &Table, mapping: &Mapping) -> Option<Vec<String>> {
    let in_source = table.columns.iter().filter(|column| column.in_primary_key).count();
    let columns: Vec<&MappedColumn> = mapping.columns.iter().filter(|column| column.in_primary_key).collect();
    let can_be = |column: &&MappedColumn| {
        use BigQueryType as T;
        column.required && !matches!(column.target.field_type, T::Float64 | T::Time | T::Json | T::Geography)
    };
    let complete = !columns.is_empty() && columns.len() == in_source && columns.len() <= MOST_KEY_COLUMNS;
    (complete && columns.iter().all(can_be)).then(|| columns.iter().map(|column| column.field.clone()).collect())
}
