//! Copies one table: open, read, publish, and restart if needed.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;

use crate::bigquery::types::job::Job;
use crate::mysql;
use crate::mysql::locks;
use crate::plan::TablePlan;
use crate::plan::drift::Drift;
use crate::publish::publication::Publication;
use crate::report::data::{Outcome, Synced, TableReport};
use crate::report::{events, log};
use crate::sync::context::Context;
use crate::sync::failure::Failure;
use crate::sync::guard::ShrinkGuard;
use crate::sync::opening::{Opened, Opening, Snapshot, Start, open};
use crate::sync::pipeline::{self, Done, Guards};
use crate::sync::read::{Read, Source};
use crate::telemetry::progress::{self, Counters};
use crate::work::request::TableRequest;
use crate::work::unit::Unit;

/// How often a table is restarted within one attempt. After that, Cloud Run starts another attempt.
const MOST_RESTARTS: u32 = 2;
/// The pause before the first restart: a failover takes some seconds. The second restart waits twice as long.
const RESTART_PAUSE: Duration = Duration::from_secs(5);

/// Copies the table and returns its report, also if it fails.
pub(super) async fn sync(context: Arc<Context>, unit: Unit) -> TableReport {
    let request = unit.table;
    let started = Instant::now();
    let counters = Arc::new(Counters::default());
    let outcome = copy_with_restarts(&context, &request, &counters).await;
    let report = TableReport {
        rows: counters.rows.load(Relaxed),
        bytes_read: counters.bytes_read.load(Relaxed),
        bytes_sent: counters.bytes_sent.load(Relaxed),
        ..TableReport::new(request.name, started.elapsed(), outcome)
    };
    log::table(&report);
    report
}

async fn copy_with_restarts(context: &Context, request: &TableRequest, counters: &Arc<Counters>) -> Outcome {
    let (mut restarts, mut start) = (0, Start::First);
    loop {
        let failure = match copy(context, request, counters, start).await {
            Ok(outcome) => return outcome,
            Err(failure) => failure,
        };
        let problem = failure.explained(&context.planner.endpoints.source);
        if restarts < MOST_RESTARTS && failure.is_retryable() && !context.stop.is_cancelled() {
            restarts += 1;
            start = if failure.is_job_id_taken() { Start::JobIdTaken } else { Start::Restart };
            let table = &request.name;
            events::TableRestarted { table, restarts }.log(format_args!("{table}: {problem}; restarting the table"));
            counters.reset();
            // The pause ends early if the run is stopped; `copy` then returns that failure.
            let _ = tokio::time::timeout(RESTART_PAUSE * restarts, context.stop.cancelled()).await;
            continue;
        }
        return Outcome::Failed(match restarts {
            0 => problem,
            1 => format!("{problem} (after 1 restart)"),
            _ => format!("{problem} (after {restarts} restarts)"),
        });
    }
}

async fn copy(
    context: &Context,
    request: &TableRequest,
    counters: &Arc<Counters>,
    start: Start,
) -> Result<Outcome, Failure> {
    let stopped_while = "opening the table; the destination is unchanged";
    let opened = context.unless_stopped(open(context, request, start), stopped_while).await?;
    let Opened { snapshot, plan, generation } = match opened {
        Opening::Ready(opened) => *opened,
        Opening::Published { destination, job_id, rows } => {
            counters.rows.store(rows, Relaxed);
            return Ok(Outcome::Skipped { destination, job_id });
        }
    };
    announce(&plan);
    let shown =
        progress::show(plan.table.name.clone(), plan.table.estimated_rows, Arc::clone(counters), context.bars.clone());
    let _shown = AbortOnDropHandle::new(tokio::spawn(shown));
    let stopped_while = "starting its upload; the destination is unchanged";
    let beginning = context.publisher().begin(&plan, generation);
    let mut publication = context.unless_stopped(beginning, stopped_while).await?;
    let connections = snapshot.connections.len();
    let Done { job, mut read } = read(context, snapshot, &plan, &mut publication, counters).await?;
    publish(context, &publication, job, &mut read.connection, counters.rows.load(Relaxed)).await?;
    context.publisher().settle(&plan).await;
    let Read { nulled, snapshot, connection, .. } = read;
    mysql::connection::close(connection).await;
    let (destination, job_id, previous_rows) = (plan.destination.clone(), publication.job_id, plan.previous_rows);
    Ok(Outcome::Synced(Synced { destination, job_id, previous_rows, nulled, connections, snapshot }))
}

/// Reads and uploads every row. If that fails or is stopped, kills the queries on the server and cancels the upload.
async fn read(
    context: &Context,
    snapshot: Snapshot,
    plan: &TablePlan,
    publication: &mut Publication<'_>,
    counters: &Arc<Counters>,
) -> Result<Done, Failure> {
    let Snapshot { connections, connection_ids, since, ranges, lock } = snapshot;
    let endpoint = &context.planner.endpoints.source;
    let source = Source {
        table: plan.table.name.clone(),
        ranges,
        connections,
        since,
        mapping: Arc::new(plan.mapping.clone()),
        stall: endpoint.stall,
        pace: Arc::clone(&context.pace),
    };
    let guards = Guards { shrink: guard(context, plan), lock, stall: endpoint.stall };
    let running = pipeline::run(&mut publication.upload, source, guards, &context.pool, counters);
    let stopped_while = "reading its rows; the upload was canceled and the destination is unchanged";
    let failure = match context.unless_stopped(running, stopped_while).await {
        Ok(done) => return Ok(done),
        Err(failure) => failure,
    };
    tokio::join!(mysql::connection::kill(endpoint, &connection_ids), publication.upload.cancel());
    Err(match failure {
        Failure::Stopped(_) if publication.upload.is_finishing() => Failure::Stopped(
            "sending its last bytes; if BigQuery received all of them, it loads the table, otherwise the destination is unchanged",
        ),
        other => other,
    })
}

/// Waits until the destination has the rows, while the connection holds the table's lock.
async fn publish(
    context: &Context,
    publication: &Publication<'_>,
    job: Job,
    connection: &mut mysql::Connection,
    rows: u64,
) -> Result<(), Failure> {
    let completing = locks::keeping_alive(connection, publication.complete(job, rows));
    let stopped_while = "waiting for its load job; BigQuery finishes the job and replaces the table";
    context.unless_stopped(completing, stopped_while).await
}

/// Logs `table_started`, and `schema_drift` if the destination's columns change.
fn announce(plan: &TablePlan) {
    let TablePlan { table, destination, mapping, drift, .. } = plan;
    let columns = mapping.columns.len();
    let estimated_rows = table.estimated_rows;
    events::TableStarted { table: &table.name, destination, columns, estimated_rows }.log(format_args!(
        "{}: started, {columns} columns{}",
        table.name,
        estimated_rows.map_or(String::new(), |rows| format!(", about {rows} rows"))
    ));
    if !drift.is_empty() {
        let Drift { added, dropped, retyped, renamed } = drift;
        events::SchemaDrift {
            table: &table.name,
            destination,
            added: added.len(),
            dropped: dropped.len(),
            retyped: retyped.len(),
            renamed: renamed.len(),
        }
        .log(format_args!("{}: schema drift in {destination}: {drift}", table.name));
    }
}

/// The guard against lost rows, if a limit is set and the destination exists.
fn guard(context: &Context, plan: &TablePlan) -> Option<ShrinkGuard> {
    let max_percent = plan.max_shrink_percent.or(context.planner.settings.max_shrink_percent);
    plan.previous_rows.zip(max_percent).map(|(previous_rows, max_percent)| ShrinkGuard { previous_rows, max_percent })
}
