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
    /// Where the API is.
    pub api: Api,
    /// How long the first request may go without any answer; the usual time if there is none.
    pub silence: Option<Duration>,
}

/// Where the API is. A URL has no path and no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// At Google's usual address.
    Google,
    /// At this private or regional address of Google's, with the same credentials.
    Endpoint(String),
    /// An emulator, which checks no credentials.
    Emulator(String),
}
