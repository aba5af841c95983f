//! Defaults for tables whose options in `TABLES` do not override them.

use std::num::NonZeroUsize;

use crate::mapping::policies::Policies;

/// Defaults for all tables.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// `READ_CONNECTIONS`.
    pub read_connections: NonZeroUsize,
    /// `ZERO_DATES` and `INVALID_VALUES`.
    pub policies: Policies,
    /// `MAX_SHRINK_PERCENT`.
    pub max_shrink_percent: Option<u8>,
}
