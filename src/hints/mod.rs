//! What to do about an error. No other module below the configuration names variables, grants or roles.

pub mod bigquery;
pub mod mapping;
pub mod mysql;
pub mod tables;
