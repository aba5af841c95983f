//! Publishes one table, as its mode requires.

use crate::bigquery::types::job::Job;
use crate::bigquery::upload::Upload;
use crate::bigquery::{Client, Error};
use crate::plan::table_plan::{Mode, TablePlan};
use crate::publish::publisher::{Earlier, Publisher};
use crate::publish::replace;

/// A table that is being published. The destination does not change before the last chunk.
pub struct Publication<'a> {
    client: &'a Client,
    plan: &'a TablePlan,
    /// The job that loads the file.
    pub job_id: String,
    /// The upload of the file.
    pub upload: Upload<'a>,
}

impl<'a> Publisher<'a> {
    /// What earlier attempts did with the table. `is_taken` says that BigQuery just answered 409 for the job id.
    pub async fn earlier(self, mode: Mode, destination: &str, is_taken: bool) -> Result<Earlier, Error> {
        let earlier = match mode {
            Mode::Full => replace::earlier(self, destination, is_taken).await,
        };
        earlier.map_err(|error| error.context(|| format!("looking for an earlier load of {destination}")))
    }

    /// Starts the upload.
    pub async fn begin(self, plan: &'a TablePlan, generation: u32) -> Result<Publication<'a>, Error> {
        let (job_id, upload) = match plan.mode {
            Mode::Full => replace::begin(self, plan, generation).await?,
        };
        Ok(Publication { client: self.client, plan, job_id, upload })
    }

    /// Sets the properties that the load job cannot set.
    pub async fn settle(self, plan: &TablePlan) {
        match plan.mode {
            Mode::Full => replace::settle(self.client, plan).await,
        }
    }
}

impl Publication<'_> {
    /// Waits until the destination has the uploaded rows.
    pub async fn complete(&self, job: Job, rows: u64) -> Result<(), Error> {
        let completed = match self.plan.mode {
            Mode::Full => replace::complete(self.client, &self.job_id, job, rows).await,
        };
        completed.map_err(|error| error.context(|| format!("loading into {}", self.plan.destination)))
    }
}
