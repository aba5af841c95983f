//! Why a table failed, and whether it is worth a restart.

use std::io;

use crate::hints;
use crate::mapping::row::RowError;
use crate::{bigquery, mysql, plan};

/// Each variant has its complete message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Source(#[from] mysql::Error),
    #[error(transparent)]
    Destination(#[from] bigquery::Error),
    #[error(transparent)]
    Plan(#[from] plan::Error),
    #[error(transparent)]
    Row(#[from] RowError),
    #[error("compressing a block: {0}")]
    Compression(#[from] io::Error),
    #[error("a bug in mysql-bigquery-sync: {0}")]
    Panic(#[from] tokio::task::JoinError),
    #[error("a bug in mysql-bigquery-sync: {0}")]
    Bug(&'static str),
    #[error("{0}")]
    Refused(String),
    #[error("stopped by a signal while {0}")]
    Stopped(&'static str),
}

impl Failure {
    /// Whether a restart may succeed: the connection to MySQL or the upload session was lost, or BigQuery could not finish the load
    /// job. In all these cases the destination is unchanged.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Source(error) | Self::Plan(plan::Error::Source(error)) => error.is_transient(),
            Self::Destination(error) => error.justifies_restart(),
            _ => false,
        }
    }

    /// Whether BigQuery answered that a job with the same id exists.
    pub(super) fn is_job_id_taken(&self) -> bool {
        matches!(self, Self::Destination(error) if error.kind().is_duplicate())
    }

    /// The failure, and what to do about it.
    pub(super) fn explained(&self, source: &mysql::Settings) -> String {
        match self {
            Self::Source(error) => hints::mysql::explain(error, source),
            Self::Destination(error) => hints::bigquery::explain(error),
            Self::Plan(error) => error.explained(source),
            Self::Row(error) => hints::mapping::explain_row(error),
            _ => self.to_string(),
        }
    }
}
