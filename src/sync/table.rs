//! Copies one table: open, read, publish, and restart if needed.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;

use crate::hints;
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

/// How often a table is restarted within one attempt. After that, Cloud Run starts another attempt.
const MOST_RESTARTS: u32 = 2;
/// The pause before the first restart: a failover takes some seconds. The second restart waits twice as long.
const RESTART_PAUSE: Duration = Duration::from_secs(5);

/// Copies the table and returns its report, also if it fails.
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
        let failure = match copy(context, opening, start, counters).await {
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
    opening: impl Future<Output = Result<Opening, Failure>>,
    start: Start,
    counters: &Arc<Counters>,
) -> Result<Outcome, Failure> {
    let stopped_while = "waiting for its turn or opening the table; the destination is unchanged";
    let opened = context.unless_stopped(opening, stopped_while).await?;
    let Opened { lock, place, chunk, snapshot, plan, generation } = match opened {
        Opening::Ready(opened) => *opened,
        Opening::Published { destination, job_id, rows } => {
            counters.rows.store(rows, Relaxed);
            return Ok(Outcome::Skipped { destination, job_id });
        }
    };
    announce(&plan);
    if start == Start::First {
        for warning in &plan.warnings {
            let (table, destination) = (&plan.table.name, &plan.destination);
            events::RowsExpire { table, destination }.log(format_args!("{table}: {warning}"));
        }
    }
    let shown =
        progress::show(plan.table.name.clone(), plan.table.estimated_rows, Arc::clone(counters), context.bars.clone());
    let shown = AbortOnDropHandle::new(tokio::spawn(shown));
    let connections = snapshot.readers.len();
    // Held until the properties are set.
    let lock = lock.map(Arc::new);
    let room = Room { place, chunk, pool: &context.pool };
    let (publication, done) = read(context, room, snapshot, &plan, generation, lock.clone(), counters).await?;
    drop(shown);
    let _waiting = context.waiting.one();
    let Done { job, read: Read { nulled, snapshot, .. } } = done;
    let completing = publication.complete(job, counters.rows.load(Relaxed));
    let stopped_while = "waiting for its load job; BigQuery finishes the job and replaces the table";
    context.unless_stopped(completing, stopped_while).await?;
    context.publisher().settle(&plan).await;
    drop(lock);
    let (destination, job_id, previous_rows) = (plan.destination.clone(), publication.job_id, plan.previous_rows);
    Ok(Outcome::Synced(Synced { destination, job_id, previous_rows, nulled, connections, snapshot }))
}

/// Reads and uploads every row. If that fails or is stopped, kills the queries on the server and cancels the upload.
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
    let stopped_while = "reading its rows; the upload was canceled and the destination is unchanged";
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
                    "sending its last bytes; if BigQuery received all of them, it loads the table, otherwise the destination is unchanged",
                ),
                other => other,
            }
        }
    };
    Err(failure)
}

/// Logs `table_started`, `column_held` for each column that is held, and `schema_drift` if the destination's columns change.
fn announce(plan: &TablePlan) {
    let TablePlan { table, destination, mapping, drift, .. } = plan;
    let columns = mapping.columns.len();
    let estimated_rows = table.estimated_rows;
    events::TableStarted { table: &table.name, destination, columns, estimated_rows }.log(format_args!(
        "{}: started, {columns} columns{}",
        table.name,
        estimated_rows.map_or(String::new(), |rows| format!(", about {rows} rows"))
    ));
    for column in &mapping.held {
        let table = &table.name;
        events::ColumnHeld { table, destination, column }.log(format_args!("{table}: {}", hints::tables::held(column)));
    }
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
