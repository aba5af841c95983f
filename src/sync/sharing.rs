//! What the log says about the snapshots of a table that is read over several connections.

use crate::hints;
use crate::mysql::Settings;
use crate::mysql::snapshot::Sharing;
use crate::report::events;

/// Says whether `connections` see the same rows of the table.
pub(super) fn log(sharing: Sharing, source: &Settings, table: &str, connections: usize) {
    match sharing {
        Sharing::One => {}
        Sharing::Shared { locked } => {
            let locked_microseconds = u64::try_from(locked.as_micros()).unwrap_or(u64::MAX);
            events::SnapshotsShared { table, connections, locked_microseconds }.log(format_args!(
                "{table}: read over {connections} connections that see one moment; nobody could write to the table for {}.{} ms",
                locked.as_millis(),
                locked.as_micros() % 1000 / 100
            ));
        }
        Sharing::PerConnection => events::SnapshotsDiffer { table, connections }.info(format_args!(
            "{table}: read over {connections} connections; as SNAPSHOT=per_connection says, each sees a moment of its own: its \
             ranges of rows are consistent each, and not together"
        )),
        Sharing::Denied => events::SnapshotsDiffer { table, connections }.warn(format_args!(
            "{table}: read over {connections} connections, each of which sees a moment of its own, since user {} may not lock \
             tables: its ranges of rows are consistent each, and not together ({})",
            source.user,
            hints::mysql::locking(source)
        )),
        Sharing::Undivided { waited } => events::TableNotDivided { table }.log(format_args!(
            "{table}: read over one connection instead of {connections}, since other sessions were writing to it or holding a \
             lock on it for {} s, and were not to be kept waiting",
            waited.as_secs()
        )),
    }
}
