//! What became of each table: the events at its end, and the summary of the run.

use std::fmt::Write as _;
use std::time::Duration;

use tracing::{error, info};

use crate::telemetry::progress::per_second;

/// Cloud Logging drops lines over 256 KB; a summary of ten thousand tables has to stop somewhere below.
const LONGEST_SUMMARY: usize = 100_000;

/// One table's end.
#[derive(Debug)]
pub struct TableReport {
    /// Its name in MySQL.
    pub table: String,
    /// How long it took.
    pub elapsed: Duration,
    /// Rows read.
    pub rows: u64,
    /// Bytes of values read.
    pub bytes_read: u64,
    /// Bytes that BigQuery took.
    pub bytes_sent: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a table ended.
#[derive(Debug)]
pub enum Outcome {
    /// The destination is the new table.
    Synced(Synced),
    /// An earlier attempt of this task had loaded it already.
    Skipped {
        /// Its name in BigQuery.
        destination: String,
        /// The load job of that attempt.
        job_id: String,
    },
    /// It is not; the reason in one sentence.
    Failed(String),
}

/// About a table that arrived.
#[derive(Debug)]
pub struct Synced {
    /// Its name in BigQuery.
    pub destination: String,
    /// The load job.
    pub job_id: String,
    /// How many rows the table had before, when there was one.
    pub previous_rows: Option<u64>,
    /// Columns with values that became NULL by a policy, and how many.
    pub replaced: Vec<(String, u64)>,
    /// Over how many connections it was read.
    pub connections: usize,
    /// How long the snapshot was open in MySQL.
    pub snapshot: Duration,
}

impl TableReport {
    /// A report without numbers yet.
    pub fn new(table: String, elapsed: Duration, outcome: Outcome) -> Self {
        Self { table, elapsed, rows: 0, bytes_read: 0, bytes_sent: 0, outcome }
    }

    fn milliseconds(&self) -> u64 {
        milliseconds(self.elapsed)
    }

    fn rows_per_second(&self) -> u64 {
        per_second(self.rows, self.elapsed)
    }

    /// `table_synced`, `table_skipped` or `table_failed`.
    pub fn log(&self) {
        match &self.outcome {
            Outcome::Synced(synced) => {
                let replaced: u64 = synced.replaced.iter().map(|(_, count)| count).sum();
                info!(
                    event = "table_synced",
                    table = self.table,
                    destination = synced.destination,
                    job_id = synced.job_id,
                    rows = self.rows,
                    previous_rows = synced.previous_rows,
                    bytes_read = self.bytes_read,
                    bytes_sent = self.bytes_sent,
                    milliseconds = self.milliseconds(),
                    rows_per_second = self.rows_per_second(),
                    snapshot_milliseconds = milliseconds(synced.snapshot),
                    connections = synced.connections,
                    values_to_null = replaced,
                    columns_to_null = replaced_json(&synced.replaced),
                    "{}: {} rows loaded into {} in {}{}",
                    self.table,
                    self.rows,
                    synced.destination,
                    seconds(self.elapsed),
                    replaced_text(&synced.replaced)
                );
            }
            Outcome::Skipped { destination, job_id } => info!(
                event = "table_skipped",
                table = self.table,
                destination,
                job_id,
                rows = self.rows,
                "{}: an earlier upload of this execution has loaded it already ({} rows, job {job_id})",
                self.table,
                self.rows
            ),
            Outcome::Failed(problem) => error!(
                event = "table_failed",
                table = self.table,
                error = problem,
                rows = self.rows,
                bytes_read = self.bytes_read,
                bytes_sent = self.bytes_sent,
                milliseconds = self.milliseconds(),
                "table {}: {problem}",
                self.table
            ),
        }
    }
}

/// The end of a run.
#[derive(Debug)]
pub struct Report {
    /// All tables of this task.
    pub tables: Vec<TableReport>,
    /// The whole run.
    pub elapsed: Duration,
}

impl Report {
    /// True when every table arrived.
    pub fn all_synced(&self) -> bool {
        self.failed().next().is_none()
    }

    fn failed(&self) -> impl Iterator<Item = (&TableReport, &String)> {
        self.tables.iter().filter_map(|table| match &table.outcome {
            Outcome::Failed(problem) => Some((table, problem)),
            Outcome::Synced(_) | Outcome::Skipped { .. } => None,
        })
    }

    /// `sync_finished`, with every table in its message.
    pub fn log(&self) {
        let failed = self.failed().count();
        let sum = |number: fn(&TableReport) -> u64| self.tables.iter().map(number).sum::<u64>();
        let (rows, read, sent) = (sum(|t| t.rows), sum(|t| t.bytes_read), sum(|t| t.bytes_sent));
        let skipped = self.tables.iter().filter(|table| matches!(table.outcome, Outcome::Skipped { .. })).count();
        let (synced, elapsed) = (self.tables.len() - failed - skipped, milliseconds(self.elapsed));
        let summary = self.summary();
        // The level is part of an event's static description, hence one event for each.
        if failed == 0 {
            info!(
                event = "sync_finished",
                synced,
                skipped,
                failed,
                rows,
                bytes_read = read,
                bytes_sent = sent,
                milliseconds = elapsed,
                "{summary}"
            );
        } else {
            error!(
                event = "sync_finished",
                synced,
                skipped,
                failed,
                rows,
                bytes_read = read,
                bytes_sent = sent,
                milliseconds = elapsed,
                "{summary}"
            );
        }
    }

    /// A line a table, the failed ones first.
    fn summary(&self) -> String {
        let failed = self.failed().count();
        let mut text = format!(
            "{} of {} tables synced in {}",
            self.tables.len() - failed,
            self.tables.len(),
            seconds(self.elapsed)
        );
        let width = self.tables.iter().map(|table| table.table.chars().count()).max().unwrap_or(0);
        let failures = self.failed().map(|(table, problem)| format!("{:width$}  FAILED  {problem}", table.table));
        let successes = self.tables.iter().filter_map(|table| match &table.outcome {
            Outcome::Synced(synced) => Some(format!(
                "{:width$}  {:>12} rows  {:>9} read  {:>9} sent  {:>8}  {:>9} rows/s{}",
                table.table,
                table.rows,
                megabytes(table.bytes_read),
                megabytes(table.bytes_sent),
                seconds(table.elapsed),
                table.rows_per_second(),
                replaced_text(&synced.replaced)
            )),
            Outcome::Skipped { .. } => {
                Some(format!("{:width$}  {:>12} rows, loaded by an earlier upload", table.table, table.rows))
            }
            Outcome::Failed(_) => None,
        });
        for (at, line) in failures.chain(successes).enumerate() {
            if text.len() + line.len() > LONGEST_SUMMARY {
                // Writing to a String cannot fail.
                let _ = write!(text, "\n… and {} more", self.tables.len() - at);
                break;
            }
            text.push('\n');
            text.push_str(&line);
        }
        text
    }
}

fn replaced_text(replaced: &[(String, u64)]) -> String {
    let columns: Vec<String> = replaced.iter().map(|(column, count)| format!("{column} {count}")).collect();
    if columns.is_empty() { String::new() } else { format!(" (values that became NULL: {})", columns.join(", ")) }
}

/// A field of a log line is a text or a number: JSON in a text, nothing where no value became NULL.
fn replaced_json(replaced: &[(String, u64)]) -> Option<String> {
    let counts: serde_json::Map<String, serde_json::Value> =
        replaced.iter().map(|(column, count)| (column.clone(), (*count).into())).collect();
    (!counts.is_empty()).then(|| serde_json::Value::Object(counts).to_string())
}

fn milliseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_every_table_and_why_it_failed() {
        let synced = Synced {
            destination: "orders".into(),
            job_id: "j".into(),
            previous_rows: None,
            replaced: vec![("born".into(), 3)],
            connections: 1,
            snapshot: Duration::from_secs(1),
        };
        let mut orders = TableReport::new("orders".into(), Duration::from_millis(2500), Outcome::Synced(synced));
        (orders.rows, orders.bytes_read, orders.bytes_sent) = (10_000, 1_250_000, 990_000);
        let users = TableReport::new("users".into(), Duration::from_secs(1), Outcome::Failed("no such table".into()));
        let report = Report { tables: vec![orders, users], elapsed: Duration::from_secs(4) };
        assert!(!report.all_synced());
        let summary = report.summary();
        let lines: Vec<&str> = summary.lines().collect();
        assert_eq!(lines[0], "1 of 2 tables synced in 4.0 s");
        assert_eq!(lines[1], "users   FAILED  no such table");
        for part in ["orders", "10000 rows", "1.2 MB read", "0.9 MB sent", "2.5 s", "4000 rows/s", "born 3"] {
            assert!(lines[2].contains(part), "{part} in {}", lines[2]);
        }
    }

    #[test]
    fn a_summary_stays_below_what_a_log_line_may_be() {
        let table =
            |at: usize| TableReport::new(format!("table_{at}"), Duration::ZERO, Outcome::Failed("x".repeat(100)));
        let report = Report { tables: (0..10_000).map(table).collect(), elapsed: Duration::ZERO };
        assert!(report.summary().len() < LONGEST_SUMMARY + 100);
        assert!(report.summary().ends_with("more"));
    }
}
