//! A run: copies all tables of the task. A few are read at a time; many more are being prepared or wait for BigQuery.

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::MultiProgress;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::mysql::catalog::{self, Listing};
use crate::mysql::locks::Locks;
use crate::mysql::sql::in_time;
use crate::mysql::{self, connection};
use crate::plan::Planner;
use crate::report::data::{Outcome, TableReport};
use crate::report::log;
use crate::sync::context::Context;
use crate::sync::order::largest_first;
use crate::sync::pace::Pace;
use crate::sync::places::Places;
use crate::sync::pool::Pool;
use crate::sync::readers::{Reader, Readers};
use crate::sync::settings::Settings;
use crate::sync::table;
use crate::telemetry::progress;
use crate::work::task::Task;
use crate::work::unit::Unit;

/// How many tables are in flight in addition to those that are read: they are being prepared, or they wait for their load job.
/// With 64, a table that waits 5 s for BigQuery adds 80 ms to the run. Each has its plan and one connection to BigQuery, about
/// 100 KiB, but no connection to MySQL. Chunks come from the pool. Each sends one request at a time, at most about one per
/// second and method; BigQuery allows 100 per second, user and method ("Quotas and limits").
const TABLES_IN_FLIGHT: usize = 64;

/// Copies the tables and returns a report for each.
pub async fn run(
    planner: Planner,
    task: Task,
    settings: Settings,
    mut units: Vec<Unit>,
    stop: CancellationToken,
    bars: Option<MultiProgress>,
) -> Vec<TableReport> {
    let source = planner.endpoints.source.clone();
    let places = Places::new(settings.table_concurrency, units.len());
    let readers = Readers::new(source.clone(), Arc::clone(&places));
    let listing = tokio::select! {
        listing = list(&source, &readers, &units) => listing,
        () = stop.cancelled() => Listing::default(),
    };
    largest_first(&mut units, &listing);
    let context = Arc::new(Context {
        planner,
        task,
        settings,
        listing,
        places,
        readers,
        pool: Arc::new(Pool::new(settings.codec, settings.table_concurrency)),
        locks: Locks::new(source),
        pace: Arc::new(Pace::new(&settings.limits)),
        waiting: Arc::default(),
        stop,
        bars,
    });
    let waiting = progress::show_waiting(Arc::clone(&context.waiting), context.bars.clone());
    let shown = AbortOnDropHandle::new(tokio::spawn(waiting));
    let reports = stream::iter(units.into_iter().enumerate()).map(|(number, unit)| guarded(&context, number, unit));
    let reports = reports.buffer_unordered(settings.table_concurrency.get() + TABLES_IN_FLIGHT).collect().await;
    drop(shown);
    tokio::join!(context.readers.close(), context.locks.close());
    reports
}

/// Looks up the tables in the catalog. If that fails, each table looks itself up, with more patience, and reports the error.
async fn list(source: &mysql::Settings, readers: &Arc<Readers>, units: &[Unit]) -> Listing {
    let names: Vec<&str> = units.iter().map(|unit| unit.table.name.as_str()).collect();
    let listed = async {
        let mut connection = connection::connect(source).await?;
        let asking = async {
            let listing = catalog::listing(&mut connection, &names).await?;
            Ok((listing, connection::id(&mut connection).await?))
        };
        let (listing, id) = in_time(source.stall, asking).await?;
        readers.give(Reader { connection, id }).await;
        Ok::<_, mysql::Error>(listing)
    };
    listed.await.unwrap_or_default()
}

/// Copies one table in a separate tokio task, so that even a panic does not stop the other tables.
async fn guarded(context: &Arc<Context>, number: usize, unit: Unit) -> TableReport {
    let name = unit.table.name.clone();
    let started = Instant::now();
    if context.stop.is_cancelled() {
        // The summary says it; a separate log line would add nothing.
        return TableReport::new(name, started.elapsed(), Outcome::Failed("not started: stopped by a signal".into()));
    }
    let work = AbortOnDropHandle::new(tokio::spawn(table::sync(Arc::clone(context), number, unit)));
    let report = work.await.unwrap_or_else(|error: JoinError| {
        let outcome = Outcome::Failed(format!("a bug in mysql-bigquery-sync: {error}"));
        let report = TableReport::new(name, started.elapsed(), outcome);
        log::table(&report);
        report
    });
    context.places.leave(number);
    report
}
