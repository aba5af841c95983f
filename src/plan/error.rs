//! Why a table cannot be planned.

use crate::hints;
use crate::{bigquery, mapping, mysql};

/// Each variant has its complete message.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// MySQL failed.
    #[error(transparent)]
    Source(#[from] mysql::Error),
    /// BigQuery failed.
    #[error(transparent)]
    Destination(#[from] bigquery::Error),
    /// The columns cannot be mapped.
    #[error(transparent)]
    Mapping(#[from] mapping::error::Error),
    /// The table cannot be copied as configured.
    #[error("{0}")]
    Problem(String),
}

impl Error {
    /// The error, and what to do about it.
    pub fn explained(&self, source: &mysql::Settings) -> String {
        match self {
            Self::Source(error) => hints::mysql::explain(error, source),
            Self::Destination(error) => hints::bigquery::explain(error),
            Self::Mapping(error) => hints::mapping::explain(error),
            Self::Problem(_) => self.to_string(),
        }
    }
}
