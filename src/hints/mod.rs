//! What the operator should do about an error: the only place below the configuration that names variables, grants and roles.

mod bigquery;
mod mysql;

pub use mysql::mysql;
