//! What a sync does with a table, decided before its first row is read: the same for `sync`, which does it, and `plan`.

mod comments;
pub mod destination;
mod drift;
mod layout;
pub mod reading;
pub mod settings;

use serde_json::{Map, Value, json};

pub use drift::Drift;
pub use settings::Settings;

use crate::bigquery::tables::Existing;
use crate::mapping::Mapping;
use crate::mysql::catalog::{self, Found, Table};
use crate::mysql::error::WhileDoing as _;
use crate::mysql::sql::in_time;
use crate::mysql::{self, sql};
use crate::work::endpoints::Endpoints;
use crate::work::selection::TableRequest;
use crate::{bigquery, hints};

/// A name further away than this is not offered as the one that was meant.
const NEAREST_NAME: f64 = 0.6;

/// What plans are made from.
pub struct Planner {
    /// Both sides.
    pub endpoints: Endpoints,
    /// What holds for tables that do not say otherwise.
    pub settings: Settings,
}

/// Why a table cannot be planned; every variant is a sentence of its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// MySQL failed.
    #[error(transparent)]
    Source(#[from] mysql::Error),
    /// BigQuery failed.
    #[error(transparent)]
    Destination(#[from] bigquery::Error),
    /// What was asked for cannot be done.
    #[error("{0}")]
    Problem(String),
}

impl Error {
    /// The sentence, with what to do about it.
    pub fn explained(&self, source: &mysql::Settings) -> String {
        match self {
            Self::Source(error) => hints::mysql(error, source),
            Self::Destination(_) | Self::Problem(_) => self.to_string(),
        }
    }
}

/// Everything about one table's sync that is known before it begins.
#[derive(Debug)]
pub struct TablePlan {
    /// The source.
    pub table: Table,
    /// Its name in BigQuery.
    pub destination: String,
    /// Its columns.
    pub mapping: Mapping,
    /// What is read.
    pub statement: String,
    /// `configuration.load` of the job, without the destination's name.
    pub load: Map<String, Value>,
    /// What is set on the table once it is loaded, if anything is.
    pub afterwards: Option<Value>,
    /// How the destination's columns differ from the source's.
    pub drift: Drift,
    /// What people made of the destination, and what stays: a line each.
    pub kept: Vec<String>,
    /// Whether there is such a table already.
    pub replaces: bool,
    /// How many rows the destination has.
    pub previous_rows: Option<u64>,
    /// The table's own limit, instead of `MAX_SHRINK_PERCENT`.
    pub max_shrink_percent: Option<u8>,
}

/// What errors of the destination's side begin with.
pub fn doing(planner: &Planner, destination: &str) -> String {
    format!("loading into {}.{destination}", planner.endpoints.destination.dataset)
}

/// The table that was asked for, as the server spells it, and its name in BigQuery.
pub async fn resolve(
    planner: &Planner,
    connection: &mut mysql::Connection,
    request: &TableRequest,
) -> Result<(Found, String), Error> {
    let looking = in_time(planner.endpoints.source.stall, catalog::find(connection, &request.name)).await;
    let found = match looking.while_doing(|| format!("looking for table {}", request.name))? {
        Ok(found) => found,
        Err(existing) => return Err(Error::Problem(missing(planner, &request.name, &existing))),
    };
    let destination = request.destination(&found.name).map_err(Error::Problem)?;
    if let Some(sources) = planner.endpoints.conflicts.get(&destination) {
        let sources = sources.join(" and ");
        return Err(Error::Problem(format!(
            "{sources} would all become the table {destination} in BigQuery: give all but one another \"destination\" in TABLES"
        )));
    }
    Ok((found, destination))
}

/// The plan of a table that was found. In a snapshot that pins the table's definition it stays true to its last row.
pub async fn table(
    planner: &Planner,
    connection: &mut mysql::Connection,
    request: &TableRequest,
    found: Found,
    destination: String,
) -> Result<TablePlan, Error> {
    let (source, existing) =
        tokio::try_join!(source(planner, connection, request, found), existing(planner, &destination))?;
    decide(request, source, destination, existing).map_err(Error::Problem)
}

/// A source table, and what its columns become.
pub struct Source {
    table: Table,
    mapping: Mapping,
}

/// Looks at the table and maps its columns.
pub async fn source(
    planner: &Planner,
    connection: &mut mysql::Connection,
    request: &TableRequest,
    found: Found,
) -> Result<Source, Error> {
    let (stall, name) = (planner.endpoints.source.stall, found.name.clone());
    let doing = || format!("looking at the columns of table {name}");
    let table =
        in_time(stall, catalog::columns(connection, planner.endpoints.flavor, found)).await.while_doing(doing)?;
    let mapping = Mapping::new(&table, planner.endpoints.flavor, &request.columns, planner.settings.policies);
    let mapping = mapping.map_err(Error::Problem)?;
    if request.columns.take_all() {
        let checking = async {
            catalog::check_all_columns(connection, &table.name, mapping.has_vectors()).await?;
            if planner.endpoints.flavor == catalog::Flavor::MySql && !table.is_view {
                catalog::check_invisible_columns(connection, &table.name).await?;
            }
            Ok(())
        };
        in_time(stall, checking).await.while_doing(doing)?;
    }
    Ok(Source { table, mapping })
}

/// The destination as it is.
pub async fn existing(planner: &Planner, destination: &str) -> Result<Option<Existing>, Error> {
    Ok(planner.endpoints.bigquery.existing(&doing(planner, destination), destination).await?)
}

/// What a sync does with the table.
pub fn decide(
    request: &TableRequest,
    source: Source,
    destination: String,
    existing: Option<Existing>,
) -> Result<TablePlan, String> {
    let Source { table, mapping } = source;
    let layout = layout::of(request, &mapping, existing.as_ref())?;
    let target = destination::of(&table, &mapping, existing.as_ref())?;
    let mut load = Map::new();
    for (key, value) in [
        ("sourceFormat", json!("AVRO")),
        ("useAvroLogicalTypes", json!(true)),
        ("decimalTargetTypes", json!(["NUMERIC", "BIGNUMERIC", "STRING"])),
        ("createDisposition", json!("CREATE_IF_NEEDED")),
    ] {
        load.insert(key.into(), value);
    }
    load.extend(layout.load);
    load.extend(target.load);
    Ok(TablePlan {
        statement: sql::select(&mapping.select_list(), &table.name, request.filter.as_deref()),
        table,
        destination,
        mapping,
        load,
        afterwards: target.afterwards,
        drift: target.drift,
        kept: layout.kept.into_iter().chain(target.kept).collect(),
        replaces: existing.is_some(),
        previous_rows: existing.and_then(|existing| existing.rows()),
        max_shrink_percent: request.max_shrink_percent,
    })
}

fn missing(planner: &Planner, name: &str, existing: &[String]) -> String {
    let (database, user) = (&planner.endpoints.source.database, &planner.endpoints.source.user);
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
        "no such table in database {database} (or user {user} may not read it: GRANT SELECT ON {}.{} TO {user}){hint}: look \
         at TABLES and MYSQL_DATABASE",
        sql::quoted(database),
        sql::quoted(name)
    )
}
