//! Which BigQuery errors justify a retry of the request, and which a restart of the table.

use std::time::Duration;

use crate::bigquery::error::{Answer, Error, ErrorKind};
use crate::retry::{Budget, Decision, Reason};

impl Budget {
    /// For requests before any work is done. It is short, so that a wrong setting is reported soon.
    pub const START: Self = Self::new(Duration::from_secs(15), 8);
    /// For requests before or after a table's rows: long enough for an outage of seconds, short enough that a longer outage does
    /// not delay every table.
    pub const TABLE: Self = Self::new(Duration::from_secs(60), 12);
    /// For requests while a table is read or loaded: waiting out an outage of 15 minutes is cheaper than reading the table again.
    /// With backoff, 60 tries take longer than that.
    pub const MIDDLE: Self = Self::new(Duration::from_secs(900), 60);
}

/// Decides by status and reason. Source: "Error messages" of BigQuery, and the retry rules of its client libraries.
fn decide(kind: &ErrorKind) -> Decision {
    let is_retryable = match kind {
        // The token expired on the way; the next one is fresh.
        ErrorKind::Answer(Answer { status: 401, .. }) => return Decision::RetryOnce,
        ErrorKind::Answer(Answer { status, reason, .. }) => {
            matches!(reason.as_str(), "backendError" | "internalError" | "rateLimitExceeded" | "jobRateLimitExceeded")
                // 501 means that the method does not exist, which is permanent.
                || (matches!(status, 408 | 429 | 500 | 502..=599) && reason != "quotaExceeded")
        }
        ErrorKind::Transport { .. } => true,
        // For example, HTML from a front end instead of the API's JSON.
        ErrorKind::Unreadable { .. } => true,
        ErrorKind::NothingAccepted | ErrorKind::NotVisibleYet(_) => true,
        ErrorKind::Token(error) => error.is_transient(),
        ErrorKind::Job { .. }
        | ErrorKind::SessionLost
        | ErrorKind::OffsetMismatch { .. }
        | ErrorKind::EarlyEnd
        | ErrorKind::NoJob
        | ErrorKind::RowCount { .. }
        | ErrorKind::WrongLocation { .. }
        | ErrorKind::Address { .. } => false,
    };
    if is_retryable { Decision::Retry } else { Decision::GiveUp }
}

impl Error {
    /// Whether a restart of the table may succeed: everything sent is lost, or BigQuery could not finish the load job. In both cases
    /// the destination is unchanged.
    pub fn justifies_restart(&self) -> bool {
        justifies_restart(self.kind())
    }
}

fn justifies_restart(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::SessionLost | ErrorKind::OffsetMismatch { .. } => true,
        // A job with this id exists, from another attempt or from an upload whose answer was lost: a restart looks it up.
        kind if kind.is_duplicate() => true,
        ErrorKind::Job { reason, .. } => matches!(
            reason.as_str(),
            "backendError"
                | "internalError"
                | "rateLimitExceeded"
                | "jobBackendError"
                | "jobInternalError"
                | "jobRateLimitExceeded"
        ),
        _ => false,
    }
}

impl Reason for ErrorKind {
    fn decision(&self) -> Decision {
        decide(self)
    }

    fn is_silence(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_timeout())
    }

    fn retry_after(&self) -> Option<Duration> {
        if let Self::Answer(answer) = self { answer.retry_after } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google_auth;

    fn answer(status: u16, reason: &str) -> ErrorKind {
        ErrorKind::Answer(Answer { status, reason: reason.into(), message: String::new(), retry_after: None })
    }

    #[test]
    fn decisions() {
        let cases = [
            (answer(503, ""), Decision::Retry),
            (answer(500, "internalError"), Decision::Retry),
            (answer(502, ""), Decision::Retry),
            (answer(501, ""), Decision::GiveUp),
            (answer(429, ""), Decision::Retry),
            (answer(408, ""), Decision::Retry),
            (answer(504, ""), Decision::Retry),
            (answer(500, "backendError"), Decision::Retry),
            (answer(501, "notImplemented"), Decision::GiveUp),
            (answer(302, ""), Decision::GiveUp),
            (answer(410, ""), Decision::GiveUp),
            (answer(413, ""), Decision::GiveUp),
            (answer(400, "invalidQuery"), Decision::GiveUp),
            (answer(403, "resourcesExceeded"), Decision::GiveUp),
            (answer(403, "rateLimitExceeded"), Decision::Retry),
            (answer(403, "quotaExceeded"), Decision::GiveUp),
            (answer(403, "accessDenied"), Decision::GiveUp),
            (answer(400, "invalid"), Decision::GiveUp),
            (answer(401, "authError"), Decision::RetryOnce),
            (answer(404, "notFound"), Decision::GiveUp),
            (answer(409, "duplicate"), Decision::GiveUp),
            (ErrorKind::unreadable("<html>"), Decision::Retry),
            (ErrorKind::NothingAccepted, Decision::Retry),
            (ErrorKind::NotVisibleYet("the job"), Decision::Retry),
            (ErrorKind::SessionLost, Decision::GiveUp),
            (ErrorKind::OffsetMismatch { received: 0, start: 1, end: 2 }, Decision::GiveUp),
            (
                ErrorKind::Token(google_auth::Error::NoAnswer {
                    origin: google_auth::Origin::Metadata,
                    limit: Duration::ZERO,
                }),
                Decision::Retry,
            ),
            (ErrorKind::RowCount { sent: 1, loaded: Some(2) }, Decision::GiveUp),
        ];
        for (kind, expected) in cases {
            assert_eq!(decide(&kind), expected, "{kind:?}");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_retried() {
        // As `main` does; another test may have done it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Nothing listens on this port.
        let refused = reqwest::Client::new().get("http://127.0.0.1:1").send().await.unwrap_err();
        let kind = ErrorKind::from(refused);
        assert!(kind.to_string().starts_with("http://127.0.0.1:1 cannot be reached"), "{kind}");
        assert_eq!(decide(&kind), Decision::Retry);
    }

    #[test]
    fn restarts() {
        let job = |reason: &str| ErrorKind::Job { reason: reason.into(), message: String::new() };
        for reason in ["backendError", "internalError", "jobBackendError", "jobInternalError", "jobRateLimitExceeded"] {
            assert!(justifies_restart(&job(reason)), "{reason}");
        }
        for reason in ["accessDenied", "invalid", "quotaExceeded", "notFound", ""] {
            assert!(!justifies_restart(&job(reason)), "{reason}");
        }
        assert!(justifies_restart(&ErrorKind::SessionLost));
        assert!(justifies_restart(&ErrorKind::OffsetMismatch { received: 0, start: 1, end: 2 }));
        assert!(justifies_restart(&answer(409, "duplicate")) && !justifies_restart(&answer(403, "accessDenied")));
        assert!(!justifies_restart(&ErrorKind::RowCount { sent: 1, loaded: None }));
    }
}
