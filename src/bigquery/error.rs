//! What goes wrong with BigQuery: kinds with their source, and what was being done.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::bigquery::action::Action;
use crate::google_auth;
use crate::report::cause::root_cause;
use crate::retry::{Failed, tries_text};

/// An error of the destination.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// What the callers were doing, the outermost first.
    context: Vec<String>,
    action: Action,
    kind: ErrorKind,
    tries: u32,
    elapsed: Duration,
}

/// What happened to one request, or what is wrong with its answer.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// The service answered with an error.
    #[error("{0}")]
    Answer(Answer),
    /// No answer.
    #[error("{}", no_answer(url, source))]
    Transport {
        /// Whose it would have been: scheme, host and port.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// An answer that is not what the API promises, of unknown status.
    #[error("the answer cannot be read: {problem}")]
    Unreadable {
        /// What it is instead.
        problem: String,
        /// Where the JSON is wrong.
        source: Option<serde_json::Error>,
    },
    /// No token.
    #[error("no access token: {0}")]
    Token(#[from] google_auth::Error),
    /// The job ended with an error.
    #[error("the job failed{}: {message}", spaced(reason))]
    Job {
        /// BigQuery's reason.
        reason: String,
        /// Its messages.
        message: String,
    },
    /// 404 or 410: the session is gone, and with it all that was sent.
    #[error("BigQuery lost the upload session")]
    SessionLost,
    /// The session reports an impossible offset: bytes that were acknowledged are gone, or there are more than were sent.
    #[error(
        "BigQuery lost bytes of the upload: it says that it has {received}, and was sent those from {start} to {end}"
    )]
    OffsetMismatch {
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
    /// The session took the upload for complete before its last byte.
    #[error("BigQuery took the upload for complete before its end")]
    EarlyEnd,
    /// The session has every byte and no job.
    #[error("BigQuery has every byte and did not start the job")]
    NoJob,
    /// 404 for something that was made a moment ago: not every part of the service knows of it yet.
    #[error("BigQuery does not know {0}")]
    NotKnownYet(&'static str),
    /// The job loaded another number of rows than were sent.
    #[error("{}", other_rows(*sent, *loaded))]
    RowCount {
        /// Rows of the file.
        sent: u64,
        /// What the job says.
        loaded: Option<u64>,
    },
    /// The dataset is not where it was said to be.
    #[error("it is in {is}, and not in {wanted}")]
    OtherLocation {
        /// Where it is.
        is: String,
        /// Where it was said to be.
        wanted: String,
    },
    /// The address of the API is none.
    #[error("{address} is no address: {problem}")]
    Address {
        /// As it was given.
        address: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// An answer that is an error. Source: "Error messages", REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// BigQuery's reason, such as `accessDenied`; empty when the answer was not BigQuery's JSON.
    pub reason: String,
    /// Its message.
    pub message: String,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// An error that nobody tried to get around.
    pub(super) fn once(action: Action, kind: ErrorKind) -> Self {
        Self::tried(action, Failed { reason: kind, tries: 1, elapsed: Duration::ZERO })
    }

    /// An error that was tried to get around.
    pub(super) fn tried(action: Action, failed: Failed<ErrorKind>) -> Self {
        let Failed { reason: kind, tries, elapsed } = failed;
        Self(Box::new(Inner { context: Vec::new(), action, kind, tries, elapsed }))
    }

    /// The same error, saying what it was part of.
    #[must_use]
    pub fn context(mut self, context: impl FnOnce() -> String) -> Self {
        self.0.context.insert(0, context());
        self
    }

    /// What was being done.
    pub fn action(&self) -> &Action {
        &self.0.action
    }

    /// What happened.
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
    // The kind's own words are in this error's.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.kind.source()
    }
}

impl ErrorKind {
    /// There is no such thing, as BigQuery says.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Answer(Answer { status: 404, .. }))
    }

    /// There is such a thing already.
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
        // The rest of the address may hold an upload's session.
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

fn other_rows(sent: u64, loaded: Option<u64>) -> String {
    match loaded {
        Some(loaded) => format!(
            "{sent} rows were sent and BigQuery loaded {loaded}: the table may be wrong; \"Time travel\" of BigQuery has \
             yesterday's"
        ),
        None => format!("{sent} rows were sent and BigQuery does not say how many it loaded"),
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
        let failed = Failed { reason: ErrorKind::NothingTaken, tries: 3, elapsed: Duration::from_secs(9) };
        let error = Error::tried(Action::FindJob { job: "j".into() }, failed);
        let error = error.context(|| "inner".into()).context(|| "outer".into());
        let sentence =
            "outer: inner: asking for job j: BigQuery took nothing of what was sent (after 3 tries over 9 s)";
        assert_eq!(error.to_string(), sentence);
    }
}
