//! The settings of the log.

use std::str::FromStr;

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
    /// One JSON object per line, for Cloud Logging.
    Json,
    /// Text for people.
    Text,
}

impl FromStr for LogFormat {
    type Err = ();

    /// `json` or `text`, in any case.
    ///
    /// ```
    /// use mysql_bigquery_sync::telemetry::settings::LogFormat;
    ///
    /// assert_eq!("JSON".parse(), Ok(LogFormat::Json));
    /// assert!("xml".parse::<LogFormat>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(()),
        }
    }
}
