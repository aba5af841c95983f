//! Defaults for tables whose options in `TABLES` do not override them.

use std::num::NonZeroUsize;

use crate::mapping::masking::Masking;
use crate::mapping::new_columns::NewColumns;
use crate::mapping::policies::Policies;

/// Defaults for all tables.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `READ_CONNECTIONS`.
    pub read_connections: NonZeroUsize,
    /// `ZERO_DATES` and `INVALID_VALUES`.
    pub policies: Policies,
    /// `MASK` and its key.
    pub masking: Masking,
    /// `NEW_COLUMNS`.
    pub new_columns: NewColumns,
    /// `MAX_SHRINK_PERCENT`.
    pub max_shrink_percent: Option<u8>,
}
