//! The main job: all tables of this task, each by itself, and the report.

mod guard;
mod pipeline;
pub mod report;
mod table;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::MultiProgress;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use crate::bigquery;
use crate::config::Config;
use crate::mysql;
use crate::mysql::catalog::{self, Flavor};
use crate::selection::TableRequest;
use pipeline::Pool;
use report::{Outcome, Report, TableReport};

/// What every table's sync needs.
struct Context {
    config: Config,
    flavor: Flavor,
    bigquery: bigquery::Client,
    /// Destinations that more than one source table of the execution would have, with those tables.
    conflicts: HashMap<String, Vec<String>>,
    /// Used again from table to table.
    pool: Arc<Pool>,
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
    let prepared = tokio::select! {
        prepared = prepare(config, stop.clone(), bars) => prepared,
        () = stop.cancelled() => Err("stopped by a signal before any table was read".into()),
    };
    let (context, tables) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            error!(event = "sync_failed", error = problem, "the sync cannot start: {problem}");
            return false;
        }
    };
    if tables.is_empty() {
        return no_tables(&context.config, started);
    }
    let context = Arc::new(context);
    let concurrency = context.config.table_concurrency.get();
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

/// Connects to both sides at once, and finds out which tables are this task's own.
async fn prepare(
    config: Config,
    stop: CancellationToken,
    bars: Option<MultiProgress>,
) -> Result<(Context, Vec<TableRequest>), String> {
    let (bigquery, source) = tokio::join!(bigquery::Client::connect(&config.bigquery), look_at_source(&config));
    match (bigquery, source) {
        (Ok(bigquery), Ok(Source { flavor, tables, conflicts })) => {
            let pool = Arc::new(Pool::default());
            Ok((Context { config, flavor, bigquery, conflicts, pool, stop, bars }, tables))
        }
        (Err(bigquery), Err(source)) => Err(format!("{source}; and {bigquery}")),
        (Err(bigquery), Ok(_)) => Err(bigquery.to_string()),
        (Ok(_), Err(source)) => Err(source.to_string()),
    }
}

/// What is known of the source before any table is looked at.
struct Source {
    flavor: Flavor,
    /// This task's own.
    tables: Vec<TableRequest>,
    conflicts: HashMap<String, Vec<String>>,
}

async fn look_at_source(config: &Config) -> Result<Source, mysql::Error> {
    let mut connection = mysql::connection::connect(&config.mysql).await?;
    mysql::login::warn_if_unencrypted(&mut connection, &config.mysql).await?;
    let flavor = catalog::flavor(&mut connection).await?;
    let listed = if config.tables.has_patterns() { catalog::list(&mut connection).await? } else { Vec::new() };
    mysql::connection::close(connection).await;
    let matchable: Vec<&str> =
        listed.iter().filter(|listed| !listed.is_view).map(|listed| listed.name.as_str()).collect();
    let found = matchable.iter().filter(|name| config.tables.matches(name)).map(|name| TableRequest::named(*name));
    Ok(Source {
        flavor,
        conflicts: conflicts(config.tables.named.iter().cloned().chain(found)),
        tables: config.task.own_tables(&config.tables, matchable),
    })
}

/// Destinations of more than one table, among all tables of the execution.
fn conflicts(tables: impl Iterator<Item = TableRequest>) -> HashMap<String, Vec<String>> {
    let mut sources: HashMap<String, Vec<String>> = HashMap::new();
    for table in tables {
        // A name that cannot become one is that table's own error, when its turn comes.
        if let Ok(destination) = table.destination(&table.name) {
            sources.entry(destination).or_default().push(table.name);
        }
    }
    sources.retain(|_, names| names.len() > 1);
    sources
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
