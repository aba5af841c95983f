//! Jobs: start, find, wait. A job's id is chosen before the job starts.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::Url;

use crate::bigquery::action::Action;
use crate::bigquery::client::{Client, found};
use crate::bigquery::error::{Error, ErrorKind};
use crate::bigquery::types::job::{ErrorProto, Job, JobConfiguration, JobReference, JobRequest, Work};
use crate::retry::Budget;

/// The first pause between polls of a job's status, and the factor from one pause to the next. Most jobs take seconds: with requests
/// of 150 ms, the end of a job of 3 s is seen by the fifth poll, after 3.5 s.
const FIRST_POLL: Duration = Duration::from_millis(250);
const POLL_FACTOR: f32 = 1.4;
/// The longest pause between polls, for large jobs.
const SLOWEST_POLL: Duration = Duration::from_secs(10);

/// After a 409, the existing job becomes visible everywhere in BigQuery within seconds.
const EXISTING_JOB: Budget = Budget::new(Duration::from_secs(30), 12);

/// BigQuery's limit on job ids ("JobReference", REST reference).
const LONGEST_JOB_ID: usize = 1024;

/// How many of a failed job's messages are shown.
const SHOWN_ERRORS: usize = 3;

/// The parts of a job id. The same step of the same table in the same execution always has the same id, so BigQuery runs the job
/// only once.
#[derive(Debug, Clone, Copy)]
pub struct JobName<'a> {
    /// Cloud Run's execution.
    pub execution: &'a str,
    /// The destination table.
    pub table: &'a str,
    /// What the job does with the table.
    pub step: Step,
    /// How many jobs of this step failed before. The id of a failed job cannot be used again.
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

/// The outcome of a job that an earlier attempt may have started.
#[derive(Debug)]
pub enum JobOutcome {
    /// The job does not exist.
    Unknown,
    /// The job failed and changed nothing. Its id cannot be used again.
    Failed,
    /// The job succeeded.
    Succeeded(Box<Job>),
}

impl Client {
    /// The job's id.
    pub fn job_id(&self, name: JobName<'_>) -> String {
        job_id(&self.dataset, name)
    }

    /// The request for a job with this id.
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

    /// Starts a job that needs no upload. If a job with this id already exists, returns that job: the answer to an earlier
    /// request was lost, or an earlier attempt started it.
    pub async fn start_job(&self, id: &str, work: Work) -> Result<Job, Error> {
        match self.insert_job(Action::StartJob { job: id.to_owned() }, &self.job(id, work)).await {
            Err(error) if error.kind().is_duplicate() => self.taken_job(id).await,
            started => started,
        }
    }

    /// Sends the request for a job and returns the job.
    pub(super) async fn insert_job(&self, action: Action, job: &JobRequest) -> Result<Job, Error> {
        self.call(action, Budget::TABLE).post(self.url(&["jobs"]), job).await
    }

    /// The outcome of the job with this id; waits until the job ends. `is_taken` says that BigQuery just answered 409 for this id:
    /// the job exists, even if BigQuery cannot find it yet.
    pub async fn job_outcome(&self, id: &str, is_taken: bool) -> Result<JobOutcome, Error> {
        let found = match is_taken {
            true => self.taken_job(id).await.map(Some),
            false => {
                let call = self.call(Action::FindJob { job: id.to_owned() }, Budget::MIDDLE);
                found(call.get::<Job>(self.job_url(id)).await)
            }
        };
        let job = match found {
            Ok(Some(job)) => job,
            Ok(None) => return Ok(JobOutcome::Unknown),
            // The next upload with this id finds out.
            Err(error) if matches!(error.kind(), ErrorKind::NotVisibleYet(_)) => return Ok(JobOutcome::Unknown),
            Err(error) => return Err(error),
        };
        let job = self.ended(id, job).await?;
        Ok(match job.status.error_result {
            Some(_) => JobOutcome::Failed,
            None => JobOutcome::Succeeded(Box::new(job)),
        })
    }

    /// The job for whose id BigQuery answered 409, whoever started it.
    async fn taken_job(&self, id: &str) -> Result<Job, Error> {
        self.existing_job(id, EXISTING_JOB).await
    }

    /// Looks up a job that was just created. A 404 is retried, because a new job is not visible everywhere at once.
    pub(super) async fn existing_job(&self, id: &str, budget: Budget) -> Result<Job, Error> {
        let call = self.call(Action::WaitForJob { job: id.to_owned() }, budget);
        call.visible_within("the job", Duration::MAX).get(self.job_url(id)).await
    }

    /// Waits until the job ends. A failed job is an error.
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
            .with_factor(POLL_FACTOR)
            .without_max_times()
            .build();
        for pause in polls {
            if job.is_done() {
                break;
            }
            tokio::time::sleep(pause).await;
            job = self.existing_job(id, Budget::MIDDLE).await?;
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
    /// Why the job failed; `None` if it did not.
    fn failure(&self) -> Option<ErrorKind> {
        let error = self.status.error_result.as_ref()?;
        let reason = error.reason.clone().unwrap_or_default();
        Some(ErrorKind::Job { reason, message: messages(error, &self.status.errors) })
    }
}

fn messages(result: &ErrorProto, errors: &[ErrorProto]) -> String {
    let mut messages: Vec<&str> = Vec::new();
    for error in std::iter::once(result).chain(errors) {
        let message = error.message.as_deref().unwrap_or("no message");
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
    // The hash tells tables apart whose names differ only in characters that a job id cannot contain.
    let mut id = format!("mysql-bigquery-sync_{}_{dataset}_{}", safe(execution), safe(table));
    let rest = format!("_{:08x}_{}_{generation}", crc32fast::hash(table.as_bytes()), step.name());
    id.truncate(LONGEST_JOB_ID - rest.len());
    id + &rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bigquery::settings::{Api, Settings};
    use crate::bigquery::types::job::QueryConfiguration;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A fake BigQuery that sends these answers in turn and returns the first line of each request.
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
        let settings = Settings { project, dataset, location: None, api: Api::Emulator(address), silence: None };
        (Client::connect(&settings).await.unwrap(), serving)
    }

    /// Whether the request has arrived completely.
    fn is_complete(request: &str) -> bool {
        let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        length.is_none_or(|length| length.parse() == Ok(body.len()))
    }

    #[tokio::test]
    async fn a_job_of_any_kind_is_started_once() {
        // As `main` does; another test may have done it already.
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
