//! Buffers that are reused from table to table and bounded for all tables of a task together. If every table allocated its own,
//! memory would grow, because the allocator retains some for each thread that used it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::avro::codec::Codec;
use crate::avro::container;
use crate::bigquery::upload::CHUNK_BYTES;

/// For each table that is read: one chunk in flight, and one being filled.
const CHUNKS_PER_TABLE: usize = 2;

/// The unit in which memory is counted.
const UNIT_BYTES: usize = 1 << 10;
const CHUNK_UNITS: u32 = (CHUNK_BYTES / UNIT_BYTES) as u32;

/// A last chunk of at most this size is copied into memory of its own size, so that the next table can fill the large buffer.
/// So the last chunks of many small tables can be in flight at the same time.
const SMALL_BYTES: usize = CHUNK_BYTES / 4;

pub(super) struct Pool {
    pub(super) blocks: Arc<container::Pool>,
    /// Free units.
    free: Arc<Semaphore>,
    idle: Mutex<Vec<BytesMut>>,
}

/// Memory for a chunk that is being filled.
pub(super) struct Filling {
    pub(super) bytes: BytesMut,
    share: Option<OwnedSemaphorePermit>,
}

/// A chunk that is ready to be sent, and its share of the memory.
pub(super) struct Filled {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

impl Pool {
    /// A pool for this many tables that are read at the same time.
    pub(super) fn new(codec: Codec, tables: NonZeroUsize) -> Self {
        let units = tables.get() * CHUNKS_PER_TABLE * CHUNK_UNITS as usize;
        Self {
            blocks: Arc::new(container::Pool::new(codec)),
            free: Arc::new(Semaphore::new(units)),
            idle: Mutex::default(),
        }
    }

    /// Waits for the memory of a whole chunk. A caller must not hold a chunk that still needs rows: then every chunk that was
    /// handed out can be filled and sent without more memory, and no table waits forever.
    pub(super) async fn chunk(&self) -> Filling {
        // Nobody closes the semaphore.
        let share = Arc::clone(&self.free).acquire_many_owned(CHUNK_UNITS).await.ok();
        let bytes = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Filling { bytes, share }
    }

    /// Turns the last chunk of a table into what is sent.
    pub(super) fn last(&self, chunk: Filling) -> Filled {
        let Filling { bytes, mut share } = chunk;
        if bytes.len() > SMALL_BYTES {
            return Filled { bytes: bytes.freeze(), _share: share };
        }
        let small = Bytes::copy_from_slice(&bytes);
        self.keep(bytes);
        let own = share.as_mut().and_then(|share| share.split(small.len().div_ceil(UNIT_BYTES)));
        Filled { bytes: small, _share: own }
    }

    /// Takes back a chunk's memory. If the HTTP client still uses it, it is freed later instead.
    pub(super) fn recycle(&self, chunk: Filled) {
        let Filled { bytes, _share } = chunk;
        // A small buffer cannot hold a chunk.
        if let Ok(bytes) = bytes.try_into_mut()
            && bytes.len() > SMALL_BYTES
        {
            self.keep(bytes);
        }
    }

    fn keep(&self, mut bytes: BytesMut) {
        bytes.clear();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

impl Filling {
    /// A full chunk.
    pub(super) fn full(self) -> Filled {
        Filled { bytes: self.bytes.freeze(), _share: self.share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn last(pool: &Pool, bytes: usize) -> Filled {
        let mut chunk = pool.chunk().now_or_never().unwrap();
        chunk.bytes.extend_from_slice(&vec![7; bytes]);
        pool.last(chunk)
    }

    #[test]
    fn small_last_chunks_leave_room_and_large_ones_do_not() {
        let pool = Pool::new(Codec::Null, NonZeroUsize::MIN);
        let small: Vec<Filled> = (0..100).map(|_| last(&pool, 100_000)).collect();
        assert!(small.iter().all(|chunk| chunk.bytes.len() == 100_000));
        assert_eq!(pool.idle.lock().unwrap().len(), 1, "all of them were filled in the same memory");
        let large = last(&pool, SMALL_BYTES + 1);
        assert!(pool.chunk().now_or_never().is_none());
        pool.recycle(large);
        let filling = pool.chunk().now_or_never().unwrap();
        assert!(filling.bytes.is_empty() && filling.bytes.capacity() > SMALL_BYTES);
        drop((small, filling));
        assert_eq!(pool.free.available_permits(), CHUNKS_PER_TABLE * CHUNK_UNITS as usize);
    }
}
