//! Memory that goes from table to table. Given back and taken anew for every table, it would grow: the allocator keeps a share of it
//! for each thread that ever touched it. It is bounded for all tables of a task together, however many of them are in flight.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::avro::codec::Codec;
use crate::avro::container;
use crate::bigquery::upload::CHUNK_BYTES;

/// For each table that is read: one chunk in flight, and one being filled.
const CHUNKS_PER_TABLE: usize = 2;

/// What memory is counted in.
const UNIT_BYTES: usize = 1 << 10;
const CHUNK_UNITS: u32 = (CHUNK_BYTES / UNIT_BYTES) as u32;

/// A last chunk up to this size moves into memory of its own size, so that the next table can fill the chunk that it was in. Then
/// the last chunks of many small tables are on their way at the same time.
const SMALL_BYTES: usize = CHUNK_BYTES / 4;

pub(super) struct Pool {
    pub(super) blocks: Arc<container::Pool>,
    /// Units that nobody has.
    free: Arc<Semaphore>,
    idle: Mutex<Vec<BytesMut>>,
}

/// Memory for a chunk that is being filled.
pub(super) struct Filling {
    pub(super) bytes: BytesMut,
    share: Option<OwnedSemaphorePermit>,
}

/// A chunk that is not changed any more, and its share of the memory.
pub(super) struct Filled {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

impl Pool {
    /// For so many tables that are read at the same time.
    pub(super) fn new(codec: Codec, tables: NonZeroUsize) -> Self {
        let units = tables.get() * CHUNKS_PER_TABLE * CHUNK_UNITS as usize;
        Self {
            blocks: Arc::new(container::Pool::new(codec)),
            free: Arc::new(Semaphore::new(units)),
            idle: Mutex::default(),
        }
    }

    /// Memory for a whole chunk, once there is some. Whoever waits here must have no chunk that waits for more rows: then what is
    /// given out either is on its way to BigQuery or will be without any more memory, and nobody waits for ever.
    pub(super) async fn chunk(&self) -> Filling {
        // Nobody closes the semaphore.
        let share = Arc::clone(&self.free).acquire_many_owned(CHUNK_UNITS).await.ok();
        let bytes = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Filling { bytes, share }
    }

    /// The last chunk of a table.
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

    /// Takes a chunk's memory back, unless the HTTP client still has a share in it: then it is freed later.
    pub(super) fn recycle(&self, chunk: Filled) {
        let Filled { bytes, _share } = chunk;
        // Small ones are of no use to a chunk.
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
    /// A chunk that is full.
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
