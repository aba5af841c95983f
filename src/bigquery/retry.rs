//! Which of BigQuery's failures are worth another try: of a request, and of a whole table.

use std::future::Future;
use std::time::Duration;

use crate::bigquery::error::{Cause, Error};
pub use crate::retry::Budget;
use crate::retry::{self, Decision, Failed, Reason};

impl Budget {
    /// Before any work is done: whoever started the job learns soon that something is not there.
    pub const START: Self = Self { time: Duration::from_secs(15), tries: 8 };
    /// Before a table's rows, in the middle of a run: an outage of seconds is no reason to leave the table out, and one of
    /// minutes none to try it with every table for as long.
    pub const TABLE: Self = Self { time: Duration::from_secs(60), tries: 12 };
    /// With half a table read, a quarter of an hour of outage is cheaper than reading it again. Tries that fail at once are
    /// fewer than these in that time.
    pub const MIDDLE: Self = Self { time: Duration::from_secs(900), tries: 60 };
}

/// Decides by status and reason. Source: "Error messages" of BigQuery, and the retry rules of its client libraries.
pub fn decide(cause: &Cause) -> Decision {
    let retry = match cause {
        Cause::Answer { status, reason, .. } => {
            matches!(reason.as_str(), "backendError" | "internalError" | "rateLimitExceeded" | "jobRateLimitExceeded")
                // 501 says that there is no such method, which does not pass.
                || (matches!(status, 408 | 429 | 500 | 502..=599) && reason != "quotaExceeded")
        }
        // A front end's HTML instead of the API's JSON: the client lost the status, and a 5xx is the likely one.
        Cause::Transport(_) | Cause::Unreadable(_) => true,
        Cause::NothingTaken | Cause::Unknown(_) => true,
        Cause::Credentials { transient, .. } => *transient,
        Cause::Job { .. } | Cause::SessionLost { .. } | Cause::Astray { .. } | Cause::Broken(_) => false,
    };
    match cause {
        // A token that expired on the way; the next one is fresh.
        Cause::Answer { status: 401, .. } => Decision::RetryOnce,
        _ if retry => Decision::Retry,
        _ => Decision::GiveUp,
    }
}

/// Whether the table is worth another beginning: all that was sent is lost, or BigQuery could not finish the load job,
/// and the destination is unchanged.
pub fn begins_again(cause: &Cause) -> bool {
    match cause {
        Cause::SessionLost { .. } | Cause::Astray { .. } => true,
        // A job of this id is there, of another attempt or of an upload whose end was not heard: the next beginning asks.
        Cause::Answer { status: 409, .. } => true,
        Cause::Job { reason, .. } => matches!(
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

impl Reason for Cause {
    fn decision(&self) -> Decision {
        decide(self)
    }

    fn retry_after(&self) -> Option<Duration> {
        if let Self::Answer { retry_after, .. } = self { *retry_after } else { None }
    }
}

/// Tries a request as long as the budget lasts; the error says how often and how long.
pub async fn retrying<T, F>(doing: &str, budget: Budget, request: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Cause>>,
{
    let result = retry::retrying(doing, budget, request).await;
    result.map_err(|Failed { reason, tries, elapsed }| Error { doing: doing.to_owned(), cause: reason, tries, elapsed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, reason: &str) -> Cause {
        Cause::Answer { status, reason: reason.into(), message: String::new(), retry_after: None }
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
            (Cause::Transport("reset".into()), Decision::Retry),
            (Cause::Unreadable("<html>".into()), Decision::Retry),
            (Cause::NothingTaken, Decision::Retry),
            (Cause::Unknown("the job"), Decision::Retry),
            (Cause::SessionLost { may_be_complete: true }, Decision::GiveUp),
            (Cause::Astray { received: 0, start: 1, end: 2 }, Decision::GiveUp),
            (Cause::Credentials { message: "refused".into(), transient: false }, Decision::GiveUp),
            (Cause::Credentials { message: "reset".into(), transient: true }, Decision::Retry),
            (Cause::Broken("rows".into()), Decision::GiveUp),
        ];
        for (cause, expected) in cases {
            assert_eq!(decide(&cause), expected, "{cause:?}");
        }
    }

    #[tokio::test]
    async fn the_error_says_how_often_it_was_tried() {
        let mut left = 2;
        let result = retrying("asking", Budget::START, || {
            left -= 1;
            let cause = if left > 0 { Cause::Transport("reset".into()) } else { Cause::Broken("no".into()) };
            std::future::ready(Err::<(), _>(cause))
        })
        .await;
        assert!(result.unwrap_err().to_string().starts_with("asking: no (after 2 tries over "));
    }

    #[test]
    fn beginnings() {
        let job = |reason: &str| Cause::Job { reason: reason.into(), message: String::new() };
        for reason in ["backendError", "internalError", "jobBackendError", "jobInternalError", "jobRateLimitExceeded"] {
            assert!(begins_again(&job(reason)), "{reason}");
        }
        for reason in ["accessDenied", "invalid", "quotaExceeded", "notFound", ""] {
            assert!(!begins_again(&job(reason)), "{reason}");
        }
        assert!(begins_again(&Cause::SessionLost { may_be_complete: false }));
        assert!(begins_again(&Cause::Astray { received: 0, start: 1, end: 2 }));
        assert!(begins_again(&answer(409, "duplicate")) && !begins_again(&answer(403, "accessDenied")));
        assert!(!begins_again(&Cause::Broken("rows".into())));
    }
}
