//! BigQuery errors: the kind, its source, and the action that failed.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::bigquery::action::Action;
use crate::google_auth;
use crate::report::cause::root_cause;
use crate::retry::{Failed, tries_text};

/// An error from BigQuery.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// What the callers were doing, outermost first.
    context: Vec<String>,
    action: Action,
    kind: ErrorKind,
    tries: u32,
    elapsed: Duration,
}

/// Why a request failed, or what is wrong with its answer.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// BigQuery answered with an error.
    #[error("{0}")]
    Answer(Answer),
    /// No answer arrived.
    #[error("{}", no_answer(url, source))]
    Transport {
        /// The server: scheme, host and port.
        url: String,
        /// The cause.
        source: reqwest::Error,
    },
    /// The answer does not have the documented form. Whether the request took effect is unknown.
    #[error("the answer cannot be read: {problem}")]
    Unreadable {
        /// What is wrong with it.
        problem: String,
        /// The parser's error, if the answer is invalid JSON.
        source: Option<serde_json::Error>,
    },
    /// No access token is available.
    #[error("no access token: {0}")]
    Token(#[from] google_auth::Error),
    /// The job ended with an error.
    #[error("the job failed{}: {message}", spaced(reason))]
    Job {
        /// BigQuery's reason.
        reason: String,
        /// BigQuery's messages.
        message: String,
    },
    /// 404 or 410: the session and everything sent in it are lost.
    #[error("BigQuery lost the upload session")]
    SessionLost,
    /// The session reports an impossible offset: fewer bytes than it acknowledged, or more than were sent.
    #[error("BigQuery lost bytes of the upload: it reports {received} bytes, but {start} to {end} were expected")]
    OffsetMismatch {
        /// How many bytes the session reports.
        received: u64,
        /// How many bytes it had acknowledged.
        start: u64,
        /// How many bytes were sent.
        end: u64,
    },
    /// The session's offset did not move.
    #[error("BigQuery accepted none of the bytes that were sent")]
    NothingAccepted,
    /// The session reports a complete upload before the last chunk.
    #[error("BigQuery ended the upload before its last byte")]
    EarlyEnd,
    /// The session has every byte but returned no job.
    #[error("BigQuery received every byte but did not start the load job")]
    NoJob,
    /// 404 for an object that was just created: it is not visible everywhere in BigQuery yet.
    #[error("BigQuery does not know {0} yet")]
    NotVisibleYet(&'static str),
    /// The job loaded a different number of rows than were sent.
    #[error("{}", wrong_row_count(*sent, *loaded))]
    RowCount {
        /// Rows in the file.
        sent: u64,
        /// Rows that the job reports, if it does.
        loaded: Option<u64>,
    },
    /// The dataset is in another location than configured.
    #[error("it is in {actual}, not in {wanted}")]
    WrongLocation {
        /// The dataset's location.
        actual: String,
        /// The configured location.
        wanted: String,
    },
    /// The configured address of the API is invalid.
    #[error("{address} is not a valid address: {problem}")]
    Address {
        /// As configured.
        address: String,
        /// Why it is invalid.
        problem: String,
    },
}

/// An error answer. Source: "Error messages", REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// BigQuery's reason, such as `accessDenied`; empty if the answer is not BigQuery's JSON.
    pub reason: String,
    /// BigQuery's message.
    pub message: String,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// An error that was not retried.
    pub(super) fn once(action: Action, kind: ErrorKind) -> Self {
        Self::tried(action, Failed { reason: kind, tries: 1, elapsed: Duration::ZERO })
    }

    /// An error that remained after retries.
    pub(super) fn tried(action: Action, failed: Failed<ErrorKind>) -> Self {
        let Failed { reason: kind, tries, elapsed } = failed;
        Self(Box::new(Inner { context: Vec::new(), action, kind, tries, elapsed }))
    }

    /// Adds what the caller was doing.
    #[must_use]
    pub fn context(mut self, context: impl FnOnce() -> String) -> Self {
        self.0.context.insert(0, context());
        self
    }

    /// The action that failed.
    pub fn action(&self) -> &Action {
        &self.0.action
    }

    /// Why it failed.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { context, action, kind, tries, elapsed } = &*self.0;
        for context in context {
            write!(formatter, "{context}: ")?;
        }
        write!(formatter, "{action}: {kind}{}", tries_text(*tries, *elapsed))
    }
}

impl StdError for Error {
    // `Display` already includes the kind's text.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.kind.source()
    }
}

impl ErrorKind {
    /// Whether BigQuery answered 404.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Answer(Answer { status: 404, .. }))
    }

    /// Whether BigQuery answered 409: the object already exists.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Answer(Answer { status: 409, .. }))
    }

    pub(super) fn unreadable(problem: impl Into<String>) -> Self {
        Self::Unreadable { problem: problem.into(), source: None }
    }
}

impl From<reqwest::Error> for ErrorKind {
    fn from(error: reqwest::Error) -> Self {
        let url = error.url().map(|url| format!("{}://{}", url.scheme(), url.authority()));
        // The rest of the URL may contain the upload session, which is a secret.
        Self::Transport { url: url.unwrap_or_else(|| "BigQuery".into()), source: error.without_url() }
    }
}

impl From<serde_json::Error> for ErrorKind {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable { problem: error.to_string(), source: Some(error) }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, reason, message, .. } = self;
        write!(formatter, "BigQuery answered {status}{}: {message}", spaced(reason))
    }
}

fn no_answer(url: &str, error: &reqwest::Error) -> String {
    if error.is_timeout() {
        format!("{url} did not answer in time")
    } else if error.is_connect() {
        format!("{url} cannot be reached: {}", root_cause(error))
    } else {
        format!("the connection to {url} broke: {}", root_cause(error))
    }
}

fn wrong_row_count(sent: u64, loaded: Option<u64>) -> String {
    match loaded {
        Some(loaded) => format!(
            "{sent} rows were sent, but BigQuery loaded {loaded}: do not use the table; BigQuery's time travel still has \
             yesterday's rows"
        ),
        None => format!("{sent} rows were sent, but BigQuery does not say how many it loaded"),
    }
}

fn spaced(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_it_was_part_of_and_how_often_it_was_tried() {
        let failed = Failed { reason: ErrorKind::NothingAccepted, tries: 3, elapsed: Duration::from_secs(9) };
        let error = Error::tried(Action::FindJob { job: "j".into() }, failed);
        let error = error.context(|| "inner".into()).context(|| "outer".into());
        let sentence = "outer: inner: looking up job j: BigQuery accepted none of the bytes that were sent (after 3 tries over 9 s)";
        assert_eq!(error.to_string(), sentence);
    }
}
