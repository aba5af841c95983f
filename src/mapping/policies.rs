//! What happens to a value that its BigQuery type cannot hold.

use std::str::FromStr;

/// What happens to a value that its BigQuery type cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies {
    /// `ZERO_DATES`: MySQL dates with a zero year, month or day.
    pub zero_dates: Policy,
    /// `INVALID_VALUES`: out of range for the type, or not valid UTF-8.
    pub invalid_values: Policy,
}

impl FromStr for Policy {
    type Err = ();

    /// `null` or `error`, in any case.
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

/// See [`Policies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// NULL is written, counted and reported.
    Null,
    /// The table fails.
    Error,
}
