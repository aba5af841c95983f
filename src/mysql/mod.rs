//! The source server: connections, the catalog, and consistent streams of rows. This module knows nothing about BigQuery.

pub mod catalog;
pub mod connection;
pub mod error;
pub mod key;
pub mod locks;
mod login;
pub mod ranges;
pub mod rows;
pub mod session;
pub mod settings;
pub mod snapshot;
pub mod sql;
pub mod tls;

pub use error::Error;
pub use settings::Settings;
pub use sql::Connection;
