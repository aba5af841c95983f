//! How the tables of a task are copied.

use std::num::NonZeroUsize;

use crate::avro::codec::Codec;
use crate::mysql::snapshot::Snapshots;
use crate::sync::pace::Limits;

/// Each table that is read has connections of its own and two chunks of 16 MiB in memory.
pub const MAX_TABLE_CONCURRENCY: usize = 64;

/// The settings of a task's tables together.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// `TABLE_CONCURRENCY`.
    pub table_concurrency: NonZeroUsize,
    /// `SNAPSHOT`.
    pub snapshots: Snapshots,
    /// `MAX_ROWS_PER_SECOND` and `MAX_MB_PER_SECOND`.
    pub limits: Limits,
    /// `AVRO_CODEC`.
    pub codec: Codec,
}
