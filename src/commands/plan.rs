//! `plan`: shows what a sync would do with every table of this task. Writes nothing.

mod show;

use std::io::{self, Write as _};

use futures_util::{StreamExt as _, stream};

use crate::config::Config;
use crate::plan::planner::{Planner, Resolved, Source};
use crate::plan::{Error, TablePlan};
use crate::report::events;
use crate::work::endpoints;
use crate::work::unit::Unit;
use crate::{hints, mysql};
use show::Shown;

/// Concurrent requests to BigQuery: enough for hundreds of tables in seconds, and far below its limit of 100 requests per second.
const CONCURRENT_REQUESTS: usize = 16;

/// Plans all tables of this task and prints the plans. True if every table would be synced.
pub async fn run(config: Config, json: bool) -> bool {
    let Config { mysql, bigquery, tables: selection, task, plan: settings, .. } = config;
    let (endpoints, tables) = match endpoints::connect(mysql, bigquery, &selection, &task).await {
        Ok(connected) => connected,
        Err(problem) => {
            events::PlanFailed { error: &problem }.log(format_args!("the plan cannot be made: {problem}"));
            return false;
        }
    };
    let planner = Planner { endpoints, settings };
    planner.warn_about_unused_masks().await;
    let plans = match plans(&planner, tables).await {
        Ok(plans) => plans,
        Err(problem) => {
            let problem = hints::mysql::explain(&problem, &planner.endpoints.source);
            events::PlanFailed { error: &problem }.log(format_args!("the plan cannot be made: {problem}"));
            return false;
        }
    };
    let text = if json { show::json(&plans, &planner) } else { Ok(show::text(&plans, &planner)) };
    let text = match text {
        Ok(text) => text,
        Err(problem) => {
            let problem = problem.to_string();
            events::PlanFailed { error: &problem }.log(format_args!("the plan cannot be written as JSON: {problem}"));
            return false;
        }
    };
    // If the reader closed the pipe, there is nobody to tell.
    let _ = io::stdout().write_all(text.as_bytes());
    plans.iter().all(|plan| plan.result.is_ok())
}

/// Asks MySQL for one table after another over one connection, and BigQuery for many tables at the same time.
async fn plans(planner: &Planner, tables: Vec<Unit>) -> Result<Vec<Shown>, mysql::Error> {
    let connection = mysql::connection::connect(&planner.endpoints.source).await?;
    let sources = stream::unfold((connection, tables.into_iter()), |(mut connection, mut tables)| async {
        let Some(Unit { table: request }) = tables.next() else {
            mysql::connection::close(connection).await;
            return None;
        };
        let looked = async {
            let Resolved { found, destination } = planner.resolve(&mut connection, &request).await?;
            let reading = planner.reading(&mut connection, &request, &found).await?;
            let source = planner.source(&mut connection, &request, found, reading).await?;
            let warning = planner.partitions(&mut connection, &request, &source).await?;
            Ok((source, warning, destination))
        };
        let looked: Result<(Source, Option<String>, String), Error> = looked.await;
        Some(((request, looked), (connection, tables)))
    });
    let plans = sources.map(|(request, looked)| async move {
        let planned = async {
            let (source, warning, destination) = looked?;
            let existing = planner.existing(&destination).await?;
            let mut plan = planner.decide(&request, source, &destination, existing)?;
            plan.warnings.extend(warning);
            Ok(plan)
        };
        let result: Result<TablePlan, Error> = planned.await;
        Shown { name: request.name.clone(), result: result.map_err(|error| error.explained(&planner.endpoints.source)) }
    });
    Ok(plans.buffered(CONCURRENT_REQUESTS).collect().await)
}
