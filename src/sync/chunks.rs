//! Chunks of the upload: one fills with compressed blocks while another is in flight.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::avro::container::Container;
use crate::bigquery::types::job::Job;
use crate::bigquery::upload::{CHUNK_BYTES, Upload};
use crate::sync::failure::Failure;
use crate::sync::gate::Gate;
use crate::sync::pool::Pool;
use crate::sync::queue::Piece;
use crate::telemetry::progress::Counters;

/// A chunk of the file.
pub(super) enum Chunk {
    /// Exactly `CHUNK_BYTES` long.
    Full(Bytes),
    /// The rest, which may be empty.
    Last(Bytes),
}

/// Fills chunks with compressed blocks. Sends the last chunk only after `Piece::End`.
pub(super) async fn fill(
    container: &Container,
    header: Vec<u8>,
    mut pieces: mpsc::Receiver<Piece>,
    chunks: mpsc::Sender<Chunk>,
    upload_is_behind: &AtomicBool,
    pool: &Pool,
) -> Result<(), Failure> {
    // Start a chunk only when the previous one is being sent, so that at most two are in memory.
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
            Chunk::Full(bytes) => {
                upload.send(bytes.clone()).await?;
                counters.bytes_sent.fetch_add(CHUNK_BYTES as u64, Relaxed);
                pool.recycle(bytes);
            }
            Chunk::Last(bytes) => {
                if !gate.pass().await {
                    return Ok(None);
                }
                let job = upload.finish(bytes.clone()).await?;
                counters.bytes_sent.fetch_add(bytes.len() as u64, Relaxed);
                pool.recycle(bytes);
                return Ok(Some(job));
            }
        }
    }
    Ok(None)
}
