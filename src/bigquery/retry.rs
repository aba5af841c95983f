//! Which requests are worth another try, and the one mechanism that tries again.

use std::future::Future;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use tracing::warn;

use crate::bigquery::error::{Cause, Error};

/// The first pause; each next one is twice as long, with jitter, up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// As "Error messages" of BigQuery asks: exponential backoff up to about half a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(32);

/// How long a request is worth trying.
#[derive(Debug, Clone, Copy)]
pub struct Budget(Duration);

impl Budget {
    /// For what is good to know and not worth waiting for.
    pub const NONE: Self = Self(Duration::ZERO);
    /// Before any work is done: whoever started the job learns soon that something is not there.
    pub const START: Self = Self(Duration::from_secs(15));
    /// With half a table read, some minutes of outage are cheaper than reading it again.
    pub const MIDDLE: Self = Self(Duration::from_secs(300));
}

/// What to do about a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may succeed a moment later.
    Retry,
    /// It will not.
    GiveUp,
}

/// Decides by status and reason. Source: "Error messages" of BigQuery, and the retry rules of its client libraries.
pub fn decide(cause: &Cause) -> Decision {
    let retry = match cause {
        Cause::Answer { status, reason, .. } => {
            matches!(reason.as_str(), "backendError" | "internalError" | "rateLimitExceeded" | "jobRateLimitExceeded")
                || (matches!(status, 408 | 429 | 500..=599) && reason != "quotaExceeded")
        }
        // A front end's HTML instead of the API's JSON: the client lost the status, and a 5xx is the likely one.
        Cause::Transport(_) | Cause::Unreadable(_) => true,
        Cause::Credentials { transient, .. } => *transient,
        Cause::Job { .. } | Cause::SessionLost | Cause::Broken(_) => false,
    };
    if retry { Decision::Retry } else { Decision::GiveUp }
}

/// Tries `request` until it succeeds, is not worth it, or the budget is spent; the error says how often and how long.
pub async fn retrying<T, F>(doing: &str, budget: Budget, mut request: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Cause>>,
{
    let started = Instant::now();
    let mut pauses = backoff();
    let mut tries = 0;
    loop {
        tries += 1;
        let cause = match request().await {
            Ok(value) => return Ok(value),
            Err(cause) => cause,
        };
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
        if decide(&cause) == Decision::GiveUp || started.elapsed() + pause > budget.0 {
            return Err(Error { doing: doing.to_owned(), cause, tries, elapsed: started.elapsed() });
        }
        warn!(event = "retry", tries, "{doing}: {cause}; trying again in {} ms", pause.as_millis());
        tokio::time::sleep(pause).await;
    }
}

fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions() {
        let answer = |status, reason: &str| Cause::Answer { status, reason: reason.into(), message: String::new() };
        let cases = [
            (answer(503, ""), Decision::Retry),
            (answer(500, "internalError"), Decision::Retry),
            (answer(502, ""), Decision::Retry),
            (answer(429, ""), Decision::Retry),
            (answer(408, ""), Decision::Retry),
            (answer(403, "rateLimitExceeded"), Decision::Retry),
            (answer(403, "quotaExceeded"), Decision::GiveUp),
            (answer(403, "accessDenied"), Decision::GiveUp),
            (answer(400, "invalid"), Decision::GiveUp),
            (answer(401, "authError"), Decision::GiveUp),
            (answer(404, "notFound"), Decision::GiveUp),
            (answer(409, "duplicate"), Decision::GiveUp),
            (Cause::Transport("reset".into()), Decision::Retry),
            (Cause::Unreadable("<html>".into()), Decision::Retry),
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
}
