//! Turns the variables into the settings of the modules below. Reports all faults at once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::bigquery::settings::Api;
use crate::config::faults::{Fault, Faults};
use crate::config::reader::Reader;
use crate::config::variables::{
    AVRO_CODEC, BIGQUERY_DATASET, BIGQUERY_EMULATOR_HOST, BIGQUERY_ENDPOINT, BIGQUERY_LOCATION, BIGQUERY_PROJECT,
    CLOUD_RUN_EXECUTION, CLOUD_RUN_JOB, CLOUD_RUN_TASK_ATTEMPT, CLOUD_RUN_TASK_COUNT, CLOUD_RUN_TASK_INDEX,
    INVALID_VALUES, JOB_COMPLETION_INDEX, LOG_FORMAT, LOG_LEVEL, MASK, MASK_KEY, MAX_MB_PER_SECOND,
    MAX_ROWS_PER_SECOND, MAX_SHRINK_PERCENT, MYSQL_DATABASE, MYSQL_HOST, MYSQL_PORT, MYSQL_SSL_CA, MYSQL_SSL_MODE,
    MYSQL_STALL_SECONDS, MYSQL_USER, NEW_COLUMNS, READ_CONNECTIONS, SNAPSHOT, TABLE_CONCURRENCY, TABLES, ZERO_DATES,
};
use crate::config::{client_certificate, login, mask_key};
use crate::mapping::mask::Mask;
use crate::mapping::masking::Masking;
use crate::mapping::policies::Policies;
use crate::mysql::settings::{Address, SslMode};
use crate::sync::pace::Limits;
use crate::telemetry::settings::LogFormat;
use crate::work::selection::Selection;
use crate::work::task::Task;
use crate::{bigquery, mysql, plan, sync, telemetry};

/// The prefix of the log variables, which are read before all others.
const LOGS: &str = "LOG_";

/// A new instance with Direct VPC egress may have no network for more than a minute. Source: "Direct VPC with a VPC network",
/// connection establishment delays on instance startup.
const SILENCE_ON_CLOUD_RUN: Duration = Duration::from_secs(120);

/// The whole configuration, checked.
#[derive(Debug)]
pub struct Config {
    /// The source.
    pub mysql: mysql::Settings,
    /// The destination.
    pub bigquery: bigquery::Settings,
    /// Which tables.
    pub tables: Selection,
    /// Which task this is.
    pub task: Task,
    /// Defaults for tables without options of their own.
    pub plan: plan::Settings,
    /// How tables are copied.
    pub sync: sync::Settings,
}

impl Config {
    /// Reads and checks the given environment (`std::env::vars_os()`). `narrow_to` has the tables of `--table`.
    pub fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        narrow_to: &[String],
    ) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment.into_iter().filter(|(name, _)| !is_about_logs(name)));
        let mysql = source(&mut reader);
        let bigquery = destination(&mut reader);
        let tables = tables(&mut reader, narrow_to);
        let plan = plan(&mut reader, tables.as_ref());
        let sync = sync(&mut reader);
        let task = task(&mut reader);
        match (mysql, bigquery, tables, task, plan, sync) {
            (Some(mysql), Some(bigquery), Some(tables), Some(task), Some(plan), Some(sync))
                if reader.faults.is_empty() =>
            {
                Ok(Self { mysql, bigquery, tables, task, plan, sync })
            }
            _ => Err(Faults(reader.faults)),
        }
    }
}

// Each function below reads all its variables before it returns early, so that no fault is missed.

fn source(reader: &mut Reader) -> Option<mysql::Settings> {
    let (host, port) = (reader.value(&MYSQL_HOST), reader.value(&MYSQL_PORT));
    let (user, login) = (reader.value(&MYSQL_USER), login::read(reader));
    let database = reader.value(&MYSQL_DATABASE);
    let (ssl_mode, ssl_ca) = (reader.value(&MYSQL_SSL_MODE), reader.value(&MYSQL_SSL_CA));
    let client_certificate = client_certificate::read(reader, ssl_mode);
    let stall = reader.value(&MYSQL_STALL_SECONDS);
    let address = host.zip(port).map(|(host, port)| match host.starts_with('/') {
        true => Address::Socket(PathBuf::from(host)),
        false => Address::Tcp(host, port),
    });
    // A CA alone means that it is checked, as in MySQL's own client. Source: MySQL manual, "--ssl-ca".
    // What goes through a socket does not leave the machine.
    let ssl_mode = ssl_mode.unwrap_or(match (&ssl_ca, &address) {
        (Some(_), Some(Address::Tcp(..))) => SslMode::VerifyCa,
        _ => SslMode::Preferred,
    });
    login::no_token_in_the_clear(reader, login.as_ref(), address.as_ref(), ssl_mode);
    Some(mysql::Settings {
        address: address?,
        user: user?,
        login: login?,
        database: database?,
        ssl_mode,
        ssl_ca,
        client_certificate,
        stall: Duration::from_secs(stall?.get().into()),
        silence: silence(reader),
    })
}

fn destination(reader: &mut Reader) -> Option<bigquery::Settings> {
    let (project, dataset) = (reader.value(&BIGQUERY_PROJECT), reader.value(&BIGQUERY_DATASET));
    let location = reader.value(&BIGQUERY_LOCATION);
    let api = match (reader.value(&BIGQUERY_ENDPOINT), reader.value(&BIGQUERY_EMULATOR_HOST)) {
        (None, None) => Api::Google,
        (Some(address), None) => Api::Endpoint(address),
        (None, Some(address)) => Api::Emulator(address),
        (Some(_), Some(_)) => {
            reader.both_set(&BIGQUERY_EMULATOR_HOST.about, &BIGQUERY_ENDPOINT.about);
            return None;
        }
    };
    Some(bigquery::Settings { project: project?, dataset: dataset?, location, api, silence: silence(reader) })
}

fn tables(reader: &mut Reader, narrow_to: &[String]) -> Option<Selection> {
    match reader.value(&TABLES)?.narrowed(narrow_to) {
        Ok(tables) => Some(tables),
        Err(problem) => {
            reader.fault(&TABLES.about, problem);
            None
        }
    }
}

fn plan(reader: &mut Reader, tables: Option<&Selection>) -> Option<plan::Settings> {
    let masking = masking(reader, tables);
    let new_columns = reader.value(&NEW_COLUMNS);
    let read_connections = reader.value(&READ_CONNECTIONS);
    let (zero_dates, invalid_values) = (reader.value(&ZERO_DATES), reader.value(&INVALID_VALUES));
    let max_shrink_percent = reader.value(&MAX_SHRINK_PERCENT);
    let policies = Policies { zero_dates: zero_dates?, invalid_values: invalid_values? };
    Some(plan::Settings {
        read_connections: read_connections?,
        policies,
        masking,
        new_columns: new_columns?,
        max_shrink_percent,
    })
}

/// The masks of all tables. The mask `hmac` needs a key, here or in the options of a table.
fn masking(reader: &mut Reader, tables: Option<&Selection>) -> Masking {
    let patterns = reader.value(&MASK).unwrap_or_default();
    let faults = reader.faults.len();
    let key = mask_key::read(reader);
    let of_tables = tables.into_iter().flat_map(|tables| &tables.named).flat_map(|table| &table.columns.masks);
    let mut masks = patterns.iter().map(|pattern| pattern.mask).chain(of_tables.map(|(_, mask)| *mask));
    // A key with a fault is reported already.
    if key.is_none() && reader.faults.len() == faults && masks.any(|mask| mask == Mask::Hmac) {
        reader.fault(&MASK_KEY.about, "is not set, and a column has the mask hmac (or set MASK_KEY_FILE)");
    }
    Masking { patterns, key }
}

fn sync(reader: &mut Reader) -> Option<sync::Settings> {
    let (table_concurrency, snapshots) = (reader.value(&TABLE_CONCURRENCY), reader.value(&SNAPSHOT));
    let limits = Limits {
        max_rows_per_second: reader.value(&MAX_ROWS_PER_SECOND),
        max_bytes_per_second: reader.value(&MAX_MB_PER_SECOND),
    };
    let codec = reader.value(&AVRO_CODEC);
    Some(sync::Settings { table_concurrency: table_concurrency?, snapshots: snapshots?, limits, codec: codec? })
}

fn task(reader: &mut Reader) -> Option<Task> {
    let (job, execution) = (reader.value(&CLOUD_RUN_JOB), reader.value(&CLOUD_RUN_EXECUTION));
    let is_kubernetes = reader.text(&CLOUD_RUN_TASK_INDEX).is_none() && reader.text(&JOB_COMPLETION_INDEX).is_some();
    let place = if is_kubernetes { &JOB_COMPLETION_INDEX } else { &CLOUD_RUN_TASK_INDEX };
    let (index, count) = (reader.value(place), reader.value(&CLOUD_RUN_TASK_COUNT));
    let attempt = reader.value(&CLOUD_RUN_TASK_ATTEMPT);
    let (index, count) = (index?, count?.get());
    if index >= count {
        reader.fault(&place.about, format!("is {index}, and there are {count} tasks"));
    }
    Some(Task { job, execution: execution.unwrap_or_else(made_up_execution), index, count, attempt: attempt? })
}

/// How long the first connections of the process may go without any answer.
fn silence(reader: &Reader) -> Option<Duration> {
    reader.text(&CLOUD_RUN_JOB).map(|_| SILENCE_ON_CLOUD_RUN)
}

/// An execution id for a run outside Cloud Run: unique, and valid in a BigQuery job id.
fn made_up_execution() -> String {
    format!("local-{}", uuid::Uuid::new_v4().simple())
}

/// Reads `LOG_FORMAT` and `LOG_LEVEL` first, because the faults of all other variables are logged.
pub fn log_settings(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    terminal: bool,
) -> (telemetry::Settings, Vec<Fault>) {
    let mut reader = Reader::new(environment.into_iter().filter(|(name, _)| is_about_logs(name)));
    let default = if terminal { LogFormat::Text } else { LogFormat::Json };
    let settings = telemetry::Settings {
        format: reader.value(&LOG_FORMAT).unwrap_or(default),
        level: reader.value(&LOG_LEVEL).unwrap_or(tracing::Level::INFO),
    };
    (settings, reader.faults)
}

fn is_about_logs(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(LOGS))
}
