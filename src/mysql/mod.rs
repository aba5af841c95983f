//! The source: connection, catalog, and one consistent stream of rows. Knows nothing of BigQuery.

pub mod catalog;
pub mod connection;
pub mod error;
pub mod key;
pub mod locks;
pub mod login;
pub mod ranges;
pub mod rows;
pub mod settings;
pub mod snapshots;

pub use error::Error;
pub use settings::Settings;
