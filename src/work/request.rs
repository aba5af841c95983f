//! A table that was asked for by its name, with its options.

use std::num::NonZeroUsize;

use crate::mapping::columns::ColumnOptions;
use crate::mapping::names;

/// One table that was asked for by its name, with its options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableRequest {
    /// Name in MySQL.
    pub name: String,
    /// Name in BigQuery, when it is not made from the MySQL name.
    pub destination: Option<String>,
    /// Which columns are copied, and as what.
    pub columns: ColumnOptions,
    /// The operator's own SQL condition; only rows for which it is true are copied.
    pub filter: Option<String>,
    /// Instead of `READ_CONNECTIONS`.
    pub read_connections: Option<NonZeroUsize>,
    /// Instead of `MAX_SHRINK_PERCENT`.
    pub max_shrink_percent: Option<u8>,
    /// The partitioning of a new table.
    pub partition_by: Option<PartitionBy>,
    /// The columns that a new table is clustered by, in their order.
    pub cluster_by: Vec<String>,
}

/// `partition_by` of a table's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionBy {
    /// Its name in MySQL.
    pub column: String,
    /// How its values are cut.
    pub scheme: PartitionScheme,
}

/// How a column's values are cut into partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionScheme {
    /// A DATE, DATETIME or TIMESTAMP.
    Time(Granularity),
    /// An integer: `start` and every `interval` from there to below `end`.
    Range {
        /// The least value of the first partition.
        start: i64,
        /// The least value that is beyond the last.
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

    /// The destination's name, for a table that the server calls `name`.
    pub fn destination(&self, name: &str) -> Result<String, String> {
        match &self.destination {
            Some(destination) => Ok(destination.clone()),
            None => names::table(name).map_err(|problem| format!("table {name}: {problem}")),
        }
    }
}
