//! The REST resource "Table".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bigquery::types::int64;
use crate::bigquery::types::partitioning::{Clustering, RangePartitioning, TimePartitioning};
use crate::bigquery::types::schema::{Field, TableSchema};

/// An existing table. A load can change only the properties listed here; BigQuery preserves all others.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Table {
    /// Changes with every change of the table.
    pub etag: String,
    /// `TABLE`, `VIEW`, `EXTERNAL`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// How many rows it has, if BigQuery reports it.
    #[serde(with = "int64::option")]
    pub num_rows: Option<u64>,
    /// Its columns.
    pub schema: TableSchema,
    /// Partitions by time.
    pub time_partitioning: Option<TimePartitioning>,
    /// Partitions by ranges.
    pub range_partitioning: Option<RangePartitioning>,
    /// Clustering.
    pub clustering: Option<Clustering>,
    /// Whether queries must filter by partition.
    pub require_partition_filter: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its description; empty if it has none.
    pub description: String,
    /// Milliseconds since 1970.
    #[serde(with = "int64::option")]
    pub expiration_time: Option<i64>,
    /// Its KMS key.
    pub encryption_configuration: Option<EncryptionConfiguration>,
    /// Primary and foreign keys.
    pub table_constraints: TableConstraints,
}

impl Table {
    /// Its columns, in order.
    pub fn fields(&self) -> &[Field] {
        &self.schema.fields
    }

    /// The column with this name, ignoring case, as BigQuery does.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

/// The table's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableReference {
    /// Its project.
    pub project_id: String,
    /// Its dataset.
    pub dataset_id: String,
    /// Its name.
    pub table_id: String,
}

/// The key that encrypts a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EncryptionConfiguration {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Primary and foreign keys. BigQuery does not enforce them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TableConstraints {
    /// The primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    /// The foreign keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
}

/// A primary key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrimaryKey {
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A foreign key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForeignKey {
    /// Pairs of a column and the column that it refers to.
    pub column_references: Vec<ColumnReference>,
    /// Its name, the other table, and everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A column of a foreign key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ColumnReference {
    /// The column of this table.
    pub referencing_column: String,
    /// The other table's column, and everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_with_unknown_types_is_read() {
        let table: Table = serde_json::from_value(json!({
            "type": "TABLE", "numRows": "5", "etag": "x",
            "schema": {"fields": [
                {"name": "Id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["p"]}},
                {"name": "new", "type": "TYPE_OF_TOMORROW"},
            ]},
        }))
        .unwrap();
        assert_eq!(table.num_rows, Some(5));
        assert_eq!(table.field("id").unwrap().rest["policyTags"]["names"][0], "p");
        assert_eq!(table.fields()[1].kind, "TYPE_OF_TOMORROW");
        let empty: Table = serde_json::from_value(json!({})).unwrap();
        assert_eq!((empty.num_rows, empty.fields().len()), (None, 0));
    }

    #[test]
    fn a_foreign_key_survives_a_round_trip() {
        let constraints = json!({
            "primaryKey": {"columns": ["id"]},
            "foreignKeys": [{
                "name": "f", "referencedTable": {"projectId": "p", "datasetId": "d", "tableId": "t"},
                "columnReferences": [{"referencingColumn": "a", "referencedColumn": "b"}],
            }],
        });
        let read: TableConstraints = serde_json::from_value(constraints.clone()).unwrap();
        assert_eq!(read.foreign_keys[0].column_references[0].referencing_column, "a");
        assert_eq!(serde_json::to_value(read).unwrap(), constraints);
    }
}
