//! Speed limits: `MAX_ROWS_PER_SECOND` and `MAX_MB_PER_SECOND`, for all tables and connections of a task together.

use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often a reader accounts for its usage: often enough for a steady speed, seldom enough to cost nothing.
const PAYMENTS_PER_SECOND: u64 = 20;
/// How much unused time a reader may catch up: one payment, plus a little for waking up late. A longer pause is not caught up.
const CREDIT: Duration = Duration::from_millis(1000 / PAYMENTS_PER_SECOND + 10);

/// The speed limits of a task.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `MAX_ROWS_PER_SECOND`.
    pub max_rows_per_second: Option<NonZeroU64>,
    /// `MAX_MB_PER_SECOND` in bytes.
    pub max_bytes_per_second: Option<NonZeroU64>,
}

/// The limits and their current use.
pub(super) struct Pace {
    rows: Limit,
    bytes: Limit,
}

struct Limit {
    per_second: Option<NonZeroU64>,
    /// When everything read so far is within the limit.
    paid_at: Mutex<Instant>,
}

/// What a reader has read but not accounted for yet.
#[derive(Default)]
pub(super) struct Usage {
    rows: u64,
    bytes: u64,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { rows: Limit::new(limits.max_rows_per_second), bytes: Limit::new(limits.max_bytes_per_second) }
    }

    /// Counts a row, and waits if a limit requires it.
    #[inline]
    pub(super) async fn read(&self, usage: &mut Usage, bytes: u64) {
        usage.rows += 1;
        usage.bytes += bytes;
        if self.rows.is_due(usage.rows) || self.bytes.is_due(usage.bytes) {
            self.settle(usage).await;
        }
    }

    /// Accounts for the rest. Without this, many small tables would escape the limits.
    pub(super) async fn settle(&self, usage: &mut Usage) {
        let Usage { rows, bytes } = std::mem::take(usage);
        tokio::time::sleep_until(self.rows.pay(rows).max(self.bytes.pay(bytes))).await;
    }
}

impl Limit {
    fn new(per_second: Option<NonZeroU64>) -> Self {
        Self { per_second, paid_at: Mutex::new(Instant::now()) }
    }

    #[inline]
    fn is_due(&self, amount: u64) -> bool {
        self.per_second.is_some_and(|rate| amount >= rate.get().div_ceil(PAYMENTS_PER_SECOND))
    }

    /// Adds the amount; returns when the total is within the limit.
    fn pay(&self, amount: u64) -> Instant {
        let now = Instant::now();
        let Some(rate) = self.per_second else { return now };
        let nanoseconds = u128::from(amount) * 1_000_000_000 / u128::from(rate.get());
        let price = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        *paid_at = (*paid_at).max(now.checked_sub(CREDIT).unwrap_or(now)) + price;
        *paid_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rows: Option<u64>, bytes: Option<u64>) -> Pace {
        Pace::new(&Limits {
            max_rows_per_second: rows.and_then(NonZeroU64::new),
            max_bytes_per_second: bytes.and_then(NonZeroU64::new),
        })
    }

    async fn seconds(pace: &Pace, rows: u64, bytes: u64) -> f64 {
        let (started, mut usage) = (Instant::now(), Usage::default());
        for _ in 0..rows {
            pace.read(&mut usage, bytes).await;
        }
        started.elapsed().as_secs_f64()
    }

    /// Uses tokio's paused clock, which advances only while all tasks wait.
    #[tokio::test(start_paused = true)]
    async fn the_stricter_limit_holds() {
        assert!((seconds(&pace(None, None), 100_000, 100).await).abs() < 0.01);
        assert!((seconds(&pace(Some(1000), None), 5000, 100).await - 5.0).abs() < 0.1);
        assert!((seconds(&pace(None, Some(10_000)), 1000, 100).await - 10.0).abs() < 0.1);
        assert!((seconds(&pace(Some(1000), Some(1_000_000)), 3000, 100).await - 3.0).abs() < 0.1);
        // A row larger than the limit of one second is read, and counts in full.
        assert!((seconds(&pace(None, Some(1000)), 2, 5000).await - 10.0).abs() < 0.1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_reading_takes_counts() {
        let pace = pace(Some(1000), None);
        let (started, mut usage) = (Instant::now(), Usage::default());
        for _ in 0..5000 {
            tokio::time::advance(Duration::from_micros(700)).await;
            pace.read(&mut usage, 1).await;
        }
        assert!((started.elapsed().as_secs_f64() - 5.0).abs() < 0.1, "{:?}", started.elapsed());
        // A long pause is not caught up.
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!((seconds(&pace, 5000, 1).await - 5.0).abs() < 0.5);
    }

    #[tokio::test(start_paused = true)]
    async fn small_tables_count_together() {
        let pace = pace(Some(1000), None);
        let started = Instant::now();
        for _ in 0..500 {
            let mut usage = Usage::default();
            for _ in 0..10 {
                pace.read(&mut usage, 1).await;
            }
            pace.settle(&mut usage).await;
        }
        // The test's clock has a resolution of 1 ms, so each table's time is rounded.
        assert!((started.elapsed().as_secs_f64() - 5.0).abs() < 0.6, "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn readers_share_a_limit() {
        let pace = pace(Some(1000), None);
        let (first, second) = tokio::join!(seconds(&pace, 2000, 1), seconds(&pace, 2000, 1));
        assert!((first.max(second) - 4.0).abs() < 0.1, "{first} {second}");
    }
}
