//! Settings of the destination dataset.

use std::time::Duration;

/// The destination dataset.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `BIGQUERY_PROJECT`.
    pub project: String,
    /// `BIGQUERY_DATASET`.
    pub dataset: String,
    /// `BIGQUERY_LOCATION`; by default the dataset's own location.
    pub location: Option<String>,
    /// The base URL of an emulator, without a trailing slash.
    pub emulator: Option<String>,
    /// How long the first request may go without any answer; the usual time if there is none.
    pub silence: Option<Duration>,
}
