//! What is known of the destination dataset before BigQuery is asked.

use std::time::Duration;

/// The destination.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `BIGQUERY_PROJECT`.
    pub project: String,
    /// `BIGQUERY_DATASET`.
    pub dataset: String,
    /// `BIGQUERY_LOCATION`; without it the dataset's own.
    pub location: Option<String>,
    /// Base URL of an emulator, without a slash at its end.
    pub emulator: Option<String>,
    /// How long the first request may go without any answer; the usual time if there is none.
    pub silence: Option<Duration>,
}
