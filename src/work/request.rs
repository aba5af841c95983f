//! A table in `TABLES`, with its options.

use std::num::NonZeroUsize;

use crate::mapping::columns::ColumnOptions;
use crate::mapping::names;

/// A table to copy, with its options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableRequest {
    /// Name in MySQL.
    pub name: String,
    /// Name in BigQuery, if it is not derived from the name in MySQL.
    pub destination: Option<String>,
    /// Which columns to copy, and with which types.
    pub columns: ColumnOptions,
    /// An SQL condition. Only rows that satisfy it are copied.
    pub filter: Option<String>,
    /// Overrides `READ_CONNECTIONS`.
    pub read_connections: Option<NonZeroUsize>,
    /// Overrides `MAX_SHRINK_PERCENT`.
    pub max_shrink_percent: Option<u8>,
    /// The partitioning of a new table.
    pub partition_by: Option<PartitionBy>,
    /// The clustering columns of a new table, in order.
    pub cluster_by: Vec<String>,
}

/// `partition_by` of a table's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionBy {
    /// The column's name in MySQL.
    pub column: String,
    /// How its values are divided.
    pub scheme: PartitionScheme,
}

/// How a column's values are divided into partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionScheme {
    /// A DATE, DATETIME or TIMESTAMP.
    Time(Granularity),
    /// An integer: one partition per `interval`, from `start` to `end`.
    Range {
        /// The smallest value of the first partition.
        start: i64,
        /// The end of the last partition, exclusive.
        end: i64,
        /// How many values a partition has.
        interval: i64,
    },
}

/// How long a partition is. Source: "Introduction to partitioned tables".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "BigQuery's own names")]
pub enum Granularity {
    Hour,
    Day,
    Month,
    Year,
}

impl Granularity {
    /// BigQuery's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "HOUR",
            Self::Day => "DAY",
            Self::Month => "MONTH",
            Self::Year => "YEAR",
        }
    }
}

impl TableRequest {
    /// A table without options.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The name of the destination table. `name` is the table's name on the server.
    pub fn destination(&self, name: &str) -> Result<String, String> {
        match &self.destination {
            Some(destination) => Ok(destination.clone()),
            None => names::table(name).map_err(|problem| format!("table {name}: {problem}")),
        }
    }
}
