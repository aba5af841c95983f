//! "TimePartitioning", "RangePartitioning" and "Clustering".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bigquery::types::int64;

/// Partitions by time: of a column, or of loading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimePartitioning {
    /// `HOUR`, `DAY`, `MONTH` or `YEAR`.
    #[serde(rename = "type")]
    pub granularity: String,
    /// The column; without one it is the time of loading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Everything else, such as how long a partition is kept.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Partitions by ranges of an integer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RangePartitioning {
    /// The column.
    pub field: String,
    /// How its values are cut.
    pub range: Range,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// `start` and every `interval` from there to below `end`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    /// The least value of the first partition.
    #[serde(with = "int64")]
    pub start: i64,
    /// The least value that is beyond the last.
    #[serde(with = "int64")]
    pub end: i64,
    /// How many values a partition has.
    #[serde(with = "int64")]
    pub interval: i64,
}

/// Clustering.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clustering {
    /// The columns, in their order.
    pub fields: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
