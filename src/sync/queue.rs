//! The queue between reading and uploading: blocks in order, compressed on other threads, with a memory limit.

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

/// The most that may be between the reader and the upload, in KiB of raw blocks: enough to keep two cores busy. A larger block
/// uses all of it.
const KIB_IN_FLIGHT: u32 = 4096;

/// The length of the queue. It is never reached, because `KIB_IN_FLIGHT` is the tighter limit.
const BLOCKS_IN_FLIGHT: usize = 64;

/// What the reader puts into the queue.
pub(super) enum Piece {
    /// A block that is being compressed, and its share of `KIB_IN_FLIGHT`.
    Block(JoinHandle<io::Result<Packed>>, OwnedSemaphorePermit),
    /// Every row was read. Without this, the file is never finished.
    End,
}

/// The readers' end of the queue.
pub(super) struct BlockQueue {
    sender: mpsc::Sender<Piece>,
    /// The free KiB of `KIB_IN_FLIGHT`.
    free: Arc<Semaphore>,
    container: Arc<Container>,
    /// True while a full chunk waits until the previous one is sent.
    upload_is_behind: Arc<AtomicBool>,
    adaption: Mutex<Adaption>,
}

/// A queue and its receiving end.
pub(super) fn queue(
    container: Arc<Container>,
    upload_is_behind: Arc<AtomicBool>,
) -> (BlockQueue, mpsc::Receiver<Piece>) {
    let (sender, pieces) = mpsc::channel(BLOCKS_IN_FLIGHT);
    let free = Arc::new(Semaphore::new(KIB_IN_FLIGHT as usize));
    (BlockQueue { sender, free, container, upload_is_behind, adaption: Mutex::default() }, pieces)
}

impl BlockQueue {
    /// A buffer for the next block.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.container.buffer()
    }

    /// Adds a block as soon as there is room. Returns false if the receiver is gone.
    pub(super) async fn put(&self, block: Block) -> bool {
        let kib = u32::try_from(block.data.len() / 1024 + 1).unwrap_or(u32::MAX).min(KIB_IN_FLIGHT);
        let (share, waited) = match Arc::clone(&self.free).try_acquire_many_owned(kib) {
            Ok(share) => (share, Duration::ZERO),
            Err(_) => {
                let since = Instant::now();
                // If the upload is the bottleneck, there is time for compression.
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

    /// Marks that every row was read.
    pub(super) async fn end(&self) {
        let _ = self.sender.send(Piece::End).await;
    }
}
