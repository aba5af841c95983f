//! The program: arguments, logs, configuration, command, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use mysql_bigquery_sync::cli::{Arguments, Command};
use mysql_bigquery_sync::commands;
use mysql_bigquery_sync::config::{self, Config, Fault, Faults};
use mysql_bigquery_sync::report::events;
use mysql_bigquery_sync::telemetry::{self, Output};
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

/// All tables of this task are synced, or it has none.
const SUCCESS: u8 = 0;
/// A table failed, or the sync could not start.
const FAILURE: u8 = 1;
/// The configuration or the arguments are wrong (also clap's own exit code).
const MISUSE: u8 = 2;

/// Why no command could run.
enum Failure {
    Configuration(Faults),
    Start(String),
}

fn main() -> ExitCode {
    let exit_code = match run(&Arguments::parse()) {
        Ok(true) => SUCCESS,
        Ok(false) => FAILURE,
        Err(Failure::Configuration(faults)) => {
            events::ConfigurationInvalid {}.log(format_args!("{faults}"));
            MISUSE
        }
        Err(Failure::Start(problem)) => {
            events::SyncFailed { error: &problem }.log(format_args!("the sync cannot start: {problem}"));
            FAILURE
        }
    };
    ExitCode::from(exit_code)
}

/// True if the command succeeded.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let command = arguments.command.unwrap_or(Command::Sync);
    // A sync prints only logs. Other commands print their result to stdout, so their logs go to stderr.
    let output = if command == Command::Sync { Output::Stdout } else { Output::Stderr };
    let (settings, log_faults) = config::log_settings(std::env::vars_os(), output.is_terminal());
    let telemetry = telemetry::init(output, settings, std::env::var("CLOUD_RUN_JOB").ok());
    disable_core_dumps();
    let config = read_configuration(&arguments.tables, log_faults)?;
    let runtime = start_runtime()?;
    let stop = CancellationToken::new();
    let work = async {
        match command {
            Command::Sync => {
                let bars = telemetry.shows_bars.then_some(telemetry.bars);
                commands::sync::run(config, stop.clone(), bars).await
            }
            Command::Plan { json } => commands::plan::run(config, json).await,
            Command::Verify { json } => commands::verify::run(config, json).await,
            Command::Check => commands::check::run(config).await,
        }
    };
    let succeeded = runtime.block_on(commands::signals::run_until_stopped(work, stop.clone()));
    // Do not wait for threads that still compress or resolve a name.
    runtime.shutdown_background();
    Ok(succeeded)
}

/// A core dump contains the whole memory, including the password and tokens.
fn disable_core_dumps() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        events::CoreDumps {}.log(format_args!("cannot turn off core dumps, which would contain the password: {error}"));
    }
}

/// Reports the faults of the log settings together with all others.
fn read_configuration(only_tables: &[String], mut faults: Vec<Fault>) -> Result<Config, Failure> {
    match Config::read(std::env::vars_os(), only_tables) {
        Ok(config) if faults.is_empty() => return Ok(config),
        Ok(_) => {}
        Err(Faults(others)) => faults.extend(others),
    }
    Err(Failure::Configuration(Faults(faults)))
}

/// All libraries use the TLS provider that is installed here.
fn start_runtime() -> Result<Runtime, Failure> {
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().map_err(|_| Failure::Start("a TLS provider is already installed".into()))?;
    Builder::new_multi_thread().enable_all().build().map_err(|error| Failure::Start(error.to_string()))
}
