//! "Job": what is asked for, and what became of it.

use serde::{Deserialize, Serialize};

use crate::bigquery::types::int64;
use crate::bigquery::types::load::LoadConfiguration;

/// A job that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRequest {
    /// Its id and place.
    pub job_reference: JobReference,
    /// What it does.
    pub configuration: JobConfiguration,
}

/// Which job it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobReference {
    /// The project that runs it.
    pub project_id: String,
    /// BigQuery makes one up where there is none.
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
    /// True to have statement and permissions checked, and nothing done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// The work itself.
    #[serde(flatten)]
    pub work: Work,
}

/// The kinds of jobs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// A file becomes rows.
    Load(Box<LoadConfiguration>),
    /// A statement.
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

/// A job as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// What every job has: an answer without it is not one.
    pub job_reference: JobReference,
    /// How far it is.
    #[serde(default)]
    pub status: JobStatus,
    /// What it has done.
    #[serde(default)]
    pub statistics: JobStatistics,
}

/// How far a job is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    /// `PENDING`, `RUNNING` or `DONE`.
    pub state: String,
    /// Why it failed, if it did.
    pub error_result: Option<ErrorProto>,
    /// All that went wrong; of a job that succeeded these are warnings.
    pub errors: Vec<ErrorProto>,
}

/// One thing that went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ErrorProto {
    /// BigQuery's word for it, such as `backendError`.
    pub reason: Option<String>,
    /// The sentence.
    pub message: Option<String>,
}

/// What a job has done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct JobStatistics {
    /// Of a load job.
    pub load: LoadStatistics,
}

/// What a load job has done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadStatistics {
    /// How many rows it has loaded; one that is zero may be left out.
    #[serde(with = "int64::option")]
    pub output_rows: Option<u64>,
}

impl Job {
    /// Whether it has ended, whichever way.
    pub fn is_done(&self) -> bool {
        self.status.state == "DONE"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_is_asked_for_as_the_api_has_it() {
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
    fn an_answer_is_a_job_or_nothing() {
        let read = |value| serde_json::from_value::<Job>(value);
        let reference = json!({"projectId": "p", "jobId": "j"});
        assert!(read(json!({})).is_err());
        let job = read(json!({"jobReference": reference, "statistics": {"load": {"outputRows": "5"}}})).unwrap();
        assert_eq!((job.is_done(), job.statistics.load.output_rows), (false, Some(5)));
        let job = read(json!({"jobReference": reference, "status": {"state": "DONE", "errorResult": {"reason": "r"}}}));
        assert_eq!(job.unwrap().status.error_result.unwrap().reason.as_deref(), Some("r"));
    }
}
