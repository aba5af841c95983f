//! The REST resources "TimePartitioning", "RangePartitioning" and "Clustering".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bigquery::types::int64;

/// Partitions by time: of a column, or of the load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimePartitioning {
    /// `HOUR`, `DAY`, `MONTH` or `YEAR`.
    #[serde(rename = "type")]
    pub granularity: String,
    /// The column; without one, partitions are by load time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Everything else, such as the expiration of partitions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Partitions by ranges of an integer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RangePartitioning {
    /// The column.
    pub field: String,
    /// The boundaries of the partitions.
    pub range: Range,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Partitions begin at `start` and at every `interval` after it, below `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    /// The first value of the first partition.
    #[serde(with = "int64")]
    pub start: i64,
    /// The first value after the last partition.
    #[serde(with = "int64")]
    pub end: i64,
    /// How many values a partition covers.
    #[serde(with = "int64")]
    pub interval: i64,
}

/// Clustering.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clustering {
    /// The columns, in order.
    pub fields: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
