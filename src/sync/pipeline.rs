//! The pipeline of one table: read and encode, compress on other threads, fill a chunk while another is in flight.

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

/// What has to be true before the last chunk.
pub(super) struct Guards {
    pub(super) shrink: Option<ShrinkGuard>,
    /// That the source's first connection holds.
    pub(super) lock: Option<Lock>,
    /// How long the server may be silent.
    pub(super) stall: Duration,
}

/// What a pipeline that ended leaves.
pub(super) struct Done {
    /// Under way, or already ended.
    pub(super) job: Job,
    pub(super) read: Read,
}

/// Reads all rows and uploads them; the load job is then under way, or already done.
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
    // A task of its own: while chunks are handled here, rows go on being read there.
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
            // The chunks ended without a last one because the reader did: it has the reason.
            None => Err(reader.await?.err().unwrap_or(Failure::Bug("the reader ended early"))),
        },
        read = &mut reader => {
            let read = read??;
            let job = sending.await?.ok_or(Failure::Bug("the upload ended early"))?;
            Ok(Done { job, read })
        }
    }
}

/// Reads every row, and lets the last chunk pass while the guards allow it and the lock is held.
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
    // An upload that is slow is waited for; one that failed asks for nothing.
    if let Some(opener) = locks::keeping_alive(&mut read.connection, waiting).await {
        if let Some(lock) = guards.lock {
            lock.check(&mut read.connection, guards.stall).await?;
        }
        opener.open();
    }
    Ok(read)
}
