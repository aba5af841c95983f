//! Maps a source table to BigQuery: the fields of its columns, its Avro schema, and the conversion of its rows.

pub mod bigquery_type;
pub mod charset;
pub mod columns;
pub mod convert;
mod decimal;
pub mod error;
mod geography;
pub mod names;
mod overrides;
pub mod policies;
pub mod row;
pub mod table;
mod target;
mod temporal;
pub mod types;
pub mod unrepresentable;
mod vector;

pub use table::{KeyColumn, MappedColumn, Mapping, VALUES};

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
