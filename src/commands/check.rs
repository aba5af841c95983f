//! `check`: tests connections, encryption, privileges and permissions, and reports what is missing. Writes nothing.

use std::io::{self, Write as _};

use crate::bigquery;
use crate::bigquery::permissions::LIST_ROW_POLICIES;
use crate::config::Config;
use crate::hints;
use crate::hints::bigquery::{explain, list_row_policies, missing_permissions};
use crate::mysql;
use crate::mysql::session;
use crate::mysql::settings::SslMode;
use crate::plan::planner::Resolved;
use crate::plan::{self, Planner};
use crate::work::endpoints;
use crate::work::unit::Unit;

/// Prints one line per check and counts the failures.
#[derive(Default)]
struct Findings {
    failures: usize,
}

impl Findings {
    fn say(&mut self, what: &str, result: Result<String, String>) {
        let (word, text) = match result {
            Ok(text) => ("ok     ", text),
            Err(text) => {
                self.failures += 1;
                ("FAILED ", text)
            }
        };
        // If the reader closed the pipe, there is nobody to tell.
        let _ = writeln!(io::stdout(), "{word} {what}: {text}");
    }
}

/// Runs all checks and prints their results. True if nothing is missing.
pub async fn run(config: Config) -> bool {
    let mut findings = Findings::default();
    source(&config, &mut findings).await;
    let source_failed = findings.failures > 0;
    match bigquery::Client::connect(&config.bigquery).await {
        Ok(client) => {
            destination(&config, &client, &mut findings).await;
            // Tables need both MySQL and BigQuery. Waiting for a server that did not answer would tell nothing new.
            if !source_failed {
                tables(config, &mut findings).await;
            }
        }
        Err(error) => findings.say("BigQuery", Err(explain(&error))),
    }
    let _ = match findings.failures {
        0 => writeln!(io::stdout(), "Nothing is missing; nothing was written."),
        failures => writeln!(io::stdout(), "{failures} of the checks failed; nothing was written."),
    };
    findings.failures == 0
}

async fn tables(config: Config, findings: &mut Findings) {
    let Config { mysql, bigquery, tables: selection, task, plan: settings, .. } = config;
    let (endpoints, tables) = match endpoints::connect(mysql, bigquery, &selection, &task).await {
        Ok(connected) => connected,
        Err(problem) => return findings.say("tables", Err(problem)),
    };
    if tables.is_empty() {
        findings.say("tables", Err(format!("TABLES={selection} assigns no table to this task")));
    }
    let planner = Planner { endpoints, settings };
    if let Err(error) = each_table(&planner, tables, findings).await {
        findings.say("tables", Err(hints::mysql::explain(&error, &planner.endpoints.source)));
    }
}

async fn source(config: &Config, findings: &mut Findings) {
    let what = format!("MySQL at {}", config.mysql.address);
    let session = async {
        let mut connection = mysql::connection::connect_first(&config.mysql).await?;
        let session = session::session(&mut connection).await?;
        mysql::connection::close(connection).await;
        Ok::<_, mysql::Error>(session)
    };
    match session.await {
        Err(error) => findings.say(&what, Err(hints::mysql::explain(&error, &config.mysql))),
        Ok(session) => {
            findings.say(&what, Ok(format!("{}, as {}", session.version, session.user)));
            let verified = match config.mysql.ssl_mode {
                SslMode::VerifyIdentity => "certificate and host name verified",
                SslMode::VerifyCa => "certificate verified, host name not",
                _ => "certificate not verified: MYSQL_SSL_MODE=VERIFY_CA or VERIFY_IDENTITY would",
            };
            findings.say(
                "encryption",
                Ok(match session.cipher {
                    Some(cipher) => format!("{cipher}; {verified}"),
                    None => {
                        "none: password and rows travel in the clear (MYSQL_SSL_MODE=REQUIRED would refuse that)".into()
                    }
                }),
            );
        }
    }
}

async fn destination(config: &Config, client: &bigquery::Client, findings: &mut Findings) {
    let bigquery::Settings { project, dataset, .. } = &config.bigquery;
    let location = client.location().unwrap_or("an unknown location");
    findings.say("BigQuery", Ok(format!("dataset {project}:{dataset} in {location}")));
    let jobs = client.may_run_jobs().await.map(|()| "load jobs may be started (bigquery.jobs.create)".to_owned());
    let jobs = jobs.map_err(|error| explain(&error));
    let may_run_jobs = jobs.is_ok();
    findings.say("jobs", jobs);
    if !may_run_jobs {
        // The check itself needs a job.
        return findings.say("new tables", Err("cannot be checked without the permission to start jobs".into()));
    }
    let create = client.may_create_tables().await.map(|()| "tables may be created (bigquery.tables.create)".to_owned());
    findings.say("new tables", create.map_err(|error| explain(&error)));
}

async fn each_table(planner: &Planner, tables: Vec<Unit>, findings: &mut Findings) -> Result<(), mysql::Error> {
    let mut connection = mysql::connection::connect(&planner.endpoints.source).await?;
    let bigquery::Settings { dataset, .. } = &planner.endpoints.destination;
    for Unit { table: request } in tables {
        let looked = async {
            let Resolved { found, destination } = planner.resolve(&mut connection, &request).await?;
            let reading = planner.reading(&mut connection, &request, &found).await?;
            planner.source(&mut connection, &request, found, reading).await?.mapping?;
            Ok::<_, plan::Error>(destination)
        };
        let what = format!("table {}", request.name);
        let destination = match looked.await {
            Ok(destination) => destination,
            Err(error) => {
                findings.say(&what, Err(error.explained(&planner.endpoints.source)));
                continue;
            }
        };
        let result = match planner.endpoints.bigquery.missing_permissions(&destination).await {
            Ok(None) => Ok(format!("may be read; {destination} will be created")),
            Ok(Some(missing)) => replaceable(&destination, dataset, &missing),
            Err(error) => Err(explain(&error)),
        };
        findings.say(&what, result);
    }
    mysql::connection::close(connection).await;
    Ok(())
}

/// Whether a table that exists may be replaced.
fn replaceable(destination: &str, dataset: &str, missing: &[&str]) -> Result<String, String> {
    let (of_policies, needed): (Vec<&str>, Vec<&str>) =
        missing.iter().partition(|permission| **permission == LIST_ROW_POLICIES);
    match (needed.is_empty(), of_policies.is_empty()) {
        (false, _) => Err(format!("{destination} may not be replaced, {}", missing_permissions(&needed, dataset))),
        (true, true) => Ok(format!("may be read; {destination} may be replaced")),
        (true, false) => Ok(format!(
            "may be read; {destination} may be replaced until a column is dropped, renamed or retyped; for that, {}",
            list_row_policies()
        )),
    }
}
