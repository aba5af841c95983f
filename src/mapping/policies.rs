//! What happens to a value that its BigQuery type cannot hold.

/// What happens to a value that its BigQuery type cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies {
    /// `ZERO_DATES`: MySQL dates with a zero year, month or day.
    pub zero_dates: Policy,
    /// `INVALID_VALUES`: out of range for the type, or not valid UTF-8.
    pub invalid_values: Policy,
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
