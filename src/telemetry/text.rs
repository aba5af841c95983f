//! Text for people: the time, the severity unless it is INFO, and the message.

use std::fmt;
use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, Layer, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use crate::telemetry::output::Output;

pub(super) fn layer<S>(
    bars: MultiProgress,
    colors: bool,
    output: Output,
) -> Layer<S, tracing_subscriber::fmt::format::DefaultFields, Lines, Above>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    Layer::default().with_ansi(colors).event_format(Lines).with_writer(Above(bars, output))
}

/// The format of a line.
pub(super) struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let now = time::OffsetDateTime::now_utc();
        let (word, color) = match *event.metadata().level() {
            Level::ERROR => ("ERROR ", "\x1b[31m"),
            Level::WARN => ("warning ", "\x1b[33m"),
            Level::INFO => ("", ""),
            _ => ("debug ", "\x1b[2m"),
        };
        let mut message = Message::default();
        event.record(&mut message);
        write!(out, "{:02}:{:02}:{:02} ", now.hour(), now.minute(), now.second())?;
        if out.has_ansi_escapes() && !word.is_empty() {
            write!(out, "{color}{word}\x1b[0m")?;
        } else {
            out.write_str(word)?;
        }
        writeln!(out, "{}", message.0)
    }
}

/// The message of an event. It repeats what matters of the other fields.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Writes above the progress bars.
pub(super) struct Above(MultiProgress, Output);

impl<'a> MakeWriter<'a> for Above {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(&self.0, self.1)
    }
}

pub(super) struct Line<'a>(&'a MultiProgress, Output);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| self.1.open().write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.open().flush()
    }
}
