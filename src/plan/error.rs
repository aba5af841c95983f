//! Why a table cannot be planned.

use crate::hints;
use crate::{bigquery, mysql};

/// Every variant is a sentence of its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// MySQL failed.
    #[error(transparent)]
    Source(#[from] mysql::Error),
    /// BigQuery failed.
    #[error(transparent)]
    Destination(#[from] bigquery::Error),
    /// What was asked for cannot be done.
    #[error("{0}")]
    Problem(String),
}

impl Error {
    /// The error, and what to do about it.
    pub fn explained(&self) -> String {
        match self {
            Self::Destination(error) => hints::bigquery::explain(error),
            Self::Source(_) | Self::Problem(_) => self.to_string(),
        }
    }
}
