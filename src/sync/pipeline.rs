//! The pipeline of one table: read and encode rows, compress blocks on other threads, fill one chunk while another is in flight.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::avro::container::Container;
use crate::bigquery;
use crate::bigquery::types::job::Job;
use crate::mysql::locks::Lock;
use crate::publish::publication::Publication;
use crate::sync::chunks::{fill, send};
use crate::sync::failure::Failure;
use crate::sync::gate::{GateKeeper, gate};
use crate::sync::guard::ShrinkGuard;
use crate::sync::places::Place;
use crate::sync::pool::{Filling, Pool};
use crate::sync::queue::{BlockQueue, queue};
use crate::sync::read::{self, Read, Source};
use crate::telemetry::progress::Counters;

/// What must hold before the last chunk is sent.
pub(super) struct Guards {
    pub(super) shrink: Option<ShrinkGuard>,
    /// The table's lock, which must not be lost.
    pub(super) lock: Option<Arc<Lock>>,
}

/// What a table needs while it is read.
pub(super) struct Room<'a> {
    pub(super) place: Place,
    /// The first chunk.
    pub(super) chunk: Filling,
    pub(super) pool: &'a Pool,
}

/// The result of a pipeline.
pub(super) struct Done {
    /// The load job, which may still be running.
    pub(super) job: Job,
    pub(super) read: Read,
}

/// Reads all rows and uploads them, which starts the load job. Reading does not wait for the upload
/// session: a small table is read completely before BigQuery answers.
pub(super) async fn run<'a>(
    beginning: impl Future<Output = Result<Publication<'a>, bigquery::Error>>,
    publication: &mut Option<Publication<'a>>,
    source: Source,
    guards: Guards,
    room: Room<'_>,
    counters: &Arc<Counters>,
) -> Result<Done, Failure> {
    let Room { place, mut chunk, pool } = room;
    let container = Arc::new(Container::new(Arc::clone(&pool.blocks)));
    chunk.bytes.extend_from_slice(&container.header(&source.mapping.avro_schema()));
    let upload_is_behind = Arc::new(AtomicBool::new(false));
    let (blocks, pieces) = queue(Arc::clone(&container), Arc::clone(&upload_is_behind));
    let (chunks_in, chunks) = mpsc::channel(1);
    let (gate, keeper) = gate();
    // A separate task, so that reading continues while this one handles chunks.
    let reading = tokio::spawn(read(source, guards, Arc::new(blocks), keeper, Arc::clone(counters)));
    let mut reader = AbortOnDropHandle::new(reading);
    let sending = async {
        let filling = fill(&container, (chunk, place), pieces, chunks_in, &upload_is_behind, pool);
        let uploading = async {
            let Publication { upload, .. } = publication.insert(beginning.await?);
            send(upload, chunks, gate, pool, counters).await
        };
        // If the upload fails, no more rows are needed.
        let ((), job) = tokio::try_join!(filling, uploading)?;
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
    let Guards { shrink, lock } = guards;
    let reading = async {
        let read = read::all(source, Arc::clone(&blocks), counters).await?;
        if let Some(guard) = shrink {
            guard.check(read.rows).map_err(Failure::Refused)?;
        }
        blocks.end().await;
        // Wait for a slow upload. An upload that failed never asks.
        if let Some(opener) = keeper.asked().await {
            if let Some(lock) = &lock {
                lock.check().await?;
            }
            opener.open();
        }
        Ok(read)
    };
    // Without the lock, another execution may load newer rows than those of this snapshot.
    let lost = async {
        match &lock {
            Some(lock) => lock.lost().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        // Once the gate is open, the table is not stopped any more.
        biased;
        read = reading => read,
        error = lost => Err(error.into()),
    }
}
