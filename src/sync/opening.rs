//! Opens a table: takes its lock, looks up earlier attempts, opens the snapshots and makes the plan in them.

use std::time::Instant;

use futures_util::future::try_join_all;

use crate::bigquery;
use crate::mysql::error::WhileDoing as _;
use crate::mysql::locks::Lock;
use crate::mysql::ranges::Ranges;
use crate::mysql::sql::in_time;
use crate::mysql::{self, snapshot};
use crate::plan::TablePlan;
use crate::plan::planner::Resolved;
use crate::plan::reading::Reading;
use crate::plan::table_plan::Mode;
use crate::publish::publisher::Earlier;
use crate::report::events;
use crate::sync::context::Context;
use crate::sync::failure::Failure;
use crate::sync::sharing;
use crate::work::request::TableRequest;

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
    pub(super) snapshot: Snapshot,
    pub(super) plan: TablePlan,
    /// Part of the load job's id, because the id of a failed job cannot be used again.
    pub(super) generation: u32,
}

/// The open snapshots of the table. ALTER TABLE has to wait for them.
pub(super) struct Snapshot {
    /// One per reader; unless their snapshots differ, all see the same rows.
    pub(super) connections: Vec<mysql::Connection>,
    pub(super) connection_ids: Vec<u64>,
    /// When the snapshots were opened.
    pub(super) since: Instant,
    pub(super) ranges: Ranges,
    /// Keeps other executions away from the destination; the first connection holds it.
    pub(super) lock: Option<Lock>,
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

/// Opens the table. Like a later attempt, a restart first looks up what was published before.
pub(super) async fn open(context: &Context, request: &TableRequest, start: Start) -> Result<Opening, Failure> {
    let planner = &context.planner;
    let source = &planner.endpoints.source;
    let mut connection = mysql::connection::reconnect(source).await?;
    let resolved = planner.resolve(&mut connection, request).await?;
    let bigquery::Settings { project, dataset, .. } = &planner.endpoints.destination;
    let key = format!("{project}.{dataset}.{}", resolved.destination);
    // Lock before the snapshot, so that the rows read here are newer than those that another execution loaded last.
    let lock = Lock::take(&mut connection, source.stall, key).await?;
    match earlier_attempts(context, &resolved.destination, start).await? {
        Earlier::Published { job_id, rows } => {
            let destination = resolved.destination.clone();
            settle(context, &mut connection, request, resolved).await;
            mysql::connection::close(connection).await;
            Ok(Opening::Published { destination, job_id, rows })
        }
        Earlier::Nothing { generation } => {
            let (snapshot, plan) = snapshot(context, connection, request, resolved, lock).await?;
            Ok(Opening::Ready(Box::new(Opened { snapshot, plan, generation })))
        }
    }
}

/// What earlier attempts published. The first attempt does not ask.
async fn earlier_attempts(context: &Context, destination: &str, start: Start) -> Result<Earlier, bigquery::Error> {
    if start == Start::First && context.task.attempt == 0 {
        return Ok(Earlier::Nothing { generation: 0 });
    }
    context.publisher().earlier(Mode::Full, destination, start == Start::JobIdTaken).await
}

/// Sets the table's properties, because the earlier attempt may have ended right after the load job.
async fn settle(context: &Context, connection: &mut mysql::Connection, request: &TableRequest, resolved: Resolved) {
    match context.planner.plan(connection, request, resolved, Reading::Whole(None)).await {
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
    mut connection: mysql::Connection,
    request: &TableRequest,
    resolved: Resolved,
    lock: Option<Lock>,
) -> Result<(Snapshot, TablePlan), Failure> {
    let planner = &context.planner;
    let (source, stall) = (&planner.endpoints.source, planner.endpoints.source.stall);
    let found = resolved.found.clone();
    let reading = planner.reading(&mut connection, request, &found).await?;
    let (since, others) = (Instant::now(), reading.connections() - 1);
    let opened = snapshot::open(source, &mut connection, others, &found.name, context.settings.snapshots).await?;
    let (mut connections, shared) = opened;
    sharing::log(shared, source, &found.name, others + 1);
    let reading = if connections.is_empty() { Reading::Whole(None) } else { reading };
    let plan = planner.plan(&mut connection, request, resolved, reading).await?;
    let dividing = plan.reading.ranges(&mut connection, &found, &plan.statement, &plan.mapping);
    let ranges = in_time(stall, dividing).await.while_doing(|| "dividing the table")?;
    connections.insert(0, connection);
    let asking = try_join_all(connections.iter_mut().map(mysql::connection::id));
    let connection_ids = in_time(stall, asking).await.while_doing(|| "asking for the connection ids")?;
    Ok((Snapshot { connections, connection_ids, since, ranges, lock }, plan))
}
