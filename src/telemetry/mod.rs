//! Logs for Cloud Logging, text and progress for people. Events and their fields are the same for both.

mod cloud_logging;
pub mod progress;
mod text;

use std::io::{self, IsTerminal as _, Write};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{self, Fault, LogFormat};

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For a sync, whose logs are all that it prints.
    Stdout,
    /// For a command that prints something else.
    Stderr,
}

impl Output {
    fn open(self) -> Box<dyn Write> {
        match self {
            Self::Stdout => Box::new(io::stdout().lock()),
            Self::Stderr => Box::new(io::stderr().lock()),
        }
    }

    fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }
}

/// What `init` set up.
pub struct Telemetry {
    /// Progress bars, on a terminal; elsewhere hidden.
    pub bars: indicatif::MultiProgress,
    /// Whether the bars are to be seen, and lines about progress are not needed.
    pub shows_bars: bool,
    /// What was wrong with the variables about logs.
    pub faults: Vec<Fault>,
}

/// Starts logging, before anything else can fail, and turns panics into log lines.
pub fn init(output: Output) -> Telemetry {
    let variable = |name| std::env::var(name).ok();
    let terminal = output.is_terminal();
    let (format, level, faults) =
        config::log_settings(variable("LOG_FORMAT").as_deref(), variable("LOG_LEVEL").as_deref(), terminal);
    // Other crates' warnings are welcome, their chatter is not.
    let filter = Targets::new().with_default(Level::WARN.min(level)).with_target(env!("CARGO_CRATE_NAME"), level);
    let shows_bars = format == LogFormat::Text && terminal && io::stderr().is_terminal();
    let target =
        if shows_bars { indicatif::ProgressDrawTarget::stderr() } else { indicatif::ProgressDrawTarget::hidden() };
    let bars = indicatif::MultiProgress::with_draw_target(target);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Json => registry.with(cloud_logging::layer(variable("CLOUD_RUN_JOB"), output)).init(),
        LogFormat::Text => registry.with(text::layer(bars.clone(), terminal, output)).init(),
    }
    report_panics();
    Telemetry { bars, shows_bars, faults }
}

/// A panic is a line like any other error: where, and what.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(
            event = "panic",
            place,
            "a bug in mysql-bigquery-sync, please report it: panicked at {place}: {what}"
        );
    }));
}
