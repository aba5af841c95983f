//! One table, end to end: open, read, publish; and restarts.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;

use crate::mysql;
use crate::mysql::locks::Lock;
use crate::plan::TablePlan;
use crate::plan::drift::Drift;
use crate::publish::publication::Publication;
use crate::report::data::{Outcome, Synced, TableReport};
use crate::report::{events, log};
use crate::sync::context::Context;
use crate::sync::failure::Failure;
use crate::sync::guard::ShrinkGuard;
use crate::sync::opening::{Opened, Opening, Snapshot, Start, open};
use crate::sync::pipeline::{self, Done, Guards, Room};
use crate::sync::read::{Read, Source};
use crate::sync::readers::Running;
use crate::telemetry::progress::{self, Counters};
use crate::work::request::TableRequest;
use crate::work::unit::Unit;

/// How often a table is restarted within one attempt; after that it is Cloud Run's retry that does.
const MOST_RESTARTS: u32 = 2;
/// A server that fails over is back after some seconds; the second restart waits twice as long.
const RESTART_PAUSE: Duration = Duration::from_secs(5);

/// Copies the table and reports what became of it; never fails itself.
pub(super) async fn sync(context: Arc<Context>, number: usize, unit: Unit) -> TableReport {
    let request = unit.table;
    let started = Instant::now();
    let counters = Arc::new(Counters::default());
    let outcome = copy_with_restarts(&context, number, &request, &counters).await;
    let report = TableReport {
        rows: counters.rows.load(Relaxed),
        bytes_read: counters.bytes_read.load(Relaxed),
        bytes_sent: counters.bytes_sent.load(Relaxed),
        ..TableReport::new(request.name, started.elapsed(), outcome)
    };
    log::table(&report);
    report
}

async fn copy_with_restarts(
    context: &Context,
    number: usize,
    request: &TableRequest,
    counters: &Arc<Counters>,
) -> Outcome {
    let (mut restarts, mut start) = (0, Start::First);
    loop {
        let opening = open(context, number, request, start);
        let failure = match copy(context, opening, counters).await {
            Ok(outcome) => return outcome,
            Err(failure) => failure,
        };
        let problem = failure.explained(&context.planner.endpoints.source);
        if restarts < MOST_RESTARTS && failure.is_retryable() && !context.stop.is_cancelled() {
            restarts += 1;
            start = if failure.is_job_id_taken() { Start::JobIdTaken } else { Start::Restart };
            let table = &request.name;
            events::TableRestarted { table, restarts }
                .log(format_args!("{table}: {problem}; restarting it from its first row"));
            counters.reset();
            // Ends early when the run is stopped; the next try then says so.
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
    opening: impl Future<Output = Result<Opening, Failure>>,
    counters: &Arc<Counters>,
) -> Result<Outcome, Failure> {
    let stopped_while = "it waited for its turn or its columns were looked up; the destination is unchanged";
    let opened = context.unless_stopped(opening, stopped_while).await?;
    let Opened { lock, place, chunk, snapshot, plan, generation } = match opened {
        Opening::Ready(opened) => *opened,
        Opening::Published { destination, job_id, rows } => {
            counters.rows.store(rows, Relaxed);
            return Ok(Outcome::Skipped { destination, job_id });
        }
    };
    announce(&plan);
    let shown =
        progress::show(plan.table.name.clone(), plan.table.estimated_rows, Arc::clone(counters), context.bars.clone());
    let shown = AbortOnDropHandle::new(tokio::spawn(shown));
    let connections = snapshot.readers.len();
    // Until the table is the new one in every respect.
    let lock = lock.map(Arc::new);
    let room = Room { place, chunk, pool: &context.pool };
    let (publication, done) = read(context, room, snapshot, &plan, generation, lock.clone(), counters).await?;
    drop(shown);
    let _waiting = context.waiting.one();
    let Done { job, read: Read { nulled, snapshot, .. } } = done;
    let completing = publication.complete(job, counters.rows.load(Relaxed));
    let stopped_while = "its load job ran; BigQuery finishes that job, and the table is then the new one";
    context.unless_stopped(completing, stopped_while).await?;
    context.publisher().settle(&plan).await;
    drop(lock);
    let (destination, job_id, previous_rows) = (plan.destination.clone(), publication.job_id, plan.previous_rows);
    Ok(Outcome::Synced(Synced { destination, job_id, previous_rows, nulled, connections, snapshot }))
}

/// Reads and uploads every row. What fails or is stopped here ends its queries on the server, too, and gives the upload up.
async fn read<'a>(
    context: &'a Context,
    room: Room<'_>,
    snapshot: Snapshot,
    plan: &'a TablePlan,
    generation: u32,
    lock: Option<Arc<Lock>>,
    counters: &Arc<Counters>,
) -> Result<(Publication<'a>, Done), Failure> {
    let Snapshot { readers, since, ranges } = snapshot;
    let endpoint = &context.planner.endpoints.source;
    let running = Arc::new(Running::new(&readers));
    let source = Source {
        table: plan.table.name.clone(),
        ranges,
        connections: readers,
        running: Arc::clone(&running),
        readers: Arc::clone(&context.readers),
        since,
        mapping: Arc::new(plan.mapping.clone()),
        stall: endpoint.stall,
        pace: Arc::clone(&context.pace),
    };
    let guards = Guards { shrink: guard(context, plan), lock };
    let beginning = context.publisher().begin(plan, generation);
    let mut publication = None;
    let pipeline = pipeline::run(beginning, &mut publication, source, guards, room, counters);
    let stopped_while = "its rows were read; the upload was given up and the destination is unchanged";
    let done = context.unless_stopped(pipeline, stopped_while).await;
    let failure = match (publication, done) {
        (Some(publication), Ok(done)) => return Ok((publication, done)),
        (None, Ok(_)) => Failure::Bug("rows were sent without an upload"),
        (None, Err(failure)) => {
            mysql::connection::kill(endpoint, &running.take()).await;
            failure
        }
        (Some(publication), Err(failure)) => {
            let running = running.take();
            tokio::join!(mysql::connection::kill(endpoint, &running), publication.upload.cancel());
            match failure {
                Failure::Stopped(_) if publication.upload.is_finishing() => Failure::Stopped(
                    "its last bytes were sent; BigQuery has either all of them and loads them, or the table stays as it was",
                ),
                other => other,
            }
        }
    };
    Err(failure)
}

/// `table_started`, and `schema_drift` where the destination's columns change.
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
        .log(format_args!("{}: the columns of {destination} change: {drift}", table.name));
    }
}

/// The guard against a table that lost its rows.
fn guard(context: &Context, plan: &TablePlan) -> Option<ShrinkGuard> {
    let max_percent = plan.max_shrink_percent.or(context.planner.settings.max_shrink_percent);
    plan.previous_rows.zip(max_percent).map(|(previous_rows, max_percent)| ShrinkGuard { previous_rows, max_percent })
}
