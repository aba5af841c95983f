//! One table, end to end: snapshot, mapping, rows, upload, load job, check.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio_util::task::AbortOnDropHandle;

use crate::bigquery::load::{Fate, job_id};
use crate::bigquery::retry;
use crate::mysql::error::WhileDoing as _;
use crate::mysql::locks::{self, Lock};
use crate::mysql::ranges::Ranges;
use crate::mysql::sql::in_time;
use crate::mysql::{self, snapshot};
use crate::plan::reading::Reading;
use crate::plan::{self, Drift, TablePlan};
use crate::report::data::{Outcome, Synced, TableReport};
use crate::report::{self, events};
use crate::sync::Context;
use crate::sync::guard::ShrinkGuard;
use crate::sync::pipeline::{self, Destination, Done, Guards};
use crate::sync::read::{Read, Source};
use crate::telemetry::progress::{self, Counters};
use crate::work::selection::TableRequest;
use crate::{bigquery, hints};

/// How often a table begins again within one attempt; after that it is Cloud Run's retry that does.
const MOST_RESTARTS: u32 = 2;
/// A server that fails over is back after some seconds; the second restart waits twice as long.
const RESTART_PAUSE: Duration = Duration::from_secs(5);

/// Why a table failed; every variant is a sentence of its own.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Source(#[from] mysql::Error),
    #[error(transparent)]
    Destination(#[from] bigquery::Error),
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
    #[error(transparent)]
    Plan(#[from] plan::Error),
    #[error("stopped by a signal while {0}")]
    Stopped(&'static str),
}

impl Failure {
    /// The sentence, with what to do about it.
    fn explained(&self, source: &mysql::Settings) -> String {
        match self {
            Self::Source(error) | Self::Pipeline(pipeline::Error::Source(error)) => hints::mysql(error, source),
            Self::Plan(error) => error.explained(source),
            Self::Destination(_) | Self::Pipeline(_) | Self::Stopped(_) => self.to_string(),
        }
    }

    /// True when the destination is unchanged and the same may succeed from the beginning, in a new snapshot: the
    /// connection to MySQL or BigQuery's upload session was lost, or BigQuery could not finish the load job.
    fn is_passing(&self) -> bool {
        match self {
            Self::Source(error)
            | Self::Plan(plan::Error::Source(error))
            | Self::Pipeline(pipeline::Error::Source(error)) => error.is_transient(),
            Self::Destination(error) | Self::Pipeline(pipeline::Error::Destination(error)) => {
                retry::begins_again(&error.cause)
            }
            Self::Pipeline(_) | Self::Plan(_) | Self::Stopped(_) => false,
        }
    }
}

/// Copies the table and reports what became of it; never fails itself.
pub(super) async fn sync(context: Arc<Context>, request: TableRequest) -> TableReport {
    let started = Instant::now();
    let counters = Arc::new(Counters::default());
    let mut restarts = 0;
    let source = &context.planner.endpoints.source;
    let outcome = loop {
        match copy(&context, &request, &counters, restarts > 0).await {
            Ok(outcome) => break outcome,
            Err(failure) if restarts < MOST_RESTARTS && failure.is_passing() && !context.stop.is_cancelled() => {
                restarts += 1;
                let table = &request.name;
                events::TableRestarted { table, restarts }
                    .log(format_args!("{table}: {}; restarting the table", failure.explained(source)));
                counters.reset();
                // Ends early when the run is stopped; the next try then says so.
                let _ = tokio::time::timeout(RESTART_PAUSE * restarts, context.stop.cancelled()).await;
            }
            Err(failure) => {
                let times = match restarts {
                    0 => String::new(),
                    1 => " (after 1 restart)".to_owned(),
                    _ => format!(" (after {restarts} restarts)"),
                };
                break Outcome::Failed(failure.explained(source) + &times);
            }
        }
    };
    let report = TableReport {
        rows: counters.rows.load(Relaxed),
        bytes_read: counters.bytes_read.load(Relaxed),
        bytes_sent: counters.bytes_sent.load(Relaxed),
        ..TableReport::new(request.name, started.elapsed(), outcome)
    };
    report::log::table(&report);
    report
}

async fn copy(
    context: &Context,
    request: &TableRequest,
    counters: &Arc<Counters>,
    again: bool,
) -> Result<Outcome, Failure> {
    let opening = open(context, request, again);
    let opened = unless_stopped(context, opening, "its columns were looked up; the destination is unchanged").await?;
    let Opened { connections, connection_ids, since, ranges, lock, generation, plan } = match opened {
        Opening::Ready(opened) => *opened,
        Opening::Loaded { destination, job_id, rows } => {
            counters.rows.store(rows, Relaxed);
            return Ok(Outcome::Skipped { destination, job_id });
        }
    };
    announce(&plan);
    let (name, estimate) = (plan.table.name.clone(), plan.table.estimated_rows);
    let shown = progress::show(name, estimate, Arc::clone(counters), context.bars.clone());
    let _shown = AbortOnDropHandle::new(tokio::spawn(shown));

    let doing = plan::doing(&context.planner, &plan.destination);
    let job_id = context.job_id(&plan.destination, generation);
    let job = context.planner.endpoints.bigquery.load_job(&job_id, &plan.destination, &plan.load);
    let beginning = context.planner.endpoints.bigquery.begin_upload(&doing, &job);
    let upload = unless_stopped(context, beginning, "its upload was started; the destination is unchanged").await?;
    let session = upload.session();
    let stall = context.planner.endpoints.source.stall;
    let connection_count = connections.len();
    let source = Source {
        table: plan.table.name.clone(),
        ranges,
        connections,
        since,
        mapping: Arc::new(plan.mapping.clone()),
        stall,
        pace: Arc::clone(&context.pace),
    };
    let guards = Guards { shrink: guard(context, &plan), lock, stall };
    let finishing = AtomicBool::new(false);
    let to = Destination {
        client: &context.planner.endpoints.bigquery,
        doing: &doing,
        job_id: &job_id,
        finishing: &finishing,
    };
    let running = pipeline::run(to, source, guards, upload, &context.pool, counters);
    let stopped_while = "its rows were read; the upload was given up and the destination is unchanged";
    let Done { job, read: Read { replaced, snapshot, mut connection, .. } } = match unless_stopped(
        context,
        running,
        stopped_while,
    )
    .await
    {
        Ok(done) => done,
        Err(failure) => {
            let killing = mysql::connection::kill(&context.planner.endpoints.source, &connection_ids);
            tokio::join!(killing, context.planner.endpoints.bigquery.cancel_upload(&session));
            return Err(match failure {
                Failure::Stopped(_) if finishing.load(Relaxed) => Failure::Stopped(
                    "its last bytes were sent; BigQuery has either all of them and loads them, or the table stays as it was",
                ),
                other => other,
            });
        }
    };
    let rows = counters.rows.load(Relaxed);
    let loading = context.planner.endpoints.bigquery.wait_for_load(&doing, &job_id, job, rows);
    let loading = locks::keeping_alive(&mut connection, loading);
    let stopped_while = "its load job ran; BigQuery finishes that job, and the table is then the new one";
    unless_stopped(context, loading, stopped_while).await?;
    set_properties(context, &doing, &plan).await;
    mysql::connection::close(connection).await;
    let TablePlan { destination, previous_rows, .. } = plan;
    Ok(Outcome::Synced(Synced {
        destination,
        job_id,
        previous_rows,
        nulled: replaced,
        connections: connection_count,
        snapshot,
    }))
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

/// Sets what a load job cannot carry. The rows are there and right: what fails here is no reason to load them again.
async fn set_properties(context: &Context, doing: &str, plan: &TablePlan) {
    let Some(properties) = &plan.afterwards else { return };
    if let Err(problem) = context.planner.endpoints.bigquery.patch_table(doing, &plan.destination, properties).await {
        let keys: Vec<&str> = properties.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        properties_not_set(&plan.table.name, &keys.join(", "), &problem);
    }
}

fn properties_not_set(table: &str, what: &str, problem: &dyn std::fmt::Display) {
    events::PropertiesNotSet { table }.log(format_args!(
        "{table}: its rows are loaded; {what} could not be set, the next run tries again: {problem}"
    ));
}

/// The work, or the end of it when the run is stopped.
async fn unless_stopped<T, E: Into<Failure>>(
    context: &Context,
    work: impl Future<Output = Result<T, E>>,
    stopped_while: &'static str,
) -> Result<T, Failure> {
    tokio::select! {
        result = work => result.map_err(Into::into),
        () = context.stop.cancelled() => Err(Failure::Stopped(stopped_while)),
    }
}

enum Opening {
    Ready(Box<Opened>),
    /// An earlier attempt of this task has done it.
    Loaded {
        destination: String,
        job_id: String,
        rows: u64,
    },
}

/// A table that is ready to be read.
struct Opened {
    /// Each in a snapshot in which the table cannot be altered.
    connections: Vec<mysql::Connection>,
    connection_ids: Vec<u64>,
    /// Since when the snapshots are open.
    since: Instant,
    ranges: Ranges,
    /// That no other execution works on the destination; the first connection holds it.
    lock: Option<Lock>,
    /// Of the load job's id: failed ids of earlier attempts are used up.
    generation: u32,
    plan: TablePlan,
}

async fn open(context: &Context, request: &TableRequest, again: bool) -> Result<Opening, Failure> {
    let planner = &context.planner;
    let source = &planner.endpoints.source;
    let stall = source.stall;
    let mut connection = mysql::connection::reconnect(source).await?;
    let (found, destination) = plan::resolve(planner, &mut connection, request).await?;
    let bigquery::Settings { project, dataset, .. } = &planner.endpoints.destination;
    // Before the snapshot: what another execution has just loaded is not older than what is read here.
    let lock = Lock::take(&mut connection, stall, format!("{project}.{dataset}.{destination}")).await?;
    let generation = match earlier_attempts(context, &destination, again).await? {
        Earlier::Loaded { job_id, rows } => {
            // That attempt may have ended between the load job and this.
            match plan::table(planner, &mut connection, request, found, destination.clone()).await {
                Ok(plan) => set_properties(context, &plan::doing(planner, &destination), &plan).await,
                Err(problem) => properties_not_set(&request.name, "its properties", &problem),
            }
            mysql::connection::close(connection).await;
            return Ok(Opening::Loaded { destination, job_id, rows });
        }
        Earlier::Nothing { generation } => generation,
    };
    let reading = Reading::of(&mut connection, &planner.settings, request, &found);
    let reading = in_time(stall, reading).await.while_doing(|| "looking at the primary key")?;
    let others = reading.connections() - 1;
    let since = Instant::now();
    let snapshots = context.settings.snapshots;
    let mut connections = snapshot::open(source, &mut connection, others, &found.name, snapshots).await?;
    let reading = if connections.is_empty() { Reading::Whole(None) } else { reading };
    // Made now that the columns cannot change any more.
    let plan = plan::table(planner, &mut connection, request, found.clone(), destination).await?;
    let dividing = reading.ranges(&mut connection, &found, &plan);
    let ranges = in_time(stall, dividing).await.while_doing(|| "dividing the table")?;
    connections.insert(0, connection);
    let asking = try_join_all(connections.iter_mut().map(mysql::connection::id));
    let connection_ids = in_time(stall, asking).await.while_doing(|| "asking for the connections' numbers")?;
    Ok(Opening::Ready(Box::new(Opened { connections, connection_ids, since, ranges, lock, generation, plan })))
}

/// What earlier attempts of this task have done about the table.
enum Earlier {
    Loaded {
        job_id: String,
        rows: u64,
    },
    /// Nothing that lasts; this generation's job id is free.
    Nothing {
        generation: u32,
    },
}

/// A first attempt has none before it. Later ones, and a table that begins `again`, ask for each generation's job until there is none.
async fn earlier_attempts(context: &Context, destination: &str, again: bool) -> Result<Earlier, bigquery::Error> {
    let doing = plan::doing(&context.planner, destination);
    let mut generation = 0;
    if again || context.task.attempt > 0 {
        loop {
            let job_id = context.job_id(destination, generation);
            match context.planner.endpoints.bigquery.fate(&doing, &job_id).await? {
                Fate::Loaded(rows) => return Ok(Earlier::Loaded { job_id, rows }),
                Fate::Failed => generation += 1,
                Fate::Unknown => break,
            }
        }
    }
    Ok(Earlier::Nothing { generation })
}

impl Context {
    fn job_id(&self, destination: &str, generation: u32) -> String {
        job_id(&self.task.execution, &self.planner.endpoints.destination.dataset, destination, generation)
    }
}
