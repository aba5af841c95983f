//! The program: parse arguments, start logs, read the configuration, run the command, exit code.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use mysql_bigquery_sync::cli::{Arguments, Command};
use mysql_bigquery_sync::commands;
use mysql_bigquery_sync::config::{self, Config, Faults};
use mysql_bigquery_sync::report::events;
use mysql_bigquery_sync::telemetry::{self, Output};
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// All my tables synced, or none are mine.
const SUCCESS: u8 = 0;
/// A table failed, or the sync could not start.
const FAILURE: u8 = 1;
/// The configuration or the arguments are wrong (also clap's own exit code).
const MISUSE: u8 = 2;

/// Cloud Run kills 10 s after SIGTERM; whatever still hangs by now is not waited for.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Sync);
    // What a command prints is its own; logs are a sync's output.
    let output = if command == Command::Sync { Output::Stdout } else { Output::Stderr };
    let (settings, log_faults) = config::log_settings(std::env::vars_os(), output.is_terminal());
    let telemetry = telemetry::init(output, settings, std::env::var("CLOUD_RUN_JOB").ok());
    if let Err(error) = no_core_dumps() {
        events::CoreDumps {}
            .log(format_args!("core dumps, which would hold the password, cannot be turned off: {error}"));
    }
    // The libraries share one TLS stack; they look for it here.
    let provider = rustls::crypto::ring::default_provider().install_default();
    let config = match Config::read(std::env::vars_os(), &arguments.tables) {
        Ok(config) if log_faults.is_empty() => config,
        result => {
            let mut faults = log_faults;
            faults.extend(result.err().map(|Faults(faults)| faults).unwrap_or_default());
            events::ConfigurationInvalid {}.log(format_args!("{}", Faults(faults)));
            return ExitCode::from(MISUSE);
        }
    };
    let runtime = match (provider, tokio::runtime::Builder::new_multi_thread().enable_all().build()) {
        (Ok(()), Ok(runtime)) => runtime,
        (_, result) => {
            let problem = result.err().map_or("the TLS provider was set before".to_owned(), |error| error.to_string());
            events::SyncFailed { error: &problem }.log(format_args!("the sync cannot start: {problem}"));
            return ExitCode::from(FAILURE);
        }
    };
    let bars = telemetry.shows_bars.then_some(telemetry.bars);
    let succeeded = runtime.block_on(async {
        let stop = CancellationToken::new();
        tokio::select! {
            // The signals' handlers first: a signal right at the start must not end the run without a word.
            biased;
            () = stop_on_signal(stop.clone()) => {
                events::SyncFailed { error: "stopped by a signal" }
                    .log(format_args!("stopped by a signal; not waiting any longer"));
                false
            }
            succeeded = async {
                match command {
                    Command::Sync => commands::sync::run(config, stop.clone(), bars).await,
                    Command::Plan { json } => commands::plan::run(config, json).await,
                    Command::Check => commands::check::run(config).await,
                }
            } => succeeded && !stop.is_cancelled(),
        }
    });
    // A thread that still compresses or resolves a name is not waited for.
    runtime.shutdown_background();
    ExitCode::from(if succeeded { SUCCESS } else { FAILURE })
}

/// A core dump is the whole memory, the password and tokens in it.
fn no_core_dumps() -> std::io::Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Ok(setrlimit(Resource::Core, none)?)
}

/// Cancels `stop` at SIGTERM or Ctrl-C and gives the work a few seconds to clean up. A Cloud Run task is process 1:
/// without a handler SIGTERM would do nothing.
async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        events::NoSignals {}
            .log(format_args!("signals cannot be handled here: SIGTERM will not stop the sync cleanly"));
        return std::future::pending().await;
    };
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    events::Stopping { signal: name }
        .log(format_args!("{name}: stopping; tables that are not loaded yet stay as they were"));
    stop.cancel();
    tokio::time::sleep(STOP_TIMEOUT).await;
}
