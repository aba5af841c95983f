//! One table, end to end: snapshot, mapping, rows, upload, load job, check.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnection;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, info, warn};

use crate::bigquery;
use crate::bigquery::error::Cause;
use crate::bigquery::load::{Fate, job_id};
use crate::bigquery::retry::Budget;
use crate::config;
use crate::mapping::Mapping;
use crate::mysql::locks::{self, Lock};
use crate::mysql::{self, catalog, rows};
use crate::selection::TableRequest;
use crate::sync::Context;
use crate::sync::guard::ShrinkGuard;
use crate::sync::pipeline::{self, Destination, Done, Source};
use crate::sync::report::{Outcome, Synced, TableReport};
use crate::telemetry::progress::{self, Counters};

/// A name further away than this is not offered as the one that was meant.
const NEAREST_NAME: f64 = 0.6;

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
    #[error("{0}")]
    Plan(String),
    #[error("stopped by a signal while {0}")]
    Stopped(&'static str),
}

impl Failure {
    /// True when the destination is unchanged and the same may succeed from the beginning, in a new snapshot: the
    /// connection to MySQL or BigQuery's upload session was lost.
    fn is_passing(&self) -> bool {
        match self {
            Self::Source(error) | Self::Pipeline(pipeline::Error::Source(error)) => error.transient,
            Self::Destination(error) | Self::Pipeline(pipeline::Error::Destination(error)) => {
                matches!(error.cause, Cause::SessionLost)
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
    let outcome = loop {
        match copy(&context, &request, &counters).await {
            Ok(outcome) => break outcome,
            Err(failure) if restarts < MOST_RESTARTS && failure.is_passing() && !context.stop.is_cancelled() => {
                restarts += 1;
                let table = &request.name;
                warn!(
                    event = "table_restarted",
                    table, restarts, "{table}: {failure}; starting again from its beginning"
                );
                counters.reset();
                // Ends early when the run is stopped; the next try then says so.
                let _ = tokio::time::timeout(RESTART_PAUSE * restarts, context.stop.cancelled()).await;
            }
            Err(failure) if restarts > 0 => break Outcome::Failed(format!("{failure} (after {restarts} restarts)")),
            Err(failure) => break Outcome::Failed(failure.to_string()),
        }
    };
    let report = TableReport {
        rows: counters.rows.load(Relaxed),
        bytes_read: counters.bytes_read.load(Relaxed),
        bytes_sent: counters.bytes_sent.load(Relaxed),
        ..TableReport::new(request.name, started.elapsed(), outcome)
    };
    report.log();
    report
}

async fn copy(context: &Context, request: &TableRequest, counters: &Arc<Counters>) -> Result<Outcome, Failure> {
    let opening = open(context, request);
    let opened = unless_stopped(context, opening, "its columns were looked up; the destination is unchanged").await?;
    let Opened { connection, connection_id, lock, table, destination, generation, mapping } = match opened {
        Opening::Ready(opened) => *opened,
        Opening::Loaded { destination, job_id, rows } => {
            counters.rows.store(rows, Relaxed);
            return Ok(Outcome::Skipped { destination, job_id });
        }
    };
    info!(
        event = "table_started",
        table = table.name,
        destination,
        columns = mapping.columns.len(),
        estimated_rows = table.estimated_rows,
        "{}: started, {} columns{}",
        table.name,
        mapping.columns.len(),
        table.estimated_rows.map_or(String::new(), |rows| format!(", about {rows} rows"))
    );
    let shown = progress::show(table.name.clone(), table.estimated_rows, Arc::clone(counters), context.bars.clone());
    let _shown = AbortOnDropHandle::new(tokio::spawn(shown));

    let doing = context.doing(&destination);
    let job_id = context.job_id(&destination, generation);
    let job = context.bigquery.load_job(&job_id, &destination, mapping.bigquery_schema());
    let beginning = async {
        tokio::try_join!(context.bigquery.begin_upload(&doing, &job), look(context, request, &doing, &destination))
    };
    let (upload, (previous_rows, guard)) =
        unless_stopped(context, beginning, "its upload was started; the destination is unchanged").await?;
    let session = upload.session();
    let source = Source {
        statement: rows::statement(&mapping.select_list(), &table.name, request.filter.as_deref()),
        table: table.name.clone(),
        connection,
        mapping,
        guard,
        lock,
    };
    let finishing = AtomicBool::new(false);
    let to = Destination { client: &context.bigquery, doing: &doing, job_id: &job_id, finishing: &finishing };
    let running = pipeline::run(to, source, upload, &context.pool, counters);
    let stopped_while = "its rows were read; the upload was given up and the destination is unchanged";
    let Done { job, replaced, mut connection } = match unless_stopped(context, running, stopped_while).await {
        Ok(done) => done,
        Err(failure) => {
            let killing = mysql::connection::kill(&context.config.mysql, connection_id);
            tokio::join!(killing, context.bigquery.cancel_upload(&session));
            return Err(match failure {
                Failure::Stopped(_) if finishing.load(Relaxed) => Failure::Stopped(
                    "its last bytes were sent; BigQuery has either all of them and loads them, or the table stays as it was",
                ),
                other => other,
            });
        }
    };
    let rows = counters.rows.load(Relaxed);
    let loading = async {
        tokio::select! {
            loaded = context.bigquery.wait_for_load(&doing, &job_id, job, rows) => loaded,
            never = locks::keep_alive(&mut connection) => match never {},
        }
    };
    let stopped_while = "its load job ran; BigQuery finishes that job, and the table is then the new one";
    unless_stopped(context, loading, stopped_while).await?;
    mysql::connection::close(connection).await;
    Ok(Outcome::Synced(Synced { destination, job_id, previous_rows, replaced }))
}

/// How many rows the destination has now, and the guard made from that. Without a guard nothing depends on it.
async fn look(
    context: &Context,
    request: &TableRequest,
    doing: &str,
    destination: &str,
) -> Result<(Option<u64>, Option<ShrinkGuard>), bigquery::Error> {
    let max_percent = request.max_shrink_percent.or(context.config.max_shrink_percent);
    let budget = if max_percent.is_some() { Budget::START } else { Budget::NONE };
    let previous_rows = match context.bigquery.existing_rows(doing, destination, budget).await {
        Err(error) if max_percent.is_none() => {
            debug!(event = "previous_rows_unknown", "{error}");
            None
        }
        rows => rows?,
    };
    let guard =
        previous_rows.zip(max_percent).map(|(previous_rows, max_percent)| ShrinkGuard { previous_rows, max_percent });
    Ok((previous_rows, guard))
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
    /// In a snapshot in which the table cannot be altered.
    connection: MySqlConnection,
    connection_id: u64,
    /// That no other execution works on the destination.
    lock: Option<Lock>,
    table: catalog::Table,
    destination: String,
    /// Of the load job's id: failed ids of earlier attempts are used up.
    generation: u32,
    mapping: Mapping,
}

async fn open(context: &Context, request: &TableRequest) -> Result<Opening, Failure> {
    let name = &request.name;
    let flavor = context.flavor;
    let mut connection = mysql::connection::connect(&context.config.mysql).await?;
    let found = match catalog::find(&mut connection, name).await? {
        Ok(found) => found,
        Err(existing) => return Err(Failure::Plan(missing(context, name, &existing))),
    };
    let destination = request.destination(&found.name).map_err(Failure::Plan)?;
    if let Some(sources) = context.conflicts.get(&destination) {
        let sources = sources.join(" and ");
        return Err(Failure::Plan(format!(
            "{sources} would all become the table {destination} in BigQuery: give all but one another \"destination\" in TABLES"
        )));
    }
    let connection_id = mysql::connection::id(&mut connection).await?;
    let config::BigQuery { project, dataset, .. } = &context.config.bigquery;
    // Before the snapshot: what another execution has just loaded is not older than what is read here.
    let lock = Lock::take(&mut connection, format!("{project}.{dataset}.{destination}")).await?;
    let generation = match earlier_attempts(context, &destination).await? {
        Earlier::Loaded { job_id, rows } => return Ok(Opening::Loaded { destination, job_id, rows }),
        Earlier::Nothing { generation } => generation,
    };
    rows::begin_snapshot(&mut connection).await?;
    rows::pin_definition(&mut connection, &found.name).await?;
    // Read now that they cannot change any more.
    let table = catalog::columns(&mut connection, flavor, found).await?;
    let mapping = Mapping::new(&table, flavor, request, context.config.policies).map_err(Failure::Plan)?;
    if request.columns.is_empty() {
        rows::check_all_columns(&mut connection, &table.name, mapping.has_vectors()).await?;
    }
    Ok(Opening::Ready(Box::new(Opened { connection, connection_id, lock, table, destination, generation, mapping })))
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

/// A first attempt has none before it. Later ones ask for each generation's job until there is none.
async fn earlier_attempts(context: &Context, destination: &str) -> Result<Earlier, bigquery::Error> {
    let doing = context.doing(destination);
    let mut generation = 0;
    if context.config.task.attempt > 0 {
        loop {
            let job_id = context.job_id(destination, generation);
            match context.bigquery.fate(&doing, &job_id).await? {
                Fate::Loaded(rows) => return Ok(Earlier::Loaded { job_id, rows }),
                Fate::Failed => generation += 1,
                Fate::Unknown => break,
            }
        }
    }
    Ok(Earlier::Nothing { generation })
}

impl Context {
    /// What every error of the destination's side begins with.
    fn doing(&self, destination: &str) -> String {
        format!("loading into {}.{destination}", self.config.bigquery.dataset)
    }

    fn job_id(&self, destination: &str, generation: u32) -> String {
        job_id(&self.config.task.execution, &self.config.bigquery.dataset, destination, generation)
    }
}

fn missing(context: &Context, name: &str, existing: &[String]) -> String {
    let similarity = |other: &String| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let nearest = existing
        .iter()
        .map(|other| (similarity(other), other))
        .filter(|(similarity, _)| *similarity >= NEAREST_NAME)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    let hint = match nearest {
        Some((_, other)) => format!("; the nearest name is {other}"),
        None => String::new(),
    };
    format!(
        "no such table in database {} (or user {} has no privilege on it){hint}: look at TABLES and MYSQL_DATABASE",
        context.config.mysql.database, context.config.mysql.user
    )
}
