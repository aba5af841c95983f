//! Logs as JSON for Cloud Logging, or as text with progress bars. Both have the same events and fields.

mod cloud_logging;
mod output;
pub mod progress;
pub mod settings;
mod text;

use std::io::{self, IsTerminal as _};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use output::Output;
pub use settings::Settings;

use crate::report::events;
use crate::telemetry::settings::LogFormat;

/// What `init` set up.
pub struct Telemetry {
    /// Progress bars; hidden if the output is not a terminal.
    pub bars: indicatif::MultiProgress,
    /// Whether the bars are visible, so that no progress lines are needed.
    pub shows_bars: bool,
}

/// Starts logging, before anything else can fail, and turns panics into log lines.
pub fn init(output: Output, settings: Settings, job: Option<String>) -> Telemetry {
    let Settings { format, level } = settings;
    let terminal = output.is_terminal();
    // Of other crates, log only warnings and errors.
    let filter = Targets::new().with_default(Level::WARN.min(level)).with_target(env!("CARGO_CRATE_NAME"), level);
    let shows_bars = format == LogFormat::Text && terminal && io::stderr().is_terminal();
    let target =
        if shows_bars { indicatif::ProgressDrawTarget::stderr() } else { indicatif::ProgressDrawTarget::hidden() };
    let bars = indicatif::MultiProgress::with_draw_target(target);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Json => registry.with(cloud_logging::layer(job, output)).init(),
        LogFormat::Text => registry.with(text::layer(bars.clone(), terminal, output)).init(),
    }
    report_panics();
    Telemetry { bars, shows_bars }
}

/// Logs a panic like any other error, with its place and message.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        events::Panic { place: &place }
            .log(format_args!("a bug in mysql-bigquery-sync, please report it: panicked at {place}: {what}"));
    }));
}
