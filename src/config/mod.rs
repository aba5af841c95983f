//! Every environment variable: read once at the start, checked completely, all faults reported at once.

mod reader;

use std::ffi::OsString;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use serde::Deserialize;

use crate::mapping::policies::Policies;
use crate::mysql::settings::{DEFAULT_STALL, MAX_READ_CONNECTIONS, SslMode};
use crate::mysql::snapshots::Snapshots;
use crate::sync::pace::Limits;
use crate::telemetry::settings::LogFormat;
use crate::work::selection::Selection;
use crate::work::task::Task;
use crate::{bigquery, mysql, plan, sync, telemetry};
use reader::{Reader, boolean, connections, megabytes, percent, policy, port, snapshots, ssl_mode};

/// The variables, what they mean and what they are when unset: `--help` prints this list.
pub const VARIABLES: &[Variable] = &[
    Variable::new("MYSQL_HOST", "required", "host name, address, or the path of a unix socket (/cloudsql/…)"),
    Variable::new("MYSQL_PORT", "3306", "TCP port"),
    Variable::new("MYSQL_USER", "required", "user; SELECT on the tables is all it needs"),
    Variable::new("MYSQL_PASSWORD", "required", "its password"),
    Variable::new(
        "MYSQL_PASSWORD_FILE",
        "-",
        "path of a file with the password, instead; one line break at its end is not part of it",
    ),
    Variable::new("MYSQL_PASSWORD_EMPTY", "false", "true says that the password is empty on purpose"),
    Variable::new("MYSQL_IAM_AUTH", "false", "true logs in to Cloud SQL with an access token, instead of a password"),
    Variable::new("MYSQL_DATABASE", "required", "the database whose tables are copied"),
    Variable::new("MYSQL_SSL_MODE", "PREFERRED", "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY"),
    Variable::new("MYSQL_SSL_CA", "-", "PEM text, or the path of a PEM file, of the server's CA"),
    Variable::new("MYSQL_STALL_SECONDS", "600", "how long the server may send nothing before the table begins again"),
    Variable::new("BIGQUERY_PROJECT", "required", "project of the dataset, and the one that runs the load jobs"),
    Variable::new("BIGQUERY_DATASET", "required", "dataset whose tables are replaced; it must exist"),
    Variable::new("BIGQUERY_LOCATION", "the dataset's", "location of the load jobs, such as EU"),
    Variable::new("BIGQUERY_EMULATOR_HOST", "-", "host:port or URL of an emulator; turns authentication off"),
    Variable::new("TABLES", "*", "list, patterns (*, ?, !), or a JSON array of names and objects"),
    Variable::new("TABLE_CONCURRENCY", "1", "tables at a time within one task"),
    Variable::new("READ_CONNECTIONS", "1", "connections that read one table, by ranges of its primary key"),
    Variable::new("SNAPSHOT", "shared", "for several connections: shared (one moment) or per_connection"),
    Variable::new("MAX_ROWS_PER_SECOND", "-", "how many rows a task reads in a second"),
    Variable::new("MAX_MB_PER_SECOND", "-", "how many megabytes (1,000,000 bytes) of values a task reads in a second"),
    Variable::new("ZERO_DATES", "null", "0000-00-00 and dates with a zero part: null or error"),
    Variable::new("INVALID_VALUES", "error", "values that the BigQuery type cannot hold: error or null"),
    Variable::new("MAX_SHRINK_PERCENT", "-", "refuse to replace a table by one smaller by more than this: 0 to 100"),
    Variable::new(
        "AVRO_CODEC",
        "zstd:1",
        "zstd, zstd:LEVEL (-7 to 19), snappy, deflate, deflate:LEVEL (1 to 9) or null",
    ),
    Variable::new("LOG_FORMAT", "json, on a terminal text", "json or text"),
    Variable::new("LOG_LEVEL", "info", "error, warn, info, debug or trace"),
];

/// What Cloud Run sets by itself.
const PLATFORM_VARIABLES: &[&str] =
    &["CLOUD_RUN_JOB", "CLOUD_RUN_EXECUTION", "CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT", "CLOUD_RUN_TASK_ATTEMPT"];

/// One line of the table of variables.
#[derive(Debug)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// What holds when it is unset or empty.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl Variable {
    const fn new(name: &'static str, default: &'static str, meaning: &'static str) -> Self {
        Self { name, default, meaning }
    }
}

/// The list of variables for `--help`.
pub fn help() -> String {
    let lines = VARIABLES.iter().map(|v| format!("  {:<23} {} [{}]", v.name, v.meaning, v.default));
    format!(
        "Environment variables (empty means unset; the default in brackets):\n{}",
        lines.collect::<Vec<_>>().join("\n")
    )
}

/// The whole configuration, checked.
#[derive(Debug)]
pub struct Config {
    /// Where the tables come from.
    pub mysql: mysql::Settings,
    /// Where they go.
    pub bigquery: bigquery::Settings,
    /// Which tables.
    pub tables: Selection,
    /// Which task this is.
    pub task: Task,
    /// What holds for tables that do not say otherwise.
    pub plan: plan::Settings,
    /// How tables are copied.
    pub sync: sync::Settings,
}

/// One thing that is wrong with a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong; never the value of a secret.
    pub problem: String,
    /// How it could look.
    pub example: &'static str,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(formatter, "the configuration has {count} fault{}:", if count == 1 { "" } else { "s" })?;
        for Fault { variable, problem, example } in &self.0 {
            write!(formatter, "\n  {variable} {problem}; example: {variable}={example}")?;
        }
        Ok(())
    }
}

/// The environment as text: what envy fills, before anything is checked. Secrets are in here, so no `Debug`.
#[derive(Default, Deserialize)]
struct Environment {
    mysql_host: Option<String>,
    mysql_port: Option<String>,
    mysql_user: Option<String>,
    mysql_password: Option<String>,
    mysql_password_file: Option<String>,
    mysql_password_empty: Option<String>,
    mysql_iam_auth: Option<String>,
    mysql_database: Option<String>,
    mysql_ssl_mode: Option<String>,
    mysql_ssl_ca: Option<String>,
    mysql_stall_seconds: Option<String>,
    bigquery_project: Option<String>,
    bigquery_dataset: Option<String>,
    bigquery_location: Option<String>,
    bigquery_emulator_host: Option<String>,
    tables: Option<String>,
    table_concurrency: Option<String>,
    read_connections: Option<String>,
    snapshot: Option<String>,
    max_rows_per_second: Option<String>,
    max_mb_per_second: Option<String>,
    avro_codec: Option<String>,
    zero_dates: Option<String>,
    invalid_values: Option<String>,
    max_shrink_percent: Option<String>,
    cloud_run_job: Option<String>,
    cloud_run_execution: Option<String>,
    cloud_run_task_index: Option<String>,
    cloud_run_task_count: Option<String>,
    cloud_run_task_attempt: Option<String>,
}

impl Config {
    /// Reads and checks the given environment (`std::env::vars_os()`); `narrow_to` is what `--table` named.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        narrow_to: &[String],
    ) -> Result<Self, Faults> {
        let mut reader = Reader::default();
        let environment = reader.environment(environment);

        let host = reader.required("MYSQL_HOST", environment.mysql_host, "10.20.0.3");
        let port = reader.parsed("MYSQL_PORT", environment.mysql_port, "3306", "a port between 1 and 65535", port);
        let user = reader.required("MYSQL_USER", environment.mysql_user, "bigquery_sync");
        let password_is_empty =
            reader.parsed("MYSQL_PASSWORD_EMPTY", environment.mysql_password_empty, "true", "true or false", boolean);
        let iam = reader.parsed("MYSQL_IAM_AUTH", environment.mysql_iam_auth, "true", "true or false", boolean);
        let login = reader.login(
            environment.mysql_password,
            environment.mysql_password_file,
            password_is_empty.unwrap_or(false),
            iam.unwrap_or(false),
        );
        let database = reader.required("MYSQL_DATABASE", environment.mysql_database, "shop");
        let ssl_mode = reader.parsed(
            "MYSQL_SSL_MODE",
            environment.mysql_ssl_mode,
            "VERIFY_CA",
            "one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY",
            ssl_mode,
        );
        let ssl_ca = environment.mysql_ssl_ca.and_then(|text| reader.ssl_ca(text));
        let stall = reader.parsed(
            "MYSQL_STALL_SECONDS",
            environment.mysql_stall_seconds,
            "1800",
            "a whole number of seconds from 1",
            |text| text.parse::<NonZeroU32>().ok(),
        );
        let ssl_mode = ssl_mode.unwrap_or(SslMode::Preferred);
        let address = host.and_then(|host| reader.address(host, port.unwrap_or(3306)));
        reader.no_token_in_the_clear(login.as_ref(), address.as_ref(), ssl_mode);

        let project = reader.required("BIGQUERY_PROJECT", environment.bigquery_project, "my-project");
        let project = project.and_then(|name| reader.project(name));
        let dataset = reader.required("BIGQUERY_DATASET", environment.bigquery_dataset, "shop");
        let dataset = dataset.and_then(|name| reader.dataset(name));
        let emulator = environment.bigquery_emulator_host.and_then(|text| reader.emulator(&text));

        let tables = Selection::parse(environment.tables.as_deref().unwrap_or("*"));
        let tables = tables.and_then(|tables| tables.narrowed(narrow_to));
        let tables = tables.map_err(|problem| reader.fault("TABLES", problem, "users,orders")).ok();
        let table_concurrency =
            reader.parsed("TABLE_CONCURRENCY", environment.table_concurrency, "2", "a whole number from 1", |text| {
                text.parse().ok()
            });
        let expected = format!("a whole number from 1 to {MAX_READ_CONNECTIONS}");
        let read_connections =
            reader.parsed("READ_CONNECTIONS", environment.read_connections, "4", &expected, connections);
        let snapshots =
            reader.parsed("SNAPSHOT", environment.snapshot, "shared", "shared or per_connection", snapshots);
        let limits = Limits {
            max_rows_per_second: reader.parsed(
                "MAX_ROWS_PER_SECOND",
                environment.max_rows_per_second,
                "50000",
                "a whole number from 1",
                |text| text.parse().ok(),
            ),
            max_bytes_per_second: reader.parsed(
                "MAX_MB_PER_SECOND",
                environment.max_mb_per_second,
                "20",
                "a number above 0",
                megabytes,
            ),
        };
        let codec = reader.parsed(
            "AVRO_CODEC",
            environment.avro_codec,
            "zstd:3",
            "zstd, zstd:LEVEL with a level from -7 to 19 but 0, snappy, deflate, deflate:LEVEL with a level from 1 to 9, or null",
            |text| text.parse().ok(),
        );
        let policies = Policies {
            zero_dates: reader
                .parsed("ZERO_DATES", environment.zero_dates, "null", "null or error", policy)
                .unwrap_or(Policies::default().zero_dates),
            invalid_values: reader
                .parsed("INVALID_VALUES", environment.invalid_values, "error", "error or null", policy)
                .unwrap_or(Policies::default().invalid_values),
        };
        let max_shrink_percent = reader.parsed(
            "MAX_SHRINK_PERCENT",
            environment.max_shrink_percent,
            "50",
            "a whole number from 0 to 100",
            percent,
        );
        let number = |text: &str| text.parse().ok();
        let whole = "a whole number from 0";
        let index = reader.parsed("CLOUD_RUN_TASK_INDEX", environment.cloud_run_task_index, "0", whole, number);
        let count = reader.parsed("CLOUD_RUN_TASK_COUNT", environment.cloud_run_task_count, "4", whole, number);
        let attempt = reader.parsed("CLOUD_RUN_TASK_ATTEMPT", environment.cloud_run_task_attempt, "0", whole, number);
        let (index, count) = (index.unwrap_or(0), count.unwrap_or(1));
        if count == 0 {
            reader.fault("CLOUD_RUN_TASK_COUNT", "is 0; expected a whole number from 1", "1");
        } else if index >= count {
            reader.fault("CLOUD_RUN_TASK_INDEX", format!("is {index}, and there are {count} tasks"), "0");
        }

        match (address, user, login, database, project, dataset, tables) {
            (Some(address), Some(user), Some(login), Some(database), Some(project), Some(dataset), Some(tables))
                if reader.faults.is_empty() =>
            {
                Ok(Self {
                    mysql: mysql::Settings {
                        address,
                        user,
                        login,
                        database,
                        ssl_mode,
                        ssl_ca,
                        stall: stall.map_or(DEFAULT_STALL, |seconds| Duration::from_secs(seconds.get().into())),
                    },
                    bigquery: bigquery::Settings {
                        project,
                        dataset,
                        location: environment.bigquery_location,
                        emulator,
                    },
                    tables,
                    plan: plan::Settings {
                        read_connections: read_connections.unwrap_or(NonZeroUsize::MIN),
                        policies,
                        max_shrink_percent,
                    },
                    sync: sync::Settings {
                        table_concurrency: table_concurrency.unwrap_or(NonZeroUsize::MIN),
                        snapshots: snapshots.unwrap_or(Snapshots::Shared),
                        limits,
                        codec: codec.unwrap_or_default(),
                    },
                    task: Task {
                        job: environment.cloud_run_job,
                        execution: environment.cloud_run_execution.unwrap_or_else(made_up_execution),
                        index,
                        count,
                        attempt: attempt.unwrap_or(0),
                    },
                })
            }
            _ => Err(Faults(reader.faults)),
        }
    }
}

/// `LOG_FORMAT` and `LOG_LEVEL` are needed to report the faults of all others, so they are read first and alone.
pub fn log_settings(format: Option<&str>, level: Option<&str>, terminal: bool) -> (telemetry::Settings, Vec<Fault>) {
    let mut reader = Reader::default();
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let format = reader.parsed("LOG_FORMAT", filled(format), "json", "json or text", |text| {
        match text.to_ascii_lowercase().as_str() {
            "json" => Some(LogFormat::Json),
            "text" => Some(LogFormat::Text),
            _ => None,
        }
    });
    let levels = "one of error, warn, info, debug, trace";
    let level = reader.parsed("LOG_LEVEL", filled(level), "info", levels, |text| {
        if text.eq_ignore_ascii_case("warning") { Some(tracing::Level::WARN) } else { text.parse().ok() }
    });
    let default = if terminal { LogFormat::Text } else { LogFormat::Json };
    let settings =
        telemetry::Settings { format: format.unwrap_or(default), level: level.unwrap_or(tracing::Level::INFO) };
    (settings, reader.faults)
}

/// An execution id for a run outside Cloud Run: unique, and good for a BigQuery job id.
fn made_up_execution() -> String {
    format!("local-{}", uuid::Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests;
