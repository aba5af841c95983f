//! Jobs of any kind, each under an id that is known before it is started: start, find, wait.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::Url;

use crate::bigquery::action::Action;
use crate::bigquery::client::{Client, found};
use crate::bigquery::error::{Error, ErrorKind};
use crate::bigquery::types::job::{ErrorProto, Job, JobConfiguration, JobReference, JobRequest, Work};
use crate::retry::Budget;

/// Most jobs take seconds; a large one is not asked more often than every 10 s.
const FIRST_POLL: Duration = Duration::from_millis(100);
const SLOWEST_POLL: Duration = Duration::from_secs(10);

/// A job that was there a moment ago, by a 409, is found within seconds by every part of the service.
const TAKEN: Budget = Budget::new(Duration::from_secs(30), 12);

/// BigQuery's limit on job ids ("JobReference", REST reference).
const LONGEST_JOB_ID: usize = 1024;

/// How many of a failed job's messages are shown.
const SHOWN_ERRORS: usize = 3;

/// What a job's id is made of. The same step of the same table and execution always has the same one: whoever starts it twice
/// starts it once.
#[derive(Debug, Clone, Copy)]
pub struct JobName<'a> {
    /// Cloud Run's execution.
    pub execution: &'a str,
    /// The destination table.
    pub table: &'a str,
    /// What is done with the table.
    pub step: Step,
    /// How many jobs of the same step have failed before: their ids are used up.
    pub generation: u32,
}

/// What a job does with its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Loads the rows.
    Load,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
        }
    }
}

/// What became of a job that may have been started before.
#[derive(Debug)]
pub enum JobOutcome {
    /// There is none.
    Unknown,
    /// It ended without having changed anything; its id is used up.
    Failed,
    /// It has done its work.
    Succeeded(Box<Job>),
}

impl Client {
    /// The id of a job.
    pub fn job_id(&self, name: JobName<'_>) -> String {
        job_id(&self.dataset, name)
    }

    /// The job of this id that does this work.
    pub fn job(&self, id: &str, work: Work) -> JobRequest {
        JobRequest {
            job_reference: JobReference {
                project_id: self.project.clone(),
                job_id: Some(id.to_owned()),
                location: self.location.clone(),
            },
            configuration: JobConfiguration { dry_run: false, work },
        }
    }

    /// Starts a job that needs no upload. If there is one of this id already, that is the job: an answer to an earlier request was
    /// lost, or an earlier attempt has started it.
    pub async fn start_job(&self, id: &str, work: Work) -> Result<Job, Error> {
        match self.insert_job(Action::StartJob { job: id.to_owned() }, &self.job(id, work)).await {
            Err(error) if error.kind().is_duplicate() => self.known_job(id, TAKEN).await,
            started => started,
        }
    }

    /// Sends a job; BigQuery answers with the job as it is then.
    pub(super) async fn insert_job(&self, action: Action, job: &JobRequest) -> Result<Job, Error> {
        self.call(action, Budget::TABLE).post(self.url(&["jobs"]), job).await
    }

    /// What became of the job of this id; waits for it while it runs. Of an id that `is_taken`, as BigQuery said a moment ago,
    /// the job is waited for even while BigQuery does not know it.
    pub async fn job_outcome(&self, id: &str, is_taken: bool) -> Result<JobOutcome, Error> {
        let found = match is_taken {
            true => self.known_job(id, TAKEN).await.map(Some),
            false => {
                let call = self.call(Action::FindJob { job: id.to_owned() }, Budget::MIDDLE);
                found(call.get::<Job>(self.job_url(id)).await)
            }
        };
        let job = match found {
            Ok(Some(job)) => job,
            Ok(None) => return Ok(JobOutcome::Unknown),
            // Then the next upload tells.
            Err(error) if matches!(error.kind(), ErrorKind::NotKnownYet(_)) => return Ok(JobOutcome::Unknown),
            Err(error) => return Err(error),
        };
        let job = self.ended(id, job).await?;
        Ok(match job.status.error_result {
            Some(_) => JobOutcome::Failed,
            None => JobOutcome::Succeeded(Box::new(job)),
        })
    }

    /// The job of this id, of which it is known that it was made, or that it may have been a moment ago.
    pub(super) async fn known_job(&self, id: &str, budget: Budget) -> Result<Job, Error> {
        let call = self.call(Action::WaitForJob { job: id.to_owned() }, budget);
        call.known_within("the job", Duration::MAX).get(self.job_url(id)).await
    }

    /// Waits until the job has ended, and makes sure that it succeeded.
    pub async fn wait_for_job(&self, id: &str, job: Job) -> Result<Job, Error> {
        let job = self.ended(id, job).await?;
        match job.failure() {
            None => Ok(job),
            Some(kind) => Err(Error::once(Action::WaitForJob { job: id.to_owned() }, kind)),
        }
    }

    async fn ended(&self, id: &str, mut job: Job) -> Result<Job, Error> {
        let polls = ExponentialBuilder::default()
            .with_min_delay(FIRST_POLL)
            .with_max_delay(SLOWEST_POLL)
            .with_factor(1.5)
            .without_max_times()
            .build();
        for pause in polls {
            if job.is_done() {
                break;
            }
            tokio::time::sleep(pause).await;
            job = self.known_job(id, Budget::MIDDLE).await?;
        }
        Ok(job)
    }

    fn job_url(&self, id: &str) -> Url {
        let mut url = self.url(&["jobs", id]);
        if let Some(location) = &self.location {
            url.query_pairs_mut().append_pair("location", location);
        }
        url
    }
}

impl Job {
    /// Why it failed, if it did.
    fn failure(&self) -> Option<ErrorKind> {
        let error = self.status.error_result.as_ref()?;
        let reason = error.reason.clone().unwrap_or_default();
        Some(ErrorKind::Job { reason, message: messages(error, &self.status.errors) })
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

fn job_id(dataset: &str, JobName { execution, table, step, generation }: JobName<'_>) -> String {
    let safe = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
    };
    // The hash keeps tables apart whose names differ only in characters that a job id cannot have.
    let mut id = format!("mysql-bigquery-sync_{}_{dataset}_{}", safe(execution), safe(table));
    let rest = format!("_{:08x}_{}_{generation}", crc32fast::hash(table.as_bytes()), step.name());
    id.truncate(LONGEST_JOB_ID - rest.len());
    id + &rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bigquery::settings::Settings;
    use crate::bigquery::types::job::QueryConfiguration;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A BigQuery that gives these answers, one after the other, and returns the first line of each request.
    async fn answering(answers: Vec<(u16, String)>) -> (Client, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let mut lines = Vec::new();
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = String::new();
                while !is_complete(&request) {
                    let mut piece = [0; 4096];
                    let length = stream.read(&mut piece).await.unwrap();
                    request += std::str::from_utf8(&piece[..length]).unwrap();
                }
                lines.push(request.lines().next().unwrap_or_default().to_owned());
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close", body.len());
                stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
            }
            lines
        });
        let (project, dataset) = ("p".to_owned(), "d".to_owned());
        let settings = Settings { project, dataset, location: None, emulator: Some(address), silence: None };
        (Client::connect(&settings).await.unwrap(), serving)
    }

    /// Whether all of a request has come.
    fn is_complete(request: &str) -> bool {
        let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        length.is_none_or(|length| length.parse() == Ok(body.len()))
    }

    #[tokio::test]
    async fn a_job_of_any_kind_is_started_once() {
        // What `main` does; another test may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dataset = json!({"datasetReference": {"datasetId": "d"}, "location": "EU"}).to_string();
        let job =
            |state| json!({"jobReference": {"projectId": "p", "jobId": "j"}, "status": {"state": state}}).to_string();
        let duplicate =
            json!({"error": {"message": "Already Exists", "errors": [{"reason": "duplicate"}]}}).to_string();
        let answers =
            vec![(200, dataset), (409, duplicate), (404, String::new()), (200, job("RUNNING")), (200, job("DONE"))];
        let (client, serving) = answering(answers).await;
        let work = Work::Query(QueryConfiguration { query: "SELECT 1".into(), use_legacy_sql: false });
        let started = client.start_job("j", work).await.unwrap();
        assert!(client.wait_for_job("j", started).await.unwrap().is_done());
        let asked = "GET /bigquery/v2/projects/p/jobs/j?location=EU HTTP/1.1";
        let lines = serving.await.unwrap();
        assert_eq!(lines[1..], ["POST /bigquery/v2/projects/p/jobs HTTP/1.1", asked, asked, asked]);
    }

    #[test]
    fn a_failed_job_says_why() {
        let job = |status| {
            let job = json!({"jobReference": {"projectId": "p", "jobId": "j"}, "status": status});
            serde_json::from_value::<Job>(job).unwrap().failure().map(|kind| kind.to_string())
        };
        let failed = json!({"state": "DONE", "errorResult": {"reason": "invalid", "message": "bad"},
            "errors": [{"message": "bad"}, {"message": "row 7"}]});
        assert_eq!(job(failed).unwrap(), "the job failed invalid: bad; row 7");
        assert_eq!(job(json!({"state": "DONE", "errors": [{"message": "a warning"}]})), None);
    }

    #[test]
    fn job_ids_are_allowed_and_stable() {
        let id =
            |execution, table, generation| job_id("shop", JobName { execution, table, step: Step::Load, generation });
        let umlaut = id("job-abc12", "größe 1", 0);
        assert!(umlaut.starts_with("mysql-bigquery-sync_job-abc12_shop_gr__e_1_"), "{umlaut}");
        assert!(umlaut.ends_with("_load_0"), "{umlaut}");
        assert_ne!(id("e", "a b", 0), id("e", "a.b", 0));
        assert!(id("e", &"x".repeat(2000), 7).len() <= LONGEST_JOB_ID);
    }
}
