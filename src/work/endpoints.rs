//! Connects to MySQL and BigQuery, and finds the units of this task.

use std::collections::HashMap;
use std::time::Duration;

use crate::bigquery;
use crate::hints;
use crate::mysql;
use crate::mysql::catalog::{self, Flavor, Listed, NameCase};
use crate::mysql::error::WhileDoing as _;
use crate::mysql::sql::in_time;
use crate::report::events;
use crate::retry::{Budget, Failed, retrying};
use crate::work::assignment::own_units;
use crate::work::request::TableRequest;
use crate::work::selection::Selection;
use crate::work::task::Task;
use crate::work::unit::Unit;

/// Leaves time for one retry after the server was silent for the whole stall timeout.
const RETRY_TIME: Duration = Duration::from_secs(30);

/// The source and the destination, as every table needs them.
pub struct Endpoints {
    /// The source server.
    pub source: mysql::Settings,
    /// The source's dialect.
    pub flavor: Flavor,
    /// The destination dataset.
    pub destination: bigquery::Settings,
    /// The client for it.
    pub bigquery: bigquery::Client,
    /// Destination tables of more than one source table in the execution, with those source tables.
    pub conflicts: HashMap<String, Vec<String>>,
}

/// Connects to MySQL and BigQuery at the same time, and finds the units of this task.
pub async fn connect(
    source: mysql::Settings,
    destination: bigquery::Settings,
    selection: &Selection,
    task: &Task,
) -> Result<(Endpoints, Vec<Unit>), String> {
    let connecting = bigquery::Client::connect(&destination);
    let (bigquery, found) = tokio::join!(connecting, look_at_source(&source, selection.has_patterns()));
    let (bigquery, Source { flavor, case, listed }) = match (bigquery, found) {
        (Ok(bigquery), Ok(found)) => (bigquery, found),
        (Err(bigquery), Err(error)) => {
            let (error, bigquery) = (hints::mysql::explain(&error, &source), hints::bigquery::explain(&bigquery));
            return Err(format!("{error}; and {bigquery}"));
        }
        (Err(bigquery), Ok(_)) => return Err(hints::bigquery::explain(&bigquery)),
        (Ok(_), Err(error)) => return Err(hints::mysql::explain(&error, &source)),
    };
    let choice = selection.choose(case, &listed).map_err(|problem| hints::tables::selection(&problem))?;
    let conflicts = conflicts(choice.named.iter().chain(&choice.found));
    Ok((Endpoints { source, flavor, destination, bigquery, conflicts }, own_units(task, choice)))
}

/// What a run needs to know about the source before its first table.
struct Source {
    flavor: Flavor,
    case: NameCase,
    listed: Vec<Listed>,
}

/// Reconnects if the connection is lost or silent.
async fn look_at_source(settings: &mysql::Settings, has_patterns: bool) -> Result<Source, mysql::Error> {
    let budget = Budget::new(settings.stall + RETRY_TIME, 3);
    let looked = retrying("asking MySQL for its tables", budget, || look_once(settings, has_patterns)).await;
    looked.map_err(|Failed { reason, .. }| reason)
}

async fn look_once(settings: &mysql::Settings, has_patterns: bool) -> Result<Source, mysql::Error> {
    let mut connection = mysql::connection::connect_first(settings).await?;
    let asking = async {
        if mysql::session::is_exposed(&mut connection, settings).await? {
            events::Unencrypted {}.log(format_args!("{}", hints::mysql::unencrypted(settings)));
        }
        let (flavor, case) = catalog::dialect(&mut connection).await?;
        let listed = if has_patterns { catalog::list(&mut connection).await? } else { Vec::new() };
        Ok(Source { flavor, case, listed })
    };
    let source = in_time(settings.stall, asking).await.while_doing(|| "asking MySQL for its tables")?;
    mysql::connection::close(connection).await;
    Ok(source)
}

/// Destination tables of more than one source table, among all tables of the execution.
fn conflicts<'a>(tables: impl Iterator<Item = &'a TableRequest>) -> HashMap<String, Vec<String>> {
    let mut sources: HashMap<String, Vec<String>> = HashMap::new();
    for table in tables {
        // A name without a valid destination fails that table alone, later.
        if let Ok(destination) = table.destination(&table.name) {
            sources.entry(destination).or_default().push(table.name.clone());
        }
    }
    sources.retain(|_, names| names.len() > 1);
    sources
}
