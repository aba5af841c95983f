//! One table, end to end: snapshot, mapping, rows, upload, load job, check.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use sqlx::mysql::MySqlConnection;
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, info};

use crate::bigquery;
use crate::bigquery::load::job_id;
use crate::bigquery::retry::Budget;
use crate::config;
use crate::mapping::{Mapping, names};
use crate::mysql::locks::{self, Lock};
use crate::mysql::{self, catalog, rows};
use crate::selection::TableRequest;
use crate::sync::Context;
use crate::sync::guard::ShrinkGuard;
use crate::sync::pipeline::{self, Done, Source};
use crate::sync::report::{Outcome, Synced, TableReport};
use crate::telemetry::progress::{self, Counters};

/// A name further away than this is not offered as the one that was meant.
const NEAREST_NAME: f64 = 0.6;

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

/// Copies the table and reports what became of it; never fails itself.
pub(super) async fn sync(context: Arc<Context>, request: TableRequest) -> TableReport {
    let started = Instant::now();
    let counters = Arc::new(Counters::default());
    let outcome = match copy(&context, &request, &counters).await {
        Ok(synced) => Outcome::Synced(synced),
        Err(failure) => Outcome::Failed(failure.to_string()),
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

async fn copy(context: &Context, request: &TableRequest, counters: &Arc<Counters>) -> Result<Synced, Failure> {
    let opening = open(context, request);
    let Opened { connection, connection_id, lock, table, destination, mapping } =
        unless_stopped(context, opening, "its columns were looked up; the destination is unchanged").await?;
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

    let doing = format!("loading into {}.{destination}", context.config.bigquery.dataset);
    let job_id = job_id(&context.config.task.execution, &destination, 0);
    let job = context.bigquery.load_job(&job_id, &destination, mapping.bigquery_schema());
    let beginning = async {
        let (upload, guard) = tokio::try_join!(
            context.bigquery.begin_upload(&doing, &job),
            look(context, request, &doing, &destination)
        )?;
        Ok::<_, bigquery::Error>((upload, guard))
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
    let running = pipeline::run(&context.bigquery, &doing, source, upload, counters, &finishing);
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
    Ok(Synced { destination, job_id, previous_rows, replaced })
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

/// A table that is ready to be read.
struct Opened {
    /// In a snapshot in which the table cannot be altered.
    connection: MySqlConnection,
    connection_id: u64,
    /// That no other execution works on the destination.
    lock: Option<Lock>,
    table: catalog::Table,
    destination: String,
    mapping: Mapping,
}

async fn open(context: &Context, request: &TableRequest) -> Result<Opened, Failure> {
    let name = &request.name;
    let flavor = context.server.flavor;
    let mut connection = mysql::connection::connect(&context.config.mysql).await?;
    let found = match catalog::table(&mut connection, flavor, name).await? {
        Ok(found) => found,
        Err(existing) => return Err(Failure::Plan(missing(context, name, &existing))),
    };
    let destination = match &request.destination {
        Some(destination) => destination.clone(),
        None => names::table(&found.name).map_err(Failure::Plan)?,
    };
    let config::BigQuery { project, dataset, .. } = &context.config.bigquery;
    let connection_id = mysql::connection::id(&mut connection).await?;
    // Before the snapshot: what another execution has just loaded is not older than what is read here.
    let lock = Lock::take(&mut connection, format!("{project}.{dataset}.{destination}")).await?;
    rows::begin_snapshot(&mut connection).await?;
    rows::pin_definition(&mut connection, &found.name).await?;
    // Read again, now that it cannot change any more.
    let table = catalog::table(&mut connection, flavor, &found.name).await?.unwrap_or(found);
    let mapping = Mapping::new(&table, flavor, &request.columns, context.config.policies).map_err(Failure::Plan)?;
    Ok(Opened { connection, connection_id, lock, table, destination, mapping })
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
