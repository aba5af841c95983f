//! All retries: a budget of time and tries, backoff with jitter, and one WARNING per reason.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::report::events;

/// The first pause. Each further pause is twice as long, with jitter, up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// BigQuery's page "Error messages" recommends exponential backoff up to about half a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(32);

/// How long and how often an action is tried.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// No try starts after this time.
    pub time: Duration,
    /// The number of tries, including the first.
    pub tries: u32,
    /// How long nothing at all may answer, if that is longer: tries that wait in vain for a network that is not there yet count
    /// neither as time nor as tries.
    pub silence: Option<Duration>,
}

impl Budget {
    /// The usual one, in which silence is a failure like any other.
    pub const fn new(time: Duration, tries: u32) -> Self {
        Self { time, tries, silence: None }
    }
}

/// What to do after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The next try may succeed.
    Retry,
    /// The next try may succeed because it uses something new, such as a fresh token. A second failure is final.
    RetryOnce,
    /// A retry cannot succeed.
    GiveUp,
}

/// Why a try failed.
pub trait Reason: Display {
    /// Its text in the log.
    fn text(&self) -> String {
        self.to_string()
    }

    /// Whether to retry.
    fn decision(&self) -> Decision;

    /// Whether nothing answered in the time of a try: no refusal, no name that does not exist.
    fn is_silence(&self) -> bool {
        false
    }

    /// How long the server asks to wait.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

/// An action that failed for good.
#[derive(Debug)]
pub struct Failed<E> {
    /// Why the last try failed.
    pub reason: E,
    /// How many tries there were.
    pub tries: u32,
    /// The time from the first try to the end of the last one.
    pub elapsed: Duration,
}

/// Tries until `once` succeeds, a retry cannot help, or the budget is spent. The log calls it `action`.
pub async fn retrying<T, E, F>(
    action: impl Display,
    budget: Budget,
    mut once: impl FnMut() -> F,
) -> Result<T, Failed<E>>
where
    E: Reason,
    F: Future<Output = Result<T, E>>,
{
    let mut retry = Retry::new(budget);
    loop {
        match once().await {
            Ok(value) => {
                retry.succeeded(&action);
                return Ok(value);
            }
            Err(reason) => retry.failed(&action, reason).await?,
        }
    }
}

/// The tries of one action so far. Use it instead of `retrying` for an action that changes its own input.
pub struct Retry {
    budget: Budget,
    started: Instant,
    pauses: ExponentialBackoff,
    tries: u32,
    /// The tries since the last silent one, and when that was over.
    answered: (u32, Instant),
    /// The reason that was logged as a WARNING last.
    last_logged: String,
    /// Whether the one retry of `Decision::RetryOnce` is used up.
    retried_once: bool,
}

impl Retry {
    /// Before the first try.
    pub fn new(budget: Budget) -> Self {
        let started = Instant::now();
        Self {
            budget,
            started,
            pauses: backoff(),
            tries: 0,
            answered: (0, started),
            last_logged: String::new(),
            retried_once: false,
        }
    }

    /// Call after a failed try: waits until the next one is due, or gives up. Logs a WARNING unless the previous try failed for
    /// the same reason.
    pub async fn failed<E: Reason>(&mut self, action: &impl Display, reason: E) -> Result<(), Failed<E>> {
        self.tries += 1;
        let tries = self.tries;
        let is_retryable = match reason.decision() {
            Decision::Retry => true,
            Decision::RetryOnce => !std::mem::replace(&mut self.retried_once, true),
            Decision::GiveUp => false,
        };
        let (left, pause) = match self.budget.silence {
            Some(silence) if reason.is_silence() => {
                self.answered = (0, Instant::now());
                self.pauses = backoff();
                // The try was the pause.
                (silence.saturating_sub(self.started.elapsed()), FIRST_PAUSE)
            }
            _ => {
                self.answered.0 += 1;
                let left = self.budget.time.saturating_sub(self.answered.1.elapsed());
                (left, self.pauses.next().unwrap_or(LONGEST_PAUSE))
            }
        };
        // Use the whole budget: the last try starts when it ends.
        let pause = pause.min(left).max(reason.retry_after().unwrap_or_default());
        if !is_retryable || self.answered.0 >= self.budget.tries || left.is_zero() || pause > left {
            return Err(Failed { reason, tries, elapsed: self.started.elapsed() });
        }
        let text = reason.text();
        let delay_ms = pause.as_millis();
        if text == self.last_logged {
            events::Retry { tries }.debug(format_args!("{action}: same error; retrying in {delay_ms} ms"));
        } else {
            events::Retry { tries }.warn(format_args!("{action}: {text}; retrying in {delay_ms} ms"));
            self.last_logged = text;
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Call after the try that succeeded.
    pub fn succeeded(&self, action: &impl Display) {
        let tries = self.tries + 1;
        if tries > 1 {
            let text = tries_text(tries, self.started.elapsed());
            events::Retried { tries }.log(format_args!("{action}: succeeded{text}"));
        }
    }
}

/// ` (after 3 tries over 12 s)`; empty after one try.
pub fn tries_text(tries: u32, elapsed: Duration) -> String {
    if tries > 1 { format!(" (after {tries} tries over {} s)", elapsed.as_secs()) } else { String::new() }
}

fn backoff() -> ExponentialBackoff {
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
            // The server asks for more than the budget: give up at once.
            (Decision::Retry, Some(hour * 2), 9, 1),
        ];
        for (decision, after, tries, expected) in cases {
            let once = || std::future::ready(Err::<(), _>(Always(decision, after)));
            let failed = retrying("asking", Budget::new(hour, tries), once).await.unwrap_err();
            assert_eq!(failed.tries, expected, "{decision:?}");
        }
    }

    /// Silent for so many tries, then an answer that says no.
    #[derive(Debug)]
    struct Silence(bool);

    impl Display for Silence {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str(if self.0 { "nothing answers" } else { "refused" })
        }
    }

    impl Reason for Silence {
        fn decision(&self) -> Decision {
            Decision::Retry
        }

        fn is_silence(&self) -> bool {
            self.0
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_waited_for_and_a_refusal_is_not() {
        let seconds = Duration::from_secs;
        let budget = Budget { silence: Some(seconds(120)), ..Budget::new(seconds(12), 6) };
        // After so many silent tries of 8 s; the time it takes altogether, and the tries.
        for (silent, budget, at_least, at_most, tries) in [
            (u32::MAX, budget, 120, 129, 15..=16),
            (u32::MAX, Budget { silence: None, ..budget }, 12, 21, 2..=3),
            (0, budget, 5, 15, 4..=6),
            (5, budget, 45, 58, 9..=11),
        ] {
            let (started, mut tried) = (Instant::now(), 0);
            let once = || {
                tried += 1;
                let is_silent = tried <= silent;
                async move {
                    tokio::time::sleep(if is_silent { seconds(8) } else { Duration::ZERO }).await;
                    Err::<(), _>(Silence(is_silent))
                }
            };
            let failed = retrying("connecting", budget, once).await.unwrap_err();
            let took = started.elapsed().as_secs();
            assert!((at_least..=at_most).contains(&took), "{silent} silent tries: {took} s");
            assert!(tries.contains(&failed.tries), "{silent} silent tries: {} tries", failed.tries);
        }
    }
}
