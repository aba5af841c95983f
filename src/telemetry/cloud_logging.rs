//! One JSON object per line, in Cloud Logging's format. Errors are also in Error Reporting's format.

use std::io::{self, Write};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use crate::telemetry::output::Output;

/// Source: "Format errors in logs", Error Reporting.
const ERROR_EVENT: &str = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent";

pub(super) fn layer<S>(job: Option<String>, output: Output) -> tracing_stackdriver::Layer<S, Lines>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let service = job.filter(|job| !job.is_empty()).unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned());
    let context = serde_json::json!({"service": service, "version": env!("CARGO_PKG_VERSION")});
    let error_fields = format!(r#""@type":"{ERROR_EVENT}","serviceContext":{context},"#);
    tracing_stackdriver::layer().with_source_location(false).with_writer(Lines { error_fields, output })
}

/// Writes whole lines. Adds the fields to errors that the layer cannot set, because of their names.
pub(super) struct Lines {
    error_fields: String,
    output: Output,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { extra: "", output: self.output }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        Line { extra: if *metadata.level() == Level::ERROR { &self.error_fields } else { "" }, output: self.output }
    }
}

/// One line. The layer writes it in one piece that starts with `{`.
pub(super) struct Line<'a> {
    extra: &'a str,
    output: Output,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut output = self.output.open();
        match line.split_first() {
            Some((b'{', rest)) if !self.extra.is_empty() => {
                output.write_all(&[b"{", self.extra.as_bytes(), rest].concat())?;
            }
            _ => output.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.open().flush()
    }
}
