//! The one mechanism that tries again: budgets in time and tries, backoff with jitter, and how it is told.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::report::events;

/// The first pause; each next one is twice as long, with jitter, up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// As "Error messages" of BigQuery asks: exponential backoff up to about half a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(32);

/// How long and how often something is worth trying.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// No try begins later.
    pub time: Duration,
    /// The first one included.
    pub tries: u32,
}

/// What to do about a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may succeed a moment later.
    Retry,
    /// It may succeed with what the next try brings along, such as a fresh token; twice the same is final.
    RetryOnce,
    /// It will not.
    GiveUp,
}

/// What went wrong with one try.
pub trait Reason: Display {
    /// What is logged behind what was being done.
    fn text(&self) -> String {
        self.to_string()
    }

    /// Whether to try again.
    fn decision(&self) -> Decision;

    /// How long the other side wants to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// The last reason, and what it took to get there.
#[derive(Debug)]
pub struct Failed<E> {
    /// Why the last try failed.
    pub reason: E,
    /// How often it was tried.
    pub tries: u32,
    /// For how long.
    pub elapsed: Duration,
}

/// Tries until it succeeds, is not worth it, or the budget is spent. A reason is logged as a WARNING when it is new.
pub async fn retrying<T, E, F>(doing: &str, budget: Budget, mut attempt: impl FnMut() -> F) -> Result<T, Failed<E>>
where
    E: Reason,
    F: Future<Output = Result<T, E>>,
{
    let started = Instant::now();
    let mut pauses = backoff();
    let mut tries = 0;
    let mut told = String::new();
    let mut once = false;
    loop {
        tries += 1;
        let reason = match attempt().await {
            Ok(value) => {
                if tries > 1 {
                    events::Retried { tries }
                        .log(format_args!("{doing}: succeeded{}", tries_text(tries, started.elapsed())));
                }
                return Ok(value);
            }
            Err(reason) => reason,
        };
        let worth = match reason.decision() {
            Decision::Retry => true,
            Decision::RetryOnce => !std::mem::replace(&mut once, true),
            Decision::GiveUp => false,
        };
        // The last try is at the budget's end, not up to a minute before it.
        let left = budget.time.saturating_sub(started.elapsed());
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE).min(left).max(reason.retry_after().unwrap_or_default());
        if !worth || tries >= budget.tries || left.is_zero() || pause > left {
            return Err(Failed { reason, tries, elapsed: started.elapsed() });
        }
        let text = reason.text();
        let delay_ms = pause.as_millis();
        if text == told {
            events::Retry { tries }.debug(format_args!("{doing}: the same again; trying again in {delay_ms} ms"));
        } else {
            events::Retry { tries }.warn(format_args!("{doing}: {text}; trying again in {delay_ms} ms"));
            told = text;
        }
        tokio::time::sleep(pause).await;
    }
}

/// How often and how long, when it was more than once.
pub fn tries_text(tries: u32, elapsed: Duration) -> String {
    if tries > 1 { format!(" (after {tries} tries over {} s)", elapsed.as_secs()) } else { String::new() }
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

    #[derive(Debug)]
    struct Always(Decision, Option<Duration>);

    impl Display for Always {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("no")
        }
    }

    impl Reason for Always {
        fn decision(&self) -> Decision {
            self.0
        }

        fn retry_after(&self) -> Option<Duration> {
            self.1
        }
    }

    #[tokio::test]
    async fn tries_are_counted_and_bounded() {
        let hour = Duration::from_secs(3600);
        let cases = [
            (Decision::GiveUp, None, 9, 1),
            (Decision::RetryOnce, None, 9, 2),
            (Decision::Retry, None, 2, 2),
            // Beyond the budget's time: not waited for in vain.
            (Decision::Retry, Some(hour * 2), 9, 1),
        ];
        for (decision, after, tries, expected) in cases {
            let attempt = || std::future::ready(Err::<(), _>(Always(decision, after)));
            let failed = retrying("asking", Budget { time: hour, tries }, attempt).await.unwrap_err();
            assert_eq!(failed.tries, expected, "{decision:?}");
        }
    }
}
