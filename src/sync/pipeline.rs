//! The pipeline of one table: read and encode rows, compress blocks on other threads, fill one chunk while another is in flight.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::avro::container::Container;
use crate::bigquery::types::job::Job;
use crate::bigquery::upload::Upload;
use crate::mysql::locks::{self, Lock};
use crate::sync::chunks::{fill, send};
use crate::sync::failure::Failure;
use crate::sync::gate::{GateKeeper, gate};
use crate::sync::guard::ShrinkGuard;
use crate::sync::pool::Pool;
use crate::sync::queue::{BlockQueue, queue};
use crate::sync::read::{self, Read, Source};
use crate::telemetry::progress::Counters;

/// What must hold before the last chunk is sent.
pub(super) struct Guards {
    pub(super) shrink: Option<ShrinkGuard>,
    /// The table's lock, which the source's first connection must still hold.
    pub(super) lock: Option<Lock>,
    /// How long the server may send nothing.
    pub(super) stall: Duration,
}

/// The result of a pipeline.
pub(super) struct Done {
    /// The load job, which may still be running.
    pub(super) job: Job,
    pub(super) read: Read,
}

/// Reads all rows and uploads them, which starts the load job.
pub(super) async fn run(
    upload: &mut Upload<'_>,
    source: Source,
    guards: Guards,
    pool: &Pool,
    counters: &Arc<Counters>,
) -> Result<Done, Failure> {
    let container = Arc::new(Container::new(Arc::clone(&pool.blocks)));
    let header = container.header(&source.mapping.avro_schema());
    let upload_is_behind = Arc::new(AtomicBool::new(false));
    let (blocks, pieces) = queue(Arc::clone(&container), Arc::clone(&upload_is_behind));
    let (chunks_in, chunks) = mpsc::channel(1);
    let (gate, keeper) = gate();
    // A separate task, so that reading continues while this one handles chunks.
    let reading = tokio::spawn(read(source, guards, Arc::new(blocks), keeper, Arc::clone(counters)));
    let mut reader = AbortOnDropHandle::new(reading);
    let sending = async {
        let filling = fill(&container, header, pieces, chunks_in, &upload_is_behind, pool);
        let (filled, sent) = tokio::join!(filling, send(upload, chunks, gate, pool, counters));
        let job = sent?;
        filled?;
        Ok::<_, Failure>(job)
    };
    tokio::pin!(sending);
    tokio::select! {
        sent = &mut sending => match sent? {
            Some(job) => {
                Ok(Done { job, read: reader.await?? })
            }
            // There was no last chunk because the reader failed; it has the reason.
            None => Err(reader.await?.err().unwrap_or(Failure::Bug("the reader ended early"))),
        },
        read = &mut reader => {
            let read = read??;
            let job = sending.await?.ok_or(Failure::Bug("the upload ended early"))?;
            Ok(Done { job, read })
        }
    }
}

/// Reads every row, then lets the last chunk pass if the guards allow it and the lock is still held.
async fn read(
    source: Source,
    guards: Guards,
    blocks: Arc<BlockQueue>,
    keeper: GateKeeper,
    counters: Arc<Counters>,
) -> Result<Read, Failure> {
    let mut read = read::all(source, Arc::clone(&blocks), counters).await?;
    if let Some(guard) = guards.shrink {
        guard.check(read.rows).map_err(Failure::Refused)?;
    }
    let waiting = async {
        blocks.end().await;
        keeper.asked().await
    };
    // Wait for a slow upload. An upload that failed never asks.
    if let Some(opener) = locks::keeping_alive(&mut read.connection, waiting).await {
        if let Some(lock) = guards.lock {
            lock.check(&mut read.connection, guards.stall).await?;
        }
        opener.open();
    }
    Ok(read)
}
