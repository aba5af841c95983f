//! Sizes, durations and rates as they are logged and shown.

use std::time::Duration;

/// A duration in whole milliseconds.
pub fn milliseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// A rate in whole units; 0 if no time has passed.
pub fn per_second(count: u64, elapsed: Duration) -> u64 {
    count.saturating_mul(1000).checked_div(milliseconds(elapsed)).unwrap_or(0)
}

/// `2.5 s`
pub fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}

/// `1.2 MB`, rounded down.
pub fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_sizes_and_durations() {
        assert_eq!(per_second(1, Duration::ZERO), 0);
        assert_eq!(per_second(10_000, Duration::from_millis(2500)), 4000);
        assert_eq!(per_second(u64::MAX, Duration::from_millis(1)), u64::MAX);
        assert_eq!(megabytes(1_250_000), "1.2 MB");
        assert_eq!(seconds(Duration::from_millis(2500)), "2.5 s");
    }
}
