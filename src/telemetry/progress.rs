//! The progress of a table: counters, shown as a bar or as a log line every ten seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::report::events;
use crate::report::units::{megabytes, per_second};

/// Between two `table_progress` lines.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// Between two updates of a bar.
const BAR_INTERVAL: Duration = Duration::from_millis(200);

/// The counters of one table.
#[derive(Debug, Default)]
pub struct Counters {
    /// Rows read from MySQL.
    pub rows: AtomicU64,
    /// Bytes of their values.
    pub bytes_read: AtomicU64,
    /// Bytes that BigQuery has acknowledged.
    pub bytes_sent: AtomicU64,
}

impl Counters {
    /// Sets all counters to zero, for a restart.
    pub fn reset(&self) {
        for counter in [&self.rows, &self.bytes_read, &self.bytes_sent] {
            counter.store(0, Relaxed);
        }
    }
}

/// The progress at one point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Progress {
    rows: u64,
    percent: Option<u64>,
    rows_per_second: u64,
    eta_seconds: Option<u64>,
}

fn progress(rows: u64, estimate: Option<u64>, elapsed: Duration) -> Progress {
    let rows_per_second = per_second(rows, elapsed);
    // The estimate may be too low. Once it is exceeded, it says nothing about the rest.
    let estimate = estimate.filter(|estimate| *estimate >= rows && *estimate > 0);
    Progress {
        rows,
        percent: estimate.and_then(|estimate| (rows * 100).checked_div(estimate)),
        rows_per_second,
        eta_seconds: estimate.and_then(|estimate| (estimate - rows).checked_div(rows_per_second)),
    }
}

/// Shows the counters until it is dropped.
pub async fn show(table: String, estimate: Option<u64>, counters: Arc<Counters>, bars: Option<MultiProgress>) {
    let started = Instant::now();
    match bars {
        Some(bars) => show_bar(&bars, table, estimate, &counters, started).await,
        None => log_lines(&table, estimate, &counters, started).await,
    }
}

async fn log_lines(table: &str, estimate: Option<u64>, counters: &Counters, started: Instant) {
    loop {
        tokio::time::sleep(LINE_INTERVAL).await;
        let now = progress(counters.rows.load(Relaxed), estimate, started.elapsed());
        let (bytes_read, bytes_sent) = (counters.bytes_read.load(Relaxed), counters.bytes_sent.load(Relaxed));
        let about = now.percent.map_or(String::new(), |percent| format!(" (about {percent}%)"));
        let eta = now.eta_seconds.map_or(String::new(), |seconds| format!(", about {seconds} s left"));
        let Progress { rows, percent, rows_per_second, eta_seconds } = now;
        events::TableProgress { table, rows, percent, rows_per_second, bytes_read, bytes_sent, eta_seconds }.log(
            format_args!(
                "{table}: {rows} rows{about}, {rows_per_second} rows/s, {} read, {} sent{eta}",
                megabytes(bytes_read),
                megabytes(bytes_sent)
            ),
        );
    }
}

async fn show_bar(bars: &MultiProgress, table: String, estimate: Option<u64>, counters: &Counters, started: Instant) {
    let bar = RemovedOnDrop(bars.add(ProgressBar::new(estimate.unwrap_or(0))));
    let template = if estimate.is_some() {
        "{prefix} {wide_bar} {human_pos} of about {human_len} rows  {msg}"
    } else {
        "{prefix} {spinner} {human_pos} rows  {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.0.set_style(style);
    }
    bar.0.set_prefix(table);
    loop {
        tokio::time::sleep(BAR_INTERVAL).await;
        let now = progress(counters.rows.load(Relaxed), estimate, started.elapsed());
        let eta = now.eta_seconds.map_or(String::new(), |seconds| format!("  {seconds} s left"));
        bar.0.set_length(estimate.unwrap_or(0).max(now.rows));
        bar.0.set_position(now.rows);
        let sent = megabytes(counters.bytes_sent.load(Relaxed));
        bar.0.set_message(format!("{} rows/s  {sent} sent{eta}", now.rows_per_second));
    }
}

/// Removes the bar when its table ends.
struct RemovedOnDrop(ProgressBar);

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_rate_and_eta() {
        let second = Duration::from_secs(1);
        let half = Progress { rows: 50, percent: Some(50), rows_per_second: 50, eta_seconds: Some(1) };
        assert_eq!(progress(50, Some(100), second), half);
        assert_eq!(progress(0, Some(100), Duration::ZERO).eta_seconds, None);
        assert_eq!(progress(150, Some(100), second).percent, None);
        assert_eq!(progress(5, None, second).eta_seconds, None);
    }
}
