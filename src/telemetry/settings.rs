//! How logs look and how much of them there is.

/// Format and level of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// `LOG_FORMAT`.
    pub format: LogFormat,
    /// `LOG_LEVEL`.
    pub level: tracing::Level,
}

/// `LOG_FORMAT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for Cloud Logging.
    Json,
    /// Text for people.
    Text,
}
