//! What the operator should do about an error: the only place below the configuration that names variables, grants and roles.

pub mod bigquery;
pub mod mapping;
pub mod mysql;
pub mod tables;
