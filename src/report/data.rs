//! The outcome of each table and of the run, as plain data.

use std::time::Duration;

use crate::report::units::per_second;

/// The run, its source and its destination.
#[derive(Debug, Clone)]
pub struct Run {
    /// The Cloud Run execution, or a generated id.
    pub execution: String,
    /// Which task of the execution, from 0.
    pub task_index: usize,
    /// How many tasks the execution has.
    pub task_count: usize,
    /// Which attempt of the task, from 0.
    pub attempt: usize,
    /// The database in MySQL.
    pub database: String,
    /// The project in Google Cloud.
    pub project: String,
    /// The dataset in BigQuery.
    pub dataset: String,
}

/// The end of a run.
#[derive(Debug)]
pub struct RunReport {
    /// Which run.
    pub run: Run,
    /// All tables of this task.
    pub tables: Vec<TableReport>,
    /// How long the run took.
    pub elapsed: Duration,
}

/// The end of one table.
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
    /// Bytes that BigQuery has acknowledged.
    pub bytes_sent: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a table ended.
#[derive(Debug)]
pub enum Outcome {
    /// The destination table was replaced.
    Synced(Synced),
    /// An earlier attempt of this task had already loaded it.
    Skipped {
        /// Its name in BigQuery.
        destination: String,
        /// The load job of that attempt.
        job_id: String,
    },
    /// It failed; the reason in one sentence.
    Failed(String),
}

/// About a table that was replaced.
#[derive(Debug)]
pub struct Synced {
    /// Its name in BigQuery.
    pub destination: String,
    /// The load job.
    pub job_id: String,
    /// How many rows the destination table had before; `None` if it is new.
    pub previous_rows: Option<u64>,
    /// Columns with nulled values, and how many each has.
    pub nulled: Vec<(String, u64)>,
    /// How many connections read it.
    pub connections: usize,
    /// How long the snapshot was open in MySQL.
    pub snapshot: Duration,
}

impl RunReport {
    /// True if no table failed.
    pub fn all_synced(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The tables that failed, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&TableReport, &str)> {
        self.tables.iter().filter_map(|table| match &table.outcome {
            Outcome::Failed(problem) => Some((table, &**problem)),
            Outcome::Synced(_) | Outcome::Skipped { .. } => None,
        })
    }
}

impl TableReport {
    /// A report without numbers yet.
    pub fn new(table: String, elapsed: Duration, outcome: Outcome) -> Self {
        Self { table, elapsed, rows: 0, bytes_read: 0, bytes_sent: 0, outcome }
    }

    /// Rows read per second.
    pub fn rows_per_second(&self) -> u64 {
        per_second(self.rows, self.elapsed)
    }
}
