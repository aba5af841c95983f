//! The load job: its configuration, its end, and whether it loaded what was sent.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use gcp_bigquery_client::model::error_proto::ErrorProto;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::job_reference::JobReference;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::bigquery::Client;
use crate::bigquery::error::{Cause, Error};
use crate::bigquery::retry::{Budget, retrying};

/// Most load jobs take seconds; a large one is not asked more often than every 10 s.
const FIRST_POLL: Duration = Duration::from_millis(100);
const SLOWEST_POLL: Duration = Duration::from_secs(10);

/// BigQuery's limit on job ids ("JobReference", REST reference).
const LONGEST_JOB_ID: usize = 1024;

/// How many of a failed job's messages are shown.
const SHOWN_ERRORS: usize = 3;

impl Client {
    /// The job, as JSON, that loads one Avro file as `load` says; the client library's type lacks some of its fields.
    pub fn load_job(&self, job_id: &str, table: &str, load: &Map<String, Value>) -> Value {
        let mut load = load.clone();
        load.insert(
            "destinationTable".into(),
            json!({"projectId": self.project, "datasetId": self.dataset, "tableId": table}),
        );
        let reference = JobReference {
            job_id: Some(job_id.to_owned()),
            project_id: Some(self.project.clone()),
            location: self.location.clone(),
        };
        json!({"jobReference": reference, "configuration": {"load": load}})
    }

    /// Waits for the job's end and makes sure that it loaded exactly `rows` rows.
    pub async fn wait_for_load(&self, doing: &str, job_id: &str, job: Job, rows: u64) -> Result<(), Error> {
        let doing = format!("{doing}: waiting for the load job {job_id}");
        let job = self.ended(&doing, job_id, job).await?;
        loaded_rows(&job, rows).map_err(|cause| Error::once(doing, cause))
    }

    /// What became of a job that an earlier attempt may have started; waits for it while it runs.
    pub async fn fate(&self, doing: &str, job_id: &str) -> Result<Fate, Error> {
        let doing = format!("{doing}: asking what became of the load job {job_id}");
        let Some(job) = self.find_job(&doing, job_id).await? else { return Ok(Fate::Unknown) };
        let job = self.ended(&doing, job_id, job).await?;
        if job.status.as_ref().is_some_and(|status| status.error_result.is_some()) {
            return Ok(Fate::Failed);
        }
        Ok(Fate::Loaded(output_rows(&job).and_then(|rows| rows.parse().ok()).unwrap_or(0)))
    }

    /// The job of this id, if there is one.
    async fn find_job(&self, doing: &str, job_id: &str) -> Result<Option<Job>, Error> {
        retrying(doing, Budget::MIDDLE, || self.ask_for_job(job_id)).await
    }

    /// The job of this id, of which it is known that it was made, or that it may have been a moment ago.
    pub(super) async fn known_job(&self, doing: &str, job_id: &str, budget: Budget) -> Result<Job, Error> {
        retrying(doing, budget, || async { self.ask_for_job(job_id).await?.ok_or(Cause::Unknown("the job")) }).await
    }

    async fn ask_for_job(&self, job_id: &str) -> Result<Option<Job>, Cause> {
        let mut url = self.url(&["jobs", job_id])?;
        if let Some(location) = &self.location {
            url.query_pairs_mut().append_pair("location", location);
        }
        self.ask_once(Method::GET, url, None).await
    }

    async fn ended(&self, doing: &str, job_id: &str, mut job: Job) -> Result<Job, Error> {
        let polls = ExponentialBuilder::default()
            .with_min_delay(FIRST_POLL)
            .with_max_delay(SLOWEST_POLL)
            .with_factor(1.5)
            .without_max_times()
            .build();
        for pause in polls {
            if job.status.as_ref().and_then(|status| status.state.as_deref()) == Some("DONE") {
                break;
            }
            tokio::time::sleep(pause).await;
            job = self.known_job(doing, job_id, Budget::MIDDLE).await?;
        }
        Ok(job)
    }
}

/// `statistics.load.outputRows`, an int64 as text.
fn output_rows(job: &Job) -> Option<&str> {
    job.statistics.as_ref()?.load.as_ref()?.output_rows.as_deref()
}

fn loaded_rows(job: &Job, sent: u64) -> Result<(), Cause> {
    let status = job.status.clone().unwrap_or_default();
    // errors without errorResult are warnings of a job that succeeded.
    if let Some(error) = status.error_result {
        return Err(Cause::Job {
            reason: error.reason.clone().unwrap_or_default(),
            message: messages(&error, status.errors.as_deref().unwrap_or_default()),
        });
    }
    match output_rows(job).map(|rows| rows.parse::<u64>()) {
        Some(Ok(loaded)) if loaded == sent => Ok(()),
        // A statistic that is zero may be left out.
        None if sent == 0 => Ok(()),
        Some(Ok(loaded)) => Err(Cause::Broken(format!(
            "{sent} rows were sent and BigQuery loaded {loaded}: the table may be wrong; \
             \"Time travel\" of BigQuery has yesterday's"
        ))),
        _ => Err(Cause::Broken(format!("{sent} rows were sent and BigQuery does not say how many it loaded"))),
    }
}

fn messages(result: &ErrorProto, errors: &[ErrorProto]) -> String {
    let mut messages: Vec<&str> = Vec::new();
    for error in std::iter::once(result).chain(errors) {
        let message = error.message.as_deref().unwrap_or("without a message");
        if !messages.contains(&message) && messages.len() < SHOWN_ERRORS {
            messages.push(message);
        }
    }
    messages.join("; ")
}

/// The id of a table's load job: the same execution, destination and generation always have the same one.
pub fn job_id(execution: &str, dataset: &str, table: &str, generation: u32) -> String {
    let safe = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
    };
    // The hash keeps tables apart whose names differ only in characters that a job id cannot have.
    let mut id = format!("mysql-bigquery-sync_{}_{dataset}_{}", safe(execution), safe(table));
    let rest = format!("_{:08x}_{generation}", crc32fast::hash(table.as_bytes()));
    id.truncate(LONGEST_JOB_ID - rest.len());
    id + &rest
}

/// What became of a load job of an earlier attempt.
#[derive(Debug)]
pub enum Fate {
    /// No such job: its last chunk never arrived.
    Unknown,
    /// It ended without having changed anything; its id is used up.
    Failed,
    /// It loaded so many rows.
    Loaded(u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(value: serde_json::Value) -> Result<(), String> {
        loaded_rows(&serde_json::from_value(value).unwrap(), 5).map_err(|cause| cause.to_string())
    }

    #[test]
    fn only_as_many_rows_as_were_sent_are_a_success() {
        let rows = |rows| json!({"status": {"state": "DONE"}, "statistics": {"load": {"outputRows": rows}}});
        assert!(ended(rows("5")).is_ok());
        assert!(ended(rows("4")).unwrap_err().contains("5 rows were sent and BigQuery loaded 4"));
        assert!(ended(json!({"status": {"state": "DONE"}})).unwrap_err().contains("does not say"));
        let warned = json!({"status": {"state": "DONE", "errors": [{"message": "m"}]}, "statistics": {"load": {"outputRows": "5"}}});
        assert!(ended(warned).is_ok());
        let failed = json!({"status": {"state": "DONE", "errorResult": {"reason": "invalid", "message": "bad"},
            "errors": [{"message": "bad"}, {"message": "row 7"}]}});
        assert_eq!(ended(failed).unwrap_err(), "the job failed invalid: bad; row 7");
    }

    #[test]
    fn job_ids_are_allowed_and_stable() {
        let id = job_id("job-abc12", "shop", "größe 1", 0);
        assert!(id.starts_with("mysql-bigquery-sync_job-abc12_shop_gr__e_1_") && id.ends_with("_0"), "{id}");
        assert_ne!(job_id("e", "d", "a b", 0), job_id("e", "d", "a.b", 0));
        assert!(job_id("e", "d", &"x".repeat(2000), 7).len() <= LONGEST_JOB_ID);
    }
}
