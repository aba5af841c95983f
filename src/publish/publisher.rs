//! The publisher, and what earlier attempts published.

use crate::bigquery::Client;

/// Publishes the tables of one execution.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// The BigQuery client.
    pub client: &'a Client,
    /// Cloud Run's execution, which publishes each table once.
    pub execution: &'a str,
}

/// What earlier attempts of the execution did with a table.
#[derive(Debug, PartialEq, Eq)]
pub enum Earlier {
    /// They published it.
    Published {
        /// The load job.
        job_id: String,
        /// How many rows the job loaded.
        rows: u64,
    },
    /// They did not publish it.
    Nothing {
        /// How many of its load jobs failed. The next job uses this number in its id.
        generation: u32,
    },
}
