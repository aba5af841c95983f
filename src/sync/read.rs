//! The reading side of a pipeline: reads rows over one or several connections and encodes them into blocks.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio_util::task::AbortOnDropHandle;

use crate::avro::block::BlockBuilder;
use crate::mapping::Mapping;
use crate::mapping::row::RowEncoder;
use crate::mysql::connection::close;
use crate::mysql::ranges::Ranges;
use crate::mysql::{self, locks, rows, snapshot};
use crate::sync::failure::Failure;
use crate::sync::pace::{Pace, Usage};
use crate::sync::queue::BlockQueue;
use crate::telemetry::progress::Counters;

/// The rows to read.
pub(super) struct Source {
    pub(super) table: String,
    pub(super) ranges: Ranges,
    /// Each has an open snapshot; the first one holds the table's lock.
    pub(super) connections: Vec<mysql::Connection>,
    /// When the snapshots were opened.
    pub(super) since: Instant,
    pub(super) mapping: Arc<Mapping>,
    /// How long the server may send nothing.
    pub(super) stall: Duration,
    pub(super) pace: Arc<Pace>,
}

/// Columns with nulled values, and how many each has.
pub(super) type Nulled = Vec<(String, u64)>;

/// The result of reading a table.
pub(super) struct Read {
    pub(super) rows: u64,
    pub(super) nulled: Nulled,
    /// How long the longest snapshot was open.
    pub(super) snapshot: Duration,
    /// The connection that holds the table's lock. Its snapshot has ended.
    pub(super) connection: mysql::Connection,
}

/// The state that all connections share.
struct Shared {
    table: String,
    ranges: Ranges,
    mapping: Arc<Mapping>,
    stall: Duration,
    pace: Arc<Pace>,
    queue: Arc<BlockQueue>,
    counters: Arc<Counters>,
}

/// The result of one connection.
struct Share {
    rows: u64,
    nulled: Vec<u64>,
    snapshot_ended: Instant,
    connection: Option<mysql::Connection>,
}

/// Reads and encodes every row. Each snapshot ends after its last row.
pub(super) async fn all(source: Source, queue: Arc<BlockQueue>, counters: Arc<Counters>) -> Result<Read, Failure> {
    let Source { table, ranges, connections, since, mapping, stall, pace } = source;
    let shared = Arc::new(Shared { table, ranges, mapping, stall, pace, queue, counters });
    // Separate tasks, so that each connection can use its own core.
    let tasks = connections.into_iter().enumerate().map(|(number, connection)| {
        let reading = tokio::spawn(one(Arc::clone(&shared), connection, number == 0));
        async { AbortOnDropHandle::new(reading).await? }
    });
    let shares = try_join_all(tasks).await?;
    let columns = shared.mapping.columns.iter().enumerate();
    let nulled = columns.map(|(index, column)| {
        let count = shares.iter().filter_map(|share| share.nulled.get(index)).sum();
        (column.source.clone(), count)
    });
    let ended = shares.iter().map(|share| share.snapshot_ended).max().unwrap_or(since);
    Ok(Read {
        rows: shares.iter().map(|share| share.rows).sum(),
        nulled: nulled.filter(|(_, count)| *count > 0).collect(),
        snapshot: ended.duration_since(since),
        connection: shares
            .into_iter()
            .find_map(|share| share.connection)
            .ok_or(Failure::Bug("nothing to read with"))?,
    })
}

/// Reads one range after another over one connection. `kept` says whether to return the connection instead of closing it.
async fn one(shared: Arc<Shared>, mut connection: mysql::Connection, kept: bool) -> Result<Share, Failure> {
    let Shared { table, ranges, mapping, stall, pace, queue, counters } = &*shared;
    let (stall, mut usage) = (*stall, Usage::default());
    let mut encoder = RowEncoder::new(Arc::clone(mapping));
    let mut blocks = BlockBuilder::new(queue.buffer());
    let mut tally = Tally::default();
    let mut rows = 0;
    'reading: while let Some(range) = ranges.next(&mut connection, stall).await? {
        let mut stream = rows::stream(&mut connection, range.statement.clone());
        let (mut number, mut last) = (0, None);
        loop {
            // Most rows have already arrived and need no timeout.
            let row = match rows::ready(&mut stream) {
                Some(row) => row,
                None => {
                    tally.tell(counters);
                    rows::wait(&mut stream, stall).await
                }
            };
            let Some(row) = row.map_err(|why| why.reading(table, counters.rows.load(Relaxed)))? else { break };
            let row_start = blocks.buffer().len();
            let bytes = encoder.append(&row, blocks.buffer())?;
            number += 1;
            tally.rows += 1;
            tally.bytes += bytes;
            if blocks.end_row() {
                tally.tell(counters);
                if !queue.put(blocks.take(row_start, queue.buffer())).await {
                    break 'reading;
                }
            }
            pace.read(&mut usage, bytes).await;
            if range.is_at_limit(number) {
                last = Some(row);
            }
        }
        drop(stream);
        rows += number;
        ranges.done(&range, last.as_ref())?;
    }
    tally.tell(counters);
    pace.settle(&mut usage).await;
    // End the snapshot after its last row, so that it does not stay open while BigQuery is slow.
    snapshot::end(&mut connection, stall).await?;
    let snapshot_ended = Instant::now();
    if let Some(block) = blocks.finish() {
        locks::keeping_alive(&mut connection, queue.put(block)).await;
    }
    let connection = if kept {
        Some(connection)
    } else {
        close(connection).await;
        None
    };
    Ok(Share { rows, nulled: encoder.into_nulled(), snapshot_ended, connection })
}

/// What was read but not added to the counters yet. All connections share them, so updating them for every row is too slow.
#[derive(Default)]
struct Tally {
    rows: u64,
    bytes: u64,
}

impl Tally {
    fn tell(&mut self, counters: &Counters) {
        let Self { rows, bytes } = std::mem::take(self);
        counters.rows.fetch_add(rows, Relaxed);
        counters.bytes_read.fetch_add(bytes, Relaxed);
    }
}
