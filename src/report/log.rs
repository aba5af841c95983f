//! Writes reports to the log.

use crate::report::data::{Outcome, Run, RunReport, TableReport};
use crate::report::events;
use crate::report::summary::{nulled, summary};
use crate::report::units::{milliseconds, seconds};

/// `sync_started`.
pub fn started(run: &Run) {
    let Run { execution, task_index, task_count, attempt, database, project, dataset } = run;
    events::SyncStarted {
        execution,
        task_index: *task_index,
        task_count: *task_count,
        attempt: *attempt,
        database,
        dataset,
    }
    .log(format_args!(
        "mysql-bigquery-sync {}: task {task_index} of {task_count} of execution {execution}, \
         database {database} to dataset {project}:{dataset}",
        env!("CARGO_PKG_VERSION")
    ));
}

/// `table_synced`, `table_skipped` or `table_failed`.
pub fn table(report: &TableReport) {
    let TableReport { table, elapsed, rows, bytes_read, bytes_sent, outcome } = report;
    let (rows, bytes_read, bytes_sent, milliseconds) = (*rows, *bytes_read, *bytes_sent, milliseconds(*elapsed));
    match outcome {
        Outcome::Synced(synced) => events::TableSynced {
            table,
            destination: &synced.destination,
            job_id: &synced.job_id,
            rows,
            previous_rows: synced.previous_rows,
            bytes_read,
            bytes_sent,
            milliseconds,
            rows_per_second: report.rows_per_second(),
            snapshot_milliseconds: self::milliseconds(synced.snapshot),
            connections: synced.connections,
            values_to_null: synced.nulled.iter().map(|(_, count)| count).sum(),
            columns_to_null: nulled_json(&synced.nulled).as_deref(),
        }
        .log(format_args!(
            "{table}: {rows} rows loaded into {} in {}{}",
            synced.destination,
            seconds(*elapsed),
            nulled(&synced.nulled)
        )),
        Outcome::Skipped { destination, job_id } => {
            events::TableSkipped { table, destination, job_id, rows }.log(format_args!(
                "{table}: an earlier upload of this execution has loaded it already ({rows} rows, job {job_id})"
            ));
        }
        Outcome::Failed(error) => {
            events::TableFailed { table, error, rows, bytes_read, bytes_sent, milliseconds }
                .log(format_args!("table {table}: {error}"));
        }
    }
}

/// `sync_finished`, with every table in its message.
pub fn finished(report: &RunReport) {
    let failed = report.failed().count();
    let skipped = report.tables.iter().filter(|table| matches!(table.outcome, Outcome::Skipped { .. })).count();
    let sum = |number: fn(&TableReport) -> u64| report.tables.iter().map(number).sum();
    let event = events::SyncFinished {
        synced: report.tables.len() - failed - skipped,
        skipped,
        failed,
        rows: sum(|table| table.rows),
        bytes_read: sum(|table| table.bytes_read),
        bytes_sent: sum(|table| table.bytes_sent),
        milliseconds: milliseconds(report.elapsed),
    };
    let summary = summary(report);
    if failed == 0 {
        event.info(format_args!("{summary}"));
    } else {
        event.error(format_args!("{summary}"));
    }
}

/// JSON as text, because a log field is a text or a number. `None` if no value was nulled.
fn nulled_json(columns: &[(String, u64)]) -> Option<String> {
    let counts: serde_json::Map<String, serde_json::Value> =
        columns.iter().map(|(column, count)| (column.clone(), (*count).into())).collect();
    (!counts.is_empty()).then(|| serde_json::Value::Object(counts).to_string())
}
