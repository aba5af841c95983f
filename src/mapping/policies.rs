//! Policies for values that do not fit their BigQuery type.

use std::str::FromStr;

/// The policies for values that do not fit their BigQuery type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies {
    /// `ZERO_DATES`: MySQL dates with a zero year, month or day.
    pub zero_dates: Policy,
    /// `INVALID_VALUES`: all other values that do not fit, such as numbers out of range or invalid text.
    pub invalid_values: Policy,
}

impl FromStr for Policy {
    type Err = ();

    /// Parses `null` or `error`, in any case.
    ///
    /// ```
    /// use mysql_bigquery_sync::mapping::policies::Policy;
    ///
    /// assert_eq!("NULL".parse(), Ok(Policy::Null));
    /// assert!("keep".parse::<Policy>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "null" => Ok(Self::Null),
            "error" => Ok(Self::Error),
            _ => Err(()),
        }
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self { zero_dates: Policy::Null, invalid_values: Policy::Error }
    }
}

/// What to do with a value that does not fit. See [`Policies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The value is nulled: NULL is written, and the value is counted and reported.
    Null,
    /// The table fails.
    Error,
}
