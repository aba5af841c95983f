//! `sync`: copies all tables of this task. It prints only logs.

use std::time::Instant;

use indicatif::MultiProgress;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::plan::Planner;
use crate::report::data::{Run, RunReport};
use crate::report::{self, events};
use crate::sync::run;
use crate::work::endpoints;

/// Copies all tables of this task. True if no table failed.
pub async fn run(config: Config, stop: CancellationToken, bars: Option<MultiProgress>) -> bool {
    let started = Instant::now();
    let task = &config.task;
    let run = Run {
        execution: task.execution.clone(),
        task_index: task.index,
        task_count: task.count,
        attempt: task.attempt,
        database: config.mysql.database.clone(),
        project: config.bigquery.project.clone(),
        dataset: config.bigquery.dataset.clone(),
    };
    report::log::started(&run);
    if config.tables.at_most().is_some_and(|most| config.task.index >= most) {
        return no_tables(&config, run, started);
    }
    let connecting = endpoints::connect(config.mysql.clone(), config.bigquery.clone(), &config.tables, task);
    let connected = tokio::select! {
        connected = connecting => connected,
        () = stop.cancelled() => Err("stopped by a signal before any table was read".into()),
    };
    let (endpoints, tables) = match connected {
        Ok(connected) => connected,
        Err(problem) => {
            events::SyncFailed { error: &problem }.log(format_args!("the sync cannot start: {problem}"));
            return false;
        }
    };
    if tables.is_empty() {
        return no_tables(&config, run, started);
    }
    let planner = Planner { endpoints, settings: config.plan };
    planner.warn_about_unused_masks().await;
    let tables = run::run(planner, config.task, config.sync, tables, stop, bars).await;
    let report = RunReport { run, tables, elapsed: started.elapsed() };
    report::log::finished(&report);
    report.all_synced()
}

/// This task has no table, which is normal if the execution has more tasks than tables.
fn no_tables(config: &Config, run: Run, started: Instant) -> bool {
    let task = &config.task;
    if config.tables.has_patterns() && task.count == 1 {
        events::NoTables {}.warn(format_args!(
            "no table of database {} matches TABLES={}: is it empty, or does user {} lack SELECT on its tables?",
            config.mysql.database, config.tables, config.mysql.user
        ));
    } else {
        events::NoTables {}
            .info(format_args!("task {} has nothing to do: TABLES={} assigns it no table", task.index, config.tables));
    }
    report::log::finished(&RunReport { run, tables: Vec::new(), elapsed: started.elapsed() });
    true
}
