//! The REST shapes of BigQuery's API, as far as they are used; serde turns them into JSON at the edge.
//!
//! What is sent back as it was read carries the keys that are not known here in `rest`: nothing is lost by not being known.
//! Source: REST reference, and the discovery document `bigquery.v2.json`.

pub mod dataset;
pub mod int64;
pub mod job;
pub mod load;
pub mod partitioning;
pub mod patch;
pub mod policies;
pub mod schema;
pub mod table;
