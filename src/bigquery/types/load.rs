//! "JobConfigurationLoad".

use serde::Serialize;

use crate::bigquery::types::partitioning::{Clustering, RangePartitioning, TimePartitioning};
use crate::bigquery::types::schema::TableSchema;
use crate::bigquery::types::table::{EncryptionConfiguration, TableReference};

/// What a load job does with the file that is uploaded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadConfiguration {
    /// The file's format.
    pub source_format: SourceFormat,
    /// That a date in the file is a DATE, not a number of days.
    pub use_avro_logical_types: bool,
    /// What a decimal of the file may become, in this order.
    pub decimal_target_types: Vec<DecimalTarget>,
    /// Whether the table may be made.
    pub create_disposition: CreateDisposition,
    /// What happens to what is in the table.
    pub write_disposition: WriteDisposition,
    /// What a job that keeps the table's columns may do to them all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schema_update_options: Vec<SchemaUpdateOption>,
    /// The columns.
    #[serde(skip_serializing_if = "TableSchema::is_empty")]
    pub schema: TableSchema,
    /// Partitions by time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_partitioning: Option<TimePartitioning>,
    /// Partitions by ranges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_partitioning: Option<RangePartitioning>,
    /// Clustering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clustering: Option<Clustering>,
    /// The table's KMS key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_encryption_configuration: Option<EncryptionConfiguration>,
    /// Where the rows go.
    pub destination_table: TableReference,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "BigQuery's own names")]
pub enum SourceFormat {
    Avro,
}

/// What a decimal of a file may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "BigQuery's own names")]
pub enum DecimalTarget {
    Numeric,
    BigNumeric,
    String,
}

/// Whether a job may make its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CreateDisposition {
    /// It makes the table where there is none.
    CreateIfNeeded,
}

/// What happens to what is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WriteDisposition {
    /// Rows and columns are replaced; constraints and row access policies go.
    WriteTruncate,
    /// Rows are replaced; columns, constraints and policies stay.
    WriteTruncateData,
}

/// What a job that keeps the table's columns may do to them all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SchemaUpdateOption {
    /// Add columns that may be NULL.
    AllowFieldAddition,
    /// Let columns be NULL that might not.
    AllowFieldRelaxation,
}
