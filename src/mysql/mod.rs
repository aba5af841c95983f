//! The source: connection, catalog, and one consistent stream of rows. Knows nothing of BigQuery.

pub mod catalog;
pub mod connection;
pub mod error;
pub mod locks;
pub mod login;
pub mod rows;

pub use error::Error;
