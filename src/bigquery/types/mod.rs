//! The REST resources of BigQuery's API, as far as the program uses them.
//!
//! A type that is read and sent back holds unknown keys in `rest`, so that they are preserved.
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
