//! The pipeline of one table: read and encode, compress on other threads, fill a chunk while another is in flight.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use gcp_bigquery_client::model::job::Job;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use crate::avro::block::Block;
use crate::avro::codec::Codec;
use crate::avro::container::{self, Container, Packed};
use crate::bigquery::upload::{CHUNK_BYTES, Upload};
use crate::bigquery::{self, Client};
use crate::mapping::row::RowError;
use crate::mysql;
use crate::mysql::locks::{self, Lock};
use crate::sync::effort::Adaption;
use crate::sync::guard::ShrinkGuard;
use crate::sync::read::{self, Read, Source};
use crate::telemetry::progress::Counters;

/// What may be between the reader and the upload, in KiB of raw blocks: enough to keep two cores busy. A larger block
/// goes alone.
const KIB_IN_FLIGHT: u32 = 4096;

/// More blocks than this never fit; what bounds them is `KIB_IN_FLIGHT`.
const BLOCKS_IN_FLIGHT: usize = 64;

/// Memory that goes from table to table. Given back and taken anew for every table, it would grow: the allocator keeps a
/// share of it for each thread that ever touched it.
pub(super) struct Pool {
    blocks: Arc<container::Pool>,
    chunks: Mutex<Vec<BytesMut>>,
}

impl Pool {
    pub(super) fn new(codec: Codec) -> Self {
        Self { blocks: Arc::new(container::Pool::new(codec)), chunks: Mutex::default() }
    }

    fn chunk(&self) -> BytesMut {
        self.chunks.lock().ok().and_then(|mut chunks| chunks.pop()).unwrap_or_default()
    }

    /// Takes a chunk's memory back, unless the HTTP client still has a share in it: then it is freed later.
    fn recycle(&self, chunk: Bytes) {
        if let (Ok(mut chunk), Ok(mut chunks)) = (chunk.try_into_mut(), self.chunks.lock()) {
            chunk.clear();
            chunks.push(chunk);
        }
    }
}

/// Where the rows go.
#[derive(Clone, Copy)]
pub(super) struct Destination<'a> {
    pub(super) client: &'a Client,
    /// What is being done, for errors.
    pub(super) doing: &'a str,
    pub(super) job_id: &'a str,
    /// True from the moment that the last chunk may have arrived and the destination may change.
    pub(super) finishing: &'a AtomicBool,
}

/// What has to be true before the last chunk.
pub(super) struct Guards {
    pub(super) shrink: Option<ShrinkGuard>,
    /// That the source's first connection holds.
    pub(super) lock: Option<Lock>,
    /// How long the server may be silent.
    pub(super) stall: Duration,
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
    #[error("a bug in mysql-bigquery-sync: nothing to read with")]
    NoConnection,
    #[error("{0}")]
    Refused(String),
}

/// What the reader hands on.
enum Piece {
    /// A block that is being compressed, and its share of what may be in flight.
    Block(JoinHandle<io::Result<Packed>>, OwnedSemaphorePermit),
    /// Every row has been read; without this the file is not finished, whatever else happens.
    End,
}

/// What a pipeline that ended leaves.
pub(super) struct Done {
    /// Under way, or already ended.
    pub(super) job: Job,
    pub(super) read: Read,
}

/// Reads all rows and uploads them; the load job is then under way, or already done.
pub(super) async fn run(
    destination: Destination<'_>,
    source: Source,
    guards: Guards,
    upload: Upload,
    pool: &Pool,
    counters: &Arc<Counters>,
) -> Result<Done, Error> {
    let container = Arc::new(Container::new(Arc::clone(&pool.blocks)));
    let header = container.header(&source.mapping.avro_schema());
    let (pieces_in, pieces) = mpsc::channel(BLOCKS_IN_FLIGHT);
    let (chunks_in, chunks) = mpsc::channel(1);
    let upload_is_behind = Arc::new(AtomicBool::new(false));
    let pieces_in = Pieces {
        sender: pieces_in,
        free: Arc::new(Semaphore::new(KIB_IN_FLIGHT as usize)),
        container: Arc::clone(&container),
        upload_is_behind: Arc::clone(&upload_is_behind),
        adaption: Mutex::default(),
    };
    let (gate, last_chunk) = gate();
    // A task of its own: while chunks are handled here, rows go on being read there.
    let reading = tokio::spawn(read(source, guards, Arc::new(pieces_in), last_chunk, Arc::clone(counters)));
    let mut reader = AbortOnDropHandle::new(reading);
    let sending = async {
        let filling = fill(&container, header, pieces, chunks_in, &upload_is_behind, pool);
        let (filled, sent) = tokio::join!(filling, send(destination, upload, chunks, gate, pool, counters));
        let job = sent?;
        filled?;
        Ok::<_, Error>(job)
    };
    tokio::pin!(sending);
    tokio::select! {
        sent = &mut sending => match sent? {
            Some(job) => {
                Ok(Done { job, read: reader.await?? })
            }
            // The chunks ended without a last one because the reader did: it has the reason.
            None => Err(reader.await?.err().unwrap_or_else(|| io::Error::other("the reader ended early").into())),
        },
        read = &mut reader => {
            let read = read??;
            let job = sending.await?.ok_or_else(|| io::Error::other("the upload ended early"))?;
            Ok(Done { job, read })
        }
    }
}

/// The sender asks before the last chunk, and the reader lets it pass.
type Gate = (oneshot::Sender<()>, oneshot::Receiver<()>);
/// The other side of a `Gate`.
type LastChunk = (oneshot::Receiver<()>, oneshot::Sender<()>);

fn gate() -> (Gate, LastChunk) {
    let ((ask, asked), (pass, may_pass)) = (oneshot::channel(), oneshot::channel());
    ((ask, may_pass), (asked, pass))
}

/// Where the readers put blocks.
pub(super) struct Pieces {
    sender: mpsc::Sender<Piece>,
    /// KiB.
    free: Arc<Semaphore>,
    container: Arc<Container>,
    /// True while a full chunk waits for the one before it to be sent.
    upload_is_behind: Arc<AtomicBool>,
    adaption: Mutex<Adaption>,
}

impl Pieces {
    /// Where a block is to be built.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.container.buffer()
    }

    /// Hands a block on, once there is room for it. False when nobody takes blocks any more.
    pub(super) async fn put(&self, block: Block) -> bool {
        let kib = u32::try_from(block.data.len() / 1024 + 1).unwrap_or(u32::MAX).min(KIB_IN_FLIGHT);
        let (share, waited) = match Arc::clone(&self.free).try_acquire_many_owned(kib) {
            Ok(share) => (share, Duration::ZERO),
            Err(_) => {
                let since = Instant::now();
                // Blocks that wait for the upload have time to be compressed.
                let for_upload = self.upload_is_behind.load(Relaxed);
                let Ok(share) = Arc::clone(&self.free).acquire_many_owned(kib).await else { return false };
                (share, if for_upload { Duration::ZERO } else { since.elapsed() })
            }
        };
        let effort = self.adaption.lock().unwrap_or_else(PoisonError::into_inner).next(waited);
        let container = Arc::clone(&self.container);
        let compressing = tokio::task::spawn_blocking(move || container.compress(block, effort));
        self.sender.send(Piece::Block(compressing, share)).await.is_ok()
    }
}

/// Reads every row, and lets the last chunk pass while the guards allow it and the lock is held.
async fn read(
    source: Source,
    guards: Guards,
    pieces: Arc<Pieces>,
    (asked, pass): LastChunk,
    counters: Arc<Counters>,
) -> Result<Read, Error> {
    let mut read = read::all(source, Arc::clone(&pieces), counters).await?;
    if let Some(guard) = guards.shrink {
        guard.check(read.rows).map_err(Error::Refused)?;
    }
    let waiting = async {
        let _ = pieces.sender.send(Piece::End).await;
        asked.await
    };
    // An upload that is slow is waited for; one that failed asks for nothing.
    if locks::keeping_alive(&mut read.connection, waiting).await.is_ok() {
        if let Some(lock) = guards.lock {
            lock.check(&mut read.connection, guards.stall).await?;
        }
        let _ = pass.send(());
    }
    Ok(read)
}

/// A chunk of the file.
enum Chunk {
    /// Of exactly `CHUNK_BYTES`.
    Full(Bytes),
    /// The rest, which may be empty.
    Last(Bytes),
}

/// Gathers compressed blocks into chunks. Without an `End` there is no last chunk.
async fn fill(
    container: &Container,
    header: Vec<u8>,
    mut pieces: mpsc::Receiver<Piece>,
    chunks: mpsc::Sender<Chunk>,
    upload_is_behind: &AtomicBool,
    pool: &Pool,
) -> Result<(), Error> {
    // Filling a chunk starts when the one before it is on its way: no more than two are in memory.
    let Ok(mut place) = chunks.reserve().await else { return Ok(()) };
    let mut chunk = pool.chunk();
    chunk.extend_from_slice(&header);
    let mut counts = Vec::new();
    while let Some(piece) = pieces.recv().await {
        let (block, share) = match piece {
            Piece::Block(compressing, share) => (compressing.await??, share),
            Piece::End => {
                place.send(Chunk::Last(chunk.freeze()));
                return Ok(());
            }
        };
        for mut rest in container.frame(&block, &mut counts) {
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - chunk.len()));
                chunk.extend_from_slice(now);
                rest = later;
                if chunk.len() == CHUNK_BYTES {
                    place.send(Chunk::Full(std::mem::take(&mut chunk).freeze()));
                    upload_is_behind.store(true, Relaxed);
                    let next = chunks.reserve().await;
                    upload_is_behind.store(false, Relaxed);
                    let Ok(next) = next else { return Ok(()) };
                    place = next;
                    chunk = pool.chunk();
                }
            }
        }
        container.recycle_packed(block);
        drop(share);
    }
    Ok(())
}

/// Uploads the chunks in their order. `None` when there was no last one.
async fn send(
    destination: Destination<'_>,
    mut upload: Upload,
    mut chunks: mpsc::Receiver<Chunk>,
    (ask, may_pass): Gate,
    pool: &Pool,
    counters: &Counters,
) -> Result<Option<Job>, Error> {
    let Destination { client, doing, job_id, finishing } = destination;
    while let Some(chunk) = chunks.recv().await {
        match chunk {
            Chunk::Full(bytes) => {
                upload.send(client, doing, bytes.clone()).await?;
                counters.bytes_sent.fetch_add(CHUNK_BYTES as u64, Relaxed);
                pool.recycle(bytes);
            }
            Chunk::Last(bytes) => {
                let _ = ask.send(());
                // The reader says why not.
                let Ok(()) = may_pass.await else { return Ok(None) };
                finishing.store(true, Relaxed);
                let job = upload.finish(client, doing, job_id, bytes.clone()).await?;
                counters.bytes_sent.fetch_add(bytes.len() as u64, Relaxed);
                pool.recycle(bytes);
                return Ok(Some(job));
            }
        }
    }
    Ok(None)
}
