//! What goes wrong with BigQuery: what was being done, what the service answered, how often it was tried.

use std::time::{Duration, SystemTime};

use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::model::error_proto::ErrorProto;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;

use crate::retry::tries_text;

/// An error of the destination.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {cause}{}", tries_text(*tries, *elapsed))]
pub struct Error {
    /// What was being done.
    pub doing: String,
    /// What happened.
    pub cause: Cause,
    /// How often it was tried.
    pub tries: u32,
    /// For how long.
    pub elapsed: Duration,
}

/// What happened to one request.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The service answered with an error.
    #[error("BigQuery answered {status}{}: {message}", spaced(reason))]
    Answer {
        /// HTTP status.
        status: u16,
        /// BigQuery's reason, such as `accessDenied`; empty when the answer was not BigQuery's JSON.
        reason: String,
        /// Its message.
        message: String,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// No answer.
    #[error("{0}")]
    Transport(String),
    /// An answer that is not what the API promises, of unknown status.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// No token.
    #[error(
        "no access token: {message} (on a laptop run `gcloud auth application-default login`; on Cloud Run look at \
         the job's service account)"
    )]
    Credentials {
        /// Why.
        message: String,
        /// Whether the next try may get one.
        transient: bool,
    },
    /// The load job ended with an error.
    #[error("the job failed{}: {message}", spaced(reason))]
    Job {
        /// BigQuery's reason.
        reason: String,
        /// Its messages.
        message: String,
    },
    /// 404 or 410: the session is gone, and with it all that was sent.
    #[error("BigQuery lost the upload session")]
    SessionLost {
        /// Its last byte may have arrived before, and then there is a job.
        may_be_complete: bool,
    },
    /// The session stands where it cannot: bytes that were acknowledged are gone.
    #[error(
        "BigQuery lost bytes of the upload: it says that it has {received}, and was sent those from {start} to {end}"
    )]
    Astray {
        /// What it says that it has.
        received: u64,
        /// What it had acknowledged.
        start: u64,
        /// What it can have at most.
        end: u64,
    },
    /// The session answers, and is where it was.
    #[error("BigQuery took nothing of what was sent")]
    NothingTaken,
    /// 404 for something that was made a moment ago: not every part of the service knows of it yet.
    #[error("BigQuery does not know {0}")]
    Unknown(&'static str),
    /// Something that must hold does not.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    pub(super) fn once(doing: impl Into<String>, cause: Cause) -> Self {
        Self { doing: doing.into(), cause, tries: 1, elapsed: Duration::ZERO }
    }
}

fn spaced(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" {reason}") }
}

impl From<BQError> for Cause {
    fn from(error: BQError) -> Self {
        match error {
            BQError::ResponseError { error } => {
                let reason = error.error.errors.first().and_then(|first| first.get("reason")).cloned();
                Self::Answer {
                    status: u16::try_from(error.error.code).unwrap_or(0),
                    reason: reason.unwrap_or_default(),
                    message: error.error.message,
                    retry_after: None, // the client keeps no headers
                }
            }
            // The client parses every answer as BigQuery's JSON and forgets the status when it is not.
            BQError::RequestError(error) if error.is_decode() => {
                Self::Unreadable("it is not the JSON that its API promises".into())
            }
            BQError::RequestError(error) => Self::from(error),
            BQError::InvalidServiceAccountAuthenticator(error) => match error.downcast::<Self>() {
                Ok(cause) => cause,
                Err(error) => Self::Credentials { message: error.to_string(), transient: false },
            },
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<reqwest::Error> for Cause {
    fn from(error: reqwest::Error) -> Self {
        let url = error.url().map(|url| format!("{}://{}", url.scheme(), url.authority()));
        let url = url.unwrap_or_else(|| "BigQuery".into());
        let error = error.without_url();
        if error.is_timeout() {
            Self::Transport(format!("{url} did not answer in time"))
        } else if error.is_connect() {
            Self::Transport(format!("{url} cannot be reached: {}", innermost(&error)))
        } else {
            Self::Transport(format!("the connection to {url} broke: {}", innermost(&error)))
        }
    }
}

/// What is at the bottom of it; the layers above say only that they failed.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// BigQuery's JSON of an error answer. Source: "Error messages", REST API.
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorContent,
}

#[derive(Deserialize)]
struct ErrorContent {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<ErrorProto>,
}

/// The longest piece of an unknown answer that is worth a log line.
const LONGEST_EXCERPT: usize = 200;
/// A table of ten thousand columns with the longest descriptions is shorter.
const LONGEST_ANSWER: usize = 32 << 20;

/// The cause in an answer that is an error.
pub(super) async fn error_answer(response: reqwest::Response) -> Cause {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| after(value.to_str().ok()?));
    let mut cause = answer(status, &text(response).await.unwrap_or_default());
    if let Cause::Answer { retry_after: known, .. } = &mut cause {
        *known = retry_after;
    }
    cause
}

/// `Retry-After`: seconds, or a date of HTTP.
fn after(value: &str) -> Option<Duration> {
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A date that is past: at once.
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).unwrap_or_default()),
    }
}

/// The body as text, as far as an answer of the API can be long: whatever answers in its place fills no memory.
pub(super) async fn text(mut response: reqwest::Response) -> Result<String, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > LONGEST_ANSWER {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// The body may be BigQuery's JSON, HTML or nothing.
fn answer(status: u16, body: &str) -> Cause {
    let parsed: Option<ErrorBody> = serde_json::from_str(body).ok();
    let (reason, message) = match parsed {
        Some(ErrorBody { error }) => {
            let reason = error.errors.into_iter().find_map(|error| error.reason).unwrap_or_default();
            (reason, error.message)
        }
        None => {
            let excerpt: String =
                body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_EXCERPT).collect();
            (String::new(), if excerpt.is_empty() { "an empty answer".into() } else { excerpt })
        }
    };
    Cause::Answer { status, reason, message, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        assert!(after(&later).is_some_and(|wait| wait > Duration::from_secs(3500)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }

    #[test]
    fn an_answer_is_json_or_html_or_nothing() {
        let json = r#"{"error": {"message": "no", "errors": [{"reason": "accessDenied"}]}}"#;
        for (body, expected) in [
            (json, "BigQuery answered 403 accessDenied: no"),
            ("<html>\n  <b>busy</b>", "BigQuery answered 403: <html> <b>busy</b>"),
            ("", "BigQuery answered 403: an empty answer"),
            ("{}", "BigQuery answered 403: {}"),
        ] {
            assert_eq!(answer(403, body).to_string(), expected);
        }
    }
}
