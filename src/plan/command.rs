//! `plan`: what a sync would do with every table of this task. Writes nothing anywhere.

use std::io::{self, Write as _};

use futures_util::{StreamExt as _, stream};
use tracing::error;

use super::reading::Reading;
use super::show::{self, Shown};
use super::{Error, Source, decide, existing, resolve, source};
use crate::config::Config;
use crate::mysql;
use crate::selection::TableRequest;
use crate::sides::{self, Sides};

/// Questions to BigQuery at a time: hundreds of tables in seconds, far below its limit of 100 requests a second.
const QUESTIONS_AT_A_TIME: usize = 16;

/// Plans all tables of this task and prints the plans. True when every table would be synced.
pub async fn run(config: Config, json: bool) -> bool {
    let (sides, tables) = match sides::connect(config).await {
        Ok(connected) => connected,
        Err(problem) => {
            error!(event = "plan_failed", error = problem, "the plan cannot be made: {problem}");
            return false;
        }
    };
    let plans = match plans(&sides, tables).await {
        Ok(plans) => plans,
        Err(problem) => {
            let problem = problem.to_string();
            error!(event = "plan_failed", error = problem, "the plan cannot be made: {problem}");
            return false;
        }
    };
    let text = if json { show::json(&plans, &sides.config) } else { show::text(&plans, &sides.config) };
    // Whoever closed the output does not want to read it.
    let _ = io::stdout().write_all(text.as_bytes());
    plans.iter().all(|plan| plan.result.is_ok())
}

/// One connection asks MySQL for one table after another; meanwhile BigQuery is asked for many at a time.
async fn plans(sides: &Sides, tables: Vec<TableRequest>) -> Result<Vec<Shown>, mysql::Error> {
    let connection = mysql::connection::connect(&sides.config.mysql).await?;
    let sources = stream::unfold((connection, tables.into_iter()), |(mut connection, mut tables)| async {
        let Some(request) = tables.next() else {
            mysql::connection::close(connection).await;
            return None;
        };
        let looked = async {
            let (found, destination) = resolve(sides, &mut connection, &request).await?;
            let reading = Reading::of(&mut connection, &sides.config, &request, &found).await?;
            Ok((source(sides, &mut connection, &request, found).await?, destination, reading))
        };
        let looked: Result<(Source, String, Reading), Error> = looked.await;
        Some(((request, looked), (connection, tables)))
    });
    let plans = sources.map(|(request, looked)| async move {
        let planned = async {
            let (source, destination, reading) = looked?;
            let existing = existing(sides, &destination).await?;
            Ok((decide(&request, source, destination, existing).map_err(Error::Problem)?, reading))
        };
        Shown { name: request.name.clone(), result: planned.await.map_err(|error: Error| error.to_string()) }
    });
    Ok(plans.buffered(QUESTIONS_AT_A_TIME).collect().await)
}
