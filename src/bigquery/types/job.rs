//! The REST resource "Job": the request and the result.

use serde::{Deserialize, Serialize};

use crate::bigquery::types::int64;
use crate::bigquery::types::load::LoadConfiguration;

/// The request for a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRequest {
    /// Its id and location.
    pub job_reference: JobReference,
    /// What it does.
    pub configuration: JobConfiguration,
}

/// The job's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobReference {
    /// The project that runs it.
    pub project_id: String,
    /// Without one, BigQuery generates an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Where it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobConfiguration {
    /// Whether to only check the statement and the permissions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What the job does.
    #[serde(flatten)]
    pub work: Work,
}

/// The kinds of jobs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// Loads a file.
    Load(Box<LoadConfiguration>),
    /// Runs a statement.
    Query(QueryConfiguration),
}

/// "JobConfigurationQuery".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryConfiguration {
    /// The statement.
    pub query: String,
    /// False for GoogleSQL.
    pub use_legacy_sql: bool,
}

/// A job as BigQuery reports it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Every job has one: an answer without it is not a job.
    pub job_reference: JobReference,
    /// Its status.
    #[serde(default)]
    pub status: JobStatus,
    /// Its statistics.
    #[serde(default)]
    pub statistics: JobStatistics,
}

/// The status of a job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    /// `PENDING`, `RUNNING` or `DONE`.
    pub state: String,
    /// Why it failed, if it did.
    pub error_result: Option<ErrorProto>,
    /// All errors. For a job that succeeded, these are warnings.
    pub errors: Vec<ErrorProto>,
}

/// One error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ErrorProto {
    /// BigQuery's reason, such as `backendError`.
    pub reason: Option<String>,
    /// The message.
    pub message: Option<String>,
}

/// The statistics of a job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct JobStatistics {
    /// For a load job.
    pub load: LoadStatistics,
}

/// The statistics of a load job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadStatistics {
    /// How many rows the job loaded. BigQuery may omit a zero.
    #[serde(with = "int64::option")]
    pub output_rows: Option<u64>,
}

impl Job {
    /// Whether the job has ended, successfully or not.
    pub fn is_done(&self) -> bool {
        self.status.state == "DONE"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_request_has_the_form_of_the_api() {
        let query = QueryConfiguration { query: "SELECT 1".into(), use_legacy_sql: false };
        let request = JobRequest {
            job_reference: JobReference { project_id: "p".into(), job_id: None, location: Some("EU".into()) },
            configuration: JobConfiguration { dry_run: true, work: Work::Query(query) },
        };
        let sent = json!({
            "jobReference": {"projectId": "p", "location": "EU"},
            "configuration": {"dryRun": true, "query": {"query": "SELECT 1", "useLegacySql": false}},
        });
        assert_eq!(serde_json::to_value(request).unwrap(), sent);
    }

    #[test]
    fn an_answer_without_a_reference_is_not_a_job() {
        let read = |value| serde_json::from_value::<Job>(value);
        let reference = json!({"projectId": "p", "jobId": "j"});
        assert!(read(json!({})).is_err());
        let job = read(json!({"jobReference": reference, "statistics": {"load": {"outputRows": "5"}}})).unwrap();
        assert_eq!((job.is_done(), job.statistics.load.output_rows), (false, Some(5)));
        let job = read(json!({"jobReference": reference, "status": {"state": "DONE", "errorResult": {"reason": "r"}}}));
        assert_eq!(job.unwrap().status.error_result.unwrap().reason.as_deref(), Some("r"));
    }
}
