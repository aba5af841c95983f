//! Logs whether the connections that read one table see the same rows.

use crate::hints;
use crate::mysql::Settings;
use crate::mysql::snapshot::Sharing;
use crate::report::events;

/// Logs whether `connections` see the same rows of the table.
pub(super) fn log(sharing: Sharing, source: &Settings, table: &str, connections: usize) {
    match sharing {
        Sharing::One => {}
        Sharing::Shared { locked } => {
            let locked_microseconds = u64::try_from(locked.as_micros()).unwrap_or(u64::MAX);
            events::SnapshotsShared { table, connections, locked_microseconds }.log(format_args!(
                "{table}: read over {connections} connections that see the same rows; writes to the table were blocked for {}.{} ms",
                locked.as_millis(),
                locked.as_micros() % 1000 / 100
            ));
        }
        Sharing::PerConnection => events::SnapshotsDiffer { table, connections }.info(format_args!(
            "{table}: read over {connections} connections with separate snapshots, because SNAPSHOT=per_connection is set: \
             each range of rows is consistent in itself, but not with the others"
        )),
        Sharing::Denied => events::SnapshotsDiffer { table, connections }.warn(format_args!(
            "{table}: read over {connections} connections with separate snapshots, because user {} may not lock tables: each \
             range of rows is consistent in itself, but not with the others ({})",
            source.user,
            hints::mysql::locking(source)
        )),
        Sharing::Undivided { waited } => events::TableNotDivided { table }.log(format_args!(
            "{table}: read over one connection instead of {connections}, because other sessions wrote to it or held a lock on \
             it for {} s; waiting longer would block them",
            waited.as_secs()
        )),
    }
}
