//! Settings for copying the tables of a task.

use std::num::NonZeroUsize;

use crate::avro::codec::Codec;
use crate::mysql::snapshot::Snapshots;
use crate::sync::pace::Limits;

/// A limit, because each table that is being copied needs its own connections and two chunks of 16 MiB in memory.
pub const MAX_TABLE_CONCURRENCY: usize = 64;

/// The settings that all tables of a task share.
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
