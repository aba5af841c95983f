//! A run: copies all tables of the task, several at a time.

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::MultiProgress;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::plan::Planner;
use crate::report::data::{Outcome, TableReport};
use crate::report::log;
use crate::sync::context::Context;
use crate::sync::pace::Pace;
use crate::sync::pool::Pool;
use crate::sync::settings::Settings;
use crate::sync::table;
use crate::work::task::Task;
use crate::work::unit::Unit;

/// Copies the tables and returns a report for each.
pub async fn run(
    planner: Planner,
    task: Task,
    settings: Settings,
    units: Vec<Unit>,
    stop: CancellationToken,
    bars: Option<MultiProgress>,
) -> Vec<TableReport> {
    let pool = Arc::new(Pool::new(settings.codec));
    let pace = Arc::new(Pace::new(&settings.limits));
    let context = Arc::new(Context { planner, task, settings, pool, pace, stop, bars });
    let reports = stream::iter(units).map(|unit| guarded(Arc::clone(&context), unit));
    reports.buffer_unordered(settings.table_concurrency.get()).collect().await
}

/// Copies one table in a separate tokio task, so that even a panic does not stop the other tables.
async fn guarded(context: Arc<Context>, unit: Unit) -> TableReport {
    let name = unit.table.name.clone();
    let started = Instant::now();
    if context.stop.is_cancelled() {
        // The summary says it; a separate log line would add nothing.
        return TableReport::new(name, started.elapsed(), Outcome::Failed("not started: stopped by a signal".into()));
    }
    let work = AbortOnDropHandle::new(tokio::spawn(table::sync(context, unit)));
    work.await.unwrap_or_else(|error: JoinError| {
        let outcome = Outcome::Failed(format!("a bug in mysql-bigquery-sync: {error}"));
        let report = TableReport::new(name, started.elapsed(), outcome);
        log::table(&report);
        report
    })
}
