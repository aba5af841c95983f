//! The queue between reading and uploading: blocks in their order, compressed on other threads, and bounded in memory.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::avro::block::Block;
use crate::avro::container::{Container, Packed};
use crate::sync::effort::Adaption;

/// What may be between the reader and the upload, in KiB of raw blocks: enough to keep two cores busy. A larger block
/// goes alone.
const KIB_IN_FLIGHT: u32 = 4096;

/// More blocks than this never fit; what bounds them is `KIB_IN_FLIGHT`.
const BLOCKS_IN_FLIGHT: usize = 64;

/// What the reader hands on.
pub(super) enum Piece {
    /// A block that is being compressed, and its share of what may be in flight.
    Block(JoinHandle<io::Result<Packed>>, OwnedSemaphorePermit),
    /// Every row has been read; without this the file is not finished, whatever else happens.
    End,
}

/// Where the readers put blocks.
pub(super) struct BlockQueue {
    sender: mpsc::Sender<Piece>,
    /// KiB.
    free: Arc<Semaphore>,
    container: Arc<Container>,
    /// True while a full chunk waits for the one before it to be sent.
    upload_is_behind: Arc<AtomicBool>,
    adaption: Mutex<Adaption>,
}

/// A queue, and its other end.
pub(super) fn queue(
    container: Arc<Container>,
    upload_is_behind: Arc<AtomicBool>,
) -> (BlockQueue, mpsc::Receiver<Piece>) {
    let (sender, pieces) = mpsc::channel(BLOCKS_IN_FLIGHT);
    let free = Arc::new(Semaphore::new(KIB_IN_FLIGHT as usize));
    (BlockQueue { sender, free, container, upload_is_behind, adaption: Mutex::default() }, pieces)
}

impl BlockQueue {
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

    /// Every row has been read.
    pub(super) async fn end(&self) {
        let _ = self.sender.send(Piece::End).await;
    }
}
