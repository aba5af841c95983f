//! The REST resource "JobConfigurationLoad".

use serde::Serialize;

use crate::bigquery::types::partitioning::{Clustering, RangePartitioning, TimePartitioning};
use crate::bigquery::types::schema::TableSchema;
use crate::bigquery::types::table::{EncryptionConfiguration, TableReference};

/// What a load job does with the uploaded file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadConfiguration {
    /// The file's format.
    pub source_format: SourceFormat,
    /// True: a date in the file becomes a DATE, not a number of days.
    pub use_avro_logical_types: bool,
    /// The types that a decimal may become, in order of preference.
    pub decimal_target_types: Vec<DecimalTarget>,
    /// Whether the job may create the table.
    pub create_disposition: CreateDisposition,
    /// What happens to the table's rows.
    pub write_disposition: WriteDisposition,
    /// How a job that preserves the table's columns may still change them.
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

/// A type that a decimal may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "BigQuery's own names")]
pub enum DecimalTarget {
    Numeric,
    BigNumeric,
    String,
}

/// Whether a job may create its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CreateDisposition {
    /// The job creates the table if it does not exist.
    CreateIfNeeded,
}

/// What happens to the table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WriteDisposition {
    /// Replaces rows and columns; drops constraints and row access policies.
    WriteTruncate,
    /// Replaces rows; preserves columns, constraints and policies.
    WriteTruncateData,
}

/// How a job that preserves the table's columns may still change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SchemaUpdateOption {
    /// Add nullable columns.
    AllowFieldAddition,
    /// Make REQUIRED columns nullable.
    AllowFieldRelaxation,
}
