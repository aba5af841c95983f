//! Writes Avro object container files directly as bytes: schema, blocks of datums, container.
//!
//! The format is defined in "Apache Avro Specification 1.12", sections on schemas, binary encoding and object
//! container files. "Loading Avro data from Cloud Storage" says which parts of it BigQuery accepts.

pub mod block;
pub mod codec;
pub mod container;
pub mod datum;
pub mod schema;
