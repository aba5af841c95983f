//! The opening of a table: its lock, what earlier attempts have done, snapshots, and the plan that holds in them.

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

/// What opening a table comes to.
pub(super) enum Opening {
    Ready(Box<Opened>),
    /// An earlier attempt of this task has done it.
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
    /// Of the load job's id: failed ids of earlier attempts are used up.
    pub(super) generation: u32,
}

/// The table in one moment, in which it cannot be altered.
pub(super) struct Snapshot {
    /// All of them see the same rows.
    pub(super) connections: Vec<mysql::Connection>,
    pub(super) connection_ids: Vec<u64>,
    /// Since when.
    pub(super) since: Instant,
    pub(super) ranges: Ranges,
    /// That no other execution works on the destination; the first connection holds it.
    pub(super) lock: Option<Lock>,
}

/// What is known of earlier tries of the table within this attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// There is none.
    First,
    /// One failed.
    Restart,
    /// One failed because there is a load job of the same id.
    JobIdTaken,
}

/// Opens the table; a restart asks for earlier attempts as a later attempt does.
pub(super) async fn open(context: &Context, request: &TableRequest, start: Start) -> Result<Opening, Failure> {
    let planner = &context.planner;
    let source = &planner.endpoints.source;
    let mut connection = mysql::connection::reconnect(source).await?;
    let resolved = planner.resolve(&mut connection, request).await?;
    let bigquery::Settings { project, dataset, .. } = &planner.endpoints.destination;
    let key = format!("{project}.{dataset}.{}", resolved.destination);
    // Before the snapshot: what another execution has just loaded is not older than what is read here.
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

/// A first attempt has none before it.
async fn earlier_attempts(context: &Context, destination: &str, start: Start) -> Result<Earlier, bigquery::Error> {
    if start == Start::First && context.task.attempt == 0 {
        return Ok(Earlier::Nothing { generation: 0 });
    }
    context.publisher().earlier(Mode::Full, destination, start == Start::JobIdTaken).await
}

/// An earlier attempt may have ended between the load job and what follows it.
async fn settle(context: &Context, connection: &mut mysql::Connection, request: &TableRequest, resolved: Resolved) {
    match context.planner.plan(connection, request, resolved, Reading::Whole(None)).await {
        Ok(plan) => context.publisher().settle(&plan).await,
        Err(problem) => {
            let (table, problem) = (&request.name, problem.explained(&context.planner.endpoints.source));
            events::PropertiesNotSet { table }.log(format_args!(
                "{table}: its rows are loaded; its properties could not be set, the next run tries again: {problem}"
            ));
        }
    }
}

/// Opens the snapshots, and makes the plan now that the columns cannot change any more.
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
    let connection_ids = in_time(stall, asking).await.while_doing(|| "asking for the connections' numbers")?;
    Ok((Snapshot { connections, connection_ids, since, ranges, lock }, plan))
}
