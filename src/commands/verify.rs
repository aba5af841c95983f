//! `verify`: compares the number of rows in MySQL and in BigQuery, without copying anything. Writes nothing.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::config::Config;
use crate::hints;
use crate::mysql::error::WhileDoing as _;
use crate::mysql::sql::in_time;
use crate::mysql::{self, count};
use crate::plan::planner::Resolved;
use crate::plan::{Error, Planner};
use crate::report::events;
use crate::work::endpoints;
use crate::work::request::TableRequest;
use crate::work::unit::Unit;

/// All tables of this task, as JSON shows them.
#[derive(Serialize)]
struct Verified<'a> {
    database: &'a str,
    project: &'a str,
    dataset: &'a str,
    different: usize,
    tables: Vec<Table>,
}

/// One table.
#[derive(Serialize)]
#[serde(untagged)]
enum Table {
    Compared { table: String, destination: String, mysql: u64, bigquery: u64, equal: bool },
    Failing { table: String, problem: String },
}

impl Table {
    fn is_equal(&self) -> bool {
        matches!(self, Self::Compared { equal: true, .. })
    }
}

/// Compares all tables of this task and prints the results. True if every table has as many rows in BigQuery as in MySQL.
pub async fn run(config: Config, json: bool) -> bool {
    let Config { mysql, bigquery, tables: selection, task, plan: settings, .. } = config;
    let (endpoints, units) = match endpoints::connect(mysql, bigquery, &selection, &task).await {
        Ok(connected) => connected,
        Err(problem) => return failed(&problem),
    };
    let planner = Planner { endpoints, settings };
    let tables = match compare(&planner, units).await {
        Ok(tables) => tables,
        Err(problem) => return failed(&hints::mysql::explain(&problem, &planner.endpoints.source)),
    };
    let different = tables.iter().filter(|table| !table.is_equal()).count();
    let endpoints = &planner.endpoints;
    let verified = Verified {
        database: &endpoints.source.database,
        project: &endpoints.destination.project,
        dataset: &endpoints.destination.dataset,
        different,
        tables,
    };
    let text = if json { as_json(&verified) } else { text(&verified) };
    // If the reader closed the pipe, there is nobody to tell.
    let _ = io::stdout().write_all(text.as_bytes());
    different == 0
}

fn failed(problem: &str) -> bool {
    events::VerifyFailed { error: problem }.log(format_args!("the tables cannot be compared: {problem}"));
    false
}

async fn compare(planner: &Planner, units: Vec<Unit>) -> Result<Vec<Table>, mysql::Error> {
    let mut connection = mysql::connection::connect(&planner.endpoints.source).await?;
    let mut tables = Vec::new();
    for Unit { table: request } in units {
        tables.push(match counts(planner, &mut connection, &request).await {
            Ok((destination, mysql, bigquery)) => {
                Table::Compared { table: request.name, destination, mysql, bigquery, equal: mysql == bigquery }
            }
            Err(error) => Table::Failing { table: request.name, problem: error.explained(&planner.endpoints.source) },
        });
    }
    mysql::connection::close(connection).await;
    Ok(tables)
}

/// The destination, and the rows in MySQL and in BigQuery. BigQuery's number is that of its metadata, so it is exact and free, and
/// row access policies do not change it.
async fn counts(
    planner: &Planner,
    connection: &mut mysql::Connection,
    request: &TableRequest,
) -> Result<(String, u64, u64), Error> {
    let Resolved { found, destination } = planner.resolve(connection, request).await?;
    let counting = count::rows(connection, &found.name, request.filter.as_deref());
    let counting = in_time(planner.endpoints.source.stall, counting).await;
    let mysql = counting.while_doing(|| format!("comparing table {}", found.name))?;
    let existing = planner.existing(&destination).await?;
    let bigquery = existing.and_then(|existing| existing.table.num_rows);
    let missing = || Error::Problem(format!("BigQuery has no table {destination}: run a sync first"));
    Ok((destination.clone(), mysql, bigquery.ok_or_else(missing)?))
}

/// Serializing texts and numbers does not fail.
fn as_json(verified: &Verified<'_>) -> String {
    serde_json::to_string_pretty(verified).unwrap_or_default() + "\n"
}

fn text(verified: &Verified<'_>) -> String {
    let mut out = String::new();
    for table in &verified.tables {
        out += &match table {
            Table::Compared { table, destination, mysql, bigquery, equal } => {
                let word = if *equal { "equal    " } else { "DIFFERENT" };
                format!(
                    "{word} {table} → {}.{destination}: {mysql} rows in MySQL, {bigquery} in BigQuery\n",
                    verified.dataset
                )
            }
            Table::Failing { table, problem } => format!("PROBLEM   {table}: {problem}\n"),
        };
    }
    let count = verified.tables.len();
    out + &match verified.different {
        0 => format!("{count} tables have equal counts; nothing was written.\n"),
        different => format!("{different} of {count} tables do not have equal counts; nothing was written.\n"),
    }
}
