//! Opens a table. Before it has a place: takes its lock, finds out what earlier attempts did, and looks at the destination table.
//! With a place: opens snapshots, and makes the plan that holds in them.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::bigquery;
use crate::bigquery::tables::Existing;
use crate::mysql::connection::reconnect;
use crate::mysql::error::WhileDoing as _;
use crate::mysql::locks::Lock;
use crate::mysql::ranges::Ranges;
use crate::mysql::sql::in_time;
use crate::mysql::{self, connection, snapshot};
use crate::plan::planner::Resolved;
use crate::plan::reading::Reading;
use crate::plan::table_plan::Mode;
use crate::plan::{self, TablePlan};
use crate::publish::publisher::Earlier;
use crate::report::events;
use crate::sync::context::Context;
use crate::sync::failure::Failure;
use crate::sync::places::Place;
use crate::sync::pool::Filling;
use crate::sync::readers::Reader;
use crate::sync::sharing;
use crate::work::request::TableRequest;

/// How long a prepared table waits for a place. After that its lock is released for others, because it may be a long time until
/// the table is read, and the table is prepared again when it has a place.
const PREPARED_FOR: Duration = Duration::from_secs(60);

/// The result of opening a table.
pub(super) enum Opening {
    Ready(Box<Opened>),
    /// An earlier attempt of this task published the table.
    Published {
        destination: String,
        job_id: String,
        rows: u64,
    },
}

/// A table that is ready to be read.
pub(super) struct Opened {
    /// Keeps other executions away from the destination.
    pub(super) lock: Option<Lock>,
    pub(super) place: Place,
    /// Memory for the first chunk.
    pub(super) chunk: Filling,
    pub(super) snapshot: Snapshot,
    pub(super) plan: TablePlan,
    /// Part of the load job's id, because the id of a failed job cannot be used again.
    pub(super) generation: u32,
}

/// The open snapshots of the table. ALTER TABLE has to wait for them.
pub(super) struct Snapshot {
    /// One per connection; unless their snapshots differ, all see the same rows.
    pub(super) readers: Vec<Reader>,
    /// When the snapshots were opened.
    pub(super) since: Instant,
    pub(super) ranges: Ranges,
}

/// How this read of the table starts within the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// For the first time.
    First,
    /// As a restart.
    Restart,
    /// As a restart, because a load job with the same id exists.
    JobIdTaken,
}

/// A table whose lock is taken, and what is known about its destination.
struct Prepared {
    resolved: Resolved,
    lock: Option<Lock>,
    earlier: Earlier,
    existing: Option<Existing>,
}

/// Opens the table. Like a later attempt, a restart first looks up what was published before.
pub(super) async fn open(
    context: &Context,
    number: usize,
    request: &TableRequest,
    start: Start,
) -> Result<Opening, Failure> {
    let turn = context.places.turn(number).await;
    let mut prepared = prepare(context, request, start).await?;
    let place = match tokio::time::timeout(PREPARED_FOR, turn.place()).await {
        Ok(place) => place,
        Err(_) => {
            drop(prepared);
            let place = turn.place().await;
            prepared = prepare(context, request, start).await?;
            place
        }
    };
    drop(turn);
    let Prepared { resolved, lock, earlier, existing } = prepared;
    match earlier {
        Earlier::Published { job_id, rows } => {
            let destination = resolved.destination.clone();
            settle(context, place, request, resolved, existing).await;
            Ok(Opening::Published { destination, job_id, rows })
        }
        Earlier::Nothing { generation } => {
            // Before the snapshot, because there may be no free memory yet.
            let chunk = context.pool.chunk().await;
            let (snapshot, plan) = snapshot(context, request, resolved, existing).await?;
            Ok(Opening::Ready(Box::new(Opened { lock, place, chunk, snapshot, plan, generation })))
        }
    }
}

/// Takes the lock, then asks BigQuery, so that the answers include what another execution has just done.
async fn prepare(context: &Context, request: &TableRequest, start: Start) -> Result<Prepared, Failure> {
    let planner = &context.planner;
    let resolved = match context.listing.find(&request.name) {
        Some(found) => planner.resolved(request, found.clone())?,
        None => {
            let mut connection = reconnect(&planner.endpoints.source).await?;
            let resolved = planner.resolve(&mut connection, request).await;
            connection::close(connection).await;
            resolved?
        }
    };
    let bigquery::Settings { project, dataset, .. } = &planner.endpoints.destination;
    // Lock before the snapshot, so that the rows read here are newer than those that another execution loaded last.
    let lock = context.locks.take(format!("{project}.{dataset}.{}", resolved.destination)).await?;
    let earlier = earlier_attempts(context, &resolved.destination, start).await?;
    let existing = planner.existing(&resolved.destination).await?;
    Ok(Prepared { resolved, lock, earlier, existing })
}

/// What earlier attempts published. The first attempt does not ask.
async fn earlier_attempts(context: &Context, destination: &str, start: Start) -> Result<Earlier, bigquery::Error> {
    if start == Start::First && context.task.attempt == 0 {
        return Ok(Earlier::Nothing { generation: 0 });
    }
    context.publisher().earlier(Mode::Full, destination, start == Start::JobIdTaken).await
}

/// Sets the table's properties, because the earlier attempt may have ended right after the load job.
async fn settle(
    context: &Context,
    place: Place,
    request: &TableRequest,
    resolved: Resolved,
    existing: Option<Existing>,
) {
    let planning = async {
        let mut reader = context.readers.take().await?;
        let planner = &context.planner;
        let plan = planner.plan(&mut reader.connection, request, resolved, Reading::Whole(None), existing).await?;
        context.readers.give(reader).await;
        Ok(plan)
    };
    let planned: Result<TablePlan, plan::Error> = planning.await;
    drop(place);
    match planned {
        Ok(plan) => context.publisher().settle(&plan).await,
        Err(problem) => {
            let (table, problem) = (&request.name, problem.explained(&context.planner.endpoints.source));
            events::PropertiesNotSet { table }.log(format_args!(
                "{table}: the rows are loaded, but its properties could not be set; the next run tries again: {problem}"
            ));
        }
    }
}

/// Opens the snapshots, then makes the plan, because the columns can no longer change.
async fn snapshot(
    context: &Context,
    request: &TableRequest,
    resolved: Resolved,
    existing: Option<Existing>,
) -> Result<(Snapshot, TablePlan), Failure> {
    let planner = &context.planner;
    let (source, stall) = (&planner.endpoints.source, planner.endpoints.source.stall);
    let mut first = context.readers.take().await?;
    let connection = &mut first.connection;
    let reading = planner.reading(connection, request, &resolved.found).await?;
    let (since, others) = (Instant::now(), reading.connections() - 1);
    let name = resolved.found.name.clone();
    let (others, shared) = snapshot::open(source, connection, others, &name, context.settings.snapshots).await?;
    sharing::log(shared, source, &name, reading.connections());
    let reading = if others.is_empty() { Reading::Whole(None) } else { reading };
    // The table may have changed since the start of the run.
    let resolved = planner.resolve(connection, request).await?;
    let found = resolved.found.clone();
    let plan = planner.plan(connection, request, resolved, reading, existing).await?;
    let dividing = plan.reading.ranges(connection, &found, &plan.statement, &plan.mapping);
    let ranges = in_time(stall, dividing).await.while_doing(|| "dividing the table")?;
    let others = try_join_all(others.into_iter().map(|mut connection| async {
        let id = connection::id(&mut connection).await?;
        Ok::<_, mysql::Error>(Reader { connection, id })
    }));
    let others = in_time(stall, others).await.while_doing(|| "asking for the connection ids")?;
    let readers = std::iter::once(first).chain(others).collect();
    Ok((Snapshot { readers, since, ranges }, plan))
}
