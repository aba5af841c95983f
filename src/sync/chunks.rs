//! Chunks of the upload: one fills with compressed blocks while another is in flight.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::mpsc;

use crate::avro::container::Container;
use crate::bigquery::types::job::Job;
use crate::bigquery::upload::{CHUNK_BYTES, Upload};
use crate::sync::failure::Failure;
use crate::sync::gate::Gate;
use crate::sync::places::Place;
use crate::sync::pool::{Filled, Filling, Pool};
use crate::sync::queue::Piece;
use crate::telemetry::progress::Counters;

/// A chunk of the file.
pub(super) enum Chunk {
    /// Exactly `CHUNK_BYTES` long.
    Full(Filled),
    /// The rest, which may be empty.
    Last(Filled),
}

/// Fills chunks with compressed blocks, the given one first. Sends the last chunk only after `Piece::End`, and then frees the
/// table's place: all memory that the table still holds is a part of the pool.
pub(super) async fn fill(
    container: &Container,
    (mut chunk, place): (Filling, Place),
    mut pieces: mpsc::Receiver<Piece>,
    chunks: mpsc::Sender<Chunk>,
    upload_is_behind: &AtomicBool,
    pool: &Pool,
) -> Result<(), Failure> {
    // Start a chunk only when the previous one is being sent, so that at most two are in memory.
    let Ok(mut slot) = chunks.reserve().await else { return Ok(()) };
    let mut counts = Vec::new();
    while let Some(piece) = pieces.recv().await {
        let (block, share) = match piece {
            Piece::Block(compressing, share) => (compressing.await??, share),
            Piece::End => {
                slot.send(Chunk::Last(pool.last(chunk)));
                drop(place);
                return Ok(());
            }
        };
        for mut rest in container.frame(&block, &mut counts) {
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - chunk.bytes.len()));
                chunk.bytes.extend_from_slice(now);
                rest = later;
                if chunk.bytes.len() == CHUNK_BYTES {
                    slot.send(Chunk::Full(chunk.full()));
                    upload_is_behind.store(true, Relaxed);
                    let Ok(next) = chunks.reserve().await else { return Ok(()) };
                    slot = next;
                    chunk = pool.chunk().await;
                    upload_is_behind.store(false, Relaxed);
                }
            }
        }
        container.recycle_packed(block);
        drop(share);
    }
    Ok(())
}

/// Uploads the chunks in order. `None` if there was no last chunk or the gate stayed closed.
pub(super) async fn send(
    upload: &mut Upload<'_>,
    mut chunks: mpsc::Receiver<Chunk>,
    gate: Gate,
    pool: &Pool,
    counters: &Counters,
) -> Result<Option<Job>, Failure> {
    while let Some(chunk) = chunks.recv().await {
        match chunk {
            Chunk::Full(chunk) => {
                upload.send(chunk.bytes.clone()).await?;
                counters.bytes_sent.fetch_add(CHUNK_BYTES as u64, Relaxed);
                pool.recycle(chunk);
            }
            Chunk::Last(chunk) => {
                if !gate.pass().await {
                    return Ok(None);
                }
                let job = upload.finish(chunk.bytes.clone()).await?;
                counters.bytes_sent.fetch_add(chunk.bytes.len() as u64, Relaxed);
                pool.recycle(chunk);
                return Ok(Some(job));
            }
        }
    }
    Ok(None)
}
