//! Who publishes, and what has been published before.

use crate::bigquery::Client;

/// Where an execution publishes.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    /// The way there.
    pub client: &'a Client,
    /// Cloud Run's execution: one table is published once in each.
    pub execution: &'a str,
}

/// What earlier attempts of an execution have done about a table.
#[derive(Debug, PartialEq, Eq)]
pub enum Earlier {
    /// All of it.
    Published {
        /// The job that did.
        job_id: String,
        /// How many rows it has loaded.
        rows: u64,
    },
    /// Nothing that lasts; this generation's job id is free.
    Nothing {
        /// How many jobs have failed.
        generation: u32,
    },
}
