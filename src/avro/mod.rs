//! Avro object container files, written straight from bytes: schema, blocks of datums, container.
//!
//! Source of every rule here: "Apache Avro Specification 1.12", sections on schemas, binary encoding and object
//! container files. What BigQuery accepts of it: "Loading Avro data from Cloud Storage".

pub mod block;
pub mod codec;
pub mod container;
pub mod datum;
pub mod schema;
