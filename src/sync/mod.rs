//! The main job: all tables of this task, each by itself, and the report.

mod effort;
mod guard;
mod pace;
mod pipeline;
mod read;
pub mod report;
mod table;

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::MultiProgress;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use crate::config::Config;
use crate::selection::TableRequest;
use crate::sides::{self, Sides};
use pace::Pace;
use pipeline::Pool;
use report::{Outcome, Report, TableReport};

/// What every table's sync needs.
struct Context {
    sides: Sides,
    /// Used again from table to table.
    pool: Arc<Pool>,
    /// Kept by all tables together.
    pace: Arc<Pace>,
    /// Ends the run early: SIGTERM or Ctrl-C.
    stop: CancellationToken,
    bars: Option<MultiProgress>,
}

/// Copies all tables of this task. True when all of them arrived.
pub async fn run(config: Config, stop: CancellationToken, bars: Option<MultiProgress>) -> bool {
    let started = Instant::now();
    let task = &config.task;
    info!(
        event = "sync_started",
        execution = task.execution,
        task_index = task.index,
        task_count = task.count,
        attempt = task.attempt,
        database = config.mysql.database,
        dataset = config.bigquery.dataset,
        "mysql-bigquery-sync {}: task {} of {} of execution {}, database {} to dataset {}:{}",
        env!("CARGO_PKG_VERSION"),
        task.index,
        task.count,
        task.execution,
        config.mysql.database,
        config.bigquery.project,
        config.bigquery.dataset
    );
    if !config.tables.has_patterns() && task.own_tables(&config.tables, []).is_empty() {
        return no_tables(&config, started);
    }
    let connected = tokio::select! {
        connected = sides::connect(config) => connected,
        () = stop.cancelled() => Err("stopped by a signal before any table was read".into()),
    };
    let (sides, tables) = match connected {
        Ok(connected) => connected,
        Err(problem) => {
            error!(event = "sync_failed", error = problem, "the sync cannot start: {problem}");
            return false;
        }
    };
    if tables.is_empty() {
        return no_tables(&sides.config, started);
    }
    let concurrency = sides.config.table_concurrency.get();
    let pool = Arc::new(Pool::new(sides.config.codec));
    let pace = Arc::new(Pace::new(&sides.config.reading));
    let context = Arc::new(Context { sides, pool, pace, stop, bars });
    let reports = stream::iter(tables).map(|request| guarded(Arc::clone(&context), request));
    let reports = reports.buffer_unordered(concurrency).collect().await;
    let report = Report { tables: reports, elapsed: started.elapsed() };
    report.log();
    report.all_synced()
}

/// Nothing is this task's: an execution may have more tasks than the list has tables.
fn no_tables(config: &Config, started: Instant) -> bool {
    let task = &config.task;
    if config.tables.has_patterns() && task.count == 1 {
        warn!(
            event = "no_tables",
            "no table of database {} matches TABLES={}: is it empty, or does user {} lack SELECT on its tables?",
            config.mysql.database,
            config.tables,
            config.mysql.user
        );
    } else {
        info!(event = "no_tables", "no table of TABLES={} is task {}'s: nothing to do", config.tables, task.index);
    }
    Report { tables: Vec::new(), elapsed: started.elapsed() }.log();
    true
}

/// One table in a task of its own, so that not even a panic in it stops the others.
async fn guarded(context: Arc<Context>, request: TableRequest) -> TableReport {
    let name = request.name.clone();
    let started = Instant::now();
    if context.stop.is_cancelled() {
        // Its line would say no more than the summary does.
        return TableReport::new(name, started.elapsed(), Outcome::Failed("not begun: stopped by a signal".into()));
    }
    let work = AbortOnDropHandle::new(tokio::spawn(table::sync(context, request)));
    work.await.unwrap_or_else(|error: JoinError| {
        let outcome = Outcome::Failed(format!("a bug in mysql-bigquery-sync: {error}"));
        let report = TableReport::new(name, started.elapsed(), outcome);
        report.log();
        report
    })
}
