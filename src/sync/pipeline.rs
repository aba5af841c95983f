//! The pipeline of one table: read and encode, compress on other threads, fill a chunk while another is in flight.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use gcp_bigquery_client::model::job::Job;
use sqlx::mysql::MySqlConnection;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use crate::avro::block::{Block, BlockBuilder};
use crate::avro::container::Container;
use crate::bigquery::upload::{CHUNK_BYTES, Upload};
use crate::bigquery::{self, Client};
use crate::mapping::Mapping;
use crate::mapping::row::{RowEncoder, RowError};
use crate::mysql::locks::Lock;
use crate::mysql::{self, rows};
use crate::sync::guard::ShrinkGuard;
use crate::telemetry::progress::Counters;

/// Blocks between the reader and the upload: enough to keep two cores busy, few enough to stay some MiB.
const BLOCKS_IN_FLIGHT: usize = 2;

/// Where the rows come from.
pub(super) struct Source {
    pub(super) table: String,
    pub(super) statement: String,
    /// In an open snapshot.
    pub(super) connection: MySqlConnection,
    pub(super) mapping: Mapping,
    pub(super) guard: Option<ShrinkGuard>,
    /// That this connection holds.
    pub(super) lock: Option<Lock>,
}

/// Why a pipeline stopped. Until its last chunk the destination has not changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Source(#[from] mysql::Error),
    #[error(transparent)]
    Row(#[from] RowError),
    #[error(transparent)]
    Destination(#[from] bigquery::Error),
    #[error("compressing a block: {0}")]
    Compression(#[from] io::Error),
    #[error("a bug in mysql-bigquery-sync: {0}")]
    Bug(#[from] tokio::task::JoinError),
    #[error("{0}")]
    Refused(String),
}

/// What the reader hands on.
enum Piece {
    /// A block that is being compressed.
    Block(JoinHandle<io::Result<Vec<u8>>>),
    /// Every row has been read; without this the file is not finished, whatever else happens.
    End,
}

/// Columns with values that became NULL by a policy, and how many.
pub(super) type Replaced = Vec<(String, u64)>;

/// What a pipeline that ended leaves.
pub(super) struct Done {
    /// Under way, or already ended.
    pub(super) job: Job,
    pub(super) replaced: Replaced,
    /// Out of its snapshot; it still holds the table's lock.
    pub(super) connection: MySqlConnection,
}

/// Reads all rows and uploads them; the load job is then under way, or already done. From the moment that `finishing`
/// is true, the last chunk may have arrived and the destination may change.
pub(super) async fn run(
    client: &Client,
    doing: &str,
    source: Source,
    upload: Upload,
    counters: &Arc<Counters>,
    finishing: &AtomicBool,
) -> Result<Done, Error> {
    let container = Arc::new(Container::new());
    let header = container.header(&source.mapping.avro_schema());
    let (pieces_in, pieces) = mpsc::channel(BLOCKS_IN_FLIGHT);
    let (chunks_in, chunks) = mpsc::channel(1);
    // A task of its own: while chunks are handled here, rows go on being read there.
    let reading = tokio::spawn(read(source, Arc::clone(&container), pieces_in, Arc::clone(counters)));
    let mut reader = AbortOnDropHandle::new(reading);
    let sending = async {
        let used = Mutex::new(None);
        let filling = fill(&container, header, pieces, chunks_in, &used);
        let (filled, sent) = tokio::join!(filling, send(client, doing, upload, chunks, &used, counters, finishing));
        let job = sent?;
        filled?;
        Ok::<_, Error>(job)
    };
    tokio::pin!(sending);
    tokio::select! {
        sent = &mut sending => match sent? {
            Some(job) => {
                let (replaced, connection) = reader.await??;
                Ok(Done { job, replaced, connection })
            }
            // The chunks ended without a last one because the reader did: it has the reason.
            None => Err(reader.await?.err().unwrap_or_else(|| io::Error::other("the reader ended early").into())),
        },
        read = &mut reader => {
            let (replaced, connection) = read??;
            let job = sending.await?.ok_or_else(|| io::Error::other("the upload ended early"))?;
            Ok(Done { job, replaced, connection })
        }
    }
}

/// Reads and encodes every row of the snapshot, then ends the snapshot.
async fn read(
    source: Source,
    container: Arc<Container>,
    pieces: mpsc::Sender<Piece>,
    counters: Arc<Counters>,
) -> Result<(Replaced, MySqlConnection), Error> {
    let Source { table, statement, mut connection, mapping, guard, lock } = source;
    let mut encoder = RowEncoder::new(mapping);
    let mut blocks = BlockBuilder::new(container.buffer());
    let mut rows_read = 0;
    let mut stream = rows::stream(&mut connection, statement);
    while let Some(row) = stream.try_next().await.map_err(|error| rows::read_error(&table, rows_read, &error))? {
        let row_start = blocks.buffer().len();
        let bytes = encoder.append(&row, blocks.buffer())?;
        rows_read += 1;
        counters.rows.fetch_add(1, Relaxed);
        counters.bytes_read.fetch_add(bytes, Relaxed);
        if blocks.end_row() {
            let block = blocks.take(row_start, container.buffer());
            if !hand_on(&pieces, &container, block).await {
                break;
            }
        }
    }
    drop(stream);
    if let Some(block) = blocks.finish() {
        hand_on(&pieces, &container, block).await;
    }
    // The snapshot ends before the upload does: the database need not wait for BigQuery.
    rows::end_snapshot(&mut connection).await?;
    if let Some(guard) = guard {
        guard.check(rows_read).map_err(Error::Refused)?;
    }
    if let Some(lock) = lock {
        lock.check(&mut connection).await?;
    }
    let _ = pieces.send(Piece::End).await;
    Ok((encoder.replaced().map(|(column, count)| (column.to_owned(), count)).collect(), connection))
}

/// False when nobody takes blocks any more.
async fn hand_on(pieces: &mpsc::Sender<Piece>, container: &Arc<Container>, block: Block) -> bool {
    let container = Arc::clone(container);
    let compressing = tokio::task::spawn_blocking(move || container.compress(block));
    pieces.send(Piece::Block(compressing)).await.is_ok()
}

/// A chunk of the file.
enum Chunk {
    /// Of exactly `CHUNK_BYTES`.
    Full(Bytes),
    /// The rest, which may be empty.
    Last(Bytes),
}

/// The memory of a chunk that BigQuery has acknowledged, for the next one.
type UsedChunk = Mutex<Option<BytesMut>>;

/// Gathers compressed blocks into chunks. Without an `End` there is no last chunk.
async fn fill(
    container: &Container,
    header: Vec<u8>,
    mut pieces: mpsc::Receiver<Piece>,
    chunks: mpsc::Sender<Chunk>,
    used: &UsedChunk,
) -> Result<(), Error> {
    let mut chunk = BytesMut::from(header.as_slice());
    // Filling a chunk starts when the one before it is on its way: no more than two are in memory.
    let mut place = chunks.reserve().await;
    while let Some(piece) = pieces.recv().await {
        let Ok(free) = place else { return Ok(()) };
        let block = match piece {
            Piece::Block(compressing) => compressing.await??,
            Piece::End => {
                free.send(Chunk::Last(chunk.freeze()));
                return Ok(());
            }
        };
        let (now, later) = block.split_at(block.len().min(CHUNK_BYTES - chunk.len()));
        chunk.extend_from_slice(now);
        if chunk.len() < CHUNK_BYTES {
            place = Ok(free);
        } else {
            free.send(Chunk::Full(std::mem::take(&mut chunk).freeze()));
            place = chunks.reserve().await;
            chunk = used.lock().ok().and_then(|mut used| used.take()).unwrap_or_default();
            // A block is never larger than a chunk.
            chunk.extend_from_slice(later);
        }
        container.recycle(block);
    }
    Ok(())
}

/// Uploads the chunks in their order. `None` when there was no last one.
async fn send(
    client: &Client,
    doing: &str,
    mut upload: Upload,
    mut chunks: mpsc::Receiver<Chunk>,
    used: &UsedChunk,
    counters: &Counters,
    finishing: &AtomicBool,
) -> Result<Option<Job>, Error> {
    while let Some(chunk) = chunks.recv().await {
        match chunk {
            Chunk::Full(bytes) => {
                upload.send(client, doing, bytes.clone()).await?;
                counters.bytes_sent.fetch_add(CHUNK_BYTES as u64, Relaxed);
                // Where the HTTP client still has a share in it, it is freed later instead.
                if let (Ok(mut chunk), Ok(mut used)) = (bytes.try_into_mut(), used.lock()) {
                    chunk.clear();
                    *used = Some(chunk);
                }
            }
            Chunk::Last(bytes) => {
                let length = bytes.len() as u64;
                finishing.store(true, Relaxed);
                let job = upload.finish(client, doing, bytes).await?;
                counters.bytes_sent.fetch_add(length, Relaxed);
                return Ok(Some(job));
            }
        }
    }
    Ok(None)
}
