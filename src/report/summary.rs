//! The message of `sync_finished`: one line per table.

use std::fmt::Write as _;

use crate::report::data::{Outcome, RunReport};
use crate::report::units::{megabytes, seconds};

/// Cloud Logging drops lines over 256 KB, so the summary of many tables is cut well below that.
const LONGEST_SUMMARY: usize = 100_000;

/// One line per table, the failed ones first.
pub(super) fn summary(report: &RunReport) -> String {
    let tables = &report.tables;
    let synced = tables.len() - report.failed().count();
    let mut text = format!("{synced} of {} tables synced in {}", tables.len(), seconds(report.elapsed));
    let width = tables.iter().map(|table| table.table.chars().count()).max().unwrap_or(0);
    let failures = report.failed().map(|(table, problem)| format!("{:width$}  FAILED  {problem}", table.table));
    let successes = tables.iter().filter_map(|table| match &table.outcome {
        Outcome::Synced(synced) => Some(format!(
            "{:width$}  {:>12} rows  {:>9} read  {:>9} sent  {:>8}  {:>9} rows/s{}",
            table.table,
            table.rows,
            megabytes(table.bytes_read),
            megabytes(table.bytes_sent),
            seconds(table.elapsed),
            table.rows_per_second(),
            nulled(&synced.nulled)
        )),
        Outcome::Skipped { .. } => {
            Some(format!("{:width$}  {:>12} rows, loaded by an earlier upload", table.table, table.rows))
        }
        Outcome::Failed(_) => None,
    });
    for (at, line) in failures.chain(successes).enumerate() {
        if text.len() + line.len() > LONGEST_SUMMARY {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n… and {} more", tables.len() - at);
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    text
}

/// ` (nulled values: born 3)`; empty if there are none.
pub(super) fn nulled(columns: &[(String, u64)]) -> String {
    let columns: Vec<String> = columns.iter().map(|(column, count)| format!("{column} {count}")).collect();
    if columns.is_empty() { String::new() } else { format!(" (nulled values: {})", columns.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::{Run, Synced, TableReport};
    use std::time::Duration;

    fn report(tables: Vec<TableReport>, elapsed: Duration) -> RunReport {
        let run = Run {
            execution: "e".into(),
            task_index: 0,
            task_count: 1,
            attempt: 0,
            database: "shop".into(),
            project: "p".into(),
            dataset: "d".into(),
        };
        RunReport { run, tables, elapsed }
    }

    #[test]
    fn the_summary_names_every_table_and_why_it_failed() {
        let synced = Synced {
            destination: "orders".into(),
            job_id: "j".into(),
            previous_rows: None,
            nulled: vec![("born".into(), 3)],
            connections: 1,
            snapshot: Duration::from_secs(1),
        };
        let mut orders = TableReport::new("orders".into(), Duration::from_millis(2500), Outcome::Synced(synced));
        (orders.rows, orders.bytes_read, orders.bytes_sent) = (10_000, 1_250_000, 990_000);
        let users = TableReport::new("users".into(), Duration::from_secs(1), Outcome::Failed("no such table".into()));
        let report = report(vec![orders, users], Duration::from_secs(4));
        assert!(!report.all_synced());
        let summary = summary(&report);
        let lines: Vec<&str> = summary.lines().collect();
        assert_eq!(lines[0], "1 of 2 tables synced in 4.0 s");
        assert_eq!(lines[1], "users   FAILED  no such table");
        for part in ["orders", "10000 rows", "1.2 MB read", "0.9 MB sent", "2.5 s", "4000 rows/s", "born 3"] {
            assert!(lines[2].contains(part), "{part} in {}", lines[2]);
        }
    }

    #[test]
    fn a_long_summary_is_cut() {
        let table =
            |at: usize| TableReport::new(format!("table_{at}"), Duration::ZERO, Outcome::Failed("x".repeat(100)));
        let summary = summary(&report((0..10_000).map(table).collect(), Duration::ZERO));
        assert!(summary.len() < LONGEST_SUMMARY + 100);
        assert!(summary.ends_with("more"));
    }
}
